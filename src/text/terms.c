/* Search terms: one pass over folded characters gives bigrams, dictionary words, letter runs,
 * numbers by value and article numbers, each with its place in the text given. How terms are
 * weighed is left to search/. */
#include "text/text_internal.h"

#define LETTERS_MAX       64 /* longer runs are encoded data; they are cut, not dropped */
#define NUMBER_TEXT_BYTES 48 /* decimal text of a number or article */

struct scan {
    const struct xz_lexicon *lexicon;
    xz_str text;
    uint32_t *codes;   /* folded characters */
    uint32_t *offsets; /* where each starts in `text`; one more for the end */
    uint8_t *classes;
    size_t chars;
    uint8_t word_lens[LEXICON_RUN_MAX]; /* segmentation of the current run */
    size_t number_end;                  /* byte offset up to which a number has been read */
    struct xz_term *items;
    size_t count, room;
};

enum char_class { OTHER, HAN, DIGIT, LETTER };

static enum char_class class_of(uint32_t code)
{
    if (code < 0x80) {
        if (code >= '0' && code <= '9')
            return DIGIT;
        return code >= 'a' && code <= 'z' ? LETTER : OTHER;
    }
    if (xz_is_han(code))
        return HAN;
    if (code < 0xC0)
        return OTHER;
    if (code < 0x2000) /* Latin, Greek, Cyrillic, Arabic, Tibetan, Mongolian … */
        return code == 0xD7 || code == 0xF7 ? OTHER : LETTER;
    if ((code >= 0x3041 && code <= 0x318F) || (code >= 0xA000 && code <= 0xDFFF))
        return LETTER; /* kana, Yi, Hangul */
    /* Private use: rare names in older GB18030 files live there. */
    return (code >= 0xE000 && code <= 0xF8FF) || (code >= 0xFB50 && code <= 0xFEFC) ? LETTER
                                                                                    : OTHER;
}

static uint64_t finish_hash(uint64_t text_hash, enum xz_term_kind kind)
{
    uint64_t hash = text_hash ^ (uint64_t)kind * 0x9E3779B97F4A7C15ull;
    hash = (hash ^ hash >> 33) * 0xFF51AFD7ED558CCDull;
    hash = (hash ^ hash >> 33) * 0xC4CEB9FE1A85EC53ull;
    return hash ^ hash >> 33;
}

static uint64_t hash_codes(const uint32_t *codes, size_t count)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < count; i++)
        hash = text_hash_step(hash, codes[i]);
    return hash;
}

static uint64_t hash_text(xz_str text)
{
    uint64_t hash = 0;
    for (size_t pos = 0; pos < text.len;)
        hash = text_hash_step(hash, xz_utf8_next(text, &pos));
    return hash;
}

uint64_t xz_term_hash(enum xz_term_kind kind, xz_str normalised)
{
    return finish_hash(hash_text(normalised), kind);
}

/* A term over characters [at, at + chars) or, with `bytes` given, of that many bytes from `at`. */
static void emit(struct scan *scan, enum xz_term_kind kind, uint64_t text_hash, size_t at,
                 size_t bytes, unsigned flags)
{
    XZ_ASSERT(scan->count < scan->room);
    scan->items[scan->count++] = (struct xz_term){
        .hash = finish_hash(text_hash, kind),
        .pos = (uint32_t)at,
        .start = scan->offsets[at],
        .len = (uint16_t)XZ_MIN(bytes, (size_t)UINT16_MAX),
        .kind = (uint8_t)kind,
        .flags = (uint8_t)flags,
    };
}

static size_t span_bytes(const struct scan *scan, size_t at, size_t chars)
{
    return scan->offsets[at + chars] - scan->offsets[at];
}

/* Folds the text into arrays. The end of a character is the start of the next one kept, so unseen
 * characters after it belong to it; hits are marked a little wide then. */
static void decode(struct scan *scan, struct xz_arena *arena)
{
    size_t bound = scan->text.len + 1;
    size_t chars = 0;
    for (size_t i = 0; i < scan->text.len; i++) /* a bad byte is a character too */
        chars += ((unsigned char)scan->text.ptr[i] & 0xC0) != 0x80;
    if (xz_utf8_valid(scan->text))
        bound = chars + 1;
    scan->codes = XZ_NEW(arena, uint32_t, bound);
    scan->offsets = XZ_NEW(arena, uint32_t, bound);
    scan->classes = XZ_NEW(arena, uint8_t, bound);
    for (size_t pos = 0; pos < scan->text.len;) {
        size_t start = pos;
        uint32_t code = xz_text_fold(xz_utf8_next(scan->text, &pos));
        if (code == 0)
            continue;
        scan->codes[scan->chars] = code;
        scan->classes[scan->chars] = (uint8_t)class_of(code);
        scan->offsets[scan->chars++] = (uint32_t)start;
    }
    scan->offsets[scan->chars] = (uint32_t)scan->text.len;
}

static xz_str rest_from(const struct scan *scan, size_t byte)
{
    return xz_str_sub(scan->text, byte, scan->text.len);
}

static void emit_value(struct scan *scan, enum xz_term_kind kind, int64_t value, int64_t sub,
                       size_t at, size_t bytes)
{
    char text[NUMBER_TEXT_BYTES];
    int len = sub ? snprintf(text, sizeof(text), "%lld-%lld", (long long)value, (long long)sub)
                  : snprintf(text, sizeof(text), "%lld", (long long)value);
    emit(scan, kind, hash_text((xz_str){ text, (size_t)len }), at, bytes, 0);
    scan->number_end = scan->offsets[at] + bytes;
}

/* 第X条, 第X条之Y with blanks allowed around X. The label's bytes, 0 if it is none. */
static size_t article_read(xz_str text, int64_t *value, int64_t *sub)
{
    static const xz_str open = { "第", 3 }, unit = { "条", 3 }, trad = { "條", 3 },
                        of = { "之", 3 };
    size_t pos = open.len;
    while (pos < text.len && text.ptr[pos] == ' ')
        pos++;
    size_t eaten = xz_numeral_read(xz_str_sub(text, pos, text.len), value);
    pos += eaten;
    while (eaten && pos < text.len && text.ptr[pos] == ' ')
        pos++;
    xz_str rest = xz_str_sub(text, pos, text.len);
    if (eaten == 0 || (!xz_str_starts(rest, unit) && !xz_str_starts(rest, trad)))
        return 0;
    pos += unit.len;
    *sub = 0;
    rest = xz_str_sub(text, pos, text.len);
    if (xz_str_starts(rest, of)) {
        eaten = xz_numeral_read(xz_str_sub(rest, of.len, rest.len), sub);
        pos += eaten ? of.len + eaten : 0;
    }
    return pos;
}

/* Units after which one Han digit is a number: 一年, 三个月, 五元. */
static bool counts_something(uint32_t code)
{
    static const uint32_t units[] = {
        0x5E74 /* 年 */, 0x6708 /* 月 */, 0x65E5 /* 日 */, 0x5929 /* 天 */, 0x5468 /* 周 */,
        0x4E2A /* 个 */, 0x6761 /* 条 */, 0x6B3E /* 款 */, 0x9879 /* 项 */, 0x5143 /* 元 */,
        0x89D2 /* 角 */, 0x5206 /* 分 */, 0x6B21 /* 次 */, 0x4EBA /* 人 */, 0x540D /* 名 */,
        0x5C81 /* 岁 */, 0x500D /* 倍 */, 0x5C42 /* 层 */, 0x6237 /* 户 */, 0x4EFD /* 份 */,
        0x9875 /* 页 */, 0x65F6 /* 时 */, 0x7EA7 /* 级 */, 0x7C7B /* 类 */, 0x79CD /* 种 */,
        0x7AE0 /* 章 */, 0x8282 /* 节 */, 0x5957 /* 套 */, 0x53F0 /* 台 */, 0x8F86 /* 辆 */,
        0x7C73 /* 米 */, 0x4EA9 /* 亩 */, 0x53F7 /* 号 */, 0x697C /* 楼 */, 0x5B69 /* 孩 */,
        0x5C0F /* 小 */, 0x5DE5 /* 工 */,
    };
    for (size_t i = 0; i < XZ_COUNT(units); i++)
        if (units[i] == code)
            return true;
    return false;
}

/* Characters a Han numeral may begin with, after folding; 百 for 百分之. */
static bool may_begin_number(uint32_t code)
{
    static const uint32_t firsts[] = {
        0x4E00, 0x4E8C, 0x4E09, 0x56DB, 0x4E94, 0x516D, 0x4E03, 0x516B,
        0x4E5D, 0x5341, 0x3007, 0x96F6, 0x4E24, 0x58F9, 0x8D30, 0x53C1,
        0x8086, 0x4F0D, 0x9646, 0x67D2, 0x634C, 0x7396, 0x767E, 0x62FE,
    };
    for (size_t i = 0; i < XZ_COUNT(firsts); i++)
        if (firsts[i] == code)
            return true;
    return false;
}

static void han_number(struct scan *scan, size_t at)
{
    static const xz_str percent = { "百分之", 9 };
    size_t byte = scan->offsets[at], skip = 0;
    int64_t value;
    if (xz_str_starts(rest_from(scan, byte), percent))
        skip = percent.len;
    size_t eaten = xz_numeral_read(rest_from(scan, byte + skip), &value);
    if (eaten == 0)
        return;
    bool single = skip == 0 && byte + eaten == scan->offsets[at + 1];
    if (single && (at + 1 >= scan->chars || !counts_something(scan->codes[at + 1]))) {
        scan->number_end = byte + eaten;
        return;
    }
    emit_value(scan, XZ_TERM_NUMBER, value, 0, at, skip + eaten);
}

static void han_value(struct scan *scan, size_t at)
{
    int64_t value, sub;
    if (scan->codes[at] == 0x7B2C) { /* 第 */
        size_t bytes = article_read(rest_from(scan, scan->offsets[at]), &value, &sub);
        if (bytes > 0)
            emit_value(scan, XZ_TERM_ARTICLE, value, sub, at, bytes);
    } else if (scan->offsets[at] >= scan->number_end && may_begin_number(scan->codes[at])) {
        han_number(scan, at);
    }
}

static unsigned bigram_flags(const struct scan *scan, size_t at, const uint8_t *lens, size_t left,
                             uint64_t hash)
{
    unsigned flags = 0;
    bool first_alone = true, second_alone = true;
    if (scan->lexicon) {
        if (lens[1])
            flags |= XZ_TERM_CROSS;
        first_alone = lens[0] == 1;
        second_alone = lens[1] == 1;
    }
    if (stop_word(hash) || (first_alone && stop_char(scan->codes[at])) ||
        (second_alone && left > 1 && stop_char(scan->codes[at + 1])))
        flags |= XZ_TERM_STOP;
    return flags;
}

/* Characters [from, to) are Han; at most LEXICON_RUN_MAX of them. `more`: the run goes on. */
static void han_piece(struct scan *scan, size_t from, size_t to, bool more)
{
    uint8_t *lens = scan->word_lens;
    if (scan->lexicon)
        lexicon_segment(scan->lexicon, scan->codes + from, to - from, lens);
    for (size_t at = from; at < to; at++) {
        han_value(scan, at);
        bool last = at + 1 == to;
        if (!last || more) {
            uint8_t pair[2] = { lens[at - from], last ? 1 : lens[at - from + 1] };
            uint64_t hash = hash_codes(scan->codes + at, 2);
            emit(scan, XZ_TERM_BIGRAM, hash, at, span_bytes(scan, at, 2),
                 bigram_flags(scan, at, pair, to - at, hash));
        }
        size_t len = scan->lexicon ? lens[at - from] : 0;
        if (len >= 2) {
            uint64_t hash = hash_codes(scan->codes + at, len);
            emit(scan, XZ_TERM_WORD, hash, at, span_bytes(scan, at, len),
                 stop_word(hash) ? XZ_TERM_STOP : 0);
        }
    }
}

static size_t han_run(struct scan *scan, size_t from)
{
    size_t to = from;
    while (to < scan->chars && scan->classes[to] == HAN)
        to++;
    if (to - from == 1) {
        uint64_t hash = hash_codes(scan->codes + from, 1);
        han_value(scan, from);
        emit(scan, XZ_TERM_CHAR, hash, from, span_bytes(scan, from, 1),
             stop_word(hash) ? XZ_TERM_STOP : 0);
        return to;
    }
    while (from < to) {
        size_t piece = XZ_MIN(to - from, (size_t)LEXICON_RUN_MAX);
        han_piece(scan, from, from + piece, from + piece < to);
        from += piece;
    }
    return to;
}

/* 3.50 -> "3.5", 3.5万 -> "35000". Bytes eaten, 0 if no decimal starts at `at`. */
static size_t decimal_term(struct scan *scan, size_t at)
{
    char text[NUMBER_TEXT_BYTES];
    size_t len = 0, end = at, fraction = 0;
    int64_t value = 0, scale = 1;
    for (; end < scan->chars && scan->classes[end] == DIGIT && len < 12; end++) {
        text[len++] = (char)scan->codes[end];
        value = value * 10 + (scan->codes[end] - '0');
    }
    if (end + 1 >= scan->chars || scan->codes[end] != '.' || scan->classes[end + 1] != DIGIT)
        return 0;
    text[len++] = '.';
    for (end++; end < scan->chars && scan->classes[end] == DIGIT && fraction < 6; end++) {
        text[len++] = (char)scan->codes[end];
        value = value * 10 + (scan->codes[end] - '0');
        scale *= 10;
        fraction++;
    }
    bool wan = end < scan->chars && scan->codes[end] == 0x4E07;
    bool yi = end < scan->chars && scan->codes[end] == 0x4EBF;
    int64_t unit = wan ? 10000 : yi ? 100000000 : 1, scaled;
    size_t bytes = span_bytes(scan, at, end + (wan || yi) - at);
    if (!__builtin_mul_overflow(value, unit, &scaled) && scaled % scale == 0) {
        emit_value(scan, XZ_TERM_NUMBER, scaled / scale, 0, at, bytes);
        return bytes;
    }
    while (text[len - 1] == '0')
        len--;
    bytes = span_bytes(scan, at, end - at);
    emit(scan, XZ_TERM_NUMBER, hash_text((xz_str){ text, len }), at, bytes, 0);
    scan->number_end = scan->offsets[at] + bytes;
    return bytes;
}

static size_t number_bytes(struct scan *scan, size_t from, size_t to)
{
    int64_t value;
    if (scan->codes[from] == '0' && to - from > 1) /* 010: a phone number, a code */
        return 0;
    size_t eaten = xz_numeral_read(rest_from(scan, scan->offsets[from]), &value);
    if (eaten == 0)
        return decimal_term(scan, from);
    emit_value(scan, XZ_TERM_NUMBER, value, 0, from, eaten);
    return eaten;
}

static size_t letter_run(struct scan *scan, size_t from)
{
    size_t to = from;
    bool digits = true;
    while (to < scan->chars && to - from < LETTERS_MAX &&
           (scan->classes[to] == LETTER || scan->classes[to] == DIGIT)) {
        digits = digits && scan->classes[to] == DIGIT;
        to++;
    }
    if (scan->offsets[from] < scan->number_end) /* inside 第 230 条 */
        return to;
    size_t bytes = digits ? number_bytes(scan, from, to) : 0;
    if (bytes == 0) {
        emit(scan, XZ_TERM_ASCII, hash_codes(scan->codes + from, to - from), from,
             span_bytes(scan, from, to - from), 0);
        return to;
    }
    size_t end = scan->offsets[from] + bytes; /* may hold commas, and 万 which stays for bigrams */
    while (to < scan->chars && scan->offsets[to] < end && scan->classes[to] != HAN)
        to++;
    return to;
}

struct xz_terms xz_terms_of(struct xz_arena *arena, const struct xz_lexicon *lexicon, xz_str text)
{
    struct scan scan = { .lexicon = lexicon, .text = text };
    XZ_ASSERT(text.len < UINT32_MAX);
    if (text.len == 0)
        return (struct xz_terms){ 0 };
    decode(&scan, arena);
    /* Each character begins at most a bigram and a number, every second one a word. */
    scan.room = scan.chars * 2 + scan.chars / 2 + 4;
    scan.items = XZ_NEW(arena, struct xz_term, scan.room);
    for (size_t at = 0; at < scan.chars;) {
        if (scan.classes[at] == HAN)
            at = han_run(&scan, at);
        else if (scan.classes[at] != OTHER)
            at = letter_run(&scan, at);
        else
            at++;
    }
    return (struct xz_terms){ scan.items, scan.count };
}
