/* Allows: phrases within which a term is innocent, found by the words beside a match, and words near which it is. allows.py makes
   their tables. */

#include "row.h"

#define NEAR 8 /* how many words to either side a phrase may reach */
#define INSIDE 8 /* words that a match itself may be made of, at most */

typedef struct {
    uint64_t before[NEAR], after[INSIDE + NEAR];
    int before_count, after_count;
} neighbours;

static uint64_t hash_of(const row_text *row, int32_t low, int32_t high) {
    uint64_t hash = hash_start();
    for (; low < high; low++) if (row->codes[low] != '\'') hash = hash_code(hash, row->codes[low]);
    return hash_finish(hash);
}

static int is_beside(const uint64_t *wanted, const uint64_t *end, const uint64_t *said, int count) {
    if (end - wanted > count) return 0;
    for (; wanted < end; wanted++, said++) if (*wanted && *wanted != *said) return 0; /* 0: any word */
    return 1;
}

static void look_around(const row_text *row, int32_t start, int32_t end, neighbours *near) {
    /* fig. leaf, fig. GPA: no sentence ends */
    int is_abbreviated = reads(row, end, ". ") && alnum_at(row, end + 2) && alnum_at(row, end + 3) &&
        upper_at(row, end + 2) == upper_at(row, end + 3);
    int32_t low = end, high = end + is_abbreviated, least = start > NEIGHBOURHOOD ? start - NEIGHBOURHOOD : 0;
    for (int count = 0; count < NEAR && word_after(row, end + NEIGHBOURHOOD, &low, &high);) {
        if (is_possessive(row, low, high)) continue;
        near->after[near->after_count++] = hash_of(row, low, high);
        count++;
    }
    low = start;
    while (near->before_count < NEAR && word_before(row, least, &low, &high))
        if (!is_possessive(row, low, high)) near->before[near->before_count++] = hash_of(row, low, high);
}

/* The place of a key among the phrases', or -1. */
static int64_t find(const match_tables *tables, uint64_t key) {
    int64_t low = 0, high = tables->allow_count;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (tables->allow_keys[middle] < key) low = middle + 1;
        else high = middle;
    }
    return low < tables->allow_count && tables->allow_keys[low] == key ? low : -1;
}

/* The number of the word of another sense that stands near a term in plain letters, of those from `place` on; -1 if none does, or if
   somebody is spoken to. */
static int told_by(const row_text *row, const candidate *found, int64_t place, const neighbours *near) {
    int32_t low = found->start, high, least = low > NEIGHBOURHOOD ? low - NEIGHBOURHOOD : 0;
    if (found->disguise != IS_PLAIN && found->disguise != IS_THINNED) return -1; /* thinned: the same letters, read as too many */
    if (found->leet || found->masked || found->gaps || found->respelled || is_addressed(row, low)) return -1;
    for (int k = 0; k < 2 && word_before(row, least, &low, &high); k++)
        if (is_word_of(row, low, high, " you your youre u ur ya ")) return -1;
    const match_tables *tables = row->tables;
    for (int32_t p = tables->allow_first[place]; p < tables->allow_first[place + 1]; p++) {
        const allow_phrase *phrase = tables->allow_phrases + p;
        uint64_t wanted = tables->allow_words[phrase->after];
        for (int k = 0; k < near->before_count; k++) if (near->before[k] == wanted) return phrase->number;
        for (int k = 0; k < near->after_count; k++) if (near->after[k] == wanted) return phrase->number;
    }
    return -1;
}

int allowed_by(const row_text *row, const candidate *found) {
    const match_tables *tables = row->tables;
    const term_facts *term = tables->terms + tables->forms[found->form].term;
    int32_t start, end, low, i;
    word_around(row, found->start, found->end, &start, &end);
    for (low = start; low < end && !alnum_at(row, low); low++) continue;
    uint64_t word = hash_start();
    for (i = low; i < end && (alnum_at(row, i) || row->codes[i] == '\''); i++)
        if (row->codes[i] != '\'') word = hash_code(word, row->codes[i]);
    word = hash_code(word, 1);
    uint64_t own = word, any = hash_code(hash_start(), 1);
    for (int32_t k = term->text; k < term->text_end; k++) {
        own = hash_code(own, tables->spelling[k]);
        any = hash_code(any, tables->spelling[k]);
    }
    int64_t places[2] = {find(tables, hash_finish(own)), find(tables, hash_finish(word))}; /* of the term, and of any */
    int64_t senses = find(tables, hash_finish(any));
    if (places[0] < 0 && places[1] < 0 && senses < 0) return -1;
    neighbours near;
    near.before_count = near.after_count = 0;
    while (near.after_count < INSIDE) {
        while (i < end && !alnum_at(row, i)) i++;
        if (i >= end) break;
        for (low = i; i < end && (alnum_at(row, i) || row->codes[i] == '\''); i++) continue;
        near.after[near.after_count++] = hash_of(row, low, i);
    }
    look_around(row, start, end, &near);
    for (int k = 0; k < 2; k++) {
        if (places[k] < 0) continue;
        for (int32_t p = tables->allow_first[places[k]]; p < tables->allow_first[places[k] + 1]; p++) {
            const allow_phrase *phrase = tables->allow_phrases + p;
            const uint64_t *words = tables->allow_words;
            if (is_beside(words + phrase->before, words + phrase->after, near.before, near.before_count) &&
                is_beside(words + phrase->after, words + phrase->end, near.after, near.after_count)) return phrase->number;
        }
    }
    return senses < 0 ? -1 : told_by(row, found, senses, &near);
}
