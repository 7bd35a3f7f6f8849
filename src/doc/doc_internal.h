/* Shared by the readers. A reader is fed decoded UTF-8 in pieces and gives blocks to `doc_out`. */
#ifndef XZ_DOC_INTERNAL_H
#define XZ_DOC_INTERNAL_H

#include "doc/doc.h"

/* Where blocks go: checks the limits, then calls the caller. */
struct doc_out {
    xz_block_fn each;
    void *arg;
    int64_t blocks, bytes;
};

/* A document at rest: a file that can be read at any place, or bytes. */
struct doc_source {
    int fd; /* or -1: `bytes` */
    xz_str bytes;
};
/* Reads up to `room` bytes at a place; *got is less only at the end. XZ_E_IO. */
XZ_MUST_USE xz_err doc_source_read(struct doc_source *source, int64_t at, void *bytes, size_t room,
                                   size_t *got);
XZ_MUST_USE xz_err doc_source_bytes(struct doc_source *source, int64_t *bytes);

/* doc_detect.c: an old container whose directory says that its content has a password. XZ_E_INPUT
 */
XZ_MUST_USE xz_err doc_refuse_encrypted(struct doc_source *source);
/* A remark when the name promises another format than the content has. */
XZ_MUST_USE xz_err doc_note_name(struct doc_out *out, xz_str name, enum xz_doc_format format);
/* doc_archive.c */
XZ_MUST_USE xz_err doc_archive_read(struct doc_source *source, const struct xz_archive_sink *sink);

/* Text blocks that are blank are dropped here, text is trimmed here. */
XZ_MUST_USE xz_err doc_emit(struct doc_out *out, struct xz_block block);
XZ_MUST_USE xz_err doc_emit_text(struct doc_out *out, enum xz_block_kind kind, int level,
                                 xz_str text, int64_t line);
/* Appends to a block's text; XZ_E_LIMIT with the reason when it grows too long. */
XZ_MUST_USE xz_err doc_append(struct xz_buf *text, xz_str more, int64_t line);

struct doc_reader {
    void *(*create)(struct doc_out *out);
    xz_err (*feed)(void *state, xz_str utf8); /* the first piece is long enough to look ahead in */
    xz_err (*end)(void *state);
    void (*destroy)(void *state);
};
extern const struct doc_reader doc_markdown_reader, doc_html_reader, doc_text_reader,
    doc_csv_reader, doc_pages_reader;

/* doc_detect.c: the format by its magic; UNKNOWN for text and for what is refused. */
enum xz_doc_format doc_format_of_magic(xz_str front);

/* Pieces to lines. */
struct doc_lines {
    struct xz_buf partial;
    int64_t line; /* number of the last line given */
    xz_err (*each)(xz_str line, void *arg);
    void *arg;
};
void doc_lines_init(struct doc_lines *lines, xz_err (*each)(xz_str line, void *arg), void *arg);
void doc_lines_fini(struct doc_lines *lines);
XZ_MUST_USE xz_err doc_lines_feed(struct doc_lines *lines, xz_str utf8);
XZ_MUST_USE xz_err doc_lines_end(struct doc_lines *lines);

/* doc_entities.c: the character an entity at the front of `text` ("&lt;…") stands for and how many
 * bytes it takes; 0 when it is none. */
size_t doc_entity_read(xz_str text, uint32_t *code);

/* doc_inline.c: Markdown inline markup to plain text, appended to `out`. */
void doc_inline_plain(xz_str text, struct xz_buf *out);

/* doc_csv.c: whether the front looks like a table of this separator; rows of one width. */
char doc_csv_separator(xz_str front, bool more, bool *convincing);

/* Cells of a row under construction: texts one after the other in one buffer. */
struct doc_cells {
    struct xz_buf text;
    size_t ends[XZ_DOC_CELLS_MAX]; /* end of each cell in `text` */
    size_t count;
};
void doc_cells_init(struct doc_cells *cells);
void doc_cells_fini(struct doc_cells *cells);
void doc_cells_clear(struct doc_cells *cells);
/* Ends the cell whose text is what was added to cells->text since the last one. */
XZ_MUST_USE xz_err doc_cells_close(struct doc_cells *cells, int64_t line);
/* Gives the row with trimmed cells. */
XZ_MUST_USE xz_err doc_cells_emit(struct doc_cells *cells, struct doc_out *out, bool header,
                                  bool table_start, int64_t line);

#endif
