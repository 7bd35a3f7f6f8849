/* Copies the write-ahead log into the database beside the writer, so that no caller's commit waits
 * for it, and keeps the log's size bounded. The commits themselves are store_writer.c's. */
#include "core/log.h"
#include "store/store_internal.h"

#define DUE_PAGES 4096 /* 16 MiB of log: copy it */
#define HARD_PAGES                                                                                 \
    16384               /* 64 MiB: the writer stops for a moment so that the log can start again   \
                         */
#define HARD_WAIT_MS 20 /* for readers of the log's old part */
#define IDLE_US      2000000 /* no change for so long: empty the log */

static void *checkpoint_main(void *arg);
static int checkpoint_note(void *arg, sqlite3 *db, const char *name, int pages);
static int checkpoint_copy(struct store_checkpointer *cp, int mode);
static void checkpoint_idle(struct store_checkpointer *cp);
static void checkpoint_report(const struct store_conn *conn, int code);

xz_err store_checkpoint_start(struct xz_store *store)
{
    const struct store_conn_options options = { .cache_kib = 64, .is_durable = !store->is_memory };
    struct store_checkpointer *cp = &store->checkpointer;
    pthread_condattr_t attr;
    xz_err err = store_conn_open(&cp->conn, store->db_path, &options);

    if (err != XZ_OK)
        return err;
    cp->due_pages = DUE_PAGES;
    cp->hard_pages = HARD_PAGES;
    pthread_mutex_init(&cp->lock, NULL);
    pthread_mutex_init(&cp->copying, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&cp->wake, &attr);
    pthread_condattr_destroy(&attr);
    sqlite3_wal_hook(store->writer.conn.db, checkpoint_note, cp);
    XZ_ASSERT(pthread_create(&cp->thread, NULL, checkpoint_main, cp) == 0);
    return XZ_OK;
}

void store_checkpoint_stop(struct xz_store *store)
{
    struct store_checkpointer *cp = &store->checkpointer;

    if (!cp->conn.db)
        return;
    pthread_mutex_lock(&cp->lock);
    cp->stopping = true;
    pthread_cond_signal(&cp->wake);
    pthread_mutex_unlock(&cp->lock);
    pthread_join(cp->thread, NULL);
    sqlite3_wal_hook(store->writer.conn.db, NULL, NULL);
    pthread_cond_destroy(&cp->wake);
    pthread_mutex_destroy(&cp->lock);
    pthread_mutex_destroy(&cp->copying);
    store_conn_close(&cp->conn);
}

/* Under steady load the copy beside the writer never quite reaches the end of the log, so the log
 * never starts again. The writer then copies the small rest itself; while a copy is under way it
 * leaves that alone, up to twice the size. Long reads can hold this back; it is tried again 16 MiB
 * later. */
void store_checkpoint_between(struct xz_store *store)
{
    struct store_checkpointer *cp = &store->checkpointer;
    sqlite3 *db = store->writer.conn.db;

    pthread_mutex_lock(&cp->lock);
    int64_t pages = cp->log_pages;
    bool is_due = pages >= cp->hard_pages;
    pthread_mutex_unlock(&cp->lock);
    if (!is_due)
        return;
    if (pages >= INT64_C(2) * HARD_PAGES)
        pthread_mutex_lock(&cp->copying);
    else if (pthread_mutex_trylock(&cp->copying) != 0)
        return;
    sqlite3_busy_timeout(db, HARD_WAIT_MS);
    int code = sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
    sqlite3_busy_timeout(db, STORE_WAIT_MS);
    pthread_mutex_unlock(&cp->copying);
    checkpoint_report(&store->writer.conn, code);
    pthread_mutex_lock(&cp->lock);
    cp->hard_pages = pages + DUE_PAGES;
    pthread_mutex_unlock(&cp->lock);
}

/* Nobody waits for a checkpoint, so the log is where its failure is told. Nothing is lost by one:
 * the pages stay in the write-ahead log and are copied by the next. */
static void checkpoint_report(const struct store_conn *conn, int code)
{
    if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY)
        return;
    store_conn_fail(conn, code, "checkpoint");
    XZ_LOG(STORE_FAILED, XZ_LF_STR(DETAIL, xz_str_from(xz_fail_detail())));
}

/* On the writer's thread, after each commit. */
static int checkpoint_note(void *arg, sqlite3 *db, const char *name, int pages)
{
    struct store_checkpointer *cp = arg;

    pthread_mutex_lock(&cp->lock);
    bool was_empty = cp->log_pages == 0;
    if (pages < cp->log_pages) { /* the log started again */
        cp->due_pages = DUE_PAGES;
        cp->hard_pages = HARD_PAGES;
    }
    cp->log_pages = pages;
    cp->written_us = xz_time_monotonic_us();
    if (was_empty || pages >= cp->due_pages)
        pthread_cond_signal(&cp->wake);
    pthread_mutex_unlock(&cp->lock);
    return SQLITE_OK;
}

static void *checkpoint_main(void *arg)
{
    struct store_checkpointer *cp = arg;

    pthread_setname_np(pthread_self(), "xz-checkpoint");
    pthread_mutex_lock(&cp->lock);
    while (!cp->stopping) {
        if (cp->log_pages == 0) {
            pthread_cond_wait(&cp->wake, &cp->lock);
        } else if (cp->log_pages >= cp->due_pages) {
            cp->due_pages = cp->log_pages + DUE_PAGES;
            pthread_mutex_unlock(&cp->lock);
            checkpoint_copy(cp, SQLITE_CHECKPOINT_PASSIVE);
            pthread_mutex_lock(&cp->lock);
        } else {
            checkpoint_idle(cp);
        }
    }
    pthread_mutex_unlock(&cp->lock);
    return NULL;
}

static int checkpoint_copy(struct store_checkpointer *cp, int mode)
{
    pthread_mutex_lock(&cp->copying);
    int code = sqlite3_wal_checkpoint_v2(cp->conn.db, NULL, mode, NULL, NULL);
    pthread_mutex_unlock(&cp->copying);
    checkpoint_report(&cp->conn, code);
    return code;
}

/* Called and returns with the lock held. */
static void checkpoint_idle(struct store_checkpointer *cp)
{
    int64_t now_us = xz_time_monotonic_us();
    int64_t left_us = cp->written_us + IDLE_US - now_us;
    int64_t written_us = cp->written_us;
    struct timespec at;

    if (left_us > 0) {
        XZ_ASSERT(clock_gettime(CLOCK_MONOTONIC, &at) == 0);
        left_us += at.tv_nsec / 1000;
        at.tv_sec += left_us / 1000000;
        at.tv_nsec = left_us % 1000000 * 1000;
        pthread_cond_timedwait(&cp->wake, &cp->lock, &at);
        return;
    }
    pthread_mutex_unlock(&cp->lock);
    /* Does not wait for readers: a page that is open for long only puts this off. */
    sqlite3_busy_timeout(cp->conn.db, 0);
    int code = checkpoint_copy(cp, SQLITE_CHECKPOINT_TRUNCATE);
    sqlite3_busy_timeout(cp->conn.db, STORE_WAIT_MS);
    pthread_mutex_lock(&cp->lock);
    if (cp->written_us != written_us)
        return;
    if (code != SQLITE_OK) {
        cp->written_us = now_us; /* try again later */
        return;
    }
    cp->log_pages = 0;
    cp->due_pages = DUE_PAGES;
    cp->hard_pages = HARD_PAGES;
}
