/* Between the two sides of the outside tools: doc_tool_run.c starts a run and words its failures,
 * doc_tool.c and doc_tool_pdf.c are the run. */
#ifndef XZ_DOC_TOOL_INTERNAL_H
#define XZ_DOC_TOOL_INTERNAL_H

#include "doc/doc.h"
#include "doc/doc_sandbox.h"

enum doc_tool { TOOL_NONE, TOOL_PDF, TOOL_PICTURE, TOOL_WRITER, TOOL_TABLE, TOOL_SLIDES };

/* Exit codes of a run; the parent has the words for each. */
enum doc_tool_end {
    TOOL_END_OK = 0,
    TOOL_END_SANDBOX = 20,  /* no jail, no work */
    TOOL_END_DISK,          /* the private folder cannot be written */
    TOOL_END_CUT,           /* the file ends too early */
    TOOL_END_DAMAGED,       /* the tool cannot open the file */
    TOOL_END_PICTURE,       /* the same for a picture */
    TOOL_END_PASSWORD,      /* opens with a password only */
    TOOL_END_RIGHTS,        /* its author allows no copying of text */
    TOOL_END_PAGES,         /* more pages than the limit */
    TOOL_END_SCANNED_PAGES, /* more pages to recognise than the limit */
    TOOL_END_MUCH,          /* the tool's output grew beyond the limit */
    TOOL_END_NO_POPPLER,
    TOOL_END_NO_TESSERACT,
    TOOL_END_NO_CHINESE, /* tesseract without chi_sim */
    TOOL_END_NO_OFFICE,
    TOOL_END_CRASHED /* a tool died or ran out of memory */
};

/* LIMITS of a run: "cpu seconds,pages,scanned pages". */
struct doc_tool_limits {
    int64_t cpu_s, pages_max, scanned_pages_max;
};

/* What the reader of pages (doc_pages.c) is fed: this line, then the lines of pdftotext
 * -bbox-layout as they are; between them lines that begin with '@':
 *   @script        the file holds JavaScript (which nobody ran)
 *   @repaired      its index was broken and has been guessed
 *   @picture       no PDF: a picture; pages are told apart by the page number of the tsv
 *   @ocr … @end    tesseract's tsv of the page under way
 *   @unread        the page under way has no text, and there is nothing to recognise it with */
#define DOC_PAGES_MAGIC "\001XZPAGES 1\n"

/* doc_tool.c: one program, its output to files in the run's folder. */
struct doc_tool_run {
    const char *folder;
    struct doc_tool_limits limits;
    struct xz_arena *arena;
};
/* The program's path by PATH, in the arena; NULL when it is not there. */
const char *doc_tool_find(struct doc_tool_run *run, const char *name);
/* Path of a file in the folder, in the arena. */
char *doc_tool_path(struct doc_tool_run *run, const char *name);
/* Runs argv[0] with stdout and stderr in the files of these names; its exit code, or
 * 256 + signal. */
int doc_tool_exec(struct doc_tool_run *run, const char *const argv[], const char *out,
                  const char *errors);
/* The front of a file of the folder, at most `bytes_max`. */
xz_str doc_tool_read(struct doc_tool_run *run, const char *name, size_t bytes_max);
bool doc_tool_write(xz_str text); /* to fd 1 */
bool doc_tool_write_file(struct doc_tool_run *run, const char *name);

/* doc_tool_pdf.c: `input` (a path) to the reader's lines on fd 1. */
enum doc_tool_end doc_tool_pdf(struct doc_tool_run *run, const char *input);
enum doc_tool_end doc_tool_picture(struct doc_tool_run *run, const char *input);

#endif
