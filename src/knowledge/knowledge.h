/* Reviewed knowledge: laws, policy documents, service guides and reviewed answers, as entries made
 * of clauses. A clause id denotes one wording for ever: an unchanged clause keeps its id when its
 * file is imported again, a changed one is retired (kept for answers that quoted it) and gets a new
 * id.
 *
 * Two-person review will stand between `draft` and `published`; until then an import publishes. */
#ifndef XZ_KNOWLEDGE_KNOWLEDGE_H
#define XZ_KNOWLEDGE_KNOWLEDGE_H

#include "auth/actor.h"
#include "search/search.h"
#include "store/store.h"

typedef struct xz_entry_id {
    int64_t v;
} xz_entry_id;
typedef struct xz_clause_id {
    int64_t v;
} xz_clause_id;

enum xz_entry_kind {
    XZ_ENTRY_LAW = 1,    /* law, regulation, rule, judicial interpretation */
    XZ_ENTRY_POLICY,     /* policy document */
    XZ_ENTRY_GUIDE,      /* service guide of one service item */
    XZ_ENTRY_ANSWER,     /* reviewed answer with its question variants */
    XZ_ENTRY_NOTICE = 6, /* what is going on now, for some hours or days; never in the index */
    XZ_ENTRY_KIND_COUNT
};
/* In the index only: the questions of a reviewed answer, one passage each. */
#define XZ_INDEX_KIND_QUESTION 5
#define XZ_KIND_MASK_CLAUSES                                                                       \
    ((1u << XZ_ENTRY_LAW) | (1u << XZ_ENTRY_POLICY) | (1u << XZ_ENTRY_GUIDE))
#define XZ_KIND_MASK_ALL (XZ_KIND_MASK_CLAUSES | (1u << XZ_ENTRY_ANSWER))

enum xz_entry_status { XZ_STATUS_DRAFT = 0, XZ_STATUS_PUBLISHED, XZ_STATUS_WITHDRAWN };
enum xz_visibility { XZ_VISIBLE_PUBLIC = 0, XZ_VISIBLE_INTERNAL, XZ_VISIBLE_DEPARTMENT };

bool xz_entry_kind_valid(int64_t kind);
const char *xz_entry_kind_name(enum xz_entry_kind kind); /* "law", "policy", "guide", "answer" */
bool xz_entry_kind_parse(xz_str name, enum xz_entry_kind *kind); /* also the Chinese names */

/* Where an entry stands on a day. */
enum xz_validity { XZ_VALID_CURRENT, XZ_VALID_NOT_YET, XZ_VALID_EXPIRED, XZ_VALID_SUPERSEDED };
const char *xz_validity_name(enum xz_validity validity); /* "current", "not_yet", ... */

struct xz_entry {
    xz_entry_id id;
    enum xz_entry_kind kind;
    enum xz_entry_status status;
    enum xz_visibility visibility;
    int64_t version, revision;
    xz_str source, content_hash; /* where it was imported from; sha256 of what was read */
    xz_str title, title_key; /* the key: normalised, without 中华人民共和国, dates, 试行 */
    xz_str number;           /* 文号 */
    xz_str code;             /* service item code */
    xz_str aliases;          /* everyday names, separated by 、 */
    xz_str issuer, department, topic;
    xz_str basis;    /* reviewed answer: what it rests on, separated by ； */
    xz_str related;  /* reviewed answer: service item code */
    xz_str replaces; /* title or number of what this one supersedes */
    int64_t region;  /* division code, 0 national */
    xz_date issued_on, effective_on, expires_on;
    xz_entry_id superseded_by;
    xz_date superseded_on; /* the first day on which it is no longer in force */
    int64_t family, clause_count, change_number;
};

struct xz_clause {
    xz_clause_id id;
    xz_entry_id entry;
    int64_t ordinal, since_version, retired_version; /* retired 0: current */
    xz_str label, path, body;                        /* "第三条", "第一章 总则", the text */
    int64_t page;       /* of its file, where that has pages, from 1; 0: none */
    int64_t box[4];     /* left, top, right, bottom there in 1/10000 of the page; all 0: unknown */
    int64_t confidence; /* of text recognised in a picture, 1 .. 100; 0: not recognised */
};

struct xz_region {
    int64_t code, parent;
    xz_str name, level;
};
struct xz_department {
    int64_t id, region;
    xz_str code, name, short_name, phone, address, hours, duties;
};

/* What an import file was read as, before it is stored. */
struct xz_draft {
    struct xz_entry entry;     /* id, version, family… are filled in by the store */
    xz_str region_name;        /* as written; resolved to entry.region when it is stored */
    struct xz_clause *clauses; /* label, path, body */
    size_t clause_count;
    xz_str *variants; /* question variants; the title is the first */
    size_t variant_count;
    xz_str *counters; /* questions that look near and that it does not answer */
    size_t counter_count;
    struct {
        int64_t level, issued_ms, expires_ms;
        xz_str phone;
    } notice; /* of a notice only: see halls.h */
};

struct xz_knowledge;

struct xz_knowledge_options {
    struct xz_store *store;
    const struct xz_clock *clock;
    const char *index_folder;    /* NULL: in memory */
    const char *resource_folder; /* words.bin, synonyms.tsv, regions.tsv; NULL: none */
    int64_t site_region;         /* 0: what the imported site data say */
};

/* Opens the index beside the store and replays what it lacks. XZ_E_IO. */
XZ_MUST_USE xz_err xz_knowledge_open(const struct xz_knowledge_options *options,
                                     struct xz_knowledge **knowledge);
void xz_knowledge_close(struct xz_knowledge *knowledge);
struct xz_search_index *xz_knowledge_index(struct xz_knowledge *knowledge);
struct xz_store *xz_knowledge_store(struct xz_knowledge *knowledge);
const struct xz_lexicon *xz_knowledge_lexicon(struct xz_knowledge *knowledge);
const struct xz_synonyms *xz_knowledge_synonyms(struct xz_knowledge *knowledge);

extern const struct xz_migration xz_knowledge_migrations[];
extern const size_t xz_knowledge_migration_count;
struct xz_route_table; /* net/http.h */
extern const struct xz_route_table xz_knowledge_route_table;
extern const struct xz_sql xz_knowledge_sql[];
extern const size_t xz_knowledge_sql_count;
extern const struct xz_sql xz_knowledge_clause_sql[];
extern const size_t xz_knowledge_clause_sql_count;

/* --- reading, within a snapshot; what the actor may not see is XZ_E_MISSING --- */
XZ_MUST_USE xz_err xz_entry_get(struct xz_tx *tx, struct xz_arena *arena,
                                const struct xz_actor *actor, xz_entry_id id,
                                struct xz_entry *entry);
XZ_MUST_USE xz_err xz_entry_find_code(struct xz_tx *tx, struct xz_arena *arena,
                                      const struct xz_actor *actor, xz_str code,
                                      struct xz_entry *entry);
/* By title key or document number; the version in force on `on` is preferred. */
XZ_MUST_USE xz_err xz_entry_find_title(struct xz_tx *tx, struct xz_arena *arena,
                                       const struct xz_actor *actor, xz_str title, xz_date on,
                                       struct xz_entry *entry);
/* The article of a law that is called by name, 民法典第一千零四十二条: looked for in the entry of
 * that title, or in the parts that carry the title as an alias (a code in several files). */
struct xz_article_ref {
    xz_str law;
    int64_t number, sub; /* 第一百二十条之一: 120, 1 */
    xz_date on;
};
XZ_MUST_USE xz_err xz_clause_find_article(struct xz_tx *tx, struct xz_arena *arena,
                                          const struct xz_actor *actor,
                                          const struct xz_article_ref *ref, struct xz_entry *entry,
                                          struct xz_clause *clause);
/* All versions of one law, newest first. */
XZ_MUST_USE xz_err xz_entry_versions(struct xz_tx *tx, struct xz_arena *arena,
                                     const struct xz_actor *actor, const struct xz_entry *entry,
                                     struct xz_entry **versions, size_t *count);
XZ_MUST_USE xz_err xz_clause_get(struct xz_tx *tx, struct xz_arena *arena, xz_clause_id id,
                                 struct xz_clause *clause);
/* Current clauses of an entry in order, from ordinal `from`, at most `clauses_max`. */
XZ_MUST_USE xz_err xz_clause_list(struct xz_tx *tx, struct xz_arena *arena, xz_entry_id entry,
                                  int64_t from, size_t clauses_max, struct xz_clause **clauses,
                                  size_t *count);
XZ_MUST_USE xz_err xz_variant_get(struct xz_tx *tx, struct xz_arena *arena, int64_t id,
                                  xz_entry_id *entry, xz_str *question);
/* What is left of a question when only letters, digits and Han characters count. */
xz_str xz_question_key(struct xz_arena *arena, xz_str question);
/* Reviewed answers that have this very question among theirs, whatever their state or region. */
XZ_MUST_USE xz_err xz_variant_find(struct xz_tx *tx, struct xz_arena *arena, xz_str question,
                                   xz_entry_id *entries, size_t entries_max, size_t *count);
/* All questions of one reviewed answer, the title first. */
XZ_MUST_USE xz_err xz_variant_list(struct xz_tx *tx, struct xz_arena *arena, xz_entry_id entry,
                                   xz_str **questions, size_t *count);
/* Its counter-examples: questions that look near and that it does not answer. */
XZ_MUST_USE xz_err xz_counter_list(struct xz_tx *tx, struct xz_arena *arena, xz_entry_id entry,
                                   xz_str **questions, size_t *count);
/* Every question of every answer, counter-examples too, by id; ids only grow. For what is made of
 * each question once: its vector. */
struct xz_question {
    int64_t id, hash;
    xz_str text;
    xz_entry_id entry;
};
XZ_MUST_USE xz_err xz_questions_after(struct xz_tx *tx, struct xz_arena *arena, int64_t after,
                                      struct xz_question *questions, size_t questions_max,
                                      size_t *count);
/* The hash of a question as above, and the entries that have a question of that hash. */
int64_t xz_question_hash(struct xz_arena *arena, xz_str question);
XZ_MUST_USE xz_err xz_question_entries(struct xz_tx *tx, int64_t hash, xz_entry_id *entries,
                                       size_t entries_max, size_t *count);
/* Reviewed answers that `actor` may see, oldest first, at most `max` looked at. */
XZ_MUST_USE xz_err xz_answer_list(struct xz_tx *tx, struct xz_arena *arena,
                                  const struct xz_actor *actor, size_t max,
                                  struct xz_entry **entries, size_t *count);
/* Where the entry stands on day `on` (superseded before expired). */
enum xz_validity xz_entry_validity(const struct xz_entry *entry, xz_date on);
bool xz_entry_in_force(const struct xz_entry *entry, xz_date on);

/* --- site, regions, departments: an immutable snapshot, replaced when they are imported --- */
struct xz_site {
    xz_str name, platform, hotline, hotline_hours, notice;
    /* What the page says of itself; empty where the site has not said. */
    xz_str model_name, model_filing, algorithm_filing, operator, icp;
    xz_str complaint_url, complaint_phone, privacy_contact;
    int64_t record_days;    /* how long questions are kept; 0: not said */
    int64_t complaint_days; /* a complaint is answered within so many days */
    int64_t region;
    struct xz_region *regions; /* ours first, then the national list of provinces and cities */
    size_t region_count, own_region_count;
    struct xz_department *departments;
    size_t department_count;
    uint64_t generation; /* grows with every replacement */
};
/* Borrowed for the life of `knowledge`; old snapshots are kept until close (they are small, and
 * change only with an import of site data). */
const struct xz_site *xz_knowledge_site(struct xz_knowledge *knowledge);
const struct xz_region *xz_region_find(const struct xz_site *site, int64_t code);
/* The region chain that applies to someone at `code`: national, province, city, district, street.
 * Returns how many (at most XZ_SEARCH_REGIONS_MAX). */
size_t xz_region_chain(const struct xz_site *site, int64_t code, uint32_t *chain);
/* Regions named in the text, longest names first. Own districts, then any province or city. */
struct xz_region_mention {
    const struct xz_region *region;
    size_t start, len;
};
size_t xz_region_mentions(const struct xz_site *site, xz_str text, struct xz_region_mention *found,
                          size_t found_max);
const struct xz_department *xz_department_find(const struct xz_site *site, xz_str name);

/* --- import --- */
struct xz_import_result;
struct xz_import_options {
    struct xz_knowledge *knowledge;
    struct xz_actor actor;
    const char *parser_path; /* the xz-parse program */
    int64_t file_bytes_max, file_timeout_ms, memory_bytes_max;
    const char *work_folder; /* for the files of an archive; NULL: $TMPDIR or /tmp */
    const char *columns; /* what columns of tables mean, 问题=标准问,…; NULL: by known names */
    int64_t tool_timeout_ms, pages_max, scanned_pages_max; /* of outside tools; 0: the defaults */
    size_t parallel; /* files taken apart at once; 0: number of cores */
    /* What xz_import_tree does with each file instead of xz_import_file: the command line hands it
     * to a running server. Several threads; the rest of the options is then not looked at. */
    xz_err (*file_import)(void *arg, struct xz_arena *arena, xz_str source, const char *path,
                          struct xz_import_result *result);
    void *file_import_arg;
};
enum xz_import_outcome {
    XZ_IMPORT_STORED,
    XZ_IMPORT_UNCHANGED,
    XZ_IMPORT_DUPLICATE,
    XZ_IMPORT_REFUSED
};
struct xz_import_result {
    xz_str source;
    enum xz_import_outcome outcome;
    xz_str reason; /* Chinese; refused: why and what to do; duplicate: of what */
    int64_t entries, clauses;
};
const char *xz_import_outcome_name(enum xz_import_outcome outcome);

/* Imports one file; `source` is its lasting name (path below the imported folder). Searchable and
 * durable when it returns XZ_OK; a refused file is XZ_OK with outcome REFUSED, recorded. The result
 * lives in `arena`. Any thread. */
XZ_MUST_USE xz_err xz_import_file(const struct xz_import_options *options, struct xz_arena *arena,
                                  xz_str source, const char *path, struct xz_import_result *result);

struct xz_import_progress {
    int64_t total, done, stored, unchanged, duplicate, refused, entries, clauses;
};
/* Walks files and folders (hidden ones, *.git and _index.md without text are passed over) and
 * imports all, several at once. Resuming is running it again: files whose content is stored are
 * passed over. `on_file` is called from one thread at a time, after each file. `stop` may be set to
 * end early (XZ_E_STATE). */
XZ_MUST_USE xz_err xz_import_tree(const struct xz_import_options *options, const char *const *paths,
                                  size_t path_count,
                                  void (*on_file)(const struct xz_import_result *result,
                                                  const struct xz_import_progress *progress,
                                                  void *arg),
                                  void *arg, const _Atomic bool *stop,
                                  struct xz_import_progress *progress);

struct xz_knowledge_counts {
    int64_t entries, clauses, laws, policies, guides, answers, notices, variants, regions,
        departments, refused_files;
    int64_t expired;   /* published, and their last day is over */
    int64_t unindexed; /* changed later than what the index holds */
};
XZ_MUST_USE xz_err xz_knowledge_count(struct xz_knowledge *knowledge,
                                      struct xz_knowledge_counts *counts);
/* Compares rows with the index, and rows with each other. Each problem is one call. */
XZ_MUST_USE xz_err xz_knowledge_verify(struct xz_knowledge *knowledge,
                                       void (*problem)(xz_str what, void *arg), void *arg);
/* Throws the index away and builds it again from rows. */
XZ_MUST_USE xz_err xz_knowledge_reindex(struct xz_knowledge *knowledge);

/* Words that must be kept whole, effective at once: passages that hold them are indexed again. */
XZ_MUST_USE xz_err xz_knowledge_word_add(struct xz_knowledge *knowledge,
                                         const struct xz_actor *actor, xz_str word);

#endif
