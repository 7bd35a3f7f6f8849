/* Markdown from anywhere. */
#include "fuzz_doc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_doc("a.md", data, size);
}
