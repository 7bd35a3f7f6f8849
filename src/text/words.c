/* Aho-Corasick automaton over bytes: many words found in one pass. Words begin at character borders
 * because UTF-8 words do. Built once, then only read. */
#include "text/text.h"

#define NONE UINT32_MAX

struct node {
    uint32_t first_edge, edge_count;
    uint32_t fail;
    uint32_t word;    /* a word that ends here, NONE if there is none */
    uint32_t shorter; /* the next node on the fail chain where a word ends, 0 for none */
};

struct edge {
    uint32_t to;
    uint8_t byte;
};

struct xz_words {
    struct node *nodes; /* 0 is the root */
    struct edge *edges; /* of one node: adjacent, rising */
    size_t node_count, edge_count;
    uint32_t root_next[256];
    uint32_t *same; /* the next word with the same text, by word */
    size_t *lens;
};

struct sorted_word {
    xz_str text;
    uint32_t index;
};

static int compare_words(const void *a, const void *b)
{
    const struct sorted_word *x = a, *y = b;
    int by_text = xz_str_compare(x->text, y->text);
    return by_text ? by_text : x->index < y->index ? -1 : 1;
}

/* Words [from, to) share their first `depth` bytes and hang below `node`. */
struct span {
    uint32_t node, from, to, depth;
};

static uint32_t step(const struct xz_words *words, uint32_t node, uint8_t byte)
{
    if (node == 0)
        return words->root_next[byte];
    const struct edge *edges = words->edges + words->nodes[node].first_edge;
    size_t low = 0, high = words->nodes[node].edge_count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (edges[mid].byte < byte)
            low = mid + 1;
        else
            high = mid;
    }
    return low < words->nodes[node].edge_count && edges[low].byte == byte ? edges[low].to : 0;
}

static uint32_t advance(const struct xz_words *words, uint32_t node, uint8_t byte)
{
    for (;;) {
        uint32_t next = step(words, node, byte);
        if (next || node == 0)
            return next;
        node = words->nodes[node].fail;
    }
}

/* Breadth first, so that the fail target of a child is there before the child's own children. */
static void link_child(struct xz_words *words, uint32_t parent, uint32_t child, uint8_t byte)
{
    struct node *node = &words->nodes[child];
    if (parent == 0) {
        words->root_next[byte] = child;
        node->fail = 0;
    } else {
        node->fail = advance(words, words->nodes[parent].fail, byte);
    }
    const struct node *fail = &words->nodes[node->fail];
    node->shorter = fail->word != NONE ? node->fail : fail->shorter;
}

/* Takes the words that end at the span's node and splits the rest by their next byte. */
static void expand(struct xz_words *words, const struct sorted_word *sorted, struct span span,
                   struct span *queue, size_t *queue_len)
{
    uint32_t at = span.from;
    struct node *node = &words->nodes[span.node];
    while (at < span.to && sorted[at].text.len == span.depth) {
        words->same[sorted[at].index] = node->word;
        node->word = sorted[at++].index;
    }
    node->first_edge = (uint32_t)words->edge_count;
    while (at < span.to) {
        uint8_t byte = (uint8_t)sorted[at].text.ptr[span.depth];
        uint32_t end = at, child = (uint32_t)words->node_count++;
        while (end < span.to && (uint8_t)sorted[end].text.ptr[span.depth] == byte)
            end++;
        words->nodes[child].word = NONE;
        words->edges[words->edge_count++] = (struct edge){ child, byte };
        words->nodes[span.node].edge_count++;
        queue[(*queue_len)++] = (struct span){ child, at, end, span.depth + 1 };
        at = end;
    }
}

/* Sorted by text, the empty ones left out; returns how many there are. */
static size_t take_words(struct xz_words *words, const xz_str *list, size_t count,
                         struct sorted_word *sorted, size_t *bytes)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        words->lens[i] = list[i].len;
        words->same[i] = NONE;
        if (list[i].len > 0)
            sorted[kept++] = (struct sorted_word){ list[i], (uint32_t)i };
        *bytes += list[i].len;
    }
    if (kept > 0)
        qsort(sorted, kept, sizeof(sorted[0]), compare_words);
    return kept;
}

static void link_all(struct xz_words *words)
{
    const struct node *root = &words->nodes[0];
    for (uint32_t e = 0; e < root->edge_count; e++)
        words->root_next[words->edges[e].byte] = words->edges[e].to;
    for (size_t n = 0; n < words->node_count; n++)
        for (uint32_t e = 0; e < words->nodes[n].edge_count; e++) {
            const struct edge *edge = &words->edges[words->nodes[n].first_edge + e];
            link_child(words, (uint32_t)n, edge->to, edge->byte);
        }
}

struct xz_words *xz_words_build(const xz_str *list, size_t count)
{
    struct xz_words *words = XZ_ALLOC(struct xz_words, 1);
    struct sorted_word *sorted = XZ_ALLOC(struct sorted_word, count + 1);
    size_t bytes = 0, queue_len = 1;
    XZ_ASSERT(count < NONE);
    words->lens = XZ_ALLOC(size_t, count + 1);
    words->same = XZ_ALLOC(uint32_t, count + 1);
    size_t kept = take_words(words, list, count, sorted, &bytes);
    XZ_ASSERT(bytes < NONE - 1);
    words->nodes = XZ_ALLOC(struct node, bytes + 1);
    words->edges = XZ_ALLOC(struct edge, bytes + 1);
    struct span *queue = XZ_ALLOC(struct span, bytes + 1);
    words->node_count = 1;
    words->nodes[0].word = NONE;
    queue[0] = (struct span){ 0, 0, (uint32_t)kept, 0 };
    for (size_t i = 0; i < queue_len; i++)
        expand(words, sorted, queue[i], queue, &queue_len);
    link_all(words);
    xz_free(queue);
    xz_free(sorted);
    return words;
}

void xz_words_destroy(struct xz_words *words)
{
    if (!words)
        return;
    xz_free(words->nodes);
    xz_free(words->edges);
    xz_free(words->same);
    xz_free(words->lens);
    xz_free(words);
}

void xz_words_find(const struct xz_words *words, xz_str text,
                   bool (*each)(size_t word, size_t start, size_t end, void *arg), void *arg)
{
    uint32_t node = 0;
    for (size_t pos = 0; pos < text.len; pos++) {
        node = advance(words, node, (uint8_t)text.ptr[pos]);
        if (node == 0)
            continue;
        uint32_t hit = words->nodes[node].word != NONE ? node : words->nodes[node].shorter;
        for (; hit; hit = words->nodes[hit].shorter)
            for (uint32_t w = words->nodes[hit].word; w != NONE; w = words->same[w])
                if (!each(w, pos + 1 - words->lens[w], pos + 1, arg))
                    return;
    }
}
