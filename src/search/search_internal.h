/* Snapshots, upkeep and the steps of a search. Shared by the files of search/ and its tests. */
#ifndef XZ_SEARCH_INTERNAL_H
#define XZ_SEARCH_INTERNAL_H

#include <pthread.h>

#include "search/search_image_internal.h"

#define SEARCH_TERMS_MAX 96   /* of one query, expansions included */
#define SEARCH_WINDOW    4096 /* documents scored at a time: the sums stay in the L1 cache */

/* ---- snapshots (search_snapshot.c) ---- */
struct search_snapshot {
    struct search_snapshot *retired;
    const struct xz_lexicon *lexicon;
    int64_t docs, live; /* with and without deleted ones */
    double average;     /* weighted length, 1 when empty */
    double plain_average, han_average;
    size_t count;
    struct search_ref refs[];
};

#define SEARCH_SLOTS 128
struct search_slot {
    _Atomic(struct search_snapshot *) held;
    _Atomic bool busy;
    char apart[48]; /* each slot in a cache line of its own */
};

struct xz_search_index {
    char *folder; /* NULL: memory only */
    size_t live_bytes_max;
    _Atomic(struct search_snapshot *) current;
    struct search_slot slots[SEARCH_SLOTS];

    pthread_mutex_t write_lock; /* protects everything below, and publishing */
    pthread_cond_t wake, calm;  /* the keeper has work; segments became fewer */
    struct search_snapshot *retired;
    int64_t applied, durable;
    int64_t file_next;
    bool stopping, manifest_stale;
    bool failed; /* the last background write failed; logged once */

    pthread_mutex_t merge_lock; /* one merge or flush at a time; taken before write_lock */
    pthread_t keeper;
};

/* A reader holds a snapshot by naming it in a slot of its own: no lock, no shared counter. */
struct search_snapshot *search_acquire(struct xz_search_index *index, struct search_slot **slot);
void search_release(struct search_slot *slot);
/* Under write_lock: a snapshot with room for `count` refs; refs are filled by the caller. */
struct search_snapshot *search_snapshot_make(const struct xz_lexicon *lexicon, size_t count);
/* Under write_lock: totals the snapshot, takes references, replaces the current one. */
void search_publish(struct xz_search_index *index, struct search_snapshot *snapshot);
/* Under write_lock: waits until no reader holds an older snapshot, and frees them. */
void search_drain(struct xz_search_index *index);

/* ---- upkeep (search_keeper.c) ---- */
void *search_keeper_run(void *index);
bool search_keeper_needed(const struct xz_search_index *index, const struct search_snapshot *snap);
size_t search_live_count(const struct search_snapshot *snapshot, size_t *bytes);
/* With merge_lock held. */
XZ_MUST_USE xz_err search_flush_locked(struct xz_search_index *index);
XZ_MUST_USE xz_err search_merge_locked(struct xz_search_index *index, size_t segments_max);

/* ---- manifest (search_manifest.c) ---- */
XZ_MUST_USE xz_err search_manifest_write(const struct xz_search_index *index,
                                         const struct search_ref *refs, size_t count,
                                         int64_t applied);
/* Opens every segment it names. XZ_E_MISSING: there is none. XZ_E_IO: damaged or foreign. */
XZ_MUST_USE xz_err search_manifest_read(const char *folder, struct search_ref **refs, size_t *count,
                                        int64_t *applied, int64_t *file_next);
void search_files_sweep(const char *folder, const struct search_ref *refs, size_t count);
char *search_path(const char *folder, int64_t file); /* to be freed with xz_free */

/* ---- what to look for (search_plan.c) ---- */
struct search_term {
    uint64_t hash;
    float main;  /* weight as the asker's own word, 0 for an alternative only */
    float total; /* with the weight as part of an alternative: finds candidates */
    float idf;
};
struct search_char { /* of the question, weighed in the second stage */
    uint16_t unit;
    float weight;
};
struct search_pair { /* two adjacent characters looked for in the text of candidates */
    uint16_t first, second;
};
#define SEARCH_CHARS_MAX        256
#define SEARCH_PAIRS_MAX        250
#define SEARCH_PHRASES_MAX      96
#define SEARCH_PHRASE_PAIRS_MAX 15
/* A word of the question (own) or one of its alternatives, as its pairs. */
struct search_phrase {
    uint8_t group; /* phrases of one group stand for the same thing */
    bool own;
    uint8_t count;
    uint8_t pairs[SEARCH_PHRASE_PAIRS_MAX]; /* indices into the plan's pairs */
};
struct search_plan {
    struct search_term terms[SEARCH_TERMS_MAX];
    size_t term_count;
    struct search_char chars[SEARCH_CHARS_MAX];
    size_t char_count;
    struct search_pair pairs[SEARCH_PAIRS_MAX];
    size_t pair_count;
    struct search_phrase phrases[SEARCH_PHRASES_MAX];
    size_t phrase_count, group_count;
};
/* Lives in `arena`. */
struct search_plan *search_plan_make(struct xz_arena *arena, const struct search_snapshot *snapshot,
                                     const struct xz_search_query *query);
uint64_t search_pair_hash(struct search_pair pair);
int64_t search_df(const struct search_snapshot *snapshot, uint64_t hash);
float search_idf(int64_t docs, int64_t df);
/* Marks which units of a question are covered by words that carry no subject. */
void search_stop_cover(const uint16_t *units, size_t count, bool *covered);

/* ---- which documents may take part (search_gate.c) ---- */
struct search_gate {
    const struct search_segment *seg;
    const struct search_tombs *tombs;
    const struct xz_search_filter *filter;
    uint32_t first, last;                            /* only documents first .. last-1 */
    bool visibility, kind, region, date, superseded; /* which checks are needed at all */
};
/* False: nothing in this segment can pass. */
bool search_gate_open(struct search_gate *gate, const struct search_ref *ref,
                      const struct xz_search_filter *filter);
/* Sets bit i of `bits` when document from + i passes. `from` is a multiple of 64, `count` a window
 * at most. Returns how many pass. */
uint32_t search_gate_window(const struct search_gate *gate, uint32_t from, uint32_t count,
                            uint64_t *bits);

/* ---- first stage (search_scan.c) ---- */
struct search_candidate {
    uint32_t score, main; /* of all terms, and of the asker's own, in SEARCH_SCALE */
    uint32_t ref, doc;    /* which segment of the snapshot */
    int64_t id;
};
struct search_scan {
    const struct search_snapshot *snapshot;
    const struct search_plan *plan;
    const struct xz_search_filter *filter;
    bool plain;                     /* baseline: b 0.75, no title weight, nothing skipped */
    size_t wanted;                  /* how many candidates */
    int64_t deadline_us;            /* 0: none */
    struct search_candidate *found; /* result: the best, ties by id; in no order */
    size_t count;
    bool late; /* the deadline passed */
};
void search_scan_run(struct search_scan *scan, struct xz_arena *arena);

/* ---- second stage (search_rank.c) ---- */
struct search_ranked {
    float score;
    uint32_t ref, doc;
    int64_t id;
};
/* The candidates of `scan` by their final score, best first, ties by id. */
struct search_ranked *search_rank(const struct search_scan *scan, struct xz_arena *arena);

#endif
