/* Posting lists: what is written is read; what is damaged is never read beyond its section. */
#include "search_test.h"

#define DOCS 5000

static struct search_segment fake_segment(const struct search_sink *sink, struct seg_header *head,
                                          const struct seg_length *lengths)
{
    *head = (struct seg_header){ .docs = DOCS, .bound_average = 50 };
    size_t at = (size_t)sink->head.sections[SEC_POSTINGS].at;
    return (struct search_segment){ .head = head,
                                    .postings = sink->mem + at,
                                    .postings_bytes = sink->len - at - SEARCH_PAD_BYTES,
                                    .length = lengths };
}

static size_t random_list(struct fake_corpus *c, struct search_post *posts, uint32_t step)
{
    size_t n = 0;
    for (uint32_t d = fake_random(c, step); d < DOCS; d += 1 + fake_random(c, step))
        posts[n++] = (struct search_post){ d, (uint16_t)fake_random(c, step % 7 ? 3 : 60000),
                                           (uint8_t)(fake_random(c, 9) ? 0 : fake_random(c, 256)) };
    return n;
}

static void lists_come_back_as_written(void **unused)
{
    (void)unused;
    static struct seg_length lengths[DOCS];
    struct fake_corpus c = { .random = 21 };
    struct search_post *posts = XZ_ALLOC(struct search_post, DOCS);
    struct search_post *again = XZ_ALLOC(struct search_post, DOCS);
    for (size_t i = 0; i < DOCS; i++)
        lengths[i] = (struct seg_length){ (uint16_t)fake_random(&c, 300), 5 };
    for (uint32_t step = 1; step < 4000; step += 1 + step / 8) {
        struct search_sink sink;
        struct seg_term term = { 0 };
        struct seg_header head;
        size_t n = random_list(&c, posts, step);
        if (!n)
            continue;
        search_sink_memory(&sink);
        search_sink_begin(&sink, SEC_POSTINGS);
        search_list_write(&sink, posts, n, lengths, 50, &term);
        search_sink_put(&sink, (uint8_t[SEARCH_PAD_BYTES]){ 0 }, SEARCH_PAD_BYTES);
        struct search_segment seg = fake_segment(&sink, &head, lengths);
        assert_int_equal(search_term_df(&term), n);
        assert_int_equal(search_list_read(&seg, &term, again, DOCS), n);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(again[i].doc, posts[i].doc);
            assert_int_equal(again[i].body, posts[i].body);
            assert_int_equal(again[i].title, posts[i].title);
        }
        search_sink_abort(&sink);
    }
    xz_free(posts);
    xz_free(again);
}

static void block_bounds_hold_for_every_posting(void **unused)
{
    (void)unused;
    static struct seg_length lengths[DOCS];
    struct fake_corpus c = { .random = 22 };
    struct search_post *posts = XZ_ALLOC(struct search_post, DOCS);
    struct search_norm norm = search_norm_make(SEARCH_K1, SEARCH_B, 50);
    struct search_sink sink;
    struct seg_term term = { 0 };
    struct seg_header head;
    struct search_cursor cursor;
    for (size_t i = 0; i < DOCS; i++)
        lengths[i] = (struct seg_length){ (uint16_t)fake_random(&c, 300), 5 };
    search_sink_memory(&sink);
    search_sink_begin(&sink, SEC_POSTINGS);
    search_list_write(&sink, posts, random_list(&c, posts, 5), lengths, 50, &term);
    search_sink_put(&sink, (uint8_t[SEARCH_PAD_BYTES]){ 0 }, SEARCH_PAD_BYTES);
    struct search_segment seg = fake_segment(&sink, &head, lengths);
    search_cursor_open(&cursor, &seg, &term);
    assert_true(cursor.blocks > 5);
    for (uint32_t b = 0; b < cursor.blocks; b++) {
        float best = 0;
        assert_true(search_cursor_load(&cursor, b));
        for (uint32_t i = 0; i < cursor.count; i++) {
            float part = search_part(search_tf(cursor.body[i], cursor.title[i]), norm,
                                     search_length(lengths[cursor.docs[i]]));
            best = XZ_MAX(best, part);
        }
        assert_true(best > 0 && best == search_cursor_head(&cursor, b).bound);
    }
    search_sink_abort(&sink);
    xz_free(posts);
}

static void damaged_lists_end_early(void **unused)
{
    (void)unused;
    static struct seg_length lengths[DOCS];
    struct fake_corpus c = { .random = 23 };
    struct search_post *posts = XZ_ALLOC(struct search_post, DOCS);
    for (int round = 0; round < 3000; round++) {
        struct search_sink sink;
        struct seg_term term = { 0 };
        struct seg_header head;
        search_sink_memory(&sink);
        search_sink_begin(&sink, SEC_POSTINGS);
        search_list_write(&sink, posts, random_list(&c, posts, 1 + (uint32_t)round % 60), lengths,
                          50, &term);
        search_sink_put(&sink, (uint8_t[SEARCH_PAD_BYTES]){ 0 }, SEARCH_PAD_BYTES);
        size_t at = (size_t)sink.head.sections[SEC_POSTINGS].at;
        for (int hits = 0; hits < 4; hits++)
            sink.mem[at + fake_random(&c, (uint32_t)XZ_MIN(sink.len - at, (size_t)200))] =
                (uint8_t)fake_random(&c, 256);
        struct search_segment seg = fake_segment(&sink, &head, lengths);
        size_t n = search_list_read(&seg, &term, posts, DOCS);
        for (size_t i = 0; i < n; i++)
            assert_true(posts[i].doc < DOCS && (i == 0 || posts[i - 1].doc < posts[i].doc));
        search_sink_abort(&sink);
    }
    xz_free(posts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_come_back_as_written),
        cmocka_unit_test(block_bounds_hold_for_every_posting),
        cmocka_unit_test(damaged_lists_end_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
