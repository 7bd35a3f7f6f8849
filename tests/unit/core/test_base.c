/* Errors, their words, assertions and the allocator. */
#include "core_test.h"

#include <pthread.h>

#include "core/base.h"

static void every_error_kind_has_a_name_of_its_own(void **unused)
{
    (void)unused;
    for (int a = 0; a < XZ_ERR_COUNT; a++) {
        assert_true(strlen(xz_err_name((xz_err)a)) > 0);
        for (int b = 0; b < a; b++)
            assert_string_not_equal(xz_err_name((xz_err)a), xz_err_name((xz_err)b));
    }
    assert_string_equal(xz_err_name(XZ_E_DENIED), "denied");
}

static void fail_returns_the_kind_and_keeps_the_words(void **unused)
{
    (void)unused;
    xz_fail_clear();
    assert_string_equal(xz_fail_detail(), "");
    assert_int_equal(xz_fail(XZ_E_STATE, "工单 %d 已办结", 7), XZ_E_STATE);
    assert_string_equal(xz_fail_detail(), "工单 7 已办结");
    xz_fail_clear();
    assert_string_equal(xz_fail_detail(), "");
}

static void the_old_words_may_be_part_of_the_new_ones(void **unused)
{
    (void)unused;
    xz_err first = xz_fail(XZ_E_IO, "磁盘已满");
    xz_err second = xz_fail(first, "备份失败：%s", xz_fail_detail());
    assert_int_equal(second, XZ_E_IO);
    assert_string_equal(xz_fail_detail(), "备份失败：磁盘已满");
}

static void long_words_are_cut_at_a_character(void **unused)
{
    (void)unused;
    char words[800];
    for (int lead = 0; lead < 4; lead++) {
        memset(words, 'a', sizeof(words));
        for (size_t at = (size_t)lead; at + 3 < sizeof(words); at += 3)
            memcpy(words + at, "政", 3);
        words[sizeof(words) - 1] = '\0';
        assert_int_equal(xz_fail(XZ_E_INPUT, "%s", words), XZ_E_INPUT);
        size_t len = strlen(xz_fail_detail());
        assert_in_range(len, 509, 511);
        assert_int_equal((len - (size_t)lead) % 3, 0);
        assert_memory_equal(xz_fail_detail(), words, len);
    }
}

static void words_that_fit_exactly_are_kept_whole(void **unused)
{
    (void)unused;
    char words[512];
    memset(words, 'a', sizeof(words));
    memcpy(words + 508, "政", 4);
    assert_int_equal(xz_fail(XZ_E_INPUT, "%s", words), XZ_E_INPUT);
    assert_string_equal(xz_fail_detail(), words);
}

static void *fail_in_thread(void *arg)
{
    xz_fail(XZ_E_BUSY, "别的线程");
    return arg;
}

static void the_words_belong_to_the_thread(void **unused)
{
    (void)unused;
    pthread_t thread;
    assert_int_equal(xz_fail(XZ_E_INPUT, "本线程"), XZ_E_INPUT);
    assert_int_equal(pthread_create(&thread, NULL, fail_in_thread, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_string_equal(xz_fail_detail(), "本线程");
}

static void break_an_invariant(void)
{
    int one = 1;
    XZ_ASSERT(one == 2);
}

static void take_too_much(void)
{
    volatile size_t huge = SIZE_MAX / 2;
    xz_free(xz_alloc(huge, 4));
}

static void a_broken_invariant_ends_the_process(void **unused)
{
    (void)unused;
    assert_true(dies(break_an_invariant));
}

static void memory_that_cannot_be_had_ends_the_process(void **unused)
{
    (void)unused;
    assert_int_not_equal(end_of(take_too_much), 0); /* by signal, or by a sanitizer's exit */
}

static void allocated_memory_is_zeroed_and_never_null(void **unused)
{
    (void)unused;
    char *bytes = XZ_ALLOC(char, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(bytes[i], 0);
    bytes = xz_realloc(bytes, 5);
    xz_free(bytes);
    void *none = xz_alloc(0, 8);
    assert_non_null(none);
    xz_free(none);
    xz_free(NULL);
    char *copy = xz_strdup("安澜");
    assert_string_equal(copy, "安澜");
    xz_free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_kind_has_a_name_of_its_own),
        cmocka_unit_test(fail_returns_the_kind_and_keeps_the_words),
        cmocka_unit_test(the_old_words_may_be_part_of_the_new_ones),
        cmocka_unit_test(long_words_are_cut_at_a_character),
        cmocka_unit_test(words_that_fit_exactly_are_kept_whole),
        cmocka_unit_test(the_words_belong_to_the_thread),
        cmocka_unit_test(a_broken_invariant_ends_the_process),
        cmocka_unit_test(memory_that_cannot_be_had_ends_the_process),
        cmocka_unit_test(allocated_memory_is_zeroed_and_never_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
