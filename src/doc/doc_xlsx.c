/* Workbooks to blocks: a heading and a table for each sheet that a reader sees. Merged cells are
 * filled, hidden rows, columns and sheets left out with a remark; a formula is its stored result.
 */
#include "doc/doc_xlsx_internal.h"

#include <stdlib.h>

#define SHEETS_MAX       1000
#define MERGES_MAX       200000
#define ACTIVE_MAX       512
#define FILL_BYTES_MAX   ((size_t)KIB(8))
#define FILL_COLUMNS_MAX 64
#define ROW_BYTES_MAX    XZ_DOC_BLOCK_BYTES_MAX
#define COLUMNS_MAX      XZ_DOC_CELLS_MAX
#define SHOWN_CHARS      40

struct sheet {
    xz_str name;
    const struct doc_part *part;
    bool hidden;
};

struct merge {
    int32_t row, column, row_last, column_last; /* from 0 */
};
struct active {
    struct merge at;
    struct xz_buf text;
};

struct span {
    uint32_t from, len;
};

enum cell_type { CELL_NUMBER, CELL_SHARED, CELL_TEXT, CELL_BOOLEAN, CELL_ERROR };

struct xlsx {
    struct doc_out *out;
    struct doc_zip *zip;
    struct xz_arena *arena;
    struct doc_relation *relations;
    size_t relation_count;
    struct sheet *sheets;
    size_t sheet_count;
    bool since_1904;
    struct xlsx_strings strings;
    struct xlsx_formats formats;
    /* of the sheet under way */
    const struct sheet *sheet;
    struct merge *merges;
    size_t merge_count, merge_room, merge_next;
    bool merges_dropped, table_begun;
    struct active active[ACTIVE_MAX];
    size_t active_count, active_made; /* made: buffers that were initialised */
    bool column_hidden[COLUMNS_MAX];
    int64_t hidden_rows, hidden_columns, errors, uncomputed, rows;
    /* of the row */
    int64_t row; /* from 0 */
    bool row_hidden, in_row;
    int64_t column_next;
    struct span cells[COLUMNS_MAX];
    size_t cell_count;
    struct xz_buf text;
    struct doc_cells given;
    /* of the cell */
    int64_t column, style;
    enum cell_type type;
    bool in_cell, in_value, has_value, has_formula;
    int phonetic;
    struct xz_buf value;
};

/* --- the workbook --- */

enum { W_SHEET, W_PROPERTIES };
static const char *const workbook_names[] = { "sheet", "workbookPr", NULL };

static xz_err workbook_open(void *arg, const struct doc_xml_tag *tag)
{
    struct xlsx *x = arg;
    xz_str name, state, id;
    if (tag->name == W_PROPERTIES)
        x->since_1904 = doc_xml_attribute(tag, "date1904", &state) && doc_xml_on(tag, "date1904");
    if (tag->name != W_SHEET || x->sheet_count == SHEETS_MAX)
        return XZ_OK;
    doc_xml_attribute(tag, "name", &name);
    doc_xml_attribute(tag, "state", &state);
    doc_xml_attribute(tag, "id", &id);
    struct sheet *sheet = &x->sheets[x->sheet_count];
    *sheet = (struct sheet){ .name = xz_str_copy(x->arena, xz_utf8_head(name, SHOWN_CHARS)),
                             .hidden = state.len && !xz_str_eq(state, XZ_STR("visible")) };
    for (size_t i = 0; i < x->relation_count && !sheet->part; i++)
        if (xz_str_eq(x->relations[i].id, id) &&
            xz_str_eq(x->relations[i].kind, XZ_STR("worksheet")))
            sheet->part = doc_zip_find(x->zip, x->relations[i].target);
    x->sheet_count += sheet->part != NULL; /* charts and macro sheets have no rows */
    return XZ_OK;
}

static xz_err ignore_close(void *arg, int name)
{
    (void)arg;
    (void)name;
    return XZ_OK;
}

/* --- merged cells: they stand behind the rows, so they are looked for before --- */

enum { M_MERGE };
static const char *const merge_names[] = { "mergeCell", NULL };

/* "AB12" at the front; from 0. */
static bool place_read(xz_str *text, int64_t *row, int64_t *column)
{
    size_t i = 0;
    *row = *column = 0;
    for (; i < text->len && i < 4 && text->ptr[i] >= 'A' && text->ptr[i] <= 'Z'; i++)
        *column = *column * 26 + (text->ptr[i] - 'A' + 1);
    size_t letters = i;
    for (; i < text->len && i < letters + 8 && text->ptr[i] >= '0' && text->ptr[i] <= '9'; i++)
        *row = *row * 10 + (text->ptr[i] - '0');
    *text = xz_str_sub(*text, i, text->len);
    --*row;
    --*column;
    return letters > 0 && i > letters && *row >= 0;
}

static xz_err merge_open(void *arg, const struct doc_xml_tag *tag)
{
    struct xlsx *x = arg;
    int64_t row, column, row_last, column_last;
    xz_str where;
    if (tag->name != M_MERGE || !doc_xml_attribute(tag, "ref", &where) ||
        !place_read(&where, &row, &column) || !xz_str_starts(where, XZ_STR(":")))
        return XZ_OK;
    where = xz_str_sub(where, 1, where.len);
    if (!place_read(&where, &row_last, &column_last) || row_last < row || column_last < column)
        return XZ_OK;
    if (x->merge_count == MERGES_MAX) {
        x->merges_dropped = true;
        return XZ_OK;
    }
    if (x->merge_count == x->merge_room) {
        x->merge_room = x->merge_room ? x->merge_room * 2 : 256;
        x->merges = xz_realloc(x->merges, x->merge_room * sizeof(*x->merges));
    }
    x->merges[x->merge_count++] = (struct merge){ (int32_t)row, (int32_t)column, (int32_t)row_last,
                                                  (int32_t)column_last };
    return XZ_OK;
}

static int merge_compare(const void *a, const void *b)
{
    const struct merge *x = a, *y = b;
    return x->row != y->row ? (x->row < y->row ? -1 : 1)
                            : (x->column > y->column) - (x->column < y->column);
}

/* Looking through the bytes costs a tenth of reading the XML twice. */
struct scan {
    char tail[16];
    size_t tail_len;
    bool found;
};

static xz_err scan_piece(void *arg, xz_str piece)
{
    static const xz_str mark = { "mergeCell", 9 };
    struct scan *scan = arg;
    char joint[32];
    size_t front = XZ_MIN(piece.len, mark.len);
    memcpy(joint, scan->tail, scan->tail_len);
    memcpy(joint + scan->tail_len, piece.ptr, front);
    scan->found = scan->found || xz_str_find(piece, mark) != XZ_STR_NPOS ||
                  xz_str_find((xz_str){ joint, scan->tail_len + front }, mark) != XZ_STR_NPOS;
    scan->tail_len = front;
    memcpy(scan->tail, piece.ptr + piece.len - front, front);
    return XZ_OK;
}

static xz_err merges_read(struct xlsx *x)
{
    const struct doc_xml_sink sink = { merge_names, merge_open, ignore_close, NULL, x };
    struct scan scan = { .tail_len = 0 };
    x->merge_count = x->merge_next = x->active_count = 0;
    x->merges_dropped = false;
    xz_err err = doc_zip_read(x->zip, x->sheet->part, scan_piece, &scan);
    if (err == XZ_OK && scan.found)
        err = doc_xml_read(x->zip, x->sheet->part, &sink);
    if (x->merge_count)
        qsort(x->merges, x->merge_count, sizeof(*x->merges), merge_compare);
    return err;
}

static void merges_activate(struct xlsx *x)
{
    size_t kept = 0;
    for (size_t i = 0; i < x->active_count; i++) {
        if (x->active[i].at.row_last < x->row)
            continue;
        struct active moved = x->active[i];
        x->active[i] = x->active[kept];
        x->active[kept++] = moved;
    }
    x->active_count = kept;
    while (x->merge_next < x->merge_count && x->merges[x->merge_next].row <= x->row) {
        struct merge at = x->merges[x->merge_next++];
        if (at.row_last < x->row || at.column >= COLUMNS_MAX || x->active_count == ACTIVE_MAX)
            continue;
        if (x->active_count == x->active_made)
            xz_buf_init(&x->active[x->active_made++].text, FILL_BYTES_MAX);
        x->active[x->active_count].at = at;
        xz_buf_clear(&x->active[x->active_count++].text);
    }
}

static void merge_fill(struct xlsx *x, struct active *merge)
{
    size_t first = (size_t)merge->at.column;
    size_t last = (size_t)XZ_MIN(XZ_MIN(merge->at.column_last, merge->at.column + FILL_COLUMNS_MAX),
                                 COLUMNS_MAX - 1);
    bool is_head = merge->at.row == x->row, alone = true;
    struct span head = first < x->cell_count ? x->cells[first] : (struct span){ 0, 0 };
    if (is_head) {
        xz_buf_clear(&merge->text);
        if (head.len <= FILL_BYTES_MAX && head.len)
            xz_buf_add(&merge->text, (xz_str){ x->text.ptr + head.from, head.len });
    }
    for (size_t i = 0; i < x->cell_count && alone; i++)
        alone = !x->cells[i].len || (i >= first && i <= last);
    /* A title over the whole table is said once. */
    if (!merge->text.len || (alone && last > first))
        return;
    struct span filled = { (uint32_t)x->text.len, (uint32_t)merge->text.len };
    xz_buf_add(&x->text, xz_buf_str(&merge->text));
    for (; x->cell_count <= last; x->cell_count++)
        x->cells[x->cell_count] = (struct span){ 0, 0 };
    for (size_t i = first; i <= last; i++)
        if (!x->cells[i].len)
            x->cells[i] = filled;
}

/* --- rows --- */

enum { R_C, R_V, R_T, R_ROW, R_F, R_IS, R_PHONETIC, R_COL };
static const char *const sheet_names[] = { "c", "v", "t", "row", "f", "is", "rPh", "col", NULL };

static void columns_hide(struct xlsx *x, const struct doc_xml_tag *tag)
{
    xz_str hidden;
    if (!doc_xml_attribute(tag, "hidden", &hidden) || !doc_xml_on(tag, "hidden"))
        return;
    int64_t last = XZ_MIN(doc_xml_int(tag, "max", 0), COLUMNS_MAX);
    for (int64_t i = XZ_MAX(doc_xml_int(tag, "min", 1), 1); i <= last; i++)
        x->column_hidden[i - 1] = true;
}

static void row_begin(struct xlsx *x, const struct doc_xml_tag *tag)
{
    xz_str hidden;
    int64_t said = doc_xml_int(tag, "r", x->row + 2);
    x->row = said > 0 && said <= INT32_MAX ? said - 1 : x->row + 1;
    x->row_hidden = doc_xml_attribute(tag, "hidden", &hidden) && doc_xml_on(tag, "hidden");
    x->in_row = true;
    x->column_next = 0;
    x->cell_count = 0;
    xz_buf_clear(&x->text);
}

static xz_err row_give(struct xlsx *x)
{
    xz_err err = XZ_OK;
    merges_activate(x);
    for (size_t i = 0; i < x->active_count; i++)
        merge_fill(x, &x->active[i]);
    if (x->text.err != XZ_OK)
        return xz_fail(XZ_E_LIMIT, "工作表“%.*s”第%lld行的内容超过%zu KiB，请检查表格",
                       XZ_STR_ARG(x->sheet->name), (long long)x->row + 1, ROW_BYTES_MAX / 1024);
    while (x->cell_count && !x->cells[x->cell_count - 1].len)
        x->cell_count--;
    if (!x->cell_count)
        return XZ_OK;
    if (x->row_hidden) {
        x->hidden_rows++;
        return XZ_OK;
    }
    doc_cells_clear(&x->given);
    for (size_t i = 0; i < x->cell_count && err == XZ_OK; i++) {
        if (x->column_hidden[i]) {
            x->hidden_columns += x->cells[i].len > 0;
            continue;
        }
        if (x->cells[i].len)
            xz_buf_add(&x->given.text, (xz_str){ x->text.ptr + x->cells[i].from, x->cells[i].len });
        err = doc_cells_close(&x->given, x->row + 1);
    }
    if (err != XZ_OK || !xz_str_trim(xz_buf_str(&x->given.text)).len)
        return err;
    err = doc_cells_emit(&x->given, x->out, false, !x->table_begun, x->row + 1);
    x->table_begun = true;
    x->rows++;
    return err;
}

static void cell_begin(struct xlsx *x, const struct doc_xml_tag *tag)
{
    static const struct {
        const char *name;
        enum cell_type type;
    } types[] = { { "s", CELL_SHARED },  { "str", CELL_TEXT }, { "inlineStr", CELL_TEXT },
                  { "b", CELL_BOOLEAN }, { "e", CELL_ERROR },  { "d", CELL_TEXT } };
    xz_str place, type;
    int64_t row, column;
    x->column = x->column_next;
    if (doc_xml_attribute(tag, "r", &place) && place_read(&place, &row, &column))
        x->column = column;
    x->column_next = x->column + 1;
    x->style = doc_xml_int(tag, "s", 0);
    x->type = CELL_NUMBER;
    doc_xml_attribute(tag, "t", &type);
    for (size_t i = 0; i < XZ_COUNT(types) && type.len; i++)
        if (xz_str_eq(type, xz_str_from(types[i].name)))
            x->type = types[i].type;
    x->in_cell = true;
    x->has_value = x->has_formula = false;
    xz_buf_clear(&x->value);
}

static void value_text(struct xlsx *x)
{
    xz_str value = xz_buf_str(&x->value), text;
    int64_t index;
    struct xlsx_format format = { XLSX_PLAIN, 0 };
    switch (x->type) {
    case CELL_SHARED:
        if (xz_str_to_int(xz_str_trim(value), &index) && xlsx_string_get(&x->strings, index, &text))
            xlsx_text_add(&x->text, text);
        break;
    case CELL_TEXT:
        xlsx_text_add(&x->text, value);
        break;
    case CELL_BOOLEAN:
        xz_buf_add(&x->text,
                   xz_str_eq(xz_str_trim(value), XZ_STR("0")) ? XZ_STR("否") : XZ_STR("是"));
        break;
    case CELL_ERROR:
        x->errors++;
        break;
    case CELL_NUMBER:
        if (x->style >= 0 && (uint64_t)x->style < x->formats.count)
            format = x->formats.rows[x->style];
        xlsx_number_add(&x->text, xz_str_trim(value), format, x->since_1904);
        break;
    }
}

static xz_err cell_end(struct xlsx *x)
{
    x->in_cell = x->in_value = false;
    if (x->value.err != XZ_OK)
        return xz_fail(XZ_E_LIMIT, "工作表“%.*s”第%lld行有一格内容超过%zu KiB，请检查表格",
                       XZ_STR_ARG(x->sheet->name), (long long)x->row + 1, ROW_BYTES_MAX / 1024);
    if (!x->has_value) {
        x->uncomputed += x->has_formula;
        return XZ_OK;
    }
    size_t from = x->text.len;
    value_text(x);
    size_t len = x->text.len - from;
    if (!len || x->text.err != XZ_OK) /* the row reports what grew too long */
        return XZ_OK;
    if (x->column >= COLUMNS_MAX)
        return xz_fail(XZ_E_LIMIT, "工作表“%.*s”超过%d列，请只保留需要的列后再导入",
                       XZ_STR_ARG(x->sheet->name), COLUMNS_MAX);
    for (; x->cell_count <= (size_t)x->column; x->cell_count++)
        x->cells[x->cell_count] = (struct span){ 0, 0 };
    x->cells[x->column] = (struct span){ (uint32_t)from, (uint32_t)len };
    return XZ_OK;
}

static xz_err sheet_open(void *arg, const struct doc_xml_tag *tag)
{
    struct xlsx *x = arg;
    switch (tag->name) {
    case R_COL:
        columns_hide(x, tag);
        break;
    case R_ROW:
        row_begin(x, tag);
        break;
    case R_C:
        if (x->in_row)
            cell_begin(x, tag);
        break;
    case R_F:
        x->has_formula = true;
        break;
    case R_PHONETIC:
        x->phonetic++;
        break;
    case R_V:
    case R_T:
        x->in_value = x->in_cell && !x->phonetic;
        x->has_value = x->has_value || x->in_value;
        break;
    }
    return XZ_OK;
}

static xz_err sheet_close(void *arg, int name)
{
    struct xlsx *x = arg;
    switch (name) {
    case R_V:
    case R_T:
        x->in_value = false;
        break;
    case R_PHONETIC:
        x->phonetic -= x->phonetic > 0;
        break;
    case R_C:
        return x->in_cell ? cell_end(x) : XZ_OK;
    case R_ROW:
        x->in_row = false;
        return row_give(x);
    }
    return XZ_OK;
}

static xz_err sheet_text(void *arg, xz_str text)
{
    struct xlsx *x = arg;
    if (x->in_value)
        xz_buf_add(&x->value, text);
    return XZ_OK;
}

/* --- sheets --- */

static xz_err remark(struct xlsx *x, const char *before, int64_t count, const char *after)
{
    char text[400];
    int len = count ? snprintf(text, sizeof(text), "工作表“%.*s”%s%lld%s",
                               XZ_STR_ARG(x->sheet->name), before, (long long)count, after)
                    : snprintf(text, sizeof(text), "工作表“%.*s”%s", XZ_STR_ARG(x->sheet->name),
                               before);
    return doc_emit_text(x->out, XZ_BLOCK_NOTE, 0, (xz_str){ text, (size_t)len }, 0);
}

static xz_err remarks_give(struct xlsx *x)
{
    const struct {
        const char *before;
        int64_t count;
        const char *after;
    } rows[] = {
        { "有", x->hidden_rows, "行是隐藏的，未导入" },
        { "有", x->hidden_columns, "格在隐藏的列里，未导入" },
        { "有", x->errors, "格公式出错（如 #N/A），按空白处理" },
        { "有", x->uncomputed,
          "格公式没有保存结果，按空白处理；请用 Excel 或 WPS 打开并保存后重新导入" },
        { "的合并单元格超过", x->merges_dropped ? MERGES_MAX : 0, "处，其余的没有填充" },
    };
    xz_err err = XZ_OK;
    for (size_t i = 0; i < XZ_COUNT(rows) && err == XZ_OK; i++)
        if (rows[i].count)
            err = remark(x, rows[i].before, rows[i].count, rows[i].after);
    return err;
}

static xz_err sheet_read(struct xlsx *x, const struct sheet *sheet)
{
    const struct doc_xml_sink sink = { sheet_names, sheet_open, sheet_close, sheet_text, x };
    xz_err err;
    x->sheet = sheet;
    if (sheet->hidden)
        return remark(x, "是隐藏的，未导入", 0, NULL);
    memset(x->column_hidden, 0, sizeof(x->column_hidden));
    x->hidden_rows = x->hidden_columns = x->errors = x->uncomputed = 0;
    x->row = -1;
    x->table_begun = x->in_row = x->in_cell = x->in_value = false;
    x->phonetic = 0;
    if ((err = doc_emit_text(x->out, XZ_BLOCK_HEADING, 2, sheet->name, 0)) == XZ_OK &&
        (err = merges_read(x)) == XZ_OK &&
        (err = doc_xml_read(x->zip, sheet->part, &sink)) == XZ_OK)
        err = remarks_give(x);
    return err;
}

static xz_err workbook_read(struct xlsx *x)
{
    const struct doc_xml_sink sink = { workbook_names, workbook_open, ignore_close, NULL, x };
    struct doc_relation *package;
    size_t count;
    xz_err err = doc_opc_relations(x->zip, x->arena, XZ_STR_NONE, &package, &count);
    if (err != XZ_OK)
        return err;
    const struct doc_part *main = doc_opc_related(x->zip, package, count, "officeDocument");
    main = main ? main : doc_zip_find(x->zip, XZ_STR("xl/workbook.xml"));
    if (!main)
        return xz_fail(XZ_E_INPUT, "文件缺少工作簿部分，不是完整的 Excel 表格；请用 Excel 或 WPS "
                                   "打开后另存，再导入");
    if ((err = doc_opc_properties(x->zip, package, count, x->out)) != XZ_OK ||
        (err = doc_opc_relations(x->zip, x->arena, main->name, &x->relations,
                                 &x->relation_count)) != XZ_OK ||
        (err = doc_xml_read(x->zip, main, &sink)) != XZ_OK)
        return err;
    const struct doc_relation *all = x->relations;
    if ((err = xlsx_formats_read(x->zip, doc_opc_related(x->zip, all, x->relation_count, "styles"),
                                 x->arena, &x->formats)) == XZ_OK)
        err = xlsx_strings_read(
            x->zip, doc_opc_related(x->zip, all, x->relation_count, "sharedStrings"), &x->strings);
    for (size_t i = 0; i < x->sheet_count && err == XZ_OK; i++)
        err = sheet_read(x, &x->sheets[i]);
    return err == XZ_OK && !x->rows ? xz_fail(XZ_E_INPUT, "表格里没有内容") : err;
}

xz_err doc_xlsx_read(struct doc_zip *zip, struct doc_out *out)
{
    struct xlsx *x = XZ_ALLOC(struct xlsx, 1);
    x->out = out;
    x->zip = zip;
    x->arena = xz_arena_create((size_t)KIB(64));
    x->sheets = XZ_NEW(x->arena, struct sheet, SHEETS_MAX);
    xz_buf_init(&x->text, ROW_BYTES_MAX);
    xz_buf_init(&x->value, ROW_BYTES_MAX);
    doc_cells_init(&x->given);
    xz_err err = workbook_read(x);
    doc_cells_fini(&x->given);
    xz_buf_fini(&x->value);
    xz_buf_fini(&x->text);
    for (size_t i = 0; i < x->active_made; i++)
        xz_buf_fini(&x->active[i].text);
    xz_free(x->merges);
    xlsx_strings_free(&x->strings);
    xz_arena_destroy(x->arena);
    xz_free(x);
    return err;
}
