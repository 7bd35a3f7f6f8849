/* Opening: the folder and its modes, the lock, migrations that ran and those that did not. */
#include <sys/stat.h>
#include <unistd.h>

#include "store_test.h"

static xz_err open_with(const char *folder, const struct xz_migration *migrations, size_t count)
{
    const struct xz_store_options options = { .folder = folder,
                                              .clock = &xz_clock_system,
                                              .migrations = migrations,
                                              .migration_count = count };
    struct xz_store *store = NULL;
    xz_err err = xz_store_open(&options, &store);

    if (err == XZ_OK)
        xz_store_close(store);
    return err;
}

static void folder_is_made_with_narrow_modes(void **unused)
{
    (void)unused;
    char *base = test_folder_make();
    char *folder = test_path(base, "a/data");
    struct xz_store *store = test_store_open(folder);
    static const char *const names[] = { "xiaozheng.db", "xiaozheng.db-wal", "lock" };
    struct stat info;

    assert_int_equal(test_note_put(store, 1), XZ_OK);
    assert_int_equal(stat(folder, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    for (size_t i = 0; i < XZ_COUNT(names); i++) {
        char *path = test_path(folder, names[i]);
        assert_int_equal(stat(path, &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
        xz_free(path);
    }
    xz_store_close(store);
    char *log = test_path(folder, "xiaozheng.db-wal");
    assert_int_not_equal(access(log, F_OK), 0); /* a closed folder is one file to copy */
    xz_free(log);
    xz_free(folder);
    test_folder_drop(base);
}

static void second_opening_is_refused_and_says_who_has_it(void **unused)
{
    (void)unused;
    char *folder = test_folder_make();
    struct xz_store *store = test_store_open(folder);
    struct xz_store *second = NULL;
    char pid[32];

    assert_int_equal(test_store_try(folder, &second), XZ_E_STATE);
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    assert_non_null(strstr(xz_fail_detail(), pid));
    assert_int_equal(test_note_put(store, 1), XZ_OK); /* the first is unharmed */
    xz_store_close(store);
    store = test_store_open(folder);
    xz_store_close(store);
    test_folder_drop(folder);
}

static void reopening_keeps_rows_and_the_name_of_the_data(void **unused)
{
    (void)unused;
    char *folder = test_folder_make();
    struct xz_store *store = test_store_open(folder);
    char name[64];

    assert_int_equal(test_note_put(store, 1), XZ_OK);
    assert_int_equal(xz_store_data_id(store).len, 32);
    snprintf(name, sizeof name, "%.*s", XZ_STR_ARG(xz_store_data_id(store)));
    xz_store_close(store);
    store = test_store_open(folder);
    assert_true(test_note_has(store, 1));
    assert_true(xz_str_eq(xz_store_data_id(store), xz_str_from(name)));
    xz_store_close(store);
    test_folder_drop(folder);
}

static void edited_migration_is_refused(void **unused)
{
    (void)unused;
    static const struct xz_migration first[] = { { "a", 1, "CREATE TABLE a (x BIGINT);" } };
    static const struct xz_migration edited[] = { { "a", 1, "CREATE TABLE a (y BIGINT);" } };
    char *folder = test_folder_make();

    assert_int_equal(open_with(folder, first, 1), XZ_OK);
    assert_int_equal(open_with(folder, edited, 1), XZ_E_STATE);
    assert_non_null(strstr(xz_fail_detail(), "改动"));
    assert_int_equal(open_with(folder, first, 1), XZ_OK);
    test_folder_drop(folder);
}

static void data_of_a_newer_program_is_refused(void **unused)
{
    (void)unused;
    static const struct xz_migration rows[] = { { "a", 1, "CREATE TABLE a (x BIGINT);" },
                                                { "a", 2, "CREATE TABLE a2 (x BIGINT);" },
                                                { "b", 1, "CREATE TABLE b (x BIGINT);" } };
    char *folder = test_folder_make();

    assert_int_equal(open_with(folder, rows, 1), XZ_OK);
    assert_int_equal(open_with(folder, rows, 3), XZ_OK); /* the rest runs later */
    assert_int_equal(open_with(folder, rows, 1), XZ_E_STATE);
    assert_non_null(strstr(xz_fail_detail(), "更新版本"));
    assert_int_equal(open_with(folder, rows, 2), XZ_E_STATE);
    test_folder_drop(folder);
}

static void failing_migration_leaves_nothing_and_names_its_statement(void **unused)
{
    (void)unused;
    static const struct xz_migration wrong[] = {
        { "a", 1, "CREATE TABLE a (x BIGINT);\nCREATE TABEL b (y BIGINT);\n" }
    };
    static const struct xz_migration right[] = {
        { "a", 1, "CREATE TABLE a (x BIGINT);\nCREATE TABLE b (y BIGINT);\n" }
    };
    char *folder = test_folder_make();

    assert_int_equal(open_with(folder, wrong, 1), XZ_E_IO);
    assert_non_null(strstr(xz_fail_detail(), "a 第 1 号升级的第 2 条语句"));
    assert_int_equal(open_with(folder, right, 1), XZ_OK); /* table a would be there already */
    test_folder_drop(folder);
}

static void migration_that_breaks_references_is_refused(void **unused)
{
    (void)unused;
    static const struct xz_migration rows[] = {
        { "a", 1,
          "CREATE TABLE parent (id INTEGER PRIMARY KEY);"
          "CREATE TABLE child (parent BIGINT NOT NULL REFERENCES parent (id));"
          "INSERT INTO parent (id) VALUES (1);"
          "INSERT INTO child (parent) VALUES (1);" },
        { "a", 2, "DELETE FROM parent;" },
    };
    char *folder = test_folder_make();

    assert_int_equal(open_with(folder, rows, 2), XZ_E_IO);
    assert_non_null(strstr(xz_fail_detail(), "child"));
    assert_int_equal(open_with(folder, rows, 1), XZ_OK);
    test_folder_drop(folder);
}

static void file_that_is_no_database_is_refused_with_a_hint(void **unused)
{
    (void)unused;
    char *folder = test_folder_make();
    char *path = test_path(folder, "xiaozheng.db");
    struct xz_store *store = NULL;
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    for (int i = 0; i < 1000; i++)
        fputs("not a database\n", file);
    fclose(file);
    assert_int_equal(test_store_try(folder, &store), XZ_E_IO);
    assert_non_null(strstr(xz_fail_detail(), "备份"));
    xz_free(path);
    test_folder_drop(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folder_is_made_with_narrow_modes),
        cmocka_unit_test(second_opening_is_refused_and_says_who_has_it),
        cmocka_unit_test(reopening_keeps_rows_and_the_name_of_the_data),
        cmocka_unit_test(edited_migration_is_refused),
        cmocka_unit_test(data_of_a_newer_program_is_refused),
        cmocka_unit_test(failing_migration_leaves_nothing_and_names_its_statement),
        cmocka_unit_test(migration_that_breaks_references_is_refused),
        cmocka_unit_test(file_that_is_no_database_is_refused_with_a_hint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
