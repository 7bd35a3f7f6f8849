/* Preloaded into the aarch64 parser under qemu-user, which cannot hand a seccomp filter on: the
 * parser then runs without its sandbox. For the package's test only; never packed. */
#include <stdint.h>

void *seccomp_init(uint32_t action);
int seccomp_rule_add(void *filter, uint32_t action, int call, unsigned count, ...);
int seccomp_load(void *filter);
void seccomp_release(void *filter);

void *seccomp_init(uint32_t action)
{
    static char filter;
    (void)action;
    return &filter;
}

int seccomp_rule_add(void *filter, uint32_t action, int call, unsigned count, ...)
{
    (void)filter, (void)action, (void)call, (void)count;
    return 0;
}

int seccomp_load(void *filter)
{
    (void)filter;
    return 0;
}

void seccomp_release(void *filter)
{
    (void)filter;
}
