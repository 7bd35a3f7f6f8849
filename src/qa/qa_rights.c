/* What citizens may ask of the service itself: to complain, and to have their own words erased. */
#include "qa/qa_internal.h"

#include "audit/audit.h"
#include "text/text.h"

#define TEXT_CHARS_MAX    2000
#define CONTACT_CHARS_MAX 200
#define DAY_MS            INT64_C(86400000)

static const struct {
    const char *kind, *chinese;
} complaint_kinds[] = {
    { "wrong", "答复有误" },   { "outdated", "内容过时" },  { "attitude", "服务态度" },
    { "privacy", "个人信息" }, { "minor", "未成年人保护" }, { "other", "其他" },
};

xz_str xz_complaint_kind_chinese(xz_str kind)
{
    for (size_t i = 0; i < XZ_COUNT(complaint_kinds); i++)
        if (xz_str_eq(kind, xz_str_from(complaint_kinds[i].kind)))
            return xz_str_from(complaint_kinds[i].chinese);
    return XZ_STR_NONE;
}

/* --- complaining --- */

struct complain {
    const struct xz_actor *actor;
    struct xz_arena *arena;
    xz_str dialogue;
    struct xz_complaint *complaint;
};

static xz_err complain_tx(struct xz_tx *tx, void *arg)
{
    struct complain *c = arg;
    struct qa_record record;
    xz_err err;

    if (c->complaint->turn &&
        (err = qa_turn_open(tx, c->arena, c->complaint->turn, c->dialogue, &record)) != XZ_OK)
        return err;
    if ((err = qa_complaint_put(tx, c->arena, xz_date_from_ms(c->complaint->at_ms),
                                c->complaint)) != XZ_OK)
        return err;
    return xz_audit_write(tx, c->actor, "complaint.received", c->complaint->id,
                          c->complaint->number);
}

static xz_err complaint_check(struct xz_complaint *c)
{
    if (!xz_complaint_kind_chinese(c->kind).len)
        return xz_fail(XZ_E_INPUT, "请选择投诉的类别。");
    if (!xz_utf8_valid(c->text) || !xz_utf8_valid(c->contact))
        return xz_fail(XZ_E_INPUT, "投诉内容不是有效的UTF-8文字，请检查后重新填写。");
    c->text = xz_str_trim(c->text);
    c->contact = xz_str_trim(c->contact);
    if (!c->text.len)
        return xz_fail(XZ_E_INPUT, "请写明投诉的内容。");
    if (xz_utf8_chars(c->text) > TEXT_CHARS_MAX)
        return xz_fail(XZ_E_LIMIT, "投诉内容超过%d字，请精简后再提交。", TEXT_CHARS_MAX);
    if (xz_utf8_chars(c->contact) > CONTACT_CHARS_MAX)
        return xz_fail(XZ_E_LIMIT, "联系方式超过%d字，请精简后再提交。", CONTACT_CHARS_MAX);
    return XZ_OK;
}

xz_err xz_qa_complain(struct xz_qa *qa, struct xz_arena *arena, const struct xz_actor *actor,
                      xz_str dialogue, struct xz_complaint *complaint)
{
    struct complain complain = { actor, arena, dialogue, complaint };
    xz_err err = xz_actor_may(actor, XZ_PERM_PUBLIC);

    if (err != XZ_OK || (err = complaint_check(complaint)) != XZ_OK)
        return err;
    complaint->at_ms = xz_clock_now_ms(qa->clock);
    complaint->due_ms = complaint->at_ms +
                        xz_knowledge_site(qa->knowledge)->complaint_days * DAY_MS;
    return xz_store_write(qa->store, complain_tx, &complain);
}

xz_err xz_complaint_list(struct xz_qa *qa, struct xz_arena *arena, const struct xz_actor *actor,
                         size_t max, struct xz_complaint **list, size_t *count)
{
    struct xz_tx *tx;
    xz_err err = xz_actor_may(actor, XZ_PERM_OPERATE);

    if (err != XZ_OK || (err = xz_store_read(qa->store, &tx)) != XZ_OK)
        return err;
    err = qa_complaints_load(tx, arena, max, list, count);
    xz_store_read_end(tx);
    return err;
}

void xz_complaints_write(struct xz_json_writer *w, const struct xz_complaint *list, size_t count)
{
    xz_jw_begin_object(w);
    xz_jw_key(w, "complaints");
    xz_jw_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        xz_jw_begin_object(w);
        xz_jw_member_int(w, "id", list[i].id);
        xz_jw_member_str(w, "number", list[i].number);
        xz_jw_member_int(w, "at", list[i].at_ms);
        xz_jw_member_int(w, "due_at", list[i].due_ms);
        xz_jw_member_str(w, "kind", list[i].kind);
        xz_jw_member_str(w, "kind_name", xz_complaint_kind_chinese(list[i].kind));
        xz_jw_member_int(w, "turn", list[i].turn);
        xz_jw_member_str(w, "text", list[i].text);
        xz_jw_member_str(w, "contact", list[i].contact);
        xz_jw_end_object(w);
    }
    xz_jw_end_array(w);
    xz_jw_end_object(w);
}

/* --- erasing --- */

struct erase {
    const struct xz_actor *actor;
    xz_str dialogue;
};

static xz_err erase_tx(struct xz_tx *tx, void *arg)
{
    const struct erase *erase = arg;
    char said[64];
    int64_t turns;
    xz_err err = qa_dialogue_erase(tx, erase->dialogue, &turns);

    if (err == XZ_E_MISSING)
        return xz_fail(XZ_E_MISSING, "没有这次对话，可能已经删除。");
    if (err != XZ_OK)
        return err;
    /* The secret itself is not written down: it would name what was to be forgotten. */
    snprintf(said, sizeof(said), "%lld turns", (long long)turns);
    return xz_audit_write(tx, erase->actor, "dialogue.erased", 0, xz_str_from(said));
}

xz_err xz_qa_erase(struct xz_qa *qa, struct xz_arena *arena, const struct xz_actor *actor,
                   xz_str dialogue)
{
    struct erase erase = { actor, xz_str_copy(arena, dialogue) };
    xz_err err = xz_actor_may(actor, XZ_PERM_PUBLIC);

    if (err != XZ_OK)
        return err;
    /* Rows that belong to nobody have an empty one. */
    if (dialogue.len != sizeof(xz_secret) - 1)
        return xz_fail(XZ_E_MISSING, "没有这次对话，可能已经删除。");
    return xz_store_write(qa->store, erase_tx, &erase);
}
