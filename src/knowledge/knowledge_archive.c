/* The files in an archive: kept aside as the parser hands them out, then imported one by one as if
 * they lay in a folder of the archive's name. What each of them holds is knowledge_import.c's
 * business. */
#include "knowledge/knowledge_internal.h"

#include "core/json.h"
#include "text/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define MEMBERS_MAX      100000
#define SPOOL_BYTES_MAX  MIB(2048)
#define NAME_BYTES_MAX   1000
#define DATA_BYTES_MAX   ((size_t)KIB(256)) /* of one line */
#define LISTED_MAX       50                 /* files named in the report */
#define LISTED_BYTES_MAX ((size_t)KIB(48))
#define COPY_BYTES       ((size_t)KIB(64))

struct member {
    xz_str name;
    int64_t at, bytes;
};

struct knowledge_archive {
    struct xz_arena *arena;
    const char *folder;
    int spool;
    int64_t spool_bytes;
    struct member *members;
    size_t count, room;
    bool open;
    int64_t stored, unchanged, duplicate, refused, passed_over, unlisted;
    struct xz_buf report;
};

struct knowledge_archive *knowledge_archive_create(const char *work_folder)
{
    struct knowledge_archive *archive = XZ_ALLOC(struct knowledge_archive, 1);
    archive->arena = xz_arena_create((size_t)KIB(16));
    archive->folder = work_folder;
    archive->spool = -1;
    xz_buf_init(&archive->report, LISTED_BYTES_MAX);
    return archive;
}

void knowledge_archive_destroy(struct knowledge_archive *archive)
{
    if (!archive)
        return;
    if (archive->spool >= 0)
        close(archive->spool);
    xz_buf_fini(&archive->report);
    xz_free(archive->members);
    xz_arena_destroy(archive->arena);
    xz_free(archive);
}

/* A file without a name: it is gone with the process, however that ends. */
static xz_err file_make(const char *folder, int *fd)
{
    char path[4096];
    if (!folder && !(folder = getenv("TMPDIR")))
        folder = "/tmp";
    *fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (*fd >= 0)
        return XZ_OK;
    /* Not every file system can do that. */
    if (snprintf(path, sizeof(path), "%s/archive-XXXXXX", folder) < (int)sizeof(path) &&
        (*fd = mkostemp(path, O_CLOEXEC)) >= 0) {
        unlink(path);
        return XZ_OK;
    }
    return xz_fail(XZ_E_IO, "无法在“%s”建立临时文件：%s", folder, strerror(errno));
}

static xz_err write_all(int fd, xz_str bytes)
{
    while (bytes.len) {
        ssize_t put = write(fd, bytes.ptr, bytes.len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return xz_fail(XZ_E_IO, "解开压缩包时写临时文件失败：%s；请检查数据目录的剩余空间",
                           strerror(errno));
        bytes = xz_str_sub(bytes, (size_t)put, bytes.len);
    }
    return XZ_OK;
}

/* --- lines from the parser: distrusted --- */

static xz_err out_of_order(void)
{
    return xz_fail(XZ_E_INPUT, "解析结果不合规范，文件未导入。");
}

static bool name_sound(xz_str name)
{
    if (!name.len || name.len > NAME_BYTES_MAX || !xz_utf8_valid(name) ||
        memchr(name.ptr, 0, name.len))
        return false;
    while (name.len) {
        xz_str part = xz_str_cut(&name, '/');
        if (!part.len || xz_str_eq(part, XZ_STR(".")) || xz_str_eq(part, XZ_STR("..")))
            return false;
    }
    return true;
}

static xz_err member_begin(struct knowledge_archive *a, xz_str name)
{
    xz_err err = a->spool < 0 ? file_make(a->folder, &a->spool) : XZ_OK;
    if (err != XZ_OK)
        return err;
    if (a->open || !name_sound(name) || a->count == MEMBERS_MAX)
        return out_of_order();
    if (a->count == a->room) {
        a->room = a->room ? a->room * 2 : 64;
        a->members = xz_realloc(a->members, a->room * sizeof(*a->members));
    }
    a->members[a->count++] = (struct member){ xz_str_copy(a->arena, name), a->spool_bytes, 0 };
    a->open = true;
    return XZ_OK;
}

static int base64_value(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

/* Bytes written to `bytes`, which has room for three of four letters; SIZE_MAX: it is none. */
static size_t base64_read(xz_str text, char *bytes)
{
    size_t len = 0;
    if (text.len % 4)
        return SIZE_MAX;
    for (size_t i = 0; i < text.len; i += 4) {
        bool last = i + 4 == text.len;
        size_t pads = !last ? 0 : text.ptr[i + 2] == '=' ? 2 : (size_t)(text.ptr[i + 3] == '=');
        uint32_t three = 0;
        for (size_t k = 0; k < 4; k++) {
            int value = k >= 4 - pads ? 0 : base64_value(text.ptr[i + k]);
            if (value < 0)
                return SIZE_MAX;
            three = three << 6 | (uint32_t)value;
        }
        for (size_t k = 0; k < 3 - pads; k++)
            bytes[len++] = (char)(three >> (16 - 8 * k));
    }
    return len;
}

static xz_err member_data(struct knowledge_archive *a, xz_str text)
{
    if (!a->open || text.len > DATA_BYTES_MAX)
        return out_of_order();
    char *bytes = xz_alloc(text.len + 4, 1);
    size_t len = base64_read(text, bytes);
    xz_err err = len == SIZE_MAX ? out_of_order() : XZ_OK;
    if (err == XZ_OK && a->spool_bytes + (int64_t)len > SPOOL_BYTES_MAX)
        err = xz_fail(XZ_E_LIMIT, "压缩包解开后超过%lld MiB，请分成几个压缩包",
                      (long long)(SPOOL_BYTES_MAX / MIB(1)));
    if (err == XZ_OK && (err = write_all(a->spool, (xz_str){ bytes, len })) == XZ_OK) {
        a->spool_bytes += (int64_t)len;
        a->members[a->count - 1].bytes += (int64_t)len;
    }
    xz_free(bytes);
    return err;
}

bool knowledge_archive_takes(xz_str type)
{
    return xz_str_eq(type, XZ_STR("member")) || xz_str_eq(type, XZ_STR("data")) ||
           xz_str_eq(type, XZ_STR("member_end"));
}

xz_err knowledge_archive_line(struct knowledge_archive *a, xz_str type, const struct xz_json *line)
{
    if (xz_str_eq(type, XZ_STR("member")))
        return member_begin(a, xz_json_str(xz_json_get(line, "name"), XZ_STR_NONE));
    if (xz_str_eq(type, XZ_STR("data")))
        return member_data(a, xz_json_str(xz_json_get(line, "base64"), XZ_STR_NONE));
    if (!a->open)
        return out_of_order();
    a->open = false;
    return XZ_OK;
}

size_t knowledge_archive_count(const struct knowledge_archive *a)
{
    return a->count;
}

/* --- the files --- */

/* What systems put into archives, and what a folder's walk would not take either. */
static bool is_passed_over(xz_str name)
{
    char part[NAME_BYTES_MAX + 1];
    while (name.len) {
        xz_str one = xz_str_cut(&name, '/');
        memcpy(part, one.ptr, one.len);
        part[one.len] = '\0';
        if (one.ptr[0] == '.' || one.ptr[0] == '~' || strcmp(part, "__MACOSX") == 0 ||
            (!name.len && knowledge_passed_over(part)))
            return true;
    }
    return false;
}

static void report_add(struct knowledge_archive *a, xz_str name, xz_str what)
{
    if (a->unlisted || a->refused + a->passed_over > LISTED_MAX ||
        a->report.len + name.len + what.len + 8 > LISTED_BYTES_MAX) {
        a->unlisted++;
        return;
    }
    xz_buf_addf(&a->report, "%.*s：%.*s\n", XZ_STR_ARG(name), XZ_STR_ARG(what));
}

static xz_err member_copy(struct knowledge_archive *a, const struct member *member, int fd)
{
    char *bytes = xz_alloc(COPY_BYTES, 1);
    xz_err err = XZ_OK;
    for (int64_t done = 0; done < member->bytes && err == XZ_OK;) {
        size_t want = (size_t)XZ_MIN((int64_t)COPY_BYTES, member->bytes - done);
        ssize_t got = pread(a->spool, bytes, want, member->at + done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            err = xz_fail(XZ_E_IO, "读取临时文件失败：%s", strerror(errno));
        else
            err = write_all(fd, (xz_str){ bytes, (size_t)got });
        done += XZ_MAX(got, 0);
    }
    xz_free(bytes);
    return err;
}

static void member_count(struct knowledge_archive *a, xz_str name,
                         const struct xz_import_result *one, struct xz_import_result *result)
{
    int64_t *counts[] = { [XZ_IMPORT_STORED] = &a->stored,
                          [XZ_IMPORT_UNCHANGED] = &a->unchanged,
                          [XZ_IMPORT_DUPLICATE] = &a->duplicate,
                          [XZ_IMPORT_REFUSED] = &a->refused };
    ++*counts[one->outcome];
    result->entries += one->entries;
    result->clauses += one->clauses;
    xz_str reason = xz_str_trim(one->reason);
    if (reason.len && (one->outcome == XZ_IMPORT_REFUSED || one->outcome == XZ_IMPORT_STORED))
        report_add(a, name, reason);
}

static xz_err member_import(struct knowledge_archive *a, const struct knowledge_import_file *file,
                            const struct member *member, struct xz_import_result *result)
{
    struct xz_arena *arena = xz_arena_create((size_t)KIB(16));
    struct xz_import_result one;
    int fd = -1;
    xz_err err = file_make(a->folder, &fd);
    if (err == XZ_OK && (err = member_copy(a, member, fd)) == XZ_OK) {
        const struct knowledge_import_file inner = {
            file->options,
            xz_str_format(arena, "%.*s/%.*s", XZ_STR_ARG(file->source), XZ_STR_ARG(member->name)),
            fd, file->depth + 1
        };
        if ((err = knowledge_import_fd(&inner, arena, &one)) == XZ_OK)
            member_count(a, member->name, &one, result);
    }
    if (fd >= 0)
        close(fd);
    xz_arena_destroy(arena);
    return err;
}

/* Site data first, as in a folder. */
static int member_compare(const void *x, const void *y)
{
    const struct member *a = x, *b = y;
    int first = knowledge_site_rank(a->name), second = knowledge_site_rank(b->name);
    return first != second ? first - second : xz_str_compare(a->name, b->name);
}

xz_err knowledge_archive_import(struct knowledge_archive *a,
                                const struct knowledge_import_file *file,
                                struct xz_import_result *result, bool *complete)
{
    xz_err err = XZ_OK;
    if (a->count)
        qsort(a->members, a->count, sizeof(*a->members), member_compare);
    for (size_t i = 0; i < a->count && err == XZ_OK; i++) {
        if (is_passed_over(a->members[i].name)) {
            a->passed_over++;
            report_add(a, a->members[i].name, XZ_STR("系统或说明文件，略过"));
        } else {
            err = member_import(a, file, &a->members[i], result);
        }
    }
    if (a->unlisted)
        xz_buf_addf(&a->report, "……另有%lld个文件的说明没有列出。\n", (long long)a->unlisted);
    *complete = a->refused == 0;
    result->outcome = a->stored                      ? XZ_IMPORT_STORED
                      : a->unchanged || a->duplicate ? XZ_IMPORT_UNCHANGED
                                                     : XZ_IMPORT_REFUSED;
    return err;
}

xz_str knowledge_archive_report(const struct knowledge_archive *a)
{
    return xz_buf_str(&a->report);
}
