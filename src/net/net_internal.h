/* The objects of the running server, shared by the files of net/ and nobody else.
 *
 * Who touches what: a loop's connections, wheel and free lists belong to its thread. A request
 * belongs to the loop while it is read and while its reply is written, and in between to its
 * handler (and whoever holds it). `parts_left` counts those who may still use it: the handler and
 * the reply; it changes only under the loop's queue lock, together with queueing the request, so
 * that whoever brings it to 0 has touched the request for the last time when the loop sees that.
 *
 * The upstream client of the model gateway will live beside this server on the same loops, in files
 * of its own (net_upstream*.c): a loop has room for its pools, and net_loop_post is its way home.
 */
#ifndef XZ_NET_NET_INTERNAL_H
#define XZ_NET_NET_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>
#include <llhttp/llhttp.h>

#include "core/log.h"
#include "core/metric.h"
#include "core/pool.h"
#include "net/net_check_internal.h"

enum {
    NET_TAG_CONN = 0x434f4e4e,
    NET_TAG_REQUEST = 0x52455155,
    NET_TAG_STREAM = 0x53545245,
    NET_READ_BYTES = 65536,
    NET_LEFT_BYTES_MAX = 65536,
    NET_WHEEL_SLOTS = 512,
    NET_TICK_MS = 50,
    NET_FREE_REQUESTS_MAX = 256,
    NET_LISTENERS_MAX = 2,
};

struct net_limits {
    int64_t head_bytes, head_ms, body_ms, idle_ms, write_ms, drain_ms, heartbeat_ms;
    int64_t stream_bytes, connections;
};

struct net_listener {
    int fd;
    bool is_unix, paused;
    uv_poll_t poll;
};

struct xz_server {
    struct xz_server_options options;
    struct net_limits limits;
    struct net_route_index *routes;
    struct net_static *files; /* NULL: none */
    struct net_rate *rate;
    struct xz_pool *pool;
    struct net_loop *loops;
    size_t loop_count;
    struct net_listener listeners[NET_LISTENERS_MAX];
    size_t listener_count;
    int port;
    struct xz_arena *arena;
    _Atomic int64_t request_number;
    atomic_int connections;
    atomic_bool stopping;
    bool stopped, leaked; /* leaked: a held request never ended; its memory must stay */
};

struct net_loop {
    struct xz_server *server;
    size_t number;
    pthread_t thread;
    uv_loop_t uv;
    uv_async_t wake;
    uv_timer_t tick;
    atomic_int load; /* connections, for the choice at hand-over */
    /* what other threads bring; the lock protects this block and requests' queue fields */
    pthread_mutex_t lock;
    struct xz_request *first, *last;
    struct net_handover {
        int fd;
        bool is_unix;
    } * arrived;
    size_t arrived_count, arrived_room;
    /* the loop's own */
    struct net_conn *conns;
    struct net_conn *wheel[NET_WHEEL_SLOTS];
    int64_t wheel_tick;
    struct xz_request *free_requests;
    size_t free_count, live_requests;
    int64_t drain_end_ms; /* 0: not draining */
    bool closing;
    char read_bytes[NET_READ_BYTES];
    struct net_head head; /* scratch */
};

enum net_conn_state {
    NET_IDLE,
    NET_HEAD,
    NET_BODY,
    NET_BUSY /* a handler has it */,
    NET_WRITING,
    NET_STREAM,
    NET_LINGER /* all said; reads until the other side closes */,
    NET_CLOSING,
};

struct net_conn {
    uint32_t tag;
    enum net_conn_state state;
    struct net_loop *loop;
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    struct net_conn *prev, *next, *wheel_prev, *wheel_next;
    int wheel_slot; /* -1: none */
    int64_t deadline_ms;
    struct xz_request *req;
    struct xz_buf left; /* bytes read and not yet parsed */
    size_t scan;        /* how far the head in `left` was looked through */
    bool is_consuming, is_writing, skipped_blank, is_local, reads_paused;
    uint32_t uid;
    size_t linger_bytes, write_queue_seen;
    uv_write_t write;
    uint8_t address[16];
    char address_text[48];
};

struct net_spool; /* see net_body.c */

struct xz_request {
    uint32_t tag;
    struct xz_request *next; /* in the queue or the free list */
    struct net_loop *loop;
    struct net_conn *conn; /* loop thread only; NULL once it has gone */
    bool is_queued;        /* under loop->lock */
    int parts_left;        /* under loop->lock */
    int parts_seen;        /* loop's copy of parts_left at the last message */
    bool is_dispatched;
    atomic_bool aborted;

    struct xz_arena *arena;
    int64_t number, begun_us;
    const struct xz_route *row;
    xz_str raw_query;
    struct net_path path;
    struct net_header *headers;
    size_t header_count;
    bool is_head, keep_alive, is_http10, is_local;
    uint32_t uid;
    uint8_t client[16];
    xz_str client_text;
    const void *actor;

    /* body */
    llhttp_t parser;
    bool chunked, message_complete;
    int64_t content_length, body_left, body_bytes;
    struct net_chunk_check chunk;
    struct xz_buf body;
    struct net_spool *spool;
    struct xz_json_doc *json;
    int refuse_status; /* set by the parser's callbacks */

    /* reply */
    bool held, replied, close_after, has_cache_control, has_csp;
    int status;
    struct xz_buf extra;           /* headers set by the handler */
    struct xz_buf out;             /* head and body */
    xz_str tail;                   /* a body sent from where it lies (static files) */
    struct xz_stream *stream;      /* set under loop->lock */
    struct xz_stream *stream_seen; /* loop's copy at the last message */
};

struct xz_stream {
    uint32_t tag;
    struct xz_request *req;
    pthread_mutex_t lock; /* protects queue, flying, the flags and room */
    struct xz_buf queue;
    size_t flying; /* bytes handed to the socket and not yet written */
    bool closed, limit_hit, gone_told;
    void (*room)(void *arg);
    void *room_arg;
    pthread_mutex_t
        room_lock; /* recursive; held while `room` runs, so that close can wait for it */
    bool chunked;
    struct xz_buf active; /* loop's: being written */
    bool begun;
};

/* net_loop.c */
XZ_MUST_USE xz_err net_loop_init(struct net_loop *loop, struct xz_server *server, size_t number);
void net_loop_run(void *loop);
void net_loop_fini(struct net_loop *loop);
void net_loop_hand_over(struct net_loop *loop, int fd, bool is_unix);
/* Queues the request to its loop and gives up `parts` of it; then it may not be touched. */
void net_loop_post(struct xz_request *req, int parts);
struct xz_request *net_loop_request(struct net_conn *conn);
void net_loop_release(struct xz_request *req);

/* net_wheel.c: deadlines, coarse by one tick */
void net_wheel_set(struct net_conn *conn, int64_t in_ms); /* < 0: no deadline */
void net_wheel_remove(struct net_conn *conn);
void net_wheel_advance(struct net_loop *loop);

/* net_listen.c */
XZ_MUST_USE xz_err net_listen_all(struct xz_server *server);
void net_listen_begin(struct net_loop *loop);
void net_listen_resume(struct net_loop *loop); /* after a pause for lack of descriptors */
void net_listen_end(struct net_loop *loop);

/* net_request.c: whether a list header ("gzip;q=0.5, br") names `wanted` with a quality above 0 */
bool net_list_accepts(xz_str list, xz_str wanted);

/* net_conn.c */
void net_conn_open(struct net_loop *loop, int fd, bool is_unix);
void net_conn_close(struct net_conn *conn);
void net_conn_deadline(struct net_conn *conn);
void net_conn_drain(struct net_conn *conn);
void net_conn_reply(struct net_conn *conn, struct xz_request *req);
/* One write at a time; the memory lives until it is done. True: done at once. False: on_written
 * follows, or the connection was closed. */
bool net_conn_write(struct net_conn *conn, xz_str head, xz_str tail);
void net_conn_reply_done(struct net_conn *conn);
void net_conn_reads(struct net_conn *conn, bool on);
void net_conn_body_complete(struct net_conn *conn); /* all its bytes have come */
void net_conn_body_done(struct net_conn *conn);     /* it lies where it belongs, or that failed */

/* net_admit.c: from a complete head to a row, a body or a reply */
/* Refuses in place of a handler: replies with a problem, and the connection closes after it. */
void net_admit_refuse(struct net_conn *conn, int status, const char *detail);
/* Takes one complete head: answers at once, waits for the body, or dispatches. */
void net_admit_head(struct net_conn *conn, xz_str head);
void net_admit_dispatch(struct net_conn *conn, struct xz_request *req);

/* net_parse.c */
enum net_parse { NET_PARSE_BAD = -1, NET_PARSE_MORE, NET_PARSE_DONE };
enum net_parse net_parse_head(struct xz_request *req, xz_str head);
/* Feeds body bytes; `*used` of them were the body's. */
enum net_parse net_parse_body(struct xz_request *req, xz_str bytes, size_t *used);

/* net_body.c */
int net_body_add(struct xz_request *req, xz_str bytes); /* 0 or the status to refuse with */
void net_body_begin(struct xz_request *req);
/* True when the body is complete where it belongs; else net_conn_body_done follows. */
bool net_body_finish(struct xz_request *req);
bool net_body_failed(const struct xz_request *req);
const char *net_body_path(const struct xz_request *req);
/* Lets go of the spool file (removed as soon as no write is under way). */
void net_body_discard(struct xz_request *req);
/* Removes what a server that was killed left in the spool folder. */
void net_body_clean(const char *folder);

/* net_reply.c */
/* The whole reply into req->out. `body` is copied, or with `in_place` sent from where it lies. */
void net_reply_build(struct xz_request *req, int status, const char *content_type, xz_str body,
                     bool in_place);
void net_reply_stream_head(struct xz_request *req, struct xz_buf *out, bool chunked);
/* net_problem.c */
/* `err` XZ_OK: refused by net/ itself. */
void net_problem_build(struct xz_request *req, xz_err err, int status, const char *detail);

/* net_stream.c */
void net_stream_pump(struct xz_request *req); /* loop thread: a message came or a write is done */
void net_stream_gone(struct xz_request *req);
void net_stream_heartbeat(struct xz_request *req);
void net_stream_fini(struct xz_stream *stream);

/* net_static.c */
struct net_static;
XZ_MUST_USE xz_err net_static_create(const char *folder, struct net_static **files);
void net_static_destroy(struct net_static *files);
/* Builds the reply when there is such a file; false: none. */
bool net_static_reply(const struct net_static *files, struct xz_request *req);

#endif
