/* Settings: one row each in core/config_rows.h with key, type, default, range, unit and help.
 * flag > environment (XIAOZHENG_<KEY> with dots as _) > file (`key = value`, # comments) > default.
 * A loaded configuration is immutable and may be read by any thread. */
#ifndef XZ_CORE_CONFIG_H
#define XZ_CORE_CONFIG_H

#include "core/buf.h"
#include "core/config_rows.h"

enum xz_config_key {
#define XZ_ROW(id, key, type, def, min, max, unit, help) XZ_CFG_##id,
    XZ_CONFIG_ROWS(XZ_ROW)
#undef XZ_ROW
        XZ_CONFIG_COUNT
};

struct xz_config;

/* `file` may be NULL. `flags` are "key=value" texts (from --set key=value), strongest last.
 *   XZ_E_INPUT  unknown key, wrong type, out of range: the detail names key, line and range
 *   XZ_E_IO     the file cannot be read */
XZ_MUST_USE xz_err xz_config_load(const char *file, const char *const *flags, size_t flag_count,
                                  struct xz_config **config);
void xz_config_destroy(struct xz_config *config);
int64_t xz_config_int(const struct xz_config *config, enum xz_config_key key); /* INT and BOOL */
xz_str xz_config_str(const struct xz_config *config, enum xz_config_key key);
void xz_config_print_sample(struct xz_buf *out); /* the commented sample file */

#endif
