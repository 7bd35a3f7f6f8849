/* The document printed from the rows. */
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

static const struct xz_route rows[] = {
    { XZ_GET, "/api/entries/:id", 3, XZ_BODY_NONE, XZ_RATE_READ, nothing, "查看条目" },
    { XZ_POST, "/api/ask", 1, 4096, XZ_RATE_ASK, nothing, "提问",
      "{\"tags\":[\"qa\"],\"responses\":{\"200\":{\"description\":\"答复\"}},"
      "\"parameters\":[{\"name\":\"q\",\"in\":\"query\"}]}" },
    { XZ_DELETE, "/api/entries/:id", 4, XZ_BODY_NONE, XZ_RATE_HEAVY, nothing, "删除条目" },
    { XZ_GET, "/api/files/*", 1, XZ_BODY_NONE, XZ_RATE_FREE, nothing, "文件" },
};

static const struct xz_json *get(const struct xz_json *from, const char *const *keys)
{
    for (; *keys; keys++)
        from = xz_json_get(from, *keys);
    return from;
}
#define GET(root, ...) get(root, (const char *const[]){ __VA_ARGS__, NULL })

static void rows_become_operations(void **unused)
{
    const struct xz_route_table table = { rows, XZ_COUNT(rows) };
    struct xz_json_doc *doc = NULL;
    struct xz_buf out;

    xz_buf_init(&out, 1 << 20);
    assert_int_equal(xz_openapi_print(&table, 1, &out), XZ_OK);
    assert_int_equal(xz_json_parse(xz_buf_str(&out), &doc), XZ_OK);
    const struct xz_json *root = xz_json_root(doc);
    assert_true(xz_str_eq(xz_json_str(xz_json_get(root, "openapi"), XZ_STR_NONE), XZ_STR("3.1.0")));
    const struct xz_json *paths = xz_json_get(root, "paths");

    const struct xz_json *show = GET(paths, "/api/entries/{id}", "get");
    assert_true(
        xz_str_eq(xz_json_str(xz_json_get(show, "summary"), XZ_STR_NONE), XZ_STR("查看条目")));
    assert_int_equal(xz_json_int(xz_json_get(show, "x-permission"), 0), 3);
    const struct xz_json *id = xz_json_at(xz_json_get(show, "parameters"), 0);
    assert_true(xz_str_eq(xz_json_str(xz_json_get(id, "name"), XZ_STR_NONE), XZ_STR("id")));
    assert_true(xz_json_bool(xz_json_get(id, "required"), false));
    assert_int_equal(xz_json_kind(xz_json_get(show, "requestBody")), XZ_JSON_ABSENT);
    assert_int_equal(xz_json_int(GET(paths, "/api/entries/{id}", "delete", "x-permission"), 0), 4);

    const struct xz_json *ask = GET(paths, "/api/ask", "post");
    assert_int_equal(xz_json_int(xz_json_get(ask, "x-body-max-bytes"), 0), 4096);
    assert_int_equal(xz_json_kind(xz_json_get(ask, "requestBody")), XZ_JSON_OBJECT);
    assert_true(xz_str_eq(xz_json_str(GET(ask, "responses", "200", "description"), XZ_STR_NONE),
                          XZ_STR("答复")));
    assert_int_equal(xz_json_kind(GET(ask, "responses", "default")), XZ_JSON_OBJECT);
    assert_int_equal(xz_json_count(xz_json_get(ask, "parameters")), 1);
    assert_int_equal(xz_json_count(xz_json_get(ask, "tags")), 1);
    assert_true(xz_str_eq(xz_json_str(xz_json_get(ask, "operationId"), XZ_STR_NONE),
                          XZ_STR("post_api_ask")));
    assert_int_equal(xz_json_kind(GET(paths, "/api/files/{rest}", "get")), XZ_JSON_OBJECT);
    xz_json_destroy(doc);
    xz_buf_fini(&out);
}

static void bad_rows_give_no_document(void **unused)
{
    const struct xz_route bad = { XZ_GET, "/a", 0, XZ_BODY_NONE, XZ_RATE_READ, nothing, "x" };
    const struct xz_route_table table = { &bad, 1 };
    struct xz_buf out;
    xz_buf_init(&out, 1 << 20);
    assert_int_equal(xz_openapi_print(&table, 1, &out), XZ_E_INPUT);
    xz_buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_become_operations),
        cmocka_unit_test(bad_rows_give_no_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
