/* Helpers of the tests of store/: see store_test.h. */
#include <ftw.h>
#include <unistd.h>

#include "store_test.h"

const struct xz_migration test_migrations[] = {
    { "note", 1,
      "CREATE TABLE note (id INTEGER PRIMARY KEY, number BIGINT NOT NULL UNIQUE, text TEXT);" },
    { "note", 2,
      "CREATE TABLE tag (id INTEGER PRIMARY KEY,\n"
      "    note BIGINT NOT NULL REFERENCES note (id), score DOUBLE PRECISION, data BLOB);\n"
      "CREATE INDEX tag_note ON tag (note);" },
};
const size_t test_migration_count = XZ_COUNT(test_migrations);
struct xz_clock test_clock;

const struct xz_sql test_note_add = { "note.add",
                                      "INSERT INTO note (id, number, text) VALUES ($1, $2, $3)" };
const struct xz_sql test_note_count = { "note.count", "SELECT count(*) FROM note" };
const struct xz_sql test_note_list = { "note.list",
                                       "SELECT id, number, text FROM note WHERE number = $1" };
const struct xz_sql test_tag_add = {
    "note.tag_add", "INSERT INTO tag (id, note, score, data) VALUES ($1, $2, $3, $4)"
};

xz_err test_store_try(const char *folder, struct xz_store **store)
{
    xz_clock_manual_init(&test_clock, 1700000000000);
    const struct xz_store_options options = { .folder = folder,
                                              .clock = &test_clock,
                                              .migrations = test_migrations,
                                              .migration_count = test_migration_count };
    return xz_store_open(&options, store);
}

struct xz_store *test_store_open(const char *folder)
{
    struct xz_store *store = NULL;

    if (test_store_try(folder, &store) != XZ_OK)
        fail_msg("%s", xz_fail_detail());
    return store;
}

char *test_folder_make(void)
{
    const char *base = getenv("TMPDIR");
    char path[512];

    snprintf(path, sizeof path, "%s/xiaozheng-test-XXXXXX", base ? base : P_tmpdir);
    assert_non_null(mkdtemp(path));
    return xz_strdup(path);
}

static int drop_one(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info;
    (void)kind;
    (void)at;
    return remove(path);
}

void test_folder_drop(char *folder)
{
    nftw(folder, drop_one, 16, FTW_DEPTH | FTW_PHYS);
    xz_free(folder);
}

char *test_path(const char *folder, const char *name)
{
    size_t bytes = strlen(folder) + strlen(name) + 2;
    char *path = xz_alloc(bytes, 1);

    snprintf(path, bytes, "%s/%s", folder, name);
    return path;
}

xz_err test_note_write(struct xz_tx *tx, void *arg)
{
    struct test_note *note = arg;
    xz_err err;

    note->change_number = xz_tx_change_number(tx);
    if ((err = xz_tx_new_id(tx, &note->id)) != XZ_OK)
        goto out;
    err = xz_sql_run(tx, &test_note_add, "iis", note->id, note->number, XZ_STR("办事指南"));
    if (err == XZ_OK && note->fails != XZ_OK)
        err = xz_fail(note->fails, "第 %d 条不收", (int)note->number);
out:
    return err;
}

xz_err test_note_put(struct xz_store *store, int64_t number)
{
    struct test_note note = { .number = number };
    return xz_store_write(store, test_note_write, &note);
}

static int64_t query_int(struct xz_store *store, const struct xz_sql *sql, const char *types,
                         int64_t arg)
{
    struct xz_tx *tx;
    struct xz_rows rows;
    int64_t value = -1;

    assert_int_equal(xz_store_read(store, &tx), XZ_OK);
    assert_int_equal(xz_sql_open(tx, sql, &rows, types, arg), XZ_OK);
    if (xz_rows_next(&rows))
        value = xz_rows_int(&rows, 0);
    assert_int_equal(xz_rows_end(&rows), XZ_OK);
    xz_store_read_end(tx);
    return value;
}

int64_t test_note_total(struct xz_store *store)
{
    return query_int(store, &test_note_count, "", 0);
}

bool test_note_has(struct xz_store *store, int64_t number)
{
    return query_int(store, &test_note_list, "i", number) > 0;
}

int64_t test_change_number(struct xz_store *store)
{
    struct xz_tx *tx;

    assert_int_equal(xz_store_read(store, &tx), XZ_OK);
    int64_t number = xz_tx_change_number(tx);
    xz_store_read_end(tx);
    return number;
}
