/* What the tests of doc/ share: a document read to one text, a block a line. */
#ifndef XZ_DOC_TEST_H
#define XZ_DOC_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "doc/doc.h"

static struct xz_buf shown;

static inline void show_escaped(xz_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '\n')
            xz_buf_add_lit(&shown, "\\n");
        else
            xz_buf_add_char(&shown, text.ptr[i]);
}

/* M key=value, H2 text, P text, I1 text, R a|b (R^ starts a table, R* is a head), C, N */
static inline xz_err show_block(const struct xz_block *block, void *arg)
{
    static const char letters[] = " MHPIRCN";
    (void)arg;
    xz_buf_add_char(&shown, letters[block->kind]);
    if (block->level > 0)
        xz_buf_add_int(&shown, block->level);
    if (block->table_start)
        xz_buf_add_char(&shown, '^');
    if (block->header)
        xz_buf_add_char(&shown, '*');
    xz_buf_add_char(&shown, ' ');
    if (block->kind == XZ_BLOCK_META) {
        xz_buf_add(&shown, block->key);
        xz_buf_add_char(&shown, '=');
    }
    show_escaped(block->text);
    for (size_t i = 0; i < block->cell_count; i++) {
        if (i > 0)
            xz_buf_add_char(&shown, '|');
        show_escaped(block->cells[i]);
    }
    xz_buf_add_char(&shown, '\n');
    return XZ_OK;
}

static inline int show_set_up(void **unused)
{
    (void)unused;
    xz_buf_init(&shown, 1 << 24);
    return xz_text_init() == XZ_OK ? 0 : -1;
}

static inline int show_tear_down(void **unused)
{
    (void)unused;
    xz_buf_fini(&shown);
    return 0;
}

static inline const char *show(const char *name, xz_str bytes)
{
    xz_buf_clear(&shown);
    xz_err err = xz_doc_read(bytes, xz_str_from(name), show_block, NULL, NULL);
    if (err != XZ_OK)
        fail_msg("%s: %s", xz_err_name(err), xz_fail_detail());
    return shown.ptr ? shown.ptr : "";
}

#define assert_blocks(name, text, expected) assert_string_equal(show(name, XZ_STR(text)), expected)

#endif
