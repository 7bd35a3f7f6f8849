/* Merging segments: the live documents of all sources one after the other, lists joined term by
 * term. Everything is read and written in order, so that large files stream through. */
#include "search/search_image_internal.h"

struct merge_source {
    const struct search_segment *seg;
    uint32_t *moved; /* new numbers, UINT32_MAX for the dead */
    uint32_t live;
    size_t term; /* next term */
};

struct merge_next { /* a source by the hash of its next term */
    uint64_t hash;
    uint32_t source;
};

struct merge {
    struct search_sink *sink;
    struct merge_source *sources;
    size_t count;
    struct merge_next *queue; /* binary heap */
    size_t queued;
    struct seg_length *lengths;
    struct seg_term *terms;
    size_t term_count, term_room;
    struct search_post *posts;
    size_t post_room;
    double average;
};

/* Equal hashes come out by source, so that documents stay in order. */
static bool merge_before(const struct merge_next *a, const struct merge_next *b)
{
    return a->hash != b->hash ? a->hash < b->hash : a->source < b->source;
}

static void merge_sift(struct merge *m, size_t at)
{
    struct merge_next moving = m->queue[at];
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= m->queued)
            break;
        if (child + 1 < m->queued && merge_before(&m->queue[child + 1], &m->queue[child]))
            child++;
        if (!merge_before(&m->queue[child], &moving))
            break;
        m->queue[at] = m->queue[child];
        at = child;
    }
    if (m->queued)
        m->queue[at] = moving;
}

static void merge_advance(struct merge *m) /* the first source of the queue */
{
    struct merge_source *s = &m->sources[m->queue[0].source];
    if (++s->term == s->seg->head->terms)
        m->queue[0] = m->queue[--m->queued];
    else
        m->queue[0].hash = s->seg->terms[s->term].hash;
    merge_sift(m, 0);
}

static void merge_number(struct merge *m, const struct search_ref *refs)
{
    uint32_t next = 0, total = 0;
    for (size_t i = 0; i < m->count; i++)
        total += refs[i].seg->head->docs;
    XZ_ASSERT(total <= SEARCH_DOCS_MAX);
    m->lengths = XZ_ALLOC(struct seg_length, total + 1);
    for (size_t i = 0; i < m->count; i++) {
        const struct search_segment *seg = refs[i].seg;
        uint32_t *moved = XZ_ALLOC(uint32_t, seg->head->docs + 1);
        for (uint32_t d = 0; d < seg->head->docs; d++) {
            bool dead = search_tombs_has(refs[i].tombs, d);
            moved[d] = dead ? UINT32_MAX : next;
            if (!dead)
                m->lengths[next++] = seg->length[d];
        }
        m->sources[i] = (struct merge_source){ seg, moved, search_ref_live(&refs[i]), 0 };
    }
}

/* Adds the live postings of the first source's next term. */
static size_t merge_take(struct merge *m, size_t used)
{
    const struct merge_source *s = &m->sources[m->queue[0].source];
    const struct seg_term *term = &s->seg->terms[s->term];
    size_t df = XZ_MIN(search_term_df(term), s->seg->head->docs), n, kept = used;
    if (!m->posts || used + df > m->post_room) {
        m->post_room = (used + df) * 2;
        m->posts = xz_realloc(m->posts, m->post_room * sizeof m->posts[0]);
    }
    n = search_list_read(s->seg, term, m->posts + used, df);
    for (size_t i = used; i < used + n; i++) {
        uint32_t doc = s->moved[m->posts[i].doc];
        if (kept != i) /* none is dead most of the time */
            m->posts[kept] = m->posts[i];
        m->posts[kept].doc = doc;
        kept += doc != UINT32_MAX;
    }
    return kept;
}

/* Counts without a list to clean: the dead are taken off in proportion. */
static uint64_t merge_share(const struct merge_source *s, uint64_t count)
{
    uint32_t docs = s->seg->head->docs;
    return s->live == docs ? count : (count * s->live + docs - 1) / docs;
}

static void merge_keep(struct merge *m, struct seg_term term)
{
    if (m->term_count == m->term_room) {
        m->term_room = m->term_room ? m->term_room + m->term_room / 2 : 4096;
        m->terms = xz_realloc(m->terms, m->term_room * sizeof m->terms[0]);
    }
    m->terms[m->term_count++] = term;
}

static void merge_terms(struct merge *m)
{
    for (size_t i = m->count; i-- > 0;)
        if (m->sources[i].seg->head->terms)
            m->queue[m->queued++] = (struct merge_next){ m->sources[i].seg->terms[0].hash,
                                                         (uint32_t)i };
    for (size_t i = m->queued; i-- > 0;)
        merge_sift(m, i);
    search_sink_begin(m->sink, SEC_POSTINGS);
    while (m->queued) {
        struct seg_term term = { .hash = m->queue[0].hash };
        uint32_t counted = 0;
        size_t posts = 0;
        while (m->queued && m->queue[0].hash == term.hash) {
            const struct merge_source *s = &m->sources[m->queue[0].source];
            const struct seg_term *from = &s->seg->terms[s->term];
            if (!(from->df & SEG_INLINE) && (from->df & SEG_COUNT))
                counted += (uint32_t)merge_share(s, search_term_df(from));
            else
                posts = merge_take(m, posts);
            merge_advance(m);
        }
        if (posts)
            search_list_write(m->sink, m->posts, posts, m->lengths, m->average, &term);
        else
            term.df = SEG_COUNT | XZ_MIN(counted, SEG_DF_MASK);
        if (posts || counted)
            merge_keep(m, term);
        m->sink->head.postings += posts;
    }
    search_sink_put(m->sink, (uint8_t[SEARCH_PAD_BYTES]){ 0 }, SEARCH_PAD_BYTES);
    search_sink_end(m->sink);
    search_sink_begin(m->sink, SEC_TERMS);
    search_sink_put(m->sink, m->terms, m->term_count * sizeof m->terms[0]);
    search_sink_end(m->sink);
    m->sink->head.terms = (uint32_t)m->term_count;
}

static int run_compare(const void *a, const void *b)
{
    int64_t x = ((const struct seg_run *)a)->entry, y = ((const struct seg_run *)b)->entry;
    return (x > y) - (x < y);
}

/* The documents of an entry lie together: a segment holds at most one live state of it. */
static void merge_runs(struct merge *m)
{
    size_t room = 1, n = 0;
    for (size_t i = 0; i < m->count; i++)
        room += m->sources[i].seg->run_count;
    struct seg_run *runs = XZ_ALLOC(struct seg_run, room);
    for (size_t i = 0; i < m->count; i++) {
        const struct merge_source *s = &m->sources[i];
        for (size_t r = 0; r < s->seg->run_count; r++) {
            const struct seg_run *run = &s->seg->runs[r];
            if (run->count && s->moved[run->first] != UINT32_MAX)
                runs[n++] = (struct seg_run){ run->entry, s->moved[run->first], run->count };
        }
    }
    qsort(runs, n, sizeof runs[0], run_compare);
    search_sink_begin(m->sink, SEC_RUNS);
    search_sink_put(m->sink, runs, n * sizeof runs[0]);
    search_sink_end(m->sink);
    xz_free(runs);
}

/* Large sources in pieces, so that the sink stays small. */
static void merge_put(struct merge *m, const void *bytes, size_t count)
{
    const uint8_t *from = bytes;
    for (size_t n; count; from += n, count -= n) {
        n = XZ_MIN(count, (size_t)KIB(64));
        search_sink_put(m->sink, from, n);
    }
}

static void merge_column(struct merge *m, enum search_section section, size_t bytes)
{
    search_sink_begin(m->sink, section);
    for (size_t i = 0; i < m->count; i++) {
        const struct merge_source *s = &m->sources[i];
        const uint8_t *column = s->seg->image + s->seg->head->sections[section].at;
        if (s->live == s->seg->head->docs) {
            merge_put(m, column, s->live * bytes);
            continue;
        }
        for (uint32_t d = 0; d < s->seg->head->docs; d++)
            if (s->moved[d] != UINT32_MAX)
                search_sink_put(m->sink, column + d * bytes, bytes);
    }
    search_sink_end(m->sink);
}

static void merge_text(struct merge *m)
{
    uint32_t at = 0;
    search_sink_begin(m->sink, SEC_TEXT_AT);
    search_sink_put(m->sink, &at, sizeof at);
    for (size_t i = 0; i < m->count; i++) {
        const struct merge_source *s = &m->sources[i];
        for (uint32_t d = 0; d < s->seg->head->docs; d++) {
            if (s->moved[d] == UINT32_MAX)
                continue;
            at += s->seg->text_at[d + 1] - s->seg->text_at[d];
            search_sink_put(m->sink, &at, sizeof at);
        }
    }
    search_sink_end(m->sink);
    search_sink_begin(m->sink, SEC_TEXT);
    for (size_t i = 0; i < m->count; i++) {
        const struct merge_source *s = &m->sources[i];
        uint32_t docs = s->seg->head->docs;
        if (s->live == docs) {
            const uint16_t *text = s->seg->text + s->seg->text_at[0];
            merge_put(m, text, (s->seg->text_at[docs] - s->seg->text_at[0]) * sizeof text[0]);
            continue;
        }
        for (uint32_t d = 0; d < docs; d++)
            if (s->moved[d] != UINT32_MAX)
                search_sink_put(m->sink, s->seg->text + s->seg->text_at[d],
                                (s->seg->text_at[d + 1] - s->seg->text_at[d]) * sizeof(uint16_t));
    }
    search_sink_end(m->sink);
}

static void merge_head(struct merge *m)
{
    for (size_t i = 0; i < m->count; i++) {
        const struct search_segment *seg = m->sources[i].seg;
        m->sink->head.han_sum += merge_share(&m->sources[i], seg->head->han_sum);
        for (uint32_t d = 0; d < seg->head->docs; d++) {
            struct xz_search_attr attr = search_attr(seg, d);
            if (m->sources[i].moved[d] != UINT32_MAX)
                search_head_count(&m->sink->head, &attr, seg->length[d]);
        }
    }
}

void search_merge_into(struct search_sink *sink, const struct search_ref *refs, size_t count,
                       double average, uint32_t **moved)
{
    static const struct {
        enum search_section section;
        size_t bytes;
    } columns[] = { { SEC_ID, 8 },
                    { SEC_ENTRY, 8 },
                    { SEC_FAMILY, 8 },
                    { SEC_REGION, 4 },
                    { SEC_DEPARTMENT, 4 },
                    { SEC_FROM, 4 },
                    { SEC_UNTIL, 4 },
                    { SEC_VISIBILITY, 1 },
                    { SEC_KIND, 1 },
                    { SEC_FLAGS, 1 },
                    { SEC_LENGTH, sizeof(struct seg_length) } };
    struct merge m = { .sink = sink, .count = count };
    m.sources = XZ_ALLOC(struct merge_source, count + 1);
    m.queue = XZ_ALLOC(struct merge_next, count + 1);
    sink->head.bound_average = (float)average;
    m.average = (double)sink->head.bound_average;
    merge_number(&m, refs);
    merge_terms(&m);
    merge_runs(&m);
    for (size_t i = 0; i < XZ_COUNT(columns); i++)
        merge_column(&m, columns[i].section, columns[i].bytes);
    merge_text(&m);
    merge_head(&m);
    for (size_t i = 0; i < count; i++) {
        if (moved)
            moved[i] = m.sources[i].moved;
        else
            xz_free(m.sources[i].moved);
    }
    xz_free(m.posts);
    xz_free(m.terms);
    xz_free(m.lengths);
    xz_free(m.queue);
    xz_free(m.sources);
}
