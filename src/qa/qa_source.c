/* Evidence: an entry and one of its clauses as the asker sees them, with the words of the question
 * marked; options to pick from; the card of a service guide. */
#include "qa/qa_internal.h"

#define MARKS_MAX 24

struct qa_view qa_view_of(const struct qa_case *c)
{
    return (struct qa_view){ c->tx, c->arena, c->ask->actor, c->site, c->today };
}

xz_err qa_source_load(const struct qa_view *view, int64_t entry, int64_t clause,
                      struct xz_source *source)
{
    xz_err err;
    *source = (struct xz_source){ 0 };
    if ((err = xz_entry_get(view->tx, view->arena, &view->actor, (xz_entry_id){ entry },
                            &source->entry)) != XZ_OK ||
        (err = xz_clause_get(view->tx, view->arena, (xz_clause_id){ clause }, &source->clause)) !=
            XZ_OK)
        return err;
    if (source->clause.entry.v != entry)
        return xz_fail(XZ_E_MISSING, "没有这一条款。");
    const struct xz_region *region = xz_region_find(view->site, source->entry.region);
    source->region_name = region                 ? region->name
                          : source->entry.region ? XZ_STR_NONE
                                                 : XZ_STR("全国");
    source->validity = xz_entry_validity(&source->entry, view->on);
    return XZ_OK;
}

xz_err qa_source_add(struct qa_case *c, int64_t entry, int64_t clause)
{
    struct xz_answer *a = c->answer;
    for (size_t i = 0; i < a->source_count; i++)
        if (a->sources[i].clause.id.v == clause)
            return XZ_OK;
    if (a->source_count == QA_SOURCES_MAX)
        return XZ_OK;
    if (!a->sources)
        a->sources = XZ_NEW(c->arena, struct xz_source, QA_SOURCES_MAX);
    struct xz_source *source = &a->sources[a->source_count];
    struct qa_view view = qa_view_of(c);
    xz_err err = qa_source_load(&view, entry, clause, source);
    if (err == XZ_E_MISSING)
        return XZ_OK; /* withdrawn since the index was read */
    if (err == XZ_OK)
        a->source_count++;
    return err;
}

/* Marks every run of the clause that is made of the question's terms. Positions are found on a text
 * folded code point by code point, so that offsets into the original stay true. */
void qa_source_mark(struct xz_qa *qa, struct xz_arena *arena, xz_str question,
                    struct xz_source *source)
{
    const struct xz_lexicon *lexicon = xz_knowledge_lexicon(qa->knowledge);
    struct xz_terms wanted = xz_terms_of(arena, lexicon, question);
    struct xz_terms here = xz_terms_of(arena, lexicon, source->clause.body);

    source->marks = XZ_NEW(arena, struct xz_mark, MARKS_MAX);
    source->mark_count = 0;
    for (size_t i = 0; i < here.count; i++) {
        const struct xz_term *term = &here.items[i];
        bool hit = false;
        if (term->flags & (XZ_TERM_STOP | XZ_TERM_CROSS))
            continue;
        for (size_t j = 0; j < wanted.count && !hit; j++)
            hit = wanted.items[j].hash == term->hash && !(wanted.items[j].flags & XZ_TERM_STOP);
        if (!hit)
            continue;
        struct xz_mark *last = source->mark_count ? &source->marks[source->mark_count - 1] : NULL;
        size_t end = (size_t)term->start + term->len;
        if (last && term->start <= last->start + last->len) {
            last->len = XZ_MAX(last->len, end - last->start);
            continue;
        }
        if (source->mark_count == MARKS_MAX)
            break;
        source->marks[source->mark_count++] = (struct xz_mark){ term->start, term->len };
    }
}

bool qa_option_add(struct qa_case *c, xz_str label, xz_str question, int64_t region)
{
    struct xz_answer *a = c->answer;
    for (size_t i = 0; i < a->option_count; i++)
        if (xz_str_eq(a->options[i].label, label))
            return false;
    if (a->option_count == QA_OPTIONS_MAX)
        return false;
    if (!a->options)
        a->options = XZ_NEW(c->arena, struct xz_option, QA_OPTIONS_MAX);
    a->options[a->option_count++] = (struct xz_option){ xz_str_copy(c->arena, label),
                                                        xz_str_copy(c->arena, question), region };
    return true;
}

/* --- the card of a service guide: its sections taken apart --- */

/* "1. 申请：…" -> "申请：…"; "- 地点" -> "地点". */
static xz_str item_text(xz_str line)
{
    line = xz_str_trim(line);
    size_t i = 0;
    while (i < line.len && line.ptr[i] >= '0' && line.ptr[i] <= '9')
        i++;
    if (i && i < line.len && line.ptr[i] == '.')
        return xz_str_trim(xz_str_sub(line, i + 1, line.len));
    if (line.len > 2 && (line.ptr[0] == '-' || line.ptr[0] == '*') && line.ptr[1] == ' ')
        return xz_str_trim(xz_str_sub(line, 2, line.len));
    return line;
}

static void lines_of(struct xz_arena *arena, xz_str body, xz_str **items, size_t *count)
{
    size_t lines = 1;
    for (size_t i = 0; i < body.len; i++)
        lines += body.ptr[i] == '\n';
    *items = XZ_NEW(arena, xz_str, lines);
    *count = 0;
    while (body.len) {
        xz_str line = item_text(xz_str_cut(&body, '\n'));
        if (line.len)
            (*items)[(*count)++] = line;
    }
}

/* Rows as the importer writes them: "| 材料名称 | 份数 | 要求 | 来源 |", the first one names
 * columns. */
static void materials_of(struct xz_arena *arena, xz_str body, struct xz_guide *guide)
{
    xz_str *lines;
    size_t count;
    lines_of(arena, body, &lines, &count);
    guide->materials = XZ_NEW(arena, struct xz_guide_material, count + 1);
    for (size_t i = 0; i < count; i++) {
        xz_str cells[4] = { XZ_STR_NONE, XZ_STR_NONE, XZ_STR_NONE, XZ_STR_NONE };
        xz_str line = lines[i];
        if (!xz_str_starts(line, XZ_STR("|"))) {
            cells[0] = line;
        } else {
            line = xz_str_trim(xz_str_sub(line, 1, line.len - 1));
            if (xz_str_ends(line, XZ_STR("|")))
                line.len--;
            for (size_t k = 0; k < XZ_COUNT(cells) && line.len; k++)
                cells[k] = xz_str_trim(xz_str_cut(&line, '|'));
            if (xz_str_eq(cells[0], XZ_STR("材料名称")))
                continue;
        }
        guide->materials[guide->material_count++] =
            (struct xz_guide_material){ cells[0], cells[1], cells[2], cells[3] };
    }
}

static void section_take(struct xz_arena *arena, const struct xz_clause *clause,
                         struct xz_guide *guide)
{
    const struct {
        xz_str label;
        xz_str *text;
        xz_str **items;
        size_t *count;
    } rows[] = {
        { { "办理条件", 12 }, &guide->conditions, NULL, NULL },
        { { "办理时限", 12 }, &guide->time_limit, NULL, NULL },
        { { "收费标准", 12 }, &guide->fee, NULL, NULL },
        { { "线上办理", 12 }, &guide->online, NULL, NULL },
        { { "咨询电话", 12 }, &guide->phone, NULL, NULL },
        { { "常见问题提示", 18 }, &guide->tips, NULL, NULL },
        { { "办理流程", 12 }, NULL, &guide->steps, &guide->step_count },
        { { "办理地点", 12 }, NULL, &guide->places, &guide->place_count },
        { { "法律依据", 12 }, NULL, &guide->basis, &guide->basis_count },
    };
    if (xz_str_eq(clause->label, XZ_STR("申请材料"))) {
        materials_of(arena, clause->body, guide);
        return;
    }
    for (size_t i = 0; i < XZ_COUNT(rows); i++) {
        if (!xz_str_eq(clause->label, rows[i].label))
            continue;
        if (rows[i].text)
            *rows[i].text = clause->body;
        else
            lines_of(arena, clause->body, rows[i].items, rows[i].count);
    }
}

xz_err xz_qa_guide(struct xz_tx *tx, struct xz_arena *arena, const struct xz_entry *entry,
                   struct xz_guide **guide)
{
    struct xz_clause *clauses;
    size_t count;
    xz_err err;

    *guide = NULL;
    if (entry->kind != XZ_ENTRY_GUIDE)
        return XZ_OK;
    if ((err = xz_clause_list(tx, arena, entry->id, 0, 40, &clauses, &count)) != XZ_OK)
        return err;
    struct xz_guide *made = XZ_NEW(arena, struct xz_guide, 1);
    made->entry = *entry;
    for (size_t i = 0; i < count; i++)
        section_take(arena, &clauses[i], made);
    *guide = made;
    return XZ_OK;
}
