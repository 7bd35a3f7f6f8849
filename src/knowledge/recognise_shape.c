/* What a line is besides its number: typesetting without content, the title once more, a heading of
 * an annex or of a case report; and from all of it, what kind of document this is. */
#include "knowledge/recognise_internal.h"

#include "text/text.h"

static bool is_unseen(uint32_t code)
{
    return code == ' ' || code == '\t' || code == 0x3000 || code == 0xa0 || code == 0xad ||
           (code >= 0x2000 && code <= 0x200f) || code == 0x2060 || code == 0xfeff;
}

xz_str recognise_line_clean(xz_str line)
{
    size_t start = 0, end = 0;
    bool inside = false;
    for (size_t pos = 0; pos < line.len;) {
        size_t at = pos;
        uint32_t code = xz_utf8_next(line, &pos);
        if (is_unseen(code) || code == '\r')
            continue;
        if (!inside)
            start = at;
        inside = true;
        end = pos;
    }
    return inside ? xz_str_sub(line, start, end - start) : XZ_STR_NONE;
}

/* The text without blanks of any kind. */
static xz_str squeezed(struct xz_arena *arena, xz_str text)
{
    char *made = xz_arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t pos = 0; pos < text.len;) {
        size_t at = pos;
        if (is_unseen(xz_utf8_next(text, &pos)))
            continue;
        memcpy(made + len, text.ptr + at, pos - at);
        len += pos - at;
    }
    return (xz_str){ made, len };
}

bool recognise_is_title_again(struct recognise *r, xz_str line)
{
    if (r->saw_text || line.len > 400)
        return false;
    xz_str title = squeezed(r->arena, r->draft.entry.title), part = squeezed(r->arena, line);
    if (part.len < 6 || !xz_str_starts(xz_str_sub(title, r->title_echo, title.len), part))
        return false;
    r->title_echo += part.len;
    return true;
}

/* 安澜市人民政府文件 in red, and 安政发〔2024〕8号 below it or below the title. */
bool recognise_is_masthead(struct recognise *r, xz_str line)
{
    static const xz_str marks[] = { { "，", 3 }, { "。", 3 }, { "；", 3 }, { "：", 3 },
                                    { "、", 3 }, { "《", 3 }, { "的", 3 } };
    static const xz_str word = { "文件", 6 };
    struct xz_entry *entry = &r->draft.entry;
    if (r->saw_text || r->history.len || r->type.len || line.len > 120)
        return false;
    xz_str bare = squeezed(r->arena, line);
    for (size_t i = 0; i < XZ_COUNT(marks); i++)
        if (xz_str_find(bare, marks[i]) != XZ_STR_NPOS)
            return false;
    if (!entry->title.len && xz_str_ends(bare, word) && bare.len >= 18) {
        if (!entry->issuer.len)
            entry->issuer = xz_str_sub(bare, 0, bare.len - word.len);
        return true;
    }
    xz_str number = recognise_number(r->arena, bare);
    if (!number.len || number.len != bare.len || !xz_str_ends(bare, XZ_STR("号")))
        return false;
    if (!entry->number.len)
        entry->number = number;
    return true;
}

bool recognise_is_subtitle(const struct recognise *r, int level, xz_str text)
{
    static const xz_str tails[] = { { "编", 3 }, { "分编", 6 }, { "则", 3 },
                                    { "卷", 3 }, { "篇", 3 },   { "册", 3 } };
    if (level != 1 || r->saw_text || r->history.len || r->draft.entry.aliases.len ||
        !r->draft.entry.title.len || text.len > 60 || r->draft.entry.title.len > 300)
        return false;
    for (size_t i = 0; i < XZ_COUNT(tails); i++)
        if (xz_str_ends(text, tails[i]))
            return true;
    return false;
}

void recognise_subtitle_take(struct recognise *r, xz_str text)
{
    struct xz_entry *entry = &r->draft.entry;
    static const xz_str state = { "中华人民共和国", 21 };
    xz_str whole = entry->title;
    xz_str brief = xz_str_starts(whole, state) ? xz_str_sub(whole, state.len, whole.len) : whole;
    entry->aliases = xz_str_copy(r->arena, brief);
    entry->title = xz_str_format(r->arena, "%.*s%.*s", XZ_STR_ARG(whole),
                                 XZ_STR_ARG(squeezed(r->arena, text)));
}

bool recognise_is_case_heading(xz_str text)
{
    static const char *const headings[] = { "基本案情", "简要案情",   "案情回顾",    "裁判要点",
                                            "裁判要旨", "裁判结果",   "裁判理由",    "法院裁判",
                                            "案例分析", "申请人请求", "原告诉讼请求" };
    for (size_t i = 0; i < XZ_COUNT(headings); i++)
        if (xz_str_eq(text, xz_str_from(headings[i])))
            return true;
    return false;
}

bool recognise_is_annex(xz_str line)
{
    static const char *const heads[] = { "附件", "附录", "附表", "附图", "附：", "附:" };
    static const char *const next[] = { "",   "：", ":",  "一", "二", "三", "四", "五",
                                        "六", "七", "八", "九", "十", "1",  "2",  "3",
                                        "4",  "5",  "6",  "7",  "8",  "9",  " ",  "　" };
    if (line.len > 180 || xz_str_ends(line, XZ_STR("。")) || xz_str_ends(line, XZ_STR("；")))
        return false;
    for (size_t i = 0; i < XZ_COUNT(heads); i++) {
        xz_str head = xz_str_from(heads[i]);
        if (!xz_str_starts(line, head))
            continue;
        xz_str rest = xz_str_sub(line, head.len, line.len);
        if (i >= 4 || !rest.len)
            return true;
        for (size_t n = 1; n < XZ_COUNT(next); n++)
            if (xz_str_starts(rest, xz_str_from(next[n])))
                return true;
    }
    return false;
}

bool recognise_is_adoption(xz_str line)
{
    static const char *const acts[] = { "通过", "公布", "发布", "施行", "批准", "修正", "修订" };
    bool act = false;
    if (!xz_str_ends(line, XZ_STR("）")) && !xz_str_ends(line, XZ_STR(")")))
        return false;
    for (size_t i = 0; i < XZ_COUNT(acts); i++)
        act = act || xz_str_find(line, xz_str_from(acts[i])) != XZ_STR_NPOS;
    bool opened = xz_str_starts(line, XZ_STR("（")) || xz_str_starts(line, XZ_STR("("));
    bool tail = line.len < 120 && xz_str_find(line, XZ_STR("（")) == XZ_STR_NPOS;
    return act && (opened || tail);
}

/* The title without what stands in brackets at its end: 刑法修正案（八） is a 修正案. */
static xz_str without_tail(xz_str title)
{
    static const xz_str closers[] = { { "）", 3 }, { ")", 1 } };
    static const xz_str openers[] = { { "（", 3 }, { "(", 1 } };
    for (size_t i = 0; i < XZ_COUNT(closers); i++) {
        if (!xz_str_ends(title, closers[i]))
            continue;
        for (size_t at = title.len; at-- > 3;)
            if (xz_str_starts(xz_str_sub(title, at, title.len), openers[i]))
                return xz_str_sub(title, 0, at);
    }
    return title;
}

void recognise_kind_settle(struct recognise *r)
{
    static const xz_str law_tails[] = {
        { "法", 3 },   { "条例", 6 }, { "规定", 6 }, { "细则", 6 },   { "规则", 6 }, { "解释", 6 },
        { "批复", 6 }, { "决定", 6 }, { "规程", 6 }, { "修正案", 9 }, { "办法", 6 }, { "规范", 6 },
        { "答复", 6 }, { "编", 3 },   { "总则", 6 }, { "决议", 6 },   { "命令", 6 }, { "附则", 6 },
    };
    struct xz_entry *entry = &r->draft.entry;
    if (entry->kind)
        return;
    if (r->is_case) {
        /* A case report explains the law and is none: it is kept with the policies, by topic, and
         * holds everywhere, wherever its parties live. */
        entry->kind = XZ_ENTRY_POLICY;
        if (!entry->topic.len)
            entry->topic = XZ_STR("案例");
        if (!r->draft.region_name.len)
            r->draft.region_name = XZ_STR("全国");
        return;
    }
    entry->kind = r->articles ? XZ_ENTRY_LAW : XZ_ENTRY_POLICY;
    xz_str title = without_tail(entry->title);
    for (size_t i = 0; i < XZ_COUNT(law_tails); i++)
        if (xz_str_ends(title, law_tails[i]))
            entry->kind = XZ_ENTRY_LAW;
    /* What the two highest courts issue is judicial interpretation, whatever it is called. */
    if (xz_str_starts(entry->issuer, XZ_STR("最高人民")))
        entry->kind = XZ_ENTRY_LAW;
}
