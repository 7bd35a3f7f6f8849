/* Writing JSON straight into a buffer. Text goes out in runs: only quotes, backslashes, control
 * characters and bytes that are not UTF-8 stop a run. */
#include "core/json.h"

#include <math.h>

#include "core/core_internal.h"

#define LEVELS_MAX 64 /* one bit each; also the most that xz_json_parse reads back */

static uint64_t level_bit(const struct xz_json_writer *w)
{
    return w->depth ? UINT64_C(1) << (w->depth - 1) : 0;
}

/* Before any value or key: the comma, if something stands on this level already. */
static void separate(struct xz_json_writer *w)
{
    if (w->has_member & level_bit(w))
        xz_buf_add_char(w->buf, ',');
    w->has_member |= level_bit(w);
}

void xz_jw_init(struct xz_json_writer *w, struct xz_buf *buf)
{
    *w = (struct xz_json_writer){ .buf = buf };
}

static void begin(struct xz_json_writer *w, char bracket)
{
    XZ_ASSERT(w->depth < LEVELS_MAX);
    separate(w);
    xz_buf_add_char(w->buf, bracket);
    w->depth++;
    w->has_member &= ~level_bit(w);
}

static void end(struct xz_json_writer *w, char bracket)
{
    XZ_ASSERT(w->depth > 0);
    xz_buf_add_char(w->buf, bracket);
    w->depth--;
}

void xz_jw_begin_object(struct xz_json_writer *w)
{
    begin(w, '{');
}

void xz_jw_end_object(struct xz_json_writer *w)
{
    end(w, '}');
}

void xz_jw_begin_array(struct xz_json_writer *w)
{
    begin(w, '[');
}

void xz_jw_end_array(struct xz_json_writer *w)
{
    end(w, ']');
}

static void add_escaped(struct xz_buf *buf, unsigned char c)
{
    static const char short_forms[] = { ['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
                                        ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't' };
    if (c >= 0x80) {
        xz_buf_add_lit(buf, "\uFFFD");
    } else if (c < sizeof(short_forms) && short_forms[c]) {
        const char pair[2] = { '\\', short_forms[c] };
        xz_buf_add(buf, (xz_str){ pair, 2 });
    } else {
        xz_buf_addf(buf, "\\u%04x", c);
    }
}

static void add_quoted(struct xz_buf *buf, xz_str text)
{
    xz_buf_add_char(buf, '"');
    for (size_t at = 0; at < text.len;) {
        size_t run = core_json_plain_run(text, at);
        xz_buf_add(buf, xz_str_sub(text, at, run));
        at += run;
        if (at < text.len)
            add_escaped(buf, (unsigned char)text.ptr[at++]);
    }
    xz_buf_add_char(buf, '"');
}

void xz_jw_key(struct xz_json_writer *w, const char *key)
{
    separate(w);
    add_quoted(w->buf, xz_str_from(key));
    xz_buf_add_char(w->buf, ':');
    w->has_member &= ~level_bit(w); /* its value follows without a comma and sets the bit again */
}

void xz_jw_str(struct xz_json_writer *w, xz_str value)
{
    separate(w);
    add_quoted(w->buf, value);
}

void xz_jw_int(struct xz_json_writer *w, int64_t value)
{
    separate(w);
    xz_buf_add_int(w->buf, value);
}

/* The shortest of 15 to 17 digits that reads back as the same number. */
void xz_jw_double(struct xz_json_writer *w, double value)
{
    char digits[40];
    int len = 0;

    if (!isfinite(value)) {
        xz_jw_null(w);
        return;
    }
    value = value == 0 ? 0 : value; /* "-0" would read back as an integer without its sign */
    for (int precision = 15; precision <= 17; precision++) {
        len = snprintf(digits, sizeof(digits), "%.*g", precision, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    separate(w);
    xz_buf_add(w->buf, (xz_str){ digits, (size_t)len });
}

void xz_jw_bool(struct xz_json_writer *w, bool value)
{
    separate(w);
    xz_buf_add(w->buf, value ? XZ_STR("true") : XZ_STR("false"));
}

void xz_jw_null(struct xz_json_writer *w)
{
    separate(w);
    xz_buf_add_lit(w->buf, "null");
}

void xz_jw_raw(struct xz_json_writer *w, xz_str json)
{
    separate(w);
    xz_buf_add(w->buf, json);
}

void xz_jw_member_str(struct xz_json_writer *w, const char *key, xz_str value)
{
    xz_jw_key(w, key);
    xz_jw_str(w, value);
}

void xz_jw_member_int(struct xz_json_writer *w, const char *key, int64_t value)
{
    xz_jw_key(w, key);
    xz_jw_int(w, value);
}

void xz_jw_member_double(struct xz_json_writer *w, const char *key, double value)
{
    xz_jw_key(w, key);
    xz_jw_double(w, value);
}

void xz_jw_member_bool(struct xz_json_writer *w, const char *key, bool value)
{
    xz_jw_key(w, key);
    xz_jw_bool(w, value);
}
