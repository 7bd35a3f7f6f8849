/* UTF-8 code points and the one question asked of them everywhere: is it a Han character. What
 * characters mean to matching is in fold.c, other encodings are in encoding.c. */
#include "text/text.h"

#define REPLACEMENT 0xFFFDu

static inline bool is_tail(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* Bytes of the sequence that starts with `lead`; 0 for a byte that cannot start one. */
static inline size_t sequence_len(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2)
        return 0;
    if (lead < 0xE0)
        return 2;
    if (lead < 0xF0)
        return 3;
    return lead < 0xF5 ? 4 : 0;
}

uint32_t xz_utf8_next(xz_str text, size_t *pos)
{
    static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t at = *pos;
    XZ_ASSERT(at < text.len);
    unsigned char lead = (unsigned char)text.ptr[at];
    size_t len = sequence_len(lead);
    *pos = at + 1;
    if (len == 1)
        return lead;
    if (len == 0 || text.len - at < len)
        return REPLACEMENT;
    uint32_t code = lead & (0xFFu >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if (!is_tail(text.ptr[at + i]))
            return REPLACEMENT;
        code = code << 6 | ((unsigned char)text.ptr[at + i] & 0x3F);
    }
    if (code < least[len] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        return REPLACEMENT;
    *pos = at + len;
    return code;
}

bool xz_utf8_valid(xz_str text)
{
    size_t pos = 0;
    while (pos < text.len) {
        if (text.len - pos >= 8) { /* long ASCII stretches eight bytes at a time */
            uint64_t eight;
            memcpy(&eight, text.ptr + pos, 8);
            if (!(eight & 0x8080808080808080u)) {
                pos += 8;
                continue;
            }
        }
        size_t before = pos;
        if (xz_utf8_next(text, &pos) == REPLACEMENT && pos - before == 1)
            return false;
    }
    return true;
}

size_t xz_utf8_put(uint32_t code, char out[4])
{
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        code = REPLACEMENT;
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

size_t xz_utf8_chars(xz_str text)
{
    size_t chars = 0;
    for (size_t pos = 0; pos < text.len; chars++)
        xz_utf8_next(text, &pos);
    return chars;
}

xz_str xz_utf8_head(xz_str text, size_t chars_max)
{
    size_t pos = 0;
    while (pos < text.len && chars_max-- > 0)
        xz_utf8_next(text, &pos);
    return (xz_str){ text.ptr, pos };
}

xz_str xz_utf8_head_bytes(xz_str text, size_t bytes_max)
{
    if (text.len <= bytes_max)
        return text;
    while (bytes_max > 0 && ((unsigned char)text.ptr[bytes_max] & 0xC0) == 0x80)
        bytes_max--;
    return (xz_str){ text.ptr, bytes_max };
}

bool xz_is_han(uint32_t code)
{
    return (code >= 0x4E00 && code <= 0x9FFF) || (code >= 0x3400 && code <= 0x4DBF) ||
           code == 0x3007 || (code >= 0xF900 && code <= 0xFAFF) ||
           (code >= 0x20000 && code <= 0x323AF);
}
