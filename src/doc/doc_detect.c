/* What a file is, told from its front. A format that is not read gets a reason that says what it is
 * and what to do; the name only tips the balance between kinds of text. */
#include "doc/doc_internal.h"
#include "doc/doc_tool_internal.h"

#define LOOK_BYTES 16384

static xz_err refuse_binary(xz_str front)
{
    static const struct {
        xz_str magic;
        size_t at;
        const char *what; /* in Chinese, with advice */
    } rows[] = {
        { XZ_STR("\x89PNG"), 0, "图片（PNG），没有可读取的文字；请提供文字版" },
        { XZ_STR("\xFF\xD8\xFF"), 0, "图片（JPEG），没有可读取的文字；请提供文字版" },
        { XZ_STR("GIF8"), 0, "图片（GIF），没有可读取的文字；请提供文字版" },
        { { "II*\0", 4 }, 0, "图片（TIFF），没有可读取的文字；请提供文字版" },
        { { "MM\0*", 4 }, 0, "图片（TIFF），没有可读取的文字；请提供文字版" },
        { XZ_STR("WEBP"), 8, "图片（WebP），没有可读取的文字；请提供文字版" },
        { XZ_STR("\x1F\x8B"), 0, "压缩文件（gzip）；请先解压再导入其中的文件" },
        { XZ_STR("7z\xBC\xAF\x27\x1C"), 0, "压缩文件（7z）；请先解压再导入其中的文件" },
        { XZ_STR("Rar!"), 0, "压缩文件（RAR）；请先解压再导入其中的文件" },
        { XZ_STR("\xFD"
                 "7zXZ"),
          0, "压缩文件（xz）；请先解压再导入其中的文件" },
        { XZ_STR("BZh"), 0, "压缩文件（bzip2）；请先解压再导入其中的文件" },
        { XZ_STR("ustar"), 257, "打包文件（tar）；请先解开再导入其中的文件" },
        { XZ_STR("\x7F"
                 "ELF"),
          0, "可执行程序，不是文档" },
        { { "MZ\x90\0", 4 }, 0, "可执行程序，不是文档" },
        { XZ_STR("SQLite format 3"), 0, "数据库文件，不是文档" },
        { XZ_STR("ID3"), 0, "音频文件，不是文档" },
        { XZ_STR("ftyp"), 4, "视频文件，不是文档" },
        { XZ_STR("RIFF"), 0, "音频或视频文件，不是文档" },
        { XZ_STR("MIME-Version:"), 0, "网页存档（MHTML）或邮件，不能读取；请另存为 HTML 后再导入" },
    };
    for (size_t i = 0; i < XZ_COUNT(rows); i++)
        if (xz_str_starts(xz_str_sub(front, rows[i].at, front.len), rows[i].magic))
            return xz_fail(XZ_E_INPUT, "这是%s", rows[i].what);
    return XZ_OK;
}

/* An archive may hold documents that are stored as they are, so that the names of their parts stand
 * in its front too: the first name tells whose parts they are. */
static bool begins_as_package(xz_str front)
{
    static const char *const firsts[] = {
        "[Content_Types].xml", "_rels/",   "docProps/", "word/", "xl/", "ppt/",
        "customXml/",          "mimetype", "OFD.xml",   "Doc_"
    };
    xz_str name = xz_str_sub(front, 30, front.len); /* behind the fixed part of the header */
    for (size_t i = 0; i < XZ_COUNT(firsts); i++)
        if (xz_str_starts(name, xz_str_from(firsts[i])))
            return true;
    return false;
}

/* Formats that are no text, by magic. A zip is told apart by the names of its parts as far as the
 * front shows them; whoever opens the archive looks again. */
enum xz_doc_format doc_format_of_magic(xz_str front)
{
    static const struct {
        const char *part;
        enum xz_doc_format format;
    } parts[] = {
        { "mimetypeapplication/vnd.oasis.opendocument", XZ_DOC_LEGACY },
        { "OFD.xml", XZ_DOC_LEGACY },
        { "ppt/presentation.xml", XZ_DOC_LEGACY },
        { "word/document.xml", XZ_DOC_DOCX },
        { "xl/workbook.xml", XZ_DOC_XLSX },
    };
    static const xz_str cfb = { "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8 };
    if (xz_str_starts(front, XZ_STR(DOC_PAGES_MAGIC)))
        return XZ_DOC_PDF;
    if (xz_str_starts(front, XZ_STR("PK\x03\x04")) || xz_str_starts(front, XZ_STR("PK\x05\x06"))) {
        for (size_t i = 0; i < XZ_COUNT(parts) && begins_as_package(front); i++)
            if (xz_str_find(front, xz_str_from(parts[i].part)) != XZ_STR_NPOS)
                return parts[i].format;
        return XZ_DOC_ZIP;
    }
    if (xz_str_starts(front, cfb) || xz_str_starts(front, XZ_STR("{\\rtf")))
        return XZ_DOC_LEGACY;
    /* PDF readers take files with some bytes before the mark; so do those who write them. */
    return xz_str_find(xz_str_sub(front, 0, 1024), XZ_STR("%PDF-")) != XZ_STR_NPOS ? XZ_DOC_PDF
                                                                                   : XZ_DOC_UNKNOWN;
}

/* Office keeps a document with a password as one stream of this name in a compound file. */
static bool is_encrypted_office(xz_str front)
{
    static const char name[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";
    return xz_str_find(front, (xz_str){ name, sizeof(name) }) != XZ_STR_NPOS;
}

static xz_err has_password(void)
{
    return xz_fail(XZ_E_INPUT, "文件设有打开密码，不能读取；请在 Office 或 WPS 中取消密码、另存后"
                               "再导入");
}

/* The directory of a compound file is a chain of sectors that may stand anywhere; the header says
 * where it begins. Its first sector holds the names of the first streams. */
xz_err doc_refuse_encrypted(struct doc_source *source)
{
    unsigned char bytes[4096];
    size_t got;
    xz_err err = doc_source_read(source, 0, bytes, 512, &got);
    if (err != XZ_OK || got < 512 || bytes[0] != 0xD0)
        return err;
    uint32_t shift = bytes[30] == 12 ? 12 : 9;
    uint32_t sector = (uint32_t)bytes[48] | (uint32_t)bytes[49] << 8 | (uint32_t)bytes[50] << 16 |
                      (uint32_t)bytes[51] << 24;
    int64_t at = ((int64_t)sector + 1) << shift;
    if ((err = doc_source_read(source, at, bytes, sizeof(bytes), &got)) != XZ_OK)
        return err;
    return is_encrypted_office((xz_str){ (const char *)bytes, got }) ? has_password() : XZ_OK;
}

static bool name_ends(xz_str name, const char *const *ends, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        xz_str end = xz_str_from(ends[i]);
        if (name.len >= end.len &&
            xz_str_eq_nocase(xz_str_sub(name, name.len - end.len, end.len), end))
            return true;
    }
    return false;
}

static enum xz_doc_format format_of_name(xz_str name)
{
    static const char *const markdown[] = { ".md", ".markdown" };
    static const char *const html[] = { ".html", ".htm", ".xhtml", ".shtml" };
    static const char *const csv[] = { ".csv", ".tsv" };
    static const char *const text[] = { ".txt", ".text" };
    if (name_ends(name, markdown, XZ_COUNT(markdown)))
        return XZ_DOC_MARKDOWN;
    if (name_ends(name, html, XZ_COUNT(html)))
        return XZ_DOC_HTML;
    if (name_ends(name, csv, XZ_COUNT(csv)))
        return XZ_DOC_CSV;
    return name_ends(name, text, XZ_COUNT(text)) ? XZ_DOC_TEXT : XZ_DOC_UNKNOWN;
}

xz_err doc_note_name(struct doc_out *out, xz_str name, enum xz_doc_format format)
{
    static const char *const office[] = { ".doc", ".xls", ".ppt", ".wps", ".et",  ".dps",
                                          ".rtf", ".odt", ".ods", ".ofd", ".pptx" };
    static const char *const docx[] = { ".docx", ".docm", ".dotx" };
    static const char *const xlsx[] = { ".xlsx", ".xlsm", ".xltx" };
    static const char *const pdf[] = { ".pdf" }, *const zip[] = { ".zip" };
    static const struct {
        const char *const *ends;
        size_t count;
        enum xz_doc_format format;
    } rows[] = { { docx, XZ_COUNT(docx), XZ_DOC_DOCX },
                 { xlsx, XZ_COUNT(xlsx), XZ_DOC_XLSX },
                 { pdf, XZ_COUNT(pdf), XZ_DOC_PDF },
                 { zip, XZ_COUNT(zip), XZ_DOC_ZIP },
                 { office, XZ_COUNT(office), XZ_DOC_LEGACY } };
    static const char *const spoken[XZ_DOC_FORMAT_COUNT] = { "",
                                                             "Markdown 文本",
                                                             "网页（HTML）",
                                                             "纯文本",
                                                             "CSV 表格",
                                                             "Word 文档（docx）",
                                                             "Excel 表格",
                                                             "PDF",
                                                             "压缩包（zip）",
                                                             "旧版 Office 一类的文件" };
    enum xz_doc_format promised = format_of_name(name);
    char text[160];
    for (size_t i = 0; i < XZ_COUNT(rows); i++)
        if (name_ends(name, rows[i].ends, rows[i].count))
            promised = rows[i].format;
    bool plain = promised <= XZ_DOC_CSV && format <= XZ_DOC_CSV;
    if (promised == XZ_DOC_UNKNOWN || promised == format || plain)
        return XZ_OK;
    int len = snprintf(text, sizeof(text), "扩展名与内容不符：内容是%s，已按内容读取",
                       spoken[format]);
    return doc_emit_text(out, XZ_BLOCK_NOTE, 0, (xz_str){ text, (size_t)len }, 0);
}

static bool tag_at(xz_str text, const char *tag)
{
    xz_str want = xz_str_from(tag);
    return text.len > want.len && xz_str_eq_nocase(xz_str_sub(text, 0, want.len), want) &&
           (want.ptr[want.len - 1] == '!' || strchr(" \t\n>/", text.ptr[want.len]));
}

/* How many HTML elements there are, and whether the document begins as one. */
static size_t html_evidence(xz_str text, bool *begins)
{
    static const char *const roots[] = {
        "<!doctype", "<html", "<head", "<body", "<title", "<meta"
    };
    static const char *const common[] = { "<p",    "<div",  "<table", "<tr",  "<td",    "<br",
                                          "<span", "<h1",   "<h2",    "<h3",  "<ul",    "<li",
                                          "</p",   "</div", "<a",     "<img", "</span", "<strong" };
    size_t count = 0;
    xz_str front = xz_str_trim(text);
    *begins = false;
    if (xz_str_starts(front, XZ_STR("<?xml"))) {
        size_t end = xz_str_find(front, XZ_STR("?>"));
        front = end == XZ_STR_NPOS ? front : xz_str_trim(xz_str_sub(front, end + 2, front.len));
    }
    for (size_t i = 0; i < XZ_COUNT(roots); i++)
        *begins = *begins || tag_at(front, roots[i]);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '<')
            continue;
        xz_str rest = xz_str_sub(text, i, 16);
        for (size_t k = 0; k < XZ_COUNT(common); k++)
            count += tag_at(rest, common[k]);
    }
    return count;
}

/* Marks of Markdown: a head matter or headings weigh more than bold words. */
static size_t markdown_evidence(xz_str text)
{
    size_t score = 0;
    bool first = true;
    while (text.len > 0) {
        xz_str line = xz_str_cut(&text, '\n');
        if (first && xz_str_eq(xz_str_trim(line), XZ_STR("---")))
            score += 2;
        first = false;
        size_t hashes = 0;
        while (hashes < line.len && line.ptr[hashes] == '#')
            hashes++;
        score += hashes > 0 && hashes < 7 && hashes < line.len && line.ptr[hashes] == ' ' ? 2 : 0;
        score += xz_str_starts(line, XZ_STR("- ")) || xz_str_starts(line, XZ_STR("> ")) ||
                 xz_str_starts(line, XZ_STR("```"));
        score += xz_str_starts(line, XZ_STR("|")) && (xz_str_find(line, XZ_STR("|---")) == 0 ||
                                                      xz_str_find(line, XZ_STR("|:--")) == 0 ||
                                                      xz_str_find(line, XZ_STR("| ---")) == 0);
        size_t bold = xz_str_find(line, XZ_STR("**"));
        score += bold != XZ_STR_NPOS &&
                 xz_str_find(xz_str_sub(line, bold + 2, line.len), XZ_STR("**")) != XZ_STR_NPOS;
    }
    return score;
}

static enum xz_doc_format text_format(xz_str text, bool more, enum xz_doc_format hint)
{
    bool html_begins, table;
    size_t tags = html_evidence(text, &html_begins);
    size_t marks = markdown_evidence(text);
    doc_csv_separator(text, more, &table);
    if (html_begins || (hint == XZ_DOC_HTML && tags > 0))
        return XZ_DOC_HTML;
    if (hint == XZ_DOC_MARKDOWN)
        return XZ_DOC_MARKDOWN;
    if (hint == XZ_DOC_CSV)
        return marks >= 4 && !table ? XZ_DOC_MARKDOWN : XZ_DOC_CSV;
    if (tags >= 4 && xz_str_starts(xz_str_trim(text), XZ_STR("<")))
        return XZ_DOC_HTML;
    if (marks >= (hint == XZ_DOC_TEXT ? 4 : 2))
        return XZ_DOC_MARKDOWN;
    return table && hint == XZ_DOC_UNKNOWN ? XZ_DOC_CSV : XZ_DOC_TEXT;
}

/* What <meta charset> of an HTML page says; UNKNOWN when it says nothing we know. */
static xz_err charset_of_html(xz_str front, enum xz_encoding *encoding)
{
    static const struct {
        const char *name;
        enum xz_encoding encoding;
    } rows[] = { { "utf-8", XZ_ENC_UTF8 },      { "utf8", XZ_ENC_UTF8 },
                 { "gb2312", XZ_ENC_GB18030 },  { "gbk", XZ_ENC_GB18030 },
                 { "gb18030", XZ_ENC_GB18030 }, { "x-gbk", XZ_ENC_GB18030 } };
    size_t at = xz_str_find(front, XZ_STR("charset="));
    if (at == XZ_STR_NPOS || *encoding == XZ_ENC_UTF16LE || *encoding == XZ_ENC_UTF16BE)
        return XZ_OK;
    xz_str name = xz_str_sub(front, at + 8, 24);
    size_t len = 0;
    if (name.len > 0 && (name.ptr[0] == '"' || name.ptr[0] == '\''))
        name = xz_str_sub(name, 1, name.len);
    while (len < name.len && !strchr("\"'/> ;\t\n", name.ptr[len]))
        len++;
    name.len = len;
    if (xz_str_eq_nocase(name, XZ_STR("big5")) && *encoding != XZ_ENC_UTF8)
        return xz_fail(XZ_E_INPUT, "网页的编码是 Big5，不能读取；请转成 UTF-8 后再导入");
    for (size_t i = 0; i < XZ_COUNT(rows); i++)
        /* Valid UTF-8 stays UTF-8 whatever the page says: pages are converted without their tag. */
        if (xz_str_eq_nocase(name, xz_str_from(rows[i].name)) && *encoding == XZ_ENC_UNKNOWN)
            *encoding = rows[i].encoding;
    return XZ_OK;
}

xz_err xz_doc_detect(xz_str front, bool more, xz_str name, enum xz_doc_format *format,
                     enum xz_encoding *encoding)
{
    struct xz_buf utf8;
    xz_err err;
    *format = XZ_DOC_UNKNOWN;
    *encoding = XZ_ENC_UNKNOWN;
    if (front.len == 0)
        return xz_fail(XZ_E_INPUT, "文件是空的");
    *format = doc_format_of_magic(front);
    if (xz_str_starts(front, XZ_STR(DOC_PAGES_MAGIC)))
        *encoding = XZ_ENC_UTF8; /* what the tools made of a PDF; the PDF itself is not read here */
    if (*format == XZ_DOC_LEGACY && is_encrypted_office(front))
        return has_password();
    if (*format != XZ_DOC_UNKNOWN)
        return XZ_OK;
    if ((err = refuse_binary(front)) != XZ_OK)
        return err;
    *encoding = xz_encoding_detect(front, more);
    xz_str look = xz_str_sub(front, 0, LOOK_BYTES);
    if ((err = charset_of_html(look, encoding)) != XZ_OK)
        return err;
    if (*encoding == XZ_ENC_UNKNOWN)
        return xz_fail(XZ_E_INPUT,
                       "不是能识别的文件；支持 docx、xlsx、PDF、zip，以及 Markdown、HTML、"
                       "纯文本和 CSV（UTF-8、GB18030 或 UTF-16 编码）");
    xz_buf_init(&utf8, LOOK_BYTES * 4);
    struct xz_decoder *decoder = xz_decoder_create(*encoding);
    err = xz_decoder_feed(decoder, look, false, &utf8);
    xz_decoder_destroy(decoder);
    if (err == XZ_OK)
        *format = text_format(xz_buf_str(&utf8), more || front.len > LOOK_BYTES,
                              format_of_name(name));
    xz_buf_fini(&utf8);
    return err;
}
