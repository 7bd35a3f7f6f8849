/* Automatic numbers of a docx written out: 第一条, 一、, （一）, 1.2. Without them the articles of
 * a law typed with Word's numbering would have no numbers at all. */
#include "doc/doc_docx_internal.h"

#include <stdlib.h>

#define LISTS_MAX       20000
#define LABEL_BYTES_MAX 200

enum {
    N_NUM,
    N_ABSTRACT,
    N_ABSTRACT_ID,
    N_LEVEL,
    N_START,
    N_FORMAT,
    N_TEXT,
    N_LEGAL,
    N_RESTART,
    N_STYLE,
    N_OVERRIDE,
    N_START_OVERRIDE,
    N_STYLE_LINK,
    N_SUFFIX
};
static const char *const number_names[] = { "num",          "abstractNum", "abstractNumId",
                                            "lvl",          "start",       "numFmt",
                                            "lvlText",      "isLgl",       "lvlRestart",
                                            "pStyle",       "lvlOverride", "startOverride",
                                            "numStyleLink", "suff",        NULL };

enum number_format {
    F_DECIMAL,
    F_HAN,
    F_HAN_FORMAL,
    F_HAN_DIGITS,
    F_CIRCLED,
    F_FULL_WIDTH,
    F_STEMS,
    F_BRANCHES,
    F_LETTER_UPPER,
    F_LETTER_LOWER,
    F_ROMAN_UPPER,
    F_ROMAN_LOWER,
    F_TWO_DIGITS,
    F_BULLET,
    F_NONE
};

static const struct {
    const char *name;
    enum number_format format;
} formats[] = {
    { "decimal", F_DECIMAL },
    { "bullet", F_BULLET },
    { "none", F_NONE },
    { "chineseCounting", F_HAN },
    { "chineseCountingThousand", F_HAN },
    { "taiwaneseCounting", F_HAN },
    { "taiwaneseCountingThousand", F_HAN },
    { "japaneseCounting", F_HAN },
    { "koreanCounting", F_HAN },
    { "ideographDigital", F_HAN_DIGITS },
    { "taiwaneseDigital", F_HAN_DIGITS },
    { "chineseLegalSimplified", F_HAN_FORMAL },
    { "ideographLegalTraditional", F_HAN_FORMAL },
    { "japaneseLegal", F_HAN_FORMAL },
    { "decimalEnclosedCircle", F_CIRCLED },
    { "decimalEnclosedCircleChinese", F_CIRCLED },
    { "decimalFullWidth", F_FULL_WIDTH },
    { "decimalFullWidth2", F_FULL_WIDTH },
    { "ideographTraditional", F_STEMS },
    { "ideographZodiac", F_BRANCHES },
    { "upperLetter", F_LETTER_UPPER },
    { "lowerLetter", F_LETTER_LOWER },
    { "upperRoman", F_ROMAN_UPPER },
    { "lowerRoman", F_ROMAN_LOWER },
    { "decimalZero", F_TWO_DIGITS },
};

struct level {
    enum number_format format;
    xz_str text, style;
    int64_t start, restart; /* restart: after a level up to this one; 0: never; UNSET: any above */
    bool legal, spaced;     /* legal: every number in decimal; spaced: something stands between */
};

struct abstract {
    int64_t id;
    xz_str style_link; /* the list is that of a numbering style */
    struct level levels[DOCX_LEVELS];
    int64_t counters[DOCX_LEVELS];
    bool counting[DOCX_LEVELS];
};

struct list {
    int64_t id, abstract_id;
    int64_t starts[DOCX_LEVELS];
    bool begun[DOCX_LEVELS];
    struct level *levels[DOCX_LEVELS]; /* of its own, else NULL */
};

struct docx_numbers {
    struct abstract *abstracts;
    struct list *lists;
    size_t abstract_count, list_count;
    const struct docx_styles *styles;
};

struct numbers_reading {
    struct xz_arena *arena;
    struct docx_numbers *numbers;
    size_t abstract_room, list_room;
    struct abstract *abstract; /* under way, or NULL */
    struct list *list;
    struct level *level;
    size_t overriding; /* the level that a list overrides */
};

static void *grown(struct xz_arena *arena, void *rows, size_t count, size_t *room, size_t bytes)
{
    if (count < *room)
        return rows;
    *room = *room ? *room * 2 : 16;
    void *more = xz_arena_array(arena, *room, bytes);
    if (count)
        memcpy(more, rows, count * bytes);
    return more;
}

static void abstract_begin(struct numbers_reading *r, const struct doc_xml_tag *tag)
{
    struct docx_numbers *n = r->numbers;
    if (n->abstract_count == LISTS_MAX)
        return;
    n->abstracts = grown(r->arena, n->abstracts, n->abstract_count, &r->abstract_room,
                         sizeof(*n->abstracts));
    r->abstract = &n->abstracts[n->abstract_count++];
    *r->abstract = (struct abstract){ .id = doc_xml_int(tag, "abstractNumId", DOCX_UNSET) };
    for (size_t i = 0; i < DOCX_LEVELS; i++)
        r->abstract->levels[i] =
            (struct level){ .format = F_NONE, .start = 1, .restart = DOCX_UNSET, .spaced = true };
}

static void list_begin(struct numbers_reading *r, const struct doc_xml_tag *tag)
{
    struct docx_numbers *n = r->numbers;
    if (n->list_count == LISTS_MAX)
        return;
    n->lists = grown(r->arena, n->lists, n->list_count, &r->list_room, sizeof(*n->lists));
    r->list = &n->lists[n->list_count++];
    *r->list = (struct list){ .id = doc_xml_int(tag, "numId", DOCX_UNSET),
                              .abstract_id = DOCX_UNSET };
    for (size_t i = 0; i < DOCX_LEVELS; i++)
        r->list->starts[i] = DOCX_UNSET;
}

static void level_begin(struct numbers_reading *r, const struct doc_xml_tag *tag)
{
    int64_t i = doc_xml_int(tag, "ilvl", DOCX_UNSET);
    r->level = NULL;
    if (i < 0 || i >= DOCX_LEVELS)
        return;
    if (r->abstract) {
        r->level = &r->abstract->levels[i];
    } else if (r->list) {
        r->level = XZ_NEW(r->arena, struct level, 1);
        *r->level =
            (struct level){ .format = F_NONE, .start = 1, .restart = DOCX_UNSET, .spaced = true };
        r->list->levels[i] = r->level;
    }
}

static void level_part(struct numbers_reading *r, const struct doc_xml_tag *tag)
{
    xz_str value;
    doc_xml_attribute(tag, "val", &value);
    switch (tag->name) {
    case N_START:
        r->level->start = doc_xml_int(tag, "val", 1);
        break;
    case N_RESTART:
        r->level->restart = doc_xml_int(tag, "val", DOCX_UNSET);
        break;
    case N_LEGAL:
        r->level->legal = doc_xml_on(tag, "val");
        break;
    case N_SUFFIX:
        r->level->spaced = !xz_str_eq(value, XZ_STR("nothing"));
        break;
    case N_TEXT:
        r->level->text = xz_str_copy(r->arena, xz_str_sub(value, 0, LABEL_BYTES_MAX));
        if (!xz_utf8_valid(r->level->text))
            r->level->text = XZ_STR_NONE;
        break;
    case N_STYLE:
        r->level->style = xz_str_copy(r->arena, value);
        break;
    case N_FORMAT:
        r->level->format = F_DECIMAL;
        for (size_t i = 0; i < XZ_COUNT(formats); i++)
            if (xz_str_eq(value, xz_str_from(formats[i].name)))
                r->level->format = formats[i].format;
        break;
    }
}

static xz_err number_open(void *arg, const struct doc_xml_tag *tag)
{
    struct numbers_reading *r = arg;
    xz_str value;
    int64_t level;
    switch (tag->name) {
    case N_ABSTRACT:
        abstract_begin(r, tag);
        break;
    case N_NUM:
        list_begin(r, tag);
        break;
    case N_LEVEL:
        level_begin(r, tag);
        break;
    case N_ABSTRACT_ID:
        if (r->list)
            r->list->abstract_id = doc_xml_int(tag, "val", DOCX_UNSET);
        break;
    case N_STYLE_LINK:
        if (r->abstract && doc_xml_attribute(tag, "val", &value))
            r->abstract->style_link = xz_str_copy(r->arena, value);
        break;
    case N_OVERRIDE:
        level = doc_xml_int(tag, "ilvl", 0);
        r->overriding = level >= 0 && level < DOCX_LEVELS ? (size_t)level : 0;
        break;
    case N_START_OVERRIDE:
        if (r->list)
            r->list->starts[r->overriding] = doc_xml_int(tag, "val", DOCX_UNSET);
        break;
    default:
        if (r->level)
            level_part(r, tag);
    }
    return XZ_OK;
}

static xz_err number_close(void *arg, int name)
{
    struct numbers_reading *r = arg;
    if (name == N_ABSTRACT)
        r->abstract = NULL;
    else if (name == N_NUM)
        r->list = NULL;
    else if (name == N_LEVEL)
        r->level = NULL;
    return XZ_OK;
}

static int id_compare(const void *a, const void *b) /* both kinds of rows begin with their id */
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

xz_err docx_numbers_read(struct doc_zip *zip, const struct doc_part *part, struct xz_arena *arena,
                         const struct docx_styles *styles, struct docx_numbers **numbers)
{
    struct docx_numbers *n = XZ_NEW(arena, struct docx_numbers, 1);
    struct numbers_reading r = { .arena = arena, .numbers = n };
    const struct doc_xml_sink sink = { number_names, number_open, number_close, NULL, &r };
    n->styles = styles;
    *numbers = n;
    xz_err err = part ? doc_xml_read(zip, part, &sink) : XZ_OK;
    if (n->list_count)
        qsort(n->lists, n->list_count, sizeof(*n->lists), id_compare);
    if (n->abstract_count)
        qsort(n->abstracts, n->abstract_count, sizeof(*n->abstracts), id_compare);
    return err;
}

static struct list *list_find(const struct docx_numbers *n, int64_t id)
{
    return n->list_count ? bsearch(&id, n->lists, n->list_count, sizeof(*n->lists), id_compare)
                         : NULL;
}

/* The list's own pattern, or that of the numbering style it stands for. */
static struct abstract *abstract_of(const struct docx_numbers *n, const struct list *list)
{
    for (int depth = 0; depth < 4 && list && n->abstract_count; depth++) {
        struct abstract *found = bsearch(&list->abstract_id, n->abstracts, n->abstract_count,
                                         sizeof(*n->abstracts), id_compare);
        if (!found || !found->style_link.len)
            return found;
        list = list_find(n, docx_style_find(n->styles, found->style_link)->number);
    }
    return NULL;
}

/* --- numbers in words --- */

static void add_han(struct xz_buf *out, int64_t n, const char *const digits[10],
                    const char *const units[4], bool bare_ten)
{
    int64_t power = 1000;
    bool begun = false, gap = false;
    for (int unit = 3; unit >= 0; unit--, power /= 10) {
        int64_t digit = n / power % 10;
        if (!digit) {
            gap = begun;
            continue;
        }
        if (gap)
            xz_buf_add(out, xz_str_from(digits[0]));
        gap = false;
        if (begun || digit != 1 || unit != 1 || !bare_ten)
            xz_buf_add(out, xz_str_from(digits[digit]));
        xz_buf_add(out, xz_str_from(units[unit]));
        begun = true;
    }
}

static void add_letters(struct xz_buf *out, int64_t n, char first)
{
    for (int64_t times = (n - 1) / 26; times >= 0; times--) /* Word: Z, AA, BB, … */
        xz_buf_add_char(out, (char)(first + (n - 1) % 26));
}

static void add_roman(struct xz_buf *out, int64_t n, bool upper)
{
    static const struct {
        int64_t value;
        const char *upper, *lower;
    } rows[] = { { 1000, "M", "m" }, { 900, "CM", "cm" }, { 500, "D", "d" }, { 400, "CD", "cd" },
                 { 100, "C", "c" },  { 90, "XC", "xc" },  { 50, "L", "l" },  { 40, "XL", "xl" },
                 { 10, "X", "x" },   { 9, "IX", "ix" },   { 5, "V", "v" },   { 4, "IV", "iv" },
                 { 1, "I", "i" } };
    for (size_t i = 0; i < XZ_COUNT(rows); i++)
        for (; n >= rows[i].value; n -= rows[i].value)
            xz_buf_add(out, xz_str_from(upper ? rows[i].upper : rows[i].lower));
}

static void add_digits(struct xz_buf *out, int64_t n, const char *const digits[10])
{
    char plain[24];
    snprintf(plain, sizeof(plain), "%lld", (long long)n);
    for (const char *c = plain; *c; c++)
        xz_buf_add(out, xz_str_from(digits[*c - '0']));
}

static void add_from(struct xz_buf *out, int64_t n, const char *const *words, int64_t count)
{
    if (n <= count)
        xz_buf_add(out, xz_str_from(words[n - 1]));
    else
        xz_buf_add_int(out, n);
}

static void add_number(struct xz_buf *out, int64_t n, enum number_format format)
{
    static const char *const han[] = { "零", "一", "二", "三", "四", "五", "六", "七", "八", "九" };
    static const char *const formal[] = {
        "零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"
    };
    static const char *const zeros[] = {
        "〇", "一", "二", "三", "四", "五", "六", "七", "八", "九"
    };
    static const char *const wide[] = {
        "０", "１", "２", "３", "４", "５", "６", "７", "８", "９"
    };
    static const char *const units[] = { "", "十", "百", "千" };
    static const char *const formal_units[] = { "", "拾", "佰", "仟" };
    static const char *const circled[] = { "①", "②", "③", "④", "⑤", "⑥", "⑦", "⑧", "⑨", "⑩",
                                           "⑪", "⑫", "⑬", "⑭", "⑮", "⑯", "⑰", "⑱", "⑲", "⑳" };
    static const char *const stems[] = {
        "甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬", "癸"
    };
    static const char *const branches[] = { "子", "丑", "寅", "卯", "辰", "巳",
                                            "午", "未", "申", "酉", "戌", "亥" };
    if (n < 1 || n > 9999) {
        xz_buf_add_int(out, n);
        return;
    }
    switch (format) {
    case F_HAN:
        add_han(out, n, han, units, true);
        break;
    case F_HAN_FORMAL:
        add_han(out, n, formal, formal_units, false);
        break;
    case F_HAN_DIGITS:
        add_digits(out, n, zeros);
        break;
    case F_FULL_WIDTH:
        add_digits(out, n, wide);
        break;
    case F_CIRCLED:
        add_from(out, n, circled, XZ_COUNT(circled));
        break;
    case F_STEMS:
        add_from(out, n, stems, XZ_COUNT(stems));
        break;
    case F_BRANCHES:
        add_from(out, n, branches, XZ_COUNT(branches));
        break;
    case F_LETTER_UPPER:
        add_letters(out, XZ_MIN(n, 780), 'A');
        break;
    case F_LETTER_LOWER:
        add_letters(out, XZ_MIN(n, 780), 'a');
        break;
    case F_ROMAN_UPPER:
        add_roman(out, n, true);
        break;
    case F_ROMAN_LOWER:
        add_roman(out, n, false);
        break;
    case F_TWO_DIGITS:
        xz_buf_addf(out, "%02lld", (long long)n);
        break;
    default:
        xz_buf_add_int(out, n);
    }
}

static const struct level *level_of(const struct list *list, const struct abstract *a, size_t i)
{
    return list->levels[i] ? list->levels[i] : &a->levels[i];
}

static void count_on(struct list *list, struct abstract *a, size_t at)
{
    if (list->starts[at] != DOCX_UNSET && !list->begun[at]) {
        a->counters[at] = list->starts[at]; /* this list begins anew, once */
        a->counting[at] = true;
    } else if (!a->counting[at]) {
        a->counters[at] = level_of(list, a, at)->start;
        a->counting[at] = true;
    } else if (a->counters[at] < INT32_MAX) {
        a->counters[at]++;
    }
    list->begun[at] = true;
    for (size_t i = at + 1; i < DOCX_LEVELS; i++) {
        int64_t restart = level_of(list, a, i)->restart;
        if (restart == DOCX_UNSET || (restart > 0 && (int64_t)at < restart))
            a->counting[i] = false;
    }
}

/* "第%1条" with the counters in place; a blank where Word sets a tab, unless a mark ends it. */
static void label_add(const struct list *list, const struct abstract *a, size_t at,
                      struct xz_buf *label)
{
    const struct level *level = level_of(list, a, at);
    size_t before = label->len;
    for (size_t i = 0; i < level->text.len; i++) {
        char c = level->text.ptr[i];
        size_t of = i + 1 < level->text.len && c == '%' ? (size_t)(level->text.ptr[i + 1] - '1')
                                                        : DOCX_LEVELS;
        if (of >= DOCX_LEVELS) {
            xz_buf_add_char(label, c);
            continue;
        }
        const struct level *one = level_of(list, a, of);
        add_number(label, a->counting[of] ? a->counters[of] : one->start,
                   level->legal ? F_DECIMAL : one->format);
        i++;
    }
    xz_str made = xz_str_sub(xz_buf_str(label), before, label->len);
    bool closed = xz_str_ends(made, XZ_STR("、")) || xz_str_ends(made, XZ_STR("）")) ||
                  xz_str_ends(made, XZ_STR("．")) || xz_str_ends(made, XZ_STR("　"));
    if (made.len && !closed && (level->spaced || xz_str_ends(made, XZ_STR("条"))))
        xz_buf_add_char(label, ' ');
}

bool docx_number_next(struct docx_numbers *numbers, int64_t number, int64_t level, xz_str style,
                      struct xz_buf *label)
{
    struct list *list = number > 0 ? list_find(numbers, number) : NULL;
    struct abstract *a = list ? abstract_of(numbers, list) : NULL;
    if (!a)
        return false;
    if (level == DOCX_UNSET) { /* the style says the list, the list says which level it is */
        level = 0;
        for (int64_t i = 0; i < DOCX_LEVELS && style.len; i++)
            if (xz_str_eq(a->levels[i].style, style))
                level = i;
    }
    if (level < 0 || level >= DOCX_LEVELS)
        return false;
    count_on(list, a, (size_t)level);
    enum number_format format = level_of(list, a, (size_t)level)->format;
    if (format != F_BULLET && format != F_NONE)
        label_add(list, a, (size_t)level, label);
    return true;
}
