/* Collects request bodies: in memory up to the row's limit, or into a spool file. Files are opened,
 * written and removed on libuv's pool threads, since a disk may block; while one write is under way
 * the next bytes gather, and past SPOOL_AHEAD_BYTES the connection is not read. */
#include "net/net_internal.h"

#include "core/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { SPOOL_AHEAD_BYTES = 256 * 1024 };

struct net_spool {
    struct xz_request *req; /* NULL once discarded */
    uv_work_t work;
    char *path;
    struct xz_buf filling, writing;
    int fd;
    bool work_failed; /* of the work just done */
    bool is_busy, is_last, is_closed, failed, is_finishing;
};

static void spool_step(struct net_spool *spool);
static void spool_work(uv_work_t *work);
static void spool_worked(uv_work_t *work, int status);
static void spool_remove(uv_work_t *work);
static void spool_removed(uv_work_t *work, int status);

void net_body_begin(struct xz_request *req)
{
    const char *folder = req->loop->server->options.spool_folder;
    if (!req->row->body_to_file)
        return;
    struct net_spool *spool = XZ_ALLOC(struct net_spool, 1);
    xz_secret name = xz_secret_make();
    xz_str path = xz_str_format(req->arena, "%s/body-%s.part", folder, name.text);
    spool->req = req;
    spool->work.data = spool;
    spool->path = xz_strdup(path.ptr);
    spool->fd = -1;
    xz_buf_init(&spool->filling, SPOOL_AHEAD_BYTES + 2 * NET_READ_BYTES);
    xz_buf_init(&spool->writing, SPOOL_AHEAD_BYTES + 2 * NET_READ_BYTES);
    req->spool = spool;
}

int net_body_add(struct xz_request *req, xz_str bytes)
{
    struct net_spool *spool = req->spool;

    req->body_bytes += (int64_t)bytes.len;
    if (req->body_bytes > req->row->body_max_bytes)
        return 413;
    if (!spool) {
        xz_buf_add(&req->body, bytes);
        return 0;
    }
    if (spool->failed)
        return 0; /* said once the body is complete; the reply would be lost before */
    xz_buf_add(&spool->filling, bytes);
    XZ_ASSERT(spool->filling.err == XZ_OK);
    if (spool->is_busy && spool->filling.len > SPOOL_AHEAD_BYTES)
        net_conn_reads(req->conn, false);
    else if (!spool->is_busy && spool->filling.len >= NET_READ_BYTES)
        spool_step(spool);
    return 0;
}

bool net_body_finish(struct xz_request *req)
{
    struct net_spool *spool = req->spool;
    if (!spool)
        return true;
    spool->is_finishing = true;
    if (!spool->is_busy)
        spool_step(spool);
    return false;
}

bool net_body_failed(const struct xz_request *req)
{
    return req->spool && req->spool->failed;
}

const char *net_body_path(const struct xz_request *req)
{
    return req->spool ? req->spool->path : NULL;
}

void net_body_discard(struct xz_request *req)
{
    struct net_spool *spool = req->spool;
    if (!spool)
        return;
    spool->req = NULL;
    req->spool = NULL;
    if (!spool->is_busy) {
        spool->is_busy = true;
        uv_queue_work(&req->loop->uv, &spool->work, spool_remove, spool_removed);
    }
}

void net_body_clean(const char *folder)
{
    struct dirent *entry;
    DIR *dir = opendir(folder);

    while (dir && (entry = readdir(dir)) != NULL) {
        xz_str name = xz_str_from(entry->d_name);
        if (xz_str_starts(name, XZ_STR("body-")) && xz_str_ends(name, XZ_STR(".part")))
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
    if (dir)
        closedir(dir);
}

/* Not busy: hands the next piece of work to a pool thread. */
static void spool_step(struct net_spool *spool)
{
    struct xz_request *req = spool->req;
    struct xz_buf written = spool->writing;

    xz_buf_clear(&written);
    spool->writing = spool->filling;
    spool->filling = written;
    spool->is_last = spool->is_finishing;
    spool->is_busy = true;
    uv_queue_work(&req->loop->uv, &spool->work, spool_work, spool_worked);
}

/* On a pool thread. The loop touches only `filling` and the flags of the next step meanwhile. */
static void spool_work(uv_work_t *work)
{
    struct net_spool *spool = work->data;
    xz_str rest = xz_buf_str(&spool->writing);

    if (spool->fd < 0)
        spool->fd = open(spool->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool failed = spool->fd < 0;
    while (!failed && rest.len) {
        ssize_t count = write(spool->fd, rest.ptr, rest.len);
        if (count > 0)
            rest = xz_str_sub(rest, (size_t)count, rest.len);
        failed = count < 0 && errno != EINTR;
    }
    if (spool->is_last && spool->fd >= 0) {
        failed = close(spool->fd) != 0 || failed;
        spool->fd = -1;
    }
    spool->work_failed = failed;
}

static void spool_worked(uv_work_t *work, int status)
{
    struct net_spool *spool = work->data;
    struct xz_request *req = spool->req;

    spool->is_busy = false;
    spool->is_closed = spool->is_last;
    spool->failed = spool->failed || spool->work_failed;
    if (!req) { /* discarded while it was written */
        uv_queue_work(work->loop, work, spool_remove, spool_removed);
        return;
    }
    net_conn_reads(req->conn, true);
    if (spool->is_closed)
        net_conn_body_done(req->conn);
    else if (spool->is_finishing || spool->filling.len)
        spool_step(spool);
}

/* On a pool thread. A handler may have moved the file to its place; then there is nothing here. */
static void spool_remove(uv_work_t *work)
{
    struct net_spool *spool = work->data;
    if (spool->fd >= 0)
        close(spool->fd);
    unlink(spool->path);
}

static void spool_removed(uv_work_t *work, int status)
{
    struct net_spool *spool = work->data;
    xz_buf_fini(&spool->filling);
    xz_buf_fini(&spool->writing);
    xz_free(spool->path);
    xz_free(spool);
}
