/* What the document targets share: any bytes give clean, bounded blocks or a reasoned refusal. */
#ifndef XZ_FUZZ_DOC_H
#define XZ_FUZZ_DOC_H

#include "doc/doc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline xz_err fuzz_block(const struct xz_block *block, void *arg)
{
    size_t *bytes = arg;
    *bytes += block->text.len + block->key.len;
    XZ_ASSERT(block->kind > 0 && block->kind < XZ_BLOCK_KIND_COUNT);
    XZ_ASSERT(xz_utf8_valid(block->text) && xz_utf8_valid(block->key));
    XZ_ASSERT(block->text.len > 0 || block->kind == XZ_BLOCK_META || block->kind == XZ_BLOCK_ROW);
    XZ_ASSERT((block->kind == XZ_BLOCK_ROW) == (block->cell_count > 0));
    XZ_ASSERT(block->cell_count <= XZ_DOC_CELLS_MAX);
    for (size_t i = 0; i < block->cell_count; i++) {
        XZ_ASSERT(xz_utf8_valid(block->cells[i]));
        *bytes += block->cells[i].len;
    }
    return XZ_OK;
}

/* `name` tips the format to the one under test. */
static inline int fuzz_doc(const char *name, const uint8_t *data, size_t size)
{
    size_t bytes = 0;
    xz_str input = { (const char *)data, size };
    XZ_ASSERT(xz_text_init() == XZ_OK);
    xz_fail_clear();
    if (xz_doc_read(input, xz_str_from(name), fuzz_block, &bytes, NULL) != XZ_OK)
        XZ_ASSERT(xz_fail_detail()[0] != '\0');
    /* Decoding may triple the bytes; cells that span rows are repeated; remarks are short. */
    XZ_ASSERT(bytes <= size * 400 + 4096);
    return 0;
}

#endif
