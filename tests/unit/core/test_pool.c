/* The thread pool: order, limits, stopping. */
#include "core_test.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "core/pool.h"

static _Atomic int done;
static _Atomic int refused_with;
static int order[100];
static sem_t gate, entered;
static struct xz_pool *pool;

static void count_one(void *arg)
{
    (void)arg;
    atomic_fetch_add(&done, 1);
}

static void note_order(void *arg)
{
    order[atomic_fetch_add(&done, 1)] = (int)(intptr_t)arg;
}

static void wait_at_gate(void *arg)
{
    (void)arg;
    sem_post(&entered);
    sem_wait(&gate);
    atomic_fetch_add(&done, 1);
}

static int start(void **unused)
{
    (void)unused;
    done = 0;
    refused_with = 0;
    return sem_init(&gate, 0, 0) || sem_init(&entered, 0, 0);
}

static void every_accepted_job_runs_before_destroy_returns(void **unused)
{
    (void)unused;
    pool = xz_pool_create("test", 3, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(xz_pool_run(pool, count_one, NULL), XZ_OK);
    xz_pool_destroy(pool);
    assert_int_equal(done, 1000);
    xz_pool_destroy(NULL);
}

static void one_thread_runs_jobs_in_order(void **unused)
{
    (void)unused;
    pool = xz_pool_create("elevenchars", 1, 100);
    for (intptr_t i = 0; i < 100; i++)
        assert_int_equal(xz_pool_run(pool, note_order, (void *)i), XZ_OK);
    xz_pool_destroy(pool);
    for (int i = 0; i < 100; i++)
        assert_int_equal(order[i], i);
}

static void threads_run_jobs_at_the_same_time(void **unused)
{
    (void)unused;
    pool = xz_pool_create("test", 3, 10);
    for (int i = 0; i < 3; i++)
        assert_int_equal(xz_pool_run(pool, wait_at_gate, NULL), XZ_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(sem_wait(&entered), 0); /* all three are inside at once */
    for (int i = 0; i < 3; i++)
        sem_post(&gate);
    xz_pool_destroy(pool);
    assert_int_equal(done, 3);
}

static void too_many_waiting_jobs_are_refused(void **unused)
{
    (void)unused;
    pool = xz_pool_create("test", 1, 2);
    assert_int_equal(xz_pool_run(pool, wait_at_gate, NULL), XZ_OK);
    assert_int_equal(sem_wait(&entered), 0); /* the thread is taken, nothing waits */
    assert_int_equal(xz_pool_run(pool, count_one, NULL), XZ_OK);
    assert_int_equal(xz_pool_run(pool, count_one, NULL), XZ_OK);
    assert_int_equal(xz_pool_run(pool, count_one, NULL), XZ_E_BUSY);
    sem_post(&gate);
    xz_pool_destroy(pool);
    assert_int_equal(done, 3);
}

/* Runs until the pool refuses because it is stopping. */
static void push_until_refused(void *arg)
{
    xz_err err;
    (void)arg;
    sem_post(&entered);
    while ((err = xz_pool_run(pool, count_one, NULL)) == XZ_OK || err == XZ_E_BUSY)
        sched_yield();
    refused_with = (int)err;
}

static void a_stopping_pool_takes_no_jobs(void **unused)
{
    (void)unused;
    pool = xz_pool_create("test", 1, 4);
    assert_int_equal(xz_pool_run(pool, push_until_refused, NULL), XZ_OK);
    assert_int_equal(sem_wait(&entered), 0);
    xz_pool_destroy(pool);
    assert_int_equal(refused_with, XZ_E_STATE);
    assert_in_range(done, 0, 4); /* whatever was accepted did run */
}

static char thread_name[16];

static void read_name(void *arg)
{
    (void)arg;
    pthread_getname_np(pthread_self(), thread_name, sizeof(thread_name));
}

static void threads_carry_the_name_of_the_pool(void **unused)
{
    (void)unused;
    pool = xz_pool_create("import", 1, 4);
    assert_int_equal(xz_pool_run(pool, read_name, NULL), XZ_OK);
    xz_pool_destroy(pool);
    assert_string_equal(thread_name, "import-0");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, start, NULL)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_accepted_job_runs_before_destroy_returns),
        TEST(one_thread_runs_jobs_in_order),
        TEST(threads_run_jobs_at_the_same_time),
        TEST(too_many_waiting_jobs_are_refused),
        TEST(a_stopping_pool_takes_no_jobs),
        TEST(threads_carry_the_name_of_the_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
