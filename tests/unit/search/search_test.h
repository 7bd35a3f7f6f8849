/* A made-up corpus that grows, changes and shrinks, and a scorer that looks at every document. */
#ifndef SEARCH_TEST_H
#define SEARCH_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "search/search_internal.h"

struct fake_doc {
    struct xz_search_doc doc;
    char title[64], body[512];
    bool live;
};
struct fake_corpus {
    struct fake_doc *docs; /* by id - 1; ids are never used again */
    size_t count, room;
    int64_t entries; /* entries 1 .. entries */
    uint64_t random;
};

uint32_t fake_random(struct fake_corpus *c, uint32_t below);
void fake_text(struct fake_corpus *c, char *text, size_t room, uint32_t chars);
/* Replaces `entry` by `count` new documents, in the corpus and in the index. */
void fake_put(struct fake_corpus *c, struct xz_search_index *index, int64_t entry, size_t count);
/* Puts `entries` new entries of 1 .. docs_max documents. */
void fake_fill(struct fake_corpus *c, struct xz_search_index *index, size_t entries,
               uint32_t docs_max);
/* Updates, deletes and adds at random. */
void fake_churn(struct fake_corpus *c, struct xz_search_index *index, size_t steps);
void fake_free(struct fake_corpus *c);

void fake_filter(struct fake_corpus *c, struct xz_search_filter *filter);
bool fake_passes(const struct xz_search_attr *attr, int64_t entry,
                 const struct xz_search_filter *filter);

/* The first stage's candidates must be those of scoring every document. */
void assert_scan_is_exact(struct fake_corpus *c, struct xz_search_index *index,
                          const char *question, const struct xz_search_filter *filter,
                          size_t wanted);
/* Many random questions, with and without filters. */
void assert_searches_exact(struct fake_corpus *c, struct xz_search_index *index, size_t questions);
struct xz_search_index *open_index(const char *folder, size_t live_bytes_max, int64_t *applied);
/* A fresh temporary folder; its content is removed by temp_remove. */
void temp_make(char folder[64]);
void temp_remove(const char *folder);

#endif
