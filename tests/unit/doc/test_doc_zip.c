/* Archives: members in order, names sound or the whole refused. */
#include "doc_test.h"
#include "office_zip.h"

static struct xz_buf archive;

static xz_err begin(void *arg, xz_str name, int64_t bytes)
{
    (void)arg;
    xz_buf_addf(&shown, "%.*s(%lld) ", XZ_STR_ARG(name), (long long)bytes);
    return XZ_OK;
}

static xz_err piece(void *arg, xz_str bytes)
{
    (void)arg;
    xz_buf_add(&shown, xz_str_sub(bytes, 0, 20));
    return XZ_OK;
}

static xz_err end(void *arg)
{
    (void)arg;
    xz_buf_add_char(&shown, '\n');
    return XZ_OK;
}

static xz_err read_archive(xz_str bytes)
{
    const struct xz_archive_sink sink = { begin, piece, end, NULL };
    xz_fail_clear();
    xz_buf_clear(&shown);
    return xz_doc_archive(bytes, &sink);
}

static xz_str made(const struct office_part *parts, size_t count)
{
    xz_buf_clear(&archive);
    office_zip(&archive, parts, count);
    return xz_buf_str(&archive);
}

static int set_up(void **state)
{
    xz_buf_init(&archive, 1 << 22);
    return show_set_up(state);
}

static int tear_down(void **state)
{
    xz_buf_fini(&archive);
    return show_tear_down(state);
}

static void members_come_in_order_with_clean_names(void **unused)
{
    const struct office_part parts[] = {
        { "b.txt", XZ_STR("乙") },         { "A.txt", XZ_STR("甲") },
        { "a.txt", XZ_STR("小") },         { "folder/", XZ_STR_NONE },
        { "folder\\in.md", XZ_STR("里") }, { "\xD2\xD2\xBC\xD7.md", XZ_STR("乙甲") }, /* GBK */
        { "甲.md", XZ_STR_NONE },
    };
    (void)unused;
    assert_int_equal(read_archive(made(parts, XZ_COUNT(parts))), XZ_OK);
    assert_string_equal(shown.ptr, "A.txt(3) 甲\na.txt(3) 小\nb.txt(3) 乙\nfolder/in.md(3) 里\n"
                                   "乙甲.md(6) 乙甲\n甲.md(0) \n");
}

static void a_hostile_name_refuses_the_archive(void **unused)
{
    static const char *const names[] = { "../x",  "a/../../x", "/etc/x", "C:/x",
                                         "..\\x", "a//x",      "./x",    "a/./x",
                                         "a/..",  "x\x01y",    "C:\\x",  "\\\\host\\x" };
    (void)unused;
    for (size_t i = 0; i < XZ_COUNT(names); i++) {
        const struct office_part parts[] = { { "good.md", XZ_STR("好") },
                                             { names[i], XZ_STR("坏") } };
        assert_int_equal(read_archive(made(parts, 2)), XZ_E_INPUT);
        assert_non_null(strstr(xz_fail_detail(), "文件名"));
        assert_int_equal(shown.len, 0); /* not even the good one was given */
    }
}

static void two_of_one_name_refuse_the_archive(void **unused)
{
    const struct office_part parts[] = { { "a\\b.md", XZ_STR("一") }, { "a/b.md", XZ_STR("二") } };
    (void)unused;
    assert_int_equal(read_archive(made(parts, 2)), XZ_E_INPUT);
    assert_non_null(strstr(xz_fail_detail(), "同名"));
}

static void every_cut_of_an_archive_is_refused(void **unused)
{
    const struct office_part parts[] = { { "a.md", XZ_STR("一二三四五") },
                                         { "b.md", XZ_STR("六") } };
    (void)unused;
    xz_str whole = made(parts, 2);
    for (size_t len = 0; len < whole.len; len++) {
        xz_err err = read_archive(xz_str_sub(whole, 0, len));
        assert_int_equal(err, XZ_E_INPUT);
        assert_true(strlen(xz_fail_detail()) > 0);
    }
}

static void damage_inside_a_member_is_found(void **unused)
{
    const struct office_part parts[] = { { "a.md", XZ_STR("0123456789") } };
    (void)unused;
    xz_str whole = made(parts, 1);
    archive.ptr[xz_str_find(whole, XZ_STR("456"))] = 'x';
    assert_int_equal(read_archive(whole), XZ_E_INPUT);
    assert_non_null(strstr(xz_fail_detail(), "a.md"));
}

static void an_archive_has_no_blocks_of_its_own(void **unused)
{
    const struct office_part parts[] = { { "a.md", XZ_STR("# 甲") } };
    struct xz_doc_info info;
    (void)unused;
    assert_int_equal(xz_doc_read(made(parts, 1), XZ_STR("a.zip"), show_block, NULL, &info),
                     XZ_E_STATE);
    assert_int_equal(info.format, XZ_DOC_ZIP);
    const struct office_part package[] = { OFFICE_TYPES, { "x.xml", XZ_STR("<x/>") } };
    assert_int_equal(xz_doc_read(made(package, 2), XZ_STR("a.docx"), show_block, NULL, &info),
                     XZ_E_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_come_in_order_with_clean_names),
        cmocka_unit_test(a_hostile_name_refuses_the_archive),
        cmocka_unit_test(two_of_one_name_refuse_the_archive),
        cmocka_unit_test(every_cut_of_an_archive_is_refused),
        cmocka_unit_test(damage_inside_a_member_is_found),
        cmocka_unit_test(an_archive_has_no_blocks_of_its_own),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
