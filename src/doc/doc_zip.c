/* Archives through libzip, out of a file or memory, with every name checked and every inflated byte
 * counted. What members mean is left to others; nothing is ever written by a member's name. */
#include "doc/doc_office_internal.h"

#include <stdlib.h>
#include <zip.h>

#define PIECE_BYTES       ((size_t)KIB(64))
#define ARCHIVE_BYTES_MIN 22 /* the end record */
#define NAME_BYTES_MAX    1000
#define SHOWN_CHARS       60
#define EXTRA_UTF8_NAME   0x7075 /* Info-ZIP Unicode Path */
#define EXTRA_NAME_FRONT  5      /* version and checksum before the name */

struct doc_zip {
    zip_t *zip;
    struct doc_source *source;
    int64_t source_bytes, at; /* of libzip's reading */
    int64_t inflated;
    struct xz_arena *arena;
    struct doc_part *parts; /* by name */
    size_t count;
    zip_error_t error;
};

/* --- libzip's view of our source --- */

static zip_int64_t seek_to(struct doc_zip *zip, void *data, zip_uint64_t len)
{
    zip_int64_t to = zip_source_seek_compute_offset(
        (zip_uint64_t)zip->at, (zip_uint64_t)zip->source_bytes, data, len, &zip->error);
    if (to >= 0)
        zip->at = to;
    return to < 0 ? -1 : 0;
}

static zip_int64_t read_some(struct doc_zip *zip, void *data, zip_uint64_t len)
{
    size_t got = 0;
    if (doc_source_read(zip->source, zip->at, data, (size_t)len, &got) != XZ_OK) {
        zip_error_set(&zip->error, ZIP_ER_READ, 0);
        return -1;
    }
    zip->at += (int64_t)got;
    return (zip_int64_t)got;
}

static zip_int64_t source_call(void *arg, void *data, zip_uint64_t len, zip_source_cmd_t command)
{
    struct doc_zip *zip = arg;
    zip_stat_t *stat = data;
    switch (command) {
    case ZIP_SOURCE_OPEN:
        zip->at = 0;
        return 0;
    case ZIP_SOURCE_READ:
        return read_some(zip, data, len);
    case ZIP_SOURCE_STAT:
        zip_stat_init(stat);
        stat->size = (zip_uint64_t)zip->source_bytes;
        stat->valid = ZIP_STAT_SIZE;
        return sizeof(*stat);
    case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&zip->error, data, len);
    case ZIP_SOURCE_SEEK:
        return seek_to(zip, data, len);
    case ZIP_SOURCE_TELL:
        return zip->at;
    case ZIP_SOURCE_SUPPORTS:
        return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE,
                                              ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE,
                                              ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, -1);
    case ZIP_SOURCE_CLOSE:
    case ZIP_SOURCE_FREE:
        return 0;
    default:
        zip_error_set(&zip->error, ZIP_ER_OPNOTSUPP, 0);
        return -1;
    }
}

/* --- names --- */

/* Windows writes names in GBK without saying so; newer tools say UTF-8 or add it as an extra. */
static xz_err name_decode(struct doc_zip *zip, zip_uint64_t index, xz_str raw, xz_str *name)
{
    zip_uint16_t len = 0;
    const zip_uint8_t *extra = zip_file_extra_field_get_by_id(zip->zip, index, EXTRA_UTF8_NAME, 0,
                                                              &len, ZIP_FL_CENTRAL);
    xz_str better = XZ_STR_NONE;
    if (extra && len > EXTRA_NAME_FRONT)
        better = (xz_str){ (const char *)extra + EXTRA_NAME_FRONT, len - EXTRA_NAME_FRONT };
    if (better.len && xz_utf8_valid(better))
        raw = better;
    if (xz_utf8_valid(raw)) {
        *name = xz_str_copy(zip->arena, raw);
        return XZ_OK;
    }
    struct xz_buf utf8;
    xz_buf_init(&utf8, NAME_BYTES_MAX * 3);
    struct xz_decoder *decoder = xz_decoder_create(XZ_ENC_GB18030);
    xz_err err = xz_decoder_feed(decoder, raw, true, &utf8);
    xz_decoder_destroy(decoder);
    *name = xz_str_copy(zip->arena, xz_buf_str(&utf8));
    xz_buf_fini(&utf8);
    return err == XZ_OK ? XZ_OK : xz_fail(XZ_E_INPUT, "压缩包里有文件名无法识别，文件未导入");
}

static bool name_is_sound(xz_str name)
{
    if (!name.len || name.ptr[0] == '/' || (name.len > 1 && name.ptr[1] == ':'))
        return false;
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.ptr[i] < 0x20 || name.ptr[i] == 0x7f)
            return false;
    while (name.len) {
        xz_str part = xz_str_cut(&name, '/');
        bool last = name.len == 0;
        if (xz_str_eq(part, XZ_STR(".")) || xz_str_eq(part, XZ_STR("..")) || (!part.len && !last))
            return false;
    }
    return true;
}

static xz_err part_read(struct doc_zip *zip, zip_uint64_t index, struct doc_part *part)
{
    zip_stat_t stat;
    xz_err err;
    const char *raw = zip_get_name(zip->zip, index, ZIP_FL_ENC_RAW);
    if (!raw || zip_stat_index(zip->zip, index, 0, &stat) != 0 || strlen(raw) > NAME_BYTES_MAX)
        return xz_fail(XZ_E_INPUT, "文件已损坏：压缩包的目录有误；请重新取得原文件后再导入");
    if ((err = name_decode(zip, index, xz_str_from(raw), &part->name)) != XZ_OK)
        return err;
    char *letters = (char *)part->name.ptr; /* ours: a copy in the arena */
    for (size_t i = 0; i < part->name.len; i++)
        letters[i] = letters[i] == '\\' ? '/' : letters[i];
    if (!name_is_sound(part->name))
        return xz_fail(XZ_E_INPUT,
                       "压缩包里有指向包外的文件名“%.*s”，可能有恶意，文件未导入；请核实来源",
                       XZ_STR_ARG(xz_utf8_head(part->name, SHOWN_CHARS)));
    part->index = index;
    part->bytes = stat.valid & ZIP_STAT_SIZE ? (int64_t)XZ_MIN(stat.size, (zip_uint64_t)INT64_MAX)
                                             : 0;
    part->folder = xz_str_ends(part->name, XZ_STR("/"));
    if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) && stat.encryption_method != ZIP_EM_NONE)
        return xz_fail(XZ_E_INPUT,
                       "压缩包设有密码，不能读取；请去掉密码后重新压缩，或解开后再导入");
    if (!part->folder && (stat.valid & ZIP_STAT_COMP_METHOD) && stat.comp_method != ZIP_CM_STORE &&
        stat.comp_method != ZIP_CM_DEFLATE)
        return xz_fail(XZ_E_INPUT, "压缩包里“%.*s”的压缩方式不能读取；请用普通的 zip 方式重新压缩",
                       XZ_STR_ARG(xz_utf8_head(part->name, SHOWN_CHARS)));
    return XZ_OK;
}

/* ASCII letters alike, as in Office packages; other names differ by their bytes. */
static int name_compare(xz_str a, xz_str b)
{
    size_t len = XZ_MIN(a.len, b.len);
    for (size_t i = 0; i < len; i++) {
        int x = (unsigned char)a.ptr[i], y = (unsigned char)b.ptr[i];
        x += x >= 'A' && x <= 'Z' ? 32 : 0;
        y += y >= 'A' && y <= 'Z' ? 32 : 0;
        if (x != y)
            return x - y;
    }
    return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

static int part_compare(const void *a, const void *b)
{
    const struct doc_part *x = a, *y = b;
    int order = name_compare(x->name, y->name);
    return order ? order : xz_str_compare(x->name, y->name);
}

static xz_err parts_read(struct doc_zip *zip)
{
    zip_int64_t count = zip_get_num_entries(zip->zip, 0);
    xz_err err = XZ_OK;
    if (count > DOC_ZIP_MEMBERS_MAX)
        return xz_fail(XZ_E_LIMIT, "压缩包里有 %lld 个文件，超过 %d 个，请分成几个压缩包",
                       (long long)count, DOC_ZIP_MEMBERS_MAX);
    zip->count = (size_t)XZ_MAX(count, 0);
    zip->parts = XZ_NEW(zip->arena, struct doc_part, zip->count + 1);
    for (size_t i = 0; i < zip->count && err == XZ_OK; i++)
        err = part_read(zip, i, &zip->parts[i]);
    if (err != XZ_OK)
        return err;
    qsort(zip->parts, zip->count, sizeof(*zip->parts), part_compare);
    for (size_t i = 1; i < zip->count; i++)
        if (xz_str_eq(zip->parts[i - 1].name, zip->parts[i].name))
            return xz_fail(XZ_E_INPUT, "压缩包里有两个同名的“%.*s”，无法判断以哪个为准，文件未导入",
                           XZ_STR_ARG(xz_utf8_head(zip->parts[i].name, SHOWN_CHARS)));
    return XZ_OK;
}

static xz_err open_failed(const zip_error_t *error)
{
    if (zip_error_code_zip(error) == ZIP_ER_MEMORY)
        return xz_fail(XZ_E_LIMIT, "压缩包的目录太大，文件异常，未导入");
    return xz_fail(XZ_E_INPUT, "文件不完整或已损坏，打不开；请重新取得原文件后再导入");
}

xz_err doc_zip_open(struct doc_source *source, struct doc_zip **made)
{
    struct doc_zip *zip = XZ_ALLOC(struct doc_zip, 1);
    zip_error_t error;
    xz_err err;

    *made = NULL;
    zip->source = source;
    zip->arena = xz_arena_create((size_t)KIB(16));
    zip_error_init(&zip->error);
    zip_error_init(&error);
    if ((err = doc_source_bytes(source, &zip->source_bytes)) != XZ_OK) {
        doc_zip_close(zip);
        return err;
    }
    /* To libzip nothing at all is an archive of nothing. */
    zip_source_t *view = zip->source_bytes >= ARCHIVE_BYTES_MIN
                             ? zip_source_function_create(source_call, zip, &error)
                             : NULL;
    zip->zip = view ? zip_open_from_source(view, ZIP_RDONLY, &error) : NULL;
    if (!zip->zip) {
        err = open_failed(&error);
        if (view)
            zip_source_free(view);
    } else {
        err = parts_read(zip);
    }
    zip_error_fini(&error);
    if (err != XZ_OK)
        doc_zip_close(zip);
    else
        *made = zip;
    return err;
}

void doc_zip_close(struct doc_zip *zip)
{
    if (!zip)
        return;
    if (zip->zip)
        zip_discard(zip->zip);
    zip_error_fini(&zip->error);
    xz_arena_destroy(zip->arena);
    xz_free(zip);
}

size_t doc_zip_count(const struct doc_zip *zip)
{
    return zip->count;
}

const struct doc_part *doc_zip_part(const struct doc_zip *zip, size_t i)
{
    XZ_ASSERT(i < zip->count);
    return &zip->parts[i];
}

const struct doc_part *doc_zip_find(const struct doc_zip *zip, xz_str name)
{
    size_t low = 0, high = zip->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = name_compare(zip->parts[middle].name, name);
        if (order == 0)
            return &zip->parts[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static xz_err inflated_count(struct doc_zip *zip, int64_t bytes)
{
    zip->inflated += bytes;
    if (zip->inflated > DOC_ZIP_RATIO_FREE && zip->inflated / DOC_ZIP_RATIO_MAX > zip->source_bytes)
        return xz_fail(XZ_E_INPUT,
                       "文件解开后大得反常（压缩炸弹），可能有恶意，未导入；请核实来源");
    if (zip->inflated > DOC_ZIP_BYTES_MAX)
        return xz_fail(XZ_E_LIMIT, "文件解开后超过 %lld MiB，请拆分后再导入",
                       (long long)(DOC_ZIP_BYTES_MAX / MIB(1)));
    return XZ_OK;
}

xz_err doc_zip_read(struct doc_zip *zip, const struct doc_part *part,
                    xz_err (*each)(void *arg, xz_str piece), void *arg)
{
    zip_file_t *file = zip_fopen_index(zip->zip, part->index, 0);
    xz_err err = XZ_OK;
    if (!file)
        return xz_fail(XZ_E_INPUT, "文件已损坏：“%.*s”读不出来；请重新取得原文件后再导入",
                       XZ_STR_ARG(xz_utf8_head(part->name, SHOWN_CHARS)));
    char *piece = xz_alloc(PIECE_BYTES, 1);
    for (;;) {
        zip_int64_t got = zip_fread(file, piece, PIECE_BYTES);
        if (got < 0)
            err = xz_fail(XZ_E_INPUT,
                          "文件已损坏：“%.*s”的内容与校验不符；请重新取得原文件后再导入",
                          XZ_STR_ARG(xz_utf8_head(part->name, SHOWN_CHARS)));
        if (got <= 0 || (err = inflated_count(zip, got)) != XZ_OK ||
            (err = each(arg, (xz_str){ piece, (size_t)got })) != XZ_OK)
            break;
    }
    zip_fclose(file);
    xz_free(piece);
    return err;
}
