/* Read snapshots: a pool of connections, opened on demand and kept. Each snapshot is one read
 * transaction; what is read in it is store_rows.c. */
#include <errno.h>

#include "store/store_internal.h"

#define READER_CACHE_KIB 2048

static const struct xz_sql sql_begin = { "store.read_begin", "BEGIN" };
static const struct xz_sql sql_end = { "store.read_end", "ROLLBACK" };

static xz_err reader_take(struct xz_store *store, struct store_reader **reader);
static void reader_give(struct store_readers *readers, struct store_reader *reader);
static xz_err snapshot_begin(struct xz_store *store, struct store_reader *reader);

void store_readers_init(struct store_readers *readers, size_t count_max)
{
    pthread_condattr_t attr;

    *readers = (struct store_readers){ .count_max = count_max };
    pthread_mutex_init(&readers->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&readers->freed, &attr);
    pthread_condattr_destroy(&attr);
}

void store_readers_fini(struct store_readers *readers)
{
    XZ_ASSERT(readers->out == 0);
    while (readers->free) {
        struct store_reader *reader = readers->free;
        readers->free = reader->next;
        store_conn_close(&reader->conn);
        xz_free(reader);
    }
    pthread_cond_destroy(&readers->freed);
    pthread_mutex_destroy(&readers->lock);
}

xz_err xz_store_read(struct xz_store *store, struct xz_tx **tx)
{
    struct store_reader *reader;
    xz_err err;

    XZ_TAG_CHECK(store, STORE_TAG);
    if ((err = reader_take(store, &reader)) != XZ_OK)
        goto out;
    if ((err = snapshot_begin(store, reader)) != XZ_OK) {
        reader_give(&store->readers, reader);
        goto out;
    }
    *tx = &reader->tx;
out:
    return err;
}

void xz_store_read_end(struct xz_tx *tx)
{
    if (!tx)
        return;
    XZ_TAG_CHECK(tx, STORE_TX_TAG);
    XZ_ASSERT(!tx->is_change);
    /* The transaction is the first member of its reader. */
    struct store_reader *reader = (struct store_reader *)tx;
    struct store_readers *readers = &tx->store->readers;

    store_conn_close_rows(&reader->conn);
    store_conn_step(&reader->conn, &sql_end);
    tx->tag = 0;
    reader_give(readers, reader);
}

static xz_err reader_open(struct xz_store *store, struct store_reader **reader)
{
    static const struct store_conn_options options = { .cache_kib = READER_CACHE_KIB,
                                                       .is_reader = true,
                                                       .is_durable = true };
    struct store_reader *fresh = XZ_ALLOC(struct store_reader, 1);
    xz_err err = store_conn_open(&fresh->conn, store->db_path, &options);

    if (err != XZ_OK)
        xz_free(fresh);
    else
        *reader = fresh;
    return err;
}

static struct timespec wait_deadline(void)
{
    struct timespec at;

    XZ_ASSERT(clock_gettime(CLOCK_MONOTONIC, &at) == 0);
    at.tv_sec += STORE_WAIT_MS / 1000;
    return at;
}

/* A kept connection, or the right to open one; waits while all are out. */
static xz_err reader_take(struct xz_store *store, struct store_reader **reader)
{
    struct store_readers *readers = &store->readers;
    const struct timespec deadline = wait_deadline();
    bool in_time = true;
    xz_err err = XZ_OK;

    pthread_mutex_lock(&readers->lock);
    while (!readers->free && readers->count == readers->count_max && in_time)
        in_time = pthread_cond_timedwait(&readers->freed, &readers->lock, &deadline) != ETIMEDOUT;
    *reader = readers->free;
    if (*reader)
        readers->free = (*reader)->next;
    else if (readers->count < readers->count_max)
        readers->count++;
    else
        err = XZ_E_BUSY;
    readers->out += err == XZ_OK;
    pthread_mutex_unlock(&readers->lock);
    if (err != XZ_OK)
        return xz_fail(err, "系统繁忙：查询过多，请稍后再试");
    if (!*reader && (err = reader_open(store, reader)) != XZ_OK)
        reader_give(readers, NULL);
    return err;
}

/* NULL gives back the right to open one. */
static void reader_give(struct store_readers *readers, struct store_reader *reader)
{
    pthread_mutex_lock(&readers->lock);
    if (reader) {
        reader->next = readers->free;
        readers->free = reader;
    } else {
        readers->count--;
    }
    readers->out--;
    pthread_cond_signal(&readers->freed);
    pthread_mutex_unlock(&readers->lock);
}

/* BEGIN alone takes no snapshot; the first read does, so it is made here. */
static xz_err snapshot_begin(struct xz_store *store, struct store_reader *reader)
{
    int code = store_conn_step(&reader->conn, &sql_begin);
    struct xz_rows rows;
    xz_err err;

    if (code != SQLITE_OK)
        return store_conn_fail(&reader->conn, code, sql_begin.name);
    reader->tx = store_conn_tx(store, &reader->conn);
    reader->tx.is_change = false;
    if ((err = xz_sql_open(&reader->tx, store_sql_state_get, &rows, "")) != XZ_OK)
        goto out;
    if (xz_rows_next(&rows))
        reader->tx.change_number = xz_rows_int(&rows, 0);
    err = xz_rows_end(&rows);
out:
    if (err != XZ_OK)
        store_conn_step(&reader->conn, &sql_end);
    return err;
}
