/* HTML tokens from pieces of any size: text, tags, comments. Tolerant as browsers are, bounded as
 * they are not: nothing is kept of a tag but its name and the front of its attributes. */
#include "doc/doc_html_internal.h"

#define TEXT_BYTES       ((size_t)KIB(32)) /* text is given in pieces of about this size */
#define ENTITY_BYTES_MAX 16

enum state { TEXT, TAG_OPEN, TAG, DECLARATION, COMMENT, RAW };

/* Elements whose content is not markup: skipped up to their closing tag. */
static const char *const raw_elements[] = { "script", "style", "textarea", "xmp", "noframes" };

void html_tokens_init(struct html_tokens *tokens, const struct html_sink *sink)
{
    *tokens = (struct html_tokens){ .sink = sink, .state = TEXT, .line = 1 };
    xz_buf_init(&tokens->piece, TEXT_BYTES * 2);
}

void html_tokens_fini(struct html_tokens *tokens)
{
    xz_buf_fini(&tokens->piece);
}

static xz_err give_text(struct html_tokens *t, bool all)
{
    size_t len = t->piece.len;
    xz_str text = xz_buf_str(&t->piece);
    if (!all) { /* an entity or a character may be cut: leave it for the next piece */
        size_t back = 0;
        while (back < ENTITY_BYTES_MAX && back < len && text.ptr[len - 1 - back] != '&')
            back++;
        if (back < ENTITY_BYTES_MAX && back < len)
            len -= back + 1;
        else
            while (len > 0 && ((unsigned char)text.ptr[len - 1] & 0x80))
                len--;
        len = len ? len : t->piece.len;
    }
    xz_err err = len > 0 ? t->sink->text(t->sink->arg, xz_str_sub(text, 0, len)) : XZ_OK;
    xz_buf_drop_front(&t->piece, len);
    return err;
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == ':' || c == '_';
}

/* Name and attributes out of the text between < and >. */
static struct html_tag parse_tag(xz_str inside)
{
    struct html_tag tag = { 0 };
    size_t len = 0;
    tag.closing = inside.len > 0 && inside.ptr[0] == '/';
    inside = xz_str_sub(inside, tag.closing, inside.len);
    while (len < inside.len && is_name(inside.ptr[len])) {
        char c = inside.ptr[len];
        if (len + 1 < HTML_NAME_BYTES_MAX)
            tag.name[len] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
        len++;
    }
    tag.attributes = xz_str_sub(inside, len, inside.len);
    return tag;
}

static xz_err tag_end(struct html_tokens *t)
{
    struct html_tag tag = parse_tag(xz_buf_str(&t->piece));
    xz_err err = t->sink->tag(t->sink->arg, &tag);
    t->state = TEXT;
    for (size_t i = 0; !tag.closing && i < XZ_COUNT(raw_elements); i++)
        if (strcmp(tag.name, raw_elements[i]) == 0 && !xz_str_ends(tag.attributes, XZ_STR("/"))) {
            t->state = RAW;
            memcpy(t->raw, tag.name, sizeof(t->raw));
        }
    xz_buf_clear(&t->piece);
    return err;
}

static void keep(struct html_tokens *t, char c, size_t max)
{
    if (t->piece.len < max)
        xz_buf_add_char(&t->piece, c);
}

static xz_err take_tag(struct html_tokens *t, char c)
{
    if (t->quote) {
        if (c == t->quote)
            t->quote = 0;
    } else if (c == '>') {
        return tag_end(t);
    } else if ((c == '"' || c == '\'') && t->piece.len > 0 &&
               (t->piece.ptr[t->piece.len - 1] == '=' || t->piece.ptr[t->piece.len - 1] == ' ')) {
        t->quote = c;
    }
    keep(t, c, HTML_TAG_BYTES_MAX);
    return XZ_OK;
}

/* After '<': what follows decides whether it was a tag at all. */
static xz_err take_open(struct html_tokens *t, char c)
{
    if (c == '!' || c == '?') {
        t->state = DECLARATION;
        return XZ_OK;
    }
    if (c == '/' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
        t->state = TAG;
        t->quote = 0;
        keep(t, c, HTML_TAG_BYTES_MAX);
        return XZ_OK;
    }
    t->state = TEXT; /* "a < b" */
    xz_buf_add_char(&t->piece, '<');
    if (c == '<') {
        xz_err err = give_text(t, true);
        t->state = TAG_OPEN;
        return err;
    }
    xz_buf_add_char(&t->piece, c);
    return XZ_OK;
}

/* <!DOCTYPE …>, <?xml …>, <![CDATA[…]]>, or the beginning of a comment. */
static xz_err take_declaration(struct html_tokens *t, char c)
{
    keep(t, c, 8);
    if (xz_str_eq(xz_buf_str(&t->piece), XZ_STR("--"))) {
        t->state = COMMENT;
        t->match = 0;
        xz_buf_clear(&t->piece);
    } else if (c == '>') {
        t->state = TEXT;
        xz_buf_clear(&t->piece);
    }
    return XZ_OK;
}

static xz_err take_comment(struct html_tokens *t, char c)
{
    if (c == '-') {
        t->match++;
    } else if (c == '>' && t->match >= 2) {
        xz_str text = xz_buf_str(&t->piece);
        while (text.len > 0 && text.ptr[text.len - 1] == '-')
            text.len--;
        /* <!--[if IE]>: instructions, not remarks */
        xz_err err = xz_str_starts(text, XZ_STR("[if")) ? XZ_OK
                                                        : t->sink->comment(t->sink->arg, text);
        t->state = TEXT;
        xz_buf_clear(&t->piece);
        return err;
    } else {
        t->match = 0;
    }
    keep(t, c, TEXT_BYTES);
    return XZ_OK;
}

/* In script and its like only the closing tag counts; the piece holds the last few bytes. */
static xz_err take_raw(struct html_tokens *t, char c)
{
    size_t want = strlen(t->raw) + 2;
    if (c == '<')
        xz_buf_clear(&t->piece);
    keep(t, c, want);
    xz_str got = xz_buf_str(&t->piece);
    if (got.len != want || got.ptr[1] != '/' ||
        !xz_str_eq_nocase(xz_str_sub(got, 2, want), xz_str_from(t->raw)))
        return XZ_OK;
    t->state = TAG;
    t->quote = 0;
    xz_buf_drop_front(&t->piece, 1);
    return XZ_OK;
}

static xz_err take(struct html_tokens *t, char c)
{
    switch (t->state) {
    case TAG_OPEN:
        return take_open(t, c);
    case TAG:
        return take_tag(t, c);
    case DECLARATION:
        return take_declaration(t, c);
    case COMMENT:
        return take_comment(t, c);
    default:
        return take_raw(t, c);
    }
}

/* Text up to the next tag at once; returns how much. */
static size_t take_text(struct html_tokens *t, xz_str rest, xz_err *err)
{
    const char *open = memchr(rest.ptr, '<', rest.len);
    size_t len = XZ_MIN(open ? (size_t)(open - rest.ptr) : rest.len, TEXT_BYTES);
    xz_buf_add(&t->piece, xz_str_sub(rest, 0, len));
    *err = XZ_OK;
    if (open && len < rest.len && rest.ptr[len] == '<') {
        *err = give_text(t, true);
        t->state = TAG_OPEN;
        return len + 1;
    }
    if (t->piece.len >= TEXT_BYTES)
        *err = give_text(t, false);
    return len;
}

xz_err html_tokens_feed(struct html_tokens *t, xz_str utf8)
{
    for (size_t i = 0; i < utf8.len;) {
        xz_err err;
        if (t->state == TEXT) {
            i += take_text(t, xz_str_sub(utf8, i, utf8.len), &err);
        } else {
            err = take(t, utf8.ptr[i++]);
        }
        if (err != XZ_OK)
            return err;
    }
    return XZ_OK;
}

xz_err html_tokens_end(struct html_tokens *t)
{
    return t->state == TEXT ? give_text(t, true) : XZ_OK;
}

void html_decode(xz_str raw, struct xz_buf *out)
{
    while (raw.len > 0) {
        const char *amp = memchr(raw.ptr, '&', raw.len);
        size_t before = amp ? (size_t)(amp - raw.ptr) : raw.len;
        uint32_t code;
        char utf8[4];
        xz_buf_add(out, xz_str_sub(raw, 0, before));
        raw = xz_str_sub(raw, before, raw.len);
        size_t eaten = raw.len > 0 ? doc_entity_read(raw, &code) : 0;
        if (eaten > 0)
            xz_buf_add(out, (xz_str){ utf8, xz_utf8_put(code, utf8) });
        else if (raw.len > 0)
            xz_buf_add_char(out, raw.ptr[eaten++]);
        raw = xz_str_sub(raw, eaten, raw.len);
    }
}

bool html_attribute(xz_str attributes, const char *name, struct xz_buf *out)
{
    xz_str want = xz_str_from(name), rest = attributes;
    while (rest.len > 0) {
        size_t len = 0, end;
        rest = xz_str_trim(rest);
        while (len < rest.len && is_name(rest.ptr[len]))
            len++;
        bool wanted = xz_str_eq_nocase(xz_str_sub(rest, 0, len), want);
        rest = xz_str_trim(xz_str_sub(rest, XZ_MAX(len, (size_t)(len == 0)), rest.len));
        if (rest.len == 0 || rest.ptr[0] != '=')
            continue;
        rest = xz_str_trim(xz_str_sub(rest, 1, rest.len));
        bool quoted = rest.len > 0 && (rest.ptr[0] == '"' || rest.ptr[0] == '\'');
        char quote = quoted ? rest.ptr[0] : ' ';
        rest = xz_str_sub(rest, quoted, rest.len);
        for (end = 0; end < rest.len; end++)
            if (rest.ptr[end] == quote || (!quoted && strchr("\t\n>", rest.ptr[end])))
                break;
        if (wanted) {
            html_decode(xz_str_sub(rest, 0, end), out);
            return true;
        }
        rest = xz_str_sub(rest, end + 1, rest.len);
    }
    return false;
}
