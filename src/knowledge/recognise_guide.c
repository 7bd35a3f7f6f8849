/* Service guides that are no Markdown: one a row of a table, one as a form of names and values, one
 * as a paper with the usual headings. All end with the sections that answers are taken from. */
#include "knowledge/recognise_internal.h"

#include "text/text.h"

#define PAIR_NAME_CHARS 20

/* A list in one cell becomes a line each; a sentence with one ； stays. */
static xz_str lines_of(struct recognise *r, xz_str section, xz_str text)
{
    static const char *const lists[] = { "申请材料", "办理流程", "办理地点", "法律依据" };
    static const xz_str mark = { "；", 3 };
    bool is_list = false;
    for (size_t i = 0; i < XZ_COUNT(lists); i++)
        is_list = is_list || xz_str_eq(section, xz_str_from(lists[i]));
    if (!is_list || memchr(text.ptr, '\n', text.len))
        return text;
    struct xz_buf made;
    xz_buf_init(&made, text.len * 2 + 16);
    while (text.len) {
        size_t hit = xz_str_find(text, mark);
        size_t len = hit == XZ_STR_NPOS ? text.len : hit;
        xz_buf_add(&made, xz_str_trim(xz_str_sub(text, 0, len)));
        text = xz_str_trim(xz_str_sub(text, len + mark.len, text.len));
        if (text.len)
            xz_buf_add_char(&made, '\n');
    }
    xz_str copy = xz_str_copy(r->arena, xz_buf_str(&made));
    xz_buf_fini(&made);
    return copy;
}

/* A section too long for one clause goes on in the next. */
static void section_add(struct recognise *r, xz_str label, xz_str text)
{
    text = lines_of(r, label, text);
    while (text.len) {
        xz_str piece = xz_str_sub(text, 0, CLAUSE_BYTES_MAX);
        if (piece.len < text.len)
            piece = xz_utf8_head(text, CLAUSE_BYTES_MAX / 4);
        text = xz_str_sub(text, piece.len, text.len);
        piece = xz_str_trim(piece);
        if (piece.len)
            recognise_add_clause(r, label, XZ_STR_NONE, xz_str_copy(r->arena, piece));
        if (xz_str_find(label, XZ_STR("（续）")) == XZ_STR_NPOS)
            label = xz_str_format(r->arena, "%.*s（续）", XZ_STR_ARG(label));
    }
}

static bool is_number_column(xz_str header)
{
    static const char *const names[] = { "序号", "编号", "序", "NO", "NO.", "行号" };
    for (size_t i = 0; i < XZ_COUNT(names); i++)
        if (xz_str_eq_nocase(header, xz_str_from(names[i])))
            return true;
    return false;
}

/* 办理时限 in one: what was promised stands first. */
static void time_limits_add(struct recognise *r, const xz_str *cells, size_t count)
{
    static const char *const names[] = { "办理时限", "承诺时限", "法定时限" };
    struct xz_buf text;
    xz_buf_init(&text, CLAUSE_BYTES_MAX * 4);
    for (size_t i = 0; i < XZ_COUNT(names); i++) {
        xz_str value = recognise_cell(r, cells, count, names[i]);
        if (!value.len)
            continue;
        if (text.len)
            xz_buf_add_char(&text, '\n');
        if (i)
            xz_buf_addf(&text, "%s：", names[i]);
        xz_buf_add(&text, value);
    }
    if (text.len)
        section_add(r, XZ_STR("办理时限"), xz_buf_str(&text));
    xz_buf_fini(&text);
}

static void columns_add(struct recognise *r, const xz_str *cells, size_t count)
{
    bool limits = false;
    for (size_t i = 0; i < r->column_count && i < count; i++) {
        xz_str value = xz_str_trim(cells[i]), name = r->columns[i], section;
        if (!value.len || is_number_column(r->headers[i]))
            continue;
        if (!name.len) {
            if (r->headers[i].len) /* what nobody mapped is still said of the service */
                section_add(r, r->headers[i], value);
        } else if (xz_str_ends(name, XZ_STR("时限"))) {
            if (!limits)
                time_limits_add(r, cells, count);
            limits = true;
        } else if (recognise_section_of(name, &section)) {
            section_add(r, section, value);
        }
    }
}

void recognise_guide_row(struct recognise *r, const xz_str *cells, size_t count)
{
    xz_str title = recognise_cell(r, cells, count, "事项名称");
    if (!title.len) {
        recognise_emit_note(
            r, xz_str_format(r->arena, "%s缺少事项名称，该行未导入。", recognise_row_place(r)));
        return;
    }
    recognise_draft_reset(r);
    struct xz_entry *entry = &r->draft.entry;
    entry->kind = XZ_ENTRY_GUIDE;
    if (!recognise_row_limits(r, cells, count))
        return;
    entry->title = xz_str_copy(r->arena, title);
    entry->code = xz_str_copy(r->arena, recognise_cell(r, cells, count, "事项编码"));
    entry->aliases = xz_str_copy(r->arena, recognise_cell(r, cells, count, "别名"));
    entry->department = xz_str_copy(r->arena, recognise_cell(r, cells, count, "责任部门"));
    entry->topic = xz_str_copy(r->arena, recognise_cell(r, cells, count, "主题"));
    r->draft.region_name = xz_str_copy(r->arena, recognise_cell(r, cells, count, "区域"));
    columns_add(r, cells, count);
    if (!r->draft.clause_count) {
        recognise_emit_note(
            r, xz_str_format(r->arena, "%s的事项没有内容，该行未导入。", recognise_row_place(r)));
        return;
    }
    xz_str key = xz_str_format(r->arena, "%.*s@%.*s", XZ_STR_ARG(title),
                               XZ_STR_ARG(r->draft.region_name));
    /* The code names a service for longer than its title does; several cases of one service share
     * it, though. */
    if (entry->code.len && !recognise_key_again(r, entry->code))
        recognise_emit_draft(r, entry->code);
    else
        recognise_row_emit(r, key);
}

/* --- a form: 事项名称 | 残疾人证新办 | 事项编码 | CL-001, then a row or two for each section ---
 */

bool recognise_pairs_begin(struct recognise *r, const xz_str *cells, size_t count)
{
    xz_str name, other;
    if (count < 2 || r->saw_text || r->draft.entry.kind)
        return false;
    xz_str first = recognise_column_clean(r->arena, cells[0]);
    if (!recognise_is_guide_field(first, &name) || !xz_str_eq(name, XZ_STR("事项名称")) ||
        !xz_str_trim(cells[1]).len ||
        recognise_is_guide_field(recognise_column_clean(r->arena, cells[1]), &other))
        return false;
    r->table = TABLE_PAIRS;
    r->draft.entry.kind = XZ_ENTRY_GUIDE;
    return true;
}

static void pair_take(struct recognise *r, xz_str name, xz_str value)
{
    struct xz_entry *entry = &r->draft.entry;
    const struct {
        const char *name;
        xz_str *text;
    } rows[] = { { "事项名称", &entry->title }, { "事项编码", &entry->code },
                 { "别名", &entry->aliases },   { "责任部门", &entry->department },
                 { "主题", &entry->topic },     { "区域", &r->draft.region_name } };
    xz_str field = XZ_STR_NONE;
    recognise_is_guide_field(name, &field);
    for (size_t i = 0; i < XZ_COUNT(rows); i++) {
        if (xz_str_eq(field, xz_str_from(rows[i].name))) {
            *rows[i].text = xz_str_copy(r->arena, value);
            return;
        }
    }
    recognise_text_heading(r, 2, field.len ? field : name);
    while (value.len)
        recognise_text_paragraph(r, xz_str_cut(&value, '\n'));
}

void recognise_pairs_row(struct recognise *r, const xz_str *cells, size_t count)
{
    for (size_t i = 0; i + 1 < count; i += 2) {
        xz_str name = recognise_column_clean(r->arena, cells[i]);
        xz_str value = xz_str_trim(cells[i + 1]);
        if (name.len && value.len && !xz_str_eq(name, value) &&
            xz_utf8_chars(name) <= PAIR_NAME_CHARS)
            pair_take(r, name, value);
    }
}

/* --- a paper --- */

void recognise_guide_title(struct recognise *r)
{
    static const xz_str tails[] = { { "办事指南", 12 }, { "服务指南", 12 }, { "办理指南", 12 } };
    struct xz_entry *entry = &r->draft.entry;
    xz_str title = entry->title;
    for (size_t i = 0; i < XZ_COUNT(tails) && !entry->kind; i++) {
        if (!xz_str_ends(title, tails[i]) || title.len <= tails[i].len)
            continue;
        entry->kind = XZ_ENTRY_GUIDE;
        entry->title = recognise_line_clean(xz_str_sub(title, 0, title.len - tails[i].len));
    }
}

xz_str recognise_guide_heading(struct recognise *r, xz_str text)
{
    xz_str name, bare = text;
    struct xz_clause_head head = xz_clause_head_read(text);
    if (head.mark == XZ_MARK_HAN_ITEM || head.mark == XZ_MARK_PAREN_ITEM ||
        head.mark == XZ_MARK_NUM_ITEM)
        bare = recognise_line_clean(xz_str_sub(text, head.label_len, text.len));
    return recognise_section_of(recognise_column_clean(r->arena, bare), &name) ? name : bare;
}
