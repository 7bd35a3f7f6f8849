/* What the files of the command line program share. Each command makes one JSON text, from a
 * running server or from the data folder itself, and then prints that text or renders it for
 * people: both ways show the same. */
#ifndef XZ_APP_CLI_INTERNAL_H
#define XZ_APP_CLI_INTERNAL_H

#include <stdio.h>

#include "app/app.h"
#include "core/json.h"

/* Documented in docs/CLI.md; scripts rely on them. */
enum cli_exit {
    CLI_OK = 0,
    CLI_PROBLEMS = 1,  /* it ran to its end and found problems */
    CLI_USAGE = 2,     /* the command or what was handed to it is wrong */
    CLI_NOT_FOUND = 3, /* no such thing; a question without an answer */
    CLI_IN_USE = 4,    /* the data folder is held by another process, or it is in the way itself */
    CLI_IO = 5,        /* disk, process or connection failed */
    CLI_DENIED = 6,    /* this user may not */
    CLI_BUSY = 7,      /* overloaded: try again */
    CLI_FAULTS = 10,   /* the doctor found a fault */
    CLI_INTERRUPTED = 130
};

#define CLI_SETS_MAX        64
#define CLI_REPLY_BYTES_MAX MIB(64)

struct cli_options {
    const char *data, *config;
    const char *region, *dialogue, *kind; /* ask, search */
    const char *corpus, *queries, *qrels; /* eval retrieval */
    const char *map;                      /* import */
    int64_t limit, parallel;              /* 0: not said */
    const char *reason;                   /* withdraw */
    bool json, superseded, undo, help, version;
    const char *sets[CLI_SETS_MAX];
    size_t set_count;
    const char **words; /* what is no option: the command and its operands */
    size_t word_count;
};

struct cli;

enum cli_need {
    CLI_NEEDS_SETTINGS, /* the settings only */
    CLI_NEEDS_DATA,     /* a server, or a folder that has data */
    CLI_MAKES_DATA      /* a server, or a folder, which is made */
};

struct cli_command {
    unsigned bit;         /* for the options table */
    const char *name;     /* one or two words */
    const char *operands; /* for the usage line */
    const char *summary;  /* one line */
    const char *help;     /* what --help adds */
    size_t words_min, words_max;
    enum cli_need need;
    int (*run)(struct cli *cli); /* gives the exit code */
};

#define CLI_ASK        1u
#define CLI_SEARCH     2u
#define CLI_IMPORT     4u
#define CLI_STATUS     8u
#define CLI_BACKUP     16u
#define CLI_RESTORE    32u
#define CLI_VERIFY     64u
#define CLI_WORD       128u
#define CLI_EVAL       256u
#define CLI_DOCTOR     512u
#define CLI_COMPLAINTS 1024u
#define CLI_WITHDRAW   2048u
#define CLI_EVERY      (~0u)

extern const struct cli_command cli_commands[];
extern const size_t cli_command_count;

struct cli_http;

struct cli {
    struct cli_options options;
    const struct cli_command *command; /* NULL: none given */
    const char **operands;             /* words after the command */
    size_t operand_count;
    struct xz_arena *arena;
    struct xz_app app;
    struct xz_actor actor;
    struct cli_http *http; /* NULL: no server, the folder is open in `app` */
    char *socket_path;
};

/* --- arguments (cli_args.c) --- */
/* Options may stand anywhere; "--" ends them. XZ_E_INPUT with the words for it. */
XZ_MUST_USE xz_err cli_args_read(struct cli *cli, int argc, char **argv);
/* "社保卡 丢了" as one text. */
xz_str cli_operands_join(struct cli *cli);
void cli_help(const struct cli_command *command); /* NULL: of all */

/* --- a server or the folder (cli_session.c) --- */
XZ_MUST_USE xz_err cli_session_begin(struct cli *cli, enum cli_need need);
/* Connects cli->http to the server of this data folder. XZ_E_MISSING: none is running. */
XZ_MUST_USE xz_err cli_server_find(struct cli *cli);
void cli_session_end(struct cli *cli);
/* Whether this user may work on the folder without a server, and whether there are data. */
XZ_MUST_USE xz_err cli_folder_check(struct cli *cli, enum cli_need need);
/* The division code of a name or code; 0 for NULL. XZ_E_INPUT: no such region here. */
XZ_MUST_USE xz_err cli_region_find(struct cli *cli, const char *region, int64_t *code);
/* An absolute form of a path that need not exist yet. */
xz_str cli_path_absolute(struct cli *cli, const char *path);

/* --- HTTP/1.1 over the Unix socket (cli_http.c) --- */
/* XZ_E_MISSING nobody answers there (no socket, or one left by a crash), XZ_E_DENIED, XZ_E_IO. */
XZ_MUST_USE xz_err cli_http_open(const char *socket_path, struct cli_http **http);
void cli_http_close(struct cli_http *http); /* NULL is fine */

struct cli_request {
    const char *method;
    xz_str target;
    xz_str json;    /* body; empty: none */
    bool from_file; /* body: `file_bytes` of `file_fd`, streamed */
    int file_fd;
    int64_t file_bytes;
    int64_t reply_timeout_ms; /* 0: a minute */
};
/* Sends one request and adds the reply's body to `body`. A problem document comes back as its error
 * kind with its detail. A connection that the server closed while idle is opened again. */
XZ_MUST_USE xz_err cli_http_call(struct cli_http *http, const struct cli_request *request,
                                 struct xz_buf *body);
XZ_MUST_USE xz_err cli_http_get(struct cli_http *http, xz_str target, struct xz_buf *body);
void cli_url_add(struct xz_buf *url, xz_str text); /* percent-encoded */

/* --- printing for people (cli_print.c) --- */
size_t cli_width(xz_str text);       /* columns on a terminal: Han characters take two */
size_t cli_terminal_width(FILE *to); /* 0: not a terminal */
/* Control characters become U+FFFD: what stands in a file must not drive the operator's terminal.
 */
void cli_put(FILE *to, xz_str text);
void cli_putf(FILE *to, const char *format, ...) XZ_PRINTF(2, 3);
void cli_put_padded(FILE *to, xz_str text, size_t width);
void cli_heading(const char *text); /* bold on a terminal */
/* Lines indented, wrapped on a terminal. */
void cli_paragraph(size_t indent, xz_str text);
/* A labelled text, its lines below each other; nothing when it is empty. */
void cli_field(const char *label, size_t width, xz_str text);
xz_str cli_number(struct xz_arena *arena, int64_t value); /* 1,234,567 */
xz_str cli_size(struct xz_arena *arena, int64_t bytes);   /* 12.3 MiB */
xz_str cli_time(struct xz_arena *arena, xz_str utc); /* "2026-11-22T04:00:00.000Z" as read here */
xz_str cli_text_of(const struct xz_json *object, const char *key);
int64_t cli_int_of(const struct xz_json *object, const char *key);

/* Says what failed, on stderr, and with --json as an object on stdout. Returns the exit code. */
int cli_failed(const struct cli *cli, xz_err err);
enum cli_exit cli_exit_of(xz_err err);
/* One JSON text as a line on stdout. */
void cli_print_json(const struct xz_buf *json);
/* Prints `json` as it is with --json, else through `render`. Returns the exit code: what `judge`
 * makes of it, CLI_OK when NULL. */
int cli_show(struct cli *cli, const struct xz_buf *json, int (*judge)(const struct xz_json *root),
             void (*render)(struct cli *cli, const struct xz_json *root));

/* "《title》 label" and the line of where it comes from (cli_search.c). */
void cli_source_render(struct cli *cli, const struct xz_json *source, bool with_text);

/* --- commands --- */
int cli_ask(struct cli *cli);
int cli_search(struct cli *cli);
void cli_import_prepare(void); /* before any thread: Ctrl-C ends an import cleanly */
int cli_import(struct cli *cli);
int cli_status(struct cli *cli);
int cli_backup(struct cli *cli);
int cli_restore(struct cli *cli);
int cli_verify(struct cli *cli);
int cli_word_add(struct cli *cli);
int cli_complaints(struct cli *cli);
int cli_withdraw(struct cli *cli);
int cli_doctor(struct cli *cli);
int cli_eval_retrieval(struct cli *cli);

#endif
