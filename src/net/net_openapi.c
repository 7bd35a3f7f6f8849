/* Prints the OpenAPI 3.1 document from the route rows. Every row gives an operation; a row's own
 * `doc` object overrides or extends what is generated ("parameters" are appended, "responses"
 * merged by status). */
#include "net/net_check_internal.h"

struct openapi {
    struct xz_json_writer w;
    const struct xz_json *doc;
};

static void print_path(struct openapi *api, const struct xz_route_table *tables, size_t count,
                       const char *path);
static void print_operation(struct openapi *api, const struct xz_route *row);
static void print_parameters(struct openapi *api, const struct xz_route *row);
static void print_body(struct openapi *api, const struct xz_route *row);
static void print_responses(struct openapi *api, const struct xz_route *row);
static void print_components(struct openapi *api);
static void print_value(struct xz_json_writer *w, const struct xz_json *value);

static bool is_first_of_path(const struct xz_route_table *tables, size_t table, size_t row)
{
    const char *path = tables[table].rows[row].path;
    for (size_t t = 0; t <= table; t++)
        for (size_t r = 0; r < (t == table ? row : tables[t].count); r++)
            if (strcmp(tables[t].rows[r].path, path) == 0)
                return false;
    return true;
}

xz_err xz_openapi_print(const struct xz_route_table *tables, size_t count, struct xz_buf *out)
{
    struct net_route_index *index = NULL;
    struct openapi api = { .doc = NULL };
    xz_err err = net_route_index_create(tables, count, &index);
    if (err != XZ_OK)
        return err;
    net_route_index_destroy(index);

    xz_jw_init(&api.w, out);
    xz_jw_begin_object(&api.w);
    xz_jw_member_str(&api.w, "openapi", XZ_STR("3.1.0"));
    xz_jw_key(&api.w, "info");
    xz_jw_begin_object(&api.w);
    xz_jw_member_str(&api.w, "title", XZ_STR("小政 HTTP 接口"));
    xz_jw_member_str(&api.w, "version", XZ_STR(XZ_VERSION));
    xz_jw_member_str(&api.w, "description",
                     XZ_STR("本文件由路由表生成。出错时返回 application/problem+json（RFC 9457），"
                            "detail 用中文说明怎么办。"));
    xz_jw_end_object(&api.w);
    xz_jw_key(&api.w, "paths");
    xz_jw_begin_object(&api.w);
    for (size_t t = 0; t < count; t++)
        for (size_t r = 0; r < tables[t].count; r++)
            if (is_first_of_path(tables, t, r))
                print_path(&api, tables, count, tables[t].rows[r].path);
    xz_jw_end_object(&api.w);
    print_components(&api);
    xz_jw_end_object(&api.w);
    return out->err;
}

/* "/a/:id/b" is written "/a/{id}/b", "*" as "{rest}". */
static void print_path(struct openapi *api, const struct xz_route_table *tables, size_t count,
                       const char *path)
{
    struct xz_buf name;
    xz_buf_init(&name, (size_t)KIB(4));
    for (xz_str rest = xz_str_from(path + 1); rest.len;) {
        xz_str segment = xz_str_cut(&rest, '/');
        if (segment.ptr[0] == ':')
            xz_buf_addf(&name, "/{%.*s}", (int)segment.len - 1, segment.ptr + 1);
        else if (segment.ptr[0] == '*')
            xz_buf_add_lit(&name, "/{rest}");
        else
            xz_buf_addf(&name, "/%.*s", XZ_STR_ARG(segment));
    }
    xz_jw_key(&api->w, name.len ? name.ptr : "/");
    xz_buf_fini(&name);
    xz_jw_begin_object(&api->w);
    for (size_t t = 0; t < count; t++)
        for (size_t r = 0; r < tables[t].count; r++)
            if (strcmp(tables[t].rows[r].path, path) == 0)
                print_operation(api, &tables[t].rows[r]);
    xz_jw_end_object(&api->w);
}

static void print_operation_id(struct openapi *api, const struct xz_route *row)
{
    struct xz_buf id;
    xz_buf_init(&id, (size_t)KIB(4));
    for (const char *p = net_method_name(row->method); *p; p++)
        xz_buf_add_char(&id, (char)(*p | 0x20));
    for (const char *p = row->path; *p; p++) {
        bool is_word = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9');
        if (is_word || (id.len && id.ptr[id.len - 1] != '_'))
            xz_buf_add_char(&id, is_word ? *p : '_');
    }
    xz_jw_member_str(&api->w, "operationId", xz_buf_str(&id));
    xz_buf_fini(&id);
}

static void print_extra(xz_str key, const struct xz_json *value, void *arg)
{
    static const char *const merged[] = { "parameters", "responses", "requestBody" };
    struct openapi *api = arg;
    for (size_t i = 0; i < XZ_COUNT(merged); i++)
        if (xz_str_eq(key, xz_str_from(merged[i])))
            return;
    char name[128];
    snprintf(name, sizeof name, "%.*s", XZ_STR_ARG(key));
    xz_jw_key(&api->w, name);
    print_value(&api->w, value);
}

static void print_operation(struct openapi *api, const struct xz_route *row)
{
    static const char *const names[] = { "", "get", "post", "put", "delete" };
    static const char *const rates[] = { "", "free", "read", "ask", "heavy" };
    struct xz_json_doc *doc = NULL;

    if (row->doc && xz_json_parse(xz_str_from(row->doc), &doc) == XZ_OK)
        api->doc = xz_json_root(doc);
    xz_jw_key(&api->w, names[row->method]);
    xz_jw_begin_object(&api->w);
    if (!xz_json_get(api->doc, "operationId"))
        print_operation_id(api, row);
    if (!xz_json_get(api->doc, "summary"))
        xz_jw_member_str(&api->w, "summary", xz_str_from(row->summary));
    xz_jw_member_int(&api->w, "x-permission", row->permission);
    xz_jw_member_str(&api->w, "x-rate", xz_str_from(rates[row->rate]));
    if (row->body_max_bytes != XZ_BODY_NONE)
        xz_jw_member_int(&api->w, "x-body-max-bytes", row->body_max_bytes);
    print_parameters(api, row);
    print_body(api, row);
    print_responses(api, row);
    xz_json_each(api->doc, print_extra, api);
    xz_jw_end_object(&api->w);
    xz_json_destroy(doc);
    api->doc = NULL;
}

static void print_parameters(struct openapi *api, const struct xz_route *row)
{
    const struct xz_json *own = xz_json_get(api->doc, "parameters");
    if (!strstr(row->path, "/:") && !strstr(row->path, "/*") && xz_json_count(own) == 0)
        return;
    xz_jw_key(&api->w, "parameters");
    xz_jw_begin_array(&api->w);
    for (xz_str rest = xz_str_from(row->path + 1); rest.len;) {
        xz_str segment = xz_str_cut(&rest, '/');
        if (segment.ptr[0] != ':' && segment.ptr[0] != '*')
            continue;
        xz_jw_begin_object(&api->w);
        xz_jw_member_str(&api->w, "name",
                         segment.ptr[0] == '*' ? XZ_STR("rest")
                                               : xz_str_sub(segment, 1, segment.len));
        xz_jw_member_str(&api->w, "in", XZ_STR("path"));
        xz_jw_member_bool(&api->w, "required", true);
        xz_jw_key(&api->w, "schema");
        xz_jw_raw(&api->w, XZ_STR("{\"type\":\"string\"}"));
        xz_jw_end_object(&api->w);
    }
    for (size_t i = 0; i < xz_json_count(own); i++)
        print_value(&api->w, xz_json_at(own, i));
    xz_jw_end_array(&api->w);
}

static void print_body(struct openapi *api, const struct xz_route *row)
{
    const struct xz_json *own = xz_json_get(api->doc, "requestBody");
    if (row->body_max_bytes == XZ_BODY_NONE && !own)
        return;
    xz_jw_key(&api->w, "requestBody");
    if (own)
        print_value(&api->w, own);
    else if (row->body_to_file)
        xz_jw_raw(&api->w, XZ_STR("{\"content\":{\"application/octet-stream\":{}}}"));
    else
        xz_jw_raw(&api->w, XZ_STR("{\"content\":{\"application/json\":{\"schema\":"
                                  "{\"type\":\"object\"}}}}"));
}

static void print_response(xz_str key, const struct xz_json *value, void *arg)
{
    struct openapi *api = arg;
    char name[32];
    snprintf(name, sizeof name, "%.*s", XZ_STR_ARG(key));
    xz_jw_key(&api->w, name);
    print_value(&api->w, value);
}

static void print_responses(struct openapi *api, const struct xz_route *row)
{
    const struct xz_json *own = xz_json_get(api->doc, "responses");
    xz_jw_key(&api->w, "responses");
    xz_jw_begin_object(&api->w);
    if (!own) {
        xz_jw_key(&api->w, "200");
        xz_jw_raw(&api->w, XZ_STR("{\"description\":\"成功\"}"));
    }
    xz_json_each(own, print_response, api);
    if (!xz_json_get(own, "default")) {
        xz_jw_key(&api->w, "default");
        xz_jw_raw(&api->w, XZ_STR("{\"$ref\":\"#/components/responses/Problem\"}"));
    }
    xz_jw_end_object(&api->w);
}

static void print_components(struct openapi *api)
{
    xz_jw_key(&api->w, "components");
    xz_jw_raw(&api->w, XZ_STR("{\"responses\":{\"Problem\":{\"description\":\"出错，detail "
                              "说明原因和办法\",\"content\":"
                              "{\"application/problem+json\":{\"schema\":{\"$ref\":\"#/components/"
                              "schemas/Problem\"}}}}},"
                              "\"schemas\":{\"Problem\":{\"type\":\"object\",\"required\":["
                              "\"type\",\"title\",\"status\","
                              "\"detail\"],\"properties\":{\"type\":{\"type\":\"string\"},"
                              "\"title\":{\"type\":\"string\"},"
                              "\"status\":{\"type\":\"integer\"},\"detail\":{\"type\":\"string\"},"
                              "\"error\":{\"type\":\"string\",\"description\":\"出错种类\"},"
                              "\"request\":{\"type\":\"integer\",\"description\":"
                              "\"请求编号，反映问题时请提供\"}}}}}"));
}

static void print_member(xz_str key, const struct xz_json *value, void *arg)
{
    struct xz_json_writer *w = arg;
    struct xz_buf name;
    xz_buf_init(&name, (size_t)KIB(64));
    xz_buf_add(&name, key);
    xz_jw_key(w, name.len ? name.ptr : "");
    xz_buf_fini(&name);
    print_value(w, value);
}

static void print_value(struct xz_json_writer *w, const struct xz_json *value)
{
    switch (xz_json_kind(value)) {
    case XZ_JSON_BOOL:
        xz_jw_bool(w, xz_json_bool(value, false));
        break;
    case XZ_JSON_INT:
        xz_jw_int(w, xz_json_int(value, 0));
        break;
    case XZ_JSON_DOUBLE:
        xz_jw_double(w, xz_json_double(value, 0));
        break;
    case XZ_JSON_STRING:
        xz_jw_str(w, xz_json_str(value, XZ_STR_NONE));
        break;
    case XZ_JSON_ARRAY:
        xz_jw_begin_array(w);
        for (size_t i = 0; i < xz_json_count(value); i++)
            print_value(w, xz_json_at(value, i));
        xz_jw_end_array(w);
        break;
    case XZ_JSON_OBJECT:
        xz_jw_begin_object(w);
        xz_json_each(value, print_member, w);
        xz_jw_end_object(w);
        break;
    default:
        xz_jw_null(w);
    }
}
