/* What survives on disk: everything after a flush, the state before it after a kill, and nothing
 * that is damaged. */
#include "search_test.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/file.h"
#include "core/log.h"

static void ignore_line(xz_str line, void *arg)
{
    (void)line;
    (void)arg;
}

static void a_closed_index_opens_as_it_was(void **unused)
{
    (void)unused;
    struct fake_corpus c = { .random = 11 };
    char folder[64];
    int64_t applied;
    temp_make(folder);
    struct xz_search_index *index = open_index(folder, 0, &applied);
    assert_int_equal(applied, 0);
    fake_fill(&c, index, 60, 9);
    for (int round = 0; round < 4; round++) {
        fake_churn(&c, index, 40);
        if (round == 1)
            assert_int_equal(xz_search_flush(index), XZ_OK);
        xz_search_close(index);
        index = open_index(folder, 0, &applied);
        assert_int_equal(applied, (int64_t)c.count);
        assert_searches_exact(&c, index, 15);
    }
    xz_search_close(index);
    temp_remove(folder);
    fake_free(&c);
}

static void small_memory_goes_to_disk_and_stays_exact(void **unused)
{
    (void)unused;
    struct fake_corpus c = { .random = 12 };
    struct xz_search_stats stats;
    char folder[64];
    temp_make(folder);
    struct xz_search_index *index = open_index(folder, 64 * 1024, NULL);
    for (int round = 0; round < 6; round++) {
        fake_fill(&c, index, 40, 20);
        fake_churn(&c, index, 40);
        assert_searches_exact(&c, index, 6);
    }
    assert_int_equal(xz_search_flush(index), XZ_OK);
    xz_search_stats(index, &stats);
    assert_int_equal(stats.live_segments, 0);
    assert_int_equal(stats.durable_change, (int64_t)c.count);
    assert_int_equal(xz_search_merge(index, 1), XZ_OK);
    xz_search_stats(index, &stats);
    assert_int_equal(stats.segments, 1);
    assert_searches_exact(&c, index, 10);
    xz_search_close(index);
    temp_remove(folder);
    fake_free(&c);
}

static void read_into(const char *folder, const char *name, struct xz_buf *buf, xz_err *err)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    xz_buf_clear(buf);
    if (*err == XZ_OK)
        *err = xz_file_read(path, buf);
}

/* One pass over the folder; false when the index was changing it meanwhile. */
static bool copied_still(const char *from, const char *to)
{
    struct xz_buf before, file;
    DIR *dir = opendir(from);
    xz_err err = XZ_OK;
    xz_buf_init(&before, (size_t)MIB(4));
    xz_buf_init(&file, (size_t)MIB(64));
    read_into(from, "manifest", &before, &err);
    for (struct dirent *item; err == XZ_OK && (item = readdir(dir)) != NULL;) {
        char path[512];
        if (item->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", to, item->d_name);
        read_into(from, item->d_name, &file, &err);
        if (err == XZ_OK)
            assert_int_equal(xz_file_replace(path, xz_buf_str(&file)), XZ_OK);
    }
    read_into(from, "manifest", &file, &err);
    bool still = err == XZ_OK && xz_str_eq(xz_buf_str(&before), xz_buf_str(&file));
    assert_true(err == XZ_OK || err == XZ_E_MISSING);
    closedir(dir);
    xz_buf_fini(&before);
    xz_buf_fini(&file);
    return still;
}

/* The keeper may merge while we copy: then the copy is no moment's state, and is taken again. What
 * it left of files nobody names, opening removes. */
static void copy_folder(const char *from, const char *to)
{
    while (!copied_still(from, to)) {
    }
}

/* A kill leaves the folder as it is at that moment: a copy taken while the index lives on. */
static void a_kill_loses_only_what_was_not_flushed(void **unused)
{
    (void)unused;
    struct fake_corpus c = { .random = 13 };
    char folder[64], killed[64];
    int64_t applied, flushed;
    temp_make(folder);
    temp_make(killed);
    struct xz_search_index *index = open_index(folder, 0, NULL);
    fake_fill(&c, index, 30, 9);
    assert_int_equal(xz_search_flush(index), XZ_OK);
    flushed = (int64_t)c.count;
    fake_churn(&c, index, 30);
    copy_folder(folder, killed);
    struct xz_search_index *after = open_index(killed, 0, &applied);
    assert_int_equal(applied, flushed);
    /* The caller replays entries changed since then: all of them here, deletes included. */
    for (int64_t entry = 1; entry <= c.entries; entry++) {
        struct xz_search_doc docs[64];
        size_t n = 0;
        for (size_t i = 0; i < c.count; i++)
            if (c.docs[i].live && c.docs[i].doc.entry == entry)
                docs[n++] = c.docs[i].doc;
        assert_int_equal(xz_search_put(after, entry, docs, n, (int64_t)c.count), XZ_OK);
    }
    assert_searches_exact(&c, after, 20);
    xz_search_close(after);
    xz_search_close(index);
    temp_remove(folder);
    temp_remove(killed);
    fake_free(&c);
}

static size_t segment_files(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *item;
    size_t count = 0;
    while ((item = readdir(dir)) != NULL)
        count += xz_str_ends(xz_str_from(item->d_name), XZ_STR(".seg"));
    closedir(dir);
    return count;
}

/* An entry is put again although no new change touched it, as after a new word; the keeper then
 * writes that its old passages are gone from the files. A kill now: the replay must bring it. */
static void what_was_put_again_is_replayed_after_a_kill(void **unused)
{
    (void)unused;
    struct xz_search_doc doc = { .body = XZ_STR("居住证怎么办理") };
    char folder[64], killed[64];
    int64_t applied;
    temp_make(folder);
    temp_make(killed);
    struct xz_search_index *index = open_index(folder, 0, NULL);
    for (int64_t n = 1; n <= 8; n++) {
        for (int64_t entry = n; entry <= 100 + n; entry += 100) {
            doc.id = doc.entry = entry;
            assert_int_equal(xz_search_put(index, entry, &doc, 1, n), XZ_OK);
        }
        xz_search_applied(index, n);
        assert_int_equal(xz_search_flush(index), XZ_OK);
    }
    assert_int_equal(segment_files(folder), 8);
    doc.id = doc.entry = 3;
    assert_int_equal(xz_search_put(index, 3, &doc, 1, 3), XZ_OK);
    while (segment_files(folder) > 1) /* the keeper merges them, then names the result */
        usleep(1000);
    copy_folder(folder, killed);
    xz_search_close(open_index(killed, 0, &applied));
    assert_int_equal(applied, 2);
    xz_search_close(index);
    xz_search_close(open_index(folder, 0, &applied));
    assert_int_equal(applied, 8);
    temp_remove(folder);
    temp_remove(killed);
}

static void files_nobody_names_are_removed(void **unused)
{
    (void)unused;
    struct fake_corpus c = { .random = 14 };
    char folder[64], path[128];
    int64_t applied;
    temp_make(folder);
    struct xz_search_index *index = open_index(folder, 0, NULL);
    fake_fill(&c, index, 5, 5);
    xz_search_close(index);
    snprintf(path, sizeof path, "%s/00000777.seg", folder);
    assert_int_equal(xz_file_replace(path, XZ_STR("half a segment")), XZ_OK);
    index = open_index(folder, 0, &applied);
    assert_int_equal(applied, (int64_t)c.count);
    assert_int_not_equal(access(path, F_OK), 0);
    xz_search_close(index);
    temp_remove(folder);
    fake_free(&c);
}

enum damage { FLIP, CUT, REMOVE };

static void damage_file(const char *path, enum damage how, off_t at)
{
    if (how == REMOVE) {
        assert_int_equal(unlink(path), 0);
    } else if (how == CUT) {
        assert_int_equal(truncate(path, at), 0);
    } else {
        int fd = open(path, O_RDWR);
        char byte;
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        byte ^= 0x10;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        close(fd);
    }
}

static bool path_is_segment(const char *name)
{
    return xz_str_ends(xz_str_from(name), XZ_STR(".seg"));
}

/* Damages one file of a fresh copy in one place; it must open empty and take puts again. */
static void assert_damage_is_noticed(const char *good, bool segment, enum damage how, int64_t part)
{
    char folder[64], path[512] = "";
    int64_t applied;
    struct stat st;
    temp_make(folder);
    copy_folder(good, folder);
    DIR *dir = opendir(folder);
    struct dirent *item;
    while ((item = readdir(dir)) != NULL)
        if (item->d_name[0] != '.' && path_is_segment(item->d_name) == segment)
            snprintf(path, sizeof path, "%s/%s", folder, item->d_name);
    closedir(dir);
    assert_int_equal(stat(path, &st), 0);
    damage_file(path, how, st.st_size * part / 1000);
    struct xz_search_index *index = open_index(folder, 0, &applied);
    struct xz_search_stats stats;
    xz_search_stats(index, &stats);
    assert_int_equal(applied, 0);
    assert_int_equal(stats.documents, 0);
    struct fake_corpus c = { .random = 3 };
    fake_fill(&c, index, 3, 3);
    xz_search_close(index);
    index = open_index(folder, 0, &applied);
    assert_int_equal(applied, (int64_t)c.count);
    xz_search_close(index);
    temp_remove(folder);
    fake_free(&c);
}

static void damage_is_noticed_and_opens_empty(void **unused)
{
    (void)unused;
    struct fake_corpus c = { .random = 15 };
    char folder[64];
    temp_make(folder);
    xz_log_sink_set(ignore_line, NULL);
    struct xz_search_index *index = open_index(folder, 0, NULL);
    fake_fill(&c, index, 20, 9);
    fake_churn(&c, index, 20);
    assert_int_equal(xz_search_merge(index, 1), XZ_OK);
    fake_put(&c, index, 1, 0);
    xz_search_close(index);
    for (int64_t part = 0; part < 1000; part += 83) {
        assert_damage_is_noticed(folder, true, FLIP, part);
        assert_damage_is_noticed(folder, false, FLIP, part);
        assert_damage_is_noticed(folder, true, CUT, part);
        assert_damage_is_noticed(folder, false, CUT, part);
    }
    assert_damage_is_noticed(folder, true, REMOVE, 0);
    xz_log_sink_set(NULL, NULL);
    temp_remove(folder);
    fake_free(&c);
}

static void count_problem(xz_str what, void *arg)
{
    assert_true(what.len > 0);
    ++*(int *)arg;
}

static void verify_sees_a_page_that_changed_under_us(void **unused)
{
    (void)unused;
    struct fake_corpus c = { .random = 16 };
    char folder[64], path[128];
    int problems = 0;
    temp_make(folder);
    struct xz_search_index *index = open_index(folder, 0, NULL);
    fake_fill(&c, index, 20, 9);
    assert_int_equal(xz_search_flush(index), XZ_OK);
    assert_int_equal(xz_search_verify(index, count_problem, &problems), XZ_OK);
    assert_int_equal(problems, 0);
    snprintf(path, sizeof path, "%s/00000001.seg", folder);
    damage_file(path, FLIP, sizeof(struct seg_header) + 100);
    assert_int_equal(xz_search_verify(index, count_problem, &problems), XZ_OK);
    assert_int_equal(problems, 1);
    xz_search_close(index);
    temp_remove(folder);
    fake_free(&c);
}

static void an_unwritable_folder_is_told(void **unused)
{
    (void)unused;
    struct xz_search_index *index;
    int64_t applied;
    char folder[64], path[128];
    temp_make(folder);
    snprintf(path, sizeof path, "%s/file", folder);
    assert_int_equal(xz_file_replace(path, XZ_STR("x")), XZ_OK);
    struct xz_search_options options = { .folder = path };
    assert_int_equal(xz_search_open(&options, &index, &applied), XZ_E_IO);
    temp_remove(folder);
}

#define KILL_ENTRIES 40

static int64_t kill_entry(int64_t change)
{
    return 1 + change * 7919 % KILL_ENTRIES;
}

/* Change c puts its entry with 1 .. 3 documents that carry c in their ids; some changes delete. */
static size_t kill_docs(int64_t change)
{
    return change % 11 == 0 ? 0 : 1 + (size_t)change % 3;
}

static void kill_put(struct xz_search_index *index, int64_t change)
{
    struct xz_search_doc docs[3];
    for (size_t i = 0; i < kill_docs(change); i++)
        docs[i] = (struct xz_search_doc){ .id = change * 10 + (int64_t)i,
                                          .entry = kill_entry(change),
                                          .title = XZ_STR("城市居民最低生活保障条例"),
                                          .body = XZ_STR("申请最低生活保障应当提交书面申请") };
    assert_int_equal(xz_search_put(index, kill_entry(change), docs, kill_docs(change), change),
                     XZ_OK);
    xz_search_applied(index, change);
}

/* The process that dies: puts without end and tells each put over the pipe. */
static void kill_child(const char *folder, int pipe)
{
    int64_t change;
    struct xz_search_index *index = open_index(folder, 8 * 1024, &change);
    for (;;) {
        kill_put(index, ++change);
        if (write(pipe, "", 1) != 1)
            _exit(0);
    }
}

static void kill_collect(int64_t id, int64_t entry, void *arg)
{
    int64_t *ids = arg; /* per entry: change * 10 + how many documents */
    assert_true(ids[entry] == 0 || ids[entry] / 10 == id / 10);
    ids[entry] = id / 10 * 10 + ids[entry] % 10 + 1;
}

/* Replays what is newer than `applied`, as the caller would, and compares every entry. */
static void assert_replay_completes(const char *folder)
{
    int64_t applied, seen[KILL_ENTRIES + 1] = { 0 }, last = 0, want[KILL_ENTRIES + 1] = { 0 };
    struct xz_search_index *index = open_index(folder, 8 * 1024, &applied);
    xz_search_each(index, kill_collect, seen);
    for (int64_t e = 1; e <= KILL_ENTRIES; e++)
        last = XZ_MAX(last, seen[e] / 10);
    last = XZ_MAX(last, applied) + KILL_ENTRIES;
    for (int64_t change = applied + 1; change <= last; change++)
        kill_put(index, change);
    memset(seen, 0, sizeof seen);
    xz_search_each(index, kill_collect, seen);
    for (int64_t change = 1; change <= last; change++)
        want[kill_entry(change)] = kill_docs(change) ? change * 10 + (int64_t)kill_docs(change) : 0;
    for (int64_t e = 1; e <= KILL_ENTRIES; e++)
        assert_int_equal(seen[e], want[e]);
    xz_search_close(index);
}

static void a_killed_process_leaves_a_whole_index(void **unused)
{
    (void)unused;
    struct fake_corpus c = { .random = 17 };
    char folder[64], byte;
    temp_make(folder);
    for (int round = 0; round < 10; round++) {
        int fds[2];
        assert_int_equal(pipe(fds), 0);
        pid_t child = fork();
        if (child == 0) {
            close(fds[0]);
            kill_child(folder, fds[1]);
        }
        close(fds[1]);
        for (uint32_t n = 1 + fake_random(&c, 400); n > 0; n--)
            assert_int_equal(read(fds[0], &byte, 1), 1);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        close(fds[0]);
        assert_replay_completes(folder);
    }
    temp_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_index_opens_as_it_was),
        cmocka_unit_test(small_memory_goes_to_disk_and_stays_exact),
        cmocka_unit_test(a_kill_loses_only_what_was_not_flushed),
        cmocka_unit_test(what_was_put_again_is_replayed_after_a_kill),
        cmocka_unit_test(a_killed_process_leaves_a_whole_index),
        cmocka_unit_test(files_nobody_names_are_removed),
        cmocka_unit_test(damage_is_noticed_and_opens_empty),
        cmocka_unit_test(verify_sees_a_page_that_changed_under_us),
        cmocka_unit_test(an_unwritable_folder_is_told),
    };
    return xz_text_init() == XZ_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
