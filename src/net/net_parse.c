/* llhttp at work on one request: the head once it is whole and checked, then the body in pieces.
 * Framing was decided by our own checks; here the parser must agree or the request is refused, so
 * that neither a gap in ours nor one in llhttp's rules can move the border between two requests. */
#include "net/net_internal.h"

static int on_body(llhttp_t *parser, const char *at, size_t len);
static int on_message_complete(llhttp_t *parser);

static const llhttp_settings_t parse_settings = {
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

/* Whether llhttp was built with LLHTTP_STRICT_MODE=1 cannot be seen from its header. */
bool net_parse_is_strict(void)
{
    static const char *const loose_only[] = {
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /\t HTTP/1.1\r\nHost: a\r\n\r\n",
    };
    static const llhttp_settings_t none;
    for (size_t i = 0; i < XZ_COUNT(loose_only); i++) {
        llhttp_t parser;
        llhttp_init(&parser, HTTP_REQUEST, &none);
        if (llhttp_execute(&parser, loose_only[i], strlen(loose_only[i])) == HPE_OK)
            return false;
    }
    return true;
}

enum net_parse net_parse_head(struct xz_request *req, xz_str head)
{
    llhttp_init(&req->parser, HTTP_REQUEST, &parse_settings);
    req->parser.data = req;
    req->body_left = XZ_MAX(req->content_length, 0);
    bool has_body = req->chunked || req->body_left > 0;

    llhttp_errno_t err = llhttp_execute(&req->parser, head.ptr, head.len);
    bool at_end = llhttp_get_error_pos(&req->parser) == head.ptr + head.len;
    if (err == HPE_PAUSED)
        return !has_body && req->message_complete && at_end ? NET_PARSE_DONE : NET_PARSE_BAD;
    if (err != HPE_OK || !has_body || req->parser.upgrade)
        return NET_PARSE_BAD;
    bool agrees = req->chunked ? (req->parser.flags & F_CHUNKED) != 0
                               : (int64_t)req->parser.content_length == req->content_length;
    return agrees ? NET_PARSE_MORE : NET_PARSE_BAD;
}

enum net_parse net_parse_body(struct xz_request *req, xz_str bytes, size_t *used)
{
    int64_t mine;
    bool is_last;

    if (req->chunked) {
        mine = net_chunk_check_feed(&req->chunk, bytes);
        is_last = req->chunk.state == NET_CHUNK_DONE;
    } else {
        mine = XZ_MIN(req->body_left, (int64_t)bytes.len);
        req->body_left -= mine;
        is_last = req->body_left == 0;
    }
    if (mine < 0)
        return NET_PARSE_BAD;
    *used = (size_t)mine;
    llhttp_errno_t err = llhttp_execute(&req->parser, bytes.ptr, (size_t)mine);
    if (err == HPE_OK && !is_last)
        return NET_PARSE_MORE;
    bool at_end = err == HPE_PAUSED &&
                  llhttp_get_error_pos(&req->parser) == bytes.ptr + (size_t)mine;
    return is_last && at_end && req->message_complete ? NET_PARSE_DONE : NET_PARSE_BAD;
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
    struct xz_request *req = parser->data;
    req->refuse_status = net_body_add(req, (xz_str){ at, len });
    return req->refuse_status ? HPE_USER : 0;
}

static int on_message_complete(llhttp_t *parser)
{
    struct xz_request *req = parser->data;
    req->message_complete = true;
    return HPE_PAUSED;
}
