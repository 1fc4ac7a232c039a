/* The text around a candidate: whether it is another language's, a program's or a catalogue's, where letters meet by chance. Every look
   is bounded: linear in the candidates. */

#include "row.h"

#define AROUND 100 /* characters to either side that tell of the language */
#define LONGEST_RUN 60
#define LONGEST_CODE 5 /* letters of an abbreviation or a model's name */

/* Letters but for those that are marked only where somebody hides a word: stacks of marks, look-alikes of letters. */
static int is_foreign_letter(const row_text *row, int32_t i) {
    return row->flags[i] & OTHER_LETTER ||
        (row->flags[i] & MARKED && is_letter(row->tables, row->codes[i]) && !(row->flags[i] & (AFTER_TAG | ENTITY)));
}

int is_foreign(const row_text *row, int32_t start, int32_t end) {
    const match_tables *tables = row->tables;
    int32_t low, high, first, last;
    int little = 0, marked = 0, common = 0, unknown = 0;
    word_around(row, start, end, &low, &high);
    first = low > AROUND ? low - AROUND : 0;
    last = high + AROUND < row->length ? high + AROUND : row->length;
    while (first > 0 && first < low && alnum_at(row, first - 1)) first++; /* no half words */
    for (int32_t i = first; i < last;) {
        if (i >= low && i < high) { i = high; continue; }
        if (!is_letter(tables, row->codes[i])) { i++; continue; }
        uint64_t hash = hash_start();
        int32_t from = i;
        int dressed = 0;
        for (; i < last && is_letter(tables, row->codes[i]); i++) {
            hash = hash_code(hash, row->codes[i]);
            dressed |= is_foreign_letter(row, i);
        }
        if (i - from < 2) continue;
        hash = hash_finish(hash);
        int is_english = hash_listed(tables->common, tables->common_slots, hash);
        if (dressed) marked += !is_english; /* an English word in marks is disguised, or the other language's */
        else if (hash_listed(tables->foreign, tables->foreign_slots, hash)) little++;
        else if (is_english) common++;
        else unknown += !hash_listed(tables->words, tables->word_slots, hash);
    }
    return 3 * little + 2 * marked + unknown > 2 * common ? 2 * little + marked : 0;
}

/* The run of characters without white space around a range. */
static void run_around(const row_text *row, int32_t start, int32_t end, int32_t *low, int32_t *high) {
    int32_t least = start > LONGEST_RUN ? start - LONGEST_RUN : 0, most = end + LONGEST_RUN < row->length ? end + LONGEST_RUN : row->length;
    while (start > least && !is_space(row->codes[start - 1])) start--;
    while (end < most && !is_space(row->codes[end])) end++;
    *low = start;
    *high = end;
}

int is_amid_code(const row_text *row, int32_t start, int32_t end) {
    int signs = 0;
    uint32_t first = at(row, start - 1 - (at(row, start - 1) == ' ')), last = at(row, end + (at(row, end) == ' '));
    if ((!is_among(last, "=;.[({") && !is_among(first, "=;.[({")) || is_addressed(row, start)) return 0;
    for (int32_t i = start > AROUND / 2 ? start - AROUND / 2 : 0; i < row->length && i < end + AROUND / 2; i++) {
        if (i == start) i = end;
        uint32_t c = at(row, i), next = at(row, i + 1), before = at(row, i - 1);
        if (c == '=') signs += before == ' ' && next == ' ';
        else if (c == '{' || c == '}') signs += c != before && c != next;
        else if (c == ';') signs += (alnum_at(row, i - 1) || is_among(before, ")]+")) && (is_space(next) || !next);
    }
    return signs > 2;
}

int is_in_code(const row_text *row, int32_t start, int32_t end) {
    if (is_amid_code(row, start, end)) return 1;
    int32_t low, high;
    int slashes = 0, stops = 0, marked = 0;
    for (int32_t i = start; i < end; i++) marked |= row->codes[i] == '_';
    run_around(row, start, end, &low, &high);
    if (low == start - 2 && reads(row, low, "--")) return 1; /* --fig */
    if (reads_before(row, end, "++") || (at(row, end) == ';' && reads_before(row, start, "return "))) return 1;
    for (int32_t i = low; i < high; i++) {
        if (i == start) i = end;
        if (i >= high) break;
        uint32_t c = row->codes[i];
        slashes += c == '/';
        stops += c == '.' && alnum_at(row, i - 1) && alnum_at(row, i + 1);
        if (c == '_' && alnum_at(row, i - 1) + alnum_at(row, i + 1) > marked) return 1; /* fig_tree, _fig; not f__ig__ */
        if (c == '\\' && alnum_at(row, i + 1)) return 1;                              /* C:\fig */
        if (c == '$' && is_letter(row->tables, at(row, i + 1)) && i + 1 == start) return 1; /* $fig */
        if ((i == end && reads(row, i, "++")) || reads(row, i, "()") || reads(row, i, "::") || reads(row, i, "->")) return 1;
        if ((c == '[' || c == '(') && i == end && i > low && alnum_at(row, i + 1)) return 1; /* fig[3], fig(x) */
    }
    if (at(row, high) == ' ' && at(row, high + 1) == '=' && at(row, high + 2) == ' ' && alnum_at(row, high + 3)) return 1; /* fig = 1 */
    return slashes > 1 || (slashes && stops);
}

/* Whether a word in capitals or with digits is joined by hyphens, colons and the like to others of its kind: KLMN-FGHI, fa92:3c. */
int is_in_a_serial(const row_text *row, int32_t start, int32_t end) {
    int32_t low, high;
    int digits = 0, signs = 0, small = 0;
    run_around(row, start, end, &low, &high);
    for (int32_t i = low; i < high; i++) {
        uint32_t c = row->codes[i];
        if (is_digit(c)) digits += i < start || i >= end;
        else if (is_letter(row->tables, c)) small += !upper_at(row, i);
        else if (is_among(c, "-:/+=") && alnum_at(row, i - 1) && alnum_at(row, i + 1)) signs += i < start || i >= end;
    }
    return signs > 0 && (digits > 1 || !small);
}

int is_a_mark(const row_text *row, int32_t start, int32_t end) {
    if (end - start > LONGEST_CODE || case_of(row, start, end) != UPPER_CASE || is_shouted(row, start, end)) return 0;
    if (at(row, end) == ' ' && digits_in(row, end + 1, end + 4 < row->length ? end + 4 : end + 1) == 3) return 1;
    if (at(row, end) == ' ' && is_digit(at(row, end + 1)) && at(row, end + 2) == '.' && is_digit(at(row, end + 3))) return 1; /* FIG 2.1 */
    int32_t low = start, high = end;
    if (at(row, start - 1) == '/') for (low = start - 1; low > 0 && alnum_at(row, low - 1); low--) continue;
    if (at(row, end) == '/') for (high = end + 1; high < row->length && alnum_at(row, high); high++) continue;
    return (start - low > 2 && case_of(row, low, start) == UPPER_CASE) || (high - end > 2 && case_of(row, end, high) == UPPER_CASE);
}

/* Whether a whole word in capitals stands among small letters, as abbreviations do. */
int is_abbreviation(const row_text *row, int32_t start, int32_t end) {
    int32_t last = end - (end - start > 3 && row->codes[end - 1] == 's' && !upper_at(row, end - 1));
    return last - start <= LONGEST_CODE && case_of(row, start, last) == UPPER_CASE && !is_shouted(row, start, end);
}

static const char LITTLE[] = " of and for the in to a on de la le et der die und des du ";

/* Whether words in front of the range, or behind it, begin with its letters: Figs In Gardens (FIG), FIG is the Fund for Infant Girls. */
static int is_spelled_out_before(const row_text *row, int32_t start, int32_t end) {
    if (at(row, start - 1) != '(' || at(row, end) != ')') return 0;
    int32_t low = start - 1, high, least = start > AROUND ? start - AROUND : 0;
    for (int32_t i = end - 1; i >= start; i--) {
        do
            if (!word_before(row, least, &low, &high)) return 0;
        while (row->codes[low] != row->codes[i] && is_word_of(row, low, high, LITTLE));
        if (row->codes[low] != row->codes[i]) return 0;
    }
    return 1;
}

static int is_spelled_out_behind(const row_text *row, int32_t start, int32_t end) {
    if (case_of(row, start, end) != UPPER_CASE) return 0;
    int32_t low = end, high = end, i = start;
    for (int skipped = 0; i < end;) {
        if (!word_after(row, end + AROUND, &low, &high)) return 0;
        if (row->codes[low] == row->codes[i] && upper_at(row, low))
            do i++;
            while (i < end && ++low < high && upper_at(row, low) && row->codes[low] == row->codes[i]);
        else if (i > start && !is_word_of(row, low, high, LITTLE)) return 0;
        else if (i == start && ++skipped > 3) return 0;
    }
    return 1;
}

int is_expanded(const row_text *row, int32_t start, int32_t end) {
    return is_spelled_out_before(row, start, end) || is_spelled_out_behind(row, start, end);
}

static const char LANGUAGES[] = " english german dutch swedish norwegian danish icelandic finnish polish czech hungarian romanian russian "
    "french italian spanish catalan portuguese latin greek turkish welsh irish gaelic basque afrikaans hindi urdu tamil chinese mandarin "
    "cantonese japanese korean vietnamese thai malay indonesian ";

int is_named_as_foreign(const row_text *row, int32_t start, int32_t end) {
    int32_t low = start, high, least = start > NEIGHBOURHOOD ? start - NEIGHBOURHOOD : 0, from, to = end;
    if (word_before(row, least, &low, &high) && is_word_of(row, low, high, LANGUAGES) && upper_at(row, low) &&
        word_before(row, least, &low, &high) && is_word_of(row, low, high, " in ")) return 1;
    if (!word_after(row, end + NEIGHBOURHOOD, &from, &to)) return 0;
    if (is_word_of(row, from, to, " is means meant ")) { /* "fig" is a coward in Dutch */
        for (int k = 0; k < 4 && word_after(row, end + NEIGHBOURHOOD, &from, &to); k++)
            if (is_word_of(row, from, to, " in "))
                return word_after(row, end + NEIGHBOURHOOD, &from, &to) && is_word_of(row, from, to, LANGUAGES) && upper_at(row, from) &&
                       !is_word_of(row, from, to, " english ");
        return 0;
    }
    if (!is_word_of(row, from, to, " in ")) return 0;
    if (!word_after(row, end + NEIGHBOURHOOD, &from, &to) || !is_word_of(row, from, to, LANGUAGES) || !upper_at(row, from)) return 0;
    return word_after(row, end + NEIGHBOURHOOD, &from, &to) && is_word_of(row, from, to, " is means meant stands ");
}

/* Words of patterns for words, of mathematics, and of chemistry, by which symbols of elements are just that. */
static const char PATTERNS[] = " regex regexp regular pattern patterns grep glob globs wildcard wildcards crossword rhymes rhyme rhyming "
    "ending endings clue makefile shell escaped macro variable ";
static const char MATHEMATICS[] = " product sum sums term terms matrix vector vectors factor factors constant constants coefficient "
    "coefficients variable variables equation equations integral limit plot ratio function convolution subscript ";
static const char MATTER[] = " alloy alloys oxide oxides doped copper iron lead zinc tin gold silver arsenic sulphur sulfur nickel cobalt "
    "titanium carbon silicon realgar mineral minerals ore glass electrode electrodes tubes nanotubes film films layer layers cell cells "
    "crystal crystals phase compound compounds powder solution semiconductor semiconductors ";
static const char *const SUBJECTS[SUBJECT_COUNT] = {PATTERNS, MATHEMATICS, MATTER};
enum { ON_PATTERNS, ON_MATHEMATICS, ON_MATTER };

/* Whether a word of a subject begins not far from the range. Where none has been met is not read again: linear in the text. */
static int has_near(const row_text *row, int32_t start, int32_t end, int subject) {
    int32_t i = start > AROUND / 2 ? start - AROUND / 2 : 0, last = end + AROUND / 2 < row->length ? end + AROUND / 2 : row->length;
    stretch *without = row->without + subject;
    if (i < without->from || i >= without->to) without->from = without->to = i;
    i = without->to;
    while (i > 0 && i < last && alnum_at(row, i - 1)) i++; /* no half words */
    for (; i < last; i++) {
        int32_t low = i;
        while (i < row->length && i - low < LONGEST_TOKEN && alnum_at(row, i)) i++;
        if (is_word_of(row, low, i, SUBJECTS[subject])) {
            if (low < start || low >= end) return 1;
            without->from = i;
        }
        without->to = i;
    }
    return 0;
}

int is_a_pattern(const row_text *row, int32_t start, int32_t end) { return has_near(row, start, end, ON_PATTERNS); }

int is_mathematical(const row_text *row, int32_t start, int32_t end) {
    for (int32_t i = start > 4 ? start - 4 : 0; i < end + 4; i++)
        if (is_among(at(row, i), "=^") || at(row, i) == 0x2211 || at(row, i) == 0x222B) return 1; /* signs of sums and integrals */
    return has_near(row, start, end, ON_MATHEMATICS);
}

/* The symbols of two letters of elements that are met in compounds. */
static const char ELEMENTS[] = " he li be ne na mg al si cl ar ca sc ti cr mn fe co ni cu zn ga ge as se br kr rb sr zr nb mo tc ru rh pd "
    "ag cd in sn sb te xe cs ba la ce pr nd sm eu gd tb hf ta re os ir pt au hg tl pb bi th pu ";

/* Whether the word is a chemical formula: symbols of elements, one of two letters among them, and numbers or a word of chemistry near. */
int is_formula(const row_text *row, int32_t start, int32_t end) {
    int32_t low, high, symbols = 0, pairs = 0, digits = 0;
    word_around(row, start, end, &low, &high);
    for (int32_t i = low; i < high;) {
        if (is_digit(row->codes[i]) && i > low && row->codes[i] != '0') {
            int32_t first = i;
            for (; i < high && is_digit(row->codes[i]); i++) digits++;
            if (i == first + 1 && row->codes[first] == '1') return 0; /* nobody writes a single one */
            continue;
        }
        if (!is_letter(row->tables, row->codes[i]) || !upper_at(row, i)) return 0;
        if (i + 1 < high && is_letter(row->tables, row->codes[i + 1]) && !upper_at(row, i + 1)) {
            if (i + 2 == high && row->codes[i + 1] == 's' && !is_word_of(row, i, high, ELEMENTS)) high--; /* a plural's */
            if (i + 1 == high) continue;
            if (!is_word_of(row, i, i + 2, ELEMENTS)) return 0;
            pairs++;
            i += 2;
        } else if (!is_among(row->codes[i++], "hbcnofpskvyiwudt")) {
            return 0;
        }
        symbols++;
    }
    return symbols > 1 && pairs > 0 && (digits > 0 || has_near(row, low, high, ON_MATTER));
}
