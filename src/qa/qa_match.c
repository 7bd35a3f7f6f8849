/* How surely a question means a reviewed one. Terms are weighed by how rare they are in the index;
 * what the question says and the answer does not speak of counts against it, and so does a number,
 * a group of people or an act that differs: an answer given word for word in the government's name
 * must not be given to the neighbouring question. */
#include "qa/qa_internal.h"

#include <math.h>

/* --- what does not change from candidate to candidate --- */

#define SYNONYMS_MAX        16
#define ALTERNATIVES_MAX    24
#define MARGIN_MAX          0.5f
#define WORD_CANDIDATES_MAX 12 /* the rest of the places are for what is near in meaning */
#define CHARS_MAX           200
#define NEAR_UNITS          8.0 /* brings likenesses to 0 .. 1 or so */
#define NEAR_FRESH_MAX      8
#define TITLE_WEIGHT        3.0f

/* A table word in the question; `pairs` are the terms of each of its others, all of which must be
 * met. */
struct synonym {
    size_t start, len, count;
    struct qa_words others[ALTERNATIVES_MAX];
};
struct qa_asked {
    struct qa_case *c;
    xz_str text;
    struct qa_set set;
    struct qa_words words;
    float most; /* weight of a term never seen */
    struct synonym synonyms[SYNONYMS_MAX];
    size_t synonym_count;
    struct {
        uint64_t hash;
        float weight;
    } chars[CHARS_MAX];
    size_t char_count;
    float chars_total;
    bool near_tried;
    struct xz_vector vector;
    struct qa_nearest nearest; /* count 0: by words alone */
};

static void synonym_take(xz_str word, size_t start, const xz_str *others, size_t count, void *arg)
{
    struct qa_asked *asked = arg;
    if (asked->synonym_count == SYNONYMS_MAX)
        return;
    struct synonym *s = &asked->synonyms[asked->synonym_count++];
    *s = (struct synonym){ .start = start,
                           .len = word.len,
                           .count = XZ_MIN(count, (size_t)ALTERNATIVES_MAX) };
    for (size_t i = 0; i < s->count; i++)
        s->others[i] = qa_words_of(asked->c->qa, asked->c->arena, others[i]);
}

struct qa_asked *qa_asked_make(struct qa_case *c)
{
    struct xz_search_index *index = xz_knowledge_index(c->qa->knowledge);
    const struct xz_synonyms *synonyms = xz_knowledge_synonyms(c->qa->knowledge);

    if (c->asked)
        return c->asked;
    struct qa_asked *asked = XZ_NEW(c->arena, struct qa_asked, 1);
    xz_str text = qa_without_places(c, c->text);
    asked->c = c;
    asked->text = text;
    asked->set = qa_set_of(c->arena, text);
    asked->words = qa_words_of(c->qa, c->arena, text);
    asked->most = xz_search_idf(index, 0);
    if (synonyms)
        xz_synonyms_find(synonyms, text, synonym_take, asked);
    for (size_t pos = 0; pos < text.len && asked->char_count < CHARS_MAX;) {
        uint32_t code = xz_utf8_next(text, &pos);
        if (!xz_is_han(code))
            continue;
        size_t i = asked->char_count++;
        asked->chars[i].hash = qa_char_hash(code);
        asked->chars[i].weight = xz_search_char_idf(index, code);
        asked->chars_total += asked->chars[i].weight;
    }
    return c->asked = asked;
}

bool qa_asked_is_empty(const struct qa_asked *asked)
{
    return asked->words.total <= 0;
}

/* --- features --- */

static bool met_by_synonym(const struct qa_asked *asked, const struct qa_word *word,
                           const struct qa_set *target)
{
    size_t at = (size_t)(word->text.ptr - asked->text.ptr);
    for (size_t i = 0; i < asked->synonym_count; i++) {
        const struct synonym *s = &asked->synonyms[i];
        if (at < s->start || at >= s->start + s->len)
            continue;
        for (size_t k = 0; k < s->count; k++) {
            bool all = s->others[k].count > 0;
            for (size_t t = 0; t < s->others[k].count && all; t++)
                all = qa_set_has(target, s->others[k].items[t].hash);
            if (all)
                return true;
        }
    }
    return false;
}

/* Share of the weight of the question's terms that `target` has, by term or by synonym. */
double qa_cover(const struct qa_asked *asked, const struct qa_set *target, float *heaviest_missing)
{
    float met = 0;
    if (heaviest_missing)
        *heaviest_missing = 0;
    for (size_t i = 0; i < asked->words.count; i++) {
        const struct qa_word *word = &asked->words.items[i];
        if (qa_set_has(target, word->hash) || met_by_synonym(asked, word, target))
            met += word->weight;
        else if (heaviest_missing)
            *heaviest_missing = XZ_MAX(*heaviest_missing, word->weight);
    }
    return asked->words.total > 0 ? (double)(met / asked->words.total) : 0.0;
}

/* The other way round: how much of a variant the question says. */
static double cover_variant(const struct qa_asked *asked, const struct qa_variant *variant)
{
    float met = 0;
    for (size_t i = 0; i < variant->words.count; i++)
        if (qa_set_has(&asked->set, variant->words.items[i].hash))
            met += variant->words.items[i].weight;
    return variant->words.total > 0 ? (double)(met / variant->words.total) : 0.0;
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

/* The question without the names of places: where is decided by the filter, not by likeness. */
xz_str qa_without_places(struct qa_case *c, xz_str question)
{
    struct xz_region_mention found[4];
    size_t n = xz_region_mentions(c->site, question, found, XZ_COUNT(found));
    for (size_t i = 0; i < n; i++) {
        if (!qa_region_is_own(c->site, found[i].region->code))
            continue;
        return xz_str_format(
            c->arena, "%.*s%.*s", XZ_STR_ARG(xz_str_sub(question, 0, found[i].start)),
            XZ_STR_ARG(xz_str_sub(question, found[i].start + found[i].len, question.len)));
    }
    return question;
}

/* Share of the single characters, weighed, of the question that `target` has. */
double qa_chars_cover(const struct qa_asked *asked, const struct qa_set *target)
{
    float met = 0;
    for (size_t i = 0; i < asked->char_count; i++)
        met += qa_set_has(target, asked->chars[i].hash) ? asked->chars[i].weight : 0;
    return asked->chars_total > 0 ? (double)(met / asked->chars_total) : 0;
}

static void variants_compare(const struct qa_asked *asked, const struct qa_facts *facts,
                             struct qa_candidate *k)
{
    double best = -1, counter = 0;
    for (size_t i = 0; i < facts->count + facts->counter_count; i++) {
        const struct qa_variant *variant = &facts->variants[i];
        double of_question = qa_cover(asked, &variant->set, NULL);
        double of_variant = cover_variant(asked, variant);
        double order = common_order(asked->text, variant->text);
        double all = of_question + of_variant + order;
        if (i >= facts->count) {
            counter = XZ_MAX(counter, all);
            continue;
        }
        if (all <= best)
            continue;
        best = all;
        k->f[FEATURE_COVER_QUESTION] = of_question;
        k->f[FEATURE_COVER_VARIANT] = of_variant;
        k->f[FEATURE_ORDER] = order;
    }
    k->f[FEATURE_COUNTER] = XZ_MAX(0.0, counter - XZ_MAX(best, 0.0)) / 3.0;
}

/* --- by meaning --- */

/* The question's vector and what lies near it, made on first use: it costs more than all the rest.
 */
static const struct qa_nearest *nearest_of(struct qa_case *c, struct qa_asked *asked)
{
    if (!asked->near_tried && c->qa->vectors && asked->text.len) {
        /* A counter-example, or a question of another region, typed as it is listed, has one. */
        if (!qa_vectors_get(c->qa->vectors, VECTOR_QUESTION,
                            xz_question_hash(c->arena, asked->text), &asked->vector))
            qa_vectors_embed(c->qa->vectors, asked->text, &asked->vector);
        if (qa_vectors_nearest(c->qa->vectors, &asked->vector, &asked->nearest) != XZ_OK)
            asked->nearest.count = 0;
    }
    asked->near_tried = true;
    return &asked->nearest;
}

/* Cosines in units of their spread over all questions: the encoder's own scale says little. */
static double near_units(const struct qa_nearest *nearest, float cosine)
{
    return (double)((cosine - nearest->mean) / nearest->spread) / NEAR_UNITS;
}

/* The vector without what all questions have in common, of length 1; added to `sum` if not NULL. */
static void centred(const struct qa_nearest *nearest, const struct xz_vector *vector, float weight,
                    float *sum, float *alone)
{
    float values[XZ_EMBED_DIM], square = 1e-12f;
    for (size_t i = 0; i < XZ_EMBED_DIM; i++) {
        values[i] = vector->scale * (float)vector->v[i] - nearest->centre[i];
        square += values[i] * values[i];
    }
    float by = weight / sqrtf(square);
    for (size_t i = 0; i < XZ_EMBED_DIM; i++) {
        if (sum)
            sum[i] += by * values[i];
        if (alone)
            alone[i] = by * values[i];
    }
}

/* Cosine with the middle of all of the entry's questions, its title foremost: the one likeness that
 * does not hang on a single lucky wording. */
static double near_all(const struct qa_asked *asked, const float *sum)
{
    float own[XZ_EMBED_DIM], dot = 0, square = 1e-12f;
    centred(&asked->nearest, &asked->vector, 1, NULL, own);
    for (size_t i = 0; i < XZ_EMBED_DIM; i++) {
        dot += own[i] * sum[i];
        square += sum[i] * sum[i];
    }
    return (double)(dot / sqrtf(square));
}

/* Likeness to the answer itself, less what it has with any question; in tenths. */
static double near_answer(struct qa_case *c, const struct qa_asked *asked, int64_t answer)
{
    struct xz_vector vector;
    float dot = 0;
    if (!qa_vectors_get(c->qa->vectors, VECTOR_ANSWER, answer, &vector))
        return 0;
    for (size_t i = 0; i < XZ_EMBED_DIM; i++)
        dot += (asked->vector.scale * (float)asked->vector.v[i] - asked->nearest.centre[i]) *
               vector.scale * (float)vector.v[i];
    return (double)dot * 10.0;
}

static void variants_near(struct qa_case *c, const struct qa_asked *asked,
                          const struct qa_facts *facts, struct qa_candidate *k)
{
    float best[3] = { -1, -1, -1 }, counter = -1, sum[XZ_EMBED_DIM] = { 0 };
    size_t count = 0;

    if (!asked->nearest.count)
        return;
    for (size_t i = 0; i < facts->count + facts->counter_count; i++) {
        struct xz_vector vector;
        if (!qa_vectors_get(c->qa->vectors, VECTOR_QUESTION, facts->variants[i].hash, &vector))
            continue;
        float cosine = xz_vector_cosine(&asked->vector, &vector);
        if (i >= facts->count) {
            counter = XZ_MAX(counter, cosine);
            continue;
        }
        count++;
        centred(&asked->nearest, &vector, i == 0 ? TITLE_WEIGHT : 1.0f, sum, NULL);
        size_t at = cosine > best[0] ? 0 : cosine > best[1] ? 1 : cosine > best[2] ? 2 : 3;
        if (at < 3) {
            memmove(&best[at + 1], &best[at], (2 - at) * sizeof(best[0]));
            best[at] = cosine;
        }
    }
    if (!count)
        return;
    float three = 0;
    size_t n = XZ_MIN(count, (size_t)3);
    for (size_t i = 0; i < n; i++)
        three += best[i] / (float)n;
    k->f[FEATURE_HAS_NEAR] = 1;
    k->f[FEATURE_NEAR_ALL] = near_all(asked, sum);
    k->f[FEATURE_NEAR_ANSWER] = near_answer(c, asked, facts->answer);
    k->f[FEATURE_NEAR_BEST] = near_units(&asked->nearest, best[0]);
    k->f[FEATURE_NEAR_THREE] = near_units(&asked->nearest, three);
    if (counter > -1)
        k->f[FEATURE_NEAR_COUNTER] = XZ_MAX(
            -0.2, (double)((counter - best[0]) / asked->nearest.spread) / NEAR_UNITS);
    else
        k->f[FEATURE_NEAR_COUNTER] = -0.2;
}

static xz_err candidate_weigh(struct qa_case *c, const struct qa_asked *asked,
                              struct qa_candidate *k)
{
    struct qa_facts *facts;
    float missing;
    xz_err err;

    if ((err = xz_entry_get(c->tx, c->arena, &c->ask->actor, (xz_entry_id){ k->id }, &k->entry)) !=
            XZ_OK ||
        (err = qa_facts_get(c, &k->entry, &facts)) != XZ_OK)
        return err;
    variants_compare(asked, facts, k);
    variants_near(c, asked, facts, k);
    k->f[FEATURE_COVER_ENTRY] = qa_cover(asked, &facts->all_set, NULL);
    k->f[FEATURE_COVER_SUPPORT] = qa_cover(asked, &facts->support_set, &missing);
    k->f[FEATURE_FOREIGN] = asked->most > 0 ? (double)(missing / asked->most) : 0;
    k->f[FEATURE_CHARS_ENTRY] = qa_chars_cover(asked, &facts->all_set);
    k->f[FEATURE_CHARS_SUPPORT] = qa_chars_cover(asked, &facts->support_set);
    qa_conflicts_of(asked->text, c->today, facts->all, facts->support, k->f);
    qa_facts_release(facts);
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
            if (*count == WORD_CANDIDATES_MAX || fresh++ == WORD_CANDIDATES_MAX / 2)
                continue;
            list[(*count)++] = (struct qa_candidate){ .id = hits[i].entry, .entry = { .kind = 0 } };
        }
        float *score = kind == XZ_ENTRY_ANSWER ? &list[at].answer_score : &list[at].question_score;
        *score = XZ_MAX(*score, hits[i].score);
    }
    return XZ_OK;
}

/* Those whose questions are near in meaning, whatever their words. */
static xz_err near_join(struct qa_case *c, struct qa_asked *asked, bool any_region,
                        struct qa_candidate *list, size_t *count)
{
    const struct qa_nearest *nearest = nearest_of(c, asked);
    size_t fresh = 0;

    for (size_t i = 0; i < nearest->count && fresh < NEAR_FRESH_MAX; i++) {
        xz_entry_id ids[16];
        size_t n;
        xz_err err = xz_question_entries(c->tx, nearest->items[i].hash, ids, XZ_COUNT(ids), &n);
        if (err != XZ_OK)
            return err;
        for (size_t j = 0; j < n && *count < QA_CANDIDATES_MAX; j++) {
            struct xz_entry entry;
            size_t at = 0;
            while (at < *count && list[at].id != ids[j].v)
                at++;
            if (at < *count ||
                xz_entry_get(c->tx, c->arena, &c->ask->actor, ids[j], &entry) != XZ_OK)
                continue;
            bool here = any_region ? qa_region_is_own(c->site, entry.region) ||
                                         qa_in_chain(c, entry.region)
                                   : qa_in_chain(c, entry.region);
            if (!here || !xz_entry_in_force(&entry, c->today))
                continue;
            list[(*count)++] = (struct qa_candidate){ .id = ids[j].v, .entry = { .kind = 0 } };
            fresh++;
        }
    }
    return XZ_OK;
}

/* Bounded: of two words a question has little weight, and nothing should hang on its quotient. */
static double margin(float ahead, float total)
{
    return (double)XZ_MIN(XZ_MAX(ahead / total, -MARGIN_MAX), MARGIN_MAX);
}

/* How far each stands above the best of the others. */
static void margins_set(struct qa_candidate *list, size_t count, float total)
{
    for (size_t i = 0; i < count; i++) {
        float question = 0, answer = 0;
        double near = 0, all = 0, said = 0;
        for (size_t j = 0; j < count; j++) {
            if (j == i || xz_str_eq(list[j].entry.title, list[i].entry.title))
                continue;
            question = XZ_MAX(question, list[j].question_score);
            answer = XZ_MAX(answer, list[j].answer_score);
            near = XZ_MAX(near, list[j].f[FEATURE_NEAR_BEST]);
            all = XZ_MAX(all, list[j].f[FEATURE_NEAR_ALL]);
            said = XZ_MAX(said, list[j].f[FEATURE_NEAR_ANSWER]);
        }
        double *f = list[i].f;
        f[FEATURE_QUESTION_SCORE] = (double)(list[i].question_score / total);
        f[FEATURE_ANSWER_SCORE] = (double)(list[i].answer_score / total);
        f[FEATURE_QUESTION_MARGIN] = margin(list[i].question_score - question, total);
        f[FEATURE_ANSWER_MARGIN] = margin(list[i].answer_score - answer, total);
        if (f[FEATURE_HAS_NEAR] > 0) {
            f[FEATURE_NEAR_MARGIN] = f[FEATURE_NEAR_BEST] - near;
            f[FEATURE_NEAR_ALL_MARGIN] = f[FEATURE_NEAR_ALL] - all;
            f[FEATURE_NEAR_ANSWER_MARGIN] = f[FEATURE_NEAR_ANSWER] - said;
        }
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
    struct qa_asked *asked = qa_asked_make(c);
    size_t n = 0, kept = 0;
    xz_err err;

    *count = 0;
    if ((err = hits_join(c, any_region, XZ_INDEX_KIND_QUESTION, list, &n)) != XZ_OK ||
        (err = hits_join(c, any_region, XZ_ENTRY_ANSWER, list, &n)) != XZ_OK ||
        (err = near_join(c, asked, any_region, list, &n)) != XZ_OK)
        return err;
    for (size_t i = 0; i < n; i++) {
        err = candidate_weigh(c, asked, &list[i]);
        if (err == XZ_E_MISSING)
            continue; /* withdrawn since the index was read */
        if (err != XZ_OK)
            return err;
        list[kept++] = list[i];
    }
    margins_set(list, kept, XZ_MAX(asked->words.total, 1.0f));
    for (size_t i = 0; i < kept; i++)
        list[i].confidence = qa_confidence(list[i].f);
    qsort(list, kept, sizeof(*list), candidate_compare);
    *count = kept;
    return XZ_OK;
}

const char *const qa_feature_names[FEATURE_COUNT] = {
    "question_score", "answer_score",  "question_margin", "answer_margin", "cover_question",
    "cover_variant",  "cover_entry",   "cover_support",   "foreign",       "order",
    "chars_entry",    "chars_support", "numbers",         "groups",        "acts",
    "negation",       "counter",       "near_best",       "near_three",    "near_margin",
    "near_counter",   "near_all",      "near_all_margin", "near_answer",   "near_answer_margin",
    "has_near",
};

/* Logistic functions of the features, fitted by bench/fit_reviewed.py with the signs held to what
 * they must mean; see docs/BENCHMARKS.md for what they reach on questions never seen. Features of
 * weight 0 are kept for the next fit. */
static const double weights_meaning[FEATURE_COUNT] = {
    [FEATURE_QUESTION_MARGIN] = 0.127, [FEATURE_ANSWER_MARGIN] = 1.906,
    [FEATURE_COVER_SUPPORT] = 1.230,   [FEATURE_CHARS_SUPPORT] = 1.814,
    [FEATURE_NUMBERS] = -2.486,        [FEATURE_GROUPS] = -1.893,
    [FEATURE_ACTS] = -1.045,           [FEATURE_NEGATION] = -0.478,
    [FEATURE_COUNTER] = -1.801,        [FEATURE_NEAR_THREE] = 0.024,
    [FEATURE_NEAR_MARGIN] = 1.790,     [FEATURE_NEAR_COUNTER] = -2.542,
    [FEATURE_NEAR_ALL] = 0.932,        [FEATURE_NEAR_ALL_MARGIN] = 6.836,
    [FEATURE_NEAR_ANSWER] = 0.432,     [FEATURE_NEAR_ANSWER_MARGIN] = 2.850,
};
static const double bias_meaning = -2.927;
/* Where there is no encoder, or the vectors of the entry are not made yet. */
static const double weights_words[FEATURE_COUNT] = {
    [FEATURE_QUESTION_MARGIN] = 1.860, [FEATURE_ANSWER_MARGIN] = 4.429,
    [FEATURE_COVER_VARIANT] = 0.457,   [FEATURE_COVER_SUPPORT] = 1.496,
    [FEATURE_CHARS_ENTRY] = 0.505,     [FEATURE_CHARS_SUPPORT] = 2.245,
    [FEATURE_NUMBERS] = -2.333,        [FEATURE_GROUPS] = -1.760,
    [FEATURE_ACTS] = -1.070,           [FEATURE_NEGATION] = -0.387,
    [FEATURE_COUNTER] = -3.093,
};
static const double bias_words = -2.925;

double qa_confidence(const double f[FEATURE_COUNT])
{
    bool meaning = f[FEATURE_HAS_NEAR] > 0;
    const double *weights = meaning ? weights_meaning : weights_words;
    double z = meaning ? bias_meaning : bias_words;
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        z += weights[i] * f[i];
    return 1.0 / (1.0 + exp(-z));
}

/* Beyond likeness: nothing may contradict, and no counter-example may be as near. */
bool qa_may_answer(const struct qa_candidate *k)
{
    return k->f[FEATURE_NUMBERS] == 0 && k->f[FEATURE_ACTS] == 0 && k->f[FEATURE_GROUPS] == 0 &&
           k->f[FEATURE_COVER_SUPPORT] >= 0.1 && k->f[FEATURE_COUNTER] <= 0.1 &&
           k->f[FEATURE_NEAR_COUNTER] <= 0.05;
}

/* Worth showing as a question that may be meant: near in meaning, or it shares words, not only
 * turns of phrase. Nine in ten paraphrases of the first half pass, one in fifteen questions about
 * nothing of ours does. */
bool qa_may_offer(const struct qa_candidate *k)
{
    if (k->f[FEATURE_HAS_NEAR] > 0)
        return k->f[FEATURE_NEAR_ALL] >= 0.35 && k->f[FEATURE_NEAR_ANSWER] >= 0.25 &&
               k->f[FEATURE_CHARS_SUPPORT] >= 0.4;
    return k->f[FEATURE_COVER_ENTRY] > 0 && k->f[FEATURE_COVER_SUPPORT] >= 0.12 &&
           k->f[FEATURE_CHARS_SUPPORT] >= 0.4;
}
