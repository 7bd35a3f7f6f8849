/* The write contract: savepoints, batches, ids, change numbers, callers and their errors. */
#include <pthread.h>

#include "store_test.h"

static void failed_change_leaves_nothing_and_carries_its_words(void **unused)
{
    (void)unused;
    struct xz_store *store = test_store_open(NULL);
    struct test_note note = { .number = 7, .fails = XZ_E_DENIED };

    assert_int_equal(xz_store_write(store, test_note_write, &note), XZ_E_DENIED);
    assert_string_equal(xz_fail_detail(), "第 7 条不收");
    assert_int_equal(test_note_total(store), 0);
    assert_int_equal(test_change_number(store), 0);
    assert_int_equal(test_note_put(store, 7), XZ_OK);
    assert_int_equal(test_note_total(store), 1);
    xz_store_close(store);
}

static void ids_are_not_used_again_after_rollback_or_reopening(void **unused)
{
    (void)unused;
    char *folder = test_folder_make();
    struct xz_store *store = test_store_open(folder);
    struct test_note lost = { .number = 1, .fails = XZ_E_STATE };
    struct test_note kept = { .number = 2 };
    int64_t last = 0;

    assert_int_equal(xz_store_write(store, test_note_write, &lost), XZ_E_STATE);
    assert_int_equal(xz_store_write(store, test_note_write, &kept), XZ_OK);
    assert_true(kept.id > lost.id);
    last = kept.id;
    for (int i = 0; i < 3; i++) {
        xz_store_close(store);
        store = test_store_open(folder);
        struct test_note again = { .number = 10 + i, .fails = i == 1 ? XZ_E_STATE : XZ_OK };
        assert_int_equal(xz_store_write(store, test_note_write, &again), again.fails);
        assert_true(again.id > last);
        last = again.id;
    }
    xz_store_close(store);
    test_folder_drop(folder);
}

/* More ids in one change than a block has, all rolled back. */
static xz_err many_ids(struct xz_tx *tx, void *arg)
{
    int64_t *last = arg;

    for (int i = 0; i < 25000; i++) {
        int64_t id;
        if (xz_tx_new_id(tx, &id) != XZ_OK || id <= *last)
            return XZ_E_IO;
        *last = id;
    }
    return XZ_E_LIMIT;
}

static void ids_of_a_large_rolled_back_change_are_not_used_again(void **unused)
{
    (void)unused;
    char *folder = test_folder_make();
    struct xz_store *store = test_store_open(folder);
    struct test_note note = { .number = 1 };
    int64_t last = 0;

    assert_int_equal(xz_store_write(store, many_ids, &last), XZ_E_LIMIT);
    xz_store_close(store);
    store = test_store_open(folder);
    assert_int_equal(xz_store_write(store, test_note_write, &note), XZ_OK);
    assert_true(note.id > last);
    xz_store_close(store);
    test_folder_drop(folder);
}

static void change_numbers_grow_by_one_for_each_success(void **unused)
{
    (void)unused;
    char *folder = test_folder_make();
    struct xz_store *store = test_store_open(folder);

    for (int64_t i = 1; i <= 5; i++) {
        struct test_note bad = { .number = 100, .fails = XZ_E_STATE };
        struct test_note good = { .number = i };
        assert_int_equal(xz_store_write(store, test_note_write, &bad), XZ_E_STATE);
        assert_int_equal(xz_store_write(store, test_note_write, &good), XZ_OK);
        assert_int_equal(good.change_number, i);
        assert_int_equal(test_change_number(store), i);
    }
    xz_store_close(store);
    store = test_store_open(folder);
    assert_int_equal(test_change_number(store), 5);
    xz_store_close(store);
    test_folder_drop(folder);
}

static void broken_constraint_is_a_state_error_and_names_the_statement(void **unused)
{
    (void)unused;
    struct xz_store *store = test_store_open(NULL);

    assert_int_equal(test_note_put(store, 1), XZ_OK);
    assert_int_equal(test_note_put(store, 1), XZ_E_STATE);
    assert_non_null(strstr(xz_fail_detail(), "note.add"));
    assert_int_equal(test_note_total(store), 1);
    xz_store_close(store);
}

/* --- posts --- */

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool is_entered, is_open;
};

static xz_err gate_wait(struct xz_tx *tx, void *arg)
{
    struct gate *gate = arg;
    (void)tx;

    pthread_mutex_lock(&gate->lock);
    gate->is_entered = true;
    pthread_cond_broadcast(&gate->moved);
    while (!gate->is_open)
        pthread_cond_wait(&gate->moved, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
    return XZ_OK;
}

static void gate_hold_writer(struct xz_store *store, struct gate *gate)
{
    pthread_mutex_init(&gate->lock, NULL);
    pthread_cond_init(&gate->moved, NULL);
    assert_int_equal(xz_store_post(store, gate_wait, gate, NULL), XZ_OK);
    pthread_mutex_lock(&gate->lock);
    while (!gate->is_entered)
        pthread_cond_wait(&gate->moved, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

static void gate_open(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->is_open = true;
    pthread_cond_broadcast(&gate->moved);
    pthread_mutex_unlock(&gate->lock);
}

struct posted {
    struct test_note note;
    int calls;
    xz_err err;
    char detail[128];
};

static void posted_done(void *arg, xz_err err)
{
    struct posted *posted = arg;

    posted->calls++;
    posted->err = err;
    snprintf(posted->detail, sizeof posted->detail, "%s", xz_fail_detail());
}

static void batch_keeps_good_changes_and_drops_bad_ones(void **unused)
{
    (void)unused;
    struct xz_store *store = test_store_open(NULL);
    static struct posted posted[100];
    struct gate gate = { 0 };

    gate_hold_writer(store, &gate);
    for (int i = 0; i < 100; i++) {
        posted[i] = (struct posted){ .note = { .number = i, .fails = i % 3 ? XZ_OK : XZ_E_LIMIT } };
        assert_int_equal(xz_store_post(store, test_note_write, &posted[i], posted_done), XZ_OK);
    }
    gate_open(&gate);
    assert_int_equal(test_note_put(store, 1000), XZ_OK); /* first in, first out: all are done */
    for (int i = 0; i < 100; i++) {
        assert_int_equal(posted[i].calls, 1);
        assert_int_equal(posted[i].err, posted[i].note.fails);
        assert_int_equal(posted[i].detail[0] != '\0', i % 3 == 0);
        assert_int_equal(test_note_has(store, i), i % 3 != 0);
    }
    xz_store_close(store);
}

static void full_queue_refuses_and_never_calls(void **unused)
{
    (void)unused;
    const struct xz_store_options options = { .clock = &xz_clock_system,
                                              .queue_max = 4,
                                              .batch_max = 2 };
    struct xz_store *store = NULL;
    struct gate gate = { 0 };
    struct posted refused = { .err = XZ_OK };

    assert_int_equal(xz_store_open(&options, &store), XZ_OK);
    gate_hold_writer(store, &gate);
    for (int i = 0; i < 4; i++)
        assert_int_equal(xz_store_post(store, gate_wait, &gate, NULL), XZ_OK);
    assert_int_equal(xz_store_post(store, test_note_write, &refused, posted_done), XZ_E_BUSY);
    assert_true(xz_fail_detail()[0]);
    gate_open(&gate);
    xz_store_close(store);
    assert_int_equal(refused.calls, 0);
}

static void closing_finishes_what_was_posted(void **unused)
{
    (void)unused;
    char *folder = test_folder_make();
    struct xz_store *store = test_store_open(folder);
    static struct test_note notes[1000];

    for (int i = 0; i < 1000; i++) {
        notes[i] = (struct test_note){ .number = i };
        assert_int_equal(xz_store_post(store, test_note_write, &notes[i], NULL), XZ_OK);
    }
    xz_store_close(store);
    store = test_store_open(folder);
    assert_int_equal(test_note_total(store), 1000);
    assert_int_equal(test_change_number(store), 1000);
    xz_store_close(store);
    test_folder_drop(folder);
}

/* --- many callers --- */

#define CALLERS 16
#define EACH    200

struct caller {
    struct xz_store *store;
    pthread_t thread;
    int64_t first;
    int64_t ids[EACH];
    int faults;
};

static void *caller_main(void *arg)
{
    struct caller *caller = arg;

    for (int i = 0; i < EACH; i++) {
        struct test_note note = { .number = caller->first + i,
                                  .fails = i % 10 == 9 ? XZ_E_STATE : XZ_OK };
        xz_err err = xz_store_write(caller->store, test_note_write, &note);
        caller->faults += err != note.fails;
        caller->ids[i] = note.id;
    }
    return NULL;
}

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void sixteen_callers_each_get_their_own_result(void **unused)
{
    (void)unused;
    char *folder = test_folder_make();
    struct xz_store *store = test_store_open(folder);
    static struct caller callers[CALLERS];
    static int64_t ids[CALLERS * EACH];

    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){ .store = store, .first = i * EACH };
        assert_int_equal(pthread_create(&callers[i].thread, NULL, caller_main, &callers[i]), 0);
    }
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(callers[i].thread, NULL);
        assert_int_equal(callers[i].faults, 0);
        memcpy(ids + i * EACH, callers[i].ids, sizeof callers[i].ids);
    }
    qsort(ids, XZ_COUNT(ids), sizeof ids[0], compare_ids);
    for (size_t i = 1; i < XZ_COUNT(ids); i++)
        assert_true(ids[i] > ids[i - 1]);
    assert_int_equal(test_note_total(store), CALLERS * EACH * 9 / 10);
    assert_int_equal(test_change_number(store), CALLERS * EACH * 9 / 10);
    xz_store_close(store);
    test_folder_drop(folder);
}

/* Leaves its query open, as a change that returns early would. */
static xz_err leave_open(struct xz_tx *tx, void *arg)
{
    struct xz_rows rows;
    (void)arg;

    if (xz_sql_open(tx, &test_note_list, &rows, "i", (int64_t)1) != XZ_OK)
        return XZ_E_IO;
    (void)xz_rows_next(&rows);
    return XZ_E_STATE;
}

static void query_left_open_does_not_harm_the_next_change(void **unused)
{
    (void)unused;
    struct xz_store *store = test_store_open(NULL);

    assert_int_equal(test_note_put(store, 1), XZ_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(xz_store_write(store, leave_open, NULL), XZ_E_STATE);
    assert_int_equal(test_note_put(store, 2), XZ_OK);
    xz_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failed_change_leaves_nothing_and_carries_its_words),
        cmocka_unit_test(ids_are_not_used_again_after_rollback_or_reopening),
        cmocka_unit_test(ids_of_a_large_rolled_back_change_are_not_used_again),
        cmocka_unit_test(change_numbers_grow_by_one_for_each_success),
        cmocka_unit_test(broken_constraint_is_a_state_error_and_names_the_statement),
        cmocka_unit_test(batch_keeps_good_changes_and_drops_bad_ones),
        cmocka_unit_test(full_queue_refuses_and_never_calls),
        cmocka_unit_test(closing_finishes_what_was_posted),
        cmocka_unit_test(sixteen_callers_each_get_their_own_result),
        cmocka_unit_test(query_left_open_does_not_harm_the_next_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
