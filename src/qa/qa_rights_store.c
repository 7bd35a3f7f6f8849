/* The rows of what citizens may ask of the service itself: complaints, and their own texts erased.
 * The rows of turns are in qa_store.c. */
#include "qa/qa_internal.h"

enum {
    COMPLAINT_ADD,
    COMPLAINT_COUNT,
    COMPLAINT_LIST,
    REMARKS_ERASE,
    TURNS_ERASE,
    TURNS_DUE,
    REMARKS_EXPIRE,
    TURNS_EXPIRE
};

/* clang-format off */
const struct xz_sql xz_qa_rights_sql[] = {
    [COMPLAINT_ADD] = { "qa.complaint_add",
        "INSERT INTO complaint (id, number, day, at_ms, due_ms, kind, turn, body, contact)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)" },
    [COMPLAINT_COUNT] = { "qa.complaint_count", "SELECT COUNT(*) FROM complaint WHERE day = $1" },
    [COMPLAINT_LIST] = { "qa.complaint_list",
        "SELECT id, number, at_ms, due_ms, kind, turn, body, contact FROM complaint"
        " ORDER BY id DESC LIMIT $1" },
    [REMARKS_ERASE] = { "qa.remarks_erase",
        "UPDATE feedback SET remark = '' WHERE turn IN (SELECT id FROM turn WHERE dialogue = $1)" },
    [TURNS_ERASE] = { "qa.turns_erase",
        "UPDATE turn SET dialogue = '', question = '', understood = '', matched = '', lead = '',"
        " options = '' WHERE dialogue = $1" },
    [TURNS_DUE] = { "qa.turns_due",
        "SELECT id FROM turn WHERE id > $1 AND asked_ms < $2 AND dialogue <> '' ORDER BY id LIMIT 500" },
    [REMARKS_EXPIRE] = { "qa.remarks_expire", "UPDATE feedback SET remark = '' WHERE turn = $1" },
    [TURNS_EXPIRE] = { "qa.turns_expire",
        "UPDATE turn SET dialogue = '', question = '', understood = '', matched = '', lead = '',"
        " options = '' WHERE id = $1" },
};
/* clang-format on */
const size_t xz_qa_rights_sql_count = XZ_COUNT(xz_qa_rights_sql);

#define SQL(id) (&xz_qa_rights_sql[id])

/* TS20261122-0001: the day, and which of that day. */
static xz_err number_make(struct xz_tx *tx, struct xz_arena *arena, xz_date day, xz_str *number)
{
    struct xz_rows rows;
    int64_t before = 0;
    xz_err err = xz_sql_open(tx, SQL(COMPLAINT_COUNT), &rows, "i", (int64_t)day);

    if (err != XZ_OK)
        return err;
    if (xz_rows_next(&rows))
        before = xz_rows_int(&rows, 0);
    if ((err = xz_rows_end(&rows)) == XZ_OK)
        *number = xz_str_format(arena, "TS%d-%04lld", day, (long long)before + 1);
    return err;
}

xz_err qa_complaint_put(struct xz_tx *tx, struct xz_arena *arena, xz_date day,
                        struct xz_complaint *c)
{
    xz_err err;
    if ((err = xz_tx_new_id(tx, &c->id)) != XZ_OK ||
        (err = number_make(tx, arena, day, &c->number)) != XZ_OK)
        return err;
    return xz_sql_run(tx, SQL(COMPLAINT_ADD), "isiiisiss", c->id, c->number, (int64_t)day, c->at_ms,
                      c->due_ms, c->kind, c->turn, c->text, c->contact);
}

xz_err qa_complaints_load(struct xz_tx *tx, struct xz_arena *arena, size_t max,
                          struct xz_complaint **list, size_t *count)
{
    struct xz_rows rows;
    xz_err err;

    *count = 0;
    *list = XZ_NEW(arena, struct xz_complaint, max);
    if ((err = xz_sql_open(tx, SQL(COMPLAINT_LIST), &rows, "i", (int64_t)max)) != XZ_OK)
        return err;
    while (xz_rows_next(&rows))
        (*list)[(*count)++] =
            (struct xz_complaint){ .id = xz_rows_int(&rows, 0),
                                   .number = xz_str_copy(arena, xz_rows_str(&rows, 1)),
                                   .at_ms = xz_rows_int(&rows, 2),
                                   .due_ms = xz_rows_int(&rows, 3),
                                   .kind = xz_str_copy(arena, xz_rows_str(&rows, 4)),
                                   .turn = xz_rows_int(&rows, 5),
                                   .text = xz_str_copy(arena, xz_rows_str(&rows, 6)),
                                   .contact = xz_str_copy(arena, xz_rows_str(&rows, 7)) };
    return xz_rows_end(&rows);
}

xz_err qa_dialogue_erase(struct xz_tx *tx, xz_str dialogue, int64_t *turns)
{
    /* Remarks first: they are found by the dialogue that the turns are about to lose. */
    xz_err err = xz_sql_run(tx, SQL(REMARKS_ERASE), "s", dialogue);
    if (err != XZ_OK || (err = xz_sql_run(tx, SQL(TURNS_ERASE), "s", dialogue)) != XZ_OK)
        return err;
    *turns = xz_sql_changes(tx);
    return *turns ? XZ_OK : XZ_E_MISSING;
}

xz_err qa_turns_expire(struct xz_tx *tx, int64_t before_ms, int64_t *after, int64_t *count)
{
    int64_t ids[500];
    struct xz_rows rows;
    size_t n = 0;
    xz_err err = xz_sql_open(tx, SQL(TURNS_DUE), &rows, "ii", *after, before_ms);

    if (err != XZ_OK)
        return err;
    while (n < XZ_COUNT(ids) && xz_rows_next(&rows))
        ids[n++] = xz_rows_int(&rows, 0);
    err = xz_rows_end(&rows);
    for (size_t i = 0; i < n && err == XZ_OK; i++) {
        if ((err = xz_sql_run(tx, SQL(REMARKS_EXPIRE), "i", ids[i])) == XZ_OK)
            err = xz_sql_run(tx, SQL(TURNS_EXPIRE), "i", ids[i]);
        *after = ids[i];
    }
    *count = (int64_t)n;
    return err;
}
