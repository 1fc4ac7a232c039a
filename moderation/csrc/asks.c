/* What is left to ask of a match before it stands. Links, code and languages are looked at in Python (lexicon.py); what is here says
   for most matches, from a few characters beside them, that there is nothing to look at. To ask too often is slow, not wrong. */

#include "row.h"

#define LONGEST_CHUNK 300 /* as in regions.py */
#define LONGEST_QUOTE 400

/* Words that name a word: the word fig, the slur fig. Words by which somebody is called one: was called a fig. */
static const char NAMING[] = " word words term slur epithet expression ";
static const char ARTICLES[] = " a an the ";
static const char SUFFERING[] = " was were been being be get gets got gotten getting is are am ";
static const char THIRD[] = " me us him her them someone somebody people kids children everyone everybody ";
static const char CALLING[] = " called call calls calling ";
/* I have called him a fig and somebody should call him a fig are the writer's own words. */
static const char CALLERS[] = " i we you let lets to d ll would should could can will must may might ";
static const char BETWEEN[] = " ve have has had always never often just even once also still ";

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

int asks(const row_text *row, const candidate *found) {
    const term_facts *term = row->tables->terms + row->tables->forms[found->form].term;
    int bits = may_be_an_address(row, found) ? ASKS_REGION : 0;
    if (row->flags[found->start] & HOMOGLYPH && !found->leet && !found->masked) bits |= ASKS_SCRIPT;
    if (term->traits & FOREIGN && (found->disguise == IS_PLAIN || found->disguise == IS_ACCENTED) &&
        !is_english(row->tables->plain, row->codes, row->flags, row->length)) bits |= ASKS_LANGUAGE;
    return bits;
}

/* Whether the writer tells that the word was said: the word fig, she was called a fig, they called us figs. */
static int is_reported(const row_text *row, const candidate *found) {
    int32_t low = found->start, high = low, least = low > NEIGHBOURHOOD ? low - NEIGHBOURHOOD : 0;
    if (!word_before(row, least, &low, &high)) return 0;
    if (is_word_of(row, low, high, NAMING)) return 1;
    if (is_word_of(row, low, high, ARTICLES) && !word_before(row, least, &low, &high)) return 0;
    if (is_word_of(row, low, high, THIRD)) {
        if (!word_before(row, least, &low, &high) || !is_word_of(row, low, high, CALLING)) return 0;
        do
            if (!word_before(row, least, &low, &high)) return 0;
        while (is_word_of(row, low, high, BETWEEN));
        return !is_word_of(row, low, high, CALLERS);
    }
    if (!is_word_of(row, low, high, " called ")) return 0;
    return word_before(row, least, &low, &high) && is_word_of(row, low, high, SUFFERING);
}

/* Whether it is reported, or stands between a pair of quotation marks of its own paragraph. */
int is_quoted(const row_text *row, const candidate *found) {
    if (is_reported(row, found)) return 1;
    int32_t low = found->start, first, double_marks = 0, opening = -1;
    int32_t least = low > LONGEST_QUOTE ? low - LONGEST_QUOTE : 0;
    for (; low > least && row->codes[low - 1] != '\n'; low--) {
        double_marks += row->codes[low - 1] == '"';
        if (opening < 0 && row->codes[low - 1] == '\'' && low - 1 >= found->start - 61) opening = low - 1;
    }
    if (opening < 0 && double_marks % 2 == 0) return 0;
    int32_t end = found->end + LONGEST_QUOTE < row->length ? found->end + LONGEST_QUOTE : row->length, closing = -1;
    for (first = found->end; first < end && row->codes[first] != '\n'; first++) {
        if (row->codes[first] == '"' && double_marks % 2) return 1;
        if (closing < 0 && row->codes[first] == '\'') closing = first;
    }
    if (opening < 0 || closing < 0 || closing > found->end + 60) return 0;
    if (opening > low && row->codes[opening - 1] != '(' && !is_space(row->codes[opening - 1])) return 0;
    return closing + 1 >= first || !word_at(row, closing + 1);
}
