/* LD_PRELOAD shim: a disk that fails. It counts what the process does to change the files below
 * XZ_FAIL_FOLDER (opening to write, writing, cutting, syncing, naming, making folders) and fails
 * the XZ_FAIL_AT-th of these with XZ_FAIL_ERROR:
 *   EIO      that one fails and the following ones work
 *   ENOSPC   the disk is full from there on: a write puts half of its bytes and all others fail, as
 *            long as the file XZ_FAIL_WHILE exists
 * Each failure is a line in XZ_FAIL_REPORT. Processes that it starts are left alone. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char folder[512], report[512], full_mark[512];
static long fail_at;
static int fail_errno = EIO;
static atomic_long done_count;

static int (*real_open)(const char *, int, ...);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_rename)(const char *, const char *);
static int (*real_link)(const char *, const char *);
static int (*real_mkdir)(const char *, mode_t);
static int (*real_mkostemp)(char *, int);

static void text_take(char *to, size_t room, const char *name)
{
    const char *text = getenv(name);
    snprintf(to, room, "%s", text ? text : "");
}

__attribute__((constructor)) static void fail_init(void)
{
    const char *text = getenv("XZ_FAIL_AT");

    *(void **)&real_open = dlsym(RTLD_NEXT, "open64");
    *(void **)&real_write = dlsym(RTLD_NEXT, "write");
    *(void **)&real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    *(void **)&real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    *(void **)&real_fsync = dlsym(RTLD_NEXT, "fsync");
    *(void **)&real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    *(void **)&real_rename = dlsym(RTLD_NEXT, "rename");
    *(void **)&real_link = dlsym(RTLD_NEXT, "link");
    *(void **)&real_mkdir = dlsym(RTLD_NEXT, "mkdir");
    *(void **)&real_mkostemp = dlsym(RTLD_NEXT, "mkostemp64");
    text_take(folder, sizeof folder, "XZ_FAIL_FOLDER");
    text_take(report, sizeof report, "XZ_FAIL_REPORT");
    text_take(full_mark, sizeof full_mark, "XZ_FAIL_WHILE");
    fail_at = text ? strtol(text, NULL, 10) : 0;
    text = getenv("XZ_FAIL_ERROR");
    if (text && strcmp(text, "ENOSPC") == 0)
        fail_errno = ENOSPC;
    unsetenv("LD_PRELOAD");
}

static bool is_below(const char *path)
{
    size_t len = strlen(folder);
    return len && strncmp(path, folder, len) == 0 && (path[len] == '/' || path[len] == 0);
}

static void report_line(long number, const char *what, const char *path)
{
    char line[768];
    int len = snprintf(line, sizeof line, "%ld %s %s\n", number, what, path);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, report, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (fd >= 0) {
        (void)!syscall(SYS_write, fd, line, (size_t)len);
        syscall(SYS_close, fd);
    }
}

/* 0: it may be done. 1: it fails. 2: it is the first one on a disk that has just become full. */
static int verdict(const char *what, const char *path)
{
    if (!is_below(path))
        return 0;
    long number = atomic_fetch_add(&done_count, 1) + 1;
    if (!fail_at || number < fail_at)
        return 0;
    if (fail_errno == EIO ? number > fail_at : access(full_mark, F_OK) != 0)
        return 0;
    report_line(number, what, path);
    return number == fail_at && fail_errno == ENOSPC ? 2 : 1;
}

static int verdict_fd(const char *what, int fd)
{
    char link_name[48], path[512];

    snprintf(link_name, sizeof link_name, "/proc/self/fd/%d", fd);
    int kept = errno;
    ssize_t len = folder[0] ? readlink(link_name, path, sizeof path - 1) : -1;
    errno = kept;
    if (len <= 0 || path[0] != '/')
        return 0;
    path[len] = 0;
    return verdict(what, path);
}

static int failed(void)
{
    errno = fail_errno;
    return -1;
}

int open64(const char *path, int flags, ...)
{
    va_list args;

    va_start(args, flags);
    bool has_mode = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
    mode_t mode = has_mode ? va_arg(args, mode_t) : 0;
    va_end(args);
    bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT);
    return writes && verdict("open", path) ? failed() : real_open(path, flags, mode);
}

int mkostemp64(char *path, int flags)
{
    return verdict("mkostemp", path) ? failed() : real_mkostemp(path, flags);
}

ssize_t write(int fd, const void *bytes, size_t count)
{
    int how = verdict_fd("write", fd);
    if (how == 1 || (how == 2 && count < 2))
        return failed();
    return real_write(fd, bytes, how ? count / 2 : count);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at)
{
    int how = verdict_fd("pwrite", fd);
    if (how == 1 || (how == 2 && count < 2))
        return failed();
    return real_pwrite(fd, bytes, how ? count / 2 : count, at);
}

int ftruncate64(int fd, off64_t size)
{
    return verdict_fd("ftruncate", fd) ? failed() : real_ftruncate(fd, size);
}

int fsync(int fd)
{
    return verdict_fd("fsync", fd) ? failed() : real_fsync(fd);
}

int fdatasync(int fd)
{
    return verdict_fd("fdatasync", fd) ? failed() : real_fdatasync(fd);
}

int rename(const char *from, const char *to)
{
    return verdict("rename", to) ? failed() : real_rename(from, to);
}

int link(const char *from, const char *to)
{
    return verdict("link", to) ? failed() : real_link(from, to);
}

int mkdir(const char *path, mode_t mode)
{
    return verdict("mkdir", path) ? failed() : real_mkdir(path, mode);
}
