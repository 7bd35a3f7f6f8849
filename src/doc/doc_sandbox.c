/* The child side of xz-parse: give up rights, in this order: resources, priority, system calls. The
 * parser then can read fd 0, write fd 1 and use memory; anything else ends it. */
#include "doc/doc_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MEMORY_BYTES MIB(512)
#define CPU_SECONDS  60
#define NICENESS     10

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static bool limit_set(int resource, int64_t value)
{
    struct rlimit limit = { (rlim_t)value, (rlim_t)value };
    return setrlimit(resource, &limit) == 0;
}

/* "memory,cpu": bytes and seconds. */
static bool limits_read(const char *limits, int64_t *memory_bytes, int64_t *cpu_s)
{
    xz_str rest = xz_str_from(limits);
    return xz_str_to_int(xz_str_cut(&rest, ','), memory_bytes) && xz_str_to_int(rest, cpu_s) &&
           *memory_bytes > 0 && *cpu_s > 0;
}

static bool resources_set(int64_t memory_bytes, int64_t cpu_s, bool by_hand)
{
    /* The hard CPU limit kills; the soft one before it leaves a signal the parent understands. */
    struct rlimit cpu = { (rlim_t)cpu_s, (rlim_t)cpu_s + 1 };
    /* By hand, output may well go to a file. AddressSanitizer reserves terabytes of addresses. */
    bool memory = SANITIZED || limit_set(RLIMIT_AS, memory_bytes);
    return memory && setrlimit(RLIMIT_CPU, &cpu) == 0 && (by_hand || limit_set(RLIMIT_FSIZE, 0)) &&
           limit_set(RLIMIT_NOFILE, 3) && limit_set(RLIMIT_CORE, 0) && limit_set(RLIMIT_NPROC, 0);
}

/* What is left: memory, time, the two descriptors, and dying. */
static bool calls_allow(scmp_filter_ctx filter)
{
    static const int calls[] = {
        SCMP_SYS(read),           SCMP_SYS(readv),        SCMP_SYS(write),
        SCMP_SYS(writev),         SCMP_SYS(close),        SCMP_SYS(fstat),
        SCMP_SYS(newfstatat),     SCMP_SYS(lseek),        SCMP_SYS(munmap),
        SCMP_SYS(mremap),         SCMP_SYS(madvise),      SCMP_SYS(brk),
        SCMP_SYS(exit),           SCMP_SYS(exit_group),   SCMP_SYS(rt_sigreturn),
        SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(clock_gettime),
        SCMP_SYS(gettid),         SCMP_SYS(getpid),       SCMP_SYS(tgkill),
        SCMP_SYS(futex),          SCMP_SYS(getrandom),    SCMP_SYS(restart_syscall),
        SCMP_SYS(sigaltstack),    SCMP_SYS(sched_yield),
    };
    for (size_t i = 0; i < XZ_COUNT(calls); i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) != 0)
            return false;
    /* qsort asks how much memory there is, and takes no for an answer. */
    if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(sysinfo), 0) != 0)
        return false;
    /* Memory may be mapped and protected, never made executable; never a file. */
    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, 4 /* PROT_EXEC */, 0)) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, 4 /* PROT_EXEC */, 0)) == 0;
}

static bool calls_restrict(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    bool ok = filter && calls_allow(filter) && seccomp_load(filter) == 0;
    if (filter)
        seccomp_release(filter);
    return ok;
}

xz_err xz_sandbox_enter(const char *limits)
{
    int64_t memory_bytes = MEMORY_BYTES, cpu_s = CPU_SECONDS;
    if (limits && !limits_read(limits, &memory_bytes, &cpu_s))
        return xz_fail(XZ_E_INPUT, "拆解程序的资源上限参数不对：%s", limits);
    /* Libraries that turn dates into local ones would look for a time zone file each time. */
    setenv("TZ", "UTC0", 1);
    tzset();
    errno = 0;
    if (nice(NICENESS) == -1 && errno != 0)
        return xz_fail(XZ_E_IO, "无法降低拆解程序的优先级：%s", strerror(errno));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        !resources_set(memory_bytes, cpu_s, !limits))
        return xz_fail(XZ_E_IO, "无法限制拆解程序的资源：%s", strerror(errno));
    if (!calls_restrict())
        return xz_fail(XZ_E_IO, "无法建立拆解程序的沙箱：%s", strerror(errno));
    return XZ_OK;
}
