/* Follows the wire form of a chunked body byte by byte, beside llhttp: sizes of plain hex digits,
 * every line ended by CRLF, extensions and trailers of visible characters, and a bound on what is
 * not data. It decodes nothing; that is the parser's work. */
#include "net/net_check_internal.h"

enum {
    /* A chunk of one byte costs five more on the wire; 16 for each leaves honest senders room and
     * refuses floods of extensions (100 kB of data in 20 MB was measured to pass llhttp). */
    OTHER_BYTES_FREE = 16384,
    OTHER_BYTES_PER_DATA = 16,
    SIZE_DIGITS_MAX = 8,
};

static int hex_value(unsigned char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_text(unsigned char c)
{
    return (c >= 0x20 && c != 0x7f) || c == '\t';
}

/* Chunk size line: the state after `c`, or -1. */
static int next_of_size(struct net_chunk_check *check, unsigned char c)
{
    int digit;
    switch (check->state) {
    case NET_CHUNK_SIZE:
        if ((digit = hex_value(c)) >= 0) {
            check->size = check->size * 16 + digit;
            return ++check->digits <= SIZE_DIGITS_MAX ? NET_CHUNK_SIZE : -1;
        }
        if (check->digits == 0)
            return -1;
        return c == ';' ? NET_CHUNK_EXT : c == '\r' ? NET_CHUNK_SIZE_LF : -1;
    case NET_CHUNK_EXT:
        return c == '\r' ? NET_CHUNK_SIZE_LF : is_text(c) ? NET_CHUNK_EXT : -1;
    default: /* NET_CHUNK_SIZE_LF */
        return c != '\n' ? -1 : check->size ? NET_CHUNK_DATA : NET_CHUNK_TRAILER;
    }
}

/* After the last chunk: trailer lines, then the blank one. */
static int next_of_trailer(struct net_chunk_check *check, unsigned char c)
{
    switch (check->state) {
    case NET_CHUNK_TRAILER:
        return c == '\r' ? NET_CHUNK_END_LF : c > ' ' && c < 0x7f && c != ':' ? NET_CHUNK_NAME : -1;
    case NET_CHUNK_NAME:
        return c == ':' ? NET_CHUNK_VALUE : c > ' ' && c < 0x7f ? NET_CHUNK_NAME : -1;
    case NET_CHUNK_VALUE:
        return c == '\r' ? NET_CHUNK_VALUE_LF : is_text(c) ? NET_CHUNK_VALUE : -1;
    case NET_CHUNK_VALUE_LF:
        return c == '\n' ? NET_CHUNK_TRAILER : -1;
    default: /* NET_CHUNK_END_LF */
        return c == '\n' ? NET_CHUNK_DONE : -1;
    }
}

static int next_state(struct net_chunk_check *check, unsigned char c)
{
    if (check->state <= NET_CHUNK_SIZE_LF)
        return next_of_size(check, c);
    if (check->state >= NET_CHUNK_TRAILER)
        return next_of_trailer(check, c);
    if (check->state == NET_CHUNK_DATA_CR)
        return c == '\r' ? NET_CHUNK_DATA_LF : -1;
    check->digits = 0; /* NET_CHUNK_DATA_LF */
    check->size = 0;
    return c == '\n' ? NET_CHUNK_SIZE : -1;
}

int64_t net_chunk_check_feed(struct net_chunk_check *check, xz_str bytes)
{
    size_t i = 0;
    while (i < bytes.len && check->state != NET_CHUNK_DONE) {
        if (check->state == NET_CHUNK_DATA) {
            int64_t run = XZ_MIN(check->size, (int64_t)(bytes.len - i));
            check->data_bytes += run;
            check->size -= run;
            i += (size_t)run;
            if (check->size == 0)
                check->state = NET_CHUNK_DATA_CR;
            continue;
        }
        int next = next_state(check, (unsigned char)bytes.ptr[i++]);
        if (next < 0)
            return -1;
        check->state = (enum net_chunk_state)next;
        check->other_bytes++;
        if (check->other_bytes > OTHER_BYTES_FREE + OTHER_BYTES_PER_DATA * check->data_bytes)
            return -1;
    }
    return (int64_t)i;
}
