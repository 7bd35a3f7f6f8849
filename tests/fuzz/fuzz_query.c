/* Any bytes may be asked. Hits are at most as many as wanted, best first with ties by id, pass the
 * filter, and are the same when asked again. The first byte chooses the filter and the ranking. */
#include "search/search.h"

#define HITS 8

static struct xz_search_index *index_;
static struct xz_synonyms *synonyms;
static struct xz_arena *arena;

static void fixture_make(void)
{
    static const char *const bodies[] = {
        "申领居住证应当提交身份证和住所证明。",
        "用人单位不得拖欠劳动报酬，第三十条另有规定的除外。",
        "企业开办在 3 个工作日内办结",
        "结婚登记 marriage registration 2024",
        "",
        "缴纳社会保险费满十五年的，按月领取养老金。",
    };
    struct xz_search_options options = { .folder = NULL };
    int64_t applied;
    arena = xz_arena_create(1 << 16);
    XZ_ASSERT(xz_text_init() == XZ_OK);
    XZ_ASSERT(xz_synonyms_parse(XZ_STR("工钱\t工资、劳动报酬\n社保=社会保险\n"), &synonyms) ==
              XZ_OK);
    XZ_ASSERT(xz_search_open(&options, &index_, &applied) == XZ_OK);
    for (int64_t i = 0; i < 60; i++) {
        struct xz_search_doc doc = { .id = i,
                                     .entry = i / 2,
                                     .title = XZ_STR("办事指南"),
                                     .body = xz_str_from(bodies[i % 6]),
                                     .attr = { .visibility = (uint8_t)(i % 3),
                                               .kind = (uint8_t)(i % 5),
                                               .family = (uint64_t)i % 7 } };
        doc.entry = i;
        XZ_ASSERT(xz_search_put(index_, doc.entry, &doc, 1, i) == XZ_OK);
    }
}

static size_t ask(const uint8_t *data, size_t size, const struct xz_search_filter *filter,
                  struct xz_search_hit **hits)
{
    struct xz_search_query query = { .text = { (const char *)data + 1, size - 1 },
                                     .filter = filter,
                                     .synonyms = data[0] & 1 ? synonyms : NULL,
                                     .hits_max = HITS,
                                     .fold_families = data[0] & 2,
                                     .plain_bigrams = data[0] & 4 };
    size_t count;
    XZ_ASSERT(xz_search_find(index_, arena, &query, hits, &count) == XZ_OK);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xz_search_hit *hits, *again;
    if (size < 1)
        return 0;
    if (!arena)
        fixture_make();
    struct xz_search_filter filter = { .visibility_mask = (uint8_t)(data[0] >> 3 & 3),
                                       .kind_mask = data[0] >> 5 };
    unsigned visible = filter.visibility_mask ? filter.visibility_mask : 1;
    size_t count = ask(data, size, &filter, &hits);
    XZ_ASSERT(count <= HITS);
    for (size_t i = 0; i < count; i++) {
        XZ_ASSERT(visible >> hits[i].attr.visibility & 1);
        XZ_ASSERT(!filter.kind_mask || (filter.kind_mask >> hits[i].attr.kind & 1));
        XZ_ASSERT(i == 0 || hits[i - 1].score > hits[i].score ||
                  (hits[i - 1].score == hits[i].score && hits[i - 1].id < hits[i].id));
    }
    XZ_ASSERT(ask(data, size, &filter, &again) == count);
    for (size_t i = 0; i < count; i++)
        XZ_ASSERT(again[i].id == hits[i].id && again[i].score == hits[i].score);
    xz_arena_reset(arena);
    return 0;
}
