/* The log: one event is one line, and what is personal does not get into it. */
#include "core_test.h"

#include <pthread.h>

#include "core/buf.h"
#include "core/log.h"

static struct xz_buf lines;

static void collect(xz_str line, void *arg)
{
    xz_buf_add(arg, line);
    xz_buf_add_char(arg, '\n');
}

static int start(void **unused)
{
    (void)unused;
    xz_buf_init(&lines, (size_t)MIB(8));
    xz_log_sink_set(collect, &lines);
    xz_log_level_set(XZ_LOG_INFO);
    return 0;
}

static int stop(void **unused)
{
    (void)unused;
    xz_log_sink_set(NULL, NULL);
    xz_buf_fini(&lines);
    return 0;
}

static bool logged(const char *part)
{
    return xz_str_find(xz_buf_str(&lines), xz_str_from(part)) != XZ_STR_NPOS;
}

static void a_line_starts_with_time_level_and_event(void **unused)
{
    (void)unused;
    XZ_LOG(READY, XZ_LF_STR(ADDRESS, XZ_STR("127.0.0.1")), XZ_LF_INT(PORT, 8012));
    xz_str line = xz_buf_str(&lines);
    assert_str(xz_str_sub(line, 24, line.len),
               " level=info event=app.ready address=127.0.0.1 port=8012\n");
    assert_int_equal(line.ptr[10], 'T');
    assert_int_equal(line.ptr[23], 'Z');
    assert_memory_equal(line.ptr, "20", 2);
}

static void a_citizens_words_are_dropped(void **unused)
{
    (void)unused;
    XZ_LOG(REFUSED, XZ_LF_INT(STATUS, 400), XZ_LF_STR(QUESTION, XZ_STR("我的低保停了")),
           XZ_LF_INT(QUESTION, 4711));
    assert_true(logged(" status=400\n"));
    assert_false(logged("question"));
    assert_false(logged("低保"));
    assert_false(logged("4711"));
}

static void a_personal_value_is_hashed_the_same_way_each_time(void **unused)
{
    (void)unused;
    XZ_LOG(REFUSED, XZ_LF_STR(PHONE, XZ_STR("13800138000")));
    XZ_LOG(REFUSED, XZ_LF_INT(PHONE, INT64_C(13800138000)));
    XZ_LOG(REFUSED, XZ_LF_STR(PHONE, XZ_STR("13800138001")));
    assert_false(logged("138001"));
    xz_str hashes[3], rest = xz_buf_str(&lines);
    for (int i = 0; i < 3; i++) {
        xz_str line = xz_str_cut(&rest, '\n');
        size_t at = xz_str_find(line, XZ_STR(" phone="));
        assert_true(at != XZ_STR_NPOS);
        hashes[i] = xz_str_sub(line, at + 7, line.len);
        assert_int_equal(hashes[i].len, 8);
        for (size_t k = 0; k < 8; k++)
            assert_non_null(memchr("0123456789abcdef", hashes[i].ptr[k], 16));
    }
    assert_true(xz_str_eq(hashes[0], hashes[1]));
    assert_false(xz_str_eq(hashes[0], hashes[2]));
}

static void odd_values_are_quoted_and_stay_on_one_line(void **unused)
{
    (void)unused;
    XZ_LOG(REFUSED, XZ_LF_STR(DETAIL, XZ_STR("a \"b\"\n\\c\r\tevent=x\x1b[0m")));
    XZ_LOG(REFUSED, XZ_LF_STR(DETAIL, XZ_STR("")), XZ_LF_STR(NAME, XZ_STR("a=b")));
    XZ_LOG(REFUSED, XZ_LF_STR(DETAIL, XZ_STR("文件 不存在")), XZ_LF_STR(NAME, XZ_STR("文件")));
    XZ_LOG(REFUSED, XZ_LF_STR(DETAIL, XZ_STR("\xff\xc2\x9b|")));
    assert_true(logged(" detail=\"a \\\"b\\\"\\n\\\\c\\x0d\\tevent=x\\x1b[0m\"\n"));
    assert_true(logged(" detail=\"\" name=\"a=b\"\n"));
    assert_true(logged(" detail=\"文件 不存在\" name=文件\n"));
    assert_true(logged(" detail=\"\\xff\\xc2\\x9b|\"\n"));
    int count = 0;
    for (xz_str rest = xz_buf_str(&lines); rest.len; xz_str_cut(&rest, '\n'))
        count++;
    assert_int_equal(count, 4);
}

static void lines_below_the_level_are_not_written(void **unused)
{
    (void)unused;
    XZ_LOG(REQUEST, XZ_LF_INT(STATUS, 200));
    assert_int_equal(lines.len, 0);
    xz_log_level_set(XZ_LOG_DEBUG);
    XZ_LOG(REQUEST, XZ_LF_INT(STATUS, 200));
    assert_true(logged("event=net.request status=200"));
    xz_log_level_set(XZ_LOG_ERROR);
    XZ_LOG(REQUEST_FAILED, XZ_LF_INT(STATUS, 500));
    assert_false(logged("net.request_failed"));
    XZ_LOG(STORE_FAILED, XZ_LF_INT(COUNT, 1));
    assert_true(logged("level=error event=store.failed count=1"));
}

static void a_line_that_is_too_long_ends_early_at_a_whole_piece(void **unused)
{
    (void)unused;
    static char text[9000];
    for (size_t at = 0; at + 3 <= sizeof(text); at += 3)
        memcpy(text + at, "政", 3);
    XZ_LOG(REFUSED, XZ_LF_STR(DETAIL, xz_str_from("x y")),
           XZ_LF_STR(NAME, ((xz_str){ text, sizeof(text) })), XZ_LF_INT(STATUS, 400));
    assert_true(lines.len <= 4096);
    assert_true(logged(" detail=\"x y\" name="));
    assert_false(logged("status"));
}

static void *write_many(void *arg)
{
    for (int i = 0; i < 500; i++)
        XZ_LOG(REFUSED, XZ_LF_STR(CLIENT, XZ_STR("10.0.0.1")), XZ_LF_INT(COUNT, i));
    return arg;
}

static void threads_write_whole_lines(void **unused)
{
    (void)unused;
    pthread_t threads[3];
    for (size_t i = 0; i < XZ_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, NULL), 0);
    for (size_t i = 0; i < XZ_COUNT(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    int count = 0;
    for (xz_str rest = xz_buf_str(&lines); rest.len; count++) {
        xz_str line = xz_str_cut(&rest, '\n');
        assert_true(xz_str_find(line, XZ_STR(" event=net.refused client=")) == 35);
    }
    assert_int_equal(count, 1500);
}

static void write_to_closed_stderr(void)
{
    close(STDERR_FILENO);
    xz_log_sink_set(NULL, NULL);
    XZ_LOG(READY, XZ_LF_INT(PORT, 1));
}

static void without_a_sink_a_line_goes_to_stderr(void **unused)
{
    (void)unused;
    int ends[2], saved = dup(STDERR_FILENO);
    char text[256] = "";
    assert_int_equal(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    xz_log_sink_set(NULL, NULL);
    XZ_LOG(READY, XZ_LF_INT(PORT, 8012));
    dup2(saved, STDERR_FILENO);
    ssize_t got = read(ends[0], text, sizeof(text) - 1);
    assert_true(got > 0);
    assert_true(xz_str_ends(xz_str_from(text), XZ_STR(" event=app.ready port=8012\n")));
    close(ends[0]);
    close(ends[1]);
    close(saved);
    assert_false(dies(write_to_closed_stderr));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, start, stop)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_starts_with_time_level_and_event),
        TEST(a_citizens_words_are_dropped),
        TEST(a_personal_value_is_hashed_the_same_way_each_time),
        TEST(odd_values_are_quoted_and_stay_on_one_line),
        TEST(lines_below_the_level_are_not_written),
        TEST(a_line_that_is_too_long_ends_early_at_a_whole_piece),
        TEST(threads_write_whole_lines),
        TEST(without_a_sink_a_line_goes_to_stderr),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
