/* Any line: labels and numerals lie inside it, sentences are slices of it in order. */
#include "text/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_sentence(xz_str sentence, void *arg)
{
    xz_str *rest = arg;
    XZ_ASSERT(sentence.len > 0 && sentence.ptr >= rest->ptr);
    XZ_ASSERT(sentence.ptr + sentence.len <= rest->ptr + rest->len);
    size_t eaten = (size_t)(sentence.ptr + sentence.len - rest->ptr);
    *rest = xz_str_sub(*rest, eaten, rest->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    xz_str line = { (const char *)data, size }, rest = line;
    int64_t value = 0;
    struct xz_clause_head head = xz_clause_head_read(line);
    XZ_ASSERT(head.label_len <= xz_str_trim(line).len);
    XZ_ASSERT((head.mark == XZ_MARK_NONE) == (head.label_len == 0));
    XZ_ASSERT(head.number >= 0 && head.sub >= 0);
    size_t eaten = xz_numeral_read(line, &value);
    XZ_ASSERT(eaten <= size && value >= 0);
    xz_sentences(line, check_sentence, &rest);
    return 0;
}
