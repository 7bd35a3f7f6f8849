/* Aho-Corasick and the synonym table. */
#include "text_test.h"

struct hits {
    size_t word[64], start[64], end[64], count, stop_after;
};

static bool note(size_t word, size_t start, size_t end, void *arg)
{
    struct hits *hits = arg;
    assert_true(hits->count < 64);
    hits->word[hits->count] = word;
    hits->start[hits->count] = start;
    hits->end[hits->count++] = end;
    return hits->count != hits->stop_after;
}

static void overlapping_words_are_all_found_by_end(void **unused)
{
    (void)unused;
    const xz_str list[] = { XZ_STR("居住证"), XZ_STR("居住"), XZ_STR("住证"),
                            XZ_STR("证"),     XZ_STR(""),     XZ_STR("居住") };
    struct xz_words *words = xz_words_build(list, XZ_COUNT(list));
    struct hits hits = { 0 };
    xz_words_find(words, XZ_STR("办居住证"), note, &hits);
    assert_int_equal(hits.count, 5);
    for (size_t i = 0; i < hits.count; i++) {
        xz_str found = xz_str_sub(XZ_STR("办居住证"), hits.start[i], hits.end[i] - hits.start[i]);
        assert_true(xz_str_eq(found, list[hits.word[i]]));
        assert_true(i == 0 || hits.end[i] >= hits.end[i - 1]);
    }
    xz_words_destroy(words);
}

static void the_caller_can_stop(void **unused)
{
    (void)unused;
    const xz_str list[] = { XZ_STR("一") };
    struct xz_words *words = xz_words_build(list, 1);
    struct hits hits = { .stop_after = 2 };
    xz_words_find(words, XZ_STR("一一一一"), note, &hits);
    assert_int_equal(hits.count, 2);
    xz_words_destroy(words);
}

static void no_words_find_nothing(void **unused)
{
    (void)unused;
    struct xz_words *words = xz_words_build(NULL, 0);
    struct hits hits = { 0 };
    xz_words_find(words, XZ_STR("居住证"), note, &hits);
    assert_int_equal(hits.count, 0);
    xz_words_destroy(words);
    xz_words_destroy(NULL);
}

/* Random words over a small alphabet against the obvious search. */
static void the_automaton_agrees_with_plain_search(void **unused)
{
    (void)unused;
    uint64_t seed = 7;
    for (int round = 0; round < 200; round++) {
        char letters[40][4], text[61];
        xz_str list[40];
        size_t plain = 0;
        for (size_t w = 0; w < 40; w++) {
            for (size_t i = 0; i < 4; i++)
                letters[w][i] = (char)('a' + (seed = seed * 6364136223846793005u + 1) % 997 % 3);
            list[w] = (xz_str){ letters[w], 1 + w % 4 };
        }
        for (size_t i = 0; i < 60; i++)
            text[i] = (char)('a' + (seed = seed * 6364136223846793005u + 1) % 997 % 3);
        for (size_t at = 0; at < 60; at++)
            for (size_t w = 0; w < 40; w++)
                plain += at + list[w].len <= 60 && !memcmp(text + at, list[w].ptr, list[w].len);
        struct xz_words *words = xz_words_build(list, 40);
        struct hits hits = { 0 };
        size_t found = 0;
        for (size_t from = 0; from < 60; from++) { /* hits[] is small: count per end position */
            hits.count = 0;
            xz_str window = { text, from + 1 };
            if (from >= 6)
                window = (xz_str){ text + from - 6, 7 };
            size_t end = window.len;
            xz_words_find(words, window, note, &hits);
            for (size_t i = 0; i < hits.count; i++)
                found += hits.end[i] == end;
        }
        assert_int_equal(found, plain);
        xz_words_destroy(words);
    }
}

static struct {
    char text[512];
} seen;

static void note_synonym(xz_str word, size_t start, const xz_str *others, size_t count, void *arg)
{
    (void)arg;
    size_t len = strlen(seen.text);
    len += (size_t)snprintf(seen.text + len, sizeof(seen.text) - len, "%.*s@%zu=", XZ_STR_ARG(word),
                            start);
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(seen.text + len, sizeof(seen.text) - len, "%.*s,",
                                XZ_STR_ARG(others[i]));
    snprintf(seen.text + len, sizeof(seen.text) - len, ";");
}

static const char *find(const struct xz_synonyms *synonyms, const char *text)
{
    seen.text[0] = '\0';
    xz_synonyms_find(synonyms, xz_str_from(text), note_synonym, NULL);
    return seen.text;
}

static void synonyms_go_one_way_or_both(void **unused)
{
    (void)unused;
    struct xz_synonyms *synonyms;
    xz_str table = XZ_STR("# 口语到法言\n老赖\t失信被执行人、被執行人\n五险一金=社保公积金=Ｗ\n\n"
                          "老赖\t失信人员\n");
    assert_int_equal(xz_synonyms_parse(table, &synonyms), XZ_OK);
    assert_string_equal(find(synonyms, "老赖"), "老赖@0=失信被执行人,被执行人,失信人员,;");
    assert_string_equal(find(synonyms, "失信人员"), "");
    assert_string_equal(find(synonyms, "交w和五险一金"),
                        "w@3=五险一金,社保公积金,;五险一金@7=社保公积金,w,;");
    xz_synonyms_destroy(synonyms);
}

static void the_longest_leftmost_synonym_wins(void **unused)
{
    (void)unused;
    struct xz_synonyms *synonyms;
    xz_str table = XZ_STR("公积金\t甲\n住房公积金\t乙\n公积金贷款\t丙\n");
    assert_int_equal(xz_synonyms_parse(table, &synonyms), XZ_OK);
    assert_string_equal(find(synonyms, "住房公积金贷款公积金"), "住房公积金@0=乙,;公积金@21=甲,;");
    xz_synonyms_destroy(synonyms);
}

static void a_malformed_row_is_refused_with_its_line(void **unused)
{
    (void)unused;
    struct xz_synonyms *synonyms = NULL;
    assert_int_equal(xz_synonyms_parse(XZ_STR("甲=乙\n丙\n"), &synonyms), XZ_E_INPUT);
    assert_non_null(strstr(xz_fail_detail(), "第 2 行"));
    assert_int_equal(xz_synonyms_parse(XZ_STR("甲\t、\n"), &synonyms), XZ_E_INPUT);
    assert_int_equal(xz_synonyms_parse(XZ_STR("\xFF\xFE"), &synonyms), XZ_E_INPUT);
    assert_null(synonyms);
}

static void an_empty_table_finds_nothing(void **unused)
{
    (void)unused;
    struct xz_synonyms *synonyms;
    assert_int_equal(xz_synonyms_parse(XZ_STR("# nothing\n"), &synonyms), XZ_OK);
    assert_string_equal(find(synonyms, "老赖"), "");
    xz_synonyms_destroy(synonyms);
    xz_synonyms_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlapping_words_are_all_found_by_end),
        cmocka_unit_test(the_caller_can_stop),
        cmocka_unit_test(no_words_find_nothing),
        cmocka_unit_test(the_automaton_agrees_with_plain_search),
        cmocka_unit_test(synonyms_go_one_way_or_both),
        cmocka_unit_test(the_longest_leftmost_synonym_wins),
        cmocka_unit_test(a_malformed_row_is_refused_with_its_line),
        cmocka_unit_test(an_empty_table_finds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
