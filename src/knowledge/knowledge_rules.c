/* Rules of knowledge without I/O: keys that tie versions together, validity on a day, what the
 * index filters by. */
#include "knowledge/knowledge_internal.h"

const char *xz_validity_name(enum xz_validity validity)
{
    static const char *names[] = { [XZ_VALID_CURRENT] = "current",
                                   [XZ_VALID_NOT_YET] = "not_yet",
                                   [XZ_VALID_EXPIRED] = "expired",
                                   [XZ_VALID_SUPERSEDED] = "superseded" };
    return names[validity];
}

const char *xz_import_outcome_name(enum xz_import_outcome outcome)
{
    static const char *names[] = { [XZ_IMPORT_STORED] = "stored",
                                   [XZ_IMPORT_UNCHANGED] = "unchanged",
                                   [XZ_IMPORT_DUPLICATE] = "duplicate",
                                   [XZ_IMPORT_REFUSED] = "refused" };
    return names[outcome];
}

enum xz_validity xz_entry_validity(const struct xz_entry *entry, xz_date on)
{
    if (entry->superseded_by.v && (!entry->superseded_on || entry->superseded_on <= on))
        return XZ_VALID_SUPERSEDED;
    if (entry->expires_on && entry->expires_on < on)
        return XZ_VALID_EXPIRED;
    if (entry->effective_on > on)
        return XZ_VALID_NOT_YET;
    return XZ_VALID_CURRENT;
}

bool xz_entry_in_force(const struct xz_entry *entry, xz_date on)
{
    return entry->status == XZ_STATUS_PUBLISHED && xz_entry_validity(entry, on) == XZ_VALID_CURRENT;
}

xz_str knowledge_title_short(xz_str title)
{
    static const xz_str state = { "中华人民共和国", 21 };
    title = xz_str_trim(title);
    if (xz_str_starts(title, XZ_STR("《")) && xz_str_ends(title, XZ_STR("》")))
        title = xz_str_sub(title, 3, title.len - 6);
    if (xz_str_starts(title, state) && title.len > state.len)
        return xz_str_sub(title, state.len, title.len);
    return title;
}

xz_str knowledge_title_key(struct xz_arena *arena, xz_str title)
{
    static const xz_str tails[] = {
        { "(试行)", 8 }, { "(修订)", 8 }, { "(修正)", 8 }, { "(暂行)", 8 }, { "(修正文本)", 14 }
    };
    xz_str key = xz_text_normalise(arena, knowledge_title_short(title));
    struct xz_buf buf;

    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < XZ_COUNT(tails); i++)
            if (xz_str_ends(key, tails[i])) {
                key.len -= tails[i].len;
                again = true;
            }
        if (key.len > 12 && key.ptr[key.len - 1] == ')') { /* (2012-12-28), (2021年修订) */
            size_t open = key.len;
            while (open > 0 && key.len - open < 30 && key.ptr[open - 1] != '(')
                open--;
            /* 宪法修正案(1988年) and 宪法修正案(1993年) are two laws, not versions of one. */
            bool amendment = xz_str_ends(xz_str_sub(key, 0, XZ_MAX(open, (size_t)1) - 1),
                                         XZ_STR("修正案"));
            if (open > 1 && key.ptr[open - 1] == '(' && key.ptr[open] >= '1' &&
                key.ptr[open] <= '2' && !amendment) {
                key.len = open - 1;
                again = true;
            }
        }
    }
    xz_buf_init(&buf, key.len + 1);
    for (size_t i = 0; i < key.len; i++)
        if (key.ptr[i] != ' ')
            xz_buf_add_char(&buf, key.ptr[i]);
    key = xz_str_copy(arena, xz_buf_str(&buf));
    xz_buf_fini(&buf);
    return key;
}

static void name_add(struct xz_arena *arena, xz_str name, xz_str *names, size_t *count)
{
    name = xz_str_trim(name);
    if (!name.len || *count + 2 > 2 * KNOWLEDGE_REPLACES_MAX)
        return;
    names[(*count)++] = name;
    names[(*count)++] = knowledge_title_key(arena, name);
}

size_t knowledge_replaces_split(struct xz_arena *arena, xz_str replaces, xz_str **names)
{
    static const xz_str opening = { "《", 3 }, closing = { "》", 3 }, stop = { "；", 3 };
    bool quoted = xz_str_find(replaces, opening) != XZ_STR_NPOS;
    size_t count = 0, start = 0;
    int depth = 0;

    *names = XZ_NEW(arena, xz_str, 2 * KNOWLEDGE_REPLACES_MAX);
    for (size_t at = 0; at < replaces.len; at++) {
        xz_str rest = xz_str_sub(replaces, at, replaces.len);
        if (quoted && xz_str_starts(rest, opening) && depth++ == 0)
            start = at + opening.len;
        else if (quoted && xz_str_starts(rest, closing) && depth > 0 && --depth == 0)
            name_add(arena, xz_str_sub(replaces, start, at - start), *names, &count);
        else if (!quoted && (xz_str_starts(rest, stop) || *rest.ptr == ';')) {
            name_add(arena, xz_str_sub(replaces, start, at - start), *names, &count);
            start = at + (*rest.ptr == ';' ? 1 : stop.len);
        }
    }
    if (!quoted)
        name_add(arena, xz_str_sub(replaces, start, replaces.len), *names, &count);
    return count;
}

/* Letters, digits and Han characters only: texts with the same key ask the same. */
xz_str xz_question_key(struct xz_arena *arena, xz_str question)
{
    xz_str text = xz_text_normalise(arena, question);
    char *key = xz_arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t pos = 0; pos < text.len;) {
        size_t start = pos;
        uint32_t code = xz_utf8_next(text, &pos);
        bool keep = xz_is_han(code) || (code >= '0' && code <= '9') ||
                    (code >= 'a' && code <= 'z') ||
                    (code > 0x7f && !(code >= 0x2000 && code <= 0x303f) && code < 0xff00);
        if (keep) {
            memcpy(key + len, text.ptr + start, pos - start);
            len += pos - start;
        }
    }
    return (xz_str){ key, len };
}

xz_date knowledge_day_before(xz_date date)
{
    if (!date)
        return 0;
    do
        date--;
    while (!xz_date_valid(date) && date > 19000101);
    return date;
}

struct xz_search_attr knowledge_attr(const struct xz_entry *entry)
{
    xz_date until = entry->expires_on;
    xz_date last = entry->superseded_by.v ? knowledge_day_before(entry->superseded_on) : 0;
    if (last && (!until || last < until))
        until = last;
    return (struct xz_search_attr){
        .visibility = (uint8_t)entry->visibility,
        .kind = (uint8_t)entry->kind,
        .flags = entry->superseded_by.v && !last ? XZ_SEARCH_SUPERSEDED : 0,
        .region = (uint32_t)entry->region,
        .from = entry->effective_on,
        .until = until,
        .family = (uint64_t)entry->family,
    };
}

int knowledge_version_compare(const struct xz_entry *a, const struct xz_entry *b)
{
    xz_date x = XZ_MAX(a->issued_on, 0), y = XZ_MAX(b->issued_on, 0);
    if (x == y) {
        x = a->effective_on;
        y = b->effective_on;
    }
    return x < y ? -1 : x > y;
}
