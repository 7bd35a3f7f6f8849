/* Any bytes: what is decoded is clean UTF-8, and pieces give the same text as the whole. */
#include "text/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_pieces(xz_str bytes, size_t piece, xz_str whole)
{
    struct xz_buf out;
    struct xz_decoder *decoder = xz_decoder_create(xz_encoding_detect(bytes, false));
    xz_err err = XZ_OK;
    xz_buf_init(&out, 1 << 22);
    for (size_t at = 0; at < bytes.len && err == XZ_OK; at += piece)
        err = xz_decoder_feed(decoder, xz_str_sub(bytes, at, piece), at + piece >= bytes.len, &out);
    XZ_ASSERT(err != XZ_OK || xz_str_eq(xz_buf_str(&out), whole));
    xz_decoder_destroy(decoder);
    xz_buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    xz_str bytes = { (const char *)data, size };
    struct xz_buf out;
    XZ_ASSERT(xz_text_init() == XZ_OK);
    xz_encoding_detect(bytes, true);
    xz_buf_init(&out, 1 << 22);
    if (xz_text_decode(bytes, &out) == XZ_OK) {
        xz_str text = xz_buf_str(&out);
        XZ_ASSERT(xz_utf8_valid(text));
        XZ_ASSERT(memchr(text.ptr, 0, text.len) == NULL);
        XZ_ASSERT(memchr(text.ptr, '\r', text.len) == NULL);
        if (size > 0)
            check_pieces(bytes, 1 + size % 7, text);
    }
    xz_buf_fini(&out);
    return 0;
}
