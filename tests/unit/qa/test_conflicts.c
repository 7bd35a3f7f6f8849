/* What contradicts a likeness, and that a contradiction keeps a reviewed answer back. */
#include "qa_test.h"

static double conflict(enum qa_feature feature, const char *question, const char *entry)
{
    double f[FEATURE_COUNT] = { 0 };
    qa_conflicts_of(xz_str_from(question), 20261122, xz_str_from(entry), xz_str_from(entry), f);
    return f[feature];
}

static void another_year_contradicts(void **unused)
{
    (void)unused;
    const char *entry = "2027年居民医保交多少钱";
    assert_true(conflict(FEATURE_NUMBERS, "2026年居民医保交多少钱", entry) > 0);
    assert_true(conflict(FEATURE_NUMBERS, "二〇二六年居民医保交多少钱", entry) > 0);
    assert_true(conflict(FEATURE_NUMBERS, "2027年居民医保交多少钱", entry) == 0);
    assert_true(conflict(FEATURE_NUMBERS, "居民医保交多少钱", entry) == 0);
    /* A sum is no year. */
    assert_true(conflict(FEATURE_NUMBERS, "居民医保交2000元", entry) == 0);
    /* Today is in 2026: 去年 is 2025; two digits are a year only where they cannot be a duration.
     */
    assert_true(conflict(FEATURE_NUMBERS, "去年居民医保交多少钱", entry) > 0);
    assert_true(conflict(FEATURE_NUMBERS, "明年居民医保交多少钱", entry) == 0);
    assert_true(conflict(FEATURE_NUMBERS, "二五年居民医保交多少钱", entry) > 0);
    assert_true(conflict(FEATURE_NUMBERS, "25年居民医保交多少钱", entry) > 0);
    assert_true(conflict(FEATURE_NUMBERS, "居民医保交满25年还交吗", entry) == 0);
}

static void another_group_of_people_contradicts(void **unused)
{
    (void)unused;
    const char *entry = "居住证怎么办理";
    assert_true(conflict(FEATURE_GROUPS, "外国人的居住证怎么办理", entry) > 0);
    assert_true(conflict(FEATURE_GROUPS, "残疾人居住证怎么办理", entry) > 0);
    assert_true(conflict(FEATURE_GROUPS, "居住证怎么办理", entry) == 0);
    /* Words of one row mean the same. */
    assert_true(conflict(FEATURE_GROUPS, "老外怎么登记住宿", "外国人住宿登记") == 0);
}

static void another_act_contradicts(void **unused)
{
    (void)unused;
    assert_true(conflict(FEATURE_ACTS, "怎么注册公司", "公司怎么注销") > 0);
    assert_true(conflict(FEATURE_ACTS, "公司怎么销户", "公司怎么注销") == 0);
    assert_true(conflict(FEATURE_ACTS, "居住证丢了怎么挂失", "居住证怎么办理") > 0);
    assert_true(conflict(FEATURE_ACTS, "居住证怎么办理", "居住证怎么办理") == 0);
    assert_true(conflict(FEATURE_ACTS, "户口本丢了怎么补", "身份证丢了怎么补办") > 0);
    assert_true(conflict(FEATURE_ACTS, "户口簿丢了怎么补", "户口本丢了怎么补办") == 0);
}

static void not_doing_it_contradicts(void **unused)
{
    (void)unused;
    assert_true(conflict(FEATURE_NEGATION, "能不能不办居住证", "居住证怎么办理") > 0);
    assert_true(conflict(FEATURE_NEGATION, "居住证怎么办理", "居住证怎么办理") == 0);
    assert_true(conflict(FEATURE_NEGATION, "不想交社保", "员工不想交社保行吗") == 0);
}

static void near_misses_are_not_given_a_reviewed_answer(void **state)
{
    static const char *const questions[] = {
        "2024年居民医保交多少钱？", "外国人的居住证怎么办理？", "居住证怎么注销？",
        "居住证怎么挂失？",         "上海居住证怎么办理？",
    };
    for (size_t i = 0; i < XZ_COUNT(questions); i++)
        if (qa_test_ask(*state, questions[i], 0, NULL).kind == XZ_ANSWER_REVIEWED)
            fail_msg("%s", questions[i]);
}

static void a_paraphrase_is_given_one(void **state)
{
    struct xz_answer a = qa_test_ask(*state, "请问居住证要怎么办理", 0, NULL);
    assert_int_equal(a.kind, XZ_ANSWER_REVIEWED);
    assert_true(a.confidence >= 0.7 && a.confidence <= 1.0);
}

static void confidence_is_a_share_and_falls_with_contradictions(void **unused)
{
    (void)unused;
    double f[FEATURE_COUNT] = { 0 };
    double none = qa_confidence(f);
    f[FEATURE_COVER_VARIANT] = f[FEATURE_ORDER] = f[FEATURE_CHARS_ENTRY] = 1;
    double like = qa_confidence(f);
    f[FEATURE_ACTS] = 1;
    double other = qa_confidence(f);
    assert_true(none > 0 && none < like && like < 1);
    assert_true(other < like);
    struct qa_candidate k = { .f = { [FEATURE_COVER_SUPPORT] = 1, [FEATURE_CHARS_SUPPORT] = 1 } };
    assert_true(qa_may_answer(&k));
    for (enum qa_feature c = FEATURE_NUMBERS; c <= FEATURE_ACTS; c++) {
        k.f[c] = 1;
        assert_false(qa_may_answer(&k));
        k.f[c] = 0;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_year_contradicts),
        cmocka_unit_test(another_group_of_people_contradicts),
        cmocka_unit_test(another_act_contradicts),
        cmocka_unit_test(not_doing_it_contradicts),
        cmocka_unit_test(near_misses_are_not_given_a_reviewed_answer),
        cmocka_unit_test(a_paraphrase_is_given_one),
        cmocka_unit_test(confidence_is_a_share_and_falls_with_contradictions),
    };
    return cmocka_run_group_tests(tests, qa_test_open, qa_test_close);
}
