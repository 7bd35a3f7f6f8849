/* Checks the raw bytes of a request head. llhttp, even strict, lets through what makes two servers
 * in a row frame a message differently (bare LF as blank line, obs-fold, two Host, "gzip, chunked",
 * transfer codings in HTTP/1.0, versions it does not know), so everything that decides framing is
 * decided here first, and llhttp has to agree. It leaves paths and routes to others. */
#include "net/net_check_internal.h"

#include <strings.h>

static int check_request_line(xz_str line, struct net_head *out, const char **reason);
static int check_version(xz_str version, struct net_head *out, const char **reason);
static int check_header(xz_str line, struct net_head *out, const char **reason);
static int check_framing(const struct net_head *out, const char **reason);
static bool cut_line(xz_str *rest, xz_str *line);

#define REFUSE(status, words) (*reason = (words), (status))

/* Characters of a token (RFC 9110, 5.6.2). */
static const bool is_token[256] = {
    ['!'] = true,         ['#'] = true,         ['$'] = true,         ['%'] = true, ['&'] = true,
    ['\''] = true,        ['*'] = true,         ['+'] = true,         ['-'] = true, ['.'] = true,
    ['^'] = true,         ['_'] = true,         ['`'] = true,         ['|'] = true, ['~'] = true,
    ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true,
};

int64_t net_head_find_end(xz_str bytes, size_t *scan)
{
    while (*scan < bytes.len) {
        const char *line = bytes.ptr + *scan;
        const char *lf = memchr(line, '\n', bytes.len - *scan);
        if (!lf)
            return 0;
        if (lf == line || lf[-1] != '\r')
            return -1;
        *scan = (size_t)(lf - bytes.ptr) + 1;
        if (lf - line == 1)
            return (int64_t)*scan;
    }
    return 0;
}

int net_head_check(xz_str head, struct net_head *out, const char **reason)
{
    xz_str line;

    out->minor = 0;
    out->keep_alive = out->chunked = out->expect_continue = out->is_head = false;
    out->content_length = -1;
    out->seen = 0;
    out->header_count = 0;
    if (!cut_line(&head, &line))
        return REFUSE(400, "请求行没有以 CRLF 结束。");
    int status = check_request_line(line, out, reason);
    out->keep_alive = out->minor == 1;
    while (status == 0) {
        if (!cut_line(&head, &line))
            return REFUSE(400, "请求头的行没有以 CRLF 结束。");
        if (line.len == 0)
            return head.len ? REFUSE(400, "请求头之后有多余的内容。") : check_framing(out, reason);
        status = check_header(line, out, reason);
    }
    return status;
}

static bool cut_line(xz_str *rest, xz_str *line)
{
    const char *lf = rest->len ? memchr(rest->ptr, '\n', rest->len) : NULL;
    if (!lf || lf == rest->ptr || lf[-1] != '\r')
        return false;
    size_t eaten = (size_t)(lf - rest->ptr) + 1;
    *line = (xz_str){ rest->ptr, eaten - 2 };
    *rest = (xz_str){ rest->ptr + eaten, rest->len - eaten };
    return true;
}

static const struct {
    xz_str name;
    enum xz_method method;
    bool is_head;
} methods[] = {
    { { "GET", 3 }, XZ_GET, false },       { { "HEAD", 4 }, XZ_GET, true },
    { { "POST", 4 }, XZ_POST, false },     { { "PUT", 3 }, XZ_PUT, false },
    { { "DELETE", 6 }, XZ_DELETE, false },
};

static int check_request_line(xz_str line, struct net_head *out, const char **reason)
{
    const char *blank = memchr(line.ptr, ' ', line.len);
    size_t len = blank ? (size_t)(blank - line.ptr) : line.len;
    xz_str method = { line.ptr, len };
    xz_str rest = blank ? xz_str_sub(line, len + 1, line.len) : XZ_STR_NONE;

    if (len == 0 || !blank)
        return REFUSE(400, "请求行不完整。");
    for (size_t i = 0; i < len; i++)
        if (!is_token[(unsigned char)method.ptr[i]])
            return REFUSE(400, "请求方法含有不允许的字符。");
    const char *second = memchr(rest.ptr, ' ', rest.len);
    len = second ? (size_t)(second - rest.ptr) : rest.len;
    out->target = (xz_str){ rest.ptr, len };
    if (!second)
        return REFUSE(400, "请求行没有协议版本。");
    int status = check_version(xz_str_sub(rest, len + 1, rest.len), out, reason);
    if (status != 0)
        return status;
    for (size_t i = 0; i < out->target.len; i++) {
        unsigned char c = (unsigned char)out->target.ptr[i];
        if (c <= 0x20 || c >= 0x7f || c == '#')
            return REFUSE(400, "请求地址含有不允许的字符，请先做百分号编码。");
    }
    if (out->target.len > NET_TARGET_BYTES_MAX)
        return REFUSE(414, "请求地址过长，请缩短查询参数，或改用 POST 提交。");
    for (size_t i = 0; i < XZ_COUNT(methods); i++) {
        if (!xz_str_eq(methods[i].name, method))
            continue;
        out->method = methods[i].method;
        out->is_head = methods[i].is_head;
        return out->target.len && out->target.ptr[0] == '/' ? 0
                                                            : REFUSE(400, "请求地址须以 / 开头。");
    }
    return REFUSE(501, "不支持这种请求方法。");
}

static int check_version(xz_str version, struct net_head *out, const char **reason)
{
    size_t at = 5;
    while (at < version.len && strchr("0123456789.", version.ptr[at]) && version.ptr[at])
        at++;
    if (xz_str_eq(version, XZ_STR("HTTP/1.1")))
        out->minor = 1;
    else if (xz_str_eq(version, XZ_STR("HTTP/1.0")))
        out->minor = 0;
    else if (xz_str_starts(version, XZ_STR("HTTP/")) && at == version.len && at > 5)
        return REFUSE(505, "只支持 HTTP/1.1 和 HTTP/1.0。");
    else
        return REFUSE(400, "请求行的协议版本有误。");
    return 0;
}

/* --- headers that mean something to the server --- */
typedef int (*header_check)(xz_str value, struct net_head *out, const char **reason);

static int check_host(xz_str value, struct net_head *out, const char **reason)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (!(is_token[c] || c == ':' || c == '[' || c == ']'))
            return REFUSE(400, "Host 请求头含有不允许的字符。");
    }
    return value.len ? 0 : REFUSE(400, "Host 请求头是空的。");
}

static int check_content_length(xz_str value, struct net_head *out, const char **reason)
{
    int64_t bytes = 0;
    if (value.len == 0 || value.len > 15)
        return REFUSE(400, "Content-Length 有误。");
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9')
            return REFUSE(400, "Content-Length 有误。");
        bytes = bytes * 10 + (value.ptr[i] - '0');
    }
    out->content_length = bytes;
    return 0;
}

static int check_transfer_encoding(xz_str value, struct net_head *out, const char **reason)
{
    if (out->minor == 0)
        return REFUSE(400, "HTTP/1.0 请求不能使用 Transfer-Encoding。");
    if (!xz_str_eq_nocase(value, XZ_STR("chunked")))
        return REFUSE(501, "Transfer-Encoding 只支持 chunked。");
    out->chunked = true;
    return 0;
}

static int check_connection(xz_str value, struct net_head *out, const char **reason)
{
    while (value.len) {
        xz_str word = xz_str_trim(xz_str_cut(&value, ','));
        if (xz_str_eq_nocase(word, XZ_STR("close")))
            out->keep_alive = false;
        else if (xz_str_eq_nocase(word, XZ_STR("keep-alive")) && out->minor == 0)
            out->keep_alive = true;
    }
    return 0;
}

static int check_expect(xz_str value, struct net_head *out, const char **reason)
{
    if (!xz_str_eq_nocase(value, XZ_STR("100-continue")))
        return REFUSE(417, "Expect 请求头只支持 100-continue。");
    out->expect_continue = out->minor == 1;
    return 0;
}

static int check_upgrade(xz_str value, struct net_head *out, const char **reason)
{
    return REFUSE(501, "不支持切换协议（Upgrade）。");
}

enum { SEEN_HOST = 1, SEEN_LENGTH = 2, SEEN_CODING = 4 };
static const struct {
    xz_str name;
    unsigned once;
    header_check check;
} known[] = {
    { { "Host", 4 }, SEEN_HOST, check_host },
    { { "Content-Length", 14 }, SEEN_LENGTH, check_content_length },
    { { "Transfer-Encoding", 17 }, SEEN_CODING, check_transfer_encoding },
    { { "Connection", 10 }, 0, check_connection },
    { { "Expect", 6 }, 8, check_expect },
    { { "Upgrade", 7 }, 0, check_upgrade },
    { { "Content-Type", 12 }, 16, NULL },
    { { "Authorization", 13 }, 32, NULL },
    { { "X-Real-IP", 9 }, 64, NULL },
};

static int check_header(xz_str line, struct net_head *out, const char **reason)
{
    size_t len = 0;
    while (len < line.len && is_token[(unsigned char)line.ptr[len]])
        len++;
    if (line.ptr[0] == ' ' || line.ptr[0] == '\t')
        return REFUSE(400, "请求头不能折行。");
    if (len == 0 || len == line.len || line.ptr[len] != ':')
        return REFUSE(400, "请求头名称有误。");
    if (out->header_count == NET_HEADERS_MAX)
        return REFUSE(431, "请求头过多。");
    xz_str name = { line.ptr, len };
    xz_str value = xz_str_sub(line, len + 1, line.len);
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return REFUSE(400, "请求头的值含有控制字符。");
    }
    while (value.len && (value.ptr[0] == ' ' || value.ptr[0] == '\t'))
        value = (xz_str){ value.ptr + 1, value.len - 1 };
    while (value.len && (value.ptr[value.len - 1] == ' ' || value.ptr[value.len - 1] == '\t'))
        value.len--;
    out->headers[out->header_count++] = (struct net_header){ name, value };
    for (size_t i = 0; i < XZ_COUNT(known); i++) {
        if (known[i].name.len != len || strncasecmp(known[i].name.ptr, name.ptr, len) != 0)
            continue;
        if (out->seen & known[i].once)
            return REFUSE(400, "同一个请求头出现了两次。");
        out->seen |= known[i].once;
        return known[i].check ? known[i].check(value, out, reason) : 0;
    }
    return 0;
}

static int check_framing(const struct net_head *out, const char **reason)
{
    if (out->minor == 1 && !(out->seen & SEEN_HOST))
        return REFUSE(400, "缺少 Host 请求头。");
    if (out->chunked && out->content_length >= 0)
        return REFUSE(400, "Content-Length 与 Transfer-Encoding 不能同时出现。");
    return 0;
}
