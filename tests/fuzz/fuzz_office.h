/* What the office targets share: parts of a package, cut out of the input at NUL bytes, are read
 * twice and give the same clean blocks both times, or a reasoned refusal. */
#ifndef XZ_FUZZ_OFFICE_H
#define XZ_FUZZ_OFFICE_H

#include "../unit/doc/office_zip.h"
#include "fuzz_doc.h"

#define FUZZ_PARTS_MAX 8

struct fuzz_reading {
    uint64_t hash;
    size_t bytes, blocks;
};

static inline xz_err fuzz_office_block(const struct xz_block *block, void *arg)
{
    struct fuzz_reading *reading = arg;
    xz_err err = fuzz_block(block, &reading->bytes);
    reading->blocks++;
    reading->hash = reading->hash * 31 + xz_str_hash(block->text) + (uint64_t)block->kind +
                    (uint64_t)block->level * 7 + (uint64_t)block->header * 11 +
                    (uint64_t)block->table_start * 13 + (uint64_t)block->line * 17;
    for (size_t i = 0; i < block->cell_count; i++)
        reading->hash = reading->hash * 31 + xz_str_hash(block->cells[i]);
    return err;
}

/* `parts` has names and what stands in them at the least; the input fills the first `count`. */
static inline int fuzz_office(const char *name, struct office_part *parts, size_t count,
                              size_t part_count, const uint8_t *data, size_t size)
{
    struct fuzz_reading readings[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
    struct xz_buf archive;
    xz_str rest = { (const char *)data, size };
    for (size_t i = 0; i < count; i++)
        parts[i].bytes = xz_str_cut(&rest, '\0');
    XZ_ASSERT(xz_text_init() == XZ_OK);
    xz_buf_init(&archive, size + 65536);
    office_zip(&archive, parts, part_count);
    for (size_t i = 0; i < 2; i++) {
        xz_fail_clear();
        if (xz_doc_read(xz_buf_str(&archive), xz_str_from(name), fuzz_office_block, &readings[i],
                        NULL) != XZ_OK)
            XZ_ASSERT(xz_fail_detail()[0] != '\0' && xz_utf8_valid(xz_str_from(xz_fail_detail())));
    }
    XZ_ASSERT(readings[0].hash == readings[1].hash && readings[0].blocks == readings[1].blocks);
    xz_buf_fini(&archive);
    return 0;
}

#endif
