/* Many a follow-up shows by no word that it is one: 备案要啥材料, 他下不了床. Where nothing was
 * found for a question alone it is asked once more together with the question before; what is found
 * then counts only when it speaks of both. Which words show a follow-up is in qa_understand.c. */
#include "qa/qa_internal.h"

/* Evidence for both must speak of this much of what was added. */
#define ADDED_MIN 0.3

/* What the steps found for the question alone. */
struct alone {
    struct xz_answer answer;
    xz_str text;
    struct qa_asked *asked;
    double best_cover, best_reviewed;
    int64_t best_entry;
};

static void alone_restore(struct qa_case *c, const struct alone *alone)
{
    *c->answer = alone->answer;
    c->text = alone->text;
    c->asked = alone->asked;
    c->best_cover = alone->best_cover;
    c->best_reviewed = alone->best_reviewed;
    c->best_entry = alone->best_entry;
    c->follow_up = c->decided = false;
    c->lead = XZ_STR_NONE;
    c->new_focus = 0;
}

/* Whether any source speaks of what was added. */
static xz_err added_is_met(struct qa_case *c, const struct alone *alone, bool *met)
{
    struct qa_asked *both = c->asked;
    xz_err err = XZ_OK;

    *met = c->answer->kind == XZ_ANSWER_CLARIFY; /* a question back asserts nothing */
    c->asked = alone->asked;
    for (size_t i = 0; i < c->answer->source_count && !*met && err == XZ_OK; i++) {
        const struct xz_source *source = &c->answer->sources[i];
        const struct xz_search_hit hit = { .id = source->clause.id.v, .entry = source->entry.id.v };
        double share;
        err = qa_hit_cover(c, &hit, &share);
        *met = err == XZ_OK && share >= ADDED_MIN;
    }
    c->asked = both;
    return err;
}

static void answer_clear(struct qa_case *c)
{
    c->answer->options = NULL;
    c->answer->sources = NULL;
    c->answer->option_count = c->answer->source_count = 0;
    c->best_cover = c->best_reviewed = 0;
    c->decided = false;
}

/* 备案要啥材料: a section of the matter under way, when that speaks of what was added. */
static xz_err section_try(struct qa_case *c, const struct alone *alone, bool *met)
{
    xz_err err;
    c->section_wanted = c->aspect != ASPECT_NONE;
    err = qa_section(c);
    c->section_wanted = false;
    if (err == XZ_OK && c->decided)
        err = added_is_met(c, alone, met);
    if (err == XZ_OK && !*met)
        answer_clear(c);
    return err;
}

xz_err qa_follow(struct qa_case *c)
{
    bool met = false;
    xz_err err;

    if (!c->before.len || c->follow_up)
        return XZ_OK;
    const struct alone alone = { *c->answer,    c->text,          qa_asked_make(c),
                                 c->best_cover, c->best_reviewed, c->best_entry };
    answer_clear(c);
    qa_before_join(c);
    if ((err = section_try(c, &alone, &met)) != XZ_OK || met)
        return err;
    if ((err = qa_reviewed(c)) != XZ_OK || (!c->decided && (err = qa_retrieve(c)) != XZ_OK))
        return err;
    if (c->decided && ((err = added_is_met(c, &alone, &met)) != XZ_OK || met))
        return err;
    /* Nothing for both either. A circumstance still belongs to what it was said about. */
    xz_str both = c->answer->understood;
    alone_restore(c, &alone);
    if (qa_leans_on_before(alone.text)) {
        c->answer->understood = both;
        c->follow_up = true;
    }
    return XZ_OK;
}
