/* The one list of all routes, the door they have in common, and the operator's routes: health,
 * metrics and what the command line asks over the Unix socket. */
#include "app/app.h"

#include "app/app_routes_doc.h"
#include "audit/audit.h"
#include "core/file.h"
#include "core/json.h"
#include "core/metric.h"
#include "knowledge/halls.h"

#include <stdio.h>

xz_err xz_app_authorize(struct xz_request *req, int permission, void *context)
{
    struct xz_actor *actor = XZ_NEW(xz_request_arena(req), struct xz_actor, 1);
    uint32_t uid;
    (void)context;
    *actor = XZ_ACTOR_ANYONE;
    if (xz_request_is_local(req, &uid))
        *actor = (struct xz_actor){ XZ_ACTOR_LOCAL, (int64_t)uid };
    xz_request_actor_set(req, actor);
    return xz_actor_may(actor, (enum xz_permission)permission);
}

static struct xz_app *app_of(struct xz_request *req)
{
    return xz_request_app(req);
}

static xz_err health_handler(struct xz_request *req)
{
    xz_reply_bytes(req, 200, "text/plain; charset=utf-8", XZ_STR("ok\n"));
    return XZ_OK;
}

static xz_err ready_handler(struct xz_request *req)
{
    if (!app_of(req)->ready)
        return xz_fail(XZ_E_BUSY, "系统正在启动，请稍候再试。");
    xz_reply_bytes(req, 200, "text/plain; charset=utf-8", XZ_STR("ready\n"));
    return XZ_OK;
}

static xz_err metrics_handler(struct xz_request *req)
{
    struct xz_search_stats stats;
    struct xz_buf buf;
    xz_search_stats(xz_knowledge_index(app_of(req)->context.knowledge), &stats);
    xz_metric_set(XZ_M_INDEX_DOCS, stats.documents);
    xz_metric_set(XZ_M_INDEX_SEGMENTS, stats.segments);
    xz_app_figures(app_of(req));
    xz_buf_init(&buf, MIB(1));
    xz_metric_print(&buf);
    xz_reply_bytes(req, 200, "text/plain; version=0.0.4; charset=utf-8", xz_buf_str(&buf));
    xz_buf_fini(&buf);
    return XZ_OK;
}

static xz_err openapi_handler(struct xz_request *req)
{
    size_t count;
    const struct xz_route_table *tables = xz_app_tables(&count);
    struct xz_buf buf;
    xz_buf_init(&buf, MIB(2));
    xz_err err = xz_openapi_print(tables, count, &buf);
    if (err == XZ_OK)
        xz_reply_json(req, 200, &buf);
    xz_buf_fini(&buf);
    return err;
}

/* --- the operator --- */

static void memory_write(struct xz_json_writer *w)
{
    /* Kilobytes in /proc/self/status. */
    int64_t rss = 0, peak = 0;
    char line[256];
    FILE *file = fopen("/proc/self/status", "re");
    while (file && fgets(line, sizeof(line), file)) {
        long long kib;
        if (sscanf(line, "VmRSS: %lld", &kib) == 1)
            rss = KIB(kib);
        else if (sscanf(line, "VmHWM: %lld", &kib) == 1)
            peak = KIB(kib);
    }
    if (file)
        fclose(file);
    xz_jw_key(w, "memory");
    xz_jw_begin_object(w);
    xz_jw_member_int(w, "rss_bytes", rss);
    xz_jw_member_int(w, "peak_bytes", peak);
    xz_jw_end_object(w);
}

static void index_write(struct xz_json_writer *w, struct xz_knowledge *k)
{
    struct xz_search_stats s;
    xz_search_stats(xz_knowledge_index(k), &s);
    xz_jw_key(w, "index");
    xz_jw_begin_object(w);
    xz_jw_member_int(w, "documents", s.documents);
    xz_jw_member_int(w, "deleted", s.deleted);
    xz_jw_member_int(w, "terms", s.terms);
    xz_jw_member_int(w, "postings", s.postings);
    xz_jw_member_int(w, "segments", s.segments);
    xz_jw_member_int(w, "live_segments", s.live_segments);
    xz_jw_member_int(w, "disk_bytes", s.disk_bytes);
    xz_jw_member_int(w, "live_bytes", s.live_bytes);
    xz_jw_member_int(w, "applied_change", s.applied_change);
    xz_jw_member_int(w, "durable_change", s.durable_change);
    xz_jw_end_object(w);
}

xz_err xz_app_status_write(struct xz_app *app, struct xz_buf *buf)
{
    struct xz_arena *arena = xz_arena_create(1024);
    struct xz_knowledge_counts n;
    struct xz_json_writer w;
    xz_err err = xz_knowledge_count(app->context.knowledge, &n);

    if (err != XZ_OK)
        goto out;
    xz_jw_init(&w, buf);
    xz_jw_begin_object(&w);
    xz_jw_member_str(&w, "version", XZ_STR(XZ_VERSION));
    xz_jw_member_str(&w, "data_folder", xz_str_from(app->data_folder));
    xz_jw_member_str(&w, "started_at", xz_time_format(arena, app->started_ms));
    xz_jw_member_bool(&w, "ready", app->ready);
    xz_jw_key(&w, "entries");
    xz_jw_begin_object(&w);
    xz_jw_member_int(&w, "total", n.entries);
    xz_jw_member_int(&w, "law", n.laws);
    xz_jw_member_int(&w, "policy", n.policies);
    xz_jw_member_int(&w, "guide", n.guides);
    xz_jw_member_int(&w, "answer", n.answers);
    xz_jw_end_object(&w);
    xz_jw_member_int(&w, "clauses", n.clauses);
    xz_jw_member_int(&w, "variants", n.variants);
    xz_jw_member_int(&w, "regions", n.regions);
    xz_jw_member_int(&w, "departments", n.departments);
    xz_jw_member_int(&w, "refused_files", n.refused_files);
    xz_jw_member_int(&w, "expired", n.expired);
    xz_jw_member_int(&w, "unindexed", n.unindexed);
    index_write(&w, app->context.knowledge);
    memory_write(&w);
    xz_jw_end_object(&w);
out:
    xz_arena_destroy(arena);
    return err;
}

static xz_err status_handler(struct xz_request *req)
{
    struct xz_buf buf;
    xz_buf_init(&buf, KIB(64));
    xz_err err = xz_app_status_write(app_of(req), &buf);
    if (err == XZ_OK)
        xz_reply_json(req, 200, &buf);
    xz_buf_fini(&buf);
    return err;
}

/* A lasting name is a relative path without steps upwards; 第1..2条.md is one. */
static bool source_valid(xz_str source)
{
    if (!source.len || source.len > 1000 || !xz_utf8_valid(source))
        return false;
    while (source.len) {
        xz_str part = xz_str_cut(&source, '/');
        if (!part.len || xz_str_eq(part, XZ_STR(".")) || xz_str_eq(part, XZ_STR("..")))
            return false;
    }
    return true;
}

#define COLUMNS_BYTES_MAX 2000

static xz_err import_handler(struct xz_request *req)
{
    const struct xz_actor *actor = xz_request_actor(req);
    struct xz_import_options options = xz_app_import_options(app_of(req), *actor);
    xz_str source = xz_str_trim(xz_request_query(req, "source"));
    xz_str columns = xz_str_trim(xz_request_query(req, "columns"));
    struct xz_import_result result;
    struct xz_json_writer w;
    struct xz_buf buf;

    if (!source_valid(source))
        return xz_fail(XZ_E_INPUT, "参数 source 应为文件在知识库中的名称（相对路径）。");
    if (columns.len > COLUMNS_BYTES_MAX)
        return xz_fail(XZ_E_INPUT, "参数 columns（列的对应关系）不超过 %d 字节。",
                       COLUMNS_BYTES_MAX);
    options.columns = xz_str_cstr(xz_request_arena(req), columns);
    xz_err err = xz_import_file(&options, xz_request_arena(req), source, xz_request_body_file(req),
                                &result);
    if (err != XZ_OK)
        return err;
    xz_buf_init(&buf, MIB(1));
    xz_jw_init(&w, &buf);
    xz_jw_begin_object(&w);
    xz_jw_member_str(&w, "source", result.source);
    xz_jw_member_str(&w, "outcome", xz_str_from(xz_import_outcome_name(result.outcome)));
    xz_jw_member_str(&w, "reason", result.reason);
    xz_jw_member_int(&w, "entries", result.entries);
    xz_jw_member_int(&w, "clauses", result.clauses);
    xz_jw_end_object(&w);
    xz_reply_json(req, 200, &buf);
    xz_buf_fini(&buf);
    return XZ_OK;
}

struct backup_note {
    const struct xz_actor *actor;
    xz_str target;
};

static xz_err backup_note_tx(struct xz_tx *tx, void *arg)
{
    const struct backup_note *note = arg;
    return xz_audit_write(tx, note->actor, "store.backed_up", 0, note->target);
}

xz_str xz_app_backup_folder(const struct xz_app *app, struct xz_arena *arena)
{
    xz_str set = xz_config_str(app->config, XZ_CFG_BACKUP_DIR);
    return set.len ? xz_str_copy(arena, set)
                   : xz_path_join(arena, xz_str_from(app->data_folder), XZ_STR("backup"));
}

xz_err xz_app_backup(struct xz_app *app, struct xz_arena *arena, const struct xz_actor *actor,
                     xz_str target, struct xz_buf *buf)
{
    struct xz_backup_info info;
    struct xz_json_writer w;
    xz_err err = xz_actor_may(actor, XZ_PERM_OPERATE);

    if (err != XZ_OK)
        return err;
    if (!target.len) {
        xz_str folder = xz_app_backup_folder(app, arena);
        xz_str now = xz_time_format(arena, xz_clock_now_ms(app->clock));
        if ((err = xz_dir_make(folder.ptr)) != XZ_OK)
            return err;
        char *name = xz_str_cstr(arena, now);
        for (char *p = name; *p; p++)
            *p = *p == ':' || *p == '.' ? '-' : *p;
        target = xz_path_join(arena, folder, xz_str_from(name));
    }
    struct backup_note note = { actor, target };
    if ((err = xz_store_write(app->store, backup_note_tx, &note)) != XZ_OK ||
        (err = xz_store_backup(app->store, xz_str_cstr(arena, target), NULL, NULL, &info)) != XZ_OK)
        return err;
    xz_jw_init(&w, buf);
    xz_jw_begin_object(&w);
    xz_jw_member_str(&w, "target", target);
    xz_jw_member_int(&w, "bytes", info.bytes);
    xz_jw_member_int(&w, "change_number", info.change_number);
    xz_jw_member_str(&w, "sha256", xz_str_from(info.sha256));
    xz_jw_end_object(&w);
    return XZ_OK;
}

static xz_err backup_handler(struct xz_request *req)
{
    const struct xz_json *body;
    struct xz_buf buf;
    xz_err err = xz_request_json(req, &body);
    if (err != XZ_OK)
        return err;
    xz_str target = xz_json_str(xz_json_get(body, "target"), XZ_STR_NONE);
    if (target.len && target.ptr[0] != '/')
        return xz_fail(XZ_E_INPUT, "备份位置 target 应为绝对路径，例如 /var/backups/xiaozheng-1。");
    xz_buf_init(&buf, KIB(64));
    err = xz_app_backup(app_of(req), xz_request_arena(req), xz_request_actor(req), target, &buf);
    if (err == XZ_OK)
        xz_reply_json(req, 200, &buf);
    xz_buf_fini(&buf);
    return err;
}

#define PROBLEMS_MAX 1000
struct problems {
    struct xz_json_writer *w;
    size_t count;
};

static void problem_take(xz_str what, void *arg)
{
    struct problems *p = arg;
    if (p->count++ < PROBLEMS_MAX)
        xz_jw_str(p->w, what);
}

xz_err xz_app_verify(struct xz_app *app, struct xz_buf *buf, size_t *count)
{
    struct xz_json_writer w;
    struct problems problems = { &w, 0 };
    xz_err err;

    xz_jw_init(&w, buf);
    xz_jw_begin_object(&w);
    xz_jw_key(&w, "problems");
    xz_jw_begin_array(&w);
    if ((err = xz_store_verify(app->store, problem_take, &problems)) == XZ_OK)
        err = xz_knowledge_verify(app->context.knowledge, problem_take, &problems);
    xz_jw_end_array(&w);
    xz_jw_end_object(&w);
    *count = problems.count;
    return err;
}

static xz_err verify_handler(struct xz_request *req)
{
    struct xz_buf buf;
    size_t count;
    xz_buf_init(&buf, MIB(4));
    xz_err err = xz_app_verify(app_of(req), &buf, &count);
    if (err == XZ_OK)
        xz_reply_json(req, 200, &buf);
    xz_buf_fini(&buf);
    return err;
}

static xz_err word_handler(struct xz_request *req)
{
    const struct xz_json *body;
    xz_err err = xz_request_json(req, &body);
    if (err == XZ_OK)
        err = xz_knowledge_word_add(app_of(req)->context.knowledge, xz_request_actor(req),
                                    xz_json_str(xz_json_get(body, "word"), XZ_STR_NONE));
    if (err == XZ_OK)
        xz_reply_bytes(req, 204, "application/json", XZ_STR_NONE);
    return err;
}

#define FILE_BODY_MAX MIB(4096) /* the setting import.file_bytes_max decides */

/* clang-format off */
static const struct xz_route app_routes[] = {
    /* method  path                permission       body           rate           handler          summary, doc, body to file */
    { XZ_GET,  "/healthz",          XZ_PERM_PUBLIC,  XZ_BODY_NONE,  XZ_RATE_FREE,  health_handler,  "进程是否在运行", doc_healthz, false },
    { XZ_GET,  "/readyz",           XZ_PERM_PUBLIC,  XZ_BODY_NONE,  XZ_RATE_FREE,  ready_handler,   "是否可以受理请求", doc_readyz, false },
    { XZ_GET,  "/metrics",          XZ_PERM_PUBLIC,  XZ_BODY_NONE,  XZ_RATE_FREE,  metrics_handler, "运行指标（Prometheus）", doc_metrics, false },
    { XZ_GET,  "/api/openapi.json", XZ_PERM_PUBLIC,  XZ_BODY_NONE,  XZ_RATE_READ,  openapi_handler, "本接口文档（OpenAPI 3.1）", doc_openapi, false },
    { XZ_GET,  "/api/status",       XZ_PERM_OPERATE, XZ_BODY_NONE,  XZ_RATE_READ,  status_handler,  "运行状态（本机）", doc_status, false },
    { XZ_POST, "/api/import",       XZ_PERM_OPERATE, FILE_BODY_MAX, XZ_RATE_FREE,  import_handler,  "导入一个文件（本机）", doc_import, true },
    { XZ_POST, "/api/backup",       XZ_PERM_OPERATE, KIB(16),       XZ_RATE_HEAVY, backup_handler,  "备份（本机）", doc_backup, false },
    { XZ_POST, "/api/verify",       XZ_PERM_OPERATE, KIB(1),        XZ_RATE_HEAVY, verify_handler,  "核对库与索引（本机）", doc_verify, false },
    { XZ_POST, "/api/words",        XZ_PERM_OPERATE, KIB(1),        XZ_RATE_READ,  word_handler,    "增加用户词（本机）", doc_word, false },
};
/* clang-format on */

const struct xz_route_table *xz_app_tables(size_t *count)
{
    static struct xz_route_table tables[5];
    tables[0] = (struct xz_route_table){ app_routes, XZ_COUNT(app_routes) };
    tables[1] = xz_knowledge_route_table;
    tables[2] = xz_halls_route_table;
    tables[3] = xz_qa_route_table;
    tables[4] = xz_qa_rights_route_table;
    *count = XZ_COUNT(tables);
    return tables;
}
