/* A term inside a longer word: the rest must be words too, and the whole no better read without it. */

#include "hiding.h"

static const char ENDINGS[] = " s es ed er ers ing in y ish z ", /* COMMON_ENDINGS of forms.py */
    SUFFIXES[] = " ish like able dom ness hood ship less ly ify ified ism ist ville esque itis fest tastic athon ology gate tard tards "
        "wagon canoe waffle nugget nuggets muffin goblin gibbon biscuit monger mongers stain stains sack sacks licker lickers sucker "
        "suckers eater eaters lover lovers monkey monkeys donkey bot bots squad fart farts ton load storm lol lmao ",
    PREFIXES[] = " ultra mega giga turbo uber arch hyper lol lmao ",
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
    int rest = (start == low || pieces(row->tables, row->codes + low, start - low) < NEVER) &&
        (end == high || pieces(row->tables, row->codes + end, high - end) < NEVER);
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

/* Whether the match is but a part of a known word in CamelCase, or makes one with the hump before it or behind it: ScrapbookClub,
   OpenFigTreeClub. */
static int is_in_a_known_hump(const suspect *s, int32_t low, int32_t high) {
    const row_text *row = s->row;
    int32_t first = s->found->start, last = s->found->end;
    while (first > low && !upper_at(row, first)) first--;
    while (last < high && !upper_at(row, last)) last++;
    if ((first < s->found->start || last > s->found->end) && is_known(row->tables, row->codes + first, last - first)) return 1;
    int32_t before = first, behind = last;
    if (before > low) for (before--; before > low && !upper_at(row, before);) before--;
    if (behind < high) for (behind++; behind < high && !upper_at(row, behind) && !is_digit(row->codes[behind]);) behind++;
    if (before < first && is_known(row->tables, row->codes + before, last - before)) return 1;
    return behind > last && !is_word_of(row, last, behind, SUFFIXES) && is_known(row->tables, row->codes + first, behind - first);
}

/* Whether it is but a part of a known word before which a letter or two stand by mistake: ssassume. Capitals tell words apart. */
static int is_in_a_known_rest(const suspect *s, int32_t low, int32_t high) {
    const row_text *row = s->row;
    int32_t start = s->found->start, least = s->found->end - start + SHORT;
    for (int32_t first = low + 1; first <= low + 2 && first <= start && high - first >= least && !upper_at(row, start); first++)
        if (is_known(row->tables, row->codes + first, high - first)) return 1;
    return 0;
}

int joined(const suspect *s) {
    const row_text *row = s->row;
    int32_t start = s->found->start, end = s->found->end, low, high;
    if (s->form->kind != PLAIN) return NO_MATCH;
    word_around(row, start, end, &low, &high);
    if (start > low && start < low + 3 && reads(row, low, "acc")) return NO_MATCH; /* a slip in a word with a Latin ac-: accumulate, account */
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
    if (!known || known < high - low - (end - start))
        return traits & JOINED && !s->found->leet && !s->found->repeats ? IS_JOINED : NO_MATCH;
    known = known_pieces(row->tables, row->codes + low, high - low);
    if (traits & JOINED) return known > 2 ? IS_JOINED : NO_MATCH;
    if (is_written == TITLE_CASE && !is_tag) return NO_MATCH;
    if (start == low && high - end > 2 && is_word_of(row, end, high, SUFFIXES)) return IS_JOINED; /* figlike */
    int count = 1;
    if (low < start) count += is_run_of(row, low, start, "xzq") ||
        is_word_of(row, low, start, PREFIXES) ? 1 : pieces(row->tables, row->codes + low, start - low);
    if (end < high) {
        int is_ending = is_run_of(row, end, high, "xzq") || is_word_of(row, end, high, SUFFIXES) ||
                        (s->size > SHORT && is_word_of(row, end, high, ENDINGS));
        count += is_ending ? 1 : pieces(row->tables, row->codes + end, high - end);
    }
    if (count >= NEVER || known < count || (known == count && s->size <= 4 && start - low < 3)) return NO_MATCH;
    return IS_JOINED;
}

/* Whether [low, high) without the blank in it is a known word. */
static int is_known_without(const row_text *row, int32_t low, int32_t blank, int32_t high) {
    uint32_t whole[LONGEST_TOKEN];
    int32_t length = 0;
    if (high - low > LONGEST_TOKEN) return 0;
    for (int32_t i = low; i < high; i++) if (i != blank) whole[length++] = row->codes[i];
    return is_known(row->tables, whole, length);
}

/* Whether a hyphen has cut a known word in two, at a line's end or within the line: fig-\nment, fi-\nfig. */
int is_hyphenated(const row_text *row, int32_t start, int32_t end) {
    uint32_t whole[LONGEST_TOKEN];
    int32_t low, high, length = 0;
    word_around(row, start, end, &start, &end);
    low = start, high = end;
    for (int32_t i = start - 1 - (at(row, start - 1) == '\n'); at(row, i) == '-' && word_at(row, i - 1);) {
        for (low = i; word_at(row, low - 1) && start - low < LONGEST_TOKEN;) low--;
        i = low - 1 - (at(row, low - 1) == '\n');
        if (start - low >= LONGEST_TOKEN) return 0;
    }
    if (at(row, end) == '-') {
        int32_t i = end + 1 + (at(row, end + 1) == '\n');
        for (; word_at(row, i) && i - end < LONGEST_TOKEN; i++) high = i + 1;
    }
    if (low == start && high == end) return 0;
    for (int32_t i = low; i < high && length < LONGEST_TOKEN; i++)
        if (row->codes[i] != '-' && row->codes[i] != '\n') whole[length++] = row->codes[i];
    return is_known(row->tables, whole, length);
}

/* Whether a blank has cut a known word in two, of which the other part is none: sc rap, rap tor. */
int is_cut_off(const suspect *s) {
    const row_text *row = s->row;
    int32_t start = s->found->start, end = s->found->end, low, high;
    if (is_hyphenated(row, start, end)) return 1;
    if (at(row, end) == ' ') {
        word_around(row, end + 1, end + 1, &low, &high);
        if (high > low && !is_known(row->tables, row->codes + low, high - low) && is_known_without(row, start, end, high)) return 1;
    }
    if (at(row, start - 1) != ' ') return 0;
    word_around(row, start - 1, start - 1, &low, &high);
    if (high == low || at(row, low - 1) == '\'' || is_known(row->tables, row->codes + low, high - low)) return 0;
    return is_known_without(row, low, start - 1, end);
}
