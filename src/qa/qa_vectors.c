/* See qa_vectors.h. Vectors of questions that are gone stay where they are: they cost 400 bytes
 * each, belong to no entry and come back with their wording. */
#include "qa/qa_vectors.h"

#include <math.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "core/metric.h"
#include "qa/qa_internal.h"

#define PAGE_QUESTIONS 32
#define COMPARE_MIN    8
#define LOOK_AGAIN_MS  500
#define NICENESS       10

struct qa_vectors {
    struct xz_store *store;
    struct xz_embed *embed;
    int64_t model;
    int64_t seen; /* the last id looked at, by the filling thread only */
    pthread_rwlock_t lock;
    struct xz_vector *vectors;
    int64_t *hashes;
    size_t count, room;
    double sum[XZ_EMBED_DIM]; /* of all vectors */
    size_t *slots; /* open addressing: index + 1 */
    size_t slot_count;
    bool running;
    pthread_t thread;
    pthread_mutex_t end_lock;
    pthread_cond_t end_wake;
    bool end;
};

/* --- in memory; the caller holds the lock --- */

static size_t *slot_of(const struct qa_vectors *v, int64_t hash)
{
    size_t at = (uint64_t)hash * 0x9e3779b97f4a7c15u >> 20;
    for (;; at++) {
        size_t *slot = &v->slots[at & (v->slot_count - 1)];
        if (!*slot || v->hashes[*slot - 1] == hash)
            return slot;
    }
}

static void grow(struct qa_vectors *v)
{
    v->room = v->room ? v->room * 2 : 256;
    v->vectors = xz_realloc(v->vectors, v->room * sizeof(*v->vectors));
    v->hashes = xz_realloc(v->hashes, v->room * sizeof(*v->hashes));
    xz_free(v->slots);
    v->slot_count = v->room * 2;
    v->slots = XZ_ALLOC(size_t, v->slot_count);
    for (size_t i = 0; i < v->count; i++)
        *slot_of(v, v->hashes[i]) = i + 1;
}

static void vector_take(struct qa_vectors *v, int64_t hash, const struct xz_vector *vector)
{
    if (v->count == v->room)
        grow(v);
    size_t *slot = slot_of(v, hash);
    if (*slot)
        return;
    v->vectors[v->count] = *vector;
    v->hashes[v->count] = hash;
    for (size_t i = 0; i < XZ_EMBED_DIM; i++)
        v->sum[i] += (double)(vector->scale * (float)vector->v[i]);
    *slot = ++v->count;
}

static void loaded(int64_t hash, xz_str bytes, void *arg)
{
    struct xz_vector vector;
    if (bytes.len != sizeof(vector))
        return;
    memcpy(&vector, bytes.ptr, sizeof(vector));
    vector_take(arg, hash, &vector);
}

xz_err qa_vectors_open(struct xz_store *store, const char *model_path, struct qa_vectors **out)
{
    struct qa_vectors *v;
    struct xz_embed *embed;
    struct xz_tx *tx;
    xz_err err = xz_embed_open(model_path, &embed);

    if (err != XZ_OK)
        return err;
    v = XZ_ALLOC(struct qa_vectors, 1);
    v->store = store;
    v->embed = embed;
    v->model = xz_embed_model(embed);
    pthread_rwlock_init(&v->lock, NULL);
    pthread_mutex_init(&v->end_lock, NULL);
    pthread_cond_init(&v->end_wake, NULL);
    grow(v);
    if ((err = xz_store_read(store, &tx)) == XZ_OK) {
        err = qa_vector_rows(tx, v->model, loaded, v);
        xz_store_read_end(tx);
    }
    if (err == XZ_OK)
        *out = v;
    else
        qa_vectors_close(v);
    return err;
}

void qa_vectors_close(struct qa_vectors *v)
{
    if (!v)
        return;
    if (v->running) {
        pthread_mutex_lock(&v->end_lock);
        v->end = true;
        pthread_cond_signal(&v->end_wake);
        pthread_mutex_unlock(&v->end_lock);
        pthread_join(v->thread, NULL);
    }
    xz_embed_close(v->embed);
    pthread_cond_destroy(&v->end_wake);
    pthread_mutex_destroy(&v->end_lock);
    pthread_rwlock_destroy(&v->lock);
    xz_free(v->vectors);
    xz_free(v->hashes);
    xz_free(v->slots);
    xz_free(v);
}

/* --- making them --- */

static bool ending(struct qa_vectors *v)
{
    pthread_mutex_lock(&v->end_lock);
    bool end = v->end;
    pthread_mutex_unlock(&v->end_lock);
    return end;
}

struct page {
    struct qa_vectors *v;
    struct xz_question questions[PAGE_QUESTIONS];
    struct xz_vector vectors[PAGE_QUESTIONS];
    size_t count;
};

static xz_err page_tx(struct xz_tx *tx, void *arg)
{
    const struct page *page = arg;
    xz_err err = XZ_OK;
    for (size_t i = 0; i < page->count && err == XZ_OK; i++)
        err = qa_vector_put(tx, page->questions[i].hash, page->v->model,
                            (xz_str){ (const char *)&page->vectors[i], sizeof(page->vectors[i]) });
    return err;
}

/* Those of the page that lack a vector, moved to its front. */
static void page_sift(struct page *page)
{
    size_t kept = 0;
    for (size_t i = 0; i < page->count; i++) {
        struct xz_vector vector;
        if (page->questions[i].text.len && !qa_vectors_get(page->v, page->questions[i].hash, &vector))
            page->questions[kept++] = page->questions[i];
    }
    page->count = kept;
}

/* The next page; *more when there may be others. */
static xz_err page_make(struct qa_vectors *v, struct xz_arena *arena, struct page *page, bool *more)
{
    struct xz_tx *tx;
    xz_err err = xz_store_read(v->store, &tx);

    *more = false;
    if (err != XZ_OK)
        return err;
    err = xz_questions_after(tx, arena, v->seen, page->questions, PAGE_QUESTIONS, &page->count);
    xz_store_read_end(tx);
    if (err != XZ_OK || !page->count)
        return err;
    *more = true;
    int64_t last = page->questions[page->count - 1].id;
    page_sift(page);
    for (size_t i = 0; i < page->count; i++) {
        if (ending(v))
            return XZ_E_STATE;
        xz_embed_question(v->embed, page->questions[i].text, &page->vectors[i]);
    }
    if (page->count && (err = xz_store_write(v->store, page_tx, page)) != XZ_OK)
        return err;
    pthread_rwlock_wrlock(&v->lock);
    for (size_t i = 0; i < page->count; i++)
        vector_take(v, page->questions[i].hash, &page->vectors[i]);
    xz_metric_set(XZ_M_VECTORS, (int64_t)v->count);
    pthread_rwlock_unlock(&v->lock);
    v->seen = last;
    return XZ_OK;
}

xz_err qa_vectors_fill(struct qa_vectors *v)
{
    struct xz_arena *arena = xz_arena_create(1 << 16);
    struct page *page = XZ_ALLOC(struct page, 1);
    bool more = true;
    xz_err err = XZ_OK;

    page->v = v;
    while (more && err == XZ_OK) {
        err = page_make(v, arena, page, &more);
        xz_arena_reset(arena);
    }
    xz_free(page);
    xz_arena_destroy(arena);
    return err;
}

static void *thread_run(void *arg)
{
    struct qa_vectors *v = arg;
    /* Of this thread alone: whoever asks comes first. */
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICENESS);
    while (!ending(v)) {
        struct timespec until;
        /* A full queue or disk passes: what lacks is made at the next look. */
        if (qa_vectors_fill(v) != XZ_OK && !ending(v))
            XZ_LOG(VECTORS_LATER, XZ_LF_STR(DETAIL, xz_str_from(xz_fail_detail())));
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += LOOK_AGAIN_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pthread_mutex_lock(&v->end_lock);
        if (!v->end)
            pthread_cond_timedwait(&v->end_wake, &v->end_lock, &until);
        pthread_mutex_unlock(&v->end_lock);
    }
    return NULL;
}

xz_err qa_vectors_start(struct qa_vectors *v)
{
    XZ_ASSERT(!v->running);
    int bad = pthread_create(&v->thread, NULL, thread_run, v);
    v->running = !bad;
    return bad ? xz_fail(XZ_E_IO, "无法启动后台线程：%s", strerror(bad)) : XZ_OK;
}

/* --- comparing --- */

void qa_vectors_embed(const struct qa_vectors *v, xz_str text, struct xz_vector *vector)
{
    xz_embed_question(v->embed, text, vector);
}

bool qa_vectors_get(struct qa_vectors *v, int64_t hash, struct xz_vector *vector)
{
    pthread_rwlock_rdlock(&v->lock);
    size_t index = *slot_of(v, hash);
    if (index)
        *vector = v->vectors[index - 1];
    pthread_rwlock_unlock(&v->lock);
    return index > 0;
}

/* Keeps the list sorted; it is short and most come too late for it. */
static void near_insert(struct qa_nearest *nearest, int64_t hash, float cosine)
{
    const size_t max = XZ_COUNT(nearest->items);
    if (nearest->count == max && cosine <= nearest->items[max - 1].cosine)
        return;
    size_t at = nearest->count < max ? nearest->count++ : max - 1;
    for (; at > 0 && nearest->items[at - 1].cosine < cosine; at--)
        nearest->items[at] = nearest->items[at - 1];
    nearest->items[at] = (struct qa_near){ hash, cosine };
}

xz_err qa_vectors_nearest(struct qa_vectors *v, const struct xz_vector *vector,
                          struct qa_nearest *nearest)
{
    double sum = 0, squares = 0;

    nearest->count = 0;
    pthread_rwlock_rdlock(&v->lock);
    size_t count = v->count;
    for (size_t i = 0; i < count; i++) {
        float cosine = xz_vector_cosine(vector, &v->vectors[i]);
        sum += (double)cosine;
        squares += (double)cosine * (double)cosine;
        near_insert(nearest, v->hashes[i], cosine);
    }
    for (size_t i = 0; i < XZ_EMBED_DIM && count; i++)
        nearest->centre[i] = (float)(v->sum[i] / (double)count);
    pthread_rwlock_unlock(&v->lock);
    if (count < COMPARE_MIN)
        return XZ_E_MISSING;
    double mean = sum / (double)count, variance = squares / (double)count - mean * mean;
    nearest->mean = (float)mean;
    nearest->spread = (float)sqrt(XZ_MAX(variance, 1e-6));
    return XZ_OK;
}
