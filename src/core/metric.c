/* Counters, gauges and histograms as relaxed atomics, printed in the Prometheus text format.
 * Each has cache lines of its own: threads that count different things do not slow each other. */
#include "core/metric.h"

#include <stdatomic.h>

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

static const struct {
    const char *name;
    enum metric_kind kind;
    const char *help;
} rows[XZ_METRIC_COUNT] = {
#define XZ_ROW(id, name, kind, help) [XZ_M_##id] = { name, METRIC_##kind, help },
    XZ_METRIC_ROWS(XZ_ROW)
#undef XZ_ROW
};

static const struct {
    int64_t us;
    const char *seconds; /* as printed in the label le */
} buckets[] = {
    { 100, "0.0001" },  { 250, "0.00025" }, { 500, "0.0005" },  { 1000, "0.001" },
    { 2500, "0.0025" }, { 5000, "0.005" },  { 10000, "0.01" },  { 25000, "0.025" },
    { 50000, "0.05" },  { 100000, "0.1" },  { 250000, "0.25" }, { 500000, "0.5" },
    { 1000000, "1" },   { 2500000, "2.5" }, { 5000000, "5" },   { 10000000, "10" },
};

static struct {
    _Alignas(64) _Atomic int64_t value;               /* histogram: sum in microseconds */
    _Atomic int64_t in_bucket[XZ_COUNT(buckets) + 1]; /* not cumulative; last: +Inf */
} cells[XZ_METRIC_COUNT];

void xz_metric_add(enum xz_metric metric, int64_t delta)
{
    XZ_ASSERT((unsigned)metric < XZ_METRIC_COUNT && rows[metric].kind != METRIC_HISTOGRAM);
    XZ_ASSERT(delta >= 0 || rows[metric].kind == METRIC_GAUGE);
    atomic_fetch_add_explicit(&cells[metric].value, delta, memory_order_relaxed);
}

void xz_metric_set(enum xz_metric metric, int64_t value)
{
    XZ_ASSERT((unsigned)metric < XZ_METRIC_COUNT && rows[metric].kind == METRIC_GAUGE);
    atomic_store_explicit(&cells[metric].value, value, memory_order_relaxed);
}

void xz_metric_observe_us(enum xz_metric metric, int64_t us)
{
    size_t i = 0;

    XZ_ASSERT((unsigned)metric < XZ_METRIC_COUNT && rows[metric].kind == METRIC_HISTOGRAM);
    us = XZ_MAX(us, 0);
    while (i < XZ_COUNT(buckets) && us > buckets[i].us)
        i++;
    atomic_fetch_add_explicit(&cells[metric].in_bucket[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&cells[metric].value, us, memory_order_relaxed);
}

static int64_t cell_load(const _Atomic int64_t *cell)
{
    return atomic_load_explicit(cell, memory_order_relaxed);
}

int64_t xz_metric_value(enum xz_metric metric)
{
    XZ_ASSERT((unsigned)metric < XZ_METRIC_COUNT);
    if (rows[metric].kind != METRIC_HISTOGRAM)
        return cell_load(&cells[metric].value);
    int64_t count = 0;
    for (size_t i = 0; i < XZ_COUNT(cells[metric].in_bucket); i++)
        count += cell_load(&cells[metric].in_bucket[i]);
    return count;
}

/* The count is the sum of the buckets just printed, so that one scrape never contradicts itself
 * while other threads observe. */
static void print_histogram(struct xz_buf *out, enum xz_metric metric)
{
    int64_t count = 0;

    for (size_t i = 0; i <= XZ_COUNT(buckets); i++) {
        count += cell_load(&cells[metric].in_bucket[i]);
        xz_buf_addf(out, "%s_bucket{le=\"%s\"} %lld\n", rows[metric].name,
                    i < XZ_COUNT(buckets) ? buckets[i].seconds : "+Inf", (long long)count);
    }
    int64_t sum_us = cell_load(&cells[metric].value);
    xz_buf_addf(out, "%s_sum %lld.%06lld\n", rows[metric].name, (long long)(sum_us / 1000000),
                (long long)(sum_us % 1000000));
    xz_buf_addf(out, "%s_count %lld\n", rows[metric].name, (long long)count);
}

void xz_metric_print(struct xz_buf *out)
{
    static const char *const kinds[] = { "counter", "gauge", "histogram" };

    for (unsigned i = 0; i < XZ_METRIC_COUNT; i++) {
        xz_buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", rows[i].name, rows[i].help, rows[i].name,
                    kinds[rows[i].kind]);
        if (rows[i].kind == METRIC_HISTOGRAM)
            print_histogram(out, (enum xz_metric)i);
        else
            xz_buf_addf(out, "%s %lld\n", rows[i].name, (long long)cell_load(&cells[i].value));
    }
}
