/* Arena: memory of one request or one piece of work, given back as a whole.
 * Not shared between threads at the same time. */
#ifndef XZ_CORE_ARENA_H
#define XZ_CORE_ARENA_H

#include "core/base.h"

struct xz_arena;

/* `first_bytes`: size of the first block, kept over resets. Later blocks double up to 1 MiB. */
struct xz_arena *xz_arena_create(size_t first_bytes);
void xz_arena_destroy(struct xz_arena *arena); /* NULL is fine */

/* Zeroed, aligned to 16 bytes, never NULL. bytes == 0 gives a valid unique pointer. */
void *xz_arena_alloc(struct xz_arena *arena, size_t bytes) XZ_NEVER_NULL;
#define XZ_NEW(arena, type, n) ((type *)xz_arena_array((arena), (n), sizeof(type)))
void *xz_arena_array(struct xz_arena *arena, size_t count,
                     size_t bytes) XZ_NEVER_NULL; /* asserts no overflow */

/* Everything allocated since create or the last reset is gone; the first block is kept. */
void xz_arena_reset(struct xz_arena *arena);
size_t xz_arena_used_bytes(const struct xz_arena *arena);

#endif
