/* Each write and sync of a run is made to fail in turn. Whatever fails, and also when the machine
 * stops right after it: what was acknowledged is there, what was refused is not. */
#include <fcntl.h>
#include <unistd.h>

#include "core/log.h"
#include "failing_disk.h"
#include "store_test.h"

#define NOTES 6

struct run {
    char *folder, *after_crash;
    xz_err results[NOTES];
};

static void quiet(xz_str line, void *arg)
{
    (void)line;
    (void)arg;
}

static int set_up(void **unused)
{
    (void)unused;
    failing_disk_install();
    if (access("/dev/shm", W_OK) == 0) /* no real disk is needed, and syncing folders takes time */
        setenv("TMPDIR", "/dev/shm", 1);
    xz_log_sink_set(quiet, NULL);
    return 0;
}

static void copy_file(const char *from_folder, const char *to_folder, const char *name)
{
    char *from = test_path(from_folder, name), *to = test_path(to_folder, name);
    int in = open(from, O_RDONLY), out;
    static char bytes[1 << 16];
    ssize_t got;

    unlink(to);
    if (in >= 0) {
        out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        assert_true(out >= 0);
        while ((got = read(in, bytes, sizeof bytes)) > 0)
            assert_int_equal(write(out, bytes, (size_t)got), got);
        close(out);
        close(in);
    }
    xz_free(from);
    xz_free(to);
}

static void check(struct xz_store *store, const struct run *run, int count, bool refused_are_gone)
{
    for (int i = 0; i < count; i++) {
        bool is_there = test_note_has(store, i);
        if (run->results[i] == XZ_OK)
            assert_true(is_there);
        else if (refused_are_gone)
            assert_false(is_there);
    }
}

/* What a machine that stops now would find: the files as they are, without this process. */
static void check_after_crash(const struct run *run, int count, bool refused_are_gone)
{
    copy_file(run->folder, run->after_crash, "xiaozheng.db");
    copy_file(run->folder, run->after_crash, "xiaozheng.db-wal");
    struct xz_store *store = test_store_open(run->after_crash);
    check(store, run, count, refused_are_gone);
    xz_store_close(store);
}

/* False: the fault never struck, so there are no more places to try. */
static bool run_with_fault(enum disk_fault fault, int nth, bool stays)
{
    struct run run = { .folder = test_folder_make(), .after_crash = test_folder_make() };
    struct xz_store *store = test_store_open(run.folder);
    bool has_struck = false;

    for (int i = 0; i < NOTES; i++) {
        if (i == 0)
            failing_disk_arm(fault, nth, stays);
        run.results[i] = test_note_put(store, i);
        if (run.results[i] != XZ_OK) {
            assert_int_equal(run.results[i], XZ_E_IO);
            assert_non_null(strstr(xz_fail_detail(), "磁盘"));
            if (!stays) {
                failing_disk_disarm();
                has_struck = true;
                check_after_crash(&run, i + 1, true);
            }
        }
    }
    has_struck |= failing_disk_disarm();
    /* Reading goes on, and once the disk is well, so does writing. */
    check(store, &run, NOTES, true);
    assert_int_equal(test_note_put(store, 100), XZ_OK);
    check_after_crash(&run, NOTES, true);
    xz_store_close(store);
    store = test_store_open(run.folder);
    check(store, &run, NOTES, true);
    assert_true(test_note_has(store, 100));
    xz_store_close(store);
    test_folder_drop(run.folder);
    test_folder_drop(run.after_crash);
    return has_struck;
}

static void fault_at_any_place_loses_nothing_acknowledged(void **unused)
{
    (void)unused;
    for (int fault = 0; fault < DISK_FAULT_COUNT; fault++) {
        int nth = 1;
        while (run_with_fault((enum disk_fault)fault, nth, false))
            nth++;
        assert_true(nth > NOTES);
        for (nth = 1; nth <= NOTES; nth += 2)
            assert_true(run_with_fault((enum disk_fault)fault, nth, true));
    }
}

/* A change larger than the writer's cache spills into the log before its commit. */
static xz_err large_change(struct xz_tx *tx, void *arg)
{
    static char bytes[100000];
    xz_err err = XZ_OK;
    (void)arg;

    for (int i = 0; i < 200 && err == XZ_OK; i++)
        err = xz_sql_run(tx, &test_note_add, "iis", (int64_t)1000 + i, (int64_t)1000 + i,
                         (xz_str){ bytes, sizeof bytes });
    return err;
}

static void disk_that_fills_up_in_a_large_change_keeps_the_others(void **unused)
{
    (void)unused;
    char *folder = test_folder_make();
    struct xz_store *store = test_store_open(folder);

    assert_int_equal(test_note_put(store, 1), XZ_OK);
    failing_disk_arm(DISK_FULL, 1500, true);
    assert_int_equal(xz_store_write(store, large_change, NULL), XZ_E_IO);
    assert_non_null(strstr(xz_fail_detail(), "磁盘空间不足"));
    assert_true(failing_disk_disarm());
    assert_int_equal(test_note_total(store), 1);
    assert_int_equal(xz_store_write(store, large_change, NULL), XZ_OK);
    assert_int_equal(test_note_total(store), 201);
    xz_store_close(store);
    test_folder_drop(folder);
}

static void fault_while_opening_is_an_error_and_can_be_tried_again(void **unused)
{
    (void)unused;
    for (int fault = 0; fault < DISK_FAULT_COUNT; fault++) {
        for (int nth = 1;; nth++) {
            char *folder = test_folder_make();
            struct xz_store *store = NULL;
            failing_disk_arm((enum disk_fault)fault, nth, false);
            xz_err err = test_store_try(folder, &store);
            bool has_struck = failing_disk_disarm();
            if (err != XZ_OK) {
                assert_true(has_struck && xz_fail_detail()[0]);
                store = test_store_open(folder);
            }
            assert_int_equal(test_note_put(store, 1), XZ_OK);
            xz_store_close(store);
            test_folder_drop(folder);
            if (!has_struck)
                break;
        }
    }
}

static void backup_on_a_failing_disk_leaves_no_half_folder(void **unused)
{
    (void)unused;
    char *folder = test_folder_make();
    char *backup = test_path(folder, "backup");
    char *partial = test_path(folder, "backup.partial");
    struct xz_store *store = test_store_open(NULL);

    for (int i = 0; i < 20; i++)
        assert_int_equal(test_note_put(store, i), XZ_OK);
    failing_disk_arm(DISK_FULL, 2, true);
    assert_int_equal(xz_store_backup(store, backup, NULL, NULL, NULL), XZ_E_IO);
    assert_non_null(strstr(xz_fail_detail(), "磁盘空间不足"));
    assert_true(failing_disk_disarm());
    assert_int_not_equal(access(backup, F_OK), 0);
    assert_int_not_equal(access(partial, F_OK), 0);
    assert_int_equal(xz_store_backup(store, backup, NULL, NULL, NULL), XZ_OK);
    xz_store_close(store);
    xz_free(backup);
    xz_free(partial);
    test_folder_drop(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fault_at_any_place_loses_nothing_acknowledged),
        cmocka_unit_test(disk_that_fills_up_in_a_large_change_keeps_the_others),
        cmocka_unit_test(fault_while_opening_is_an_error_and_can_be_tried_again),
        cmocka_unit_test(backup_on_a_failing_disk_leaves_no_half_folder),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
