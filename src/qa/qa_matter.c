/* The matter of a dialogue: its reviewed answer, its guide and the papers they rest on. What is
 * said on in a few words (他82了, 要合同不) is looked for there before it is taken for a new
 * question, and once more before it is refused. */
#include "qa/qa_internal.h"

#define ENTRIES_MAX 8
#define CLAUSES_MAX 60
/* The turn speaks of nothing that the matter does not speak of. */
#define OWN_COVER 0.75
/* A question with words of its own that is this near to another matter is a new one. */
#define OWN_LIKELY    0.5
#define OWN_CHARS_MIN 4
/* A question of more words is not about the matter before; one of fewer is, when the matter speaks
 * of this much of it. */
#define OWN_CHARS_MAX  12
#define TURN_COVER_MIN 0.15
/* Questions this near are offered rather than the old matter shown again. */
#define OFFER_LIKELY 0.4
/* A clause of the matter that says this much of the turn is its evidence. */
#define CLAUSE_MIN 0.5
/* The same where the matter is only likely: beside the questions that are offered. */
#define OFFERED_CLAUSE_MIN 0.4
#define SECTION_GAIN       0.51 /* enough by itself */

struct matter {
    struct xz_entry entries[ENTRIES_MAX];
    size_t count;
};

static bool holds_here(const struct qa_case *c, const struct xz_entry *entry)
{
    return qa_in_chain(c, entry->region) && xz_entry_in_force(entry, c->today);
}

static void entry_add(const struct qa_case *c, struct matter *m, const struct xz_entry *entry)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->entries[i].id.v == entry->id.v)
            return;
    if (m->count < ENTRIES_MAX && holds_here(c, entry))
        m->entries[m->count++] = *entry;
}

/* The papers named 《…》 in what an answer rests on. */
static xz_err basis_add(struct qa_case *c, struct matter *m, xz_str basis)
{
    static const xz_str open = { "《", 3 }, close = { "》", 3 };
    xz_err err = XZ_OK;
    while (basis.len && err == XZ_OK) {
        struct xz_entry entry;
        size_t start = xz_str_find(basis, open);
        if (start == XZ_STR_NPOS)
            break;
        basis = xz_str_sub(basis, start + open.len, basis.len);
        size_t end = xz_str_find(basis, close);
        if (end == XZ_STR_NPOS)
            break;
        err = xz_entry_find_title(c->tx, c->arena, &c->ask->actor, xz_str_sub(basis, 0, end),
                                  c->today, &entry);
        if (err == XZ_OK)
            entry_add(c, m, &entry);
        else if (err == XZ_E_MISSING)
            err = XZ_OK;
        basis = xz_str_sub(basis, end, basis.len);
    }
    return err;
}

/* The answer to the same question that holds where the asker is now. */
static xz_err answer_here(struct qa_case *c, struct xz_entry *entry)
{
    xz_entry_id ids[32];
    size_t count;
    xz_err err;
    if (holds_here(c, entry))
        return XZ_OK;
    if ((err = xz_variant_find(c->tx, c->arena, entry->title, ids, XZ_COUNT(ids), &count)) != XZ_OK)
        return err;
    for (size_t i = 0; i < count; i++) {
        struct xz_entry other;
        if (xz_entry_get(c->tx, c->arena, &c->ask->actor, ids[i], &other) != XZ_OK ||
            !holds_here(c, &other))
            continue;
        *entry = other;
        return XZ_OK;
    }
    return XZ_E_MISSING;
}

/* Of an answer or guide. XZ_E_MISSING: none, or none that holds here. */
static xz_err matter_load(struct qa_case *c, int64_t of, struct matter *m)
{
    struct xz_entry entry, guide;
    xz_err err;

    m->count = 0;
    if (!of)
        return XZ_E_MISSING;
    if ((err = xz_entry_get(c->tx, c->arena, &c->ask->actor, (xz_entry_id){ of }, &entry)) != XZ_OK)
        return err;
    if (entry.kind == XZ_ENTRY_ANSWER && (err = answer_here(c, &entry)) != XZ_OK)
        return err;
    entry_add(c, m, &entry);
    if (entry.kind == XZ_ENTRY_ANSWER && entry.related.len) {
        err = xz_entry_find_code(c->tx, c->arena, &c->ask->actor, entry.related, &guide);
        if (err == XZ_OK)
            entry_add(c, m, &guide);
        else if (err != XZ_E_MISSING)
            return err;
    }
    err = basis_add(c, m, entry.basis);
    return err == XZ_OK && !m->count ? XZ_E_MISSING : err;
}

static bool matter_has(const struct matter *m, const struct xz_entry *entry)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->entries[i].id.v == entry->id.v ||
            (entry->related.len && (xz_str_eq(entry->related, m->entries[i].related) ||
                                    xz_str_eq(entry->related, m->entries[i].code))))
            return true;
    return false;
}

/* Calls `each` for every clause of the matter. */
static xz_err clauses_walk(struct qa_case *c, const struct matter *m,
                           xz_err (*each)(struct qa_case *c, const struct xz_entry *entry,
                                          const struct xz_clause *clause, void *arg),
                           void *arg)
{
    xz_err err = XZ_OK;
    for (size_t i = 0; i < m->count && err == XZ_OK; i++) {
        struct xz_clause *clauses;
        size_t count;
        err = xz_clause_list(c->tx, c->arena, m->entries[i].id, 0, CLAUSES_MAX, &clauses, &count);
        for (size_t k = 0; k < count && err == XZ_OK; k++)
            err = each(c, &m->entries[i], &clauses[k], arg);
    }
    return err;
}

static xz_err text_gather(struct qa_case *c, const struct xz_entry *entry,
                          const struct xz_clause *clause, void *arg)
{
    struct xz_buf *text = arg;
    (void)c;
    xz_buf_add(text, entry->title);
    xz_buf_add(text, entry->aliases);
    xz_buf_add(text, clause->label);
    xz_buf_add(text, clause->body);
    xz_buf_add_char(text, '\n');
    return XZ_OK;
}

/* How much of the turn the matter as a whole speaks of; 1 for a turn without words of its own. */
static xz_err matter_cover(struct qa_case *c, const struct matter *m, double *share)
{
    struct xz_buf text;
    xz_buf_init(&text, MIB(1));
    xz_err err = clauses_walk(c, m, text_gather, &text);
    if (err == XZ_OK) {
        struct qa_set set = qa_set_of(c->arena, xz_text_normalise(c->arena, xz_buf_str(&text)));
        const struct qa_asked *asked = qa_asked_make(c);
        *share = qa_asked_is_empty(asked) ? 1.0 : qa_cover(asked, &set, NULL);
    }
    xz_buf_fini(&text);
    return err;
}

struct best_clause {
    int64_t entry, clause;
    double share;
};

static xz_err clause_weigh(struct qa_case *c, const struct xz_entry *entry,
                           const struct xz_clause *clause, void *arg)
{
    struct best_clause *best = arg;
    double share;
    if (entry->kind == XZ_ENTRY_ANSWER)
        return XZ_OK;
    const struct xz_search_hit hit = { .id = clause->id.v, .entry = entry->id.v };
    xz_err err = qa_hit_cover(c, &hit, &share);
    if (c->aspect != ASPECT_NONE && entry->kind == XZ_ENTRY_GUIDE &&
        xz_str_eq(clause->label, xz_str_from(qa_aspects[c->aspect].section)))
        share += SECTION_GAIN;
    if (err == XZ_OK && share > best->share)
        *best = (struct best_clause){ entry->id.v, clause->id.v, share };
    return err;
}

static void matter_decide(struct qa_case *c, const struct matter *m, double confidence,
                          const char *before, const char *after)
{
    c->answer->kind = XZ_ANSWER_QUOTED;
    c->answer->confidence = XZ_MIN(confidence, 0.9);
    c->answer->option_count = 0;
    c->lead = xz_str_format(c->arena, "%s“%.*s”%s", before, XZ_STR_ARG(m->entries[0].title), after);
    c->follow_up = true;
    c->new_focus = m->entries[0].id.v;
    c->decided = true;
}

/* The clause of the matter that speaks of the turn; `again`: else what was answered, once more. */
static xz_err matter_quote(struct qa_case *c, const struct matter *m, bool again)
{
    struct best_clause best = { .share = CLAUSE_MIN };
    xz_err err;
    /* 我在石桥县，县里能办吗: a district named on the way asks where. */
    if (c->aspect == ASPECT_NONE && c->turn_places)
        c->aspect = ASPECT_PLACE;
    if ((err = clauses_walk(c, m, clause_weigh, &best)) != XZ_OK)
        return err;
    c->answer->source_count = 0;
    if (best.clause) {
        if ((err = qa_source_add(c, best.entry, best.clause)) == XZ_OK)
            matter_decide(c, m, best.share, "关于", "，相关规定如下：");
        return err;
    }
    if (!again)
        return XZ_OK;
    struct xz_clause *clauses;
    size_t count;
    const struct xz_entry *first = &m->entries[0];
    if ((err = xz_clause_list(c->tx, c->arena, first->id, 0, 1, &clauses, &count)) != XZ_OK ||
        !count || (err = qa_source_add(c, first->id.v, clauses[0].id.v)) != XZ_OK)
        return err;
    matter_decide(c, m, CLAUSE_MIN, "您问的可能还是",
                  "，请对照下面的规定；如果是别的事，请说明是什么事。");
    return XZ_OK;
}

/* The turn by itself in place of what the dialogue made of it. */
struct turn {
    xz_str text, understood;
    struct qa_asked *asked;
    bool follow_up;
};

static struct turn turn_swap(struct qa_case *c, struct turn other)
{
    struct turn now = { c->text, c->answer->understood, c->asked, c->follow_up };
    c->text = other.text;
    c->answer->understood = other.understood;
    c->asked = other.asked;
    c->follow_up = other.follow_up;
    return now;
}

/* It has words of its own, and they are nearer to another matter than to this one. */
static xz_err is_new_question(struct qa_case *c, const struct matter *m, bool *is)
{
    struct qa_candidate list[QA_CANDIDATES_MAX];
    size_t count;
    *is = false;
    if (qa_own_chars(c) < OWN_CHARS_MIN)
        return XZ_OK;
    xz_err err = qa_candidates(c, !c->region_chosen, list, &count);
    *is = err == XZ_OK && count && list[0].confidence >= OWN_LIKELY &&
          (list[0].confidence >= c->qa->threshold || !matter_has(m, &list[0].entry));
    return err;
}

/* The turn joined to what was asked before means a reviewed question of this matter. */
static xz_err joined_answer(struct qa_case *c, const struct matter *m)
{
    struct qa_candidate list[QA_CANDIDATES_MAX];
    size_t count;
    xz_err err = qa_candidates(c, false, list, &count);
    if (err == XZ_OK && count && list[0].confidence >= c->qa->threshold &&
        qa_may_answer(&list[0]) && matter_has(m, &list[0].entry))
        err = qa_reviewed_give(c, &list[0]);
    return err;
}

xz_err qa_matter(struct qa_case *c)
{
    struct matter m;
    double share;
    bool is_new;
    xz_err err;

    if (!c->before.len || !c->turn.len || c->region_exchanged)
        return XZ_OK;
    if ((err = matter_load(c, c->focus, &m)) != XZ_OK)
        return err == XZ_E_MISSING ? XZ_OK : err;
    struct turn dialogue = turn_swap(c, (struct turn){ c->turn, c->turn_said, NULL, false });
    if ((err = qa_listed(c)) != XZ_OK || c->decided)
        return err;
    if ((err = is_new_question(c, &m, &is_new)) != XZ_OK || is_new)
        return err; /* goes on as the question it is */
    if ((err = matter_cover(c, &m, &share)) != XZ_OK)
        return err;
    size_t own_chars = qa_own_chars(c);
    struct turn own = turn_swap(c, dialogue);
    if (share < OWN_COVER && own_chars > 1)
        return XZ_OK;
    if (!c->follow_up)
        qa_before_join(c);
    if ((err = joined_answer(c, &m)) != XZ_OK || c->decided)
        return err;
    struct turn joined = turn_swap(c, own);
    err = matter_quote(c, &m, false);
    if (c->decided)
        c->answer->understood = joined.understood;
    else
        (void)turn_swap(c, dialogue);
    return err;
}

xz_err qa_matter_last(struct qa_case *c)
{
    struct matter m;
    xz_err err;

    if (!c->before.len || !c->turn.len)
        return XZ_OK;
    bool leans = qa_leans_on_before(c->turn) || c->region_exchanged ||
                 qa_own_chars(c) <= OWN_CHARS_MIN;
    if (!leans && qa_own_chars(c) > OWN_CHARS_MAX)
        return XZ_OK;
    if ((err = matter_load(c, c->focus, &m)) != XZ_OK)
        return err == XZ_E_MISSING ? XZ_OK : err;
    /* Another question is offered; the one under way is not asked back. */
    if (c->answer->option_count && c->best_reviewed >= OFFER_LIKELY &&
        m.entries[0].id.v != c->best_entry)
        return XZ_OK;
    struct turn dialogue = turn_swap(c, (struct turn){ c->turn, c->turn_said, NULL, false });
    if (!dialogue.follow_up)
        qa_before_join(c);
    else
        c->answer->understood = dialogue.understood;
    xz_str joined = c->answer->understood;
    (void)turn_swap(c, (struct turn){ c->turn, c->turn_said, NULL, false });
    double share = 1;
    if (!leans)
        err = matter_cover(c, &m, &share);
    if (err == XZ_OK && share >= TURN_COVER_MIN)
        err = matter_quote(c, &m, true);
    if (c->decided)
        c->answer->understood = joined;
    else
        (void)turn_swap(c, dialogue);
    return err;
}

xz_err qa_matter_offered(struct qa_case *c)
{
    struct best_clause best = { .share = OFFERED_CLAUSE_MIN };
    struct matter m;
    xz_err err;

    if (!c->answer->option_count || c->best_reviewed < OFFER_LIKELY)
        return XZ_OK;
    if ((err = matter_load(c, c->best_entry, &m)) != XZ_OK)
        return err == XZ_E_MISSING ? XZ_OK : err;
    if ((err = clauses_walk(c, &m, clause_weigh, &best)) != XZ_OK || !best.clause)
        return err;
    c->answer->source_count = 0;
    if ((err = qa_source_add(c, best.entry, best.clause)) != XZ_OK)
        return err;
    c->answer->kind = XZ_ANSWER_QUOTED;
    c->answer->confidence = XZ_MIN(best.share, c->best_reviewed);
    c->lead = XZ_STR("没有完全对应的已审核答复，最接近的现行规定如下，请核对是不是您要问的；"
                     "也可以点选下面的问题：");
    c->new_focus = m.entries[0].id.v;
    c->decided = true;
    return XZ_OK;
}
