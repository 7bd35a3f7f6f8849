/* What the reader of pages makes of anything the outside tools may write: clean, bounded blocks,
 * each on a page there is, with a box on that page and a confidence that is one; no text that was
 * not there. */
#include "doc/doc_tool_internal.h"
#include "fuzz_doc.h"

struct seen {
    size_t bytes;
    int page;
};

static xz_err check(const struct xz_block *block, void *arg)
{
    struct seen *seen = arg;
    const struct xz_box *box = &block->box;
    XZ_ASSERT(block->page >= 0 && block->page <= 20000);
    /* Blocks come in the order of their pages; remarks belong to none. */
    if (block->page > 0) {
        XZ_ASSERT(block->page >= seen->page);
        seen->page = block->page;
    }
    XZ_ASSERT(box->left >= 0 && box->top >= 0 && box->right <= 10000 && box->bottom <= 10000);
    XZ_ASSERT(box->left <= box->right && box->top <= box->bottom);
    XZ_ASSERT(block->confidence >= 0 && block->confidence <= 100);
    XZ_ASSERT(block->kind != XZ_BLOCK_COMMENT);
    if (block->kind == XZ_BLOCK_NOTE)
        return XZ_OK;
    return fuzz_block(block, &seen->bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen seen = { 0 };
    struct xz_buf input;
    XZ_ASSERT(xz_text_init() == XZ_OK);
    xz_buf_init(&input, size + sizeof(DOC_PAGES_MAGIC));
    xz_buf_add_lit(&input, DOC_PAGES_MAGIC);
    xz_buf_add(&input, (xz_str){ (const char *)data, size });
    xz_fail_clear();
    if (xz_doc_read(xz_buf_str(&input), XZ_STR("a.pdf"), check, &seen, NULL) != XZ_OK)
        XZ_ASSERT(xz_fail_detail()[0] != '\0');
    /* Bad bytes become three, half-width marks wide ones, and words are parted by blanks. */
    XZ_ASSERT(seen.bytes <= size * 4 + 64);
    xz_buf_fini(&input);
    return 0;
}
