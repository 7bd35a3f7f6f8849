/* Stands in for xz-parse in test_tools.c: runs the outside tools as it does, prints blocks in the
 * narrow jail, and with --probe tries from inside the wider jail what must not work there. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "doc/doc.h"
#include "doc/doc_sandbox.h"

static void say(const char *what, bool could)
{
    printf("%s %s\n", what, could ? "yes" : "no");
}

static bool can_connect(const char *socket_path)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(to.sun_path, sizeof(to.sun_path), "%s", socket_path);
    return fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
}

static bool can_reach_network(void)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    /* Refused by nobody listening would mean that the call itself went through. */
    return fd >= 0 && (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 || errno != EPERM);
}

static bool can_open(const char *path, int flags)
{
    int fd = open(path, flags, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* FOLDER SECRET SOCKET: its own folder, a file elsewhere, a socket that listens. */
static int probe(const char *folder, const char *secret, const char *socket_path, bool own_sockets)
{
    char inside[4096], outside[4096];
    struct xz_tools_jail jail = { .folder = folder, .own_sockets = own_sockets };
    bool landlocked;
    snprintf(inside, sizeof(inside), "%s/inside", folder);
    snprintf(outside, sizeof(outside), "%s.new", secret);
    if (xz_sandbox_enter_tools(&jail, &landlocked) != XZ_OK) {
        printf("failed: %s\n", xz_fail_detail());
        return 1;
    }
    say("landlock", landlocked);
    say("network", can_reach_network());
    say("unix-socket", socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
    say("unix-datagram", socket(AF_UNIX, SOCK_DGRAM, 0) >= 0);
    say("unix-connect", can_connect(socket_path));
    say("write-inside", can_open(inside, O_WRONLY | O_CREAT));
    say("write-outside", can_open(outside, O_WRONLY | O_CREAT));
    say("change-secret", can_open(secret, O_WRONLY));
    say("read-secret", can_open(secret, O_RDONLY));
    say("read-system", can_open("/usr/bin/env", O_RDONLY));
    say("kill-parent", kill(getppid(), 0) == 0);
    say("ptrace-parent", ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0);
    say("new-session", setsid() >= 0);
    fflush(stdout);
    return 0;
}

static xz_err print_block(const struct xz_block *block, void *arg)
{
    (void)arg;
    printf("%s %.*s\n", xz_block_kind_name(block->kind), XZ_STR_ARG(block->text));
    return XZ_OK;
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "--probe") == 0)
        _exit(probe(argv[2], argv[3], argv[4], argv[5][0] == '1')); /* no leak check in there */
    if (argc == 5 && strcmp(argv[1], "--tool") == 0)
        _exit(xz_tool_main(argv[2], argv[3], argv[4]));
    if (argc < 2 || xz_text_init() != XZ_OK || xz_sandbox_enter(argc > 2 ? argv[2] : NULL) != XZ_OK)
        _exit(6);
    if (xz_doc_read_fd(0, xz_str_from(argv[1]), print_block, NULL, NULL) != XZ_OK)
        printf("refused %s\n", xz_fail_detail());
    fflush(stdout);
    _exit(0);
}
