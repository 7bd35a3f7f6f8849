/* The rows of clauses: their text, their place in the file they came from, their order. The entries
 * they belong to are in knowledge_store.c. */
#include "knowledge/knowledge_internal.h"

enum {
    CLAUSE_BY_ID,
    CLAUSE_LIST,
    CLAUSE_INSERT,
    CLAUSE_RETIRE,
    CLAUSE_MOVE,
    CLAUSE_PROBLEMS,
};

#define CLAUSE_COLUMNS                                                                             \
    "id, entry, ordinal, since_version, retired_version, label, path, body, page, box_left, "      \
    "box_top, box_right, box_bottom, confidence"

/* clang-format off */
const struct xz_sql xz_knowledge_clause_sql[] = {
    [CLAUSE_BY_ID] = { "knowledge.clause_by_id",
        "SELECT " CLAUSE_COLUMNS " FROM clause WHERE id = $1" },
    [CLAUSE_LIST] = { "knowledge.clause_list",
        "SELECT " CLAUSE_COLUMNS " FROM clause WHERE entry = $1 AND retired_version = 0"
        " AND ordinal >= $2 ORDER BY ordinal LIMIT $3" },
    [CLAUSE_INSERT] = { "knowledge.clause_insert",
        "INSERT INTO clause (" CLAUSE_COLUMNS ") VALUES ($1, $2, $3, $4, 0, $5, $6, $7,"
        " $8, $9, $10, $11, $12, $13)" },
    [CLAUSE_RETIRE] = { "knowledge.clause_retire",
        "UPDATE clause SET retired_version = $2 WHERE id = $1" },
    [CLAUSE_MOVE] = { "knowledge.clause_move",
        "UPDATE clause SET ordinal = $2, page = $3, box_left = $4, box_top = $5, box_right = $6,"
        " box_bottom = $7, confidence = $8 WHERE id = $1" },
    [CLAUSE_PROBLEMS] = { "knowledge.clause_problems",
        "SELECT e.id, e.clause_count, COUNT(c.id) FROM knowledge_entry e LEFT JOIN clause c"
        " ON c.entry = e.id AND c.retired_version = 0 GROUP BY e.id, e.clause_count"
        " HAVING e.clause_count <> COUNT(c.id) OR COUNT(DISTINCT c.ordinal) <> COUNT(c.id)"
        " ORDER BY e.id LIMIT 100" },
};
/* clang-format on */
const size_t xz_knowledge_clause_sql_count = XZ_COUNT(xz_knowledge_clause_sql);

#define SQL(id) (&xz_knowledge_clause_sql[id])

static xz_str col(struct xz_arena *arena, const struct xz_rows *rows, int column)
{
    return xz_str_copy(arena, xz_rows_str(rows, column));
}

static struct xz_clause clause_read(const struct xz_rows *rows, struct xz_arena *arena)
{
    return (struct xz_clause){ .id = { xz_rows_int(rows, 0) },
                               .entry = { xz_rows_int(rows, 1) },
                               .ordinal = xz_rows_int(rows, 2),
                               .since_version = xz_rows_int(rows, 3),
                               .retired_version = xz_rows_int(rows, 4),
                               .label = col(arena, rows, 5),
                               .path = col(arena, rows, 6),
                               .body = col(arena, rows, 7),
                               .page = xz_rows_int(rows, 8),
                               .box = { xz_rows_int(rows, 9), xz_rows_int(rows, 10),
                                        xz_rows_int(rows, 11), xz_rows_int(rows, 12) },
                               .confidence = xz_rows_int(rows, 13) };
}

xz_err xz_clause_get(struct xz_tx *tx, struct xz_arena *arena, xz_clause_id id,
                     struct xz_clause *clause)
{
    struct xz_rows rows;
    xz_err err = xz_sql_open(tx, SQL(CLAUSE_BY_ID), &rows, "i", id.v);
    if (err != XZ_OK)
        return err;
    bool found = xz_rows_next(&rows);
    if (found)
        *clause = clause_read(&rows, arena);
    err = xz_rows_end(&rows);
    if (err == XZ_OK && !found)
        err = xz_fail(XZ_E_MISSING, "没有这一条款。");
    return err;
}

xz_err xz_clause_list(struct xz_tx *tx, struct xz_arena *arena, xz_entry_id entry, int64_t from,
                      size_t clauses_max, struct xz_clause **clauses, size_t *count)
{
    struct xz_rows rows;
    size_t room = XZ_MIN(clauses_max, (size_t)64);
    xz_err err;

    *count = 0;
    *clauses = XZ_NEW(arena, struct xz_clause, room);
    if ((err = xz_sql_open(tx, SQL(CLAUSE_LIST), &rows, "iii", entry.v, from,
                           (int64_t)clauses_max)) != XZ_OK)
        return err;
    while (xz_rows_next(&rows)) {
        if (*count == room) {
            struct xz_clause *more = XZ_NEW(arena, struct xz_clause, room * 2);
            memcpy(more, *clauses, room * sizeof(*more));
            *clauses = more;
            room *= 2;
        }
        (*clauses)[(*count)++] = clause_read(&rows, arena);
    }
    return xz_rows_end(&rows);
}

xz_err knowledge_clause_insert(struct xz_tx *tx, const struct xz_clause *c)
{
    return xz_sql_run(tx, SQL(CLAUSE_INSERT), "iiiisssiiiiii", c->id.v, c->entry.v, c->ordinal,
                      c->since_version, c->label, c->path, c->body, c->page, c->box[0], c->box[1],
                      c->box[2], c->box[3], c->confidence);
}

xz_err knowledge_clause_retire(struct xz_tx *tx, int64_t id, int64_t version)
{
    return xz_sql_run(tx, SQL(CLAUSE_RETIRE), "ii", id, version);
}

xz_err knowledge_clause_move(struct xz_tx *tx, const struct xz_clause *c)
{
    return xz_sql_run(tx, SQL(CLAUSE_MOVE), "iiiiiiii", c->id.v, c->ordinal, c->page, c->box[0],
                      c->box[1], c->box[2], c->box[3], c->confidence);
}

xz_err knowledge_clause_problems(struct xz_tx *tx, struct xz_arena *arena, xz_str **problems,
                                 size_t *count)
{
    struct xz_rows rows;
    xz_err err;

    *count = 0;
    *problems = XZ_NEW(arena, xz_str, 100);
    if ((err = xz_sql_open(tx, SQL(CLAUSE_PROBLEMS), &rows, "")) != XZ_OK)
        return err;
    while (xz_rows_next(&rows))
        (*problems)[(*count)++] = xz_str_format(
            arena, "知识 %lld 应有 %lld 个条款，实有 %lld 个，或次序重复。",
            (long long)xz_rows_int(&rows, 0), (long long)xz_rows_int(&rows, 1),
            (long long)xz_rows_int(&rows, 2));
    return xz_rows_end(&rows);
}
