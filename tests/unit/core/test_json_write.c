/* Writing JSON: commas, escapes, numbers, limits. */
#include "core_test.h"

#include <math.h>

#include "core/json.h"

static struct xz_buf buf;
static struct xz_json_writer writer;

static int start(void **unused)
{
    (void)unused;
    xz_buf_init(&buf, (size_t)MIB(1));
    xz_jw_init(&writer, &buf);
    return 0;
}

static int stop(void **unused)
{
    (void)unused;
    xz_buf_fini(&buf);
    return 0;
}

static void commas_stand_between_members_only(void **unused)
{
    (void)unused;
    xz_jw_begin_object(&writer);
    xz_jw_member_str(&writer, "名", XZ_STR("安澜"));
    xz_jw_member_int(&writer, "n", -1);
    xz_jw_key(&writer, "list");
    xz_jw_begin_array(&writer);
    xz_jw_begin_object(&writer);
    xz_jw_end_object(&writer);
    xz_jw_begin_array(&writer);
    xz_jw_end_array(&writer);
    xz_jw_null(&writer);
    xz_jw_bool(&writer, true);
    xz_jw_raw(&writer, XZ_STR("{\"r\":1}"));
    xz_jw_end_array(&writer);
    xz_jw_member_bool(&writer, "b", false);
    xz_jw_member_double(&writer, "d", 0.5);
    xz_jw_end_object(&writer);
    assert_int_equal(writer.depth, 0);
    assert_str(xz_buf_str(&buf), "{\"名\":\"安澜\",\"n\":-1,\"list\":[{},[],null,true,{\"r\":1}],"
                                 "\"b\":false,\"d\":0.5}");
}

static void text_is_escaped_where_needed_and_nowhere_else(void **unused)
{
    (void)unused;
    xz_jw_str(&writer, XZ_STR("a\"b\\c/\b\f\n\r\t\x01\x1f\x7f\0é政𠮷"));
    assert_str(xz_buf_str(&buf), "\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\\u0000é政𠮷\"");
}

static void bytes_that_are_not_utf8_become_the_replacement_character(void **unused)
{
    (void)unused;
    xz_jw_str(&writer, XZ_STR("a\xff"
                              "b\xe6\x94"));
    assert_str(xz_buf_str(&buf), "\"a\uFFFDb\uFFFD\uFFFD\"");
}

static void doubles_read_back_as_the_same_number(void **unused)
{
    (void)unused;
    static const double values[] = {
        0.1, 1.0 / 3, 1e300, 5e-324, -2.5, 1e21, 123456789012345678.0, 1.7976931348623157e308
    };
    for (size_t i = 0; i < XZ_COUNT(values); i++) {
        double again = 0;
        xz_buf_clear(&buf);
        xz_jw_init(&writer, &buf);
        xz_jw_double(&writer, values[i]);
        assert_true(xz_str_to_double(xz_buf_str(&buf), &again));
        assert_true(again == values[i]);
    }
    xz_buf_clear(&buf);
    xz_jw_init(&writer, &buf);
    xz_jw_begin_array(&writer);
    xz_jw_double(&writer, 0.1);
    xz_jw_double(&writer, 3);
    xz_jw_double(&writer, -0.0);
    xz_jw_double(&writer, NAN);
    xz_jw_double(&writer, -INFINITY);
    xz_jw_end_array(&writer);
    assert_str(xz_buf_str(&buf), "[0.1,3,0,null,null]");
}

static void sixty_four_levels_are_written_and_read_back(void **unused)
{
    (void)unused;
    struct xz_json_doc *doc;
    for (int i = 0; i < 64; i++) {
        xz_jw_begin_array(&writer);
        if (i < 63)
            xz_jw_int(&writer, i);
    }
    for (int i = 0; i < 64; i++) {
        xz_jw_int(&writer, i);
        xz_jw_end_array(&writer);
    }
    assert_true(xz_str_starts(xz_buf_str(&buf), XZ_STR("[0,[1,[2,")));
    assert_true(xz_str_ends(xz_buf_str(&buf), XZ_STR(",61],62],63]")));
    assert_int_equal(xz_json_parse(xz_buf_str(&buf), &doc), XZ_OK);
    assert_int_equal(xz_json_count(xz_json_root(doc)), 3);
    xz_json_destroy(doc);
}

static void a_full_buffer_keeps_its_error(void **unused)
{
    (void)unused;
    struct xz_buf small;
    xz_buf_init(&small, 10);
    xz_jw_init(&writer, &small);
    xz_jw_begin_object(&writer);
    xz_jw_member_str(&writer, "key", XZ_STR("a value that is too long"));
    xz_jw_end_object(&writer);
    assert_int_equal(small.err, XZ_E_LIMIT);
    assert_true(small.len <= 10);
    xz_buf_fini(&small);
}

static void end_too_often(void)
{
    xz_jw_begin_array(&writer);
    xz_jw_end_array(&writer);
    xz_jw_end_array(&writer);
}

static void begin_too_often(void)
{
    for (int i = 0; i < 65; i++)
        xz_jw_begin_array(&writer);
}

static void unbalanced_levels_end_the_process(void **unused)
{
    (void)unused;
    assert_true(dies(end_too_often));
    assert_true(dies(begin_too_often));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, start, stop)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(commas_stand_between_members_only),
        TEST(text_is_escaped_where_needed_and_nowhere_else),
        TEST(bytes_that_are_not_utf8_become_the_replacement_character),
        TEST(doubles_read_back_as_the_same_number),
        TEST(sixty_four_levels_are_written_and_read_back),
        TEST(a_full_buffer_keeps_its_error),
        TEST(unbalanced_levels_end_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
