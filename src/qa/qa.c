/* A question's whole life as a table of steps, and what else may be asked of this domain: a
 * recorded turn, feedback, searching by hand. Suggestions are in qa_suggest.c. */
#include "qa/qa_internal.h"

#include "audit/audit.h"
#include "core/log.h"
#include "core/metric.h"

static xz_err qa_answer(struct qa_case *c);
static xz_err qa_record(struct qa_case *c);

/* In reading order. A step that decides lets the others be passed over up to `answer`. */
static const struct {
    const char *name;
    const char *status;
    bool finds; /* passed over once a step has decided */
    xz_err (*run)(struct qa_case *c);
} qa_steps[] = {
    { "admit", NULL, false, qa_admit },                          /* bounds, UTF-8, dialogue */
    { "understand", "正在理解您的问题…", false, qa_understand }, /* region, follow-up, intent */
    { "section", NULL, true, qa_section }, /* an aspect of the matter so far */
    { "known", NULL, true, qa_known },     /* a notice of now: 停水了吗 */
    { "cited", NULL, true, qa_cited },     /* an article named by its number */
    { "matter", NULL, true, qa_matter },   /* a few words more on the matter so far */
    { "reviewed", "正在查找已审核的答复…", true,
      qa_reviewed },                                        /* word for word, or which district */
    { "retrieve", "正在查找文件依据…", true, qa_retrieve }, /* clauses in force here             */
    { "follow", NULL, true, qa_follow },                    /* again, with the question before */
    { "matter_last", NULL, true, qa_matter_last },          /* better its papers than nothing */
    { "offered", NULL, true, qa_matter_offered },           /* a clause beside what is offered */
    { "refuse", NULL, true, qa_no_basis },                  /* offers, or an honest refusal    */
    { "answer", "正在整理答复…", false, qa_answer },        /* text, card, marks */
    { "record", NULL, false, qa_record },                   /* evidence with versions; waits */
};

/* What goes wrong here costs paraphrases, not the service. */
static void vectors_open(struct xz_qa *qa, const struct xz_qa_options *options)
{
    if (!options->encoder_path)
        return;
    xz_err err = qa_vectors_open(qa->store, options->encoder_path, &qa->vectors);
    if (err == XZ_OK && options->serving)
        err = qa_vectors_start(qa->vectors);
    if (err != XZ_OK)
        XZ_LOG(NO_ENCODER, XZ_LF_STR(DETAIL, xz_str_from(xz_fail_detail())));
}

xz_err xz_qa_open(const struct xz_qa_options *options, struct xz_qa **out)
{
    struct xz_qa *qa = XZ_ALLOC(struct xz_qa, 1);
    int64_t id;

    qa->tag = QA_TAG;
    qa->knowledge = options->knowledge;
    qa->store = xz_knowledge_store(options->knowledge);
    qa->clock = options->clock;
    qa->threshold = (double)options->threshold_permille / 1000.0;
    qa->question_chars_max = options->question_chars_max;
    pthread_mutex_init(&qa->ids_lock, NULL);
    pthread_mutex_init(&qa->facts_lock, NULL);
    qa->speech = qa_speech_create(options->speech_program, options->speech_timeout_ms);
    vectors_open(qa, options);
    if (options->serving)
        qa->retention = qa_retention_start(qa);
    xz_err err = qa_turn_id(qa, &id); /* the first ids are there before the first question */
    if (err == XZ_OK)
        *out = qa;
    else
        xz_qa_close(qa);
    return err;
}

void xz_qa_close(struct xz_qa *qa)
{
    if (!qa)
        return;
    XZ_TAG_CHECK(qa, QA_TAG);
    qa_retention_stop(qa->retention);
    qa_vectors_close(qa->vectors);
    qa_speech_destroy(qa->speech);
    qa_facts_clear(qa);
    pthread_mutex_destroy(&qa->facts_lock);
    pthread_mutex_destroy(&qa->ids_lock);
    qa->tag = 0;
    xz_free(qa);
}

/* --- ids of turns: a turn has its id before it is written, so that a stream can be resumed --- */

struct id_batch {
    int64_t ids[QA_IDS_MAX / 2];
    size_t count;
    struct xz_qa *qa;
};

static xz_err ids_tx(struct xz_tx *tx, void *arg)
{
    struct id_batch *batch = arg;
    for (batch->count = 0; batch->count < XZ_COUNT(batch->ids); batch->count++) {
        xz_err err = xz_tx_new_id(tx, &batch->ids[batch->count]);
        if (err != XZ_OK)
            return err;
    }
    return XZ_OK;
}

static void ids_take(struct xz_qa *qa, const struct id_batch *batch)
{
    /* Handed out from the end: the batch goes in backwards, below what is left. */
    size_t fits = XZ_MIN(batch->count, QA_IDS_MAX - qa->id_count);
    memmove(qa->ids + fits, qa->ids, qa->id_count * sizeof(qa->ids[0]));
    for (size_t i = 0; i < fits; i++)
        qa->ids[i] = batch->ids[fits - 1 - i];
    qa->id_count += fits;
}

static void ids_arrived(void *arg, xz_err err)
{
    struct id_batch *batch = arg;
    pthread_mutex_lock(&batch->qa->ids_lock);
    if (err == XZ_OK)
        ids_take(batch->qa, batch);
    batch->qa->ids_coming = false;
    pthread_mutex_unlock(&batch->qa->ids_lock);
    xz_free(batch);
}

xz_err qa_turn_id(struct xz_qa *qa, int64_t *id)
{
    bool fetch = false, have = false;
    xz_err err = XZ_OK;

    pthread_mutex_lock(&qa->ids_lock);
    if (qa->id_count) {
        *id = qa->ids[--qa->id_count];
        have = true;
    }
    if (have && qa->id_count < QA_IDS_MAX / 4 && !qa->ids_coming)
        fetch = qa->ids_coming = true;
    pthread_mutex_unlock(&qa->ids_lock);
    if (have && !fetch)
        return XZ_OK;

    struct id_batch *batch = XZ_ALLOC(struct id_batch, 1);
    batch->qa = qa;
    if (have) {
        if (xz_store_post(qa->store, ids_tx, batch, ids_arrived) != XZ_OK)
            ids_arrived(batch, XZ_E_BUSY);
        return XZ_OK;
    }
    err = xz_store_write(qa->store, ids_tx, batch);
    if (err == XZ_OK) {
        pthread_mutex_lock(&qa->ids_lock);
        batch->count--;
        *id = batch->ids[batch->count];
        ids_take(qa, batch);
        pthread_mutex_unlock(&qa->ids_lock);
    }
    xz_free(batch);
    return err;
}

/* --- steps --- */

static const enum xz_metric kind_metrics[] = { [XZ_ANSWER_REVIEWED] = XZ_M_ASK_REVIEWED,
                                               [XZ_ANSWER_QUOTED] = XZ_M_ASK_QUOTED,
                                               [XZ_ANSWER_CLARIFY] = XZ_M_ASK_CLARIFY,
                                               [XZ_ANSWER_REFUSED] = XZ_M_ASK_REFUSED,
                                               [XZ_ANSWER_NOTICE] = XZ_M_ASK_NOTICE };

/* What is not a question about a matter is answered before anything is searched. */
static void intent_answer(struct qa_case *c)
{
    const struct xz_site *site = c->site;
    switch (c->intent) {
    case INTENT_EMERGENCY:
        c->lead = xz_str_format(
            c->arena,
            "如果有人身危险，请立即拨打：报警110、火警119、急救120。心理援助热线12356。"
            "其他紧急诉求请拨打%.*s。",
            XZ_STR_ARG(site->hotline));
        c->answer->kind = XZ_ANSWER_REFUSED;
        break;
    case INTENT_PERSON:
        c->lead = xz_str_format(c->arena, "人工服务请拨打%.*s（%.*s）。您也可以在这里继续提问。",
                                XZ_STR_ARG(site->hotline), XZ_STR_ARG(site->hotline_hours));
        c->answer->kind = XZ_ANSWER_REFUSED;
        break;
    case INTENT_GREET:
        c->lead = XZ_STR("您好！请直接输入要咨询的事情，例如“身份证丢了怎么补办”。");
        c->answer->kind = XZ_ANSWER_CLARIFY;
        break;
    case INTENT_THANKS:
        c->lead = XZ_STR("不客气。还有其他要咨询的，请直接输入。");
        c->answer->kind = XZ_ANSWER_CLARIFY;
        break;
    case INTENT_ASK:
        return;
    }
    c->answer->confidence = 1.0;
    c->new_focus = c->focus;
    c->decided = true;
}

static xz_err qa_answer(struct qa_case *c)
{
    XZ_ASSERT(c->decided);
    c->answer->region = c->region;
    /* As it is recorded: a turn that is read again is the answer that was given. */
    c->answer->confidence = (double)(int64_t)(c->answer->confidence * 1000.0 + 0.5) / 1000.0;
    xz_err err = qa_compose(c->qa, c->tx, c->arena, c->lead, c->answer);
    if (err == XZ_OK && c->ask->on_answer)
        c->ask->on_answer(c->answer, c->ask->arg);
    return err;
}

static void recorded(void *arg, xz_err err)
{
    struct qa_record *record = arg;
    if (record->done)
        record->done(record->done_arg, err);
}

/* Options as one text: label, question, region, tab-separated, a line each. */
static xz_str options_pack(struct qa_case *c)
{
    struct xz_buf buf;
    xz_buf_init(&buf, KIB(16));
    for (size_t i = 0; i < c->answer->option_count; i++) {
        const struct xz_option *o = &c->answer->options[i];
        xz_buf_addf(&buf, "%.*s\t%.*s\t%lld\n", XZ_STR_ARG(o->label), XZ_STR_ARG(o->question),
                    (long long)o->region);
    }
    xz_str packed = xz_str_copy(c->arena, xz_buf_str(&buf));
    xz_buf_fini(&buf);
    return packed;
}

static void options_unpack(struct xz_arena *arena, xz_str packed, struct xz_answer *answer)
{
    answer->options = XZ_NEW(arena, struct xz_option, QA_OPTIONS_MAX);
    while (packed.len && answer->option_count < QA_OPTIONS_MAX) {
        xz_str line = xz_str_cut(&packed, '\n');
        xz_str label = xz_str_cut(&line, '\t'), question = xz_str_cut(&line, '\t');
        struct xz_option option = { label, question, 0 };
        if (xz_str_to_int(line, &option.region))
            answer->options[answer->option_count++] = option;
    }
}

static xz_err qa_record(struct qa_case *c)
{
    struct xz_answer *a = c->answer;
    struct qa_record *r = XZ_NEW(c->arena, struct qa_record, 1);

    *r = (struct qa_record){ .qa = c->qa,
                             .turn = a->turn,
                             .number = c->number,
                             .asked_ms = c->now_ms,
                             .region = c->region,
                             .focus = c->new_focus,
                             .dialogue = a->dialogue,
                             .actor_kind = xz_actor_kind_name(c->ask->actor.kind),
                             .question = xz_str_copy(c->arena, c->ask->question),
                             .understood = a->understood,
                             .matched = a->matched,
                             .lead = c->lead,
                             .options = options_pack(c),
                             .valid_on = a->valid_on,
                             .kind = a->kind,
                             .confidence_permille = (int64_t)(a->confidence * 1000.0 + 0.5),
                             .done = c->done,
                             .done_arg = c->done_arg };
    for (size_t i = 0; i < a->source_count; i++)
        r->evidence[r->evidence_count++] = (struct qa_evidence){ a->sources[i].entry.id.v,
                                                                 a->sources[i].entry.version,
                                                                 a->sources[i].clause.id.v };
    xz_metric_add(kind_metrics[a->kind], 1);
    xz_store_read_end(c->tx); /* the snapshot is not held while the disk works */
    c->tx = NULL;
    return xz_store_post(c->qa->store, qa_record_tx, r, recorded);
}

static xz_err case_run(struct qa_case *c)
{
    for (size_t i = 0; i < XZ_COUNT(qa_steps); i++) {
        if (c->decided && qa_steps[i].finds)
            continue;
        if (qa_steps[i].status && c->ask->on_step)
            c->ask->on_step(qa_steps[i].name, xz_str_from(qa_steps[i].status), c->answer->turn,
                            &c->answer->dialogue, c->ask->arg);
        xz_err err = qa_steps[i].run(c);
        if (err != XZ_OK)
            return err;
        if (qa_steps[i].run != qa_understand || c->intent == INTENT_ASK)
            continue;
        /* 燃气泄漏怎么办 may be a listed question: its reviewed answer says more than the numbers.
         */
        if ((err = qa_listed(c)) != XZ_OK)
            return err;
        if (!c->decided)
            intent_answer(c);
    }
    return XZ_OK;
}

xz_err xz_qa_admit(struct xz_qa *qa, struct xz_arena *arena, const struct xz_ask *ask)
{
    struct xz_answer answer = { .turn = 0 };
    struct qa_case c = { .qa = qa,
                         .arena = arena,
                         .ask = ask,
                         .answer = &answer,
                         .site = xz_knowledge_site(qa->knowledge) };
    return qa_admit(&c);
}

xz_err xz_qa_ask(struct xz_qa *qa, struct xz_arena *arena, const struct xz_ask *ask,
                 struct xz_answer *answer, xz_write_done done, void *done_arg)
{
    struct qa_case c = { .qa = qa,
                         .arena = arena,
                         .ask = ask,
                         .answer = answer,
                         .done = done,
                         .done_arg = done_arg,
                         .lead = XZ_STR_NONE,
                         .before = XZ_STR_NONE };
    xz_err err;

    XZ_TAG_CHECK(qa, QA_TAG);
    *answer = (struct xz_answer){
        .text = XZ_STR_NONE, .understood = XZ_STR_NONE, .matched = XZ_STR_NONE, .label = XZ_STR_NONE
    };
    if ((err = xz_actor_may(&ask->actor, XZ_PERM_PUBLIC)) != XZ_OK)
        return err;
    c.site = xz_knowledge_site(qa->knowledge);
    c.now_ms = xz_clock_now_ms(qa->clock);
    c.today = answer->valid_on = xz_date_from_ms(c.now_ms);
    if ((err = qa_turn_id(qa, &answer->turn)) != XZ_OK ||
        (err = xz_store_read(qa->store, &c.tx)) != XZ_OK)
        return err;
    if (ask->dialogue.len)
        snprintf(answer->dialogue.text, sizeof(answer->dialogue.text), "%.*s",
                 XZ_STR_ARG(ask->dialogue));
    else
        answer->dialogue = xz_secret_make();
    err = case_run(&c); /* once recorded, *answer may be gone: the arena is the waiter's */
    xz_store_read_end(c.tx);
    return err;
}

/* --- waiting for the disk --- */

struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool over;
    xz_err err;
    char detail[512];
};

static void waiter_wake(void *arg, xz_err err)
{
    struct waiter *w = arg;
    pthread_mutex_lock(&w->lock);
    w->over = true;
    w->err = err;
    snprintf(w->detail, sizeof(w->detail), "%s", xz_fail_detail());
    pthread_cond_signal(&w->woken);
    pthread_mutex_unlock(&w->lock);
}

xz_err xz_qa_ask_wait(struct xz_qa *qa, struct xz_arena *arena, const struct xz_ask *ask,
                      struct xz_answer *answer)
{
    struct waiter w = { .over = false };
    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.woken, NULL);
    xz_err err = xz_qa_ask(qa, arena, ask, answer, waiter_wake, &w);
    if (err == XZ_OK) {
        pthread_mutex_lock(&w.lock);
        while (!w.over)
            pthread_cond_wait(&w.woken, &w.lock);
        pthread_mutex_unlock(&w.lock);
        err = w.err == XZ_OK ? XZ_OK : xz_fail(w.err, "%s", w.detail);
    }
    pthread_cond_destroy(&w.woken);
    pthread_mutex_destroy(&w.lock);
    return err;
}

/* --- a recorded turn --- */

xz_err qa_turn_open(struct xz_tx *tx, struct xz_arena *arena, int64_t turn, xz_str dialogue,
                    struct qa_record *record)
{
    xz_err err = qa_turn_load(tx, arena, turn, record);
    /* The same words whether the turn is not there, not theirs, or nobody's since it was erased. */
    if (err == XZ_E_MISSING ||
        (err == XZ_OK && (dialogue.len != sizeof(xz_secret) - 1 ||
                          !xz_str_eq(dialogue, xz_str_from(record->dialogue.text)))))
        return xz_fail(XZ_E_MISSING, "没有这条问答记录，请重新提问。");
    return err;
}

/* Knowledge was withdrawn since: what is left of the answer might mislead. */
static xz_str turn_withdrawn(struct xz_answer *answer)
{
    answer->kind = XZ_ANSWER_REFUSED;
    answer->source_count = answer->option_count = 0;
    answer->matched = XZ_STR_NONE;
    return XZ_STR("这次答复所依据的内容已经撤下，请重新提问。");
}

xz_err xz_qa_turn(struct xz_qa *qa, struct xz_arena *arena, int64_t turn, xz_str dialogue,
                  struct xz_answer *answer)
{
    /* What was shown then may be shown again to the one who holds the dialogue's secret. */
    struct qa_view view = { .arena = arena,
                            .actor = { XZ_ACTOR_LOCAL, 0 },
                            .site = xz_knowledge_site(qa->knowledge) };
    struct qa_record record;
    struct xz_tx *tx;
    xz_err err = xz_store_read(qa->store, &tx);

    if (err != XZ_OK)
        return err;
    if ((err = qa_turn_open(tx, arena, turn, dialogue, &record)) != XZ_OK)
        goto out;
    *answer = (struct xz_answer){ .turn = record.turn,
                                  .dialogue = record.dialogue,
                                  .kind = record.kind,
                                  .understood = record.understood,
                                  .matched = record.matched,
                                  .confidence = (double)record.confidence_permille / 1000.0,
                                  .valid_on = record.valid_on,
                                  .region = record.region };
    options_unpack(arena, record.options, answer);
    answer->sources = XZ_NEW(arena, struct xz_source, QA_SOURCES_MAX);
    view.tx = tx;
    view.on = record.valid_on;
    for (size_t i = 0; i < record.evidence_count; i++) {
        err = qa_source_load(&view, record.evidence[i].entry, record.evidence[i].clause,
                             &answer->sources[answer->source_count]);
        if (err == XZ_OK)
            answer->source_count++;
        else if (err != XZ_E_MISSING)
            goto out;
    }
    if (answer->source_count < record.evidence_count)
        record.lead = turn_withdrawn(answer);
    err = qa_compose(qa, tx, arena, record.lead, answer);
out:
    xz_store_read_end(tx);
    return err;
}

struct feedback {
    int64_t turn;
    bool useful;
    xz_str remark;
};

static xz_err feedback_tx(struct xz_tx *tx, void *arg)
{
    const struct feedback *f = arg;
    return qa_feedback_put(tx, f->turn, f->useful, f->remark);
}

xz_err xz_qa_feedback(struct xz_qa *qa, struct xz_arena *arena, int64_t turn, xz_str dialogue,
                      bool useful, xz_str remark)
{
    struct feedback feedback = { turn, useful, xz_utf8_head(remark, 500) };
    struct qa_record record;
    struct xz_tx *tx;
    xz_err err = xz_store_read(qa->store, &tx);

    if (err != XZ_OK)
        return err;
    err = qa_turn_open(tx, arena, turn, dialogue, &record);
    xz_store_read_end(tx);
    return err == XZ_OK ? xz_store_write(qa->store, feedback_tx, &feedback) : err;
}

/* --- searching by hand --- */

xz_err xz_qa_find(struct xz_qa *qa, struct xz_arena *arena, const struct xz_find *find,
                  struct xz_source **sources, float **scores, size_t *count)
{
    const struct xz_site *site = xz_knowledge_site(qa->knowledge);
    struct xz_search_filter filter = { .visibility_mask = xz_actor_visibility_mask(&find->actor),
                                       .kind_mask = find->kind_mask,
                                       .superseded_too = find->superseded_too };
    struct xz_search_query query = { .text = find->text,
                                     .filter = &filter,
                                     .synonyms = xz_knowledge_synonyms(qa->knowledge),
                                     .hits_max = find->max,
                                     .budget_ms = 1000 };
    struct xz_search_hit *hits;
    struct xz_tx *tx = NULL;
    xz_date today = xz_date_from_ms(xz_clock_now_ms(qa->clock));
    size_t n;
    xz_err err;

    *count = 0;
    if (!xz_utf8_valid(find->text) || !xz_str_trim(find->text).len)
        return xz_fail(XZ_E_INPUT, "请输入要查找的词语。");
    filter.on = find->superseded_too ? 0 : today;
    if (find->region)
        filter.region_count = xz_region_chain(site, find->region, filter.regions);
    err = xz_search_find(xz_knowledge_index(qa->knowledge), arena, &query, &hits, &n);
    if (err != XZ_OK && err != XZ_E_BUSY)
        return err;
    *sources = XZ_NEW(arena, struct xz_source, n + 1);
    *scores = XZ_NEW(arena, float, n + 1);
    if ((err = xz_store_read(qa->store, &tx)) != XZ_OK)
        return err;
    struct qa_view view = { tx, arena, find->actor, site, today };
    for (size_t i = 0; i < n && err == XZ_OK; i++) {
        struct xz_source *source = &(*sources)[*count];
        err = qa_source_load(&view, hits[i].entry, hits[i].id, source);
        if (err == XZ_OK) {
            qa_source_mark(qa, arena, find->text, source);
            (*scores)[(*count)++] = hits[i].score;
        } else if (err == XZ_E_MISSING) {
            err = XZ_OK;
        }
    }
    xz_store_read_end(tx);
    return err;
}
