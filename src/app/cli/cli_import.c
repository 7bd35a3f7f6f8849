/* `import`: files and folders into knowledge, through a server or straight into the folder, with
 * its progress. Stopping is safe at any moment: running it again goes on where it stopped. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/cli/cli_internal.h"
#include "core/file.h"
#include "text/text.h"

#define CONNECTIONS_DEFAULT 4
#define CONNECTIONS_MAX     64
#define FILE_REPLY_MS       (30 * 60 * 1000) /* taking a large table apart and storing it */
#define BAR_CELLS           24
#define BAR_EVERY_US        100000
#define LINE_EVERY_US       5000000
#define LISTED_MAX          100 /* for people; --json has all */
#define KEPT_MAX            100000
#define COLUMNS_BYTES_MAX   2000

struct kept {
    xz_str source, reason;
};
struct kept_list {
    struct kept *items;
    size_t count, room;
};

struct import_run {
    struct cli *cli;
    struct xz_arena *arena; /* of what is kept; touched by on_file only */
    struct kept_list refused, notes;
    const char *columns; /* --map, NULL: none */
    struct xz_import_progress progress;
    int64_t start_us, shown_us, new_clauses;
    size_t bar_columns; /* 0: plain lines */
    bool quiet;
    pthread_mutex_t lock; /* guards the idle connections */
    struct cli_http *idle[CONNECTIONS_MAX];
    size_t idle_count;
};

/* --- Ctrl-C --- */

static _Atomic bool stop_asked;

static void *signal_wait(void *arg)
{
    sigset_t *signals = arg;
    int got;
    while (sigwait(signals, &got) != 0) {
    }
    stop_asked = true;
    fputs("\n正在停止，等手头的文件办完（再按一次 Ctrl-C 立即退出）……\n", stderr);
    while (sigwait(signals, &got) != 0) {
    }
    _exit(CLI_INTERRUPTED); /* as safe as a power cut: what was acknowledged is durable */
}

/* Before the data are opened: every thread made later leaves these signals to the one that waits.
 */
void cli_import_prepare(void)
{
    static sigset_t signals;
    pthread_t thread;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    if (pthread_create(&thread, NULL, signal_wait, &signals) == 0)
        pthread_detach(thread);
    else
        pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
}

/* --- one file to the server --- */

static struct cli_http *connection_take(struct import_run *run)
{
    pthread_mutex_lock(&run->lock);
    struct cli_http *http = run->idle_count ? run->idle[--run->idle_count] : NULL;
    pthread_mutex_unlock(&run->lock);
    return http;
}

static void connection_give(struct import_run *run, struct cli_http *http)
{
    pthread_mutex_lock(&run->lock);
    bool room = run->idle_count < CONNECTIONS_MAX;
    if (room)
        run->idle[run->idle_count++] = http;
    pthread_mutex_unlock(&run->lock);
    if (!room)
        cli_http_close(http);
}

static xz_err result_read(struct xz_arena *arena, const struct xz_buf *json,
                          struct xz_import_result *result)
{
    struct xz_json_doc *doc = NULL;
    xz_err err = xz_json_parse(xz_buf_str(json), &doc);
    if (err != XZ_OK)
        return xz_fail(XZ_E_IO, "服务的答复不合规范。");
    const struct xz_json *root = xz_json_root(doc);
    xz_str outcome = cli_text_of(root, "outcome");
    for (int i = XZ_IMPORT_STORED; i <= XZ_IMPORT_REFUSED; i++)
        if (xz_str_eq(outcome, xz_str_from(xz_import_outcome_name((enum xz_import_outcome)i))))
            result->outcome = (enum xz_import_outcome)i;
    result->reason = xz_str_copy(arena, cli_text_of(root, "reason"));
    result->entries = cli_int_of(root, "entries");
    result->clauses = cli_int_of(root, "clauses");
    xz_json_destroy(doc);
    return XZ_OK;
}

static xz_err file_post(struct import_run *run, struct xz_arena *arena, int fd, int64_t bytes,
                        struct xz_import_result *result)
{
    struct cli_http *http = connection_take(run);
    struct cli_request request = { .method = "POST",
                                   .from_file = true,
                                   .file_fd = fd,
                                   .file_bytes = bytes,
                                   .reply_timeout_ms = FILE_REPLY_MS };
    struct xz_buf url, reply;
    xz_err err = http ? XZ_OK : cli_http_open(run->cli->socket_path, &http);

    if (err != XZ_OK)
        return xz_fail(XZ_E_IO, "服务已停止，导入中断；再次运行同一命令即可继续。");
    xz_buf_init(&url, (size_t)KIB(16));
    xz_buf_init(&reply, (size_t)MIB(2));
    xz_buf_add_lit(&url, "/api/import?source=");
    cli_url_add(&url, result->source);
    if (run->columns) {
        xz_buf_add_lit(&url, "&columns=");
        cli_url_add(&url, xz_str_from(run->columns));
    }
    request.target = xz_buf_str(&url);
    err = url.err == XZ_OK ? cli_http_call(http, &request, &reply)
                           : xz_fail(XZ_E_INPUT, "文件名太长。");
    if (err == XZ_OK)
        err = result_read(arena, &reply, result);
    connection_give(run, http);
    xz_buf_fini(&url);
    xz_buf_fini(&reply);
    return err;
}

/* What one file cannot do is that file's refusal; the import goes on. */
static xz_err file_import(void *arg, struct xz_arena *arena, xz_str source, const char *path,
                          struct xz_import_result *result)
{
    struct import_run *run = arg;
    struct stat st;
    xz_err err = XZ_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    *result = (struct xz_import_result){ .source = xz_str_copy(arena, source),
                                         .outcome = XZ_IMPORT_REFUSED };
    if (fd < 0 || fstat(fd, &st) != 0)
        result->reason = xz_str_format(arena, "无法读取：%s。", strerror(errno));
    else if (!S_ISREG(st.st_mode))
        result->reason = XZ_STR("不是普通文件，未导入。");
    else if (!xz_utf8_valid(source))
        result->reason = XZ_STR("文件名不是有效的UTF-8，请改名后再导入。");
    else
        err = file_post(run, arena, fd, (int64_t)st.st_size, result);
    if (fd >= 0)
        close(fd);
    if (err == XZ_E_INPUT || err == XZ_E_LIMIT) {
        result->reason = xz_str_copy(arena, xz_str_from(xz_fail_detail()));
        err = XZ_OK;
    }
    return err;
}

/* --- progress --- */

static void keep(struct import_run *run, struct kept_list *list, const struct xz_import_result *r)
{
    if (list->count == KEPT_MAX)
        return;
    if (list->count == list->room) {
        list->room = list->room ? list->room * 2 : 64;
        list->items = xz_realloc(list->items, list->room * sizeof(*list->items));
    }
    list->items[list->count++] = (struct kept){ xz_str_copy(run->arena, r->source),
                                                xz_str_copy(run->arena, xz_str_trim(r->reason)) };
}

static void bar_show(struct import_run *run, struct xz_arena *arena, double seconds)
{
    const struct xz_import_progress *p = &run->progress;
    double rate = (double)p->done / XZ_MAX(seconds, 0.001);
    int64_t left = (int64_t)((double)(p->total - p->done) / XZ_MAX(rate, 0.001) + 0.5);
    size_t filled = p->total ? (size_t)(p->done * BAR_CELLS / p->total) : 0;
    struct xz_buf line;

    xz_buf_init(&line, (size_t)KIB(2));
    for (size_t i = 0; i < BAR_CELLS && run->bar_columns >= 80; i++)
        xz_buf_add(&line, i < filled ? XZ_STR("█") : XZ_STR("░"));
    xz_buf_addf(&line, " %.*s/%.*s %.0f 文件/秒 %.*s 条款", XZ_STR_ARG(cli_number(arena, p->done)),
                XZ_STR_ARG(cli_number(arena, p->total)), rate,
                XZ_STR_ARG(cli_number(arena, p->clauses)));
    if (p->refused)
        xz_buf_addf(&line, " 拒收 %lld", (long long)p->refused);
    if (p->done < p->total)
        xz_buf_addf(&line, " 剩 %lld 秒", (long long)left);
    fprintf(stderr, "\r%s\033[K", line.ptr);
    xz_buf_fini(&line);
}

static void progress_show(struct import_run *run, bool last)
{
    int64_t now_us = xz_time_monotonic_us();
    double seconds = (double)(now_us - run->start_us) / 1e6;
    const struct xz_import_progress *p = &run->progress;
    int64_t every_us = run->bar_columns ? BAR_EVERY_US : LINE_EVERY_US;

    if (run->quiet || (!last && now_us - run->shown_us < every_us))
        return;
    run->shown_us = now_us;
    if (run->bar_columns) {
        struct xz_arena *arena = xz_arena_create(1024);
        bar_show(run, arena, seconds);
        fputs(last ? "\r\033[K" : "", stderr);
        xz_arena_destroy(arena);
        return;
    }
    fprintf(stderr, "%lld/%lld 个文件，%.0f 文件/秒，%lld 条款，拒收 %lld\n", (long long)p->done,
            (long long)p->total, (double)p->done / XZ_MAX(seconds, 0.001), (long long)p->clauses,
            (long long)p->refused);
}

static void on_file(const struct xz_import_result *result,
                    const struct xz_import_progress *progress, void *arg)
{
    struct import_run *run = arg;
    run->progress = *progress;
    if (result->outcome == XZ_IMPORT_STORED)
        run->new_clauses += result->clauses;
    if (result->outcome == XZ_IMPORT_REFUSED)
        keep(run, &run->refused, result);
    else if (result->outcome == XZ_IMPORT_STORED && result->reason.len)
        keep(run, &run->notes, result);
    progress_show(run, false);
}

/* --- the end --- */

static void kept_write(struct xz_json_writer *w, const char *key, const struct kept_list *list)
{
    xz_jw_key(w, key);
    xz_jw_begin_array(w);
    for (size_t i = 0; i < list->count; i++) {
        xz_jw_begin_object(w);
        xz_jw_member_str(w, "source", list->items[i].source);
        xz_jw_member_str(w, "reason", list->items[i].reason);
        xz_jw_end_object(w);
    }
    xz_jw_end_array(w);
}

static void summary_json(const struct import_run *run, double seconds, xz_err err)
{
    const struct xz_import_progress *p = &run->progress;
    struct xz_json_writer w;
    struct xz_buf buf;

    xz_buf_init(&buf, (size_t)MIB(256));
    xz_jw_init(&w, &buf);
    xz_jw_begin_object(&w);
    xz_jw_member_int(&w, "total", p->total);
    xz_jw_member_int(&w, "stored", p->stored);
    xz_jw_member_int(&w, "unchanged", p->unchanged);
    xz_jw_member_int(&w, "duplicate", p->duplicate);
    xz_jw_member_int(&w, "refused", p->refused);
    xz_jw_member_int(&w, "entries", p->entries);
    xz_jw_member_int(&w, "clauses", p->clauses);
    xz_jw_member_double(&w, "seconds", seconds);
    kept_write(&w, "refused_files", &run->refused);
    kept_write(&w, "notes", &run->notes);
    if (stop_asked)
        xz_jw_member_bool(&w, "interrupted", true);
    if (err != XZ_OK) {
        xz_jw_member_str(&w, "error", xz_str_from(xz_err_name(err)));
        xz_jw_member_str(&w, "detail", xz_str_from(xz_fail_detail()));
    }
    xz_jw_end_object(&w);
    cli_print_json(&buf);
    xz_buf_fini(&buf);
}

static void kept_render(const char *heading, const struct kept_list *list)
{
    if (!list->count)
        return;
    putchar('\n');
    cli_heading(heading);
    for (size_t i = 0; i < XZ_MIN(list->count, (size_t)LISTED_MAX); i++) {
        cli_putf(stdout, "  %.*s\n", XZ_STR_ARG(list->items[i].source));
        cli_paragraph(6, list->items[i].reason);
    }
    if (list->count > LISTED_MAX)
        printf("  ……另有 %zu 个，用 --json 查看全部。\n", list->count - LISTED_MAX);
}

static void summary_render(struct import_run *run, double seconds)
{
    const struct xz_import_progress *p = &run->progress;
    struct xz_arena *a = run->cli->arena;

    printf("%s %.*s 个文件：新导入 %.*s，未变化 %.*s，重复 %.*s，拒收 %.*s\n",
           p->done == p->total ? "共" : "已处理", XZ_STR_ARG(cli_number(a, p->done)),
           XZ_STR_ARG(cli_number(a, p->stored)), XZ_STR_ARG(cli_number(a, p->unchanged)),
           XZ_STR_ARG(cli_number(a, p->duplicate)), XZ_STR_ARG(cli_number(a, p->refused)));
    printf("内容 %.*s 项、%.*s 条款，用时 %.1f 秒", XZ_STR_ARG(cli_number(a, p->entries)),
           XZ_STR_ARG(cli_number(a, p->clauses)), seconds);
    if (run->new_clauses && seconds > 0)
        printf("（每秒 %.*s 条款）",
               XZ_STR_ARG(cli_number(a, (int64_t)((double)run->new_clauses / seconds))));
    putchar('\n');
    kept_render("拒收的文件", &run->refused);
    kept_render("已导入，但请留意", &run->notes);
}

static int import_end(struct import_run *run, xz_err err)
{
    double seconds = (double)(xz_time_monotonic_us() - run->start_us) / 1e6;
    bool stopped = stop_asked && run->progress.done < run->progress.total;

    if (run->progress.done || stopped)
        progress_show(run, true);
    else if (err != XZ_OK)
        return cli_failed(run->cli, err); /* nothing was begun */
    if (stopped && err == XZ_E_STATE)
        err = XZ_OK;
    if (run->cli->options.json)
        summary_json(run, seconds, err);
    else
        summary_render(run, seconds);
    if (err != XZ_OK) {
        cli_putf(stderr, "xiaozheng：%s\n排除问题后再次运行同一命令即可继续。\n", xz_fail_detail());
        return cli_exit_of(err);
    }
    if (stopped) {
        fputs("已停止。再次运行同一命令即可从这里继续。\n", stderr);
        return CLI_INTERRUPTED;
    }
    return run->progress.refused ? CLI_PROBLEMS : CLI_OK;
}

/* The lasting name of a file begins with the folder that was named: so that name must be the same
 * however the folder was written ("sample/", "." within it, a link). */
static const char *path_clean(struct cli *cli, const char *path)
{
    char real[PATH_MAX];
    struct stat st;
    size_t len = strlen(path);

    while (len > 1 && path[len - 1] == '/')
        len--;
    const char *clean = xz_str_cstr(cli->arena, (xz_str){ path, len });
    const char *slash = strrchr(clean, '/');
    const char *name = slash && slash[1] ? slash + 1 : clean;
    bool dots = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
    bool link = lstat(clean, &st) == 0 && S_ISLNK(st.st_mode);
    if ((dots || link) && realpath(clean, real))
        return xz_str_cstr(cli->arena, xz_str_from(real));
    return clean;
}

/* --map: the text itself, or the name of a file that holds it, a line or more. */
static xz_err columns_read(struct cli *cli, const char **columns)
{
    const char *given = cli->options.map;
    struct xz_buf text;
    xz_err err = XZ_OK;
    *columns = given;
    if (!given || xz_str_find(xz_str_from(given), XZ_STR("=")) != XZ_STR_NPOS)
        return XZ_OK;
    xz_buf_init(&text, COLUMNS_BYTES_MAX);
    if ((err = xz_file_read(given, &text)) == XZ_OK)
        *columns = xz_str_cstr(cli->arena, xz_buf_str(&text));
    else
        err = xz_fail(XZ_E_INPUT,
                      "--map 应写作 '问题=标准问,答案=答复口径'，或者是一个写着它的文件"
                      "（不超过 %d 字节）；“%s”不是。",
                      COLUMNS_BYTES_MAX, given);
    xz_buf_fini(&text);
    if (err == XZ_OK && !xz_utf8_valid(xz_str_from(*columns)))
        err = xz_fail(XZ_E_INPUT, "--map 的文件“%s”应为 UTF-8 编码。", given);
    return err;
}

int cli_import(struct cli *cli)
{
    struct import_run run = { .cli = cli, .arena = xz_arena_create(4096) };
    const char **paths = XZ_NEW(cli->arena, const char *, cli->operand_count);
    struct xz_import_options options;

    xz_err err = columns_read(cli, &run.columns);
    if (err != XZ_OK) {
        xz_arena_destroy(run.arena);
        return cli_failed(cli, err);
    }
    for (size_t i = 0; i < cli->operand_count; i++)
        paths[i] = path_clean(cli, cli->operands[i]);
    pthread_mutex_init(&run.lock, NULL);
    run.bar_columns = cli_terminal_width(stderr);
    run.quiet = cli->options.json && !run.bar_columns;
    run.start_us = run.shown_us = xz_time_monotonic_us();
    options = xz_app_import_options(&cli->app, cli->actor);
    options.parallel = (size_t)cli->options.parallel;
    options.columns = run.columns;
    if (cli->http) {
        options.file_import = file_import;
        options.file_import_arg = &run;
        options.parallel = options.parallel ? options.parallel : CONNECTIONS_DEFAULT;
    }
    struct xz_import_progress progress;
    err = xz_import_tree(&options, paths, cli->operand_count, on_file, &run, &stop_asked,
                         &progress);
    run.progress = progress;
    int code = import_end(&run, err);
    while (run.idle_count)
        cli_http_close(run.idle[--run.idle_count]);
    pthread_mutex_destroy(&run.lock);
    xz_free(run.refused.items);
    xz_free(run.notes.items);
    xz_arena_destroy(run.arena);
    return code;
}
