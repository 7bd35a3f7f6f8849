/* Encodings: detection, decoding in one go and in pieces, damage. */
#include "text_test.h"

#include <iconv.h>

static struct xz_buf out;

static int set_up(void **unused)
{
    (void)unused;
    xz_buf_init(&out, 1 << 20);
    return xz_text_init() == XZ_OK ? 0 : -1;
}

static int tear_down(void **unused)
{
    (void)unused;
    xz_buf_fini(&out);
    return 0;
}

static size_t convert(const char *to, const char *utf8, char *bytes, size_t room)
{
    iconv_t handle = iconv_open(to, "UTF-8");
    char *from = (char *)utf8, *at = bytes;
    size_t from_left = strlen(utf8), left = room;
    assert_int_equal(iconv(handle, &from, &from_left, &at, &left), 0);
    iconv_close(handle);
    return (size_t)(at - bytes);
}

static const char sample[] =
    "关于印发《安澜市居住证办理办法》的通知\n各区人民政府，市政府各部门：\n一、申请材料 3 份。";

static void each_encoding_is_detected_and_decoded(void **unused)
{
    static const struct {
        const char *name;
        enum xz_encoding encoding;
    } rows[] = { { "UTF-8", XZ_ENC_UTF8 },
                 { "GB18030", XZ_ENC_GB18030 },
                 { "GBK", XZ_ENC_GB18030 },
                 { "UTF-16LE", XZ_ENC_UTF16LE },
                 { "UTF-16BE", XZ_ENC_UTF16BE } };
    char bytes[1024];
    (void)unused;
    for (size_t i = 0; i < XZ_COUNT(rows); i++) {
        xz_str text = { bytes, convert(rows[i].name, sample, bytes, sizeof(bytes)) };
        assert_int_equal(xz_encoding_detect(text, false), rows[i].encoding);
        xz_buf_clear(&out);
        assert_int_equal(xz_text_decode(text, &out), XZ_OK);
        assert_str(xz_buf_str(&out), sample);
    }
}

static void marks_at_the_front_decide_and_vanish(void **unused)
{
    (void)unused;
    static const xz_str texts[] = { { "\xEF\xBB\xBF\xE5\xAE\x89", 6 },
                                    { "\xFF\xFE\x89\x5B", 4 },
                                    { "\xFE\xFF\x5B\x89", 4 },
                                    { "\x84\x31\x95\x33\xB0\xB2", 6 } };
    for (size_t i = 0; i < XZ_COUNT(texts); i++) {
        xz_buf_clear(&out);
        assert_int_equal(xz_text_decode(texts[i], &out), XZ_OK);
        assert_str(xz_buf_str(&out), "安");
    }
}

static void line_ends_become_one_kind(void **unused)
{
    (void)unused;
    assert_int_equal(xz_text_decode(XZ_STR("a\r\nb\rc\n\r\nd\r"), &out), XZ_OK);
    assert_str(xz_buf_str(&out), "a\nb\nc\n\nd\n");
}

static void rare_names_of_gb18030_2022_survive(void **unused)
{
    (void)unused;
    /* two bytes that older tables map to private use; four bytes for extension B */
    assert_int_equal(xz_text_decode((xz_str){ "\xFE\x59\x95\x34\xB7\x32\xC3\xF7", 8 }, &out),
                     XZ_OK);
    size_t pos = 0;
    xz_str text = xz_buf_str(&out);
    assert_int_equal(xz_utf8_next(text, &pos), 0x9FB4);
    assert_true(xz_utf8_next(text, &pos) >= 0x20000);
    assert_str(xz_str_sub(text, pos, 3), "明");
}

/* The eighteen that changed: at their two-byte codes of 2022, and at the four-byte codes of 2005.
 */
static void both_codes_of_the_changed_characters_are_read(void **unused)
{
    static const struct {
        uint32_t code;
        unsigned char two[2], four[4];
    } rows[] = {
        { 0x9FB4, { 0xFE, 0x59 }, { 0x82, 0x35, 0x90, 0x37 } },
        { 0x9FB5, { 0xFE, 0x61 }, { 0x82, 0x35, 0x90, 0x38 } },
        { 0x9FB6, { 0xFE, 0x66 }, { 0x82, 0x35, 0x90, 0x39 } },
        { 0x9FB7, { 0xFE, 0x67 }, { 0x82, 0x35, 0x91, 0x30 } },
        { 0x9FB8, { 0xFE, 0x6D }, { 0x82, 0x35, 0x91, 0x31 } },
        { 0x9FB9, { 0xFE, 0x7E }, { 0x82, 0x35, 0x91, 0x32 } },
        { 0x9FBA, { 0xFE, 0x90 }, { 0x82, 0x35, 0x91, 0x33 } },
        { 0x9FBB, { 0xFE, 0xA0 }, { 0x82, 0x35, 0x91, 0x34 } },
        { 0xFE10, { 0xA6, 0xD9 }, { 0x84, 0x31, 0x82, 0x36 } },
        { 0xFE11, { 0xA6, 0xDB }, { 0x84, 0x31, 0x82, 0x37 } },
        { 0xFE12, { 0xA6, 0xDA }, { 0x84, 0x31, 0x82, 0x38 } },
        { 0xFE13, { 0xA6, 0xDC }, { 0x84, 0x31, 0x82, 0x39 } },
        { 0xFE14, { 0xA6, 0xDD }, { 0x84, 0x31, 0x83, 0x30 } },
        { 0xFE15, { 0xA6, 0xDE }, { 0x84, 0x31, 0x83, 0x31 } },
        { 0xFE16, { 0xA6, 0xDF }, { 0x84, 0x31, 0x83, 0x32 } },
        { 0xFE17, { 0xA6, 0xEC }, { 0x84, 0x31, 0x83, 0x33 } },
        { 0xFE18, { 0xA6, 0xED }, { 0x84, 0x31, 0x83, 0x34 } },
        { 0xFE19, { 0xA6, 0xF3 }, { 0x84, 0x31, 0x83, 0x35 } },
    };
    (void)unused;
    for (size_t i = 0; i < XZ_COUNT(rows); i++) {
        char bytes[12] = "\xB0\xB2"; /* 安 */
        size_t pos = 3;
        memcpy(bytes + 2, rows[i].two, 2);
        memcpy(bytes + 4, rows[i].four, 4);
        struct xz_decoder *decoder = xz_decoder_create(XZ_ENC_GB18030);
        xz_buf_clear(&out);
        /* a byte at a time: a character cut in two is put together again */
        for (size_t k = 0; k < 8; k++)
            assert_int_equal(xz_decoder_feed(decoder, (xz_str){ bytes + k, 1 }, k == 7, &out),
                             XZ_OK);
        xz_decoder_destroy(decoder);
        assert_int_equal(xz_utf8_next(xz_buf_str(&out), &pos), rows[i].code);
        assert_int_equal(xz_utf8_next(xz_buf_str(&out), &pos), rows[i].code);
        assert_int_equal(pos, out.len);
    }
}

static void what_is_not_text_is_refused(void **unused)
{
    static const xz_str texts[] = {
        { "\x00\x01\x02\x03", 4 },
        { "abc\0def", 7 },
        { "\x89PNG\r\n\x1A\n\x00\x00\x00\x0DIHDR", 16 },
        { "\x80\x81\xFF\xFE\x9C\xC0\x05\x06\xF5\xF6\xF7\x01", 12 },
    };
    (void)unused;
    for (size_t i = 0; i < XZ_COUNT(texts); i++) {
        xz_buf_clear(&out);
        assert_int_equal(xz_text_decode(texts[i], &out), XZ_E_INPUT);
        assert_true(strlen(xz_fail_detail()) > 0);
    }
}

static void a_full_buffer_is_a_limit(void **unused)
{
    (void)unused;
    struct xz_buf small;
    xz_buf_init(&small, 4);
    assert_int_equal(xz_text_decode(XZ_STR("安澜市"), &small), XZ_E_LIMIT);
    xz_buf_fini(&small);
}

static void pieces_of_any_size_give_the_same_text(void **unused)
{
    static const char *const names[] = { "UTF-8", "GB18030", "UTF-16LE", "UTF-16BE" };
    static const char text[] = "𠮷安澜\r\n市\r一𪚥A\r\n";
    char bytes[128];
    (void)unused;
    for (size_t n = 0; n < XZ_COUNT(names); n++)
        for (size_t piece = 1; piece < 9; piece++) {
            size_t len = convert(names[n], text, bytes, sizeof(bytes));
            static const enum xz_encoding encodings[] = { XZ_ENC_UTF8, XZ_ENC_GB18030,
                                                          XZ_ENC_UTF16LE, XZ_ENC_UTF16BE };
            struct xz_decoder *decoder = xz_decoder_create(encodings[n]);
            xz_buf_clear(&out);
            for (size_t at = 0; at < len; at += piece) {
                xz_str part = { bytes + at, XZ_MIN(piece, len - at) };
                assert_int_equal(xz_decoder_feed(decoder, part, at + piece >= len, &out), XZ_OK);
            }
            xz_decoder_destroy(decoder);
            assert_str(xz_buf_str(&out), "𠮷安澜\n市\n一𪚥A\n");
        }
}

static void a_front_cut_inside_a_character_is_still_detected(void **unused)
{
    char bytes[1024];
    (void)unused;
    size_t len = convert("GB18030", sample, bytes, sizeof(bytes));
    for (size_t cut = len / 2; cut < len / 2 + 4; cut++)
        assert_int_equal(xz_encoding_detect((xz_str){ bytes, cut }, true), XZ_ENC_GB18030);
    for (size_t cut = 30; cut < 36; cut++)
        assert_int_equal(xz_encoding_detect((xz_str){ sample, cut }, true), XZ_ENC_UTF8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_encoding_is_detected_and_decoded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(marks_at_the_front_decide_and_vanish, set_up, tear_down),
        cmocka_unit_test_setup_teardown(line_ends_become_one_kind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rare_names_of_gb18030_2022_survive, set_up, tear_down),
        cmocka_unit_test_setup_teardown(both_codes_of_the_changed_characters_are_read, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_text_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_buffer_is_a_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pieces_of_any_size_give_the_same_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_front_cut_inside_a_character_is_still_detected, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
