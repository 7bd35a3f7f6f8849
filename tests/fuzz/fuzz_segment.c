/* A segment image from anywhere opens or is refused, and is never read outside itself: searched,
 * merged and listed under the address sanitizer. What a merge makes of it opens again and holds no
 * more documents. */
#include "core/file.h"
#include "search/search_internal.h"

static struct xz_arena *arena;

/* Checksums would keep a fuzzer out: they are put right. */
static void head_mend(uint8_t *image, size_t size)
{
    struct seg_header *head = (void *)image;
    if (size < sizeof *head)
        return;
    memcpy(head->magic, "XZINDEX", 8);
    head->format = SEARCH_FORMAT;
    head->terms_version = XZ_TERMS_VERSION;
    head->bytes = size;
    head->crc = 0;
    head->crc = xz_crc32c(0, head, sizeof *head);
}

static void segment_search(const struct search_ref *ref)
{
    struct xz_search_filter filter = {
        .visibility_mask = 7, .regions = { 0, 110000 }, .region_count = 2, .on = 20240101
    };
    struct xz_search_query query = { .text = XZ_STR("居住证怎么办理 3 个月 ab"), .hits_max = 5 };
    struct search_snapshot *s = xz_alloc(1, sizeof *s + sizeof s->refs[0]);
    s->refs[0] = *ref;
    s->count = 1;
    s->docs = ref->seg->head->docs;
    s->average = s->docs ? ref->seg->head->weighted_sum / (double)s->docs : 1;
    s->plain_average = s->han_average = s->average;
    struct search_scan scan = {
        .snapshot = s, .filter = &filter, .wanted = 5, .plan = search_plan_make(arena, s, &query)
    };
    search_scan_run(&scan, arena);
    const struct search_ranked *ranked = search_rank(&scan, arena);
    for (size_t i = 0; i < scan.count; i++)
        XZ_ASSERT(ranked[i].doc < ref->seg->head->docs);
    xz_free(s);
}

static void segment_lists(const struct search_segment *seg)
{
    struct search_post *posts = XZ_ALLOC(struct search_post, seg->head->docs + 1);
    for (uint32_t t = 0; t < seg->head->terms && t < 4096; t++) {
        size_t n = search_list_read(seg, &seg->terms[t], posts, seg->head->docs);
        for (size_t i = 0; i < n; i++)
            XZ_ASSERT(posts[i].doc < seg->head->docs);
        (void)search_segment_term(seg, seg->terms[t].hash);
    }
    xz_free(posts);
}

static void segment_merge(const struct search_ref *ref)
{
    struct search_ref twice[2] = { *ref, *ref };
    struct search_segment *merged;
    struct search_sink sink;
    uint8_t *image;
    size_t bytes;
    search_sink_memory(&sink);
    search_merge_into(&sink, twice, 2, 20, NULL);
    XZ_ASSERT(search_sink_finish(&sink, &image, &bytes) == XZ_OK);
    /* Damaged columns may repeat an entry, which is refused. */
    if (search_segment_adopt(image, bytes, &merged) == XZ_OK) {
        XZ_ASSERT(merged->head->docs == 2 * ref->seg->head->docs);
        search_segment_unref(merged);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct search_segment *seg;
    if (!arena) {
        arena = xz_arena_create(1 << 16);
        XZ_ASSERT(xz_text_init() == XZ_OK);
    }
    uint8_t *image = xz_alloc(1, size + 1);
    memcpy(image, data, size);
    head_mend(image, size);
    if (search_segment_adopt(image, size, &seg) != XZ_OK)
        return 0;
    struct search_ref ref = { seg, NULL };
    segment_lists(seg);
    segment_search(&ref);
    segment_merge(&ref);
    search_segment_unref(seg);
    xz_arena_reset(arena);
    return 0;
}
