/* Cost of one sandboxed run of a parser: doc_run PARSER FILE… runs it on every file once, in order.
 * Prints one JSON object. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/file.h"
#include "doc/doc_sandbox.h"

#define RUNS_MAX 100000

static xz_err count_line(xz_str line, void *arg)
{
    *(int64_t *)arg += line.len > 0;
    return XZ_OK;
}

static int compare_times(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    struct xz_parse_options options = { .program = argc > 1 ? argv[1] : "" };
    int64_t *us = XZ_ALLOC(int64_t, RUNS_MAX), lines = 0, refused = 0;
    size_t runs = 0;
    if (argc < 3) {
        fprintf(stderr, "usage: doc_run PARSER FILE…\n");
        return 2;
    }
    int64_t start = xz_time_monotonic_us();
    for (int i = 2; i < argc && runs < RUNS_MAX; i++) {
        int fd = open(argv[i], O_RDONLY | O_CLOEXEC);
        int64_t before = xz_time_monotonic_us();
        if (fd < 0)
            continue;
        refused += xz_parse_run(&options, fd, xz_str_from(argv[i]), count_line, &lines) != XZ_OK;
        us[runs++] = xz_time_monotonic_us() - before;
        close(fd);
    }
    int64_t total = xz_time_monotonic_us() - start;
    qsort(us, runs, sizeof(us[0]), compare_times);
    size_t middle = runs / 2, late = runs * 99 / 100;
    printf("{\"runs\":%zu,\"refused\":%lld,\"lines\":%lld,\"mean_ms\":%.2f,\"p50_ms\":%.2f,"
           "\"p99_ms\":%.2f}\n",
           runs, (long long)refused, (long long)lines,
           runs ? (double)total / (double)runs / 1000 : 0, runs ? (double)us[middle] / 1000 : 0,
           runs ? (double)us[late] / 1000 : 0);
    xz_free(us);
    return 0;
}
