/* Facts that stand in the text itself: dates of adoption, effect and expiry, document numbers, issuing
 * bodies. Forms as laid down in GB/T 9704-2012 (发文字号) and as the national law base prints them. */
#include "knowledge/recognise_internal.h"

#include "text/text.h"

/* Reads `2012年12月28日` (Arabic or Chinese digits) at the front; bytes eaten, 0 if none. */
static size_t date_at(xz_str text, xz_date *date)
{
    static const xz_str units[3] = { { "年", 3 }, { "月", 3 }, { "日", 3 } };
    int64_t part[3] = { 0 };
    size_t pos = 0;

    for (int i = 0; i < 3; i++) {
        size_t eaten = xz_numeral_read(xz_str_sub(text, pos, text.len), &part[i]);
        if (!eaten || !xz_str_starts(xz_str_sub(text, pos + eaten, text.len), units[i]))
            return 0;
        pos += eaten + units[i].len;
    }
    xz_date made = (xz_date)(part[0] * 10000 + part[1] * 100 + part[2]);
    if (part[0] > 2999 || !xz_date_valid(made))
        return 0;
    *date = made;
    return pos;
}

static bool may_start_date(const char *p)
{
    return (*p >= '1' && *p <= '2') || (memcmp(p, "一", 3) == 0) || (memcmp(p, "二", 3) == 0) ||
           (memcmp(p, "１", 3) == 0) || (memcmp(p, "２", 3) == 0);
}

xz_date recognise_date_in(xz_str text, xz_str after)
{
    size_t from = xz_str_find(text, after);
    if (from == XZ_STR_NPOS)
        return 0;
    for (size_t i = from + after.len; i + 10 < text.len; i++) {
        xz_date date;
        if (may_start_date(text.ptr + i) && date_at(xz_str_sub(text, i, text.len), &date))
            return date;
    }
    return 0;
}

xz_date recognise_date_last(xz_str text)
{
    xz_date last = 0, date;
    for (size_t i = 0; i + 10 < text.len; i++) {
        if (!may_start_date(text.ptr + i))
            continue;
        size_t eaten = date_at(xz_str_sub(text, i, text.len), &date);
        if (eaten) {
            last = XZ_MAX(last, date);
            i += eaten - 1;
        }
    }
    return last;
}

xz_date recognise_date_of_name(xz_str name)
{
    for (size_t i = name.len; i >= 12; i--) {
        xz_str piece = xz_str_sub(name, i - 12, 12);
        xz_date date;
        if (piece.ptr[0] == '(' && piece.ptr[11] == ')' &&
            xz_date_parse(xz_str_sub(piece, 1, 10), &date))
            return date;
    }
    return 0;
}

/* Start of the run of Han letters that ends at `end`. */
static size_t han_run_start(xz_str text, size_t end, size_t chars_max)
{
    size_t start = end;
    for (size_t chars = 0; chars < chars_max && start >= 3; chars++) {
        size_t pos = start - 3;
        size_t next = pos;
        uint32_t code = xz_utf8_next(text, &next);
        if (next != start || !xz_is_han(code))
            break;
        start = pos;
    }
    return start;
}

/* 安政发〔2024〕12号, also with [] and （）. */
static xz_str number_bracketed(xz_str text)
{
    static const struct { xz_str open, close; } forms[] = {
        { { "〔", 3 }, { "〕", 3 } }, { { "[", 1 }, { "]", 1 } }, { { "（", 3 }, { "）", 3 } },
    };
    for (size_t f = 0; f < XZ_COUNT(forms); f++) {
        for (size_t at = 0; at < text.len;) {
            size_t hit = xz_str_find(xz_str_sub(text, at, text.len), forms[f].open);
            if (hit == XZ_STR_NPOS)
                break;
            size_t open = at + hit, pos = open + forms[f].open.len;
            int64_t year, serial;
            at = pos;
            xz_str rest = xz_str_sub(text, pos, text.len);
            size_t eaten = xz_numeral_read(rest, &year);
            if (!eaten || year < 1949 || year > 2999)
                continue;
            rest = xz_str_sub(rest, eaten, rest.len);
            if (!xz_str_starts(rest, forms[f].close))
                continue;
            rest = xz_str_sub(rest, forms[f].close.len, rest.len);
            if (xz_str_starts(rest, XZ_STR("第")))
                rest = xz_str_sub(rest, 3, rest.len);
            eaten = xz_numeral_read(rest, &serial);
            if (!eaten || !xz_str_starts(xz_str_sub(rest, eaten, rest.len), XZ_STR("号")))
                continue;
            size_t start = han_run_start(text, open, 12);
            size_t end = (size_t)(rest.ptr - text.ptr) + eaten + 3;
            if (start < open)
                return xz_str_sub(text, start, end - start);
        }
    }
    return XZ_STR_NONE;
}

/* 主席令第六十五号, 国务院令第588号, 公安部令第123号. */
static xz_str number_order(xz_str text)
{
    for (size_t at = 0; at < text.len;) {
        size_t hit = xz_str_find(xz_str_sub(text, at, text.len), XZ_STR("令"));
        if (hit == XZ_STR_NPOS)
            return XZ_STR_NONE;
        size_t mark = at + hit;
        at = mark + 3;
        xz_str rest = xz_str_sub(text, at, text.len);
        if (xz_str_starts(rest, XZ_STR("（")))
            continue;
        if (xz_str_starts(rest, XZ_STR("第")))
            rest = xz_str_sub(rest, 3, rest.len);
        int64_t serial;
        size_t eaten = xz_numeral_read(rest, &serial);
        if (!eaten || !xz_str_starts(xz_str_sub(rest, eaten, rest.len), XZ_STR("号")))
            continue;
        size_t start = han_run_start(text, mark, 16);
        if (start < mark)
            return xz_str_sub(text, start, (size_t)(rest.ptr - text.ptr) + eaten + 3 - start);
    }
    return XZ_STR_NONE;
}

xz_str recognise_number(struct xz_arena *arena, xz_str text)
{
    xz_str number = number_bracketed(text);
    if (!number.len)
        number = number_order(text);
    return number.len && number.len <= 120 ? xz_str_copy(arena, number) : XZ_STR_NONE;
}

xz_str recognise_issuer(struct xz_arena *arena, xz_str title, xz_str history)
{
    size_t about = xz_str_find(title, XZ_STR("关于"));
    if (about != XZ_STR_NPOS && about >= 6 && about <= 90)
        return xz_str_copy(arena, xz_str_sub(title, 0, about));

    /* "1999年6月28日 第九届全国人民代表大会常务委员会第十次会议通过" */
    static const xz_str bodies[] = {
        { "全国人民代表大会常务委员会", 39 },
        { "全国人民代表大会", 24 },
        { "最高人民法院", 18 },
        { "最高人民检察院", 21 },
        { "国务院", 9 },
        { "中央军事委员会", 21 },
    };
    for (size_t i = 0; i < XZ_COUNT(bodies); i++)
        if (xz_str_find(history, bodies[i]) != XZ_STR_NPOS)
            return bodies[i];
    size_t term = xz_str_find(history, XZ_STR("人民代表大会"));
    if (term != XZ_STR_NPOS) {
        size_t start = han_run_start(history, term, 14);
        size_t ordinal = xz_str_find(xz_str_sub(history, start, term - start), XZ_STR("第"));
        if (ordinal != XZ_STR_NPOS && ordinal > 0) {
            xz_str place = xz_str_sub(history, start, ordinal);
            bool standing = xz_str_find(xz_str_sub(history, term, 60), XZ_STR("常务委员会")) !=
                            XZ_STR_NPOS;
            return xz_str_format(arena, "%.*s人民代表大会%s", XZ_STR_ARG(place),
                                 standing ? "常务委员会" : "");
        }
    }
    return XZ_STR_NONE;
}

/* 自2008年1月1日起施行 / 自公布之日起施行 */
static xz_date effect_in(xz_str text, xz_date issued)
{
    static const xz_str verbs[] = { { "起施行", 9 }, { "起实施", 9 }, { "起执行", 9 },
                                    { "起生效", 9 } };
    for (size_t i = 0; i < XZ_COUNT(verbs); i++) {
        size_t verb = xz_str_find(text, verbs[i]);
        if (verb == XZ_STR_NPOS)
            continue;
        for (size_t at = verb; at-- > 0 && verb - at < 60;) {
            if (!xz_str_starts(xz_str_sub(text, at, text.len), XZ_STR("自")))
                continue;
            xz_str span = xz_str_sub(text, at + 3, verb - at - 3);
            xz_date date;
            if (date_at(span, &date))
                return date;
            if (xz_str_find(span, XZ_STR("之日")) != XZ_STR_NPOS)
                return issued;
        }
    }
    return 0;
}

/* 有效期至2027年3月31日 / 有效期5年 / 有效期为五年 */
static xz_date expiry_in(xz_str text, xz_date effective)
{
    size_t at = xz_str_find(text, XZ_STR("有效期"));
    if (at == XZ_STR_NPOS)
        return 0;
    xz_str rest = xz_str_sub(text, at + 9, text.len);
    xz_date date;
    int64_t years;

    if (xz_str_starts(rest, XZ_STR("限")))
        rest = xz_str_sub(rest, 3, rest.len);
    if (xz_str_starts(rest, XZ_STR("至")) && date_at(xz_str_sub(rest, 3, rest.len), &date))
        return date;
    if (xz_str_starts(rest, XZ_STR("为")))
        rest = xz_str_sub(rest, 3, rest.len);
    size_t eaten = xz_numeral_read(rest, &years);
    if (!eaten || years < 1 || years > 50 || !effective ||
        !xz_str_starts(xz_str_sub(rest, eaten, rest.len), XZ_STR("年")))
        return 0;
    /* The last day is the one before the same day `years` later. */
    date = effective + (xz_date)years * 10000 - 1;
    while (!xz_date_valid(date))
        date--;
    return date;
}

void recognise_effect(struct recognise *r)
{
    struct xz_entry *entry = &r->draft.entry;
    bool sunset = xz_str_find(entry->title, XZ_STR("法")) == XZ_STR_NPOS || r->type.len;
    xz_date said = 0;

    for (size_t i = r->draft.clause_count; i-- > 0 && r->draft.clause_count - i <= 6 && !said;)
        said = effect_in(r->draft.clauses[i].body, entry->issued_on);
    if (!said)
        said = effect_in(xz_buf_str(&r->history), entry->issued_on);
    /* The closing article of an amended law still names the day on which its first version took
     * effect; this version cannot be older than its own adoption. */
    if (!entry->effective_on)
        entry->effective_on = said >= entry->issued_on && said ? said : entry->issued_on;
    if (!entry->expires_on && sunset)
        for (size_t i = r->draft.clause_count; i-- > 0 && r->draft.clause_count - i <= 4;)
            if (xz_str_find(r->draft.clauses[i].body, XZ_STR("施行")) != XZ_STR_NPOS ||
                xz_str_find(r->draft.clauses[i].body, XZ_STR("本办法")) != XZ_STR_NPOS ||
                xz_str_find(r->draft.clauses[i].body, XZ_STR("本通知")) != XZ_STR_NPOS)
                entry->expires_on = entry->expires_on ? entry->expires_on
                                                      : expiry_in(r->draft.clauses[i].body,
                                                                  entry->effective_on);
}
