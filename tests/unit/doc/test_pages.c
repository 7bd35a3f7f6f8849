/* What the outside tools wrote, to blocks: order of reading, paragraphs, headings, tables, running
 * heads, and what was recognised. The pages are put together here, word by word. */
#include "doc_test.h"

#include "doc/doc_tool_internal.h"

#define SIZE   16.0 /* of the body, in points; a page is A4 with the margins of an official paper */
#define LEFT   80.0
#define INDENT (LEFT + 2 * SIZE)

static struct xz_buf pages;
static int last_page, last_confidence;
static struct xz_box last_box;

static double ems_of(xz_str text)
{
    double ems = 0;
    for (size_t at = 0; at < text.len;)
        ems += xz_utf8_next(text, &at) > 0x2000 ? 1.0 : 0.5;
    return ems;
}

static void begin(void)
{
    xz_buf_clear(&pages);
    xz_buf_add_lit(&pages, DOC_PAGES_MAGIC);
}

static void page_begin(void)
{
    xz_buf_add_lit(&pages, "  <page width=\"595.0\" height=\"842.0\">\n");
}

static void page_end(void)
{
    xz_buf_add_lit(&pages, "  </page>\n");
}

/* One line of text whose middle is at `y`; blanks part its words. */
static void line(double x, double y, double size, const char *text)
{
    xz_str rest = xz_str_from(text);
    while (rest.len) {
        xz_str word = xz_str_cut(&rest, ' ');
        double width = ems_of(word) * size;
        if (word.len)
            xz_buf_addf(&pages,
                        "<word xMin=\"%.3f\" yMin=\"%.3f\" xMax=\"%.3f\" yMax=\"%.3f\">"
                        "%.*s</word>\n",
                        x, y - size * 0.7, x + width, y + size * 0.7, XZ_STR_ARG(word));
        x += width + size * 0.5;
    }
}

/* A line of `count` characters, beginning with `text`. */
static void full_line(double x, double y, const char *text, int count)
{
    struct xz_buf filled;
    xz_buf_init(&filled, 4096);
    xz_buf_add(&filled, xz_str_from(text));
    while (xz_utf8_chars(xz_buf_str(&filled)) < (size_t)count)
        xz_buf_add_lit(&filled, "文");
    line(x, y, SIZE, filled.ptr);
    xz_buf_fini(&filled);
}

static xz_err place_note(const struct xz_block *block, void *arg)
{
    if (block->page > 0) {
        last_page = block->page;
        last_box = block->box;
        last_confidence = block->confidence;
    }
    return show_block(block, arg);
}

static const char *read_pages(void)
{
    xz_buf_clear(&shown);
    last_page = last_confidence = 0;
    xz_err err = xz_doc_read(xz_buf_str(&pages), XZ_STR("a.pdf"), place_note, NULL, NULL);
    if (err != XZ_OK)
        fail_msg("%s: %s", xz_err_name(err), xz_fail_detail());
    return shown.ptr ? shown.ptr : "";
}

static bool shows(const char *text)
{
    return shown.ptr && strstr(shown.ptr, text) != NULL;
}

static void lines_join_to_paragraphs_over_page_breaks(void **unused)
{
    (void)unused;
    begin();
    page_begin();
    full_line(INDENT, 700, "甲", 25);
    full_line(LEFT, 728, "乙", 27);
    line(LEFT, 756, SIZE, "丙。");
    full_line(INDENT, 784, "丁", 25);
    page_end();
    page_begin();
    line(LEFT, 100, SIZE, "戊，Using Word");
    page_end();
    read_pages();
    xz_str all = xz_buf_str(&shown);
    xz_str first = xz_str_cut(&all, '\n'), second = xz_str_cut(&all, '\n');
    assert_true(xz_str_starts(first, XZ_STR("P 甲文")) && xz_str_ends(first, XZ_STR("文丙。")));
    assert_true(xz_str_find(first, XZ_STR("文乙文")) != XZ_STR_NPOS);
    assert_true(xz_str_starts(second, XZ_STR("P 丁文")) &&
                xz_str_ends(second, XZ_STR("文戊，Using Word")));
    assert_int_equal(all.len, 0);
}

static void a_paragraph_knows_its_page_and_place(void **unused)
{
    (void)unused;
    begin();
    page_begin();
    page_end();
    page_begin();
    full_line(59.5, 421, "甲", 20);
    page_end();
    read_pages();
    assert_int_equal(last_page, 2);
    assert_int_equal(last_box.left, 1000);
    assert_int_equal(last_box.right, 1000 + (int)(20 * SIZE / 595 * 10000 + 0.5));
    assert_true(last_box.top < 5000 && last_box.bottom > 5000);
    assert_int_equal(last_confidence, 0);
}

static void running_heads_and_page_numbers_are_dropped(void **unused)
{
    (void)unused;
    begin();
    for (int page = 1; page <= 4; page++) {
        char number[32];
        page_begin();
        line(LEFT, 40, 9, "安澜市政策汇编");
        full_line(INDENT, 300, page == 1 ? "一" : page == 2 ? "二" : page == 3 ? "三" : "四", 12);
        snprintf(number, sizeof(number), "— %d —", page);
        line(280, 800, 12, number);
        page_end();
    }
    read_pages();
    assert_false(shows("汇编") || shows("—"));
    assert_true(shows("P 一文") && shows("P 四文"));
}

static void the_head_of_an_official_paper_is_understood(void **unused)
{
    (void)unused;
    begin();
    page_begin();
    line(140, 150, 36, "安澜市人民政府文件");
    line(230, 220, SIZE, "安政发〔2024〕3号");
    line(165, 290, 22, "安澜市人民政府关于印发");
    line(190, 320, 22, "促进就业措施的通知");
    line(LEFT, 370, SIZE, "各区人民政府：");
    full_line(INDENT, 398, "现", 25);
    full_line(LEFT, 426, "给", 27);
    full_line(LEFT, 454, "你", 27);
    line(LEFT, 482, SIZE, "们。");
    line(INDENT, 510, SIZE, "一、补贴标准");
    full_line(INDENT, 538, "每人每年", 25);
    line(LEFT, 566, SIZE, "元。");
    line(230, 600, SIZE, "第二章 附则");
    full_line(INDENT, 628, "第九条", 20);
    page_end();
    read_pages();
    assert_true(shows("M 发文机关=安澜市人民政府\nM 文号=安政发〔2024〕3号\n"
                      "H1 安澜市人民政府关于印发促进就业措施的通知\nP 各区人民政府：\nP 现文"));
    assert_true(shows("H2 一、补贴标准\nP 每人每年文"));
    assert_true(shows("H2 第二章 附则\nP 第九条 文"));
}

static void columns_are_read_one_after_the_other(void **unused)
{
    (void)unused;
    begin();
    page_begin();
    full_line(LEFT, 100, "通栏", 27);
    for (int i = 0; i < 8; i++) {
        full_line(LEFT, 140 + i * 24, i == 0 ? "左一" : i == 7 ? "左末" : "左", 13);
        full_line(LEFT + 14 * SIZE, 140 + i * 24, i == 0 ? "右一" : "右", 13);
    }
    full_line(LEFT, 360, "下方", 27);
    page_end();
    read_pages();
    const char *left = strstr(shown.ptr, "左末"), *right = strstr(shown.ptr, "右一");
    if (!left || !right || left > right)
        fail_msg("%s", shown.ptr);
    assert_true(strstr(shown.ptr, "通栏") < strstr(shown.ptr, "左一"));
    assert_true(strstr(shown.ptr, "右一") < strstr(shown.ptr, "下方"));
}

static void rows_that_line_up_are_a_table(void **unused)
{
    (void)unused;
    begin();
    page_begin();
    full_line(INDENT, 100, "标准如下", 20);
    line(LEFT, 150, SIZE, "序号");
    line(LEFT + 60, 150, SIZE, "项目");
    line(LEFT + 250, 150, SIZE, "标准");
    line(LEFT, 192, SIZE, "1"); /* in the middle of its row's height */
    line(LEFT + 60, 181, SIZE, "一次性创业");
    line(LEFT + 60, 203, SIZE, "补贴");
    line(LEFT + 250, 192, SIZE, "5000元");
    line(LEFT, 236, SIZE, "2");
    line(LEFT + 60, 236, SIZE, "社会保险补贴");
    line(LEFT + 250, 236, SIZE, "实际缴费的三分之二");
    full_line(INDENT, 300, "说明", 25);
    page_end();
    assert_non_null(strstr(read_pages(), "R^* 序号|项目|标准\nR 1|一次性创业补贴|5000元\n"
                                         "R 2|社会保险补贴|实际缴费的三分之二\nP 说明"));
}

static void a_table_goes_on_over_the_page_break(void **unused)
{
    (void)unused;
    begin();
    for (int page = 0; page < 2; page++) {
        page_begin();
        line(LEFT, 150, SIZE, "材料");
        line(LEFT + 200, 150, SIZE, "份数");
        for (int row = 0; row < 3; row++) {
            char text[32];
            snprintf(text, sizeof(text), "材料%c", 'A' + page * 3 + row);
            line(LEFT, 190 + row * 40, SIZE, text);
            line(LEFT + 200, 190 + row * 40, SIZE, "两份");
        }
        page_end();
    }
    assert_string_equal(read_pages(), "R^* 材料|份数\nR 材料A|两份\nR 材料B|两份\nR 材料C|两份\n"
                                      "R 材料D|两份\nR 材料E|两份\nR 材料F|两份\n");
}

/* A line that tesseract read, words of so many pixels a character. */
static void tsv_row(int y)
{
    xz_buf_addf(&pages, "4\t1\t1\t1\t1\t0\t300\t%d\t900\t42\t-1\t\n", y);
}

static void tsv_word(int x, int y, double conf, const char *text)
{
    xz_buf_addf(&pages, "5\t1\t1\t1\t1\t1\t%d\t%d\t%d\t40\t%.2f\t%s\n", x, y,
                (int)(ems_of(xz_str_from(text)) * 44), conf, text);
}

static void recognised_pages_say_how_well(void **unused)
{
    (void)unused;
    begin();
    page_begin();
    line(280, 800, 12, "7"); /* a page number is no text */
    xz_buf_add_lit(&pages,
                   "@ocr\nlevel\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop"
                   "\twidth\theight\tconf\ttext\n"
                   "1\t1\t0\t0\t0\t0\t0\t0\t1654\t2339\t-1\t\n");
    tsv_row(400);
    tsv_word(300, 400, 90, "第三条");
    tsv_word(432, 402, 90, "申请");
    tsv_word(500, 398, 60, "补贴"); /* words overlap as they like; their order counts */
    tsv_word(600, 404, 90, "ISO");
    tsv_word(670, 404, 90, "9001");
    tsv_row(900);
    tsv_word(900, 900, 0, "乱"); /* a speck */
    xz_buf_add_lit(&pages, "\n@end\n");
    page_end();
    assert_string_equal(read_pages(), "P 第三条 申请补贴ISO 9001\n"
                                      "N 第 1 页为扫描识别，平均可信度 84%，请对照原件核对\n");
    assert_int_equal(last_confidence, 84);
    assert_int_equal(last_page, 1);
    assert_in_range(last_box.left, 1810, 1818);
}

static void recognised_columns_are_a_table(void **unused)
{
    (void)unused;
    begin();
    xz_buf_add_lit(&pages, "@picture\n@ocr\n1\t1\t0\t0\t0\t0\t0\t0\t1654\t2339\t-1\t\n");
    for (int row = 0; row < 3; row++) {
        tsv_row(400 + row * 90);
        tsv_word(300, 400 + row * 90, 95, row ? "身份证" : "材料");
        tsv_word(800, 400 + row * 90, 85, row ? "一份" : "份数");
    }
    xz_buf_add_lit(&pages, "@end\n");
    assert_non_null(strstr(read_pages(), "R^* 材料|份数\nR 身份证|一份\nR 身份证|一份\nN "));
}

static void pages_that_nobody_could_read_are_named(void **unused)
{
    (void)unused;
    begin();
    xz_buf_add_lit(&pages, "@script\n@repaired\n");
    page_begin();
    full_line(INDENT, 300, "甲", 20);
    page_end();
    page_begin();
    xz_buf_add_lit(&pages, "@unread\n");
    page_end();
    read_pages();
    assert_true(shows("N 第 2 页没有文字") && shows("脚本") && shows("索引已损坏"));
}

static void a_picture_of_several_pages_has_them(void **unused)
{
    (void)unused;
    begin();
    xz_buf_add_lit(&pages, "@picture\n@ocr\n1\t1\t0\t0\t0\t0\t0\t0\t1654\t2339\t-1\t\n");
    tsv_row(400);
    tsv_word(300, 400, 95, "第一张");
    xz_buf_add_lit(&pages, "1\t2\t0\t0\t0\t0\t0\t0\t1654\t2339\t-1\t\n");
    tsv_row(400);
    tsv_word(300, 400, 95, "第二张");
    xz_buf_add_lit(&pages, "\n@end\n");
    assert_string_equal(read_pages(), "P 第一张\nP 第二张\n"
                                      "N 第 1、2 页为扫描识别，平均可信度 95%，请对照原件核对\n");
    assert_int_equal(last_page, 2);
}

static void nonsense_is_read_as_far_as_it_goes(void **unused)
{
    (void)unused;
    begin();
    xz_buf_add_lit(&pages,
                   "<word xMin=\"1\" yMin=\"1\" xMax=\"9\" yMax=\"9\">外</word>\n"
                   "<page width=\"nan\" height=\"1e99\">\n<word xMin=\"5\">缺</word>\n"
                   "<word xMin=\"-5\" yMin=\"inf\" xMax=\"1e38\" yMax=\"2\">歪</word>\n"
                   "<word xMin=\"0\" yMin=\"0\" xMax=\"40\" yMax=\"20\">&lt;&#25105;&amp;</word>\n"
                   "@ocr\n1\t1\n5\tx\n@end\n</page>\n</page>\n<page");
    read_pages();
    assert_false(shows("外") || shows("缺"));
    assert_true(shows("<我&"));
}

static void a_pdf_itself_is_not_read_here(void **unused)
{
    (void)unused;
    assert_int_equal(xz_doc_read(XZ_STR("%PDF-1.7\nx"), XZ_STR("a.pdf"), show_block, NULL, NULL),
                     XZ_E_INPUT);
}

static int set_up(void **state)
{
    xz_buf_init(&pages, 1 << 22);
    return show_set_up(state);
}

static int tear_down(void **state)
{
    xz_buf_fini(&pages);
    return show_tear_down(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_join_to_paragraphs_over_page_breaks),
        cmocka_unit_test(a_paragraph_knows_its_page_and_place),
        cmocka_unit_test(running_heads_and_page_numbers_are_dropped),
        cmocka_unit_test(the_head_of_an_official_paper_is_understood),
        cmocka_unit_test(columns_are_read_one_after_the_other),
        cmocka_unit_test(rows_that_line_up_are_a_table),
        cmocka_unit_test(a_table_goes_on_over_the_page_break),
        cmocka_unit_test(recognised_pages_say_how_well),
        cmocka_unit_test(recognised_columns_are_a_table),
        cmocka_unit_test(pages_that_nobody_could_read_are_named),
        cmocka_unit_test(a_picture_of_several_pages_has_them),
        cmocka_unit_test(nonsense_is_read_as_far_as_it_goes),
        cmocka_unit_test(a_pdf_itself_is_not_read_here),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
