/* Reviewed answers first: the entry whose questions mean what was asked, given word for word; one
 * question back when the answer depends on the district and none was said. */
#include "qa/qa_internal.h"

#define HITS 24
#define CANDIDATES 4
/* Two entries this close in confidence are told apart by asking. */
#define MARGIN 0.04

/* Distinct entries in the order of their best question, at most `max`. */
static xz_err entries_find(struct qa_case *c, const struct xz_search_filter *filter, int64_t *ids,
                           size_t max, size_t *count)
{
    struct xz_search_query query = { .text = c->text,
                                     .filter = filter,
                                     .synonyms = xz_knowledge_synonyms(c->qa->knowledge),
                                     .hits_max = HITS,
                                     .budget_ms = 200 };
    struct xz_search_hit *hits;
    size_t n;
    xz_err err = xz_search_find(xz_knowledge_index(c->qa->knowledge), c->arena, &query, &hits, &n);

    *count = 0;
    if (err != XZ_OK && err != XZ_E_BUSY)
        return err;
    for (size_t i = 0; i < n && *count < max; i++) {
        bool again = false;
        for (size_t j = 0; j < *count && !again; j++)
            again = ids[j] == hits[i].entry;
        if (!again)
            ids[(*count)++] = hits[i].entry;
    }
    return XZ_OK;
}

/* The most confident of the entries; ties go to the more local, which has the larger code. */
static xz_err best_of(struct qa_case *c, const int64_t *ids, size_t count,
                      struct qa_candidate *best, struct qa_candidate *second)
{
    *best = *second = (struct qa_candidate){ .variant = XZ_STR_NONE };
    for (size_t i = 0; i < count; i++) {
        struct qa_candidate now;
        xz_err err = qa_match_entry(c, c->text, ids[i], &now);
        if (err == XZ_E_MISSING)
            continue; /* withdrawn since the index was read */
        if (err != XZ_OK)
            return err;
        bool tie = now.confidence == best->confidence && now.entry.region > best->entry.region;
        if (now.confidence > best->confidence || tie) {
            *second = *best;
            *best = now;
        } else if (now.confidence > second->confidence) {
            *second = now;
        }
        if (best->confidence >= 1.0 && best->entry.region == c->region)
            break;
    }
    return XZ_OK;
}

static xz_err reviewed_set(struct qa_case *c, const struct qa_candidate *best)
{
    struct xz_clause *clauses;
    size_t count;
    xz_err err = xz_clause_list(c->tx, c->arena, best->entry.id, 0, QA_SOURCES_MAX, &clauses, &count);

    if (err != XZ_OK)
        return err;
    c->answer->kind = XZ_ANSWER_REVIEWED;
    c->answer->confidence = best->confidence;
    c->answer->matched = best->entry.title;
    c->new_focus = best->entry.id.v;
    for (size_t i = 0; i < count && err == XZ_OK; i++)
        err = qa_source_add(c, best->entry.id.v, clauses[i].id.v);
    c->decided = true;
    return err;
}

/* A district's own answer, when the asker has not said which district: ask. */
static xz_err ask_district(struct qa_case *c, double city_confidence, bool *asked)
{
    struct xz_search_filter filter;
    int64_t ids[CANDIDATES * 2];
    struct qa_candidate best = { 0 };
    size_t count;
    xz_err err;

    *asked = false;
    if (c->region != c->site->region || c->region_chosen)
        return XZ_OK;
    qa_filter_set(c, &filter, 1u << XZ_INDEX_KIND_QUESTION);
    filter.region_count = 0; /* any; those outside our districts are dropped below */
    if ((err = entries_find(c, &filter, ids, XZ_COUNT(ids), &count)) != XZ_OK)
        return err;
    for (size_t i = 0; i < count; i++) {
        struct qa_candidate now;
        if ((err = qa_match_entry(c, c->text, ids[i], &now)) != XZ_OK)
            continue;
        bool below = now.entry.region != c->site->region && now.entry.region != 0 &&
                     qa_region_is_own(c->site, now.entry.region);
        if (!below || now.confidence < c->qa->threshold ||
            now.confidence <= city_confidence + MARGIN || now.confidence < best.confidence - MARGIN)
            continue;
        const struct xz_region *region = xz_region_find(c->site, now.entry.region);
        if (now.confidence > best.confidence)
            best = now;
        qa_option_add(c, region->name, XZ_STR_NONE, region->code);
    }
    if (!c->answer->option_count)
        return XZ_OK;
    *asked = true;
    c->answer->kind = XZ_ANSWER_CLARIFY;
    c->answer->confidence = best.confidence;
    c->answer->matched = best.entry.title;
    c->lead = XZ_STR("各区规定不同，请问您在哪个区？选择后即可查看当地的答复。");
    c->decided = true;
    return XZ_OK;
}

xz_err qa_reviewed(struct qa_case *c)
{
    struct xz_search_filter filter;
    struct qa_candidate best, second;
    int64_t ids[CANDIDATES];
    size_t count;
    bool asked;
    xz_err err;

    if (c->follow_up && c->aspect != ASPECT_NONE && c->focus)
        return XZ_OK; /* a section of the matter under way says it more exactly */
    qa_filter_set(c, &filter, 1u << XZ_INDEX_KIND_QUESTION);
    if ((err = entries_find(c, &filter, ids, XZ_COUNT(ids), &count)) != XZ_OK ||
        (err = best_of(c, ids, count, &best, &second)) != XZ_OK)
        return err;
    if (best.confidence < 1.0) {
        if ((err = ask_district(c, best.confidence, &asked)) != XZ_OK || asked)
            return err;
    }
    if (best.confidence >= c->qa->threshold)
        return reviewed_set(c, &best);
    /* Not sure enough to answer for the government, near enough to offer. */
    if (best.confidence > 0.1)
        qa_option_add(c, best.entry.title, best.entry.title, 0);
    if (second.confidence > 0.1)
        qa_option_add(c, second.entry.title, second.entry.title, 0);
    return XZ_OK;
}
