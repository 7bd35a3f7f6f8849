/* XML of one part of a package through libxml2's push parser: no tree, no entities, no network, no
 * files. What elements mean is left to the sinks. */
#include "doc/doc_office_internal.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#define NAMES_MAX 64
#define DEPTH_MAX 512

struct reading {
    const struct doc_xml_sink *sink;
    const struct doc_part *part;
    xmlParserCtxtPtr parser;
    const xmlChar *names[NAMES_MAX]; /* as the parser's dictionary spells them: equal by address */
    int name_count;
    int depth;
    bool begun;
    xz_err err;
};

static void stop(struct reading *r, xz_err err)
{
    if (err == XZ_OK || r->err != XZ_OK)
        return;
    r->err = err;
    xmlStopParser(r->parser);
}

static int name_of(const struct reading *r, const xmlChar *local)
{
    for (int i = 0; i < r->name_count; i++)
        if (r->names[i] == local)
            return i;
    return -1;
}

static void on_open(void *arg, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri,
                    int namespaces, const xmlChar **spaces, int attributes, int defaulted,
                    const xmlChar **values)
{
    struct reading *r = arg;
    struct doc_xml_tag tag = { name_of(r, local), values, attributes };
    (void)prefix;
    (void)uri;
    (void)namespaces;
    (void)spaces;
    (void)defaulted;
    if (++r->depth > DEPTH_MAX)
        stop(r,
             xz_fail(XZ_E_INPUT, "文件内部的“%.*s”嵌套超过 %d 层的 XML，不像是正常的文件，未导入",
                     XZ_STR_ARG(r->part->name), DEPTH_MAX));
    if (r->err == XZ_OK)
        stop(r, r->sink->open(r->sink->arg, &tag));
}

static void on_close(void *arg, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
    struct reading *r = arg;
    (void)prefix;
    (void)uri;
    r->depth--;
    if (r->err == XZ_OK)
        stop(r, r->sink->close(r->sink->arg, name_of(r, local)));
}

static void on_text(void *arg, const xmlChar *text, int len)
{
    struct reading *r = arg;
    if (r->err == XZ_OK && len > 0 && r->sink->text)
        stop(r, r->sink->text(r->sink->arg, (xz_str){ (const char *)text, (size_t)len }));
}

/* Comes before anything inside the declaration is looked at. */
static void on_doctype(void *arg, const xmlChar *name, const xmlChar *external,
                       const xmlChar *system)
{
    struct reading *r = arg;
    (void)name;
    (void)external;
    (void)system;
    stop(r, xz_fail(XZ_E_INPUT,
                    "文件内部的“%.*s”带有文档类型声明（DOCTYPE），正常的 Office "
                    "文件没有，可能有恶意，未导入；请核实来源",
                    XZ_STR_ARG(r->part->name)));
}

static void on_error(void *arg, xmlErrorPtr error)
{
    (void)arg;
    (void)error; /* told from the parser's state, once */
}

static xz_err not_well_formed(const struct reading *r)
{
    if (r->parser->errNo == XML_ERR_NO_MEMORY)
        return xz_fail(XZ_E_LIMIT, "拆解文件需要的内存太多，请拆分后再导入");
    return xz_fail(XZ_E_INPUT,
                   "文件内部的“%.*s”不是有效的 XML，文件已损坏；请用 Office 或 WPS "
                   "打开后另存，再导入",
                   XZ_STR_ARG(r->part->name));
}

/* Encodings that only iconv knows would open files, which the jail punishes: Office writes UTF-8,
 * rarely UTF-16, and nothing else. */
static bool is_strange(xz_str piece)
{
    const unsigned char *b = (const unsigned char *)piece.ptr;
    return piece.len >= 4 && (b[0] == 0x4c || (b[0] == 0 && b[1] == 0) || (b[2] == 0 && b[3] == 0));
}

static xz_err on_piece(void *arg, xz_str piece)
{
    struct reading *r = arg;
    if (!r->begun && is_strange(piece))
        return not_well_formed(r);
    r->begun = true;
    int bad = xmlParseChunk(r->parser, piece.ptr, (int)piece.len, 0);
    if (r->err != XZ_OK)
        return r->err;
    return bad ? not_well_formed(r) : XZ_OK;
}

xz_err doc_xml_read(struct doc_zip *zip, const struct doc_part *part,
                    const struct doc_xml_sink *sink)
{
    xmlSAXHandler sax = { .initialized = XML_SAX2_MAGIC,
                          .startElementNs = on_open,
                          .endElementNs = on_close,
                          .characters = on_text,
                          .ignorableWhitespace = on_text,
                          .cdataBlock = on_text,
                          .internalSubset = on_doctype,
                          .serror = on_error };
    struct reading r = { .sink = sink, .part = part };
    r.parser = xmlCreatePushParserCtxt(&sax, &r, NULL, 0, NULL);
    if (!r.parser)
        return xz_fail(XZ_E_LIMIT, "拆解文件需要的内存太多，请拆分后再导入");
    /* NOENT only makes &amp; in attributes come out as &: there are no other entities. */
    xmlCtxtUseOptions(r.parser, XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_IGNORE_ENC);
    while (sink->names[r.name_count]) {
        XZ_ASSERT(r.name_count < NAMES_MAX);
        r.names[r.name_count] = xmlDictLookup(r.parser->dict,
                                              (const xmlChar *)sink->names[r.name_count], -1);
        r.name_count++;
    }
    xz_err err = doc_zip_read(zip, part, on_piece, &r);
    if (err == XZ_OK && (xmlParseChunk(r.parser, NULL, 0, 1) != 0 || !r.parser->wellFormed))
        err = r.err != XZ_OK ? r.err : not_well_formed(&r);
    if (err == XZ_OK)
        err = r.err;
    xmlFreeParserCtxt(r.parser);
    return err;
}

bool doc_xml_attribute(const struct doc_xml_tag *tag, const char *name, xz_str *value)
{
    const xmlChar *const *all = tag->attributes;
    for (int i = 0; i < tag->attribute_count; i++) {
        const xmlChar *const *one = all + (ptrdiff_t)i * 5; /* name, prefix, URI, begin, end */
        if (strcmp((const char *)one[0], name) == 0) {
            *value = (xz_str){ (const char *)one[3], (size_t)(one[4] - one[3]) };
            return true;
        }
    }
    *value = XZ_STR_NONE;
    return false;
}

int64_t doc_xml_int(const struct doc_xml_tag *tag, const char *name, int64_t otherwise)
{
    xz_str value;
    int64_t number;
    return doc_xml_attribute(tag, name, &value) && xz_str_to_int(xz_str_trim(value), &number)
               ? number
               : otherwise;
}

bool doc_xml_on(const struct doc_xml_tag *tag, const char *name)
{
    xz_str value;
    return !doc_xml_attribute(tag, name, &value) || xz_str_eq(value, XZ_STR("1")) ||
           xz_str_eq(value, XZ_STR("true")) || xz_str_eq(value, XZ_STR("on"));
}
