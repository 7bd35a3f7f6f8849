/* What is decided about raw bytes before anything else is done with them: pure functions without
 * sockets, shared by the files of net/, its unit tests and its fuzz target. */
#ifndef XZ_NET_NET_CHECK_INTERNAL_H
#define XZ_NET_NET_CHECK_INTERNAL_H

#include "net/http.h"

enum { NET_HEADERS_MAX = 100, NET_TARGET_BYTES_MAX = 8192, NET_SEGMENTS_MAX = 16 };

struct net_header {
    xz_str name, value;
};

/* The head of one request, as slices of the bytes checked. */
struct net_head {
    enum xz_method method;
    bool is_head;
    xz_str target;
    int minor; /* of HTTP/1.x */
    bool keep_alive, chunked, expect_continue;
    int64_t content_length; /* -1: none given */
    unsigned seen;          /* headers that may come once only */
    size_t header_count;
    struct net_header headers[NET_HEADERS_MAX];
};

/* Checks a whole head (request line to blank line, CRLF included). 0, or the HTTP status to refuse
 * it with; `*reason` then says why, in Chinese. */
XZ_MUST_USE int net_head_check(xz_str head, struct net_head *out, const char **reason);

/* Looks for the end of the head from `*scan` on, which moves with the lines seen. Bytes counted
 * include the blank line; 0: more is needed; -1: a line that does not end in CRLF. */
XZ_MUST_USE int64_t net_head_find_end(xz_str bytes, size_t *scan);

/* Follows the wire form of a chunked body beside the parser: llhttp has no limits and takes more
 * than RFC 9112 allows. */
enum net_chunk_state {
    NET_CHUNK_SIZE,
    NET_CHUNK_EXT,
    NET_CHUNK_SIZE_LF,
    NET_CHUNK_DATA,
    NET_CHUNK_DATA_CR,
    NET_CHUNK_DATA_LF,
    NET_CHUNK_TRAILER,
    NET_CHUNK_NAME,
    NET_CHUNK_VALUE,
    NET_CHUNK_VALUE_LF,
    NET_CHUNK_END_LF,
    NET_CHUNK_DONE,
};
struct net_chunk_check {
    enum net_chunk_state state;
    int digits;          /* of the size being read */
    int64_t size;        /* of this chunk, still to come in NET_CHUNK_DATA */
    int64_t data_bytes;  /* of all chunks so far */
    int64_t other_bytes; /* sizes, extensions, line ends, trailers */
};
/* How many bytes belong to the body (all of them, unless its end was seen); -1: refused. */
XZ_MUST_USE int64_t net_chunk_check_feed(struct net_chunk_check *check, xz_str bytes);

/* Percent-decoding to valid UTF-8. False: bad escape, NUL, not UTF-8, or with `is_path` any control
 * character. With `!is_path` a plus is a blank. Borrows `raw` when there is nothing to decode. */
XZ_MUST_USE bool net_url_decode(struct xz_arena *arena, xz_str raw, bool is_path, xz_str *out);
bool net_utf8_valid(xz_str text);

/* A decoded path: "/a/b" has the segments "a" and "b", which lie inside `text`. */
struct net_path {
    xz_str text;
    size_t segment_count;
    xz_str segments[NET_SEGMENTS_MAX];
};
/* 0, or the status to refuse with: 400 bad escapes or dot segments, 404 too many segments. */
XZ_MUST_USE int net_path_parse(struct xz_arena *arena, xz_str raw, struct net_path *path);

/* --- routes --- */
struct net_route_index;
/* XZ_E_INPUT with a detail naming the row that is bad. */
XZ_MUST_USE xz_err net_route_index_create(const struct xz_route_table *tables, size_t count,
                                          struct net_route_index **index);
void net_route_index_destroy(struct net_route_index *index);
/* The row, or NULL; `*allowed` then has a bit (1 << method) for each method of that path. */
const struct xz_route *net_route_find(const struct net_route_index *index, enum xz_method method,
                                      const struct net_path *path, unsigned *allowed);
const char *net_method_name(enum xz_method method);

/* --- rate limit --- */
struct net_rate;
/* `buckets` bounds the memory: when it is full, the address idle longest is forgotten. */
struct net_rate *net_rate_create(int64_t per_minute, size_t buckets);
void net_rate_destroy(struct net_rate *rate);
/* 0: may pass; else the seconds after which it may. `address` is 16 bytes, IPv4 mapped. */
int64_t net_rate_take(struct net_rate *rate, const uint8_t *address, enum xz_rate cost,
                      int64_t now_ms);
/* Reads an address in text into 16 bytes, IPv4 mapped; false when it is none. */
bool net_address_parse(xz_str text, uint8_t *address);

/* Starts the linked llhttp on inputs that only the strict build refuses. */
bool net_parse_is_strict(void);

#endif
