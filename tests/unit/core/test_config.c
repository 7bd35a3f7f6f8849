/* Settings: precedence, ranges, refusals with place and range, the sample file. */
#include "scratch.h"

#include "core/config.h"

static struct xz_config *config;

static xz_err load(const char *file, const char *flag)
{
    return xz_config_load(file, &flag, flag != NULL, &config);
}

static int start(void **unused)
{
    config = NULL;
    unsetenv("XIAOZHENG_NET_PORT");
    unsetenv("XIAOZHENG_DATA_DIR");
    return scratch_make(unused);
}

static int stop(void **unused)
{
    xz_config_destroy(config);
    return scratch_drop(unused);
}

static bool said(const char *part)
{
    return strstr(xz_fail_detail(), part) != NULL;
}

static void without_a_file_the_defaults_hold(void **unused)
{
    (void)unused;
    assert_int_equal(load(NULL, NULL), XZ_OK);
    assert_int_equal(xz_config_int(config, XZ_CFG_NET_PORT), 8012);
    assert_str(xz_config_str(config, XZ_CFG_NET_ADDRESS), "127.0.0.1");
    assert_str(xz_config_str(config, XZ_CFG_DATA_DIR), "");
    assert_int_equal(xz_config_str(config, XZ_CFG_NET_ADDRESS).ptr[9], 0);
}

static void flag_beats_environment_beats_file_beats_default(void **unused)
{
    (void)unused;
    const char *file = scratch_file("a.conf", XZ_STR("net.port = 1001\nnet.loops=2\n"));
    assert_int_equal(load(file, NULL), XZ_OK);
    assert_int_equal(xz_config_int(config, XZ_CFG_NET_PORT), 1001);
    assert_int_equal(xz_config_int(config, XZ_CFG_NET_LOOPS), 2);
    xz_config_destroy(config);

    setenv("XIAOZHENG_NET_PORT", " 1002 ", 1);
    assert_int_equal(load(file, NULL), XZ_OK);
    assert_int_equal(xz_config_int(config, XZ_CFG_NET_PORT), 1002);
    xz_config_destroy(config);

    const char *const flags[] = { "net.port=1003", "net.port = 1004" };
    assert_int_equal(xz_config_load(file, flags, 2, &config), XZ_OK);
    assert_int_equal(xz_config_int(config, XZ_CFG_NET_PORT), 1004);
    assert_int_equal(xz_config_int(config, XZ_CFG_NET_LOOPS), 2);
}

static void comments_blanks_and_windows_line_ends_are_fine(void **unused)
{
    (void)unused;
    const char *file = scratch_file(
        "a.conf", XZ_STR("\xef\xbb\xbf# 说明\r\n\r\n  data.dir =  /srv/小政 = 数据 \r\n"
                         "   # net.port = x\nweb.dir=\nnet.port\t=\t1"));
    assert_int_equal(load(file, NULL), XZ_OK);
    assert_str(xz_config_str(config, XZ_CFG_DATA_DIR), "/srv/小政 = 数据");
    assert_str(xz_config_str(config, XZ_CFG_WEB_DIR), "");
    assert_int_equal(xz_config_int(config, XZ_CFG_NET_PORT), 1);
}

static void a_refusal_names_file_line_key_and_range(void **unused)
{
    (void)unused;
    const char *file = scratch_file("a.conf", XZ_STR("\n# x\nnet.port = 70000\n"));
    assert_int_equal(load(file, NULL), XZ_E_INPUT);
    assert_null(config);
    assert_true(said("a.conf 第 3 行") && said("net.port") && said("0 至 65535"));
}

static void what_the_file_may_not_say_is_refused(void **unused)
{
    (void)unused;
    static const struct {
        xz_str content;
        const char *detail;
    } bad[] = {
        { XZ_STR("net.prot = 1\n"), "没有名为“net.prot”的设置" },
        { XZ_STR("net.port\n"), "应写成" },
        { XZ_STR("= 1\n"), "没有名为“”的设置" },
        { XZ_STR("net.port = \n"), "应为整数" },
        { XZ_STR("net.port = 80 # http\n"), "应为整数" },
        { XZ_STR("net.port = -1\n"), "超出范围" },
        { XZ_STR("net.port = 99999999999999999999\n"), "应为整数" },
        { XZ_STR("net.port = 1\nnet.loops = 1\nnet.port = 1\n"), "第 3 行：net.port 已在第 1 行" },
        { XZ_STR("data.dir = a\0b\n"), "含有空字符" },
        { XZ_STR("site.region = 1234567890123\n"), "长度应在 0 至 12 字节" },
    };
    for (size_t i = 0; i < XZ_COUNT(bad); i++) {
        assert_int_equal(load(scratch_file("a.conf", bad[i].content), NULL), XZ_E_INPUT);
        assert_true(said(bad[i].detail));
        assert_null(config);
    }
}

static void environment_and_flags_are_checked_too(void **unused)
{
    (void)unused;
    setenv("XIAOZHENG_NET_PORT", "http", 1);
    assert_int_equal(load(NULL, NULL), XZ_E_INPUT);
    assert_true(said("XIAOZHENG_NET_PORT"));
    unsetenv("XIAOZHENG_NET_PORT");
    assert_int_equal(load(NULL, "net.port"), XZ_E_INPUT);
    assert_true(said("--set"));
    assert_int_equal(load(NULL, "net.prot=1"), XZ_E_INPUT);
    assert_true(said("net.prot"));
    assert_int_equal(load(NULL, "net.port=65536"), XZ_E_INPUT);
    assert_true(said("65535"));
    assert_int_equal(load(NULL, "net.port=65535"), XZ_OK);
}

static void a_file_that_cannot_be_read_is_an_io_error(void **unused)
{
    (void)unused;
    assert_int_equal(load(scratch_path("none.conf"), NULL), XZ_E_IO);
    assert_true(said("none.conf"));
    assert_int_equal(load(scratch, NULL), XZ_E_IO);
}

static void the_sample_reads_back_as_the_defaults(void **unused)
{
    (void)unused;
    struct xz_buf sample;
    struct xz_config *defaults = NULL;
    xz_buf_init(&sample, (size_t)MIB(1));
    xz_config_print_sample(&sample);
    assert_int_equal(sample.err, XZ_OK);
    assert_true(xz_str_find(xz_buf_str(&sample), XZ_STR("\nnet.port = 8012\n")) != XZ_STR_NPOS);
    assert_true(xz_str_find(xz_buf_str(&sample), XZ_STR("XIAOZHENG_NET_PORT")) != XZ_STR_NPOS);

    assert_int_equal(load(scratch_file("sample.conf", xz_buf_str(&sample)), NULL), XZ_OK);
    assert_int_equal(xz_config_load(NULL, NULL, 0, &defaults), XZ_OK);
#define IS_STR_STR  1
#define IS_STR_INT  0
#define IS_STR_BOOL 0
#define XZ_ROW(id, key, type, def, min, max, unit, help)                                           \
    if (IS_STR_##type)                                                                             \
        assert_true(                                                                               \
            xz_str_eq(xz_config_str(config, XZ_CFG_##id), xz_config_str(defaults, XZ_CFG_##id)));  \
    else                                                                                           \
        assert_true(xz_config_int(config, XZ_CFG_##id) == xz_config_int(defaults, XZ_CFG_##id));
    XZ_CONFIG_ROWS(XZ_ROW)
#undef XZ_ROW
    xz_config_destroy(defaults);
    xz_buf_fini(&sample);
}

static void read_text_as_number(void)
{
    struct xz_config *any;
    if (xz_config_load(NULL, NULL, 0, &any) == XZ_OK)
        xz_config_int(any, XZ_CFG_DATA_DIR);
}

static void asking_for_the_wrong_type_ends_the_process(void **unused)
{
    (void)unused;
    assert_true(dies(read_text_as_number));
    xz_config_destroy(NULL);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, start, stop)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_a_file_the_defaults_hold),
        TEST(flag_beats_environment_beats_file_beats_default),
        TEST(comments_blanks_and_windows_line_ends_are_fine),
        TEST(a_refusal_names_file_line_key_and_range),
        TEST(what_the_file_may_not_say_is_refused),
        TEST(environment_and_flags_are_checked_too),
        TEST(a_file_that_cannot_be_read_is_an_io_error),
        TEST(the_sample_reads_back_as_the_defaults),
        TEST(asking_for_the_wrong_type_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
