/* Helpers of the tests of qa/, and the knowledge of the small city they ask. */
#include "qa_test.h"

#include <stdlib.h>

#include "audit/audit.h"
#include "text/text.h"

#define MIGRATIONS_MAX 32
#define TODAY_MS       1795348800000 /* 2026-11-22 20:00 in China */

static const struct test_entry city_entries[] = {
    /* laws */
    { .kind = XZ_ENTRY_LAW,
      .title = "中华人民共和国劳动合同法",
      .effective_on = 20080101,
      .clauses = { { "第三十九条", "劳动者有下列情形之一的，用人单位可以解除劳动合同：" },
                   { "第三十九条（续）", "（一）在试用期间被证明不符合录用条件的；"
                                         "（二）严重违反用人单位的规章制度的。" },
                   { "第八十二条",
                     "用人单位自用工之日起超过一个月不满一年未与劳动者订立书面劳动合同的，"
                     "应当向劳动者每月支付二倍的工资。" } } },
    { .kind = XZ_ENTRY_LAW,
      .title = "中华人民共和国刑法",
      .effective_on = 19971001,
      .clauses = { { "第一百三十三条",
                     "违反交通运输管理法规，因而发生重大事故的，处三年以下有期徒刑。" },
                   { "第一百三十三条之一", "在道路上醉酒驾驶机动车的，处拘役，并处罚金。" } } },
    { .kind = XZ_ENTRY_LAW,
      .title = "中华人民共和国野草坪保护法",
      .effective_on = 20100101,
      .clauses = { { "第一条", "任何人不得践踏野草坪，违者处二百元罚款。" } } },
    { .kind = XZ_ENTRY_LAW,
      .title = "安澜市湖泊垂钓管理规定",
      .region = CITY,
      .effective_on = 20200101,
      .clauses = { { "第三条", "在镜湖垂钓应当使用一竿一钩，下列行为予以禁止：" },
                   { "第四条", "（一）电鱼；（二）毒鱼。" } } },
    /* papers of districts and of the city */
    { .kind = XZ_ENTRY_POLICY,
      .title = "安澜市梧桐树认养办法",
      .number = "安政办发〔2024〕8号",
      .region = CITY,
      .effective_on = 20240101,
      .clauses = { { "第六条", "认养梧桐树每株每年缴纳一百元，由市园林中心发放认养证书。" } } },
    { .kind = XZ_ENTRY_POLICY,
      .title = "望湖区梧桐树认养办法",
      .number = "望政发〔2025〕3号",
      .region = WANGHU,
      .effective_on = 20250101,
      .clauses = { { "第二条", "认养梧桐树每株每年缴纳六十元，由区园林所发放认养证书。" } } },
    { .kind = XZ_ENTRY_POLICY,
      .title = "安澜市电动三轮车通行补贴办法",
      .region = CITY,
      .effective_on = 20200101,
      .expires_on = 20241231,
      .clauses = { { "第一条", "电动三轮车车主每年可以领取通行补贴三百元。" } } },
    { .kind = XZ_ENTRY_POLICY,
      .title = "安澜市古井修缮资助办法（2019年）",
      .number = "安政发〔2019〕1号",
      .region = CITY,
      .effective_on = 20190101,
      .clauses = { { "第一条", "古井修缮每口资助五千元。" } } },
    { .kind = XZ_ENTRY_POLICY,
      .title = "安澜市古井保护修缮资助新办法",
      .number = "安政发〔2025〕9号",
      .region = CITY,
      .effective_on = 20250101,
      .replaces = "安政发〔2019〕1号",
      .clauses = { { "第一条", "古井修缮每口资助八千元。" } } },
    { .kind = XZ_ENTRY_POLICY,
      .title = "窗口人员着装内部规范",
      .region = CITY,
      .visibility = XZ_VISIBLE_INTERNAL,
      .effective_on = 20240101,
      .clauses = { { "第一条", "窗口人员着装应当佩戴蓝色领带。" } } },
    /* guides */
    { .kind = XZ_ENTRY_GUIDE,
      .title = "居住证申领",
      .code = "AL-GA-004",
      .aliases = "暂住证、居住证",
      .department = "安澜市公安局",
      .region = CITY,
      .effective_on = 20240101,
      .clauses = { { "申请材料", "| 材料名称 | 份数 | 要求 | 来源 |\n| 身份证 | 1 | 原件 | 本人 |\n"
                                 "| 居住地住址证明 | 1 | 原件 | 房东 |" },
                   { "办理流程", "1. 申请：到派出所提出。\n2. 领证：凭回执领取居住证。" },
                   { "办理地点", "- 各派出所户籍窗口" },
                   { "办理时限", "受理之日起15日内制作发放居住证。" },
                   { "收费标准", "首次申领居住证不收费，补领收取工本费20元。" },
                   { "咨询电话", "0999-6210110" } } },
    /* reviewed answers */
    { .kind = XZ_ENTRY_ANSWER,
      .title = "居住证怎么办理？",
      .related = "AL-GA-004",
      .region = CITY,
      .department = "安澜市公安局",
      .basis = "居住证暂行条例",
      .effective_on = 20240101,
      .clauses = { { "答复",
                     "在安澜居住满半年的，带身份证和住址证明到派出所申领居住证，不收费。" } },
      .variants = { "居住证怎么办理？", "暂住证在哪办", "外地人怎么申请居住证" } },
    { .kind = XZ_ENTRY_ANSWER,
      .title = "老楼装电梯补贴多少？",
      .region = LINJIANG,
      .effective_on = 20240101,
      .clauses = { { "答复", "临江区旧楼加装电梯每台补贴20万元。" } },
      .variants = { "老楼装电梯补贴多少？", "旧楼加装电梯政府给多少钱" } },
    { .kind = XZ_ENTRY_ANSWER,
      .title = "老楼装电梯补贴多少？",
      .region = WANGHU,
      .effective_on = 20240101,
      .clauses = { { "答复", "望湖区旧楼加装电梯每台补贴15万元。" } },
      .variants = { "老楼装电梯补贴多少？", "旧楼加装电梯能补多少" } },
    { .kind = XZ_ENTRY_ANSWER,
      .title = "去北京看病能报销吗？",
      .region = CITY,
      .effective_on = 20240101,
      .clauses = { { "答复", "备案后可以在就医地直接结算。" } },
      .variants = { "去北京看病能报销吗？" } },
    { .kind = XZ_ENTRY_ANSWER,
      .title = "2027年居民医保交多少钱？",
      .region = CITY,
      .effective_on = 20260901,
      .clauses = { { "答复", "2027年度居民医保每人420元。" } },
      .variants = { "2027年居民医保交多少钱？" } },
    { .kind = XZ_ENTRY_ANSWER,
      .title = "电动三轮车通行补贴怎么领？",
      .region = CITY,
      .effective_on = 20200101,
      .expires_on = 20241231,
      .clauses = { { "答复", "到交警大队领取。" } },
      .variants = { "电动三轮车通行补贴怎么领？" } },
    { .kind = XZ_ENTRY_ANSWER,
      .title = "窗口人员着装有什么要求？",
      .region = CITY,
      .visibility = XZ_VISIBLE_INTERNAL,
      .effective_on = 20240101,
      .clauses = { { "答复", "应当佩戴蓝色领带。" } },
      .variants = { "窗口人员着装有什么要求？" } },
};

/* --- opening --- */

static xz_err site_tx(struct xz_tx *tx, void *arg)
{
    static const struct xz_region regions[] = {
        { 990000, 0, { "云泽省", 9 }, { "省", 3 } },
        { CITY, 990000, { "安澜市", 9 }, { "市", 3 } },
        { LINJIANG, CITY, { "临江区", 9 }, { "区", 3 } },
        { WANGHU, CITY, { "望湖区", 9 }, { "区", 3 } },
        { 990105, CITY, { "高新区", 9 }, { "区", 3 } },
        { SHIQIAO, CITY, { "石桥县", 9 }, { "区", 3 } },
    };
    const struct xz_department police = { .region = CITY,
                                          .code = XZ_STR("990100-03"),
                                          .name = XZ_STR("安澜市公安局"),
                                          .short_name = XZ_STR("市公安局"),
                                          .phone = XZ_STR("0999-6210110"),
                                          .address = XZ_STR("云帆大道99号"),
                                          .hours = XZ_STR("工作日"),
                                          .duties = XZ_STR("户籍") };
    static const char *const rows[][2] = { { "name", "安澜市" },
                                           { "region", "990100" },
                                           { "platform", "小政" },
                                           { "hotline", "0999-12345" },
                                           { "hotline_hours", "24小时" } };
    xz_err err = XZ_OK;
    (void)arg;
    for (size_t i = 0; i < XZ_COUNT(regions) && err == XZ_OK; i++)
        err = knowledge_region_put(tx, &regions[i]);
    for (size_t i = 0; i < XZ_COUNT(rows) && err == XZ_OK; i++)
        err = knowledge_site_put(tx, xz_str_from(rows[i][0]), xz_str_from(rows[i][1]));
    return err == XZ_OK ? knowledge_department_put(tx, &police) : err;
}

static void must(xz_err err, const char *what)
{
    if (err != XZ_OK)
        fail_msg("%s: %s", what, xz_fail_detail());
}

static void store_open(struct qa_test *t)
{
    static struct xz_migration all[MIGRATIONS_MAX];
    const struct {
        const struct xz_migration *rows;
        size_t count;
    } parts[] = { { xz_audit_migrations, xz_audit_migration_count },
                  { xz_knowledge_migrations, xz_knowledge_migration_count },
                  { xz_qa_migrations, xz_qa_migration_count } };
    size_t count = 0;
    for (size_t p = 0; p < XZ_COUNT(parts); p++)
        for (size_t i = 0; i < parts[p].count; i++) {
            assert_true(count < MIGRATIONS_MAX);
            all[count++] = parts[p].rows[i];
        }
    const struct xz_store_options options = { .clock = &t->clock,
                                              .migrations = all,
                                              .migration_count = count };
    must(xz_store_open(&options, &t->store), "store");
}

int qa_test_open(void **state)
{
    const char *resources = getenv("XZ_TEST_RESOURCES");

    if (!resources)
        fail_msg("XZ_TEST_RESOURCES must name the folder with words.bin; meson test sets it");
    struct qa_test *t = XZ_ALLOC(struct qa_test, 1);
    t->arena = xz_arena_create(1 << 16);
    must(xz_text_init(), "text");
    xz_clock_manual_init(&t->clock, TODAY_MS);
    store_open(t);
    must(xz_store_write(t->store, site_tx, NULL), "site");
    const struct xz_knowledge_options knowledge = { .store = t->store,
                                                    .clock = &t->clock,
                                                    .resource_folder = resources };
    must(xz_knowledge_open(&knowledge, &t->knowledge), "knowledge");
    const struct xz_qa_options qa = { .knowledge = t->knowledge,
                                      .clock = &t->clock,
                                      .threshold_permille = 700,
                                      .question_chars_max = 200 };
    must(xz_qa_open(&qa, &t->qa), "qa");
    for (size_t i = 0; i < XZ_COUNT(city_entries); i++)
        qa_test_put(t, &city_entries[i]);
    *state = t;
    return 0;
}

int qa_test_close(void **state)
{
    struct qa_test *t = *state;
    if (!t)
        return 0; /* it was not opened */
    xz_qa_close(t->qa);
    xz_knowledge_close(t->knowledge);
    xz_store_close(t->store);
    xz_arena_destroy(t->arena);
    xz_free(t);
    return 0;
}

/* --- entries --- */

struct put {
    struct xz_draft draft;
    struct knowledge_touched touched;
    struct xz_arena *arena;
    struct xz_entry entry;
    bool changed;
};

static xz_err put_tx(struct xz_tx *tx, void *arg)
{
    struct put *p = arg;
    xz_err err = knowledge_draft_save(tx, p->arena, &p->draft, &p->touched, &p->changed);
    return err == XZ_OK ? knowledge_entry_by_source(tx, p->arena, p->draft.entry.source, &p->entry)
                        : err;
}

int64_t qa_test_put(struct qa_test *t, const struct test_entry *from)
{
    struct xz_clause clauses[XZ_COUNT(from->clauses)] = { 0 };
    xz_str variants[XZ_COUNT(from->variants)];
    struct put p = { .arena = t->arena, .touched = { .arena = t->arena } };

    p.draft = (struct xz_draft){ .clauses = clauses, .variants = variants };
    p.draft.notice.level = from->level;
    p.draft.notice.issued_ms = from->issued_ms;
    p.draft.notice.expires_ms = from->expires_ms;
    p.draft.notice.phone = XZ_STR("0999-1");
    p.draft.entry = (struct xz_entry){
        .kind = from->kind,
        .visibility = from->visibility,
        .region = from->region,
        .source = xz_str_format(t->arena, "%s#%lld", from->title, (long long)from->region),
        .title = xz_str_from(from->title),
        .number = xz_str_from(from->number),
        .code = xz_str_from(from->code),
        .aliases = xz_str_from(from->aliases),
        .issuer = xz_str_from(from->issuer),
        .department = xz_str_from(from->department),
        .basis = xz_str_from(from->basis),
        .related = xz_str_from(from->related),
        .replaces = xz_str_from(from->replaces),
        .issued_on = from->effective_on,
        .effective_on = from->effective_on,
        .expires_on = from->expires_on,
    };
    while (p.draft.clause_count < XZ_COUNT(from->clauses) &&
           from->clauses[p.draft.clause_count].body) {
        const struct test_clause *clause = &from->clauses[p.draft.clause_count];
        clauses[p.draft.clause_count++] = (struct xz_clause){ .label = xz_str_from(clause->label),
                                                              .path = XZ_STR_NONE,
                                                              .body = xz_str_from(clause->body) };
    }
    while (p.draft.variant_count < XZ_COUNT(from->variants) &&
           from->variants[p.draft.variant_count]) {
        variants[p.draft.variant_count] = xz_str_from(from->variants[p.draft.variant_count]);
        p.draft.variant_count++;
    }
    must(xz_store_write(t->store, put_tx, &p), from->title);
    for (size_t i = 0; i < p.touched.count; i++)
        must(knowledge_index_entry(t->knowledge, p.touched.ids[i]), from->title);
    return p.entry.id.v;
}

/* --- asking --- */

struct xz_answer qa_test_ask(struct qa_test *t, const char *question, int64_t region,
                             const struct xz_answer *before)
{
    struct xz_ask ask = { .actor = XZ_ACTOR_ANYONE,
                          .question = xz_str_from(question),
                          .region = region,
                          .dialogue = before ? xz_str_from(before->dialogue.text) : XZ_STR_NONE };
    struct xz_answer answer;
    must(xz_qa_ask_wait(t->qa, t->arena, &ask, &answer), question);
    return answer;
}

struct qa_case *qa_test_case(struct qa_test *t, const char *question, int64_t region)
{
    struct xz_answer *answer = XZ_NEW(t->arena, struct xz_answer, 1);
    struct xz_ask *ask = XZ_NEW(t->arena, struct xz_ask, 1);
    struct qa_case *c = XZ_NEW(t->arena, struct qa_case, 1);

    *ask = (struct xz_ask){ .actor = XZ_ACTOR_ANYONE,
                            .question = xz_str_from(question),
                            .region = region,
                            .dialogue = XZ_STR_NONE };
    *c = (struct qa_case){ .qa = t->qa,
                           .arena = t->arena,
                           .ask = ask,
                           .answer = answer,
                           .site = xz_knowledge_site(t->knowledge),
                           .before = XZ_STR_NONE,
                           .lead = XZ_STR_NONE,
                           .now_ms = TODAY_MS,
                           .today = xz_date_from_ms(TODAY_MS) };
    must(xz_store_read(t->store, &c->tx), "read");
    must(qa_admit(c), question);
    must(qa_understand(c), question);
    return c;
}

void qa_test_case_end(struct qa_case *c)
{
    xz_store_read_end(c->tx);
}

bool text_has(xz_str text, const char *part)
{
    return xz_str_find(text, xz_str_from(part)) != XZ_STR_NPOS;
}
