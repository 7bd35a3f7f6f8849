/* Cardinals as people write them: 230, ２３０, 1,200, 二百三十, 二〇二四, 两万, 3万, 贰佰. Decimals
 * and approximations (三五十) are not cardinals; terms.c reads decimals itself. */
#include "text/text.h"

#define NOT_A_DIGIT (-1)

/* Value of a numeral character, or NOT_A_DIGIT. Financial and traditional forms count. */
static int han_digit(uint32_t code)
{
    static const struct {
        uint32_t code;
        int value;
    } digits[] = {
        { 0x4E00, 1 }, { 0x4E8C, 2 }, { 0x4E09, 3 }, { 0x56DB, 4 }, { 0x4E94, 5 }, { 0x516D, 6 },
        { 0x4E03, 7 }, { 0x516B, 8 }, { 0x4E5D, 9 }, { 0x3007, 0 }, { 0x96F6, 0 }, { 0x4E24, 2 },
        { 0x5169, 2 }, { 0x25CB, 0 }, { 0x25EF, 0 }, { 0x58F9, 1 }, { 0x8D30, 2 }, { 0x8CB3, 2 },
        { 0x53C1, 3 }, { 0x53C3, 3 }, { 0x8086, 4 }, { 0x4F0D, 5 }, { 0x9646, 6 }, { 0x9678, 6 },
        { 0x67D2, 7 }, { 0x634C, 8 }, { 0x7396, 9 },
    };
    for (size_t i = 0; i < XZ_COUNT(digits); i++)
        if (digits[i].code == code)
            return digits[i].value;
    return NOT_A_DIGIT;
}

static int64_t han_unit(uint32_t code)
{
    switch (code) {
    case 0x5341: /* 十 */
    case 0x62FE: /* 拾 */
        return 10;
    case 0x767E: /* 百 */
    case 0x4F70: /* 佰 */
        return 100;
    case 0x5343: /* 千 */
    case 0x4EDF: /* 仟 */
        return 1000;
    case 0x4E07: /* 万 */
    case 0x842C: /* 萬 */
        return 10000;
    case 0x4EBF: /* 亿 */
    case 0x5104: /* 億 */
        return 100000000;
    default:
        return 0;
    }
}

static int arabic_digit(uint32_t code)
{
    if (code >= '0' && code <= '9')
        return (int)(code - '0');
    if (code >= 0xFF10 && code <= 0xFF19)
        return (int)(code - 0xFF10);
    return NOT_A_DIGIT;
}

static uint32_t peek(xz_str text, size_t pos)
{
    return pos < text.len ? xz_utf8_next(text, &pos) : 0;
}

/* "," and exactly three digits follow: a thousands group. */
static bool group_follows(xz_str text, size_t pos)
{
    uint32_t comma = xz_utf8_next(text, &pos);
    if (comma != ',' && comma != 0xFF0C)
        return false;
    for (int i = 0; i < 3; i++) {
        if (arabic_digit(peek(text, pos)) == NOT_A_DIGIT)
            return false;
        xz_utf8_next(text, &pos);
    }
    return arabic_digit(peek(text, pos)) == NOT_A_DIGIT;
}

/* 万 or 亿 or 千 or 百 after Arabic digits: 3万, 30万亿. */
static size_t arabic_units(xz_str text, size_t pos, int64_t *value)
{
    for (;;) {
        size_t next = pos;
        int64_t unit = han_unit(peek(text, pos)), scaled;
        if (unit < 100 || *value == 0 || __builtin_mul_overflow(*value, unit, &scaled))
            return pos;
        *value = scaled;
        xz_utf8_next(text, &next);
        pos = next;
    }
}

static size_t arabic_read(xz_str text, int64_t *value)
{
    int64_t sum = 0;
    size_t pos = 0, digits = 0;
    while (pos < text.len) {
        int digit = arabic_digit(peek(text, pos));
        if (digit == NOT_A_DIGIT) {
            if (digits == 0 || digits > 3 * 6 || sum == 0 || !group_follows(text, pos))
                break;
            xz_utf8_next(text, &pos);
            continue;
        }
        if (++digits > 18)
            return 0;
        sum = sum * 10 + digit;
        xz_utf8_next(text, &pos);
    }
    size_t after = pos;
    uint32_t point = peek(text, pos);
    if (point == '.' || point == 0xFF0E) {
        xz_utf8_next(text, &after);
        if (arabic_digit(peek(text, after)) != NOT_A_DIGIT)
            return 0;
    }
    *value = sum;
    return arabic_units(text, pos, value);
}

/* 二〇二四, 一二三四五: digits one by one. Returns 0 unless there are at least two. */
static size_t positional_read(xz_str text, int64_t *value)
{
    int64_t sum = 0;
    size_t pos = 0, digits = 0;
    while (pos < text.len) {
        int digit = han_digit(peek(text, pos));
        if (digit == NOT_A_DIGIT)
            break;
        if (++digits > 18)
            return 0;
        sum = sum * 10 + digit;
        xz_utf8_next(text, &pos);
    }
    if (digits < 2 || han_unit(peek(text, pos)) != 0)
        return 0;
    *value = sum;
    return pos;
}

struct units {
    int64_t high, mid, low; /* 亿, 万 and below; each already multiplied out */
    int64_t digit;          /* read but not yet placed, NOT_A_DIGIT for none */
    int64_t last_unit;      /* inside `low`: units must fall */
    int64_t tail_unit;      /* of the unit just before `digit`: 一百二 is 120 */
    bool zero;              /* 零 stood before `digit` */
};

static bool unit_take(struct units *u, int64_t unit)
{
    int64_t digit = u->digit == NOT_A_DIGIT ? 0 : u->digit;
    if (unit >= 10000) {
        int64_t below = u->low + digit, scaled;
        if (unit == 10000 ? below == 0 || u->mid != 0 : u->mid + below == 0 || u->high != 0)
            return false;
        if (unit == 10000) {
            u->mid = below * 10000;
        } else {
            if (__builtin_mul_overflow(u->mid + below, unit, &scaled))
                return false;
            u->high = scaled;
            u->mid = 0;
        }
        u->low = 0;
        u->last_unit = 10000;
    } else {
        if (unit >= u->last_unit)
            return false;
        if (u->digit == NOT_A_DIGIT) {
            if (unit != 10) /* 百 alone is a word, 十 alone is ten */
                return false;
            digit = 1;
        }
        if (digit == 0)
            return false;
        u->low += digit * unit;
        u->last_unit = unit;
    }
    u->digit = NOT_A_DIGIT;
    u->tail_unit = unit;
    u->zero = false;
    return true;
}

static size_t units_read(xz_str text, int64_t *value)
{
    struct units u = { .digit = NOT_A_DIGIT, .last_unit = 10000 };
    size_t pos = 0, good = 0;
    while (pos < text.len) {
        size_t next = pos;
        uint32_t code = xz_utf8_next(text, &next);
        int digit = han_digit(code);
        if (digit == 0 && pos > 0 && u.digit == NOT_A_DIGIT && !u.zero) {
            u.zero = true; /* counts only when a digit follows, so `good` stays */
        } else if (digit != NOT_A_DIGIT && u.digit == NOT_A_DIGIT) {
            u.digit = digit;
            good = next;
        } else if (digit == NOT_A_DIGIT && han_unit(code) > 0 && unit_take(&u, han_unit(code))) {
            good = next;
        } else {
            break;
        }
        pos = next;
    }
    int64_t tail = u.digit == NOT_A_DIGIT ? 0 : u.digit;
    if (tail > 0 && !u.zero && u.tail_unit >= 100)
        tail *= u.tail_unit / 10;
    *value = u.high + u.mid + u.low + tail;
    return good;
}

size_t xz_numeral_read(xz_str text, int64_t *value)
{
    uint32_t first = peek(text, 0);
    if (arabic_digit(first) != NOT_A_DIGIT)
        return arabic_read(text, value);
    if (han_digit(first) == NOT_A_DIGIT && first != 0x5341 && first != 0x62FE)
        return 0;
    int64_t read = 0;
    size_t eaten = positional_read(text, &read);
    if (eaten == 0)
        eaten = units_read(text, &read);
    if (eaten > 0)
        *value = read;
    return eaten;
}
