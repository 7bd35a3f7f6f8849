/* The store's own statements, as rows: ids, change numbers and which migrations ran. In the common
 * subset of SQLite and PostgreSQL; transaction control stays where it is used. */
#include "store/store_internal.h"

enum store_sql_row {
    MIGRATION_LIST,
    MIGRATION_ADD,
    SEQUENCE_LIST,
    SEQUENCE_SET,
    STATE_GET,
    STATE_ADD,
    CHANGE_SET,
    REPAIR,
    DATA_ID_SET,
    ROW_COUNT
};

const struct xz_sql xz_store_sql[ROW_COUNT] = {
    [MIGRATION_LIST] = { "store.migration_list", "SELECT domain, number, sha256 "
                                                 "FROM schema_migration ORDER BY domain, number" },
    [MIGRATION_ADD] = { "store.migration_add",
                        "INSERT INTO schema_migration (domain, number, sha256, applied_at_ms, "
                        "program_version) VALUES ($1, $2, $3, $4, $5)" },
    [SEQUENCE_LIST] = { "store.sequence_list", "SELECT next FROM sequence WHERE name = 'id'" },
    [SEQUENCE_SET] = { "store.sequence_set",
                       "INSERT INTO sequence (name, next) VALUES ('id', $1) "
                       "ON CONFLICT (name) DO UPDATE SET next = excluded.next" },
    [STATE_GET] = { "store.state_get",
                    "SELECT change_number, data_id FROM store_state WHERE id = 1" },
    [STATE_ADD] = { "store.state_add",
                    "INSERT INTO store_state (id, data_id, change_number, failed_commits) "
                    "VALUES (1, $1, 0, 0)" },
    [CHANGE_SET] = { "store.change_set", "UPDATE store_state SET change_number = $1 WHERE id = 1" },
    [REPAIR] = { "store.repair",
                 "UPDATE store_state SET failed_commits = failed_commits + 1 WHERE id = 1" },
    [DATA_ID_SET] = { "store.data_id_set", "UPDATE store_state SET data_id = $1 WHERE id = 1" },
};
const size_t xz_store_sql_count = ROW_COUNT;

const struct xz_sql *const store_sql_migration_list = &xz_store_sql[MIGRATION_LIST];
const struct xz_sql *const store_sql_migration_add = &xz_store_sql[MIGRATION_ADD];
const struct xz_sql *const store_sql_sequence_list = &xz_store_sql[SEQUENCE_LIST];
const struct xz_sql *const store_sql_sequence_set = &xz_store_sql[SEQUENCE_SET];
const struct xz_sql *const store_sql_state_get = &xz_store_sql[STATE_GET];
const struct xz_sql *const store_sql_state_add = &xz_store_sql[STATE_ADD];
const struct xz_sql *const store_sql_change_set = &xz_store_sql[CHANGE_SET];
const struct xz_sql *const store_sql_repair = &xz_store_sql[REPAIR];
const struct xz_sql *const store_sql_data_id_set = &xz_store_sql[DATA_ID_SET];
