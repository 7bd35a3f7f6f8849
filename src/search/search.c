/* The index as others see it: open, put, flush, statistics. Segments, merging and scoring are in
 * the other files of this folder. */
#include "search/search_internal.h"

#include "core/file.h"
#include "core/log.h"
#include "core/metric.h"

#define LIVE_BYTES_DEFAULT MIB(16)
/* A put waits for the keeper beyond these: memory stays bounded, searches stay quick. */
#define LIVE_SEGMENTS_MAX 192
#define LIVE_BYTES_FACTOR 3
#define PUT_WAIT_SECONDS  5

static void index_load(struct xz_search_index *index, const struct xz_lexicon *lexicon)
{
    struct search_ref *refs = NULL;
    size_t count = 0;
    xz_err err = XZ_E_MISSING;
    if (index->folder) {
        err = search_manifest_read(index->folder, &refs, &count, &index->applied,
                                   &index->file_next);
        if (err != XZ_OK && err != XZ_E_MISSING)
            XZ_LOG(INDEX_REBUILT, XZ_LF_STR(DETAIL, xz_str_from(xz_fail_detail())));
        xz_fail_clear();
        search_files_sweep(index->folder, refs, count);
    }
    index->durable = index->applied;
    struct search_snapshot *s = search_snapshot_make(lexicon, count);
    for (size_t i = 0; i < count; i++)
        s->refs[s->count++] = refs[i];
    search_publish(index, s);
    for (size_t i = 0; i < count; i++) { /* the snapshot has its own references */
        search_segment_unref(refs[i].seg);
        search_tombs_unref(refs[i].tombs);
    }
    xz_free(refs);
}

static void index_metrics(const struct search_snapshot *s)
{
    xz_metric_set(XZ_M_INDEX_DOCS, s->live);
    xz_metric_set(XZ_M_INDEX_SEGMENTS, (int64_t)s->count);
}

xz_err xz_search_open(const struct xz_search_options *options, struct xz_search_index **index,
                      int64_t *applied)
{
    xz_err err;
    if (options->folder && (err = xz_dir_make(options->folder)) != XZ_OK)
        return err;
    struct xz_search_index *x = XZ_ALLOC(struct xz_search_index, 1);
    x->folder = options->folder ? xz_strdup(options->folder) : NULL;
    x->live_bytes_max = options->live_bytes_max ? options->live_bytes_max : LIVE_BYTES_DEFAULT;
    x->file_next = 1;
    pthread_mutex_init(&x->write_lock, NULL);
    pthread_mutex_init(&x->merge_lock, NULL);
    pthread_cond_init(&x->wake, NULL);
    pthread_cond_init(&x->calm, NULL);
    index_load(x, options->lexicon);
    index_metrics(atomic_load(&x->current));
    XZ_ASSERT(pthread_create(&x->keeper, NULL, search_keeper_run, x) == 0);
    *applied = x->applied;
    *index = x;
    return XZ_OK;
}

void xz_search_close(struct xz_search_index *index)
{
    if (!index)
        return;
    pthread_mutex_lock(&index->write_lock);
    index->stopping = true;
    pthread_cond_broadcast(&index->wake);
    pthread_mutex_unlock(&index->write_lock);
    pthread_join(index->keeper, NULL);
    if (xz_search_flush(index) != XZ_OK)
        XZ_LOG(INDEX_FAILED, XZ_LF_STR(DETAIL, xz_str_from(xz_fail_detail())));
    pthread_mutex_lock(&index->write_lock);
    search_publish(index, search_snapshot_make(NULL, 0));
    search_drain(index);
    xz_free(atomic_load(&index->current));
    pthread_mutex_unlock(&index->write_lock);
    pthread_mutex_destroy(&index->write_lock);
    pthread_mutex_destroy(&index->merge_lock);
    pthread_cond_destroy(&index->wake);
    pthread_cond_destroy(&index->calm);
    xz_free(index->folder);
    xz_free(index);
}

/* The tombs of `ref` with the documents of `entry` dead as well, or NULL when it has none. */
static struct search_tombs *put_bury(const struct search_ref *ref, int64_t entry)
{
    const struct seg_run *run = search_segment_run(ref->seg, entry);
    if (!run || !run->count || search_tombs_has(ref->tombs, run->first))
        return NULL;
    struct search_tombs *tombs = search_tombs_copy(ref->tombs, ref->seg->head->docs);
    for (uint32_t d = run->first; d < run->first + run->count; d++)
        search_tombs_set(tombs, d);
    return tombs;
}

/* Under write_lock. */
static void put_publish(struct xz_search_index *index, int64_t entry, struct search_segment *seg)
{
    struct search_snapshot *old = atomic_load(&index->current);
    size_t count = old->count; /* publishing may free it */
    struct search_snapshot *s = search_snapshot_make(old->lexicon, count + 1);
    struct search_tombs **made = XZ_ALLOC(struct search_tombs *, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct search_ref ref = old->refs[i];
        made[i] = put_bury(&ref, entry);
        ref.tombs = made[i] ? made[i] : ref.tombs;
        if (made[i] && ref.seg->mapped)
            index->manifest_stale = true;
        if (search_ref_live(&ref))
            s->refs[s->count++] = ref;
    }
    if (seg)
        s->refs[s->count++] = (struct search_ref){ seg, NULL };
    search_publish(index, s);
    for (size_t i = 0; i < count; i++)
        search_tombs_unref(made[i]);
    xz_free(made);
}

/* Under write_lock: lets the keeper catch up. Its failure must not stop puts for ever: the memory
 * then grows, which the operator sees together with the logged error. */
static void put_wait(struct xz_search_index *index)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PUT_WAIT_SECONDS;
    for (;;) {
        size_t bytes, count = search_live_count(atomic_load(&index->current), &bytes);
        bool crowded = count > LIVE_SEGMENTS_MAX ||
                       (index->folder && bytes > index->live_bytes_max * LIVE_BYTES_FACTOR);
        if (!crowded || index->failed || index->stopping)
            return;
        pthread_cond_signal(&index->wake);
        if (pthread_cond_timedwait(&index->calm, &index->write_lock, &until) != 0)
            return;
    }
}

xz_err xz_search_put(struct xz_search_index *index, int64_t entry, const struct xz_search_doc *docs,
                     size_t count, int64_t change)
{
    struct search_segment *seg = NULL;
    xz_err err = XZ_OK;
    if (count > SEARCH_DOCS_MAX)
        return xz_fail(XZ_E_LIMIT, "一份材料的条款过多，无法建立索引");
    for (size_t i = 0; i < count; i++)
        XZ_ASSERT(docs[i].entry == entry);
    if (count) {
        struct search_slot *slot;
        const struct search_snapshot *s = search_acquire(index, &slot);
        err = search_build(s->lexicon, s->average, docs, count, &seg);
        search_release(slot);
    }
    if (err != XZ_OK)
        return err;
    if (seg)
        seg->change = change;
    pthread_mutex_lock(&index->write_lock);
    put_publish(index, entry, seg);
    index_metrics(atomic_load(&index->current));
    if (search_keeper_needed(index, atomic_load(&index->current)))
        pthread_cond_signal(&index->wake);
    put_wait(index);
    pthread_mutex_unlock(&index->write_lock);
    search_segment_unref(seg);
    return XZ_OK;
}

void xz_search_applied(struct xz_search_index *index, int64_t change)
{
    pthread_mutex_lock(&index->write_lock);
    index->applied = XZ_MAX(index->applied, change);
    pthread_mutex_unlock(&index->write_lock);
}

xz_err xz_search_flush(struct xz_search_index *index)
{
    pthread_mutex_lock(&index->merge_lock);
    xz_err err = search_flush_locked(index);
    pthread_mutex_unlock(&index->merge_lock);
    return err;
}

xz_err xz_search_merge(struct xz_search_index *index, size_t segments_max)
{
    pthread_mutex_lock(&index->merge_lock);
    xz_err err = search_merge_locked(index, XZ_MAX(segments_max, (size_t)1));
    pthread_mutex_unlock(&index->merge_lock);
    return err;
}

void xz_search_lexicon_set(struct xz_search_index *index, const struct xz_lexicon *lexicon)
{
    pthread_mutex_lock(&index->write_lock);
    struct search_snapshot *old = atomic_load(&index->current);
    struct search_snapshot *s = search_snapshot_make(lexicon, old->count);
    for (size_t i = 0; i < old->count; i++)
        s->refs[s->count++] = old->refs[i];
    search_publish(index, s);
    search_drain(index); /* nobody may be left that uses the old lexicon */
    pthread_mutex_unlock(&index->write_lock);
}

float xz_search_idf(struct xz_search_index *index, uint64_t term_hash)
{
    struct search_slot *slot;
    const struct search_snapshot *s = search_acquire(index, &slot);
    /* A handful of passages says little of how rare a word is, and beyond one in a thousand rarer
     * says nothing more: shares of a question's weight then mean the same in a small base and a
     * large. */
    float idf = search_idf(XZ_MAX(s->docs, 1000), search_df(s, term_hash));
    search_release(slot);
    return XZ_MIN(idf, search_idf(1000, 0));
}

float xz_search_char_idf(struct xz_search_index *index, uint32_t code)
{
    uint32_t folded = xz_text_fold(code);
    /* Characters beyond the basic plane have no counts: as rare as can be. */
    return xz_search_idf(index, folded <= UINT16_MAX ? search_unit_hash((uint16_t)folded) : 0);
}

void xz_search_stats(struct xz_search_index *index, struct xz_search_stats *stats)
{
    struct search_slot *slot;
    *stats = (struct xz_search_stats){ 0 };
    pthread_mutex_lock(&index->write_lock);
    stats->applied_change = index->applied;
    stats->durable_change = index->durable;
    pthread_mutex_unlock(&index->write_lock);
    const struct search_snapshot *s = search_acquire(index, &slot);
    stats->documents = s->live;
    stats->deleted = s->docs - s->live;
    stats->segments = (int64_t)s->count;
    for (size_t i = 0; i < s->count; i++) {
        const struct search_segment *seg = s->refs[i].seg;
        stats->terms += seg->head->terms;
        stats->postings += (int64_t)seg->head->postings;
        stats->live_segments += !seg->mapped;
        *(seg->mapped ? &stats->disk_bytes : &stats->live_bytes) += (int64_t)seg->bytes;
    }
    search_release(slot);
}

/* Walks all lists: every posting must decode, in order, to a document of the segment. */
static bool segment_lists_ok(const struct search_segment *seg)
{
    struct search_post *posts = XZ_ALLOC(struct search_post, seg->head->docs + 1);
    bool ok = true;
    for (uint32_t t = 0; t < seg->head->terms && ok; t++) {
        const struct seg_term *term = &seg->terms[t];
        ok = t == 0 || seg->terms[t - 1].hash < term->hash;
        if ((term->df & SEG_INLINE) || !(term->df & SEG_COUNT))
            ok = ok && search_list_read(seg, term, posts, seg->head->docs) == search_term_df(term);
    }
    xz_free(posts);
    return ok;
}

xz_err xz_search_verify(struct xz_search_index *index, void (*problem)(xz_str what, void *arg),
                        void *arg)
{
    struct search_slot *slot;
    const struct search_snapshot *s = search_acquire(index, &slot);
    for (size_t i = 0; i < s->count; i++) {
        const struct search_segment *seg = s->refs[i].seg;
        char what[128];
        const char *why = !search_segment_crc_ok(seg) ? "校验和不符"
                          : !segment_lists_ok(seg)    ? "倒排表内容有误"
                                                      : NULL;
        if (!why)
            continue;
        int n = snprintf(what, sizeof what, "检索索引段 %lld：%s，需要重建索引",
                         (long long)seg->file, why);
        problem((xz_str){ what, (size_t)n }, arg);
    }
    search_release(slot);
    return XZ_OK;
}

void xz_search_each(struct xz_search_index *index,
                    void (*each)(int64_t id, int64_t entry, void *arg), void *arg)
{
    struct search_slot *slot;
    const struct search_snapshot *s = search_acquire(index, &slot);
    for (size_t i = 0; i < s->count; i++) {
        const struct search_ref *ref = &s->refs[i];
        for (uint32_t d = 0; d < ref->seg->head->docs; d++)
            if (!search_tombs_has(ref->tombs, d))
                each(ref->seg->id[d], ref->seg->entry[d], arg);
    }
    search_release(slot);
}
