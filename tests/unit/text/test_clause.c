/* Fronts of lines in laws and official papers, as they really occur. */
#include "text_test.h"

static const struct {
    const char *line;
    enum xz_clause_mark mark;
    int64_t number, sub;
    const char *label;
} rows[] = {
    { "第一条 为了规范", XZ_MARK_ARTICLE, 1, 0, "第一条" },
    { "第一条　为了规范", XZ_MARK_ARTICLE, 1, 0, "第一条" },
    { "第一条\u2002为了", XZ_MARK_ARTICLE, 1, 0, "第一条" },
    { "第一条为了加强管理，制定本条例。", XZ_MARK_ARTICLE, 1, 0, "第一条" },
    { "　　第二百三十条　有下列情形", XZ_MARK_ARTICLE, 230, 0, "第二百三十条" },
    { "第230条 罚款", XZ_MARK_ARTICLE, 230, 0, "第230条" },
    { "第 ２３０ 条 罚款", XZ_MARK_ARTICLE, 230, 0, "第 ２３０ 条" },
    { "第一百二十条之一 资助恐怖活动", XZ_MARK_ARTICLE, 120, 1, "第一百二十条之一" },
    { "**第一条** 为了", XZ_MARK_ARTICLE, 1, 0, "**第一条**" },
    { "**第一条**", XZ_MARK_ARTICLE, 1, 0, "**第一条**" },
    { "第三条", XZ_MARK_ARTICLE, 3, 0, "第三条" },
    { "第三百七十二 条适用速裁程序", XZ_MARK_ARTICLE, 372, 0, "第三百七十二 条" },
    { "第五条（立法目的）为了", XZ_MARK_ARTICLE, 5, 0, "第五条" },
    { "第五条：甲方应当", XZ_MARK_ARTICLE, 5, 0, "第五条" },
    { "第六条 第三条规定的情形", XZ_MARK_ARTICLE, 6, 0, "第六条" },
    { "第三条、第四条规定的情形", XZ_MARK_NONE, 0, 0, "" },
    { "第三条规定的情形", XZ_MARK_NONE, 0, 0, "" },
    { "第三条第二款所称", XZ_MARK_NONE, 0, 0, "" },
    { "第三十一条的决定》第一次修正", XZ_MARK_NONE, 0, 0, "" },
    { "第八条至第十条适用于", XZ_MARK_NONE, 0, 0, "" },
    { "第八条和第十条", XZ_MARK_NONE, 0, 0, "" },
    { "第十条修改为：“……”", XZ_MARK_NONE, 0, 0, "" },
    { "第十条改为第十一条", XZ_MARK_NONE, 0, 0, "" },
    { "第一款规定的人员，严重不负责任", XZ_MARK_NONE, 0, 0, "" },
    { "“第十七条之一 已满七十五周岁", XZ_MARK_NONE, 0, 0, "" },
    { "依照第三条的规定", XZ_MARK_NONE, 0, 0, "" },
    { "第一章　总　则", XZ_MARK_CHAPTER, 1, 0, "第一章" },
    { "第六章法律责任", XZ_MARK_CHAPTER, 6, 0, "第六章" },
    { "第一章\t总则", XZ_MARK_CHAPTER, 1, 0, "第一章" },
    { "第二章规定的程序，参照执行。", XZ_MARK_NONE, 0, 0, "" },
    { "第七节相应改为第八节，第一百二十三条相应改为第一百二十八条。", XZ_MARK_NONE, 0, 0, "" },
    { "第一节 一般规定", XZ_MARK_SECTION, 1, 0, "第一节" },
    { "第一编 总则", XZ_MARK_PART, 1, 0, "第一编" },
    { "第二分编\u2002\u2002所有权", XZ_MARK_PART, 2, 0, "第二分编" },
    { "第一部分", XZ_MARK_PART, 1, 0, "第一部分" },
    { "一、申请条件", XZ_MARK_HAN_ITEM, 1, 0, "一、" },
    { "十一、其他", XZ_MARK_HAN_ITEM, 11, 0, "十一、" },
    { "一、二级保护野生动物", XZ_MARK_NONE, 0, 0, "" },
    { "一、将刑法第一百五十一条第三款修改为", XZ_MARK_HAN_ITEM, 1, 0, "一、" },
    { "一是加强领导", XZ_MARK_NONE, 0, 0, "" },
    { "（一）实施家庭暴力", XZ_MARK_PAREN_ITEM, 1, 0, "（一）" },
    { "(一)交验户口簿", XZ_MARK_PAREN_ITEM, 1, 0, "(一)" },
    { "（十二） 其他", XZ_MARK_PAREN_ITEM, 12, 0, "（十二）" },
    { "（一）项目建设单位", XZ_MARK_PAREN_ITEM, 1, 0, "（一）" },
    { "（一）项规定的", XZ_MARK_NONE, 0, 0, "" },
    { "（一）至（三）项", XZ_MARK_NONE, 0, 0, "" },
    { "（二〇二四年一月）", XZ_MARK_NONE, 0, 0, "" },
    { "（注）", XZ_MARK_NONE, 0, 0, "" },
    { "1.身份证", XZ_MARK_NUM_ITEM, 1, 0, "1." },
    { "1. 身份证", XZ_MARK_NUM_ITEM, 1, 0, "1." },
    { "2、户口簿", XZ_MARK_NUM_ITEM, 2, 0, "2、" },
    { "１．户口簿", XZ_MARK_NUM_ITEM, 1, 0, "１．" },
    { "1.5万元以上的", XZ_MARK_NONE, 0, 0, "" },
    { "1.1 编制目的", XZ_MARK_NUM_ITEM, 1, 1, "1.1" },
    { "4.2.3 信息报告", XZ_MARK_NUM_ITEM, 4, 2, "4.2.3" },
    { "2024年工作要点", XZ_MARK_NONE, 0, 0, "" },
    { "2024.1.1 施行", XZ_MARK_NONE, 0, 0, "" },
    { "12345热线", XZ_MARK_NONE, 0, 0, "" },
    { "（1）复印件", XZ_MARK_PAREN_NUM, 1, 0, "（1）" },
    { "(2) 复印件", XZ_MARK_PAREN_NUM, 2, 0, "(2)" },
    { "3）复印件", XZ_MARK_PAREN_NUM, 3, 0, "3）" },
    { "①复印件", XZ_MARK_PAREN_NUM, 1, 0, "①" },
    { "⑳复印件", XZ_MARK_PAREN_NUM, 20, 0, "⑳" },
    { "⒈复印件", XZ_MARK_NUM_ITEM, 1, 0, "⒈" },
    { "㈡复印件", XZ_MARK_PAREN_ITEM, 2, 0, "㈡" },
    { "", XZ_MARK_NONE, 0, 0, "" },
    { "第", XZ_MARK_NONE, 0, 0, "" },
    { "第三者责任险", XZ_MARK_NONE, 0, 0, "" },
    { "**注意**", XZ_MARK_NONE, 0, 0, "" },
};

static void fronts_are_told_from_references(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < XZ_COUNT(rows); i++) {
        xz_str line = xz_str_from(rows[i].line), trimmed = xz_str_trim(line);
        struct xz_clause_head head = xz_clause_head_read(line);
        if (head.mark != rows[i].mark || head.number != rows[i].number || head.sub != rows[i].sub)
            fail_msg("%s: mark %d, %lld, %lld", rows[i].line, head.mark, (long long)head.number,
                     (long long)head.sub);
        assert_str(xz_str_sub(trimmed, 0, head.label_len), rows[i].label);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(fronts_are_told_from_references) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
