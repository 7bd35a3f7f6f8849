/* Bytes as a request head, as a chunked body and as a path. Properties: a head that is accepted has
 * headers without line breaks that lie in the input, and llhttp frames it alike or refuses it; a
 * body has one verdict in whatever pieces it comes, and llhttp never sees its end elsewhere. */
#include <llhttp/llhttp.h>

#include "net/net_check_internal.h"

static int on_complete(llhttp_t *parser)
{
    parser->data = parser; /* seen */
    return HPE_PAUSED;
}

static const llhttp_settings_t settings = { .on_message_complete = on_complete };

static void check_header(xz_str input, xz_str part)
{
    XZ_ASSERT(part.ptr >= input.ptr && part.ptr + part.len <= input.ptr + input.len);
    for (size_t i = 0; i < part.len; i++)
        XZ_ASSERT(part.ptr[i] != '\r' && part.ptr[i] != '\n' && part.ptr[i] != 0);
}

static void try_head(xz_str input)
{
    static struct net_head head;
    const char *reason = NULL;
    size_t scan = 0;
    llhttp_t parser;

    int64_t end = net_head_find_end(input, &scan);
    xz_str bytes = xz_str_sub(input, 0, end > 0 ? (size_t)end : input.len);
    int status = net_head_check(bytes, &head, &reason);
    if (status != 0) {
        XZ_ASSERT(reason && status >= 400 && status < 600);
        return;
    }
    XZ_ASSERT(end > 0);
    for (size_t i = 0; i < head.header_count; i++) {
        check_header(bytes, head.headers[i].name);
        check_header(bytes, head.headers[i].value);
    }
    XZ_ASSERT(!(head.chunked && head.content_length >= 0));
    llhttp_init(&parser, HTTP_REQUEST, &settings);
    llhttp_errno_t err = llhttp_execute(&parser, bytes.ptr, bytes.len);
    if (err != HPE_OK && err != HPE_PAUSED)
        return;
    bool has_body = head.chunked || head.content_length > 0;
    XZ_ASSERT((err == HPE_OK) == has_body);
    XZ_ASSERT(((parser.flags & F_CHUNKED) != 0) == (head.chunked && err == HPE_OK));
    if (err == HPE_OK && !head.chunked)
        XZ_ASSERT((int64_t)parser.content_length == head.content_length);
}

static void try_body(xz_str input)
{
    static const char start[] = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    struct net_chunk_check whole = { 0 }, single = { 0 };
    int64_t used = net_chunk_check_feed(&whole, input), sum = 0, fed = 0;
    llhttp_t parser;

    for (size_t i = 0; i < input.len && fed >= 0 && single.state != NET_CHUNK_DONE; i++) {
        fed = net_chunk_check_feed(&single, xz_str_sub(input, i, 1));
        sum += fed > 0 ? fed : 0;
    }
    XZ_ASSERT((used < 0) == (fed < 0));
    if (used < 0)
        return;
    XZ_ASSERT(sum == used && single.state == whole.state && single.data_bytes == whole.data_bytes);
    llhttp_init(&parser, HTTP_REQUEST, &settings);
    XZ_ASSERT(llhttp_execute(&parser, start, sizeof start - 1) == HPE_OK);
    llhttp_errno_t err = llhttp_execute(&parser, input.ptr, (size_t)used);
    if (err == HPE_PAUSED)
        XZ_ASSERT(whole.state == NET_CHUNK_DONE &&
                  llhttp_get_error_pos(&parser) == input.ptr + used);
    else if (err == HPE_OK)
        XZ_ASSERT(whole.state != NET_CHUNK_DONE);
}

static void try_path(struct xz_arena *arena, xz_str input)
{
    struct net_path path;
    if (input.len == 0 || input.ptr[0] != '/' || net_path_parse(arena, input, &path) != 0)
        return;
    XZ_ASSERT(path.text.len <= input.len && net_utf8_valid(path.text));
    for (size_t i = 0; i < path.segment_count; i++)
        XZ_ASSERT(!xz_str_eq(path.segments[i], XZ_STR("..")) &&
                  path.segments[i].ptr + path.segments[i].len <= path.text.ptr + path.text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct xz_arena *arena;
    xz_str input = { (const char *)data, size };
    if (!arena)
        arena = xz_arena_create(1 << 16);
    try_head(input);
    try_body(input);
    try_path(arena, input);
    xz_arena_reset(arena);
    return 0;
}
