/* One search from question to hits: plan, first stage, second stage, folding of versions. */
#include "search/search_internal.h"

#include "core/metric.h"

#define HITS_MAX 1000
/* Candidates of the second stage. 200 settle the best ten (R@10 is the same with 500); fewer cost a
 * little quality, more only serve those who ask for more. */
#define CANDIDATES_PER_HIT 20
#define CANDIDATES_MIN     100
#define CANDIDATES_MAX     500

static const struct xz_search_filter filter_public;

static size_t find_wanted(const struct xz_search_query *query)
{
    if (query->plain_bigrams)
        return query->hits_max;
    size_t wanted = XZ_MAX(query->hits_max * CANDIDATES_PER_HIT, (size_t)CANDIDATES_MIN);
    return XZ_MAX(XZ_MIN(wanted, (size_t)CANDIDATES_MAX), query->hits_max);
}

static struct search_scan find_scan(const struct search_snapshot *snapshot, struct xz_arena *arena,
                                    const struct xz_search_query *query)
{
    struct search_scan scan = {
        .snapshot = snapshot,
        .plan = search_plan_make(arena, snapshot, query),
        .filter = query->filter ? query->filter : &filter_public,
        .plain = query->plain_bigrams,
        .wanted = find_wanted(query),
    };
    if (query->budget_ms > 0)
        scan.deadline_us = xz_time_monotonic_us() + query->budget_ms * 1000;
    search_scan_run(&scan, arena);
    return scan;
}

/* Of the versions of one law only the one with the best hit stays. */
static bool find_is_other_version(const struct xz_search_hit *hits, size_t count, uint64_t family,
                                  int64_t entry)
{
    for (size_t i = 0; i < count && family; i++)
        if (hits[i].attr.family == family && hits[i].entry != entry)
            return true;
    return false;
}

static size_t find_hits(const struct search_scan *scan, const struct search_ranked *ranked,
                        const struct xz_search_query *query, struct xz_search_hit *hits)
{
    size_t n = 0;
    for (size_t i = 0; i < scan->count && n < query->hits_max; i++) {
        const struct search_segment *seg = scan->snapshot->refs[ranked[i].ref].seg;
        uint32_t doc = ranked[i].doc;
        if (query->fold_families &&
            find_is_other_version(hits, n, seg->family[doc], seg->entry[doc]))
            continue;
        hits[n++] = (struct xz_search_hit){ seg->id[doc], seg->entry[doc], ranked[i].score,
                                            search_attr(seg, doc) };
    }
    return n;
}

xz_err xz_search_find(struct xz_search_index *index, struct xz_arena *arena,
                      const struct xz_search_query *query, struct xz_search_hit **hits,
                      size_t *count)
{
    struct search_slot *slot;
    int64_t began_us = xz_time_monotonic_us();
    *hits = NULL;
    *count = 0;
    if (query->hits_max < 1 || query->hits_max > HITS_MAX)
        return xz_fail(XZ_E_INPUT, "一次检索的条数应为 1 到 1000");
    const struct search_snapshot *snapshot = search_acquire(index, &slot);
    struct search_scan scan = find_scan(snapshot, arena, query);
    const struct search_ranked *ranked = search_rank(&scan, arena);
    *hits = XZ_NEW(arena, struct xz_search_hit, query->hits_max);
    *count = find_hits(&scan, ranked, query, *hits);
    search_release(slot);
    xz_metric_add(XZ_M_SEARCHES, 1);
    xz_metric_observe_us(XZ_M_SEARCH_SECONDS, xz_time_monotonic_us() - began_us);
    return scan.late ? xz_fail(XZ_E_BUSY, "检索超时，请稍后再试") : XZ_OK;
}
