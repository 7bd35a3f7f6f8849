/* See failing_disk.h. Syncs that do not fail return at once: these tests end no machine, and the
 * many runs are to be quick. */
#include <pthread.h>
#include <sqlite3.h>

#include "failing_disk.h"
#include "core/base.h"

struct disk_file {
    sqlite3_file base;
    sqlite3_file *real; /* lies behind this struct */
};

static sqlite3_vfs disk_vfs;
static sqlite3_vfs *real_vfs;
static struct {
    pthread_mutex_t lock; /* protects the rest */
    enum disk_fault fault;
    int left; /* operations until the fault; 0: not armed */
    bool stays, has_struck;
} disk = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool disk_strikes(bool is_sync)
{
    bool strikes = false;

    pthread_mutex_lock(&disk.lock);
    if (disk.left > 0 && is_sync == (disk.fault == DISK_SYNC_FAILS)) {
        if (disk.left == 1) {
            strikes = true;
            disk.has_struck = true;
            disk.left = disk.stays ? 1 : 0;
        } else {
            disk.left--;
        }
    }
    pthread_mutex_unlock(&disk.lock);
    return strikes;
}

void failing_disk_arm(enum disk_fault fault, int nth, bool stays)
{
    pthread_mutex_lock(&disk.lock);
    disk.fault = fault;
    disk.left = nth;
    disk.stays = stays;
    disk.has_struck = false;
    pthread_mutex_unlock(&disk.lock);
}

bool failing_disk_disarm(void)
{
    pthread_mutex_lock(&disk.lock);
    bool has_struck = disk.has_struck;
    disk.left = 0;
    pthread_mutex_unlock(&disk.lock);
    return has_struck;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct disk_file *)file)->real;
}

static int disk_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int disk_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 at)
{
    return real_of(file)->pMethods->xRead(real_of(file), bytes, count, at);
}

static int disk_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 at)
{
    sqlite3_file *real = real_of(file);

    if (!disk_strikes(false))
        return real->pMethods->xWrite(real, bytes, count, at);
    if (disk.fault == DISK_FULL)
        return SQLITE_FULL;
    if (disk.fault == DISK_WRITE_TORN && count > 1)
        (void)real->pMethods->xWrite(real, bytes, count / 2, at);
    return SQLITE_IOERR_WRITE;
}

static int disk_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    if (disk_strikes(false))
        return SQLITE_IOERR_TRUNCATE;
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int disk_sync(sqlite3_file *file, int flags)
{
    (void)file;
    (void)flags;
    return disk_strikes(true) ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int disk_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int disk_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int disk_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int disk_is_reserved(sqlite3_file *file, int *result)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), result);
}

static int disk_control(sqlite3_file *file, int op, void *arg)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), op, arg);
}

static int disk_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int disk_traits(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int disk_shm_map(sqlite3_file *file, int page, int bytes, int extend, void volatile **at)
{
    return real_of(file)->pMethods->xShmMap(real_of(file), page, bytes, extend, at);
}

static int disk_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, n, flags);
}

static void disk_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int disk_shm_unmap(sqlite3_file *file, int remove)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static int disk_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags,
                     int *out_flags)
{
    static const sqlite3_io_methods methods = {
        .iVersion = 2,
        .xClose = disk_close,
        .xRead = disk_read,
        .xWrite = disk_write,
        .xTruncate = disk_truncate,
        .xSync = disk_sync,
        .xFileSize = disk_size,
        .xLock = disk_lock,
        .xUnlock = disk_unlock,
        .xCheckReservedLock = disk_is_reserved,
        .xFileControl = disk_control,
        .xSectorSize = disk_sector,
        .xDeviceCharacteristics = disk_traits,
        .xShmMap = disk_shm_map,
        .xShmLock = disk_shm_lock,
        .xShmBarrier = disk_shm_barrier,
        .xShmUnmap = disk_shm_unmap,
    };
    struct disk_file *mine = (struct disk_file *)file;
    (void)vfs;

    mine->real = (sqlite3_file *)(mine + 1);
    int code = real_vfs->xOpen(real_vfs, name, mine->real, flags, out_flags);
    mine->base.pMethods = mine->real->pMethods ? &methods : NULL;
    return code;
}

void failing_disk_install(void)
{
    if (real_vfs)
        return;
    real_vfs = sqlite3_vfs_find(NULL);
    disk_vfs = *real_vfs;
    disk_vfs.pNext = NULL;
    disk_vfs.zName = "failing";
    disk_vfs.szOsFile = (int)sizeof(struct disk_file) + real_vfs->szOsFile;
    disk_vfs.xOpen = disk_open;
    XZ_ASSERT(sqlite3_vfs_register(&disk_vfs, 1) == SQLITE_OK);
}
