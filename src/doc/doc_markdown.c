/* Markdown by lines: head matter, headings, paragraphs, lists, tables, code, comments. Official
 * texts are plain Markdown; where authors and CommonMark differ (no blank after #, rules under
 * text), the author's intent counts. Inline markup is doc_inline.c's business. */
#include "doc/doc_internal.h"

#define ITEM_LEVEL_MAX        16
#define HEAD_MATTER_LINES_MAX 1000
#define SETEXT_CHARS_MAX      60

enum mode { BODY, HEAD_MATTER, FENCE, COMMENT };

struct markdown {
    struct doc_out *out;
    struct doc_lines lines;
    enum mode mode;
    char fence;         /* ` or ~ */
    struct xz_buf text; /* of the block under way */
    enum xz_block_kind kind;
    int level; /* of the item under way */
    size_t text_lines;
    int64_t text_line;   /* where the block under way began */
    struct xz_buf plain; /* scratch: text without inline markup */
    struct xz_buf key;   /* head matter: the key that list lines belong to */
    struct xz_buf comment;
    bool in_table, table_begun;
    struct doc_cells cells;
};

static xz_err give_plain(struct markdown *m, enum xz_block_kind kind, int level, xz_str text,
                         int64_t line)
{
    xz_buf_clear(&m->plain);
    doc_inline_plain(text, &m->plain);
    if (m->plain.err != XZ_OK)
        return doc_append(&m->plain, XZ_STR("-"), line);
    return doc_emit_text(m->out, kind, level, xz_buf_str(&m->plain), line);
}

/* Ends the paragraph or item under way. */
static xz_err flush(struct markdown *m)
{
    xz_err err = XZ_OK;
    if (m->text.len > 0)
        err = give_plain(m, m->kind, m->level, xz_buf_str(&m->text), m->text_line);
    xz_buf_clear(&m->text);
    m->kind = XZ_BLOCK_PARAGRAPH;
    m->level = 0;
    m->text_lines = 0;
    return err;
}

static xz_err add_line(struct markdown *m, xz_str line)
{
    if (m->text.len > 0)
        xz_buf_add_char(&m->text, '\n');
    else
        m->text_line = m->lines.line;
    m->text_lines++;
    return doc_append(&m->text, line, m->text_line);
}

/* --- tables --- */

static xz_err table_cells(struct markdown *m, xz_str line)
{
    xz_err err;
    size_t from = 0;
    line = xz_str_trim(line);
    if (line.len > 0 && line.ptr[0] == '|')
        line = xz_str_sub(line, 1, line.len);
    bool closed = line.len > 0 && line.ptr[line.len - 1] == '|' &&
                  (line.len < 2 || line.ptr[line.len - 2] != '\\');
    if (closed)
        line.len--;
    for (size_t i = 0; i <= line.len; i++) {
        if (i < line.len && line.ptr[i] == '\\' && i + 1 < line.len) {
            i++; /* what is escaped does not separate */
            continue;
        }
        if (i < line.len && line.ptr[i] != '|')
            continue;
        doc_inline_plain(xz_str_trim(xz_str_sub(line, from, i - from)), &m->cells.text);
        if ((err = doc_cells_close(&m->cells, m->lines.line)) != XZ_OK)
            return err;
        from = i + 1;
    }
    return XZ_OK;
}

static xz_err table_row(struct markdown *m, bool header)
{
    bool start = !m->table_begun;
    m->table_begun = true;
    return doc_cells_emit(&m->cells, m->out, header, start, m->lines.line - header);
}

/* |---|:--:| under a line with as many bars makes that line a table's head. */
static bool is_delimiter_row(xz_str line)
{
    size_t dashes = 0, bars = 0;
    for (size_t i = 0; i < line.len; i++) {
        char c = line.ptr[i];
        if (c != '|' && c != '-' && c != ':' && c != ' ' && c != '\t')
            return false;
        dashes += c == '-';
        bars += c == '|';
    }
    return dashes > 0 && bars > 0;
}

static xz_err table_begin(struct markdown *m, bool *taken)
{
    xz_str head = xz_buf_str(&m->text);
    const char *last = memrchr(head.ptr, '\n', head.len);
    xz_str row = last ? xz_str_sub(head, (size_t)(last + 1 - head.ptr), head.len) : head;
    *taken = row.len > 0 && memchr(row.ptr, '|', row.len);
    if (!*taken)
        return XZ_OK;
    m->in_table = true;
    m->table_begun = false;
    xz_err err = table_cells(m, row);
    m->text.len = last ? (size_t)(last - head.ptr) : 0;
    if (err == XZ_OK)
        err = flush(m); /* what stood above the table */
    return err == XZ_OK ? table_row(m, true) : err;
}

/* --- block starts --- */

static size_t count_front(xz_str line, char c)
{
    size_t count = 0;
    while (count < line.len && line.ptr[count] == c)
        count++;
    return count;
}

static bool is_rule(xz_str line)
{
    size_t count = 0;
    for (size_t i = 0; i < line.len; i++) {
        if (line.ptr[i] == ' ')
            continue;
        if (line.ptr[i] != line.ptr[0] || !strchr("-*_", line.ptr[i]))
            return false;
        count++;
    }
    return count >= 3;
}

/* Bytes of a list mark with its blank: "- ", "12. "; 0 for none. Numbers stay in the text. */
static size_t list_mark(xz_str line, bool *numbered)
{
    size_t digits = 0;
    *numbered = false;
    if (line.len >= 2 && strchr("-*+", line.ptr[0]) && (line.ptr[1] == ' ' || line.ptr[1] == '\t'))
        return 2;
    while (digits < line.len && digits < 9 && line.ptr[digits] >= '0' && line.ptr[digits] <= '9')
        digits++;
    if (digits == 0 || digits + 1 >= line.len || !strchr(".)", line.ptr[digits]) ||
        line.ptr[digits + 1] != ' ')
        return 0;
    *numbered = true;
    return digits + 2;
}

static xz_err heading(struct markdown *m, xz_str line, size_t level)
{
    xz_str text = xz_str_trim(xz_str_sub(line, level, line.len));
    xz_err err = flush(m);
    size_t end = text.len;
    while (end > 0 && text.ptr[end - 1] == '#')
        end--;
    if (end < text.len && (end == 0 || text.ptr[end - 1] == ' ')) /* ## 标题 ## */
        text = xz_str_trim((xz_str){ text.ptr, end });
    return err == XZ_OK ? give_plain(m, XZ_BLOCK_HEADING, (int)level, text, m->lines.line) : err;
}

/* A line of === or --- under one short line makes it a heading; --- otherwise only divides. */
static xz_err underline(struct markdown *m, xz_str line)
{
    xz_str text = xz_buf_str(&m->text);
    bool heading_above = m->text_lines == 1 && m->kind == XZ_BLOCK_PARAGRAPH &&
                         xz_utf8_chars(xz_utf8_head(text, SETEXT_CHARS_MAX + 1)) <=
                             SETEXT_CHARS_MAX &&
                         !xz_str_ends(text, XZ_STR("。"));
    if (heading_above) {
        m->kind = XZ_BLOCK_HEADING;
        m->level = line.ptr[0] == '=' ? 1 : 2;
    }
    return flush(m);
}

static xz_err item(struct markdown *m, xz_str line, size_t indent, size_t mark, bool numbered)
{
    xz_err err = flush(m);
    if (err != XZ_OK)
        return err;
    m->kind = XZ_BLOCK_ITEM;
    m->level = (int)XZ_MIN(indent / 2 + 1, (size_t)ITEM_LEVEL_MAX);
    xz_str text = numbered ? line : xz_str_sub(line, mark, line.len);
    if (xz_str_starts(text, XZ_STR("[ ] ")) || xz_str_starts(text, XZ_STR("[x] ")))
        text = xz_str_sub(text, 4, text.len);
    return add_line(m, text);
}

/* Blanks and quote marks at the front; U+3000 counts as a blank but not as indentation. */
static xz_str strip_front(xz_str line, size_t *indent)
{
    *indent = 0;
    while (line.len > 0) {
        if (line.ptr[0] == ' ' || line.ptr[0] == '\t')
            *indent += line.ptr[0] == '\t' ? 4 : 1;
        else if (line.ptr[0] == '>')
            *indent = 0;
        else
            break;
        line = xz_str_sub(line, 1, line.len);
    }
    return xz_str_trim(line);
}

static bool is_fence(xz_str line)
{
    return xz_str_starts(line, XZ_STR("```")) || xz_str_starts(line, XZ_STR("~~~"));
}

/* Starts that need no look at what is under way. `*taken` tells whether it was one. */
static xz_err block_start(struct markdown *m, xz_str line, size_t indent, bool *taken)
{
    bool numbered;
    size_t hashes = count_front(line, '#'), mark = list_mark(line, &numbered);
    *taken = true;
    if (hashes > 0 && hashes <= 6 && hashes < line.len &&
        (hashes > 1 || line.ptr[1] == ' ' || (unsigned char)line.ptr[1] >= 0x80))
        return heading(m, line, hashes);
    if (is_fence(line)) {
        m->mode = FENCE;
        m->fence = line.ptr[0];
        return flush(m);
    }
    if (is_delimiter_row(line)) {
        bool head;
        xz_err err = table_begin(m, &head);
        if (err != XZ_OK || head)
            return err;
    }
    if (m->text_lines > 0 && count_front(line, '=') == line.len)
        return underline(m, line);
    if (is_rule(line))
        return line.ptr[0] == '-' ? underline(m, line) : flush(m);
    if (mark > 0)
        return item(m, line, indent, mark, numbered);
    *taken = false;
    return XZ_OK;
}

static xz_err body_line(struct markdown *m, xz_str raw)
{
    size_t indent;
    bool taken;
    xz_str line = strip_front(raw, &indent);
    if (m->in_table) {
        if (line.len > 0 && memchr(line.ptr, '|', line.len)) {
            xz_err err = table_cells(m, line);
            return err == XZ_OK ? table_row(m, false) : err;
        }
        m->in_table = false;
    }
    if (line.len == 0)
        return flush(m);
    xz_err err = block_start(m, line, indent, &taken);
    if (err != XZ_OK || taken)
        return err;
    if (line.len > 1 && line.ptr[line.len - 1] == '\\') /* a hard line break */
        line.len--;
    return add_line(m, line);
}

/* --- comments: taken out of a line, they may go on over many --- */

static xz_err comment_more(struct markdown *m, xz_str *line)
{
    size_t end = xz_str_find(*line, XZ_STR("-->"));
    xz_err err = doc_append(&m->comment, xz_str_sub(*line, 0, end), m->lines.line);
    if (err != XZ_OK)
        return err;
    if (end == XZ_STR_NPOS) {
        xz_buf_add_char(&m->comment, '\n');
        *line = XZ_STR_NONE;
        return XZ_OK;
    }
    m->mode = BODY;
    *line = xz_str_sub(*line, end + 3, line->len);
    err = doc_emit_text(m->out, XZ_BLOCK_COMMENT, 0, xz_buf_str(&m->comment), m->lines.line);
    xz_buf_clear(&m->comment);
    return err;
}

static xz_err line_with_comments(struct markdown *m, xz_str line)
{
    bool whole = true; /* nothing was cut off before what is left */
    for (;;) {
        xz_err err;
        if (m->mode == COMMENT) {
            if ((err = comment_more(m, &line)) != XZ_OK || m->mode == COMMENT)
                return err;
            if (xz_str_trim(line).len == 0)
                return XZ_OK;
            whole = false;
        }
        size_t begin = xz_str_find(line, XZ_STR("<!--"));
        xz_str text = xz_str_sub(line, 0, begin);
        if ((whole && begin == XZ_STR_NPOS) || xz_str_trim(text).len > 0)
            err = body_line(m, text);
        else
            err = flush(m); /* a comment on its own parts paragraphs */
        if (err != XZ_OK || begin == XZ_STR_NPOS || m->mode == FENCE)
            return err;
        m->mode = COMMENT;
        line = xz_str_sub(line, begin + 4, line.len);
    }
}

/* --- head matter --- */

static xz_str unquoted(xz_str value)
{
    value = xz_str_trim(value);
    if (value.len >= 2 && (value.ptr[0] == '"' || value.ptr[0] == '\'') &&
        value.ptr[value.len - 1] == value.ptr[0])
        return xz_str_sub(value, 1, value.len - 2);
    return value;
}

static xz_err meta(struct markdown *m, xz_str value)
{
    return doc_emit(m->out, (struct xz_block){ .kind = XZ_BLOCK_META,
                                               .key = xz_buf_str(&m->key),
                                               .text = unquoted(value),
                                               .line = m->lines.line });
}

/* `key: value`, `key：value`, `- value` under a key. A line of another shape ends the head matter:
 * it was a rule after all. */
static xz_err head_line(struct markdown *m, xz_str raw)
{
    xz_str line = xz_str_trim(raw);
    if (xz_str_eq(line, XZ_STR("---")) || xz_str_eq(line, XZ_STR("..."))) {
        m->mode = BODY;
        return XZ_OK;
    }
    if (line.len == 0 || line.ptr[0] == '#')
        return XZ_OK;
    if (xz_str_starts(line, XZ_STR("- ")) && m->key.len > 0)
        return meta(m, xz_str_sub(line, 2, line.len));
    size_t colon = xz_str_find(line, XZ_STR(":")), wide = xz_str_find(line, XZ_STR("："));
    size_t at = XZ_MIN(colon, wide);
    if (at == XZ_STR_NPOS || at == 0 || at > 100 || m->lines.line > HEAD_MATTER_LINES_MAX) {
        m->mode = BODY;
        return line_with_comments(m, raw);
    }
    xz_buf_clear(&m->key);
    xz_buf_add(&m->key, xz_str_trim(xz_str_sub(line, 0, at)));
    xz_str value = xz_str_trim(xz_str_sub(line, at + (colon < wide ? 1 : 3), line.len));
    return value.len > 0 ? meta(m, value) : XZ_OK;
}

static xz_err fence_line(struct markdown *m, xz_str line)
{
    xz_str trimmed = xz_str_trim(line);
    if (count_front(trimmed, m->fence) >= 3 && count_front(trimmed, m->fence) == trimmed.len) {
        m->mode = BODY;
        return flush(m);
    }
    if (m->text.len > (size_t)KIB(64)) { /* long listings in pieces */
        xz_err err = flush(m);
        if (err != XZ_OK)
            return err;
    }
    return add_line(m, line);
}

static xz_err markdown_line(xz_str line, void *arg)
{
    struct markdown *m = arg;
    if (m->lines.line == 1 && xz_str_eq(xz_str_trim(line), XZ_STR("---"))) {
        m->mode = HEAD_MATTER;
        return XZ_OK;
    }
    switch (m->mode) {
    case HEAD_MATTER:
        return head_line(m, line);
    case FENCE:
        return fence_line(m, line);
    default:
        return line_with_comments(m, line);
    }
}

static void *markdown_create(struct doc_out *out)
{
    struct markdown *m = XZ_ALLOC(struct markdown, 1);
    m->out = out;
    m->kind = XZ_BLOCK_PARAGRAPH;
    doc_lines_init(&m->lines, markdown_line, m);
    xz_buf_init(&m->text, XZ_DOC_BLOCK_BYTES_MAX);
    xz_buf_init(&m->plain, XZ_DOC_BLOCK_BYTES_MAX);
    xz_buf_init(&m->key, 4096);
    xz_buf_init(&m->comment, XZ_DOC_BLOCK_BYTES_MAX);
    doc_cells_init(&m->cells);
    return m;
}

static xz_err markdown_feed(void *state, xz_str utf8)
{
    struct markdown *m = state;
    return doc_lines_feed(&m->lines, utf8);
}

static xz_err markdown_end(void *state)
{
    struct markdown *m = state;
    xz_err err = doc_lines_end(&m->lines);
    if (err == XZ_OK && m->mode == COMMENT)
        err = doc_emit_text(m->out, XZ_BLOCK_NOTE, 0,
                            XZ_STR("注释 <!-- 一直没有闭合，其后的内容没有读取"), m->lines.line);
    return err == XZ_OK ? flush(m) : err;
}

static void markdown_destroy(void *state)
{
    struct markdown *m = state;
    doc_lines_fini(&m->lines);
    xz_buf_fini(&m->text);
    xz_buf_fini(&m->plain);
    xz_buf_fini(&m->key);
    xz_buf_fini(&m->comment);
    doc_cells_fini(&m->cells);
    xz_free(m);
}

const struct doc_reader doc_markdown_reader = { markdown_create, markdown_feed, markdown_end,
                                                markdown_destroy };
