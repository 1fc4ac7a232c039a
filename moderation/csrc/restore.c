/* Restoring: texts as a model that knows words should read them. A disguised term is written plainly; what a spared place says is not
   what its letters say, so it is left blank, or is an ordinary word in place of an innocent one. */

#include <stdlib.h>
#include <string.h>

#include "row.h"

#define ANY_WORD " something " /* for an innocent one: a sentence that lacks its noun reads stranger than one with a plain noun */

typedef struct {
    uint32_t *codes;
    int64_t length, capacity;
} writer;

static void write_code(writer *to, uint32_t c) {
    if (to->length < to->capacity) to->codes[to->length] = c;
    to->length++;
}

static void write_ascii(writer *to, const char *said) {
    for (; *said; said++) write_code(to, (uint8_t)*said);
}

/* The characters [from, end) of all texts. */
static void write_text(writer *to, const char *texts, int64_t width, int64_t from, int64_t end) {
    for (; from < end; from++) write_code(to, width == 1 ? (uint8_t)texts[from] : ((const uint32_t *)(const void *)texts)[from]);
}

static int stands(const candidate *place) { return place->disguise && !place->spared; }

static int by_span(const void *one, const void *two) {
    const candidate *a = one, *b = two;
    return a->from != b->from ? (a->from > b->from) - (a->from < b->from) : (a->to > b->to) - (a->to < b->to);
}

/* Whether a known innocent word stands at a place, as it is written and not only as it is folded. */
static int is_innocent(const match_tables *tables, const folded *fold, const candidate *place) {
    int64_t row = fold->offsets[place->row];
    uint64_t hash = hash_start();
    if (place->end - place->start != place->to - place->from) return 0; /* nothing invisible in it, nor a tag */
    for (int64_t i = row + place->start; i < row + place->end; i++) {
        if (fold->flags[i] & ~(UPPER | OTHER_LETTER | AFTER_INVISIBLE | AFTER_TAG)) return 0;
        hash = hash_code(hash, fold->codes[i]);
    }
    return hash_listed(tables->innocent, tables->innocent_slots, hash_finish(hash));
}

/* Whether a match overlaps a spared place; `match`: the last match before it, or NULL. */
static int is_overlapped(const candidate *place, const candidate *end, const candidate *match) {
    for (const candidate *next = place + 1; next < end && next->from < place->to; next++) if (stands(next)) match = next;
    return match && match->to > place->from;
}

static void write_term(writer *to, const match_tables *tables, const candidate *place) {
    const term_facts *term = tables->terms + tables->forms[place->form].term;
    int is_joined = place->disguise == IS_JOINED; /* apart from its neighbours where it was run together with them */
    if (is_joined) write_code(to, ' ');
    for (int32_t i = term->text; i < term->text_end; i++) write_code(to, tables->spelling[i]);
    if (is_joined) write_code(to, ' ');
}

/* Writes a row, whose text begins at `from`. */
static void restore_row(writer *to, const match_tables *tables, const folded *fold, const char *texts, int64_t width, int64_t from,
                        int64_t length, candidate *places, int64_t count) {
    const candidate *match = NULL, *changed = NULL, *end = places + count;
    int64_t position = 0;
    if (count > 1) qsort(places, (size_t)count, sizeof *places, by_span);
    for (const candidate *place = places; place < end; place++) {
        if (stands(place)) {
            match = place;
            if (place->disguise == IS_PLAIN || place->disguise == IS_REPEATED) continue;
        } else if (!place->spared || is_overlapped(place, end, match)) {
            continue;
        }
        if (changed && !by_span(changed, place)) continue;
        changed = place;
        write_text(to, texts, width, from + position, from + place->from);
        if (stands(place)) write_term(to, tables, place);
        else write_ascii(to, is_innocent(tables, fold, place) ? ANY_WORD : " ");
        if (place->to > position) position = place->to;
    }
    write_text(to, texts, width, from + position, from + length);
}

int64_t md_restore(const match_tables *tables, const char *block, const char *texts, int64_t width, const int64_t *text_offsets,
                   const uint8_t *read, candidate *found, int64_t count, char *codes, int64_t capacity, int64_t *offsets) {
    const folded *fold = (const folded *)(const void *)block;
    candidate *places = found, *end = found + count;
    writer to = {(uint32_t *)(void *)codes, 0, capacity};
    int64_t n = 0;
    offsets[0] = 0;
    for (int64_t row = 0; row < fold->size; row++) {
        candidate *first;
        while (places < end && places->row < row) places++;
        for (first = places; places < end && places->row == row;) places++;
        if (read && read[row]) continue;
        restore_row(&to, tables, fold, texts, width, text_offsets[row], text_offsets[row + 1] - text_offsets[row], first, places - first);
        offsets[++n] = to.length;
    }
    return to.length > capacity ? -1 : to.length;
}
