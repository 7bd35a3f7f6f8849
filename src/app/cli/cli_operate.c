/* What the operator of the machine does: status, backup, restore, verify, user words. */
#include <unistd.h>

#include "app/cli/cli_internal.h"
#include "audit/audit.h"

/* Whole-database work has no time limit of its own; a server that dies is noticed at once. */
#define LONG_REPLY_MS (24LL * 3600 * 1000)

static int finish(struct cli *cli, xz_err err, struct xz_buf *json,
                  int (*judge)(const struct xz_json *root),
                  void (*render)(struct cli *cli, const struct xz_json *root))
{
    int code = err == XZ_OK ? cli_show(cli, json, judge, render) : cli_failed(cli, err);
    xz_buf_fini(json);
    return code;
}

static xz_err post(struct cli *cli, const char *target, const struct xz_buf *body,
                   struct xz_buf *reply)
{
    struct cli_request request = { .method = "POST",
                                   .target = xz_str_from(target),
                                   .json = xz_buf_str(body),
                                   .reply_timeout_ms = LONG_REPLY_MS };
    return cli_http_call(cli->http, &request, reply);
}

/* One-member object, or {} when the value is empty. */
static void object_make(struct xz_buf *body, const char *key, xz_str value)
{
    struct xz_json_writer w;
    xz_buf_init(body, (size_t)KIB(64));
    xz_jw_init(&w, body);
    xz_jw_begin_object(&w);
    if (value.len)
        xz_jw_member_str(&w, key, value);
    xz_jw_end_object(&w);
}

static void row(const char *label, xz_str value)
{
    cli_field(label, 14, value);
}

/* --- status --- */

static void row_count(struct cli *cli, const char *label, const struct xz_json *object,
                      const char *key)
{
    row(label, cli_number(cli->arena, cli_int_of(object, key)));
}

static void row_size(struct cli *cli, const char *label, const struct xz_json *object,
                     const char *key)
{
    row(label, cli_size(cli->arena, cli_int_of(object, key)));
}

static void status_render(struct cli *cli, const struct xz_json *root)
{
    const struct xz_json *entries = xz_json_get(root, "entries");
    const struct xz_json *index = xz_json_get(root, "index");
    const struct xz_json *memory = xz_json_get(root, "memory");

    cli_heading("小政");
    row("版本", cli_text_of(root, "version"));
    row("数据目录", cli_text_of(root, "data_folder"));
    row("服务",
        cli->http
            ? xz_str_format(cli->arena, "运行中，启动于 %.*s%s",
                            XZ_STR_ARG(cli_time(cli->arena, cli_text_of(root, "started_at"))),
                            xz_json_bool(xz_json_get(root, "ready"), false) ? "" : "（正在准备）")
            : XZ_STR("没有运行（本命令直接打开了数据）"));
    cli_heading("资料");
    row_count(cli, "总数", entries, "total");
    row_count(cli, "法律法规", entries, "law");
    row_count(cli, "政策文件", entries, "policy");
    row_count(cli, "办事指南", entries, "guide");
    row_count(cli, "已审答复", entries, "answer");
    row_count(cli, "条款", root, "clauses");
    row_count(cli, "问法", root, "variants");
    row_count(cli, "部门", root, "departments");
    row_count(cli, "拒收文件", root, "refused_files");
    cli_heading("索引");
    row_count(cli, "段落", index, "documents");
    row_count(cli, "分段", index, "segments");
    row_size(cli, "磁盘", index, "disk_bytes");
    row_size(cli, "内存中部分", index, "live_bytes");
    cli_heading(cli->http ? "服务占用的内存" : "本命令占用的内存");
    row_size(cli, "当前", memory, "rss_bytes");
    row_size(cli, "最高", memory, "peak_bytes");
}

int cli_status(struct cli *cli)
{
    struct xz_buf json;
    xz_buf_init(&json, (size_t)MIB(1));
    xz_err err = cli->http ? cli_http_get(cli->http, XZ_STR("/api/status"), &json)
                           : xz_app_status_write(&cli->app, &json);
    return finish(cli, err, &json, NULL, status_render);
}

/* --- backup and restore --- */

static void backup_render(struct cli *cli, const struct xz_json *root)
{
    cli_heading("备份已完成，内容已核对");
    row("位置", cli_text_of(root, "target"));
    row_size(cli, "大小", root, "bytes");
    row_count(cli, "变更号", root, "change_number");
    row("SHA-256", cli_text_of(root, "sha256"));
    cli_putf(stdout, "恢复：停止服务后运行 xiaozheng restore %.*s\n",
             XZ_STR_ARG(cli_text_of(root, "target")));
}

int cli_backup(struct cli *cli)
{
    xz_str target = cli->operand_count ? cli_path_absolute(cli, cli->operands[0]) : XZ_STR_NONE;
    struct xz_buf json, body;
    xz_err err;

    xz_buf_init(&json, (size_t)MIB(1));
    if (cli->http) {
        object_make(&body, "target", target);
        err = post(cli, "/api/backup", &body, &json);
        xz_buf_fini(&body);
    } else {
        err = xz_app_backup(&cli->app, cli->arena, &cli->actor, target, &json);
    }
    return finish(cli, err, &json, NULL, backup_render);
}

static void restore_render(struct cli *cli, const struct xz_json *root)
{
    cli_heading("已恢复，索引已重建");
    row("备份", cli_text_of(root, "backup"));
    row("备份时间", cli_time(cli->arena, cli_text_of(root, "made_at")));
    row("数据目录", cli_text_of(root, "data_folder"));
    row_count(cli, "变更号", root, "change_number");
    puts("恢复前的数据库保留在数据目录中，名为 "
         "xiaozheng.db.before-restore-时间；确认无误后可以删除。");
}

static xz_err restore_note_tx(struct xz_tx *tx, void *arg)
{
    struct cli *cli = arg;
    return xz_audit_write(tx, &cli->actor, "store.restored", 0, xz_str_from(cli->operands[0]));
}

static void restore_write(const struct cli *cli, const struct xz_backup_info *info,
                          struct xz_buf *json)
{
    struct xz_json_writer w;
    xz_jw_init(&w, json);
    xz_jw_begin_object(&w);
    xz_jw_member_str(&w, "backup", xz_str_from(cli->operands[0]));
    xz_jw_member_str(&w, "data_folder", xz_str_from(cli->app.data_folder));
    xz_jw_member_str(&w, "made_at", xz_time_format(cli->arena, info->made_at_ms));
    xz_jw_member_int(&w, "bytes", info->bytes);
    xz_jw_member_int(&w, "change_number", info->change_number);
    xz_jw_member_str(&w, "sha256", xz_str_from(info->sha256));
    xz_jw_end_object(&w);
}

/* Opening what was restored proves it, brings it to this program's version, builds the index anew
 * and leaves the restore in the trail. */
/* From here on the data folder holds the backup's data: whoever reads of a failure must know. */
static xz_err restore_open(struct cli *cli)
{
    xz_err err = xz_app_open(&cli->app);
    char detail[512];

    if (err == XZ_OK)
        err = xz_store_write(cli->app.store, restore_note_tx, cli);
    if (err == XZ_OK)
        return err;
    snprintf(detail, sizeof detail, "%s", xz_fail_detail());
    return xz_fail(err, "备份的数据已经就位，但还不能使用：%s", detail);
}

int cli_restore(struct cli *cli)
{
    struct xz_backup_info info;
    struct xz_buf json;
    xz_err err = cli_server_find(cli);

    xz_buf_init(&json, (size_t)MIB(1));
    if (err == XZ_OK)
        err = xz_fail(XZ_E_STATE, "小政服务正在使用数据目录 %s，请先停止服务，再恢复。",
                      cli->app.data_folder);
    else if (err == XZ_E_MISSING)
        err = cli_folder_check(cli, CLI_MAKES_DATA);
    if (err == XZ_OK)
        err = xz_store_restore(cli->operands[0], cli->app.data_folder, cli->app.clock, &info);
    if (err == XZ_OK && !cli->options.json)
        fputs("备份已就位，正在打开并重建索引……\n", stderr);
    if (err == XZ_OK && (err = restore_open(cli)) == XZ_OK)
        restore_write(cli, &info, &json);
    return finish(cli, err, &json, NULL, restore_render);
}

/* --- verify --- */

static int verify_judge(const struct xz_json *root)
{
    return xz_json_count(xz_json_get(root, "problems")) ? CLI_PROBLEMS : CLI_OK;
}

static void verify_render(struct cli *cli, const struct xz_json *root)
{
    const struct xz_json *problems = xz_json_get(root, "problems");
    (void)cli;
    if (!xz_json_count(problems))
        puts("数据库与索引完好，没有发现问题。");
    else
        printf("发现 %zu 个问题：\n", xz_json_count(problems));
    for (size_t i = 0; i < xz_json_count(problems); i++)
        cli_paragraph(2, xz_json_str(xz_json_at(problems, i), XZ_STR_NONE));
    if (xz_json_count(problems))
        puts("请保留现场并做一份备份；索引的问题在重启服务时会自行重建，数据库的问题请用最近的备份"
             "恢复。");
}

int cli_verify(struct cli *cli)
{
    struct xz_buf json, body;
    size_t count;
    xz_err err;

    xz_buf_init(&json, (size_t)CLI_REPLY_BYTES_MAX);
    if (cli->http) {
        xz_buf_init(&body, 16);
        err = post(cli, "/api/verify", &body, &json);
        xz_buf_fini(&body);
    } else {
        err = xz_app_verify(&cli->app, &json, &count);
    }
    return finish(cli, err, &json, verify_judge, verify_render);
}

/* --- words --- */

static void word_render(struct cli *cli, const struct xz_json *root)
{
    (void)cli;
    cli_putf(stdout, "已加入词语“%.*s”，立即生效。\n", XZ_STR_ARG(cli_text_of(root, "word")));
}

int cli_word_add(struct cli *cli)
{
    xz_str word = xz_str_trim(xz_str_from(cli->operands[0]));
    struct xz_buf json, nothing;
    xz_err err;

    object_make(&json, "word", word);
    xz_buf_init(&nothing, (size_t)KIB(64));
    err = cli->http ? post(cli, "/api/words", &json, &nothing)
                    : xz_knowledge_word_add(cli->app.context.knowledge, &cli->actor, word);
    xz_buf_fini(&nothing);
    return finish(cli, err, &json, NULL, word_render);
}
