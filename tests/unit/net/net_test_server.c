/* A small program on net/ for the API tests (tests/api/test_net_*.py) and for measuring: routes
 * that echo, hold, stream and fail on demand. It prints "port N" when it listens and ends on
 * SIGTERM after a drain. Usage: net_test_server [--web DIR] [--spool DIR] [--socket PATH] [--set
 * key=value]... */
#include "net/http.h"
#include "core/log.h"
#include "core/metric.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#define PERM 1

static xz_err hello(struct xz_request *req)
{
    xz_reply_bytes(req, 200, "application/json", XZ_STR("{\"hello\":\"您好\"}"));
    return XZ_OK;
}

static xz_err echo(struct xz_request *req)
{
    xz_reply_bytes(req, 200, "application/octet-stream", xz_request_body(req));
    return XZ_OK;
}

static xz_err echo_json(struct xz_request *req)
{
    const struct xz_json *root;
    struct xz_json_writer w;
    struct xz_buf out;
    xz_err err = xz_request_json(req, &root);
    if (err != XZ_OK)
        return err;
    xz_buf_init(&out, (size_t)MIB(1));
    xz_jw_init(&w, &out);
    xz_jw_begin_object(&w);
    xz_jw_member_str(&w, "name", xz_json_str(xz_json_get(root, "name"), XZ_STR("")));
    xz_jw_end_object(&w);
    xz_reply_json(req, 201, &out);
    xz_buf_fini(&out);
    return XZ_OK;
}

/* What the server understood of the request. */
static xz_err inspect(struct xz_request *req)
{
    struct xz_json_writer w;
    struct xz_buf out;
    uint32_t uid = 0;
    bool is_local = xz_request_is_local(req, &uid);

    xz_buf_init(&out, (size_t)MIB(1));
    xz_jw_init(&w, &out);
    xz_jw_begin_object(&w);
    xz_jw_member_str(&w, "path", xz_request_path(req));
    xz_jw_member_str(&w, "id", xz_request_param(req, "id"));
    xz_jw_member_str(&w, "rest", xz_request_param(req, "*"));
    xz_jw_member_str(&w, "q", xz_request_query(req, "q"));
    xz_jw_member_str(&w, "client", xz_request_client(req));
    xz_jw_member_str(&w, "header", xz_request_header(req, "x-test"));
    xz_jw_member_bool(&w, "json", xz_request_accepts(req, "application/json"));
    xz_jw_member_bool(&w, "local", is_local);
    xz_jw_member_int(&w, "uid", uid);
    xz_jw_end_object(&w);
    xz_reply_json(req, 200, &out);
    xz_buf_fini(&out);
    return XZ_OK;
}

static xz_err fail(struct xz_request *req)
{
    int64_t kind = XZ_E_IO;
    xz_str_to_int(xz_request_query(req, "kind"), &kind);
    if (kind < XZ_E_INPUT || kind > XZ_E_IO)
        return XZ_E_INPUT;
    return xz_request_query(req, "words").len ? xz_fail((xz_err)kind, "这里说明原因。")
                                              : (xz_err)kind;
}

static xz_err big(struct xz_request *req)
{
    int64_t bytes = 0;
    xz_str_to_int(xz_request_query(req, "bytes"), &bytes);
    char *text = xz_arena_alloc(xz_request_arena(req), (size_t)bytes);
    memset(text, 'x', (size_t)bytes);
    xz_reply_bytes(req, 200, "text/plain", (xz_str){ text, (size_t)bytes });
    return XZ_OK;
}

static xz_err upload(struct xz_request *req)
{
    const char *path = xz_request_body_file(req);
    FILE *file = fopen(path, "rb");
    uint64_t sum = 0;
    int64_t bytes = 0;
    int c;

    if (!file)
        return XZ_E_IO;
    while ((c = getc(file)) != EOF) {
        sum += (uint64_t)c;
        bytes++;
    }
    fclose(file);
    xz_str text = xz_str_format(xz_request_arena(req), "{\"bytes\":%lld,\"sum\":%llu}",
                                (long long)bytes, (unsigned long long)sum);
    xz_reply_bytes(req, 200, "application/json", text);
    return XZ_OK;
}

/* --- later, from another thread --- */
struct later {
    struct xz_request *req;
    int64_t ms;
};

static void *later_thread(void *arg)
{
    struct later *later = arg;
    struct xz_request *req = later->req;
    for (int64_t waited = 0; waited < later->ms && !xz_request_is_aborted(req); waited += 5)
        usleep(5000);
    xz_reply_bytes(req, 200, "text/plain", XZ_STR("later"));
    return NULL;
}

static xz_err hold(struct xz_request *req)
{
    struct later *later = XZ_NEW(xz_request_arena(req), struct later, 1);
    pthread_t thread;
    later->req = req;
    later->ms = 100;
    xz_str_to_int(xz_request_query(req, "ms"), &later->ms);
    xz_request_hold(req);
    if (pthread_create(&thread, NULL, later_thread, later) != 0)
        return XZ_E_IO;
    pthread_detach(thread);
    return XZ_OK;
}

/* --- streams --- */
static xz_err stream_short(struct xz_request *req)
{
    struct xz_stream *stream = xz_stream_open(req);
    xz_err err = xz_stream_send(stream, XZ_STR("status"), XZ_STR("1"), XZ_STR("{\"a\":1}"));
    if (err == XZ_OK)
        err = xz_stream_send(stream, XZ_STR("answer"), XZ_STR_NONE, XZ_STR("第一行\n第二行"));
    if (err == XZ_OK)
        err = xz_stream_send(stream, XZ_STR("done"), XZ_STR_NONE, XZ_STR("{}"));
    xz_stream_close(stream);
    return err;
}

/* A flood: sends until `count` events are queued, waiting for room by callback. */
struct flood {
    struct xz_stream *stream;
    pthread_mutex_t lock;
    pthread_cond_t room;
    bool has_room;
    int64_t count, pause_us;
};
static _Atomic int64_t floods_gone, floods_done, flood_sent;

static void flood_room(void *arg)
{
    struct flood *flood = arg;
    pthread_mutex_lock(&flood->lock);
    flood->has_room = true;
    pthread_cond_signal(&flood->room);
    pthread_mutex_unlock(&flood->lock);
}

static void *flood_thread(void *arg)
{
    struct flood *flood = arg;
    static const char line[] = "0123456789012345678901234567890123456789012345678901234567890123";
    xz_err err = XZ_OK;

    xz_stream_on_room(flood->stream, flood_room, flood);
    for (int64_t i = 0; i < flood->count;) {
        if (flood->pause_us)
            usleep((useconds_t)flood->pause_us);
        pthread_mutex_lock(&flood->lock);
        flood->has_room = false;
        pthread_mutex_unlock(&flood->lock);
        err = xz_stream_send(flood->stream, XZ_STR("n"), XZ_STR_NONE, xz_str_from(line));
        if (err == XZ_OK) {
            i++;
            flood_sent++;
        } else if (err == XZ_E_LIMIT) {
            pthread_mutex_lock(&flood->lock);
            while (!flood->has_room)
                pthread_cond_wait(&flood->room, &flood->lock);
            pthread_mutex_unlock(&flood->lock);
        } else {
            break;
        }
    }
    if (err == XZ_E_STATE)
        floods_gone++;
    else
        floods_done++;
    struct xz_stream *stream = flood->stream;
    pthread_mutex_t *lock = &flood->lock;
    pthread_cond_t *room = &flood->room;
    xz_stream_on_room(stream, NULL, NULL);
    pthread_mutex_destroy(lock);
    pthread_cond_destroy(room);
    xz_stream_close(stream);
    return NULL;
}

static xz_err stream_flood(struct xz_request *req)
{
    struct flood *flood = XZ_NEW(xz_request_arena(req), struct flood, 1);
    pthread_t thread;
    flood->count = 1000;
    xz_str_to_int(xz_request_query(req, "count"), &flood->count);
    xz_str_to_int(xz_request_query(req, "pause_us"), &flood->pause_us);
    pthread_mutex_init(&flood->lock, NULL);
    pthread_cond_init(&flood->room, NULL);
    flood->stream = xz_stream_open(req);
    if (pthread_create(&thread, NULL, flood_thread, flood) != 0)
        xz_stream_close(flood->stream);
    else
        pthread_detach(thread);
    return XZ_OK;
}

/* Held open without a thread until the client goes; only heartbeats flow. */
static void idle_gone(void *arg)
{
    xz_stream_close(arg);
}

static xz_err stream_idle(struct xz_request *req)
{
    struct xz_stream *stream = xz_stream_open(req);
    xz_stream_on_room(stream, idle_gone, stream);
    return XZ_OK;
}

static xz_err counters(struct xz_request *req)
{
    xz_str text = xz_str_format(
        xz_request_arena(req),
        "{\"gone\":%lld,\"done\":%lld,\"sent\":%lld,\"streams\":%lld,\"connections\":%lld}",
        (long long)floods_gone, (long long)floods_done, (long long)flood_sent,
        (long long)xz_metric_value(XZ_M_STREAMS), (long long)xz_metric_value(XZ_M_CONNECTIONS));
    xz_reply_bytes(req, 200, "application/json", text);
    return XZ_OK;
}

static xz_err openapi(struct xz_request *req);

static const struct xz_route rows[] = {
    { XZ_GET, "/test/hello", PERM, XZ_BODY_NONE, XZ_RATE_FREE, hello, "问候" },
    { XZ_POST, "/test/echo", PERM, KIB(256), XZ_RATE_FREE, echo, "原样返回" },
    { XZ_POST, "/test/small", PERM, 10, XZ_RATE_FREE, echo, "原样返回，至多 10 字节" },
    { XZ_POST, "/test/json", PERM, KIB(64), XZ_RATE_FREE, echo_json, "读取 JSON" },
    { XZ_GET, "/test/entries/:id", PERM, XZ_BODY_NONE, XZ_RATE_FREE, inspect, "一个条目" },
    { XZ_DELETE, "/test/entries/:id", PERM, XZ_BODY_NONE, XZ_RATE_FREE, inspect, "删除" },
    { XZ_GET, "/test/files/*", PERM, XZ_BODY_NONE, XZ_RATE_FREE, inspect, "余下路径" },
    { XZ_GET, "/test/fail", PERM, XZ_BODY_NONE, XZ_RATE_FREE, fail, "按种类出错" },
    { XZ_GET, "/test/big", PERM, XZ_BODY_NONE, XZ_RATE_FREE, big, "大的答复" },
    { XZ_POST, "/test/upload", PERM, MIB(64), XZ_RATE_FREE, upload, "上传到文件", NULL, true },
    { XZ_GET, "/test/hold", PERM, XZ_BODY_NONE, XZ_RATE_FREE, hold, "稍后答复" },
    { XZ_GET, "/test/limited", PERM, XZ_BODY_NONE, XZ_RATE_HEAVY, hello, "限制频次" },
    { XZ_GET, "/test/denied", 2, XZ_BODY_NONE, XZ_RATE_FREE, hello, "无权限" },
    { XZ_GET, "/test/stream", PERM, XZ_BODY_NONE, XZ_RATE_FREE, stream_short, "短的事件流" },
    { XZ_GET, "/test/stream/flood", PERM, XZ_BODY_NONE, XZ_RATE_FREE, stream_flood, "大量事件" },
    { XZ_GET, "/test/stream/idle", PERM, XZ_BODY_NONE, XZ_RATE_FREE, stream_idle, "安静的流" },
    { XZ_GET, "/test/counters", PERM, XZ_BODY_NONE, XZ_RATE_FREE, counters, "计数" },
    { XZ_GET, "/test/openapi.json", PERM, XZ_BODY_NONE, XZ_RATE_FREE, openapi, "接口说明" },
};
static const struct xz_route_table table = { rows, XZ_COUNT(rows) };

static xz_err openapi(struct xz_request *req)
{
    struct xz_buf out;
    xz_buf_init(&out, (size_t)MIB(1));
    xz_err err = xz_openapi_print(&table, 1, &out);
    if (err == XZ_OK)
        xz_reply_json(req, 200, &out);
    xz_buf_fini(&out);
    return err;
}

static xz_err authorize(struct xz_request *req, int permission, void *app)
{
    return permission == PERM ? XZ_OK : XZ_E_DENIED;
}

int main(int argc, char **argv)
{
    struct xz_server_options options = {
        .clock = &xz_clock_system, .tables = &table, .table_count = 1, .authorize = authorize
    };
    const char *flags[64];
    size_t flag_count = 0;
    struct xz_config *config = NULL;
    struct xz_server *server = NULL;
    sigset_t wanted;
    int caught;

    flags[flag_count++] = "net.port=0";
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--web") == 0)
            options.web_folder = argv[i + 1];
        else if (strcmp(argv[i], "--spool") == 0)
            options.spool_folder = argv[i + 1];
        else if (strcmp(argv[i], "--socket") == 0)
            options.socket_path = argv[i + 1];
        else if (strcmp(argv[i], "--set") == 0 && flag_count < XZ_COUNT(flags))
            flags[flag_count++] = argv[i + 1];
    }
    if (!options.spool_folder)
        options.spool_folder = ".";
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGINT);
    pthread_sigmask(SIG_BLOCK, &wanted, NULL);
    if (xz_config_load(NULL, flags, flag_count, &config) != XZ_OK ||
        (options.config = config, xz_server_start(&options, &server)) != XZ_OK) {
        fprintf(stderr, "%s\n", xz_fail_detail());
        xz_config_destroy(config);
        return 1;
    }
    printf("port %d\n", xz_server_port(server));
    fflush(stdout);
    sigwait(&wanted, &caught);
    xz_server_stop(server);
    xz_server_destroy(server);
    xz_config_destroy(config);
    return 0;
}
