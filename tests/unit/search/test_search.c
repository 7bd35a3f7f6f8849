/* What a search finds: the same as looking at every document, whatever happened to the index. */
#include "search_test.h"

static void one_put_is_found_at_once(void **unused)
{
    (void)unused;
    struct xz_search_index *index = open_index(NULL, 0, NULL);
    struct xz_arena *arena = xz_arena_create(1 << 16);
    struct xz_search_doc doc = { .id = 7,
                                 .entry = 3,
                                 .title = XZ_STR("居住证暂行条例"),
                                 .body = XZ_STR("申领居住证应当提交身份证和住所证明。"),
                                 .attr = { .region = 110000, .from = 20160101 } };
    struct xz_search_query query = { .text = XZ_STR("居住证怎么申领"), .hits_max = 5 };
    struct xz_search_hit *hits;
    size_t count;
    assert_int_equal(xz_search_put(index, 3, &doc, 1, 1), XZ_OK);
    assert_int_equal(xz_search_find(index, arena, &query, &hits, &count), XZ_OK);
    assert_int_equal(count, 1);
    assert_int_equal(hits[0].id, 7);
    assert_int_equal(hits[0].entry, 3);
    assert_int_equal(hits[0].attr.region, 110000);
    assert_int_equal(hits[0].attr.from, 20160101);
    assert_int_equal(hits[0].attr.until, 0);
    assert_true(hits[0].score > 0);
    assert_int_equal(xz_search_put(index, 3, NULL, 0, 2), XZ_OK);
    assert_int_equal(xz_search_find(index, arena, &query, &hits, &count), XZ_OK);
    assert_int_equal(count, 0);
    xz_arena_destroy(arena);
    xz_search_close(index);
}

static void hits_max_out_of_range_is_refused(void **unused)
{
    (void)unused;
    struct xz_search_index *index = open_index(NULL, 0, NULL);
    struct xz_arena *arena = xz_arena_create(1 << 16);
    struct xz_search_query query = { .text = XZ_STR("税") };
    struct xz_search_hit *hits;
    size_t count;
    assert_int_equal(xz_search_find(index, arena, &query, &hits, &count), XZ_E_INPUT);
    query.hits_max = 1001;
    assert_int_equal(xz_search_find(index, arena, &query, &hits, &count), XZ_E_INPUT);
    query.hits_max = 1000;
    assert_int_equal(xz_search_find(index, arena, &query, &hits, &count), XZ_OK);
    assert_int_equal(count, 0);
    query.text = XZ_STR_NONE;
    assert_int_equal(xz_search_find(index, arena, &query, &hits, &count), XZ_OK);
    xz_arena_destroy(arena);
    xz_search_close(index);
}

static void many_live_segments_give_exact_results(void **unused)
{
    (void)unused;
    struct fake_corpus c = { .random = 1 };
    struct xz_search_index *index = open_index(NULL, 0, NULL);
    fake_fill(&c, index, 60, 12);
    assert_searches_exact(&c, index, 60);
    fake_churn(&c, index, 120);
    assert_searches_exact(&c, index, 60);
    xz_search_close(index);
    fake_free(&c);
}

static void several_windows_of_one_segment_give_exact_results(void **unused)
{
    (void)unused;
    struct fake_corpus c = { .random = 2 };
    struct xz_search_index *index = open_index(NULL, 0, NULL);
    fake_fill(&c, index, 280, 64);
    assert_int_equal(xz_search_merge(index, 1), XZ_OK);
    struct xz_search_stats stats;
    xz_search_stats(index, &stats);
    assert_int_equal(stats.segments, 1);
    assert_true(stats.documents > 2 * SEARCH_WINDOW);
    assert_searches_exact(&c, index, 25);
    xz_search_close(index);
    fake_free(&c);
}

static void merge_leaves_only_the_living(void **unused)
{
    (void)unused;
    struct fake_corpus c = { .random = 3 };
    struct xz_search_index *index = open_index(NULL, 0, NULL);
    struct xz_search_stats stats;
    int64_t live = 0;
    fake_fill(&c, index, 50, 9);
    fake_churn(&c, index, 100);
    assert_int_equal(xz_search_merge(index, 1), XZ_OK);
    for (size_t i = 0; i < c.count; i++)
        live += c.docs[i].live;
    xz_search_stats(index, &stats);
    assert_int_equal(stats.documents, live);
    assert_int_equal(stats.deleted, 0);
    assert_int_equal(stats.segments, 1);
    assert_searches_exact(&c, index, 30);
    xz_search_close(index);
    fake_free(&c);
}

static void mark_seen(int64_t id, int64_t entry, void *arg)
{
    struct fake_corpus *c = arg;
    assert_true(id >= 1 && id <= (int64_t)c->count);
    assert_true(c->docs[id - 1].live);
    assert_int_equal(c->docs[id - 1].doc.entry, entry);
    c->docs[id - 1].live = false;
}

static void each_names_every_living_document_once(void **unused)
{
    (void)unused;
    struct fake_corpus c = { .random = 4 };
    struct xz_search_index *index = open_index(NULL, 0, NULL);
    fake_fill(&c, index, 40, 9);
    fake_churn(&c, index, 60);
    xz_search_each(index, mark_seen, &c);
    for (size_t i = 0; i < c.count; i++)
        assert_false(c.docs[i].live);
    xz_search_close(index);
    fake_free(&c);
}

static void plain_bigrams_are_scored_exactly(void **unused)
{
    (void)unused;
    struct xz_search_index *index = open_index(NULL, 0, NULL);
    struct xz_arena *arena = xz_arena_create(1 << 16);
    struct xz_search_doc docs[] = {
        { .id = 1, .entry = 1, .title = XZ_STR("税务"), .body = XZ_STR("税务登记税务") },
        { .id = 2, .entry = 1, .body = XZ_STR("婚姻登记") },
    };
    struct xz_search_query query = { .text = XZ_STR("税务"), .hits_max = 5, .plain_bigrams = true };
    struct xz_search_hit *hits;
    size_t count;
    assert_int_equal(xz_search_put(index, 1, docs, 2, 1), XZ_OK);
    assert_int_equal(xz_search_find(index, arena, &query, &hits, &count), XZ_OK);
    assert_int_equal(count, 1);
    /* tf 3, lengths 6 and 3, one document of two: idf ln(1 + 1.5/1.5) = ln 2. */
    double expected = 0.693147 * 3 * 2.2 / (3 + 1.2 * (0.25 + 0.75 * 6 / 4.5));
    assert_float_equal(hits[0].score, expected, 0.001);
    xz_arena_destroy(arena);
    xz_search_close(index);
}

static void equal_scores_come_by_id(void **unused)
{
    (void)unused;
    struct xz_search_index *index = open_index(NULL, 0, NULL);
    struct xz_arena *arena = xz_arena_create(1 << 16);
    struct xz_search_query query = { .text = XZ_STR("税务登记"), .hits_max = 10 };
    struct xz_search_hit *hits;
    size_t count;
    for (int64_t id = 30; id > 0; id--) {
        struct xz_search_doc doc = { .id = id, .entry = id, .body = XZ_STR("办理税务登记") };
        assert_int_equal(xz_search_put(index, id, &doc, 1, 1), XZ_OK);
    }
    assert_int_equal(xz_search_find(index, arena, &query, &hits, &count), XZ_OK);
    assert_int_equal(count, 10);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(hits[i].id, (int64_t)i + 1);
    xz_arena_destroy(arena);
    xz_search_close(index);
}

static void of_versions_of_a_law_one_stays(void **unused)
{
    (void)unused;
    struct xz_search_index *index = open_index(NULL, 0, NULL);
    struct xz_arena *arena = xz_arena_create(1 << 16);
    struct xz_search_doc old[] = {
        { .id = 1, .entry = 1, .body = XZ_STR("劳动合同应当订立"), .attr.family = 9 },
        { .id = 2, .entry = 1, .body = XZ_STR("劳动合同的解除"), .attr.family = 9 },
    };
    struct xz_search_doc new[] = {
        { .id = 3, .entry = 2, .body = XZ_STR("劳动合同应当书面订立"), .attr.family = 9 },
        { .id = 4, .entry = 2, .body = XZ_STR("用人单位解除劳动合同，劳动合同"), .attr.family = 9 },
    };
    struct xz_search_query query = { .text = XZ_STR("劳动合同书面订立"), .hits_max = 10 };
    struct xz_search_hit *hits;
    size_t count;
    assert_int_equal(xz_search_put(index, 1, old, 2, 1), XZ_OK);
    assert_int_equal(xz_search_put(index, 2, new, 2, 2), XZ_OK);
    assert_int_equal(xz_search_find(index, arena, &query, &hits, &count), XZ_OK);
    assert_int_equal(count, 4);
    query.fold_families = true;
    assert_int_equal(xz_search_find(index, arena, &query, &hits, &count), XZ_OK);
    assert_int_equal(count, 2);
    assert_int_equal(hits[0].id, 3);
    assert_int_equal(hits[1].id, 4);
    xz_arena_destroy(arena);
    xz_search_close(index);
}

static void an_alternative_finds_what_the_asker_does_not_say(void **unused)
{
    (void)unused;
    struct xz_search_index *index = open_index(NULL, 0, NULL);
    struct xz_arena *arena = xz_arena_create(1 << 16);
    struct xz_synonyms *synonyms;
    struct xz_search_doc docs[] = {
        { .id = 1, .entry = 1, .body = XZ_STR("用人单位不得拖欠劳动报酬") },
        { .id = 2, .entry = 1, .body = XZ_STR("劳动者应当完成任务，报酬另行约定") },
        { .id = 3, .entry = 1, .body = XZ_STR("社会保险费的征缴") },
    };
    struct xz_search_query query = { .text = XZ_STR("老板不给工钱怎么办"), .hits_max = 10 };
    struct xz_search_hit *hits;
    size_t count;
    assert_int_equal(xz_search_put(index, 1, docs, 3, 1), XZ_OK);
    assert_int_equal(xz_synonyms_parse(XZ_STR("工钱\t工资、劳动报酬\n老板\t用人单位\n"), &synonyms),
                     XZ_OK);
    assert_int_equal(xz_search_find(index, arena, &query, &hits, &count), XZ_OK);
    assert_int_equal(count, 0);
    query.synonyms = synonyms;
    assert_int_equal(xz_search_find(index, arena, &query, &hits, &count), XZ_OK);
    assert_int_equal(count, 2);
    assert_int_equal(hits[0].id, 1);
    assert_int_equal(hits[1].id, 2);
    assert_true(hits[0].score > 2 * hits[1].score); /* a part of an alternative says little */
    xz_synonyms_destroy(synonyms);
    xz_arena_destroy(arena);
    xz_search_close(index);
}

static void a_spent_budget_is_told(void **unused)
{
    (void)unused;
    struct fake_corpus c = { .random = 5 };
    struct xz_search_index *index = open_index(NULL, 0, NULL);
    struct xz_arena *arena = xz_arena_create(1 << 16);
    struct search_slot *slot;
    fake_fill(&c, index, 20, 9);
    struct xz_search_query query = { .text = XZ_STR("企业开办"), .hits_max = 5 };
    const struct search_snapshot *snapshot = search_acquire(index, &slot);
    struct xz_search_filter filter = { 0 };
    struct search_scan scan = { .snapshot = snapshot,
                                .filter = &filter,
                                .wanted = 5,
                                .plan = search_plan_make(arena, snapshot, &query),
                                .deadline_us = 1 };
    search_scan_run(&scan, arena);
    assert_true(scan.late);
    search_release(slot);
    xz_arena_destroy(arena);
    xz_search_close(index);
    fake_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_put_is_found_at_once),
        cmocka_unit_test(hits_max_out_of_range_is_refused),
        cmocka_unit_test(many_live_segments_give_exact_results),
        cmocka_unit_test(several_windows_of_one_segment_give_exact_results),
        cmocka_unit_test(merge_leaves_only_the_living),
        cmocka_unit_test(each_names_every_living_document_once),
        cmocka_unit_test(plain_bigrams_are_scored_exactly),
        cmocka_unit_test(equal_scores_come_by_id),
        cmocka_unit_test(of_versions_of_a_law_one_stays),
        cmocka_unit_test(an_alternative_finds_what_the_asker_does_not_say),
        cmocka_unit_test(a_spent_budget_is_told),
    };
    return xz_text_init() == XZ_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
