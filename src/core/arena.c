/* Arena: bump allocation in blocks that double up to 1 MiB. A piece larger than half the next
 * block gets a block of its own, and the rest of the current one stays usable. Limits are the
 * caller's: look at xz_arena_used_bytes() between steps. */
#include "core/arena.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(ptr, bytes)   ASAN_POISON_MEMORY_REGION(ptr, bytes)
#define UNPOISON(ptr, bytes) ASAN_UNPOISON_MEMORY_REGION(ptr, bytes)
#define RED_ZONE             16 /* poisoned gap between neighbours: an overrun by one byte is seen */
#else
#define POISON(ptr, bytes)   ((void)(ptr), (void)(bytes))
#define UNPOISON(ptr, bytes) ((void)(ptr), (void)(bytes))
#define RED_ZONE             0
#endif

#define ALIGN     16
#define BLOCK_MIN 256
#define BLOCK_MAX ((size_t)1 << 20)

struct arena_block {
    struct arena_block *older;
    size_t room, used;
    _Alignas(ALIGN) char data[];
};

struct xz_arena {
    struct arena_block *current; /* where the next piece is cut from */
    struct arena_block *first;
    struct arena_block *later; /* every block but the first, newest first */
    size_t first_room;
    size_t next_room;
    size_t used_bytes;
};

static struct arena_block *block_create(size_t room);
static void block_destroy(struct arena_block *block);
static void *alloc_slow(struct xz_arena *arena, size_t need, size_t bytes);

struct xz_arena *xz_arena_create(size_t first_bytes)
{
    struct xz_arena *arena = XZ_ALLOC(struct xz_arena, 1);
    XZ_ASSERT(first_bytes <= SIZE_MAX / 4);
    arena->first_room = (XZ_MAX(first_bytes, (size_t)BLOCK_MIN) + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    arena->next_room = arena->first_room;
    arena->first = arena->current = block_create(arena->first_room);
    return arena;
}

void xz_arena_destroy(struct xz_arena *arena)
{
    if (!arena)
        return;
    xz_arena_reset(arena);
    block_destroy(arena->first);
    xz_free(arena);
}

void *xz_arena_alloc(struct xz_arena *arena, size_t bytes)
{
    XZ_ASSERT(bytes <= SIZE_MAX / 4);
    size_t need = (XZ_MAX(bytes, (size_t)1) + RED_ZONE + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    struct arena_block *block = arena->current;

    arena->used_bytes += need;
    if (need > block->room - block->used)
        return alloc_slow(arena, need, bytes);
    void *ptr = block->data + block->used;
    block->used += need;
    UNPOISON(ptr, bytes);
    return memset(ptr, 0, bytes);
}

static void *alloc_slow(struct xz_arena *arena, size_t need, size_t bytes)
{
    size_t room = XZ_MIN(arena->next_room * 2, XZ_MAX(BLOCK_MAX, arena->first_room));
    bool oversized = need > room / 2;
    struct arena_block *block = block_create(oversized ? need : room);

    block->older = arena->later;
    arena->later = block;
    if (!oversized) {
        arena->next_room = room;
        arena->current = block;
    }
    block->used = need;
    UNPOISON(block->data, bytes);
    return memset(block->data, 0, bytes);
}

void *xz_arena_array(struct xz_arena *arena, size_t count, size_t bytes)
{
    size_t total;
    XZ_ASSERT(!__builtin_mul_overflow(count, bytes, &total));
    return xz_arena_alloc(arena, total);
}

void xz_arena_reset(struct xz_arena *arena)
{
    while (arena->later) {
        struct arena_block *older = arena->later->older;
        block_destroy(arena->later);
        arena->later = older;
    }
    arena->current = arena->first;
    arena->first->used = 0;
    arena->next_room = arena->first_room;
    arena->used_bytes = 0;
    POISON(arena->first->data, arena->first->room);
}

size_t xz_arena_used_bytes(const struct xz_arena *arena)
{
    return arena->used_bytes;
}

/* Not zeroed: xz_arena_alloc zeroes what it hands out, once. */
static struct arena_block *block_create(size_t room)
{
    struct arena_block *block = xz_realloc(NULL, sizeof(struct arena_block) + room);
    *block = (struct arena_block){ .room = room };
    POISON(block->data, room);
    return block;
}

static void block_destroy(struct arena_block *block)
{
    UNPOISON(block->data, block->room);
    xz_free(block);
}
