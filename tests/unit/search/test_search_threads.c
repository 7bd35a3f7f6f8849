/* Many readers beside puts, merges and flushes: each reader sees one whole state of every entry. */
#include "search_test.h"

#define READERS 3
#define ENTRIES 12
#define ROUNDS  150

struct shared {
    struct xz_search_index *index;
    _Atomic bool done;
    _Atomic int64_t searches;
};

static const char *const word_of[] = { "税务登记", "社会保险", "户口迁移", "营业执照" };

/* A state of an entry: `state` documents that all say so in their id. */
static void put_state(struct xz_search_index *index, int64_t entry, int64_t state)
{
    struct xz_search_doc docs[4];
    size_t n = (size_t)(state % 4) + 1;
    for (size_t i = 0; i < n; i++)
        docs[i] = (struct xz_search_doc){ .id = (state * 1000 + entry) * 10 + (int64_t)i,
                                          .entry = entry,
                                          .title = XZ_STR("办事指南"),
                                          .body = xz_str_from(word_of[entry % 4]) };
    assert_int_equal(xz_search_put(index, entry, docs, n, state), XZ_OK);
}

static void check_hits(const struct xz_search_hit *hits, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t state = hits[i].id / 10000, siblings = 0;
        assert_int_equal(hits[i].id / 10 % 1000, hits[i].entry);
        for (size_t k = 0; k < count; k++) {
            if (hits[k].entry != hits[i].entry)
                continue;
            assert_int_equal(hits[k].id / 10000, state); /* never two states at once */
            siblings++;
        }
        assert_int_equal(siblings, state % 4 + 1); /* never half a state */
    }
}

static void *reader(void *arg)
{
    struct shared *s = arg;
    struct xz_arena *arena = xz_arena_create(1 << 20);
    for (unsigned i = 0; !atomic_load(&s->done); i++) {
        struct xz_search_query query = { .text = xz_str_from(word_of[i % 4]), .hits_max = 100 };
        struct xz_search_hit *hits;
        size_t count;
        assert_int_equal(xz_search_find(s->index, arena, &query, &hits, &count), XZ_OK);
        assert_true(count >= 1);
        check_hits(hits, count);
        atomic_fetch_add(&s->searches, 1);
        xz_arena_reset(arena);
    }
    xz_arena_destroy(arena);
    return NULL;
}

struct putter {
    struct shared *shared;
    int64_t first; /* puts entries first, first + 2, … */
};

static void *putter(void *arg)
{
    const struct putter *p = arg;
    for (int64_t round = 1; round <= ROUNDS; round++) {
        for (int64_t entry = p->first; entry <= ENTRIES; entry += 2)
            put_state(p->shared->index, entry, round);
        if (round % 50 == 0)
            assert_int_equal(xz_search_flush(p->shared->index), XZ_OK);
        if (round % 70 == 0)
            assert_int_equal(xz_search_merge(p->shared->index, 1), XZ_OK);
        if (round % 30 == 0)
            xz_search_lexicon_set(p->shared->index, NULL);
    }
    return NULL;
}

static void readers_see_whole_states(void **unused)
{
    (void)unused;
    char folder[64];
    temp_make(folder);
    struct shared shared = { .index = open_index(folder, 32 * 1024, NULL) };
    struct putter putters[2] = { { &shared, 1 }, { &shared, 2 } };
    pthread_t readers[READERS], threads[2];
    for (int64_t entry = 1; entry <= ENTRIES; entry++)
        put_state(shared.index, entry, 0);
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, reader, &shared), 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, putter, &putters[i]), 0);
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&shared.done, true);
    for (size_t i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    assert_true(shared.searches > 0);
    xz_search_close(shared.index);
    temp_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_see_whole_states),
    };
    return xz_text_init() == XZ_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
