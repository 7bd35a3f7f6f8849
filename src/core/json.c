/* Reading JSON: json_check.c decides whether the text is JSON at all, json-c builds the values, and
 * the readers here hide it. A value is json-c's object behind our name; it lives and dies with
 * its document. */
#include "core/json.h"

#include <json-c/json.h>

#include "core/core_internal.h"

struct xz_json_doc {
    struct json_object *root; /* NULL is the document `null` */
};

/* JSON null is a NULL pointer in json-c, absent is one here: null gets an address of its own. */
static const char null_value;

static struct json_object *inside(const struct xz_json *value)
{
    return (const void *)value == &null_value ? NULL : (struct json_object *)(uintptr_t)value;
}

static const struct xz_json *outside(const struct json_object *object)
{
    return (const struct xz_json *)(object ? (const void *)object : &null_value);
}

static bool is_kind(const struct xz_json *value, enum json_type type)
{
    return value && json_object_get_type(inside(value)) == type;
}

xz_err xz_json_parse(xz_str text, struct xz_json_doc **doc)
{
    *doc = NULL;
    xz_err err = core_json_check(text);
    if (err != XZ_OK)
        return err;

    /* One more: json-c counts the value inside the innermost bracket as a level. */
    struct json_tokener *tokener = json_tokener_new_ex(CORE_JSON_DEPTH_MAX + 1);
    XZ_ASSERT(tokener);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *root = json_tokener_parse_ex(tokener, text.ptr, (int)text.len);
    /* A number at the very end could go on for all json-c knows: the NUL ends it. */
    if (json_tokener_get_error(tokener) == json_tokener_continue)
        root = json_tokener_parse_ex(tokener, "", 1);
    enum json_tokener_error problem = json_tokener_get_error(tokener);
    json_tokener_free(tokener);
    if (problem != json_tokener_success)
        return xz_fail(XZ_E_INPUT, "JSON 格式有误：%s", json_tokener_error_desc(problem));
    *doc = XZ_ALLOC(struct xz_json_doc, 1);
    (*doc)->root = root;
    return XZ_OK;
}

void xz_json_destroy(struct xz_json_doc *doc)
{
    if (!doc)
        return;
    json_object_put(doc->root);
    xz_free(doc);
}

const struct xz_json *xz_json_root(const struct xz_json_doc *doc)
{
    return outside(doc->root);
}

enum xz_json_kind xz_json_kind(const struct xz_json *value)
{
    static const enum xz_json_kind kinds[] = {
        [json_type_null] = XZ_JSON_NULL,     [json_type_boolean] = XZ_JSON_BOOL,
        [json_type_double] = XZ_JSON_DOUBLE, [json_type_int] = XZ_JSON_INT,
        [json_type_object] = XZ_JSON_OBJECT, [json_type_array] = XZ_JSON_ARRAY,
        [json_type_string] = XZ_JSON_STRING,
    };
    return value ? kinds[json_object_get_type(inside(value))] : XZ_JSON_ABSENT;
}

const struct xz_json *xz_json_get(const struct xz_json *object, const char *key)
{
    struct json_object *member;

    if (!is_kind(object, json_type_object) ||
        !json_object_object_get_ex(inside(object), key, &member))
        return NULL;
    return outside(member);
}

size_t xz_json_count(const struct xz_json *array)
{
    return is_kind(array, json_type_array) ? json_object_array_length(inside(array)) : 0;
}

const struct xz_json *xz_json_at(const struct xz_json *array, size_t index)
{
    if (index >= xz_json_count(array))
        return NULL;
    return outside(json_object_array_get_idx(inside(array), index));
}

xz_str xz_json_str(const struct xz_json *value, xz_str fallback)
{
    if (!is_kind(value, json_type_string))
        return fallback;
    return (xz_str){ json_object_get_string(inside(value)),
                     (size_t)json_object_get_string_len(inside(value)) };
}

int64_t xz_json_int(const struct xz_json *value, int64_t fallback)
{
    return is_kind(value, json_type_int) ? json_object_get_int64(inside(value)) : fallback;
}

double xz_json_double(const struct xz_json *value, double fallback)
{
    if (!is_kind(value, json_type_double) && !is_kind(value, json_type_int))
        return fallback;
    return json_object_get_double(inside(value));
}

bool xz_json_bool(const struct xz_json *value, bool fallback)
{
    return is_kind(value, json_type_boolean) ? json_object_get_boolean(inside(value)) : fallback;
}

void xz_json_each(const struct xz_json *object,
                  void (*each)(xz_str key, const struct xz_json *value, void *arg), void *arg)
{
    if (!is_kind(object, json_type_object))
        return;
    struct json_object_iterator at = json_object_iter_begin(inside(object));
    struct json_object_iterator end = json_object_iter_end(inside(object));
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
        each(xz_str_from(json_object_iter_peek_name(&at)),
             outside(json_object_iter_peek_value(&at)), arg);
}
