/* `search`: clauses found by words, with their sources. */
#include "app/cli/cli_internal.h"
#include "text/text.h"

#define LIMIT_DEFAULT 10
#define EXCERPT_CHARS 160

static xz_err search_server(struct cli *cli, xz_str text, int64_t region, int64_t limit,
                            struct xz_buf *json)
{
    const struct cli_options *o = &cli->options;
    struct xz_buf url;

    xz_buf_init(&url, (size_t)KIB(12)); /* below the server's limit for a request line */
    xz_buf_add_lit(&url, "/api/search?q=");
    cli_url_add(&url, xz_utf8_head(text, 500));
    xz_buf_addf(&url, "&limit=%lld", (long long)limit);
    if (region)
        xz_buf_addf(&url, "&region=%lld", (long long)region);
    if (o->kind) {
        xz_buf_add_lit(&url, "&kind=");
        cli_url_add(&url, xz_str_from(o->kind));
    }
    if (o->superseded)
        xz_buf_add_lit(&url, "&superseded=1");
    xz_err err = url.err == XZ_OK ? cli_http_get(cli->http, xz_buf_str(&url), json)
                                  : xz_fail(XZ_E_LIMIT, "要查找的文字太长，请缩短。");
    xz_buf_fini(&url);
    return err;
}

static xz_err search_folder(struct cli *cli, xz_str text, int64_t region, int64_t limit,
                            struct xz_buf *json)
{
    int64_t start_us = xz_time_monotonic_us();
    struct xz_find find = { .actor = cli->actor,
                            .text = xz_utf8_head(text, 500),
                            .region = region,
                            .kind_mask = XZ_KIND_MASK_ALL,
                            .superseded_too = cli->options.superseded,
                            .max = (size_t)limit };
    struct xz_source *sources;
    struct xz_json_writer w;
    enum xz_entry_kind kind;
    float *scores;
    size_t count;

    if (cli->options.kind && xz_entry_kind_parse(xz_str_from(cli->options.kind), &kind))
        find.kind_mask = 1u << kind;
    xz_err err = xz_qa_find(cli->app.context.qa, cli->arena, &find, &sources, &scores, &count);
    if (err != XZ_OK)
        return err;
    xz_jw_init(&w, json);
    xz_hits_write(&w, sources, scores, count, (double)(xz_time_monotonic_us() - start_us) / 1000.0);
    return XZ_OK;
}

static void part_add(struct xz_buf *line, xz_str text)
{
    if (!text.len)
        return;
    if (line->len)
        xz_buf_add_lit(line, " · ");
    xz_buf_add(line, text);
}

void cli_source_render(struct cli *cli, const struct xz_json *source, bool with_text)
{
    static const struct {
        const char *name;
        xz_str chinese;
    } words[] = {
        { "law", { "法律法规", 12 } },     { "policy", { "政策文件", 12 } },
        { "guide", { "办事指南", 12 } },   { "answer", { "已审答复", 12 } },
        { "current", { "现行有效", 12 } }, { "superseded", { "已被新规定取代", 21 } },
        { "expired", { "已失效", 9 } },    { "not_yet", { "尚未施行", 12 } },
    };
    xz_str number = cli_text_of(source, "number"), kind = XZ_STR_NONE, status = XZ_STR_NONE;
    xz_str text = cli_text_of(source, "text");
    struct xz_buf line;

    for (size_t i = 0; i < XZ_COUNT(words); i++) {
        if (xz_str_eq(cli_text_of(source, "kind"), xz_str_from(words[i].name)))
            kind = words[i].chinese;
        if (xz_str_eq(cli_text_of(source, "status"), xz_str_from(words[i].name)))
            status = words[i].chinese;
    }
    cli_heading(xz_str_format(cli->arena, "[%lld] %.*s %.*s%s%.*s%s",
                              (long long)cli_int_of(source, "n"),
                              XZ_STR_ARG(cli_text_of(source, "title")),
                              XZ_STR_ARG(cli_text_of(source, "label")), number.len ? "（" : "",
                              XZ_STR_ARG(number), number.len ? "）" : "")
                    .ptr);
    xz_buf_init(&line, (size_t)KIB(16));
    part_add(&line, kind);
    part_add(&line, cli_text_of(source, "region"));
    part_add(&line, cli_text_of(source, "issuer"));
    part_add(&line, cli_text_of(source, "date"));
    part_add(&line, status);
    cli_paragraph(4, xz_buf_str(&line));
    xz_buf_fini(&line);
    if (!with_text)
        return;
    xz_str head = xz_utf8_head(text, EXCERPT_CHARS);
    cli_paragraph(4, head.len == text.len ? text
                                          : xz_str_format(cli->arena, "%.*s……", XZ_STR_ARG(head)));
}

static int search_judge(const struct xz_json *root)
{
    return xz_json_count(xz_json_get(root, "hits")) ? CLI_OK : CLI_NOT_FOUND;
}

static void search_render(struct cli *cli, const struct xz_json *root)
{
    const struct xz_json *hits = xz_json_get(root, "hits");
    if (!xz_json_count(hits))
        puts("没有找到。可以换个说法，或去掉 --kind、--region 再查。");
    for (size_t i = 0; i < xz_json_count(hits); i++) {
        if (i)
            putchar('\n');
        cli_source_render(cli, xz_json_at(hits, i), true);
    }
}

int cli_search(struct cli *cli)
{
    int64_t limit = cli->options.limit ? cli->options.limit : LIMIT_DEFAULT, region = 0;
    xz_str text = cli_operands_join(cli);
    enum xz_entry_kind kind;
    struct xz_buf json;
    xz_err err;

    xz_buf_init(&json, (size_t)CLI_REPLY_BYTES_MAX);
    if (cli->options.kind && !xz_entry_kind_parse(xz_str_from(cli->options.kind), &kind))
        err = xz_fail(XZ_E_INPUT, "选项 --kind 应为 law、policy、guide 或 answer。");
    else
        err = cli_region_find(cli, cli->options.region, &region);
    if (err == XZ_OK)
        err = cli->http ? search_server(cli, text, region, limit, &json)
                        : search_folder(cli, text, region, limit, &json);
    int code = err == XZ_OK ? cli_show(cli, &json, search_judge, search_render)
                            : cli_failed(cli, err);
    xz_buf_fini(&json);
    return code;
}
