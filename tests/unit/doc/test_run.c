/* The sandboxed process: what it gives, and what becomes of it when it misbehaves. The path of the
 * stand-in parser is the argument; its behaviour is chosen by the file's name. */
#include "doc_test.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "doc/doc_sandbox.h"

static const char *program;
static int file = -1;

static xz_err take_line(xz_str line, void *arg)
{
    (void)arg;
    xz_buf_add(&shown, line);
    xz_buf_add_char(&shown, '\n');
    return XZ_OK;
}

static xz_err refuse_line(xz_str line, void *arg)
{
    (void)line;
    (void)arg;
    return xz_fail(XZ_E_BUSY, "enough");
}

static struct xz_parse_options options_of(int64_t timeout_ms)
{
    return (struct xz_parse_options){ .program = program,
                                      .timeout_ms = timeout_ms,
                                      .memory_bytes_max = MIB(256),
                                      .line_bytes_max = 65536,
                                      .output_bytes_max = MIB(1) };
}

static void make_file(xz_str content)
{
    char path[] = "/tmp/xz-run-XXXXXX";
    if (file >= 0)
        close(file);
    file = mkstemp(path);
    assert_true(file >= 0);
    unlink(path);
    assert_int_equal(write(file, content.ptr, content.len), (ssize_t)content.len);
}

static void blocks_arrive_as_lines(void **unused)
{
    (void)unused;
    struct xz_parse_options options = options_of(30000);
    make_file(XZ_STR("# 标题\n\n正文“甲”\n"));
    for (int i = 0; i < 2; i++) { /* the file is read from its start each time */
        xz_buf_clear(&shown);
        assert_int_equal(xz_parse_run(&options, file, XZ_STR("a.md"), take_line, NULL), XZ_OK);
        assert_string_equal(shown.ptr, "{\"b\":\"heading\",\"text\":\"标题\"}\n"
                                       "{\"b\":\"paragraph\",\"text\":\"正文“甲”\"}\n");
    }
}

static void encodings_work_inside_the_sandbox(void **unused)
{
    (void)unused;
    struct xz_parse_options options = options_of(30000);
    make_file(XZ_STR("\xB5\xDA\xD2\xBB\xCC\xF5 \xCE\xAA\xC1\xCB\n"));
    xz_buf_clear(&shown);
    assert_int_equal(xz_parse_run(&options, file, XZ_STR("a.txt"), take_line, NULL), XZ_OK);
    assert_string_equal(shown.ptr, "{\"b\":\"paragraph\",\"text\":\"第一条 为了\"}\n");
}

static void misbehaviour_is_a_refused_file_with_a_reason(void **unused)
{
    static const struct {
        const char *name, *word;
        int64_t timeout_ms;
    } rows[] = {
        { "crash", "崩溃", 30000 },  { "abort", "异常", 30000 },    { "hang", "用时超过", 150 },
        { "deaf", "用时超过", 150 }, { "open", "沙箱", 30000 },     { "socket", "沙箱", 30000 },
        { "fork", "沙箱", 30000 },   { "exec", "沙箱", 30000 },     { "code", "沙箱", 30000 },
        { "memory", "内存", 30000 }, { "long line", "KiB", 30000 }, { "much", "超过 1 MiB", 30000 },
        { "half", "不完整", 30000 }, { "fail", "退出码 7", 30000 },
    };
    (void)unused;
    make_file(XZ_STR("x"));
    for (size_t i = 0; i < XZ_COUNT(rows); i++) {
#ifdef __SANITIZE_THREAD__ /* it needs the whole address space, so there is no limit to reach */
        if (strcmp(rows[i].name, "memory") == 0)
            continue;
#endif
        struct xz_parse_options options = options_of(rows[i].timeout_ms);
        xz_fail_clear();
        xz_buf_clear(&shown);
        xz_err err = xz_parse_run(&options, file, xz_str_from(rows[i].name), take_line, NULL);
        if (err != XZ_E_INPUT || !strstr(xz_fail_detail(), rows[i].word))
            fail_msg("%s: %s, %s", rows[i].name, xz_err_name(err), xz_fail_detail());
    }
}

static void a_program_that_is_not_there_is_our_failure(void **unused)
{
    (void)unused;
    struct xz_parse_options options = options_of(1000);
    options.program = "/nonexistent/xz-parse";
    make_file(XZ_STR("x"));
    assert_int_equal(xz_parse_run(&options, file, XZ_STR("a"), take_line, NULL), XZ_E_IO);
}

static void the_callers_error_ends_the_child(void **unused)
{
    (void)unused;
    struct xz_parse_options options = options_of(30000);
    make_file(XZ_STR("x"));
    assert_int_equal(xz_parse_run(&options, file, XZ_STR("much"), refuse_line, NULL), XZ_E_BUSY);
    assert_string_equal(xz_fail_detail(), "enough");
}

static xz_err count_line(xz_str line, void *arg)
{
    *(size_t *)arg += line.len > 0;
    return XZ_OK;
}

static void *many_runs(void *arg)
{
    struct xz_parse_options options = options_of(30000);
    size_t *lines = arg;
    char path[] = "/tmp/xz-run-XXXXXX";
    int fd = mkstemp(path);
    unlink(path);
    if (write(fd, "甲\n乙\n", 8) != 8)
        return NULL;
    for (int i = 0; i < 10; i++)
        if (xz_parse_run(&options, fd, XZ_STR("a.txt"), count_line, lines) != XZ_OK)
            break;
    close(fd);
    return NULL;
}

static void runs_of_several_threads_do_not_meet(void **unused)
{
    (void)unused;
    pthread_t threads[4];
    size_t lines[4] = { 0 };
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, many_runs, &lines[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(lines[i], 20);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_arrive_as_lines),
        cmocka_unit_test(encodings_work_inside_the_sandbox),
        cmocka_unit_test(misbehaviour_is_a_refused_file_with_a_reason),
        cmocka_unit_test(a_program_that_is_not_there_is_our_failure),
        cmocka_unit_test(the_callers_error_ends_the_child),
        cmocka_unit_test(runs_of_several_threads_do_not_meet),
    };
    if (argc < 2) {
        fprintf(stderr, "usage: test_doc_run PARSER\n");
        return 2;
    }
    program = argv[1];
    return cmocka_run_group_tests(tests, show_set_up, show_tear_down);
}
