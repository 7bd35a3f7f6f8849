/* Folders of files: walked in a fixed order, imported several at once, reported one by one. */
#include "knowledge/knowledge_internal.h"

#include "core/pool.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 32
#define FILES_MAX 2000000

struct tree_file {
    char *path;
    size_t source_at;
};

struct tree {
    const struct xz_import_options *options;
    void (*on_file)(const struct xz_import_result *, const struct xz_import_progress *, void *);
    void *arg;
    const _Atomic bool *stop;
    struct tree_file *files;
    size_t count, room;
    pthread_mutex_t lock; /* guards what follows */
    struct xz_import_progress *progress;
    size_t next, end;
    xz_err err;
    char detail[512];
};

bool knowledge_passed_over(const char *name)
{
    static const char *const names[] = { "_index.md", "README.md",  "README",
                                         "LICENSE",   "LICENSE.md", "requirements.txt",
                                         "Thumbs.db", "desktop.ini" };
    if (name[0] == '.' || name[0] == '~')
        return true;
    for (size_t i = 0; i < XZ_COUNT(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static void tree_add(struct tree *t, const char *path, size_t source_at)
{
    if (t->count == t->room) {
        t->room = t->room ? t->room * 2 : 256;
        t->files = xz_realloc(t->files, t->room * sizeof(*t->files));
    }
    t->files[t->count++] = (struct tree_file){ xz_strdup(path), source_at };
}

static xz_err tree_walk(struct tree *t, const char *path, size_t source_at, int depth);

static xz_err folder_walk(struct tree *t, const char *path, size_t source_at, int depth)
{
    DIR *folder = opendir(path);
    struct dirent *each;
    xz_err err = XZ_OK;

    if (!folder)
        return xz_fail(XZ_E_IO, "无法读取文件夹“%s”。", path);
    while (err == XZ_OK && (each = readdir(folder)) != NULL) {
        char below[4096];
        int len = snprintf(below, sizeof(below), "%s/%s", path, each->d_name);
        if (!knowledge_passed_over(each->d_name) && len < (int)sizeof(below))
            err = tree_walk(t, below, source_at, depth + 1);
    }
    closedir(folder);
    return err;
}

static xz_err tree_walk(struct tree *t, const char *path, size_t source_at, int depth)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        return xz_fail(XZ_E_MISSING, "找不到“%s”，请检查路径。", path);
    if (S_ISDIR(st.st_mode))
        return depth > DEPTH_MAX ? xz_fail(XZ_E_LIMIT, "文件夹“%s”超过%d层。", path, DEPTH_MAX)
                                 : folder_walk(t, path, source_at, depth);
    if (t->count >= FILES_MAX)
        return xz_fail(XZ_E_LIMIT, "文件超过%d个，请分批导入。", FILES_MAX);
    tree_add(t, path, source_at);
    return XZ_OK;
}

/* The lasting name of a file: its path below the folder that was named, with that folder's name. */
static size_t source_start(const char *path)
{
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    while (end > 0 && path[end - 1] != '/')
        end--;
    return end;
}

static void tree_count(struct tree *t, const struct xz_import_result *result)
{
    struct xz_import_progress *p = t->progress;
    int64_t *by_outcome[] = { [XZ_IMPORT_STORED] = &p->stored,
                              [XZ_IMPORT_UNCHANGED] = &p->unchanged,
                              [XZ_IMPORT_DUPLICATE] = &p->duplicate,
                              [XZ_IMPORT_REFUSED] = &p->refused };
    p->done++;
    ++*by_outcome[result->outcome];
    p->entries += result->entries;
    p->clauses += result->clauses;
    if (t->on_file)
        t->on_file(result, p, t->arg);
}

/* Site data come first: entries name regions and departments that must be known. The places of
 * halls come last: they name guides. */
enum { RANK_REST = 4, RANK_LAST };
int knowledge_site_rank(xz_str path)
{
    static const char *const first[RANK_REST] = { "site.json", "regions.", "departments.",
                                                  "halls." };
    size_t slash = path.len;
    while (slash > 0 && path.ptr[slash - 1] != '/')
        slash--;
    xz_str name = xz_str_sub(path, slash, path.len);
    bool table = xz_str_ends(name, XZ_STR(".csv")) || xz_str_ends(name, XZ_STR(".xlsx"));
    if (xz_str_eq(name, xz_str_from(first[0])))
        return 0;
    size_t stem = table ? name.len - (xz_str_ends(name, XZ_STR(".csv")) ? 3 : 4) : 0;
    for (int i = 1; i < RANK_REST; i++)
        if (xz_str_eq(xz_str_sub(name, 0, stem), xz_str_from(first[i])))
            return i;
    return xz_str_eq(xz_str_sub(name, 0, stem), XZ_STR("hall_places.")) ? RANK_LAST : RANK_REST;
}

static int file_compare(const void *a, const void *b)
{
    const struct tree_file *x = a, *y = b;
    int i = knowledge_site_rank(xz_str_from(x->path)),
        j = knowledge_site_rank(xz_str_from(y->path));
    return i != j ? (i < j ? -1 : 1) : strcmp(x->path, y->path);
}

static xz_err tree_import(const struct tree *t, struct xz_arena *arena,
                          const struct tree_file *file, struct xz_import_result *result)
{
    const struct xz_import_options *o = t->options;
    xz_str source = xz_str_from(file->path + file->source_at);
    return o->file_import ? o->file_import(o->file_import_arg, arena, source, file->path, result)
                          : xz_import_file(o, arena, source, file->path, result);
}

static void tree_worker(void *arg)
{
    struct tree *t = arg;
    struct xz_arena *arena = xz_arena_create(1 << 14);

    for (;;) {
        struct xz_import_result result;
        pthread_mutex_lock(&t->lock);
        bool over = t->err != XZ_OK || t->next == t->end || (t->stop && *t->stop);
        size_t mine = over ? 0 : t->next++;
        pthread_mutex_unlock(&t->lock);
        if (over)
            break;
        xz_err err = tree_import(t, arena, &t->files[mine], &result);
        pthread_mutex_lock(&t->lock);
        if (err == XZ_OK) {
            tree_count(t, &result);
        } else if (t->err == XZ_OK) {
            t->err = err;
            snprintf(t->detail, sizeof(t->detail), "%s", xz_fail_detail());
        }
        pthread_mutex_unlock(&t->lock);
        xz_arena_reset(arena);
    }
    xz_arena_destroy(arena);
}

xz_err xz_import_tree(const struct xz_import_options *options, const char *const *paths,
                      size_t path_count,
                      void (*on_file)(const struct xz_import_result *result,
                                      const struct xz_import_progress *progress, void *arg),
                      void *arg, const _Atomic bool *stop, struct xz_import_progress *progress)
{
    struct tree t = {
        .options = options, .on_file = on_file, .arg = arg, .stop = stop, .progress = progress
    };
    xz_err err = XZ_OK;

    *progress = (struct xz_import_progress){ 0 };
    pthread_mutex_init(&t.lock, NULL);
    for (size_t i = 0; i < path_count && err == XZ_OK; i++)
        err = tree_walk(&t, paths[i], source_start(paths[i]), 0);
    progress->total = (int64_t)t.count;
    if (t.count)
        qsort(t.files, t.count, sizeof(*t.files), file_compare);
    while (t.end < t.count && knowledge_site_rank(xz_str_from(t.files[t.end].path)) < RANK_REST)
        t.end++;
    if (err == XZ_OK)
        tree_worker(&t);
    while (t.end < t.count && knowledge_site_rank(xz_str_from(t.files[t.end].path)) < RANK_LAST)
        t.end++;
    if (err == XZ_OK) {
        long cores = sysconf(_SC_NPROCESSORS_ONLN);
        /* One more than the cores: while one waits for the disk another computes. */
        size_t threads = options->parallel ? options->parallel : (size_t)XZ_MAX(1, cores) + 1;
        struct xz_pool *pool = xz_pool_create("import", threads, threads);
        for (size_t i = 0; i < threads && err == XZ_OK; i++)
            err = xz_pool_run(pool, tree_worker, &t);
        xz_pool_destroy(pool);
        t.end = t.count;
        if (err == XZ_OK)
            tree_worker(&t);
        if (err == XZ_OK && t.err != XZ_OK)
            err = xz_fail(t.err, "%s", t.detail);
        else if (err == XZ_OK && t.next < t.count)
            err = xz_fail(XZ_E_STATE, "导入已中断，再次运行同一命令即可继续。");
    }
    for (size_t i = 0; i < t.count; i++)
        xz_free(t.files[i].path);
    xz_free(t.files);
    pthread_mutex_destroy(&t.lock);
    return err;
}
