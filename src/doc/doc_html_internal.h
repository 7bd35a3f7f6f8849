/* Between the two halves of the HTML reader: doc_html_tokens.c cuts bytes into tokens, doc_html.c
 * turns tokens into blocks. */
#ifndef XZ_DOC_HTML_INTERNAL_H
#define XZ_DOC_HTML_INTERNAL_H

#include "doc/doc_internal.h"

#define HTML_NAME_BYTES_MAX 32
#define HTML_TAG_BYTES_MAX                                                                         \
    4096 /* what of a tag is kept; the rest (embedded pictures) is skipped                         \
          */

struct html_tag {
    char name[HTML_NAME_BYTES_MAX]; /* lower case, NUL-ended */
    bool closing;
    xz_str attributes; /* raw, the front of them */
};

struct html_sink {
    xz_err (*text)(void *arg, xz_str text); /* raw text, entities not read */
    xz_err (*tag)(void *arg, const struct html_tag *tag);
    xz_err (*comment)(void *arg, xz_str text);
    void *arg;
};

struct html_tokens {
    const struct html_sink *sink;
    int state;
    char quote;
    char raw[HTML_NAME_BYTES_MAX];
    struct xz_buf piece; /* the token under way, front of it */
    size_t match;        /* dashes seen of "-->" */
    int64_t line;
};

void html_tokens_init(struct html_tokens *tokens, const struct html_sink *sink);
void html_tokens_fini(struct html_tokens *tokens);
XZ_MUST_USE xz_err html_tokens_feed(struct html_tokens *tokens, xz_str utf8);
XZ_MUST_USE xz_err html_tokens_end(struct html_tokens *tokens);

/* The value of an attribute with entities read, copied to `out`; false when it is not there. */
bool html_attribute(xz_str attributes, const char *name, struct xz_buf *out);
void html_decode(xz_str raw, struct xz_buf *out);

#endif
