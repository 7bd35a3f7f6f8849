/* Notices as others use them: which are in force at this minute for whom. How one is read from its
 * file is recognise_notice.c; its rows are in knowledge_halls_store.c. */
#include "knowledge/knowledge_internal.h"

#include "text/text.h"

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

size_t xz_notice_keywords(struct xz_arena *arena, xz_str keywords, xz_str **words)
{
    static const char *const marks[] = { "、", "，", "；", ",", ";", " " };
    size_t count = 0;
    *words = XZ_NEW(arena, xz_str, keywords.len / 2 + 1);
    while (keywords.len) {
        size_t cut = keywords.len, skip = 0;
        for (size_t i = 0; i < XZ_COUNT(marks); i++) {
            size_t at = xz_str_find(keywords, xz_str_from(marks[i]));
            if (at != XZ_STR_NPOS && at < cut) {
                cut = at;
                skip = strlen(marks[i]);
            }
        }
        xz_str word = xz_text_normalise(arena, xz_str_sub(keywords, 0, cut));
        if (xz_utf8_chars(word) >= 2)
            (*words)[count++] = word;
        keywords = xz_str_sub(keywords, cut + skip, keywords.len);
    }
    return count;
}

static bool speaks_of(struct xz_arena *arena, xz_str about, xz_str keywords)
{
    xz_str *words;
    size_t count = xz_notice_keywords(arena, keywords, &words);
    for (size_t i = 0; i < count; i++)
        if (xz_str_find(about, words[i]) != XZ_STR_NPOS)
            return true;
    return false;
}

xz_err xz_notice_list(struct xz_tx *tx, struct xz_arena *arena, const struct xz_notice_query *query,
                      struct xz_notice **notices, size_t *count)
{
    size_t all;
    xz_err err = knowledge_notices_load(tx, arena, query->now_ms, notices, &all);

    *count = 0;
    for (size_t i = 0; i < all && err == XZ_OK; i++) {
        struct xz_notice notice = (*notices)[i];
        /* What can be told from its row is told first: every question passes here. */
        if ((query->region &&
             knowledge_region_distance(query->site, notice.entry.region, query->region) < 0) ||
            (query->about.len && !speaks_of(arena, query->about, notice.entry.aliases)))
            continue;
        err = notice_fill(tx, arena, query->actor, query->site, &notice);
        if (err == XZ_OK)
            (*notices)[(*count)++] = notice;
        else if (err == XZ_E_MISSING) /* not for this actor */
            err = XZ_OK;
    }
    return err;
}

xz_err xz_notice_get(struct xz_tx *tx, struct xz_arena *arena, const struct xz_actor *actor,
                     const struct xz_site *site, xz_entry_id entry, struct xz_notice *notice)
{
    xz_err err = knowledge_notice_load(tx, arena, entry.v, notice);
    return err == XZ_OK ? notice_fill(tx, arena, actor, site, notice) : err;
}
