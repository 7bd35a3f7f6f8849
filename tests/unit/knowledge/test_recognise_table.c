/* Tables become reviewed answers, regions and departments; rows that cannot be are noted, not
 * guessed. */
#include "knowledge_test.h"

static void answers(void **state)
{
    (void)state;
    const struct recognised *all = recognise_file(
        "answers.csv",
        "\xef\xbb\xbf标准问题,相似问题,答复内容,依据,事项编码,适用区域,责任部门,生效日期,失效日期\n"
        "身份证丢了怎么办,身份证遗失|补办身份证｜身份证丢了怎么办,到派出所补领。,"
        "居民身份证法第十一条,"
        "GA-0007,安澜市,安澜市公安局,2024-01-01,2026-12-31\n"
        "\"多行\n问题\",,\"第一行\n第二行\",,,,,,\n");
    assert_int_equal(recognised_count(all, "entry"), 2);
    assert_int_equal(recognised_int(all, "entry", 0, "kind"), XZ_ENTRY_ANSWER);
    assert_string_equal(recognised_text(all, "entry", 0, "title"), "身份证丢了怎么办");
    assert_string_equal(recognised_text(all, "entry", 0, "related"), "GA-0007");
    assert_string_equal(recognised_text(all, "entry", 0, "key"), "身份证丢了怎么办@安澜市");
    assert_int_equal(recognised_int(all, "entry", 0, "effective_on"), 20240101);
    assert_int_equal(recognised_int(all, "entry", 0, "expires_on"), 20261231);
    /* The question itself and two variants; the one that repeats it is dropped. */
    assert_int_equal(recognised_count(all, "v"), 4);
    assert_string_equal(recognised_text(all, "v", 2, "q"), "补办身份证");
    assert_string_equal(recognised_text(all, "c", 1, "body"), "第一行\n第二行");
}

static void bad_rows(void **state)
{
    (void)state;
    const struct recognised *all = recognise_file(
        "answers.csv",
        "问题,答案,可见范围,失效日期\n甲,,,\n,乙,,\n丙,丁,秘密,\n戊,己,,昨天\n庚,辛,内部,\n");
    assert_int_equal(recognised_count(all, "entry"), 1);
    assert_string_equal(recognised_text(all, "entry", 0, "title"), "庚");
    assert_int_equal(recognised_int(all, "entry", 0, "visibility"), XZ_VISIBLE_INTERNAL);
    assert_int_equal(recognised_count(all, "note"), 4);
    assert_non_null(strstr(recognised_text(all, "note", 0, "text"), "第2行"));
    assert_non_null(strstr(recognised_text(all, "note", 2, "text"), "可见范围"));
    assert_non_null(strstr(recognised_text(all, "note", 3, "text"), "失效日期"));
}

static void counter_examples_are_kept_apart(void **state)
{
    (void)state;
    const struct recognised *all = recognise_file(
        "answers.csv",
        "问题,相似问法,不适用问法,答案\n甲怎么办,甲咋弄,乙怎么办｜甲怎么撤销,去窗口办。\n");
    assert_int_equal(recognised_count(all, "v"), 2);
    assert_int_equal(recognised_count(all, "x"), 2);
    assert_string_equal(recognised_text(all, "x", 1, "q"), "甲怎么撤销");
}

/* Longer than anybody may ask: said, not cut. */
static void overlong_questions(void **state)
{
    (void)state;
    static char file[8192], question[1800];
    memset(question, 'q', sizeof(question) - 1);
    snprintf(file, sizeof(file), "问题,相似问法,答案\n%s,,一\n甲怎么办,%s｜甲咋弄,二\n", question,
             question);
    const struct recognised *all = recognise_file("answers.csv", file);
    assert_int_equal(recognised_count(all, "entry"), 1);
    assert_string_equal(recognised_text(all, "entry", 0, "title"), "甲怎么办");
    assert_int_equal(recognised_count(all, "v"), 2);
    assert_int_equal(recognised_count(all, "note"), 2);
    assert_non_null(strstr(recognised_text(all, "note", 0, "text"), "该行未导入"));
    assert_non_null(strstr(recognised_text(all, "note", 1, "text"), "该问法未导入"));
}

static void regions_and_departments(void **state)
{
    (void)state;
    const struct recognised *all = recognise_file(
        "regions.csv", "代码,名称,上级,级别\n990100,安澜市,0,市\n990101,临江区,990100,区\n");
    assert_int_equal(recognised_count(all, "region"), 2);
    assert_string_equal(recognised_text(all, "region", 1, "parent"), "990100");
    all = recognise_file("departments.csv",
                         "编号,名称,简称,区域,电话\nD01,安澜市民政局,民政局,安澜市,0999-1\n");
    assert_string_equal(recognised_text(all, "department", 0, "short_name"), "民政局");
    all = recognise_file("site.json", "{\"name\": \"安澜市\", \"hotline\": \"12345\"}");
    assert_int_equal(recognised_count(all, "site"), 2);
    assert_string_equal(recognised_text(all, "site", 1, "value"), "12345");
}

static void a_table_inside_a_law(void **state)
{
    (void)state;
    const struct recognised *all = recognise_file(
        "a.md",
        "# 样法\n\n第一条 费用如下：\n\n| 项目 | 金额 |\n| --- | --- |\n| 第二条 | 40元 |\n");
    assert_int_equal(recognised_count(all, "c"), 1);
    assert_non_null(strstr(recognised_text(all, "c", 0, "body"), "| 第二条 | 40元 |"));
}

static void columns_of_other_cities(void **state)
{
    (void)state;
    const struct recognised *all = recognise_file(
        "a.csv", "某市热点问答,,,\n,,,\n序号, * 标准问句（必填）,扩展问,答复口径\n"
                 "1,甲？,甲甲？,乙。\n序号,标准问句,扩展问,答复口径\n2,丙？,,丁。\n");
    assert_int_equal(recognised_count(all, "entry"), 2); /* the heading row again is no row */
    assert_string_equal(recognised_text(all, "entry", 1, "title"), "丙？");
    assert_int_equal(recognised_count(all, "v"), 3);
    assert_int_equal(recognised_count(all, "note"), 0);
    /* Our own name for a column goes before a name that others use for it. */
    all = recognise_file("a.csv", "问句,问题,口径,答案\n1,甲？,乙,丙。\n");
    assert_string_equal(recognised_text(all, "entry", 0, "title"), "甲？");
    assert_string_equal(recognised_text(all, "c", 0, "body"), "丙。");
    all = recognise_file("a.csv", "诉求,反馈\n甲,乙\n");
    assert_int_equal(recognised_count(all, "entry"), 0);
    assert_non_null(strstr(recognised_text(all, "refused", 0, "reason"), "诉求、反馈"));
}

static void a_row_is_a_guide(void **state)
{
    (void)state;
    const struct recognised *all = recognise_file(
        "a.csv", "事项名称,事项编码,申请条件,所需材料,承诺时限,监督电话,序号\n"
                 "甲证,A-1,成年,证件；照片,3日,12345,1\n甲证换发,A-1,已有,,,,2\n,A-2,x,,,,3\n");
    assert_int_equal(recognised_count(all, "entry"), 2);
    assert_int_equal(recognised_int(all, "entry", 0, "kind"), XZ_ENTRY_GUIDE);
    assert_string_equal(recognised_text(all, "entry", 0, "key"), "A-1");
    assert_string_equal(recognised_text(all, "entry", 1, "key"), "甲证换发@");
    static const char *const sections[][2] = { { "办理条件", "成年" },
                                               { "申请材料", "证件\n照片" },
                                               { "办理时限", "承诺时限：3日" },
                                               { "监督电话", "12345" },
                                               { "办理条件", "已有" } };
    assert_int_equal(recognised_count(all, "c"), XZ_COUNT(sections));
    for (size_t i = 0; i < XZ_COUNT(sections); i++) {
        assert_string_equal(recognised_text(all, "c", i, "label"), sections[i][0]);
        assert_string_equal(recognised_text(all, "c", i, "body"), sections[i][1]);
    }
    assert_non_null(strstr(recognised_text(all, "note", 0, "text"), "第4行缺少事项名称"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers),
        cmocka_unit_test(bad_rows),
        cmocka_unit_test(regions_and_departments),
        cmocka_unit_test(a_table_inside_a_law),
        cmocka_unit_test(counter_examples_are_kept_apart),
        cmocka_unit_test(overlong_questions),
        cmocka_unit_test(columns_of_other_cities),
        cmocka_unit_test(a_row_is_a_guide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
