/* Hashed n-grams, written down: what training and explaining read. */

#include <stddef.h>

#include "ngrams.h"

uint64_t md_word_hash(const uint32_t *codes, int64_t length) {
    uint64_t hash = WORD_SEED;
    for (int64_t i = 0; i < length; i++) hash = (hash ^ codes[i]) * MIX;
    return hash;
}

typedef struct {
    const sentence *read;
    uint32_t buckets;
    uint32_t *ids;
    int32_t *spans;
    int64_t count, capacity;
} writer;

static inline void write_ngram(void *to, uint64_t hash, int32_t first, int32_t last, int stands) {
    writer *w = to;
    if (!stands) return;
    if (w->count < w->capacity) {
        w->ids[w->count] = bucket(hash, w->buckets);
        if (w->spans) {
            w->spans[2 * w->count] = w->read->at[first];
            w->spans[2 * w->count + 1] = w->read->at[last] + (w->read->kinds[last] & SPACE ? 0 : 1);
        }
    }
    w->count++;
}

int64_t md_ngrams(const ngram_spec *spec, const char *block, int64_t first, int64_t n, uint32_t *ids, int32_t *spans,
                  int64_t capacity, int64_t *row_sentences, int64_t *sentence_ngrams, int32_t *sentence_spans, int64_t sentence_capacity) {
    const folded *fold = (const folded *)(const void *)block;
    sentence read;
    writer to = {&read, spec->buckets, ids, spans, 0, capacity};
    int64_t sentences = 0;
    row_sentences[0] = 0;
    sentence_ngrams[0] = 0;
    for (int64_t row = 0; row < n; row++) {
        int64_t start = fold->offsets[first + row], length = fold->offsets[first + row + 1] - start;
        for (int64_t from = 0; from < length;) {
            int64_t next = read_sentence(spec, fold->codes + start, fold->flags + start, from, length, &read);
            if (read.length > 2) {
                if (sentences >= sentence_capacity) return -1;
                walk(spec, &read, write_ngram, &to);
                sentence_spans[2 * sentences] = (int32_t)from;
                sentence_spans[2 * sentences + 1] = (int32_t)next;
                sentence_ngrams[++sentences] = to.count;
            }
            from = next;
        }
        row_sentences[row + 1] = sentences;
        if (to.count > capacity) return -1;
    }
    return to.count;
}

