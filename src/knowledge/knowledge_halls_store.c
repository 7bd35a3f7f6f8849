/* The rows of halls, of places on their floors, of notices and of what was withdrawn by hand. The
 * other rows of this domain are in knowledge_store.c. */
#include "knowledge/knowledge_internal.h"

enum {
    HALL_FIND,
    HALL_INSERT,
    HALL_UPDATE,
    HALL_DROP,
    HALL_LIST,
    HALL_GET,
    PLACE_DROP_ITEMS,
    PLACE_DROP,
    PLACE_INSERT,
    PLACE_ITEM_INSERT,
    PLACE_LIST,
    PLACE_ITEMS,
    WINDOW_LIST,
    NOTICE_DROP,
    NOTICE_INSERT,
    NOTICE_LIST,
    NOTICE_GET,
    WITHDRAWN_PUT,
    WITHDRAWN_DROP,
    WITHDRAWN_HAS,
    ENTRY_PUBLISH,
};

#define HALL_COLUMNS                                                                               \
    "h.id, h.region, h.code, h.name, h.level, h.address, h.phone, h.hours, h.traffic, h.access, "  \
    "h.note"
#define HALL_COLUMN_COUNT 11
#define PLACE_COLUMNS                                                                              \
    "p.id, p.floor, p.kind, p.from_left, p.from_top, p.width, p.height, p.name, p.note"

/* clang-format off */
const struct xz_sql xz_knowledge_halls_sql[] = {
    [HALL_FIND] = { "knowledge.hall_find", "SELECT id FROM hall WHERE code = $1" },
    [HALL_INSERT] = { "knowledge.hall_insert",
        "INSERT INTO hall (id, code, source, change_number, name, region, level, address, phone,"
        " hours, traffic, access, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,"
        " $13)" },
    [HALL_UPDATE] = { "knowledge.hall_update",
        "UPDATE hall SET code = $2, source = $3, change_number = $4, name = $5, region = $6,"
        " level = $7, address = $8, phone = $9, hours = $10, traffic = $11, access = $12,"
        " note = $13 WHERE id = $1" },
    [HALL_DROP] = { "knowledge.hall_drop",
        "DELETE FROM hall WHERE source = $1 AND change_number < $2" },
    [HALL_LIST] = { "knowledge.hall_list",
        "SELECT " HALL_COLUMNS " FROM hall h ORDER BY h.code" },
    [HALL_GET] = { "knowledge.hall_get", "SELECT " HALL_COLUMNS " FROM hall h WHERE h.id = $1" },
    [PLACE_DROP_ITEMS] = { "knowledge.place_drop_items",
        "DELETE FROM hall_place_item WHERE place IN (SELECT id FROM hall_place WHERE source = $1)" },
    [PLACE_DROP] = { "knowledge.place_drop", "DELETE FROM hall_place WHERE source = $1" },
    [PLACE_INSERT] = { "knowledge.place_insert",
        "INSERT INTO hall_place (id, hall_code, source, ordinal, floor, name, kind, from_left,"
        " from_top, width, height, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)" },
    [PLACE_ITEM_INSERT] = { "knowledge.place_item_insert",
        "INSERT INTO hall_place_item (place, ordinal, code) VALUES ($1, $2, $3)" },
    [PLACE_LIST] = { "knowledge.place_list",
        "SELECT " PLACE_COLUMNS " FROM hall_place p WHERE p.hall_code = $1"
        " ORDER BY p.floor, p.ordinal, p.id LIMIT 10000" },
    [PLACE_ITEMS] = { "knowledge.place_items",
        "SELECT i.place, i.code FROM hall_place_item i JOIN hall_place p ON p.id = i.place"
        " WHERE p.hall_code = $1 ORDER BY p.floor, p.ordinal, p.id, i.ordinal" },
    [WINDOW_LIST] = { "knowledge.window_list",
        "SELECT " HALL_COLUMNS ", " PLACE_COLUMNS " FROM hall_place_item i"
        " JOIN hall_place p ON p.id = i.place JOIN hall h ON h.code = p.hall_code"
        " WHERE i.code = $1 ORDER BY h.code, p.floor, p.ordinal, p.id LIMIT 200" },
    [NOTICE_DROP] = { "knowledge.notice_drop", "DELETE FROM notice WHERE entry = $1" },
    [NOTICE_INSERT] = { "knowledge.notice_insert",
        "INSERT INTO notice (entry, level, issued_ms, expires_ms, phone) VALUES ($1, $2, $3, $4, $5)" },
    [NOTICE_LIST] = { "knowledge.notice_list",
        "SELECT n.entry, n.level, n.issued_ms, n.expires_ms, n.phone, e.region, e.aliases"
        " FROM notice n JOIN knowledge_entry e ON e.id = n.entry WHERE n.expires_ms > $1 AND n.issued_ms <= $1"
        " AND e.status = 1 ORDER BY n.level, n.issued_ms DESC, n.entry DESC LIMIT 200" },
    [NOTICE_GET] = { "knowledge.notice_get",
        "SELECT n.entry, n.level, n.issued_ms, n.expires_ms, n.phone, e.region, e.aliases"
        " FROM notice n JOIN knowledge_entry e ON e.id = n.entry WHERE n.entry = $1" },
    [WITHDRAWN_PUT] = { "knowledge.withdrawn_put",
        "INSERT INTO entry_withdrawn (entry, at_ms, reason) VALUES ($1, $2, $3)"
        " ON CONFLICT (entry) DO UPDATE SET at_ms = $2, reason = $3" },
    [WITHDRAWN_DROP] = { "knowledge.withdrawn_drop", "DELETE FROM entry_withdrawn WHERE entry = $1" },
    [WITHDRAWN_HAS] = { "knowledge.withdrawn_has",
        "SELECT entry FROM entry_withdrawn WHERE entry = $1" },
    [ENTRY_PUBLISH] = { "knowledge.entry_publish",
        "UPDATE knowledge_entry SET status = 1, change_number = $2, revision = revision + 1,"
        " updated_ms = $3 WHERE id = $1" },
};
/* clang-format on */
const size_t xz_knowledge_halls_sql_count = XZ_COUNT(xz_knowledge_halls_sql);

#define SQL(id) (&xz_knowledge_halls_sql[id])

static xz_str col(struct xz_arena *arena, const struct xz_rows *rows, int column)
{
    return xz_str_copy(arena, xz_rows_str(rows, column));
}

/* --- halls --- */

xz_err knowledge_hall_put(struct xz_tx *tx, xz_str source, const struct xz_hall *h)
{
    struct xz_rows rows;
    int64_t id = 0;
    xz_err err = xz_sql_open(tx, SQL(HALL_FIND), &rows, "s", h->code);

    if (err != XZ_OK)
        return err;
    if (xz_rows_next(&rows))
        id = xz_rows_int(&rows, 0);
    if ((err = xz_rows_end(&rows)) != XZ_OK)
        return err;
    const struct xz_sql *sql = SQL(id ? HALL_UPDATE : HALL_INSERT);
    if (!id && (err = xz_tx_new_id(tx, &id)) != XZ_OK)
        return err;
    return xz_sql_run(tx, sql, "issisisssssss", id, h->code, source, xz_tx_change_number(tx),
                      h->name, h->region, h->level, h->address, h->phone, h->hours, h->traffic,
                      h->access, h->note);
}

xz_err knowledge_halls_drop_gone(struct xz_tx *tx, xz_str source)
{
    return xz_sql_run(tx, SQL(HALL_DROP), "si", source, xz_tx_change_number(tx));
}

bool knowledge_hall_known(struct xz_tx *tx, xz_str code)
{
    struct xz_rows rows;
    if (xz_sql_open(tx, SQL(HALL_FIND), &rows, "s", code) != XZ_OK)
        return false;
    bool found = xz_rows_next(&rows);
    return xz_rows_end(&rows) == XZ_OK && found;
}

static struct xz_hall hall_read(const struct xz_rows *rows, struct xz_arena *arena)
{
    return (struct xz_hall){ .id = xz_rows_int(rows, 0),
                             .region = xz_rows_int(rows, 1),
                             .code = col(arena, rows, 2),
                             .name = col(arena, rows, 3),
                             .level = col(arena, rows, 4),
                             .address = col(arena, rows, 5),
                             .phone = col(arena, rows, 6),
                             .hours = col(arena, rows, 7),
                             .traffic = col(arena, rows, 8),
                             .access = col(arena, rows, 9),
                             .note = col(arena, rows, 10) };
}

xz_err knowledge_halls_load(struct xz_tx *tx, struct xz_arena *arena, struct xz_hall **halls,
                            size_t *count)
{
    struct xz_rows rows;
    xz_err err = xz_sql_open(tx, SQL(HALL_LIST), &rows, "");

    *halls = NULL;
    *count = 0;
    if (err != XZ_OK)
        return err;
    while (xz_rows_next(&rows)) {
        *halls = knowledge_grow(arena, *halls, *count, sizeof(**halls));
        (*halls)[(*count)++] = hall_read(&rows, arena);
    }
    return xz_rows_end(&rows);
}

xz_err knowledge_hall_load(struct xz_tx *tx, struct xz_arena *arena, int64_t id,
                           struct xz_hall *hall)
{
    struct xz_rows rows;
    xz_err err = xz_sql_open(tx, SQL(HALL_GET), &rows, "i", id);
    if (err != XZ_OK)
        return err;
    bool found = xz_rows_next(&rows);
    if (found)
        *hall = hall_read(&rows, arena);
    err = xz_rows_end(&rows);
    return err == XZ_OK && !found ? xz_fail(XZ_E_MISSING, "没有这个大厅，可能已经撤并。") : err;
}

/* --- places --- */

xz_err knowledge_places_drop(struct xz_tx *tx, xz_str source)
{
    xz_err err = xz_sql_run(tx, SQL(PLACE_DROP_ITEMS), "s", source);
    return err == XZ_OK ? xz_sql_run(tx, SQL(PLACE_DROP), "s", source) : err;
}

xz_err knowledge_place_insert(struct xz_tx *tx, xz_str source, int64_t ordinal,
                              const struct knowledge_place_row *row)
{
    const struct xz_place *p = &row->place;
    int64_t id;
    xz_err err = xz_tx_new_id(tx, &id);

    if (err == XZ_OK)
        err = xz_sql_run(tx, SQL(PLACE_INSERT), "issiisiiiiis", id, row->hall_code, source, ordinal,
                         p->floor, p->name, (int64_t)p->kind, p->left, p->top, p->width, p->height,
                         p->note);
    for (size_t i = 0; i < row->code_count && err == XZ_OK; i++)
        err = xz_sql_run(tx, SQL(PLACE_ITEM_INSERT), "iis", id, (int64_t)i, row->codes[i]);
    return err;
}

static struct xz_place place_read(const struct xz_rows *rows, int from, struct xz_arena *arena)
{
    struct xz_place place = { .id = xz_rows_int(rows, from),
                              .floor = xz_rows_int(rows, from + 1),
                              .kind = (enum xz_place_kind)xz_rows_int(rows, from + 2),
                              .left = xz_rows_int(rows, from + 3),
                              .top = xz_rows_int(rows, from + 4),
                              .width = xz_rows_int(rows, from + 5),
                              .height = xz_rows_int(rows, from + 6),
                              .name = col(arena, rows, from + 7),
                              .note = col(arena, rows, from + 8) };
    XZ_ASSERT(place.kind > 0 && place.kind < XZ_PLACE_KIND_COUNT);
    return place;
}

xz_err knowledge_places_load(struct xz_tx *tx, struct xz_arena *arena, xz_str hall_code,
                             struct xz_place **places, size_t *count)
{
    struct xz_rows rows;
    xz_err err = xz_sql_open(tx, SQL(PLACE_LIST), &rows, "s", hall_code);

    *places = NULL;
    *count = 0;
    if (err != XZ_OK)
        return err;
    while (xz_rows_next(&rows)) {
        *places = knowledge_grow(arena, *places, *count, sizeof(**places));
        (*places)[(*count)++] = place_read(&rows, 0, arena);
    }
    return xz_rows_end(&rows);
}

xz_err knowledge_place_items(struct xz_tx *tx, struct xz_arena *arena, xz_str hall_code,
                             struct knowledge_place_item **items, size_t *count)
{
    struct xz_rows rows;
    xz_err err = xz_sql_open(tx, SQL(PLACE_ITEMS), &rows, "s", hall_code);

    *items = NULL;
    *count = 0;
    if (err != XZ_OK)
        return err;
    while (xz_rows_next(&rows)) {
        *items = knowledge_grow(arena, *items, *count, sizeof(**items));
        (*items)[(*count)++] = (struct knowledge_place_item){ xz_rows_int(&rows, 0),
                                                              col(arena, &rows, 1) };
    }
    return xz_rows_end(&rows);
}

xz_err knowledge_windows_load(struct xz_tx *tx, struct xz_arena *arena, xz_str code,
                              struct xz_window **windows, size_t *count)
{
    struct xz_rows rows;
    xz_err err = xz_sql_open(tx, SQL(WINDOW_LIST), &rows, "s", code);

    *windows = NULL;
    *count = 0;
    if (err != XZ_OK)
        return err;
    while (xz_rows_next(&rows)) {
        *windows = knowledge_grow(arena, *windows, *count, sizeof(**windows));
        (*windows)[(*count)++] = (struct xz_window){ hall_read(&rows, arena),
                                                     place_read(&rows, HALL_COLUMN_COUNT, arena) };
    }
    return xz_rows_end(&rows);
}

/* --- notices --- */

xz_err knowledge_notice_put(struct xz_tx *tx, int64_t entry, const struct xz_draft *draft)
{
    xz_err err = xz_sql_run(tx, SQL(NOTICE_DROP), "i", entry);
    if (err != XZ_OK || draft->entry.kind != XZ_ENTRY_NOTICE)
        return err;
    return xz_sql_run(tx, SQL(NOTICE_INSERT), "iiiis", entry, draft->notice.level,
                      draft->notice.issued_ms, draft->notice.expires_ms, draft->notice.phone);
}

static struct xz_notice notice_read(const struct xz_rows *rows, struct xz_arena *arena)
{
    struct xz_notice notice = { .entry = { .id = { xz_rows_int(rows, 0) },
                                           .region = xz_rows_int(rows, 5),
                                           .aliases = col(arena, rows, 6) },
                                .level = (enum xz_notice_level)xz_rows_int(rows, 1),
                                .issued_ms = xz_rows_int(rows, 2),
                                .expires_ms = xz_rows_int(rows, 3),
                                .phone = col(arena, rows, 4) };
    XZ_ASSERT(notice.level > 0 && notice.level < XZ_NOTICE_LEVEL_COUNT);
    return notice;
}

xz_err knowledge_notices_load(struct xz_tx *tx, struct xz_arena *arena, int64_t now_ms,
                              struct xz_notice **notices, size_t *count)
{
    struct xz_rows rows;
    xz_err err = xz_sql_open(tx, SQL(NOTICE_LIST), &rows, "i", now_ms);

    *notices = NULL;
    *count = 0;
    if (err != XZ_OK)
        return err;
    while (xz_rows_next(&rows)) {
        *notices = knowledge_grow(arena, *notices, *count, sizeof(**notices));
        (*notices)[(*count)++] = notice_read(&rows, arena);
    }
    return xz_rows_end(&rows);
}

xz_err knowledge_notice_load(struct xz_tx *tx, struct xz_arena *arena, int64_t entry,
                             struct xz_notice *notice)
{
    struct xz_rows rows;
    xz_err err = xz_sql_open(tx, SQL(NOTICE_GET), &rows, "i", entry);
    if (err != XZ_OK)
        return err;
    bool found = xz_rows_next(&rows);
    if (found)
        *notice = notice_read(&rows, arena);
    err = xz_rows_end(&rows);
    return err == XZ_OK && !found ? xz_fail(XZ_E_MISSING, "没有这条公告。") : err;
}

/* --- withdrawn by hand --- */

xz_err knowledge_withdrawn_put(struct xz_tx *tx, int64_t entry, xz_str reason)
{
    return xz_sql_run(tx, SQL(WITHDRAWN_PUT), "iis", entry, xz_tx_now_ms(tx), reason);
}

xz_err knowledge_withdrawn_drop(struct xz_tx *tx, int64_t entry)
{
    return xz_sql_run(tx, SQL(WITHDRAWN_DROP), "i", entry);
}

xz_err knowledge_withdrawn_has(struct xz_tx *tx, int64_t entry, bool *withdrawn)
{
    struct xz_rows rows;
    xz_err err = xz_sql_open(tx, SQL(WITHDRAWN_HAS), &rows, "i", entry);
    if (err != XZ_OK)
        return err;
    *withdrawn = xz_rows_next(&rows);
    return xz_rows_end(&rows);
}

xz_err knowledge_entry_publish(struct xz_tx *tx, int64_t entry, int64_t change)
{
    return xz_sql_run(tx, SQL(ENTRY_PUBLISH), "iii", entry, change, xz_tx_now_ms(tx));
}
