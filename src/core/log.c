/* Log: builds one line per event and writes it with one write(2), so that lines of different
 * threads do not mix. Personal values are dropped or hashed here. Rotation and shipping are the
 * service manager's business. */
#include "core/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "core/core_internal.h"
#include "core/file.h"

#define LINE_BYTES_MAX 4096 /* PIPE_BUF: a write of this size to a pipe is not torn */

enum key_mode { KEY_KEEP, KEY_DROP, KEY_HASH };

static const struct {
    const char *name;
    enum xz_log_level level;
} events[XZ_LOG_EVENT_COUNT] = {
#define XZ_ROW(id, name, level, help) [XZ_EV_##id] = { name, XZ_LOG_##level },
    XZ_LOG_EVENTS(XZ_ROW)
#undef XZ_ROW
};

static const struct {
    const char *name;
    enum key_mode mode;
} keys[XZ_LOG_KEY_COUNT] = {
#define XZ_ROW(id, name, personal, help) [XZ_K_##id] = { name, KEY_##personal },
    XZ_LOG_KEYS(XZ_ROW)
#undef XZ_ROW
};

static const char *const level_names[] = { "debug", "info", "warn", "error" };

static _Atomic int level_min = XZ_LOG_INFO;

static pthread_mutex_t sink_lock = PTHREAD_MUTEX_INITIALIZER; /* protects the sink and its calls */
static void (*sink_fn)(xz_str line, void *arg);
static void *sink_arg;

static pthread_once_t hash_once = PTHREAD_ONCE_INIT;
static uint8_t hash_secret[32];

struct line {
    char text[LINE_BYTES_MAX];
    size_t len;
    bool full; /* something did not fit: nothing more is added */
};

static void line_start(struct line *line, enum xz_log_event event);
static void line_add_field(struct line *line, const struct xz_log_field *field);
static void line_emit(struct line *line);

void xz_log_write(enum xz_log_event event, const struct xz_log_field *fields, size_t count)
{
    struct line line;

    XZ_ASSERT((unsigned)event < XZ_LOG_EVENT_COUNT);
    if ((int)events[event].level < atomic_load_explicit(&level_min, memory_order_relaxed))
        return;
    line_start(&line, event);
    for (size_t i = 0; i < count; i++)
        line_add_field(&line, &fields[i]);
    line_emit(&line);
}

void xz_log_level_set(enum xz_log_level level)
{
    XZ_ASSERT((unsigned)level < XZ_COUNT(level_names));
    atomic_store_explicit(&level_min, (int)level, memory_order_relaxed);
}

void xz_log_sink_set(void (*sink)(xz_str line, void *arg), void *arg)
{
    pthread_mutex_lock(&sink_lock);
    sink_fn = sink;
    sink_arg = arg;
    pthread_mutex_unlock(&sink_lock);
}

/* Whole or not at all; one byte stays free for the line end. */
static void line_add(struct line *line, xz_str text)
{
    if (line->full || text.len > sizeof(line->text) - 1 - line->len) {
        line->full = true;
        return;
    }
    if (text.len)
        memcpy(line->text + line->len, text.ptr, text.len);
    line->len += text.len;
}

static void line_start(struct line *line, enum xz_log_event event)
{
    int64_t now_ms = xz_clock_now_ms(&xz_clock_system);
    time_t seconds = (time_t)(now_ms / 1000);
    struct tm utc;
    char stamp[96];

    line->len = 0;
    line->full = false;
    gmtime_r(&seconds, &utc);
    int len = snprintf(stamp, sizeof(stamp), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                       utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                       utc.tm_sec, (int)(now_ms % 1000));
    line_add(line, (xz_str){ stamp, (size_t)len });
    line_add(line, XZ_STR(" level="));
    line_add(line, xz_str_from(level_names[events[event].level]));
    line_add(line, XZ_STR(" event="));
    line_add(line, xz_str_from(events[event].name));
}

static void hash_secret_make(void)
{
    xz_random_bytes(hash_secret, sizeof(hash_secret));
}

/* Eight hex digits under a secret that dies with the process: equal values can be told to be
 * equal in one log, but numbers cannot be tried out against it later. */
static void line_add_hash(struct line *line, xz_str value)
{
    struct xz_sha256 inner, outer;
    char joined[64];

    pthread_once(&hash_once, hash_secret_make);
    inner = xz_sha256(value);
    memcpy(joined, hash_secret, 32);
    memcpy(joined + 32, inner.bytes, 32);
    outer = xz_sha256((xz_str){ joined, sizeof(joined) });
    for (size_t i = 0; i < 4; i++) {
        char hex[3];
        snprintf(hex, sizeof(hex), "%02x", outer.bytes[i]);
        line_add(line, (xz_str){ hex, 2 });
    }
}

/* Length of the character at `at` if it may stand in a line as it is, else 0. C1 controls
 * (U+0080 .. U+009F) steer terminals, as the C0 ones do. */
static size_t plain_character(xz_str text, size_t at)
{
    const char *ptr = text.ptr + at;
    size_t len = core_utf8_length(ptr, text.len - at);
    unsigned char c = (unsigned char)*ptr;

    if (len == 1)
        return c >= 0x20 && c != 0x7F && c != '"' && c != '\\';
    if (len == 2 && c == 0xC2 && (unsigned char)ptr[1] < 0xA0)
        return 0;
    return len;
}

static void line_add_escaped(struct line *line, char c)
{
    char hex[5];
    switch (c) {
    case '"':
        line_add(line, XZ_STR("\\\""));
        break;
    case '\\':
        line_add(line, XZ_STR("\\\\"));
        break;
    case '\n':
        line_add(line, XZ_STR("\\n"));
        break;
    case '\t':
        line_add(line, XZ_STR("\\t"));
        break;
    default:
        snprintf(hex, sizeof(hex), "\\x%02x", (unsigned char)c);
        line_add(line, (xz_str){ hex, 4 });
    }
}

/* A value that would not read back as one word is quoted. */
static void line_add_text(struct line *line, xz_str text)
{
    bool bare = text.len > 0;
    for (size_t at = 0; bare && at < text.len;) {
        size_t len = plain_character(text, at);
        bare = len > 0 && text.ptr[at] != ' ' && text.ptr[at] != '=';
        at += len;
    }
    if (bare) {
        line_add(line, text);
        return;
    }
    line_add(line, XZ_STR("\""));
    for (size_t at = 0; at < text.len;) {
        size_t len = plain_character(text, at);
        if (len)
            line_add(line, xz_str_sub(text, at, len));
        else
            line_add_escaped(line, text.ptr[at]);
        at += XZ_MAX(len, (size_t)1);
    }
    line_add(line, XZ_STR("\""));
}

static void line_add_field(struct line *line, const struct xz_log_field *field)
{
    char digits[24];
    xz_str value = field->text;

    XZ_ASSERT((unsigned)field->key < XZ_LOG_KEY_COUNT);
    if (keys[field->key].mode == KEY_DROP)
        return;
    if (!field->is_text) {
        int len = snprintf(digits, sizeof(digits), "%lld", (long long)field->number);
        value = (xz_str){ digits, (size_t)len };
    }
    line_add(line, XZ_STR(" "));
    line_add(line, xz_str_from(keys[field->key].name));
    line_add(line, XZ_STR("="));
    if (keys[field->key].mode == KEY_HASH)
        line_add_hash(line, value);
    else
        line_add_text(line, value);
}

static void line_emit(struct line *line)
{
    bool taken = false;

    pthread_mutex_lock(&sink_lock);
    if (sink_fn) {
        sink_fn((xz_str){ line->text, line->len }, sink_arg);
        taken = true;
    }
    pthread_mutex_unlock(&sink_lock);
    if (taken)
        return;
    line->text[line->len] = '\n';
    /* A log that cannot be written has nowhere to say so. */
    while (write(STDERR_FILENO, line->text, line->len + 1) < 0 && errno == EINTR)
        ;
}
