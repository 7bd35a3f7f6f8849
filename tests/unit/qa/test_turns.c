/* Turns: recorded, put together again, given an opinion on; ids; suggestions; searching by hand. */
#include "qa_test.h"

static void same_answer(const struct xz_answer *a, const struct xz_answer *b)
{
    assert_int_equal(a->turn, b->turn);
    assert_int_equal(a->kind, b->kind);
    assert_true(xz_str_eq(a->text, b->text));
    assert_true(xz_str_eq(a->understood, b->understood));
    assert_true(xz_str_eq(a->matched, b->matched));
    assert_true(xz_str_eq(a->label, b->label));
    assert_true(a->confidence == b->confidence);
    assert_int_equal(a->valid_on, b->valid_on);
    assert_int_equal(a->region, b->region);
    assert_ptr_equal(a->department, b->department);
    assert_int_equal(a->guide != NULL, b->guide != NULL);
    assert_int_equal(a->source_count, b->source_count);
    for (size_t i = 0; i < a->source_count; i++) {
        assert_int_equal(a->sources[i].clause.id.v, b->sources[i].clause.id.v);
        assert_int_equal(a->sources[i].mark_count, b->sources[i].mark_count);
    }
    assert_int_equal(a->option_count, b->option_count);
    for (size_t i = 0; i < a->option_count; i++) {
        assert_true(xz_str_eq(a->options[i].label, b->options[i].label));
        assert_true(xz_str_eq(a->options[i].question, b->options[i].question));
        assert_int_equal(a->options[i].region, b->options[i].region);
    }
}

static void a_turn_read_again_is_the_answer_that_was_given(void **state)
{
    static const char *const questions[] = {
        "居住证怎么办理", "劳动合同法第三十九条", "老楼装电梯补贴多少",   "火星移民怎么报名参加",
        "你好",           "践踏野草坪罚多少钱",   "请问居住证要怎么办理", "楼下着火了",
        "北京怎么养大象",
    };
    struct qa_test *t = *state;
    for (size_t i = 0; i < XZ_COUNT(questions); i++) {
        struct xz_answer again, given = qa_test_ask(t, questions[i], 0, NULL);
        assert_int_equal(
            xz_qa_turn(t->qa, t->arena, given.turn, xz_str_from(given.dialogue.text), &again),
            XZ_OK);
        same_answer(&given, &again);
    }
}

static void a_turn_is_only_for_who_holds_its_secret(void **state)
{
    struct qa_test *t = *state;
    struct xz_answer again, given = qa_test_ask(t, "居住证怎么办理", 0, NULL);
    xz_secret other = xz_secret_make();
    assert_int_equal(xz_qa_turn(t->qa, t->arena, given.turn, xz_str_from(other.text), &again),
                     XZ_E_MISSING);
    assert_int_equal(xz_qa_turn(t->qa, t->arena, given.turn, XZ_STR_NONE, &again), XZ_E_MISSING);
    assert_int_equal(xz_qa_turn(t->qa, t->arena, 1 << 30, xz_str_from(given.dialogue.text), &again),
                     XZ_E_MISSING);
}

/* The wording that was quoted stays under its id when the entry changes. */
static void a_later_version_does_not_change_what_was_said(void **state)
{
    struct qa_test *t = *state;
    struct test_entry law = { .kind = XZ_ENTRY_LAW,
                              .title = "安澜市风筝放飞规定",
                              .region = CITY,
                              .effective_on = 20230101,
                              .clauses = { { "第一条", "放飞风筝的高度不得超过八十米。" } } };
    qa_test_put(t, &law);
    struct xz_answer again, given = qa_test_ask(t, "放飞风筝的高度不得超过多少米", 0, NULL);
    assert_true(text_has(given.text, "八十米"));
    law.clauses[0].body = "放飞风筝的高度不得超过六十米。";
    qa_test_put(t, &law);
    assert_int_equal(
        xz_qa_turn(t->qa, t->arena, given.turn, xz_str_from(given.dialogue.text), &again), XZ_OK);
    same_answer(&given, &again);
    struct xz_answer now = qa_test_ask(t, "放飞风筝的高度不得超过多少米", 0, NULL);
    assert_true(text_has(now.text, "六十米") && !text_has(now.text, "八十米"));
}

static void an_answer_of_another_day_is_judged_on_that_day(void **state)
{
    struct qa_test *t = *state;
    int64_t now = xz_clock_now_ms(&t->clock);
    xz_clock_manual_set(&t->clock, 1700000000000); /* 2023-11-15 */
    struct xz_answer given = qa_test_ask(t, "电动三轮车通行补贴怎么领？", 0, NULL);
    xz_clock_manual_set(&t->clock, now);
    assert_int_equal(given.kind, XZ_ANSWER_REVIEWED);
    assert_int_equal(given.valid_on, 20231115);
    struct xz_answer again;
    assert_int_equal(
        xz_qa_turn(t->qa, t->arena, given.turn, xz_str_from(given.dialogue.text), &again), XZ_OK);
    same_answer(&given, &again);
}

static void feedback_is_kept_for_a_turn_of_ones_own(void **state)
{
    struct qa_test *t = *state;
    struct xz_answer a = qa_test_ask(t, "居住证怎么办理", 0, NULL);
    xz_str secret = xz_str_from(a.dialogue.text);
    assert_int_equal(xz_qa_feedback(t->qa, t->arena, a.turn, secret, false, XZ_STR("没说清楚")),
                     XZ_OK);
    assert_int_equal(xz_qa_feedback(t->qa, t->arena, a.turn, secret, true, XZ_STR_NONE), XZ_OK);
    assert_int_equal(xz_qa_feedback(t->qa, t->arena, a.turn, XZ_STR_NONE, true, XZ_STR_NONE),
                     XZ_E_MISSING);

    static const struct xz_sql count = { "test.feedback",
                                         "SELECT COUNT(*), SUM(useful), MIN(remark), MAX(remark)"
                                         " FROM feedback WHERE turn = $1" };
    struct xz_rows rows;
    struct xz_tx *tx;
    assert_int_equal(xz_store_read(t->store, &tx), XZ_OK);
    assert_int_equal(xz_sql_open(tx, &count, &rows, "i", a.turn), XZ_OK);
    assert_true(xz_rows_next(&rows));
    assert_int_equal(xz_rows_int(&rows, 0), 2);
    assert_int_equal(xz_rows_int(&rows, 1), 1);
    assert_text(xz_rows_str(&rows, 2), "");
    assert_text(xz_rows_str(&rows, 3), "没说清楚");
    assert_int_equal(xz_rows_end(&rows), XZ_OK);
    xz_store_read_end(tx);
}

/* --- many at once --- */

#define THREADS 8
#define ASKS    60

struct asker {
    struct qa_test *t;
    pthread_t thread;
    int64_t turns[ASKS];
    size_t wrong;
};

static void *ask_many(void *arg)
{
    static const char *const questions[] = { "居住证怎么办理", "践踏野草坪罚多少钱",
                                             "老楼装电梯补贴多少", "火星移民怎么报名参加" };
    static const enum xz_answer_kind kinds[] = { XZ_ANSWER_REVIEWED, XZ_ANSWER_QUOTED,
                                                 XZ_ANSWER_CLARIFY, XZ_ANSWER_REFUSED };
    struct asker *a = arg;
    struct xz_arena *arena = xz_arena_create(1 << 14);
    for (size_t i = 0; i < ASKS; i++) {
        struct xz_ask ask = { .actor = XZ_ACTOR_ANYONE, .question = xz_str_from(questions[i % 4]) };
        struct xz_answer answer;
        xz_err err = xz_qa_ask_wait(a->t->qa, arena, &ask, &answer);
        a->wrong += err != XZ_OK || answer.kind != kinds[i % 4];
        a->turns[i] = err == XZ_OK ? answer.turn : 0;
        xz_arena_reset(arena);
    }
    xz_arena_destroy(arena);
    return NULL;
}

static int id_compare(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static void ids_are_unique_when_many_ask_at_once(void **state)
{
    static struct asker askers[THREADS];
    static int64_t all[THREADS * ASKS];
    for (size_t i = 0; i < THREADS; i++) {
        askers[i] = (struct asker){ .t = *state };
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask_many, &askers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(askers[i].thread, NULL);
        assert_int_equal(askers[i].wrong, 0);
        memcpy(&all[i * ASKS], askers[i].turns, sizeof(askers[i].turns));
    }
    qsort(all, XZ_COUNT(all), sizeof(all[0]), id_compare);
    for (size_t i = 1; i < XZ_COUNT(all); i++)
        assert_true(all[i] > all[i - 1]);
}

/* Far more ids than one batch holds. */
static void *take_ids(void *arg)
{
    struct asker *a = arg;
    int64_t last = 0;
    for (size_t i = 0; i < 3000; i++) {
        int64_t id = 0;
        a->wrong += qa_turn_id(a->t->qa, &id) != XZ_OK || id == last || id <= 0;
        last = id;
    }
    return NULL;
}

static void ids_do_not_run_out(void **state)
{
    struct asker askers[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        askers[i] = (struct asker){ .t = *state };
        assert_int_equal(pthread_create(&askers[i].thread, NULL, take_ids, &askers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(askers[i].thread, NULL);
        assert_int_equal(askers[i].wrong, 0);
    }
}

/* --- suggestions, searching --- */

static bool suggests(struct qa_test *t, const char *typed, int64_t region, const char *question,
                     size_t *count)
{
    const struct xz_suggest suggest = {
        .actor = XZ_ACTOR_ANYONE, .typed = xz_str_from(typed), .region = region, .max = 8
    };
    struct xz_suggestion *list;
    bool found = false;
    assert_int_equal(xz_qa_suggest(t->qa, t->arena, &suggest, &list, count), XZ_OK);
    assert_true(*count <= 8);
    for (size_t i = 0; i < *count; i++)
        found |= xz_str_eq(list[i].question, xz_str_from(question));
    return found;
}

static void suggestions_are_of_here_and_of_today(void **state)
{
    size_t count;
    assert_true(suggests(*state, "", 0, "居住证怎么办理？", &count));
    assert_false(suggests(*state, "", 0, "电动三轮车通行补贴怎么领？", &count));
    assert_false(suggests(*state, "", 0, "窗口人员着装有什么要求？", &count));
    assert_false(suggests(*state, "", 0, "老楼装电梯补贴多少？", &count));
    assert_true(suggests(*state, "", WANGHU, "老楼装电梯补贴多少？", &count));
    assert_true(suggests(*state, "居住证", 0, "居住证怎么办理？", &count));
    assert_false(suggests(*state, "三轮车", 0, "电动三轮车通行补贴怎么领？", &count));
    assert_false(suggests(*state, "火星", 0, "居住证怎么办理？", &count));
    assert_int_equal(count, 0);
}

static void searching_by_hand_shows_what_was_superseded_only_when_asked(void **state)
{
    struct qa_test *t = *state;
    struct xz_find find = { .actor = XZ_ACTOR_ANYONE,
                            .text = XZ_STR("古井修缮资助"),
                            .kind_mask = XZ_KIND_MASK_ALL,
                            .max = 10 };
    struct xz_source *sources;
    float *scores;
    size_t count;
    assert_int_equal(xz_qa_find(t->qa, t->arena, &find, &sources, &scores, &count), XZ_OK);
    assert_int_equal(count, 1);
    assert_int_equal(sources[0].validity, XZ_VALID_CURRENT);
    assert_true(sources[0].mark_count > 0);
    find.superseded_too = true;
    assert_int_equal(xz_qa_find(t->qa, t->arena, &find, &sources, &scores, &count), XZ_OK);
    assert_int_equal(count, 2);
    assert_int_equal((sources[0].validity == XZ_VALID_SUPERSEDED) +
                         (sources[1].validity == XZ_VALID_SUPERSEDED),
                     1);
    find.text = XZ_STR("蓝色领带");
    assert_int_equal(xz_qa_find(t->qa, t->arena, &find, &sources, &scores, &count), XZ_OK);
    assert_int_equal(count, 0);
    find.text = XZ_STR("  ");
    assert_int_equal(xz_qa_find(t->qa, t->arena, &find, &sources, &scores, &count), XZ_E_INPUT);
}

static xz_err days_tx(struct xz_tx *tx, void *arg)
{
    return knowledge_site_put(tx, XZ_STR("record_days"), xz_str_from(arg));
}

/* The words go when the site's days are over, and not a day before; the row stays. */
static void words_are_erased_when_their_days_are_over(void **state)
{
    struct qa_test *t = *state;
    const int64_t day_ms = INT64_C(24) * 3600 * 1000, now = xz_clock_now_ms(&t->clock);
    struct xz_answer a = qa_test_ask(t, "居住证怎么办理？", 0, NULL), again;
    xz_str secret = xz_str_from(a.dialogue.text);
    int64_t erased = 0;

    xz_clock_manual_set(&t->clock, now + 400 * day_ms);
    assert_int_equal(qa_retention_run(t->qa, &erased), XZ_OK);
    assert_int_equal(erased, 0); /* the site has not said how long */
    assert_int_equal(xz_store_write(t->store, days_tx, "30"), XZ_OK);
    assert_int_equal(knowledge_site_load(t->knowledge), XZ_OK);
    xz_clock_manual_set(&t->clock, now + 29 * day_ms);
    assert_int_equal(qa_retention_run(t->qa, &erased), XZ_OK);
    assert_int_equal(xz_qa_turn(t->qa, t->arena, a.turn, secret, &again), XZ_OK);
    xz_clock_manual_set(&t->clock, now + 31 * day_ms);
    assert_int_equal(qa_retention_run(t->qa, &erased), XZ_OK);
    assert_true(erased > 0);
    assert_int_equal(xz_qa_turn(t->qa, t->arena, a.turn, secret, &again), XZ_E_MISSING);
    assert_int_equal(qa_retention_run(t->qa, &erased), XZ_OK);
    assert_int_equal(erased, 0);
    xz_clock_manual_set(&t->clock, now);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turn_read_again_is_the_answer_that_was_given),
        cmocka_unit_test(a_turn_is_only_for_who_holds_its_secret),
        cmocka_unit_test(a_later_version_does_not_change_what_was_said),
        cmocka_unit_test(an_answer_of_another_day_is_judged_on_that_day),
        cmocka_unit_test(feedback_is_kept_for_a_turn_of_ones_own),
        cmocka_unit_test(ids_are_unique_when_many_ask_at_once),
        cmocka_unit_test(ids_do_not_run_out),
        cmocka_unit_test(suggestions_are_of_here_and_of_today),
        cmocka_unit_test(searching_by_hand_shows_what_was_superseded_only_when_asked),
        cmocka_unit_test(words_are_erased_when_their_days_are_over),
    };
    return cmocka_run_group_tests(tests, qa_test_open, qa_test_close);
}
