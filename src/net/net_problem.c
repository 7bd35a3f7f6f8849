/* Problem documents (RFC 9457): one table from error kinds to HTTP, with words that tell a person
 * what to do when the place of failure said nothing. */
#include "net/net_internal.h"

static const struct {
    int status;
    const char *title, *detail;
} problem_kinds[XZ_ERR_COUNT] = {
    [XZ_E_INPUT] = { 400, "请求有误", "提交的内容有误，请检查后重试。" },
    [XZ_E_DENIED] = { 403, "没有权限", "您没有办理这项操作的权限，如有需要请联系管理员。" },
    [XZ_E_MISSING] = { 404, "没有找到", "没有找到您要的内容，它可能已被撤回，请返回后重新查找。" },
    [XZ_E_STATE] = { 409, "状态已变化", "当前状态不能这样操作，请刷新后再试。" },
    [XZ_E_LIMIT] = { 413, "超出限制", "内容或数量超出了限制，请减少后再试。" },
    [XZ_E_BUSY] = { 503, "系统繁忙", "系统繁忙，请稍后再试；急事请拨打 12345 热线。" },
    [XZ_E_IO] = { 500, "系统出错",
                  "系统暂时无法保存或读取数据，请稍后再试；急事请拨打 12345 热线。" },
};

static const struct {
    int status;
    const char *title;
} refusal_titles[] = {
    { 400, "请求有误" },       { 404, "没有找到" }, { 405, "方法不支持" }, { 408, "请求超时" },
    { 413, "内容过大" },       { 414, "地址过长" }, { 417, "期望不支持" }, { 429, "请求过于频繁" },
    { 431, "请求头过大" },     { 500, "系统出错" }, { 501, "不支持" },     { 503, "系统繁忙" },
    { 505, "协议版本不支持" },
};

const char *xz_request_fail_detail(const struct xz_request *req, xz_err err)
{
    const char *detail = xz_fail_detail();
    XZ_ASSERT(err != XZ_OK && (unsigned)err < XZ_ERR_COUNT);
    bool is_ours = err == XZ_E_IO && !req->is_local;
    return detail[0] && !is_ours ? detail : problem_kinds[err].detail;
}

void net_problem_build(struct xz_request *req, xz_err err, int status, const char *detail)
{
    const char *title = "请求有误";
    struct xz_json_writer w;
    struct xz_buf json;

    if (err != XZ_OK) {
        status = problem_kinds[err].status;
        title = problem_kinds[err].title;
        detail = xz_request_fail_detail(req, err);
        /* A limit on something that was not sent along is one of rate or number. */
        if (err == XZ_E_LIMIT && req->body.len == 0 && !req->spool)
            status = 429;
    }
    for (size_t i = 0; err == XZ_OK && i < XZ_COUNT(refusal_titles); i++)
        if (refusal_titles[i].status == status)
            title = refusal_titles[i].title;

    xz_buf_init(&json, (size_t)KIB(16));
    xz_jw_init(&w, &json);
    xz_jw_begin_object(&w);
    xz_jw_member_str(&w, "type", XZ_STR("about:blank"));
    xz_jw_member_str(&w, "title", xz_str_from(title));
    xz_jw_member_int(&w, "status", status);
    xz_jw_member_str(&w, "detail", xz_str_from(detail));
    if (err != XZ_OK)
        xz_jw_member_str(&w, "error", xz_str_from(xz_err_name(err)));
    xz_jw_member_int(&w, "request", req->number);
    xz_jw_end_object(&w);
    net_reply_build(req, status, "application/problem+json", xz_buf_str(&json), false);
    xz_buf_fini(&json);
    if (status >= 500 && err != XZ_OK)
        XZ_LOG(REQUEST_FAILED, XZ_LF_INT(REQ, req->number),
               XZ_LF_STR(ROUTE, xz_str_from(req->row ? req->row->path : "")),
               XZ_LF_INT(STATUS, status), XZ_LF_STR(ERR, xz_str_from(xz_err_name(err))),
               XZ_LF_STR(DETAIL, xz_str_from(xz_fail_detail())));
}
