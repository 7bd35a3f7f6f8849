/* Looks the open store over: pages and indexes, references, migrations. Mends nothing. */
#include "store/store_internal.h"

struct verify {
    void (*problem)(xz_str what, void *arg);
    void *arg;
};

static xz_err verify_pages(struct store_conn *conn, const struct verify *verify);
static xz_err verify_references(struct store_conn *conn, const struct verify *verify);
static bool verify_fault(xz_str what, void *arg);

xz_err xz_store_verify(struct xz_store *store, void (*problem)(xz_str what, void *arg), void *arg)
{
    static const struct store_conn_options options = { .cache_kib = 2048, .is_reader = true };
    struct verify verify = { problem, arg };
    struct store_conn conn;
    xz_err err;

    XZ_TAG_CHECK(store, STORE_TAG);
    if ((err = store_conn_open(&conn, store->db_path, &options)) != XZ_OK)
        return err;
    /* One snapshot for all of it, beside the writer. */
    if ((err = store_conn_exec(&conn, "BEGIN")) != XZ_OK)
        goto out;
    if ((err = verify_pages(&conn, &verify)) != XZ_OK)
        goto out;
    if ((err = verify_references(&conn, &verify)) != XZ_OK)
        goto out;
    err = store_migrate_check(store, &conn, verify_fault, &verify);
    if (err == XZ_E_IO) { /* unreadable is a finding, too */
        problem(xz_str_from(xz_fail_detail()), arg);
        err = XZ_OK;
    }
out:
    store_conn_close(&conn);
    return err;
}

/* Walks the rows of a check. Damage met on the way is one more finding, not a failure. */
static xz_err verify_rows(struct store_conn *conn, const char *text, const struct verify *verify,
                          void (*row)(sqlite3_stmt *stmt, const struct verify *verify))
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(conn->db, text, -1, &stmt, NULL);
    xz_err err = XZ_OK;

    if (code == SQLITE_OK) {
        while ((code = sqlite3_step(stmt)) == SQLITE_ROW)
            row(stmt, verify);
    }
    if (code != SQLITE_OK && code != SQLITE_DONE)
        err = store_conn_fail(conn, code, text);
    if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB) {
        verify->problem(xz_str_from(xz_fail_detail()), verify->arg);
        err = XZ_OK;
    }
    sqlite3_finalize(stmt);
    return err;
}

static void pages_row(sqlite3_stmt *stmt, const struct verify *verify)
{
    const char *said = (const char *)sqlite3_column_text(stmt, 0);
    char text[512];

    if (said && strcmp(said, "ok") == 0)
        return;
    snprintf(text, sizeof text, "数据库文件损坏：%s", said ? said : "");
    verify->problem(xz_str_from(text), verify->arg);
}

static xz_err verify_pages(struct store_conn *conn, const struct verify *verify)
{
    return verify_rows(conn, "PRAGMA integrity_check(100)", verify, pages_row);
}

static void references_row(sqlite3_stmt *stmt, const struct verify *verify)
{
    char text[512];

    snprintf(text, sizeof text, "表 %s 的第 %lld 行引用了表 %s 中不存在的记录",
             (const char *)sqlite3_column_text(stmt, 0), (long long)sqlite3_column_int64(stmt, 1),
             (const char *)sqlite3_column_text(stmt, 2));
    verify->problem(xz_str_from(text), verify->arg);
}

static xz_err verify_references(struct store_conn *conn, const struct verify *verify)
{
    return verify_rows(conn, "PRAGMA foreign_key_check", verify, references_row);
}

static bool verify_fault(xz_str what, void *arg)
{
    const struct verify *verify = arg;

    verify->problem(what, verify->arg);
    return true;
}
