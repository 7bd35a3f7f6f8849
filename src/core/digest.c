/* Hashes, checksums and random bytes. SHA-256 is OpenSSL's; CRC-32C is ours, because OpenSSL has
 * none and every page of the index is checked with it. */
#include <openssl/evp.h>

#include "core/core_internal.h"

#include <errno.h>
#include <pthread.h>
#include <sys/random.h>

#define CRC32C_REVERSED 0x82F63B78u /* Castagnoli */

static pthread_once_t digest_once = PTHREAD_ONCE_INIT;
static EVP_MD *sha256_method; /* looked up once: a look-up costs more than a short hash */
static uint32_t crc_tables[8][256];
static uint32_t (*crc_run)(uint32_t crc, const uint8_t *bytes, size_t count);

static void digest_init(void);
static uint32_t crc_by_table(uint32_t crc, const uint8_t *bytes, size_t count);

struct xz_sha256 xz_sha256(xz_str data)
{
    struct xz_sha256 hash;

    pthread_once(&digest_once, digest_init);
    XZ_ASSERT(EVP_Digest(data.ptr, data.len, hash.bytes, NULL, sha256_method, NULL) == 1);
    return hash;
}

struct core_hasher *core_hasher_create(void)
{
    pthread_once(&digest_once, digest_init);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    XZ_ASSERT(context && EVP_DigestInit_ex(context, sha256_method, NULL) == 1);
    return (struct core_hasher *)context;
}

void core_hasher_add(struct core_hasher *hasher, const void *bytes, size_t count)
{
    XZ_ASSERT(EVP_DigestUpdate((EVP_MD_CTX *)hasher, bytes, count) == 1);
}

struct xz_sha256 core_hasher_finish(struct core_hasher *hasher)
{
    struct xz_sha256 hash;
    EVP_MD_CTX *context = (EVP_MD_CTX *)hasher;

    XZ_ASSERT(EVP_DigestFinal_ex(context, hash.bytes, NULL) == 1);
    EVP_MD_CTX_free(context);
    return hash;
}

xz_str xz_hex(struct xz_arena *arena, const void *bytes, size_t count)
{
    const uint8_t *from = bytes;
    char *text = xz_arena_alloc(arena, count * 2 + 1);

    for (size_t i = 0; i < count; i++) {
        text[2 * i] = "0123456789abcdef"[from[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[from[i] & 15];
    }
    return (xz_str){ text, count * 2 };
}

uint32_t xz_crc32c(uint32_t crc, const void *bytes, size_t count)
{
    pthread_once(&digest_once, digest_init);
    return ~crc_run(~crc, bytes, count);
}

uint32_t core_crc32c_by_table(uint32_t crc, const void *bytes, size_t count)
{
    pthread_once(&digest_once, digest_init);
    return ~crc_by_table(~crc, bytes, count);
}

/* Eight bytes a step through eight tables ("slicing by eight"). */
static uint32_t crc_by_table(uint32_t crc, const uint8_t *bytes, size_t count)
{
    for (; count >= 8; bytes += 8, count -= 8) {
        uint32_t low = crc ^ ((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 |
                              (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24);
        crc = crc_tables[7][low & 255] ^ crc_tables[6][low >> 8 & 255] ^
              crc_tables[5][low >> 16 & 255] ^ crc_tables[4][low >> 24] ^ crc_tables[3][bytes[4]] ^
              crc_tables[2][bytes[5]] ^ crc_tables[1][bytes[6]] ^ crc_tables[0][bytes[7]];
    }
    for (; count; bytes++, count--)
        crc = crc >> 8 ^ crc_tables[0][(crc ^ *bytes) & 255];
    return crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t crc_by_sse42(uint32_t crc, const uint8_t *bytes,
                                                               size_t count)
{
    uint64_t wide = crc;
    for (; count >= 8; bytes += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    crc = (uint32_t)wide;
    for (; count; bytes++, count--)
        crc = __builtin_ia32_crc32qi(crc, *bytes);
    return crc;
}
#endif

static void digest_init(void)
{
    sha256_method = EVP_MD_fetch(NULL, "SHA256", NULL);
    XZ_ASSERT(sha256_method);
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? CRC32C_REVERSED : 0);
        crc_tables[0][i] = crc;
    }
    for (int slice = 1; slice < 8; slice++) {
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t crc = crc_tables[slice - 1][i];
            crc_tables[slice][i] = crc >> 8 ^ crc_tables[0][crc & 255];
        }
    }
    crc_run = crc_by_table;
#ifdef __x86_64__
    __builtin_cpu_init();
    if (__builtin_cpu_supports("sse4.2"))
        crc_run = crc_by_sse42;
#endif
}

void xz_random_bytes(void *bytes, size_t count)
{
    uint8_t *to = bytes;

    while (count) {
        ssize_t got = getrandom(to, count, 0);
        if (got < 0 && errno == EINTR)
            continue;
        XZ_ASSERT(got > 0);
        to += got;
        count -= (size_t)got;
    }
}

xz_secret xz_secret_make(void)
{
    uint8_t bits[16];
    xz_secret secret;

    xz_random_bytes(bits, sizeof(bits));
    for (size_t i = 0; i < sizeof(bits); i++)
        snprintf(secret.text + 2 * i, 3, "%02x", bits[i]);
    return secret;
}
