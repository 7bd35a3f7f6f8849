/* Kind and evidence become what is shown. A stored turn is put together by the same code from the
 * same clauses, whose wording never changes under their ids. */
#include "qa/qa_internal.h"

#include "knowledge/halls.h"

const char *xz_answer_kind_name(enum xz_answer_kind kind)
{
    static const char *names[] = { [XZ_ANSWER_REVIEWED] = "reviewed",
                                   [XZ_ANSWER_QUOTED] = "quoted",
                                   [XZ_ANSWER_CLARIFY] = "clarify",
                                   [XZ_ANSWER_REFUSED] = "refused",
                                   [XZ_ANSWER_NOTICE] = "notice" };
    XZ_ASSERT(kind > 0 && kind < XZ_ANSWER_KIND_COUNT);
    return names[kind];
}

static xz_str label_of(enum xz_answer_kind kind)
{
    switch (kind) {
    case XZ_ANSWER_REVIEWED:
        return XZ_STR("本答复由人工智能检索匹配，内容是经审核的答复原文，未经人工智能生成或改写。");
    case XZ_ANSWER_QUOTED:
        return XZ_STR("以下内容由人工智能检索，从文件中原文摘录，未经人工智能生成或改写；请以原文和"
                      "受理部门答复为准。");
    case XZ_ANSWER_NOTICE:
        return XZ_STR("以下是发布机关的公告原文，由人工智能检索匹配，未经人工智能生成或改写。");
    case XZ_ANSWER_CLARIFY:
    case XZ_ANSWER_REFUSED:
    case XZ_ANSWER_KIND_COUNT:
        break;
    }
    return XZ_STR("本提示由人工智能检索系统自动给出，不构成答复意见。");
}

static void quote_add(struct xz_buf *buf, const struct xz_source *source)
{
    const struct xz_entry *e = &source->entry;
    if (buf->len)
        xz_buf_add_lit(buf, "\n\n");
    xz_buf_addf(buf, "《%.*s》", XZ_STR_ARG(e->title));
    if (e->number.len)
        xz_buf_addf(buf, "（%.*s）", XZ_STR_ARG(e->number));
    if (source->clause.label.len)
        xz_buf_add(buf, source->clause.label);
    xz_buf_add_lit(buf, "：\n");
    xz_buf_add(buf, source->clause.body);
}

/* Where in which hall the item of a guide is done. */
static xz_err windows_find(struct xz_qa *qa, struct xz_tx *tx, struct xz_arena *arena,
                           struct xz_guide *guide)
{
    struct xz_window *windows;
    size_t count;
    xz_err err;

    if (!guide->entry.code.len)
        return XZ_OK;
    if ((err = xz_window_list(tx, arena, xz_knowledge_site(qa->knowledge), guide->entry.code,
                              &windows, &count)) != XZ_OK)
        return err;
    guide->windows = XZ_NEW(arena, struct xz_guide_window, count);
    guide->window_count = count;
    for (size_t i = 0; i < count; i++)
        guide->windows[i] = (struct xz_guide_window){ .hall = windows[i].hall.id,
                                                      .floor = windows[i].place.floor,
                                                      .hall_name = windows[i].hall.name,
                                                      .place = windows[i].place.name,
                                                      .region_name = windows[i].hall.region_name };
    return XZ_OK;
}

static xz_err guide_find(struct xz_qa *qa, struct xz_tx *tx, struct xz_arena *arena,
                         struct xz_answer *answer)
{
    struct xz_actor anyone = XZ_ACTOR_ANYONE;
    for (size_t i = 0; i < answer->source_count && !answer->guide; i++) {
        const struct xz_entry *entry = &answer->sources[i].entry;
        struct xz_entry guide;
        xz_err err = XZ_OK;
        if (entry->kind == XZ_ENTRY_GUIDE)
            err = xz_qa_guide(tx, arena, entry, &answer->guide);
        else if (entry->related.len &&
                 xz_entry_find_code(tx, arena, &anyone, entry->related, &guide) == XZ_OK)
            err = xz_qa_guide(tx, arena, &guide, &answer->guide);
        if (err != XZ_OK)
            return err;
    }
    return answer->guide ? windows_find(qa, tx, arena, answer->guide) : XZ_OK;
}

/* A department named in the question, by its short name without 市 or 区 at the front. */
static const struct xz_department *department_named(const struct xz_site *site, xz_str question)
{
    for (size_t i = 0; i < site->department_count; i++) {
        xz_str name = site->departments[i].short_name;
        if (xz_str_starts(name, XZ_STR("市")))
            name = xz_str_sub(name, 3, name.len);
        if (name.len >= 9 && xz_str_find(question, name) != XZ_STR_NPOS)
            return &site->departments[i];
    }
    return NULL;
}

xz_err qa_compose(struct xz_qa *qa, struct xz_tx *tx, struct xz_arena *arena, xz_str lead,
                  struct xz_answer *answer)
{
    const struct xz_site *site = xz_knowledge_site(qa->knowledge);
    struct xz_buf buf;

    xz_buf_init(&buf, KIB(512));
    if (answer->kind == XZ_ANSWER_REVIEWED || answer->kind == XZ_ANSWER_NOTICE) {
        if (answer->kind == XZ_ANSWER_NOTICE && lead.len)
            xz_buf_addf(&buf, "%.*s\n\n", XZ_STR_ARG(lead));
        for (size_t i = 0; i < answer->source_count; i++) {
            if (i)
                xz_buf_add_char(&buf, '\n');
            xz_buf_add(&buf, answer->sources[i].clause.body);
        }
    } else {
        xz_buf_add(&buf, lead);
        if (answer->kind == XZ_ANSWER_QUOTED)
            for (size_t i = 0; i < answer->source_count; i++)
                quote_add(&buf, &answer->sources[i]);
    }
    answer->text = xz_str_copy(arena, xz_buf_str(&buf));
    xz_buf_fini(&buf);
    answer->label = label_of(answer->kind);
    for (size_t i = 0; i < answer->source_count; i++) {
        qa_source_mark(qa, arena, answer->understood, &answer->sources[i]);
        if (!answer->department)
            answer->department = xz_department_find(site, answer->sources[i].entry.department);
    }
    if (!answer->department)
        answer->department = department_named(site, answer->understood);
    return guide_find(qa, tx, arena, answer);
}
