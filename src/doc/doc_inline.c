/* Markdown inline markup to plain text: emphasis, links, images, code, escapes, entities and stray
 * HTML tags. Half-written markup is left as it stands: a star in a form name is not emphasis. */
#include "doc/doc_internal.h"

#define LINK_BYTES_MAX 1024 /* a bracket pair further apart is not a link; bounds the search */
#define NESTING_MAX    8

static void plain(xz_str text, struct xz_buf *out, int depth);

static size_t find_char(xz_str text, size_t from, char c)
{
    size_t len = XZ_MIN(text.len, from + LINK_BYTES_MAX);
    const char *hit = from < len ? memchr(text.ptr + from, c, len - from) : NULL;
    return hit ? (size_t)(hit - text.ptr) : XZ_STR_NPOS;
}

static bool is_punct(char c)
{
    return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
           (c >= '{' && c <= '~');
}

/* [text](url), [text][ref], ![alt](url): bytes eaten, 0 if it is none. The text alone is kept. */
static size_t link_read(xz_str text, size_t at, struct xz_buf *out, int depth)
{
    size_t open = at + (text.ptr[at] == '!'), level = 0, close;
    if (open >= text.len || text.ptr[open] != '[' || find_char(text, open, ']') == XZ_STR_NPOS)
        return 0;
    for (close = open; close < text.len && close - open < LINK_BYTES_MAX; close++) {
        level += text.ptr[close] == '[';
        if (text.ptr[close] == ']' && --level == 0)
            break;
    }
    if (close + 1 >= text.len || text.ptr[close] != ']' || level != 0 ||
        (text.ptr[close + 1] != '(' && text.ptr[close + 1] != '['))
        return 0;
    size_t end = find_char(text, close + 1, text.ptr[close + 1] == '(' ? ')' : ']');
    if (end == XZ_STR_NPOS)
        return 0;
    plain(xz_str_sub(text, open + 1, close - open - 1), out, depth + 1);
    return end + 1 - at;
}

/* `code`, ``code``: kept without the ticks. */
static size_t code_read(xz_str text, size_t at, struct xz_buf *out)
{
    size_t ticks = 0;
    while (at + ticks < text.len && text.ptr[at + ticks] == '`')
        ticks++;
    xz_str fence = xz_str_sub(text, at, ticks);
    xz_str rest = xz_str_sub(text, at + ticks, LINK_BYTES_MAX);
    size_t end = ticks <= 8 ? xz_str_find(rest, fence) : XZ_STR_NPOS;
    if (end == XZ_STR_NPOS) {
        xz_buf_add(out, fence);
        return ticks;
    }
    xz_buf_add(out, xz_str_sub(rest, 0, end));
    return ticks * 2 + end;
}

/* <b>, </font>, <br/>, <http://…>: bytes eaten, 0 when it is only a less-than sign. */
static size_t tag_read(xz_str text, size_t at, struct xz_buf *out)
{
    size_t end = find_char(text, at, '>');
    if (end == XZ_STR_NPOS || end - at < 2)
        return 0;
    xz_str inside = xz_str_sub(text, at + 1, end - at - 1);
    char first = inside.ptr[0] == '/' && inside.len > 1 ? inside.ptr[1] : inside.ptr[0];
    if (!((first | 0x20) >= 'a' && (first | 0x20) <= 'z') || memchr(inside.ptr, '\n', inside.len))
        return 0;
    if (xz_str_find(inside, XZ_STR("://")) != XZ_STR_NPOS &&
        memchr(inside.ptr, ' ', inside.len) == NULL)
        xz_buf_add(out, inside);
    else if (inside.len >= 2 && xz_str_eq_nocase(xz_str_sub(inside, 0, 2), XZ_STR("br")))
        xz_buf_add_char(out, '\n');
    return end + 1 - at;
}

/* **bold**, __bold__, ~~gone~~, *slanted*: marks are dropped when they come in pairs. */
static size_t emphasis_read(xz_str text, size_t at, struct xz_buf *out, int depth)
{
    char c = text.ptr[at];
    size_t run = 1;
    while (run < 3 && at + run < text.len && text.ptr[at + run] == c)
        run++;
    if ((c == '_' || c == '~') && run < 2)
        return 0;
    xz_str mark = xz_str_sub(text, at, run), rest = xz_str_sub(text, at + run, text.len);
    xz_str near = xz_str_sub(rest, 0, LINK_BYTES_MAX);
    size_t end = xz_str_find(near, mark);
    if (end == XZ_STR_NPOS || end == 0)
        return 0;
    if (run == 1 && (rest.ptr[0] == ' ' || rest.ptr[end - 1] == ' ' ||
                     (at > 0 && text.ptr[at - 1] >= '0' && text.ptr[at - 1] <= '9')))
        return 0;
    plain(xz_str_sub(rest, 0, end), out, depth + 1);
    return run * 2 + end;
}

static size_t entity_read(xz_str text, size_t at, struct xz_buf *out)
{
    uint32_t code;
    char utf8[4];
    size_t eaten = doc_entity_read(xz_str_sub(text, at, 16), &code);
    if (eaten > 0)
        xz_buf_add(out, (xz_str){ utf8, xz_utf8_put(code, utf8) });
    return eaten;
}

static size_t markup_read(xz_str text, size_t at, struct xz_buf *out, int depth)
{
    switch (text.ptr[at]) {
    case '\\':
        if (at + 1 < text.len && is_punct(text.ptr[at + 1])) {
            xz_buf_add_char(out, text.ptr[at + 1]);
            return 2;
        }
        return 0;
    case '`':
        return code_read(text, at, out);
    case '!':
    case '[':
        return depth < NESTING_MAX ? link_read(text, at, out, depth) : 0;
    case '<':
        return tag_read(text, at, out);
    case '*':
    case '_':
    case '~':
        return depth < NESTING_MAX ? emphasis_read(text, at, out, depth) : 0;
    case '&':
        return entity_read(text, at, out);
    default:
        return 0;
    }
}

static void plain(xz_str text, struct xz_buf *out, int depth)
{
    for (size_t at = 0; at < text.len;) {
        size_t stop = at;
        while (stop < text.len && !strchr("\\`![<*_~&", text.ptr[stop]))
            stop++;
        xz_buf_add(out, xz_str_sub(text, at, stop - at));
        at = stop;
        if (at == text.len)
            break;
        size_t eaten = markup_read(text, at, out, depth);
        if (eaten == 0)
            xz_buf_add_char(out, text.ptr[at]);
        at += eaten ? eaten : 1;
    }
}

void doc_inline_plain(xz_str text, struct xz_buf *out)
{
    plain(text, out, 0);
}
