/* The doctor's look at the data: database, backups, knowledge, index. A running server is asked;
 * without one the data are opened, but only when that changes nothing. */
#include "app/cli/cli_doctor_internal.h"

#include <dirent.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/file.h"

#define DAY_MS 86400000LL
#define FULL_CHECK_MAX                                                                             \
    MIB(2048)             /* beyond it a look at all pages takes minutes: `verify` does it         \
                           */
#define EXPIRED_MIN     5 /* fewer are daily business */
#define EXPIRED_PERCENT 10
#define SETTLE_MS       1500 /* an import under way indexes within this */

/* --- database --- */

void doctor_database(struct doctor *d)
{
    struct xz_store_options options = { .folder = d->cli->app.data_folder,
                                        .clock = d->cli->app.clock };
    struct xz_store_probe probe;

    if (!d->has_folder)
        return;
    options.migrations = xz_app_migrations(&options.migration_count);
    if (xz_store_probe(&options, FULL_CHECK_MAX, &probe) != XZ_OK) {
        doctor_sayf(d, DOCTOR_WARNING,
                    "导入资料：xiaozheng import 目录；或从备份恢复：xiaozheng restore 目录。", "%s",
                    xz_fail_detail());
        return;
    }
    d->data_bytes = probe.bytes;
    const char *size = cli_size(d->arena, probe.bytes).ptr;
    if (probe.mismatch[0])
        doctor_sayf(d, DOCTOR_FAULT,
                    "换回写入这些数据的程序版本（install.sh 的新版安装包），或恢复升级前的备份："
                    "xiaozheng restore 目录。",
                    "%s。", probe.mismatch);
    else if (probe.damage[0])
        doctor_sayf(d, DOCTOR_FAULT,
                    "立即停止服务，原样留存数据目录，然后恢复最近的备份：xiaozheng restore 目录；"
                    "再检查磁盘（smartctl、dmesg）。",
                    "数据库已损坏：%s。", probe.damage);
    else if (probe.is_behind)
        doctor_sayf(d, DOCTOR_NOTE, "升级前先备份（install.sh 会自动备份）。",
                    "数据库（%s）是较早版本的格式，服务下次启动时升级。", size);
    else
        doctor_sayf(d, DOCTOR_GOOD, NULL, "数据库完好，%s%s。", size,
                    probe.bytes > FULL_CHECK_MAX
                        ? "（较大，未逐页核对，逐页核对用 xiaozheng verify）"
                        : "");
    d->is_data_sound = !probe.mismatch[0] && !probe.damage[0] && !probe.is_behind;
}

/* --- backups --- */

struct newest {
    xz_str folder;
    int64_t time_ms;
    size_t count;
};

/* A folder with a manifest is a backup; the manifest is written last. */
static void newest_take(struct doctor *d, struct newest *newest, xz_str folder)
{
    struct stat st;
    if (stat(xz_path_join(d->arena, folder, XZ_STR("manifest.json")).ptr, &st) != 0)
        return;
    newest->count++;
    if ((int64_t)st.st_mtim.tv_sec * 1000 < newest->time_ms)
        return;
    newest->time_ms = (int64_t)st.st_mtim.tv_sec * 1000;
    newest->folder = folder;
}

static struct newest newest_find(struct doctor *d, xz_str place)
{
    struct newest newest = { XZ_STR_NONE, 0, 0 };
    const struct dirent *entry;
    DIR *dir = opendir(place.ptr);
    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            newest_take(d, &newest, xz_path_join(d->arena, place, xz_str_from(entry->d_name)));
    if (dir)
        closedir(dir);
    return newest;
}

void doctor_backup(struct doctor *d)
{
    static const char how[] =
        "xiaozheng backup 立即备份一份；每日备份由 systemctl status xiaozheng-backup.timer 查看。";
    xz_str place = xz_app_backup_folder(&d->cli->app, d->arena);
    struct newest newest = newest_find(d, place);
    int64_t days_max = doctor_setting(d, XZ_CFG_DOCTOR_BACKUP_DAYS);
    struct xz_backup_info info;

    if (!newest.count) {
        doctor_sayf(d, DOCTOR_WARNING, how, "%s 中没有备份。", place.ptr);
        return;
    }
    if (xz_store_backup_check(newest.folder.ptr, &info) != XZ_OK) {
        doctor_sayf(d, DOCTOR_FAULT,
                    "立即重新备份：xiaozheng backup；并检查备份所在的磁盘。这一份不要再用。",
                    "最近的备份 %s 不能用来恢复：%s。", newest.folder.ptr, xz_fail_detail());
        return;
    }
    int64_t days = (xz_clock_now_ms(d->cli->app.clock) - info.made_at_ms) / DAY_MS;
    if (days >= days_max)
        doctor_sayf(d, DOCTOR_WARNING, how, "最近的备份 %s 是 %lld 天前的。", newest.folder.ptr,
                    (long long)days);
    else
        doctor_sayf(
            d, DOCTOR_GOOD, NULL, "最近的备份 %s（%s）内容完好，共 %zu 份。", newest.folder.ptr,
            cli_time(d->arena, xz_time_format(d->arena, info.made_at_ms)).ptr, newest.count);
}

/* --- what the server, or the data, say of themselves --- */

static struct xz_json_doc *ask_server(struct doctor *d, xz_str target)
{
    struct xz_json_doc *doc = NULL;
    struct xz_buf reply;
    xz_buf_init(&reply, (size_t)MIB(4));
    if (cli_http_get(d->cli->http, target, &reply) == XZ_OK &&
        xz_json_parse(xz_buf_str(&reply), &doc) != XZ_OK)
        doc = NULL;
    xz_buf_fini(&reply);
    return doc;
}

/* The same two documents, as far as the doctor reads them. */
static void ask_data(struct doctor *d)
{
    struct xz_app *app = &d->cli->app;
    struct xz_json_writer w;
    struct xz_buf text;

    xz_buf_init(&text, (size_t)MIB(4));
    if (xz_app_open(app) == XZ_OK && xz_app_status_write(app, &text) == XZ_OK &&
        xz_json_parse(xz_buf_str(&text), &d->status) == XZ_OK) {
        const struct xz_site *site = xz_knowledge_site(app->context.knowledge);
        xz_buf_clear(&text);
        xz_jw_init(&w, &text);
        xz_jw_begin_object(&w);
        xz_jw_member_str(&w, "name", site->name);
        xz_jw_member_str(&w, "region",
                         site->region ? xz_str_format(d->arena, "%lld", (long long)site->region)
                                      : XZ_STR_NONE);
        xz_jw_end_object(&w);
        if (xz_json_parse(xz_buf_str(&text), &d->site) != XZ_OK)
            d->site = NULL;
    }
    xz_buf_fini(&text);
}

static bool facts_get(struct doctor *d)
{
    if (!d->status && d->has_server && !d->is_starting) {
        d->status = ask_server(d, XZ_STR("/api/status"));
        d->site = ask_server(d, XZ_STR("/api/site"));
    } else if (!d->status && !d->has_server && d->has_folder && d->is_data_sound) {
        ask_data(d);
    }
    if (!d->status)
        doctor_say(d, DOCTOR_NOTE, XZ_STR("数据没有打开，未查；先处理上面的问题。"), NULL);
    return d->status;
}

/* --- knowledge --- */

void doctor_knowledge(struct doctor *d)
{
    if (!facts_get(d))
        return;
    const struct xz_json *status = xz_json_root(d->status), *site = xz_json_root(d->site);
    int64_t entries = cli_int_of(xz_json_get(status, "entries"), "total");
    int64_t expired = cli_int_of(status, "expired"), refused = cli_int_of(status, "refused_files");
    size_t worse = d->found[DOCTOR_WARNING];

    if (!entries)
        doctor_say(d, DOCTOR_WARNING, XZ_STR("还没有任何资料，所有问题都会答“没有找到依据”。"),
                   "导入资料：xiaozheng import 目录，写法见 docs/IMPORT.md。");
    if (expired >= EXPIRED_MIN && expired * 100 >= entries * EXPIRED_PERCENT)
        doctor_sayf(d, DOCTOR_WARNING,
                    "请责任部门核对：仍然有效的改写失效日期后重新导入，已失效的导入新规定。",
                    "%lld 项资料中有 %lld 项已过失效日期，答复时不会再用到。", (long long)entries,
                    (long long)expired);
    if (!cli_text_of(site, "region").len)
        doctor_say(d, DOCTOR_WARNING,
                   XZ_STR("没有写明本站所在的行政区划，各区不同的规定无法区分。"),
                   "在资料目录的 site.json 中填写 region 后重新导入，或填写设置 site.region。");
    if (refused)
        doctor_sayf(d, DOCTOR_NOTE, "再次运行 xiaozheng import 可看到每个文件的原因。",
                    "有 %lld 个文件导入时被拒收。", (long long)refused);
    if (d->found[DOCTOR_WARNING] == worse)
        doctor_sayf(d, DOCTOR_GOOD, NULL, "共 %lld 项资料，其中 %lld 项已过失效日期。",
                    (long long)entries, (long long)expired);
}

/* --- index --- */

static int64_t unindexed_after_a_while(struct doctor *d)
{
    const struct timespec pause = { SETTLE_MS / 1000, SETTLE_MS % 1000 * 1000000L };
    int64_t behind = cli_int_of(xz_json_root(d->status), "unindexed");
    if (!behind || !d->has_server)
        return behind;
    nanosleep(&pause, NULL);
    struct xz_json_doc *later = ask_server(d, XZ_STR("/api/status"));
    if (later)
        behind = cli_int_of(xz_json_root(later), "unindexed");
    xz_json_destroy(later);
    return behind;
}

void doctor_index(struct doctor *d)
{
    static const char how[] =
        "停止服务，删去数据目录中的 index 目录，再启动：索引由数据库重建，资料不受影响。";
    if (!facts_get(d))
        return;
    const struct xz_json *status = xz_json_root(d->status);
    int64_t documents = cli_int_of(xz_json_get(status, "index"), "documents");
    int64_t clauses = cli_int_of(status, "clauses"), behind = unindexed_after_a_while(d);

    if (behind)
        doctor_sayf(d, DOCTOR_WARNING, how,
                    "有 %lld 项资料还没有编入索引，查不到；若正在大量导入，导完再看。",
                    (long long)behind);
    else if (documents < clauses)
        doctor_sayf(d, DOCTOR_FAULT, how, "索引中只有 %lld 段，而资料有 %lld 条，索引不完整。",
                    (long long)documents, (long long)clauses);
    else
        doctor_sayf(d, DOCTOR_GOOD, NULL, "索引与资料一致，共 %lld 段。", (long long)documents);
}
