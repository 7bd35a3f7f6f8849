/* Rules without I/O: title keys, versions, validity, what the index filters by, names replaced. */
#include "knowledge_test.h"

static struct xz_arena *arena;

static void assert_key(const char *title, const char *expected)
{
    xz_str key = knowledge_title_key(arena, xz_str_from(title));
    assert_string_equal(xz_str_cstr(arena, key), expected);
}

static void title_keys(void **state)
{
    (void)state;
    assert_key("中华人民共和国劳动合同法", "劳动合同法");
    assert_key("《中华人民共和国劳动合同法》", "劳动合同法");
    assert_key("劳动合同法(2012-12-28)", "劳动合同法");
    assert_key("安澜市养犬管理办法（试行）", "安澜市养犬管理办法");
    assert_key("安澜市 养犬管理办法（2021年修订）", "安澜市养犬管理办法");
    assert_key("安澜市养犬管理办法（试行）（2021年修订）", "安澜市养犬管理办法");
    /* Numbers that tell laws apart stay. */
    assert_key("中华人民共和国刑法修正案（八）", "刑法修正案(八)");
    assert_key("中华人民共和国宪法修正案（1988年）", "宪法修正案(1988年)");
    /* The name of the state alone is not cut away. */
    assert_key("中华人民共和国", "中华人民共和国");
}

static void validity(void **state)
{
    struct xz_entry entry = { .status = XZ_STATUS_PUBLISHED,
                              .effective_on = 20240301,
                              .expires_on = 20260228 };
    (void)state;
    assert_int_equal(xz_entry_validity(&entry, 20240229), XZ_VALID_NOT_YET);
    assert_int_equal(xz_entry_validity(&entry, 20240301), XZ_VALID_CURRENT);
    assert_int_equal(xz_entry_validity(&entry, 20260228), XZ_VALID_CURRENT);
    assert_int_equal(xz_entry_validity(&entry, 20260301), XZ_VALID_EXPIRED);
    entry.superseded_by.v = 7;
    entry.superseded_on = 20250601;
    assert_int_equal(xz_entry_validity(&entry, 20250531), XZ_VALID_CURRENT);
    assert_int_equal(xz_entry_validity(&entry, 20250601), XZ_VALID_SUPERSEDED);
    /* Superseded comes before expired: it says more. */
    assert_int_equal(xz_entry_validity(&entry, 20260301), XZ_VALID_SUPERSEDED);
    entry.status = XZ_STATUS_WITHDRAWN;
    assert_false(xz_entry_in_force(&entry, 20250101));
}

static void day_before(void **state)
{
    (void)state;
    assert_int_equal(knowledge_day_before(20240302), 20240301);
    assert_int_equal(knowledge_day_before(20240301), 20240229);
    assert_int_equal(knowledge_day_before(20230301), 20230228);
    assert_int_equal(knowledge_day_before(20240101), 20231231);
    assert_int_equal(knowledge_day_before(0), 0);
}

static void attributes(void **state)
{
    struct xz_entry entry = { .kind = XZ_ENTRY_POLICY,
                              .visibility = XZ_VISIBLE_INTERNAL,
                              .region = 310000,
                              .effective_on = 20240101,
                              .expires_on = 20261231,
                              .family = 9 };
    (void)state;
    struct xz_search_attr attr = knowledge_attr(&entry);
    assert_int_equal(attr.kind, XZ_ENTRY_POLICY);
    assert_int_equal(attr.visibility, XZ_VISIBLE_INTERNAL);
    assert_int_equal(attr.region, 310000);
    assert_int_equal(attr.from, 20240101);
    assert_int_equal(attr.until, 20261231);
    assert_int_equal(attr.family, 9);
    assert_int_equal(attr.flags, 0);
    entry.superseded_by.v = 3;
    entry.superseded_on = 20250301;
    attr = knowledge_attr(&entry);
    assert_int_equal(attr.until, 20250228); /* the day before its successor holds */
    assert_int_equal(attr.flags, 0);
    entry.superseded_on = 0;
    assert_int_equal(knowledge_attr(&entry).flags, XZ_SEARCH_SUPERSEDED);
}

static void versions(void **state)
{
    struct xz_entry a = { .issued_on = 20100101, .effective_on = 20100701 }, b = a;
    (void)state;
    assert_int_equal(knowledge_version_compare(&a, &b), 0);
    b.effective_on = 20100801;
    assert_true(knowledge_version_compare(&a, &b) < 0);
    a.issued_on = 20110101;
    assert_true(knowledge_version_compare(&a, &b) > 0);
}

static void replaced_names(void **state)
{
    xz_str *names;
    (void)state;
    assert_int_equal(knowledge_replaces_split(arena, XZ_STR_NONE, &names), 0);
    assert_int_equal(knowledge_replaces_split(arena, XZ_STR("安政发〔2021〕15号"), &names), 2);
    assert_true(xz_str_eq(names[0], XZ_STR("安政发〔2021〕15号")));
    assert_int_equal(knowledge_replaces_split(
                         arena, XZ_STR("《甲办法》、《关于〈乙〉的《丙》规定》同时"), &names),
                     4);
    assert_true(xz_str_eq(names[1], XZ_STR("甲办法")));
    assert_true(xz_str_eq(names[2], XZ_STR("关于〈乙〉的《丙》规定")));
    assert_int_equal(knowledge_replaces_split(arena, XZ_STR("甲办法； 乙办法；"), &names), 4);
    assert_true(xz_str_eq(names[3], XZ_STR("乙办法")));
}

static void question_keys(void **state)
{
    (void)state;
    xz_str a = xz_question_key(arena, XZ_STR("身份证 丢了，怎么补办？"));
    xz_str b = xz_question_key(arena, XZ_STR("身份證丢了怎么补办"));
    assert_true(xz_str_eq(a, b));
}

static int set_up(void **state)
{
    (void)state;
    arena = xz_arena_create(1 << 16);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    xz_arena_destroy(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(title_keys),    cmocka_unit_test(validity),
        cmocka_unit_test(day_before),    cmocka_unit_test(attributes),
        cmocka_unit_test(versions),      cmocka_unit_test(replaced_names),
        cmocka_unit_test(question_keys),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
