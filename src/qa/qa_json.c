/* Answers, sources and guides as JSON, for the API and the command line alike. */
#include "qa/qa_internal.h"

/* Bytes to UTF-16 code units: what a browser counts text in. */
static void marks_write(struct xz_json_writer *w, const struct xz_source *source)
{
    size_t pos = 0, units = 0;
    xz_jw_key(w, "marks");
    xz_jw_begin_array(w);
    for (size_t i = 0; i < source->mark_count; i++) {
        size_t from = 0, end = source->marks[i].start + source->marks[i].len;
        for (; pos < end && pos < source->clause.body.len;) {
            if (pos == source->marks[i].start)
                from = units;
            units += xz_utf8_next(source->clause.body, &pos) > 0xffff ? 2 : 1;
        }
        xz_jw_begin_array(w);
        xz_jw_int(w, (int64_t)from);
        xz_jw_int(w, (int64_t)(units - from));
        xz_jw_end_array(w);
    }
    xz_jw_end_array(w);
}

static void date_write(struct xz_json_writer *w, const char *key, xz_date date)
{
    char text[16];
    if (date)
        snprintf(text, sizeof(text), "%04d-%02d-%02d", date / 10000, date / 100 % 100, date % 100);
    else
        text[0] = '\0';
    xz_jw_member_str(w, key, xz_str_from(text));
}

/* Only clauses of files with pages have a place, only recognised ones a confidence. */
static void place_write(struct xz_json_writer *w, const struct xz_clause *clause)
{
    if (clause->page <= 0)
        return;
    xz_jw_member_int(w, "page", clause->page);
    if (clause->box[2] > clause->box[0] && clause->box[3] > clause->box[1]) {
        xz_jw_key(w, "box");
        xz_jw_begin_array(w);
        for (size_t i = 0; i < XZ_COUNT(clause->box); i++)
            xz_jw_int(w, clause->box[i]);
        xz_jw_end_array(w);
    }
    if (clause->confidence > 0)
        xz_jw_member_int(w, "ocr_confidence", clause->confidence);
}

void xz_source_members_write(struct xz_json_writer *w, const struct xz_source *s, size_t n)
{
    const struct xz_entry *e = &s->entry;
    xz_jw_member_int(w, "n", (int64_t)n);
    xz_jw_member_int(w, "entry", e->id.v);
    xz_jw_member_int(w, "clause", s->clause.id.v);
    xz_jw_member_str(w, "kind", xz_str_from(xz_entry_kind_name(e->kind)));
    xz_jw_member_str(w, "title", e->title);
    xz_jw_member_str(w, "number", e->number);
    xz_jw_member_str(w, "label", s->clause.label);
    xz_jw_member_str(w, "path", s->clause.path);
    date_write(w, "date", e->effective_on ? e->effective_on : e->issued_on);
    xz_jw_member_str(w, "issuer", e->issuer.len ? e->issuer : e->department);
    xz_jw_member_str(w, "region", s->region_name);
    xz_jw_member_str(w, "status", xz_str_from(xz_validity_name(s->validity)));
    xz_jw_member_str(w, "basis", e->basis);
    xz_jw_member_str(w, "text", s->clause.body);
    place_write(w, &s->clause);
    marks_write(w, s);
}

void xz_hits_write(struct xz_json_writer *w, const struct xz_source *sources, const float *scores,
                   size_t count, double took_ms)
{
    xz_jw_begin_object(w);
    xz_jw_key(w, "hits");
    xz_jw_begin_array(w);
    for (size_t i = 0; i < count; i++) {
        xz_jw_begin_object(w);
        xz_source_members_write(w, &sources[i], i + 1);
        xz_jw_member_double(w, "score", (double)scores[i]);
        xz_jw_end_object(w);
    }
    xz_jw_end_array(w);
    xz_jw_member_double(w, "took_ms", took_ms);
    xz_jw_end_object(w);
}

static void texts_write(struct xz_json_writer *w, const char *key, const xz_str *items,
                        size_t count)
{
    xz_jw_key(w, key);
    xz_jw_begin_array(w);
    for (size_t i = 0; i < count; i++)
        xz_jw_str(w, items[i]);
    xz_jw_end_array(w);
}

static void windows_write(struct xz_json_writer *w, const struct xz_guide *g)
{
    xz_jw_key(w, "windows");
    xz_jw_begin_array(w);
    for (size_t i = 0; i < g->window_count; i++) {
        xz_jw_begin_object(w);
        xz_jw_member_int(w, "hall", g->windows[i].hall);
        xz_jw_member_str(w, "hall_name", g->windows[i].hall_name);
        xz_jw_member_int(w, "floor", g->windows[i].floor);
        xz_jw_member_str(w, "place", g->windows[i].place);
        xz_jw_member_str(w, "region_name", g->windows[i].region_name);
        xz_jw_end_object(w);
    }
    xz_jw_end_array(w);
}

void xz_guide_write(struct xz_json_writer *w, const struct xz_guide *g)
{
    if (!g) {
        xz_jw_null(w);
        return;
    }
    xz_jw_begin_object(w);
    xz_jw_member_int(w, "entry", g->entry.id.v);
    xz_jw_member_str(w, "title", g->entry.title);
    xz_jw_member_str(w, "code", g->entry.code);
    xz_jw_member_str(w, "department", g->entry.department);
    xz_jw_member_str(w, "conditions", g->conditions);
    xz_jw_key(w, "materials");
    xz_jw_begin_array(w);
    for (size_t i = 0; i < g->material_count; i++) {
        xz_jw_begin_object(w);
        xz_jw_member_str(w, "name", g->materials[i].name);
        xz_jw_member_str(w, "copies", g->materials[i].copies);
        xz_jw_member_str(w, "requirement", g->materials[i].requirement);
        xz_jw_member_str(w, "source", g->materials[i].source);
        xz_jw_end_object(w);
    }
    xz_jw_end_array(w);
    texts_write(w, "steps", g->steps, g->step_count);
    texts_write(w, "places", g->places, g->place_count);
    xz_jw_member_str(w, "time_limit", g->time_limit);
    xz_jw_member_str(w, "fee", g->fee);
    xz_jw_member_str(w, "online", g->online);
    xz_jw_member_str(w, "phone", g->phone);
    texts_write(w, "basis", g->basis, g->basis_count);
    xz_jw_member_str(w, "tips", g->tips);
    windows_write(w, g);
    xz_jw_end_object(w);
}

static void options_write(struct xz_json_writer *w, const struct xz_answer *a)
{
    xz_jw_key(w, "options");
    xz_jw_begin_array(w);
    for (size_t i = 0; i < a->option_count; i++) {
        char code[24];
        xz_jw_begin_object(w);
        xz_jw_member_str(w, "label", a->options[i].label);
        snprintf(code, sizeof(code), "%lld", (long long)a->options[i].region);
        if (a->options[i].region)
            xz_jw_member_str(w, "region", xz_str_from(code));
        if (a->options[i].question.len)
            xz_jw_member_str(w, "question", a->options[i].question);
        xz_jw_end_object(w);
    }
    xz_jw_end_array(w);
}

static void contact_write(struct xz_json_writer *w, const struct xz_site *site,
                          const struct xz_department *d)
{
    xz_jw_key(w, "contact");
    xz_jw_begin_object(w);
    xz_jw_member_str(w, "hotline", site->hotline);
    xz_jw_member_str(w, "hours", site->hotline_hours);
    xz_jw_key(w, "department");
    if (d) {
        xz_jw_begin_object(w);
        xz_jw_member_str(w, "name", d->name);
        xz_jw_member_str(w, "phone", d->phone);
        xz_jw_member_str(w, "address", d->address);
        xz_jw_member_str(w, "hours", d->hours);
        xz_jw_end_object(w);
    } else {
        xz_jw_null(w);
    }
    xz_jw_end_object(w);
}

void xz_answer_write(struct xz_json_writer *w, const struct xz_qa *qa, const struct xz_answer *a)
{
    xz_jw_begin_object(w);
    xz_jw_member_str(w, "kind", xz_str_from(xz_answer_kind_name(a->kind)));
    xz_jw_member_str(w, "answer", a->text);
    xz_jw_key(w, "sources");
    xz_jw_begin_array(w);
    for (size_t i = 0; i < a->source_count; i++) {
        xz_jw_begin_object(w);
        xz_source_members_write(w, &a->sources[i], i + 1);
        xz_jw_end_object(w);
    }
    xz_jw_end_array(w);
    xz_jw_member_str(w, "dialogue", xz_str_from(a->dialogue.text));
    xz_jw_member_int(w, "turn", a->turn);
    xz_jw_member_double(w, "confidence", a->confidence);
    xz_jw_member_str(w, "question_as_understood", a->understood);
    xz_jw_member_str(w, "matched_question", a->matched);
    date_write(w, "valid_on", a->valid_on);
    options_write(w, a);
    xz_jw_key(w, "guide");
    xz_guide_write(w, a->guide);
    contact_write(w, xz_knowledge_site(qa->knowledge), a->department);
    xz_jw_member_str(w, "label", a->label);
    xz_jw_end_object(w);
}
