/* One draft becomes rows, inside a change: the entry, the difference of its clauses, its questions,
 * and its place among the versions of one law. */
#include "knowledge/knowledge_internal.h"

#include "core/file.h"

void knowledge_touch(struct knowledge_touched *t, int64_t id)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->ids[i] == id)
            return;
    if (t->count == t->room) {
        int64_t *more = XZ_NEW(t->arena, int64_t, t->room ? t->room * 2 : 16);
        if (t->count)
            memcpy(more, t->ids, t->count * sizeof(*more));
        t->ids = more;
        t->room = t->room ? t->room * 2 : 16;
    }
    t->ids[t->count++] = id;
}

/* --- clauses: unchanged wording keeps its id --- */

struct clause_key {
    uint64_t hash;
    size_t index;
    bool used;
};

static uint64_t clause_hash(const struct xz_clause *c)
{
    return xz_str_hash(c->body) * 31 + xz_str_hash(c->label) * 7 + xz_str_hash(c->path);
}

static int clause_key_compare(const void *a, const void *b)
{
    const struct clause_key *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static bool clause_same(const struct xz_clause *a, const struct xz_clause *b)
{
    return xz_str_eq(a->label, b->label) && xz_str_eq(a->path, b->path) &&
           xz_str_eq(a->body, b->body);
}

static bool clause_in_place(const struct xz_clause *a, const struct xz_clause *b)
{
    return a->ordinal == b->ordinal && a->page == b->page && a->confidence == b->confidence &&
           memcmp(a->box, b->box, sizeof(a->box)) == 0;
}

static struct clause_key *clause_key_find(struct clause_key *keys, size_t count,
                                          const struct xz_clause *old, const struct xz_clause *want)
{
    uint64_t hash = clause_hash(want);
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (keys[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < count && keys[low].hash == hash; low++)
        if (!keys[low].used && clause_same(&old[keys[low].index], want))
            return &keys[low];
    return NULL;
}

static xz_err clauses_save(struct xz_tx *tx, struct xz_arena *arena, const struct xz_draft *draft,
                           const struct xz_entry *entry)
{
    struct xz_clause *old = NULL;
    size_t old_count = 0;
    xz_err err = XZ_OK;

    if (entry->version > 1 &&
        (err = xz_clause_list(tx, arena, entry->id, 0, INT32_MAX, &old, &old_count)) != XZ_OK)
        return err;
    struct clause_key *keys = XZ_NEW(arena, struct clause_key, old_count + 1);
    for (size_t i = 0; i < old_count; i++)
        keys[i] = (struct clause_key){ clause_hash(&old[i]), i, false };
    qsort(keys, old_count, sizeof(*keys), clause_key_compare);

    for (size_t i = 0; i < draft->clause_count && err == XZ_OK; i++) {
        struct xz_clause clause = draft->clauses[i];
        struct clause_key *kept = clause_key_find(keys, old_count, old, &clause);
        if (kept) {
            kept->used = true;
            clause.id = old[kept->index].id;
            clause.ordinal = (int64_t)i;
            if (!clause_in_place(&old[kept->index], &clause))
                err = knowledge_clause_move(tx, &clause);
            continue;
        }
        clause.entry = entry->id;
        clause.ordinal = (int64_t)i;
        clause.since_version = entry->version;
        if ((err = xz_tx_new_id(tx, &clause.id.v)) == XZ_OK)
            err = knowledge_clause_insert(tx, &clause);
    }
    for (size_t i = 0; i < old_count && err == XZ_OK; i++)
        if (!keys[i].used)
            err = knowledge_clause_retire(tx, old[keys[i].index].id.v, entry->version);
    return err;
}

/* --- versions of one law, and what replaces what --- */

/* Two offices may each have a paper of the same title; laws carry theirs alone. */
static bool same_body(const struct xz_entry *a, const struct xz_entry *b)
{
    if (a->kind == XZ_ENTRY_LAW)
        return true;
    return (!a->issuer.len || !b->issuer.len || xz_str_eq(a->issuer, b->issuer)) &&
           (!a->department.len || !b->department.len || xz_str_eq(a->department, b->department));
}

static bool same_line(const struct xz_entry *a, const struct xz_entry *b)
{
    return a->kind == b->kind && a->region == b->region && a->status == XZ_STATUS_PUBLISHED &&
           b->status == XZ_STATUS_PUBLISHED;
}

/* As knowledge_version_compare; the same law of the same day in two files is told apart by what is
 * fuller, then by name, so that one of them is current whatever the order of import. */
static int line_compare(const struct xz_entry *a, const struct xz_entry *b)
{
    int order = knowledge_version_compare(a, b);
    if (order || !a->issued_on || a->kind != XZ_ENTRY_LAW)
        return order;
    if (a->clause_count != b->clause_count)
        return a->clause_count < b->clause_count ? -1 : 1;
    return xz_str_compare(a->source, b->source);
}

/* Tells `old` that `by` took its place (by NULL: nothing did), if that is news. */
static xz_err supersede(struct xz_tx *tx, struct knowledge_touched *touched, struct xz_entry *old,
                        const struct xz_entry *by)
{
    int64_t id = by ? by->id.v : 0;
    xz_date on = by ? by->effective_on : 0;
    if (old->superseded_by.v == id && old->superseded_on == on)
        return XZ_OK;
    old->superseded_by.v = id;
    old->superseded_on = on;
    knowledge_touch(touched, old->id.v);
    return knowledge_entry_supersede(tx, old->id.v, id, on, xz_tx_change_number(tx));
}

/* Versions share a title key, a kind and a region; each is superseded by the next later one. */
static xz_err family_link(struct xz_tx *tx, struct xz_arena *arena, const struct xz_entry *entry,
                          struct knowledge_touched *touched)
{
    struct xz_entry *all, *line[256];
    size_t count, n = 0;
    xz_err err;

    if ((err = knowledge_entry_list(tx, arena, LIST_FAMILY, entry->family, XZ_STR_NONE, &all,
                                    &count)) != XZ_OK)
        return err;
    for (size_t i = 0; i < count && n < XZ_COUNT(line); i++) {
        if (!same_line(&all[i], entry) || !same_body(&all[i], entry))
            continue;
        size_t at = n++;
        for (; at > 0 && line_compare(line[at - 1], &all[i]) > 0; at--)
            line[at] = line[at - 1];
        line[at] = &all[i];
    }
    for (size_t i = 0; i + 1 < n && err == XZ_OK; i++)
        if (line_compare(line[i], line[i + 1]) < 0)
            err = supersede(tx, touched, line[i], line[i + 1]);
    /* Another document may replace the newest; the link that a family made is taken back. */
    if (n && err == XZ_OK && line[n - 1]->superseded_by.v)
        for (size_t i = 0; i + 1 < n && err == XZ_OK; i++)
            if (line[i]->id.v == line[n - 1]->superseded_by.v)
                err = supersede(tx, touched, line[n - 1], NULL);
    return err;
}

/* Whether `old` may be told that `by` took its place: no later than something else did. */
static bool may_replace(const struct xz_entry *old, const struct xz_entry *by)
{
    if (old->id.v == by->id.v || old->region != by->region || old->status != XZ_STATUS_PUBLISHED ||
        by->status != XZ_STATUS_PUBLISHED || knowledge_version_compare(old, by) > 0)
        return false;
    return !old->superseded_by.v || old->superseded_by.v == by->id.v ||
           old->superseded_on > by->effective_on;
}

/* 替代: this entry names what it replaces. */
static xz_err replaces_forward(struct xz_tx *tx, struct xz_arena *arena,
                               const struct xz_entry *entry, struct knowledge_touched *touched)
{
    xz_str *names;
    size_t name_count = knowledge_replaces_split(arena, entry->replaces, &names);
    xz_err err = knowledge_replaces_put(tx, entry->id.v, names, name_count);

    for (size_t n = 0; n < name_count && err == XZ_OK; n++) {
        struct xz_entry *list;
        size_t count;
        /* Names come in pairs: as written it may be a number, then the key of a title. */
        enum knowledge_list way = n % 2 ? LIST_TITLE_KEY : LIST_NUMBER;
        if ((err = knowledge_entry_list(tx, arena, way, 0, names[n], &list, &count)) != XZ_OK)
            return err;
        for (size_t i = 0; i < count && err == XZ_OK; i++)
            if (may_replace(&list[i], entry))
                err = supersede(tx, touched, &list[i], entry);
    }
    return err;
}

/* An earlier import may have named this one as replaced. */
static xz_err replaces_link(struct xz_tx *tx, struct xz_arena *arena, const struct xz_entry *entry,
                            struct knowledge_touched *touched)
{
    struct xz_entry now;
    xz_err err = replaces_forward(tx, arena, entry, touched);

    if (err != XZ_OK || (err = knowledge_entry_load(tx, arena, entry->id.v, &now)) != XZ_OK)
        return err;
    const xz_str mine[] = { now.number, now.title_key };
    for (size_t m = 0; m < XZ_COUNT(mine) && err == XZ_OK; m++) {
        struct xz_entry *list;
        size_t count;
        if (!mine[m].len)
            continue;
        if ((err = knowledge_entry_list(tx, arena, LIST_REPLACES, 0, mine[m], &list, &count)) !=
            XZ_OK)
            return err;
        for (size_t i = 0; i < count && err == XZ_OK; i++)
            if (may_replace(&now, &list[i]))
                err = supersede(tx, touched, &now, &list[i]);
    }
    return err;
}

/* Its place among others is another one than before. */
static bool place_changed(const struct xz_entry *before, const struct xz_entry *now)
{
    return !xz_str_eq(before->title_key, now->title_key) || before->kind != now->kind ||
           before->region != now->region || !xz_str_eq(before->replaces, now->replaces) ||
           before->issued_on != now->issued_on || before->effective_on != now->effective_on ||
           !same_body(before, now);
}

/* It has no other versions, and replaces nothing. */
static bool stands_alone(const struct xz_entry *entry)
{
    return entry->kind == XZ_ENTRY_ANSWER || entry->kind == XZ_ENTRY_NOTICE;
}

/* `before`: the entry as it was, NULL when it is new. */
static xz_err family_find(struct xz_tx *tx, struct xz_arena *arena, const struct xz_entry *before,
                          struct xz_entry *entry)
{
    struct xz_entry *list;
    size_t count;
    xz_err err;

    entry->family = entry->id.v;
    if (stands_alone(entry))
        return XZ_OK;
    if ((err = knowledge_entry_list(tx, arena, LIST_TITLE_KEY, 0, entry->title_key, &list,
                                    &count)) != XZ_OK)
        return err;
    for (size_t i = 0; i < count; i++) {
        if (list[i].id.v != entry->id.v && list[i].kind == entry->kind &&
            list[i].region == entry->region && same_body(&list[i], entry)) {
            entry->family = list[i].family;
            return XZ_OK;
        }
    }
    /* Its own id may still name the family that it leaves. */
    return before && place_changed(before, entry) ? xz_tx_new_id(tx, &entry->family) : XZ_OK;
}

static xz_err links_undo(struct xz_tx *tx, const struct xz_entry *before, struct xz_entry *list,
                         size_t count, struct knowledge_touched *touched)
{
    xz_err err = XZ_OK;
    for (size_t i = 0; i < count && err == XZ_OK; i++)
        if (list[i].id.v != before->id.v && list[i].superseded_by.v == before->id.v)
            err = supersede(tx, touched, &list[i], NULL);
    return err;
}

/* An entry that was retitled or moved gives back what it superseded; those left in its old family
 * are linked anew. */
static xz_err old_links_undo(struct xz_tx *tx, struct xz_arena *arena,
                             const struct xz_entry *before, struct knowledge_touched *touched)
{
    struct xz_entry *list;
    xz_str *names;
    size_t count, name_count = knowledge_replaces_split(arena, before->replaces, &names);
    xz_err err = XZ_OK;

    for (size_t n = 0; n < name_count && err == XZ_OK; n++) {
        enum knowledge_list way = n % 2 ? LIST_TITLE_KEY : LIST_NUMBER;
        if ((err = knowledge_entry_list(tx, arena, way, 0, names[n], &list, &count)) == XZ_OK)
            err = links_undo(tx, before, list, count, touched);
    }
    if (err != XZ_OK || (err = knowledge_entry_list(tx, arena, LIST_FAMILY, before->family,
                                                    XZ_STR_NONE, &list, &count)) != XZ_OK)
        return err;
    if ((err = links_undo(tx, before, list, count, touched)) != XZ_OK)
        return err;
    for (size_t i = 0; i < count; i++)
        if (list[i].id.v != before->id.v && list[i].status == XZ_STATUS_PUBLISHED)
            return family_link(tx, arena, &list[i], touched);
    return XZ_OK;
}

/* What a draft says, hashed, so that an unchanged row of a table is left alone. */
/* Of a clause that has a place. */
static uint64_t place_hash(const struct xz_clause *c)
{
    uint64_t hash = (uint64_t)c->page * 101 + (uint64_t)c->confidence;
    for (size_t i = 0; i < XZ_COUNT(c->box); i++)
        hash = hash * 10007 + (uint64_t)c->box[i];
    return hash;
}

static xz_str draft_hash(struct xz_arena *arena, const struct xz_draft *draft)
{
    const struct xz_entry *e = &draft->entry;
    uint64_t sum[2] = { 0x243f6a8885a308d3u, 0x13198a2e03707344u };
    const xz_str texts[] = { e->title,           e->number, e->code,  e->aliases, e->issuer,
                             e->department,      e->topic,  e->basis, e->related, e->replaces,
                             draft->notice.phone };
    const int64_t numbers[] = { e->kind,
                                e->visibility,
                                e->region,
                                e->issued_on,
                                e->effective_on,
                                e->expires_on,
                                draft->notice.level,
                                draft->notice.issued_ms,
                                draft->notice.expires_ms };
#define MIX(value)                                                                                 \
    (sum[0] = (sum[0] ^ (value)) * 0x9e3779b97f4a7c15u, sum[1] += sum[0] ^ sum[0] >> 29)
    for (size_t i = 0; i < XZ_COUNT(texts); i++)
        MIX(xz_str_hash(texts[i]));
    for (size_t i = 0; i < XZ_COUNT(numbers); i++)
        MIX((uint64_t)numbers[i]);
    for (size_t i = 0; i < draft->clause_count; i++) {
        MIX(clause_hash(&draft->clauses[i]));
        if (draft->clauses[i].page > 0)
            MIX(place_hash(&draft->clauses[i]));
    }
    for (size_t i = 0; i < draft->variant_count; i++)
        MIX(xz_str_hash(draft->variants[i]));
    for (size_t i = 0; i < draft->counter_count; i++)
        MIX(~xz_str_hash(draft->counters[i]));
#undef MIX
    return xz_hex(arena, sum, sizeof(sum));
}

xz_err knowledge_draft_save(struct xz_tx *tx, struct xz_arena *arena, const struct xz_draft *draft,
                            struct knowledge_touched *touched, bool *changed)
{
    struct xz_entry entry = draft->entry, before;
    xz_err err = knowledge_entry_by_source(tx, arena, entry.source, &before);
    bool is_new = err == XZ_E_MISSING;

    *changed = false;
    if (err != XZ_OK && !is_new)
        return err;
    entry.content_hash = draft_hash(arena, draft);
    bool same = !is_new && xz_str_eq(before.content_hash, entry.content_hash), by_hand = false;
    if (!is_new && before.status == XZ_STATUS_WITHDRAWN &&
        (err = knowledge_withdrawn_has(tx, before.id.v, &by_hand)) != XZ_OK)
        return err;
    if (same && (before.status == XZ_STATUS_PUBLISHED || by_hand))
        return XZ_OK;
    /* What was withdrawn by hand stays so, whatever its file says now, until that is undone. */
    entry.status = by_hand ? XZ_STATUS_WITHDRAWN : XZ_STATUS_PUBLISHED;
    entry.title_key = knowledge_title_key(arena, entry.title);
    entry.clause_count = (int64_t)draft->clause_count;
    entry.change_number = xz_tx_change_number(tx);
    if (is_new) {
        if ((err = xz_tx_new_id(tx, &entry.id.v)) != XZ_OK)
            return err;
        entry.version = entry.revision = 1;
    } else {
        entry.id = before.id;
        entry.version = before.version + 1;
        entry.revision = before.revision + 1;
        if (!place_changed(&before, &entry)) {
            entry.superseded_by = before.superseded_by;
            entry.superseded_on = before.superseded_on;
        }
    }
    if ((err = family_find(tx, arena, is_new ? NULL : &before, &entry)) != XZ_OK)
        return err;
    err = is_new ? knowledge_entry_insert(tx, &entry) : knowledge_entry_update(tx, &entry);
    if (err == XZ_OK)
        err = clauses_save(tx, arena, draft, &entry);
    if (err == XZ_OK && (draft->variant_count || !is_new))
        err = knowledge_variants_replace(tx, arena, entry.id.v, draft);
    knowledge_touch(touched, entry.id.v);
    *changed = true;
    if (err == XZ_OK)
        err = knowledge_notice_put(tx, entry.id.v, draft);
    if (err != XZ_OK || stands_alone(&entry))
        return err;
    if (!is_new && place_changed(&before, &entry) &&
        (err = old_links_undo(tx, arena, &before, touched)) != XZ_OK)
        return err;
    if ((err = family_link(tx, arena, &entry, touched)) == XZ_OK)
        err = replaces_link(tx, arena, &entry, touched);
    return err;
}
