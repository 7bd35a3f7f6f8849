/* LD_PRELOAD shim: a machine that loses power. It remembers what each file in XZ_CRASH_FOLDER held
 * when it was last synced; after XZ_CRASH_AFTER_MS it takes back a random part of the sectors (and
 * of the sizes, and of the new names) that were not synced since, and kills the process.
 * XZ_CRASH_SEED, XZ_CRASH_SECTOR (512 or 4096). Syncs take a random moment, to widen the gap. */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILES_MAX 64
#define FDS_MAX   1024
#define BUCKETS   4096

/* One sector as the disk has it. */
struct sector {
    struct sector *next;
    int64_t number;
    char bytes[];
};

struct disk_file {
    char path[512];
    ino_t inode;
    int fd; /* our own: the program may close its */
    int64_t synced_size;
    bool is_new_name; /* its folder was not synced since it was made */
    struct sector *unsynced[BUCKETS];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* protects all below */
static struct disk_file *files[FILES_MAX];
static int file_count;
static struct disk_file *file_of_fd[FDS_MAX];
static bool is_folder_fd[FDS_MAX];
static char folder[512];
static int64_t sector_bytes = 4096;
static uint64_t seed;

static int (*real_open)(const char *, int, ...);
static int (*real_close)(int);
static ssize_t (*real_pread)(int, void *, size_t, off_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_write)(int, const void *, size_t);
static int (*real_ftruncate)(int, off_t);

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static void pause_us(int64_t us)
{
    struct timespec left = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };

    while (nanosleep(&left, &left) != 0)
        continue;
}

static int64_t size_of(const struct disk_file *file)
{
    struct stat info;
    return fstat(file->fd, &info) == 0 ? info.st_size : 0;
}

/* Keeps what the disk has of these bytes before they change. */
static void keep(struct disk_file *file, int64_t from, int64_t count)
{
    for (int64_t number = from / sector_bytes; number * sector_bytes < from + count; number++) {
        struct sector **bucket = &file->unsynced[number % BUCKETS];
        struct sector *seen = *bucket;
        while (seen && seen->number != number)
            seen = seen->next;
        if (seen)
            continue;
        struct sector *sector = calloc(1, sizeof *sector + (size_t)sector_bytes);
        if (!sector ||
            real_pread(file->fd, sector->bytes, (size_t)sector_bytes, number * sector_bytes) < 0)
            abort();
        sector->number = number;
        sector->next = *bucket;
        *bucket = sector;
    }
}

static void forget(struct disk_file *file)
{
    for (int i = 0; i < BUCKETS; i++) {
        while (file->unsynced[i]) {
            struct sector *sector = file->unsynced[i];
            file->unsynced[i] = sector->next;
            free(sector);
        }
    }
    file->synced_size = size_of(file);
}

static void lose_power(struct disk_file *file)
{
    int64_t size = size_of(file), new_size = size;
    uint64_t share = next_random() % 5; /* of the sectors, in quarters: none ... all */

    if (size != file->synced_size && next_random() % 2)
        new_size = size < file->synced_size || next_random() % 2
                       ? file->synced_size
                       : file->synced_size +
                             (int64_t)(next_random() % (uint64_t)(size - file->synced_size));
    for (int i = 0; i < BUCKETS; i++) {
        for (struct sector *sector = file->unsynced[i]; sector; sector = sector->next) {
            int64_t at = sector->number * sector_bytes;
            bool was_cut = at >= size;
            if ((was_cut && new_size > size) || (!was_cut && next_random() % 4 < share)) {
                if (real_pwrite(file->fd, sector->bytes, (size_t)sector_bytes, at) < 0)
                    abort();
            }
        }
    }
    if (real_ftruncate(file->fd, new_size) != 0)
        abort();
    if (file->is_new_name && next_random() % 2)
        unlink(file->path);
}

static void *crash_main(void *arg)
{
    pause_us(*(const long *)arg * 1000);
    pthread_mutex_lock(&lock); /* for ever: nothing is written any more */
    for (int i = 0; i < file_count; i++)
        lose_power(files[i]);
    kill(getpid(), SIGKILL);
    return NULL;
}

__attribute__((constructor)) static void crash_init(void)
{
    static long after_ms;
    const char *text;
    pthread_t thread;

    *(void **)&real_open = dlsym(RTLD_NEXT, "open64");
    *(void **)&real_close = dlsym(RTLD_NEXT, "close");
    *(void **)&real_pread = dlsym(RTLD_NEXT, "pread64");
    *(void **)&real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    *(void **)&real_write = dlsym(RTLD_NEXT, "write");
    *(void **)&real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    if (!(text = getenv("XZ_CRASH_FOLDER")))
        return;
    snprintf(folder, sizeof folder, "%s", text);
    seed = (text = getenv("XZ_CRASH_SEED")) ? strtoull(text, NULL, 10) * 2 + 1 : 1;
    if ((text = getenv("XZ_CRASH_SECTOR")))
        sector_bytes = strtol(text, NULL, 10);
    text = getenv("XZ_CRASH_AFTER_MS");
    after_ms = text ? strtol(text, NULL, 10) : 1000;
    if (pthread_create(&thread, NULL, crash_main, &after_ms) != 0)
        abort();
}

/* SQLite's shared index (-shm) is memory, not disk: a restart finds none. The lock is not data. */
static bool is_watched(const char *path)
{
    size_t len = strlen(path);

    return folder[0] && strncmp(path, folder, strlen(folder)) == 0 && path[strlen(folder)] == '/' &&
           !(len > 4 && strcmp(path + len - 4, "-shm") == 0) &&
           !(len > 5 && strcmp(path + len - 5, "/lock") == 0);
}

static void watch(int fd, const char *path, bool is_new)
{
    struct stat info;
    struct disk_file *file = NULL;

    if (fstat(fd, &info) != 0)
        abort();
    if (!S_ISREG(info.st_mode))
        return;
    for (int i = 0; i < file_count; i++) {
        if (files[i]->inode == info.st_ino)
            file = files[i];
    }
    if (!file) {
        if (file_count == FILES_MAX || !(file = calloc(1, sizeof *file)))
            abort();
        files[file_count++] = file;
        snprintf(file->path, sizeof file->path, "%s", path);
        file->inode = info.st_ino;
        file->fd = real_open(path, O_RDWR | O_CLOEXEC);
        file->synced_size = info.st_size;
        file->is_new_name = is_new;
    }
    file_of_fd[fd] = file;
}

static int open_watched(const char *path, int flags, mode_t mode)
{
    struct stat before;

    pthread_mutex_lock(&lock);
    bool is_new = lstat(path, &before) != 0;
    int fd = real_open(path, flags, mode);
    if (fd >= 0 && fd < FDS_MAX) {
        file_of_fd[fd] = NULL;
        is_folder_fd[fd] = strcmp(path, folder) == 0;
        if (is_watched(path))
            watch(fd, path, is_new);
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

/* SQLite and we are both built for large files: open, pwrite and ftruncate are the 64-bit ones. */
int open64(const char *path, int flags, ...)
{
    va_list args;

    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    return open_watched(path, flags, mode);
}

int close(int fd)
{
    pthread_mutex_lock(&lock);
    if (fd >= 0 && fd < FDS_MAX) {
        file_of_fd[fd] = NULL;
        is_folder_fd[fd] = false;
    }
    int result = real_close(fd);
    pthread_mutex_unlock(&lock);
    return result;
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at)
{
    pthread_mutex_lock(&lock);
    if (fd >= 0 && fd < FDS_MAX && file_of_fd[fd])
        keep(file_of_fd[fd], at, (int64_t)count);
    ssize_t result = real_pwrite(fd, bytes, count, at);
    pthread_mutex_unlock(&lock);
    return result;
}

int ftruncate64(int fd, off64_t size)
{
    pthread_mutex_lock(&lock);
    if (fd >= 0 && fd < FDS_MAX && file_of_fd[fd]) {
        int64_t before = size_of(file_of_fd[fd]);
        if (before > size)
            keep(file_of_fd[fd], size, before - size);
    }
    int result = real_ftruncate(fd, size);
    pthread_mutex_unlock(&lock);
    return result;
}

/* No real sync: the page cache outlives the process, and losing power is played here. */
static int sync_watched(int fd)
{
    pthread_mutex_lock(&lock);
    int64_t us = (int64_t)(next_random() % 1500);
    pthread_mutex_unlock(&lock);
    pause_us(us);
    pthread_mutex_lock(&lock);
    if (fd >= 0 && fd < FDS_MAX && file_of_fd[fd])
        forget(file_of_fd[fd]);
    if (fd >= 0 && fd < FDS_MAX && is_folder_fd[fd]) {
        for (int i = 0; i < file_count; i++)
            files[i]->is_new_name = false;
    }
    pthread_mutex_unlock(&lock);
    return 0;
}

int fdatasync(int fd)
{
    return sync_watched(fd);
}

int fsync(int fd)
{
    return sync_watched(fd);
}
