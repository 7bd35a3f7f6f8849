/* Service halls with the places on their floors, and notices of what is going on now. Part of the
 * contract of knowledge/, beside knowledge.h. */
#ifndef XZ_KNOWLEDGE_HALLS_H
#define XZ_KNOWLEDGE_HALLS_H

#include "knowledge/knowledge.h"

extern const struct xz_sql xz_knowledge_halls_sql[];
extern const size_t xz_knowledge_halls_sql_count;

struct xz_route_table; /* net/http.h */
extern const struct xz_route_table xz_halls_route_table;

/* --- halls --- */
struct xz_hall {
    int64_t id, region;
    xz_str code, name, level, address, phone, hours, traffic, access, note;
    xz_str region_name;
};

enum xz_place_kind {
    XZ_PLACE_WINDOW = 1,
    XZ_PLACE_ENTRANCE,
    XZ_PLACE_LIFT,
    XZ_PLACE_STAIRS,
    XZ_PLACE_TOILET,
    XZ_PLACE_SELF_SERVICE,
    XZ_PLACE_DESK,
    XZ_PLACE_WAITING,
    XZ_PLACE_NURSERY,
    XZ_PLACE_ACCESSIBLE,
    XZ_PLACE_OTHER,
    XZ_PLACE_KIND_COUNT
};
const char *xz_place_kind_name(enum xz_place_kind kind);    /* "window", "entrance", ... */
const char *xz_place_kind_chinese(enum xz_place_kind kind); /* "窗口", "入口", ... */
bool xz_place_kind_parse(xz_str chinese, enum xz_place_kind *kind);

/* A floor's plan is XZ_PLAN_SIZE wide and high; places lie inside it. */
#define XZ_PLAN_SIZE 1000
struct xz_place {
    int64_t id, floor;
    enum xz_place_kind kind;
    int64_t left, top, width, height;
    xz_str name, note;
    struct xz_entry *items; /* guides of what is done there */
    size_t item_count;
};

/* Halls that serve somebody at `region` (those of the region itself and below it first, then those
 * above it; 0: all), by code. Names of regions are filled in. */
XZ_MUST_USE xz_err xz_hall_list(struct xz_tx *tx, struct xz_arena *arena,
                                const struct xz_site *site, int64_t region, struct xz_hall **halls,
                                size_t *count);
/* XZ_E_MISSING: no such hall. */
XZ_MUST_USE xz_err xz_hall_get(struct xz_tx *tx, struct xz_arena *arena, const struct xz_site *site,
                               int64_t id, struct xz_hall *hall);
/* Places of a hall, floor by floor from the lowest, each as its file has them. Items are guides
 * that `actor` may see. */
XZ_MUST_USE xz_err xz_place_list(struct xz_tx *tx, struct xz_arena *arena,
                                 const struct xz_actor *actor, const struct xz_hall *hall,
                                 struct xz_place **places, size_t *count);

/* Where a service item is done. */
struct xz_window {
    struct xz_hall hall;
    struct xz_place place; /* without its items */
};
XZ_MUST_USE xz_err xz_window_list(struct xz_tx *tx, struct xz_arena *arena,
                                  const struct xz_site *site, xz_str item_code,
                                  struct xz_window **windows, size_t *count);

/* --- notices --- */
enum xz_notice_level {
    XZ_NOTICE_RED = 1,
    XZ_NOTICE_ORANGE,
    XZ_NOTICE_YELLOW,
    XZ_NOTICE_BLUE,
    XZ_NOTICE_PLAIN,
    XZ_NOTICE_LEVEL_COUNT
};
const char *xz_notice_level_name(enum xz_notice_level level);    /* "red", ... "plain" */
const char *xz_notice_level_chinese(enum xz_notice_level level); /* "红", ... "一般" */
bool xz_notice_level_parse(xz_str chinese, enum xz_notice_level *level);

struct xz_notice {
    struct xz_entry entry; /* keywords: entry.aliases; issuer, region, title as everywhere */
    enum xz_notice_level level;
    int64_t issued_ms, expires_ms; /* in force from the first (inclusive) to the second */
    xz_str phone, text, region_name;
    xz_clause_id clause; /* the first */
};

struct xz_notice_query {
    const struct xz_actor *actor;
    const struct xz_site *site;
    int64_t region, now_ms;
    xz_str about; /* normalised; only notices with a keyword in it; empty: all */
};
/* Notices in force at `now_ms` that somebody at `region` should know of: of the region, of those
 * above it and of those below it; 0: all. Most severe first, then newest. */
XZ_MUST_USE xz_err xz_notice_list(struct xz_tx *tx, struct xz_arena *arena,
                                  const struct xz_notice_query *query, struct xz_notice **notices,
                                  size_t *count);
/* The keywords as written, each normalised; those of one character are left out. */
size_t xz_notice_keywords(struct xz_arena *arena, xz_str keywords, xz_str **words);
/* The notice of an entry, whether in force or not. XZ_E_MISSING: none, or not for this actor. */
XZ_MUST_USE xz_err xz_notice_get(struct xz_tx *tx, struct xz_arena *arena,
                                 const struct xz_actor *actor, const struct xz_site *site,
                                 xz_entry_id entry, struct xz_notice *notice);
/* "2026-11-20 08:00" as a day's minute in China Standard Time; a day alone is its first minute. */
bool xz_minute_parse(xz_str text, int64_t *ms);
xz_str xz_minute_format(struct xz_arena *arena, int64_t ms);

/* --- withdrawing by hand --- */
struct xz_withdraw {
    struct xz_actor actor;
    xz_str what;   /* a file's lasting name, one row of it (file#key), or a service item code */
    xz_str reason; /* kept with the entry and in the trail */
    bool undo;
};
struct xz_withdrawn {
    xz_entry_id entry;
    xz_str title, source;
};
/* Takes all published entries of `what` out of sight at once, or (undo) gives back what was
 * withdrawn by hand. They stay withdrawn when their file is imported again. Not searchable any more
 * when it returns.
 *   XZ_E_INPUT    no reason
 *   XZ_E_MISSING  nothing published (undo: nothing withdrawn by hand) is called that */
XZ_MUST_USE xz_err xz_knowledge_withdraw(struct xz_knowledge *knowledge, struct xz_arena *arena,
                                         const struct xz_withdraw *withdraw,
                                         struct xz_withdrawn **list, size_t *count);
/* {"withdrawn":[{"entry","title","source"}…]} */
struct xz_json_writer;
void xz_withdrawn_write(struct xz_json_writer *w, const struct xz_withdrawn *list, size_t count);

#endif
