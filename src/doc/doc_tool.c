/* xz-parse --tool: turns one file into something our parsers read, by outside tools in the wider
 * jail. Here: the private copy of the file, finding and starting tools, LibreOffice. PDF and
 * pictures are in doc_tool_pdf.c. Its exit code says how it went (enum doc_tool_end). */
#include "doc/doc_tool_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#define FILE_BYTES_MAX   MIB(1024) /* of one file a tool writes */
#define MEMORY_BYTES_MAX (MIB(1024) * 4)
#define PROCESSES_MAX    4096 /* the kernel counts all of the user's, the server's threads too */
#define COPY_BYTES       ((size_t)KIB(256))
#define READ_FOLDERS_MAX 8
#define OFFICE_AGAIN     81 /* it has made its profile and wants to be started once more */

char *doc_tool_path(struct doc_tool_run *run, const char *name)
{
    return (char *)xz_str_format(run->arena, "%s/%s", run->folder, name).ptr;
}

const char *doc_tool_find(struct doc_tool_run *run, const char *name)
{
    const char *path = getenv("PATH");
    xz_str rest = xz_str_from(path && *path ? path : "/usr/local/bin:/usr/bin:/bin");
    while (rest.len) {
        xz_str folder = xz_str_cut(&rest, ':');
        if (!folder.len || folder.ptr[0] != '/')
            continue;
        const char *file = xz_str_format(run->arena, "%.*s/%s", XZ_STR_ARG(folder), name).ptr;
        if (access(file, X_OK) == 0)
            return file;
    }
    return NULL;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t done = write(fd, bytes, len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        bytes += done;
        len -= (size_t)done;
    }
    return true;
}

bool doc_tool_write(xz_str text)
{
    return write_all(STDOUT_FILENO, text.ptr, text.len);
}

static bool copy_file(int from, int to)
{
    char *bytes = xz_alloc(COPY_BYTES, 1);
    ssize_t got;
    bool ok = true;
    while (ok && ((got = read(from, bytes, COPY_BYTES)) > 0 || (got < 0 && errno == EINTR)))
        ok = got < 0 || write_all(to, bytes, (size_t)got);
    xz_free(bytes);
    return ok && got == 0;
}

bool doc_tool_write_file(struct doc_tool_run *run, const char *name)
{
    int fd = open(doc_tool_path(run, name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool ok = fd >= 0 && copy_file(fd, STDOUT_FILENO);
    if (fd >= 0)
        close(fd);
    return ok;
}

xz_str doc_tool_read(struct doc_tool_run *run, const char *name, size_t bytes_max)
{
    char *text = xz_arena_alloc(run->arena, bytes_max + 1);
    size_t len = 0;
    ssize_t got = 0;
    int fd = open(doc_tool_path(run, name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    while (fd >= 0 && len < bytes_max && (got = read(fd, text + len, bytes_max - len)) > 0)
        len += (size_t)got;
    if (fd >= 0)
        close(fd);
    return (xz_str){ text, len };
}

/* --- starting a tool --- */

static bool limit_set(int resource, int64_t value)
{
    struct rlimit now, wanted = { (rlim_t)value, (rlim_t)value };
    if (getrlimit(resource, &now) == 0 && now.rlim_max < wanted.rlim_max)
        return true; /* stricter already */
    return setrlimit(resource, &wanted) == 0;
}

static bool redirect(const char *path, int flags, int as)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    return fd >= 0 && dup2(fd, as) == as;
}

static _Noreturn void tool_become(struct doc_tool_run *run, const char *const argv[],
                                  const char *out, const char *errors)
{
    int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && chdir(run->folder) == 0 &&
        redirect("/dev/null", O_RDONLY, STDIN_FILENO) && redirect(out, flags, STDOUT_FILENO) &&
        redirect(errors, flags, STDERR_FILENO) && limit_set(RLIMIT_AS, MEMORY_BYTES_MAX) &&
        limit_set(RLIMIT_FSIZE, FILE_BYTES_MAX) && limit_set(RLIMIT_CORE, 0) &&
        limit_set(RLIMIT_NOFILE, 256) && limit_set(RLIMIT_NPROC, PROCESSES_MAX) &&
        limit_set(RLIMIT_CPU, run->limits.cpu_s))
        execv(argv[0], (char *const *)(uintptr_t)argv);
    _exit(126);
}

int doc_tool_exec(struct doc_tool_run *run, const char *const argv[], const char *out,
                  const char *errors)
{
    const char *out_path = doc_tool_path(run, out), *errors_path = doc_tool_path(run, errors);
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        tool_become(run, argv, out_path, errors_path);
    if (pid < 0)
        return 126;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return 126;
    return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* --- LibreOffice --- */

/* No macro runs, whatever the document or the system's settings say. */
static bool office_profile_write(struct doc_tool_run *run)
{
    static const char settings[] =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<oor:items xmlns:oor=\"http://openoffice.org/2001/registry\">\n"
        "<item oor:path=\"/org.openoffice.Office.Common/Security/Scripting\">"
        "<prop oor:name=\"MacroSecurityLevel\" oor:op=\"fuse\"><value>3</value></prop></item>\n"
        "<item oor:path=\"/org.openoffice.Office.Common/Security/Scripting\">"
        "<prop oor:name=\"DisableMacrosExecution\" oor:op=\"fuse\"><value>true</value></prop>"
        "</item>\n"
        "</oor:items>\n";
    if (mkdir(doc_tool_path(run, "profile"), 0700) != 0 ||
        mkdir(doc_tool_path(run, "profile/user"), 0700) != 0)
        return false;
    int fd = open(doc_tool_path(run, "profile/user/registrymodifications.xcu"),
                  O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write_all(fd, settings, sizeof(settings) - 1);
    if (fd >= 0)
        close(fd);
    return ok;
}

/* Past the script and the splash screen, which insist on /tmp, where its folder is known. */
static const char *office_find(struct doc_tool_run *run)
{
    char real[PATH_MAX];
    const char *office = doc_tool_find(run, "soffice");
    if (!office)
        office = doc_tool_find(run, "libreoffice");
    if (!office || !realpath(office, real))
        return NULL;
    *strrchr(real, '/') = '\0';
    const char *itself = xz_str_format(run->arena, "%s/soffice.bin", real).ptr;
    return access(itself, X_OK) == 0 ? itself : office;
}

static enum doc_tool_end office_convert(struct doc_tool_run *run, const char *input, const char *to)
{
    static const char locked[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";
    const char *office = office_find(run);
    if (!office)
        return TOOL_END_NO_OFFICE;
    /* Its directory of streams may stand anywhere; it is nearly always near the front. */
    xz_str front = doc_tool_read(run, strrchr(input, '/') + 1, (size_t)MIB(1));
    if (xz_str_find(front, (xz_str){ locked, sizeof(locked) }) != XZ_STR_NPOS)
        return TOOL_END_PASSWORD;
    if (!office_profile_write(run))
        return TOOL_END_DISK;
    const char *profile =
        xz_str_format(run->arena, "-env:UserInstallation=file://%s/profile", run->folder).ptr;
    const char *out = doc_tool_path(run, "out");
    /* Its socket goes into the folder it runs in: a longer path might not fit into an address. */
    const char *argv[] = { office,
                           profile,
                           "-env:OSL_SOCKET_PATH=.",
                           "--headless",
                           "--norestore",
                           "--nolockcheck",
                           "--nodefault",
                           "--nologo",
                           "--convert-to",
                           to,
                           "--outdir",
                           out,
                           input,
                           NULL };
    int code = OFFICE_AGAIN;
    for (int tries = 0; tries < 3 && code == OFFICE_AGAIN; tries++)
        code = doc_tool_exec(run, argv, "office.txt", "office_errors.txt");
    if (code >= 256)
        return TOOL_END_CRASHED;
    const char *made = xz_str_format(run->arena, "out/input.%s", to).ptr;
    /* It answers 0 also when it could not load the file. */
    return access(doc_tool_path(run, made), R_OK) == 0 ? TOOL_END_OK : TOOL_END_DAMAGED;
}

static enum doc_tool_end office_to_file(struct doc_tool_run *run, const char *input, const char *to)
{
    enum doc_tool_end end = office_convert(run, input, to);
    if (end != TOOL_END_OK)
        return end;
    const char *made = xz_str_format(run->arena, "out/input.%s", to).ptr;
    return doc_tool_write_file(run, made) ? TOOL_END_OK : TOOL_END_MUCH;
}

static enum doc_tool_end office_to_pages(struct doc_tool_run *run, const char *input)
{
    enum doc_tool_end end = office_convert(run, input, "pdf");
    return end == TOOL_END_OK ? doc_tool_pdf(run, doc_tool_path(run, "out/input.pdf")) : end;
}

/* --- a run --- */

static bool limits_read(const char *text, struct doc_tool_limits *limits)
{
    xz_str rest = xz_str_from(text);
    return xz_str_to_int(xz_str_cut(&rest, ','), &limits->cpu_s) &&
           xz_str_to_int(xz_str_cut(&rest, ','), &limits->pages_max) &&
           xz_str_to_int(rest, &limits->scanned_pages_max) && limits->cpu_s > 0;
}

/* Tools outside the system's folders are read where they are: a LibreOffice of its maker's packages
 * lives in /opt/libreoffice7.6/program, and all of that folder belongs to it. */
static const char *folder_of_tool(struct doc_tool_run *run, const char *name)
{
    const char *found = doc_tool_find(run, name);
    char real[PATH_MAX];
    if (!found || !realpath(found, real))
        return NULL;
    xz_str path = xz_str_copy(run->arena, xz_str_from(real));
    for (int up = 0; up < 2; up++) {
        while (path.len > 1 && path.ptr[path.len - 1] != '/')
            path.len--;
        path.len -= path.len > 1;
        if (!xz_str_ends(path, XZ_STR("/program")))
            break;
    }
    return path.len > 1 && !xz_str_starts(path, XZ_STR("/usr")) ? xz_str_cstr(run->arena, path)
                                                                : NULL;
}

static xz_err jail_enter(struct doc_tool_run *run, bool office)
{
    static const char *const names[] = { "pdfinfo",   "pdftotext", "pdftoppm",
                                         "tesseract", "soffice",   "libreoffice" };
    const char *folders[READ_FOLDERS_MAX];
    struct xz_tools_jail jail = { .folder = run->folder,
                                  .read_folders = folders,
                                  .own_sockets = office };
    for (size_t i = 0; i < XZ_COUNT(names); i++)
        if ((folders[jail.read_folder_count] = folder_of_tool(run, names[i])) != NULL)
            jail.read_folder_count++;
    return xz_sandbox_enter_tools(&jail, NULL);
}

static const struct {
    const char *name, *input;
    enum doc_tool tool;
} tool_kinds[] = {
    { "pdf", "input.pdf", TOOL_PDF },       { "picture", "input.picture", TOOL_PICTURE },
    { "writer", "input.doc", TOOL_WRITER }, { "table", "input.xls", TOOL_TABLE },
    { "slides", "input.ppt", TOOL_SLIDES },
};

static enum doc_tool_end tool_run(struct doc_tool_run *run, enum doc_tool tool, const char *input)
{
    switch (tool) {
    case TOOL_PDF:
        return doc_tool_pdf(run, input);
    case TOOL_PICTURE:
        return doc_tool_picture(run, input);
    case TOOL_WRITER:
        return office_to_file(run, input, "docx");
    case TOOL_TABLE:
        return office_to_file(run, input, "xlsx");
    case TOOL_SLIDES:
        return office_to_pages(run, input);
    case TOOL_NONE:
        break;
    }
    return TOOL_END_SANDBOX;
}

int xz_tool_main(const char *kind, const char *folder, const char *limits)
{
    struct doc_tool_run run = { .folder = folder };
    size_t which = 0;
    while (which < XZ_COUNT(tool_kinds) && strcmp(kind, tool_kinds[which].name) != 0)
        which++;
    if (which == XZ_COUNT(tool_kinds) || !limits_read(limits, &run.limits))
        return TOOL_END_SANDBOX;
    run.arena = xz_arena_create(1 << 16);
    bool office = tool_kinds[which].tool >= TOOL_WRITER;
    if (jail_enter(&run, office) != XZ_OK)
        return TOOL_END_SANDBOX;
    const char *input = doc_tool_path(&run, tool_kinds[which].input);
    int fd = open(input, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool copied = fd >= 0 && copy_file(STDIN_FILENO, fd);
    if (fd < 0 || close(fd) != 0 || !copied)
        return TOOL_END_DISK;
    return (int)tool_run(&run, tool_kinds[which].tool, input);
}
