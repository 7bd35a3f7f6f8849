/* What is asked: admitted, normalised, placed in its region, and completed by the dialogue when it
 * is a follow-up. Tables of words, no model. */
#include "qa/qa_internal.h"

/* Sections as the service guides name them; words separated by blanks, longest first where one
 * holds another. */
const struct qa_aspect_row qa_aspects[ASPECT_COUNT] = {
    [ASPECT_NONE] = { ASPECT_NONE, "", "" },
    [ASPECT_MATERIALS] = { ASPECT_MATERIALS, "申请材料",
                           "什么材料 哪些材料 啥材料 材料 带什么 带啥 带哪些 要带 准备什么 "
                           "准备哪些 "
                           "准备啥 什么证件 哪些证件 什么手续 哪些手续 需要什么 需要哪些 要什么 "
                           "要啥 什么东西 哪些东西 啥东西 交什么 交哪些 交啥 拿什么 拿啥 要拿" },
    [ASPECT_STEPS] = { ASPECT_STEPS, "办理流程",
                       "怎么办理 如何办理 怎么办 咋办 流程 步骤 怎么申请 如何申请 咋申请 程序 "
                       "怎么弄 怎么操作" },
    [ASPECT_PLACE] = { ASPECT_PLACE, "办理地点",
                       "在哪里办 在哪办 去哪里办 去哪办 去哪里 去哪儿 去哪 到哪里 到哪 哪里办 "
                       "哪儿办 哪条路 几楼 县里能办 区里能办 县里收 区里收 跑市里 在哪里 "
                       "在哪儿 在哪 什么地方 哪个窗口 哪个大厅 地点 地址 窗口" },
    [ASPECT_TIME_LIMIT] = { ASPECT_TIME_LIMIT, "办理时限",
                            "多长时间 多久 几天 多少天 多少个工作日 几个工作日 时限 什么时候能好 "
                            "什么时候办好 审下来 能拿到钱 几天下来 多久到账 "
                            "啥时候能拿 什么时候能拿" },
    [ASPECT_FEE] = { ASPECT_FEE, "收费标准",
                     "多少钱 要钱吗 要钱不 花钱吗 收费 费用 手续费 工本费 免费 几块钱" },
    [ASPECT_CONDITIONS] = { ASPECT_CONDITIONS, "办理条件",
                            "什么条件 哪些条件 啥条件 条件 资格 什么人可以 谁可以 谁能 哪些人" },
    [ASPECT_ONLINE] = { ASPECT_ONLINE, "线上办理",
                        "网上能办吗 网上可以办 能网上办 网上办理 网上办 线上办 手机上办 手机办 "
                        "在线办理 网上申请 "
                        "网上能 线上" },
    [ASPECT_PHONE] = { ASPECT_PHONE, "咨询电话", "电话多少 咨询电话 联系电话 电话 联系方式" },
    [ASPECT_BASIS] = { ASPECT_BASIS, "法律依据", "法律依据 依据什么 什么依据 依据 哪条规定" },
};

/* Calls `each` for every blank-separated word of a list. */
static xz_str word_next(const char **list)
{
    while (**list == ' ')
        ++*list;
    const char *start = *list;
    while (**list && **list != ' ')
        ++*list;
    return (xz_str){ start, (size_t)(*list - start) };
}

static xz_str word_in(xz_str text, const char *list)
{
    for (xz_str word = word_next(&list); word.len; word = word_next(&list))
        if (xz_str_find(text, word) != XZ_STR_NPOS)
            return word;
    return XZ_STR_NONE;
}

/* The aspect whose longest word stands in the text. */
enum qa_aspect qa_aspect_of(xz_str text)
{
    enum qa_aspect best = ASPECT_NONE;
    size_t longest = 0;
    for (int a = 1; a < ASPECT_COUNT; a++) {
        const char *list = qa_aspects[a].words;
        for (xz_str word = word_next(&list); word.len; word = word_next(&list)) {
            if (word.len > longest && xz_str_find(text, word) != XZ_STR_NPOS) {
                longest = word.len;
                best = (enum qa_aspect)a;
            }
        }
    }
    return best;
}

/* --- admit --- */

static xz_str question_clean(struct xz_arena *arena, xz_str question)
{
    struct xz_buf buf;
    xz_buf_init(&buf, question.len + 1);
    for (size_t pos = 0; pos < question.len;) {
        size_t start = pos;
        uint32_t code = xz_utf8_next(question, &pos);
        if (code < 0x20 || code == 0x7f || (code >= 0x200b && code <= 0x200f) || code == 0xfeff)
            xz_buf_add_char(&buf, ' ');
        else
            xz_buf_add(&buf, xz_str_sub(question, start, pos - start));
    }
    xz_str clean = xz_str_copy(arena, xz_str_trim(xz_buf_str(&buf)));
    xz_buf_fini(&buf);
    return clean;
}

static bool secret_valid(xz_str text)
{
    if (text.len != sizeof(xz_secret) - 1)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!strchr("0123456789abcdef", text.ptr[i]) || !text.ptr[i])
            return false;
    return true;
}

xz_err qa_admit(struct qa_case *c)
{
    const struct xz_ask *ask = c->ask;
    if (!xz_utf8_valid(ask->question))
        return xz_fail(XZ_E_INPUT, "问题不是有效的UTF-8文字，请检查后重新输入。");
    if (xz_utf8_chars(ask->question) > (size_t)c->qa->question_chars_max)
        return xz_fail(XZ_E_LIMIT, "问题超过%lld字，请精简后再问。",
                       (long long)c->qa->question_chars_max);
    xz_str question = question_clean(c->arena, ask->question);
    if (!question.len)
        return xz_fail(XZ_E_INPUT, "请输入要咨询的问题。");
    if (ask->dialogue.len && !secret_valid(ask->dialogue))
        return xz_fail(XZ_E_INPUT, "对话编号不正确，请重新开始提问。");
    if (ask->region && !xz_region_find(c->site, ask->region))
        return xz_fail(XZ_E_INPUT, "没有这个区划代码，请重新选择所在区域。");
    c->text = xz_text_normalise(c->arena, question);
    c->answer->understood = question;
    return XZ_OK;
}

/* --- region --- */

void qa_chain_set(struct qa_case *c, int64_t region)
{
    c->region = region;
    c->chain_count = xz_region_chain(c->site, region, c->chain);
}

bool qa_in_chain(const struct qa_case *c, int64_t region)
{
    for (size_t i = 0; i < c->chain_count; i++)
        if (c->chain[i] == (uint32_t)region)
            return true;
    return false;
}

bool qa_region_is_own(const struct xz_site *site, int64_t code)
{
    for (int depth = 0; code && depth < XZ_SEARCH_REGIONS_MAX; depth++) {
        if (code == site->region)
            return true;
        const struct xz_region *region = xz_region_find(site, code);
        code = region ? region->parent : 0;
    }
    return false;
}

/* "去北京看病要备案吗" is asked at home: the place is where somebody goes, not whose rules count.
 */
static bool goes_there(xz_str text, const struct xz_region_mention *place)
{
    static const char purposes[] =
        "看病 看个病 就医 就诊 住院 治病 治疗 做手术 手术 转院 出差 旅游 旅行 探亲";
    xz_str before = xz_str_sub(text, 0, place->start);
    xz_str after = xz_str_sub(text, place->start + place->len, text.len);
    const char *list = purposes;

    if (!xz_str_ends(before, XZ_STR("去")) && !xz_str_ends(before, XZ_STR("到")))
        return false;
    for (xz_str word = word_next(&list); word.len; word = word_next(&list))
        if (xz_str_starts(after, word))
            return true;
    return false;
}

/* A place named in the question counts before one chosen earlier: somebody in 临江区 may ask about
 * 望湖区 or 北京. The lowest place named wins. */
static bool region_named(struct qa_case *c, int64_t *code)
{
    struct xz_region_mention found[8];
    size_t count = xz_region_mentions(c->site, c->text, found, XZ_COUNT(found));
    const struct xz_region *best = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct xz_region *region = found[i].region;
        bool own = qa_region_is_own(c->site, region->code);
        bool best_own = best && qa_region_is_own(c->site, best->code);
        if (!own && goes_there(c->text, &found[i]))
            continue;
        if (!best || (own && !best_own) || (own == best_own && region->code > best->code))
            best = region;
    }
    if (best)
        *code = best->code;
    return best != NULL;
}

static void region_settle(struct qa_case *c, int64_t dialogue_region)
{
    int64_t code = 0;
    bool named = region_named(c, &code);
    if (named && code == c->site->region && c->ask->region &&
        qa_region_is_own(c->site, c->ask->region))
        named = false; /* "在安澜市怎么…" says no more than the district already chosen */
    if (!named)
        code = c->ask->region    ? c->ask->region
               : dialogue_region ? dialogue_region
                                 : c->site->region;
    /* What lies above the city (the province, the nation) is where the site is. */
    c->region_chosen = code != c->site->region;
    qa_chain_set(c, code);
}

/* --- follow-ups --- */

/* Between the matter and what a follow-up adds to it, in the question as understood. */
#define FOLLOW_UP_MARK "；"

static const char anaphora[] =
    "那么 那 这个 那个 这种 那种 这样 它 该 此 还 呢 的话 一共 总共 大概 具体 最 "
    "需要 要 得 能 可以 我 请问 您 你 吗 么 啊 呀 吧 不 没 有 是 的 了 在 行 "
    "怎么 如何 什么 哪些 哪里 哪 多少 几 个 办理 办 申请 弄 领 拿 交 收 打 问 说 下 一下 再 也 都 "
    "就";

/* The text without aspect words, pointing words and punctuation: what is left is a matter of its
 * own. */
static size_t own_matter_chars(struct xz_arena *arena, xz_str text, enum qa_aspect aspect)
{
    char *left = xz_str_cstr(arena, text);
    const char *lists[] = { qa_aspects[aspect].words, anaphora };
    for (size_t l = 0; l < XZ_COUNT(lists); l++) {
        const char *list = lists[l];
        for (xz_str word = word_next(&list); word.len; word = word_next(&list)) {
            size_t at;
            while ((at = xz_str_find(xz_str_from(left), word)) != XZ_STR_NPOS)
                memmove(left + at, left + at + word.len, strlen(left + at + word.len) + 1);
        }
    }
    xz_str rest = xz_str_from(left);
    size_t chars = 0;
    for (size_t pos = 0; pos < rest.len;) {
        uint32_t code = xz_utf8_next(rest, &pos);
        chars += xz_is_han(code) || (code < 0x80 && code > 0x2f && code != '?');
    }
    return chars;
}

size_t qa_own_chars(const struct qa_case *c)
{
    return own_matter_chars(c->arena, c->turn, qa_aspect_of(c->turn));
}

static bool points_back(xz_str text)
{
    static const char *fronts =
        "那 这个 那个 这种 它 还 如果 要是 假如 另外 然后 可是 但是 但 可我 不过";
    const char *list = fronts;
    for (xz_str word = word_next(&list); word.len; word = word_next(&list))
        if (xz_str_starts(text, word))
            return true;
    return xz_str_ends(text, XZ_STR("呢")) || xz_str_ends(text, XZ_STR("呢?")) ||
           xz_str_find(text, XZ_STR("呢,")) != XZ_STR_NPOS;
}

/* "那望湖区呢？": the question before, asked for another place. */
static bool only_a_region(struct qa_case *c)
{
    struct xz_region_mention found[2];
    size_t count = xz_region_mentions(c->site, c->text, found, XZ_COUNT(found));
    if (count != 1)
        return false;
    xz_str before = xz_str_sub(c->text, 0, found[0].start);
    xz_str after = xz_str_sub(c->text, found[0].start + found[0].len, c->text.len);
    xz_str both = xz_str_format(c->arena, "%.*s%.*s", XZ_STR_ARG(before), XZ_STR_ARG(after));
    return own_matter_chars(c->arena, both, ASPECT_NONE) == 0;
}

static void understood_set(struct qa_case *c, xz_str text)
{
    c->answer->understood = xz_utf8_head(text, (size_t)c->qa->question_chars_max);
    c->text = xz_text_normalise(c->arena, c->answer->understood);
    c->asked = NULL;
}

/* The first place of ours that `text` names is left out. */
static xz_str without_own_place(struct qa_case *c, xz_str text, bool *found_one)
{
    struct xz_region_mention found[8];
    size_t count = xz_region_mentions(c->site, text, found, XZ_COUNT(found));
    *found_one = false;
    for (size_t i = 0; i < count && !*found_one; i++) {
        if (!qa_region_is_own(c->site, found[i].region->code))
            continue;
        *found_one = true;
        text = xz_str_format(c->arena, "%.*s%.*s", XZ_STR_ARG(xz_str_sub(text, 0, found[i].start)),
                             XZ_STR_ARG(xz_str_sub(text, found[i].start + found[i].len, text.len)));
    }
    return text;
}

/* What was asked before, then this. Too long together: the end of what was before gives way. */
void qa_before_join(struct qa_case *c)
{
    xz_str now = c->answer->understood, before = c->before;
    size_t room = (size_t)c->qa->question_chars_max, chars = xz_utf8_chars(now) + 1;
    bool placed, was_placed;

    (void)without_own_place(c, c->text, &placed);
    if (placed) /* "…石桥县的呢": no longer the district named before */
        before = without_own_place(c, before, &was_placed);
    before = xz_utf8_head(before, room > chars ? room - chars : 0);
    c->follow_up = true;
    understood_set(c, xz_str_format(c->arena, "%.*s" FOLLOW_UP_MARK "%.*s", XZ_STR_ARG(before),
                                    XZ_STR_ARG(now)));
}

/* "那望湖区呢？" after "临江区…": the place named before gives way to the new one. */
static void region_exchange(struct qa_case *c)
{
    const struct xz_region *region = xz_region_find(c->site, c->region);
    bool placed;
    xz_str rest = without_own_place(c, c->before, &placed);
    xz_str name = region ? region->name : XZ_STR_NONE;

    c->follow_up = c->region_exchanged = true;
    understood_set(c, xz_str_format(c->arena, "%.*s%.*s", XZ_STR_ARG(name), XZ_STR_ARG(rest)));
    c->aspect = qa_aspect_of(c->text);
}

/* "他下不了床", "我们没有债务": no question by itself, or about somebody named before. */
bool qa_leans_on_before(xz_str text)
{
    static const char questions[] = "吗 么 呢 ? 怎 咋 如何 什么 啥 哪 多少 多久 多大 几 谁 是否 "
                                    "能不能 可不可以 要不要 有没有 行不行 会不会 可否 能否";
    static const char persons[] = "他 她 它 那个人 这个人";
    bool asks = word_in(text, questions).len || xz_str_ends(text, XZ_STR("不"));
    return !asks || points_back(text) || word_in(text, persons).len;
}

static void follow_up_settle(struct qa_case *c)
{
    size_t own = own_matter_chars(c->arena, c->text, c->aspect);
    if (only_a_region(c)) {
        region_exchange(c);
    } else if (own <= 1) {
        c->section_wanted = c->aspect != ASPECT_NONE;
        qa_before_join(c);
    } else if (points_back(c->text) && own <= 12) {
        qa_before_join(
            c); /* "如果是外地户口呢？" has a matter of its own and stands on the other */
    }
}

static enum qa_intent intent_of(xz_str text)
{
    static const struct {
        enum qa_intent intent;
        size_t chars_max;
        const char *words;
    } rows[] = {
        { INTENT_EMERGENCY, 40,
          "救命 着火了 起火了 失火了 有人要跳楼 想自杀 不想活了 杀人了 煤气泄漏 燃气泄漏 触电了" },
        { INTENT_PERSON, 7, "12345" }, /* 12345多久回复 asks about it */
        { INTENT_PERSON, 14, "转人工 人工客服 人工服务 找人工 要人工 真人客服 接人工 人工坐席" },
        { INTENT_GREET, 6, "你好 您好 在吗 在不在 hello hi 早上好 下午好 晚上好" },
        { INTENT_THANKS, 8, "谢谢 多谢 感谢 辛苦了 再见 拜拜 好的谢谢" },
    };
    for (size_t i = 0; i < XZ_COUNT(rows); i++)
        if (xz_utf8_chars(text) <= rows[i].chars_max && word_in(text, rows[i].words).len)
            return rows[i].intent;
    return INTENT_ASK;
}

static xz_str matter_of(xz_str understood)
{
    size_t mark = xz_str_find(understood, XZ_STR(FOLLOW_UP_MARK));
    return mark == XZ_STR_NPOS ? understood : xz_str_sub(understood, 0, mark);
}

/* The last turn that asked something; a greeting or thanks in between changes no matter. */
static xz_err before_load(struct qa_case *c, int64_t *region)
{
    struct qa_before before = { .number = 0 };
    int64_t below = INT64_MAX;
    xz_err err;

    for (int tries = 0; tries < 4; tries++) {
        err = qa_turn_before(c->tx, c->arena, c->ask->dialogue, below, &before);
        if (err == XZ_E_MISSING && tries)
            return XZ_OK;
        if (err == XZ_E_MISSING)
            return xz_fail(XZ_E_MISSING, "这次对话已经结束，请重新开始提问。");
        if (err != XZ_OK)
            return err;
        if (!tries) {
            c->number = before.number + 1;
            *region = before.region;
        }
        c->focus = before.focus;
        if (intent_of(xz_text_normalise(c->arena, before.understood)) == INTENT_ASK) {
            /* Of a chain of follow-ups the matter itself is carried on, not what was added. */
            c->before = matter_of(before.understood);
            return XZ_OK;
        }
        below = before.number;
    }
    return XZ_OK;
}

xz_err qa_understand(struct qa_case *c)
{
    int64_t region = 0;
    xz_err err;

    c->number = 1;
    if (c->ask->dialogue.len && (err = before_load(c, &region)) != XZ_OK)
        return err;
    region_settle(c, region);
    c->intent = intent_of(c->text);
    c->aspect = qa_aspect_of(c->text);
    c->turn = c->text;
    c->turn_said = c->answer->understood;
    (void)without_own_place(c, c->text, &c->turn_places);
    if (c->before.len && c->intent == INTENT_ASK)
        follow_up_settle(c);
    return XZ_OK;
}
