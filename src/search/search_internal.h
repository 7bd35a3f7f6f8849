/* Shared by the files of search/ and its tests, and nobody else.
 *
 * A segment is one immutable image, the same bytes in memory and in a file: a header, then sections
 * (little-endian, 8-byte aligned). Documents are numbered 0 .. docs-1 in a segment. */
#ifndef XZ_SEARCH_INTERNAL_H
#define XZ_SEARCH_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/buf.h"
#include "search/search.h"

#define SEARCH_FORMAT 1
#define SEARCH_BLOCK 128            /* postings of one packed block */
#define SEARCH_DOCS_MAX (1u << 24)  /* of one segment: deltas then fit 24 bits and sums 32 */
#define SEARCH_TERMS_MAX 96         /* of one query, expansions included */
#define SEARCH_WINDOW 4096          /* documents scored at a time: the sums stay in the L1 cache */
#define SEARCH_PAD_BYTES 8          /* after packed bits, which are read 64 at a time */

/* Weight of one occurrence in the title against one in the body. Bounds in the file depend on
 * it and on k1 and b: raise SEARCH_FORMAT when they change. */
#define SEARCH_TITLE_WEIGHT 1.0f
#define SEARCH_K1 1.2f
#define SEARCH_B 0.9f
#define SEARCH_PLAIN_B 0.75f
/* Sums of scores are integers, so that they do not depend on the order of adding. */
#define SEARCH_SCALE 65536.0f

enum search_section {
    SEC_TERMS,      /* struct seg_term, ascending by hash */
    SEC_POSTINGS,   /* lists, then SEARCH_PAD_BYTES */
    SEC_RUNS,       /* struct seg_run, ascending by entry */
    SEC_ID,         /* int64_t per document, and so on: */
    SEC_ENTRY,      /* int64_t */
    SEC_FAMILY,     /* uint64_t */
    SEC_REGION,     /* uint32_t */
    SEC_DEPARTMENT, /* uint32_t */
    SEC_FROM,       /* int32_t */
    SEC_UNTIL,      /* int32_t, 0 stored as INT32_MAX */
    SEC_VISIBILITY, /* uint8_t */
    SEC_KIND,       /* uint8_t */
    SEC_FLAGS,      /* uint8_t */
    SEC_LENGTH,     /* struct seg_length */
    SEC_TEXT_AT,    /* uint32_t per document and one more: where its text starts, in units */
    SEC_TEXT,       /* uint16_t units of the folded text, for the second stage */
    SEC_COUNT
};

struct seg_section {
    uint64_t at, bytes;
    uint32_t crc, unused;
};

struct seg_header {
    char magic[8];
    uint32_t format, terms_version;
    uint32_t docs, terms;
    uint64_t postings;
    uint64_t length_sum;    /* of body + title terms */
    double weighted_sum;    /* of weighted lengths */
    uint64_t han_sum;       /* Han characters of the folded text */
    float bound_average;    /* the weighted average length that block bounds were made with */
    uint32_t kind_mask;
    uint32_t region_min, region_max;
    int32_t from_max, until_min;
    uint8_t visibility_mask, superseded_any, has_crc, unused[5];
    struct seg_section sections[SEC_COUNT];
    uint64_t bytes; /* of the whole image */
    uint32_t crc, unused2; /* of the header with this field zero */
};

/* df of one: the posting itself stands here (INLINE, `at` is the document). COUNT: a character's
 * document frequency without a list. */
struct seg_term {
    uint64_t hash;
    uint32_t df; /* INLINE: SEG_INLINE | title << 16 | body */
    uint32_t at; /* offset of the list in SEC_POSTINGS */
};
#define SEG_INLINE 0x80000000u
#define SEG_COUNT 0x40000000u
#define SEG_DF_MASK 0x3fffffffu

struct seg_run { /* the documents of one entry */
    int64_t entry;
    uint32_t first, count;
};
struct seg_length { /* in terms; words do not count, they cover the same characters */
    uint16_t body, title;
};

struct search_post {
    uint32_t doc;
    uint16_t body;
    uint8_t title;
};

/* Effective frequency and length of the two fields as one. */
static inline float search_tf(uint32_t body, uint32_t title)
{
    return (float)body + SEARCH_TITLE_WEIGHT * (float)title;
}
static inline float search_length(struct seg_length length)
{
    return (float)length.body + SEARCH_TITLE_WEIGHT * (float)length.title;
}

/* What BM25 needs beside term and document: norm = base + per_unit * length. */
struct search_norm {
    float base, per_unit;
};
static inline struct search_norm search_norm_make(float k1, float b, double average)
{
    return (struct search_norm){ k1 * (1 - b), average > 0 ? (float)(k1 * b / average) : 0 };
}
static inline float search_part(float tf, struct search_norm norm, float length)
{
    return tf / (tf + norm.base + norm.per_unit * length);
}

/* ---- segment (search_segment.c) ---- */
struct search_segment {
    _Atomic int64_t refs;
    const uint8_t *image;
    size_t bytes;
    bool mapped;
    int64_t file; /* number in the file name, 0: memory */
    const struct seg_header *head;
    const struct seg_term *terms;
    const uint8_t *postings;
    size_t postings_bytes; /* without the padding */
    const struct seg_run *runs;
    size_t run_count;
    const int64_t *id, *entry;
    const uint64_t *family;
    const uint32_t *region, *department;
    const int32_t *from, *until;
    const uint8_t *visibility, *kind, *flags;
    const struct seg_length *length;
    const uint32_t *text_at;
    const uint16_t *text;
};

/* Takes over `image` (from xz_alloc). XZ_E_IO: not a segment; the image is then freed. */
XZ_MUST_USE xz_err search_segment_adopt(uint8_t *image, size_t bytes, struct search_segment **seg);
/* Maps the file and checks every checksum. XZ_E_IO missing, truncated, damaged, foreign. */
XZ_MUST_USE xz_err search_segment_map(const char *path, int64_t file, struct search_segment **seg);
void search_segment_ref(struct search_segment *seg);
void search_segment_unref(struct search_segment *seg);
bool search_segment_crc_ok(const struct search_segment *seg);
/* The pages may leave memory; they come back from the file when read. */
void search_segment_cool(const struct search_segment *seg);
const struct seg_term *search_segment_term(const struct search_segment *seg, uint64_t hash);
/* NULL: the entry is not in this segment. */
const struct seg_run *search_segment_run(const struct search_segment *seg, int64_t entry);
struct xz_search_attr search_attr(const struct search_segment *seg, uint32_t doc);
static inline uint32_t search_term_df(const struct seg_term *term)
{
    return term->df & SEG_INLINE ? 1 : term->df & SEG_DF_MASK;
}

/* ---- writing images (search_sink.c) ---- */
struct search_sink {
    int fd; /* -1: memory */
    uint8_t *mem;
    size_t len, room;
    uint64_t at;      /* bytes before mem[0] in the file */
    size_t crc_from;  /* first byte of mem not yet in crc */
    uint32_t crc;
    enum search_section open;
    bool failed;
    struct seg_header head;
};
void search_sink_memory(struct search_sink *sink);
XZ_MUST_USE xz_err search_sink_file(struct search_sink *sink, const char *path);
void search_sink_begin(struct search_sink *sink, enum search_section section);
void search_sink_put(struct search_sink *sink, const void *bytes, size_t count);
size_t search_sink_at(const struct search_sink *sink); /* offset in the open section */
void search_sink_end(struct search_sink *sink);
/* Writes the header. Memory: the image is the caller's. File: fsynced and closed. */
XZ_MUST_USE xz_err search_sink_finish(struct search_sink *sink, uint8_t **image, size_t *bytes);
void search_sink_abort(struct search_sink *sink);

/* ---- postings (search_list.c) ---- */
/* Writes one list and fills df and at of `term`. `lengths` and `average` are for the bounds. */
void search_list_write(struct search_sink *sink, const struct search_post *posts, size_t count,
                       const struct seg_length *lengths, double average, struct seg_term *term);
/* Reads a whole list, at most `room`. Returns the count; damaged blocks end the list. */
size_t search_list_read(const struct search_segment *seg, const struct seg_term *term,
                        struct search_post *posts, size_t room);

struct search_cursor {
    const struct search_segment *seg;
    const uint8_t *heads, *data, *end;
    uint32_t blocks;
    uint32_t block;  /* loaded block, UINT32_MAX none */
    uint32_t seek;   /* first block that may still matter */
    uint32_t count, pos; /* of the loaded block */
    float bound;     /* of the whole list, as stored */
    uint32_t docs[SEARCH_BLOCK];
    uint16_t body[SEARCH_BLOCK];
    uint8_t title[SEARCH_BLOCK];
};
struct search_block_head {
    uint32_t last, at;
    float bound;
    uint8_t doc_bits, body_bits, title_bits, count_minus_1;
};
void search_cursor_open(struct search_cursor *cursor, const struct search_segment *seg,
                        const struct seg_term *term);
struct search_block_head search_cursor_head(const struct search_cursor *cursor, uint32_t block);
/* Loads `block`; false (and an empty block) when it is damaged. */
bool search_cursor_load(struct search_cursor *cursor, uint32_t block);

/* ---- from documents to an image (search_build.c) ---- */
XZ_MUST_USE xz_err search_build(const struct xz_lexicon *lexicon, double average,
                                const struct xz_search_doc *docs, size_t count,
                                struct search_segment **seg);
/* One 16-bit unit of a folded character: Han, ASCII letters and digits as they are, all else 0. */
uint16_t search_unit(uint32_t code);
#define SEARCH_FIELD_END 1 /* unit between title and body */
uint64_t search_unit_hash(uint16_t unit);
/* Adds one document to the totals and ranges of a header. */
void search_head_count(struct seg_header *head, const struct xz_search_attr *attr,
                       struct seg_length length);
/* Han characters among `count` units. */
uint64_t search_han_count(const uint16_t *units, size_t count);
static inline bool search_unit_is_han(uint16_t unit)
{
    return unit > 'z';
}

/* ---- deleted documents (search_snapshot.c) ---- */
struct search_tombs { /* immutable once published */
    _Atomic int64_t refs;
    uint32_t docs, dead;
    uint64_t bits[];
};
struct search_tombs *search_tombs_copy(const struct search_tombs *old, uint32_t docs);
void search_tombs_set(struct search_tombs *tombs, uint32_t doc);
static inline bool search_tombs_has(const struct search_tombs *tombs, uint32_t doc)
{
    return tombs && (tombs->bits[doc >> 6] >> (doc & 63) & 1);
}
void search_tombs_unref(struct search_tombs *tombs);

struct search_ref {
    struct search_segment *seg;
    struct search_tombs *tombs; /* NULL: none dead */
};
static inline uint32_t search_ref_live(const struct search_ref *ref)
{
    return ref->seg->head->docs - (ref->tombs ? ref->tombs->dead : 0);
}

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

/* ---- merging (search_merge.c) ---- */
/* Writes the live documents of `refs` in order. `moved[i]`, when not NULL, receives per source the
 * new number of each document (UINT32_MAX: left out), to be freed with xz_free. */
void search_merge_into(struct search_sink *sink, const struct search_ref *refs, size_t count,
                       double average, uint32_t **moved);

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
XZ_MUST_USE xz_err search_manifest_read(const char *folder, struct search_ref **refs,
                                        size_t *count, int64_t *applied, int64_t *file_next);
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
#define SEARCH_CHARS_MAX 256
#define SEARCH_PAIRS_MAX 250
#define SEARCH_PHRASES_MAX 96
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
    uint32_t first, last; /* only documents first .. last-1 */
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
    bool plain;          /* baseline: b 0.75, no title weight, nothing skipped */
    size_t wanted;       /* how many candidates */
    int64_t deadline_us; /* 0: none */
    struct search_candidate *found; /* result: best first, ties by id */
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
