/* Stands in for xz-parse in test_run.c: the name says how it behaves once it is in the sandbox. */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/json.h"
#include "doc/doc.h"
#include "doc/doc_sandbox.h"

static xz_err print_block(const struct xz_block *block, void *arg)
{
    struct xz_buf out;
    struct xz_json_writer json;
    (void)arg;
    xz_buf_init(&out, (size_t)MIB(8));
    xz_jw_init(&json, &out);
    xz_jw_begin_object(&json);
    xz_jw_member_str(&json, "b", xz_str_from(xz_block_kind_name(block->kind)));
    xz_jw_member_str(&json, "text", block->text);
    xz_jw_end_object(&json);
    xz_buf_add_char(&out, '\n');
    bool ok = write(STDOUT_FILENO, out.ptr, out.len) == (ssize_t)out.len;
    xz_buf_fini(&out);
    return ok ? XZ_OK : XZ_E_IO;
}

static void write_for_ever(const char *text, size_t len)
{
    while (write(STDOUT_FILENO, text, len) > 0)
        continue;
}

static int behave(xz_str name)
{
    if (xz_str_eq(name, XZ_STR("crash")))
        __builtin_trap(); /* not raise(): a sanitizer would answer it with calls of its own */
    else if (xz_str_eq(name, XZ_STR("abort")))
        XZ_ASSERT(name.len == 0);
    else if (xz_str_eq(name, XZ_STR("hang")))
        for (volatile int i = 0;; i++)
            continue;
    else if (xz_str_eq(name, XZ_STR("deaf")))
        for (close(STDOUT_FILENO);;)
            continue;
    else if (xz_str_eq(name, XZ_STR("open")))
        return open("/etc/passwd", O_RDONLY) >= 0 ? 0 : 9;
    else if (xz_str_eq(name, XZ_STR("socket")))
        return socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 0 : 9;
    else if (xz_str_eq(name, XZ_STR("fork")))
        return fork() >= 0 ? 0 : 9;
    else if (xz_str_eq(name, XZ_STR("exec")))
        return execl("/bin/true", "true", (char *)NULL);
    else if (xz_str_eq(name, XZ_STR("code")))
        return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
               MAP_FAILED;
    else if (xz_str_eq(name, XZ_STR("memory")))
        for (size_t bytes = (size_t)MIB(1);; bytes *= 2)
            xz_free(xz_alloc(bytes, 1));
    else if (xz_str_eq(name, XZ_STR("long line")))
        write_for_ever("aaaaaaaa", 8);
    else if (xz_str_eq(name, XZ_STR("much")))
        write_for_ever("a\n", 2);
    else if (xz_str_eq(name, XZ_STR("half")))
        return write(STDOUT_FILENO, "{\"b\":", 5) == 5 ? 0 : 9;
    else if (xz_str_eq(name, XZ_STR("fail")))
        return 7;
    return xz_doc_read_fd(STDIN_FILENO, name, print_block, NULL, NULL) == XZ_OK ? 0 : 8;
}

int main(int argc, char **argv)
{
    if (argc < 2 || xz_text_init() != XZ_OK || xz_sandbox_enter(argc > 2 ? argv[2] : NULL) != XZ_OK)
        _exit(6);
    _exit(behave(xz_str_from(argv[1])));
}
