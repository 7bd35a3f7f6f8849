/* Thread pool: jobs run in FIFO order on a fixed number of threads. */
#ifndef XZ_CORE_POOL_H
#define XZ_CORE_POOL_H

#include "core/base.h"

struct xz_pool;
typedef void (*xz_job_fn)(void *arg);

/* `name` (at most 11 characters) is shown in top and debuggers. */
struct xz_pool *xz_pool_create(const char *name, size_t threads, size_t jobs_max);
/* XZ_E_BUSY when jobs_max wait, XZ_E_STATE while stopping. */
XZ_MUST_USE xz_err xz_pool_run(struct xz_pool *pool, xz_job_fn fn, void *arg);
void xz_pool_destroy(struct xz_pool *pool); /* runs what was accepted, then joins; NULL is fine */

#endif
