/* Workbooks: a sheet, the shared strings, the formats and the list of sheets, whatever they hold.
 */
#include "fuzz_office.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char package[] = "<Relationships><Relationship Id=\"a\" Type=\"" OFFICE_RELATION
                                  "officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>";
    static const char related[] =
        "<Relationships><Relationship Id=\"r1\" Type=\"x/worksheet\" Target=\"s.xml\"/>"
        "<Relationship Type=\"x/styles\" Target=\"styles.xml\"/>"
        "<Relationship Type=\"x/sharedStrings\" Target=\"strings.xml\"/></Relationships>";
    struct office_part parts[] = { { "xl/s.xml", XZ_STR_NONE },
                                   { "xl/strings.xml", XZ_STR_NONE },
                                   { "xl/styles.xml", XZ_STR_NONE },
                                   { "xl/workbook.xml", XZ_STR_NONE },
                                   OFFICE_TYPES,
                                   { "_rels/.rels", { package, sizeof(package) - 1 } },
                                   { "xl/_rels/workbook.xml.rels",
                                     { related, sizeof(related) - 1 } } };
    size_t given = 1;
    for (size_t i = 0; i < size; i++)
        given += data[i] == 0;
    for (size_t i = XZ_MIN(given, (size_t)3); i < 3; i++)
        parts[i].name = i == 1 ? "a" : "b";
    if (given < 4) {
        static const char workbook[] =
            "<workbook><sheets><sheet name=\"一\" id=\"r1\"/></sheets></workbook>";
        struct office_part fixed[XZ_COUNT(parts)];
        memcpy(fixed, parts, sizeof(parts));
        fixed[3].bytes = (xz_str){ workbook, sizeof(workbook) - 1 };
        return fuzz_office("a.xlsx", fixed, 3, XZ_COUNT(fixed), data, size);
    }
    return fuzz_office("a.xlsx", parts, 4, XZ_COUNT(parts), data, size);
}
