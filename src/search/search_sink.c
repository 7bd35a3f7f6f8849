/* Writing a segment image, section by section, into memory or straight into a file, so that a merge
 * of large segments needs no memory for its result. What stands in the sections is others'
 * business. */
#include "search/search_image_internal.h"

#include <fcntl.h>
#include <unistd.h>

#include "core/file.h"

#define SINK_CHUNK_BYTES (256 * 1024)

void search_sink_memory(struct search_sink *sink)
{
    static const uint8_t zero[sizeof(struct seg_header)];
    *sink = (struct search_sink){ .fd = -1 };
    search_sink_put(sink, zero, sizeof zero);
}

xz_err search_sink_file(struct search_sink *sink, const char *path)
{
    static const uint8_t zero[sizeof(struct seg_header)];
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return xz_fail(XZ_E_IO, "无法建立检索索引文件，请检查磁盘空间和目录权限");
    *sink = (struct search_sink){ .fd = fd };
    search_sink_put(sink, zero, sizeof zero);
    return XZ_OK;
}

static void sink_spill(struct search_sink *sink)
{
    size_t done = 0;
    sink->crc = xz_crc32c(sink->crc, sink->mem + sink->crc_from, sink->len - sink->crc_from);
    while (done < sink->len && !sink->failed) {
        ssize_t n = write(sink->fd, sink->mem + done, sink->len - done);
        if (n <= 0)
            sink->failed = true;
        else
            done += (size_t)n;
    }
    sink->at += sink->len;
    sink->len = sink->crc_from = 0;
}

void search_sink_put(struct search_sink *sink, const void *bytes, size_t count)
{
    if (sink->fd >= 0 && sink->len + count > SINK_CHUNK_BYTES)
        sink_spill(sink);
    if (sink->len + count > sink->room) {
        size_t room = XZ_MAX(sink->len + count, sink->room * 2);
        if (sink->fd >= 0)
            room = XZ_MAX(room, (size_t)SINK_CHUNK_BYTES);
        sink->mem = xz_realloc(sink->mem, room);
        sink->room = room;
    }
    if (count)
        memcpy(sink->mem + sink->len, bytes, count);
    sink->len += count;
}

static void sink_align(struct search_sink *sink)
{
    static const uint8_t zero[8];
    search_sink_put(sink, zero, (8 - ((sink->at + sink->len) & 7)) & 7);
}

void search_sink_begin(struct search_sink *sink, enum search_section section)
{
    sink_align(sink);
    sink->open = section;
    sink->head.sections[section].at = sink->at + sink->len;
    sink->crc_from = sink->len;
    sink->crc = 0;
}

size_t search_sink_at(const struct search_sink *sink)
{
    return (size_t)(sink->at + sink->len - sink->head.sections[sink->open].at);
}

void search_sink_end(struct search_sink *sink)
{
    struct seg_section *section = &sink->head.sections[sink->open];
    section->bytes = search_sink_at(sink);
    /* An image in memory is not read back from a disk that may lie: no checksum, puts are faster.
     */
    if (sink->fd >= 0)
        section->crc = xz_crc32c(sink->crc, sink->mem + sink->crc_from, sink->len - sink->crc_from);
    sink->crc_from = sink->len;
}

static void sink_head_fill(struct search_sink *sink)
{
    struct seg_header *head = &sink->head;
    memcpy(head->magic, "XZINDEX", 8);
    head->format = SEARCH_FORMAT;
    head->terms_version = XZ_TERMS_VERSION;
    head->has_crc = sink->fd >= 0;
    head->bytes = sink->at + sink->len;
    head->crc = 0;
    head->crc = xz_crc32c(0, head, sizeof *head);
}

xz_err search_sink_finish(struct search_sink *sink, uint8_t **image, size_t *bytes)
{
    sink_align(sink);
    sink_head_fill(sink);
    if (sink->fd < 0) {
        memcpy(sink->mem, &sink->head, sizeof sink->head);
        *image = xz_realloc(sink->mem, sink->len);
        *bytes = sink->len;
        sink->mem = NULL;
        return XZ_OK;
    }
    sink_spill(sink);
    if (pwrite(sink->fd, &sink->head, sizeof sink->head, 0) != (ssize_t)sizeof sink->head)
        sink->failed = true;
    if (fsync(sink->fd) != 0)
        sink->failed = true;
    bool failed = sink->failed;
    search_sink_abort(sink);
    return failed ? xz_fail(XZ_E_IO, "检索索引写入磁盘失败，请检查磁盘空间") : XZ_OK;
}

void search_sink_abort(struct search_sink *sink)
{
    if (sink->fd >= 0)
        close(sink->fd);
    sink->fd = -1;
    xz_free(sink->mem);
    sink->mem = NULL;
}
