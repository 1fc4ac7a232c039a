/* What a walk through the trie of forms carries with it, for match.c, which begins walks, walk.c and sift.c, which keeps of what they
   come by. */

#ifndef WALK_H
#define WALK_H

#include "row.h"

#define MOST 1024 /* places that one walk may come by */
#define NONE 31

typedef struct {
    int32_t position; /* the next character to read */
    uint32_t node;
    uint64_t last : 5; /* the letter read last, 0 to 25, or NONE */
    uint64_t respelled : 2, rests : 1; /* rests: on separators: the form does not end behind them */
    uint64_t literal : 8, leet : 8, masked : 8, gaps : 8, spaces : 8, repeats : 8;
} state;

typedef struct {
    candidate *found;
    int64_t count, capacity;
    int64_t steps, places; /* what is left of this row's allowance of steps, and of places that are kept beside each walk's best */
    const folded *fold;
    int is_marked;         /* of this row, -1 for not looked yet */
    int asked;             /* what is left to ask in this row */
    int every;             /* whether what is judged to be no match is kept */
    int32_t waiting;       /* of one walk, not judged yet */
    candidate own[MOST];
} sink;

static inline int kind_at(const row_text *row, int32_t i) {
    uint32_t c = row->codes[i];
    if (c < 128) return row->tables->kinds[c];
    return row->flags[i] & OTHER_LETTER ? LETTER : MASK;
}

/* The letter that a percent sign and two digits stand for, as in addresses: %66 is f; 0 for none. */
static inline int encoded_letter(const row_text *row, int32_t i) {
    uint32_t high = at(row, i + 1), low = at(row, i + 2);
    if (at(row, i) != '%' || high < '4' || high > '7' || !(is_digit(low) || (low >= 'a' && low <= 'f'))) return 0;
    uint32_t letter = ((high - '0') << 4 | (is_digit(low) ? low - '0' : low - 'a' + 10)) | 32; /* in small letters */
    return is_plain_letter(letter) ? (int)letter : 0;
}

/* A letter or a digit stands here: what goes on here is a word. */
static inline int in_word(const row_text *row, int32_t i) {
    return i >= 0 && i < row->length && (kind_at(row, i) & (LETTER | DIGIT)) != 0;
}

static inline int begins_word(const row_text *row, int32_t i) {
    if (in_word(row, i - 1)) return 0;
    return !(i >= 2 && (kind_at(row, i - 1) & APOSTROPHE) && in_word(row, i - 2));
}

static inline int ends_word(const row_text *row, int32_t i) { return !in_word(row, i); }

/* All forms that can be read from `start` on. `familiar`: the word that begins here is a known one, so that its letters stand for nothing
   but themselves. */
void walk_from(sink *out, const row_text *row, int32_t row_number, int32_t start, int familiar);

/* sift.c: notes a form that a walk has come to the end of, but for hopeless ones; judges what a walk came by; keeps a place. */
void report(sink *out, const row_text *row, int32_t row_number, int32_t start, const state *s, int familiar);
void judge_all(sink *out, const row_text *row);
void keep(sink *out, const row_text *row, const candidate *place);

#endif
