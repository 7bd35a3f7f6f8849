/* The manifest: which segment files there are, which of their documents are deleted and up to which
 * change that is the truth. One small file, replaced as a whole, so that a kill at any moment
 * leaves the state before or after. */
#include "search/search_internal.h"

#include <dirent.h>
#include <unistd.h>

#include "core/file.h"

#define MANIFEST_NAME         "manifest"
#define MANIFEST_BYTES_MAX    (512 * 1024 * 1024)
#define MANIFEST_SEGMENTS_MAX 4096

struct manifest_head {
    char magic[8];
    uint32_t format, terms_version;
    int64_t applied, file_next;
    uint32_t count, unused;
};
struct manifest_row { /* then the words of the bitmap when dead > 0 */
    int64_t file;
    uint32_t docs, dead;
};

char *search_path(const char *folder, int64_t file)
{
    struct xz_buf buf;
    xz_buf_init(&buf, 8192);
    if (file)
        xz_buf_addf(&buf, "%s/%08lld.seg", folder, (long long)file);
    else
        xz_buf_addf(&buf, "%s/" MANIFEST_NAME, folder);
    char *path = xz_strdup(buf.ptr ? buf.ptr : "");
    xz_buf_fini(&buf);
    return path;
}

static void add_bytes(struct xz_buf *buf, const void *bytes, size_t count)
{
    xz_buf_add(buf, (xz_str){ bytes, count });
}

xz_err search_manifest_write(const struct xz_search_index *index, const struct search_ref *refs,
                             size_t count, int64_t applied)
{
    struct manifest_head head = { "XZMANIF", SEARCH_FORMAT,    XZ_TERMS_VERSION,
                                  applied,   index->file_next, (uint32_t)count,
                                  0 };
    struct xz_buf buf;
    xz_buf_init(&buf, MANIFEST_BYTES_MAX);
    add_bytes(&buf, &head, sizeof head);
    for (size_t i = 0; i < count; i++) {
        const struct search_tombs *tombs = refs[i].tombs;
        struct manifest_row row = { refs[i].seg->file, refs[i].seg->head->docs,
                                    tombs ? tombs->dead : 0 };
        add_bytes(&buf, &row, sizeof row);
        if (row.dead)
            add_bytes(&buf, tombs->bits, (row.docs + 63) / 64 * sizeof tombs->bits[0]);
    }
    uint32_t crc = buf.len ? xz_crc32c(0, buf.ptr, buf.len) : 0;
    add_bytes(&buf, &crc, sizeof crc);
    char *path = search_path(index->folder, 0);
    xz_err err = buf.err ? buf.err : xz_file_replace(path, xz_buf_str(&buf));
    xz_free(path);
    xz_buf_fini(&buf);
    return err;
}

static bool take(xz_str *rest, void *out, size_t bytes)
{
    if (rest->len < bytes)
        return false;
    memcpy(out, rest->ptr, bytes);
    *rest = xz_str_sub(*rest, bytes, rest->len);
    return true;
}

static uint32_t tombs_count(const struct search_tombs *tombs)
{
    uint32_t dead = 0;
    for (size_t w = 0; w < (tombs->docs + 63) / 64; w++)
        dead += (uint32_t)__builtin_popcountll(tombs->bits[w]);
    return dead;
}

static xz_err row_read(xz_str *rest, const char *folder, struct search_ref *ref)
{
    struct manifest_row row;
    if (!take(rest, &row, sizeof row) || row.docs > SEARCH_DOCS_MAX || row.dead > row.docs ||
        row.file <= 0)
        return xz_fail(XZ_E_IO, "检索索引清单已损坏");
    if (row.dead) {
        ref->tombs = search_tombs_copy(NULL, row.docs);
        if (!take(rest, ref->tombs->bits, (row.docs + 63) / 64 * sizeof ref->tombs->bits[0]) ||
            tombs_count(ref->tombs) != row.dead)
            return xz_fail(XZ_E_IO, "检索索引清单已损坏");
        ref->tombs->dead = row.dead;
    }
    char *path = search_path(folder, row.file);
    xz_err err = search_segment_map(path, row.file, &ref->seg);
    xz_free(path);
    if (err == XZ_OK && ref->seg->head->docs != row.docs)
        err = xz_fail(XZ_E_IO, "检索索引清单与文件不符");
    return err;
}

static xz_err manifest_parse(xz_str text, const char *folder, struct search_ref **refs,
                             size_t *count, struct manifest_head *head)
{
    uint32_t crc;
    if (text.len < sizeof *head + sizeof crc)
        return xz_fail(XZ_E_IO, "检索索引清单不完整");
    memcpy(&crc, text.ptr + text.len - sizeof crc, sizeof crc);
    text.len -= sizeof crc;
    if (xz_crc32c(0, text.ptr, text.len) != crc || !take(&text, head, sizeof *head) ||
        memcmp(head->magic, "XZMANIF", 8) != 0 || head->format != SEARCH_FORMAT ||
        head->terms_version != XZ_TERMS_VERSION || head->count > MANIFEST_SEGMENTS_MAX)
        return xz_fail(XZ_E_IO, "检索索引清单已损坏或版本不符");
    *refs = XZ_ALLOC(struct search_ref, head->count + 1);
    for (uint32_t i = 0; i < head->count; i++) {
        *count = i + 1;
        xz_err err = row_read(&text, folder, &(*refs)[i]);
        if (err != XZ_OK)
            return err;
    }
    return text.len ? xz_fail(XZ_E_IO, "检索索引清单已损坏") : XZ_OK;
}

xz_err search_manifest_read(const char *folder, struct search_ref **refs, size_t *count,
                            int64_t *applied, int64_t *file_next)
{
    struct manifest_head head = { .applied = 0 };
    struct xz_buf buf;
    char *path = search_path(folder, 0);
    *refs = NULL;
    *count = 0;
    xz_buf_init(&buf, MANIFEST_BYTES_MAX);
    xz_err err = xz_file_read(path, &buf);
    if (err == XZ_OK)
        err = manifest_parse(xz_buf_str(&buf), folder, refs, count, &head);
    if (err == XZ_OK) {
        *applied = head.applied;
        *file_next = head.file_next;
    } else {
        for (size_t i = 0; i < *count; i++) {
            search_segment_unref((*refs)[i].seg);
            search_tombs_unref((*refs)[i].tombs);
        }
        xz_free(*refs);
        *refs = NULL;
        *count = 0;
    }
    xz_buf_fini(&buf);
    xz_free(path);
    return err;
}

/* Removes segment files that nobody names: left by a kill, or merged away. */
void search_files_sweep(const char *folder, const struct search_ref *refs, size_t count)
{
    DIR *dir = opendir(folder);
    struct dirent *item;
    while (dir && (item = readdir(dir)) != NULL) {
        xz_str name = xz_str_from(item->d_name);
        int64_t file = 0;
        bool named = false;
        if (!xz_str_ends(name, XZ_STR(".seg")) ||
            !xz_str_to_int(xz_str_sub(name, 0, name.len - 4), &file))
            continue;
        for (size_t i = 0; i < count; i++)
            named |= refs[i].seg->file == file;
        if (!named)
            (void)unlinkat(dirfd(dir), item->d_name, 0);
    }
    if (dir)
        closedir(dir);
}
