/* HTTP/1.1 server on libuv and strict llhttp, behind the nginx edge. Loop threads own sockets and
 * do nothing that blocks; handlers run on worker threads; replies travel back as messages.
 *
 * A request owns an arena and lives until its reply is complete. A handler either replies before it
 * returns, or calls xz_request_hold() and replies later from any thread, once. */
#ifndef XZ_NET_HTTP_H
#define XZ_NET_HTTP_H

#include "core/buf.h"
#include "core/clock.h"
#include "core/config.h"
#include "core/json.h"

struct xz_server;
struct xz_request;

enum xz_method { XZ_GET = 1, XZ_POST, XZ_PUT, XZ_DELETE }; /* HEAD is answered by GET routes */

typedef xz_err (*xz_handler)(struct xz_request *req);

/* What a route's rate row costs a client address per request; 0 is not allowed. */
enum xz_rate {
    XZ_RATE_NONE = 0,
    XZ_RATE_FREE /* never limited */,
    XZ_RATE_READ /* 1 */,
    XZ_RATE_ASK /* 4 */,
    XZ_RATE_HEAVY /* 20 */
};

#define XZ_BODY_NONE 1 /* this route takes no body */

/* The server refuses to start when a row lacks permission, body limit, rate or summary, when two
 * rows collide, or when a GET row takes a body. */
struct xz_route {
    enum xz_method method;
    const char *path;       /* "/api/entries/:id"; a last segment "*" takes the rest */
    int permission;         /* > 0; its meaning is the authorizer's (auth/) */
    int64_t body_max_bytes; /* XZ_BODY_NONE, or the largest body taken */
    enum xz_rate rate;
    xz_handler handler;
    const char *summary; /* Chinese, for the API document */
    const char *doc;     /* JSON object merged into the OpenAPI operation, or NULL */
    bool body_to_file;   /* the body is streamed to a temporary file, never held in memory */
};

struct xz_route_table {
    const struct xz_route *rows;
    size_t count;
};

struct xz_server_options {
    const struct xz_config *config;
    const struct xz_clock *clock;
    const struct xz_route_table *tables;
    size_t table_count;
    const char *socket_path;  /* Unix socket to listen on as well, mode 0600; NULL: none */
    const char *web_folder;   /* static files served at /; NULL: none */
    const char *spool_folder; /* for bodies that go to files; NULL when no route does */
    /* Says whether the request may pass the row's door. Runs on a worker. Sets up what
     * xz_request_actor() will return. */
    xz_err (*authorize)(struct xz_request *req, int permission, void *app);
    void *app; /* xz_request_app() */
};

/* Binds and starts the threads. XZ_E_INPUT a bad route row (detail names it), XZ_E_STATE the port
 * or socket is in use, XZ_E_IO otherwise; also when the parser linked is not the strict one. */
XZ_MUST_USE xz_err xz_server_start(const struct xz_server_options *options,
                                   struct xz_server **server);
int xz_server_port(const struct xz_server *server); /* the one really bound */
/* Stops accepting, lets requests under way end within net.drain_timeout_ms, closes, joins. */
void xz_server_stop(struct xz_server *server);
void xz_server_destroy(struct xz_server *server);

/* The generated OpenAPI 3.1 document of all rows, as JSON. */
XZ_MUST_USE xz_err xz_openapi_print(const struct xz_route_table *tables, size_t count,
                                    struct xz_buf *out);

/* --- a request --- */
struct xz_arena *xz_request_arena(struct xz_request *req);
void *xz_request_app(struct xz_request *req);
const struct xz_clock *xz_request_clock(struct xz_request *req);
int64_t xz_request_number(const struct xz_request *req);
xz_str xz_request_path(const struct xz_request *req); /* decoded, without query */
xz_str xz_request_param(const struct xz_request *req, const char *name); /* of the path; decoded */
xz_str xz_request_query(const struct xz_request *req, const char *name); /* decoded; "" if absent */
xz_str xz_request_header(const struct xz_request *req, const char *name); /* "" if absent */
bool xz_request_accepts(const struct xz_request *req,
                        const char *media_type); /* named explicitly */
xz_str xz_request_body(const struct xz_request *req);
/* Of a row with body_to_file: always there (maybe empty), removed after the reply unless the
 * handler moved it away. Else NULL. */
const char *xz_request_body_file(const struct xz_request *req);
/* Parses the body; requires Content-Type application/json. XZ_E_INPUT with a detail that helps. */
XZ_MUST_USE xz_err xz_request_json(struct xz_request *req, const struct xz_json **root);
/* The words for who asks: of a failing disk only the operator hears which file and why (the log has
 * it, too), everybody else that it is not their fault and to come back later. */
const char *xz_request_fail_detail(const struct xz_request *req, xz_err err);
bool xz_request_is_local(const struct xz_request *req, uint32_t *uid); /* came by the Unix socket */
xz_str xz_request_client(const struct xz_request *req); /* address; X-Real-IP when from loopback */
void xz_request_actor_set(struct xz_request *req, const void *actor); /* in the request's arena */
const void *xz_request_actor(const struct xz_request *req);
/* The client has gone; what is under way may stop. Cheap, any thread. */
bool xz_request_is_aborted(const struct xz_request *req);

/* The handler will reply after it returned; from any thread; exactly once. */
void xz_request_hold(struct xz_request *req);

/* --- a reply: exactly one of these (or a stream) per request --- */
void xz_reply_header(struct xz_request *req, const char *name, xz_str value); /* before the reply */
void xz_reply_bytes(struct xz_request *req, int status, const char *content_type, xz_str body);
void xz_reply_json(struct xz_request *req, int status, const struct xz_buf *json);
/* RFC 9457 problem document; the status follows from the error kind, the Chinese detail is
 * xz_fail_detail() of this thread (a default per kind when empty). A handler that returns an error
 * gets this by itself. XZ_E_LIMIT is 413 for a request with a body, else 429. */
void xz_reply_problem(struct xz_request *req, xz_err err);

/* --- an event stream (text/event-stream; X-Accel-Buffering: no; heartbeat) --- */
struct xz_stream;
/* Takes the request over: the head is sent, the request's arena lives until the stream is closed.
 * Whoever opened it closes it; what the handler returns after that is not looked at. */
struct xz_stream *xz_stream_open(struct xz_request *req);
/* Sends one event; `data` may have line breaks. `id` may be empty. Never blocks.
 *   XZ_E_LIMIT  the reader is slow and net.stream_bytes_max wait: the event was not queued
 *   XZ_E_STATE  the reader has gone (a HEAD request has none)
 *   XZ_E_INPUT  the event alone is larger than that limit, or its name has a line break */
XZ_MUST_USE xz_err xz_stream_send(struct xz_stream *stream, xz_str event, xz_str id, xz_str data);
/* `room` is called (on a loop thread, must not block) once there is room again after XZ_E_LIMIT,
 * and when the reader has gone. It may send and close. NULL takes it back. Here and in close, a
 * running `room` is waited for: do not call them with a lock held that `room` takes. */
void xz_stream_on_room(struct xz_stream *stream, void (*room)(void *arg), void *arg);
bool xz_stream_is_gone(const struct xz_stream *stream);
void xz_stream_close(struct xz_stream *stream); /* ends the reply; the stream is invalid after */

#endif
