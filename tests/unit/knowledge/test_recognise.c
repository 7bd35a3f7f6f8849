/* Documents become drafts: laws, policies, guides, cases; their dates, numbers, bodies, articles.
 */
#include "knowledge_test.h"

#define LAW(history, body) "# 中华人民共和国样法\n\n" history "\n<!-- INFO END -->\n\n" body

static void a_law(void **state)
{
    (void)state;
    const struct recognised *all = recognise_file(
        "laws/行政法/样法(2020-06-20).md",
        LAW("2012年12月28日 第十一届全国人民代表大会常务委员会第三十次会议通过\n\n"
            "2020年6月20日 第十三届全国人民代表大会常务委员会第十九次会议修订\n",
            "## 第一章　总　则\n\n第一条 为了规范样品，制定本法。\n\n"
            "第二条 依照第三条、第四条规定办理。\n\n（一）有样品；\n\n（二）有场地。\n\n"
            "第二条之一 第三条规定的情形除外。\n\n## 第二章 附则\n\n"
            "第三条 本法自2021年1月1日起施行。《旧样品条例》、《样品管理办法》同时废止。\n"));
    assert_string_equal(recognised_text(all, "entry", 0, "title"), "中华人民共和国样法");
    assert_int_equal(recognised_int(all, "entry", 0, "kind"), XZ_ENTRY_LAW);
    assert_int_equal(recognised_int(all, "entry", 0, "issued_on"), 20200620);
    assert_int_equal(recognised_int(all, "entry", 0, "effective_on"), 20210101);
    assert_string_equal(recognised_text(all, "entry", 0, "issuer"), "全国人民代表大会常务委员会");
    assert_string_equal(recognised_text(all, "entry", 0, "replaces"),
                        "《旧样品条例》《样品管理办法》");
    assert_int_equal(recognised_count(all, "c"), 4);
    assert_string_equal(recognised_text(all, "c", 0, "path"), "第一章 总则");
    assert_string_equal(recognised_text(all, "c", 1, "label"), "第二条");
    assert_string_equal(recognised_text(all, "c", 1, "body"),
                        "依照第三条、第四条规定办理。\n（一）有样品；\n（二）有场地。");
    assert_string_equal(recognised_text(all, "c", 2, "label"), "第二条之一");
    assert_string_equal(recognised_text(all, "c", 3, "path"), "第二章 附则");
    assert_int_equal(recognised_count(all, "done"), 1);
}

static void lines_that_are_no_clause(void **state)
{
    (void)state;
    /* The title again, lines of history that were broken, unseen characters, a heading alone. */
    const struct recognised *all = recognise_file(
        "样法.md", LAW("9月24日第十三次会议《关于修改\n\n1999年3月1日 国务院发布\n",
                       "中华人民共和国\n\n样法\n\n\xe2\x80\x8b\n\n总　则\n\n"
                       "第一条 甲。\n\n附件一：样品目录\n\n一种样品\n"));
    assert_int_equal(recognised_count(all, "c"), 2);
    assert_string_equal(recognised_text(all, "c", 0, "path"), "总则");
    assert_string_equal(recognised_text(all, "c", 0, "body"), "甲。");
    assert_string_equal(recognised_text(all, "c", 1, "path"), "附件一：样品目录");
    assert_string_equal(recognised_text(all, "c", 1, "body"), "一种样品");
    assert_string_equal(recognised_text(all, "entry", 0, "issuer"), "国务院");
    assert_int_equal(recognised_int(all, "entry", 0, "issued_on"), 19990301);
}

static void articles_in_one_paragraph(void **state)
{
    (void)state;
    const struct recognised *all = recognise_file(
        "样法.md", LAW("", "第一条 甲，依照 第九条 的规定。 第二条 乙。　第三条 丙。\n"));
    assert_int_equal(recognised_count(all, "c"), 3);
    assert_string_equal(recognised_text(all, "c", 0, "body"), "甲，依照 第九条 的规定。");
    assert_string_equal(recognised_text(all, "c", 2, "label"), "第三条");
    assert_string_equal(recognised_text(all, "c", 2, "body"), "丙。");
}

static void a_part_of_a_code(void **state)
{
    (void)state;
    const struct recognised *all = recognise_file(
        "民法典/婚姻家庭编.md",
        "# 中华人民共和国民法典\n\n# 婚姻家庭编\n\n2020年5月28日 第十三届全国人民代表大会"
        "第三次会议通过\n\n2021年1月1日 施行\n\n<!-- INFO END -->\n\n"
        "第一千零四十条 本编调整因婚姻家庭产生的民事关系。\n");
    assert_string_equal(recognised_text(all, "entry", 0, "title"),
                        "中华人民共和国民法典婚姻家庭编");
    assert_string_equal(recognised_text(all, "entry", 0, "aliases"), "民法典");
    assert_int_equal(recognised_int(all, "entry", 0, "issued_on"), 20200528);
    assert_int_equal(recognised_int(all, "entry", 0, "effective_on"), 20210101);
    assert_int_equal(recognised_int(all, "entry", 0, "kind"), XZ_ENTRY_LAW);
}

static void a_case(void **state)
{
    (void)state;
    const struct recognised *all = recognise_file(
        "案例/甲诉乙案.md",
        "# 甲诉广州市乙公司案\n\n<!-- INFO END -->\n\n## 基本案情\n\n甲买了样品。\n\n"
        "## 相关法条\n\n第一百四十八条 生产不符合标准的食品的，应当赔偿。\n");
    assert_int_equal(recognised_int(all, "entry", 0, "kind"), XZ_ENTRY_POLICY);
    assert_string_equal(recognised_text(all, "entry", 0, "topic"), "案例");
    assert_string_equal(recognised_text(all, "entry", 0, "region"), "全国");
    /* The article is quoted: it is not article 148 of this paper. */
    for (size_t i = 0; i < recognised_count(all, "c"); i++)
        assert_null(strstr(recognised_text(all, "c", i, "label"), "条"));
}

static void a_policy(void **state)
{
    (void)state;
    const struct recognised *all = recognise_file(
        "policies/gaoling.md",
        "---\n类型: 政策文件\n标题: 安澜市高龄津贴办法\n文号: 安民发〔2024〕3号\n"
        "发文机关: 安澜市民政局\n区域: 安澜市\n成文日期: 2024-02-20\n可见范围: 内部\n"
        "替代: 安民发〔2021〕15号\n---\n# "
        "安澜市高龄津贴办法\n\n一、发放对象。年满80周岁的老年人。\n\n"
        "（一）本市户籍。\n\n二、本办法自2024年3月1日起施行，有效期5年。\n");
    assert_int_equal(recognised_int(all, "entry", 0, "kind"), XZ_ENTRY_POLICY);
    assert_string_equal(recognised_text(all, "entry", 0, "number"), "安民发〔2024〕3号");
    assert_string_equal(recognised_text(all, "entry", 0, "region"), "安澜市");
    assert_string_equal(recognised_text(all, "entry", 0, "replaces"), "安民发〔2021〕15号");
    assert_int_equal(recognised_int(all, "entry", 0, "visibility"), XZ_VISIBLE_INTERNAL);
    assert_int_equal(recognised_int(all, "entry", 0, "issued_on"), 20240220);
    assert_int_equal(recognised_int(all, "entry", 0, "effective_on"), 20240301);
    assert_int_equal(recognised_int(all, "entry", 0, "expires_on"), 20290228);
    assert_string_equal(recognised_text(all, "c", 0, "label"), "一、");
    assert_string_equal(recognised_text(all, "c", 1, "label"), "（一）");
}

static void a_guide(void **state)
{
    (void)state;
    const struct recognised *all = recognise_file(
        "guides/shenfenzheng.md",
        "---\n类型: 办事指南\n标题: 居民身份证补领\n事项编码: GA-0007\n---\n"
        "## 办理条件\n\n证件遗失。\n\n## 申请材料\n\n1. 户口簿\n2. 照片\n\n## 费用\n\n40元。\n");
    assert_int_equal(recognised_int(all, "entry", 0, "kind"), XZ_ENTRY_GUIDE);
    assert_string_equal(recognised_text(all, "entry", 0, "code"), "GA-0007");
    assert_int_equal(recognised_count(all, "c"), 3);
    assert_string_equal(recognised_text(all, "c", 1, "label"), "申请材料");
    assert_string_equal(recognised_text(all, "c", 1, "body"), "1. 户口簿\n2. 照片");
}

static void assert_refused(const char *name, const char *text, const char *reason_part)
{
    const struct recognised *all = recognise_file(name, text);
    assert_int_equal(recognised_count(all, "entry"), 0);
    assert_int_equal(recognised_count(all, "done"), 0);
    assert_non_null(strstr(recognised_text(all, "refused", 0, "reason"), reason_part));
}

static void refusals(void **state)
{
    (void)state;
    assert_refused("a.md", "---\n类型: 政策文件\n成文日期: 去年\n---\n# 甲办法\n\n正文。\n",
                   "日期");
    assert_refused("a.md", "---\n可见范围: 秘密\n---\n# 甲办法\n\n正文。\n", "可见范围");
    assert_refused("a.md", "---\n类型: 诗歌\n---\n# 甲办法\n\n正文。\n", "类型");
    assert_refused("a.md", "# 只有标题\n\n<!-- INFO END -->\n", "没有找到正文");
    assert_refused("a.json", "{\"a\": 1}", "site.json");
    assert_refused("a.csv", "甲,乙\n1,2\n", "列名");
}

static void issuers(void **state)
{
    static const struct {
        const char *name, *title, *history, *issuer;
    } cases[] = {
        { "a.md", "杭州市样品条例",
          "2014年6月27日 市十二届人民代表大会常务委员会第二十次会议通过\n\n"
          "2014年9月26日 浙江省第十二届人民代表大会常务委员会第十三次会议批准\n",
          "杭州市人民代表大会常务委员会" },
        { "a.md", "山东省样品细则",
          "1983年12月25日 山东省第六届人民代表大会常务委员会通过\n\n2004年1月1日 根据"
          "全国人民代表大会的决定修正\n",
          "山东省人民代表大会常务委员会" },
        { "a.md", "最高人民法院 最高人民检察院关于样品的解释", "", "最高人民法院、最高人民检察院" },
        { "a.md", "样品办法", "2022年6月6日 中华人民共和国国家安全部令第2号公布\n", "国家安全部" },
        { "a.md", "样品办法", "1990年1月1日 中华人民共和国主席令第三号公布\n", "" },
        { "laws/行政法规/a.md", "样品条例", "", "国务院" },
        { "laws/部门规章/公安部/a.md", "样品规定", "", "公安部" },
    };
    (void)state;
    for (size_t i = 0; i < XZ_COUNT(cases); i++) {
        char text[1024];
        snprintf(text, sizeof(text), "# %s\n\n%s\n<!-- INFO END -->\n\n第一条 甲。\n",
                 cases[i].title, cases[i].history);
        const struct recognised *all = recognise_file(cases[i].name, text);
        assert_string_equal(recognised_text(all, "entry", 0, "issuer"), cases[i].issuer);
    }
}

static void repealed(void **state)
{
    static const struct {
        const char *text, *names;
    } cases[] = {
        { "第一条 "
          "本法自2021年1月1日起施行。1985年发布的《甲条例》（根据《乙决定》修订）同时废止。\n",
          "《甲条例》" },
        { "第一条 根据《甲法》制定的《乙办法》同时废止。\n", "《乙办法》" },
        { "第一条 《甲条例》第十条同时废止。\n", "" },
        { "第一条 依照《甲条例》执行。\n", "" },
    };
    (void)state;
    for (size_t i = 0; i < XZ_COUNT(cases); i++) {
        char text[1024];
        snprintf(text, sizeof(text), "# 样法\n\n<!-- INFO END -->\n\n%s", cases[i].text);
        const struct recognised *all = recognise_file("a.md", text);
        assert_string_equal(recognised_text(all, "entry", 0, "replaces"), cases[i].names);
    }
}

static void long_text_is_cut(void **state)
{
    enum { BYTES = 100000 };
    static char text[BYTES + 64];
    size_t len = (size_t)snprintf(text, sizeof(text), "# 样法\n\n第一条 ");
    int64_t total = 0;
    (void)state;
    while (len < BYTES)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "样");
    const struct recognised *all = recognise_file("a.md", text);
    assert_true(recognised_count(all, "c") > 5);
    for (size_t i = 0; i < recognised_count(all, "c"); i++) {
        assert_non_null(strstr(recognised_text(all, "c", i, "label"), "第一条"));
        total++;
    }
    assert_true(total < 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_law),
        cmocka_unit_test(lines_that_are_no_clause),
        cmocka_unit_test(articles_in_one_paragraph),
        cmocka_unit_test(a_part_of_a_code),
        cmocka_unit_test(a_case),
        cmocka_unit_test(a_policy),
        cmocka_unit_test(a_guide),
        cmocka_unit_test(refusals),
        cmocka_unit_test(issuers),
        cmocka_unit_test(repealed),
        cmocka_unit_test(long_text_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
