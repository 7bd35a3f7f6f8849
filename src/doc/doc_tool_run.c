/* The parent side of the outside tools: which files need one, the private folder of a run, its
 * time, and the words for each way it ends. Looks at the front of a file only; knows nothing of
 * what the tools make of it. */
#include "doc/doc_run_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/file.h"
#include "core/log.h"
#include "doc/doc_internal.h"
#include "doc/doc_tool_internal.h"

#define FRONT_BYTES       ((size_t)KIB(64))
#define TIMEOUT_MS        (25 * 60 * 1000)
#define PAGES_MAX         2000
#define SCANNED_PAGES_MAX 300

/* --- which tool --- */

static bool name_has(xz_str name, const char *const *ends, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        xz_str end = xz_str_from(ends[i]);
        if (name.len >= end.len &&
            xz_str_eq_nocase(xz_str_sub(name, name.len - end.len, end.len), end))
            return true;
    }
    return false;
}

static bool front_has_wide(xz_str front, const char *ascii)
{
    char wide[64];
    size_t len = strlen(ascii);
    XZ_ASSERT(len * 2 <= sizeof(wide));
    for (size_t i = 0; i < len; i++) {
        wide[i * 2] = ascii[i];
        wide[i * 2 + 1] = '\0';
    }
    return xz_str_find(front, (xz_str){ wide, len * 2 }) != XZ_STR_NPOS;
}

/* What LibreOffice is to make of an old file: by the names of its streams where the front shows
 * them, else by its name. */
static enum doc_tool tool_of_legacy(xz_str front, xz_str name)
{
    static const char *const tables[] = { ".xls", ".xlt", ".et", ".ett", ".ods" };
    static const char *const slides[] = { ".ppt", ".pps", ".dps", ".pptx", ".odp" };
    if (front_has_wide(front, "WordDocument") || xz_str_starts(front, XZ_STR("{\\rtf")))
        return TOOL_WRITER;
    if (front_has_wide(front, "Workbook") ||
        xz_str_find(front, XZ_STR("opendocument.spreadsheet")) != XZ_STR_NPOS)
        return TOOL_TABLE;
    if (front_has_wide(front, "PowerPoint Document") ||
        xz_str_find(front, XZ_STR("opendocument.presentation")) != XZ_STR_NPOS)
        return TOOL_SLIDES;
    if (name_has(name, tables, XZ_COUNT(tables)))
        return TOOL_TABLE;
    return name_has(name, slides, XZ_COUNT(slides)) ? TOOL_SLIDES : TOOL_WRITER;
}

static bool is_picture(xz_str front)
{
    static const xz_str marks[] = {
        { "\x89PNG", 4 }, { "\xFF\xD8\xFF", 3 }, { "II*\0", 4 }, { "MM\0*", 4 }
    };
    for (size_t i = 0; i < XZ_COUNT(marks); i++)
        if (xz_str_starts(front, marks[i]))
            return true;
    return false;
}

static enum doc_tool tool_of(xz_str front, xz_str name)
{
    if (is_picture(front))
        return TOOL_PICTURE;
    switch (doc_format_of_magic(front)) {
    case XZ_DOC_PDF:
        return xz_str_starts(front, XZ_STR(DOC_PAGES_MAGIC)) ? TOOL_NONE : TOOL_PDF;
    case XZ_DOC_LEGACY:
        /* No tool here reads OFD, and a document with a password is told better by its reader. */
        if (xz_str_find(front, XZ_STR("OFD.xml")) != XZ_STR_NPOS ||
            front_has_wide(front, "EncryptedPackage"))
            return TOOL_NONE;
        return tool_of_legacy(front, name);
    default:
        return TOOL_NONE;
    }
}

/* --- the private folder --- */

static int entry_remove(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    (void)remove(path); /* a folder that is not empty yet stays for the next round */
    return 0;
}

/* A killed tool may take a moment to die and write a last file meanwhile. */
static void folder_remove(const char *folder)
{
    for (int tries = 0; tries < 20; tries++) {
        (void)nftw(folder, entry_remove, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
        if (access(folder, F_OK) != 0)
            return;
        struct timespec pause = { 0, 10000000 };
        nanosleep(&pause, NULL);
    }
}

static xz_err folder_make(const struct xz_parse_options *options, struct xz_arena *arena,
                          char **folder)
{
    const char *given = options->work_folder ? options->work_folder : getenv("TMPDIR");
    char parent[PATH_MAX];
    /* The jail, LibreOffice's addresses and the tools all need it as it really is. */
    if (!realpath(given && given[0] == '/' ? given : "/tmp", parent))
        return xz_fail(XZ_E_IO, "临时目录无法使用：%s", strerror(errno));
    *folder = (char *)xz_str_format(arena, "%s/xz-tool-XXXXXX", parent).ptr;
    return mkdtemp(*folder)
               ? XZ_OK
               : xz_fail(XZ_E_IO, "无法在 %s 中建立临时目录：%s", parent, strerror(errno));
}

/* --- how many at once --- */

/* Each run keeps a core busy for as long as it lasts. The lock guards the count. */
static pthread_mutex_t runs_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t runs_fewer = PTHREAD_COND_INITIALIZER;
static long runs_now;

static bool run_admit(int64_t deadline_us)
{
    long most = XZ_MAX(sysconf(_SC_NPROCESSORS_ONLN) / 2, 1L);
    bool in = false;
    pthread_mutex_lock(&runs_lock);
    while (runs_now >= most && xz_time_monotonic_us() < deadline_us) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec++; /* a condition waits by the wall clock, which may jump: look again */
        pthread_cond_timedwait(&runs_fewer, &runs_lock, &until);
    }
    if (runs_now < most) {
        runs_now++;
        in = true;
    }
    pthread_mutex_unlock(&runs_lock);
    return in;
}

static void run_leave(void)
{
    pthread_mutex_lock(&runs_lock);
    runs_now--;
    pthread_cond_signal(&runs_fewer);
    pthread_mutex_unlock(&runs_lock);
}

/* --- a run --- */

static const char *kind_name(enum doc_tool tool)
{
    static const char *const names[] = {
        [TOOL_NONE] = "",         [TOOL_PDF] = "pdf",     [TOOL_PICTURE] = "picture",
        [TOOL_WRITER] = "writer", [TOOL_TABLE] = "table", [TOOL_SLIDES] = "slides"
    };
    return names[tool];
}

static xz_err tool_start(const struct xz_parse_options *options, enum doc_tool tool,
                         const char *folder, int input_fd, int output_fd, pid_t *pid)
{
    const char *path = getenv("PATH");
    struct xz_arena *arena = xz_arena_create(4096);
    char *env[] = { "LANG=C.UTF-8",
                    "LC_ALL=C.UTF-8",
                    "OMP_THREAD_LIMIT=1",
                    "SAL_USE_VCLPLUGIN=svp",
                    "ASAN_OPTIONS=detect_leaks=0",
                    (char *)xz_str_format(arena, "HOME=%s", folder).ptr,
                    (char *)xz_str_format(arena, "TMPDIR=%s", folder).ptr,
                    (char *)xz_str_format(arena, "PATH=%s",
                                          path && *path ? path : "/usr/local/bin:/usr/bin:/bin")
                        .ptr,
                    NULL };
    int64_t cpu_s = options->tool_timeout_ms / 1000 + 2;
    const char *limits = xz_str_format(arena, "%lld,%lld,%lld", (long long)cpu_s,
                                       (long long)options->pages_max,
                                       (long long)options->scanned_pages_max)
                             .ptr;
    char *argv[] = { (char *)options->program, "--tool",       (char *)kind_name(tool),
                     (char *)folder,           (char *)limits, NULL };
    xz_err err = doc_run_spawn(argv, env, input_fd, output_fd, pid);
    xz_arena_destroy(arena);
    return err;
}

/* Waits for the end or the deadline, then ends the whole group: while its first process is not yet
 * collected, the group's number cannot belong to anybody else. */
static bool tool_wait(pid_t pid, int64_t deadline_us, int *status)
{
    int handle = (int)syscall(SYS_pidfd_open, pid, 0);
    bool in_time = false;
    for (;;) {
        siginfo_t info = { 0 };
        in_time = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
                  info.si_pid == pid;
        int64_t left_us = deadline_us - xz_time_monotonic_us();
        if (in_time || left_us <= 0)
            break;
        int left_ms = (int)XZ_MIN(left_us / 1000 + 1, (int64_t)60000);
        struct pollfd gone = { handle, POLLIN, 0 };
        /* Without pidfd_open (before Linux 5.3) it is looked at every 20 ms. */
        (void)poll(&gone, handle >= 0 ? 1 : 0, handle >= 0 ? left_ms : XZ_MIN(left_ms, 20));
    }
    if (handle >= 0)
        close(handle);
    kill(-pid, SIGKILL);
    while (waitpid(pid, status, 0) < 0 && errno == EINTR)
        continue;
    return in_time;
}

static xz_err judge_limits(const struct xz_parse_options *options, int code)
{
    if (code == TOOL_END_PAGES)
        return xz_fail(XZ_E_INPUT,
                       "PDF 超过 %lld 页（设置项 import.pdf_pages_max），请拆分后再导入",
                       (long long)options->pages_max);
    return xz_fail(XZ_E_INPUT,
                   "PDF 中需要识别的扫描页超过 %lld 页（设置项 import.scanned_pages_max），"
                   "请拆分后再导入，或者改用文字版",
                   (long long)options->scanned_pages_max);
}

static xz_err judge(const struct xz_parse_options *options, int status)
{
    static const struct {
        enum doc_tool_end code;
        const char *words;
    } rows[] = {
        { TOOL_END_DISK, "临时目录写不下这个文件，请检查磁盘空间后再导入" },
        { TOOL_END_CUT, "PDF 文件不完整，可能在下载或复制时中断；请重新取得完整的文件后再导入" },
        { TOOL_END_DAMAGED,
          "文件已损坏，或者内容与格式不符，无法打开；请用原来的软件打开检查，另存后再导入" },
        { TOOL_END_PICTURE, "图片无法打开，可能已损坏；请重新扫描或导出后再导入" },
        { TOOL_END_PASSWORD, "文件设有打开密码，不能读取；请取消密码、另存后再导入" },
        { TOOL_END_RIGHTS, "PDF 的作者不允许复制其中的文字；请向发文单位索取不加密的版本后再导入" },
        { TOOL_END_MUCH, "文件展开后的内容过大，不像是正常的文档，未导入" },
        { TOOL_END_NO_POPPLER,
          "这台服务器没有安装读取 PDF 的工具；请安装软件包 poppler-utils、poppler-data 后再导入" },
        { TOOL_END_NO_TESSERACT,
          "这是扫描件或图片，这台服务器没有安装文字识别工具；请安装软件包 tesseract-ocr、"
          "tesseract-ocr-chi-sim 和 poppler-utils，或者改用文字版" },
        { TOOL_END_NO_CHINESE,
          "这是扫描件或图片，文字识别工具缺少中文识别数据；请安装软件包 tesseract-ocr-chi-sim，"
          "或者改用文字版" },
        { TOOL_END_NO_OFFICE,
          "这是旧格式的文件（doc、xls、ppt、wps、et、rtf 等），这台服务器没有安装 LibreOffice，"
          "不能转换；请在 Word 或 WPS 中另存为 docx 或 xlsx 后再导入" },
    };
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (code == TOOL_END_OK)
        return XZ_OK;
    if (code == TOOL_END_SANDBOX)
        return xz_fail(XZ_E_IO, "转换工具的沙箱无法建立，文件未导入");
    if (code == TOOL_END_PAGES || code == TOOL_END_SCANNED_PAGES)
        return judge_limits(options, code);
    for (size_t i = 0; i < XZ_COUNT(rows); i++)
        if (code == (int)rows[i].code)
            return xz_fail(XZ_E_INPUT, "%s", rows[i].words);
    XZ_LOG(PARSER_DIED, XZ_LF_INT(SIGNAL, WIFSIGNALED(status) ? WTERMSIG(status) : 0));
    return xz_fail(XZ_E_INPUT, "文件内容异常，转换工具中途退出，未导入");
}

static xz_err tool_run(const struct xz_parse_options *options, enum doc_tool tool,
                       int64_t deadline_us, int input_fd, int *converted_fd)
{
    struct xz_arena *arena = xz_arena_create(4096);
    char *folder = NULL;
    int status = 0, output = -1;
    pid_t pid;
    xz_err err = folder_make(options, arena, &folder);
    if (err == XZ_OK) {
        const char *path = xz_str_format(arena, "%s/converted", folder).ptr;
        output = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (output < 0)
            err = xz_fail(XZ_E_IO, "无法建立临时文件：%s", strerror(errno));
        if (err == XZ_OK)
            err = tool_start(options, tool, folder, input_fd, output, &pid);
        if (err == XZ_OK && !tool_wait(pid, deadline_us, &status))
            err = xz_fail(XZ_E_INPUT,
                          "转换文件用时超过 %lld 秒（设置项 import.tool_timeout_ms），已停止；"
                          "请拆分后再导入",
                          (long long)(options->tool_timeout_ms + 999) / 1000);
        else if (err == XZ_OK)
            err = judge(options, status);
        folder_remove(folder);
    }
    if (err != XZ_OK && output >= 0)
        close(output);
    else
        *converted_fd = output;
    xz_arena_destroy(arena);
    return err;
}

/* The converted file is read as what it is now. */
static xz_str name_of_converted(struct xz_arena *arena, enum doc_tool tool, xz_str name)
{
    const char *end = tool == TOOL_WRITER ? ".docx" : tool == TOOL_TABLE ? ".xlsx" : NULL;
    size_t len = name.len;
    if (!end)
        return name;
    while (len > 0 && name.ptr[len - 1] != '.' && name.ptr[len - 1] != '/')
        len--;
    len = len > 0 && name.ptr[len - 1] == '.' ? len - 1 : name.len;
    return xz_str_format(arena, "%.*s%s", (int)len, name.ptr, end);
}

xz_err doc_convert(const struct xz_parse_options *given, int input_fd, struct xz_arena *arena,
                   xz_str *name, int *converted_fd)
{
    struct xz_parse_options options = *given;
    char front[FRONT_BYTES];
    *converted_fd = -1;
    ssize_t got = pread(input_fd, front, sizeof(front), 0);
    enum doc_tool tool = got > 0 ? tool_of((xz_str){ front, (size_t)got }, *name) : TOOL_NONE;
    if (tool == TOOL_NONE)
        return XZ_OK;
    options.tool_timeout_ms = given->tool_timeout_ms > 0 ? given->tool_timeout_ms : TIMEOUT_MS;
    options.pages_max = given->pages_max > 0 ? given->pages_max : PAGES_MAX;
    options.scanned_pages_max = given->scanned_pages_max > 0 ? given->scanned_pages_max
                                                             : SCANNED_PAGES_MAX;
    int64_t deadline_us = xz_time_monotonic_us() + options.tool_timeout_ms * 1000;
    if (!run_admit(deadline_us))
        return xz_fail(XZ_E_INPUT, "同时转换的文件太多，等候超时；请稍后再导入这个文件");
    xz_err err = tool_run(&options, tool, deadline_us, input_fd, converted_fd);
    run_leave();
    if (err == XZ_OK)
        *name = name_of_converted(arena, tool, *name);
    return err;
}
