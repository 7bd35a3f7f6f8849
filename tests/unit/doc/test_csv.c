/* CSV to rows. */
#include "doc_test.h"

static void rows_and_a_head_are_read(void **unused)
{
    (void)unused;
    assert_blocks("a.csv",
                  "问题,答复\r\n怎么办,\"带,身份证\"\r\n为什么,\"他说\"\"好\"\"\n第二行\"\r\n",
                  "R^* 问题|答复\nR 怎么办|带,身份证\nR 为什么|他说\"好\"\\n第二行\n");
}

static void numbers_in_the_first_row_are_no_head(void **unused)
{
    (void)unused;
    assert_blocks("a.csv", "甲,1\n乙,2", "R^ 甲|1\nR 乙|2\n");
    assert_blocks("a.csv", "甲,2024-03-01\n乙,2\n", "R^ 甲|2024-03-01\nR 乙|2\n");
    assert_blocks("a.csv", "甲,\n乙,2\n", "R^ 甲|\nR 乙|2\n");
}

static void the_separator_is_told_from_the_content(void **unused)
{
    (void)unused;
    assert_blocks("a.csv", "名称;份数\n身份证,原件;1\n", "R^* 名称|份数\nR 身份证,原件|1\n");
    assert_blocks("a.tsv", "名称\t份数\n身份证,原件\t1\n", "R^* 名称|份数\nR 身份证,原件|1\n");
    assert_blocks("a.csv", "sep=;\n名称;份,数\n", "R^* 名称|份,数\n");
    assert_blocks("a.csv", "a;b", "R^* a|b\n");
    assert_blocks("a.csv", "sep=甲,乙\n", "R^* sep=甲|乙\n");
}

static void ragged_rows_are_reported(void **unused)
{
    (void)unused;
    assert_blocks("a.csv", "甲,乙\n1\n1,2,3\n\n1,2\n",
                  "R^* 甲|乙\nN 第 2 行有 1 列，与第一行的 2 列不同\nR 1\n"
                  "N 第 3 行有 3 列，与第一行的 2 列不同\nR 1|2|3\nR 1|2\n");
    struct xz_buf table;
    xz_buf_init(&table, 1 << 16);
    xz_buf_add_lit(&table, "a,b\n");
    for (int i = 0; i < 30; i++)
        xz_buf_add_lit(&table, "x\n");
    const char *text = show("a.csv", xz_buf_str(&table));
    assert_non_null(strstr(text, "N 共有 30 行的列数与第一行不同\n"));
    xz_buf_fini(&table);
}

static void an_open_quote_is_reported(void **unused)
{
    (void)unused;
    assert_blocks("a.csv", "甲,乙\n1,\"开着\n2,3\n",
                  "R^* 甲|乙\nN 第 2 行的引号到文件末尾都没有闭合，请检查表格\nR 1|开着\\n2,3\n");
}

static void an_open_quote_in_a_large_file_is_refused_with_its_line(void **unused)
{
    (void)unused;
    struct xz_buf table;
    xz_buf_init(&table, 1 << 22);
    xz_buf_add_lit(&table, "a,b\n1,\"");
    for (int i = 0; i < 200000; i++)
        xz_buf_add_lit(&table, "1,2,3,4\n");
    xz_buf_clear(&shown);
    assert_int_equal(xz_doc_read(xz_buf_str(&table), XZ_STR("a.csv"), show_block, NULL, NULL),
                     XZ_E_LIMIT);
    assert_non_null(strstr(xz_fail_detail(), "第 2 行的引号"));
    xz_buf_fini(&table);
}

static void too_many_columns_are_refused(void **unused)
{
    (void)unused;
    struct xz_buf table;
    xz_buf_init(&table, 1 << 16);
    for (int i = 0; i < XZ_DOC_CELLS_MAX + 1; i++)
        xz_buf_add_lit(&table, "a,");
    assert_int_equal(xz_doc_read(xz_buf_str(&table), XZ_STR("a.csv"), show_block, NULL, NULL),
                     XZ_E_LIMIT);
    xz_buf_fini(&table);
}

static void tables_in_gb18030_are_read(void **unused)
{
    (void)unused;
    assert_string_equal(show("a.csv", XZ_STR("\xC3\xFB\xB3\xC6,\xB7\xDD\xCA\xFD\n\xC9\xED,1\n")),
                        "R^* 名称|份数\nR 身|1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_and_a_head_are_read),
        cmocka_unit_test(numbers_in_the_first_row_are_no_head),
        cmocka_unit_test(the_separator_is_told_from_the_content),
        cmocka_unit_test(ragged_rows_are_reported),
        cmocka_unit_test(an_open_quote_is_reported),
        cmocka_unit_test(an_open_quote_in_a_large_file_is_refused_with_its_line),
        cmocka_unit_test(too_many_columns_are_refused),
        cmocka_unit_test(tables_in_gb18030_are_read),
    };
    return cmocka_run_group_tests(tests, show_set_up, show_tear_down);
}
