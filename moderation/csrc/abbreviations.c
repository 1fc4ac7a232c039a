/* Terms spelled as an abbreviation is: what its stop, its capitals and its neighbours say. Every look is bounded. */

#include "row.h"

/* Whether an apostrophe and letters follow that are no ending of English: Int'l. */
int is_abbreviated(const suspect *s) {
    static const char *const ENDINGS[] = {"s", "d", "m", "ll", "re", "ve", 0};
    int32_t behind = s->found->end + 1;
    if (at(s->row, behind - 1) != '\'' || !word_at(s->row, behind)) return 0;
    for (const char *const *ending = ENDINGS; *ending; ending++)
        if (reads(s->row, behind, *ending) && !word_at(s->row, behind + (int32_t)__builtin_strlen(*ending))) return 0;
    return 1;
}

/* Whether a full stop within the sentence says that it is short for a longer word: the Fig. of, Fig. Prof. Lund. */
int is_cut_short(const suspect *s) {
    const row_text *row = s->row;
    int32_t start = s->found->start, end = s->found->end;
    if (end - start > 4 || at(row, end) != '.' || case_of(row, start, end) != TITLE_CASE) return 0;
    if (at(row, end + 1) == ',' || reads(row, end + 1, " &")) return 1;
    if (at(row, end + 1) != ' ' || !word_at(row, end + 2)) return 0;
    if (!upper_at(row, end + 2)) return 1;
    for (end += 2; word_at(row, end) && end < s->found->end + 7;) end++; /* another abbreviation */
    if (at(row, end) == '.' && is_title(row, s->found->end + 2, end)) return 1;
    return at(row, end) == '.' && at(row, end + 1) == ' ';
}

/* Whether it is a part of a book, with its number: Tit. IV. */
int is_a_chapter(const suspect *s) {
    const row_text *row = s->row;
    int32_t end = s->found->end, i = end + 2;
    if (!reads(row, end, ". ") || case_of(row, s->found->start, end) != TITLE_CASE) return 0;
    while (i < row->length && upper_at(row, i) && is_among(row->codes[i], "ivxlc")) i++;
    return i > end + 2 && !alnum_at(row, i) && (i > end + 3 || at(row, i) == ',');
}

/* Whether its own last s is small behind capitals, as the plural's is of an abbreviation: FGs. */
int is_a_plural_in_capitals(const suspect *s) {
    const row_text *row = s->row;
    int32_t start = s->found->start, last = s->found->end - 1;
    if (last - start < 2 || last - start > 3 || s->form->ending < s->form->ending_end) return 0;
    return row->codes[last] == 's' && !upper_at(row, last) && case_of(row, start, last) == UPPER_CASE && !is_shouted(row, start, last);
}

/* Whether the word [low, high) is an abbreviation in capitals that is no word; among others in capitals, one without a vowel. */
static int is_in_capitals(const row_text *row, int32_t low, int32_t high, int shouted) {
    if (high - low < 2 || high - low > 5 || case_of(row, low, high) != UPPER_CASE) return 0;
    for (int32_t i = low; shouted && i < high; i++) if (is_among(row->codes[i], "aeiou")) return 0;
    return !is_common(row->tables, row->codes + low, high - low);
}

/* Whether it is one of several abbreviations in capitals: GHI, FIG and JKL. */
int is_one_of_abbreviations(const suspect *s) {
    const row_text *row = s->row;
    int32_t start = s->found->start, end = s->found->end, low, high;
    if (end - start > 5 || case_of(row, start, end) != UPPER_CASE) return 0;
    int shouted = is_shouted(row, start, end);
    if (shouted && s->form->kind == PLAIN) return 0;
    static const char *const BEHIND[] = {", ", " and ", " or ", " or the ", " and the ", 0};
    for (const char *const *sign = BEHIND; *sign; sign++) {
        if (reads_before(row, start, *sign)) {
            high = start - (int32_t)__builtin_strlen(*sign);
            for (low = high; word_at(row, low - 1) && high - low < 7;) low--;
            if (is_in_capitals(row, low, high, shouted)) return 1;
        }
        if (!reads(row, end, *sign)) continue;
        for (low = high = end + (int32_t)__builtin_strlen(*sign); word_at(row, high) && high - low < 7;) high++;
        if (is_in_capitals(row, low, high, shouted)) return 1;
    }
    return 0;
}

/* Whether it is looked for, or a star stands for the rest of what is: grep -i fig, type fig* and you find figs. */
int is_sought(const suspect *s) {
    static const char SEEKING[] = " type enter search find rm ls del delete glob match matches wildcard ";
    const row_text *row = s->row;
    int32_t low = s->found->start, end = s->found->end, high, least = low > NEIGHBOURHOOD ? low - NEIGHBOURHOOD : 0;
    int has_star = at(row, end) == '*';
    for (int32_t i = low; i < end; i++) has_star |= row->codes[i] == '*';
    if (reads_before(row, low, "grep ") || (at(row, low - 3) == '-' && reads_before(row, low - 3, "grep "))) return 1;
    if (!has_star || at(row, low - 1) == '*') return 0;
    return word_before(row, least, &low, &high) && is_word_of(row, low, high, SEEKING);
}
