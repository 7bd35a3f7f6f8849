/* Word documents: what a reader sees becomes blocks, and nothing else does. */
#include "doc_test.h"
#include "office_zip.h"

#define W_NS                "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
#define T(text)             "<w:r><w:t>" text "</w:t></w:r>"
#define P(text)             "<w:p>" T(text) "</w:p>"
#define STYLED(style, text) "<w:p><w:pPr><w:pStyle w:val='" style "'/></w:pPr>" T(text) "</w:p>"
#define NUMBERED(list, level, text)                                                                \
    "<w:p><w:pPr><w:numPr><w:ilvl w:val='" level "'/><w:numId w:val='" list                        \
    "'/></w:numPr></w:pPr>" T(text) "</w:p>"
#define CELL(text)                "<w:tc>" P(text) "</w:tc>"
#define CELL_OF(properties, text) "<w:tc><w:tcPr>" properties "</w:tcPr>" P(text) "</w:tc>"

static const char styles[] =
    "<w:styles xmlns:w='" W_NS "'><w:docDefaults><w:rPrDefault><w:rPr><w:sz w:val='32'/></w:rPr>"
    "</w:rPrDefault></w:docDefaults>"
    "<w:style w:type='paragraph' w:default='1' w:styleId='a'><w:name w:val='Normal'/></w:style>"
    "<w:style w:type='paragraph' w:styleId='1'><w:name w:val='heading 1'/></w:style>"
    "<w:style w:type='paragraph' w:styleId='2'><w:name w:val='标题 2'/></w:style>"
    "<w:style w:type='paragraph' w:styleId='own'><w:name w:val='我的标题'/>"
    "<w:basedOn w:val='1'/></w:style>"
    "<w:style w:type='paragraph' w:styleId='out'><w:name w:val='三级'/>"
    "<w:pPr><w:outlineLvl w:val='2'/></w:pPr></w:style>"
    "<w:style w:type='paragraph' w:styleId='loop'><w:name w:val='x'/><w:basedOn w:val='loop'/>"
    "</w:style>"
    "<w:style w:type='paragraph' w:styleId='art'><w:name w:val='条'/><w:pPr><w:numPr>"
    "<w:numId w:val='1'/></w:numPr></w:pPr></w:style>"
    "<w:style w:type='paragraph' w:styleId='toc'><w:name w:val='toc 1'/></w:style>"
    "<w:style w:type='paragraph' w:styleId='T'><w:name w:val='Title'/></w:style></w:styles>";

#define LEVEL(level, format, text, more)                                                           \
    "<w:lvl w:ilvl='" level "'><w:start w:val='1'/><w:numFmt w:val='" format                       \
    "'/><w:lvlText w:val='" text "'/>" more "</w:lvl>"
static const char numbering[] =
    "<w:numbering xmlns:w='" W_NS "'><w:abstractNum w:abstractNumId='7'>" LEVEL(
        "0", "chineseCountingThousand", "第%1条", "<w:pStyle w:val='art'/>")
        LEVEL("1", "chineseCounting", "（%2）", "") LEVEL("2", "decimal", "%3.", "") LEVEL(
            "3", "decimal", "%1.%4",
            "<w:isLgl/>") "</w:abstractNum><w:abstractNum w:abstractNumId='8'>" LEVEL("0", "bullet",
                                                                                      "•", "")
            LEVEL("1", "decimalEnclosedCircle", "%2", "") LEVEL(
                "2", "upperRoman", "%3)",
                "") "</w:abstractNum>"
                    "<w:num w:numId='1'><w:abstractNumId w:val='7'/></w:num>"
                    "<w:num w:numId='2'><w:abstractNumId w:val='8'/></w:num>"
                    "<w:num w:numId='3'><w:abstractNumId w:val='7'/><w:lvlOverride w:ilvl='0'>"
                    "<w:startOverride w:val='21'/></w:lvlOverride></w:num></w:numbering>";

static const char footnotes[] =
    "<w:footnotes xmlns:w='" W_NS "'><w:footnote w:id='0' w:type='separator'><w:p>" T(
        "线") "</w:p></w:footnote><w:footnote w:id='5'>" P("见附件。") "</w:footnote></"
                                                                       "w:footnotes>";

static struct xz_buf archive;

static xz_str made(const char *namespace, const char *body)
{
    static const char package[] = "<Relationships><Relationship Type='" OFFICE_RELATION
                                  "officeDocument' Target='/word/document.xml'/></Relationships>";
    static const char related[] =
        "<Relationships><Relationship Type='x/styles' Target='styles.xml'/>"
        "<Relationship Type='x/numbering' Target='./n.xml'/>"
        "<Relationship Type='x/footnotes' Target='../word/f.xml'/>"
        "</Relationships>";
    struct xz_buf text;
    xz_buf_init(&text, 1 << 20);
    xz_buf_addf(&text,
                "<?xml version='1.0' encoding='UTF-8'?><w:document xmlns:w='%s' "
                "xmlns:mc='mc'><w:body>%s</w:body></w:document>",
                namespace, body);
    const struct office_part parts[] = {
        OFFICE_TYPES,
        { "_rels/.rels", xz_str_from(package) },
        { "word/document.xml", xz_buf_str(&text) },
        { "word/_rels/document.xml.rels", xz_str_from(related) },
        { "word/styles.xml", xz_str_from(styles) },
        { "word/n.xml", xz_str_from(numbering) },
        { "word/f.xml", xz_str_from(footnotes) },
    };
    xz_buf_clear(&archive);
    office_zip(&archive, parts, XZ_COUNT(parts));
    xz_buf_fini(&text);
    return xz_buf_str(&archive);
}

#define assert_body(body, expected) assert_string_equal(show("a.docx", made(W_NS, body)), expected)

static int set_up(void **state)
{
    xz_buf_init(&archive, 1 << 22);
    return show_set_up(state);
}

static int tear_down(void **state)
{
    xz_buf_fini(&archive);
    return show_tear_down(state);
}

static void headings_are_known_by_name_outline_and_descent(void **unused)
{
    (void)unused;
    assert_body(STYLED("1", "一级") STYLED("2", "二级") STYLED("out", "三级") STYLED(
                    "own", "也是一级") STYLED("loop", "正文")
                    STYLED("none", "也是正文") "<w:p><w:pPr><w:outlineLvl w:val='3'/></w:pPr>" T(
                        "四级") "</w:p>",
                "H1 一级\nH2 二级\nH3 三级\nH1 也是一级\nP 正文\nP 也是正文\nH4 四级\n");
    /* Below a title headings are one level deeper; lines of contents are left out. */
    assert_body(STYLED("T", "题目") STYLED("toc", "目录项 3") STYLED("1", "第一章") P("文"),
                "H1 题目\nH2 第一章\nP 文\n");
}

static void a_paper_has_its_title_in_large_letters(void **unused)
{
#define BIG(text)                                                                                  \
    "<w:p><w:pPr><w:jc w:val='center'/></w:pPr><w:r><w:rPr><w:sz w:val='44'/></w:rPr><w:t>" text   \
    "</w:t></w:r></w:p>"
    (void)unused;
    assert_body(BIG("某某市文件") P("某政发〔2024〕1号") BIG("关于某事") BIG("的通知") P("各区：")
                    BIG("落款"),
                "P 某某市文件\nP 某政发〔2024〕1号\nH1 关于某事的通知\nP 各区：\nP 落款\n");
}

static void numbers_are_written_out(void **unused)
{
    (void)unused;
    assert_body(STYLED("art", "甲") NUMBERED("1", "1", "项") NUMBERED("1", "1", "项")
                    NUMBERED("1", "2", "目") STYLED("art", "乙") NUMBERED("1", "1", "项")
                        NUMBERED("1", "3", "法"),
                "I1 第一条 甲\nI2 （一）项\nI2 （二）项\nI3 1. 目\nI1 第二条 乙\nI2 （一）项\n"
                "I4 2.1 法\n");
    assert_body(NUMBERED("3", "0", "甲") NUMBERED("3", "0", "乙") NUMBERED("2", "0", "点")
                    NUMBERED("2", "1", "圈") NUMBERED("2", "2", "罗") NUMBERED("99", "0", "无")
                        NUMBERED("0", "0", "去"),
                "I1 第二十一条 甲\nI1 第二十二条 乙\nI1 点\nI2 ① 圈\nI3 I) 罗\nP 无\nP 去\n");
}

static void tables_are_rows_with_their_merged_cells_filled(void **unused)
{
#define GRID3 "<w:tbl><w:tblGrid><w:gridCol/><w:gridCol/><w:gridCol/></w:tblGrid>"
    (void)unused;
    assert_body(
        GRID3 "<w:tr><w:trPr><w:tblHeader/></w:trPr>" CELL("甲") CELL("乙") CELL(
            "丙") "</w:tr>"
                  "<w:tr>" CELL_OF("<w:vMerge w:val='restart'/>", "跨行") CELL_OF(
                      "<w:gridSpan w:val='2'/>",
                      "跨列") "</w:tr>"
                              "<w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc>" CELL("二")
                                  CELL("三") "</w:tr><w:tr>" CELL_OF("<w:gridSpan w:val='3'/>",
                                                                     "整行") "</w:tr></w:tbl>",
        "R^* 甲|乙|丙\nR 跨行|跨列|跨列\nR 跨行|二|三\nR 整行||\n");
    /* One column is a frame; a table in a cell is text of that cell. */
    assert_body("<w:tbl><w:tblGrid><w:gridCol/></w:tblGrid><w:tr>" CELL(
                    "框里") "</w:tr></w:tbl>" GRID3 "<w:tr><w:tc>" P("外") GRID3 "<w:tr>" CELL("一")
                    CELL("二") "</w:tr></w:tbl></w:tc>" CELL("b") CELL("c") "</w:tr></w:tbl>",
                "P 框里\nR^ 外\\n一 \\n二|b|c\n");
}

static void changes_are_taken_and_hidden_text_is_not_read(void **unused)
{
    (void)unused;
    assert_body("<w:p>" T("收") "<w:del><w:r><w:delText>旧</w:delText></w:r></w:del><w:ins>" T("新") "</w:ins><w:moveFrom>" T("移走") "</w:moveFrom><w:moveTo>" T(
                    "移来") "</w:moveTo></w:p>"
                            "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>" T("前半") "</w:p>" P(
                                "后半") "<w:tbl><w:tblGrid><w:gridCol/><w:gridCol/></"
                                        "w:tblGrid><w:tr><w:trPr><w:del/>"
                                        "</w:trPr>" CELL("删") CELL("删") "</w:tr><w:tr>" CELL("留")
                                            CELL("留") "</w:tr></w:tbl><w:p><w:r><w:rPr><w:vanish/"
                                                       "></w:rPr><w:t>藏</w:t></w:r>" T(
                                                           "见") "</w:p>",
                "P 收新移来\nP 前半后半\nR^ 留|留\nP 见\n"
                "N 文档留有修订痕迹：插入1处，已按采用处理；删除4处，已去掉；请确认是定稿\n"
                "N 文档里有1处隐藏文字，未导入\n");
}

static void fields_notes_boxes_and_symbols(void **unused)
{
#define MARK(type) "<w:r><w:fldChar w:fldCharType='" type "'/></w:r>"
    (void)unused;
    assert_body("<w:p>" T("第")
                    MARK("begin") "<w:r><w:instrText>PAGE </w:instrText>"
                                  "<w:t>码</w:t></w:r>" MARK("separate") T("3") MARK("end")
                                      T("页") "</w:p>"
                                              "<w:p>" MARK("begin")
                                                  T("没有完") "</w:p>" P("不受影响"),
                "P 第3页\nP 不受影响\n");
    assert_body("<w:p>" T("见") "<w:r><w:footnoteReference w:id='5'/></w:r></w:p>",
                "P 见\nP （注：见附件。）\n");
    assert_body(
        "<w:p>" T("外") "<w:r><mc:AlternateContent><mc:Choice><w:txbxContent>" P(
            "框") "</w:txbxContent></mc:Choice><mc:Fallback><w:pict><w:txbxContent>" P("框") "</"
                                                                                             "w:"
                                                                                             "txbxC"
                                                                                             "onten"
                                                                                             "t></"
                                                                                             "w:"
                                                                                             "pict>"
                                                                                             "</"
                                                                                             "mc:"
                                                                                             "Fallb"
                                                                                             "ack><"
                                                                                             "/mc:"
                                                                                             "Alter"
                                                                                             "nateC"
                                                                                             "onten"
                                                                                             "t></"
                                                                                             "w:r><"
                                                                                             "/w:"
                                                                                             "p>",
        "P 框\nP 外\n");
    assert_body("<w:p><w:r><w:sym w:font='Wingdings' w:char='F0FE'/><w:t>是</w:t><w:tab/>"
                "<w:sym w:char='f0a3'/><w:t>否</w:t><w:br/><w:t>下</w:t><w:noBreakHyphen/>"
                "<w:t>行</w:t></w:r></w:p>",
                "P ☑是 □否\\n下-行\n");
    assert_body(
        "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>" P(
            "单击此处") "</"
                        "w:sdtContent></"
                        "w:sdt><w:sdt><"
                        "w:"
                        "sdtContent>" P("真文") "</w:sdtContent></w:sdt><w:p><w:r><w:ruby><w:rt>" T(
                            "pin") "</"
                                   "w:"
                                   "rt><"
                                   "w:"
                                   "ruby"
                                   "Base"
                                   ">" T("拼") "</w:rubyBase></w:ruby></w:r></w:p>",
        "P 真文\nP 拼\n");
}

static void strict_documents_and_other_prefixes_are_read_alike(void **unused)
{
    (void)unused;
    assert_string_equal(show("a.docx", made("http://purl.oclc.org/ooxml/wordprocessingml/main",
                                            STYLED("1", "题") P("文 &amp; &#x9FEB;"))),
                        "H1 题\nP 文 & 鿫\n");
}

static void what_is_no_document_is_refused(void **unused)
{
    static const struct {
        const char *body;
        xz_err err;
        const char *word;
    } rows[] = {
        { "", XZ_E_INPUT, "没有文字" },
        { "<w:p><w:r><w:drawing/></w:r></w:p>", XZ_E_INPUT, "只有图片" },
        { "<w:p><w:r><w:t>甲", XZ_E_INPUT, "XML" },
        { "<w:p>&foo;</w:p>", XZ_E_INPUT, "XML" },
    };
    (void)unused;
    for (size_t i = 0; i < XZ_COUNT(rows); i++) {
        xz_fail_clear();
        xz_buf_clear(&shown);
        assert_int_equal(
            xz_doc_read(made(W_NS, rows[i].body), XZ_STR("a.docx"), show_block, NULL, NULL),
            rows[i].err);
        assert_non_null(strstr(xz_fail_detail(), rows[i].word));
    }
}

static void a_name_that_promises_another_format_is_remarked_on(void **unused)
{
    (void)unused;
    assert_string_equal(show("a.xls", made(W_NS, P("文"))),
                        "N 扩展名与内容不符：内容是Word 文档（docx），已按内容读取\nP 文\n");
    assert_string_equal(show("a", made(W_NS, P("文"))), "P 文\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headings_are_known_by_name_outline_and_descent),
        cmocka_unit_test(a_paper_has_its_title_in_large_letters),
        cmocka_unit_test(numbers_are_written_out),
        cmocka_unit_test(tables_are_rows_with_their_merged_cells_filled),
        cmocka_unit_test(changes_are_taken_and_hidden_text_is_not_read),
        cmocka_unit_test(fields_notes_boxes_and_symbols),
        cmocka_unit_test(strict_documents_and_other_prefixes_are_read_alike),
        cmocka_unit_test(what_is_no_document_is_refused),
        cmocka_unit_test(a_name_that_promises_another_format_is_remarked_on),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
