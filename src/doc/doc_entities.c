/* Character references of HTML, the ones that Chinese pages use. An unknown name is left as text.
 */
#include "doc/doc_internal.h"

static const struct {
    const char *name;
    uint32_t code;
} entities[] = {
    { "nbsp", 0xA0 },     { "lt", '<' },        { "gt", '>' },        { "amp", '&' },
    { "quot", '"' },      { "apos", '\'' },     { "ensp", 0x2002 },   { "emsp", 0x2003 },
    { "thinsp", 0x2009 }, { "middot", 0xB7 },   { "hellip", 0x2026 }, { "mdash", 0x2014 },
    { "ndash", 0x2013 },  { "ldquo", 0x201C },  { "rdquo", 0x201D },  { "lsquo", 0x2018 },
    { "rsquo", 0x2019 },  { "sbquo", 0x201A },  { "bdquo", 0x201E },  { "laquo", 0xAB },
    { "raquo", 0xBB },    { "lsaquo", 0x2039 }, { "rsaquo", 0x203A }, { "times", 0xD7 },
    { "divide", 0xF7 },   { "plusmn", 0xB1 },   { "deg", 0xB0 },      { "yen", 0xA5 },
    { "euro", 0x20AC },   { "pound", 0xA3 },    { "cent", 0xA2 },     { "sect", 0xA7 },
    { "para", 0xB6 },     { "copy", 0xA9 },     { "reg", 0xAE },      { "trade", 0x2122 },
    { "bull", 0x2022 },   { "permil", 0x2030 }, { "le", 0x2264 },     { "ge", 0x2265 },
    { "ne", 0x2260 },     { "asymp", 0x2248 },  { "larr", 0x2190 },   { "rarr", 0x2192 },
    { "uarr", 0x2191 },   { "darr", 0x2193 },   { "sup2", 0xB2 },     { "sup3", 0xB3 },
    { "frac12", 0xBD },   { "frac14", 0xBC },   { "frac34", 0xBE },   { "shy", 0xAD },
    { "zwnj", 0x200C },   { "zwj", 0x200D },    { "lrm", 0x200E },    { "rlm", 0x200F },
    { "tilde", 0x2DC },   { "circ", 0x2C6 },    { "prime", 0x2032 },  { "Prime", 0x2033 },
    { "oline", 0x203E },  { "minus", 0x2212 },  { "infin", 0x221E },  { "radic", 0x221A },
    { "alpha", 0x3B1 },   { "beta", 0x3B2 },    { "mu", 0x3BC },      { "Omega", 0x3A9 },
    { "iexcl", 0xA1 },    { "not", 0xAC },      { "macr", 0xAF },     { "acute", 0xB4 },
    { "hearts", 0x2665 }, { "star", 0x2606 },   { "check", 0x2713 },  { "loz", 0x25CA },
};

/* &#25919; and &#x653F; */
static size_t numeric(xz_str text, uint32_t *code)
{
    size_t pos = 2;
    uint32_t value = 0;
    bool hex = text.len > 2 && (text.ptr[2] | 0x20) == 'x';
    size_t first = pos += hex;
    for (; pos < text.len && pos - first < 8; pos++) {
        char c = text.ptr[pos], low = (char)(c | 0x20);
        if (c >= '0' && c <= '9')
            value = value * (hex ? 16 : 10) + (uint32_t)(c - '0');
        else if (hex && low >= 'a' && low <= 'f')
            value = value * 16 + (uint32_t)(low - 'a') + 10;
        else
            break;
    }
    if (pos == first)
        return 0;
    bool bad = value == 0 || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000);
    *code = bad ? 0xFFFD : value;
    if (value < 0x20 && value != '\t' && value != '\n')
        *code = 0xFFFD;
    return pos + (pos < text.len && text.ptr[pos] == ';');
}

size_t doc_entity_read(xz_str text, uint32_t *code)
{
    if (text.len < 3 || text.ptr[0] != '&')
        return 0;
    if (text.ptr[1] == '#')
        return numeric(text, code);
    for (size_t i = 0; i < XZ_COUNT(entities); i++) {
        xz_str name = xz_str_from(entities[i].name);
        if (!xz_str_starts(xz_str_sub(text, 1, text.len), name))
            continue;
        if (text.len <= name.len + 1 || text.ptr[name.len + 1] != ';')
            continue;
        *code = entities[i].code;
        return name.len + 2;
    }
    return 0;
}
