/* Hashes against published vectors, checksums on both code paths, random bytes. */
#include "core_test.h"

#include "core/core_internal.h"

static struct xz_arena *arena;

static int make_arena(void **unused)
{
    (void)unused;
    arena = xz_arena_create(4096);
    return 0;
}

static int drop_arena(void **unused)
{
    (void)unused;
    xz_arena_destroy(arena);
    return 0;
}

static xz_str sha256_hex(xz_str data)
{
    struct xz_sha256 hash = xz_sha256(data);
    return xz_hex(arena, hash.bytes, sizeof(hash.bytes));
}

static void sha256_gives_the_vectors_of_fips_180(void **unused)
{
    (void)unused;
    assert_str(sha256_hex(XZ_STR("")),
               "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_str(sha256_hex(XZ_STR("abc")),
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_str(sha256_hex(XZ_STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
               "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void hex_is_lower_case_and_ends_with_a_nul(void **unused)
{
    (void)unused;
    const uint8_t bytes[] = { 0x00, 0x0F, 0xA5, 0xFF };
    assert_str(xz_hex(arena, bytes, 4), "000fa5ff");
    assert_int_equal(xz_hex(arena, bytes, 4).ptr[8], 0);
    assert_str(xz_hex(arena, bytes, 0), "");
}

/* Vectors of RFC 3720, B.4. */
static void crc32c_gives_the_vectors_of_the_iscsi_standard(void **unused)
{
    (void)unused;
    uint8_t bytes[32];
    assert_int_equal(xz_crc32c(0, "123456789", 9), 0xE3069283);
    memset(bytes, 0, sizeof(bytes));
    assert_int_equal(xz_crc32c(0, bytes, sizeof(bytes)), 0x8A9136AA);
    memset(bytes, 0xFF, sizeof(bytes));
    assert_int_equal(xz_crc32c(0, bytes, sizeof(bytes)), 0x62A8AB43);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)i;
    assert_int_equal(xz_crc32c(0, bytes, sizeof(bytes)), 0x46DD794E);
    assert_int_equal(xz_crc32c(0, bytes, 0), 0);
}

/* One bit at a time, straight from the polynomial. */
static uint32_t crc32c_slow(const uint8_t *bytes, size_t count)
{
    uint32_t crc = ~0u;
    for (size_t i = 0; i < count; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0);
    }
    return ~crc;
}

static void crc32c_does_not_depend_on_alignment_pieces_or_processor(void **unused)
{
    (void)unused;
    uint8_t bytes[200];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 37 + i / 7);
    for (size_t from = 0; from < 9; from++) {
        for (size_t count = 0; count + from <= sizeof(bytes); count += 1 + count / 9) {
            uint32_t want = crc32c_slow(bytes + from, count);
            assert_int_equal(xz_crc32c(0, bytes + from, count), want);
            assert_int_equal(core_crc32c_by_table(0, bytes + from, count), want);
            uint32_t head = xz_crc32c(0, bytes + from, count / 3);
            assert_int_equal(xz_crc32c(head, bytes + from + count / 3, count - count / 3), want);
        }
    }
}

static void random_bytes_and_secrets_do_not_repeat(void **unused)
{
    (void)unused;
    uint8_t a[64] = { 0 }, b[64] = { 0 };
    xz_random_bytes(a, sizeof(a));
    xz_random_bytes(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    xz_secret first = xz_secret_make(), second = xz_secret_make();
    assert_int_equal(strlen(first.text), 32);
    assert_int_equal(strspn(first.text, "0123456789abcdef"), 32);
    assert_string_not_equal(first.text, second.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_gives_the_vectors_of_fips_180),
        cmocka_unit_test(hex_is_lower_case_and_ends_with_a_nul),
        cmocka_unit_test(crc32c_gives_the_vectors_of_the_iscsi_standard),
        cmocka_unit_test(crc32c_does_not_depend_on_alignment_pieces_or_processor),
        cmocka_unit_test(random_bytes_and_secrets_do_not_repeat),
    };
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
