/* Running text becomes clauses: laws by 第X条 under their chapters, official documents by
 * 一、（一）, service guides by section, anything else by paragraph. */
#include "knowledge/recognise_internal.h"

#include "text/text.h"

enum { PATH_HEADING = 4 }; /* path_parts: 0 part, 1 chapter, 2 section, from 4 plain headings */

static bool is_guide(const struct recognise *r)
{
    return r->draft.entry.kind == XZ_ENTRY_GUIDE;
}

static bool is_notice(const struct recognise *r)
{
    return r->draft.entry.kind == XZ_ENTRY_NOTICE;
}

static xz_str path_text(struct recognise *r)
{
    struct xz_buf buf;
    xz_buf_init(&buf, 2048);
    for (size_t i = 0; i < XZ_COUNT(r->path_parts); i++) {
        if (!r->path_parts[i].len)
            continue;
        if (buf.len)
            xz_buf_add_char(&buf, ' ');
        xz_buf_add(&buf, r->path_parts[i]);
    }
    xz_str path = xz_str_copy(r->arena, xz_buf_str(&buf));
    xz_buf_fini(&buf);
    return path;
}

/* Ends the clause under way. */
static void clause_close(struct recognise *r)
{
    xz_str body = xz_str_trim(xz_buf_str(&r->body));
    if (body.len) {
        xz_str label = r->label;
        if (!label.len)
            label = is_notice(r) ? XZ_STR("公告正文")
                    : r->draft.clause_count == 0 && !is_guide(r)
                        ? XZ_STR("前言")
                        : xz_str_format(r->arena, "第%zu段", ++r->paragraphs);
        recognise_add_clause(r, label, path_text(r), xz_str_copy(r->arena, body));
    }
    xz_buf_clear(&r->body);
    r->label = XZ_STR_NONE;
    r->in_article = false;
}

static void body_add(struct recognise *r, xz_str line)
{
    recognise_place_add(r, line);
    if (r->body.len + line.len + 1 > CLAUSE_BYTES_MAX) {
        xz_str label = r->label;
        bool in_article = r->in_article;
        clause_close(r);
        r->label = xz_str_find(label, XZ_STR("（续）")) == XZ_STR_NPOS && label.len
                       ? xz_str_format(r->arena, "%.*s（续）", XZ_STR_ARG(label))
                       : label;
        r->in_article = in_article;
    }
    /* A single paragraph that is longer than a clause is cut at a character border. */
    while (line.len >= CLAUSE_BYTES_MAX) {
        xz_str head = xz_utf8_head(line, CLAUSE_BYTES_MAX / 4);
        xz_buf_add(&r->body, head);
        line = xz_str_sub(line, head.len, line.len);
        xz_str label = r->label;
        clause_close(r);
        r->label = label;
    }
    if (r->body.len)
        xz_buf_add_char(&r->body, '\n');
    xz_buf_add(&r->body, line);
}

static void path_set(struct recognise *r, size_t level, xz_str text)
{
    r->path_parts[level] = xz_str_copy(r->arena, text);
    for (size_t i = level + 1; i < XZ_COUNT(r->path_parts); i++)
        r->path_parts[i] = XZ_STR_NONE;
}

/* 第一章 总　则 -> 第一章 总则: blanks inside a short heading are typesetting. */
static xz_str heading_tidy(struct recognise *r, xz_str text, size_t label_len)
{
    struct xz_buf buf;
    xz_buf_init(&buf, 1024);
    xz_buf_add(&buf, xz_str_sub(text, 0, label_len));
    xz_str rest = xz_str_trim(xz_str_sub(text, label_len, text.len));
    if (label_len && rest.len)
        xz_buf_add_char(&buf, ' ');
    for (size_t pos = 0; pos < rest.len;) {
        size_t start = pos;
        uint32_t code = xz_utf8_next(rest, &pos);
        if (label_len && (code == ' ' || code == 0x3000 || code == '\t'))
            continue;
        xz_buf_add(&buf, xz_str_sub(rest, start, pos - start));
    }
    xz_str tidy = xz_str_copy(r->arena, xz_buf_str(&buf));
    xz_buf_fini(&buf);
    return tidy;
}

static void structure_set(struct recognise *r, const struct xz_clause_head *head, xz_str text)
{
    size_t level = head->mark == XZ_MARK_PART ? 0 : head->mark == XZ_MARK_CHAPTER ? 1 : 2;
    clause_close(r);
    path_set(r, level, heading_tidy(r, text, head->label_len));
}

void recognise_text_heading(struct recognise *r, int level, xz_str text)
{
    text = recognise_line_clean(text);
    if (!text.len || text.len > 600)
        return;
    if (recognise_is_subtitle(r, level, text)) {
        recognise_subtitle_take(r, text);
        return;
    }
    struct xz_clause_head head = xz_clause_head_read(text);
    bool numbered = head.mark >= XZ_MARK_PART && head.mark <= XZ_MARK_ARTICLE;
    if (!r->draft.entry.title.len && !r->saw_text && !numbered) {
        r->draft.entry.title = xz_str_copy(r->arena, text);
        recognise_guide_title(r);
        return;
    }
    if (level == 1 && xz_str_eq(text, r->draft.entry.title))
        return;
    if (is_notice(r)) {
        recognise_text_paragraph(r, text);
        return;
    }
    r->history_over = true;
    r->is_case = r->is_case || recognise_is_case_heading(text);
    if (head.mark == XZ_MARK_ARTICLE) {
        recognise_text_paragraph(r, text);
        return;
    }
    if (head.mark == XZ_MARK_PART || head.mark == XZ_MARK_CHAPTER || head.mark == XZ_MARK_SECTION) {
        structure_set(r, &head, text);
        return;
    }
    clause_close(r);
    if (is_guide(r)) {
        r->label = xz_str_copy(r->arena, recognise_guide_heading(r, text));
        return;
    }
    if (recognise_is_annex(text))
        path_set(r, 0, XZ_STR_NONE);
    size_t depth = PATH_HEADING + (size_t)XZ_MAX(0, XZ_MIN(level - 2, 3));
    path_set(r, depth, heading_tidy(r, text, 0));
    if (head.mark == XZ_MARK_HAN_ITEM || head.mark == XZ_MARK_PAREN_ITEM)
        r->label = xz_str_copy(r->arena, xz_str_sub(text, 0, head.label_len));
}

/* Adoption and amendment lines stand before the text proper in the national law base. */
static bool history_take(struct recognise *r, xz_str text, const struct xz_clause_head *head)
{
    if (r->history_over || r->type.len || head->mark != XZ_MARK_NONE)
        return false;
    bool dated = xz_str_find(text, XZ_STR("年")) != XZ_STR_NPOS &&
                 xz_str_find(text, XZ_STR("日")) != XZ_STR_NPOS;
    static const xz_str acts[] = { { "通过", 6 }, { "公布", 6 }, { "修订", 6 }, { "修正", 6 },
                                   { "发布", 6 }, { "施行", 6 }, { "批准", 6 }, { "令", 3 } };
    bool act = false;
    for (size_t i = 0; i < XZ_COUNT(acts) && !act; i++)
        act = xz_str_find(text, acts[i]) != XZ_STR_NPOS;
    if (!dated || !act || text.len > 1200) {
        r->history_over = true;
        return false;
    }
    xz_buf_add(&r->history, text);
    xz_buf_add_char(&r->history, '\n');
    return true;
}

/* 第十一条 …。 第十二条 …: several articles in one paragraph, each by the next number. Returns
 * where the next one begins, the length of the text when there is none. */
static size_t next_article(const struct recognise *r, xz_str text)
{
    for (size_t from = 3; from < text.len;) {
        size_t hit = xz_str_find(xz_str_sub(text, from, text.len), XZ_STR("第"));
        if (hit == XZ_STR_NPOS)
            break;
        size_t at = from + hit;
        from = at + 3;
        bool apart = text.ptr[at - 1] == ' ' || xz_str_ends(xz_str_sub(text, 0, at), XZ_STR("　"));
        struct xz_clause_head head = { 0 };
        if (apart)
            head = xz_clause_head_read(xz_str_sub(text, at, text.len));
        xz_str after = xz_str_sub(text, at + head.label_len, text.len);
        if (head.mark == XZ_MARK_ARTICLE && head.number == r->article + 1 && !head.sub &&
            (xz_str_starts(after, XZ_STR(" ")) || xz_str_starts(after, XZ_STR("　"))))
            return at;
    }
    return text.len;
}

static void article_take(struct recognise *r, xz_str text, struct xz_clause_head head)
{
    while (text.len) {
        clause_close(r);
        r->articles++;
        r->article = head.number;
        r->label = xz_str_copy(r->arena, xz_str_sub(text, 0, head.label_len));
        r->in_article = true;
        text = xz_str_sub(text, head.label_len, text.len);
        size_t end = next_article(r, text);
        xz_str body = recognise_line_clean(xz_str_sub(text, 0, end));
        if (body.len)
            body_add(r, body);
        text = xz_str_sub(text, end, text.len);
        head = xz_clause_head_read(text);
    }
}

/* Text before the first article that is a heading without its 第一章. */
static bool heading_alone(struct recognise *r, xz_str text)
{
    static const char *const spellings[] = { "总则", "总 则", "总　则", "总  则", "总　　则" };
    bool found = false;
    if (r->articles || r->draft.clause_count)
        return false;
    for (size_t i = 0; i < XZ_COUNT(spellings); i++)
        found = found || xz_str_eq(text, xz_str_from(spellings[i]));
    if (found) {
        clause_close(r);
        path_set(r, 1, XZ_STR("总则"));
    }
    return found;
}

static void text_outside_articles(struct recognise *r, const struct xz_clause_head *head,
                                  xz_str text)
{
    bool item = head->mark == XZ_MARK_HAN_ITEM || head->mark == XZ_MARK_PAREN_ITEM;
    /* Paragraphs of 200 bytes (about 65 characters) stand alone; shorter ones join. */
    if (item || r->body.len > 200)
        clause_close(r);
    if (item) {
        r->items++;
        r->label = xz_str_copy(r->arena, xz_str_sub(text, 0, head->label_len));
    }
}

void recognise_text_paragraph(struct recognise *r, xz_str text)
{
    text = recognise_line_clean(text);
    if (!text.len)
        return;
    struct xz_clause_head head = xz_clause_head_read(text);
    if (recognise_is_masthead(r, text) || history_take(r, text, &head))
        return;
    if (is_guide(r) || is_notice(r)) {
        r->saw_text = true;
        body_add(r, text);
        return;
    }
    if (recognise_is_title_again(r, text) || heading_alone(r, text))
        return;
    if (!r->articles && !r->draft.clause_count && recognise_is_adoption(text)) {
        xz_buf_add(&r->history, text);
        xz_buf_add_char(&r->history, '\n');
        return;
    }
    r->saw_text = true;
    if (r->is_case && head.mark != XZ_MARK_HAN_ITEM)
        head = (struct xz_clause_head){ 0 };
    bool structure = head.mark == XZ_MARK_PART || head.mark == XZ_MARK_CHAPTER ||
                     head.mark == XZ_MARK_SECTION;
    if (structure && text.len < 180) { /* 60 characters: a heading, not a sentence */
        structure_set(r, &head, text);
        return;
    }
    if (head.mark == XZ_MARK_ARTICLE) {
        article_take(r, text, head);
        return;
    }
    if (r->articles && recognise_is_annex(text)) {
        clause_close(r);
        path_set(r, 0, XZ_STR_NONE);
        path_set(r, PATH_HEADING, heading_tidy(r, text, 0));
        return;
    }
    if (!r->in_article)
        text_outside_articles(r, &head, text);
    body_add(r, text);
}

void recognise_text_history_end(struct recognise *r)
{
    r->history_over = true;
    if (r->articles || r->path_parts[1].len || is_guide(r))
        return;
    /* Lines that did not look like history, but stand before the mark. */
    for (size_t i = 0; i < r->draft.clause_count; i++) {
        xz_buf_add(&r->history, r->draft.clauses[i].body);
        xz_buf_add_char(&r->history, '\n');
    }
    xz_buf_add(&r->history, xz_buf_str(&r->body));
    xz_buf_add_char(&r->history, '\n');
    xz_buf_clear(&r->body);
    r->draft.clause_count = 0;
    r->paragraphs = r->items = 0;
    r->label = XZ_STR_NONE;
    r->saw_text = false;
}

void recognise_text_end(struct recognise *r)
{
    struct xz_entry *entry = &r->draft.entry;
    xz_str history = xz_buf_str(&r->history);

    clause_close(r);
    if (!entry->issued_on)
        entry->issued_on = recognise_date_of_name(r->name);
    if (!entry->issued_on)
        entry->issued_on = recognise_date_of_history(history);
    bool paper = entry->kind != XZ_ENTRY_GUIDE && !r->is_case;
    if (!entry->number.len && paper)
        entry->number = recognise_number(r->arena, history);
    if (!entry->issuer.len && paper)
        entry->issuer = recognise_issuer(r->arena, entry->title, history, entry->number, r->name);
    recognise_kind_settle(r);
    if ((entry->kind == XZ_ENTRY_LAW || entry->kind == XZ_ENTRY_POLICY) && !r->is_case) {
        recognise_effect(r);
        recognise_repeals(r);
    }
}

/* Keys of the front matter; the values are kept as written, dates are read. */
bool recognise_front_matter(struct recognise *r, xz_str key, xz_str value)
{
    struct xz_entry *entry = &r->draft.entry;
    const struct {
        xz_str key;
        xz_str *text;
        xz_date *date;
    } rows[] = {
        { { "类型", 6 }, &r->type, NULL },
        { { "标题", 6 }, &entry->title, NULL },
        { { "文号", 6 }, &entry->number, NULL },
        { { "事项编码", 12 }, &entry->code, NULL },
        { { "发文机关", 12 }, &entry->issuer, NULL },
        { { "区域", 6 }, &r->draft.region_name, NULL },
        { { "责任部门", 12 }, &entry->department, NULL },
        { { "主题", 6 }, &entry->topic, NULL },
        { { "别名", 6 }, &entry->aliases, NULL },
        { { "替代", 6 }, &entry->replaces, NULL },
        { { "成文日期", 12 }, NULL, &entry->issued_on },
        { { "发布日期", 12 }, NULL, &entry->issued_on },
        { { "施行日期", 12 }, NULL, &entry->effective_on },
        { { "失效日期", 12 }, NULL, &entry->expires_on },
    };
    if (xz_str_eq(key, XZ_STR("可见范围"))) {
        entry->visibility = xz_str_eq(value, XZ_STR("内部"))   ? XZ_VISIBLE_INTERNAL
                            : xz_str_eq(value, XZ_STR("部门")) ? XZ_VISIBLE_DEPARTMENT
                                                               : XZ_VISIBLE_PUBLIC;
        return xz_str_eq(value, XZ_STR("公开")) || entry->visibility != XZ_VISIBLE_PUBLIC;
    }
    for (size_t i = 0; i < XZ_COUNT(rows); i++) {
        if (!xz_str_eq(key, rows[i].key))
            continue;
        if (rows[i].date)
            return !value.len || xz_date_parse(value, rows[i].date);
        *rows[i].text = xz_str_copy(r->arena, value);
        if (rows[i].text == &r->type)
            return xz_entry_kind_parse(value, &entry->kind);
        return true;
    }
    (void)recognise_notice_field(r, key, value);
    return true; /* other keys are other people's business */
}
