/* What is left to ask of a match before it stands. Names, links and phrases are looked at in Python (lexicon.py); what is here says
   for most matches, from a few characters beside them, that there is nothing to look at. To ask too often is slow, not wrong. */

#include "row.h"

#define LONGEST_CHUNK 300 /* as in regions.py */
#define LONGEST_QUOTE 400
#define NEXT 24 /* as in allows.py: characters within which the nearest word stands */

/* Whether a full stop or an at sign in the run of characters around it makes it part of an address, maybe. */
static int may_be_an_address(const row_text *row, const candidate *found) {
    int stops = 0, is_last = 0;
    for (int32_t i = found->start; i < found->end; i++) stops += is_among(row->codes[i], ".@");
    int32_t i = found->start;
    while (i > 0 && i > found->start - LONGEST_CHUNK && !is_space(row->codes[i - 1])) stops += is_among(row->codes[--i], ".@");
    if (stops || i < found->start) {
        for (i = found->end; !stops && i < row->length && i < found->end + LONGEST_CHUNK && !is_space(row->codes[i]); i++)
            stops += is_among(row->codes[i], ".@");
        return stops > 0;
    }
    for (i = found->end; i < row->length && i < found->end + LONGEST_CHUNK && !is_space(row->codes[i]); i++) {
        if (is_last || row->codes[i] == '@') return 1; /* a full stop that ends the run ends a sentence */
        is_last = row->codes[i] == '.';
    }
    return 0;
}

static int may_be_a_name(const row_text *row, const candidate *found) {
    int32_t start = found->start, end = found->end;
    switch (found->disguise) {
    case IS_JOINED: word_around(row, start, end, &start, &end); break;
    case IS_PLAIN: case IS_ACCENTED: case IS_REPEATED: case IS_DROPPED: case IS_THINNED: case IS_SWAPPED: break;
    default: return 0;
    }
    return case_of(row, start, end) == TITLE_CASE;
}

static uint64_t hash_more(uint64_t hash, const uint32_t *codes, const uint32_t *end) {
    while (codes < end) hash = hash_code(hash, *codes++);
    return hash_code(hash, 1);
}

static int is_possessive(const row_text *row, int32_t low, int32_t high) {
    return high - low == 1 && row->codes[low] == 's' && at(row, low - 1) == '\'';
}

/* Whether a phrase begins or goes on beside the match as one that takes the term back does. */
static int may_be_allowed(const row_text *row, const candidate *found) {
    const match_tables *tables = row->tables;
    const term_facts *term = tables->terms + tables->forms[found->form].term;
    int32_t start, end, low, high;
    word_around(row, found->start, found->end, &start, &end);
    while (start < end && !alnum_at(row, start)) start++;
    uint64_t word = hash_start();
    int32_t i = start;
    for (; i < end && (alnum_at(row, i) || row->codes[i] == '\''); i++) if (row->codes[i] != '\'') word = hash_code(word, row->codes[i]);
    word = hash_code(word, 1);
    /* Of the term and of any term: the word alone, before a word, behind one. */
    for (int any = 0; any < 2; any++) {
        uint64_t hash = any ? word : hash_more(word, tables->spelling + term->text, tables->spelling + term->text_end);
#define LISTED(low, high) hash_listed(tables->beside, tables->beside_slots, hash_finish(hash_more(hash, row->codes + (low), row->codes + (high))))
        static const uint32_t ANY_AT_ALL[] = {2};
        if (!hash_listed(tables->beside, tables->beside_slots, hash_finish(hash_more(hash, ANY_AT_ALL, ANY_AT_ALL + 1)))) continue;
        if (LISTED(0, 0)) return 1;
        for (; i < end; i++) if (alnum_at(row, i)) return 1; /* further words inside: look closer */
        low = high = end;
        int is_there = word_after(row, end + NEIGHBOURHOOD, &low, &high);
        if (is_there && is_possessive(row, low, high)) is_there = word_after(row, end + NEIGHBOURHOOD, &low, &high);
        if (is_there && LISTED(low, high)) return 1;
        word_around(row, found->start, found->end, &low, &high);
        int32_t least = low > NEXT ? low - NEXT : 0;
        is_there = word_before(row, least, &low, &high);
        if (is_there && is_possessive(row, low, high)) is_there = word_before(row, least, &low, &high);
        if (is_there && LISTED(low, high)) return 1;
#undef LISTED
    }
    return 0;
}

int asks(const row_text *row, const candidate *found) {
    const term_facts *term = row->tables->terms + row->tables->forms[found->form].term;
    int bits = may_be_an_address(row, found) ? ASKS_REGION : 0;
    if (may_be_a_name(row, found)) bits |= ASKS_NAME;
    if (may_be_allowed(row, found)) bits |= ASKS_ALLOW;
    if (row->flags[found->start] & HOMOGLYPH) bits |= ASKS_LANGUAGE;
    if (found->disguise == IS_PLAIN || found->disguise == IS_ACCENTED) {
        if (term->traits & FOREIGN) bits |= ASKS_LANGUAGE;
        if (term->traits & INITIALS && case_of(row, found->start, found->end) == UPPER_CASE) bits |= ASKS_INITIALS;
    }
    return bits;
}

/* Whether it stands between a pair of quotation marks of its own paragraph. */
int is_quoted(const row_text *row, const candidate *found) {
    int32_t low = found->start, first, double_marks = 0, opening = -1;
    int32_t least = low > LONGEST_QUOTE ? low - LONGEST_QUOTE : 0;
    for (; low > least && row->codes[low - 1] != '\n'; low--) {
        double_marks += row->codes[low - 1] == '"';
        if (opening < 0 && row->codes[low - 1] == '\'' && low - 1 >= found->start - 61) opening = low - 1;
    }
    int32_t end = found->end + LONGEST_QUOTE < row->length ? found->end + LONGEST_QUOTE : row->length, closing = -1;
    for (first = found->end; first < end && row->codes[first] != '\n'; first++) {
        if (row->codes[first] == '"' && double_marks % 2) return 1;
        if (closing < 0 && row->codes[first] == '\'') closing = first;
    }
    if (opening < 0 || closing < 0 || closing > found->end + 60) return 0;
    if (opening > low && row->codes[opening - 1] != '(' && !is_space(row->codes[opening - 1])) return 0;
    return closing + 1 >= first || !word_at(row, closing + 1);
}
