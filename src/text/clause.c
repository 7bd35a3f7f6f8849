/* What kind of line this is in a law or an official paper, by its front: 第X条, 一、, （一）, 1.
 * and so on. The trap is running text that begins a line with a reference (第三条规定的情形); what
 * follows the label tells. Joining lines to clauses is left to knowledge/. */
#include "text/text.h"

static bool eat(xz_str line, size_t *pos, const char *lit)
{
    xz_str want = xz_str_from(lit);
    if (!xz_str_starts(xz_str_sub(line, *pos, line.len), want))
        return false;
    *pos += want.len;
    return true;
}

static bool eat_any(xz_str line, size_t *pos, const char *const *lits, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (eat(line, pos, lits[i]))
            return true;
    return false;
}

/* Blanks of every kind: ASCII, U+00A0, U+2000 .. U+200A, U+3000. */
static bool eat_blank(xz_str line, size_t *pos)
{
    size_t start = *pos;
    while (*pos < line.len) {
        size_t next = *pos;
        uint32_t code = xz_utf8_next(line, &next);
        if (code != ' ' && code != '\t' && code != 0xA0 && code != 0x3000 &&
            (code < 0x2000 || code > 0x200B))
            break;
        *pos = next;
    }
    return *pos > start;
}

/* What follows a label when it refers to another clause instead of opening one. From amendments,
 * interpretations and local rules: 第三条、第四条规定的…, 第七节相应改为…, 第三款改为第二款. */
static bool reference_follows(xz_str line, size_t pos)
{
    static const char *const marks[] = {
        "、",   "，",   "。",   "；",   "）",   ")",    "”",    "》",   "第", "的",   "规定",
        "所",   "中",   "和",   "或",   "及",   "以及", "至",   "到",   "与", "以外", "以内",
        "以上", "以下", "之外", "改为", "修改", "相应", "前款", "内容", "等", "均",   "内的",
        "后",   "前",   "作为", "适用", "删去", "有关", "同",   ",",    "-",  "—",    "增加",
        "列举", "项",   "款",   "一款", "二款", "三款", "补充",
    };
    return eat_any(line, &pos, marks, XZ_COUNT(marks));
}

static bool ends_like_prose(xz_str line)
{
    return xz_str_ends(line, XZ_STR("。")) || xz_str_ends(line, XZ_STR("；")) ||
           xz_str_ends(line, XZ_STR("，")) || xz_str_ends(line, XZ_STR("："));
}

static enum xz_clause_mark unit_mark(xz_str line, size_t *pos)
{
    static const struct {
        const char *text;
        enum xz_clause_mark mark;
    } units[] = {
        { "条", XZ_MARK_ARTICLE }, { "章", XZ_MARK_CHAPTER }, { "节", XZ_MARK_SECTION },
        { "编", XZ_MARK_PART },    { "分编", XZ_MARK_PART },  { "部分", XZ_MARK_PART },
    };
    for (size_t i = 0; i < XZ_COUNT(units); i++)
        if (eat(line, pos, units[i].text))
            return units[i].mark;
    return XZ_MARK_NONE;
}

static struct xz_clause_head ordinal_read(xz_str line, size_t pos)
{
    struct xz_clause_head head = { 0 }, none = { 0 };
    bool led = eat_blank(line, &pos);
    size_t eaten = xz_numeral_read(xz_str_sub(line, pos, line.len), &head.number);
    if (eaten == 0 || head.number > 99999)
        return none;
    pos += eaten;
    bool spaced = eat_blank(line, &pos) &&
                  !led; /* 第三百七十二 条适用…: the blank slipped forward */
    head.mark = unit_mark(line, &pos);
    if (head.mark == XZ_MARK_NONE)
        return none;
    size_t sub = pos;
    if (eat(line, &sub, "之") &&
        (eaten = xz_numeral_read(xz_str_sub(line, sub, line.len), &head.sub)) > 0)
        pos = sub + eaten;
    else
        head.sub = 0;
    eat(line, &pos, "**");
    head.label_len = pos;
    if (pos == line.len || eat_blank(line, &pos) || spaced)
        return head;
    if (reference_follows(line, pos))
        return none;
    if (head.mark != XZ_MARK_ARTICLE && ends_like_prose(line))
        return none;
    return head;
}

/* 一、二级保护野生动物: an enumeration of ranks, not item one. */
static bool enumeration_follows(xz_str line, size_t pos)
{
    static const char *const ranks[] = { "级", "类", "等", "档", "期", "、", "号", "线", "层" };
    int64_t value;
    size_t eaten = xz_numeral_read(xz_str_sub(line, pos, line.len), &value);
    pos += eaten;
    return eaten > 0 && eat_any(line, &pos, ranks, XZ_COUNT(ranks));
}

static bool is_arabic(xz_str line, size_t pos)
{
    uint32_t code = pos < line.len ? xz_utf8_next(line, &pos) : 0;
    return (code >= '0' && code <= '9') || (code >= 0xFF10 && code <= 0xFF19);
}

static struct xz_clause_head paren_read(xz_str line, size_t pos)
{
    static const char *const closers[] = { "）", ")" };
    static const char *const joined[] = { "、（", "、(",  "至（", "至(",  "和（",
                                          "和(",  "或（", "或(",  "，（", "款" };
    struct xz_clause_head head = { 0 }, none = { 0 };
    eat_blank(line, &pos);
    bool arabic = is_arabic(line, pos);
    size_t eaten = xz_numeral_read(xz_str_sub(line, pos, line.len), &head.number);
    pos += eaten;
    eat_blank(line, &pos);
    if (eaten == 0 || head.number < 1 || head.number > 999 ||
        !eat_any(line, &pos, closers, XZ_COUNT(closers)))
        return none;
    head.label_len = pos;
    head.mark = arabic ? XZ_MARK_PAREN_NUM : XZ_MARK_PAREN_ITEM;
    size_t at = pos;
    bool item_of = eat(line, &at, "项") && !eat(line, &at, "目");
    return item_of || eat_any(line, &pos, joined, XZ_COUNT(joined)) ? none : head;
}

/* 1.1 and 1.2.3, common in contingency plans; only with a blank behind, else it is a decimal. */
static struct xz_clause_head levels_read(xz_str line)
{
    struct xz_clause_head head = { .mark = XZ_MARK_NUM_ITEM }, none = { 0 };
    int64_t part = 0;
    size_t pos = 0, parts = 0;
    for (;;) {
        size_t digits = 0;
        for (part = 0;
             digits <= 2 && pos < line.len && line.ptr[pos] >= '0' && line.ptr[pos] <= '9';
             digits++)
            part = part * 10 + (line.ptr[pos++] - '0');
        if (digits == 0 || digits > 2)
            return none;
        parts++;
        if (parts == 1)
            head.number = part;
        else if (parts == 2)
            head.sub = part;
        if (!eat(line, &pos, "."))
            break;
    }
    head.label_len = pos;
    return parts > 1 && head.number > 0 && eat_blank(line, &pos) ? head : none;
}

static struct xz_clause_head item_read(xz_str line)
{
    static const char *const dots[] = { "、", "．", ".", "。" };
    static const char *const closers[] = { "）", ")" };
    struct xz_clause_head head = { 0 }, none = { 0 };
    bool arabic = is_arabic(line, 0);
    size_t pos = xz_numeral_read(line, &head.number);
    if (pos == 0)
        return arabic ? levels_read(line) : none;
    if (head.number < 1 || head.number > 999)
        return none;
    if (arabic && eat_any(line, &pos, closers, XZ_COUNT(closers))) {
        head.mark = XZ_MARK_PAREN_NUM;
    } else if (eat_any(line, &pos, dots, arabic ? 3 : XZ_COUNT(dots))) {
        if (enumeration_follows(line, pos))
            return none;
        head.mark = arabic ? XZ_MARK_NUM_ITEM : XZ_MARK_HAN_ITEM;
    }
    head.label_len = pos;
    return head.mark == XZ_MARK_NONE ? none : head;
}

/* ① ⑴ ⒈ ㈠: one character is the whole label. */
static struct xz_clause_head circled_read(uint32_t code, size_t label_len)
{
    static const struct {
        uint32_t first;
        int64_t count;
        enum xz_clause_mark mark;
    } ranges[] = {
        { 0x2460, 20, XZ_MARK_PAREN_NUM },
        { 0x2474, 20, XZ_MARK_PAREN_NUM },
        { 0x2488, 20, XZ_MARK_NUM_ITEM },
        { 0x3220, 10, XZ_MARK_PAREN_ITEM },
    };
    for (size_t i = 0; i < XZ_COUNT(ranges); i++)
        if (code >= ranges[i].first && code < ranges[i].first + ranges[i].count)
            return (struct xz_clause_head){ ranges[i].mark, code - ranges[i].first + 1, 0,
                                            label_len };
    return (struct xz_clause_head){ 0 };
}

struct xz_clause_head xz_clause_head_read(xz_str line)
{
    struct xz_clause_head none = { 0 };
    line = xz_str_trim(line);
    size_t pos = 0;
    bool bold = eat(line, &pos, "**");
    if (eat(line, &pos, "第"))
        return ordinal_read(line, pos);
    if (bold || line.len == 0)
        return none;
    if (eat(line, &pos, "（") || eat(line, &pos, "("))
        return paren_read(line, pos);
    uint32_t code = xz_utf8_next(line, &pos);
    struct xz_clause_head head = circled_read(code, pos);
    return head.mark != XZ_MARK_NONE ? head : item_read(line);
}
