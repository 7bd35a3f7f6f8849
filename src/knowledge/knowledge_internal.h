/* Shared by the files of knowledge/ and nobody else. */
#ifndef XZ_KNOWLEDGE_INTERNAL_H
#define XZ_KNOWLEDGE_INTERNAL_H

#include <pthread.h>

#include "core/json.h"
#include "knowledge/halls.h"

#define KNOWLEDGE_TAG          0x4b4e4f57u
#define INDEX_STRIPES          64
#define KNOWLEDGE_REPLACES_MAX 64   /* names in one field 替代 */
#define PENDING_MAX            4096 /* import changes between commit and index */
/* What a site promises that has not said how soon it answers complaints. */
#define KNOWLEDGE_COMPLAINT_DAYS 15
#define KNOWLEDGE_DAYS_MAX       36500 /* of any span that a site sets */

struct knowledge_site; /* knowledge_site.c */

struct xz_knowledge {
    uint32_t tag;
    struct xz_store *store;
    const struct xz_clock *clock;
    struct xz_search_index *index;
    struct xz_lexicon *base_lexicon;
    struct xz_lexicon *_Atomic lexicon; /* base with the user's words; old ones are kept */
    struct xz_synonyms *synonyms;
    int64_t site_region;
    char *resource_folder;
    struct knowledge_site *_Atomic site;
    /* Puts for one entry happen in order of change: one lock for each stripe of entry ids. */
    pthread_mutex_t stripes[INDEX_STRIPES];
    /* Changes that are committed or about to be, but not yet in the index; guards `pending`. */
    pthread_mutex_t pending_lock;
    int64_t pending[PENDING_MAX];
    size_t pending_count;
    int64_t newest_change;
    pthread_mutex_t replace_lock; /* one replacement of site or lexicon at a time */
    struct xz_lexicon **old_lexicons;
    size_t old_lexicon_count;
};

/* --- knowledge_import.c, knowledge_archive.c: a file, and the files in it --- */
#define KNOWLEDGE_ARCHIVE_DEPTH_MAX 2 /* an archive in an archive, and no further */
struct knowledge_import_file {
    const struct xz_import_options *options;
    xz_str source;
    int fd;    /* at any place; when it could not be opened, the negative errno */
    int depth; /* of archives around it */
};
XZ_MUST_USE xz_err knowledge_import_fd(const struct knowledge_import_file *file,
                                       struct xz_arena *arena, struct xz_import_result *result);

struct knowledge_archive;
struct knowledge_archive *knowledge_archive_create(const char *work_folder);
void knowledge_archive_destroy(struct knowledge_archive *archive); /* NULL is fine */
bool knowledge_archive_takes(xz_str type); /* lines of this type are for the next function */
/* XZ_E_INPUT  not what a parser writes; XZ_E_LIMIT too much in all; XZ_E_IO no room on the disk */
struct xz_json;
XZ_MUST_USE xz_err knowledge_archive_line(struct knowledge_archive *archive, xz_str type,
                                          const struct xz_json *line);
size_t knowledge_archive_count(const struct knowledge_archive *archive);
/* Imports all of them; outcome, entries and clauses go to `result`. `complete`: none was refused.
 */
XZ_MUST_USE xz_err knowledge_archive_import(struct knowledge_archive *archive,
                                            const struct knowledge_import_file *file,
                                            struct xz_import_result *result, bool *complete);
xz_str knowledge_archive_report(const struct knowledge_archive *archive); /* a line a file */

/* --- knowledge_tree.c --- */
bool knowledge_passed_over(const char *name); /* a file about a folder, not knowledge in it */
int knowledge_site_rank(xz_str path);         /* smaller ones are imported first */

/* --- knowledge_store.c: rows --- */
XZ_MUST_USE xz_err knowledge_entry_load(struct xz_tx *tx, struct xz_arena *arena, int64_t id,
                                        struct xz_entry *entry);
XZ_MUST_USE xz_err knowledge_entry_by_source(struct xz_tx *tx, struct xz_arena *arena,
                                             xz_str source, struct xz_entry *entry);
XZ_MUST_USE xz_err knowledge_entry_insert(struct xz_tx *tx, const struct xz_entry *entry);
/* XZ_E_STATE when the revision is no longer `entry->revision - 1`. */
XZ_MUST_USE xz_err knowledge_entry_update(struct xz_tx *tx, const struct xz_entry *entry);
XZ_MUST_USE xz_err knowledge_entry_supersede(struct xz_tx *tx, int64_t id, int64_t by, xz_date on,
                                             int64_t change);
XZ_MUST_USE xz_err knowledge_entry_withdraw(struct xz_tx *tx, int64_t id, int64_t change);
/* Entries whose family, number, replaces… match; `which` is a row of the statement table. */
enum knowledge_list {
    LIST_FAMILY,
    LIST_NUMBER,
    LIST_TITLE_KEY,
    LIST_REPLACES,
    LIST_CODE,
    LIST_SOURCE_PREFIX,
    LIST_PARTS
};
XZ_MUST_USE xz_err knowledge_entry_list(struct xz_tx *tx, struct xz_arena *arena,
                                        enum knowledge_list which, int64_t number, xz_str text,
                                        struct xz_entry **entries, size_t *count);
XZ_MUST_USE xz_err knowledge_answer_list(struct xz_tx *tx, struct xz_arena *arena, size_t max,
                                         struct xz_entry **entries, size_t *count);
/* What an entry replaces, by number and by title key; those who replace a name: LIST_REPLACES. */
XZ_MUST_USE xz_err knowledge_replaces_put(struct xz_tx *tx, int64_t entry, const xz_str *names,
                                          size_t count);
/* Ids of entries whose change number is above `after`, ascending by id from `from_id`. */
XZ_MUST_USE xz_err knowledge_changed_ids(struct xz_tx *tx, struct xz_arena *arena, int64_t after,
                                         int64_t from_id, size_t ids_max, int64_t **ids,
                                         size_t *count);
XZ_MUST_USE xz_err knowledge_clause_insert(struct xz_tx *tx, const struct xz_clause *clause);
XZ_MUST_USE xz_err knowledge_clause_retire(struct xz_tx *tx, int64_t id, int64_t version);
/* The same wording at another place: ordinal, page, box, confidence. */
XZ_MUST_USE xz_err knowledge_clause_move(struct xz_tx *tx, const struct xz_clause *clause);
XZ_MUST_USE xz_err knowledge_variants_replace(struct xz_tx *tx, struct xz_arena *arena,
                                              int64_t entry, const struct xz_draft *draft);
struct knowledge_variant {
    int64_t id;
    xz_str question;
};
XZ_MUST_USE xz_err knowledge_variants_load(struct xz_tx *tx, struct xz_arena *arena, int64_t entry,
                                           bool counters, struct knowledge_variant **variants,
                                           size_t *count);
struct knowledge_import_row {
    xz_str source, content_hash, outcome, reason;
    int64_t entries, clauses, at_ms;
};
XZ_MUST_USE xz_err knowledge_import_get(struct xz_tx *tx, struct xz_arena *arena, xz_str source,
                                        struct knowledge_import_row *row); /* XZ_E_MISSING */
/* A stored file of another name with the same content. XZ_E_MISSING when there is none. */
XZ_MUST_USE xz_err knowledge_import_by_hash(struct xz_tx *tx, struct xz_arena *arena, xz_str hash,
                                            xz_str not_source, struct knowledge_import_row *row);
XZ_MUST_USE xz_err knowledge_import_put(struct xz_tx *tx, const struct knowledge_import_row *row);
XZ_MUST_USE xz_err knowledge_region_put(struct xz_tx *tx, const struct xz_region *region);
XZ_MUST_USE xz_err knowledge_department_put(struct xz_tx *tx, const struct xz_department *dept);
XZ_MUST_USE xz_err knowledge_site_put(struct xz_tx *tx, xz_str name, xz_str value);
XZ_MUST_USE xz_err knowledge_site_rows(struct xz_tx *tx, struct xz_arena *arena,
                                       struct xz_site *site);
/* `applied`: the change up to which the index holds all rows. */
XZ_MUST_USE xz_err knowledge_count_rows(struct xz_tx *tx, int64_t applied,
                                        struct xz_knowledge_counts *counts);
XZ_MUST_USE xz_err knowledge_word_put(struct xz_tx *tx, xz_str word);
XZ_MUST_USE xz_err knowledge_word_list(struct xz_tx *tx, struct xz_arena *arena, xz_str **words,
                                       size_t *count);
XZ_MUST_USE xz_err knowledge_clause_problems(struct xz_tx *tx, struct xz_arena *arena,
                                             xz_str **problems, size_t *count);

/* Room for one more of `bytes` each: doubles at every power of two. */
void *knowledge_grow(struct xz_arena *arena, void *items, size_t count, size_t bytes);

/* --- knowledge_halls_store.c: rows of halls, notices, withdrawals --- */
XZ_MUST_USE xz_err knowledge_hall_put(struct xz_tx *tx, xz_str source, const struct xz_hall *hall);
/* Halls of a file that this change did not put: they are no longer in it. */
XZ_MUST_USE xz_err knowledge_halls_drop_gone(struct xz_tx *tx, xz_str source);
bool knowledge_hall_known(struct xz_tx *tx, xz_str code);
XZ_MUST_USE xz_err knowledge_halls_load(struct xz_tx *tx, struct xz_arena *arena,
                                        struct xz_hall **halls, size_t *count);
XZ_MUST_USE xz_err knowledge_hall_load(struct xz_tx *tx, struct xz_arena *arena, int64_t id,
                                       struct xz_hall *hall);
struct knowledge_place_row {
    xz_str hall_code;
    struct xz_place place;
    xz_str *codes; /* of service items */
    size_t code_count;
    int64_t row; /* in its table, for notes */
};
XZ_MUST_USE xz_err knowledge_places_drop(struct xz_tx *tx, xz_str source);
XZ_MUST_USE xz_err knowledge_place_insert(struct xz_tx *tx, xz_str source, int64_t ordinal,
                                          const struct knowledge_place_row *row);
XZ_MUST_USE xz_err knowledge_places_load(struct xz_tx *tx, struct xz_arena *arena, xz_str hall_code,
                                         struct xz_place **places, size_t *count);
struct knowledge_place_item {
    int64_t place;
    xz_str code;
};
/* In the order of the places. */
XZ_MUST_USE xz_err knowledge_place_items(struct xz_tx *tx, struct xz_arena *arena, xz_str hall_code,
                                         struct knowledge_place_item **items, size_t *count);
XZ_MUST_USE xz_err knowledge_windows_load(struct xz_tx *tx, struct xz_arena *arena, xz_str code,
                                          struct xz_window **windows, size_t *count);
XZ_MUST_USE xz_err knowledge_notice_put(struct xz_tx *tx, int64_t entry,
                                        const struct xz_draft *draft);
XZ_MUST_USE xz_err knowledge_notices_load(struct xz_tx *tx, struct xz_arena *arena, int64_t now_ms,
                                          struct xz_notice **notices, size_t *count);
XZ_MUST_USE xz_err knowledge_notice_load(struct xz_tx *tx, struct xz_arena *arena, int64_t entry,
                                         struct xz_notice *notice);
XZ_MUST_USE xz_err knowledge_withdrawn_put(struct xz_tx *tx, int64_t entry, xz_str reason);
XZ_MUST_USE xz_err knowledge_withdrawn_drop(struct xz_tx *tx, int64_t entry);
XZ_MUST_USE xz_err knowledge_withdrawn_has(struct xz_tx *tx, int64_t entry, bool *withdrawn);
XZ_MUST_USE xz_err knowledge_entry_publish(struct xz_tx *tx, int64_t entry, int64_t change);

/* --- knowledge_table.c: rows of the site (its values, regions, departments, halls, places), kept
 * until the file is whole and stored in its last change --- */
struct knowledge_table;
struct knowledge_table *knowledge_table_create(void);
void knowledge_table_destroy(struct knowledge_table *table); /* NULL is fine */
/* One line of the parser. A row that says nonsense is left out with a note. */
XZ_MUST_USE xz_err knowledge_table_take(struct knowledge_table *table, const struct xz_site *site,
                                        const struct xz_json *line, struct xz_buf *notes);
size_t knowledge_table_count(const struct knowledge_table *table);
XZ_MUST_USE xz_err knowledge_table_save(struct xz_tx *tx, struct knowledge_table *table,
                                        xz_str source, struct xz_buf *notes);

/* --- knowledge_save.c: one draft becomes rows, inside a change --- */
struct knowledge_touched {
    int64_t *ids;
    size_t count, room;
    struct xz_arena *arena;
};
void knowledge_touch(struct knowledge_touched *touched, int64_t id);
/* Stores or updates the entry of `draft->entry.source`. *changed: false when nothing differed. */
XZ_MUST_USE xz_err knowledge_draft_save(struct xz_tx *tx, struct xz_arena *arena,
                                        const struct xz_draft *draft,
                                        struct knowledge_touched *touched, bool *changed);

/* --- knowledge_rules.c: decisions without I/O or clock --- */
xz_str knowledge_title_key(struct xz_arena *arena, xz_str title);
xz_str knowledge_title_short(xz_str title); /* without 中华人民共和国 at the front */
/* The names in a field 替代: 《甲》《乙》 or 甲；乙, each as number and as title key: two texts a
 * name. */
size_t knowledge_replaces_split(struct xz_arena *arena, xz_str replaces, xz_str **names);
xz_date knowledge_day_before(xz_date date);
struct xz_search_attr knowledge_attr(const struct xz_entry *entry);
/* Of two versions of one law: which is the later one. <0, 0, >0. */
int knowledge_version_compare(const struct xz_entry *a, const struct xz_entry *b);

/* --- knowledge_index.c --- */
void knowledge_pending_add(struct xz_knowledge *k, int64_t change); /* in the writer */
void knowledge_pending_done(struct xz_knowledge *k, int64_t change);
XZ_MUST_USE xz_err knowledge_index_entry(struct xz_knowledge *k, int64_t entry);
XZ_MUST_USE xz_err knowledge_replay(struct xz_knowledge *k, int64_t after);

/* --- knowledge_site.c --- */
/* How far above `at` the region `of` lies: 0 at or below it, 1, 2, … above it, -1 elsewhere. */
int knowledge_region_distance(const struct xz_site *site, int64_t of, int64_t at);
xz_str knowledge_region_name(const struct xz_site *site, int64_t code); /* 0: 全国 */
XZ_MUST_USE xz_err knowledge_site_load(struct xz_knowledge *k);
void knowledge_site_destroy_all(struct xz_knowledge *k);
/* The region an import means: by name, else by what its title, issuer, history and folder say;
 * 0 national, -1: it is named and not known. */
struct knowledge_place_hints {
    xz_str named, title, issuer, history, source;
};
int64_t knowledge_region_of(const struct xz_site *site, const struct knowledge_place_hints *hints);

#endif
