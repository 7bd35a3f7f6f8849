/* Preloaded into the aarch64 parser under qemu-user, which cannot pass a seccomp filter on: the
 * parser then runs without its sandbox. For the package's test only; never packed. */
int seccomp_load(void *filter);

int seccomp_load(void *filter)
{
    (void)filter;
    return 0;
}
