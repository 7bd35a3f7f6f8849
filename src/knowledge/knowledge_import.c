/* One file into knowledge: hashed, taken apart by xz-parse, stored in batches, indexed,
 * acknowledged. Importing the same content again does nothing, so that resuming is running it
 * again. */
#include "knowledge/knowledge_internal.h"

#include "audit/audit.h"
#include "core/file.h"
#include "core/json.h"
#include "core/log.h"
#include "core/metric.h"
#include "doc/doc_sandbox.h"
#include "knowledge/recognise.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Drafts of a table are stored this many at a time, so that memory stays bounded. */
#define BATCH_DRAFTS_MAX 200
#define INDEX_TRIES_MAX  12 /* of five seconds each */
#define BATCH_BYTES_MAX  MIB(8)

struct import {
    const struct knowledge_import_file *file;
    const struct xz_import_options *options;
    struct xz_arena *batch;  /* drafts since the last store */
    struct xz_arena *result; /* the caller's */
    xz_str source, hash;
    struct xz_draft drafts[BATCH_DRAFTS_MAX];
    size_t draft_count;
    struct xz_draft *open; /* the draft whose clauses are arriving */
    size_t clause_room, variant_room, counter_room;
    uint64_t *seen; /* hashes of the sources of all drafts of this file */
    size_t seen_count;
    bool whole; /* the file is one entry: its source is the file's */
    bool finished;
    struct knowledge_table *table;     /* rows of the site, stored with the last batch */
    xz_str refused;                    /* the parser's reason */
    struct knowledge_archive *archive; /* the files in it, if it is one */
    struct xz_buf notes;
    int64_t entries, clauses, notes_count, changed, batches; /* batches: stored before this one */
    /* of the change under way */
    bool last;
    int64_t change;
    struct knowledge_touched touched;
};

/* --- the change --- */

static xz_err withdraw_gone(struct xz_tx *tx, struct import *im)
{
    struct xz_entry *list;
    size_t count;
    xz_str prefix = xz_str_format(im->batch, "%.*s#", XZ_STR_ARG(im->source));
    xz_err err = knowledge_entry_list(tx, im->batch, LIST_SOURCE_PREFIX, 0, prefix, &list, &count);

    for (size_t i = 0; i < count && err == XZ_OK; i++) {
        uint64_t hash = xz_str_hash(list[i].source);
        bool there = false;
        for (size_t s = 0; s < im->seen_count && !there; s++)
            there = im->seen[s] == hash;
        if (there)
            continue;
        /* No longer in its file: nothing that undoing a withdrawal by hand could give back. */
        if (list[i].status != XZ_STATUS_PUBLISHED) {
            err = knowledge_withdrawn_drop(tx, list[i].id.v);
            continue;
        }
        err = knowledge_entry_withdraw(tx, list[i].id.v, xz_tx_change_number(tx));
        knowledge_touch(&im->touched, list[i].id.v);
    }
    return err;
}

static xz_err file_row_put(struct xz_tx *tx, const struct import *im, const char *outcome,
                           xz_str reason)
{
    struct knowledge_import_row row = { .source = im->source,
                                        .content_hash = im->hash,
                                        .outcome = xz_str_from(outcome),
                                        .reason = reason,
                                        .entries = im->entries,
                                        .clauses = im->clauses };
    return knowledge_import_put(tx, &row);
}

static xz_err batch_save_tx(struct xz_tx *tx, void *arg)
{
    struct import *im = arg;
    const struct xz_site *site = xz_knowledge_site(im->options->knowledge);
    struct knowledge_import_row twin;
    xz_err err = XZ_OK;

    im->touched = (struct knowledge_touched){ .arena = im->batch };
    if (im->last && !im->batches) {
        err = knowledge_import_by_hash(tx, im->batch, im->hash, im->source, &twin);
        if (err == XZ_OK) {
            im->refused = xz_str_copy(im->result, twin.source);
            return XZ_E_STATE; /* the same content was stored by somebody a moment ago */
        }
        err = XZ_OK;
    }
    for (size_t i = 0; i < im->draft_count && err == XZ_OK; i++) {
        struct xz_draft *draft = &im->drafts[i];
        bool changed;
        const struct knowledge_place_hints hints = { draft->region_name, draft->entry.title,
                                                     draft->entry.issuer, draft->entry.content_hash,
                                                     im->source };
        draft->entry.region = knowledge_region_of(site, &hints);
        if (draft->entry.region < 0)
            return xz_fail(XZ_E_INPUT, "区域“%.*s”不在区划表中，请先导入区划表或改正名称。",
                           XZ_STR_ARG(draft->region_name));
        err = knowledge_draft_save(tx, im->batch, draft, &im->touched, &changed);
        im->changed += changed;
    }
    if (err == XZ_OK && im->last && !im->whole)
        err = withdraw_gone(tx, im);
    if (err == XZ_OK && im->last)
        err = knowledge_table_save(tx, im->table, im->source, &im->notes);
    if (err == XZ_OK && im->last)
        err = file_row_put(tx, im, "stored", xz_buf_str(&im->notes));
    if (err == XZ_OK && im->last)
        err = xz_audit_write(tx, &im->options->actor, "knowledge.imported", 0, im->source);
    if (err == XZ_OK && im->touched.count) {
        im->change = xz_tx_change_number(tx);
        knowledge_pending_add(im->options->knowledge, im->change);
    }
    return err;
}

/* What was committed becomes searchable; a moment without a free reader is waited out. */
static xz_err touched_index(struct import *im)
{
    struct xz_knowledge *k = im->options->knowledge;
    xz_err err = XZ_OK;
    for (size_t i = 0; i < im->touched.count && err == XZ_OK; i++) {
        int tries = 0;
        do
            err = knowledge_index_entry(k, im->touched.ids[i]);
        while (err == XZ_E_BUSY && ++tries < INDEX_TRIES_MAX);
    }
    return err;
}

static xz_err batch_save(struct import *im, bool last)
{
    struct xz_knowledge *k = im->options->knowledge;

    im->last = last;
    im->change = 0;
    xz_err err = xz_store_write(k->store, batch_save_tx, im);
    bool committed = err == XZ_OK;
    if (committed)
        err = touched_index(im);
    /* A change that is committed and not in the index stays pending: the next start replays it. */
    if (im->change && (!committed || err == XZ_OK))
        knowledge_pending_done(k, im->change);
    im->draft_count = 0;
    im->batches++;
    im->open = NULL;
    xz_arena_reset(im->batch);
    return err;
}

struct refuse {
    struct import *im;
    const char *outcome;
    xz_str reason;
};

static xz_err refuse_tx(struct xz_tx *tx, void *arg)
{
    struct refuse *refuse = arg;
    xz_err err = file_row_put(tx, refuse->im, refuse->outcome, refuse->reason);
    if (err == XZ_OK)
        err = xz_audit_write(tx, &refuse->im->options->actor, "knowledge.import_refused", 0,
                             refuse->im->source);
    return err;
}

static xz_err file_set_aside(struct import *im, struct xz_import_result *result,
                             enum xz_import_outcome outcome, xz_str reason)
{
    struct refuse refuse = { im, xz_import_outcome_name(outcome), xz_str_copy(im->result, reason) };
    result->outcome = outcome;
    result->reason = refuse.reason;
    if (outcome == XZ_IMPORT_REFUSED) {
        xz_metric_add(XZ_M_IMPORT_REFUSED, 1);
        XZ_LOG(IMPORT_REFUSED, XZ_LF_STR(PATH, im->source), XZ_LF_STR(DETAIL, refuse.reason));
    }
    return xz_store_write(im->options->knowledge->store, refuse_tx, &refuse);
}

/* --- lines from the parser: distrusted, bounded, every field checked --- */

static xz_str text_of(struct import *im, const struct xz_json *line, const char *key,
                      size_t bytes_max)
{
    xz_str text = xz_json_str(xz_json_get(line, key), XZ_STR_NONE);
    return xz_str_copy(im->batch, xz_utf8_head_bytes(text, bytes_max));
}

static xz_date date_of(const struct xz_json *line, const char *key)
{
    int64_t date = xz_json_int(xz_json_get(line, key), 0);
    return date > 0 && date < 30000000 && xz_date_valid((xz_date)date) ? (xz_date)date : 0;
}

static xz_err line_entry(struct import *im, const struct xz_json *line)
{
    int64_t kind = xz_json_int(xz_json_get(line, "kind"), 0);
    int64_t visibility = xz_json_int(xz_json_get(line, "visibility"), 0);
    xz_str key = text_of(im, line, "key", 2000);

    if (!xz_entry_kind_valid(kind) || visibility < 0 || visibility > XZ_VISIBLE_DEPARTMENT)
        return xz_fail(XZ_E_INPUT, "解析结果不合规范，文件未导入。");
    struct xz_draft *draft = &im->drafts[im->draft_count];
    *draft = (struct xz_draft){ 0 };
    struct xz_entry *e = &draft->entry;
    im->whole = key.len == 0;
    e->source = im->whole ? im->source
                          : xz_str_format(im->batch, "%.*s#%.*s", XZ_STR_ARG(im->source),
                                          XZ_STR_ARG(key));
    e->kind = (enum xz_entry_kind)kind;
    e->visibility = (enum xz_visibility)visibility;
    e->title = text_of(im, line, "title", 2000);
    e->number = text_of(im, line, "number", 300);
    e->code = text_of(im, line, "code", 200);
    e->aliases = text_of(im, line, "aliases", 2000);
    e->issuer = text_of(im, line, "issuer", 600);
    e->department = text_of(im, line, "department", 600);
    e->topic = text_of(im, line, "topic", 300);
    e->basis = text_of(im, line, "basis", 4000);
    e->related = text_of(im, line, "related", 200);
    e->replaces = text_of(im, line, "replaces", 4000);
    e->issued_on = date_of(line, "issued_on");
    e->effective_on = date_of(line, "effective_on");
    e->expires_on = date_of(line, "expires_on");
    e->content_hash = text_of(im, line, "history", 600); /* until stored: says the region */
    draft->region_name = text_of(im, line, "region", 200);
    draft->notice.level = xz_json_int(xz_json_get(line, "level"), 0);
    draft->notice.issued_ms = xz_json_int(xz_json_get(line, "issued_ms"), 0);
    draft->notice.expires_ms = xz_json_int(xz_json_get(line, "expires_ms"), 0);
    draft->notice.phone = text_of(im, line, "phone", 200);
    if (e->kind == XZ_ENTRY_NOTICE &&
        (draft->notice.level <= 0 || draft->notice.level >= XZ_NOTICE_LEVEL_COUNT))
        return xz_fail(XZ_E_INPUT, "解析结果不合规范，文件未导入。");
    im->open = draft;
    im->clause_room = im->variant_room = im->counter_room = 0;
    return XZ_OK;
}

/* A number from 0 to `most`; 0 also for what is none. */
static int64_t int_of(const struct xz_json *line, const char *key, int64_t most)
{
    int64_t value = xz_json_int(xz_json_get(line, key), 0);
    return value >= 0 && value <= most ? value : 0;
}

static xz_err line_clause(struct import *im, const struct xz_json *line)
{
    struct xz_draft *d = im->open;
    if (!d || d->clause_count >= 200000)
        return xz_fail(XZ_E_INPUT, "解析结果不合规范，文件未导入。");
    if (d->clause_count == im->clause_room) {
        size_t room = im->clause_room ? im->clause_room * 2 : 32;
        struct xz_clause *more = XZ_NEW(im->batch, struct xz_clause, room);
        if (d->clause_count)
            memcpy(more, d->clauses, d->clause_count * sizeof(*more));
        d->clauses = more;
        im->clause_room = room;
    }
    struct xz_clause *clause = &d->clauses[d->clause_count++];
    *clause = (struct xz_clause){ .label = text_of(im, line, "label", 600),
                                  .path = text_of(im, line, "path", 2000),
                                  .body = text_of(im, line, "body", 65536),
                                  .page = int_of(line, "page", 1000000),
                                  .confidence = int_of(line, "confidence", 100) };
    const struct xz_json *box = xz_json_get(line, "box");
    for (size_t i = 0; i < XZ_COUNT(clause->box); i++) {
        int64_t side = xz_json_int(xz_json_at(box, i), 0);
        clause->box[i] = side >= 0 && side <= 10000 ? side : 0;
    }
    return XZ_OK;
}

static xz_err line_question(struct import *im, const struct xz_json *line, bool counter)
{
    struct xz_draft *d = im->open;
    if (!d || (counter ? d->counter_count : d->variant_count) >= 1000)
        return xz_fail(XZ_E_INPUT, "一个问题的相似问法超过1000个，文件未导入。");
    xz_str **list = counter ? &d->counters : &d->variants;
    size_t *count = counter ? &d->counter_count : &d->variant_count;
    size_t *room = counter ? &im->counter_room : &im->variant_room;
    if (*count == *room) {
        *room = *room ? *room * 2 : 8;
        xz_str *more = XZ_NEW(im->batch, xz_str, *room);
        if (*count)
            memcpy(more, *list, *count * sizeof(*more));
        *list = more;
    }
    (*list)[(*count)++] = text_of(im, line, "q", 2000);
    return XZ_OK;
}

static xz_err draft_close(struct import *im)
{
    struct xz_draft *d = im->open;
    if (!d || !d->entry.title.len || !d->clause_count)
        return xz_fail(XZ_E_INPUT, "解析结果不合规范，文件未导入。");
    if ((im->seen_count & (im->seen_count - 1)) == 0)
        im->seen = xz_realloc(im->seen, XZ_MAX(im->seen_count * 2, (size_t)1) * sizeof(*im->seen));
    im->seen[im->seen_count++] = xz_str_hash(d->entry.source);
    im->entries++;
    im->clauses += (int64_t)d->clause_count;
    im->draft_count++;
    im->open = NULL;
    if (im->draft_count == BATCH_DRAFTS_MAX ||
        (!im->whole && xz_arena_used_bytes(im->batch) > (size_t)BATCH_BYTES_MAX))
        return batch_save(im, false);
    return XZ_OK;
}

static xz_err archive_line(struct import *im, xz_str type, const struct xz_json *line)
{
    if (im->file->depth >= KNOWLEDGE_ARCHIVE_DEPTH_MAX)
        return xz_fail(XZ_E_INPUT, "压缩包里套了多层压缩包，请解开后再导入。");
    if (!im->archive)
        im->archive = knowledge_archive_create(im->options->work_folder);
    return knowledge_archive_line(im->archive, type, line);
}

static xz_err line_take(xz_str text, void *arg)
{
    struct import *im = arg;
    struct xz_json_doc *doc = NULL;
    xz_err err;

    if ((err = xz_json_parse(text, &doc)) != XZ_OK)
        return xz_fail(XZ_E_INPUT, "解析结果不合规范，文件未导入。");
    const struct xz_json *line = xz_json_root(doc);
    xz_str type = xz_json_str(xz_json_get(line, "t"), XZ_STR_NONE);
    if (xz_str_eq(type, XZ_STR("c"))) {
        err = line_clause(im, line);
    } else if (xz_str_eq(type, XZ_STR("v"))) {
        err = line_question(im, line, false);
    } else if (xz_str_eq(type, XZ_STR("x"))) {
        err = line_question(im, line, true);
    } else if (xz_str_eq(type, XZ_STR("entry"))) {
        err = line_entry(im, line);
    } else if (xz_str_eq(type, XZ_STR("end"))) {
        err = draft_close(im);
    } else if (xz_str_eq(type, XZ_STR("note"))) {
        im->notes_count++;
        xz_buf_add(&im->notes,
                   xz_str_sub(xz_json_str(xz_json_get(line, "text"), XZ_STR_NONE), 0, 600));
        xz_buf_add_char(&im->notes, '\n');
    } else if (xz_str_eq(type, XZ_STR("refused"))) {
        im->refused = xz_str_copy(im->result,
                                  xz_json_str(xz_json_get(line, "reason"), XZ_STR_NONE));
    } else if (xz_str_eq(type, XZ_STR("done"))) {
        im->finished = true;
    } else if (knowledge_archive_takes(type)) {
        err = archive_line(im, type, line);
    } else {
        err = knowledge_table_take(im->table, xz_knowledge_site(im->options->knowledge), line,
                                   &im->notes);
    }
    xz_json_destroy(doc);
    return err;
}

/* --- the file --- */

static xz_err known_already(struct import *im, struct xz_import_result *result, bool *known)
{
    struct knowledge_import_row row;
    struct xz_tx *tx;
    xz_err err = xz_store_read(im->options->knowledge->store, &tx);

    bool same = false;

    *known = true;
    if (err != XZ_OK)
        return err;
    err = knowledge_import_get(tx, im->result, im->source, &row);
    if (err == XZ_OK) {
        same = xz_str_eq(row.content_hash, im->hash);
        result->entries = row.entries;
        result->clauses = row.clauses;
    }
    bool stored = same && xz_str_eq(row.outcome, XZ_STR("stored"));
    bool duplicate = same && xz_str_eq(row.outcome, XZ_STR("duplicate"));
    /* A duplicate is settled only as long as the file it doubles still has that content. */
    if (!stored && (err == XZ_OK || err == XZ_E_MISSING))
        err = knowledge_import_by_hash(tx, im->result, im->hash, im->source, &row);
    xz_store_read_end(tx);
    if (stored || (duplicate && err == XZ_OK)) {
        result->outcome = XZ_IMPORT_UNCHANGED;
        return XZ_OK;
    }
    result->entries = result->clauses = 0;
    if (err == XZ_OK)
        return file_set_aside(
            im, result, XZ_IMPORT_DUPLICATE,
            xz_str_format(im->result, "内容与已导入的“%.*s”相同。", XZ_STR_ARG(row.source)));
    *known = false;
    return err == XZ_E_MISSING ? XZ_OK : err;
}

/* What is wrong with a file before it is opened up. */
static xz_err file_check(struct import *im, xz_str *refused)
{
    struct stat st = { 0 };
    struct xz_sha256 hash;
    int64_t bytes;
    char path[64];

    int problem = im->file->fd < 0 ? -im->file->fd : fstat(im->file->fd, &st) != 0 ? errno : 0;
    if (problem)
        *refused = xz_str_format(im->result, "无法读取：%s。", strerror(problem));
    else if (!S_ISREG(st.st_mode))
        *refused = XZ_STR("不是普通文件，未导入。");
    else if (st.st_size == 0)
        *refused = XZ_STR("文件是空的。");
    else if (st.st_size > im->options->file_bytes_max)
        *refused = xz_str_format(
            im->result,
            "文件有%lld字节，超过上限%lld字节（设置项 import.file_bytes_max），请拆分后再导入。",
            (long long)st.st_size, (long long)im->options->file_bytes_max);
    if (refused->len)
        return XZ_OK;
    /* The very file that is open, whatever its name means by now. */
    snprintf(path, sizeof(path), "/proc/self/fd/%d", im->file->fd);
    xz_err err = xz_file_sha256(path, &hash, &bytes);
    /* With the version of the recogniser and what was said of columns: after an upgrade, or said
     * otherwise, the same files are read anew. */
    const char *columns = im->options->columns;
    if (err == XZ_OK)
        im->hash = xz_str_format(im->result, "%d-%.*s", RECOGNISE_VERSION,
                                 XZ_STR_ARG(xz_hex(im->result, hash.bytes, sizeof(hash.bytes))));
    if (err == XZ_OK && columns && columns[0])
        im->hash = xz_str_format(im->result, "%.*s-%016llx", XZ_STR_ARG(im->hash),
                                 (unsigned long long)xz_str_hash(xz_str_from(columns)));
    return err;
}

struct archive_end {
    struct import *im;
    xz_str reason;
};

static xz_err archive_end_tx(struct xz_tx *tx, void *arg)
{
    struct archive_end *end = arg;
    xz_err err = file_row_put(tx, end->im, "stored", end->reason);
    return err == XZ_OK ? xz_audit_write(tx, &end->im->options->actor, "knowledge.imported", 0,
                                         end->im->source)
                        : err;
}

/* Its files are sources of their own; the archive is only remembered as done. */
static xz_err archive_store(struct import *im, struct xz_import_result *result)
{
    bool complete;
    xz_err err = knowledge_archive_import(im->archive, im->file, result, &complete);
    if (err != XZ_OK)
        return err;
    struct archive_end end = { im, knowledge_archive_report(im->archive) };
    if (result->outcome == XZ_IMPORT_REFUSED)
        return file_set_aside(
            im, result, XZ_IMPORT_REFUSED,
            xz_str_format(im->result, "压缩包里没有可以导入的文件。%.*s", XZ_STR_ARG(end.reason)));
    im->entries = result->entries;
    im->clauses = result->clauses;
    end.reason = xz_str_format(im->result, "%.*s%.*s", XZ_STR_ARG(xz_buf_str(&im->notes)),
                               XZ_STR_ARG(end.reason));
    result->reason = end.reason;
    if (!complete) /* importing it again tries the refused ones again */
        im->hash = XZ_STR_NONE;
    return xz_store_write(im->options->knowledge->store, archive_end_tx, &end);
}

/* Takes the file apart and stores it. What the parser cannot read is a refusal, not an error. */
static xz_err file_store(struct import *im, struct xz_import_result *result)
{
    const struct xz_import_options *o = im->options;
    struct xz_parse_options parse = { .program = o->parser_path,
                                      .timeout_ms = o->file_timeout_ms,
                                      .tool_timeout_ms = o->tool_timeout_ms,
                                      .pages_max = o->pages_max,
                                      .scanned_pages_max = o->scanned_pages_max,
                                      .memory_bytes_max = o->memory_bytes_max,
                                      .columns = o->columns };
    xz_err err = xz_parse_run(&parse, im->file->fd, im->source, line_take, im);

    if (err == XZ_E_INPUT || err == XZ_E_LIMIT)
        return file_set_aside(im, result, XZ_IMPORT_REFUSED, xz_str_from(xz_fail_detail()));
    if (err != XZ_OK)
        return err;
    if (im->refused.len)
        return file_set_aside(im, result, XZ_IMPORT_REFUSED, im->refused);
    if (!im->finished)
        return file_set_aside(im, result, XZ_IMPORT_REFUSED,
                              XZ_STR("解析中途结束，文件未导入，请检查文件是否完整。"));
    if (im->archive && !im->entries)
        return archive_store(im, result);
    if (!im->entries && !knowledge_table_count(im->table))
        return file_set_aside(im, result, XZ_IMPORT_REFUSED,
                              im->notes.len ? xz_buf_str(&im->notes)
                                            : XZ_STR("没有找到可以导入的正文。"));
    err = batch_save(im, true);
    if (err == XZ_E_INPUT)
        return file_set_aside(im, result, XZ_IMPORT_REFUSED, xz_str_from(xz_fail_detail()));
    if (err == XZ_E_STATE && im->refused.len)
        return file_set_aside(
            im, result, XZ_IMPORT_DUPLICATE,
            xz_str_format(im->result, "内容与已导入的“%.*s”相同。", XZ_STR_ARG(im->refused)));
    if (err == XZ_OK && knowledge_table_count(im->table))
        err = knowledge_site_load(o->knowledge);
    result->outcome = XZ_IMPORT_STORED;
    result->entries = im->entries;
    result->clauses = im->clauses;
    result->reason = xz_str_copy(im->result, xz_buf_str(&im->notes));
    xz_metric_add(XZ_M_IMPORT_FILES, 1);
    return err;
}

xz_err xz_import_file(const struct xz_import_options *options, struct xz_arena *arena,
                      xz_str source, const char *path, struct xz_import_result *result)
{
    xz_err err = xz_actor_may(&options->actor, XZ_PERM_OPERATE);
    if (err != XZ_OK)
        return err;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    const struct knowledge_import_file file = { options, xz_str_copy(arena, source),
                                                fd < 0 ? -errno : fd, 0 };
    err = knowledge_import_fd(&file, arena, result);
    if (fd >= 0)
        close(fd);
    return err;
}

xz_err knowledge_import_fd(const struct knowledge_import_file *file, struct xz_arena *arena,
                           struct xz_import_result *result)
{
    struct import *im = XZ_ALLOC(struct import, 1);
    xz_str refused = XZ_STR_NONE;
    bool known = false;
    xz_err err;

    *result = (struct xz_import_result){ .source = file->source };
    im->file = file;
    im->options = file->options;
    im->result = arena;
    im->source = file->source;
    im->hash = XZ_STR_NONE;
    im->batch = xz_arena_create(1 << 16);
    im->table = knowledge_table_create();
    xz_buf_init(&im->notes, KIB(64));
    if ((err = file_check(im, &refused)) != XZ_OK)
        goto out;
    if (refused.len) {
        err = file_set_aside(im, result, XZ_IMPORT_REFUSED, refused);
        goto out;
    }
    if ((err = known_already(im, result, &known)) != XZ_OK || known)
        goto out;
    err = file_store(im, result);
out:
    xz_buf_fini(&im->notes);
    knowledge_archive_destroy(im->archive);
    knowledge_table_destroy(im->table);
    xz_arena_destroy(im->batch);
    xz_free(im->seen);
    xz_free(im);
    return err;
}
