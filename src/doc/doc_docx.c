/* Word documents to blocks: the text as a reader sees it, with numbers written out, changes taken,
 * hidden text left away, tables as rows. Styles and numbers are in their own files. */
#include "doc/doc_docx_internal.h"

#define PARAGRAPH_DEPTH_MAX 6 /* a text box within a text box within … */
#define TABLE_DEPTH_MAX     16
#define CARRY_COLUMNS       64
#define CARRY_BYTES_MAX     ((size_t)KIB(8)) /* of a cell that reaches over rows or columns */
#define SPAN_MAX            64
#define HEADING_CHARS_MAX   100
#define TITLE_CHARS_MAX     120
#define TITLE_SIZE_MIN      36 /* 小二: titles are set in 二号 or larger (GB/T 9704-2012) */
#define TITLE_WITHIN        12 /* paragraphs */

enum {
    E_R,
    E_T,
    E_P,
    E_R_PR,
    E_P_PR,
    E_TAB,
    E_BR,
    E_CR,
    E_TC,
    E_TR,
    E_TBL,
    E_STYLE,
    E_JC,
    E_SIZE,
    E_NUM_ID,
    E_LEVEL,
    E_OUTLINE,
    E_VANISH,
    E_DEL,
    E_INS,
    E_SPAN,
    E_MERGE,
    E_HEADER_ROW,
    E_GRID_COL,
    E_GRID_BEFORE,
    E_FIELD,
    E_HYPHEN,
    E_SYMBOL,
    E_FOOT_REF,
    E_END_REF,
    E_PLACEHOLDER,
    E_SDT_CONTENT,
    E_DRAWING,
    E_PICT,
    E_ROW_PR,
    /* dropped with all they hold */
    E_MOVE_FROM,
    E_FALLBACK,
    E_RUBY_TEXT,
    E_P_CHANGE,
    E_R_CHANGE,
    E_T_CHANGE,
    E_TR_CHANGE,
    E_TC_CHANGE,
    E_SECTION
};
static const char *const body_names[] = { "r",
                                          "t",
                                          "p",
                                          "rPr",
                                          "pPr",
                                          "tab",
                                          "br",
                                          "cr",
                                          "tc",
                                          "tr",
                                          "tbl",
                                          "pStyle",
                                          "jc",
                                          "sz",
                                          "numId",
                                          "ilvl",
                                          "outlineLvl",
                                          "vanish",
                                          "del",
                                          "ins",
                                          "gridSpan",
                                          "vMerge",
                                          "tblHeader",
                                          "gridCol",
                                          "gridBefore",
                                          "fldChar",
                                          "noBreakHyphen",
                                          "sym",
                                          "footnoteReference",
                                          "endnoteReference",
                                          "showingPlcHdr",
                                          "sdtContent",
                                          "drawing",
                                          "pict",
                                          "trPr",
                                          "moveFrom",
                                          "Fallback",
                                          "rt",
                                          "pPrChange",
                                          "rPrChange",
                                          "tblPrChange",
                                          "trPrChange",
                                          "tcPrChange",
                                          "sectPr",
                                          NULL };

enum merge { MERGE_NONE, MERGE_BEGIN, MERGE_GOES_ON };
enum title { TITLE_AWAITED, TITLE_UNDER_WAY, TITLE_DONE };

struct paragraph {
    struct xz_buf text;
    const struct docx_style *style;
    int64_t number, number_level, outline, size;
    int centered;
    bool mark_deleted; /* runs on into the next paragraph */
    struct xz_buf notes;
};

struct table {
    int64_t columns;
    bool layout; /* one column: paragraphs with a frame */
};

struct docx {
    struct doc_out *out;
    struct xz_arena *arena;
    struct docx_styles styles;
    struct docx_numbers *numbers;
    struct docx_notes footnotes, endnotes;
    int depth, dropping; /* of elements; where what is dropped began, 0: nothing is */
    struct paragraph paragraphs[PARAGRAPH_DEPTH_MAX];
    size_t paragraph_depth;
    bool in_paragraph_properties, in_run_properties, in_row_properties;
    bool in_text, run_hidden, placeholder;
    int fields, field_codes; /* open fields; of them, those whose code is being spelled out */
    struct xz_buf label, title, carried;
    enum title title_state;
    bool title_given; /* headings below it are one level deeper */
    int64_t before_title, texts, pictures, inserted, deleted, hidden;
    /* the outermost table that is no layout */
    struct table tables[TABLE_DEPTH_MAX];
    size_t table_depth, real_depth;
    struct doc_cells cells;
    struct xz_buf carry[CARRY_COLUMNS];
    bool table_begun, row_header, row_deleted;
    int64_t span;
    enum merge merge;
};

/* --- blocks out --- */

static xz_err emit(struct docx *d, enum xz_block_kind kind, int level, xz_str text)
{
    d->texts += xz_str_trim(text).len > 0;
    return doc_emit_text(d->out, kind, level, text, 0);
}

static xz_err title_end(struct docx *d)
{
    if (d->title_state != TITLE_UNDER_WAY)
        return XZ_OK;
    d->title_state = TITLE_DONE;
    d->title_given = true;
    return emit(d, XZ_BLOCK_HEADING, 1, xz_buf_str(&d->title));
}

/* Official papers have their title in large letters in the middle, seldom in a style of that name;
 * the red head above it (“某某文件”) is set alike. */
static bool is_title(const struct docx *d, const struct paragraph *p, xz_str text)
{
    int64_t size = p->size != DOCX_UNSET ? p->size : p->style->size;
    int centered = p->centered != DOCX_UNSET ? p->centered : p->style->centered;
    if (d->title_state == TITLE_DONE || d->real_depth || xz_utf8_chars(text) > TITLE_CHARS_MAX)
        return false;
    if (p->style->title)
        return true;
    return centered == 1 && size >= TITLE_SIZE_MIN && !xz_str_ends(text, XZ_STR("文件")) &&
           p->style->outline == DOCX_UNSET && !d->label.len;
}

static xz_err text_give(struct docx *d, const struct paragraph *p, xz_str text, bool listed)
{
    int64_t outline = p->outline != DOCX_UNSET ? p->outline : p->style->outline;
    xz_err err;
    if (is_title(d, p, text)) {
        d->title_state = TITLE_UNDER_WAY;
        return doc_append(&d->title, text, 0);
    }
    if ((err = title_end(d)) != XZ_OK)
        return err;
    if (outline >= 0 && outline < DOCX_LEVELS && xz_utf8_chars(text) <= HEADING_CHARS_MAX) {
        d->title_state = TITLE_DONE;
        return emit(d, XZ_BLOCK_HEADING, (int)XZ_MIN(outline + 1 + d->title_given, 6), text);
    }
    if (++d->before_title > TITLE_WITHIN)
        d->title_state = TITLE_DONE;
    if (listed)
        return emit(d, XZ_BLOCK_ITEM, (int)XZ_MAX(p->number_level, 0) + 1, text);
    return emit(d, XZ_BLOCK_PARAGRAPH, 0, text);
}

static xz_err cell_add(struct docx *d, xz_str text)
{
    size_t from = d->cells.count ? d->cells.ends[d->cells.count - 1] : 0;
    if (d->cells.text.len > from)
        xz_buf_add_char(&d->cells.text, '\n');
    return doc_append(&d->cells.text, text, 0);
}

/* --- paragraphs --- */

static struct paragraph *paragraph_of(struct docx *d)
{
    return d->paragraph_depth ? &d->paragraphs[d->paragraph_depth - 1] : NULL;
}

static void paragraph_begin(struct docx *d)
{
    if (d->paragraph_depth == PARAGRAPH_DEPTH_MAX) {
        d->dropping = d->depth;
        return;
    }
    struct paragraph *p = &d->paragraphs[d->paragraph_depth++];
    xz_buf_clear(&p->text);
    xz_buf_clear(&p->notes);
    p->style = &d->styles.normal;
    p->number = p->number_level = p->outline = p->size = DOCX_UNSET;
    p->centered = DOCX_UNSET;
    p->mark_deleted = false;
    if (d->paragraph_depth == 1) {
        xz_buf_add(&p->text, xz_buf_str(&d->carried));
        xz_buf_clear(&d->carried);
    }
}

static bool label_make(struct docx *d, const struct paragraph *p)
{
    bool own = p->number != DOCX_UNSET;
    int64_t number = own ? p->number : p->style->number;
    int64_t level = p->number_level != DOCX_UNSET ? p->number_level : p->style->number_level;
    xz_buf_clear(&d->label);
    return number > 0 &&
           docx_number_next(d->numbers, number, own && level == DOCX_UNSET ? 0 : level,
                            p->style->id, &d->label);
}

static xz_err paragraph_end(struct docx *d)
{
    struct paragraph *p = paragraph_of(d);
    xz_err err;
    if (!p)
        return XZ_OK;
    d->field_codes = 0; /* a code left open does not swallow the rest of the document */
    d->paragraph_depth--;
    if (p->mark_deleted && d->paragraph_depth == 0 && p->text.len) {
        xz_buf_add(&d->carried, xz_buf_str(&p->text));
        return XZ_OK;
    }
    bool listed = label_make(d, p);
    xz_str text = xz_str_trim(xz_buf_str(&p->text));
    if (!text.len || p->style->contents)
        return XZ_OK;
    struct xz_buf whole;
    xz_buf_init(&whole, XZ_DOC_BLOCK_BYTES_MAX);
    xz_buf_add(&whole, xz_buf_str(&d->label));
    if ((err = doc_append(&whole, text, 0)) == XZ_OK)
        err = d->real_depth ? cell_add(d, xz_buf_str(&whole))
                            : text_give(d, p, xz_buf_str(&whole), listed);
    if (err == XZ_OK && p->notes.len)
        err = d->real_depth ? cell_add(d, xz_buf_str(&p->notes))
                            : emit(d, XZ_BLOCK_PARAGRAPH, 0, xz_buf_str(&p->notes));
    xz_buf_fini(&whole);
    return err;
}

static xz_err text_add(struct docx *d, xz_str text)
{
    struct paragraph *p = paragraph_of(d);
    if (!p || d->field_codes)
        return XZ_OK;
    if (d->run_hidden) {
        d->hidden++;
        return XZ_OK;
    }
    return doc_append(&p->text, text, 0);
}

static void note_cite(struct docx *d, const struct docx_notes *notes, int64_t id)
{
    struct paragraph *p = paragraph_of(d);
    xz_str text = docx_note_text(notes, id);
    if (!p || !text.len)
        return;
    if (p->notes.len)
        xz_buf_add_char(&p->notes, '\n');
    xz_buf_addf(&p->notes, "（注：%.*s）", XZ_STR_ARG(text));
}

/* --- tables --- */

static void table_begin(struct docx *d)
{
    if (d->table_depth == TABLE_DEPTH_MAX) {
        d->dropping = d->depth;
        return;
    }
    d->tables[d->table_depth++] = (struct table){ 0 };
}

static xz_err row_begin(struct docx *d)
{
    struct table *t = d->table_depth ? &d->tables[d->table_depth - 1] : NULL;
    if (!t || d->real_depth)
        return XZ_OK;
    t->layout = t->columns == 1;
    if (t->layout)
        return XZ_OK;
    d->real_depth = d->table_depth;
    d->table_begun = false;
    for (size_t i = 0; i < CARRY_COLUMNS; i++)
        xz_buf_clear(&d->carry[i]);
    return title_end(d);
}

static bool in_own_row(const struct docx *d)
{
    return d->real_depth && d->real_depth == d->table_depth;
}

/* Closes the cell; one that reaches over columns stands in each of them, unless it is the whole
 * row. */
static xz_err cell_end(struct docx *d)
{
    struct doc_cells *cells = &d->cells;
    size_t column = cells->count, from = column ? cells->ends[column - 1] : 0;
    struct xz_buf *carry = column < CARRY_COLUMNS ? &d->carry[column] : NULL;
    xz_str text = xz_str_sub(xz_buf_str(&cells->text), from, cells->text.len - from);
    int64_t columns = d->tables[d->real_depth - 1].columns;
    bool whole_row = column == 0 && d->span >= columns;
    xz_err err;

    if (carry && d->merge == MERGE_GOES_ON) {
        if (!text.len)
            xz_buf_add(&cells->text, xz_buf_str(carry));
    } else if (carry) {
        xz_buf_clear(carry);
        if (d->merge == MERGE_BEGIN && text.len <= CARRY_BYTES_MAX)
            xz_buf_add(carry, text);
    }
    size_t len = cells->text.len - from;
    if ((err = doc_cells_close(cells, 0)) != XZ_OK)
        return err;
    for (int64_t i = 1; i < XZ_MIN(d->span, SPAN_MAX) && err == XZ_OK; i++) {
        char *room = !whole_row && len && len <= CARRY_BYTES_MAX ? xz_buf_reserve(&cells->text, len)
                                                                 : NULL;
        if (room) {
            memcpy(room, cells->text.ptr + from, len);
            xz_buf_commit(&cells->text, len);
        }
        err = doc_cells_close(cells, 0);
    }
    return err;
}

static xz_err row_end(struct docx *d)
{
    bool empty = !d->cells.count || !xz_str_trim(xz_buf_str(&d->cells.text)).len;
    xz_err err = XZ_OK;
    if (!empty && !d->row_deleted) {
        err = doc_cells_emit(&d->cells, d->out, d->row_header, !d->table_begun, 0);
        d->table_begun = true;
        d->texts++;
    }
    doc_cells_clear(&d->cells);
    return err;
}

/* Cells of a table in a cell: a blank between them, a line for each row. */
static xz_err inner_break(struct docx *d, int name)
{
    return name == E_TC ? doc_append(&d->cells.text, XZ_STR(" "), 0) : XZ_OK;
}

static void table_open(struct docx *d, const struct doc_xml_tag *tag)
{
    xz_str value;
    bool own = in_own_row(d);
    switch (tag->name) {
    case E_GRID_COL:
        if (d->table_depth)
            d->tables[d->table_depth - 1].columns++;
        break;
    case E_TR:
        if (own) {
            doc_cells_clear(&d->cells);
            d->row_header = d->row_deleted = false;
        }
        break;
    case E_TC:
        if (own) {
            d->span = 1;
            d->merge = MERGE_NONE;
        }
        break;
    case E_SPAN:
        if (own)
            d->span = XZ_MAX(doc_xml_int(tag, "val", 1), 1);
        break;
    case E_MERGE:
        if (own)
            d->merge = doc_xml_attribute(tag, "val", &value) && xz_str_eq(value, XZ_STR("restart"))
                           ? MERGE_BEGIN
                           : MERGE_GOES_ON;
        break;
    case E_HEADER_ROW:
        if (own)
            d->row_header = doc_xml_on(tag, "val");
        break;
    case E_ROW_PR:
        d->in_row_properties = true;
        break;
    }
}

static xz_err table_close(struct docx *d, int name)
{
    bool own = in_own_row(d);
    switch (name) {
    case E_TC:
        return own ? cell_end(d) : d->real_depth ? inner_break(d, name) : XZ_OK;
    case E_TR:
        return own ? row_end(d) : XZ_OK;
    case E_TBL:
        if (own)
            d->real_depth = 0;
        d->table_depth -= d->table_depth > 0;
        return XZ_OK;
    case E_ROW_PR:
        d->in_row_properties = false;
        return XZ_OK;
    }
    return XZ_OK;
}

static xz_err cells_before(struct docx *d, const struct doc_xml_tag *tag)
{
    int64_t count = XZ_MIN(doc_xml_int(tag, "val", 0), SPAN_MAX);
    xz_err err = XZ_OK;
    for (int64_t i = 0; i < count && in_own_row(d) && err == XZ_OK; i++)
        err = doc_cells_close(&d->cells, 0);
    return err;
}

/* --- properties and runs --- */

static void properties_open(struct docx *d, const struct doc_xml_tag *tag)
{
    struct paragraph *p = paragraph_of(d);
    xz_str value;
    if (!p)
        return;
    doc_xml_attribute(tag, "val", &value);
    switch (tag->name) {
    case E_STYLE:
        p->style = docx_style_find(&d->styles, value);
        break;
    case E_JC:
        if (d->in_paragraph_properties)
            p->centered = xz_str_eq(value, XZ_STR("center"));
        break;
    case E_SIZE: /* of the first run that says one */
        if (d->in_run_properties && !d->in_paragraph_properties && p->size == DOCX_UNSET)
            p->size = doc_xml_int(tag, "val", DOCX_UNSET);
        break;
    case E_NUM_ID:
        p->number = doc_xml_int(tag, "val", DOCX_UNSET);
        break;
    case E_LEVEL:
        p->number_level = doc_xml_int(tag, "val", DOCX_UNSET);
        break;
    case E_OUTLINE:
        p->outline = doc_xml_int(tag, "val", DOCX_UNSET);
        break;
    case E_VANISH:
        if (!d->in_paragraph_properties)
            d->run_hidden = doc_xml_on(tag, "val");
        break;
    }
}

static void field_mark(struct docx *d, const struct doc_xml_tag *tag)
{
    xz_str type;
    doc_xml_attribute(tag, "fldCharType", &type);
    if (xz_str_eq(type, XZ_STR("begin"))) {
        d->fields++;
        d->field_codes++;
    } else if (d->field_codes > 0 && d->fields > 0) {
        d->field_codes--; /* its result begins, or it ends without one */
    }
    if (xz_str_eq(type, XZ_STR("end")) && d->fields > 0)
        d->fields--;
}

/* Boxes to tick are letters of picture fonts; the other letters of such fonts are ornament. */
static xz_err symbol_add(struct docx *d, const struct doc_xml_tag *tag)
{
    static const struct {
        const char *code, *text;
    } rows[] = { { "F0A3", "□" }, { "F0A8", "□" }, { "F06F", "□" }, { "F052", "☑" },
                 { "F0FE", "☑" }, { "F0FC", "√" }, { "F0FB", "×" } };
    xz_str code;
    doc_xml_attribute(tag, "char", &code);
    for (size_t i = 0; i < XZ_COUNT(rows); i++)
        if (xz_str_eq_nocase(code, xz_str_from(rows[i].code)))
            return text_add(d, xz_str_from(rows[i].text));
    return XZ_OK;
}

static xz_err run_open(struct docx *d, const struct doc_xml_tag *tag)
{
    xz_str type;
    if (d->in_paragraph_properties || d->in_run_properties)
        return XZ_OK;
    switch (tag->name) {
    case E_R:
        d->run_hidden = false;
        break;
    case E_T:
        d->in_text = true;
        break;
    case E_TAB:
        return text_add(d, XZ_STR(" "));
    case E_HYPHEN:
        return text_add(d, XZ_STR("-"));
    case E_BR:
        if (doc_xml_attribute(tag, "type", &type) && !xz_str_eq(type, XZ_STR("textWrapping")))
            break;
        return text_add(d, XZ_STR("\n"));
    case E_CR:
        return text_add(d, XZ_STR("\n"));
    case E_SYMBOL:
        return symbol_add(d, tag);
    case E_FIELD:
        field_mark(d, tag);
        break;
    case E_FOOT_REF:
        note_cite(d, &d->footnotes, doc_xml_int(tag, "id", 0));
        break;
    case E_END_REF:
        note_cite(d, &d->endnotes, doc_xml_int(tag, "id", 0));
        break;
    }
    return XZ_OK;
}

/* What was changed with the changes tracked: what is struck out is gone, also where it is the end
 * of a paragraph or a whole row. */
static void change_open(struct docx *d, int name)
{
    struct paragraph *p = paragraph_of(d);
    if (name == E_INS) {
        d->inserted++;
    } else if (d->in_paragraph_properties) {
        d->deleted++;
        p->mark_deleted = true;
    } else if (d->in_row_properties) {
        d->deleted++;
        d->row_deleted = d->row_deleted || in_own_row(d);
    } else if (!d->in_run_properties) {
        d->deleted++;
        d->dropping = d->depth;
    }
}

static xz_err body_open(void *arg, const struct doc_xml_tag *tag)
{
    struct docx *d = arg;
    d->depth++;
    if (d->dropping || tag->name < 0)
        return XZ_OK;
    if (tag->name >= E_MOVE_FROM && tag->name <= E_SECTION) {
        d->deleted += tag->name == E_MOVE_FROM;
        d->dropping = d->depth;
        return XZ_OK;
    }
    switch (tag->name) {
    case E_P:
        paragraph_begin(d);
        return XZ_OK;
    case E_P_PR:
        d->in_paragraph_properties = paragraph_of(d) != NULL;
        return XZ_OK;
    case E_R_PR:
        d->in_run_properties = true;
        return XZ_OK;
    case E_INS:
    case E_DEL:
        change_open(d, tag->name);
        return XZ_OK;
    case E_PLACEHOLDER:
        d->placeholder = doc_xml_on(tag, "val");
        return XZ_OK;
    case E_SDT_CONTENT:
        d->dropping = d->placeholder ? d->depth : 0;
        d->placeholder = false;
        return XZ_OK;
    case E_TBL:
        table_begin(d);
        return XZ_OK;
    case E_GRID_BEFORE:
        return cells_before(d, tag);
    case E_DRAWING:
    case E_PICT:
        d->pictures++;
        return XZ_OK;
    default:
        break;
    }
    xz_err err = tag->name == E_TR ? row_begin(d) : XZ_OK;
    if (err != XZ_OK)
        return err;
    table_open(d, tag);
    properties_open(d, tag);
    return run_open(d, tag);
}

static xz_err body_close(void *arg, int name)
{
    struct docx *d = arg;
    bool dropped = d->dropping != 0;
    if (d->dropping == d->depth)
        d->dropping = 0;
    d->depth--;
    if (dropped)
        return XZ_OK;
    switch (name) {
    case E_P:
        return paragraph_end(d);
    case E_P_PR:
        d->in_paragraph_properties = false;
        return XZ_OK;
    case E_R_PR:
        d->in_run_properties = false;
        return XZ_OK;
    case E_T:
        d->in_text = false;
        return XZ_OK;
    case E_R:
        d->run_hidden = false;
        return XZ_OK;
    default:
        return table_close(d, name);
    }
}

/* Only what stands in w:t (or m:t) is text; blanks between elements are not. */
static xz_err body_text(void *arg, xz_str text)
{
    struct docx *d = arg;
    return d->dropping || !d->in_text ? XZ_OK : text_add(d, text);
}

/* --- the document --- */

static xz_err note_give(struct docx *d, const char *text)
{
    return doc_emit_text(d->out, XZ_BLOCK_NOTE, 0, xz_str_from(text), 0);
}

static xz_err remarks_give(struct docx *d)
{
    char text[240];
    xz_err err = XZ_OK;
    if (d->inserted || d->deleted) {
        snprintf(text, sizeof(text),
                 "文档留有修订痕迹：插入%lld处，已按采用处理；删除%lld处，已去掉；请确认是定稿",
                 (long long)d->inserted, (long long)d->deleted);
        err = note_give(d, text);
    }
    if (err == XZ_OK && d->hidden) {
        snprintf(text, sizeof(text), "文档里有%lld处隐藏文字，未导入", (long long)d->hidden);
        err = note_give(d, text);
    }
    return err;
}

static xz_err parts_read(struct docx *d, struct doc_zip *zip, struct doc_relation *all,
                         size_t count)
{
    xz_err err;
    if ((err = docx_styles_read(zip, doc_opc_related(zip, all, count, "styles"), d->arena,
                                &d->styles)) == XZ_OK &&
        (err = docx_numbers_read(zip, doc_opc_related(zip, all, count, "numbering"), d->arena,
                                 &d->styles, &d->numbers)) == XZ_OK &&
        (err = docx_notes_read(zip, doc_opc_related(zip, all, count, "footnotes"), d->arena,
                               &d->footnotes)) == XZ_OK)
        err = docx_notes_read(zip, doc_opc_related(zip, all, count, "endnotes"), d->arena,
                              &d->endnotes);
    return err;
}

static xz_err body_read(struct docx *d, struct doc_zip *zip)
{
    const struct doc_xml_sink sink = { body_names, body_open, body_close, body_text, d };
    struct doc_relation *package, *all;
    size_t package_count, count;
    xz_err err = doc_opc_relations(zip, d->arena, XZ_STR_NONE, &package, &package_count);
    if (err != XZ_OK)
        return err;
    const struct doc_part *main = doc_opc_related(zip, package, package_count, "officeDocument");
    main = main ? main : doc_zip_find(zip, XZ_STR("word/document.xml"));
    if (!main)
        return xz_fail(XZ_E_INPUT, "文件缺少正文部分，不是完整的 Word 文档；请用 Word 或 WPS "
                                   "打开后另存，再导入");
    if ((err = doc_opc_properties(zip, package, package_count, d->out)) == XZ_OK &&
        (err = doc_opc_relations(zip, d->arena, main->name, &all, &count)) == XZ_OK &&
        (err = parts_read(d, zip, all, count)) == XZ_OK &&
        (err = doc_xml_read(zip, main, &sink)) == XZ_OK && (err = title_end(d)) == XZ_OK)
        err = remarks_give(d);
    if (err == XZ_OK && !d->texts)
        err = xz_fail(XZ_E_INPUT,
                      d->pictures ? "文档里只有图片，没有文字；请提供文字版，或另存为 PDF 后导入"
                                  : "文档里没有文字");
    return err;
}

xz_err doc_docx_read(struct doc_zip *zip, struct doc_out *out)
{
    struct docx *d = XZ_ALLOC(struct docx, 1);
    d->out = out;
    d->arena = xz_arena_create((size_t)KIB(64));
    for (size_t i = 0; i < PARAGRAPH_DEPTH_MAX; i++) {
        xz_buf_init(&d->paragraphs[i].text, XZ_DOC_BLOCK_BYTES_MAX);
        xz_buf_init(&d->paragraphs[i].notes, XZ_DOC_BLOCK_BYTES_MAX);
    }
    for (size_t i = 0; i < CARRY_COLUMNS; i++)
        xz_buf_init(&d->carry[i], CARRY_BYTES_MAX);
    xz_buf_init(&d->label, (size_t)KIB(8));
    xz_buf_init(&d->title, (size_t)KIB(8));
    xz_buf_init(&d->carried, XZ_DOC_BLOCK_BYTES_MAX);
    doc_cells_init(&d->cells);
    xz_err err = body_read(d, zip);
    doc_cells_fini(&d->cells);
    xz_buf_fini(&d->carried);
    xz_buf_fini(&d->title);
    xz_buf_fini(&d->label);
    for (size_t i = 0; i < CARRY_COLUMNS; i++)
        xz_buf_fini(&d->carry[i]);
    for (size_t i = 0; i < PARAGRAPH_DEPTH_MAX; i++) {
        xz_buf_fini(&d->paragraphs[i].text);
        xz_buf_fini(&d->paragraphs[i].notes);
    }
    xz_arena_destroy(d->arena);
    xz_free(d);
    return err;
}
