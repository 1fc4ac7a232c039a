/* What is kept of all that walks come by: hopeless readings are sieved out, the others judged by evidence.c, and of places that overlap
   the best are chosen. */

#include <stdlib.h>
#include <string.h>

#include "walk.h"

#define FOREIGN_ENOUGH 4 /* little words of another language, twice, and marked ones, among which an everyday word of it is no term */

/* Whether everything between two edges is known words that happen to meet, or single letters beside such a word. */
static int known_words_meet(const row_text *row, int32_t start, int32_t end) {
    int single = 0, real = 0;
    for (int32_t i = start; i < end;) {
        if (!in_word(row, i)) {
            if (row->codes[i] == '-' && i + 1 < end && row->codes[i + 1] == '\n') return 0; /* cut at a line's end */
            i++;
            continue;
        }
        uint64_t hash = hash_start();
        int32_t first = i;
        int mixed = 0;
        for (; i < end && in_word(row, i); i++) {
            hash = hash_code(hash, row->codes[i]);
            mixed |= row->codes[i] != row->codes[first];
        }
        if (i - first < 2) {
            if (is_among(row->codes[first], LONE_LETTERS "s")) return 0;
            single = 1;
            continue;
        }
        real |= mixed;
        if (!hash_known(row->tables, hash)) return 0;
    }
    return real || !single;
}

/* Sieves out what `judge` would refuse whatever else it saw: most of what a walk comes by. */
static int is_hopeless(const row_text *row, int32_t start, const state *s, int begins, int ends, int familiar) {
    const form_facts *form = row->tables->forms + row->tables->nodes[s->node].form;
    int edges = begins && ends, phrase = row->tables->terms[form->term].traits & PHRASE, apart = form->apart < form->apart_end;
    int bent = !phrase && !apart && form->kind != PLAIN;
    if (!edges && (s->gaps || familiar || phrase)) return 1;
    if (familiar && s->repeats && !s->gaps && !s->masked) return 1;
    if (bent && (!edges || familiar || s->masked || (s->gaps && form->kind != DROPPED))) return 1;
    if (!phrase && !apart && !bent && s->spaces && s->spaces == s->gaps && !s->leet &&
        known_words_meet(row, start, s->position)) return 1;
    if (s->masked && ((s->gaps && !phrase) || s->respelled || (!edges && s->literal < 3))) return 1;
    if (s->masked && !in_word(row, s->position - 1) && !is_among(row->codes[s->position - 1], "*#-_$@%&")) return 1;
    return s->respelled && (!edges || s->leet || bent);
}

void report(sink *out, const row_text *row, int32_t row_number, int32_t start, const state *s, int familiar) {
    int begins = begins_word(row, start), ends = ends_word(row, s->position);
    if (out->waiting == MOST || is_hopeless(row, start, s, begins, ends, familiar)) return;
    out->own[out->waiting++] = (candidate){
        .row = row_number, .form = row->tables->nodes[s->node].form, .start = start, .end = s->position, .literal = s->literal,
        .leet = s->leet, .masked = s->masked, .gaps = s->gaps, .spaces = s->spaces, .respelled = s->respelled, .repeats = s->repeats,
        .edges = (uint8_t)((familiar ? 4 : 0) | (begins ? 0 : 1) | (ends ? 0 : 2))};
}

void keep(sink *out, const row_text *row, const candidate *place) {
    if (out->count < out->capacity) {
        candidate *kept = out->found + out->count;
        *kept = *place;
        kept->from = out->fold->starts[row->codes - out->fold->codes + place->start];
        kept->to = out->fold->ends[row->codes - out->fold->codes + place->end - 1];
    }
    out->count++;
}

/* Where among readings of one length a candidate stands: the plainer, then the graver, then the earlier term's first; of one term's,
   those without letters swapped or missing. */
static uint32_t rank_of(const match_tables *tables, const candidate *c) {
    const form_facts *form = tables->forms + c->form;
    const term_facts *term = tables->terms + form->term;
    int cost = 2 * c->leet + 3 * c->masked + 3 * c->gaps + 4 * c->respelled + c->repeats + 5 * ((c->edges & 1) + (c->edges >> 1 & 1));
    cost += 2 + (form->ending < form->ending_end) - (c->masked && term->traits & FIRST ? 2 : 0);
    return (uint32_t)cost << 20 | (uint32_t)(SEVERE - term->severity) << 18 | ((uint32_t)form->term & 0x1FFFF) << 1 | (form->kind != PLAIN);
}

/* Whether the original may hold marks around it of which the fold shows nothing, or signs of code and block quotes. */
static int is_marked(sink *out, const row_text *row, int64_t row_number) {
    if (out->is_marked < 0) {
        out->is_marked = out->fold->marked[row_number];
        for (int32_t i = 0; i < row->length; i++) out->is_marked |= (row->codes[i] == '`') | (row->codes[i] == '>');
    }
    return out->is_marked;
}

/* Notes what makes of a term in plain sight no match: a name, an abbreviation, a phrase that takes it back. */
static void spare(const row_text *row, candidate *place) {
    const term_facts *term = row->tables->terms + row->tables->forms[place->form].term;
    place->phrase = -1;
    if (is_a_name(row, place)) place->spared = 1;
    else if (term->traits & INITIALS && place->disguise == IS_PLAIN && case_of(row, place->start, place->end) == UPPER_CASE &&
             !is_shouted(row, place->start, place->end)) place->spared = 2;
    else if (is_expanded(row, place->start, place->end) || is_a_mark(row, place->start, place->end)) place->spared = 2;
    else if ((place->phrase = allowed_by(row, place)) >= 0) place->spared = 3;
    else if (term->traits & FOREIGN && place->disguise == IS_PLAIN &&
             is_foreign(row, place->start, place->end) >= FOREIGN_ENOUGH) place->spared = 4;
    else if (place->disguise == IS_PLAIN && is_named_as_foreign(row, place->start, place->end)) place->spared = 4;
}

static int32_t size_of(const candidate *c) { return c->masked ? 0 : c->start - c->end; } /* the longer, the less */

static int by_rank(const void *one, const void *two) {
    const candidate *a = one, *b = two;
    if (size_of(a) != size_of(b)) return size_of(a) < size_of(b) ? -1 : 1;
    if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
    if (a->start != b->start) return a->start < b->start ? -1 : 1;
    if (a->disguise != b->disguise) return a->disguise < b->disguise ? -1 : 1;
    return (a->form > b->form) - (a->form < b->form);
}

/* Which of two would be chosen first: a match before what is spared or none. */
static int is_sooner(const candidate *a, const candidate *b) {
    int is_match = a->disguise && !a->spared, was_match = b->disguise && !b->spared;
    return is_match != was_match ? is_match : by_rank(a, b) < 0;
}

/* Whether one reading is the better one of the same characters, and has nothing to ask. */
static int outdoes(const candidate *a, const candidate *b) {
    return a->end == b->end && !a->masked == !b->masked && a->rank <= b->rank && !a->asks && !a->spared;
}

/* Judges what a walk came by. Where a form fills the word from here to its end, forms that break off inside the word are none; of
   readings of the same characters, only the best is kept if it has nothing to ask. */
void judge_all(sink *out, const row_text *row) {
    int whole = 0;
    int32_t kept = 0;
    for (int32_t i = 0; i < out->waiting; i++) whole |= !(out->own[i].edges & 3) && !out->own[i].masked && !out->own[i].gaps;
    for (int32_t i = 0; i < out->waiting; i++) {
        candidate place = out->own[i];
        if (whole && place.edges & 3) continue;
        place.rank = rank_of(row->tables, &place);
        int32_t k = 0;
        while (k < kept && !outdoes(out->own + k, &place)) k++;
        if (k < kept && !out->every) continue;
        place.disguise = (uint8_t)judge(row, &place);
        if (!place.disguise && !out->every) continue;
        if (place.disguise) spare(row, &place);
        place.quoted = (uint8_t)is_quoted(row, &place);
        place.asks = (uint8_t)(asks(row, &place) | (is_marked(out, row, place.row) ? ASKS_REGION : 0));
        if (!out->every)
            for (k = kept - 1; k >= 0; k--) if (outdoes(&place, out->own + k)) out->own[k] = out->own[--kept];
        out->own[kept++] = place;
    }
    int32_t best = 0;
    for (int32_t i = 1; i < kept; i++) if (is_sooner(out->own + i, out->own + best)) best = i;
    for (int32_t i = 0; i < kept; i++) {
        if (i != best && out->places-- <= 0) continue;
        out->asked |= out->own[i].asks;
        keep(out, row, out->own + i);
    }
    out->waiting = 0;
}

static int by_start(const void *one, const void *two) {
    const candidate *a = one, *b = two;
    return (a->start > b->start) - (a->start < b->start);
}

int64_t md_choose(const char *block, candidate *found, int64_t count) {
    const folded *fold = (const folded *)(const void *)block;
    int32_t end = 0;
    int overlap = 0;
    for (int64_t i = 0; i < count; i++) {
        overlap |= found[i].start < end;
        if (found[i].end > end) end = found[i].end;
    }
    if (!overlap) return count;
    uint8_t *taken = fold->taken + fold->offsets[found->row];
    qsort(found, (size_t)count, sizeof *found, by_rank);
    int64_t kept = 0;
    for (int64_t i = 0; i < count; i++) memset(taken + found[i].start, 0, (size_t)(found[i].end - found[i].start));
    for (int64_t i = 0; i < count; i++) {
        size_t size = (size_t)(found[i].end - found[i].start);
        if (!found[i].spared) {
            if (memchr(taken + found[i].start, 1, size)) continue;
            memset(taken + found[i].start, 1, size);
        }
        found[kept++] = found[i];
    }
    qsort(found, (size_t)kept, sizeof *found, by_start);
    return kept;
}
