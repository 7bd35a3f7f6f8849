/* The HTTP side of knowledge: the site, its regions and departments, entries and their clauses. */
#include "knowledge/knowledge_internal.h"

#include "core/json.h"
#include "knowledge/context.h"
#include "net/http.h"
#include "knowledge/knowledge_routes_doc.h"

static struct xz_knowledge *knowledge_of(struct xz_request *req)
{
    return ((const struct xz_context *)xz_request_app(req))->knowledge;
}

static void reply_done(struct xz_request *req, struct xz_json_writer *w)
{
    xz_jw_end_object(w);
    xz_reply_json(req, 200, w->buf);
    xz_buf_fini(w->buf);
}

static void reply_begin(struct xz_json_writer *w, struct xz_buf *buf)
{
    xz_buf_init(buf, MIB(16));
    xz_jw_init(w, buf);
    xz_jw_begin_object(w);
}

static void member_code(struct xz_json_writer *w, const char *key, int64_t code)
{
    char text[24] = "";
    if (code)
        snprintf(text, sizeof(text), "%lld", (long long)code);
    xz_jw_member_str(w, key, xz_str_from(text));
}

static void member_date(struct xz_json_writer *w, const char *key, xz_date date)
{
    char text[16] = "";
    if (date)
        snprintf(text, sizeof(text), "%04d-%02d-%02d", date / 10000, date / 100 % 100, date % 100);
    xz_jw_member_str(w, key, xz_str_from(text));
}

static xz_err site_handler(struct xz_request *req)
{
    struct xz_knowledge *k = knowledge_of(req);
    const struct xz_site *site = xz_knowledge_site(k);
    const struct xz_region *region = xz_region_find(site, site->region);
    struct xz_knowledge_counts counts;
    struct xz_json_writer w;
    struct xz_buf buf;
    xz_err err = xz_knowledge_count(k, &counts);

    if (err != XZ_OK)
        return err;
    reply_begin(&w, &buf);
    xz_jw_member_str(&w, "name", site->name);
    xz_jw_member_str(&w, "platform", site->platform);
    xz_jw_member_str(&w, "hotline", site->hotline);
    xz_jw_member_str(&w, "hotline_hours", site->hotline_hours);
    member_code(&w, "region", site->region);
    xz_jw_member_str(&w, "region_name", region ? region->name : site->name);
    xz_jw_member_str(&w, "notice", site->notice);
    xz_jw_member_str(&w, "model_name", site->model_name);
    xz_jw_member_str(&w, "model_filing", site->model_filing);
    xz_jw_member_str(&w, "algorithm_filing", site->algorithm_filing);
    xz_jw_member_str(&w, "operator", site->operator);
    xz_jw_member_str(&w, "icp", site->icp);
    xz_jw_member_str(&w, "complaint_url", site->complaint_url);
    xz_jw_member_str(&w, "complaint_phone", site->complaint_phone);
    xz_jw_member_str(&w, "privacy_contact", site->privacy_contact);
    xz_jw_member_int(&w, "record_days", site->record_days);
    xz_jw_member_int(&w, "complaint_days", site->complaint_days);
    xz_jw_member_int(&w, "entries", counts.entries);
    xz_jw_key(&w, "counts");
    xz_jw_begin_object(&w);
    xz_jw_member_int(&w, "law", counts.laws);
    xz_jw_member_int(&w, "policy", counts.policies);
    xz_jw_member_int(&w, "guide", counts.guides);
    xz_jw_member_int(&w, "answer", counts.answers);
    xz_jw_end_object(&w);
    xz_jw_member_str(&w, "version", XZ_STR(XZ_VERSION));
    member_date(&w, "today", xz_date_from_ms(xz_clock_now_ms(xz_request_clock(req))));
    reply_done(req, &w);
    return XZ_OK;
}

static bool is_below(const struct xz_site *site, const struct xz_region *region)
{
    for (int depth = 0; region && depth < XZ_SEARCH_REGIONS_MAX; depth++) {
        if (region->code == site->region)
            return true;
        region = xz_region_find(site, region->parent);
    }
    return false;
}

static xz_err regions_handler(struct xz_request *req)
{
    static const struct {
        const char *chinese, *name;
    } levels[] = {
        { "省", "province" },
        { "市", "city" },
        { "区", "district" },
        { "街道", "street" },
    };
    const struct xz_site *site = xz_knowledge_site(knowledge_of(req));
    struct xz_json_writer w;
    struct xz_buf buf;

    reply_begin(&w, &buf);
    xz_jw_key(&w, "regions");
    xz_jw_begin_array(&w);
    for (size_t i = 0; i < site->own_region_count; i++) {
        const struct xz_region *region = &site->regions[i];
        const char *level = "";
        if (!is_below(site, region))
            continue;
        for (size_t k = 0; k < XZ_COUNT(levels); k++)
            if (xz_str_eq(region->level, xz_str_from(levels[k].chinese)))
                level = levels[k].name;
        xz_jw_begin_object(&w);
        member_code(&w, "code", region->code);
        xz_jw_member_str(&w, "name", region->name);
        member_code(&w, "parent", region->parent);
        xz_jw_member_str(&w, "level", xz_str_from(level));
        xz_jw_end_object(&w);
    }
    xz_jw_end_array(&w);
    reply_done(req, &w);
    return XZ_OK;
}

static xz_err departments_handler(struct xz_request *req)
{
    const struct xz_site *site = xz_knowledge_site(knowledge_of(req));
    xz_str wanted = xz_str_trim(xz_request_query(req, "q"));
    struct xz_json_writer w;
    struct xz_buf buf;

    reply_begin(&w, &buf);
    xz_jw_key(&w, "departments");
    xz_jw_begin_array(&w);
    for (size_t i = 0; i < site->department_count; i++) {
        const struct xz_department *d = &site->departments[i];
        const struct xz_region *region = xz_region_find(site, d->region);
        if (wanted.len && xz_str_find(d->name, wanted) == XZ_STR_NPOS &&
            xz_str_find(d->short_name, wanted) == XZ_STR_NPOS &&
            xz_str_find(d->duties, wanted) == XZ_STR_NPOS)
            continue;
        xz_jw_begin_object(&w);
        xz_jw_member_str(&w, "id", d->code);
        xz_jw_member_str(&w, "name", d->name);
        xz_jw_member_str(&w, "phone", d->phone);
        xz_jw_member_str(&w, "address", d->address);
        xz_jw_member_str(&w, "hours", d->hours);
        xz_jw_member_str(&w, "duties", d->duties);
        xz_jw_member_str(&w, "region", region ? region->name : XZ_STR_NONE);
        xz_jw_end_object(&w);
    }
    xz_jw_end_array(&w);
    reply_done(req, &w);
    return XZ_OK;
}

/* --- one entry --- */

static void versions_write(struct xz_json_writer *w, const struct xz_entry *versions, size_t count,
                           xz_date today)
{
    xz_jw_key(w, "versions");
    xz_jw_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        xz_jw_begin_object(w);
        xz_jw_member_int(w, "entry", versions[i].id.v);
        xz_jw_member_str(w, "title", versions[i].title);
        member_date(w, "issued_on", versions[i].issued_on);
        member_date(w, "effective_on", versions[i].effective_on);
        xz_jw_member_str(w, "status",
                         xz_str_from(xz_validity_name(xz_entry_validity(&versions[i], today))));
        xz_jw_end_object(w);
    }
    xz_jw_end_array(w);
}

static void entry_write(struct xz_json_writer *w, const struct xz_site *site,
                        const struct xz_entry *e, xz_date today)
{
    const struct xz_region *region = xz_region_find(site, e->region);
    xz_jw_member_int(w, "id", e->id.v);
    xz_jw_member_str(w, "kind", xz_str_from(xz_entry_kind_name(e->kind)));
    xz_jw_member_str(w, "title", e->title);
    xz_jw_member_str(w, "number", e->number);
    xz_jw_member_str(w, "code", e->code);
    xz_jw_member_str(w, "issuer", e->issuer);
    xz_jw_member_str(w, "department", e->department);
    member_code(w, "region", e->region);
    xz_jw_member_str(w, "region_name",
                     region      ? region->name
                     : e->region ? XZ_STR_NONE
                                 : XZ_STR("全国"));
    member_date(w, "issued_on", e->issued_on);
    member_date(w, "effective_on", e->effective_on);
    member_date(w, "expires_on", e->expires_on);
    xz_jw_member_str(w, "basis", e->basis);
    xz_jw_member_int(w, "version", e->version);
    xz_jw_member_str(w, "status", xz_str_from(xz_validity_name(xz_entry_validity(e, today))));
    xz_jw_member_int(w, "clause_count", e->clause_count);
}

static void toc_write(struct xz_json_writer *w, const struct xz_clause *clauses, size_t count)
{
    xz_str path = XZ_STR_NONE;
    xz_jw_key(w, "toc");
    xz_jw_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        bool heading = i == 0 || !xz_str_eq(clauses[i].path, path);
        path = clauses[i].path;
        xz_jw_begin_object(w);
        xz_jw_member_int(w, "clause", clauses[i].id.v);
        xz_jw_member_str(w, "label", clauses[i].label);
        xz_jw_member_str(w, "heading", heading ? path : XZ_STR_NONE);
        xz_jw_end_object(w);
    }
    xz_jw_end_array(w);
}

static xz_err entry_id_decode(struct xz_request *req, xz_entry_id *id)
{
    if (!xz_str_to_int(xz_request_param(req, "id"), &id->v) || id->v <= 0)
        return xz_fail(XZ_E_MISSING, "没有这条知识。");
    return XZ_OK;
}

#define TOC_MAX 3000

static xz_err entry_reply(struct xz_request *req, struct xz_tx *tx, const struct xz_entry *entry)
{
    const struct xz_actor *actor = xz_request_actor(req);
    struct xz_arena *arena = xz_request_arena(req);
    xz_date today = xz_date_from_ms(xz_clock_now_ms(xz_request_clock(req)));
    struct xz_entry *versions, next;
    struct xz_clause *clauses;
    size_t version_count, clause_count;
    struct xz_json_writer w;
    struct xz_buf buf;
    xz_err err;

    if ((err = xz_entry_versions(tx, arena, actor, entry, &versions, &version_count)) != XZ_OK ||
        (err = xz_clause_list(tx, arena, entry->id, 0, TOC_MAX, &clauses, &clause_count)) != XZ_OK)
        return err;
    reply_begin(&w, &buf);
    entry_write(&w, xz_knowledge_site(knowledge_of(req)), entry, today);
    xz_jw_key(&w, "superseded_by");
    if (entry->superseded_by.v &&
        xz_entry_get(tx, arena, actor, entry->superseded_by, &next) == XZ_OK) {
        xz_jw_begin_object(&w);
        xz_jw_member_int(&w, "entry", next.id.v);
        xz_jw_member_str(&w, "title", next.title);
        member_date(&w, "on", entry->superseded_on);
        xz_jw_end_object(&w);
    } else {
        xz_jw_null(&w);
    }
    versions_write(&w, versions, version_count, today);
    toc_write(&w, clauses, clause_count);
    reply_done(req, &w);
    return XZ_OK;
}

static xz_err entry_handler(struct xz_request *req)
{
    struct xz_entry entry;
    struct xz_tx *tx;
    xz_entry_id id;
    xz_err err;

    if ((err = entry_id_decode(req, &id)) != XZ_OK ||
        (err = xz_store_read(knowledge_of(req)->store, &tx)) != XZ_OK)
        return err;
    err = xz_entry_get(tx, xz_request_arena(req), xz_request_actor(req), id, &entry);
    if (err == XZ_OK)
        err = entry_reply(req, tx, &entry);
    xz_store_read_end(tx);
    return err;
}

static xz_err clauses_reply(struct xz_request *req, struct xz_tx *tx, xz_entry_id id, int64_t from,
                            size_t limit)
{
    struct xz_clause *clauses, first;
    struct xz_json_writer w;
    struct xz_buf buf;
    int64_t ordinal = 0;
    size_t count;
    xz_err err;

    if (from) {
        err = xz_clause_get(tx, xz_request_arena(req), (xz_clause_id){ from }, &first);
        if (err == XZ_OK && first.entry.v != id.v)
            err = xz_fail(XZ_E_MISSING, "没有这一条款。");
        if (err != XZ_OK)
            return err;
        ordinal = first.ordinal;
    }
    if ((err = xz_clause_list(tx, xz_request_arena(req), id, ordinal, limit + 1, &clauses,
                              &count)) != XZ_OK)
        return err;
    reply_begin(&w, &buf);
    xz_jw_key(&w, "clauses");
    xz_jw_begin_array(&w);
    for (size_t i = 0; i < count && i < limit; i++) {
        xz_jw_begin_object(&w);
        xz_jw_member_int(&w, "id", clauses[i].id.v);
        xz_jw_member_str(&w, "label", clauses[i].label);
        xz_jw_member_str(&w, "path", clauses[i].path);
        xz_jw_member_str(&w, "text", clauses[i].body);
        xz_jw_end_object(&w);
    }
    xz_jw_end_array(&w);
    xz_jw_key(&w, "next");
    if (count > limit)
        xz_jw_int(&w, clauses[limit].id.v);
    else
        xz_jw_null(&w);
    reply_done(req, &w);
    return XZ_OK;
}

static xz_err clauses_handler(struct xz_request *req)
{
    xz_str from_text = xz_request_query(req, "from"), limit_text = xz_request_query(req, "limit");
    int64_t from = 0, limit = 200;
    struct xz_entry entry;
    struct xz_tx *tx;
    xz_entry_id id;
    xz_err err = entry_id_decode(req, &id);

    if (err != XZ_OK)
        return err;
    if ((from_text.len && !xz_str_to_int(from_text, &from)) ||
        (limit_text.len && (!xz_str_to_int(limit_text, &limit) || limit < 1 || limit > 500)))
        return xz_fail(XZ_E_INPUT, "参数 from 应为条款编号，limit 应为1至500的整数。");
    if ((err = xz_store_read(knowledge_of(req)->store, &tx)) != XZ_OK)
        return err;
    err = xz_entry_get(tx, xz_request_arena(req), xz_request_actor(req), id, &entry);
    if (err == XZ_OK)
        err = clauses_reply(req, tx, id, from, (size_t)limit);
    xz_store_read_end(tx);
    return err;
}

/* clang-format off */
static const struct xz_route knowledge_routes[] = {
    /* method path                        permission      body          rate          handler              summary, doc, body to file */
    { XZ_GET, "/api/site",                XZ_PERM_PUBLIC, XZ_BODY_NONE, XZ_RATE_READ, site_handler,        "站点名称、热线与本地区划", doc_site, false },
    { XZ_GET, "/api/regions",             XZ_PERM_PUBLIC, XZ_BODY_NONE, XZ_RATE_READ, regions_handler,     "本地的区、街道", doc_regions, false },
    { XZ_GET, "/api/departments",         XZ_PERM_PUBLIC, XZ_BODY_NONE, XZ_RATE_READ, departments_handler, "部门及联系方式", doc_departments, false },
    { XZ_GET, "/api/entries/:id",         XZ_PERM_PUBLIC, XZ_BODY_NONE, XZ_RATE_READ, entry_handler,       "一条知识：属性、版本、目录", doc_entry, false },
    { XZ_GET, "/api/entries/:id/clauses", XZ_PERM_PUBLIC, XZ_BODY_NONE, XZ_RATE_READ, clauses_handler,     "一条知识的条款正文", doc_clauses, false },
};
/* clang-format on */
const struct xz_route_table xz_knowledge_route_table = { knowledge_routes,
                                                         XZ_COUNT(knowledge_routes) };
