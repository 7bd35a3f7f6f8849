/* Halls and notices on their way in: minutes of China Standard Time, rows of tables, front matter.
 */
#include "knowledge_test.h"

#include "knowledge/halls.h"

static void minutes_are_of_china(void **state)
{
    struct xz_arena *arena = xz_arena_create(1024);
    int64_t ms;
    (void)state;
    assert_true(xz_minute_parse(XZ_STR("1970-01-01 08:00"), &ms));
    assert_int_equal(ms, 0);
    assert_true(xz_minute_parse(XZ_STR("2026-11-22 20:00"), &ms));
    assert_int_equal(ms, INT64_C(1795348800000));
    assert_true(xz_minute_parse(XZ_STR(" 2024-02-29  7:05 "), &ms));
    xz_str back = xz_minute_format(arena, ms);
    assert_true(xz_str_eq(back, XZ_STR("2024年2月29日07:05")));
    assert_true(xz_minute_parse(XZ_STR("2026年3月1日 23:59"), &ms));
    assert_int_equal(xz_date_from_ms(ms), 20260301);
    assert_true(xz_minute_parse(XZ_STR("2026-03-01"), &ms));
    assert_true(xz_str_eq(xz_minute_format(arena, ms), XZ_STR("2026年3月1日00:00")));
    for (int year = 1900; year < 2900; year += 37) { /* both ways, over leap years and centuries */
        xz_str text = xz_str_format(arena, "%d-03-01 00:00", year);
        assert_true(xz_minute_parse(text, &ms));
        assert_int_equal(xz_date_from_ms(ms), year * 10000 + 301);
        assert_int_equal(xz_date_from_ms(ms - 1) / 100, year * 100 + 2);
    }
    xz_arena_destroy(arena);
}

static void what_is_no_minute_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "昨天",
        "2026-02-30 08:00",
        "2026-11-22 24:00",
        "2026-11-22 08:60",
        "2026-11-22 8",
        "2026-11-22 08:0",
        "2026-11-22 -1:00",
        "2026-11-22 08:00:00",
        "08:00",
    };
    int64_t ms;
    (void)state;
    for (size_t i = 0; i < XZ_COUNT(texts); i++)
        if (xz_minute_parse(xz_str_from(texts[i]), &ms))
            fail_msg("%s", texts[i]);
}

static void names_lead_there_and_back(void **state)
{
    enum xz_notice_level level;
    enum xz_place_kind place;
    enum xz_entry_kind kind;
    (void)state;
    for (int i = 1; i < XZ_PLACE_KIND_COUNT; i++) {
        assert_true(xz_place_kind_parse(xz_str_from(xz_place_kind_chinese(i)), &place));
        assert_int_equal(place, i);
    }
    for (int i = 1; i < XZ_NOTICE_LEVEL_COUNT; i++) {
        assert_true(xz_notice_level_parse(xz_str_from(xz_notice_level_chinese(i)), &level));
        assert_int_equal(level, i);
    }
    assert_false(xz_place_kind_parse(XZ_STR_NONE, &place));
    assert_false(xz_notice_level_parse(XZ_STR("紫"), &level));
    assert_true(xz_entry_kind_parse(XZ_STR("公告"), &kind));
    assert_int_equal(kind, XZ_ENTRY_NOTICE);
    assert_false(xz_entry_kind_valid(XZ_INDEX_KIND_QUESTION));
    assert_false(xz_entry_kind_parse(XZ_STR_NONE, &kind));
}

static void tables_of_halls_and_places(void **state)
{
    (void)state;
    const struct recognised *all = recognise_file(
        "halls.csv", "编号,名称,区域,级别,地址,电话,办公时间,交通,无障碍,说明\n"
                     "H1,市中心,安澜市,市级,某路,0999-1,工作日,公交,坡道,无\n");
    assert_int_equal(recognised_count(all, "hall"), 1);
    assert_int_equal(recognised_count(all, "department"), 0);
    assert_string_equal(recognised_text(all, "hall", 0, "access"), "坡道");
    assert_int_equal(recognised_int(all, "hall", 0, "row"), 2);
    all = recognise_file("places.csv", "大厅,楼层,名称,类别,左,上,宽,高,办理事项,说明\n"
                                       "H1,-1,A01,窗口,1,2,3,4,X-1、X-2,\n");
    assert_int_equal(recognised_count(all, "place"), 1);
    assert_string_equal(recognised_text(all, "place", 0, "floor"), "-1");
    assert_string_equal(recognised_text(all, "place", 0, "items"), "X-1、X-2");
}

static const char notice_text[] =
    "---\n类型: 公告\n标题: 停水公告\n级别: 橙\n区域: 安澜市\n"
    "发布时间: 2026-11-20 08:00\n失效时间: 2026-11-21 20:00\n"
    "发布机关: 市水务集团\n关键词: 停水、没水\n联系电话: 0999-2\n---\n"
    "# 停水公告\n\n## 范围\n\n学林街停水。\n\n- 送水点：社区\n";

static void a_notice_is_read(void **state)
{
    (void)state;
    const struct recognised *all = recognise_file("a.md", notice_text);
    assert_int_equal(recognised_count(all, "entry"), 1);
    assert_int_equal(recognised_int(all, "entry", 0, "kind"), XZ_ENTRY_NOTICE);
    assert_int_equal(recognised_int(all, "entry", 0, "level"), XZ_NOTICE_ORANGE);
    assert_int_equal(recognised_int(all, "entry", 0, "expires_ms") -
                         recognised_int(all, "entry", 0, "issued_ms"),
                     36 * 3600 * 1000);
    assert_int_equal(recognised_int(all, "entry", 0, "issued_on"), 20261120);
    assert_int_equal(recognised_int(all, "entry", 0, "expires_on"), 20261121);
    assert_string_equal(recognised_text(all, "entry", 0, "issuer"), "市水务集团");
    assert_string_equal(recognised_text(all, "entry", 0, "aliases"), "停水、没水");
    assert_string_equal(recognised_text(all, "entry", 0, "phone"), "0999-2");
    assert_int_equal(recognised_count(all, "c"), 1);
    const char *body = recognised_text(all, "c", 0, "body");
    assert_non_null(strstr(body, "范围\n学林街停水。\n"));
    assert_non_null(strstr(body, "送水点：社区"));
}

/* What a notice calls its own changes nothing in a paper of another kind. */
static void other_papers_are_left_alone(void **state)
{
    (void)state;
    const struct recognised *all = recognise_file(
        "b.md", "---\n类型: 政策文件\n标题: 某办法\n关键词: 甲、乙\n发布机关: 某局\n级别: 紫\n---\n"
                "# 某办法\n\n一、内容如下。\n");
    assert_int_equal(recognised_count(all, "entry"), 1);
    assert_string_equal(recognised_text(all, "entry", 0, "aliases"), "");
    assert_int_equal(recognised_int(all, "entry", 0, "kind"), XZ_ENTRY_POLICY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(minutes_are_of_china),      cmocka_unit_test(what_is_no_minute_is_refused),
        cmocka_unit_test(names_lead_there_and_back), cmocka_unit_test(tables_of_halls_and_places),
        cmocka_unit_test(a_notice_is_read),          cmocka_unit_test(other_papers_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
