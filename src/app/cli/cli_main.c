/* xiaozheng: the command line. The table of commands, and one run from arguments to exit code. */
#include "app/cli/cli_internal.h"

/* clang-format off */
const struct cli_command cli_commands[] = {
    { CLI_ASK, "ask", "问题", "提问，给出已审答复或条款原文及出处",
      "  xiaozheng ask 社保卡丢了怎么补办\n"
      "  xiaozheng ask --region 临江区 老旧小区加装电梯有补贴吗\n"
      "  xiaozheng ask --dialogue 上次给出的编号 那需要什么材料\n"
      "没有依据时退出码为 3，并给出相近的问题与咨询电话。\n",
      1, SIZE_MAX, CLI_NEEDS_DATA, cli_ask },
    { CLI_SEARCH, "search", "词语", "按词语查找条款",
      "  xiaozheng search 加装电梯 补贴 --kind policy --limit 5\n"
      "一条也没有找到时退出码为 3。\n",
      1, SIZE_MAX, CLI_NEEDS_DATA, cli_search },
    { CLI_IMPORT, "import", "路径…", "导入文件与文件夹；再次运行即从中断处继续",
      "  xiaozheng import 法规库 --data /var/lib/xiaozheng\n"
      "可导入 Markdown、HTML、txt、csv，以及装着它们的文件夹。内容未变的文件不重复导入。\n"
      "每个文件一经确认即已落盘并可查到；按 Ctrl-C 停止后，再次运行同一命令即可继续。\n"
      "有文件被拒收时退出码为 1，结尾列出文件与原因。\n",
      1, SIZE_MAX, CLI_MAKES_DATA, cli_import },
    { CLI_STATUS, "status", "", "资料、索引与内存的状况", "",
      0, 0, CLI_NEEDS_DATA, cli_status },
    { CLI_BACKUP, "backup", "[目录]", "在线备份到新目录，默认放在数据目录的 backup 下",
      "备份期间服务照常运行。目录必须尚不存在。\n",
      0, 1, CLI_NEEDS_DATA, cli_backup },
    { CLI_RESTORE, "restore", "目录", "用备份替换数据；须先停止服务",
      "先核对备份是否完整，再一次替换；原来的数据库保留在数据目录中。\n",
      1, 1, CLI_NEEDS_SETTINGS, cli_restore },
    { CLI_VERIFY, "verify", "", "核对数据库与索引；发现问题时退出码为 1",
      "核对数据库的完整性、外键、迁移记录，以及索引的校验和与数据是否一一对应。\n",
      0, 0, CLI_NEEDS_DATA, cli_verify },
    { CLI_WORD, "word add", "词语", "加入一个用户词，立即生效",
      "  xiaozheng word add 一网通办\n"
      "用户词在分词时保持完整，含有它的条款会立即重新编入索引。\n",
      1, 1, CLI_NEEDS_DATA, cli_word_add },
    { CLI_WITHDRAW, "withdraw", "文件名|事项编码", "撤下一个文件、其中一行或一个事项；--undo 恢复",
      "  xiaozheng withdraw 知识库/policies/a.md --reason 内容有误\n"
      "  xiaozheng withdraw AL-RS-001 --reason 事项停办\n"
      "  xiaozheng withdraw 知识库/policies/a.md --undo --reason 已核实\n"
      "文件名是导入时的名称；表格中的一行写作 文件名#问题@区域。撤下后立即查不到，原文和历史保留；\n"
      "再次导入同一文件不会使它重新公开，只有 --undo 可以。原因必须写，记入审计记录。\n",
      1, 1, CLI_NEEDS_DATA, cli_withdraw },
    { CLI_COMPLAINTS, "complaints", "", "列出收到的投诉，新的在前",
      "  xiaozheng complaints --limit 20\n"
      "每条有受理编号、类别、答复期限、所投诉的问答编号和联系方式。\n",
      0, 0, CLI_NEEDS_DATA, cli_complaints },
    { CLI_DOCTOR, "doctor", "", "体检：找出常见的故障，并说明怎么办",
      "查数据目录、服务与端口、数据库、磁盘、内存、时钟、备份、沙箱、外部工具、nginx 与证书、资料和索引；\n"
      "只看不改。以 root 执行时自动改以数据目录所有者的身份查看。\n"
      "退出码：0 没有问题，1 有需要注意的，10 有故障。\n",
      0, 0, CLI_NEEDS_SETTINGS, cli_doctor },
    { CLI_EVAL, "eval retrieval", "", "用自有的标注问题评测检索",
      "  xiaozheng eval retrieval --corpus 语料.jsonl --queries 问题.jsonl --qrels 标注.tsv\n"
      "结果表打印到标准错误，标准输出的最后一行是一个 JSON 对象。不读写数据目录。\n",
      0, 0, CLI_NEEDS_SETTINGS, cli_eval_retrieval },
};
/* clang-format on */
const size_t cli_command_count = XZ_COUNT(cli_commands);

static int run(struct cli *cli, int argc, char **argv)
{
    xz_err err = cli_args_read(cli, argc, argv);
    if (err != XZ_OK)
        return cli_failed(cli, err);
    if (cli->options.help) {
        cli_help(cli->command);
        return CLI_OK;
    }
    if (cli->options.version) {
        puts("xiaozheng " XZ_VERSION);
        return CLI_OK;
    }
    if (cli->command->bit == CLI_IMPORT)
        cli_import_prepare();
    if ((err = cli_session_begin(cli, cli->command->need)) != XZ_OK)
        return cli_failed(cli, err);
    return cli->command->run(cli);
}

int main(int argc, char **argv)
{
    struct cli cli = { .arena = xz_arena_create(1 << 14) };
    int code = run(&cli, argc, argv);

    cli_session_end(&cli);
    xz_arena_destroy(cli.arena);
    if ((fflush(stdout) != 0 || ferror(stdout)) && code == CLI_OK) {
        fputs("xiaozheng：结果没有写完，请检查输出位置的磁盘空间。\n", stderr);
        code = CLI_IO;
    }
    return code;
}
