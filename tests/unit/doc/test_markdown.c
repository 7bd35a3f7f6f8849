/* Markdown to blocks. */
#include "doc_test.h"

static void a_law_becomes_headings_paragraphs_and_a_comment(void **unused)
{
    (void)unused;
    assert_blocks("a.md",
                  "# 中华人民共和国某某法\n\n2024年3月1日 通过　\n\n<!-- INFO END -->\n\n"
                  "## 第一章 总　则\n\n**第一条** 为了规范\\*管理。\n\n（一）甲；\n（二）乙。\n",
                  "H1 中华人民共和国某某法\nP 2024年3月1日 通过\nC INFO END\nH2 第一章 总　则\n"
                  "P 第一条 为了规范*管理。\nP （一）甲；\\n（二）乙。\n");
}

static void head_matter_gives_keys_and_values(void **unused)
{
    (void)unused;
    assert_blocks(
        "a.md",
        "---\n类型: 办事指南\n标题：\"居住证\"\n# 说明\n别名:\n  - 暂住证\n  - 'A:B'\n空:\n"
        "---\n# 居住证\n",
        "M 类型=办事指南\nM 标题=居住证\nM 别名=暂住证\nM 别名=A:B\nH1 居住证\n");
}

static void a_rule_at_the_front_is_not_head_matter(void **unused)
{
    (void)unused;
    assert_blocks("a.md", "---\n第一段没有冒号\n\n第二段\n", "P 第一段没有冒号\nP 第二段\n");
    assert_blocks("a.md", "---\nbook: true\n---", "M book=true\n");
}

static void headings_are_taken_as_authors_write_them(void **unused)
{
    (void)unused;
    assert_blocks("a.md",
                  "##第二章\n\n### 第一节 ###\n\n总则\n====\n\n附则\n---\n\n#1楼\n\n####### 七\n",
                  "H2 第二章\nH3 第一节\nH1 总则\nH2 附则\nP #1楼\nP ####### 七\n");
}

static void a_rule_after_prose_divides_only(void **unused)
{
    (void)unused;
    assert_blocks("a.md", "这是一段话。\n---\n下一段\n\n* * *\n\n末段\n",
                  "P 这是一段话。\nP 下一段\nP 末段\n");
}

static void lists_keep_level_and_number(void **unused)
{
    (void)unused;
    assert_blocks("a.md", "- 甲\n  - 乙\n续行\n1. 丙\n2. 丁\n\n* [x] 戊\n-不是\n",
                  "I1 甲\nI2 乙\\n续行\nI1 1. 丙\nI1 2. 丁\nI1 戊\\n-不是\n");
}

static void tables_have_heads_rows_and_escaped_bars(void **unused)
{
    (void)unused;
    assert_blocks(
        "a.md",
        "材料：\n| 名称 | 份数 |\n|---|:-:|\n| **身份证** | 1 |\n| a\\|b | |\n\n后文 | 不是表\n",
        "P 材料：\nR^* 名称|份数\nR 身份证|1\nR a|b|\nP 后文 | 不是表\n");
}

static void two_tables_start_twice(void **unused)
{
    (void)unused;
    assert_blocks("a.md", "|a|b|\n|-|-|\n|1|2|\n\n|c|d|\n|-|-|\n|3|4|",
                  "R^* a|b\nR 1|2\nR^* c|d\nR 3|4\n");
}

static void inline_markup_is_stripped(void **unused)
{
    static const char *const rows[][2] = {
        { "**第一条**　为了", "P 第一条　为了\n" },
        { "见[《条例》](http://x.cn/a(1).html \"t\")。", "P 见《条例》.html \"t\")。\n" },
        { "见[《条例》](http://x.cn/a.html)。", "P 见《条例》。\n" },
        { "![图](a.png)和`代码`和~~删~~", "P 图和代码和删\n" },
        { "<font color=red>红</font><br/>下", "P 红\\n下\n" },
        { "身份证*（必填）", "P 身份证*（必填）\n" },
        { "3*4*5米", "P 3*4*5米\n" },
        { "a_b_c 5 < 6 > 4", "P a_b_c 5 < 6 > 4\n" },
        { "A&amp;B&nbsp;&#25919;&#x653F;&unknown;", "P A&B\u00A0政政&unknown;\n" },
        { "> 引用\n> 第二行", "P 引用\\n第二行\n" },
        { "***粗斜***字", "P 粗斜字\n" },
        { "<https://www.gov.cn>", "P https://www.gov.cn\n" },
        { "[未闭合", "P [未闭合\n" },
    };
    (void)unused;
    for (size_t i = 0; i < XZ_COUNT(rows); i++)
        assert_string_equal(show("a.md", xz_str_from(rows[i][0])), rows[i][1]);
}

static void code_is_kept_as_one_paragraph(void **unused)
{
    (void)unused;
    assert_blocks("a.md", "```c\n# 不是标题\n\n- 不是列表\n```\n后文",
                  "P # 不是标题\\n\\n- 不是列表\nP 后文\n");
}

static void comments_may_run_over_lines_and_inside_them(void **unused)
{
    (void)unused;
    assert_blocks(
        "a.md", "前<!-- 一 -->后\n\n<!-- 二\n三 --> 四\n\n<!-- 五",
        "C 一\nP 前\\n后\nC 二\\n三\nP 四\nN 注释 <!-- 一直没有闭合，其后的内容没有读取\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_law_becomes_headings_paragraphs_and_a_comment),
        cmocka_unit_test(head_matter_gives_keys_and_values),
        cmocka_unit_test(a_rule_at_the_front_is_not_head_matter),
        cmocka_unit_test(headings_are_taken_as_authors_write_them),
        cmocka_unit_test(a_rule_after_prose_divides_only),
        cmocka_unit_test(lists_keep_level_and_number),
        cmocka_unit_test(tables_have_heads_rows_and_escaped_bars),
        cmocka_unit_test(two_tables_start_twice),
        cmocka_unit_test(inline_markup_is_stripped),
        cmocka_unit_test(code_is_kept_as_one_paragraph),
        cmocka_unit_test(comments_may_run_over_lines_and_inside_them),
    };
    return cmocka_run_group_tests(tests, show_set_up, show_tear_down);
}
