/* Clocks, calendar dates and their written forms. */
#include "core_test.h"

#include "core/clock.h"

static struct xz_arena *arena;

static int make_arena(void **unused)
{
    (void)unused;
    arena = xz_arena_create(4096);
    return 0;
}

static int drop_arena(void **unused)
{
    (void)unused;
    xz_arena_destroy(arena);
    return 0;
}

static void a_manual_clock_shows_what_it_was_set_to(void **unused)
{
    (void)unused;
    struct xz_clock clock;
    xz_clock_manual_init(&clock, 1000);
    assert_int_equal(xz_clock_now_ms(&clock), 1000);
    xz_clock_manual_set(&clock, 999);
    assert_int_equal(xz_clock_now_ms(&clock), 999);
}

static void the_system_clock_is_past_2024_and_durations_do_not_run_back(void **unused)
{
    (void)unused;
    assert_true(xz_clock_now_ms(&xz_clock_system) > INT64_C(1704067200000));
    int64_t before = xz_time_monotonic_us();
    assert_true(xz_time_monotonic_us() >= before);
}

static void the_day_changes_at_midnight_in_china(void **unused)
{
    (void)unused;
    const int64_t midnight = INT64_C(1709222400000); /* 2024-02-29T16:00:00Z */
    assert_int_equal(xz_date_from_ms(midnight - 1), 20240229);
    assert_int_equal(xz_date_from_ms(midnight), 20240301);
    assert_int_equal(xz_date_from_ms(0), 19700101);
    assert_int_equal(xz_date_from_ms(-INT64_C(28800001)), 19691231);
}

static void days_outside_the_known_years_are_not_known(void **unused)
{
    (void)unused;
    assert_int_equal(xz_date_from_ms(INT64_MAX), 0);
    assert_int_equal(xz_date_from_ms(INT64_MIN), 0);
    assert_int_equal(xz_date_from_ms(-INT64_C(2209017600000)), 19000101);
    assert_int_equal(xz_date_from_ms(-INT64_C(2209017600001)), 0);
    assert_int_equal(xz_date_from_ms(INT64_C(32503651199999)), 29991231);
    assert_int_equal(xz_date_from_ms(INT64_C(32503651200000)), 0);
}

static void every_day_follows_the_one_before(void **unused)
{
    (void)unused;
    xz_date before = 19000101;
    for (int64_t day = -25566; day < 376000; day++) {
        xz_date date = xz_date_from_ms(day * 86400000);
        assert_true(xz_date_valid(date));
        bool next_day = date == before + 1;
        bool next_month = date % 100 == 1 && date / 100 == before / 100 + 1 && before % 100 >= 28;
        bool next_year = date % 10000 == 101 && date / 10000 == before / 10000 + 1 &&
                         before % 10000 == 1231;
        assert_true(next_day || next_month || next_year);
        assert_true(!next_month || !xz_date_valid(before + 1));
        before = date;
    }
}

static void only_real_days_are_valid(void **unused)
{
    (void)unused;
    static const xz_date good[] = { 19000101, 20240229, 20000229, 29991231, 20230430 };
    static const xz_date bad[] = { 0,        -1,       20230229,  19000229,  21000229,
                                   20240431, 20241301, 20240001,  20240100,  20240132,
                                   18991231, 30000101, INT32_MAX, INT32_MIN, -20240101 };
    for (size_t i = 0; i < XZ_COUNT(good); i++)
        assert_true(xz_date_valid(good[i]));
    for (size_t i = 0; i < XZ_COUNT(bad); i++)
        assert_false(xz_date_valid(bad[i]));
}

static void every_written_form_is_read(void **unused)
{
    (void)unused;
    static const char *const forms[] = { "2024-03-01", "2024/3/1",      "2024/03/01",
                                         "2024.3.1",   "20240301",      "2024年3月1日",
                                         "2024-3-1",   "2024年03月01日" };
    for (size_t i = 0; i < XZ_COUNT(forms); i++) {
        xz_date date = 0;
        assert_true(xz_date_parse(xz_str_from(forms[i]), &date));
        assert_int_equal(date, 20240301);
    }
    xz_date leap = 0;
    assert_true(xz_date_parse(XZ_STR("2024年2月29日"), &leap));
    assert_int_equal(leap, 20240229);
}

static void what_is_not_a_whole_real_date_is_refused(void **unused)
{
    (void)unused;
    static const char *const bad[] = { "",
                                       "2023-02-29",
                                       "2024-03-01 ",
                                       " 2024-03-01",
                                       "2024-03",
                                       "2024",
                                       "2024-3/1",
                                       "24-03-01",
                                       "2024年3月1",
                                       "2024年3月",
                                       "2024031",
                                       "202403011",
                                       "2024--03-1",
                                       "2024-13-01",
                                       "2024-00-10",
                                       "2024-03-32",
                                       "2024-003-01",
                                       "-2024-03-01",
                                       "1899-12-31",
                                       "3000-01-01",
                                       "2024-03-01T00",
                                       "二〇二四年三月一日" };
    for (size_t i = 0; i < XZ_COUNT(bad); i++) {
        xz_date date = 7;
        assert_false(xz_date_parse(xz_str_from(bad[i]), &date));
        assert_int_equal(date, 7);
    }
}

static void dates_are_written_as_they_are_read(void **unused)
{
    (void)unused;
    assert_str(xz_date_format(arena, 20240301), "2024-03-01");
    assert_str(xz_date_format(arena, 0), "");
    assert_str(xz_date_format(arena, 20230229), "");
    xz_date again = 0;
    assert_true(xz_date_parse(xz_date_format(arena, 19000101), &again));
    assert_int_equal(again, 19000101);
}

static void times_are_written_in_utc_with_milliseconds(void **unused)
{
    (void)unused;
    assert_str(xz_time_format(arena, 0), "1970-01-01T00:00:00.000Z");
    assert_str(xz_time_format(arena, INT64_C(1709251200123)), "2024-03-01T00:00:00.123Z");
    assert_str(xz_time_format(arena, -1), "1969-12-31T23:59:59.999Z");
    assert_str(xz_time_format(arena, INT64_C(951782399999)), "2000-02-28T23:59:59.999Z");
    assert_str(xz_time_format(arena, INT64_C(951782400000)), "2000-02-29T00:00:00.000Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_manual_clock_shows_what_it_was_set_to),
        cmocka_unit_test(the_system_clock_is_past_2024_and_durations_do_not_run_back),
        cmocka_unit_test(the_day_changes_at_midnight_in_china),
        cmocka_unit_test(days_outside_the_known_years_are_not_known),
        cmocka_unit_test(every_day_follows_the_one_before),
        cmocka_unit_test(only_real_days_are_valid),
        cmocka_unit_test(every_written_form_is_read),
        cmocka_unit_test(what_is_not_a_whole_real_date_is_refused),
        cmocka_unit_test(dates_are_written_as_they_are_read),
        cmocka_unit_test(times_are_written_in_utc_with_milliseconds),
    };
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
