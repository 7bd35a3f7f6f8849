/* Questions answered from reviewed knowledge: a reviewed answer word for word, else the very
 * clauses with their sources, else one question back, else an honest refusal with a way on. No
 * model writes anything here; its place is the step `answer` of the table in qa.c. */
#ifndef XZ_QA_QA_H
#define XZ_QA_QA_H

#include "core/file.h"
#include "core/json.h"
#include "knowledge/knowledge.h"

struct xz_qa;

struct xz_qa_options {
    struct xz_knowledge *knowledge;
    const struct xz_clock *clock;
    int64_t threshold_permille; /* a reviewed answer is given from this confidence on */
    int64_t question_chars_max;
    xz_str speech_program; /* reads aloud; empty or not there: it is not offered */
    int64_t speech_timeout_ms;
    const char *encoder_path; /* of the small encoder; NULL: by words alone */
    bool serving;             /* a server that stays: vectors and retention in the background */
};

/* An encoder that is missing or bad is logged, not an error. */
xz_err xz_qa_open(const struct xz_qa_options *options, struct xz_qa **qa);
void xz_qa_close(struct xz_qa *qa); /* NULL is fine; no asks may be under way */

extern const struct xz_migration xz_qa_migrations[];
extern const size_t xz_qa_migration_count;
extern const struct xz_sql xz_qa_sql[];
extern const size_t xz_qa_sql_count;
extern const struct xz_sql xz_qa_rights_sql[];
extern const size_t xz_qa_rights_sql_count;

enum xz_answer_kind {
    XZ_ANSWER_REVIEWED = 1,
    XZ_ANSWER_QUOTED,
    XZ_ANSWER_CLARIFY,
    XZ_ANSWER_REFUSED,
    XZ_ANSWER_NOTICE, /* a notice in force now, word for word */
    XZ_ANSWER_KIND_COUNT
};
const char *xz_answer_kind_name(enum xz_answer_kind kind); /* "reviewed", "quoted", ... */

/* One piece of evidence. */
struct xz_source {
    struct xz_entry entry;
    struct xz_clause clause;
    enum xz_validity validity;
    xz_str region_name;
    struct xz_mark {
        size_t start, len;
    } * marks; /* bytes of clause.body that the question names */
    size_t mark_count;
};

/* What the asker can pick from: a region (the question is asked again there) or a question. */
struct xz_option {
    xz_str label, question;
    int64_t region;
};

/* A service guide as a card. */
struct xz_guide_material {
    xz_str name, copies, requirement, source;
};
struct xz_guide_window {
    int64_t hall, floor;
    xz_str hall_name, place, region_name;
};
struct xz_guide {
    struct xz_entry entry;
    struct xz_guide_window *windows; /* where in which hall */
    size_t window_count;
    xz_str conditions, time_limit, fee, online, phone, tips;
    struct xz_guide_material *materials;
    xz_str *steps, *places, *basis;
    size_t material_count, step_count, place_count, basis_count;
};

struct xz_answer {
    int64_t turn;
    xz_secret dialogue;
    enum xz_answer_kind kind;
    xz_str text;       /* what is shown */
    xz_str understood; /* the question as it was taken, follow-ups completed */
    xz_str matched;    /* reviewed: the question it was matched with */
    double confidence; /* 0.0 .. 1.0 */
    xz_date valid_on;
    int64_t region;
    struct xz_source *sources;
    size_t source_count;
    struct xz_option *options;
    size_t option_count;
    struct xz_guide *guide;                 /* NULL: none */
    const struct xz_department *department; /* who to ask; NULL: the hotline only */
    xz_str label;                           /* that a machine found it */
};

struct xz_ask {
    struct xz_actor actor;
    xz_str question;
    xz_str dialogue; /* empty: a new one */
    int64_t region;  /* 0: not said */
    /* What is being done, for the one who waits; may be NULL. On the caller's thread. */
    void (*on_step)(const char *step, xz_str text, int64_t turn, const xz_secret *dialogue,
                    void *arg);
    /* The answer is there, its record not yet posted; may be NULL. */
    void (*on_answer)(const struct xz_answer *answer, void *arg);
    void *arg;
};

/* Whether the question may be asked at all: the bounds of the first step, without an answer. */
XZ_MUST_USE xz_err xz_qa_admit(struct xz_qa *qa, struct xz_arena *arena, const struct xz_ask *ask);
/* Finds the answer and posts its record. *answer lives in `arena`. When XZ_OK is returned `done`
 * will be called, once, on the writer's thread, as soon as the turn is durable (or failed); until
 * then `arena` must live. XZ_E_INPUT    empty, not UTF-8, unknown region or malformed dialogue
 *   XZ_E_LIMIT    the question is too long
 *   XZ_E_MISSING  no such dialogue
 *   XZ_E_BUSY     too many wait for the disk */
XZ_MUST_USE xz_err xz_qa_ask(struct xz_qa *qa, struct xz_arena *arena, const struct xz_ask *ask,
                             struct xz_answer *answer, xz_write_done done, void *done_arg);
/* The same, returning when durable. */
XZ_MUST_USE xz_err xz_qa_ask_wait(struct xz_qa *qa, struct xz_arena *arena,
                                  const struct xz_ask *ask, struct xz_answer *answer);

/* A turn that was recorded, put together again from its evidence. XZ_E_MISSING unless the
 * dialogue's secret is the turn's. */
XZ_MUST_USE xz_err xz_qa_turn(struct xz_qa *qa, struct xz_arena *arena, int64_t turn,
                              xz_str dialogue, struct xz_answer *answer);
XZ_MUST_USE xz_err xz_qa_feedback(struct xz_qa *qa, struct xz_arena *arena, int64_t turn,
                                  xz_str dialogue, bool useful, xz_str remark);

/* The citizen's own: all texts of a dialogue (questions, how they were understood, what was
 * answered, remarks) are erased for good. Its turns stay as kind and evidence, nobody's any more.
 * On the trail. XZ_E_MISSING: no such dialogue. */
XZ_MUST_USE xz_err xz_qa_erase(struct xz_qa *qa, struct xz_arena *arena,
                               const struct xz_actor *actor, xz_str dialogue);

/* --- complaints about an answer, or about the service --- */
struct xz_complaint {
    int64_t id, at_ms, due_ms, turn; /* due: what the site promises; turn 0: of none */
    xz_str number;                   /* what the citizen can quote */
    xz_str kind;                     /* "wrong", "outdated", ... see xz_complaint_kind_chinese */
    xz_str text, contact;
};
xz_str xz_complaint_kind_chinese(xz_str kind); /* empty: no such kind */
/* Durable when it returns; `complaint` comes with kind, text, contact, turn, and goes with the
 * rest. XZ_E_INPUT    no such kind; no text, or not UTF-8 XZ_E_LIMIT    more than 2,000 characters
 *   XZ_E_MISSING  the turn is not of that dialogue */
XZ_MUST_USE xz_err xz_qa_complain(struct xz_qa *qa, struct xz_arena *arena,
                                  const struct xz_actor *actor, xz_str dialogue,
                                  struct xz_complaint *complaint);
/* The newest first; for the operator. */
XZ_MUST_USE xz_err xz_complaint_list(struct xz_qa *qa, struct xz_arena *arena,
                                     const struct xz_actor *actor, size_t max,
                                     struct xz_complaint **list, size_t *count);
void xz_complaints_write(struct xz_json_writer *w, const struct xz_complaint *list, size_t count);

/* --- reading aloud --- */
typedef void (*xz_speech_done)(void *arg, xz_err err, const struct xz_buf *wav);
/* Reads at most 2,000 characters of `text` aloud in a child process; `done` is called once, on
 * another thread, with a WAV file or an error, unless this returns one. `stop` is asked now and
 * then. XZ_E_BUSY  no program here, or two are at it already; also when it runs out of time */
XZ_MUST_USE xz_err xz_qa_speak(struct xz_qa *qa, xz_str text, bool (*stop)(void *arg),
                               xz_speech_done done, void *arg);

/* Common questions (prefix empty) or completions of what was typed, for a region. */
struct xz_suggestion {
    xz_str question, topic;
    xz_entry_id entry;
};
struct xz_suggest {
    struct xz_actor actor;
    xz_str typed;
    int64_t region;
    size_t max;
};
XZ_MUST_USE xz_err xz_qa_suggest(struct xz_qa *qa, struct xz_arena *arena,
                                 const struct xz_suggest *suggest, struct xz_suggestion **list,
                                 size_t *count);

/* Passages with their sources, for searching by hand. */
struct xz_find {
    struct xz_actor actor;
    xz_str text;
    int64_t region;
    uint32_t kind_mask;
    bool superseded_too;
    size_t max;
};
XZ_MUST_USE xz_err xz_qa_find(struct xz_qa *qa, struct xz_arena *arena, const struct xz_find *find,
                              struct xz_source **sources, float **scores, size_t *count);

/* The card of a service guide entry; NULL in *guide when the entry is none. */
XZ_MUST_USE xz_err xz_qa_guide(struct xz_tx *tx, struct xz_arena *arena,
                               const struct xz_entry *entry, struct xz_guide **guide);

/* JSON of an answer, a source, a guide as the API documents them (see docs/api). */
void xz_answer_write(struct xz_json_writer *w, const struct xz_qa *qa,
                     const struct xz_answer *answer);
void xz_source_members_write(struct xz_json_writer *w, const struct xz_source *source, size_t n);
/* What a search by hand found: {"hits":[…],"took_ms":…}. */
void xz_hits_write(struct xz_json_writer *w, const struct xz_source *sources, const float *scores,
                   size_t count, double took_ms);
void xz_guide_write(struct xz_json_writer *w, const struct xz_guide *guide);

struct xz_route_table; /* net/http.h */
extern const struct xz_route_table xz_qa_route_table;
extern const struct xz_route_table xz_qa_rights_route_table;

#endif
