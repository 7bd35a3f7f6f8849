/* Facts that stand in the text itself: dates of adoption, effect and expiry, document numbers,
 * issuing bodies. Forms as laid down in GB/T 9704-2012 (发文字号) and as the national law base
 * prints them. */
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

/* A line of history that reads 2021年1月1日 施行; the last of several. */
static xz_date effect_line(xz_str history)
{
    static const xz_str verbs[] = { { "起", 3 }, { "施行", 6 }, { "实施", 6 }, { "生效", 6 } };
    xz_date last = 0;
    while (history.len) {
        xz_str line = xz_str_trim(xz_str_cut(&history, '\n'));
        xz_date date;
        if (xz_str_starts(line, XZ_STR("自")))
            line = xz_str_sub(line, 3, line.len);
        size_t eaten = date_at(line, &date);
        xz_str rest = xz_str_trim(xz_str_sub(line, eaten, line.len));
        for (size_t i = 0; i < XZ_COUNT(verbs) && eaten; i++)
            if (xz_str_starts(rest, verbs[i]))
                last = XZ_MAX(last, date);
    }
    return last;
}

static xz_date date_last(xz_str text)
{
    xz_date last = 0, date;
    for (size_t i = 0; i + 10 <= text.len; i++) {
        if (!may_start_date(text.ptr + i))
            continue;
        size_t eaten = date_at(xz_str_sub(text, i, text.len), &date);
        if (!eaten && text.ptr[i] == '2' && xz_date_parse(xz_str_sub(text, i, 10), &date))
            eaten = 10; /* 2022-03-15 */
        if (eaten) {
            last = XZ_MAX(last, date);
            i += eaten - 1;
        }
    }
    return last;
}

xz_date recognise_date_of_history(xz_str history)
{
    xz_date last = 0;
    while (history.len) {
        xz_str line = xz_str_cut(&history, '\n');
        if (!effect_line(line))
            last = XZ_MAX(last, date_last(line));
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
    static const struct {
        xz_str open, close;
    } forms[] = {
        { { "〔", 3 }, { "〕", 3 } },
        { { "[", 1 }, { "]", 1 } },
        { { "（", 3 }, { "）", 3 } },
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
            size_t by = xz_str_find(xz_str_sub(text, start, open - start), XZ_STR("以"));
            if (by != XZ_STR_NPOS) /* 最高人民法院以法发〔1993〕15号 */
                start += by + 3;
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

/* 最高人民法院关于…, 浙江省人民政府关于…: what stands before 关于 if it is a body. */
static xz_str issuer_of_title(struct xz_arena *arena, xz_str title)
{
    static const char *const tails[] = { "会", "院", "部", "局", "委",   "府", "厅",  "署",
                                         "办", "行", "处", "组", "公室", "司", "中心" };
    size_t about = xz_str_find(title, XZ_STR("关于"));
    if (about == XZ_STR_NPOS || about < 6 || about > 150)
        return XZ_STR_NONE;
    xz_str body = xz_str_trim(xz_str_sub(title, 0, about));
    bool is_body = false;
    for (size_t i = 0; i < XZ_COUNT(tails); i++)
        is_body = is_body || xz_str_ends(body, xz_str_from(tails[i]));
    if (!is_body)
        return XZ_STR_NONE;
    /* Several bodies with a blank between them are written with 、 elsewhere. */
    struct xz_buf buf;
    xz_buf_init(&buf, 1024);
    for (size_t i = 0; i < body.len; i++) {
        if (body.ptr[i] == ' ')
            xz_buf_add_lit(&buf, "、");
        else
            xz_buf_add_char(&buf, body.ptr[i]);
    }
    body = xz_str_copy(arena, xz_buf_str(&buf));
    xz_buf_fini(&buf);
    return body;
}

/* Bytes before 第 or the number in 杭州市第十二届, 杭州市十二届. */
static size_t place_len(xz_str run)
{
    static const xz_str ends[] = { { "省", 3 }, { "市", 3 },     { "县", 3 },
                                   { "州", 3 }, { "自治区", 9 }, { "区", 3 } };
    size_t ordinal = xz_str_find(run, XZ_STR("第"));
    if (ordinal != XZ_STR_NPOS)
        return ordinal;
    for (size_t at = 3; at < run.len; at += 3) {
        int64_t term;
        if (!xz_numeral_read(xz_str_sub(run, at, run.len), &term))
            continue;
        for (size_t i = 0; i < XZ_COUNT(ends); i++)
            if (xz_str_ends(xz_str_sub(run, 0, at), ends[i]))
                return at;
    }
    return 0;
}

/* Who is named first in one line of history, and where; npos when nobody is. */
static size_t issuer_of_line(struct xz_arena *arena, xz_str line, xz_str title, xz_str *issuer)
{
    static const xz_str bodies[] = {
        { "最高人民法院", 18 },
        { "最高人民检察院", 21 },
        { "国务院", 9 },
        { "中央军事委员会", 21 },
    };
    size_t first = XZ_STR_NPOS;
    for (size_t i = 0; i < XZ_COUNT(bodies); i++) {
        size_t at = xz_str_find(line, bodies[i]);
        if (at < first) {
            first = at;
            *issuer = bodies[i];
        }
    }
    size_t congress = xz_str_find(line, XZ_STR("人民代表大会"));
    if (congress == XZ_STR_NPOS)
        congress = xz_str_find(line, XZ_STR("人大"));
    if (congress == XZ_STR_NPOS || congress >= first)
        return first;
    xz_str after = xz_str_sub(line, congress, 60);
    bool stands = xz_str_find(after, XZ_STR("常务委员会")) != XZ_STR_NPOS ||
                  xz_str_find(after, XZ_STR("人大常委会")) != XZ_STR_NPOS;
    const char *standing = stands ? "常务委员会" : "";
    size_t start = han_run_start(line, congress, 14);
    xz_str run = xz_str_sub(line, start, congress - start);
    size_t place = place_len(run);
    if (xz_str_ends(run, XZ_STR("全国"))) {
        *issuer = xz_str_format(arena, "全国人民代表大会%s", standing);
        return congress;
    }
    xz_str where = xz_str_sub(run, 0, place);
    if (place == 3) { /* 市十二届…: which one, the title says */
        size_t at = xz_str_find(xz_str_sub(title, 0, 45), where);
        where = at == XZ_STR_NPOS ? XZ_STR_NONE : xz_str_sub(title, 0, at + 3);
    }
    if (!where.len)
        return first;
    *issuer = xz_str_format(arena, "%.*s人民代表大会%s", XZ_STR_ARG(where), standing);
    return congress;
}

/* 中华人民共和国国家安全部令第2号 -> 国家安全部. The president's order says nothing about it. */
static xz_str issuer_of_number(struct xz_arena *arena, xz_str number)
{
    static const xz_str state = { "中华人民共和国", 21 };
    size_t order = xz_str_find(number, XZ_STR("令"));
    if (order == XZ_STR_NPOS)
        return XZ_STR_NONE;
    xz_str body = xz_str_sub(number, 0, order);
    size_t at = xz_str_find(body, state);
    if (at != XZ_STR_NPOS)
        body = xz_str_sub(body, at + state.len, body.len);
    return body.len < 6 || xz_str_eq(body, XZ_STR("主席")) ? XZ_STR_NONE : xz_str_copy(arena, body);
}

/* Administrative regulations are, by the Legislation Law, those of the State Council; rules lie in
 * a folder for each ministry: 部门规章/公安部/…. */
static xz_str issuer_of_folder(struct xz_arena *arena, xz_str name)
{
    static const xz_str rules = { "部门规章/", 13 };
    if (xz_str_find(name, XZ_STR("行政法规/")) != XZ_STR_NPOS)
        return XZ_STR("国务院");
    size_t at = xz_str_find(name, rules);
    if (at == XZ_STR_NPOS)
        return XZ_STR_NONE;
    xz_str rest = xz_str_sub(name, at + rules.len, name.len);
    xz_str folder = xz_str_cut(&rest, '/');
    return rest.len ? xz_str_copy(arena, folder) : XZ_STR_NONE;
}

xz_str recognise_issuer(struct xz_arena *arena, xz_str title, xz_str history, xz_str number,
                        xz_str name)
{
    xz_str issuer = issuer_of_title(arena, title);
    /* The first line tells who made it; later ones tell of amendments by others too. */
    while (!issuer.len && history.len)
        (void)issuer_of_line(arena, xz_str_cut(&history, '\n'), title, &issuer);
    if (!issuer.len)
        issuer = issuer_of_number(arena, number);
    return issuer.len ? issuer : issuer_of_folder(arena, name);
}

/* 自2008年1月1日起施行 / 自公布之日起施行 */
static xz_date effect_in(xz_str text, xz_date issued)
{
    static const xz_str verbs[] = {
        { "起施行", 9 }, { "起实施", 9 }, { "起执行", 9 }, { "起生效", 9 }
    };
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
    said = XZ_MAX(said, effect_line(xz_buf_str(&r->history)));
    /* The closing article of an amended law still names the day on which its first version took
     * effect; this version cannot be older than its own adoption. */
    if (!entry->effective_on)
        entry->effective_on = said >= entry->issued_on && said ? said : entry->issued_on;
    if (!entry->expires_on && sunset)
        for (size_t i = r->draft.clause_count; i-- > 0 && r->draft.clause_count - i <= 4;)
            if (xz_str_find(r->draft.clauses[i].body, XZ_STR("施行")) != XZ_STR_NPOS ||
                xz_str_find(r->draft.clauses[i].body, XZ_STR("本办法")) != XZ_STR_NPOS ||
                xz_str_find(r->draft.clauses[i].body, XZ_STR("本通知")) != XZ_STR_NPOS)
                entry->expires_on = entry->expires_on
                                        ? entry->expires_on
                                        : expiry_in(r->draft.clauses[i].body, entry->effective_on);
}
