/* What is a well-formed chunked body, whole and byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/net_check_internal.h"

/* Bytes of the body, or -1 refused, or -2 incomplete. */
static int64_t feed_whole(xz_str text)
{
    struct net_chunk_check check = { 0 };
    int64_t used = net_chunk_check_feed(&check, text);
    return used < 0 ? -1 : check.state == NET_CHUNK_DONE ? used : -2;
}

static int64_t feed_bytes(xz_str text)
{
    struct net_chunk_check check = { 0 };
    for (size_t i = 0; i < text.len; i++) {
        if (net_chunk_check_feed(&check, xz_str_sub(text, i, 1)) < 0)
            return -1;
        if (check.state == NET_CHUNK_DONE)
            return (int64_t)i + 1;
    }
    return -2;
}

static const struct {
    int64_t want;
    const char *text;
} cases[] = {
    { 5, "0\r\n\r\n" },
    { 13, "3\r\nabc\r\n0\r\n\r\n" },
    { 13, "3\r\nabc\r\n0\r\n\r\nGET / HTTP/1.1" },
    { 22, "a\r\n0123456789\r\n000\r\n\r\n" },
    { 21, "3;a=\"b\"\r\nabc\r\n0;c\r\n\r\n" },
    { 17, "0\r\nX: y\r\nZ: w\r\n\r\n" },
    { -2, "3\r\nab" },
    { -2, "3\r\nabc\r\n0\r\n" },
    { -1, "zz\r\nabc\r\n0\r\n\r\n" },
    { -1, "0x3\r\nabc\r\n0\r\n\r\n" },
    { -1, "-1\r\nabc\r\n0\r\n\r\n" },
    { -1, "+3\r\nabc\r\n0\r\n\r\n" },
    { -1, " 3\r\nabc\r\n0\r\n\r\n" },
    { -1, "3 \r\nabc\r\n0\r\n\r\n" },
    { -1, "3 x\r\nabc\r\n0\r\n\r\n" },
    { -1, "\r\nabc\r\n0\r\n\r\n" },
    { -1, "3\nabc\r\n0\r\n\r\n" },
    { -1, "3\r\nabcXX0\r\n\r\n" },
    { -1, "3\r\nabc\n0\r\n\r\n" },
    { -1, "3;a\nb\r\nabc\r\n0\r\n\r\n" },
    { -1, "3;a\rb\r\nabc\r\n0\r\n\r\n" },
    { -1, "100000000\r\nabc" },
    { -1, "0000000000000000000000000003\r\nabc" },
    { -1, "0\r\nX y\r\n\r\n" },
    { -1, "0\r\n: y\r\n\r\n" },
    { -1, "0\r\n folded: y\r\n\r\n" },
    { -1, "0\r\nX: y\nZ: w\r\n\r\n" },
    { -1, "0\r\n\n" },
};

static void each_body_gets_its_verdict_in_any_pieces(void **unused)
{
    for (size_t i = 0; i < XZ_COUNT(cases); i++) {
        xz_str text = xz_str_from(cases[i].text);
        int64_t whole = feed_whole(text);
        if (whole != feed_bytes(text) || whole != cases[i].want)
            print_error("case %zu: %s\n", i, cases[i].text);
        assert_int_equal(whole, cases[i].want);
        assert_int_equal(feed_bytes(text), cases[i].want);
    }
}

static void one_byte_chunks_pass_and_floods_of_extensions_do_not(void **unused)
{
    struct net_chunk_check honest = { 0 }, flood = { 0 };
    char extension[260];
    bool refused = false;

    for (int i = 0; i < 100000; i++)
        assert_int_equal(net_chunk_check_feed(&honest, XZ_STR("1\r\nx\r\n")), 6);
    assert_int_equal(honest.data_bytes, 100000);
    int len = snprintf(extension, sizeof extension, "1;%0200d\r\nx\r\n", 0);
    for (int i = 0; i < 100000 && !refused; i++)
        refused = net_chunk_check_feed(&flood, (xz_str){ extension, (size_t)len }) < 0;
    assert_true(refused);
    assert_true(flood.data_bytes < 200);
}

static void one_endless_extension_or_trailer_is_refused(void **unused)
{
    static const char *const starts[] = { "1;", "0\r\nX:" };
    for (size_t s = 0; s < XZ_COUNT(starts); s++) {
        struct net_chunk_check check = { 0 };
        int64_t fed = net_chunk_check_feed(&check, xz_str_from(starts[s]));
        while (fed > 0 && check.other_bytes < 1000000)
            fed = net_chunk_check_feed(&check, XZ_STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
        assert_int_equal(fed, -1);
        assert_true(check.other_bytes < 20000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_body_gets_its_verdict_in_any_pieces),
        cmocka_unit_test(one_byte_chunks_pass_and_floods_of_extensions_do_not),
        cmocka_unit_test(one_endless_extension_or_trailer_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
