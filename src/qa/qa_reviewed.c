/* Reviewed answers first: the entry whose questions mean what was asked, given word for word; one
 * question back when the answer depends on the district and none was said, or when several are near. */
#include "qa/qa_internal.h"

/* Two entries this close in confidence are told apart by asking. */
#define MARGIN 0.05
/* From here on a near question is worth offering. */
#define OFFER_MIN 0.08
#define OFFERS_MAX 3
/* Asking which district costs the asker one tap: a likeness that would not do for answering will. */
#define OFFER_DISTRICT_MIN 0.3

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

static bool is_district(const struct qa_case *c, int64_t region)
{
    return region && region != c->site->region && qa_region_is_own(c->site, region);
}

/* A district's own answer, when the asker has not said which district: ask. */
static xz_err ask_district(struct qa_case *c, double city_confidence, bool *asked)
{
    struct qa_candidate list[QA_CANDIDATES_MAX];
    const struct qa_candidate *best = NULL;
    size_t count;
    xz_err err;

    *asked = false;
    if (c->region_chosen)
        return XZ_OK;
    if ((err = qa_candidates(c, true, list, &count)) != XZ_OK)
        return err;
    for (size_t i = 0; i < count && !best; i++)
        if (is_district(c, list[i].entry.region) && list[i].confidence > OFFER_DISTRICT_MIN &&
            list[i].confidence > city_confidence)
            best = &list[i];
    if (!best)
        return XZ_OK;
    /* Every district that answers the same question, however near its own variants are. */
    for (size_t i = 0; i < count; i++) {
        if (!is_district(c, list[i].entry.region) ||
            !xz_str_eq(list[i].entry.title, best->entry.title))
            continue;
        const struct xz_region *region = xz_region_find(c->site, list[i].entry.region);
        qa_option_add(c, region->name, XZ_STR_NONE, region->code);
    }
    *asked = true;
    c->answer->kind = XZ_ANSWER_CLARIFY;
    c->answer->confidence = best->confidence;
    c->answer->matched = best->entry.title;
    c->lead = XZ_STR("各区规定不同，请问您在哪个区？选择后即可查看当地的答复。");
    c->decided = true;
    return XZ_OK;
}

/* The very question, letter for letter: of those in force here the most local; when only districts
 * have it and none was said, which district. */
static xz_err exact(struct qa_case *c)
{
    xz_entry_id ids[32];
    struct qa_candidate best = { .confidence = 0 };
    size_t count;
    xz_err err = xz_variant_find(c->tx, c->arena, c->text, ids, XZ_COUNT(ids), &count);

    for (size_t i = 0; i < count && err == XZ_OK; i++) {
        struct qa_candidate now = { .confidence = 1.0 };
        bool here = false;
        err = xz_entry_get(c->tx, c->arena, &c->ask->actor, ids[i], &now.entry);
        if (err == XZ_E_MISSING) {
            err = XZ_OK; /* not for this actor */
            continue;
        }
        if (err != XZ_OK || !xz_entry_in_force(&now.entry, c->today))
            continue;
        for (size_t k = 0; k < c->chain_count && !here; k++)
            here = c->chain[k] == (uint32_t)now.entry.region;
        if (here && (best.confidence == 0 || now.entry.region > best.entry.region))
            best = now;
    }
    return err == XZ_OK && best.confidence > 0 ? reviewed_set(c, &best) : err;
}

xz_err qa_reviewed(struct qa_case *c)
{
    struct qa_candidate list[QA_CANDIDATES_MAX];
    size_t count, offers = 0;
    bool asked;
    xz_err err;

    if (c->follow_up && c->aspect != ASPECT_NONE && c->focus)
        return XZ_OK; /* a section of the matter under way says it more exactly */
    if ((err = exact(c)) != XZ_OK || c->decided)
        return err;
    if ((err = qa_candidates(c, false, list, &count)) != XZ_OK)
        return err;
    double best = count ? list[0].confidence : 0;
    if (best < 1.0 && ((err = ask_district(c, best, &asked)) != XZ_OK || asked))
        return err;
    bool alone = count < 2 || best - list[1].confidence >= MARGIN;
    if (best >= c->qa->threshold && alone && qa_may_answer(&list[0]))
        return reviewed_set(c, &list[0]);
    /* Not sure enough to answer for the government, near enough to offer. */
    for (size_t i = 0; i < count && offers < OFFERS_MAX; i++)
        if (list[i].confidence >= OFFER_MIN)
            offers += qa_option_add(c, list[i].entry.title, list[i].entry.title, 0);
    c->best_reviewed = best;
    return XZ_OK;
}
