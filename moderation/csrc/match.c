/* Where may a term stand? A walk begins where a word begins, and at every letter of a word that nobody knows. Known words, which most
   are, stand for nothing but themselves. Linear in the text. */

#include "walk.h"

#define ROW_STEPS 20000 /* that a row may take, beside some for each character; then every start has few */

#define AHEAD 16 /* words that are read before they are looked up, and looked up before anything is made of them */

/* What a walk may begin with: a letter, a sign or digit read as one, or a character that begins a term of its own. */
static int may_begin(const row_text *row, int32_t i, int familiar) {
    uint32_t c = row->codes[i];
    const match_tables *tables = row->tables;
    if (c < 128) {
        uint32_t letters = tables->readings[c];
        if (row->flags[i] & HOMOGLYPH) letters |= tables->doubles[c];
        letters &= tables->nodes[0].children;
        if (!familiar) return (letters | (tables->respellings[c] & tables->nodes[0].children)) != 0;
        if (!letters || ((tables->kinds[c] & LETTER) && !(letters >> (c - 'a') & 1))) return 0;
        /* A known word stands for nothing but itself: most end here, by their second letter. */
        if (!(tables->kinds[c] & LETTER) || i + 1 >= row->length || (row->flags[i] | row->flags[i + 1]) & HOMOGLYPH) return 1;
        uint32_t d = row->codes[i + 1];
        if (d >= 128 || d == c || !(tables->kinds[d] & LETTER)) return 1;
        return tables->nodes[child(tables, 0, (int)(c - 'a'))].children >> (d - 'a') & 1;
    }
    for (uint32_t k = tables->other_first[0]; k < tables->other_first[1]; k++)
        if (tables->other_code[k] == c) return 1;
    return 0;
}

/* A star in place of a word's first letter: *ruit. */
static int hides_first(const row_text *row, int32_t i) {
    if (row->codes[i] != '*' || !is_plain_letter(at(row, i + 1))) return 0;
    return !i || is_space(row->codes[i - 1]) || is_among(row->codes[i - 1], "\"'(");
}

/* A word whose first letter is in percent-encoding, and no address's: %66ig. */
static int begins_encoded(const row_text *row, int32_t i) {
    return encoded_letter(row, i) && (!i || is_space(row->codes[i - 1]) || is_among(row->codes[i - 1], "\"'("));
}

/* A sign that may begin a word though no letter follows: @$$, $.h.i.t. */
static int sign_word(const row_text *row, int32_t i) {
    return i + 1 < row->length && row->codes[i] != row->codes[i + 1] && row->codes[i] != '!';
}

/* A whole word that contains a term and means none: no candidate, but whoever reads by letters wants to know of it. */
static void report_word(sink *out, const row_text *row, int32_t row_number, int32_t start, int32_t end) {
    keep(out, row, &(candidate){.row = row_number, .form = -1, .phrase = -1, .spared = 1, .start = start, .end = end});
}

/* A word with the signs in it: letters, digits, signs between or before them, apostrophes between letters. */
typedef struct {
    int32_t end;
    int32_t first, last; /* its first and its last letter, or -1 */
    int plain;           /* 1: there are no digits in it, nor signs among its letters */
    uint64_t hash;       /* of its letters */
} word;

static inline word read_word(const row_text *row, int32_t start) {
    word w = {start, -1, -1, 1, hash_start()};
    if (is_plain_letter(row->codes[start])) { /* most words are plain letters: read on as far as they go */
        w.first = start;
        do {
            w.hash = hash_byte(w.hash, row->codes[w.end++]);
        } while (w.end < row->length && is_plain_letter(row->codes[w.end]));
        w.last = w.end - 1;
        if (w.end == row->length || !(kind_at(row, w.end) & (LETTER | DIGIT | SIGN | APOSTROPHE))) return w;
    }
    for (; w.end < row->length; w.end++) {
        int kind = kind_at(row, w.end);
        if (kind & LETTER) {
            if (w.first < 0) w.first = w.end;
            else if (w.last != w.end - 1 && !(kind_at(row, w.end - 1) & APOSTROPHE && w.last == w.end - 2)) w.plain = 0;
            w.last = w.end;
            w.hash = hash_code(w.hash, row->codes[w.end]);
        } else if (!(kind & (DIGIT | SIGN)) && !((kind & APOSTROPHE) && w.last == w.end - 1 && in_word(row, w.end + 1))) {
            break;
        } else if (kind & DIGIT) {
            w.plain = 0;
        }
    }
    w.plain &= w.first >= 0;
    return w;
}

/* A place to walk from: a word, or a character by itself that may begin a term, whose `word.end` is `start`. */
typedef struct {
    int32_t start;
    word word;
    uint64_t hash; /* of a plain word, finished */
    int64_t slot;  /* of a frequent word, or -1 */
    uint32_t lead; /* where a frequent word leads to */
} place;

/* Whether a plain word that is none of the frequent ones is a known one, as it is or before an 's; reports innocent ones. */
static int is_familiar(sink *out, const row_text *row, int32_t row_number, const place *at) {
    const match_tables *tables = row->tables;
    const word *w = &at->word;
    uint64_t finished = at->hash;
    int32_t end = w->last + 1;
    for (;;) {
        if (hash_listed(tables->innocent, tables->innocent_slots, finished)) {
            report_word(out, row, row_number, w->first, end);
            return 1;
        }
        if (hash_listed(tables->words, tables->word_slots, finished)) return 1;
        if (end <= w->last || w->last - w->first < 2 || row->codes[w->last] != 's' || !(kind_at(row, w->last - 1) & APOSTROPHE)) return 0;
        end = w->last - 1;
        uint64_t hash = hash_start();
        for (int32_t k = w->first; k < end; k++)
            if (kind_at(row, k) & LETTER) hash = hash_code(hash, row->codes[k]);
        finished = hash_finish(hash);
    }
}

/* Walks from every place in a word where one comes to something. Nothing begins inside a known word. */
static void walk_word(sink *out, const row_text *row, int32_t row_number, int32_t start, const word *w, int familiar) {
    int32_t stop = familiar ? w->first + 1 : w->end;
    for (int32_t k = start; k < stop; k++) {
        if (!may_begin(row, k, familiar)) continue;
        /* a run begins with its first and its last: its last may be a word's first, where the others end the word before */
        if (k > start && row->codes[k] == row->codes[k - 1] && at(row, k + 1) == row->codes[k]) continue;
        if (kind_at(row, k) & SIGN && !in_word(row, k + 1) && !sign_word(row, k)) continue;
        if (familiar && k == w->first && !leads_on(row, path_end(row, w->first, w->last), w->last)) continue;
        if (!familiar && in_word(row, k - 1) && is_dead_end(row, k)) continue;
        walk_from(out, row, row_number, k, familiar);
    }
}

/* Reads the next places, at most AHEAD of them, and answers where it came to. */
static int32_t read_places(const row_text *row, int32_t i, place *places, int32_t *count) {
    const match_tables *tables = row->tables;
    int32_t n = 0;
    while (i < row->length && n < AHEAD) {
        place *next = places + n;
        next->start = next->word.end = i;
        if (!(kind_at(row, i) & (LETTER | DIGIT | SIGN))) {
            n += row->codes[i] >= 128 ? may_begin(row, i, 0) : hides_first(row, i) || begins_encoded(row, i);
            i++;
            continue;
        }
        next->word = read_word(row, i);
        next->hash = hash_finish(next->word.hash);
        __builtin_prefetch(tables->frequent + (next->hash & (uint64_t)(tables->frequent_slots - 1)));
        i = next->word.end = next->word.end > i ? next->word.end : i + 1;
        n++;
    }
    *count = n;
    return i;
}

/* Looks a word up among the frequent ones; the tables that tell of the others are larger than a cache, and come while more are looked
   up. */
static void look_up(const match_tables *tables, place *at) {
    at->slot = at->word.plain ? hash_slot(tables->frequent, tables->frequent_slots, at->hash) : -1;
    if (at->slot >= 0) {
        at->lead = tables->leads[at->slot];
    } else if (at->word.plain) {
        __builtin_prefetch(tables->innocent + (at->hash & (uint64_t)(tables->innocent_slots - 1)));
        __builtin_prefetch(tables->words + (at->hash & (uint64_t)(tables->word_slots - 1)));
    }
}

static void match_place(sink *out, const row_text *row, int32_t row_number, const place *at, int is_dressed) {
    const word *w = &at->word;
    if (w->end == at->start) {
        walk_from(out, row, row_number, at->start, 0);
    } else if (at->slot >= 0 && w->first == at->start && w->last == w->end - 1 && !is_dressed) { /* most words: what it leads to is known */
        if (at->lead && leads_on(row, at->lead, w->last)) walk_from(out, row, row_number, at->start, 1);
    } else {
        walk_word(out, row, row_number, at->start, w, at->slot >= 0 || (w->plain && is_familiar(out, row, row_number, at)));
    }
}

static void match_row(sink *out, const row_text *row, int32_t row_number) {
    place places[AHEAD];
    uint8_t dressed = 0;
    for (int32_t i = 0; i < row->length; i++) dressed |= row->flags[i];
    for (int32_t i = 0, count; i < row->length;) {
        i = read_places(row, i, places, &count);
        for (int32_t k = 0; k < count; k++) if (places[k].word.end > places[k].start) look_up(row->tables, places + k);
        for (int32_t k = 0; k < count; k++) match_place(out, row, row_number, places + k, dressed & HOMOGLYPH);
    }
}

int64_t match_rows(const match_tables *tables, const char *block, int64_t from, int64_t to, int every, candidate *found, int64_t count,
                   int64_t capacity) {
    const folded *fold = (const folded *)(const void *)block;
    sink out;
    out.found = found;
    out.count = count;
    out.capacity = capacity;
    out.every = every;
    out.waiting = 0;
    out.fold = fold;
    for (int64_t row_number = from; row_number < to; row_number++) {
        int64_t start = fold->offsets[row_number], before = out.count;
        stretch without[SUBJECT_COUNT] = {{0, 0}};
        row_text row = {tables, fold->codes + start, fold->flags + start, (int32_t)(fold->offsets[row_number + 1] - start), without};
        out.places = 64 + row.length / 2;
        out.is_marked = -1;
        out.asked = 0;
        out.steps = ROW_STEPS + 40 * (int64_t)row.length;
        match_row(&out, &row, (int32_t)row_number);
        if (!out.asked && !every && out.count <= capacity) out.count = before + md_choose(block, found + before, out.count - before);
    }
    return out.count;
}

int64_t md_match(const match_tables *tables, const char *block, int every, candidate *found, int64_t capacity) {
    return match_rows(tables, block, 0, ((const folded *)(const void *)block)->size, every, found, 0, capacity);
}
