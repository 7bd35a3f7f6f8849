/* Footnotes and endnotes of a docx: read before the text, which refers to them by number. */
#include "doc/doc_docx_internal.h"

#include <stdlib.h>

#define NOTES_BYTES_MAX MIB(8)

enum { N_T, N_FOOTNOTE, N_ENDNOTE, N_DEL, N_MOVED, N_FALLBACK };
static const char *const note_names[] = { "t",        "footnote", "endnote", "del",
                                          "moveFrom", "Fallback", NULL };

struct notes_reading {
    struct xz_arena *arena;
    struct docx_notes *notes;
    size_t room;
    int64_t id, bytes;
    struct xz_buf text;
    bool in_text;
    int depth, dropping; /* of elements; where what is dropped began, 0: nothing is */
};

static xz_err note_open(void *arg, const struct doc_xml_tag *tag)
{
    struct notes_reading *r = arg;
    xz_str type;
    r->depth++;
    r->in_text = tag->name == N_T;
    if (r->dropping)
        return XZ_OK;
    if (tag->name == N_FOOTNOTE || tag->name == N_ENDNOTE) { /* lines between text and notes too */
        bool line = doc_xml_attribute(tag, "type", &type) && !xz_str_eq(type, XZ_STR("normal"));
        r->dropping = line ? r->depth : 0;
        r->id = doc_xml_int(tag, "id", 0);
        xz_buf_clear(&r->text);
    } else if (tag->name == N_DEL || tag->name == N_MOVED || tag->name == N_FALLBACK) {
        r->dropping = r->depth;
    }
    return XZ_OK;
}

static xz_err note_close(void *arg, int name)
{
    struct notes_reading *r = arg;
    struct docx_notes *notes = r->notes;
    if (r->dropping == r->depth)
        r->dropping = 0;
    r->depth--;
    r->in_text = false;
    if ((name != N_FOOTNOTE && name != N_ENDNOTE) || !r->text.len)
        return XZ_OK;
    r->bytes += (int64_t)r->text.len;
    if (r->bytes > NOTES_BYTES_MAX)
        return xz_fail(XZ_E_LIMIT, "文档的脚注、尾注超过 %lld MiB，不像是正文，请检查文件",
                       (long long)(NOTES_BYTES_MAX / MIB(1)));
    if (notes->count == r->room) {
        r->room = r->room ? r->room * 2 : 32;
        struct docx_note *more = XZ_NEW(r->arena, struct docx_note, r->room);
        if (notes->count)
            memcpy(more, notes->rows, notes->count * sizeof(*more));
        notes->rows = more;
    }
    notes->rows[notes->count++] =
        (struct docx_note){ r->id, xz_str_copy(r->arena, xz_str_trim(xz_buf_str(&r->text))) };
    xz_buf_clear(&r->text);
    return XZ_OK;
}

static xz_err note_text(void *arg, xz_str text)
{
    struct notes_reading *r = arg;
    return r->dropping || !r->in_text ? XZ_OK : doc_append(&r->text, text, 0);
}

static int note_compare(const void *a, const void *b)
{
    const struct docx_note *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

xz_err docx_notes_read(struct doc_zip *zip, const struct doc_part *part, struct xz_arena *arena,
                       struct docx_notes *notes)
{
    struct notes_reading r = { .arena = arena, .notes = notes };
    const struct doc_xml_sink sink = { note_names, note_open, note_close, note_text, &r };
    *notes = (struct docx_notes){ 0 };
    xz_buf_init(&r.text, XZ_DOC_BLOCK_BYTES_MAX);
    xz_err err = part ? doc_xml_read(zip, part, &sink) : XZ_OK;
    if (notes->count)
        qsort(notes->rows, notes->count, sizeof(*notes->rows), note_compare);
    xz_buf_fini(&r.text);
    return err;
}

xz_str docx_note_text(const struct docx_notes *notes, int64_t id)
{
    struct docx_note wanted = { .id = id };
    const struct docx_note *found = notes->count ? bsearch(&wanted, notes->rows, notes->count,
                                                           sizeof(wanted), note_compare)
                                                 : NULL;
    return found ? found->text : XZ_STR_NONE;
}
