/* The encoder behind a table of engines: the package's C source is compiled once for each set of
 * instructions, and the best one that this processor has is taken. Quantising and comparing the
 * vectors is ours. */
#include "embed/embed.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define EMBED_TAG 0x454d4244u

/* The package's functions under the names that meson.build gives them. */
struct e5_model;
#define ENGINE(suffix)                                                                             \
    struct e5_model *e5_load_mem_##suffix(const void *data, size_t size);                          \
    void e5_free_##suffix(struct e5_model *model);                                                 \
    int e5_dim_##suffix(const struct e5_model *model);                                             \
    int e5_embed_##suffix(struct e5_model *model, const char *text, int is_query, float *out);
#ifdef XZ_EMBED_PLAIN
ENGINE(plain)
#endif
#ifdef XZ_EMBED_AVX2
ENGINE(avx2)
#endif

struct engine {
    struct e5_model *(*load)(const void *data, size_t size);
    void (*free)(struct e5_model *model);
    int (*dim)(const struct e5_model *model);
    int (*embed)(struct e5_model *model, const char *text, int is_query, float *out);
};

static const struct engine *engine_best(void)
{
#ifdef XZ_EMBED_AVX2
    static const struct engine avx2 = { e5_load_mem_avx2, e5_free_avx2, e5_dim_avx2,
                                        e5_embed_avx2 };
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &avx2;
#endif
#ifdef XZ_EMBED_PLAIN
    static const struct engine plain = { e5_load_mem_plain, e5_free_plain, e5_dim_plain,
                                         e5_embed_plain };
    return &plain;
#else
    return NULL;
#endif
}

struct xz_embed {
    uint32_t tag;
    const struct engine *engine;
    struct e5_model *model;
    void *map;
    size_t map_bytes;
    int64_t id;
};

/* The whole file, private and read-only. */
static xz_err map_open(const char *path, struct xz_embed *embed)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return xz_fail(errno == ENOENT ? XZ_E_MISSING : XZ_E_IO, "无法打开语义模型文件 %s：%s",
                       path, strerror(errno));
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size < 4096) {
        close(fd);
        return xz_fail(XZ_E_INPUT, "语义模型文件 %s 不完整，请重新安装。", path);
    }
    embed->map_bytes = (size_t)status.st_size;
    embed->map = mmap(NULL, embed->map_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (embed->map != MAP_FAILED)
        return XZ_OK;
    embed->map = NULL;
    return xz_fail(XZ_E_IO, "无法映射语义模型文件 %s：%s", path, strerror(errno));
}

/* Told from the size and samples of the file: reading all of it would bring it into memory. */
static int64_t id_of(const struct xz_embed *embed)
{
    const char *bytes = embed->map;
    uint64_t id = xz_str_hash((xz_str){ bytes, 4096 }) ^ embed->map_bytes;
    for (size_t i = 1; i < 8; i++)
        id = id * 31 + xz_str_hash((xz_str){ bytes + embed->map_bytes / 8 * i, 256 });
    return (int64_t)(id >> 1);
}

xz_err xz_embed_open(const char *path, struct xz_embed **out)
{
    const struct engine *engine = engine_best();
    struct xz_embed *embed;
    xz_err err;

    if (!engine)
        return xz_fail(XZ_E_MISSING, "本程序构建时没有带语义模型，按字词匹配。");
    embed = XZ_ALLOC(struct xz_embed, 1);
    embed->tag = EMBED_TAG;
    embed->engine = engine;
    if ((err = map_open(path, embed)) != XZ_OK)
        goto out;
    if (memcmp(embed->map, "E5S1", 4) != 0) {
        err = xz_fail(XZ_E_INPUT, "%s 不是语义模型文件，请重新安装。", path);
        goto out;
    }
    embed->model = engine->load(embed->map, embed->map_bytes);
    if (!embed->model || engine->dim(embed->model) != XZ_EMBED_DIM) {
        err = xz_fail(XZ_E_INPUT, "语义模型文件 %s 与本程序不匹配，请重新安装。", path);
        goto out;
    }
    embed->id = id_of(embed);
    *out = embed;
    return XZ_OK;
out:
    xz_embed_close(embed);
    return err;
}

void xz_embed_close(struct xz_embed *embed)
{
    if (!embed)
        return;
    XZ_TAG_CHECK(embed, EMBED_TAG);
    if (embed->model)
        embed->engine->free(embed->model);
    if (embed->map)
        munmap(embed->map, embed->map_bytes);
    embed->tag = 0;
    xz_free(embed);
}

int64_t xz_embed_model(const struct xz_embed *embed)
{
    XZ_TAG_CHECK(embed, EMBED_TAG);
    return embed->id;
}

static void quantise(const float *from, struct xz_vector *to)
{
    float most = 0;
    for (size_t i = 0; i < XZ_EMBED_DIM; i++)
        most = XZ_MAX(most, fabsf(from[i]));
    to->scale = most > 0 ? most / 127.0f : 1.0f;
    for (size_t i = 0; i < XZ_EMBED_DIM; i++)
        to->v[i] = (int8_t)lrintf(from[i] / to->scale);
}

static void text_embed(const struct xz_embed *embed, xz_str text, int is_question,
                       struct xz_vector *vector)
{
    char copy[XZ_EMBED_TEXT_BYTES_MAX + 1];
    float values[XZ_EMBED_DIM];

    XZ_TAG_CHECK(embed, EMBED_TAG);
    text.len = XZ_MIN(text.len, (size_t)XZ_EMBED_TEXT_BYTES_MAX);
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    embed->engine->embed(embed->model, copy, is_question, values);
    quantise(values, vector);
}

void xz_embed_question(const struct xz_embed *embed, xz_str text, struct xz_vector *vector)
{
    text_embed(embed, text, 1, vector);
}

void xz_embed_answer(const struct xz_embed *embed, xz_str text, struct xz_vector *vector)
{
    text_embed(embed, text, 0, vector);
}

float xz_vector_cosine(const struct xz_vector *a, const struct xz_vector *b)
{
    int32_t sum = 0; /* at most 384 * 127 * 127 */
    for (size_t i = 0; i < XZ_EMBED_DIM; i++)
        sum += (int32_t)a->v[i] * (int32_t)b->v[i];
    return (float)sum * a->scale * b->scale;
}
