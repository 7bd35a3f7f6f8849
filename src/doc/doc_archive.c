/* The files in a zip of all kinds, handed out one by one for whoever takes them apart. */
#include "doc/doc_office_internal.h"

xz_err doc_archive_read(struct doc_source *source, const struct xz_archive_sink *sink)
{
    struct doc_zip *zip;
    xz_err err = doc_zip_open(source, &zip);
    if (err != XZ_OK)
        return err;
    for (size_t i = 0; i < doc_zip_count(zip) && err == XZ_OK; i++) {
        const struct doc_part *part = doc_zip_part(zip, i);
        if (part->folder)
            continue;
        if ((err = sink->begin(sink->arg, part->name, part->bytes)) == XZ_OK &&
            (err = doc_zip_read(zip, part, sink->piece, sink->arg)) == XZ_OK)
            err = sink->end(sink->arg);
    }
    doc_zip_close(zip);
    return err;
}
