/* Which older papers a paper puts out of force: 《甲》、《乙》同时废止 in its closing articles, or
 * a decision whose title says that it repeals. Only names are read here; what they denote is found
 * when the entry is stored. */
#include "knowledge/recognise_internal.h"

#include "text/text.h"

enum { NAMES_BYTES_MAX = 3000 };

static const xz_str opening = { "《", 3 }, closing = { "》", 3 };

/* Part of the named paper goes, not the whole: 《甲》第十条、《乙》中有关…的规定. */
static bool only_a_part(xz_str after)
{
    static const char *const marks[] = { "第", "中", "有关", "关于", "附件", "的有关", "内" };
    for (size_t i = 0; i < XZ_COUNT(marks); i++)
        if (xz_str_starts(after, xz_str_from(marks[i])))
            return true;
    return false;
}

/* Named as the ground for something else: 根据《甲》制定的…. */
static bool only_a_ground(xz_str before)
{
    static const char *const marks[] = { "根据", "依照", "依据", "按照", "适用", "执行", "修改" };
    for (size_t i = 0; i < XZ_COUNT(marks); i++)
        if (xz_str_ends(before, xz_str_from(marks[i])))
            return true;
    return false;
}

/* Length of the name that begins with 《 at the front, with 《》 inside it; 0 if it is not closed.
 */
static size_t name_len(xz_str text)
{
    int depth = 0;
    for (size_t at = 0; at < text.len; at++) {
        xz_str rest = xz_str_sub(text, at, text.len);
        if (xz_str_starts(rest, opening))
            depth++;
        else if (xz_str_starts(rest, closing) && --depth == 0)
            return at + closing.len;
    }
    return 0;
}

/* Adds the names in one sentence, but none in brackets, where the history of a paper is told. */
static void sentence_names(struct xz_buf *names, xz_str sentence)
{
    int brackets = 0;
    for (size_t at = 0; at < sentence.len;) {
        xz_str rest = xz_str_sub(sentence, at, sentence.len);
        size_t len = xz_str_starts(rest, opening) ? name_len(rest) : 0;
        if (!len) {
            brackets += xz_str_starts(rest, XZ_STR("（")) - xz_str_starts(rest, XZ_STR("）"));
            at++;
            continue;
        }
        if (brackets <= 0 && len > 12 && len < 400 && names->len + len < NAMES_BYTES_MAX &&
            !only_a_part(xz_str_sub(rest, len, rest.len)) &&
            !only_a_ground(xz_str_sub(sentence, 0, at)))
            xz_buf_add(names, xz_str_sub(rest, 0, len));
        at += len;
    }
}

static void clause_names(struct xz_buf *names, xz_str body, bool repeals_all)
{
    static const xz_str stop = { "。", 3 };
    while (body.len) {
        size_t hit = xz_str_find(body, stop);
        size_t len = hit == XZ_STR_NPOS ? body.len : hit + stop.len;
        xz_str sentence = xz_str_sub(body, 0, len);
        body = xz_str_sub(body, len, body.len);
        size_t end = xz_str_find(sentence, XZ_STR("同时废止"));
        if (end == XZ_STR_NPOS)
            end = xz_str_find(sentence, XZ_STR("同时失效"));
        if (end == XZ_STR_NPOS && repeals_all)
            end = sentence.len;
        if (end != XZ_STR_NPOS)
            sentence_names(names, xz_str_sub(sentence, 0, end));
    }
}

void recognise_repeals(struct recognise *r)
{
    struct xz_entry *entry = &r->draft.entry;
    size_t count = r->draft.clause_count;
    bool repeals_all = xz_str_find(entry->title, XZ_STR("关于废止")) != XZ_STR_NPOS &&
                       xz_str_find(entry->title, XZ_STR("修改")) == XZ_STR_NPOS;
    size_t from = repeals_all ? 0 : count - XZ_MIN(count, (size_t)8);
    struct xz_buf names;

    if (entry->replaces.len)
        return;
    xz_buf_init(&names, NAMES_BYTES_MAX);
    for (size_t i = from; i < count; i++)
        clause_names(&names, r->draft.clauses[i].body, repeals_all);
    entry->replaces = xz_str_copy(r->arena, xz_buf_str(&names));
    xz_buf_fini(&names);
}
