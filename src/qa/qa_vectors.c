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
#define ANSWER_CHARS   300
#define SUM_UNIT       1e-6f

/* Vectors by hash. */
struct map {
    struct xz_vector *vectors;
    int64_t *hashes;
    size_t count, room;
    size_t *slots; /* open addressing: index + 1 */
    size_t slot_count;
};

struct qa_vectors {
    struct xz_store *store;
    struct xz_embed *embed;
    int64_t model;
    int64_t seen; /* the last id of a question looked at, by the filling thread only */
    pthread_rwlock_t lock;
    struct map maps[VECTOR_KIND_COUNT];
    int64_t
        sum[XZ_EMBED_DIM]; /* of all questions, in SUM_UNIT: the same in whatever order they come */
    bool running;
    pthread_t thread;
    pthread_mutex_t end_lock;
    pthread_cond_t end_wake;
    bool end;
};

/* --- in memory; the caller holds the lock --- */

static size_t *slot_of(const struct map *map, int64_t hash)
{
    size_t at = (uint64_t)hash * 0x9e3779b97f4a7c15u >> 20;
    for (;; at++) {
        size_t *slot = &map->slots[at & (map->slot_count - 1)];
        if (!*slot || map->hashes[*slot - 1] == hash)
            return slot;
    }
}

static void map_grow(struct map *map)
{
    map->room = map->room ? map->room * 2 : 256;
    map->vectors = xz_realloc(map->vectors, map->room * sizeof(*map->vectors));
    map->hashes = xz_realloc(map->hashes, map->room * sizeof(*map->hashes));
    xz_free(map->slots);
    map->slot_count = map->room * 2;
    map->slots = XZ_ALLOC(size_t, map->slot_count);
    for (size_t i = 0; i < map->count; i++)
        *slot_of(map, map->hashes[i]) = i + 1;
}

static void vector_take(struct qa_vectors *v, enum qa_vector_kind kind, int64_t hash,
                        const struct xz_vector *vector)
{
    struct map *map = &v->maps[kind];
    if (map->count == map->room)
        map_grow(map);
    size_t *slot = slot_of(map, hash);
    if (*slot)
        return;
    map->vectors[map->count] = *vector;
    map->hashes[map->count] = hash;
    *slot = ++map->count;
    for (size_t i = 0; i < XZ_EMBED_DIM && kind == VECTOR_QUESTION; i++)
        v->sum[i] += llrintf(vector->scale * (float)vector->v[i] / SUM_UNIT);
}

static void loaded(int64_t kind, int64_t hash, xz_str bytes, void *arg)
{
    struct xz_vector vector;
    if (bytes.len != sizeof(vector) || kind < 0 || kind >= VECTOR_KIND_COUNT)
        return;
    memcpy(&vector, bytes.ptr, sizeof(vector));
    vector_take(arg, (enum qa_vector_kind)kind, hash, &vector);
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
    for (size_t i = 0; i < VECTOR_KIND_COUNT; i++)
        map_grow(&v->maps[i]);
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
    for (size_t i = 0; i < VECTOR_KIND_COUNT; i++) {
        xz_free(v->maps[i].vectors);
        xz_free(v->maps[i].hashes);
        xz_free(v->maps[i].slots);
    }
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

/* One text to be made a vector of. */
struct wanted {
    enum qa_vector_kind kind;
    int64_t hash;
    xz_str text;
    struct xz_vector vector;
};
struct page {
    struct qa_vectors *v;
    struct wanted items[PAGE_QUESTIONS * 2];
    size_t count;
};

static xz_err page_tx(struct xz_tx *tx, void *arg)
{
    const struct page *page = arg;
    xz_err err = XZ_OK;
    for (size_t i = 0; i < page->count && err == XZ_OK; i++) {
        const struct wanted *w = &page->items[i];
        err = qa_vector_put(tx, w->kind, w->hash, page->v->model,
                            (xz_str){ (const char *)&w->vector, sizeof(w->vector) });
    }
    return err;
}

static void page_add(struct page *page, enum qa_vector_kind kind, int64_t hash, xz_str text)
{
    struct xz_vector vector;
    if (text.len && page->count < XZ_COUNT(page->items) &&
        !qa_vectors_get(page->v, kind, hash, &vector))
        page->items[page->count++] = (struct wanted){ .kind = kind, .hash = hash, .text = text };
}

xz_str qa_answer_text(struct xz_arena *arena, xz_str title, xz_str body, int64_t *hash)
{
    xz_str text = xz_str_format(arena, "%.*s\n%.*s", XZ_STR_ARG(title),
                                XZ_STR_ARG(xz_utf8_head(body, ANSWER_CHARS)));
    *hash = (int64_t)xz_str_hash(text);
    return text;
}

static xz_err answer_add(struct page *page, struct xz_tx *tx, struct xz_arena *arena,
                         xz_entry_id id)
{
    static const struct xz_actor everything = { XZ_ACTOR_LOCAL, 0 };
    struct xz_entry entry;
    struct xz_clause *clauses;
    size_t count;
    int64_t hash;
    xz_err err = xz_entry_get(tx, arena, &everything, id, &entry);
    if (err == XZ_OK)
        err = xz_clause_list(tx, arena, id, 0, 1, &clauses, &count);
    if (err != XZ_OK || !count)
        return err == XZ_E_MISSING ? XZ_OK : err;
    xz_str text = qa_answer_text(arena, entry.title, clauses[0].body, &hash);
    page_add(page, VECTOR_ANSWER, hash, text);
    return XZ_OK;
}

/* The next questions and the answers they belong to; a changed answer has new ids of questions. */
static xz_err page_read(struct page *page, struct xz_arena *arena, int64_t *last)
{
    struct xz_question questions[PAGE_QUESTIONS];
    struct xz_tx *tx;
    size_t count;
    xz_err err = xz_store_read(page->v->store, &tx);

    if (err != XZ_OK)
        return err;
    err = xz_questions_after(tx, arena, page->v->seen, questions, PAGE_QUESTIONS, &count);
    for (size_t i = 0; i < count && err == XZ_OK; i++) {
        page_add(page, VECTOR_QUESTION, questions[i].hash, questions[i].text);
        if (i == 0 || questions[i].entry.v != questions[i - 1].entry.v)
            err = answer_add(page, tx, arena, questions[i].entry);
        *last = questions[i].id;
    }
    xz_store_read_end(tx);
    return err;
}

/* The next page; *more when there may be others. */
static xz_err page_make(struct qa_vectors *v, struct xz_arena *arena, struct page *page, bool *more)
{
    int64_t last = v->seen;
    xz_err err;

    page->v = v;
    page->count = 0;
    *more = false;
    if ((err = page_read(page, arena, &last)) != XZ_OK)
        return err;
    for (size_t i = 0; i < page->count; i++) {
        struct wanted *w = &page->items[i];
        if (ending(v))
            return XZ_E_STATE;
        if (w->kind == VECTOR_QUESTION)
            xz_embed_question(v->embed, w->text, &w->vector);
        else
            xz_embed_answer(v->embed, w->text, &w->vector);
    }
    if (page->count && (err = xz_store_write(v->store, page_tx, page)) != XZ_OK)
        return err;
    pthread_rwlock_wrlock(&v->lock);
    for (size_t i = 0; i < page->count; i++)
        vector_take(v, page->items[i].kind, page->items[i].hash, &page->items[i].vector);
    xz_metric_set(XZ_M_VECTORS, (int64_t)v->maps[VECTOR_QUESTION].count);
    pthread_rwlock_unlock(&v->lock);
    *more = last != v->seen;
    v->seen = last;
    return XZ_OK;
}

xz_err qa_vectors_fill(struct qa_vectors *v)
{
    struct xz_arena *arena = xz_arena_create(1 << 16);
    struct page *page = XZ_ALLOC(struct page, 1);
    bool more = true;
    xz_err err = XZ_OK;

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

bool qa_vectors_get(struct qa_vectors *v, enum qa_vector_kind kind, int64_t hash,
                    struct xz_vector *vector)
{
    const struct map *map = &v->maps[kind];
    pthread_rwlock_rdlock(&v->lock);
    size_t index = *slot_of(map, hash);
    if (index)
        *vector = map->vectors[index - 1];
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

    const struct map *map = &v->maps[VECTOR_QUESTION];

    nearest->count = 0;
    pthread_rwlock_rdlock(&v->lock);
    size_t count = map->count;
    for (size_t i = 0; i < count; i++) {
        float cosine = xz_vector_cosine(vector, &map->vectors[i]);
        sum += (double)cosine;
        squares += (double)cosine * (double)cosine;
        near_insert(nearest, map->hashes[i], cosine);
    }
    for (size_t i = 0; i < XZ_EMBED_DIM && count; i++)
        nearest->centre[i] = (float)((double)v->sum[i] / (double)count) * SUM_UNIT;
    pthread_rwlock_unlock(&v->lock);
    if (count < COMPARE_MIN)
        return XZ_E_MISSING;
    double mean = sum / (double)count, variance = squares / (double)count - mean * mean;
    nearest->mean = (float)mean;
    nearest->spread = (float)sqrt(XZ_MAX(variance, 1e-6));
    return XZ_OK;
}
