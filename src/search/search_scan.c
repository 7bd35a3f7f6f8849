/* First stage: the best candidates by BM25 over all segments. Documents are taken in windows whose
 * sums fit the L1 cache. Within a window, lists are ordered by the most they can still give there
 * (their block maxima); those that together cannot lift a document over the worst candidate kept
 * are only looked up for documents found by the others, and a window where nothing can is skipped.
 * The result is exactly that of scoring everything. */
#include "search/search_internal.h"

#include <math.h>

/* Where less than one document in so many passes, each is asked for before anything is summed. */
#define SCAN_FEW 8

struct scan_list {
    struct search_cursor cursor;
    float main, total;   /* factors of the part of BM25 that depends on the document */
    uint32_t window_max; /* the most it can give in the current window, 0: nothing there */
};

struct scan_window {
    uint32_t from, count;
    uint32_t passing;
    uint64_t bits[SEARCH_WINDOW / 64];
};

struct scan_work {
    struct search_scan *scan;
    const struct search_segment *seg;
    uint32_t ref;
    struct search_norm norm;
    float bound_factor; /* block maxima were made with another average length */
    struct scan_list *lists;
    struct scan_list *order[SEARCH_TERMS_MAX];
    size_t list_count;
    struct scan_window window;
    uint64_t sums[SEARCH_WINDOW]; /* low half: all terms, high half: the asker's own */
    uint16_t picked[SEARCH_WINDOW];
};

/* ---- candidates: a heap whose first is the worst kept ---- */

static bool candidate_worse(const struct search_candidate *a, const struct search_candidate *b)
{
    return a->score != b->score ? a->score < b->score : a->id > b->id;
}

static void heap_sift(struct search_candidate *heap, size_t count, size_t at)
{
    struct search_candidate moving = heap[at];
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= count)
            break;
        if (child + 1 < count && candidate_worse(&heap[child + 1], &heap[child]))
            child++;
        if (!candidate_worse(&heap[child], &moving))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moving;
}

static void heap_offer(struct search_scan *scan, struct search_candidate candidate)
{
    if (scan->count < scan->wanted) {
        scan->found[scan->count++] = candidate;
        if (scan->count == scan->wanted)
            for (size_t i = scan->count; i-- > 0;)
                heap_sift(scan->found, scan->count, i);
        return;
    }
    if (!candidate_worse(&scan->found[0], &candidate))
        return;
    scan->found[0] = candidate;
    heap_sift(scan->found, scan->count, 0);
}

/* A score below this cannot be among the candidates any more. */
static uint32_t heap_threshold(const struct search_scan *scan)
{
    return scan->count == scan->wanted && !scan->plain ? scan->found[0].score : 0;
}

/* ---- lists ---- */

/* One more than nothing for every hit, so that it differs from no hit. */
static inline uint64_t list_give(const struct scan_work *w, const struct scan_list *list,
                                 uint32_t doc, uint32_t body, uint32_t title)
{
    float length = search_length(w->seg->length[doc]);
    float part = search_part(search_tf(body, title), w->norm, length);
    return ((uint64_t)(uint32_t)(part * list->main) << 32) + (uint32_t)(part * list->total) + 1;
}

static uint32_t list_most(const struct scan_work *w, const struct scan_list *list, float bound)
{
    if (w->scan->plain)
        return 1; /* block maxima are of other parameters: nothing is skipped */
    bound *= w->bound_factor;
    if (!(bound < 1)) /* no part of BM25 is larger, whatever the file says */
        bound = 1;
    return (uint32_t)ceilf(bound * list->total) + 2;
}

/* Sets the window's maximum of a list and moves it to its first block there. */
static void list_enter(const struct scan_work *w, struct scan_list *list)
{
    struct search_cursor *c = &list->cursor;
    uint32_t end = w->window.from + w->window.count;
    float bound = 0;
    while (c->seek < c->blocks && search_cursor_head(c, c->seek).last < w->window.from)
        c->seek++;
    for (uint32_t b = c->seek; b < c->blocks; b++) {
        if (b && search_cursor_head(c, b - 1).last + 1 >= end)
            break;
        bound = XZ_MAX(bound, search_cursor_head(c, b).bound);
    }
    list->window_max = bound != 0 ? list_most(w, list, bound) : 0;
}

/* Whether any document first .. last (in the window) may take part. */
static bool window_any(const struct scan_window *window, uint32_t first, uint32_t last)
{
    first = XZ_MAX(first, window->from) - window->from;
    last = XZ_MIN(last - window->from, window->count - 1);
    uint64_t head = ~UINT64_C(0) << (first & 63), tail = ~UINT64_C(0) >> (63 - (last & 63));
    if (first / 64 == last / 64)
        return window->bits[first / 64] & head & tail;
    if ((window->bits[first / 64] & head) || (window->bits[last / 64] & tail))
        return true;
    for (uint32_t w = first / 64 + 1; w < last / 64; w++)
        if (window->bits[w])
            return true;
    return false;
}

/* Adds postings lo .. hi-1 of the loaded block: all documents of it in the window. Step by step
 * over plain arrays, so that the compiler takes several at a time; the sums are those of
 * list_give(). */
static void block_add(struct scan_work *w, const struct scan_list *list, uint32_t lo, uint32_t hi)
{
    const struct search_cursor *c = &list->cursor;
    uint32_t n = hi - lo, lengths[SEARCH_BLOCK], main[SEARCH_BLOCK], total[SEARCH_BLOCK];
    const uint32_t *docs = c->docs + lo;
    const uint16_t *bodies = c->body + lo;
    const uint8_t *titles = c->title + lo;
    struct search_norm norm = w->norm;
    uint64_t *sums = w->sums;
    for (uint32_t i = 0; i < n; i++)
        memcpy(&lengths[i], &w->seg->length[docs[i]], sizeof lengths[i]);
    for (uint32_t i = 0; i < n; i++) {
        struct seg_length length;
        memcpy(&length, &lengths[i], sizeof length);
        float part = search_part(search_tf(bodies[i], titles[i]), norm, search_length(length));
        /* Below 2^31: a factor is at most some hundred times 65,536. */
        main[i] = (uint32_t)(int32_t)(part * list->main);
        total[i] = (uint32_t)(int32_t)(part * list->total);
    }
    for (uint32_t i = 0; i < n; i++)
        sums[docs[i] - w->window.from] += ((uint64_t)main[i] << 32) + total[i] + 1;
}

/* The same where few documents pass: the others need no sum. */
static void block_add_few(struct scan_work *w, const struct scan_list *list, uint32_t lo,
                          uint32_t hi)
{
    const struct search_cursor *c = &list->cursor;
    for (uint32_t i = lo; i < hi; i++) {
        uint32_t at = c->docs[i] - w->window.from;
        if (w->window.bits[at >> 6] >> (at & 63) & 1)
            w->sums[at] += list_give(w, list, c->docs[i], c->body[i], c->title[i]);
    }
}

/* Adds a list's postings in the window. Blocks that only hold documents shut out are not decoded.
 */
static void list_add(struct scan_work *w, struct scan_list *list)
{
    struct search_cursor *c = &list->cursor;
    uint32_t from = w->window.from, end = from + w->window.count;
    bool few = w->window.passing < w->window.count / SCAN_FEW;
    uint32_t first = c->seek ? search_cursor_head(c, c->seek - 1).last + 1 : 0;
    for (uint32_t b = c->seek; b < c->blocks && first < end; b++) {
        uint32_t last = search_cursor_head(c, b).last, before = first;
        first = last + 1;
        if (last < from || before > last || !window_any(&w->window, before, last) ||
            !search_cursor_load(c, b))
            continue;
        uint32_t lo = c->pos, hi;
        while (lo < c->count && c->docs[lo] < from)
            lo++;
        for (hi = last < end ? c->count : lo; hi < c->count && c->docs[hi] < end;)
            hi++;
        c->pos = hi; /* the next window goes on here */
        if (few)
            block_add_few(w, list, lo, hi);
        else
            block_add(w, list, lo, hi);
    }
}

/* Adds what a list gives to the picked documents only. */
static void list_look_up(struct scan_work *w, struct scan_list *list, size_t picked)
{
    struct search_cursor *c = &list->cursor;
    uint32_t from = w->window.from, block = c->seek, i = 0;
    for (size_t k = 0; k < picked; k++) {
        uint32_t doc = from + w->picked[k];
        uint32_t was = block;
        while (block < c->blocks && search_cursor_head(c, block).last < doc)
            block++;
        if (block == c->blocks)
            return;
        if (block != was)
            i = 0;
        if (!search_cursor_load(c, block))
            continue;
        while (i < c->count && c->docs[i] < doc)
            i++;
        if (i < c->count && c->docs[i] == doc)
            w->sums[doc - from] += list_give(w, list, doc, c->body[i], c->title[i]);
    }
}

/* ---- a window ---- */

static void window_order(struct scan_work *w, size_t *count)
{
    size_t n = 0;
    for (size_t i = 0; i < w->list_count; i++) {
        struct scan_list *list = &w->lists[i];
        size_t at = n;
        list_enter(w, list);
        if (!list->window_max)
            continue;
        for (; at > 0 && w->order[at - 1]->window_max > list->window_max; at--)
            w->order[at] = w->order[at - 1];
        w->order[at] = list;
        n++;
    }
    *count = n;
}

static uint32_t sum_of(uint64_t sum)
{
    return (uint32_t)sum;
}

/* Picks documents that may take part, were found and can still reach the threshold. Most words of
 * the window hold none: they are seen as a whole first. */
static size_t window_pick(struct scan_work *w, uint32_t rest, uint32_t threshold)
{
    size_t picked = 0;
    uint32_t least = threshold > rest ? threshold - rest : 1;
    for (uint32_t word = 0; word < (w->window.count + 63) / 64; word++) {
        const uint64_t *sums = w->sums + word * 64;
        uint64_t bits = w->window.bits[word];
        uint32_t any = 0;
        if (bits == 0)
            continue;
        for (uint32_t i = 0; i < 64; i++)
            any |= sum_of(sums[i]) >= least;
        if (!any)
            continue;
        for (; bits; bits &= bits - 1) {
            uint32_t i = (uint32_t)__builtin_ctzll(bits);
            w->picked[picked] = (uint16_t)(word * 64 + i);
            picked += sum_of(sums[i]) >= least;
        }
    }
    return picked;
}

static void window_offer(struct scan_work *w, size_t picked)
{
    for (size_t k = 0; k < picked; k++) {
        uint64_t sum = w->sums[w->picked[k]];
        uint32_t doc = w->window.from + w->picked[k];
        if (sum_of(sum) < heap_threshold(w->scan)) /* it has risen since: spares a look at the id */
            continue;
        heap_offer(w->scan, (struct search_candidate){ sum_of(sum), (uint32_t)(sum >> 32), w->ref,
                                                       doc, w->seg->id[doc] });
    }
}

static void window_scan(struct scan_work *w)
{
    size_t count, first = 0;
    uint32_t rest = 0, threshold = heap_threshold(w->scan);
    window_order(w, &count);
    /* Lists before `first` together stay below the threshold. */
    while (first < count && rest + w->order[first]->window_max < threshold)
        rest += w->order[first++]->window_max;
    if (first == count)
        return;
    memset(w->sums, 0, (w->window.count + 63) / 64 * 64 * sizeof w->sums[0]);
    for (size_t i = first; i < count; i++)
        list_add(w, w->order[i]);
    size_t picked = window_pick(w, rest, threshold);
    while (first-- > 0 && picked) {
        size_t kept = 0;
        list_look_up(w, w->order[first], picked);
        rest -= w->order[first]->window_max;
        for (size_t k = 0; k < picked; k++) {
            w->picked[kept] = w->picked[k];
            kept += sum_of(w->sums[w->picked[k]]) + rest >= threshold;
        }
        picked = kept;
    }
    window_offer(w, picked);
}

/* ---- a segment ---- */

static void segment_lists(struct scan_work *w)
{
    const struct search_scan *scan = w->scan;
    float k1 = SEARCH_K1 + 1;
    w->list_count = 0;
    for (size_t t = 0; t < scan->plan->term_count; t++) {
        const struct search_term *term = &scan->plan->terms[t];
        const struct seg_term *found = search_segment_term(w->seg, term->hash);
        struct scan_list *list = &w->lists[w->list_count];
        if (!found)
            continue;
        search_cursor_open(&list->cursor, w->seg, found);
        if (!list->cursor.blocks)
            continue;
        list->main = term->main * term->idf * k1 * SEARCH_SCALE;
        list->total = term->total * term->idf * k1 * SEARCH_SCALE;
        w->list_count++;
    }
}

static void segment_scan(struct scan_work *w, const struct search_ref *ref)
{
    struct search_gate gate;
    double average = w->scan->snapshot->average;
    w->seg = ref->seg;
    if (!search_gate_open(&gate, ref, w->scan->filter))
        return;
    segment_lists(w);
    w->norm = w->scan->plain
                  ? search_norm_make(SEARCH_K1, SEARCH_PLAIN_B, w->scan->snapshot->plain_average)
                  : search_norm_make(SEARCH_K1, SEARCH_B, average);
    float built = w->seg->head->bound_average;
    w->bound_factor = 1.00001f *
                      (built > 0 ? XZ_MAX(1.0f, (float)(average / (double)built)) : 1.0f);
    if (!w->list_count)
        return;
    for (uint32_t from = gate.first / SEARCH_WINDOW * SEARCH_WINDOW; from < gate.last;
         from += SEARCH_WINDOW) {
        if (w->scan->deadline_us && xz_time_monotonic_us() > w->scan->deadline_us) {
            w->scan->late = true;
            return;
        }
        w->window.from = from;
        w->window.count = XZ_MIN(gate.last - from, (uint32_t)SEARCH_WINDOW);
        w->window.passing = search_gate_window(&gate, from, w->window.count, w->window.bits);
        if (w->window.passing)
            window_scan(w);
    }
}

static int ref_order(const void *a, const void *b, void *arg)
{
    const struct search_snapshot *s = arg;
    uint32_t x = s->refs[*(const uint32_t *)a].seg->head->docs;
    uint32_t y = s->refs[*(const uint32_t *)b].seg->head->docs;
    return (x < y) - (x > y);
}

void search_scan_run(struct search_scan *scan, struct xz_arena *arena)
{
    const struct search_snapshot *s = scan->snapshot;
    struct scan_work *w = XZ_NEW(arena, struct scan_work, 1);
    uint32_t *order = XZ_NEW(arena, uint32_t, s->count + 1);
    w->scan = scan;
    w->lists = XZ_NEW(arena, struct scan_list, scan->plan->term_count + 1);
    scan->found = XZ_NEW(arena, struct search_candidate, scan->wanted);
    scan->count = 0;
    for (size_t i = 0; i < s->count; i++)
        order[i] = (uint32_t)i;
    /* Large segments first: the threshold rises early. */
    qsort_r(order, s->count, sizeof order[0], ref_order, (void *)s);
    for (size_t i = 0; i < s->count && !scan->late; i++) {
        w->ref = order[i];
        segment_scan(w, &s->refs[order[i]]);
    }
}
