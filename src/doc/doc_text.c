/* Plain text, and what the line-based readers share: pieces to lines, cells to rows. In official
 * plain text one line is one paragraph; nothing is joined. */
#include "doc/doc_internal.h"

void doc_lines_init(struct doc_lines *lines, xz_err (*each)(xz_str line, void *arg), void *arg)
{
    *lines = (struct doc_lines){ .each = each, .arg = arg };
    xz_buf_init(&lines->partial, XZ_DOC_LINE_BYTES_MAX);
}

void doc_lines_fini(struct doc_lines *lines)
{
    xz_buf_fini(&lines->partial);
}

static xz_err line_too_long(const struct doc_lines *lines)
{
    return xz_fail(XZ_E_LIMIT, "第 %lld 行超过 %zu KiB，不像是正文，请检查文件",
                   (long long)lines->line + 1, XZ_DOC_LINE_BYTES_MAX / 1024);
}

xz_err doc_lines_feed(struct doc_lines *lines, xz_str utf8)
{
    while (utf8.len > 0) {
        const char *end = memchr(utf8.ptr, '\n', utf8.len);
        size_t len = end ? (size_t)(end - utf8.ptr) : utf8.len;
        xz_str head = { utf8.ptr, len };
        utf8 = xz_str_sub(utf8, len + (end != NULL), utf8.len);
        if (!end || lines->partial.len > 0) {
            xz_buf_add(&lines->partial, head);
            head = xz_buf_str(&lines->partial);
        }
        if (lines->partial.err != XZ_OK || head.len > XZ_DOC_LINE_BYTES_MAX)
            return line_too_long(lines);
        if (!end)
            break;
        lines->line++;
        xz_err err = lines->each(head, lines->arg);
        if (err != XZ_OK)
            return err;
        xz_buf_clear(&lines->partial);
    }
    return XZ_OK;
}

xz_err doc_lines_end(struct doc_lines *lines)
{
    if (lines->partial.len == 0)
        return XZ_OK;
    lines->line++;
    xz_err err = lines->each(xz_buf_str(&lines->partial), lines->arg);
    xz_buf_clear(&lines->partial);
    return err;
}

void doc_cells_init(struct doc_cells *cells)
{
    xz_buf_init(&cells->text, XZ_DOC_BLOCK_BYTES_MAX);
    cells->count = 0;
}

void doc_cells_fini(struct doc_cells *cells)
{
    xz_buf_fini(&cells->text);
}

void doc_cells_clear(struct doc_cells *cells)
{
    xz_buf_clear(&cells->text);
    cells->count = 0;
}

xz_err doc_cells_close(struct doc_cells *cells, int64_t line)
{
    if (cells->count == XZ_DOC_CELLS_MAX)
        return xz_fail(XZ_E_LIMIT, "第 %lld 行的表格超过 %d 列", (long long)line, XZ_DOC_CELLS_MAX);
    cells->ends[cells->count++] = cells->text.len;
    return XZ_OK;
}

xz_err doc_cells_emit(struct doc_cells *cells, struct doc_out *out, bool header, bool table_start,
                      int64_t line)
{
    xz_str texts[XZ_DOC_CELLS_MAX], all = xz_buf_str(&cells->text);
    for (size_t i = 0, from = 0; i < cells->count; from = cells->ends[i++])
        texts[i] = xz_str_trim(xz_str_sub(all, from, cells->ends[i] - from));
    struct xz_block row = { .kind = XZ_BLOCK_ROW,
                            .header = header,
                            .table_start = table_start,
                            .cells = texts,
                            .cell_count = cells->count,
                            .line = line };
    xz_err err = cells->count > 0 ? doc_emit(out, row) : XZ_OK;
    doc_cells_clear(cells);
    return err;
}

struct text {
    struct doc_out *out;
    struct doc_lines lines;
};

static xz_err text_line(xz_str line, void *arg)
{
    struct text *text = arg;
    return doc_emit_text(text->out, XZ_BLOCK_PARAGRAPH, 0, line, text->lines.line);
}

static void *text_create(struct doc_out *out)
{
    struct text *text = XZ_ALLOC(struct text, 1);
    text->out = out;
    doc_lines_init(&text->lines, text_line, text);
    return text;
}

static xz_err text_feed(void *state, xz_str utf8)
{
    struct text *text = state;
    return doc_lines_feed(&text->lines, utf8);
}

static xz_err text_end(void *state)
{
    struct text *text = state;
    return doc_lines_end(&text->lines);
}

static void text_destroy(void *state)
{
    struct text *text = state;
    doc_lines_fini(&text->lines);
    xz_free(text);
}

const struct doc_reader doc_text_reader = { text_create, text_feed, text_end, text_destroy };
