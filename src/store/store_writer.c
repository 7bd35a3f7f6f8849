/* The one writer: takes what was posted, runs each change in its own savepoint, makes the batch
 * durable with one commit and wakes the callers. Reading and checkpoints are done elsewhere. */
#include <semaphore.h>
#include <sys/prctl.h>

#include "core/log.h"
#include "core/metric.h"
#include "store/store_internal.h"

#define JOB_TAG        0x58535432u
#define ID_BLOCK       10000
#define ID_MAX         (INT64_C(1) << 53) /* JSON readers keep numbers as doubles */
#define GATHER_STEP_US 20
#define GATHER_QUIET   4 /* steps without a new change: those who come have come */
#define GATHER_US_MAX  1000

struct store_job {
    uint32_t tag;
    xz_write_fn fn;
    void *arg;
    xz_write_done done;
    void *done_arg;
    xz_err err;
    char *detail; /* of a failure, or NULL */
};

struct write_waiter {
    sem_t woken;
    xz_err err;
    char detail[512];
};

static const struct xz_sql sql_begin = { "store.begin", "BEGIN IMMEDIATE" };
static const struct xz_sql sql_commit = { "store.commit", "COMMIT" };
static const struct xz_sql sql_rollback = { "store.rollback", "ROLLBACK" };
static const struct xz_sql sql_savepoint = { "store.savepoint", "SAVEPOINT change" };
static const struct xz_sql sql_release = { "store.release", "RELEASE change" };
static const struct xz_sql sql_undo = { "store.undo", "ROLLBACK TO change" };

static xz_err writer_push(struct xz_store *store, const struct store_job *like);
static void waiter_wake(void *arg, xz_err err);
static void *writer_main(void *arg);
static size_t writer_gather(struct store_writer *writer, size_t count);
static void batch_run(struct xz_store *store, size_t count);

xz_err store_writer_start(struct xz_store *store, size_t batch_max, size_t queue_max)
{
    struct store_writer *writer = &store->writer;

    writer->batch_max = batch_max;
    writer->jobs = XZ_ALLOC(void *, batch_max);
    writer->queue = xz_queue_create(queue_max);
    XZ_ASSERT(pthread_create(&writer->thread, NULL, writer_main, store) == 0);
    return XZ_OK;
}

void store_writer_stop(struct xz_store *store)
{
    struct store_writer *writer = &store->writer;

    if (!writer->queue)
        return;
    xz_queue_close(writer->queue);
    pthread_join(writer->thread, NULL);
    xz_queue_destroy(writer->queue);
    xz_free(writer->jobs);
}

xz_err xz_store_post(struct xz_store *store, xz_write_fn fn, void *arg, xz_write_done done)
{
    struct store_job job = { .fn = fn, .arg = arg, .done = done, .done_arg = arg };
    return writer_push(store, &job);
}

xz_err xz_store_write(struct xz_store *store, xz_write_fn fn, void *arg)
{
    struct write_waiter waiter = { .err = XZ_OK };
    struct store_job job = { .fn = fn, .arg = arg, .done = waiter_wake, .done_arg = &waiter };
    xz_err err;

    XZ_TAG_CHECK(store, STORE_TAG);
    XZ_ASSERT(!pthread_equal(pthread_self(), store->writer.thread)); /* it would wait for itself */
    sem_init(&waiter.woken, 0, 0);
    if ((err = writer_push(store, &job)) != XZ_OK)
        goto out;
    while (sem_wait(&waiter.woken) != 0)
        continue; /* a signal */
    err = waiter.err == XZ_OK ? XZ_OK : xz_fail(waiter.err, "%s", waiter.detail);
out:
    sem_destroy(&waiter.woken);
    return err;
}

static xz_err writer_push(struct xz_store *store, const struct store_job *like)
{
    XZ_TAG_CHECK(store, STORE_TAG);
    struct store_job *job = XZ_ALLOC(struct store_job, 1);

    *job = *like;
    job->tag = JOB_TAG;
    xz_err err = xz_queue_push(store->writer.queue, job, 0);
    if (err != XZ_OK)
        xz_free(job);
    if (err == XZ_E_BUSY)
        return xz_fail(err, "系统繁忙：等待保存的数据过多，请稍后再试");
    return err == XZ_OK ? XZ_OK : xz_fail(err, "系统正在停止，不再接受写入");
}

static void waiter_wake(void *arg, xz_err err)
{
    struct write_waiter *waiter = arg;

    waiter->err = err;
    snprintf(waiter->detail, sizeof waiter->detail, "%s", xz_fail_detail());
    sem_post(&waiter->woken); /* the waiter may be gone after this */
}

static void *writer_main(void *arg)
{
    struct xz_store *store = arg;
    struct store_writer *writer = &store->writer;
    size_t count;

    pthread_setname_np(pthread_self(), "xz-writer");
    prctl(PR_SET_TIMERSLACK, 1000); /* gathering sleeps for tens of microseconds */
    while ((count = xz_queue_pop(writer->queue, writer->jobs, writer->batch_max, -1)) > 0) {
        batch_run(store, writer_gather(writer, count));
        store_checkpoint_between(store);
    }
    return NULL;
}

/* Callers that the last commit woke mostly come back at once with their next change. Committing
 * without them would make them wait for two commits instead of one, so the writer gives them a
 * moment: never longer than a quarter of a commit, and not at all for a lone caller. */
static size_t writer_gather(struct store_writer *writer, size_t count)
{
    int64_t until_us = xz_time_monotonic_us() +
                       XZ_MIN(writer->commit_us / 4, (int64_t)GATHER_US_MAX);
    const struct timespec step = { .tv_nsec = GATHER_STEP_US * 1000 };
    size_t goal = XZ_MIN(writer->callers, writer->batch_max);

    for (int quiet = 0; count < goal && quiet < GATHER_QUIET; quiet++) {
        if (xz_time_monotonic_us() >= until_us)
            break;
        nanosleep(&step, NULL);
        size_t more = xz_queue_pop(writer->queue, writer->jobs + count, writer->batch_max - count,
                                   0);
        count += more;
        if (more > 0)
            quiet = -1;
    }
    return count;
}

static void job_fail(struct store_job *job, xz_err err)
{
    xz_free(job->detail);
    job->err = err;
    job->detail = xz_strdup(xz_fail_detail());
}

/* Runs one change. False: the database gave up the whole transaction. */
static bool change_run(struct xz_tx *tx, struct store_job *job)
{
    struct store_conn *conn = tx->conn;
    int code = store_conn_step(conn, &sql_savepoint);

    XZ_TAG_CHECK(job, JOB_TAG);
    xz_fail_clear();
    if (code != SQLITE_OK) {
        job_fail(job, store_conn_fail(conn, code, sql_savepoint.name));
        return false;
    }
    xz_err err = job->fn(tx, job->arg);
    store_conn_close_rows(conn);
    if (err != XZ_OK)
        job_fail(job, err);
    /* A full or failing disk makes SQLite roll back everything, not only the statement. */
    if (sqlite3_get_autocommit(conn->db))
        return false;
    if (err != XZ_OK)
        code = store_conn_step(conn, &sql_undo);
    else
        tx->change_number++;
    if (code == SQLITE_OK)
        code = store_conn_step(conn, &sql_release);
    if (code != SQLITE_OK)
        job_fail(job, store_conn_fail(conn, code, sql_release.name));
    return code == SQLITE_OK;
}

/* What the batch itself has to remember goes into the same commit. */
static xz_err batch_commit(struct store_writer *writer, struct xz_tx *tx)
{
    int64_t last = tx->change_number - 1;
    int64_t limit = writer->id_next > writer->id_limit ? writer->id_next + ID_BLOCK
                                                       : writer->id_limit;
    int code;

    if (limit != writer->id_limit && xz_sql_run(tx, store_sql_sequence_set, "i", limit) != XZ_OK)
        return XZ_E_IO;
    if (last != writer->change_number && xz_sql_run(tx, store_sql_change_set, "i", last) != XZ_OK)
        return XZ_E_IO;
    if ((code = store_conn_step(&writer->conn, &sql_commit)) != SQLITE_OK) {
        store_conn_fail(&writer->conn, code, sql_commit.name);
        return XZ_E_IO;
    }
    writer->id_limit = limit;
    writer->change_number = last;
    return XZ_OK;
}

/* After a commit that failed in its fsync, its frames may stand in the log, whole: a crash now and
 * the recovery would bring back what callers are about to be told is lost. A small commit in the
 * same place of the log makes that impossible. If the disk fails this too, the next commit that
 * works does the same. */
static void batch_repair(struct store_conn *conn)
{
    if (!sqlite3_get_autocommit(conn->db))
        store_conn_step(conn, &sql_rollback);
    if (store_conn_step(conn, &sql_begin) != SQLITE_OK)
        return;
    if (store_conn_step(conn, store_sql_repair) != SQLITE_OK ||
        store_conn_step(conn, &sql_commit) != SQLITE_OK)
        store_conn_step(conn, &sql_rollback);
}

/* Runs all changes and commits. XZ_OK: each job has its result. Else nothing of them is kept. */
static xz_err batch_try(struct xz_store *store, size_t count)
{
    struct store_writer *writer = &store->writer;
    struct xz_tx tx = store_conn_tx(store, &writer->conn);
    int code = store_conn_step(&writer->conn, &sql_begin);
    xz_err err = XZ_OK;

    if (code != SQLITE_OK) {
        store_conn_fail(&writer->conn, code, sql_begin.name);
        return XZ_E_IO;
    }
    tx.change_number = writer->change_number + 1;
    for (size_t i = 0; i < count && err == XZ_OK; i++) {
        struct store_job *job = writer->jobs[i];
        if (!change_run(&tx, job))
            err = xz_fail(XZ_E_IO, "%s", job->detail ? job->detail : "写入未能完成");
    }
    if (err == XZ_OK)
        err = batch_commit(writer, &tx);
    tx.tag = 0;
    if (err != XZ_OK)
        batch_repair(&writer->conn);
    return err;
}

static void batch_answer(struct store_job *job)
{
    if (job->err == XZ_OK)
        xz_fail_clear();
    else
        xz_fail(job->err, "%s", job->detail);
    if (job->done)
        job->done(job->done_arg, job->err);
    xz_free(job->detail);
    job->tag = 0;
    xz_free(job);
}

static void batch_run(struct xz_store *store, size_t count)
{
    struct store_writer *writer = &store->writer;
    int64_t started_us = xz_time_monotonic_us();
    int64_t before = writer->change_number;
    xz_err err = batch_try(store, count);

    if (err != XZ_OK) {
        XZ_LOG(STORE_FAILED, XZ_LF_STR(DETAIL, xz_str_from(xz_fail_detail())));
        for (size_t i = 0; i < count; i++) {
            struct store_job *job = writer->jobs[i];
            if (job->err == XZ_OK)
                job_fail(job, err);
        }
    }
    writer->commit_us = xz_time_monotonic_us() - started_us;
    writer->callers = count + xz_queue_count(writer->queue);
    xz_metric_add(XZ_M_WRITES, writer->change_number - before);
    xz_metric_add(XZ_M_COMMITS, 1);
    xz_metric_observe_us(XZ_M_COMMIT_SECONDS, writer->commit_us);
    for (size_t i = 0; i < count; i++)
        batch_answer(writer->jobs[i]);
}

xz_err xz_tx_new_id(struct xz_tx *tx, int64_t *id)
{
    XZ_TAG_CHECK(tx, STORE_TX_TAG);
    XZ_ASSERT(tx->is_change);
    struct store_writer *writer = &tx->store->writer;

    /* Kept in memory, not in the change: rolling it back cannot give an id out again. The batch
     * writes down how far it went before any of its callers hears of it. */
    if (writer->id_next >= ID_MAX)
        return xz_fail(XZ_E_LIMIT, "编号已用完");
    *id = writer->id_next++;
    return XZ_OK;
}

int64_t xz_tx_now_ms(const struct xz_tx *tx)
{
    XZ_TAG_CHECK(tx, STORE_TX_TAG);
    return tx->now_ms;
}

int64_t xz_tx_change_number(const struct xz_tx *tx)
{
    XZ_TAG_CHECK(tx, STORE_TX_TAG);
    return tx->change_number;
}
