/* The wider jail of the outside tools (poppler, tesseract, LibreOffice). They need files and
 * processes of their own, so this one forbids by name: what reaches the network, other processes or
 * the kernel fails, and Landlock keeps the files apart. Limits of memory and time are set for each
 * tool where it is started (doc_tool.c). */
#include "doc/doc_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NICENESS 10

/* --- Landlock: which files --- */

/* Newer than Debian 12's header; a kernel takes as much of it as its version knows. */
struct landlock_scope {
    uint64_t files, net, scoped;
};
#define LANDLOCK_FILES_1  ((1ull << 13) - 1) /* what version 1 knows */
#define LANDLOCK_TRUNCATE (1ull << 14)       /* version 3 */
#define LANDLOCK_IOCTL    (1ull << 15)       /* version 5 */
#define LANDLOCK_TCP      3ull               /* version 4: bind, connect */
#define LANDLOCK_SCOPES   3ull               /* version 6: abstract sockets, signals */

#define FILES_READ                                                                                 \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FILES_DEVICE (LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK)
/* The bits that mean something for what is no folder. */
#define FILES_OF_FILE                                                                              \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |   \
     LANDLOCK_TRUNCATE | LANDLOCK_IOCTL)

static struct landlock_scope scope_of(long version, size_t *bytes)
{
    struct landlock_scope scope = { .files = LANDLOCK_FILES_1 };
    *bytes = 8;
    if (version >= 2)
        scope.files |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3)
        scope.files |= LANDLOCK_TRUNCATE;
    if (version >= 5)
        scope.files |= LANDLOCK_IOCTL;
    if (version >= 4) {
        scope.net = LANDLOCK_TCP;
        *bytes = 16;
    }
    if (version >= 6) {
        scope.scoped = LANDLOCK_SCOPES;
        *bytes = 24;
    }
    return scope;
}

/* A path that is not there needs no rule. */
static bool path_allow(int rules, const char *path, uint64_t access)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR;
    struct landlock_path_beneath_attr beneath = { .allowed_access = access, .parent_fd = fd };
    bool ok = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
    close(fd);
    return ok;
}

static bool paths_allow(int rules, const struct xz_tools_jail *jail, uint64_t handled)
{
    static const struct {
        const char *path;
        uint64_t access;
    } rows[] = {
        { "/usr", FILES_READ },
        { "/lib", FILES_READ },
        { "/lib64", FILES_READ },
        { "/bin", FILES_READ },
        { "/sbin", FILES_READ },
        { "/etc/alternatives", FILES_READ },
        { "/etc/fonts", FILES_READ },
        { "/etc/libreoffice", FILES_READ },
        { "/var/cache/fontconfig", FILES_READ },
        { "/var/lib/libreoffice", FILES_READ },
        { "/var/spool/libreoffice", FILES_READ },
        { "/etc/ld.so.cache", LANDLOCK_ACCESS_FS_READ_FILE },
        { "/etc/localtime", LANDLOCK_ACCESS_FS_READ_FILE },
        { "/etc/nsswitch.conf", LANDLOCK_ACCESS_FS_READ_FILE },
        { "/etc/passwd", LANDLOCK_ACCESS_FS_READ_FILE },
        { "/dev/null", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE },
        { "/dev/urandom", LANDLOCK_ACCESS_FS_READ_FILE },
    };
    for (size_t i = 0; i < XZ_COUNT(rows); i++)
        if (!path_allow(rules, rows[i].path, rows[i].access & handled))
            return false;
    for (size_t i = 0; i < jail->read_folder_count; i++)
        if (!path_allow(rules, jail->read_folders[i], FILES_READ))
            return false;
    return path_allow(rules, jail->folder, handled & ~FILES_DEVICE);
}

/* XZ_OK also where the kernel has no Landlock: then *done is false. */
static xz_err files_restrict(const struct xz_tools_jail *jail, bool *done)
{
    size_t bytes;
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    *done = false;
    if (version < 1)
        return XZ_OK;
    struct landlock_scope scope = scope_of(version, &bytes);
    int rules = (int)syscall(SYS_landlock_create_ruleset, &scope, bytes, 0);
    if (rules < 0)
        return xz_fail(XZ_E_IO, "无法建立转换工具的文件范围：%s", strerror(errno));
    *done = paths_allow(rules, jail, scope.files) &&
            syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    int failed = errno;
    close(rules);
    return *done ? XZ_OK : xz_fail(XZ_E_IO, "无法限制转换工具的文件范围：%s", strerror(failed));
}

/* --- seccomp: which calls --- */

#define REFUSE SCMP_ACT_ERRNO(EPERM)

static bool calls_refuse(scmp_filter_ctx filter)
{
    static const int calls[] = {
        /* the network, and rings that do calls past this filter */
        SCMP_SYS(connect),
        SCMP_SYS(io_uring_setup),
        SCMP_SYS(io_uring_enter),
        SCMP_SYS(io_uring_register),
        /* other processes */
        SCMP_SYS(ptrace),
        SCMP_SYS(process_vm_readv),
        SCMP_SYS(process_vm_writev),
        SCMP_SYS(process_madvise),
        SCMP_SYS(kcmp),
        SCMP_SYS(pidfd_open),
        SCMP_SYS(pidfd_getfd),
        SCMP_SYS(pidfd_send_signal),
        SCMP_SYS(tkill),
        SCMP_SYS(tgkill),
        SCMP_SYS(rt_sigqueueinfo),
        SCMP_SYS(rt_tgsigqueueinfo),
        SCMP_SYS(setpgid),
        SCMP_SYS(setsid),
        SCMP_SYS(setpriority),
        SCMP_SYS(ioprio_set),
        SCMP_SYS(sched_setaffinity),
        SCMP_SYS(sched_setattr),
        SCMP_SYS(sched_setparam),
        SCMP_SYS(sched_setscheduler),
        SCMP_SYS(migrate_pages),
        SCMP_SYS(move_pages),
        SCMP_SYS(shmget),
        SCMP_SYS(shmat),
        SCMP_SYS(shmctl),
        SCMP_SYS(msgget),
        SCMP_SYS(msgsnd),
        SCMP_SYS(msgrcv),
        SCMP_SYS(semget),
        SCMP_SYS(mq_open),
        /* the kernel, its file systems and clocks */
        SCMP_SYS(mount),
        SCMP_SYS(umount2),
        SCMP_SYS(pivot_root),
        SCMP_SYS(chroot),
        SCMP_SYS(move_mount),
        SCMP_SYS(open_tree),
        SCMP_SYS(fsopen),
        SCMP_SYS(fsconfig),
        SCMP_SYS(fsmount),
        SCMP_SYS(fspick),
        SCMP_SYS(mount_setattr),
        SCMP_SYS(setns),
        SCMP_SYS(unshare),
        SCMP_SYS(name_to_handle_at),
        SCMP_SYS(open_by_handle_at),
        SCMP_SYS(mknod),
        SCMP_SYS(mknodat),
        SCMP_SYS(fanotify_init),
        SCMP_SYS(keyctl),
        SCMP_SYS(add_key),
        SCMP_SYS(request_key),
        SCMP_SYS(bpf),
        SCMP_SYS(perf_event_open),
        SCMP_SYS(userfaultfd),
        SCMP_SYS(init_module),
        SCMP_SYS(finit_module),
        SCMP_SYS(delete_module),
        SCMP_SYS(kexec_load),
        SCMP_SYS(kexec_file_load),
        SCMP_SYS(reboot),
        SCMP_SYS(swapon),
        SCMP_SYS(swapoff),
        SCMP_SYS(acct),
        SCMP_SYS(quotactl),
        SCMP_SYS(syslog),
        SCMP_SYS(lookup_dcookie),
        SCMP_SYS(nfsservctl),
        SCMP_SYS(vhangup),
        SCMP_SYS(sethostname),
        SCMP_SYS(setdomainname),
        SCMP_SYS(settimeofday),
        SCMP_SYS(clock_settime),
        SCMP_SYS(clock_adjtime),
        SCMP_SYS(adjtimex),
        SCMP_SYS(personality),
        SCMP_SYS(iopl),
        SCMP_SYS(ioperm),
        SCMP_SYS(modify_ldt),
        SCMP_SYS(vmsplice),
    };
    for (size_t i = 0; i < XZ_COUNT(calls); i++)
        if (seccomp_rule_add(filter, REFUSE, calls[i], 0) != 0)
            return false;
    return true;
}

static bool refuse_when(scmp_filter_ctx filter, int call, struct scmp_arg_cmp is)
{
    return seccomp_rule_add_array(filter, REFUSE, call, 1, &is) == 0;
}

/* Signals and limits within the own group and process only; no signal sent by way of a file. */
static bool others_refuse(scmp_filter_ctx filter)
{
    static const int owner_commands[] = { F_SETOWN, F_SETSIG, 15 /* F_SETOWN_EX */ };
    static const int namespaces[] = { CLONE_NEWNS,  CLONE_NEWUSER, CLONE_NEWPID,   CLONE_NEWNET,
                                      CLONE_NEWIPC, CLONE_NEWUTS,  CLONE_NEWCGROUP };
    for (size_t i = 0; i < XZ_COUNT(owner_commands); i++)
        if (!refuse_when(filter, SCMP_SYS(fcntl),
                         SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)owner_commands[i])))
            return false;
    for (size_t i = 0; i < XZ_COUNT(namespaces); i++) {
        scmp_datum_t bit = (scmp_datum_t)namespaces[i];
        if (!refuse_when(filter, SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, bit, bit)))
            return false;
    }
    /* clone3 keeps its flags in memory, where a filter cannot see them; libc falls back to clone.
     */
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
           refuse_when(filter, SCMP_SYS(kill), SCMP_A0(SCMP_CMP_NE, 0)) &&
           refuse_when(filter, SCMP_SYS(prlimit64), SCMP_A0(SCMP_CMP_NE, 0));
}

/* LibreOffice puts its socket into /tmp, which it must not write, unless it is told that it cannot:
 * then into OSL_SOCKET_PATH. It asks in just this way. */
static bool writable_deny(scmp_filter_ctx filter)
{
    return refuse_when(filter, SCMP_SYS(access), SCMP_A1(SCMP_CMP_EQ, W_OK)) &&
           refuse_when(filter, SCMP_SYS(faccessat), SCMP_A2(SCMP_CMP_EQ, W_OK)) &&
           refuse_when(filter, SCMP_SYS(faccessat2), SCMP_A2(SCMP_CMP_EQ, W_OK));
}

static bool sockets_refuse(scmp_filter_ctx filter, bool own_sockets)
{
    static const int types[] = { SOCK_DGRAM, SOCK_RAW, SOCK_RDM, SOCK_SEQPACKET };
    if (!own_sockets)
        return seccomp_rule_add(filter, REFUSE, SCMP_SYS(socket), 0) == 0 &&
               seccomp_rule_add(filter, REFUSE, SCMP_SYS(bind), 0) == 0;
    for (size_t i = 0; i < XZ_COUNT(types); i++)
        if (!refuse_when(filter, SCMP_SYS(socket),
                         SCMP_A1(SCMP_CMP_MASKED_EQ, 15, (scmp_datum_t)types[i])))
            return false;
    return refuse_when(filter, SCMP_SYS(socket), SCMP_A0(SCMP_CMP_NE, AF_UNIX)) &&
           writable_deny(filter);
}

static bool calls_restrict(bool own_sockets)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    bool ok = filter && calls_refuse(filter) && others_refuse(filter) &&
              sockets_refuse(filter, own_sockets) && seccomp_load(filter) == 0;
    if (filter)
        seccomp_release(filter);
    return ok;
}

xz_err xz_sandbox_enter_tools(const struct xz_tools_jail *jail, bool *landlocked)
{
    bool done;
    errno = 0;
    if (nice(NICENESS) == -1 && errno != 0)
        return xz_fail(XZ_E_IO, "无法降低转换工具的优先级：%s", strerror(errno));
    /* Whoever started it waits for it: when that thread ends, nobody wants the result. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return xz_fail(XZ_E_IO, "无法限制转换工具的权利：%s", strerror(errno));
    xz_err err = files_restrict(jail, &done);
    if (err == XZ_OK && !calls_restrict(jail->own_sockets))
        err = xz_fail(XZ_E_IO, "无法建立转换工具的沙箱：%s", strerror(errno));
    if (landlocked)
        *landlocked = err == XZ_OK && done;
    return err;
}
