/* Settings: the rows of core/config_rows.h filled from file, environment and flags, weakest first.
 * What a value means beyond its type and range is checked by whoever uses it. */
#include "core/config.h"

#include "core/file.h"

#define FILE_BYTES_MAX MIB(1)
#define ENV_PREFIX     "XIAOZHENG_"

enum value_type { TYPE_INT, TYPE_BOOL, TYPE_STR };

static const struct config_row {
    const char *key;
    enum value_type type;
    const char *initial;
    int64_t min, max;
    const char *unit, *help;
} rows[XZ_CONFIG_COUNT] = {
#define XZ_ROW(id, key, type, def, min, max, unit, help)                                           \
    [XZ_CFG_##id] = { key, TYPE_##type, def, min, max, unit, help },
    XZ_CONFIG_ROWS(XZ_ROW)
#undef XZ_ROW
};

struct xz_config {
    struct xz_arena *arena; /* owns the texts */
    struct {
        int64_t number;
        xz_str text;
        int file_line; /* where the file set it, 0 if it did not */
    } values[XZ_CONFIG_COUNT];
};

static xz_err load_defaults(struct xz_config *config);
static xz_err load_file(struct xz_config *config, const char *file);
static xz_err load_environment(struct xz_config *config);
static xz_err load_flags(struct xz_config *config, const char *const *flags, size_t flag_count);

xz_err xz_config_load(const char *file, const char *const *flags, size_t flag_count,
                      struct xz_config **config)
{
    struct xz_config *fresh = XZ_ALLOC(struct xz_config, 1);
    xz_err err;

    *config = NULL;
    fresh->arena = xz_arena_create(1024);
    if ((err = load_defaults(fresh)) != XZ_OK)
        goto out;
    if (file && (err = load_file(fresh, file)) != XZ_OK)
        goto out;
    if ((err = load_environment(fresh)) != XZ_OK)
        goto out;
    if ((err = load_flags(fresh, flags, flag_count)) != XZ_OK)
        goto out;
    *config = fresh;
    fresh = NULL;
out:
    xz_config_destroy(fresh);
    return err;
}

void xz_config_destroy(struct xz_config *config)
{
    if (!config)
        return;
    xz_arena_destroy(config->arena);
    xz_free(config);
}

int64_t xz_config_int(const struct xz_config *config, enum xz_config_key key)
{
    XZ_ASSERT((unsigned)key < XZ_CONFIG_COUNT && rows[key].type != TYPE_STR);
    return config->values[key].number;
}

xz_str xz_config_str(const struct xz_config *config, enum xz_config_key key)
{
    XZ_ASSERT((unsigned)key < XZ_CONFIG_COUNT && rows[key].type == TYPE_STR);
    return config->values[key].text;
}

static bool find_row(xz_str key, size_t *row)
{
    for (*row = 0; *row < XZ_CONFIG_COUNT; (*row)++) {
        if (xz_str_eq(key, xz_str_from(rows[*row].key)))
            return true;
    }
    return false;
}

static bool read_bool(xz_str text, int64_t *value)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = { { "true", true },   { "yes", true }, { "on", true },   { "1", true },
                  { "false", false }, { "no", false }, { "off", false }, { "0", false } };

    for (size_t i = 0; i < XZ_COUNT(words); i++) {
        if (xz_str_eq_nocase(text, xz_str_from(words[i].word))) {
            *value = words[i].value;
            return true;
        }
    }
    return false;
}

/* `origin` is put before the words of a refusal ("xiaozheng.conf 第 3 行"). Values are not
 * repeated there: a later row may be a secret. */
static xz_err set_value(struct xz_config *config, size_t row, xz_str text, const char *origin)
{
    const struct config_row *rule = &rows[row];
    int64_t number = 0;

    switch (rule->type) {
    case TYPE_INT:
        if (!xz_str_to_int(text, &number))
            return xz_fail(XZ_E_INPUT, "%s：%s 应为整数", origin, rule->key);
        if (number < rule->min || number > rule->max)
            return xz_fail(XZ_E_INPUT, "%s：%s 超出范围，应在 %lld 至 %lld 之间", origin, rule->key,
                           (long long)rule->min, (long long)rule->max);
        break;
    case TYPE_BOOL:
        if (!read_bool(text, &number))
            return xz_fail(XZ_E_INPUT, "%s：%s 应为 true 或 false", origin, rule->key);
        break;
    case TYPE_STR:
        if ((int64_t)text.len < rule->min || (int64_t)text.len > rule->max)
            return xz_fail(XZ_E_INPUT, "%s：%s 的长度应在 %lld 至 %lld 字节之间", origin, rule->key,
                           (long long)rule->min, (long long)rule->max);
        break;
    }
    config->values[row].number = number;
    config->values[row].text = xz_str_copy(config->arena, text);
    return XZ_OK;
}

static xz_err load_defaults(struct xz_config *config)
{
    for (size_t row = 0; row < XZ_CONFIG_COUNT; row++) {
        xz_err err = set_value(config, row, xz_str_from(rows[row].initial), "默认值");
        if (err != XZ_OK)
            return err;
    }
    return XZ_OK;
}

/* "key = value". False when there is no "=". */
static bool cut_pair(xz_str line, xz_str *key, xz_str *value)
{
    if (xz_str_find(line, XZ_STR("=")) == XZ_STR_NPOS)
        return false;
    *value = line;
    *key = xz_str_trim(xz_str_cut(value, '='));
    *value = xz_str_trim(*value);
    return true;
}

static xz_err load_line(struct xz_config *config, xz_str line, const char *file, int number)
{
    xz_str key, value;
    size_t row;
    xz_str origin = xz_str_format(config->arena, "%s 第 %d 行", file, number);

    if (memchr(line.ptr, '\0', line.len))
        return xz_fail(XZ_E_INPUT, "%s：含有空字符", origin.ptr);
    if (!cut_pair(line, &key, &value))
        return xz_fail(XZ_E_INPUT, "%s：应写成“名称 = 值”", origin.ptr);
    if (!find_row(key, &row))
        return xz_fail(XZ_E_INPUT, "%s：没有名为“%.*s”的设置", origin.ptr,
                       (int)XZ_MIN(key.len, (size_t)64), key.ptr);
    /* Two lines for one setting are a forgotten edit: guessing which was meant helps nobody. */
    if (config->values[row].file_line)
        return xz_fail(XZ_E_INPUT, "%s：%s 已在第 %d 行设置过", origin.ptr, rows[row].key,
                       config->values[row].file_line);
    config->values[row].file_line = number;
    return set_value(config, row, value, origin.ptr);
}

static xz_err load_file(struct xz_config *config, const char *file)
{
    struct xz_buf buf;
    int number = 0;

    xz_buf_init(&buf, (size_t)FILE_BYTES_MAX);
    xz_err err = xz_file_read(file, &buf);
    if (err != XZ_OK)
        err = xz_fail(XZ_E_IO, "读取配置文件失败：%s", xz_fail_detail());
    xz_str rest = xz_buf_str(&buf);
    if (xz_str_starts(rest, XZ_STR("\uFEFF"))) /* Windows editors put it there */
        rest = xz_str_sub(rest, 3, rest.len);
    while (err == XZ_OK && rest.len) {
        xz_str line = xz_str_trim(xz_str_cut(&rest, '\n'));
        number++;
        if (line.len && line.ptr[0] != '#')
            err = load_line(config, line, file, number);
    }
    xz_buf_fini(&buf);
    return err;
}

/* net.port -> XIAOZHENG_NET_PORT */
static void environment_name(const char *key, char *name, size_t room)
{
    XZ_ASSERT(strlen(key) + sizeof(ENV_PREFIX) <= room);
    snprintf(name, room, "%s%s", ENV_PREFIX, key);
    for (char *at = name + strlen(ENV_PREFIX); *at; at++) {
        if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - 'a' + 'A');
        else if (*at == '.')
            *at = '_';
    }
}

static xz_err load_environment(struct xz_config *config)
{
    char name[128], origin[160];

    for (size_t row = 0; row < XZ_CONFIG_COUNT; row++) {
        environment_name(rows[row].key, name, sizeof(name));
        const char *value = getenv(name);
        if (!value)
            continue;
        snprintf(origin, sizeof(origin), "环境变量 %s", name);
        xz_err err = set_value(config, row, xz_str_trim(xz_str_from(value)), origin);
        if (err != XZ_OK)
            return err;
    }
    return XZ_OK;
}

static xz_err load_flags(struct xz_config *config, const char *const *flags, size_t flag_count)
{
    for (size_t i = 0; i < flag_count; i++) {
        xz_str key, value;
        size_t row;
        if (!cut_pair(xz_str_from(flags[i]), &key, &value))
            return xz_fail(XZ_E_INPUT, "命令行：--set 之后应写成“名称=值”");
        if (!find_row(key, &row))
            return xz_fail(XZ_E_INPUT, "命令行：没有名为“%.*s”的设置",
                           (int)XZ_MIN(key.len, (size_t)64), key.ptr);
        xz_err err = set_value(config, row, value, "命令行");
        if (err != XZ_OK)
            return err;
    }
    return XZ_OK;
}

static void print_range(const struct config_row *row, struct xz_buf *out)
{
    if (row->unit[0])
        xz_buf_addf(out, "单位：%s；", row->unit);
    if (row->type == TYPE_INT)
        xz_buf_addf(out, "范围：%lld 至 %lld；", (long long)row->min, (long long)row->max);
    else if (row->type == TYPE_BOOL)
        xz_buf_add_lit(out, "取值：true 或 false；");
    else
        xz_buf_addf(out, "最长 %lld 字节；", (long long)row->max);
    xz_buf_addf(out, "默认：%s\n", row->initial[0] ? row->initial : "空");
}

void xz_config_print_sample(struct xz_buf *out)
{
    char name[128];

    xz_buf_add_lit(out, "# 小政配置文件。以 # 开头的行是说明；每行写一项“名称 = 值”。\n"
                        "# 同一设置：命令行 --set 优先于环境变量，环境变量优先于本文件。\n");
    for (size_t i = 0; i < XZ_CONFIG_COUNT; i++) {
        environment_name(rows[i].key, name, sizeof(name));
        xz_buf_addf(out, "\n# %s\n# ", rows[i].help);
        print_range(&rows[i], out);
        xz_buf_addf(out, "# 环境变量：%s\n%s =%s%s\n", name, rows[i].key,
                    rows[i].initial[0] ? " " : "", rows[i].initial);
    }
}
