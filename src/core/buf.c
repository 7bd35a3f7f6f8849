/* Growing byte buffer. Grows by doubling up to its maximum; what does not fit sets the error and
 * leaves the contents as they were, and everything after that is ignored. */
#include "core/buf.h"

#define FIRST_BYTES 256

void xz_buf_init(struct xz_buf *buf, size_t bytes_max)
{
    XZ_ASSERT(bytes_max < SIZE_MAX / 4);
    *buf = (struct xz_buf){ .bytes_max = bytes_max };
}

void xz_buf_fini(struct xz_buf *buf)
{
    xz_free(buf->ptr);
    *buf = (struct xz_buf){ .bytes_max = buf->bytes_max };
}

void xz_buf_clear(struct xz_buf *buf)
{
    buf->len = 0;
    buf->err = XZ_OK;
    if (buf->ptr)
        buf->ptr[0] = '\0';
}

/* Room for `bytes` more and the NUL, or the error. */
static bool make_room(struct xz_buf *buf, size_t bytes)
{
    if (buf->err != XZ_OK)
        return false;
    if (bytes > buf->bytes_max - buf->len) {
        buf->err = XZ_E_LIMIT;
        return false;
    }
    size_t need = buf->len + bytes + 1;
    if (need <= buf->room)
        return true;
    size_t room = XZ_MAX(buf->room * 2, XZ_MAX(need, (size_t)FIRST_BYTES));
    buf->room = XZ_MIN(room, buf->bytes_max + 1);
    buf->ptr = xz_realloc(buf->ptr, buf->room);
    buf->ptr[buf->len] = '\0';
    return true;
}

void xz_buf_add(struct xz_buf *buf, xz_str text)
{
    if (!make_room(buf, text.len) || text.len == 0)
        return;
    memcpy(buf->ptr + buf->len, text.ptr, text.len);
    buf->len += text.len;
    buf->ptr[buf->len] = '\0';
}

void xz_buf_add_char(struct xz_buf *buf, char c)
{
    if (!make_room(buf, 1))
        return;
    buf->ptr[buf->len++] = c;
    buf->ptr[buf->len] = '\0';
}

void xz_buf_add_int(struct xz_buf *buf, int64_t value)
{
    char digits[20]; /* INT64_MIN has 19 digits and a sign */
    size_t at = sizeof(digits);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        digits[--at] = '-';
    xz_buf_add(buf, (xz_str){ digits + at, sizeof(digits) - at });
}

void xz_buf_addf(struct xz_buf *buf, const char *format, ...)
{
    va_list args, again;

    if (!make_room(buf, 0))
        return;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(buf->ptr + buf->len, buf->room - buf->len, format, args);
    va_end(args);
    XZ_ASSERT(len >= 0);
    if ((size_t)len >= buf->room - buf->len) {
        buf->ptr[buf->len] = '\0';
        if (make_room(buf, (size_t)len))
            vsnprintf(buf->ptr + buf->len, (size_t)len + 1, format, again);
        else
            len = 0;
    }
    va_end(again);
    buf->len += (size_t)len;
}

char *xz_buf_reserve(struct xz_buf *buf, size_t bytes)
{
    return make_room(buf, bytes) ? buf->ptr + buf->len : NULL;
}

void xz_buf_commit(struct xz_buf *buf, size_t bytes)
{
    if (bytes == 0 && !buf->ptr)
        return;
    XZ_ASSERT(buf->len + bytes < buf->room);
    buf->len += bytes;
    buf->ptr[buf->len] = '\0';
}

void xz_buf_drop_front(struct xz_buf *buf, size_t bytes)
{
    XZ_ASSERT(bytes <= buf->len);
    if (bytes == 0)
        return;
    buf->len -= bytes;
    memmove(buf->ptr, buf->ptr + bytes, buf->len + 1);
}
