/* From a complete head to an answer: who asks, which row, whether the row's limits let it in, then
 * the body, then a worker. Also the refusals of everything that never reaches a handler. */
#include "net/net_internal.h"

static int admit_fill(struct xz_request *req, const struct net_head *head, const char **reason);
static void admit_client(struct net_conn *conn, struct xz_request *req);
static void admit_route(struct net_conn *conn, struct xz_request *req, const struct net_head *head);
static void admit_without_row(struct net_conn *conn, enum xz_method method, unsigned allowed);
static bool admit_rate(struct net_conn *conn, struct xz_request *req);
static void admit_body(struct net_conn *conn, struct xz_request *req, bool expect_continue);
static void answer(struct net_conn *conn, int status, const char *detail);
static void request_job(void *arg);

void net_admit_head(struct net_conn *conn, xz_str bytes)
{
    struct xz_request *req = net_loop_request(conn);
    struct net_head *head = &conn->loop->head;
    const char *reason = "请求格式有误。";

    /* The bytes lie in the loop's read buffer; the request needs them for as long as it lives. */
    int status = net_head_check(xz_str_copy(req->arena, bytes), head, &reason);
    if (status == 0)
        status = admit_fill(req, head, &reason);
    if (status == 0 && net_parse_head(req, bytes) == NET_PARSE_BAD)
        status = 400;
    if (status != 0) {
        net_admit_refuse(conn, status, reason);
        return;
    }
    admit_client(conn, req);
    admit_route(conn, req, head);
}

void net_admit_refuse(struct net_conn *conn, int status, const char *detail)
{
    struct xz_request *req = conn->req ? conn->req : net_loop_request(conn);
    req->close_after = true;
    req->message_complete = false; /* there may be more to come: linger */
    req->is_dispatched = false;
    xz_metric_add(XZ_M_HTTP_REFUSED, 1);
    XZ_LOG(REFUSED, XZ_LF_INT(REQ, req->number), XZ_LF_INT(STATUS, status),
           XZ_LF_STR(DETAIL, xz_str_from(detail)));
    net_problem_build(req, XZ_OK, status, detail);
    net_conn_reply(conn, req);
}

/* An answer by net/ itself; the connection goes on when there is no body to skip. */
static void answer(struct net_conn *conn, int status, const char *detail)
{
    struct xz_request *req = conn->req;
    req->close_after = req->close_after || !req->message_complete;
    net_problem_build(req, XZ_OK, status, detail);
    net_conn_reply(conn, req);
}

static int admit_fill(struct xz_request *req, const struct net_head *head, const char **reason)
{
    size_t bytes = head->header_count * sizeof *head->headers;
    xz_str query = head->target, decoded;
    xz_str path = xz_str_cut(&query, '?');

    req->is_head = head->is_head;
    req->is_http10 = head->minor == 0;
    req->keep_alive = head->keep_alive;
    req->close_after = !head->keep_alive;
    req->chunked = head->chunked;
    req->content_length = head->content_length;
    req->raw_query = query;
    req->headers = xz_arena_alloc(req->arena, bytes);
    memcpy(req->headers, head->headers, bytes);
    req->header_count = head->header_count;
    if (!net_url_decode(req->arena, query, false, &decoded)) {
        *reason = "请求地址的查询参数有误：百分号编码须是 UTF-8。";
        return 400;
    }
    int status = net_path_parse(req->arena, path, &req->path);
    if (status)
        *reason = status == 404 ? "没有这个地址，请检查后重试。"
                                : "请求地址有误：百分号编码须是 UTF-8，且不能含有 . 或 .. 段。";
    return status;
}

/* nginx in front says who asks; from anyone but the same machine that word counts for nothing. */
static void admit_client(struct net_conn *conn, struct xz_request *req)
{
    static const uint8_t loopback_v4[13] = { [10] = 0xff, [11] = 0xff, [12] = 127 };
    static const uint8_t loopback_v6[16] = { [15] = 1 };

    req->is_local = conn->is_local;
    req->uid = conn->uid;
    memcpy(req->client, conn->address, sizeof req->client);
    if (conn->is_local) {
        req->client_text = XZ_STR("local");
        return;
    }
    bool from_here = memcmp(conn->address, loopback_v4, 13) == 0 ||
                     memcmp(conn->address, loopback_v6, 16) == 0;
    xz_str real = from_here ? xz_request_header(req, "X-Real-IP") : XZ_STR_NONE;
    uint8_t bytes[16];
    if (net_address_parse(real, bytes)) {
        memcpy(req->client, bytes, sizeof bytes);
        req->client_text = real;
    } else {
        req->client_text = xz_str_copy(req->arena, xz_str_from(conn->address_text));
    }
}

static void admit_route(struct net_conn *conn, struct xz_request *req, const struct net_head *head)
{
    unsigned allowed = 0;
    const struct xz_route *row = net_route_find(conn->loop->server->routes, head->method,
                                                &req->path, &allowed);

    if (!row) {
        admit_without_row(conn, head->method, allowed);
        return;
    }
    req->row = row;
    bool has_body = !req->message_complete;
    int64_t body_max = row->body_max_bytes == XZ_BODY_NONE ? 0 : row->body_max_bytes;
    if (has_body && (head->content_length > body_max || body_max == 0)) {
        answer(conn, 413,
               body_max ? "提交的内容超过了允许的大小，请缩小后再试。" : "这个接口不接收请求体。");
        return;
    }
    if (!admit_rate(conn, req))
        return;
    if (has_body) {
        admit_body(conn, req, head->expect_continue);
    } else if (row->body_to_file) { /* an empty body is an empty file, so that there always is one
                                     */
        net_body_begin(req);
        net_conn_body_complete(conn);
    } else {
        net_admit_dispatch(conn, req);
    }
}

static void admit_without_row(struct net_conn *conn, enum xz_method method, unsigned allowed)
{
    struct xz_request *req = conn->req;
    struct xz_server *server = conn->loop->server;
    xz_str path = req->path.text;
    char allow[64] = "";

    if (allowed) {
        for (int m = XZ_GET; m <= XZ_DELETE; m++)
            if (allowed & (1u << m))
                snprintf(allow + strlen(allow), sizeof allow - strlen(allow), "%s%s%s",
                         allow[0] ? ", " : "", net_method_name((enum xz_method)m),
                         m == XZ_GET ? ", HEAD" : "");
        xz_reply_header(req, "Allow", xz_str_from(allow));
        answer(conn, 405, "这个地址不支持该请求方法。");
        return;
    }
    bool is_api = xz_str_starts(path, XZ_STR("/api/")) || xz_str_eq(path, XZ_STR("/api"));
    if (server->files && !is_api && method == XZ_GET && req->message_complete &&
        net_static_reply(server->files, req)) {
        net_conn_reply(conn, req);
        return;
    }
    answer(conn, 404, "没有这个地址，请检查后重试。");
}

static bool admit_rate(struct net_conn *conn, struct xz_request *req)
{
    struct xz_server *server = conn->loop->server;
    char seconds[24];

    if (!server->rate || req->is_local)
        return true;
    int64_t wait_s = net_rate_take(server->rate, req->client, req->row->rate,
                                   xz_clock_now_ms(server->options.clock));
    if (wait_s == 0)
        return true;
    snprintf(seconds, sizeof seconds, "%lld", (long long)wait_s);
    xz_reply_header(req, "Retry-After", xz_str_from(seconds));
    answer(conn, 429, "请求过于频繁，请稍后再试；也可拨打 12345 热线咨询。");
    return false;
}

static void admit_body(struct net_conn *conn, struct xz_request *req, bool expect_continue)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    uv_buf_t buf = uv_buf_init((char *)go_on, sizeof go_on - 1);

    conn->state = NET_BODY;
    net_wheel_set(conn, conn->loop->server->limits.body_ms);
    net_body_begin(req);
    /* Nothing else is being written here. Whoever lets 25 bytes block reads no answers either. */
    if (expect_continue && uv_try_write(&conn->uv.stream, &buf, 1) != (int)buf.len)
        net_conn_close(conn);
}

void net_admit_dispatch(struct net_conn *conn, struct xz_request *req)
{
    conn->state = NET_BUSY;
    net_wheel_set(conn, -1);
    req->is_dispatched = true;
    if (xz_pool_run(conn->loop->server->pool, request_job, req) == XZ_OK)
        return;
    req->is_dispatched = false;
    xz_reply_header(req, "Retry-After", XZ_STR("1"));
    answer(conn, 503, "系统繁忙，请稍后再试；急事请拨打 12345 热线。");
}

/* On a worker: the door, then the handler. */
static void request_job(void *arg)
{
    struct xz_request *req = arg;
    struct xz_server_options *options = &req->loop->server->options;
    xz_err err = XZ_OK;

    XZ_TAG_CHECK(req, NET_TAG_REQUEST);
    xz_fail_clear();
    if (options->authorize)
        err = options->authorize(req, req->row->permission, options->app);
    if (err == XZ_OK)
        err = req->row->handler(req);
    if (req->held || req->stream) {
        net_loop_post(req, 1);
        return;
    }
    if (!req->replied) {
        XZ_ASSERT(err != XZ_OK); /* a handler replies, holds, or fails */
        xz_reply_problem(req, err);
    }
    net_loop_post(req, 2);
}
