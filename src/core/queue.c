/* Bounded queue: a ring under one mutex with a condition for each side. Poppers take many at once,
 * so a busy queue costs one lock per batch rather than per item. */
#include "core/queue.h"

#include <errno.h>
#include <pthread.h>

#define QUEUE_TAG 0x71756575u

struct xz_queue {
    uint32_t tag;
    pthread_mutex_t lock; /* protects everything below */
    pthread_cond_t not_empty, not_full;
    void **ring;
    size_t ring_len, head, count;
    bool closed;
};

static struct timespec deadline_after(int64_t wait_ms);
static bool wait_on(struct xz_queue *queue, pthread_cond_t *cond, int64_t wait_ms,
                    const struct timespec *deadline);

struct xz_queue *xz_queue_create(size_t items_max)
{
    struct xz_queue *queue = XZ_ALLOC(struct xz_queue, 1);
    pthread_condattr_t attr;

    XZ_ASSERT(items_max > 0);
    queue->ring = XZ_ALLOC(void *, items_max);
    queue->ring_len = items_max;
    XZ_ASSERT(pthread_condattr_init(&attr) == 0);
    XZ_ASSERT(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    XZ_ASSERT(pthread_mutex_init(&queue->lock, NULL) == 0);
    XZ_ASSERT(pthread_cond_init(&queue->not_empty, &attr) == 0);
    XZ_ASSERT(pthread_cond_init(&queue->not_full, &attr) == 0);
    pthread_condattr_destroy(&attr);
    queue->tag = QUEUE_TAG;
    return queue;
}

void xz_queue_destroy(struct xz_queue *queue)
{
    if (!queue)
        return;
    XZ_TAG_CHECK(queue, QUEUE_TAG);
    XZ_ASSERT(queue->count == 0);
    queue->tag = 0;
    pthread_cond_destroy(&queue->not_empty);
    pthread_cond_destroy(&queue->not_full);
    pthread_mutex_destroy(&queue->lock);
    xz_free(queue->ring);
    xz_free(queue);
}

xz_err xz_queue_push(struct xz_queue *queue, void *item, int64_t wait_ms)
{
    struct timespec deadline = deadline_after(wait_ms);
    xz_err err = XZ_OK;

    XZ_TAG_CHECK(queue, QUEUE_TAG);
    pthread_mutex_lock(&queue->lock);
    while (!queue->closed && queue->count == queue->ring_len) {
        if (!wait_on(queue, &queue->not_full, wait_ms, &deadline))
            break;
    }
    if (queue->closed) {
        err = XZ_E_STATE;
    } else if (queue->count == queue->ring_len) {
        err = XZ_E_BUSY;
    } else {
        queue->ring[(queue->head + queue->count) % queue->ring_len] = item;
        queue->count++;
        pthread_cond_signal(&queue->not_empty);
    }
    pthread_mutex_unlock(&queue->lock);
    return err;
}

size_t xz_queue_pop(struct xz_queue *queue, void **items, size_t items_max, int64_t wait_ms)
{
    struct timespec deadline = deadline_after(wait_ms);

    XZ_TAG_CHECK(queue, QUEUE_TAG);
    XZ_ASSERT(items_max > 0);
    pthread_mutex_lock(&queue->lock);
    while (!queue->closed && queue->count == 0) {
        if (!wait_on(queue, &queue->not_empty, wait_ms, &deadline))
            break;
    }
    size_t taken = XZ_MIN(queue->count, items_max);
    for (size_t i = 0; i < taken; i++) {
        items[i] = queue->ring[queue->head];
        queue->head = (queue->head + 1) % queue->ring_len;
    }
    queue->count -= taken;
    if (taken == 1)
        pthread_cond_signal(&queue->not_full);
    else if (taken > 1)
        pthread_cond_broadcast(&queue->not_full);
    pthread_mutex_unlock(&queue->lock);
    return taken;
}

void xz_queue_close(struct xz_queue *queue)
{
    XZ_TAG_CHECK(queue, QUEUE_TAG);
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->not_empty);
    pthread_cond_broadcast(&queue->not_full);
    pthread_mutex_unlock(&queue->lock);
}

size_t xz_queue_count(struct xz_queue *queue)
{
    XZ_TAG_CHECK(queue, QUEUE_TAG);
    pthread_mutex_lock(&queue->lock);
    size_t count = queue->count;
    pthread_mutex_unlock(&queue->lock);
    return count;
}

static struct timespec deadline_after(int64_t wait_ms)
{
    const int64_t year_ms = INT64_C(31536000000); /* nobody waits longer; keeps the sum in range */
    struct timespec at = { 0 };

    if (wait_ms <= 0)
        return at;
    wait_ms = XZ_MIN(wait_ms, year_ms);
    XZ_ASSERT(clock_gettime(CLOCK_MONOTONIC, &at) == 0);
    at.tv_sec += wait_ms / 1000;
    at.tv_nsec += wait_ms % 1000 * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* False once the time is up. */
static bool wait_on(struct xz_queue *queue, pthread_cond_t *cond, int64_t wait_ms,
                    const struct timespec *deadline)
{
    if (wait_ms == 0)
        return false;
    if (wait_ms < 0)
        return pthread_cond_wait(cond, &queue->lock) == 0;
    return pthread_cond_timedwait(cond, &queue->lock, deadline) != ETIMEDOUT;
}
