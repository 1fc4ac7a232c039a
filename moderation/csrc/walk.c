/* A walk through the trie of forms reads the text as leniently as readers write: digits and signs as letters, signs in place of letters,
   separators between letters, letters repeated. What it comes by is a candidate with its evidence; sift.c has it judged.
   Each start takes a bounded number of steps, runs of one character are jumped over: linear in the text. */

#include <stddef.h>

#include "walk.h"

#define STEPS 4000 /* that one start may take */
#define FEWEST_STEPS 50
#define WORD_STEPS 300 /* the same for one behind white space */
#define DEPTH 192

/* The letters that an ASCII character may be read as. A # is one by itself: several hide letters, and so does one behind the h that it
   would be. */
static uint32_t readings_at(const row_text *row, int32_t i) {
    uint32_t c = row->codes[i];
    return c == '#' && (at(row, i - 1) == c || at(row, i + 1) == c || at(row, i - 1) == 'h') ? 0 : row->tables->readings[c];
}

/* What a letter at `i` can only be read as; all letters where something else stands there. */
static uint32_t letters_at(const row_text *row, int32_t i) {
    uint32_t c = at(row, i);
    return is_plain_letter(c) && !(row->flags[i] & HOMOGLYPH) ? row->tables->readings[c] : UINT32_MAX;
}

#define LONGEST_MASKED 80 /* characters that are looked at of a word with signs in it */
#define LONGEST_REST 32   /* letters of a form behind a masked one, less one */

/* Where a word with signs in it ends that goes on at `i`; the last run of ! and ? is punctuation. */
static int32_t masked_end(const row_text *row, int32_t i) {
    int32_t end = i, last = i + 1;
    for (; end < row->length && end < i + LONGEST_MASKED; end++) {
        int kind = kind_at(row, end);
        if (!(kind & (LETTER | DIGIT | MASK)) || (kind & SPACE)) break;
        uint32_t c = row->codes[end];
        if ((kind & (LETTER | DIGIT)) || c == '*' || c == '#' || c == '_' || c == '-' || c == '$' || c == '@' || c == '%' || c == '&') last = end + 1;
    }
    return last;
}

/* Whether there are as many letters, at least, in [low, high). */
static int has_letters(const row_text *row, int32_t low, int32_t high, int least) {
    for (; low < high && least > 0; low++) least -= kind_at(row, low) & LETTER;
    return least <= 0;
}

/* Letters drawn with several signs. */
typedef struct { const char *signs; char letter; } drawing;
static const drawing DRAWINGS[] = {
    {"|<", 'k'}, {"|{", 'k'}, {"|(", 'k'}, {"()", 'o'}, {"[]", 'o'}, {"|_|", 'u'}, {"(_)", 'u'}, {"\\_/", 'u'}, {"|\\|", 'n'},
    {"/\\/", 'n'}, {"|)", 'd'}, {"|]", 'd'}, {"|3", 'b'}, {"|-|", 'h'}, {"]-[", 'h'}, {"}{", 'h'}, {"/\\", 'a'}, {"|=", 'f'},
    {"\\/", 'v'}, {"|2", 'r'}, {"-|-", 't'},
    {"|*", 'p'}, {"|\\/|", 'm'}, {"/\\/\\", 'm'}, {"\\/\\/", 'w'},
};

static int32_t drawn(const row_text *row, int32_t i, const char *signs) {
    int32_t k = 0;
    while (signs[k] && i + k < row->length && row->codes[i + k] == (uint32_t)signs[k]) k++;
    return signs[k] ? 0 : k;
}

#define PUSH(s) do { if (depth < DEPTH) stack[depth++] = (s); } while (0)

/* What begins inside a word is read on within it and not respelled: all else is hopeless. */
void walk_from(sink *out, const row_text *row, int32_t row_number, int32_t start, int familiar) {
    const match_tables *tables = row->tables;
    int at_edge = begins_word(row, start);
    state stack[DEPTH];
    int depth = 0, steps = 0;
    int32_t measured = start, behind = start; /* a word with signs in it, as far as it was looked at */
    stack[depth++] = (state){.position = start, .last = NONE};
    int fewest = is_space(at(row, start - 1)) ? WORD_STEPS : FEWEST_STEPS;
    int most = out->steps > STEPS ? STEPS : out->steps > fewest ? (int)out->steps : fewest;
    while (depth > 0 && steps++ < most) {
        state s = stack[--depth];
        if (s.node && !s.rests && tables->nodes[s.node].form >= 0) report(out, row, row_number, start, stack + depth, familiar);
        s.rests = 0;
        if (s.position >= row->length) continue;
        uint32_t c = row->codes[s.position];
        int kind = kind_at(row, s.position);
        uint32_t mask = tables->nodes[s.node].children;
        /* Branches are pushed from the least to the most likely: the last one pushed is followed first. */
        if ((kind & MASK) && (s.node ? s.literal + s.leet > 0 : c == '*') && s.masked < 12) {
            /* Letters behind signs: only those that lead to a form which ends where the word does, unless one sign stands
               between two letters. */
            if (s.position < measured || s.position >= behind || s.position > measured + LONGEST_MASKED - LONGEST_REST)
                behind = masked_end(row, measured = s.position);
            int32_t left_over = behind - s.position;
            if (s.node && (c == '*' || c == '#') && row->codes[s.position - 1] != c) { /* more signs than letters: ban***na */
                /* of few letters nobody tells what they were */
                int surplus = has_letters(row, s.position, behind, SHORT - s.literal) ? LONGEST_GAP - 1 : 1;
                for (int32_t next = s.position + 1; next <= s.position + surplus && at(row, next) == c; next++) {
                    state m = s;
                    m.position = next;
                    m.repeats = (uint8_t)(m.repeats + SURPLUS * (next - s.position));
                    PUSH(m);
                }
            }
            uint32_t follow = letters_at(row, s.position + 1);
            int lone = !s.masked && in_word(row, s.position + 1) && in_word(row, s.position - 1);
            for (uint32_t left = mask; left; left &= left - 1) {
                int letter = __builtin_ctz(left);
                state m = s;
                m.position++;
                m.node = child(tables, s.node, letter);
                if (!lone && !(left_over < LONGEST_REST && tables->nodes[m.node].lengths >> (left_over - 1) & 1)) continue;
                if (!(tables->nodes[m.node].children & follow) && tables->nodes[m.node].form < 0) continue;
                m.last = NONE;
                m.masked++;
                PUSH(m);
            }
        }
        if (s.node && at_edge && !(kind & (LETTER | DIGIT))) {
            /* a separator: jump over the whole run of what is neither letter nor digit */
            state gap = s;
            int32_t next = s.position, stop = s.position + LONGEST_GAP < row->length ? s.position + LONGEST_GAP : row->length;
            gap.gaps++;
            gap.rests = 1;
            for (; next < stop; next++) {
                int k = kind_at(row, next);
                if (k & (LETTER | DIGIT)) break;
                if (next > s.position && (k & SIGN) && readings_at(row, next) & mask) {
                    gap.position = next; /* a sign that may be the next letter: d.!.p */
                    PUSH(gap);
                }
                if (next > s.position && row->codes[next] >= 128 && tables->other_first[s.node + 1] > tables->other_first[s.node]) {
                    gap.position = next;
                    PUSH(gap);
                }
                if ((k & SPACE) && gap.spaces == s.spaces) gap.spaces++;
            }
            gap.position = next;
            if (next < stop && s.gaps < 200 && (mask || tables->other_first[s.node + 1] > tables->other_first[s.node])) PUSH(gap);
        }
        if (c < 128) {
            uint32_t letters = readings_at(row, s.position);
            if (row->flags[s.position] & HOMOGLYPH) letters |= tables->doubles[c];
            else if (familiar && (kind & LETTER)) letters = 1u << (c - 'a');
            if (s.last != NONE && (letters >> s.last & 1)) {
                /* a run goes on: jump to its end */
                int32_t next = s.position;
                while (next < row->length && row->codes[next] == c) next++;
                state r = s;
                r.position = next;
                r.repeats = (uint8_t)(r.repeats + (r.repeats < 200));
                PUSH(r);
            }
            if (at_edge && !familiar && (kind & LETTER) && !s.gaps && !s.masked && s.respelled < 2) {
                for (uint32_t left = tables->respellings[c] & mask; left; left &= left - 1) {
                    int letter = __builtin_ctz(left);
                    state r = s;
                    r.position++;
                    r.node = child(tables, s.node, letter);
                    r.last = (uint8_t)letter;
                    r.respelled++;
                    PUSH(r);
                }
            }
            int encoded = c == '%' && at_edge ? encoded_letter(row, s.position) : 0;
            if (encoded && mask >> (encoded - 'a') & 1) {
                state r = s;
                r.position += ENCODED;
                r.node = child(tables, s.node, encoded - 'a');
                r.last = NONE;
                r.literal++;
                PUSH(r);
            }
            if (!(kind & (LETTER | DIGIT | SPACE)) && is_among(c, "|([/\\]}-")) {
                for (size_t d = 0; d < sizeof DRAWINGS / sizeof *DRAWINGS; d++) {
                    int letter = DRAWINGS[d].letter - 'a';
                    int32_t length = mask >> letter & 1 ? drawn(row, s.position, DRAWINGS[d].signs) : 0;
                    if (!length) continue;
                    state r = s;
                    r.position += length;
                    r.node = child(tables, s.node, letter);
                    r.last = (uint8_t)letter;
                    r.leet++;
                    PUSH(r);
                }
            }
            for (uint32_t left = letters & mask; left; left &= left - 1) {
                int letter = __builtin_ctz(left);
                state r = s;
                r.position++;
                r.node = child(tables, s.node, letter);
                r.last = (uint8_t)letter;
                if ((kind & LETTER) && (letter == (int)(c - 'a') || (row->flags[s.position] & HOMOGLYPH))) r.literal++; else r.leet++;
                PUSH(r);
            }
        } else {
            uint32_t low = tables->other_first[s.node], high = tables->other_first[s.node + 1];
            for (; low < high; low++) {
                if (tables->other_code[low] != c) continue;
                state r = s;
                r.position++;
                r.node = tables->other_child[low];
                r.last = NONE;
                r.literal++;
                PUSH(r);
            }
        }
    }
    out->steps -= steps;
    if (out->waiting) judge_all(out, row);
}
