/* A connection: bytes in, one request at a time, bytes out, deadlines, and its end. Reading stays
 * on while a request is answered, since that is the only way to learn at once that the client has
 * gone; what comes meanwhile waits in `left`. What a request is and who answers it is net_admit.c.
 */
#include "net/net_internal.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINGER_MS = 1000, LINGER_BYTES_MAX = 1 << 20, BODY_BYTES_PER_MS_MIN = 64 };

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf);
static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf);
static void on_written(uv_write_t *write, int status);
static void on_closed(uv_handle_t *handle);
static void conn_identify(struct net_conn *conn, int fd);
static void conn_feed(struct net_conn *conn, xz_str bytes);
static size_t conn_consume(struct net_conn *conn, xz_str bytes);
static size_t conn_take_head(struct net_conn *conn, xz_str bytes);
static size_t conn_take_body(struct net_conn *conn, xz_str bytes);
static void conn_go_on(struct net_conn *conn);

void net_conn_open(struct net_loop *loop, int fd, bool is_unix)
{
    struct net_conn *conn = XZ_ALLOC(struct net_conn, 1);
    conn->tag = NET_TAG_CONN;
    conn->loop = loop;
    conn->wheel_slot = -1;
    conn->deadline_ms = INT64_MAX;
    conn->is_local = is_unix;
    xz_buf_init(&conn->left, NET_LEFT_BYTES_MAX + NET_READ_BYTES);
    int failed = is_unix ? uv_pipe_init(&loop->uv, &conn->uv.pipe, 0)
                         : uv_tcp_init(&loop->uv, &conn->uv.tcp);
    XZ_ASSERT(failed == 0); /* allocates nothing */
    conn->uv.handle.data = conn;
    conn->next = loop->conns;
    if (conn->next)
        conn->next->prev = conn;
    loop->conns = conn;
    xz_metric_add(XZ_M_CONNECTIONS, 1);
    failed = is_unix ? uv_pipe_open(&conn->uv.pipe, fd) : uv_tcp_open(&conn->uv.tcp, fd);
    if (failed) {
        close(fd);
        net_conn_close(conn);
        return;
    }
    if (!is_unix) {
        unsigned unanswered_ms = (unsigned)loop->server->limits.write_ms;
        uv_tcp_nodelay(&conn->uv.tcp, 1);
        /* A machine that lost power says nothing: what is sent to it has this long to be received,
         * or a stream with only heartbeats would be held for a quarter of an hour. */
        setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered_ms, sizeof unanswered_ms);
    }
    conn_identify(conn, fd);
    if (conn->state == NET_CLOSING)
        return;
    if (loop->drain_end_ms) { /* handed over while the server was told to stop */
        net_conn_close(conn);
        return;
    }
    net_wheel_set(conn, loop->server->limits.head_ms);
    if (uv_read_start(&conn->uv.stream, on_alloc, on_read) != 0)
        net_conn_close(conn);
}

static void conn_identify(struct net_conn *conn, int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } peer = { 0 };
    socklen_t len = sizeof peer;

    if (conn->is_local) {
        struct ucred who;
        len = sizeof who;
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0)
            conn->uid = who.uid;
        else
            net_conn_close(conn);
        return;
    }
    if (getpeername(fd, &peer.any, &len) != 0)
        return;
    if (peer.any.sa_family == AF_INET)
        uv_ip4_name(&peer.v4, conn->address_text, sizeof conn->address_text);
    else
        uv_ip6_name(&peer.v6, conn->address_text, sizeof conn->address_text);
    if (!net_address_parse(xz_str_from(conn->address_text), conn->address))
        memset(conn->address, 0, sizeof conn->address);
}

void net_conn_close(struct net_conn *conn)
{
    struct xz_request *req = conn->req;
    struct net_loop *loop = conn->loop;

    if (conn->state == NET_CLOSING)
        return;
    conn->state = NET_CLOSING;
    conn->req = NULL;
    if (req) {
        req->conn = NULL;
        atomic_store(&req->aborted, true);
        if (req->stream_seen)
            net_stream_gone(req);
        /* With a handler: its last message releases it. The write under way, if any, is never
         * taken up again after uv_close, so the memory may go before its callback. */
        if (!req->is_dispatched || req->parts_seen == 0)
            net_loop_release(req);
    }
    net_wheel_remove(conn);
    if (conn->prev)
        conn->prev->next = conn->next;
    else
        loop->conns = conn->next;
    if (conn->next)
        conn->next->prev = conn->prev;
    atomic_fetch_sub(&loop->load, 1);
    atomic_fetch_sub(&loop->server->connections, 1);
    xz_metric_add(XZ_M_CONNECTIONS, -1);
    uv_close(&conn->uv.handle, on_closed);
}

static void on_closed(uv_handle_t *handle)
{
    struct net_conn *conn = handle->data;
    XZ_TAG_CHECK(conn, NET_TAG_CONN);
    xz_buf_fini(&conn->left);
    conn->tag = 0;
    xz_free(conn);
}

void net_conn_drain(struct net_conn *conn)
{
    if (conn->state == NET_IDLE || conn->state == NET_HEAD)
        net_conn_close(conn);
}

void net_conn_deadline(struct net_conn *conn)
{
    size_t waiting = uv_stream_get_write_queue_size(&conn->uv.stream);

    switch (conn->state) {
    case NET_HEAD:
    case NET_BODY:
        net_admit_refuse(conn, 408, "请求没有在时限内发完，请检查网络后重试。");
        break;
    case NET_BUSY:
    case NET_CLOSING:
        break;
    case NET_WRITING:
    case NET_STREAM:
        if (!conn->is_writing) {
            net_stream_heartbeat(conn->req);
        } else if (waiting < conn->write_queue_seen) { /* the reader moves, if slowly */
            conn->write_queue_seen = waiting;
            net_wheel_set(conn, conn->loop->server->limits.write_ms);
        } else {
            net_conn_close(conn);
        }
        break;
    default:
        net_conn_close(conn);
    }
}

/* --- in --- */
static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct net_conn *conn = handle->data;
    *buf = uv_buf_init(conn->loop->read_bytes, NET_READ_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    struct net_conn *conn = stream->data;
    XZ_TAG_CHECK(conn, NET_TAG_CONN);
    if (count < 0)
        net_conn_close(conn);
    else if (count > 0)
        conn_feed(conn, (xz_str){ buf->base, (size_t)count });
}

static void conn_feed(struct net_conn *conn, xz_str bytes)
{
    size_t used = 0;

    if (conn->state == NET_CLOSING)
        return;
    if (conn->state == NET_LINGER) {
        conn->linger_bytes += bytes.len;
        if (conn->linger_bytes > LINGER_BYTES_MAX)
            net_conn_close(conn);
        return;
    }
    if (conn->left.len == 0)
        used = conn_consume(conn, bytes);
    if (conn->state == NET_CLOSING || conn->state == NET_LINGER)
        return;
    if (used < bytes.len) {
        bool was_empty = conn->left.len == 0;
        xz_buf_add(&conn->left, xz_str_sub(bytes, used, bytes.len));
        XZ_ASSERT(conn->left.err == XZ_OK); /* its bound is what may wait and one read */
        if (!was_empty)
            conn_go_on(conn);
    }
    if (conn->state > NET_BODY && conn->left.len > NET_LEFT_BYTES_MAX)
        net_conn_close(conn);
}

/* Parses what waits in `left`, as far as the state allows. */
static void conn_go_on(struct net_conn *conn)
{
    if (conn->left.len == 0 || conn->is_consuming)
        return;
    size_t used = conn_consume(conn, xz_buf_str(&conn->left));
    if (conn->state == NET_CLOSING)
        return;
    if (used == conn->left.len) { /* an idle connection holds no buffer */
        xz_buf_fini(&conn->left);
        xz_buf_init(&conn->left, NET_LEFT_BYTES_MAX + NET_READ_BYTES);
    } else if (used) {
        xz_buf_drop_front(&conn->left, used);
    }
}

static size_t conn_consume(struct net_conn *conn, xz_str bytes)
{
    size_t used = 0;

    conn->is_consuming = true;
    while (used < bytes.len && conn->state <= NET_BODY) {
        xz_str rest = xz_str_sub(bytes, used, bytes.len);
        enum net_conn_state before = conn->state;
        size_t taken = before == NET_BODY ? conn_take_body(conn, rest) : conn_take_head(conn, rest);
        used += taken;
        if (taken == 0 && conn->state <= NET_BODY)
            break;
    }
    conn->is_consuming = false;
    return used;
}

/* Bytes taken: 0 while the head is not whole. */
static size_t conn_take_head(struct net_conn *conn, xz_str bytes)
{
    struct net_loop *loop = conn->loop;
    size_t head_max = (size_t)loop->server->limits.head_bytes;

    if (bytes.ptr[0] == '\r' && !conn->skipped_blank && conn->scan == 0) {
        /* One empty line before a request is to be ignored (RFC 9112, 2.2). */
        if (bytes.len >= 2 && bytes.ptr[1] == '\n') {
            conn->skipped_blank = true;
            return 2;
        }
        if (bytes.len < 2)
            return 0;
    }
    if (conn->state == NET_IDLE) {
        conn->state = NET_HEAD;
        net_wheel_set(conn, loop->server->limits.head_ms);
    }
    if (bytes.ptr[0] < 'A' || bytes.ptr[0] > 'Z') {
        net_admit_refuse(conn, 400, "收到的不是 HTTP 请求。");
        return bytes.len;
    }
    int64_t end = net_head_find_end(bytes, &conn->scan);
    if (end < 0) {
        net_admit_refuse(conn, 400, "请求头的行没有以 CRLF 结束。");
        return bytes.len;
    }
    if ((end == 0 && bytes.len > head_max) || end > (int64_t)head_max) {
        bool in_first_line = !memchr(bytes.ptr, '\n', XZ_MIN(bytes.len, head_max));
        net_admit_refuse(conn, in_first_line ? 414 : 431,
                         in_first_line ? "请求地址过长，请缩短查询参数，或改用 POST 提交。"
                                       : "请求头过大。");
        return bytes.len;
    }
    if (end == 0)
        return 0;
    conn->scan = 0;
    conn->skipped_blank = false;
    net_admit_head(conn, (xz_str){ bytes.ptr, (size_t)end });
    return (size_t)end;
}

static size_t conn_take_body(struct net_conn *conn, xz_str bytes)
{
    struct xz_request *req = conn->req;
    size_t used = 0;
    enum net_parse parsed = net_parse_body(req, bytes, &used);

    if (parsed == NET_PARSE_BAD) {
        if (req->refuse_status == 413)
            net_admit_refuse(conn, 413, "提交的内容超过了允许的大小，请缩小后再试。");
        else
            net_admit_refuse(conn, 400, "请求体的分块格式有误。");
        return bytes.len;
    }
    if (parsed == NET_PARSE_DONE) {
        net_conn_body_complete(conn);
    } else {
        int64_t passed_ms = (xz_time_monotonic_us() - req->begun_us) / 1000;
        net_wheel_set(conn, XZ_MAX(conn->loop->server->limits.body_ms - passed_ms, 0) +
                                req->body_bytes / BODY_BYTES_PER_MS_MIN);
    }
    return used;
}

void net_conn_body_complete(struct net_conn *conn)
{
    net_wheel_set(conn, -1);
    conn->state = NET_BUSY;
    if (net_body_finish(conn->req))
        net_conn_body_done(conn);
}

void net_conn_body_done(struct net_conn *conn)
{
    if (net_body_failed(conn->req))
        net_admit_refuse(conn, 500, "服务器无法保存上传的内容，请联系管理员检查磁盘空间。");
    else
        net_admit_dispatch(conn, conn->req);
}

void net_conn_reads(struct net_conn *conn, bool on)
{
    if (conn->state == NET_CLOSING || conn->reads_paused == !on)
        return;
    conn->reads_paused = !on;
    if (on)
        uv_read_start(&conn->uv.stream, on_alloc, on_read);
    else
        uv_read_stop(&conn->uv.stream);
}

/* --- out --- */
void net_conn_reply(struct net_conn *conn, struct xz_request *req)
{
    conn->state = NET_WRITING;
    if (net_conn_write(conn, xz_buf_str(&req->out), req->tail))
        net_conn_reply_done(conn);
}

bool net_conn_write(struct net_conn *conn, xz_str head, xz_str tail)
{
    uv_buf_t bufs[2] = { uv_buf_init((char *)head.ptr, (unsigned)head.len),
                         uv_buf_init((char *)tail.ptr, (unsigned)tail.len) };
    unsigned count = tail.len ? 2 : 1;
    int done = uv_try_write(&conn->uv.stream, bufs, count);

    if (done < 0 && done != UV_EAGAIN) {
        net_conn_close(conn);
        return false;
    }
    size_t sent = done < 0 ? 0 : (size_t)done;
    if (sent == head.len + tail.len)
        return true;
    for (unsigned i = 0; i < count; i++) {
        size_t piece = XZ_MIN(sent, bufs[i].len);
        bufs[i].base += piece;
        bufs[i].len -= piece;
        sent -= piece;
    }
    if (uv_write(&conn->write, &conn->uv.stream, bufs, count, on_written) != 0) {
        net_conn_close(conn);
        return false;
    }
    conn->is_writing = true;
    conn->write_queue_seen = uv_stream_get_write_queue_size(&conn->uv.stream);
    net_wheel_set(conn, conn->loop->server->limits.write_ms);
    return false;
}

static void on_written(uv_write_t *write, int status)
{
    struct net_conn *conn = write->handle->data;
    XZ_TAG_CHECK(conn, NET_TAG_CONN);
    if (conn->state == NET_CLOSING)
        return;
    conn->is_writing = false;
    if (status < 0)
        net_conn_close(conn);
    else if (conn->state == NET_STREAM)
        net_stream_pump(conn->req);
    else
        net_conn_reply_done(conn);
}

static void request_ended(struct xz_request *req)
{
    int64_t us = xz_time_monotonic_us() - req->begun_us;
    xz_metric_add(XZ_M_HTTP_REQUESTS, 1);
    xz_metric_observe_us(XZ_M_HTTP_SECONDS, us);
    if (req->status >= 500)
        xz_metric_add(XZ_M_HTTP_ERRORS, 1);
    if (req->row)
        XZ_LOG(REQUEST, XZ_LF_INT(REQ, req->number), XZ_LF_STR(ROUTE, xz_str_from(req->row->path)),
               XZ_LF_INT(STATUS, req->status), XZ_LF_INT(US, us));
}

void net_conn_reply_done(struct net_conn *conn)
{
    struct xz_request *req = conn->req;
    bool close_after = req->close_after || atomic_load(&conn->loop->server->stopping);
    bool is_unread = conn->left.len > 0 || !req->message_complete;

    request_ended(req);
    conn->req = NULL;
    net_loop_release(req);
    net_conn_reads(conn, true);
    if (!close_after) {
        conn->state = NET_IDLE;
        net_wheel_set(conn, conn->loop->server->limits.idle_ms);
        conn_go_on(conn);
        return;
    }
    if (!is_unread && !conn->is_consuming) {
        net_conn_close(conn);
        return;
    }
    /* Closing with unread bytes would send RST and may destroy the reply on its way. */
    uv_os_fd_t fd;
    conn->state = NET_LINGER;
    if (uv_fileno(&conn->uv.handle, &fd) == 0)
        shutdown(fd, SHUT_WR);
    net_wheel_set(conn, LINGER_MS);
}
