/* Words of a question that carry no subject: their characters weigh less. Rows, from general
 * knowledge and citizens' messages. (text/ marks more words as function words; some of those carry
 * meaning here: 办, 中, 内.) */
#include "search/search_internal.h"

#define STOP_UNITS_MAX 6

static const char *const stop_rows[] = {
    "一下",     "一个",   "一些",     "不是",   "不知道", "不过",   "为了",   "为什么",
    "为何",     "为啥",   "么",       "之前",   "之后",   "了",     "了解",   "人家",
    "什么",     "什么样", "他",       "他们",   "以前",   "以后",   "会不会", "但是",
    "何时",     "何种",   "你",       "你们",   "你好",   "假如",   "关于",   "几个",
    "可不可以", "可以",   "可以吗",   "可否",   "可是",   "吗",     "吧",     "呀",
    "呢",       "咋",     "咋办",     "咋样",   "咨询",   "咱",     "咱们",   "咱家",
    "哪",       "哪个",   "哪些",     "哪位",   "哪儿",   "哪种",   "哪里",   "啊",
    "啥",       "嘛",     "因为",     "因此",   "多少",   "大家",   "她",     "她们",
    "好吗",     "如何",   "如何处理", "如果",   "对于",   "对吗",   "尊敬的", "就是",
    "已经",     "希望",   "应不应该", "应当",   "应该",   "怎么",   "怎么办", "怎么办呢",
    "怎么处理", "怎么样", "怎样",     "急急急", "您",     "您好",   "情况",   "情况下",
    "想咨询",   "想知道", "想问",     "感谢",   "我",     "我们",   "我想",   "我的",
    "或者",     "所以",   "打扰了",   "按照",   "方面",   "时候",   "是不是", "是什么",
    "是否",     "是怎样", "曾经",     "有没有", "根据",   "正在",   "求助",   "没有",
    "现在",     "由于",   "的",       "的话",   "目前",   "知道",   "算不算", "能不",
    "能不能",   "能否",   "能够",     "自己",   "虽然",   "行不行", "行吗",   "要不要",
    "要是",     "该不该", "请",       "请教",   "请问",   "谁",     "谢谢",   "还是",
    "这个",     "这些",   "这样",     "这种",   "那个",   "那些",   "那样",   "那种",
    "问一下",   "问题",   "需要",     "非常",   "领导",   "麻烦",
};

static struct stop_word {
    uint8_t count;
    uint16_t units[STOP_UNITS_MAX];
} stop_words[XZ_COUNT(stop_rows)];
static pthread_once_t stop_once = PTHREAD_ONCE_INIT;

static void stop_build(void)
{
    for (size_t i = 0; i < XZ_COUNT(stop_rows); i++) {
        xz_str row = xz_str_from(stop_rows[i]);
        for (size_t pos = 0; pos < row.len;) {
            uint32_t code = xz_text_fold(xz_utf8_next(row, &pos));
            XZ_ASSERT(stop_words[i].count < STOP_UNITS_MAX);
            stop_words[i].units[stop_words[i].count++] = search_unit(code);
        }
    }
}

void search_stop_cover(const uint16_t *units, size_t count, bool *covered)
{
    pthread_once(&stop_once, stop_build);
    memset(covered, 0, count);
    for (size_t at = 0; at < count;) {
        size_t longest = 0;
        for (size_t i = 0; i < XZ_COUNT(stop_words); i++) {
            const struct stop_word *word = &stop_words[i];
            if (word->count > longest && word->count <= count - at &&
                memcmp(units + at, word->units, word->count * sizeof units[0]) == 0)
                longest = word->count;
        }
        memset(covered + at, 1, longest);
        at += longest ? longest : 1;
    }
}
