/* Any text: terms lie inside it and in order, normalising twice changes nothing, and the terms of
 * the normalised text are those of the text. */
#include "text/terms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct xz_lexicon *make_lexicon(void)
{
    static const xz_str words[] = { { "公积金", 9 }, { "居住证", 9 }, { "居住", 6 },
                                    { "一百", 6 },   { "第一", 6 },   { "百分之", 9 } };
    struct xz_lexicon *none, *lexicon;
    XZ_ASSERT(xz_lexicon_open(NULL, &none) == XZ_OK);
    lexicon = xz_lexicon_with(none, words, XZ_COUNT(words));
    xz_lexicon_destroy(none);
    return lexicon;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct xz_arena *arena;
    static struct xz_lexicon *lexicon;
    xz_str text = { (const char *)data, size };
    if (!arena) {
        arena = xz_arena_create(1 << 16);
        lexicon = make_lexicon();
    }
    struct xz_terms terms = xz_terms_of(arena, size % 2 ? lexicon : NULL, text);
    for (size_t i = 0; i < terms.count; i++) {
        const struct xz_term *term = &terms.items[i];
        XZ_ASSERT((size_t)term->start + term->len <= size && term->len > 0);
        XZ_ASSERT(i == 0 || term->pos >= terms.items[i - 1].pos);
        XZ_ASSERT(term->kind >= XZ_TERM_BIGRAM && term->kind <= XZ_TERM_ARTICLE);
    }
    xz_str once = xz_text_normalise(arena, text);
    XZ_ASSERT(once.len <= size * 3 && xz_utf8_valid(once));
    XZ_ASSERT(xz_str_eq(once, xz_text_normalise(arena, once)));
    xz_arena_reset(arena);
    return 0;
}
