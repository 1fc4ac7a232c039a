/* Where may a term stand? From every place where a word begins, and from every letter of a word that nobody knows, a walk
   through the trie of forms reads the text as leniently as readers write: digits and signs as letters, signs in place
   of letters, separators between letters, letters repeated. What the walk finds is a candidate with its evidence; whether
   it is a match is decided in evidence.c.
   Each start takes a bounded number of steps, runs of one character are jumped over: linear in the text. */

#include <stdlib.h>
#include <string.h>

#include "row.h"

#define STEPS 4000      /* that one start may take */
#define ROW_STEPS 20000 /* that a row may take, beside some for each character; then every start has few */
#define FEWEST_STEPS 50
#define WORD_STEPS 300   /* the same for one behind white space */
#define DEPTH 192
#define FOREIGN_ENOUGH 4 /* little words of another language, twice, and marked ones, among which an everyday word of it is no term */
#define MOST 1024     /* places that one walk may come by */
#define NONE 31

typedef struct {
    int32_t position; /* the next character to read */
    uint32_t node;
    uint64_t last : 5; /* the letter read last, 0 to 25, or NONE */
    uint64_t respelled : 2, rests : 1; /* rests: on separators: the form does not end behind them */
    uint64_t literal : 8, leet : 8, masked : 8, gaps : 8, spaces : 8, repeats : 8;
} state;

static int kind_at(const row_text *row, int32_t i) {
    uint32_t c = row->codes[i];
    if (c < 128) return row->tables->kinds[c];
    return row->flags[i] & OTHER_LETTER ? LETTER : MASK;
}

/* The letters that an ASCII character may be read as. A # is one by itself: several hide letters, and so does one behind the h that it would be. */
static uint32_t readings_at(const row_text *row, int32_t i) {
    uint32_t c = row->codes[i];
    return c == '#' && (at(row, i - 1) == c || at(row, i + 1) == c || at(row, i - 1) == 'h') ? 0 : row->tables->readings[c];
}

/* A letter or a digit stands here: what goes on here is a word. */
static int in_word(const row_text *row, int32_t i) {
    return i >= 0 && i < row->length && (kind_at(row, i) & (LETTER | DIGIT)) != 0;
}

static int begins_word(const row_text *row, int32_t i) {
    if (in_word(row, i - 1)) return 0;
    return !(i >= 2 && (kind_at(row, i - 1) & APOSTROPHE) && in_word(row, i - 2));
}

static int ends_word(const row_text *row, int32_t i) { return !in_word(row, i); }

/* How many characters there are from `i` to the end of a word with signs in it; the last run of ! and ? is punctuation. */
static int32_t masked_length(const row_text *row, int32_t i) {
    int32_t end = i, last = i;
    for (; end < row->length && end < i + 40; end++) {
        int kind = kind_at(row, end);
        if (!(kind & (LETTER | DIGIT | MASK)) || (kind & SPACE)) break;
        uint32_t c = row->codes[end];
        if ((kind & (LETTER | DIGIT)) || c == '*' || c == '#' || c == '_' || c == '-' || c == '$' || c == '@') last = end + 1;
    }
    return last > i ? last - i : 1;
}

/* Letters drawn with several signs. */
typedef struct { const char *signs; char letter; } drawing;
static const drawing DRAWINGS[] = {
    {"|<", 'k'}, {"|{", 'k'}, {"|(", 'k'}, {"()", 'o'}, {"[]", 'o'}, {"|_|", 'u'}, {"(_)", 'u'}, {"\\_/", 'u'}, {"|\\|", 'n'}, {"/\\/", 'n'},
    {"|)", 'd'}, {"|]", 'd'}, {"|3", 'b'}, {"|-|", 'h'}, {"]-[", 'h'}, {"}{", 'h'}, {"/\\", 'a'}, {"|=", 'f'}, {"\\/", 'v'}, {"|2", 'r'}, {"-|-", 't'},
    {"|*", 'p'}, {"|\\/|", 'm'}, {"/\\/\\", 'm'}, {"\\/\\/", 'w'},
};

static int32_t drawn(const row_text *row, int32_t i, const char *signs) {
    int32_t k = 0;
    while (signs[k] && i + k < row->length && row->codes[i + k] == (uint32_t)signs[k]) k++;
    return signs[k] ? 0 : k;
}

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

/* Whether everything between two edges is known words that happen to meet, or single letters beside such a word. */
static int known_words_meet(const row_text *row, int32_t start, int32_t end) {
    int single = 0, real = 0;
    for (int32_t i = start; i < end;) {
        if (!in_word(row, i)) {
            if (row->codes[i] == '-' && i + 1 < end && row->codes[i + 1] == '\n') return 0; /* cut at a line's end */
            i++;
            continue;
        }
        uint64_t hash = hash_start();
        int32_t first = i;
        int mixed = 0;
        for (; i < end && in_word(row, i); i++) {
            hash = hash_code(hash, row->codes[i]);
            mixed |= row->codes[i] != row->codes[first];
        }
        if (i - first < 2) {
            if (is_among(row->codes[first], LONE_LETTERS "s")) return 0;
            single = 1;
            continue;
        }
        real |= mixed;
        if (!hash_known(row->tables, hash)) return 0;
    }
    return real || !single;
}

/* Sieves out what `judge` would refuse whatever else it saw: most of what a walk comes by. */
static int is_hopeless(const row_text *row, int32_t start, const state *s, int begins, int ends, int familiar) {
    const form_facts *form = row->tables->forms + row->tables->form[s->node];
    int edges = begins && ends, phrase = row->tables->terms[form->term].traits & PHRASE, apart = form->apart < form->apart_end, bent = !phrase && !apart && form->kind != PLAIN;
    if (!edges && (s->gaps || familiar || phrase)) return 1;
    if (familiar && s->repeats && !s->gaps && !s->masked) return 1;
    if (bent && (!edges || familiar || s->masked || (s->gaps && form->kind != DROPPED))) return 1;
    if (!phrase && !apart && !bent && s->spaces && s->spaces == s->gaps && !s->leet &&
        known_words_meet(row, start, s->position)) return 1;
    if (s->masked && ((s->gaps && !phrase) || s->respelled || (!edges && s->literal < 3))) return 1;
    if (s->masked && !in_word(row, s->position - 1) && !is_among(row->codes[s->position - 1], "*#-_$@")) return 1;
    return s->respelled && (!edges || s->leet || bent);
}

static void report(sink *out, const row_text *row, int32_t row_number, int32_t start, const state *s, int familiar) {
    int begins = begins_word(row, start), ends = ends_word(row, s->position);
    if (out->waiting == MOST || is_hopeless(row, start, s, begins, ends, familiar)) return;
    out->own[out->waiting++] = (candidate){
        .row = row_number, .form = row->tables->form[s->node], .start = start, .end = s->position, .literal = s->literal, .leet = s->leet,
        .masked = s->masked, .gaps = s->gaps, .spaces = s->spaces, .respelled = s->respelled, .repeats = s->repeats,
        .edges = (uint8_t)((familiar ? 4 : 0) | (begins ? 0 : 1) | (ends ? 0 : 2))};
}

static void keep(sink *out, const row_text *row, const candidate *place) {
    if (out->count < out->capacity) {
        candidate *kept = out->found + out->count;
        *kept = *place;
        kept->from = out->fold->starts[row->codes - out->fold->codes + place->start];
        kept->to = out->fold->ends[row->codes - out->fold->codes + place->end - 1];
    }
    out->count++;
}

/* Where among readings of one length a candidate stands: the plainer, then the graver, then the earlier term's first; of one term's,
   those without letters swapped or missing. */
static uint32_t rank_of(const match_tables *tables, const candidate *c) {
    const form_facts *form = tables->forms + c->form;
    const term_facts *term = tables->terms + form->term;
    int cost = 2 * c->leet + 3 * c->masked + 3 * c->gaps + 4 * c->respelled + c->repeats + 5 * ((c->edges & 1) + (c->edges >> 1 & 1));
    cost += 2 + (form->ending < form->ending_end) - (c->masked && term->traits & FIRST ? 2 : 0);
    return (uint32_t)cost << 20 | (uint32_t)(SEVERE - term->severity) << 18 | ((uint32_t)form->term & 0x1FFFF) << 1 | (form->kind != PLAIN);
}

/* Whether the original may hold marks around it of which the fold shows nothing, or signs of code and block quotes. */
static int is_marked(sink *out, const row_text *row, int64_t row_number) {
    if (out->is_marked < 0) {
        out->is_marked = out->fold->marked[row_number];
        for (int32_t i = 0; i < row->length; i++) out->is_marked |= (row->codes[i] == '`') | (row->codes[i] == '>');
    }
    return out->is_marked;
}

/* Notes what makes of a term in plain sight no match: a name, an abbreviation, a phrase that takes it back. */
static void spare(const row_text *row, candidate *place) {
    const term_facts *term = row->tables->terms + row->tables->forms[place->form].term;
    place->phrase = -1;
    if (is_a_name(row, place)) place->spared = 1;
    else if (term->traits & INITIALS && place->disguise == IS_PLAIN && case_of(row, place->start, place->end) == UPPER_CASE &&
             !is_shouted(row, place->start, place->end)) place->spared = 2;
    else if (is_expanded(row, place->start, place->end) || is_a_mark(row, place->start, place->end)) place->spared = 2;
    else if ((place->phrase = allowed_by(row, place)) >= 0) place->spared = 3;
    else if (term->traits & FOREIGN && place->disguise == IS_PLAIN && is_foreign(row, place->start, place->end) >= FOREIGN_ENOUGH) place->spared = 4;
    else if (place->disguise == IS_PLAIN && is_named_as_foreign(row, place->start, place->end)) place->spared = 4;
}

static int32_t size_of(const candidate *c) { return c->masked ? 0 : c->start - c->end; } /* the longer, the less */

static int by_rank(const void *one, const void *two) {
    const candidate *a = one, *b = two;
    if (size_of(a) != size_of(b)) return size_of(a) < size_of(b) ? -1 : 1;
    if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
    if (a->start != b->start) return a->start < b->start ? -1 : 1;
    if (a->disguise != b->disguise) return a->disguise < b->disguise ? -1 : 1;
    return (a->form > b->form) - (a->form < b->form);
}

/* Which of two would be chosen first: a match before what is spared or none. */
static int is_sooner(const candidate *a, const candidate *b) {
    int is_match = a->disguise && !a->spared, was_match = b->disguise && !b->spared;
    return is_match != was_match ? is_match : by_rank(a, b) < 0;
}

/* Judges what a walk came by. Where a form fills the word from here to its end, forms that break off inside the word are none; of
   readings of the same characters, only the best is kept if it has nothing to ask. */
static void judge_all(sink *out, const row_text *row) {
    int whole = 0;
    int32_t kept = 0;
    for (int32_t i = 0; i < out->waiting; i++) whole |= !(out->own[i].edges & 3) && !out->own[i].masked && !out->own[i].gaps;
    for (int32_t i = 0; i < out->waiting; i++) {
        candidate place = out->own[i];
        if (whole && place.edges & 3) continue;
        place.disguise = (uint8_t)judge(row, &place);
        if (!place.disguise && !out->every) continue;
        place.rank = rank_of(row->tables, &place);
        int32_t k = out->every ? kept : 0;
        for (; k < kept; k++) {
            candidate *other = out->own + k;
            if (other->end != place.end || !other->masked != !place.masked) continue;
            if (!other->asks && !other->spared && (other->rank < place.rank || (other->rank == place.rank && other->disguise <= place.disguise))) break;
        }
        if (k < kept) continue;
        if (place.disguise) spare(row, &place);
        place.quoted = (uint8_t)is_quoted(row, &place);
        place.asks = (uint8_t)(asks(row, &place) | (is_marked(out, row, place.row) ? ASKS_REGION : 0));
        out->own[kept++] = place;
    }
    int32_t best = 0;
    for (int32_t i = 1; i < kept; i++) if (is_sooner(out->own + i, out->own + best)) best = i;
    for (int32_t i = 0; i < kept; i++) {
        if (i != best && out->places-- <= 0) continue;
        out->asked |= out->own[i].asks;
        keep(out, row, out->own + i);
    }
    out->waiting = 0;
}

#define PUSH(s) do { if (depth < DEPTH) stack[depth++] = (s); } while (0)

/* All forms that can be read from `start` on. `familiar`: the word that begins here is a known one, so that its letters
   stand for nothing but themselves. What begins inside a word is read on within it and not respelled: all else is hopeless. */
static void walk(sink *out, const row_text *row, int32_t row_number, int32_t start, int familiar) {
    const match_tables *tables = row->tables;
    int at_edge = begins_word(row, start);
    state stack[DEPTH];
    int depth = 0, steps = 0;
    state first;
    memset(&first, 0, sizeof first);
    first.position = start;
    first.last = NONE;
    stack[depth++] = first;
    int fewest = is_space(at(row, start - 1)) ? WORD_STEPS : FEWEST_STEPS;
    int most = out->steps > STEPS ? STEPS : out->steps > fewest ? (int)out->steps : fewest;
    while (depth > 0 && steps++ < most) {
        state s = stack[--depth];
        if (s.node && !s.rests && tables->form[s.node] >= 0) report(out, row, row_number, start, &s, familiar);
        s.rests = 0;
        if (s.position >= row->length) continue;
        uint32_t c = row->codes[s.position];
        int kind = kind_at(row, s.position);
        uint32_t mask = tables->child_mask[s.node];
        /* Branches are pushed from the least to the most likely: the last one pushed is followed first. */
        if ((kind & MASK) && (s.node ? s.literal + s.leet > 0 : c == '*') && s.masked < 12) {
            /* Letters behind signs: only those that lead to a form which ends where the word does, unless one sign stands
               between two letters. */
            if (s.node && (c == '*' || c == '#') && row->codes[s.position - 1] != c) { /* more signs than letters: ban***na */
                for (int32_t next = s.position + 1; next < row->length && row->codes[next] == c && next < s.position + LONGEST_GAP; next++) {
                    state m = s;
                    m.position = next;
                    m.repeats = (uint8_t)(m.repeats + SURPLUS * (next - s.position));
                    PUSH(m);
                }
            }
            int32_t left_over = masked_length(row, s.position);
            int lone = !s.masked && in_word(row, s.position + 1) && in_word(row, s.position - 1);
            for (uint32_t left = mask; left; left &= left - 1) {
                int letter = __builtin_ctz(left);
                state m = s;
                m.position++;
                m.node = child(tables, s.node, letter);
                if (!lone && !(left_over < 32 && tables->lengths[m.node] >> (left_over - 1) & 1)) continue;
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
            if (!(kind & (LETTER | DIGIT | SPACE)) && (c == '|' || c == '(' || c == '[' || c == '/' || c == '\\' || c == ']' || c == '}' || c == '-')) {
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

/* What a walk may begin with: a letter, a sign or digit read as one, or a character that begins a term of its own. */
static int may_begin(const row_text *row, int32_t i, int familiar) {
    uint32_t c = row->codes[i];
    const match_tables *tables = row->tables;
    if (c < 128) {
        uint32_t letters = tables->readings[c];
        if (row->flags[i] & HOMOGLYPH) letters |= tables->doubles[c];
        letters &= tables->child_mask[0];
        if (!familiar) return (letters | (tables->respellings[c] & tables->child_mask[0])) != 0;
        if (!letters || ((tables->kinds[c] & LETTER) && !(letters >> (c - 'a') & 1))) return 0;
        /* A known word stands for nothing but itself: most end here, by their second letter. */
        if (!(tables->kinds[c] & LETTER) || i + 1 >= row->length || (row->flags[i] | row->flags[i + 1]) & HOMOGLYPH) return 1;
        uint32_t d = row->codes[i + 1];
        if (d >= 128 || d == c || !(tables->kinds[d] & LETTER)) return 1;
        return tables->child_mask[child(tables, 0, (int)(c - 'a'))] >> (d - 'a') & 1;
    }
    for (uint32_t k = tables->other_first[0]; k < tables->other_first[1]; k++)
        if (tables->other_code[k] == c) return 1;
    return 0;
}

/* A star in place of a word's first letter: *ruit. */
static int hides_first(const row_text *row, int32_t i) {
    return row->codes[i] == '*' && is_plain_letter(at(row, i + 1)) && (!i || is_space(row->codes[i - 1]) || is_among(row->codes[i - 1], "\"'("));
}

/* A sign that may begin a word though no letter follows: @$$, $.h.i.t. */
static int sign_word(const row_text *row, int32_t i) {
    return i + 1 < row->length && row->codes[i] != row->codes[i + 1] && row->codes[i] != '!';
}

/* A whole word that contains a term and means none: no candidate, but whoever reads by letters wants to know of it. */
static void report_word(sink *out, const row_text *row, int32_t row_number, int32_t start, int32_t end) {
    keep(out, row, &(candidate){.row = row_number, .form = -1, .phrase = -1, .spared = 1, .start = start, .end = end});
}

static int by_start(const void *one, const void *two) {
    const candidate *a = one, *b = two;
    return (a->start > b->start) - (a->start < b->start);
}

int64_t md_choose(const char *block, candidate *found, int64_t count) {
    const folded *fold = (const folded *)(const void *)block;
    int32_t end = 0;
    int overlap = 0;
    for (int64_t i = 0; i < count; i++) {
        overlap |= found[i].start < end;
        if (found[i].end > end) end = found[i].end;
    }
    if (!overlap) return count;
    uint8_t *taken = fold->taken + fold->offsets[found->row];
    qsort(found, (size_t)count, sizeof *found, by_rank);
    int64_t kept = 0;
    for (int64_t i = 0; i < count; i++) memset(taken + found[i].start, 0, (size_t)(found[i].end - found[i].start));
    for (int64_t i = 0; i < count; i++) {
        size_t size = (size_t)(found[i].end - found[i].start);
        if (!found[i].spared) {
            if (memchr(taken + found[i].start, 1, size)) continue;
            memset(taken + found[i].start, 1, size);
        }
        found[kept++] = found[i];
    }
    qsort(found, (size_t)kept, sizeof *found, by_start);
    return kept;
}

int64_t match_rows(const match_tables *tables, const char *block, int64_t from, int64_t to, int every, candidate *found, int64_t count,
                   int64_t capacity) {
    const folded *fold = (const folded *)(const void *)block;
    const int64_t *offsets = fold->offsets;
    sink out;
    out.found = found;
    out.count = count;
    out.capacity = capacity;
    out.every = every;
    out.waiting = 0;
    out.fold = fold;
    for (int64_t row_number = from; row_number < to; row_number++) {
        row_text row = {tables, fold->codes + offsets[row_number], fold->flags + offsets[row_number],
                        (int32_t)(offsets[row_number + 1] - offsets[row_number])};
        out.places = 64 + row.length / 2;
        out.is_marked = -1;
        out.asked = 0;
        int64_t before = out.count;
        out.steps = ROW_STEPS + 40 * (int64_t)row.length;
        uint8_t dressed = 0;
        for (int32_t i = 0; i < row.length; i++) dressed |= row.flags[i];
        for (int32_t i = 0; i < row.length;) {
            int kind = kind_at(&row, i);
            if (!(kind & (LETTER | DIGIT | SIGN))) {
                if (row.codes[i] >= 128 ? may_begin(&row, i, 0) : hides_first(&row, i)) walk(&out, &row, (int32_t)row_number, i, 0);
                i++;
                continue;
            }
            /* A word with the signs in it: letters, digits, signs between or before them, apostrophes between letters. */
            uint64_t hash = hash_start();
            int32_t end = i, first = -1, last = -1;
            int plain = 1;
            if (is_plain_letter(row.codes[i])) { /* most words are plain letters: read on as far as they go */
                first = i;
                do {
                    hash = hash_byte(hash, row.codes[end++]);
                } while (end < row.length && is_plain_letter(row.codes[end]));
                last = end - 1;
                if (!(dressed & HOMOGLYPH) && (end == row.length || !(kind_at(&row, end) & (LETTER | DIGIT | SIGN | APOSTROPHE)))) {
                    int64_t slot = hash_slot(tables->frequent, tables->frequent_slots, hash_finish(hash));
                    if (slot >= 0) {
                        uint32_t lead = tables->leads[slot];
                        if (lead && leads_on(&row, lead, last)) walk(&out, &row, (int32_t)row_number, i, 1);
                        i = end;
                        continue;
                    }
                }
            }
            while (end < row.length) {
                int k = kind_at(&row, end);
                if (k & LETTER) {
                    if (first < 0) first = end;
                    else if (last != end - 1 && !(kind_at(&row, end - 1) & APOSTROPHE && last == end - 2)) plain = 0;
                    last = end;
                    hash = hash_code(hash, row.codes[end]);
                } else if (!(k & (DIGIT | SIGN)) && !((k & APOSTROPHE) && last == end - 1 && in_word(&row, end + 1))) {
                    break;
                } else if (k & DIGIT) {
                    plain = 0;
                }
                end++;
            }
            int familiar = 0;
            if (first >= 0 && plain) {
                uint64_t finished = hash_finish(hash);
                familiar = hash_listed(tables->frequent, tables->frequent_slots, finished);
                if (!familiar) {
                    int innocent = hash_listed(tables->innocent, tables->innocent_slots, finished);
                    if (innocent) report_word(&out, &row, (int32_t)row_number, first, last + 1);
                    familiar = innocent || hash_listed(tables->words, tables->word_slots, finished);
                }
                if (!familiar && last - first >= 2 && row.codes[last] == 's' && (kind_at(&row, last - 1) & APOSTROPHE)) {
                    uint64_t bare = hash_start();
                    for (int32_t k = first; k < last - 1; k++)
                        if (kind_at(&row, k) & LETTER) bare = hash_code(bare, row.codes[k]);
                    int innocent = hash_listed(tables->innocent, tables->innocent_slots, hash_finish(bare));
                    if (innocent) report_word(&out, &row, (int32_t)row_number, first, last - 1);
                    familiar = innocent || hash_known(tables, bare);
                }
            }
            int32_t stop = familiar ? first + 1 : end; /* nothing begins inside a known word */
            for (int32_t k = i; k < stop; k++) {
                if (!may_begin(&row, k, familiar)) continue;
                /* a run begins with its first and its last: its last may be a word's first, where the others end the word before */
                if (k > i && row.codes[k] == row.codes[k - 1] && at(&row, k + 1) == row.codes[k]) continue;
                if (kind_at(&row, k) & SIGN && !in_word(&row, k + 1) && !sign_word(&row, k)) continue;
                if (familiar && k == first && !leads_on(&row, path_end(&row, first, last), last)) continue;
                if (!familiar && in_word(&row, k - 1) && is_dead_end(&row, k)) continue;
                walk(&out, &row, (int32_t)row_number, k, familiar);
            }
            i = end > i ? end : i + 1;
        }
        if (!out.asked && !every && out.count <= capacity) out.count = before + md_choose(block, found + before, out.count - before);
    }
    return out.count;
}

int64_t md_match(const match_tables *tables, const char *block, int every, candidate *found, int64_t capacity) {
    return match_rows(tables, block, 0, ((const folded *)(const void *)block)->size, every, found, 0, capacity);
}
