/* Markdown from anywhere gives clean, bounded blocks or a refusal with its reason (fuzz_doc.h). */
#include "fuzz_doc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_doc("a.md", data, size);
}
