/* LD_PRELOAD shim: each fdatasync and fsync takes XZ_FDATASYNC_MS longer, as on a slow disk. The
 * real call is made, too. */
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static long delay_ms;
static int (*real_fdatasync)(int);
static int (*real_fsync)(int);

__attribute__((constructor)) static void slow_init(void)
{
    const char *text = getenv("XZ_FDATASYNC_MS");

    delay_ms = text ? strtol(text, NULL, 10) : 5;
    *(void **)&real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    *(void **)&real_fsync = dlsym(RTLD_NEXT, "fsync");
}

static void slow_down(void)
{
    struct timespec left = { .tv_sec = delay_ms / 1000, .tv_nsec = delay_ms % 1000 * 1000000 };

    while (nanosleep(&left, &left) != 0)
        continue;
}

int fdatasync(int fd)
{
    slow_down();
    return real_fdatasync(fd);
}

int fsync(int fd)
{
    slow_down();
    return real_fsync(fd);
}
