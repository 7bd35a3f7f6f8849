/* xz-parse NAME LIMITS [COLUMNS]: takes one file apart in a jail. The file is fd 0, drafts go to fd
 * 1 as JSON lines. Everything that needs files is loaded before the jail closes. xz-parse --tool
 * KIND FOLDER LIMITS: has outside tools turn fd 0 into a file that the first form reads, in a jail
 * of its own; it goes to fd 1. */
#include "doc/doc_sandbox.h"
#include "knowledge/recognise.h"
#include "text/text.h"

#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "--tool") == 0)
        _exit(xz_tool_main(argv[2], argv[3], argv[4]));
    if (argc < 2 || xz_text_init() != XZ_OK || xz_sandbox_enter(argc > 2 ? argv[2] : NULL) != XZ_OK)
        _exit(4);
    _exit(xz_recognise_main(0, 1, xz_str_from(argv[1]), xz_str_from(argc > 3 ? argv[3] : NULL)));
}
