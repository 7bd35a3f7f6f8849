/* Shared by the files that turn blocks of a document into drafts. They run inside xz-parse only. */
#ifndef XZ_KNOWLEDGE_RECOGNISE_INTERNAL_H
#define XZ_KNOWLEDGE_RECOGNISE_INTERNAL_H

#include "core/json.h"
#include "doc/doc.h"
#include "knowledge/knowledge.h"

/* Longest clause kept as one; longer ones are cut between paragraphs. */
#define CLAUSE_BYTES_MAX      16384
#define RECOGNISE_CLAUSES_MAX 200000

/* A document on its way to drafts: what was seen so far. */
struct recognise {
    struct xz_arena *arena; /* of the draft under way */
    struct xz_arena *keep;  /* of the whole file */
    bool bad_field;
    xz_str name; /* lasting name of the file: folder names and dates in it are hints */
    xz_str type; /* front matter: 类型 */
    struct {
        xz_str level, issued, expires; /* as written: what they mean is settled at the end */
        xz_str issuer, keywords, phone;
    } notice;
    struct xz_draft draft;
    size_t clause_room, variant_room, counter_room;
    struct xz_buf history; /* lines before the text proper: adoption, amendments */
    bool history_over, saw_text;
    bool is_case;         /* a report of a case: articles in it are quoted, not its own */
    size_t title_echo;    /* bytes of the title that were seen again as text */
    int64_t article;      /* number of the article under way */
    xz_str path_parts[8]; /* part, chapter, section, … of where we are */
    struct xz_buf body;   /* the clause being collected */
    xz_str label;
    size_t articles, items, paragraphs;
    bool in_article;
    struct xz_buf out; /* JSON lines */
    struct xz_json_writer json;
    int64_t entries, clauses;
    xz_str *columns; /* of the table being read: canonical column names */
    size_t column_count;
    int table;  /* enum recognise_table */
    size_t row; /* data row in the table, from 1 */
};

/* recognise_dates.c: facts read out of titles, history and text */
xz_date recognise_date_in(xz_str text, xz_str after); /* first 2024年3月1日 after the words */
xz_date recognise_date_of_history(xz_str history);    /* the latest that is not one of effect */
xz_date recognise_date_of_name(xz_str name);          /* 劳动合同法(2012-12-28).md */
xz_str recognise_number(struct xz_arena *arena, xz_str text); /* 文号 or 令第X号, "" if none */
/* The body that adopted or issued it: from the title, the history, the order's number, the folder.
 */
xz_str recognise_issuer(struct xz_arena *arena, xz_str title, xz_str history, xz_str number,
                        xz_str name);
void recognise_effect(struct recognise *r); /* effective_on and expires_on from the clauses */

/* recognise_repeal.c: names of what the closing articles repeal, into entry.replaces */
void recognise_repeals(struct recognise *r);

/* recognise_shape.c: what a line is, and what the whole is */
xz_str recognise_line_clean(xz_str line); /* without blanks and unseen characters at both ends */
/* The title (or the next piece of it) once more, before any text. */
bool recognise_is_title_again(struct recognise *r, xz_str line);
/* A code in several files has its name first and the part below it: 民法典, 继承编. */
bool recognise_is_subtitle(const struct recognise *r, int level, xz_str text);
void recognise_subtitle_take(struct recognise *r, xz_str text);
bool recognise_is_case_heading(xz_str text);
bool recognise_is_annex(xz_str line); /* a line that begins an annex */
/* （2021年…通过 自…起施行）, or the end of such a note that was broken over lines. */
bool recognise_is_adoption(xz_str line);
void recognise_kind_settle(struct recognise *r);

/* recognise_text.c: laws, policies, guides */
void recognise_text_history_end(struct recognise *r); /* a mark says that all before was history */
void recognise_text_heading(struct recognise *r, int level, xz_str text);
void recognise_text_paragraph(struct recognise *r, xz_str text);
void recognise_text_end(
    struct recognise *r); /* closes the clause under way, settles kind and dates */
bool recognise_front_matter(struct recognise *r, xz_str key, xz_str value);

/* recognise_notice.c: 公告. Takes what is a notice's own among the front matter; false: not its. */
bool recognise_notice_field(struct recognise *r, xz_str key, xz_str value);
/* Whether all that a notice needs is there and makes sense; XZ_E_INPUT names what does not. */
XZ_MUST_USE xz_err recognise_notice_end(struct recognise *r);
void recognise_notice_write(struct recognise *r); /* its members of the line */

/* recognise_table.c: csv of reviewed answers, regions, departments */
enum recognise_table {
    TABLE_NONE,
    TABLE_ANSWERS,
    TABLE_REGIONS,
    TABLE_DEPARTMENTS,
    TABLE_HALLS,
    TABLE_PLACES
};
enum recognise_table recognise_table_head(struct recognise *r, const xz_str *cells, size_t count);
void recognise_table_row(struct recognise *r, const xz_str *cells, size_t count);

/* recognise.c: lines out */
void recognise_emit_draft(struct recognise *r, xz_str key);
void recognise_emit_note(struct recognise *r, xz_str text);
void recognise_add_clause(struct recognise *r, xz_str label, xz_str path, xz_str body);
/* Once each; `counter`: one that the answer does not answer. */
void recognise_add_question(struct recognise *r, bool counter, xz_str question);
void recognise_draft_reset(struct recognise *r);
void recognise_flush(struct recognise *r, bool all);

#endif
