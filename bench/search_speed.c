/* Speed and memory of the index on disk: search_speed CORPUS.jsonl QUERIES.jsonl WORDS.bin FOLDER
 * [TIMES [SYNONYMS.tsv]]. Puts the corpus TIMES times over as entries of 50 passages, flushes,
 * searches during and after, with a filter that passes 1 %, opens again. One JSON object. */
#include <stdio.h>
#include <time.h>

#include "core/file.h"
#include "core/json.h"
#include "search/search.h"

#define ENTRY_DOCS    50
#define QUESTIONS_MAX 2000
#define PASSES        3

struct bench {
    struct xz_arena *arena;
    struct xz_search_index *index;
    struct xz_search_doc docs[ENTRY_DOCS];
    size_t doc_count;
    int64_t entries, ids, put_us, put_us_max;
    xz_str questions[QUESTIONS_MAX];
    size_t question_count;
    double ms[QUESTIONS_MAX * PASSES];
    const struct xz_synonyms *synonyms;
};

static void die(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, xz_fail_detail());
    exit(1);
}

static void entry_put(struct bench *b)
{
    int64_t began_us = xz_time_monotonic_us();
    if (b->doc_count && xz_search_put(b->index, b->entries, b->docs, b->doc_count, b->entries))
        die("put");
    xz_search_applied(b->index, b->entries);
    int64_t us = xz_time_monotonic_us() - began_us;
    b->put_us += us;
    b->put_us_max = XZ_MAX(b->put_us_max, us);
    b->entries++;
    b->doc_count = 0;
    xz_arena_reset(b->arena);
}

static void corpus_line(struct bench *b, const struct xz_json *root)
{
    struct xz_search_attr attr = { .region = b->entries % 100 ? 0 : 320100,
                                   .from = 20000101 + (xz_date)(b->entries % 20) * 10000 };
    b->docs[b->doc_count++] = (struct xz_search_doc){
        .id = ++b->ids,
        .entry = b->entries,
        .attr = attr,
        .title = xz_str_copy(b->arena, xz_json_str(xz_json_get(root, "title"), XZ_STR_NONE)),
        .body = xz_str_copy(b->arena, xz_json_str(xz_json_get(root, "text"), XZ_STR_NONE)),
    };
    if (b->doc_count == ENTRY_DOCS)
        entry_put(b);
}

static void question_line(struct bench *b, const struct xz_json *root)
{
    static struct xz_arena *kept;
    if (!kept)
        kept = xz_arena_create(1 << 16);
    if (b->question_count < QUESTIONS_MAX)
        b->questions[b->question_count++] = xz_str_copy(
            kept, xz_json_str(xz_json_get(root, "text"), XZ_STR_NONE));
}

static void lines(struct bench *b, const char *path,
                  void (*each)(struct bench *b, const struct xz_json *root))
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    while (file && (n = getline(&line, &room, file)) > 0) {
        struct xz_json_doc *json;
        if (xz_json_parse((xz_str){ line, (size_t)n }, &json) != XZ_OK)
            die(path);
        each(b, xz_json_root(json));
        xz_json_destroy(json);
    }
    if (file)
        fclose(file);
    (free)(line);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of this thread: what remains true on a machine that others use too. */
static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void search_all(struct bench *b, const char *name, const struct xz_search_filter *filter,
                       size_t hits_max)
{
    double sum = 0, cpu = cpu_ms();
    size_t n = 0, found = 0;
    for (int pass = 0; pass < PASSES; pass++) {
        for (size_t i = 0; i < b->question_count; i++) {
            struct xz_search_query query = { .text = b->questions[i],
                                             .filter = filter,
                                             .synonyms = b->synonyms,
                                             .hits_max = hits_max };
            struct xz_search_hit *hits;
            size_t count;
            int64_t began_us = xz_time_monotonic_us();
            if (xz_search_find(b->index, b->arena, &query, &hits, &count))
                die("find");
            b->ms[n] = (double)(xz_time_monotonic_us() - began_us) / 1000;
            sum += b->ms[n++];
            found += count;
            xz_arena_reset(b->arena);
        }
    }
    cpu = cpu_ms() - cpu;
    if (n == 0)
        die("no queries");
    qsort(b->ms, n, sizeof b->ms[0], by_value);
    printf("\"%s_cpu_ms\":%.3f,", name, cpu / (double)n);
    printf("\"%s_mean_ms\":%.3f,\"%s_p50_ms\":%.3f,\"%s_p99_ms\":%.3f,\"%s_hits\":%zu,", name,
           sum / (double)n, name, b->ms[n / 2], name, b->ms[n * 99 / 100], name, found / n);
}

static long status_kb(const char *key)
{
    char line[256];
    long kb = 0;
    FILE *file = fopen("/proc/self/status", "re");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0)
            kb = strtol(line + strlen(key) + 1, NULL, 10);
    if (file)
        fclose(file);
    return kb;
}

static void build(struct bench *b, const char *corpus, int64_t times)
{
    int64_t began_us = xz_time_monotonic_us();
    for (int64_t i = 0; i < times; i++)
        lines(b, corpus, corpus_line);
    entry_put(b);
    double put_s = (double)(xz_time_monotonic_us() - began_us) / 1e6;
    search_all(b, "fresh", NULL, 20);
    if (xz_search_flush(b->index))
        die("flush");
    double all_s = (double)(xz_time_monotonic_us() - began_us) / 1e6;
    printf("\"documents\":%lld,\"read_and_put_s\":%.2f,\"put_s\":%.2f,\"put_ms_max\":%.1f,"
           "\"all_s\":%.2f,\"rss_peak_mb\":%ld,",
           (long long)b->ids, put_s, (double)b->put_us / 1e6, (double)b->put_us_max / 1000, all_s,
           status_kb("VmHWM:") / 1024);
}

int main(int argc, char **argv)
{
    static struct bench b;
    struct xz_lexicon *lexicon = NULL;
    struct xz_synonyms *synonyms = NULL;
    struct xz_search_stats stats;
    int64_t applied, times = 1;
    if (argc < 5 || xz_text_init() || xz_lexicon_open(argv[3], &lexicon))
        die("usage: search_speed CORPUS QUERIES WORDS FOLDER [TIMES [SYNONYMS]]");
    if (argc > 5)
        (void)xz_str_to_int(xz_str_from(argv[5]), &times);
    if (argc > 6) {
        struct xz_buf text;
        xz_buf_init(&text, (size_t)MIB(64));
        if (xz_file_read(argv[6], &text) || xz_synonyms_parse(xz_buf_str(&text), &synonyms))
            die("synonyms");
        b.synonyms = synonyms;
        xz_buf_fini(&text);
    }
    struct xz_search_options options = { .folder = argv[4], .lexicon = lexicon };
    struct xz_search_filter one_percent = { .regions = { 320100 }, .region_count = 1 };
    b.arena = xz_arena_create(1 << 20);
    b.entries = 1;
    printf("{");
    lines(&b, argv[2], question_line);
    if (xz_search_open(&options, &b.index, &applied))
        die("open");
    build(&b, argv[1], times);
    if (xz_search_merge(b.index, 1))
        die("merge");
    search_all(&b, "merged", NULL, 20);
    search_all(&b, "filter_1pct", &one_percent, 20);
    xz_search_stats(b.index, &stats);
    xz_search_close(b.index);
    int64_t began_us = xz_time_monotonic_us();
    if (xz_search_open(&options, &b.index, &applied))
        die("open");
    printf("\"disk_mb\":%lld,\"postings\":%lld,\"open_ms\":%.1f,\"rss_mb\":%ld}\n",
           (long long)(stats.disk_bytes >> 20), (long long)stats.postings,
           (double)(xz_time_monotonic_us() - began_us) / 1000, status_kb("VmRSS:") / 1024);
    xz_search_close(b.index);
    xz_synonyms_destroy(synonyms);
    xz_lexicon_destroy(lexicon);
    xz_arena_destroy(b.arena);
    return 0;
}
