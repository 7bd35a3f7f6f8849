/* Shared by the files of core/ and nobody else. */
#ifndef XZ_CORE_INTERNAL_H
#define XZ_CORE_INTERNAL_H

#include "core/file.h"

/* Bytes (1 .. 4) of the well-formed UTF-8 character at `ptr`, 0 when there is none: overlong
 * forms, surrogates, values above U+10FFFF and cut-off tails are refused. */
size_t core_utf8_length(const char *ptr, size_t len);

/* The grammar of RFC 8259 to the letter, which json-c only comes close to. XZ_E_INPUT with the
 * byte offset in the detail. */
#define CORE_JSON_DEPTH_MAX 64
XZ_MUST_USE xz_err core_json_check(xz_str text);

/* Bytes from `at` on that may stand between JSON quotes as they are: UTF-8 without quotes,
 * backslashes and control characters. */
size_t core_json_plain_run(xz_str text, size_t at);

/* SHA-256 of what comes in pieces. Finish destroys the hasher. */
struct core_hasher;
struct core_hasher *core_hasher_create(void);
void core_hasher_add(struct core_hasher *hasher, const void *bytes, size_t count);
struct xz_sha256 core_hasher_finish(struct core_hasher *hasher);

/* xz_crc32c as it runs where the processor has no instruction for it. For tests. */
uint32_t core_crc32c_by_table(uint32_t crc, const void *bytes, size_t count);

#endif
