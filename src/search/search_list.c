/* Posting lists: which documents hold a term, how often in body and title. Short lists are bytes,
 * long ones blocks of 128 packed with as few bits as the block needs, each with its last document
 * and the highest score it can give. Decoding never trusts the bytes: a block that does not add up
 * is empty. */
#include "search/search_image_internal.h"

#define LIST_MIN_BLOCKED  SEARCH_BLOCK
#define LIST_PREFIX_BYTES 4 /* of a blocked list: its bound */
/* The worst short list: 5 bytes of document, 3 of body, 2 of title for each posting. */
#define LIST_SHORT_BYTES (SEARCH_BLOCK * 10)
#define HEAD_BYTES       sizeof(struct search_block_head)

/* ---- writing ---- */

static size_t varint_put(uint8_t *out, uint32_t value)
{
    size_t n = 0;
    for (; value >= 0x80; value >>= 7)
        out[n++] = (uint8_t)(value | 0x80);
    out[n++] = (uint8_t)value;
    return n;
}

static unsigned bits_of(uint32_t value)
{
    return value ? 32 - (unsigned)__builtin_clz(value) : 0;
}

static void bits_put(uint8_t *out, size_t at, unsigned bits, uint32_t value)
{
    uint64_t word;
    memcpy(&word, out + (at >> 3), 8);
    word |= (uint64_t)value << (at & 7);
    memcpy(out + (at >> 3), &word, 8);
    (void)bits;
}

static float posts_bound(const struct search_post *posts, size_t count,
                         const struct seg_length *lengths, double average)
{
    struct search_norm norm = search_norm_make(SEARCH_K1, SEARCH_B, average);
    float best = 0;
    for (size_t i = 0; i < count; i++) {
        float part = search_part(search_tf(posts[i].body, posts[i].title), norm,
                                 search_length(lengths[posts[i].doc]));
        best = XZ_MAX(best, part);
    }
    return best;
}

static void short_write(struct search_sink *sink, const struct search_post *posts, size_t count)
{
    uint8_t out[LIST_SHORT_BYTES];
    size_t n = 0;
    uint32_t next = 0;
    for (size_t i = 0; i < count; i++) {
        bool plain = posts[i].body == 1 && posts[i].title == 0;
        n += varint_put(out + n, (posts[i].doc - next) << 1 | (plain ? 0 : 1));
        if (!plain) {
            n += varint_put(out + n, posts[i].body);
            n += varint_put(out + n, posts[i].title);
        }
        next = posts[i].doc + 1;
    }
    search_sink_put(sink, out, n);
}

/* Packs one block into `out` (zeroed) and returns its bytes. */
static size_t block_pack(const struct search_post *posts, size_t count, uint32_t next,
                         struct search_block_head *head, uint8_t *out)
{
    uint32_t doc_or = 0, body_or = 0, title_or = 0;
    uint32_t before = next;
    for (size_t i = 0; i < count; i++) {
        doc_or |= posts[i].doc - before;
        before = posts[i].doc + 1;
        body_or |= posts[i].body;
        title_or |= posts[i].title;
    }
    head->doc_bits = (uint8_t)bits_of(doc_or);
    head->body_bits = (uint8_t)bits_of(body_or);
    head->title_bits = (uint8_t)bits_of(title_or);
    head->count_minus_1 = (uint8_t)(count - 1);
    head->last = posts[count - 1].doc;
    size_t bodies = (count * head->doc_bits + 7) / 8;
    size_t titles = bodies + (count * head->body_bits + 7) / 8;
    for (size_t i = 0; i < count; i++) {
        bits_put(out, i * head->doc_bits, head->doc_bits, posts[i].doc - next);
        bits_put(out + bodies, i * head->body_bits, head->body_bits, posts[i].body);
        bits_put(out + titles, i * head->title_bits, head->title_bits, posts[i].title);
        next = posts[i].doc + 1;
    }
    return titles + (count * head->title_bits + 7) / 8;
}

static void blocked_write(struct search_sink *sink, const struct search_post *posts, size_t count,
                          const struct seg_length *lengths, double average)
{
    uint32_t blocks = (uint32_t)((count + SEARCH_BLOCK - 1) / SEARCH_BLOCK);
    struct search_block_head *heads = XZ_ALLOC(struct search_block_head, blocks);
    size_t room = (size_t)blocks * (SEARCH_BLOCK * 7) + SEARCH_PAD_BYTES, used = 0;
    uint8_t *data = xz_alloc(1, room);
    float bound = 0;
    for (uint32_t b = 0; b < blocks; b++) {
        const struct search_post *from = posts + (size_t)b * SEARCH_BLOCK;
        size_t n = XZ_MIN(count - (size_t)b * SEARCH_BLOCK, (size_t)SEARCH_BLOCK);
        heads[b].at = (uint32_t)used;
        heads[b].bound = posts_bound(from, n, lengths, average);
        bound = XZ_MAX(bound, heads[b].bound);
        used += block_pack(from, n, b ? from[-1].doc + 1 : 0, &heads[b], data + used);
    }
    search_sink_put(sink, &bound, sizeof bound);
    search_sink_put(sink, heads, blocks * sizeof heads[0]);
    search_sink_put(sink, data, used);
    xz_free(data);
    xz_free(heads);
}

void search_list_write(struct search_sink *sink, const struct search_post *posts, size_t count,
                       const struct seg_length *lengths, double average, struct seg_term *term)
{
    XZ_ASSERT(count > 0);
    if (count == 1) {
        term->df = SEG_INLINE | (uint32_t)posts->title << 16 | posts->body;
        term->at = posts->doc;
        return;
    }
    size_t at = search_sink_at(sink);
    XZ_ASSERT(at <= UINT32_MAX);
    term->df = (uint32_t)count;
    term->at = (uint32_t)at;
    if (count < LIST_MIN_BLOCKED)
        short_write(sink, posts, count);
    else
        blocked_write(sink, posts, count, lengths, average);
}

/* ---- reading ---- */

static const uint8_t *varint_get(const uint8_t *p, const uint8_t *end, uint32_t *value)
{
    uint32_t v = 0;
    for (unsigned shift = 0; p < end && shift < 32; shift += 7) {
        v |= (uint32_t)(*p & 0x7f) << shift;
        if (!(*p++ & 0x80)) {
            *value = v;
            return p;
        }
    }
    return NULL;
}

static void short_load(struct search_cursor *c, uint32_t df)
{
    const uint8_t *p = c->data;
    uint64_t next = 0;
    for (uint32_t i = 0; i < df; i++) {
        uint32_t v, body = 1, title = 0;
        if (!(p = varint_get(p, c->end, &v)))
            return;
        if ((v & 1) &&
            (!(p = varint_get(p, c->end, &body)) || !(p = varint_get(p, c->end, &title))))
            return;
        next += v >> 1;
        if (next >= c->seg->head->docs)
            return;
        c->docs[i] = (uint32_t)next++;
        c->body[i] = (uint16_t)body;
        c->title[i] = (uint8_t)title;
        c->count = i + 1;
    }
}

static float loaded_bound(const struct search_cursor *c)
{
    struct search_norm norm = search_norm_make(SEARCH_K1, SEARCH_B,
                                               (double)c->seg->head->bound_average);
    float best = 0;
    for (uint32_t i = 0; i < c->count; i++) {
        float part = search_part(search_tf(c->body[i], c->title[i]), norm,
                                 search_length(c->seg->length[c->docs[i]]));
        best = XZ_MAX(best, part);
    }
    return best;
}

static void blocked_open(struct search_cursor *c, const uint8_t *list, uint32_t df)
{
    uint32_t blocks = (df + SEARCH_BLOCK - 1) / SEARCH_BLOCK;
    size_t heads = LIST_PREFIX_BYTES + (size_t)blocks * HEAD_BYTES;
    if ((size_t)(c->end - list) < heads)
        return;
    memcpy(&c->bound, list, sizeof c->bound);
    c->heads = list + LIST_PREFIX_BYTES;
    c->data = list + heads;
    c->blocks = blocks;
}

/* Without the bound of a short list, which is not stored: merging needs none. */
static void cursor_open(struct search_cursor *c, const struct search_segment *seg,
                        const struct seg_term *term)
{
    uint32_t df = search_term_df(term);
    c->seg = seg;
    c->heads = NULL;
    c->end = seg->postings + seg->postings_bytes;
    c->data = c->end;
    c->blocks = c->seek = c->count = c->pos = 0;
    c->block = UINT32_MAX;
    c->bound = 0;
    if (term->df & SEG_INLINE) {
        if (term->at < seg->head->docs) {
            c->docs[0] = term->at;
            c->body[0] = (uint16_t)term->df;
            c->title[0] = (uint8_t)(term->df >> 16);
            c->count = 1;
        }
    } else if (!(term->df & SEG_COUNT) && term->at < seg->postings_bytes && df <= seg->head->docs) {
        c->data = seg->postings + term->at;
        if (df >= LIST_MIN_BLOCKED) {
            blocked_open(c, c->data, df);
            return;
        }
        short_load(c, df);
    }
    if (c->count) {
        c->blocks = 1;
        c->block = 0;
    }
}

void search_cursor_open(struct search_cursor *cursor, const struct search_segment *seg,
                        const struct seg_term *term)
{
    cursor_open(cursor, seg, term);
    if (!cursor->heads && cursor->count)
        cursor->bound = loaded_bound(cursor);
}

struct search_block_head search_cursor_head(const struct search_cursor *c, uint32_t block)
{
    struct search_block_head head;
    if (c->heads) {
        memcpy(&head, c->heads + (size_t)block * HEAD_BYTES, HEAD_BYTES);
        return head;
    }
    return (struct search_block_head){ .last = c->docs[c->count - 1], .bound = c->bound };
}

static inline uint32_t bits_get(const uint8_t *p, size_t at, uint32_t mask)
{
    uint64_t word;
    memcpy(&word, p + (at >> 3), 8);
    return (uint32_t)(word >> (at & 7)) & mask;
}

bool search_cursor_load(struct search_cursor *c, uint32_t block)
{
    if (c->block == block)
        return c->count > 0;
    struct search_block_head head = search_cursor_head(c, block);
    unsigned n = head.count_minus_1 + 1u;
    size_t bodies = (n * head.doc_bits + 7) / 8;
    size_t titles = bodies + (n * head.body_bits + 7) / 8;
    size_t bytes = titles + (n * head.title_bits + 7) / 8;
    uint32_t next = block ? search_cursor_head(c, block - 1).last + 1 : 0;
    c->block = block;
    c->count = c->pos = 0;
    /* 24 bits a delta: 128 of them cannot wrap, so the last document bounds all of them. */
    if (n > SEARCH_BLOCK || head.doc_bits > 24 || head.body_bits > 16 || head.title_bits > 8 ||
        head.at > (size_t)(c->end - c->data) || bytes > (size_t)(c->end - c->data) - head.at ||
        next > c->seg->head->docs)
        return false;
    const uint8_t *p = c->data + head.at;
    uint32_t doc_mask = (1u << head.doc_bits) - 1, body_mask = (1u << head.body_bits) - 1;
    for (unsigned i = 0; i < n; i++) {
        uint32_t doc = next + bits_get(p, (size_t)i * head.doc_bits, doc_mask);
        c->docs[i] = doc;
        next = doc + 1;
    }
    for (unsigned i = 0; i < n; i++)
        c->body[i] = (uint16_t)bits_get(p + bodies, (size_t)i * head.body_bits, body_mask);
    if (head.title_bits == 0)
        memset(c->title, 0, n);
    else
        for (unsigned i = 0; i < n; i++)
            c->title[i] = (uint8_t)bits_get(p + titles, (size_t)i * head.title_bits,
                                            (1u << head.title_bits) - 1);
    if (c->docs[n - 1] != head.last || head.last >= c->seg->head->docs)
        return false;
    c->count = n;
    return true;
}

size_t search_list_read(const struct search_segment *seg, const struct seg_term *term,
                        struct search_post *posts, size_t room)
{
    struct search_cursor c;
    size_t count = 0;
    uint32_t next = 0;
    cursor_open(&c, seg, term);
    for (uint32_t b = 0; b < c.blocks; b++) {
        if (!search_cursor_load(&c, b) || count + c.count > room || c.docs[0] < next)
            break;
        for (uint32_t i = 0; i < c.count; i++)
            posts[count++] = (struct search_post){ c.docs[i], c.body[i], c.title[i] };
        next = c.docs[c.count - 1] + 1;
    }
    return count;
}
