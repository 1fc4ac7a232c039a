/* Words beside a place, case, sentences. See row.h. */

#include <string.h>

#include "row.h"

void word_around(const row_text *row, int32_t start, int32_t end, int32_t *low, int32_t *high) {
    int32_t least = start > LONGEST_TOKEN ? start - LONGEST_TOKEN : 0, most = end + LONGEST_TOKEN;
    while (start > least && alnum_at(row, start - 1)) start--;
    while (end < most && alnum_at(row, end)) end++;
    *low = start;
    *high = end;
}

letter_case case_of(const row_text *row, int32_t start, int32_t end) {
    int letters = 0, upper = 0, first = 0;
    for (int32_t i = start; i < end; i++) {
        if (!is_letter(row->tables, row->codes[i])) continue;
        if (upper_at(row, i)) {
            upper++;
            first |= !letters;
        }
        letters++;
    }
    if (!upper) return LOWER_CASE;
    if (upper == letters) return letters > 1 ? UPPER_CASE : TITLE_CASE;
    return first && upper == 1 ? TITLE_CASE : MIXED_CASE;
}

int begins_sentence(const row_text *row, int32_t start) {
    int32_t i = start, least = start > 8 ? start - 8 : 0;
    while (i > least && is_among(row->codes[i - 1], " \"'([{*_>")) i--;
    return i == least || is_among(row->codes[i - 1], ".!?\n:;");
}

int is_shouted(const row_text *row, int32_t start, int32_t end) {
    int letters = 0, upper = 0;
    for (int32_t i = start > 24 ? start - 24 : 0; i < row->length && i < end + 24; i++) {
        if (i == start) i = end;
        if (i >= row->length || !is_letter(row->tables, row->codes[i])) continue;
        letters++;
        upper += upper_at(row, i);
    }
    return letters >= 4 && upper > letters * 0.7;
}

/* Titles behind which a full stop ends no sentence. */
static const char TITLES[] = " mr mrs ms miss dr prof professor sir dame judge justice sen senator cllr councillor inspector sgt detective "
    "rev lt col capt gen gov rep hon fr st herr frau monsieur madame don ";

int is_title(const row_text *row, int32_t low, int32_t high) { return is_word_of(row, low, high, TITLES); }

int is_possessive(const row_text *row, int32_t low, int32_t high) {
    return high - low == 1 && row->codes[low] == 's' && at(row, low - 1) == '\'';
}

/* Whether the full stop at `stop` is an initial's or a title's. */
static int is_shortened(const row_text *row, int32_t stop) {
    if (!alnum_at(row, stop - 2)) return 1;
    int32_t low, high;
    word_around(row, stop, stop, &low, &high);
    return is_title(row, low, stop);
}

int word_before(const row_text *row, int32_t least, int32_t *low, int32_t *high) {
    int32_t i = *low;
    for (; i > least && !alnum_at(row, i - 1); i--) {
        if (!is_among(row->codes[i - 1], ".!?\n;")) continue;
        if (row->codes[i - 1] != '.' || !alnum_at(row, i - 2) || !is_shortened(row, i - 1)) return 0;
    }
    if (i <= least) return 0;
    *high = i;
    while (i > least && alnum_at(row, i - 1)) i--;
    *low = i;
    return 1;
}

int word_after(const row_text *row, int32_t most, int32_t *low, int32_t *high) {
    int32_t i = *high, end = most < row->length ? most : row->length;
    for (; i < end && !alnum_at(row, i); i++)
        if (is_among(row->codes[i], ".!?\n;")) return 0;
    if (i >= end) return 0;
    *low = i;
    while (i < end && alnum_at(row, i)) i++;
    *high = i;
    return 1;
}

int is_word_of(const row_text *row, int32_t start, int32_t end, const char *words) {
    char sought[LONGEST_TOKEN + 3] = " ";
    if (start >= end || end - start > LONGEST_TOKEN) return 0;
    for (int32_t i = start; i < end; i++) {
        if (row->codes[i] >= 128) return 0; /* the words are ASCII */
        sought[i - start + 1] = (char)row->codes[i];
    }
    sought[end - start + 1] = ' ';
    return strstr(words, sought) != NULL;
}

int reads(const row_text *row, int32_t start, const char *said) {
    for (; *said; said++, start++)
        if (at(row, start) != (uint8_t)*said) return 0;
    return 1;
}

int reads_before(const row_text *row, int32_t end, const char *said) {
    int32_t length = 0;
    while (said[length]) length++;
    return reads(row, end - length, said);
}

int is_addressed(const row_text *row, int32_t start) {
    static const char ADDRESSES[] = " you u ya ur fucking dirty filthy stupid dumb little fat ugly lazy such silly bloody damn smelly total "
        "utter complete absolute ", CALLS[] = " what such re are youre hes shes ";
    int32_t low = start, high, least = start > NEIGHBOURHOOD ? start - NEIGHBOURHOOD : 0;
    if (!word_before(row, least, &low, &high)) return 0;
    if (is_word_of(row, low, high, ADDRESSES)) return 1;
    return is_word_of(row, low, high, " a an ") && word_before(row, least, &low, &high) && is_word_of(row, low, high, CALLS);
}
