/* A look at a folder's database from outside, for those who must not change it: is it whole, and is
 * it of this program's version. Mending and migrating are for others. */
#include <sys/stat.h>

#include "store/store_internal.h"

static void note(char text[512], xz_str what)
{
    if (!text[0])
        snprintf(text, 512, "%.*s", XZ_STR_ARG(what));
}

static bool mismatch_note(xz_str what, void *arg)
{
    struct xz_store_probe *found = arg;
    note(found->mismatch, what);
    return false;
}

static xz_err pages_look(struct store_conn *conn, struct xz_arena *arena, bool all,
                         struct xz_store_probe *found)
{
    xz_str said;
    xz_err err = store_conn_query(
        conn, arena, all ? "PRAGMA quick_check(1)" : "SELECT COUNT(*) FROM sqlite_schema", &said);
    if (err == XZ_OK && all && !xz_str_eq(said, XZ_STR("ok")))
        note(found->damage, said);
    return err;
}

static xz_err migrations_count(struct store_conn *conn, int64_t *count)
{
    struct xz_tx tx = store_conn_tx(NULL, conn);
    struct xz_rows rows;
    xz_err err = xz_sql_open(&tx, store_sql_migration_list, &rows, "");

    *count = 0;
    if (err != XZ_OK)
        return err;
    while (xz_rows_next(&rows))
        ++*count;
    return xz_rows_end(&rows);
}

static xz_err probe_look(struct xz_store *store, struct xz_arena *arena, bool all,
                         struct xz_store_probe *found)
{
    static const struct store_conn_options options = { .cache_kib = 2048, .is_reader = true };
    struct store_conn conn;
    int64_t applied;
    xz_err err = store_conn_open(&conn, store->db_path, &options);

    if (err != XZ_OK)
        return err;
    if ((err = pages_look(&conn, arena, all, found)) != XZ_OK)
        goto out;
    if ((err = store_migrate_check(store, &conn, mismatch_note, found)) != XZ_OK)
        goto out;
    if ((err = migrations_count(&conn, &applied)) == XZ_OK)
        found->is_behind = !found->mismatch[0] && applied < (int64_t)store->migration_count;
out:
    store_conn_close(&conn);
    return err;
}

xz_err xz_store_probe(const struct xz_store_options *options, int64_t full_bytes_max,
                      struct xz_store_probe *probe)
{
    struct xz_arena *arena = xz_arena_create(KIB(16));
    struct xz_store store = { .tag = STORE_TAG, .clock = options->clock };
    struct stat st;
    xz_err err = XZ_OK;

    *probe = (struct xz_store_probe){ 0 };
    store.db_path = store_path(options->folder, STORE_DB_NAME);
    if (stat(store.db_path, &st) != 0) {
        err = xz_fail(XZ_E_MISSING, "数据目录 %s 还没有数据库", options->folder);
        goto out;
    }
    probe->bytes = st.st_size;
    store_migrations_join(&store, options);
    /* What cannot be read is a finding, not a failure. */
    if (probe_look(&store, arena, st.st_size <= full_bytes_max, probe) != XZ_OK)
        note(probe->damage, xz_str_from(xz_fail_detail()));
    xz_fail_clear();
out:
    xz_free(store.migrations);
    xz_free(store.db_path);
    xz_arena_destroy(arena);
    return err;
}
