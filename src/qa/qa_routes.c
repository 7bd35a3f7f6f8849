/* The HTTP side of questions: decode, one operation, encode. An ask is answered as one JSON object
 * or as a stream of events; both wait for the disk without holding a thread. */
#include "qa/qa_internal.h"

#include "knowledge/context.h"
#include "net/http.h"
#include "qa/qa_routes_doc.h"

#define ANSWER_BYTES_MAX  MIB(2)
#define PIECE_CHARS       48 /* of an answer in one event: a line or so on a phone */
#define STATUS_EVENTS_MAX 15

/* The application hands every request a context whose first members are the domains. */
static struct xz_qa *qa_of(struct xz_request *req)
{
    return ((const struct xz_context *)xz_request_app(req))->qa;
}

struct ask_job {
    struct xz_request *req;
    struct xz_stream *stream; /* NULL: one JSON object */
    struct xz_qa *qa;
    struct xz_ask ask;
    struct xz_answer answer;
    int64_t event; /* number of the last event */
    int64_t seen;  /* resumed: number of the last event that arrived */
    bool slow;     /* the reader does not read: it will resume by turn id */
};

static xz_str event_id(struct ask_job *job)
{
    return xz_str_format(xz_request_arena(job->req), "%lld-%lld", (long long)job->answer.turn,
                         (long long)++job->event);
}

static void event_send(struct ask_job *job, const char *name, const struct xz_buf *json)
{
    xz_str id = event_id(job);
    if (job->slow || job->event <= job->seen)
        return;
    xz_err err = xz_stream_send(job->stream, xz_str_from(name), id, xz_buf_str(json));
    job->slow = err != XZ_OK; /* gone or too slow: what is left can be fetched by turn id */
}

static void on_step(const char *step, xz_str text, int64_t turn, const xz_secret *dialogue,
                    void *arg)
{
    struct ask_job *job = arg;
    struct xz_buf buf;
    struct xz_json_writer w;

    xz_buf_init(&buf, KIB(4));
    xz_jw_init(&w, &buf);
    xz_jw_begin_object(&w);
    xz_jw_member_int(&w, "turn", turn);
    xz_jw_member_str(&w, "dialogue", xz_str_from(dialogue->text));
    xz_jw_member_str(&w, "step", xz_str_from(step));
    xz_jw_member_str(&w, "text", text);
    xz_jw_end_object(&w);
    event_send(job, "status", &buf);
    xz_buf_fini(&buf);
}

/* answer and source events; the same for a fresh and for a recorded turn. */
static void answer_events(struct ask_job *job)
{
    const struct xz_answer *a = &job->answer;
    /* Whatever steps were told of before: a recorded turn gives each event its first number again.
     */
    job->event = STATUS_EVENTS_MAX;
    struct xz_buf buf;
    struct xz_json_writer w;
    xz_str rest = a->text;

    xz_buf_init(&buf, ANSWER_BYTES_MAX);
    do {
        xz_str piece = xz_utf8_head(rest, PIECE_CHARS);
        rest = xz_str_sub(rest, piece.len, rest.len);
        xz_buf_clear(&buf);
        xz_jw_init(&w, &buf);
        xz_jw_begin_object(&w);
        xz_jw_member_str(&w, "kind", xz_str_from(xz_answer_kind_name(a->kind)));
        xz_jw_member_str(&w, "text", piece);
        xz_jw_end_object(&w);
        event_send(job, "answer", &buf);
    } while (rest.len);
    for (size_t i = 0; i < a->source_count; i++) {
        xz_buf_clear(&buf);
        xz_jw_init(&w, &buf);
        xz_jw_begin_object(&w);
        xz_source_members_write(&w, &a->sources[i], i + 1);
        xz_jw_end_object(&w);
        event_send(job, "source", &buf);
    }
    xz_buf_fini(&buf);
}

static void problem_event(struct ask_job *job, xz_err err)
{
    struct xz_buf buf;
    struct xz_json_writer w;
    xz_buf_init(&buf, KIB(8));
    xz_jw_init(&w, &buf);
    xz_jw_begin_object(&w);
    xz_jw_member_str(&w, "type", XZ_STR("about:blank"));
    xz_jw_member_str(&w, "title", XZ_STR("未能回答"));
    xz_jw_member_str(&w, "code", xz_str_from(xz_err_name(err)));
    xz_jw_member_str(&w, "detail", xz_str_from(xz_request_fail_detail(job->req, err)));
    xz_jw_end_object(&w);
    event_send(job, "error", &buf);
    xz_buf_fini(&buf);
}

static void answer_json(struct xz_buf *buf, const struct ask_job *job)
{
    struct xz_json_writer w;
    xz_buf_init(buf, ANSWER_BYTES_MAX);
    xz_jw_init(&w, buf);
    xz_answer_write(&w, job->qa, &job->answer);
}

/* On the writer's thread: the turn is durable (or the disk failed). */
static void ask_done(void *arg, xz_err err)
{
    struct ask_job *job = arg;
    struct xz_buf buf;

    if (err != XZ_OK) {
        if (!job->stream) {
            xz_reply_problem(job->req, err);
            return;
        }
        problem_event(job, err);
        xz_stream_close(job->stream);
        return;
    }
    answer_json(&buf, job);
    if (job->stream) {
        event_send(job, "done", &buf);
        xz_stream_close(job->stream);
    } else {
        xz_reply_json(job->req, 200, &buf);
    }
    xz_buf_fini(&buf);
}

static xz_err region_decode(xz_str text, int64_t *region)
{
    *region = 0;
    if (text.len && (!xz_str_to_int(text, region) || *region <= 0 || *region > UINT32_MAX))
        return xz_fail(XZ_E_INPUT, "区划代码应为数字，请重新选择所在区域。");
    return XZ_OK;
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

static xz_err ask_decode(struct xz_request *req, struct ask_job *job)
{
    const struct xz_json *body;
    xz_str region;
    xz_err err = xz_request_json(req, &body);
    if (err != XZ_OK)
        return err;
    if (xz_json_kind(xz_json_get(body, "question")) != XZ_JSON_STRING)
        return xz_fail(XZ_E_INPUT, "请求中缺少文字字段 question。");
    job->req = req;
    job->qa = qa_of(req);
    job->ask.actor = *(const struct xz_actor *)xz_request_actor(req);
    job->ask.question = xz_json_str(xz_json_get(body, "question"), XZ_STR_NONE);
    if ((err = text_decode(body, "dialogue", &job->ask.dialogue)) != XZ_OK)
        return err;
    if (xz_json_kind(xz_json_get(body, "region")) == XZ_JSON_INT) {
        job->ask.region = xz_json_int(xz_json_get(body, "region"), 0);
        return XZ_OK;
    }
    if ((err = text_decode(body, "region", &region)) != XZ_OK)
        return err;
    return region_decode(region, &job->ask.region);
}

static xz_err ask_as_json(struct ask_job *job)
{
    xz_request_hold(job->req);
    xz_err err = xz_qa_ask(job->qa, xz_request_arena(job->req), &job->ask, &job->answer, ask_done,
                           job);
    if (err != XZ_OK)
        xz_reply_problem(job->req, err);
    return XZ_OK;
}

/* Ends the stream only after everything found was sent: ask_done may run before xz_qa_ask returns,
 * so the answer's events go out in a last step, before the record is posted. */
static void on_answer(const struct xz_answer *answer, void *arg)
{
    (void)answer; /* is job->answer */
    answer_events(arg);
}

static xz_err ask_as_stream(struct ask_job *job)
{
    /* What can be refused before the stream begins gets a status of its own. */
    xz_err err = xz_qa_admit(job->qa, xz_request_arena(job->req), &job->ask);
    if (err != XZ_OK)
        return err;
    job->stream = xz_stream_open(job->req);
    job->ask.on_step = on_step;
    job->ask.on_answer = on_answer;
    job->ask.arg = job;
    err = xz_qa_ask(job->qa, xz_request_arena(job->req), &job->ask, &job->answer, ask_done, job);
    if (err != XZ_OK) {
        problem_event(job, err);
        xz_stream_close(job->stream);
    }
    return XZ_OK;
}

static xz_err ask_handler(struct xz_request *req)
{
    struct ask_job *job = XZ_NEW(xz_request_arena(req), struct ask_job, 1);
    xz_err err = ask_decode(req, job);
    if (err != XZ_OK)
        return err;
    bool json = xz_request_accepts(req, "application/json") &&
                !xz_request_accepts(req, "text/event-stream");
    return json ? ask_as_json(job) : ask_as_stream(job);
}

static xz_err turn_decode(struct xz_request *req, int64_t *turn)
{
    if (!xz_str_to_int(xz_request_param(req, "id"), turn) || *turn <= 0)
        return xz_fail(XZ_E_MISSING, "没有这条问答记录，请重新提问。");
    return XZ_OK;
}

static xz_err turn_handler(struct xz_request *req)
{
    struct ask_job job = { .req = req, .qa = qa_of(req) };
    struct xz_buf buf;
    int64_t turn;
    xz_err err;

    if ((err = turn_decode(req, &turn)) != XZ_OK ||
        (err = xz_qa_turn(job.qa, xz_request_arena(req), turn, xz_request_query(req, "dialogue"),
                          &job.answer)) != XZ_OK)
        return err;
    answer_json(&buf, &job);
    xz_reply_json(req, 200, &buf);
    xz_buf_fini(&buf);
    return XZ_OK;
}

/* Last-Event-ID: <turn>-<number>; 0 when there is none, or it is another turn's. */
static int64_t seen_decode(struct xz_request *req, int64_t turn)
{
    xz_str text = xz_request_header(req, "Last-Event-ID");
    int64_t of = 0, seen = 0;
    bool is_ours = xz_str_to_int(xz_str_cut(&text, '-'), &of) && of == turn;
    return is_ours && xz_str_to_int(text, &seen) && seen > 0 ? seen : 0;
}

/* A stream that broke: the recorded turn's events after the one last seen, under the same numbers.
 */
static xz_err turn_events_handler(struct xz_request *req)
{
    struct ask_job *job = XZ_NEW(xz_request_arena(req), struct ask_job, 1);
    struct xz_buf buf;
    int64_t turn;
    xz_err err;

    job->req = req;
    job->qa = qa_of(req);
    if ((err = turn_decode(req, &turn)) != XZ_OK ||
        (err = xz_qa_turn(job->qa, xz_request_arena(req), turn, xz_request_query(req, "dialogue"),
                          &job->answer)) != XZ_OK)
        return err;
    job->seen = seen_decode(req, turn);
    job->stream = xz_stream_open(req);
    answer_events(job);
    answer_json(&buf, job);
    event_send(job, "done", &buf);
    xz_buf_fini(&buf);
    xz_stream_close(job->stream);
    return XZ_OK;
}

static xz_err feedback_handler(struct xz_request *req)
{
    const struct xz_json *body;
    xz_str dialogue, comment;
    int64_t turn;
    xz_err err;

    if ((err = turn_decode(req, &turn)) != XZ_OK || (err = xz_request_json(req, &body)) != XZ_OK ||
        (err = text_decode(body, "dialogue", &dialogue)) != XZ_OK ||
        (err = text_decode(body, "comment", &comment)) != XZ_OK)
        return err;
    if (xz_json_kind(xz_json_get(body, "useful")) != XZ_JSON_BOOL)
        return xz_fail(XZ_E_INPUT, "请求中缺少字段 useful（true 或 false）。");
    err = xz_qa_feedback(qa_of(req), xz_request_arena(req), turn, dialogue,
                         xz_json_bool(xz_json_get(body, "useful"), false), comment);
    if (err == XZ_OK)
        xz_reply_bytes(req, 204, "application/json", XZ_STR_NONE);
    return err;
}

static xz_err number_decode(struct xz_request *req, const char *name, int64_t low, int64_t high,
                            int64_t *value)
{
    xz_str text = xz_request_query(req, name);
    if (text.len && (!xz_str_to_int(text, value) || *value < low || *value > high))
        return xz_fail(XZ_E_INPUT, "参数 %s 应为%lld至%lld的整数。", name, (long long)low,
                       (long long)high);
    return XZ_OK;
}

static xz_err suggest_handler(struct xz_request *req)
{
    struct xz_suggestion *list;
    struct xz_json_writer w;
    struct xz_buf buf;
    struct xz_suggest suggest = { .actor = *(const struct xz_actor *)xz_request_actor(req),
                                  .typed = xz_request_query(req, "q") };
    int64_t limit = 8;
    size_t count;
    xz_err err;

    if ((err = region_decode(xz_request_query(req, "region"), &suggest.region)) != XZ_OK ||
        (err = number_decode(req, "limit", 1, 50, &limit)) != XZ_OK)
        return err;
    suggest.max = (size_t)limit;
    if ((err = xz_qa_suggest(qa_of(req), xz_request_arena(req), &suggest, &list, &count)) != XZ_OK)
        return err;
    xz_buf_init(&buf, MIB(1));
    xz_jw_init(&w, &buf);
    xz_jw_begin_object(&w);
    xz_jw_key(&w, "suggestions");
    xz_jw_begin_array(&w);
    for (size_t i = 0; i < count; i++) {
        xz_jw_begin_object(&w);
        xz_jw_member_str(&w, "question", list[i].question);
        xz_jw_member_str(&w, "topic", list[i].topic);
        xz_jw_member_int(&w, "entry", list[i].entry.v);
        xz_jw_end_object(&w);
    }
    xz_jw_end_array(&w);
    xz_jw_end_object(&w);
    xz_reply_json(req, 200, &buf);
    xz_buf_fini(&buf);
    return XZ_OK;
}

static xz_err find_decode(struct xz_request *req, struct xz_find *find)
{
    xz_str kind = xz_request_query(req, "kind");
    enum xz_entry_kind one;
    int64_t limit = 20;
    xz_err err;

    find->actor = *(const struct xz_actor *)xz_request_actor(req);
    find->text = xz_utf8_head(xz_request_query(req, "q"), 500);
    find->superseded_too = xz_str_eq(xz_request_query(req, "superseded"), XZ_STR("1"));
    find->kind_mask = XZ_KIND_MASK_ALL;
    if (kind.len && !xz_entry_kind_parse(kind, &one))
        return xz_fail(XZ_E_INPUT, "参数 kind 应为 law、policy、guide 或 answer。");
    if (kind.len)
        find->kind_mask = 1u << one;
    if ((err = region_decode(xz_request_query(req, "region"), &find->region)) != XZ_OK ||
        (err = number_decode(req, "limit", 1, 100, &limit)) != XZ_OK)
        return err;
    find->max = (size_t)limit;
    return XZ_OK;
}

static xz_err search_handler(struct xz_request *req)
{
    struct xz_find find = { .max = 0 };
    struct xz_source *sources;
    struct xz_json_writer w;
    struct xz_buf buf;
    float *scores;
    size_t count;
    int64_t start = xz_time_monotonic_us();
    xz_err err;

    if ((err = find_decode(req, &find)) != XZ_OK ||
        (err = xz_qa_find(qa_of(req), xz_request_arena(req), &find, &sources, &scores, &count)) !=
            XZ_OK)
        return err;
    xz_buf_init(&buf, MIB(8));
    xz_jw_init(&w, &buf);
    xz_hits_write(&w, sources, scores, count, (double)(xz_time_monotonic_us() - start) / 1000.0);
    xz_reply_json(req, 200, &buf);
    xz_buf_fini(&buf);
    return XZ_OK;
}

/* clang-format off */
static const struct xz_route qa_routes[] = {
    /* method  path                        permission      body          rate          handler              summary, doc, body to file */
    { XZ_POST, "/api/ask",                 XZ_PERM_PUBLIC, KIB(64),      XZ_RATE_ASK,  ask_handler,         "提问；Accept 为 application/json 时返回一个对象，否则返回事件流", doc_ask, false },
    { XZ_GET,  "/api/turns/:id",           XZ_PERM_PUBLIC, XZ_BODY_NONE, XZ_RATE_READ, turn_handler,        "一次问答的记录（需对话编号）", doc_turn, false },
    { XZ_GET,  "/api/turns/:id/events",    XZ_PERM_PUBLIC, XZ_BODY_NONE, XZ_RATE_READ, turn_events_handler, "续传中断的事件流（需对话编号）", doc_turn_events, false },
    { XZ_POST, "/api/turns/:id/feedback",  XZ_PERM_PUBLIC, KIB(8),       XZ_RATE_ASK,  feedback_handler,    "评价一次答复是否有用", doc_feedback, false },
    { XZ_GET,  "/api/suggestions",         XZ_PERM_PUBLIC, XZ_BODY_NONE, XZ_RATE_READ, suggest_handler,     "常见问题与输入联想", doc_suggestions, false },
    { XZ_GET,  "/api/search",              XZ_PERM_PUBLIC, XZ_BODY_NONE, XZ_RATE_READ, search_handler,      "按词语查找条款", doc_search, false },
};
/* clang-format on */
const struct xz_route_table xz_qa_route_table = { qa_routes, XZ_COUNT(qa_routes) };
