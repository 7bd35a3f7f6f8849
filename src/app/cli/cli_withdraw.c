/* xiaozheng withdraw: a file, a row of it or a service item out of sight at once, and back. */
#include "app/cli/cli_internal.h"
#include "knowledge/halls.h"

static xz_err by_server(struct cli *cli, xz_str what, struct xz_buf *json)
{
    struct xz_json_writer w;
    struct xz_buf body;

    xz_buf_init(&body, (size_t)KIB(64));
    xz_jw_init(&w, &body);
    xz_jw_begin_object(&w);
    xz_jw_member_str(&w, "what", what);
    xz_jw_member_str(&w, "reason", xz_str_from(cli->options.reason));
    xz_jw_member_bool(&w, "undo", cli->options.undo);
    xz_jw_end_object(&w);
    const struct cli_request request = { .method = "POST",
                                         .target = XZ_STR("/api/withdraw"),
                                         .json = xz_buf_str(&body) };
    xz_err err = cli_http_call(cli->http, &request, json);
    xz_buf_fini(&body);
    return err;
}

static xz_err by_folder(struct cli *cli, xz_str what, struct xz_buf *json)
{
    const struct xz_withdraw withdraw = { .actor = cli->actor,
                                          .what = what,
                                          .reason = xz_str_from(cli->options.reason),
                                          .undo = cli->options.undo };
    struct xz_withdrawn *list;
    struct xz_json_writer w;
    size_t count;
    xz_err err = xz_knowledge_withdraw(cli->app.context.knowledge, cli->arena, &withdraw, &list,
                                       &count);
    if (err != XZ_OK)
        return err;
    xz_jw_init(&w, json);
    xz_withdrawn_write(&w, list, count);
    return XZ_OK;
}

static void withdraw_render(struct cli *cli, const struct xz_json *root)
{
    const struct xz_json *list = xz_json_get(root, "withdrawn");
    printf(cli->options.undo ? "已恢复 %zu 条：\n" : "已撤下 %zu 条，立即查不到：\n",
           xz_json_count(list));
    for (size_t i = 0; i < xz_json_count(list); i++) {
        const struct xz_json *one = xz_json_at(list, i);
        cli_paragraph(2, xz_str_format(cli->arena, "%.*s（%.*s）",
                                       XZ_STR_ARG(cli_text_of(one, "title")),
                                       XZ_STR_ARG(cli_text_of(one, "source"))));
    }
}

int cli_withdraw(struct cli *cli)
{
    xz_str what = xz_str_trim(xz_str_from(cli->operands[0]));
    struct xz_buf json;

    xz_buf_init(&json, (size_t)CLI_REPLY_BYTES_MAX);
    xz_err err = cli->http ? by_server(cli, what, &json) : by_folder(cli, what, &json);
    int code = err == XZ_OK ? cli_show(cli, &json, NULL, withdraw_render) : cli_failed(cli, err);
    xz_buf_fini(&json);
    return code;
}
