/* Opening segment images: every offset and count of the header is checked before anything is read
 * through it; contents of posting lists are checked where they are decoded (search_list.c). */
#include "search/search_image_internal.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"

/* Bytes of one item of a section, and whether there is one item per document. */
static const struct {
    uint8_t bytes;
    bool per_doc;
} segment_rows[SEC_COUNT] = {
    [SEC_TERMS] = { sizeof(struct seg_term), false },
    [SEC_POSTINGS] = { 1, false },
    [SEC_RUNS] = { sizeof(struct seg_run), false },
    [SEC_ID] = { 8, true },
    [SEC_ENTRY] = { 8, true },
    [SEC_FAMILY] = { 8, true },
    [SEC_REGION] = { 4, true },
    [SEC_DEPARTMENT] = { 4, true },
    [SEC_FROM] = { 4, true },
    [SEC_UNTIL] = { 4, true },
    [SEC_VISIBILITY] = { 1, true },
    [SEC_KIND] = { 1, true },
    [SEC_FLAGS] = { 1, true },
    [SEC_LENGTH] = { sizeof(struct seg_length), true },
    [SEC_TEXT_AT] = { 4, false },
    [SEC_TEXT] = { 2, false },
};

static bool segment_head_ok(const struct seg_header *head, size_t bytes)
{
    struct seg_header copy = *head;
    copy.crc = 0;
    return memcmp(head->magic, "XZINDEX", 8) == 0 && head->format == SEARCH_FORMAT &&
           head->terms_version == XZ_TERMS_VERSION && head->bytes == bytes &&
           head->docs <= SEARCH_DOCS_MAX && head->weighted_sum <= 1e15 &&
           /* A sum of whole numbers: what lies between 0 and 1 would make norms that are not
              finite. */
           (head->weighted_sum == 0 || head->weighted_sum >= 1) &&
           xz_crc32c(0, &copy, sizeof copy) == head->crc;
}

static bool segment_sections_ok(const struct seg_header *head)
{
    for (int s = 0; s < SEC_COUNT; s++) {
        const struct seg_section *sec = &head->sections[s];
        if (sec->at < sizeof *head || sec->at % 8 || sec->at > head->bytes ||
            sec->bytes > head->bytes - sec->at || sec->bytes % segment_rows[s].bytes)
            return false;
        if (segment_rows[s].per_doc && sec->bytes != (uint64_t)head->docs * segment_rows[s].bytes)
            return false;
    }
    return head->sections[SEC_TERMS].bytes == (uint64_t)head->terms * sizeof(struct seg_term) &&
           head->sections[SEC_POSTINGS].bytes >= SEARCH_PAD_BYTES &&
           head->sections[SEC_POSTINGS].bytes <= UINT32_MAX &&
           head->sections[SEC_TEXT_AT].bytes == 4 * ((uint64_t)head->docs + 1);
}

/* Runs and text offsets are used without further checks. */
static bool segment_tables_ok(const struct search_segment *seg)
{
    uint64_t units = seg->head->sections[SEC_TEXT].bytes / 2;
    for (uint32_t d = 0; d < seg->head->docs; d++)
        if (seg->text_at[d] > seg->text_at[d + 1])
            return false;
    if (seg->text_at[seg->head->docs] > units)
        return false;
    for (size_t i = 0; i < seg->run_count; i++) {
        const struct seg_run *run = &seg->runs[i];
        if (run->first > seg->head->docs || run->count > seg->head->docs - run->first ||
            (i && seg->runs[i - 1].entry >= run->entry))
            return false;
    }
    return true;
}

static bool segment_view(struct search_segment *seg)
{
    const struct seg_header *head = (const void *)seg->image;
    seg->head = head;
    if (seg->bytes < sizeof *head || !segment_head_ok(head, seg->bytes) ||
        !segment_sections_ok(head))
        return false;
#define SECTION(s) ((const void *)(seg->image + head->sections[s].at))
    seg->terms = SECTION(SEC_TERMS);
    seg->postings = SECTION(SEC_POSTINGS);
    seg->postings_bytes = (size_t)head->sections[SEC_POSTINGS].bytes - SEARCH_PAD_BYTES;
    seg->runs = SECTION(SEC_RUNS);
    seg->run_count = (size_t)(head->sections[SEC_RUNS].bytes / sizeof(struct seg_run));
    seg->id = SECTION(SEC_ID);
    seg->entry = SECTION(SEC_ENTRY);
    seg->family = SECTION(SEC_FAMILY);
    seg->region = SECTION(SEC_REGION);
    seg->department = SECTION(SEC_DEPARTMENT);
    seg->from = SECTION(SEC_FROM);
    seg->until = SECTION(SEC_UNTIL);
    seg->visibility = SECTION(SEC_VISIBILITY);
    seg->kind = SECTION(SEC_KIND);
    seg->flags = SECTION(SEC_FLAGS);
    seg->length = SECTION(SEC_LENGTH);
    seg->text_at = SECTION(SEC_TEXT_AT);
    seg->text = SECTION(SEC_TEXT);
#undef SECTION
    return segment_tables_ok(seg);
}

xz_err search_segment_adopt(uint8_t *image, size_t bytes, struct search_segment **seg)
{
    struct search_segment *s = XZ_ALLOC(struct search_segment, 1);
    s->refs = 1;
    s->image = image;
    s->bytes = bytes;
    if (!segment_view(s)) {
        search_segment_unref(s);
        return xz_fail(XZ_E_IO, "检索索引段已损坏");
    }
    *seg = s;
    return XZ_OK;
}

/* Reads through a small buffer: checking by the mapping would make the whole file resident. */
static bool segment_file_crc_ok(int fd, const struct seg_header *head)
{
    enum { CHUNK = 256 * 1024 };
    uint8_t *chunk = xz_alloc(1, CHUNK);
    bool ok = true;
    for (int s = 0; s < SEC_COUNT && ok; s++) {
        uint64_t at = head->sections[s].at, left = head->sections[s].bytes;
        uint32_t crc = 0;
        while (left && ok) {
            ssize_t n = pread(fd, chunk, (size_t)XZ_MIN(left, (uint64_t)CHUNK), (off_t)at);
            ok = n > 0;
            if (!ok)
                break;
            crc = xz_crc32c(crc, chunk, (size_t)n);
            at += (uint64_t)n;
            left -= (uint64_t)n;
        }
        ok = ok && crc == head->sections[s].crc;
    }
    xz_free(chunk);
    return ok;
}

static xz_err segment_map_fd(int fd, int64_t file, struct search_segment **seg)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size < (off_t)sizeof(struct seg_header))
        return xz_fail(XZ_E_IO, "检索索引文件不完整");
    size_t bytes = (size_t)st.st_size;
    void *image = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (image == MAP_FAILED)
        return xz_fail(XZ_E_IO, "检索索引文件无法映射到内存");
    struct search_segment *s = XZ_ALLOC(struct search_segment, 1);
    *s = (struct search_segment){
        .refs = 1, .image = image, .bytes = bytes, .mapped = true, .file = file
    };
    if (!segment_view(s) || !s->head->has_crc || !segment_file_crc_ok(fd, s->head)) {
        search_segment_unref(s);
        return xz_fail(XZ_E_IO, "检索索引文件已损坏或版本不符");
    }
    *seg = s;
    return XZ_OK;
}

xz_err search_segment_map(const char *path, int64_t file, struct search_segment **seg)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return xz_fail(XZ_E_IO, "检索索引文件缺失");
    xz_err err = segment_map_fd(fd, file, seg);
    close(fd);
    return err;
}

void search_segment_ref(struct search_segment *seg)
{
    atomic_fetch_add_explicit(&seg->refs, 1, memory_order_relaxed);
}

void search_segment_unref(struct search_segment *seg)
{
    if (!seg || atomic_fetch_sub_explicit(&seg->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (seg->mapped)
        munmap((void *)seg->image, seg->bytes);
    else
        xz_free((void *)seg->image);
    xz_free(seg);
}

bool search_segment_crc_ok(const struct search_segment *seg)
{
    for (int s = 0; s < SEC_COUNT && seg->head->has_crc; s++) {
        const struct seg_section *sec = &seg->head->sections[s];
        if (xz_crc32c(0, seg->image + sec->at, (size_t)sec->bytes) != sec->crc)
            return false;
    }
    return true;
}

void search_segment_cool(const struct search_segment *seg)
{
    if (seg->mapped)
        (void)madvise((void *)seg->image, seg->bytes, MADV_DONTNEED);
}

/* Hashes are spread evenly: interpolation finds the neighbourhood in two or three probes. */
const struct seg_term *search_segment_term(const struct search_segment *seg, uint64_t hash)
{
    size_t low = 0, high = seg->head->terms;
    uint64_t low_hash = 0, high_hash = UINT64_MAX;
    while (high - low > 16) {
        size_t mid = low + (size_t)((double)(hash - low_hash) /
                                    ((double)(high_hash - low_hash) + 1.0) * (double)(high - low));
        mid = XZ_MIN(XZ_MAX(mid, low + 1), high - 2);
        uint64_t at = seg->terms[mid].hash;
        if (at == hash)
            return &seg->terms[mid];
        if (at < hash) {
            low = mid + 1;
            low_hash = at;
        } else {
            high = mid;
            high_hash = at;
        }
    }
    for (; low < high; low++)
        if (seg->terms[low].hash == hash)
            return &seg->terms[low];
    return NULL;
}

const struct seg_run *search_segment_run(const struct search_segment *seg, int64_t entry)
{
    size_t low = 0, high = seg->run_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (seg->runs[mid].entry < entry)
            low = mid + 1;
        else
            high = mid;
    }
    return low < seg->run_count && seg->runs[low].entry == entry ? &seg->runs[low] : NULL;
}

struct xz_search_attr search_attr(const struct search_segment *seg, uint32_t doc)
{
    return (struct xz_search_attr){
        .visibility = seg->visibility[doc],
        .kind = seg->kind[doc],
        .flags = seg->flags[doc],
        .region = seg->region[doc],
        .department = seg->department[doc],
        .from = seg->from[doc],
        .until = seg->until[doc] == INT32_MAX ? 0 : seg->until[doc],
        .family = seg->family[doc],
    };
}
