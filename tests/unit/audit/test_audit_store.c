/* The trail is part of the change: written with it, gone with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audit/audit.h"

#define NOW_MS 1763800000000

static struct xz_clock clock_of_test;

static int store_open(void **state)
{
    struct xz_store *store;
    xz_clock_manual_init(&clock_of_test, NOW_MS);
    const struct xz_store_options options = { .clock = &clock_of_test,
                                              .migrations = xz_audit_migrations,
                                              .migration_count = xz_audit_migration_count };
    assert_int_equal(xz_store_open(&options, &store), XZ_OK);
    *state = store;
    return 0;
}

static int store_close(void **state)
{
    xz_store_close(*state);
    return 0;
}

struct change {
    const char *event, *detail;
    int64_t object;
    xz_err result;
};

static xz_err change_tx(struct xz_tx *tx, void *arg)
{
    const struct change *c = arg;
    const struct xz_actor actor = { XZ_ACTOR_LOCAL, 1000 };
    xz_err err = xz_audit_write(tx, &actor, c->event, c->object, xz_str_from(c->detail));
    return err == XZ_OK ? c->result : err;
}

static int64_t records(struct xz_store *store)
{
    static const struct xz_sql count = { "test.count", "SELECT COUNT(*) FROM audit_record" };
    struct xz_rows rows;
    struct xz_tx *tx;
    assert_int_equal(xz_store_read(store, &tx), XZ_OK);
    assert_int_equal(xz_sql_open(tx, &count, &rows, ""), XZ_OK);
    assert_true(xz_rows_next(&rows));
    int64_t value = xz_rows_int(&rows, 0);
    assert_int_equal(xz_rows_end(&rows), XZ_OK);
    xz_store_read_end(tx);
    return value;
}

static void a_record_says_who_did_what_when(void **state)
{
    static const struct xz_sql last = {
        "test.last", "SELECT at_ms, actor_kind, actor_id, event, object, detail FROM audit_record"
                     " ORDER BY id DESC LIMIT 1"
    };
    struct change change = { "knowledge.imported", "法律；'甲'.md", 42, XZ_OK };
    struct xz_rows rows;
    struct xz_tx *tx;

    assert_int_equal(xz_store_write(*state, change_tx, &change), XZ_OK);
    assert_int_equal(xz_store_read(*state, &tx), XZ_OK);
    assert_int_equal(xz_sql_open(tx, &last, &rows, ""), XZ_OK);
    assert_true(xz_rows_next(&rows));
    assert_int_equal(xz_rows_int(&rows, 0), NOW_MS);
    assert_true(xz_str_eq(xz_rows_str(&rows, 1), XZ_STR("local")));
    assert_int_equal(xz_rows_int(&rows, 2), 1000);
    assert_true(xz_str_eq(xz_rows_str(&rows, 3), XZ_STR("knowledge.imported")));
    assert_int_equal(xz_rows_int(&rows, 4), 42);
    assert_true(xz_str_eq(xz_rows_str(&rows, 5), XZ_STR("法律；'甲'.md")));
    assert_int_equal(xz_rows_end(&rows), XZ_OK);
    xz_store_read_end(tx);
}

static void a_change_that_fails_leaves_no_record(void **state)
{
    int64_t before = records(*state);
    struct change change = { "knowledge.imported", "", 0, XZ_E_STATE };
    assert_int_equal(xz_store_write(*state, change_tx, &change), XZ_E_STATE);
    assert_int_equal(records(*state), before);
    change.result = XZ_OK;
    assert_int_equal(xz_store_write(*state, change_tx, &change), XZ_OK);
    assert_int_equal(records(*state), before + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_says_who_did_what_when),
        cmocka_unit_test(a_change_that_fails_leaves_no_record),
    };
    return cmocka_run_group_tests(tests, store_open, store_close);
}
