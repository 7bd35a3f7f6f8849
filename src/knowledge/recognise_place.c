/* Where a clause stands in a file with pages, and how well its text was recognised: taken from the
 * blocks it is made of. */
#include "knowledge/recognise_internal.h"

static void box_join(struct xz_box *box, const struct xz_box *more)
{
    box->left = XZ_MIN(box->left, more->left);
    box->top = XZ_MIN(box->top, more->top);
    box->right = XZ_MAX(box->right, more->right);
    box->bottom = XZ_MAX(box->bottom, more->bottom);
}

void recognise_place_add(struct recognise *r, xz_str text)
{
    struct recognise_place *place = &r->place;
    if (!r->block || r->block->page <= 0)
        return;
    if (place->at.page == 0)
        *place = (struct recognise_place){ .at = *r->block };
    else if (place->at.page == r->block->page)
        box_join(&place->at.box, &r->block->box);
    place->confidence += (double)r->block->confidence * (double)text.len;
    place->bytes += (double)text.len;
}

void recognise_place_take(struct recognise *r, struct xz_clause *clause)
{
    struct recognise_place place = r->place;
    r->place = (struct recognise_place){ 0 };
    /* Rows of tables become clauses at once. */
    if (place.at.page == 0 && r->block) {
        place.at = *r->block;
        place.confidence = r->block->confidence;
        place.bytes = 1;
    }
    if (place.at.page <= 0)
        return;
    const struct xz_box *box = &place.at.box;
    clause->page = place.at.page;
    clause->box[0] = box->left;
    clause->box[1] = box->top;
    clause->box[2] = box->right;
    clause->box[3] = box->bottom;
    clause->confidence = place.bytes > 0 ? (int64_t)(place.confidence / place.bytes + 0.5) : 0;
}

void recognise_place_write(struct xz_json_writer *json, const struct xz_clause *clause)
{
    if (clause->page <= 0)
        return;
    xz_jw_member_int(json, "page", clause->page);
    xz_jw_key(json, "box");
    xz_jw_begin_array(json);
    for (size_t i = 0; i < XZ_COUNT(clause->box); i++)
        xz_jw_int(json, clause->box[i]);
    xz_jw_end_array(json);
    if (clause->confidence > 0)
        xz_jw_member_int(json, "confidence", clause->confidence);
}
