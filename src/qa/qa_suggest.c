/* What others ask: common questions for an empty box, completions for a half-typed one. */
#include "qa/qa_internal.h"

#define LOOKED_AT 400
/* Ids this far back are "lately": bounds the work on a table of many million turns. */
#define LATELY_IDS 20000

struct suggest {
    struct qa_case c;
    struct xz_suggestion *list;
    size_t count, max;
};

static void suggest_add(struct suggest *s, const struct xz_entry *entry)
{
    bool here = entry->region == 0;
    for (size_t i = 0; i < s->c.chain_count && !here; i++)
        here = s->c.chain[i] == (uint32_t)entry->region;
    if (!here || s->count == s->max || !xz_entry_in_force(entry, s->c.today))
        return;
    for (size_t i = 0; i < s->count; i++)
        if (xz_str_eq(s->list[i].question, entry->title))
            return;
    xz_str topic = entry->topic;
    if (!topic.len) {
        const struct xz_department *d = xz_department_find(s->c.site, entry->department);
        topic = d && d->short_name.len ? d->short_name : entry->department;
    }
    s->list[s->count++] = (struct xz_suggestion){ entry->title, topic, entry->id };
}

static xz_err common(struct suggest *s)
{
    struct xz_entry *entries, entry;
    int64_t *asked, now;
    size_t count, n;
    xz_err err;

    if ((err = qa_turn_id(s->c.qa, &now)) != XZ_OK ||
        (err = qa_common_questions(s->c.tx, s->c.arena, now - LATELY_IDS, &asked, &n)) != XZ_OK)
        return err;
    for (size_t i = 0; i < n && s->count < s->max; i++)
        if (xz_entry_get(s->c.tx, s->c.arena, &s->c.ask->actor, (xz_entry_id){ asked[i] },
                         &entry) == XZ_OK)
            suggest_add(s, &entry);
    if ((err = xz_answer_list(s->c.tx, s->c.arena, &s->c.ask->actor, LOOKED_AT, &entries,
                              &count)) != XZ_OK)
        return err;
    /* Spread over matters: every n-th, then the rest. */
    size_t step = XZ_MAX(count / XZ_MAX(s->max, (size_t)1), (size_t)1);
    for (size_t start = 0; start < step && s->count < s->max; start++)
        for (size_t i = start; i < count && s->count < s->max; i += step)
            suggest_add(s, &entries[i]);
    return XZ_OK;
}

static xz_err completions(struct suggest *s, xz_str typed)
{
    struct xz_search_filter filter;
    struct xz_search_query query = {
        .text = typed, .filter = &filter, .hits_max = 40, .budget_ms = 100
    };
    struct xz_search_hit *hits;
    struct xz_entry entry;
    size_t count;

    qa_filter_set(&s->c, &filter, 1u << XZ_INDEX_KIND_QUESTION);
    xz_err err = xz_search_find(xz_knowledge_index(s->c.qa->knowledge), s->c.arena, &query, &hits,
                                &count);
    if (err != XZ_OK && err != XZ_E_BUSY)
        return err;
    for (size_t i = 0; i < count && s->count < s->max; i++)
        if (xz_entry_get(s->c.tx, s->c.arena, &s->c.ask->actor, (xz_entry_id){ hits[i].entry },
                         &entry) == XZ_OK)
            suggest_add(s, &entry);
    return XZ_OK;
}

xz_err xz_qa_suggest(struct xz_qa *qa, struct xz_arena *arena, const struct xz_suggest *suggest,
                     struct xz_suggestion **list, size_t *count)
{
    struct xz_ask ask = { .actor = suggest->actor };
    struct suggest s = { .c = { .qa = qa,
                                .arena = arena,
                                .ask = &ask,
                                .site = xz_knowledge_site(qa->knowledge),
                                .today = xz_date_from_ms(xz_clock_now_ms(qa->clock)) },
                         .list = XZ_NEW(arena, struct xz_suggestion, suggest->max + 1),
                         .max = suggest->max };
    int64_t region = suggest->region;
    xz_err err;

    if (!xz_utf8_valid(suggest->typed))
        return xz_fail(XZ_E_INPUT, "输入的文字不是有效的UTF-8。");
    xz_str typed = xz_str_trim(xz_text_normalise(arena, xz_utf8_head(suggest->typed, 60)));
    qa_chain_set(&s.c, region && xz_region_find(s.c.site, region) ? region : s.c.site->region);
    if ((err = xz_store_read(qa->store, &s.c.tx)) != XZ_OK)
        return err;
    err = typed.len ? completions(&s, typed) : common(&s);
    xz_store_read_end(s.c.tx);
    *list = s.list;
    *count = s.count;
    return err;
}
