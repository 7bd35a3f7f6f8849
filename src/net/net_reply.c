/* Builds replies: status line, the headers that every reply has, body. Runs on the thread that
 * replies; the loop only writes what it finds here. */
#include "net/net_internal.h"

#define SECURITY_HEADERS                                                                           \
    "X-Content-Type-Options: nosniff\r\nReferrer-Policy: same-origin\r\n"                          \
    "X-Frame-Options: SAMEORIGIN\r\n"
#define PAGE_POLICY                                                                                \
    "Content-Security-Policy: default-src 'self'; img-src 'self' data:; object-src 'none'; "       \
    "base-uri 'self'; form-action 'self'; frame-ancestors 'self'\r\n"

static const struct {
    int status;
    xz_str line;
} status_lines[] = {
#define ROW(code, words)                                                                           \
    {                                                                                              \
        code,                                                                                      \
        {                                                                                          \
            "HTTP/1.1 " #code " " words "\r\n", sizeof("HTTP/1.1 " #code " " words "\r\n") - 1     \
        }                                                                                          \
    }
    ROW(200, "OK"),
    ROW(201, "Created"),
    ROW(202, "Accepted"),
    ROW(204, "No Content"),
    ROW(206, "Partial Content"),
    ROW(301, "Moved Permanently"),
    ROW(302, "Found"),
    ROW(303, "See Other"),
    ROW(304, "Not Modified"),
    ROW(307, "Temporary Redirect"),
    ROW(400, "Bad Request"),
    ROW(401, "Unauthorized"),
    ROW(403, "Forbidden"),
    ROW(404, "Not Found"),
    ROW(405, "Method Not Allowed"),
    ROW(406, "Not Acceptable"),
    ROW(408, "Request Timeout"),
    ROW(409, "Conflict"),
    ROW(410, "Gone"),
    ROW(412, "Precondition Failed"),
    ROW(413, "Content Too Large"),
    ROW(414, "URI Too Long"),
    ROW(415, "Unsupported Media Type"),
    ROW(417, "Expectation Failed"),
    ROW(422, "Unprocessable Content"),
    ROW(429, "Too Many Requests"),
    ROW(431, "Request Header Fields Too Large"),
    ROW(500, "Internal Server Error"),
    ROW(501, "Not Implemented"),
    ROW(502, "Bad Gateway"),
    ROW(503, "Service Unavailable"),
    ROW(504, "Gateway Timeout"),
    ROW(505, "HTTP Version Not Supported"),
#undef ROW
};

static void add_status_line(struct xz_buf *out, int status)
{
    for (size_t i = 0; i < XZ_COUNT(status_lines); i++) {
        if (status_lines[i].status == status) {
            xz_buf_add(out, status_lines[i].line);
            return;
        }
    }
    xz_buf_addf(out, "HTTP/1.1 %d Other\r\n", status);
}

/* "Date: …\r\n", made once a second and thread. */
static void add_date(struct xz_buf *out, const struct xz_clock *clock)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    static _Thread_local int64_t made_s = -1;
    static _Thread_local char text[48];
    static _Thread_local int text_len;
    int64_t now_s = xz_clock_now_ms(clock) / 1000;

    if (now_s != made_s) {
        struct tm tm;
        time_t seconds = (time_t)now_s;
        gmtime_r(&seconds, &tm);
        text_len = snprintf(text, sizeof text, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n",
                            days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon,
                            (tm.tm_year + 1900) % 10000, tm.tm_hour, tm.tm_min, tm.tm_sec);
        made_s = now_s;
    }
    xz_buf_add(out, (xz_str){ text, (size_t)text_len });
}

static void add_common(struct xz_request *req, struct xz_buf *out, int status,
                       const char *content_type)
{
    struct xz_server *server = req->loop->server;
    bool is_page = content_type && (strncmp(content_type, "text/html", 9) == 0 ||
                                    strncmp(content_type, "image/svg", 9) == 0);

    req->status = status;
    req->close_after = req->close_after || atomic_load(&server->stopping);
    add_status_line(out, status);
    add_date(out, server->options.clock);
    if (content_type) {
        xz_buf_add_lit(out, "Content-Type: ");
        xz_buf_add(out, xz_str_from(content_type));
        xz_buf_add_lit(out, "\r\n");
    }
    if (req->close_after)
        xz_buf_add_lit(out, "Connection: close\r\n");
    else if (req->is_http10)
        xz_buf_add_lit(out, "Connection: keep-alive\r\n");
    if (!req->has_cache_control)
        xz_buf_add_lit(out, "Cache-Control: no-store\r\n");
    if (is_page && !req->has_csp)
        xz_buf_add_lit(out, PAGE_POLICY);
    xz_buf_add_lit(out, SECURITY_HEADERS);
    xz_buf_add(out, xz_buf_str(&req->extra));
}

void net_reply_build(struct xz_request *req, int status, const char *content_type, xz_str body,
                     bool in_place)
{
    struct xz_buf *out = &req->out;
    bool has_length = status != 204 && status != 304;
    bool has_body = has_length && !req->is_head;

    xz_buf_clear(out);
    add_common(req, out, status, content_type);
    if (has_length) {
        xz_buf_add_lit(out, "Content-Length: ");
        xz_buf_add_int(out, (int64_t)body.len);
        xz_buf_add_lit(out, "\r\n\r\n");
    } else {
        xz_buf_add_lit(out, "\r\n");
    }
    req->tail = has_body && in_place ? body : XZ_STR_NONE;
    if (has_body && !in_place)
        xz_buf_add(out, body);
    XZ_ASSERT(out->err == XZ_OK);
}

void net_reply_stream_head(struct xz_request *req, struct xz_buf *out, bool chunked)
{
    add_common(req, out, 200, "text/event-stream; charset=utf-8");
    xz_buf_add_lit(out, "X-Accel-Buffering: no\r\n");
    if (chunked)
        xz_buf_add_lit(out, "Transfer-Encoding: chunked\r\n");
    xz_buf_add_lit(out, "\r\n");
}

void xz_reply_header(struct xz_request *req, const char *name, xz_str value)
{
    struct xz_buf *extra = &req->extra;

    if (xz_str_eq_nocase(xz_str_from(name), XZ_STR("Cache-Control")))
        req->has_cache_control = true;
    if (xz_str_eq_nocase(xz_str_from(name), XZ_STR("Content-Security-Policy")))
        req->has_csp = true;
    xz_buf_add(extra, xz_str_from(name));
    xz_buf_add_lit(extra, ": ");
    for (size_t i = 0; i < value.len; i++) { /* a line break here would be a header of its own */
        unsigned char c = (unsigned char)value.ptr[i];
        xz_buf_add_char(extra, c < 0x20 || c == 0x7f ? ' ' : (char)c);
    }
    xz_buf_add_lit(extra, "\r\n");
    XZ_ASSERT(extra->err == XZ_OK);
}

static void reply_finish(struct xz_request *req)
{
    req->replied = true;
    if (req->held) /* else the worker posts it once the handler has returned */
        net_loop_post(req, 1);
}

void xz_reply_bytes(struct xz_request *req, int status, const char *content_type, xz_str body)
{
    XZ_ASSERT(!req->replied && !req->stream);
    net_reply_build(req, status, content_type, body, false);
    reply_finish(req);
}

void xz_reply_json(struct xz_request *req, int status, const struct xz_buf *json)
{
    if (json->err != XZ_OK) {
        xz_reply_problem(req, XZ_E_LIMIT);
        return;
    }
    xz_reply_bytes(req, status, "application/json", xz_buf_str(json));
}

void xz_reply_problem(struct xz_request *req, xz_err err)
{
    XZ_ASSERT(!req->replied && !req->stream);
    net_problem_build(req, err, 0, NULL);
    reply_finish(req);
}
