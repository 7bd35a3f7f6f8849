/* Time: milliseconds UTC from the clock one was handed, and calendar dates as yyyymmdd numbers in
 * China Standard Time (UTC+8, no summer time). */
#ifndef XZ_CORE_CLOCK_H
#define XZ_CORE_CLOCK_H

#include "core/str.h"

struct xz_clock {
    int64_t (*now_ms)(const struct xz_clock *clock); /* wall clock, UTC */
    _Atomic int64_t manual_ms;                       /* of a manual clock only */
};

extern const struct xz_clock xz_clock_system;
void xz_clock_manual_init(struct xz_clock *clock, int64_t now_ms); /* for tests */
void xz_clock_manual_set(struct xz_clock *clock, int64_t now_ms);
static inline int64_t xz_clock_now_ms(const struct xz_clock *clock)
{
    return clock->now_ms(clock);
}

/* Monotonic microseconds, for durations only. */
int64_t xz_time_monotonic_us(void);

/* A calendar day as the number yyyymmdd; 0 is "not known". */
typedef int32_t xz_date;
xz_date xz_date_from_ms(int64_t ms);
bool xz_date_valid(xz_date date); /* a real day of the Gregorian calendar, years 1900 .. 2999 */
/* Reads 2024-03-01, 2024/3/1, 2024.3.1, 20240301 and 2024年3月1日 (the whole text). */
bool xz_date_parse(xz_str text, xz_date *date);
/* "2024-03-01", or "" for 0. */
xz_str xz_date_format(struct xz_arena *arena, xz_date date);
/* "2024-03-01T08:00:00.123Z" */
xz_str xz_time_format(struct xz_arena *arena, int64_t ms);

#endif
