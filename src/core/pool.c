/* Thread pool: threads that pop jobs from one bounded queue. A job that waits for another job of
 * the same pool can dead-lock; steps that wait leave and are called again instead. */
#include "core/pool.h"

#include <pthread.h>

#include "core/queue.h"

#define POOL_TAG       0x706f6f6cu
#define NAME_CHARS_MAX 11 /* leaves "-999" of the kernel's 15 */

struct pool_job {
    xz_job_fn fn;
    void *arg;
};

struct xz_pool {
    uint32_t tag;
    struct xz_queue *jobs;
    size_t thread_count;
    pthread_t threads[];
};

static void *pool_thread(void *arg);

struct xz_pool *xz_pool_create(const char *name, size_t threads, size_t jobs_max)
{
    XZ_ASSERT(threads > 0 && threads < 1000 && strlen(name) <= NAME_CHARS_MAX);
    struct xz_pool *pool = xz_alloc(1, sizeof(struct xz_pool) + threads * sizeof(pthread_t));

    pool->tag = POOL_TAG;
    pool->jobs = xz_queue_create(jobs_max);
    pool->thread_count = threads;
    for (size_t i = 0; i < threads; i++) {
        char label[16];
        /* No threads at start means a broken installation, like no memory. */
        XZ_ASSERT(pthread_create(&pool->threads[i], NULL, pool_thread, pool) == 0);
        snprintf(label, sizeof(label), "%.11s-%zu", name, i % 1000);
        pthread_setname_np(pool->threads[i], label);
    }
    return pool;
}

static void *pool_thread(void *arg)
{
    struct xz_pool *pool = arg;
    void *item;

    XZ_TAG_CHECK(pool, POOL_TAG);
    while (xz_queue_pop(pool->jobs, &item, 1, -1)) {
        struct pool_job job = *(struct pool_job *)item;
        xz_free(item);
        job.fn(job.arg);
    }
    return NULL;
}

xz_err xz_pool_run(struct xz_pool *pool, xz_job_fn fn, void *arg)
{
    XZ_TAG_CHECK(pool, POOL_TAG);
    struct pool_job *job = XZ_ALLOC(struct pool_job, 1);
    *job = (struct pool_job){ fn, arg };
    xz_err err = xz_queue_push(pool->jobs, job, 0);
    if (err != XZ_OK)
        xz_free(job);
    return err;
}

void xz_pool_destroy(struct xz_pool *pool)
{
    if (!pool)
        return;
    XZ_TAG_CHECK(pool, POOL_TAG);
    xz_queue_close(pool->jobs);
    for (size_t i = 0; i < pool->thread_count; i++)
        XZ_ASSERT(pthread_join(pool->threads[i], NULL) == 0);
    xz_queue_destroy(pool->jobs);
    pool->tag = 0;
    xz_free(pool);
}
