/* JSON reading and writing. What is read can be written, reads back, and is then written as the
 * same bytes. Any bytes at all can be written as a text and read back. */
#include "core/json.h"

#define OUT_BYTES_MAX MIB(16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_value(struct xz_json_writer *w, const struct xz_json *value);

static void write_member(xz_str key, const struct xz_json *value, void *arg)
{
    struct xz_json_writer *w = arg;
    xz_jw_key(w, key.ptr);
    write_value(w, value);
}

static void write_array(struct xz_json_writer *w, const struct xz_json *array)
{
    xz_jw_begin_array(w);
    for (size_t i = 0; i < xz_json_count(array); i++)
        write_value(w, xz_json_at(array, i));
    xz_jw_end_array(w);
}

static void write_value(struct xz_json_writer *w, const struct xz_json *value)
{
    switch (xz_json_kind(value)) {
    case XZ_JSON_ABSENT:
        XZ_ASSERT(!"a parsed document has no absent values");
        break;
    case XZ_JSON_NULL:
        xz_jw_null(w);
        break;
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
        write_array(w, value);
        break;
    case XZ_JSON_OBJECT:
        xz_jw_begin_object(w);
        xz_json_each(value, write_member, w);
        xz_jw_end_object(w);
        break;
    }
}

static void write_doc(struct xz_buf *out, const struct xz_json_doc *doc)
{
    struct xz_json_writer w;
    xz_buf_init(out, (size_t)OUT_BYTES_MAX);
    xz_jw_init(&w, out);
    write_value(&w, xz_json_root(doc));
    XZ_ASSERT(out->err == XZ_OK && w.depth == 0);
}

static void check_round_trip(const struct xz_json_doc *doc)
{
    struct xz_json_doc *again;
    struct xz_buf first, second;

    write_doc(&first, doc);
    XZ_ASSERT(xz_json_parse(xz_buf_str(&first), &again) == XZ_OK);
    write_doc(&second, again);
    XZ_ASSERT(xz_str_eq(xz_buf_str(&first), xz_buf_str(&second)));
    xz_json_destroy(again);
    xz_buf_fini(&first);
    xz_buf_fini(&second);
}

static void check_any_text(xz_str text)
{
    struct xz_json_writer w;
    struct xz_json_doc *doc;
    struct xz_buf out;

    xz_buf_init(&out, (size_t)OUT_BYTES_MAX);
    xz_jw_init(&w, &out);
    xz_jw_str(&w, text);
    XZ_ASSERT(out.err == XZ_OK);
    XZ_ASSERT(xz_json_parse(xz_buf_str(&out), &doc) == XZ_OK);
    xz_str back = xz_json_str(xz_json_root(doc), XZ_STR("?"));
    XZ_ASSERT(back.len >= text.len); /* a bad byte becomes three, nothing vanishes */
    xz_json_destroy(doc);
    xz_buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xz_json_doc *doc;
    xz_str text = { (const char *)data, size };

    if (xz_json_parse(text, &doc) == XZ_OK)
        check_round_trip(doc);
    xz_json_destroy(doc);
    check_any_text(text);
    return 0;
}
