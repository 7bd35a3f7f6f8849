/* Taking documents apart: a file becomes a stream of blocks in reading order. Runs inside xz-parse;
 * nothing here trusts the file, and memory stays bounded however large it is. What blocks mean
 * (laws, guides, answers) is left to the caller. xz_text_init must have been called. */
#ifndef XZ_DOC_DOC_H
#define XZ_DOC_DOC_H

#include "text/text.h"

enum xz_doc_format {
    XZ_DOC_UNKNOWN,
    XZ_DOC_MARKDOWN,
    XZ_DOC_HTML,
    XZ_DOC_TEXT,
    XZ_DOC_CSV,
    XZ_DOC_DOCX,
    XZ_DOC_XLSX,
    XZ_DOC_PDF,
    XZ_DOC_ZIP,    /* an archive of files: its members are documents, it has no blocks itself */
    XZ_DOC_LEGACY, /* doc, xls, ppt, wps, et, rtf, pptx, odt, ofd: for an outside tool to convert */
    XZ_DOC_FORMAT_COUNT
};
const char *xz_doc_format_name(enum xz_doc_format format); /* "markdown", "html", "docx", … */

enum xz_block_kind {
    XZ_BLOCK_META = 1,  /* key, text: front matter; HTML title and meta elements */
    XZ_BLOCK_HEADING,   /* level 1 .. 6, text */
    XZ_BLOCK_PARAGRAPH, /* text; '\n' inside is a soft line break of the source */
    XZ_BLOCK_ITEM,      /* list item: level 1 .. 16, text; "1." of numbered lists is kept */
    XZ_BLOCK_ROW,       /* table row: cells, header for a head row */
    XZ_BLOCK_COMMENT,   /* text of an HTML comment */
    XZ_BLOCK_NOTE,      /* a remark in Chinese for the person who imports: a ragged row, … */
    XZ_BLOCK_KIND_COUNT
};
const char *xz_block_kind_name(enum xz_block_kind kind); /* "meta", "heading", … */

/* A place on a page in 1/10000 of its width and height; all 0: unknown. */
struct xz_box {
    int left, top, right, bottom;
};

/* Valid during the call only. Text is UTF-8 without inline markup, trimmed; never empty but for
 * META values and cells. */
struct xz_block {
    enum xz_block_kind kind;
    int level;
    bool header;      /* ROW: names of columns */
    bool table_start; /* ROW: the first of its table */
    xz_str key, text;
    const xz_str *cells; /* ROW */
    size_t cell_count;
    int64_t line; /* where it begins, from 1 (a sheet's row); 0 unknown */
    int page;     /* from 1; 0 unknown */
    struct xz_box box;
    int confidence; /* of text read from a picture, 1 .. 100; 0: not read from a picture */
};

#define XZ_DOC_BLOCK_BYTES_MAX ((size_t)MIB(1)) /* of one block; longer ones are refused */
#define XZ_DOC_LINE_BYTES_MAX  ((size_t)MIB(1))
#define XZ_DOC_BLOCKS_MAX      2000000
#define XZ_DOC_CELLS_MAX       1024
/* Of all blocks: merged cells and shared strings repeat what the file holds once. */
#define XZ_DOC_TEXT_BYTES_MAX MIB(1024)

struct xz_doc_info {
    enum xz_doc_format format;
    enum xz_encoding encoding;
    int64_t blocks, bytes;
};

/* Called for each block; anything but XZ_OK ends the reading with that error. */
typedef xz_err (*xz_block_fn)(const struct xz_block *block, void *arg);

/* Reads all of `fd`. The format is told from the content; `name` (a file name or path, may be
 * empty) only tips the balance, and is remarked on where it promises something else. `info` may be
 * NULL; its format is set as soon as it is known.
 *   XZ_E_INPUT  not a format we read, damaged, or hostile: the detail says what it is, what to do
 *   XZ_E_STATE  an archive (XZ_DOC_ZIP): read its members with xz_doc_archive_fd
 *   XZ_E_LIMIT  a line, block, row or the number of blocks is beyond the limits above
 *   XZ_E_IO     reading failed */
XZ_MUST_USE xz_err xz_doc_read_fd(int fd, xz_str name, xz_block_fn each, void *arg,
                                  struct xz_doc_info *info);
/* The same for bytes in memory. */
XZ_MUST_USE xz_err xz_doc_read(xz_str bytes, xz_str name, xz_block_fn each, void *arg,
                               struct xz_doc_info *info);

/* The files in an archive, one after the other, in order of their names (UTF-8, / between folders,
 * none of them . or ..). Folders are left out. All sizes are counted while inflating. */
struct xz_archive_sink {
    xz_err (*begin)(void *arg, xz_str name,
                    int64_t bytes); /* bytes: as stated, not to be trusted */
    xz_err (*piece)(void *arg, xz_str bytes);
    xz_err (*end)(void *arg);
    void *arg;
};
/* `fd` is a file, not a pipe. Every name is checked before the first member is given.
 *   XZ_E_INPUT  damaged, a password, a bomb, a name that leads out of it, two files of one name
 *   XZ_E_LIMIT  too many files, too much in all; else what the sink says */
XZ_MUST_USE xz_err xz_doc_archive_fd(int fd, const struct xz_archive_sink *sink);
XZ_MUST_USE xz_err xz_doc_archive(xz_str bytes, const struct xz_archive_sink *sink);

/* The format of a file by its front. What is no text is told by magic: a package may turn out to be
 * another kind of package once it is opened. XZ_E_INPUT with the reason when it is not one we read.
 * `more`: the bytes are only the front. */
XZ_MUST_USE xz_err xz_doc_detect(xz_str front, bool more, xz_str name, enum xz_doc_format *format,
                                 enum xz_encoding *encoding);

#endif
