/* The HTTP side of what citizens may ask of the service itself: complaints, erasing a dialogue,
 * having an answer read aloud. */
#include "knowledge/context.h"
#include "net/http.h"
#include "qa/qa.h"
#include "qa/qa_rights_doc.h"

static struct xz_qa *qa_of(struct xz_request *req)
{
    return ((const struct xz_context *)xz_request_app(req))->qa;
}

/* A member that must be text when it is there; null is as good as none. */
static xz_err text_decode(const struct xz_json *body, const char *name, xz_str *text)
{
    const struct xz_json *value = xz_json_get(body, name);
    bool given = value && xz_json_kind(value) != XZ_JSON_NULL;

    *text = xz_json_str(value, XZ_STR_NONE);
    if (given && xz_json_kind(value) != XZ_JSON_STRING)
        return xz_fail(XZ_E_INPUT, "请求中的字段 %s 应为文字。", name);
    return XZ_OK;
}

static xz_err complaint_decode(struct xz_request *req, struct xz_complaint *c, xz_str *dialogue)
{
    const struct xz_json *body, *turn;
    xz_err err;

    if ((err = xz_request_json(req, &body)) != XZ_OK ||
        (err = text_decode(body, "kind", &c->kind)) != XZ_OK ||
        (err = text_decode(body, "text", &c->text)) != XZ_OK ||
        (err = text_decode(body, "contact", &c->contact)) != XZ_OK ||
        (err = text_decode(body, "dialogue", dialogue)) != XZ_OK)
        return err;
    turn = xz_json_get(body, "turn");
    c->turn = xz_json_int(turn, 0);
    if (turn && xz_json_kind(turn) != XZ_JSON_NULL &&
        (xz_json_kind(turn) != XZ_JSON_INT || c->turn <= 0))
        return xz_fail(XZ_E_INPUT, "请求中的字段 turn 应为问答编号。");
    return XZ_OK;
}

static xz_err complain_handler(struct xz_request *req)
{
    struct xz_complaint complaint = { .turn = 0 };
    struct xz_json_writer w;
    struct xz_buf buf;
    xz_str dialogue;
    xz_err err;

    if ((err = complaint_decode(req, &complaint, &dialogue)) != XZ_OK ||
        (err = xz_qa_complain(qa_of(req), xz_request_arena(req), xz_request_actor(req), dialogue,
                              &complaint)) != XZ_OK)
        return err;
    xz_buf_init(&buf, (size_t)KIB(4));
    xz_jw_init(&w, &buf);
    xz_jw_begin_object(&w);
    xz_jw_member_int(&w, "id", complaint.id);
    xz_jw_member_str(&w, "number", complaint.number);
    xz_jw_member_int(&w, "due_at", complaint.due_ms);
    xz_jw_end_object(&w);
    xz_reply_json(req, 201, &buf);
    xz_buf_fini(&buf);
    return XZ_OK;
}

static xz_err complaints_handler(struct xz_request *req)
{
    xz_str text = xz_request_query(req, "limit");
    struct xz_complaint *list;
    struct xz_json_writer w;
    struct xz_buf buf;
    int64_t limit = 100;
    size_t count;
    xz_err err;

    if (text.len && (!xz_str_to_int(text, &limit) || limit < 1 || limit > 1000))
        return xz_fail(XZ_E_INPUT, "参数 limit 应为1至1000的整数。");
    if ((err = xz_complaint_list(qa_of(req), xz_request_arena(req), xz_request_actor(req),
                                 (size_t)limit, &list, &count)) != XZ_OK)
        return err;
    xz_buf_init(&buf, (size_t)MIB(16));
    xz_jw_init(&w, &buf);
    xz_complaints_write(&w, list, count);
    xz_reply_json(req, 200, &buf);
    xz_buf_fini(&buf);
    return XZ_OK;
}

static xz_err erase_handler(struct xz_request *req)
{
    xz_err err = xz_qa_erase(qa_of(req), xz_request_arena(req), xz_request_actor(req),
                             xz_request_param(req, "id"));
    if (err == XZ_OK)
        xz_reply_bytes(req, 204, "application/json", XZ_STR_NONE);
    return err;
}

/* --- reading aloud --- */

static bool speech_stop(void *arg)
{
    return xz_request_is_aborted(arg);
}

static void speech_done(void *arg, xz_err err, const struct xz_buf *wav)
{
    if (err == XZ_OK)
        xz_reply_bytes(arg, 200, "audio/wav", xz_buf_str(wav));
    else
        xz_reply_problem(arg, err);
}

static xz_err speech_handler(struct xz_request *req)
{
    struct xz_answer answer;
    int64_t turn;
    xz_err err;

    if (!xz_str_to_int(xz_request_param(req, "id"), &turn) || turn <= 0)
        return xz_fail(XZ_E_MISSING, "没有这条问答记录，请重新提问。");
    if ((err = xz_qa_turn(qa_of(req), xz_request_arena(req), turn,
                          xz_request_query(req, "dialogue"), &answer)) != XZ_OK)
        return err;
    /* From here on the reply is speech_done's, from whatever thread. */
    xz_request_hold(req);
    err = xz_qa_speak(qa_of(req), answer.text, speech_stop, speech_done, req);
    if (err != XZ_OK)
        xz_reply_problem(req, err);
    return XZ_OK;
}

/* clang-format off */
static const struct xz_route rights_routes[] = {
    /* method     path                     permission       body          rate          handler             summary, doc, body to file */
    { XZ_POST,   "/api/complaints",        XZ_PERM_PUBLIC,  KIB(32),      XZ_RATE_ASK,  complain_handler,   "投诉，返回受理编号与答复期限", doc_complain, false },
    { XZ_GET,    "/api/complaints",        XZ_PERM_OPERATE, XZ_BODY_NONE, XZ_RATE_READ, complaints_handler, "收到的投诉，新的在前（本机）", doc_complaints, false },
    { XZ_DELETE, "/api/dialogues/:id",     XZ_PERM_PUBLIC,  XZ_BODY_NONE, XZ_RATE_ASK,  erase_handler,      "删除自己的一次对话中的全部文字", doc_erase, false },
    { XZ_GET,    "/api/turns/:id/speech",  XZ_PERM_PUBLIC,  XZ_BODY_NONE, XZ_RATE_ASK,  speech_handler,     "朗读一次答复（需对话编号）", doc_speech, false },
};
/* clang-format on */
const struct xz_route_table xz_qa_rights_route_table = { rights_routes, XZ_COUNT(rights_routes) };
