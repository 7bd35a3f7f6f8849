/* The synonym table for query expansion: lay words to legal ones. Finding is Aho-Corasick; what a
 * search does with the others is its own business. */
#include "text/terms.h"

#define TABLE_BYTES_MAX MIB(64)

struct group {
    xz_str word;
    const xz_str *others;
    size_t count;
};

struct xz_synonyms {
    struct xz_arena *arena;
    struct group *groups;
    size_t count, room;
    struct xz_words *words;
};

static void group_add(struct xz_synonyms *s, xz_str word, const xz_str *others, size_t count)
{
    if (s->count == s->room) {
        s->room = s->room ? s->room * 2 : 64;
        s->groups = xz_realloc(s->groups, s->room * sizeof(s->groups[0]));
    }
    s->groups[s->count++] = (struct group){ word, others, count };
}

static size_t count_char(xz_str text, char c)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == c;
    return count;
}

/* word=other=…: each stands for all the others. */
static bool both_ways(struct xz_synonyms *s, xz_str line)
{
    size_t count = 0, parts = count_char(line, '=') + 1;
    xz_str *all = XZ_NEW(s->arena, xz_str, parts);
    while (line.len > 0) {
        xz_str word = xz_text_normalise(s->arena, xz_str_cut(&line, '='));
        if (word.len > 0)
            all[count++] = word;
    }
    for (size_t i = 0; i < count && count > 1; i++) {
        xz_str *others = XZ_NEW(s->arena, xz_str, count - 1);
        for (size_t k = 0, n = 0; k < count; k++)
            if (k != i)
                others[n++] = all[k];
        group_add(s, all[i], others, count - 1);
    }
    return count > 1;
}

/* word<TAB>other、other… */
static bool one_way(struct xz_synonyms *s, xz_str line)
{
    xz_str word = xz_text_normalise(s->arena, xz_str_cut(&line, '\t'));
    xz_str rest = xz_text_normalise(s->arena, line); /* 、 and ， have become a comma */
    xz_str *others = XZ_NEW(s->arena, xz_str, count_char(rest, ',') + 1);
    size_t count = 0;
    while (rest.len > 0) {
        xz_str other = xz_str_trim(xz_str_cut(&rest, ','));
        if (other.len > 0)
            others[count++] = other;
    }
    if (word.len == 0 || count == 0)
        return false;
    group_add(s, word, others, count);
    return true;
}

static int compare_groups(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    int by_word = xz_str_compare(x->word, y->word);
    return by_word ? by_word : x->others < y->others ? -1 : 1;
}

/* A word of several rows gets the others of all of them. */
static void merge_groups(struct xz_synonyms *s)
{
    size_t kept = 0;
    if (s->count > 0)
        qsort(s->groups, s->count, sizeof(s->groups[0]), compare_groups);
    for (size_t i = 0; i < s->count; i++) {
        struct group *last = kept ? &s->groups[kept - 1] : NULL;
        const struct group *next = &s->groups[i];
        if (!last || !xz_str_eq(last->word, next->word)) {
            s->groups[kept++] = *next;
            continue;
        }
        xz_str *others = XZ_NEW(s->arena, xz_str, last->count + next->count);
        memcpy(others, last->others, last->count * sizeof(xz_str));
        memcpy(others + last->count, next->others, next->count * sizeof(xz_str));
        last->others = others;
        last->count += next->count;
    }
    s->count = kept;
}

xz_err xz_synonyms_parse(xz_str tsv, struct xz_synonyms **synonyms)
{
    if (!xz_utf8_valid(tsv) || tsv.len > TABLE_BYTES_MAX)
        return xz_fail(XZ_E_INPUT, "同义词表不是 UTF-8 文本，或者超过 64 MiB");
    struct xz_synonyms *s = XZ_ALLOC(struct xz_synonyms, 1);
    s->arena = xz_arena_create(1 << 16);
    for (size_t line_no = 1; tsv.len > 0; line_no++) {
        xz_str line = xz_str_trim(xz_str_cut(&tsv, '\n'));
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        bool tab = memchr(line.ptr, '\t', line.len) != NULL;
        if (!(tab ? one_way(s, line) : both_ways(s, line))) {
            xz_synonyms_destroy(s);
            return xz_fail(XZ_E_INPUT,
                           "同义词表第 %zu 行格式不对：应为“词<制表符>词、词”或“词=词=词”",
                           line_no);
        }
    }
    merge_groups(s);
    xz_str *words = XZ_NEW(s->arena, xz_str, s->count + 1);
    for (size_t i = 0; i < s->count; i++)
        words[i] = s->groups[i].word;
    s->words = xz_words_build(words, s->count);
    *synonyms = s;
    return XZ_OK;
}

void xz_synonyms_destroy(struct xz_synonyms *s)
{
    if (!s)
        return;
    xz_words_destroy(s->words);
    xz_free(s->groups);
    xz_arena_destroy(s->arena);
    xz_free(s);
}

/* `arg` holds, by start, the index + 1 of the longest word there: matches come by rising end, so
 * that the last one noted is the longest. */
static bool note_match(size_t word, size_t start, size_t end, void *arg)
{
    uint32_t *longest = arg;
    (void)end;
    longest[start] = (uint32_t)word + 1;
    return true;
}

void xz_synonyms_find(const struct xz_synonyms *synonyms, xz_str text,
                      void (*each)(xz_str word, size_t start, const xz_str *others, size_t count,
                                   void *arg),
                      void *arg)
{
    if (synonyms->count == 0 || text.len == 0)
        return;
    uint32_t *longest = XZ_ALLOC(uint32_t, text.len);
    xz_words_find(synonyms->words, text, note_match, longest);
    for (size_t start = 0; start < text.len;) {
        if (longest[start] == 0) {
            start++;
            continue;
        }
        const struct group *group = &synonyms->groups[longest[start] - 1];
        each((xz_str){ text.ptr + start, group->word.len }, start, group->others, group->count,
             arg);
        start += group->word.len;
    }
    xz_free(longest);
}
