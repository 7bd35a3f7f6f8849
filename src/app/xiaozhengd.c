/* xiaozhengd: the server. Reads its settings, opens the data folder, listens, and ends cleanly on
 * SIGTERM or SIGINT. */
#include "app/app.h"

#include "core/file.h"
#include "core/log.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define FLAGS_MAX 64

struct command {
    struct xz_app_options app;
    const char *flags[FLAGS_MAX];
    char port_flag[64];
    char web_flag[4200];
    bool print_config, print_openapi;
};

static void usage(FILE *to)
{
    fputs("用法：xiaozhengd [选项]\n"
          "  --data 目录          数据目录（默认 ./data-dir）\n"
          "  --port 端口          监听端口（默认 8012；0 由系统分配）\n"
          "  --web 目录           网页文件目录\n"
          "  --config 文件        设置文件\n"
          "  --set 键=值          覆盖一项设置，可多次使用\n"
          "  --print-config       打印带说明的设置样例\n"
          "  --print-openapi      打印接口文档\n"
          "  --version, --help\n"
          "退出码：0 正常；1 运行失败；2 参数或设置有误；4 数据目录或端口被占用。\n",
          to);
}

static bool flag_add(struct command *c, const char *flag)
{
    if (c->app.flag_count == FLAGS_MAX)
        return false;
    c->flags[c->app.flag_count++] = flag;
    c->app.flags = c->flags;
    return true;
}

/* Returns -1 to go on, else the exit code. */
static int command_parse(int argc, char **argv, struct command *c)
{
    static const struct option options[] = {
        { "data", required_argument, NULL, 'd' },    { "port", required_argument, NULL, 'p' },
        { "web", required_argument, NULL, 'w' },     { "config", required_argument, NULL, 'c' },
        { "set", required_argument, NULL, 's' },     { "print-config", no_argument, NULL, 'P' },
        { "version", no_argument, NULL, 'V' },       { "help", no_argument, NULL, 'h' },
        { "print-openapi", no_argument, NULL, 'O' }, { NULL, 0, NULL, 0 },
    };
    int option;
    bool room = true;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'd':
            c->app.data_folder = optarg;
            break;
        case 'c':
            c->app.config_file = optarg;
            break;
        case 'p':
            snprintf(c->port_flag, sizeof(c->port_flag), "net.port=%s", optarg);
            room = flag_add(c, c->port_flag);
            break;
        case 'w':
            snprintf(c->web_flag, sizeof(c->web_flag), "web.dir=%s", optarg);
            room = flag_add(c, c->web_flag);
            break;
        case 's':
            room = flag_add(c, optarg);
            break;
        case 'P':
            c->print_config = true;
            break;
        case 'O':
            c->print_openapi = true;
            break;
        case 'V':
            puts("xiaozhengd " XZ_VERSION);
            return 0;
        case 'h':
            usage(stdout);
            return 0;
        default:
            usage(stderr);
            return 2;
        }
        if (!room) {
            fputs("xiaozhengd: --set 太多。\n", stderr);
            return 2;
        }
    }
    if (optind == argc)
        return -1;
    usage(stderr);
    return 2;
}

static int exit_code(xz_err err)
{
    return err == XZ_OK ? 0 : err == XZ_E_INPUT ? 2 : err == XZ_E_STATE ? 4 : 1;
}

static int print_config(void)
{
    struct xz_buf buf;
    xz_buf_init(&buf, MIB(1));
    xz_config_print_sample(&buf);
    fwrite(buf.ptr, 1, buf.len, stdout);
    xz_buf_fini(&buf);
    return 0;
}

static int print_openapi(void)
{
    size_t count;
    const struct xz_route_table *tables = xz_app_tables(&count);
    struct xz_buf buf;
    xz_buf_init(&buf, MIB(4));
    xz_err err = xz_openapi_print(tables, count, &buf);
    if (err == XZ_OK)
        printf("%s\n", buf.ptr);
    xz_buf_fini(&buf);
    return exit_code(err);
}

static xz_str web_folder(struct xz_app *app, struct xz_arena *arena)
{
    static const char *const beside[] = { "web", "../web/dist", "../../../web/dist",
                                          "../share/xiaozheng/web" };
    xz_str set = xz_config_str(app->config, XZ_CFG_WEB_DIR);
    if (set.len)
        return xz_str_copy(arena, set);
    for (size_t i = 0; i < XZ_COUNT(beside); i++) {
        xz_str folder = xz_path_join(arena, xz_str_from(app->program_folder),
                                     xz_str_from(beside[i]));
        if (access(xz_path_join(arena, folder, XZ_STR("index.html")).ptr, R_OK) == 0)
            return folder;
    }
    return XZ_STR_NONE;
}

static xz_err server_start(struct xz_app *app, struct xz_arena *arena, struct xz_server **server)
{
    xz_str spool = xz_path_join(arena, xz_str_from(app->data_folder), XZ_STR("spool"));
    xz_str web = web_folder(app, arena);
    struct xz_server_options options = {
        .config = app->config,
        .clock = app->clock,
        .socket_path = xz_app_socket_path(app, arena).ptr,
        .web_folder = web.len ? web.ptr : NULL,
        .spool_folder = spool.ptr,
        .authorize = xz_app_authorize,
        .app = app,
    };
    options.tables = xz_app_tables(&options.table_count);
    xz_err err = xz_dir_make(spool.ptr);
    return err == XZ_OK ? xz_server_start(&options, server) : err;
}

static void serve_until_signal(struct xz_app *app, struct xz_server *server,
                               const sigset_t *signals)
{
    int port = xz_server_port(server), signal = 0;
    xz_str address = xz_config_str(app->config, XZ_CFG_NET_ADDRESS);
    XZ_LOG(READY, XZ_LF_STR(ADDRESS, address), XZ_LF_INT(PORT, port),
           XZ_LF_INT(MS, xz_clock_now_ms(app->clock) - app->started_ms));
    printf("小政已就绪：http://%.*s:%d/\n", XZ_STR_ARG(address), port);
    fflush(stdout);
    while (sigwait(signals, &signal) != 0) {
    }
    XZ_LOG(STOP, XZ_LF_INT(SIGNAL, signal));
}

int main(int argc, char **argv)
{
    struct command command = { .app = { .config_file = NULL } };
    struct xz_app app = { .ready = false };
    struct xz_server *server = NULL;
    struct xz_arena *arena;
    sigset_t signals;
    int code = command_parse(argc, argv, &command);
    xz_err err;

    if (code >= 0)
        return code;
    if (command.print_config || command.print_openapi)
        return command.print_config ? print_config() : print_openapi();
    /* Before any thread: all of them leave the signals to sigwait. */
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    arena = xz_arena_create(4096);
    if ((err = xz_app_configure(&command.app, &app)) == XZ_OK) {
        XZ_LOG(START, XZ_LF_STR(VERSION, XZ_STR(XZ_VERSION)),
               XZ_LF_STR(PATH, xz_str_from(app.data_folder)));
        app.serving = true;
        if ((err = xz_app_open(&app)) == XZ_OK)
            err = server_start(&app, arena, &server);
    }
    if (err == XZ_OK)
        serve_until_signal(&app, server, &signals);
    else
        fprintf(stderr, "xiaozhengd: %s\n", xz_fail_detail());
    if (server) {
        xz_server_stop(server);
        xz_server_destroy(server);
    }
    xz_app_close(&app);
    xz_arena_destroy(arena);
    return exit_code(err);
}
