/* The reader of what the outside tools wrote (doc_tool_internal.h): pdftotext's words with their
 * boxes, tesseract's tsv. Reads it into words by page, all of them held and counted; their order
 * and meaning are for doc_pages_layout.c and doc_pages_blocks.c. */
#include "doc/doc_pages_internal.h"

#include "doc/doc_tool_internal.h"

#define WORDS_MAX      2000000
#define TEXT_BYTES_MAX ((size_t)MIB(64))
#define PAGES_HELD_MAX 20000
#define POINTS_MAX     20000.0 /* PDF allows 14400 */
#define TSV_FIELDS     12
#define PIECE_GAP      2.0 /* in heights of the line: another column */
#define BLANK_GAP      0.9
#define UPRIGHT_CHARS  4

/* Part of a line that tesseract read, in pixels. */
struct piece {
    struct xz_buf text;
    double left, top, right, bottom;
    double sum, weight; /* of confidence */
};

struct reading {
    struct doc_out *out;
    struct doc_lines lines;
    struct pages pages;
    struct page_word *words; /* of the page under way */
    struct page_word *recognised;
    size_t word_count, word_room, recognised_count, recognised_room;
    size_t page_room, words_all, bytes_all;
    size_t upright_words;
    struct piece piece;
    double width, height;                 /* of the page under way */
    double picture_width, picture_height; /* in pixels */
    int64_t picture_page;
    bool begun, in_page, in_ocr, picture, unread;
};

static bool is_wide(uint32_t code)
{
    return xz_is_han(code) || (code >= 0x3000 && code <= 0x30ff) ||
           (code >= 0xff01 && code <= 0xff60) || (code >= 0x2460 && code <= 0x24ff) ||
           (code >= 0x2014 && code <= 0x201d) || code == 0x2026;
}

static float ems_of(xz_str text)
{
    float ems = 0;
    for (size_t at = 0; at < text.len;)
        ems += is_wide(xz_utf8_next(text, &at)) ? 1.0f : 0.5f;
    return ems;
}

float page_word_size(const struct page_word *word)
{
    return word->ems > 0 ? (word->right - word->left) / word->ems : 0;
}

static double clamped(double value, double most)
{
    return value >= 0 && value <= most ? value : 0; /* NaN too */
}

/* Adds to the words of the page or to those recognised in it. */
static xz_err word_add(struct reading *r, bool recognised, struct page_word word)
{
    struct page_word **words = recognised ? &r->recognised : &r->words;
    size_t *count = recognised ? &r->recognised_count : &r->word_count;
    size_t *room = recognised ? &r->recognised_room : &r->word_room;
    r->bytes_all += word.text.len;
    if (++r->words_all > WORDS_MAX || r->bytes_all > TEXT_BYTES_MAX)
        return xz_fail(XZ_E_LIMIT, "文件的文字太多，超过了一个文件的上限，请拆分后再导入");
    if (*count == *room) {
        *room = *room ? *room * 2 : 256;
        *words = xz_realloc(*words, *room * sizeof(**words));
    }
    word.text = xz_str_copy(r->pages.arena, word.text);
    word.ems = ems_of(word.text);
    (*words)[(*count)++] = word;
    return XZ_OK;
}

/* --- pages --- */

static void page_begin(struct reading *r, double width, double height)
{
    r->in_page = true;
    r->in_ocr = r->unread = false;
    r->word_count = r->recognised_count = r->upright_words = 0;
    r->width = clamped(width, POINTS_MAX);
    r->height = clamped(height, POINTS_MAX);
}

static float ems_all(const struct page_word *words, size_t count)
{
    float ems = 0;
    for (size_t i = 0; i < count; i++)
        ems += words[i].ems;
    return ems;
}

/* What was recognised counts where there is more of it than of text. */
static xz_err page_end(struct reading *r)
{
    struct pages *pages = &r->pages;
    if (!r->in_page)
        return XZ_OK;
    r->in_page = r->in_ocr = false;
    if (pages->page_count >= PAGES_HELD_MAX)
        return xz_fail(XZ_E_LIMIT, "文件超过 %d 页，请拆分后再导入", PAGES_HELD_MAX);
    if (pages->page_count == r->page_room) {
        r->page_room = r->page_room ? r->page_room * 2 : 16;
        pages->pages = xz_realloc(pages->pages, r->page_room * sizeof(*pages->pages));
    }
    bool scanned = ems_all(r->recognised, r->recognised_count) > ems_all(r->words, r->word_count);
    size_t count = scanned ? r->recognised_count : r->word_count;
    struct page *page = &pages->pages[pages->page_count++];
    *page = (struct page){ .width = (float)r->width,
                           .height = (float)r->height,
                           .word_count = count,
                           .scanned = scanned,
                           .unread = r->unread && !scanned,
                           .upright = r->upright_words > 2 && !scanned };
    page->words = XZ_NEW(pages->arena, struct page_word, count);
    if (count)
        memcpy(page->words, scanned ? r->recognised : r->words, count * sizeof(*page->words));
    return XZ_OK;
}

/* --- lines of pdftotext --- */

static double attribute(xz_str line, const char *name)
{
    double value = 0;
    size_t at = xz_str_find(line, xz_str_from(name));
    if (at == XZ_STR_NPOS)
        return 0;
    line = xz_str_sub(line, at + strlen(name), line.len);
    return xz_str_to_double(xz_str_cut(&line, '"'), &value) ? value : 0;
}

/* Entities read, control characters dropped: one word, without a blank. */
static void text_clean(xz_str raw, struct xz_buf *text)
{
    for (size_t at = 0; at < raw.len;) {
        uint32_t code = 0;
        size_t eaten = raw.ptr[at] == '&' ? doc_entity_read(xz_str_sub(raw, at, raw.len), &code)
                                          : 0;
        char bytes[4];
        if (eaten > 0)
            at += eaten;
        else
            code = xz_utf8_next(raw, &at);
        /* What has no letter of its own in the font, and blanks that poppler takes for letters. */
        bool none = code < 0x20 || code == 0x7f || code == 0xfffd || code == 0xa0 ||
                    code == 0x3000 || code == 0xfeff || code == ' ' ||
                    (code >= 0xe000 && code < 0xf900) || (code >= 0x200b && code <= 0x200f);
        if (!none)
            xz_buf_add(text, (xz_str){ bytes, xz_utf8_put(code, bytes) });
    }
}

static xz_err text_word(struct reading *r, xz_str line)
{
    struct xz_buf text;
    size_t from = xz_str_find(line, XZ_STR("\">"));
    if (from == XZ_STR_NPOS)
        return XZ_OK;
    xz_str inner = xz_str_sub(line, from + 2, line.len);
    struct page_word word = {
        .left = (float)clamped(attribute(line, "xMin=\""), r->width),
        .top = (float)clamped(attribute(line, "yMin=\""), r->height),
        .right = (float)clamped(attribute(line, "xMax=\""), POINTS_MAX),
        .bottom = (float)clamped(attribute(line, "yMax=\""), POINTS_MAX),
    };
    xz_buf_init(&text, XZ_DOC_LINE_BYTES_MAX * 2);
    text_clean(xz_str_cut(&inner, '<'), &text);
    word.text = xz_buf_str(&text);
    xz_err err = XZ_OK;
    if (word.text.len > 0 && word.right > word.left && word.bottom > word.top) {
        r->upright_words += xz_utf8_chars(word.text) >= UPRIGHT_CHARS &&
                            word.bottom - word.top > 2 * (word.right - word.left);
        err = word_add(r, false, word);
    }
    xz_buf_fini(&text);
    return err;
}

/* --- lines of tesseract --- */

/* level page block par line word left top width height conf text */
static bool tsv_read(xz_str line, double *numbers, xz_str *text)
{
    for (size_t i = 0; i + 1 < TSV_FIELDS; i++)
        if (!line.len || !xz_str_to_double(xz_str_cut(&line, '\t'), &numbers[i]))
            return false;
    *text = xz_str_trim(line);
    return true;
}

/* A picture may hold several pages, each announced by a line of level 1. */
static xz_err tsv_page(struct reading *r, const double *numbers)
{
    r->picture_width = clamped(numbers[8], 1e6);
    r->picture_height = clamped(numbers[9], 1e6);
    if (!r->picture)
        return XZ_OK;
    xz_err err = page_end(r);
    /* Without a resolution worth believing: a sheet of A4, whichever way it lies. */
    double scale = 842.0 / XZ_MAX(XZ_MAX(r->picture_width, r->picture_height), 1.0);
    page_begin(r, r->picture_width * scale, r->picture_height * scale);
    r->in_ocr = true;
    return err;
}

/* Recognition gives half-width marks between Chinese characters: ( ) : ; , ? ! */
static uint32_t widened(uint32_t code, uint32_t before, uint32_t after)
{
    static const char marks[] = "():;,?!";
    bool mark = code < 0x80 && code > 0 && strchr(marks, (int)code);
    return mark && (is_wide(before) || is_wide(after)) ? code + 0xfee0 : code;
}

static void text_widen(xz_str text, struct xz_buf *out)
{
    uint32_t before = 0;
    for (size_t at = 0; at < text.len;) {
        char bytes[4];
        uint32_t code = xz_utf8_next(text, &at);
        size_t ahead = at;
        code = widened(code, before, at < text.len ? xz_utf8_next(text, &ahead) : 0);
        xz_buf_add(out, (xz_str){ bytes, xz_utf8_put(code, bytes) });
        before = code;
    }
}

/* Ends the piece of a recognised line under way. */
static xz_err piece_close(struct reading *r)
{
    struct piece *piece = &r->piece;
    xz_err err = XZ_OK;
    double x = r->width / XZ_MAX(r->picture_width, 1.0);
    double y = r->height / XZ_MAX(r->picture_height, 1.0);
    struct page_word word = { .left = (float)(piece->left * x),
                              .top = (float)(piece->top * y),
                              .right = (float)(piece->right * x),
                              .bottom = (float)(piece->bottom * y) };
    struct xz_buf text;
    xz_buf_init(&text, XZ_DOC_LINE_BYTES_MAX * 4);
    text_widen(xz_buf_str(&piece->text), &text);
    word.text = xz_buf_str(&text);
    if (text.len > 0 && word.right > word.left && word.bottom > word.top) {
        word.confidence = XZ_MAX((int)(piece->sum / piece->weight + 0.5), 1);
        err = word_add(r, true, word);
    }
    xz_buf_fini(&text);
    xz_buf_clear(&piece->text);
    piece->sum = piece->weight = 0;
    return err;
}

/* Tesseract knows its lines better than its words, whose sides may overlap: words are put together
 * in its order, and parted only where the line is wide open. */
static xz_err piece_add(struct reading *r, xz_str text, double left, double right, double conf)
{
    struct piece *piece = &r->piece;
    double gap = left - piece->right, height = piece->bottom - piece->top;
    bool first = piece->text.len == 0;
    xz_err err = XZ_OK;
    if (!first && gap > PIECE_GAP * height) {
        err = piece_close(r);
        first = true;
    }
    size_t at = 0;
    bool narrow = !first && (unsigned char)piece->text.ptr[piece->text.len - 1] < 0x80 &&
                  xz_utf8_next(text, &at) < 0x80;
    if (!first && (narrow || gap > BLANK_GAP * height))
        xz_buf_add_char(&piece->text, ' ');
    xz_buf_add(&piece->text, text);
    piece->left = first ? left : XZ_MIN(piece->left, left);
    piece->right = first ? right : XZ_MAX(piece->right, right);
    piece->sum += conf * (double)text.len;
    piece->weight += (double)text.len;
    return err;
}

static xz_err tsv_word(struct reading *r, const double *numbers, xz_str raw)
{
    struct xz_buf text;
    double conf = clamped(numbers[10], 100), left = clamped(numbers[6], r->picture_width);
    double right = left + clamped(numbers[8], r->picture_width);
    xz_err err = XZ_OK;
    xz_buf_init(&text, XZ_DOC_LINE_BYTES_MAX * 2);
    text_clean(raw, &text);
    /* Specks and rules are "read" too, with no confidence at all. */
    if (text.len > 0 && conf >= 10)
        err = piece_add(r, xz_buf_str(&text), left, XZ_MIN(right, r->picture_width), conf);
    xz_buf_fini(&text);
    return err;
}

static xz_err tsv_line(struct reading *r, xz_str line)
{
    double numbers[TSV_FIELDS] = { 0 };
    xz_str raw;
    if (!tsv_read(line, numbers, &raw))
        return XZ_OK; /* the line of names; what is no line of words says nothing */
    if (numbers[0] == 5)
        return raw.len ? tsv_word(r, numbers, raw) : XZ_OK;
    xz_err err = piece_close(r);
    if (err == XZ_OK && numbers[0] == 1)
        err = tsv_page(r, numbers);
    if (numbers[0] == 4) {
        r->piece.top = clamped(numbers[7], r->picture_height);
        r->piece.bottom = r->piece.top + clamped(numbers[9], r->picture_height);
    }
    return err;
}

/* --- the lines of the whole --- */

static xz_err mark_line(struct reading *r, xz_str line)
{
    if (xz_str_eq(line, XZ_STR("@script")))
        r->pages.script = true;
    else if (xz_str_eq(line, XZ_STR("@repaired")))
        r->pages.repaired = true;
    else if (xz_str_eq(line, XZ_STR("@picture")))
        r->picture = true;
    else if (xz_str_eq(line, XZ_STR("@unread")))
        r->unread = true;
    else if (xz_str_eq(line, XZ_STR("@ocr")))
        r->in_ocr = true;
    else if (xz_str_eq(line, XZ_STR("@end")) && r->in_ocr) {
        r->in_ocr = false;
        return piece_close(r);
    }
    return XZ_OK;
}

static xz_err take_line(xz_str line, void *arg)
{
    struct reading *r = arg;
    if (!r->begun) {
        r->begun = true;
        return XZ_OK; /* the magic, which detection has seen */
    }
    if (xz_str_starts(line, XZ_STR("@")))
        return mark_line(r, line);
    if (r->in_ocr)
        return tsv_line(r, line);
    line = xz_str_trim(line);
    if (xz_str_starts(line, XZ_STR("<page "))) {
        xz_err err = page_end(r);
        page_begin(r, attribute(line, "width=\""), attribute(line, "height=\""));
        return err;
    }
    if (xz_str_starts(line, XZ_STR("</page")))
        return page_end(r);
    return r->in_page && xz_str_starts(line, XZ_STR("<word ")) ? text_word(r, line) : XZ_OK;
}

static void *pages_create(struct doc_out *out)
{
    struct reading *r = XZ_ALLOC(struct reading, 1);
    r->out = out;
    r->pages.arena = xz_arena_create(1 << 16);
    xz_buf_init(&r->piece.text, XZ_DOC_LINE_BYTES_MAX * 2);
    doc_lines_init(&r->lines, take_line, r);
    return r;
}

static xz_err pages_feed(void *state, xz_str utf8)
{
    struct reading *r = state;
    return doc_lines_feed(&r->lines, utf8);
}

static xz_err pages_end(void *state)
{
    struct reading *r = state;
    xz_err err = doc_lines_end(&r->lines);
    if (err == XZ_OK)
        err = piece_close(r);
    if (err == XZ_OK)
        err = page_end(r);
    if (err == XZ_OK) {
        pages_survey(&r->pages);
        err = pages_blocks(&r->pages, r->out);
    }
    return err;
}

static void pages_destroy(void *state)
{
    struct reading *r = state;
    doc_lines_fini(&r->lines);
    xz_buf_fini(&r->piece.text);
    xz_arena_destroy(r->pages.arena);
    xz_free(r->pages.pages);
    xz_free(r->words);
    xz_free(r->recognised);
    xz_free(r);
}

const struct doc_reader doc_pages_reader = { pages_create, pages_feed, pages_end, pages_destroy };
