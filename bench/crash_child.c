/* The process that bench/crash_store.py kills:
 *
 *     crash_child run FOLDER START THREADS     writes until killed; a line for each acknowledged
 *     crash_child check FOLDER < LINES         compares what is there with what was told
 *
 * A change writes a turn and its evidence, or is refused by its own function. Lines: `A number` for
 * acknowledged, `R number` for refused, written after the store has answered. */
#include <pthread.h>
#include <unistd.h>

#include "core/log.h"
#include "store/store.h"

#define THREADS_MAX 64
#define TEXT_MAX    30000

static const struct xz_migration child_migrations[] = {
    { "crash", 1,
      "CREATE TABLE turn (id INTEGER PRIMARY KEY, number BIGINT NOT NULL UNIQUE,\n"
      "    text TEXT NOT NULL);\n"
      "CREATE TABLE evidence (id INTEGER PRIMARY KEY,\n"
      "    turn BIGINT NOT NULL REFERENCES turn (id), bytes BIGINT NOT NULL);\n"
      "CREATE INDEX evidence_turn ON evidence (turn);\n" }
};
static const struct xz_sql sql_turn = { "crash.turn",
                                        "INSERT INTO turn (id, number, text) VALUES ($1, $2, $3)" };
static const struct xz_sql sql_evidence = {
    "crash.evidence", "INSERT INTO evidence (id, turn, bytes) VALUES ($1, $2, $3)"
};
static const struct xz_sql sql_find = { "crash.find", "SELECT id FROM turn WHERE number = $1" };
static const struct xz_sql sql_turns = { "crash.turns", "SELECT count(*) FROM turn" };
static const struct xz_sql sql_torn = {
    "crash.torn", "SELECT count(*) FROM turn t LEFT JOIN evidence e ON e.turn = t.id "
                  "WHERE e.id IS NULL OR e.bytes <> length(t.text)"
};

struct child {
    pthread_t thread;
    struct xz_store *store;
    int64_t number, step;
};

static char text[TEXT_MAX]; /* what turns are cut from */

struct turn {
    int64_t number;
    bool is_refused;
    xz_str text;
};

static struct xz_store *child_open(const char *folder)
{
    const struct xz_store_options options = { .folder = folder,
                                              .clock = &xz_clock_system,
                                              .migrations = child_migrations,
                                              .migration_count = XZ_COUNT(child_migrations) };
    struct xz_store *store;

    xz_log_level_set(XZ_LOG_WARN);
    if (xz_store_open(&options, &store) != XZ_OK) {
        fprintf(stderr, "%s\n", xz_fail_detail());
        exit(1);
    }
    return store;
}

static xz_err child_write(struct xz_tx *tx, void *arg)
{
    const struct turn *made = arg;
    int64_t turn, evidence;
    xz_err err;

    if ((err = xz_tx_new_id(tx, &turn)) != XZ_OK)
        goto out;
    if ((err = xz_tx_new_id(tx, &evidence)) != XZ_OK)
        goto out;
    err = xz_sql_run(tx, &sql_turn, "iis", turn, made->number, made->text);
    if (err != XZ_OK)
        goto out;
    err = xz_sql_run(tx, &sql_evidence, "iii", evidence, turn, (int64_t)made->text.len);
    if (err == XZ_OK && made->is_refused)
        err = xz_fail(XZ_E_DENIED, "refused");
out:
    return err;
}

static void *child_main(void *arg)
{
    struct child *child = arg;
    uint64_t mixed = (uint64_t)child->number;
    char line[64];

    for (;; child->number += child->step) {
        mixed = mixed * 6364136223846793005u + 1442695040888963407u;
        struct turn made = { .number = child->number,
                             .is_refused = mixed >> 60 == 0,
                             .text = { text, (mixed >> 33) % (mixed >> 62 ? 2000 : TEXT_MAX) } };
        xz_err err = xz_store_write(child->store, child_write, &made);
        if (err != XZ_OK && err != XZ_E_DENIED) {
            fprintf(stderr, "%s\n", xz_fail_detail());
            exit(1);
        }
        int len = snprintf(line, sizeof line, "%c %lld\n", err == XZ_OK ? 'A' : 'R',
                           (long long)made.number);
        if (write(STDOUT_FILENO, line, (size_t)len) != len)
            exit(1);
    }
    return NULL;
}

static void child_run(const char *folder, int64_t start, int64_t threads)
{
    static struct child children[THREADS_MAX];
    struct xz_store *store = child_open(folder);

    for (int64_t i = 0; i < threads; i++) {
        children[i] = (struct child){ .store = store, .number = start + i, .step = threads };
        pthread_create(&children[i].thread, NULL, child_main, &children[i]);
    }
    for (int64_t i = 0; i < threads; i++)
        pthread_join(children[i].thread, NULL);
}

static int64_t query(struct xz_tx *tx, const struct xz_sql *sql, const char *types, int64_t arg)
{
    struct xz_rows rows;
    int64_t value = -1;

    if (xz_sql_open(tx, sql, &rows, types, arg) == XZ_OK && xz_rows_next(&rows))
        value = xz_rows_int(&rows, 0);
    if (xz_rows_end(&rows) != XZ_OK)
        fprintf(stderr, "%s\n", xz_fail_detail());
    return value;
}

static void count_problem(xz_str what, void *arg)
{
    fprintf(stderr, "%.*s\n", XZ_STR_ARG(what));
    ++*(int64_t *)arg;
}

static void child_check(const char *folder)
{
    struct xz_store *store = child_open(folder);
    int64_t acknowledged = 0, missing = 0, refused = 0, risen = 0, problems = 0;
    struct xz_tx *tx;
    char kind;
    long long number;

    if (xz_store_read(store, &tx) != XZ_OK || xz_store_verify(store, count_problem, &problems)) {
        fprintf(stderr, "%s\n", xz_fail_detail());
        exit(1);
    }
    while (scanf(" %c %lld", &kind, &number) == 2) {
        bool is_there = query(tx, &sql_find, "i", number) > 0;
        acknowledged += kind == 'A';
        refused += kind == 'R';
        missing += kind == 'A' && !is_there;
        risen += kind == 'R' && is_there;
    }
    printf("{\"acknowledged\":%lld,\"missing\":%lld,\"refused\":%lld,\"refused_but_there\":%lld,"
           "\"rows\":%lld,\"change_number\":%lld,\"torn\":%lld,\"problems\":%lld}\n",
           (long long)acknowledged, (long long)missing, (long long)refused, (long long)risen,
           (long long)query(tx, &sql_turns, "", 0), (long long)xz_tx_change_number(tx),
           (long long)query(tx, &sql_torn, "", 0), (long long)problems);
    xz_store_read_end(tx);
    xz_store_close(store);
}

int main(int argc, char **argv)
{
    int64_t start = 0, threads = 0;

    memset(text, 'x', sizeof text); /* length() in SQL ends at a zero byte */
    if (argc == 5 && strcmp(argv[1], "run") == 0 && xz_str_to_int(xz_str_from(argv[3]), &start) &&
        xz_str_to_int(xz_str_from(argv[4]), &threads) && threads > 0 && threads <= THREADS_MAX)
        child_run(argv[2], start, threads);
    else if (argc == 3 && strcmp(argv[1], "check") == 0)
        child_check(argv[2]);
    else
        fprintf(stderr, "crash_child run FOLDER START THREADS | check FOLDER\n");
    return 0;
}
