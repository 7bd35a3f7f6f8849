/* Puts a backup in place of a folder's database. Everything is checked on a copy beside the old
 * database; the exchange itself is one rename. Making backups is store_backup.c. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/json.h"
#include "store/store_internal.h"

#define COPY_BYTES ((size_t)MIB(1))

struct restore {
    struct xz_arena *arena;
    const char *folder;
    char *from, *db_path, *fresh; /* the backup's file, the folder's, the checked copy */
    char *kept;                   /* second name of the folder's old file, NULL: there was none */
    struct xz_backup_info info;
};

static xz_err restore_manifest(struct restore *restore, const char *backup);
static xz_err restore_copy(const struct restore *restore);
static xz_err restore_check(const struct restore *restore);
static xz_err restore_prepare(const struct restore *restore);
static xz_err restore_keep_old(struct restore *restore, int64_t now_ms);
static xz_err restore_exchange(const struct restore *restore);
static void old_put_back(const struct restore *restore);
static void fresh_drop(const struct restore *restore);

xz_err xz_store_restore(const char *backup, const char *folder, const struct xz_clock *clock,
                        struct xz_backup_info *info)
{
    struct restore restore = { .folder = folder };
    int lock_fd = -1;
    xz_err err;

    restore.arena = xz_arena_create(KIB(16));
    restore.from = store_path(backup, STORE_DB_NAME);
    restore.db_path = store_path(folder, STORE_DB_NAME);
    restore.fresh = store_path(folder, STORE_DB_NAME ".restoring");
    if ((err = restore_manifest(&restore, backup)) != XZ_OK)
        goto out;
    if ((err = store_folder_make(folder)) != XZ_OK)
        goto out;
    if ((err = store_folder_lock(folder, &lock_fd)) != XZ_OK)
        goto out;
    fresh_drop(&restore);
    if ((err = restore_copy(&restore)) != XZ_OK)
        goto out;
    if ((err = restore_check(&restore)) != XZ_OK)
        goto out;
    if ((err = restore_prepare(&restore)) != XZ_OK)
        goto out;
    if ((err = restore_keep_old(&restore, xz_clock_now_ms(clock))) != XZ_OK)
        goto out;
    if ((err = restore_exchange(&restore)) != XZ_OK)
        goto out;
    if (info)
        *info = restore.info;
out:
    if (lock_fd >= 0) {
        fresh_drop(&restore);
        close(lock_fd);
    }
    xz_free(restore.from);
    xz_free(restore.db_path);
    xz_free(restore.fresh);
    xz_free(restore.kept);
    xz_arena_destroy(restore.arena);
    return err;
}

xz_err xz_store_backup_check(const char *backup, struct xz_backup_info *info)
{
    struct restore check = { .arena = xz_arena_create(KIB(16)) };
    xz_err err;

    /* Where it lies is what is looked at: no copy is made. */
    check.from = store_path(backup, STORE_DB_NAME);
    check.fresh = check.from;
    if ((err = restore_manifest(&check, backup)) != XZ_OK)
        goto out;
    if ((err = restore_check(&check)) == XZ_E_MISSING)
        err = xz_fail(XZ_E_INPUT, "备份中没有数据库文件");
    *info = check.info;
out:
    xz_free(check.from);
    xz_arena_destroy(check.arena);
    return err;
}

static char *beside(const char *path, const char *tail)
{
    size_t bytes = strlen(path) + strlen(tail) + 1;
    char *name = xz_alloc(bytes, 1);

    snprintf(name, bytes, "%s%s", path, tail);
    return name;
}

static void unlink_beside(const char *path, const char *tail)
{
    char *name = beside(path, tail);

    unlink(name);
    xz_free(name);
}

static void fresh_drop(const struct restore *restore)
{
    unlink_beside(restore->fresh, "");
    unlink_beside(restore->fresh, "-wal");
    unlink_beside(restore->fresh, "-shm");
}

static xz_err manifest_decode(struct restore *restore, const struct xz_json *root)
{
    struct xz_backup_info *info = &restore->info;
    xz_str sha256 = xz_json_str(xz_json_get(root, "sha256"), XZ_STR_NONE);

    if (xz_json_int(xz_json_get(root, "format"), 0) != 1)
        return xz_fail(XZ_E_INPUT, "备份清单的格式不认识，可能由更新版本的程序制作");
    info->bytes = xz_json_int(xz_json_get(root, "bytes"), -1);
    info->pages = xz_json_int(xz_json_get(root, "pages"), -1);
    info->change_number = xz_json_int(xz_json_get(root, "change_number"), -1);
    info->made_at_ms = xz_json_int(xz_json_get(root, "made_at_ms"), -1);
    if (sha256.len != 64 || info->bytes <= 0 || info->pages <= 0 || info->change_number < 0)
        return xz_fail(XZ_E_INPUT, "备份清单不完整，备份不可用");
    memcpy(info->sha256, sha256.ptr, 64);
    return XZ_OK;
}

static xz_err restore_manifest(struct restore *restore, const char *backup)
{
    char *path = store_path(backup, STORE_MANIFEST_NAME);
    struct xz_json_doc *doc = NULL;
    struct xz_buf buf;
    xz_err err;

    xz_buf_init(&buf, (size_t)MIB(1));
    if ((err = xz_file_read(path, &buf)) == XZ_E_MISSING) {
        err = xz_fail(XZ_E_MISSING, "%s 中没有备份清单 %s，它不是一个完整的备份", backup,
                      STORE_MANIFEST_NAME);
        goto out;
    }
    if (err != XZ_OK)
        goto out;
    if (xz_json_parse(xz_buf_str(&buf), &doc) != XZ_OK) {
        err = xz_fail(XZ_E_INPUT, "备份清单已损坏，备份不可用");
        goto out;
    }
    err = manifest_decode(restore, xz_json_root(doc));
out:
    xz_json_destroy(doc);
    xz_buf_fini(&buf);
    xz_free(path);
    return err;
}

static bool write_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t put = write(fd, bytes, count);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        bytes += put;
        count -= (size_t)put;
    }
    return true;
}

static xz_err restore_copy(const struct restore *restore)
{
    char *bytes = xz_alloc(COPY_BYTES, 1);
    int to = -1;
    ssize_t got = 0;
    xz_err err = XZ_OK;
    int from = open(restore->from, O_RDONLY | O_CLOEXEC);

    if (from < 0) {
        err = xz_fail(XZ_E_INPUT, "备份中的数据库文件打不开（%s）", strerror(errno));
        goto out;
    }
    to = open(restore->fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    while (to >= 0 && (got = read(from, bytes, COPY_BYTES)) > 0) {
        if (!write_all(to, bytes, (size_t)got)) {
            got = -1;
            break;
        }
    }
    if (to < 0 || got < 0 || fsync(to) != 0)
        err = xz_fail(XZ_E_IO, "无法把备份复制到 %s（%s）", restore->folder, strerror(errno));
out:
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    xz_free(bytes);
    return err;
}

static xz_err restore_check(const struct restore *restore)
{
    struct xz_sha256 hash;
    char hex[65];
    int64_t bytes;
    xz_err err = xz_file_sha256(restore->fresh, &hash, &bytes);

    if (err != XZ_OK)
        return err;
    store_backup_hash_hex(&hash, hex);
    if (bytes != restore->info.bytes || strcmp(hex, restore->info.sha256) != 0)
        return xz_fail(XZ_E_INPUT,
                       "备份文件与清单不符（大小或校验值不同），备份已损坏，未作任何改动");
    return XZ_OK;
}

/* The database's own checks, and a new name for the data: what was derived from the data that were
 * here before must not be taken for current. */
static xz_err restore_prepare(const struct restore *restore)
{
    static const struct store_conn_options options = { .cache_kib = 2048, .is_durable = true };
    struct store_conn conn = { 0 };
    xz_secret data_id = xz_secret_make();
    xz_str said;
    xz_err err;

    if ((err = store_conn_open(&conn, restore->fresh, &options)) != XZ_OK)
        goto out;
    if ((err = store_conn_query(&conn, restore->arena, "PRAGMA integrity_check(1)", &said)) !=
        XZ_OK)
        goto out;
    if (!xz_str_eq(said, XZ_STR("ok"))) {
        err = xz_fail(XZ_E_INPUT, "备份中的数据库未通过完整性检查（%.*s），未作任何改动",
                      XZ_STR_ARG(said));
        goto out;
    }
    struct xz_tx tx = store_conn_tx(NULL, &conn);
    err = xz_sql_run(&tx, store_sql_data_id_set, "s", xz_str_from(data_id.text));
    if (err != XZ_OK)
        goto out;
    err = store_conn_exec(&conn, "PRAGMA wal_checkpoint(TRUNCATE)");
out:
    store_conn_close(&conn);
    if (err == XZ_OK)
        err = store_file_sync(restore->fresh);
    return err;
}

/* Digits only: a colon in a file name is a host to scp. */
static char *kept_name(const struct restore *restore, int64_t now_ms)
{
    xz_str stamp = xz_time_format(restore->arena, now_ms);
    char tail[64] = ".before-restore-";
    size_t len = strlen(tail);

    for (size_t i = 0; i < stamp.len && len + 1 < sizeof tail; i++) {
        if (stamp.ptr[i] >= '0' && stamp.ptr[i] <= '9')
            tail[len++] = stamp.ptr[i];
    }
    return beside(restore->db_path, tail);
}

/* A second name for the old database and, if it cannot be emptied into it, for its log: SQLite
 * finds them together under the new name. */
static xz_err restore_keep_old(struct restore *restore, int64_t now_ms)
{
    static const struct store_conn_options options = { .cache_kib = 2048, .is_durable = true };
    struct store_conn conn;
    char *kept = kept_name(restore, now_ms);
    char *log = beside(restore->db_path, "-wal");
    char *kept_log = beside(kept, "-wal");
    xz_err err = XZ_OK;

    if (access(restore->db_path, F_OK) != 0)
        goto out;
    if (store_conn_open(&conn, restore->db_path, &options) == XZ_OK) {
        (void)sqlite3_wal_checkpoint_v2(conn.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
        store_conn_close(&conn);
    }
    xz_fail_clear(); /* a damaged database is a reason to restore, not to refuse */
    if (link(restore->db_path, kept) != 0 || (access(log, F_OK) == 0 && link(log, kept_log) != 0)) {
        err = xz_fail(XZ_E_IO, "无法保留原有数据库为 %s（%s），未作任何改动", kept,
                      strerror(errno));
        unlink(kept);
        goto out;
    }
    restore->kept = xz_strdup(kept);
    if ((err = xz_dir_sync(restore->folder)) != XZ_OK)
        old_put_back(restore);
out:
    xz_free(kept);
    xz_free(log);
    xz_free(kept_log);
    return err;
}

/* The old log goes first: left beside the restored database, it would be replayed into it. */
static xz_err restore_exchange(const struct restore *restore)
{
    xz_err err;

    unlink_beside(restore->db_path, "-wal");
    unlink_beside(restore->db_path, "-shm");
    if ((err = xz_dir_sync(restore->folder)) != XZ_OK)
        goto undo;
    if (rename(restore->fresh, restore->db_path) != 0) {
        err = xz_fail(XZ_E_IO, "无法启用恢复的数据库（%s），未作任何改动", strerror(errno));
        goto undo;
    }
    return xz_dir_sync(restore->folder);
undo:
    old_put_back(restore);
    return err;
}

/* The exchange did not come about: the old database stays, with its log where it had one. */
static void old_put_back(const struct restore *restore)
{
    char *log, *kept_log;

    if (!restore->kept)
        return;
    log = beside(restore->db_path, "-wal");
    kept_log = beside(restore->kept, "-wal");
    if (access(kept_log, F_OK) != 0 || access(log, F_OK) == 0 || link(kept_log, log) == 0) {
        unlink(restore->kept);
        unlink(kept_log);
    }
    xz_free(log);
    xz_free(kept_log);
}
