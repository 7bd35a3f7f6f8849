/* How surely a question means a reviewed one. Terms are weighed by how rare they are in the index;
 * what the question says and the answer does not speak of counts against it, and so does a number, a
 * group of people or an act that differs: an answer given word for word in the government's name must
 * not be given to the neighbouring question. */
#include "qa/qa_internal.h"

#include <math.h>

/* --- terms of a question with their weights --- */

static bool counts(const struct xz_term *term)
{
    if (term->flags & XZ_TERM_STOP)
        return false;
    return term->kind == XZ_TERM_BIGRAM || term->kind == XZ_TERM_ASCII ||
           term->kind == XZ_TERM_CHAR || term->kind == XZ_TERM_NUMBER;
}

struct qa_words qa_words_of(struct xz_qa *qa, struct xz_arena *arena, xz_str text)
{
    struct xz_terms terms = xz_terms_of(arena, xz_knowledge_lexicon(qa->knowledge), text);
    struct qa_words words = { XZ_NEW(arena, struct qa_word, terms.count + 1), 0, 0 };

    for (size_t i = 0; i < terms.count; i++) {
        const struct xz_term *term = &terms.items[i];
        bool again = false;
        if (!counts(term))
            continue;
        for (size_t j = 0; j < words.count && !again; j++)
            again = words.items[j].hash == term->hash;
        if (again)
            continue;
        float weight = xz_search_idf(xz_knowledge_index(qa->knowledge), term->hash);
        /* A pair over a word border says little by itself. */
        if (term->flags & XZ_TERM_CROSS)
            weight *= 0.4f;
        words.items[words.count++] = (struct qa_word){
            term->hash, weight, xz_str_sub(text, term->start, term->len), false
        };
        words.total += weight;
    }
    return words;
}

/* --- conflicts --- */

static bool list_has(const char *list, xz_str text, xz_str *found, const char **rest)
{
    while (*list) {
        while (*list == ' ')
            list++;
        const char *start = list;
        while (*list && *list != ' ')
            list++;
        xz_str word = { start, (size_t)(list - start) };
        if (word.len && xz_str_find(text, word) != XZ_STR_NPOS) {
            *found = word;
            *rest = list;
            return true;
        }
    }
    return false;
}

/* Words of `row` mean the same; a question with one of them needs an entry with one of them. */
static const char *const groups[] = {
    "外国人 外籍 老外 外国籍", "港澳 香港人 澳门人", "台湾 台胞", "未成年 小孩 孩子 儿童 婴儿 宝宝 新生儿 娃",
    "大学生 毕业生 高校 研究生 硕士 博士", "退役军人 退伍 军人 当兵", "残疾", "企业 公司 单位 用人单位 厂",
    "个体 小店 小卖部 网店 摊", "孕妇 怀孕 生育 生孩子 产假", "农民工 进城务工", "去世 死亡 过世 遗产 继承", "监狱 服刑",
};
/* An act that the entry's own questions do not speak of: its answer is about another one. */
static const char *const acts[] = {
    "注销 销户", "取消 撤销 撤回 不想要了", "退费 退款 退钱 退保 退回", "变更 更改 修改 改名 更名 改成 更正",
    "查询 怎么查 哪里查 查一下 查不到", "举报 投诉 告他 曝光", "罚款 处罚 罚多少 违法 违规 判刑 坐牢",
    "骗 造假 假的 冒用 冒领", "起诉 仲裁 打官司 赔偿", "断缴 停保 停缴", "补缴 补交", "贷款", "转让 出租 转租",
    "续签 延期 续期", "迁出 转出", "挂失", "借给 代领 代办 帮别人 替别人", "拒绝 不给办 不受理 被拒",
};
static const char *const negations = "不想 不要 不交 不办 不愿 不用交 能不能不 可以不 没办 没交 不买 不登记 不续";

static int row_conflicts(const char *const *rows, size_t count, xz_str question, xz_str entry)
{
    int conflicts = 0;
    for (size_t i = 0; i < count; i++) {
        xz_str word;
        const char *rest;
        conflicts += list_has(rows[i], question, &word, &rest) &&
                     !list_has(rows[i], entry, &word, &rest);
    }
    return conflicts;
}

static bool number_in(xz_str text, int64_t wanted)
{
    for (size_t pos = 0; pos < text.len;) {
        int64_t value;
        size_t eaten = xz_numeral_read(xz_str_sub(text, pos, text.len), &value);
        if (eaten && value == wanted)
            return true;
        if (eaten)
            pos += eaten;
        else
            (void)xz_utf8_next(text, &pos);
    }
    return false;
}

/* Years and figures of the question that the entry never names. Small numbers (一下, 两个人) do not
 * tell; 12 and up do. */
static int number_conflicts(xz_str question, xz_str support)
{
    int conflicts = 0;
    for (size_t pos = 0; pos < question.len;) {
        int64_t value;
        size_t eaten = xz_numeral_read(xz_str_sub(question, pos, question.len), &value);
        if (!eaten) {
            (void)xz_utf8_next(question, &pos);
            continue;
        }
        pos += eaten;
        bool year = xz_str_starts(xz_str_sub(question, pos, 3), XZ_STR("年")) && value >= 1949 &&
                    value <= 2999;
        if (year && !number_in(support, value))
            conflicts += 2;
    }
    return conflicts;
}

static void conflicts_of(xz_str question, xz_str variants, xz_str support, double *f)
{
    xz_str word;
    const char *rest;
    f[FEATURE_NUMBERS] = number_conflicts(question, support);
    f[FEATURE_GROUPS] = row_conflicts(groups, XZ_COUNT(groups), question, support);
    f[FEATURE_ACTS] = row_conflicts(acts, XZ_COUNT(acts), question, variants);
    f[FEATURE_NEGATION] = list_has(negations, question, &word, &rest) &&
                          xz_str_find(variants, word) == XZ_STR_NPOS;
}

/* --- features --- */

struct synonym_marks { struct qa_words *words; xz_str text, target; };

/* A table word of the question of which the target has another form: its terms are met. */
static void synonym_met(xz_str word, size_t start, const xz_str *others, size_t count, void *arg)
{
    struct synonym_marks *m = arg;
    bool met = false;
    for (size_t i = 0; i < count && !met; i++)
        met = xz_str_find(m->target, others[i]) != XZ_STR_NPOS;
    if (!met)
        return;
    for (size_t i = 0; i < m->words->count; i++) {
        size_t at = (size_t)(m->words->items[i].text.ptr - m->text.ptr);
        if (at >= start && at < start + word.len)
            m->words->items[i].met = true;
    }
}

/* Share of the weight of `words` (of `text`) that `target` has, by term or by synonym. */
static double cover(struct xz_qa *qa, struct qa_words *words, xz_str text, xz_str target,
                    float *heaviest_missing)
{
    float met = 0;
    const struct xz_synonyms *synonyms = xz_knowledge_synonyms(qa->knowledge);
    for (size_t i = 0; i < words->count; i++)
        words->items[i].met = xz_str_find(target, words->items[i].text) != XZ_STR_NPOS;
    if (synonyms) {
        struct synonym_marks marks = { words, text, target };
        xz_synonyms_find(synonyms, text, synonym_met, &marks);
    }
    if (heaviest_missing)
        *heaviest_missing = 0;
    for (size_t i = 0; i < words->count; i++) {
        if (words->items[i].met)
            met += words->items[i].weight;
        else if (heaviest_missing)
            *heaviest_missing = XZ_MAX(*heaviest_missing, words->items[i].weight);
    }
    return words->total > 0 ? (double)(met / words->total) : 0.0;
}

/* Longest common subsequence of characters over the shorter length: word order counts. */
static double common_order(xz_str a, xz_str b)
{
    uint32_t x[64], y[64];
    size_t n = 0, m = 0;
    for (size_t pos = 0; pos < a.len && n < XZ_COUNT(x);)
        x[n++] = xz_utf8_next(a, &pos);
    for (size_t pos = 0; pos < b.len && m < XZ_COUNT(y);)
        y[m++] = xz_utf8_next(b, &pos);
    if (!n || !m)
        return 0;
    uint8_t row[65] = { 0 };
    for (size_t i = 0; i < n; i++) {
        uint8_t diagonal = 0;
        for (size_t j = 0; j < m; j++) {
            uint8_t above = row[j + 1];
            row[j + 1] = x[i] == y[j] ? (uint8_t)(diagonal + 1) : XZ_MAX(above, row[j]);
            diagonal = above;
        }
    }
    return 2.0 * row[m] / (double)(n + m);
}

/* All that the entry says of itself: its answer, and the guide it belongs to. */
static xz_err support_of(struct qa_case *c, const struct xz_entry *entry, xz_str variants,
                         xz_str *support)
{
    struct xz_clause *clauses;
    struct xz_entry guide;
    size_t count;
    struct xz_buf buf;
    xz_err err = xz_clause_list(c->tx, c->arena, entry->id, 0, 8, &clauses, &count);

    if (err != XZ_OK)
        return err;
    xz_buf_init(&buf, KIB(64));
    xz_buf_add(&buf, variants);
    for (size_t i = 0; i < count; i++)
        xz_buf_add(&buf, clauses[i].body);
    xz_buf_add(&buf, entry->basis);
    if (entry->related.len &&
        xz_entry_find_code(c->tx, c->arena, &c->ask->actor, entry->related, &guide) == XZ_OK) {
        xz_buf_add(&buf, guide.title);
        xz_buf_add(&buf, guide.aliases);
    }
    *support = xz_text_normalise(c->arena, xz_buf_str(&buf));
    xz_buf_fini(&buf);
    return XZ_OK;
}

/* The question without the names of places: where is decided by the filter, not by likeness. */
static xz_str without_places(struct qa_case *c, xz_str question)
{
    struct xz_region_mention found[4];
    size_t n = xz_region_mentions(c->site, question, found, XZ_COUNT(found));
    for (size_t i = 0; i < n; i++) {
        if (!qa_region_is_own(c->site, found[i].region->code))
            continue;
        return xz_str_format(c->arena, "%.*s%.*s",
                             XZ_STR_ARG(xz_str_sub(question, 0, found[i].start)),
                             XZ_STR_ARG(xz_str_sub(question, found[i].start + found[i].len,
                                                   question.len)));
    }
    return question;
}

/* Share of the single characters, weighed, of `text` that `target` has. */
static double chars_cover(struct xz_qa *qa, xz_str text, xz_str target)
{
    float all = 0, met = 0;
    for (size_t pos = 0; pos < text.len;) {
        size_t start = pos;
        uint32_t code = xz_utf8_next(text, &pos);
        xz_str one = xz_str_sub(text, start, pos - start);
        if (!xz_is_han(code))
            continue;
        float weight = xz_search_char_idf(xz_knowledge_index(qa->knowledge), code);
        all += weight;
        met += xz_str_find(target, one) != XZ_STR_NPOS ? weight : 0;
    }
    return all > 0 ? (double)(met / all) : 0;
}

/* What does not change from candidate to candidate. */
struct asked { xz_str plain, bare; struct qa_words words; float most; };

static xz_err variants_compare(struct qa_case *c, struct asked *asked, struct qa_candidate *k,
                               xz_str *all)
{
    xz_str *questions;
    size_t count;
    double best = -1;
    struct xz_buf buf;
    xz_err err = xz_variant_list(c->tx, c->arena, k->entry.id, &questions, &count);

    if (err != XZ_OK)
        return err;
    xz_buf_init(&buf, KIB(64));
    for (size_t i = 0; i < count && !k->exact; i++) {
        xz_str variant = xz_text_normalise(c->arena, questions[i]);
        xz_buf_add(&buf, variant);
        xz_buf_add_char(&buf, '\n');
        k->exact = xz_str_eq(asked->bare, xz_question_key(c->arena, variant));
        struct qa_words theirs = qa_words_of(c->qa, c->arena, variant);
        double of_question = cover(c->qa, &asked->words, asked->plain, variant, NULL);
        double of_variant = cover(c->qa, &theirs, variant, asked->plain, NULL);
        double order = common_order(asked->plain, variant);
        double sum = of_question + of_variant + order + k->exact;
        if (sum > best) {
            best = sum;
            k->variant = questions[i];
            k->f[FEATURE_COVER_QUESTION] = of_question;
            k->f[FEATURE_COVER_VARIANT] = of_variant;
            k->f[FEATURE_ORDER] = order;
        }
    }
    *all = xz_str_copy(c->arena, xz_buf_str(&buf));
    xz_buf_fini(&buf);
    return XZ_OK;
}

static xz_err candidate_weigh(struct qa_case *c, struct asked *asked, struct qa_candidate *k)
{
    xz_str variants, support;
    float missing;
    xz_err err;

    if ((err = xz_entry_get(c->tx, c->arena, &c->ask->actor, (xz_entry_id){ k->id }, &k->entry)) !=
            XZ_OK ||
        (err = variants_compare(c, asked, k, &variants)) != XZ_OK || k->exact)
        return err;
    if ((err = support_of(c, &k->entry, variants, &support)) != XZ_OK)
        return err;
    k->f[FEATURE_COVER_ENTRY] = cover(c->qa, &asked->words, asked->plain, variants, NULL);
    k->f[FEATURE_COVER_SUPPORT] = cover(c->qa, &asked->words, asked->plain, support, &missing);
    k->f[FEATURE_FOREIGN] = asked->most > 0 ? (double)(missing / asked->most) : 0;
    k->f[FEATURE_CHARS_ENTRY] = chars_cover(c->qa, asked->plain, variants);
    k->f[FEATURE_CHARS_SUPPORT] = chars_cover(c->qa, asked->plain, support);
    conflicts_of(asked->plain, variants, support, k->f);
    return XZ_OK;
}

/* --- candidates --- */

static xz_err hits_join(struct qa_case *c, bool any_region, uint32_t kind,
                        struct qa_candidate *list, size_t *count)
{
    struct xz_search_filter filter;
    struct xz_search_query query = { .text = c->text,
                                     .filter = &filter,
                                     .synonyms = xz_knowledge_synonyms(c->qa->knowledge),
                                     .hits_max = 24,
                                     .budget_ms = 200 };
    struct xz_search_hit *hits;
    size_t n, fresh = 0;
    xz_err err;

    qa_filter_set(c, &filter, 1u << kind);
    if (any_region)
        filter.region_count = 0;
    err = xz_search_find(xz_knowledge_index(c->qa->knowledge), c->arena, &query, &hits, &n);
    if (err != XZ_OK && err != XZ_E_BUSY)
        return err;
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;
        if (any_region && !qa_region_is_own(c->site, hits[i].attr.region))
            continue;
        while (at < *count && list[at].id != hits[i].entry)
            at++;
        if (at == *count) {
            if (*count == QA_CANDIDATES_MAX || fresh++ == QA_CANDIDATES_MAX / 2)
                continue;
            list[(*count)++] = (struct qa_candidate){ .id = hits[i].entry, .variant = XZ_STR_NONE };
        }
        float *score = kind == XZ_ENTRY_ANSWER ? &list[at].answer_score : &list[at].question_score;
        *score = XZ_MAX(*score, hits[i].score);
    }
    return XZ_OK;
}

/* How far each stands above the best of the others. */
static void margins_set(struct qa_candidate *list, size_t count, float total)
{
    for (size_t i = 0; i < count; i++) {
        float question = 0, answer = 0;
        for (size_t j = 0; j < count; j++) {
            if (j == i || xz_str_eq(list[j].entry.title, list[i].entry.title))
                continue;
            question = XZ_MAX(question, list[j].question_score);
            answer = XZ_MAX(answer, list[j].answer_score);
        }
        double *f = list[i].f;
        f[FEATURE_QUESTION_SCORE] = (double)(list[i].question_score / total);
        f[FEATURE_ANSWER_SCORE] = (double)(list[i].answer_score / total);
        f[FEATURE_QUESTION_MARGIN] = (double)((list[i].question_score - question) / total);
        f[FEATURE_ANSWER_MARGIN] = (double)((list[i].answer_score - answer) / total);
    }
}

static int candidate_compare(const void *a, const void *b)
{
    const struct qa_candidate *x = a, *y = b;
    if (x->confidence != y->confidence)
        return x->confidence > y->confidence ? -1 : 1;
    /* The more local first: its code is the larger. */
    return x->entry.region > y->entry.region ? -1 : x->entry.region < y->entry.region;
}

xz_err qa_candidates(struct qa_case *c, bool any_region, struct qa_candidate *list, size_t *count)
{
    struct asked asked = { .plain = without_places(c, c->text), .bare = xz_question_key(c->arena, c->text) };
    size_t n = 0, kept = 0;
    xz_err err;

    *count = 0;
    if ((err = hits_join(c, any_region, XZ_INDEX_KIND_QUESTION, list, &n)) != XZ_OK ||
        (err = hits_join(c, any_region, XZ_ENTRY_ANSWER, list, &n)) != XZ_OK)
        return err;
    asked.words = qa_words_of(c->qa, c->arena, asked.plain);
    asked.most = xz_search_idf(xz_knowledge_index(c->qa->knowledge), 0);
    for (size_t i = 0; i < n; i++) {
        err = candidate_weigh(c, &asked, &list[i]);
        if (err == XZ_E_MISSING)
            continue; /* withdrawn since the index was read */
        if (err != XZ_OK)
            return err;
        list[kept++] = list[i];
    }
    margins_set(list, kept, XZ_MAX(asked.words.total, 1.0f));
    for (size_t i = 0; i < kept; i++)
        list[i].confidence = list[i].exact ? 1.0 : qa_confidence(list[i].f);
    qsort(list, kept, sizeof(*list), candidate_compare);
    *count = kept;
    return XZ_OK;
}

const char *const qa_feature_names[FEATURE_COUNT] = {
    "question_score", "answer_score", "question_margin", "answer_margin", "cover_question",
    "cover_variant",  "cover_entry",  "cover_support",   "foreign",       "order",
    "chars_entry",    "chars_support", "numbers",        "groups",        "acts",
    "negation",
};

/* A logistic function of the features, fitted by bench/fit_reviewed.py on the first half of
 * bench/sets/reviewed.jsonl with the signs held to what they must mean; see docs/BENCHMARKS.md for
 * what it reaches on the other half. Features of weight 0 are kept for the next fit. */
static const double weights[FEATURE_COUNT] = {
    [FEATURE_QUESTION_MARGIN] = 1.402, [FEATURE_ANSWER_MARGIN] = 4.361,
    [FEATURE_COVER_VARIANT] = 1.834,   [FEATURE_ORDER] = 0.416,
    [FEATURE_CHARS_ENTRY] = 1.299,     [FEATURE_CHARS_SUPPORT] = 1.141,
    [FEATURE_NUMBERS] = -2.395,        [FEATURE_GROUPS] = -0.972,
    [FEATURE_ACTS] = -2.051,           [FEATURE_NEGATION] = -0.051,
};
static const double bias = -2.533;

double qa_confidence(const double f[FEATURE_COUNT])
{
    double z = bias;
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        z += weights[i] * f[i];
    return 1.0 / (1.0 + exp(-z));
}

/* Beyond likeness: the entry must speak of what is asked, and nothing may contradict. Chosen on the
 * same half for at most 2 % of the near-misses answered. */
bool qa_may_answer(const struct qa_candidate *k)
{
    if (k->exact)
        return true;
    return k->f[FEATURE_COVER_SUPPORT] >= 0.4 && k->f[FEATURE_CHARS_SUPPORT] >= 0.7 &&
           k->f[FEATURE_NUMBERS] == 0 && k->f[FEATURE_ACTS] == 0 && k->f[FEATURE_GROUPS] == 0;
}
