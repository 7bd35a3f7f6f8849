/* An article that the asker names, 劳动合同法第三十九条 or 安政办发〔2024〕8号第六条, is shown as
 * it stands: no search, no ranking. */
#include "qa/qa_internal.h"

static bool article_named(xz_str text, size_t *at, struct xz_article_ref *ref)
{
    for (size_t from = 0; from < text.len;) {
        size_t hit = xz_str_find(xz_str_sub(text, from, text.len), XZ_STR("第"));
        if (hit == XZ_STR_NPOS)
            return false;
        *at = from + hit;
        xz_str rest = xz_str_sub(text, *at + 3, text.len);
        size_t eaten = xz_numeral_read(rest, &ref->number);
        xz_str after = xz_str_sub(rest, eaten, rest.len);
        if (eaten && xz_str_starts(after, XZ_STR("条"))) {
            after = xz_str_sub(after, 3, after.len);
            if (!xz_str_starts(after, XZ_STR("之")) ||
                !xz_numeral_read(xz_str_sub(after, 3, after.len), &ref->sub))
                ref->sub = 0;
            return true;
        }
        from = *at + 3;
    }
    return false;
}

/* The law named right before the article: within 《》, or the longest run that is a title. */
static xz_err article_find(struct qa_case *c, size_t end, struct xz_article_ref *ref,
                           struct xz_entry *entry, struct xz_clause *clause)
{
    xz_str before = xz_str_trim(xz_str_sub(c->answer->understood, 0, end));
    if (xz_str_ends(before, XZ_STR("》")))
        before.len -= 3;
    for (size_t from = before.len > 150 ? before.len - 150 : 0; from < before.len; from++) {
        ref->law = xz_str_sub(before, from, before.len);
        if (((unsigned char)ref->law.ptr[0] & 0xc0) == 0x80 || ref->law.len < 6)
            continue;
        xz_err err = xz_clause_find_article(c->tx, c->arena, &c->ask->actor, ref, entry, clause);
        if (err != XZ_E_MISSING)
            return err;
    }
    return XZ_E_MISSING;
}

xz_err qa_cited(struct qa_case *c)
{
    struct xz_article_ref ref = { .on = c->today };
    struct xz_clause clause;
    struct xz_entry entry;
    size_t at;
    xz_err err;

    if (!article_named(c->answer->understood, &at, &ref))
        return XZ_OK;
    err = article_find(c, at, &ref, &entry, &clause);
    if (err == XZ_E_MISSING)
        return XZ_OK;
    if (err != XZ_OK || (err = qa_source_add(c, entry.id.v, clause.id.v)) != XZ_OK)
        return err;
    c->answer->kind = XZ_ANSWER_QUOTED;
    c->answer->confidence = 1.0;
    c->answer->option_count = 0;
    c->new_focus = entry.id.v;
    if (!xz_entry_in_force(&entry, c->today))
        c->lead = XZ_STR("请注意：下面的文件目前不在施行期内，仅供查阅。");
    c->decided = true;
    return XZ_OK;
}
