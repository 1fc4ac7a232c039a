/* Scoring: the weights of all n-grams of a sentence are added as integers, so order and machine do not matter; sums are joined and
   calibrated. */

#include <math.h>
#include <stddef.h>

#include "ngrams.h"

typedef int32_t int32x8 __attribute__((vector_size(32)));
typedef int64_t int64x8 __attribute__((vector_size(64))); /* of a whole text, which may be long */
typedef int16_t int16x8 __attribute__((vector_size(16)));
typedef int16_t kept16x8 __attribute__((vector_size(16), aligned(2), may_alias));
typedef int8_t int8x8 __attribute__((vector_size(8), aligned(1), may_alias));

#define MOST_NGRAMS ((LONGEST_SENTENCE + LONGEST_NGRAM) * NGRAMS_PER_CHARACTER)
#define NARROW 256 /* weights of 8 bits that add up in 16 */
#define LONGEST_SUMMED 24 /* letters of a word whose sum is kept: 16 bits hold what its weights come to */

/* Buckets are gathered first and their weights added after: the table is larger than a cache, and by then most have arrived. */
typedef struct {
    uint32_t *ids;
    int64_t count;
    const int8_t *table;
    uint32_t buckets;
} gatherer;

static inline __attribute__((always_inline)) void gather(void *to, uint64_t hash, int32_t first, int32_t last, int stands) {
    (void)first, (void)last;
    gatherer *g = to;
    uint32_t id = bucket(hash, g->buckets);
    __builtin_prefetch(g->table + 8 * (int64_t)id);
    g->ids[g->count] = id;
    g->count += stands;
}

static const word_sum *slot_of(word_sums sums, uint64_t hash) { return sums.table + ((uint32_t)(hash >> 32) & (sums.slots - 1)); }

/* The sum of a word's n-grams of characters if it is kept, else NULL. */
static const word_sum *kept_sum(word_sums sums, uint64_t hash) {
    for (const word_sum *at = slot_of(sums, hash);; at = at + 1 < sums.table + sums.slots ? at + 1 : sums.table) {
        if (!at->hash) return NULL;
        if (at->hash == hash) return at;
    }
}

/* The n-grams of characters, from space to space. Answers what those of frequent words come to and counts these; gathers the others. */
static int32x8 gather_characters(const ngram_model *model, word_sums sums, const sentence *read, gatherer *g, int64_t *count) {
    int32x8 kept = {0};
    const sentence_word *word = read->words, *words_end = word + read->word_count;
    for (const sentence_word *w = word; w < words_end; w++) __builtin_prefetch(slot_of(sums, w->hash));
    for (int32_t i = 0, end; i < read->length - 1; i = end) {
        const word_sum *sum = NULL;
        if (word < words_end && word->first == i + 1 && read->kinds[word->end] & SPACE) {
            end = word->end;
            sum = kept_sum(sums, word->hash);
        } else {
            for (end = i + 1; !(read->kinds[end] & SPACE); end++) {}
        }
        if (sum) {
            kept += __builtin_convertvector(*(const kept16x8 *)sum->weights, int32x8);
            *count += sum->count;
        } else {
            walk_range(&model->spec, read, i, end, gather, g);
        }
        while (word < words_end && word->first < end) word++;
    }
    return kept;
}

static inline int32x8 add_all(const gatherer *g) {
    int32x8 sum = {0};
    for (int64_t i = 0; i < g->count;) {
        int64_t end = i + NARROW < g->count ? i + NARROW : g->count;
        int16x8 narrow = {0};
        for (; i < end; i++) narrow += __builtin_convertvector(*(const int8x8 *)(g->table + 8 * (int64_t)g->ids[i]), int16x8);
        sum += __builtin_convertvector(narrow, int32x8);
    }
    return sum;
}

static int32x8 add_sentence(const ngram_model *model, word_sums sums, sentence *read, int64_t *count) {
    uint32_t ids[MOST_NGRAMS + 1];
    gatherer g = {ids, 0, model->table, model->spec.buckets};
    int32x8 kept = {0};
    *count = 0;
    walk_words(&model->spec, read, gather, &g);
    if (sums.table) kept = gather_characters(model, sums, read, &g, count);
    else walk_range(&model->spec, read, 0, read->length, gather, &g);
    *count += g.count;
    return kept + add_all(&g);
}

void md_word_sums(const ngram_model *model, const uint32_t *words, int64_t length, word_sum *table, int64_t slots) {
    static const uint8_t flags[LONGEST_SUMMED];
    uint32_t ids[MOST_NGRAMS + 1];
    sentence read;
    for (int64_t from = 0, end; from < length && !model->spec.across; from = end + 1) {
        for (end = from; end < length && words[end] != '\n'; end++) {}
        if (end - from > LONGEST_SUMMED) continue;
        gatherer g = {ids, 0, model->table, model->spec.buckets};
        read_sentence(&model->spec, words + from, flags, 0, end - from, &read);
        walk_words(&model->spec, &read, gather, &g);
        if (read.word_count != 1 || read.words->first != 1 || read.words->end != read.length - 1) continue;
        g.count = 0; /* the n-grams of words are not kept */
        walk_range(&model->spec, &read, 0, read.length, gather, &g);
        int64_t at = (int64_t)(read.words->hash >> 32) & (slots - 1);
        while (table[at].hash && table[at].hash != read.words->hash) at = (at + 1) & (slots - 1);
        int32x8 sum = add_all(&g);
        for (int k = 0; k < 8; k++) table[at].weights[k] = (int16_t)sum[k];
        table[at].count = (int32_t)g.count;
        table[at].hash = read.words->hash;
    }
}

/* What a sum over `count` n-grams is multiplied by: between a mean and a mean over the root, so that neither many words
   nor few decide. */
static double norm(const ngram_model *model, double count) { return 1.0 / sqrt((count + model->least) * (1.0 + count / model->half)); }

static double interpolate(const double *x, const double *y, int32_t n, double at) {
    if (!(at > x[0])) return y[0];
    if (at >= x[n - 1]) return y[n - 1];
    int32_t low = 0, high = n - 1;
    while (high - low > 1) {
        int32_t middle = (low + high) / 2;
        if (x[middle] <= at) low = middle;
        else high = middle;
    }
    return y[low] + (y[high] - y[low]) * ((at - x[low]) / (x[high] - x[low]));
}

void md_calibrate(const double *knots, const double *values, int64_t outputs, int64_t knot_count, const double *logits, int64_t n,
                  double *scores) {
    for (int64_t at = 0; at < n * outputs; at++) {
        int64_t from = at % outputs * knot_count;
        scores[at] = interpolate(knots + from, values + from, (int32_t)knot_count, logits[at]);
    }
}

static void finish(const ngram_model *model, int64x8 whole, int64_t count, const double *top, double *scores, double *logits) {
    double by = norm(model, (double)count);
    double gate = 1.0 / (1.0 + (double)count / model->gate);
    for (int32_t k = 0; k < model->outputs; k++) {
        const double *join = model->join + 6 * k;
        double z = (double)whole[k] * model->step[k] * by;
        double logit = (join[0] + join[1] * gate) + (join[2] + join[3] * gate) * z + (join[4] + join[5] * gate) * top[k];
        if (logits) logits[k] = logit;
        scores[k] = interpolate(model->knots + k * model->knot_count, model->values + k * model->knot_count, model->knot_count, logit);
    }
}

void predict_row(const ngram_model *model, word_sums sums, const folded *fold, int64_t row, double *scores, double *logits) {
    sentence read;
    int64_t start = fold->offsets[row], length = fold->offsets[row + 1] - start, ngrams, count = 0;
    int64x8 whole = {0};
    double top[8] = {0};
    int first = 1;
    for (int64_t from = 0; from < length;) {
        from = read_sentence(&model->spec, fold->codes + start, fold->flags + start, from, length, &read);
        if (read.length <= 2) continue;
        int32x8 sum = add_sentence(model, sums, &read, &ngrams);
        double by = norm(model, (double)ngrams);
        for (int32_t k = 0; k < model->outputs; k++) {
            double z = (double)sum[k] * model->step[k] * by;
            if (first || z > top[k]) top[k] = z;
        }
        whole += __builtin_convertvector(sum, int64x8);
        count += ngrams;
        first = 0;
    }
    finish(model, whole, count, top, scores, logits);
}

void md_predict(const ngram_model *model, const char *block, double *scores, double *logits) {
    const folded *fold = (const folded *)(const void *)block;
    for (int64_t row = 0; row < fold->size; row++)
        predict_row(model, (word_sums){0}, fold, row, scores + row * model->outputs, logits ? logits + row * model->outputs : NULL);
}

int64_t md_predict_sentences(const ngram_model *model, const char *block, int64_t row, int32_t *spans, double *scores, int64_t capacity) {
    const folded *fold = (const folded *)(const void *)block;
    int64_t start = fold->offsets[row], length = fold->offsets[row + 1] - start;
    sentence read;
    int64_t sentences = 0, ngrams;
    for (int64_t from = 0; from < length;) {
        int64_t next = read_sentence(&model->spec, fold->codes + start, fold->flags + start, from, length, &read);
        if (read.length > 2) {
            if (sentences >= capacity) return -1;
            int32x8 sum = add_sentence(model, (word_sums){0}, &read, &ngrams);
            double by = norm(model, (double)ngrams), top[8] = {0};
            for (int32_t k = 0; k < model->outputs; k++) top[k] = (double)sum[k] * model->step[k] * by;
            finish(model, __builtin_convertvector(sum, int64x8), ngrams, top, scores + sentences * model->outputs, NULL);
            spans[2 * sentences] = (int32_t)from;
            spans[2 * sentences + 1] = (int32_t)next;
            sentences++;
        }
        from = next;
    }
    return sentences;
}
