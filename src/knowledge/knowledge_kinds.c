/* Names of kinds and levels, and the minutes of notices, for the importer and for xz-parse alike.
 */
#include "knowledge/halls.h"

static const struct {
    const char *name, *chinese;
} kind_names[] = {
    [XZ_ENTRY_LAW] = { "law", "法律法规" },     [XZ_ENTRY_POLICY] = { "policy", "政策文件" },
    [XZ_ENTRY_GUIDE] = { "guide", "办事指南" }, [XZ_ENTRY_ANSWER] = { "answer", "已审答复" },
    [XZ_ENTRY_NOTICE] = { "notice", "公告" },
};

bool xz_entry_kind_valid(int64_t kind)
{
    return kind > 0 && kind < XZ_ENTRY_KIND_COUNT && kind_names[kind].name;
}

const char *xz_entry_kind_name(enum xz_entry_kind kind)
{
    XZ_ASSERT(xz_entry_kind_valid(kind));
    return kind_names[kind].name;
}

bool xz_entry_kind_parse(xz_str name, enum xz_entry_kind *kind)
{
    for (size_t i = 1; i < XZ_COUNT(kind_names); i++) {
        if (!kind_names[i].name)
            continue;
        if (xz_str_eq(name, xz_str_from(kind_names[i].name)) ||
            xz_str_eq(name, xz_str_from(kind_names[i].chinese))) {
            *kind = (enum xz_entry_kind)i;
            return true;
        }
    }
    return false;
}

/* --- places of a hall --- */

static const struct {
    const char *name, *chinese;
} place_names[] = {
    [XZ_PLACE_WINDOW] = { "window", "窗口" },
    [XZ_PLACE_ENTRANCE] = { "entrance", "入口" },
    [XZ_PLACE_LIFT] = { "lift", "电梯" },
    [XZ_PLACE_STAIRS] = { "stairs", "楼梯" },
    [XZ_PLACE_TOILET] = { "toilet", "卫生间" },
    [XZ_PLACE_SELF_SERVICE] = { "self_service", "自助区" },
    [XZ_PLACE_DESK] = { "desk", "咨询台" },
    [XZ_PLACE_WAITING] = { "waiting", "等候区" },
    [XZ_PLACE_NURSERY] = { "nursery", "母婴室" },
    [XZ_PLACE_ACCESSIBLE] = { "accessible", "无障碍设施" },
    [XZ_PLACE_OTHER] = { "other", "其他" },
};
_Static_assert(XZ_COUNT(place_names) == XZ_PLACE_KIND_COUNT, "each kind of place has its names");

const char *xz_place_kind_name(enum xz_place_kind kind)
{
    XZ_ASSERT(kind > 0 && kind < XZ_PLACE_KIND_COUNT);
    return place_names[kind].name;
}

const char *xz_place_kind_chinese(enum xz_place_kind kind)
{
    XZ_ASSERT(kind > 0 && kind < XZ_PLACE_KIND_COUNT);
    return place_names[kind].chinese;
}

bool xz_place_kind_parse(xz_str chinese, enum xz_place_kind *kind)
{
    for (size_t i = 1; i < XZ_COUNT(place_names); i++)
        if (xz_str_eq(chinese, xz_str_from(place_names[i].chinese))) {
            *kind = (enum xz_place_kind)i;
            return true;
        }
    return false;
}

/* --- levels of a notice --- */

static const struct {
    const char *name, *chinese;
} level_names[] = {
    [XZ_NOTICE_RED] = { "red", "红" },       [XZ_NOTICE_ORANGE] = { "orange", "橙" },
    [XZ_NOTICE_YELLOW] = { "yellow", "黄" }, [XZ_NOTICE_BLUE] = { "blue", "蓝" },
    [XZ_NOTICE_PLAIN] = { "plain", "一般" },
};
_Static_assert(XZ_COUNT(level_names) == XZ_NOTICE_LEVEL_COUNT, "each level has its names");

const char *xz_notice_level_name(enum xz_notice_level level)
{
    XZ_ASSERT(level > 0 && level < XZ_NOTICE_LEVEL_COUNT);
    return level_names[level].name;
}

const char *xz_notice_level_chinese(enum xz_notice_level level)
{
    XZ_ASSERT(level > 0 && level < XZ_NOTICE_LEVEL_COUNT);
    return level_names[level].chinese;
}

bool xz_notice_level_parse(xz_str chinese, enum xz_notice_level *level)
{
    for (size_t i = 1; i < XZ_COUNT(level_names); i++)
        if (xz_str_eq(chinese, xz_str_from(level_names[i].chinese))) {
            *level = (enum xz_notice_level)i;
            return true;
        }
    return false;
}

/* --- minutes --- */

#define MINUTE_MS     INT64_C(60000)
#define DAY_MS        (1440 * MINUTE_MS)
#define CST_OFFSET_MS (480 * MINUTE_MS) /* China Standard Time is eight hours ahead */

/* Days from 1970-01-01, counted in years that begin in March: the leap day is then the last. */
static int64_t day_number(xz_date date)
{
    int64_t year = date / 10000, month = date / 100 % 100, day = date % 100;
    year -= month <= 2;
    int64_t era = year / 400, year_of_era = year % 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static bool two_digits(xz_str text, int64_t below, int64_t *value)
{
    return (text.len == 1 || text.len == 2) && text.ptr[0] != '-' && xz_str_to_int(text, value) &&
           *value < below;
}

bool xz_minute_parse(xz_str text, int64_t *ms)
{
    int64_t hour = 0, minute = 0;
    xz_date date;
    xz_str clock = xz_str_trim(text);
    xz_str day = xz_str_cut(&clock, ' ');

    if (!xz_date_parse(day, &date))
        return false;
    clock = xz_str_trim(clock);
    if (clock.len) {
        xz_str hours = xz_str_cut(&clock, ':');
        if (!two_digits(hours, 24, &hour) || clock.len != 2 || !two_digits(clock, 60, &minute))
            return false;
    }
    *ms = day_number(date) * DAY_MS + (hour * 60 + minute) * MINUTE_MS - CST_OFFSET_MS;
    return true;
}

xz_str xz_minute_format(struct xz_arena *arena, int64_t ms)
{
    int64_t minute = (ms + CST_OFFSET_MS) % DAY_MS / MINUTE_MS;
    xz_date date = xz_date_from_ms(ms);
    return xz_str_format(arena, "%d年%d月%d日%02d:%02d", date / 10000, date / 100 % 100, date % 100,
                         (int)(minute / 60), (int)(minute % 60));
}
