/* Shared by the files of the doctor: one visit, and how a check says what it found. */
#ifndef XZ_APP_CLI_DOCTOR_INTERNAL_H
#define XZ_APP_CLI_DOCTOR_INTERNAL_H

#include "app/cli/cli_internal.h"

enum doctor_level {
    DOCTOR_GOOD,
    DOCTOR_NOTE,    /* worth knowing; nothing has to be done */
    DOCTOR_WARNING, /* will become a fault, or answers are worse than they could be */
    DOCTOR_FAULT,   /* does not work, or data are in danger */
    DOCTOR_LEVEL_COUNT
};

struct doctor_check;

struct doctor {
    struct cli *cli;
    struct xz_arena *arena;
    const struct doctor_check *check; /* under way */
    struct xz_json_writer w;
    enum doctor_level worst;
    size_t found[DOCTOR_LEVEL_COUNT];
    bool has_folder;                   /* the data folder is there and may be used */
    bool has_server;                   /* it answers on its socket */
    bool is_starting;                  /* it does, but is not ready */
    bool is_data_sound;                /* the database may be opened by this program as it is */
    int64_t server_pid;                /* 0: not known */
    int64_t data_bytes;                /* of the database */
    struct xz_json_doc *status, *site; /* what the server, or the data, say of themselves */
};

struct doctor_check {
    const char *id, *title;
    void (*run)(struct doctor *d);
};

/* One finding; `advice` says what to do, NULL when there is nothing to be done. */
void doctor_say(struct doctor *d, enum doctor_level level, xz_str finding, const char *advice);
void doctor_sayf(struct doctor *d, enum doctor_level level, const char *advice, const char *format,
                 ...) XZ_PRINTF(4, 5);
xz_str doctor_path(const struct doctor *d, const char *name); /* in the data folder */
int64_t doctor_setting(const struct doctor *d, enum xz_config_key key);

/* --- the machine and the folder: cli_doctor_machine.c --- */
void doctor_folder(struct doctor *d);
void doctor_disk(struct doctor *d);
void doctor_memory(struct doctor *d);
void doctor_files(struct doctor *d);
void doctor_clock(struct doctor *d);
void doctor_sandbox(struct doctor *d);
void doctor_tools(struct doctor *d);

/* --- the data: cli_doctor_data.c --- */
void doctor_database(struct doctor *d);
void doctor_backup(struct doctor *d);
void doctor_knowledge(struct doctor *d);
void doctor_index(struct doctor *d);

/* --- how people get here: cli_doctor_edge.c --- */
void doctor_service(struct doctor *d);
void doctor_nginx(struct doctor *d);

#endif
