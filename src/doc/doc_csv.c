/* Tables as text (RFC 4180 and what spreadsheets make of it): separator , ; or tab told from the
 * front, quotes with line breaks, a head row, rows of another width reported. */
#include "doc/doc_internal.h"

#define NOTES_MAX         10
#define SNIFF_ROWS        64
#define SNIFF_WHOLE_BYTES 16384 /* a shorter first piece is the whole file */

enum place { AT_START, IN_PLAIN, IN_QUOTES, AFTER_QUOTE };

struct csv {
    struct doc_out *out;
    struct doc_cells cells;
    bool sniffed, row_begun;
    char separator;
    enum place place;
    int64_t line, row_line, quote_line; /* of the current character, row, opening quote */
    int64_t rows, ragged;
    size_t width; /* of the first row */
};

/* Counts separators per record outside quotes. */
static void sniff(xz_str front, bool more, char separator, size_t *rows, size_t *same, size_t *most)
{
    size_t count = 0, first = 0;
    bool quoted = false, filled = false;
    *rows = *same = *most = 0;
    for (size_t i = 0; i <= front.len && *rows < SNIFF_ROWS; i++) {
        char c = i < front.len ? front.ptr[i] : '\n';
        if (i == front.len && more)
            break;
        if (c == '"')
            quoted = !quoted;
        if (quoted && i < front.len)
            continue;
        if (c == separator) {
            count++;
        } else if (c == '\n' && filled) {
            if ((*rows)++ == 0)
                first = count;
            *same += count == first && count > 0;
            *most = XZ_MAX(*most, count);
            count = 0;
            filled = false;
            continue;
        }
        filled = filled || (c != '\n' && c != ' ');
    }
}

char doc_csv_separator(xz_str front, bool more, bool *convincing)
{
    static const char separators[] = { ',', '\t', ';' };
    size_t best = 0;
    char found = ',';
    *convincing = false;
    for (size_t i = 0; i < sizeof(separators); i++) {
        size_t rows, same, most;
        sniff(front, more, separators[i], &rows, &same, &most);
        if (same * 2 <= rows || same * (1 + most) <= best)
            continue;
        best = same * (1 + most);
        found = separators[i];
        *convincing = rows >= 2 && same == rows && (most >= 2 || rows >= 3);
    }
    return found;
}

/* Names of columns: every cell filled, none a number or a date. */
static bool is_header(const struct doc_cells *cells)
{
    xz_str all = xz_buf_str(&cells->text);
    for (size_t i = 0, from = 0; i < cells->count; from = cells->ends[i++]) {
        xz_str cell = xz_str_trim(xz_str_sub(all, from, cells->ends[i] - from));
        double number;
        xz_date date;
        if (cell.len == 0 || cell.len > 200 || xz_str_to_double(cell, &number) ||
            xz_date_parse(cell, &date))
            return false;
    }
    return cells->count > 1;
}

static xz_err note_ragged(struct csv *csv)
{
    char text[160];
    if (++csv->ragged > NOTES_MAX)
        return XZ_OK;
    int len = snprintf(text, sizeof(text), "第 %lld 行有 %zu 列，与第一行的 %zu 列不同",
                       (long long)csv->row_line, csv->cells.count, csv->width);
    return doc_emit_text(csv->out, XZ_BLOCK_NOTE, 0, (xz_str){ text, (size_t)len }, csv->row_line);
}

static xz_err row_end(struct csv *csv)
{
    xz_err err = doc_cells_close(&csv->cells, csv->line);
    bool blank = csv->cells.count == 1 && xz_str_trim(xz_buf_str(&csv->cells.text)).len == 0;
    bool declares = csv->rows == 0 && csv->cells.count == 2 && csv->cells.text.len == 4 &&
                    xz_str_eq(xz_buf_str(&csv->cells.text), XZ_STR("sep="));
    csv->place = AT_START;
    csv->row_begun = false;
    if (err != XZ_OK)
        return err;
    if (blank || declares) { /* "sep=;" tells Excel the separator */
        doc_cells_clear(&csv->cells);
        return XZ_OK;
    }
    bool first = csv->rows++ == 0;
    if (first)
        csv->width = csv->cells.count;
    else if (csv->cells.count != csv->width && (err = note_ragged(csv)) != XZ_OK)
        return err;
    return doc_cells_emit(&csv->cells, csv->out, first && is_header(&csv->cells), first,
                          csv->row_line);
}

static xz_err too_long(const struct csv *csv)
{
    if (csv->place == IN_QUOTES)
        return xz_fail(XZ_E_LIMIT, "第 %lld 行的引号一直没有闭合，请检查表格",
                       (long long)csv->quote_line);
    return xz_fail(XZ_E_LIMIT, "第 %lld 行的表格内容超过 %zu KiB", (long long)csv->row_line,
                   XZ_DOC_BLOCK_BYTES_MAX / 1024);
}

/* One character outside quotes that ends a cell or a row. */
static xz_err special(struct csv *csv, char c)
{
    if (c == '\n')
        return row_end(csv);
    csv->place = AT_START;
    return doc_cells_close(&csv->cells, csv->line);
}

static xz_err take(struct csv *csv, char c)
{
    if (csv->place == IN_QUOTES) {
        if (c == '"')
            csv->place = AFTER_QUOTE;
        else
            xz_buf_add_char(&csv->cells.text, c);
        return XZ_OK;
    }
    if (c == csv->separator || c == '\n')
        return special(csv, c);
    if (c == '"' && csv->place != IN_PLAIN) {
        if (csv->place == AFTER_QUOTE)
            xz_buf_add_char(&csv->cells.text, '"');
        else
            csv->quote_line = csv->line;
        csv->place = IN_QUOTES;
        return XZ_OK;
    }
    /* Blanks before an opening quote are not the cell's text yet. */
    if (csv->place == AT_START && c == ' ')
        return XZ_OK;
    csv->place = IN_PLAIN;
    xz_buf_add_char(&csv->cells.text, c);
    return XZ_OK;
}

static void *csv_create(struct doc_out *out)
{
    struct csv *csv = XZ_ALLOC(struct csv, 1);
    csv->out = out;
    csv->line = 1;
    doc_cells_init(&csv->cells);
    return csv;
}

static xz_err csv_feed(void *state, xz_str utf8)
{
    struct csv *csv = state;
    if (!csv->sniffed) {
        bool convincing;
        bool declared = xz_str_starts(utf8, XZ_STR("sep=")) && utf8.len > 4 &&
                        memchr(",;\t|", utf8.ptr[4], 4) != NULL;
        csv->separator = declared
                             ? utf8.ptr[4]
                             : doc_csv_separator(utf8, utf8.len > SNIFF_WHOLE_BYTES, &convincing);
        csv->sniffed = true;
    }
    for (size_t i = 0; i < utf8.len; i++) {
        if (!csv->row_begun) {
            csv->row_begun = true;
            csv->row_line = csv->line;
        }
        xz_err err = take(csv, utf8.ptr[i]);
        if (err != XZ_OK)
            return err;
        if (csv->cells.text.err != XZ_OK)
            return too_long(csv);
        csv->line += utf8.ptr[i] == '\n';
    }
    return XZ_OK;
}

static xz_err csv_end(void *state)
{
    struct csv *csv = state;
    char text[160];
    xz_err err = XZ_OK;
    int len = 0;
    if (csv->place == IN_QUOTES)
        len = snprintf(text, sizeof(text), "第 %lld 行的引号到文件末尾都没有闭合，请检查表格",
                       (long long)csv->quote_line);
    if (len > 0)
        err = doc_emit_text(csv->out, XZ_BLOCK_NOTE, 0, (xz_str){ text, (size_t)len },
                            csv->quote_line);
    if (err == XZ_OK && csv->row_begun)
        err = row_end(csv);
    if (err != XZ_OK || csv->ragged <= NOTES_MAX)
        return err;
    len = snprintf(text, sizeof(text), "共有 %lld 行的列数与第一行不同", (long long)csv->ragged);
    return doc_emit_text(csv->out, XZ_BLOCK_NOTE, 0, (xz_str){ text, (size_t)len }, 0);
}

static void csv_destroy(void *state)
{
    struct csv *csv = state;
    doc_cells_fini(&csv->cells);
    xz_free(csv);
}

const struct doc_reader doc_csv_reader = { csv_create, csv_feed, csv_end, csv_destroy };
