/* The server as a whole: checks, sockets, threads; and their end in the reverse order. */
#include "net/net_internal.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static void server_limits(struct xz_server *server);
static xz_err server_prepare(struct xz_server *server);
static xz_err server_threads(struct xz_server *server);

xz_err xz_server_start(const struct xz_server_options *options, struct xz_server **server)
{
    struct xz_server *made = XZ_ALLOC(struct xz_server, 1);
    xz_err err;

    made->options = *options;
    made->arena = xz_arena_create((size_t)KIB(4));
    server_limits(made);
    if ((err = server_prepare(made)) != XZ_OK)
        goto out;
    if ((err = net_listen_all(made)) != XZ_OK)
        goto out;
    if ((err = server_threads(made)) != XZ_OK)
        goto out;
    xz_str address = xz_config_str(options->config, XZ_CFG_NET_ADDRESS);
    XZ_LOG(NET_LISTENING, XZ_LF_STR(ADDRESS, address), XZ_LF_INT(PORT, made->port));
    *server = made;
out:
    if (err != XZ_OK) {
        made->stopped = true;
        xz_server_destroy(made);
    }
    return err;
}

int xz_server_port(const struct xz_server *server)
{
    return server->port;
}

void xz_server_stop(struct xz_server *server)
{
    if (!server || server->stopped)
        return;
    server->stopped = true;
    atomic_store(&server->stopping, true);
    for (size_t i = 0; i < server->loop_count; i++)
        uv_async_send(&server->loops[i].wake);
    for (size_t i = 0; i < server->loop_count; i++)
        pthread_join(server->loops[i].thread, NULL);
    xz_pool_destroy(server->pool);
    server->pool = NULL;
}

void xz_server_destroy(struct xz_server *server)
{
    if (!server)
        return;
    xz_server_stop(server);
    if (server->leaked) /* someone may still reply to a request of ours */
        return;
    for (size_t i = 0; i < server->loop_count; i++)
        net_loop_fini(&server->loops[i]);
    for (size_t i = 0; i < server->listener_count; i++)
        if (server->listeners[i].fd >= 0)
            close(server->listeners[i].fd);
    xz_pool_destroy(server->pool);
    net_static_destroy(server->files);
    net_rate_destroy(server->rate);
    net_route_index_destroy(server->routes);
    xz_free(server->loops);
    xz_arena_destroy(server->arena);
    xz_free(server);
}

static void server_limits(struct xz_server *server)
{
    const struct xz_config *config = server->options.config;
    server->limits = (struct net_limits){
        .head_bytes = xz_config_int(config, XZ_CFG_NET_HEAD_BYTES),
        .head_ms = xz_config_int(config, XZ_CFG_NET_HEAD_MS),
        .body_ms = xz_config_int(config, XZ_CFG_NET_BODY_MS),
        .idle_ms = xz_config_int(config, XZ_CFG_NET_IDLE_MS),
        .write_ms = xz_config_int(config, XZ_CFG_NET_WRITE_MS),
        .drain_ms = xz_config_int(config, XZ_CFG_NET_DRAIN_MS),
        .heartbeat_ms = xz_config_int(config, XZ_CFG_NET_HEARTBEAT_MS),
        .stream_bytes = xz_config_int(config, XZ_CFG_NET_STREAM_BYTES),
        .connections = xz_config_int(config, XZ_CFG_NET_CONNECTIONS),
    };
}

/* Shells start programs with 1,024 descriptors; as many connections as are configured need more.
 * What the hard limit forbids shows as a pause in accepting (net_listen.c). */
static void server_raise_descriptors(int64_t connections)
{
    enum { OTHER_DESCRIPTORS = 1024 };
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    rlim_t wanted = XZ_MIN((rlim_t)connections + OTHER_DESCRIPTORS, limit.rlim_max);
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = wanted;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* Everything that needs no socket and no thread. */
static xz_err server_prepare(struct xz_server *server)
{
    const struct xz_server_options *options = &server->options;
    enum { RATE_BUCKETS = 16384 };
    xz_err err;

    if (!net_parse_is_strict())
        return xz_fail(XZ_E_IO,
                       "HTTP 解析器不是严格版本，拒绝启动。请用 LLHTTP_STRICT_MODE=1 重新构建。");
    server_raise_descriptors(server->limits.connections);
    err = net_route_index_create(options->tables, options->table_count, &server->routes);
    for (size_t t = 0; err == XZ_OK && t < options->table_count; t++)
        for (size_t r = 0; err == XZ_OK && r < options->tables[t].count; r++)
            if (options->tables[t].rows[r].body_to_file && !options->spool_folder)
                err = xz_fail(XZ_E_INPUT, "路由 %s 的请求体存入文件，但没有暂存目录。",
                              options->tables[t].rows[r].path);
    if (options->spool_folder)
        net_body_clean(options->spool_folder);
    if (err == XZ_OK && options->web_folder)
        err = net_static_create(options->web_folder, &server->files);
    int64_t per_minute = xz_config_int(options->config, XZ_CFG_NET_RATE);
    if (per_minute > 0)
        server->rate = net_rate_create(per_minute, RATE_BUCKETS);
    /* The caller's text may not outlive the call. */
    if (options->socket_path)
        server->options.socket_path = xz_str_cstr(server->arena, xz_str_from(options->socket_path));
    if (options->spool_folder)
        server->options.spool_folder = xz_str_cstr(server->arena,
                                                   xz_str_from(options->spool_folder));
    return err;
}

static void *loop_thread(void *arg)
{
    struct net_loop *loop = arg;
    char name[16];
    snprintf(name, sizeof name, "xz-loop-%u", (unsigned)loop->number % 1000);
    pthread_setname_np(pthread_self(), name);
    net_loop_run(loop);
    return NULL;
}

static xz_err server_threads(struct xz_server *server)
{
    const struct xz_config *config = server->options.config;
    size_t loops = (size_t)xz_config_int(config, XZ_CFG_NET_LOOPS);
    int64_t workers = xz_config_int(config, XZ_CFG_NET_WORKERS);
    xz_err err = XZ_OK;
    sigset_t all, before;

    if (workers == 0)
        workers = XZ_MAX((int64_t)sysconf(_SC_NPROCESSORS_ONLN), 2);
    server->loops = XZ_ALLOC(struct net_loop, loops);
    for (size_t i = 0; i < loops && err == XZ_OK; i++) {
        err = net_loop_init(&server->loops[i], server, i);
        if (err == XZ_OK)
            server->loop_count++;
    }
    if (err != XZ_OK)
        return err;
    /* Signals are the main thread's; a write to a closed socket must not raise SIGPIPE here. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    server->pool = xz_pool_create("xz-worker", (size_t)workers, (size_t)server->limits.connections);
    for (size_t i = 0; i < loops; i++) {
        int failed = pthread_create(&server->loops[i].thread, NULL, loop_thread, &server->loops[i]);
        XZ_ASSERT(failed == 0);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return err;
}
