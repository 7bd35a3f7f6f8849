/* The growing buffer: its maximum, and the error that sticks. */
#include "core_test.h"

#include "core/buf.h"

static void appends_join_and_end_with_a_nul(void **unused)
{
    (void)unused;
    struct xz_buf buf;
    xz_buf_init(&buf, 1000);
    assert_str(xz_buf_str(&buf), "");
    xz_buf_add_lit(&buf, "工单");
    xz_buf_add_char(&buf, '#');
    xz_buf_add_int(&buf, -17);
    xz_buf_addf(&buf, " %s/%03d", "x", 5);
    xz_buf_add(&buf, XZ_STR_NONE);
    assert_str(xz_buf_str(&buf), "工单#-17 x/005");
    assert_int_equal(buf.ptr[buf.len], 0);
    assert_int_equal(buf.err, XZ_OK);
    xz_buf_fini(&buf);
}

static void integers_are_written_over_the_whole_range(void **unused)
{
    (void)unused;
    struct xz_buf buf;
    xz_buf_init(&buf, 1000);
    xz_buf_add_int(&buf, INT64_MIN);
    xz_buf_add_char(&buf, ' ');
    xz_buf_add_int(&buf, INT64_MAX);
    xz_buf_add_char(&buf, ' ');
    xz_buf_add_int(&buf, 0);
    assert_str(xz_buf_str(&buf), "-9223372036854775808 9223372036854775807 0");
    xz_buf_fini(&buf);
}

static void exactly_the_maximum_fits(void **unused)
{
    (void)unused;
    struct xz_buf buf;
    xz_buf_init(&buf, 5);
    xz_buf_add_lit(&buf, "abcde");
    assert_int_equal(buf.err, XZ_OK);
    xz_buf_addf(&buf, "%s", "");
    assert_int_equal(buf.err, XZ_OK);
    xz_buf_add_char(&buf, 'f');
    assert_int_equal(buf.err, XZ_E_LIMIT);
    assert_str(xz_buf_str(&buf), "abcde");
    xz_buf_fini(&buf);
}

static void what_does_not_fit_leaves_nothing_and_the_error_sticks(void **unused)
{
    (void)unused;
    struct xz_buf buf;
    xz_buf_init(&buf, 8);
    xz_buf_add_lit(&buf, "abcd");
    xz_buf_addf(&buf, "%d", 1234567);
    assert_int_equal(buf.err, XZ_E_LIMIT);
    assert_str(xz_buf_str(&buf), "abcd");
    assert_int_equal(buf.ptr[buf.len], 0);
    xz_buf_add_lit(&buf, "e"); /* would fit, but comes after the failure */
    xz_buf_addf(&buf, "e");
    assert_null(xz_buf_reserve(&buf, 1));
    assert_str(xz_buf_str(&buf), "abcd");
    assert_int_equal(buf.err, XZ_E_LIMIT);
    xz_buf_clear(&buf);
    assert_int_equal(buf.err, XZ_OK);
    xz_buf_add_lit(&buf, "efgh");
    assert_str(xz_buf_str(&buf), "efgh");
    xz_buf_fini(&buf);
}

static void a_buffer_of_maximum_zero_takes_nothing(void **unused)
{
    (void)unused;
    struct xz_buf buf;
    xz_buf_init(&buf, 0);
    xz_buf_add_lit(&buf, "");
    xz_buf_addf(&buf, "%s", "");
    assert_int_equal(buf.err, XZ_OK);
    xz_buf_add_char(&buf, 'x');
    assert_int_equal(buf.err, XZ_E_LIMIT);
    assert_str(xz_buf_str(&buf), "");
    xz_buf_fini(&buf);
}

static void growth_keeps_the_contents(void **unused)
{
    (void)unused;
    struct xz_buf buf;
    xz_buf_init(&buf, (size_t)MIB(1));
    for (int i = 0; i < 20000; i++)
        xz_buf_addf(&buf, "%05d,", i);
    assert_int_equal(buf.err, XZ_OK);
    assert_int_equal(buf.len, 120000);
    xz_str rest = xz_buf_str(&buf);
    for (int i = 0; i < 20000; i++) {
        int64_t value;
        assert_true(xz_str_to_int(xz_str_cut(&rest, ','), &value));
        assert_int_equal(value, i);
    }
    xz_buf_fini(&buf);
}

static void reserve_and_commit_write_in_place(void **unused)
{
    (void)unused;
    struct xz_buf buf;
    xz_buf_init(&buf, 100);
    xz_buf_commit(&buf, 0);
    char *to = xz_buf_reserve(&buf, 100);
    assert_non_null(to);
    memcpy(to, "hello", 5);
    xz_buf_commit(&buf, 5);
    assert_str(xz_buf_str(&buf), "hello");
    assert_null(xz_buf_reserve(&buf, 96));
    assert_int_equal(buf.err, XZ_E_LIMIT);
    xz_buf_fini(&buf);
}

static void dropping_the_front_keeps_the_tail(void **unused)
{
    (void)unused;
    struct xz_buf buf;
    xz_buf_init(&buf, 100);
    xz_buf_drop_front(&buf, 0);
    xz_buf_add_lit(&buf, "abcdef");
    xz_buf_drop_front(&buf, 2);
    assert_str(xz_buf_str(&buf), "cdef");
    xz_buf_drop_front(&buf, 4);
    assert_str(xz_buf_str(&buf), "");
    assert_int_equal(buf.ptr[0], 0);
    xz_buf_fini(&buf);
}

static void commit_more_than_reserved(void)
{
    struct xz_buf buf;
    xz_buf_init(&buf, 10);
    xz_buf_reserve(&buf, 10);
    xz_buf_commit(&buf, 11);
}

static void committing_more_than_there_is_ends_the_process(void **unused)
{
    (void)unused;
    assert_true(dies(commit_more_than_reserved));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_join_and_end_with_a_nul),
        cmocka_unit_test(integers_are_written_over_the_whole_range),
        cmocka_unit_test(exactly_the_maximum_fits),
        cmocka_unit_test(what_does_not_fit_leaves_nothing_and_the_error_sticks),
        cmocka_unit_test(a_buffer_of_maximum_zero_takes_nothing),
        cmocka_unit_test(growth_keeps_the_contents),
        cmocka_unit_test(reserve_and_commit_write_in_place),
        cmocka_unit_test(dropping_the_front_keeps_the_tail),
        cmocka_unit_test(committing_more_than_there_is_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
