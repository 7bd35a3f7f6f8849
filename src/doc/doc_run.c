/* The parent side: runs xz-parse on one file, hands on its lines, and tells crash, bomb, hang and
 * limit apart. Blocks its thread; knows nothing of what the lines mean. */
#include "doc/doc_run_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/log.h"

#define TIMEOUT_MS   60000
#define MEMORY_BYTES MIB(512)
#define LINE_BYTES   MIB(8)
#define OUTPUT_BYTES (MIB(1024) * 4)
#define READ_BYTES   ((size_t)KIB(64))
#define CPU_SLACK_S  2 /* wall time ends first unless several files compete */

struct run {
    struct xz_parse_options options; /* with defaults filled in */
    pid_t pid;
    int out; /* read end of the child's output */
    int64_t deadline_us;
    struct xz_buf partial;
    int64_t output_bytes, lines;
    xz_err (*line)(xz_str line, void *arg);
    void *arg;
};

static struct xz_parse_options with_defaults(const struct xz_parse_options *given)
{
    struct xz_parse_options options = *given;
    if (options.timeout_ms <= 0)
        options.timeout_ms = TIMEOUT_MS;
    if (options.memory_bytes_max <= 0)
        options.memory_bytes_max = MEMORY_BYTES;
    if (options.line_bytes_max == 0)
        options.line_bytes_max = (size_t)LINE_BYTES;
    if (options.output_bytes_max <= 0)
        options.output_bytes_max = OUTPUT_BYTES;
    return options;
}

/* fds 0 and 1 are ours, 2 is nowhere (what a broken parser says is not for our log), no others. */
static int files_prepare(posix_spawn_file_actions_t *files, int input_fd, int output_fd)
{
    int bad = posix_spawn_file_actions_adddup2(files, input_fd, STDIN_FILENO);
    if (!bad)
        bad = posix_spawn_file_actions_adddup2(files, output_fd, STDOUT_FILENO);
    if (!bad)
        bad = posix_spawn_file_actions_addopen(files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    return bad ? bad : posix_spawn_file_actions_addclosefrom_np(files, 3);
}

xz_err doc_run_spawn(char *const argv[], char *const env[], int input_fd, int output_fd, pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    sigemptyset(&none);
    sigfillset(&defaults);
    posix_spawnattr_init(&attributes);
    /* A group of its own: Ctrl-C at an import's terminal asks the importer to stop, and must not
     * turn the files under way into refused ones. */
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawn_file_actions_init(&files);
    int bad = files_prepare(&files, input_fd, output_fd);
    if (!bad)
        bad = posix_spawn(pid, argv[0], &files, &attributes, argv, env);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return bad ? xz_fail(XZ_E_IO, "无法启动拆解程序 %s：%s", argv[0], strerror(bad)) : XZ_OK;
}

static xz_err child_start(struct run *run, int input_fd, xz_str name, int output_fd)
{
    char *env[] = { "LANG=C.UTF-8",
                    "ASAN_OPTIONS=detect_leaks=0:handle_segv=0:allocator_may_return_null=1:"
                    "max_allocation_size_mb=512",
                    NULL };
    int64_t cpu_s = run->options.timeout_ms / 1000 + CPU_SLACK_S;
    char limits[64], *cname = xz_alloc(name.len + 1, 1);
    memcpy(cname, name.ptr, name.len);
    snprintf(limits, sizeof(limits), "%lld,%lld", (long long)run->options.memory_bytes_max,
             (long long)cpu_s);
    char *argv[] = { (char *)run->options.program, cname, limits, (char *)run->options.columns,
                     NULL };
    xz_err err = doc_run_spawn(argv, env, input_fd, output_fd, &run->pid);
    xz_free(cname);
    return err;
}

static xz_err line_too_long(const struct run *run)
{
    return xz_fail(XZ_E_INPUT, "文件里有一段内容超过 %lld KiB，无法导入，请拆分后再试",
                   (long long)run->options.line_bytes_max / 1024);
}

static xz_err give_lines(struct run *run, xz_str bytes)
{
    while (bytes.len > 0) {
        const char *end = memchr(bytes.ptr, '\n', bytes.len);
        size_t len = end ? (size_t)(end - bytes.ptr) : bytes.len;
        xz_str line = { bytes.ptr, len };
        bytes = xz_str_sub(bytes, len + (end != NULL), bytes.len);
        if (!end || run->partial.len > 0) {
            xz_buf_add(&run->partial, line);
            line = xz_buf_str(&run->partial);
        }
        if (run->partial.err != XZ_OK || line.len > run->options.line_bytes_max)
            return line_too_long(run);
        if (!end)
            break;
        run->lines++;
        xz_err err = run->line(line, run->arg);
        if (err != XZ_OK)
            return err;
        xz_buf_clear(&run->partial);
    }
    return XZ_OK;
}

/* Milliseconds left, rounded up; 0 when the time is over. */
static int time_left_ms(const struct run *run)
{
    int64_t left = run->deadline_us - xz_time_monotonic_us();
    return left <= 0 ? 0 : (int)XZ_MIN((left + 999) / 1000, (int64_t)INT32_MAX);
}

static xz_err out_of_time(const struct run *run)
{
    return xz_fail(XZ_E_INPUT, "拆解文件用时超过 %lld 秒，已停止；请检查文件是否异常，或拆分后再试",
                   (long long)(run->options.timeout_ms + 999) / 1000);
}

/* All output up to its end. */
static xz_err output_read(struct run *run)
{
    char *bytes = xz_alloc(READ_BYTES, 1);
    xz_err err = XZ_OK;
    while (err == XZ_OK) {
        struct pollfd ready = { run->out, POLLIN, 0 };
        int left = time_left_ms(run), count = left > 0 ? poll(&ready, 1, left) : 0;
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            err = out_of_time(run);
            break;
        }
        ssize_t got = read(run->out, bytes, READ_BYTES);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got <= 0)
            break;
        run->output_bytes += got;
        if (run->output_bytes > run->options.output_bytes_max)
            err = xz_fail(XZ_E_INPUT, "拆解结果超过 %lld MiB，文件异常，未导入",
                          (long long)run->options.output_bytes_max / (1024 * 1024));
        else
            err = give_lines(run, (xz_str){ bytes, (size_t)got });
    }
    xz_free(bytes);
    return err;
}

/* Waits for the end until the deadline; false when it has not come. A child that closed its output
 * and lives on is as stuck as any other. */
static bool child_wait(struct run *run, int *status)
{
    int handle = (int)syscall(SYS_pidfd_open, run->pid, 0);
    if (handle >= 0) {
        struct pollfd gone = { handle, POLLIN, 0 };
        while (poll(&gone, 1, time_left_ms(run)) < 0 && errno == EINTR)
            continue;
        close(handle);
    }
    for (;;) {
        pid_t done = waitpid(run->pid, status, WNOHANG);
        if (done == run->pid)
            return true;
        if ((done < 0 && errno != EINTR) || time_left_ms(run) == 0)
            return false;
        struct timespec pause = { 0, 1000000 }; /* only where pidfd_open does not exist */
        nanosleep(&pause, NULL);
    }
}

static void child_kill(struct run *run)
{
    int status;
    kill(run->pid, SIGKILL);
    while (waitpid(run->pid, &status, 0) < 0 && errno == EINTR)
        continue;
}

static xz_err judge(const struct run *run, int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return run->partial.len == 0 ? XZ_OK : xz_fail(XZ_E_INPUT, "拆解结果不完整，文件未导入");
    if (WIFEXITED(status))
        return WEXITSTATUS(status) == 127
                   ? xz_fail(XZ_E_IO, "无法启动拆解程序 %s", run->options.program)
                   : xz_fail(XZ_E_INPUT, "拆解没有完成（退出码 %d），文件未导入",
                             WEXITSTATUS(status));
    XZ_LOG(PARSER_DIED, XZ_LF_INT(SIGNAL, WTERMSIG(status)));
    switch (WTERMSIG(status)) {
    case SIGXCPU:
    case SIGKILL:
        return out_of_time(run);
    case SIGSYS:
        return xz_fail(XZ_E_INPUT,
                       "拆解程序试图越权操作，已被沙箱终止；文件可能有恶意内容，未导入");
    case SIGABRT:
        return xz_fail(XZ_E_INPUT, "拆解文件需要的内存超过 %lld MiB，或者文件内容异常，未导入",
                       (long long)run->options.memory_bytes_max / (1024 * 1024));
    default:
        return xz_fail(XZ_E_INPUT, "文件内容异常，拆解程序崩溃（信号 %d），未导入",
                       WTERMSIG(status));
    }
}

static xz_err parse_file(const struct xz_parse_options *options, int input_fd, xz_str name,
                         xz_err (*line)(xz_str line, void *arg), void *arg)
{
    struct run run = { .options = with_defaults(options), .line = line, .arg = arg };
    int pipe_fds[2], status = 0;
    run.deadline_us = xz_time_monotonic_us() + run.options.timeout_ms * 1000;
    if (lseek(input_fd, 0, SEEK_SET) < 0 && errno != ESPIPE)
        return xz_fail(XZ_E_IO, "无法读取文件：%s", strerror(errno));
    if (pipe2(pipe_fds, O_CLOEXEC) != 0)
        return xz_fail(XZ_E_IO, "无法建立管道：%s", strerror(errno));
    run.out = pipe_fds[0];
    xz_err err = child_start(&run, input_fd, name, pipe_fds[1]);
    close(pipe_fds[1]);
    if (err == XZ_OK) {
        xz_buf_init(&run.partial, run.options.line_bytes_max);
        err = output_read(&run);
        if (err == XZ_OK && !child_wait(&run, &status))
            err = out_of_time(&run);
        if (err == XZ_OK)
            err = judge(&run, status);
        else
            child_kill(&run);
        xz_buf_fini(&run.partial);
    }
    close(run.out);
    return err;
}

xz_err xz_parse_run(const struct xz_parse_options *options, int input_fd, xz_str name,
                    xz_err (*line)(xz_str line, void *arg), void *arg)
{
    int converted = -1;
    XZ_ASSERT(options->program && input_fd >= 0);
    if (lseek(input_fd, 0, SEEK_SET) < 0 && errno != ESPIPE)
        return xz_fail(XZ_E_IO, "无法读取文件：%s", strerror(errno));
    struct xz_arena *arena = xz_arena_create(4096);
    xz_err err = doc_convert(options, input_fd, arena, &name, &converted);
    if (err == XZ_OK)
        err = parse_file(options, converted >= 0 ? converted : input_fd, name, line, arg);
    if (converted >= 0)
        close(converted);
    xz_arena_destroy(arena);
    return err;
}
