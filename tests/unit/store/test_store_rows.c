/* Statements and rows: types in and out, order of parameters, snapshots of readers. */
#include <pthread.h>

#include "store_test.h"

static const struct xz_sql tag_list = {
    "note.tag_list", "SELECT t.id, t.note, t.score, t.data, n.text FROM tag t "
                     "JOIN note n ON n.id = t.note WHERE t.note = $2 AND t.id >= $1 ORDER BY t.id"
};
static const struct xz_sql note_text = { "note.text",
                                         "UPDATE note SET text = $2 WHERE number = $1" };

static xz_err add_tags(struct xz_tx *tx, void *arg)
{
    static const char bytes[] = { 0, 1, (char)0xff, 0 };
    xz_str blob = { bytes, sizeof bytes };
    xz_err err;
    (void)arg;

    err = xz_sql_run(tx, &test_note_add, "iis", (int64_t)5, (int64_t)50,
                     XZ_STR("社保卡怎么补办？"));
    if (err != XZ_OK)
        goto out;
    err = xz_sql_run(tx, &test_tag_add, "iidb", (int64_t)1, (int64_t)5, 0.25, blob);
    if (err != XZ_OK)
        goto out;
    err = xz_sql_run(tx, &test_tag_add, "iinn", (int64_t)2, (int64_t)5);
    if (err != XZ_OK)
        goto out;
    err = xz_sql_run(tx, &test_tag_add, "iidb", (int64_t)3, (int64_t)5, -1e300, XZ_STR_NONE);
    if (err != XZ_OK)
        goto out;
    err = xz_sql_run(tx, &note_text, "is", (int64_t)50, (xz_str){ NULL, 0 });
    if (err == XZ_OK && xz_sql_changes(tx) != 1)
        err = XZ_E_IO;
out:
    return err;
}

static void values_come_back_as_they_went_in(void **unused)
{
    (void)unused;
    struct xz_store *store = test_store_open(NULL);
    struct xz_tx *tx;
    struct xz_rows rows;

    assert_int_equal(xz_store_write(store, add_tags, NULL), XZ_OK);
    assert_int_equal(xz_store_read(store, &tx), XZ_OK);
    assert_int_equal(xz_tx_now_ms(tx), 1700000000000);
    /* $2 stands before $1 in the text: the digits count, not the order. */
    assert_int_equal(xz_sql_open(tx, &tag_list, &rows, "ii", (int64_t)1, (int64_t)5), XZ_OK);
    assert_true(xz_rows_next(&rows));
    assert_true(xz_rows_double(&rows, 2) == 0.25);
    assert_int_equal(xz_rows_str(&rows, 3).len, 4);
    assert_memory_equal(xz_rows_str(&rows, 3).ptr, "\0\1\xff\0", 4);
    assert_false(xz_rows_is_null(&rows, 4)); /* empty text is not NULL */
    assert_int_equal(xz_rows_str(&rows, 4).len, 0);
    assert_true(xz_rows_next(&rows));
    assert_true(xz_rows_is_null(&rows, 2));
    assert_true(xz_rows_is_null(&rows, 3));
    assert_int_equal(xz_rows_int(&rows, 2), 0);
    assert_int_equal(xz_rows_str(&rows, 3).len, 0);
    assert_true(xz_rows_next(&rows));
    assert_false(xz_rows_is_null(&rows, 3));
    assert_false(xz_rows_next(&rows));
    assert_false(xz_rows_next(&rows)); /* stays at its end */
    assert_int_equal(xz_rows_end(&rows), XZ_OK);
    xz_store_read_end(tx);
    xz_store_close(store);
}

static xz_err add_orphan(struct xz_tx *tx, void *arg)
{
    (void)arg;
    return xz_sql_run(tx, &test_tag_add, "iinn", (int64_t)1, (int64_t)404);
}

static void reference_to_nothing_is_refused(void **unused)
{
    (void)unused;
    struct xz_store *store = test_store_open(NULL);

    assert_int_equal(xz_store_write(store, add_orphan, NULL), XZ_E_STATE);
    xz_store_close(store);
}

static void wrong_statement_is_an_error_with_its_name(void **unused)
{
    (void)unused;
    static const struct xz_sql wrong = { "note.wrong", "SELECT nothing FROM nowhere" };
    struct xz_store *store = test_store_open(NULL);
    struct xz_tx *tx;
    struct xz_rows rows;

    assert_int_equal(xz_store_read(store, &tx), XZ_OK);
    assert_int_equal(xz_sql_open(tx, &wrong, &rows, ""), XZ_E_IO);
    assert_non_null(strstr(xz_fail_detail(), "note.wrong"));
    assert_false(xz_rows_next(&rows));
    assert_int_equal(xz_rows_end(&rows), XZ_E_IO);
    xz_store_read_end(tx);
    xz_store_close(store);
}

/* More statements than the table of kept ones starts with. */
static void hundreds_of_statements_are_kept_apart(void **unused)
{
    (void)unused;
    enum { COUNT = 300 };
    static struct xz_sql sql[COUNT];
    static char text[COUNT][32];
    struct xz_store *store = test_store_open(NULL);
    struct xz_tx *tx;
    struct xz_rows rows;

    for (int i = 0; i < COUNT; i++) {
        snprintf(text[i], sizeof text[i], "SELECT %d + $1", i);
        sql[i] = (struct xz_sql){ "test.sum", text[i] };
    }
    assert_int_equal(xz_store_read(store, &tx), XZ_OK);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < COUNT; i++) {
            assert_int_equal(xz_sql_open(tx, &sql[i], &rows, "i", (int64_t)round), XZ_OK);
            assert_true(xz_rows_next(&rows));
            assert_int_equal(xz_rows_int(&rows, 0), i + round);
            assert_int_equal(xz_rows_end(&rows), XZ_OK);
        }
    }
    xz_store_read_end(tx);
    xz_store_close(store);
}

static int64_t count_in(struct xz_tx *tx)
{
    struct xz_rows rows;

    assert_int_equal(xz_sql_open(tx, &test_note_count, &rows, ""), XZ_OK);
    assert_true(xz_rows_next(&rows));
    int64_t count = xz_rows_int(&rows, 0);
    assert_int_equal(xz_rows_end(&rows), XZ_OK);
    return count;
}

static void reader_sees_its_snapshot_and_does_not_hold_up_writes(void **unused)
{
    (void)unused;
    char *folders[] = { NULL, test_folder_make() };

    for (size_t i = 0; i < XZ_COUNT(folders); i++) {
        struct xz_store *store = test_store_open(folders[i]);
        struct xz_tx *before, *after;

        assert_int_equal(test_note_put(store, 1), XZ_OK);
        assert_int_equal(xz_store_read(store, &before), XZ_OK);
        assert_int_equal(test_note_put(store, 2), XZ_OK);
        assert_int_equal(xz_store_read(store, &after), XZ_OK);
        assert_int_equal(count_in(before), 1);
        assert_int_equal(xz_tx_change_number(before), 1);
        assert_int_equal(count_in(after), 2);
        assert_int_equal(xz_tx_change_number(after), 2);
        xz_store_read_end(before);
        xz_store_read_end(after);
        xz_store_close(store);
    }
    test_folder_drop(folders[1]);
}

static void *read_once(void *arg)
{
    assert_int_equal(test_note_total(arg), 0);
    return NULL;
}

static void more_readers_than_connections_take_turns(void **unused)
{
    (void)unused;
    struct xz_store *store = NULL;
    const struct xz_store_options options = { .clock = &xz_clock_system,
                                              .migrations = test_migrations,
                                              .migration_count = test_migration_count,
                                              .readers_max = 2 };
    pthread_t threads[8];
    struct xz_tx *tx;

    assert_int_equal(xz_store_open(&options, &store), XZ_OK);
    assert_int_equal(xz_store_read(store, &tx), XZ_OK);
    for (size_t i = 0; i < XZ_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_once, store), 0);
    for (size_t i = 0; i < XZ_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    xz_store_read_end(tx);
    xz_store_read_end(NULL);
    xz_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_back_as_they_went_in),
        cmocka_unit_test(reference_to_nothing_is_refused),
        cmocka_unit_test(wrong_statement_is_an_error_with_its_name),
        cmocka_unit_test(hundreds_of_statements_are_kept_apart),
        cmocka_unit_test(reader_sees_its_snapshot_and_does_not_hold_up_writes),
        cmocka_unit_test(more_readers_than_connections_take_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
