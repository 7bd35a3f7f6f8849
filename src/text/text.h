/* Chinese text: encodings, normalisation, numerals, sentences. Terms for search are in terms.h. */
#ifndef XZ_TEXT_TEXT_H
#define XZ_TEXT_TEXT_H

#include "core/buf.h"
#include "core/clock.h"

/* Opens the GB18030 converter, process-wide; before any thread and before any sandbox. Nothing else
 * here needs it (the folding table, made with OpenCC at build time, is read-only data).
 *   XZ_E_IO  the system has no converter for GB18030 */
XZ_MUST_USE xz_err xz_text_init(void);

bool xz_utf8_valid(xz_str text);
/* Decodes the code point at *pos (< text.len) and moves *pos on; bad bytes give U+FFFD, one byte.
 */
uint32_t xz_utf8_next(xz_str text, size_t *pos);
size_t xz_utf8_put(uint32_t code, char out[4]);
size_t xz_utf8_chars(xz_str text);
/* At most `chars_max` characters of the front, cut at a character border. */
xz_str xz_utf8_head(xz_str text, size_t chars_max);
/* At most `bytes_max` bytes of the front of valid text, cut at a character border. */
xz_str xz_utf8_head_bytes(xz_str text, size_t bytes_max);
bool xz_is_han(uint32_t code); /* unified ideographs incl. extensions, 〇 */

enum xz_encoding { XZ_ENC_UTF8, XZ_ENC_GB18030, XZ_ENC_UTF16LE, XZ_ENC_UTF16BE, XZ_ENC_UNKNOWN };
/* By BOM, then validity, then likelihood; `more` says that `bytes` is only the front of the file.
 */
enum xz_encoding xz_encoding_detect(xz_str bytes, bool more);
/* Whole text to UTF-8 without BOM, line ends to \n, NUL refused. XZ_E_INPUT: not text. */
XZ_MUST_USE xz_err xz_text_decode(xz_str bytes, struct xz_buf *out);

/* The same piece by piece, for files that are not held in memory as a whole. `last` ends the text.
 * Bad bytes become U+FFFD; too many of them are XZ_E_INPUT, a full buffer is XZ_E_LIMIT. */
struct xz_decoder;
struct xz_decoder *xz_decoder_create(enum xz_encoding encoding); /* not XZ_ENC_UNKNOWN */
XZ_MUST_USE xz_err xz_decoder_feed(struct xz_decoder *decoder, xz_str bytes, bool last,
                                   struct xz_buf *out);
void xz_decoder_destroy(struct xz_decoder *decoder); /* NULL is fine */

/* One canonical spelling for matching: full width to half, upper to lower case, traditional to
 * simplified (OpenCC), compatibility forms, punctuation variants; blanks folded to one and trimmed,
 * unseen characters dropped. Numerals are left alone. Never longer than 3x the input. The result
 * lives in `arena`, NUL-terminated beyond len. */
xz_str xz_text_normalise(struct xz_arena *arena, xz_str text);
/* The same code point by code point, for callers that must keep offsets: maps one code point;
 * 0: drop it, ' ': any blank or line break. */
uint32_t xz_text_fold(uint32_t code);

/* Reads a Chinese, full-width or Arabic cardinal at the front (一百二十, １２０, 120, 二〇二四,
 * 两万, 3万, 一百二 as 120, 贰佰; 3.5 is not read). Returns the bytes eaten, 0 if there is none. */
size_t xz_numeral_read(xz_str text, int64_t *value);

/* Sentences by 。！？；… and line breaks; brackets and quotes are kept whole. Calls `each` with
 * slices of `text`. */
void xz_sentences(xz_str text, void (*each)(xz_str sentence, void *arg), void *arg);

/* Aho-Corasick over many words. Immutable once built; any thread. */
struct xz_words;
struct xz_words *xz_words_build(const xz_str *words, size_t count); /* normalised by the caller */
void xz_words_destroy(struct xz_words *words);
/* Calls `each` for every occurrence, overlapping ones too, by end position; return false to stop.
 */
void xz_words_find(const struct xz_words *words, xz_str text,
                   bool (*each)(size_t word, size_t start, size_t end, void *arg), void *arg);

/* Structure of legal and official text, one line at a time. */
enum xz_clause_mark {
    XZ_MARK_NONE,
    XZ_MARK_PART /* 第X编 */,
    XZ_MARK_CHAPTER /* 第X章 */,
    XZ_MARK_SECTION /* 第X节 */,
    XZ_MARK_ARTICLE /* 第X条[之一] */,
    XZ_MARK_HAN_ITEM /* 一、 */,
    XZ_MARK_PAREN_ITEM /* （一） */,
    XZ_MARK_NUM_ITEM /* 1. 1、 */,
    XZ_MARK_PAREN_NUM /* （1） (1) ① */
};
struct xz_clause_head {
    enum xz_clause_mark mark;
    int64_t number;   /* 第一百二十条之一: 120 */
    int64_t sub;      /* … : 1; of the mark "1.2 " in plans: 2; else 0 */
    size_t label_len; /* bytes of the mark at the front of the (trimmed) line, with ** around it */
};
/* What kind of line this is, by its front. A mark in running text ("依照第三条…") is XZ_MARK_NONE
 * where the rest shows it is a reference. */
struct xz_clause_head xz_clause_head_read(xz_str line);

#endif
