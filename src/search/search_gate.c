/* Which documents may take part: deletions, visibility, region, validity and so on, tested for a
 * whole window at once over plain columns, before anything is scored. */
#include "search/search_internal.h"

bool search_gate_open(struct search_gate *gate, const struct search_ref *ref,
                      const struct xz_search_filter *filter)
{
    const struct seg_header *head = ref->seg->head;
    uint8_t visible = filter->visibility_mask ? filter->visibility_mask : 1;
    bool one_region = head->region_min == head->region_max, region_ok = false;
    *gate = (struct search_gate){
        .seg = ref->seg, .tombs = ref->tombs, .filter = filter, .last = head->docs
    };
    if (filter->entry) {
        const struct seg_run *run = search_segment_run(ref->seg, filter->entry);
        if (!run)
            return false;
        gate->first = run->first;
        gate->last = run->first + run->count;
    }
    for (size_t r = 0; r < filter->region_count; r++)
        region_ok |= filter->regions[r] == head->region_min;
    if (!(head->visibility_mask & visible) || gate->first == gate->last ||
        (filter->kind_mask && !(head->kind_mask & filter->kind_mask)) ||
        (filter->region_count && one_region && !region_ok))
        return false;
    gate->visibility = (head->visibility_mask & ~visible) || (head->visibility_mask & 4);
    gate->kind = filter->kind_mask && (head->kind_mask & ~filter->kind_mask);
    gate->region = filter->region_count && !one_region;
    gate->date = filter->on && (filter->on < head->from_max || filter->on > head->until_min);
    gate->superseded = !filter->superseded_too && head->superseded_any;
    return true;
}

static void gate_visibility(const struct search_gate *gate, uint32_t from, uint32_t count,
                            uint8_t *ok)
{
    const uint8_t *visibility = gate->seg->visibility + from;
    const uint32_t *department = gate->seg->department + from;
    const struct xz_search_filter *f = gate->filter;
    unsigned mask = f->visibility_mask ? f->visibility_mask : 1;
    for (uint32_t i = 0; i < count; i++)
        ok[i] &= (uint8_t)(mask >> (visibility[i] & 7) & 1);
    if (!(gate->seg->head->visibility_mask & mask & 4))
        return;
    for (uint32_t i = 0; i < count; i++) {
        bool mine = visibility[i] != 2 || f->department_count == 0;
        for (size_t k = 0; k < f->department_count && !mine; k++)
            mine = f->departments[k] == department[i];
        ok[i] &= mine;
    }
}

static void gate_region(const struct search_gate *gate, uint32_t from, uint32_t count, uint8_t *ok)
{
    const uint32_t *region = gate->seg->region + from;
    uint8_t any[SEARCH_WINDOW] = { 0 };
    for (size_t r = 0; r < gate->filter->region_count; r++) {
        uint32_t wanted = gate->filter->regions[r];
        for (uint32_t i = 0; i < count; i++)
            any[i] |= region[i] == wanted;
    }
    for (uint32_t i = 0; i < count; i++)
        ok[i] &= any[i];
}

static void gate_kind(const struct search_gate *gate, uint32_t from, uint32_t count, uint8_t *ok)
{
    const uint8_t *kind = gate->seg->kind + from;
    uint8_t any[SEARCH_WINDOW] = { 0 };
    uint32_t wanted = gate->filter->kind_mask & gate->seg->head->kind_mask;
    for (; wanted; wanted &= wanted - 1) {
        uint8_t one = (uint8_t)__builtin_ctz(wanted);
        for (uint32_t i = 0; i < count; i++)
            any[i] |= kind[i] == one;
    }
    for (uint32_t i = 0; i < count; i++)
        ok[i] &= any[i];
}

static void gate_rest(const struct search_gate *gate, uint32_t from, uint32_t count, uint8_t *ok)
{
    const struct search_segment *seg = gate->seg;
    int32_t on = gate->filter->on;
    if (gate->kind)
        gate_kind(gate, from, count, ok);
    if (gate->date)
        for (uint32_t i = 0; i < count; i++)
            ok[i] &= (seg->from[from + i] <= on) & (on <= seg->until[from + i]);
    if (gate->superseded)
        for (uint32_t i = 0; i < count; i++)
            ok[i] &= !(seg->flags[from + i] & XZ_SEARCH_SUPERSEDED);
}

static uint32_t gate_pack(const struct search_gate *gate, uint32_t from, uint32_t count,
                          const uint8_t *ok, uint64_t *bits)
{
    uint32_t passed = 0;
    for (uint32_t w = 0; w < (count + 63) / 64; w++) {
        uint64_t word = 0;
        for (uint32_t b = 0; b < 8; b++) {
            uint64_t eight;
            memcpy(&eight, ok + w * 64 + b * 8, 8);
            word |= (eight * UINT64_C(0x0102040810204080) >> 56) << (b * 8);
        }
        if (gate->tombs)
            word &= ~gate->tombs->bits[from / 64 + w];
        bits[w] = word;
        passed += (uint32_t)__builtin_popcountll(word);
    }
    return passed;
}

uint32_t search_gate_window(const struct search_gate *gate, uint32_t from, uint32_t count,
                            uint64_t *bits)
{
    uint8_t ok[SEARCH_WINDOW] = { 0 };
    uint32_t first = XZ_MAX(gate->first, from), last = XZ_MIN(gate->last, from + count);
    XZ_ASSERT(from % 64 == 0 && count <= SEARCH_WINDOW);
    if (first >= last)
        return 0;
    memset(ok + (first - from), 1, last - first);
    if (gate->visibility)
        gate_visibility(gate, from, count, ok);
    if (gate->region)
        gate_region(gate, from, count, ok);
    gate_rest(gate, from, count, ok);
    return gate_pack(gate, from, count, ok, bits);
}
