/* Words of a page, or of one column of it, as rows from top to bottom; the text of a row; and
 * tables: rows next to each other that leave the same strips free. Rules drawn on the page are not
 * known here, only where text stands. */
#include "doc/doc_pages_internal.h"

#define SAME_ROW      0.5f /* in sizes: middles this close stand in one row */
#define STRIP_MIN     0.6f /* narrower is the space between words */
#define STRIP_BEGIN   1.0f
#define STRIP_WIDE    2.0f
#define LINE_PITCH    1.55f /* lines of one cell; rows of a table stand farther apart */
#define SPANS_MAX     64
#define ROWS_APART    6.0f
#define ONE_SIDED_MAX 6 /* lines of a tall cell beside empty ones */

/* --- rows --- */

static float middle_of(const struct page_word *word)
{
    return (word->top + word->bottom) / 2;
}

static int by_middle(const void *a, const void *b)
{
    const struct page_word *x = *(struct page_word *const *)a, *y = *(struct page_word *const *)b;
    float mx = middle_of(x), my = middle_of(y);
    if (mx < my || mx > my)
        return mx < my ? -1 : 1;
    return x->left < y->left ? -1 : x->left > y->left;
}

static int by_left(const void *a, const void *b)
{
    const struct page_word *x = *(struct page_word *const *)a, *y = *(struct page_word *const *)b;
    return x->left < y->left ? -1 : x->left > y->left;
}

static void row_measure(struct page_row *row)
{
    float widths = 0, ems = 0;
    qsort(row->words, row->count, sizeof(*row->words), by_left);
    row->left = row->words[0]->left;
    row->right = row->words[0]->right;
    row->top = row->words[0]->top;
    row->bottom = row->words[0]->bottom;
    for (size_t i = 0; i < row->count; i++) {
        const struct page_word *word = row->words[i];
        row->right = XZ_MAX(row->right, word->right);
        row->top = XZ_MIN(row->top, word->top);
        row->bottom = XZ_MAX(row->bottom, word->bottom);
        widths += word->right - word->left;
        ems += word->ems;
    }
    row->size = ems > 0 ? XZ_MAX(widths / ems, 1.0f) : 1.0f;
    row->middle = (row->top + row->bottom) / 2;
}

void page_rows_make(struct xz_arena *arena, struct page_word **words, size_t count,
                    struct page_rows *rows)
{
    *rows = (struct page_rows){ .arena = arena, .rows = XZ_NEW(arena, struct page_row, count) };
    qsort(words, count, sizeof(*words), by_middle);
    for (size_t i = 0; i < count;) {
        struct page_row *row = &rows->rows[rows->count++];
        float first = middle_of(words[i]), size = page_word_size(words[i]);
        row->words = &words[i];
        while (i < count && middle_of(words[i]) - first <= SAME_ROW * size) {
            size = XZ_MIN(XZ_MAX(size, page_word_size(words[i])), 2 * size);
            i++;
            row->count++;
        }
        row_measure(row);
    }
}

/* --- text --- */

static uint32_t last_code(xz_str text)
{
    size_t at = text.len;
    while (at > 0 && ((unsigned char)text.ptr[at - 1] & 0xc0) == 0x80)
        at--;
    at -= at > 0;
    return at < text.len ? xz_utf8_next(text, &at) : 0;
}

static bool is_narrow(uint32_t code)
{
    return code > 0x20 && code < 0x2000;
}

/* 第三条, 第一章 as a word of its own */
static bool is_label(xz_str text)
{
    static const char *const ends[] = { "条", "章", "节", "编" };
    for (size_t i = 0; i < XZ_COUNT(ends); i++)
        if (xz_str_starts(text, XZ_STR("第")) && text.len < 40 &&
            xz_str_ends(text, xz_str_from(ends[i])))
            return true;
    return false;
}

/* A blank between Latin words, and where the page leaves a wide one between others. What was
 * recognised stands loosely: each character is a word of its own. */
static bool blank_between(const struct page_word *a, const struct page_word *b, float size)
{
    size_t at = 0;
    float gap = b->left - a->right;
    bool narrow = is_narrow(last_code(a->text)) && is_narrow(xz_utf8_next(b->text, &at));
    if (narrow || is_label(a->text))
        return gap > 0.12f * size;
    return gap > (a->confidence > 0 ? 0.7f : 0.35f) * size;
}

xz_str page_row_text(struct xz_arena *arena, const struct page_row *row, size_t from, size_t to)
{
    size_t bytes = 0, len = 0;
    for (size_t i = from; i < to; i++)
        bytes += row->words[i]->text.len + 1;
    char *text = xz_arena_alloc(arena, bytes + 1);
    for (size_t i = from; i < to; i++) {
        xz_str word = row->words[i]->text;
        if (i > from && blank_between(row->words[i - 1], row->words[i], row->size))
            text[len++] = ' ';
        memcpy(text + len, word.ptr, word.len);
        len += word.len;
    }
    return (xz_str){ text, len };
}

int page_row_confidence(const struct page_row *row, size_t from, size_t to)
{
    float sum = 0, ems = 0;
    for (size_t i = from; i < to; i++) {
        sum += (float)row->words[i]->confidence * row->words[i]->ems;
        ems += row->words[i]->ems;
    }
    return ems > 0 ? (int)(sum / ems + 0.5f) : 0;
}

/* --- tables --- */

/* What of the width the rows of a table take, as spans from left to right. */
struct taken {
    struct page_strip spans[SPANS_MAX];
    size_t count;
};

static bool taken_add(struct taken *taken, float from, float to)
{
    size_t at = 0, end;
    while (at < taken->count && taken->spans[at].to < from)
        at++;
    for (end = at; end < taken->count && taken->spans[end].from <= to; end++) {
        from = XZ_MIN(from, taken->spans[end].from);
        to = XZ_MAX(to, taken->spans[end].to);
    }
    if (at == end && taken->count == SPANS_MAX)
        return false;
    memmove(&taken->spans[at + 1], &taken->spans[end],
            (taken->count - end) * sizeof(*taken->spans));
    taken->count = taken->count - (end - at) + 1;
    taken->spans[at] = (struct page_strip){ from, to };
    return true;
}

static bool taken_add_row(struct taken *taken, const struct page_row *row)
{
    bool ok = true;
    for (size_t i = 0; i < row->count && ok; i++)
        ok = taken_add(taken, row->words[i]->left, row->words[i]->right);
    return ok;
}

/* The strips between the spans that are wide enough; 0 also when they are too many. */
static size_t strips_of(const struct taken *taken, float least, struct page_strip *strips)
{
    size_t count = 0;
    for (size_t i = 1; i < taken->count; i++) {
        struct page_strip strip = { taken->spans[i - 1].to, taken->spans[i].from };
        if (strip.to - strip.from < least)
            continue;
        if (count == PAGE_COLUMNS_MAX)
            return 0;
        strips[count++] = strip;
    }
    return count;
}

/* Which column a word stands in: the strips are in order. */
static size_t column_of(const struct page_strip *strips, size_t count, const struct page_word *word)
{
    float middle = (word->left + word->right) / 2;
    size_t column = 0;
    while (column < count && middle > strips[column].from)
        column++;
    return column;
}

static size_t columns_filled(const struct page_strip *strips, size_t count,
                             const struct page_row *row)
{
    size_t filled = 0, last = SIZE_MAX;
    for (size_t i = 0; i < row->count; i++) {
        size_t column = column_of(strips, count, row->words[i]);
        filled += column != last;
        last = column;
    }
    return filled;
}

static bool strips_all_wide(const struct page_table *table, float size)
{
    for (size_t i = 0; i < table->strip_count; i++)
        if (table->strips[i].to - table->strips[i].from < STRIP_WIDE * size)
            return false;
    return true;
}

/* Whether the table still has all its strips with this row too; then takes it in. */
static bool table_take(struct page_table *table, struct taken *taken, const struct page_row *row,
                       bool settled)
{
    struct page_strip strips[PAGE_COLUMNS_MAX];
    struct taken more = *taken;
    if (!taken_add_row(&more, row))
        return false;
    size_t count = strips_of(&more, STRIP_MIN * row->size, strips);
    if (count == 0 || (settled && count < table->strip_count))
        return false;
    *taken = more;
    memcpy(table->strips, strips, count * sizeof(*strips));
    table->strip_count = count;
    return true;
}

/* The first cell's line above reaches the end of its column, so that it may go on below. */
static bool first_cell_full(const struct page_table *table, const struct page_row *above,
                            const struct page_row *row)
{
    float reach = 0, ratio = row->size / above->size;
    for (size_t i = 0; i < above->count; i++)
        if (column_of(table->strips, table->strip_count, above->words[i]) == 0)
            reach = XZ_MAX(reach, above->words[i]->right);
    return reach >= table->strips[0].from - 1.2f * row->size && ratio > 0.8f && ratio < 1.2f;
}

/* Rows on from the first; the table ends with the last one that fills two columns, and with lines
 * close below it that end its cells. */
static size_t table_extend(const struct page_rows *rows, struct page_table *table,
                           struct taken *taken)
{
    size_t both = 1, one_sided = 0;
    struct page_table whole = *table;
    struct taken held = *taken;
    for (size_t j = table->first + 1; j < rows->count; j++) {
        const struct page_row *row = &rows->rows[j], *above = &rows->rows[j - 1];
        float pitch = row->middle - above->middle;
        if (pitch > ROWS_APART * row->size || !table_take(&whole, &held, row, both >= 2))
            break;
        bool filled = columns_filled(whole.strips, whole.strip_count, row) >= 2;
        one_sided = filled ? 0 : one_sided + 1;
        if (one_sided > ONE_SIDED_MAX)
            break;
        bool close = pitch <= LINE_PITCH * row->size &&
                     (row->left > rows->rows[table->first].left + row->size ||
                      first_cell_full(&whole, above, row));
        bool ends_cell = both >= 2 && one_sided == j - table->last &&
                         (close || pitch < 0.95f * row->size);
        both += filled;
        if (!filled && !ends_cell)
            continue;
        whole.last = j;
        *table = whole;
        *taken = held;
        one_sided = ends_cell ? 0 : one_sided;
    }
    return both;
}

bool page_table_find(const struct page_rows *rows, size_t first, struct page_table *table)
{
    const struct page_row *begin = &rows->rows[first];
    struct taken taken = { 0 };
    size_t start = first;
    *table = (struct page_table){ .first = first, .last = first };
    if (!taken_add_row(&taken, begin))
        return false;
    /* A cell in the middle of its row's height may stand half a line above the others. */
    if (strips_of(&taken, STRIP_BEGIN * begin->size, table->strips) == 0) {
        if (first + 1 >= rows->count ||
            rows->rows[first + 1].middle - begin->middle >= begin->size ||
            !table_take(table, &taken, &rows->rows[first + 1], false))
            return false;
        start = first + 1;
    }
    table->strip_count = strips_of(&taken, STRIP_BEGIN * begin->size, table->strips);
    if (table->strip_count == 0)
        return false;
    table->first = start;
    table->last = start;
    size_t both = table_extend(rows, table, &taken);
    table->first = first;
    return both >= 3 ||
           (both == 2 && (table->strip_count >= 2 || strips_all_wide(table, begin->size)));
}

/* Which row of cells each row of text belongs to: lines of a column that stand close are one cell.
 * Returns how many rows of cells there are. */
static size_t lines_group(const struct page_rows *rows, const struct page_table *table,
                          size_t *group)
{
    size_t lines = table->last - table->first + 1, groups = 1, joined = 0, staggered = 0;
    for (size_t column = 0; column <= table->strip_count; column++) {
        const struct page_row *above = NULL;
        size_t above_at = 0;
        for (size_t i = 0; i < lines; i++) {
            const struct page_row *row = &rows->rows[table->first + i];
            bool there = false;
            for (size_t w = 0; w < row->count && !there; w++)
                there = column_of(table->strips, table->strip_count, row->words[w]) == column;
            if (!there)
                continue;
            bool close = above && row->middle - above->middle <= LINE_PITCH * row->size;
            for (size_t k = above_at + 1; close && k <= i; k++)
                group[k] = 1; /* the same cell as the line above */
            above = row;
            above_at = i;
        }
    }
    for (size_t i = 1; i < lines; i++) {
        const struct page_row *row = &rows->rows[table->first + i];
        joined += group[i];
        staggered += row->middle - rows->rows[table->first + i - 1].middle < 0.95f * row->size;
    }
    /* Rows of cells that stand as close as lines do. */
    bool tight = joined + 1 == lines && lines > 2 && staggered == 0;
    group[0] = 0;
    for (size_t i = 1; i < lines; i++) {
        const struct page_row *row = &rows->rows[table->first + i];
        bool full = columns_filled(table->strips, table->strip_count, row) >= 2;
        bool same = tight ? !full : group[i] != 0;
        groups += !same;
        group[i] = groups - 1;
    }
    return groups;
}

static void cell_add(struct xz_buf *cell, xz_str text)
{
    size_t at = 0;
    if (cell->len > 0 && is_narrow(last_code(xz_buf_str(cell))) &&
        is_narrow(xz_utf8_next(text, &at)))
        xz_buf_add_char(cell, ' ');
    xz_buf_add(cell, text);
}

/* Adds the words of one line to the cells of its columns. */
static void cells_add_row(struct xz_arena *arena, const struct page_table *table,
                          const struct page_row *row, struct xz_buf *cells)
{
    for (size_t from = 0; from < row->count;) {
        size_t column = column_of(table->strips, table->strip_count, row->words[from]);
        size_t to = from + 1;
        while (to < row->count &&
               column_of(table->strips, table->strip_count, row->words[to]) == column)
            to++;
        cell_add(&cells[column], page_row_text(arena, row, from, to));
        from = to;
    }
}

static void frame_add(struct page_item *item, const struct page_row *row, bool first)
{
    int confidence = page_row_confidence(row, 0, row->count);
    item->left = first ? row->left : XZ_MIN(item->left, row->left);
    item->right = first ? row->right : XZ_MAX(item->right, row->right);
    item->top = first ? row->top : XZ_MIN(item->top, row->top);
    item->bottom = first ? row->bottom : XZ_MAX(item->bottom, row->bottom);
    item->confidence = first ? confidence : XZ_MIN(item->confidence, confidence);
    item->size = row->size;
}

xz_err page_table_give(const struct page_rows *rows, const struct page_table *table,
                       struct page_item *frame, page_item_fn each, void *arg)
{
    struct xz_buf cells[PAGE_COLUMNS_MAX + 1];
    xz_str texts[PAGE_COLUMNS_MAX + 1];
    size_t columns = table->strip_count + 1, lines = table->last - table->first + 1;
    size_t *group = XZ_NEW(rows->arena, size_t, lines);
    size_t groups = lines_group(rows, table, group), line = 0;
    xz_err err = XZ_OK;
    for (size_t c = 0; c < columns; c++)
        xz_buf_init(&cells[c], XZ_DOC_BLOCK_BYTES_MAX);
    for (size_t g = 0; g < groups && err == XZ_OK; g++) {
        struct page_item item = *frame;
        size_t begin = line;
        for (; line < lines && group[line] == g; line++) {
            const struct page_row *row = &rows->rows[table->first + line];
            cells_add_row(rows->arena, table, row, cells);
            frame_add(&item, row, line == begin);
        }
        for (size_t c = 0; c < columns; c++)
            texts[c] = xz_buf_str(&cells[c]);
        item.cells = texts;
        item.cell_count = columns;
        item.table_start = g == 0;
        err = each(&item, arg);
        for (size_t c = 0; c < columns; c++)
            xz_buf_clear(&cells[c]);
    }
    for (size_t c = 0; c < columns; c++)
        xz_buf_fini(&cells[c]);
    return err;
}
