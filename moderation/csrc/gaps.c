/* Letters with separators between them: whether they are a term's, spelled out or cut in two, or words that meet. */

#include "hiding.h"

#define LONG_COMPOUND 6 /* letters of a term that is the same with a hyphen in it, though both its parts are words */

/* The next run of what is neither. */
static int next_gap(const row_text *row, int32_t end, int32_t *low, int32_t *high) {
    int32_t i = *low;
    while (i < end && alnum_at(row, i)) i++;
    *low = i;
    while (i < end && !alnum_at(row, i)) i++;
    *high = i;
    return *low < *high;
}

static int is_same(const row_text *row, int32_t at_first, int32_t low, int32_t high) {
    if (at_first < 0 || at_first + high - low > row->length) return 0;
    for (int32_t i = low; i < high; i++) if (row->codes[at_first + i - low] != row->codes[i]) return 0;
    return 1;
}

/* Whether a row of single letters spells a known word in which the match is but a part: c o a r s e. `first` and `last` are the
   match's outermost gaps. A further letter before or behind it may be a word of its own, so that the whole must be a common one. */
static int is_spelled_out(const row_text *row, const candidate *found, const int32_t first[2], const int32_t last[2]) {
    uint32_t word[LONGEST_TOKEN];
    int32_t low = found->start, high = found->end, length = 0, before = first[1] - first[0] + 1, behind = last[1] - last[0] + 1;
    while (found->start - low < LONGEST_TOKEN && is_same(row, low - before + 1, first[0], first[1]) && word_at(row, low - before) &&
           !word_at(row, low - before - 1)) low -= before;
    while (high - found->end < LONGEST_TOKEN && is_same(row, high, last[0], last[1]) && word_at(row, high + behind - 1) &&
           !word_at(row, high + behind)) high += behind;
    for (int32_t i = low; i < high && length < LONGEST_TOKEN; i++) if (alnum_at(row, i)) word[length++] = row->codes[i];
    if (low == found->start && high == found->end) return 0;
    return found->start - low <= before &&
        high - found->end <= behind ? is_common(row->tables, word, length) : is_known(row->tables, word, length);
}

/* Whether a row of single letters is the term's own: no further single letters before or behind it but one that is a word. */
static int is_alone_in_letters(const row_text *row, const candidate *found) {
    int32_t low = found->start, high = low, first[2], last[2];
    next_gap(row, found->end, &low, &high);
    first[0] = low, first[1] = high;
    int32_t letter = found->start - (high - low) - 1;
    if (letter >= 0 && letter >= found->start - 6 && is_same(row, letter + 1, low, high) && word_at(row, letter) &&
        (letter == 0 || letter == found->start - 6 || !(word_at(row, letter - 1) || at(row, letter - 1) == '\'')) &&
        !is_among(row->codes[letter], "aiuyo")) return 0;
    for (last[0] = low, last[1] = high; low = high, next_gap(row, found->end, &low, &high);) last[0] = low, last[1] = high;
    letter = found->end + last[1] - last[0];
    if (letter < found->end + 6 && is_same(row, found->end, last[0], last[1]) && word_at(row, letter) &&
        (letter + 1 == found->end + 6 || !word_at(row, letter + 1)) && !is_among(row->codes[letter], "aiuyo")) return 0;
    return !is_spelled_out(row, found, first, last);
}

/* Whether the parts are the words of another term that is written apart. */
static int is_apart(const suspect *s) {
    const row_text *row = s->row;
    const uint32_t *wanted = row->tables->spelling + s->form->apart, *end = row->tables->spelling + s->form->apart_end;
    if (wanted == end) return 0;
    int32_t low = s->found->start, high, parts = 0;
    if (holds(row, s->found, ".!?;:,\n/_")) return 0;
    for (; next_part(row, s->found->leet > 0, s->found->end, &low, &high); low = high, parts++) {
        if (parts && (wanted == end || *wanted++ != ' ')) return 0;
        for (int32_t i = low; i < high; i++) if (wanted == end || *wanted++ != row->codes[i]) return 0;
    }
    return wanted == end && s->found->spaces + holds(row, s->found, "-") == parts - 1;
}

/* Whether a blank stands behind a small first letter of a vulgar word, or before the last letter of a word that is not common without
   it; [last_low, last_high) is the second part. */
static int is_lone_letter(const suspect *s, int32_t last_low, int32_t last_high) {
    static const char COUNTED[] = " plan type class grade group letter appendix section part note key team option exhibit point step "
        "vitamin category series block hepatitis big the letters ";
    /* behind others it is what is left of `is` */
    static const char BEFORE_S[] = " of no bull holy utter total such talking talk eat piece ";
    const row_text *row = s->row;
    int32_t start = s->found->start, low = start, high;
    while (low < last_low && alnum_at(row, low)) low++;
    if (last_high - last_low == 1)
        return is_among(row->codes[last_low], LONE_LETTERS) && !is_common(row->tables, row->codes + start, low - start);
    int is_s = row->codes[start] == 's';
    if (low - start != 1 || !is_among(row->codes[start], LONE_LETTERS "s") || upper_at(row, start) || s->term->severity == MILD) return 0;
    if (start && !is_space(at(row, start - 1))) return 0;
    low = start;
    if (!word_before(row, start > NEIGHBOURHOOD ? start - NEIGHBOURHOOD : 0, &low, &high)) return !is_s;
    return is_s ? is_word_of(row, low, high, BEFORE_S) : (high - low > 1 || row->codes[low] == 'a') && !is_word_of(row, low, high, COUNTED);
}

/* Whether a hyphen joins the first or the last part to more letters: it is a part of another word, or a stutter. */
static int goes_on_beyond_a_hyphen(const row_text *row, int32_t start, int32_t end) {
    if (at(row, end) == '-' && alnum_at(row, end + 1 + (at(row, end + 1) == '\n'))) return 1;
    return at(row, start - 1 - (at(row, start - 1) == '\n')) == '-' && alnum_at(row, start - 2 - (at(row, start - 1) == '\n'));
}

/* Whether the last part is `at` and a time or a place follows: tw at noon. */
static int is_at_a_place(const row_text *row, int32_t end, int32_t low, int32_t high) {
    if (!is_word_of(row, low, high, " at ")) return 0;
    if (at(row, end) == ' ' && is_digit(at(row, end + 1))) return 1;
    return word_after(row, end + NEIGHBOURHOOD, &low, &high) &&
           is_word_of(row, low, high,
                      " the noon midnight night dawn dusk home work school least most last first all once my your his her our their ");
}

/* Whether every part is capitalised and one goes on in small letters, as symbols of elements are: Fe-I-G. */
static int is_of_symbols(const row_text *row, const candidate *found) {
    int32_t low = found->start, high;
    int small = 0;
    for (; next_part(row, 0, found->end, &low, &high); low = high) {
        if (!upper_at(row, low) || high - low > 2) return 0;
        if (high - low < 2) continue;
        if (upper_at(row, low + 1)) return 0;
        small = 1;
    }
    return small;
}

/* Whether both parts are a letter with its number: B1-B4. */
static int is_a_range(const row_text *row, int32_t start, int32_t second, int32_t end) {
    return row->codes[start] == row->codes[second] && digits_in(row, start + 1, start + 2) == 1 && !alnum_at(row, start + 2) &&
        digits_in(row, second + 1, end) == end - second - 1;
}

/* Whether it is but a list of letters that goes on or of which something is said: f, i, g and s; f, i, g, s are the keys. */
static int is_a_list(const row_text *row, int32_t start, int32_t end) {
    int32_t low = end, high = end, letter = start;
    while (letter + 3 < end && reads(row, letter + 1, ", ")) letter += 3;
    if (letter != end - 1 || !word_after(row, end + NEIGHBOURHOOD, &low, &high)) return 0;
    if (is_word_of(row, low, high, " are were ")) return begins_sentence(row, start);
    return is_word_of(row, low, high, " and or ") && word_after(row, end + NEIGHBOURHOOD, &low, &high) && high - low == 1 &&
        !is_among(row->codes[low], "iu");
}

int gapped(const suspect *s) {
    const row_text *row = s->row;
    const candidate *found = s->found;
    int32_t start = found->start, end = found->end, low, high;
    if (is_apart(s)) return plainest(s);
    if (s->size < SHORT || found->literal < 2 || found->respelled || s->form->kind == SWAPPED || s->form->kind == THINNED) return NO_MATCH;
    if (is_among(row->codes[end - 1], "!|") || is_bracket(row, found)) return NO_MATCH;
    int is_touched = !found->spaces && (letters_before(row, start) || letters_after(row, end));
    if (is_touched && !(s->term->traits & JOINED)) return NO_MATCH;

    int gaps = 0, apostrophes = 0, opened = 0, cut = 0, strange_gap = 0, blank_last = 0;
    for (low = start; next_gap(row, end, &low, &high); low = high, gaps++) {
        int32_t first = low, last = high;
        for (int32_t i = low; i < high; i++) opened |= row->codes[i] == '(';
        while (first < high && is_space(row->codes[first])) first++;
        while (last > first && is_space(row->codes[last - 1])) last--;
        apostrophes |= last - first == 1 && row->codes[first] == '\'';
        int is_cut = high - low == 2 && row->codes[low] == '-' && row->codes[low + 1] == '\n'; /* at a line's end */
        cut |= is_cut;
        strange_gap |= first < last && (first > low || last < high) && !is_cut;
        blank_last = first == last;
    }
    /* who're, d'or */
    if (apostrophes && gaps == 1 && !(at(row, start + 1) == '\'' && is_among(row->codes[start], "bfgpw"))) return NO_MATCH;
    if (opened && at(row, end) == ')' && !holds(row, found, ")")) return NO_MATCH; /* f(x, y) */
    if (apostrophes && row->codes[start] == 't' && at(row, start + 1) == '\'') return NO_MATCH; /* t'owd */
    if ((reads(row, start, "shhh") || reads(row, start, "sshh")) &&
        !is_spelt(s, start, start + 4, s->form->letters, s->form->letters + 4)) return NO_MATCH; /* shhh, it */

    int parts = 0, singles = 1, single_first = 0, term_first = 0;
    int32_t last_low = start, last_high = start;
    for (low = start; next_part(row, found->leet > 0, end, &low, &high); low = high, parts++) {
        for (int32_t i = low + 1; i < high; i++) singles &= row->codes[i] == row->codes[low];
        last_low = low;
        last_high = high;
        if (parts) continue;
        single_first = high - low == 1 && is_among(row->codes[low], "abcdfnpsw");
        term_first = is_spelt(s, low, high, s->term->text, s->term->text_end);
    }
    letter_case is_written = case_of(row, start, end);
    if (parts > 2 && singles) {
        int plain = 0;
        for (int32_t i = start; i < end; i++) plain |= is_letter(row->tables, row->codes[i]) && !(row->flags[i] & HOMOGLYPH);
        if (s->form->kind == DROPPED || !plain || !is_alone_in_letters(row, found)) return NO_MATCH;
        if (s->size == SHORT && is_written == UPPER_CASE && holds(row, found, ". ")) return NO_MATCH;
        if (s->size == SHORT && holds(row, found, ":") && !is_addressed(row, start)) return NO_MATCH; /* a ratio: f:i:g */
        if (s->size == SHORT && holds(row, found, ".") &&
            (is_digit(row->codes[end - 1]) || (reads(row, end, ". ") && is_digit(at(row, end + 2))))) return NO_MATCH; /* f.i.g. 4 */
        if (s->size == SHORT && holds(row, found, ".") && upper_at(row, start) && !upper_at(row, end - 1) && at(row, start - 1) == ' ' &&
            is_digit(at(row, start - 2))) return NO_MATCH; /* a product of units: 3 F.i.g */
        if (is_a_list(row, start, end)) return NO_MATCH;
        if (at(row, start - 1) == '[' && at(row, start + 1) == ']' && alnum_at(row, start + 2) && is_space(at(row, start + 3)))
            return NO_MATCH; /* "[F]ig" of a quotation */
        if (at(row, start + 1) == '_' && alnum_at(row, start + 2) && is_space(at(row, start + 3)) &&
            ((s->size == SHORT && at(row, end) == '_') || (s->size == 4 && at(row, end - 2) == '_')))
            return NO_MATCH; /* f_i g_s */
        if (end - start <= LONGEST_PRODUCT && holds(row, found, "*") && is_in_an_equation(row, found)) return NO_MATCH;
        if (holds(row, found, "&=") && (found->spaces || holds(row, found, "[("))) return NO_MATCH; /* a && s || s */
        return digits_in(row, start, end) && found->leet > found->literal ? NO_MATCH : IS_SPACED;
    }
    if (parts > 2 && is_of_symbols(row, found)) return NO_MATCH;
    int has_ending = s->form->ending < s->form->ending_end;
    if (has_ending && (term_first || (blank_last && is_spelt(s, last_low, last_high, s->form->ending, s->form->ending_end))))
        return NO_MATCH;
    /* B4-55 */
    if (digits_in(row, last_low, last_high) == last_high - last_low && (found->spaces || last_high - last_low > 1)) return NO_MATCH;
    if (digits_in(row, start, end) && is_written == UPPER_CASE && !is_shouted(row, start, end)) return NO_MATCH; /* a model: B4-N4 */
    /* an initial */
    if (last_high - last_low == 1 && upper_at(row, last_low) && at(row, end) == '.' && !is_shouted(row, start, end)) return NO_MATCH;
    if (s->size <= SHORT || s->form->kind != PLAIN || strange_gap || holds(row, found, ",")) return NO_MATCH;
    if (parts == 2 && digits_in(row, start, end) == found->leet && is_a_range(row, start, last_low, end)) return NO_MATCH;

    int strange = 0, long_known = 0, cases = 0;
    for (low = start; next_part(row, found->leet > 0, end, &low, &high); low = high) {
        if (high - low < 2) continue;
        int known = is_known(row->tables, row->codes + low, high - low);
        strange |= !known && digits_in(row, low, high) < high - low;
        long_known |= known && high - low > 3;
        cases |= 1 << case_of(row, low, high);
    }
    /* a file's name */
    if (found->spaces && ((at(row, start - 1) == '.' && alnum_at(row, start - 2)) || (at(row, end) == '.' && alnum_at(row, end + 1))))
        return NO_MATCH;
    if (found->spaces && !cut) {
        if (goes_on_beyond_a_hyphen(row, start, end) || is_at_a_place(row, end, last_low, last_high)) return NO_MATCH;
        strange |= parts == 2 && is_lone_letter(s, last_low, last_high);
        /* both halves of a compound that is itself written apart: the parts' own meaning stands */
        if (!strange || found->leet || (cases >> UPPER_CASE & 1 && cases != 1 << UPPER_CASE) || (parts > 2 && long_known)) return NO_MATCH;
        return IS_SPLIT;
    }
    if (letters_before(row, start) || letters_after(row, end)) return NO_MATCH;
    if (strange || s->term->traits & JOINED || single_first) return IS_SPLIT;
    return parts == 2 && s->size >= LONG_COMPOUND && !found->leet && holds(row, found, "-") == 1 ? IS_SPLIT : NO_MATCH; /* fig-tree */
}
