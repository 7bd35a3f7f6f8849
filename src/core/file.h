/* Files: whole reads with a limit, atomic durable replacement, paths, hashes, random secrets. */
#ifndef XZ_CORE_FILE_H
#define XZ_CORE_FILE_H

#include "core/buf.h"

/* Adds a regular file to the buffer, as far as its maximum allows; after a failure the buffer is as
 * it was. XZ_E_MISSING, XZ_E_LIMIT, XZ_E_IO (also: a folder, pipe or device). */
XZ_MUST_USE xz_err xz_file_read(const char *path, struct xz_buf *buf);
/* Writes a temporary neighbour (mode 0600), fsyncs it, renames it over `path` and fsyncs the
 * folder: after a crash there is the old or the new content. XZ_E_MISSING (no such folder),
 * XZ_E_IO. */
XZ_MUST_USE xz_err xz_file_replace(const char *path, xz_str content);
XZ_MUST_USE xz_err xz_dir_make(const char *path); /* with parents, mode 0700; exists is XZ_OK */
XZ_MUST_USE xz_err xz_dir_sync(const char *path);
xz_str xz_path_join(struct xz_arena *arena, xz_str folder, xz_str name); /* NUL-terminated */

struct xz_sha256 {
    uint8_t bytes[32];
};
struct xz_sha256 xz_sha256(xz_str data);
/* Streams the file; never in memory as a whole. */
XZ_MUST_USE xz_err xz_file_sha256(const char *path, struct xz_sha256 *hash, int64_t *bytes);
xz_str xz_hex(struct xz_arena *arena, const void *bytes, size_t count); /* lower case */
uint32_t xz_crc32c(uint32_t crc, const void *bytes, size_t count);      /* start with 0 */

void xz_random_bytes(void *bytes, size_t count); /* from the kernel; failure ends the process */
typedef struct xz_secret {
    char text[33];
} xz_secret; /* 128 random bits as hex, NUL-ended */
xz_secret xz_secret_make(void);

#endif
