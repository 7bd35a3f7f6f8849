/* One canonical spelling for matching. The table is made at build time by tools/fold_table.py from
 * Unicode and OpenCC, so that nothing has to be loaded at start or inside a sandbox. */
#include "text/text.h"

#include "fold_table.h"

uint32_t xz_text_fold(uint32_t code)
{
    if (code > 0x10FFFF)
        return 0xFFFD;
    uint16_t page = fold_page_of[code >> 8];
    return page ? fold_pages[page - 1][code & 0xFF] : code;
}

xz_str xz_text_normalise(struct xz_arena *arena, xz_str text)
{
    char *out = XZ_NEW(arena, char, text.len * 3 + 1); /* a bad byte becomes U+FFFD */
    size_t len = 0;
    bool blank = false;
    for (size_t pos = 0; pos < text.len;) {
        uint32_t code = xz_text_fold(xz_utf8_next(text, &pos));
        if (code == 0)
            continue;
        if (code == ' ') {
            blank = len > 0;
            continue;
        }
        if (blank)
            out[len++] = ' ';
        blank = false;
        len += xz_utf8_put(code, out + len);
    }
    out[len] = '\0';
    return (xz_str){ out, len };
}
