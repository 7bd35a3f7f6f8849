/* Which column of a table means what: every city names them its own way. Known names are rows of a
 * table here; what it lacks is said by hand (--map). What rows become is left to others. */
#include "knowledge/recognise_internal.h"

#include "text/text.h"

#define HEADER_BYTES_MAX 120
#define SECTIONS_MIN     2 /* sections that make a list of names a list of service guides */

#define A (1u << TABLE_ANSWERS)
#define G (1u << TABLE_GUIDES)
#define R (1u << TABLE_REGIONS)
#define D (1u << TABLE_DEPARTMENTS)
#define H (1u << TABLE_HALLS)
#define P (1u << TABLE_PLACES)

/* One row a column: our name, the tables that have it, and names seen elsewhere. The sections of a
 * service guide are named as the guides themselves name them. */
static const struct {
    const char *name;
    unsigned tables;
    bool section;
    const char *others; /* separated by blanks */
} column_rows[] = {
    { "问题", A, false,
      "标准问题 标准问 标准问句 主问题 问句 问 提问 咨询问题 问题内容 问题名称 问题标题 问题描述 "
      "常见问题 热点问题 群众问题 高频问题 咨询内容 知识标题 知识点名称 知识名称 用户问题 Q "
      "问题Q" },
    { "相似问法", A, false,
      "相似问题 相似问 相似问句 扩展问 扩展问法 扩展问题 扩展问句 相似说法 同义问法 同义问题 "
      "其他问法 "
      "问法 变体 问法变体 泛化问题 关联问法 口语问法" },
    { "不适用问法", A, false, "反例" },
    { "答案", A, false,
      "标准答案 标准答复 答复 答复内容 答复口径 标准口径 统一口径 口径 回复 回复内容 回复口径 回答 "
      "回答内容 解答 解答内容 政策解答 官方答复 参考答案 参考答复 答 答复意见 问题答案 问题答复 "
      "知识内容 知识答案 A 答案A" },
    { "依据", A, false, "政策依据 法律依据 答复依据 文件依据 政策来源 政策出处 出处 设定依据" },
    { "关联事项", A, false, "事项编码 关联事项编码 事项代码 关联编码" },
    { "生效日期", A | G, false, "施行日期 启用日期 生效时间 有效期起 开始日期" },
    { "失效日期", A | G, false, "有效期至 有效期止 失效时间 截止日期 到期日期 有效期" },
    { "可见范围", A | G, false, "公开范围" },
    { "区域", A | G | D | H, false,
      "适用区域 适用地区 所属区域 所属地区 地区 区县 行政区划 行政区 所在区域" },
    { "责任部门", A | G, false,
      "部门 责任单位 承办部门 承办单位 所属部门 所属单位 主管部门 业务部门 答复部门 答复单位 "
      "提供单位 "
      "归口部门 实施主体 实施机关 实施机构 办理单位 办理机构 受理单位 受理机构 受理部门 办理部门 "
      "单位" },
    { "主题", A | G, false,
      "分类 类别 知识分类 问题分类 问题类别 业务类别 业务分类 所属分类 所属类别 所属主题 领域 "
      "业务领域 "
      "主题分类" },
    { "事项名称", G, false,
      "服务事项 服务事项名称 政务服务事项 政务服务事项名称 办理事项 办理事项名称 办事事项 "
      "实施事项名称 "
      "业务名称 办理项名称 事项 项目名称" },
    { "事项编码", G, false,
      "事项代码 实施编码 基本编码 业务编码 办理项编码 编码 实施清单编码 事项实施编码" },
    { "别名", G, false, "事项别名 事项简称 俗称 通俗名称 群众说法 关键词" },
    { "办理条件", G, true,
      "申请条件 受理条件 申办条件 申报条件 办理资格 准予条件 许可条件 享受条件 领取条件 申请资格" },
    { "申请材料", G, true,
      "所需材料 需要材料 所需资料 办理材料 申报材料 提交材料 需提交材料 材料清单 申请材料清单 "
      "申请材料目录 办理所需材料 申办材料" },
    { "办理流程", G, true,
      "流程 办理程序 办事流程 申请流程 申办流程 办理步骤 办理环节 经办流程 业务流程 程序" },
    { "办理地点", G, true,
      "办理地址 办公地址 受理地点 受理地址 办理窗口 窗口地址 受理窗口 办理场所 地址 地点 窗口" },
    { "办理时限", G, true, "办结时限 办理期限 办结期限 时限 办理时间" },
    { "承诺时限", G, true, "承诺办结时限 承诺办理时限 承诺期限 承诺时间 承诺办结时间" },
    { "法定时限", G, true, "法定办结时限 法定办理时限 法定期限 法定办结时间" },
    { "收费标准", G, true,
      "收费 费用 是否收费 收费情况 收费标准及依据 收费项目及标准 办理费用 收费说明" },
    { "线上办理", G, true,
      "网上办理 在线办理 网上办理地址 网办地址 网办入口 办理入口 线上渠道 网上申请 在线办理地址 "
      "网上办理流程" },
    { "咨询电话", G, true, "联系电话 咨询方式 联系方式 咨询渠道 办公电话 电话 咨询电话号码" },
    { "法律依据", G, true, "设定依据 实施依据 办理依据 政策依据 依据 法律法规依据" },
    { "常见问题提示", G, true, "温馨提示 注意事项 备注 特别提示 办理提示 常见问题" },
    { "代码", R, false, "区划代码 行政区划代码" },
    { "编号", D | H, false, "部门编号 部门编码 机构编码" },
    { "名称", R | D | H | P, false, "区划名称 部门名称 机构名称 单位名称" },
    { "上级", R, false, "上级代码 上级区划 上级区划代码" },
    { "级别", R | H, false, "" },
    { "简称", D, false, "部门简称" },
    { "电话", D | H, false, "联系电话 办公电话" },
    { "地址", D | H, false, "办公地址" },
    { "办公时间", D | H, false, "工作时间" },
    { "职责", D, false, "主要职责" },
    { "交通", H, false, "" },
    { "无障碍", H, false, "" },
    { "说明", H | P, false, "" },
    { "大厅", P, false, "" },
    { "楼层", P, false, "" },
    { "类别", P, false, "" },
    { "左", P, false, "" },
    { "上", P, false, "" },
    { "宽", P, false, "" },
    { "高", P, false, "" },
    { "办理事项", P, false, "" },
};

/* What a table must have to be of its kind; the first that fits is it. */
static const struct {
    enum recognise_table table;
    const char *needs[3];
} table_rows[] = {
    { TABLE_ANSWERS, { "问题", "答案", NULL } },
    { TABLE_GUIDES, { "事项名称", NULL, NULL } },
    { TABLE_REGIONS, { "代码", "名称", "上级" } },
    { TABLE_PLACES, { "大厅", "楼层", "类别" } },
    { TABLE_HALLS, { "编号", "名称", "交通" } },
    { TABLE_HALLS, { "编号", "名称", "无障碍" } },
    { TABLE_DEPARTMENTS, { "编号", "名称", "电话" } },
};

/* "* 标准 问题（必填）：" -> "标准问题" */
xz_str recognise_column_clean(struct xz_arena *arena, xz_str cell)
{
    static const xz_str marks[] = { { "*", 1 }, { "＊", 3 }, { "★", 3 }, { ":", 1 }, { "：", 3 } };
    static const xz_str opens[] = { { "（", 3 }, { "(", 1 }, { "【", 3 }, { "[", 1 } };
    if (cell.len > HEADER_BYTES_MAX)
        return XZ_STR_NONE;
    for (size_t i = 0; i < XZ_COUNT(opens); i++) {
        size_t hit = xz_str_find(cell, opens[i]);
        if (hit != XZ_STR_NPOS && hit > 0)
            cell.len = hit;
    }
    char *made = xz_arena_alloc(arena, cell.len + 1);
    size_t len = 0;
    for (size_t pos = 0; pos < cell.len;) {
        size_t at = pos;
        uint32_t code = xz_utf8_next(cell, &pos);
        xz_str one = xz_str_sub(cell, at, pos - at);
        bool drop = code <= ' ' || code == 0x3000 || code == 0xa0 || code == 0xfeff ||
                    code == 0x200b;
        for (size_t i = 0; i < XZ_COUNT(marks) && !drop; i++)
            drop = xz_str_eq(one, marks[i]);
        if (!drop) {
            memcpy(made + len, one.ptr, one.len);
            len += one.len;
        }
    }
    return (xz_str){ made, len };
}

static bool is_listed(xz_str name, const char *list)
{
    xz_str rest = xz_str_from(list);
    while (rest.len)
        if (xz_str_eq_nocase(xz_str_cut(&rest, ' '), name))
            return true;
    return false;
}

/* Row of our own name in this kind of table; XZ_COUNT(column_rows): none. */
static size_t row_named(xz_str name, unsigned table)
{
    for (size_t i = 0; i < XZ_COUNT(column_rows); i++)
        if ((column_rows[i].tables & table) && xz_str_eq(name, xz_str_from(column_rows[i].name)))
            return i;
    return XZ_COUNT(column_rows);
}

static size_t row_also_named(xz_str name, unsigned table)
{
    for (size_t i = 0; i < XZ_COUNT(column_rows) && name.len; i++)
        if ((column_rows[i].tables & table) && is_listed(name, column_rows[i].others))
            return i;
    return XZ_COUNT(column_rows);
}

bool recognise_section_of(xz_str header, xz_str *name)
{
    size_t row = row_named(header, G);
    if (row == XZ_COUNT(column_rows))
        row = row_also_named(header, G);
    if (row == XZ_COUNT(column_rows))
        return false;
    *name = xz_str_from(column_rows[row].name);
    return column_rows[row].section;
}

bool recognise_is_guide_field(xz_str header, xz_str *name)
{
    recognise_section_of(header, name);
    return name->len > 0;
}

/* --- said by hand: 问题=标准问,答案=答复口径 --- */

static xz_str map_next(xz_str *rest)
{
    static const xz_str ends[] = { { ",", 1 }, { "\n", 1 }, { ";", 1 }, { "，", 3 }, { "；", 3 } };
    for (size_t i = 0; i < rest->len; i++) {
        for (size_t k = 0; k < XZ_COUNT(ends); k++) {
            if (!xz_str_starts(xz_str_sub(*rest, i, 3), ends[k]))
                continue;
            xz_str one = xz_str_sub(*rest, 0, i);
            *rest = xz_str_sub(*rest, i + ends[k].len, rest->len);
            return one;
        }
    }
    xz_str one = *rest;
    *rest = XZ_STR_NONE;
    return one;
}

static bool is_known(xz_str name)
{
    return row_named(name, A | G | R | D | H | P) < XZ_COUNT(column_rows);
}

xz_err recognise_columns_map(struct recognise *r, xz_str text)
{
    while (text.len) {
        xz_str seen = xz_str_trim(map_next(&text));
        if (!seen.len || seen.ptr[0] == '#')
            continue;
        if (xz_str_find(seen, XZ_STR("=")) == XZ_STR_NPOS)
            return xz_fail(XZ_E_INPUT, "列的对应关系“%.*s”写法不对，应为“问题=表里的列名”",
                           XZ_STR_ARG(xz_utf8_head(seen, 40)));
        xz_str name = xz_str_trim(xz_str_cut(&seen, '='));
        if (!is_known(name))
            return xz_fail(XZ_E_INPUT,
                           "列的对应关系里，等号左边的“%.*s”不是能识别的列名；应为问题、答案、"
                           "相似问法、依据、事项名称、办理条件、申请材料、办理流程、办理时限等"
                           "（见导入说明）",
                           XZ_STR_ARG(xz_utf8_head(name, 40)));
        if (r->map_count == RECOGNISE_MAP_MAX)
            return xz_fail(XZ_E_LIMIT, "列的对应关系超过%d条", RECOGNISE_MAP_MAX);
        r->map[r->map_count++] = (struct recognise_mapping){
            name, recognise_column_clean(r->keep, xz_str_copy(r->keep, seen))
        };
    }
    return XZ_OK;
}

static xz_str mapped(const struct recognise *r, xz_str header, unsigned table)
{
    for (size_t i = 0; i < r->map_count; i++)
        if (xz_str_eq(r->map[i].seen, header) && header.len &&
            row_named(r->map[i].name, table) < XZ_COUNT(column_rows))
            return r->map[i].name;
    return XZ_STR_NONE;
}

/* --- the heading row --- */

static bool has_column(const struct recognise *r, xz_str name)
{
    for (size_t i = 0; i < r->column_count; i++)
        if (xz_str_eq(r->columns[i], name))
            return true;
    return false;
}

/* First what was said by hand, then our own names, then the names of others: a column has one
 * meaning, a meaning one column. */
static void columns_name(struct recognise *r, unsigned table)
{
    for (size_t i = 0; i < r->column_count; i++)
        r->columns[i] = mapped(r, r->headers[i], table);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < r->column_count; i++) {
            if (r->columns[i].len)
                continue;
            size_t row = pass ? row_also_named(r->headers[i], table)
                              : row_named(r->headers[i], table);
            xz_str name = row < XZ_COUNT(column_rows) ? xz_str_from(column_rows[row].name)
                                                      : XZ_STR_NONE;
            if (name.len && !has_column(r, name))
                r->columns[i] = name;
        }
    }
}

static bool is_complete(const struct recognise *r, size_t which)
{
    size_t sections = 0;
    for (size_t i = 0; i < XZ_COUNT(table_rows[which].needs); i++)
        if (table_rows[which].needs[i] && !has_column(r, xz_str_from(table_rows[which].needs[i])))
            return false;
    for (size_t i = 0; i < XZ_COUNT(column_rows); i++)
        sections += column_rows[i].section && has_column(r, xz_str_from(column_rows[i].name));
    return table_rows[which].table != TABLE_GUIDES || sections >= SECTIONS_MIN;
}

enum recognise_table recognise_columns_of(struct recognise *r, const xz_str *cells, size_t count)
{
    xz_str headers[RECOGNISE_COLUMNS_MAX] = { { NULL, 0 } };
    size_t filled = 0;
    r->column_count = XZ_MIN(count, (size_t)RECOGNISE_COLUMNS_MAX);
    for (size_t i = 0; i < r->column_count; i++) {
        headers[i] = recognise_column_clean(r->arena, cells[i]);
        filled += headers[i].len > 0;
    }
    if (filled < 2)
        return TABLE_NONE;
    if (!r->columns) {
        r->columns = XZ_NEW(r->keep, xz_str, RECOGNISE_COLUMNS_MAX);
        r->headers = XZ_NEW(r->keep, xz_str, RECOGNISE_COLUMNS_MAX);
    }
    memcpy(r->headers, headers, r->column_count * sizeof(*headers));
    for (size_t which = 0; which < XZ_COUNT(table_rows); which++) {
        columns_name(r, 1u << table_rows[which].table);
        if (!is_complete(r, which))
            continue;
        for (size_t i = 0; i < r->column_count; i++)
            r->headers[i] = xz_str_copy(r->keep, headers[i]);
        return table_rows[which].table;
    }
    return TABLE_NONE;
}
