/* PDF and pictures to lines for the reader of pages: pdfinfo and pdftotext for the whole, and for
 * each page without text pdftoppm and tesseract. Looks at the tools' output only as far as it must
 * to see which pages are scanned; what it means is for doc_pages.c, in the narrow jail. */
#include "doc/doc_tool_internal.h"

#include "text/text.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAIL_BYTES 65536
#define TEXT_CHARS_MIN                                                                             \
    20 /* a page with fewer is looked at as a picture: a page number is no text */
#define DPI            200
#define PIXELS_MAX     6000 /* of the longer side: a poster is made smaller */
#define LINE_BYTES_MAX ((size_t)MIB(1))
#define PIECE_BYTES    ((size_t)KIB(64))
#define REPORT_BYTES   ((size_t)KIB(64))

/* --- before anything is opened --- */

/* A PDF ends with the place of its index. Without it the file was cut, and what a reader then
 * guesses may lack pages. */
static bool is_cut(const char *path)
{
    char tail[TAIL_BYTES];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    bool cut = true;
    if (fd >= 0 && fstat(fd, &st) == 0) {
        off_t from = st.st_size > TAIL_BYTES ? st.st_size - TAIL_BYTES : 0;
        ssize_t got = pread(fd, tail, sizeof(tail), from);
        xz_str text = { tail, got > 0 ? (size_t)got : 0 };
        cut = xz_str_find(text, XZ_STR("%%EOF")) == XZ_STR_NPOS &&
              xz_str_find(text, XZ_STR("startxref")) == XZ_STR_NPOS;
    }
    if (fd >= 0)
        close(fd);
    return cut;
}

/* "Pages:           12" */
static xz_str info_value(xz_str info, const char *key)
{
    while (info.len) {
        xz_str line = xz_str_cut(&info, '\n');
        size_t len = strlen(key);
        if (xz_str_starts(line, xz_str_from(key)) && line.len > len && line.ptr[len] == ':')
            return xz_str_trim(xz_str_sub(line, len + 1, line.len));
    }
    return XZ_STR_NONE;
}

static bool reports(struct doc_tool_run *run, const char *errors, const char *words)
{
    return xz_str_find(doc_tool_read(run, errors, REPORT_BYTES), xz_str_from(words)) != XZ_STR_NPOS;
}

static enum doc_tool_end failure(struct doc_tool_run *run, int code, const char *errors)
{
    if (code == 256 + SIGXFSZ)
        return TOOL_END_MUCH;
    if (code == 3)
        return TOOL_END_RIGHTS;
    if (code != 256 + SIGABRT && code != 256 + SIGSEGV && code > 256)
        return TOOL_END_CRASHED;
    return reports(run, errors, "Incorrect password") ? TOOL_END_PASSWORD : TOOL_END_DAMAGED;
}

static enum doc_tool_end info_check(struct doc_tool_run *run, const char *input)
{
    const char *argv[] = { doc_tool_find(run, "pdfinfo"), "-enc", "UTF-8", input, NULL };
    int64_t pages = 0;
    if (!argv[0])
        return TOOL_END_NO_POPPLER;
    int code = doc_tool_exec(run, argv, "info.txt", "info_errors.txt");
    if (code != 0)
        return failure(run, code, "info_errors.txt");
    xz_str info = doc_tool_read(run, "info.txt", REPORT_BYTES);
    if (!xz_str_to_int(info_value(info, "Pages"), &pages) || pages < 1)
        return TOOL_END_DAMAGED;
    if (pages > run->limits.pages_max)
        return TOOL_END_PAGES;
    if (xz_str_find(info_value(info, "Encrypted"), XZ_STR("copy:no")) != XZ_STR_NPOS)
        return TOOL_END_RIGHTS;
    bool script = xz_str_eq(info_value(info, "JavaScript"), XZ_STR("yes"));
    bool repaired = reports(run, "info_errors.txt", "reconstruct") ||
                    reports(run, "info_errors.txt", "xref");
    return doc_tool_write(XZ_STR(DOC_PAGES_MAGIC)) &&
                   (!script || doc_tool_write(XZ_STR("@script\n"))) &&
                   (!repaired || doc_tool_write(XZ_STR("@repaired\n")))
               ? TOOL_END_OK
               : TOOL_END_MUCH;
}

/* --- recognising a page --- */

struct recogniser {
    const char *toppm, *tesseract;
    enum doc_tool_end missing; /* TOOL_END_OK: all there */
};

static struct recogniser recogniser_find(struct doc_tool_run *run)
{
    struct recogniser r = { doc_tool_find(run, "pdftoppm"), doc_tool_find(run, "tesseract"),
                            TOOL_END_OK };
    const char *argv[] = { r.tesseract, "--list-langs", NULL };
    if (!r.tesseract || !r.toppm)
        r.missing = TOOL_END_NO_TESSERACT;
    else if (doc_tool_exec(run, argv, "langs.txt", "langs_errors.txt") != 0 ||
             !reports(run, "langs.txt", "\nchi_sim\n"))
        r.missing = TOOL_END_NO_CHINESE;
    return r;
}

/* The tsv of a picture, between @ocr and @end. */
static enum doc_tool_end picture_recognise(struct doc_tool_run *run, const struct recogniser *r,
                                           const char *picture, const char *dpi)
{
    const char *argv[] = { r->tesseract, picture,   doc_tool_path(run, "page"),
                           "-l",         "chi_sim", "--psm",
                           "3",          "--dpi",   dpi,
                           "tsv",        NULL };
    int code = doc_tool_exec(run, argv, "tesseract.txt", "tesseract_errors.txt");
    if (code == 256 + SIGXFSZ)
        return TOOL_END_MUCH;
    if (code != 0)
        return code >= 256 ? TOOL_END_CRASHED : TOOL_END_DAMAGED;
    return doc_tool_write(XZ_STR("@ocr\n")) && doc_tool_write_file(run, "page.tsv") &&
                   doc_tool_write(XZ_STR("\n@end\n"))
               ? TOOL_END_OK
               : TOOL_END_MUCH;
}

static enum doc_tool_end page_recognise(struct doc_tool_run *run, const struct recogniser *r,
                                        const char *input, int64_t page, double points)
{
    struct xz_arena *whole = run->arena;
    int dpi = points * DPI / 72 > PIXELS_MAX ? (int)(PIXELS_MAX * 72 / points) : DPI;
    /* Each page's paths and reports are forgotten with it. */
    run->arena = xz_arena_create(1 << 14);
    const char *resolution = xz_str_format(run->arena, "%d", XZ_MAX(dpi, 20)).ptr;
    const char *number = xz_str_format(run->arena, "%lld", (long long)page).ptr;
    const char *argv[] = { r->toppm,
                           "-gray",
                           "-r",
                           resolution,
                           "-f",
                           number,
                           "-l",
                           number,
                           "-singlefile",
                           input,
                           doc_tool_path(run, "page"),
                           NULL };
    int code = doc_tool_exec(run, argv, "toppm.txt", "toppm_errors.txt");
    enum doc_tool_end end = code != 0 ? failure(run, code, "toppm_errors.txt")
                                      : picture_recognise(run, r, doc_tool_path(run, "page.pgm"),
                                                          resolution);
    unlink(doc_tool_path(run, "page.pgm"));
    unlink(doc_tool_path(run, "page.tsv"));
    xz_arena_destroy(run->arena);
    run->arena = whole;
    return end;
}

/* --- the pages of pdftotext, one line at a time --- */

struct pages {
    struct doc_tool_run *run;
    const char *input;
    struct recogniser recogniser;
    bool counting; /* the first pass only counts the scanned pages */
    int64_t page, scanned, chars, chars_all, odd;
    double points; /* longer side of the page */
};

static double attribute(xz_str line, const char *name)
{
    double value = 0;
    size_t at = xz_str_find(line, xz_str_from(name));
    if (at == XZ_STR_NPOS)
        return 0;
    line = xz_str_sub(line, at + strlen(name), line.len);
    return xz_str_to_double(xz_str_cut(&line, '"'), &value) ? value : 0;
}

/* Counts what a reader could read; a page of characters without meaning is as good as a picture. */
static void word_count(struct pages *p, xz_str line)
{
    size_t from = xz_str_find(line, XZ_STR("\">"));
    xz_str text = from == XZ_STR_NPOS ? XZ_STR_NONE : xz_str_sub(line, from + 2, line.len);
    text = xz_str_cut(&text, '<');
    for (size_t at = 0; at < text.len;) {
        uint32_t code = xz_utf8_next(text, &at);
        bool odd = code == 0xfffd || (code >= 0xe000 && code < 0xf900) || code >= 0xf0000;
        p->odd += odd;
        p->chars++;
    }
}

static enum doc_tool_end page_end(struct pages *p)
{
    bool scanned = p->chars - p->odd < TEXT_CHARS_MIN || p->odd * 3 > p->chars;
    p->chars_all += p->chars - p->odd;
    p->scanned += scanned;
    if (p->counting || !scanned)
        return TOOL_END_OK;
    if (p->recogniser.missing != TOOL_END_OK)
        return doc_tool_write(XZ_STR("@unread\n")) ? TOOL_END_OK : TOOL_END_MUCH;
    return page_recognise(p->run, &p->recogniser, p->input, p->page, p->points);
}

static enum doc_tool_end pages_line(struct pages *p, xz_str line)
{
    enum doc_tool_end end = TOOL_END_OK;
    xz_str bare = xz_str_trim(line);
    if (xz_str_starts(bare, XZ_STR("<page "))) {
        p->page++;
        p->chars = p->odd = 0;
        double width = attribute(bare, "width=\""), height = attribute(bare, "height=\"");
        p->points = XZ_MAX(width, height);
    } else if (xz_str_starts(bare, XZ_STR("<word "))) {
        word_count(p, bare);
    } else if (xz_str_starts(bare, XZ_STR("</page"))) {
        end = page_end(p);
    }
    if (end == TOOL_END_OK && !p->counting && !doc_tool_write(line))
        end = TOOL_END_MUCH;
    return end;
}

static enum doc_tool_end pages_pass(struct pages *p)
{
    struct xz_buf held;
    enum doc_tool_end end = TOOL_END_OK;
    char *room;
    ssize_t got = 0;
    int fd = open(doc_tool_path(p->run, "text.html"), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return TOOL_END_DAMAGED;
    p->page = p->scanned = p->chars = p->odd = p->chars_all = 0;
    xz_buf_init(&held, LINE_BYTES_MAX + PIECE_BYTES);
    while (end == TOOL_END_OK && (room = xz_buf_reserve(&held, PIECE_BYTES)) != NULL &&
           (got = read(fd, room, PIECE_BYTES)) > 0) {
        xz_buf_commit(&held, (size_t)got);
        xz_str rest = xz_buf_str(&held);
        const char *line_end;
        while (end == TOOL_END_OK && (line_end = memchr(rest.ptr, '\n', rest.len)) != NULL) {
            size_t len = (size_t)(line_end - rest.ptr) + 1;
            end = pages_line(p, (xz_str){ rest.ptr, len });
            rest = xz_str_sub(rest, len, rest.len);
        }
        xz_buf_drop_front(&held, held.len - rest.len);
    }
    close(fd);
    bool much = held.err != XZ_OK;
    xz_buf_fini(&held);
    return end == TOOL_END_OK && much ? TOOL_END_MUCH : end;
}

enum doc_tool_end doc_tool_pdf(struct doc_tool_run *run, const char *input)
{
    enum doc_tool_end end;
    const char *argv[] = { doc_tool_find(run, "pdftotext"),
                           "-bbox-layout",
                           "-enc",
                           "UTF-8",
                           input,
                           doc_tool_path(run, "text.html"),
                           NULL };
    if (is_cut(input))
        return TOOL_END_CUT;
    if ((end = info_check(run, input)) != TOOL_END_OK)
        return end;
    if (!argv[0])
        return TOOL_END_NO_POPPLER;
    int code = doc_tool_exec(run, argv, "text.txt", "text_errors.txt");
    if (code != 0)
        return failure(run, code, "text_errors.txt");
    struct pages pages = { .run = run, .input = input, .counting = true };
    if ((end = pages_pass(&pages)) != TOOL_END_OK)
        return end;
    if (pages.scanned > 0)
        pages.recogniser = recogniser_find(run);
    if (pages.scanned > run->limits.scanned_pages_max && pages.recogniser.missing == TOOL_END_OK)
        return TOOL_END_SCANNED_PAGES;
    /* Some pages without text may be blank; a file of nothing else is scanned. */
    if (pages.scanned * 2 > pages.page && pages.recogniser.missing != TOOL_END_OK)
        return pages.recogniser.missing;
    pages.counting = false;
    return pages_pass(&pages);
}

enum doc_tool_end doc_tool_picture(struct doc_tool_run *run, const char *input)
{
    struct recogniser recogniser = recogniser_find(run);
    if (recogniser.missing == TOOL_END_NO_TESSERACT && recogniser.tesseract)
        recogniser.missing = TOOL_END_OK; /* a picture needs no poppler */
    if (recogniser.missing != TOOL_END_OK)
        return recogniser.missing;
    if (!doc_tool_write(XZ_STR(DOC_PAGES_MAGIC "@picture\n")))
        return TOOL_END_MUCH;
    enum doc_tool_end end = picture_recognise(run, &recogniser, input, "200");
    return end == TOOL_END_DAMAGED ? TOOL_END_PICTURE : end;
}
