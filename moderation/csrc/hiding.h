/* What gaps.c, hiding.c and inside.c look at beside a candidate and inside it. */

#ifndef HIDING_H
#define HIDING_H

#include "row.h"

#define LONGEST_PRODUCT 5 /* characters of letters and stars that may be a product: a*b*c */

static inline int letters_before(const row_text *row, int32_t start) { /* that touch it across signs without white space */
    for (int32_t i = start - 1; i >= 0 && i >= start - 40 && !is_space(row->codes[i]); i--) if (alnum_at(row, i)) return 1;
    return 0;
}

static inline int letters_after(const row_text *row, int32_t end) {
    for (int32_t i = end; i < row->length && i < end + 40 && !is_space(row->codes[i]); i++) if (alnum_at(row, i)) return 1;
    return 0;
}

/* The next run of letters and digits in [*low, end), signs that are read as letters among them where `with_signs`. */
static inline int next_part(const row_text *row, int with_signs, int32_t end, int32_t *low, int32_t *high) {
    int32_t i = *low;
#define IN_PART (alnum_at(row, i) || (with_signs && (is_among(row->codes[i], "@$!|+({<[#") || row->codes[i] == 0x20AC)))
    while (i < end && !IN_PART) i++;
    *low = i;
    while (i < end && IN_PART) i++;
    *high = i;
#undef IN_PART
    return *low < *high;
}

/* Whether a sign of arithmetic stands beside it, that may be a product: y = f*g. */
static inline int is_in_an_equation(const row_text *row, const candidate *found) {
    int32_t before = found->start - 1, behind = found->end;
    before -= at(row, before) == ' ';
    behind += at(row, behind) == ' ';
    return is_among(at(row, before), "=+^") || is_among(at(row, behind), "=+^");
}

/* Whether the match would begin with a bracket that is closed again further on, and hence is no letter. */
static inline int is_bracket(const row_text *row, const candidate *found) {
    static const char PAIRS[] = "()[]{}<>++";
    uint32_t first = at(row, found->start), closing = 0;
    for (int k = 0; k < 10; k += 2) if (first == (uint8_t)PAIRS[k]) closing = (uint8_t)PAIRS[k + 1];
    for (int32_t i = found->end; closing && i < row->length && i < found->end + 80; i++) if (row->codes[i] == closing) return 1;
    return 0;
}

static inline int holds(const row_text *row, const candidate *found, const char *signs) {
    int32_t count = 0;
    for (int32_t i = found->start; i < found->end; i++) count += is_among(row->codes[i], signs);
    return count;
}

#endif
