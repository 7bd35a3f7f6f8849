/* Segments: their form, writing, reading and merging. Shared by the files of search/ and its tests.
 *
 * A segment is one immutable image, the same bytes in memory and in a file: a header, then sections
 * (little-endian, 8-byte aligned). Documents are numbered 0 .. docs-1 in a segment. */
#ifndef XZ_SEARCH_IMAGE_INTERNAL_H
#define XZ_SEARCH_IMAGE_INTERNAL_H

#include <stdatomic.h>

#include "core/buf.h"
#include "search/search.h"

#define SEARCH_FORMAT    1
#define SEARCH_BLOCK     128        /* postings of one packed block */
#define SEARCH_DOCS_MAX  (1u << 24) /* of one segment: deltas then fit 24 bits and sums 32 */
#define SEARCH_PAD_BYTES 8          /* after packed bits, which are read 64 at a time */

/* Weight of one occurrence in the title against one in the body. Bounds in the file depend on
 * it and on k1 and b: raise SEARCH_FORMAT when they change. */
#define SEARCH_TITLE_WEIGHT 1.0f
#define SEARCH_K1           1.2f
#define SEARCH_B            0.9f
#define SEARCH_PLAIN_B      0.75f
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
    uint64_t length_sum; /* of body + title terms */
    double weighted_sum; /* of weighted lengths */
    uint64_t han_sum;    /* Han characters of the folded text */
    float bound_average; /* the weighted average length that block bounds were made with */
    uint32_t kind_mask;
    uint32_t region_min, region_max;
    int32_t from_max, until_min;
    uint8_t visibility_mask, superseded_any, has_crc, unused[5];
    struct seg_section sections[SEC_COUNT];
    uint64_t bytes;        /* of the whole image */
    uint32_t crc, unused2; /* of the header with this field zero */
};

/* df of one: the posting itself stands here (INLINE, `at` is the document). COUNT: a character's
 * document frequency without a list. */
struct seg_term {
    uint64_t hash;
    uint32_t df; /* INLINE: SEG_INLINE | title << 16 | body */
    uint32_t at; /* offset of the list in SEC_POSTINGS */
};
#define SEG_INLINE  0x80000000u
#define SEG_COUNT   0x40000000u
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
    int64_t file;   /* number in the file name, 0: memory */
    int64_t change; /* in memory: the oldest change that a replay needs to bring all of it */
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
    uint64_t at;     /* bytes before mem[0] in the file */
    size_t crc_from; /* first byte of mem not yet in crc */
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
    uint32_t block;      /* loaded block, UINT32_MAX none */
    uint32_t seek;       /* first block that may still matter */
    uint32_t count, pos; /* of the loaded block */
    float bound;         /* of the whole list, as stored */
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
#define SEARCH_FIELD_END 1 /* unit after each part of title and body */
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

/* ---- merging (search_merge.c) ---- */
/* Writes the live documents of `refs` in order. `moved[i]`, when not NULL, receives per source the
 * new number of each document (UINT32_MAX: left out), to be freed with xz_free. */
void search_merge_into(struct search_sink *sink, const struct search_ref *refs, size_t count,
                       double average, uint32_t **moved);

#endif
