/* Evidence: whether a candidate is the term it looks like, and how the term was disguised. A plain word needs its two edges; what
   other spellings need stands in hiding.c, gaps.c and inside.c, what says an abbreviation in abbreviations.c. Every look around a
   candidate is bounded: linear in the candidates. */

#include "hiding.h"

#define LONG_PHRASE 8 /* letters of a phrase that is known without its spaces */
#define CODE_NAME 5   /* letters; a longer name in code is found all the same */

/* Words behind which a program's text names something. */
static const char *const DECLARING[] = {"def ", "int ", "const ", "let ", "var ", "float ", "double ", "char ", "bool ", "void ",
    "auto ", 0};

int is_spelt(const suspect *s, int32_t low, int32_t high, int32_t from, int32_t to) {
    if (high - low != to - from) return 0;
    for (int32_t i = low; i < high; i++)
        if (s->row->codes[i] != s->row->tables->spelling[from + i - low]) return 0;
    return 1;
}

/* Whether letters are in percent-encoding: %66ig. */
static int is_encoded(const suspect *s) { return s->found->end - s->found->start >= s->size + ENCODED - 1 && holds(s->row, s->found, "%"); }

/* How a term that needs no further evidence was disguised. */
int plainest(const suspect *s) {
    static const uint8_t OF_KIND[] = {IS_PLAIN, IS_SWAPPED, IS_DROPPED, IS_THINNED, IS_REVERSED};
    static const struct { uint8_t flag, name; } OF_FLAG[] = {{HOMOGLYPH, IS_HOMOGLYPH}, {STYLED, IS_STYLED}, {MARKED, IS_ACCENTED},
        {AFTER_TAG, IS_TAGGED}, {ENTITY, IS_ENTITY}, {AFTER_INVISIBLE, IS_INVISIBLE}};
    if (s->form->kind != PLAIN) return OF_KIND[s->form->kind];
    if (is_encoded(s)) return IS_ENTITY;
    if (s->found->respelled) return IS_RESPELLED;
    int flags = s->row->flags[s->found->start] & ~(AFTER_INVISIBLE | AFTER_TAG);
    for (int32_t i = s->found->start + 1; i < s->found->end; i++) flags |= s->row->flags[i];
    for (int k = 0; k < 6; k++) if (flags & OF_FLAG[k].flag) return OF_FLAG[k].name;
    if (s->found->masked) return IS_MASKED;
    if (s->found->leet) return IS_LEET;
    return s->found->repeats ? IS_REPEATED : IS_PLAIN;
}

/* Whether the term stands as most do: plain letters between spaces and stops. What `judge` says at length, said in short. */
static int is_undisguised(const suspect *s) {
    const candidate *found = s->found;
    if (s->form->kind != PLAIN || found->edges & 3 || s->term->traits & PHRASE) return 0;
    if (found->leet | found->masked | found->gaps | found->spaces | found->respelled | found->repeats) return 0;
    if (found->end - found->start > s->size) return 0;
    for (int32_t i = found->start; i < found->end; i++) if (s->row->flags[i] & ~UPPER) return 0;
    if (found->start && !is_space(at(s->row, found->start - 1))) return 0;
    uint32_t behind[3];
    for (int k = 0; k < 3; k++) behind[k] = at(s->row, found->end + k);
    if (behind[0] && !is_among(behind[0], " .,!?\n")) return 0;
    if (behind[0] == '.' && is_alnum(s->row->tables, behind[1])) return 0;
    if (is_digit(behind[1]) || is_digit(behind[2]) || is_among(behind[1], "=(;,)")) return 0;
    for (const char *const *word = DECLARING; *word; word++) if (reads_before(s->row, found->start, *word)) return 0;
    return 1;
}

/* Whether the match is a word of another script among words of that script, and looks like a term by chance. */
static int is_in_another_script(const suspect *s) {
    const row_text *row = s->row;
    if (!(row->flags[s->found->start] & HOMOGLYPH)) return 0;
    for (int32_t i = s->found->start; i < s->found->end; i++)
        if (is_letter(row->tables, row->codes[i]) && !(row->flags[i] & HOMOGLYPH)) return 0;
    int letters = 0, strange = 0;
    int32_t last = s->found->end + 30 < row->length ? s->found->end + 30 : row->length;
    for (int32_t i = s->found->start > 30 ? s->found->start - 30 : 0; i < last; i++) {
        if (i >= s->found->start && i < s->found->end) continue;
        if (!is_letter(row->tables, row->codes[i])) continue;
        letters++;
        strange += (row->flags[i] & (HOMOGLYPH | OTHER_LETTER)) != 0;
    }
    return strange > (letters / 2 > 6 ? letters / 2 : 6);
}

/* A phrase: its words in their order with nothing but spaces and hyphens between them, or run together. */
static int phrase(const suspect *s) {
    const row_text *row = s->row;
    const candidate *found = s->found;
    if (found->edges & 3) return NO_MATCH;
    if (!found->gaps) return s->size >= LONG_PHRASE && !(found->respelled | found->masked | found->leet) ? IS_JOINED : NO_MATCH;
    for (int32_t i = found->start; i < found->end;) {
        if (is_among(row->codes[i], ".?;:\n")) return NO_MATCH;
        if (!is_among(row->codes[i], "*#@$!")) { i++; continue; }
        int32_t first = i;
        int calls = 0;
        for (; i < found->end && is_among(row->codes[i], "*#@$!"); i++) calls |= row->codes[i] == '!';
        if (calls && !(first > found->start && word_at(row, first - 1) && i < found->end && word_at(row, i))) return NO_MATCH;
    }
    /* The words said, cut at blanks, hyphens and underscores, beside those of the term, cut at blanks. */
    const uint32_t *wanted = row->tables->spelling + s->term->text, *wanted_end = row->tables->spelling + s->term->text_end;
    int said = 0, parts = 1, singles = 1, alike = 1, chunks = 0;
    int lenient = found->leet | found->respelled | found->repeats;
    for (const uint32_t *c = wanted; c < wanted_end; c++) parts += *c == ' ';
    for (int32_t i = found->start; ; i++) {
        int32_t first = i;
        while (i < found->end && !is_space(row->codes[i]) && row->codes[i] != '-' && row->codes[i] != '_') i++;
        said++;
        singles &= i - first == 1;
        int32_t k = first;
        for (; wanted < wanted_end && *wanted != ' '; wanted++, k++) alike &= k < i && row->codes[k] == *wanted;
        wanted += wanted < wanted_end;
        if (i >= found->end) break;
        while (i + 1 < found->end && (is_space(row->codes[i + 1]) || row->codes[i + 1] == '-' || row->codes[i + 1] == '_')) i++;
    }
    for (int32_t i = found->start; i < found->end; i++)
        chunks += !is_space(row->codes[i]) && (i == found->start || is_space(row->codes[i - 1]));
    if (said == parts && (alike || lenient)) return plainest(s);
    if (found->masked && found->spaces == parts - 1 && chunks == parts) return IS_MASKED;
    return singles && said == s->size ? IS_SPACED : NO_MATCH;
}

/* Whether a known word comes of it where one letter is written twice, as it may have been meant: asess. */
static int is_known_doubled(const row_text *row, int32_t start, int32_t end) {
    uint32_t word[LONGEST_TOKEN];
    if (end - start >= LONGEST_TOKEN) return 0;
    for (int32_t twice = start; twice < end; twice++) {
        int32_t length = 0;
        for (int32_t i = start; i < end; i++) {
            word[length++] = row->codes[i];
            if (i == twice) word[length++] = row->codes[i];
        }
        if (is_known(row->tables, word, length)) return 1;
    }
    return 0;
}

/* Whether swapped, dropped or respelled letters are a reader's doing and not an abbreviation's or a name's. */
static int is_misspelt(const suspect *s) {
    const row_text *row = s->row;
    const candidate *found = s->found;
    int32_t start = found->start, end = found->end;
    int kind = s->form->kind, strange = 0;
    if (found->edges & 7) return 0;
    if (is_known(row->tables, row->codes + start, end - start) || is_innocent_token(s, start, end)) return 0;
    if (kind == SWAPPED && is_known_doubled(row, start, end)) return 0;
    if (found->respelled && (found->literal < 2 || s->size < 4)) return 0;
    for (int32_t i = start; i < end; i++) strange += (row->flags[i] & HOMOGLYPH) != 0;
    if (strange == end - start) return 0;
    letter_case is_written = case_of(row, start, end - (row->codes[end - 1] == 's'));
    if (is_written == TITLE_CASE && (found->respelled || kind == SWAPPED || !begins_sentence(row, start))) return 0;
    if (is_written == UPPER_CASE && (kind == DROPPED || kind == SWAPPED) && end - start <= 4)
        return is_shouted(row, start, end) && !(at(row, start - 1) == '(' && at(row, end) == ')'); /* FIG CLUB (FGK) */
    if (is_among(at(row, start - 1), "@/.")) return 0;
    if (at(row, end) == '.' && alnum_at(row, end + 1)) return 0;
    if (kind != DROPPED) return 1;
    int32_t i = end + (at(row, end) == ' ');
    if (end - start <= 4 && !upper_at(row, start) && case_of(row, start + 1, end) == UPPER_CASE) return 0; /* an enzyme: fGK */
    if (is_cut_short(s) || at(row, end) == '\'') return 0; /* Fgk. at, fgk'd */
    if (is_among(at(row, i), "=+<>") && at(row, i) && !is_alnum(row->tables, at(row, i + 1))) return 0; /* sht += 1 */
    i = end; /* sht 4, pts. 12 */
    i += at(row, i) == '.';
    i += at(row, i) == ' ';
    if (reads(row, i, "no. ")) i += 4;
    else if (reads(row, i, "no ")) i += 3;
    return !is_digit(at(row, i));
}

/* Whether the word goes on behind a sign of markdown and is a known one (**ban**d). */
static int goes_on_behind_markup(const suspect *s) {
    const row_text *row = s->row;
    int32_t start = s->found->start, end = s->found->end, low = start, high = end;
    while (start - low < 3 && is_among(at(row, low - 1), "*_~")) low--;
    while (high - end < 3 && is_among(at(row, high), "*_~")) high++;
    uint64_t hash = hash_start();
    int32_t first = low, last = high;
    if (low < start) while (first > start - 24 && at(row, first - 1) >= 'a' && at(row, first - 1) <= 'z') first--;
    if (high > end) while (last < end + 24 && at(row, last) >= 'a' && at(row, last) <= 'z') last++;
    if (first == low && last == high) return 0;
    for (int32_t i = first; i < low; i++) hash = hash_code(hash, row->codes[i]);
    for (int32_t i = start; i < end; i++) hash = hash_code(hash, row->codes[i]);
    for (int32_t i = high; i < last; i++) hash = hash_code(hash, row->codes[i]);
    return hash_known(row->tables, hash);
}

/* Whether it is a name in a program's text, or a book of which chapter and verse are named. */
static int is_a_programs(const suspect *s) {
    const row_text *row = s->row;
    int32_t start = s->found->start, end = s->found->end;
    static const char *const CALLED[] = {"()", "(\"", "('", "[\"", 0}, *const BEFORE[] = {"$", "::", "->", "['", "[\"", 0};
    if (is_amid_code(row, start, end)) return 1;
    for (const char *const *sign = CALLED; *sign; sign++) if (reads(row, end, *sign)) return 1; /* ban() */
    for (const char *const *sign = BEFORE; *sign; sign++) if (reads_before(row, start, *sign)) return 1;
    if (at(row, start - 1) == '\\' && word_at(row, start - 2)) return 1; /* C:\x\ban */
    if (at(row, start - 1) == '/' && at(row, end) == '/' && !alnum_at(row, start - 2)) return 1; /* /ban/i */
    if (at(row, start - 1) == '.' && word_at(row, start - 2)) return 1; /* x.ban */
    if (at(row, start - 1) == '.' || at(row, start - 1) == '-') { /* .ban, -ban, --ban */
        int32_t i = start - 1 - (at(row, start - 1) == '-' && at(row, start - 2) == '-');
        if (i == 0 || is_space(at(row, i - 1))) return 1;
    }
    int32_t i = end + (at(row, end) == ' ');
    if (is_among(at(row, i), "=(;,)")) /* int ban = 5 */
        for (const char *const *word = DECLARING; *word; word++)
            if (reads_before(row, start, *word) && !word_at(row, start - 1 - (int32_t)__builtin_strlen(*word))) return 1;
    i = end + (at(row, end) == '.');
    if (at(row, i) != ' ' || !is_digit(at(row, i + 1))) return 0;
    int32_t first = ++i;
    while (i < first + 3 && is_digit(at(row, i))) i++;
    return at(row, i) == ':' && is_digit(at(row, i + 1));
}

/* Whether a capitalised word differs from the term by one letter written twice and no more, as names do. */
static int is_doubled_name(const suspect *s) {
    const row_text *row = s->row;
    if (s->found->repeats > 1 || case_of(row, s->found->start, s->found->end) != TITLE_CASE) return 0;
    for (int32_t i = s->found->start + 2; i < s->found->end; i++)
        if (row->codes[i] == row->codes[i - 1] && row->codes[i] == row->codes[i - 2]) return 0;
    return 1;
}

/* Whether it is one sign again and again, which stands for nothing but itself. */
static int is_run_of_a_sign(const suspect *s) {
    const row_text *row = s->row;
    if (!(row->flags[s->found->start] & HOMOGLYPH)) return 0;
    for (int32_t i = s->found->start + 1; i < s->found->end; i++) if (row->codes[i] != row->codes[i - 1]) return 0;
    return 1;
}

/* How the term is disguised as far as its own letters and those beside them tell. */
static int disguise_of(const suspect *s) {
    const row_text *row = s->row;
    const candidate *found = s->found;
    const form_facts *form = s->form;
    int traits = s->term->traits;
    if (is_in_another_script(s) || is_run_of_a_sign(s)) return NO_MATCH;
    if (traits & ONLY_PLAIN && (found->leet | found->masked | found->respelled | found->repeats || (found->gaps && !(traits & PHRASE))))
        return NO_MATCH;
    if (traits & PHRASE) return phrase(s);
    if (found->respelled && (found->gaps || found->masked || found->leet || form->kind != PLAIN)) return NO_MATCH;
    if (found->masked) return masked(s);
    if (found->gaps) return gapped(s);
    if (found->leet) return leet(s);
    if (form->kind != PLAIN || found->respelled) return is_misspelt(s) ? plainest(s) : NO_MATCH;
    if (found->edges & 3) return joined(s);
    if (!(traits & JOINED)) { /* a name with underscores is a program's: x_banana_y */
        if (at(row, found->start - 1) == '_' && alnum_at(row, found->start - 2)) return NO_MATCH;
        if (at(row, found->end) == '_' && alnum_at(row, found->end + 1)) return NO_MATCH;
    }
    if (found->repeats && found->edges & 4) return NO_MATCH; /* a known word */
    if (goes_on_behind_markup(s)) return NO_MATCH;
    if (!(traits & JOINED) && found->end - found->start <= CODE_NAME && is_a_programs(s)) return NO_MATCH;
    if (is_abbreviated(s) || (found->repeats && is_doubled_name(s))) return NO_MATCH;
    return plainest(s);
}

int judge(const row_text *row, const candidate *found) {
    const form_facts *form = row->tables->forms + found->form;
    const suspect of = {row, found, form, row->tables->terms + form->term, form->letters_end - form->letters}, *s = &of;
    int how = is_undisguised(s) ? IS_PLAIN : disguise_of(s);
    return how && is_by_chance(s, how) ? NO_MATCH : how;
}
