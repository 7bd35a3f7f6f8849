/* Cardinals. */
#include "text_test.h"

static const struct {
    const char *text;
    size_t chars; /* of the text that belong to the numeral; 0: none */
    int64_t value;
} rows[] = {
    { "0", 1, 0 },
    { "230", 3, 230 },
    { "２３０条", 3, 230 },
    { "1,200元", 5, 1200 },
    { "1,234,567", 9, 1234567 },
    { "1,23", 1, 1 },
    { "1,2345", 1, 1 },
    { "3万元", 2, 30000 },
    { "30万亿", 4, 30000000000000 },
    { "3.5万", 0, 0 },
    { "3.", 1, 3 },
    { "123456789012345678", 18, 123456789012345678 },
    { "1234567890123456789", 0, 0 },
    { "一", 1, 1 },
    { "十", 1, 10 },
    { "十五", 2, 15 },
    { "二十", 2, 20 },
    { "二百三十", 4, 230 },
    { "一百零二", 4, 102 },
    { "一百〇二", 4, 102 },
    { "一百二", 3, 120 },
    { "一百十五", 4, 115 },
    { "一千零五十", 5, 1050 },
    { "一千二百六十", 6, 1260 },
    { "一万五", 3, 15000 },
    { "两万", 2, 20000 },
    { "十二万三千", 5, 123000 },
    { "三亿零五万", 5, 300050000 },
    { "三万亿", 3, 3000000000000 },
    { "二〇二四年", 4, 2024 },
    { "二○二四", 4, 2024 },
    { "一二三", 3, 123 },
    { "贰佰叁拾", 4, 230 },
    { "兩萬", 2, 20000 },
    { "一百零", 2, 100 },
    { "零", 1, 0 },
    { "百分之五", 0, 0 },
    { "万一", 0, 0 },
    { "千方百计", 0, 0 },
    { "条", 0, 0 },
    { "", 0, 0 },
    { "一千二千", 3, 1200 }, /* units must fall: the second thousand is another numeral */
    { "九百九十九万亿亿", 7, INT64_C(999000000000000) },
};

static void numerals_are_read_by_value(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < XZ_COUNT(rows); i++) {
        int64_t value = -1;
        xz_str text = xz_str_from(rows[i].text);
        size_t eaten = xz_numeral_read(text, &value);
        if (xz_utf8_chars((xz_str){ text.ptr, eaten }) != rows[i].chars ||
            value != (rows[i].chars ? rows[i].value : -1))
            fail_msg("%s: %zu bytes, value %lld", rows[i].text, eaten, (long long)value);
    }
}

static const char *const digits[] = { "零", "一", "二", "三", "四", "五", "六", "七", "八", "九" };

/* The way laws write 1 .. 9999. */
static void spell(int value, struct xz_buf *out)
{
    static const struct {
        int unit;
        const char *text;
    } units[] = { { 1000, "千" }, { 100, "百" }, { 10, "十" }, { 1, "" } };
    bool begun = false, zero = false;
    for (size_t i = 0; i < XZ_COUNT(units); i++) {
        int digit = value / units[i].unit % 10;
        if (digit == 0) {
            zero = begun;
            continue;
        }
        if (zero)
            xz_buf_add(out, xz_str_from("零"));
        if (digit != 1 || units[i].unit != 10 || begun)
            xz_buf_add(out, xz_str_from(digits[digit]));
        xz_buf_add(out, xz_str_from(units[i].text));
        zero = false;
        begun = true;
    }
}

static void every_article_number_to_9999_is_read(void **unused)
{
    (void)unused;
    struct xz_buf text;
    xz_buf_init(&text, 256);
    for (int want = 1; want <= 9999; want++) {
        int64_t value = 0;
        xz_buf_clear(&text);
        spell(want, &text);
        size_t len = text.len;
        xz_buf_add(&text, xz_str_from("条"));
        assert_int_equal(xz_numeral_read(xz_buf_str(&text), &value), len);
        assert_int_equal(value, want);
    }
    xz_buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numerals_are_read_by_value),
        cmocka_unit_test(every_article_number_to_9999_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
