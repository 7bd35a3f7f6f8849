/* Log: one event is one line on stderr, `event=… key=value …`. Events and keys are rows in
 * core/log_keys.h; a key marked personal is dropped or hashed here, so that no call site can
 * forget it. Citizens' text never enters the log. */
#ifndef XZ_CORE_LOG_H
#define XZ_CORE_LOG_H

#include "core/clock.h"
#include "core/log_keys.h"

enum xz_log_level { XZ_LOG_DEBUG, XZ_LOG_INFO, XZ_LOG_WARN, XZ_LOG_ERROR };

enum xz_log_event {
#define XZ_ROW(id, name, level, help) XZ_EV_##id,
    XZ_LOG_EVENTS(XZ_ROW)
#undef XZ_ROW
        XZ_LOG_EVENT_COUNT
};
enum xz_log_key {
#define XZ_ROW(id, name, personal, help) XZ_K_##id,
    XZ_LOG_KEYS(XZ_ROW)
#undef XZ_ROW
        XZ_LOG_KEY_COUNT
};

struct xz_log_field {
    enum xz_log_key key;
    bool is_text;
    int64_t number;
    xz_str text;
};
#define XZ_LF_INT(key, value)                                                                      \
    {                                                                                              \
        XZ_K_##key, false, (value), XZ_STR_NONE                                                    \
    }
#define XZ_LF_STR(key, value)                                                                      \
    {                                                                                              \
        XZ_K_##key, true, 0, (value)                                                               \
    }

void xz_log_write(enum xz_log_event event, const struct xz_log_field *fields, size_t count);
/* XZ_LOG(NET_LISTENING, XZ_LF_STR(ADDRESS, a), XZ_LF_INT(PORT, 80)); at least one field. */
#define XZ_LOG(event, ...)                                                                         \
    xz_log_write(XZ_EV_##event, (const struct xz_log_field[]){ __VA_ARGS__ },                      \
                 XZ_COUNT(((const struct xz_log_field[]){ __VA_ARGS__ })))

/* Lines below this level are not written. Default XZ_LOG_INFO. */
void xz_log_level_set(enum xz_log_level level);
/* Where lines go; NULL restores stderr. For tests. */
void xz_log_sink_set(void (*sink)(xz_str line, void *arg), void *arg);

#endif
