/* The trail: who did what to which thing, written in the same transaction as the change. Rows are
 * only ever added. */
#ifndef XZ_AUDIT_AUDIT_H
#define XZ_AUDIT_AUDIT_H

#include "auth/actor.h"
#include "store/store.h"

extern const struct xz_migration xz_audit_migrations[];
extern const size_t xz_audit_migration_count;
extern const struct xz_sql xz_audit_sql[];
extern const size_t xz_audit_sql_count;

/* Inside a change. `event` is a stable name ("knowledge.imported"), `object` the id it is about (0:
 * none), `detail` never holds a citizen's words. */
XZ_MUST_USE xz_err xz_audit_write(struct xz_tx *tx, const struct xz_actor *actor, const char *event,
                                  int64_t object, xz_str detail);

#endif
