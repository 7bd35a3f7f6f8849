/* A folder of its own for tests that write files. */
#ifndef XZ_TEST_SCRATCH_H
#define XZ_TEST_SCRATCH_H

#include <ftw.h>
#include <sys/stat.h>

#include "core_test.h"

static char scratch[512];

static inline int scratch_make(void **unused)
{
    const char *base = getenv("TMPDIR");
    (void)unused;
    snprintf(scratch, sizeof(scratch), "%s/xz-core-XXXXXX", base && *base ? base : P_tmpdir);
    return mkdtemp(scratch) ? 0 : -1;
}

static inline int scratch_remove(const char *path, const struct stat *info, int kind,
                                 struct FTW *walk)
{
    (void)info, (void)kind, (void)walk;
    return remove(path);
}

static inline int scratch_drop(void **unused)
{
    (void)unused;
    return nftw(scratch, scratch_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* Valid until the next call. */
static inline const char *scratch_path(const char *name)
{
    static char path[1024];
    snprintf(path, sizeof(path), "%s/%s", scratch, name);
    return path;
}

static inline const char *scratch_file(const char *name, xz_str content)
{
    const char *path = scratch_path(name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(content.ptr, 1, content.len, file), content.len);
    assert_int_equal(fclose(file), 0);
    return path;
}

#endif
