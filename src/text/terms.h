/* Search terms: how text becomes what the index counts. One token stream for documents and queries.
 * Terms are 64-bit hashes of their kind and normalised text; they are stored on disk, so that a
 * change of this code must raise XZ_TERMS_VERSION (the index is then rebuilt). */
#ifndef XZ_TEXT_TERMS_H
#define XZ_TEXT_TERMS_H

#include "text/text.h"

#define XZ_TERMS_VERSION 1

enum xz_term_kind {
    XZ_TERM_BIGRAM = 1, /* two adjacent Han characters */
    XZ_TERM_WORD,       /* a dictionary word of 2 or more characters, by best segmentation */
    XZ_TERM_CHAR,       /* a Han character that stands alone (no Han neighbour) */
    XZ_TERM_ASCII,      /* letters and digits run (of any script but Han), lower case */
    XZ_TERM_NUMBER,     /* a numeral by value, "230": 二百三十 and 230 are one term; "3.5" */
    XZ_TERM_ARTICLE,    /* 第X条 by value, "120"; 第一百二十条之一 is "120-1" */
};

struct xz_term {
    uint64_t hash;
    uint32_t pos;   /* character position, for proximity; unseen characters do not count */
    uint32_t start; /* byte offsets into the text given, for marking hits */
    uint16_t len;
    uint8_t kind;
    uint8_t flags; /* XZ_TERM_STOP: a question or function word (怎么, 吗, 的) */
};
#define XZ_TERM_STOP  1
#define XZ_TERM_CROSS 2 /* a bigram over a word border of the best segmentation */

/* Word dictionary: a compiled file (see tools/words), memory-mapped, plus user words. Immutable
 * snapshot; replaced as a whole when user words change. */
struct xz_lexicon;
/* `path`: the compiled dictionary, NULL for none. XZ_E_IO missing or damaged. */
XZ_MUST_USE xz_err xz_lexicon_open(const char *path, struct xz_lexicon **lexicon);
/* A new snapshot with these user words added (all of them, not a difference). Words are
 * normalised here. The base mapping is shared and reference-counted. */
struct xz_lexicon *xz_lexicon_with(const struct xz_lexicon *base, const xz_str *words,
                                   size_t count);
void xz_lexicon_destroy(struct xz_lexicon *lexicon);
/* Log-probability of a word (below 0), 0 when unknown. */
float xz_lexicon_weight(const struct xz_lexicon *lexicon, xz_str word);

struct xz_terms {
    struct xz_term *items;
    size_t count;
};
/* All terms of `text` in order of position; at one place NUMBER or ARTICLE first, then BIGRAM or
 * CHAR, then WORD. Lives in `arena`. `lexicon` NULL: no word terms and no XZ_TERM_CROSS. Numerals
 * in Han characters give their bigrams too; a single one (一) is a number only before a unit
 * (一年). */
struct xz_terms xz_terms_of(struct xz_arena *arena, const struct xz_lexicon *lexicon, xz_str text);
uint64_t xz_term_hash(enum xz_term_kind kind, xz_str normalised);

/* Synonym table: groups or one-way rows (lay -> legal), for query expansion. Immutable. */
struct xz_synonyms;
/* TSV text: `word<TAB>other、other…` one-way; `word=other=…` both ways; # comments. */
XZ_MUST_USE xz_err xz_synonyms_parse(xz_str tsv, struct xz_synonyms **synonyms);
void xz_synonyms_destroy(struct xz_synonyms *synonyms);
/* Every table word found in the normalised `text` (longest first, not overlapping): calls `each`
 * with the place and its others. */
void xz_synonyms_find(const struct xz_synonyms *synonyms, xz_str text,
                      void (*each)(xz_str word, size_t start, const xz_str *others, size_t count,
                                   void *arg),
                      void *arg);

#endif
