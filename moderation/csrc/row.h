/* One folded text with its neighbourhoods, for match.c and what judges its candidates: kinds of characters, words beside a place, case. */

#ifndef ROW_H
#define ROW_H

#include "score.h"

/* Kinds of an ASCII character. */
#define LETTER 1
#define DIGIT 2
#define SIGN 4 /* a sign that may be read as a letter */
#define MASK 8 /* a sign that may stand in place of a letter */
#define SPACE 16
#define APOSTROPHE 32

/* Kinds of a form, as forms.py numbers them. */
enum { PLAIN, SWAPPED, DROPPED, THINNED, REVERSED };

/* Traits of a term, as walk.py sets them. */
#define ONLY_PLAIN 1 /* counts only as it is written in its file */
#define JOINED 2     /* found inside any longer word */
#define WHOLE 4      /* a word of its own or none */
#define PHRASE 8
#define FIRST 16 /* meant first where signs leave several terms open */
#define INITIALS 32
#define FOREIGN 64 /* an everyday word in some language */
#define NAME 128   /* a given name, a surname too */
#define SURNAME 256
#define GIVEN 512

enum { MILD, STRONG, SEVERE };

#define SURPLUS 4 /* repeats that a sign too many counts as: a reading with a letter for each sign is the better one */

#define SUBJECT_COUNT 3 /* of the words that context.c looks for around a candidate */

typedef struct { int32_t from, to; } stretch; /* half-open */

typedef struct {
    const match_tables *tables;
    const uint32_t *codes;
    const uint8_t *flags;
    int32_t length;
    stretch *without; /* [SUBJECT_COUNT]: where a subject's words have been looked for in vain; written to while the row is judged */
} row_text;

/* The character at `i`; 0, which no fold holds, beside the text. */
static inline uint32_t at(const row_text *row, int32_t i) { return i >= 0 && i < row->length ? row->codes[i] : 0; }

static inline int is_letter(const match_tables *tables, uint32_t c) {
    return c < 128 ? (tables->kinds[c] & LETTER) != 0 : c < (uint32_t)tables->letter_codes && (tables->letters[c] & 1);
}

/* A letter or digit, as Unicode says. */
static inline int is_alnum(const match_tables *tables, uint32_t c) {
    return c < 128 ? (tables->kinds[c] & (LETTER | DIGIT)) != 0 : c < (uint32_t)tables->letter_codes && (tables->letters[c] & 2);
}

static inline int is_digit(uint32_t c) { return c >= '0' && c <= '9'; } /* all others fold to these */
static inline int is_space(uint32_t c) { return c == ' ' || c == '\n'; } /* likewise */
static inline int is_among(uint32_t c, const char *signs) {
    for (; *signs; signs++) if (c == (uint8_t)*signs) return 1;
    return 0;
}

static inline int is_plain_letter(uint32_t c) { return c - 'a' < 26; } /* whose kind is LETTER and nothing else */

static inline int alnum_at(const row_text *row, int32_t i) { return is_alnum(row->tables, at(row, i)); }
static inline int word_at(const row_text *row, int32_t i) { return alnum_at(row, i) || at(row, i) == '_'; }
static inline int upper_at(const row_text *row, int32_t i) { return row->flags[i] & UPPER; }

/* words.c */

/* Words are hashed as they are written in UTF-8. */
static inline uint64_t hash_start(void) { return 0xCBF29CE484222325u; }
static inline uint64_t hash_byte(uint64_t hash, uint32_t c) { return (hash ^ c) * 0x100000001B3u; }
static inline uint64_t hash_code(uint64_t hash, uint32_t c) {
    if (c < 0x80) return hash_byte(hash, c);
    if (c < 0x800) return hash_byte(hash_byte(hash, 0xC0 | c >> 6), 0x80 | (c & 63));
    if (c < 0x10000) hash = hash_byte(hash, 0xE0 | c >> 12);
    else hash = hash_byte(hash_byte(hash, 0xF0 | c >> 18), 0x80 | (c >> 12 & 63));
    return hash_byte(hash_byte(hash, 0x80 | (c >> 6 & 63)), 0x80 | (c & 63));
}
static inline uint64_t hash_finish(uint64_t hash) {
    hash ^= hash >> 29;
    hash *= 0xBF58476D1CE4E5B9u;
    return hash ^ hash >> 32;
}

/* Where a word stands in a table, which holds the upper half of its finished hash in the slot that the lower half names, or in the
   next free one; -1 if nowhere. */
static inline int64_t hash_slot(const uint32_t *words, int64_t slots, uint64_t finished) {
    uint32_t mark = (uint32_t)(finished >> 32) | 1;
    for (uint64_t slot = finished & (uint64_t)(slots - 1);; slot = (slot + 1) & (uint64_t)(slots - 1)) {
        if (words[slot] == mark) return (int64_t)slot;
        if (!words[slot]) return -1;
    }
}
static inline int hash_listed(const uint32_t *words, int64_t slots, uint64_t finished) { return hash_slot(words, slots, finished) >= 0; }
static inline int hash_known(const match_tables *tables, uint64_t hash) {
    return hash_listed(tables->words, tables->word_slots, hash_finish(hash));
}

int is_known(const match_tables *tables, const uint32_t *codes, int32_t length);
int is_common(const match_tables *tables, const uint32_t *codes, int32_t length);

#define NEVER 99
/* The fewest common words that some letters are made of, at most 4; 0 for none, NEVER if not of any. */
int pieces(const match_tables *tables, const uint32_t *codes, int32_t length);
/* The same of innocent words, at most 3: common ones, or known ones of some length. */
int known_pieces(const match_tables *tables, const uint32_t *codes, int32_t length);

#define ENCODED 3 /* characters of a letter in percent-encoding: %66 */
#define LONGEST_GAP 12 /* characters between two letters of a form */

/* The child of a node by a letter that it has one for, 0 to 25. */
static inline uint32_t child(const match_tables *tables, uint32_t node, int letter) {
    uint32_t mask = tables->nodes[node].children;
    return tables->nodes[node].first + (uint32_t)__builtin_popcount(mask & ((1u << letter) - 1));
}

/* paths.c: where the letters of a known word lead: known words stand for nothing but themselves, so that their letters are one path. 0: out
   of the trie; else a node, or a number for more ways to read them than one. */
uint32_t path_end(const row_text *row, int32_t first, int32_t last);
/* Whether a form goes on beyond a known word whose letters lead there, or is the word itself. */
int leads_on(const row_text *row, uint32_t node, int32_t last);
/* Whether a walk from inside a word comes to nothing: its letters can be read in one way up to where they leave the trie, and no form
   ends on it. */
int is_dead_end(const row_text *row, int32_t start);

/* context.c: whether the text around a range is another language's (2 for each of its little words and 1 for each marked one, if it is),
   a program's, a serial number's; whether the range is an abbreviation in capitals, a chemical formula. */
int is_foreign(const row_text *row, int32_t start, int32_t end);
int is_in_code(const row_text *row, int32_t start, int32_t end);
/* Whether signs stand beside the range and around it as they do in a program's text: fig = g; fig++; and nobody is spoken to before it. */
int is_amid_code(const row_text *row, int32_t start, int32_t end);
int is_in_a_serial(const row_text *row, int32_t start, int32_t end);
int is_abbreviation(const row_text *row, int32_t start, int32_t end);
int is_formula(const row_text *row, int32_t start, int32_t end);
/* Whether words beside it begin with its letters; whether it is a maker's or a code's mark, in capitals before a number or behind a slash:
   FIG 6204, LME/FIG. */
int is_expanded(const row_text *row, int32_t start, int32_t end);
int is_a_mark(const row_text *row, int32_t start, int32_t end);
/* Whether it is said to be another language's: in Polish fig, fig in Polish means. */
int is_named_as_foreign(const row_text *row, int32_t start, int32_t end);
/* Whether words near it speak of patterns for words, or of mathematics, or signs beside it do. */
int is_a_pattern(const row_text *row, int32_t start, int32_t end);
int is_mathematical(const row_text *row, int32_t start, int32_t end);

/* row.c */

typedef enum { LOWER_CASE, UPPER_CASE, TITLE_CASE, MIXED_CASE } letter_case;

/* The range of letters and digits around [start, end), cut off where it is longer than any word. */
void word_around(const row_text *row, int32_t start, int32_t end, int32_t *low, int32_t *high);
letter_case case_of(const row_text *row, int32_t start, int32_t end);
/* Whether nothing but quotes and brackets stands between `start` and the end of a sentence or the beginning. */
int begins_sentence(const row_text *row, int32_t start);
/* Whether the words around the range are upper case too. */
int is_shouted(const row_text *row, int32_t start, int32_t end);
/* Whether the words before say that somebody is spoken to or called what follows: you fig, what a fig. */
int is_addressed(const row_text *row, int32_t start);
#define LONGEST_TOKEN 48 /* characters; a longer run of letters is no word */
/* Whether the word is a person's title. */
int is_title(const row_text *row, int32_t low, int32_t high);
/* Whether the word is the s of a possessive. */
int is_possessive(const row_text *row, int32_t low, int32_t high);
/* The word before [*low, ...) in its sentence, no further back than `least`; 0 if there is none. */
int word_before(const row_text *row, int32_t least, int32_t *low, int32_t *high);
/* The word behind [..., *high) in its sentence, no further on than `most`. */
int word_after(const row_text *row, int32_t most, int32_t *low, int32_t *high);
/* Whether the range is one of some words, each between spaces. */
int is_word_of(const row_text *row, int32_t start, int32_t end, const char *words);
/* Whether the range reads like this, and the same for what stands before `end`. */
int reads(const row_text *row, int32_t start, const char *said);
int reads_before(const row_text *row, int32_t end, const char *said);

#define NEIGHBOURHOOD 120 /* characters to either side that a phrase may reach */

/* evidence.c, hiding.c, gaps.c and inside.c: a way of hiding, or NONE_AT_ALL where there is not enough evidence for it. */

enum {
    NO_MATCH, IS_PLAIN, IS_REPEATED, IS_LEET, IS_MASKED, IS_SPACED, IS_SPLIT, IS_JOINED, IS_SWAPPED, IS_DROPPED, IS_THINNED, IS_REVERSED,
    IS_RESPELLED, IS_HOMOGLYPH, IS_STYLED, IS_ACCENTED, IS_TAGGED, IS_ENTITY, IS_INVISIBLE
};

/* A candidate with all that its ways of hiding are judged by. */
typedef struct {
    const row_text *row;
    const candidate *found;
    const form_facts *form;
    const term_facts *term;
    int32_t size; /* letters of the form */
} suspect;

#define SHORT 3 /* letters */
/* that are hardly ever a word, a list's number or what is left of one: a blank behind them is out of place */
#define LONE_LETTERS "bcdfghknprw"

int judge(const row_text *row, const candidate *found);
int is_a_name(const row_text *row, const candidate *found);  /* names.c */
int allowed_by(const row_text *row, const candidate *found); /* allows.c: the number of the phrase that takes it back, or -1 */
/* asks.c: what is left to ask of a match, bits of kernels.h; and whether it is quoted or reported. */
int asks(const row_text *row, const candidate *found);
int is_quoted(const row_text *row, const candidate *found);
int plainest(const suspect *s);
int gapped(const suspect *s);
int masked(const suspect *s);
int leet(const suspect *s);
int joined(const suspect *s);
/* Whether a blank or a hyphen has cut a known word in two; the same of a hyphen alone (inside.c). */
int is_cut_off(const suspect *s);
int is_hyphenated(const row_text *row, int32_t start, int32_t end);

/* chance.c: whether the text around it says that its letters meet by chance, disguised as `how` says. */
int is_by_chance(const suspect *s, int how);

/* abbreviations.c */
int is_abbreviated(const suspect *s);
int is_cut_short(const suspect *s);
int is_a_chapter(const suspect *s);
int is_one_of_abbreviations(const suspect *s);
int is_a_plural_in_capitals(const suspect *s);
int is_sought(const suspect *s);
/* numbers.c: how many digits there are in a range; whether digits make the word [low, high) a number, a model, a colour or a time;
   whether a sign of degrees does. */
int32_t digits_in(const row_text *row, int32_t low, int32_t high);
int is_number(const suspect *s, int32_t low, int32_t high, letter_case is_written);
int is_coordinate(const row_text *row, int32_t start, int32_t end);
int is_innocent_token(const suspect *s, int32_t low, int32_t high);
/* Whether the range is the form's or the term's spelling [from, to). */
int is_spelt(const suspect *s, int32_t low, int32_t high, int32_t from, int32_t to);

#endif
