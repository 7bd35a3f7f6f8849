/* HTML to blocks. */
#include "doc_test.h"

static void a_page_gives_title_metas_and_text(void **unused)
{
    (void)unused;
    assert_blocks(
        "a.html",
        "<!DOCTYPE html>\n<html><head><meta "
        "charset=\"utf-8\"><title>关于印发&ldquo;办法&rdquo;的\n通知"
        "</title>\n<meta name='PubDate' content='2024-03-01'><script>var a='<p>no</p>';</script>"
        "<style>p{}</style></head><body><nav><a>首页</a><nav>x</nav></nav>\n"
        "<h1>通知</h1><p>　　各区：<br>一、&nbsp;目的<b>明确</b></p><!-- 附件 "
        "--><div>尾<span>部</span></div>"
        "</body></html>",
        "M title=关于印发“办法”的 通知\nM PubDate=2024-03-01\nH1 通知\nP 各区：\\n一、 目的明确\nC "
        "附件\n"
        "P 尾部\n");
}

static void lists_keep_level_and_number(void **unused)
{
    (void)unused;
    assert_blocks("a.html", "<ul><li>甲<ol><li><p>乙</p></li><li>丙</ol><li>丁</ul><p>戊",
                  "I1 甲\nI2 1. 乙\nI2 2. 丙\nI1 丁\nP 戊\n");
}

static void tables_give_rows_with_spans_filled(void **unused)
{
    (void)unused;
    assert_blocks(
        "a.html",
        "<table><tr><th>名称<th>份数<th>要求</tr><tr><td rowspan=2>身份证<td>1<td>原件"
        "<tr><td>2</td><td>复印件</td></tr><tr><td colspan=\"3\">备注</td></tr></table><p>后",
        "R^* 名称|份数|要求\nR 身份证|1|原件\nR 身份证|2|复印件\nR 备注||\nP 后\n");
}

static void tables_used_for_layout_give_paragraphs(void **unused)
{
    (void)unused;
    assert_blocks("a.html",
                  "<table><tr><td><h2>标题</h2><p>一</p><p>二</p></td></tr></table>"
                  "<table><tr><td><p>三</p><p>四<table><tr><td>a<td>b</table></td></tr></table>五",
                  "H2 标题\nP 一\nP 二\nP 三\nP 四\nR^ a|b\nP 五\n");
}

static void broken_markup_is_read_as_far_as_it_goes(void **unused)
{
    (void)unused;
    assert_blocks("a.html", "<p>3 < 5 && 6 > 4 <<b>粗</b><p>未闭合 <a href=\"x>y",
                  "P 3 < 5 && 6 > 4 <粗\nP 未闭合\n");
    assert_blocks("a.html", "<p>一</p></div></td></table></ul></h1><p>二", "P 一\nP 二\n");
    assert_blocks("a.html", "<p>甲<!--[if IE]>x<![endif]-->乙<!-- 未闭合", "P 甲乙\n");
    assert_blocks("a.html", "<p>&#0;&#xD800;&#x110000;&#;&x", "P \uFFFD\uFFFD\uFFFD&#;&x\n");
    assert_blocks("a.html", "<script>a</scrip></SCRIPT ><p>后", "P 后\n");
}

static void embedded_pictures_are_skipped(void **unused)
{
    (void)unused;
    struct xz_buf page;
    xz_buf_init(&page, 1 << 23);
    xz_buf_add_lit(&page, "<p>前<img alt='a>b' src=\"data:image/png;base64,");
    for (int i = 0; i < 300000; i++)
        xz_buf_add_lit(&page, "QUJDREVG");
    xz_buf_add_lit(&page, "\">后</p>");
    assert_string_equal(show("a.html", xz_buf_str(&page)), "P 前后\n");
    xz_buf_fini(&page);
}

static void pages_in_gb_encodings_are_read(void **unused)
{
    (void)unused;
    assert_string_equal(show("a.htm", XZ_STR("<meta charset=gb2312><p>\xD6\xD0\xB9\xFA</p>")),
                        "P 中国\n");
}

static void entities_cut_by_pieces_are_whole(void **unused)
{
    (void)unused;
    struct xz_buf page;
    xz_buf_init(&page, 1 << 22);
    xz_buf_add_lit(&page, "<p><pre>");
    for (int i = 0; i < 40000; i++)
        xz_buf_add_lit(&page, "政&hellip;x");
    const char *text = show("a.html", xz_buf_str(&page));
    assert_null(strstr(text, "hellip"));
    assert_null(strstr(text, "\uFFFD"));
    assert_int_equal(strlen(text), 2 + 40000 * 7 + 1);
    xz_buf_fini(&page);
}

static void a_bomb_of_open_tags_is_only_slow_to_type(void **unused)
{
    (void)unused;
    struct xz_buf page;
    xz_buf_init(&page, 1 << 24);
    for (int i = 0; i < 300000; i++)
        xz_buf_add_lit(&page, "<div><ul><table>");
    xz_buf_add_lit(&page, "<p>底");
    assert_string_equal(show("a.html", xz_buf_str(&page)), "P 底\n");
    xz_buf_fini(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_gives_title_metas_and_text),
        cmocka_unit_test(lists_keep_level_and_number),
        cmocka_unit_test(tables_give_rows_with_spans_filled),
        cmocka_unit_test(tables_used_for_layout_give_paragraphs),
        cmocka_unit_test(broken_markup_is_read_as_far_as_it_goes),
        cmocka_unit_test(embedded_pictures_are_skipped),
        cmocka_unit_test(pages_in_gb_encodings_are_read),
        cmocka_unit_test(entities_cut_by_pieces_are_whole),
        cmocka_unit_test(a_bomb_of_open_tags_is_only_slow_to_type),
    };
    return cmocka_run_group_tests(tests, show_set_up, show_tear_down);
}
