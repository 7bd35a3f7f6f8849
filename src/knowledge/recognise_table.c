/* Tables with a heading row become reviewed answers, regions or departments; columns are found by
 * name, in any order. */
#include "knowledge/recognise_internal.h"

#include "text/text.h"

enum { COL_MAX = 64 };

/* Names that cities use for a column, and ours. */
static const struct {
    const char *seen, *name;
} column_names[] = {
    { "问题", "问题" },         { "标准问题", "问题" },     { "标准问", "问题" },
    { "相似问法", "相似问法" }, { "相似问题", "相似问法" }, { "扩展问", "相似问法" },
    { "不适用问法", "不适用问法" }, { "反例", "不适用问法" }, { "答案", "答案" },         { "标准答案", "答案" },     { "答复", "答案" },
    { "答复内容", "答案" },     { "依据", "依据" },         { "政策依据", "依据" },
    { "关联事项", "关联事项" }, { "事项编码", "关联事项" }, { "区域", "区域" },
    { "适用区域", "区域" },     { "责任部门", "责任部门" }, { "可见范围", "可见范围" },
    { "生效日期", "生效日期" }, { "失效日期", "失效日期" }, { "主题", "主题" },
    { "分类", "主题" },         { "代码", "代码" },         { "名称", "名称" },
    { "上级", "上级" },         { "级别", "级别" },         { "编号", "编号" },
    { "简称", "简称" },         { "电话", "电话" },         { "地址", "地址" },
    { "办公时间", "办公时间" }, { "职责", "职责" },
    { "大厅", "大厅" },         { "楼层", "楼层" },         { "类别", "类别" },
    { "左", "左" },             { "上", "上" },             { "宽", "宽" },
    { "高", "高" },             { "办理事项", "办理事项" }, { "说明", "说明" },
    { "交通", "交通" },         { "无障碍", "无障碍" },
};

static bool has_column(const struct recognise *r, const char *name)
{
    for (size_t i = 0; i < r->column_count; i++)
        if (xz_str_eq(r->columns[i], xz_str_from(name)))
            return true;
    return false;
}

enum recognise_table recognise_table_head(struct recognise *r, const xz_str *cells, size_t count)
{
    r->column_count = XZ_MIN(count, COL_MAX);
    r->columns = XZ_NEW(r->keep, xz_str, COL_MAX);
    for (size_t i = 0; i < r->column_count; i++) {
        xz_str cell = xz_str_trim(cells[i]);
        r->columns[i] = XZ_STR_NONE;
        for (size_t k = 0; k < XZ_COUNT(column_names); k++)
            if (xz_str_eq(cell, xz_str_from(column_names[k].seen)))
                r->columns[i] = xz_str_from(column_names[k].name);
    }
    r->row = 1; /* as a spreadsheet counts them */
    if (has_column(r, "问题") && has_column(r, "答案"))
        r->table = TABLE_ANSWERS;
    else if (has_column(r, "代码") && has_column(r, "名称") && has_column(r, "上级"))
        r->table = TABLE_REGIONS;
    else if (has_column(r, "大厅") && has_column(r, "楼层") && has_column(r, "类别"))
        r->table = TABLE_PLACES;
    else if (has_column(r, "编号") && has_column(r, "名称") &&
             (has_column(r, "交通") || has_column(r, "无障碍")))
        r->table = TABLE_HALLS;
    else if (has_column(r, "编号") && has_column(r, "名称") && has_column(r, "电话"))
        r->table = TABLE_DEPARTMENTS;
    else
        r->table = TABLE_NONE;
    return (enum recognise_table)r->table;
}

static xz_str cell_of(const struct recognise *r, const xz_str *cells, size_t count,
                      const char *name)
{
    for (size_t i = 0; i < r->column_count && i < count; i++)
        if (xz_str_eq(r->columns[i], xz_str_from(name)))
            return xz_str_trim(cells[i]);
    return XZ_STR_NONE;
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
        if (one.len)
            recognise_add_question(r, counters, one);
        list = xz_str_sub(list, cut + skip, list.len);
    }
}

/* What a date or visibility column says; an unreadable value is a row refused, not a guess. */
static bool answer_limits(struct recognise *r, const xz_str *cells, size_t count)
{
    static const char *names[] = { "可见范围", "生效日期", "失效日期" };
    static const xz_str keys[] = { { "可见范围", 12 }, { "施行日期", 12 }, { "失效日期", 12 } };
    for (size_t i = 0; i < XZ_COUNT(names); i++) {
        xz_str value = cell_of(r, cells, count, names[i]);
        if (!value.len || recognise_front_matter(r, keys[i], value))
            continue;
        recognise_emit_note(
            r, xz_str_format(r->arena, "第%zu行的“%s”写作“%.*s”，无法识别，该行未导入。", r->row,
                             names[i], XZ_STR_ARG(xz_utf8_head(value, 40))));
        return false;
    }
    return true;
}

static void answer_row(struct recognise *r, const xz_str *cells, size_t count)
{
    struct xz_entry *entry = &r->draft.entry;
    xz_str question = cell_of(r, cells, count, "问题");
    xz_str answer = cell_of(r, cells, count, "答案");

    if (!question.len || !answer.len) {
        recognise_emit_note(r, xz_str_format(r->arena, "第%zu行缺少%s，该行未导入。", r->row,
                                             question.len ? "答案" : "问题"));
        return;
    }
    recognise_draft_reset(r);
    entry->kind = XZ_ENTRY_ANSWER;
    if (!answer_limits(r, cells, count))
        return;
    entry->title = xz_str_copy(r->arena, question);
    entry->basis = xz_str_copy(r->arena, cell_of(r, cells, count, "依据"));
    entry->related = xz_str_copy(r->arena, cell_of(r, cells, count, "关联事项"));
    entry->department = xz_str_copy(r->arena, cell_of(r, cells, count, "责任部门"));
    entry->topic = xz_str_copy(r->arena, cell_of(r, cells, count, "主题"));
    r->draft.region_name = xz_str_copy(r->arena, cell_of(r, cells, count, "区域"));
    recognise_add_question(r, false, question);
    questions_add(r, false, cell_of(r, cells, count, "相似问法"));
    questions_add(r, true, cell_of(r, cells, count, "不适用问法"));
    if (answer.len > CLAUSE_BYTES_MAX) {
        recognise_emit_note(r, xz_str_format(r->arena, "第%zu行的答案超过%d字节，该行未导入。",
                                             r->row, CLAUSE_BYTES_MAX));
        return;
    }
    recognise_add_clause(r, XZ_STR("答复"), XZ_STR_NONE, answer);
    /* The question and its region name the answer: the same question may be answered for each
     * district by itself. */
    recognise_emit_draft(r, xz_str_format(r->arena, "%.*s@%.*s", XZ_STR_ARG(question),
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
        xz_jw_member_str(w, fields[i][1], cell_of(r, cells, count, fields[i][0]));
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
        { "编号", "code" },      { "名称", "name" },     { "区域", "region" },
        { "级别", "level" },     { "地址", "address" },  { "电话", "phone" },
        { "办公时间", "hours" }, { "交通", "traffic" },  { "无障碍", "access" },
        { "说明", "note" },
    };
    static const char *const place[][2] = {
        { "大厅", "hall" }, { "楼层", "floor" },     { "名称", "name" }, { "类别", "kind" },
        { "左", "left" },   { "上", "top" },         { "宽", "width" },  { "高", "height" },
        { "说明", "note" }, { "办理事项", "items" },
    };
    r->row++;
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
    case TABLE_NONE:
        break;
    }
    recognise_flush(r, false);
}
