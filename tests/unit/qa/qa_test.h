/* What the tests of qa/ share: a small city in memory. 云泽省 > 安澜市 > 临江区, 望湖区, 石桥县, a
 * few laws, papers, guides and reviewed answers; today is 2026-11-22. */
#ifndef XZ_QA_TEST_H
#define XZ_QA_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "knowledge/knowledge_internal.h"
#include "qa/qa_internal.h"

#define CITY     990100
#define LINJIANG 990102
#define WANGHU   990103
#define SHIQIAO  990121

struct qa_test {
    struct xz_clock clock;
    struct xz_store *store;
    struct xz_knowledge *knowledge;
    struct xz_qa *qa;
    struct xz_arena *arena;
};

/* Group setup and teardown; *state is the struct qa_test, shared by the tests of one file. */
int qa_test_open(void **state);
int qa_test_close(void **state);

/* An entry to be stored; clauses and variants end with NULL. */
struct test_clause {
    const char *label, *body;
};
struct test_entry {
    enum xz_entry_kind kind;
    const char *title, *number, *code, *aliases, *issuer, *department, *basis, *related, *replaces;
    int64_t region;
    enum xz_visibility visibility;
    xz_date effective_on, expires_on;
    struct test_clause clauses[8];
    const char *variants[6];
    int64_t level, issued_ms, expires_ms; /* of a notice */
};
/* Stores it (again: as a new version) and indexes what it touches; its id. */
int64_t qa_test_put(struct qa_test *t, const struct test_entry *entry);

/* Asks as anyone and waits; fails the test on an error. `dialogue` may be NULL. */
struct xz_answer qa_test_ask(struct qa_test *t, const char *question, int64_t region,
                             const struct xz_answer *before);
/* The question admitted and understood, for looking into the case; end it with qa_test_case_end. */
struct qa_case *qa_test_case(struct qa_test *t, const char *question, int64_t region);
void qa_test_case_end(struct qa_case *c);

bool text_has(xz_str text, const char *part);
#define assert_text(text, expected)                                                                \
    do {                                                                                           \
        xz_str assert_text_ = (text);                                                              \
        if (!xz_str_eq(assert_text_, xz_str_from(expected)))                                       \
            fail_msg("\"%.*s\" is not \"%s\"", XZ_STR_ARG(assert_text_), (expected));              \
    } while (0)

#endif
