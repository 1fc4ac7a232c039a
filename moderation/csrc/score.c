/* Scoring rows, step by step and not row by row: a step's tables fill the cache, while the text streams by. */

#include "row.h"

/* Whether the model may read the row as it stands: every place is a term in plain sight. */
static int is_plain(const candidate *found, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (found[i].asks || found[i].spared || (found[i].disguise != IS_PLAIN && found[i].disguise != IS_REPEATED)) return 0;
    return 1;
}

int64_t md_score(const score_tables *with, const char *block, const int64_t *sections, int64_t section, char *out, candidate *found,
                 int64_t capacity) {
    const folded *fold = (const folded *)(const void *)block;
    int64_t n = fold->size, outputs = with->model->outputs, categories = with->categories, count = 0;
    double *scores = (double *)(void *)out, *logits = scores + n * outputs, *fused = logits + n * outputs;
    uint8_t *actions = (uint8_t *)(fused + n * categories), *english = actions + n * categories, *read = english + n;
    md_english(with->words->plain, block, english);
    for (int64_t row = 0; row < n; row++) {
        int64_t before = count;
        count = match_rows(with->words, block, row, row + 1, 0, found, count, capacity);
        read[row] = count <= capacity && is_plain(found + before, count - before);
    }
    for (int64_t row = 0; row < n; row++) {
        if (!read[row]) continue;
        double *given = scores + row * outputs, *come = fused + row * categories;
        predict_row(with->model, fold, row, given, logits + row * outputs);
        md_fuse(with->pairs, with->pair_count, given, 1, outputs, categories, come, 0);
        const double *lines = with->thresholds + 2 * categories * (sections ? sections[row] : section);
        for (int64_t k = 0; k < categories; k++)
            actions[row * categories + k] = (uint8_t)((come[k] >= lines[2 * k]) + (come[k] >= lines[2 * k + 1]));
    }
    return count;
}
