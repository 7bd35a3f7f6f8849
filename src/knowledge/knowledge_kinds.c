/* The kinds of entries and their names, for the importer and for xz-parse alike. */
#include "knowledge/knowledge.h"

static const struct {
    const char *name, *chinese;
} kind_names[] = {
    [XZ_ENTRY_LAW] = { "law", "法律法规" },
    [XZ_ENTRY_POLICY] = { "policy", "政策文件" },
    [XZ_ENTRY_GUIDE] = { "guide", "办事指南" },
    [XZ_ENTRY_ANSWER] = { "answer", "已审答复" },
};

const char *xz_entry_kind_name(enum xz_entry_kind kind)
{
    XZ_ASSERT(kind > 0 && kind < XZ_ENTRY_KIND_COUNT);
    return kind_names[kind].name;
}

bool xz_entry_kind_parse(xz_str name, enum xz_entry_kind *kind)
{
    for (size_t i = 1; i < XZ_COUNT(kind_names); i++) {
        if (xz_str_eq(name, xz_str_from(kind_names[i].name)) ||
            xz_str_eq(name, xz_str_from(kind_names[i].chinese))) {
            *kind = (enum xz_entry_kind)i;
            return true;
        }
    }
    return false;
}
