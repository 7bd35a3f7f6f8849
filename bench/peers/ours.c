/* Our index beside others (bench/peers/run drives it; the orders are described there):
 *   peers_ours terms PASSAGES.jsonl QUESTIONS.jsonl WORDS.bin PASSAGES.tok QUESTIONS.tok
 *   peers_ours build PASSAGES.jsonl PASSAGES.tok WORDS.bin FOLDER given|made
 *   peers_ours serve FOLDER QUESTIONS.jsonl QUESTIONS.tok WORDS.bin SYNONYMS.tsv
 * `terms` writes the search terms down, so that every engine counts the same ones. `given` builds
 * from those, `made` makes them anew as the product does. */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "core/file.h"
#include "core/json.h"
#include "search/search_internal.h"

#define HITS        20
#define FILTER_LAWS 320100 /* region of one law in a hundred */
#define FILTER_KIND 1      /* kind of one passage in a hundred */

struct passages {
    struct xz_search_doc *docs;
    char **terms; /* of each, as in the .tok file */
    size_t count, room;
};

static struct xz_arena *kept;

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "peers_ours: %s: %s\n", what, xz_fail_detail());
    exit(1);
}

static int64_t cpu_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- given terms: the index asks for the terms of a text, and gets those of the file ---- */

struct xz_terms __real_xz_terms_of(struct xz_arena *arena, const struct xz_lexicon *lexicon,
                                   xz_str text);
struct xz_terms __wrap_xz_terms_of(struct xz_arena *arena, const struct xz_lexicon *lexicon,
                                   xz_str text);

static struct {
    const struct passages *passages; /* NULL: terms are made */
    size_t next;                     /* titles and bodies are asked for in order */
    bool body;
} given;

static const char kind_letters[] = "?bwcant";

static size_t term_read(const char **at, struct xz_term *term)
{
    const char *from = *at, *to = strpbrk(from, " \t\n");
    const char *letter = strchr(kind_letters, *from);
    size_t len = (size_t)((to ? to : from + strlen(from)) - from);
    if (len < 2 || !letter)
        return 0;
    term->kind = (uint8_t)(letter - kind_letters);
    if (term->kind == XZ_TERM_NUMBER || term->kind == XZ_TERM_ARTICLE)
        term->hash = strtoull(from + 1, NULL, 36);
    else
        term->hash = xz_term_hash(term->kind, (xz_str){ from + 1, len - 1 });
    *at = from + len + (from[len] == ' ');
    return 1;
}

struct xz_terms __wrap_xz_terms_of(struct xz_arena *arena, const struct xz_lexicon *lexicon,
                                   xz_str text)
{
    struct xz_terms terms = { 0 };
    if (!given.passages)
        return __real_xz_terms_of(arena, lexicon, text);
    const struct passages *p = given.passages;
    const char *at = p->terms[given.next];
    XZ_ASSERT((given.body ? p->docs[given.next].body : p->docs[given.next].title).ptr == text.ptr);
    terms.items = XZ_NEW(arena, struct xz_term, strlen(at) / 2 + 1);
    /* Each half of the line ends where the other begins, at a tab. */
    if (given.body)
        at = strchr(at, '\t') + 1;
    while (*at && *at != '\t')
        if (term_read(&at, &terms.items[terms.count]))
            terms.count++;
        else
            break;
    given.next += given.body;
    given.body = !given.body;
    return terms;
}

/* ---- reading ---- */

static void lines(const char *path, void (*each)(xz_str line, size_t number, void *arg), void *arg)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0, number = 0;
    ssize_t n;
    if (!file)
        die(path);
    while ((n = getline(&line, &room, file)) > 0)
        each((xz_str){ line, (size_t)n - (line[n - 1] == '\n') }, number++, arg);
    fclose(file);
    (free)(line);
}

static void passage_line(xz_str line, size_t number, void *arg)
{
    struct passages *p = arg;
    struct xz_json_doc *json;
    if (xz_json_parse(line, &json) != XZ_OK)
        die("passages");
    const struct xz_json *root = xz_json_root(json);
    if (p->count == p->room) {
        p->room = p->room ? p->room * 2 : 4096;
        p->docs = xz_realloc(p->docs, p->room * sizeof p->docs[0]);
        p->terms = xz_realloc(p->terms, p->room * sizeof p->terms[0]);
    }
    struct xz_search_doc doc = {
        .id = (int64_t)number + 1,
        .entry = xz_json_int(xz_json_get(root, "entry"), 0),
        .title = xz_str_copy(kept, xz_json_str(xz_json_get(root, "title"), XZ_STR_NONE)),
        .body = xz_str_copy(kept, xz_json_str(xz_json_get(root, "text"), XZ_STR_NONE)),
    };
    doc.attr.region = doc.entry % 100 == 50 ? FILTER_LAWS : 0;
    doc.attr.kind = number % 100 == 50 ? FILTER_KIND : 0;
    doc.attr.from = 20000101;
    p->docs[p->count++] = doc;
    xz_json_destroy(json);
}

/* id TAB region TAB kind TAB terms of the title TAB terms of the body */
static void terms_line(xz_str line, size_t number, void *arg)
{
    struct passages *p = arg;
    const char *at = line.ptr;
    if (number >= p->count)
        die("more lines of terms than passages");
    XZ_ASSERT(p->terms);
    for (int column = 0; column < 3; column++)
        at = strchr(at, '\t') + 1;
    p->terms[number] = (char *)xz_str_copy(kept, xz_str_from(at)).ptr;
    p->terms[number][strcspn(p->terms[number], "\n")] = '\0';
}

/* ---- terms ---- */

static void term_write(FILE *out, const struct xz_term *term, xz_str text)
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    char value[16];
    size_t n = sizeof value;
    fputc(kind_letters[term->kind], out);
    if (term->kind == XZ_TERM_NUMBER || term->kind == XZ_TERM_ARTICLE) {
        for (uint64_t v = term->hash; v || n == sizeof value; v /= 36)
            value[--n] = digits[v % 36];
        fwrite(value + n, 1, sizeof value - n, out);
        return;
    }
    for (size_t at = term->start; at < term->start + term->len;) {
        char utf8[4];
        uint32_t code = xz_text_fold(xz_utf8_next(text, &at));
        if (code)
            fwrite(utf8, 1, xz_utf8_put(code, utf8), out);
    }
}

static void text_write(FILE *out, const struct xz_lexicon *lexicon, xz_str text, bool once)
{
    struct xz_arena *arena = xz_arena_create(1 << 16);
    struct xz_terms terms = xz_terms_of(arena, lexicon, text);
    for (size_t i = 0; i < terms.count; i++) {
        bool had = false;
        for (size_t k = 0; k < i && once && !had; k++)
            had = terms.items[k].hash == terms.items[i].hash;
        if (had)
            continue;
        if (i)
            fputc(' ', out);
        term_write(out, &terms.items[i], text);
    }
    xz_arena_destroy(arena);
}

struct question_list {
    xz_str text[2000];
    size_t count;
};

static void question_line(xz_str line, size_t number, void *arg)
{
    struct question_list *list = arg;
    struct xz_json_doc *json = NULL;
    if (number >= XZ_COUNT(list->text) || xz_json_parse(line, &json) != XZ_OK)
        die("questions");
    xz_str text = xz_json_str(xz_json_get(xz_json_root(json), "text"), XZ_STR_NONE);
    list->text[list->count++] = xz_str_copy(kept, text);
    xz_json_destroy(json);
}

static void write_terms(char **args)
{
    static struct question_list questions;
    struct passages p = { 0 };
    struct xz_lexicon *lexicon;
    if (xz_lexicon_open(args[2], &lexicon) != XZ_OK)
        die(args[2]);
    FILE *out = fopen(args[3], "we");
    lines(args[0], passage_line, &p);
    for (size_t i = 0; out && i < p.count; i++) {
        fprintf(out, "%zu\t%d\t%d\t", i + 1, p.docs[i].attr.region != 0, p.docs[i].attr.kind);
        text_write(out, lexicon, p.docs[i].title, false);
        fputc('\t', out);
        text_write(out, lexicon, p.docs[i].body, false);
        fputc('\n', out);
    }
    if (!out || fclose(out))
        die(args[3]);
    lines(args[1], question_line, &questions);
    if (!(out = fopen(args[4], "we")))
        die(args[4]);
    for (size_t i = 0; i < questions.count; i++) {
        text_write(out, lexicon, questions.text[i], true);
        fputc('\n', out);
    }
    fclose(out);
}

/* ---- build ---- */

static int64_t folder_bytes(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *item;
    struct stat st;
    int64_t bytes = 0;
    while (folder && (item = readdir(folder)))
        if (fstatat(dirfd(folder), item->d_name, &st, 0) == 0 && S_ISREG(st.st_mode))
            bytes += st.st_size;
    if (folder)
        closedir(folder);
    return bytes;
}

static void put_all(struct xz_search_index *index, const struct passages *p)
{
    for (size_t from = 0, to; from < p->count; from = to) {
        int64_t entry = p->docs[from].entry;
        for (to = from; to < p->count && p->docs[to].entry == entry;)
            to++;
        if (xz_search_put(index, entry, p->docs + from, to - from, entry) != XZ_OK)
            die("put");
        xz_search_applied(index, entry);
    }
}

static void build(char **args)
{
    struct passages p = { 0 };
    struct xz_lexicon *lexicon;
    struct xz_search_index *index;
    struct xz_search_stats stats;
    int64_t applied;
    if (xz_lexicon_open(args[2], &lexicon) != XZ_OK)
        die(args[2]);
    lines(args[0], passage_line, &p);
    lines(args[1], terms_line, &p);
    given.passages = strcmp(args[4], "given") == 0 ? &p : NULL;
    int64_t began = xz_time_monotonic_us(), cpu = cpu_us(CLOCK_PROCESS_CPUTIME_ID);
    struct xz_search_options options = { .folder = args[3], .lexicon = lexicon };
    if (xz_search_open(&options, &index, &applied) != XZ_OK)
        die("open");
    put_all(index, &p);
    if (xz_search_flush(index) != XZ_OK)
        die("flush");
    int64_t durable = xz_time_monotonic_us() - began;
    int64_t durable_cpu = cpu_us(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    xz_search_stats(index, &stats);
    int64_t segments = stats.segments;
    if (xz_search_merge(index, 1) != XZ_OK)
        die("merge");
    printf("{\"durable_s\":%.3f,\"durable_cpu_s\":%.3f,\"durable_segments\":%lld,\"wall_s\":%.3f,"
           "\"cpu_s\":%.3f,\"segments\":1,",
           (double)durable / 1e6, (double)durable_cpu / 1e6, (long long)segments,
           (double)(xz_time_monotonic_us() - began) / 1e6,
           (double)(cpu_us(CLOCK_PROCESS_CPUTIME_ID) - cpu) / 1e6);
    xz_search_stats(index, &stats);
    xz_search_close(index);
    printf("\"postings\":%lld,\"terms\":%lld,\"bytes\":%lld}\n", (long long)stats.postings,
           (long long)stats.terms, (long long)folder_bytes(args[3]));
}

/* ---- serve ---- */

struct server {
    struct xz_search_index *index;
    struct question_list questions;
    char *terms[2000];
    struct xz_synonyms *synonyms;
    struct xz_arena *arena;
    struct xz_search_filter filter;
    int64_t top[HITS];
    size_t found;
};

static void server_terms(xz_str line, size_t number, void *arg)
{
    struct server *s = arg;
    s->terms[number] = (char *)xz_str_copy(kept, line).ptr;
}

/* The first stage alone, with the terms that the others get and all of one weight. */
static void ask_terms(struct server *s, const char *at)
{
    struct search_slot *slot;
    const struct search_snapshot *snapshot = search_acquire(s->index, &slot);
    struct search_plan *plan = XZ_NEW(s->arena, struct search_plan, 1);
    struct xz_term term = { 0 };
    while (plan->term_count < SEARCH_TERMS_MAX && term_read(&at, &term)) {
        int64_t df = search_df(snapshot, term.hash);
        plan->terms[plan->term_count++] = (struct search_term){
            .hash = term.hash, .main = 1, .total = 1, .idf = search_idf(snapshot->docs, df)
        };
    }
    struct search_scan scan = {
        .snapshot = snapshot, .plan = plan, .filter = &s->filter, .wanted = HITS
    };
    search_scan_run(&scan, s->arena);
    s->found = 0;
    /* Best first, as the others give them. */
    for (size_t i = 0; i < scan.count; i++) {
        size_t rank = 0;
        for (size_t k = 0; k < scan.count; k++)
            rank += scan.found[k].score > scan.found[i].score ||
                    (scan.found[k].score == scan.found[i].score &&
                     scan.found[k].id < scan.found[i].id);
        s->top[rank] = scan.found[i].id;
        s->found++;
    }
    search_release(slot);
}

static void ask_whole(struct server *s, xz_str text, bool synonyms)
{
    struct xz_search_query query = { .text = text,
                                     .filter = &s->filter,
                                     .synonyms = synonyms ? s->synonyms : NULL,
                                     .hits_max = HITS };
    struct xz_search_hit *hits;
    if (xz_search_find(s->index, s->arena, &query, &hits, &s->found) != XZ_OK)
        die("find");
    for (size_t i = 0; i < s->found; i++)
        s->top[i] = hits[i].id;
}

/* `whole` is a search as the product does it: the question read, its words' alternatives added, two
 * stages. `whole_own` is that without alternatives. */
static void obey(struct server *s, const char *order)
{
    FILE *part[3];
    char *text[3];
    size_t size[3];
    bool terms = strncmp(order, "whole", 5) != 0, own = strncmp(order, "whole_own", 9) == 0;
    s->filter = (struct xz_search_filter){ .kind_mask = 0 };
    if (strstr(order, "filter_laws")) {
        s->filter.regions[0] = FILTER_LAWS;
        s->filter.region_count = 1;
    }
    if (strstr(order, "filter_scattered"))
        s->filter.kind_mask = 1u << FILTER_KIND;
    for (int i = 0; i < 3; i++)
        part[i] = open_memstream(&text[i], &size[i]);
    for (size_t i = 0; i < s->questions.count; i++) {
        int64_t began = xz_time_monotonic_us(), cpu = cpu_us(CLOCK_THREAD_CPUTIME_ID);
        if (terms)
            ask_terms(s, s->terms[i]);
        else
            ask_whole(s, s->questions.text[i], !own);
        xz_arena_reset(s->arena);
        const char *comma = i ? "," : "";
        fprintf(part[1], "%s%lld", comma, (long long)(cpu_us(CLOCK_THREAD_CPUTIME_ID) - cpu));
        fprintf(part[0], "%s%lld", comma, (long long)(xz_time_monotonic_us() - began));
        fprintf(part[2], "%s[", comma);
        for (size_t k = 0; k < s->found; k++)
            fprintf(part[2], "%s%lld", k ? "," : "", (long long)s->top[k]);
        fprintf(part[2], "]");
    }
    for (int i = 0; i < 3; i++)
        fclose(part[i]);
    printf("{\"wall_us\":[%s],\"cpu_us\":[%s],\"top\":[%s]}\n", text[0], text[1], text[2]);
    fflush(stdout);
    for (int i = 0; i < 3; i++)
        (free)(text[i]);
}

static void serve(char **args)
{
    static struct server s;
    struct xz_lexicon *lexicon;
    struct xz_buf file;
    int64_t applied;
    char order[64];
    s.arena = xz_arena_create(1 << 20);
    xz_buf_init(&file, (size_t)MIB(64));
    if (xz_lexicon_open(args[3], &lexicon) != XZ_OK || xz_file_read(args[4], &file) != XZ_OK ||
        xz_synonyms_parse(xz_buf_str(&file), &s.synonyms) != XZ_OK)
        die("words");
    lines(args[1], question_line, &s.questions);
    lines(args[2], server_terms, &s);
    struct xz_search_options options = { .folder = args[0], .lexicon = lexicon };
    if (xz_search_open(&options, &s.index, &applied) != XZ_OK)
        die("open");
    while (fgets(order, sizeof order, stdin)) {
        order[strcspn(order, "\n")] = '\0';
        obey(&s, order);
    }
    xz_search_close(s.index);
}

int main(int argc, char **argv)
{
    kept = xz_arena_create(1 << 20);
    if (argc != 7 || xz_text_init() != XZ_OK)
        die("usage: see the head of bench/peers/ours.c");
    if (strcmp(argv[1], "terms") == 0)
        write_terms(argv + 2);
    else if (strcmp(argv[1], "build") == 0)
        build(argv + 2);
    else
        serve(argv + 2);
    return 0;
}
