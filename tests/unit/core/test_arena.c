/* The arena: alignment, zeroing, reuse after reset, and what must end the process. */
#include "core_test.h"

#include "core/arena.h"

static void pieces_are_aligned_zeroed_and_apart(void **unused)
{
    (void)unused;
    struct xz_arena *arena = xz_arena_create(512);
    char *before = NULL;
    for (size_t bytes = 0; bytes < 3000; bytes += 7) {
        char *piece = xz_arena_alloc(arena, bytes);
        assert_int_equal((uintptr_t)piece % 16, 0);
        assert_ptr_not_equal(piece, before);
        for (size_t i = 0; i < bytes; i++)
            assert_int_equal(piece[i], 0);
        memset(piece, 0xAA, bytes);
        before = piece;
    }
    xz_arena_destroy(arena);
}

static void writing_one_piece_leaves_the_others_alone(void **unused)
{
    (void)unused;
    enum { PIECES = 2000 };
    struct xz_arena *arena = xz_arena_create(64);
    uint32_t **pieces = XZ_NEW(arena, uint32_t *, PIECES);
    for (uint32_t i = 0; i < PIECES; i++) {
        pieces[i] = XZ_NEW(arena, uint32_t, 1 + i % 50);
        for (uint32_t k = 0; k < 1 + i % 50; k++)
            pieces[i][k] = i;
    }
    for (uint32_t i = 0; i < PIECES; i++) {
        for (uint32_t k = 0; k < 1 + i % 50; k++)
            assert_int_equal(pieces[i][k], i);
    }
    xz_arena_destroy(arena);
}

static void reset_takes_everything_and_gives_the_first_block_again(void **unused)
{
    (void)unused;
    struct xz_arena *arena = xz_arena_create(4096);
    void *first = xz_arena_alloc(arena, 100);
    memset(first, 0xFF, 100);
    memset(xz_arena_alloc(arena, 3 << 20), 1, 3 << 20);
    for (int i = 0; i < 100; i++)
        xz_arena_alloc(arena, 1000);
    assert_true(xz_arena_used_bytes(arena) >= (3u << 20) + 100000);
    xz_arena_reset(arena);
    assert_int_equal(xz_arena_used_bytes(arena), 0);
    char *again = xz_arena_alloc(arena, 100);
    assert_ptr_equal(again, first);
    for (int i = 0; i < 100; i++)
        assert_int_equal(again[i], 0);
    xz_arena_destroy(arena);
}

static void a_large_piece_does_not_waste_the_current_block(void **unused)
{
    (void)unused;
    struct xz_arena *arena = xz_arena_create(4096);
    char *before = xz_arena_alloc(arena, 16);
    memset(xz_arena_alloc(arena, 5 << 20), 7, 5 << 20);
    char *after = xz_arena_alloc(arena, 16);
    assert_true(after > before && after - before < 64);
    xz_arena_destroy(arena);
}

static void used_bytes_grow_with_what_is_taken(void **unused)
{
    (void)unused;
    struct xz_arena *arena = xz_arena_create(1024);
    assert_int_equal(xz_arena_used_bytes(arena), 0);
    size_t before = 0;
    for (int i = 0; i < 1000; i++) {
        xz_arena_alloc(arena, 40);
        assert_true(xz_arena_used_bytes(arena) >= before + 40);
        before = xz_arena_used_bytes(arena);
    }
    xz_arena_destroy(arena);
    xz_arena_destroy(NULL);
}

static void overflow_an_array(void)
{
    struct xz_arena *arena = xz_arena_create(64);
    volatile size_t half = SIZE_MAX / 2;
    xz_arena_array(arena, half, 4);
}

static void an_array_that_overflows_ends_the_process(void **unused)
{
    (void)unused;
    assert_true(dies(overflow_an_array));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_zeroed_and_apart),
        cmocka_unit_test(writing_one_piece_leaves_the_others_alone),
        cmocka_unit_test(reset_takes_everything_and_gives_the_first_block_again),
        cmocka_unit_test(a_large_piece_does_not_waste_the_current_block),
        cmocka_unit_test(used_bytes_grow_with_what_is_taken),
        cmocka_unit_test(an_array_that_overflows_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
