/* What a handler may ask of its request. Values are slices of the request's head, or decoded into
 * its arena. */
#include "net/net_internal.h"

static bool next_pair(xz_str *query, xz_str *name, xz_str *value);

struct xz_arena *xz_request_arena(struct xz_request *req)
{
    return req->arena;
}

void *xz_request_app(struct xz_request *req)
{
    return req->loop->server->options.app;
}

const struct xz_clock *xz_request_clock(struct xz_request *req)
{
    return req->loop->server->options.clock;
}

int64_t xz_request_number(const struct xz_request *req)
{
    return req->number;
}

xz_str xz_request_path(const struct xz_request *req)
{
    return req->path.text;
}

xz_str xz_request_param(const struct xz_request *req, const char *name)
{
    xz_str rest = xz_str_from(req->row->path + 1);
    for (size_t i = 0; rest.len && i < req->path.segment_count; i++) {
        xz_str segment = xz_str_cut(&rest, '/');
        if (segment.ptr[0] == '*' && strcmp(name, "*") == 0) {
            size_t from = (size_t)(req->path.segments[i].ptr - req->path.text.ptr);
            return xz_str_sub(req->path.text, from, req->path.text.len);
        }
        if (segment.ptr[0] == ':' &&
            xz_str_eq(xz_str_sub(segment, 1, segment.len), xz_str_from(name)))
            return req->path.segments[i];
    }
    return XZ_STR_NONE;
}

xz_str xz_request_query(const struct xz_request *req, const char *name)
{
    xz_str query = req->raw_query, key, value, decoded;
    while (next_pair(&query, &key, &value))
        if (net_url_decode(req->arena, key, false, &decoded) &&
            xz_str_eq(decoded, xz_str_from(name)))
            return net_url_decode(req->arena, value, false, &decoded) ? decoded : XZ_STR_NONE;
    return XZ_STR_NONE;
}

static bool next_pair(xz_str *query, xz_str *name, xz_str *value)
{
    if (query->len == 0)
        return false;
    *value = xz_str_cut(query, '&');
    *name = xz_str_cut(value, '=');
    return true;
}

xz_str xz_request_header(const struct xz_request *req, const char *name)
{
    xz_str wanted = xz_str_from(name);
    for (size_t i = 0; i < req->header_count; i++)
        if (req->headers[i].name.len == wanted.len &&
            xz_str_eq_nocase(req->headers[i].name, wanted))
            return req->headers[i].value;
    return XZ_STR_NONE;
}

bool xz_request_accepts(const struct xz_request *req, const char *media_type)
{
    return net_list_accepts(xz_request_header(req, "Accept"), xz_str_from(media_type));
}

bool net_list_accepts(xz_str list, xz_str wanted)
{
    while (list.len) {
        xz_str item = xz_str_cut(&list, ',');
        xz_str type = xz_str_trim(xz_str_cut(&item, ';'));
        bool refused = false;
        while (item.len) {
            xz_str parameter = xz_str_trim(xz_str_cut(&item, ';'));
            double quality;
            if (parameter.len > 2 && (parameter.ptr[0] | 0x20) == 'q' && parameter.ptr[1] == '=' &&
                xz_str_to_double(xz_str_sub(parameter, 2, parameter.len), &quality))
                refused = quality <= 0;
        }
        if (xz_str_eq_nocase(type, wanted))
            return !refused;
    }
    return false;
}

xz_str xz_request_body(const struct xz_request *req)
{
    return xz_buf_str(&req->body);
}

const char *xz_request_body_file(const struct xz_request *req)
{
    return net_body_path(req);
}

xz_err xz_request_json(struct xz_request *req, const struct xz_json **root)
{
    xz_str type = xz_request_header(req, "Content-Type");
    xz_str media = xz_str_trim(xz_str_cut(&type, ';'));

    if (!xz_str_eq_nocase(media, XZ_STR("application/json")))
        return xz_fail(XZ_E_INPUT, "请求头 Content-Type 须为 application/json。");
    if (!req->json) {
        if (req->body.len == 0)
            return xz_fail(XZ_E_INPUT, "请求体是空的，应为一个 JSON 对象。");
        if (xz_json_parse(xz_buf_str(&req->body), &req->json) != XZ_OK)
            return xz_fail(XZ_E_INPUT, "请求体不是合法的 JSON（UTF-8 编码），请检查格式。");
    }
    *root = xz_json_root(req->json);
    return XZ_OK;
}

bool xz_request_is_local(const struct xz_request *req, uint32_t *uid)
{
    if (req->is_local && uid)
        *uid = req->uid;
    return req->is_local;
}

xz_str xz_request_client(const struct xz_request *req)
{
    return req->client_text;
}

void xz_request_actor_set(struct xz_request *req, const void *actor)
{
    req->actor = actor;
}

const void *xz_request_actor(const struct xz_request *req)
{
    return req->actor;
}

bool xz_request_is_aborted(const struct xz_request *req)
{
    return atomic_load_explicit(&req->aborted, memory_order_acquire);
}

void xz_request_hold(struct xz_request *req)
{
    XZ_ASSERT(!req->replied && !req->stream);
    req->held = true;
}
