/* The engine of `xiaozheng eval retrieval`: reads a labelled set, indexes it as import would, asks
 * every question twice (our ranking and plain bigrams) and compares. */
#include "search/search_eval.h"

#include <errno.h>

#include "core/json.h"

#define DEPTH         100
#define RESAMPLES     10000
#define RESAMPLE_SEED UINT64_C(20260101)

struct eval_doc {
    xz_str name, title, text;
    xz_str document; /* the law it is of: a part of the title */
    int64_t entry;
};
struct eval_query {
    xz_str name, text;
    const uint32_t *relevant; /* document numbers */
    size_t relevant_count;
    struct xz_search_eval_means ours, baseline;
};
struct eval_pair {
    uint32_t query, doc;
};
struct eval_set {
    const struct xz_search_eval *eval;
    struct xz_arena *arena, *request; /* of the whole run, of one question */
    struct eval_doc *docs;            /* sorted by name */
    size_t doc_count, doc_room;
    struct eval_query *queries; /* sorted by name */
    size_t query_count, query_room;
    struct eval_pair *pairs; /* sorted by query */
    size_t pair_count, pair_room;
    struct xz_search_index *index;
};

/* ---- reading ---- */

typedef xz_err (*line_fn)(struct eval_set *set, xz_str line, size_t number);

static xz_err lines_read(struct eval_set *set, const char *path, line_fn each)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0, number = 0;
    ssize_t n;
    xz_err err = XZ_OK;
    if (!file)
        return xz_fail(errno == ENOENT ? XZ_E_MISSING : XZ_E_IO, "无法读取文件 %s", path);
    while (err == XZ_OK && (n = getline(&line, &room, file)) >= 0) {
        xz_str text = xz_str_trim((xz_str){ line, (size_t)n });
        number++;
        if (text.len && (err = each(set, text, number)) != XZ_OK)
            err = xz_fail(err, "%s 第 %zu 行：格式不对", path, number);
    }
    fclose(file);
    (free)(line); /* getline's own */
    return err;
}

#define GROW(items, count, room)                                                                   \
    do {                                                                                           \
        if ((count) == (room)) {                                                                   \
            (room) = (room) ? (room)*2 : 1024;                                                     \
            (items) = xz_realloc((items), (room) * sizeof *(items));                               \
        }                                                                                          \
    } while (0)

/* The law of "民法典第五十四条": passages of one document are one entry, as import makes them. */
static xz_str document_name(xz_str title)
{
    static const xz_str open = { "第", 3 };
    for (size_t from = title.len; from-- > 0;) {
        xz_str rest = xz_str_sub(title, from, title.len);
        if (!xz_str_starts(rest, open))
            continue;
        struct xz_clause_head head = xz_clause_head_read(rest);
        if (head.mark == XZ_MARK_ARTICLE && head.label_len == rest.len && from > 0)
            return xz_str_sub(title, 0, from);
    }
    return title;
}

static xz_err corpus_line(struct eval_set *set, xz_str line, size_t number)
{
    struct xz_json_doc *json;
    xz_err err = xz_json_parse(line, &json);
    (void)number;
    if (err != XZ_OK)
        return err;
    const struct xz_json *root = xz_json_root(json);
    struct eval_doc doc = {
        .name = xz_str_copy(set->arena, xz_json_str(xz_json_get(root, "_id"), XZ_STR_NONE)),
        .title = xz_str_copy(set->arena, xz_json_str(xz_json_get(root, "title"), XZ_STR_NONE)),
        .text = xz_str_copy(set->arena, xz_json_str(xz_json_get(root, "text"), XZ_STR_NONE)),
    };
    doc.document = document_name(doc.title);
    xz_json_destroy(json);
    GROW(set->docs, set->doc_count, set->doc_room);
    set->docs[set->doc_count++] = doc;
    return doc.name.len ? XZ_OK : XZ_E_INPUT;
}

static xz_err query_line(struct eval_set *set, xz_str line, size_t number)
{
    struct xz_json_doc *json;
    xz_err err = xz_json_parse(line, &json);
    (void)number;
    if (err != XZ_OK)
        return err;
    const struct xz_json *root = xz_json_root(json);
    struct eval_query query = {
        .name = xz_str_copy(set->arena, xz_json_str(xz_json_get(root, "_id"), XZ_STR_NONE)),
        .text = xz_str_copy(set->arena, xz_json_str(xz_json_get(root, "text"), XZ_STR_NONE)),
    };
    xz_json_destroy(json);
    GROW(set->queries, set->query_count, set->query_room);
    set->queries[set->query_count++] = query;
    return query.name.len ? XZ_OK : XZ_E_INPUT;
}

static int doc_order(const void *a, const void *b)
{
    return xz_str_compare(((const struct eval_doc *)a)->name, ((const struct eval_doc *)b)->name);
}

static int query_order(const void *a, const void *b)
{
    return xz_str_compare(((const struct eval_query *)a)->name,
                          ((const struct eval_query *)b)->name);
}

static int pair_order(const void *a, const void *b)
{
    const struct eval_pair *x = a, *y = b;
    return (x->query > y->query) - (x->query < y->query);
}

static xz_err qrels_line(struct eval_set *set, xz_str line, size_t number)
{
    int64_t score;
    struct eval_query query = { .name = xz_str_cut(&line, '\t') };
    struct eval_doc doc = { .name = xz_str_cut(&line, '\t') };
    if (!xz_str_to_int(xz_str_trim(line), &score))
        return number == 1 ? XZ_OK : XZ_E_INPUT;
    const struct eval_query *q = bsearch(&query, set->queries, set->query_count, sizeof query,
                                         query_order);
    const struct eval_doc *d = bsearch(&doc, set->docs, set->doc_count, sizeof doc, doc_order);
    if (!q || !d || score <= 0)
        return XZ_OK; /* judged passages of a larger corpus are no mistake */
    GROW(set->pairs, set->pair_count, set->pair_room);
    set->pairs[set->pair_count++] = (struct eval_pair){ (uint32_t)(q - set->queries),
                                                        (uint32_t)(d - set->docs) };
    return XZ_OK;
}

static void pairs_attach(struct eval_set *set)
{
    uint32_t *relevant = XZ_NEW(set->arena, uint32_t, set->pair_count + 1);
    qsort(set->pairs, set->pair_count, sizeof set->pairs[0], pair_order);
    for (size_t i = 0; i < set->pair_count; i++) {
        struct eval_query *q = &set->queries[set->pairs[i].query];
        relevant[i] = set->pairs[i].doc;
        if (!q->relevant_count++)
            q->relevant = &relevant[i];
    }
}

static xz_err set_read(struct eval_set *set)
{
    xz_err err;
    if ((err = lines_read(set, set->eval->corpus, corpus_line)) != XZ_OK ||
        (err = lines_read(set, set->eval->queries, query_line)) != XZ_OK)
        return err;
    if (set->doc_count)
        qsort(set->docs, set->doc_count, sizeof set->docs[0], doc_order);
    if (set->query_count)
        qsort(set->queries, set->query_count, sizeof set->queries[0], query_order);
    if (!set->doc_count || !set->query_count)
        return xz_fail(XZ_E_INPUT, "语料或问题为空");
    if ((err = lines_read(set, set->eval->qrels, qrels_line)) != XZ_OK)
        return err;
    if (!set->pair_count)
        return xz_fail(XZ_E_INPUT, "标注中没有一条能与问题和语料对上");
    pairs_attach(set);
    return XZ_OK;
}

/* ---- indexing ---- */

struct eval_ref {
    const struct eval_doc *doc;
};

static int ref_order(const void *a, const void *b)
{
    const struct eval_doc *x = ((const struct eval_ref *)a)->doc;
    const struct eval_doc *y = ((const struct eval_ref *)b)->doc;
    int by_document = xz_str_compare(x->document, y->document);
    return by_document ? by_document : (x > y) - (x < y);
}

/* How many of the sorted passages from `refs` on are of one document. */
static size_t document_count(const struct eval_ref *refs, size_t count)
{
    size_t n = 1;
    xz_str document = refs->doc->document;
    while (n < count && document.len && xz_str_eq(refs[n].doc->document, document))
        n++;
    return n;
}

static xz_err set_index(struct eval_set *set)
{
    struct xz_search_options options = { .lexicon = set->eval->lexicon };
    struct eval_ref *refs = XZ_NEW(set->arena, struct eval_ref, set->doc_count);
    struct xz_search_doc *group = XZ_NEW(set->arena, struct xz_search_doc, set->doc_count);
    int64_t applied, entry = 0;
    xz_err err = xz_search_open(&options, &set->index, &applied);
    for (size_t i = 0; i < set->doc_count; i++)
        refs[i].doc = &set->docs[i];
    qsort(refs, set->doc_count, sizeof refs[0], ref_order);
    for (size_t i = 0, n; i < set->doc_count && err == XZ_OK; i += n) {
        n = document_count(refs + i, set->doc_count - i);
        entry++;
        for (size_t k = 0; k < n; k++)
            group[k] = (struct xz_search_doc){ .id = refs[i + k].doc - set->docs,
                                               .entry = entry,
                                               .title = refs[i + k].doc->title,
                                               .body = refs[i + k].doc->text };
        err = xz_search_put(set->index, entry, group, n, 0);
    }
    return err == XZ_OK ? xz_search_merge(set->index, 1) : err;
}

/* ---- asking ---- */

static struct xz_search_eval_means query_judge(const struct eval_query *query,
                                               const struct xz_search_hit *hits, size_t count)
{
    struct xz_search_eval_means m = { 0 };
    double share = 1.0 / (double)query->relevant_count;
    for (size_t i = 0; i < count; i++) {
        bool relevant = false;
        for (size_t k = 0; k < query->relevant_count && !relevant; k++)
            relevant = hits[i].id == (int64_t)query->relevant[k];
        if (!relevant)
            continue;
        m.r1 += i < 1 ? share : 0;
        m.r5 += i < 5 ? share : 0;
        m.r10 += i < 10 ? share : 0;
        m.r100 += i < DEPTH ? share : 0;
        if (i < 10 && m.mrr10 == 0)
            m.mrr10 = 1.0 / (double)(i + 1);
    }
    return m;
}

static xz_err set_ask(struct eval_set *set, struct eval_query *query, bool plain, double *ms)
{
    struct xz_search_query q = { .text = query->text,
                                 .synonyms = plain ? NULL : set->eval->synonyms,
                                 .hits_max = DEPTH,
                                 .plain_bigrams = plain };
    struct xz_search_hit *hits;
    size_t count;
    int64_t began_us = xz_time_monotonic_us();
    xz_err err = xz_search_find(set->index, set->request, &q, &hits, &count);
    *ms = (double)(xz_time_monotonic_us() - began_us) / 1000;
    if (err == XZ_OK)
        *(plain ? &query->baseline : &query->ours) = query_judge(query, hits, count);
    xz_arena_reset(set->request);
    return err;
}

static int double_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static xz_err set_ask_all(struct eval_set *set, struct xz_search_eval_result *result)
{
    double *times = XZ_NEW(set->arena, double, set->query_count), unused;
    size_t n = 0;
    xz_err err = XZ_OK;
    for (size_t i = 0; i < set->query_count && err == XZ_OK; i++) {
        struct eval_query *q = &set->queries[i];
        if (!q->relevant_count)
            continue;
        if ((err = set_ask(set, q, false, &times[n])) == XZ_OK)
            err = set_ask(set, q, true, &unused);
        n++;
    }
    qsort(times, n, sizeof times[0], double_order);
    result->queries = (int64_t)n;
    result->p50_ms = times[n / 2];
    result->p99_ms = times[n * 99 / 100];
    return err;
}

/* ---- comparing ---- */

static void means_add(struct xz_search_eval_means *sum, const struct xz_search_eval_means *one,
                      double share)
{
    sum->r1 += one->r1 * share;
    sum->r5 += one->r5 * share;
    sum->r10 += one->r10 * share;
    sum->r100 += one->r100 * share;
    sum->mrr10 += one->mrr10 * share;
}

static uint64_t resample_next(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t x = *state;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static double bootstrap(const double *gain, size_t count)
{
    uint64_t state = RESAMPLE_SEED;
    size_t not_greater = 0;
    for (size_t r = 0; r < RESAMPLES; r++) {
        double sum = 0;
        for (size_t i = 0; i < count; i++)
            sum += gain[(resample_next(&state) >> 32) * count >> 32];
        not_greater += sum <= 1e-12;
    }
    return (double)not_greater / RESAMPLES;
}

static void set_compare(struct eval_set *set, struct xz_search_eval_result *result)
{
    double *gain = XZ_NEW(set->arena, double, set->query_count);
    size_t n = 0;
    for (size_t i = 0; i < set->query_count; i++) {
        const struct eval_query *q = &set->queries[i];
        if (!q->relevant_count)
            continue;
        means_add(&result->ours, &q->ours, 1.0 / (double)result->queries);
        means_add(&result->baseline, &q->baseline, 1.0 / (double)result->queries);
        gain[n++] = q->ours.r10 - q->baseline.r10;
    }
    result->bootstrap_p = bootstrap(gain, n);
}

xz_err xz_search_eval_run(const struct xz_search_eval *eval, struct xz_search_eval_result *result)
{
    struct eval_set set = { .eval = eval,
                            .arena = xz_arena_create(1 << 20),
                            .request = xz_arena_create(1 << 20) };
    *result = (struct xz_search_eval_result){ 0 };
    xz_err err = set_read(&set);
    if (err == XZ_OK) {
        int64_t began_us = xz_time_monotonic_us();
        err = set_index(&set);
        result->index_seconds = (double)(xz_time_monotonic_us() - began_us) / 1e6;
        result->documents = (int64_t)set.doc_count;
    }
    if (err == XZ_OK && (err = set_ask_all(&set, result)) == XZ_OK)
        set_compare(&set, result);
    xz_search_close(set.index);
    xz_free(set.docs);
    xz_free(set.queries);
    xz_free(set.pairs);
    xz_arena_destroy(set.request);
    xz_arena_destroy(set.arena);
    return err;
}

/* ---- printing ---- */

static void table_row(struct xz_buf *out, const char *name, const struct xz_search_eval_means *m)
{
    xz_buf_addf(out, "%s  %.4f  %.4f  %.4f  %.4f  %.4f\n", name, m->r1, m->r5, m->r10, m->r100,
                m->mrr10);
}

void xz_search_eval_table(const struct xz_search_eval_result *r, struct xz_buf *out)
{
    xz_buf_addf(out, "条文 %lld 条，问题 %lld 个，建索引 %.1f 秒\n", (long long)r->documents,
                (long long)r->queries, r->index_seconds);
    xz_buf_add_lit(out, "              R@1     R@5     R@10    R@100   MRR@10\n");
    table_row(out, "小政        ", &r->ours);
    table_row(out, "二元组 BM25 ", &r->baseline);
    xz_buf_addf(out, "R@10 不优于二元组的概率（配对自助法，一万次）：%.4f\n", r->bootstrap_p);
    xz_buf_addf(out, "每问耗时：中位 %.2f 毫秒，P99 %.2f 毫秒\n", r->p50_ms, r->p99_ms);
}

void xz_search_eval_json(const struct xz_search_eval_result *r, struct xz_buf *out)
{
    struct xz_json_writer w;
    xz_jw_init(&w, out);
    xz_jw_begin_object(&w);
    xz_jw_member_double(&w, "r@1", r->ours.r1);
    xz_jw_member_double(&w, "r@5", r->ours.r5);
    xz_jw_member_double(&w, "r@10", r->ours.r10);
    xz_jw_member_double(&w, "r@100", r->ours.r100);
    xz_jw_member_double(&w, "mrr@10", r->ours.mrr10);
    xz_jw_member_int(&w, "queries", r->queries);
    xz_jw_member_int(&w, "documents", r->documents);
    xz_jw_member_double(&w, "index_seconds", r->index_seconds);
    xz_jw_member_double(&w, "p50_ms", r->p50_ms);
    xz_jw_member_double(&w, "p99_ms", r->p99_ms);
    xz_jw_member_double(&w, "baseline_r@1", r->baseline.r1);
    xz_jw_member_double(&w, "baseline_r@10", r->baseline.r10);
    xz_jw_member_double(&w, "baseline_mrr@10", r->baseline.mrr10);
    xz_jw_member_double(&w, "bootstrap_p", r->bootstrap_p);
    xz_jw_end_object(&w);
}
