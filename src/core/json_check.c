/* The strict grammar of RFC 8259, run before json-c. Measured with json-c 0.16 in strict mode with
 * UTF-8 validation: it lets through NaN, Infinity, "1.", raw control characters, overlong UTF-8
 * and encoded surrogates, saturates integers beyond 64 bits, and cuts keys at an escaped NUL. */
#include "core/core_internal.h"

struct check {
    xz_str text;
    size_t at;
    int depth;
    const char *problem; /* first one found */
};

static bool check_value(struct check *check);

xz_err core_json_check(xz_str text)
{
    struct check check = { .text = text };

    if (text.len > INT32_MAX)
        return xz_fail(XZ_E_INPUT, "JSON 文本过长");
    bool ok = check_value(&check);
    if (ok && check.at < text.len) {
        ok = false;
        check.problem = "结尾有多余内容";
    }
    if (!ok)
        return xz_fail(XZ_E_INPUT, "JSON 格式有误（第 %zu 字节处）：%s", check.at + 1,
                       check.problem);
    return XZ_OK;
}

static bool refuse(struct check *check, const char *problem)
{
    if (!check->problem)
        check->problem = problem;
    return false;
}

/* The next byte, or -1 at the end. */
static int peek(const struct check *check)
{
    return check->at < check->text.len ? (unsigned char)check->text.ptr[check->at] : -1;
}

static bool eat(struct check *check, char c)
{
    bool hit = peek(check) == (unsigned char)c;
    check->at += hit;
    return hit;
}

static void skip_blanks(struct check *check)
{
    for (int c = peek(check); c == ' ' || c == '\n' || c == '\t' || c == '\r'; c = peek(check))
        check->at++;
}

static int hex_digit(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool check_hex4(struct check *check, unsigned *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(peek(check));
        if (digit < 0)
            return refuse(check, "\\u 后应为四位十六进制数");
        *unit = *unit << 4 | (unsigned)digit;
        check->at++;
    }
    return true;
}

static bool check_escape(struct check *check, bool is_key)
{
    unsigned unit;
    int c = peek(check);

    if (c <= 0 || !strchr("\"\\/bfnrtu", c))
        return refuse(check, "字符串中的转义不合规");
    check->at++;
    if (c != 'u')
        return true;
    if (!check_hex4(check, &unit))
        return false;
    return unit != 0 || !is_key || refuse(check, "成员名不能含空字符");
}

size_t core_json_plain_run(xz_str text, size_t at)
{
    size_t from = at;
    while (at < text.len) {
        unsigned char c = (unsigned char)text.ptr[at];
        if (c < 0x80) {
            if (c < 0x20 || c == '"' || c == '\\')
                break;
            at++;
            continue;
        }
        size_t len = core_utf8_length(text.ptr + at, text.len - at);
        if (len == 0)
            break;
        at += len;
    }
    return at - from;
}

static bool check_string(struct check *check, bool is_key)
{
    if (!eat(check, '"'))
        return refuse(check, "应为字符串");
    for (;;) {
        check->at += core_json_plain_run(check->text, check->at);
        int c = peek(check);
        if (eat(check, '"'))
            return true;
        if (c < 0)
            return refuse(check, "字符串没有结束");
        if (c < 0x20)
            return refuse(check, "字符串中有未转义的控制字符");
        if (!eat(check, '\\'))
            return refuse(check, "不是有效的 UTF-8 文本");
        if (!check_escape(check, is_key))
            return false;
    }
}

static bool check_number(struct check *check)
{
    size_t from = check->at;
    bool whole = true;
    double real;
    int64_t integer;

    for (int c = peek(check); c > 0 && strchr("+-.0123456789eE", c); c = peek(check)) {
        whole = whole && c != '.' && c != 'e' && c != 'E';
        check->at++;
    }
    xz_str number = xz_str_sub(check->text, from, check->at - from);
    xz_str digits = xz_str_sub(number, xz_str_starts(number, XZ_STR("-")), number.len);
    bool padded = digits.len > 1 && digits.ptr[0] == '0' && digits.ptr[1] >= '0' &&
                  digits.ptr[1] <= '9';
    if (!padded && (whole ? xz_str_to_int(number, &integer) : xz_str_to_double(number, &real)))
        return true;
    check->at = from;
    return refuse(check, "数字格式不合规或超出范围");
}

static bool check_literal(struct check *check, xz_str word)
{
    if (!xz_str_starts(xz_str_sub(check->text, check->at, word.len), word))
        return refuse(check, "无法识别的内容");
    check->at += word.len;
    return true;
}

/* Members of an object (with keys) or elements of an array, after the opening bracket. */
static bool check_members(struct check *check, char close, bool with_keys)
{
    skip_blanks(check);
    if (eat(check, close))
        return true;
    for (;;) {
        skip_blanks(check);
        if (with_keys) {
            if (!check_string(check, true))
                return false;
            skip_blanks(check);
            if (!eat(check, ':'))
                return refuse(check, "成员名之后应为冒号");
        }
        if (!check_value(check))
            return false;
        if (eat(check, close))
            return true;
        if (!eat(check, ','))
            return refuse(check, with_keys ? "应为逗号或 }" : "应为逗号或 ]");
    }
}

static bool check_nested(struct check *check, char close)
{
    if (check->depth == CORE_JSON_DEPTH_MAX)
        return refuse(check, "嵌套过深");
    check->at++;
    check->depth++;
    bool ok = check_members(check, close, close == '}');
    check->depth--;
    return ok;
}

/* One value with the blanks around it. Recursion is bounded by the depth. */
static bool check_value(struct check *check)
{
    bool ok;

    skip_blanks(check);
    switch (peek(check)) {
    case -1:
        ok = refuse(check, "内容不完整");
        break;
    case '{':
        ok = check_nested(check, '}');
        break;
    case '[':
        ok = check_nested(check, ']');
        break;
    case '"':
        ok = check_string(check, false);
        break;
    case 't':
        ok = check_literal(check, XZ_STR("true"));
        break;
    case 'f':
        ok = check_literal(check, XZ_STR("false"));
        break;
    case 'n':
        ok = check_literal(check, XZ_STR("null"));
        break;
    default:
        ok = check_number(check);
    }
    if (ok)
        skip_blanks(check);
    return ok;
}
