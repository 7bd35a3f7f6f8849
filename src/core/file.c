/* Files: whole reads with a limit and durable replacement. What the files mean, and which folders
 * a request may reach, is decided by the callers. */
#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/core_internal.h"

#define READ_BYTES KIB(64)

static xz_err fail_errno(const char *what, const char *path, int problem)
{
    char words[128];
    bool missing = problem == ENOENT || problem == ENOTDIR;
    return xz_fail(missing ? XZ_E_MISSING : XZ_E_IO, "%s“%s”失败：%s", what, path,
                   strerror_r(problem, words, sizeof(words)));
}

/* Opens a regular file. O_NONBLOCK: opening a named pipe must not wait for its writer. */
static xz_err open_regular(const char *path, int *fd, struct stat *info)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0)
        return fail_errno("打开文件", path, errno);
    int problem = fstat(*fd, info) == 0 ? 0 : errno;
    if (problem == 0 && S_ISREG(info->st_mode))
        return XZ_OK;
    close(*fd);
    *fd = -1;
    return problem ? fail_errno("读取文件", path, problem)
                   : xz_fail(XZ_E_IO, "“%s”不是普通文件", path);
}

static ssize_t read_some(int fd, char *to, size_t bytes)
{
    ssize_t got;
    do
        got = read(fd, to, bytes);
    while (got < 0 && errno == EINTR);
    return got;
}

/* Reads to the end of the file or until the buffer is full, whatever fstat said before. */
static xz_err read_rest(int fd, const char *path, size_t guess_bytes, struct xz_buf *buf)
{
    for (;;) {
        size_t left = buf->bytes_max - buf->len;
        size_t want = XZ_MIN(left, XZ_MAX(guess_bytes, (size_t)1));
        char probe;
        char *to = want ? xz_buf_reserve(buf, want) : &probe;
        if (!to)
            return XZ_E_LIMIT;
        ssize_t got = read_some(fd, to, XZ_MAX(want, (size_t)1));
        if (got < 0)
            return fail_errno("读取文件", path, errno);
        if (got == 0)
            return XZ_OK;
        if (want == 0)
            return xz_fail(XZ_E_LIMIT, "文件“%s”超过 %zu 字节", path, buf->bytes_max);
        xz_buf_commit(buf, (size_t)got);
        guess_bytes = (size_t)READ_BYTES;
    }
}

xz_err xz_file_read(const char *path, struct xz_buf *buf)
{
    struct stat info = { 0 };
    size_t len_before = buf->len;
    int fd;

    xz_err err = open_regular(path, &fd, &info);
    if (err != XZ_OK)
        return err;
    if (info.st_size > 0 && (uint64_t)info.st_size > buf->bytes_max - buf->len)
        err = xz_fail(XZ_E_LIMIT, "文件“%s”超过 %zu 字节", path, buf->bytes_max);
    else
        err = read_rest(fd, path, (size_t)info.st_size + 1, buf);
    close(fd);
    if (err != XZ_OK && buf->ptr) { /* nothing of a failed read stays behind */
        buf->len = len_before;
        buf->ptr[len_before] = '\0';
    }
    return err;
}

static int write_all(int fd, xz_str content)
{
    while (content.len) {
        ssize_t put = write(fd, content.ptr, content.len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return errno;
        content = xz_str_sub(content, (size_t)put, content.len);
    }
    return 0;
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return xz_strdup(".");
    char *folder = xz_strdup(path);
    folder[XZ_MAX(slash - path, 1)] = '\0'; /* the folder of "/x" is "/" */
    return folder;
}

/* 0 or errno. The file exists completely, and on disk, or not at all. */
static int write_durable(const char *path, xz_str content)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    int problem = write_all(fd, content);
    if (problem == 0 && fsync(fd) != 0)
        problem = errno;
    if (close(fd) != 0 && problem == 0)
        problem = errno;
    if (problem)
        unlink(path);
    return problem;
}

xz_err xz_file_replace(const char *path, xz_str content)
{
    xz_secret unique = xz_secret_make();
    size_t bytes = strlen(path) + sizeof(unique.text) + sizeof(".tmp-");
    char *temporary = xz_alloc(bytes, 1);
    char *folder = folder_of(path);
    xz_err err = XZ_OK;

    snprintf(temporary, bytes, "%s.tmp-%s", path, unique.text);
    int problem = write_durable(temporary, content);
    if (problem == 0 && rename(temporary, path) != 0) {
        problem = errno;
        unlink(temporary);
    }
    if (problem)
        err = fail_errno("写入文件", path, problem);
    else
        err = xz_dir_sync(folder);
    xz_free(temporary);
    xz_free(folder);
    return err;
}

/* Makes one folder; fine when it is there already. */
static xz_err make_one(const char *path)
{
    struct stat info;

    if (mkdir(path, 0700) == 0)
        return XZ_OK;
    int problem = errno;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return XZ_OK;
    return xz_fail(XZ_E_IO, "创建目录“%s”失败：%s", path,
                   problem == EEXIST ? "已有同名文件" : strerror(problem));
}

xz_err xz_dir_make(const char *path)
{
    char *part = xz_strdup(path);
    xz_err err = XZ_OK;

    for (char *at = part + 1; *part && *at && err == XZ_OK; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        err = make_one(part);
        *at = '/';
    }
    if (err == XZ_OK)
        err = make_one(part);
    xz_free(part);
    return err;
}

xz_err xz_dir_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fail_errno("打开目录", path, errno);
    int problem = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return problem ? fail_errno("同步目录", path, problem) : XZ_OK;
}

xz_str xz_path_join(struct xz_arena *arena, xz_str folder, xz_str name)
{
    bool slash = folder.len == 0 || xz_str_ends(folder, XZ_STR("/"));
    return xz_str_format(arena, "%.*s%s%.*s", XZ_STR_ARG(folder), slash ? "" : "/",
                         XZ_STR_ARG(name));
}

xz_err xz_file_sha256(const char *path, struct xz_sha256 *hash, int64_t *bytes)
{
    struct stat info;
    ssize_t got;
    int fd;

    xz_err err = open_regular(path, &fd, &info);
    if (err != XZ_OK)
        return err;
    struct core_hasher *hasher = core_hasher_create();
    char *piece = xz_realloc(NULL, (size_t)READ_BYTES);
    *bytes = 0;
    while ((got = read_some(fd, piece, (size_t)READ_BYTES)) > 0) {
        core_hasher_add(hasher, piece, (size_t)got);
        *bytes += got;
    }
    if (got < 0)
        err = fail_errno("读取文件", path, errno);
    *hash = core_hasher_finish(hasher);
    xz_free(piece);
    close(fd);
    return err;
}
