/* Withdrawing by hand: what must not be shown any longer is out of sight and out of the index when
 * the command returns; nothing of it is lost, and the same command gives it back. */
#include "knowledge/knowledge_internal.h"

#include "audit/audit.h"

#define REASON_BYTES_MAX 1000

struct withdrawing {
    const struct xz_withdraw *what;
    struct xz_knowledge *k;
    struct xz_arena *arena;
    struct xz_withdrawn *list;
    size_t count;
    int64_t change;
};

/* A file or one row of it by its lasting name, else a service item by its code. */
static xz_err named(struct xz_tx *tx, struct xz_arena *arena, xz_str what, struct xz_entry **list,
                    size_t *count)
{
    struct xz_entry whole;
    xz_err err = knowledge_entry_by_source(tx, arena, what, &whole);

    if (err == XZ_OK) {
        *list = XZ_NEW(arena, struct xz_entry, 1);
        **list = whole;
        *count = 1;
        return XZ_OK;
    }
    if (err != XZ_E_MISSING)
        return err;
    xz_str rows = xz_str_format(arena, "%.*s#", XZ_STR_ARG(what));
    err = knowledge_entry_list(tx, arena, LIST_SOURCE_PREFIX, 0, rows, list, count);
    if (err != XZ_OK || *count)
        return err;
    return knowledge_entry_list(tx, arena, LIST_CODE, 0, what, list, count);
}

static xz_err one(struct xz_tx *tx, struct withdrawing *w, const struct xz_entry *entry)
{
    bool by_hand = false;
    xz_err err = knowledge_withdrawn_has(tx, entry->id.v, &by_hand);

    if (err != XZ_OK || (w->what->undo ? !by_hand : entry->status != XZ_STATUS_PUBLISHED))
        return err;
    if (w->what->undo) {
        err = knowledge_entry_publish(tx, entry->id.v, xz_tx_change_number(tx));
        if (err == XZ_OK)
            err = knowledge_withdrawn_drop(tx, entry->id.v);
    } else {
        err = knowledge_entry_withdraw(tx, entry->id.v, xz_tx_change_number(tx));
        if (err == XZ_OK)
            err = knowledge_withdrawn_put(tx, entry->id.v, w->what->reason);
    }
    if (err == XZ_OK)
        err = xz_audit_write(tx, &w->what->actor,
                             w->what->undo ? "knowledge.withdrawal_undone" : "knowledge.withdrawn",
                             entry->id.v, w->what->reason);
    w->list = knowledge_grow(w->arena, w->list, w->count, sizeof(*w->list));
    w->list[w->count++] = (struct xz_withdrawn){ entry->id, entry->title, entry->source };
    return err;
}

static xz_err withdraw_tx(struct xz_tx *tx, void *arg)
{
    struct withdrawing *w = arg;
    struct xz_entry *list;
    size_t count;
    xz_err err = named(tx, w->arena, w->what->what, &list, &count);

    for (size_t i = 0; i < count && err == XZ_OK; i++)
        err = one(tx, w, &list[i]);
    if (err == XZ_OK && !w->count)
        return xz_fail(XZ_E_MISSING,
                       w->what->undo ? "没有以“%.*s”为名、由人工撤下的内容。"
                                     : "没有以“%.*s”为名、正在公开的内容；请写导入时的文件名或事项"
                                       "编码。",
                       XZ_STR_ARG(xz_utf8_head(w->what->what, 80)));
    if (err == XZ_OK) {
        w->change = xz_tx_change_number(tx);
        knowledge_pending_add(w->k, w->change);
    }
    return err;
}

xz_err xz_knowledge_withdraw(struct xz_knowledge *k, struct xz_arena *arena,
                             const struct xz_withdraw *withdraw, struct xz_withdrawn **list,
                             size_t *count)
{
    struct xz_withdraw what = *withdraw;
    struct withdrawing w = { .what = &what, .k = k, .arena = arena };
    xz_err err = xz_actor_may(&withdraw->actor, XZ_PERM_OPERATE);

    XZ_TAG_CHECK(k, KNOWLEDGE_TAG);
    if (err != XZ_OK)
        return err;
    what.what = xz_str_trim(what.what);
    what.reason = xz_str_trim(what.reason);
    if (!what.what.len || !xz_utf8_valid(what.what))
        return xz_fail(XZ_E_INPUT, "请写明要撤下的文件名或事项编码。");
    if (!what.reason.len || what.reason.len > REASON_BYTES_MAX || !xz_utf8_valid(what.reason))
        return xz_fail(XZ_E_INPUT, "请用 --reason 写明原因（不超过300字），它会记入审计记录。");
    err = xz_store_write(k->store, withdraw_tx, &w);
    bool committed = err == XZ_OK;
    for (size_t i = 0; i < w.count && err == XZ_OK; i++)
        err = knowledge_index_entry(k, w.list[i].entry.v);
    /* A change that is committed and not in the index stays pending: the next start replays it. */
    if (w.change && (!committed || err == XZ_OK))
        knowledge_pending_done(k, w.change);
    *list = w.list;
    *count = w.count;
    return err;
}

void xz_withdrawn_write(struct xz_json_writer *w, const struct xz_withdrawn *list, size_t count)
{
    xz_jw_begin_object(w);
    xz_jw_key(w, "withdrawn");
    xz_jw_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        xz_jw_begin_object(w);
        xz_jw_member_int(w, "entry", list[i].entry.v);
        xz_jw_member_str(w, "title", list[i].title);
        xz_jw_member_str(w, "source", list[i].source);
        xz_jw_end_object(w);
    }
    xz_jw_end_array(w);
    xz_jw_end_object(w);
}
