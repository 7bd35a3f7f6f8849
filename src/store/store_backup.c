/* Backups while running: a copy of one snapshot and a manifest that says what it must be. The copy
 * grows under another name, so that a folder with the asked name is always whole. Putting one back
 * is store_restore.c. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/json.h"
#include "core/log.h"
#include "store/store_internal.h"

#define STEP_PAGES         256 /* 1 MiB between two looks at the progress */
#define COPY_PERMILLE      900 /* the rest of the work is hashing */
#define MANIFEST_BYTES_MAX ((size_t)MIB(1))

struct backup {
    struct xz_store *store;
    struct xz_arena *arena;
    struct store_conn from; /* holds the snapshot */
    char *partial, *db_path, *manifest_path;
    void (*progress)(int permille, void *arg);
    void *progress_arg;
    struct xz_backup_info info;
};

static xz_err backup_prepare(struct backup *backup, const char *target);
static xz_err backup_snapshot(struct backup *backup);
static xz_err backup_copy(struct backup *backup);
static xz_err backup_hash(struct backup *backup);
static xz_err backup_manifest(struct backup *backup);
static xz_err backup_publish(struct backup *backup, const char *target);
static void backup_clean(const struct backup *backup);

xz_err xz_store_backup(struct xz_store *store, const char *target,
                       void (*progress)(int permille, void *arg), void *arg,
                       struct xz_backup_info *info)
{
    struct backup backup = { .store = store, .progress = progress, .progress_arg = arg };
    bool is_ours = false;
    xz_err err;

    XZ_TAG_CHECK(store, STORE_TAG);
    backup.arena = xz_arena_create(KIB(16));
    if ((err = backup_prepare(&backup, target)) != XZ_OK)
        goto out;
    is_ours = true;
    if ((err = backup_snapshot(&backup)) != XZ_OK)
        goto out;
    if ((err = backup_copy(&backup)) != XZ_OK)
        goto out;
    if ((err = backup_hash(&backup)) != XZ_OK)
        goto out;
    if ((err = backup_manifest(&backup)) != XZ_OK)
        goto out;
    if ((err = backup_publish(&backup, target)) != XZ_OK)
        goto out;
    if (progress)
        progress(1000, arg);
    if (info)
        *info = backup.info;
    XZ_LOG(BACKUP, XZ_LF_STR(PATH, xz_str_from(target)), XZ_LF_INT(BYTES, backup.info.bytes));
out:
    store_conn_close(&backup.from);
    if (err != XZ_OK && is_ours)
        backup_clean(&backup);
    xz_free(backup.partial);
    xz_free(backup.db_path);
    xz_free(backup.manifest_path);
    xz_arena_destroy(backup.arena);
    return err;
}

void store_backup_hash_hex(const struct xz_sha256 *hash, char hex[65])
{
    for (size_t i = 0; i < sizeof hash->bytes; i++)
        snprintf(hex + 2 * i, 3, "%02x", hash->bytes[i]);
}

static xz_err backup_prepare(struct backup *backup, const char *target)
{
    size_t len = strlen(target);
    struct stat seen;
    xz_err err;

    while (len > 1 && target[len - 1] == '/')
        len--;
    if (lstat(target, &seen) == 0)
        return xz_fail(XZ_E_STATE, "备份目录 %s 已存在，请换一个名称", target);
    backup->partial = xz_strdup(
        xz_str_format(backup->arena, "%.*s.partial", XZ_STR_ARG(((xz_str){ target, len }))).ptr);
    backup->db_path = store_path(backup->partial, STORE_DB_NAME);
    backup->manifest_path = store_path(backup->partial, STORE_MANIFEST_NAME);
    backup_clean(backup); /* what a backup that was cut short left */
    if ((err = xz_dir_make(backup->partial)) != XZ_OK)
        return err;
    return store_file_make(backup->db_path);
}

static void backup_clean(const struct backup *backup)
{
    unlink(backup->db_path);
    unlink(backup->manifest_path);
    rmdir(backup->partial);
}

static xz_err backup_snapshot(struct backup *backup)
{
    static const struct store_conn_options options = { .cache_kib = 1024, .is_reader = true };
    struct xz_rows rows;
    xz_err err;

    if ((err = store_conn_open(&backup->from, backup->store->db_path, &options)) != XZ_OK)
        return err;
    /* Held open over all steps: without it each change by the writer starts the copy anew. */
    if ((err = store_conn_exec(&backup->from, "BEGIN")) != XZ_OK)
        return err;
    struct xz_tx tx = store_conn_tx(backup->store, &backup->from);
    if ((err = xz_sql_open(&tx, store_sql_state_get, &rows, "")) != XZ_OK)
        return err;
    if (xz_rows_next(&rows))
        backup->info.change_number = xz_rows_int(&rows, 0);
    backup->info.made_at_ms = tx.now_ms;
    return xz_rows_end(&rows);
}

static int backup_steps(struct backup *backup, sqlite3 *to)
{
    sqlite3_backup *copy = sqlite3_backup_init(to, "main", backup->from.db, "main");
    int code = copy ? SQLITE_OK : sqlite3_errcode(to);

    while (code == SQLITE_OK) {
        code = sqlite3_backup_step(copy, STEP_PAGES);
        int64_t all = sqlite3_backup_pagecount(copy);
        backup->info.pages = all;
        if (backup->progress && all > 0)
            backup->progress((int)((all - sqlite3_backup_remaining(copy)) * COPY_PERMILLE / all),
                             backup->progress_arg);
    }
    int finish = copy ? sqlite3_backup_finish(copy) : code;
    return finish != SQLITE_OK ? finish : code == SQLITE_DONE ? SQLITE_OK : code;
}

static xz_err backup_copy(struct backup *backup)
{
    struct store_conn to = { 0 };
    xz_err err = XZ_OK;
    int code = sqlite3_open_v2(backup->db_path, &to.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                               NULL);

    /* A copy that was cut short is thrown away, so it needs no journal; it is synced once. */
    if (code == SQLITE_OK)
        code = sqlite3_exec(to.db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL,
                            NULL, NULL);
    if (code == SQLITE_OK)
        code = backup_steps(backup, to.db);
    if (code != SQLITE_OK)
        err = store_conn_fail(&to, code, "backup");
    if (sqlite3_close(to.db) != SQLITE_OK && err == XZ_OK)
        err = xz_fail(XZ_E_IO, "备份文件未能写完");
    return err == XZ_OK ? store_file_sync(backup->db_path) : err;
}

static xz_err backup_hash(struct backup *backup)
{
    struct xz_sha256 hash;
    xz_err err = xz_file_sha256(backup->db_path, &hash, &backup->info.bytes);

    if (err == XZ_OK)
        store_backup_hash_hex(&hash, backup->info.sha256);
    return err;
}

static xz_err manifest_schema(struct backup *backup, struct xz_json_writer *json)
{
    struct xz_tx tx = store_conn_tx(backup->store, &backup->from);
    struct xz_rows rows;
    xz_err err = xz_sql_open(&tx, store_sql_migration_list, &rows, "");

    if (err != XZ_OK)
        return err;
    xz_jw_key(json, "schema");
    xz_jw_begin_array(json);
    while (xz_rows_next(&rows)) {
        xz_jw_begin_object(json);
        xz_jw_member_str(json, "domain", xz_rows_str(&rows, 0));
        xz_jw_member_int(json, "number", xz_rows_int(&rows, 1));
        xz_jw_member_str(json, "sha256", xz_rows_str(&rows, 2));
        xz_jw_end_object(json);
    }
    xz_jw_end_array(json);
    return xz_rows_end(&rows);
}

static xz_err backup_manifest(struct backup *backup)
{
    const struct xz_backup_info *info = &backup->info;
    struct xz_json_writer json;
    struct xz_buf buf;
    xz_err err;

    xz_buf_init(&buf, MANIFEST_BYTES_MAX);
    xz_jw_init(&json, &buf);
    xz_jw_begin_object(&json);
    xz_jw_member_int(&json, "format", 1);
    xz_jw_member_str(&json, "program_version", XZ_STR(XZ_VERSION));
    xz_jw_member_str(&json, "made_at", xz_time_format(backup->arena, info->made_at_ms));
    xz_jw_member_int(&json, "made_at_ms", info->made_at_ms);
    xz_jw_member_str(&json, "file", XZ_STR(STORE_DB_NAME));
    xz_jw_member_int(&json, "bytes", info->bytes);
    xz_jw_member_int(&json, "pages", info->pages);
    xz_jw_member_int(&json, "change_number", info->change_number);
    xz_jw_member_str(&json, "sha256", xz_str_from(info->sha256));
    if ((err = manifest_schema(backup, &json)) != XZ_OK)
        goto out;
    xz_jw_end_object(&json);
    xz_buf_add_char(&buf, '\n');
    if ((err = buf.err) != XZ_OK)
        goto out;
    err = xz_file_replace(backup->manifest_path, xz_buf_str(&buf));
out:
    xz_buf_fini(&buf);
    return err;
}

static xz_err backup_publish(struct backup *backup, const char *target)
{
    xz_err err;

    if ((err = xz_dir_sync(backup->partial)) != XZ_OK)
        return err;
    if (rename(backup->partial, target) != 0)
        return xz_fail(XZ_E_IO, "无法建立备份目录 %s（%s）", target, strerror(errno));
    return store_folder_sync_parent(target);
}
