/* Borrowed UTF-8 text. Not NUL-terminated; whoever made it outlives it. Lengths are bytes. */
#ifndef XZ_CORE_STR_H
#define XZ_CORE_STR_H

#include <string.h>

#include "core/arena.h"

typedef struct xz_str {
    const char *ptr;
    size_t len; /* bytes, never characters */
} xz_str;

#define XZ_STR(lit) ((xz_str){ "" lit, sizeof(lit) - 1 })
#define XZ_STR_NONE ((xz_str){ "", 0 })
/* For printf: "%.*s", XZ_STR_ARG(s) */
#define XZ_STR_ARG(s) (int)(s).len, (s).ptr

static inline xz_str xz_str_from(const char *cstr) /* NULL gives the empty text */
{
    return cstr ? (xz_str){ cstr, strlen(cstr) } : XZ_STR_NONE;
}

static inline bool xz_str_eq(xz_str a, xz_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool xz_str_starts(xz_str text, xz_str head)
{
    return text.len >= head.len && memcmp(text.ptr, head.ptr, head.len) == 0;
}

static inline bool xz_str_ends(xz_str text, xz_str tail)
{
    return text.len >= tail.len && memcmp(text.ptr + text.len - tail.len, tail.ptr, tail.len) == 0;
}

static inline xz_str xz_str_sub(xz_str text, size_t from, size_t len) /* clipped to the text */
{
    from = XZ_MIN(from, text.len);
    return (xz_str){ text.ptr + from, XZ_MIN(len, text.len - from) };
}

/* Cuts the text before the first `sep` off `*rest` and returns it. */
static inline xz_str xz_str_cut(xz_str *rest, char sep)
{
    const char *hit = rest->len ? memchr(rest->ptr, sep, rest->len) : NULL;
    size_t head = hit ? (size_t)(hit - rest->ptr) : rest->len;
    xz_str piece = { rest->ptr, head };
    size_t eaten = head + (hit != NULL);
    *rest = (xz_str){ eaten ? rest->ptr + eaten : rest->ptr, rest->len - eaten };
    return piece;
}

#define XZ_STR_NPOS SIZE_MAX
size_t xz_str_find(xz_str text, xz_str needle); /* byte offset or XZ_STR_NPOS; empty needle: 0 */
bool xz_str_eq_nocase(xz_str a, xz_str b);      /* ASCII letters only */
int xz_str_compare(xz_str a, xz_str b);         /* bytewise, for sorting */
xz_str xz_str_trim(xz_str text);                /* ASCII blanks and U+3000 at both ends */

xz_str xz_str_copy(struct xz_arena *arena, xz_str text); /* copy is NUL-terminated beyond len */
char *xz_str_cstr(struct xz_arena *arena, xz_str text);
xz_str xz_str_format(struct xz_arena *arena, const char *format, ...) XZ_PRINTF(2, 3);

/* Whole text is an optional '-' and digits within int64_t; else false and *value untouched. */
bool xz_str_to_int(xz_str text, int64_t *value);
bool xz_str_to_double(xz_str text, double *value);

/* FNV-1a-like 64-bit hash with good mixing; stable across versions (it is stored on disk). */
uint64_t xz_str_hash(xz_str text);

#endif
