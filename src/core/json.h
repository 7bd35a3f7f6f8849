/* JSON: strict reading (json-c behind it, UTF-8 validated, bounded depth) and a streaming writer.
 * No json-c type is seen outside core/json.c. */
#ifndef XZ_CORE_JSON_H
#define XZ_CORE_JSON_H

#include "core/buf.h"

/* A value in a parsed document. Borrowed from its document; NULL stands for "absent" and every
 * reader below takes it. */
struct xz_json;
struct xz_json_doc;

/* Parses one whole document (no trailing bytes but blanks) of RFC 8259, at most 64 levels deep. Of
 * equal keys the last counts; a lone surrogate escape becomes U+FFFD.
 *   XZ_E_INPUT  not JSON, not UTF-8, too deep, a number beyond int64_t or double, NUL in a key;
 *               *doc is NULL, the detail names the byte */
XZ_MUST_USE xz_err xz_json_parse(xz_str text, struct xz_json_doc **doc);
void xz_json_destroy(struct xz_json_doc *doc); /* NULL is fine */
const struct xz_json *xz_json_root(const struct xz_json_doc *doc);

enum xz_json_kind {
    XZ_JSON_ABSENT,
    XZ_JSON_NULL,
    XZ_JSON_BOOL,
    XZ_JSON_INT,
    XZ_JSON_DOUBLE,
    XZ_JSON_STRING,
    XZ_JSON_ARRAY,
    XZ_JSON_OBJECT
};
enum xz_json_kind xz_json_kind(const struct xz_json *value);
const struct xz_json *xz_json_get(const struct xz_json *object, const char *key);
size_t xz_json_count(const struct xz_json *array); /* 0 when not an array */
const struct xz_json *xz_json_at(const struct xz_json *array, size_t index);
/* Readers with a fallback for absent or other-typed values. Text is borrowed. */
xz_str xz_json_str(const struct xz_json *value, xz_str fallback);
int64_t xz_json_int(const struct xz_json *value, int64_t fallback);
double xz_json_double(const struct xz_json *value, double fallback);
bool xz_json_bool(const struct xz_json *value, bool fallback);
/* Calls `each` for every member in document order. */
void xz_json_each(const struct xz_json *object,
                  void (*each)(xz_str key, const struct xz_json *value, void *arg), void *arg);

/* Writer. Commas are its business; unbalanced begin/end is asserted. Text that is not UTF-8 is
 * written with U+FFFD in place of the bad bytes. The error is the buffer's. */
struct xz_json_writer {
    struct xz_buf *buf;
    uint64_t has_member; /* one bit per open level */
    int depth;
};
void xz_jw_init(struct xz_json_writer *w, struct xz_buf *buf);
void xz_jw_begin_object(struct xz_json_writer *w);
void xz_jw_end_object(struct xz_json_writer *w);
void xz_jw_begin_array(struct xz_json_writer *w);
void xz_jw_end_array(struct xz_json_writer *w);
void xz_jw_key(struct xz_json_writer *w, const char *key);
void xz_jw_str(struct xz_json_writer *w, xz_str value);
void xz_jw_int(struct xz_json_writer *w, int64_t value);
void xz_jw_double(struct xz_json_writer *w, double value); /* not finite: null */
void xz_jw_bool(struct xz_json_writer *w, bool value);
void xz_jw_null(struct xz_json_writer *w);
void xz_jw_raw(struct xz_json_writer *w, xz_str json); /* already encoded, as one value */
/* key + value in one line */
void xz_jw_member_str(struct xz_json_writer *w, const char *key, xz_str value);
void xz_jw_member_int(struct xz_json_writer *w, const char *key, int64_t value);
void xz_jw_member_double(struct xz_json_writer *w, const char *key, double value);
void xz_jw_member_bool(struct xz_json_writer *w, const char *key, bool value);

#endif
