/* Shared by the files of store/ and nobody else. */
#ifndef XZ_STORE_INTERNAL_H
#define XZ_STORE_INTERNAL_H

#include <pthread.h>
#include <sqlite3.h>

#include "core/file.h"
#include "core/queue.h"
#include "store/store.h"

#define STORE_TAG      0x58535430u
#define STORE_TX_TAG   0x58535431u
#define STORE_DB_NAME  "xiaozheng.db"
#define STORE_WAIT_MS  5000 /* for a reader, and for another connection's lock */
#define STORE_ARGS_MAX 64

/* --- one connection: store_conn.c, store_rows.c --- */

struct store_stmt {
    const struct xz_sql *sql;
    const char *text; /* as prepared: tells a reused address apart */
    sqlite3_stmt *handle;
    bool is_open;
    uint8_t arg_count;
    uint8_t index_of[STORE_ARGS_MAX]; /* argument -> SQLite's number for it, from 1 */
};

struct store_conn {
    sqlite3 *db;
    struct store_stmt **slots; /* open addressing, by address of the xz_sql */
    size_t slot_count, stmt_count, open_count;
};

struct store_conn_options {
    int cache_kib;
    bool is_reader;
    bool is_durable;
};

struct xz_tx {
    uint32_t tag;
    struct xz_store *store;
    struct store_conn *conn;
    bool is_change;
    int64_t change_number, now_ms;
};

XZ_MUST_USE xz_err store_conn_open(struct store_conn *conn, const char *path,
                                   const struct store_conn_options *options);
void store_conn_close(struct store_conn *conn);
/* Records what the database said about `what` and returns the kind of error it is. */
xz_err store_conn_fail(const struct store_conn *conn, int code, const char *what);
/* Runs a text that may not stand in the common subset (PRAGMA, BEGIN ...); rows are skipped. */
XZ_MUST_USE xz_err store_conn_exec(struct store_conn *conn, const char *text);
/* The first column of the first row as text, in `arena`. */
XZ_MUST_USE xz_err store_conn_query(struct store_conn *conn, struct xz_arena *arena,
                                    const char *text, xz_str *value);
/* Prepared and kept like xz_sql_run's; returns SQLite's code. */
int store_conn_step(struct store_conn *conn, const struct xz_sql *sql);
struct store_stmt *store_conn_stmt(struct store_conn *conn, const struct xz_sql *sql, int *code);
void store_conn_close_rows(struct store_conn *conn);
struct xz_tx store_conn_tx(struct xz_store *store, struct store_conn *conn);

/* --- the store's own statements: store_sql.c --- */

extern const struct xz_sql *const store_sql_migration_list;
extern const struct xz_sql *const store_sql_migration_add;
extern const struct xz_sql *const store_sql_sequence_list;
extern const struct xz_sql *const store_sql_sequence_set;
extern const struct xz_sql *const store_sql_state_get;
extern const struct xz_sql *const store_sql_state_add;
extern const struct xz_sql *const store_sql_change_set;
extern const struct xz_sql *const store_sql_repair;
extern const struct xz_sql *const store_sql_data_id_set;

/* --- the folder: store_folder.c --- */

XZ_MUST_USE xz_err store_folder_make(const char *folder);   /* durable, mode 0700 */
XZ_MUST_USE xz_err store_folder_make_memory(char **folder); /* on a memory disk if there is one */
void store_folder_drop_memory(const char *folder);
XZ_MUST_USE xz_err store_folder_lock(const char *folder, int *fd);
XZ_MUST_USE xz_err store_folder_sync_parent(const char *path); /* the folder that holds `path` */
XZ_MUST_USE xz_err store_file_make(const char *path);          /* empty, 0600; exists is XZ_OK */
XZ_MUST_USE xz_err store_file_sync(const char *path);
char *store_path(const char *folder, const char *name); /* xz_free */

/* --- migrations: store_migrate.c --- */

/* A fault between what the data and the program say; false: stop looking. */
typedef bool (*store_fault_fn)(xz_str what, void *arg);
/* The store's own migrations and those of the options; the caller frees. */
void store_migrations_join(struct xz_store *store, const struct xz_store_options *options);
XZ_MUST_USE xz_err store_migrate(struct xz_store *store, struct store_conn *conn);
XZ_MUST_USE xz_err store_migrate_check(struct xz_store *store, struct store_conn *conn,
                                       store_fault_fn fault, void *arg);
/* State row, sequence and data id, read into the store. */
XZ_MUST_USE xz_err store_state_load(struct xz_store *store, struct store_conn *conn);

/* --- threads: store_writer.c, store_reader.c, store_checkpoint.c --- */

struct store_writer {
    struct store_conn conn;
    struct xz_queue *queue;
    pthread_t thread;
    void **jobs;
    size_t batch_max;
    int64_t change_number;     /* of the last durable change */
    int64_t id_next, id_limit; /* ids below id_limit are reserved on disk */
    size_t callers;            /* woken by the last commit, or waiting by then */
    int64_t commit_us;         /* how long the last commit took */
};

struct store_reader {
    struct xz_tx tx;
    struct store_conn conn;
    struct store_reader *next;
};

struct store_readers {
    pthread_mutex_t lock; /* protects what follows */
    pthread_cond_t freed;
    struct store_reader *all, *free; /* last in, first out: few stay warm */
    size_t count, count_max, out;
};

struct store_checkpointer {
    struct store_conn conn;
    pthread_t thread;
    pthread_mutex_t copying; /* held during a checkpoint: SQLite refuses a second one */
    pthread_mutex_t lock;    /* protects what follows; taken after `copying`, if both */
    pthread_cond_t wake;
    bool stopping;
    int64_t log_pages;  /* in the write-ahead log after the last commit */
    int64_t due_pages;  /* copy into the database from here on */
    int64_t hard_pages; /* from here on the writer itself makes the log start again */
    int64_t written_us; /* time of the last commit */
};

struct xz_store {
    uint32_t tag;
    char *folder, *db_path;
    bool is_memory;
    int lock_fd;
    const struct xz_clock *clock;
    struct xz_migration *migrations; /* the store's own first */
    size_t migration_count;
    char data_id[33];
    struct store_writer writer;
    struct store_readers readers;
    struct store_checkpointer checkpointer;
};

/* The writer's connection is open by then. */
XZ_MUST_USE xz_err store_writer_start(struct xz_store *store, size_t batch_max, size_t queue_max);
void store_writer_stop(struct xz_store *store);
void store_readers_init(struct store_readers *readers, size_t count_max);
void store_readers_fini(struct store_readers *readers);
XZ_MUST_USE xz_err store_checkpoint_start(struct xz_store *store);
void store_checkpoint_stop(struct xz_store *store);
/* On the writer's thread, between batches. */
void store_checkpoint_between(struct xz_store *store);

/* --- backups: store_backup.c, store_restore.c --- */

#define STORE_MANIFEST_NAME "manifest.json"
void store_backup_hash_hex(const struct xz_sha256 *hash, char hex[65]);

#endif
