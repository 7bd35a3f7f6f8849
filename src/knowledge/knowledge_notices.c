/* Notices as others use them: which are in force at this minute for whom. How one is read from its
 * file is recognise_notice.c; its rows are in knowledge_halls_store.c. */
#include "knowledge/knowledge_internal.h"

/* The text of all clauses: a long notice is stored in several. */
static xz_err text_load(struct xz_tx *tx, struct xz_arena *arena, struct xz_notice *notice)
{
    struct xz_clause *clauses;
    struct xz_buf text;
    size_t count;
    xz_err err = xz_clause_list(tx, arena, notice->entry.id, 0, 64, &clauses, &count);

    if (err != XZ_OK)
        return err;
    xz_buf_init(&text, (size_t)MIB(2));
    for (size_t i = 0; i < count; i++) {
        if (i)
            xz_buf_add_char(&text, '\n');
        xz_buf_add(&text, clauses[i].body);
    }
    notice->clause = count ? clauses[0].id : (xz_clause_id){ 0 };
    notice->text = xz_str_copy(arena, xz_buf_str(&text));
    xz_buf_fini(&text);
    return XZ_OK;
}

static xz_err notice_fill(struct xz_tx *tx, struct xz_arena *arena, const struct xz_actor *actor,
                          const struct xz_site *site, struct xz_notice *notice)
{
    xz_err err = xz_entry_get(tx, arena, actor, notice->entry.id, &notice->entry);
    if (err != XZ_OK)
        return err;
    notice->region_name = knowledge_region_name(site, notice->entry.region);
    return text_load(tx, arena, notice);
}

xz_err xz_notice_list(struct xz_tx *tx, struct xz_arena *arena, const struct xz_actor *actor,
                      const struct xz_site *site, int64_t region, int64_t now_ms,
                      struct xz_notice **notices, size_t *count)
{
    size_t all;
    xz_err err = knowledge_notices_load(tx, arena, now_ms, notices, &all);

    *count = 0;
    for (size_t i = 0; i < all && err == XZ_OK; i++) {
        struct xz_notice notice = (*notices)[i];
        err = notice_fill(tx, arena, actor, site, &notice);
        if (err == XZ_E_MISSING) { /* not for this actor */
            err = XZ_OK;
            continue;
        }
        if (err == XZ_OK &&
            (!region || knowledge_region_distance(site, notice.entry.region, region) >= 0))
            (*notices)[(*count)++] = notice;
    }
    return err;
}

xz_err xz_notice_get(struct xz_tx *tx, struct xz_arena *arena, const struct xz_actor *actor,
                     const struct xz_site *site, xz_entry_id entry, struct xz_notice *notice)
{
    xz_err err = knowledge_notice_load(tx, arena, entry.v, notice);
    return err == XZ_OK ? notice_fill(tx, arena, actor, site, notice) : err;
}
