/* Rows of tables become reviewed answers, regions, departments, halls; a sheet is searched for its
 * heading row first. What columns mean is told by recognise_columns.c. */
#include "knowledge/recognise_internal.h"

#include "text/text.h"

#define HEAD_ROWS_MAX  20 /* titles and remarks above the heading row */
#define SHOWN_CHARS    60 /* of the columns of a sheet that nobody knows */
#define UNMAPPED_BYTES ((size_t)KIB(16))

enum recognise_table recognise_table_head(struct recognise *r, const xz_str *cells, size_t count)
{
    r->row = 1; /* as a spreadsheet counts them */
    enum recognise_table table = recognise_columns_of(r, cells, count);
    /* In a paper a list of services is part of its text; a file of nothing else is a table. */
    if (table == TABLE_GUIDES && r->saw_text)
        table = TABLE_NONE;
    r->table = table;
    r->mapped_any = r->mapped_any || table != TABLE_NONE;
    return table;
}

xz_str recognise_cell(const struct recognise *r, const xz_str *cells, size_t count,
                      const char *name)
{
    for (size_t i = 0; i < r->column_count && i < count; i++)
        if (xz_str_eq(r->columns[i], xz_str_from(name)))
            return xz_str_trim(cells[i]);
    return XZ_STR_NONE;
}

const char *recognise_row_place(struct recognise *r)
{
    xz_str place = r->sheet.len
                       ? xz_str_format(r->arena, "“%.*s”第%zu行", XZ_STR_ARG(r->sheet), r->row)
                       : xz_str_format(r->arena, "第%zu行", r->row);
    return xz_str_cstr(r->arena, place);
}

/* A cell of several questions, separated by bars or line ends. */
static void questions_add(struct recognise *r, bool counters, xz_str list)
{
    static const xz_str bar = { "｜", 3 };
    while (list.len) {
        size_t cut = list.len, skip = 0;
        for (size_t i = 0; i < list.len; i++) {
            if (list.ptr[i] == '\n' || list.ptr[i] == '|')
                skip = 1;
            else if (xz_str_starts(xz_str_sub(list, i, 3), bar))
                skip = 3;
            else
                continue;
            cut = i;
            break;
        }
        xz_str one = xz_str_trim(xz_str_sub(list, 0, cut));
        if (one.len > QUESTION_BYTES_MAX)
            recognise_emit_note(r, xz_str_format(r->arena, "%s有一个问法超过%d字节，该问法未导入。",
                                                 recognise_row_place(r), QUESTION_BYTES_MAX));
        else if (one.len)
            recognise_add_question(r, counters, one);
        list = xz_str_sub(list, cut + skip, list.len);
    }
}

/* What a date or visibility column says; an unreadable value is a row refused, not a guess. */
bool recognise_row_limits(struct recognise *r, const xz_str *cells, size_t count)
{
    static const char *names[] = { "可见范围", "生效日期", "失效日期" };
    static const xz_str keys[] = { { "可见范围", 12 }, { "施行日期", 12 }, { "失效日期", 12 } };
    for (size_t i = 0; i < XZ_COUNT(names); i++) {
        xz_str value = recognise_cell(r, cells, count, names[i]);
        if (!value.len || recognise_front_matter(r, keys[i], value))
            continue;
        recognise_emit_note(r, xz_str_format(r->arena, "%s的“%s”写作“%.*s”，无法识别，该行未导入。",
                                             recognise_row_place(r), names[i],
                                             XZ_STR_ARG(xz_utf8_head(value, 40))));
        return false;
    }
    return true;
}

static void key_put(struct recognise *r, uint64_t hash)
{
    size_t at = (size_t)hash & (r->key_room - 1);
    while (r->keys[at])
        at = (at + 1) & (r->key_room - 1);
    r->keys[at] = hash;
}

bool recognise_key_again(struct recognise *r, xz_str key)
{
    uint64_t hash = xz_str_hash(key) | 1; /* 0 is an empty place */
    if (r->key_count * 2 >= r->key_room) {
        uint64_t *old = r->keys;
        size_t old_room = r->key_room;
        r->key_room = old_room ? old_room * 2 : 256;
        r->keys = XZ_ALLOC(uint64_t, r->key_room);
        for (size_t i = 0; i < old_room; i++)
            if (old[i])
                key_put(r, old[i]);
        xz_free(old);
    }
    for (size_t at = (size_t)hash & (r->key_room - 1); r->keys[at];
         at = (at + 1) & (r->key_room - 1))
        if (r->keys[at] == hash)
            return true;
    key_put(r, hash);
    r->key_count++;
    return false;
}

void recognise_row_emit(struct recognise *r, xz_str key)
{
    if (recognise_key_again(r, key))
        recognise_emit_note(r, xz_str_format(r->arena, "%s与前面的一行是同一条，以这一行为准。",
                                             recognise_row_place(r)));
    recognise_emit_draft(r, key);
}

static bool is_heading_again(struct recognise *r, const xz_str *cells, size_t count)
{
    size_t same = 0, filled = 0;
    for (size_t i = 0; i < r->column_count && i < count; i++) {
        if (!xz_str_trim(cells[i]).len)
            continue;
        filled++;
        same += xz_str_eq(recognise_column_clean(r->arena, cells[i]), r->headers[i]);
    }
    return filled >= 2 && same == filled;
}

static void answer_row(struct recognise *r, const xz_str *cells, size_t count)
{
    struct xz_entry *entry = &r->draft.entry;
    xz_str question = recognise_cell(r, cells, count, "问题");
    xz_str answer = recognise_cell(r, cells, count, "答案");

    /* Where the table goes on over a page its heading row may be there once more. */
    if (is_heading_again(r, cells, count))
        return;
    if (!question.len || !answer.len) {
        recognise_emit_note(r,
                            xz_str_format(r->arena, "%s缺少%s，该行未导入。",
                                          recognise_row_place(r), question.len ? "答案" : "问题"));
        return;
    }
    if (question.len > QUESTION_BYTES_MAX) {
        recognise_emit_note(r, xz_str_format(r->arena, "%s的问题超过%d字节，该行未导入。",
                                             recognise_row_place(r), QUESTION_BYTES_MAX));
        return;
    }
    recognise_draft_reset(r);
    entry->kind = XZ_ENTRY_ANSWER;
    if (!recognise_row_limits(r, cells, count))
        return;
    entry->title = xz_str_copy(r->arena, question);
    entry->basis = xz_str_copy(r->arena, recognise_cell(r, cells, count, "依据"));
    entry->related = xz_str_copy(r->arena, recognise_cell(r, cells, count, "关联事项"));
    entry->department = xz_str_copy(r->arena, recognise_cell(r, cells, count, "责任部门"));
    entry->topic = xz_str_copy(r->arena, recognise_cell(r, cells, count, "主题"));
    r->draft.region_name = xz_str_copy(r->arena, recognise_cell(r, cells, count, "区域"));
    recognise_add_question(r, false, question);
    questions_add(r, false, recognise_cell(r, cells, count, "相似问法"));
    questions_add(r, true, recognise_cell(r, cells, count, "不适用问法"));
    if (answer.len > CLAUSE_BYTES_MAX) {
        recognise_emit_note(r, xz_str_format(r->arena, "%s的答案超过%d字节，该行未导入。",
                                             recognise_row_place(r), CLAUSE_BYTES_MAX));
        return;
    }
    recognise_add_clause(r, XZ_STR("答复"), XZ_STR_NONE, answer);
    /* The question and its region name the answer: the same question may be answered for each
     * district by itself. */
    recognise_row_emit(r, xz_str_format(r->arena, "%.*s@%.*s", XZ_STR_ARG(question),
                                        XZ_STR_ARG(r->draft.region_name)));
}

static void plain_row(struct recognise *r, const char *type, const xz_str *cells, size_t count,
                      const char *const (*fields)[2], size_t field_count)
{
    struct xz_json_writer *w = &r->json;
    xz_jw_begin_object(w);
    xz_jw_member_str(w, "t", xz_str_from(type));
    xz_jw_member_int(w, "row", (int64_t)r->row);
    for (size_t i = 0; i < field_count; i++)
        xz_jw_member_str(w, fields[i][1], recognise_cell(r, cells, count, fields[i][0]));
    xz_jw_end_object(w);
    xz_buf_add_char(&r->out, '\n');
}

void recognise_table_row(struct recognise *r, const xz_str *cells, size_t count)
{
    static const char *const region[][2] = {
        { "代码", "code" },
        { "名称", "name" },
        { "上级", "parent" },
        { "级别", "level" },
    };
    static const char *const department[][2] = {
        { "编号", "code" },  { "名称", "name" },    { "简称", "short_name" }, { "区域", "region" },
        { "电话", "phone" }, { "地址", "address" }, { "办公时间", "hours" },  { "职责", "duties" },
    };
    static const char *const hall[][2] = {
        { "编号", "code" },     { "名称", "name" },  { "区域", "region" },    { "级别", "level" },
        { "地址", "address" },  { "电话", "phone" }, { "办公时间", "hours" }, { "交通", "traffic" },
        { "无障碍", "access" }, { "说明", "note" },
    };
    static const char *const place[][2] = {
        { "大厅", "hall" }, { "楼层", "floor" },     { "名称", "name" }, { "类别", "kind" },
        { "左", "left" },   { "上", "top" },         { "宽", "width" },  { "高", "height" },
        { "说明", "note" }, { "办理事项", "items" },
    };
    switch ((enum recognise_table)r->table) {
    case TABLE_ANSWERS:
        answer_row(r, cells, count);
        break;
    case TABLE_REGIONS:
        plain_row(r, "region", cells, count, region, XZ_COUNT(region));
        break;
    case TABLE_DEPARTMENTS:
        plain_row(r, "department", cells, count, department, XZ_COUNT(department));
        break;
    case TABLE_HALLS:
        plain_row(r, "hall", cells, count, hall, XZ_COUNT(hall));
        break;
    case TABLE_PLACES:
        plain_row(r, "place", cells, count, place, XZ_COUNT(place));
        break;
    case TABLE_GUIDES:
        if (!is_heading_again(r, cells, count))
            recognise_guide_row(r, cells, count);
        break;
    case TABLE_PAIRS:
        recognise_pairs_row(r, cells, count);
        break;
    case TABLE_NONE:
    case TABLE_SOUGHT:
    case TABLE_SKIPPED:
        break;
    }
    recognise_flush(r, false);
}

/* --- sheets: files that are nothing but tables --- */

bool recognise_is_sheet(const struct recognise *r)
{
    return r->info.format == XZ_DOC_CSV || r->info.format == XZ_DOC_XLSX;
}

static void sheet_unmapped(struct recognise *r)
{
    r->table = TABLE_SKIPPED;
    if (r->unmapped.len + 1024 > UNMAPPED_BYTES)
        return;
    if (r->sheet.len)
        xz_buf_addf(&r->unmapped, "表格“%.*s”", XZ_STR_ARG(r->sheet));
    else
        xz_buf_add_lit(&r->unmapped, "表格");
    xz_buf_addf(&r->unmapped, "的列名不认识，它有这些列：%.*s\n", XZ_STR_ARG(r->best_head));
}

static void head_remember(struct recognise *r, const struct xz_block *block)
{
    struct xz_buf text;
    size_t filled = 0;
    xz_buf_init(&text, XZ_DOC_BLOCK_BYTES_MAX * 2);
    for (size_t i = 0; i < block->cell_count; i++) {
        xz_str cell = xz_utf8_head(xz_str_trim(block->cells[i]), 12);
        if (!cell.len)
            continue;
        if (filled++)
            xz_buf_add_lit(&text, "、");
        xz_buf_add(&text, cell);
    }
    if (filled > r->best_filled) {
        r->best_filled = filled;
        r->best_head = xz_str_copy(r->keep, xz_utf8_head(xz_buf_str(&text), SHOWN_CHARS));
    }
    xz_buf_fini(&text);
}

void recognise_sheet_row(struct recognise *r, const struct xz_block *block)
{
    if (block->table_start) {
        if (r->table == TABLE_SOUGHT)
            sheet_unmapped(r);
        r->table = TABLE_SOUGHT;
        r->row = r->head_rows = r->best_filled = 0;
    }
    r->row = r->info.format == XZ_DOC_XLSX && block->line > 0 ? (size_t)block->line : r->row + 1;
    if (r->table != TABLE_SOUGHT) {
        recognise_table_row(r, block->cells, block->cell_count);
        return;
    }
    enum recognise_table table = recognise_columns_of(r, block->cells, block->cell_count);
    if (table != TABLE_NONE) {
        r->table = table;
        r->mapped_any = true;
        return;
    }
    head_remember(r, block);
    if (++r->head_rows == HEAD_ROWS_MAX)
        sheet_unmapped(r);
}

xz_err recognise_sheets_end(struct recognise *r)
{
    if (r->table == TABLE_SOUGHT)
        sheet_unmapped(r);
    xz_str rest = xz_buf_str(&r->unmapped);
    if (!r->mapped_any) {
        xz_str first = xz_str_cut(&rest, '\n');
        return xz_fail(XZ_E_INPUT,
                       "%.*s。请把列名改为“问题”“答案”（办事指南为“事项名称”“办理条件”“申请材料”"
                       "等），或在导入时用 --map '问题=您的列名,答案=您的列名' 说明",
                       XZ_STR_ARG(first.len ? first : XZ_STR("表格里没有内容")));
    }
    while (rest.len) {
        xz_str line = xz_str_cut(&rest, '\n');
        recognise_emit_note(r, xz_str_format(r->arena, "%.*s，未导入。", XZ_STR_ARG(line)));
    }
    return XZ_OK;
}
