/* Which request heads are accepted, and with what status the others are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/net_check_internal.h"

static struct net_head head;

static int check(const char *text)
{
    const char *reason = NULL;
    int status = net_head_check(xz_str_from(text), &head, &reason);
    if (status != 0)
        assert_non_null(reason);
    return status;
}

static const struct {
    int status;
    const char *head;
} cases[] = {
    { 0, "GET / HTTP/1.1\r\nHost: a\r\n\r\n" },
    { 0, "GET / HTTP/1.0\r\n\r\n" },
    { 0, "POST /a?b=%e4 HTTP/1.1\r\nhost: a:80\r\ncontent-length: 5\r\n\r\n" },
    { 0, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n" },
    { 0, "GET / HTTP/1.1\r\nHost:a\r\nX:\r\nY:\t v \t\r\n\r\n" },
    /* framing */
    { 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3 4\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775808\r\n\r\n" },
    { 400,
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" },
    { 400,
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
           "Transfer-Encoding: chunked\r\n\r\n" },
    { 501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" },
    { 501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n" },
    { 501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n" },
    { 501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n" },
    { 501, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n" },
    { 400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0b"
           "chunked\r\n\r\n" },
    { 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" },
    /* header lines */
    { 400, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length : 3\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\nHost: a\r\nA B: 3\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\n A: 3\r\nHost: a\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\nHost: a\r\n\tfolded\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n folded\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\nHost: a\r\nnocolon\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\nHost: a\r\n\xff: b\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\x01\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\x7f\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\r\n\r\n" },
    /* bare LF */
    { 400, "GET / HTTP/1.1\nHost: a\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\nHost: a\r\n\n" },
    { 400, "GET / HTTP/1.1\nHost: a\n\n" },
    /* Host */
    { 400, "GET / HTTP/1.1\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n" },
    { 400, "GET / HTTP/1.1\r\nHost:\r\n\r\n" },
    /* request line */
    { 400, "GET /\r\n\r\n" },
    { 400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n" },
    { 400, "GET /  HTTP/1.1\r\nHost: a\r\n\r\n" },
    { 400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n" },
    { 400, "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n" },
    { 400, "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n" },
    { 400, "GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n" },
    { 400, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n" },
    { 400, "G@T / HTTP/1.1\r\nHost: a\r\n\r\n" },
    { 400, "get\r\n\r\n" },
    { 501, "BREW / HTTP/1.1\r\nHost: a\r\n\r\n" },
    { 501, "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n" },
    { 501, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n" },
    { 501, "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" },
    { 505, "GET / HTTP/1.2\r\nHost: a\r\n\r\n" },
    { 505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n" },
    { 505, "GET / HTTP/0.9\r\nHost: a\r\n\r\n" },
    { 505, "GET / HTTP/1.10\r\nHost: a\r\n\r\n" },
    { 400, "GET / HTTQ/1.1\r\nHost: a\r\n\r\n" },
    { 417, "POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 1\r\n\r\n" },
};

static void each_head_gets_its_status(void **unused)
{
    for (size_t i = 0; i < XZ_COUNT(cases); i++) {
        int status = check(cases[i].head);
        if (status != cases[i].status)
            print_error("case %zu: %s\n", i, cases[i].head);
        assert_int_equal(status, cases[i].status);
    }
}

static void nul_in_a_head_is_refused(void **unused)
{
    const char *reason;
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n";
    assert_int_equal(net_head_check((xz_str){ text, sizeof text - 1 }, &head, &reason), 400);
}

static void bytes_after_the_blank_line_are_not_part_of_a_head(void **unused)
{
    assert_int_equal(check("GET / HTTP/1.1\r\nHost: a\r\n\r\nX"), 400);
}

static void an_accepted_head_is_understood(void **unused)
{
    assert_int_equal(check("POST /a/b?c=d HTTP/1.1\r\nHost: a\r\nContent-Length: 0042\r\n"
                           "Expect: 100-Continue\r\nX-Test: \t v w \r\n\r\n"),
                     0);
    assert_int_equal(head.method, XZ_POST);
    assert_true(xz_str_eq(head.target, XZ_STR("/a/b?c=d")));
    assert_int_equal(head.content_length, 42);
    assert_true(head.keep_alive && head.expect_continue && !head.chunked && !head.is_head);
    assert_int_equal(head.header_count, 4);
    assert_true(xz_str_eq(head.headers[3].name, XZ_STR("X-Test")));
    assert_true(xz_str_eq(head.headers[3].value, XZ_STR("v w")));
}

static void keep_alive_follows_version_and_connection(void **unused)
{
    assert_int_equal(check("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n\r\n"), 0);
    assert_true(head.is_head && head.method == XZ_GET && !head.keep_alive);
    assert_int_equal(check("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), 0);
    assert_true(head.keep_alive);
    assert_int_equal(check("GET / HTTP/1.0\r\n\r\n"), 0);
    assert_false(head.keep_alive);
    assert_int_equal(check("GET / HTTP/1.1\r\nHost: a\r\nConnection: close, keep-alive\r\n\r\n"),
                     0);
    assert_false(head.keep_alive);
}

static void limits_have_their_own_status(void **unused)
{
    struct xz_buf text;
    const char *reason;

    xz_buf_init(&text, 1 << 20);
    xz_buf_add_lit(&text, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (int i = 1; i < NET_HEADERS_MAX; i++)
        xz_buf_add_lit(&text, "X: y\r\n");
    size_t before = text.len;
    xz_buf_add_lit(&text, "\r\n");
    assert_int_equal(net_head_check(xz_buf_str(&text), &head, &reason), 0);
    text.len = before;
    xz_buf_add_lit(&text, "X: y\r\n\r\n");
    assert_int_equal(net_head_check(xz_buf_str(&text), &head, &reason), 431);

    xz_buf_clear(&text);
    xz_buf_add_lit(&text, "GET /");
    for (int i = 0; i < NET_TARGET_BYTES_MAX; i++)
        xz_buf_add_char(&text, 'a');
    xz_buf_add_lit(&text, " HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(net_head_check(xz_buf_str(&text), &head, &reason), 414);
    xz_buf_fini(&text);
}

static void the_end_of_a_head_is_found_in_any_pieces(void **unused)
{
    xz_str text = XZ_STR("GET / HTTP/1.1\r\nHost: a\r\n\r\nrest");
    size_t scan = 0;
    for (size_t len = 0; len < text.len - 4; len++)
        assert_int_equal(net_head_find_end((xz_str){ text.ptr, len }, &scan), 0);
    assert_int_equal(net_head_find_end((xz_str){ text.ptr, text.len - 4 }, &scan), text.len - 4);
    scan = 0;
    assert_int_equal(net_head_find_end(text, &scan), text.len - 4);
    scan = 0;
    assert_int_equal(net_head_find_end(XZ_STR("GET / HTTP/1.1\nHost"), &scan), -1);
    scan = 0;
    assert_int_equal(net_head_find_end(XZ_STR("GET / HTTP/1.1\r\n\n"), &scan), -1);
}

static void the_linked_parser_is_strict(void **unused)
{
    assert_true(net_parse_is_strict());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_head_gets_its_status),
        cmocka_unit_test(nul_in_a_head_is_refused),
        cmocka_unit_test(bytes_after_the_blank_line_are_not_part_of_a_head),
        cmocka_unit_test(an_accepted_head_is_understood),
        cmocka_unit_test(keep_alive_follows_version_and_connection),
        cmocka_unit_test(limits_have_their_own_status),
        cmocka_unit_test(the_end_of_a_head_is_found_in_any_pieces),
        cmocka_unit_test(the_linked_parser_is_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
