/* What the order of hits depends on, beyond the words in common. */
#include "search_test.h"

struct ranking {
    struct xz_search_index *index;
    struct xz_arena *arena;
    struct xz_search_hit *hits;
    size_t count;
};

static void ranking_make(struct ranking *r)
{
    *r = (struct ranking){ .index = open_index(NULL, 0, NULL), .arena = xz_arena_create(1 << 16) };
}

static void ranking_free(struct ranking *r)
{
    xz_arena_destroy(r->arena);
    xz_search_close(r->index);
}

static void put(struct ranking *r, int64_t id, int64_t entry, const char *title, const char *body)
{
    struct xz_search_doc doc = {
        .id = id, .entry = entry, .title = xz_str_from(title), .body = xz_str_from(body)
    };
    assert_int_equal(xz_search_put(r->index, entry, &doc, 1, 1), XZ_OK);
}

static void ask(struct ranking *r, const char *question)
{
    struct xz_search_query query = { .text = xz_str_from(question), .hits_max = 20 };
    assert_int_equal(xz_search_find(r->index, r->arena, &query, &r->hits, &r->count), XZ_OK);
}

static float score_of(const struct ranking *r, int64_t id)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->hits[i].id == id)
            return r->hits[i].score;
    return 0;
}

/* Documents about something else, so that words have a price. */
static void fill(struct ranking *r)
{
    static const char *const bodies[] = { "道路交通安全", "建筑工程施工许可", "药品经营质量管理",
                                          "野生动物保护", "计量器具检定",     "烟花爆竹燃放" };
    for (int64_t i = 0; i < 30; i++)
        put(r, 1000 + i, 1000 + i, "规定", bodies[i % 6]);
}

static void a_whole_word_beats_its_parts(void **unused)
{
    (void)unused;
    struct ranking r;
    ranking_make(&r);
    fill(&r);
    put(&r, 1, 1, "", "婚姻登记机关应当核对身份");
    put(&r, 2, 2, "", "登记结婚的年龄，机关另有规定");
    ask(&r, "婚姻登记机关");
    assert_int_equal(r.hits[0].id, 1);
    assert_true(score_of(&r, 1) > score_of(&r, 2));
    ranking_free(&r);
}

static void single_characters_tell_equal_pairs_apart(void **unused)
{
    (void)unused;
    struct ranking r;
    ranking_make(&r);
    fill(&r);
    put(&r, 1, 1, "", "社会保险登记事宜变更其他单位");
    put(&r, 2, 2, "", "社会保险缴费事宜免除其他单位");
    ask(&r, "社会保险怎么减免费用");
    assert_int_equal(r.hits[0].id, 2); /* 免 and 费 stand apart from each other there */
    assert_true(score_of(&r, 1) > 0);
    ranking_free(&r);
}

static void question_words_weigh_less_than_the_subject(void **unused)
{
    (void)unused;
    struct ranking r;
    ranking_make(&r);
    fill(&r);
    put(&r, 1, 1, "", "应当如何处理由主管机关规定");
    put(&r, 2, 2, "", "护照遗失的申请补发");
    ask(&r, "护照如何处理");
    assert_int_equal(r.hits[0].id, 2);
    ask(&r, "如何处理"); /* nothing else is left: they still find */
    assert_int_equal(r.hits[0].id, 1);
    ranking_free(&r);
}

static void an_article_is_found_by_its_number(void **unused)
{
    (void)unused;
    struct ranking r;
    char title[64];
    ranking_make(&r);
    for (int i = 1; i <= 60; i++) {
        snprintf(title, sizeof title, "行政许可法第%d条", i);
        put(&r, i, i, title, "行政机关应当依法办理");
    }
    ask(&r, "行政许可法第四十二条怎么规定");
    assert_int_equal(r.hits[0].id, 42);
    assert_true(r.hits[0].score > r.hits[1].score);
    ranking_free(&r);
}

static void numerals_match_by_value(void **unused)
{
    (void)unused;
    struct ranking r;
    ranking_make(&r);
    fill(&r);
    put(&r, 1, 1, "", "自受理之日起二十日内作出决定");
    put(&r, 2, 2, "", "自受理之日起六十日内作出决定");
    ask(&r, "受理后60日没有决定");
    assert_int_equal(r.hits[0].id, 2);
    assert_true(score_of(&r, 2) > score_of(&r, 1));
    ranking_free(&r);
}

static void a_document_that_answers_throughout_comes_first(void **unused)
{
    (void)unused;
    struct ranking r;
    struct xz_search_doc docs[5];
    ranking_make(&r);
    fill(&r);
    for (size_t i = 0; i < 5; i++)
        docs[i] = (struct xz_search_doc){ .id = 10 + (int64_t)i,
                                          .entry = 1,
                                          .body = XZ_STR("住房公积金的提取") };
    docs[4].body = XZ_STR("本条例自公布之日起施行");
    assert_int_equal(xz_search_put(r.index, 1, docs, 5, 1), XZ_OK);
    for (size_t i = 0; i < 5; i++)
        docs[i] = (struct xz_search_doc){ .id = 20 + (int64_t)i,
                                          .entry = 2,
                                          .body = XZ_STR("本办法自公布之日起施行") };
    docs[0].body = XZ_STR("住房公积金的提取");
    assert_int_equal(xz_search_put(r.index, 2, docs, 5, 1), XZ_OK);
    ask(&r, "住房公积金提取");
    assert_true(score_of(&r, 10) > score_of(&r, 20));
    ranking_free(&r);
}

static void a_short_guide_does_not_suffer_for_its_length(void **unused)
{
    (void)unused;
    struct ranking r;
    ranking_make(&r);
    fill(&r);
    put(&r, 1, 1, "", "住房公积金的提取");
    ask(&r, "住房公积金提取");
    float alone = score_of(&r, 1);
    assert_int_equal(r.count, 1);
    struct xz_search_doc docs[5] = { { .id = 1, .entry = 1, .body = XZ_STR("住房公积金的提取") } };
    for (size_t i = 1; i < 5; i++)
        docs[i] = (struct xz_search_doc){ .id = 1 + (int64_t)i,
                                          .entry = 1,
                                          .body = XZ_STR("有关事项另行通知") };
    assert_int_equal(xz_search_put(r.index, 1, docs, 5, 2), XZ_OK);
    ask(&r, "住房公积金提取");
    assert_true(score_of(&r, 1) < alone);
    ranking_free(&r);
}

static void a_long_message_keeps_its_best_terms(void **unused)
{
    (void)unused;
    struct ranking r;
    struct fake_corpus c = { .random = 31 };
    char text[4096];
    ranking_make(&r);
    fill(&r);
    put(&r, 1, 1, "", "残疾人两项补贴的申领");
    fake_text(&c, text, sizeof text - 64, 300);
    size_t used = strlen(text);
    snprintf(text + used, sizeof text - used, "残疾人两项补贴");
    ask(&r, text);
    assert_true(r.count >= 1);
    assert_int_equal(r.hits[0].id, 1);
    ranking_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_word_beats_its_parts),
        cmocka_unit_test(single_characters_tell_equal_pairs_apart),
        cmocka_unit_test(question_words_weigh_less_than_the_subject),
        cmocka_unit_test(an_article_is_found_by_its_number),
        cmocka_unit_test(numerals_match_by_value),
        cmocka_unit_test(a_document_that_answers_throughout_comes_first),
        cmocka_unit_test(a_short_guide_does_not_suffer_for_its_length),
        cmocka_unit_test(a_long_message_keeps_its_best_terms),
    };
    return xz_text_init() == XZ_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
