/* xiaozheng doctor: looks a site over and says what to do. The table of checks, the report and the
 * exit code; what is looked at stands in cli_doctor_*.c. Changes nothing. */
#include "app/cli/cli_doctor_internal.h"

#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"

/* Later checks rely on what earlier ones found out. */
static const struct doctor_check doctor_checks[] = {
    { "folder", "数据目录", doctor_folder },
    { "service", "服务与端口", doctor_service },
    { "database", "数据库", doctor_database },
    { "disk", "磁盘空间", doctor_disk },
    { "memory", "内存", doctor_memory },
    { "files", "文件数上限", doctor_files },
    { "clock", "时钟", doctor_clock },
    { "backup", "备份", doctor_backup },
    { "sandbox", "文件拆解沙箱", doctor_sandbox },
    { "tools", "可选工具", doctor_tools },
    { "nginx", "前置 nginx", doctor_nginx },
    { "knowledge", "资料", doctor_knowledge },
    { "index", "检索索引", doctor_index },
};

static const struct {
    const char *name, *mark;
} levels[DOCTOR_LEVEL_COUNT] = {
    [DOCTOR_GOOD] = { "good", "正常" },
    [DOCTOR_NOTE] = { "note", "提示" },
    [DOCTOR_WARNING] = { "warning", "注意" },
    [DOCTOR_FAULT] = { "fault", "故障" },
};

void doctor_say(struct doctor *d, enum doctor_level level, xz_str finding, const char *advice)
{
    xz_jw_begin_object(&d->w);
    xz_jw_member_str(&d->w, "check", xz_str_from(d->check->id));
    xz_jw_member_str(&d->w, "title", xz_str_from(d->check->title));
    xz_jw_member_str(&d->w, "level", xz_str_from(levels[level].name));
    xz_jw_member_str(&d->w, "finding", finding);
    xz_jw_member_str(&d->w, "advice", xz_str_from(advice));
    xz_jw_end_object(&d->w);
    d->worst = XZ_MAX(d->worst, level);
    d->found[level]++;
}

void doctor_sayf(struct doctor *d, enum doctor_level level, const char *advice, const char *format,
                 ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    doctor_say(d, level, xz_str_from(text), advice);
}

xz_str doctor_path(const struct doctor *d, const char *name)
{
    return xz_path_join(d->arena, xz_str_from(d->cli->app.data_folder), xz_str_from(name));
}

int64_t doctor_setting(const struct doctor *d, enum xz_config_key key)
{
    return xz_config_int(d->cli->app.config, key);
}

/* Root may do everything, so it would find nothing: it goes on as the user whose folder it is. */
static void become_owner(const struct doctor *d)
{
    struct stat st;
    const struct passwd *owner;

    if (geteuid() != 0 || stat(d->cli->app.data_folder, &st) != 0 || st.st_uid == 0)
        return;
    owner = getpwuid(st.st_uid);
    if ((owner ? initgroups(owner->pw_name, st.st_gid) : setgroups(0, NULL)) != 0 ||
        setgid(st.st_gid) != 0 || setuid(st.st_uid) != 0)
        fputs("无法以数据目录所有者的身份继续，以下结果可能不准确。\n", stderr);
    d->cli->actor.id = (int64_t)getuid();
}

static int worst_exit(const struct xz_json *root)
{
    xz_str worst = cli_text_of(root, "worst");
    if (xz_str_eq(worst, XZ_STR("fault")))
        return CLI_FAULTS;
    return xz_str_eq(worst, XZ_STR("warning")) ? CLI_PROBLEMS : CLI_OK;
}

static const char *mark_of(xz_str level)
{
    for (size_t i = 0; i < XZ_COUNT(levels); i++)
        if (xz_str_eq(level, xz_str_from(levels[i].name)))
            return levels[i].mark;
    return "";
}

static void report_render(struct cli *cli, const struct xz_json *root)
{
    const struct xz_json *findings = xz_json_get(root, "findings");
    const struct xz_json *counts = xz_json_get(root, "counts");
    (void)cli;

    cli_heading("体检");
    for (size_t i = 0; i < xz_json_count(findings); i++) {
        const struct xz_json *one = xz_json_at(findings, i);
        xz_str advice = cli_text_of(one, "advice");
        printf("[%s] ", mark_of(cli_text_of(one, "level")));
        cli_putf(stdout, "%.*s：%.*s\n", XZ_STR_ARG(cli_text_of(one, "title")),
                 XZ_STR_ARG(cli_text_of(one, "finding")));
        if (advice.len)
            cli_paragraph(7, advice);
    }
    printf("\n共 %lld 项正常，%lld 项提示，%lld 项注意，%lld 项故障。\n",
           (long long)cli_int_of(counts, "good"), (long long)cli_int_of(counts, "note"),
           (long long)cli_int_of(counts, "warning"), (long long)cli_int_of(counts, "fault"));
}

static void report_make(struct doctor *d, struct xz_buf *json)
{
    xz_jw_init(&d->w, json);
    xz_jw_begin_object(&d->w);
    xz_jw_member_str(&d->w, "version", XZ_STR(XZ_VERSION));
    xz_jw_member_str(&d->w, "data_folder", xz_str_from(d->cli->app.data_folder));
    xz_jw_key(&d->w, "findings");
    xz_jw_begin_array(&d->w);
    for (size_t i = 0; i < XZ_COUNT(doctor_checks); i++) {
        d->check = &doctor_checks[i];
        d->check->run(d);
        xz_fail_clear();
    }
    xz_jw_end_array(&d->w);
    xz_jw_key(&d->w, "counts");
    xz_jw_begin_object(&d->w);
    for (size_t i = 0; i < XZ_COUNT(levels); i++)
        xz_jw_member_int(&d->w, levels[i].name, (int64_t)d->found[i]);
    xz_jw_end_object(&d->w);
    xz_jw_member_str(&d->w, "worst", xz_str_from(levels[d->worst].name));
    xz_jw_end_object(&d->w);
}

int cli_doctor(struct cli *cli)
{
    struct doctor d = { .cli = cli, .arena = cli->arena };
    struct xz_buf json;

    xz_buf_init(&json, (size_t)MIB(1));
    become_owner(&d);
    report_make(&d, &json);
    int code = cli_show(cli, &json, worst_exit, report_render);
    xz_json_destroy(d.status);
    xz_json_destroy(d.site);
    xz_buf_fini(&json);
    return code;
}
