/* Whether a text is English beyond doubt: one word in ten of its first characters is one that is English and hardly anything else.
   language.py knows those words, and looks at the other texts. */

#include "row.h"

#define READ 400 /* characters that are looked at, as in language.py */

int is_english(const uint32_t *plain, const uint32_t *codes, const uint8_t *flags, int64_t length) {
    uint64_t seen[PLAIN_SLOTS / 64] = {0};
    int words = 0, different = 0;
    if (length > READ) length = READ;
    for (int64_t i = 0; i < length;) {
        if (is_space(codes[i])) { i++; continue; }
        uint64_t hash = hash_start();
        int dressed = 0; /* a letter that only looks so is another language's, or nobody's */
        for (; i < length && !is_space(codes[i]); i++) {
            hash = hash_code(hash, codes[i]);
            dressed |= flags[i] & ~UPPER;
        }
        words++;
        if (dressed) continue;
        hash = hash_finish(hash);
        uint32_t mark = (uint32_t)(hash >> 32) | 1;
        for (uint64_t slot = hash & (PLAIN_SLOTS - 1); plain[slot]; slot = (slot + 1) & (PLAIN_SLOTS - 1)) {
            if (plain[slot] != mark) continue;
            different += !(seen[slot / 64] >> (slot % 64) & 1);
            seen[slot / 64] |= (uint64_t)1 << (slot % 64);
            break;
        }
        if (different * 10 >= words + (length - i) / 2) return 1; /* however many words are to come */
    }
    return different * 10 >= words;
}

void md_english(const uint32_t *plain, const char *block, uint8_t *english) {
    const folded *fold = (const folded *)(const void *)block;
    for (int64_t row = 0; row < fold->size; row++) {
        int64_t start = fold->offsets[row];
        english[row] = (uint8_t)is_english(plain, fold->codes + start, fold->flags + start, fold->offsets[row + 1] - start);
    }
}
