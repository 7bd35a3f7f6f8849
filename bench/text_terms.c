/* Speed of making search terms: text_terms WORDS.bin FILE… reads the files, then times passes over
 * them. Prints one JSON object. With --show it prints the terms of the first file instead. */
#include <stdio.h>

#include "core/clock.h"
#include "core/file.h"
#include "text/terms.h"

#define CORPUS_BYTES_MAX MIB(512)
#define PIECE_BYTES      4096 /* about what a clause or an answer has, so that the arena stays small */
#define PASSES           3

static const char *const kinds[] = { "?", "bigram", "word", "char", "ascii", "number", "article" };

static void show(struct xz_arena *arena, const struct xz_lexicon *lexicon, xz_str text)
{
    struct xz_terms terms = xz_terms_of(arena, lexicon, text);
    for (size_t i = 0; i < terms.count; i++) {
        const struct xz_term *t = &terms.items[i];
        printf("%u %s %.*s%s%s\n", t->pos, kinds[t->kind], (int)t->len, text.ptr + t->start,
               t->flags & XZ_TERM_STOP ? " stop" : "", t->flags & XZ_TERM_CROSS ? " cross" : "");
    }
}

static size_t pass(struct xz_arena *arena, const struct xz_lexicon *lexicon, xz_str corpus)
{
    size_t count = 0;
    while (corpus.len > 0) {
        size_t len = XZ_MIN(corpus.len, (size_t)PIECE_BYTES);
        while (len < corpus.len && ((unsigned char)corpus.ptr[len] & 0xC0) == 0x80)
            len++;
        count += xz_terms_of(arena, lexicon, (xz_str){ corpus.ptr, len }).count;
        xz_arena_reset(arena);
        corpus = xz_str_sub(corpus, len, corpus.len);
    }
    return count;
}

static double mb_per_s(size_t bytes, int64_t us)
{
    return us > 0 ? (double)bytes / (double)us : 0;
}

int main(int argc, char **argv)
{
    struct xz_arena *arena = xz_arena_create(1 << 20);
    struct xz_lexicon *lexicon;
    struct xz_buf corpus, file;
    int first = argc > 1 && strcmp(argv[1], "--show") == 0 ? 2 : 1;
    int64_t opened = xz_time_monotonic_us();
    if (argc < first + 2 || xz_lexicon_open(argv[first], &lexicon) != XZ_OK) {
        fprintf(stderr, "usage: text_terms [--show] WORDS.bin FILE…  %s\n", xz_fail_detail());
        return 2;
    }
    opened = xz_time_monotonic_us() - opened;
    xz_buf_init(&corpus, (size_t)CORPUS_BYTES_MAX);
    for (int i = first + 1; i < argc; i++) {
        xz_buf_init(&file, (size_t)MIB(64));
        if (xz_file_read(argv[i], &file) == XZ_OK)
            xz_buf_add(&corpus, xz_buf_str(&file));
        xz_buf_fini(&file);
    }
    xz_str text = xz_buf_str(&corpus);
    if (first == 2) {
        show(arena, lexicon, text);
        return 0;
    }
    int64_t best[2] = { INT64_MAX, INT64_MAX };
    size_t count = 0;
    for (int i = 0; i < PASSES * 2; i++) {
        int64_t start = xz_time_monotonic_us();
        count = pass(arena, i & 1 ? lexicon : NULL, text);
        int64_t us = xz_time_monotonic_us() - start;
        best[i & 1] = XZ_MIN(best[i & 1], us);
    }
    printf("{\"bytes\":%zu,\"terms\":%zu,\"mb_per_s\":%.1f,\"bigrams_only_mb_per_s\":%.1f,"
           "\"lexicon_open_ms\":%.1f}\n",
           text.len, count, mb_per_s(text.len, best[1]), mb_per_s(text.len, best[0]),
           (double)opened / 1000);
    xz_lexicon_destroy(lexicon);
    xz_buf_fini(&corpus);
    xz_arena_destroy(arena);
    return 0;
}
