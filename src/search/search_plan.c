/* From a question to what is looked for: weighted terms for the first stage, characters and phrases
 * for the second. The weights were measured on lay legal questions (see docs/BENCHMARKS.md). */
#include "search/search_internal.h"

#include <math.h>

#define WEIGHT_STOP       0.3f /* of a character in a word without a subject */
#define WEIGHT_WORD       0.1f /* dictionary words repeat what their bigrams say */
#define WEIGHT_HAN_NUMBER 0.5f /* a numeral in Han is counted by its bigrams too */
#define WEIGHT_CHARS      0.7f /* of all single characters against the pairs */
#define CHARS_FULL                                                                                 \
    30.0f /* of a long message every character hits: more than this many weigh less */
#define QUESTION_UNITS_MAX 512 /* of a longer text only the front is understood */

struct plan_term {
    struct search_term term;
    float worth; /* total weight times idf */
};

struct planner {
    struct search_plan *plan;
    struct xz_arena *arena;
    const struct search_snapshot *snapshot;
    const struct xz_search_query *query;
    uint16_t units[QUESTION_UNITS_MAX]; /* by character position, as in xz_term.pos */
    bool covered[QUESTION_UNITS_MAX];
    size_t unit_count;
    struct plan_term *terms; /* all of them; the plan takes the best */
    size_t term_count, term_room;
    xz_str used[SEARCH_PHRASES_MAX]; /* alternatives of earlier groups */
    size_t used_count;
};

int64_t search_df(const struct search_snapshot *snapshot, uint64_t hash)
{
    int64_t df = 0;
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct seg_term *term = search_segment_term(snapshot->refs[i].seg, hash);
        df += term ? search_term_df(term) : 0;
    }
    return df;
}

float search_idf(int64_t docs, int64_t df)
{
    double n = (double)XZ_MAX(docs, df), f = (double)df;
    return (float)log(1 + (n - f + 0.5) / (f + 0.5));
}

uint64_t search_pair_hash(struct search_pair pair)
{
    char text[8];
    size_t n = xz_utf8_put(pair.first, text);
    n += xz_utf8_put(pair.second, text + n);
    return xz_term_hash(XZ_TERM_BIGRAM, (xz_str){ text, n });
}

static size_t units_of(xz_str text, uint16_t *units, size_t room)
{
    size_t n = 0;
    for (size_t pos = 0; pos < text.len && n < room;) {
        uint32_t code = xz_text_fold(xz_utf8_next(text, &pos));
        if (code) /* unseen characters are no position, as in text/ */
            units[n++] = search_unit(code);
    }
    return n;
}

/* A term said twice counts once, with its larger weight. */
static void plan_term(struct planner *p, uint64_t hash, float main, float extra, bool sum)
{
    struct search_term *found = NULL;
    for (size_t i = 0; i < p->term_count && !found; i++)
        if (p->terms[i].term.hash == hash)
            found = &p->terms[i].term;
    if (!found) {
        if (p->term_count == p->term_room)
            return;
        found = &p->terms[p->term_count++].term;
        found->hash = hash;
    }
    float had = found->total - found->main;
    found->main = sum ? found->main + main : XZ_MAX(found->main, main);
    found->total = found->main + XZ_MAX(had, extra);
}

static float plan_weight(const struct planner *p, const struct xz_term *term)
{
    size_t at = term->pos;
    bool known = at + 1 < p->unit_count;
    bool first = at < p->unit_count && p->covered[at];
    bool second = known && p->covered[at + 1];
    switch ((enum xz_term_kind)term->kind) {
    case XZ_TERM_BIGRAM:
        return first && second ? WEIGHT_STOP : first || second ? (1 + WEIGHT_STOP) / 2 : 1;
    case XZ_TERM_CHAR:
        return first ? WEIGHT_STOP : 1;
    case XZ_TERM_WORD:
        return first ? 0 : WEIGHT_WORD;
    case XZ_TERM_NUMBER:
        return at < p->unit_count && search_unit_is_han(p->units[at]) ? WEIGHT_HAN_NUMBER : 1;
    case XZ_TERM_ASCII:
    case XZ_TERM_ARTICLE:
        break;
    }
    return 1;
}

static float plain_weight(const struct planner *p, const struct xz_term *term)
{
    bool han = term->pos < p->unit_count && search_unit_is_han(p->units[term->pos]);
    bool counts = term->kind == XZ_TERM_BIGRAM || term->kind == XZ_TERM_CHAR ||
                  term->kind == XZ_TERM_ASCII || (term->kind == XZ_TERM_NUMBER && !han);
    return counts ? 1 : 0;
}

/* An article label is one term: its parts would hit every 第X条. */
static bool plan_in_label(const struct xz_terms *terms, const struct xz_term *term)
{
    for (size_t i = 0; i < terms->count; i++) {
        const struct xz_term *label = &terms->items[i];
        if (label->kind == XZ_TERM_ARTICLE && term != label &&
            term->start < label->start + label->len && term->start + term->len > label->start)
            return true;
    }
    return false;
}

static void plan_question(struct planner *p)
{
    const struct xz_lexicon *lexicon = p->query->plain_bigrams ? NULL : p->snapshot->lexicon;
    xz_str text = xz_utf8_head(p->query->text, QUESTION_UNITS_MAX);
    struct xz_terms terms = xz_terms_of(p->arena, lexicon, text);
    p->unit_count = units_of(text, p->units, QUESTION_UNITS_MAX);
    search_stop_cover(p->units, p->unit_count, p->covered);
    p->term_room = terms.count + (size_t)SEARCH_PHRASES_MAX * SEARCH_PHRASE_PAIRS_MAX;
    p->terms = XZ_NEW(p->arena, struct plan_term, p->term_room);
    for (size_t i = 0; i < terms.count; i++) {
        bool plain = p->query->plain_bigrams;
        float weight = plain ? plain_weight(p, &terms.items[i]) : plan_weight(p, &terms.items[i]);
        if (weight > 0 && (plain || !plan_in_label(&terms, &terms.items[i])))
            plan_term(p, terms.items[i].hash, weight, 0, plain);
    }
}

static void plan_chars(struct planner *p)
{
    struct search_plan *plan = p->plan;
    for (size_t i = 0; i < p->unit_count; i++) {
        float weight = p->covered[i] ? WEIGHT_STOP : 1;
        size_t k = 0;
        if (!search_unit_is_han(p->units[i]))
            continue;
        while (k < plan->char_count && plan->chars[k].unit != p->units[i])
            k++;
        if (k == SEARCH_CHARS_MAX)
            continue;
        plan->chars[k].unit = p->units[i];
        plan->chars[k].weight = XZ_MAX(plan->chars[k].weight, weight);
        plan->char_count = XZ_MAX(plan->char_count, k + 1);
    }
    float sum = 0;
    for (size_t k = 0; k < plan->char_count; k++)
        sum += plan->chars[k].weight;
    float scale = WEIGHT_CHARS * (sum > CHARS_FULL ? CHARS_FULL / sum : 1);
    for (size_t k = 0; k < plan->char_count; k++)
        plan->chars[k].weight *= scale;
}

/* The index of a pair in the plan, SEARCH_PAIRS_MAX when there is no room. */
static size_t plan_pair(struct search_plan *plan, struct search_pair pair)
{
    for (size_t i = 0; i < plan->pair_count; i++)
        if (plan->pairs[i].first == pair.first && plan->pairs[i].second == pair.second)
            return i;
    if (plan->pair_count == SEARCH_PAIRS_MAX)
        return SEARCH_PAIRS_MAX;
    plan->pairs[plan->pair_count] = pair;
    return plan->pair_count++;
}

/* Adds the distinct pairs of `text` as a phrase; false when it has none, does not fit, or is an
 * alternative that no passage can hold. */
static bool plan_phrase(struct planner *p, xz_str text, bool own)
{
    struct search_plan *plan = p->plan;
    struct search_phrase phrase = { .group = (uint8_t)plan->group_count, .own = own };
    uint16_t units[SEARCH_PHRASE_PAIRS_MAX + 1];
    size_t n = units_of(text, units, XZ_COUNT(units));
    for (size_t i = 0; i + 1 < n; i++) {
        if (!search_unit_is_han(units[i]) || !search_unit_is_han(units[i + 1]))
            continue;
        struct search_pair both = { units[i], units[i + 1] };
        if (!own && !search_df(p->snapshot, search_pair_hash(both)))
            return false;
        size_t pair = plan_pair(plan, both);
        if (pair == SEARCH_PAIRS_MAX)
            return false;
        if (!memchr(phrase.pairs, (int)pair, phrase.count))
            phrase.pairs[phrase.count++] = (uint8_t)pair;
    }
    if (!phrase.count || plan->phrase_count == SEARCH_PHRASES_MAX)
        return false;
    plan->phrases[plan->phrase_count++] = phrase;
    for (size_t i = 0; i < phrase.count && !own; i++)
        plan_term(p, search_pair_hash(plan->pairs[phrase.pairs[i]]), 0,
                  1 / sqrtf((float)phrase.count), false);
    return true;
}

static bool plan_is_new(const struct planner *p, xz_str other, xz_str question)
{
    for (size_t i = 0; i < p->used_count; i++)
        if (xz_str_eq(p->used[i], other))
            return false;
    return xz_str_find(question, other) == XZ_STR_NPOS;
}

struct plan_synonym {
    struct planner *planner;
    xz_str question;
};

static void plan_group(xz_str word, size_t start, const xz_str *others, size_t count, void *arg)
{
    const struct plan_synonym *call = arg;
    struct planner *p = call->planner;
    bool any = false;
    (void)start;
    for (size_t i = 0; i < count && p->plan->group_count < UINT8_MAX; i++) {
        if (p->used_count == SEARCH_PHRASES_MAX || !plan_is_new(p, others[i], call->question))
            continue;
        p->used[p->used_count++] = others[i];
        any |= plan_phrase(p, others[i], false);
    }
    if (any) {
        (void)plan_phrase(p, word, true);
        p->plan->group_count++;
    }
}

static int by_worth(const void *a, const void *b)
{
    const struct plan_term *x = a, *y = b;
    if (x->worth != y->worth)
        return x->worth < y->worth ? 1 : -1;
    return (x->term.hash > y->term.hash) - (x->term.hash < y->term.hash);
}

/* Keeps the terms that can move a score most. */
static void plan_choose(struct planner *p)
{
    size_t kept = 0;
    for (size_t i = 0; i < p->term_count; i++) {
        int64_t df = search_df(p->snapshot, p->terms[i].term.hash);
        p->terms[i].term.idf = search_idf(p->snapshot->docs, df);
        p->terms[i].worth = p->terms[i].term.total * p->terms[i].term.idf;
        if (df)
            p->terms[kept++] = p->terms[i];
    }
    qsort(p->terms, kept, sizeof p->terms[0], by_worth);
    p->plan->term_count = XZ_MIN(kept, (size_t)SEARCH_TERMS_MAX);
    for (size_t i = 0; i < p->plan->term_count; i++)
        p->plan->terms[i] = p->terms[i].term;
}

struct search_plan *search_plan_make(struct xz_arena *arena, const struct search_snapshot *snapshot,
                                     const struct xz_search_query *query)
{
    struct planner *p = XZ_NEW(arena, struct planner, 1);
    p->plan = XZ_NEW(arena, struct search_plan, 1);
    p->arena = arena;
    p->snapshot = snapshot;
    p->query = query;
    plan_question(p);
    if (!query->plain_bigrams) {
        plan_chars(p);
        if (query->synonyms) {
            xz_str head = xz_utf8_head(query->text, QUESTION_UNITS_MAX);
            struct plan_synonym call = { p, xz_text_normalise(arena, head) };
            xz_synonyms_find(query->synonyms, call.question, plan_group, &call);
        }
    }
    plan_choose(p);
    return p->plan;
}
