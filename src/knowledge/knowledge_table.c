/* Rows that describe the site rather than knowledge: its values, regions, departments, halls and
 * the places on their floors. They arrive from the parser as a stranger's input, are checked one by
 * one, and are stored together with the import row of their file, or not at all. */
#include "knowledge/knowledge_internal.h"

#define ROWS_MAX      50000
#define NOTES_MAX     50 /* then the rest is only counted */
#define ITEM_CODE_MAX 100
#define ITEMS_MAX     500 /* of one place */

struct site_value {
    xz_str name, value;
};

struct knowledge_table {
    struct xz_arena *arena;
    struct site_value *values;
    struct xz_region *regions;
    struct xz_department *departments;
    struct xz_hall *halls;
    struct knowledge_place_row *places;
    size_t value_count, region_count, department_count, hall_count, place_count;
    size_t notes;
};

struct knowledge_table *knowledge_table_create(void)
{
    struct knowledge_table *t = XZ_ALLOC(struct knowledge_table, 1);
    t->arena = xz_arena_create(1 << 12);
    return t;
}

void knowledge_table_destroy(struct knowledge_table *t)
{
    if (!t)
        return;
    xz_arena_destroy(t->arena);
    xz_free(t);
}

size_t knowledge_table_count(const struct knowledge_table *t)
{
    return t->value_count + t->region_count + t->department_count + t->hall_count + t->place_count;
}

/* --- lines --- */

static xz_str text_of(struct knowledge_table *t, const struct xz_json *line, const char *key,
                      size_t bytes_max)
{
    xz_str text = xz_json_str(xz_json_get(line, key), XZ_STR_NONE);
    return xz_str_copy(t->arena, xz_utf8_head_bytes(text, bytes_max));
}

static void note_add(struct knowledge_table *t, struct xz_buf *notes, xz_str note)
{
    if (t->notes++ < NOTES_MAX) {
        xz_buf_add(notes, note);
        xz_buf_add_char(notes, '\n');
    } else if (t->notes == NOTES_MAX + 1) {
        xz_buf_add_lit(notes, "还有更多问题，其余不再列出；请改正后重新导入。\n");
    }
}

static int64_t row_of(const struct xz_json *line)
{
    return xz_json_int(xz_json_get(line, "row"), 0);
}

/* "第5行的“宽”写作“0”，应为…，该行未导入。" */
static void cell_refuse(struct knowledge_table *t, struct xz_buf *notes, const struct xz_json *line,
                        const char *column, xz_str value, const char *wanted)
{
    note_add(t, notes,
             xz_str_format(t->arena, "第%lld行的“%s”写作“%.*s”，%s，该行未导入。",
                           (long long)row_of(line), column, XZ_STR_ARG(xz_utf8_head(value, 40)),
                           wanted));
}

static void value_take(struct knowledge_table *t, const struct xz_json *line)
{
    struct site_value value = { text_of(t, line, "name", 100), text_of(t, line, "value", 4000) };
    t->values = knowledge_grow(t->arena, t->values, t->value_count, sizeof(value));
    t->values[t->value_count++] = value;
}

static xz_err region_take(struct knowledge_table *t, const struct xz_json *line)
{
    struct xz_region region = { .name = text_of(t, line, "name", 200),
                                .level = text_of(t, line, "level", 60) };
    xz_str parent = text_of(t, line, "parent", 20);
    if (!xz_str_to_int(text_of(t, line, "code", 20), &region.code) || region.code <= 0 ||
        region.code > UINT32_MAX || (parent.len && !xz_str_to_int(parent, &region.parent)))
        return xz_fail(XZ_E_INPUT, "区划代码应为数字，请检查区划表的“代码”“上级”两列。");
    t->regions = knowledge_grow(t->arena, t->regions, t->region_count, sizeof(region));
    t->regions[t->region_count++] = region;
    return XZ_OK;
}

static xz_err department_take(struct knowledge_table *t, const struct xz_site *site,
                              const struct xz_json *line)
{
    struct xz_department d = { .code = text_of(t, line, "code", 100),
                               .name = text_of(t, line, "name", 300),
                               .short_name = text_of(t, line, "short_name", 300),
                               .phone = text_of(t, line, "phone", 200),
                               .address = text_of(t, line, "address", 600),
                               .hours = text_of(t, line, "hours", 300),
                               .duties = text_of(t, line, "duties", 4000) };
    const struct knowledge_place_hints hints = { .named = text_of(t, line, "region", 200) };
    d.region = knowledge_region_of(site, &hints);
    if (d.region < 0)
        return xz_fail(XZ_E_INPUT, "部门“%.*s”的区域不在区划表中，请先导入区划表。",
                       XZ_STR_ARG(d.name));
    if (!d.code.len || !d.name.len)
        return xz_fail(XZ_E_INPUT, "部门表有一行缺少编号或名称。");
    t->departments = knowledge_grow(t->arena, t->departments, t->department_count, sizeof(d));
    t->departments[t->department_count++] = d;
    return XZ_OK;
}

static void hall_take(struct knowledge_table *t, const struct xz_site *site,
                      const struct xz_json *line, struct xz_buf *notes)
{
    struct xz_hall h = { .code = text_of(t, line, "code", 100),
                         .name = text_of(t, line, "name", 300),
                         .level = text_of(t, line, "level", 60),
                         .address = text_of(t, line, "address", 600),
                         .phone = text_of(t, line, "phone", 200),
                         .hours = text_of(t, line, "hours", 600),
                         .traffic = text_of(t, line, "traffic", 1200),
                         .access = text_of(t, line, "access", 1200),
                         .note = text_of(t, line, "note", 4000) };
    const struct knowledge_place_hints hints = { .named = text_of(t, line, "region", 200) };

    if (!h.code.len || !h.name.len) {
        cell_refuse(t, notes, line, h.code.len ? "名称" : "编号", XZ_STR_NONE, "不能为空");
        return;
    }
    h.region = hints.named.len ? knowledge_region_of(site, &hints) : site->region;
    if (h.region < 0) {
        cell_refuse(t, notes, line, "区域", hints.named, "不在区划表中");
        return;
    }
    t->halls = knowledge_grow(t->arena, t->halls, t->hall_count, sizeof(h));
    t->halls[t->hall_count++] = h;
}

static bool whole_number(xz_str text, int64_t min, int64_t max, int64_t *value)
{
    return xz_str_to_int(text, value) && *value >= min && *value <= max;
}

/* Where on the plan; false with a note when it is not inside. */
static bool box_take(struct knowledge_table *t, const struct xz_json *line, struct xz_place *p,
                     struct xz_buf *notes)
{
    const struct {
        const char *key, *column, *wanted;
        int64_t min, max;
        int64_t *value;
    } cells[] = {
        { "floor", "楼层", "应为-20至200的整数", -20, 200, &p->floor },
        { "left", "左", "应为0至1000的整数", 0, XZ_PLAN_SIZE, &p->left },
        { "top", "上", "应为0至1000的整数", 0, XZ_PLAN_SIZE, &p->top },
        { "width", "宽", "应为1至1000的整数", 1, XZ_PLAN_SIZE, &p->width },
        { "height", "高", "应为1至1000的整数", 1, XZ_PLAN_SIZE, &p->height },
    };
    for (size_t i = 0; i < XZ_COUNT(cells); i++) {
        xz_str text = text_of(t, line, cells[i].key, 40);
        if (whole_number(text, cells[i].min, cells[i].max, cells[i].value))
            continue;
        cell_refuse(t, notes, line, cells[i].column, text, cells[i].wanted);
        return false;
    }
    bool wide = p->left + p->width > XZ_PLAN_SIZE, high = p->top + p->height > XZ_PLAN_SIZE;
    if (wide || high)
        cell_refuse(t, notes, line, wide ? "宽" : "高",
                    text_of(t, line, wide ? "width" : "height", 40), "超出了1000×1000的平面图");
    return !wide && !high;
}

/* 甲、乙 and 甲,乙 alike; empty pieces are passed over. */
static void codes_take(struct knowledge_table *t, struct knowledge_place_row *row, xz_str text)
{
    static const char *const marks[] = { "、", "，", "；", ",", ";", " " };
    while (text.len) {
        size_t cut = text.len, skip = 0;
        for (size_t i = 0; i < XZ_COUNT(marks); i++) {
            size_t at = xz_str_find(text, xz_str_from(marks[i]));
            if (at != XZ_STR_NPOS && at < cut) {
                cut = at;
                skip = strlen(marks[i]);
            }
        }
        xz_str code = xz_str_trim(xz_str_sub(text, 0, cut));
        if (code.len && code.len <= ITEM_CODE_MAX && row->code_count < ITEMS_MAX) {
            row->codes = knowledge_grow(t->arena, row->codes, row->code_count, sizeof(xz_str));
            row->codes[row->code_count++] = code;
        }
        text = xz_str_sub(text, cut + skip, text.len);
    }
}

static void place_take(struct knowledge_table *t, const struct xz_json *line, struct xz_buf *notes)
{
    struct knowledge_place_row row = { .hall_code = text_of(t, line, "hall", 100),
                                       .row = row_of(line),
                                       .place = { .name = text_of(t, line, "name", 300),
                                                  .note = text_of(t, line, "note", 2000) } };
    xz_str kind = text_of(t, line, "kind", 60);

    if (!row.hall_code.len || !row.place.name.len) {
        cell_refuse(t, notes, line, row.hall_code.len ? "名称" : "大厅", XZ_STR_NONE, "不能为空");
        return;
    }
    if (!xz_place_kind_parse(kind, &row.place.kind)) {
        cell_refuse(t, notes, line, "类别", kind,
                    "应为窗口、入口、电梯、楼梯、卫生间、自助区、咨询台、等候区、母婴室、"
                    "无障碍设施或其他");
        return;
    }
    if (!box_take(t, line, &row.place, notes))
        return;
    codes_take(t, &row, text_of(t, line, "items", 20000));
    t->places = knowledge_grow(t->arena, t->places, t->place_count, sizeof(row));
    t->places[t->place_count++] = row;
}

xz_err knowledge_table_take(struct knowledge_table *t, const struct xz_site *site,
                            const struct xz_json *line, struct xz_buf *notes)
{
    xz_str type = xz_json_str(xz_json_get(line, "t"), XZ_STR_NONE);

    if (knowledge_table_count(t) >= ROWS_MAX)
        return xz_fail(XZ_E_INPUT, "表格超过%d行，请拆分后再导入。", ROWS_MAX);
    if (xz_str_eq(type, XZ_STR("region")))
        return region_take(t, line);
    if (xz_str_eq(type, XZ_STR("department")))
        return department_take(t, site, line);
    if (xz_str_eq(type, XZ_STR("site")))
        value_take(t, line);
    else if (xz_str_eq(type, XZ_STR("hall")))
        hall_take(t, site, line, notes);
    else if (xz_str_eq(type, XZ_STR("place")))
        place_take(t, line, notes);
    else
        return xz_fail(XZ_E_INPUT, "解析结果不合规范，文件未导入。");
    return XZ_OK;
}

/* --- the change --- */

/* Halls and items that are not there (yet): the place is kept, and shows them once they are. */
static xz_err place_doubts(struct xz_tx *tx, struct knowledge_table *t,
                           const struct knowledge_place_row *row, struct xz_buf *notes)
{
    xz_err err = XZ_OK;

    if (!knowledge_hall_known(tx, row->hall_code))
        note_add(t, notes,
                 xz_str_format(t->arena,
                               "第%lld行的“大厅”写作“%.*s”，大厅表中没有这个编号；导入该大厅后"
                               "才会显示。",
                               (long long)row->row, XZ_STR_ARG(row->hall_code)));
    for (size_t i = 0; i < row->code_count && err == XZ_OK; i++) {
        struct xz_entry *list;
        size_t count;
        err = knowledge_entry_list(tx, t->arena, LIST_CODE, 0, row->codes[i], &list, &count);
        if (err == XZ_OK && !count)
            note_add(t, notes,
                     xz_str_format(t->arena,
                                   "第%lld行的“办理事项”写有“%.*s”，没有这个编码的办事指南；导入"
                                   "该指南后才会显示。",
                                   (long long)row->row, XZ_STR_ARG(row->codes[i])));
    }
    return err;
}

static xz_err places_save(struct xz_tx *tx, struct knowledge_table *t, xz_str source,
                          struct xz_buf *notes)
{
    xz_err err = knowledge_places_drop(tx, source);
    for (size_t i = 0; i < t->place_count && err == XZ_OK; i++)
        if ((err = place_doubts(tx, t, &t->places[i], notes)) == XZ_OK)
            err = knowledge_place_insert(tx, source, (int64_t)i, &t->places[i]);
    return err;
}

xz_err knowledge_table_save(struct xz_tx *tx, struct knowledge_table *t, xz_str source,
                            struct xz_buf *notes)
{
    xz_err err = XZ_OK;
    for (size_t i = 0; i < t->value_count && err == XZ_OK; i++)
        err = knowledge_site_put(tx, t->values[i].name, t->values[i].value);
    for (size_t i = 0; i < t->region_count && err == XZ_OK; i++)
        err = knowledge_region_put(tx, &t->regions[i]);
    for (size_t i = 0; i < t->department_count && err == XZ_OK; i++)
        err = knowledge_department_put(tx, &t->departments[i]);
    for (size_t i = 0; i < t->hall_count && err == XZ_OK; i++)
        err = knowledge_hall_put(tx, source, &t->halls[i]);
    if (err == XZ_OK)
        err = knowledge_halls_drop_gone(tx, source);
    return err == XZ_OK ? places_save(tx, t, source, notes) : err;
}
