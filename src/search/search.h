/* The knowledge index: passages found by terms and ranked in two stages, BM25 with block-max
 * skipping and then what the texts of the best show; filters inside the scan. Immutable
 * memory-mapped segments plus live ones in memory; a reader sees one snapshot, any number of
 * readers, no locks. The store is the truth: the index remembers the number of the last change it
 * holds durably, and what it lost is replayed from rows. */
#ifndef XZ_SEARCH_SEARCH_H
#define XZ_SEARCH_SEARCH_H

#include "core/clock.h"
#include "text/terms.h"

struct xz_search_index; /* opaque; all functions may be called from any thread unless said */

#define XZ_SEARCH_DEPTS_MAX   16
#define XZ_SEARCH_REGIONS_MAX 8

/* What a passage is filtered by. */
struct xz_search_attr {
    uint8_t visibility;  /* 0 public, 1 internal, 2 department; up to 7 */
    uint8_t kind;        /* entry kind, 0 .. 31 */
    uint8_t flags;       /* bit 0: superseded or withdrawn text, found only when asked for */
    uint32_t region;     /* division code, 0 national */
    uint32_t department; /* for visibility 2 */
    xz_date from, until; /* in force from .. until inclusive; 0 open */
    uint64_t family;     /* versions of one law share it; used for folding; 0 none */
};
#define XZ_SEARCH_SUPERSEDED 1

struct xz_search_doc {
    int64_t id;    /* of the clause or question variant; unique in the index */
    int64_t entry; /* deletes and updates go by entry */
    struct xz_search_attr attr;
    xz_str title; /* title of the entry, chapter, label: weighs more */
    xz_str body;
};

struct xz_search_options {
    const char *folder;               /* NULL: in memory only */
    const struct xz_lexicon *lexicon; /* borrowed until xz_search_lexicon_set */
    size_t live_bytes_max; /* memory of live segments before they go to disk; 0: 16 MiB */
};

/* Opens what is there. A missing, foreign-version or damaged index opens empty with
 * *applied == 0 and is logged: the caller replays everything.
 *   XZ_E_IO  the folder cannot be read or written */
XZ_MUST_USE xz_err xz_search_open(const struct xz_search_options *options,
                                  struct xz_search_index **index, int64_t *applied);
void xz_search_close(struct xz_search_index *index); /* flushes; NULL is fine */

/* Replaces all passages of `entry` by `docs` (none: deletes it). Searchable when it returns.
 * `change` is the committed change that last touched the entry: deletes may reach the disk before
 * the new documents do, and then only a replay from `change` on brings those. Calls for one entry
 * come in order of change, different entries may come from different threads. */
XZ_MUST_USE xz_err xz_search_put(struct xz_search_index *index, int64_t entry,
                                 const struct xz_search_doc *docs, size_t count, int64_t change);
/* All changes up to and including `change` have been put: from here on a flush may remember it. */
void xz_search_applied(struct xz_search_index *index, int64_t change);
/* Writes live segments and tombstones to disk with fsync; remembers the applied change. */
XZ_MUST_USE xz_err xz_search_flush(struct xz_search_index *index);
/* Merges until at most `segments_max` remain. For benchmarks and idle hours. */
XZ_MUST_USE xz_err xz_search_merge(struct xz_search_index *index, size_t segments_max);
/* New lexicon for documents and queries from now on (the old one may be destroyed after return). */
void xz_search_lexicon_set(struct xz_search_index *index, const struct xz_lexicon *lexicon);

/* Which passages take part at all; others are not scored and not counted. */
struct xz_search_filter {
    uint8_t visibility_mask; /* bit v set: visibility v may be seen; 0 means public only */
    uint32_t departments[XZ_SEARCH_DEPTS_MAX]; /* for visibility 2, where the mask lets it; */
    size_t department_count;                   /* 0: of any department */
    uint32_t regions[XZ_SEARCH_REGIONS_MAX];   /* any of these; 0 is national */
    size_t region_count;                       /* 0: any region */
    xz_date on;                                /* in force on this day; 0: any */
    uint32_t kind_mask;                        /* bit k: kind k; 0: any */
    bool superseded_too;
    int64_t entry; /* only this entry; 0: any */
};

struct xz_search_hit {
    int64_t id, entry;
    float score; /* comparable within one search */
    struct xz_search_attr attr;
};

struct xz_search_query {
    xz_str text;
    const struct xz_search_filter *filter;
    const struct xz_synonyms *synonyms; /* NULL: none */
    size_t hits_max;                    /* 1 .. 1000 */
    int64_t budget_ms;                  /* 0: none */
    bool fold_families;                 /* of the versions of one law only the best one's hits */
    bool plain_bigrams;                 /* baseline for eval: bigrams, no fields, no expansion */
};

/* Best first; ties by id. Hits live in `arena`. Nothing found is XZ_OK and *count == 0.
 *   XZ_E_INPUT  hits_max out of range
 *   XZ_E_BUSY   time ran out; *hits holds what was found until then */
XZ_MUST_USE xz_err xz_search_find(struct xz_search_index *index, struct xz_arena *arena,
                                  const struct xz_search_query *query, struct xz_search_hit **hits,
                                  size_t *count);

/* How much a term tells: ln(1 + (N - df + 0.5) / (df + 0.5)), N at least 1,000, and no more than a
 * term never seen among 1,000. */
float xz_search_idf(struct xz_search_index *index, uint64_t term_hash);
float xz_search_char_idf(struct xz_search_index *index, uint32_t code); /* of one character */

struct xz_search_stats {
    int64_t documents, deleted, terms, postings;
    int64_t segments, live_segments;
    int64_t disk_bytes, live_bytes;
    int64_t applied_change, durable_change;
};
void xz_search_stats(struct xz_search_index *index, struct xz_search_stats *stats);
/* Reads every checksum. Each problem is one call. */
XZ_MUST_USE xz_err xz_search_verify(struct xz_search_index *index,
                                    void (*problem)(xz_str what, void *arg), void *arg);
/* Calls `each` with every live document id and entry (to compare with the store). */
void xz_search_each(struct xz_search_index *index,
                    void (*each)(int64_t id, int64_t entry, void *arg), void *arg);

#endif
