/* Between the halves of the docx reader: doc_docx_styles.c and doc_docx_numbers.c know what a
 * paragraph's style and number mean, doc_docx.c walks the text. */
#ifndef XZ_DOC_DOCX_INTERNAL_H
#define XZ_DOC_DOCX_INTERNAL_H

#include "doc/doc_office_internal.h"

#define DOCX_LEVELS 9
#define DOCX_UNSET  (-1)

/* What a paragraph is given by its style, and by those that style is based on. */
struct docx_style {
    xz_str id, based_on;
    int64_t outline; /* 0 .. 8, 9: body text; DOCX_UNSET */
    int64_t number, number_level;
    int64_t size;         /* half points */
    int centered;         /* 1, 0, DOCX_UNSET */
    bool title, contents; /* contents: a line of the table of contents */
    bool resolved;
};

struct docx_styles {
    struct docx_style *rows; /* by id */
    size_t count;
    struct docx_style normal; /* of paragraphs that name no style */
};

/* `part` may be NULL: no styles. */
XZ_MUST_USE xz_err docx_styles_read(struct doc_zip *zip, const struct doc_part *part,
                                    struct xz_arena *arena, struct docx_styles *styles);
const struct docx_style *docx_style_find(const struct docx_styles *styles, xz_str id);

struct docx_numbers;
/* `part` may be NULL: nothing is numbered. Lives in the arena. */
XZ_MUST_USE xz_err docx_numbers_read(struct doc_zip *zip, const struct doc_part *part,
                                     struct xz_arena *arena, const struct docx_styles *styles,
                                     struct docx_numbers **numbers);
/* Counts one paragraph and appends what stands before it: 第三条, （一）, 1.2; nothing for a
 * bullet. False when there is no such list. */
bool docx_number_next(struct docx_numbers *numbers, int64_t number, int64_t level, xz_str style,
                      struct xz_buf *label);

/* Footnotes or endnotes, by their ids. `part` may be NULL: none. XZ_E_LIMIT  too much of them */
struct docx_note {
    int64_t id;
    xz_str text;
};
struct docx_notes {
    struct docx_note *rows;
    size_t count;
};
XZ_MUST_USE xz_err docx_notes_read(struct doc_zip *zip, const struct doc_part *part,
                                   struct xz_arena *arena, struct docx_notes *notes);
xz_str docx_note_text(const struct docx_notes *notes, int64_t id); /* "": there is none */

#endif
