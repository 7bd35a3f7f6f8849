/* One canonical spelling. */
#include "text_test.h"

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

static void spellings_of_one_text_become_one(void **unused)
{
    static const char *const rows[][2] = {
        { "ＡＢＣ１２３", "abc123" },
        { "行政復議條例", "行政复议条例" },
        { "戶籍遷移與臺灣居民", "户籍迁移与台湾居民" },
        { "“新農合”", "\"新农合\"" },
        { "申请　材料\t和\u00A0费用\n", "申请 材料 和 费用" },
        { "国办发〔２０２４〕１号", "国办发[2024]1号" },
        { "（一）、；：，", "(一),;:," },
        { "身\u200B份\uFEFF证", "身份证" },
        { "金\uFE00额", "金额" },
        { "⼈⺠", "人⺠" },
        { "①申请②受理", "①申请②受理" },
        { "二○二四", "二〇二四" },
        { "", "" },
        { "   ", "" },
        { "ÀÉ ЖЁ", "àé жё" },
        { "𠮷", "𠮷" },
    };
    (void)unused;
    for (size_t i = 0; i < XZ_COUNT(rows); i++)
        assert_str(xz_text_normalise(arena, xz_str_from(rows[i][0])), rows[i][1]);
}

static void folding_twice_changes_nothing(void **unused)
{
    (void)unused;
    for (uint32_t code = 1; code <= 0x10FFFF; code++) {
        uint32_t once = xz_text_fold(code);
        if (once != 0 && xz_text_fold(once) != once)
            fail_msg("U+%04X folds to U+%04X and that to U+%04X", code, once, xz_text_fold(once));
    }
}

static void bad_bytes_stay_within_three_times_the_length(void **unused)
{
    (void)unused;
    xz_str text = xz_text_normalise(arena, XZ_STR("\xFF\xFE\x80"));
    assert_true(text.len <= 9);
    assert_true(xz_utf8_valid(text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(spellings_of_one_text_become_one, make_arena, drop_arena),
        cmocka_unit_test(folding_twice_changes_nothing),
        cmocka_unit_test_setup_teardown(bad_bytes_stay_within_three_times_the_length, make_arena,
                                        drop_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
