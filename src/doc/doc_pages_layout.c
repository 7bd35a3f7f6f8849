/* Pages into reading order: what repeats at their edges is dropped, columns are read one after the
 * other, rows that line up are a table. Upright (vertical) writing is not put in order; the reader
 * of blocks says so. */
#include "doc/doc_pages_internal.h"

#define EDGE_ZONE       0.12f /* of the height, above and below: where running heads stand */
#define NUMBER_ZONE     0.10f
#define EDGE_REPEATS    3 /* pages that say the same at the same height */
#define EDGE_SHIFT      0.02f
#define SIZES_MAX       800 /* tenths of a point */
#define COLUMN_ROWS     6
#define COLUMN_FILL     0.72f /* of its width, that lines of running text fill on average */
#define COLUMN_ROWS_MIN 3
#define COLUMN_FILL_FEW 0.93f
#define COLUMN_EMS      10 /* narrower is a table */
#define OPEN_GAP        1.4f
#define BANDS_TRIED     3
#define GUTTER_MIN      0.6f
#define SPLITS_MAX      3 /* how often a region is split into columns again */

/* --- what repeats at the edges --- */

struct edge_row {
    uint64_t hash;
    float at; /* share of the height */
    size_t page;
    struct page_word **words;
    size_t word_count;
    bool number;
};

struct edges {
    struct edge_row *rows;
    size_t count, room;
};

static bool is_digit(uint32_t code)
{
    return (code >= '0' && code <= '9') || (code >= 0xff10 && code <= 0xff19);
}

/* — 3 —, 第3页 共10页, 3/10: nothing but digits and what goes with them. */
static bool is_page_number(xz_str text)
{
    static const char *const others = " -/.()|~—–―－·•．（）第页共P";
    size_t digits = 0, groups = 0;
    bool before = false;
    if (text.len > 60)
        return false;
    for (size_t at = 0; at < text.len;) {
        size_t from = at;
        bool digit = is_digit(xz_utf8_next(text, &at));
        digits += digit;
        groups += digit && !before;
        before = digit;
        if (!digit &&
            xz_str_find(xz_str_from(others), xz_str_sub(text, from, at - from)) == XZ_STR_NPOS)
            return false;
    }
    return digits > 0 && digits <= 8 && groups <= 2;
}

/* The text with every run of digits alike. */
static uint64_t edge_hash(struct xz_arena *arena, xz_str text)
{
    char *made = xz_arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t at = 0; at < text.len;) {
        size_t from = at;
        bool digit = is_digit(xz_utf8_next(text, &at));
        if (digit && len > 0 && made[len - 1] == '#')
            continue;
        if (digit) {
            made[len++] = '#';
        } else if (text.ptr[from] != ' ') {
            memcpy(made + len, text.ptr + from, at - from);
            len += at - from;
        }
    }
    return xz_str_hash((xz_str){ made, len });
}

static void edges_add(struct edges *edges, struct edge_row row)
{
    if (edges->count == edges->room) {
        edges->room = edges->room ? edges->room * 2 : 64;
        edges->rows = xz_realloc(edges->rows, edges->room * sizeof(*edges->rows));
    }
    edges->rows[edges->count++] = row;
}

static void edges_of_page(struct xz_arena *arena, const struct page *page, size_t number,
                          struct edges *edges)
{
    struct page_word **words = XZ_NEW(arena, struct page_word *, page->word_count);
    struct page_rows rows;
    size_t count = 0;
    for (size_t i = 0; i < page->word_count; i++) {
        float at = (page->words[i].top + page->words[i].bottom) / 2;
        if (at < EDGE_ZONE * page->height || at > (1 - EDGE_ZONE) * page->height)
            words[count++] = &page->words[i];
    }
    page_rows_make(arena, words, count, &rows);
    for (size_t i = 0; i < rows.count; i++) {
        const struct page_row *row = &rows.rows[i];
        xz_str text = page_row_text(arena, row, 0, row->count);
        float at = row->middle / page->height;
        bool outer = at < NUMBER_ZONE || at > 1 - NUMBER_ZONE;
        edges_add(edges, (struct edge_row){ .hash = edge_hash(arena, text),
                                            .at = at,
                                            .page = number,
                                            .words = row->words,
                                            .word_count = row->count,
                                            .number = outer && is_page_number(text) });
    }
}

static int by_hash(const void *a, const void *b)
{
    const struct edge_row *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    if (x->at < y->at || x->at > y->at)
        return x->at < y->at ? -1 : 1;
    return x->page < y->page ? -1 : x->page > y->page;
}

/* A word that is dropped takes no room. */
static void row_drop(const struct edge_row *row)
{
    for (size_t i = 0; i < row->word_count; i++)
        row->words[i]->ems = 0;
}

static void edges_drop(struct edges *edges)
{
    qsort(edges->rows, edges->count, sizeof(*edges->rows), by_hash);
    for (size_t from = 0; from < edges->count;) {
        size_t to = from + 1;
        while (to < edges->count && edges->rows[to].hash == edges->rows[from].hash &&
               edges->rows[to].at - edges->rows[to - 1].at < EDGE_SHIFT)
            to++;
        bool repeats = to - from >= EDGE_REPEATS;
        for (size_t i = from; i < to; i++)
            if (repeats || edges->rows[i].number)
                row_drop(&edges->rows[i]);
        from = to;
    }
}

static void words_pack(struct page *page)
{
    size_t kept = 0;
    for (size_t i = 0; i < page->word_count; i++)
        if (page->words[i].ems > 0)
            page->words[kept++] = page->words[i];
    page->word_count = kept;
}

/* --- the sizes of the whole --- */

static float body_size_of(const struct pages *pages)
{
    float *weights = XZ_ALLOC(float, SIZES_MAX);
    size_t best = 0;
    for (size_t i = 0; i < SIZES_MAX; i++)
        weights[i] = 0;
    for (size_t p = 0; p < pages->page_count; p++) {
        const struct page *page = &pages->pages[p];
        for (size_t w = 0; w < page->word_count; w++) {
            float size = page_word_size(&page->words[w]);
            if (size > 0 && size * 10 < SIZES_MAX)
                weights[(size_t)(size * 10)] += page->words[w].ems;
        }
    }
    /* Recognised sizes waver: half a point to both sides counts. */
    float most = 0;
    for (size_t i = 0; i < SIZES_MAX; i++) {
        float near = 0;
        size_t to = XZ_MIN(i + 5, (size_t)SIZES_MAX - 1);
        for (size_t k = i < 5 ? 0 : i - 5; k <= to; k++)
            near += weights[k];
        if (near > most) {
            most = near;
            best = i;
        }
    }
    xz_free(weights);
    return most > 0 ? ((float)best + 0.5f) / 10 : 12;
}

static int by_value(const void *a, const void *b)
{
    const float *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* Half of the pages reach at least so far to the right. */
static float right_edge_of(const struct pages *pages)
{
    float *reach = XZ_ALLOC(float, pages->page_count + 1);
    size_t count = 0;
    for (size_t p = 0; p < pages->page_count; p++) {
        const struct page *page = &pages->pages[p];
        float most = 0;
        for (size_t w = 0; w < page->word_count; w++)
            most = XZ_MAX(most, page->words[w].right);
        if (most > 0 && page->width > 0)
            reach[count++] = most / page->width;
    }
    qsort(reach, count, sizeof(*reach), by_value);
    float edge = count > 0 ? reach[count / 2] : 0;
    xz_free(reach);
    return edge;
}

void pages_survey(struct pages *pages)
{
    struct xz_arena *arena = xz_arena_create(1 << 16);
    struct edges edges = { 0 };
    for (size_t p = 0; p < pages->page_count; p++)
        edges_of_page(arena, &pages->pages[p], p, &edges);
    if (edges.count > 0)
        edges_drop(&edges);
    for (size_t p = 0; p < pages->page_count; p++)
        words_pack(&pages->pages[p]);
    pages->body_size = body_size_of(pages);
    pages->right_edge = right_edge_of(pages);
    xz_free(edges.rows);
    xz_arena_destroy(arena);
}

/* --- a page --- */

struct layout {
    struct xz_arena *arena;
    const struct pages *pages;
    const struct page *page;
    struct page_item frame; /* page, edges: what all items of the region share */
    page_item_fn each;
    void *arg;
};

struct region {
    struct page_word **words;
    size_t count;
};

/* …………… 12: lines of a table of contents, whose headings come again. */
static bool is_contents_line(xz_str text)
{
    size_t end = text.len, dots = 0;
    while (end > 0 &&
           (text.ptr[end - 1] == ' ' || (text.ptr[end - 1] >= '0' && text.ptr[end - 1] <= '9')))
        end--;
    if (end == text.len)
        return false;
    xz_str head = xz_str_sub(text, 0, end);
    while (xz_str_ends(head, XZ_STR(".")) || xz_str_ends(head, XZ_STR("…")) ||
           xz_str_ends(head, XZ_STR("·")) || xz_str_ends(head, XZ_STR(" "))) {
        dots += xz_str_ends(head, XZ_STR("…")) ? 3 : head.ptr[head.len - 1] != ' ';
        head.len -= xz_str_ends(head, XZ_STR("…")) ? 3 : xz_str_ends(head, XZ_STR("·")) ? 2 : 1;
    }
    return dots >= 4;
}

static xz_err row_give(struct layout *l, const struct page_row *row)
{
    struct page_item item = l->frame;
    item.text = page_row_text(l->arena, row, 0, row->count);
    if (is_contents_line(item.text))
        return XZ_OK;
    item.left = row->left;
    item.right = row->right;
    item.top = row->top;
    item.bottom = row->bottom;
    item.size = row->size;
    item.confidence = page_row_confidence(row, 0, row->count);
    for (size_t i = 0; i < row->count; i++)
        item.ems += row->words[i]->ems;
    return l->each(&item, l->arg);
}

static xz_err rows_give(struct layout *l, struct region region)
{
    struct page_rows rows;
    xz_err err = XZ_OK;
    page_rows_make(l->arena, region.words, region.count, &rows);
    for (size_t i = 0; i < rows.count && err == XZ_OK;) {
        struct page_table table;
        if (page_table_find(&rows, i, &table)) {
            err = page_table_give(&rows, &table, &l->frame, l->each, l->arg);
            i = table.last + 1;
        } else {
            err = row_give(l, &rows.rows[i++]);
        }
    }
    return err;
}

struct columns {
    float top, bottom; /* middles of words between these stand in columns */
    float gutter;
};

static int by_height(const void *a, const void *b)
{
    const struct columns *x = a, *y = b;
    float hx = x->bottom - x->top, hy = y->bottom - y->top;
    return hx > hy ? -1 : hx < hy;
}

/* The bands that nothing crosses at `x`, the tallest first; returns how many there are. */
static size_t bands_at(struct xz_arena *arena, struct region region, float x,
                       struct columns **bands)
{
    float *crossing = XZ_NEW(arena, float, region.count + 2), top = 1e6f, bottom = 0;
    size_t count = 0;
    for (size_t i = 0; i < region.count; i++) {
        const struct page_word *word = region.words[i];
        top = XZ_MIN(top, word->top);
        bottom = XZ_MAX(bottom, word->bottom);
        if (word->left < x && word->right > x)
            crossing[count++] = (word->top + word->bottom) / 2;
    }
    crossing[count++] = top;
    crossing[count++] = bottom;
    qsort(crossing, count, sizeof(*crossing), by_value);
    *bands = XZ_NEW(arena, struct columns, count);
    for (size_t i = 1; i < count; i++)
        (*bands)[i - 1] = (struct columns){ crossing[i - 1], crossing[i], x };
    qsort(*bands, count - 1, sizeof(**bands), by_height);
    return count - 1;
}

static struct region region_part(struct xz_arena *arena, struct region region,
                                 const struct columns *columns, int part)
{
    struct region out = { XZ_NEW(arena, struct page_word *, region.count), 0 };
    for (size_t i = 0; i < region.count; i++) {
        struct page_word *word = region.words[i];
        float middle = (word->top + word->bottom) / 2;
        int where = middle <= columns->top                             ? 0
                    : middle >= columns->bottom                        ? 3
                    : (word->left + word->right) / 2 < columns->gutter ? 1
                                                                       : 2;
        if (where == part)
            out.words[out.count++] = word;
    }
    return out;
}

/* Wide open inside: cells of a table rather than a line of text. */
static bool is_open(const struct page_row *row)
{
    float reach = row->words[0]->right;
    for (size_t i = 1; i < row->count; i++) {
        if (row->words[i]->left - reach > OPEN_GAP * row->size)
            return true;
        reach = XZ_MAX(reach, row->words[i]->right);
    }
    return false;
}

/* Running text fills its lines but the last; cells of a table do not. A few lines must all do. */
static bool is_column(struct xz_arena *arena, struct region region, float *left, float *right)
{
    struct page_rows rows;
    float filled = 0;
    size_t open = 0;
    *left = 1e6f;
    *right = 0;
    page_rows_make(arena, region.words, region.count, &rows);
    if (rows.count < COLUMN_ROWS_MIN)
        return false;
    for (size_t i = 0; i < rows.count; i++) {
        *left = XZ_MIN(*left, rows.rows[i].left);
        *right = XZ_MAX(*right, rows.rows[i].right);
        open += is_open(&rows.rows[i]);
        filled += i + 1 < rows.count ? rows.rows[i].right - rows.rows[i].left : 0;
    }
    float least = rows.count >= COLUMN_ROWS ? COLUMN_FILL : COLUMN_FILL_FEW;
    return open * 4 <= rows.count && filled / (float)(rows.count - 1) >= least * (*right - *left);
}

static bool is_two_columns(struct layout *l, struct xz_arena *arena, struct region region,
                           const struct columns *band)
{
    float ll, lr, rl, rr, size = l->pages->body_size;
    return is_column(arena, region_part(arena, region, band, 1), &ll, &lr) &&
           is_column(arena, region_part(arena, region, band, 2), &rl, &rr) &&
           rl - lr >= GUTTER_MIN * size && XZ_MIN(lr - ll, rr - rl) >= COLUMN_EMS * size;
}

static bool columns_find(struct layout *l, struct region region, struct columns *found)
{
    float left = 1e6f, right = 0, best = 0;
    for (size_t i = 0; i < region.count; i++) {
        left = XZ_MIN(left, region.words[i]->left);
        right = XZ_MAX(right, region.words[i]->right);
    }
    struct xz_arena *arena = xz_arena_create(1 << 14);
    for (int step = 30; step <= 70; step++) {
        struct columns *bands;
        size_t count = bands_at(arena, region, left + (right - left) * (float)step / 100, &bands);
        for (size_t i = 0; i < XZ_MIN(count, (size_t)BANDS_TRIED); i++) {
            if (bands[i].bottom - bands[i].top <= best ||
                !is_two_columns(l, arena, region, &bands[i]))
                continue;
            best = bands[i].bottom - bands[i].top;
            *found = bands[i];
        }
        xz_arena_reset(arena);
    }
    xz_arena_destroy(arena);
    return best > 0;
}

/* A column's own edges; the text of a page may also be short of them everywhere. */
static void edges_set(struct layout *l, struct region region, bool whole)
{
    float left = 1e6f, right = 0;
    for (size_t i = 0; i < region.count; i++) {
        left = XZ_MIN(left, region.words[i]->left);
        right = XZ_MAX(right, region.words[i]->right);
    }
    float size = l->pages->body_size, mirrored = l->page->width - left;
    if (whole) {
        right = XZ_MAX(right, l->pages->right_edge * l->page->width - size);
        if (right < mirrored - 3 * size)
            right = mirrored;
    }
    l->frame.edge_left = left;
    l->frame.edge_right = right;
}

static xz_err region_give(struct layout *l, struct region region, int depth, bool whole)
{
    struct columns columns;
    xz_err err = XZ_OK;
    if (region.count == 0)
        return XZ_OK;
    if (depth >= SPLITS_MAX || !columns_find(l, region, &columns)) {
        if (depth == 0 || !whole)
            edges_set(l, region, whole);
        return rows_give(l, region);
    }
    /* The band above, the two columns, the band below; the bands keep the edges of the page. */
    edges_set(l, region, whole);
    struct page_item frame = l->frame;
    for (int part = 0; part < 4 && err == XZ_OK; part++) {
        bool band = part == 0 || part == 3;
        l->frame = frame;
        err = region_give(l, region_part(l->arena, region, &columns, part), depth + 1,
                          band && whole);
    }
    return err;
}

xz_err pages_layout(struct pages *pages, size_t number, page_item_fn each, void *arg)
{
    const struct page *page = &pages->pages[number];
    struct layout l = { .arena = xz_arena_create(1 << 16),
                        .pages = pages,
                        .page = page,
                        .frame = { .page = (int)number + 1, .scanned = page->scanned },
                        .each = each,
                        .arg = arg };
    struct region region = { XZ_NEW(l.arena, struct page_word *, page->word_count),
                             page->word_count };
    for (size_t i = 0; i < page->word_count; i++)
        region.words[i] = &page->words[i];
    xz_err err = region_give(&l, region, 0, true);
    xz_arena_destroy(l.arena);
    return err;
}
