/* The part of knowledge/ that runs inside xz-parse: a file's blocks become drafts. */
#ifndef XZ_KNOWLEDGE_RECOGNISE_H
#define XZ_KNOWLEDGE_RECOGNISE_H

#include "core/str.h"

/* Raised when the same file would be read differently: importing it again then takes it anew. */
#define RECOGNISE_VERSION 6

/* Reads the file on `in_fd`, writes JSON lines to `out_fd`; returns the exit code for main. `name`
 * is the file's lasting name: folder names and dates in it are hints. `columns` may say what the
 * columns of its tables mean, 问题=标准问,答案=答复口径; "" leaves it to the known names. What
 * cannot be read is a line {"t":"refused","reason":…}. The files in an archive come out as they
 * are, as lines member, data (base64) and member_end. */
int xz_recognise_main(int in_fd, int out_fd, xz_str name, xz_str columns);

#endif
