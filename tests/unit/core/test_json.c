/* Reading JSON: what is taken, what is refused, and how values are read. */
#include "core_test.h"

#include "core/buf.h"
#include "core/json.h"

static struct xz_json_doc *doc;

static const struct xz_json *parse(xz_str text)
{
    xz_json_destroy(doc);
    doc = NULL;
    assert_int_equal(xz_json_parse(text, &doc), XZ_OK);
    return xz_json_root(doc);
}

static int stop(void **unused)
{
    (void)unused;
    xz_json_destroy(doc);
    doc = NULL;
    return 0;
}

static void assert_refused(xz_str text)
{
    struct xz_json_doc *none = (struct xz_json_doc *)&none;
    xz_fail_clear();
    if (xz_json_parse(text, &none) != XZ_E_INPUT)
        fail_msg("taken: %.*s", XZ_STR_ARG(text));
    assert_null(none);
    assert_true(strlen(xz_fail_detail()) > 0);
}

static void members_are_read_by_kind(void **unused)
{
    (void)unused;
    const struct xz_json *root = parse(XZ_STR(
        " {\"名\":\"安澜\\n\\u5e02\",\"n\":-3,\"x\":2.5,\"b\":true,\"z\":null,\"a\":[1,[]]}\n"));
    assert_int_equal(xz_json_kind(root), XZ_JSON_OBJECT);
    assert_str(xz_json_str(xz_json_get(root, "名"), XZ_STR("?")), "安澜\n市");
    assert_int_equal(xz_json_int(xz_json_get(root, "n"), 0), -3);
    assert_true(xz_json_double(xz_json_get(root, "x"), 0) == 2.5);
    assert_true(xz_json_double(xz_json_get(root, "n"), 0) == -3.0);
    assert_true(xz_json_bool(xz_json_get(root, "b"), false));
    assert_int_equal(xz_json_kind(xz_json_get(root, "b")), XZ_JSON_BOOL);
    assert_int_equal(xz_json_kind(xz_json_get(root, "n")), XZ_JSON_INT);
    assert_int_equal(xz_json_kind(xz_json_get(root, "x")), XZ_JSON_DOUBLE);
    assert_int_equal(xz_json_kind(xz_json_get(root, "z")), XZ_JSON_NULL);
    assert_int_equal(xz_json_kind(xz_json_get(root, "none")), XZ_JSON_ABSENT);
    const struct xz_json *array = xz_json_get(root, "a");
    assert_int_equal(xz_json_kind(array), XZ_JSON_ARRAY);
    assert_int_equal(xz_json_count(array), 2);
    assert_int_equal(xz_json_int(xz_json_at(array, 0), 0), 1);
    assert_int_equal(xz_json_count(xz_json_at(array, 1)), 0);
    assert_null(xz_json_at(array, 2));
}

static void absent_null_and_other_kinds_give_the_fallback(void **unused)
{
    (void)unused;
    const struct xz_json *root = parse(XZ_STR("{\"s\":\"1\",\"n\":1,\"z\":null,\"x\":1.5}"));
    const char *const keys[] = { "s", "z", "none" };
    for (size_t i = 0; i < XZ_COUNT(keys); i++) {
        const struct xz_json *value = xz_json_get(root, keys[i]);
        assert_int_equal(xz_json_int(value, 7), 7);
        assert_true(xz_json_double(value, 7.5) == 7.5);
        assert_true(xz_json_bool(value, true));
        assert_int_equal(xz_json_count(value), 0);
        assert_null(xz_json_at(value, 0));
        assert_null(xz_json_get(value, "x"));
    }
    assert_str(xz_json_str(xz_json_get(root, "n"), XZ_STR("?")), "?");
    assert_str(xz_json_str(xz_json_get(root, "z"), XZ_STR("?")), "?");
    assert_int_equal(xz_json_int(xz_json_get(root, "x"), 7), 7);
    assert_str(xz_json_str(NULL, XZ_STR_NONE), "");
    assert_int_equal(xz_json_kind(NULL), XZ_JSON_ABSENT);
}

static void a_document_may_be_any_value(void **unused)
{
    (void)unused;
    assert_int_equal(xz_json_int(parse(XZ_STR("12")), 0), 12);
    assert_int_equal(xz_json_int(parse(XZ_STR(" -0 ")), 9), 0);
    assert_true(xz_json_double(parse(XZ_STR("1e2")), 0) == 100.0);
    assert_str(xz_json_str(parse(XZ_STR("\"\"")), XZ_STR("?")), "");
    assert_true(xz_json_bool(parse(XZ_STR("true")), false));
    assert_int_equal(xz_json_kind(parse(XZ_STR("null"))), XZ_JSON_NULL);
    assert_int_equal(xz_json_kind(parse(XZ_STR("\t[\r\n]"))), XZ_JSON_ARRAY);
}

static void integers_keep_all_64_bits_or_are_refused(void **unused)
{
    (void)unused;
    assert_true(xz_json_int(parse(XZ_STR("9223372036854775807")), 0) == INT64_MAX);
    assert_true(xz_json_int(parse(XZ_STR("-9223372036854775808")), 0) == INT64_MIN);
    assert_refused(XZ_STR("9223372036854775808"));
    assert_refused(XZ_STR("[-9223372036854775809]"));
    assert_refused(XZ_STR("99999999999999999999999999"));
    assert_refused(XZ_STR("1e999"));
}

static void what_is_not_json_is_refused(void **unused)
{
    (void)unused;
    static const char *const bad[] = { "",
                                       "  ",
                                       "nul",
                                       "truex",
                                       "TRUE",
                                       "NaN",
                                       "Infinity",
                                       "[",
                                       "]",
                                       "[1",
                                       "[1,]",
                                       "[,1]",
                                       "[1 2]",
                                       "{",
                                       "{}}",
                                       "{a:1}",
                                       "{'a':1}",
                                       "{\"a\"}",
                                       "{\"a\":}",
                                       "{\"a\":1,}",
                                       "{1:2}",
                                       "[01]",
                                       "[-]",
                                       "[+1]",
                                       "[1.]",
                                       "[.5]",
                                       "[1e]",
                                       "[0x1]",
                                       "[-Infinity]",
                                       "[1.5.5]",
                                       "[--1]",
                                       "\"",
                                       "\"a",
                                       "\"\\\"",
                                       "\"\\x\"",
                                       "\"\\u12\"",
                                       "\"\\u12g4\"",
                                       "'a'",
                                       "// c\n1",
                                       "1 /* c */",
                                       "1 2",
                                       "[1]x",
                                       "{\"a\":1}{}",
                                       "\"\t\"",
                                       "\"a\nb\"",
                                       "\"\x7f",
                                       "\v1",
                                       "\xef\xbb\xbf[1]" };
    for (size_t i = 0; i < XZ_COUNT(bad); i++)
        assert_refused(xz_str_from(bad[i]));
    assert_refused(XZ_STR("[1]\0"));
    assert_refused(XZ_STR("\"a\0b\""));
}

static void text_that_is_not_utf8_is_refused(void **unused)
{
    (void)unused;
    static const char *const bad[] = {
        "\"\xff\"",         "\"\xc0\x80\"",         "\"\xc1\xbf\"",         "\"\xe0\x80\x80\"",
        "\"\xed\xa0\x80\"", "\"\xf0\x80\x80\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe6\x94\"",
        "\"\x80\"",         "{\"\xe6\":1}",         "\xe6\x94\xbf",         "\"\xe6"
    };
    for (size_t i = 0; i < XZ_COUNT(bad); i++)
        assert_refused(xz_str_from(bad[i]));
    assert_str(xz_json_str(parse(XZ_STR("\"é政𠮷\xf4\x8f\xbf\xbf\"")), XZ_STR_NONE),
               "é政𠮷\xf4\x8f\xbf\xbf");
}

static void escapes_give_their_characters(void **unused)
{
    (void)unused;
    assert_str(xz_json_str(parse(XZ_STR("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"")), XZ_STR_NONE),
               "\"\\/\b\f\n\r\t");
    assert_str(xz_json_str(parse(XZ_STR("\"\\u653f\\ud842\\udfb7\"")), XZ_STR_NONE), "政𠮷");
    assert_str(xz_json_str(parse(XZ_STR("\"a\\u0000b\"")), XZ_STR_NONE), "a\0b");
    assert_str(xz_json_str(parse(XZ_STR("\"\\ud800\"")), XZ_STR_NONE), "\uFFFD");
    assert_refused(XZ_STR("{\"a\\u0000b\":1}"));
}

static void the_last_of_equal_keys_counts(void **unused)
{
    (void)unused;
    const struct xz_json *root = parse(XZ_STR("{\"a\":1,\"b\":2,\"a\":3}"));
    assert_int_equal(xz_json_int(xz_json_get(root, "a"), 0), 3);
}

static void sixty_four_levels_are_the_limit(void **unused)
{
    (void)unused;
    char text[65 + 1 + 65];
    memset(text, '[', 65);
    text[65] = '7';
    memset(text + 66, ']', 65);
    const struct xz_json *value = parse((xz_str){ text + 1, 129 });
    int levels = 0;
    for (; value; value = xz_json_at(value, 0))
        levels += xz_json_kind(value) == XZ_JSON_ARRAY;
    assert_int_equal(levels, 64);
    assert_refused((xz_str){ text, 131 });

    struct xz_buf deep;
    xz_buf_init(&deep, (size_t)MIB(4));
    for (int i = 0; i < 200000; i++)
        xz_buf_add_lit(&deep, "{\"a\":");
    assert_refused(xz_buf_str(&deep));
    xz_buf_fini(&deep);
}

static void a_refusal_says_where(void **unused)
{
    (void)unused;
    assert_refused(XZ_STR("{\"a\": 1,}"));
    assert_non_null(strstr(xz_fail_detail(), "第 9 字节"));
    assert_refused(XZ_STR("[1] 2"));
    assert_non_null(strstr(xz_fail_detail(), "第 5 字节"));
    assert_non_null(strstr(xz_fail_detail(), "多余"));
}

static void the_text_need_not_end_with_a_nul(void **unused)
{
    (void)unused;
    const char text[] = "[12,3]456";
    assert_int_equal(xz_json_count(parse((xz_str){ text, 6 })), 2);
    assert_int_equal(xz_json_int(parse((xz_str){ text + 6, 2 }), 0), 45);
}

static void note_key(xz_str key, const struct xz_json *value, void *arg)
{
    struct xz_buf *out = arg;
    xz_buf_add(out, key);
    xz_buf_add_int(out, xz_json_int(value, -1));
}

static void members_are_walked_in_document_order(void **unused)
{
    (void)unused;
    struct xz_buf out;
    xz_buf_init(&out, 1000);
    xz_json_each(parse(XZ_STR("{\"丙\":3,\"a\":1,\"\":0,\"z\":null}")), note_key, &out);
    assert_str(xz_buf_str(&out), "丙3a10z-1");
    xz_buf_clear(&out);
    xz_json_each(parse(XZ_STR("[1]")), note_key, &out);
    xz_json_each(NULL, note_key, &out);
    assert_str(xz_buf_str(&out), "");
    xz_buf_fini(&out);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, NULL, stop)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(members_are_read_by_kind),         TEST(absent_null_and_other_kinds_give_the_fallback),
        TEST(a_document_may_be_any_value),      TEST(integers_keep_all_64_bits_or_are_refused),
        TEST(what_is_not_json_is_refused),      TEST(text_that_is_not_utf8_is_refused),
        TEST(escapes_give_their_characters),    TEST(the_last_of_equal_keys_counts),
        TEST(sixty_four_levels_are_the_limit),  TEST(a_refusal_says_where),
        TEST(the_text_need_not_end_with_a_nul), TEST(members_are_walked_in_document_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
