/* Token buckets per address, with the clock in the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "net/net_check_internal.h"

static int64_t take(struct net_rate *rate, const char *text, enum xz_rate cost, int64_t now_ms)
{
    uint8_t address[16];
    assert_true(net_address_parse(xz_str_from(text), address));
    return net_rate_take(rate, address, cost, now_ms);
}

static void a_bucket_empties_and_fills_again(void **unused)
{
    struct net_rate *rate = net_rate_create(60, 64);
    for (int i = 0; i < 15; i++)
        assert_int_equal(take(rate, "10.0.0.1", XZ_RATE_ASK, 1000), 0);
    assert_int_equal(take(rate, "10.0.0.1", XZ_RATE_ASK, 1000), 4);
    assert_int_equal(take(rate, "10.0.0.1", XZ_RATE_ASK, 4000), 1);
    assert_int_equal(take(rate, "10.0.0.1", XZ_RATE_ASK, 5000), 0);
    assert_int_equal(take(rate, "10.0.0.1", XZ_RATE_READ, 5000), 1);
    assert_int_equal(take(rate, "10.0.0.1", XZ_RATE_FREE, 5000), 0);
    assert_int_equal(take(rate, "10.0.0.1", XZ_RATE_HEAVY, 10000000), 0);
    net_rate_destroy(rate);
}

static void addresses_do_not_disturb_each_other_but_one_v6_network_is_one(void **unused)
{
    struct net_rate *rate = net_rate_create(20, 64);
    assert_int_equal(take(rate, "10.0.0.1", XZ_RATE_HEAVY, 0), 0);
    assert_true(take(rate, "10.0.0.1", XZ_RATE_HEAVY, 0) > 0);
    assert_int_equal(take(rate, "10.0.0.2", XZ_RATE_HEAVY, 0), 0);
    assert_int_equal(take(rate, "2001:db8:0:1::1", XZ_RATE_HEAVY, 0), 0);
    assert_true(take(rate, "2001:db8:0:1:ffff::2", XZ_RATE_HEAVY, 0) > 0);
    assert_int_equal(take(rate, "2001:db8:0:2::1", XZ_RATE_HEAVY, 0), 0);
    net_rate_destroy(rate);
}

static void a_clock_that_goes_back_gives_nothing_away(void **unused)
{
    struct net_rate *rate = net_rate_create(20, 64);
    assert_int_equal(take(rate, "10.0.0.1", XZ_RATE_HEAVY, 100000), 0);
    assert_true(take(rate, "10.0.0.1", XZ_RATE_HEAVY, 0) > 0);
    assert_true(take(rate, "10.0.0.1", XZ_RATE_HEAVY, 1000) > 0);
    net_rate_destroy(rate);
}

static void a_limit_below_the_dearest_route_only_slows_it(void **unused)
{
    struct net_rate *rate = net_rate_create(10, 64);
    assert_int_equal(take(rate, "10.0.0.1", XZ_RATE_HEAVY, 0), 0);
    assert_int_equal(take(rate, "10.0.0.1", XZ_RATE_HEAVY, 0), 60);
    assert_int_equal(take(rate, "10.0.0.1", XZ_RATE_HEAVY, 60000), 0);
    net_rate_destroy(rate);
}

static void a_full_table_forgets_the_oldest_only(void **unused)
{
    struct net_rate *rate = net_rate_create(20, 8); /* one set of eight */
    char text[32];
    for (int i = 0; i < 8; i++) {
        snprintf(text, sizeof text, "10.0.0.%d", i);
        assert_int_equal(take(rate, text, XZ_RATE_HEAVY, i), 0);
    }
    assert_int_equal(take(rate, "10.0.1.1", XZ_RATE_HEAVY, 8), 0); /* 10.0.0.0 gives way */
    assert_true(take(rate, "10.0.0.7", XZ_RATE_HEAVY, 9) > 0);
    assert_true(take(rate, "10.0.0.1", XZ_RATE_HEAVY, 9) > 0);
    net_rate_destroy(rate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_empties_and_fills_again),
        cmocka_unit_test(addresses_do_not_disturb_each_other_but_one_v6_network_is_one),
        cmocka_unit_test(a_clock_that_goes_back_gives_nothing_away),
        cmocka_unit_test(a_limit_below_the_dearest_route_only_slows_it),
        cmocka_unit_test(a_full_table_forgets_the_oldest_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
