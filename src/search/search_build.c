/* From documents to a segment in memory: one put is one small segment. Counts how often each term
 * stands in body and title, and keeps the folded text for the second stage of ranking. */
#include "search/search_image_internal.h"

struct build_term { /* slot of the hash table, 0 posts: free */
    uint64_t hash;
    uint32_t last;       /* newest posting, chained backwards */
    uint32_t posts : 31; /* how many */
    uint32_t count_only : 1;
};

struct build_post {
    uint32_t doc, previous;
    uint16_t body;
    uint8_t title;
};

struct build {
    const struct xz_lexicon *lexicon;
    struct xz_arena *arena; /* of one document */
    struct build_term *table;
    size_t table_room, term_count; /* room is a power of two */
    struct build_post *posts;
    size_t post_count, post_room;
    struct seg_length *lengths;
    uint32_t *text_at;
    uint16_t *text;
    size_t text_count, text_room;
};

uint16_t search_unit(uint32_t code)
{
    if ((code >= '0' && code <= '9') || (code >= 'a' && code <= 'z'))
        return (uint16_t)code;
    if (!xz_is_han(code))
        return 0;
    /* Rare characters beyond 16 bits share the private area: they only rank, they do not match. */
    return code <= 0xffff ? (uint16_t)code : (uint16_t)(0xe000 + (code & 0x0fff));
}

uint64_t search_unit_hash(uint16_t unit)
{
    /* Apart from the terms of text/: their hashes are of a kind and a text. */
    uint64_t x = (unit + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ UINT64_C(0x5851f42d4c957f2d);
    x = (x ^ (x >> 31)) * UINT64_C(0xd6e8feb86659fd93);
    return x ^ (x >> 32);
}

static void build_grow(struct build *b)
{
    size_t room = b->table_room ? b->table_room * 2 : 4096;
    struct build_term *table = XZ_ALLOC(struct build_term, room);
    for (size_t i = 0; i < b->table_room; i++) {
        if (!b->table[i].posts)
            continue;
        size_t at = b->table[i].hash & (room - 1);
        while (table[at].posts)
            at = (at + 1) & (room - 1);
        table[at] = b->table[i];
    }
    xz_free(b->table);
    b->table = table;
    b->table_room = room;
}

static struct build_term *build_slot(struct build *b, uint64_t hash)
{
    if (b->term_count * 2 >= b->table_room)
        build_grow(b);
    size_t at = hash & (b->table_room - 1);
    while (b->table[at].posts && b->table[at].hash != hash)
        at = (at + 1) & (b->table_room - 1);
    if (!b->table[at].posts) {
        b->term_count++;
        b->table[at].hash = hash;
    }
    return &b->table[at];
}

/* The posting of `hash` in `doc`, made when this is its first occurrence there. */
static struct build_post *build_post(struct build *b, uint64_t hash, uint32_t doc)
{
    struct build_term *term = build_slot(b, hash);
    if (term->posts && b->posts[term->last].doc == doc)
        return &b->posts[term->last];
    if (b->post_count == b->post_room) {
        b->post_room = b->post_room ? b->post_room * 2 : 16384;
        b->posts = xz_realloc(b->posts, b->post_room * sizeof b->posts[0]);
    }
    b->posts[b->post_count] = (struct build_post){ .doc = doc, .previous = term->last };
    term->posts++;
    term->last = (uint32_t)b->post_count++;
    return &b->posts[term->last];
}

/* Counts a document for `hash` without a list: `last` is then the newest document. */
static void build_count(struct build *b, uint64_t hash, uint32_t doc)
{
    struct build_term *term = build_slot(b, hash);
    if (term->posts && term->last == doc)
        return;
    term->count_only = true;
    term->posts++;
    term->last = doc;
}

/* The article label of a title (第X条): one term, its parts would be noise in every title. */
static const struct xz_term *build_label(const struct xz_terms *terms)
{
    for (size_t i = terms->count; i-- > 0;)
        if (terms->items[i].kind == XZ_TERM_ARTICLE)
            return &terms->items[i];
    return NULL;
}

static bool build_in_label(const struct xz_term *label, const struct xz_term *term)
{
    return label && term != label && term->start < label->start + label->len &&
           term->start + term->len > label->start;
}

static uint32_t build_field(struct build *b, uint32_t doc, const struct xz_terms *terms,
                            const struct xz_term *label, bool title)
{
    uint32_t length = 0;
    for (size_t i = 0; i < terms->count; i++) {
        const struct xz_term *term = &terms->items[i];
        if (build_in_label(label, term))
            continue;
        struct build_post *post = build_post(b, term->hash, doc);
        if (title)
            post->title += post->title < UINT8_MAX;
        else
            post->body += post->body < UINT16_MAX;
        /* Words, numbers and articles cover characters that bigrams count already. */
        length += term->kind == XZ_TERM_BIGRAM || term->kind == XZ_TERM_CHAR ||
                  term->kind == XZ_TERM_ASCII;
    }
    return XZ_MIN(length, (uint32_t)UINT16_MAX);
}

/* Runs of what is no letter become one 0. */
static void build_text(struct build *b, xz_str text)
{
    if (!b->text || b->text_count + text.len + 2 > b->text_room) {
        b->text_room = b->text_room * 2 + text.len + 2;
        b->text = xz_realloc(b->text, b->text_room * sizeof b->text[0]);
    }
    for (size_t pos = 0; pos < text.len;) {
        uint32_t code = xz_text_fold(xz_utf8_next(text, &pos));
        uint16_t unit = search_unit(code);
        if (unit || (code && b->text_count && b->text[b->text_count - 1]))
            b->text[b->text_count++] = unit;
    }
    b->text[b->text_count++] = SEARCH_FIELD_END;
}

static void build_char_counts(struct build *b, uint32_t doc)
{
    XZ_ASSERT(b->text); /* build_text has been here */
    for (size_t i = b->text_at[doc]; i < b->text_at[doc + 1]; i++)
        if (search_unit_is_han(b->text[i]))
            build_count(b, search_unit_hash(b->text[i]), doc);
}

static void build_doc(struct build *b, uint32_t n, const struct xz_search_doc *doc)
{
    struct xz_terms title = xz_terms_of(b->arena, b->lexicon, doc->title);
    struct xz_terms body = xz_terms_of(b->arena, b->lexicon, doc->body);
    const struct xz_term *label = build_label(&title);
    size_t before = label ? label->start : doc->title.len;
    size_t after = label ? label->start + (size_t)label->len : doc->title.len;
    b->lengths[n].title = (uint16_t)build_field(b, n, &title, label, true);
    b->lengths[n].body = (uint16_t)build_field(b, n, &body, NULL, false);
    build_text(b, xz_str_sub(doc->title, 0, before));
    build_text(b, xz_str_sub(doc->title, after, doc->title.len));
    build_text(b, doc->body);
    b->text_at[n + 1] = (uint32_t)b->text_count;
    build_char_counts(b, n);
    xz_arena_reset(b->arena);
}

#define SORT_BUCKETS 4096

static size_t sort_bucket(uint64_t hash)
{
    return (size_t)(hash >> 52);
}

static int term_compare(const void *a, const void *b)
{
    uint64_t x = ((const struct build_term *)a)->hash, y = ((const struct build_term *)b)->hash;
    return (x > y) - (x < y);
}

static void sort_few(struct build_term *terms, size_t count)
{
    if (count > 32) {
        qsort(terms, count, sizeof terms[0], term_compare);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct build_term moving = terms[i];
        size_t at = i;
        for (; at > 0 && terms[at - 1].hash > moving.hash; at--)
            terms[at] = terms[at - 1];
        terms[at] = moving;
    }
}

/* The table's terms by hash. Hashes are spread evenly: first the right bucket, then the right place
 * among the few that are there. */
static struct build_term *build_sorted(const struct build *b)
{
    struct build_term *sorted = XZ_ALLOC(struct build_term, b->term_count + 1);
    uint32_t *ends = XZ_ALLOC(uint32_t, SORT_BUCKETS + 1), from = 0;
    for (size_t i = 0; i < b->table_room; i++)
        if (b->table[i].posts)
            ends[sort_bucket(b->table[i].hash) + 1]++;
    for (size_t i = 1; i <= SORT_BUCKETS; i++)
        ends[i] += ends[i - 1];
    for (size_t i = 0; i < b->table_room; i++)
        if (b->table[i].posts)
            sorted[ends[sort_bucket(b->table[i].hash)]++] = b->table[i];
    for (size_t i = 0; i < SORT_BUCKETS; from = ends[i++])
        sort_few(sorted + from, ends[i] - from);
    xz_free(ends);
    return sorted;
}

static void build_write_terms(struct build *b, struct search_sink *sink, double average)
{
    struct build_term *sorted = build_sorted(b);
    struct seg_term *terms = XZ_ALLOC(struct seg_term, b->term_count + 1);
    struct search_post *list = XZ_ALLOC(struct search_post, SEARCH_BLOCK);
    size_t n = b->term_count, list_room = SEARCH_BLOCK;
    search_sink_begin(sink, SEC_POSTINGS);
    for (size_t i = 0; i < n; i++) {
        terms[i] = (struct seg_term){ sorted[i].hash, SEG_COUNT | sorted[i].posts, 0 };
        if (sorted[i].count_only)
            continue;
        if (sorted[i].posts > list_room) {
            list_room = sorted[i].posts;
            list = xz_realloc(list, list_room * sizeof list[0]);
        }
        uint32_t at = sorted[i].last;
        for (size_t k = sorted[i].posts; k-- > 0; at = b->posts[at].previous)
            list[k] = (struct search_post){ b->posts[at].doc, b->posts[at].body,
                                            b->posts[at].title };
        search_list_write(sink, list, sorted[i].posts, b->lengths, average, &terms[i]);
    }
    search_sink_put(sink, (uint8_t[SEARCH_PAD_BYTES]){ 0 }, SEARCH_PAD_BYTES);
    search_sink_end(sink);
    search_sink_begin(sink, SEC_TERMS);
    search_sink_put(sink, terms, n * sizeof terms[0]);
    search_sink_end(sink);
    sink->head.terms = (uint32_t)n;
    sink->head.postings = b->post_count;
    xz_free(list);
    xz_free(terms);
    xz_free(sorted);
}

static void build_write_attrs(struct search_sink *sink, const struct xz_search_doc *docs,
                              size_t count)
{
#define COLUMN(section, type, value)                                                               \
    do {                                                                                           \
        search_sink_begin(sink, section);                                                          \
        for (size_t i = 0; i < count; i++) {                                                       \
            type item = (type)(value);                                                             \
            search_sink_put(sink, &item, sizeof item);                                             \
        }                                                                                          \
        search_sink_end(sink);                                                                     \
    } while (0)
    COLUMN(SEC_ID, int64_t, docs[i].id);
    COLUMN(SEC_ENTRY, int64_t, docs[i].entry);
    COLUMN(SEC_FAMILY, uint64_t, docs[i].attr.family);
    COLUMN(SEC_REGION, uint32_t, docs[i].attr.region);
    COLUMN(SEC_DEPARTMENT, uint32_t, docs[i].attr.department);
    COLUMN(SEC_FROM, int32_t, docs[i].attr.from);
    COLUMN(SEC_UNTIL, int32_t, docs[i].attr.until ? docs[i].attr.until : INT32_MAX);
    COLUMN(SEC_VISIBILITY, uint8_t, docs[i].attr.visibility & 7);
    COLUMN(SEC_KIND, uint8_t, docs[i].attr.kind & 31);
    COLUMN(SEC_FLAGS, uint8_t, docs[i].attr.flags);
#undef COLUMN
}

static void build_write_docs(struct build *b, struct search_sink *sink,
                             const struct xz_search_doc *docs, size_t count)
{
    struct seg_run run = { count ? docs[0].entry : 0, 0, (uint32_t)count };
    search_sink_begin(sink, SEC_RUNS);
    search_sink_put(sink, &run, count ? sizeof run : 0);
    search_sink_end(sink);
    build_write_attrs(sink, docs, count);
    search_sink_begin(sink, SEC_LENGTH);
    search_sink_put(sink, b->lengths, count * sizeof b->lengths[0]);
    search_sink_end(sink);
    search_sink_begin(sink, SEC_TEXT_AT);
    search_sink_put(sink, b->text_at, (count + 1) * sizeof b->text_at[0]);
    search_sink_end(sink);
    search_sink_begin(sink, SEC_TEXT);
    search_sink_put(sink, b->text, b->text_count * sizeof b->text[0]);
    search_sink_end(sink);
}

uint64_t search_han_count(const uint16_t *units, size_t count)
{
    uint64_t han = 0;
    for (size_t i = 0; i < count; i++)
        han += search_unit_is_han(units[i]);
    return han;
}

void search_head_count(struct seg_header *head, const struct xz_search_attr *attr,
                       struct seg_length length)
{
    bool first = head->docs++ == 0;
    int32_t until = attr->until ? attr->until : INT32_MAX;
    head->length_sum += (uint64_t)length.body + length.title;
    head->weighted_sum += (double)search_length(length);
    head->kind_mask |= 1u << (attr->kind & 31);
    head->visibility_mask |= (uint8_t)(1u << (attr->visibility & 7));
    head->superseded_any |= attr->flags & XZ_SEARCH_SUPERSEDED;
    head->region_min = first ? attr->region : XZ_MIN(head->region_min, attr->region);
    head->region_max = first ? attr->region : XZ_MAX(head->region_max, attr->region);
    head->from_max = first ? attr->from : XZ_MAX(head->from_max, attr->from);
    head->until_min = first ? until : XZ_MIN(head->until_min, until);
}

xz_err search_build(const struct xz_lexicon *lexicon, double average,
                    const struct xz_search_doc *docs, size_t count, struct search_segment **seg)
{
    struct build b = { .lexicon = lexicon, .arena = xz_arena_create(1 << 16) };
    struct search_sink sink;
    uint8_t *image = NULL;
    size_t bytes = 0;
    xz_err err = XZ_OK;

    b.lengths = XZ_ALLOC(struct seg_length, count + 1);
    b.text_at = XZ_ALLOC(uint32_t, count + 1);
    search_sink_memory(&sink);
    for (size_t i = 0; i < count; i++) {
        build_doc(&b, (uint32_t)i, &docs[i]);
        search_head_count(&sink.head, &docs[i].attr, b.lengths[i]);
    }
    sink.head.han_sum = search_han_count(b.text, b.text_count);
    sink.head.bound_average = (float)average;
    build_write_terms(&b, &sink, (double)sink.head.bound_average);
    build_write_docs(&b, &sink, docs, count);
    if ((err = search_sink_finish(&sink, &image, &bytes)) == XZ_OK)
        err = search_segment_adopt(image, bytes, seg);
    xz_arena_destroy(b.arena);
    xz_free(b.table);
    xz_free(b.posts);
    xz_free(b.lengths);
    xz_free(b.text_at);
    xz_free(b.text);
    return err;
}
