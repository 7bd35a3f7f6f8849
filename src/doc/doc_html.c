/* HTML to blocks: headings, paragraphs, lists, tables, title and meta elements. Layout is ignored;
 * what a reader does not see (scripts, forms, menus) is dropped. Tables used for layout, with one
 * cell or with headings inside, give paragraphs. The tokens come from doc_html_tokens.c. */
#include "doc/doc_html_internal.h"

#define LIST_DEPTH_MAX   16
#define COLUMNS_SPAN_MAX 100
#define CARRY_BYTES_MAX  2048 /* of a cell that reaches over several rows */
#define CARRY_COLUMNS    64
#define META_MAX         64

enum tag_kind {
    T_INLINE,
    T_BLOCK,
    T_HEADING,
    T_LIST,
    T_ITEM,
    T_TABLE,
    T_ROW,
    T_CELL,
    T_BREAK,
    T_DROP,
    T_TITLE,
    T_META,
    T_PRE
};

static const struct {
    const char *name;
    enum tag_kind kind;
} tags[] = {
    { "p", T_BLOCK },          { "div", T_BLOCK },      { "section", T_BLOCK },
    { "article", T_BLOCK },    { "header", T_BLOCK },   { "main", T_BLOCK },
    { "blockquote", T_BLOCK }, { "center", T_BLOCK },   { "hr", T_BLOCK },
    { "dl", T_BLOCK },         { "dt", T_BLOCK },       { "dd", T_BLOCK },
    { "form", T_BLOCK },       { "fieldset", T_BLOCK }, { "footer", T_BLOCK },
    { "aside", T_BLOCK },      { "body", T_BLOCK },     { "caption", T_BLOCK },
    { "address", T_BLOCK },    { "figure", T_BLOCK },   { "figcaption", T_BLOCK },
    { "h1", T_HEADING },       { "h2", T_HEADING },     { "h3", T_HEADING },
    { "h4", T_HEADING },       { "h5", T_HEADING },     { "h6", T_HEADING },
    { "ul", T_LIST },          { "ol", T_LIST },        { "li", T_ITEM },
    { "table", T_TABLE },      { "tr", T_ROW },         { "td", T_CELL },
    { "th", T_CELL },          { "br", T_BREAK },       { "nav", T_DROP },
    { "select", T_DROP },      { "button", T_DROP },    { "svg", T_DROP },
    { "iframe", T_DROP },      { "object", T_DROP },    { "noscript", T_DROP },
    { "template", T_DROP },    { "title", T_TITLE },    { "meta", T_META },
    { "pre", T_PRE },
};

struct carry {
    size_t rows_left;
    char text[CARRY_BYTES_MAX];
    size_t len;
};

struct html {
    struct doc_out *out;
    struct html_tokens tokens;
    struct html_sink sink;
    struct xz_buf text; /* of the block under way */
    struct xz_buf raw;  /* scratch: decoded text */
    enum xz_block_kind kind;
    int level;
    bool in_title, in_pre;
    char dropped[HTML_NAME_BYTES_MAX]; /* the element being dropped, "" for none */
    size_t drop_depth;
    struct {
        bool ordered;
        int64_t next;
    } lists[LIST_DEPTH_MAX];
    size_t list_depth;
    int64_t metas;
    /* the table under way */
    bool in_table, in_row, in_cell, table_begun, all_heads;
    size_t column_span, row_span;
    struct doc_cells cells;
    struct carry *carries; /* CARRY_COLUMNS of them */
};

static void reset_block(struct html *h)
{
    xz_buf_clear(&h->text);
    h->kind = XZ_BLOCK_PARAGRAPH;
    h->level = 0;
}

static xz_err flush(struct html *h)
{
    xz_err err = XZ_OK;
    if (h->text.len > 0)
        err = doc_emit_text(h->out, h->kind, h->level, xz_buf_str(&h->text), h->tokens.line);
    reset_block(h);
    return err;
}

/* Runs of blanks become one; U+00A0 is a blank for us, U+3000 at the front is trimmed later. */
static xz_err add_text(struct html *h, struct xz_buf *to, xz_str text)
{
    for (size_t pos = 0; pos < text.len;) {
        size_t start = pos;
        uint32_t code = xz_utf8_next(text, &pos);
        bool blank = code == ' ' || code == '\t' || code == '\n' || code == 0xA0;
        if (!blank || (h->in_pre && code == '\n'))
            xz_buf_add(to, xz_str_sub(text, start, pos - start));
        else if (to->len > 0 && !strchr(" \n", to->ptr[to->len - 1]))
            xz_buf_add_char(to, ' ');
    }
    return doc_append(to, XZ_STR_NONE, h->tokens.line);
}

static xz_err on_text(void *arg, xz_str raw)
{
    struct html *h = arg;
    for (size_t i = 0; i < raw.len; i++)
        h->tokens.line += raw.ptr[i] == '\n';
    if (h->dropped[0] || (h->in_table && !h->in_cell && xz_str_trim(raw).len == 0))
        return XZ_OK;
    xz_buf_clear(&h->raw);
    html_decode(raw, &h->raw);
    return add_text(h, h->in_cell ? &h->cells.text : &h->text, xz_buf_str(&h->raw));
}

static xz_err on_comment(void *arg, xz_str text)
{
    struct html *h = arg;
    return h->dropped[0] ? XZ_OK : doc_emit_text(h->out, XZ_BLOCK_COMMENT, 0, text, h->tokens.line);
}

static size_t span_attribute(struct html *h, const struct html_tag *tag, const char *name)
{
    int64_t span = 1;
    xz_buf_clear(&h->raw);
    if (html_attribute(tag->attributes, name, &h->raw) &&
        xz_str_to_int(xz_buf_str(&h->raw), &span) && span > 1)
        return (size_t)XZ_MIN(span, COLUMNS_SPAN_MAX);
    return 1;
}

/* --- tables --- */

/* Cells of rows above that reach down into this column. */
static xz_err place_carried(struct html *h)
{
    while (h->cells.count < CARRY_COLUMNS && h->carries[h->cells.count].rows_left > 0) {
        struct carry *carry = &h->carries[h->cells.count];
        carry->rows_left--;
        xz_buf_add(&h->cells.text, (xz_str){ carry->text, carry->len });
        xz_err err = doc_cells_close(&h->cells, h->tokens.line);
        if (err != XZ_OK)
            return err;
    }
    return XZ_OK;
}

static xz_err cell_end(struct html *h)
{
    if (!h->in_cell)
        return XZ_OK;
    size_t column = h->cells.count, from = column ? h->cells.ends[column - 1] : 0;
    xz_str text = xz_str_trim(xz_str_sub(xz_buf_str(&h->cells.text), from, h->cells.text.len));
    xz_err err = doc_append(&h->cells.text, XZ_STR_NONE, h->tokens.line);
    h->in_cell = false;
    for (size_t i = 0; i < h->column_span && err == XZ_OK; i++, column++) {
        if (h->row_span > 1 && column < CARRY_COLUMNS && text.len <= CARRY_BYTES_MAX) {
            struct carry *carry = &h->carries[column];
            carry->rows_left = h->row_span - 1;
            carry->len = i == 0 ? text.len : 0;
            memcpy(carry->text, text.ptr, carry->len);
        }
        err = doc_cells_close(&h->cells, h->tokens.line); /* the spanned ones are empty */
    }
    return err;
}

/* The cells were layout: their lines are paragraphs. */
static xz_err cells_as_paragraphs(struct html *h)
{
    xz_str text = xz_buf_str(&h->cells.text);
    xz_err err = XZ_OK;
    while (text.len > 0 && err == XZ_OK)
        err = doc_emit_text(h->out, XZ_BLOCK_PARAGRAPH, 0, xz_str_cut(&text, '\n'), h->tokens.line);
    doc_cells_clear(&h->cells);
    h->in_row = h->in_cell = false;
    return err;
}

static xz_err row_end(struct html *h)
{
    xz_err err = cell_end(h);
    if (err != XZ_OK || !h->in_row)
        return err;
    if (h->cells.count > 0 && (err = place_carried(h)) != XZ_OK)
        return err;
    h->in_row = false;
    if (h->cells.count <= 1)
        return cells_as_paragraphs(h);
    bool start = !h->table_begun;
    h->table_begun = true;
    return doc_cells_emit(&h->cells, h->out, h->all_heads, start, h->tokens.line);
}

static xz_err table_tag(struct html *h, bool closing)
{
    xz_err err = closing ? row_end(h) : h->in_cell ? cells_as_paragraphs(h) : flush(h);
    h->in_table = !closing;
    h->table_begun = h->in_row = h->in_cell = false;
    doc_cells_clear(&h->cells);
    for (size_t i = 0; i < CARRY_COLUMNS; i++)
        h->carries[i].rows_left = 0;
    return err;
}

static xz_err cell_tag(struct html *h, const struct html_tag *tag)
{
    xz_err err = cell_end(h);
    if (err != XZ_OK || tag->closing || !h->in_table)
        return err;
    if (!h->in_row) {
        h->in_row = true;
        h->all_heads = true;
    }
    if ((err = place_carried(h)) != XZ_OK)
        return err;
    h->column_span = span_attribute(h, tag, "colspan");
    h->row_span = span_attribute(h, tag, "rowspan");
    h->all_heads = h->all_heads && strcmp(tag->name, "th") == 0;
    h->in_cell = true;
    return XZ_OK;
}

/* --- lists, head, blocks --- */

static xz_err item_tag(struct html *h, bool closing)
{
    xz_err err = flush(h);
    if (closing || err != XZ_OK)
        return err;
    h->kind = XZ_BLOCK_ITEM;
    h->level = (int)XZ_MAX(h->list_depth, (size_t)1);
    if (h->list_depth > 0 && h->lists[h->list_depth - 1].ordered)
        xz_buf_addf(&h->text, "%lld. ", (long long)h->lists[h->list_depth - 1].next++);
    return XZ_OK;
}

static xz_err list_tag(struct html *h, const struct html_tag *tag)
{
    xz_err err = flush(h);
    if (tag->closing) {
        h->list_depth -= h->list_depth > 0;
    } else if (h->list_depth < LIST_DEPTH_MAX) {
        h->lists[h->list_depth].ordered = strcmp(tag->name, "ol") == 0;
        h->lists[h->list_depth++].next = 1;
    }
    return err;
}

static xz_err title_tag(struct html *h, bool closing)
{
    xz_err err = XZ_OK;
    if (closing && h->in_title && h->text.len > 0) {
        err = doc_emit(h->out, (struct xz_block){ .kind = XZ_BLOCK_META,
                                                  .key = XZ_STR("title"),
                                                  .text = xz_buf_str(&h->text),
                                                  .line = h->tokens.line });
        reset_block(h);
    } else if (!closing) {
        err = flush(h);
    }
    h->in_title = !closing;
    return err;
}

/* Government sites state title, date and source in <meta name="ArticleTitle" content="…">. */
static xz_err meta_tag(struct html *h, const struct html_tag *tag)
{
    struct xz_buf name, content;
    xz_err err = XZ_OK;
    xz_buf_init(&name, HTML_TAG_BYTES_MAX * 2);
    xz_buf_init(&content, HTML_TAG_BYTES_MAX * 2);
    if (h->metas < META_MAX && html_attribute(tag->attributes, "name", &name) &&
        html_attribute(tag->attributes, "content", &content) && name.len > 0) {
        h->metas++;
        err = doc_emit(h->out, (struct xz_block){ .kind = XZ_BLOCK_META,
                                                  .key = xz_buf_str(&name),
                                                  .text = xz_buf_str(&content),
                                                  .line = h->tokens.line });
    }
    xz_buf_fini(&name);
    xz_buf_fini(&content);
    return err;
}

static enum tag_kind kind_of(const char *name)
{
    for (size_t i = 0; i < XZ_COUNT(tags); i++)
        if (strcmp(tags[i].name, name) == 0)
            return tags[i].kind;
    return T_INLINE;
}

/* Inside a dropped element only its own tags count. */
static void dropped_tag(struct html *h, const struct html_tag *tag)
{
    if (strcmp(tag->name, h->dropped) != 0)
        return;
    if (!tag->closing)
        h->drop_depth++;
    else if (--h->drop_depth == 0)
        h->dropped[0] = '\0';
}

/* Tags that matter inside a cell: blocks part lines, headings show that the table is layout. */
static xz_err tag_in_cell(struct html *h, enum tag_kind kind, const struct html_tag *tag)
{
    if (kind == T_HEADING && !tag->closing) {
        xz_err err = cells_as_paragraphs(h);
        h->kind = XZ_BLOCK_HEADING;
        h->level = tag->name[1] - '0';
        return err;
    }
    xz_str text = xz_buf_str(&h->cells.text);
    if (text.len > 0 && text.ptr[text.len - 1] != '\n')
        xz_buf_add_char(&h->cells.text, '\n');
    return XZ_OK;
}

static xz_err block_tag(struct html *h, enum tag_kind kind, const struct html_tag *tag)
{
    if (kind == T_BREAK) {
        if (h->text.len > 0)
            xz_buf_add_char(&h->text, '\n');
        return XZ_OK;
    }
    if (kind == T_LIST)
        return list_tag(h, tag);
    if (kind == T_ITEM)
        return item_tag(h, tag->closing);
    /* <li><p>: the paragraph is the item's text */
    if (kind == T_BLOCK && h->kind == XZ_BLOCK_ITEM && !tag->closing && h->text.len < 8)
        return XZ_OK;
    xz_err err = flush(h);
    if (kind == T_HEADING && !tag->closing) {
        h->kind = XZ_BLOCK_HEADING;
        h->level = tag->name[1] - '0';
    }
    h->in_pre = kind == T_PRE && !tag->closing;
    return err;
}

static xz_err on_tag(void *arg, const struct html_tag *tag)
{
    struct html *h = arg;
    enum tag_kind kind = kind_of(tag->name);
    if (h->dropped[0]) {
        dropped_tag(h, tag);
        return XZ_OK;
    }
    switch (kind) {
    case T_INLINE:
        return XZ_OK;
    case T_DROP:
        if (!tag->closing && !xz_str_ends(tag->attributes, XZ_STR("/"))) {
            memcpy(h->dropped, tag->name, sizeof(h->dropped));
            h->drop_depth = 1;
        }
        return XZ_OK;
    case T_TITLE:
        return title_tag(h, tag->closing);
    case T_META:
        return meta_tag(h, tag);
    case T_TABLE:
        return table_tag(h, tag->closing);
    case T_ROW:
        return row_end(h);
    case T_CELL:
        return cell_tag(h, tag);
    default:
        return h->in_cell ? tag_in_cell(h, kind, tag) : block_tag(h, kind, tag);
    }
}

static void *html_create(struct doc_out *out)
{
    struct html *h = XZ_ALLOC(struct html, 1);
    h->out = out;
    h->sink = (struct html_sink){ on_text, on_tag, on_comment, h };
    html_tokens_init(&h->tokens, &h->sink);
    xz_buf_init(&h->text, XZ_DOC_BLOCK_BYTES_MAX);
    xz_buf_init(&h->raw, XZ_DOC_BLOCK_BYTES_MAX);
    doc_cells_init(&h->cells);
    h->carries = XZ_ALLOC(struct carry, CARRY_COLUMNS);
    reset_block(h);
    return h;
}

static xz_err html_feed(void *state, xz_str utf8)
{
    struct html *h = state;
    return html_tokens_feed(&h->tokens, utf8);
}

static xz_err html_end(void *state)
{
    struct html *h = state;
    xz_err err = html_tokens_end(&h->tokens);
    if (err == XZ_OK)
        err = row_end(h);
    return err == XZ_OK ? flush(h) : err;
}

static void html_destroy(void *state)
{
    struct html *h = state;
    html_tokens_fini(&h->tokens);
    xz_buf_fini(&h->text);
    xz_buf_fini(&h->raw);
    doc_cells_fini(&h->cells);
    xz_free(h->carries);
    xz_free(h);
}

const struct doc_reader doc_html_reader = { html_create, html_feed, html_end, html_destroy };
