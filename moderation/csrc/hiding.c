/* Ways of hiding a word, one function for each: letters with gaps, behind signs, as digits, inside a longer word. Each says how the
   term was disguised, or that there is not enough evidence for it. The further a spelling is from the plain one, the more it has to
   bring. */

#include "row.h"

#define LONGEST_PRODUCT 5 /* characters of letters and stars that may be a product: a*b*c */
#define LONG 6 /* letters of a term that is known even where both its halves are words */

/* ---- the word that a candidate lies in, leet and long letters undone ---- */

static const uint8_t LEET[128] = {['0'] = 'o', ['1'] = 'i', ['2'] = 'z', ['3'] = 'e', ['4'] = 'a', ['5'] = 's', ['6'] = 'b', ['7'] = 't',
    ['8'] = 'b', ['9'] = 'g', ['@'] = 'a', ['$'] = 's', ['!'] = 'i', ['|'] = 'i', ['+'] = 't', ['('] = 'c', ['<'] = 'c', ['{'] = 'c',
    ['['] = 'c', ['#'] = 'h', ['v'] = 'u'};

static inline uint32_t decoded(uint32_t c, int keep_v) {
    if (c >= 128) return c == 0x20AC ? 'e' : c; /* the euro sign */
    return LEET[c] && !(keep_v && c == 'v') ? LEET[c] : c;
}

static int is_form_decoded(const suspect *s, int32_t low, int32_t high, int keep_v) {
    const uint32_t *letters = s->row->tables->spelling + s->form->letters;
    if (high - low != s->size) return 0;
    for (int32_t i = low; i < high; i++) if (decoded(s->row->codes[i], keep_v) != letters[i - low]) return 0;
    return 1;
}

/* The runs of the decoded word made one are those of the form. */
static int has_runs_of_form(const suspect *s, int32_t low, int32_t high) {
    const uint32_t *letters = s->row->tables->spelling + s->form->letters;
    int32_t k = 0;
    for (int32_t i = low; i < high;) {
        uint32_t c = decoded(s->row->codes[i], 0);
        if (k >= s->size || letters[k] != c) return 0;
        while (i < high && decoded(s->row->codes[i], 0) == c) i++;
        while (k < s->size && letters[k] == c) k++;
    }
    return k == s->size;
}

/* Whether the decoded word is known, or is but for a plural's s; runs of `longest` letters or more are written `written` times. */
static int is_common_with_runs(const suspect *s, int32_t low, int32_t high, int32_t longest, int32_t written) {
    uint64_t hash = hash_start(), before = hash;
    int32_t length = 0;
    uint32_t c = 0;
    for (int32_t i = low; i < high;) {
        int32_t run = 0;
        for (c = decoded(s->row->codes[i], 0); i < high && decoded(s->row->codes[i], 0) == c; i++) run++;
        if (run >= longest) run = written;
        if (length + run > LONGEST_TOKEN) return 0;
        for (; run; run--, length++) {
            before = hash;
            hash = hash_code(hash, c);
        }
    }
    return length > 0 && (hash_known(s->row->tables, hash) || (c == 's' && length > SHORT + 1 && hash_known(s->row->tables, before)));
}

/* Whether the word is a known one. Where nothing but the term itself is left of it, long letters are the disguise: aasss is
   not as. */
int is_innocent_token(const suspect *s, int32_t low, int32_t high) {
    if (s->form->kind == PLAIN && (is_form_decoded(s, low, high, 0) || is_form_decoded(s, low, high, 1))) return 0; /* and it is no known word */
    int runs = 0;
    for (int32_t i = low + 1; i < high; i++) runs |= decoded(s->row->codes[i], 0) == decoded(s->row->codes[i - 1], 0);
    if (high - low <= LONGEST_TOKEN && is_common_with_runs(s, low, high, INT32_MAX, 0)) return 1;
    if (!runs || has_runs_of_form(s, low, high)) return 0;
    return is_common_with_runs(s, low, high, 2, 1) || is_common_with_runs(s, low, high, 3, 2) || is_common_with_runs(s, low, high, 3, 1);
}

/* ---- what stands beside and inside ---- */

static int letters_before(const row_text *row, int32_t start) { /* that touch it across signs without white space */
    for (int32_t i = start - 1; i >= 0 && i >= start - 40 && !is_space(row->codes[i]); i--) if (alnum_at(row, i)) return 1;
    return 0;
}

static int letters_after(const row_text *row, int32_t end) {
    for (int32_t i = end; i < row->length && i < end + 40 && !is_space(row->codes[i]); i++) if (alnum_at(row, i)) return 1;
    return 0;
}

/* The next run of letters and digits in [*low, end), signs that are read as letters among them where `with_signs`. */
static int next_part(const row_text *row, int with_signs, int32_t end, int32_t *low, int32_t *high) {
    int32_t i = *low;
#define IN_PART (alnum_at(row, i) || (with_signs && (is_among(row->codes[i], "@$!|+({<[#") || row->codes[i] == 0x20AC)))
    while (i < end && !IN_PART) i++;
    *low = i;
    while (i < end && IN_PART) i++;
    *high = i;
#undef IN_PART
    return *low < *high;
}

/* The next run of what is neither. */
static int next_gap(const row_text *row, int32_t end, int32_t *low, int32_t *high) {
    int32_t i = *low;
    while (i < end && alnum_at(row, i)) i++;
    *low = i;
    while (i < end && !alnum_at(row, i)) i++;
    *high = i;
    return *low < *high;
}

/* Whether a sign of arithmetic stands beside it, that may be a product: y = f*g. */
static int is_in_an_equation(const row_text *row, const candidate *found) {
    int32_t before = found->start - 1, behind = found->end;
    before -= at(row, before) == ' ';
    behind += at(row, behind) == ' ';
    return is_among(at(row, before), "=+^") || is_among(at(row, behind), "=+^");
}

/* Whether the match would begin with a bracket that is closed again further on, and hence is no letter. */
static int is_bracket(const row_text *row, const candidate *found) {
    static const char PAIRS[] = "()[]{}<>++";
    uint32_t first = at(row, found->start), closing = 0;
    for (int k = 0; k < 10; k += 2) if (first == (uint8_t)PAIRS[k]) closing = (uint8_t)PAIRS[k + 1];
    for (int32_t i = found->end; closing && i < row->length && i < found->end + 80; i++) if (row->codes[i] == closing) return 1;
    return 0;
}

static int holds(const row_text *row, const candidate *found, const char *signs) {
    int32_t count = 0;
    for (int32_t i = found->start; i < found->end; i++) count += is_among(row->codes[i], signs);
    return count;
}

/* ---- letters with separators between them ---- */

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
    return found->start - low <= before && high - found->end <= behind ? is_common(row->tables, word, length) : is_known(row->tables, word, length);
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
    static const char COUNTED[] = " plan type class grade group letter appendix section part note key team option exhibit point step vitamin "
        "category series block hepatitis big the letters ";
    static const char BEFORE_S[] = " of no bull holy utter total such talking talk eat piece "; /* behind others it is what is left of `is` */
    const row_text *row = s->row;
    int32_t start = s->found->start, low = start, high;
    while (low < last_low && alnum_at(row, low)) low++;
    if (last_high - last_low == 1) return is_among(row->codes[last_low], LONE_LETTERS) && !is_common(row->tables, row->codes + start, low - start);
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
           is_word_of(row, low, high, " the noon midnight night dawn dusk home work school least most last first all once my your his her our their ");
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
    if (apostrophes && gaps == 1 && !(at(row, start + 1) == '\'' && is_among(row->codes[start], "bfgpw"))) return NO_MATCH; /* who're, d'or */
    if (opened && at(row, end) == ')' && !holds(row, found, ")")) return NO_MATCH; /* f(x, y) */
    if (reads(row, start, "shhh") && !is_spelt(s, start, start + 4, s->form->letters, s->form->letters + 4)) return NO_MATCH; /* shhh, it */

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
        if (end - start <= LONGEST_PRODUCT && holds(row, found, "*") && is_in_an_equation(row, found)) return NO_MATCH;
        if (holds(row, found, "&=") && (found->spaces || holds(row, found, "[("))) return NO_MATCH; /* a && s || s */
        return digits_in(row, start, end) && found->leet > found->literal ? NO_MATCH : IS_SPACED;
    }
    int has_ending = s->form->ending < s->form->ending_end;
    if (has_ending && (term_first || (blank_last && is_spelt(s, last_low, last_high, s->form->ending, s->form->ending_end)))) return NO_MATCH;
    if (digits_in(row, last_low, last_high) == last_high - last_low && (found->spaces || last_high - last_low > 1)) return NO_MATCH; /* B4-55 */
    if (digits_in(row, start, end) && is_written == UPPER_CASE && !is_shouted(row, start, end)) return NO_MATCH; /* a model: B4-N4 */
    if (last_high - last_low == 1 && upper_at(row, last_low) && at(row, end) == '.' && !is_shouted(row, start, end)) return NO_MATCH; /* an initial */
    if (s->size <= SHORT || s->form->kind != PLAIN || strange_gap) return NO_MATCH;

    int strange = 0, long_known = 0, cases = 0;
    for (low = start; next_part(row, found->leet > 0, end, &low, &high); low = high) {
        if (high - low < 2) continue;
        int known = is_known(row->tables, row->codes + low, high - low);
        strange |= !known && digits_in(row, low, high) < high - low;
        long_known |= known && high - low > 3;
        cases |= 1 << case_of(row, low, high);
    }
    if (found->spaces && ((at(row, start - 1) == '.' && alnum_at(row, start - 2)) || (at(row, end) == '.' && alnum_at(row, end + 1)))) return NO_MATCH; /* a file's name */
    if (found->spaces && !cut) {
        if (goes_on_beyond_a_hyphen(row, start, end) || is_at_a_place(row, end, last_low, last_high)) return NO_MATCH;
        strange |= parts == 2 && is_lone_letter(s, last_low, last_high);
        /* both halves of a compound that is itself written apart: the parts' own meaning stands */
        if (!strange || found->leet || (cases >> UPPER_CASE & 1 && cases != 1 << UPPER_CASE) || (parts > 2 && long_known)) return NO_MATCH;
        return IS_SPLIT;
    }
    if (letters_before(row, start) || letters_after(row, end)) return NO_MATCH;
    return strange || s->term->traits & JOINED || single_first ? IS_SPLIT : NO_MATCH;
}

/* ---- signs in place of letters: enough letters must be left to be read ---- */

/* Whether single letters stand between single signs that are no stars: r-e-a-d. */
static int alternates(const row_text *row, int32_t start, int32_t end) {
    if ((end - start) % 2 == 0) return 0;
    for (int32_t i = start; i < end; i++)
        if ((i - start) % 2 ? word_at(row, i) || is_space(row->codes[i]) || is_among(row->codes[i], "*#%@") : !word_at(row, i)) return 0;
    return 1;
}

/* Whether a sign of emphasis that was opened before ends here: *by far*. */
static int closes_emphasis(const row_text *row, const candidate *found) {
    uint32_t sign = row->codes[found->end - 1];
    if ((sign != '*' && sign != '_') || at(row, found->end - 2) == sign) return 0;
    int32_t least = found->start > 200 ? found->start - 200 : 0;
    for (int32_t i = found->start - 2; i >= least && row->codes[i + 1] != '\n'; i--)
        if (row->codes[i] == sign && word_at(row, i + 1) && (i == least || !word_at(row, i - 1))) return 1;
    return 0;
}

/* Whether the parts between the signs are words, so that they are a compound. */
static int are_words(const suspect *s) {
    const row_text *row = s->row;
    for (int32_t low = s->found->start, high; next_part(row, 0, s->found->end, &low, &high); low = high) {
        const uint32_t *part = row->codes + low;
        if (high - low < 2 || !(s->size < LONG || s->form->ending < s->form->ending_end ? is_known(row->tables, part, high - low) : is_common(row->tables, part, high - low))) return 0;
    }
    return 1;
}

/* Whether a star stands for the first letter of a word that readers mean first, and what is left is no word, as it is behind the star
   of a footnote, and not between two stars: *ruit. */
static int hides_its_first(const suspect *s) {
    const row_text *row = s->row;
    const candidate *found = s->found;
    int32_t start = found->start + 1, end = found->end, last = end + NEIGHBOURHOOD < row->length ? end + NEIGHBOURHOOD : row->length;
    if (!(s->term->traits & FIRST) || s->term->severity == MILD || found->masked != 1 || found->literal < SHORT) return 0;
    if (found->leet || found->repeats || found->edges & 3 || is_known(row->tables, row->codes + start, end - start)) return 0;
    letter_case is_written = case_of(row, start, end);
    if ((is_written != LOWER_CASE && !is_shouted(row, start, end)) || letters_after(row, end)) return 0;
    for (int32_t i = end; i < last; i++) if (row->codes[i] == '*' && !is_space(row->codes[i - 1])) return 0;
    return 1;
}

int masked(const suspect *s) {
    const row_text *row = s->row;
    const candidate *found = s->found;
    int32_t start = found->start, end = found->end, low, high;
    int traits = s->term->traits, has_ending = s->form->ending < s->form->ending_end;
    if (found->gaps || found->respelled || s->form->kind != PLAIN) return NO_MATCH;
    if (row->codes[start] == '*') return hides_its_first(s) ? IS_MASKED : NO_MATCH;
    if (found->edges & 3) {
        uint32_t rest[2 * 48];
        int32_t length = 0;
        word_around(row, start, end, &low, &high);
        for (int32_t i = low; i < high; i++) {
            if (i == start) i = end;
            if (i >= high) break;
            if (!is_letter(row->tables, row->codes[i])) return NO_MATCH;
            rest[length++] = row->codes[i];
        }
        if (!(traits & JOINED) || found->literal < SHORT || !length || pieces(row->tables, rest, length) == NEVER) return NO_MATCH;
    }
    uint32_t first = row->codes[start], last = row->codes[end - 1], before = at(row, start - 1), behind = at(row, end), sign = 0;
    int differ = 0, signs = 0, has_before = 0, has_behind = 0, ends_in_sign = !is_alnum(row->tables, last);
    for (int32_t i = start; i < end; i++) {
        uint32_t c = row->codes[i];
        if (is_alnum(row->tables, c)) continue;
        if (is_space(c)) return NO_MATCH;
        if (!signs++) sign = c;
        differ |= c != sign;
        has_before |= c == before;
        has_behind |= c == behind;
    }
    if (!signs) return NO_MATCH;
    if (found->repeats >= SURPLUS && ((ends_in_sign && found->literal < SHORT) || found->literal < 2 || (found->literal == 2 && !(traits & FIRST && found->repeats == SURPLUS))))
        return NO_MATCH; /* more signs than letters: most letters must be left, or the word be what readers think of first */
    if (found->literal == 2 && found->masked > SHORT && has_ending && !(traits & FIRST) && !is_among(row->codes[end - 1], "sd")) return NO_MATCH;
    int dashes = holds(row, found, "-");
    if (found->leet > 1 && dashes && case_of(row, start, end) == UPPER_CASE) return NO_MATCH; /* a model: B4-N4N4 */
    for (int32_t i = start; i + 1 < end; i++) if (reads(row, i, ".*")) return NO_MATCH; /* a pattern */
    if (reads_before(row, start, "::") || reads_before(row, start, "->")) return NO_MATCH; /* a program's name */
    if (at(row, start - 1) == '/' && at(row, end) == '/') return NO_MATCH; /* a regular expression */
    if ((has_before && alnum_at(row, start - 2)) || (has_behind && alnum_at(row, end + 1))) return NO_MATCH;
    if (has_behind && before != behind && is_among(behind, "*#_-")) return NO_MATCH;
    if ((signs > 1 && alternates(row, start, end)) || closes_emphasis(row, found)) return NO_MATCH;
    if (last == '-' && found->masked == 1) return NO_MATCH; /* cut at a line's end */
    if (before == last || (differ && holds(row, found, "_"))) return NO_MATCH; /* **bold**, p*_max */
    if (found->literal + found->leet < 2) { /* f*** and the like: one letter, then stars for all the rest */
        int32_t run = end - start - 1;
        for (int32_t i = start + 2; i < end; i++) if (row->codes[i] != row->codes[start + 1]) return NO_MATCH;
        if (run && !is_among(row->codes[start + 1], "*-")) return NO_MATCH;
        if (s->size < 4 || s->term->severity == MILD || found->literal != 1 || has_ending || run < 3) return NO_MATCH;
        return is_among(first, "fscbnmw") ? IS_MASKED : NO_MATCH;
    }
    if (ends_in_sign && found->literal == 2 && alnum_at(row, start + 1) && found->masked > 1 && !(traits & FIRST)) return NO_MATCH; /* ba__ may be anything */
    if (ends_in_sign && (holds(row, found, signs > 1 && !differ ? "*#-_@%&" : "*#-_") < signs || found->literal < 2 || s->size < 4 || has_ending)) return NO_MATCH;
    if (end - start <= LONGEST_PRODUCT && is_in_an_equation(row, found)) return NO_MATCH;
    if (s->size <= SHORT)
        return holds(row, found, "*#") == signs && found->literal == 2 && !found->repeats && !ends_in_sign && !(traits & WHOLE) ? IS_MASKED : NO_MATCH;
    if (holds(row, found, "-_.~+=^%&?!")) { /* signs that mean something elsewhere */
        int compound = holds(row, found, "-.?!") && are_words(s);
        if (compound && !(traits & JOINED && s->size >= LONG && !has_ending)) return NO_MATCH;
        if (differ && found->literal < found->masked) return NO_MATCH;
        if (holds(row, found, ".") && (letters_before(row, start) || letters_after(row, end))) return NO_MATCH;
        if (found->masked == 1 && found->literal < SHORT) return NO_MATCH;
    }
    return found->leet && found->literal < 2 ? NO_MATCH : IS_MASKED;
}

/* ---- digits and signs read as letters: no number, model, time or known word in leet ---- */

/* Whether a last `!`, `|` or `+` may be a letter: a further sign in the word is read as one, and enough of the word is left. */
static int ends_in_a_letter(const suspect *s) {
    const row_text *row = s->row;
    int32_t end = s->found->end;
    int others = 0;
    for (int32_t i = s->found->start; i < end - 1; i++) others += !alnum_at(row, i);
    uint32_t last = row->codes[end - 1];
    if (last == '+' || last == '(') return s->size > SHORT && (s->found->literal > 0 || others >= SHORT - 1);
    return s->size > SHORT && (last == '!' || last == '|') && at(row, end - 2) != last && others > 0 && s->found->leet > 1;
}

int leet(const suspect *s) {
    const row_text *row = s->row;
    const candidate *found = s->found;
    int32_t start = found->start, end = found->end, low, high;
    uint32_t first = row->codes[start], last = row->codes[end - 1];
    if (found->respelled || (is_among(last, "!|+({<[") && !reads_before(row, end, "|<") && !ends_in_a_letter(s))) return NO_MATCH;
    word_around(row, end - 1, end, &low, &high);
    if (last == ')' && is_known(row->tables, row->codes + start, end - start - 2)) return NO_MATCH; /* put() */
    if (end - start == SHORT && s->form->kind != PLAIN) return NO_MATCH;
    if (is_coordinate(row, start, end)) return NO_MATCH;
    if (is_among(first, "([{<+") && (s->size <= SHORT || is_bracket(row, found) || is_common(row->tables, row->codes + start + 1, high - start - 1)))
        return NO_MATCH;
    word_around(row, start, end, &low, &high);
    int digits = digits_in(row, start, end), signs = 0, kinds = 0;
    uint32_t seen[SHORT] = {0};
    for (int32_t i = start; i < end; i++) {
        uint32_t c = row->codes[i];
        signs += !is_alnum(row->tables, c);
        if (kinds < SHORT && c != seen[0] && c != seen[1]) seen[kinds++] = c;
    }
    if (!found->literal && (digits > signs + 1 || (digits && signs < 2) || kinds < (first == '@' || first == '$' ? 2 : SHORT))) return NO_MATCH;
    if (found->literal < 2 && s->form->kind != PLAIN) return NO_MATCH;
    if (last == '$' && at(row, end) == ' ' && is_digit(at(row, end + 1)) && case_of(row, start, end - 2) != LOWER_CASE) return NO_MATCH; /* A$$ 20 */
    if (digits_in(row, low, start) || digits_in(row, end, high) || is_innocent_token(s, low, high)) return NO_MATCH;
    letter_case is_written = case_of(row, start, end);
    int32_t term = s->term->text_end - s->term->text;
    if (digits == 1 && term > SHORT && found->literal == term && is_spelt(s, low, high - 1, s->term->text, s->term->text_end)) return IS_LEET; /* plural5 */
    if (digits && (is_number(s, low, high, is_written) || (s->form->kind != PLAIN && 2 * digits >= end - start))) return NO_MATCH;
    if (!(found->edges & 3)) return IS_LEET;
    if (found->literal < 2 || s->term->traits & WHOLE || s->form->kind != PLAIN) return NO_MATCH;
    return joined(s) ? IS_LEET : NO_MATCH;
}

/* ---- a term inside a longer word: the rest must be words too, and the whole no better read without it ---- */

static const char ENDINGS[] = " s es ed er ers ing in y ish z ", /* COMMON_ENDINGS of forms.py */
    SUFFIXES[] = " ish like able dom ness hood ship less ly ify ified ism ist ville esque itis "
        "fest tastic athon ology gate tard tards wagon canoe waffle nugget nuggets muffin goblin gibbon biscuit monger mongers stain stains "
        "sack sacks licker lickers sucker suckers eater eaters lover lovers monkey monkeys donkey bot bots squad fart farts ton load storm ",
    PREFIXES[] = " ultra mega giga turbo uber arch hyper ",
    NAME_PREFIXES[] = " mc mac de la le van von o du di el al san fitz der den da del st ";

static int is_run_of(const row_text *row, int32_t low, int32_t high, const char *letters) {
    for (int32_t i = low + 1; i < high; i++) if (row->codes[i] != row->codes[low]) return 0;
    return low < high && is_among(row->codes[low], letters);
}

static int is_of_words(const row_text *row, int32_t low, int32_t high) {
    return pieces(row->tables, row->codes + low, high - low) < NEVER || is_known(row->tables, row->codes + low, high - low);
}

/* Whether the word [low, high) is two known words that meet within the match and what the match leaves is no words, or several
   words in CamelCase. */
static int is_where_words_meet(const suspect *s, int32_t low, int32_t high) {
    const row_text *row = s->row;
    int32_t start = s->found->start, end = s->found->end;
    int rest = (start == low || pieces(row->tables, row->codes + low, start - low) < NEVER) && (end == high || pieces(row->tables, row->codes + end, high - end) < NEVER);
    for (int32_t cut = start + 1; cut < end && !rest; cut++)
        if (cut - low >= SHORT && high - cut >= SHORT && (cut - low > 4 || high - cut > 4) &&
            is_known(row->tables, row->codes + low, cut - low) && is_known(row->tables, row->codes + cut, high - cut)) return 1;
    if (upper_at(row, start) && (end == high || upper_at(row, end))) return 0;
    int crosses = 0;
    for (int32_t first = low, i = low + 1; i <= high; i++) {
        if (i < high && !upper_at(row, i)) continue;
        if (!is_known(row->tables, row->codes + first, i - first)) return 0;
        crosses |= i > start && i < end;
        first = i;
    }
    return crosses;
}

/* Whether the match is but a part of a known word in CamelCase: ScrapbookClub. */
static int is_in_a_known_hump(const suspect *s, int32_t low, int32_t high) {
    const row_text *row = s->row;
    int32_t first = s->found->start, last = s->found->end;
    while (first > low && !upper_at(row, first)) first--;
    while (last < high && !upper_at(row, last)) last++;
    return (first < s->found->start || last > s->found->end) && is_known(row->tables, row->codes + first, last - first);
}

/* Whether it is but a part of a known word before or behind which a letter or two stand by mistake: ssassume. */
static int is_in_a_known_rest(const suspect *s, int32_t low, int32_t high) {
    const row_text *row = s->row;
    int32_t start = s->found->start, end = s->found->end;
    for (int32_t cut = 1; cut <= 2; cut++) {
        if (low + cut <= start && high - low - cut > end - start + 1 && is_known(row->tables, row->codes + low + cut, high - low - cut)) return 1;
        if (high - cut >= end && high - low - cut > end - start + 1 && is_known(row->tables, row->codes + low, high - low - cut)) return 1;
    }
    return 0;
}

int joined(const suspect *s) {
    const row_text *row = s->row;
    int32_t start = s->found->start, end = s->found->end, low, high;
    if (s->form->kind != PLAIN) return NO_MATCH;
    word_around(row, start, end, &low, &high);
    if (is_innocent_token(s, low, high) || is_where_words_meet(s, low, high) || is_in_a_known_rest(s, low, high)) return NO_MATCH;
    if (s->form->ending < s->form->ending_end && is_known(row->tables, row->codes + start, end - start)) return NO_MATCH;
    for (int32_t i = low; i < high; i++) if (row->flags[i] & OTHER_LETTER) return NO_MATCH; /* a word of another language goes on */
    int camel_left = low == start || (upper_at(row, start) && !upper_at(row, start - 1));
    int camel_right = high == end || (upper_at(row, end) && !upper_at(row, end - 1));
    if (is_in_a_known_hump(s, low, high)) return NO_MATCH;
    int is_tag = at(row, low - 1) == '#';
    letter_case is_written = case_of(row, low, high);
    if (camel_left && camel_right && is_written == MIXED_CASE && !is_word_of(row, low, start, NAME_PREFIXES) &&
        (is_tag || (is_of_words(row, low, start) && is_of_words(row, end, high)))) return IS_JOINED;
    int traits = s->term->traits, known = 0;
    if (traits & WHOLE) return NO_MATCH;
    for (int32_t i = low; i < high; i++) known += (i < start || i >= end) && is_letter(row->tables, row->codes[i]);
    if (!known || known < high - low - (end - start)) return traits & JOINED && !s->found->leet && !s->found->repeats ? IS_JOINED : NO_MATCH;
    known = known_pieces(row->tables, row->codes + low, high - low);
    if (traits & JOINED) return known > 2 ? IS_JOINED : NO_MATCH;
    if (is_written == TITLE_CASE && !is_tag) return NO_MATCH;
    if (start == low && high - end > 2 && is_word_of(row, end, high, SUFFIXES)) return IS_JOINED; /* figlike */
    int count = 1;
    if (low < start) count += is_run_of(row, low, start, "xzq") || is_word_of(row, low, start, PREFIXES) ? 1 : pieces(row->tables, row->codes + low, start - low);
    if (end < high) {
        int is_ending = is_run_of(row, end, high, "xzq") || is_word_of(row, end, high, SUFFIXES) ||
                        (s->size > SHORT && is_word_of(row, end, high, ENDINGS));
        count += is_ending ? 1 : pieces(row->tables, row->codes + end, high - end);
    }
    if (count >= NEVER || known < count || (known == count && s->size <= 4 && start - low < 3)) return NO_MATCH;
    return IS_JOINED;
}
