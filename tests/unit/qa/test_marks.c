/* Marks: bytes inside, UTF-16 units in JSON. */
#include "qa_test.h"

#include "core/json.h"

static struct xz_source source_of(const char *body)
{
    return (struct xz_source){ .entry = { .kind = XZ_ENTRY_LAW, .title = XZ_STR("某法") },
                               .clause = { .body = xz_str_from(body) },
                               .region_name = XZ_STR_NONE };
}

/* marks[i][j] of the source as JSON. */
static int64_t json_mark(const struct xz_source *source, size_t i, size_t j)
{
    struct xz_json_writer w;
    struct xz_buf buf;
    struct xz_json_doc *doc;

    xz_buf_init(&buf, KIB(64));
    xz_jw_init(&w, &buf);
    xz_jw_begin_object(&w);
    xz_source_members_write(&w, source, 1);
    xz_jw_end_object(&w);
    assert_int_equal(xz_json_parse(xz_buf_str(&buf), &doc), XZ_OK);
    const struct xz_json *mark = xz_json_at(xz_json_get(xz_json_root(doc), "marks"), i);
    int64_t value = xz_json_int(xz_json_at(mark, j), -1);
    xz_json_destroy(doc);
    xz_buf_fini(&buf);
    return value;
}

static void words_of_the_question_are_marked(void **state)
{
    struct qa_test *t = *state;
    struct xz_source s = source_of("第一条：申领居住证应当提交材料。");
    qa_source_mark(t->qa, t->arena, XZ_STR("居住证怎么办理"), &s);
    assert_int_equal(s.mark_count, 1);
    assert_text(xz_str_sub(s.clause.body, s.marks[0].start, s.marks[0].len), "居住证");
    qa_source_mark(t->qa, t->arena, XZ_STR("钓鱼"), &s);
    assert_int_equal(s.mark_count, 0);
}

static void json_counts_marks_in_utf16_units(void **state)
{
    struct qa_test *t = *state;
    /* An emoji and a rare Han character (each two units) and three common ones before it. */
    struct xz_source s = source_of("😀𠮷按规定居住证。再写居住证。");
    qa_source_mark(t->qa, t->arena, XZ_STR("居住证怎么办理"), &s);
    assert_int_equal(s.mark_count, 2);
    assert_int_equal(s.marks[0].start, 4 + 4 + 9);
    assert_int_equal(json_mark(&s, 0, 0), 2 + 2 + 3);
    assert_int_equal(json_mark(&s, 0, 1), 3);
    assert_int_equal(json_mark(&s, 1, 0), 2 + 2 + 3 + 3 + 3);
    assert_int_equal(json_mark(&s, 1, 1), 3);
}

static void marks_lie_within_the_text_in_order(void **state)
{
    struct qa_test *t = *state;
    struct xz_source s = source_of(
        "居住证居住证，带身份证ＡＢＣ办居住证，2024年居住证１２３，居住证");
    qa_source_mark(t->qa, t->arena, XZ_STR("2024年abc居住证123身份证"), &s);
    assert_true(s.mark_count > 1);
    for (size_t i = 0; i < s.mark_count; i++) {
        assert_true(s.marks[i].len > 0);
        assert_true(s.marks[i].start + s.marks[i].len <= s.clause.body.len);
        assert_true(xz_utf8_valid(xz_str_sub(s.clause.body, s.marks[i].start, s.marks[i].len)));
        if (i)
            assert_true(s.marks[i].start >= s.marks[i - 1].start + s.marks[i - 1].len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_the_question_are_marked),
        cmocka_unit_test(json_counts_marks_in_utf16_units),
        cmocka_unit_test(marks_lie_within_the_text_in_order),
    };
    return cmocka_run_group_tests(tests, qa_test_open, qa_test_close);
}
