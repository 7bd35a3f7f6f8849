/* Retrieval quality on a labelled set (BEIR layout): a city measures on its own questions. The same
 * run also measures plain bigram BM25, so that the gain is known and not an accident. */
#ifndef XZ_SEARCH_SEARCH_EVAL_H
#define XZ_SEARCH_SEARCH_EVAL_H

#include "core/buf.h"
#include "search/search.h"

struct xz_search_eval {
    const char *corpus;                 /* JSON lines: _id, title, text */
    const char *queries;                /* JSON lines: _id, text */
    const char *qrels;                  /* query-id TAB corpus-id TAB score, first line a heading */
    const struct xz_lexicon *lexicon;   /* NULL: none */
    const struct xz_synonyms *synonyms; /* NULL: none */
};

/* Means over the questions that have relevant passages. r[k]: share of the relevant found. */
struct xz_search_eval_means {
    double r1, r5, r10, r100, mrr10;
};
struct xz_search_eval_result {
    struct xz_search_eval_means ours, baseline;
    double bootstrap_p; /* that ours.r10 is not greater, paired, 10,000 resamples, one-sided */
    int64_t documents, queries;
    double index_seconds, p50_ms, p99_ms; /* of one question, single thread */
};

/* Indexes in memory; nothing is written.
 *   XZ_E_MISSING  a file is not there
 *   XZ_E_INPUT    a line is not what it should be: the detail names file and line; or no question
 *                 has a relevant passage */
XZ_MUST_USE xz_err xz_search_eval_run(const struct xz_search_eval *eval,
                                      struct xz_search_eval_result *result);
/* A table for people, and one JSON object without line end. */
void xz_search_eval_table(const struct xz_search_eval_result *result, struct xz_buf *out);
void xz_search_eval_json(const struct xz_search_eval_result *result, struct xz_buf *out);

#endif
