/* Shared by the files of qa/ and nobody else. */
#ifndef XZ_QA_INTERNAL_H
#define XZ_QA_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "qa/qa.h"
#include "qa/qa_vectors.h"

#define QA_TAG             0x51415841u
#define QA_IDS_MAX         4096
#define QA_OPTIONS_MAX     8
#define QA_SOURCES_MAX     4
#define QA_FACTS_SLOTS     1024
#define QA_FACTS_BYTES_MAX (64u * 1024)

struct xz_qa {
    uint32_t tag;
    struct xz_knowledge *knowledge;
    struct xz_store *store;
    const struct xz_clock *clock;
    double threshold;
    int64_t question_chars_max;
    pthread_mutex_t ids_lock; /* guards the ids set aside for turns */
    int64_t ids[QA_IDS_MAX];
    size_t id_count;
    bool ids_coming;
    struct qa_speech *speech;
    pthread_mutex_t facts_lock; /* guards the places, not what lies in them */
    struct qa_facts *facts[QA_FACTS_SLOTS];
    struct qa_vectors *vectors;     /* NULL: by words alone */
    struct qa_retention *retention; /* of a server that stays */
    int64_t expired_id;             /* texts of turns up to this one are erased */
};

/* What the asker wants to know of a matter; the section of a service guide that says it. */
enum qa_aspect {
    ASPECT_NONE,
    ASPECT_MATERIALS,
    ASPECT_STEPS,
    ASPECT_PLACE,
    ASPECT_TIME_LIMIT,
    ASPECT_FEE,
    ASPECT_CONDITIONS,
    ASPECT_ONLINE,
    ASPECT_PHONE,
    ASPECT_BASIS,
    ASPECT_COUNT
};
struct qa_aspect_row {
    enum qa_aspect aspect;
    const char *section;
    const char *words;
};
extern const struct qa_aspect_row qa_aspects[ASPECT_COUNT];

/* What kind of sentence it is. */
enum qa_intent { INTENT_ASK, INTENT_GREET, INTENT_THANKS, INTENT_PERSON, INTENT_EMERGENCY };

/* A question's whole life: what each step found. */
struct qa_case {
    struct xz_qa *qa;
    struct xz_arena *arena;
    const struct xz_ask *ask;
    struct xz_answer *answer;
    struct xz_tx *tx; /* one snapshot for all steps */
    const struct xz_site *site;
    int64_t now_ms;
    xz_date today;
    /* understand */
    xz_str text; /* what is looked for: normalised, follow-ups completed */
    enum qa_intent intent;
    enum qa_aspect aspect;
    bool follow_up;        /* means nothing without what was said before */
    bool section_wanted;   /* it asks for one aspect of the matter under way, nothing else */
    bool region_chosen;    /* said or picked, not the site's default */
    bool region_exchanged; /* 那望湖区呢: the question before, for another place */
    bool turn_places;      /* this turn names a place of ours */
    xz_str turn;           /* this turn by itself, normalised */
    xz_str turn_said;      /* the same as it was typed */
    int64_t region;
    uint32_t chain[XZ_SEARCH_REGIONS_MAX];
    size_t chain_count;
    int64_t number;         /* of the turn in its dialogue, from 1 */
    xz_str before;          /* the last question as understood */
    int64_t focus;          /* entry the dialogue is about; 0 none */
    int64_t new_focus;      /* entry this turn is about */
    xz_str lead;            /* sentence before quoted clauses, stored with the turn */
    struct qa_asked *asked; /* made on first use */
    double best_cover;      /* how much of the question that one speaks of */
    double best_reviewed;   /* confidence of the nearest reviewed answer that was not given */
    int64_t best_entry;     /* that answer; 0 none was near enough to offer */
    bool decided;           /* a step gave the answer: the rest is passed over */
    xz_write_done done;
    void *done_arg;
};

/* qa_understand.c */
XZ_MUST_USE xz_err qa_admit(struct qa_case *c);
XZ_MUST_USE xz_err qa_understand(struct qa_case *c);
enum qa_aspect qa_aspect_of(xz_str text);
void qa_before_join(struct qa_case *c); /* it is a follow-up: what was asked before, then this */
/* A circumstance rather than a question, or about somebody named before. */
bool qa_leans_on_before(xz_str text);
/* Characters of this turn that are a matter of its own, not an aspect and no pointing words. */
size_t qa_own_chars(const struct qa_case *c);
void qa_chain_set(struct qa_case *c, int64_t region);
/* Whether what holds there holds for the asker. */
bool qa_in_chain(const struct qa_case *c, int64_t region);
bool qa_region_is_own(const struct xz_site *site, int64_t code); /* at or below the site's region */

#include "qa/qa_match.h"

/* qa_known.c: a notice of now, when the question is about what it announces */
struct xz_notice;
XZ_MUST_USE xz_err qa_known(struct qa_case *c);
bool qa_notice_matters(struct xz_arena *arena, xz_str question, const struct xz_notice *notice);
/* qa_reviewed.c */
XZ_MUST_USE xz_err qa_reviewed(struct qa_case *c);
XZ_MUST_USE xz_err qa_listed(struct qa_case *c); /* letter for letter only */
XZ_MUST_USE xz_err qa_reviewed_give(struct qa_case *c, const struct qa_candidate *candidate);
/* qa_matter.c: what is said on about the matter under way; again before it is refused */
XZ_MUST_USE xz_err qa_matter(struct qa_case *c);
XZ_MUST_USE xz_err qa_matter_last(struct qa_case *c);
/* Beside questions that are likely but not sure: the clause of their papers that speaks of it. */
XZ_MUST_USE xz_err qa_matter_offered(struct qa_case *c);
/* qa_cited.c: 劳动合同法第三十九条: the article itself */
XZ_MUST_USE xz_err qa_cited(struct qa_case *c);
/* qa_follow.c: nothing found for the question alone: once more with what was asked before */
XZ_MUST_USE xz_err qa_follow(struct qa_case *c);
/* qa_refuse.c: the way on when there is no basis */
XZ_MUST_USE xz_err qa_no_basis(struct qa_case *c);
void qa_refuse(struct qa_case *c, xz_str ended);
/* qa_retrieve.c */
/* 那要什么材料: the section of the guide that the dialogue is about. */
XZ_MUST_USE xz_err qa_section(struct qa_case *c);
XZ_MUST_USE xz_err qa_retrieve(struct qa_case *c);
/* Share of the question that title and text of a passage speak of. */
XZ_MUST_USE xz_err qa_hit_cover(struct qa_case *c, const struct xz_search_hit *hit, double *share);
void qa_filter_set(const struct qa_case *c, struct xz_search_filter *filter, uint32_t kinds);
/* qa_source.c: entries and clauses as evidence */
XZ_MUST_USE xz_err qa_source_add(struct qa_case *c, int64_t entry, int64_t clause);
/* Who looks, at what moment, from which snapshot. */
struct qa_view {
    struct xz_tx *tx;
    struct xz_arena *arena;
    struct xz_actor actor;
    const struct xz_site *site;
    xz_date on;
};
struct qa_view qa_view_of(const struct qa_case *c);
XZ_MUST_USE xz_err qa_source_load(const struct qa_view *view, int64_t entry, int64_t clause,
                                  struct xz_source *source);
void qa_source_mark(struct xz_qa *qa, struct xz_arena *arena, xz_str question,
                    struct xz_source *source);
bool qa_option_add(struct qa_case *c, xz_str label, xz_str question, int64_t region);
/* qa_compose.c: kind, evidence and lead become the text shown; the same for a stored turn */
XZ_MUST_USE xz_err qa_compose(struct xz_qa *qa, struct xz_tx *tx, struct xz_arena *arena,
                              xz_str lead, struct xz_answer *answer);
struct qa_record;
XZ_MUST_USE xz_err qa_turn_open(struct xz_tx *tx, struct xz_arena *arena, int64_t turn,
                                xz_str dialogue, struct qa_record *record);
/* qa_rights_store.c: complaints, and texts erased */
XZ_MUST_USE xz_err qa_complaint_put(struct xz_tx *tx, struct xz_arena *arena, xz_date day,
                                    struct xz_complaint *complaint);
XZ_MUST_USE xz_err qa_complaints_load(struct xz_tx *tx, struct xz_arena *arena, size_t max,
                                      struct xz_complaint **list, size_t *count);
/* XZ_E_MISSING: it has no turns. */
XZ_MUST_USE xz_err qa_dialogue_erase(struct xz_tx *tx, xz_str dialogue, int64_t *turns);
/* Texts of at most 500 turns above *after that were asked before; *after becomes the last of them.
 */
XZ_MUST_USE xz_err qa_turns_expire(struct xz_tx *tx, int64_t before_ms, int64_t *after,
                                   int64_t *count);
/* qa_retention.c: the days that the site promises */
struct qa_retention *qa_retention_start(struct xz_qa *qa);
void qa_retention_stop(struct qa_retention *retention); /* NULL is fine */
XZ_MUST_USE xz_err qa_retention_run(struct xz_qa *qa, int64_t *erased);
/* qa_speech.c */
struct qa_speech;
/* NULL for an empty program. */
struct qa_speech *qa_speech_create(xz_str program, int64_t timeout_ms);
void qa_speech_destroy(struct qa_speech *speech); /* NULL is fine */
/* qa_store.c */
struct qa_before {
    int64_t number, focus, region;
    xz_str understood;
    enum xz_answer_kind kind;
};
/* The last turn of a dialogue below a number. XZ_E_MISSING. */
XZ_MUST_USE xz_err qa_turn_before(struct xz_tx *tx, struct xz_arena *arena, xz_str dialogue,
                                  int64_t below, struct qa_before *before);
struct qa_evidence {
    int64_t entry, version, clause;
};
struct qa_record {
    struct xz_qa *qa;
    int64_t turn, number, asked_ms, region, focus;
    xz_secret dialogue;
    const char *actor_kind;
    xz_str question, understood, matched, lead, options;
    xz_date valid_on;
    enum xz_answer_kind kind;
    int64_t confidence_permille;
    struct qa_evidence evidence[QA_SOURCES_MAX];
    size_t evidence_count;
    xz_write_done done;
    void *done_arg;
};
XZ_MUST_USE xz_err qa_record_tx(struct xz_tx *tx, void *record);
XZ_MUST_USE xz_err qa_turn_load(struct xz_tx *tx, struct xz_arena *arena, int64_t turn,
                                struct qa_record *record);
XZ_MUST_USE xz_err qa_feedback_put(struct xz_tx *tx, int64_t turn, bool useful, xz_str remark);
XZ_MUST_USE xz_err qa_vector_rows(struct xz_tx *tx, int64_t model,
                                  void (*each)(int64_t kind, int64_t hash, xz_str bytes, void *arg),
                                  void *arg);
XZ_MUST_USE xz_err qa_vector_put(struct xz_tx *tx, int64_t kind, int64_t hash, int64_t model,
                                 xz_str bytes);
XZ_MUST_USE xz_err qa_common_questions(struct xz_tx *tx, struct xz_arena *arena, int64_t after,
                                       int64_t **entries, size_t *count);
XZ_MUST_USE xz_err qa_turn_id(struct xz_qa *qa, int64_t *id);

#endif
