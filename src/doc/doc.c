/* Reading a document: front of the file, format, decoder, reader, blocks; one piece in memory at a
 * time. The formats are in their own files. */
#include "doc/doc_internal.h"

#include <errno.h>
#include <unistd.h>

#define PIECE_BYTES ((size_t)KIB(64))

struct source {
    int fd; /* or -1: `bytes` */
    xz_str bytes;
};

const char *xz_doc_format_name(enum xz_doc_format format)
{
    static const char *const names[XZ_DOC_FORMAT_COUNT] = {
        "unknown", "markdown", "html", "text", "csv", "docx", "xlsx", "pdf", "zip", "legacy"
    };
    XZ_ASSERT((unsigned)format < XZ_DOC_FORMAT_COUNT);
    return names[format];
}

const char *xz_block_kind_name(enum xz_block_kind kind)
{
    static const char *const names[XZ_BLOCK_KIND_COUNT] = {
        [XZ_BLOCK_META] = "meta",
        [XZ_BLOCK_HEADING] = "heading",
        [XZ_BLOCK_PARAGRAPH] = "paragraph",
        [XZ_BLOCK_ITEM] = "item",
        [XZ_BLOCK_ROW] = "row",
        [XZ_BLOCK_COMMENT] = "comment",
        [XZ_BLOCK_NOTE] = "note",
    };
    XZ_ASSERT(kind > 0 && kind < XZ_BLOCK_KIND_COUNT);
    return names[kind];
}

/* Fills `piece` as far as the source goes. */
static xz_err source_read(struct source *source, char *piece, size_t *len)
{
    *len = 0;
    if (source->fd < 0) {
        *len = XZ_MIN(source->bytes.len, PIECE_BYTES);
        if (*len > 0)
            memcpy(piece, source->bytes.ptr, *len);
        source->bytes = xz_str_sub(source->bytes, *len, source->bytes.len);
        return XZ_OK;
    }
    while (*len < PIECE_BYTES) {
        ssize_t got = read(source->fd, piece + *len, PIECE_BYTES - *len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return xz_fail(XZ_E_IO, "读取文件失败：%s", strerror(errno));
        if (got == 0)
            break;
        *len += (size_t)got;
    }
    return XZ_OK;
}

static const struct doc_reader *reader_of(enum xz_doc_format format)
{
    static const struct doc_reader *const readers[XZ_DOC_FORMAT_COUNT] = {
        [XZ_DOC_MARKDOWN] = &doc_markdown_reader,
        [XZ_DOC_HTML] = &doc_html_reader,
        [XZ_DOC_TEXT] = &doc_text_reader,
        [XZ_DOC_CSV] = &doc_csv_reader,
    };
    return readers[format];
}

/* What has no reader of its own here. */
static xz_err not_read(enum xz_doc_format format)
{
    static const char *const reasons[XZ_DOC_FORMAT_COUNT] = {
        [XZ_DOC_DOCX] = "这是 Word 文档（.docx），当前版本尚不能读取；请另存为 HTML 后再导入",
        [XZ_DOC_XLSX] = "这是 Excel 表格（.xlsx），当前版本尚不能读取；请另存为 CSV 后再导入",
        [XZ_DOC_PDF] = "这是 PDF 文件，当前版本尚不能读取；请另存为 HTML 或纯文本后再导入",
        [XZ_DOC_ZIP] = "这是压缩文件（zip）；请先解压再导入其中的文件",
        [XZ_DOC_LEGACY] = "这是旧版 Office、RTF 或 OFD 一类的文件，不能直接读取；"
                          "请另存为 .docx 或 .xlsx 后再导入",
    };
    XZ_ASSERT(reasons[format]);
    return xz_fail(XZ_E_INPUT, "%s", reasons[format]);
}

/* From the second piece on; `piece` holds the first, `len` bytes of it. */
static xz_err read_on(struct source *source, struct xz_decoder *decoder,
                      const struct doc_reader *reader, void *state, char *piece, size_t len,
                      struct xz_doc_info *info)
{
    struct xz_buf utf8;
    xz_err err;
    xz_buf_init(&utf8, PIECE_BYTES * 4 + 64);
    for (;;) {
        bool last = len < PIECE_BYTES;
        info->bytes += (int64_t)len;
        xz_buf_clear(&utf8);
        if ((err = xz_decoder_feed(decoder, (xz_str){ piece, len }, last, &utf8)) != XZ_OK)
            break;
        if ((err = reader->feed(state, xz_buf_str(&utf8))) != XZ_OK)
            break;
        if (last) {
            err = reader->end(state);
            break;
        }
        if ((err = source_read(source, piece, &len)) != XZ_OK)
            break;
    }
    xz_buf_fini(&utf8);
    return err;
}

static xz_err read_source(struct source *source, xz_str name, xz_block_fn each, void *arg,
                          struct xz_doc_info *info)
{
    struct xz_doc_info own;
    struct doc_out out = { each, arg, 0 };
    char *piece = xz_alloc(PIECE_BYTES, 1);
    size_t len;
    info = info ? info : &own;
    *info = (struct xz_doc_info){ 0 };
    xz_err err = source_read(source, piece, &len);
    if (err == XZ_OK)
        err = xz_doc_detect((xz_str){ piece, len }, len == PIECE_BYTES, name, &info->format,
                            &info->encoding);
    if (err == XZ_OK && !reader_of(info->format)) {
        err = not_read(info->format);
    } else if (err == XZ_OK) {
        const struct doc_reader *reader = reader_of(info->format);
        struct xz_decoder *decoder = xz_decoder_create(info->encoding);
        void *state = reader->create(&out);
        err = read_on(source, decoder, reader, state, piece, len, info);
        reader->destroy(state);
        xz_decoder_destroy(decoder);
    }
    info->blocks = out.blocks;
    xz_free(piece);
    return err;
}

xz_err xz_doc_read_fd(int fd, xz_str name, xz_block_fn each, void *arg, struct xz_doc_info *info)
{
    struct source source = { fd, XZ_STR_NONE };
    XZ_ASSERT(fd >= 0);
    return read_source(&source, name, each, arg, info);
}

xz_err xz_doc_read(xz_str bytes, xz_str name, xz_block_fn each, void *arg, struct xz_doc_info *info)
{
    struct source source = { -1, bytes };
    return read_source(&source, name, each, arg, info);
}

xz_err doc_emit(struct doc_out *out, struct xz_block block)
{
    block.text = xz_str_trim(block.text);
    if (block.text.len == 0 && block.kind != XZ_BLOCK_ROW && block.kind != XZ_BLOCK_META)
        return XZ_OK;
    if (++out->blocks > XZ_DOC_BLOCKS_MAX)
        return xz_fail(XZ_E_LIMIT, "文件的段落超过 %d 个，请拆分后再导入", XZ_DOC_BLOCKS_MAX);
    return out->each(&block, out->arg);
}

xz_err doc_emit_text(struct doc_out *out, enum xz_block_kind kind, int level, xz_str text,
                     int64_t line)
{
    return doc_emit(out,
                    (struct xz_block){ .kind = kind, .level = level, .text = text, .line = line });
}

xz_err doc_append(struct xz_buf *text, xz_str more, int64_t line)
{
    xz_buf_add(text, more);
    if (text->err == XZ_OK)
        return XZ_OK;
    return xz_fail(XZ_E_LIMIT, "第 %lld 行起的一段超过 %zu KiB，不像是正文，请检查文件",
                   (long long)line, text->bytes_max / 1024);
}
