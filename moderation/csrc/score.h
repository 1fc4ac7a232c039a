/* The steps of score.c, row by row; kernels.h says what the same steps over a whole fold answer. */

#ifndef SCORE_H
#define SCORE_H

#include "kernels.h"

/* english.c */
int is_english(const uint32_t *plain, const uint32_t *codes, const uint8_t *flags, int64_t length);

/* match.c: the places of the rows [from, to), behind the `count` that `found` holds already; answers how many there are then. */
int64_t match_rows(const match_tables *tables, const char *block, int64_t from, int64_t to, int every, candidate *found, int64_t count,
                   int64_t capacity);

/* predict.c: logits may be NULL. */
void predict_row(const ngram_model *model, word_sums sums, const folded *fold, int64_t row, double *scores, double *logits);

#endif
