/* The doctor's look at the machine: folder, disk, memory, limits, clock, sandbox, outside tools. */
#include "app/cli/cli_doctor_internal.h"

#include <errno.h>
#include <glob.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "core/file.h"
#include "doc/doc_sandbox.h"

#define MINUTE_MS   60000LL
#define SPARE_FILES 512 /* beside connections: database, index, spool, parsers */
/* Nothing of ours existed before: a clock that says so is wrong. */
#define EARLIEST_MS 1767225600000LL /* 2026-01-01 */

/* --- the folder --- */

static const char *user_name(struct xz_arena *arena, uid_t uid)
{
    const struct passwd *user = getpwuid(uid);
    return user ? xz_str_cstr(arena, xz_str_from(user->pw_name))
                : xz_str_format(arena, "编号 %ld", (long)uid).ptr;
}

/* Files left by a command that was run as root are what a service stumbles over most often. */
static bool owners_agree(struct doctor *d, uid_t owner)
{
    static const char *const names[] = { "xiaozheng.db",     "xiaozheng.db-wal",
                                         "xiaozheng.db-shm", "index",
                                         "index/manifest",   "spool",
                                         "backup",           "lock" };
    for (size_t i = 0; i < XZ_COUNT(names); i++) {
        struct stat st;
        if (stat(doctor_path(d, names[i]).ptr, &st) != 0 || st.st_uid == owner)
            continue;
        doctor_sayf(d, DOCTOR_FAULT,
                    "停止服务，把整个数据目录改归服务用户：chown -R xiaozheng:xiaozheng 数据目录，"
                    "再启动服务；以后请用 xiaozheng 命令或 sudo -u xiaozheng 办理，不要直接以 root "
                    "运行程序。",
                    "%s 属于用户 %s，而数据目录属于 %s，服务可能无法读写。", names[i],
                    user_name(d->arena, st.st_uid), user_name(d->arena, owner));
        return false;
    }
    return true;
}

void doctor_folder(struct doctor *d)
{
    const char *folder = d->cli->app.data_folder;
    struct stat st;

    if (stat(folder, &st) != 0) {
        doctor_sayf(d, DOCTOR_FAULT,
                    "用 --data 或设置 data.dir 指明数据目录；首次使用先导入资料：xiaozheng import "
                    "目录。",
                    "%s 打不开（%s）。", folder, strerror(errno));
        return;
    }
    if (!S_ISDIR(st.st_mode)) {
        doctor_sayf(d, DOCTOR_FAULT, "用 --data 或设置 data.dir 指明数据目录。", "%s 不是目录。",
                    folder);
        return;
    }
    if (access(folder, R_OK | W_OK | X_OK) != 0) {
        doctor_sayf(d, DOCTOR_FAULT,
                    "数据目录应属于运行服务的用户，权限 0700：chown -R xiaozheng:xiaozheng "
                    "数据目录，chmod 700 数据目录；磁盘只读时检查磁盘故障。",
                    "%s 不可写（%s）；它属于用户 %s，当前用户是 %s。", folder, strerror(errno),
                    user_name(d->arena, st.st_uid), user_name(d->arena, geteuid()));
        return;
    }
    if (!owners_agree(d, st.st_uid))
        return;
    d->has_folder = true;
    if (st.st_mode & 077)
        doctor_sayf(d, DOCTOR_WARNING, "收紧权限：chmod 700 数据目录。",
                    "%s 对其他用户开放（权限 %o），其中有群众的提问。", folder,
                    (unsigned)st.st_mode & 0777);
    else
        doctor_sayf(d, DOCTOR_GOOD, NULL, "%s 可读写，只对服务用户开放。", folder);
}

/* --- disk and memory --- */

static void disk_look(struct doctor *d, const char *what, const char *folder, int64_t room_for)
{
    static const char advice[] =
        "清理旧备份和日志，或扩大磁盘；写满后服务不再受理新的问答与导入，已有数据不受影响。";
    int64_t least_mb = doctor_setting(d, XZ_CFG_DOCTOR_DISK_MB), free_bytes;
    struct statvfs fs;

    if (statvfs(folder, &fs) != 0)
        return;
    free_bytes = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
    const char *left = cli_size(d->arena, free_bytes).ptr;
    if (free_bytes < MIB(least_mb) / 4)
        doctor_sayf(d, DOCTOR_FAULT, advice, "%s所在磁盘即将写满，只剩 %s。", what, left);
    else if (free_bytes < MIB(least_mb))
        doctor_sayf(d, DOCTOR_WARNING, advice, "%s所在磁盘只剩 %s。", what, left);
    else if (free_bytes < room_for)
        doctor_sayf(d, DOCTOR_WARNING, "扩大备份所在的磁盘，或减少保留的份数。",
                    "%s所在磁盘剩 %s，放不下下一份备份（数据库 %s）。", what, left,
                    cli_size(d->arena, d->data_bytes).ptr);
    else
        doctor_sayf(d, DOCTOR_GOOD, NULL, "%s所在磁盘剩 %s。", what, left);
}

void doctor_disk(struct doctor *d)
{
    xz_str backups = xz_app_backup_folder(&d->cli->app, d->arena);
    struct stat data, other;

    if (stat(d->cli->app.data_folder, &data) != 0)
        return;
    bool apart = stat(backups.ptr, &other) == 0 && other.st_dev != data.st_dev;
    int64_t room_for = d->data_bytes + d->data_bytes / 5;
    disk_look(d, "数据目录", d->cli->app.data_folder, apart ? 0 : room_for);
    if (apart)
        disk_look(d, "备份目录", backups.ptr, room_for);
}

static int64_t meminfo_kib(const char *key)
{
    char line[256];
    long long kib = 0;
    size_t len = strlen(key);
    FILE *file = fopen("/proc/meminfo", "re");
    while (file && !kib && fgets(line, sizeof(line), file))
        if (strncmp(line, key, len) == 0)
            sscanf(line + len, ": %lld", &kib);
    if (file)
        fclose(file);
    return kib;
}

void doctor_memory(struct doctor *d)
{
    int64_t least = MIB(doctor_setting(d, XZ_CFG_DOCTOR_MEMORY_MB));
    int64_t total = KIB(meminfo_kib("MemTotal")), left = KIB(meminfo_kib("MemAvailable"));
    const char *total_text = cli_size(d->arena, total).ptr;

    if (!total)
        doctor_say(d, DOCTOR_NOTE, XZ_STR("读不到内存的大小。"), NULL);
    else if (total < least)
        doctor_sayf(d, DOCTOR_WARNING, "增加内存；规模与内存的对应见运维手册“规模”一节。",
                    "内存共 %s，少于 %s。", total_text, cli_size(d->arena, least).ptr);
    else if (left < least / 6)
        doctor_sayf(d, DOCTOR_WARNING, "查看是什么占用了内存（ps aux --sort=-rss），或增加内存。",
                    "内存共 %s，可用的只剩 %s。", total_text, cli_size(d->arena, left).ptr);
    else
        doctor_sayf(d, DOCTOR_GOOD, NULL, "内存共 %s，可用 %s。", total_text,
                    cli_size(d->arena, left).ptr);
}

/* --- limits of the running server --- */

void doctor_files(struct doctor *d)
{
    int64_t wanted = doctor_setting(d, XZ_CFG_NET_CONNECTIONS) + SPARE_FILES, limit = 0;
    char path[64], line[256];
    long long soft, hard;

    if (!d->has_server || !d->server_pid) {
        doctor_say(d, DOCTOR_NOTE, XZ_STR("服务没有运行，未查。"), NULL);
        return;
    }
    snprintf(path, sizeof(path), "/proc/%lld/limits", (long long)d->server_pid);
    FILE *file = fopen(path, "re");
    while (file && !limit && fgets(line, sizeof(line), file))
        if (sscanf(line, "Max open files %lld %lld", &soft, &hard) == 2)
            limit = soft;
    if (file)
        fclose(file);
    if (!limit)
        doctor_say(d, DOCTOR_NOTE, XZ_STR("读不到服务进程的文件数上限。"), NULL);
    else if (limit < wanted)
        doctor_sayf(d, DOCTOR_WARNING,
                    "调高上限（systemd 单元中 LimitNOFILE=65536，其他方式用 ulimit -n 65536），"
                    "或调低设置 net.connections_max，然后重启服务。",
                    "服务最多能打开 %lld 个文件，而允许 %lld 个连接时需要 %lld 个；"
                    "人多时新的连接会被拒绝。",
                    (long long)limit, (long long)(wanted - SPARE_FILES), (long long)wanted);
    else
        doctor_sayf(d, DOCTOR_GOOD, NULL, "服务最多能打开 %lld 个文件。", (long long)limit);
}

/* --- the clock --- */

static bool clock_is_kept(bool *known)
{
    struct timex now = { .modes = 0 };
    int state = adjtimex(&now);
    *known = state >= 0;
    return state >= 0 && state != TIME_ERROR && !(now.status & STA_UNSYNC);
}

static int64_t file_time_ms(xz_str path)
{
    struct stat st;
    return stat(path.ptr, &st) == 0 ? (int64_t)st.st_mtim.tv_sec * 1000 : 0;
}

void doctor_clock(struct doctor *d)
{
    int64_t now = xz_clock_now_ms(d->cli->app.clock), written;
    time_t seconds = (time_t)(now / 1000);
    struct tm here;
    bool known, kept = clock_is_kept(&known);

    written = XZ_MAX(file_time_ms(doctor_path(d, "xiaozheng.db")),
                     file_time_ms(doctor_path(d, "xiaozheng.db-wal")));
    if (now < EARLIEST_MS || written > now + 5 * MINUTE_MS) {
        doctor_sayf(d, DOCTOR_FAULT,
                    "校正时钟（timedatectl set-time，或设好内网时间服务器）后重启服务；"
                    "时钟不对，有效期与办理时限就会算错。",
                    "本机时间是 %s，%s，时钟很可能不对。",
                    cli_time(d->arena, xz_time_format(d->arena, now)).ptr,
                    now < EARLIEST_MS ? "早于本程序的制作时间" : "早于数据最后写入的时间");
        return;
    }
    if (known && !kept)
        doctor_say(d, DOCTOR_WARNING, XZ_STR("时钟没有与时间服务器同步，会逐渐走偏。"),
                   "在 /etc/systemd/timesyncd.conf 中填写内网时间服务器，"
                   "systemctl restart systemd-timesyncd；没有时间服务器的，每月核对一次。");
    localtime_r(&seconds, &here);
    if (here.tm_gmtoff != 8 * 3600)
        doctor_sayf(d, DOCTOR_NOTE,
                    "改为北京时间：timedatectl set-timezone Asia/Shanghai。"
                    "有效期始终按北京时间计算，受影响的是日志和每日备份的钟点。",
                    "本机时区不是北京时间（与世界时相差 %+.1f 小时）。",
                    (double)here.tm_gmtoff / 3600);
    if ((!known || kept) && here.tm_gmtoff == 8 * 3600)
        doctor_say(d, DOCTOR_GOOD, XZ_STR("时间与时区正常。"), NULL);
}

/* --- the sandbox --- */

static xz_err line_count(xz_str line, void *arg)
{
    (void)line;
    ++*(int64_t *)arg;
    return XZ_OK;
}

void doctor_sandbox(struct doctor *d)
{
    static const char text[] = "# 体检用的文件\n\n第一条 这是一份用来检验拆解程序的文件。\n";
    struct xz_parse_options options = { .program = d->cli->app.parser_path, .timeout_ms = 15000 };
    int64_t lines = 0;
    int fd = memfd_create("doctor", MFD_CLOEXEC);
    xz_err err = XZ_E_IO;

    if (fd >= 0 && write(fd, text, sizeof(text) - 1) == (ssize_t)sizeof(text) - 1)
        err = xz_parse_run(&options, fd, XZ_STR("体检.md"), line_count, &lines);
    if (fd >= 0)
        close(fd);
    if (err == XZ_OK && lines > 0)
        doctor_say(d, DOCTOR_GOOD, XZ_STR("试拆一份文件成功，沙箱有效。"), NULL);
    else
        doctor_sayf(d, DOCTOR_FAULT,
                    "拆解程序 xz-parse 应与 xiaozheng 在同一目录且可执行；内核须支持 seccomp。"
                    "请重新安装；在容器中运行时放开 seccomp。修好之前无法导入资料。",
                    "试拆一份文件没有成功：%s",
                    err == XZ_OK ? "拆解程序没有给出结果" : xz_fail_detail());
}

/* --- outside tools --- */

static bool program_is_there(struct xz_arena *arena, const char *name)
{
    const char *path = getenv("PATH");
    xz_str rest = xz_str_from(path && path[0] ? path : "/usr/local/bin:/usr/bin:/bin");
    while (rest.len) {
        xz_str folder = xz_str_cut(&rest, ':');
        if (folder.len && access(xz_path_join(arena, folder, xz_str_from(name)).ptr, X_OK) == 0)
            return true;
    }
    return false;
}

static bool chinese_ocr_is_there(struct xz_arena *arena)
{
    const char *prefix = getenv("TESSDATA_PREFIX");
    glob_t found;
    if (prefix)
        return access(xz_path_join(arena, xz_str_from(prefix), XZ_STR("chi_sim.traineddata")).ptr,
                      R_OK) == 0;
    bool there = glob("/usr/share/tesseract-ocr/*/tessdata/chi_sim.traineddata", 0, NULL, &found) ==
                 0;
    globfree(&found);
    return there;
}

static bool encoder_is_there(const struct doctor *d)
{
    const char *folder = d->cli->app.resource_folder;
    return folder &&
           access(xz_path_join(d->arena, xz_str_from(folder), XZ_STR("embed.bin")).ptr, R_OK) == 0;
}

void doctor_tools(struct doctor *d)
{
    static const struct {
        const char *program, *purpose, *package;
    } tools[] = {
        { "pdftotext", "读取 pdf", "poppler-utils" },
        { "pdftoppm", "识别扫描的 pdf", "poppler-utils" },
        { "tesseract", "识别扫描件中的文字", "tesseract-ocr" },
        { "soffice", "读取 doc、wps、rtf 等旧格式", "libreoffice" },
        { "espeak-ng", "由服务器朗读答复", "espeak-ng" },
    };
    size_t missing = 0;

    for (size_t i = 0; i < XZ_COUNT(tools); i++) {
        if (program_is_there(d->arena, tools[i].program))
            continue;
        missing++;
        doctor_sayf(
            d, DOCTOR_NOTE,
            xz_str_format(d->arena, "需要时安装软件包 %s，不需要则不必处理。", tools[i].package)
                .ptr,
            "没有 %s，不能%s。", tools[i].program, tools[i].purpose);
    }
    if (program_is_there(d->arena, "tesseract") && !chinese_ocr_is_there(d->arena)) {
        missing++;
        doctor_say(d, DOCTOR_NOTE, XZ_STR("tesseract 缺少简体中文数据，不能识别扫描件中的汉字。"),
                   "需要时安装软件包 tesseract-ocr-chi-sim。");
    }
    if (!encoder_is_there(d)) {
        missing++;
        doctor_say(d, DOCTOR_NOTE,
                   XZ_STR("程序旁没有语义模型，换了说法的问题较难对上，只按字词匹配。"),
                   "安装包自带语义模型，重新安装即可；从源码运行时重新执行 script/bootstrap 与 "
                   "script/build。");
    }
    if (!missing)
        doctor_say(d, DOCTOR_GOOD, XZ_STR("都已安装。"), NULL);
}
