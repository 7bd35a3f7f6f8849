/* What xz-parse says of any file at all: lines of valid JSON of known types, not much more text
 * than went in, and an end that says whether all was well. The first byte chooses the file's name.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/json.h"
#include "knowledge/recognise.h"
#include "text/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = {
    "法规/北京/样法(2020-01-01).md", "答复.csv", "a.html", "a.txt", "site.json",
    "部门规章/公安部/a.md"
};
static const char *const types[] = { "entry",  "c",      "v",          "end",  "note",
                                     "site",   "region", "department", "done", "refused",
                                     "member", "data",   "member_end" };

static int file_of(const uint8_t *data, size_t size)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    XZ_ASSERT(fd >= 0);
    if (size)
        XZ_ASSERT(write(fd, data, size) == (ssize_t)size);
    XZ_ASSERT(lseek(fd, 0, SEEK_SET) == 0);
    return fd;
}

static bool known_type(xz_str type)
{
    for (size_t i = 0; i < XZ_COUNT(types); i++)
        if (xz_str_eq(type, xz_str_from(types[i])))
            return true;
    return false;
}

struct seen {
    size_t body_bytes, ends, entries;
};

static void line_check(xz_str line, struct seen *seen)
{
    struct xz_json_doc *doc;
    XZ_ASSERT(xz_json_parse(line, &doc) == XZ_OK);
    const struct xz_json *root = xz_json_root(doc);
    xz_str type = xz_json_str(xz_json_get(root, "t"), XZ_STR_NONE);
    XZ_ASSERT(known_type(type));
    XZ_ASSERT(seen->ends == 0); /* nothing follows the end */
    if (xz_str_eq(type, XZ_STR("c"))) {
        xz_str body = xz_json_str(xz_json_get(root, "body"), XZ_STR_NONE);
        XZ_ASSERT(body.len > 0 && xz_utf8_valid(body));
        seen->body_bytes += body.len;
    } else if (xz_str_eq(type, XZ_STR("entry"))) {
        seen->entries++;
        XZ_ASSERT(xz_json_str(xz_json_get(root, "title"), XZ_STR_NONE).len > 0);
    } else if (xz_str_eq(type, XZ_STR("refused"))) {
        XZ_ASSERT(xz_json_str(xz_json_get(root, "reason"), XZ_STR_NONE).len > 0);
        seen->ends++;
    } else if (xz_str_eq(type, XZ_STR("done"))) {
        XZ_ASSERT((int64_t)seen->entries == xz_json_int(xz_json_get(root, "entries"), -1));
        seen->ends++;
    }
    xz_json_destroy(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen seen = { 0 };
    struct xz_buf out;
    char *room;
    ssize_t got;

    if (size < 1)
        return 0;
    int in_fd = file_of(data + 1, size - 1), out_fd = file_of(NULL, 0);
    XZ_ASSERT(xz_text_init() == XZ_OK);
    XZ_ASSERT(xz_recognise_main(in_fd, out_fd, xz_str_from(names[data[0] % XZ_COUNT(names)]),
                                XZ_STR_NONE) == 0);
    XZ_ASSERT(lseek(out_fd, 0, SEEK_SET) == 0);
    xz_buf_init(&out, (size_t)MIB(256));
    while ((room = xz_buf_reserve(&out, 65536)) != NULL && (got = read(out_fd, room, 65536)) > 0)
        xz_buf_commit(&out, (size_t)got);
    close(in_fd);
    close(out_fd);
    xz_str rest = xz_buf_str(&out);
    while (rest.len)
        line_check(xz_str_cut(&rest, '\n'), &seen);
    XZ_ASSERT(seen.ends == 1);
    /* Decoding may triple the bytes; cells that span rows are repeated. */
    XZ_ASSERT(seen.body_bytes <= size * 400 + 4096);
    xz_buf_fini(&out);
    return 0;
}
