/* Where a command works: with the server that answers on the data folder's socket, else on the
 * folder itself, opened as the operating-system user. */
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/cli/cli_internal.h"
#include "core/file.h"
#include "core/log.h"

/* A server that is just starting holds the folder before it listens, one that is stopping still
 * does when it listens no more. */
#define WAITS    15
#define WAIT_MS  100
#define PROBE_MS 10000

static xz_err configure(struct cli *cli)
{
    const struct cli_options *o = &cli->options;
    struct xz_app_options options = { .config_file = o->config,
                                      .data_folder = o->data,
                                      .flags = o->sets,
                                      .flag_count = o->set_count };
    xz_err err = xz_app_configure(&options, &cli->app);
    if (err != XZ_OK)
        return err;
    /* What the server logs as news is noise between the lines of a command. */
    if (xz_str_eq(xz_config_str(cli->app.config, XZ_CFG_LOG_LEVEL), XZ_STR("info")))
        xz_log_level_set(XZ_LOG_ERROR);
    cli->socket_path = xz_str_cstr(cli->arena, xz_app_socket_path(&cli->app, cli->arena));
    return XZ_OK;
}

/* Files made by root in a folder of the server's user would lock that server out of its own data.
 */
xz_err cli_folder_check(struct cli *cli, enum cli_need need)
{
    const char *folder = cli->app.data_folder;
    xz_str db = xz_path_join(cli->arena, xz_str_from(folder), XZ_STR("xiaozheng.db"));
    struct stat st;

    if (stat(folder, &st) == 0) {
        const struct passwd *owner = getpwuid(st.st_uid);
        const char *name = owner ? owner->pw_name : "其所有者";
        if (!S_ISDIR(st.st_mode))
            return xz_fail(XZ_E_INPUT, "%s 不是目录，请用 --data 指定数据目录。", folder);
        if (access(folder, R_OK | W_OK | X_OK) != 0 || (geteuid() == 0 && st.st_uid != 0))
            return xz_fail(XZ_E_DENIED,
                           "数据目录 %s 属于用户 %s，请用该用户运行：sudo -u %s xiaozheng …",
                           folder, name, name);
    } else if (errno == EACCES) {
        return xz_fail(XZ_E_DENIED, "没有权限访问数据目录 %s。", folder);
    }
    if (need == CLI_NEEDS_DATA && access(db.ptr, F_OK) != 0)
        return xz_fail(XZ_E_MISSING,
                       "数据目录 %s 还没有数据。请用 --data 指定数据目录，或先运行 xiaozheng "
                       "import 导入资料。",
                       folder);
    return XZ_OK;
}

xz_err cli_server_find(struct cli *cli)
{
    struct cli_request probe = { .method = "GET",
                                 .target = XZ_STR("/readyz"),
                                 .reply_timeout_ms = PROBE_MS };
    xz_err err = XZ_E_IO;
    /* A server that is just dying still takes connections; the second try then finds nobody. */
    for (int i = 0; i < 2 && err == XZ_E_IO; i++) {
        struct xz_buf reply;
        if ((err = cli_http_open(cli->socket_path, &cli->http)) != XZ_OK)
            break;
        xz_buf_init(&reply, (size_t)MIB(1));
        err = cli_http_call(cli->http, &probe, &reply);
        xz_buf_fini(&reply);
        if (err != XZ_OK) {
            cli_http_close(cli->http);
            cli->http = NULL;
        }
    }
    return err;
}

/* The folder itself. After XZ_E_STATE (another process has it) only the settings are left. */
static xz_err folder_open(struct cli *cli, enum cli_need need)
{
    xz_err err = cli_folder_check(cli, need);
    if (err != XZ_OK || (err = xz_app_open(&cli->app)) != XZ_E_STATE)
        return err;
    char *why = xz_str_cstr(cli->arena, xz_str_from(xz_fail_detail()));
    xz_app_close(&cli->app);
    err = configure(cli);
    return err == XZ_OK ? xz_fail(XZ_E_STATE, "%s", why) : err;
}

xz_err cli_session_begin(struct cli *cli, enum cli_need need)
{
    const struct timespec pause = { .tv_nsec = WAIT_MS * 1000000L };
    xz_err err = configure(cli);

    cli->actor = (struct xz_actor){ XZ_ACTOR_LOCAL, (int64_t)getuid() };
    if (err != XZ_OK || need == CLI_NEEDS_SETTINGS)
        return err;
    for (int i = 0; i < WAITS; i++) {
        if ((err = cli_server_find(cli)) != XZ_E_MISSING ||
            (err = folder_open(cli, need)) != XZ_E_STATE)
            return err;
        nanosleep(&pause, NULL);
    }
    return err;
}

void cli_session_end(struct cli *cli)
{
    cli_http_close(cli->http);
    cli->http = NULL;
    xz_app_close(&cli->app);
}

/* --- regions --- */

struct region_search {
    xz_str wanted;
    int64_t code;
    size_t near;
};

/* The whole name counts; else the front of one name only ("临江" for 临江区). */
static void region_try(struct region_search *search, xz_str name, int64_t code, bool *exact)
{
    if (xz_str_eq(name, search->wanted)) {
        search->code = code;
        *exact = true;
    } else if (!*exact && search->wanted.len && xz_str_starts(name, search->wanted)) {
        search->code = code;
        search->near++;
    }
}

static xz_err region_of_server(struct cli *cli, struct region_search *search, bool *exact)
{
    struct xz_json_doc *doc = NULL;
    struct xz_buf reply;
    xz_buf_init(&reply, (size_t)CLI_REPLY_BYTES_MAX);
    xz_err err = cli_http_get(cli->http, XZ_STR("/api/regions"), &reply);
    if (err == XZ_OK)
        err = xz_json_parse(xz_buf_str(&reply), &doc);
    const struct xz_json *list = xz_json_get(xz_json_root(doc), "regions");
    for (size_t i = 0; err == XZ_OK && i < xz_json_count(list); i++) {
        const struct xz_json *region = xz_json_at(list, i);
        int64_t code = 0;
        if (xz_str_to_int(cli_text_of(region, "code"), &code))
            region_try(search, cli_text_of(region, "name"), code, exact);
    }
    xz_json_destroy(doc);
    xz_buf_fini(&reply);
    return err;
}

xz_err cli_region_find(struct cli *cli, const char *region, int64_t *code)
{
    struct region_search search = { .wanted = xz_str_trim(xz_str_from(region)) };
    bool exact = false;
    xz_err err = XZ_OK;

    *code = 0;
    if (!region || xz_str_to_int(search.wanted, code))
        return XZ_OK; /* whether the code exists is for those to say who use it */
    if (cli->http) {
        err = region_of_server(cli, &search, &exact);
    } else {
        const struct xz_site *site = xz_knowledge_site(cli->app.context.knowledge);
        for (size_t i = 0; i < site->own_region_count; i++)
            region_try(&search, site->regions[i].name, site->regions[i].code, &exact);
    }
    if (err != XZ_OK)
        return err;
    if (!exact && search.near != 1)
        return xz_fail(XZ_E_INPUT,
                       search.near ? "有不止一个区域以“%s”开头，请写全名或区划代码。"
                                   : "没有名为“%s”的区域，请写全名或区划代码。",
                       region);
    *code = search.code;
    return XZ_OK;
}

xz_str cli_path_absolute(struct cli *cli, const char *path)
{
    char here[4096];
    if (path[0] == '/' || !getcwd(here, sizeof(here)))
        return xz_str_from(path);
    return xz_path_join(cli->arena, xz_str_from(here), xz_str_from(path));
}
