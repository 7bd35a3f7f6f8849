/* No basis was found: the nearest reviewed questions are offered if they are near enough, else an
 * honest refusal, with what has ceased to apply named as such, and the way to a person. */
#include "qa/qa_internal.h"

/* From here on the nearest reviewed questions are offered instead of a refusal. */
#define OFFER_MIN   0.2
#define SETTLED_MIN 0.5
/* What an expired text must speak of to be named. */
#define COVER_MIN 0.6

/* A new matter that came to nothing ends the old one: 要什么材料 is not asked of that any more. */
static int64_t focus_kept(const struct qa_case *c)
{
    return c->follow_up ? c->focus : 0;
}

/* Near reviewed questions, none of them sure: which one is meant? */
static bool questions_offered(struct qa_case *c, xz_str ended)
{
    if (c->best_reviewed < OFFER_MIN || !c->answer->option_count)
        return false;
    c->answer->kind = XZ_ANSWER_CLARIFY;
    c->answer->confidence = c->best_reviewed;
    c->answer->source_count = 0;
    /* The only question offered, or one that is likely, is what the dialogue is about now. */
    bool settled = c->answer->option_count == 1 || c->best_reviewed >= SETTLED_MIN;
    c->new_focus = settled && !c->follow_up ? c->best_entry : focus_kept(c);
    c->lead = xz_str_format(
        c->arena,
        "%.*s您想问的是不是下面的问题？点选即可查看已审核的答复；都不是的话，请换个说法"
        "或说得更具体些。",
        XZ_STR_ARG(ended));
    c->decided = true;
    return true;
}

void qa_refuse(struct qa_case *c, xz_str ended)
{
    bool elsewhere = c->region && !qa_region_is_own(c->site, c->region);
    c->answer->kind = XZ_ANSWER_REFUSED;
    c->answer->confidence = 0;
    c->answer->source_count = 0;
    c->new_focus = focus_kept(c);
    c->lead = xz_str_format(c->arena,
                            "%s%.*s没有找到可以直接回答这个问题的现行依据，不能随意作答。%"
                            "s您可以换个说法再问，或者拨打%.*s"
                            "（%.*s）由人工为您解答。",
                            elsewhere ? "本平台没有收录该地区的规定，" : "", XZ_STR_ARG(ended),
                            c->answer->option_count ? "下面是较为接近的问题，供您参考。" : "",
                            XZ_STR_ARG(c->site->hotline), XZ_STR_ARG(c->site->hotline_hours));
    c->decided = true;
}

/* "《…》已于2024年12月31日失效。" when that is what the question is about; empty otherwise. */
static xz_err ended_named(struct qa_case *c, xz_str *ended)
{
    struct xz_search_filter filter;
    struct xz_search_query query = { .text = c->text,
                                     .filter = &filter,
                                     .synonyms = xz_knowledge_synonyms(c->qa->knowledge),
                                     .hits_max = 1,
                                     .budget_ms = 200 };
    struct xz_search_hit *hits;
    struct qa_view view = qa_view_of(c);
    struct xz_source source;
    size_t count;
    double share;
    xz_err err;

    *ended = XZ_STR_NONE;
    qa_filter_set(c, &filter, XZ_KIND_MASK_CLAUSES);
    filter.on = 0;
    filter.superseded_too = true;
    err = xz_search_find(xz_knowledge_index(c->qa->knowledge), c->arena, &query, &hits, &count);
    if ((err != XZ_OK && err != XZ_E_BUSY) || !count)
        return err == XZ_E_BUSY ? XZ_OK : err;
    err = qa_source_load(&view, hits[0].entry, hits[0].id, &source);
    if (err != XZ_OK || source.validity == XZ_VALID_CURRENT)
        return err == XZ_E_MISSING ? XZ_OK : err;
    if ((err = qa_hit_cover(c, &hits[0], &share)) != XZ_OK || share < COVER_MIN)
        return err;
    const struct xz_entry *e = &source.entry;
    /* By validity: the day that tells, and how it is said. */
    const struct {
        xz_date day;
        const char *before, *after;
    } said[] = {
        [XZ_VALID_NOT_YET] = { e->effective_on, "自", "起才施行" },
        [XZ_VALID_EXPIRED] = { e->expires_on, "已于", "失效" },
        [XZ_VALID_SUPERSEDED] = { e->superseded_on, "自", "起已被新文件替代" },
    };
    xz_date day = said[source.validity].day;
    if (day)
        *ended = xz_str_format(c->arena, "《%.*s》%s%d年%d月%d日%s。", XZ_STR_ARG(e->title),
                               said[source.validity].before, day / 10000, day / 100 % 100,
                               day % 100, said[source.validity].after);
    return XZ_OK;
}

xz_err qa_no_basis(struct qa_case *c)
{
    xz_str ended;
    xz_err err = ended_named(c, &ended);
    if (err == XZ_OK && !questions_offered(c, ended))
        qa_refuse(c, ended);
    return err;
}
