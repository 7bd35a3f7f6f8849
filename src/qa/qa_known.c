/* What everybody knows of today: a notice in force for the asker's region answers first, word for
 * word, when the question is about the very thing it announces. 停水了吗 is; 怎么申请停水 and
 * 停水费怎么交 are not. Tables of words, no model. */
#include "qa/qa_internal.h"

#include "knowledge/halls.h"
#include "text/text.h"

/* Words that ask what is going on: when, where, why, how long. Blanks separate them. */
static const char event_words[] =
    "什么时候 啥时候 何时 几点 多久 多长时间 几天 哪天 到什么时候 恢复 来水 来电 来气 通知 公告 "
    "通告 "
    "消息 怎么回事 咋回事 什么情况 啥情况 什么原因 原因 怎么了 咋了 为什么 为啥 突然 今天 今晚 "
    "明天 "
    "昨天 昨晚 现在 目前 最近 这几天 这两天 期间 影响 范围 哪些地方 哪些地区 哪些小区 哪些路 小区 "
    "我家 家里 家中 我们 这边 这里 附近 楼上 楼下 邻居 整栋 整个 结束 解除 正常 还要 一直 好了 "
    "修好";
/* Words that say nothing of what a question is about. */
static const char filler_words[] =
    "你好 您好 请问 问一下 想问 咨询 一下 帮我 麻烦 知道 不知道 是不是 有没有 会不会 能不能 "
    "可不可以 "
    "怎么办 咋办 怎么 咋 如何 什么 啥 哪里 哪 谁 吗 么 呢 啊 呀 吧 哦 嘛 哈 了 的 地 得 着 过 是 "
    "有 "
    "没有 没 不 要 会 能 可以 应该 需要 我 你 您 咱 他 她 它 这 那 都 也 就 还 又 再 很 真 在 到 "
    "从 对 "
    "好几 给 被 把 让 和 跟 与 及 为 吃 用 说 看 去 来 上 下 里 天 时候 时间 情况 事 问题 们 个 些";
/* Another matter, though the same words occur in it; unless the notice itself speaks of it. */
static const char other_matters[] =
    "申请 办理 报停 过户 开户 销户 报装 安装 装 缴费 交费 缴纳 水费 电费 气费 费用 收费 多少钱 "
    "价格 "
    "欠费 欠缴 材料 手续 流程 条件 资格 法律 规定 条例 办法 处罚 罚款 合同 协议 赔偿 补偿 补贴 "
    "津贴 起诉 "
    "维权 "
    "投诉 举报 证明 证件 丢 补办 贷款 退款 退费 违法 合法 责任 标准 招聘 考试";

static xz_str word_next(const char **list)
{
    while (**list == ' ')
        ++*list;
    const char *start = *list;
    while (**list && **list != ' ')
        ++*list;
    return (xz_str){ start, (size_t)(*list - start) };
}

/* The question, and which of its bytes are accounted for. */
struct reading {
    xz_str text;
    bool *covered;
    xz_str notice; /* title, keywords and text, normalised */
};

static void cover(struct reading *r, size_t at, size_t len)
{
    memset(r->covered + at, 1, len);
}

static bool is_covered(const struct reading *r, size_t at, size_t len)
{
    for (size_t i = at; i < at + len; i++)
        if (!r->covered[i])
            return false;
    return true;
}

static size_t find_from(xz_str text, xz_str word, size_t from)
{
    size_t at = xz_str_find(xz_str_sub(text, from, text.len), word);
    return at == XZ_STR_NPOS ? at : from + at;
}

/* Covers every word of a list; whether there was one. */
static bool words_cover(struct reading *r, const char *list)
{
    bool any = false;
    for (xz_str word = word_next(&list); word.len; word = word_next(&list))
        for (size_t at = 0; (at = find_from(r->text, word, at)) != XZ_STR_NPOS; at += word.len) {
            any = true;
            cover(r, at, word.len);
        }
    return any;
}

/* 申请停水, 停水投诉: what the notice does not speak of, or what is done to its very subject. */
static bool other_matter(const struct reading *r)
{
    const char *list = other_matters;
    for (xz_str word = word_next(&list); word.len; word = word_next(&list))
        for (size_t at = 0; (at = find_from(r->text, word, at)) != XZ_STR_NPOS; at += word.len) {
            size_t end = at + word.len;
            bool of_keyword = is_covered(r, at, word.len);
            bool on_keyword = end < r->text.len && r->covered[end];
            bool of_notice = xz_str_find(r->notice, word) != XZ_STR_NPOS;
            if (!of_keyword && (on_keyword || !of_notice))
                return true;
        }
    return false;
}

/* Two characters side by side that the notice has too. */
static void pairs_cover(struct reading *r)
{
    for (size_t pos = 0; pos < r->text.len;) {
        size_t start = pos, second, end;
        (void)xz_utf8_next(r->text, &pos);
        if ((second = pos) >= r->text.len)
            break;
        end = second;
        (void)xz_utf8_next(r->text, &end);
        if (is_covered(r, start, end - start))
            continue;
        if (xz_str_find(r->notice, xz_str_sub(r->text, start, end - start)) != XZ_STR_NPOS)
            cover(r, start, end - start);
    }
}

/* Letters, digits and Han characters that are not accounted for. */
static size_t chars_left(const struct reading *r)
{
    size_t left = 0;
    for (size_t pos = 0; pos < r->text.len;) {
        size_t at = pos;
        uint32_t code = xz_utf8_next(r->text, &pos);
        bool speaks = xz_is_han(code) || (code >= '0' && code <= '9') ||
                      (code >= 'a' && code <= 'z');
        left += speaks && !r->covered[at];
    }
    return left;
}

/* Of one of its occurrences in the text: no single unexplained character stands right behind it,
 * which would make it another word, as in 没水|表 and 停水|费. */
static bool stands_free(const struct reading *r, xz_str word)
{
    for (size_t at = 0; (at = find_from(r->text, word, at)) != XZ_STR_NPOS; at += word.len) {
        size_t pos = at + word.len;
        if (pos >= r->text.len || r->covered[pos] || !xz_is_han(xz_utf8_next(r->text, &pos)))
            return true;
        if (pos < r->text.len && !r->covered[pos] && xz_is_han(xz_utf8_next(r->text, &pos)))
            return true;
    }
    return false;
}

/* What may stay unexplained in a question that asks what is going on, and in any other. */
#define LEFT_EVENT_MAX 12
#define LEFT_MAX       2

bool qa_notice_matters(struct xz_arena *arena, xz_str question, const struct xz_notice *notice)
{
    struct reading r = { .text = question, .covered = XZ_NEW(arena, bool, question.len + 1) };
    xz_str *words, known = XZ_STR_NONE;
    size_t count = xz_notice_keywords(arena, notice->entry.aliases, &words);

    for (size_t i = 0; i < count; i++)
        for (size_t at = 0; (at = find_from(question, words[i], at)) != XZ_STR_NPOS;
             at += words[i].len) {
            cover(&r, at, words[i].len);
            if (words[i].len > known.len)
                known = words[i];
        }
    if (!known.len)
        return false;
    r.notice = xz_text_normalise(
        arena, xz_str_format(arena, "%.*s\n%.*s\n%.*s", XZ_STR_ARG(notice->entry.title),
                             XZ_STR_ARG(notice->entry.aliases), XZ_STR_ARG(notice->text)));
    if (other_matter(&r))
        return false;
    bool asks_event = words_cover(&r, event_words);
    (void)words_cover(&r, filler_words);
    pairs_cover(&r);
    return stands_free(&r, known) &&
           chars_left(&r) <= (asks_event ? (size_t)LEFT_EVENT_MAX : (size_t)LEFT_MAX);
}

/* "仍按原问题查询" was picked, or it is asked once more: then the notice has been read. */
static xz_err asked_again(struct qa_case *c, bool *again)
{
    struct qa_before before;
    xz_err err;

    *again = false;
    if (!c->ask->dialogue.len)
        return XZ_OK;
    err = qa_turn_before(c->tx, c->arena, c->ask->dialogue, INT64_MAX, &before);
    if (err != XZ_OK)
        return err == XZ_E_MISSING ? XZ_OK : err;
    *again = before.kind == XZ_ANSWER_NOTICE &&
             xz_str_eq(xz_text_normalise(c->arena, before.understood),
                       xz_text_normalise(c->arena, c->ask->question));
    return XZ_OK;
}

static xz_err notice_set(struct qa_case *c, const struct xz_notice *n)
{
    struct xz_clause *clauses;
    size_t count;
    xz_err err = xz_clause_list(c->tx, c->arena, n->entry.id, 0, QA_SOURCES_MAX, &clauses, &count);

    for (size_t i = 0; i < count && err == XZ_OK; i++)
        err = qa_source_add(c, n->entry.id.v, clauses[i].id.v);
    if (err != XZ_OK || !c->answer->source_count)
        return err;
    c->lead = xz_str_format(
        c->arena, "《%.*s》（%.*s，适用区域：%.*s）\n发布时间：%.*s；有效至：%.*s。%s%.*s%s",
        XZ_STR_ARG(n->entry.title), XZ_STR_ARG(n->entry.issuer), XZ_STR_ARG(n->region_name),
        XZ_STR_ARG(xz_minute_format(c->arena, n->issued_ms)),
        XZ_STR_ARG(xz_minute_format(c->arena, n->expires_ms)), n->phone.len ? "联系电话：" : "",
        XZ_STR_ARG(n->phone), n->phone.len ? "。" : "");
    c->answer->kind = XZ_ANSWER_NOTICE;
    c->answer->confidence = 1.0;
    c->answer->matched = n->entry.title;
    c->new_focus = c->focus;
    qa_option_add(c, XZ_STR("仍按原问题查询"), c->answer->understood, 0);
    c->decided = true;
    return XZ_OK;
}

xz_err qa_known(struct qa_case *c)
{
    xz_str question = qa_without_places(c, c->text);
    const struct xz_notice_query query = { &c->ask->actor, c->site, c->region, c->now_ms,
                                           question };
    struct xz_notice *notices;
    size_t count;
    bool again;
    xz_err err = xz_notice_list(c->tx, c->arena, &query, &notices, &count);

    if (err != XZ_OK || !count || (err = asked_again(c, &again)) != XZ_OK || again)
        return err;
    for (size_t i = 0; i < count; i++)
        if (qa_notice_matters(c->arena, question, &notices[i]))
            return notice_set(c, &notices[i]);
    return XZ_OK;
}
