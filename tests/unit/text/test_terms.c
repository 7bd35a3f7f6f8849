/* The dictionary and search terms. The path of the compiled dictionary is the argument. */
#include "text_test.h"

#include <unistd.h>

#include "core/file.h"

static const char *words_path;
static struct xz_arena *arena;
static struct xz_lexicon *lexicon;

static int set_up(void **unused)
{
    (void)unused;
    arena = xz_arena_create(1 << 16);
    return xz_lexicon_open(words_path, &lexicon) == XZ_OK ? 0 : -1;
}

static int tear_down(void **unused)
{
    (void)unused;
    xz_lexicon_destroy(lexicon);
    xz_arena_destroy(arena);
    return 0;
}

static const struct xz_term *find(struct xz_terms terms, enum xz_term_kind kind,
                                  const char *normalised)
{
    uint64_t hash = xz_term_hash(kind, xz_str_from(normalised));
    for (size_t i = 0; i < terms.count; i++)
        if (terms.items[i].hash == hash && terms.items[i].kind == kind)
            return &terms.items[i];
    return NULL;
}

static struct xz_terms terms_of(const char *text)
{
    return xz_terms_of(arena, lexicon, xz_str_from(text));
}

static size_t count_kind(struct xz_terms terms, enum xz_term_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < terms.count; i++)
        count += terms.items[i].kind == kind;
    return count;
}

static void known_words_have_a_weight(void **unused)
{
    (void)unused;
    assert_true(xz_lexicon_weight(lexicon, XZ_STR("公积金")) < 0);
    assert_true(xz_lexicon_weight(lexicon, XZ_STR("居住證")) < 0);
    assert_true(xz_lexicon_weight(lexicon, XZ_STR("我们")) >
                xz_lexicon_weight(lexicon, XZ_STR("公积金")));
    assert_true(xz_lexicon_weight(lexicon, XZ_STR("积金公")) == 0);
    assert_true(xz_lexicon_weight(lexicon, XZ_STR("abc")) == 0);
    assert_true(xz_lexicon_weight(lexicon, XZ_STR("")) == 0);
}

static void a_damaged_dictionary_is_refused(void **unused)
{
    (void)unused;
    char path[] = "/tmp/xz-words-XXXXXX";
    int fd = mkstemp(path);
    struct xz_buf file;
    struct xz_lexicon *other = NULL;
    assert_true(fd >= 0);
    xz_buf_init(&file, (size_t)MIB(64));
    assert_int_equal(xz_file_read(words_path, &file), XZ_OK);
    file.ptr[file.len / 2] ^= 1;
    assert_int_equal(write(fd, file.ptr, file.len), (ssize_t)file.len);
    assert_int_equal(xz_lexicon_open(path, &other), XZ_E_IO);
    assert_non_null(strstr(xz_fail_detail(), "损坏"));
    assert_int_equal(ftruncate(fd, 1000), 0);
    assert_int_equal(xz_lexicon_open(path, &other), XZ_E_IO);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(xz_lexicon_open(path, &other), XZ_E_IO);
    unlink(path);
    close(fd);
    assert_int_equal(xz_lexicon_open(path, &other), XZ_E_IO);
    xz_buf_fini(&file);
}

static void bigrams_words_and_letters_come_in_order(void **unused)
{
    (void)unused;
    struct xz_terms terms = terms_of("办理居住证 GB18030");
    for (size_t i = 1; i < terms.count; i++)
        assert_true(terms.items[i].pos >= terms.items[i - 1].pos);
    assert_int_equal(count_kind(terms, XZ_TERM_BIGRAM), 4);
    assert_non_null(find(terms, XZ_TERM_WORD, "办理"));
    assert_non_null(find(terms, XZ_TERM_ASCII, "gb18030"));
    const struct xz_term *cross = find(terms, XZ_TERM_BIGRAM, "理居");
    assert_true(cross->flags & XZ_TERM_CROSS);
    assert_false(find(terms, XZ_TERM_BIGRAM, "办理")->flags & XZ_TERM_CROSS);
    assert_int_equal(cross->pos, 1);
    assert_int_equal(cross->start, 3);
    assert_int_equal(cross->len, 6);
}

static void without_a_dictionary_there_are_only_bigrams(void **unused)
{
    (void)unused;
    struct xz_terms terms = xz_terms_of(arena, NULL, XZ_STR("办理居住证"));
    assert_int_equal(terms.count, 4);
    for (size_t i = 0; i < terms.count; i++) {
        assert_int_equal(terms.items[i].kind, XZ_TERM_BIGRAM);
        assert_false(terms.items[i].flags & XZ_TERM_CROSS);
    }
}

static void spellings_of_one_text_give_the_same_terms(void **unused)
{
    (void)unused;
    struct xz_terms a = terms_of("行政复议 abc 230条");
    struct xz_terms b = terms_of("行政復議 ＡＢＣ ２３０條");
    assert_int_equal(a.count, b.count);
    for (size_t i = 0; i < a.count; i++)
        assert_true(a.items[i].hash == b.items[i].hash);
}

static void numbers_are_terms_by_value(void **unused)
{
    static const char *const rows[][2] = {
        { "罚款二百三十元", "230" }, { "罚款230元", "230" },    { "罚款２３０元", "230" },
        { "罚款3.5万元", "35000" },  { "三万五千元", "35000" }, { "满3.50元", "3.5" },
        { "1,200元", "1200" },       { "百分之五", "5" },       { "5%", "5" },
        { "二〇二四年", "2024" },    { "一年内", "1" },         { "1.5亿元", "150000000" },
    };
    (void)unused;
    for (size_t i = 0; i < XZ_COUNT(rows); i++) {
        struct xz_terms terms = terms_of(rows[i][0]);
        if (!find(terms, XZ_TERM_NUMBER, rows[i][1]) || count_kind(terms, XZ_TERM_NUMBER) != 1)
            fail_msg("%s has no single number %s", rows[i][0], rows[i][1]);
    }
    assert_int_equal(count_kind(terms_of("一般情况统一办理"), XZ_TERM_NUMBER), 0);
    assert_non_null(find(terms_of("电话0891-6831234"), XZ_TERM_ASCII, "0891"));
    assert_non_null(find(terms_of("三万元"), XZ_TERM_BIGRAM, "万元"));
}

static void articles_are_terms_by_value(void **unused)
{
    static const char *const rows[][2] = {
        { "刑法第二百三十条规定", "230" }, { "刑法第230条规定", "230" },
        { "刑法第 ２３０ 条", "230" },     { "第一百二十条之一", "120-1" },
        { "第一百二十条的规定", "120" },   { "刑法第230条之二", "230-2" },
    };
    (void)unused;
    for (size_t i = 0; i < XZ_COUNT(rows); i++) {
        struct xz_terms terms = terms_of(rows[i][0]);
        if (!find(terms, XZ_TERM_ARTICLE, rows[i][1]) || count_kind(terms, XZ_TERM_NUMBER) != 0)
            fail_msg("%s has no article %s", rows[i][0], rows[i][1]);
    }
    assert_int_equal(count_kind(terms_of("第三人"), XZ_TERM_ARTICLE), 0);
}

static void question_words_are_marked(void **unused)
{
    (void)unused;
    struct xz_terms terms = terms_of("怎么办理居住证的手续吗");
    assert_true(find(terms, XZ_TERM_WORD, "怎么")->flags & XZ_TERM_STOP);
    assert_true(find(terms, XZ_TERM_BIGRAM, "怎么")->flags & XZ_TERM_STOP);
    assert_true(find(terms, XZ_TERM_BIGRAM, "证的")->flags & XZ_TERM_STOP);
    assert_false(find(terms, XZ_TERM_WORD, "手续")->flags & XZ_TERM_STOP);
    assert_false(find(terms_of("目的"), XZ_TERM_BIGRAM, "目的")->flags & XZ_TERM_STOP);
}

static void a_lone_character_is_a_term(void **unused)
{
    (void)unused;
    struct xz_terms terms = terms_of("A 证 1");
    assert_int_equal(terms.count, 3);
    assert_non_null(find(terms, XZ_TERM_CHAR, "证"));
    assert_non_null(find(terms, XZ_TERM_NUMBER, "1"));
}

static void user_words_take_effect_in_a_new_snapshot(void **unused)
{
    (void)unused;
    const xz_str words[] = { XZ_STR("安瀾碼"), XZ_STR("跨域通办"), XZ_STR("单"), XZ_STR("x") };
    assert_null(find(terms_of("申领安澜码"), XZ_TERM_WORD, "安澜码"));
    struct xz_lexicon *more = xz_lexicon_with(lexicon, words, XZ_COUNT(words));
    struct xz_terms terms = xz_terms_of(arena, more, XZ_STR("申领安澜码可以跨域通办"));
    assert_non_null(find(terms, XZ_TERM_WORD, "安澜码"));
    assert_non_null(find(terms, XZ_TERM_WORD, "跨域通办"));
    assert_true(xz_lexicon_weight(more, XZ_STR("安澜码")) < 0);
    assert_true(xz_lexicon_weight(more, XZ_STR("公积金")) < 0);
    struct xz_lexicon *none = xz_lexicon_with(more, NULL, 0); /* all words, not a difference */
    assert_true(xz_lexicon_weight(none, XZ_STR("安澜码")) == 0);
    xz_lexicon_destroy(none);
    xz_lexicon_destroy(lexicon); /* the mapping is shared: the order does not matter */
    lexicon = NULL;
    assert_true(xz_lexicon_weight(more, XZ_STR("公积金")) < 0);
    xz_lexicon_destroy(more);
}

static void segmentation_is_the_likeliest(void **unused)
{
    (void)unused;
    struct xz_terms terms = terms_of("研究生命的起源");
    assert_non_null(find(terms, XZ_TERM_WORD, "研究"));
    assert_non_null(find(terms, XZ_TERM_WORD, "生命"));
    assert_null(find(terms, XZ_TERM_WORD, "研究生"));
}

static void long_runs_and_bad_bytes_keep_offsets_inside(void **unused)
{
    (void)unused;
    struct xz_buf text;
    xz_buf_init(&text, 1 << 20);
    for (int i = 0; i < 1500; i++)
        xz_buf_add(&text, i % 7 == 3 ? XZ_STR("\xFF\u200B") : XZ_STR("公积金一二三十百"));
    for (int i = 0; i < 3000; i++)
        xz_buf_add(&text, XZ_STR("第一条之"));
    struct xz_terms terms = xz_terms_of(arena, lexicon, xz_buf_str(&text));
    assert_true(terms.count > 1000);
    for (size_t i = 0; i < terms.count; i++)
        assert_true((size_t)terms.items[i].start + terms.items[i].len <= text.len);
    xz_buf_fini(&text);
    assert_int_equal(terms_of("").count, 0);
    assert_int_equal(terms_of("，。　").count, 0);
}

/* Hashes are stored on disk: whoever changes them must raise XZ_TERMS_VERSION and this test. */
static void hashes_are_stable(void **unused)
{
    (void)unused;
    assert_int_equal(XZ_TERMS_VERSION, 1);
    assert_true(xz_term_hash(XZ_TERM_BIGRAM, XZ_STR("居住")) ==
                find(terms_of("居住"), XZ_TERM_BIGRAM, "居住")->hash);
    assert_true(xz_term_hash(XZ_TERM_BIGRAM, XZ_STR("居住")) !=
                xz_term_hash(XZ_TERM_WORD, XZ_STR("居住")));
    assert_true(xz_term_hash(XZ_TERM_BIGRAM, XZ_STR("居住")) == 0x14A419BDA94D852Eull);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_words_have_a_weight),
        cmocka_unit_test(a_damaged_dictionary_is_refused),
        cmocka_unit_test(bigrams_words_and_letters_come_in_order),
        cmocka_unit_test(without_a_dictionary_there_are_only_bigrams),
        cmocka_unit_test(spellings_of_one_text_give_the_same_terms),
        cmocka_unit_test(numbers_are_terms_by_value),
        cmocka_unit_test(articles_are_terms_by_value),
        cmocka_unit_test(question_words_are_marked),
        cmocka_unit_test(a_lone_character_is_a_term),
        cmocka_unit_test(segmentation_is_the_likeliest),
        cmocka_unit_test(long_runs_and_bad_bytes_keep_offsets_inside),
        cmocka_unit_test(hashes_are_stable),
        cmocka_unit_test(user_words_take_effect_in_a_new_snapshot),
    };
    if (argc < 2) {
        fprintf(stderr, "usage: test_text_terms WORDS.bin\n");
        return 2;
    }
    words_path = argv[1];
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
