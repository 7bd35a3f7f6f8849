/* Metrics: counting from many threads and the Prometheus text. */
#include "core_test.h"

#include <pthread.h>

#include "core/metric.h"

static struct xz_buf page;

static int start(void **unused)
{
    (void)unused;
    xz_buf_init(&page, (size_t)MIB(1));
    return 0;
}

static int stop(void **unused)
{
    (void)unused;
    xz_buf_fini(&page);
    return 0;
}

static bool printed(const char *part)
{
    return xz_str_find(xz_buf_str(&page), xz_str_from(part)) != XZ_STR_NPOS;
}

static void counters_add_and_gauges_move_both_ways(void **unused)
{
    (void)unused;
    xz_metric_add(XZ_M_WRITES, 2);
    xz_metric_add(XZ_M_WRITES, 3);
    assert_int_equal(xz_metric_value(XZ_M_WRITES), 5);
    xz_metric_add(XZ_M_CONNECTIONS, 7);
    xz_metric_add(XZ_M_CONNECTIONS, -3);
    assert_int_equal(xz_metric_value(XZ_M_CONNECTIONS), 4);
    xz_metric_set(XZ_M_CONNECTIONS, -1);
    xz_metric_print(&page);
    assert_true(printed("# HELP xz_store_writes_total changes made durable\n"
                        "# TYPE xz_store_writes_total counter\n"
                        "xz_store_writes_total 5\n"));
    assert_true(printed("# TYPE xz_http_connections gauge\nxz_http_connections -1\n"));
}

static void a_histogram_prints_cumulative_buckets_sum_and_count(void **unused)
{
    (void)unused;
    xz_metric_observe_us(XZ_M_SEARCH_SECONDS, 100);      /* on the border: belongs to it */
    xz_metric_observe_us(XZ_M_SEARCH_SECONDS, 101);      /* next bucket */
    xz_metric_observe_us(XZ_M_SEARCH_SECONDS, 4000);     /* le 0.005 */
    xz_metric_observe_us(XZ_M_SEARCH_SECONDS, 11000000); /* beyond the last */
    xz_metric_observe_us(XZ_M_SEARCH_SECONDS, -5);       /* counted as 0 */
    assert_int_equal(xz_metric_value(XZ_M_SEARCH_SECONDS), 5);
    xz_metric_print(&page);
    assert_true(printed("# TYPE xz_search_duration_seconds histogram\n"
                        "xz_search_duration_seconds_bucket{le=\"0.0001\"} 2\n"
                        "xz_search_duration_seconds_bucket{le=\"0.00025\"} 3\n"));
    assert_true(printed("xz_search_duration_seconds_bucket{le=\"0.0025\"} 3\n"
                        "xz_search_duration_seconds_bucket{le=\"0.005\"} 4\n"));
    assert_true(printed("xz_search_duration_seconds_bucket{le=\"10\"} 4\n"
                        "xz_search_duration_seconds_bucket{le=\"+Inf\"} 5\n"
                        "xz_search_duration_seconds_sum 11.004201\n"
                        "xz_search_duration_seconds_count 5\n"));
}

static void every_row_is_described_once(void **unused)
{
    (void)unused;
    static const char *const names[] = {
#define XZ_ROW(id, name, kind, help) name,
        XZ_METRIC_ROWS(XZ_ROW)
#undef XZ_ROW
    };
    xz_metric_print(&page);
    assert_int_equal(page.err, XZ_OK);
    for (size_t i = 0; i < XZ_COUNT(names); i++) {
        char line[200];
        snprintf(line, sizeof(line), "# TYPE %s ", names[i]);
        xz_str text = xz_buf_str(&page);
        size_t at = xz_str_find(text, xz_str_from(line));
        assert_true(at != XZ_STR_NPOS);
        text = xz_str_sub(text, at + 1, text.len);
        assert_true(xz_str_find(text, xz_str_from(line)) == XZ_STR_NPOS);
    }
}

static void *count_much(void *arg)
{
    for (int i = 0; i < 10000; i++) {
        xz_metric_add(XZ_M_SEARCHES, 1);
        xz_metric_observe_us(XZ_M_COMMIT_SECONDS, i);
    }
    return arg;
}

static void no_count_is_lost_between_threads(void **unused)
{
    (void)unused;
    pthread_t threads[4];
    int64_t before = xz_metric_value(XZ_M_SEARCHES);
    for (size_t i = 0; i < XZ_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_much, NULL), 0);
    for (size_t i = 0; i < XZ_COUNT(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(xz_metric_value(XZ_M_SEARCHES) - before, 40000);
    assert_int_equal(xz_metric_value(XZ_M_COMMIT_SECONDS), 40000);
}

static void lower_a_counter(void)
{
    xz_metric_add(XZ_M_WRITES, -1);
}

static void set_a_counter(void)
{
    xz_metric_set(XZ_M_WRITES, 1);
}

static void a_counter_cannot_be_set_or_lowered(void **unused)
{
    (void)unused;
    assert_true(dies(lower_a_counter));
    assert_true(dies(set_a_counter));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, start, stop)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(counters_add_and_gauges_move_both_ways),
        TEST(a_histogram_prints_cumulative_buckets_sum_and_count),
        TEST(every_row_is_described_once),
        TEST(no_count_is_lost_between_threads),
        TEST(a_counter_cannot_be_set_or_lowered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
