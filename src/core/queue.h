/* Bounded queue of pointers between threads: many producers, many consumers, FIFO. */
#ifndef XZ_CORE_QUEUE_H
#define XZ_CORE_QUEUE_H

#include "core/base.h"

struct xz_queue;

struct xz_queue *xz_queue_create(size_t items_max);
void xz_queue_destroy(struct xz_queue *queue); /* must be empty; NULL is fine */

/* XZ_E_BUSY when full (or still full after wait_ms; 0 does not wait), XZ_E_STATE once closed. */
XZ_MUST_USE xz_err xz_queue_push(struct xz_queue *queue, void *item, int64_t wait_ms);
/* Takes up to `items_max` items at once, waiting up to wait_ms (-1: for ever) for the first.
 * Returns how many; 0 after a time-out, or when closed and empty. */
size_t xz_queue_pop(struct xz_queue *queue, void **items, size_t items_max, int64_t wait_ms);
void xz_queue_close(struct xz_queue *queue); /* no more pushes; waiters wake; items stay to pop */
size_t xz_queue_count(struct xz_queue *queue);

#endif
