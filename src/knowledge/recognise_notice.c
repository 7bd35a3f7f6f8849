/* Notices: what their front matter says beyond that of other papers, how severe, from when to when,
 * whom to call, and by which words a question is known to be about one. */
#include "knowledge/halls.h"
#include "knowledge/recognise_internal.h"

#include "text/text.h"

bool recognise_notice_field(struct recognise *r, xz_str key, xz_str value)
{
    const struct {
        const char *key;
        xz_str *to;
    } rows[] = {
        { "级别", &r->notice.level },       { "发布时间", &r->notice.issued },
        { "失效时间", &r->notice.expires }, { "发布机关", &r->notice.issuer },
        { "关键词", &r->notice.keywords },  { "联系电话", &r->notice.phone },
    };
    /* Kept aside: the kind may be told later, and other papers have no use for them. */
    for (size_t i = 0; i < XZ_COUNT(rows); i++)
        if (xz_str_eq(key, xz_str_from(rows[i].key))) {
            *rows[i].to = xz_str_copy(r->arena, value);
            return true;
        }
    return false;
}

static xz_err field_bad(const char *key, xz_str value, const char *wanted)
{
    return xz_fail(XZ_E_INPUT, "公告的“%s”%s%.*s%s，%s，请改正后重新导入。", key,
                   value.len ? "写作“" : "没有写", XZ_STR_ARG(xz_utf8_head(value, 40)),
                   value.len ? "”" : "", wanted);
}

xz_err recognise_notice_end(struct recognise *r)
{
    struct xz_draft *d = &r->draft;
    enum xz_notice_level level;

    if (!xz_notice_level_parse(xz_str_trim(r->notice.level), &level))
        return field_bad("级别", r->notice.level, "应为红、橙、黄、蓝或一般");
    if (!xz_minute_parse(r->notice.issued, &d->notice.issued_ms))
        return field_bad("发布时间", r->notice.issued, "应为北京时间，如 2026-11-20 08:00");
    if (!xz_minute_parse(r->notice.expires, &d->notice.expires_ms))
        return field_bad("失效时间", r->notice.expires, "应为北京时间，如 2027-03-15 20:00");
    if (d->notice.expires_ms <= d->notice.issued_ms)
        return field_bad("失效时间", r->notice.expires, "应晚于发布时间");
    if (!r->notice.issuer.len)
        return field_bad("发布机关", XZ_STR_NONE, "公告须有发布机关");
    d->notice.level = level;
    d->notice.phone = r->notice.phone;
    d->entry.issuer = r->notice.issuer;
    d->entry.aliases = r->notice.keywords;
    d->entry.issued_on = d->entry.effective_on = xz_date_from_ms(d->notice.issued_ms);
    d->entry.expires_on = xz_date_from_ms(d->notice.expires_ms - 1);
    return XZ_OK;
}

void recognise_notice_write(struct recognise *r)
{
    struct xz_json_writer *w = &r->json;
    xz_jw_member_int(w, "level", r->draft.notice.level);
    xz_jw_member_int(w, "issued_ms", r->draft.notice.issued_ms);
    xz_jw_member_int(w, "expires_ms", r->draft.notice.expires_ms);
    xz_jw_member_str(w, "phone", r->draft.notice.phone);
}
