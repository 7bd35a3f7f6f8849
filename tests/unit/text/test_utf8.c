/* Code points in and out of UTF-8. */
#include "text_test.h"

static void every_code_point_survives_the_round_trip(void **unused)
{
    (void)unused;
    for (uint32_t code = 0; code <= 0x10FFFF; code++) {
        char bytes[4];
        size_t pos = 0, len = xz_utf8_put(code, bytes);
        uint32_t want = code >= 0xD800 && code < 0xE000 ? 0xFFFD : code;
        assert_int_equal(xz_utf8_next((xz_str){ bytes, len }, &pos), want);
        assert_int_equal(pos, len);
    }
}

static void bad_bytes_are_one_replacement_each(void **unused)
{
    static const char *const bad[] = { "\x80",
                                       "\xC0\x80",
                                       "\xC1\xBF",
                                       "\xE0\x80\x80",
                                       "\xED\xA0\x80",
                                       "\xF4\x90\x80\x80",
                                       "\xF8\x88\x80\x80\x80",
                                       "\xE4\xBD",
                                       "\xFF" };
    (void)unused;
    for (size_t i = 0; i < XZ_COUNT(bad); i++) {
        xz_str text = xz_str_from(bad[i]);
        size_t pos = 0;
        assert_false(xz_utf8_valid(text));
        assert_int_equal(xz_utf8_next(text, &pos), 0xFFFD);
        assert_int_equal(pos, 1);
        assert_int_equal(xz_utf8_chars(text), text.len);
    }
}

static void a_written_replacement_character_is_valid(void **unused)
{
    (void)unused;
    assert_true(xz_utf8_valid(XZ_STR("甲\xEF\xBF\xBD乙")));
    assert_true(xz_utf8_valid(XZ_STR("")));
    assert_true(xz_utf8_valid(XZ_STR("plain ascii text, long enough for eight bytes at once 甲")));
}

static void heads_are_cut_at_characters(void **unused)
{
    (void)unused;
    assert_str(xz_utf8_head(XZ_STR("安澜市"), 2), "安澜");
    assert_str(xz_utf8_head(XZ_STR("安澜市"), 9), "安澜市");
    assert_str(xz_utf8_head(XZ_STR("安澜市"), 0), "");
    assert_str(xz_utf8_head_bytes(XZ_STR("安澜市"), 9), "安澜市");
    assert_str(xz_utf8_head_bytes(XZ_STR("安澜市"), 8), "安澜");
    assert_str(xz_utf8_head_bytes(XZ_STR("安a𠮷"), 7), "安a");
    assert_str(xz_utf8_head_bytes(XZ_STR("安"), 2), "");
    assert_int_equal(xz_utf8_chars(XZ_STR("a安𠮷")), 3);
}

static void han_characters_include_rare_ones(void **unused)
{
    (void)unused;
    assert_true(xz_is_han(0x4E00));
    assert_true(xz_is_han(0x9FFF));
    assert_true(xz_is_han(0x3007)); /* 〇 */
    assert_true(xz_is_han(0x3400));
    assert_true(xz_is_han(0x20BB7)); /* 𠮷 */
    assert_true(xz_is_han(0x31350)); /* extension H */
    assert_false(xz_is_han(0x3001));
    assert_false(xz_is_han('A'));
    assert_false(xz_is_han(0x3042));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_survives_the_round_trip),
        cmocka_unit_test(bad_bytes_are_one_replacement_each),
        cmocka_unit_test(a_written_replacement_character_is_valid),
        cmocka_unit_test(heads_are_cut_at_characters),
        cmocka_unit_test(han_characters_include_rare_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
