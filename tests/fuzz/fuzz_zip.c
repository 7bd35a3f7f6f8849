/* Archives of anything: every name that comes out is sound and there once, in order; what is
 * inflated stays within bounds; a refusal has its reason. */
#include "../unit/doc/office_zip.h"
#include "doc/doc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    char last[1024];
    size_t last_len, members;
    int64_t bytes;
    bool open;
};

static void name_check(xz_str name)
{
    XZ_ASSERT(name.len > 0 && name.len <= 4000 && xz_utf8_valid(name));
    for (size_t i = 0; i < name.len; i++)
        XZ_ASSERT((unsigned char)name.ptr[i] >= 0x20 && name.ptr[i] != '\\');
    while (name.len) {
        xz_str part = xz_str_cut(&name, '/');
        XZ_ASSERT(part.len > 0 && !xz_str_eq(part, XZ_STR(".")) && !xz_str_eq(part, XZ_STR("..")));
    }
}

static xz_err begin(void *arg, xz_str name, int64_t bytes)
{
    struct seen *seen = arg;
    XZ_ASSERT(!seen->open && bytes >= 0);
    name_check(name);
    XZ_ASSERT(seen->members++ == 0 || !xz_str_eq(name, (xz_str){ seen->last, seen->last_len }));
    seen->last_len = XZ_MIN(name.len, sizeof(seen->last));
    memcpy(seen->last, name.ptr, seen->last_len);
    seen->open = true;
    return XZ_OK;
}

static xz_err piece(void *arg, xz_str bytes)
{
    struct seen *seen = arg;
    XZ_ASSERT(seen->open && bytes.len > 0);
    seen->bytes += (int64_t)bytes.len;
    return XZ_OK;
}

static xz_err end(void *arg)
{
    struct seen *seen = arg;
    XZ_ASSERT(seen->open);
    seen->open = false;
    return XZ_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen seen = { .open = false };
    const struct xz_archive_sink sink = { begin, piece, end, &seen };
    XZ_ASSERT(xz_text_init() == XZ_OK);
    xz_fail_clear();
    xz_err err = xz_doc_archive((xz_str){ (const char *)data, size }, &sink);
    XZ_ASSERT(err == XZ_OK ? !seen.open : xz_fail_detail()[0] != '\0');
    XZ_ASSERT(xz_utf8_valid(xz_str_from(xz_fail_detail())));
    XZ_ASSERT(seen.bytes <= MIB(33) + (int64_t)size * 251);
    return 0;
}
