/* Reading a row's n-grams, for ngrams.c and predict.c. A row is read as sentences of bounded length; each is tidied into a small buffer
   (white space is one space, a letter said three times or more is said twice, a link or a reader's handle is one sign) and walked once.
   What is done with an n-gram is the caller's: training writes it down, scoring adds its weights. Linear in the text; no memory but the
   buffer. */

#ifndef NGRAMS_H
#define NGRAMS_H

#include "score.h"

#define LONGEST_SENTENCE 400 /* a sentence is cut here, come what may */
#define LONG_SENTENCE 280    /* and from here on at the next space */
#define SHORT_SENTENCE 8     /* a full stop sooner than this ends an abbreviation */

#define SPACE 1
#define WORD 2
#define STOP 4
#define DIGIT 8
#define GROUP 16 /* of a word for a group of people */
#define CAPITAL 32 /* no bit is higher */

#define MIX 0x9E3779B97F4A7C15u
#define CHAR_SEED 0x51A3F2C9D7E86B35u
#define WORD_SEED 0xC2B2AE3D27D4EB4Fu
#define SHOUT_SEED 0x165667B19E3779F9u
#define SKIP_SEED 0x27D4EB2F165667C5u
#define GROUP_HASH 0x7F4A7C15D6E8FEB8u

#define S SPACE
#define W WORD
#define D (WORD | DIGIT)
#define P STOP
static const uint8_t ASCII_KINDS[128] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, S, S, S, S, S, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    S, P, 0, 0, 0, 0, 0, W, 0, 0, 0, 0, 0, 0, P, 0, D, D, D, D, D, D, D, D, D, D, 0, 0, 0, 0, 0, P,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, 0, 0, 0, 0, 0,
};
#undef S
#undef W
#undef D
#undef P

static inline int kind(uint32_t c) {
    if (c < 128) return ASCII_KINDS[c];
    if (c == 0xA0 || c == 0x85 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x3000) return SPACE;
    return WORD;
}

typedef struct {
    uint64_t hash;
    int32_t first, end; /* half-open, characters of the buffer */
} sentence_word;

/* The buffer. Behind the sentence there is room for the longest n-gram, so that none need be held back at its end. */
typedef struct {
    int32_t length; /* characters, with a space on either side */
    int32_t word_count;
    sentence_word words[LONGEST_SENTENCE / 2 + 2]; /* as walk_words comes by them */
    uint32_t codes[LONGEST_SENTENCE + LONGEST_NGRAM];
    int32_t at[LONGEST_SENTENCE + LONGEST_NGRAM]; /* where each comes from in the row */
    uint8_t kinds[LONGEST_SENTENCE + LONGEST_NGRAM];
} sentence;

/* Appends a character to the `n` that are there and answers how many there are then. */
static inline int32_t put(sentence *s, int32_t n, uint32_t c, int k, int64_t at, uint32_t flag) {
    s->codes[n] = c;
    s->kinds[n] = (uint8_t)(k | (flag & UPPER ? CAPITAL : 0));
    s->at[n] = (int32_t)at;
    return n + 1;
}

static inline int is_link(const uint32_t *text, int64_t left) {
    if (left > 7 && text[0] == 'h' && text[1] == 't' && text[2] == 't' && text[3] == 'p' && (text[4] == ':' || text[5] == ':')) return 1;
    return left > 4 && text[0] == 'w' && text[1] == 'w' && text[2] == 'w' && text[3] == '.';
}

/* Whether a sentence of `n` characters that ends in a word, a sign or a closing bracket stops there. */
static inline int has_stopped(const sentence *s, int32_t n) {
    if (s->kinds[n - 1] & STOP) return 1;
    return n > 2 && (s->kinds[n - 2] & STOP) && (s->codes[n - 1] == '"' || s->codes[n - 1] == ')');
}

#define STRETCH 16

typedef uint8_t uint8x16 __attribute__((vector_size(STRETCH), aligned(1), may_alias));
typedef uint32_t uint32x16 __attribute__((vector_size(4 * STRETCH), aligned(4), may_alias));
typedef int32_t int32x16 __attribute__((vector_size(4 * STRETCH), aligned(4), may_alias));
typedef union { uint8x16 bytes; uint64_t halves[2]; } stretch_mask; /* every byte 0 or 255, or a part of it */

static inline uint8x16 low_bytes(const uint32_t *text) { return __builtin_convertvector(*(const uint32x16 *)(const void *)text, uint8x16); }

/* Those of the characters from `text` on that are none of ASCII's from `first` to ~. */
static inline uint8x16 beyond(const uint32_t *text, uint32_t first) {
    return __builtin_convertvector((uint32x16)(*(const uint32x16 *)(const void *)text - first > '~' - first), uint8x16);
}

/* Puts as many of the next STRETCH characters as a sentence holds as they stand, up to the first that wants a look: one that is not ASCII
   or may be the third of a run, a space beside white space or one that may end a sentence, what may begin a link or a reader's handle.
   Reads from two characters before `text` to two behind the stretch. Answers how many it put; counts words, which end in spaces. */
static inline int32_t put_stretch(sentence *s, int32_t n, const uint32_t *text, const uint8_t *flags, int64_t at, int *words) {
    const int32x16 place = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const uint8x16 number = __builtin_convertvector(place, uint8x16);
    uint8x16 c = low_bytes(text), before = low_bytes(text - 1), before2 = low_bytes(text - 2);
    uint8x16 next = low_bytes(text + 1), next2 = low_bytes(text + 2);
    uint8x16 stop = (uint8x16)((c == '.') | (c == '!') | (c == '?')), space = (uint8x16)(c == ' ');
    uint8x16 digit = (uint8x16)(c - '0' < 10), letter = (uint8x16)((c - 'a' < 26) | (c == '\''));
    uint8x16 ended = (uint8x16)((before == '.') | (before == '!') | (before == '?') | (before == '"') | (before == ')') | (before == ' '));
    uint8x16 link = (uint8x16)(((c == 'h') & (next == 't') & (next2 == 't')) | ((c == 'w') & (next == 'w') & (next2 == 'w')));
    uint8x16 handle = (uint8x16)((c == '@') | (before == '@')), third = (uint8x16)((c == before) & (c == before2));
    stretch_mask look = {.bytes = beyond(text, ' ') | (space & (ended | beyond(text + 1, '!'))) | link | handle | third};
    int32_t count = look.halves[0] ? __builtin_ctzll(look.halves[0]) / 8
                                   : look.halves[1] ? 8 + __builtin_ctzll(look.halves[1]) / 8 : STRETCH;
    stretch_mask ends = {.bytes = space & 1 & (uint8x16)(number < (uint8_t)count)};
    uint8x16 capital = (*(const uint8x16 *)(const void *)flags & UPPER) * (CAPITAL / UPPER);
    *(uint32x16 *)(void *)(s->codes + n) = *(const uint32x16 *)(const void *)text;
    *(int32x16 *)(void *)(s->at + n) = place + (int32_t)at;
    *(uint8x16 *)(void *)(s->kinds + n) = (space & SPACE) | (stop & STOP) | (digit & (WORD | DIGIT)) | (letter & WORD) | capital;
    *words += __builtin_popcountll(ends.halves[0] | ends.halves[1] << 1);
    return count;
}

/* Read one sentence from text[from:length] into the buffer; answers where the next begins. */
static int64_t read_sentence(const ngram_spec *spec, const uint32_t *text, const uint8_t *flags, int64_t from, int64_t length,
                             sentence *s) {
    int64_t i = from;
    int32_t n = put(s, 0, ' ', SPACE, from, 0); /* characters in the buffer: kept in a register, not in memory */
    int words = 0;
    while (i < length) {
        int is_run = n > 2 && s->at[n - 1] == i - 1 && s->at[n - 2] == i - 2; /* what was put last is what stands before */
        if (is_run && n + STRETCH <= LONG_SENTENCE && i + STRETCH + 2 <= length && !spec->digits) {
            int32_t count = put_stretch(s, n, text + i, flags + i, i, &words);
            n += count;
            i += count;
            if (count == STRETCH) continue;
        }
        uint32_t c = text[i];
        int k = kind(c);
        if (k & SPACE) {
            int line = 0;
            int64_t first = i;
            while (i < length && (kind(text[i]) & SPACE)) line |= text[i++] == '\n';
            if (!(s->kinds[n - 1] & SPACE)) {
                words++;
                if (n > LONG_SENTENCE || (words > 1 && n > SHORT_SENTENCE && (line || has_stopped(s, n)))) break;
                n = put(s, n, ' ', SPACE, first, 0);
            }
            continue;
        }
        if (n >= LONGEST_SENTENCE) break;
        int last = s->kinds[n - 1];
        if (k & WORD && !(last & WORD)) {
            if ((c == 'h' || c == 'w') && is_link(text + i, length - i)) {
                n = put(s, n, 0x1F517, WORD, i, 0);
                while (i < length && !(kind(text[i]) & SPACE)) i++;
                continue;
            }
            if (s->codes[n - 1] == '@' && n >= 2 && !(s->kinds[n - 2] & WORD)) {
                s->kinds[n - 1] |= WORD;
                while (i < length && ((kind(text[i]) & WORD) || text[i] == '_') && text[i] != '\'') i++;
                continue;
            }
        }
        if (c == s->codes[n - 1] && n > 2 && c == s->codes[n - 2] && !(k & DIGIT)) {
            i++;
            continue;
        }
        if ((k & DIGIT) && spec->digits) {
            c = '0';
            if (c == s->codes[n - 1] && n > 2 && c == s->codes[n - 2]) { i++; continue; }
        }
        n = put(s, n, c, k, i, flags[i]);
        i++;
        if (k != WORD) continue;
        /* Of those that want a look, most are letters of a word that has begun. */
        for (uint32_t before = s->codes[n - 2]; i < length && n < LONGEST_SENTENCE && text[i] - 'a' < 26; i++) {
            uint32_t letter = text[i];
            if (letter == c && letter == before) continue;
            n = put(s, n, letter, WORD, i, flags[i]);
            before = c;
            c = letter;
        }
    }
    if (!(s->kinds[n - 1] & SPACE)) n = put(s, n, ' ', SPACE, i, 0);
    for (int32_t k = 0; k < LONGEST_NGRAM - 1; k++) {
        s->codes[n + k] = 0;
        s->kinds[n + k] = SPACE;
    }
    s->length = n;
    return i;
}

/* What is done with an n-gram: its hash, and the characters [first, last] of the buffer. Where `stands` is 0 it is none, which costs
   less to pass over in the emitter than to branch upon in the walk. */
typedef void emitter(void *to, uint64_t hash, int32_t first, int32_t last, int stands);

static inline uint64_t pair_hash(uint64_t before, uint64_t hash) { return (((hash << 23) | (hash >> 41)) ^ before) * MIX; }
static inline uint64_t triple_hash(uint64_t before2, uint64_t before, uint64_t hash) {
    return (pair_hash(before, hash) ^ (before2 >> 7)) * MIX;
}
static inline uint64_t skip_hash(uint64_t before2, uint64_t hash) { return pair_hash(before2 ^ SKIP_SEED, hash); }

static inline int is_group(const ngram_spec *spec, uint64_t hash) {
    if (!spec->group_slots) return 0;
    for (uint32_t at = (uint32_t)(hash >> 32);; at++) {
        uint64_t found = spec->groups[at & (spec->group_slots - 1)];
        if (found == hash) return 1;
        if (!found) return 0;
    }
}

/* The n-grams of characters that begin in [from, to). `across`: they run on over spaces; else one ends with the first space behind its
   beginning. */
static inline __attribute__((always_inline)) void walk_characters(const sentence *s, int32_t from, int32_t to, int32_t low, int32_t high,
                                                                  int across, emitter *emit, void *with) {
    for (int32_t i = from; i < to; i++) {
        uint64_t hash = (s->kinds[i] | s->kinds[i + 1]) & GROUP ? CHAR_SEED ^ GROUP_HASH : CHAR_SEED;
        int stands = 1;
        for (int32_t j = i; j < i + high; j++) {
            hash = (hash ^ s->codes[j]) * MIX;
            if (across || j == i + 1) stands &= j < s->length;
            if (!across && j > i + 1) stands &= ~s->kinds[j - 1] & SPACE; /* which is 1, and stands behind the end too */
            if (j - i + 1 >= low) emit(with, hash, i, j, stands);
        }
    }
}

/* As a rule a loop that is laid out flat. */
static inline __attribute__((always_inline)) void walk_range(const ngram_spec *spec, const sentence *s, int32_t from, int32_t to,
                                                             emitter *emit, void *with) {
    if (spec->char_min == 3 && spec->char_max == 5 && !spec->across) walk_characters(s, from, to, 3, 5, 0, emit, with);
    else walk_characters(s, from, to, spec->char_min, spec->char_max, spec->across, emit, with);
}

/* The n-grams of words. Where a word for a group of people stands, they are read once more with one sign in its place, and its letters'
   n-grams are its own, shared with no other word, so that training can withhold them from an attribute: its letters are marked. */
static inline __attribute__((always_inline)) void walk_words(const ngram_spec *spec, sentence *s, emitter *emit, void *to) {
    int32_t length = s->length;
    uint64_t before = 0, before2 = 0, sign_before = 0, sign_before2 = 0;
    int32_t start1 = 0, start2 = 0;
    int seen = 0, groups = 0; /* groups: bit k: the word k places back is one for a group */
    for (int32_t i = 0; spec->word_max && i < length;) {
        if (!(s->kinds[i] & WORD)) { i++; continue; }
        uint64_t hash = WORD_SEED;
        int32_t first = i, capitals = 0;
        for (; s->kinds[i] & WORD; i++) { /* a sentence ends in a space */
            hash = (hash ^ s->codes[i]) * MIX;
            capitals += s->kinds[i] / CAPITAL;
        }
        int32_t last = i - 1;
        int pairs = seen >= 1 && spec->word_max >= 2, triples = seen >= 2 && spec->word_max >= 3, skips = seen >= 2 && spec->skip;
        emit(to, hash, first, last, 1);
        if (spec->shout && capitals > 2 && capitals >= i - first - 1) {
            emit(to, (hash ^ SHOUT_SEED) * MIX, first, last, 1);
            emit(to, SHOUT_SEED * MIX, first, last, 1);
        }
        emit(to, pair_hash(before, hash), start1, last, pairs);
        emit(to, triple_hash(before2, before, hash), start2, last, triples);
        emit(to, skip_hash(before2, hash), start2, last, skips);
        int group = is_group(spec, hash);
        uint64_t sign = group ? GROUP_HASH : hash;
        groups = (groups << 1 | group) & 7;
        if (groups) {
            if (group) emit(to, GROUP_HASH * MIX, first, last, 1);
            if (group) for (int32_t j = first; j < i; j++) s->kinds[j] |= GROUP;
            emit(to, pair_hash(sign_before, sign), start1, last, pairs && groups & 3);
            emit(to, triple_hash(sign_before2, sign_before, sign), start2, last, triples);
            emit(to, skip_hash(sign_before2, sign), start2, last, skips && groups & 5);
        }
        before2 = before; sign_before2 = sign_before; start2 = start1;
        before = hash; sign_before = sign; start1 = first;
        s->words[seen++] = (sentence_word){hash, first, i};
    }
    s->word_count = seen;
}

/* Every n-gram of a sentence. */
static inline __attribute__((always_inline)) void walk(const ngram_spec *spec, sentence *s, emitter *emit, void *to) {
    walk_words(spec, s, emit, to);
    walk_range(spec, s, 0, s->length, emit, to);
}

static inline uint32_t bucket(uint64_t hash, uint32_t buckets) { return (uint32_t)(((hash >> 32) * buckets) >> 32); }

#endif
