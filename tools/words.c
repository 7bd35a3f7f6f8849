/* Compiles a word list in jieba's form (`word frequency part-of-speech` lines) into the dictionary
 * that xz_lexicon_open maps: words words.txt words.bin */
#include <errno.h>
#include <math.h>

#include "core/file.h"
#include "text/text_internal.h"

#define LIST_BYTES_MAX   MIB(256)
#define SLOTS_PER_PREFIX 1.6 /* probes stay short, 8 bytes each */

struct word {
    uint32_t codes[LEXICON_WORD_CHARS_MAX];
    size_t chars;
    double frequency;
};

struct table {
    uint64_t *hashes; /* whole hashes while collecting; 0 is free */
    uint16_t *weights;
    size_t room, count;
};

static double total_frequency;

static bool read_word(xz_str line, struct word *word)
{
    xz_str text = xz_str_cut(&line, ' ');
    xz_str frequency = xz_str_cut(&line, ' ');
    *word = (struct word){ 0 };
    if (!xz_str_to_double(frequency, &word->frequency) || word->frequency < 0)
        return false;
    for (size_t pos = 0; pos < text.len;) {
        uint32_t code = xz_text_fold(xz_utf8_next(text, &pos));
        if (!xz_is_han(code) || word->chars == LEXICON_WORD_CHARS_MAX)
            return false;
        word->codes[word->chars++] = code;
    }
    return word->chars > 0;
}

static void table_put(struct table *table, uint64_t hash, uint16_t weight)
{
    size_t at = hash % table->room;
    while (table->hashes[at] && table->hashes[at] != hash)
        at = at + 1 == table->room ? 0 : at + 1;
    table->count += table->hashes[at] == 0;
    table->hashes[at] = hash;
    /* Spellings that fold to one word: the likelier one counts. */
    if (weight && (!table->weights[at] || weight < table->weights[at]))
        table->weights[at] = weight;
}

static double log_probability(double frequency)
{
    return log((frequency > 0 ? frequency : 1) / total_frequency);
}

static void add_word(struct table *table, struct lexicon_header *header, const struct word *word)
{
    uint16_t weight = lexicon_store(log_probability(word->frequency));
    if (word->chars == 1) {
        uint32_t at = word->codes[0] - LEXICON_CHAR_FIRST;
        if (at < LEXICON_CHAR_COUNT && (!header->chars[at] || weight < header->chars[at]))
            header->chars[at] = weight;
        return;
    }
    header->word_count++;
    uint64_t hash = lexicon_step(0, word->codes[0]);
    for (size_t n = 2; n <= word->chars; n++) {
        hash = lexicon_step(hash, word->codes[n - 1]);
        table_put(table, hash, n == word->chars ? weight : 0);
    }
}

/* Sums the frequencies (`table` NULL) or adds the words. */
static void each_line(xz_str list, struct table *table, struct lexicon_header *header)
{
    while (list.len > 0) {
        struct word word;
        xz_str line = xz_str_cut(&list, '\n');
        if (!read_word(line, &word))
            continue;
        if (table)
            add_word(table, header, &word);
        else
            total_frequency += word.frequency;
    }
}

static uint64_t *make_slots(const struct table *table, uint32_t slot_count)
{
    uint64_t *slots = XZ_ALLOC(uint64_t, slot_count);
    for (size_t i = 0; i < table->room; i++) {
        if (!table->hashes[i])
            continue;
        uint32_t at = lexicon_slot(table->hashes[i], slot_count);
        while (slots[at])
            at = at + 1 == slot_count ? 0 : at + 1;
        slots[at] = lexicon_key(table->hashes[i]) | table->weights[i];
    }
    return slots;
}

static bool write_file(const char *path, struct lexicon_header *header, const uint64_t *slots)
{
    size_t slot_bytes = header->slot_count * sizeof(uint64_t);
    uint32_t crc = xz_crc32c(0, (const char *)header + LEXICON_CRC_FROM,
                             sizeof(*header) - LEXICON_CRC_FROM);
    header->crc = xz_crc32c(crc, slots, slot_bytes);
    FILE *file = fopen(path, "wb");
    if (!file)
        return false;
    bool ok = fwrite(header, sizeof(*header), 1, file) == 1 &&
              fwrite(slots, 1, slot_bytes, file) == slot_bytes;
    return fclose(file) == 0 && ok;
}

int main(int argc, char **argv)
{
    struct xz_buf list;
    if (argc != 3) {
        fprintf(stderr, "usage: words LIST.txt OUT.bin\n");
        return 2;
    }
    xz_buf_init(&list, (size_t)LIST_BYTES_MAX);
    if (xz_file_read(argv[1], &list) != XZ_OK) {
        fprintf(stderr, "words: %s: %s\n", argv[1], xz_fail_detail());
        return 1;
    }
    each_line(xz_buf_str(&list), NULL, NULL);
    struct table table = { .room = list.len / 2 + 1024 }; /* every prefix takes 2 bytes or more */
    table.hashes = XZ_ALLOC(uint64_t, table.room);
    table.weights = XZ_ALLOC(uint16_t, table.room);
    struct lexicon_header *header = XZ_ALLOC(struct lexicon_header, 1);
    each_line(xz_buf_str(&list), &table, header);
    header->magic = LEXICON_MAGIC;
    header->other_char = lexicon_store(log_probability(1));
    header->slot_count = (uint32_t)((double)table.count * SLOTS_PER_PREFIX) + 16;
    uint64_t *slots = make_slots(&table, header->slot_count);
    bool ok = write_file(argv[2], header, slots);
    if (!ok)
        fprintf(stderr, "words: cannot write %s: %s\n", argv[2], strerror(errno));
    xz_free(slots);
    xz_free(header);
    xz_free(table.hashes);
    xz_free(table.weights);
    xz_buf_fini(&list);
    return ok ? 0 : 1;
}
