/* Lines and rows of pages become blocks: lines are joined to paragraphs, short ones in larger print
 * or with 第X章, 一、 are headings, and the head of an official document gives its number and
 * issuer. Ends with remarks for the person who imports: which pages were recognised, and how well.
 */
#include "doc/doc_pages_internal.h"

#define HEADING_RATIO         1.12f
#define HEADING_RATIO_SCANNED 1.30f /* recognised sizes waver */
#define HEADING_CHARS_MAX     120
#define HEADING_LINES_MAX     4
#define ITEM_HEADING_CHARS    30
#define APART_RATIO           1.1f
#define CONFIDENCE_LOW        75
#define NOTE_PAGES_MAX        12

struct paragraph {
    struct xz_buf text;
    struct page_item first, last;
    float left, top, right, bottom; /* on the first page */
    float sizes, ems;
    double confidence;
    int lines;
    bool open, centred;
    bool apart; /* at the left edge, with more room above than lines have */
};

struct blocks {
    struct pages *pages;
    struct doc_out *out;
    struct paragraph para;
    bool titled, after_heading;
    float pitch; /* between lines of the last paragraph of several lines */
    bool after_table;
    size_t table_columns; /* of the table that ended the last page */
    int table_page;
    uint64_t table_head;
    double confidence, ems; /* of what was recognised */
};

/* --- places --- */

static int share(float at, float whole)
{
    float value = whole > 0 ? at / whole * 10000 : 0;
    return value < 0 ? 0 : value > 10000 ? 10000 : (int)(value + 0.5f);
}

static struct xz_box box_of(const struct blocks *b, int page, const float sides[4])
{
    const struct page *p = &b->pages->pages[page - 1];
    return (struct xz_box){ share(sides[0], p->width), share(sides[1], p->height),
                            share(sides[2], p->width), share(sides[3], p->height) };
}

/* --- what a paragraph is --- */

static bool ends_sentence(xz_str text)
{
    static const char *const marks[] = { "。", "；", "！", "？", "：", ";", ":" };
    for (size_t i = 0; i < XZ_COUNT(marks); i++)
        if (xz_str_ends(text, xz_str_from(marks[i])))
            return true;
    return false;
}

static bool is_centred(const struct page_item *item)
{
    float middle = (item->left + item->right) / 2;
    float page_middle = (item->edge_left + item->edge_right) / 2;
    float off = middle > page_middle ? middle - page_middle : page_middle - middle;
    return off < 1.5f * item->size && item->left > item->edge_left + 1.5f * item->size &&
           item->right < item->edge_right - 1.5f * item->size;
}

static bool is_large(const struct blocks *b, float size, bool scanned)
{
    return size >= b->pages->body_size * (scanned ? HEADING_RATIO_SCANNED : HEADING_RATIO);
}

/* 安政发〔2024〕3号, alone in its line */
static bool is_paper_number(xz_str text)
{
    size_t open = xz_str_find(text, XZ_STR("〔")), close = xz_str_find(text, XZ_STR("〕"));
    return text.len < 120 && open != XZ_STR_NPOS && open > 0 && close == open + 3 + 4 &&
           xz_str_ends(text, XZ_STR("号"));
}

/* Large words over a line, 安澜市人民政府文件: who issues it, not what it is called. */
static bool is_letterhead(xz_str text)
{
    return xz_str_ends(text, XZ_STR("文件")) && text.len > 12 && text.len < 120 &&
           xz_str_find(text, XZ_STR("《")) == XZ_STR_NPOS;
}

/* 申请材料: a few Chinese characters and nothing else. */
static bool is_bare_heading(xz_str text)
{
    size_t chars = 0;
    for (size_t at = 0; at < text.len; chars++)
        if (!xz_is_han(xz_utf8_next(text, &at)))
            return false;
    return chars >= 2 && chars <= 12;
}

static int heading_level(struct blocks *b, xz_str text)
{
    const struct paragraph *p = &b->para;
    struct xz_clause_head head = xz_clause_head_read(text);
    size_t chars = xz_utf8_chars(text);
    bool structure = head.mark == XZ_MARK_PART || head.mark == XZ_MARK_CHAPTER ||
                     head.mark == XZ_MARK_SECTION;
    if (chars > HEADING_CHARS_MAX || p->lines > HEADING_LINES_MAX || head.mark == XZ_MARK_ARTICLE ||
        ends_sentence(text) || xz_str_find(text, XZ_STR("。")) != XZ_STR_NPOS)
        return 0;
    if (structure)
        return chars <= 40 ? 2 : 0;
    float size = p->ems > 0 ? p->sizes / p->ems : p->first.size;
    bool large = is_large(b, size, p->first.scanned);
    bool first = !b->titled && p->first.page == 1;
    if (first && (large || (p->centred && chars >= 4 && chars <= 60)))
        return 1;
    if (large)
        return head.mark == XZ_MARK_PAREN_ITEM ? 3 : 2;
    if (p->lines == 1 && p->apart && b->titled && is_bare_heading(text))
        return 2;
    return head.mark == XZ_MARK_HAN_ITEM && p->lines == 1 && chars <= ITEM_HEADING_CHARS ? 2 : 0;
}

/* Bytes of the mark of a list item at the front. */
static size_t bullet_len(xz_str text)
{
    static const char *const bullets[] = { "•", "●", "■", "◆", "▪", "○", "□", "◇", "➢", "-", "–" };
    for (size_t i = 0; i < XZ_COUNT(bullets); i++) {
        xz_str bullet = xz_str_from(bullets[i]);
        size_t at = bullet.len;
        if (!xz_str_starts(text, bullet) || text.len <= bullet.len)
            continue;
        uint32_t next = xz_utf8_next(text, &at);
        if (bullet.len > 1 || next == ' ' || xz_is_han(next))
            return bullet.len;
    }
    return 0;
}

static xz_err meta_give(struct blocks *b, xz_str key, xz_str value)
{
    return doc_emit(
        b->out, (struct xz_block){
                    .kind = XZ_BLOCK_META, .key = key, .text = value, .page = b->para.first.page });
}

/* Recognition, and narrow print, lose the blank of 第三条　甲. */
static void label_part(struct xz_buf *text)
{
    xz_str all = xz_buf_str(text);
    struct xz_clause_head head = xz_clause_head_read(all);
    bool labelled = head.mark >= XZ_MARK_PART && head.mark <= XZ_MARK_ARTICLE;
    if (!labelled || head.label_len >= all.len || all.ptr[head.label_len] == ' ')
        return;
    if (xz_buf_reserve(text, 1)) {
        memmove(text->ptr + head.label_len + 1, text->ptr + head.label_len,
                text->len - head.label_len);
        text->ptr[head.label_len] = ' ';
        xz_buf_commit(text, 1);
    }
}

static xz_err paragraph_close(struct blocks *b)
{
    struct paragraph *p = &b->para;
    if (!p->open)
        return XZ_OK;
    p->open = false;
    label_part(&p->text);
    xz_str text = xz_str_trim(xz_buf_str(&p->text));
    int level = heading_level(b, text);
    bool first_page = p->first.page == 1 && !b->titled;
    if (p->text.err != XZ_OK)
        return xz_fail(XZ_E_LIMIT, "第 %d 页起的一段文字过长，不像是正文，请检查文件",
                       p->first.page);
    if (first_page && is_paper_number(text))
        return meta_give(b, XZ_STR("文号"), text);
    if (first_page && level == 1 && is_letterhead(text))
        return meta_give(b, XZ_STR("发文机关"), xz_str_sub(text, 0, text.len - 6));
    b->titled = b->titled || level == 1;
    b->after_heading = level > 0;
    int confidence = p->ems > 0 ? (int)(p->confidence / (double)p->ems + 0.5) : 0;
    const float sides[4] = { p->left, p->top, p->right, p->bottom };
    size_t bullet = level ? 0 : bullet_len(text);
    return doc_emit(b->out, (struct xz_block){ .kind = level    ? XZ_BLOCK_HEADING
                                                       : bullet ? XZ_BLOCK_ITEM
                                                                : XZ_BLOCK_PARAGRAPH,
                                               .level = bullet ? 1 : level,
                                               .text = xz_str_sub(text, bullet, text.len),
                                               .page = p->first.page,
                                               .box = box_of(b, p->first.page, sides),
                                               .confidence = confidence });
}

/* --- joining lines --- */

static uint32_t last_code(xz_str text)
{
    size_t at = text.len;
    while (at > 0 && ((unsigned char)text.ptr[at - 1] & 0xc0) == 0x80)
        at--;
    at -= at > 0;
    return at < text.len ? xz_utf8_next(text, &at) : 0;
}

static bool is_latin(uint32_t code)
{
    return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') ||
           (code >= '0' && code <= '9');
}

/* Chinese lines join without a blank, Latin ones with one; a hyphen at the end was put there by the
 * break. */
static void text_join(struct xz_buf *text, xz_str line)
{
    size_t at = 0;
    uint32_t before = last_code(xz_buf_str(text));
    uint32_t after = line.len ? xz_utf8_next(line, &at) : 0;
    bool word_goes_on = before == '-' && after >= 'a' && after <= 'z' && text->len > 1 &&
                        is_latin((unsigned char)text->ptr[text->len - 2]);
    if (word_goes_on)
        text->ptr[--text->len] = '\0';
    else if ((is_latin(before) || before == ',' || before == '.') && is_latin(after))
        xz_buf_add_char(text, ' ');
    xz_buf_add(text, line);
}

static bool same_size(const struct page_item *a, const struct page_item *b)
{
    float ratio = a->size / b->size, slack = a->scanned || b->scanned ? 0.35f : 0.15f;
    /* The size of a few letters says little. */
    return a->ems < 4 || b->ems < 4 || (ratio > 1 - slack && ratio < 1 + slack);
}

/* Lines of a title: one below the other, each in the middle. */
static bool title_goes_on(const struct blocks *b, const struct page_item *line)
{
    const struct paragraph *p = &b->para;
    const struct page_item *last = &p->last;
    float pitch = (line->top + line->bottom - last->top - last->bottom) / 2;
    bool full = last->right >= last->edge_right - 3 * last->size;
    return (is_centred(line) || full) && (p->centred || full) && last->page == line->page &&
           is_large(b, last->size, last->scanned) && is_large(b, line->size, false) &&
           same_size(last, line) && pitch > 0 && pitch < 2.6f * line->size &&
           xz_clause_head_read(line->text).mark == XZ_MARK_NONE && !is_paper_number(line->text) &&
           !is_letterhead(xz_buf_str(&p->text));
}

static bool line_goes_on(const struct blocks *b, const struct page_item *line)
{
    const struct paragraph *p = &b->para;
    const struct page_item *last = &p->last;
    struct xz_clause_head head = xz_clause_head_read(line->text);
    xz_str text = xz_buf_str(&p->text);
    float slack = line->scanned ? 2.2f : 1.6f;
    if (is_latin(last_code(text)))
        slack = 5.0f; /* Latin lines end where the last word does */
    bool full = last->right >= last->edge_right - slack * last->size;
    bool flush = line->left <= line->edge_left + 0.9f * line->size;
    float shift = line->left - last->left;
    bool under = p->lines > 1 && shift < 0.5f * line->size && shift > -0.5f * line->size;
    bool hanging = p->lines == 1 && shift > 0.5f * line->size &&
                   xz_clause_head_read(text).mark >= XZ_MARK_HAN_ITEM;
    bool same_column = last->page == line->page && line->top > last->top - last->size;
    float pitch = (line->top + line->bottom - last->top - last->bottom) / 2;
    if (!full || last->scanned != line->scanned || !same_size(last, line) ||
        (same_column && pitch > 3.2f * line->size))
        return false;
    bool structure = head.mark >= XZ_MARK_PART && head.mark <= XZ_MARK_SECTION &&
                     xz_utf8_chars(line->text) <= ITEM_HEADING_CHARS;
    if (structure || bullet_len(line->text) ||
        (head.mark != XZ_MARK_NONE && (!flush || ends_sentence(text))))
        return false;
    return flush || (head.mark == XZ_MARK_NONE && (under || hanging));
}

static void paragraph_add(struct blocks *b, const struct page_item *line)
{
    struct paragraph *p = &b->para;
    bool first = !p->open, below = p->last.page == line->page;
    float pitch = (line->top + line->bottom - p->last.top - p->last.bottom) / 2;
    if (!first && below && pitch > 0)
        b->pitch = pitch;
    if (first) {
        xz_buf_clear(&p->text);
        p->first = *line;
        p->open = true;
        p->centred = is_centred(line);
        p->apart = line->left <= line->edge_left + 0.5f * line->size &&
                   (!below || b->after_heading || (b->pitch > 0 && pitch > APART_RATIO * b->pitch));
        p->lines = 0;
        p->sizes = p->ems = 0;
        p->confidence = 0;
    }
    if (first || line->page == p->first.page) {
        p->left = first ? line->left : XZ_MIN(p->left, line->left);
        p->top = first ? line->top : XZ_MIN(p->top, line->top);
        p->right = first ? line->right : XZ_MAX(p->right, line->right);
        p->bottom = first ? line->bottom : XZ_MAX(p->bottom, line->bottom);
    }
    if (first)
        xz_buf_add(&p->text, line->text);
    else
        text_join(&p->text, line->text);
    p->lines++;
    p->sizes += line->size * line->ems;
    p->ems += line->ems;
    p->confidence += (double)line->confidence * (double)line->ems;
    p->last = *line;
    p->last.text = XZ_STR_NONE;
    p->first.text = XZ_STR_NONE;
}

/* --- rows --- */

static uint64_t cells_hash(const struct page_item *row)
{
    uint64_t hash = row->cell_count;
    for (size_t i = 0; i < row->cell_count; i++)
        hash = hash * 31 + xz_str_hash(row->cells[i]);
    return hash;
}

/* A table that goes on over the page break repeats its head, or simply goes on. */
static xz_err row_give(struct blocks *b, const struct page_item *row)
{
    xz_err err = paragraph_close(b);
    bool start = row->table_start, all = true;
    bool goes_on = start && b->after_table && b->table_columns == row->cell_count &&
                   row->page == b->table_page + 1;
    if (err != XZ_OK)
        return err;
    if (goes_on && cells_hash(row) == b->table_head)
        return XZ_OK;
    if (start && !goes_on)
        b->table_head = cells_hash(row);
    for (size_t i = 0; i < row->cell_count; i++)
        all = all && row->cells[i].len > 0;
    b->after_table = true;
    b->table_columns = row->cell_count;
    b->table_page = row->page;
    const float sides[4] = { row->left, row->top, row->right, row->bottom };
    return doc_emit(b->out, (struct xz_block){ .kind = XZ_BLOCK_ROW,
                                               .header = start && !goes_on && all,
                                               .table_start = start && !goes_on,
                                               .cells = row->cells,
                                               .cell_count = row->cell_count,
                                               .page = row->page,
                                               .box = box_of(b, row->page, sides),
                                               .confidence = row->confidence });
}

static xz_err item_take(const struct page_item *item, void *arg)
{
    struct blocks *b = arg;
    xz_err err = XZ_OK;
    if (item->cell_count > 0)
        return row_give(b, item);
    b->after_table = false;
    if (item->scanned) {
        b->confidence += (double)item->confidence * (double)item->ems;
        b->ems += (double)item->ems;
    }
    if (b->para.open && !title_goes_on(b, item) && !line_goes_on(b, item))
        err = paragraph_close(b);
    if (err == XZ_OK)
        paragraph_add(b, item);
    return err;
}

/* --- remarks --- */

static bool page_scanned(const struct page *page)
{
    return page->scanned && page->word_count > 0;
}
static bool page_unread(const struct page *page)
{
    return page->unread;
}
static bool page_upright(const struct page *page)
{
    return page->upright;
}

/* "第 1、2、5 页"; the number of pages when they are many. False when there are none. */
static bool pages_name(const struct blocks *b, bool (*is)(const struct page *page),
                       struct xz_buf *text)
{
    size_t count = 0;
    for (size_t i = 0; i < b->pages->page_count; i++)
        count += is(&b->pages->pages[i]);
    xz_buf_clear(text);
    if (count > NOTE_PAGES_MAX)
        xz_buf_addf(text, "共 %zu 页", count);
    for (size_t i = 0, named = 0; i < b->pages->page_count && count <= NOTE_PAGES_MAX; i++)
        if (is(&b->pages->pages[i]))
            xz_buf_addf(text, "%s%zu", named++ ? "、" : "第 ", i + 1);
    if (count > 0 && count <= NOTE_PAGES_MAX)
        xz_buf_add_lit(text, " 页");
    return count > 0;
}

static xz_err note_give(struct blocks *b, struct xz_buf *text)
{
    return doc_emit_text(b->out, XZ_BLOCK_NOTE, 0, xz_buf_str(text), 0);
}

static xz_err notes_give(struct blocks *b)
{
    struct xz_buf text;
    xz_err err = XZ_OK;
    xz_buf_init(&text, 4096);
    if (pages_name(b, page_scanned, &text)) {
        int confidence = b->ems > 0 ? (int)(b->confidence / b->ems + 0.5) : 0;
        xz_buf_addf(&text, "为扫描识别，平均可信度 %d%%%s", confidence,
                    confidence < CONFIDENCE_LOW ? "，可信度较低，请对照原件逐句核对"
                                                : "，请对照原件核对");
        err = note_give(b, &text);
    }
    if (err == XZ_OK && pages_name(b, page_unread, &text)) {
        xz_buf_add_lit(&text, "没有文字，也没有识别工具可用；如果不是空白页，请安装软件包 "
                              "tesseract-ocr-chi-sim 后重新导入");
        err = note_give(b, &text);
    }
    if (err == XZ_OK && pages_name(b, page_upright, &text)) {
        xz_buf_add_lit(&text, "有竖排文字，读出的次序可能不对，请核对");
        err = note_give(b, &text);
    }
    xz_buf_clear(&text);
    if (err == XZ_OK && b->pages->script) {
        xz_buf_add_lit(&text, "文件中有脚本，没有执行，只读取了文字");
        err = note_give(b, &text);
        xz_buf_clear(&text);
    }
    if (err == XZ_OK && b->pages->repaired) {
        xz_buf_add_lit(&text, "文件的索引已损坏，已尽量读取，请核对有没有缺页");
        err = note_give(b, &text);
    }
    xz_buf_fini(&text);
    return err;
}

xz_err pages_blocks(struct pages *pages, struct doc_out *out)
{
    struct blocks b = { .pages = pages, .out = out };
    xz_err err = XZ_OK;
    xz_buf_init(&b.para.text, XZ_DOC_BLOCK_BYTES_MAX);
    for (size_t page = 0; page < pages->page_count && err == XZ_OK; page++)
        err = pages_layout(pages, page, item_take, &b);
    if (err == XZ_OK)
        err = paragraph_close(&b);
    if (err == XZ_OK)
        err = notes_give(&b);
    xz_buf_fini(&b.para.text);
    return err;
}
