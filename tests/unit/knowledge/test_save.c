/* Drafts become rows: clause ids that denote one wording for ever, versions of one law in any order
 * of import, repeals, links given back. */
#include "knowledge_test.h"

static struct knowledge_test t;

static int set_up(void **state)
{
    (void)state;
    knowledge_test_open(&t, false);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    knowledge_test_close(&t);
    return 0;
}

static void clause_ids(void **state)
{
    struct test_paper paper = { .source = "a.md",
                                .title = "样法",
                                .issued_on = 20200101,
                                .articles = { "甲甲甲。", "乙乙乙。", "丙丙丙。" } };
    struct xz_clause *first, *second;
    bool changed;
    (void)state;
    int64_t id = paper_save(&t, &paper, &changed);
    assert_true(changed);
    assert_int_equal(paper_clauses(&t, id, &first), 3);
    assert_int_equal(paper_save(&t, &paper, &changed), id);
    assert_false(changed);
    assert_int_equal(paper_load(&t, id).version, 1);

    paper.articles[1] = "改过的乙。";
    paper_save(&t, &paper, &changed);
    assert_true(changed);
    assert_int_equal(paper_clauses(&t, id, &second), 3);
    assert_int_equal(second[0].id.v, first[0].id.v);
    assert_int_not_equal(second[1].id.v, first[1].id.v);
    assert_int_equal(second[2].id.v, first[2].id.v);
    assert_int_equal(second[1].since_version, 2);

    /* What was quoted can still be shown. */
    struct xz_clause old;
    struct xz_tx *tx;
    assert_int_equal(xz_store_read(t.store, &tx), XZ_OK);
    assert_int_equal(xz_clause_get(tx, t.arena, first[1].id, &old), XZ_OK);
    xz_store_read_end(tx);
    assert_int_equal(old.retired_version, 2);
    assert_true(xz_str_eq(old.body, XZ_STR("乙乙乙。")));
    assert_int_equal(found_count(&t, "改过的"), 1);
    assert_int_equal(found_count(&t, "乙乙"), 0);
    assert_int_equal(problem_count(&t), 0);
}

static void clauses_that_move(void **state)
{
    struct test_paper paper = { .source = "a.md",
                                .title = "样法",
                                .issued_on = 20200101,
                                .articles = { "甲。", "甲。", "乙。" } };
    struct xz_clause *first, *second;
    (void)state;
    int64_t id = paper_save(&t, &paper, NULL);
    assert_int_equal(paper_clauses(&t, id, &first), 3);
    paper.articles[2] = NULL;
    paper_save(&t, &paper, NULL);
    assert_int_equal(paper_clauses(&t, id, &second), 2);
    assert_int_equal(second[1].id.v, first[1].id.v);
    assert_int_equal(problem_count(&t), 0);
}

/* Three versions, imported in each of the six orders. */
static void versions_in_any_order(void **state)
{
    static const int orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                      { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
    (void)state;
    for (size_t o = 0; o < XZ_COUNT(orders); o++) {
        char title[32], sources[3][32];
        int64_t ids[3];
        snprintf(title, sizeof(title), "样法%c", (char)('a' + o));
        for (int i = 0; i < 3; i++) {
            int n = orders[o][i];
            snprintf(sources[n], sizeof(sources[n]), "%zu-%d.md", o, n);
            struct test_paper paper = { .source = sources[n],
                                        .title = title,
                                        .issued_on = 20000101 + n * 100000,
                                        .effective_on = 20000601 + n * 100000,
                                        .articles = { "甲。" } };
            ids[n] = paper_save(&t, &paper, NULL);
        }
        for (int n = 0; n < 3; n++) {
            struct xz_entry entry = paper_load(&t, ids[n]);
            assert_int_equal(entry.superseded_by.v, n < 2 ? ids[n + 1] : 0);
            assert_int_equal(entry.superseded_on, n < 2 ? 20000601 + (n + 1) * 100000 : 0);
            assert_int_equal(entry.family, paper_load(&t, ids[0]).family);
        }
    }
    assert_int_equal(problem_count(&t), 0);
}

static void same_title_elsewhere(void **state)
{
    struct test_paper a = { .source = "a.md",
                            .title = "养犬办法",
                            .region = 110000,
                            .issued_on = 20100101,
                            .articles = { "甲。" } };
    struct test_paper b = a;
    (void)state;
    b.source = "b.md";
    b.region = 310000;
    b.issued_on = 20200101;
    int64_t first = paper_save(&t, &a, NULL);
    paper_save(&t, &b, NULL);
    assert_int_equal(paper_load(&t, first).superseded_by.v, 0);

    /* Two offices of one city, each with a paper of that title. */
    struct test_paper c = { .source = "c.md",
                            .title = "工作规则",
                            .issuer = "民政局",
                            .kind = XZ_ENTRY_POLICY,
                            .issued_on = 20100101,
                            .articles = { "甲。" } };
    struct test_paper d = c;
    d.source = "d.md";
    d.issuer = "公安局";
    d.issued_on = 20200101;
    first = paper_save(&t, &c, NULL);
    paper_save(&t, &d, NULL);
    assert_int_equal(paper_load(&t, first).superseded_by.v, 0);
    d.source = "e.md";
    d.issuer = "民政局";
    int64_t newer = paper_save(&t, &d, NULL);
    assert_int_equal(paper_load(&t, first).superseded_by.v, newer);
}

static void same_law_in_two_files(void **state)
{
    struct test_paper a = {
        .source = "a.md", .title = "广告法", .issued_on = 20210429, .articles = { "甲。", "乙。" }
    };
    struct test_paper b = {
        .source = "b.md", .title = "广告法", .issued_on = 20210429, .articles = { "甲。" }
    };
    (void)state;
    int64_t whole = paper_save(&t, &a, NULL), part = paper_save(&t, &b, NULL);
    assert_int_equal(paper_load(&t, part).superseded_by.v, whole);
    assert_int_equal(paper_load(&t, whole).superseded_by.v, 0);
}

static void repeal(bool repealing_first)
{
    struct test_paper old = {
        .source = "old.md", .title = "个体户条例", .issued_on = 20110101, .articles = { "甲。" }
    };
    struct test_paper law = { .source = "new.md",
                              .title = "个体户发展条例",
                              .replaces = "《个体户条例》《没有的条例》",
                              .issued_on = 20221001,
                              .effective_on = 20221101,
                              .articles = { "乙。" } };
    int64_t old_id = 0, new_id;
    if (!repealing_first)
        old_id = paper_save(&t, &old, NULL);
    new_id = paper_save(&t, &law, NULL);
    if (repealing_first)
        old_id = paper_save(&t, &old, NULL);
    struct xz_entry entry = paper_load(&t, old_id);
    assert_int_equal(entry.superseded_by.v, new_id);
    assert_int_equal(entry.superseded_on, 20221101);

    /* A version between them is the one that was repealed; the first one ended with it. */
    struct test_paper between = old;
    between.source = "between.md";
    between.issued_on = 20160101;
    int64_t between_id = paper_save(&t, &between, NULL);
    entry = paper_load(&t, old_id);
    assert_int_equal(entry.superseded_by.v, between_id);
    assert_int_equal(paper_load(&t, between_id).superseded_by.v, new_id);

    /* The repeal is taken back with the words that said it. */
    law.replaces = "";
    paper_save(&t, &law, NULL);
    assert_int_equal(paper_load(&t, between_id).superseded_by.v, 0);
    assert_int_equal(paper_load(&t, old_id).superseded_by.v, between_id);
}

static void repeal_after(void **state)
{
    (void)state;
    repeal(false);
}

static void repeal_before(void **state)
{
    (void)state;
    repeal(true);
}

static void replaced_by_number(void **state)
{
    struct test_paper old = { .source = "old.md",
                              .title = "津贴办法",
                              .number = "安民发〔2021〕15号",
                              .kind = XZ_ENTRY_POLICY,
                              .issued_on = 20210618,
                              .articles = { "甲。" } };
    struct test_paper now = { .source = "new.md",
                              .title = "高龄津贴办法",
                              .replaces = "安民发〔2021〕15号",
                              .kind = XZ_ENTRY_POLICY,
                              .issued_on = 20240101,
                              .articles = { "乙。" } };
    (void)state;
    int64_t new_id = paper_save(&t, &now, NULL), old_id = paper_save(&t, &old, NULL);
    assert_int_equal(paper_load(&t, old_id).superseded_by.v, new_id);
    /* Of another region it says nothing. */
    struct test_paper far = old;
    far.source = "far.md";
    far.region = 310000;
    far.number = "沪民发〔2021〕15号";
    assert_int_equal(paper_load(&t, paper_save(&t, &far, NULL)).superseded_by.v, 0);
}

static void retitled(void **state)
{
    struct test_paper a = {
        .source = "a.md", .title = "样法", .issued_on = 20100101, .articles = { "甲。" }
    };
    struct test_paper b = a;
    (void)state;
    b.source = "b.md";
    b.issued_on = 20200101;
    int64_t first = paper_save(&t, &a, NULL), second = paper_save(&t, &b, NULL);
    assert_int_equal(paper_load(&t, first).superseded_by.v, second);
    b.title = "另一部法";
    paper_save(&t, &b, NULL);
    assert_int_equal(paper_load(&t, first).superseded_by.v, 0);
    assert_int_not_equal(paper_load(&t, first).family, paper_load(&t, second).family);

    /* The one whose id names the family leaves it. */
    b.title = "样法";
    paper_save(&t, &b, NULL);
    a.title = "第三部法";
    paper_save(&t, &a, NULL);
    assert_int_not_equal(paper_load(&t, first).family, paper_load(&t, second).family);
    assert_int_equal(paper_load(&t, first).superseded_by.v, 0);
    assert_int_equal(problem_count(&t), 0);
}

static void article_by_name(void **state)
{
    static const struct {
        const char *law;
        int64_t number;
        bool there;
    } cases[] = {
        { "样法", 2, true },
        { "《中华人民共和国样法》", 1, true },
        { "样法", 9, false },
        { "没有的法", 1, false },
    };
    struct test_paper paper = { .source = "a.md",
                                .title = "中华人民共和国样法",
                                .issued_on = 20200101,
                                .articles = { "甲。", "乙。" } };
    struct xz_actor actor = XZ_ACTOR_ANYONE;
    struct xz_tx *tx;
    (void)state;
    paper_save(&t, &paper, NULL);
    assert_int_equal(xz_store_read(t.store, &tx), XZ_OK);
    for (size_t i = 0; i < XZ_COUNT(cases); i++) {
        struct xz_article_ref ref = { xz_str_from(cases[i].law), cases[i].number, 0, 20250101 };
        struct xz_entry entry;
        struct xz_clause clause;
        xz_err err = xz_clause_find_article(tx, t.arena, &actor, &ref, &entry, &clause);
        assert_int_equal(err, cases[i].there ? XZ_OK : XZ_E_MISSING);
        if (cases[i].there)
            assert_int_equal(clause.ordinal, cases[i].number - 1);
    }
    xz_store_read_end(tx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(clause_ids, set_up, tear_down),
        cmocka_unit_test_setup_teardown(clauses_that_move, set_up, tear_down),
        cmocka_unit_test_setup_teardown(versions_in_any_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(same_title_elsewhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(same_law_in_two_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(repeal_after, set_up, tear_down),
        cmocka_unit_test_setup_teardown(repeal_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(replaced_by_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(retitled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(article_by_name, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
