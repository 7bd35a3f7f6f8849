/* The rows of knowledge: entries, question variants, regions, departments, imports. Clauses are in
 * knowledge_clause_store.c, halls and notices in knowledge_halls_store.c. */
#include "knowledge/knowledge_internal.h"
#include "knowledge/knowledge_schema.h"

enum {
    ENTRY_BY_ID,
    ENTRY_BY_SOURCE,
    ENTRY_FAMILY,
    ENTRY_NUMBER,
    ENTRY_TITLE_KEY,
    ENTRY_REPLACES,
    ENTRY_CODE,
    ENTRY_SOURCE_PREFIX,
    ENTRY_INSERT,
    ENTRY_UPDATE,
    ENTRY_SUPERSEDE,
    ENTRY_WITHDRAW,
    ENTRY_CHANGED,
    VARIANT_BY_ID,
    VARIANT_BY_HASH,
    VARIANT_LIST,
    VARIANT_DROP,
    VARIANT_INSERT,
    VARIANT_AFTER,
    VARIANT_ENTRIES,
    IMPORT_GET,
    IMPORT_BY_HASH,
    IMPORT_PUT,
    REGION_PUT,
    REGION_LIST,
    DEPARTMENT_FIND,
    DEPARTMENT_INSERT,
    DEPARTMENT_UPDATE,
    DEPARTMENT_LIST,
    SITE_PUT,
    SITE_LIST,
    COUNT_ENTRIES,
    COUNT_REST,
    WORD_PUT,
    WORD_LIST,
    ANSWER_LIST,
    REPLACES_DROP,
    REPLACES_INSERT,
    ENTRY_PARTS,
};

#define ENTRY_COLUMNS                                                                              \
    "id, kind, status, visibility, version, revision, source, content_hash, title, title_key, "    \
    "number, code, aliases, issuer, department, topic, basis, related, replaces, region, "         \
    "issued_on, effective_on, expires_on, superseded_by, superseded_on, family, clause_count, "    \
    "change_number"

/* clang-format off */
const struct xz_sql xz_knowledge_sql[] = {
    [ENTRY_BY_ID] = { "knowledge.entry_by_id",
        "SELECT " ENTRY_COLUMNS " FROM knowledge_entry WHERE id = $1" },
    [ENTRY_BY_SOURCE] = { "knowledge.entry_by_source",
        "SELECT " ENTRY_COLUMNS " FROM knowledge_entry WHERE source = $1" },
    [ENTRY_FAMILY] = { "knowledge.entry_family",
        "SELECT " ENTRY_COLUMNS " FROM knowledge_entry WHERE family = $1 ORDER BY id" },
    [ENTRY_NUMBER] = { "knowledge.entry_number",
        "SELECT " ENTRY_COLUMNS " FROM knowledge_entry WHERE number = $1 ORDER BY id LIMIT 200" },
    [ENTRY_TITLE_KEY] = { "knowledge.entry_title_key",
        "SELECT " ENTRY_COLUMNS " FROM knowledge_entry WHERE title_key = $1 ORDER BY id LIMIT 200" },
    [ENTRY_REPLACES] = { "knowledge.entry_replaces",
        "SELECT " ENTRY_COLUMNS " FROM knowledge_entry WHERE id IN (SELECT entry FROM entry_replaces"
        " WHERE name = $1) ORDER BY id LIMIT 200" },
    [ENTRY_CODE] = { "knowledge.entry_code",
        "SELECT " ENTRY_COLUMNS " FROM knowledge_entry WHERE code = $1 ORDER BY id LIMIT 200" },
    [ENTRY_SOURCE_PREFIX] = { "knowledge.entry_source_prefix",
        "SELECT " ENTRY_COLUMNS " FROM knowledge_entry WHERE source >= $1 AND source < $2"
        " ORDER BY source" },
    [ENTRY_INSERT] = { "knowledge.entry_insert",
        "INSERT INTO knowledge_entry (" ENTRY_COLUMNS ", created_ms, updated_ms) VALUES ($1, $2, $3,"
        " $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,"
        " $23, $24, $25, $26, $27, $28, $29, $29)" },
    [ENTRY_UPDATE] = { "knowledge.entry_update",
        "UPDATE knowledge_entry SET kind = $2, status = $3, visibility = $4, version = $5,"
        " revision = $6, source = $7, content_hash = $8, title = $9, title_key = $10, number = $11,"
        " code = $12, aliases = $13, issuer = $14, department = $15, topic = $16, basis = $17,"
        " related = $18, replaces = $19, region = $20, issued_on = $21, effective_on = $22,"
        " expires_on = $23, superseded_by = $24, superseded_on = $25, family = $26,"
        " clause_count = $27, change_number = $28, updated_ms = $29"
        " WHERE id = $1 AND revision = $6 - 1" },
    [ENTRY_SUPERSEDE] = { "knowledge.entry_supersede",
        "UPDATE knowledge_entry SET superseded_by = $2, superseded_on = $3, change_number = $4,"
        " revision = revision + 1, updated_ms = $5 WHERE id = $1" },
    [ENTRY_WITHDRAW] = { "knowledge.entry_withdraw",
        "UPDATE knowledge_entry SET status = 2, change_number = $2, revision = revision + 1,"
        " updated_ms = $3 WHERE id = $1" },
    [ENTRY_CHANGED] = { "knowledge.entry_changed",
        "SELECT id FROM knowledge_entry WHERE change_number > $1 AND id > $2 ORDER BY id LIMIT $3" },
    [VARIANT_BY_ID] = { "knowledge.variant_by_id",
        "SELECT entry, question FROM question_variant WHERE id = $1" },
    [VARIANT_BY_HASH] = { "knowledge.variant_by_hash",
        "SELECT entry, question FROM question_variant WHERE question_hash = $1 AND counter = 0"
        " ORDER BY entry LIMIT 64" },
    [VARIANT_LIST] = { "knowledge.variant_list",
        "SELECT id, question FROM question_variant WHERE entry = $1 AND counter = $2"
        " ORDER BY ordinal" },
    [VARIANT_DROP] = { "knowledge.variant_drop", "DELETE FROM question_variant WHERE entry = $1" },
    [VARIANT_INSERT] = { "knowledge.variant_insert",
        "INSERT INTO question_variant (id, entry, ordinal, question, question_hash, counter)"
        " VALUES ($1, $2, $3, $4, $5, $6)" },
    [VARIANT_AFTER] = { "knowledge.variant_after",
        "SELECT id, question, question_hash, entry FROM question_variant WHERE id > $1"
        " ORDER BY id LIMIT $2" },
    [VARIANT_ENTRIES] = { "knowledge.variant_entries",
        "SELECT DISTINCT entry FROM question_variant WHERE question_hash = $1 AND counter = 0"
        " ORDER BY entry LIMIT $2" },
    [IMPORT_GET] = { "knowledge.import_get",
        "SELECT source, content_hash, outcome, reason, entries, clauses, at_ms FROM import_file"
        " WHERE source = $1" },
    [IMPORT_BY_HASH] = { "knowledge.import_by_hash",
        "SELECT source, content_hash, outcome, reason, entries, clauses, at_ms FROM import_file"
        " WHERE content_hash = $1 AND source <> $2 AND outcome = 'stored' ORDER BY source LIMIT 1" },
    [IMPORT_PUT] = { "knowledge.import_put",
        "INSERT INTO import_file (source, content_hash, outcome, reason, entries, clauses, at_ms)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (source) DO UPDATE SET"
        " content_hash = $2, outcome = $3, reason = $4, entries = $5, clauses = $6, at_ms = $7" },
    [REGION_PUT] = { "knowledge.region_put",
        "INSERT INTO region (code, name, parent, level) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (code) DO UPDATE SET name = $2, parent = $3, level = $4" },
    [REGION_LIST] = { "knowledge.region_list",
        "SELECT code, name, parent, level FROM region ORDER BY code" },
    [DEPARTMENT_FIND] = { "knowledge.department_find", "SELECT id FROM department WHERE code = $1" },
    [DEPARTMENT_INSERT] = { "knowledge.department_insert",
        "INSERT INTO department (id, code, name, short_name, region, phone, address, hours, duties)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)" },
    [DEPARTMENT_UPDATE] = { "knowledge.department_update",
        "UPDATE department SET name = $2, short_name = $3, region = $4, phone = $5, address = $6,"
        " hours = $7, duties = $8 WHERE id = $1" },
    [DEPARTMENT_LIST] = { "knowledge.department_list",
        "SELECT id, region, code, name, short_name, phone, address, hours, duties FROM department"
        " ORDER BY code" },
    [SITE_PUT] = { "knowledge.site_put",
        "INSERT INTO site_value (name, value) VALUES ($1, $2)"
        " ON CONFLICT (name) DO UPDATE SET value = $2" },
    [SITE_LIST] = { "knowledge.site_list", "SELECT name, value FROM site_value ORDER BY name" },
    [COUNT_ENTRIES] = { "knowledge.count_entries",
        "SELECT kind, COUNT(*), SUM(clause_count) FROM knowledge_entry WHERE status = 1"
        " GROUP BY kind" },
    [COUNT_REST] = { "knowledge.count_rest",
        "SELECT (SELECT COUNT(*) FROM question_variant WHERE counter = 0), (SELECT COUNT(*) FROM region),"
        " (SELECT COUNT(*) FROM department),"
        " (SELECT COUNT(*) FROM import_file WHERE outcome = 'refused'),"
        " (SELECT COUNT(*) FROM knowledge_entry WHERE status = 1 AND expires_on > 0 AND expires_on < $1),"
        " (SELECT COUNT(*) FROM knowledge_entry WHERE change_number > $2)" },
    [WORD_PUT] = { "knowledge.word_put",
        "INSERT INTO user_word (word, added_ms) VALUES ($1, $2) ON CONFLICT (word) DO NOTHING" },
    [ANSWER_LIST] = { "knowledge.answer_list",
        "SELECT " ENTRY_COLUMNS " FROM knowledge_entry WHERE kind = 4 AND status = 1 AND id > $1"
        " ORDER BY id LIMIT $2" },
    [REPLACES_DROP] = { "knowledge.replaces_drop", "DELETE FROM entry_replaces WHERE entry = $1" },
    [REPLACES_INSERT] = { "knowledge.replaces_insert",
        "INSERT INTO entry_replaces (entry, name) VALUES ($1, $2)"
        " ON CONFLICT (entry, name) DO NOTHING" },
    [ENTRY_PARTS] = { "knowledge.entry_parts",
        "SELECT " ENTRY_COLUMNS " FROM knowledge_entry WHERE title_key > $1 AND title_key < $2"
        " AND aliases <> '' ORDER BY id LIMIT 200" },
    [WORD_LIST] = { "knowledge.word_list", "SELECT word FROM user_word ORDER BY word" },
};
/* clang-format on */
const size_t xz_knowledge_sql_count = XZ_COUNT(xz_knowledge_sql);

#define SQL(id)     (&xz_knowledge_sql[id])
#define ENTRY_TYPES "iiiiiisssssssssssssiiiiiiiiii"

static xz_str col(struct xz_arena *arena, const struct xz_rows *rows, int column)
{
    return xz_str_copy(arena, xz_rows_str(rows, column));
}

static void entry_read(const struct xz_rows *rows, struct xz_arena *arena, struct xz_entry *e)
{
    *e = (struct xz_entry){
        .id = { xz_rows_int(rows, 0) },
        .kind = (enum xz_entry_kind)xz_rows_int(rows, 1),
        .status = (enum xz_entry_status)xz_rows_int(rows, 2),
        .visibility = (enum xz_visibility)xz_rows_int(rows, 3),
        .version = xz_rows_int(rows, 4),
        .revision = xz_rows_int(rows, 5),
        .source = col(arena, rows, 6),
        .content_hash = col(arena, rows, 7),
        .title = col(arena, rows, 8),
        .title_key = col(arena, rows, 9),
        .number = col(arena, rows, 10),
        .code = col(arena, rows, 11),
        .aliases = col(arena, rows, 12),
        .issuer = col(arena, rows, 13),
        .department = col(arena, rows, 14),
        .topic = col(arena, rows, 15),
        .basis = col(arena, rows, 16),
        .related = col(arena, rows, 17),
        .replaces = col(arena, rows, 18),
        .region = xz_rows_int(rows, 19),
        .issued_on = (xz_date)xz_rows_int(rows, 20),
        .effective_on = (xz_date)xz_rows_int(rows, 21),
        .expires_on = (xz_date)xz_rows_int(rows, 22),
        .superseded_by = { xz_rows_int(rows, 23) },
        .superseded_on = (xz_date)xz_rows_int(rows, 24),
        .family = xz_rows_int(rows, 25),
        .clause_count = xz_rows_int(rows, 26),
        .change_number = xz_rows_int(rows, 27),
    };
    XZ_ASSERT(xz_entry_kind_valid(e->kind));
}

/* The one row of an opened query, or XZ_E_MISSING with `missing` as the detail. */
static xz_err entry_one(struct xz_rows *rows, struct xz_arena *arena, struct xz_entry *entry)
{
    bool found = xz_rows_next(rows);
    if (found)
        entry_read(rows, arena, entry);
    xz_err err = xz_rows_end(rows);
    if (err == XZ_OK && !found)
        err = xz_fail(XZ_E_MISSING, "没有这条知识，可能已被撤下。");
    return err;
}

xz_err knowledge_entry_load(struct xz_tx *tx, struct xz_arena *arena, int64_t id,
                            struct xz_entry *entry)
{
    struct xz_rows rows;
    xz_err err = xz_sql_open(tx, SQL(ENTRY_BY_ID), &rows, "i", id);
    return err == XZ_OK ? entry_one(&rows, arena, entry) : err;
}

xz_err knowledge_entry_by_source(struct xz_tx *tx, struct xz_arena *arena, xz_str source,
                                 struct xz_entry *entry)
{
    struct xz_rows rows;
    xz_err err = xz_sql_open(tx, SQL(ENTRY_BY_SOURCE), &rows, "s", source);
    return err == XZ_OK ? entry_one(&rows, arena, entry) : err;
}

static xz_err entry_write(struct xz_tx *tx, const struct xz_sql *sql, const struct xz_entry *e)
{
    return xz_sql_run(tx, sql, ENTRY_TYPES, e->id.v, (int64_t)e->kind, (int64_t)e->status,
                      (int64_t)e->visibility, e->version, e->revision, e->source, e->content_hash,
                      e->title, e->title_key, e->number, e->code, e->aliases, e->issuer,
                      e->department, e->topic, e->basis, e->related, e->replaces, e->region,
                      (int64_t)e->issued_on, (int64_t)e->effective_on, (int64_t)e->expires_on,
                      e->superseded_by.v, (int64_t)e->superseded_on, e->family, e->clause_count,
                      e->change_number, xz_tx_now_ms(tx));
}

xz_err knowledge_entry_insert(struct xz_tx *tx, const struct xz_entry *entry)
{
    return entry_write(tx, SQL(ENTRY_INSERT), entry);
}

xz_err knowledge_entry_update(struct xz_tx *tx, const struct xz_entry *entry)
{
    xz_err err = entry_write(tx, SQL(ENTRY_UPDATE), entry);
    if (err == XZ_OK && xz_sql_changes(tx) != 1)
        err = xz_fail(XZ_E_STATE, "这条知识刚被他人修改，请刷新后重试。");
    return err;
}

xz_err knowledge_entry_supersede(struct xz_tx *tx, int64_t id, int64_t by, xz_date on,
                                 int64_t change)
{
    return xz_sql_run(tx, SQL(ENTRY_SUPERSEDE), "iiiii", id, by, (int64_t)on, change,
                      xz_tx_now_ms(tx));
}

xz_err knowledge_entry_withdraw(struct xz_tx *tx, int64_t id, int64_t change)
{
    return xz_sql_run(tx, SQL(ENTRY_WITHDRAW), "iii", id, change, xz_tx_now_ms(tx));
}

xz_err knowledge_replaces_put(struct xz_tx *tx, int64_t entry, const xz_str *names, size_t count)
{
    xz_err err = xz_sql_run(tx, SQL(REPLACES_DROP), "i", entry);
    for (size_t i = 0; i < count && err == XZ_OK; i++)
        if (names[i].len)
            err = xz_sql_run(tx, SQL(REPLACES_INSERT), "is", entry, names[i]);
    return err;
}

xz_err knowledge_entry_list(struct xz_tx *tx, struct xz_arena *arena, enum knowledge_list which,
                            int64_t number, xz_str text, struct xz_entry **entries, size_t *count)
{
    static const int statements[] = {
        [LIST_FAMILY] = ENTRY_FAMILY,       [LIST_NUMBER] = ENTRY_NUMBER,
        [LIST_TITLE_KEY] = ENTRY_TITLE_KEY, [LIST_REPLACES] = ENTRY_REPLACES,
        [LIST_CODE] = ENTRY_CODE,           [LIST_SOURCE_PREFIX] = ENTRY_SOURCE_PREFIX,
        [LIST_PARTS] = ENTRY_PARTS
    };
    const struct xz_sql *sql = SQL(statements[which]);
    struct xz_rows rows;
    size_t room = 0;
    xz_err err;

    *entries = NULL;
    *count = 0;
    if (which == LIST_FAMILY)
        err = xz_sql_open(tx, sql, &rows, "i", number);
    else if (which == LIST_SOURCE_PREFIX || which == LIST_PARTS)
        err = xz_sql_open(tx, sql, &rows, "ss", text,
                          xz_str_format(arena, "%.*s\xf4\x8f\xbf\xbf", XZ_STR_ARG(text)));
    else
        err = xz_sql_open(tx, sql, &rows, "s", text);
    if (err != XZ_OK)
        return err;
    while (xz_rows_next(&rows)) {
        if (*count == room) {
            struct xz_entry *more = XZ_NEW(arena, struct xz_entry, room ? room * 2 : 8);
            if (*count)
                memcpy(more, *entries, *count * sizeof(*more));
            *entries = more;
            room = room ? room * 2 : 8;
        }
        entry_read(&rows, arena, &(*entries)[(*count)++]);
    }
    return xz_rows_end(&rows);
}

xz_err knowledge_answer_list(struct xz_tx *tx, struct xz_arena *arena, size_t max,
                             struct xz_entry **entries, size_t *count)
{
    struct xz_rows rows;
    xz_err err;

    *count = 0;
    *entries = XZ_NEW(arena, struct xz_entry, max);
    if ((err = xz_sql_open(tx, SQL(ANSWER_LIST), &rows, "ii", (int64_t)0, (int64_t)max)) != XZ_OK)
        return err;
    while (xz_rows_next(&rows))
        entry_read(&rows, arena, &(*entries)[(*count)++]);
    return xz_rows_end(&rows);
}

xz_err knowledge_changed_ids(struct xz_tx *tx, struct xz_arena *arena, int64_t after,
                             int64_t from_id, size_t ids_max, int64_t **ids, size_t *count)
{
    struct xz_rows rows;
    xz_err err;

    *count = 0;
    *ids = XZ_NEW(arena, int64_t, ids_max);
    if ((err = xz_sql_open(tx, SQL(ENTRY_CHANGED), &rows, "iii", after, from_id,
                           (int64_t)ids_max)) != XZ_OK)
        return err;
    while (xz_rows_next(&rows))
        (*ids)[(*count)++] = xz_rows_int(&rows, 0);
    return xz_rows_end(&rows);
}

xz_err xz_variant_get(struct xz_tx *tx, struct xz_arena *arena, int64_t id, xz_entry_id *entry,
                      xz_str *question)
{
    struct xz_rows rows;
    xz_err err = xz_sql_open(tx, SQL(VARIANT_BY_ID), &rows, "i", id);
    if (err != XZ_OK)
        return err;
    bool found = xz_rows_next(&rows);
    if (found) {
        entry->v = xz_rows_int(&rows, 0);
        *question = col(arena, &rows, 1);
    }
    err = xz_rows_end(&rows);
    return err == XZ_OK && !found ? xz_fail(XZ_E_MISSING, "没有这一问法。") : err;
}

xz_err knowledge_variants_load(struct xz_tx *tx, struct xz_arena *arena, int64_t entry,
                               bool counters, struct knowledge_variant **variants, size_t *count)
{
    struct xz_rows rows;
    size_t room = 16;
    xz_err err;

    *count = 0;
    *variants = XZ_NEW(arena, struct knowledge_variant, room);
    if ((err = xz_sql_open(tx, SQL(VARIANT_LIST), &rows, "ii", entry, (int64_t)counters)) != XZ_OK)
        return err;
    while (xz_rows_next(&rows)) {
        if (*count == room) {
            struct knowledge_variant *more = XZ_NEW(arena, struct knowledge_variant, room * 2);
            memcpy(more, *variants, room * sizeof(*more));
            *variants = more;
            room *= 2;
        }
        (*variants)[(*count)++] = (struct knowledge_variant){ xz_rows_int(&rows, 0),
                                                              col(arena, &rows, 1) };
    }
    return xz_rows_end(&rows);
}

/* Kept as a signed number: both databases have no other. */
int64_t xz_question_hash(struct xz_arena *arena, xz_str question)
{
    return (int64_t)xz_str_hash(xz_question_key(arena, question));
}

static xz_err variants_insert(struct xz_tx *tx, struct xz_arena *arena, int64_t entry,
                              bool counters, const xz_str *questions, size_t count)
{
    xz_err err = XZ_OK;
    for (size_t i = 0; i < count && err == XZ_OK; i++) {
        int64_t id;
        if ((err = xz_tx_new_id(tx, &id)) == XZ_OK)
            err = xz_sql_run(tx, SQL(VARIANT_INSERT), "iiisii", id, entry, (int64_t)i, questions[i],
                             xz_question_hash(arena, questions[i]), (int64_t)counters);
    }
    return err;
}

xz_err knowledge_variants_replace(struct xz_tx *tx, struct xz_arena *arena, int64_t entry,
                                  const struct xz_draft *draft)
{
    xz_err err = xz_sql_run(tx, SQL(VARIANT_DROP), "i", entry);
    if (err == XZ_OK)
        err = variants_insert(tx, arena, entry, false, draft->variants, draft->variant_count);
    if (err == XZ_OK)
        err = variants_insert(tx, arena, entry, true, draft->counters, draft->counter_count);
    return err;
}

xz_err xz_questions_after(struct xz_tx *tx, struct xz_arena *arena, int64_t after,
                          struct xz_question *questions, size_t questions_max, size_t *count)
{
    struct xz_rows rows;
    xz_err err = xz_sql_open(tx, SQL(VARIANT_AFTER), &rows, "ii", after, (int64_t)questions_max);

    *count = 0;
    if (err != XZ_OK)
        return err;
    while (xz_rows_next(&rows) && *count < questions_max)
        questions[(*count)++] = (struct xz_question){ .id = xz_rows_int(&rows, 0),
                                                      .text = col(arena, &rows, 1),
                                                      .hash = xz_rows_int(&rows, 2),
                                                      .entry = { xz_rows_int(&rows, 3) } };
    return xz_rows_end(&rows);
}

xz_err xz_question_entries(struct xz_tx *tx, int64_t hash, xz_entry_id *entries, size_t entries_max,
                           size_t *count)
{
    struct xz_rows rows;
    xz_err err = xz_sql_open(tx, SQL(VARIANT_ENTRIES), &rows, "ii", hash, (int64_t)entries_max);

    *count = 0;
    if (err != XZ_OK)
        return err;
    while (xz_rows_next(&rows) && *count < entries_max)
        entries[(*count)++].v = xz_rows_int(&rows, 0);
    return xz_rows_end(&rows);
}

xz_err xz_variant_find(struct xz_tx *tx, struct xz_arena *arena, xz_str question,
                       xz_entry_id *entries, size_t entries_max, size_t *count)
{
    xz_str key = xz_question_key(arena, question);
    struct xz_rows rows;
    xz_err err = xz_sql_open(tx, SQL(VARIANT_BY_HASH), &rows, "i", (int64_t)xz_str_hash(key));

    *count = 0;
    if (err != XZ_OK)
        return err;
    while (xz_rows_next(&rows)) {
        int64_t entry = xz_rows_int(&rows, 0);
        bool again = *count && entries[*count - 1].v == entry;
        if (!again && *count < entries_max &&
            xz_str_eq(key, xz_question_key(arena, xz_rows_str(&rows, 1))))
            entries[(*count)++].v = entry;
    }
    return xz_rows_end(&rows);
}

static xz_err import_one(struct xz_rows *rows, struct xz_arena *arena,
                         struct knowledge_import_row *row)
{
    bool found = xz_rows_next(rows);
    if (found)
        *row = (struct knowledge_import_row){ .source = col(arena, rows, 0),
                                              .content_hash = col(arena, rows, 1),
                                              .outcome = col(arena, rows, 2),
                                              .reason = col(arena, rows, 3),
                                              .entries = xz_rows_int(rows, 4),
                                              .clauses = xz_rows_int(rows, 5),
                                              .at_ms = xz_rows_int(rows, 6) };
    xz_err err = xz_rows_end(rows);
    return err == XZ_OK && !found ? XZ_E_MISSING : err;
}

xz_err knowledge_import_get(struct xz_tx *tx, struct xz_arena *arena, xz_str source,
                            struct knowledge_import_row *row)
{
    struct xz_rows rows;
    xz_err err = xz_sql_open(tx, SQL(IMPORT_GET), &rows, "s", source);
    return err == XZ_OK ? import_one(&rows, arena, row) : err;
}

xz_err knowledge_import_by_hash(struct xz_tx *tx, struct xz_arena *arena, xz_str hash,
                                xz_str not_source, struct knowledge_import_row *row)
{
    struct xz_rows rows;
    xz_err err = xz_sql_open(tx, SQL(IMPORT_BY_HASH), &rows, "ss", hash, not_source);
    return err == XZ_OK ? import_one(&rows, arena, row) : err;
}

xz_err knowledge_import_put(struct xz_tx *tx, const struct knowledge_import_row *row)
{
    return xz_sql_run(tx, SQL(IMPORT_PUT), "ssssiii", row->source, row->content_hash, row->outcome,
                      row->reason, row->entries, row->clauses, xz_tx_now_ms(tx));
}

xz_err knowledge_region_put(struct xz_tx *tx, const struct xz_region *region)
{
    return xz_sql_run(tx, SQL(REGION_PUT), "isis", region->code, region->name, region->parent,
                      region->level);
}

xz_err knowledge_department_put(struct xz_tx *tx, const struct xz_department *d)
{
    struct xz_rows rows;
    int64_t id = 0;
    xz_err err;

    if ((err = xz_sql_open(tx, SQL(DEPARTMENT_FIND), &rows, "s", d->code)) != XZ_OK)
        return err;
    if (xz_rows_next(&rows))
        id = xz_rows_int(&rows, 0);
    if ((err = xz_rows_end(&rows)) != XZ_OK)
        return err;
    if (id)
        return xz_sql_run(tx, SQL(DEPARTMENT_UPDATE), "ississss", id, d->name, d->short_name,
                          d->region, d->phone, d->address, d->hours, d->duties);
    if ((err = xz_tx_new_id(tx, &id)) != XZ_OK)
        return err;
    return xz_sql_run(tx, SQL(DEPARTMENT_INSERT), "isssissss", id, d->code, d->name, d->short_name,
                      d->region, d->phone, d->address, d->hours, d->duties);
}

xz_err knowledge_site_put(struct xz_tx *tx, xz_str name, xz_str value)
{
    return xz_sql_run(tx, SQL(SITE_PUT), "ss", name, value);
}

void *knowledge_grow(struct xz_arena *arena, void *items, size_t count, size_t bytes)
{
    /* Doubles at every power of two; what is left behind goes with the arena. */
    if (count && (count & (count - 1)))
        return items;
    char *more = xz_arena_array(arena, count ? count * 2 : 1, bytes);
    if (count)
        memcpy(more, items, count * bytes);
    return more;
}

static void site_value(struct xz_site *site, xz_str name, xz_str value)
{
    const struct {
        const char *name;
        xz_str *to;
    } texts[] = { { "name", &site->name }, { "platform", &site->platform },
                  { "hotline", &site->hotline }, { "hotline_hours", &site->hotline_hours },
                  { "notice", &site->notice }, { "model_name", &site->model_name },
                  { "model_filing", &site->model_filing },
                  { "algorithm_filing", &site->algorithm_filing },
                  {
                      "operator",
                      &site->operator},
                      { "icp", &site->icp },
                      { "complaint_url", &site->complaint_url },
                      { "complaint_phone", &site->complaint_phone },
                      { "privacy_contact", &site->privacy_contact },
    };
    const struct {
        const char *name;
        int64_t *to;
    } days[] = { { "record_days", &site->record_days },
                 { "complaint_days", &site->complaint_days } };
    int64_t number;

    for (size_t i = 0; i < XZ_COUNT(texts); i++)
        if (xz_str_eq(name, xz_str_from(texts[i].name)))
            *texts[i].to = value;
    for (size_t i = 0; i < XZ_COUNT(days); i++)
        if (xz_str_eq(name, xz_str_from(days[i].name)) && xz_str_to_int(value, &number) &&
            number > 0 && number <= KNOWLEDGE_DAYS_MAX)
            *days[i].to = number;
    if (xz_str_eq(name, XZ_STR("region")) && !xz_str_to_int(value, &site->region))
        site->region = 0;
}

static xz_err site_values(struct xz_tx *tx, struct xz_arena *arena, struct xz_site *site)
{
    struct xz_rows rows;
    xz_err err = xz_sql_open(tx, SQL(SITE_LIST), &rows, "");
    if (err != XZ_OK)
        return err;
    while (xz_rows_next(&rows))
        site_value(site, xz_rows_str(&rows, 0), col(arena, &rows, 1));
    return xz_rows_end(&rows);
}

xz_err knowledge_site_rows(struct xz_tx *tx, struct xz_arena *arena, struct xz_site *site)
{
    struct xz_rows rows;
    xz_err err;

    if ((err = site_values(tx, arena, site)) != XZ_OK)
        return err;
    if ((err = xz_sql_open(tx, SQL(REGION_LIST), &rows, "")) != XZ_OK)
        return err;
    while (xz_rows_next(&rows)) {
        site->regions = knowledge_grow(arena, site->regions, site->region_count,
                                       sizeof(*site->regions));
        site->regions[site->region_count++] = (struct xz_region){ .code = xz_rows_int(&rows, 0),
                                                                  .parent = xz_rows_int(&rows, 2),
                                                                  .name = col(arena, &rows, 1),
                                                                  .level = col(arena, &rows, 3) };
    }
    if ((err = xz_rows_end(&rows)) != XZ_OK)
        return err;
    site->own_region_count = site->region_count;
    if ((err = xz_sql_open(tx, SQL(DEPARTMENT_LIST), &rows, "")) != XZ_OK)
        return err;
    while (xz_rows_next(&rows)) {
        site->departments = knowledge_grow(arena, site->departments, site->department_count,
                                           sizeof(*site->departments));
        site->departments[site->department_count++] =
            (struct xz_department){ .id = xz_rows_int(&rows, 0),
                                    .region = xz_rows_int(&rows, 1),
                                    .code = col(arena, &rows, 2),
                                    .name = col(arena, &rows, 3),
                                    .short_name = col(arena, &rows, 4),
                                    .phone = col(arena, &rows, 5),
                                    .address = col(arena, &rows, 6),
                                    .hours = col(arena, &rows, 7),
                                    .duties = col(arena, &rows, 8) };
    }
    return xz_rows_end(&rows);
}

xz_err knowledge_count_rows(struct xz_tx *tx, int64_t applied, struct xz_knowledge_counts *counts)
{
    struct xz_rows rows;
    xz_err err;

    *counts = (struct xz_knowledge_counts){ 0 };
    if ((err = xz_sql_open(tx, SQL(COUNT_ENTRIES), &rows, "")) != XZ_OK)
        return err;
    while (xz_rows_next(&rows)) {
        int64_t *by_kind[] = { [XZ_ENTRY_LAW] = &counts->laws,
                               [XZ_ENTRY_POLICY] = &counts->policies,
                               [XZ_ENTRY_GUIDE] = &counts->guides,
                               [XZ_ENTRY_ANSWER] = &counts->answers,
                               [XZ_ENTRY_NOTICE] = &counts->notices };
        int64_t kind = xz_rows_int(&rows, 0);
        XZ_ASSERT(xz_entry_kind_valid(kind));
        *by_kind[kind] = xz_rows_int(&rows, 1);
        if (kind == XZ_ENTRY_NOTICE)
            continue; /* of the day: no part of what is known */
        counts->entries += xz_rows_int(&rows, 1);
        counts->clauses += xz_rows_int(&rows, 2);
    }
    if ((err = xz_rows_end(&rows)) != XZ_OK)
        return err;
    if ((err = xz_sql_open(tx, SQL(COUNT_REST), &rows, "ii",
                           (int64_t)xz_date_from_ms(xz_tx_now_ms(tx)), applied)) != XZ_OK)
        return err;
    if (xz_rows_next(&rows)) {
        counts->variants = xz_rows_int(&rows, 0);
        counts->regions = xz_rows_int(&rows, 1);
        counts->departments = xz_rows_int(&rows, 2);
        counts->refused_files = xz_rows_int(&rows, 3);
        counts->expired = xz_rows_int(&rows, 4);
        counts->unindexed = xz_rows_int(&rows, 5);
    }
    return xz_rows_end(&rows);
}

xz_err knowledge_word_put(struct xz_tx *tx, xz_str word)
{
    return xz_sql_run(tx, SQL(WORD_PUT), "si", word, xz_tx_now_ms(tx));
}

xz_err knowledge_word_list(struct xz_tx *tx, struct xz_arena *arena, xz_str **words, size_t *count)
{
    struct xz_rows rows;
    xz_err err;

    *words = NULL;
    *count = 0;
    if ((err = xz_sql_open(tx, SQL(WORD_LIST), &rows, "")) != XZ_OK)
        return err;
    while (xz_rows_next(&rows)) {
        *words = knowledge_grow(arena, *words, *count, sizeof(**words));
        (*words)[(*count)++] = col(arena, &rows, 0);
    }
    return xz_rows_end(&rows);
}
