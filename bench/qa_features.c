/* Prints what the matcher sees: for each line of a JSONL set ({"id","q","region"?}) the candidate
 * entries with their features, one JSON line a question. The weights of qa_confidence() are fitted
 * on these by bench/fit_reviewed.py.
 *
 *     bench/qa_features DATA_FOLDER SET.jsonl > features.jsonl */
#include "app/app.h"
#include "core/file.h"
#include "qa/qa_internal.h"

#include <stdio.h>

static void candidate_write(struct xz_json_writer *w, const struct qa_candidate *k)
{
    xz_jw_begin_object(w);
    xz_jw_member_str(w, "title", k->entry.title);
    xz_jw_member_int(w, "region", k->entry.region);
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        xz_jw_member_double(w, qa_feature_names[i], k->f[i]);
    xz_jw_end_object(w);
}

static xz_err question_print(struct xz_app *app, struct xz_arena *arena, const struct xz_json *line)
{
    struct xz_answer answer = { .turn = 0 };
    struct xz_ask ask = { .actor = XZ_ACTOR_ANYONE,
                          .question = xz_json_str(xz_json_get(line, "q"), XZ_STR_NONE) };
    struct qa_case c = { .qa = app->context.qa,
                         .arena = arena,
                         .ask = &ask,
                         .answer = &answer,
                         .site = xz_knowledge_site(app->context.knowledge),
                         .before = XZ_STR_NONE,
                         .lead = XZ_STR_NONE };
    struct qa_candidate list[QA_CANDIDATES_MAX];
    struct xz_json_writer w;
    struct xz_buf buf;
    size_t count;
    xz_err err;

    (void)xz_str_to_int(xz_json_str(xz_json_get(line, "region"), XZ_STR_NONE), &ask.region);
    c.today = xz_date_from_ms(xz_clock_now_ms(app->clock));
    if ((err = xz_store_read(app->store, &c.tx)) != XZ_OK)
        return err;
    xz_buf_init(&buf, MIB(1));
    if ((err = qa_admit(&c)) == XZ_OK && (err = qa_understand(&c)) == XZ_OK &&
        (err = qa_candidates(&c, !c.region_chosen, list, &count)) == XZ_OK) {
        xz_jw_init(&w, &buf);
        xz_jw_begin_object(&w);
        xz_jw_member_str(&w, "id", xz_json_str(xz_json_get(line, "id"), XZ_STR_NONE));
        xz_jw_key(&w, "candidates");
        xz_jw_begin_array(&w);
        for (size_t i = 0; i < count; i++)
            candidate_write(&w, &list[i]);
        xz_jw_end_array(&w);
        xz_jw_end_object(&w);
        printf("%s\n", buf.ptr);
    }
    xz_buf_fini(&buf);
    xz_store_read_end(c.tx);
    return err;
}

int main(int argc, char **argv)
{
    struct xz_app_options options = { .data_folder = argc > 2 ? argv[1] : NULL };
    struct xz_arena *arena = xz_arena_create(1 << 16);
    struct xz_app app = { .ready = false };
    struct xz_buf set;
    xz_err err;

    if (argc != 3) {
        fputs("usage: qa_features DATA_FOLDER SET.jsonl\n", stderr);
        return 2;
    }
    xz_buf_init(&set, MIB(64));
    if ((err = xz_app_configure(&options, &app)) == XZ_OK && (err = xz_app_open(&app)) == XZ_OK)
        err = xz_file_read(argv[2], &set);
    if (err == XZ_OK && app.context.qa->vectors)
        err = qa_vectors_fill(app.context.qa->vectors);
    for (xz_str rest = xz_buf_str(&set); rest.len && err == XZ_OK;) {
        struct xz_json_doc *doc = NULL;
        xz_str line = xz_str_cut(&rest, '\n');
        if (line.len && (err = xz_json_parse(line, &doc)) == XZ_OK)
            err = question_print(&app, arena, xz_json_root(doc));
        xz_json_destroy(doc);
        xz_arena_reset(arena);
    }
    if (err != XZ_OK)
        fprintf(stderr, "qa_features: %s\n", xz_fail_detail());
    xz_app_close(&app);
    xz_buf_fini(&set);
    xz_arena_destroy(arena);
    return err == XZ_OK ? 0 : 1;
}
