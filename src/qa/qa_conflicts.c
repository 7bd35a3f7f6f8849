/* What contradicts a likeness: a year the entry never names, another group of people, another act.
 * Tables of words an official would know; rows grow with what a city finds. */
#include "qa/qa_internal.h"

static bool list_has(const char *list, xz_str text, xz_str *found, const char **rest)
{
    while (*list) {
        while (*list == ' ')
            list++;
        const char *start = list;
        while (*list && *list != ' ')
            list++;
        xz_str word = { start, (size_t)(list - start) };
        if (word.len && xz_str_find(text, word) != XZ_STR_NPOS) {
            *found = word;
            *rest = list;
            return true;
        }
    }
    return false;
}

/* Whom or what it is about. Words of a row mean the same; a question with one of them needs an
 * entry with one of them. */
static const char *const groups[] = {
    "外国人 外籍 老外 外国籍",
    "港澳 香港人 澳门人",
    "台湾 台胞",
    "未成年 小孩 孩子 儿童 婴儿 宝宝 新生儿 娃",
    "大学生 毕业生 高校 研究生 硕士 博士",
    "退役军人 退伍 军人 当兵",
    "残疾",
    "企业 公司 单位 用人单位 厂",
    "个体 小店 小卖部 网店 摊",
    "孕妇 怀孕 生育 生孩子 产假",
    "农民工 进城务工",
    "去世 死亡 过世 遗产 继承",
    "监狱 服刑",
    "军官 现役 士官 部队",
    "事业单位 公务员 编制",
    "合作社",
    "民办非企业 社会团体 社团 基金会",
    "外资 外商 合资",
    "华侨 归侨 侨胞",
    "留学",
    "孤儿",
    "特困 五保",
    "合伙",
    "商业 商铺 商用 门面 店面",
    "实习",
    "消防员 消防救援人员",
    "见义勇为 献血",
    "港澳居民 台湾居民 定居",
    "学徒 钟点工 保姆 家政",
};
/* An act, or a paper, that the entry's own questions do not speak of: its answer is about another.
 */
static const char *const acts[] = {
    "注册 设立 开办 开公司 新开 成立",
    "注销 销户",
    "取消 撤销 撤回 不想要了 作废 反悔 和解",
    "退费 退款 退钱 退保 退回",
    "变更 更改 修改 改名 更名 改成 更正",
    "查询 怎么查 哪里查 查一下 查不到",
    "举报 投诉 告他 曝光",
    "罚款 处罚 罚多少 违法 违规",
    "判刑 坐牢 判几年 判多久 犯罪 刑事",
    "吊销 没收",
    "继承 遗产 遗嘱 代位",
    "押金 定金 违约金",
    "辞退 开除 裁员 解雇",
    "复议 申诉 不服",
    "精神损失 误工费 抚恤金 丧葬费",
    "离婚 抚养权 抚养费 出轨",
    "骗 造假 假的 冒用 冒领",
    "起诉 仲裁 打官司 赔偿 索赔 赔多少 谁赔 赔钱",
    "断缴 停保 停缴",
    "补缴 补交",
    "贷款",
    "转让 出租 转租",
    "续签 延期 续期",
    "迁出 转出",
    "挂失",
    "借给 代领 代办 帮别人 替别人",
    "拒绝 不给办 不受理 被拒",
    /* Papers: 结婚证丢了 is not answered by 身份证丢了. */
    "身份证",
    "户口本 户口簿 户口薄",
    "居住证 暂住证",
    "护照",
    "通行证",
    "驾驶证 驾照 驾驶本 驾本",
    "行驶证 行车证",
    "结婚证",
    "离婚证",
    "出生证 出生医学证明",
    "残疾证 残疾人证",
    "食品经营许可 食品证 卫生许可",
    "房产证 不动产证 不动产权 房本 房证",
    "社保卡 社会保障卡",
    "健康证",
    "毕业证 学历证 学位证",
    "护士证 护士资格",
    "教师资格 教师证 教资",
    "道路运输证 运输证",
    "登记证书 绿本",
    "独生子女证",
    "优待证",
    "导游证",
};
/* An act of the entry's own title gives way to no other: 注册 is not answered by 注销. */
static int title_act_conflicts(xz_str question, xz_str title)
{
    int conflicts = 0;
    xz_str word;
    const char *rest;
    for (size_t i = 0; i < XZ_COUNT(acts); i++) {
        bool other = false;
        if (!list_has(acts[i], title, &word, &rest) || list_has(acts[i], question, &word, &rest))
            continue;
        for (size_t k = 0; k < XZ_COUNT(acts) && !other; k++)
            other = k != i && list_has(acts[k], question, &word, &rest) &&
                    !list_has(acts[k], title, &word, &rest);
        conflicts += other;
    }
    return conflicts;
}

static const char *const negations =
    "不想 不要 不交 不办 不愿 不用交 能不能不 可以不 没办 没交 不买 不登记 不续";

static int row_conflicts(const char *const *rows, size_t count, xz_str question, xz_str entry)
{
    int conflicts = 0;
    for (size_t i = 0; i < count; i++) {
        xz_str word;
        const char *rest;
        conflicts += list_has(rows[i], question, &word, &rest) &&
                     !list_has(rows[i], entry, &word, &rest);
    }
    return conflicts;
}

static bool number_in(xz_str text, int64_t wanted)
{
    for (size_t pos = 0; pos < text.len;) {
        int64_t value;
        size_t eaten = xz_numeral_read(xz_str_sub(text, pos, text.len), &value);
        if (eaten && value == wanted)
            return true;
        if (eaten)
            pos += eaten;
        else
            (void)xz_utf8_next(text, &pos);
    }
    return false;
}

/* The year written at `at`: 2026年, 二〇二六年度, 二六年; 26年 only where it cannot be a duration
 * (at the front or after a word that no count follows). 0 none. *eaten is 0 where no number stands.
 */
static int64_t year_at(xz_str text, size_t at, size_t *eaten)
{
    static const xz_str before[] = { { "在", 3 }, { "从", 3 }, { "是", 3 }, { "的", 3 },
                                     { "，", 3 }, { " ", 1 },  { "问", 3 }, { "于", 3 } };
    xz_str here = xz_str_sub(text, at, text.len);
    int64_t value;
    *eaten = xz_numeral_read(here, &value);
    if (!*eaten || !xz_str_starts(xz_str_sub(here, *eaten, here.len), XZ_STR("年")))
        return 0;
    if (value >= 1949 && value <= 2999)
        return value;
    bool arabic = *eaten == 2, digits = *eaten == 6; /* 二六: two Han digits and no 十 */
    if (value < 10 || value > 49 || !(arabic || digits) ||
        (digits && xz_str_find(xz_str_sub(here, 0, 6), XZ_STR("十")) != XZ_STR_NPOS))
        return 0;
    bool plain = digits || at == 0;
    for (size_t i = 0; i < XZ_COUNT(before) && !plain; i++)
        plain = at >= before[i].len &&
                xz_str_eq(xz_str_sub(text, at - before[i].len, at), before[i]);
    return plain ? 2000 + value : 0;
}

static bool any_year(xz_str text)
{
    for (size_t pos = 0; pos < text.len;) {
        size_t eaten;
        if (year_at(text, pos, &eaten))
            return true;
        if (eaten)
            pos += eaten;
        else
            (void)xz_utf8_next(text, &pos);
    }
    return false;
}

static int year_conflicts(int64_t year, xz_str variants, xz_str support)
{
    return 2 * !number_in(any_year(variants) ? variants : support, year);
}

/* A year of the question that the entry never names; when its own questions are about a year, about
 * another one. 去年 and 明年 are years as well. */
int qa_year_conflicts(xz_str question, xz_date today, xz_str variants, xz_str support)
{
    static const struct {
        const char *word;
        int64_t years;
    } said[] = { { "前年", -2 }, { "去年", -1 }, { "明年", 1 }, { "后年", 2 } };
    int conflicts = 0;
    for (size_t pos = 0; pos < question.len;) {
        size_t eaten;
        int64_t year = year_at(question, pos, &eaten);
        if (year)
            conflicts += year_conflicts(year, variants, support);
        if (eaten)
            pos += eaten;
        else
            (void)xz_utf8_next(question, &pos);
    }
    if (xz_str_find(question, XZ_STR("今年")) != XZ_STR_NPOS)
        return conflicts; /* 娃明年上学，今年的报名是几号: the other year is told by the way */
    for (size_t i = 0; i < XZ_COUNT(said) && today; i++) {
        xz_str word = xz_str_from(said[i].word);
        if (xz_str_find(question, word) != XZ_STR_NPOS &&
            xz_str_find(variants, word) == XZ_STR_NPOS)
            conflicts += year_conflicts(today / 10000 + said[i].years, variants, support);
    }
    return conflicts;
}

void qa_conflicts_of(xz_str question, xz_date today, xz_str variants, xz_str support, double *f)
{
    xz_str word;
    const char *rest;
    f[FEATURE_NUMBERS] = qa_year_conflicts(question, today, variants, support);
    f[FEATURE_GROUPS] = row_conflicts(groups, XZ_COUNT(groups), question, support);
    xz_str all = variants;
    f[FEATURE_ACTS] = row_conflicts(acts, XZ_COUNT(acts), question, variants) +
                      title_act_conflicts(question, xz_str_cut(&all, '\n'));
    f[FEATURE_NEGATION] = list_has(negations, question, &word, &rest) &&
                          xz_str_find(variants, word) == XZ_STR_NPOS;
}
