/* The bounded queue: order, limits, closing, time-outs, many threads. */
#include "core_test.h"

#include <pthread.h>
#include <stdatomic.h>

#include "core/clock.h"
#include "core/queue.h"

static void *number(uintptr_t n)
{
    return (void *)n;
}

static void items_come_out_in_the_order_they_went_in(void **unused)
{
    (void)unused;
    struct xz_queue *queue = xz_queue_create(5);
    void *out[5];
    uintptr_t next_in = 1, next_out = 1;
    for (int round = 0; round < 20; round++) { /* walks around the ring several times */
        for (int i = 0; i < 3; i++)
            assert_int_equal(xz_queue_push(queue, number(next_in++), 0), XZ_OK);
        assert_int_equal(xz_queue_count(queue), 3);
        assert_int_equal(xz_queue_pop(queue, out, 2, 0), 2);
        assert_ptr_equal(out[0], number(next_out++));
        assert_ptr_equal(out[1], number(next_out++));
        assert_int_equal(xz_queue_pop(queue, out, 5, 0), 1);
        assert_ptr_equal(out[0], number(next_out++));
    }
    xz_queue_destroy(queue);
    xz_queue_destroy(NULL);
}

static void a_full_queue_is_busy(void **unused)
{
    (void)unused;
    struct xz_queue *queue = xz_queue_create(2);
    void *out[2];
    assert_int_equal(xz_queue_push(queue, number(1), 0), XZ_OK);
    assert_int_equal(xz_queue_push(queue, number(2), 0), XZ_OK);
    assert_int_equal(xz_queue_push(queue, number(3), 0), XZ_E_BUSY);
    int64_t before = xz_time_monotonic_us();
    assert_int_equal(xz_queue_push(queue, number(3), 15), XZ_E_BUSY);
    assert_true(xz_time_monotonic_us() - before >= 14000);
    assert_int_equal(xz_queue_pop(queue, out, 2, 0), 2);
    assert_ptr_equal(out[1], number(2));
    xz_queue_destroy(queue);
}

static void an_empty_queue_gives_nothing_after_the_time_out(void **unused)
{
    (void)unused;
    struct xz_queue *queue = xz_queue_create(2);
    void *out[1];
    assert_int_equal(xz_queue_pop(queue, out, 1, 0), 0);
    int64_t before = xz_time_monotonic_us();
    assert_int_equal(xz_queue_pop(queue, out, 1, 15), 0);
    assert_true(xz_time_monotonic_us() - before >= 14000);
    xz_queue_destroy(queue);
}

static void a_closed_queue_takes_nothing_but_gives_the_rest(void **unused)
{
    (void)unused;
    struct xz_queue *queue = xz_queue_create(2);
    void *out[2];
    assert_int_equal(xz_queue_push(queue, number(1), 0), XZ_OK);
    xz_queue_close(queue);
    assert_int_equal(xz_queue_push(queue, number(2), 0), XZ_E_STATE);
    assert_int_equal(xz_queue_push(queue, number(2), -1), XZ_E_STATE);
    assert_int_equal(xz_queue_pop(queue, out, 2, -1), 1);
    assert_ptr_equal(out[0], number(1));
    assert_int_equal(xz_queue_pop(queue, out, 2, -1), 0);
    xz_queue_destroy(queue);
}

static void *pop_for_ever(void *arg)
{
    void *out[1];
    return xz_queue_pop(arg, out, 1, -1) ? out[0] : NULL;
}

static void *push_for_ever(void *arg)
{
    return number((uintptr_t)xz_queue_push(arg, number(9), -1));
}

static void closing_wakes_those_who_wait_to_pop(void **unused)
{
    (void)unused;
    struct xz_queue *queue = xz_queue_create(2);
    pthread_t thread;
    void *result;
    assert_int_equal(pthread_create(&thread, NULL, pop_for_ever, queue), 0);
    xz_queue_close(queue);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_null(result);
    xz_queue_destroy(queue);
}

static void closing_wakes_those_who_wait_to_push(void **unused)
{
    (void)unused;
    struct xz_queue *queue = xz_queue_create(1);
    pthread_t thread;
    void *result, *out[1];
    assert_int_equal(xz_queue_push(queue, number(1), 0), XZ_OK);
    assert_int_equal(pthread_create(&thread, NULL, push_for_ever, queue), 0);
    xz_queue_close(queue);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, number(XZ_E_STATE));
    assert_int_equal(xz_queue_pop(queue, out, 1, 0), 1);
    xz_queue_destroy(queue);
}

static void room_wakes_those_who_wait_to_push(void **unused)
{
    (void)unused;
    struct xz_queue *queue = xz_queue_create(1);
    pthread_t thread;
    void *result, *out[1];
    assert_int_equal(xz_queue_push(queue, number(1), 0), XZ_OK);
    assert_int_equal(pthread_create(&thread, NULL, push_for_ever, queue), 0);
    assert_int_equal(xz_queue_pop(queue, out, 1, -1), 1);
    assert_ptr_equal(out[0], number(1));
    assert_int_equal(xz_queue_pop(queue, out, 1, -1), 1);
    assert_ptr_equal(out[0], number(9));
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, number(XZ_OK));
    xz_queue_destroy(queue);
}

enum { PRODUCERS = 3, CONSUMERS = 3, ITEMS = 4000 };
static _Atomic uintptr_t sum, popped, out_of_order;

static void *produce(void *arg)
{
    for (uintptr_t i = 1; i <= ITEMS; i++) {
        if (xz_queue_push(arg, number(i), -1) != XZ_OK)
            break;
    }
    return NULL;
}

static void *consume(void *arg)
{
    void *out[7];
    size_t n;
    while ((n = xz_queue_pop(arg, out, XZ_COUNT(out), -1)) > 0) {
        for (size_t i = 0; i < n; i++)
            atomic_fetch_add(&sum, (uintptr_t)out[i]);
        atomic_fetch_add(&popped, n);
    }
    return NULL;
}

static void nothing_is_lost_or_doubled_between_threads(void **unused)
{
    (void)unused;
    struct xz_queue *queue = xz_queue_create(16);
    pthread_t producers[PRODUCERS], consumers[CONSUMERS];
    sum = popped = 0;
    for (int i = 0; i < CONSUMERS; i++)
        assert_int_equal(pthread_create(&consumers[i], NULL, consume, queue), 0);
    for (int i = 0; i < PRODUCERS; i++)
        assert_int_equal(pthread_create(&producers[i], NULL, produce, queue), 0);
    for (int i = 0; i < PRODUCERS; i++)
        assert_int_equal(pthread_join(producers[i], NULL), 0);
    xz_queue_close(queue);
    for (int i = 0; i < CONSUMERS; i++)
        assert_int_equal(pthread_join(consumers[i], NULL), 0);
    assert_int_equal(popped, PRODUCERS * ITEMS);
    assert_int_equal(sum, (uintptr_t)PRODUCERS * ITEMS * (ITEMS + 1) / 2);
    xz_queue_destroy(queue);
}

static void *consume_in_order(void *arg)
{
    void *out[1];
    uintptr_t before = 0;
    while (xz_queue_pop(arg, out, 1, -1)) {
        if ((uintptr_t)out[0] != before + 1)
            atomic_fetch_add(&out_of_order, 1);
        before = (uintptr_t)out[0];
    }
    return number(before);
}

static void one_producer_and_one_consumer_keep_the_order(void **unused)
{
    (void)unused;
    struct xz_queue *queue = xz_queue_create(3);
    pthread_t consumer;
    void *last;
    out_of_order = 0;
    assert_int_equal(pthread_create(&consumer, NULL, consume_in_order, queue), 0);
    produce(queue);
    xz_queue_close(queue);
    assert_int_equal(pthread_join(consumer, &last), 0);
    assert_int_equal(out_of_order, 0);
    assert_ptr_equal(last, number(ITEMS));
    xz_queue_destroy(queue);
}

static void destroy_a_queue_with_items(void)
{
    struct xz_queue *queue = xz_queue_create(1);
    if (xz_queue_push(queue, number(1), 0) == XZ_OK)
        xz_queue_destroy(queue);
}

static void destroying_a_queue_with_items_ends_the_process(void **unused)
{
    (void)unused;
    assert_true(dies(destroy_a_queue_with_items));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_come_out_in_the_order_they_went_in),
        cmocka_unit_test(a_full_queue_is_busy),
        cmocka_unit_test(an_empty_queue_gives_nothing_after_the_time_out),
        cmocka_unit_test(a_closed_queue_takes_nothing_but_gives_the_rest),
        cmocka_unit_test(closing_wakes_those_who_wait_to_pop),
        cmocka_unit_test(closing_wakes_those_who_wait_to_push),
        cmocka_unit_test(room_wakes_those_who_wait_to_push),
        cmocka_unit_test(nothing_is_lost_or_doubled_between_threads),
        cmocka_unit_test(one_producer_and_one_consumer_keep_the_order),
        cmocka_unit_test(destroying_a_queue_with_items_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
