/* Knowledge as others use it: opening, reading what an actor may see, counting, verifying.
 * Importing is in knowledge_import.c, the index in knowledge_index.c. */
#include "knowledge/knowledge_internal.h"

#include "audit/audit.h"
#include "core/file.h"

#include <dirent.h>
#include <unistd.h>

static xz_err resource_read(struct xz_knowledge *k, struct xz_arena *arena, const char *name,
                            struct xz_buf *buf)
{
    xz_str path = xz_path_join(arena, xz_str_from(k->resource_folder), xz_str_from(name));
    return xz_file_read(path.ptr, buf);
}

static xz_err synonyms_open(struct xz_knowledge *k, struct xz_arena *arena)
{
    struct xz_buf tsv;
    xz_buf_init(&tsv, MIB(32));
    xz_err err = resource_read(k, arena, "synonyms.tsv", &tsv);
    if (err == XZ_OK)
        err = xz_synonyms_parse(xz_buf_str(&tsv), &k->synonyms);
    else if (err == XZ_E_MISSING)
        err = XZ_OK;
    xz_buf_fini(&tsv);
    return err;
}

/* The base lexicon with the user's words, as a new snapshot; the old one is kept until close, since
 * a search may still read it. */
static xz_err lexicon_refresh(struct xz_knowledge *k)
{
    struct xz_arena *arena = xz_arena_create(1 << 12);
    struct xz_tx *tx = NULL;
    xz_str *words;
    size_t count;
    xz_err err;

    if ((err = xz_store_read(k->store, &tx)) != XZ_OK)
        goto out;
    err = knowledge_word_list(tx, arena, &words, &count);
    xz_store_read_end(tx);
    if (err != XZ_OK)
        goto out;
    pthread_mutex_lock(&k->replace_lock);
    struct xz_lexicon **old = xz_realloc(k->old_lexicons,
                                         (k->old_lexicon_count + 1) * sizeof(*k->old_lexicons));
    k->old_lexicons = old;
    struct xz_lexicon *fresh = xz_lexicon_with(k->base_lexicon, words, count);
    k->old_lexicons[k->old_lexicon_count++] = fresh;
    k->lexicon = fresh;
    pthread_mutex_unlock(&k->replace_lock);
    if (k->index)
        xz_search_lexicon_set(k->index, fresh);
out:
    xz_arena_destroy(arena);
    return err;
}

static xz_err lexicon_open(struct xz_knowledge *k, struct xz_arena *arena)
{
    if (!k->resource_folder)
        return XZ_OK;
    xz_str path = xz_path_join(arena, xz_str_from(k->resource_folder), XZ_STR("words.bin"));
    xz_err err = xz_lexicon_open(path.ptr, &k->base_lexicon);
    return err == XZ_OK ? lexicon_refresh(k) : err;
}

/* An index belongs to one set of rows: after a restore the numbers of changes start again lower, so
 * an index of other rows is thrown away and built anew. */
static xz_err index_belongs(struct xz_knowledge *k, struct xz_arena *arena, const char *folder)
{
    struct xz_buf seen;
    xz_err err;

    if (!folder)
        return XZ_OK;
    xz_str mine = xz_store_data_id(k->store);
    xz_str path = xz_path_join(arena, xz_str_from(folder), XZ_STR("data_id"));
    xz_buf_init(&seen, KIB(4));
    if ((err = xz_dir_make(folder)) != XZ_OK)
        goto out;
    err = xz_file_read(path.ptr, &seen);
    if (err == XZ_OK && xz_str_eq(xz_buf_str(&seen), mine))
        goto out;
    DIR *dir = opendir(folder);
    for (struct dirent *each; dir && (each = readdir(dir));)
        if (each->d_name[0] != '.')
            (void)unlinkat(dirfd(dir), each->d_name, 0);
    if (dir)
        closedir(dir);
    err = xz_file_replace(path.ptr, mine);
out:
    xz_buf_fini(&seen);
    return err;
}

xz_err xz_knowledge_open(const struct xz_knowledge_options *options, struct xz_knowledge **out)
{
    struct xz_knowledge *k = XZ_ALLOC(struct xz_knowledge, 1);
    struct xz_arena *arena = xz_arena_create(1 << 12);
    int64_t applied = 0;
    xz_err err;

    k->tag = KNOWLEDGE_TAG;
    k->store = options->store;
    k->clock = options->clock;
    k->site_region = options->site_region;
    k->resource_folder = options->resource_folder ? xz_strdup(options->resource_folder) : NULL;
    for (size_t i = 0; i < INDEX_STRIPES; i++)
        pthread_mutex_init(&k->stripes[i], NULL);
    pthread_mutex_init(&k->pending_lock, NULL);
    pthread_mutex_init(&k->replace_lock, NULL);
    if ((err = lexicon_open(k, arena)) != XZ_OK)
        goto out;
    if (k->resource_folder && (err = synonyms_open(k, arena)) != XZ_OK)
        goto out;
    if ((err = index_belongs(k, arena, options->index_folder)) != XZ_OK)
        goto out;
    struct xz_search_options search = { .folder = options->index_folder, .lexicon = k->lexicon };
    if ((err = xz_search_open(&search, &k->index, &applied)) != XZ_OK)
        goto out;
    if ((err = knowledge_site_load(k)) != XZ_OK)
        goto out;
    err = knowledge_replay(k, applied);
out:
    xz_arena_destroy(arena);
    if (err == XZ_OK)
        *out = k;
    else
        xz_knowledge_close(k);
    return err;
}

void xz_knowledge_close(struct xz_knowledge *k)
{
    if (!k)
        return;
    XZ_TAG_CHECK(k, KNOWLEDGE_TAG);
    xz_search_close(k->index);
    knowledge_site_destroy_all(k);
    xz_synonyms_destroy(k->synonyms);
    for (size_t i = 0; i < k->old_lexicon_count; i++)
        xz_lexicon_destroy(k->old_lexicons[i]);
    xz_free(k->old_lexicons);
    xz_lexicon_destroy(k->base_lexicon);
    for (size_t i = 0; i < INDEX_STRIPES; i++)
        pthread_mutex_destroy(&k->stripes[i]);
    pthread_mutex_destroy(&k->pending_lock);
    pthread_mutex_destroy(&k->replace_lock);
    xz_free(k->resource_folder);
    k->tag = 0;
    xz_free(k);
}

struct xz_search_index *xz_knowledge_index(struct xz_knowledge *k)
{
    XZ_TAG_CHECK(k, KNOWLEDGE_TAG);
    return k->index;
}

struct xz_store *xz_knowledge_store(struct xz_knowledge *k)
{
    XZ_TAG_CHECK(k, KNOWLEDGE_TAG);
    return k->store;
}

const struct xz_lexicon *xz_knowledge_lexicon(struct xz_knowledge *k)
{
    XZ_TAG_CHECK(k, KNOWLEDGE_TAG);
    return k->lexicon;
}

const struct xz_synonyms *xz_knowledge_synonyms(struct xz_knowledge *k)
{
    XZ_TAG_CHECK(k, KNOWLEDGE_TAG);
    return k->synonyms;
}

/* --- reading: a row the actor may not see does not exist for it --- */

static bool may_see(const struct xz_actor *actor, const struct xz_entry *entry)
{
    return entry->status == XZ_STATUS_PUBLISHED &&
           ((unsigned)xz_actor_visibility_mask(actor) >> entry->visibility & 1u);
}

static xz_err not_there(void)
{
    return xz_fail(XZ_E_MISSING, "没有这条知识，或者它未公开、已撤下。");
}

xz_err xz_entry_get(struct xz_tx *tx, struct xz_arena *arena, const struct xz_actor *actor,
                    xz_entry_id id, struct xz_entry *entry)
{
    xz_err err = knowledge_entry_load(tx, arena, id.v, entry);
    if (err == XZ_OK && !may_see(actor, entry))
        err = not_there();
    return err;
}

/* Of several: in force on `on` first, then the latest. */
static xz_err entry_best(const struct xz_actor *actor, const struct xz_entry *list, size_t count,
                         xz_date on, struct xz_entry *entry)
{
    const struct xz_entry *best = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!may_see(actor, &list[i]))
            continue;
        bool better = !best;
        if (best && xz_entry_in_force(best, on) != xz_entry_in_force(&list[i], on))
            better = xz_entry_in_force(&list[i], on);
        else if (best)
            better = knowledge_version_compare(best, &list[i]) < 0;
        if (better)
            best = &list[i];
    }
    if (!best)
        return not_there();
    *entry = *best;
    return XZ_OK;
}

xz_err xz_entry_find_code(struct xz_tx *tx, struct xz_arena *arena, const struct xz_actor *actor,
                          xz_str code, struct xz_entry *entry)
{
    struct xz_entry *list;
    size_t count;
    xz_err err;
    if (!code.len)
        return not_there();
    if ((err = knowledge_entry_list(tx, arena, LIST_CODE, 0, code, &list, &count)) != XZ_OK)
        return err;
    return entry_best(actor, list, count, xz_date_from_ms(xz_tx_now_ms(tx)), entry);
}

xz_err xz_entry_find_title(struct xz_tx *tx, struct xz_arena *arena, const struct xz_actor *actor,
                           xz_str title, xz_date on, struct xz_entry *entry)
{
    struct xz_entry *list;
    size_t count;
    xz_err err;
    if (!title.len)
        return not_there();
    xz_str key = knowledge_title_key(arena, title);
    if ((err = knowledge_entry_list(tx, arena, LIST_TITLE_KEY, 0, key, &list, &count)) != XZ_OK)
        return err;
    if (!count &&
        (err = knowledge_entry_list(tx, arena, LIST_NUMBER, 0, title, &list, &count)) != XZ_OK)
        return err;
    return entry_best(actor, list, count, on, entry);
}

static xz_err article_in(struct xz_tx *tx, struct xz_arena *arena, xz_entry_id entry,
                         const struct xz_article_ref *ref, struct xz_clause *clause)
{
    struct xz_clause *list;
    size_t count;
    xz_err err = xz_clause_list(tx, arena, entry, 0, INT32_MAX, &list, &count);

    for (size_t i = 0; i < count && err == XZ_OK; i++) {
        struct xz_clause_head head = xz_clause_head_read(list[i].label);
        if (head.mark != XZ_MARK_ARTICLE || head.number != ref->number || head.sub != ref->sub)
            continue;
        *clause = list[i];
        return XZ_OK;
    }
    return err == XZ_OK ? not_there() : err;
}

xz_err xz_clause_find_article(struct xz_tx *tx, struct xz_arena *arena,
                              const struct xz_actor *actor, const struct xz_article_ref *ref,
                              struct xz_entry *entry, struct xz_clause *clause)
{
    struct xz_entry *parts;
    size_t count;
    xz_err err = xz_entry_find_title(tx, arena, actor, ref->law, ref->on, entry);

    if (err != XZ_E_MISSING)
        return err == XZ_OK ? article_in(tx, arena, entry->id, ref, clause) : err;
    xz_str key = knowledge_title_key(arena, ref->law);
    if (!key.len ||
        (err = knowledge_entry_list(tx, arena, LIST_PARTS, 0, key, &parts, &count)) != XZ_OK)
        return key.len ? err : not_there();
    for (size_t i = 0; i < count; i++) {
        if (!may_see(actor, &parts[i]) || !xz_entry_in_force(&parts[i], ref->on) ||
            !xz_str_eq(knowledge_title_key(arena, parts[i].aliases), key))
            continue;
        *entry = parts[i];
        if ((err = article_in(tx, arena, entry->id, ref, clause)) != XZ_E_MISSING)
            return err;
    }
    return not_there();
}

xz_err xz_entry_versions(struct xz_tx *tx, struct xz_arena *arena, const struct xz_actor *actor,
                         const struct xz_entry *entry, struct xz_entry **versions, size_t *count)
{
    struct xz_entry *list;
    size_t all, n = 0;
    xz_err err = knowledge_entry_list(tx, arena, LIST_FAMILY, entry->family, XZ_STR_NONE, &list,
                                      &all);
    if (err != XZ_OK)
        return err;
    for (size_t i = 0; i < all; i++) {
        if (!may_see(actor, &list[i]) || list[i].region != entry->region)
            continue;
        struct xz_entry moving = list[i];
        size_t at = n++;
        for (; at > 0 && knowledge_version_compare(&list[at - 1], &moving) < 0; at--)
            list[at] = list[at - 1];
        list[at] = moving;
    }
    *versions = list;
    *count = n;
    return XZ_OK;
}

xz_err xz_answer_list(struct xz_tx *tx, struct xz_arena *arena, const struct xz_actor *actor,
                      size_t max, struct xz_entry **entries, size_t *count)
{
    size_t all, n = 0;
    xz_err err = knowledge_answer_list(tx, arena, max, entries, &all);
    for (size_t i = 0; i < all && err == XZ_OK; i++)
        if (may_see(actor, &(*entries)[i]))
            (*entries)[n++] = (*entries)[i];
    *count = n;
    return err;
}

static xz_err questions_list(struct xz_tx *tx, struct xz_arena *arena, xz_entry_id entry,
                             bool counters, xz_str **questions, size_t *count)
{
    struct knowledge_variant *rows;
    xz_err err = knowledge_variants_load(tx, arena, entry.v, counters, &rows, count);
    if (err != XZ_OK)
        return err;
    *questions = XZ_NEW(arena, xz_str, *count);
    for (size_t i = 0; i < *count; i++)
        (*questions)[i] = rows[i].question;
    return XZ_OK;
}

xz_err xz_variant_list(struct xz_tx *tx, struct xz_arena *arena, xz_entry_id entry,
                       xz_str **questions, size_t *count)
{
    return questions_list(tx, arena, entry, false, questions, count);
}

xz_err xz_counter_list(struct xz_tx *tx, struct xz_arena *arena, xz_entry_id entry,
                       xz_str **questions, size_t *count)
{
    return questions_list(tx, arena, entry, true, questions, count);
}

xz_err xz_knowledge_count(struct xz_knowledge *k, struct xz_knowledge_counts *counts)
{
    struct xz_search_stats stats;
    struct xz_tx *tx;
    xz_err err = xz_store_read(k->store, &tx);
    if (err != XZ_OK)
        return err;
    xz_search_stats(k->index, &stats);
    err = knowledge_count_rows(tx, stats.applied_change, counts);
    xz_store_read_end(tx);
    return err;
}

/* --- verify --- */

struct verify {
    int64_t *ids; /* of documents in the index, sorted */
    size_t count, room;
};

static void verify_take(int64_t id, int64_t entry, void *arg)
{
    struct verify *v = arg;
    (void)entry;
    if (v->count == v->room) {
        v->room = v->room ? v->room * 2 : 4096;
        v->ids = xz_realloc(v->ids, v->room * sizeof(*v->ids));
    }
    v->ids[v->count++] = id;
}

static int id_compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void verify_one(struct verify *v, int64_t id, struct xz_arena *arena,
                       void (*problem)(xz_str what, void *arg), void *arg, size_t *seen)
{
    if (v->count && bsearch(&id, v->ids, v->count, sizeof(id), id_compare))
        ++*seen;
    else
        problem(xz_str_format(arena, "索引缺少条款 %lld。", (long long)id), arg);
}

/* Every passage that rows call for is in the index once, and nothing else is. */
static xz_err verify_index(struct xz_knowledge *k, struct xz_tx *tx, struct verify *v,
                           void (*problem)(xz_str what, void *arg), void *arg)
{
    struct xz_arena *arena = xz_arena_create(1 << 16);
    int64_t from = 0, *ids;
    size_t count = 1, seen = 0;
    xz_err err = XZ_OK;

    while (count && err == XZ_OK) {
        int64_t next = from;
        if ((err = knowledge_changed_ids(tx, arena, 0, from, 500, &ids, &count)) != XZ_OK)
            break;
        for (size_t i = 0; i < count && err == XZ_OK; i++) {
            struct xz_entry entry;
            struct xz_clause *clauses;
            struct knowledge_variant *variants;
            size_t n = 0, m = 0;
            next = ids[i];
            if ((err = knowledge_entry_load(tx, arena, ids[i], &entry)) != XZ_OK)
                break;
            if (entry.status != XZ_STATUS_PUBLISHED || entry.kind == XZ_ENTRY_NOTICE)
                continue;
            err = xz_clause_list(tx, arena, entry.id, 0, INT32_MAX, &clauses, &n);
            if (err == XZ_OK)
                err = knowledge_variants_load(tx, arena, entry.id.v, false, &variants, &m);
            for (size_t c = 0; c < n && err == XZ_OK; c++)
                verify_one(v, clauses[c].id.v, arena, problem, arg, &seen);
            for (size_t c = 0; c < m && err == XZ_OK; c++)
                verify_one(v, variants[c].id, arena, problem, arg, &seen);
        }
        from = next;
        xz_arena_reset(arena);
    }
    if (err == XZ_OK && seen < v->count)
        problem(xz_str_format(arena, "索引比库多出 %zu 个条款。", v->count - seen), arg);
    for (size_t i = 1; i < v->count; i++)
        if (v->ids[i] == v->ids[i - 1])
            problem(xz_str_format(arena, "索引中条款 %lld 重复。", (long long)v->ids[i]), arg);
    (void)k;
    xz_arena_destroy(arena);
    return err;
}

xz_err xz_knowledge_verify(struct xz_knowledge *k, void (*problem)(xz_str what, void *arg),
                           void *arg)
{
    struct xz_arena *arena = xz_arena_create(1 << 14);
    struct verify v = { 0 };
    struct xz_tx *tx = NULL;
    xz_str *problems;
    size_t count;
    xz_err err;

    if ((err = xz_search_verify(k->index, problem, arg)) != XZ_OK)
        goto out;
    if ((err = xz_store_read(k->store, &tx)) != XZ_OK)
        goto out;
    xz_search_each(k->index, verify_take, &v);
    if (v.count)
        qsort(v.ids, v.count, sizeof(*v.ids), id_compare);
    if ((err = knowledge_clause_problems(tx, arena, &problems, &count)) != XZ_OK)
        goto out;
    for (size_t i = 0; i < count; i++)
        problem(problems[i], arg);
    err = verify_index(k, tx, &v, problem, arg);
out:
    xz_store_read_end(tx);
    xz_free(v.ids);
    xz_arena_destroy(arena);
    return err;
}

xz_err xz_knowledge_reindex(struct xz_knowledge *k)
{
    return knowledge_replay(k, 0);
}

/* --- user words --- */

struct word_add {
    const struct xz_actor *actor;
    xz_str word;
};

static xz_err word_add_tx(struct xz_tx *tx, void *arg)
{
    const struct word_add *add = arg;
    xz_err err = knowledge_word_put(tx, add->word);
    if (err == XZ_OK)
        err = xz_audit_write(tx, add->actor, "knowledge.word_added", 0, add->word);
    return err;
}

/* Passages that hold the word were cut without it: they are put again. */
static xz_err word_reindex(struct xz_knowledge *k, struct xz_arena *arena, xz_str word)
{
    struct xz_search_filter filter = { .visibility_mask = 0x07, .superseded_too = true };
    struct xz_search_query query = { .text = word, .filter = &filter, .hits_max = 1000 };
    struct xz_search_hit *hits;
    size_t count;
    xz_err err = xz_search_find(k->index, arena, &query, &hits, &count);

    for (size_t i = 0; i < count && err == XZ_OK; i++) {
        bool done = false;
        for (size_t j = 0; j < i && !done; j++)
            done = hits[j].entry == hits[i].entry;
        if (!done)
            err = knowledge_index_entry(k, hits[i].entry);
    }
    return err;
}

xz_err xz_knowledge_word_add(struct xz_knowledge *k, const struct xz_actor *actor, xz_str word)
{
    struct xz_arena *arena = xz_arena_create(1 << 14);
    struct word_add add = { actor, xz_str_trim(xz_text_normalise(arena, word)) };
    xz_err err = xz_actor_may(actor, XZ_PERM_OPERATE);

    if (err != XZ_OK)
        goto out;
    size_t chars = xz_utf8_chars(add.word);
    if (chars < 2 || chars > 16 || !xz_utf8_valid(word)) {
        err = xz_fail(XZ_E_INPUT, "词语应为2至16个字，请检查后重新输入。");
        goto out;
    }
    if ((err = xz_store_write(k->store, word_add_tx, &add)) != XZ_OK)
        goto out;
    if ((err = lexicon_refresh(k)) == XZ_OK)
        err = word_reindex(k, arena, add.word);
out:
    xz_arena_destroy(arena);
    return err;
}
