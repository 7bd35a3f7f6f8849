/* Workbooks: each cell says what its reader sees. */
#include "doc_test.h"
#include "office_zip.h"

#define TEXT(place, text)           "<c r='" place "' t='inlineStr'><is><t>" text "</t></is></c>"
#define NUMBER(place, style, value) "<c r='" place "' s='" style "'><v>" value "</v></c>"
#define ROW(n, cells)               "<row r='" n "'>" cells "</row>"

static const char strings[] =
    "<sst><si><t>串</t></si><si><r><t>富</t></r><r><t>文</t></r><rPh><t>zhuyin</t></rPh></si>"
    "<si><t>一_x000D_\n二_x005F_三_x</t></si></sst>";
static const char formats[] =
    "<styleSheet><numFmts><numFmt numFmtId='164' formatCode='yyyy&quot;年&quot;m&quot;月&quot;'/>"
    "<numFmt numFmtId='165' formatCode='000000'/><numFmt numFmtId='166' formatCode='[h]:mm'/>"
    "<numFmt numFmtId='167' formatCode='[Red]\\d0.00_d'/>"
    "<numFmt numFmtId='168' formatCode='m/d h:mm;@'/></numFmts>"
    "<cellStyleXfs><xf numFmtId='14'/></cellStyleXfs><cellXfs><xf numFmtId='0'/>"
    "<xf numFmtId='14'/><xf numFmtId='164'/><xf numFmtId='165'/><xf numFmtId='10'/>"
    "<xf numFmtId='166'/><xf numFmtId='167'/><xf numFmtId='168'/><xf numFmtId='21'/>"
    "<xf numFmtId='31'/></cellXfs></styleSheet>";

static struct xz_buf archive;

static xz_str made(const char *workbook, const char *rows, const char *after)
{
    static const char package[] = "<Relationships><Relationship Type='" OFFICE_RELATION
                                  "officeDocument' Target='xl/workbook.xml'/></Relationships>";
    static const char related[] =
        "<Relationships><Relationship Id='r1' Type='x/worksheet' Target='s.xml'/>"
        "<Relationship Id='r2' Type='x/chartsheet' Target='s.xml'/>"
        "<Relationship Id='r3' Type='x/styles' Target='styles.xml'/>"
        "<Relationship Id='r4' Type='x/sharedStrings' Target='strings.xml'/></Relationships>";
    struct xz_buf sheet, book;
    xz_buf_init(&sheet, 1 << 20);
    xz_buf_init(&book, 1 << 16);
    xz_buf_addf(&sheet,
                "<worksheet><cols><col min='5' max='5' hidden='1'/></cols><sheetData>%s"
                "</sheetData>%s</worksheet>",
                rows, after);
    xz_buf_addf(&book, "<workbook>%s</workbook>", workbook);
    const struct office_part parts[] = {
        OFFICE_TYPES,
        { "_rels/.rels", xz_str_from(package) },
        { "xl/workbook.xml", xz_buf_str(&book) },
        { "xl/_rels/workbook.xml.rels", xz_str_from(related) },
        { "xl/styles.xml", xz_str_from(formats) },
        { "xl/strings.xml", xz_str_from(strings) },
        { "xl/s.xml", xz_buf_str(&sheet) },
    };
    xz_buf_clear(&archive);
    office_zip(&archive, parts, XZ_COUNT(parts));
    xz_buf_fini(&sheet);
    xz_buf_fini(&book);
    return xz_buf_str(&archive);
}

#define ONE_SHEET "<sheets><sheet name='表' id='r1'/></sheets>"
#define assert_rows(rows, after, expected)                                                         \
    assert_string_equal(show("a.xlsx", made(ONE_SHEET, rows, after)), "H2 表\n" expected)

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

static void texts_stand_where_they_are(void **unused)
{
    (void)unused;
    assert_rows(
        ROW("1", TEXT("A1", "甲") TEXT("C1", "丙")) ROW(
            "3",
            "<c t='s'><v>0</v></c><c t='s'><v>1</v></c><c t='s'><v>2</v></c>"
            "<c t='s'><v>99</v></c>") "<row><c t='str'><f>A1</f><v>算出</v></c><c "
                                      "t='b'><v>1</v></c>"
                                      "<c t='b'><v>0</v></c><c t='d'><v>2024-03-01</v></c></row>",
        "", "R^ 甲||丙\nR 串|富文|一\\n二_三_x\nR 算出|是|否|2024-03-01\n");
}

static void numbers_look_as_they_do_on_the_sheet(void **unused)
{
    (void)unused;
    assert_rows(ROW("1", NUMBER("A1", "0", "0.30000000000000004") NUMBER("B1", "0", "1E3")
                             NUMBER("C1", "0", "12345678901234567") NUMBER("D1", "0", "-0.00001"))
                    ROW("2", NUMBER("A2", "1", "45352") NUMBER("B2", "2", "45352")
                                 NUMBER("C2", "7", "45352.604166666664") NUMBER("D2", "8", "0.5"))
                        ROW("3", NUMBER("A3", "3", "990") NUMBER("B3", "4", "0.155")
                                     NUMBER("C3", "5", "1.25") NUMBER("D3", "6", "1.5"))
                            ROW("4", NUMBER("A4", "1", "1") NUMBER("B4", "1", "59")
                                         NUMBER("C4", "1", "61") NUMBER("D4", "1", "-5"))
                                ROW("5", NUMBER("A5", "9", "2958465") NUMBER("B5", "1", "9999999")
                                             NUMBER("C5", "77", "3") NUMBER("D5", "0", "nan")),
                "",
                "R^ 0.3|1000|12345678901234568|-0.00001\n"
                "R 2024-03-01|2024-03-01|2024-03-01 14:30|12:00\n"
                "R 000990|15.5%|30:00|1.5\n"
                "R 1900-01-01|1900-02-28|1900-03-01|-5\n"
                "R 9999-12-31|9999999|3|nan\n");
    assert_string_equal(show("a.xlsx", made("<workbookPr date1904='1'/>" ONE_SHEET,
                                            ROW("1", NUMBER("A1", "1", "43890")), "")),
                        "H2 表\nR^ 2024-03-01\n");
}

static void merged_cells_are_filled(void **unused)
{
    (void)unused;
    assert_rows(ROW("1", TEXT("A1", "总题")) ROW("2", TEXT("A2", "甲") TEXT("B2", "乙"))
                    ROW("3", TEXT("C3", "三")) ROW("4", TEXT("C4", "四")),
                "<mergeCells><mergeCell ref='A1:C1'/><mergeCell ref='A2:A4'/>"
                "<mergeCell ref='B2:C2'/><mergeCell ref='B3:B4'/><mergeCell ref='Z9:A1'/>"
                "<mergeCell ref='A1'/><mergeCell ref=''/></mergeCells>",
                "R^ 总题\nR 甲|乙|乙\nR 甲||三\nR 甲||四\n");
}

static void hidden_and_broken_cells_are_told(void **unused)
{
    (void)unused;
    assert_string_equal(
        show("a.xlsx",
             made("<sheets><sheet name='藏' id='r1' state='veryHidden'/>"
                  "<sheet name='图' id='r2'/><sheet name='表' id='r1'/></sheets>",
                  ROW("1",
                      TEXT("D1", "丁") TEXT("E1", "藏列") TEXT(
                          "F1",
                          "己")) "<row r='2' hidden='1'>" TEXT("A2",
                                                               "藏行") "</row>"
                                                                       "<row r='3'><c r='A3' "
                                                                       "t='e'><v>#N/A</v></c><c "
                                                                       "r='B3'><f>1</f></c>"
                                                                       "</row>",
                  "")),
        "N 工作表“藏”是隐藏的，未导入\nH2 表\nR^ |||丁|己\n"
        "N 工作表“表”有1行是隐藏的，未导入\nN 工作表“表”有1格在隐藏的列里，未导入\n"
        "N 工作表“表”有1格公式出错（如 #N/A），按空白处理\n"
        "N 工作表“表”有1格公式没有保存结果，按空白处理；请用 Excel 或 WPS 打开并保存后重新导入\n");
}

static void too_wide_and_empty_sheets_are_refused(void **unused)
{
    static const struct {
        const char *rows;
        xz_err err;
        const char *word;
    } rows[] = {
        { ROW("1", TEXT("AMK1", "过宽")), XZ_E_LIMIT, "列" },
        { ROW("1", "<c r='A1'/>"), XZ_E_INPUT, "没有内容" },
        { "<row r='1'><c r='A1'><v>1</c>", XZ_E_INPUT, "XML" },
    };
    (void)unused;
    for (size_t i = 0; i < XZ_COUNT(rows); i++) {
        xz_fail_clear();
        xz_buf_clear(&shown);
        assert_int_equal(xz_doc_read(made(ONE_SHEET, rows[i].rows, ""), XZ_STR("a.xlsx"),
                                     show_block, NULL, NULL),
                         rows[i].err);
        assert_non_null(strstr(xz_fail_detail(), rows[i].word));
    }
    /* The last column that is read, with nothing but styles beyond it. */
    const char *wide = show("a.xlsx",
                            made(ONE_SHEET, ROW("1", TEXT("AMJ1", "末") "<c r='XFD1'/>"), ""));
    assert_non_null(strstr(wide, "|末\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_stand_where_they_are),
        cmocka_unit_test(numbers_look_as_they_do_on_the_sheet),
        cmocka_unit_test(merged_cells_are_filled),
        cmocka_unit_test(hidden_and_broken_cells_are_told),
        cmocka_unit_test(too_wide_and_empty_sheets_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
