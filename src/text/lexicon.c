/* The word dictionary: a compiled file mapped into memory, a small table of user words over it, and
 * the best segmentation of a run of Han characters by maximum probability. tools/words.c writes the
 * file; terms.c makes search terms of the words. */
#include "text/text_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"

#define IMPOSSIBLE (-1e30f)

/* The mapped file, shared by all snapshots made from it. */
struct base {
    atomic_int refs;
    const struct lexicon_header *header;
    const uint64_t *slots;
    size_t bytes;
};

struct xz_lexicon {
    struct base *base; /* NULL: no dictionary */
    uint64_t *user;    /* slots of the user words' prefixes, NULL for none */
    uint32_t user_slots;
};

static xz_err base_check(const struct base *base, const char *path)
{
    const struct lexicon_header *h = base->header;
    size_t want = sizeof(*h);
    if (base->bytes >= want)
        want += (size_t)h->slot_count * sizeof(uint64_t);
    if (base->bytes != want || h->magic != LEXICON_MAGIC || h->slot_count == 0)
        return xz_fail(XZ_E_IO, "词典文件 %s 不是本程序的词典，或者不完整", path);
    const char *from = (const char *)h + LEXICON_CRC_FROM;
    if (xz_crc32c(0, from, base->bytes - LEXICON_CRC_FROM) != h->crc)
        return xz_fail(XZ_E_IO, "词典文件 %s 已损坏（校验和不符），请重新安装", path);
    return XZ_OK;
}

static void base_release(struct base *base)
{
    if (!base || atomic_fetch_sub(&base->refs, 1) != 1)
        return;
    munmap((void *)base->header, base->bytes);
    xz_free(base);
}

static xz_err base_map(const char *path, struct base **out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size <= 0) {
        int reason = errno;
        if (fd >= 0)
            close(fd);
        return xz_fail(XZ_E_IO, "无法读取词典文件 %s：%s", path, strerror(reason));
    }
    void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return xz_fail(XZ_E_IO, "无法映射词典文件 %s：%s", path, strerror(errno));
    struct base *base = XZ_ALLOC(struct base, 1);
    base->refs = 1;
    base->header = map;
    base->slots = (const uint64_t *)(base->header + 1);
    base->bytes = (size_t)st.st_size;
    *out = base;
    return XZ_OK;
}

xz_err xz_lexicon_open(const char *path, struct xz_lexicon **lexicon)
{
    struct base *base = NULL;
    if (path) {
        xz_err err = base_map(path, &base);
        if (err != XZ_OK)
            return err;
        XZ_ASSERT(base);
        if ((err = base_check(base, path)) != XZ_OK) {
            base_release(base);
            return err;
        }
    }
    *lexicon = XZ_ALLOC(struct xz_lexicon, 1);
    (*lexicon)->base = base;
    return XZ_OK;
}

void xz_lexicon_destroy(struct xz_lexicon *lexicon)
{
    if (!lexicon)
        return;
    base_release(lexicon->base);
    xz_free(lexicon->user);
    xz_free(lexicon);
}

/* Weight of the prefix in one table, -1 when it is not there. */
static inline int probe(const uint64_t *slots, uint32_t slot_count, uint64_t hash)
{
    uint64_t key = lexicon_key(hash) >> 16;
    for (uint32_t at = lexicon_slot(hash, slot_count); slots[at];) {
        if (slots[at] >> 16 == key)
            return (int)(slots[at] & 0xFFFF);
        at = at + 1 == slot_count ? 0 : at + 1;
    }
    return -1;
}

static inline int find_prefix(const struct xz_lexicon *lexicon, uint64_t hash)
{
    int weight = -1;
    if (lexicon->base)
        weight = probe(lexicon->base->slots, lexicon->base->header->slot_count, hash);
    if (lexicon->user) {
        int user = probe(lexicon->user, lexicon->user_slots, hash);
        if (user > 0 || weight < 0)
            weight = user;
    }
    return weight;
}

static inline float char_weight(const struct xz_lexicon *lexicon, uint32_t code)
{
    if (!lexicon->base)
        return -15;
    const struct lexicon_header *h = lexicon->base->header;
    uint32_t at = code - LEXICON_CHAR_FIRST;
    uint16_t stored = at < LEXICON_CHAR_COUNT && h->chars[at] ? h->chars[at] : h->other_char;
    return lexicon_weight(stored);
}

/* Decodes and folds; returns 0 when the word is not 2 .. `max` Han characters. */
static size_t word_codes(xz_str word, uint32_t *codes, size_t max)
{
    size_t count = 0;
    for (size_t pos = 0; pos < word.len;) {
        uint32_t code = xz_text_fold(xz_utf8_next(word, &pos));
        if (code == 0 || code == ' ')
            continue;
        if (!xz_is_han(code) || count == max)
            return 0;
        codes[count++] = code;
    }
    return count >= 2 ? count : 0;
}

static uint64_t hash_of(const uint32_t *codes, size_t count)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < count; i++)
        hash = lexicon_step(hash, codes[i]);
    return hash;
}

float xz_lexicon_weight(const struct xz_lexicon *lexicon, xz_str word)
{
    uint32_t codes[LEXICON_USER_CHARS_MAX];
    size_t count = word_codes(word, codes, LEXICON_USER_CHARS_MAX);
    int stored = count ? find_prefix(lexicon, hash_of(codes, count)) : -1;
    return stored > 0 ? lexicon_weight((uint16_t)stored) : 0;
}

/* Log probability of the best segmentation of the characters. */
static float best_score(const struct xz_lexicon *lexicon, const uint32_t *codes, size_t count)
{
    uint8_t lens[LEXICON_USER_CHARS_MAX];
    float score = 0;
    lexicon_segment(lexicon, codes, count, lens);
    for (size_t i = 0; i < count; i += lens[i]) {
        int stored = lens[i] > 1 ? find_prefix(lexicon, hash_of(codes + i, lens[i])) : -1;
        score += stored > 0 ? lexicon_weight((uint16_t)stored) : char_weight(lexicon, codes[i]);
    }
    return score;
}

static void user_put(struct xz_lexicon *lexicon, uint64_t hash, uint16_t weight)
{
    uint32_t at = lexicon_slot(hash, lexicon->user_slots);
    uint64_t key = lexicon_key(hash) >> 16;
    while (lexicon->user[at] && lexicon->user[at] >> 16 != key)
        at = at + 1 == lexicon->user_slots ? 0 : at + 1;
    lexicon->user[at] = key << 16 | XZ_MAX((uint16_t)(lexicon->user[at] & 0xFFFF), weight);
}

struct xz_lexicon *xz_lexicon_with(const struct xz_lexicon *base, const xz_str *words, size_t count)
{
    struct xz_lexicon *lexicon = XZ_ALLOC(struct xz_lexicon, 1);
    struct xz_lexicon plain = { .base = base->base };
    lexicon->base = base->base;
    if (lexicon->base)
        atomic_fetch_add(&lexicon->base->refs, 1);
    XZ_ASSERT(count < UINT32_MAX / (2 * LEXICON_USER_CHARS_MAX));
    if (count == 0)
        return lexicon;
    lexicon->user_slots = (uint32_t)(count * 2 * LEXICON_USER_CHARS_MAX);
    lexicon->user = XZ_ALLOC(uint64_t, lexicon->user_slots);
    for (size_t i = 0; i < count; i++) {
        uint32_t codes[LEXICON_USER_CHARS_MAX];
        size_t chars = word_codes(words[i], codes, LEXICON_USER_CHARS_MAX);
        /* Just likely enough to be preferred to its parts, and never rarer than a rare word. */
        float score = chars ? XZ_MAX(best_score(&plain, codes, chars) + 0.5f, -10.0f) : 0;
        for (size_t n = 2; n <= chars; n++)
            user_put(lexicon, hash_of(codes, n), n == chars ? lexicon_store(score) : 0);
    }
    return lexicon;
}

void lexicon_segment(const struct xz_lexicon *lexicon, const uint32_t *codes, size_t count,
                     uint8_t *lens)
{
    float best[LEXICON_RUN_MAX + 1];
    uint8_t choice[LEXICON_RUN_MAX];
    XZ_ASSERT(count <= LEXICON_RUN_MAX);
    best[count] = 0;
    for (size_t i = count; i-- > 0;) { /* from the end: best[i] covers i to the end */
        uint64_t hash = lexicon_step(0, codes[i]);
        size_t longest = XZ_MIN(count - i, (size_t)LEXICON_USER_CHARS_MAX);
        float top = char_weight(lexicon, codes[i]) + best[i + 1];
        choice[i] = 1;
        for (size_t n = 2; n <= longest; n++) {
            hash = lexicon_step(hash, codes[i + n - 1]);
            int stored = find_prefix(lexicon, hash);
            if (stored < 0)
                break;
            float score = stored > 0 ? lexicon_weight((uint16_t)stored) + best[i + n] : IMPOSSIBLE;
            if (score > top) {
                top = score;
                choice[i] = (uint8_t)n;
            }
        }
        best[i] = top;
    }
    memset(lens, 0, count);
    for (size_t i = 0; i < count; i += choice[i])
        lens[i] = choice[i];
}
