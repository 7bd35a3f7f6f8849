/* A small HTTP/1.1 client over the server's Unix socket: blocking for its caller, with time limits.
 * Bodies are streamed from files; replies come with Content-Length, in chunks or until the end. It
 * trusts the peer as the operator's own server, but bounds what it takes. */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/cli/cli_internal.h"

#define LINE_BYTES_MAX 8192
#define READ_BYTES     65536
#define REPLY_MS       60000
#define SEND_MS        60000 /* without any progress */

struct cli_http {
    char *path;
    int fd;
    bool used, keep; /* a request was answered on it; the server will keep it open */
    struct xz_buf in;
    int64_t deadline_us;
};

struct reply_head {
    int status;
    int64_t length; /* -1: not said */
    bool chunked, close;
};

/* --- connecting --- */

static xz_err http_connect(struct cli_http *http)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    size_t len = strlen(http->path);

    if (len >= sizeof(at.sun_path)) /* then no server could listen there either */
        return xz_fail(XZ_E_MISSING, "没有服务在运行。");
    memcpy(at.sun_path, http->path, len + 1);
    http->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (http->fd < 0)
        return xz_fail(XZ_E_IO, "无法建立套接字：%s。", strerror(errno));
    http->used = false;
    xz_buf_clear(&http->in);
    if (connect(http->fd, (const struct sockaddr *)&at, sizeof(at)) == 0)
        return XZ_OK;
    int why = errno;
    close(http->fd);
    http->fd = -1;
    /* Refused: the file was left by a server that is gone. */
    if (why == ENOENT || why == ENOTDIR || why == ECONNREFUSED || why == ENOTSOCK)
        return xz_fail(XZ_E_MISSING, "没有服务在运行。");
    if (why == EACCES || why == EPERM)
        return xz_fail(
            XZ_E_DENIED,
            "没有权限连接服务的套接字 %s，请换用运行小政服务的用户（例如 sudo -u 用户名）。",
            http->path);
    return xz_fail(XZ_E_IO, "无法连接服务的套接字 %s：%s。", http->path, strerror(why));
}

xz_err cli_http_open(const char *socket_path, struct cli_http **out)
{
    struct cli_http *http = XZ_ALLOC(struct cli_http, 1);
    http->path = xz_strdup(socket_path);
    http->fd = -1;
    xz_buf_init(&http->in, 4 * READ_BYTES);
    xz_err err = http_connect(http);
    if (err != XZ_OK) {
        cli_http_close(http);
        http = NULL;
    }
    *out = http;
    return err;
}

static void http_drop(struct cli_http *http)
{
    if (http->fd >= 0)
        close(http->fd);
    http->fd = -1;
}

void cli_http_close(struct cli_http *http)
{
    if (!http)
        return;
    http_drop(http);
    xz_buf_fini(&http->in);
    xz_free(http->path);
    xz_free(http);
}

/* --- bytes --- */

static xz_err http_lost(void)
{
    return xz_fail(XZ_E_IO, "与服务的连接中断，服务可能已停止；请确认服务状态后重试。");
}

/* What poll found: 0 when the deadline passed. */
static int http_wait(const struct cli_http *http, short events)
{
    for (;;) {
        struct pollfd one = { .fd = http->fd, .events = events };
        int64_t left_ms = (http->deadline_us - xz_time_monotonic_us()) / 1000;
        if (left_ms <= 0)
            return 0;
        int count = poll(&one, 1, (int)XZ_MIN(left_ms, (int64_t)INT32_MAX));
        if (count > 0)
            return one.revents;
        if (count < 0 && errno != EINTR)
            return POLLERR;
    }
}

/* *early: the server answers already, or has hung up; what it says is worth reading. */
static xz_err http_send(struct cli_http *http, xz_str bytes, bool *early)
{
    while (bytes.len && !*early) {
        http->deadline_us = xz_time_monotonic_us() + SEND_MS * 1000LL;
        int found = http_wait(http, POLLIN | POLLOUT);
        if (!found)
            return xz_fail(XZ_E_BUSY, "服务没有接收数据，请稍后重试。");
        if (found & (POLLIN | POLLERR | POLLHUP)) {
            *early = true;
            break;
        }
        ssize_t sent = send(http->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0)
            bytes = xz_str_sub(bytes, (size_t)sent, bytes.len);
        else if (errno != EINTR && errno != EAGAIN)
            *early = true;
    }
    return XZ_OK;
}

/* More bytes into `in`. XZ_E_STATE: the peer closed. */
static xz_err http_fill(struct cli_http *http)
{
    char *room = xz_buf_reserve(&http->in, READ_BYTES);
    if (!room)
        return xz_fail(XZ_E_IO, "服务的答复不合规范。");
    for (;;) {
        if (!http_wait(http, POLLIN))
            return xz_fail(XZ_E_BUSY, "服务在时限内没有答复，请稍后重试。");
        ssize_t got = recv(http->fd, room, READ_BYTES, MSG_DONTWAIT);
        if (got > 0) {
            xz_buf_commit(&http->in, (size_t)got);
            return XZ_OK;
        }
        if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
            (void)http_lost();
            return XZ_E_STATE;
        }
    }
}

static xz_err line_take(struct cli_http *http, char line[LINE_BYTES_MAX])
{
    for (;;) {
        xz_str seen = xz_buf_str(&http->in);
        const char *end = seen.len ? memchr(seen.ptr, '\n', seen.len) : NULL;
        size_t len = end ? (size_t)(end - seen.ptr) : 0;
        xz_err err;
        if ((end ? len : seen.len) >= LINE_BYTES_MAX)
            return xz_fail(XZ_E_IO, "服务的答复不合规范。");
        if (end) {
            memcpy(line, seen.ptr, len);
            xz_buf_drop_front(&http->in, len + 1);
            line[len > 0 && line[len - 1] == '\r' ? len - 1 : len] = '\0';
            return XZ_OK;
        }
        if ((err = http_fill(http)) != XZ_OK)
            return err;
    }
}

static xz_err body_take(struct cli_http *http, int64_t bytes, struct xz_buf *body)
{
    while (bytes > 0) {
        xz_err err = http->in.len ? XZ_OK : http_fill(http);
        if (err != XZ_OK)
            return err;
        size_t len = (size_t)XZ_MIN(bytes, (int64_t)http->in.len);
        xz_buf_add(body, xz_str_sub(xz_buf_str(&http->in), 0, len));
        xz_buf_drop_front(&http->in, len);
        bytes -= (int64_t)len;
    }
    return body->err == XZ_OK ? XZ_OK : xz_fail(XZ_E_LIMIT, "答复太大，请缩小范围后重试。");
}

/* --- the reply --- */

static xz_err head_take(struct cli_http *http, struct reply_head *head)
{
    char line[LINE_BYTES_MAX] = "";
    int64_t status;
    xz_err err = line_take(http, line);

    *head = (struct reply_head){ .length = -1 };
    if (err != XZ_OK)
        return err;
    if (strncmp(line, "HTTP/1.", 7) != 0 || strlen(line) < 12 ||
        !xz_str_to_int((xz_str){ line + 9, 3 }, &status))
        return xz_fail(XZ_E_IO, "%s 上的程序不是小政服务。", http->path);
    head->status = (int)status;
    for (;;) {
        if ((err = line_take(http, line)) != XZ_OK)
            return err;
        if (!line[0])
            return XZ_OK;
        xz_str value = xz_str_from(line);
        xz_str name = xz_str_cut(&value, ':');
        value = xz_str_trim(value);
        if (xz_str_eq_nocase(name, XZ_STR("content-length")) &&
            (!xz_str_to_int(value, &head->length) || head->length < 0))
            return xz_fail(XZ_E_IO, "服务的答复不合规范。");
        if (xz_str_eq_nocase(name, XZ_STR("transfer-encoding")))
            head->chunked = xz_str_eq_nocase(value, XZ_STR("chunked"));
        if (xz_str_eq_nocase(name, XZ_STR("connection")))
            head->close = xz_str_eq_nocase(value, XZ_STR("close"));
    }
}

static xz_err chunks_take(struct cli_http *http, struct xz_buf *body)
{
    char line[LINE_BYTES_MAX] = "";
    xz_err err;
    for (;;) {
        int64_t size = 0;
        if ((err = line_take(http, line)) != XZ_OK)
            return err;
        size_t digits = strspn(line, "0123456789abcdefABCDEF");
        if (digits == 0 || digits > 12)
            return xz_fail(XZ_E_IO, "服务的答复不合规范。");
        for (size_t i = 0; i < digits; i++) {
            char c = line[i];
            size = size * 16 + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
        }
        if (size == 0)
            break;
        if ((err = body_take(http, size, body)) != XZ_OK || (err = line_take(http, line)) != XZ_OK)
            return err;
    }
    do
        err = line_take(http, line); /* trailers */
    while (err == XZ_OK && line[0]);
    return err;
}

static xz_err reply_take(struct cli_http *http, struct reply_head *head, struct xz_buf *body)
{
    xz_err err;
    do
        err = head_take(http, head);
    while (err == XZ_OK && head->status < 200);
    if (err != XZ_OK || head->status == 204 || head->status == 304)
        return err;
    if (head->chunked)
        return chunks_take(http, body);
    if (head->length >= 0)
        return body_take(http, head->length, body);
    head->close = true;
    do
        err = body_take(http, XZ_MAX((int64_t)http->in.len, (int64_t)1), body);
    while (err == XZ_OK);
    return err == XZ_E_STATE ? XZ_OK : err; /* closed: that is its end */
}

/* The error kind and the words of a problem document. */
static xz_err problem_of(int status, const struct xz_buf *body)
{
    struct xz_json_doc *doc = NULL;
    xz_err err = status == 403                    ? XZ_E_DENIED
                 : status == 404                  ? XZ_E_MISSING
                 : status == 409                  ? XZ_E_STATE
                 : status == 413                  ? XZ_E_LIMIT
                 : status == 429 || status == 503 ? XZ_E_BUSY
                 : status >= 500                  ? XZ_E_IO
                                                  : XZ_E_INPUT;
    if (xz_json_parse(xz_buf_str(body), &doc) != XZ_OK)
        return xz_fail(err, "服务答复了状态 %d。", status);
    xz_str name = cli_text_of(xz_json_root(doc), "error");
    xz_str detail = cli_text_of(xz_json_root(doc), "detail");
    for (int kind = XZ_OK + 1; kind < XZ_ERR_COUNT; kind++)
        if (xz_str_eq(name, xz_str_from(xz_err_name((xz_err)kind))))
            err = (xz_err)kind;
    err = xz_fail(err, "%.*s", XZ_STR_ARG(detail));
    xz_json_destroy(doc);
    return err;
}

/* --- the request --- */

static void head_build(const struct cli_request *request, struct xz_buf *out)
{
    xz_buf_addf(out, "%s %.*s HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n",
                request->method, XZ_STR_ARG(request->target));
    if (request->from_file)
        xz_buf_addf(out, "Content-Type: application/octet-stream\r\nContent-Length: %lld\r\n",
                    (long long)request->file_bytes);
    else if (request->json.len)
        xz_buf_addf(out, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                    request->json.len);
    else if (strcmp(request->method, "GET") != 0)
        xz_buf_add_lit(out, "Content-Length: 0\r\n");
    xz_buf_add_lit(out, "\r\n");
    xz_buf_add(out, request->json);
}

static xz_err file_send(struct cli_http *http, const struct cli_request *request, bool *early)
{
    char *bytes = xz_alloc(READ_BYTES, 1);
    int64_t at = 0;
    xz_err err = XZ_OK;
    while (at < request->file_bytes && err == XZ_OK && !*early) {
        size_t want = (size_t)XZ_MIN(request->file_bytes - at, (int64_t)READ_BYTES);
        ssize_t got = pread(request->file_fd, bytes, want, at);
        if (got <= 0) {
            err = got < 0 ? xz_fail(XZ_E_INPUT, "读取失败：%s。", strerror(errno))
                          : xz_fail(XZ_E_INPUT, "读取时文件变短了，请稍后再导入。");
            break;
        }
        err = http_send(http, (xz_str){ bytes, (size_t)got }, early);
        at += got;
    }
    xz_free(bytes);
    return err;
}

static xz_err http_once(struct cli_http *http, const struct cli_request *request,
                        struct reply_head *head, struct xz_buf *body)
{
    struct xz_buf out;
    bool early = false;
    xz_err err;

    xz_buf_init(&out, request->json.len + KIB(64));
    head_build(request, &out);
    err = http_send(http, xz_buf_str(&out), &early);
    if (err == XZ_OK && request->from_file)
        err = file_send(http, request, &early);
    xz_buf_fini(&out);
    if (err == XZ_OK) {
        int64_t wait_ms = request->reply_timeout_ms ? request->reply_timeout_ms : REPLY_MS;
        http->deadline_us = xz_time_monotonic_us() + wait_ms * 1000;
        err = reply_take(http, head, body);
    }
    http->keep = err == XZ_OK && !head->close && !early;
    return err;
}

xz_err cli_http_call(struct cli_http *http, const struct cli_request *request, struct xz_buf *body)
{
    struct reply_head head = { .status = 0 };
    bool fresh = http->fd < 0;
    xz_err err = fresh ? http_connect(http) : XZ_OK;

    if (err == XZ_OK) {
        fresh = !http->used;
        err = http_once(http, request, &head, body);
    }
    if (err == XZ_E_STATE && !fresh && !head.status) {
        /* Closed while it lay idle; nothing of this request was answered. */
        http_drop(http);
        if ((err = http_connect(http)) == XZ_OK)
            err = http_once(http, request, &head, body);
    }
    http->used = true;
    if (!http->keep)
        http_drop(http);
    if (err == XZ_E_STATE || (err == XZ_E_MISSING && !head.status))
        return http_lost();
    if (err == XZ_OK && head.status >= 400)
        return problem_of(head.status, body);
    return err;
}

xz_err cli_http_get(struct cli_http *http, xz_str target, struct xz_buf *body)
{
    struct cli_request request = { .method = "GET", .target = target };
    return cli_http_call(http, &request, body);
}

void cli_url_add(struct xz_buf *url, xz_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            c == '-' || c == '_' || c == '.' || c == '~')
            xz_buf_add_char(url, (char)c);
        else
            xz_buf_addf(url, "%%%02X", c);
    }
}
