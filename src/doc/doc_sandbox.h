/* xz-parse as a process: the locked-down child side, and the parent side that runs it. A crash,
 * bomb or hang of the child is a refused file with a clear reason, never more.
 *
 * The child gets the file as fd 0 and writes lines to fd 1. Its arguments are
 *     xz-parse NAME LIMITS [COLUMNS]
 * where NAME is the lasting name of the file, LIMITS is for xz_sandbox_enter and COLUMNS says which
 * columns of a table mean what (xz_recognise_main). It ends with
 * _exit(0) once all is written; another exit code means that its output is not complete.
 *
 * PDF, pictures and old office formats are first turned into something our parsers read, by outside
 * tools in a wider jail of their own:
 *     xz-parse --tool KIND FOLDER LIMITS
 * which may write in FOLDER only; what it writes to fd 1 is then the file that is parsed. */
#ifndef XZ_DOC_SANDBOX_H
#define XZ_DOC_SANDBOX_H

#include "core/str.h"

/* Child: gives up every right but reading fd 0, writing fd 1 and using memory, for good. After
 * everything that opens files (xz_text_init), before the first byte of input. `limits` as passed by
 * xz_parse_run, NULL for the defaults (xz-parse run by hand).
 *   XZ_E_INPUT  `limits` cannot be read
 *   XZ_E_IO     the kernel refuses: without a sandbox nothing may be parsed */
XZ_MUST_USE xz_err xz_sandbox_enter(const char *limits);

/* Child: the wider jail, inherited by the tools it starts. No network, no signals to other
 * processes, no way into other processes or the kernel's settings, no leaving of the process group;
 * where the kernel has Landlock, files are read in the system's folders and `read_folders` only and
 * written in `folder` only. */
struct xz_tools_jail {
    const char *folder;              /* private to this run; exists */
    const char *const *read_folders; /* besides the system's: where tools were found */
    size_t read_folder_count;
    bool own_sockets; /* a Unix stream socket may be made and listened on, never connected */
};
/* `landlocked` (may be NULL): whether the kernel keeps the files apart.
 *   XZ_E_IO  the kernel refuses: without a sandbox no tool may run */
XZ_MUST_USE xz_err xz_sandbox_enter_tools(const struct xz_tools_jail *jail, bool *landlocked);
/* Child: the whole of `xz-parse --tool KIND FOLDER LIMITS`; gives the exit code. */
int xz_tool_main(const char *kind, const char *folder, const char *limits);

struct xz_parse_options {
    const char *program;      /* path of xz-parse */
    int64_t timeout_ms;       /* wall time; 0: 60 s */
    int64_t memory_bytes_max; /* address space; 0: 512 MiB */
    size_t line_bytes_max;    /* of one output line; 0: 8 MiB */
    int64_t output_bytes_max; /* of all output; 0: 4 GiB */
    const char *columns;      /* handed to the child as it is; NULL: none */
    /* of the outside tools */
    const char *work_folder;   /* their private folders are made here; NULL: $TMPDIR or /tmp */
    int64_t tool_timeout_ms;   /* wall time, waiting for other tools included; 0: 25 minutes */
    int64_t pages_max;         /* of a PDF; 0: 2000 */
    int64_t scanned_pages_max; /* of which are read by OCR; 0: 300 */
};

/* Parent: runs the program on `input_fd` (read from its start; the caller keeps and closes it) and
 * hands each output line, without its line end, to `line`; anything but XZ_OK from it ends the
 * child and is returned. Any thread; blocks until the child has gone.
 *   XZ_E_INPUT  the child crashed, was killed by its sandbox, ran out of time or memory, or wrote a
 *               line or an output beyond the limits; a tool is not installed or cannot read the
 *               file: the detail says which, for a person
 *   XZ_E_IO     the program cannot be started */
XZ_MUST_USE xz_err xz_parse_run(const struct xz_parse_options *options, int input_fd, xz_str name,
                                xz_err (*line)(xz_str line, void *arg), void *arg);

#endif
