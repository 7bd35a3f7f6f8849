/* Route rows: which are refused at start, and which row a path finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/net_check_internal.h"

static xz_err nothing(struct xz_request *req)
{
    return XZ_OK;
}

#define GOOD                                                                                       \
    .permission = 1, .body_max_bytes = XZ_BODY_NONE, .rate = XZ_RATE_READ, .handler = nothing,     \
    .summary = "说明"

static xz_err try_rows(const struct xz_route *rows, size_t count)
{
    struct xz_route_table table = { rows, count };
    struct net_route_index *index = NULL;
    xz_fail_clear();
    xz_err err = net_route_index_create(&table, 1, &index);
    if (err == XZ_OK)
        net_route_index_destroy(index);
    else
        assert_true(strlen(xz_fail_detail()) > 0);
    return err;
}

static void a_row_that_lacks_something_is_refused(void **unused)
{
    const struct xz_route good = { XZ_GET, "/a", GOOD };
    struct xz_route row;

    assert_int_equal(try_rows(&good, 1), XZ_OK);
    row = good, row.permission = 0;
    assert_int_equal(try_rows(&row, 1), XZ_E_INPUT);
    row = good, row.body_max_bytes = 0;
    assert_int_equal(try_rows(&row, 1), XZ_E_INPUT);
    row = good, row.rate = XZ_RATE_NONE;
    assert_int_equal(try_rows(&row, 1), XZ_E_INPUT);
    row = good, row.handler = NULL;
    assert_int_equal(try_rows(&row, 1), XZ_E_INPUT);
    row = good, row.summary = "";
    assert_int_equal(try_rows(&row, 1), XZ_E_INPUT);
    row = good, row.body_max_bytes = 100; /* a GET with a body */
    assert_int_equal(try_rows(&row, 1), XZ_E_INPUT);
    row = good, row.method = 0;
    assert_int_equal(try_rows(&row, 1), XZ_E_INPUT);
    row = good, row.doc = "[1]";
    assert_int_equal(try_rows(&row, 1), XZ_E_INPUT);
    row = good, row.doc = "{";
    assert_int_equal(try_rows(&row, 1), XZ_E_INPUT);
}

static void odd_paths_are_refused(void **unused)
{
    static const char *const bad[] = { NULL,     "",      "a",  "/a/",     "/a//b",
                                       "/a/*/b", "/a/*b", "/:", "/:a/b/:a" };
    for (size_t i = 0; i < XZ_COUNT(bad); i++) {
        struct xz_route row = { XZ_GET, bad[i], GOOD };
        assert_int_equal(try_rows(&row, 1), XZ_E_INPUT);
    }
}

static void rows_that_collide_are_refused(void **unused)
{
    const struct xz_route same[] = { { XZ_GET, "/a/:id", GOOD }, { XZ_GET, "/a/:name", GOOD } };
    const struct xz_route other[] = { { XZ_GET, "/a/:id", GOOD },
                                      { XZ_DELETE, "/a/:id", GOOD },
                                      { XZ_GET, "/a/b", GOOD },
                                      { XZ_GET, "/a/*", GOOD } };
    assert_int_equal(try_rows(same, 2), XZ_E_INPUT);
    assert_non_null(strstr(xz_fail_detail(), "/a/:id"));
    assert_int_equal(try_rows(other, 4), XZ_OK);
}

static void the_most_literal_row_wins(void **unused)
{
    const struct xz_route rows[] = {
        { XZ_GET, "/", GOOD },          { XZ_GET, "/a/:id", GOOD },
        { XZ_GET, "/a/new", GOOD },     { XZ_POST, "/a/:id/done", GOOD },
        { XZ_GET, "/a/*", GOOD },       { XZ_POST, "/a/new", GOOD },
        { XZ_GET, "/a/new/x/y", GOOD },
    };
    const struct {
        enum xz_method method;
        const char *path;
        int row;
        unsigned allowed;
    } cases[] = {
        { XZ_GET, "/", 0, 0 },
        { XZ_GET, "/a/7", 1, 0 },
        { XZ_GET, "/a/new", 2, 0 },
        { XZ_POST, "/a/7/done", 3, 0 },
        { XZ_GET, "/a/7/done", 4, 0 },
        { XZ_GET, "/a/7/8/9", 4, 0 },
        { XZ_GET, "/a/new/x/z", 4, 0 },
        { XZ_GET, "/a/new/x/y", 6, 0 },
        { XZ_DELETE, "/a/new", -1, 1u << XZ_GET | 1u << XZ_POST },
        { XZ_POST, "/b", -1, 0 },
        { XZ_GET, "/a", -1, 0 },
    };
    struct xz_route_table table = { rows, XZ_COUNT(rows) };
    struct net_route_index *index = NULL;
    struct xz_arena *arena = xz_arena_create(4096);
    struct net_path path;
    unsigned allowed;

    assert_int_equal(net_route_index_create(&table, 1, &index), XZ_OK);
    for (size_t i = 0; i < XZ_COUNT(cases); i++) {
        assert_int_equal(net_path_parse(arena, xz_str_from(cases[i].path), &path), 0);
        const struct xz_route *row = net_route_find(index, cases[i].method, &path, &allowed);
        assert_int_equal(row ? row - rows : -1, cases[i].row);
        if (!row)
            assert_int_equal(allowed, cases[i].allowed);
    }
    xz_arena_destroy(arena);
    net_route_index_destroy(index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_that_lacks_something_is_refused),
        cmocka_unit_test(odd_paths_are_refused),
        cmocka_unit_test(rows_that_collide_are_refused),
        cmocka_unit_test(the_most_literal_row_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
