/* One SQLite connection: how it is set up, its kept statements, and what its errors mean in our
 * words. Binding and reading rows is store_rows.c. A connection belongs to one thread at a time. */
#include "store/store_internal.h"

static xz_err conn_set_up(struct store_conn *conn, const struct store_conn_options *options)
{
    char cache[64];
    xz_err err;

    snprintf(cache, sizeof cache, "PRAGMA cache_size = -%d", options->cache_kib);
    if ((err = store_conn_exec(conn, "PRAGMA journal_mode = WAL")) != XZ_OK)
        goto out;
    if ((err = store_conn_exec(conn, options->is_durable ? "PRAGMA synchronous = FULL"
                                                         : "PRAGMA synchronous = OFF")) != XZ_OK)
        goto out;
    /* Checkpoints are store_checkpoint.c's: never inside a caller's commit. */
    if ((err = store_conn_exec(conn, "PRAGMA wal_autocheckpoint = 0")) != XZ_OK)
        goto out;
    if ((err = store_conn_exec(conn, "PRAGMA journal_size_limit = 67108864")) != XZ_OK)
        goto out;
    if ((err = store_conn_exec(conn, "PRAGMA foreign_keys = ON")) != XZ_OK)
        goto out;
    if ((err = store_conn_exec(conn, "PRAGMA temp_store = MEMORY")) != XZ_OK)
        goto out;
    /* A mapped file would turn a read error of the disk into SIGBUS, and each connection's map
     * would count as memory of its own. */
    if ((err = store_conn_exec(conn, "PRAGMA mmap_size = 0")) != XZ_OK)
        goto out;
    if ((err = store_conn_exec(conn, "PRAGMA trusted_schema = OFF")) != XZ_OK)
        goto out;
    if ((err = store_conn_exec(conn, cache)) != XZ_OK)
        goto out;
    if (options->is_reader)
        err = store_conn_exec(conn, "PRAGMA query_only = ON");
out:
    return err;
}

xz_err store_conn_open(struct store_conn *conn, const char *path,
                       const struct store_conn_options *options)
{
    *conn = (struct store_conn){ .slot_count = 64 };
    conn->slots = XZ_ALLOC(struct store_stmt *, conn->slot_count);
    int code = sqlite3_open_v2(path, &conn->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    xz_err err;

    if (code != SQLITE_OK) {
        err = store_conn_fail(conn, code, path);
        goto out;
    }
    sqlite3_extended_result_codes(conn->db, 1);
    sqlite3_busy_timeout(conn->db, STORE_WAIT_MS);
    sqlite3_db_config(conn->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    /* A connection that could not read the log (its shared index could not be made) would take it
     * for empty when it is closed, and remove it with all that was committed into it. */
    sqlite3_db_config(conn->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if ((err = conn_set_up(conn, options)) == XZ_OK)
        sqlite3_db_config(conn->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
out:
    if (err != XZ_OK)
        store_conn_close(conn);
    return err;
}

void store_conn_close(struct store_conn *conn)
{
    for (size_t i = 0; i < conn->slot_count; i++) {
        if (conn->slots[i])
            sqlite3_finalize(conn->slots[i]->handle);
        xz_free(conn->slots[i]);
    }
    xz_free(conn->slots);
    if (conn->db)
        XZ_ASSERT(sqlite3_close(conn->db) == SQLITE_OK);
    *conn = (struct store_conn){ 0 };
}

xz_err store_conn_fail(const struct store_conn *conn, int code, const char *what)
{
    static const struct {
        int code;
        xz_err err;
        const char *words;
    } faults[] = {
        { SQLITE_CONSTRAINT, XZ_E_STATE, "与已有数据冲突" },
        { SQLITE_FULL, XZ_E_IO, "磁盘空间不足，请清理磁盘后重试" },
        { SQLITE_IOERR, XZ_E_IO, "磁盘读写失败，请检查磁盘" },
        { SQLITE_CORRUPT, XZ_E_IO, "数据库文件已损坏，请从备份恢复" },
        { SQLITE_NOTADB, XZ_E_IO, "数据库文件已损坏，请从备份恢复" },
        { SQLITE_BUSY, XZ_E_IO, "数据库被其他程序占用" },
        { SQLITE_READONLY, XZ_E_IO, "数据目录不可写，请检查权限" },
        { SQLITE_CANTOPEN, XZ_E_IO, "无法打开数据库文件，请检查数据目录的权限" },
    };
    const char *words = "数据库操作失败";
    xz_err err = XZ_E_IO;

    /* A machine without memory cannot be served; the supervisor starts us again. */
    XZ_ASSERT((code & 0xff) != SQLITE_NOMEM);
    for (size_t i = 0; i < XZ_COUNT(faults); i++) {
        if (faults[i].code == (code & 0xff)) {
            words = faults[i].words;
            err = faults[i].err;
        }
    }
    const char *said = conn->db ? sqlite3_errmsg(conn->db) : sqlite3_errstr(code);
    return xz_fail(err, "%s（%s：%s，代码 %d）", words, what, said, code);
}

xz_err store_conn_exec(struct store_conn *conn, const char *text)
{
    int code = sqlite3_exec(conn->db, text, NULL, NULL, NULL);
    return code == SQLITE_OK ? XZ_OK : store_conn_fail(conn, code, text);
}

xz_err store_conn_query(struct store_conn *conn, struct xz_arena *arena, const char *text,
                        xz_str *value)
{
    sqlite3_stmt *stmt = NULL;
    xz_err err = XZ_OK;
    int code = sqlite3_prepare_v2(conn->db, text, -1, &stmt, NULL);

    *value = XZ_STR_NONE;
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    if (code == SQLITE_ROW)
        *value = xz_str_copy(arena, xz_str_from((const char *)sqlite3_column_text(stmt, 0)));
    else if (code != SQLITE_DONE)
        err = store_conn_fail(conn, code, text);
    sqlite3_finalize(stmt);
    return err;
}

int store_conn_step(struct store_conn *conn, const struct xz_sql *sql)
{
    int code;
    struct store_stmt *stmt = store_conn_stmt(conn, sql, &code);

    if (!stmt)
        return code;
    code = sqlite3_step(stmt->handle);
    sqlite3_reset(stmt->handle);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* SQLite numbers `$7` by first use, as any name; PostgreSQL by its digits. We mean the digits. */
static void stmt_number_args(struct store_stmt *stmt)
{
    int count = sqlite3_bind_parameter_count(stmt->handle);

    XZ_ASSERT(count <= STORE_ARGS_MAX);
    stmt->arg_count = (uint8_t)count;
    for (int i = 1; i <= count; i++) {
        const char *name = sqlite3_bind_parameter_name(stmt->handle, i);
        int64_t number = 0;
        XZ_ASSERT(name && name[0] == '$' && xz_str_to_int(xz_str_from(name + 1), &number));
        XZ_ASSERT(number >= 1 && number <= count && stmt->index_of[number - 1] == 0);
        stmt->index_of[number - 1] = (uint8_t)i;
    }
}

static size_t slot_of(const struct store_conn *conn, const struct xz_sql *sql)
{
    size_t slot = ((uintptr_t)sql >> 4) * 0x9e3779b97f4a7c15u >> 32 & (conn->slot_count - 1);

    while (conn->slots[slot] && conn->slots[slot]->sql != sql)
        slot = (slot + 1) & (conn->slot_count - 1);
    return slot;
}

static void conn_grow(struct store_conn *conn)
{
    struct store_stmt **old = conn->slots;
    size_t old_count = conn->slot_count;

    conn->slot_count *= 2;
    conn->slots = XZ_ALLOC(struct store_stmt *, conn->slot_count);
    for (size_t i = 0; i < old_count; i++) {
        if (old[i])
            conn->slots[slot_of(conn, old[i]->sql)] = old[i];
    }
    xz_free(old);
}

struct store_stmt *store_conn_stmt(struct store_conn *conn, const struct xz_sql *sql, int *code)
{
    size_t slot = slot_of(conn, sql);
    struct store_stmt *stmt = conn->slots[slot];

    if (stmt && stmt->text == sql->text) {
        XZ_ASSERT(!stmt->is_open); /* the same query, open twice in one snapshot */
        *code = SQLITE_OK;
        return stmt;
    }
    sqlite3_stmt *handle = NULL;
    *code = sqlite3_prepare_v3(conn->db, sql->text, -1, SQLITE_PREPARE_PERSISTENT, &handle, NULL);
    if (*code != SQLITE_OK)
        return NULL;
    if (!stmt) {
        if (++conn->stmt_count * 2 > conn->slot_count)
            conn_grow(conn);
        stmt = conn->slots[slot_of(conn, sql)] = XZ_ALLOC(struct store_stmt, 1);
    }
    sqlite3_finalize(stmt->handle);
    *stmt = (struct store_stmt){ .sql = sql, .text = sql->text, .handle = handle };
    stmt_number_args(stmt);
    return stmt;
}

void store_conn_close_rows(struct store_conn *conn)
{
    for (size_t i = 0; conn->open_count > 0 && i < conn->slot_count; i++) {
        struct store_stmt *stmt = conn->slots[i];
        if (stmt && stmt->is_open) {
            sqlite3_reset(stmt->handle);
            stmt->is_open = false;
            conn->open_count--;
        }
    }
}

struct xz_tx store_conn_tx(struct xz_store *store, struct store_conn *conn)
{
    return (struct xz_tx){ .tag = STORE_TX_TAG,
                           .store = store,
                           .conn = conn,
                           .is_change = true,
                           .now_ms = store ? xz_clock_now_ms(store->clock) : 0 };
}
