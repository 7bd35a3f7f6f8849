/* The route rows as a tree of path segments: a literal segment wins over a parameter, a parameter
 * over "*". Bad rows are found here, when the server starts; nothing here knows of sockets. */
#include "net/net_check_internal.h"

#define METHOD_COUNT ((int)XZ_DELETE + 1)

struct route_node {
    xz_str literal;
    struct route_node *first, *next; /* literal children; sibling */
    struct route_node *param;
    const struct xz_route *rows[METHOD_COUNT], *rest_rows[METHOD_COUNT];
};

struct net_route_index {
    struct xz_arena *arena;
    struct route_node root;
};

static xz_err route_add(struct net_route_index *index, const struct xz_route *row);
static const char *route_fault(const struct xz_route *row);
static const char *route_path_fault(xz_str path);

const char *net_method_name(enum xz_method method)
{
    static const char *const names[METHOD_COUNT] = { "", "GET", "POST", "PUT", "DELETE" };
    return method > 0 && (int)method < METHOD_COUNT ? names[method] : "";
}

xz_err net_route_index_create(const struct xz_route_table *tables, size_t count,
                              struct net_route_index **index)
{
    struct xz_arena *arena = xz_arena_create((size_t)KIB(8));
    struct net_route_index *made = XZ_NEW(arena, struct net_route_index, 1);
    xz_err err = XZ_OK;

    made->arena = arena;
    for (size_t t = 0; t < count && err == XZ_OK; t++)
        for (size_t r = 0; r < tables[t].count && err == XZ_OK; r++)
            err = route_add(made, &tables[t].rows[r]);
    if (err != XZ_OK) {
        xz_arena_destroy(arena);
        return err;
    }
    *index = made;
    return XZ_OK;
}

void net_route_index_destroy(struct net_route_index *index)
{
    if (index)
        xz_arena_destroy(index->arena);
}

static struct route_node *literal_child(struct net_route_index *index, struct route_node *node,
                                        xz_str text)
{
    for (struct route_node *child = node->first; child; child = child->next)
        if (xz_str_eq(child->literal, text))
            return child;
    struct route_node *child = XZ_NEW(index->arena, struct route_node, 1);
    child->literal = text;
    child->next = node->first;
    node->first = child;
    return child;
}

static xz_err route_add(struct net_route_index *index, const struct xz_route *row)
{
    const char *fault = route_fault(row);
    const char *path = row->path ? row->path : "";
    struct route_node *node = &index->root;
    const struct xz_route **place = NULL;

    if (fault)
        return xz_fail(XZ_E_INPUT, "路由 %s %s：%s", net_method_name(row->method), path, fault);
    xz_str rest = xz_str_sub(xz_str_from(path), 1, SIZE_MAX);
    while (rest.len && !place) {
        xz_str segment = xz_str_cut(&rest, '/');
        if (segment.ptr[0] == '*') {
            place = node->rest_rows;
        } else if (segment.ptr[0] == ':') {
            if (!node->param)
                node->param = XZ_NEW(index->arena, struct route_node, 1);
            node = node->param;
        } else {
            node = literal_child(index, node, segment);
        }
        XZ_ASSERT(node);
    }
    place = place ? place : node->rows;
    if (place[row->method])
        return xz_fail(XZ_E_INPUT, "路由 %s %s：与 %s 重复", net_method_name(row->method), path,
                       place[row->method]->path);
    place[row->method] = row;
    return XZ_OK;
}

/* What is wrong with a row by itself, or NULL. */
static const char *route_fault(const struct xz_route *row)
{
    struct xz_json_doc *doc = NULL;

    if (row->method < XZ_GET || row->method > XZ_DELETE)
        return "缺少请求方法";
    const char *fault = route_path_fault(xz_str_from(row->path));
    if (fault)
        return fault;
    if (row->permission <= 0)
        return "缺少权限";
    if (row->body_max_bytes <= 0)
        return "缺少请求体上限";
    if (row->method == XZ_GET && (row->body_max_bytes != XZ_BODY_NONE || row->body_to_file))
        return "GET 不能有请求体";
    if (row->rate <= XZ_RATE_NONE || row->rate > XZ_RATE_HEAVY)
        return "缺少频次类别";
    if (!row->handler)
        return "缺少处理函数";
    if (!row->summary || !row->summary[0])
        return "缺少说明";
    if (row->doc) {
        bool is_object = xz_json_parse(xz_str_from(row->doc), &doc) == XZ_OK &&
                         xz_json_kind(xz_json_root(doc)) == XZ_JSON_OBJECT;
        xz_json_destroy(doc);
        return is_object ? NULL : "文档不是 JSON 对象";
    }
    return NULL;
}

static const char *route_path_fault(xz_str path)
{
    size_t segments = 0;

    if (!xz_str_starts(path, XZ_STR("/")))
        return "路径须以 / 开头";
    for (xz_str rest = xz_str_sub(path, 1, path.len); rest.len;) {
        xz_str segment = xz_str_cut(&rest, '/');
        if (segment.len == 0 || ++segments > NET_SEGMENTS_MAX || xz_str_ends(path, XZ_STR("/")))
            return "路径段为空或过多";
        if (segment.ptr[0] == '*' && (segment.len != 1 || rest.len))
            return "* 只能是最后一段";
        if (segment.ptr[0] == ':' && segment.len == 1)
            return "参数没有名称";
        for (xz_str later = rest; segment.ptr[0] == ':' && later.len;)
            if (xz_str_eq(xz_str_cut(&later, '/'), segment))
                return "参数名称重复";
    }
    return NULL;
}

static const struct xz_route *pick(const struct xz_route *const *rows, enum xz_method method,
                                   unsigned *allowed)
{
    for (int m = XZ_GET; m < METHOD_COUNT; m++)
        if (rows[m])
            *allowed |= 1u << m;
    return rows[method];
}

/* The depth is at most NET_SEGMENTS_MAX, and only rows can make it branch. */
static const struct xz_route *find_from(const struct route_node *node, size_t at,
                                        enum xz_method method, const struct net_path *path,
                                        unsigned *allowed)
{
    const struct xz_route *row = NULL;

    if (at == path->segment_count)
        return pick(node->rows, method, allowed);
    xz_str segment = path->segments[at];
    for (const struct route_node *child = node->first; child && !row; child = child->next)
        if (xz_str_eq(child->literal, segment))
            row = find_from(child, at + 1, method, path, allowed);
    if (!row && node->param && segment.len)
        row = find_from(node->param, at + 1, method, path, allowed);
    if (!row)
        row = pick(node->rest_rows, method, allowed);
    return row;
}

const struct xz_route *net_route_find(const struct net_route_index *index, enum xz_method method,
                                      const struct net_path *path, unsigned *allowed)
{
    *allowed = 0;
    return find_from(&index->root, 0, method, path, allowed);
}
