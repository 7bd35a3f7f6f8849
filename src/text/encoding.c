/* Which encoding bytes are in, and their way to UTF-8. GB18030 goes through one iconv handle that
 * is opened by xz_text_init, because opening loads files and a sandbox has none; the handle is
 * shared under a lock. UTF-16 is decoded here. What formats mean is left to doc/. */
#include "text/text.h"

#include <errno.h>
#include <iconv.h>
#include <pthread.h>

/* Protects the handle's use: GB18030 needs no state between calls, but iconv_t is not shareable. */
static pthread_mutex_t gb_lock = PTHREAD_MUTEX_INITIALIZER;
static iconv_t gb_handle;
static bool gb_open;

struct xz_decoder {
    enum xz_encoding encoding;
    bool started;  /* the byte order mark has been dealt with */
    bool after_cr; /* the last character was \r, already written as \n */
    char held[8];  /* the beginning of a character whose rest is in the next piece */
    size_t held_len;
    uint64_t bad_bytes, good_chars;
};

xz_err xz_text_init(void)
{
    pthread_mutex_lock(&gb_lock);
    if (!gb_open) {
        gb_handle = iconv_open("UTF-8", "GB18030");
        gb_open = (intptr_t)gb_handle != -1;
    }
    bool ok = gb_open;
    pthread_mutex_unlock(&gb_lock);
    return ok ? XZ_OK : xz_fail(XZ_E_IO, "系统缺少 GB18030 编码转换模块，请安装 libc-bin");
}

static bool utf8_so_far(xz_str bytes, bool more)
{
    size_t cut = bytes.len;
    if (more) { /* the last character may be cut in two */
        for (size_t back = 1; back <= 3 && back <= bytes.len; back++) {
            unsigned char c = (unsigned char)bytes.ptr[bytes.len - back];
            if ((c & 0xC0) == 0xC0)
                cut = bytes.len - back;
            if ((c & 0xC0) != 0x80)
                break;
        }
    }
    return xz_utf8_valid((xz_str){ bytes.ptr, cut });
}

/* UTF-16 without a mark: the high byte is 00 (ASCII), 30 or FF (punctuation) or 4E..9F (Han),
 * always on the same side. The low byte may be anything, 00 too (一). */
static enum xz_encoding utf16_guess(xz_str bytes)
{
    size_t high[2] = { 0, 0 }, pairs = XZ_MIN(bytes.len / 2, 2048);
    for (size_t i = 0; i < pairs * 2; i++) {
        unsigned char c = (unsigned char)bytes.ptr[i];
        high[i & 1] += c == 0 || c == 0x30 || c == 0xFF || (c >= 0x4E && c <= 0x9F);
    }
    if (pairs < 4 || XZ_MAX(high[0], high[1]) * 10 < pairs * 9 || high[0] == high[1])
        return XZ_ENC_UNKNOWN;
    return high[1] > high[0] ? XZ_ENC_UTF16LE : XZ_ENC_UTF16BE;
}

/* GB18030 by its grammar: two-byte and four-byte sequences. Almost all of a Chinese text lies in
 * the GB2312 block, which arbitrary bytes do not. */
static bool gb_likely(xz_str bytes, bool more)
{
    size_t two = 0, common = 0, bad = 0;
    for (size_t i = 0; i < bytes.len;) {
        unsigned char a = (unsigned char)bytes.ptr[i];
        if (a < 0x80) {
            bad += a < 0x20 && a != '\t' && a != '\n' && a != '\r' && a != '\f';
            i++;
            continue;
        }
        if (i + 1 >= bytes.len)
            return more && bad == 0 && common * 2 >= two;
        unsigned char b = (unsigned char)bytes.ptr[i + 1];
        bool four = b >= 0x30 && b <= 0x39;
        if (a == 0x80 || a == 0xFF || b < 0x30 || b == 0x7F || b == 0xFF) {
            bad++;
            i++;
            continue;
        }
        two++;
        common += four || (a >= 0xA1 && a <= 0xF7 && b >= 0xA1);
        i += four ? 4 : 2;
    }
    return bad * 50 <= two && common * 2 >= two;
}

enum xz_encoding xz_encoding_detect(xz_str bytes, bool more)
{
    if (xz_str_starts(bytes, XZ_STR("\xEF\xBB\xBF")))
        return XZ_ENC_UTF8;
    if (xz_str_starts(bytes, XZ_STR("\xFF\xFE")))
        return XZ_ENC_UTF16LE;
    if (xz_str_starts(bytes, XZ_STR("\xFE\xFF")))
        return XZ_ENC_UTF16BE;
    if (memchr(bytes.ptr, 0, bytes.len))
        return utf16_guess(bytes);
    if (utf8_so_far(bytes, more))
        return XZ_ENC_UTF8;
    return gb_likely(bytes, more) ? XZ_ENC_GB18030 : XZ_ENC_UNKNOWN;
}

struct xz_decoder *xz_decoder_create(enum xz_encoding encoding)
{
    XZ_ASSERT(encoding != XZ_ENC_UNKNOWN);
    struct xz_decoder *decoder = XZ_ALLOC(struct xz_decoder, 1);
    decoder->encoding = encoding;
    return decoder;
}

void xz_decoder_destroy(struct xz_decoder *decoder)
{
    xz_free(decoder);
}

/* Writes clean UTF-8: no mark at the front, \r\n and \r as \n. Only NUL is refused. */
static xz_err put_clean(struct xz_decoder *d, xz_str utf8, struct xz_buf *out)
{
    if (!d->started && utf8.len >= 3) {
        if (xz_str_starts(utf8, XZ_STR("\xEF\xBB\xBF")))
            utf8 = xz_str_sub(utf8, 3, utf8.len);
        d->started = true;
    } else if (utf8.len > 0) {
        d->started = true;
    }
    if (memchr(utf8.ptr, 0, utf8.len))
        return xz_fail(XZ_E_INPUT, "文件里有空字节，不是文本文件");
    while (utf8.len > 0) {
        if (d->after_cr && utf8.ptr[0] == '\n') {
            d->after_cr = false;
            utf8 = xz_str_sub(utf8, 1, utf8.len);
            continue;
        }
        d->after_cr = false;
        const char *cr = memchr(utf8.ptr, '\r', utf8.len);
        size_t plain = cr ? (size_t)(cr - utf8.ptr) : utf8.len;
        xz_buf_add(out, (xz_str){ utf8.ptr, plain });
        if (cr) {
            xz_buf_add_char(out, '\n');
            d->after_cr = true;
        }
        utf8 = xz_str_sub(utf8, plain + (cr != NULL), utf8.len);
    }
    return XZ_OK;
}

/* Each of the functions below reads as many whole characters as there are, writes them as UTF-8 to
 * `to` and returns how many bytes it ate. Bad bytes become U+FFFD and are counted. */
static size_t from_utf8(struct xz_decoder *d, xz_str from, bool last, char *to, size_t *to_len)
{
    size_t pos = 0, len = 0;
    while (pos < from.len) {
        if (!last && from.len - pos < 4 && ((unsigned char)from.ptr[pos] & 0xC0) == 0xC0) {
            unsigned char lead = (unsigned char)from.ptr[pos];
            size_t need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
            if (from.len - pos < need)
                break;
        }
        size_t before = pos;
        uint32_t code = xz_utf8_next(from, &pos);
        d->bad_bytes += code == 0xFFFD && pos - before == 1;
        d->good_chars++;
        len += xz_utf8_put(code, to + len);
    }
    *to_len = len;
    return pos;
}

static size_t from_utf16(struct xz_decoder *d, xz_str from, bool last, char *to, size_t *to_len)
{
    const unsigned char *b = (const unsigned char *)from.ptr;
    size_t hi = d->encoding == XZ_ENC_UTF16BE ? 0 : 1, pos = 0, len = 0;
    while (from.len - pos >= 2) {
        uint32_t code = (uint32_t)b[pos + hi] << 8 | b[pos + 1 - hi];
        size_t eaten = 2;
        if (code >= 0xD800 && code < 0xDC00) {
            if (from.len - pos < 4 && !last)
                break;
            uint32_t low = from.len - pos < 4 ? 0
                                              : (uint32_t)b[pos + 2 + hi] << 8 | b[pos + 3 - hi];
            if (low >= 0xDC00 && low < 0xE000) {
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                eaten = 4;
            }
        }
        d->bad_bytes += code >= 0xD800 && code < 0xE000;
        d->good_chars++;
        len += xz_utf8_put(code, to + len);
        pos += eaten;
    }
    if (last && from.len - pos == 1) {
        d->bad_bytes++;
        pos++;
    }
    *to_len = len;
    return pos;
}

/* GB 18030-2022 gave ten vertical forms and eight ideographs their real code points at the two-byte
 * codes that stood for private ones before. Files of older programs still have the four-byte codes
 * that the standard of 2005 had for these characters, which the converter no longer takes. */
static uint32_t code_of_2005(const char *bytes, size_t len)
{
    static const struct {
        uint32_t first, count, code; /* first: place among the four-byte codes */
    } rows[] = { { 19057, 8, 0x9FB4 }, { 39076, 10, 0xFE10 } };
    const unsigned char *b = (const unsigned char *)bytes;
    if (len < 4 || b[1] < 0x30 || b[1] > 0x39 || b[2] < 0x81 || b[3] < 0x30 || b[3] > 0x39)
        return 0;
    uint32_t place = (((b[0] - 0x81U) * 10 + (b[1] - 0x30U)) * 126 + (b[2] - 0x81U)) * 10 +
                     (b[3] - 0x30U);
    for (size_t i = 0; i < XZ_COUNT(rows); i++)
        if (place >= rows[i].first && place - rows[i].first < rows[i].count)
            return rows[i].code + (place - rows[i].first);
    return 0;
}

static size_t from_gb(struct xz_decoder *d, xz_str from, bool last, char *to, size_t *to_len)
{
    char *in = (char *)from.ptr, *out = to;
    size_t in_left = from.len, out_left = from.len * 3 + 16;
    pthread_mutex_lock(&gb_lock);
    XZ_ASSERT(gb_open); /* xz_text_init was not called */
    while (in_left > 0) {
        size_t done = iconv(gb_handle, &in, &in_left, &out, &out_left);
        if (done != (size_t)-1 || (errno == EINVAL && !last))
            break;
        XZ_ASSERT(errno == EILSEQ || errno == EINVAL);
        uint32_t code = code_of_2005(in, in_left);
        size_t eaten = code ? 4 : 1;
        in += eaten;
        in_left -= eaten;
        d->bad_bytes += !code;
        size_t put = xz_utf8_put(code ? code : 0xFFFD, out);
        out += put;
        out_left -= put;
    }
    iconv(gb_handle, NULL, NULL, NULL, NULL);
    pthread_mutex_unlock(&gb_lock);
    d->good_chars += (from.len - in_left) / 2;
    *to_len = (size_t)(out - to);
    return from.len - in_left;
}

static size_t decode_piece(struct xz_decoder *d, xz_str from, bool last, char *to, size_t *to_len)
{
    if (d->encoding == XZ_ENC_GB18030)
        return from_gb(d, from, last, to, to_len);
    if (d->encoding == XZ_ENC_UTF8)
        return from_utf8(d, from, last, to, to_len);
    return from_utf16(d, from, last, to, to_len);
}

/* One bad byte in a hundred characters is damage that a reader can live with; more is not text. */
static xz_err check_damage(const struct xz_decoder *d)
{
    if (d->bad_bytes > 8 && d->bad_bytes * 100 > d->good_chars)
        return xz_fail(XZ_E_INPUT, "文件编码有误：无法按 UTF-8、GB18030 或 UTF-16 读出文字");
    return XZ_OK;
}

#define PIECE_BYTES 4096

xz_err xz_decoder_feed(struct xz_decoder *d, xz_str bytes, bool last, struct xz_buf *out)
{
    char from[PIECE_BYTES + sizeof(d->held)], to[(PIECE_BYTES + sizeof(d->held)) * 3 + 16];
    do {
        size_t take = XZ_MIN(bytes.len, (size_t)PIECE_BYTES), to_len = 0;
        memcpy(from, d->held, d->held_len);
        if (take > 0)
            memcpy(from + d->held_len, bytes.ptr, take);
        xz_str piece = { from, d->held_len + take };
        bytes = xz_str_sub(bytes, take, bytes.len);
        size_t eaten = decode_piece(d, piece, last && bytes.len == 0, to, &to_len);
        d->held_len = piece.len - eaten;
        XZ_ASSERT(d->held_len <= sizeof(d->held));
        memcpy(d->held, from + eaten, d->held_len);
        xz_err err = put_clean(d, (xz_str){ to, to_len }, out);
        if (err != XZ_OK)
            return err;
    } while (bytes.len > 0);
    if (out->err != XZ_OK)
        return xz_fail(out->err, "文本太长，超过了 %zu 字节的上限", out->bytes_max);
    return check_damage(d);
}

xz_err xz_text_decode(xz_str bytes, struct xz_buf *out)
{
    enum xz_encoding encoding = xz_encoding_detect(bytes, false);
    if (encoding == XZ_ENC_UNKNOWN)
        return xz_fail(XZ_E_INPUT, "不是文本文件，或者编码不是 UTF-8、GB18030、UTF-16");
    struct xz_decoder *decoder = xz_decoder_create(encoding);
    xz_err err = xz_decoder_feed(decoder, bytes, true, out);
    xz_decoder_destroy(decoder);
    return err;
}
