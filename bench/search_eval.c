/* Retrieval quality and speed on a labelled set, as `xiaozheng eval retrieval` prints it:
 * search_eval CORPUS.jsonl QUERIES.jsonl QRELS.tsv [WORDS.bin [SYNONYMS.tsv]] */
#include <stdio.h>

#include "core/file.h"
#include "search/search_eval.h"

static xz_err synonyms_read(const char *path, struct xz_synonyms **synonyms)
{
    struct xz_buf text;
    xz_buf_init(&text, (size_t)MIB(64));
    xz_err err = xz_file_read(path, &text);
    if (err == XZ_OK)
        err = xz_synonyms_parse(xz_buf_str(&text), synonyms);
    xz_buf_fini(&text);
    return err;
}

int main(int argc, char **argv)
{
    struct xz_lexicon *lexicon = NULL;
    struct xz_synonyms *synonyms = NULL;
    struct xz_search_eval_result result;
    struct xz_buf out;
    xz_err err = xz_text_init();
    if (argc < 4) {
        fprintf(stderr, "usage: search_eval CORPUS QUERIES QRELS [WORDS.bin [SYNONYMS.tsv]]\n");
        return 2;
    }
    if (err == XZ_OK && argc > 4 && argv[4][0])
        err = xz_lexicon_open(argv[4], &lexicon);
    if (err == XZ_OK && argc > 5)
        err = synonyms_read(argv[5], &synonyms);
    struct xz_search_eval eval = { argv[1], argv[2], argv[3], lexicon, synonyms };
    if (err == XZ_OK)
        err = xz_search_eval_run(&eval, &result);
    if (err != XZ_OK) {
        fprintf(stderr, "%s\n", xz_fail_detail());
        return 1;
    }
    xz_buf_init(&out, (size_t)KIB(64));
    xz_search_eval_table(&result, &out);
    fputs(out.ptr, stderr);
    xz_buf_clear(&out);
    xz_search_eval_json(&result, &out);
    printf("%s\n", out.ptr);
    xz_buf_fini(&out);
    xz_lexicon_destroy(lexicon);
    xz_synonyms_destroy(synonyms);
    return 0;
}
