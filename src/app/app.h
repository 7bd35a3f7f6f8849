/* What the server and the command line have in common: one data folder opened with everything in
 * it, in start order, and closed again. */
#ifndef XZ_APP_APP_H
#define XZ_APP_APP_H

#include "core/config.h"
#include "knowledge/context.h"
#include "knowledge/knowledge.h"
#include "net/http.h"
#include "qa/qa.h"
#include "store/store.h"

struct xz_app {
    struct xz_context context; /* first: what domain routes see */
    struct xz_config *config;
    const struct xz_clock *clock;
    char *data_folder;    /* holds xiaozheng.db, index/, backup/, spool/, socket */
    char *program_folder; /* where this program lies: xz-parse is beside it */
    char *parser_path;
    char *resource_folder; /* words.bin, synonyms.tsv, regions.tsv */
    struct xz_store *store;
    _Atomic bool ready; /* the index holds all rows */
    bool serving;       /* a server that stays: set before xz_app_open for work in the background */
    int64_t started_ms;
};

struct xz_app_options {
    const char *config_file;  /* NULL: none */
    const char *data_folder;  /* NULL: the setting data.dir, else ./data-dir */
    const char *const *flags; /* key=value */
    size_t flag_count;
};

/* Reads the settings only: enough to look for a running server. */
XZ_MUST_USE xz_err xz_app_configure(const struct xz_app_options *options, struct xz_app *app);
/* Opens store, index, knowledge and qa. XZ_E_STATE when another process has the folder. */
XZ_MUST_USE xz_err xz_app_open(struct xz_app *app);
void xz_app_close(struct xz_app *app); /* also after a failed open */

/* All migrations of all domains, in order. */
const struct xz_migration *xz_app_migrations(size_t *count);
/* All routes of all domains: the one list. */
const struct xz_route_table *xz_app_tables(size_t *count);
/* xz_server_options.authorize: who the peer is, and whether the row's door opens for them. */
xz_err xz_app_authorize(struct xz_request *req, int permission, void *app);

/* <data folder>/socket: where the server listens for the command line. */
xz_str xz_app_socket_path(const struct xz_app *app, struct xz_arena *arena);

/* Brings the figures up to date that are looked up and not counted: memory, disk, backup. */
void xz_app_figures(const struct xz_app *app);

/* Import options from the settings. */
struct xz_import_options xz_app_import_options(struct xz_app *app, struct xz_actor actor);

/* The same for the routes and for the command line without a server. JSON goes to `buf`. */
XZ_MUST_USE xz_err xz_app_status_write(struct xz_app *app, struct xz_buf *buf);
/* Where backups go by themselves: the setting backup.dir, else <data folder>/backup. */
xz_str xz_app_backup_folder(const struct xz_app *app, struct xz_arena *arena);
/* `target` empty: a new folder there, named by the time. */
XZ_MUST_USE xz_err xz_app_backup(struct xz_app *app, struct xz_arena *arena,
                                 const struct xz_actor *actor, xz_str target, struct xz_buf *buf);
XZ_MUST_USE xz_err xz_app_verify(struct xz_app *app, struct xz_buf *buf, size_t *problems);

#endif
