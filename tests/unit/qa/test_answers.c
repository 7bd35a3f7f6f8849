/* Which answer is given: reviewed word for word, an article, the clauses in force here, a question
 * back, or a refusal. */
#include "qa_test.h"

static void the_very_question_is_answered_word_for_word(void **state)
{
    struct xz_answer a = qa_test_ask(*state, "外地人怎么申请居住证", 0, NULL);
    assert_int_equal(a.kind, XZ_ANSWER_REVIEWED);
    assert_text(a.text, "在安澜居住满半年的，带身份证和住址证明到派出所申领居住证，不收费。");
    assert_text(a.matched, "居住证怎么办理？");
    assert_true(a.confidence == 1.0);
    assert_non_null(a.guide);
    assert_text(a.guide->entry.title, "居住证申领");
    assert_int_equal(a.guide->material_count, 2);
    assert_text(a.guide->materials[0].name, "身份证");
    assert_int_equal(a.guide->step_count, 2);
    assert_non_null(a.department);
    assert_text(a.department->name, "安澜市公安局");
}

static void punctuation_and_places_of_ours_do_not_hide_the_very_question(void **state)
{
    assert_int_equal(qa_test_ask(*state, "  居住证，怎么办理  ", 0, NULL).kind, XZ_ANSWER_REVIEWED);
    assert_int_equal(qa_test_ask(*state, "安澜市居住证怎么办理", 0, NULL).kind, XZ_ANSWER_REVIEWED);
    /* A foreign place within a listed question belongs to it. */
    struct xz_answer a = qa_test_ask(*state, "去北京看病能报销吗", 0, NULL);
    assert_int_equal(a.kind, XZ_ANSWER_REVIEWED);
    assert_text(a.matched, "去北京看病能报销吗？");
}

static void the_district_decides_which_reviewed_answer(void **state)
{
    struct xz_answer a = qa_test_ask(*state, "老楼装电梯补贴多少", LINJIANG, NULL);
    assert_int_equal(a.kind, XZ_ANSWER_REVIEWED);
    assert_true(text_has(a.text, "20万元"));
    a = qa_test_ask(*state, "望湖区老楼装电梯补贴多少", LINJIANG, NULL);
    assert_true(text_has(a.text, "15万元"));
    /* A district without one is not given a neighbour's. */
    a = qa_test_ask(*state, "老楼装电梯补贴多少", SHIQIAO, NULL);
    assert_int_not_equal(a.kind, XZ_ANSWER_REVIEWED);
    assert_false(text_has(a.text, "万元"));
}

static void without_a_district_it_is_asked_for_with_all_that_have_one(void **state)
{
    struct xz_answer a = qa_test_ask(*state, "老楼装电梯补贴多少", 0, NULL);
    assert_int_equal(a.kind, XZ_ANSWER_CLARIFY);
    assert_int_equal(a.option_count, 2);
    assert_int_equal(a.options[0].region + a.options[1].region, LINJIANG + WANGHU);
    struct xz_answer picked = qa_test_ask(*state, "老楼装电梯补贴多少", a.options[0].region, &a);
    assert_int_equal(picked.kind, XZ_ANSWER_REVIEWED);
}

static void a_variant_of_one_district_offers_the_others_too(void **state)
{
    struct xz_answer a = qa_test_ask(*state, "旧楼加装电梯政府给多少钱", 0, NULL);
    assert_int_equal(a.kind, XZ_ANSWER_CLARIFY);
    assert_int_equal(a.option_count, 2);
}

static void what_ended_is_never_given(void **state)
{
    struct xz_answer a = qa_test_ask(*state, "电动三轮车通行补贴怎么领？", 0, NULL);
    assert_int_not_equal(a.kind, XZ_ANSWER_REVIEWED);
    assert_int_not_equal(a.kind, XZ_ANSWER_QUOTED);
    assert_int_equal(a.source_count, 0);
    assert_false(text_has(a.text, "三百元") || text_has(a.text, "交警大队"));
}

static void what_was_superseded_is_never_given(void **state)
{
    struct xz_answer a = qa_test_ask(*state, "古井修缮每口资助多少元", 0, NULL);
    assert_int_equal(a.kind, XZ_ANSWER_QUOTED);
    assert_true(text_has(a.text, "八千元"));
    assert_false(text_has(a.text, "五千元"));
}

static void what_is_internal_is_for_no_citizen(void **state)
{
    struct qa_test *t = *state;
    struct xz_answer a = qa_test_ask(t, "窗口人员着装有什么要求？", 0, NULL);
    assert_int_not_equal(a.kind, XZ_ANSWER_REVIEWED);
    assert_false(text_has(a.text, "蓝色领带"));
    for (size_t i = 0; i < a.source_count; i++)
        assert_int_equal(a.sources[i].entry.visibility, XZ_VISIBLE_PUBLIC);

    struct xz_ask ask = { .actor = { XZ_ACTOR_LOCAL, 0 },
                          .question = XZ_STR("窗口人员着装有什么要求？") };
    assert_int_equal(xz_qa_ask_wait(t->qa, t->arena, &ask, &a), XZ_OK);
    assert_int_equal(a.kind, XZ_ANSWER_REVIEWED);
}

/* --- articles --- */

static struct xz_source cited(struct qa_test *t, const char *question)
{
    struct xz_answer a = qa_test_ask(t, question, 0, NULL);
    if (a.kind != XZ_ANSWER_QUOTED || !a.source_count)
        fail_msg("%s: %s", question, xz_answer_kind_name(a.kind));
    assert_true(a.confidence == 1.0);
    return a.sources[0];
}

static void an_article_named_is_shown_as_it_stands(void **state)
{
    assert_text(cited(*state, "劳动合同法第八十二条是什么").clause.label, "第八十二条");
    assert_text(cited(*state, "《中华人民共和国劳动合同法》第82条").clause.label, "第八十二条");
    assert_text(cited(*state, "安政办发〔2024〕8号第六条").entry.title, "安澜市梧桐树认养办法");
    assert_text(cited(*state, "刑法第一百三十三条之一怎么规定").clause.label, "第一百三十三条之一");
    assert_text(cited(*state, "刑法第一百三十三条").clause.label, "第一百三十三条");
}

static void an_article_that_is_not_there_is_not_made_up(void **state)
{
    struct xz_answer a = qa_test_ask(*state, "劳动合同法第三百条是什么", 0, NULL);
    assert_true(a.confidence < 1.0);
    for (size_t i = 0; i < a.source_count; i++)
        assert_false(text_has(a.sources[i].clause.label, "第三百条"));
}

/* --- clauses --- */

static void a_clause_that_ends_in_a_colon_brings_its_neighbour(void **state)
{
    struct xz_answer a = qa_test_ask(*state, "在镜湖垂钓禁止哪些行为", 0, NULL);
    assert_int_equal(a.kind, XZ_ANSWER_QUOTED);
    assert_text(a.sources[0].clause.label, "第三条");
    assert_true(text_has(a.text, "电鱼"));
}

static void the_local_text_comes_first(void **state)
{
    struct xz_answer a = qa_test_ask(*state, "认养梧桐树每株每年缴纳多少钱", WANGHU, NULL);
    assert_int_equal(a.kind, XZ_ANSWER_QUOTED);
    assert_int_equal(a.sources[0].entry.region, WANGHU);
    a = qa_test_ask(*state, "认养梧桐树每株每年缴纳多少钱", LINJIANG, NULL);
    assert_int_equal(a.kind, XZ_ANSWER_QUOTED);
    for (size_t i = 0; i < a.source_count; i++)
        assert_int_not_equal(a.sources[i].entry.region, WANGHU);
}

static void every_quote_names_its_source_and_says_it_is_found_by_machine(void **state)
{
    struct xz_answer a = qa_test_ask(*state, "践踏野草坪罚多少钱", 0, NULL);
    assert_int_equal(a.kind, XZ_ANSWER_QUOTED);
    assert_true(text_has(a.text, "《中华人民共和国野草坪保护法》第一条"));
    assert_true(text_has(a.text, "任何人不得践踏野草坪，违者处二百元罚款。"));
    assert_true(text_has(a.label, "人工智能"));
    assert_text(a.sources[0].region_name, "全国");
    assert_int_equal(a.sources[0].validity, XZ_VALID_CURRENT);
}

static void what_has_no_basis_is_refused_with_a_way_on(void **state)
{
    struct xz_answer a = qa_test_ask(*state, "火星移民怎么报名参加", 0, NULL);
    assert_int_equal(a.kind, XZ_ANSWER_REFUSED);
    assert_int_equal(a.source_count, 0);
    assert_true(a.confidence == 0);
    assert_true(text_has(a.text, "0999-12345") && text_has(a.text, "24小时"));
    assert_true(a.label.len > 0);
}

static void a_letter_is_no_question(void **state)
{
    assert_int_equal(qa_test_ask(*state, "?", 0, NULL).kind, XZ_ANSWER_REFUSED);
    assert_int_equal(qa_test_ask(*state, "a", 0, NULL).kind, XZ_ANSWER_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_very_question_is_answered_word_for_word),
        cmocka_unit_test(punctuation_and_places_of_ours_do_not_hide_the_very_question),
        cmocka_unit_test(the_district_decides_which_reviewed_answer),
        cmocka_unit_test(without_a_district_it_is_asked_for_with_all_that_have_one),
        cmocka_unit_test(a_variant_of_one_district_offers_the_others_too),
        cmocka_unit_test(what_ended_is_never_given),
        cmocka_unit_test(what_was_superseded_is_never_given),
        cmocka_unit_test(what_is_internal_is_for_no_citizen),
        cmocka_unit_test(an_article_named_is_shown_as_it_stands),
        cmocka_unit_test(an_article_that_is_not_there_is_not_made_up),
        cmocka_unit_test(a_clause_that_ends_in_a_colon_brings_its_neighbour),
        cmocka_unit_test(the_local_text_comes_first),
        cmocka_unit_test(every_quote_names_its_source_and_says_it_is_found_by_machine),
        cmocka_unit_test(what_has_no_basis_is_refused_with_a_way_on),
        cmocka_unit_test(a_letter_is_no_question),
    };
    return cmocka_run_group_tests(tests, qa_test_open, qa_test_close);
}
