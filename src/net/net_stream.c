/* Event streams. A producer on any thread appends whole events to a bounded queue; the loop swaps
 * the queue for an empty one and writes it, so that a slow reader costs that much memory and no
 * thread. Framing is chunked, so that the connection lives on after the stream. */
#include "net/net_internal.h"

#include <sys/socket.h>

enum {
    STREAM_BUF_KEEP_BYTES = 4096,
    /* The kernel would let a reader who does not read hold megabytes of ours. */
    STREAM_SOCKET_BYTES = 128 * 1024,
};

static void add_event(struct xz_buf *out, xz_str event, xz_str id, xz_str data);
static size_t event_bytes(xz_str event, xz_str id, xz_str data);
static void stream_room(struct xz_stream *stream, bool is_gone);

struct xz_stream *xz_stream_open(struct xz_request *req)
{
    struct xz_stream *stream = XZ_NEW(req->arena, struct xz_stream, 1);
    size_t bytes_max = (size_t)req->loop->server->limits.stream_bytes + (size_t)KIB(128);
    pthread_mutexattr_t recursive;

    XZ_ASSERT(!req->replied && !req->stream);
    stream->tag = NET_TAG_STREAM;
    stream->req = req;
    stream->chunked = !req->is_http10 && !req->is_head;
    pthread_mutex_init(&stream->lock, NULL);
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&stream->room_lock, &recursive);
    pthread_mutexattr_destroy(&recursive);
    xz_buf_init(&stream->queue, bytes_max);
    xz_buf_init(&stream->active, bytes_max);
    req->close_after = req->close_after || req->is_http10;
    net_reply_stream_head(req, &stream->queue, !req->is_http10);
    xz_metric_add(XZ_M_STREAMS, 1);
    pthread_mutex_lock(&req->loop->lock); /* the loop looks at req->stream at any message */
    req->stream = stream;
    pthread_mutex_unlock(&req->loop->lock);
    net_loop_post(req, 0);
    return stream;
}

xz_err xz_stream_send(struct xz_stream *stream, xz_str event, xz_str id, xz_str data)
{
    XZ_TAG_CHECK(stream, NET_TAG_STREAM);
    struct xz_request *req = stream->req;
    size_t bytes = event_bytes(event, id, data);
    size_t bytes_max = (size_t)req->loop->server->limits.stream_bytes;
    xz_err err = XZ_OK;

    XZ_ASSERT(!stream->closed);
    if (xz_stream_is_gone(stream))
        return XZ_E_STATE;
    if (bytes > bytes_max - KIB(1) || memchr(event.ptr, '\n', event.len) ||
        memchr(id.ptr, '\n', id.len))
        return xz_fail(XZ_E_INPUT, "事件过大，或名称含有换行。");
    pthread_mutex_lock(&stream->lock);
    if (stream->queue.len + stream->flying + bytes > bytes_max) {
        stream->limit_hit = true;
        err = XZ_E_LIMIT;
    } else {
        if (stream->chunked)
            xz_buf_addf(&stream->queue, "%zx\r\n", bytes);
        add_event(&stream->queue, event, id, data);
        if (stream->chunked)
            xz_buf_add_lit(&stream->queue, "\r\n");
        XZ_ASSERT(stream->queue.err == XZ_OK);
    }
    pthread_mutex_unlock(&stream->lock);
    if (err == XZ_OK)
        net_loop_post(req, 0);
    return err;
}

void xz_stream_on_room(struct xz_stream *stream, void (*room)(void *arg), void *arg)
{
    pthread_mutex_lock(&stream->room_lock); /* the one before is not running */
    pthread_mutex_lock(&stream->lock);
    stream->room = room;
    stream->room_arg = arg;
    pthread_mutex_unlock(&stream->lock);
    pthread_mutex_unlock(&stream->room_lock);
    net_loop_post(stream->req, 0); /* there may be room already */
}

bool xz_stream_is_gone(const struct xz_stream *stream)
{
    return stream->req->is_head || xz_request_is_aborted(stream->req);
}

void xz_stream_close(struct xz_stream *stream)
{
    XZ_TAG_CHECK(stream, NET_TAG_STREAM);
    pthread_mutex_lock(&stream->room_lock); /* `room` is not running, unless it is calling us */
    pthread_mutex_lock(&stream->lock);
    XZ_ASSERT(!stream->closed);
    stream->closed = true;
    stream->room = NULL;
    if (stream->chunked)
        xz_buf_add_lit(&stream->queue, "0\r\n\r\n");
    pthread_mutex_unlock(&stream->lock);
    pthread_mutex_unlock(&stream->room_lock);
    net_loop_post(stream->req, 1);
}

/* --- framing --- */
static xz_str next_line(xz_str *data)
{
    size_t len = 0;
    while (len < data->len && data->ptr[len] != '\n' && data->ptr[len] != '\r')
        len++;
    xz_str line = { data->ptr, len };
    bool is_pair = len + 1 < data->len && data->ptr[len] == '\r' && data->ptr[len + 1] == '\n';
    size_t eaten = XZ_MIN(data->len, len + (is_pair ? 2 : 1));
    *data = (xz_str){ data->ptr + eaten, data->len - eaten };
    return line;
}

static size_t event_bytes(xz_str event, xz_str id, xz_str data)
{
    size_t bytes = 1 + (event.len ? event.len + 8 : 0) + (id.len ? id.len + 5 : 0);
    do
        bytes += next_line(&data).len + 7;
    while (data.len);
    return bytes;
}

static void add_field(struct xz_buf *out, xz_str name, xz_str value)
{
    xz_buf_add(out, name);
    xz_buf_add(out, value);
    xz_buf_add_char(out, '\n');
}

static void add_event(struct xz_buf *out, xz_str event, xz_str id, xz_str data)
{
    if (event.len)
        add_field(out, XZ_STR("event: "), event);
    if (id.len)
        add_field(out, XZ_STR("id: "), id);
    do
        add_field(out, XZ_STR("data: "), next_line(&data));
    while (data.len);
    xz_buf_add_char(out, '\n');
}

/* --- on the loop thread --- */
static void stream_begin(struct xz_request *req, struct net_conn *conn)
{
    int bytes = STREAM_SOCKET_BYTES;
    req->stream->begun = true;
    conn->state = NET_STREAM;
    uv_send_buffer_size(&conn->uv.handle, &bytes);
}

/* Takes what is queued into `active`; true when that was all there will be and it is nothing. */
static bool stream_take(struct xz_stream *stream)
{
    struct xz_buf spent = stream->active;
    size_t bytes_max = spent.bytes_max;

    if (spent.room > STREAM_BUF_KEEP_BYTES) {
        xz_buf_fini(&spent);
        xz_buf_init(&spent, bytes_max);
    }
    xz_buf_clear(&spent);
    pthread_mutex_lock(&stream->lock);
    stream->active = stream->queue;
    stream->queue = spent;
    stream->flying = stream->active.len;
    bool is_end = stream->closed && stream->active.len == 0;
    pthread_mutex_unlock(&stream->lock);
    return is_end;
}

void net_stream_pump(struct xz_request *req)
{
    struct xz_stream *stream = req->stream;
    struct net_conn *conn = req->conn;
    bool is_end = false;

    if (!stream->begun)
        stream_begin(req, conn);
    while (!conn->is_writing) {
        is_end = stream_take(stream);
        if (stream->active.len == 0)
            break;
        bool is_done = net_conn_write(conn, xz_buf_str(&stream->active), XZ_STR_NONE);
        if (conn->state == NET_CLOSING)
            return; /* the request may be gone as well */
        if (!is_done)
            break;
    }
    if (is_end && req->parts_seen == 0) {
        net_conn_reply_done(conn);
        return;
    }
    if (!conn->is_writing)
        net_wheel_set(conn, conn->loop->server->limits.heartbeat_ms);
    stream_room(stream, false);
}

void net_stream_gone(struct xz_request *req)
{
    stream_room(req->stream, true);
}

/* Tells a producer that met the limit that it may go on, or that there is no reader any more. */
static void stream_room(struct xz_stream *stream, bool is_gone)
{
    size_t low = (size_t)stream->req->loop->server->limits.stream_bytes / 2;

    pthread_mutex_lock(&stream->room_lock);
    pthread_mutex_lock(&stream->lock);
    void (*room)(void *arg) = stream->room;
    void *arg = stream->room_arg;
    bool has_room = stream->limit_hit && stream->queue.len + stream->flying <= low;
    bool is_due = room && (has_room || (is_gone && !stream->gone_told));
    if (is_due) {
        stream->limit_hit = false;
        stream->gone_told = is_gone;
    }
    pthread_mutex_unlock(&stream->lock);
    if (is_due)
        room(arg);
    pthread_mutex_unlock(&stream->room_lock);
}

void net_stream_heartbeat(struct xz_request *req)
{
    struct net_conn *conn = req->conn;
    xz_str beat = req->stream->chunked ? XZ_STR("3\r\n:\n\n\r\n") : XZ_STR(":\n\n");

    if (!req->is_head && !net_conn_write(conn, beat, XZ_STR_NONE))
        return;
    net_wheel_set(conn, conn->loop->server->limits.heartbeat_ms);
}

void net_stream_fini(struct xz_stream *stream)
{
    xz_metric_add(XZ_M_STREAMS, -1);
    stream->tag = 0;
    xz_buf_fini(&stream->queue);
    xz_buf_fini(&stream->active);
    pthread_mutex_destroy(&stream->lock);
    pthread_mutex_destroy(&stream->room_lock);
}
