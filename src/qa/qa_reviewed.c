/* Reviewed answers first: the entry whose questions mean what was asked, given word for word; one
 * question back when the answer depends on the district and none was said, or when several are
 * near. */
#include "qa/qa_internal.h"

/* Two entries this close in confidence are told apart by asking. */
#define MARGIN       0.05
#define CHARS_MARGIN 0.1
/* From here on a near question is worth offering. */
#define OFFER_MIN  0.08
#define OFFERS_MAX 3
/* Asking which district costs the asker one tap: a likeness that would not do for answering will.
 */
#define OFFER_DISTRICT_MIN 0.3

xz_err qa_reviewed_give(struct qa_case *c, const struct qa_candidate *best)
{
    struct xz_clause *clauses;
    size_t count;
    xz_err err = xz_clause_list(c->tx, c->arena, best->entry.id, 0, QA_SOURCES_MAX, &clauses,
                                &count);

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

/* Every district that answers the same question, however near its own variants are. */
static xz_err districts_offer(struct qa_case *c, xz_str title)
{
    xz_entry_id ids[32];
    size_t count;
    xz_err err = xz_variant_find(c->tx, c->arena, title, ids, XZ_COUNT(ids), &count);
    for (size_t i = 0; i < count && err == XZ_OK; i++) {
        struct xz_entry entry;
        if (xz_entry_get(c->tx, c->arena, &c->ask->actor, ids[i], &entry) != XZ_OK ||
            !is_district(c, entry.region) || !xz_entry_in_force(&entry, c->today))
            continue;
        qa_option_add(c, xz_region_find(c->site, entry.region)->name, XZ_STR_NONE, entry.region);
    }
    return err;
}

/* A district's own answer, when the asker has not said which district: ask. */
static xz_err ask_district(struct qa_case *c, const struct qa_candidate *list, size_t count,
                           double city_confidence)
{
    const struct qa_candidate *best = NULL;
    for (size_t i = 0; i < count && !best; i++)
        if (is_district(c, list[i].entry.region) && list[i].confidence > OFFER_DISTRICT_MIN &&
            list[i].confidence > city_confidence)
            best = &list[i];
    if (!best)
        return XZ_OK;
    xz_err err = districts_offer(c, best->entry.title);
    if (err != XZ_OK || !c->answer->option_count)
        return err;
    c->answer->kind = XZ_ANSWER_CLARIFY;
    c->answer->confidence = best->confidence;
    c->answer->matched = best->entry.title;
    c->lead = XZ_STR("各区规定不同，请问您在哪个区？选择后即可查看当地的答复。");
    c->decided = true;
    return XZ_OK;
}

/* The very question, letter for letter: of those in force here the most local; when only districts
 * have it and none was said, which district. */
static xz_err exact_of(struct qa_case *c, xz_str question)
{
    xz_entry_id ids[32];
    struct qa_candidate best = { .confidence = 0 }, below = { .confidence = 0 };
    size_t count;
    xz_err err = xz_variant_find(c->tx, c->arena, question, ids, XZ_COUNT(ids), &count);

    for (size_t i = 0; i < count && err == XZ_OK; i++) {
        struct qa_candidate now = { .confidence = 1.0 };
        err = xz_entry_get(c->tx, c->arena, &c->ask->actor, ids[i], &now.entry);
        if (err == XZ_E_MISSING) {
            err = XZ_OK; /* not for this actor */
            continue;
        }
        if (err != XZ_OK || !xz_entry_in_force(&now.entry, c->today))
            continue;
        /* "去北京看病能报不" is asked here: a listed question counts whatever place it names. */
        bool here = qa_in_chain(c, now.entry.region) || now.entry.region == c->site->region;
        if (is_district(c, now.entry.region))
            below = now;
        if (here && (best.confidence == 0 || now.entry.region > best.entry.region))
            best = now;
    }
    if (err != XZ_OK || best.confidence > 0)
        return err == XZ_OK ? qa_reviewed_give(c, &best) : err;
    return below.confidence > 0 && !c->region_chosen ? ask_district(c, &below, 1, 0) : XZ_OK;
}

/* No other entry is as near, and, where words alone decide, none has clearly more of what was said:
 * 驾照丢了 is not about the one that has run out, however likely the rest makes it. */
static bool nearest_alone(const struct qa_candidate *here, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (here[0].confidence - here[i].confidence < MARGIN ||
            (here[0].f[FEATURE_HAS_NEAR] == 0 &&
             here[i].f[FEATURE_CHARS_ENTRY] > here[0].f[FEATURE_CHARS_ENTRY] + CHARS_MARGIN))
            return false;
    return true;
}

/* As it was typed, and without the name of our own district, which the filter has taken. */
xz_err qa_listed(struct qa_case *c)
{
    xz_str plain = qa_without_places(c, c->text);
    xz_err err = exact_of(c, c->text);
    if (err == XZ_OK && !c->decided && plain.len != c->text.len)
        err = exact_of(c, plain);
    return err;
}

xz_err qa_reviewed(struct qa_case *c)
{
    struct qa_candidate list[QA_CANDIDATES_MAX], here[QA_CANDIDATES_MAX];
    size_t all, count = 0, offers = 0;
    xz_err err;

    if ((err = qa_listed(c)) != XZ_OK || c->decided)
        return err;
    if ((err = qa_candidates(c, !c->region_chosen, list, &all)) != XZ_OK)
        return err;
    for (size_t i = 0; i < all; i++)
        if (qa_in_chain(c, list[i].entry.region))
            here[count++] = list[i];
    double best = count ? here[0].confidence : 0;
    if (!c->region_chosen && ((err = ask_district(c, list, all, best)) != XZ_OK || c->decided))
        return err;
    bool alone = nearest_alone(here, count);
    if (count && best >= c->qa->threshold && alone && qa_may_answer(&here[0]))
        return qa_reviewed_give(c, &here[0]);
    /* Not sure enough to answer for the government, near enough to offer. */
    for (size_t i = 0; i < count && offers < OFFERS_MAX; i++)
        if (here[i].confidence >= OFFER_MIN && qa_may_offer(&here[i]))
            offers += qa_option_add(c, here[i].entry.title, here[i].entry.title, 0);
    c->best_reviewed = offers ? best : 0;
    c->best_entry = offers ? here[0].entry.id.v : 0;
    c->best_cover = offers ? here[0].f[FEATURE_COVER_SUPPORT] : 0;
    return XZ_OK;
}
