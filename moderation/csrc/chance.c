/* Letters that meet by chance, as the text around them says: other languages, code, formulas, abbreviations, sounds. Every look is
   bounded. */

#include "row.h"

#define NAMES_AROUND 50 /* characters to either side in which names of a program are looked for */

/* Whether it stands between slashes or brackets, as the sounds of a word do: /f\u028Ak/. */
static int is_transcribed(const suspect *s) {
    int32_t low, high;
    word_around(s->row, s->found->start, s->found->end, &low, &high);
    uint32_t before = at(s->row, low - 1), behind = at(s->row, high);
    return (before == '/' && behind == '/') || (before == '[' && behind == ']');
}

/* Whether nothing but letters v, read as u, make it leet. */
static int has_only_v(const suspect *s) {
    for (int32_t i = s->found->start; i < s->found->end; i++) if (!is_letter(s->row->tables, s->row->codes[i])) return 0;
    return 1;
}

/* Whether the characters beside letters and digits are some of these. */
static int has_only(const row_text *row, int32_t start, int32_t end, const char *signs) {
    for (int32_t i = start; i < end; i++) if (!is_alnum(row->tables, row->codes[i]) && !is_among(row->codes[i], signs)) return 0;
    return 1;
}

/* Whether signs of several kinds stand between the letters, those of indices or products among them: f_i g, f=i*g. */
static int is_of_indices(const suspect *s) {
    const row_text *row = s->row;
    uint32_t first = 0;
    int differ = 0, indices = 0;
    for (int32_t i = s->found->start; i < s->found->end; i++) {
        uint32_t c = row->codes[i];
        if (is_alnum(row->tables, c)) continue;
        if (!first) first = c;
        differ |= c != first;
        indices |= is_among(c, "_*+=");
    }
    return differ && indices;
}

/* Whether single letters with gaps are initials of three, a word `a` before capitals, or what a program fills in: F/G/H, a S. S.,
   a %s: %s. */
static int is_listing(const suspect *s) {
    const row_text *row = s->row;
    int32_t start = s->found->start, end = s->found->end;
    for (int32_t i = start; i < end; i++) if (row->codes[i] == '%' && alnum_at(row, i + 1)) return 1;
    if (at(row, end) == ';' && !has_only(row, start, end, " .-_*/~")) return 1; /* f, i, g; */
    if (is_of_indices(s) && is_mathematical(row, start, end)) return 1;
    if (s->size > SHORT) return 0;
    if (case_of(row, start, end) == UPPER_CASE && !is_shouted(row, start, end)) return 1;
    if (row->codes[start] != 'a' || at(row, start + 1) != ' ') return 0;
    return upper_at(row, start) != upper_at(row, end - 1) || !has_only(row, start, end, " -*_/,~");
}

/* Whether a look-alike stands between two capitals, as the signs of sets do: A\u222aS. */
static int is_of_sets(const suspect *s) {
    const row_text *row = s->row;
    int32_t start = s->found->start, last = s->found->end - 1;
    if (last - start != 2 || (row->flags[start] | row->flags[last]) & HOMOGLYPH || !(row->flags[start + 1] & HOMOGLYPH)) return 0;
    return upper_at(row, start) && upper_at(row, last) && !upper_at(row, start + 1) && !is_shouted(row, start, last + 1);
}

/* Whether underscores join words near it, as they do in the names of a program's text: f_g beside fruit_tree. */
static int is_among_joined_names(const suspect *s) {
    const row_text *row = s->row;
    int32_t start = s->found->start, end = s->found->end, before = 0;
    for (int32_t i = start > NAMES_AROUND ? start - NAMES_AROUND : 0; i < row->length && i < end + NAMES_AROUND; i++) {
        if (i == start) i = end, before = 0;
        if (at(row, i) == '_' && before >= SHORT && word_at(row, i + 1) && word_at(row, i + 2) && word_at(row, i + 3)) return 1;
        before = is_plain_letter(at(row, i)) ? before + 1 : 0;
    }
    return 0;
}

/* Whether the text around it says that letters meet by chance: another language, code, serial numbers, formulas, abbreviations. */
int is_by_chance(const suspect *s, int how) {
    const row_text *row = s->row;
    int32_t start = s->found->start, end = s->found->end;
    int marked = 0;
    for (int32_t i = start; i < end; i++) marked |= row->flags[i] & MARKED;
    switch (how) {
    case IS_PLAIN:
        if (is_cut_off(s) || is_a_chapter(s) || is_cut_short(s) || is_one_of_abbreviations(s) || is_a_plural_in_capitals(s)) return 1;
        return is_sought(s) || (case_of(row, start, end) == MIXED_CASE && is_formula(row, start, end));
    case IS_HOMOGLYPH: return is_transcribed(s) || is_of_sets(s);
    case IS_SWAPPED: case IS_DROPPED: case IS_THINNED: case IS_REVERSED: case IS_RESPELLED: case IS_REPEATED: case IS_JOINED: case IS_SPLIT:
        if (marked && s->form->kind != PLAIN) return 1; /* both accents and letters amiss */
        if (how == IS_JOINED && is_hyphenated(row, start, end)) return 1;
        if (how == IS_DROPPED && is_one_of_abbreviations(s)) return 1;
        if (how != IS_JOINED && how != IS_SPLIT && is_abbreviation(row, start, end)) return 1;
        if (how == IS_SPLIT && is_of_indices(s) && is_mathematical(row, start, end)) return 1;
        return is_foreign(row, start, end) || is_in_code(row, start, end) || is_in_a_serial(row, start, end);
    case IS_ACCENTED: case IS_STYLED: return is_foreign(row, start, end) > 1; /* one marked word is another disguise */
    case IS_LEET:
        if (!s->found->literal && is_a_pattern(row, start, end)) return 1;
        if (is_formula(row, start, end) || is_in_code(row, start, end) || is_in_a_serial(row, start, end)) return 1;
        return has_only_v(s) && (is_foreign(row, start, end) || is_abbreviation(row, start, end));
    case IS_MASKED:
        if (s->term->traits & PHRASE) return s->found->literal < s->found->masked || s->found->literal < 3;
        if (is_among(row->codes[start], "([{<+") && !has_only(row, start + 1, end, "@!$+*#(")) return 1; /* (y/n) */
        if (!(s->term->traits & FIRST) && is_abbreviation(row, start, end) && has_only(row, start, end, "&_-./")) return 1; /* F&G */
        if (!has_only(row, start, end, "*#$@!.-+&%?~^=/\\|") && is_among_joined_names(s)) return 1;
        return is_in_code(row, start, end) || is_a_pattern(row, start, end) || is_sought(s);
    case IS_SPACED: return is_listing(s) || (s->size <= SHORT && is_in_code(row, start, end));
    default: return 0;
    }
}
