/* What a file is, whatever it is called; and the limits of reading. */
#include "doc_test.h"

#include <fcntl.h>
#include <unistd.h>

static enum xz_doc_format detect(const char *name, xz_str front)
{
    enum xz_doc_format format;
    enum xz_encoding encoding;
    xz_err err = xz_doc_detect(front, false, xz_str_from(name), &format, &encoding);
    return err == XZ_OK ? format : XZ_DOC_UNKNOWN;
}

static void content_decides_and_names_only_hint(void **unused)
{
    static const struct {
        const char *name, *text;
        enum xz_doc_format format;
    } rows[] = {
        { "a", "# 标题\n\n正文", XZ_DOC_MARKDOWN },
        { "a.txt", "---\n标题: 甲\n---\n# 标题\n", XZ_DOC_MARKDOWN },
        { "a.txt", "# 不一定\n正文", XZ_DOC_TEXT },
        { "a.md", "只有一行", XZ_DOC_MARKDOWN },
        { "a.md", "<!DOCTYPE html><html><p>x</p></html>", XZ_DOC_HTML },
        { "a.txt", "  <html><body>x", XZ_DOC_HTML },
        { "a", "<div><p>一</p><p>二</p></div>", XZ_DOC_HTML },
        { "a.html", "<p>一段", XZ_DOC_HTML },
        { "a.xml", "<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC>\n<html>", XZ_DOC_HTML },
        { "a.html", "没有标签", XZ_DOC_TEXT },
        { "a", "名称,份数,要求\n身份证,1,原件\n户口簿,1,原件\n", XZ_DOC_CSV },
        { "a.txt", "名称,份数,要求\n身份证,1,原件\n", XZ_DOC_TEXT },
        { "a.csv", "只有一列\n", XZ_DOC_CSV },
        { "a", "第一条 为了，规范。\n第二条 本法。\n", XZ_DOC_TEXT },
        { "", "a < b, c > d\n", XZ_DOC_TEXT },
    };
    (void)unused;
    for (size_t i = 0; i < XZ_COUNT(rows); i++)
        if (detect(rows[i].name, xz_str_from(rows[i].text)) != rows[i].format)
            fail_msg("row %zu is %s", i,
                     xz_doc_format_name(detect(rows[i].name, xz_str_from(rows[i].text))));
}

static void formats_not_read_say_what_they_are(void **unused)
{
    static const struct {
        xz_str front;
        const char *word;
    } rows[] = {
        { { "\x89PNG\r\n\x1A\n\0\0\0\rIHDR", 16 }, "PNG" },
        { { "\xFF\xD8\xFF\xE0\0\x10JFIF", 10 }, "JPEG" },
        { { "Rar!\x1A\x07\0", 7 }, "RAR" },
        { { "\x7F"
            "ELF\x02\x01",
            6 },
          "可执行" },
        { { "", 0 }, "空的" },
        { { "\x01\x02\x03\x80\x81\xFE\xFF\0\0\0", 10 }, "不是能识别的文件" },
        { { "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0"
            "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0",
            42 },
          "密码" },
        { { "<meta charset=big5>\xA4\xA4\xB0\xEA", 23 }, "Big5" },
    };
    (void)unused;
    for (size_t i = 0; i < XZ_COUNT(rows); i++) {
        enum xz_doc_format format;
        enum xz_encoding encoding;
        xz_fail_clear();
        assert_int_equal(xz_doc_detect(rows[i].front, false, XZ_STR("a.md"), &format, &encoding),
                         XZ_E_INPUT);
        if (!strstr(xz_fail_detail(), rows[i].word))
            fail_msg("%s is not in: %s", rows[i].word, xz_fail_detail());
    }
}

/* The fixed part of a local header. */
#define PK "PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static void formats_that_are_no_text_are_told_by_content(void **unused)
{
    static const struct {
        xz_str front;
        enum xz_doc_format format;
    } rows[] = {
        { { "%PDF-1.7\n", 9 }, XZ_DOC_PDF },
        { { "\r\n%PDF-1.4\n", 11 }, XZ_DOC_PDF },
        { { "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0", 10 }, XZ_DOC_LEGACY },
        { { "{\\rtf1\\ansi", 11 }, XZ_DOC_LEGACY },
        { XZ_STR(PK "ppt/presentation.xml"), XZ_DOC_LEGACY },
        { XZ_STR(PK "OFD.xml"), XZ_DOC_LEGACY },
        { XZ_STR(PK "mimetypeapplication/vnd.oasis.opendocument.text"), XZ_DOC_LEGACY },
        { XZ_STR(PK "word/document.xml"), XZ_DOC_DOCX },
        { XZ_STR(PK "[Content_Types].xml" PK "xl/workbook.xml"), XZ_DOC_XLSX },
        { XZ_STR(PK "a.txt"), XZ_DOC_ZIP },
        /* stored in an archive, not deflated: it stays an archive */
        { XZ_STR(PK "a.pptx" PK "ppt/presentation.xml"), XZ_DOC_ZIP },
        { XZ_STR(PK "a.pdf%PDF-1.7"), XZ_DOC_ZIP },
        { { "PK\x05\x06\0\0", 6 }, XZ_DOC_ZIP },
    };
    (void)unused;
    for (size_t i = 0; i < XZ_COUNT(rows); i++)
        assert_int_equal(detect("a.md", rows[i].front), rows[i].format);
}

static void plain_text_is_a_paragraph_a_line(void **unused)
{
    (void)unused;
    assert_blocks("a.txt", "标题\n\n　　第一条 甲\n（一）乙", "P 标题\nP 第一条 甲\nP （一）乙\n");
}

static void a_line_beyond_the_limit_is_refused(void **unused)
{
    static const char *const names[] = { "a.txt", "a.md", "a.html", "a.csv" };
    (void)unused;
    size_t len = XZ_DOC_LINE_BYTES_MAX + 70000;
    char *text = xz_alloc(len, 1);
    memset(text, 'a', len);
    memcpy(text, "<p>,", 4);
    for (size_t i = 0; i < XZ_COUNT(names); i++) {
        xz_fail_clear();
        xz_buf_clear(&shown);
        assert_int_equal(
            xz_doc_read((xz_str){ text, len }, xz_str_from(names[i]), show_block, NULL, NULL),
            XZ_E_LIMIT);
        assert_true(strlen(xz_fail_detail()) > 0);
    }
    xz_free(text);
}

static xz_err count_block(const struct xz_block *block, void *arg)
{
    (void)block;
    *(int64_t *)arg += 1;
    return XZ_OK;
}

static void more_blocks_than_the_limit_are_refused(void **unused)
{
    (void)unused;
    int64_t count = 0;
    size_t len = (size_t)(XZ_DOC_BLOCKS_MAX + 10) * 2;
    char *text = xz_alloc(len, 1);
    for (size_t i = 0; i < len; i += 2)
        memcpy(text + i, "a\n", 2);
    assert_int_equal(xz_doc_read((xz_str){ text, len }, XZ_STR("a.txt"), count_block, &count, NULL),
                     XZ_E_LIMIT);
    assert_int_equal(count, XZ_DOC_BLOCKS_MAX);
    xz_free(text);
}

static xz_err refuse_block(const struct xz_block *block, void *arg)
{
    (void)block;
    (void)arg;
    return XZ_E_BUSY;
}

static void the_callers_error_ends_the_reading(void **unused)
{
    (void)unused;
    assert_int_equal(xz_doc_read(XZ_STR("a\nb"), XZ_STR(""), refuse_block, NULL, NULL), XZ_E_BUSY);
}

static void a_descriptor_reads_like_memory(void **unused)
{
    (void)unused;
    struct xz_doc_info info;
    char path[] = "/tmp/xz-doc-XXXXXX";
    int fd = mkstemp(path);
    unlink(path);
    assert_int_equal(write(fd, "# 甲\n\n乙\n", 11), 11);
    lseek(fd, 0, SEEK_SET);
    xz_buf_clear(&shown);
    assert_int_equal(xz_doc_read_fd(fd, XZ_STR("a.md"), show_block, NULL, &info), XZ_OK);
    assert_string_equal(shown.ptr, "H1 甲\nP 乙\n");
    assert_int_equal(info.format, XZ_DOC_MARKDOWN);
    assert_int_equal(info.encoding, XZ_ENC_UTF8);
    assert_int_equal(info.blocks, 2);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_decides_and_names_only_hint),
        cmocka_unit_test(formats_not_read_say_what_they_are),
        cmocka_unit_test(formats_that_are_no_text_are_told_by_content),
        cmocka_unit_test(plain_text_is_a_paragraph_a_line),
        cmocka_unit_test(a_line_beyond_the_limit_is_refused),
        cmocka_unit_test(more_blocks_than_the_limit_are_refused),
        cmocka_unit_test(the_callers_error_ends_the_reading),
        cmocka_unit_test(a_descriptor_reads_like_memory),
    };
    return cmocka_run_group_tests(tests, show_set_up, show_tear_down);
}
