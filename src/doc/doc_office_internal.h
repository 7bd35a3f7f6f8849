/* Between the readers of Office packages: doc_zip.c opens the archive, doc_xml.c reads a part's
 * XML, doc_opc.c finds the parts, doc_docx.c and doc_xlsx.c give blocks. Nothing here trusts sizes,
 * names or relations that the file states. */
#ifndef XZ_DOC_OFFICE_INTERNAL_H
#define XZ_DOC_OFFICE_INTERNAL_H

#include "doc/doc_internal.h"

/* --- doc_zip.c --- */

/* All that is inflated out of one archive, and how much more than the archive itself that may be:
 * sheets of equal rows reach 40 to 1, deflate itself ends at 1032 to 1. */
#define DOC_ZIP_BYTES_MAX   MIB(2048)
#define DOC_ZIP_RATIO_MAX   250
#define DOC_ZIP_RATIO_FREE  MIB(32)
#define DOC_ZIP_MEMBERS_MAX 100000

struct doc_part {
    xz_str name; /* UTF-8, with / between folders, none of them . or .. */
    int64_t bytes;
    uint64_t index;
    bool folder;
};

struct doc_zip;
/* `source` outlives the archive. Checks every name before anything is read:
 *   XZ_E_INPUT  damaged; a password; a name that leads out of the archive; two of one name
 *   XZ_E_LIMIT  too many members */
XZ_MUST_USE xz_err doc_zip_open(struct doc_source *source, struct doc_zip **zip);
void doc_zip_close(struct doc_zip *zip); /* NULL is fine */
size_t doc_zip_count(const struct doc_zip *zip);
const struct doc_part *doc_zip_part(const struct doc_zip *zip, size_t i); /* in order of names */
/* By name without regard to case, as Office packages are read; NULL: none. */
const struct doc_part *doc_zip_find(const struct doc_zip *zip, xz_str name);
/* Gives the inflated bytes in pieces. XZ_E_INPUT damaged, or a bomb; else what `each` says. */
XZ_MUST_USE xz_err doc_zip_read(struct doc_zip *zip, const struct doc_part *part,
                                xz_err (*each)(void *arg, xz_str piece), void *arg);

/* --- doc_xml.c --- */

struct doc_xml_tag {
    int name; /* index in the sink's names, -1: another */
    const void *attributes;
    int attribute_count;
};

struct doc_xml_sink {
    const char *const *names; /* local names of interest, the frequent ones first; NULL ends them */
    xz_err (*open)(void *arg, const struct doc_xml_tag *tag);
    xz_err (*close)(void *arg, int name);
    xz_err (*text)(void *arg, xz_str text); /* a piece; NULL: not wanted */
    void *arg;
};

/* Calls the sink for all of a part, without keeping any of it. A document type declaration is
 * refused, so that there are no entities but the five of XML itself. */
XZ_MUST_USE xz_err doc_xml_read(struct doc_zip *zip, const struct doc_part *part,
                                const struct doc_xml_sink *sink);
/* By local name; valid until the callback returns. */
bool doc_xml_attribute(const struct doc_xml_tag *tag, const char *name, xz_str *value);
/* A whole number that an attribute holds, else `otherwise`. */
int64_t doc_xml_int(const struct doc_xml_tag *tag, const char *name, int64_t otherwise);
/* on/off elements and attributes: absent value, 1, true and on are true. */
bool doc_xml_on(const struct doc_xml_tag *tag, const char *name);

/* --- doc_opc.c --- */

/* What the package is by its own account: DOCX, XLSX, LEGACY (presentations, OpenDocument, OFD);
 * UNKNOWN when it is another kind of package or has lost its main part; else ZIP. */
enum xz_doc_format doc_opc_format(const struct doc_zip *zip);
/* A relation of a part ("" for the package itself): its kind is the last word of its type URI,
 * which Office, Strict Open XML and WPS write alike. */
struct doc_relation {
    xz_str id, kind, target; /* target: a name in the package */
};
/* Those of `part`, in the arena; none is XZ_OK with *count == 0. */
XZ_MUST_USE xz_err doc_opc_relations(struct doc_zip *zip, struct xz_arena *arena, xz_str part,
                                     struct doc_relation **relations, size_t *count);
/* The part that a relation of this kind leads to; NULL: none. */
const struct doc_part *doc_opc_related(const struct doc_zip *zip,
                                       const struct doc_relation *relations, size_t count,
                                       const char *kind);
/* Own properties of the document (docProps/custom.xml) as META blocks. */
XZ_MUST_USE xz_err doc_opc_properties(struct doc_zip *zip, const struct doc_relation *relations,
                                      size_t count, struct doc_out *out);

XZ_MUST_USE xz_err doc_docx_read(struct doc_zip *zip, struct doc_out *out);
XZ_MUST_USE xz_err doc_xlsx_read(struct doc_zip *zip, struct doc_out *out);

#endif
