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

int qa_conflicts(xz_str question, xz_str variants, xz_str support)
{
    int conflicts = number_conflicts(question, support);
    xz_str word;
    const char *rest;

    conflicts += row_conflicts(groups, XZ_COUNT(groups), question, support);
    conflicts += row_conflicts(acts, XZ_COUNT(acts), question, variants);
    if (list_has(negations, question, &word, &rest) && xz_str_find(variants, word) == XZ_STR_NPOS)
        conflicts++;
    return conflicts;
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
static double common_order(struct xz_arena *arena, xz_str a, xz_str b)
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
    (void)arena;
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

/* Letters and digits only: equal texts ask the same. */
static xz_str bare(struct xz_arena *arena, xz_str text)
{
    struct xz_buf buf;
    xz_buf_init(&buf, text.len + 1);
    for (size_t pos = 0; pos < text.len;) {
        size_t start = pos;
        uint32_t code = xz_utf8_next(text, &pos);
        bool keep = xz_is_han(code) || (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') ||
                    (code > 0x7f && !(code >= 0x2000 && code <= 0x303f) && code < 0xff00);
        if (keep)
            xz_buf_add(&buf, xz_str_sub(text, start, pos - start));
    }
    xz_str copy = xz_str_copy(arena, xz_buf_str(&buf));
    xz_buf_fini(&buf);
    return copy;
}

xz_err qa_match_entry(struct qa_case *c, xz_str question, int64_t id, struct qa_candidate *out)
{
    xz_str *questions, support, plain = without_places(c, question);
    size_t count;
    struct xz_buf all;
    xz_err err;

    *out = (struct qa_candidate){ .variant = XZ_STR_NONE };
    if ((err = xz_entry_get(c->tx, c->arena, &c->ask->actor, (xz_entry_id){ id }, &out->entry)) !=
            XZ_OK ||
        (err = xz_variant_list(c->tx, c->arena, out->entry.id, &questions, &count)) != XZ_OK)
        return err;
    struct qa_words words = qa_words_of(c->qa, c->arena, plain);
    xz_str mine = bare(c->arena, question);
    double best = -1;
    xz_buf_init(&all, KIB(64));
    for (size_t i = 0; i < count; i++) {
        xz_str variant = xz_text_normalise(c->arena, questions[i]);
        xz_buf_add(&all, variant);
        xz_buf_add_char(&all, '\n');
        if (xz_str_eq(mine, bare(c->arena, variant))) {
            out->variant = questions[i];
            out->confidence = 1.0;
            goto out;
        }
        struct qa_words theirs = qa_words_of(c->qa, c->arena, variant);
        double of_question = cover(c->qa, &words, plain, variant, NULL);
        double of_variant = cover(c->qa, &theirs, variant, plain, NULL);
        double order = common_order(c->arena, plain, variant);
        double sum = of_question + of_variant + order;
        if (sum > best) {
            best = sum;
            out->variant = questions[i];
            out->f.cover_question = of_question;
            out->f.cover_variant = of_variant;
            out->f.order = order;
        }
    }
    if ((err = support_of(c, &out->entry, xz_buf_str(&all), &support)) != XZ_OK)
        goto out;
    float missing;
    xz_str variants = xz_str_copy(c->arena, xz_buf_str(&all));
    out->f.cover_entry = cover(c->qa, &words, plain, variants, NULL);
    out->f.cover_support = cover(c->qa, &words, plain, support, &missing);
    /* Terms the index has never seen weigh most: scale by the heaviest there can be. */
    float most = xz_search_idf(xz_knowledge_index(c->qa->knowledge), 0);
    out->f.foreign = most > 0 ? (double)(missing / most) : 0;
    out->f.conflicts = qa_conflicts(plain, variants, support);
    out->confidence = qa_confidence(&out->f);
out:
    xz_buf_fini(&all);
    return err;
}

/* A logistic function of the features. The weights are fitted on the first half of
 * bench/sets/reviewed.jsonl and checked on the other half; see docs/BENCHMARKS.md. */
double qa_confidence(const struct qa_features *f)
{
    double z = -5.5 + 2.5 * f->cover_question + 2.0 * f->cover_variant + 3.0 * f->cover_entry +
               2.5 * f->cover_support + 2.0 * f->order - 2.0 * f->foreign - 2.0 * f->conflicts;
    return 1.0 / (1.0 + exp(-z));
}
