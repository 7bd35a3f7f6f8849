/* What the tests of knowledge/ share: a file recognised to readable lines, knowledge in memory or
 * in a folder, one file imported. */
#ifndef XZ_KNOWLEDGE_TEST_H
#define XZ_KNOWLEDGE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/json.h"
#include "knowledge/knowledge_internal.h"

/* --- what xz-parse would say of a file; valid until the next call --- */
struct recognised {
    struct xz_json_doc *lines[4096];
    size_t count;
};
const struct recognised *recognise_file(const char *name, const char *text);
/* Text of a field of the `nth` line (from 0) of this type; "" when there is none. */
const char *recognised_text(const struct recognised *all, const char *type, size_t nth,
                            const char *key);
int64_t recognised_int(const struct recognised *all, const char *type, size_t nth, const char *key);
size_t recognised_count(const struct recognised *all, const char *type);

/* --- a store with the index beside it --- */
struct knowledge_test {
    struct xz_store *store;
    struct xz_knowledge *knowledge;
    struct xz_arena *arena;
    char folder[64];    /* "" in memory */
    const char *parser; /* for imports */
};
extern struct xz_clock knowledge_test_clock;
void knowledge_test_open(struct knowledge_test *t, bool on_disk);
void knowledge_test_reopen(struct knowledge_test *t, bool lose_index);
void knowledge_test_close(struct knowledge_test *t);

/* A draft of a law with these articles; saved in a change of its own. */
struct test_paper {
    const char *source, *title, *number, *issuer, *replaces;
    enum xz_entry_kind kind; /* 0: law */
    int64_t region;
    xz_date issued_on, effective_on, expires_on;
    const char *articles[8]; /* texts; labels are 第N条 */
};
/* Returns the entry's id; *changed may be NULL. */
int64_t paper_save(struct knowledge_test *t, const struct test_paper *paper, bool *changed);
struct xz_entry paper_load(struct knowledge_test *t, int64_t id);
/* Current clauses. */
size_t paper_clauses(struct knowledge_test *t, int64_t id, struct xz_clause **clauses);

/* Imports `text` as the file `source`. */
struct xz_import_result text_import(struct knowledge_test *t, const char *source, const char *text);
/* How many passages a search finds, of all regions, kinds and days. */
size_t found_count(struct knowledge_test *t, const char *question);
/* Problems that xz_knowledge_verify names. */
size_t problem_count(struct knowledge_test *t);

#endif
