/* What the privacy notice promises: after `record_days` of the site the words of a question are
 * erased; the row stays with its kind and evidence. Looked at when the server starts and every
 * hour, a bounded change at a time. 0 days: the site has not said, nothing is erased. */
#include "qa/qa_internal.h"

#include <errno.h>
#include <time.h>

#include "audit/audit.h"
#include "core/log.h"

#define LOOK_AGAIN_S 3600
#define DAY_MS       (INT64_C(24) * 3600 * 1000)

struct qa_retention {
    struct xz_qa *qa;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool end; /* guarded by lock */
};

struct expiry {
    int64_t before_ms, after_id; /* asked before; ids above this one */
    int64_t count;
};

static xz_err expire_tx(struct xz_tx *tx, void *arg)
{
    static const struct xz_actor self = { XZ_ACTOR_LOCAL, 0 };
    struct expiry *e = arg;
    xz_err err = qa_turns_expire(tx, e->before_ms, &e->after_id, &e->count);
    if (err != XZ_OK || !e->count)
        return err;
    char detail[64];
    snprintf(detail, sizeof(detail), "%lld", (long long)e->count);
    return xz_audit_write(tx, &self, "turns.expired", 0, xz_str_from(detail));
}

xz_err qa_retention_run(struct xz_qa *qa, int64_t *erased)
{
    struct expiry e = { .after_id = qa->expired_id };
    int64_t days = xz_knowledge_site(qa->knowledge)->record_days;
    xz_err err = XZ_OK;

    *erased = 0;
    if (days <= 0)
        return XZ_OK;
    e.before_ms = xz_clock_now_ms(qa->clock) - days * DAY_MS;
    do {
        e.count = 0;
        if ((err = xz_store_write(qa->store, expire_tx, &e)) == XZ_OK)
            qa->expired_id = e.after_id;
        *erased += e.count;
    } while (err == XZ_OK && e.count);
    return err;
}

static void *thread_run(void *arg)
{
    struct qa_retention *r = arg;
    pthread_mutex_lock(&r->lock);
    while (!r->end) {
        struct timespec until;
        int64_t erased;
        pthread_mutex_unlock(&r->lock);
        xz_err err = qa_retention_run(r->qa, &erased);
        if (err != XZ_OK)
            XZ_LOG(STORE_FAILED, XZ_LF_STR(DETAIL, xz_str_from(xz_fail_detail())));
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += LOOK_AGAIN_S;
        pthread_mutex_lock(&r->lock);
        while (!r->end && pthread_cond_timedwait(&r->wake, &r->lock, &until) != ETIMEDOUT)
            continue;
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

struct qa_retention *qa_retention_start(struct xz_qa *qa)
{
    struct qa_retention *r = XZ_ALLOC(struct qa_retention, 1);
    r->qa = qa;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->wake, NULL);
    int bad = pthread_create(&r->thread, NULL, thread_run, r);
    XZ_ASSERT(!bad);
    return r;
}

void qa_retention_stop(struct qa_retention *r)
{
    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    r->end = true;
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->thread, NULL);
    pthread_cond_destroy(&r->wake);
    pthread_mutex_destroy(&r->lock);
    xz_free(r);
}
