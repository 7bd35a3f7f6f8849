/* `ask`: a question to the reviewed knowledge, and the answer as a citizen would read it. */
#include "app/cli/cli_internal.h"

static xz_err ask_server(struct cli *cli, xz_str question, int64_t region, struct xz_buf *json)
{
    struct cli_request request = { .method = "POST", .target = XZ_STR("/api/ask") };
    struct xz_json_writer w;
    struct xz_buf body;

    xz_buf_init(&body, (size_t)MIB(1));
    xz_jw_init(&w, &body);
    xz_jw_begin_object(&w);
    xz_jw_member_str(&w, "question", question);
    if (cli->options.dialogue)
        xz_jw_member_str(&w, "dialogue", xz_str_from(cli->options.dialogue));
    if (region)
        xz_jw_member_int(&w, "region", region);
    xz_jw_end_object(&w);
    request.json = xz_buf_str(&body);
    xz_err err = body.err == XZ_OK ? cli_http_call(cli->http, &request, json)
                                   : xz_fail(XZ_E_LIMIT, "问题太长，请缩短后再问。");
    xz_buf_fini(&body);
    return err;
}

static xz_err ask_folder(struct cli *cli, xz_str question, int64_t region, struct xz_buf *json)
{
    struct xz_ask ask = { .actor = cli->actor,
                          .question = question,
                          .dialogue = xz_str_from(cli->options.dialogue),
                          .region = region };
    struct xz_answer answer = { .turn = 0 };
    struct xz_json_writer w;
    xz_err err = xz_qa_ask_wait(cli->app.context.qa, cli->arena, &ask, &answer);
    if (err != XZ_OK)
        return err;
    xz_jw_init(&w, json);
    xz_answer_write(&w, cli->app.context.qa, &answer);
    return XZ_OK;
}

static bool kind_is(const struct xz_json *answer, const char *kind)
{
    return xz_str_eq(cli_text_of(answer, "kind"), xz_str_from(kind));
}

static int ask_judge(const struct xz_json *answer)
{
    return kind_is(answer, "refused") ? CLI_NOT_FOUND : CLI_OK;
}

#define LABEL_COLUMNS 10

static void field_render(const char *label, xz_str text)
{
    cli_field(label, LABEL_COLUMNS, text);
}

static void list_render(struct cli *cli, const char *label, const struct xz_json *list)
{
    for (size_t i = 0; i < xz_json_count(list); i++) {
        xz_str text = xz_json_str(xz_json_at(list, i), XZ_STR_NONE);
        xz_str line = xz_json_count(list) > 1
                          ? xz_str_format(cli->arena, "%zu. %.*s", i + 1, XZ_STR_ARG(text))
                          : text;
        field_render(i ? "" : label, line);
    }
}

static void guide_render(struct cli *cli, const struct xz_json *guide)
{
    const struct xz_json *materials = xz_json_get(guide, "materials");
    if (xz_json_kind(guide) != XZ_JSON_OBJECT)
        return;
    putchar('\n');
    cli_heading("办事指南");
    field_render("事项", cli_text_of(guide, "title"));
    field_render("编码", cli_text_of(guide, "code"));
    field_render("办理部门", cli_text_of(guide, "department"));
    for (size_t i = 0; i < xz_json_count(materials); i++) {
        const struct xz_json *m = xz_json_at(materials, i);
        xz_str copies = cli_text_of(m, "copies"), note = cli_text_of(m, "requirement");
        int64_t number;
        if (xz_str_to_int(copies, &number))
            copies = xz_str_format(cli->arena, "%lld份", (long long)number);
        field_render(i ? "" : "材料",
                     xz_str_format(cli->arena, "%zu. %.*s%s%.*s%s%.*s", i + 1,
                                   XZ_STR_ARG(cli_text_of(m, "name")), copies.len ? "，" : "",
                                   XZ_STR_ARG(copies), note.len ? "，" : "", XZ_STR_ARG(note)));
    }
    list_render(cli, "步骤", xz_json_get(guide, "steps"));
    list_render(cli, "地点", xz_json_get(guide, "places"));
    field_render("时限", cli_text_of(guide, "time_limit"));
    field_render("费用", cli_text_of(guide, "fee"));
    field_render("网上办理", cli_text_of(guide, "online"));
    field_render("电话", cli_text_of(guide, "phone"));
}

static void sources_render(struct cli *cli, const struct xz_json *answer)
{
    const struct xz_json *sources = xz_json_get(answer, "sources");
    /* Their words are the answer already. */
    bool spoken = kind_is(answer, "quoted") || kind_is(answer, "reviewed") ||
                  kind_is(answer, "notice");
    if (!xz_json_count(sources))
        return;
    putchar('\n');
    cli_heading("依据");
    for (size_t i = 0; i < xz_json_count(sources); i++) {
        const struct xz_json *source = xz_json_at(sources, i);
        cli_source_render(cli, source, !spoken);
        cli_paragraph(4, cli_text_of(source, "basis"));
    }
}

static void options_render(struct cli *cli, const struct xz_json *answer)
{
    const struct xz_json *options = xz_json_get(answer, "options");
    if (!xz_json_count(options))
        return;
    putchar('\n');
    cli_heading(kind_is(answer, "clarify")  ? "请选择"
                : kind_is(answer, "notice") ? "不是您要问的？"
                                            : "您是不是想问");
    for (size_t i = 0; i < xz_json_count(options); i++) {
        const struct xz_json *option = xz_json_at(options, i);
        xz_str region = cli_text_of(option, "region"), question = cli_text_of(option, "question");
        xz_str label = cli_text_of(option, "label");
        if (region.len)
            label = xz_str_format(cli->arena, "%.*s（再问一次并加上 --region %.*s）",
                                  XZ_STR_ARG(label), XZ_STR_ARG(region));
        else if (question.len && !xz_str_eq(question, label))
            label = xz_str_format(cli->arena, "%.*s（%.*s）", XZ_STR_ARG(label),
                                  XZ_STR_ARG(question));
        cli_paragraph(2, xz_str_format(cli->arena, "%zu. %.*s", i + 1, XZ_STR_ARG(label)));
    }
}

static void contact_render(struct cli *cli, const struct xz_json *contact)
{
    const struct xz_json *d = xz_json_get(contact, "department");
    xz_str hotline = cli_text_of(contact, "hotline"), hours = cli_text_of(contact, "hours");
    putchar('\n');
    cli_heading("咨询");
    if (xz_json_kind(d) == XZ_JSON_OBJECT) {
        field_render("部门", cli_text_of(d, "name"));
        field_render("电话", cli_text_of(d, "phone"));
        field_render("地址", cli_text_of(d, "address"));
        field_render("时间", cli_text_of(d, "hours"));
    }
    if (hotline.len)
        field_render("热线", xz_str_format(cli->arena, "%.*s%s%.*s%s", XZ_STR_ARG(hotline),
                                           hours.len ? "（" : "", XZ_STR_ARG(hours),
                                           hours.len ? "）" : ""));
}

static void ask_render(struct cli *cli, const struct xz_json *answer)
{
    static const struct {
        const char *kind, *heading;
    } headings[] = {
        { "notice", "正在生效的公告" }, { "reviewed", "已审核答复" },  { "quoted", "查到的原文" },
        { "clarify", "请再说明一点" },  { "refused", "没有找到依据" },
    };
    xz_str matched = cli_text_of(answer, "matched_question");
    for (size_t i = 0; i < XZ_COUNT(headings); i++)
        if (kind_is(answer, headings[i].kind))
            cli_heading(matched.len ? xz_str_format(cli->arena, "%s：%.*s", headings[i].heading,
                                                    XZ_STR_ARG(matched))
                                          .ptr
                                    : headings[i].heading);
    cli_paragraph(0, cli_text_of(answer, "answer"));
    options_render(cli, answer);
    guide_render(cli, xz_json_get(answer, "guide"));
    sources_render(cli, answer);
    contact_render(cli, xz_json_get(answer, "contact"));
    putchar('\n');
    if (cli_text_of(answer, "label").len)
        cli_paragraph(0, cli_text_of(answer, "label"));
    cli_putf(stdout, "追问：xiaozheng ask --dialogue %.*s 您的问题\n",
             XZ_STR_ARG(cli_text_of(answer, "dialogue")));
}

int cli_ask(struct cli *cli)
{
    xz_str question = cli_operands_join(cli);
    struct xz_buf json;
    int64_t region;
    int code;

    xz_buf_init(&json, (size_t)CLI_REPLY_BYTES_MAX);
    xz_err err = cli_region_find(cli, cli->options.region, &region);
    if (err == XZ_OK)
        err = cli->http ? ask_server(cli, question, region, &json)
                        : ask_folder(cli, question, region, &json);
    code = err == XZ_OK ? cli_show(cli, &json, ask_judge, ask_render) : cli_failed(cli, err);
    xz_buf_fini(&json);
    return code;
}
