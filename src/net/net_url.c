/* Percent-decoding of paths and queries. What comes out is UTF-8 without NUL; a path has neither
 * control characters nor dot segments, so that nothing behind it has to think of them. */
#include "net/net_check_internal.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Bytes of the sequence at `p`, 0 when it is not well-formed (Unicode table 3-7). */
static size_t utf8_sequence(const unsigned char *p, size_t left)
{
    size_t len = p[0] < 0x80   ? 1
                 : p[0] < 0xc2 ? 0
                 : p[0] < 0xe0 ? 2
                 : p[0] < 0xf0 ? 3
                 : p[0] < 0xf5 ? 4
                               : 0;
    if (len == 0 || len > left)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return len;
}

bool net_utf8_valid(xz_str text)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    for (size_t i = 0; i < text.len;) {
        size_t len = utf8_sequence(p + i, text.len - i);
        if (len == 0)
            return false;
        i += len;
    }
    return true;
}

bool net_url_decode(struct xz_arena *arena, xz_str raw, bool is_path, xz_str *out)
{
    *out = raw;
    if (!raw.len || (!memchr(raw.ptr, '%', raw.len) && (is_path || !memchr(raw.ptr, '+', raw.len))))
        return net_utf8_valid(raw);
    char *text = xz_arena_alloc(arena, raw.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        if (c == '+' && !is_path) {
            c = ' ';
        } else if (c == '%') {
            int high = i + 2 < raw.len ? hex_value(raw.ptr[i + 1]) : -1;
            int low = i + 2 < raw.len ? hex_value(raw.ptr[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
            if (c == 0 || (is_path && ((unsigned char)c < 0x20 || c == 0x7f)))
                return false;
        }
        text[len++] = c;
    }
    *out = (xz_str){ text, len };
    return net_utf8_valid(*out);
}

int net_path_parse(struct xz_arena *arena, xz_str raw, struct net_path *path)
{
    char *text = xz_arena_alloc(arena, raw.len + 1);
    size_t len = 0;

    path->segment_count = 0;
    xz_str rest = xz_str_sub(raw, 1, raw.len); /* a target starts with / */
    text[len++] = '/';
    while (raw.len > 1) {
        xz_str piece = xz_str_cut(&rest, '/');
        bool is_last = piece.ptr + piece.len == raw.ptr + raw.len;
        xz_str segment;
        if (path->segment_count == NET_SEGMENTS_MAX)
            return 404;
        if (!net_url_decode(arena, piece, true, &segment) || xz_str_eq(segment, XZ_STR(".")) ||
            xz_str_eq(segment, XZ_STR("..")))
            return 400;
        memcpy(text + len, segment.ptr, segment.len);
        path->segments[path->segment_count++] = (xz_str){ text + len, segment.len };
        len += segment.len;
        if (is_last)
            break;
        text[len++] = '/';
    }
    path->text = (xz_str){ text, len };
    return 0;
}
