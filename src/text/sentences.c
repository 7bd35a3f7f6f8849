/* Sentences: cut after 。！？；… and at line breaks, never inside brackets or quotes that are
 * closed on the same line. Dots are left alone: they are decimals, labels and abbreviations here.
 */
#include "text/text.h"

#define NESTING_MAX 16

static bool is_end(uint32_t code)
{
    return code == 0x3002 || code == 0xFF01 || code == 0xFF1F || code == 0xFF1B || code == 0x2026 ||
           code == '!' || code == '?' || code == ';' || code == 0xFF61;
}

/* The closer that belongs to an opener, or 0. */
static uint32_t closer_of(uint32_t code)
{
    static const uint32_t pairs[][2] = {
        { 0x201C, 0x201D }, { 0x2018, 0x2019 }, { 0xFF08, 0xFF09 }, { '(', ')' },
        { 0x300A, 0x300B }, { 0x3008, 0x3009 }, { 0x300C, 0x300D }, { 0x300E, 0x300F },
        { 0x3010, 0x3011 }, { 0x3014, 0x3015 }, { '[', ']' },       { 0xFF3B, 0xFF3D },
    };
    for (size_t i = 0; i < XZ_COUNT(pairs); i++)
        if (pairs[i][0] == code)
            return pairs[i][1];
    return 0;
}

static bool is_closer(uint32_t code)
{
    return code == 0x201D || code == 0x2019 || code == 0xFF09 || code == ')' || code == 0x300D ||
           code == 0x300F || code == 0x3011 || code == 0x3015 || code == 0x300B || code == '"';
}

static void give(xz_str piece, void (*each)(xz_str, void *), void *arg)
{
    piece = xz_str_trim(piece);
    if (piece.len > 0)
        each(piece, arg);
}

/* Position after the bracket that closes the one opened before `pos`, or 0 if none does. */
static size_t skip_brackets(xz_str line, size_t pos, uint32_t closer)
{
    uint32_t stack[NESTING_MAX] = { closer };
    size_t depth = 1;
    while (pos < line.len) {
        uint32_t code = xz_utf8_next(line, &pos);
        if (code == stack[depth - 1]) {
            if (--depth == 0)
                return pos;
        } else if (closer_of(code) && depth < NESTING_MAX) {
            stack[depth++] = closer_of(code);
        }
    }
    return 0;
}

/* A sentence may go on with closers and further ends: “好。”, ……, ？！ */
static size_t skip_ends(xz_str line, size_t pos)
{
    while (pos < line.len) {
        size_t next = pos;
        uint32_t code = xz_utf8_next(line, &next);
        if (!is_end(code) && !is_closer(code))
            break;
        pos = next;
    }
    return pos;
}

static uint32_t last_inside(xz_str line, size_t close_end)
{
    size_t pos = close_end; /* before the closer: the sentence may have ended inside the quote */
    for (int back = 0; back < 2 && pos > 0; back++) {
        pos--;
        while (pos > 0 && ((unsigned char)line.ptr[pos] & 0xC0) == 0x80)
            pos--;
    }
    return xz_utf8_next(line, &pos);
}

static void line_sentences(xz_str line, void (*each)(xz_str, void *), void *arg)
{
    size_t start = 0, pos = 0, unclosed = 0;
    while (pos < line.len) {
        uint32_t code = xz_utf8_next(line, &pos);
        uint32_t closer = closer_of(code);
        bool ended = is_end(code);
        if (closer && unclosed < NESTING_MAX) {
            size_t after = skip_brackets(line, pos, closer);
            /* Each failed search reads to the end of the line: bound how often. */
            unclosed += after == 0;
            if (after > 0) {
                pos = after;
                ended = code == 0x201C && is_end(last_inside(line, after));
            }
        }
        if (!ended)
            continue;
        pos = skip_ends(line, pos);
        give((xz_str){ line.ptr + start, pos - start }, each, arg);
        start = pos;
    }
    give(xz_str_sub(line, start, line.len), each, arg);
}

void xz_sentences(xz_str text, void (*each)(xz_str sentence, void *arg), void *arg)
{
    while (text.len > 0) {
        xz_str line = xz_str_cut(&text, '\n');
        line_sentences(line, each, arg);
    }
}
