/* `eval retrieval`: how well passages are found, measured on a city's own labelled questions. No
 * data folder is touched. */
#include "app/cli/cli_internal.h"
#include "core/file.h"
#include "search/search_eval.h"

/* As knowledge/ opens them; a missing synonym table is none. */
static xz_err resources_open(struct cli *cli, struct xz_lexicon **lexicon,
                             struct xz_synonyms **synonyms)
{
    xz_str folder = xz_str_from(cli->app.resource_folder);
    struct xz_buf tsv;
    xz_err err;

    if (!folder.len)
        return xz_fail(XZ_E_IO, "程序旁缺少资源文件 share/words.bin，请重新安装或重新构建。");
    err = xz_lexicon_open(xz_path_join(cli->arena, folder, XZ_STR("words.bin")).ptr, lexicon);
    if (err != XZ_OK)
        return err;
    xz_buf_init(&tsv, (size_t)MIB(32));
    err = xz_file_read(xz_path_join(cli->arena, folder, XZ_STR("synonyms.tsv")).ptr, &tsv);
    if (err == XZ_OK)
        err = xz_synonyms_parse(xz_buf_str(&tsv), synonyms);
    xz_buf_fini(&tsv);
    return err == XZ_E_MISSING ? XZ_OK : err;
}

int cli_eval_retrieval(struct cli *cli)
{
    const struct cli_options *o = &cli->options;
    struct xz_search_eval eval = { .corpus = o->corpus, .queries = o->queries, .qrels = o->qrels };
    struct xz_search_eval_result result;
    struct xz_lexicon *lexicon = NULL;
    struct xz_synonyms *synonyms = NULL;
    struct xz_buf out;
    xz_err err = o->corpus && o->queries && o->qrels
                     ? resources_open(cli, &lexicon, &synonyms)
                     : xz_fail(XZ_E_INPUT, "--corpus、--queries、--qrels 三个文件都要给出。");

    eval.lexicon = lexicon;
    eval.synonyms = synonyms;
    if (err == XZ_OK)
        err = xz_search_eval_run(&eval, &result);
    if (err == XZ_OK) {
        xz_buf_init(&out, (size_t)MIB(1));
        xz_search_eval_table(&result, &out);
        if (!o->json)
            cli_put(stderr, xz_buf_str(&out));
        xz_buf_clear(&out);
        xz_search_eval_json(&result, &out);
        cli_print_json(&out);
        xz_buf_fini(&out);
    }
    xz_synonyms_destroy(synonyms);
    xz_lexicon_destroy(lexicon);
    return err == XZ_OK ? CLI_OK : cli_failed(cli, err);
}
