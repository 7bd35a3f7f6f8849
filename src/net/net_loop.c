/* One loop thread: its libuv loop, the queue by which other threads reach it, the tick that drives
 * deadlines, the drain, and the requests kept for reuse. What happens on a connection is
 * net_conn.c. */
#include "net/net_internal.h"

#include <unistd.h>

enum {
    LOOP_BATCH = 128,
    REQUEST_ARENA_BYTES = 8192,
    BUF_KEEP_BYTES = 32768,
    HELD_GRACE_MS = 5000 /* for held requests after the drain has cut all connections */
};

static void on_wake(uv_async_t *handle);
static void on_tick(uv_timer_t *handle);
static void loop_arrivals(struct net_loop *loop);
static void loop_message(struct xz_request *req);
static void loop_drain(struct net_loop *loop);

xz_err net_loop_init(struct net_loop *loop, struct xz_server *server, size_t number)
{
    loop->server = server;
    loop->number = number;
    pthread_mutex_init(&loop->lock, NULL);
    if (uv_loop_init(&loop->uv) != 0)
        return xz_fail(XZ_E_IO, "网络循环无法启动，请检查可打开文件数的限制。");
    loop->uv.data = loop;
    if (uv_async_init(&loop->uv, &loop->wake, on_wake) != 0 ||
        uv_timer_init(&loop->uv, &loop->tick) != 0)
        return xz_fail(XZ_E_IO, "网络循环无法启动，请检查可打开文件数的限制。");
    loop->wheel_tick = (int64_t)uv_now(&loop->uv) / NET_TICK_MS;
    uv_timer_start(&loop->tick, on_tick, NET_TICK_MS, NET_TICK_MS);
    return XZ_OK;
}

void net_loop_run(void *arg)
{
    struct net_loop *loop = arg;
    if (loop->number == 0)
        net_listen_begin(loop);
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

/* Ran to its end, or never ran: closes what init opened. */
void net_loop_fini(struct net_loop *loop)
{
    if (!loop->closing) {
        uv_close((uv_handle_t *)&loop->wake, NULL);
        uv_close((uv_handle_t *)&loop->tick, NULL);
        uv_run(&loop->uv, UV_RUN_DEFAULT);
    }
    while (loop->free_requests) {
        struct xz_request *req = loop->free_requests;
        loop->free_requests = req->next;
        xz_arena_destroy(req->arena);
        xz_buf_fini(&req->body);
        xz_buf_fini(&req->extra);
        xz_buf_fini(&req->out);
        xz_free(req);
    }
    uv_loop_close(&loop->uv);
    for (size_t i = 0; i < loop->arrived_count; i++)
        close(loop->arrived[i].fd);
    xz_free(loop->arrived);
    pthread_mutex_destroy(&loop->lock);
}

/* --- what other threads bring --- */
void net_loop_hand_over(struct net_loop *loop, int fd, bool is_unix)
{
    pthread_mutex_lock(&loop->lock);
    if (loop->arrived_count == loop->arrived_room) {
        loop->arrived_room = XZ_MAX(loop->arrived_room * 2, (size_t)16);
        loop->arrived = xz_realloc(loop->arrived, loop->arrived_room * sizeof *loop->arrived);
    }
    loop->arrived[loop->arrived_count++] = (struct net_handover){ fd, is_unix };
    pthread_mutex_unlock(&loop->lock);
    uv_async_send(&loop->wake);
}

void net_loop_post(struct xz_request *req, int parts)
{
    struct net_loop *loop = req->loop;
    bool was_empty = false;

    pthread_mutex_lock(&loop->lock);
    XZ_ASSERT(req->parts_left >= parts);
    req->parts_left -= parts;
    if (!req->is_queued) {
        req->is_queued = true;
        req->next = NULL;
        was_empty = loop->first == NULL;
        if (was_empty)
            loop->first = req;
        else
            loop->last->next = req;
        loop->last = req;
    }
    pthread_mutex_unlock(&loop->lock);
    if (was_empty)
        uv_async_send(&loop->wake);
}

static void on_wake(uv_async_t *handle)
{
    struct net_loop *loop = handle->loop->data;
    struct xz_request *batch[LOOP_BATCH];
    size_t count;

    loop_arrivals(loop);
    do {
        count = 0;
        pthread_mutex_lock(&loop->lock);
        while (loop->first && count < LOOP_BATCH) {
            struct xz_request *req = loop->first;
            loop->first = req->next;
            req->is_queued = false;
            req->parts_seen = req->parts_left;
            req->stream_seen = req->stream;
            batch[count++] = req;
        }
        pthread_mutex_unlock(&loop->lock);
        for (size_t i = 0; i < count; i++)
            loop_message(batch[i]);
    } while (count == LOOP_BATCH);
    if (atomic_load(&loop->server->stopping))
        loop_drain(loop);
}

static void loop_arrivals(struct net_loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    struct net_handover *arrived = loop->arrived;
    size_t count = loop->arrived_count;
    loop->arrived = NULL;
    loop->arrived_count = loop->arrived_room = 0;
    pthread_mutex_unlock(&loop->lock);
    for (size_t i = 0; i < count; i++)
        net_conn_open(loop, arrived[i].fd, arrived[i].is_unix);
    xz_free(arrived);
}

static void loop_message(struct xz_request *req)
{
    XZ_TAG_CHECK(req, NET_TAG_REQUEST);
    if (!req->conn) { /* nobody is there any more */
        if (req->stream_seen)
            net_stream_gone(req);
        if (req->parts_seen == 0)
            net_loop_release(req);
    } else if (req->stream_seen) {
        net_stream_pump(req);
    } else if (req->parts_seen == 0) {
        net_conn_reply(req->conn, req);
    }
}

/* --- time --- */
static void on_tick(uv_timer_t *handle)
{
    struct net_loop *loop = handle->loop->data;
    if (loop->conns)
        net_wheel_advance(loop);
    else
        loop->wheel_tick = (int64_t)uv_now(&loop->uv) / NET_TICK_MS;
    net_listen_resume(loop);
    if (atomic_load(&loop->server->stopping))
        loop_drain(loop);
}

/* Runs at every tick and message once the server stops. */
static void loop_drain(struct net_loop *loop)
{
    int64_t now_ms = (int64_t)uv_now(&loop->uv);
    bool is_first = loop->drain_end_ms == 0;

    if (loop->closing)
        return;
    if (is_first) {
        net_listen_end(loop);
        loop->drain_end_ms = now_ms + loop->server->limits.drain_ms + 1;
    }
    for (struct net_conn *conn = loop->conns, *next; conn; conn = next) {
        next = conn->next;
        if (now_ms >= loop->drain_end_ms)
            net_conn_close(conn);
        else if (is_first)
            net_conn_drain(conn);
    }
    bool gave_up = now_ms >= loop->drain_end_ms + HELD_GRACE_MS;
    if (loop->conns || (loop->live_requests && !gave_up))
        return;
    if (loop->live_requests) {
        loop->server->leaked = true;
        XZ_LOG(REQUEST_FAILED, XZ_LF_STR(DETAIL, XZ_STR("held requests were never answered")),
               XZ_LF_INT(COUNT, (int64_t)loop->live_requests));
    }
    loop->closing = true;
    uv_close((uv_handle_t *)&loop->wake, NULL);
    uv_close((uv_handle_t *)&loop->tick, NULL);
}

/* --- requests --- */
struct xz_request *net_loop_request(struct net_conn *conn)
{
    struct net_loop *loop = conn->loop;
    struct xz_request *req = loop->free_requests;

    if (req) {
        loop->free_requests = req->next;
        loop->free_count--;
    } else {
        req = XZ_ALLOC(struct xz_request, 1);
        req->arena = xz_arena_create(REQUEST_ARENA_BYTES);
        xz_buf_init(&req->body, SIZE_MAX / 8);
        xz_buf_init(&req->extra, (size_t)KIB(64));
        xz_buf_init(&req->out, SIZE_MAX / 8);
        req->loop = loop;
    }
    loop->live_requests++;
    req->tag = NET_TAG_REQUEST;
    req->next = NULL;
    req->conn = conn;
    req->parts_left = req->parts_seen = 2; /* the handler and the reply */
    req->number = atomic_fetch_add(&loop->server->request_number, 1) + 1;
    req->begun_us = xz_time_monotonic_us();
    atomic_store_explicit(&req->aborted, false, memory_order_relaxed);
    conn->req = req;
    return req;
}

static void buf_reuse(struct xz_buf *buf)
{
    size_t bytes_max = buf->bytes_max;
    if (buf->room > BUF_KEEP_BYTES) {
        xz_buf_fini(buf);
        xz_buf_init(buf, bytes_max);
    } else {
        xz_buf_clear(buf);
    }
}

void net_loop_release(struct xz_request *req)
{
    struct net_loop *loop = req->loop;
    struct xz_arena *arena = req->arena;

    XZ_TAG_CHECK(req, NET_TAG_REQUEST);
    XZ_ASSERT(!req->is_queued);
    net_body_discard(req);
    xz_json_destroy(req->json);
    if (req->stream)
        net_stream_fini(req->stream);
    loop->live_requests--;
    if (loop->free_count >= NET_FREE_REQUESTS_MAX) {
        xz_arena_destroy(arena);
        xz_buf_fini(&req->body);
        xz_buf_fini(&req->extra);
        xz_buf_fini(&req->out);
        req->tag = 0;
        xz_free(req);
        return;
    }
    buf_reuse(&req->body);
    buf_reuse(&req->extra);
    buf_reuse(&req->out);
    xz_arena_reset(arena);
    *req = (struct xz_request){
        .loop = loop, .arena = arena, .body = req->body, .extra = req->extra, .out = req->out
    };
    req->next = loop->free_requests;
    loop->free_requests = req;
    loop->free_count++;
}
