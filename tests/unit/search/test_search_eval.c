/* The figures of a retrieval evaluation, on a set small enough to work out by hand. */
#include "search_test.h"

#include "core/file.h"
#include "core/json.h"
#include "search/search_eval.h"

static void write_file(const char *folder, const char *name, const char *text, char path[128])
{
    snprintf(path, 128, "%s/%s", folder, name);
    assert_int_equal(xz_file_replace(path, xz_str_from(text)), XZ_OK);
}

static void figures_of_a_small_set_are_right(void **unused)
{
    (void)unused;
    char folder[64], corpus[128], queries[128], qrels[128];
    struct xz_search_eval_result r;
    temp_make(folder);
    write_file(folder, "c",
               "{\"_id\":\"d1\",\"title\":\"税法第一条\",\"text\":\"税务登记的办理\"}\n"
               "{\"_id\":\"d2\",\"title\":\"税法第二条\",\"text\":\"注销登记\"}\n"
               "{\"_id\":\"d3\",\"title\":\"婚姻法第一条\",\"text\":\"结婚自愿\"}\n",
               corpus);
    write_file(folder, "q",
               "{\"_id\":\"q1\",\"text\":\"税务登记怎么办理\"}\n"
               "{\"_id\":\"q2\",\"text\":\"结婚\"}\n"
               "{\"_id\":\"q3\",\"text\":\"无人标注\"}\n",
               queries);
    write_file(folder, "r",
               "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td3\t1\nq2\td3\t1\n"
               "q2\td2\t0\nq9\td1\t1\n",
               qrels);
    struct xz_search_eval eval = { corpus, queries, qrels, NULL, NULL };
    assert_int_equal(xz_search_eval_run(&eval, &r), XZ_OK);
    assert_int_equal(r.documents, 3);
    assert_int_equal(r.queries, 2);
    assert_float_equal(r.ours.r1, 0.75, 1e-9);  /* half of q1, all of q2 */
    assert_float_equal(r.ours.r10, 0.75, 1e-9); /* d3 has no word of q1 */
    assert_float_equal(r.ours.mrr10, 1, 1e-9);
    assert_float_equal(r.baseline.r10, 0.75, 1e-9);
    assert_float_equal(r.bootstrap_p, 1, 1e-9); /* no difference is no gain */
    temp_remove(folder);
}

static void the_json_has_the_agreed_members(void **unused)
{
    (void)unused;
    static const char *const members[] = {
        "r@1",           "r@5",    "r@10",   "r@100",         "mrr@10",      "queries",
        "index_seconds", "p50_ms", "p99_ms", "baseline_r@10", "bootstrap_p", "documents"
    };
    struct xz_search_eval_result r = { .ours.r10 = 0.5, .queries = 7 };
    struct xz_json_doc *json;
    struct xz_buf buf;
    xz_buf_init(&buf, 4096);
    xz_search_eval_json(&r, &buf);
    assert_int_equal(xz_json_parse(xz_buf_str(&buf), &json), XZ_OK);
    for (size_t i = 0; i < XZ_COUNT(members); i++)
        assert_int_not_equal(xz_json_kind(xz_json_get(xz_json_root(json), members[i])),
                             XZ_JSON_ABSENT);
    assert_float_equal(xz_json_double(xz_json_get(xz_json_root(json), "r@10"), 0), 0.5, 1e-9);
    xz_json_destroy(json);
    xz_buf_fini(&buf);
}

static void a_bad_line_is_named(void **unused)
{
    (void)unused;
    char folder[64], corpus[128], queries[128], qrels[128];
    struct xz_search_eval_result r;
    temp_make(folder);
    write_file(folder, "c", "{\"_id\":\"d1\",\"title\":\"\",\"text\":\"税\"}\n{\"_id\":\n", corpus);
    write_file(folder, "q", "{\"_id\":\"q1\",\"text\":\"税\"}\n", queries);
    write_file(folder, "r", "a\tb\tc\n", qrels);
    struct xz_search_eval eval = { corpus, queries, qrels, NULL, NULL };
    assert_int_equal(xz_search_eval_run(&eval, &r), XZ_E_INPUT);
    assert_non_null(strstr(xz_fail_detail(), "第 2 行"));
    eval.corpus = "/nonexistent/corpus";
    assert_int_equal(xz_search_eval_run(&eval, &r), XZ_E_MISSING);
    temp_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_of_a_small_set_are_right),
        cmocka_unit_test(the_json_has_the_agreed_members),
        cmocka_unit_test(a_bad_line_is_named),
    };
    return xz_text_init() == XZ_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
