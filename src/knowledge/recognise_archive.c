/* Inside xz-parse: the files in an archive go to the importer as they are, framed as lines, and
 * come back one by one, each to a parser of its own. So one broken file is not the end of the
 * others. */
#include "knowledge/recognise_internal.h"

static void base64_add(struct xz_buf *out, xz_str bytes)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *room = xz_buf_reserve(out, (bytes.len + 2) / 3 * 4);
    size_t len = 0;
    XZ_ASSERT(room);
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t three = (uint32_t)(unsigned char)bytes.ptr[i] << 16;
        if (left > 1)
            three |= (uint32_t)(unsigned char)bytes.ptr[i + 1] << 8;
        if (left > 2)
            three |= (unsigned char)bytes.ptr[i + 2];
        room[len++] = letters[three >> 18];
        room[len++] = letters[three >> 12 & 63];
        room[len++] = left > 1 ? letters[three >> 6 & 63] : '=';
        room[len++] = left > 2 ? letters[three & 63] : '=';
    }
    xz_buf_commit(out, len);
}

static xz_err member_begin(void *arg, xz_str name, int64_t bytes)
{
    struct recognise *r = arg;
    xz_jw_begin_object(&r->json);
    xz_jw_member_str(&r->json, "t", XZ_STR("member"));
    xz_jw_member_str(&r->json, "name", name);
    xz_jw_member_int(&r->json, "bytes", bytes);
    recognise_line_end(r);
    return XZ_OK;
}

static xz_err member_piece(void *arg, xz_str bytes)
{
    struct recognise *r = arg;
    /* Written by hand: base64 needs no escaping, and this is every byte of the archive. */
    xz_buf_add_lit(&r->out, "{\"t\":\"data\",\"base64\":\"");
    base64_add(&r->out, bytes);
    xz_buf_add_lit(&r->out, "\"}\n");
    recognise_flush(r, false);
    return XZ_OK;
}

static xz_err member_end(void *arg)
{
    struct recognise *r = arg;
    xz_jw_begin_object(&r->json);
    xz_jw_member_str(&r->json, "t", XZ_STR("member_end"));
    recognise_line_end(r);
    return XZ_OK;
}

xz_err recognise_archive(struct recognise *r, int fd)
{
    const struct xz_archive_sink sink = { member_begin, member_piece, member_end, r };
    return xz_doc_archive_fd(fd, &sink);
}
