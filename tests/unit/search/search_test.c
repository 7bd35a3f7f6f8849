/* See search_test.h. */
#include "search_test.h"

#include <dirent.h>
#include <unistd.h>

static const char *const letters[] = {
    "企", "业", "开", "办", "营", "执", "照", "注", "册", "登", "记", "税", "务", "社", "保", "公",
    "积", "金", "户", "口", "迁", "移", "身", "份", "证", "补", "领", "婚", "姻", "离", "婴", "儿",
    "出", "生", "学", "校", "入", "房", "屋", "买", "卖", "租", "赁", "合", "同", "劳", "动", "仲",
    "裁", "退", "休", "养", "老", "残", "疾", "补", "贴", "的", "了", "怎", "么",
};

uint32_t fake_random(struct fake_corpus *c, uint32_t below)
{
    c->random = c->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((c->random >> 33) % below);
}

void fake_text(struct fake_corpus *c, char *text, size_t room, uint32_t chars)
{
    size_t used = 0;
    for (uint32_t i = 0; i < chars && used + 8 < room; i++) {
        uint32_t kind = fake_random(c, 40);
        /* The product makes the front of the table far more frequent than its end. */
        uint32_t at = fake_random(c, XZ_COUNT(letters)) * fake_random(c, XZ_COUNT(letters)) /
                      (uint32_t)XZ_COUNT(letters);
        used += (size_t)(kind == 0   ? snprintf(text + used, room - used, "，")
                         : kind == 1 ? snprintf(text + used, room - used, "%u", at)
                         : kind == 2 ? snprintf(text + used, room - used, " ab%u ", at % 7)
                                     : snprintf(text + used, room - used, "%s", letters[at]));
    }
    text[used] = 0;
}

static struct fake_doc *fake_add(struct fake_corpus *c, int64_t entry)
{
    if (c->count == c->room) {
        c->room = c->room ? c->room * 2 : 256;
        c->docs = xz_realloc(c->docs, c->room * sizeof c->docs[0]);
        /* Texts live in the records, which have just moved. */
        for (size_t i = 0; i < c->count; i++) {
            c->docs[i].doc.title = xz_str_from(c->docs[i].title);
            c->docs[i].doc.body = xz_str_from(c->docs[i].body);
        }
    }
    struct fake_doc *d = &c->docs[c->count++];
    memset(d, 0, sizeof *d);
    fake_text(c, d->title, sizeof d->title, fake_random(c, 8));
    fake_text(c, d->body, sizeof d->body, fake_random(c, 120));
    d->live = true;
    d->doc = (struct xz_search_doc){
        .id = (int64_t)c->count,
        .entry = entry,
        .title = xz_str_from(d->title),
        .body = xz_str_from(d->body),
        .attr = { .visibility = (uint8_t)(fake_random(c, 4) ? 0 : fake_random(c, 3)),
                  .kind = (uint8_t)fake_random(c, 4),
                  .flags = fake_random(c, 10) == 0,
                  .region = fake_random(c, 3) ? 0 : 320000 + fake_random(c, 5),
                  .department = fake_random(c, 3),
                  .from = fake_random(c, 2) ? 0 : 20200101 + (xz_date)fake_random(c, 5) * 10000,
                  .until = fake_random(c, 2) ? 0 : 20230101 + (xz_date)fake_random(c, 5) * 10000,
                  .family = (uint64_t)entry % 50 },
    };
    return d;
}

void fake_put(struct fake_corpus *c, struct xz_search_index *index, int64_t entry, size_t count)
{
    struct xz_search_doc docs[64];
    assert_true(count <= XZ_COUNT(docs));
    for (size_t i = 0; i < c->count; i++)
        if (c->docs[i].doc.entry == entry)
            c->docs[i].live = false;
    size_t first = c->count;
    for (size_t i = 0; i < count; i++)
        fake_add(c, entry);
    for (size_t i = 0; i < count; i++)
        docs[i] = c->docs[first + i].doc;
    assert_int_equal(xz_search_put(index, entry, docs, count, (int64_t)c->count), XZ_OK);
    xz_search_applied(index, (int64_t)c->count);
}

void fake_fill(struct fake_corpus *c, struct xz_search_index *index, size_t entries,
               uint32_t docs_max)
{
    for (size_t i = 0; i < entries; i++)
        fake_put(c, index, ++c->entries, 1 + fake_random(c, docs_max));
}

void fake_churn(struct fake_corpus *c, struct xz_search_index *index, size_t steps)
{
    for (size_t i = 0; i < steps; i++) {
        uint32_t what = fake_random(c, 4);
        int64_t entry = what < 3 ? 1 + fake_random(c, (uint32_t)c->entries) : ++c->entries;
        fake_put(c, index, entry, what == 0 ? 0 : 1 + fake_random(c, 9));
    }
}

void fake_free(struct fake_corpus *c)
{
    xz_free(c->docs);
}

void fake_filter(struct fake_corpus *c, struct xz_search_filter *f)
{
    *f = (struct xz_search_filter){ .visibility_mask = (uint8_t)fake_random(c, 8) };
    f->department_count = fake_random(c, 3);
    for (size_t i = 0; i < f->department_count; i++)
        f->departments[i] = fake_random(c, 3);
    f->region_count = fake_random(c, 3);
    for (size_t i = 0; i < f->region_count; i++)
        f->regions[i] = fake_random(c, 2) ? 0 : 320000 + fake_random(c, 5);
    f->on = fake_random(c, 2) ? 0 : 20210601 + (xz_date)fake_random(c, 6) * 10000;
    f->kind_mask = fake_random(c, 2) ? 0 : fake_random(c, 16);
    f->superseded_too = fake_random(c, 2);
    f->entry = fake_random(c, 8) ? 0 : 1 + fake_random(c, (uint32_t)c->entries);
}

static bool in_list(const uint32_t *list, size_t count, uint32_t value)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == value)
            return true;
    return false;
}

bool fake_passes(const struct xz_search_attr *a, int64_t entry, const struct xz_search_filter *f)
{
    if (!((f->visibility_mask ? f->visibility_mask : 1) >> a->visibility & 1))
        return false;
    if (a->visibility == 2 && f->department_count &&
        !in_list(f->departments, f->department_count, a->department))
        return false;
    if (f->region_count && !in_list(f->regions, f->region_count, a->region))
        return false;
    if (f->on && ((a->from && f->on < a->from) || (a->until && f->on > a->until)))
        return false;
    if (f->kind_mask && !(f->kind_mask >> a->kind & 1))
        return false;
    if (!f->superseded_too && (a->flags & XZ_SEARCH_SUPERSEDED))
        return false;
    return !f->entry || f->entry == entry;
}

struct brute {
    int64_t id;
    uint64_t score;
};

static int brute_order(const void *a, const void *b)
{
    const struct brute *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x->id > y->id) - (x->id < y->id);
}

static int candidate_order(const void *a, const void *b)
{
    const struct search_candidate *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x->id > y->id) - (x->id < y->id);
}

static uint32_t times_in(const struct xz_terms *terms, uint64_t hash)
{
    uint32_t n = 0;
    for (size_t i = 0; i < terms->count; i++)
        n += terms->items[i].hash == hash;
    return n;
}

static uint32_t length_of(const struct xz_terms *terms)
{
    uint32_t n = 0;
    for (size_t i = 0; i < terms->count; i++)
        n += terms->items[i].kind == XZ_TERM_BIGRAM || terms->items[i].kind == XZ_TERM_CHAR ||
             terms->items[i].kind == XZ_TERM_ASCII;
    return n;
}

/* Straight from the definition of BM25, term by term. */
static uint64_t brute_score(struct xz_arena *arena, const struct search_scan *scan,
                            const struct xz_search_doc *doc)
{
    struct xz_terms title = xz_terms_of(arena, NULL, doc->title);
    struct xz_terms body = xz_terms_of(arena, NULL, doc->body);
    float length = (float)(length_of(&title) + length_of(&body));
    struct search_norm norm = scan->plain
                                  ? search_norm_make(1.2f, 0.75f, scan->snapshot->plain_average)
                                  : search_norm_make(1.2f, 0.9f, scan->snapshot->average);
    uint64_t score = 0;
    for (size_t t = 0; t < scan->plan->term_count; t++) {
        const struct search_term *term = &scan->plan->terms[t];
        float tf = (float)(times_in(&title, term->hash) + times_in(&body, term->hash));
        if (tf > 0)
            score += (uint32_t)(tf / (tf + norm.base + norm.per_unit * length) *
                                (term->total * term->idf * 2.2f * SEARCH_SCALE)) +
                     1u;
    }
    return score;
}

static size_t brute_search(struct fake_corpus *c, const struct search_scan *scan,
                           struct brute *found)
{
    struct xz_arena *arena = xz_arena_create(1 << 16);
    size_t n = 0;
    for (size_t i = 0; i < c->count; i++) {
        const struct fake_doc *d = &c->docs[i];
        if (!d->live || !fake_passes(&d->doc.attr, d->doc.entry, scan->filter))
            continue;
        found[n] = (struct brute){ d->doc.id, brute_score(arena, scan, &d->doc) };
        n += found[n].score > 0;
        xz_arena_reset(arena);
    }
    qsort(found, n, sizeof found[0], brute_order);
    xz_arena_destroy(arena);
    return n;
}

void assert_scan_is_exact(struct fake_corpus *c, struct xz_search_index *index,
                          const char *question, const struct xz_search_filter *filter,
                          size_t wanted)
{
    struct xz_arena *arena = xz_arena_create(1 << 20);
    struct brute *expected = XZ_ALLOC(struct brute, c->count + 1);
    struct search_slot *slot;
    const struct search_snapshot *snapshot = search_acquire(index, &slot);
    struct xz_search_query query = { .text = xz_str_from(question), .hits_max = wanted };
    struct search_scan scan = { .snapshot = snapshot,
                                .plan = search_plan_make(arena, snapshot, &query),
                                .filter = filter,
                                .wanted = wanted };
    size_t n = brute_search(c, &scan, expected);
    search_scan_run(&scan, arena);
    qsort(scan.found, scan.count, sizeof scan.found[0], candidate_order);
    assert_int_equal(scan.count, XZ_MIN(n, wanted));
    for (size_t i = 0; i < scan.count; i++) {
        assert_int_equal(scan.found[i].score, expected[i].score);
        assert_int_equal(scan.found[i].id, expected[i].id);
    }
    search_release(slot);
    xz_free(expected);
    xz_arena_destroy(arena);
}

void assert_searches_exact(struct fake_corpus *c, struct xz_search_index *index, size_t questions)
{
    static const struct xz_search_filter all = { .visibility_mask = 7,
                                                 .departments = { 0, 1, 2 },
                                                 .department_count = 3,
                                                 .superseded_too = true };
    char question[128];
    for (size_t i = 0; i < questions; i++) {
        struct xz_search_filter filter;
        fake_text(c, question, sizeof question, 1 + fake_random(c, 14));
        fake_filter(c, &filter);
        assert_scan_is_exact(c, index, question, &all, 1 + fake_random(c, 50));
        assert_scan_is_exact(c, index, question, &filter, 1 + fake_random(c, 50));
    }
}

struct xz_search_index *open_index(const char *folder, size_t live_bytes_max, int64_t *applied)
{
    struct xz_search_options options = { .folder = folder, .live_bytes_max = live_bytes_max };
    struct xz_search_index *index;
    int64_t unused;
    assert_int_equal(xz_search_open(&options, &index, applied ? applied : &unused), XZ_OK);
    return index;
}

void temp_make(char folder[64])
{
    const char *base = getenv("TMPDIR");
    snprintf(folder, 64, "%.40s/xz-search-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(folder));
}

void temp_remove(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *item;
    while (dir && (item = readdir(dir)) != NULL)
        (void)unlinkat(dirfd(dir), item->d_name, 0);
    if (dir)
        closedir(dir);
    (void)rmdir(folder);
}
