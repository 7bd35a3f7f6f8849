/* Which segments there are right now. Readers take a snapshot without a lock or a shared counter:
 * each names it in a slot of its own (a hazard pointer); a writer frees what no slot names. */
#include "search/search_internal.h"

#include <sched.h>

struct search_tombs *search_tombs_copy(const struct search_tombs *old, uint32_t docs)
{
    size_t words = (docs + 63) / 64;
    struct search_tombs *tombs = xz_alloc(1, sizeof *tombs + words * sizeof tombs->bits[0]);
    tombs->refs = 1;
    tombs->docs = docs;
    if (old) {
        tombs->dead = old->dead;
        memcpy(tombs->bits, old->bits, words * sizeof tombs->bits[0]);
    }
    return tombs;
}

void search_tombs_set(struct search_tombs *tombs, uint32_t doc)
{
    XZ_ASSERT(doc < tombs->docs);
    tombs->dead += !search_tombs_has(tombs, doc);
    tombs->bits[doc >> 6] |= UINT64_C(1) << (doc & 63);
}

void search_tombs_unref(struct search_tombs *tombs)
{
    if (tombs && atomic_fetch_sub_explicit(&tombs->refs, 1, memory_order_acq_rel) == 1)
        xz_free(tombs);
}

struct search_snapshot *search_acquire(struct xz_search_index *index, struct search_slot **slot)
{
    static _Thread_local unsigned hint;
    struct search_slot *mine = NULL;
    while (!mine) {
        for (unsigned i = 0; i < SEARCH_SLOTS && !mine; i++) {
            struct search_slot *s = &index->slots[(hint + i) % SEARCH_SLOTS];
            bool free_slot = false;
            if (!atomic_load_explicit(&s->busy, memory_order_relaxed) &&
                atomic_compare_exchange_strong(&s->busy, &free_slot, true)) {
                mine = s;
                hint = (hint + i) % SEARCH_SLOTS;
            }
        }
        if (!mine)
            sched_yield(); /* more readers at once than slots */
    }
    if (hint == 0) /* threads spread out from different slots */
        hint = (unsigned)((uintptr_t)&hint >> 8) % SEARCH_SLOTS;
    struct search_snapshot *snapshot = atomic_load(&index->current);
    for (;;) {
        atomic_store(&mine->held, snapshot);
        struct search_snapshot *again = atomic_load(&index->current);
        if (again == snapshot)
            break;
        snapshot = again; /* replaced meanwhile: it may already be freed */
    }
    *slot = mine;
    return snapshot;
}

void search_release(struct search_slot *slot)
{
    atomic_store(&slot->held, NULL);
    atomic_store(&slot->busy, false);
}

struct search_snapshot *search_snapshot_make(const struct xz_lexicon *lexicon, size_t count)
{
    struct search_snapshot *s = xz_alloc(1, sizeof *s + count * sizeof s->refs[0]);
    s->lexicon = lexicon;
    return s;
}

static void snapshot_free(struct search_snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->count; i++) {
        search_segment_unref(snapshot->refs[i].seg);
        search_tombs_unref(snapshot->refs[i].tombs);
    }
    xz_free(snapshot);
}

static bool snapshot_is_held(struct xz_search_index *index, const struct search_snapshot *snapshot)
{
    for (size_t i = 0; i < SEARCH_SLOTS; i++)
        if (atomic_load(&index->slots[i].held) == snapshot)
            return true;
    return false;
}

static void snapshots_sweep(struct xz_search_index *index)
{
    struct search_snapshot **at = &index->retired;
    while (*at) {
        struct search_snapshot *snapshot = *at;
        if (snapshot_is_held(index, snapshot)) {
            at = &snapshot->retired;
            continue;
        }
        *at = snapshot->retired;
        snapshot_free(snapshot);
    }
}

static void snapshot_total(struct search_snapshot *s)
{
    double weighted = 0, plain = 0, han = 0;
    s->docs = s->live = 0;
    for (size_t i = 0; i < s->count; i++) {
        const struct seg_header *head = s->refs[i].seg->head;
        s->docs += head->docs;
        s->live += search_ref_live(&s->refs[i]);
        weighted += head->weighted_sum;
        plain += (double)head->length_sum;
        han += (double)head->han_sum;
    }
    s->average = s->docs ? weighted / (double)s->docs : 1;
    s->plain_average = s->docs ? plain / (double)s->docs : 1;
    s->han_average = s->docs ? han / (double)s->docs : 1;
}

void search_publish(struct xz_search_index *index, struct search_snapshot *snapshot)
{
    snapshot_total(snapshot);
    for (size_t i = 0; i < snapshot->count; i++) {
        search_segment_ref(snapshot->refs[i].seg);
        if (snapshot->refs[i].tombs)
            atomic_fetch_add_explicit(&snapshot->refs[i].tombs->refs, 1, memory_order_relaxed);
    }
    struct search_snapshot *old = atomic_exchange(&index->current, snapshot);
    if (old) {
        old->retired = index->retired;
        index->retired = old;
    }
    snapshots_sweep(index);
}

void search_drain(struct xz_search_index *index)
{
    for (;;) {
        snapshots_sweep(index);
        if (!index->retired)
            return;
        sched_yield();
    }
}
