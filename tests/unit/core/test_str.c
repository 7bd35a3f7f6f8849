/* Borrowed text: cutting, searching, trimming, numbers, hash. */
#include "core_test.h"

#include <math.h>

#include "core/str.h"

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

static void cutting_walks_through_all_fields(void **unused)
{
    (void)unused;
    xz_str rest = XZ_STR("甲,,乙");
    assert_str(xz_str_cut(&rest, ','), "甲");
    assert_str(xz_str_cut(&rest, ','), "");
    assert_str(xz_str_cut(&rest, ','), "乙");
    assert_str(rest, "");
    assert_str(xz_str_cut(&rest, ','), "");
}

static void sub_is_clipped_to_the_text(void **unused)
{
    (void)unused;
    assert_str(xz_str_sub(XZ_STR("abcdef"), 2, 3), "cde");
    assert_str(xz_str_sub(XZ_STR("abc"), 2, 100), "c");
    assert_str(xz_str_sub(XZ_STR("abc"), 9, 1), "");
    assert_str(xz_str_sub(XZ_STR("abc"), 1, SIZE_MAX), "bc");
}

static void equality_heads_and_tails_compare_bytes(void **unused)
{
    (void)unused;
    assert_true(xz_str_eq(XZ_STR(""), xz_str_from(NULL)));
    assert_true(xz_str_eq(XZ_STR("政务"), xz_str_from("政务")));
    assert_false(xz_str_eq(XZ_STR("政务"), XZ_STR("政")));
    assert_true(xz_str_starts(XZ_STR("政务服务"), XZ_STR("政务")));
    assert_false(xz_str_starts(XZ_STR("政"), XZ_STR("政务")));
    assert_true(xz_str_ends(XZ_STR("a.docx"), XZ_STR(".docx")));
    assert_false(xz_str_ends(XZ_STR("docx"), XZ_STR(".docx")));
}

static void find_gives_the_first_place_or_none(void **unused)
{
    (void)unused;
    assert_int_equal(xz_str_find(XZ_STR("aabab"), XZ_STR("ab")), 1);
    assert_int_equal(xz_str_find(XZ_STR("abc"), XZ_STR("")), 0);
    assert_int_equal(xz_str_find(XZ_STR(""), XZ_STR("")), 0);
    assert_true(xz_str_find(XZ_STR("abc"), XZ_STR("abcd")) == XZ_STR_NPOS);
    assert_true(xz_str_find(XZ_STR(""), XZ_STR("a")) == XZ_STR_NPOS);
}

static void case_is_ignored_for_ascii_only(void **unused)
{
    (void)unused;
    assert_true(xz_str_eq_nocase(XZ_STR("Content-Type"), XZ_STR("cONTENT-tYPE")));
    assert_false(xz_str_eq_nocase(XZ_STR("a"), XZ_STR("ab")));
    assert_false(xz_str_eq_nocase(XZ_STR("["), XZ_STR("{")));
    assert_false(xz_str_eq_nocase(XZ_STR("é"), XZ_STR("É")));
}

static void comparison_is_bytewise_and_shorter_first(void **unused)
{
    (void)unused;
    assert_int_equal(xz_str_compare(XZ_STR("ab"), XZ_STR("ab")), 0);
    assert_true(xz_str_compare(XZ_STR("ab"), XZ_STR("abc")) < 0);
    assert_true(xz_str_compare(XZ_STR("b"), XZ_STR("abc")) > 0);
    assert_true(xz_str_compare(XZ_STR("\xff"), XZ_STR("a")) > 0);
    assert_true(xz_str_compare(XZ_STR(""), XZ_STR("a")) < 0);
}

static void trimming_takes_blanks_and_the_wide_space(void **unused)
{
    (void)unused;
    assert_str(xz_str_trim(XZ_STR(" \t\r\n 　办 事　 \n")), "办 事");
    assert_str(xz_str_trim(XZ_STR(" 　 ")), "");
    assert_str(xz_str_trim(XZ_STR("")), "");
    assert_str(xz_str_trim(XZ_STR("\0a\0")), "\0a\0"); /* NUL is not a blank */
}

static void copies_end_with_a_nul(void **unused)
{
    (void)unused;
    char text[] = "户籍";
    xz_str copy = xz_str_copy(arena, xz_str_from(text));
    text[0] = 'x';
    assert_str(copy, "户籍");
    assert_int_equal(copy.ptr[copy.len], 0);
    assert_string_equal(xz_str_cstr(arena, XZ_STR("")), "");
}

static void format_has_no_length_limit(void **unused)
{
    (void)unused;
    assert_str(xz_str_format(arena, "%d-%s", 12, "甲"), "12-甲");
    xz_str wide = xz_str_format(arena, "%5000d|", 7);
    assert_int_equal(wide.len, 5001);
    assert_int_equal(wide.ptr[4999], '7');
    assert_int_equal(wide.ptr[5000], '|');
    assert_int_equal(xz_str_format(arena, "%255d", 7).len, 255);
    assert_int_equal(xz_str_format(arena, "%256d", 7).len, 256);
}

static void integers_are_read_over_the_whole_range(void **unused)
{
    (void)unused;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = { { "0", 0 },
                 { "-0", 0 },
                 { "007", 7 },
                 { "-42", -42 },
                 { "9223372036854775807", INT64_MAX },
                 { "-9223372036854775808", INT64_MIN } };
    static const char *const bad[] = { "",
                                       "-",
                                       "+1",
                                       " 1",
                                       "1 ",
                                       "1.0",
                                       "0x1",
                                       "一",
                                       "--1",
                                       "1-",
                                       "9223372036854775808",
                                       "-9223372036854775809",
                                       "99999999999999999999999999" };
    for (size_t i = 0; i < XZ_COUNT(good); i++) {
        int64_t value = 5;
        assert_true(xz_str_to_int(xz_str_from(good[i].text), &value));
        assert_true(value == good[i].value);
    }
    for (size_t i = 0; i < XZ_COUNT(bad); i++) {
        int64_t value = 5;
        assert_false(xz_str_to_int(xz_str_from(bad[i]), &value));
        assert_true(value == 5);
    }
}

static void decimals_are_read_and_oddities_refused(void **unused)
{
    (void)unused;
    static const char *const bad[] = { "",     ".",  "1.", ".5",  "1e",    "e5",  "inf",  "nan",
                                       "0x10", " 1", "1 ", "1,5", "1e999", "--1", "1e+-5" };
    double value = 0;
    assert_true(xz_str_to_double(XZ_STR("-12.5"), &value) && value == -12.5);
    assert_true(xz_str_to_double(XZ_STR("0.1"), &value) && value == 0.1);
    assert_true(xz_str_to_double(XZ_STR("3"), &value) && value == 3.0);
    assert_true(xz_str_to_double(XZ_STR("25e-1"), &value) && value == 2.5);
    assert_true(xz_str_to_double(XZ_STR("1E+3"), &value) && value == 1000.0);
    assert_true(xz_str_to_double(XZ_STR("-0"), &value) && signbit(value));
    for (size_t i = 0; i < XZ_COUNT(bad); i++) {
        value = 5;
        assert_false(xz_str_to_double(xz_str_from(bad[i]), &value));
        assert_true(value == 5);
    }
}

static void the_hash_is_pinned_because_it_is_stored(void **unused)
{
    (void)unused;
    assert_true(xz_str_hash(XZ_STR("")) == UINT64_C(0xefd01f60ba992926));
    assert_true(xz_str_hash(XZ_STR("a")) == UINT64_C(0x44011cc191ec2a0d));
    assert_true(xz_str_hash(XZ_STR("12345678")) == UINT64_C(0x504fcbd37195ee02));
    assert_true(xz_str_hash(XZ_STR("居住证办理")) == UINT64_C(0x88f0f5814e66aa8a));
}

static void the_hash_tells_similar_texts_apart(void **unused)
{
    (void)unused;
    enum { KEYS = 20000, SLOTS = 1 << 16 };
    static uint16_t load[SLOTS];
    char zeros[64] = { 0 };
    int most = 0;
    for (int i = 0; i < KEYS; i++) {
        uint64_t hash = xz_str_hash(xz_str_format(arena, "第%d条", i));
        load[hash % SLOTS]++;
        most = XZ_MAX(most, load[hash % SLOTS]);
        xz_arena_reset(arena);
    }
    assert_in_range(most, 1, 8); /* balls into bins: 9 has odds below one in 10,000 */
    for (size_t a = 0; a < sizeof(zeros); a++) {
        for (size_t b = 0; b < a; b++) {
            uint64_t longer = xz_str_hash((xz_str){ zeros, a });
            assert_true(longer != xz_str_hash((xz_str){ zeros, b }));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cutting_walks_through_all_fields),
        cmocka_unit_test(sub_is_clipped_to_the_text),
        cmocka_unit_test(equality_heads_and_tails_compare_bytes),
        cmocka_unit_test(find_gives_the_first_place_or_none),
        cmocka_unit_test(case_is_ignored_for_ascii_only),
        cmocka_unit_test(comparison_is_bytewise_and_shorter_first),
        cmocka_unit_test(trimming_takes_blanks_and_the_wide_space),
        cmocka_unit_test(copies_end_with_a_nul),
        cmocka_unit_test(format_has_no_length_limit),
        cmocka_unit_test(integers_are_read_over_the_whole_range),
        cmocka_unit_test(decimals_are_read_and_oddities_refused),
        cmocka_unit_test(the_hash_is_pinned_because_it_is_stored),
        cmocka_unit_test(the_hash_tells_similar_texts_apart),
    };
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
