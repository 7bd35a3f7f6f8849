/* Text for people on a terminal: columns of double-width characters, wrapping, numbers, and
 * failures said once. What is printed is decided by the commands. */
#include "app/cli/cli_internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "text/text.h"

#define LINE_COLUMNS_MAX 100 /* longer lines of Chinese are hard to follow */

static const struct {
    uint32_t from, to;
} wide_ranges[] = {
    { 0x1100, 0x115F },   { 0x2E80, 0x303E }, { 0x3041, 0x33FF }, { 0x3400, 0x4DBF },
    { 0x4E00, 0x9FFF },   { 0xA000, 0xA4CF }, { 0xAC00, 0xD7A3 }, { 0xF900, 0xFAFF },
    { 0xFE30, 0xFE6F },   { 0xFF00, 0xFF60 }, { 0xFFE0, 0xFFE6 }, { 0x1F300, 0x1FAFF },
    { 0x20000, 0x3FFFD },
};

static size_t code_width(uint32_t code)
{
    if (code < 0x1100)
        return code >= 0x300 && code <= 0x36F ? 0 : 1;
    if ((code >= 0x200B && code <= 0x200F) || (code >= 0xFE00 && code <= 0xFE0F))
        return 0;
    for (size_t i = 0; i < XZ_COUNT(wide_ranges); i++)
        if (code >= wide_ranges[i].from && code <= wide_ranges[i].to)
            return 2;
    return 1;
}

size_t cli_width(xz_str text)
{
    size_t width = 0;
    for (size_t pos = 0; pos < text.len;)
        width += code_width(xz_utf8_next(text, &pos));
    return width;
}

size_t cli_terminal_width(FILE *to)
{
    struct winsize size;
    if (!isatty(fileno(to)))
        return 0;
    if (ioctl(fileno(to), TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
        return size.ws_col;
    return 80;
}

void cli_put(FILE *to, xz_str text)
{
    for (size_t pos = 0; pos < text.len;) {
        size_t start = pos;
        uint32_t code = xz_utf8_next(text, &pos);
        bool control = (code < 0x20 && code != '\n' && code != '\t') ||
                       (code >= 0x7F && code < 0xA0) || (code >= 0x202A && code <= 0x202E) ||
                       (code >= 0x2066 && code <= 0x2069) || code == 0xFFFD;
        if (control)
            fputs("\xEF\xBF\xBD", to);
        else
            fwrite(text.ptr + start, 1, pos - start, to);
    }
}

void cli_putf(FILE *to, const char *format, ...)
{
    char text[4096];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    cli_put(to, (xz_str){ text, len < 0 ? 0 : XZ_MIN((size_t)len, sizeof(text) - 1) });
}

void cli_put_padded(FILE *to, xz_str text, size_t width)
{
    size_t used = cli_width(text);
    cli_put(to, text);
    do
        fputc(' ', to);
    while (++used < width);
}

void cli_heading(const char *text)
{
    bool bold = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
    fputs(bold ? "\033[1m" : "", stdout);
    cli_put(stdout, xz_str_from(text));
    fputs(bold ? "\033[0m\n" : "\n", stdout);
}

/* A line must not begin with what closes, nor end with what opens. */
static bool is_closing(uint32_t code)
{
    static const uint32_t closing[] = { 0xFF0C, 0x3002, 0xFF1B, 0xFF1A, 0xFF01, 0xFF1F, 0x3001,
                                        0xFF09, 0x300B, 0x3015, 0x3011, 0x201D, 0x2019, ')',
                                        ',',    '.',    ';',    ':',    '%',    0x300D };
    for (size_t i = 0; i < XZ_COUNT(closing); i++)
        if (code == closing[i])
            return true;
    return false;
}

static bool is_opening(uint32_t code)
{
    static const uint32_t opening[] = {
        0xFF08, 0x300A, 0x3014, 0x3010, 0x201C, 0x2018, '(', 0x300C
    };
    for (size_t i = 0; i < XZ_COUNT(opening); i++)
        if (code == opening[i])
            return true;
    return false;
}

/* Bytes of the front that fit into `columns`, ending where a line may end. */
static size_t line_end(xz_str text, size_t columns)
{
    size_t used = 0, good = 0, pos = 0;
    uint32_t last = 0;
    while (pos < text.len) {
        size_t start = pos;
        uint32_t code = xz_utf8_next(text, &pos);
        bool may = last && !is_closing(code) && !is_opening(last) &&
                   (last == ' ' || code_width(code) == 2 || code_width(last) == 2);
        if (may)
            good = start;
        used += code_width(code);
        if (used > columns)
            return good ? good : start ? start : pos;
        last = code;
    }
    return text.len;
}

/* `begun`: the first line's indent stands there already. */
static void lines_put(size_t indent, xz_str text, bool begun)
{
    size_t width = XZ_MIN(cli_terminal_width(stdout), (size_t)LINE_COLUMNS_MAX);
    size_t columns = width > indent + 20 ? width - indent : SIZE_MAX;

    text = xz_str_trim(text);
    while (text.len) {
        xz_str line = xz_str_cut(&text, '\n');
        do {
            size_t len = line_end(line, columns);
            printf("%*s", line.len && !begun ? (int)indent : 0, "");
            begun = false;
            cli_put(stdout, xz_str_sub(line, 0, len));
            putchar('\n');
            line = xz_str_sub(line, len, line.len);
            while (line.len && line.ptr[0] == ' ')
                line = xz_str_sub(line, 1, line.len);
        } while (line.len);
    }
}

void cli_paragraph(size_t indent, xz_str text)
{
    lines_put(indent, text, false);
}

void cli_field(const char *label, size_t width, xz_str text)
{
    if (!xz_str_trim(text).len)
        return;
    fputs("  ", stdout);
    cli_put_padded(stdout, xz_str_from(label), width);
    lines_put(width + 2, text, true);
}

xz_str cli_number(struct xz_arena *arena, int64_t value)
{
    char digits[32], text[48];
    size_t out = 0;
    int len = snprintf(digits, sizeof(digits), "%lld", (long long)value);
    for (int i = 0; i < len; i++) {
        if (i > 0 && digits[i - 1] != '-' && (len - i) % 3 == 0)
            text[out++] = ',';
        text[out++] = digits[i];
    }
    return xz_str_copy(arena, (xz_str){ text, out });
}

xz_str cli_size(struct xz_arena *arena, int64_t bytes)
{
    static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
    double size = (double)bytes / 1024;
    size_t unit = 0;
    if (bytes < 1024)
        return xz_str_format(arena, "%lld 字节", (long long)bytes);
    for (; size >= 1024 && unit + 1 < XZ_COUNT(units); unit++)
        size /= 1024;
    return xz_str_format(arena, "%.1f %s", size, units[unit]);
}

/* China Standard Time, wherever the machine thinks it is. */
xz_str cli_time(struct xz_arena *arena, xz_str utc)
{
    struct tm tm = { .tm_year = 0 }, local;
    char text[64];
    const char *rest = strptime(xz_str_cstr(arena, utc), "%Y-%m-%dT%H:%M:%S", &tm);
    time_t seconds = timegm(&tm) + 8 * 3600;
    if (!rest || !gmtime_r(&seconds, &local) ||
        !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &local))
        return utc;
    return xz_str_copy(arena, xz_str_from(text));
}

xz_str cli_text_of(const struct xz_json *object, const char *key)
{
    return xz_json_str(xz_json_get(object, key), XZ_STR_NONE);
}

int64_t cli_int_of(const struct xz_json *object, const char *key)
{
    return xz_json_int(xz_json_get(object, key), 0);
}

/* --- ends --- */

enum cli_exit cli_exit_of(xz_err err)
{
    static const enum cli_exit codes[XZ_ERR_COUNT] = {
        [XZ_OK] = CLI_OK,           [XZ_E_INPUT] = CLI_USAGE,
        [XZ_E_DENIED] = CLI_DENIED, [XZ_E_MISSING] = CLI_NOT_FOUND,
        [XZ_E_STATE] = CLI_IN_USE,  [XZ_E_LIMIT] = CLI_USAGE,
        [XZ_E_BUSY] = CLI_BUSY,     [XZ_E_IO] = CLI_IO,
    };
    return codes[err];
}

int cli_failed(const struct cli *cli, xz_err err)
{
    static const char *const words[XZ_ERR_COUNT] = {
        [XZ_E_INPUT] = "内容有误，请检查后重试。",
        [XZ_E_DENIED] = "没有权限。",
        [XZ_E_MISSING] = "没有找到。",
        [XZ_E_STATE] = "当前状态不能这样操作。",
        [XZ_E_LIMIT] = "超出了限制。",
        [XZ_E_BUSY] = "系统繁忙，请稍后再试。",
        [XZ_E_IO] = "读写失败，请检查磁盘与系统日志。",
    };
    const char *detail = xz_fail_detail()[0] ? xz_fail_detail() : words[err];
    struct xz_json_writer w;
    struct xz_buf buf;

    fputs("xiaozheng：", stderr);
    cli_put(stderr, xz_str_from(detail));
    fputc('\n', stderr);
    if (cli->options.json) {
        xz_buf_init(&buf, KIB(8));
        xz_jw_init(&w, &buf);
        xz_jw_begin_object(&w);
        xz_jw_member_str(&w, "error", xz_str_from(xz_err_name(err)));
        xz_jw_member_str(&w, "detail", xz_str_from(detail));
        xz_jw_end_object(&w);
        cli_print_json(&buf);
        xz_buf_fini(&buf);
    }
    return cli_exit_of(err);
}

void cli_print_json(const struct xz_buf *json)
{
    fwrite(json->ptr, 1, json->len, stdout);
    putchar('\n');
}

int cli_show(struct cli *cli, const struct xz_buf *json, int (*judge)(const struct xz_json *root),
             void (*render)(struct cli *cli, const struct xz_json *root))
{
    struct xz_json_doc *doc = NULL;
    xz_err err = json->err == XZ_OK ? xz_json_parse(xz_buf_str(json), &doc)
                                    : xz_fail(XZ_E_LIMIT, "结果太大，无法显示，请缩小范围。");
    if (err != XZ_OK)
        return cli_failed(cli, err);
    int code = judge ? judge(xz_json_root(doc)) : CLI_OK;
    if (cli->options.json)
        cli_print_json(json);
    else
        render(cli, xz_json_root(doc));
    xz_json_destroy(doc);
    return code;
}
