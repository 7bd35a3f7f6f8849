/* Numbered migrations: which ran, whether what ran is what the program knows, and running the rest,
 * each in one transaction. Also the state row that the first of them makes room for. */
#include "core/log.h"
#include "store/store_internal.h"
#include "store/store_schema.h"

struct applied {
    xz_str domain, sha256;
    int64_t number;
};

struct history {
    struct xz_arena *arena;
    struct applied *rows;
    size_t count;
};

static xz_err history_load(struct store_conn *conn, struct xz_arena *arena,
                           struct history *history);
static bool history_check(const struct xz_store *store, const struct history *history,
                          store_fault_fn fault, void *arg);
static const struct applied *history_find(const struct history *history,
                                          const struct xz_migration *migration);
static xz_err migration_apply(struct xz_store *store, struct store_conn *conn,
                              const struct xz_migration *migration);
static bool fault_refuse(xz_str what, void *arg);

xz_err store_migrate(struct xz_store *store, struct store_conn *conn)
{
    struct xz_arena *arena = xz_arena_create(KIB(16));
    struct history history;
    xz_err err;

    /* Numbers in order, from 1: a slip here is ours, not the data's. */
    for (size_t i = 0; i < store->migration_count; i++) {
        const struct xz_migration *migration = &store->migrations[i];
        int before = 0;
        for (size_t j = 0; j < i; j++)
            before += strcmp(store->migrations[j].domain, migration->domain) == 0;
        XZ_ASSERT(migration->number == before + 1);
    }
    if ((err = history_load(conn, arena, &history)) != XZ_OK)
        goto out;
    if (!history_check(store, &history, fault_refuse, NULL)) {
        err = XZ_E_STATE;
        goto out;
    }
    /* Rebuilding a table drops the old one; the references are checked at the end instead. */
    if ((err = store_conn_exec(conn, "PRAGMA foreign_keys = OFF")) != XZ_OK)
        goto out;
    for (size_t i = 0; i < store->migration_count && err == XZ_OK; i++) {
        if (!history_find(&history, &store->migrations[i]))
            err = migration_apply(store, conn, &store->migrations[i]);
    }
    if (err == XZ_OK)
        err = store_conn_exec(conn, "PRAGMA foreign_keys = ON");
out:
    xz_arena_destroy(arena);
    return err;
}

xz_err store_migrate_check(struct xz_store *store, struct store_conn *conn, store_fault_fn fault,
                           void *arg)
{
    struct xz_arena *arena = xz_arena_create(KIB(16));
    struct history history;
    xz_err err = history_load(conn, arena, &history);

    if (err == XZ_OK)
        history_check(store, &history, fault, arg);
    xz_arena_destroy(arena);
    return err;
}

xz_err store_state_load(struct xz_store *store, struct store_conn *conn)
{
    struct xz_tx tx = store_conn_tx(store, conn);
    xz_secret fresh = xz_secret_make();
    struct xz_rows rows;
    bool found;
    xz_err err;

    if ((err = xz_sql_open(&tx, store_sql_state_get, &rows, "")) != XZ_OK)
        goto out;
    if ((found = xz_rows_next(&rows))) {
        store->writer.change_number = xz_rows_int(&rows, 0);
        snprintf(store->data_id, sizeof store->data_id, "%.*s", XZ_STR_ARG(xz_rows_str(&rows, 1)));
    }
    if ((err = xz_rows_end(&rows)) != XZ_OK)
        goto out;
    if (!found) {
        snprintf(store->data_id, sizeof store->data_id, "%s", fresh.text);
        err = xz_sql_run(&tx, store_sql_state_add, "s", xz_str_from(store->data_id));
        if (err != XZ_OK)
            goto out;
    }
    store->writer.id_next = store->writer.id_limit = 1;
    if ((err = xz_sql_open(&tx, store_sql_sequence_list, &rows, "")) != XZ_OK)
        goto out;
    if (xz_rows_next(&rows))
        store->writer.id_next = store->writer.id_limit = xz_rows_int(&rows, 0);
    err = xz_rows_end(&rows);
out:
    return err;
}

static xz_err history_load(struct store_conn *conn, struct xz_arena *arena, struct history *history)
{
    struct xz_tx tx = store_conn_tx(NULL, conn);
    struct xz_rows rows;
    size_t room = 0;
    xz_str table;
    xz_err err;

    *history = (struct history){ .arena = arena };
    err = store_conn_query(
        conn, arena, "SELECT name FROM sqlite_schema WHERE name = 'schema_migration'", &table);
    if (err != XZ_OK || table.len == 0) /* a fresh database */
        return err;
    if ((err = xz_sql_open(&tx, store_sql_migration_list, &rows, "")) != XZ_OK)
        return err;
    while (xz_rows_next(&rows)) {
        if (history->count == room) {
            struct applied *more = XZ_NEW(arena, struct applied, room * 2 + 16);
            if (room > 0)
                memcpy(more, history->rows, room * sizeof *more);
            history->rows = more;
            room = room * 2 + 16;
        }
        history->rows[history->count++] =
            (struct applied){ .domain = xz_str_copy(arena, xz_rows_str(&rows, 0)),
                              .number = xz_rows_int(&rows, 1),
                              .sha256 = xz_str_copy(arena, xz_rows_str(&rows, 2)) };
    }
    return xz_rows_end(&rows);
}

static const struct applied *history_find(const struct history *history,
                                          const struct xz_migration *migration)
{
    for (size_t i = 0; i < history->count; i++) {
        const struct applied *row = &history->rows[i];
        if (row->number == migration->number &&
            xz_str_eq(row->domain, xz_str_from(migration->domain)))
            return row;
    }
    return NULL;
}

static xz_str migration_hash(struct xz_arena *arena, const struct xz_migration *migration)
{
    struct xz_sha256 hash = xz_sha256(xz_str_from(migration->sql));
    return xz_hex(arena, hash.bytes, sizeof hash.bytes);
}

static const struct xz_migration *migration_find(const struct xz_store *store,
                                                 const struct applied *row)
{
    for (size_t i = 0; i < store->migration_count; i++) {
        const struct xz_migration *migration = &store->migrations[i];
        if (row->number == migration->number &&
            xz_str_eq(row->domain, xz_str_from(migration->domain)))
            return migration;
    }
    return NULL;
}

/* False: `fault` said to stop. */
static bool history_check(const struct xz_store *store, const struct history *history,
                          store_fault_fn fault, void *arg)
{
    for (size_t i = 0; i < history->count; i++) {
        const struct applied *row = &history->rows[i];
        const struct xz_migration *known = migration_find(store, row);
        xz_str what = XZ_STR_NONE;
        if (!known)
            what = xz_str_format(history->arena,
                                 "数据由更新版本的程序写入（%.*s 第 %lld 号升级），请使用新版程序",
                                 XZ_STR_ARG(row->domain), (long long)row->number);
        else if (!xz_str_eq(row->sha256, migration_hash(history->arena, known)))
            what = xz_str_format(history->arena,
                                 "%.*s 第 %lld 号升级在执行之后被改动过，程序与数据不符",
                                 XZ_STR_ARG(row->domain), (long long)row->number);
        if (what.len > 0 && !fault(what, arg))
            return false;
    }
    return true;
}

static bool fault_refuse(xz_str what, void *arg)
{
    xz_fail(XZ_E_STATE, "%.*s", XZ_STR_ARG(what));
    return false;
}

/* Records which statement of which migration failed, and why. */
static xz_err migration_fail(const struct store_conn *conn, const struct xz_migration *migration,
                             int statement, const char *text)
{
    while (*text == '\n' || *text == ' ')
        text++;
    return xz_fail(XZ_E_IO, "%s 第 %d 号升级的第 %d 条语句失败（%s）：%.*s", migration->domain,
                   migration->number, statement, sqlite3_errmsg(conn->db), (int)strcspn(text, "\n"),
                   text);
}

static xz_err migration_statements(struct store_conn *conn, const struct xz_migration *migration)
{
    const char *text = migration->sql;
    xz_err err = XZ_OK;

    for (int number = 1; *text && err == XZ_OK; number++) {
        const char *rest = text;
        sqlite3_stmt *stmt = NULL;
        int code = sqlite3_prepare_v2(conn->db, text, -1, &stmt, &rest);
        while (code == SQLITE_OK && stmt && (code = sqlite3_step(stmt)) == SQLITE_ROW)
            code = SQLITE_OK;
        if (code != SQLITE_OK && code != SQLITE_DONE)
            err = migration_fail(conn, migration, number, text);
        sqlite3_finalize(stmt);
        text = rest;
    }
    return err;
}

static xz_err migration_references(struct store_conn *conn, struct xz_arena *arena,
                                   const struct xz_migration *migration)
{
    xz_str table;
    xz_err err = store_conn_query(conn, arena, "PRAGMA foreign_key_check", &table);

    if (err == XZ_OK && table.len > 0)
        err = xz_fail(XZ_E_IO, "%s 第 %d 号升级之后，表 %.*s 中有记录引用了不存在的记录",
                      migration->domain, migration->number, XZ_STR_ARG(table));
    return err;
}

static xz_err migration_apply(struct xz_store *store, struct store_conn *conn,
                              const struct xz_migration *migration)
{
    struct xz_arena *arena = xz_arena_create(KIB(1));
    struct xz_tx tx = store_conn_tx(store, conn);
    xz_err err;

    if ((err = store_conn_exec(conn, "BEGIN IMMEDIATE")) != XZ_OK)
        goto out;
    if ((err = migration_statements(conn, migration)) != XZ_OK)
        goto out;
    if ((err = migration_references(conn, arena, migration)) != XZ_OK)
        goto out;
    err = xz_sql_run(&tx, store_sql_migration_add, "sisis", xz_str_from(migration->domain),
                     (int64_t)migration->number, migration_hash(arena, migration), tx.now_ms,
                     XZ_STR(XZ_VERSION));
    if (err != XZ_OK)
        goto out;
    if ((err = store_conn_exec(conn, "COMMIT")) != XZ_OK)
        goto out;
    XZ_LOG(MIGRATED, XZ_LF_STR(NAME, xz_str_from(migration->domain)),
           XZ_LF_INT(VERSION, migration->number));
out:
    if (!sqlite3_get_autocommit(conn->db))
        sqlite3_exec(conn->db, "ROLLBACK", NULL, NULL, NULL);
    xz_arena_destroy(arena);
    return err;
}
