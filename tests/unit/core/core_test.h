/* What the tests of core/ share. */
#ifndef XZ_TEST_CORE_H
#define XZ_TEST_CORE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/str.h"

#define assert_str(actual, literal)                                                                \
    do {                                                                                           \
        xz_str actual_ = (actual);                                                                 \
        assert_int_equal(actual_.len, sizeof(literal) - 1);                                        \
        assert_memory_equal(actual_.ptr, literal, sizeof(literal) - 1);                            \
    } while (0)

/* How a child that runs `fn` ends, as waitpid tells it; its words are thrown away. */
static inline int end_of(void (*fn)(void))
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL); /* cmocka's handler would go on with the next test */
        dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
        fn();
        _exit(0);
    }
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    return status;
}

/* Whether `fn` ends the process by an assertion. */
static inline bool dies(void (*fn)(void))
{
    int status = end_of(fn);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

#endif
