/* Statements inside a snapshot or a change: binding what the caller hands in, reading what comes
 * back. Which statements are kept, and what errors mean, is store_conn.c. */
#include <stdarg.h>

#include "store/store_internal.h"

static int stmt_bind(struct store_stmt *stmt, const char *types, va_list args,
                     sqlite3_destructor_type keep);

xz_err xz_sql_run(struct xz_tx *tx, const struct xz_sql *sql, const char *types, ...)
{
    XZ_TAG_CHECK(tx, STORE_TX_TAG);
    XZ_ASSERT(tx->is_change); /* a snapshot cannot write */
    int code;
    struct store_stmt *stmt = store_conn_stmt(tx->conn, sql, &code);
    va_list args;

    if (!stmt)
        return store_conn_fail(tx->conn, code, sql->name);
    va_start(args, types);
    code = stmt_bind(stmt, types, args, SQLITE_STATIC);
    va_end(args);
    if (code == SQLITE_OK)
        code = sqlite3_step(stmt->handle);
    XZ_ASSERT(code != SQLITE_ROW); /* a query: xz_sql_open */
    xz_err err = code == SQLITE_DONE ? XZ_OK : store_conn_fail(tx->conn, code, sql->name);
    sqlite3_reset(stmt->handle);
    sqlite3_clear_bindings(stmt->handle); /* they point into the caller's memory */
    return err;
}

int64_t xz_sql_changes(struct xz_tx *tx)
{
    XZ_TAG_CHECK(tx, STORE_TX_TAG);
    return sqlite3_changes64(tx->conn->db);
}

xz_err xz_sql_open(struct xz_tx *tx, const struct xz_sql *sql, struct xz_rows *rows,
                   const char *types, ...)
{
    XZ_TAG_CHECK(tx, STORE_TX_TAG);
    int code;
    struct store_stmt *stmt = store_conn_stmt(tx->conn, sql, &code);
    va_list args;

    *rows = (struct xz_rows){ .tx = tx };
    if (stmt) {
        va_start(args, types);
        code = stmt_bind(stmt, types, args, SQLITE_TRANSIENT);
        va_end(args);
    }
    if (!stmt || code != SQLITE_OK)
        return rows->err = store_conn_fail(tx->conn, code, sql->name);
    stmt->is_open = true;
    tx->conn->open_count++;
    rows->stmt = stmt;
    return XZ_OK;
}

bool xz_rows_next(struct xz_rows *rows)
{
    struct store_stmt *stmt = rows->stmt;

    if (!stmt || rows->err != XZ_OK)
        return false;
    XZ_ASSERT(stmt->is_open);
    int code = sqlite3_step(stmt->handle);
    if (code == SQLITE_ROW)
        return true;
    if (code != SQLITE_DONE)
        rows->err = store_conn_fail(rows->tx->conn, code, stmt->sql->name);
    /* Stepping on would start again; ending is all that is left to do. */
    sqlite3_reset(stmt->handle);
    stmt->is_open = false;
    rows->tx->conn->open_count--;
    rows->stmt = NULL;
    return false;
}

static sqlite3_stmt *rows_at(const struct xz_rows *rows, int column)
{
    const struct store_stmt *stmt = rows->stmt;

    XZ_ASSERT(stmt && stmt->is_open);
    XZ_ASSERT(column >= 0 && column < sqlite3_data_count(stmt->handle));
    return stmt->handle;
}

int64_t xz_rows_int(const struct xz_rows *rows, int column)
{
    return sqlite3_column_int64(rows_at(rows, column), column);
}

double xz_rows_double(const struct xz_rows *rows, int column)
{
    return sqlite3_column_double(rows_at(rows, column), column);
}

xz_str xz_rows_str(const struct xz_rows *rows, int column)
{
    sqlite3_stmt *handle = rows_at(rows, column);
    const char *ptr = sqlite3_column_type(handle, column) == SQLITE_BLOB
                          ? sqlite3_column_blob(handle, column)
                          : (const char *)sqlite3_column_text(handle, column);

    return ptr ? (xz_str){ ptr, (size_t)sqlite3_column_bytes(handle, column) } : XZ_STR_NONE;
}

bool xz_rows_is_null(const struct xz_rows *rows, int column)
{
    return sqlite3_column_type(rows_at(rows, column), column) == SQLITE_NULL;
}

xz_err xz_rows_end(struct xz_rows *rows)
{
    struct store_stmt *stmt = rows->stmt;

    if (stmt) {
        XZ_ASSERT(stmt->is_open);
        sqlite3_reset(stmt->handle);
        stmt->is_open = false;
        rows->tx->conn->open_count--;
        rows->stmt = NULL;
    }
    return rows->err;
}

static int stmt_bind(struct store_stmt *stmt, const char *types, va_list args,
                     sqlite3_destructor_type keep)
{
    int code = SQLITE_OK;
    size_t count = types ? strlen(types) : 0;

    XZ_ASSERT(count == stmt->arg_count);
    for (size_t i = 0; i < count && code == SQLITE_OK; i++) {
        int at = stmt->index_of[i];
        xz_str text;
        switch (types[i]) {
        case 'i':
            code = sqlite3_bind_int64(stmt->handle, at, va_arg(args, int64_t));
            break;
        case 'd':
            code = sqlite3_bind_double(stmt->handle, at, va_arg(args, double));
            break;
        case 's':
            text = va_arg(args, xz_str);
            /* No pointer would bind NULL: empty text is not NULL. */
            code = sqlite3_bind_text64(stmt->handle, at, text.ptr ? text.ptr : "", text.len, keep,
                                       SQLITE_UTF8);
            break;
        case 'b':
            text = va_arg(args, xz_str);
            code = sqlite3_bind_blob64(stmt->handle, at, text.ptr ? text.ptr : "", text.len, keep);
            break;
        case 'n':
            code = sqlite3_bind_null(stmt->handle, at);
            break;
        default:
            XZ_ASSERT(!"a letter of idsbn");
        }
    }
    return code;
}
