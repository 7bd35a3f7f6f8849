/* Matching a question with the reviewed ones: its terms, the facts of an entry, the features of a
 * candidate, and how sure they make it. Seen by qa/ only, through qa_internal.h. */
#ifndef XZ_QA_MATCH_H
#define XZ_QA_MATCH_H

#include "qa/qa.h"

struct xz_qa;
struct qa_case;

struct qa_word {
    uint64_t hash;
    float weight;
    xz_str text;
};
struct qa_words {
    struct qa_word *items;
    size_t count;
    float total;
};
struct qa_words qa_words_of(struct xz_qa *qa, struct xz_arena *arena, xz_str text);
/* Facts of one version of an entry; see qa_facts.c. */
/* What a text holds, for asking fast: hashes of its terms and of its single characters. */
struct qa_set {
    uint64_t *slots;
    size_t mask;
};
bool qa_set_has(const struct qa_set *set, uint64_t hash);
uint64_t qa_char_hash(uint32_t code);
struct qa_set qa_set_of(struct xz_arena *arena, xz_str text);
struct qa_variant {
    xz_str question, text;
    int64_t hash; /* of the question, for its vector */
    struct qa_words words;
    struct qa_set set;
};
struct qa_facts {
    _Atomic int users;
    int64_t entry, revision;
    struct xz_arena *arena;
    struct qa_variant *variants; /* its questions, then its counter-examples */
    size_t count, counter_count;
    xz_str all;     /* all questions, normalised, a line each */
    xz_str support; /* these, the answer, its basis, its guide's names */
    int64_t answer; /* hash of question and answer together, for their vector */
    struct qa_set all_set, support_set;
};
XZ_MUST_USE xz_err qa_facts_get(struct qa_case *c, const struct xz_entry *entry,
                                struct qa_facts **facts);
void qa_facts_release(struct qa_facts *facts);
void qa_facts_clear(struct xz_qa *qa);
/* qa_conflicts.c */
int qa_year_conflicts(xz_str question, xz_date today, xz_str variants, xz_str support);
void qa_conflicts_of(xz_str question, xz_date today, xz_str variants, xz_str support,
                     double *features);
/* All between 0 and 1 or so; see qa_features_of. */
enum qa_feature {
    FEATURE_QUESTION_SCORE,
    FEATURE_ANSWER_SCORE,
    FEATURE_QUESTION_MARGIN,
    FEATURE_ANSWER_MARGIN,
    FEATURE_COVER_QUESTION,
    FEATURE_COVER_VARIANT,
    FEATURE_COVER_ENTRY,
    FEATURE_COVER_SUPPORT,
    FEATURE_FOREIGN,
    FEATURE_ORDER,
    FEATURE_CHARS_ENTRY,
    FEATURE_CHARS_SUPPORT,
    FEATURE_NUMBERS,
    FEATURE_GROUPS,
    FEATURE_ACTS,
    FEATURE_NEGATION,
    FEATURE_COUNTER,
    FEATURE_NEAR_BEST,
    FEATURE_NEAR_THREE,
    FEATURE_NEAR_MARGIN,
    FEATURE_NEAR_COUNTER,
    FEATURE_NEAR_ALL,
    FEATURE_NEAR_ALL_MARGIN,
    FEATURE_NEAR_ANSWER,
    FEATURE_NEAR_ANSWER_MARGIN,
    FEATURE_HAS_NEAR,
    FEATURE_COUNT
};
extern const char *const qa_feature_names[FEATURE_COUNT];
struct qa_candidate {
    int64_t id;
    struct xz_entry entry;
    float question_score, answer_score; /* of the index; 0 not found */
    double f[FEATURE_COUNT];
    double confidence;
};
#define QA_CANDIDATES_MAX 20
/* Entries whose questions or answers are nearest, with features and confidence, most confident
 * first. `any_region`: those of districts below the site too. */
XZ_MUST_USE xz_err qa_candidates(struct qa_case *c, bool any_region, struct qa_candidate *list,
                                 size_t *count);
/* The question prepared for comparing: terms weighed, synonyms found. Lives as long as the case. */
struct qa_asked;
struct qa_asked *qa_asked_make(struct qa_case *c);
bool qa_asked_is_empty(const struct qa_asked *asked); /* no term of any weight */
/* Share of the question's weight that `target` has, by term or by synonym; by single characters. */
double qa_cover(const struct qa_asked *asked, const struct qa_set *target, float *heaviest_missing);
double qa_chars_cover(const struct qa_asked *asked, const struct qa_set *target);
xz_str qa_without_places(struct qa_case *c, xz_str question);
double qa_confidence(const double f[FEATURE_COUNT]);
bool qa_may_answer(const struct qa_candidate *candidate);
bool qa_may_offer(const struct qa_candidate *candidate);

#endif
