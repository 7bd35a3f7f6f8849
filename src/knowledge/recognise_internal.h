/* Shared by the files that turn blocks of a document into drafts. They run inside xz-parse only. */
#ifndef XZ_KNOWLEDGE_RECOGNISE_INTERNAL_H
#define XZ_KNOWLEDGE_RECOGNISE_INTERNAL_H

#include "core/json.h"
#include "doc/doc.h"
#include "knowledge/knowledge.h"

/* Longest clause kept as one; longer ones are cut between paragraphs. */
#define CLAUSE_BYTES_MAX      16384
#define QUESTION_BYTES_MAX    1500 /* 500 characters: more than anybody may ask */
#define RECOGNISE_CLAUSES_MAX 200000

#define RECOGNISE_COLUMNS_MAX 256
#define RECOGNISE_MAP_MAX     64

/* A column's meaning said by hand. */
struct recognise_mapping {
    xz_str name, seen;
};

/* Where in a paged file a clause stands: the place of its first block, and of what follows it on
 * the same page. */
struct recognise_place {
    struct xz_block at;
    double confidence, bytes; /* summed, weighted by the length of the text */
};

/* A document on its way to drafts: what was seen so far. */
struct recognise {
    struct xz_arena *arena; /* of the draft under way */
    struct xz_arena *keep;  /* of the whole file */
    bool bad_field;
    const struct xz_block *block; /* the one being taken; NULL outside */
    struct recognise_place place; /* of the clause under way */
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
    struct xz_doc_info info; /* the format is set before the first block */
    xz_str *columns;         /* of the table being read: canonical column names, "" unknown */
    xz_str *headers;         /* the same as written, cleaned */
    size_t column_count;
    int table;  /* enum recognise_table */
    size_t row; /* row in the table as a spreadsheet counts them */
    struct recognise_mapping map[RECOGNISE_MAP_MAX];
    size_t map_count;
    xz_str sheet;           /* its name */
    size_t head_rows;       /* of the sheet, looked at for names of columns so far */
    xz_str best_head;       /* the likeliest of them */
    size_t best_filled;     /* … and how many cells of it are filled */
    struct xz_buf unmapped; /* sheets whose columns nobody knows, a line each */
    bool mapped_any;
    uint64_t *keys; /* of the rows so far: an open table of hashes */
    size_t key_count, key_room;
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
/* The red head of an official paper and its document number: facts, no text. */
bool recognise_is_masthead(struct recognise *r, xz_str line);
/* A code in several files has its name first and the part below it: 民法典, 继承编. */
bool recognise_is_subtitle(const struct recognise *r, int level, xz_str text);
void recognise_subtitle_take(struct recognise *r, xz_str text);
bool recognise_is_case_heading(xz_str text);
bool recognise_is_annex(xz_str line); /* a line that begins an annex */
/* （2021年…通过 自…起施行）, or the end of such a note that was broken over lines. */
bool recognise_is_adoption(xz_str line);
void recognise_kind_settle(struct recognise *r);

/* recognise_place.c: the text of the block under way goes into the clause under way … */
void recognise_place_add(struct recognise *r, xz_str text);
/* … which ends: its place is put into the clause, and the next one begins. */
void recognise_place_take(struct recognise *r, struct xz_clause *clause);
void recognise_place_write(struct xz_json_writer *json, const struct xz_clause *clause);

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

/* recognise_columns.c: what columns mean */
enum recognise_table {
    TABLE_NONE,
    TABLE_ANSWERS,
    TABLE_GUIDES,
    TABLE_REGIONS,
    TABLE_DEPARTMENTS,
    TABLE_HALLS,
    TABLE_PLACES,
    TABLE_PAIRS,   /* a service guide as a form: names beside their values */
    TABLE_SOUGHT,  /* a sheet whose heading row is still to come */
    TABLE_SKIPPED, /* a sheet whose columns nobody knows */
};
/* Reads 问题=标准问,答案=答复口径 into r->map. XZ_E_INPUT, XZ_E_LIMIT */
XZ_MUST_USE xz_err recognise_columns_map(struct recognise *r, xz_str text);
/* Takes a row for the heading row if it is one: sets r->columns, r->headers. */
enum recognise_table recognise_columns_of(struct recognise *r, const xz_str *cells, size_t count);
xz_str recognise_column_clean(struct xz_arena *arena, xz_str cell);
/* Whether a heading names a section of a service guide, and which. */
bool recognise_section_of(xz_str header, xz_str *name);
/* The same for any column of a table of service guides. */
bool recognise_is_guide_field(xz_str header, xz_str *name);

/* recognise_table.c: rows of answers, regions, departments; sheets of a workbook */
enum recognise_table recognise_table_head(struct recognise *r, const xz_str *cells, size_t count);
void recognise_table_row(struct recognise *r, const xz_str *cells, size_t count);
bool recognise_is_sheet(const struct recognise *r);
void recognise_sheet_row(struct recognise *r, const struct xz_block *block);
/* Whether anything was found, with a remark for each sheet that was left out. XZ_E_INPUT */
XZ_MUST_USE xz_err recognise_sheets_end(struct recognise *r);
xz_str recognise_cell(const struct recognise *r, const xz_str *cells, size_t count,
                      const char *name);
/* 可见范围 and the dates; an unreadable one is a remark and false. */
bool recognise_row_limits(struct recognise *r, const xz_str *cells, size_t count);
const char *recognise_row_place(struct recognise *r); /* “医保”第3行 */
/* Whether a row of this file had this key before; it has now. */
bool recognise_key_again(struct recognise *r, xz_str key);
/* Emits the draft; a row that takes the place of an earlier one is remarked on. */
void recognise_row_emit(struct recognise *r, xz_str key);

/* recognise_guide.c: service guides in tables and forms */
void recognise_guide_row(struct recognise *r, const xz_str *cells, size_t count);
bool recognise_pairs_begin(struct recognise *r, const xz_str *cells, size_t count);
void recognise_pairs_row(struct recognise *r, const xz_str *cells, size_t count);
/* A document that calls itself a guide is one: 残疾人证新办办事指南. */
void recognise_guide_title(struct recognise *r);
/* 二、所需材料 -> 申请材料; other headings lose their number only. */
xz_str recognise_guide_heading(struct recognise *r, xz_str text);

/* recognise_archive.c: hands the files of an archive on, each to be taken apart by itself */
XZ_MUST_USE xz_err recognise_archive(struct recognise *r, int fd);

/* recognise.c: lines out */
void recognise_line_end(struct recognise *r); /* of the object under way in r->json */
void recognise_emit_draft(struct recognise *r, xz_str key);
void recognise_emit_note(struct recognise *r, xz_str text);
void recognise_add_clause(struct recognise *r, xz_str label, xz_str path, xz_str body);
/* Once each; `counter`: one that the answer does not answer. */
void recognise_add_question(struct recognise *r, bool counter, xz_str question);
void recognise_draft_reset(struct recognise *r);
void recognise_flush(struct recognise *r, bool all);

#endif
