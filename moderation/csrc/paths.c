/* Which words a walk need not begin with: most leave the trie of forms by their second or third letter, wherever a walk would find that out
   at greater length. */

#include <stddef.h>

#include "row.h"

#define ANYWHERE UINT32_MAX

/* Whether a form that has come to `node` by a known word's last letter ends there or may go on behind it. Letters stand for nothing but
   themselves in what follows too: nothing but plain separators up to a letter that does not follow is the end of it. */
static int goes_on(const row_text *row, uint32_t node, int32_t last) {
    const match_tables *tables = row->tables;
    while (tables->nodes[node].form < 0) {
        int32_t i = last + 1, stop = i + LONGEST_GAP;
        for (; i < row->length; i++) {
            uint32_t c = row->codes[i];
            if (i == stop || c >= 128) return 1;
            if (is_plain_letter(c)) break;
            if (tables->kinds[c] & ~(SPACE | APOSTROPHE)) return 1;
        }
        if (i == row->length) return 0;
        if (i == last + 1) return 1;
        for (; i < row->length && is_plain_letter(row->codes[i]); last = i++) {
            if (row->flags[i] & HOMOGLYPH || row->codes[i] == row->codes[last]) return 1;
            if (!(tables->nodes[node].children >> (row->codes[i] - 'a') & 1)) return 0;
            node = child(tables, node, (int)(row->codes[i] - 'a'));
        }
    }
    return 1;
}

int is_dead_end(const row_text *row, int32_t start) {
    const match_tables *tables = row->tables;
    uint32_t node = 0;
    for (int32_t i = start; i < row->length; i++) {
        uint32_t c = row->codes[i];
        if (!is_plain_letter(c) || row->flags[i] & HOMOGLYPH || (i > start && c == row->codes[i - 1])) return 0;
        if (tables->readings[c] != 1u << (c - 'a')) return 0;
        if (!(tables->nodes[node].children >> (c - 'a') & 1)) return 1;
        node = child(tables, node, (int)(c - 'a'));
        if (tables->nodes[node].form >= 0) return 0;
    }
    return 1;
}

uint32_t path_end(const row_text *row, int32_t first, int32_t last) {
    const match_tables *tables = row->tables;
    uint32_t node = 0;
    int doubled = 0;
    for (int32_t i = first; i <= last; i++) {
        uint32_t c = row->codes[i];
        if (c >= 128) return ANYWHERE;
        if (!(tables->kinds[c] & LETTER)) { doubled = 1; continue; } /* an apostrophe */
        if (row->flags[i] & HOMOGLYPH) return ANYWHERE;
        int again = i > first && c == row->codes[i - 1];
        doubled |= again;
        if (tables->nodes[node].children >> (c - 'a') & 1) node = child(tables, node, (int)(c - 'a'));
        else if (!again) return 0;
    }
    return doubled ? ANYWHERE : node;
}

int leads_on(const row_text *row, uint32_t node, int32_t last) {
    return node == ANYWHERE || (node && goes_on(row, node, last));
}

void md_leads_fill(const match_tables *tables, uint32_t *leads, const char *text, int64_t length) {
    static const uint8_t flags[LONGEST_TOKEN];
    uint32_t codes[LONGEST_TOKEN];
    for (int64_t i = 0; i < length; i++) {
        uint64_t hash = hash_start();
        int32_t letters = 0;
        for (; i < length && text[i] != '\n'; i++) {
            hash = hash_byte(hash, (uint8_t)text[i]);
            if (letters < LONGEST_TOKEN) codes[letters++] = (uint8_t)text[i];
        }
        int64_t slot = hash_slot(tables->frequent, tables->frequent_slots, hash_finish(hash));
        const row_text word = {tables, codes, flags, letters, NULL};
        if (slot >= 0) leads[slot] = letters < LONGEST_TOKEN ? path_end(&word, 0, letters - 1) : ANYWHERE;
    }
}
