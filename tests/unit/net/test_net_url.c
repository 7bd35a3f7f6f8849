/* Percent-decoding, paths and addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/net_check_internal.h"

static struct xz_arena *arena;

static void escapes_decode_to_utf8(void **unused)
{
    xz_str out;
    assert_true(net_url_decode(arena, XZ_STR("%E4%BD%8E%e4%bf%9d+a"), false, &out));
    assert_true(xz_str_eq(out, XZ_STR("低保 a")));
    assert_true(net_url_decode(arena, XZ_STR("a+b%2Fc"), true, &out));
    assert_true(xz_str_eq(out, XZ_STR("a+b/c")));
    assert_true(net_url_decode(arena, XZ_STR("%0A"), false, &out));
    assert_true(net_url_decode(arena, XZ_STR(""), true, &out));
}

static void bad_escapes_are_refused(void **unused)
{
    static const char *const bad[] = { "%",      "%4",  "%zz",    "%00",       "a%",
                                       "%E4%BD", "%ff", "%C0%AF", "%ED%A0%80", "%F5%80%80%80" };
    xz_str out;
    for (size_t i = 0; i < XZ_COUNT(bad); i++)
        assert_false(net_url_decode(arena, xz_str_from(bad[i]), false, &out));
    assert_false(net_url_decode(arena, XZ_STR("a%0db"), true, &out));
    assert_false(net_url_decode(arena, XZ_STR("a%7f"), true, &out));
}

static void a_path_is_cut_into_decoded_segments(void **unused)
{
    struct net_path path;
    assert_int_equal(net_path_parse(arena, XZ_STR("/a/%E4%BD%8E%2Fb/"), &path), 0);
    assert_int_equal(path.segment_count, 3);
    assert_true(xz_str_eq(path.segments[1], XZ_STR("低/b")));
    assert_int_equal(path.segments[2].len, 0);
    assert_true(xz_str_eq(path.text, XZ_STR("/a/低/b/")));
    assert_int_equal(net_path_parse(arena, XZ_STR("/"), &path), 0);
    assert_int_equal(path.segment_count, 0);
    assert_true(xz_str_eq(path.text, XZ_STR("/")));
    assert_int_equal(net_path_parse(arena, XZ_STR("//"), &path), 0);
    assert_int_equal(path.segment_count, 2);
}

static void dot_segments_are_refused_in_any_disguise(void **unused)
{
    static const char *const bad[] = { "/..", "/a/../b", "/%2e%2e/a", "/.", "/a/%2E", "/a/.%2e" };
    struct net_path path;
    for (size_t i = 0; i < XZ_COUNT(bad); i++)
        assert_int_equal(net_path_parse(arena, xz_str_from(bad[i]), &path), 400);
    assert_int_equal(net_path_parse(arena, XZ_STR("/1/2/3/4/5/6/7/8/9/0/1/2/3/4/5/6/7"), &path),
                     404);
}

static void addresses_are_read_as_sixteen_bytes(void **unused)
{
    uint8_t address[16];
    assert_true(net_address_parse(XZ_STR("10.1.2.3"), address));
    assert_int_equal(address[10], 0xff);
    assert_int_equal(address[12], 10);
    assert_true(net_address_parse(XZ_STR("::1"), address));
    assert_int_equal(address[15], 1);
    assert_false(net_address_parse(XZ_STR("nginx"), address));
    assert_false(net_address_parse(XZ_STR(""), address));
}

static int setup(void **state)
{
    arena = xz_arena_create(4096);
    return 0;
}

static int teardown(void **state)
{
    xz_arena_destroy(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_decode_to_utf8),
        cmocka_unit_test(bad_escapes_are_refused),
        cmocka_unit_test(a_path_is_cut_into_decoded_segments),
        cmocka_unit_test(dot_segments_are_refused_in_any_disguise),
        cmocka_unit_test(addresses_are_read_as_sixteen_bytes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
