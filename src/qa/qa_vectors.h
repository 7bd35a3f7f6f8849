/* The questions of all reviewed answers, and these themselves, as vectors: made in the background
 * once for each wording, kept in the store, held in memory for comparing. Seen by qa/ only. */
#ifndef XZ_QA_VECTORS_H
#define XZ_QA_VECTORS_H

#include "embed/embed.h"
#include "knowledge/knowledge.h"

struct qa_vectors;

/* Loads what the store has of this model. XZ_E_MISSING: no encoder there, XZ_E_INPUT: a bad one. */
XZ_MUST_USE xz_err qa_vectors_open(struct xz_store *store, const char *model_path,
                                   struct qa_vectors **vectors);
void qa_vectors_close(struct qa_vectors *vectors); /* ends the thread; NULL is fine */
/* Keeps up with what is imported, on a thread of low priority, until closed. */
XZ_MUST_USE xz_err qa_vectors_start(struct qa_vectors *vectors);
/* Makes what lacks, on this thread. */
XZ_MUST_USE xz_err qa_vectors_fill(struct qa_vectors *vectors);

void qa_vectors_embed(const struct qa_vectors *vectors, xz_str text, struct xz_vector *vector);

enum qa_vector_kind { VECTOR_QUESTION, VECTOR_ANSWER, VECTOR_KIND_COUNT };
/* By the hash of its wording; false: not made yet. */
bool qa_vectors_get(struct qa_vectors *vectors, enum qa_vector_kind kind, int64_t hash,
                    struct xz_vector *vector);
/* What stands for a reviewed answer: its question and the front of what it says. */
xz_str qa_answer_text(struct xz_arena *arena, xz_str title, xz_str body, int64_t *hash);

struct qa_near {
    int64_t hash;
    float cosine;
};
struct qa_nearest {
    struct qa_near items[32]; /* nearest first */
    size_t count;
    float mean, spread; /* of the cosines with all questions: what "near" means for this one */
    float centre[XZ_EMBED_DIM]; /* the mean of all vectors: what all questions have in common */
};
/* XZ_E_MISSING when there are too few to compare with. */
XZ_MUST_USE xz_err qa_vectors_nearest(struct qa_vectors *vectors, const struct xz_vector *vector,
                                      struct qa_nearest *nearest);

#endif
