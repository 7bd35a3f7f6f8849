/* No reviewed answer: the clauses themselves. An article that was named is shown as it stands; else
 * the best passages in force here and today, the more local first; else one question back, or an
 * honest refusal with what was nearest. */
#include "qa/qa_internal.h"

#define HITS 16
/* A clause is evidence only when it speaks of this much of the question's weight. */
#define COVER_MIN 0.55
/* Sharing this much of the single characters says nothing yet. */
#define CHARS_FLOOR 0.6
/* Weaker evidence beside the best is left out. */
#define SHARE_MIN 0.72
#define UNDATED   0.75f
/* Above this the nearest reviewed questions are likelier what is meant than clauses that merely
 * share words; clauses then must speak of nearly all of the question. */
#define OFFER_LIKELY 0.4
#define COVER_SURE   0.8
/* Clauses that speak of so much more of the question than the nearest reviewed answer win. */
#define COVER_AHEAD 0.2

void qa_filter_set(const struct qa_case *c, struct xz_search_filter *filter, uint32_t kinds)
{
    *filter = (struct xz_search_filter){
        .visibility_mask = xz_actor_visibility_mask(&c->ask->actor),
        .region_count = c->chain_count,
        .on = c->today,
        .kind_mask = kinds,
    };
    memcpy(filter->regions, c->chain, c->chain_count * sizeof(c->chain[0]));
}

/* --- a section of the guide that the dialogue is about --- */

static xz_err guide_of_focus(struct qa_case *c, struct xz_entry *guide)
{
    xz_err err = xz_entry_get(c->tx, c->arena, &c->ask->actor, (xz_entry_id){ c->focus }, guide);
    if (err == XZ_OK && guide->kind == XZ_ENTRY_ANSWER && guide->related.len)
        err = xz_entry_find_code(c->tx, c->arena, &c->ask->actor, guide->related, guide);
    if (err == XZ_OK && guide->kind != XZ_ENTRY_GUIDE)
        err = XZ_E_MISSING;
    return err;
}

static xz_err section_quote(struct qa_case *c, const struct xz_entry *guide, bool *found)
{
    struct xz_clause *clauses;
    size_t count;
    xz_err err = xz_clause_list(c->tx, c->arena, guide->id, 0, 40, &clauses, &count);

    *found = false;
    for (size_t i = 0; i < count && err == XZ_OK; i++) {
        if (!xz_str_eq(clauses[i].label, xz_str_from(qa_aspects[c->aspect].section)))
            continue;
        *found = true;
        err = qa_source_add(c, guide->id.v, clauses[i].id.v);
    }
    return err;
}

xz_err qa_section(struct qa_case *c)
{
    struct xz_entry guide;
    bool found;
    xz_err err;

    if (!c->section_wanted || !c->focus)
        return XZ_OK;
    err = guide_of_focus(c, &guide);
    if (err == XZ_E_MISSING)
        return XZ_OK;
    if (err != XZ_OK || (err = section_quote(c, &guide, &found)) != XZ_OK || !found)
        return err;
    c->answer->kind = XZ_ANSWER_QUOTED;
    c->answer->confidence = 0.95;
    c->new_focus = guide.id.v;
    c->decided = true;
    return XZ_OK;
}

/* --- passages --- */

/* Deeper in the asker's chain is more local. */
static size_t locality(const struct qa_case *c, uint32_t region)
{
    for (size_t i = c->chain_count; i-- > 0;)
        if (c->chain[i] == region)
            return i;
    return 0;
}

/* How much of the question title and text of a clause speak of: by weighed terms and their
 * synonyms, or nearly all of its characters. */
xz_err qa_hit_cover(struct qa_case *c, const struct xz_search_hit *hit, double *share)
{
    struct qa_view view = qa_view_of(c);
    struct xz_source source;
    struct xz_buf buf;
    xz_err err = qa_source_load(&view, hit->entry, hit->id, &source);

    *share = 0;
    if (err != XZ_OK)
        return err == XZ_E_MISSING ? XZ_OK : err;
    xz_buf_init(&buf, KIB(128));
    const xz_str parts[] = { source.entry.title, source.entry.aliases, source.clause.path,
                             source.clause.label, source.clause.body };
    for (size_t i = 0; i < XZ_COUNT(parts); i++) {
        xz_buf_add(&buf, parts[i]);
        xz_buf_add_char(&buf, '\n');
    }
    struct qa_set set = qa_set_of(c->arena, xz_buf_str(&buf));
    bool other_year = qa_year_conflicts(c->text, 0, XZ_STR_NONE, xz_buf_str(&buf)) > 0;
    xz_buf_fini(&buf);
    if (other_year)
        return XZ_OK; /* of 2025 is asked: what 2027 brings is no evidence */
    double terms = qa_cover(qa_asked_make(c), &set, NULL);
    double chars = qa_chars_cover(qa_asked_make(c), &set);
    *share = XZ_MAX(terms, (chars - CHARS_FLOOR) / (1 - CHARS_FLOOR));
    return XZ_OK;
}

static int score_compare(const void *a, const void *b)
{
    const struct xz_search_hit *x = a, *y = b;
    return x->score > y->score ? -1 : x->score < y->score;
}

/* Text of which nobody knows since when it applies (a case report, a note) is a weaker basis. */
static void undated_down(struct xz_search_hit *hits, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!hits[i].attr.from)
            hits[i].score *= UNDATED;
    if (count)
        qsort(hits, count, sizeof(*hits), score_compare);
}

static void sort_local_first(const struct qa_case *c, struct xz_search_hit *hits, size_t count)
{
    /* Near ties only: a far better national text is not buried under a weak local one. */
    for (size_t i = 1; i < count; i++) {
        struct xz_search_hit moving = hits[i];
        size_t at = i;
        while (at > 0 && moving.score >= 0.85f * hits[at - 1].score &&
               locality(c, moving.attr.region) > locality(c, hits[at - 1].attr.region)) {
            hits[at] = hits[at - 1];
            at--;
        }
        hits[at] = moving;
    }
}

/* A clause that was cut in two is shown with its other half. */
static xz_err neighbours_add(struct qa_case *c, const struct xz_search_hit *hit)
{
    struct xz_clause clause, *next;
    size_t count;
    xz_err err = xz_clause_get(c->tx, c->arena, (xz_clause_id){ hit->id }, &clause);
    if (err != XZ_OK)
        return err == XZ_E_MISSING ? XZ_OK : err;
    if ((err = xz_clause_list(c->tx, c->arena, clause.entry, clause.ordinal + 1, 1, &next,
                              &count)) != XZ_OK)
        return err;
    bool open = xz_str_ends(clause.body, XZ_STR("：")) || xz_str_ends(clause.body, XZ_STR(":"));
    bool goes_on = count && xz_str_find(next[0].label, XZ_STR("（续）")) != XZ_STR_NPOS;
    if (count && (open || goes_on))
        err = qa_source_add(c, hit->entry, next[0].id.v);
    return err;
}

/* The guide's section that the question's turn of phrase asks for, unless the passage found says
 * more of the question: 残疾人证有效期多久 is not about how long the office takes. */
static xz_err section_instead(struct qa_case *c, const struct xz_search_hit *hit, bool *found)
{
    struct xz_entry guide;
    double of_hit, of_section;
    xz_err err;

    *found = false;
    if (hit->attr.kind != XZ_ENTRY_GUIDE || c->aspect == ASPECT_NONE)
        return XZ_OK;
    if ((err = xz_entry_get(c->tx, c->arena, &c->ask->actor, (xz_entry_id){ hit->entry },
                            &guide)) != XZ_OK ||
        (err = section_quote(c, &guide, found)) != XZ_OK || !*found)
        return err == XZ_E_MISSING ? XZ_OK : err;
    struct xz_search_hit section = *hit;
    section.id = c->answer->sources[0].clause.id.v;
    if ((err = qa_hit_cover(c, hit, &of_hit)) != XZ_OK ||
        (err = qa_hit_cover(c, &section, &of_section)) != XZ_OK)
        return err;
    if (of_section + 0.1 < of_hit) {
        c->answer->source_count = 0;
        *found = false;
    }
    return XZ_OK;
}

static xz_err hits_quote(struct qa_case *c, const struct xz_search_hit *hits, size_t count)
{
    bool found;
    xz_err err = section_instead(c, &hits[0], &found);

    if (err != XZ_OK || found)
        return err;
    for (size_t i = 0; i < count && i < 3; i++) {
        if (hits[i].score < (float)SHARE_MIN * hits[0].score)
            break;
        /* The other sections of a guide are on its card. */
        if (i && hits[i].attr.kind == XZ_ENTRY_GUIDE && hits[i].entry == hits[0].entry)
            continue;
        if ((err = qa_source_add(c, hits[i].entry, hits[i].id)) != XZ_OK ||
            (err = neighbours_add(c, &hits[i])) != XZ_OK)
            return err;
    }
    return XZ_OK;
}

/* The asker said no district, and the best text is of one: ask which. */
static xz_err district_asked(struct qa_case *c, float city_score)
{
    struct xz_search_filter filter;
    struct xz_search_query query = { .text = c->text,
                                     .filter = &filter,
                                     .synonyms = xz_knowledge_synonyms(c->qa->knowledge),
                                     .hits_max = HITS,
                                     .budget_ms = 200,
                                     .fold_families = true };
    struct xz_search_hit *hits;
    size_t count;
    xz_err err;

    if (c->region_chosen)
        return XZ_OK;
    qa_filter_set(c, &filter, XZ_KIND_MASK_CLAUSES);
    filter.region_count = 0;
    err = xz_search_find(xz_knowledge_index(c->qa->knowledge), c->arena, &query, &hits, &count);
    if (err != XZ_OK && err != XZ_E_BUSY)
        return err;
    for (size_t i = 0; i < count; i++) {
        int64_t code = hits[i].attr.region;
        double share;
        if (!code || code == c->site->region || !qa_region_is_own(c->site, code) ||
            xz_region_find(c->site, c->site->region) == NULL || hits[i].score <= 1.25f * city_score)
            continue;
        const struct xz_region *region = xz_region_find(c->site, code);
        if ((err = qa_hit_cover(c, &hits[i], &share)) != XZ_OK)
            return err;
        if (share >= COVER_MIN && region->parent != 0)
            qa_option_add(c, region->name, XZ_STR_NONE, code);
    }
    bool districts = false;
    for (size_t i = 0; i < c->answer->option_count; i++)
        districts |= c->answer->options[i].region != 0;
    if (!districts)
        return XZ_OK;
    c->answer->kind = XZ_ANSWER_CLARIFY;
    c->answer->confidence = 0.6;
    c->lead = XZ_STR("各区规定不同，请问您在哪个区？选择后即可查看当地的规定。");
    c->decided = true;
    return XZ_OK;
}

xz_err qa_retrieve(struct qa_case *c)
{
    struct xz_search_filter filter;
    struct xz_search_query query = { .text = c->text,
                                     .filter = &filter,
                                     .synonyms = xz_knowledge_synonyms(c->qa->knowledge),
                                     .hits_max = HITS,
                                     .budget_ms = 500,
                                     .fold_families = true };
    struct xz_search_hit *hits;
    size_t count;
    double share = 0;
    xz_err err;

    if (xz_utf8_chars(xz_question_key(c->arena, c->text)) < 2) {
        qa_refuse(c, XZ_STR_NONE); /* a letter or a digit is no question */
        return XZ_OK;
    }
    qa_filter_set(c, &filter, XZ_KIND_MASK_CLAUSES);
    err = xz_search_find(xz_knowledge_index(c->qa->knowledge), c->arena, &query, &hits, &count);
    if (err != XZ_OK && err != XZ_E_BUSY)
        return err;
    if ((err = district_asked(c, count ? hits[0].score : 0)) != XZ_OK || c->decided)
        return err;
    undated_down(hits, count);
    sort_local_first(c, hits, count);
    if (count && (err = qa_hit_cover(c, &hits[0], &share)) != XZ_OK)
        return err;
    bool offers_likelier = c->best_reviewed >= OFFER_LIKELY && c->best_cover + COVER_AHEAD > share;
    if (count && share >= (offers_likelier ? COVER_SURE : COVER_MIN)) {
        if ((err = hits_quote(c, hits, count)) != XZ_OK)
            return err;
        c->answer->kind = XZ_ANSWER_QUOTED;
        c->answer->confidence = XZ_MIN(share, 0.9);
        c->answer->option_count = 0;
        c->new_focus = hits[0].entry;
        c->decided = c->answer->source_count > 0;
    }
    return XZ_OK;
}
