/* What the routes of the domains find behind a request: the application fills it in. */
#ifndef XZ_KNOWLEDGE_CONTEXT_H
#define XZ_KNOWLEDGE_CONTEXT_H

struct xz_knowledge;
struct xz_qa;

struct xz_context {
    struct xz_knowledge *knowledge;
    struct xz_qa *qa;
};

#endif
