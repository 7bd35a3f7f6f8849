/* Arguments: one table of options, read wherever they stand; what is left is the command and its
 * operands. What a command does with them is its own business. */
#include "app/cli/cli_internal.h"

enum option_type { OPTION_FLAG, OPTION_TEXT, OPTION_INT, OPTION_SETS };

struct option_row {
    const char *name, *value; /* value: its name in the help, NULL for a flag */
    unsigned commands;
    enum option_type type;
    size_t place; /* in struct cli_options */
    int64_t min, max;
    const char *help;
};

#define AT(member) offsetof(struct cli_options, member)

/* clang-format off */
static const struct option_row option_rows[] = {
    { "region",     "区域",   CLI_ASK | CLI_SEARCH, OPTION_TEXT, AT(region),     0, 0,    "所在区域的名称或区划代码，如 临江区" },
    { "dialogue",   "编号",   CLI_ASK,              OPTION_TEXT, AT(dialogue),   0, 0,    "接着此前的对话追问（编号由上一次回答给出）" },
    { "kind",       "种类",   CLI_SEARCH,           OPTION_TEXT, AT(kind),       0, 0,    "只查一种：law 法律法规、policy 政策文件、guide 办事指南、answer 已审答复" },
    { "limit",      "条数",   CLI_SEARCH | CLI_COMPLAINTS, OPTION_INT, AT(limit), 1, 100,  "最多列出多少条，1 至 100，默认 10（complaints 默认 100）" },
    { "superseded", NULL,     CLI_SEARCH,           OPTION_FLAG, AT(superseded), 0, 0,    "连同已废止、已失效的一起查" },
    { "parallel",   "个数",   CLI_IMPORT,           OPTION_INT,  AT(parallel),   1, 64,   "同时处理多少个文件，1 至 64，默认按处理器核数" },
    { "reason",     "原因",   CLI_WITHDRAW,         OPTION_TEXT, AT(reason),     0, 0,    "为什么撤下或恢复，记入审计记录" },
    { "undo",       NULL,     CLI_WITHDRAW,         OPTION_FLAG, AT(undo),       0, 0,    "恢复此前用本命令撤下的内容" },
    { "map",        "对应",   CLI_IMPORT,           OPTION_TEXT, AT(map),        0, 0,    "表格各列的含义，如 '问题=标准问,答案=答复口径'；也可以是写着它的文件" },
    { "corpus",     "文件",   CLI_EVAL,             OPTION_TEXT, AT(corpus),     0, 0,    "语料，每行一个 JSON：_id、title、text" },
    { "queries",    "文件",   CLI_EVAL,             OPTION_TEXT, AT(queries),    0, 0,    "问题，每行一个 JSON：_id、text" },
    { "qrels",      "文件",   CLI_EVAL,             OPTION_TEXT, AT(qrels),      0, 0,    "标注，制表符分隔：问题、语料、相关度，首行为表头" },
    { "data",       "目录",   CLI_EVERY,            OPTION_TEXT, AT(data),       0, 0,    "数据目录（默认取设置 data.dir 或环境变量 XIAOZHENG_DATA_DIR，再次为 ./data-dir）" },
    { "json",       NULL,     CLI_EVERY,            OPTION_FLAG, AT(json),       0, 0,    "标准输出只打印一个 JSON 对象，供程序读取" },
    { "config",     "文件",   CLI_EVERY,            OPTION_TEXT, AT(config),     0, 0,    "设置文件（样例见 xiaozhengd --print-config）" },
    { "set",        "键=值",  CLI_EVERY,            OPTION_SETS, AT(sets),       0, 0,    "覆盖一项设置，可多次使用" },
    { "help",       NULL,     CLI_EVERY,            OPTION_FLAG, AT(help),       0, 0,    "显示帮助" },
    { "version",    NULL,     CLI_EVERY,            OPTION_FLAG, AT(version),    0, 0,    "显示版本" },
};
/* clang-format on */

static const struct option_row *option_find(xz_str name)
{
    if (xz_str_eq(name, XZ_STR("-h")))
        name = XZ_STR("--help");
    if (xz_str_eq(name, XZ_STR("-V")))
        name = XZ_STR("--version");
    for (size_t i = 0; i < XZ_COUNT(option_rows); i++)
        if (xz_str_starts(name, XZ_STR("--")) &&
            xz_str_eq(xz_str_sub(name, 2, name.len), xz_str_from(option_rows[i].name)))
            return &option_rows[i];
    return NULL;
}

static xz_err option_store(struct cli_options *options, const struct option_row *row,
                           const char *value)
{
    void *place = (char *)options + row->place;
    int64_t number;

    switch (row->type) {
    case OPTION_FLAG:
        *(bool *)place = true;
        return XZ_OK;
    case OPTION_TEXT:
        if (!value[0])
            return xz_fail(XZ_E_INPUT, "选项 --%s 的值不能为空。", row->name);
        *(const char **)place = value;
        return XZ_OK;
    case OPTION_INT:
        if (!xz_str_to_int(xz_str_from(value), &number) || number < row->min || number > row->max)
            return xz_fail(XZ_E_INPUT, "选项 --%s 应为 %lld 至 %lld 的整数。", row->name,
                           (long long)row->min, (long long)row->max);
        *(int64_t *)place = number;
        return XZ_OK;
    case OPTION_SETS:
        if (options->set_count == CLI_SETS_MAX)
            return xz_fail(XZ_E_INPUT, "--set 最多使用 %d 次，其余请写入设置文件。", CLI_SETS_MAX);
        options->sets[options->set_count++] = value;
        return XZ_OK;
    }
    return XZ_OK;
}

/* Reads the option at argv[*at] and moves on to its last word. */
static xz_err option_take(struct cli_options *options, int argc, char **argv, int *at,
                          unsigned *used)
{
    xz_str rest = xz_str_from(argv[*at]);
    bool has_value = xz_str_find(rest, XZ_STR("=")) != XZ_STR_NPOS;
    xz_str name = xz_str_cut(&rest, '=');
    const struct option_row *row = option_find(name);

    if (!row)
        return xz_fail(XZ_E_INPUT, "没有选项 %s。以“-”开头的文字请放在 -- 之后。", argv[*at]);
    *used |= 1u << (row - option_rows);
    if (!row->value) {
        if (has_value)
            return xz_fail(XZ_E_INPUT, "选项 --%s 不带值。", row->name);
        return option_store(options, row, "");
    }
    if (has_value)
        return option_store(options, row, rest.ptr);
    if (*at + 1 >= argc)
        return xz_fail(XZ_E_INPUT, "选项 --%s 后面缺少%s。", row->name, row->value);
    return option_store(options, row, argv[++*at]);
}

/* "eval retrieval" takes two words; how many were given of it. */
static size_t words_matched(const struct cli_command *command, const struct cli_options *options)
{
    xz_str rest = xz_str_from(command->name);
    size_t count = 0;
    while (rest.len) {
        xz_str word = xz_str_cut(&rest, ' ');
        if (count == options->word_count || !xz_str_eq(word, xz_str_from(options->words[count])))
            return 0;
        count++;
    }
    return count;
}

static xz_err command_find(struct cli *cli)
{
    const struct cli_options *o = &cli->options;
    if (!o->word_count)
        return o->help || o->version ? XZ_OK
                                     : xz_fail(XZ_E_INPUT, "请给出要执行的命令，运行 xiaozheng "
                                                           "--help 查看有哪些命令。");
    for (size_t i = 0; i < cli_command_count; i++) {
        size_t count = words_matched(&cli_commands[i], o);
        if (!count)
            continue;
        cli->command = &cli_commands[i];
        cli->operands = o->words + count;
        cli->operand_count = o->word_count - count;
        return XZ_OK;
    }
    for (size_t i = 0; i < cli_command_count; i++) {
        xz_str rest = xz_str_from(cli_commands[i].name);
        xz_str head = xz_str_cut(&rest, ' ');
        if (!rest.len || !xz_str_eq(head, xz_str_from(o->words[0])))
            continue;
        cli->command = o->help ? &cli_commands[i] : NULL;
        return o->help ? XZ_OK
                       : xz_fail(XZ_E_INPUT, "命令 %s 要写全：xiaozheng %s %s", o->words[0],
                                 cli_commands[i].name, cli_commands[i].operands);
    }
    return xz_fail(XZ_E_INPUT, "没有命令“%s”，运行 xiaozheng --help 查看有哪些命令。", o->words[0]);
}

static xz_err command_check(const struct cli *cli, unsigned used)
{
    const struct cli_command *command = cli->command;
    if (!command || cli->options.help)
        return XZ_OK;
    for (size_t i = 0; i < XZ_COUNT(option_rows); i++)
        if ((used & 1u << i) && !(option_rows[i].commands & command->bit))
            return xz_fail(XZ_E_INPUT, "命令 %s 没有选项 --%s，运行 xiaozheng %s --help 查看用法。",
                           command->name, option_rows[i].name, command->name);
    if (cli->operand_count < command->words_min || cli->operand_count > command->words_max)
        return xz_fail(XZ_E_INPUT, "%s。用法：xiaozheng %s %s",
                       cli->operand_count < command->words_min ? "缺少内容" : "多了内容",
                       command->name, command->operands);
    return XZ_OK;
}

xz_err cli_args_read(struct cli *cli, int argc, char **argv)
{
    struct cli_options *o = &cli->options;
    bool ended = false;
    unsigned used = 0;
    xz_err err;

    /* Known before anything can go wrong: how the failure is to be said. */
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        o->json = o->json || strcmp(argv[i], "--json") == 0;
    o->words = XZ_NEW(cli->arena, const char *, (size_t)argc + 1);
    for (int i = 1; i < argc; i++) {
        if (!ended && strcmp(argv[i], "--") == 0)
            ended = true;
        else if (ended || argv[i][0] != '-' || !argv[i][1])
            o->words[o->word_count++] = argv[i];
        else if ((err = option_take(o, argc, argv, &i, &used)) != XZ_OK)
            return err;
    }
    if (o->word_count && strcmp(o->words[0], "help") == 0) {
        o->help = true;
        o->words++;
        o->word_count--;
    }
    if ((err = command_find(cli)) != XZ_OK)
        return err;
    return command_check(cli, used);
}

xz_str cli_operands_join(struct cli *cli)
{
    xz_str text = XZ_STR_NONE;
    for (size_t i = 0; i < cli->operand_count; i++)
        text = xz_str_format(cli->arena, "%.*s%s%s", XZ_STR_ARG(text), i ? " " : "",
                             cli->operands[i]);
    return text;
}

/* --- help --- */

static void options_print(unsigned commands)
{
    for (size_t i = 0; i < XZ_COUNT(option_rows); i++) {
        const struct option_row *row = &option_rows[i];
        char name[64];
        bool general = row->commands == CLI_EVERY;
        if (commands == CLI_EVERY ? !general : general || !(row->commands & commands))
            continue;
        snprintf(name, sizeof(name), "--%s%s%s", row->name, row->value ? " " : "",
                 row->value ? row->value : "");
        fputs("  ", stdout);
        cli_put_padded(stdout, xz_str_from(name), 18);
        printf("%s\n", row->help);
    }
}

static void help_all(void)
{
    cli_heading("小政命令行");
    fputs("用法：xiaozheng 命令 [内容] [选项]\n\n", stdout);
    cli_heading("命令");
    for (size_t i = 0; i < cli_command_count; i++) {
        char name[96];
        snprintf(name, sizeof(name), "%s %s", cli_commands[i].name, cli_commands[i].operands);
        fputs("  ", stdout);
        cli_put_padded(stdout, xz_str_from(name), 26);
        printf("%s\n", cli_commands[i].summary);
    }
    putchar('\n');
    cli_heading("通用选项（可写在任何位置）");
    options_print(CLI_EVERY);
    fputs("\n数据目录上有服务在运行时，命令经由其中的套接字交给服务办理；没有服务时直接打开数据。\n"
          "退出码：0 正常；1 完成但有问题；2 用法有误；3 没有找到或没有依据；4 数据目录被占用；\n"
          "        5 读写失败；6 没有权限；7 系统繁忙；10 体检发现故障；130 被中断。\n"
          "运行 xiaozheng 命令 --help 查看一条命令的用法。\n",
          stdout);
}

void cli_help(const struct cli_command *command)
{
    if (!command) {
        help_all();
        return;
    }
    printf("%s\n\n用法：xiaozheng %s %s [选项]\n\n%s", command->summary, command->name,
           command->operands, command->help);
    for (size_t i = 0; i < XZ_COUNT(option_rows); i++) {
        if (option_rows[i].commands != CLI_EVERY && (option_rows[i].commands & command->bit)) {
            putchar('\n');
            cli_heading("选项");
            options_print(command->bit);
            break;
        }
    }
    putchar('\n');
    cli_heading("通用选项");
    options_print(CLI_EVERY);
}
