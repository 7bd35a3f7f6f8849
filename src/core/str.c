/* Borrowed text: searching, trimming, copying, numbers and the hash that is stored on disk.
 * Characters, words and sentences are the business of text/. */
#include "core/core_internal.h"

#include <endian.h>
#include <math.h>
#include <stdarg.h>

#define NUMBER_CHARS_MAX 127

static bool is_decimal(xz_str rest);

size_t xz_str_find(xz_str text, xz_str needle)
{
    if (needle.len == 0)
        return 0;
    const char *hit = text.len ? memmem(text.ptr, text.len, needle.ptr, needle.len) : NULL;
    return hit ? (size_t)(hit - text.ptr) : XZ_STR_NPOS;
}

static unsigned char ascii_lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool xz_str_eq_nocase(xz_str a, xz_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (ascii_lower(a.ptr[i]) != ascii_lower(b.ptr[i]))
            return false;
    }
    return true;
}

int xz_str_compare(xz_str a, xz_str b)
{
    size_t both = XZ_MIN(a.len, b.len);
    int order = both ? memcmp(a.ptr, b.ptr, both) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

xz_str xz_str_trim(xz_str text)
{
    const xz_str wide = XZ_STR("\u3000");
    for (;;) {
        if (text.len && strchr(" \t\r\n\v\f", text.ptr[0]) && text.ptr[0])
            text = xz_str_sub(text, 1, text.len);
        else if (xz_str_starts(text, wide))
            text = xz_str_sub(text, wide.len, text.len);
        else
            break;
    }
    for (;;) {
        if (text.len && strchr(" \t\r\n\v\f", text.ptr[text.len - 1]) && text.ptr[text.len - 1])
            text.len--;
        else if (xz_str_ends(text, wide))
            text.len -= wide.len;
        else
            break;
    }
    return text;
}

xz_str xz_str_copy(struct xz_arena *arena, xz_str text)
{
    return (xz_str){ xz_str_cstr(arena, text), text.len };
}

char *xz_str_cstr(struct xz_arena *arena, xz_str text)
{
    XZ_ASSERT(text.len < SIZE_MAX / 4);
    char *copy = xz_arena_alloc(arena, text.len + 1); /* zeroed, so it ends with a NUL */
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    return copy;
}

xz_str xz_str_format(struct xz_arena *arena, const char *format, ...)
{
    char small[256];
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(small, sizeof(small), format, args);
    va_end(args);
    XZ_ASSERT(len >= 0);
    char *text = xz_arena_alloc(arena, (size_t)len + 1);
    if ((size_t)len < sizeof(small))
        memcpy(text, small, (size_t)len);
    else
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return (xz_str){ text, (size_t)len };
}

bool xz_str_to_int(xz_str text, int64_t *value)
{
    bool negative = text.len && text.ptr[0] == '-';
    int64_t sum = 0;

    if (text.len == (size_t)negative)
        return false;
    for (size_t i = negative; i < text.len; i++) {
        int digit = text.ptr[i] - '0';
        if (digit < 0 || digit > 9)
            return false;
        /* Summed below zero: INT64_MIN has no positive twin. */
        if (__builtin_mul_overflow(sum, 10, &sum) || __builtin_sub_overflow(sum, digit, &sum))
            return false;
    }
    if (!negative && sum == INT64_MIN)
        return false;
    *value = negative ? sum : -sum;
    return true;
}

bool xz_str_to_double(xz_str text, double *value)
{
    char digits[NUMBER_CHARS_MAX + 1];

    /* Checked first: strtod also takes "inf", "nan", hexadecimal and leading blanks. */
    if (text.len > NUMBER_CHARS_MAX || !is_decimal(text))
        return false;
    memcpy(digits, text.ptr, text.len);
    digits[text.len] = '\0';
    double number = strtod(digits, NULL);
    if (!isfinite(number))
        return false;
    *value = number;
    return true;
}

static size_t digit_run(xz_str text)
{
    size_t n = 0;
    while (n < text.len && text.ptr[n] >= '0' && text.ptr[n] <= '9')
        n++;
    return n;
}

/* Cuts a run of digits off `*rest`; false when there is none. */
static bool cut_digits(xz_str *rest)
{
    size_t n = digit_run(*rest);
    *rest = xz_str_sub(*rest, n, rest->len);
    return n > 0;
}

static bool cut_char(xz_str *rest, const char *any_of)
{
    bool hit = rest->len && rest->ptr[0] && strchr(any_of, rest->ptr[0]);
    *rest = xz_str_sub(*rest, hit, rest->len);
    return hit;
}

/* -? digits [. digits] [e [+-] digits], nothing after. */
static bool is_decimal(xz_str rest)
{
    cut_char(&rest, "-");
    if (!cut_digits(&rest))
        return false;
    if (cut_char(&rest, ".") && !cut_digits(&rest))
        return false;
    if (cut_char(&rest, "eE")) {
        cut_char(&rest, "+-");
        if (!cut_digits(&rest))
            return false;
    }
    return rest.len == 0;
}

/* 1 to 8 bytes as a little-endian number. Pieces that overlap instead of a copy of variable
 * length: a call to memcpy took most of the time of a short hash. */
static uint64_t load_little_endian(const char *ptr, size_t bytes)
{
    const unsigned char *p = (const unsigned char *)ptr;
    uint64_t word = 0;
    uint32_t low, high;

    if (bytes >= 8) {
        memcpy(&word, p, 8);
        return le64toh(word);
    }
    if (bytes >= 4) {
        memcpy(&low, p, 4);
        memcpy(&high, p + bytes - 4, 4);
        return le32toh(low) | (uint64_t)le32toh(high) << 8 * (bytes - 4);
    }
    return p[0] | (uint64_t)p[bytes / 2] << 8 * (bytes / 2) |
           (uint64_t)p[bytes - 1] << 8 * (bytes - 1);
}

static uint64_t rotate_left(uint64_t value, int bits)
{
    return value << bits | value >> (64 - bits);
}

/* Eight bytes a step as in MurmurHash3, its finaliser at the end; every step is a bijection of
 * the state, so no input can wipe out what came before it. Changing a constant changes stored
 * data: do not. */
uint64_t xz_str_hash(xz_str text)
{
    const uint64_t k1 = 0x87c37b91114253d5, k2 = 0x4cf5ad432745937f;
    uint64_t hash = 0xcbf29ce484222325 ^ (uint64_t)text.len;

    for (size_t at = 0; at < text.len; at += 8) {
        uint64_t word = load_little_endian(text.ptr + at, XZ_MIN(text.len - at, (size_t)8));
        hash ^= rotate_left(word * k1, 31) * k2;
        hash = rotate_left(hash, 27) * 5 + 0x52dce729;
    }
    hash ^= hash >> 33;
    hash *= 0xff51afd7ed558ccd;
    hash ^= hash >> 33;
    hash *= 0xc4ceb9fe1a85ec53;
    return hash ^ hash >> 33;
}

size_t core_utf8_length(const char *ptr, size_t len)
{
    const unsigned char *p = (const unsigned char *)ptr;

    if (len == 0)
        return 0;
    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xE0 && p[0] < 0xF0) { /* Chinese text: nearly always here */
        if (len < 3 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80)
            return 0;
        if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] >= 0xA0))
            return 0;
        return 3;
    }
    if (p[0] >= 0xC2 && p[0] < 0xE0)
        return len >= 2 && (p[1] & 0xC0) == 0x80 ? 2 : 0;
    if (p[0] < 0xF0 || p[0] > 0xF4 || len < 4)
        return 0;
    if ((p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80 || (p[3] & 0xC0) != 0x80)
        return 0;
    return (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] >= 0x90) ? 0 : 4;
}
