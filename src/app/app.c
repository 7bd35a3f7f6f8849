/* Opening and closing of everything in a data folder, in order; the one list of migrations. */
#include "app/app.h"

#include "audit/audit.h"
#include "core/file.h"
#include "core/log.h"
#include "text/text.h"

#include <pthread.h>
#include <unistd.h>

#define MIGRATIONS_MAX 64

static struct xz_migration all_migrations[MIGRATIONS_MAX];
static size_t all_migration_count;

static void migrations_add(const struct xz_migration *rows, size_t count)
{
    XZ_ASSERT(all_migration_count + count <= MIGRATIONS_MAX);
    memcpy(all_migrations + all_migration_count, rows, count * sizeof(*rows));
    all_migration_count += count;
}

static void migrations_join(void)
{
    migrations_add(xz_audit_migrations, xz_audit_migration_count);
    migrations_add(xz_knowledge_migrations, xz_knowledge_migration_count);
    migrations_add(xz_qa_migrations, xz_qa_migration_count);
}

const struct xz_migration *xz_app_migrations(size_t *count)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, migrations_join);
    *count = all_migration_count;
    return all_migrations;
}

_Static_assert(offsetof(struct xz_app, context) == 0, "routes of the domains see the context");

/* The folder of the running program, without a slash at its end. */
static char *program_folder(void)
{
    char path[4096];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (len <= 0)
        return xz_strdup(".");
    path[len] = '\0';
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = '\0';
    return xz_strdup(path);
}

static char *path_beside(const char *folder, const char *name)
{
    struct xz_arena *arena = xz_arena_create(4096);
    xz_str path = xz_path_join(arena, xz_str_from(folder), xz_str_from(name));
    char *copy = xz_strdup(path.ptr);
    xz_arena_destroy(arena);
    return copy;
}

/* In a build folder the programs lie in build/src/app, or are linked to from build/. */
static void places_find(struct xz_app *app)
{
    static const char *const resources[] = { "share", "../share/xiaozheng", "../../data",
                                             "../data" };
    app->program_folder = program_folder();
    app->parser_path = path_beside(app->program_folder, "xz-parse");
    for (size_t i = 0; i < XZ_COUNT(resources) && !app->resource_folder; i++) {
        char *folder = path_beside(app->program_folder, resources[i]);
        char *words = path_beside(folder, "words.bin");
        if (access(words, R_OK) == 0)
            app->resource_folder = folder;
        else
            xz_free(folder);
        xz_free(words);
    }
}

xz_err xz_app_configure(const struct xz_app_options *options, struct xz_app *app)
{
    static const struct {
        const char *name;
        enum xz_log_level level;
    } levels[] = {
        { "debug", XZ_LOG_DEBUG },
        { "info", XZ_LOG_INFO },
        { "warn", XZ_LOG_WARN },
        { "error", XZ_LOG_ERROR },
    };
    *app = (struct xz_app){ .clock = &xz_clock_system };
    xz_err err = xz_config_load(options->config_file, options->flags, options->flag_count,
                                &app->config);
    if (err != XZ_OK)
        return err;
    xz_str level = xz_config_str(app->config, XZ_CFG_LOG_LEVEL);
    for (size_t i = 0; i < XZ_COUNT(levels); i++)
        if (xz_str_eq(level, xz_str_from(levels[i].name)))
            xz_log_level_set(levels[i].level);
    xz_str folder = xz_config_str(app->config, XZ_CFG_DATA_DIR);
    if (options->data_folder)
        folder = xz_str_from(options->data_folder);
    else if (!folder.len)
        folder = XZ_STR("data-dir");
    struct xz_arena *arena = xz_arena_create(4096);
    char here[4096];
    /* Absolute, so that what is reported of it holds wherever the reader stands. */
    if (!xz_str_starts(folder, XZ_STR("/")) && getcwd(here, sizeof(here)))
        folder = xz_path_join(arena, xz_str_from(here), folder);
    app->data_folder = xz_strdup(xz_str_cstr(arena, folder));
    xz_arena_destroy(arena);
    app->started_ms = xz_clock_now_ms(app->clock);
    places_find(app);
    return XZ_OK;
}

static xz_err store_open(struct xz_app *app)
{
    struct xz_store_options options = {
        .folder = app->data_folder,
        .clock = app->clock,
        .readers_max = (size_t)xz_config_int(app->config, XZ_CFG_STORE_READERS),
        .batch_max = (size_t)xz_config_int(app->config, XZ_CFG_STORE_BATCH),
        .queue_max = (size_t)xz_config_int(app->config, XZ_CFG_STORE_QUEUE),
    };
    options.migrations = xz_app_migrations(&options.migration_count);
    return xz_store_open(&options, &app->store);
}

xz_err xz_app_open(struct xz_app *app)
{
    struct xz_knowledge_options knowledge = { .clock = app->clock };
    struct xz_qa_options qa = {
        .clock = app->clock,
        .threshold_permille = xz_config_int(app->config, XZ_CFG_QA_THRESHOLD),
        .question_chars_max = xz_config_int(app->config, XZ_CFG_QA_QUESTION_CHARS),
        .speech_program = xz_config_str(app->config, XZ_CFG_SPEECH_PROGRAM),
        .speech_timeout_ms = xz_config_int(app->config, XZ_CFG_SPEECH_MS),
    };
    xz_str region = xz_config_str(app->config, XZ_CFG_SITE_REGION);
    char *index_folder = path_beside(app->data_folder, "index"), *encoder = NULL;
    xz_err err;

    if (!app->resource_folder) {
        err = xz_fail(XZ_E_IO, "程序旁缺少资源文件 share/words.bin，请重新安装或重新构建。");
        goto out;
    }
    if (region.len && !xz_str_to_int(region, &knowledge.site_region)) {
        err = xz_fail(XZ_E_INPUT, "设置 site.region 应为区划代码。");
        goto out;
    }
    if ((err = xz_text_init()) != XZ_OK || (err = store_open(app)) != XZ_OK)
        goto out;
    knowledge.store = app->store;
    knowledge.index_folder = index_folder;
    knowledge.resource_folder = app->resource_folder;
    if ((err = xz_knowledge_open(&knowledge, &app->context.knowledge)) != XZ_OK)
        goto out;
    qa.knowledge = app->context.knowledge;
    if (xz_config_int(app->config, XZ_CFG_QA_SEMANTIC))
        qa.encoder_path = encoder = path_beside(app->resource_folder, "embed.bin");
    qa.serving = app->serving;
    if ((err = xz_qa_open(&qa, &app->context.qa)) == XZ_OK)
        app->ready = true;
out:
    xz_free(index_folder);
    xz_free(encoder);
    return err;
}

void xz_app_close(struct xz_app *app)
{
    app->ready = false;
    xz_qa_close(app->context.qa);
    xz_knowledge_close(app->context.knowledge);
    xz_store_close(app->store);
    xz_config_destroy(app->config);
    xz_free(app->data_folder);
    xz_free(app->program_folder);
    xz_free(app->parser_path);
    xz_free(app->resource_folder);
    *app = (struct xz_app){ 0 };
}

xz_str xz_app_socket_path(const struct xz_app *app, struct xz_arena *arena)
{
    return xz_path_join(arena, xz_str_from(app->data_folder), XZ_STR("socket"));
}

struct xz_import_options xz_app_import_options(struct xz_app *app, struct xz_actor actor)
{
    return (struct xz_import_options){
        .knowledge = app->context.knowledge,
        .actor = actor,
        .parser_path = app->parser_path,
        .file_bytes_max = xz_config_int(app->config, XZ_CFG_IMPORT_FILE_BYTES),
        .file_timeout_ms = xz_config_int(app->config, XZ_CFG_IMPORT_FILE_MS),
        .memory_bytes_max = xz_config_int(app->config, XZ_CFG_IMPORT_MEMORY_BYTES),
        .work_folder = app->data_folder,
        .tool_timeout_ms = xz_config_int(app->config, XZ_CFG_IMPORT_TOOL_MS),
        .pages_max = xz_config_int(app->config, XZ_CFG_IMPORT_PDF_PAGES),
        .scanned_pages_max = xz_config_int(app->config, XZ_CFG_IMPORT_SCANNED_PAGES),
    };
}
