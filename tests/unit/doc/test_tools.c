/* The outside tools: what their jail lets through, and what becomes of a run. The tools are shell
 * scripts made here; the path of the stand-in for xz-parse is the argument. */
#include "doc_test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doc/doc_sandbox.h"

#define OLD_WORD "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 an old document"
#define PDF      "%PDF-1.4\nbody\nstartxref\n0\n%%EOF\n"

static const char *program;
static char place[64], tools[80], work[80], secret[80], socket_path[80];
static int listener = -1;

/* --- files --- */

static void write_file(const char *path, const char *text, int mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(fchmod(fd, (mode_t)mode), 0);
    close(fd);
}

static void tool_is(const char *name, const char *script)
{
    char path[160], text[8192];
    snprintf(path, sizeof(path), "%s/%s", tools, name);
    snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", script);
    write_file(path, text, 0700);
}

static void tool_is_not(const char *name)
{
    char path[160];
    snprintf(path, sizeof(path), "%s/%s", tools, name);
    unlink(path);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static int count_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)path;
    (void)st;
    (void)type;
    return at->level; /* anything below the top ends the walk */
}

/* --- a run --- */

static xz_err take_line(xz_str line, void *arg)
{
    (void)arg;
    xz_buf_add(&shown, line);
    xz_buf_add_char(&shown, '\n');
    return XZ_OK;
}

static xz_err run(const char *name, const char *content, int64_t tool_timeout_ms)
{
    char path[] = "/tmp/xz-tools-file-XXXXXX";
    struct xz_parse_options options = { .program = program,
                                        .timeout_ms = 30000,
                                        .work_folder = work,
                                        .tool_timeout_ms = tool_timeout_ms,
                                        .pages_max = 5,
                                        .scanned_pages_max = 2 };
    int file = mkstemp(path);
    assert_true(file >= 0);
    unlink(path);
    assert_int_equal(write(file, content, strlen(content)), (ssize_t)strlen(content));
    xz_buf_clear(&shown);
    xz_fail_clear();
    xz_err err = xz_parse_run(&options, file, xz_str_from(name), take_line, NULL);
    close(file);
    /* Whatever happened, nothing of it is left. */
    assert_int_equal(nftw(work, count_entry, 8, FTW_PHYS), 0);
    return err;
}

static void gives(const char *name, const char *content, const char *expected)
{
    if (run(name, content, 60000) != XZ_OK)
        fail_msg("%s", xz_fail_detail());
    assert_non_null(shown.ptr);
    assert_non_null(strstr(shown.ptr, expected));
}

static void is_refused(const char *name, const char *content, const char *reason)
{
    assert_int_equal(run(name, content, 60000), XZ_E_INPUT);
    if (!strstr(xz_fail_detail(), reason))
        fail_msg("“%s” lacks “%s”", xz_fail_detail(), reason);
}

/* --- the jail --- */

static const char *probe(bool own_sockets)
{
    char command[1024];
    size_t got;
    snprintf(command, sizeof(command), "'%s' --probe '%s' '%s' '%s' %d", program, work, secret,
             socket_path, own_sockets);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    xz_buf_clear(&shown);
    char *room = xz_buf_reserve(&shown, 4096);
    got = fread(room, 1, 4095, pipe);
    xz_buf_commit(&shown, got);
    assert_int_equal(pclose(pipe), 0);
    nftw(work, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    mkdir(work, 0700);
    return shown.ptr;
}

#define assert_probe(words) assert_non_null(strstr(shown.ptr, words "\n"))

static void no_tool_reaches_the_network_or_other_processes(void **unused)
{
    (void)unused;
    for (int own_sockets = 0; own_sockets < 2; own_sockets++) {
        probe(own_sockets);
        assert_probe("network no");
        assert_probe("unix-connect no");
        assert_probe("unix-datagram no");
        assert_probe("kill-parent no");
        assert_probe("ptrace-parent no");
        assert_probe("new-session no");
        assert_probe("read-system yes");
        assert_probe("write-inside yes");
        if (own_sockets)
            assert_probe("unix-socket yes");
        else
            assert_probe("unix-socket no");
    }
}

static void no_tool_sees_files_but_its_own(void **unused)
{
    (void)unused;
    probe(true);
    if (strstr(shown.ptr, "landlock no")) {
        print_message("this kernel has no Landlock: files are not kept apart here\n");
        skip();
    }
    assert_probe("read-secret no");
    assert_probe("change-secret no");
    assert_probe("write-outside no");
}

/* --- old formats --- */

static const char office_script[] =
    "for arg; do last=\"$arg\"; case \"$before\" in --outdir) out=\"$arg\";; "
    "--convert-to) to=\"$arg\";; esac; before=\"$arg\"; done\n"
    "mkdir -p \"$out\"; { echo '# 转换稿'; echo; head -c 8 \"$last\" | od -An -tx1 | tr -d ' \\n';"
    " echo; echo; echo \"to $to\"; } > \"$out/input.$to\"\n";

static void old_formats_are_converted_first(void **unused)
{
    (void)unused;
    tool_is("soffice", office_script);
    gives("旧/通知.doc", OLD_WORD, "heading 转换稿\nparagraph d0cf11e0a1b11ae1\nparagraph to docx");
    gives("表.et", OLD_WORD, "to xlsx");
    gives("a.rtf", "{\\rtf1 text}", "to docx");
}

static void a_converter_cannot_look_around(void **unused)
{
    (void)unused;
    char script[4096];
    probe(true);
    if (strstr(shown.ptr, "landlock no"))
        skip();
    snprintf(script, sizeof(script),
             "cat '%s' > loot 2>/dev/null; echo x > '%s.made' 2>/dev/null\n%s"
             "cat '%s' >> \"$out/input.$to\" 2>/dev/null; exit 0",
             secret, secret, office_script, secret);
    tool_is("soffice", script);
    gives("a.doc", OLD_WORD, "转换稿");
    assert_null(strstr(shown.ptr, "secret"));
    char made[128];
    snprintf(made, sizeof(made), "%s.made", secret);
    assert_int_equal(access(made, F_OK), -1);
}

static void without_a_converter_the_way_out_is_said(void **unused)
{
    (void)unused;
    tool_is_not("soffice");
    is_refused("a.doc", OLD_WORD, "LibreOffice");
    is_refused("a.doc", OLD_WORD, "另存为 docx");
}

static void a_converter_that_makes_nothing_is_a_damaged_file(void **unused)
{
    (void)unused;
    tool_is("soffice", "exit 0");
    is_refused("a.doc", OLD_WORD, "已损坏");
}

static void a_converter_that_hangs_is_ended_with_all_it_started(void **unused)
{
    (void)unused;
    tool_is("soffice", "sleep 600 & sleep 600 & sleep 600");
    /* What outlives its parent becomes a child of ours, and would be waited for here. */
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    assert_int_equal(run("a.doc", OLD_WORD, 1000), XZ_E_INPUT);
    assert_non_null(strstr(xz_fail_detail(), "超过 1 秒"));
    alarm(20);
    while (waitpid(-1, NULL, 0) > 0)
        continue;
    assert_int_equal(errno, ECHILD);
    alarm(0);
    prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

/* --- pdf --- */

#define PAGE                                                                                       \
    "<page width=\"595\" height=\"842\">\n<word xMin=\"80\" yMin=\"90\" xMax=\"480\" "             \
    "yMax=\"110\">一二三四五六七八九十一二三四五六七八九十一二三四五</word>\n</page>\n"
#define EMPTY_PAGE "<page width=\"595\" height=\"842\">\n</page>\n"

static void pdf_tools_are(const char *info, const char *pages)
{
    char script[4096];
    snprintf(script, sizeof(script), "cat <<'END'\n%s\nEND", info);
    tool_is("pdfinfo", script);
    snprintf(script, sizeof(script),
             "for arg; do last=\"$arg\"; done\ncat > \"$last\" <<'END'\n%s\nEND", pages);
    tool_is("pdftotext", script);
}

static void recognition_is_there(void)
{
    tool_is("pdftoppm", "for arg; do last=\"$arg\"; done; echo P5 > \"$last.pgm\"");
    tool_is("tesseract", "[ \"$1\" = --list-langs ] && { echo List; echo chi_sim; exit 0; }\n"
                         "printf '1\\t1\\t0\\t0\\t0\\t0\\t0\\t0\\t1654\\t2339\\t-1\\t\\n"
                         "4\\t1\\t1\\t1\\t1\\t0\\t300\\t400\\t165\\t33\\t-1\\t\\n"
                         "5\\t1\\t1\\t1\\t1\\t1\\t300\\t400\\t165\\t33\\t88.5\\t识别出来的\\n'"
                         " > \"$2.tsv\"");
}

static void text_of_a_pdf_is_read(void **unused)
{
    (void)unused;
    pdf_tools_are("Pages:  1\nEncrypted: no\nJavaScript: yes", PAGE);
    gives("a.pdf", PDF, "paragraph 一二三四五六七八九十");
    assert_non_null(strstr(shown.ptr, "note 文件中有脚本"));
}

static void pages_without_text_are_recognised(void **unused)
{
    (void)unused;
    pdf_tools_are("Pages:  2", PAGE EMPTY_PAGE);
    recognition_is_there();
    gives("a.pdf", PDF, "识别出来的");
    if (!strstr(shown.ptr, "note 第 2 页为扫描识别，平均可信度 89%"))
        fail_msg("%s", shown.ptr);
}

static void what_is_missing_is_named(void **unused)
{
    (void)unused;
    pdf_tools_are("Pages:  1", EMPTY_PAGE);
    tool_is_not("tesseract");
    is_refused("a.pdf", PDF, "tesseract-ocr");
    tool_is("tesseract", "echo List; echo eng");
    is_refused("a.pdf", PDF, "tesseract-ocr-chi-sim");
    is_refused("a.png", "\x89PNG\r\n", "tesseract-ocr-chi-sim");
    pdf_tools_are("Pages:  2", PAGE EMPTY_PAGE); /* one page may be blank */
    gives("a.pdf", PDF, "note 第 2 页没有文字");
    tool_is_not("pdfinfo");
    is_refused("a.pdf", PDF, "poppler-utils");
}

static void too_many_pages_are_refused(void **unused)
{
    (void)unused;
    pdf_tools_are("Pages:  6", PAGE);
    is_refused("a.pdf", PDF, "超过 5 页");
    pdf_tools_are("Pages:  3", EMPTY_PAGE EMPTY_PAGE EMPTY_PAGE);
    recognition_is_there();
    is_refused("a.pdf", PDF, "扫描页超过 2 页");
}

static void locked_cut_and_broken_files_are_told_apart(void **unused)
{
    (void)unused;
    is_refused("a.pdf", "%PDF-1.4\nbody", "不完整");
    tool_is("pdfinfo", "echo 'Command Line Error: Incorrect password' >&2; exit 1");
    is_refused("a.pdf", PDF, "打开密码");
    tool_is("pdfinfo", "echo 'Syntax Error: nothing fits' >&2; exit 1");
    is_refused("a.pdf", PDF, "已损坏");
    pdf_tools_are("Pages: 1\nEncrypted:       yes (print:yes copy:no change:no)", PAGE);
    is_refused("a.pdf", PDF, "不允许复制");
    tool_is("pdfinfo", "kill -SEGV $$; sleep 1; exit 139");
    is_refused("a.pdf", PDF, "已损坏");
}

static int set_up(void **state)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    snprintf(place, sizeof(place), "/tmp/xz-tools-XXXXXX");
    if (!mkdtemp(place))
        return -1;
    snprintf(tools, sizeof(tools), "%s/tools", place);
    snprintf(work, sizeof(work), "%s/work", place);
    snprintf(secret, sizeof(secret), "%s/secret", place);
    snprintf(socket_path, sizeof(socket_path), "%s/socket", place);
    snprintf(at.sun_path, sizeof(at.sun_path), "%s", socket_path);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (mkdir(tools, 0700) != 0 || mkdir(work, 0700) != 0 || listener < 0 ||
        bind(listener, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(listener, 1) != 0)
        return -1;
    write_file(secret, "secret\n", 0600);
    /* Only our scripts are found, and what they are made of. */
    static const char *const needed[] = { "cat", "sh",   "mkdir", "od",
                                          "tr",  "head", "sleep", "printf" };
    for (size_t i = 0; i < XZ_COUNT(needed); i++) {
        char from[64], to[160];
        snprintf(from, sizeof(from), "/usr/bin/%s", needed[i]);
        snprintf(to, sizeof(to), "%s/%s", tools, needed[i]);
        if (symlink(from, to) != 0)
            return -1;
    }
    setenv("PATH", tools, 1);
    return show_set_up(state);
}

static int tear_down(void **state)
{
    close(listener);
    nftw(place, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    return show_tear_down(state);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_tool_reaches_the_network_or_other_processes),
        cmocka_unit_test(no_tool_sees_files_but_its_own),
        cmocka_unit_test(old_formats_are_converted_first),
        cmocka_unit_test(a_converter_cannot_look_around),
        cmocka_unit_test(without_a_converter_the_way_out_is_said),
        cmocka_unit_test(a_converter_that_makes_nothing_is_a_damaged_file),
        cmocka_unit_test(a_converter_that_hangs_is_ended_with_all_it_started),
        cmocka_unit_test(text_of_a_pdf_is_read),
        cmocka_unit_test(pages_without_text_are_recognised),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(too_many_pages_are_refused),
        cmocka_unit_test(locked_cut_and_broken_files_are_told_apart),
    };
    if (argc < 2)
        return 2;
    program = argv[1];
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
