/* What the tests of store/ share: a small schema, stores in memory and in a folder, counting. */
#ifndef XZ_STORE_TEST_H
#define XZ_STORE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/store.h"

extern const struct xz_migration test_migrations[];
extern const size_t test_migration_count;
extern struct xz_clock test_clock;

extern const struct xz_sql test_note_add, test_note_count, test_note_list, test_tag_add;

/* A store in `folder`, or in memory for NULL. Asserts that it opens. */
struct xz_store *test_store_open(const char *folder);
xz_err test_store_try(const char *folder, struct xz_store **store);
char *test_folder_make(void);        /* a new empty folder; drop it with the next */
void test_folder_drop(char *folder); /* with all that is in it */
char *test_path(const char *folder, const char *name); /* xz_free */

/* A change: adds the note with this number; its id goes to `id`. `fails` after having written. */
struct test_note {
    int64_t number, id, change_number;
    xz_err fails;
};
xz_err test_note_write(struct xz_tx *tx, void *arg);
xz_err test_note_put(struct xz_store *store, int64_t number); /* one durable write */
int64_t test_note_total(struct xz_store *store);
bool test_note_has(struct xz_store *store, int64_t number);
int64_t test_change_number(struct xz_store *store);

#endif
