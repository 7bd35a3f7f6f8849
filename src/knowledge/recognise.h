/* The part of knowledge/ that runs inside xz-parse: a file's blocks become drafts. */
#ifndef XZ_KNOWLEDGE_RECOGNISE_H
#define XZ_KNOWLEDGE_RECOGNISE_H

#include "core/str.h"

/* Raised when the same file would be read differently: importing it again then takes it anew. */
#define RECOGNISE_VERSION 4

/* Reads the file on `in_fd`, writes JSON lines to `out_fd`; returns the exit code for main. `name`
 * is the file's lasting name: folder names and dates in it are hints. What cannot be read is a line
 * {"t":"refused","reason":…}. */
int xz_recognise_main(int in_fd, int out_fd, xz_str name);

#endif
