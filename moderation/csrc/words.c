/* Known words: which are innocent, and which run-together words are made of. */

#include <string.h>

#include "row.h"

#define LONGEST_PIECE 16
#define LONG 6 /* letters from which a known word counts as a piece though it is not common */

void md_words_fill(uint32_t *words, int64_t word_slots, const char *text, int64_t length) {
    uint64_t hash = hash_start();
    int64_t letters = 0;
    for (int64_t i = 0; i < length; i++) {
        if (text[i] != '\n') { hash = hash_byte(hash, (uint8_t)text[i]); letters++; continue; }
        if (letters) {
            uint64_t value = hash_finish(hash), slot = value & (uint64_t)(word_slots - 1);
            uint32_t mark = (uint32_t)(value >> 32) | 1;
            while (words[slot] && words[slot] != mark) slot = (slot + 1) & (uint64_t)(word_slots - 1);
            words[slot] = mark;
        }
        hash = hash_start();
        letters = 0;
    }
}

uint64_t md_text_hash(const char *text, int64_t length) {
    uint64_t hash = hash_start();
    for (int64_t i = 0; i < length; i++) hash = hash_byte(hash, (uint8_t)text[i]);
    return hash_finish(hash);
}

int md_word_known(const match_tables *tables, const char *word, int64_t length) {
    uint64_t hash = hash_start();
    for (int64_t i = 0; i < length; i++) hash = hash_byte(hash, (uint8_t)word[i]);
    return length > 0 && hash_known(tables, hash);
}

static uint64_t hash_of(const uint32_t *codes, int32_t length) {
    uint64_t hash = hash_start();
    for (int32_t i = 0; i < length; i++) hash = hash_code(hash, codes[i]);
    return hash;
}

int is_known(const match_tables *tables, const uint32_t *codes, int32_t length) {
    return length > 0 && length <= LONGEST_TOKEN && hash_known(tables, hash_of(codes, length));
}

static int hash_common(const match_tables *tables, uint64_t hash) {
    return hash_listed(tables->common, tables->common_slots, hash_finish(hash));
}

int is_common(const match_tables *tables, const uint32_t *codes, int32_t length) {
    return length > 0 && hash_common(tables, hash_of(codes, length));
}

/* Words of one or two letters that are pieces all the same. */
static const char *const SHORT_PIECES[] = {"a", "i", "u", "x", "xx", "xo", "z", "q", "my", "no", "so", "go", "me", "we", "he", "is", "to",
    "of", "on", "up", "do", "be", "by", "ur", "im", "ya", "yo", "da", "id", "re", "un", 0};
static const char *const SHORT_INNOCENT[] = {"it", "is", "in", "on", "at", "as", 0};

static int is_listed(const char *const *list, const uint32_t *codes, int32_t length) {
    for (; *list; list++)
        if ((*list)[0] == (char)codes[0] && codes[0] < 128 && (length == 1 ? !(*list)[1] : codes[1] < 128 && (*list)[1] == (char)codes[1]))
            return 1;
    return 0;
}

static int cut(const match_tables *tables, const uint32_t *codes, int32_t length, int most, int innocent) {
    if (length > LONGEST_TOKEN) return NEVER;
    uint8_t best[LONGEST_TOKEN + 1];
    memset(best, NEVER, sizeof best);
    best[0] = 0;
    for (int32_t start = 0; start < length; start++) {
        if (best[start] >= most) continue;
        uint64_t hash = hash_start();
        for (int32_t end = start + 1; end <= length && end <= start + LONGEST_PIECE; end++) {
            hash = hash_code(hash, codes[end - 1]);
            if (best[start] + 1 >= best[end]) continue;
            int size = end - start, is_piece;
            if (size < SHORT) is_piece = is_listed(innocent ? SHORT_INNOCENT : SHORT_PIECES, codes + start, size);
            else is_piece = hash_common(tables, hash) || (innocent && size >= LONG && hash_known(tables, hash));
            if (is_piece) best[end] = (uint8_t)(best[start] + 1);
        }
    }
    return best[length];
}

int pieces(const match_tables *tables, const uint32_t *codes, int32_t length) { return cut(tables, codes, length, 4, 0); }

int known_pieces(const match_tables *tables, const uint32_t *codes, int32_t length) { return cut(tables, codes, length, 3, 1); }
