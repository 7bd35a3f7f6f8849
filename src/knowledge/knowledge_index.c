/* Rows into the search index: what was changed is put at once; what a crash lost is replayed from
 * the rows at the next start. */
#include "knowledge/knowledge_internal.h"

#include "core/log.h"
#include "core/pool.h"

#include <unistd.h>

void knowledge_pending_add(struct xz_knowledge *k, int64_t change)
{
    pthread_mutex_lock(&k->pending_lock);
    /* Importers post few changes at a time each; the bound is far above what can be under way. */
    XZ_ASSERT(k->pending_count < PENDING_MAX);
    k->pending[k->pending_count++] = change;
    k->newest_change = XZ_MAX(k->newest_change, change);
    pthread_mutex_unlock(&k->pending_lock);
}

void knowledge_pending_done(struct xz_knowledge *k, int64_t change)
{
    pthread_mutex_lock(&k->pending_lock);
    int64_t oldest = INT64_MAX;
    for (size_t i = 0; i < k->pending_count;) {
        if (k->pending[i] == change) {
            k->pending[i] = k->pending[--k->pending_count];
            change = -1; /* once only */
            continue;
        }
        oldest = XZ_MIN(oldest, k->pending[i]);
        i++;
    }
    int64_t applied = k->pending_count ? oldest - 1 : k->newest_change;
    pthread_mutex_unlock(&k->pending_lock);
    xz_search_applied(k->index, applied);
}

static xz_str doc_title(struct xz_arena *arena, const struct xz_entry *entry,
                        const struct xz_clause *clause)
{
    xz_str title = knowledge_title_short(entry->title);
    if (entry->kind == XZ_ENTRY_ANSWER)
        return title;
    return xz_str_format(arena, "%.*s %.*s %.*s %.*s", XZ_STR_ARG(title),
                         XZ_STR_ARG(entry->aliases), XZ_STR_ARG(clause->path),
                         XZ_STR_ARG(clause->label));
}

/* The passages of one entry as its rows are now. A withdrawn entry has none; nor has a notice,
 * which holds by the minute and answers by its keywords. */
static xz_err entry_docs(struct xz_tx *tx, struct xz_arena *arena, int64_t id,
                         struct xz_search_doc **docs, size_t *count, int64_t *change)
{
    struct xz_entry entry;
    struct xz_clause *clauses;
    struct knowledge_variant *variants = NULL;
    size_t clause_count, variant_count = 0;
    xz_err err;

    *count = 0;
    if ((err = knowledge_entry_load(tx, arena, id, &entry)) != XZ_OK)
        return err;
    *change = entry.change_number;
    if (entry.status != XZ_STATUS_PUBLISHED || entry.kind == XZ_ENTRY_NOTICE)
        return XZ_OK;
    if ((err = xz_clause_list(tx, arena, entry.id, 0, INT32_MAX, &clauses, &clause_count)) != XZ_OK)
        return err;
    if (entry.kind == XZ_ENTRY_ANSWER &&
        (err = knowledge_variants_load(tx, arena, id, false, &variants, &variant_count)) != XZ_OK)
        return err;
    struct xz_search_attr attr = knowledge_attr(&entry);
    struct xz_search_doc *made = XZ_NEW(arena, struct xz_search_doc,
                                        clause_count + variant_count + 1);
    for (size_t i = 0; i < clause_count; i++)
        made[(*count)++] = (struct xz_search_doc){ .id = clauses[i].id.v,
                                                   .entry = id,
                                                   .attr = attr,
                                                   .title = doc_title(arena, &entry, &clauses[i]),
                                                   .body = clauses[i].body };
    attr.kind = XZ_INDEX_KIND_QUESTION;
    for (size_t i = 0; i < variant_count; i++)
        made[(*count)++] = (struct xz_search_doc){ .id = variants[i].id,
                                                   .entry = id,
                                                   .attr = attr,
                                                   .title = XZ_STR_NONE,
                                                   .body = variants[i].question };
    *docs = made;
    return XZ_OK;
}

xz_err knowledge_index_entry(struct xz_knowledge *k, int64_t id)
{
    struct xz_arena *arena = xz_arena_create(1 << 16);
    pthread_mutex_t *stripe = &k->stripes[(uint64_t)id % INDEX_STRIPES];
    struct xz_search_doc *docs = NULL;
    struct xz_tx *tx = NULL;
    size_t count = 0;
    int64_t change = 0;
    xz_err err;

    pthread_mutex_lock(stripe);
    if ((err = xz_store_read(k->store, &tx)) != XZ_OK)
        goto out;
    if ((err = entry_docs(tx, arena, id, &docs, &count, &change)) != XZ_OK)
        goto out;
    xz_store_read_end(tx);
    tx = NULL;
    err = xz_search_put(k->index, id, docs, count, change);
out:
    xz_store_read_end(tx);
    pthread_mutex_unlock(stripe);
    xz_arena_destroy(arena);
    return err;
}

/* --- replay --- */

struct replay {
    struct xz_knowledge *k;
    _Atomic int failed; /* an xz_err */
};
struct replay_job {
    struct replay *replay;
    int64_t id;
};

static void replay_one(void *arg)
{
    struct replay_job *job = arg;
    xz_err err = job->replay->failed ? XZ_OK : knowledge_index_entry(job->replay->k, job->id);
    if (err != XZ_OK)
        job->replay->failed = (int)err;
    xz_free(job);
}

static xz_err replay_ids(struct replay *replay, struct xz_pool *pool, const int64_t *ids,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct replay_job *job = XZ_ALLOC(struct replay_job, 1);
        *job = (struct replay_job){ replay, ids[i] };
        while (xz_pool_run(pool, replay_one, job) == XZ_E_BUSY)
            usleep(500); /* a bulk job of its own thread: let the pool catch up */
    }
    return (xz_err)replay->failed;
}

xz_err knowledge_replay(struct xz_knowledge *k, int64_t after)
{
    struct xz_arena *arena = xz_arena_create(1 << 16);
    struct replay replay = { .k = k };
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct xz_pool *pool = xz_pool_create("replay", (size_t)XZ_MAX(1, cores), 1024);
    struct xz_tx *tx = NULL;
    int64_t from = 0, newest = 0, total = 0;
    size_t count = 1;
    xz_err err = XZ_OK;

    while (count && err == XZ_OK) {
        int64_t *ids;
        if ((err = xz_store_read(k->store, &tx)) != XZ_OK)
            break;
        newest = xz_tx_change_number(tx);
        err = knowledge_changed_ids(tx, arena, after, from, 1000, &ids, &count);
        xz_store_read_end(tx);
        if (err != XZ_OK)
            break;
        if (count)
            from = ids[count - 1];
        total += (int64_t)count;
        err = replay_ids(&replay, pool, ids, count);
        xz_arena_reset(arena);
    }
    xz_pool_destroy(pool);
    if (err == XZ_OK)
        err = (xz_err)replay.failed;
    if (err == XZ_OK) {
        pthread_mutex_lock(&k->pending_lock);
        k->newest_change = XZ_MAX(k->newest_change, newest);
        bool idle = k->pending_count == 0;
        pthread_mutex_unlock(&k->pending_lock);
        if (idle)
            xz_search_applied(k->index, newest);
    }
    if (err == XZ_OK && total && after == 0)
        XZ_LOG(INDEX_REBUILT, XZ_LF_INT(COUNT, total));
    if (err == XZ_OK && total) /* so that a crash soon after does not pay for it again */
        err = xz_search_flush(k->index);
    xz_arena_destroy(arena);
    return err;
}
