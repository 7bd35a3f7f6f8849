/* Opening and closing: the folder, its lock, the connections and threads, in this order. What they
 * do is in the files named after them. */
#include "store/store.h"

#include <unistd.h>

#include "store/store_internal.h"

#define WRITER_CACHE_KIB  8192
#define READERS_DEFAULT   8
#define BATCH_MAX_DEFAULT 512
#define QUEUE_MAX_DEFAULT 65536

static void sqlite_set_up(void);
static xz_err folder_open(struct xz_store *store, const char *folder);
static xz_err writer_open(struct xz_store *store);

static pthread_once_t sqlite_once = PTHREAD_ONCE_INIT;

xz_err xz_store_open(const struct xz_store_options *options, struct xz_store **out)
{
    struct xz_store *store = XZ_ALLOC(struct xz_store, 1);
    size_t batch_max = options->batch_max ? options->batch_max : BATCH_MAX_DEFAULT;
    size_t queue_max = options->queue_max ? options->queue_max : QUEUE_MAX_DEFAULT;
    xz_err err;

    XZ_ASSERT(options->clock);
    pthread_once(&sqlite_once, sqlite_set_up);
    store->tag = STORE_TAG;
    store->lock_fd = -1;
    store->clock = options->clock;
    store->is_memory = !options->folder;
    store_migrations_join(store, options);
    store_readers_init(&store->readers,
                       options->readers_max ? options->readers_max : READERS_DEFAULT);
    if ((err = folder_open(store, options->folder)) != XZ_OK)
        goto out;
    if ((err = writer_open(store)) != XZ_OK)
        goto out;
    if ((err = store_migrate(store, &store->writer.conn)) != XZ_OK)
        goto out;
    if ((err = store_state_load(store, &store->writer.conn)) != XZ_OK)
        goto out;
    if ((err = store_checkpoint_start(store)) != XZ_OK)
        goto out;
    err = store_writer_start(store, batch_max, queue_max);
out:
    if (err == XZ_OK)
        *out = store;
    else
        xz_store_close(store);
    return err;
}

void xz_store_close(struct xz_store *store)
{
    if (!store)
        return;
    XZ_TAG_CHECK(store, STORE_TAG);
    store_writer_stop(store);
    store_checkpoint_stop(store);
    store_readers_fini(&store->readers);
    if (store->writer.conn.db) {
        /* Closing the last connection would do it too, but says nothing when it fails. */
        sqlite3_wal_checkpoint_v2(store->writer.conn.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
                                  NULL);
        store_conn_close(&store->writer.conn);
    }
    if (store->is_memory && store->folder)
        store_folder_drop_memory(store->folder);
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    store->tag = 0;
    xz_free(store->migrations);
    xz_free(store->db_path);
    xz_free(store->folder);
    xz_free(store);
}

xz_str xz_store_data_id(const struct xz_store *store)
{
    XZ_TAG_CHECK(store, STORE_TAG);
    return xz_str_from(store->data_id);
}

/* Its memory statistics, which nobody reads, are one lock around every allocation of all readers.
 * Refused when something else has used SQLite before; then it only costs time. */
static void sqlite_set_up(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

void store_migrations_join(struct xz_store *store, const struct xz_store_options *options)
{
    size_t own = xz_store_migration_count;

    store->migration_count = own + options->migration_count;
    store->migrations = XZ_ALLOC(struct xz_migration, store->migration_count);
    memcpy(store->migrations, xz_store_migrations, own * sizeof(struct xz_migration));
    if (options->migration_count > 0)
        memcpy(store->migrations + own, options->migrations,
               options->migration_count * sizeof(struct xz_migration));
}

static xz_err folder_open(struct xz_store *store, const char *folder)
{
    xz_err err;

    if (store->is_memory) {
        if ((err = store_folder_make_memory(&store->folder)) != XZ_OK)
            goto out;
    } else {
        if ((err = store_folder_make(folder)) != XZ_OK)
            goto out;
        store->folder = xz_strdup(folder);
    }
    if ((err = store_folder_lock(store->folder, &store->lock_fd)) != XZ_OK)
        goto out;
    store->db_path = store_path(store->folder, STORE_DB_NAME);
    /* Made here, not by SQLite, for the narrow mode; its log and index files take it over. */
    if ((err = store_file_make(store->db_path)) != XZ_OK)
        goto out;
    err = xz_dir_sync(store->folder);
out:
    return err;
}

static xz_err writer_open(struct xz_store *store)
{
    const struct store_conn_options options = { .cache_kib = WRITER_CACHE_KIB,
                                                .is_durable = !store->is_memory };
    return store_conn_open(&store->writer.conn, store->db_path, &options);
}
