/* Between the two halves of running xz-parse: doc_run.c reads what it says of a file, and
 * doc_tool_run.c lets outside tools make that file first. */
#ifndef XZ_DOC_RUN_INTERNAL_H
#define XZ_DOC_RUN_INTERNAL_H

#include <sys/types.h>

#include "doc/doc_sandbox.h"

/* doc_run.c: starts a program in a process group of its own, with default signals, these two files
 * as fd 0 and 1, fd 2 nowhere and no others. XZ_E_IO. */
XZ_MUST_USE xz_err doc_run_spawn(char *const argv[], char *const env[], int input_fd, int output_fd,
                                 pid_t *pid);

/* doc_tool_run.c: when the file needs an outside tool, runs it. *converted_fd is then an open file
 * without a name, to be read instead and closed by the caller, else -1; *name is what that file
 * should be called (in the arena). Blocks. XZ_E_INPUT with the reason, XZ_E_IO. */
XZ_MUST_USE xz_err doc_convert(const struct xz_parse_options *options, int input_fd,
                               struct xz_arena *arena, xz_str *name, int *converted_fd);

#endif
