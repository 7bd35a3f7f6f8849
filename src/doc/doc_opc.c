/* Office packages (ISO/IEC 29500-2): which format an archive is, how its parts refer to each other,
 * and the properties that whoever wrote the document gave it. */
#include "doc/doc_office_internal.h"

#define RELATIONS_MAX    20000
#define PROPERTIES_MAX   64
#define PROPERTY_CHARS   400
#define TARGET_BYTES_MAX 1000

enum xz_doc_format doc_opc_format(const struct doc_zip *zip)
{
    static const struct {
        const char *part;
        enum xz_doc_format format;
    } rows[] = {
        { "word/document.xml", XZ_DOC_DOCX },
        { "xl/workbook.xml", XZ_DOC_XLSX },
        { "ppt/presentation.xml", XZ_DOC_LEGACY },
        { "xl/workbook.bin", XZ_DOC_LEGACY },
        { "OFD.xml", XZ_DOC_LEGACY },
    };
    bool package = doc_zip_find(zip, XZ_STR("[Content_Types].xml")) != NULL;
    for (size_t i = 0; i < XZ_COUNT(rows); i++)
        if ((package || xz_str_eq(xz_str_from(rows[i].part), XZ_STR("OFD.xml"))) &&
            doc_zip_find(zip, xz_str_from(rows[i].part)))
            return rows[i].format;
    if (doc_zip_find(zip, XZ_STR("mimetype")) && doc_zip_find(zip, XZ_STR("content.xml")))
        return XZ_DOC_LEGACY;
    return package ? XZ_DOC_UNKNOWN : XZ_DOC_ZIP;
}

struct relations {
    struct xz_arena *arena;
    xz_str folder; /* of the part, with its / */
    struct doc_relation *rows;
    size_t count, room;
};

static const char *const relation_names[] = { "Relationship", NULL };

/* "../styles.xml" beside word/ -> styles.xml; what leads out of the package leads nowhere. */
static xz_str target_resolve(struct relations *r, xz_str target)
{
    char path[TARGET_BYTES_MAX * 2];
    size_t len = 0;
    if (target.len > TARGET_BYTES_MAX || r->folder.len > TARGET_BYTES_MAX)
        return XZ_STR_NONE;
    if (xz_str_starts(target, XZ_STR("/"))) {
        target = xz_str_sub(target, 1, target.len);
    } else {
        memcpy(path, r->folder.ptr, r->folder.len);
        len = r->folder.len;
    }
    while (target.len) {
        xz_str piece = xz_str_cut(&target, '/');
        if (xz_str_eq(piece, XZ_STR(".")) || !piece.len)
            continue;
        if (xz_str_eq(piece, XZ_STR(".."))) {
            if (len == 0)
                return XZ_STR_NONE;
            for (len--; len > 0 && path[len - 1] != '/';)
                len--;
            continue;
        }
        memcpy(path + len, piece.ptr, piece.len);
        len += piece.len;
        if (target.len)
            path[len++] = '/';
    }
    return xz_str_copy(r->arena, (xz_str){ path, len });
}

static xz_err relation_open(void *arg, const struct doc_xml_tag *tag)
{
    struct relations *r = arg;
    xz_str id, type, target, mode;
    if (tag->name != 0 || r->count == RELATIONS_MAX ||
        (doc_xml_attribute(tag, "TargetMode", &mode) && xz_str_eq(mode, XZ_STR("External"))))
        return XZ_OK;
    doc_xml_attribute(tag, "Id", &id);
    doc_xml_attribute(tag, "Type", &type);
    doc_xml_attribute(tag, "Target", &target);
    for (size_t at = type.len; at > 0; at--) {
        if (type.ptr[at - 1] == '/') {
            type = xz_str_sub(type, at, type.len);
            break;
        }
    }
    if (r->count == r->room) {
        size_t room = r->room ? r->room * 2 : 32;
        struct doc_relation *more = XZ_NEW(r->arena, struct doc_relation, room);
        if (r->count)
            memcpy(more, r->rows, r->count * sizeof(*more));
        r->rows = more;
        r->room = room;
    }
    r->rows[r->count++] = (struct doc_relation){ xz_str_copy(r->arena, id),
                                                 xz_str_copy(r->arena, type),
                                                 target_resolve(r, target) };
    return XZ_OK;
}

static xz_err ignore_close(void *arg, int name)
{
    (void)arg;
    (void)name;
    return XZ_OK;
}

xz_err doc_opc_relations(struct doc_zip *zip, struct xz_arena *arena, xz_str part,
                         struct doc_relation **relations, size_t *count)
{
    size_t slash = part.len;
    while (slash > 0 && part.ptr[slash - 1] != '/')
        slash--;
    struct relations r = { .arena = arena, .folder = xz_str_sub(part, 0, slash) };
    const struct doc_xml_sink sink = { relation_names, relation_open, ignore_close, NULL, &r };
    xz_str file = xz_str_sub(part, slash, part.len);
    const struct doc_part *where = doc_zip_find(
        zip, xz_str_format(arena, "%.*s_rels/%.*s.rels", XZ_STR_ARG(r.folder), XZ_STR_ARG(file)));
    xz_err err = where ? doc_xml_read(zip, where, &sink) : XZ_OK;
    *relations = r.rows;
    *count = r.count;
    return err;
}

const struct doc_part *doc_opc_related(const struct doc_zip *zip,
                                       const struct doc_relation *relations, size_t count,
                                       const char *kind)
{
    for (size_t i = 0; i < count; i++)
        if (xz_str_eq(relations[i].kind, xz_str_from(kind)) && relations[i].target.len)
            return doc_zip_find(zip, relations[i].target);
    return NULL;
}

/* --- custom properties: <property name="文号"><vt:lpwstr>…</vt:lpwstr></property> --- */

enum { P_PROPERTY };
static const char *const property_names[] = { "property", NULL };

struct properties {
    struct doc_out *out;
    struct xz_buf key, value;
    bool inside;
    size_t count;
};

static xz_err property_open(void *arg, const struct doc_xml_tag *tag)
{
    struct properties *p = arg;
    xz_str name;
    if (tag->name != P_PROPERTY)
        return XZ_OK;
    doc_xml_attribute(tag, "name", &name);
    p->inside = true;
    xz_buf_clear(&p->key);
    xz_buf_clear(&p->value);
    xz_buf_add(&p->key, xz_utf8_head(xz_str_trim(name), PROPERTY_CHARS));
    return XZ_OK;
}

static xz_err property_text(void *arg, xz_str text)
{
    struct properties *p = arg;
    if (p->inside && p->value.len + text.len < PROPERTY_CHARS * 4)
        xz_buf_add(&p->value, text);
    return XZ_OK;
}

static xz_err property_close(void *arg, int name)
{
    struct properties *p = arg;
    if (name != P_PROPERTY || !p->inside)
        return XZ_OK;
    p->inside = false;
    if (!p->key.len || p->count++ >= PROPERTIES_MAX)
        return XZ_OK;
    return doc_emit(p->out, (struct xz_block){ .kind = XZ_BLOCK_META,
                                               .key = xz_buf_str(&p->key),
                                               .text = xz_buf_str(&p->value) });
}

xz_err doc_opc_properties(struct doc_zip *zip, const struct doc_relation *relations, size_t count,
                          struct doc_out *out)
{
    const struct doc_part *part = doc_opc_related(zip, relations, count, "custom-properties");
    struct properties p = { .out = out };
    const struct doc_xml_sink sink = { property_names, property_open, property_close, property_text,
                                       &p };
    if (!part)
        return XZ_OK;
    xz_buf_init(&p.key, PROPERTY_CHARS * 4);
    xz_buf_init(&p.value, PROPERTY_CHARS * 4);
    xz_err err = doc_xml_read(zip, part, &sink);
    xz_buf_fini(&p.key);
    xz_buf_fini(&p.value);
    return err;
}
