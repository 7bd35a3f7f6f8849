/* Errors, assertions and the allocator: what every other file stands on. */
#ifndef XZ_CORE_BASE_H
#define XZ_CORE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A package names the commit as well: it passes -DXZ_VERSION. */
#ifndef XZ_VERSION
#define XZ_VERSION "0.1.0"
#endif

#define XZ_MUST_USE          __attribute__((warn_unused_result))
#define XZ_NORETURN          __attribute__((noreturn))
#define XZ_NEVER_NULL        __attribute__((returns_nonnull))
#define XZ_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define XZ_COUNT(array)      (sizeof(array) / sizeof((array)[0]))
#define KIB(n)               ((int64_t)(n)*1024)
#define MIB(n)               ((int64_t)(n)*1024 * 1024)
#define XZ_MIN(a, b)         ((a) < (b) ? (a) : (b))
#define XZ_MAX(a, b)         ((a) > (b) ? (a) : (b))

/* The world failed. Seven kinds are enough, because a caller can only react in so many ways. */
typedef enum xz_err {
    XZ_OK = 0,
    XZ_E_INPUT,   /* the input is wrong; sending it again will not help   -> HTTP 400 */
    XZ_E_DENIED,  /* this actor may not                                   -> HTTP 403 */
    XZ_E_MISSING, /* no such thing, or not for this actor to know of      -> HTTP 404 */
    XZ_E_STATE,   /* not in this state, or someone was first              -> HTTP 409 */
    XZ_E_LIMIT,   /* a limit was reached (size, count, rate)              -> HTTP 413/429 */
    XZ_E_BUSY,    /* not now: overloaded, draining or out of time         -> HTTP 503 */
    XZ_E_IO,      /* disk, process or peer failed                         -> HTTP 500 */
} xz_err;
#define XZ_ERR_COUNT (XZ_E_IO + 1)

/* The stable lower-case name of an error kind ("input", "denied", ...). */
const char *xz_err_name(xz_err err);

/* Records the words for a human (Chinese: what is wrong and what to do) where the failure is
 * understood, and returns `err`, so that `return xz_fail(XZ_E_STATE, "…")` reads well. Kept per
 * thread until the next xz_fail or xz_fail_clear; at most 511 bytes. The writer thread of store/
 * carries it over to the caller. The edge logs it once. */
xz_err xz_fail(xz_err err, const char *format, ...) XZ_PRINTF(2, 3);
const char *xz_fail_detail(void); /* "" when there is none; valid until the next xz_fail */
void xz_fail_clear(void);

/* We failed: a broken invariant ends the process, in release builds too. */
XZ_NORETURN void xz_assert_failed(const char *expr, const char *file, int line);
#define XZ_ASSERT(expr) ((expr) ? (void)0 : xz_assert_failed(#expr, __FILE__, __LINE__))

/* Zeroed memory; out of memory ends the process. xz_free takes NULL. */
void *xz_alloc(size_t count, size_t bytes) XZ_NEVER_NULL __attribute__((malloc));
void *xz_realloc(void *ptr, size_t bytes) XZ_NEVER_NULL; /* new bytes are not zeroed */
char *xz_strdup(const char *text) XZ_NEVER_NULL;
void xz_free(void *ptr);
#define XZ_ALLOC(type, n) ((type *)xz_alloc((n), sizeof(type)))

/* Sets and checks the tag of objects that travel as void pointers. */
#define XZ_TAG_CHECK(obj, value) XZ_ASSERT((obj) && (obj)->tag == (value))

#include "core/banned.h"
#endif
