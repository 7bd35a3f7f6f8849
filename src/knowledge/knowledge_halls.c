/* Halls as others use them: which serve a region, what is where on their floors, and where a
 * service item is done. Their rows are in knowledge_halls_store.c, their files in
 * knowledge_table.c. */
#include "knowledge/knowledge_internal.h"

struct ranked {
    struct xz_hall hall;
    int distance;
};

static int ranked_compare(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->distance != y->distance)
        return x->distance < y->distance ? -1 : 1;
    return xz_str_compare(x->hall.code, y->hall.code);
}

xz_err xz_hall_list(struct xz_tx *tx, struct xz_arena *arena, const struct xz_site *site,
                    int64_t region, struct xz_hall **halls, size_t *count)
{
    size_t all, n = 0;
    xz_err err = knowledge_halls_load(tx, arena, halls, &all);

    *count = 0;
    if (err != XZ_OK || !all)
        return err;
    struct ranked *list = XZ_NEW(arena, struct ranked, all);
    for (size_t i = 0; i < all; i++) {
        struct xz_hall *hall = &(*halls)[i];
        int distance = region ? knowledge_region_distance(site, hall->region, region) : 0;
        hall->region_name = knowledge_region_name(site, hall->region);
        if (distance >= 0)
            list[n++] = (struct ranked){ *hall, distance };
    }
    qsort(list, n, sizeof(*list), ranked_compare);
    for (size_t i = 0; i < n; i++)
        (*halls)[i] = list[i].hall;
    *count = n;
    return XZ_OK;
}

xz_err xz_hall_get(struct xz_tx *tx, struct xz_arena *arena, const struct xz_site *site, int64_t id,
                   struct xz_hall *hall)
{
    xz_err err = knowledge_hall_load(tx, arena, id, hall);
    if (err == XZ_OK)
        hall->region_name = knowledge_region_name(site, hall->region);
    return err;
}

/* The guide of a code as this actor may see it, looked up once for all places that name it. */
struct guides {
    struct guide_known {
        xz_str code;
        struct xz_entry entry;
        bool found;
    } * known;
    size_t count;
};

static xz_err guide_of(struct xz_tx *tx, struct xz_arena *arena, const struct xz_actor *actor,
                       struct guides *guides, xz_str code, const struct xz_entry **entry)
{
    *entry = NULL;
    for (size_t i = 0; i < guides->count; i++)
        if (xz_str_eq(guides->known[i].code, code)) {
            *entry = guides->known[i].found ? &guides->known[i].entry : NULL;
            return XZ_OK;
        }
    struct guide_known now = { .code = code };
    xz_err err = xz_entry_find_code(tx, arena, actor, code, &now.entry);
    if (err != XZ_OK && err != XZ_E_MISSING)
        return err;
    now.found = err == XZ_OK && now.entry.kind == XZ_ENTRY_GUIDE;
    guides->known = knowledge_grow(arena, guides->known, guides->count, sizeof(now));
    guides->known[guides->count] = now;
    *entry = now.found ? &guides->known[guides->count].entry : NULL;
    guides->count++;
    return XZ_OK;
}

xz_err xz_place_list(struct xz_tx *tx, struct xz_arena *arena, const struct xz_actor *actor,
                     const struct xz_hall *hall, struct xz_place **places, size_t *count)
{
    struct knowledge_place_item *items;
    struct guides guides = { NULL, 0 };
    size_t item_count, at = 0;
    xz_err err;

    if ((err = knowledge_places_load(tx, arena, hall->code, places, count)) != XZ_OK ||
        (err = knowledge_place_items(tx, arena, hall->code, &items, &item_count)) != XZ_OK)
        return err;
    for (size_t i = 0; i < *count && err == XZ_OK; i++) {
        struct xz_place *place = &(*places)[i];
        for (; at < item_count && items[at].place == place->id && err == XZ_OK; at++) {
            const struct xz_entry *guide;
            err = guide_of(tx, arena, actor, &guides, items[at].code, &guide);
            if (err != XZ_OK || !guide)
                continue; /* a guide that is not there, or not for this actor, is not named */
            place->items = knowledge_grow(arena, place->items, place->item_count,
                                          sizeof(*place->items));
            place->items[place->item_count++] = *guide;
        }
    }
    return err;
}

xz_err xz_window_list(struct xz_tx *tx, struct xz_arena *arena, const struct xz_site *site,
                      xz_str item_code, struct xz_window **windows, size_t *count)
{
    xz_err err = knowledge_windows_load(tx, arena, item_code, windows, count);
    for (size_t i = 0; i < *count && err == XZ_OK; i++)
        (*windows)[i].hall.region_name = knowledge_region_name(site, (*windows)[i].hall.region);
    return err;
}
