/* The rows of dialogues: turns, their evidence, feedback. */
#include "qa/qa_internal.h"
#include "qa/qa_schema.h"

enum {
    TURN_ADD,
    EVIDENCE_ADD,
    TURN_BEFORE,
    TURN_GET,
    EVIDENCE_LIST,
    FEEDBACK_ADD,
    VECTOR_LIST,
    VECTOR_PUT,
    COMMON
};

/* clang-format off */
const struct xz_sql xz_qa_sql[] = {
    [TURN_ADD] = { "qa.turn_add",
        "INSERT INTO turn (id, dialogue, number, asked_ms, actor_kind, question, understood, region,"
        " valid_on, kind, confidence_permille, matched, lead, options, focus) VALUES ($1, $2, $3, $4,"
        " $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)" },
    [EVIDENCE_ADD] = { "qa.evidence_add",
        "INSERT INTO evidence (turn, ordinal, entry, version, clause) VALUES ($1, $2, $3, $4, $5)" },
    [TURN_BEFORE] = { "qa.turn_before",
        "SELECT number, focus, region, understood, kind FROM turn WHERE dialogue = $1"
        " AND number < $2 ORDER BY number DESC LIMIT 1" },
    [TURN_GET] = { "qa.turn_get",
        "SELECT id, dialogue, number, asked_ms, question, understood, region, valid_on, kind,"
        " confidence_permille, matched, lead, options, focus FROM turn WHERE id = $1" },
    [EVIDENCE_LIST] = { "qa.evidence_list",
        "SELECT entry, version, clause FROM evidence WHERE turn = $1 ORDER BY ordinal" },
    [FEEDBACK_ADD] = { "qa.feedback_add",
        "INSERT INTO feedback (id, turn, at_ms, useful, remark) VALUES ($1, $2, $3, $4, $5)" },
    [VECTOR_LIST] = { "qa.vector_list",
        "SELECT kind, text_hash, vector FROM text_vector WHERE model = $1" },
    [VECTOR_PUT] = { "qa.vector_put",
        "INSERT INTO text_vector (kind, text_hash, model, vector) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (kind, text_hash) DO UPDATE SET model = $3, vector = $4" },
    [COMMON] = { "qa.common",
        "SELECT e.entry, COUNT(*) FROM turn t JOIN evidence e ON e.turn = t.id AND e.ordinal = 0"
        " WHERE t.id > $1 AND t.kind = 1 GROUP BY e.entry ORDER BY COUNT(*) DESC, e.entry LIMIT 50" },
};
/* clang-format on */
const size_t xz_qa_sql_count = XZ_COUNT(xz_qa_sql);

#define SQL(id) (&xz_qa_sql[id])

xz_err qa_record_tx(struct xz_tx *tx, void *arg)
{
    const struct qa_record *r = arg;
    xz_err err = xz_sql_run(tx, SQL(TURN_ADD), "isiisssiiiisssi", r->turn,
                            xz_str_from(r->dialogue.text), r->number, r->asked_ms,
                            xz_str_from(r->actor_kind), r->question, r->understood, r->region,
                            (int64_t)r->valid_on, (int64_t)r->kind, r->confidence_permille,
                            r->matched, r->lead, r->options, r->focus);
    for (size_t i = 0; i < r->evidence_count && err == XZ_OK; i++)
        err = xz_sql_run(tx, SQL(EVIDENCE_ADD), "iiiii", r->turn, (int64_t)i, r->evidence[i].entry,
                         r->evidence[i].version, r->evidence[i].clause);
    return err;
}

xz_err qa_turn_before(struct xz_tx *tx, struct xz_arena *arena, xz_str dialogue, int64_t below,
                      struct qa_before *before)
{
    struct xz_rows rows;
    xz_err err = xz_sql_open(tx, SQL(TURN_BEFORE), &rows, "si", dialogue, below);
    if (err != XZ_OK)
        return err;
    bool found = xz_rows_next(&rows);
    if (found)
        *before = (struct qa_before){ .number = xz_rows_int(&rows, 0),
                                      .focus = xz_rows_int(&rows, 1),
                                      .region = xz_rows_int(&rows, 2),
                                      .understood = xz_str_copy(arena, xz_rows_str(&rows, 3)),
                                      .kind = (enum xz_answer_kind)xz_rows_int(&rows, 4) };
    err = xz_rows_end(&rows);
    return err == XZ_OK && !found ? XZ_E_MISSING : err;
}

static xz_err evidence_load(struct xz_tx *tx, struct qa_record *record)
{
    struct xz_rows rows;
    xz_err err = xz_sql_open(tx, SQL(EVIDENCE_LIST), &rows, "i", record->turn);
    if (err != XZ_OK)
        return err;
    while (xz_rows_next(&rows) && record->evidence_count < QA_SOURCES_MAX)
        record->evidence[record->evidence_count++] = (struct qa_evidence){ xz_rows_int(&rows, 0),
                                                                           xz_rows_int(&rows, 1),
                                                                           xz_rows_int(&rows, 2) };
    return xz_rows_end(&rows);
}

xz_err qa_turn_load(struct xz_tx *tx, struct xz_arena *arena, int64_t turn,
                    struct qa_record *record)
{
    struct xz_rows rows;
    xz_err err = xz_sql_open(tx, SQL(TURN_GET), &rows, "i", turn);
    if (err != XZ_OK)
        return err;
    bool found = xz_rows_next(&rows);
    if (found) {
        *record = (struct qa_record){ .turn = xz_rows_int(&rows, 0),
                                      .number = xz_rows_int(&rows, 2),
                                      .asked_ms = xz_rows_int(&rows, 3),
                                      .question = xz_str_copy(arena, xz_rows_str(&rows, 4)),
                                      .understood = xz_str_copy(arena, xz_rows_str(&rows, 5)),
                                      .region = xz_rows_int(&rows, 6),
                                      .valid_on = (xz_date)xz_rows_int(&rows, 7),
                                      .kind = (enum xz_answer_kind)xz_rows_int(&rows, 8),
                                      .confidence_permille = xz_rows_int(&rows, 9),
                                      .matched = xz_str_copy(arena, xz_rows_str(&rows, 10)),
                                      .lead = xz_str_copy(arena, xz_rows_str(&rows, 11)),
                                      .options = xz_str_copy(arena, xz_rows_str(&rows, 12)),
                                      .focus = xz_rows_int(&rows, 13) };
        xz_str dialogue = xz_rows_str(&rows, 1);
        snprintf(record->dialogue.text, sizeof(record->dialogue.text), "%.*s",
                 XZ_STR_ARG(dialogue));
    }
    err = xz_rows_end(&rows);
    if (err == XZ_OK && !found)
        err = XZ_E_MISSING;
    return err == XZ_OK ? evidence_load(tx, record) : err;
}

xz_err qa_feedback_put(struct xz_tx *tx, int64_t turn, bool useful, xz_str remark)
{
    int64_t id;
    xz_err err = xz_tx_new_id(tx, &id);
    if (err != XZ_OK)
        return err;
    return xz_sql_run(tx, SQL(FEEDBACK_ADD), "iiiis", id, turn, xz_tx_now_ms(tx), (int64_t)useful,
                      remark);
}

xz_err qa_common_questions(struct xz_tx *tx, struct xz_arena *arena, int64_t after,
                           int64_t **entries, size_t *count)
{
    struct xz_rows rows;
    xz_err err;

    *count = 0;
    *entries = XZ_NEW(arena, int64_t, 50);
    if ((err = xz_sql_open(tx, SQL(COMMON), &rows, "i", after)) != XZ_OK)
        return err;
    while (xz_rows_next(&rows))
        (*entries)[(*count)++] = xz_rows_int(&rows, 0);
    return xz_rows_end(&rows);
}

xz_err qa_vector_rows(struct xz_tx *tx, int64_t model,
                      void (*each)(int64_t kind, int64_t hash, xz_str bytes, void *arg), void *arg)
{
    struct xz_rows rows;
    xz_err err = xz_sql_open(tx, SQL(VECTOR_LIST), &rows, "i", model);
    if (err != XZ_OK)
        return err;
    while (xz_rows_next(&rows))
        each(xz_rows_int(&rows, 0), xz_rows_int(&rows, 1), xz_rows_str(&rows, 2), arg);
    return xz_rows_end(&rows);
}

xz_err qa_vector_put(struct xz_tx *tx, int64_t kind, int64_t hash, int64_t model, xz_str bytes)
{
    return xz_sql_run(tx, SQL(VECTOR_PUT), "iiib", kind, hash, model, bytes);
}
