/* Listening sockets (TCP and Unix) and the accept loop. Loop 0 accepts and hands each connection to
 * the loop with the fewest; SO_REUSEPORT was measured to spread few connections badly. */
#include "net/net_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { ACCEPTS_PER_TURN = 64, LISTEN_BACKLOG = 1024 };

static xz_err listen_tcp(struct xz_server *server);
static xz_err listen_unix(struct xz_server *server, const char *path);
static void on_listener(uv_poll_t *poll, int status, int events);

xz_err net_listen_all(struct xz_server *server)
{
    xz_err err = listen_tcp(server);
    if (err == XZ_OK && server->options.socket_path)
        err = listen_unix(server, server->options.socket_path);
    return err;
}

static xz_err listen_failed(int fd, xz_str address, int64_t port)
{
    int cause = errno;
    if (fd >= 0)
        close(fd);
    if (cause == EADDRINUSE)
        return xz_fail(XZ_E_STATE, "%.*s:%lld 已被占用。请关闭占用它的程序，或改用别的端口。",
                       XZ_STR_ARG(address), (long long)port);
    return xz_fail(XZ_E_IO, "无法在 %.*s:%lld 上监听：%s。", XZ_STR_ARG(address), (long long)port,
                   strerror(cause));
}

static xz_err listen_tcp(struct xz_server *server)
{
    xz_str address = xz_config_str(server->options.config, XZ_CFG_NET_ADDRESS);
    int64_t port = xz_config_int(server->options.config, XZ_CFG_NET_PORT);
    uint8_t bytes[16];
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } at = { 0 };
    int one = 1;

    if (!net_address_parse(address, bytes))
        return xz_fail(XZ_E_INPUT, "net.address 不是 IP 地址：%.*s", XZ_STR_ARG(address));
    bool is_v6 = memchr(address.ptr, ':', address.len) != NULL;
    socklen_t len = is_v6 ? sizeof at.v6 : sizeof at.v4;
    if (is_v6) {
        at.v6.sin6_family = AF_INET6;
        at.v6.sin6_port = htons((uint16_t)port);
        memcpy(&at.v6.sin6_addr, bytes, 16);
    } else {
        at.v4.sin_family = AF_INET;
        at.v4.sin_port = htons((uint16_t)port);
        memcpy(&at.v4.sin_addr, bytes + 12, 4);
    }
    int fd = socket(at.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, &at.any, len) != 0 || listen(fd, LISTEN_BACKLOG) != 0 ||
        getsockname(fd, &at.any, &len) != 0)
        return listen_failed(fd, address, port);
    server->port = ntohs(is_v6 ? at.v6.sin6_port : at.v4.sin_port);
    server->listeners[server->listener_count++] = (struct net_listener){ .fd = fd };
    return XZ_OK;
}

/* Whether someone answers there. A socket file without a listener is what a crash leaves. */
static bool unix_answers(const struct sockaddr_un *at)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool answers = fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof *at) == 0;
    if (fd >= 0)
        close(fd);
    return answers;
}

static xz_err listen_unix(struct xz_server *server, const char *path)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    struct stat st;

    if (strlen(path) >= sizeof at.sun_path)
        return xz_fail(XZ_E_INPUT, "套接字路径过长（最多 %zu 字节）：%s", sizeof at.sun_path - 1,
                       path);
    memcpy(at.sun_path, path, strlen(path) + 1);
    if (lstat(path, &st) == 0) {
        if (!S_ISSOCK(st.st_mode) || unix_answers(&at))
            return xz_fail(XZ_E_STATE, "%s 已被占用，可能服务已在运行。", path);
        unlink(path);
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    /* The mode is set on the socket before bind, so that the file never exists with a wider one. */
    if (fd < 0 || fchmod(fd, 0600) != 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
        chmod(path, 0600) != 0 || listen(fd, LISTEN_BACKLOG) != 0)
        return listen_failed(fd, xz_str_from(path), 0);
    server->listeners[server->listener_count++] = (struct net_listener){ .fd = fd,
                                                                         .is_unix = true };
    return XZ_OK;
}

void net_listen_begin(struct net_loop *loop)
{
    for (size_t i = 0; i < loop->server->listener_count; i++) {
        struct net_listener *listener = &loop->server->listeners[i];
        int failed = uv_poll_init(&loop->uv, &listener->poll, listener->fd);
        XZ_ASSERT(failed == 0); /* a fresh socket on a fresh loop */
        listener->poll.data = listener;
        uv_poll_start(&listener->poll, UV_READABLE, on_listener);
    }
}

void net_listen_resume(struct net_loop *loop)
{
    for (size_t i = 0; loop->number == 0 && i < loop->server->listener_count; i++) {
        struct net_listener *listener = &loop->server->listeners[i];
        if (listener->paused && loop->drain_end_ms == 0)
            uv_poll_start(&listener->poll, UV_READABLE, on_listener);
        listener->paused = false;
    }
}

static void on_listener_closed(uv_handle_t *handle)
{
    struct net_listener *listener = handle->data;
    close(listener->fd);
    listener->fd = -1;
}

void net_listen_end(struct net_loop *loop)
{
    struct xz_server *server = loop->server;
    for (size_t i = 0; loop->number == 0 && i < server->listener_count; i++) {
        if (server->listeners[i].is_unix)
            unlink(server->options.socket_path);
        uv_close((uv_handle_t *)&server->listeners[i].poll, on_listener_closed);
    }
}

static void refuse_when_full(int fd)
{
    static const char reply[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
                                "Retry-After: 5\r\nConnection: close\r\n\r\n";
    if (send(fd, reply, sizeof reply - 1, MSG_NOSIGNAL) > 0)
        shutdown(fd, SHUT_WR);
    close(fd);
}

static struct net_loop *lightest_loop(struct xz_server *server)
{
    struct net_loop *best = &server->loops[0];
    for (size_t i = 1; i < server->loop_count; i++)
        if (atomic_load(&server->loops[i].load) < atomic_load(&best->load))
            best = &server->loops[i];
    return best;
}

static void on_listener(uv_poll_t *poll, int status, int events)
{
    struct net_listener *listener = poll->data;
    struct net_loop *loop = poll->loop->data;
    struct xz_server *server = loop->server;

    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
            /* The socket stays readable: without a pause the loop would spin. */
            uv_poll_stop(poll);
            listener->paused = true;
        }
        if (fd < 0)
            return;
        if (atomic_load(&server->connections) >= server->limits.connections) {
            refuse_when_full(fd);
            continue;
        }
        atomic_fetch_add(&server->connections, 1);
        struct net_loop *target = lightest_loop(server);
        atomic_fetch_add(&target->load, 1);
        if (target == loop)
            net_conn_open(loop, fd, listener->is_unix);
        else
            net_loop_hand_over(target, fd, listener->is_unix);
    }
}
