/* The rows of the trail. Its hash chain and its readers come with people and permissions. */
#include "audit/audit.h"
#include "audit/audit_schema.h"

enum { AUDIT_ADD };
const struct xz_sql xz_audit_sql[] = {
    [AUDIT_ADD] = { "audit.add", "INSERT INTO audit_record (id, at_ms, actor_kind, actor_id, event,"
                                 " object, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)" },
};
const size_t xz_audit_sql_count = XZ_COUNT(xz_audit_sql);

xz_err xz_audit_write(struct xz_tx *tx, const struct xz_actor *actor, const char *event,
                      int64_t object, xz_str detail)
{
    int64_t id;
    xz_err err = xz_tx_new_id(tx, &id);
    if (err != XZ_OK)
        return err;
    return xz_sql_run(tx, &xz_audit_sql[AUDIT_ADD], "iisisis", id, xz_tx_now_ms(tx),
                      xz_str_from(xz_actor_kind_name(actor->kind)), actor->id, xz_str_from(event),
                      object, detail);
}
