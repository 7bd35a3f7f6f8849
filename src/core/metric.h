/* Counters, gauges and histograms. Rows in core/metric_rows.h; printed at /metrics in the
 * Prometheus text format. Any thread, no locks. */
#ifndef XZ_CORE_METRIC_H
#define XZ_CORE_METRIC_H

#include "core/buf.h"
#include "core/metric_rows.h"

enum xz_metric {
#define XZ_ROW(id, name, kind, help) XZ_M_##id,
    XZ_METRIC_ROWS(XZ_ROW)
#undef XZ_ROW
        XZ_METRIC_COUNT
};

void xz_metric_add(enum xz_metric metric, int64_t delta);     /* counter or gauge */
void xz_metric_set(enum xz_metric metric, int64_t value);     /* gauge */
void xz_metric_observe_us(enum xz_metric metric, int64_t us); /* histogram of durations */
int64_t xz_metric_value(enum xz_metric metric);               /* histogram: its count */
void xz_metric_print(struct xz_buf *out);

#endif
