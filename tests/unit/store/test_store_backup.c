/* Backups, restoring them, and finding damage. */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_test.h"

struct site {
    char *base, *data, *backup;
};

static struct site site_make(void)
{
    struct site site = { .base = test_folder_make() };

    site.data = test_path(site.base, "data");
    site.backup = test_path(site.base, "backup-1");
    return site;
}

static void site_drop(struct site *site)
{
    xz_free(site->data);
    xz_free(site->backup);
    test_folder_drop(site->base);
}

static void overwrite(const char *folder, const char *name, off_t at, const char *bytes)
{
    char *path = test_path(folder, name);
    int fd = open(path, O_WRONLY);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, strlen(bytes), at), (ssize_t)strlen(bytes));
    close(fd);
    xz_free(path);
}

static int count_names(const char *folder, const char *prefix)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int count = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)))
        count += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
    closedir(dir);
    return count;
}

struct progress {
    int calls, last;
    bool fell;
};

static void note_progress(int permille, void *arg)
{
    struct progress *progress = arg;

    progress->calls++;
    progress->fell |= permille < progress->last || permille < 0 || permille > 1000;
    progress->last = permille;
}

static void restored_backup_is_the_data_of_that_moment(void **unused)
{
    (void)unused;
    struct site site = site_make();
    struct xz_store *store = test_store_open(site.data);
    struct xz_backup_info made, restored;
    struct progress progress = { 0 };
    char name[64];

    for (int i = 0; i < 100; i++)
        assert_int_equal(test_note_put(store, i), XZ_OK);
    assert_int_equal(xz_store_backup(store, site.backup, note_progress, &progress, &made), XZ_OK);
    assert_true(progress.calls > 1 && progress.last == 1000 && !progress.fell);
    assert_int_equal(made.change_number, 100);
    assert_int_equal(made.made_at_ms, 1700000000000);
    assert_int_equal(made.bytes, made.pages * 4096);
    for (int i = 100; i < 150; i++)
        assert_int_equal(test_note_put(store, i), XZ_OK);
    snprintf(name, sizeof name, "%.*s", XZ_STR_ARG(xz_store_data_id(store)));
    assert_int_equal(xz_store_restore(site.backup, site.data, &test_clock, NULL), XZ_E_STATE);
    xz_store_close(store);

    assert_int_equal(xz_store_restore(site.backup, site.data, &test_clock, &restored), XZ_OK);
    assert_string_equal(restored.sha256, made.sha256);
    assert_int_equal(count_names(site.data, "xiaozheng.db.before-restore-"), 1);
    assert_int_equal(count_names(site.data, "xiaozheng.db.restoring"), 0);
    store = test_store_open(site.data);
    assert_int_equal(test_note_total(store), 100);
    assert_int_equal(test_change_number(store), 100);
    assert_false(xz_str_eq(xz_store_data_id(store), xz_str_from(name))); /* other data now */
    xz_store_close(store);
    site_drop(&site);
}

static void backup_restores_into_a_new_folder(void **unused)
{
    (void)unused;
    struct site site = site_make();
    struct xz_store *store = test_store_open(NULL);
    char *fresh = test_path(site.base, "fresh");

    assert_int_equal(test_note_put(store, 1), XZ_OK);
    assert_int_equal(xz_store_backup(store, site.backup, NULL, NULL, NULL), XZ_OK);
    xz_store_close(store);
    assert_int_equal(xz_store_restore(site.backup, fresh, &test_clock, NULL), XZ_OK);
    assert_int_equal(count_names(fresh, "xiaozheng.db"), 1);
    store = test_store_open(fresh);
    assert_true(test_note_has(store, 1));
    xz_store_close(store);
    xz_free(fresh);
    site_drop(&site);
}

static void existing_target_is_refused_and_untouched(void **unused)
{
    (void)unused;
    struct site site = site_make();
    struct xz_store *store = test_store_open(NULL);

    assert_int_equal(mkdir(site.backup, 0700), 0);
    assert_int_equal(xz_store_backup(store, site.backup, NULL, NULL, NULL), XZ_E_STATE);
    assert_int_equal(count_names(site.backup, "xiaozheng"), 0);
    assert_int_equal(count_names(site.base, "backup-1.partial"), 0);
    xz_store_close(store);
    site_drop(&site);
}

static void damaged_backup_changes_nothing(void **unused)
{
    (void)unused;
    struct site site = site_make();
    struct xz_store *store = test_store_open(site.data);

    assert_int_equal(test_note_put(store, 1), XZ_OK);
    assert_int_equal(xz_store_backup(store, site.backup, NULL, NULL, NULL), XZ_OK);
    assert_int_equal(test_note_put(store, 2), XZ_OK);
    xz_store_close(store);

    overwrite(site.backup, "xiaozheng.db", 5000, "x");
    assert_int_equal(xz_store_restore(site.backup, site.data, &test_clock, NULL), XZ_E_INPUT);
    assert_non_null(strstr(xz_fail_detail(), "未作任何改动"));
    overwrite(site.backup, "manifest.json", 0, "?");
    assert_int_equal(xz_store_restore(site.backup, site.data, &test_clock, NULL), XZ_E_INPUT);
    assert_int_equal(xz_store_restore(site.base, site.data, &test_clock, NULL), XZ_E_MISSING);
    assert_int_equal(count_names(site.data, "xiaozheng.db"), 1);
    store = test_store_open(site.data);
    assert_int_equal(test_note_total(store), 2);
    xz_store_close(store);
    site_drop(&site);
}

static void broken_database_can_be_replaced_by_its_backup(void **unused)
{
    (void)unused;
    struct site site = site_make();
    struct xz_store *store = test_store_open(site.data);

    assert_int_equal(test_note_put(store, 1), XZ_OK);
    assert_int_equal(xz_store_backup(store, site.backup, NULL, NULL, NULL), XZ_OK);
    xz_store_close(store);
    overwrite(site.data, "xiaozheng.db", 0, "this is not the header of a database");
    assert_int_equal(test_store_try(site.data, &store), XZ_E_IO);
    assert_int_equal(xz_store_restore(site.backup, site.data, &test_clock, NULL), XZ_OK);
    store = test_store_open(site.data);
    assert_true(test_note_has(store, 1));
    xz_store_close(store);
    site_drop(&site);
}

struct load {
    struct xz_store *store;
    atomic_bool stop;
    int64_t written;
};

static void *load_main(void *arg)
{
    struct load *load = arg;

    while (!atomic_load(&load->stop)) {
        if (test_note_put(load->store, 1000000 + load->written) != XZ_OK)
            break;
        load->written++;
    }
    return NULL;
}

static void backup_under_load_is_one_consistent_moment(void **unused)
{
    (void)unused;
    struct site site = site_make();
    struct load load = { .store = test_store_open(site.data) };
    struct xz_backup_info made;
    pthread_t thread;

    for (int i = 0; i < 200; i++)
        assert_int_equal(test_note_put(load.store, i), XZ_OK);
    assert_int_equal(pthread_create(&thread, NULL, load_main, &load), 0);
    assert_int_equal(xz_store_backup(load.store, site.backup, NULL, NULL, &made), XZ_OK);
    atomic_store(&load.stop, true);
    pthread_join(thread, NULL);
    xz_store_close(load.store);
    assert_int_equal(xz_store_restore(site.backup, site.data, &test_clock, NULL), XZ_OK);
    struct xz_store *store = test_store_open(site.data);
    /* One change, one note: any other sum would be half a batch. */
    assert_int_equal(test_note_total(store), made.change_number);
    assert_int_equal(test_change_number(store), made.change_number);
    xz_store_close(store);
    site_drop(&site);
}

static void count_problem(xz_str what, void *arg)
{
    assert_true(what.len > 0);
    ++*(int *)arg;
}

static void verify_is_silent_about_good_data(void **unused)
{
    (void)unused;
    struct xz_store *store = test_store_open(NULL);
    int problems = 0;

    for (int i = 0; i < 50; i++)
        assert_int_equal(test_note_put(store, i), XZ_OK);
    assert_int_equal(xz_store_verify(store, count_problem, &problems), XZ_OK);
    assert_int_equal(problems, 0);
    xz_store_close(store);
}

static void verify_finds_damage(void **unused)
{
    (void)unused;
    struct site site = site_make();
    struct xz_store *store = test_store_open(site.data);
    struct stat info;
    int problems = 0;

    for (int i = 0; i < 2000; i++) {
        static struct test_note notes[2000];
        notes[i] = (struct test_note){ .number = i };
        assert_int_equal(xz_store_post(store, test_note_write, &notes[i], NULL), XZ_OK);
    }
    xz_store_close(store);
    char *path = test_path(site.data, "xiaozheng.db");
    assert_int_equal(stat(path, &info), 0);
    xz_free(path);
    /* The last page belongs to the notes or their index, which opening does not read. */
    overwrite(site.data, "xiaozheng.db", info.st_size - 4096, "damage that no page starts with");
    store = test_store_open(site.data);
    assert_int_equal(xz_store_verify(store, count_problem, &problems), XZ_OK);
    assert_true(problems > 0);
    xz_store_close(store);
    site_drop(&site);
}

static const struct xz_sql forget_migration = {
    "test.forget", "UPDATE schema_migration SET sha256 = 'x' WHERE domain = 'note' AND number = 2"
};

static xz_err forget(struct xz_tx *tx, void *arg)
{
    (void)arg;
    return xz_sql_run(tx, &forget_migration, "");
}

static void verify_finds_a_changed_migration(void **unused)
{
    (void)unused;
    struct xz_store *store = test_store_open(NULL);
    int problems = 0;

    assert_int_equal(xz_store_write(store, forget, NULL), XZ_OK);
    assert_int_equal(xz_store_verify(store, count_problem, &problems), XZ_OK);
    assert_int_equal(problems, 1);
    xz_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(restored_backup_is_the_data_of_that_moment),
        cmocka_unit_test(backup_restores_into_a_new_folder),
        cmocka_unit_test(existing_target_is_refused_and_untouched),
        cmocka_unit_test(damaged_backup_changes_nothing),
        cmocka_unit_test(broken_database_can_be_replaced_by_its_backup),
        cmocka_unit_test(backup_under_load_is_one_consistent_moment),
        cmocka_unit_test(verify_is_silent_about_good_data),
        cmocka_unit_test(verify_finds_damage),
        cmocka_unit_test(verify_finds_a_changed_migration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
