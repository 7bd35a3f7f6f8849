/* What the matcher needs of an entry again and again, made once for each version of it: its
 * questions normalised, their terms weighed, and all it says of itself. A bounded cache; facts in
 * use outlive their place in it. */
#include "qa/qa_internal.h"

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
        words.items[words.count++] = (struct qa_word){ term->hash, weight,
                                                       xz_str_sub(text, term->start, term->len) };
        words.total += weight;
    }
    return words;
}

/* --- sets --- */

uint64_t qa_char_hash(uint32_t code)
{
    return (code + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

bool qa_set_has(const struct qa_set *set, uint64_t hash)
{
    for (size_t at = hash & set->mask; set->slots[at]; at = (at + 1) & set->mask)
        if (set->slots[at] == hash)
            return true;
    return false;
}

static void set_add(struct qa_set *set, uint64_t hash)
{
    size_t at = hash & set->mask;
    while (set->slots[at] && set->slots[at] != hash)
        at = (at + 1) & set->mask;
    set->slots[at] = hash;
}

struct qa_set qa_set_of(struct xz_arena *arena, xz_str text)
{
    struct xz_terms terms = xz_terms_of(arena, NULL, text);
    size_t room = 16;
    while (room < (terms.count + text.len / 3) * 2)
        room *= 2;
    struct qa_set set = { XZ_NEW(arena, uint64_t, room), room - 1 };
    for (size_t i = 0; i < terms.count; i++)
        set_add(&set, terms.items[i].hash);
    for (size_t pos = 0; pos < text.len;) {
        uint32_t code = xz_utf8_next(text, &pos);
        if (xz_is_han(code))
            set_add(&set, qa_char_hash(code));
    }
    return set;
}

/* --- facts --- */

/* All that the entry says of itself: its answer, and the guide it belongs to. */
static xz_err support_of(struct qa_case *c, struct qa_facts *facts, const struct xz_entry *entry)
{
    struct xz_clause *clauses;
    struct xz_entry guide;
    size_t count;
    struct xz_buf buf;
    xz_err err = xz_clause_list(c->tx, c->arena, entry->id, 0, 8, &clauses, &count);

    if (err != XZ_OK)
        return err;
    xz_buf_init(&buf, KIB(64));
    xz_buf_add(&buf, facts->all);
    if (count)
        (void)qa_answer_text(facts->arena, entry->title, clauses[0].body, &facts->answer);
    for (size_t i = 0; i < count; i++)
        xz_buf_add(&buf, clauses[i].body);
    xz_buf_add(&buf, entry->basis);
    if (entry->related.len &&
        xz_entry_find_code(c->tx, c->arena, &c->ask->actor, entry->related, &guide) == XZ_OK) {
        xz_buf_add(&buf, guide.title);
        xz_buf_add(&buf, guide.aliases);
    }
    facts->support = xz_text_normalise(facts->arena, xz_buf_str(&buf));
    xz_buf_fini(&buf);
    return XZ_OK;
}

static void variant_set(struct qa_case *c, struct xz_arena *arena, xz_str question,
                        struct qa_variant *variant)
{
    variant->question = question;
    variant->hash = xz_question_hash(arena, question);
    variant->text = xz_text_normalise(arena, question);
    variant->words = qa_words_of(c->qa, arena, variant->text);
    variant->set = qa_set_of(arena, variant->text);
}

static xz_err facts_make(struct qa_case *c, const struct xz_entry *entry, struct qa_facts *facts)
{
    struct xz_buf buf;
    xz_str *questions, *counters;
    xz_err err;

    if ((err = xz_variant_list(c->tx, facts->arena, entry->id, &questions, &facts->count)) !=
            XZ_OK ||
        (err = xz_counter_list(c->tx, facts->arena, entry->id, &counters, &facts->counter_count)) !=
            XZ_OK)
        return err;
    facts->variants = XZ_NEW(facts->arena, struct qa_variant, facts->count + facts->counter_count);
    xz_buf_init(&buf, MIB(1));
    for (size_t i = 0; i < facts->count; i++) {
        variant_set(c, facts->arena, questions[i], &facts->variants[i]);
        xz_buf_add(&buf, facts->variants[i].text);
        xz_buf_add_char(&buf, '\n');
    }
    for (size_t i = 0; i < facts->counter_count; i++)
        variant_set(c, facts->arena, counters[i], &facts->variants[facts->count + i]);
    facts->all = xz_str_copy(facts->arena, xz_buf_str(&buf));
    xz_buf_fini(&buf);
    if ((err = support_of(c, facts, entry)) != XZ_OK)
        return err;
    facts->all_set = qa_set_of(facts->arena, facts->all);
    facts->support_set = qa_set_of(facts->arena, facts->support);
    return XZ_OK;
}

static void facts_drop(struct qa_facts *facts)
{
    if (!facts || atomic_fetch_sub(&facts->users, 1) != 1)
        return;
    xz_arena_destroy(facts->arena);
    xz_free(facts);
}

void qa_facts_release(struct qa_facts *facts)
{
    facts_drop(facts);
}

xz_err qa_facts_get(struct qa_case *c, const struct xz_entry *entry, struct qa_facts **out)
{
    struct xz_qa *qa = c->qa;
    struct qa_facts **slot = &qa->facts[(uint64_t)entry->id.v % QA_FACTS_SLOTS], *facts, *old;

    pthread_mutex_lock(&qa->facts_lock);
    facts = *slot;
    if (facts && facts->entry == entry->id.v && facts->revision == entry->revision)
        atomic_fetch_add(&facts->users, 1);
    else
        facts = NULL;
    pthread_mutex_unlock(&qa->facts_lock);
    if (facts) {
        *out = facts;
        return XZ_OK;
    }
    facts = XZ_ALLOC(struct qa_facts, 1);
    facts->entry = entry->id.v;
    facts->revision = entry->revision;
    facts->arena = xz_arena_create(4096);
    atomic_store(&facts->users, 1);
    xz_err err = facts_make(c, entry, facts);
    /* A rare giant is used once and not kept: the cache stays within slots times this. */
    if (err != XZ_OK || xz_arena_used_bytes(facts->arena) > QA_FACTS_BYTES_MAX) {
        if (err != XZ_OK)
            facts_drop(facts);
        else
            *out = facts;
        return err;
    }
    atomic_fetch_add(&facts->users, 1);
    pthread_mutex_lock(&qa->facts_lock);
    old = *slot;
    *slot = facts;
    pthread_mutex_unlock(&qa->facts_lock);
    facts_drop(old);
    *out = facts;
    return XZ_OK;
}

void qa_facts_clear(struct xz_qa *qa)
{
    for (size_t i = 0; i < QA_FACTS_SLOTS; i++) {
        facts_drop(qa->facts[i]);
        qa->facts[i] = NULL;
    }
}
