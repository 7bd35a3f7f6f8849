/* Understanding: what kind of sentence, which section, which place, and what a follow-up means. */
#include "qa_test.h"

static enum qa_intent intent(struct qa_test *t, const char *question)
{
    struct qa_case *c = qa_test_case(t, question, 0);
    qa_test_case_end(c);
    return c->intent;
}

static void sentences_are_told_apart(void **state)
{
    assert_int_equal(intent(*state, "你好"), INTENT_GREET);
    assert_int_equal(intent(*state, "谢谢！"), INTENT_THANKS);
    assert_int_equal(intent(*state, "我要转人工客服"), INTENT_PERSON);
    assert_int_equal(intent(*state, "着火了怎么办"), INTENT_EMERGENCY);
    assert_int_equal(intent(*state, "居住证怎么办理"), INTENT_ASK);
    /* A greeting before a matter is no greeting. */
    assert_int_equal(intent(*state, "你好，我想问一下居住证怎么办理"), INTENT_ASK);
    assert_int_equal(intent(*state, "人工客服系统采购项目的验收标准由哪个部门制定"), INTENT_ASK);
}

static void emergencies_name_the_numbers_to_call(void **state)
{
    struct xz_answer a = qa_test_ask(*state, "楼下着火了", 0, NULL);
    assert_int_equal(a.kind, XZ_ANSWER_REFUSED);
    assert_true(text_has(a.text, "119") && text_has(a.text, "110") && text_has(a.text, "120"));
}

static void the_longest_word_decides_the_section(void **unused)
{
    (void)unused;
    const struct {
        const char *text;
        enum qa_aspect aspect;
    } rows[] = {
        { "要带什么材料", ASPECT_MATERIALS },
        { "去哪里办", ASPECT_PLACE },
        { "网上能办吗", ASPECT_ONLINE },
        { "多少个工作日", ASPECT_TIME_LIMIT },
        { "要钱吗", ASPECT_FEE },
        { "咨询电话是多少", ASPECT_PHONE },
        { "什么条件", ASPECT_CONDITIONS },
        { "法律依据是什么", ASPECT_BASIS },
        { "怎么办理", ASPECT_STEPS },
        { "居住证", ASPECT_NONE },
        /* "材料" (6 bytes) stands in it too, "多少钱" (9) is longer. */
        { "材料多少钱", ASPECT_FEE },
    };
    for (size_t i = 0; i < XZ_COUNT(rows); i++)
        if (qa_aspect_of(xz_str_from(rows[i].text)) != rows[i].aspect)
            fail_msg("%s", rows[i].text);
}

/* --- places --- */

static int64_t region_of(struct qa_test *t, const char *question, int64_t region, bool *chosen)
{
    struct qa_case *c = qa_test_case(t, question, region);
    qa_test_case_end(c);
    if (chosen)
        *chosen = c->region_chosen;
    return c->region;
}

static void chain_goes_from_the_nation_down(void **state)
{
    struct qa_case *c = qa_test_case(*state, "居住证怎么办理", LINJIANG);
    const uint32_t expected[] = { 0, 990000, CITY, LINJIANG };
    assert_int_equal(c->chain_count, XZ_COUNT(expected));
    assert_memory_equal(c->chain, expected, sizeof(expected));
    assert_true(qa_region_is_own(c->site, LINJIANG));
    assert_false(qa_region_is_own(c->site, 990000));
    assert_false(qa_region_is_own(c->site, 110000));
    qa_test_case_end(c);
}

static void the_place_named_counts_before_the_one_chosen(void **state)
{
    bool chosen;
    assert_int_equal(region_of(*state, "居住证怎么办理", 0, &chosen), CITY);
    assert_false(chosen);
    assert_int_equal(region_of(*state, "居住证怎么办理", LINJIANG, &chosen), LINJIANG);
    assert_true(chosen);
    assert_int_equal(region_of(*state, "望湖区居住证怎么办理", LINJIANG, NULL), WANGHU);
    assert_int_equal(region_of(*state, "临江装电梯补贴多少", 0, NULL), LINJIANG);
    /* The city says no more than the district that was chosen. */
    assert_int_equal(region_of(*state, "安澜市居住证怎么办理", LINJIANG, NULL), LINJIANG);
    /* Our own district before a foreign city. */
    assert_int_equal(region_of(*state, "我从北京来，在望湖区怎么办居住证", 0, NULL), WANGHU);
    assert_int_equal(region_of(*state, "北京的居住证怎么办理", 0, NULL) / 10000, 11);
}

static void where_somebody_goes_is_not_where_they_ask(void **state)
{
    assert_int_equal(region_of(*state, "去北京看病要备案吗", 0, NULL), CITY);
    assert_int_equal(region_of(*state, "到上海住院怎么报销", LINJIANG, NULL), LINJIANG);
    assert_int_not_equal(region_of(*state, "去北京办居住证要什么材料", 0, NULL), CITY);
    assert_int_not_equal(region_of(*state, "北京看病怎么挂号", 0, NULL), CITY);
}

static void names_inside_words_are_no_places(void **state)
{
    assert_int_equal(region_of(*state, "高新技术企业有什么优惠", 0, NULL), CITY);
    assert_int_equal(region_of(*state, "高新区的企业有什么优惠", 0, NULL), 990105);
}

static void what_is_asked_of_another_city_is_not_answered_here(void **state)
{
    struct xz_answer a = qa_test_ask(*state, "上海梧桐树认养要交多少钱", 0, NULL);
    assert_int_equal(a.kind, XZ_ANSWER_REFUSED);
    assert_true(text_has(a.text, "本平台没有收录该地区的规定"));
    assert_int_equal(a.source_count, 0);
}

/* --- bounds --- */

static xz_err admitted(struct qa_test *t, xz_str question, xz_str dialogue, int64_t region)
{
    const struct xz_ask ask = {
        .actor = XZ_ACTOR_ANYONE, .question = question, .dialogue = dialogue, .region = region
    };
    return xz_qa_admit(t->qa, t->arena, &ask);
}

static void what_cannot_be_asked_is_refused_with_words(void **state)
{
    struct qa_test *t = *state;
    static char many[201 * 3 + 1];
    for (size_t i = 0; i < 201; i++)
        memcpy(many + i * 3, "问", 3);
    assert_int_equal(admitted(t, (xz_str){ many, 200 * 3 }, XZ_STR_NONE, 0), XZ_OK);
    assert_int_equal(admitted(t, (xz_str){ many, 201 * 3 }, XZ_STR_NONE, 0), XZ_E_LIMIT);
    assert_int_equal(admitted(t, XZ_STR(" \t\xe3\x80\x80\xe2\x80\x8b"), XZ_STR_NONE, 0),
                     XZ_E_INPUT);
    assert_int_equal(admitted(t, XZ_STR("\xff\xfe"), XZ_STR_NONE, 0), XZ_E_INPUT);
    assert_int_equal(admitted(t, XZ_STR("问"), XZ_STR("not-a-secret"), 0), XZ_E_INPUT);
    assert_int_equal(admitted(t, XZ_STR("问"), XZ_STR_NONE, 123), XZ_E_INPUT);
    assert_true(strlen(xz_fail_detail()) > 0);
}

static void an_unknown_dialogue_is_missing(void **state)
{
    struct qa_test *t = *state;
    xz_secret other = xz_secret_make();
    struct xz_ask ask = { .actor = XZ_ACTOR_ANYONE,
                          .question = XZ_STR("居住证怎么办理"),
                          .dialogue = xz_str_from(other.text) };
    struct xz_answer answer;
    assert_int_equal(xz_qa_ask_wait(t->qa, t->arena, &ask, &answer), XZ_E_MISSING);
}

/* --- follow-ups --- */

static void a_section_asked_after_a_matter_is_quoted_from_its_guide(void **state)
{
    const struct {
        const char *question, *label;
    } rows[] = { { "要什么材料？", "申请材料" },
                 { "那多久能办好", "办理时限" },
                 { "要多少钱", "收费标准" },
                 { "在哪里办呢", "办理地点" },
                 { "电话是多少", "咨询电话" } };
    struct xz_answer a = qa_test_ask(*state, "居住证怎么办理？", 0, NULL);
    assert_int_equal(a.kind, XZ_ANSWER_REVIEWED);
    for (size_t i = 0; i < XZ_COUNT(rows); i++) {
        a = qa_test_ask(*state, rows[i].question, 0, &a);
        if (a.kind != XZ_ANSWER_QUOTED || a.source_count != 1)
            fail_msg("%s: %s", rows[i].question, xz_answer_kind_name(a.kind));
        assert_text(a.sources[0].clause.label, rows[i].label);
        assert_text(a.sources[0].entry.title, "居住证申领");
        assert_true(text_has(a.understood, "居住证"));
    }
}

static void another_district_asks_the_question_before_again(void **state)
{
    struct xz_answer a = qa_test_ask(*state, "临江区老楼装电梯补贴多少？", 0, NULL);
    assert_int_equal(a.kind, XZ_ANSWER_REVIEWED);
    assert_true(text_has(a.text, "20万元"));
    a = qa_test_ask(*state, "那望湖区呢？", 0, &a);
    assert_int_equal(a.kind, XZ_ANSWER_REVIEWED);
    assert_true(text_has(a.text, "15万元"));
    assert_int_equal(a.region, WANGHU);
    assert_false(text_has(a.understood, "临江"));
}

static void the_place_of_a_dialogue_is_kept(void **state)
{
    struct xz_answer a = qa_test_ask(*state, "望湖区居住证怎么办理？", 0, NULL);
    a = qa_test_ask(*state, "老楼装电梯补贴多少？", 0, &a);
    assert_int_equal(a.region, WANGHU);
    assert_int_equal(a.kind, XZ_ANSWER_REVIEWED);
    assert_true(text_has(a.text, "15万元"));
}

static void another_person_is_joined_to_the_matter(void **state)
{
    struct xz_answer a = qa_test_ask(*state, "居住证怎么办理？", 0, NULL);
    a = qa_test_ask(*state, "如果是外地户口呢", 0, &a);
    assert_true(text_has(a.understood, "居住证") && text_has(a.understood, "外地户口"));
}

static void a_matter_of_its_own_leaves_the_one_before(void **state)
{
    struct xz_answer a = qa_test_ask(*state, "居住证怎么办理？", 0, NULL);
    a = qa_test_ask(*state, "认养梧桐树每株每年缴纳多少钱", 0, &a);
    assert_false(text_has(a.understood, "居住证"));
    assert_int_equal(a.kind, XZ_ANSWER_QUOTED);
    assert_text(a.sources[0].entry.title, "安澜市梧桐树认养办法");
}

static void a_follow_up_is_known_by_what_it_finds(void **state)
{
    struct xz_answer a = qa_test_ask(*state, "居住证怎么办理？", 0, NULL);
    a = qa_test_ask(*state, "补领的工本费多少钱", 0, &a);
    assert_int_equal(a.kind, XZ_ANSWER_QUOTED);
    assert_text(a.sources[0].entry.title, "居住证申领");
    assert_text(a.sources[0].clause.label, "收费标准");
}

static void thanks_in_between_change_no_matter(void **state)
{
    struct xz_answer a = qa_test_ask(*state, "居住证怎么办理？", 0, NULL);
    a = qa_test_ask(*state, "谢谢", 0, &a);
    assert_int_equal(a.kind, XZ_ANSWER_CLARIFY);
    a = qa_test_ask(*state, "要多少钱", 0, &a);
    assert_true(text_has(a.understood, "居住证"));
    assert_int_equal(a.kind, XZ_ANSWER_QUOTED);
    assert_text(a.sources[0].clause.label, "收费标准");
}

static void a_matter_without_basis_ends_the_one_before(void **state)
{
    struct xz_answer a = qa_test_ask(*state, "居住证怎么办理？", 0, NULL);
    a = qa_test_ask(*state, "火星移民怎么报名参加", 0, &a);
    assert_int_equal(a.kind, XZ_ANSWER_REFUSED);
    assert_text(a.understood, "火星移民怎么报名参加");
    a = qa_test_ask(*state, "要什么材料", 0, &a);
    assert_true(text_has(a.understood, "火星移民"));
    for (size_t i = 0; i < a.source_count; i++)
        assert_false(xz_str_eq(a.sources[i].entry.title, XZ_STR("居住证申领")));
}

static void a_circumstance_belongs_to_what_it_was_said_about(void **state)
{
    struct xz_answer a = qa_test_ask(*state, "居住证怎么办理？", 0, NULL);
    a = qa_test_ask(*state, "他腿脚不好下不了楼", 0, &a);
    assert_true(text_has(a.understood, "居住证") && text_has(a.understood, "腿脚"));
    a = qa_test_ask(*state, "要什么材料", 0, &a);
    assert_int_equal(a.kind, XZ_ANSWER_QUOTED);
    assert_text(a.sources[0].clause.label, "申请材料");
}

static void joined_questions_stay_within_the_limit_and_keep_the_new_one(void **state)
{
    static char longest[200 * 3 + 1];
    for (size_t i = 0; i < 200; i++)
        memcpy(longest + i * 3, i < 3 ? &"居住证"[i * 3] : "长", 3);
    struct xz_answer a = qa_test_ask(*state, longest, 0, NULL);
    a = qa_test_ask(*state, "那要多少钱？", 0, &a);
    assert_int_equal(xz_utf8_chars(a.understood), 200);
    assert_true(text_has(a.understood, "；那要多少钱？"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentences_are_told_apart),
        cmocka_unit_test(emergencies_name_the_numbers_to_call),
        cmocka_unit_test(the_longest_word_decides_the_section),
        cmocka_unit_test(chain_goes_from_the_nation_down),
        cmocka_unit_test(the_place_named_counts_before_the_one_chosen),
        cmocka_unit_test(where_somebody_goes_is_not_where_they_ask),
        cmocka_unit_test(names_inside_words_are_no_places),
        cmocka_unit_test(what_is_asked_of_another_city_is_not_answered_here),
        cmocka_unit_test(what_cannot_be_asked_is_refused_with_words),
        cmocka_unit_test(an_unknown_dialogue_is_missing),
        cmocka_unit_test(a_section_asked_after_a_matter_is_quoted_from_its_guide),
        cmocka_unit_test(another_district_asks_the_question_before_again),
        cmocka_unit_test(the_place_of_a_dialogue_is_kept),
        cmocka_unit_test(another_person_is_joined_to_the_matter),
        cmocka_unit_test(a_matter_of_its_own_leaves_the_one_before),
        cmocka_unit_test(a_follow_up_is_known_by_what_it_finds),
        cmocka_unit_test(thanks_in_between_change_no_matter),
        cmocka_unit_test(a_matter_without_basis_ends_the_one_before),
        cmocka_unit_test(a_circumstance_belongs_to_what_it_was_said_about),
        cmocka_unit_test(joined_questions_stay_within_the_limit_and_keep_the_new_one),
    };
    return cmocka_run_group_tests(tests, qa_test_open, qa_test_close);
}
