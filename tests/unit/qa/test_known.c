/* Notices of now: which questions they answer, where, and to the minute when. */
#include "qa_test.h"

#include "knowledge/halls.h"

#define MINUTE_MS 60000

static const struct test_entry water = {
    .kind = XZ_ENTRY_NOTICE,
    .title = "学林街抢修停水公告",
    .aliases = "停水、没水、断水、水压小",
    .issuer = "市水务集团",
    .region = LINJIANG,
    .effective_on = 20261122,
    .clauses = { { "公告正文", "学林街主管破损，沿线小区停水，正在抢修。便民服务中心免费取水。" } },
    .level = XZ_NOTICE_ORANGE,
};

/* The notice as it holds for two hours around the test's now; a new version of the same entry. */
static void water_put(struct qa_test *t, int64_t from_minutes, int64_t to_minutes)
{
    struct test_entry now = water;
    int64_t ms = xz_clock_now_ms(&t->clock);
    now.issued_ms = ms + from_minutes * MINUTE_MS;
    now.expires_ms = ms + to_minutes * MINUTE_MS;
    qa_test_put(t, &now);
}

static bool matters(struct qa_test *t, const char *question)
{
    const struct xz_notice notice = { .entry = { .title = xz_str_from(water.title),
                                                 .aliases = xz_str_from(water.aliases) },
                                      .text = xz_str_from(water.clauses[0].body) };
    return qa_notice_matters(t->arena, xz_str_from(question), &notice);
}

static void questions_about_it(void **state)
{
    static const char *const questions[] = {
        "停水了吗",         "停水通知",
        "停水了",           "家里没水了怎么办",
        "为什么没水",       "什么时候恢复供水,停水好几天了",
        "学林街停水到几点", "今天水压小怎么回事",
        "停水去哪里取水",   "今天早上起来家里没水了,楼下邻居也是,什么时候能来水啊",
    };
    for (size_t i = 0; i < XZ_COUNT(questions); i++)
        if (!matters(*state, questions[i]))
            fail_msg("%s", questions[i]);
}

static void questions_of_another_matter(void **state)
{
    static const char *const questions[] = {
        "怎么申请停水",
        "停水怎么报停",
        "水费怎么交",
        "停水费怎么算",
        "没水表怎么办",
        "用水过户",
        "停水违法吗",
        "停水能要求赔偿吗",
        "欠费停水了怎么恢复",
        "停水的法律规定",
        "停电了吗",
        "",
        "停",
    };
    for (size_t i = 0; i < XZ_COUNT(questions); i++)
        if (matters(*state, questions[i]))
            fail_msg("%s", questions[i]);
}

static void it_holds_to_the_minute(void **state)
{
    struct qa_test *t = *state;
    int64_t now = xz_clock_now_ms(&t->clock);

    water_put(t, 0, 1);
    assert_int_equal(qa_test_ask(t, "停水了吗", 0, NULL).kind, XZ_ANSWER_NOTICE);
    xz_clock_manual_set(&t->clock, now + MINUTE_MS - 1);
    assert_int_equal(qa_test_ask(t, "停水了吗", 0, NULL).kind, XZ_ANSWER_NOTICE);
    xz_clock_manual_set(&t->clock, now + MINUTE_MS);
    assert_int_not_equal(qa_test_ask(t, "停水了吗", 0, NULL).kind, XZ_ANSWER_NOTICE);
    xz_clock_manual_set(&t->clock, now);
    water_put(t, 1, 2);
    assert_int_not_equal(qa_test_ask(t, "停水了吗", 0, NULL).kind, XZ_ANSWER_NOTICE);
    xz_clock_manual_set(&t->clock, now + MINUTE_MS);
    assert_int_equal(qa_test_ask(t, "停水了吗", 0, NULL).kind, XZ_ANSWER_NOTICE);
    xz_clock_manual_set(&t->clock, now);
}

static void it_holds_where_it_says(void **state)
{
    struct qa_test *t = *state;
    water_put(t, -60, 60);
    assert_int_equal(qa_test_ask(t, "停水了吗", LINJIANG, NULL).kind, XZ_ANSWER_NOTICE);
    assert_int_equal(qa_test_ask(t, "临江区停水了吗", 0, NULL).kind, XZ_ANSWER_NOTICE);
    assert_int_not_equal(qa_test_ask(t, "停水了吗", WANGHU, NULL).kind, XZ_ANSWER_NOTICE);
    assert_int_not_equal(qa_test_ask(t, "望湖区停水了吗", 0, NULL).kind, XZ_ANSWER_NOTICE);
    struct xz_answer named = qa_test_ask(t, "停水了吗", 0, NULL);
    assert_int_equal(named.kind, XZ_ANSWER_NOTICE);
    assert_true(text_has(named.text, "临江区"));
}

static void it_is_told_word_for_word_and_let_go(void **state)
{
    struct qa_test *t = *state;
    struct xz_answer again, first;

    water_put(t, -60, 60);
    first = qa_test_ask(t, "停水了吗", 0, NULL);
    assert_true(xz_str_ends(first.text, xz_str_from(water.clauses[0].body)));
    assert_true(text_has(first.text, "2026年11月22日19:00"));
    assert_true(text_has(first.text, "2026年11月22日21:00"));
    assert_true(text_has(first.text, "0999-1"));
    assert_int_equal(first.source_count, 1);
    assert_int_equal(first.option_count, 1);
    assert_text(first.options[0].label, "仍按原问题查询");
    assert_int_equal(
        xz_qa_turn(t->qa, t->arena, first.turn, xz_str_from(first.dialogue.text), &again), XZ_OK);
    assert_int_equal(again.kind, XZ_ANSWER_NOTICE);
    assert_true(xz_str_eq(again.text, first.text));

    again = qa_test_ask(t, xz_str_cstr(t->arena, first.options[0].question), 0, &first);
    assert_int_not_equal(again.kind, XZ_ANSWER_NOTICE);
    again = qa_test_ask(t, "没水了", 0, &again);
    assert_int_equal(again.kind, XZ_ANSWER_NOTICE);
}

static void a_notice_is_never_ranked_with_the_rest(void **state)
{
    struct qa_test *t = *state;
    const struct xz_find find = { .actor = { XZ_ACTOR_LOCAL, 0 },
                                  .text = XZ_STR("学林街主管破损"),
                                  .kind_mask = 0,
                                  .superseded_too = true,
                                  .max = 20 };
    struct xz_source *sources;
    float *scores;
    size_t count;

    water_put(t, -60, 60);
    assert_int_equal(xz_qa_find(t->qa, t->arena, &find, &sources, &scores, &count), XZ_OK);
    for (size_t i = 0; i < count; i++)
        assert_int_not_equal(sources[i].entry.kind, XZ_ENTRY_NOTICE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(questions_about_it),
        cmocka_unit_test(questions_of_another_matter),
        cmocka_unit_test(it_holds_to_the_minute),
        cmocka_unit_test(it_holds_where_it_says),
        cmocka_unit_test(it_is_told_word_for_word_and_let_go),
        cmocka_unit_test(a_notice_is_never_ranked_with_the_rest),
    };
    return cmocka_run_group_tests(tests, qa_test_open, qa_test_close);
}
