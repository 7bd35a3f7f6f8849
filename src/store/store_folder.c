/* The data folder: made durably, held against other processes, files made with narrow modes. What
 * the files contain is for others. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store_internal.h"

char *store_path(const char *folder, const char *name)
{
    size_t bytes = strlen(folder) + strlen(name) + 2;
    char *path = xz_alloc(bytes, 1);

    snprintf(path, bytes, "%s/%s", folder, name);
    return path;
}

xz_err store_folder_sync_parent(const char *path)
{
    char *folder = xz_strdup(path);
    size_t len = strlen(folder);
    xz_err err;

    while (len > 1 && folder[len - 1] == '/')
        folder[--len] = '\0';
    char *slash = strrchr(folder, '/');
    if (!slash)
        err = xz_dir_sync(".");
    else if (slash == folder)
        err = xz_dir_sync("/");
    else {
        *slash = '\0';
        err = xz_dir_sync(folder);
    }
    xz_free(folder);
    return err;
}

xz_err store_folder_make(const char *folder)
{
    xz_err err = xz_dir_make(folder);
    return err == XZ_OK ? store_folder_sync_parent(folder) : err;
}

/* Folders of test processes that died before they could clean up. */
static void folder_sweep_memory(const char *base, const char *prefix)
{
    DIR *dir = opendir(base);
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        int fd;
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
            continue;
        char *folder = store_path(base, entry->d_name);
        char *lock = store_path(folder, "lock");
        /* One without a lock file is just being made. */
        if (access(lock, F_OK) == 0 && store_folder_lock(folder, &fd) == XZ_OK) {
            store_folder_drop_memory(folder);
            close(fd);
        }
        xz_free(lock);
        xz_free(folder);
    }
    if (dir)
        closedir(dir);
    xz_fail_clear();
}

/* A file on a memory disk rather than SQLite's own memory database: that one has no snapshots, so
 * that tests would meet locks that a real folder does not have. */
xz_err store_folder_make_memory(char **folder)
{
    static const char *const bases[] = { "/dev/shm", P_tmpdir };
    static const char prefix[] = "xiaozheng-memory-";

    for (size_t i = 0; i < XZ_COUNT(bases); i++) {
        char path[64];
        snprintf(path, sizeof path, "%s/%sXXXXXX", bases[i], prefix);
        folder_sweep_memory(bases[i], prefix);
        if (mkdtemp(path)) {
            *folder = xz_strdup(path);
            return XZ_OK;
        }
    }
    return xz_fail(XZ_E_IO, "无法建立内存数据目录（%s）", strerror(errno));
}

void store_folder_drop_memory(const char *folder)
{
    static const char *const names[] = { STORE_DB_NAME, STORE_DB_NAME "-wal", STORE_DB_NAME "-shm",
                                         "lock" };

    for (size_t i = 0; i < XZ_COUNT(names); i++) {
        char *path = store_path(folder, names[i]);
        unlink(path);
        xz_free(path);
    }
    rmdir(folder);
}

xz_err store_folder_lock(const char *folder, int *fd)
{
    char *path = store_path(folder, "lock");
    char pid[32] = "";
    xz_err err = XZ_OK;

    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0) {
        err = xz_fail(XZ_E_IO, "无法在数据目录 %s 中建立锁文件（%s）", folder, strerror(errno));
        goto out;
    }
    if (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) {
            err = xz_fail(XZ_E_IO, "无法锁定数据目录 %s（%s）", folder, strerror(errno));
            goto out;
        }
        ssize_t got = pread(*fd, pid, sizeof pid - 1, 0);
        pid[got > 0 ? got : 0] = '\0';
        pid[strcspn(pid, "\n")] = '\0';
        err = xz_fail(XZ_E_STATE, "数据目录 %s 正被另一个进程使用（进程号 %s），请先停止它", folder,
                      pid[0] ? pid : "未知");
        goto out;
    }
    int len = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(*fd, 0) != 0 || pwrite(*fd, pid, (size_t)len, 0) != len)
        err = xz_fail(XZ_E_IO, "无法写数据目录 %s 的锁文件（%s）", folder, strerror(errno));
out:
    if (err != XZ_OK && *fd >= 0) {
        close(*fd);
        *fd = -1;
    }
    xz_free(path);
    return err;
}

xz_err store_file_make(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0)
        return xz_fail(XZ_E_IO, "无法打开文件 %s（%s）", path, strerror(errno));
    close(fd);
    return XZ_OK;
}

xz_err store_file_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int failed = fd < 0 || fsync(fd) != 0;
    int why = errno;

    if (fd >= 0)
        close(fd);
    return failed ? xz_fail(XZ_E_IO, "无法将 %s 写入磁盘（%s）", path, strerror(why)) : XZ_OK;
}
