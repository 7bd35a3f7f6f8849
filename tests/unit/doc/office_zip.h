/* Archives made in memory for tests: members stored as they are, nothing checked, so that what no
 * program would write can be written too. */
#ifndef XZ_OFFICE_ZIP_H
#define XZ_OFFICE_ZIP_H

#include "core/buf.h"

struct office_part {
    const char *name;
    xz_str bytes;
};

static inline uint32_t office_crc(xz_str bytes)
{
    uint32_t crc = ~0U;
    for (size_t i = 0; i < bytes.len; i++) {
        crc ^= (unsigned char)bytes.ptr[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320U : 0);
    }
    return ~crc;
}

static inline void office_put(struct xz_buf *out, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        xz_buf_add_char(out, (char)(value >> (8 * i)));
}

/* What the local header and the directory have in common, from the version on. */
static inline void office_head(struct xz_buf *out, const struct office_part *part, uint32_t crc)
{
    office_put(out, 20, 2); /* version */
    office_put(out, 0, 4);  /* flags; stored */
    office_put(out, 0x00210000, 4);
    office_put(out, crc, 4);
    office_put(out, (uint32_t)part->bytes.len, 4);
    office_put(out, (uint32_t)part->bytes.len, 4);
    office_put(out, (uint32_t)strlen(part->name), 2);
    office_put(out, 0, 2);
}

static inline void office_zip(struct xz_buf *out, const struct office_part *parts, size_t count)
{
    uint32_t at[64], crc[64];
    XZ_ASSERT(count <= 64);
    for (size_t i = 0; i < count; i++) {
        at[i] = (uint32_t)out->len;
        crc[i] = office_crc(parts[i].bytes);
        xz_buf_add(out, XZ_STR("PK\x03\x04"));
        office_head(out, &parts[i], crc[i]);
        xz_buf_add(out, xz_str_from(parts[i].name));
        xz_buf_add(out, parts[i].bytes);
    }
    uint32_t directory = (uint32_t)out->len;
    for (size_t i = 0; i < count; i++) {
        xz_buf_add(out, XZ_STR("PK\x01\x02"));
        office_put(out, 20, 2);
        office_head(out, &parts[i], crc[i]);
        office_put(out, 0, 4); /* comment, disk */
        office_put(out, 0, 2);
        office_put(out, 0, 4);
        office_put(out, at[i], 4);
        xz_buf_add(out, xz_str_from(parts[i].name));
    }
    uint32_t end = (uint32_t)out->len;
    xz_buf_add(out, XZ_STR("PK\x05\x06"));
    office_put(out, 0, 4);
    office_put(out, (uint32_t)count, 2);
    office_put(out, (uint32_t)count, 2);
    office_put(out, end - directory, 4);
    office_put(out, directory, 4);
    office_put(out, 0, 2);
}

#define OFFICE_TYPES                                                                               \
    {                                                                                              \
        "[Content_Types].xml",                                                                     \
        {                                                                                          \
            "<Types/>", 8                                                                          \
        }                                                                                          \
    }
#define OFFICE_RELATION "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"

#endif
