/* Durable writes a second through the group commit, with slowed syncs if asked for:
 *
 *     build/bench/store_commit [--callers 64] [--seconds 5] [--fdatasync-ms 5] [--folder DIR]
 *
 * Prints one JSON object. fdatasync_ms is measured, not repeated from the command line. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "core/log.h"
#include "core/metric.h"
#include "store/store.h"

#define LATENCIES_MAX 200000

static const struct xz_migration bench_migrations[] = {
    { "bench", 1, "CREATE TABLE turn (id INTEGER PRIMARY KEY, caller BIGINT, text TEXT NOT NULL);" }
};
static const struct xz_sql turn_add = { "bench.turn_add",
                                        "INSERT INTO turn (id, caller, text) VALUES ($1, $2, $3)" };

struct caller {
    pthread_t thread;
    struct xz_store *store;
    atomic_bool *stop;
    int64_t number, count;
    int64_t *latencies_us;
    size_t latency_count;
};

static xz_err turn_write(struct xz_tx *tx, void *arg)
{
    const struct caller *caller = arg;
    int64_t id;
    xz_err err = xz_tx_new_id(tx, &id);

    if (err == XZ_OK)
        err = xz_sql_run(tx, &turn_add, "iis", id, caller->number,
                         XZ_STR("社保卡丢了怎么补办？需要带身份证原件，到就近的服务网点办理。"));
    return err;
}

static void *caller_main(void *arg)
{
    struct caller *caller = arg;

    while (!atomic_load_explicit(caller->stop, memory_order_relaxed)) {
        int64_t start_us = xz_time_monotonic_us();
        if (xz_store_write(caller->store, turn_write, caller) != XZ_OK) {
            fprintf(stderr, "%s\n", xz_fail_detail());
            exit(1);
        }
        caller->count++;
        if (caller->latency_count < LATENCIES_MAX)
            caller->latencies_us[caller->latency_count++] = xz_time_monotonic_us() - start_us;
    }
    return NULL;
}

static int compare_us(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static double measured_fdatasync_ms(const char *folder)
{
    char path[4200];
    enum { ROUNDS = 20 };

    snprintf(path, sizeof path, "%s/probe", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    int64_t start_us = xz_time_monotonic_us();
    for (int i = 0; fd >= 0 && i < ROUNDS; i++) {
        if (pwrite(fd, "probe", 5, i * 4096) != 5 || fdatasync(fd) != 0)
            return -1;
    }
    double ms = (double)(xz_time_monotonic_us() - start_us) / 1000 / ROUNDS;
    close(fd);
    unlink(path);
    return ms;
}

static void report(struct caller *callers, int count, double seconds, double fdatasync_ms)
{
    int64_t *all = XZ_ALLOC(int64_t, (size_t)count * LATENCIES_MAX);
    size_t n = 0;
    int64_t writes = 0;

    for (int i = 0; i < count; i++) {
        writes += callers[i].count;
        memcpy(all + n, callers[i].latencies_us, callers[i].latency_count * sizeof *all);
        n += callers[i].latency_count;
    }
    qsort(all, n, sizeof *all, compare_us);
    int64_t p50_us = all[n / 2], p99_us = all[n * 99 / 100];
    printf("{\"callers\":%d,\"fdatasync_ms\":%.2f,\"seconds\":%.1f,\"writes\":%lld,"
           "\"writes_per_s\":%.0f,\"commits\":%lld,\"p50_ms\":%.2f,\"p99_ms\":%.2f}\n",
           count, fdatasync_ms, seconds, (long long)writes, (double)writes / seconds,
           (long long)xz_metric_value(XZ_M_COMMITS), (double)p50_us / 1000, (double)p99_us / 1000);
    xz_free(all);
}

static void measure(const char *folder, int count, int64_t seconds)
{
    const struct xz_store_options options = { .folder = folder,
                                              .clock = &xz_clock_system,
                                              .migrations = bench_migrations,
                                              .migration_count = XZ_COUNT(bench_migrations) };
    struct caller *callers = XZ_ALLOC(struct caller, (size_t)count);
    struct xz_store *store;
    atomic_bool stop = false;

    if (xz_store_open(&options, &store) != XZ_OK) {
        fprintf(stderr, "%s\n", xz_fail_detail());
        exit(1);
    }
    double fdatasync_ms = measured_fdatasync_ms(folder);
    int64_t start_us = xz_time_monotonic_us();
    for (int i = 0; i < count; i++) {
        callers[i] = (struct caller){ .store = store, .stop = &stop, .number = i };
        callers[i].latencies_us = XZ_ALLOC(int64_t, LATENCIES_MAX);
        pthread_create(&callers[i].thread, NULL, caller_main, &callers[i]);
    }
    struct timespec pause = { .tv_sec = seconds };
    while (nanosleep(&pause, &pause) != 0)
        continue;
    atomic_store(&stop, true);
    for (int i = 0; i < count; i++)
        pthread_join(callers[i].thread, NULL);
    double took = (double)(xz_time_monotonic_us() - start_us) / 1e6;
    report(callers, count, took, fdatasync_ms);
    xz_store_close(store);
    for (int i = 0; i < count; i++)
        xz_free(callers[i].latencies_us);
    xz_free(callers);
}

/* Starts this program again with the shim that lies beside it. */
static void run_slowed(char **argv, const char *ms)
{
    char path[4000], shim[4100];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);

    if (getenv("XZ_FDATASYNC_MS") || len < 0)
        return;
    path[len] = '\0';
    *strrchr(path, '/') = '\0';
    snprintf(shim, sizeof shim, "%s/libslow_fdatasync.so", path);
    setenv("XZ_FDATASYNC_MS", ms, 1);
    setenv("LD_PRELOAD", shim, 1);
    execv("/proc/self/exe", argv);
    fprintf(stderr, "cannot start again with %s: %s\n", shim, strerror(errno));
    exit(1);
}

int main(int argc, char **argv)
{
    char made[256] = "";
    const char *folder = NULL;
    int64_t callers = 64, seconds = 5;

    for (int i = 1; i + 1 < argc; i += 2) {
        xz_str value = xz_str_from(argv[i + 1]);
        if (strcmp(argv[i], "--callers") == 0)
            (void)xz_str_to_int(value, &callers);
        else if (strcmp(argv[i], "--seconds") == 0)
            (void)xz_str_to_int(value, &seconds);
        else if (strcmp(argv[i], "--fdatasync-ms") == 0)
            run_slowed(argv, argv[i + 1]);
        else if (strcmp(argv[i], "--folder") == 0)
            folder = argv[i + 1];
    }
    if (!folder) {
        const char *base = getenv("TMPDIR");
        snprintf(made, sizeof made, "%s/store-commit-XXXXXX", base ? base : P_tmpdir);
        folder = mkdtemp(made);
    }
    xz_log_level_set(XZ_LOG_WARN);
    measure(folder, (int)callers, seconds);
    if (made[0]) {
        static const char *const names[] = { "xiaozheng.db", "lock" };
        char path[512];
        for (size_t i = 0; i < XZ_COUNT(names); i++) {
            snprintf(path, sizeof path, "%s/%s", made, names[i]);
            unlink(path);
        }
        rmdir(made);
    }
    return 0;
}
