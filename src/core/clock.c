/* Time and calendar dates. China Standard Time is a fixed UTC+8, so
 * no time-zone data is consulted. Working days and deadlines are the calendar's business. */
#define XZ_BANNED_OK
#include "core/clock.h"

#include <stdatomic.h>

#define MS_PER_DAY    INT64_C(86400000)
#define CST_OFFSET_MS INT64_C(28800000)
#define YEAR_MIN      1900
#define YEAR_MAX      2999

struct civil {
    int64_t year;
    int month, day;
};

static int64_t system_now_ms(const struct xz_clock *clock)
{
    struct timespec now;
    (void)clock;
    XZ_ASSERT(clock_gettime(CLOCK_REALTIME, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const struct xz_clock xz_clock_system = { .now_ms = system_now_ms };

static int64_t manual_now_ms(const struct xz_clock *clock)
{
    return atomic_load(&clock->manual_ms);
}

void xz_clock_manual_init(struct xz_clock *clock, int64_t now_ms)
{
    clock->now_ms = manual_now_ms;
    atomic_init(&clock->manual_ms, now_ms);
}

void xz_clock_manual_set(struct xz_clock *clock, int64_t now_ms)
{
    atomic_store(&clock->manual_ms, now_ms);
}

int64_t xz_time_monotonic_us(void)
{
    struct timespec now;
    XZ_ASSERT(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Days since 1970-01-01 to a date of the proleptic Gregorian calendar. Counted in 400-year eras
 * of years that begin in March, which puts the leap day last. */
static struct civil civil_from_days(int64_t days)
{
    days += 719468; /* from 0000-03-01 */
    int64_t era = floor_div(days, 146097);
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month_from_march = (int)((5 * day_of_year + 2) / 153);
    int day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    int month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    return (struct civil){ year_of_era + era * 400 + (month <= 2), month, day };
}

xz_date xz_date_from_ms(int64_t ms)
{
    const int64_t beyond_any_year = INT64_C(40000000000000); /* about 1267 years */
    if (ms < -beyond_any_year || ms > beyond_any_year)
        return 0;
    struct civil day = civil_from_days(floor_div(ms + CST_OFFSET_MS, MS_PER_DAY));
    if (day.year < YEAR_MIN || day.year > YEAR_MAX)
        return 0;
    return (xz_date)(day.year * 10000 + day.month * 100 + day.day);
}

bool xz_date_valid(xz_date date)
{
    static const int month_days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int year = date / 10000, month = date / 100 % 100, day = date % 100;

    if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= month_days[month - 1] + (leap && month == 2);
}

/* Cuts min to max digits and then `after` off the text. */
static bool cut_number(xz_str *text, size_t digits_min, size_t digits_max, xz_str after, int *value)
{
    size_t n = 0;
    *value = 0;
    while (n < text->len && n < digits_max && text->ptr[n] >= '0' && text->ptr[n] <= '9')
        *value = *value * 10 + (text->ptr[n++] - '0');
    *text = xz_str_sub(*text, n, text->len);
    if (n < digits_min || !xz_str_starts(*text, after))
        return false;
    *text = xz_str_sub(*text, after.len, text->len);
    return true;
}

bool xz_date_parse(xz_str text, xz_date *date)
{
    static const struct {
        xz_str after_year, after_month, after_day;
        size_t digits_min; /* of month and day */
    } forms[] = {
        { XZ_STR("-"), XZ_STR("-"), XZ_STR(""), 1 },
        { XZ_STR("/"), XZ_STR("/"), XZ_STR(""), 1 },
        { XZ_STR("."), XZ_STR("."), XZ_STR(""), 1 },
        { XZ_STR(""), XZ_STR(""), XZ_STR(""), 2 },
        { XZ_STR("年"), XZ_STR("月"), XZ_STR("日"), 1 },
    };

    for (size_t i = 0; i < XZ_COUNT(forms); i++) {
        xz_str rest = text;
        int year, month, day;
        if (!cut_number(&rest, 4, 4, forms[i].after_year, &year) ||
            !cut_number(&rest, forms[i].digits_min, 2, forms[i].after_month, &month) ||
            !cut_number(&rest, forms[i].digits_min, 2, forms[i].after_day, &day) || rest.len)
            continue;
        if (!xz_date_valid(year * 10000 + month * 100 + day))
            return false;
        *date = year * 10000 + month * 100 + day;
        return true;
    }
    return false;
}

xz_str xz_date_format(struct xz_arena *arena, xz_date date)
{
    if (!xz_date_valid(date))
        return XZ_STR_NONE;
    return xz_str_format(arena, "%04d-%02d-%02d", date / 10000, date / 100 % 100, date % 100);
}

xz_str xz_time_format(struct xz_arena *arena, int64_t ms)
{
    int64_t days = floor_div(ms, MS_PER_DAY);
    int rest = (int)(ms - days * MS_PER_DAY);
    struct civil day = civil_from_days(days);
    return xz_str_format(arena, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)day.year, day.month,
                         day.day, rest / 3600000, rest / 60000 % 60, rest / 1000 % 60, rest % 1000);
}
