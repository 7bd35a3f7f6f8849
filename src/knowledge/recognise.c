/* Inside xz-parse: a file's blocks become drafts, written as JSON lines on the way out. The
 * importer reads them as a stranger's input. */
#include "knowledge/recognise.h"

#include "knowledge/recognise_internal.h"

#include "doc/doc.h"
#include "text/text.h"

#include <errno.h>
#include <unistd.h>

#define OUT_BYTES_MAX   MIB(64)
#define OUT_FLUSH_BYTES KIB(64)

static int out_fd_of_process = -1;

void recognise_flush(struct recognise *r, bool all)
{
    size_t done = 0;
    if (!all && r->out.len < (size_t)OUT_FLUSH_BYTES)
        return;
    XZ_ASSERT(r->out.err == XZ_OK);
    while (done < r->out.len) {
        ssize_t n = write(out_fd_of_process, r->out.ptr + done, r->out.len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            _exit(3); /* the importer has gone */
        done += (size_t)n;
    }
    xz_buf_clear(&r->out);
}

void recognise_line_end(struct recognise *r)
{
    xz_jw_end_object(&r->json);
    xz_buf_add_char(&r->out, '\n');
}

static void line_text(struct recognise *r, const char *type, const char *key, xz_str text)
{
    xz_jw_begin_object(&r->json);
    xz_jw_member_str(&r->json, "t", xz_str_from(type));
    xz_jw_member_str(&r->json, key, text);
    recognise_line_end(r);
}

void recognise_emit_note(struct recognise *r, xz_str text)
{
    line_text(r, "note", "text", text);
}

void recognise_add_clause(struct recognise *r, xz_str label, xz_str path, xz_str body)
{
    struct xz_draft *d = &r->draft;
    if (d->clause_count == r->clause_room) {
        size_t room = r->clause_room ? r->clause_room * 2 : 64;
        struct xz_clause *more = XZ_NEW(r->arena, struct xz_clause, room);
        if (d->clause_count)
            memcpy(more, d->clauses, d->clause_count * sizeof(*more));
        d->clauses = more;
        r->clause_room = room;
    }
    struct xz_clause clause = { .label = label, .path = path, .body = body };
    recognise_place_take(r, &clause);
    if (d->clause_count < RECOGNISE_CLAUSES_MAX)
        d->clauses[d->clause_count++] = clause;
}

static void question_append(struct recognise *r, xz_str **list, size_t *count, size_t *room,
                            xz_str question)
{
    for (size_t i = 0; i < *count; i++)
        if (xz_str_eq((*list)[i], question))
            return;
    if (*count == *room) {
        *room = *room ? *room * 2 : 8;
        xz_str *more = XZ_NEW(r->arena, xz_str, *room);
        if (*count)
            memcpy(more, *list, *count * sizeof(*more));
        *list = more;
    }
    (*list)[(*count)++] = xz_str_copy(r->arena, question);
}

void recognise_add_question(struct recognise *r, bool counter, xz_str question)
{
    struct xz_draft *d = &r->draft;
    if (counter)
        question_append(r, &d->counters, &d->counter_count, &r->counter_room, question);
    else
        question_append(r, &d->variants, &d->variant_count, &r->variant_room, question);
}

void recognise_draft_reset(struct recognise *r)
{
    xz_arena_reset(r->arena);
    r->draft = (struct xz_draft){ 0 };
    r->clause_room = r->variant_room = r->counter_room = 0;
}

void recognise_emit_draft(struct recognise *r, xz_str key)
{
    const struct xz_entry *e = &r->draft.entry;
    struct xz_json_writer *w = &r->json;

    xz_jw_begin_object(w);
    xz_jw_member_str(w, "t", XZ_STR("entry"));
    xz_jw_member_int(w, "kind", e->kind);
    xz_jw_member_int(w, "visibility", e->visibility);
    xz_jw_member_str(w, "key", key);
    xz_jw_member_str(w, "title", e->title);
    xz_jw_member_str(w, "number", e->number);
    xz_jw_member_str(w, "code", e->code);
    xz_jw_member_str(w, "aliases", e->aliases);
    xz_jw_member_str(w, "issuer", e->issuer);
    xz_jw_member_str(w, "department", e->department);
    xz_jw_member_str(w, "topic", e->topic);
    xz_jw_member_str(w, "basis", e->basis);
    xz_jw_member_str(w, "related", e->related);
    xz_jw_member_str(w, "replaces", e->replaces);
    xz_jw_member_str(w, "region", r->draft.region_name);
    xz_jw_member_str(w, "history", xz_utf8_head(xz_buf_str(&r->history), 150));
    xz_jw_member_int(w, "issued_on", e->issued_on);
    xz_jw_member_int(w, "effective_on", e->effective_on);
    xz_jw_member_int(w, "expires_on", e->expires_on);
    if (e->kind == XZ_ENTRY_NOTICE)
        recognise_notice_write(r);
    recognise_line_end(r);
    for (size_t i = 0; i < r->draft.clause_count; i++) {
        const struct xz_clause *c = &r->draft.clauses[i];
        xz_jw_begin_object(w);
        xz_jw_member_str(w, "t", XZ_STR("c"));
        xz_jw_member_str(w, "label", c->label);
        xz_jw_member_str(w, "path", c->path);
        xz_jw_member_str(w, "body", c->body);
        recognise_place_write(w, c);
        recognise_line_end(r);
        recognise_flush(r, false);
    }
    for (size_t i = 0; i < r->draft.variant_count; i++)
        line_text(r, "v", "q", r->draft.variants[i]);
    for (size_t i = 0; i < r->draft.counter_count; i++)
        line_text(r, "x", "q", r->draft.counters[i]);
    line_text(r, "end", "of", XZ_STR_NONE);
    recognise_flush(r, false);
    r->entries++;
    r->clauses += (int64_t)r->draft.clause_count;
}

/* --- blocks --- */

static void item_or_paragraph(struct recognise *r, const struct xz_block *block)
{
    /* In plain text a paragraph's lines are paragraphs of the document: laws as txt have no blank
     * lines between articles. */
    xz_str rest = block->text;
    while (rest.len)
        recognise_text_paragraph(r, xz_str_cut(&rest, '\n'));
}

static void row_as_text(struct recognise *r, const struct xz_block *block)
{
    struct xz_buf line;
    xz_buf_init(&line, CLAUSE_BYTES_MAX);
    for (size_t i = 0; i < block->cell_count; i++) {
        if (i)
            xz_buf_add_lit(&line, " | ");
        xz_buf_add(&line, xz_str_trim(block->cells[i]));
    }
    /* The first character keeps a row from being taken for an article or a chapter. */
    xz_str text = xz_buf_str(&line);
    if (text.len)
        recognise_text_paragraph(r, xz_str_format(r->arena, "| %.*s |", XZ_STR_ARG(text)));
    xz_buf_fini(&line);
}

static void row_take(struct recognise *r, const struct xz_block *block)
{
    if (recognise_is_sheet(r)) {
        recognise_sheet_row(r, block);
        return;
    }
    if (block->table_start && !recognise_pairs_begin(r, block->cells, block->cell_count) &&
        recognise_table_head(r, block->cells, block->cell_count) != TABLE_NONE)
        return;
    r->row++;
    if (r->table != TABLE_NONE)
        recognise_table_row(r, block->cells, block->cell_count);
    else
        row_as_text(r, block);
}

static void field_take(struct recognise *r, const struct xz_block *block)
{
    if (recognise_front_matter(r, xz_str_trim(block->key), xz_str_trim(block->text)))
        return;
    recognise_emit_note(r, xz_str_format(r->arena, "“%.*s”写作“%.*s”，无法识别。",
                                         XZ_STR_ARG(xz_utf8_head(block->key, 20)),
                                         XZ_STR_ARG(xz_utf8_head(block->text, 40))));
    r->bad_field = true;
}

static xz_err block_take(const struct xz_block *block, void *arg)
{
    struct recognise *r = arg;
    r->block = block;
    switch (block->kind) {
    case XZ_BLOCK_HEADING:
        if (recognise_is_sheet(r))
            r->sheet = xz_str_copy(r->keep, block->text);
        else
            recognise_text_heading(r, block->level, block->text);
        break;
    case XZ_BLOCK_PARAGRAPH:
    case XZ_BLOCK_ITEM:
        item_or_paragraph(r, block);
        break;
    case XZ_BLOCK_ROW:
        row_take(r, block);
        break;
    case XZ_BLOCK_META:
        field_take(r, block);
        break;
    case XZ_BLOCK_COMMENT:
        if (xz_str_find(block->text, XZ_STR("INFO END")) != XZ_STR_NPOS)
            recognise_text_history_end(r);
        break;
    case XZ_BLOCK_NOTE:
        recognise_emit_note(r, block->text);
        break;
    case XZ_BLOCK_KIND_COUNT:
        break;
    }
    r->block = NULL; /* the caller's, and gone when the last clause is closed */
    return XZ_OK;
}

/* site.json: one object of texts and whole numbers. */
static void site_member(xz_str key, const struct xz_json *value, void *arg)
{
    struct recognise *r = arg;
    xz_str text = xz_json_str(value, XZ_STR_NONE);
    if (xz_json_kind(value) == XZ_JSON_INT)
        text = xz_str_format(r->arena, "%lld", (long long)xz_json_int(value, 0));
    xz_jw_begin_object(&r->json);
    xz_jw_member_str(&r->json, "t", XZ_STR("site"));
    xz_jw_member_str(&r->json, "name", key);
    xz_jw_member_str(&r->json, "value", text);
    recognise_line_end(r);
}

static xz_err json_take(struct recognise *r, int fd)
{
    struct xz_json_doc *doc = NULL;
    struct xz_buf text;
    xz_err err = XZ_OK;
    char *room;
    ssize_t n;

    xz_buf_init(&text, MIB(1));
    while ((room = xz_buf_reserve(&text, 4096)) != NULL && (n = read(fd, room, 4096)) > 0)
        xz_buf_commit(&text, (size_t)n);
    if (err == XZ_OK && text.err == XZ_OK)
        err = xz_json_parse(xz_buf_str(&text), &doc);
    if (err == XZ_OK && xz_str_ends(r->name, XZ_STR("site.json")) &&
        xz_json_kind(xz_json_root(doc)) == XZ_JSON_OBJECT)
        xz_json_each(xz_json_root(doc), site_member, r);
    else
        err = xz_fail(XZ_E_INPUT, "JSON文件中只有站点设置 site.json 可以导入，请将知识整理为 "
                                  "Markdown、HTML、txt 或 csv。");
    xz_json_destroy(doc);
    xz_buf_fini(&text);
    return err;
}

static xz_err document_take(struct recognise *r, int fd)
{
    if (xz_str_ends(r->name, XZ_STR(".json")))
        return json_take(r, fd);
    xz_err err = xz_doc_read_fd(fd, r->name, block_take, r, &r->info);
    if (err == XZ_E_STATE && r->info.format == XZ_DOC_ZIP)
        return recognise_archive(r, fd);
    if (err != XZ_OK)
        return err;
    if (recognise_is_sheet(r))
        return recognise_sheets_end(r);
    if (r->table != TABLE_NONE && r->table != TABLE_PAIRS && !r->saw_text)
        return XZ_OK;
    recognise_text_end(r);
    if (r->bad_field)
        return xz_fail(XZ_E_INPUT, "文件开头的“类型”“可见范围”或日期写法不对，请改正后重新导入。");
    if (!r->draft.clause_count)
        return xz_fail(XZ_E_INPUT, "没有找到正文。");
    if (r->draft.entry.kind == XZ_ENTRY_NOTICE && (err = recognise_notice_end(r)) != XZ_OK)
        return err;
    if (!r->draft.entry.title.len)
        r->draft.entry.title = xz_utf8_head(r->draft.clauses[0].body, 40);
    recognise_emit_draft(r, XZ_STR_NONE);
    return XZ_OK;
}

int xz_recognise_main(int in_fd, int out_fd, xz_str name, xz_str columns)
{
    struct recognise r = { .name = name };

    out_fd_of_process = out_fd;
    r.arena = xz_arena_create(1 << 16);
    r.keep = xz_arena_create(1 << 12);
    xz_buf_init(&r.history, KIB(64));
    xz_buf_init(&r.body, CLAUSE_BYTES_MAX * 2);
    xz_buf_init(&r.unmapped, KIB(16));
    xz_buf_init(&r.out, OUT_BYTES_MAX);
    xz_jw_init(&r.json, &r.out);
    xz_fail_clear();
    if (recognise_columns_map(&r, columns) == XZ_OK && document_take(&r, in_fd) == XZ_OK) {
        xz_jw_begin_object(&r.json);
        xz_jw_member_str(&r.json, "t", XZ_STR("done"));
        xz_jw_member_int(&r.json, "entries", r.entries);
        recognise_line_end(&r);
    } else {
        line_text(&r, "refused", "reason", xz_str_from(xz_fail_detail()));
    }
    recognise_flush(&r, true);
    xz_buf_fini(&r.out);
    xz_buf_fini(&r.unmapped);
    xz_buf_fini(&r.body);
    xz_buf_fini(&r.history);
    xz_free(r.keys);
    xz_arena_destroy(r.keep);
    xz_arena_destroy(r.arena);
    return 0;
}
