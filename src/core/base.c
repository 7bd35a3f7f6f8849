/* Errors, assertions and the allocator. The words of a failure live per thread here; who shows
 * them to a person, and in which language besides Chinese, is the edge's business. */
#define XZ_BANNED_OK
#include "core/base.h"

#include <stdarg.h>

#define DETAIL_BYTES 512

static _Thread_local char fail_detail[DETAIL_BYTES];

static void cut_at_character(char *text, size_t len);

const char *xz_err_name(xz_err err)
{
    static const char *const names[XZ_ERR_COUNT] = {
        [XZ_OK] = "ok",           [XZ_E_INPUT] = "input",
        [XZ_E_DENIED] = "denied", [XZ_E_MISSING] = "missing",
        [XZ_E_STATE] = "state",   [XZ_E_LIMIT] = "limit",
        [XZ_E_BUSY] = "busy",     [XZ_E_IO] = "io",
    };
    XZ_ASSERT((unsigned)err < XZ_ERR_COUNT);
    return names[err];
}

xz_err xz_fail(xz_err err, const char *format, ...)
{
    /* Built aside: the old detail is often an argument of the new one. */
    char text[DETAIL_BYTES];
    va_list args;

    XZ_ASSERT(err != XZ_OK && (unsigned)err < XZ_ERR_COUNT);
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    XZ_ASSERT(len >= 0);
    if ((size_t)len >= sizeof(text))
        cut_at_character(text, sizeof(text) - 1);
    memcpy(fail_detail, text, sizeof(text));
    return err;
}

/* A cut in the middle of a character would make the reply that carries it invalid UTF-8. */
static void cut_at_character(char *text, size_t len)
{
    size_t head = len;
    while (head > 0 && len - head < 3 && ((unsigned char)text[head - 1] & 0xC0) == 0x80)
        head--;
    if (head == 0)
        return;
    unsigned char lead = (unsigned char)text[head - 1];
    size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (len - head + 1 < want)
        text[head - 1] = '\0';
}

const char *xz_fail_detail(void)
{
    return fail_detail;
}

void xz_fail_clear(void)
{
    fail_detail[0] = '\0';
}

void xz_assert_failed(const char *expr, const char *file, int line)
{
    fprintf(stderr, "event=assert file=%s line=%d expr=\"%s\"\n", file, line, expr);
    abort();
}

static XZ_NORETURN void out_of_memory(size_t bytes)
{
    fprintf(stderr, "event=out_of_memory bytes=%zu\n", bytes);
    abort();
}

void *xz_alloc(size_t count, size_t bytes)
{
    if (count == 0 || bytes == 0)
        count = bytes = 1;
    void *ptr = calloc(count, bytes);
    if (!ptr)
        out_of_memory(bytes > SIZE_MAX / count ? SIZE_MAX : count * bytes);
    return ptr;
}

void *xz_realloc(void *ptr, size_t bytes)
{
    void *grown = realloc(ptr, bytes ? bytes : 1);
    if (!grown)
        out_of_memory(bytes);
    return grown;
}

char *xz_strdup(const char *text)
{
    size_t bytes = strlen(text) + 1;
    return memcpy(xz_realloc(NULL, bytes), text, bytes);
}

void xz_free(void *ptr)
{
    free(ptr);
}
