/* Files through xz-parse into rows and index: acknowledged means durable and searchable; the same
 * again does nothing; what is lost of the index is built anew. The parser's path is the argument.
 */
#include "knowledge_test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"

static struct knowledge_test t;

static const char law[] =
    "# 中华人民共和国样品法\n\n2020年5月28日 第十三届全国人民代表大会第三次会议通过"
    "\n\n<!-- INFO END -->\n\n第一条 为了鉴定翡翠，制定本法。\n\n"
    "第二条 本法自2021年1月1日起施行。\n";

static int set_up(void **state)
{
    (void)state;
    knowledge_test_open(&t, false);
    return 0;
}

static int set_up_folder(void **state)
{
    (void)state;
    knowledge_test_open(&t, true);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    knowledge_test_close(&t);
    return 0;
}

static void stored_once(void **state)
{
    (void)state;
    struct xz_import_result result = text_import(&t, "laws/a.md", law);
    assert_int_equal(result.outcome, XZ_IMPORT_STORED);
    assert_int_equal(result.clauses, 2);
    assert_int_equal(found_count(&t, "鉴定翡翠"), 1);
    assert_int_equal(text_import(&t, "laws/a.md", law).outcome, XZ_IMPORT_UNCHANGED);
    result = text_import(&t, "laws/b.md", law);
    assert_int_equal(result.outcome, XZ_IMPORT_DUPLICATE);
    assert_true(xz_str_find(result.reason, XZ_STR("laws/a.md")) != XZ_STR_NPOS);
    assert_int_equal(text_import(&t, "laws/b.md", law).outcome, XZ_IMPORT_UNCHANGED);

    /* When the first one changes, the other is no longer its double. */
    assert_int_equal(text_import(&t, "laws/a.md", "# 另一部法\n\n第一条 检测琥珀。\n").outcome,
                     XZ_IMPORT_STORED);
    assert_int_equal(found_count(&t, "鉴定翡翠"), 0);
    assert_int_equal(text_import(&t, "laws/b.md", law).outcome, XZ_IMPORT_STORED);
    assert_int_equal(found_count(&t, "鉴定翡翠"), 1);
    assert_int_equal(problem_count(&t), 0);
}

static void refused(void **state)
{
    struct xz_knowledge_counts counts;
    (void)state;
    struct xz_import_result result = text_import(&t, "a.md", "");
    assert_int_equal(result.outcome, XZ_IMPORT_REFUSED);
    result = text_import(&t, "b.md", "---\n区域: 桃源县\n---\n# 样品办法\n\n第一条 甲。\n");
    assert_int_equal(result.outcome, XZ_IMPORT_REFUSED);
    assert_true(xz_str_find(result.reason, XZ_STR("桃源县")) != XZ_STR_NPOS);
    result = text_import(&t, "c.md", "SQLite format 3"); /* by content, whatever its name */
    assert_int_equal(result.outcome, XZ_IMPORT_REFUSED);
    assert_int_equal(xz_knowledge_count(t.knowledge, &counts), XZ_OK);
    assert_int_equal(counts.refused_files, 3);
    assert_int_equal(counts.entries, 0);
    /* Mended, it is taken. */
    assert_int_equal(text_import(&t, "a.md", law).outcome, XZ_IMPORT_STORED);
    assert_int_equal(problem_count(&t), 0);
}

static void rows_withdrawn(void **state)
{
    (void)state;
    struct xz_import_result result = text_import(
        &t, "a.csv", "问题,答案\n石头怎样鉴定,送检翡翠。\n树脂怎样检测,先称琥珀。\n");
    assert_int_equal(result.entries, 2);
    assert_int_equal(found_count(&t, "翡翠"), 1);
    assert_int_equal(found_count(&t, "琥珀"), 1);
    result = text_import(&t, "a.csv", "问题,答案\n石头怎样鉴定,送检翡翠。\n");
    assert_int_equal(result.outcome, XZ_IMPORT_STORED);
    assert_int_equal(found_count(&t, "琥珀"), 0);
    assert_int_equal(found_count(&t, "翡翠"), 1);
    text_import(&t, "a.csv", "问题,答案\n树脂怎样检测,先称琥珀。\n");
    assert_int_equal(found_count(&t, "琥珀"), 1);
    assert_int_equal(found_count(&t, "翡翠"), 0);
    assert_int_equal(problem_count(&t), 0);
}

static void many_rows(void **state)
{
    enum { ROWS = 950 }; /* several batches */
    static char text[ROWS * 64];
    size_t len = (size_t)snprintf(text, sizeof(text), "问题,答案\n");
    struct xz_knowledge_counts counts;
    (void)state;
    for (int i = 0; i < ROWS; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "第%d号样品归谁管,归第%d科。\n", i,
                                i);
    assert_int_equal(text_import(&t, "a.csv", text).entries, ROWS);
    assert_int_equal(xz_knowledge_count(t.knowledge, &counts), XZ_OK);
    assert_int_equal(counts.answers, ROWS);
    assert_int_equal(problem_count(&t), 0);
}

static void regions(void **state)
{
    static const struct {
        const char *source, *title, *history;
        int64_t region;
    } cases[] = {
        { "laws/甲.md", "中华人民共和国样品法", "", 0 },
        { "laws/甲.md", "临江市样品条例", "", 990200 },
        { "地方/临江/甲.md", "关于议案的规定", "", 990200 },
        { "laws/甲.md", "样品条例", "2020年1月1日 临江市第三届人民代表大会常务委员会第二次会议通过",
          990200 },
        { "laws/甲.md", "临江自由贸易港法", "2021年6月10日 第十三届全国人民代表大会常务委员会通过",
          0 },
        { "laws/甲.md", "最高人民法院关于临江市案件的批复", "", 0 },
        { "laws/甲.md", "在临江市采集样品的规定", "", 0 },
    };
    (void)state;
    text_import(&t, "regions.csv", "代码,名称,上级,级别\n990200,临江市,0,市\n");
    const struct xz_site *site = xz_knowledge_site(t.knowledge);
    assert_int_equal(site->own_region_count, 1);
    for (size_t i = 0; i < XZ_COUNT(cases); i++) {
        struct recognised const *all;
        char text[1024];
        snprintf(text, sizeof(text), "# %s\n\n%s\n\n<!-- INFO END -->\n\n第一条 甲。\n",
                 cases[i].title, cases[i].history);
        all = recognise_file(cases[i].source, text);
        struct knowledge_place_hints hints = {
            .title = xz_str_from(cases[i].title),
            .issuer = xz_str_from(recognised_text(all, "entry", 0, "issuer")),
            .history = xz_str_from(recognised_text(all, "entry", 0, "history")),
            .source = xz_str_from(cases[i].source),
        };
        assert_int_equal(knowledge_region_of(site, &hints), cases[i].region);
    }
}

static void code_in_parts(void **state)
{
    struct xz_article_ref ref = { XZ_STR("民法典"), 1042, 0, 20250101 };
    struct xz_actor actor = XZ_ACTOR_ANYONE;
    struct xz_entry entry;
    struct xz_clause clause;
    struct xz_tx *tx;
    (void)state;
    text_import(&t, "a.md", "# 中华人民共和国民法典\n\n# 总则编\n\n第一条 甲。\n");
    text_import(&t, "b.md",
                "# 中华人民共和国民法典\n\n# 婚姻家庭编\n\n第一千零四十二条 禁止包办。\n");
    assert_int_equal(xz_store_read(t.store, &tx), XZ_OK);
    assert_int_equal(xz_clause_find_article(tx, t.arena, &actor, &ref, &entry, &clause), XZ_OK);
    assert_true(xz_str_eq(clause.body, XZ_STR("禁止包办。")));
    ref.number = 99;
    assert_int_equal(xz_clause_find_article(tx, t.arena, &actor, &ref, &entry, &clause),
                     XZ_E_MISSING);
    xz_store_read_end(tx);
}

static void index_lost(void **state)
{
    (void)state;
    text_import(&t, "a.md", law);
    text_import(&t, "b.csv", "问题,答案\n树脂怎样检测,先称琥珀。\n");
    knowledge_test_reopen(&t, false);
    assert_int_equal(found_count(&t, "翡翠"), 1);
    assert_int_equal(problem_count(&t), 0);
    knowledge_test_reopen(&t, true);
    assert_int_equal(found_count(&t, "琥珀"), 1);
    assert_int_equal(problem_count(&t), 0);
    assert_int_equal(text_import(&t, "a.md", law).outcome, XZ_IMPORT_UNCHANGED);
}

/* Rows that went back in time: the index of the later ones must not survive. */
static void restored(void **state)
{
    struct xz_backup_info info;
    (void)state;
    text_import(&t, "a.md", law);
    xz_str backup = xz_path_join(t.arena, xz_str_from(t.folder), XZ_STR("backup"));
    xz_str data = xz_path_join(t.arena, xz_str_from(t.folder), XZ_STR("data"));
    assert_int_equal(xz_store_backup(t.store, backup.ptr, NULL, NULL, &info), XZ_OK);
    text_import(&t, "b.md", "# 琥珀法\n\n第一条 检测琥珀。\n");
    assert_int_equal(found_count(&t, "琥珀"), 1);
    xz_knowledge_close(t.knowledge);
    xz_store_close(t.store);
    t.knowledge = NULL;
    t.store = NULL;
    assert_int_equal(xz_store_restore(backup.ptr, data.ptr, &knowledge_test_clock, NULL), XZ_OK);
    knowledge_test_reopen(&t, false);
    assert_int_equal(found_count(&t, "琥珀"), 0);
    assert_int_equal(found_count(&t, "鉴定翡翠"), 1);
    assert_int_equal(problem_count(&t), 0);
}

/* --- folders --- */

struct tree_seen {
    int64_t calls, searchable;
};

static void tree_file_done(const struct xz_import_result *result,
                           const struct xz_import_progress *progress, void *arg)
{
    struct tree_seen *seen = arg;
    char question[64];
    int64_t number;
    (void)progress;
    seen->calls++;
    xz_str name = xz_str_sub(result->source, xz_str_find(result->source, XZ_STR("law")) + 3, 3);
    if (result->outcome != XZ_IMPORT_STORED || !xz_str_to_int(name, &number))
        return;
    snprintf(question, sizeof(question), "sample%lld", (long long)number);
    seen->searchable += found_count(&t, question) == 1;
}

static void write_file(const char *folder, const char *name, const char *text)
{
    xz_str path = xz_path_join(t.arena, xz_str_from(folder), xz_str_from(name));
    assert_int_equal(xz_file_replace(path.ptr, xz_str_from(text)), XZ_OK);
}

static void a_tree(void **state)
{
    enum { FILES = 60 };
    xz_str folder = xz_path_join(t.arena, xz_str_from(t.folder), XZ_STR("tree"));
    struct xz_import_options options = { .knowledge = t.knowledge,
                                         .actor = { XZ_ACTOR_LOCAL, 0 },
                                         .parser_path = t.parser,
                                         .file_bytes_max = MIB(1) };
    struct xz_import_progress progress;
    struct tree_seen seen = { 0 };
    (void)state;
    assert_int_equal(xz_dir_make(folder.ptr), XZ_OK);
    for (int i = 0; i < FILES; i++) {
        char name[32], text[256];
        snprintf(name, sizeof(name), "law%03d.md", i);
        snprintf(text, sizeof(text), "# 第%d号法\n\n第一条 sample%d。\n\n第二条 乙%d。\n", i, i, i);
        write_file(folder.ptr, name, text);
    }
    write_file(folder.ptr, "_index.md", "# about\n\ntext\n");
    write_file(folder.ptr, ".hidden.md", "# about\n\ntext\n");
    write_file(folder.ptr, "empty.md", "");
    const char *paths[] = { folder.ptr };
    assert_int_equal(xz_import_tree(&options, paths, 1, tree_file_done, &seen, NULL, &progress),
                     XZ_OK);
    assert_int_equal(progress.total, FILES + 1);
    assert_int_equal(progress.stored, FILES);
    assert_int_equal(progress.refused, 1);
    assert_int_equal(progress.clauses, FILES * 2);
    assert_int_equal(seen.calls, FILES + 1);
    assert_int_equal(seen.searchable, FILES); /* each one when it was acknowledged */
    assert_int_equal(xz_import_tree(&options, paths, 1, NULL, NULL, NULL, &progress), XZ_OK);
    assert_int_equal(progress.unchanged, FILES);
    assert_int_equal(problem_count(&t), 0);

    const _Atomic bool stop = true;
    assert_int_equal(xz_import_tree(&options, paths, 1, NULL, NULL, &stop, &progress), XZ_E_STATE);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(stored_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_withdrawn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(regions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(code_in_parts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(index_lost, set_up_folder, tear_down),
        cmocka_unit_test_setup_teardown(restored, set_up_folder, tear_down),
        cmocka_unit_test_setup_teardown(a_tree, set_up_folder, tear_down),
    };
    if (argc < 2)
        return 2;
    t.parser = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
