/* Static files: the whole web folder is read once, at start, into an immutable table of exact
 * paths, each with its ETag and its compressed forms. So loop threads answer without touching a
 * disk, and no request path ever becomes a file name. Links are not followed. */
#include "net/net_internal.h"

#include "core/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { STATIC_DEPTH_MAX = 12, STATIC_GZIP_BYTES_MIN = 1024 };
#define STATIC_FILE_BYTES_MAX MIB(32)
#define STATIC_ALL_BYTES_MAX  MIB(128)

enum static_form { FORM_PLAIN, FORM_GZIP, FORM_BROTLI, FORM_COUNT };

struct static_file {
    xz_str path; /* "/assets/app-1a2b3c4d.js" */
    const char *type;
    const char *cache_control;
    xz_str forms[FORM_COUNT]; /* ptr NULL: not there */
    xz_str etags[FORM_COUNT];
};

struct net_static {
    struct xz_arena *arena;
    struct static_file *files; /* sorted by path */
    size_t count, room;
    int64_t bytes;
};

static const struct {
    const char *end, *type;
    bool is_text;
} static_types[] = {
    { ".html", "text/html; charset=utf-8", true },
    { ".js", "text/javascript; charset=utf-8", true },
    { ".mjs", "text/javascript; charset=utf-8", true },
    { ".css", "text/css; charset=utf-8", true },
    { ".json", "application/json", true },
    { ".map", "application/json", true },
    { ".webmanifest", "application/manifest+json", true },
    { ".txt", "text/plain; charset=utf-8", true },
    { ".md", "text/markdown; charset=utf-8", true },
    { ".xml", "application/xml", true },
    { ".svg", "image/svg+xml", true },
    { ".png", "image/png", false },
    { ".jpg", "image/jpeg", false },
    { ".jpeg", "image/jpeg", false },
    { ".gif", "image/gif", false },
    { ".webp", "image/webp", false },
    { ".avif", "image/avif", false },
    { ".ico", "image/x-icon", false },
    { ".woff2", "font/woff2", false },
    { ".woff", "font/woff", false },
    { ".ttf", "font/ttf", true },
    { ".wasm", "application/wasm", true },
    { ".pdf", "application/pdf", false },
    { ".mp3", "audio/mpeg", false },
    { ".mp4", "video/mp4", false },
};

static xz_err static_scan(struct net_static *files, int folder, xz_str prefix, int depth);
static xz_err static_read(struct net_static *files, int folder, const char *name, xz_str path);
static void static_attach_forms(struct net_static *files);
static struct static_file *static_find(const struct net_static *files, xz_str path);

static int compare_files(const void *a, const void *b)
{
    return xz_str_compare(((const struct static_file *)a)->path,
                          ((const struct static_file *)b)->path);
}

xz_err net_static_create(const char *folder, struct net_static **files)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return xz_fail(XZ_E_IO, "网页文件目录 %s 无法打开：%s。", folder, strerror(errno));
    struct net_static *made = XZ_ALLOC(struct net_static, 1);
    made->arena = xz_arena_create((size_t)KIB(64));
    xz_err err = static_scan(made, fd, XZ_STR("/"), 0);
    if (err != XZ_OK) {
        net_static_destroy(made);
        return err;
    }
    if (made->count)
        qsort(made->files, made->count, sizeof *made->files, compare_files);
    static_attach_forms(made);
    *files = made;
    return XZ_OK;
}

void net_static_destroy(struct net_static *files)
{
    if (!files)
        return;
    xz_arena_destroy(files->arena);
    xz_free(files->files);
    xz_free(files);
}

/* Takes `folder` over. Hidden files and links are passed by. */
static xz_err static_scan(struct net_static *files, int folder, xz_str prefix, int depth)
{
    xz_err err = XZ_OK;
    struct dirent *entry;
    struct stat st;
    DIR *dir = fdopendir(folder);

    if (!dir) {
        close(folder);
        return xz_fail(XZ_E_IO, "网页文件目录无法读取。");
    }
    while (err == XZ_OK && (entry = readdir(dir)) != NULL) {
        const char *name = entry->d_name;
        if (name[0] == '.' || fstatat(dirfd(dir), name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        xz_str path = xz_str_format(files->arena, "%.*s%s", XZ_STR_ARG(prefix), name);
        if (S_ISREG(st.st_mode)) {
            err = static_read(files, dirfd(dir), name, path);
        } else if (S_ISDIR(st.st_mode) && depth < STATIC_DEPTH_MAX) {
            int fd = openat(dirfd(dir), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            path = xz_str_format(files->arena, "%.*s/", XZ_STR_ARG(path));
            if (fd >= 0)
                err = static_scan(files, fd, path, depth + 1);
        }
    }
    closedir(dir);
    return err;
}

static xz_err read_all(int fd, char *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t count = read(fd, bytes + done, size - done);
        if (count <= 0)
            return XZ_E_IO;
        done += (size_t)count;
    }
    return XZ_OK;
}

static xz_err static_read(struct net_static *files, int folder, const char *name, xz_str path)
{
    struct stat st;
    xz_err err = XZ_OK;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        err = xz_fail(XZ_E_IO, "网页文件 %.*s 无法读取。", XZ_STR_ARG(path));
        goto out;
    }
    files->bytes += st.st_size;
    if (st.st_size > STATIC_FILE_BYTES_MAX || files->bytes > STATIC_ALL_BYTES_MAX) {
        err = xz_fail(XZ_E_LIMIT, "网页文件过大：%.*s（单个至多 32 MiB，合计至多 128 MiB）。",
                      XZ_STR_ARG(path));
        goto out;
    }
    char *bytes = xz_arena_alloc(files->arena, (size_t)st.st_size + 1);
    if (read_all(fd, bytes, (size_t)st.st_size) != XZ_OK) {
        err = xz_fail(XZ_E_IO, "网页文件 %.*s 无法读取。", XZ_STR_ARG(path));
        goto out;
    }
    if (files->count == files->room) {
        files->room = XZ_MAX(files->room * 2, (size_t)64);
        files->files = xz_realloc(files->files, files->room * sizeof *files->files);
    }
    files->files[files->count++] =
        (struct static_file){ .path = path, .forms[FORM_PLAIN] = { bytes, (size_t)st.st_size } };
out:
    if (fd >= 0)
        close(fd);
    return err;
}

/* --- types and compressed forms --- */
static xz_str static_gzip(struct xz_arena *arena, xz_str plain)
{
    z_stream z = { 0 };
    struct xz_buf packed;
    xz_str made = { NULL, 0 };

    if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return made;
    size_t bound = deflateBound(&z, plain.len);
    xz_buf_init(&packed, bound + 1);
    z.next_in = (Bytef *)plain.ptr;
    z.avail_in = (uInt)plain.len;
    z.next_out = (Bytef *)xz_buf_reserve(&packed, bound);
    z.avail_out = (uInt)bound;
    if (deflate(&z, Z_FINISH) == Z_STREAM_END && z.total_out < plain.len - plain.len / 10) {
        xz_buf_commit(&packed, z.total_out);
        made = xz_str_copy(arena, xz_buf_str(&packed));
    }
    deflateEnd(&z);
    xz_buf_fini(&packed);
    return made;
}

/* Vite and its like name files "name-<hash of 8 or more>.ext"; such a name never changes content.
 */
static bool has_hash_in_name(xz_str path)
{
    size_t end = path.len, from;
    if (xz_str_find(path, XZ_STR("/assets/")) == XZ_STR_NPOS)
        return false;
    while (end > 0 && path.ptr[end - 1] != '.' && path.ptr[end - 1] != '/')
        end--;
    if (end == 0 || path.ptr[end - 1] != '.')
        return false;
    end--;
    for (from = end; from > 0; from--) {
        char c = path.ptr[from - 1];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_';
        if (!is_word)
            break;
    }
    return end - from >= 8 && from > 0 && (path.ptr[from - 1] == '-' || path.ptr[from - 1] == '.');
}

static void static_describe(struct net_static *files, struct static_file *file)
{
    bool is_text = false;
    struct xz_sha256 hash = xz_sha256(file->forms[FORM_PLAIN]);
    xz_str hex = xz_hex(files->arena, hash.bytes, 8);
    static const char *const suffixes[FORM_COUNT] = { "", "-gz", "-br" };

    file->type = "application/octet-stream";
    for (size_t i = 0; i < XZ_COUNT(static_types); i++) {
        if (xz_str_ends(file->path, xz_str_from(static_types[i].end))) {
            file->type = static_types[i].type;
            is_text = static_types[i].is_text;
        }
    }
    bool is_page = xz_str_ends(file->path, XZ_STR(".html"));
    file->cache_control = has_hash_in_name(file->path) ? "public, max-age=31536000, immutable"
                          : is_page                    ? "no-cache"
                                                       : "public, max-age=3600";
    if (is_text && !file->forms[FORM_GZIP].ptr &&
        file->forms[FORM_PLAIN].len >= STATIC_GZIP_BYTES_MIN)
        file->forms[FORM_GZIP] = static_gzip(files->arena, file->forms[FORM_PLAIN]);
    for (int form = 0; form < FORM_COUNT; form++)
        file->etags[form] = xz_str_format(files->arena, "\"%.*s%s\"", XZ_STR_ARG(hex),
                                          suffixes[form]);
}

/* A "name.gz" or "name.br" beside "name" is its compressed form. */
static void static_attach_forms(struct net_static *files)
{
    static const struct {
        const char *end;
        enum static_form form;
    } ends[] = { { ".gz", FORM_GZIP }, { ".br", FORM_BROTLI } };

    for (size_t i = 0; i < files->count; i++) {
        for (size_t e = 0; e < XZ_COUNT(ends); e++) {
            xz_str path = files->files[i].path;
            struct static_file *plain = NULL;
            if (xz_str_ends(path, xz_str_from(ends[e].end)))
                plain = static_find(files, xz_str_sub(path, 0, path.len - 3));
            if (plain)
                plain->forms[ends[e].form] = files->files[i].forms[FORM_PLAIN];
        }
    }
    for (size_t i = 0; i < files->count; i++)
        static_describe(files, &files->files[i]);
}

static struct static_file *static_find(const struct net_static *files, xz_str path)
{
    struct static_file wanted = { .path = path };
    return files->count ? bsearch(&wanted, files->files, files->count, sizeof wanted, compare_files)
                        : NULL;
}

/* --- answering --- */
static struct static_file *static_choose(const struct net_static *files, struct xz_request *req)
{
    xz_str path = req->path.text;
    size_t from = path.len;
    struct static_file *file;

    if (xz_str_ends(path, XZ_STR("/")))
        file = static_find(files, xz_str_format(req->arena, "%.*sindex.html", XZ_STR_ARG(path)));
    else
        file = static_find(files, path);
    while (from > 0 && path.ptr[from - 1] != '/')
        from--;
    /* A path without a dot is a view of the page, which routes by itself. */
    if (!file && !memchr(path.ptr + from, '.', path.len - from))
        file = static_find(files, XZ_STR("/index.html"));
    return file;
}

static bool etag_matches(xz_str list, xz_str etag)
{
    while (list.len) {
        xz_str one = xz_str_trim(xz_str_cut(&list, ','));
        if (xz_str_starts(one, XZ_STR("W/")))
            one = xz_str_sub(one, 2, one.len);
        if (xz_str_eq(one, etag) || xz_str_eq(one, XZ_STR("*")))
            return true;
    }
    return false;
}

bool net_static_reply(const struct net_static *files, struct xz_request *req)
{
    const struct static_file *file = static_choose(files, req);
    enum static_form form = FORM_PLAIN;

    if (!file)
        return false;
    xz_str encodings = xz_request_header(req, "Accept-Encoding");
    if (file->forms[FORM_BROTLI].ptr && net_list_accepts(encodings, XZ_STR("br")))
        form = FORM_BROTLI;
    else if (file->forms[FORM_GZIP].ptr && net_list_accepts(encodings, XZ_STR("gzip")))
        form = FORM_GZIP;
    xz_reply_header(req, "ETag", file->etags[form]);
    xz_reply_header(req, "Cache-Control", xz_str_from(file->cache_control));
    if (file->forms[FORM_BROTLI].ptr || file->forms[FORM_GZIP].ptr)
        xz_reply_header(req, "Vary", XZ_STR("Accept-Encoding"));
    if (etag_matches(xz_request_header(req, "If-None-Match"), file->etags[form])) {
        net_reply_build(req, 304, NULL, XZ_STR_NONE, true);
        return true;
    }
    if (form != FORM_PLAIN)
        xz_reply_header(req, "Content-Encoding", form == FORM_GZIP ? XZ_STR("gzip") : XZ_STR("br"));
    net_reply_build(req, 200, file->type, file->forms[form], true);
    return true;
}
