/* Helpers of the tests of knowledge/. */
#include "knowledge_test.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "audit/audit.h"
#include "core/file.h"
#include "core/log.h"
#include "knowledge/recognise.h"
#include "text/text.h"

#define MIGRATIONS_MAX 32

struct xz_clock knowledge_test_clock;

/* --- recognising --- */

static int memory_file(const char *text)
{
    int fd = memfd_create("test", MFD_CLOEXEC);
    assert_true(fd >= 0);
    if (text) {
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    }
    return fd;
}

const struct recognised *recognise_file(const char *name, const char *text)
{
    static struct recognised all;
    struct xz_buf out;
    int in_fd = memory_file(text), out_fd = memory_file(NULL);
    char *room;
    ssize_t got;

    for (size_t i = 0; i < all.count; i++)
        xz_json_destroy(all.lines[i]);
    all.count = 0;
    assert_int_equal(xz_text_init(), XZ_OK);
    assert_int_equal(xz_recognise_main(in_fd, out_fd, xz_str_from(name), XZ_STR_NONE), 0);
    assert_int_equal(lseek(out_fd, 0, SEEK_SET), 0);
    xz_buf_init(&out, (size_t)MIB(64));
    while ((room = xz_buf_reserve(&out, 65536)) && (got = read(out_fd, room, 65536)) > 0)
        xz_buf_commit(&out, (size_t)got);
    close(in_fd);
    close(out_fd);
    xz_str rest = xz_buf_str(&out);
    while (rest.len) {
        xz_str line = xz_str_cut(&rest, '\n');
        assert_true(all.count < XZ_COUNT(all.lines));
        assert_int_equal(xz_json_parse(line, &all.lines[all.count]), XZ_OK);
        all.count++;
    }
    xz_buf_fini(&out);
    return &all;
}

static const struct xz_json *line_find(const struct recognised *all, const char *type, size_t nth)
{
    for (size_t i = 0; i < all->count; i++) {
        const struct xz_json *root = xz_json_root(all->lines[i]);
        if (!xz_str_eq(xz_json_str(xz_json_get(root, "t"), XZ_STR_NONE), xz_str_from(type)))
            continue;
        if (nth-- == 0)
            return root;
    }
    return NULL;
}

const char *recognised_text(const struct recognised *all, const char *type, size_t nth,
                            const char *key)
{
    static char texts[8][4096];
    static size_t turn;
    char *text = texts[turn++ % XZ_COUNT(texts)];
    xz_str value = xz_json_str(xz_json_get(line_find(all, type, nth), key), XZ_STR_NONE);
    value = xz_str_sub(value, 0, sizeof(texts[0]) - 1);
    if (value.len)
        memcpy(text, value.ptr, value.len);
    text[value.len] = '\0';
    return text;
}

int64_t recognised_int(const struct recognised *all, const char *type, size_t nth, const char *key)
{
    return xz_json_int(xz_json_get(line_find(all, type, nth), key), 0);
}

size_t recognised_count(const struct recognised *all, const char *type)
{
    size_t count = 0;
    while (line_find(all, type, count))
        count++;
    return count;
}

/* --- store and index --- */

static void open_all(struct knowledge_test *t)
{
    static struct xz_migration migrations[MIGRATIONS_MAX];
    size_t count = 0;
    struct xz_arena *arena = t->arena;
    const char *index = NULL, *data = NULL;

    if (t->folder[0]) {
        data = xz_path_join(arena, xz_str_from(t->folder), XZ_STR("data")).ptr;
        index = xz_path_join(arena, xz_str_from(t->folder), XZ_STR("index")).ptr;
    }
    for (size_t i = 0; i < xz_audit_migration_count; i++)
        migrations[count++] = xz_audit_migrations[i];
    for (size_t i = 0; i < xz_knowledge_migration_count; i++)
        migrations[count++] = xz_knowledge_migrations[i];
    assert_true(count <= MIGRATIONS_MAX);
    struct xz_store_options store = { .folder = data,
                                      .clock = &knowledge_test_clock,
                                      .migrations = migrations,
                                      .migration_count = count };
    if (xz_store_open(&store, &t->store) != XZ_OK)
        fail_msg("store: %s", xz_fail_detail());
    struct xz_knowledge_options options = { .store = t->store,
                                            .clock = &knowledge_test_clock,
                                            .index_folder = index };
    if (xz_knowledge_open(&options, &t->knowledge) != XZ_OK)
        fail_msg("knowledge: %s", xz_fail_detail());
}

void knowledge_test_open(struct knowledge_test *t, bool on_disk)
{
    const char *parser = t->parser;
    *t = (struct knowledge_test){ .parser = parser, .arena = xz_arena_create(1 << 16) };
    xz_log_level_set(XZ_LOG_ERROR);
    assert_int_equal(xz_text_init(), XZ_OK);
    xz_clock_manual_init(&knowledge_test_clock, 1763800000000); /* 2025-11-22 */
    snprintf(t->folder, sizeof(t->folder), "/tmp/xz-knowledge-XXXXXX");
    assert_non_null(mkdtemp(t->folder));
    if (!on_disk) {
        rmdir(t->folder);
        t->folder[0] = '\0';
    }
    open_all(t);
}

static void folder_drop(struct knowledge_test *t, const char *name)
{
    xz_str command = xz_str_format(t->arena, "rm -rf '%s/%s'", t->folder, name);
    assert_int_equal(system(command.ptr), 0);
}

void knowledge_test_reopen(struct knowledge_test *t, bool lose_index)
{
    assert_true(t->folder[0] != '\0');
    xz_knowledge_close(t->knowledge);
    xz_store_close(t->store);
    if (lose_index)
        folder_drop(t, "index");
    open_all(t);
}

void knowledge_test_close(struct knowledge_test *t)
{
    xz_knowledge_close(t->knowledge);
    xz_store_close(t->store);
    if (t->folder[0])
        folder_drop(t, "");
    xz_arena_destroy(t->arena);
}

/* --- drafts --- */

struct save {
    struct xz_draft draft;
    struct knowledge_touched touched;
    struct xz_arena *arena;
    struct xz_entry entry;
    bool changed;
};

static xz_err save_tx(struct xz_tx *tx, void *arg)
{
    struct save *save = arg;
    xz_err err = knowledge_draft_save(tx, save->arena, &save->draft, &save->touched,
                                      &save->changed);
    return err == XZ_OK
               ? knowledge_entry_by_source(tx, save->arena, save->draft.entry.source, &save->entry)
               : err;
}

int64_t paper_save(struct knowledge_test *t, const struct test_paper *p, bool *changed)
{
    static const char *const labels[] = { "第一条", "第二条", "第三条", "第四条",
                                          "第五条", "第六条", "第七条", "第八条" };
    struct xz_clause clauses[8];
    struct save save = { .arena = t->arena, .touched = { .arena = t->arena } };
    struct xz_entry *e = &save.draft.entry;

    e->source = xz_str_from(p->source);
    e->title = xz_str_from(p->title);
    e->number = xz_str_from(p->number);
    e->issuer = xz_str_from(p->issuer);
    e->replaces = xz_str_from(p->replaces);
    e->kind = p->kind ? p->kind : XZ_ENTRY_LAW;
    e->region = p->region;
    e->issued_on = p->issued_on;
    e->effective_on = p->effective_on ? p->effective_on : p->issued_on;
    e->expires_on = p->expires_on;
    save.draft.clauses = clauses;
    for (size_t i = 0; i < 8 && p->articles[i]; i++)
        clauses[save.draft.clause_count++] =
            (struct xz_clause){ .label = xz_str_from(labels[i]),
                                .path = XZ_STR("第一章 总则"),
                                .body = xz_str_from(p->articles[i]) };
    if (xz_store_write(t->store, save_tx, &save) != XZ_OK)
        fail_msg("%s: %s", p->source, xz_fail_detail());
    for (size_t i = 0; i < save.touched.count; i++)
        assert_int_equal(knowledge_index_entry(t->knowledge, save.touched.ids[i]), XZ_OK);
    if (changed)
        *changed = save.changed;
    return save.entry.id.v;
}

struct xz_entry paper_load(struct knowledge_test *t, int64_t id)
{
    struct xz_entry entry;
    struct xz_tx *tx;
    assert_int_equal(xz_store_read(t->store, &tx), XZ_OK);
    assert_int_equal(knowledge_entry_load(tx, t->arena, id, &entry), XZ_OK);
    xz_store_read_end(tx);
    return entry;
}

size_t paper_clauses(struct knowledge_test *t, int64_t id, struct xz_clause **clauses)
{
    size_t count;
    struct xz_tx *tx;
    assert_int_equal(xz_store_read(t->store, &tx), XZ_OK);
    assert_int_equal(xz_clause_list(tx, t->arena, (xz_entry_id){ id }, 0, 10000, clauses, &count),
                     XZ_OK);
    xz_store_read_end(tx);
    return count;
}

/* --- imports --- */

struct xz_import_result text_import(struct knowledge_test *t, const char *source, const char *text)
{
    struct xz_import_options options = { .knowledge = t->knowledge,
                                         .actor = { XZ_ACTOR_LOCAL, 0 },
                                         .parser_path = t->parser,
                                         .file_bytes_max = MIB(16) };
    struct xz_import_result result;
    char path[] = "/tmp/xz-import-XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    xz_err err = xz_import_file(&options, t->arena, xz_str_from(source), path, &result);
    unlink(path);
    if (err != XZ_OK)
        fail_msg("%s: %s", source, xz_fail_detail());
    return result;
}

size_t found_count(struct knowledge_test *t, const char *question)
{
    struct xz_search_filter filter = { .visibility_mask = 7, .superseded_too = true };
    struct xz_search_query query = { .text = xz_str_from(question),
                                     .filter = &filter,
                                     .hits_max = 100 };
    struct xz_search_hit *hits;
    size_t count;
    assert_int_equal(
        xz_search_find(xz_knowledge_index(t->knowledge), t->arena, &query, &hits, &count), XZ_OK);
    return count;
}

static void problem_count_one(xz_str what, void *arg)
{
    size_t *count = arg;
    print_error("%.*s\n", XZ_STR_ARG(what));
    ++*count;
}

size_t problem_count(struct knowledge_test *t)
{
    size_t count = 0;
    assert_int_equal(xz_knowledge_verify(t->knowledge, problem_count_one, &count), XZ_OK);
    return count;
}
