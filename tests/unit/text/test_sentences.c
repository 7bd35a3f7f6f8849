/* Sentences of official text. */
#include "text_test.h"

static xz_str found[32];
static size_t count;

static void note(xz_str sentence, void *arg)
{
    (void)arg;
    assert_true(count < XZ_COUNT(found));
    found[count++] = sentence;
}

static void split(const char *text)
{
    count = 0;
    xz_sentences(xz_str_from(text), note, NULL);
}

static void sentences_end_with_their_marks(void **unused)
{
    (void)unused;
    split("办理居住证要什么材料？带身份证即可。 3.5元！好；行……完");
    assert_int_equal(count, 6);
    assert_str(found[0], "办理居住证要什么材料？");
    assert_str(found[1], "带身份证即可。");
    assert_str(found[2], "3.5元！");
    assert_str(found[3], "好；");
    assert_str(found[4], "行……");
    assert_str(found[5], "完");
}

static void line_breaks_end_sentences(void **unused)
{
    (void)unused;
    split("第一条 目的\n\n　　第二条 范围\n");
    assert_int_equal(count, 2);
    assert_str(found[0], "第一条 目的");
    assert_str(found[1], "第二条 范围");
}

static void brackets_and_quotes_are_kept_whole(void **unused)
{
    (void)unused;
    split("他说：“好。行。”然后走了。（注：见附件。下同）完。");
    assert_int_equal(count, 3);
    assert_str(found[0], "他说：“好。行。”");
    assert_str(found[1], "然后走了。");
    assert_str(found[2], "（注：见附件。下同）完。");
}

static void a_bracket_never_closed_is_an_ordinary_character(void **unused)
{
    (void)unused;
    split("（未闭合。第二句。\n第三句）。");
    assert_int_equal(count, 3);
    assert_str(found[0], "（未闭合。");
    assert_str(found[2], "第三句）。");
}

static void nothing_gives_nothing(void **unused)
{
    (void)unused;
    split("");
    assert_int_equal(count, 0);
    split(" \n　\n");
    assert_int_equal(count, 0);
}

static void many_open_brackets_take_linear_time(void **unused)
{
    (void)unused;
    size_t len = 300000;
    char *text = xz_alloc(len, 1);
    memset(text, '(', len);
    count = 0;
    xz_sentences((xz_str){ text, len }, note, NULL);
    assert_int_equal(count, 1);
    xz_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentences_end_with_their_marks),
        cmocka_unit_test(line_breaks_end_sentences),
        cmocka_unit_test(brackets_and_quotes_are_kept_whole),
        cmocka_unit_test(a_bracket_never_closed_is_an_ordinary_character),
        cmocka_unit_test(nothing_gives_nothing),
        cmocka_unit_test(many_open_brackets_take_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
