/* Who acts. Every operation takes an actor. Until people exist there are two: `anonymous` (anyone,
 * public knowledge only) and `local` (the peer of the Unix socket, or the operating-system user who
 * opened the data folder: whoever can read the files may see what is in them). */
#ifndef XZ_AUTH_ACTOR_H
#define XZ_AUTH_ACTOR_H

#include "core/base.h"

enum xz_actor_kind { XZ_ACTOR_ANONYMOUS = 1, XZ_ACTOR_LOCAL };

struct xz_actor {
    enum xz_actor_kind kind;
    int64_t id; /* local: user id of the operating system; anonymous: 0 */
};

/* What a route or an operation asks for. */
enum xz_permission {
    XZ_PERM_PUBLIC = 1, /* anyone: public knowledge, own dialogue */
    XZ_PERM_OPERATE,    /* the machine's operator: import, backup, verify, status */
    XZ_PERM_COUNT
};

#define XZ_ACTOR_ANYONE ((struct xz_actor){ XZ_ACTOR_ANONYMOUS, 0 })

/* XZ_OK or XZ_E_DENIED with a detail. */
XZ_MUST_USE xz_err xz_actor_may(const struct xz_actor *actor, enum xz_permission permission);

/* Bit v: knowledge of visibility v may be seen (0 public, 1 internal, 2 department). */
uint8_t xz_actor_visibility_mask(const struct xz_actor *actor);

const char *xz_actor_kind_name(enum xz_actor_kind kind); /* "anonymous", "local" */

#endif
