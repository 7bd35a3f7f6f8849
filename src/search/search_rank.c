/* Second stage: candidates are ordered anew by what only their text shows: single characters, whole
 * alternatives of the asker's words, and how well the rest of their document answers. Scans the
 * folded text of each candidate once. */
#include "search/search_internal.h"

#include <math.h>

#define WEIGHT_DOCUMENT 0.5f
#define DOCUMENT_BEST   5    /* passages of a document that speak for it */
#define PAIR_SLOTS      1024 /* powers of two, four times what they hold at most: */
#define CHAR_SLOTS      1024 /* most probes find nothing at once */

struct rank_weights {
    const struct search_plan *plan;
    uint64_t char_bits[UINT16_MAX / 64 + 1]; /* units worth a look: most are not */
    uint64_t pair_bits[UINT16_MAX / 64 + 1];
    uint16_t char_key[CHAR_SLOTS]; /* the unit, 0 free */
    uint8_t char_index[CHAR_SLOTS];
    float char_scale[SEARCH_CHARS_MAX]; /* weight * idf * (k1 + 1) */
    uint32_t pair_key[PAIR_SLOTS];      /* first << 16 | second, 0 free */
    uint8_t pair_index[PAIR_SLOTS];
    float pair_scale[SEARCH_PAIRS_MAX];
    struct search_norm norm, han_norm;
};

struct rank_counts {
    uint16_t chars[SEARCH_CHARS_MAX];
    uint16_t pairs[SEARCH_PAIRS_MAX];
    uint32_t han;
};

static size_t pair_slot(uint32_t key)
{
    return (key * 0x9e3779b1u) >> 22 & (PAIR_SLOTS - 1);
}

static void bit_set(uint64_t *bits, uint16_t unit)
{
    bits[unit >> 6] |= UINT64_C(1) << (unit & 63);
}

static bool bit_get(const uint64_t *bits, uint16_t unit)
{
    return bits[unit >> 6] >> (unit & 63) & 1;
}

static size_t char_slot(uint16_t unit)
{
    return (unit * 0x9e3779b1u) >> 22 & (CHAR_SLOTS - 1);
}

static void weigh_char(struct rank_weights *w, size_t index, uint16_t unit, float scale)
{
    size_t at = char_slot(unit);
    while (w->char_key[at])
        at = (at + 1) & (CHAR_SLOTS - 1);
    bit_set(w->char_bits, unit);
    w->char_key[at] = unit;
    w->char_index[at] = (uint8_t)index;
    w->char_scale[index] = scale;
}

static void weigh_pair(struct rank_weights *w, size_t index, struct search_pair pair, float scale)
{
    uint32_t key = (uint32_t)pair.first << 16 | pair.second;
    size_t at = pair_slot(key);
    while (w->pair_key[at])
        at = (at + 1) & (PAIR_SLOTS - 1);
    bit_set(w->pair_bits, pair.first);
    bit_set(w->pair_bits, pair.second);
    w->pair_key[at] = key;
    w->pair_index[at] = (uint8_t)index;
    w->pair_scale[index] = scale;
}

static struct rank_weights *rank_weights_make(const struct search_scan *scan,
                                              struct xz_arena *arena)
{
    const struct search_snapshot *s = scan->snapshot;
    const struct search_plan *plan = scan->plan;
    struct rank_weights *w = XZ_NEW(arena, struct rank_weights, 1);
    w->plan = plan;
    w->norm = search_norm_make(SEARCH_K1, SEARCH_B, s->average);
    w->han_norm = search_norm_make(SEARCH_K1, SEARCH_B, s->han_average);
    for (size_t i = 0; i < plan->char_count; i++) {
        const struct search_char *c = &plan->chars[i];
        int64_t df = search_df(s, search_unit_hash(c->unit));
        weigh_char(w, i, c->unit, c->weight * search_idf(s->docs, df) * (SEARCH_K1 + 1));
    }
    for (size_t i = 0; i < plan->pair_count; i++) {
        int64_t df = search_df(s, search_pair_hash(plan->pairs[i]));
        weigh_pair(w, i, plan->pairs[i], search_idf(s->docs, df) * (SEARCH_K1 + 1));
    }
    return w;
}

static void count_pair(const struct rank_weights *w, uint32_t key, struct rank_counts *counts)
{
    for (size_t at = pair_slot(key); w->pair_key[at]; at = (at + 1) & (PAIR_SLOTS - 1)) {
        if (w->pair_key[at] == key) {
            counts->pairs[w->pair_index[at]]++;
            return;
        }
    }
}

static void count_char(const struct rank_weights *w, uint16_t unit, struct rank_counts *counts)
{
    for (size_t at = char_slot(unit); w->char_key[at]; at = (at + 1) & (CHAR_SLOTS - 1)) {
        if (w->char_key[at] == unit) {
            counts->chars[w->char_index[at]]++;
            return;
        }
    }
}

static void count_units(const struct rank_weights *w, const uint16_t *units, size_t n,
                        struct rank_counts *counts)
{
    uint16_t before = 0; /* the unit before, when it may begin a pair */
    for (size_t i = 0; i < n; i++) {
        uint16_t unit = units[i];
        counts->han += search_unit_is_han(unit);
        if (bit_get(w->char_bits, unit))
            count_char(w, unit, counts);
        if (!bit_get(w->pair_bits, unit)) {
            before = 0;
            continue;
        }
        if (before)
            count_pair(w, (uint32_t)before << 16 | unit, counts);
        before = unit;
    }
}

static float score_chars(const struct rank_weights *w, const struct rank_counts *counts)
{
    float sum = 0;
    for (size_t i = 0; i < w->plan->char_count; i++)
        if (counts->chars[i])
            sum += w->char_scale[i] *
                   search_part((float)counts->chars[i], w->han_norm, (float)counts->han);
    return sum;
}

/* A phrase's pairs, longer phrases damped; *whole: all of them are there. */
static float score_phrase(const struct rank_weights *w, const struct rank_counts *counts,
                          const struct search_phrase *phrase, float length, bool *whole)
{
    float sum = 0;
    *whole = true;
    for (size_t i = 0; i < phrase->count; i++) {
        uint8_t pair = phrase->pairs[i];
        *whole &= counts->pairs[pair] > 0;
        sum += w->pair_scale[pair] * search_part((float)counts->pairs[pair], w->norm, length);
    }
    return sum / sqrtf((float)phrase->count);
}

/* Per group: by how much the best alternative says more than the asker's own word. */
static float score_groups(const struct rank_weights *w, const struct rank_counts *counts,
                          float length)
{
    float sum = 0, best = 0, own = 0;
    for (size_t i = 0; i < w->plan->phrase_count; i++) {
        const struct search_phrase *phrase = &w->plan->phrases[i];
        bool whole;
        float score = score_phrase(w, counts, phrase, length, &whole);
        if (phrase->own)
            own = score;
        else if (whole)
            best = XZ_MAX(best, score);
        if (i + 1 == w->plan->phrase_count || phrase[1].group != phrase->group) {
            sum += XZ_MAX(0.0f, best - own);
            best = own = 0;
        }
    }
    return sum;
}

static float score_text(const struct rank_weights *w, const struct search_segment *seg,
                        uint32_t doc)
{
    struct rank_counts counts = { 0 };
    uint32_t from = seg->text_at[doc];
    count_units(w, seg->text + from, seg->text_at[doc + 1] - from, &counts);
    return score_chars(w, &counts) + score_groups(w, &counts, search_length(seg->length[doc]));
}

static int by_score(const void *a, const void *b)
{
    const struct search_ranked *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x->id > y->id) - (x->id < y->id);
}

struct rank_document {
    int64_t entry;
    uint32_t taken, passages;
    float best[DOCUMENT_BEST]; /* descending */
};

static void document_take(struct rank_document *document, float score)
{
    size_t at = XZ_MIN(document->taken, (uint32_t)DOCUMENT_BEST - 1);
    if (document->taken++ >= DOCUMENT_BEST && document->best[at] >= score)
        return;
    for (; at > 0 && document->best[at - 1] < score; at--)
        document->best[at] = document->best[at - 1];
    document->best[at] = score;
}

/* Adds to each passage what the best ones of its document say. */
static void add_documents(const struct search_snapshot *s, struct search_ranked *ranked,
                          size_t count, struct xz_arena *arena)
{
    size_t room = 64;
    while (room < count * 2)
        room *= 2;
    struct rank_document *table = XZ_NEW(arena, struct rank_document, room);
    uint32_t *slot = XZ_NEW(arena, uint32_t, count);
    for (size_t i = 0; i < count; i++) {
        const struct search_segment *seg = s->refs[ranked[i].ref].seg;
        int64_t entry = seg->entry[ranked[i].doc];
        size_t at = ((uint64_t)entry * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (room - 1);
        while (table[at].taken && table[at].entry != entry)
            at = (at + 1) & (room - 1);
        if (!table[at].taken) {
            const struct seg_run *run = search_segment_run(seg, entry);
            table[at].entry = entry;
            table[at].passages = run ? XZ_MAX(run->count, 1u) : 1;
        }
        document_take(&table[at], ranked[i].score);
        slot[i] = (uint32_t)at;
    }
    for (size_t i = 0; i < count; i++) {
        const struct rank_document *document = &table[slot[i]];
        float sum = 0;
        for (size_t k = 0; k < DOCUMENT_BEST; k++)
            sum += document->best[k];
        /* Short guides have fewer passages to speak for them and are not to suffer for it. */
        ranked[i].score += WEIGHT_DOCUMENT * sum /
                           (float)XZ_MIN(document->passages, (uint32_t)DOCUMENT_BEST);
    }
}

struct search_ranked *search_rank(const struct search_scan *scan, struct xz_arena *arena)
{
    struct search_ranked *ranked = XZ_NEW(arena, struct search_ranked, scan->count);
    const struct rank_weights *w = scan->plain ? NULL : rank_weights_make(scan, arena);
    for (size_t i = 0; i < scan->count; i++) {
        const struct search_candidate *c = &scan->found[i];
        ranked[i] = (struct search_ranked){ (float)c->score / SEARCH_SCALE, c->ref, c->doc, c->id };
        if (w)
            ranked[i].score = (float)c->main / SEARCH_SCALE +
                              score_text(w, scan->snapshot->refs[c->ref].seg, c->doc);
    }
    if (w)
        add_documents(scan->snapshot, ranked, scan->count, arena);
    qsort(ranked, scan->count, sizeof ranked[0], by_score);
    return ranked;
}
