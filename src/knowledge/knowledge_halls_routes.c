/* The HTTP side of halls, of the places on their floors, of notices, and of withdrawing by hand. */
#include "knowledge/knowledge_internal.h"

#include "core/json.h"
#include "knowledge/context.h"
#include "net/http.h"
#include "knowledge/knowledge_halls_doc.h"

static struct xz_knowledge *knowledge_of(struct xz_request *req)
{
    return ((const struct xz_context *)xz_request_app(req))->knowledge;
}

/* A handler within one snapshot; what it writes is one object. */
struct looking {
    struct xz_request *req;
    struct xz_tx *tx;
    struct xz_arena *arena;
    const struct xz_site *site;
    const struct xz_actor *actor;
    struct xz_json_writer w;
};

static xz_err look(struct xz_request *req, xz_err (*write)(struct looking *l))
{
    struct looking l = { .req = req,
                         .arena = xz_request_arena(req),
                         .site = xz_knowledge_site(knowledge_of(req)),
                         .actor = xz_request_actor(req) };
    struct xz_buf buf;
    xz_err err = xz_store_read(knowledge_of(req)->store, &l.tx);

    if (err != XZ_OK)
        return err;
    xz_buf_init(&buf, (size_t)MIB(16));
    xz_jw_init(&l.w, &buf);
    xz_jw_begin_object(&l.w);
    err = write(&l);
    xz_store_read_end(l.tx);
    xz_jw_end_object(&l.w);
    if (err == XZ_OK)
        xz_reply_json(req, 200, &buf);
    xz_buf_fini(&buf);
    return err;
}

static void member_code(struct xz_json_writer *w, const char *key, int64_t code)
{
    char text[24] = "";
    if (code)
        snprintf(text, sizeof(text), "%lld", (long long)code);
    xz_jw_member_str(w, key, xz_str_from(text));
}

/* ?region=CODE, one that is known here; none said is everywhere. */
static xz_err region_decode(const struct looking *l, int64_t *region)
{
    xz_str text = xz_request_query(l->req, "region");
    *region = 0;
    if (text.len &&
        (!xz_str_to_int(text, region) || *region <= 0 || !xz_region_find(l->site, *region)))
        return xz_fail(XZ_E_INPUT, "没有这个区划代码，请重新选择所在区域。");
    return XZ_OK;
}

/* --- halls --- */

static void hall_members(struct xz_json_writer *w, const struct xz_hall *h)
{
    xz_jw_member_int(w, "id", h->id);
    xz_jw_member_str(w, "code", h->code);
    xz_jw_member_str(w, "name", h->name);
    member_code(w, "region", h->region);
    xz_jw_member_str(w, "region_name", h->region_name);
    xz_jw_member_str(w, "level", h->level);
    xz_jw_member_str(w, "address", h->address);
    xz_jw_member_str(w, "phone", h->phone);
    xz_jw_member_str(w, "hours", h->hours);
    xz_jw_member_str(w, "traffic", h->traffic);
    xz_jw_member_str(w, "access", h->access);
    xz_jw_member_str(w, "note", h->note);
}

static xz_err halls_write(struct looking *l)
{
    struct xz_hall *halls;
    int64_t region;
    size_t count;
    xz_err err;

    if ((err = region_decode(l, &region)) != XZ_OK ||
        (err = xz_hall_list(l->tx, l->arena, l->site, region, &halls, &count)) != XZ_OK)
        return err;
    xz_jw_key(&l->w, "halls");
    xz_jw_begin_array(&l->w);
    for (size_t i = 0; i < count; i++) {
        xz_jw_begin_object(&l->w);
        hall_members(&l->w, &halls[i]);
        xz_jw_end_object(&l->w);
    }
    xz_jw_end_array(&l->w);
    return XZ_OK;
}

static xz_err halls_handler(struct xz_request *req)
{
    return look(req, halls_write);
}

static void place_members(struct xz_json_writer *w, const struct xz_place *p)
{
    xz_jw_member_int(w, "id", p->id);
    xz_jw_member_str(w, "name", p->name);
    xz_jw_member_str(w, "kind", xz_str_from(xz_place_kind_name(p->kind)));
    xz_jw_member_str(w, "kind_name", xz_str_from(xz_place_kind_chinese(p->kind)));
    xz_jw_member_int(w, "left", p->left);
    xz_jw_member_int(w, "top", p->top);
    xz_jw_member_int(w, "width", p->width);
    xz_jw_member_int(w, "height", p->height);
    xz_jw_member_str(w, "note", p->note);
}

static void place_write(struct xz_json_writer *w, const struct xz_place *p)
{
    xz_jw_begin_object(w);
    place_members(w, p);
    xz_jw_key(w, "items");
    xz_jw_begin_array(w);
    for (size_t i = 0; i < p->item_count; i++) {
        xz_jw_begin_object(w);
        xz_jw_member_str(w, "code", p->items[i].code);
        xz_jw_member_str(w, "title", p->items[i].title);
        xz_jw_member_int(w, "entry", p->items[i].id.v);
        xz_jw_end_object(w);
    }
    xz_jw_end_array(w);
    xz_jw_end_object(w);
}

static void floors_write(struct xz_json_writer *w, const struct xz_place *places, size_t count)
{
    xz_jw_key(w, "floors");
    xz_jw_begin_array(w);
    for (size_t i = 0; i < count;) {
        int64_t floor = places[i].floor;
        xz_jw_begin_object(w);
        xz_jw_member_int(w, "floor", floor);
        xz_jw_key(w, "places");
        xz_jw_begin_array(w);
        for (; i < count && places[i].floor == floor; i++)
            place_write(w, &places[i]);
        xz_jw_end_array(w);
        xz_jw_end_object(w);
    }
    xz_jw_end_array(w);
}

static xz_err hall_write(struct looking *l)
{
    struct xz_place *places;
    struct xz_hall hall;
    int64_t id;
    size_t count;
    xz_err err;

    if (!xz_str_to_int(xz_request_param(l->req, "id"), &id) || id <= 0)
        return xz_fail(XZ_E_MISSING, "没有这个大厅，可能已经撤并。");
    if ((err = xz_hall_get(l->tx, l->arena, l->site, id, &hall)) != XZ_OK ||
        (err = xz_place_list(l->tx, l->arena, l->actor, &hall, &places, &count)) != XZ_OK)
        return err;
    hall_members(&l->w, &hall);
    floors_write(&l->w, places, count);
    return XZ_OK;
}

static xz_err hall_handler(struct xz_request *req)
{
    return look(req, hall_write);
}

static xz_err windows_write(struct looking *l)
{
    xz_str code = xz_request_param(l->req, "code");
    struct xz_window *windows;
    struct xz_entry guide;
    size_t count;
    xz_err err;

    /* Where an item is done is as public as its guide. */
    if ((err = xz_entry_find_code(l->tx, l->arena, l->actor, code, &guide)) == XZ_E_MISSING)
        return xz_fail(XZ_E_MISSING, "没有这个编码的办事事项。");
    if (err != XZ_OK ||
        (err = xz_window_list(l->tx, l->arena, l->site, code, &windows, &count)) != XZ_OK)
        return err;
    xz_jw_key(&l->w, "windows");
    xz_jw_begin_array(&l->w);
    for (size_t i = 0; i < count; i++) {
        xz_jw_begin_object(&l->w);
        xz_jw_key(&l->w, "hall");
        xz_jw_begin_object(&l->w);
        hall_members(&l->w, &windows[i].hall);
        xz_jw_end_object(&l->w);
        xz_jw_member_int(&l->w, "floor", windows[i].place.floor);
        xz_jw_key(&l->w, "place");
        xz_jw_begin_object(&l->w);
        place_members(&l->w, &windows[i].place);
        xz_jw_end_object(&l->w);
        xz_jw_end_object(&l->w);
    }
    xz_jw_end_array(&l->w);
    return XZ_OK;
}

static xz_err windows_handler(struct xz_request *req)
{
    return look(req, windows_write);
}

/* --- notices --- */

static void notice_write(struct xz_json_writer *w, const struct xz_notice *n)
{
    xz_jw_begin_object(w);
    xz_jw_member_int(w, "id", n->entry.id.v);
    xz_jw_member_str(w, "title", n->entry.title);
    xz_jw_member_str(w, "level", xz_str_from(xz_notice_level_name(n->level)));
    xz_jw_member_str(w, "level_name", xz_str_from(xz_notice_level_chinese(n->level)));
    member_code(w, "region", n->entry.region);
    xz_jw_member_str(w, "region_name", n->region_name);
    xz_jw_member_int(w, "issued_at", n->issued_ms);
    xz_jw_member_int(w, "expires_at", n->expires_ms);
    xz_jw_member_str(w, "issuer", n->entry.issuer);
    xz_jw_member_str(w, "phone", n->phone);
    xz_jw_member_str(w, "text", n->text);
    xz_jw_member_int(w, "clause", n->clause.v);
    xz_jw_end_object(w);
}

static xz_err notices_write(struct looking *l)
{
    struct xz_notice_query query = { .actor = l->actor,
                                     .site = l->site,
                                     .now_ms = xz_clock_now_ms(xz_request_clock(l->req)) };
    struct xz_notice *notices;
    size_t count;
    xz_err err;

    if ((err = region_decode(l, &query.region)) != XZ_OK ||
        (err = xz_notice_list(l->tx, l->arena, &query, &notices, &count)) != XZ_OK)
        return err;
    xz_jw_key(&l->w, "notices");
    xz_jw_begin_array(&l->w);
    for (size_t i = 0; i < count; i++)
        notice_write(&l->w, &notices[i]);
    xz_jw_end_array(&l->w);
    return XZ_OK;
}

static xz_err notices_handler(struct xz_request *req)
{
    return look(req, notices_write);
}

/* --- withdrawing by hand --- */

static xz_err withdraw_handler(struct xz_request *req)
{
    const struct xz_json *body;
    struct xz_withdrawn *list;
    struct xz_json_writer w;
    struct xz_buf buf;
    size_t count;
    xz_err err = xz_request_json(req, &body);

    if (err != XZ_OK)
        return err;
    const struct xz_withdraw withdraw = {
        .actor = *(const struct xz_actor *)xz_request_actor(req),
        .what = xz_json_str(xz_json_get(body, "what"), XZ_STR_NONE),
        .reason = xz_json_str(xz_json_get(body, "reason"), XZ_STR_NONE),
        .undo = xz_json_bool(xz_json_get(body, "undo"), false)
    };
    if ((err = xz_knowledge_withdraw(knowledge_of(req), xz_request_arena(req), &withdraw, &list,
                                     &count)) != XZ_OK)
        return err;
    xz_buf_init(&buf, (size_t)MIB(16));
    xz_jw_init(&w, &buf);
    xz_withdrawn_write(&w, list, count);
    xz_reply_json(req, 200, &buf);
    xz_buf_fini(&buf);
    return XZ_OK;
}

/* clang-format off */
static const struct xz_route halls_routes[] = {
    /* method path                       permission      body          rate          handler          summary, doc, body to file */
    { XZ_GET, "/api/notices",             XZ_PERM_PUBLIC, XZ_BODY_NONE, XZ_RATE_READ, notices_handler, "此刻有效的公告，先急后缓", doc_notices, false },
    { XZ_GET, "/api/halls",               XZ_PERM_PUBLIC, XZ_BODY_NONE, XZ_RATE_READ, halls_handler,   "政务服务大厅", doc_halls, false },
    { XZ_GET, "/api/halls/:id",           XZ_PERM_PUBLIC, XZ_BODY_NONE, XZ_RATE_READ, hall_handler,    "一个大厅各层的窗口与设施", doc_hall, false },
    { XZ_GET, "/api/items/:code/windows", XZ_PERM_PUBLIC, XZ_BODY_NONE, XZ_RATE_READ, windows_handler, "一个事项在哪些大厅的哪些窗口办理", doc_windows, false },
    { XZ_POST, "/api/withdraw",          XZ_PERM_OPERATE, KIB(16),      XZ_RATE_READ, withdraw_handler, "撤下一个文件、其中一行或一个事项，或恢复（本机）", doc_withdraw, false },
};
/* clang-format on */
const struct xz_route_table xz_halls_route_table = { halls_routes, XZ_COUNT(halls_routes) };
