/* Rows: one database, one writer, many readers. SQLite stands behind it; no SQLite type is seen
 * outside this folder.
 *
 * The write contract. A change is a function posted to the writer. It runs in its own savepoint,
 * reads again what it decides on, never waits and never calls net/ or model/. One COMMIT and one
 * fsync (WAL, synchronous=FULL) serve a batch; callers are woken when it is durable. A function
 * that returns anything but XZ_OK leaves nothing behind.
 *
 * Statements are rows: each <domain>_store.c lists its texts in one `const struct xz_sql` table, in
 * the subset that SQLite 3.40 and PostgreSQL 15 share ($1 parameters, BIGINT, TEXT, BYTEA is
 * written BLOB, `INTEGER PRIMARY KEY` for ids). Prepared once per connection and kept. Constraints
 * are never DEFERRABLE: they would fail at COMMIT and take the whole batch with them. */
#ifndef XZ_STORE_STORE_H
#define XZ_STORE_STORE_H

#include "core/arena.h"
#include "core/clock.h"

struct xz_store;
struct xz_tx; /* a read snapshot, or one change inside the writer */

struct xz_sql {
    const char *name; /* "<domain>.<what it does>", shown in errors */
    const char *text;
};

/* The numbered migrations of one domain, in order, starting at 1. Each runs in one transaction,
 * with foreign keys checked at its end. A migration that was applied must never be edited: its hash
 * is checked at start. tools/embed_sql.py makes these rows from <domain>_schema.sql. */
struct xz_migration {
    const char *domain;
    int number;
    const char *sql;
};

/* The store's own; its migrations run by themselves before those in the options. */
extern const struct xz_sql xz_store_sql[];
extern const size_t xz_store_sql_count;
extern const struct xz_migration xz_store_migrations[];
extern const size_t xz_store_migration_count;

struct xz_store_options {
    const char *folder; /* made if absent, mode 0700; NULL: in memory, for tests; gone at close */
    const struct xz_clock *clock;
    const struct xz_migration *migrations;
    size_t migration_count;
    size_t readers_max; /* read connections, opened on demand; 0: 8 */
    size_t batch_max;   /* changes in one commit; 0: 512 */
    size_t queue_max;   /* changes waiting; 0: 65536 */
};

/* Opens (creating if absent), locks the folder against other processes, applies migrations and
 * starts the writer.
 *   XZ_E_STATE  another process has the folder open (detail says so), or the data is of a newer
 *               version of the program, or an applied migration was edited
 *   XZ_E_IO     the disk or the database failed */
XZ_MUST_USE xz_err xz_store_open(const struct xz_store_options *options, struct xz_store **store);
/* Finishes what was posted, checkpoints, closes. NULL is fine. No reads may be open. */
void xz_store_close(struct xz_store *store);
/* Names these data: made with the folder, made anew by a restore. What derives data from rows keeps
 * it beside the change number, so that it notices data that went back. Lives with the store. */
xz_str xz_store_data_id(const struct xz_store *store);

typedef xz_err (*xz_write_fn)(struct xz_tx *tx, void *arg);
/* Called on the writer's thread after the batch is durable (or failed); must not block. xz_fail
 * detail of the change is set for its duration. */
typedef void (*xz_write_done)(void *arg, xz_err err);

/* Posts a change; returns at once. XZ_E_BUSY when queue_max wait (nothing will be called),
 * XZ_E_STATE while closing. `done` may be NULL. */
XZ_MUST_USE xz_err xz_store_post(struct xz_store *store, xz_write_fn fn, void *arg,
                                 xz_write_done done);
/* Posts and waits until durable. Returns what `fn` returned, or XZ_E_IO when the commit failed:
 * then nothing of the batch is kept. Never from the writer's thread. */
XZ_MUST_USE xz_err xz_store_write(struct xz_store *store, xz_write_fn fn, void *arg);

/* A consistent snapshot on a connection of its own; blocks only while all readers_max are out
 * (XZ_E_BUSY after 5 s). End it soon: it holds back the log's truncation. */
XZ_MUST_USE xz_err xz_store_read(struct xz_store *store, struct xz_tx **tx);
void xz_store_read_end(struct xz_tx *tx); /* NULL is fine */

/* --- inside a snapshot or a change --- */

/* `types` has one letter per parameter: i int64_t, d double, s xz_str (text), b xz_str (blob),
 * n (no argument: NULL). Runs a statement that returns no rows.
 *   XZ_E_STATE  a uniqueness, foreign key or check constraint said no
 *   XZ_E_IO     anything else the database says */
XZ_MUST_USE xz_err xz_sql_run(struct xz_tx *tx, const struct xz_sql *sql, const char *types, ...);
int64_t xz_sql_changes(struct xz_tx *tx); /* rows touched by the last xz_sql_run */

/* Rows of a query. The same statement may be open only once at a time per snapshot. Queries left
 * open are closed when the snapshot or the change ends.
 *     struct xz_rows rows;
 *     if ((err = xz_sql_open(tx, &sql, &rows, "i", id)) != XZ_OK) goto out;
 *     while (xz_rows_next(&rows)) … xz_rows_int(&rows, 0) …
 *     err = xz_rows_end(&rows);                                       */
struct xz_rows {
    struct xz_tx *tx;
    void *stmt;
    xz_err err;
};
XZ_MUST_USE xz_err xz_sql_open(struct xz_tx *tx, const struct xz_sql *sql, struct xz_rows *rows,
                               const char *types, ...);
bool xz_rows_next(struct xz_rows *rows);
int64_t xz_rows_int(const struct xz_rows *rows, int column);   /* NULL reads as 0 */
double xz_rows_double(const struct xz_rows *rows, int column); /* NULL reads as 0 */
/* Text or blob, borrowed until the next xz_rows_next or xz_rows_end. NULL reads as empty. */
xz_str xz_rows_str(const struct xz_rows *rows, int column);
bool xz_rows_is_null(const struct xz_rows *rows, int column);
XZ_MUST_USE xz_err xz_rows_end(struct xz_rows *rows); /* the first error met, or XZ_OK */

/* A new id, unique in this data folder, ascending, below 2^53. Changes only. Ids of a change that
 * was rolled back are not used again. */
XZ_MUST_USE xz_err xz_tx_new_id(struct xz_tx *tx, int64_t *id);
int64_t xz_tx_now_ms(const struct xz_tx *tx); /* the clock, read once per batch or snapshot */
/* The number of the last change that was committed before this snapshot began, from 0; grows by one
 * for each successful change. Inside a change: the number this change will have. Survives restarts:
 * what derives data from rows (the search index) remembers up to where it got. */
int64_t xz_tx_change_number(const struct xz_tx *tx);

/* --- whole-database operations, while running --- */

struct xz_backup_info {
    int64_t bytes, pages, change_number, made_at_ms;
    char sha256[65];
};
/* Writes a consistent copy and its manifest (manifest.json: sha256, sizes, schema, version) into
 * the new folder `target`; XZ_E_STATE if it exists. `progress` (may be NULL) gets 0..1000. */
XZ_MUST_USE xz_err xz_store_backup(struct xz_store *store, const char *target,
                                   void (*progress)(int permille, void *arg), void *arg,
                                   struct xz_backup_info *info);
/* Checks the backup against its manifest and puts it in place of `folder`'s database; what was
 * there is kept beside it as xiaozheng.db.before-restore-<time>. `info` may be NULL. Nothing
 * changes unless the backup is whole.
 *   XZ_E_MISSING  no backup there
 *   XZ_E_INPUT    the backup is damaged or incomplete
 *   XZ_E_STATE    a server has the folder open
 *   XZ_E_IO       the disk failed */
XZ_MUST_USE xz_err xz_store_restore(const char *backup, const char *folder,
                                    const struct xz_clock *clock, struct xz_backup_info *info);
/* Checks a backup against its manifest without restoring it: the errors of xz_store_restore. */
XZ_MUST_USE xz_err xz_store_backup_check(const char *backup, struct xz_backup_info *info);

struct xz_store_probe {
    int64_t bytes;
    bool is_behind;     /* the next start brings these data to this program's form */
    char damage[512];   /* "" or what is broken, for a person */
    char mismatch[512]; /* "" or why this program cannot use them: a newer version's, ... */
};
/* Looks at the folder's database, changing nothing; whether or not a server has it open. The pages
 * of a database of up to `full_bytes_max` are all checked, of a larger one only the head.
 * XZ_E_MISSING no database there. */
XZ_MUST_USE xz_err xz_store_probe(const struct xz_store_options *options, int64_t full_bytes_max,
                                  struct xz_store_probe *probe);
/* Integrity, foreign keys and migrations of the open store. Each problem found is one call; finding
 * some is XZ_OK. */
XZ_MUST_USE xz_err xz_store_verify(struct xz_store *store, void (*problem)(xz_str what, void *arg),
                                   void *arg);

#endif
