/* Whatever is typed, alone or after another question: it is refused at the door, or understood as
 * valid UTF-8 within the limit, in a region of the list; contradictions are counted, never below 0.
 * A first line is the question before. */
#include "audit/audit.h"
#include "knowledge/knowledge_internal.h"
#include "qa/qa_internal.h"
#include "text/text.h"

#define CHARS_MAX 100

static struct {
    struct xz_clock clock;
    struct xz_store *store;
    struct xz_knowledge *knowledge;
    struct xz_qa *qa;
    struct xz_arena *arena;
    int64_t turn;
} all;

static xz_err site_tx(struct xz_tx *tx, void *arg)
{
    const struct xz_region regions[] = { { 990100, 0, XZ_STR("安澜市"), XZ_STR("市") },
                                         { 990102, 990100, XZ_STR("临江区"), XZ_STR("区") },
                                         { 990103, 990100, XZ_STR("望湖区"), XZ_STR("区") } };
    xz_err err = knowledge_site_put(tx, XZ_STR("region"), XZ_STR("990100"));
    (void)arg;
    for (size_t i = 0; i < XZ_COUNT(regions) && err == XZ_OK; i++)
        err = knowledge_region_put(tx, &regions[i]);
    return err;
}

static void open_all(void)
{
    static struct xz_migration migrations[32];
    size_t count = 0;

    XZ_ASSERT(xz_audit_migration_count + xz_knowledge_migration_count + xz_qa_migration_count <=
              XZ_COUNT(migrations));
    for (size_t i = 0; i < xz_audit_migration_count; i++)
        migrations[count++] = xz_audit_migrations[i];
    for (size_t i = 0; i < xz_knowledge_migration_count; i++)
        migrations[count++] = xz_knowledge_migrations[i];
    for (size_t i = 0; i < xz_qa_migration_count; i++)
        migrations[count++] = xz_qa_migrations[i];
    xz_clock_manual_init(&all.clock, 1795348800000);
    const struct xz_store_options store = { .clock = &all.clock,
                                            .migrations = migrations,
                                            .migration_count = count };
    XZ_ASSERT(xz_text_init() == XZ_OK);
    XZ_ASSERT(xz_store_open(&store, &all.store) == XZ_OK);
    XZ_ASSERT(xz_store_write(all.store, site_tx, NULL) == XZ_OK);
    const struct xz_knowledge_options knowledge = { .store = all.store, .clock = &all.clock };
    XZ_ASSERT(xz_knowledge_open(&knowledge, &all.knowledge) == XZ_OK);
    const struct xz_qa_options qa = { .knowledge = all.knowledge,
                                      .clock = &all.clock,
                                      .threshold_permille = 700,
                                      .question_chars_max = CHARS_MAX };
    XZ_ASSERT(xz_qa_open(&qa, &all.qa) == XZ_OK);
    all.arena = xz_arena_create(1 << 16);
}

/* The question before, as a turn of a dialogue of its own. */
static xz_str turn_before(xz_str question)
{
    struct qa_record *record = XZ_NEW(all.arena, struct qa_record, 1);
    *record = (struct qa_record){ .turn = ++all.turn,
                                  .number = 1,
                                  .region = 990102,
                                  .dialogue = xz_secret_make(),
                                  .actor_kind = "anonymous",
                                  .question = question,
                                  .understood = question,
                                  .matched = XZ_STR_NONE,
                                  .lead = XZ_STR_NONE,
                                  .options = XZ_STR_NONE,
                                  .kind = XZ_ANSWER_REFUSED };
    XZ_ASSERT(xz_store_write(all.store, qa_record_tx, record) == XZ_OK);
    return xz_str_from(record->dialogue.text);
}

static void understood_check(const struct qa_case *c)
{
    XZ_ASSERT(xz_utf8_valid(c->answer->understood) && xz_utf8_valid(c->text));
    XZ_ASSERT(c->answer->understood.len > 0);
    XZ_ASSERT(xz_utf8_chars(c->answer->understood) <= CHARS_MAX);
    XZ_ASSERT(c->aspect < ASPECT_COUNT);
    XZ_ASSERT(c->region == 0 || xz_region_find(c->site, c->region));
    XZ_ASSERT(c->chain_count > 0 && c->chain_count <= XZ_SEARCH_REGIONS_MAX);
}

static void ask(xz_str question, xz_str dialogue)
{
    struct xz_answer answer = { .turn = 0 };
    const struct xz_ask ask = { .actor = XZ_ACTOR_ANYONE,
                                .question = question,
                                .dialogue = dialogue };
    struct qa_case c = { .qa = all.qa,
                         .arena = all.arena,
                         .ask = &ask,
                         .answer = &answer,
                         .site = xz_knowledge_site(all.knowledge),
                         .before = XZ_STR_NONE,
                         .lead = XZ_STR_NONE };
    double features[FEATURE_COUNT] = { 0 };

    if (qa_admit(&c) != XZ_OK)
        return;
    XZ_ASSERT(xz_store_read(all.store, &c.tx) == XZ_OK);
    XZ_ASSERT(qa_understand(&c) == XZ_OK);
    understood_check(&c);
    if (c.before.len && !c.follow_up) {
        qa_before_join(&c); /* as qa_follow does */
        understood_check(&c);
    }
    qa_conflicts_of(c.text, c.today, c.before, c.before, features);
    for (size_t i = 0; i < FEATURE_COUNT; i++)
        XZ_ASSERT(features[i] >= 0);
    xz_store_read_end(c.tx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!all.qa)
        open_all();
    xz_str input = { (const char *)data, size };
    xz_str before = memchr(data, '\n', size) ? xz_str_cut(&input, '\n') : XZ_STR_NONE;
    bool usable = xz_utf8_valid(before) && xz_str_trim(before).len;
    ask(input, usable ? turn_before(xz_utf8_head(before, CHARS_MAX)) : XZ_STR_NONE);
    xz_arena_reset(all.arena);
    return 0;
}
