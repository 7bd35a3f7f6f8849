/* Between the halves of the xlsx reader: doc_xlsx_cells.c knows shared strings and what a number is
 * shown as, doc_xlsx.c walks the sheets. */
#ifndef XZ_DOC_XLSX_INTERNAL_H
#define XZ_DOC_XLSX_INTERNAL_H

#include "doc/doc_office_internal.h"

/* All shared strings of a workbook, end to end. A workbook of 50 MB has some 200 MB of them at
 * most; the jail has 512. */
#define XLSX_STRINGS_BYTES_MAX MIB(288)
#define XLSX_STRINGS_MAX       12000000

struct xlsx_strings {
    char *text;
    uint32_t *ends;
    size_t len, room, count, ends_room;
};
/* `part` may be NULL: none. XZ_E_LIMIT more than the above. */
XZ_MUST_USE xz_err xlsx_strings_read(struct doc_zip *zip, const struct doc_part *part,
                                     struct xlsx_strings *strings);
void xlsx_strings_free(struct xlsx_strings *strings);
bool xlsx_string_get(const struct xlsx_strings *strings, int64_t index, xz_str *text);
/* Text of a cell as it is meant: _x000D_ is a line end, other such codes are their characters. */
void xlsx_text_add(struct xz_buf *out, xz_str text);

enum xlsx_look {
    XLSX_PLAIN,
    XLSX_DATE,
    XLSX_TIME,
    XLSX_DATE_TIME,
    XLSX_ELAPSED,
    XLSX_PERCENT,
    XLSX_PADDED /* 000000: codes that begin with zeros */
};
struct xlsx_format {
    enum xlsx_look look;
    int digits; /* of XLSX_PADDED */
};
struct xlsx_formats {
    struct xlsx_format *rows; /* by the cell's s attribute */
    size_t count;
};
XZ_MUST_USE xz_err xlsx_formats_read(struct doc_zip *zip, const struct doc_part *part,
                                     struct xz_arena *arena, struct xlsx_formats *formats);
struct xlsx_format xlsx_format_of(xz_str code);
/* Appends the number as a person sees it, without the noise of binary fractions. */
void xlsx_number_add(struct xz_buf *out, xz_str value, struct xlsx_format format, bool since_1904);

#endif
