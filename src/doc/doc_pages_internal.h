/* Between the parts of the reader of pages: doc_pages.c reads what the tools wrote into words with
 * their places, doc_pages_layout.c puts the words of a page into reading order, and
 * doc_pages_blocks.c makes paragraphs, headings and rows of that. */
#ifndef XZ_DOC_PAGES_INTERNAL_H
#define XZ_DOC_PAGES_INTERNAL_H

#include "doc/doc_internal.h"

/* Lengths are points (1/72 inch) from the upper left corner of the page. */
struct page_word {
    xz_str text;
    float left, top, right, bottom;
    float ems;      /* how wide its characters are together, in units of their size */
    int confidence; /* 0: no OCR */
};

struct page {
    float width, height;
    struct page_word *words;
    size_t word_count;
    bool scanned, unread, upright; /* upright: has lines written from top to bottom */
};

struct pages {
    struct xz_arena *arena;
    struct page *pages;
    size_t page_count;
    bool script, repaired;
    float body_size;  /* that most of the text has */
    float right_edge; /* where full lines usually end, as a share of the page's width */
};

/* What a page is made of, in reading order: lines of text, or rows of a table. */
struct page_item {
    int page; /* from 1 */
    xz_str text;
    const xz_str *cells; /* a row */
    size_t cell_count;
    bool table_start;
    float left, top, right, bottom, size;
    float edge_left, edge_right; /* between which full lines of its column run */
    int confidence;
    bool scanned;
    float ems;
};
typedef xz_err (*page_item_fn)(const struct page_item *item, void *arg);

/* doc_pages_layout.c */
/* Drops running heads, running feet and page numbers; finds body_size and right_edge. */
void pages_survey(struct pages *pages);
XZ_MUST_USE xz_err pages_layout(struct pages *pages, size_t page, page_item_fn each, void *arg);
float page_word_size(const struct page_word *word);

/* doc_pages_rows.c: words to rows, and rows to text and tables */
struct page_row {
    struct page_word **words; /* by left side */
    size_t count;
    float left, right, top, bottom, middle, size;
};
struct page_rows {
    struct xz_arena *arena;
    struct page_row *rows;
    size_t count;
};
void page_rows_make(struct xz_arena *arena, struct page_word **words, size_t count,
                    struct page_rows *rows);
/* The words of a row from `from` to before `to`, joined as they are read. */
xz_str page_row_text(struct xz_arena *arena, const struct page_row *row, size_t from, size_t to);
int page_row_confidence(const struct page_row *row, size_t from, size_t to);

#define PAGE_COLUMNS_MAX 24
struct page_strip {
    float from, to;
};
struct page_table {
    size_t first, last;                         /* rows */
    struct page_strip strips[PAGE_COLUMNS_MAX]; /* free of text, between its columns */
    size_t strip_count;
};
/* Whether a table begins at row `first`, and how far it goes. */
bool page_table_find(const struct page_rows *rows, size_t first, struct page_table *table);
/* Puts its lines together to rows of cells; gives them one after the other. */
XZ_MUST_USE xz_err page_table_give(const struct page_rows *rows, const struct page_table *table,
                                   struct page_item *frame, page_item_fn each, void *arg);

/* doc_pages_blocks.c */
XZ_MUST_USE xz_err pages_blocks(struct pages *pages, struct doc_out *out);

#endif
