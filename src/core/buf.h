/* Growing byte buffer with a maximum. Its error sticks: append ten times and check once. */
#ifndef XZ_CORE_BUF_H
#define XZ_CORE_BUF_H

#include <stdarg.h>

#include "core/str.h"

struct xz_buf {
    char *ptr; /* NUL-terminated whenever not NULL */
    size_t len, room, bytes_max;
    xz_err err; /* XZ_E_LIMIT once an append did not fit; that append left nothing behind */
};

void xz_buf_init(struct xz_buf *buf, size_t bytes_max);
void xz_buf_fini(struct xz_buf *buf);
void xz_buf_clear(struct xz_buf *buf); /* keeps the memory, clears the error */

void xz_buf_add(struct xz_buf *buf, xz_str text);
void xz_buf_add_char(struct xz_buf *buf, char c);
void xz_buf_add_int(struct xz_buf *buf, int64_t value);
void xz_buf_addf(struct xz_buf *buf, const char *format, ...) XZ_PRINTF(2, 3);
#define xz_buf_add_lit(buf, lit) xz_buf_add((buf), XZ_STR(lit))

/* Makes room for `bytes` more and returns where to write them, or NULL (error set).
 * Commit what was written with xz_buf_commit. */
char *xz_buf_reserve(struct xz_buf *buf, size_t bytes);
void xz_buf_commit(struct xz_buf *buf, size_t bytes);
void xz_buf_drop_front(struct xz_buf *buf, size_t bytes);

static inline xz_str xz_buf_str(const struct xz_buf *buf)
{
    return buf->len ? (xz_str){ buf->ptr, buf->len } : XZ_STR_NONE;
}

#endif
