/* Styles of a docx: which of them are headings, titles and lines of contents, by outline level or
 * by the names that Word and WPS give them. */
#include "doc/doc_docx_internal.h"

#include <stdlib.h>

#define STYLES_MAX      8000
#define BASED_DEPTH_MAX 12

enum {
    S_STYLE,
    S_NAME,
    S_BASED_ON,
    S_OUTLINE,
    S_NUM_ID,
    S_LEVEL,
    S_SIZE,
    S_JC,
    S_DEFAULTS,
    S_CHANGE_P,
    S_CHANGE_R
};
static const char *const style_names[] = { "style",       "name",      "basedOn",   "outlineLvl",
                                           "numId",       "ilvl",      "sz",        "jc",
                                           "docDefaults", "pPrChange", "rPrChange", NULL };

struct styles_reading {
    struct xz_arena *arena;
    struct docx_styles *styles;
    struct docx_style *current;
    struct docx_style defaults, sink;
    size_t room;
    int dropping;
};

static struct docx_style style_empty(void)
{
    return (struct docx_style){ .outline = DOCX_UNSET,
                                .number = DOCX_UNSET,
                                .number_level = DOCX_UNSET,
                                .size = DOCX_UNSET,
                                .centered = DOCX_UNSET };
}

/* "heading 3", "标题 3": the built-in names stay English in every language of Word, not in others.
 */
static void name_read(struct docx_style *style, xz_str name)
{
    static const xz_str headings[] = { { "heading", 7 }, { "标题", 6 } };
    static const xz_str contents[] = { { "toc", 3 }, { "目录", 6 } };
    static const xz_str titles[] = {
        { "Title", 5 }, { "标题", 6 }, { "文档标题", 12 }, { "公文标题", 12 }
    };
    for (size_t i = 0; i < XZ_COUNT(titles); i++)
        style->title = style->title || xz_str_eq_nocase(name, titles[i]);
    for (size_t i = 0; i < XZ_COUNT(headings); i++) {
        xz_str head = xz_str_sub(name, 0, headings[i].len);
        xz_str rest = xz_str_trim(xz_str_sub(name, headings[i].len, name.len));
        if (xz_str_eq_nocase(head, headings[i]) && rest.len == 1 && rest.ptr[0] >= '1' &&
            rest.ptr[0] <= '9' && style->outline == DOCX_UNSET)
            style->outline = rest.ptr[0] - '1';
    }
    for (size_t i = 0; i < XZ_COUNT(contents); i++) {
        xz_str head = xz_str_sub(name, 0, contents[i].len);
        xz_str rest = xz_str_trim(xz_str_sub(name, contents[i].len, name.len));
        style->contents = style->contents ||
                          (xz_str_eq_nocase(head, contents[i]) && rest.len == 1 &&
                           rest.ptr[0] >= '1' && rest.ptr[0] <= '9');
    }
}

static void style_begin(struct styles_reading *r, const struct doc_xml_tag *tag)
{
    struct docx_styles *styles = r->styles;
    xz_str type, id, given;
    doc_xml_attribute(tag, "type", &type);
    doc_xml_attribute(tag, "styleId", &id);
    r->current = &r->sink;
    if ((type.len && !xz_str_eq(type, XZ_STR("paragraph"))) || styles->count == STYLES_MAX)
        return;
    if (styles->count == r->room) {
        r->room = r->room ? r->room * 2 : 64;
        struct docx_style *more = XZ_NEW(r->arena, struct docx_style, r->room);
        if (styles->count)
            memcpy(more, styles->rows, styles->count * sizeof(*more));
        styles->rows = more;
    }
    r->current = &styles->rows[styles->count++];
    *r->current = style_empty();
    r->current->id = xz_str_copy(r->arena, id);
    if (doc_xml_attribute(tag, "default", &given) && doc_xml_on(tag, "default"))
        styles->normal.id = r->current->id;
}

static xz_err style_open(void *arg, const struct doc_xml_tag *tag)
{
    struct styles_reading *r = arg;
    struct docx_style *style = r->current;
    xz_str value;
    if (r->dropping || tag->name == S_CHANGE_P || tag->name == S_CHANGE_R) {
        r->dropping += tag->name == S_CHANGE_P || tag->name == S_CHANGE_R;
        return XZ_OK;
    }
    doc_xml_attribute(tag, "val", &value);
    switch (tag->name) {
    case S_STYLE:
        style_begin(r, tag);
        break;
    case S_DEFAULTS:
        r->current = &r->defaults;
        break;
    case S_NAME:
        name_read(style, xz_str_trim(value));
        break;
    case S_BASED_ON:
        style->based_on = xz_str_copy(r->arena, value);
        break;
    case S_OUTLINE:
        style->outline = doc_xml_int(tag, "val", DOCX_UNSET);
        break;
    case S_NUM_ID:
        style->number = doc_xml_int(tag, "val", DOCX_UNSET);
        break;
    case S_LEVEL:
        style->number_level = doc_xml_int(tag, "val", DOCX_UNSET);
        break;
    case S_SIZE:
        style->size = doc_xml_int(tag, "val", DOCX_UNSET);
        break;
    case S_JC:
        style->centered = xz_str_eq(value, XZ_STR("center"));
        break;
    }
    return XZ_OK;
}

static xz_err style_close(void *arg, int name)
{
    struct styles_reading *r = arg;
    if (name == S_CHANGE_P || name == S_CHANGE_R)
        r->dropping--;
    else if (name == S_STYLE || name == S_DEFAULTS)
        r->current = &r->sink;
    return XZ_OK;
}

static int style_compare(const void *a, const void *b)
{
    return xz_str_compare(((const struct docx_style *)a)->id, ((const struct docx_style *)b)->id);
}

static struct docx_style *style_at(const struct docx_styles *styles, xz_str id)
{
    struct docx_style wanted = { .id = id };
    const struct docx_style *rows = styles->rows;
    return rows ? bsearch(&wanted, rows, styles->count, sizeof(wanted), style_compare) : NULL;
}

static void inherit(struct docx_style *style, const struct docx_style *from)
{
    if (style->outline == DOCX_UNSET)
        style->outline = from->outline;
    if (style->number == DOCX_UNSET)
        style->number = from->number;
    if (style->number_level == DOCX_UNSET)
        style->number_level = from->number_level;
    if (style->size == DOCX_UNSET)
        style->size = from->size;
    if (style->centered == DOCX_UNSET)
        style->centered = from->centered;
    style->contents = style->contents || from->contents;
}

xz_err docx_styles_read(struct doc_zip *zip, const struct doc_part *part, struct xz_arena *arena,
                        struct docx_styles *styles)
{
    struct styles_reading r = { .arena = arena, .styles = styles };
    const struct doc_xml_sink sink = { style_names, style_open, style_close, NULL, &r };
    *styles = (struct docx_styles){ .normal = style_empty() };
    r.current = &r.sink;
    r.defaults = style_empty();
    xz_err err = part ? doc_xml_read(zip, part, &sink) : XZ_OK;
    struct docx_style *rows = styles->rows;
    if (rows)
        qsort(rows, styles->count, sizeof(*rows), style_compare);
    for (size_t i = 0; rows && i < styles->count; i++) {
        const struct docx_style *base = &rows[i];
        for (int depth = 0; depth < BASED_DEPTH_MAX && base && base->based_on.len; depth++) {
            base = style_at(styles, base->based_on);
            if (base)
                inherit(&rows[i], base);
        }
        inherit(&rows[i], &r.defaults);
    }
    struct docx_style *normal = style_at(styles, styles->normal.id);
    styles->normal = normal ? *normal : r.defaults;
    if (styles->normal.size == DOCX_UNSET)
        styles->normal.size = 20; /* ten points, where nothing is said */
    return err;
}

const struct docx_style *docx_style_find(const struct docx_styles *styles, xz_str id)
{
    const struct docx_style *style = id.len ? style_at(styles, id) : NULL;
    return style ? style : &styles->normal;
}
