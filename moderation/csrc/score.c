/* Scoring rows, step by step and not row by row: a step's tables fill the cache, while the text streams by. */

#include "row.h"

/* Whether the model may read the row as it stands: every place is a term in plain sight. */
static int is_plain(const candidate *found, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (found[i].asks || found[i].spared || (found[i].disguise != IS_PLAIN && found[i].disguise != IS_REPEATED)) return 0;
    return 1;
}

/* Lets the words of a row count in what its scores alone came to. */
static void count_words(const score_tables *with, const candidate *found, int64_t count, double *fused) {
    for (int64_t k = 0; k < with->categories; k++) {
        double least = -1.0, score = fused[k];
        int own = 0;
        for (int64_t i = 0; i < count; i++) {
            if (found[i].form < 0 || found[i].spared || !found[i].disguise) continue;
            const word_count *of = with->counts + 2 * with->words->forms[found[i].form].term;
            for (int side = 0; side < 2; side++) {
                if (of[side].category != k) continue;
                double counts = found[i].quoted ? of[side].quoted : of[side].own;
                if (counts > least) least = counts;
                own |= !found[i].quoted;
            }
        }
        if (least < 0.0) continue;
        if (!own && score > with->quoted_most[k]) score = with->quoted_most[k];
        fused[k] = score > least ? score : least;
    }
}

/* The arrays of `out`, as kernels.h lists them. */
typedef struct {
    double *scores, *logits, *fused;
    uint8_t *actions, *english, *read;
} outcome;

static outcome lay_out(const score_tables *with, char *out, int64_t n) {
    int64_t outputs = with->model->outputs, categories = with->categories;
    outcome of;
    of.scores = (double *)(void *)out;
    of.logits = of.scores + n * outputs;
    of.fused = of.logits + n * outputs;
    of.actions = (uint8_t *)(of.fused + n * categories);
    of.english = of.actions + n * categories;
    of.read = of.english + n;
    return of;
}

/* Scores and decides a row, whose text is row `at` of the fold; the places from `words` to `end` are of this row and later ones. */
static void score_row(const score_tables *with, const folded *fold, int64_t at, const outcome *of, int64_t row, int64_t section,
                      const candidate *words, const candidate *end) {
    int64_t outputs = with->model->outputs, categories = with->categories, count = 0;
    double *scores = of->scores + row * outputs, *fused = of->fused + row * categories;
    const double *lines = with->thresholds + 2 * categories * section;
    while (words + count < end && words[count].row == row) count++;
    predict_row(with->model, with->sums, fold, at, scores, of->logits + row * outputs);
    md_fuse(with->pairs, with->pair_count, scores, 1, outputs, categories, fused, 0);
    count_words(with, words, count, fused);
    for (int64_t k = 0; k < categories; k++)
        of->actions[row * categories + k] = (uint8_t)((fused[k] >= lines[2 * k]) + (fused[k] >= lines[2 * k + 1]));
}

int64_t md_score(const score_tables *with, const char *block, const int64_t *sections, int64_t section, char *out, candidate *found,
                 int64_t capacity) {
    const folded *fold = (const folded *)(const void *)block;
    outcome of = lay_out(with, out, fold->size);
    int64_t count = 0;
    md_english(with->words->plain, block, of.english);
    for (int64_t row = 0; row < fold->size; row++) {
        int64_t before = count;
        count = match_rows(with->words, block, row, row + 1, 0, found, count, capacity);
        of.read[row] = count <= capacity && is_plain(found + before, count - before);
    }
    const candidate *words = found, *end = found + (count < capacity ? count : capacity);
    for (int64_t row = 0; row < fold->size; row++) {
        while (words < end && words->row < row) words++;
        if (of.read[row]) score_row(with, fold, row, &of, row, sections ? sections[row] : section, words, end);
    }
    return count;
}

void md_score_again(const score_tables *with, const char *block, const int64_t *sections, int64_t section, char *out, int64_t n,
                    const candidate *found, int64_t count) {
    const folded *fold = (const folded *)(const void *)block;
    outcome of = lay_out(with, out, n);
    const candidate *words = found, *end = found + count;
    for (int64_t row = 0, at = 0; row < n; row++) {
        if (of.read[row]) continue;
        while (words < end && words->row < row) words++;
        score_row(with, fold, at++, &of, row, sections ? sections[row] : section, words, end);
    }
}
