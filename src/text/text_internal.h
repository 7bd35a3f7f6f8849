/* The compiled dictionary's form, shared by lexicon.c, terms.c and the compiler tools/words.c.
 * Every prefix (2 or more characters) of every word is a slot of one hash table: the front part of
 * a search from some character costs one cache line, and the walk ends at the first missing prefix.
 */
#ifndef XZ_TEXT_INTERNAL_H
#define XZ_TEXT_INTERNAL_H

#include "text/terms.h"

#define LEXICON_MAGIC          0x31534452575A58ull /* "XZWRDS1" */
#define LEXICON_WORD_CHARS_MAX 8
#define LEXICON_USER_CHARS_MAX 16
#define LEXICON_CHAR_FIRST     0x4E00
#define LEXICON_CHAR_COUNT     0x5200

/* File: this header, then slot_count slots. All numbers little-endian. */
struct lexicon_header {
    uint64_t magic;
    uint32_t crc; /* CRC-32C of everything after this field */
    uint32_t slot_count;
    uint32_t word_count;
    uint16_t other_char; /* weight of a single character that is not listed */
    uint16_t reserved[5];
    uint16_t chars[LEXICON_CHAR_COUNT]; /* weights of single characters, 0: other_char */
};
_Static_assert(sizeof(struct lexicon_header) % sizeof(uint64_t) == 0, "slots follow, aligned");
#define LEXICON_CRC_FROM offsetof(struct lexicon_header, slot_count)

/* A slot: 48 bits of the prefix hash, 16 bits weight. 0 is a free slot; weight 0 is a prefix only.
 */
static inline uint64_t lexicon_step(uint64_t hash, uint32_t code)
{
    hash = (hash ^ code) * 0x9E3779B97F4A7C15ull;
    return hash ^ hash >> 32;
}

static inline uint32_t lexicon_slot(uint64_t hash, uint32_t slot_count)
{
    return (uint32_t)((hash >> 32) * slot_count >> 32);
}

static inline uint64_t lexicon_key(uint64_t hash)
{
    uint64_t key = hash << 16;
    return key ? key : 1ull << 16;
}

/* Weights: log probability in steps of 1/3000, 1 for probability one. */
#define LEXICON_STEPS 3000
static inline float lexicon_weight(uint16_t stored)
{
    return stored ? -(float)(stored - 1) / LEXICON_STEPS : 0;
}

static inline uint16_t lexicon_store(double log_probability)
{
    double steps = -log_probability * LEXICON_STEPS + 1;
    return (uint16_t)(steps < 1 ? 1 : steps > 65535 ? 65535 : steps);
}

/* Best segmentation of `count` (1 .. LEXICON_RUN_MAX) folded Han characters: lens[i] is the length
 * of the word that starts at i, 0 inside a word. */
#define LEXICON_RUN_MAX 512
void lexicon_segment(const struct xz_lexicon *lexicon, const uint32_t *codes, size_t count,
                     uint8_t *lens);

/* Terms that carry no subject: question and function words (stop.c), by hash of their text. */
bool stop_word(uint64_t text_hash);
bool stop_char(uint32_t code); /* 的, 了, 吗: with it a bigram says nothing */

/* The kind-free part of a term's hash, character by character; stored on disk like the terms. */
static inline uint64_t text_hash_step(uint64_t hash, uint32_t code)
{
    hash = (hash ^ code) * 0xD6E8FEB86659FD93ull;
    return hash ^ hash >> 29;
}

#endif
