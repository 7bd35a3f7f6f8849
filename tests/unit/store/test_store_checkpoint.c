/* The write-ahead log: bounded under steady writes, with and without a reader in the way. */
#include <sys/stat.h>
#include <unistd.h>

#include "store_test.h"

#define CHANGE_BYTES MIB(2)
#define CHANGES      70
#define HELD         40 /* past the 64 MiB at which the writer tries to start the log anew */

static char *folder;

static int set_up(void **unused)
{
    (void)unused;
    if (access("/dev/shm", W_OK) == 0) /* hundreds of MiB need no real disk */
        setenv("TMPDIR", "/dev/shm", 1);
    folder = test_folder_make();
    return 0;
}

static int tear_down(void **unused)
{
    (void)unused;
    test_folder_drop(folder);
    return 0;
}

static xz_err large_note(struct xz_tx *tx, void *arg)
{
    static char bytes[CHANGE_BYTES];
    int64_t id;
    xz_err err = xz_tx_new_id(tx, &id);
    (void)arg;

    if (err == XZ_OK)
        err = xz_sql_run(tx, &test_note_add, "iis", id, id, (xz_str){ bytes, sizeof bytes });
    return err;
}

static int64_t log_bytes(void)
{
    char *path = test_path(folder, "xiaozheng.db-wal");
    struct stat info;
    int64_t bytes = stat(path, &info) == 0 ? info.st_size : 0;

    xz_free(path);
    return bytes;
}

static void log_stays_bounded_under_steady_writes(void **unused)
{
    (void)unused;
    struct xz_store *store = test_store_open(folder);
    int64_t most = 0;

    for (int i = 0; i < CHANGES; i++) {
        assert_int_equal(xz_store_write(store, large_note, NULL), XZ_OK);
        most = XZ_MAX(most, log_bytes());
    }
    /* At twice 64 MiB the writer waits for the log; a change more and the frames' heads on top. */
    assert_true(most <= MIB(128) + 2 * CHANGE_BYTES + MIB(2));
    assert_int_equal(test_note_total(store), CHANGES);
    xz_store_close(store);
    assert_int_equal(log_bytes(), 0);
}

static void long_reader_only_puts_the_log_off(void **unused)
{
    (void)unused;
    struct xz_store *store = test_store_open(folder);
    struct xz_tx *tx;
    int64_t before = test_note_total(store);

    assert_int_equal(xz_store_read(store, &tx), XZ_OK);
    for (int i = 0; i < HELD; i++)
        assert_int_equal(xz_store_write(store, large_note, NULL), XZ_OK);
    int64_t held = log_bytes();
    assert_true(held >= HELD * CHANGE_BYTES);
    xz_store_read_end(tx);
    /* 16 MiB on, the writer tries again, and the log starts anew; on a busy machine a checkpoint
     * under way may let it wait for the next 16. */
    int more = 0;
    while (more < 200 && (more < 20 || log_bytes() >= held)) {
        assert_int_equal(xz_store_write(store, large_note, NULL), XZ_OK);
        more++;
    }
    assert_true(log_bytes() < held);
    assert_int_equal(test_note_total(store), before + HELD + more);
    xz_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_stays_bounded_under_steady_writes),
        cmocka_unit_test(long_reader_only_puts_the_log_off),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
