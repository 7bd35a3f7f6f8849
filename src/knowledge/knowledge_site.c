/* The site: its name, its regions and departments, and which place a text speaks of. One immutable
 * snapshot, replaced as a whole. */
#include "knowledge/knowledge_internal.h"

#include "core/file.h"

struct region_name {
    size_t region;
    bool is_short;
};

struct knowledge_site {
    struct xz_site site;
    struct xz_arena *arena;
    struct xz_words *words; /* every region name, `names` says whose */
    struct region_name *names;
    struct knowledge_site *older;
};

/* data/regions.tsv: code, name, short name, parent, level. */
static xz_err national_regions(struct xz_knowledge *k, struct knowledge_site *s, xz_str **shorts)
{
    struct xz_buf file;
    xz_err err = XZ_OK;

    xz_buf_init(&file, MIB(4));
    if (k->resource_folder) {
        xz_str path = xz_path_join(s->arena, xz_str_from(k->resource_folder),
                                   XZ_STR("regions.tsv"));
        err = xz_file_read(path.ptr, &file);
    }
    xz_str rest = xz_str_copy(s->arena, xz_buf_str(&file));
    size_t lines = 0;
    for (size_t i = 0; i < rest.len; i++)
        lines += rest.ptr[i] == '\n';
    struct xz_region *all = XZ_NEW(s->arena, struct xz_region, s->site.region_count + lines + 1);
    *shorts = XZ_NEW(s->arena, xz_str, s->site.region_count + lines + 1);
    if (s->site.region_count)
        memcpy(all, s->site.regions, s->site.region_count * sizeof(*all));
    s->site.regions = all;
    while (rest.len) {
        xz_str line = xz_str_cut(&rest, '\n');
        if (!line.len || line.ptr[0] == '#')
            continue;
        xz_str code = xz_str_cut(&line, '\t'), name = xz_str_cut(&line, '\t');
        xz_str brief = xz_str_cut(&line, '\t'), parent = xz_str_cut(&line, '\t');
        struct xz_region region = { .name = name, .level = line };
        if (!xz_str_to_int(code, &region.code) || !xz_str_to_int(parent, &region.parent) ||
            xz_region_find(&s->site, region.code))
            continue;
        (*shorts)[s->site.region_count] = brief;
        s->site.regions[s->site.region_count++] = region;
    }
    xz_buf_fini(&file);
    return err == XZ_E_MISSING ? XZ_OK : err;
}

/* 临江区 -> 临江; 高新区 and the like stay whole: 高新技术企业 is not in 高新区. */
static xz_str own_short(xz_str name)
{
    static const xz_str zones[] = { { "高新区", 9 }, { "经开区", 9 }, { "开发区", 9 },
                                    { "新区", 6 },   { "保税区", 9 }, { "示范区", 9 } };
    static const xz_str tails[] = { { "省", 3 }, { "市", 3 }, { "区", 3 }, { "县", 3 } };
    for (size_t i = 0; i < XZ_COUNT(zones); i++)
        if (xz_str_ends(name, zones[i]))
            return XZ_STR_NONE;
    for (size_t i = 0; i < XZ_COUNT(tails); i++)
        if (xz_str_ends(name, tails[i]) && name.len - tails[i].len >= 6)
            return xz_str_sub(name, 0, name.len - tails[i].len);
    return XZ_STR_NONE;
}

static void names_build(struct knowledge_site *s, const xz_str *shorts)
{
    size_t count = 0;
    xz_str *words = XZ_NEW(s->arena, xz_str, s->site.region_count * 2 + 1);
    s->names = XZ_NEW(s->arena, struct region_name, s->site.region_count * 2 + 1);
    for (size_t i = 0; i < s->site.region_count; i++) {
        xz_str brief = i < s->site.own_region_count ? own_short(s->site.regions[i].name)
                                                    : shorts[i];
        words[count] = s->site.regions[i].name;
        s->names[count++] = (struct region_name){ i, false };
        if (brief.len) {
            words[count] = brief;
            s->names[count++] = (struct region_name){ i, true };
        }
    }
    s->words = xz_words_build(words, count);
}

xz_err knowledge_site_load(struct xz_knowledge *k)
{
    struct knowledge_site *s = XZ_ALLOC(struct knowledge_site, 1);
    struct xz_tx *tx = NULL;
    xz_str *shorts = NULL;
    xz_err err;

    s->arena = xz_arena_create(1 << 16);
    s->site = (struct xz_site){ .name = XZ_STR("本地"),
                                .platform = XZ_STR("政务服务智能问答"),
                                .hotline = XZ_STR("12345"),
                                .hotline_hours = XZ_STR("24小时"),
                                .notice = XZ_STR_NONE,
                                .model_name = XZ_STR_NONE,
                                .model_filing = XZ_STR_NONE,
                                .algorithm_filing = XZ_STR_NONE,
                                .operator= XZ_STR_NONE,
                                .icp = XZ_STR_NONE,
                                .complaint_url = XZ_STR_NONE,
                                .complaint_phone = XZ_STR_NONE,
                                .privacy_contact = XZ_STR_NONE,
                                .complaint_days = KNOWLEDGE_COMPLAINT_DAYS };
    if ((err = xz_store_read(k->store, &tx)) != XZ_OK)
        goto out;
    err = knowledge_site_rows(tx, s->arena, &s->site);
    xz_store_read_end(tx);
    if (err != XZ_OK || (err = national_regions(k, s, &shorts)) != XZ_OK)
        goto out;
    if (k->site_region)
        s->site.region = k->site_region;
    names_build(s, shorts);
    pthread_mutex_lock(&k->replace_lock);
    s->older = k->site;
    s->site.generation = s->older ? s->older->site.generation + 1 : 1;
    k->site = s;
    pthread_mutex_unlock(&k->replace_lock);
    s = NULL;
out:
    if (s) {
        xz_arena_destroy(s->arena);
        xz_free(s);
    }
    return err;
}

void knowledge_site_destroy_all(struct xz_knowledge *k)
{
    struct knowledge_site *s = k->site;
    while (s) {
        struct knowledge_site *older = s->older;
        xz_words_destroy(s->words);
        xz_arena_destroy(s->arena);
        xz_free(s);
        s = older;
    }
    k->site = NULL;
}

const struct xz_site *xz_knowledge_site(struct xz_knowledge *k)
{
    XZ_TAG_CHECK(k, KNOWLEDGE_TAG);
    return &k->site->site;
}

const struct xz_region *xz_region_find(const struct xz_site *site, int64_t code)
{
    for (size_t i = 0; i < site->region_count; i++)
        if (site->regions[i].code == code)
            return &site->regions[i];
    return NULL;
}

static bool region_below(const struct xz_site *site, int64_t code, int64_t top)
{
    for (int depth = 0; code && depth < XZ_SEARCH_REGIONS_MAX; depth++) {
        if (code == top)
            return true;
        const struct xz_region *region = xz_region_find(site, code);
        code = region ? region->parent : 0;
    }
    return top == 0;
}

int knowledge_region_distance(const struct xz_site *site, int64_t of, int64_t at)
{
    uint32_t chain[XZ_SEARCH_REGIONS_MAX];
    size_t count;

    if (region_below(site, of, at))
        return 0;
    count = xz_region_chain(site, at, chain);
    for (size_t i = 0; i < count; i++)
        if ((int64_t)chain[i] == of)
            return (int)(count - 1 - i);
    return -1;
}

xz_str knowledge_region_name(const struct xz_site *site, int64_t code)
{
    const struct xz_region *region = xz_region_find(site, code);
    return region ? region->name : code ? XZ_STR_NONE : XZ_STR("全国");
}

size_t xz_region_chain(const struct xz_site *site, int64_t code, uint32_t *chain)
{
    size_t count = 0;
    chain[count++] = 0;
    while (code && count < XZ_SEARCH_REGIONS_MAX) {
        const struct xz_region *region = xz_region_find(site, code);
        chain[count++] = (uint32_t)code;
        code = region ? region->parent : 0;
    }
    /* Found from the bottom up, told from the top down: whoever ranks by place counts on it. */
    for (size_t i = 1, j = count - 1; i < j; i++, j--) {
        uint32_t lower = chain[i];
        chain[i] = chain[j];
        chain[j] = lower;
    }
    return count;
}

struct mentions {
    const struct knowledge_site *site;
    struct xz_region_mention *found;
    size_t count, max;
};

static bool mention_add(size_t word, size_t start, size_t end, void *arg)
{
    struct mentions *m = arg;
    const struct region_name *name = &m->site->names[word];
    struct xz_region_mention now = { &m->site->site.regions[name->region], start, end - start };

    /* A longer name over the same place wins: 海南省 over 海南, 临江区 over 临江. */
    for (size_t i = 0; i < m->count; i++) {
        struct xz_region_mention *old = &m->found[i];
        bool overlap = start < old->start + old->len && old->start < end;
        if (!overlap)
            continue;
        if (now.len > old->len)
            *old = now;
        return true;
    }
    if (m->count < m->max)
        m->found[m->count++] = now;
    return true;
}

size_t xz_region_mentions(const struct xz_site *site, xz_str text, struct xz_region_mention *found,
                          size_t found_max)
{
    const struct knowledge_site *s = (const struct knowledge_site *)(const void *)site;
    struct mentions m = { s, found, 0, found_max };
    _Static_assert(offsetof(struct knowledge_site, site) == 0, "site is the first member");
    xz_words_find(s->words, text, mention_add, &m);
    return m.count;
}

const struct xz_department *xz_department_find(const struct xz_site *site, xz_str name)
{
    if (!name.len)
        return NULL;
    for (size_t i = 0; i < site->department_count; i++)
        if (xz_str_eq(site->departments[i].name, name) ||
            xz_str_eq(site->departments[i].short_name, name))
            return &site->departments[i];
    for (size_t i = 0; i < site->department_count; i++)
        if (xz_str_ends(site->departments[i].name, name))
            return &site->departments[i];
    return NULL;
}

static int64_t region_at_front(const struct xz_site *site, xz_str text)
{
    struct xz_region_mention found[8];
    size_t count = xz_region_mentions(site, xz_str_sub(text, 0, 90), found, XZ_COUNT(found));
    for (size_t i = 0; i < count; i++)
        if (found[i].start == 0)
            return found[i].region->code;
    return 0;
}

static bool is_national(xz_str issuer)
{
    static const char *const bodies[] = { "全国人民代表大会", "国务院", "最高人民法院",
                                          "最高人民检察院", "中央军事委员会" };
    for (size_t i = 0; i < XZ_COUNT(bodies); i++)
        if (xz_str_starts(issuer, xz_str_from(bodies[i])))
            return true;
    return false;
}

/* Folder names, the innermost first: …/地方性法规/北京/… */
static int64_t region_of_folders(const struct xz_site *site, xz_str source)
{
    int64_t code;
    size_t end = source.len;
    while (end > 0 && source.ptr[end - 1] != '/')
        end--;
    while (end > 0) {
        size_t start = --end;
        while (start > 0 && source.ptr[start - 1] != '/')
            start--;
        if ((code = region_at_front(site, xz_str_sub(source, start, end - start))))
            return code;
        end = start;
    }
    return 0;
}

/* "2022年5月25日 北京市第十五届人民代表大会…通过": the place stands right before 第…届 or 人民. */
static int64_t region_of_history(const struct xz_site *site, xz_str history)
{
    struct xz_region_mention found[8];
    size_t count = xz_region_mentions(site, xz_str_sub(history, 0, 400), found, XZ_COUNT(found));
    for (size_t i = 0; i < count; i++) {
        xz_str after = xz_str_sub(history, found[i].start + found[i].len, 6);
        if (xz_str_starts(after, XZ_STR("第")) || xz_str_starts(after, XZ_STR("人民")))
            return found[i].region->code;
    }
    return 0;
}

static int64_t region_of_name(const struct xz_site *site, xz_str name)
{
    int64_t code;
    if (xz_str_eq(name, XZ_STR("全国")) || xz_str_eq(name, XZ_STR("国家")))
        return 0;
    if (xz_str_to_int(name, &code))
        return code;
    for (size_t i = 0; i < site->region_count; i++)
        if (xz_str_eq(site->regions[i].name, name))
            return site->regions[i].code;
    return -1; /* never guessed: text of one district must not count for all */
}

int64_t knowledge_region_of(const struct xz_site *site, const struct knowledge_place_hints *hints)
{
    xz_str named = xz_str_trim(hints->named);
    if (named.len)
        return region_of_name(site, named);
    int64_t titled = region_at_front(site, knowledge_title_short(hints->title));
    int64_t folder = region_of_folders(site, hints->source);
    /* 海南自由贸易港法 is a law of the whole country that speaks of one place. */
    if (is_national(hints->issuer) && (!titled || !folder))
        return 0;
    int64_t code = titled;
    if (!code)
        code = region_of_history(site, hints->history);
    return code ? code : folder;
}
