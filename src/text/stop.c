/* Question and function words: rows. They are marked, not dropped, so that a search may still weigh
 * them (an exact reviewed question contains them too). */
#include "text/text_internal.h"

#include <pthread.h>

#define SLOTS 1024 /* power of two, several times the rows */

static const char *const stop_words[] = {
    "怎么",   "怎样",   "怎么样", "怎么办",   "怎么做", "怎么弄",   "如何",   "咋",     "咋办",
    "咋样",   "什么",   "为什么", "为何",     "什么样", "什么时候", "啥",     "啥时候", "哪些",
    "哪个",   "哪里",   "哪儿",   "哪",       "哪种",   "哪位",     "何时",   "何处",   "多少",
    "多久",   "多长",   "多大",   "几个",     "几时",   "是否",     "是不是", "能不能", "可不可以",
    "有没有", "要不要", "会不会", "行不行",   "可以",   "能否",     "可否",   "请问",   "问一下",
    "请教",   "咨询",   "想问",   "想问一下", "问问",   "谁",       "我",     "你",     "您",
    "他",     "她",     "它",     "我们",     "你们",   "他们",     "她们",   "它们",   "咱们",
    "咱",     "我家",   "人家",   "别人",     "这",     "那",       "这个",   "那个",   "这些",
    "那些",   "这样",   "那样",   "这么",     "那么",   "这种",     "那种",   "这里",   "那里",
    "现在",   "一个",   "一些",   "一下",     "一点",   "一样",     "有些",   "某",     "每",
    "各",     "的",     "地",     "得",       "了",     "着",       "过",     "和",     "与",
    "及",     "或",     "或者",   "以及",     "并",     "并且",     "还是",   "还有",   "在",
    "是",     "有",     "就",     "都",       "也",     "还",       "又",     "再",     "才",
    "只",     "很",     "太",     "最",       "更",     "非常",     "但",     "但是",   "可是",
    "不过",   "而",     "而且",   "然后",     "因为",   "由于",     "所以",   "因此",   "于是",
    "如果",   "要是",   "假如",   "的话",     "虽然",   "即使",     "想",     "想要",   "需要",
    "要",     "应该",   "应当",   "得到",     "会",     "能",       "能够",   "把",     "被",
    "给",     "让",     "使",     "对",       "对于",   "关于",     "从",     "到",     "向",
    "由",     "于",     "以",     "按",       "为",     "为了",     "跟",     "同",     "当",
    "请",     "您好",   "你好",   "谢谢",     "麻烦",   "知道",     "告诉",   "帮忙",   "帮",
    "吗",     "呢",     "吧",     "啊",       "嘛",     "呀",       "哦",     "啦",     "么",
    "之",     "其",     "所",     "个",       "此",     "该",       "等",     "等等",   "上",
    "下",     "里",     "中",     "不",       "没",     "没有",     "不能",   "不是",   "一",
    "可",     "去",     "来",     "看",       "说",     "做",       "办",     "叫",     "属于",
    "有关",   "相关",   "具体",   "情况",     "问题",   "方面",     "时候",   "之后",   "以后",
    "之前",   "以前",
};

static uint64_t table[SLOTS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void build(void)
{
    _Static_assert(XZ_COUNT(stop_words) * 2 < SLOTS, "probes stay short");
    for (size_t i = 0; i < XZ_COUNT(stop_words); i++) {
        xz_str word = xz_str_from(stop_words[i]);
        uint64_t hash = 0;
        for (size_t pos = 0; pos < word.len;)
            hash = text_hash_step(hash, xz_text_fold(xz_utf8_next(word, &pos)));
        size_t at = hash & (SLOTS - 1);
        while (table[at])
            at = (at + 1) & (SLOTS - 1);
        table[at] = hash;
    }
}

bool stop_word(uint64_t text_hash)
{
    pthread_once(&once, build);
    for (size_t at = text_hash & (SLOTS - 1); table[at]; at = (at + 1) & (SLOTS - 1))
        if (table[at] == text_hash)
            return true;
    return false;
}

bool stop_char(uint32_t code)
{
    switch (code) {
    case 0x7684: /* 的 */
    case 0x4E86: /* 了 */
    case 0x5417: /* 吗 */
    case 0x5462: /* 呢 */
    case 0x5427: /* 吧 */
    case 0x554A: /* 啊 */
    case 0x561B: /* 嘛 */
    case 0x5440: /* 呀 */
    case 0x54E6: /* 哦 */
        return true;
    default:
        return false;
    }
}
