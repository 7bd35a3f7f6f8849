/* Word documents: the text, its styles, its numbering and its footnotes, whatever they hold. */
#include "fuzz_office.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char package[] = "<Relationships><Relationship Id=\"a\" Type=\"" OFFICE_RELATION
                                  "officeDocument\" Target=\"word/document.xml\"/></Relationships>";
    static const char related[] = "<Relationships>"
                                  "<Relationship Type=\"x/styles\" Target=\"styles.xml\"/>"
                                  "<Relationship Type=\"x/numbering\" Target=\"numbering.xml\"/>"
                                  "<Relationship Type=\"x/footnotes\" Target=\"footnotes.xml\"/>"
                                  "</Relationships>";
    struct office_part parts[] = { { "word/document.xml", XZ_STR_NONE },
                                   { "word/styles.xml", XZ_STR_NONE },
                                   { "word/numbering.xml", XZ_STR_NONE },
                                   { "word/footnotes.xml", XZ_STR_NONE },
                                   OFFICE_TYPES,
                                   { "_rels/.rels", { package, sizeof(package) - 1 } },
                                   { "word/_rels/document.xml.rels",
                                     { related, sizeof(related) - 1 } } };
    /* A part that the input does not reach is not there. */
    size_t given = 1;
    for (size_t i = 0; i < size; i++)
        given += data[i] == 0;
    for (size_t i = XZ_MIN(given, (size_t)4); i < 4; i++)
        parts[i].name = i == 1 ? "a" : i == 2 ? "b" : "c";
    return fuzz_office("a.docx", parts, 4, XZ_COUNT(parts), data, size);
}
