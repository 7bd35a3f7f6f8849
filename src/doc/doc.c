/* Reading a document: front of the file, format, decoder, reader, blocks; one piece in memory at a
 * time. Packages are opened as a whole instead. The formats are in their own files. */
#include "doc/doc_office_internal.h"

#include <errno.h>
#include <unistd.h>

#define PIECE_BYTES ((size_t)KIB(64))

const char *xz_doc_format_name(enum xz_doc_format format)
{
    static const char *const names[XZ_DOC_FORMAT_COUNT] = { "unknown", "markdown", "html", "text",
                                                            "csv",     "docx",     "xlsx", "pdf",
                                                            "zip",     "legacy" };
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

static xz_err read_failed(void)
{
    return xz_fail(XZ_E_IO, "读取文件失败：%s", strerror(errno));
}

/* Reads on from where the descriptor stands. */
static xz_err fd_read(int fd, char *bytes, size_t room, size_t *got)
{
    *got = 0;
    while (*got < room) {
        ssize_t n = read(fd, bytes + *got, room - *got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return read_failed();
        if (n == 0)
            break;
        *got += (size_t)n;
    }
    return XZ_OK;
}

xz_err doc_source_read(struct doc_source *source, int64_t at, void *bytes, size_t room, size_t *got)
{
    XZ_ASSERT(at >= 0);
    if (source->fd < 0) {
        xz_str rest = xz_str_sub(source->bytes, (size_t)at, room);
        if ((*got = rest.len) > 0)
            memcpy(bytes, rest.ptr, rest.len);
        return XZ_OK;
    }
    return lseek(source->fd, at, SEEK_SET) == at ? fd_read(source->fd, bytes, room, got)
                                                 : read_failed();
}

xz_err doc_source_bytes(struct doc_source *source, int64_t *bytes)
{
    *bytes = source->fd < 0 ? (int64_t)source->bytes.len : lseek(source->fd, 0, SEEK_END);
    return *bytes >= 0 ? XZ_OK : read_failed();
}

/* Fills `piece` as far as the source goes; a descriptor may be a pipe. */
static xz_err source_next(struct doc_source *source, int64_t at, char *piece, size_t *len)
{
    return source->fd < 0 ? doc_source_read(source, at, piece, PIECE_BYTES, len)
                          : fd_read(source->fd, piece, PIECE_BYTES, len);
}

static const struct doc_reader *reader_of(enum xz_doc_format format)
{
    static const struct doc_reader *const readers[XZ_DOC_FORMAT_COUNT] = {
        [XZ_DOC_MARKDOWN] = &doc_markdown_reader, [XZ_DOC_HTML] = &doc_html_reader,
        [XZ_DOC_TEXT] = &doc_text_reader,         [XZ_DOC_CSV] = &doc_csv_reader,
        [XZ_DOC_PDF] = &doc_pages_reader,
    };
    return readers[format];
}

/* What has no reader of its own here. */
static xz_err not_read(enum xz_doc_format format)
{
    switch (format) {
    case XZ_DOC_PDF:
        return xz_fail(XZ_E_INPUT, "这是 PDF 文件，不能直接读取；请另存为 .docx 或纯文本后再导入");
    case XZ_DOC_UNKNOWN:
        return xz_fail(XZ_E_INPUT, "文件缺少正文部分，不是完整的 Word 或 Excel 文件；请用 Office "
                                   "或 WPS 打开后另存，再导入");
    case XZ_DOC_ZIP:
        return xz_fail(XZ_E_STATE, "这是压缩文件（zip），其中的文件各自导入");
    default:
        return xz_fail(XZ_E_INPUT, "这是旧版 Office、演示文稿、OpenDocument、RTF 或 OFD 文件，"
                                   "不能直接读取；请另存为 .docx 或 .xlsx 后再导入");
    }
}

/* The front only guesses at what a package is; its directory of parts knows. */
static xz_err read_package(struct doc_source *source, xz_str name, struct doc_out *out,
                           struct xz_doc_info *info)
{
    struct doc_zip *zip;
    xz_err err = doc_zip_open(source, &zip);
    if (err != XZ_OK)
        return err;
    info->format = doc_opc_format(zip);
    if (info->format != XZ_DOC_UNKNOWN)
        err = doc_note_name(out, name, info->format);
    if (err != XZ_OK) {
        doc_zip_close(zip);
        return err;
    }
    if (info->format == XZ_DOC_DOCX)
        err = doc_docx_read(zip, out);
    else if (info->format == XZ_DOC_XLSX)
        err = doc_xlsx_read(zip, out);
    else
        err = not_read(info->format);
    doc_zip_close(zip);
    return err;
}

/* From the second piece on; `piece` holds the first, `len` bytes of it. */
static xz_err read_on(struct doc_source *source, struct xz_decoder *decoder,
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
        if ((err = source_next(source, info->bytes, piece, &len)) != XZ_OK)
            break;
    }
    xz_buf_fini(&utf8);
    return err;
}

static xz_err read_text(struct doc_source *source, struct doc_out *out, char *piece, size_t len,
                        struct xz_doc_info *info)
{
    const struct doc_reader *reader = reader_of(info->format);
    struct xz_decoder *decoder = xz_decoder_create(info->encoding);
    void *state = reader->create(out);
    xz_err err = read_on(source, decoder, reader, state, piece, len, info);
    reader->destroy(state);
    xz_decoder_destroy(decoder);
    return err;
}

static bool is_package(enum xz_doc_format format)
{
    return format == XZ_DOC_DOCX || format == XZ_DOC_XLSX || format == XZ_DOC_ZIP;
}

static xz_err read_source(struct doc_source *source, xz_str name, xz_block_fn each, void *arg,
                          struct xz_doc_info *info)
{
    struct xz_doc_info own;
    struct doc_out out = { each, arg, 0, 0 };
    char *piece = xz_alloc(PIECE_BYTES, 1);
    size_t len;
    info = info ? info : &own;
    *info = (struct xz_doc_info){ 0 };
    xz_err err = source_next(source, 0, piece, &len);
    if (err == XZ_OK)
        err = xz_doc_detect((xz_str){ piece, len }, len == PIECE_BYTES, name, &info->format,
                            &info->encoding);
    if (err == XZ_OK && info->format == XZ_DOC_LEGACY)
        err = doc_refuse_encrypted(source);
    if (err == XZ_OK && !is_package(info->format))
        err = doc_note_name(&out, name, info->format);
    if (err == XZ_OK) {
        if (is_package(info->format))
            err = read_package(source, name, &out, info);
        else if (reader_of(info->format) && info->encoding != XZ_ENC_UNKNOWN)
            err = read_text(source, &out, piece, len, info);
        else
            err = not_read(info->format);
    }
    info->blocks = out.blocks;
    xz_free(piece);
    return err;
}

xz_err xz_doc_read_fd(int fd, xz_str name, xz_block_fn each, void *arg, struct xz_doc_info *info)
{
    struct doc_source source = { fd, XZ_STR_NONE };
    XZ_ASSERT(fd >= 0);
    return read_source(&source, name, each, arg, info);
}

xz_err xz_doc_read(xz_str bytes, xz_str name, xz_block_fn each, void *arg, struct xz_doc_info *info)
{
    struct doc_source source = { -1, bytes };
    return read_source(&source, name, each, arg, info);
}

xz_err xz_doc_archive_fd(int fd, const struct xz_archive_sink *sink)
{
    struct doc_source source = { fd, XZ_STR_NONE };
    XZ_ASSERT(fd >= 0);
    return doc_archive_read(&source, sink);
}

xz_err xz_doc_archive(xz_str bytes, const struct xz_archive_sink *sink)
{
    struct doc_source source = { -1, bytes };
    return doc_archive_read(&source, sink);
}

xz_err doc_emit(struct doc_out *out, struct xz_block block)
{
    block.text = xz_str_trim(block.text);
    if (block.text.len == 0 && block.kind != XZ_BLOCK_ROW && block.kind != XZ_BLOCK_META)
        return XZ_OK;
    if (++out->blocks > XZ_DOC_BLOCKS_MAX)
        return xz_fail(XZ_E_LIMIT, "文件的段落超过 %d 个，请拆分后再导入", XZ_DOC_BLOCKS_MAX);
    out->bytes += (int64_t)block.text.len;
    for (size_t i = 0; i < block.cell_count; i++)
        out->bytes += (int64_t)block.cells[i].len;
    if (out->bytes > XZ_DOC_TEXT_BYTES_MAX)
        return xz_fail(XZ_E_LIMIT, "文件的文字超过 %lld MiB，请拆分后再导入",
                       (long long)(XZ_DOC_TEXT_BYTES_MAX / MIB(1)));
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
