/* Files on a real file system: limits, replacement, folders. */
#include "scratch.h"

#include <dirent.h>

#include "core/file.h"

static struct xz_buf buf;

static int start(void **unused)
{
    xz_buf_init(&buf, 100);
    return scratch_make(unused);
}

static int stop(void **unused)
{
    xz_buf_fini(&buf);
    return scratch_drop(unused);
}

static void a_file_is_read_whole(void **unused)
{
    (void)unused;
    assert_int_equal(xz_file_read(scratch_file("a", XZ_STR("政务\0\n")), &buf), XZ_OK);
    assert_str(xz_buf_str(&buf), "政务\0\n");
    xz_buf_clear(&buf);
    assert_int_equal(xz_file_read(scratch_file("empty", XZ_STR("")), &buf), XZ_OK);
    assert_str(xz_buf_str(&buf), "");
}

static void reading_adds_to_what_the_buffer_holds(void **unused)
{
    (void)unused;
    xz_buf_add_lit(&buf, "> ");
    assert_int_equal(xz_file_read(scratch_file("a", XZ_STR("abc")), &buf), XZ_OK);
    assert_str(xz_buf_str(&buf), "> abc");
}

static void a_file_over_the_limit_is_refused_and_leaves_nothing(void **unused)
{
    (void)unused;
    char text[101];
    memset(text, 'x', sizeof(text));
    const char *path = scratch_file("a", (xz_str){ text, 100 });
    assert_int_equal(xz_file_read(path, &buf), XZ_OK);
    assert_int_equal(buf.len, 100);
    xz_buf_clear(&buf);
    xz_buf_add_lit(&buf, ">");
    path = scratch_file("a", (xz_str){ text, 101 });
    assert_int_equal(xz_file_read(path, &buf), XZ_E_LIMIT);
    assert_str(xz_buf_str(&buf), ">");
}

/* Files of /proc say they have no bytes; such a size must not be believed. */
static void a_file_that_does_not_tell_its_size_is_read_up_to_the_limit(void **unused)
{
    (void)unused;
    if (access("/proc/self/status", R_OK) != 0)
        skip();
    assert_int_equal(xz_file_read("/proc/self/status", &buf), XZ_E_LIMIT);
    assert_int_equal(buf.len, 0);
    struct xz_buf large;
    xz_buf_init(&large, (size_t)MIB(1));
    assert_int_equal(xz_file_read("/proc/self/status", &large), XZ_OK);
    assert_true(xz_str_starts(xz_buf_str(&large), XZ_STR("Name:")));
    xz_buf_fini(&large);
}

static void what_is_missing_or_no_file_is_told_apart(void **unused)
{
    (void)unused;
    assert_int_equal(xz_file_read(scratch_path("none"), &buf), XZ_E_MISSING);
    assert_non_null(strstr(xz_fail_detail(), "none"));
    assert_int_equal(xz_file_read(scratch_path("none/deeper"), &buf), XZ_E_MISSING);
    assert_int_equal(xz_file_read(scratch, &buf), XZ_E_IO);
    assert_int_equal(mkfifo(scratch_path("pipe"), 0600), 0);
    assert_int_equal(xz_file_read(scratch_path("pipe"), &buf), XZ_E_IO); /* and does not hang */
}

static int entries_in(const char *path)
{
    int count = 0;
    DIR *folder = opendir(path);
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count - 2; /* "." and ".." */
}

static void replacing_puts_the_new_content_and_nothing_else(void **unused)
{
    (void)unused;
    const char *path = scratch_path("state");
    assert_int_equal(xz_file_replace(path, XZ_STR("one")), XZ_OK);
    assert_int_equal(xz_file_replace(path, XZ_STR("two!")), XZ_OK);
    assert_int_equal(xz_file_read(path, &buf), XZ_OK);
    assert_str(xz_buf_str(&buf), "two!");
    assert_int_equal(entries_in(scratch), 1);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void a_failed_replacement_leaves_the_old_content(void **unused)
{
    (void)unused;
    assert_int_equal(mkdir(scratch_path("taken"), 0700), 0);
    assert_int_equal(xz_file_replace(scratch_path("taken"), XZ_STR("x")), XZ_E_IO);
    assert_int_equal(entries_in(scratch), 1);
    assert_int_equal(xz_file_replace(scratch_path("none/file"), XZ_STR("x")), XZ_E_MISSING);
}

static void a_name_without_folder_is_replaced_where_one_stands(void **unused)
{
    (void)unused;
    char *before = getcwd(NULL, 0);
    assert_int_equal(chdir(scratch), 0);
    xz_err err = xz_file_replace("plain", XZ_STR("x"));
    assert_int_equal(chdir(before), 0);
    xz_free(before);
    assert_int_equal(err, XZ_OK);
    assert_int_equal(access(scratch_path("plain"), R_OK), 0);
}

static void folders_are_made_with_their_parents(void **unused)
{
    (void)unused;
    struct stat info;
    assert_int_equal(xz_dir_make(scratch_path("a/b//c/")), XZ_OK);
    assert_int_equal(stat(scratch_path("a/b/c"), &info), 0);
    assert_true(S_ISDIR(info.st_mode));
    assert_int_equal(info.st_mode & 0777, 0700);
    assert_int_equal(xz_dir_make(scratch_path("a/b/c")), XZ_OK);
    assert_int_equal(xz_dir_sync(scratch_path("a/b")), XZ_OK);
    assert_int_equal(xz_dir_sync(scratch_path("none")), XZ_E_MISSING);
    scratch_file("a/file", XZ_STR("x"));
    assert_int_equal(xz_dir_make(scratch_path("a/file")), XZ_E_IO);
    assert_int_equal(xz_dir_make(scratch_path("a/file/b")), XZ_E_IO);
    assert_int_equal(xz_dir_make(""), XZ_E_IO);
    assert_int_equal(xz_dir_make("/"), XZ_OK);
}

static void paths_are_joined_with_one_slash(void **unused)
{
    (void)unused;
    struct xz_arena *arena = xz_arena_create(1024);
    assert_str(xz_path_join(arena, XZ_STR("a"), XZ_STR("b")), "a/b");
    assert_str(xz_path_join(arena, XZ_STR("a/"), XZ_STR("b")), "a/b");
    assert_str(xz_path_join(arena, XZ_STR("/"), XZ_STR("b")), "/b");
    assert_str(xz_path_join(arena, XZ_STR(""), XZ_STR("b")), "b");
    assert_int_equal(xz_path_join(arena, XZ_STR("a"), XZ_STR("b")).ptr[3], 0);
    xz_arena_destroy(arena);
}

static void the_hash_of_a_file_is_that_of_its_bytes(void **unused)
{
    (void)unused;
    static char text[200000];
    struct xz_sha256 want, got;
    int64_t bytes = 0;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)(i * 31);
    xz_str content = { text, sizeof(text) };
    want = xz_sha256(content);
    assert_int_equal(xz_file_sha256(scratch_file("big", content), &got, &bytes), XZ_OK);
    assert_memory_equal(&want, &got, sizeof(want));
    assert_int_equal(bytes, sizeof(text));
    assert_int_equal(xz_file_sha256(scratch_path("none"), &got, &bytes), XZ_E_MISSING);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, start, stop)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_read_whole),
        TEST(reading_adds_to_what_the_buffer_holds),
        TEST(a_file_over_the_limit_is_refused_and_leaves_nothing),
        TEST(a_file_that_does_not_tell_its_size_is_read_up_to_the_limit),
        TEST(what_is_missing_or_no_file_is_told_apart),
        TEST(replacing_puts_the_new_content_and_nothing_else),
        TEST(a_failed_replacement_leaves_the_old_content),
        TEST(a_name_without_folder_is_replaced_where_one_stands),
        TEST(folders_are_made_with_their_parents),
        TEST(paths_are_joined_with_one_slash),
        TEST(the_hash_of_a_file_is_that_of_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
