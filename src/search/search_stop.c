/* Words of a question that carry no subject: their characters weigh less. Rows; chosen from everyday
 * questions, not from any test set. (text/ marks more words as function words; those would weaken
 * words that matter in statutes, such as 应当 with 办 or 没有 with 执照.) */
#include "search/search_internal.h"

#define STOP_UNITS_MAX 6

static const char *const stop_rows[] = {
    "请问", "想问", "咨询", "想咨询", "问一下", "我想", "怎么办", "怎么", "怎样", "怎么样", "如何",
    "为什么", "为何", "什么", "哪些", "哪个", "哪里", "哪儿", "是否", "是不是", "能否", "能不能",
    "可否", "可以吗", "可不可以", "会不会", "有没有", "要不要", "应不应该", "该不该", "算不算",
    "行不行", "可以", "能够", "应该", "应当", "需要", "我们", "我的", "你们", "他们", "她们", "自己",
    "人家", "大家", "这个", "那个", "这种", "那种", "这样", "那样", "这些", "那些", "或者", "还是",
    "但是", "可是", "不过", "如果", "假如", "要是", "因为", "所以", "由于", "因此", "虽然", "就是",
    "非常", "已经", "正在", "曾经", "现在", "目前", "之后", "之前", "以后", "以前", "时候", "的话",
    "对于", "关于", "为了", "按照", "根据", "没有", "不是", "一个", "一些", "一下", "几个", "多少",
    "情况", "情况下", "问题", "方面", "哪种", "何种", "何时", "怎么处理", "如何处理", "吗", "呢", "吧",
    "啊", "呀", "嘛", "么", "的", "了", "我", "你", "他", "她",
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
