/* What a cell of a workbook says: shared strings, and numbers as their formats show them (ECMA-376
 * part 1, 18.8.30). Where cells stand is left to doc_xlsx.c. */
#include "doc/doc_xlsx_internal.h"

#include <math.h>

#define GROW_BYTES       ((size_t)MIB(1))
#define FORMATS_MAX      65536
#define SECONDS_A_DAY    86400
#define SERIAL_MAX       2958465 /* 9999-12-31 */
#define SERIAL_NO_DAY    60      /* 1900-02-29, which Lotus believed in */
#define DAYS_TO_1900     25569   /* from 1899-12-30 to 1970-01-01 */
#define DAYS_1900_1904   1462
#define EXACT_DIGITS_MAX 15

/* --- shared strings --- */

enum { S_T, S_SI, S_PHONETIC };
static const char *const string_names[] = { "t", "si", "rPh", NULL };

struct strings_reading {
    struct xlsx_strings *strings;
    bool in_text;
    int dropping;
};

/* In steps of an eighth: doubling would ask for more addresses than the jail has. */
static size_t room_after(size_t room, size_t bytes)
{
    return room + XZ_MAX(GROW_BYTES, room / 8) + bytes;
}

static xz_err too_many_strings(void)
{
    return xz_fail(XZ_E_LIMIT, "表格里的文字超过 %lld MiB，请分成几个工作簿后再导入",
                   (long long)(XLSX_STRINGS_BYTES_MAX / MIB(1)));
}

static xz_err string_open(void *arg, const struct doc_xml_tag *tag)
{
    struct strings_reading *r = arg;
    r->in_text = tag->name == S_T && !r->dropping;
    r->dropping += tag->name == S_PHONETIC;
    return XZ_OK;
}

static xz_err string_text(void *arg, xz_str text)
{
    struct strings_reading *r = arg;
    struct xlsx_strings *s = r->strings;
    if (!r->in_text)
        return XZ_OK;
    if (s->len + text.len > (size_t)XLSX_STRINGS_BYTES_MAX)
        return too_many_strings();
    if (s->len + text.len > s->room) {
        s->room = room_after(s->room, text.len);
        s->text = xz_realloc(s->text, s->room);
    }
    memcpy(s->text + s->len, text.ptr, text.len);
    s->len += text.len;
    return XZ_OK;
}

static xz_err string_close(void *arg, int name)
{
    struct strings_reading *r = arg;
    struct xlsx_strings *s = r->strings;
    r->in_text = false;
    r->dropping -= name == S_PHONETIC;
    if (name != S_SI)
        return XZ_OK;
    if (s->count == XLSX_STRINGS_MAX)
        return too_many_strings();
    if (s->count == s->ends_room) {
        s->ends_room = room_after(s->ends_room * 4, 0) / 4;
        s->ends = xz_realloc(s->ends, s->ends_room * sizeof(*s->ends));
    }
    s->ends[s->count++] = (uint32_t)s->len;
    return XZ_OK;
}

xz_err xlsx_strings_read(struct doc_zip *zip, const struct doc_part *part,
                         struct xlsx_strings *strings)
{
    struct strings_reading r = { .strings = strings };
    const struct doc_xml_sink sink = { string_names, string_open, string_close, string_text, &r };
    *strings = (struct xlsx_strings){ 0 };
    return part ? doc_xml_read(zip, part, &sink) : XZ_OK;
}

void xlsx_strings_free(struct xlsx_strings *strings)
{
    xz_free(strings->text);
    xz_free(strings->ends);
}

bool xlsx_string_get(const struct xlsx_strings *strings, int64_t index, xz_str *text)
{
    if (index < 0 || (uint64_t)index >= strings->count)
        return false;
    size_t from = index ? strings->ends[index - 1] : 0;
    size_t len = strings->ends[index] - from;
    *text = len ? (xz_str){ strings->text + from, len } : XZ_STR_NONE;
    return true;
}

static int hex_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

/* The code of _xHHHH_ at the front, -1: it is none. */
static int32_t escape_at(xz_str text)
{
    int32_t code = 0;
    if (text.len < 7 || text.ptr[0] != '_' || text.ptr[1] != 'x' || text.ptr[6] != '_')
        return -1;
    for (int i = 2; i < 6; i++) {
        int digit = hex_of(text.ptr[i]);
        if (digit < 0)
            return -1;
        code = code * 16 + digit;
    }
    return code;
}

void xlsx_text_add(struct xz_buf *out, xz_str text)
{
    while (text.len) {
        size_t hit = xz_str_find(text, XZ_STR("_x"));
        size_t plain = hit == XZ_STR_NPOS ? text.len : hit;
        xz_buf_add(out, xz_str_sub(text, 0, plain));
        text = xz_str_sub(text, plain, text.len);
        if (!text.len)
            break;
        int32_t code = escape_at(text);
        char bytes[4];
        if (code < 0) {
            xz_buf_add(out, xz_str_sub(text, 0, 2));
            text = xz_str_sub(text, 2, text.len);
            continue;
        }
        bool line_follows = text.len > 7 && text.ptr[7] == '\n';
        if (code == '\n' || code == '\r')
            xz_buf_add(out, line_follows ? XZ_STR_NONE : XZ_STR("\n"));
        else if (code >= 0x20 && (code < 0xD800 || code > 0xDFFF))
            xz_buf_add(out, (xz_str){ bytes, xz_utf8_put((uint32_t)code, bytes) });
        text = xz_str_sub(text, 7, text.len);
    }
}

/* --- formats --- */

enum { F_FORMATS, F_FORMAT, F_CELL_FORMATS, F_XF };
static const char *const format_names[] = { "numFmts", "numFmt", "cellXfs", "xf", NULL };

struct own_format {
    int64_t id;
    struct xlsx_format format;
};
struct formats_reading {
    struct xz_arena *arena;
    struct xlsx_formats *formats;
    struct own_format *own;
    size_t own_count, own_room, room;
    bool in_cell_formats;
};

/* The built-in numbers 0 .. 58, with the Chinese ones among them. */
static struct xlsx_format builtin_format(int64_t id)
{
    enum xlsx_look look = XLSX_PLAIN;
    if (id == 9 || id == 10)
        look = XLSX_PERCENT;
    else if ((id >= 14 && id <= 17) || (id >= 27 && id <= 31) || id == 36 ||
             (id >= 50 && id <= 54) || id == 57 || id == 58)
        look = XLSX_DATE;
    else if ((id >= 18 && id <= 21) || (id >= 32 && id <= 35) || id == 45 || id == 47 || id == 55 ||
             id == 56)
        look = XLSX_TIME;
    else if (id == 22)
        look = XLSX_DATE_TIME;
    else if (id == 46)
        look = XLSX_ELAPSED;
    return (struct xlsx_format){ look, 0 };
}

/* Letters of the first section that are not quoted, escaped or in brackets. */
static size_t format_letters(xz_str code, char *letters, size_t room, bool *elapsed)
{
    size_t len = 0;
    for (size_t i = 0; i < code.len && code.ptr[i] != ';' && len < room; i++) {
        char c = code.ptr[i];
        if (c == '\\' || c == '_' || c == '*') {
            i++;
        } else if (c == '"' || c == '[') {
            size_t end = i + 1;
            while (end < code.len && code.ptr[end] != (c == '"' ? '"' : ']'))
                end++;
            char inside = end > i + 1 ? (char)(code.ptr[i + 1] | 0x20) : ' ';
            bool repeated = c == '[' && end - i <= 4;
            for (size_t k = i + 1; k < end && repeated; k++)
                repeated = (code.ptr[k] | 0x20) == inside;
            *elapsed = *elapsed || (repeated && strchr("hms", inside) != NULL);
            i = end;
        } else {
            letters[len++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
        }
    }
    return len;
}

struct xlsx_format xlsx_format_of(xz_str code)
{
    char letters[256];
    bool date = false, time = false, month = false, elapsed = false, percent = false;
    if (xz_str_eq_nocase(code, XZ_STR("General")))
        return (struct xlsx_format){ XLSX_PLAIN, 0 };
    size_t len = format_letters(code, letters, sizeof(letters), &elapsed), zeros = 0;
    for (size_t i = 0; i < len; i++) {
        date = date || letters[i] == 'y' || letters[i] == 'd';
        time = time || letters[i] == 'h' || letters[i] == 's';
        month = month || letters[i] == 'm';
        percent = percent || letters[i] == '%';
        zeros += letters[i] == '0';
    }
    if (elapsed)
        return (struct xlsx_format){ XLSX_ELAPSED, 0 };
    if (date || (month && !time))
        return (struct xlsx_format){ time ? XLSX_DATE_TIME : XLSX_DATE, 0 };
    if (time)
        return (struct xlsx_format){ XLSX_TIME, 0 };
    if (percent)
        return (struct xlsx_format){ XLSX_PERCENT, 0 };
    if (zeros == len && len >= 2 && len <= EXACT_DIGITS_MAX)
        return (struct xlsx_format){ XLSX_PADDED, (int)len };
    return (struct xlsx_format){ XLSX_PLAIN, 0 };
}

static xz_err own_format_add(struct formats_reading *r, const struct doc_xml_tag *tag)
{
    xz_str code;
    if (r->own_count == FORMATS_MAX)
        return XZ_OK;
    if (r->own_count == r->own_room) {
        r->own_room = r->own_room ? r->own_room * 2 : 32;
        r->own = xz_realloc(r->own, r->own_room * sizeof(*r->own));
    }
    doc_xml_attribute(tag, "formatCode", &code);
    r->own[r->own_count++] = (struct own_format){ doc_xml_int(tag, "numFmtId", -1),
                                                  xlsx_format_of(code) };
    return XZ_OK;
}

static xz_err cell_format_add(struct formats_reading *r, const struct doc_xml_tag *tag)
{
    struct xlsx_formats *formats = r->formats;
    int64_t id = doc_xml_int(tag, "numFmtId", 0);
    if (formats->count == FORMATS_MAX)
        return XZ_OK;
    if (formats->count == r->room) {
        r->room = r->room ? r->room * 2 : 64;
        struct xlsx_format *more = XZ_NEW(r->arena, struct xlsx_format, r->room);
        if (formats->count)
            memcpy(more, formats->rows, formats->count * sizeof(*more));
        formats->rows = more;
    }
    struct xlsx_format format = builtin_format(id);
    for (size_t i = 0; i < XZ_MIN(r->own_count, (size_t)4096); i++)
        if (r->own[i].id == id)
            format = r->own[i].format;
    formats->rows[formats->count++] = format;
    return XZ_OK;
}

static xz_err format_open(void *arg, const struct doc_xml_tag *tag)
{
    struct formats_reading *r = arg;
    if (tag->name == F_CELL_FORMATS)
        r->in_cell_formats = true;
    if (tag->name == F_FORMAT)
        return own_format_add(r, tag);
    return tag->name == F_XF && r->in_cell_formats ? cell_format_add(r, tag) : XZ_OK;
}

static xz_err format_close(void *arg, int name)
{
    struct formats_reading *r = arg;
    if (name == F_CELL_FORMATS)
        r->in_cell_formats = false;
    return XZ_OK;
}

xz_err xlsx_formats_read(struct doc_zip *zip, const struct doc_part *part, struct xz_arena *arena,
                         struct xlsx_formats *formats)
{
    struct formats_reading r = { .arena = arena, .formats = formats };
    const struct doc_xml_sink sink = { format_names, format_open, format_close, NULL, &r };
    *formats = (struct xlsx_formats){ 0 };
    xz_err err = part ? doc_xml_read(zip, part, &sink) : XZ_OK;
    xz_free(r.own);
    return err;
}

/* --- numbers --- */

/* 0.1+0.2 is stored as 0.30000000000000004 and shown as 0.3; a card number of 18 digits that was
 * typed as a number has lost its tail for good and is shown as it is stored. */
static void add_plain(struct xz_buf *out, double number)
{
    char text[400];
    double size = fabs(number);
    if (size >= 1e15 && size < 1e300) {
        snprintf(text, sizeof(text), "%.0f", number);
    } else if (size != 0 && size < 1e-4 && size > 1e-20) {
        snprintf(text, sizeof(text), "%.20f", number);
        size_t len = strlen(text);
        while (text[len - 1] == '0')
            text[--len] = '\0';
    } else {
        snprintf(text, sizeof(text), "%.*g", EXACT_DIGITS_MAX, number);
    }
    xz_buf_add(out, xz_str_from(text));
}

static void add_date(struct xz_buf *out, int64_t serial, bool since_1904)
{
    int64_t days = serial - DAYS_TO_1900 + (since_1904 ? DAYS_1900_1904 : 0);
    if (!since_1904 && serial < SERIAL_NO_DAY)
        days++;
    /* Days since 1970-01-01 to a date, by the 400-year cycle that begins in March. */
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, day = z - era * 146097;
    int64_t of_era = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t of_year = day - (365 * of_era + of_era / 4 - of_era / 100);
    int64_t month = (5 * of_year + 2) / 153; /* from March */
    int64_t year = of_era + era * 400 + (month >= 10);
    int64_t day_of_month = of_year - (153 * month + 2) / 5 + 1;
    month += month < 10 ? 3 : -9;
    xz_buf_addf(out, "%04lld-%02lld-%02lld", (long long)year, (long long)month,
                (long long)day_of_month);
}

static void add_time(struct xz_buf *out, int64_t seconds)
{
    int64_t hours = seconds / 3600, minutes = seconds / 60 % 60, rest = seconds % 60;
    xz_buf_addf(out, "%02lld:%02lld", (long long)hours, (long long)minutes);
    if (rest)
        xz_buf_addf(out, ":%02lld", (long long)rest);
}

static bool add_moment(struct xz_buf *out, double number, enum xlsx_look look, bool since_1904)
{
    if (number < 0 || number > SERIAL_MAX)
        return false;
    int64_t seconds = llround(number * SECONDS_A_DAY);
    int64_t serial = seconds / SECONDS_A_DAY, rest = seconds % SECONDS_A_DAY;
    if (look == XLSX_ELAPSED) {
        add_time(out, seconds);
        return true;
    }
    bool date = look == XLSX_DATE || look == XLSX_DATE_TIME;
    if (date && serial == 0 && !since_1904)
        date = false; /* day 0 is no day: a time alone in a format for both */
    if (date)
        add_date(out, serial, since_1904);
    if (look == XLSX_DATE && date)
        return true;
    if (date && rest)
        xz_buf_add_char(out, ' ');
    if (!date || rest)
        add_time(out, rest);
    return true;
}

void xlsx_number_add(struct xz_buf *out, xz_str value, struct xlsx_format format, bool since_1904)
{
    double number;
    if (!xz_str_to_double(value, &number) || !isfinite(number)) {
        xz_buf_add(out, value);
        return;
    }
    switch (format.look) {
    case XLSX_PLAIN:
        break;
    case XLSX_PERCENT:
        add_plain(out, number * 100);
        xz_buf_add_char(out, '%');
        return;
    case XLSX_PADDED:
        if (number < 0 || number > 1e15 || number != floor(number))
            break;
        xz_buf_addf(out, "%0*.0f", format.digits, number);
        return;
    default:
        if (add_moment(out, number, format.look, since_1904))
            return;
    }
    add_plain(out, number);
}
