/* Ways of hiding a word, one function for each: behind signs and as digits here, with gaps between letters in gaps.c, inside a longer
   word in inside.c. Each says how the term was disguised, or that there is not enough evidence for it. The further a spelling is from
   the plain one, the more it has to bring. */

#include "hiding.h"

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
    /* and it is no known word */
    if (s->form->kind == PLAIN && (is_form_decoded(s, low, high, 0) || is_form_decoded(s, low, high, 1))) return 0;
    int runs = 0;
    for (int32_t i = low + 1; i < high; i++) runs |= decoded(s->row->codes[i], 0) == decoded(s->row->codes[i - 1], 0);
    if (high - low <= LONGEST_TOKEN && is_common_with_runs(s, low, high, INT32_MAX, 0)) return 1;
    if (!runs || has_runs_of_form(s, low, high)) return 0;
    return is_common_with_runs(s, low, high, 2, 1) || is_common_with_runs(s, low, high, 3, 2) || is_common_with_runs(s, low, high, 3, 1);
}

/* ---- signs in place of letters: enough letters must be left to be read ---- */

/* Whether single letters stand between single signs that are no stars: r-e-a-d. */
static int alternates(const row_text *row, int32_t start, int32_t end) {
    if ((end - start) % 2 == 0) return 0;
    for (int32_t i = start; i < end; i++)
        if ((i - start) % 2 ? word_at(row, i) || is_space(row->codes[i]) || is_among(row->codes[i], "*#%@$") : !word_at(row, i)) return 0;
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
        int by_any = s->size < LONG || s->form->ending < s->form->ending_end;
        if (high - low < 2 || !(by_any ? is_known(row->tables, part, high - low) : is_common(row->tables, part, high - low))) return 0;
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

/* Whether stars stand for the name of a person, behind a title or beside another such: Mr F***, F*** G***. */
static int is_a_persons(const row_text *row, int32_t start, int32_t end) {
    static const char TITLES[] = " mr mrs ms miss lady lord sir count countess baron baroness duke duchess madame monsieur dr prof captain "
        "judge colonel major witness ";
    int32_t low = start, high, least = start > NEIGHBOURHOOD ? start - NEIGHBOURHOOD : 0;
    if (!upper_at(row, start)) return 0;
    if (word_before(row, least, &low, &high) && is_word_of(row, low, high, TITLES) && upper_at(row, low) && start - high <= 2) return 1;
    if (at(row, end) == ' ' && at(row, end + 2) == '*' && upper_at(row, end + 1)) return 1;
    for (low = start - 2; at(row, low) == '*';) low--;
    return low < start - 2 && at(row, start - 1) == ' ' && word_at(row, low) && upper_at(row, low) && !word_at(row, low - 1);
}

/* Whether it is a mark at school, of which there are several: three A*s. */
static int is_a_grade(const row_text *row, int32_t start, int32_t end) {
    static const char COUNTS[] = " two three four five six seven eight nine ten eleven got all many more ";
    int32_t low = start, high, least = start > NEIGHBOURHOOD ? start - NEIGHBOURHOOD : 0;
    if (end - start != 3 || row->codes[start] != 'a' || !upper_at(row, start) || upper_at(row, end - 1)) return 0;
    if (!begins_sentence(row, start)) return 1;
    return is_digit(at(row, start - 2)) || (word_before(row, least, &low, &high) && is_word_of(row, low, high, COUNTS));
}

/* Whether it is the symbol of an element and a letter, as the lines of its spectrum are written: Fe-K. */
static int is_an_element(const row_text *row, const candidate *found) {
    int32_t start = found->start;
    return found->end - start == 4 && row->codes[start + 2] == '-' && upper_at(row, start) && is_plain_letter(row->codes[start + 1]) &&
        !upper_at(row, start + 1) && upper_at(row, start + 3);
}

/* Whether a hyphen stands before a known word that is capitalised as the letter before it is: D-Fig. */
static int is_before_a_name(const row_text *row, int32_t start, int32_t end) {
    int32_t i = start + 1, high = i + 1;
    if (at(row, i) != '-' || !upper_at(row, start) || !upper_at(row, high)) return 0;
    while (high < row->length && alnum_at(row, high)) high++;
    return high >= end && case_of(row, i + 1, high) == TITLE_CASE && is_known(row->tables, row->codes + i + 1, high - i - 1);
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
    if (found->repeats >= SURPLUS &&
        ((ends_in_sign && found->literal < SHORT) || found->literal < 2 ||
         (found->literal == 2 && !(traits & FIRST && found->repeats == SURPLUS))))
        return NO_MATCH; /* more signs than letters: most letters must be left, or the word be what readers think of first */
    if (found->literal == 2 && found->repeats && has_ending && !ends_in_sign) return NO_MATCH; /* f******d is longer than figd */
    if (found->literal == 2 && found->masked >= SHORT + !s->form->strange && has_ending && !(traits & FIRST) &&
        !is_among(row->codes[end - 1], "sd")) return NO_MATCH;
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
        return is_among(first, "fscbnmw") && !is_a_persons(row, start, end) ? IS_MASKED : NO_MATCH;
    }
    /* ba__ may be anything */
    if (ends_in_sign && found->literal == 2 && alnum_at(row, start + 1) && found->masked > 1 && !(traits & FIRST)) return NO_MATCH;
    if (ends_in_sign && (holds(row, found, signs > 1 && !differ ? "*#-_@%&" : "*#-_") < signs || found->literal < 2 || s->size < 4 ||
                         has_ending)) return NO_MATCH;
    if (end - start <= LONGEST_PRODUCT && is_in_an_equation(row, found)) return NO_MATCH;
    if (found->literal == 2 && end - start == 8 && first == 'p' && last == 'd' && !is_addressed(row, start)) return NO_MATCH; /* a password */
    if (is_an_element(row, found) || is_before_a_name(row, start, end)) return NO_MATCH;
    if (is_among(at(row, start + 1), "*_") && is_bracket(row, found)) return NO_MATCH; /* (*fig* or the like) */
    if (is_a_grade(row, start, end) || (s->size <= SHORT && is_mathematical(row, start, end))) return NO_MATCH;
    if (s->size <= SHORT)
        return holds(row, found, "*#") == signs && found->literal == 2 && !found->repeats && !ends_in_sign &&
            !(traits & WHOLE) ? IS_MASKED : NO_MATCH;
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
    if (is_digit(first) && at(row, start + 1) == 'd' && is_digit(last) && at(row, end - 2) == '+') return NO_MATCH; /* dice: 1d10+2 */
    if (is_coordinate(row, start, end)) return NO_MATCH;
    if (is_among(first, "([{<+") &&
        (s->size <= SHORT || is_bracket(row, found) || is_common(row->tables, row->codes + start + 1, high - start - 1)))
        return NO_MATCH;
    word_around(row, start, end, &low, &high);
    int digits = digits_in(row, start, end), signs = 0, kinds = 0;
    uint32_t seen[SHORT] = {0};
    for (int32_t i = start; i < end; i++) {
        uint32_t c = row->codes[i];
        signs += !is_alnum(row->tables, c);
        if (kinds < SHORT && c != seen[0] && c != seen[1]) seen[kinds++] = c;
    }
    if (!found->literal && (digits > signs + 1 || (digits && signs < 2) || kinds < (first == '@' || first == '$' ? 2 : SHORT)))
        return NO_MATCH;
    if (found->literal < 2 && s->form->kind != PLAIN) return NO_MATCH;
    /* A$$ 20 */
    if (last == '$' && at(row, end) == ' ' && is_digit(at(row, end + 1)) && case_of(row, start, end - 2) != LOWER_CASE) return NO_MATCH;
    if (digits_in(row, low, start) || digits_in(row, end, high) || is_innocent_token(s, low, high)) return NO_MATCH;
    letter_case is_written = case_of(row, start, end);
    int32_t term = s->term->text_end - s->term->text;
    /* plural5 */
    if (digits == 1 && term > SHORT && found->literal == term && is_spelt(s, low, high - 1, s->term->text, s->term->text_end))
        return IS_LEET;
    if (digits && (is_number(s, low, high, is_written) || (s->form->kind != PLAIN && 2 * digits >= end - start))) return NO_MATCH;
    if (!(found->edges & 3)) return IS_LEET;
    if (found->literal < 2 || s->term->traits & WHOLE || s->form->kind != PLAIN) return NO_MATCH;
    return joined(s) ? IS_LEET : NO_MATCH;
}
