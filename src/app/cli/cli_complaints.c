/* xiaozheng complaints: what citizens have complained of, with number and due day. */
#include "app/cli/cli_internal.h"
#include "qa/qa.h"

#define LIMIT_DEFAULT 100

static xz_err from_server(struct cli *cli, int64_t limit, struct xz_buf *json)
{
    xz_str target = xz_str_format(cli->arena, "/api/complaints?limit=%lld", (long long)limit);
    return cli_http_get(cli->http, target, json);
}

static xz_err from_folder(struct cli *cli, int64_t limit, struct xz_buf *json)
{
    struct xz_complaint *list;
    struct xz_json_writer w;
    size_t count;
    xz_err err = xz_complaint_list(cli->app.context.qa, cli->arena, &cli->actor, (size_t)limit,
                                   &list, &count);
    if (err != XZ_OK)
        return err;
    xz_jw_init(&w, json);
    xz_complaints_write(&w, list, count);
    return XZ_OK;
}

static xz_str time_of(struct cli *cli, const struct xz_json *complaint, const char *key)
{
    return cli_time(cli->arena, xz_time_format(cli->arena, cli_int_of(complaint, key)));
}

static void complaint_render(struct cli *cli, const struct xz_json *complaint)
{
    int64_t turn = cli_int_of(complaint, "turn");
    cli_heading(
        xz_str_cstr(cli->arena, xz_str_format(cli->arena, "%.*s　%.*s",
                                              XZ_STR_ARG(cli_text_of(complaint, "number")),
                                              XZ_STR_ARG(cli_text_of(complaint, "kind_name")))));
    cli_field("收到", 14, time_of(cli, complaint, "at"));
    cli_field("答复期限", 14, time_of(cli, complaint, "due_at"));
    if (turn)
        cli_field("问答编号", 14, xz_str_format(cli->arena, "%lld", (long long)turn));
    cli_field("联系方式", 14, cli_text_of(complaint, "contact"));
    cli_paragraph(2, cli_text_of(complaint, "text"));
}

static void complaints_render(struct cli *cli, const struct xz_json *root)
{
    const struct xz_json *list = xz_json_get(root, "complaints");
    if (!xz_json_count(list))
        puts("还没有收到投诉。");
    for (size_t i = 0; i < xz_json_count(list); i++)
        complaint_render(cli, xz_json_at(list, i));
}

int cli_complaints(struct cli *cli)
{
    int64_t limit = cli->options.limit ? cli->options.limit : LIMIT_DEFAULT;
    struct xz_buf json;

    xz_buf_init(&json, (size_t)CLI_REPLY_BYTES_MAX);
    xz_err err = cli->http ? from_server(cli, limit, &json) : from_folder(cli, limit, &json);
    int code = err == XZ_OK ? cli_show(cli, &json, NULL, complaints_render) : cli_failed(cli, err);
    xz_buf_fini(&json);
    return code;
}
