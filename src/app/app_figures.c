/* Figures that nobody counts as they happen: they are looked up when /metrics is read. */
#include "app/app.h"

#include "core/metric.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static int64_t resident_bytes(void)
{
    long long size, resident;
    FILE *file = fopen("/proc/self/statm", "re");
    int got = file ? fscanf(file, "%lld %lld", &size, &resident) : 0;
    if (file)
        fclose(file);
    return got == 2 ? resident * sysconf(_SC_PAGESIZE) : 0;
}

/* Seconds since 1970 of the newest backup; 0: none. Its manifest is written last. */
static int64_t backup_time(const struct xz_app *app)
{
    struct xz_arena *arena = xz_arena_create(KIB(4));
    const struct dirent *entry;
    int64_t newest = 0;
    xz_str place = xz_app_backup_folder(app, arena);
    DIR *dir = opendir(xz_str_cstr(arena, place));

    while (dir && (entry = readdir(dir))) {
        struct stat st;
        xz_str manifest = xz_str_format(arena, "%.*s/%s/manifest.json", XZ_STR_ARG(place),
                                        entry->d_name);
        if (entry->d_name[0] != '.' && stat(manifest.ptr, &st) == 0)
            newest = XZ_MAX(newest, (int64_t)st.st_mtim.tv_sec);
    }
    if (dir)
        closedir(dir);
    xz_arena_destroy(arena);
    return newest;
}

void xz_app_figures(const struct xz_app *app)
{
    struct statvfs fs;

    xz_metric_set(XZ_M_MEMORY, resident_bytes());
    xz_metric_set(XZ_M_BACKUP_TIME, backup_time(app));
    if (statvfs(app->data_folder, &fs) == 0)
        xz_metric_set(XZ_M_DATA_FREE, (int64_t)fs.f_bavail * (int64_t)fs.f_frsize);
}
