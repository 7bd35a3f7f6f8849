/* Upkeep: the keeper thread merges small segments and writes live ones to disk when they have
 * grown. All of it happens beside readers and puts: sources stay valid until the result is
 * published, and deletes that came meanwhile are carried over. */
#include "search/search_internal.h"

#include <unistd.h>

#include "core/log.h"

#define KEEPER_FAN_IN        8 /* segments of one size that are merged into one */
#define KEEPER_FILES_MAX     8 /* segment files in the long run */
#define KEEPER_RETRY_SECONDS 5

size_t search_live_count(const struct search_snapshot *snapshot, size_t *bytes)
{
    size_t count = 0;
    *bytes = 0;
    for (size_t i = 0; i < snapshot->count; i++) {
        if (snapshot->refs[i].seg->mapped)
            continue;
        count++;
        *bytes += snapshot->refs[i].seg->bytes;
    }
    return count;
}

/* Which segments of a snapshot to merge. */
struct keeper_pick {
    struct search_ref *refs; /* counted references */
    size_t count;
    bool to_file;
};

static int ref_by_docs(const void *a, const void *b)
{
    uint32_t x = search_ref_live(a), y = search_ref_live(b);
    return (x > y) - (x < y);
}

/* The smallest segments of one sort, sorted by live documents. */
static size_t keeper_sorted(const struct search_snapshot *s, bool mapped, struct search_ref *out)
{
    size_t n = 0;
    for (size_t i = 0; i < s->count; i++)
        if (s->refs[i].seg->mapped == mapped)
            out[n++] = s->refs[i];
    qsort(out, n, sizeof out[0], ref_by_docs);
    return n;
}

/* Of segments sorted by size: how many of the smallest to merge, 0 none. Sizes fall into tiers,
 * each eight times the one before; a full tier is merged with all below it, so that a document
 * takes part in about log8 of all merges and work stays proportional to what is put. */
static size_t keeper_alike(const struct search_ref *refs, size_t count)
{
    size_t tier_count = 0;
    int tier_now = -1;
    for (size_t i = 0; i < count; i++) {
        int tier = (31 - __builtin_clz(search_ref_live(&refs[i]) + 8u)) / 3;
        tier_count = tier == tier_now ? tier_count + 1 : 1;
        tier_now = tier;
        bool ends = i + 1 == count ||
                    (31 - __builtin_clz(search_ref_live(&refs[i + 1]) + 8u)) / 3 != tier;
        if (ends && tier_count >= KEEPER_FAN_IN)
            return i + 1;
    }
    return 0;
}

static bool keeper_mostly_dead(const struct search_ref *ref)
{
    return ref->tombs && ref->tombs->dead * 5ull > ref->seg->head->docs * 2ull;
}

/* Fills `refs` (room for all of the snapshot) with what to merge next; 0: nothing to do. */
static size_t keeper_choose(const struct xz_search_index *index, const struct search_snapshot *s,
                            struct search_ref *refs, bool *to_file)
{
    size_t bytes, live = search_live_count(s, &bytes);
    size_t n;
    if (index->folder && live && bytes > index->live_bytes_max) {
        *to_file = true;
        return keeper_sorted(s, false, refs);
    }
    *to_file = false;
    n = keeper_sorted(s, false, refs);
    if ((n = keeper_alike(refs, n)) != 0)
        return n;
    *to_file = index->folder != NULL;
    n = keeper_sorted(s, *to_file, refs);
    size_t alike = *to_file ? keeper_alike(refs, n) : 0;
    if (alike || (*to_file && n > KEEPER_FILES_MAX))
        return alike ? alike : n - KEEPER_FILES_MAX + 2;
    for (size_t i = 0; i < n; i++) {
        if (keeper_mostly_dead(&refs[i])) {
            refs[0] = refs[i];
            return 1;
        }
    }
    return 0;
}

bool search_keeper_needed(const struct xz_search_index *index, const struct search_snapshot *snap)
{
    struct search_ref *refs = XZ_ALLOC(struct search_ref, snap->count + 1);
    bool to_file;
    bool needed = keeper_choose(index, snap, refs, &to_file) != 0;
    xz_free(refs);
    return needed;
}

static void refs_hold(struct search_ref *refs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        search_segment_ref(refs[i].seg);
        if (refs[i].tombs)
            atomic_fetch_add_explicit(&refs[i].tombs->refs, 1, memory_order_relaxed);
    }
}

static void refs_drop(struct search_ref *refs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        search_segment_unref(refs[i].seg);
        search_tombs_unref(refs[i].tombs);
    }
}

/* Documents that died in `now` after `then` was taken die in the merged segment as well. */
static struct search_tombs *carry_deletes(struct search_tombs *tombs, uint32_t docs,
                                          const struct search_ref *then,
                                          const struct search_ref *now, const uint32_t *moved)
{
    if (now && now->tombs == then->tombs)
        return tombs;
    for (uint32_t d = 0; d < then->seg->head->docs; d++) {
        bool dead = !now || search_tombs_has(now->tombs, d);
        if (!dead || moved[d] == UINT32_MAX)
            continue;
        if (!tombs)
            tombs = search_tombs_copy(NULL, docs);
        search_tombs_set(tombs, moved[d]);
    }
    return tombs;
}

/* Under write_lock: the current snapshot with `refs` replaced by `merged`. */
static void merge_publish(struct xz_search_index *index, const struct search_ref *refs,
                          size_t count, uint32_t *const *moved, struct search_segment *merged)
{
    struct search_snapshot *old = atomic_load(&index->current);
    struct search_snapshot *s = search_snapshot_make(old->lexicon, old->count + 1);
    struct search_tombs *tombs = NULL;
    const struct search_ref **now = XZ_ALLOC(const struct search_ref *, count + 1);
    for (size_t i = 0; i < old->count; i++) {
        bool replaced = false;
        for (size_t k = 0; k < count && !replaced; k++) {
            if (refs[k].seg == old->refs[i].seg) {
                now[k] = &old->refs[i];
                replaced = true;
            }
        }
        if (!replaced)
            s->refs[s->count++] = old->refs[i];
    }
    /* A source that is gone from the snapshot died as a whole. */
    for (size_t k = 0; k < count; k++)
        tombs = carry_deletes(tombs, merged->head->docs, &refs[k], now[k], moved[k]);
    if (merged->head->docs && !(tombs && tombs->dead == merged->head->docs))
        s->refs[s->count++] = (struct search_ref){ merged, tombs };
    search_publish(index, s);
    search_tombs_unref(tombs);
    xz_free(now);
}

static xz_err merge_image(struct xz_search_index *index, const struct search_ref *refs,
                          size_t count, int64_t file, uint32_t **moved,
                          struct search_segment **merged)
{
    struct search_slot *slot;
    struct search_sink sink;
    double average = search_acquire(index, &slot)->average;
    uint8_t *image = NULL;
    size_t bytes = 0;
    char *path = file ? search_path(index->folder, file) : NULL;
    xz_err err = XZ_OK;
    search_release(slot);
    if (!path)
        search_sink_memory(&sink);
    else if ((err = search_sink_file(&sink, path)) != XZ_OK)
        goto out;
    search_merge_into(&sink, refs, count, average, moved);
    if ((err = search_sink_finish(&sink, &image, &bytes)) == XZ_OK)
        err = path ? search_segment_map(path, file, merged)
                   : search_segment_adopt(image, bytes, merged);
    for (size_t i = 0; i < count && err == XZ_OK && !path; i++)
        (*merged)->change = i ? XZ_MIN((*merged)->change, refs[i].seg->change)
                              : refs[i].seg->change;
    for (size_t i = 0; i < count && path; i++)
        search_segment_cool(refs[i].seg);
out:
    if (err != XZ_OK && path)
        (void)unlink(path);
    xz_free(path);
    return err;
}

/* Merges `refs` (held) into one segment and publishes it. */
static xz_err merge_refs(struct xz_search_index *index, const struct search_ref *refs, size_t count,
                         bool to_file)
{
    uint32_t **moved = XZ_ALLOC(uint32_t *, count + 1);
    struct search_segment *merged = NULL;
    int64_t file = 0;
    if (to_file) {
        pthread_mutex_lock(&index->write_lock);
        file = index->file_next++;
        pthread_mutex_unlock(&index->write_lock);
    }
    xz_err err = merge_image(index, refs, count, file, moved, &merged);
    if (err == XZ_OK) {
        pthread_mutex_lock(&index->write_lock);
        merge_publish(index, refs, count, moved, merged);
        index->manifest_stale |= to_file;
        pthread_cond_broadcast(&index->calm);
        pthread_mutex_unlock(&index->write_lock);
        search_segment_unref(merged);
        XZ_LOG(INDEX_MERGED, XZ_LF_INT(COUNT, (int64_t)count));
    }
    for (size_t i = 0; i < count; i++)
        xz_free(moved[i]);
    xz_free(moved);
    return err;
}

/* How far a replay may be spared. A put takes the old passages out of files at once, while the new
 * ones are still only in memory: whatever the reason for the put was, the replay must bring them.
 */
static int64_t applied_without(const struct search_snapshot *s, int64_t applied)
{
    for (size_t i = 0; i < s->count; i++)
        if (!s->refs[i].seg->mapped)
            applied = XZ_MIN(applied, s->refs[i].seg->change - 1);
    return XZ_MAX(applied, 0);
}

/* Makes what the snapshot holds on disk the truth up to `applied`. What was put until `applied` is
 * in mapped segments, or it is not counted as applied; newer deletes may be in, their changes are
 * replayed. */
static xz_err manifest_save(struct xz_search_index *index, int64_t applied)
{
    struct search_ref *refs;
    size_t count = 0;
    pthread_mutex_lock(&index->write_lock);
    struct search_snapshot *s = atomic_load(&index->current);
    refs = XZ_ALLOC(struct search_ref, s->count + 1);
    for (size_t i = 0; i < s->count; i++)
        if (s->refs[i].seg->mapped)
            refs[count++] = s->refs[i];
    refs_hold(refs, count);
    applied = applied_without(s, applied);
    index->manifest_stale = false;
    pthread_mutex_unlock(&index->write_lock);
    xz_err err = search_manifest_write(index, refs, count, applied);
    pthread_mutex_lock(&index->write_lock);
    if (err == XZ_OK)
        index->durable = applied;
    else
        index->manifest_stale = true;
    pthread_mutex_unlock(&index->write_lock);
    if (err == XZ_OK)
        search_files_sweep(index->folder, refs, count);
    refs_drop(refs, count);
    xz_free(refs);
    return err;
}

/* Takes references to what `choose` wants of the current snapshot. */
static size_t take_refs(struct xz_search_index *index, struct search_ref **refs, bool live_only,
                        bool *to_file, int64_t *applied)
{
    pthread_mutex_lock(&index->write_lock);
    struct search_snapshot *s = atomic_load(&index->current);
    *refs = XZ_ALLOC(struct search_ref, s->count + 1);
    size_t count = live_only ? keeper_sorted(s, false, *refs)
                             : keeper_choose(index, s, *refs, to_file);
    refs_hold(*refs, count);
    *applied = index->applied;
    pthread_mutex_unlock(&index->write_lock);
    return count;
}

xz_err search_flush_locked(struct xz_search_index *index)
{
    struct search_ref *refs;
    int64_t applied;
    bool to_file = true;
    xz_err err = XZ_OK;
    if (!index->folder)
        return XZ_OK;
    size_t count = take_refs(index, &refs, true, &to_file, &applied);
    if (count)
        err = merge_refs(index, refs, count, true);
    refs_drop(refs, count);
    xz_free(refs);
    pthread_mutex_lock(&index->write_lock);
    bool stale = index->manifest_stale || applied != index->durable;
    pthread_mutex_unlock(&index->write_lock);
    if (err == XZ_OK && stale)
        err = manifest_save(index, applied);
    return err;
}

/* One step of upkeep. */
static xz_err keeper_step(struct xz_search_index *index)
{
    struct search_ref *refs;
    int64_t applied;
    bool to_file = false;
    size_t count = take_refs(index, &refs, false, &to_file, &applied);
    bool flush = count && to_file && !refs[0].seg->mapped;
    xz_err err = XZ_OK;
    if (count && !flush) {
        err = merge_refs(index, refs, count, to_file && index->folder);
        if (err == XZ_OK && to_file)
            err = manifest_save(index, index->durable);
    }
    refs_drop(refs, count);
    xz_free(refs);
    return flush ? search_flush_locked(index) : err;
}

xz_err search_merge_locked(struct xz_search_index *index, size_t segments_max)
{
    xz_err err = search_flush_locked(index);
    struct search_ref *refs;
    size_t count = 0, all;
    if (err != XZ_OK)
        return err;
    pthread_mutex_lock(&index->write_lock);
    struct search_snapshot *s = atomic_load(&index->current);
    refs = XZ_ALLOC(struct search_ref, s->count + 1);
    all = keeper_sorted(s, index->folder != NULL, refs);
    if (all > segments_max)
        count = all - segments_max + 1;
    else if (all && segments_max == 1 && refs[0].tombs)
        count = 1; /* a lone segment is rewritten without its dead */
    refs_hold(refs, count);
    pthread_mutex_unlock(&index->write_lock);
    if (count)
        err = merge_refs(index, refs, count, index->folder != NULL);
    refs_drop(refs, count);
    xz_free(refs);
    if (err == XZ_OK && count && index->folder)
        err = manifest_save(index, index->durable);
    return err;
}

static void keeper_wait(struct xz_search_index *index, int seconds)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += seconds;
    pthread_cond_timedwait(&index->wake, &index->write_lock, &until);
}

static void keeper_result(struct xz_search_index *index, xz_err err)
{
    pthread_mutex_lock(&index->write_lock);
    if (err != XZ_OK && !index->failed)
        XZ_LOG(INDEX_FAILED, XZ_LF_STR(ERR, xz_str_from(xz_err_name(err))),
               XZ_LF_STR(DETAIL, xz_str_from(xz_fail_detail())));
    index->failed = err != XZ_OK;
    pthread_cond_broadcast(&index->calm);
    pthread_mutex_unlock(&index->write_lock);
}

void *search_keeper_run(void *arg)
{
    struct xz_search_index *index = arg;
    for (;;) {
        pthread_mutex_lock(&index->write_lock);
        while (!index->stopping && !search_keeper_needed(index, atomic_load(&index->current)))
            pthread_cond_wait(&index->wake, &index->write_lock);
        if (!index->stopping && index->failed)
            keeper_wait(index, KEEPER_RETRY_SECONDS); /* a full disk may have room again */
        bool stopping = index->stopping;
        pthread_mutex_unlock(&index->write_lock);
        if (stopping)
            return NULL;
        pthread_mutex_lock(&index->merge_lock);
        xz_err err = keeper_step(index);
        pthread_mutex_unlock(&index->merge_lock);
        keeper_result(index, err);
    }
}
