/* Hashed n-grams. A row is read as sentences of bounded length; each is tidied into a small buffer (white space is one
   space, a letter said three times or more is said twice, a link or a reader's handle is one sign) and walked once.
   What is done with an n-gram is the caller's: training writes it down, scoring adds its weights, explaining keeps both.
   Linear in the text; no memory but the buffer. */

#include <math.h>
#include <stddef.h>

#include "kernels.h"

#define UPPER 1u /* a flag of a folded character, see fold.c */

#define LONGEST_SENTENCE 400 /* a sentence is cut here, come what may */
#define LONG_SENTENCE 280    /* and from here on at the next space */
#define SHORT_SENTENCE 8     /* a full stop sooner than this ends an abbreviation */

#define SPACE 1
#define WORD 2
#define STOP 4
#define DIGIT 8
#define GROUP 16 /* of a word for a group of people */

#define MIX 0x9E3779B97F4A7C15u
#define CHAR_SEED 0x51A3F2C9D7E86B35u
#define WORD_SEED 0xC2B2AE3D27D4EB4Fu
#define SHOUT_SEED 0x165667B19E3779F9u
#define SKIP_SEED 0x27D4EB2F165667C5u
#define GROUP_HASH 0x7F4A7C15D6E8FEB8u

#define S SPACE
#define W WORD
#define D (WORD | DIGIT)
#define P STOP
static const uint8_t ASCII_KINDS[128] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, S, S, S, S, S, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    S, P, 0, 0, 0, 0, 0, W, 0, 0, 0, 0, 0, 0, P, 0, D, D, D, D, D, D, D, D, D, D, 0, 0, 0, 0, 0, P,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, 0, 0, 0, 0, 0,
};
#undef S
#undef W
#undef D
#undef P

static inline int kind(uint32_t c) {
    if (c < 128) return ASCII_KINDS[c];
    if (c == 0xA0 || c == 0x85 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x3000) return SPACE;
    return WORD;
}

typedef struct {
    int32_t length;                      /* characters in the buffer, between a space on either side */
    uint32_t codes[LONGEST_SENTENCE + 8];
    int32_t at[LONGEST_SENTENCE + 8];    /* where each comes from in the row */
    uint8_t kinds[LONGEST_SENTENCE + 8];
    uint8_t upper[LONGEST_SENTENCE + 8];
} sentence;

static inline void put(sentence *s, uint32_t c, int k, int64_t at, uint32_t flag) {
    s->codes[s->length] = c;
    s->kinds[s->length] = (uint8_t)k;
    s->at[s->length] = (int32_t)at;
    s->upper[s->length] = (uint8_t)(flag & UPPER);
    s->length++;
}

static inline int is_link(const uint32_t *text, int64_t left) {
    if (left > 7 && text[0] == 'h' && text[1] == 't' && text[2] == 't' && text[3] == 'p' && (text[4] == ':' || text[5] == ':')) return 1;
    return left > 4 && text[0] == 'w' && text[1] == 'w' && text[2] == 'w' && text[3] == '.';
}

/* Read one sentence from text[from:length] into the buffer; answers where the next begins. */
static int64_t read_sentence(const ngram_spec *spec, const uint32_t *text, const uint8_t *flags, int64_t from, int64_t length, sentence *s) {
    s->length = 0;
    put(s, ' ', SPACE, from, 0);
    int64_t i = from;
    int words = 0;
    while (i < length) {
        uint32_t c = text[i];
        int k = kind(c);
        if (k & SPACE) {
            int line = 0;
            int64_t first = i;
            while (i < length && (kind(text[i]) & SPACE)) line |= text[i++] == '\n';
            int last = s->kinds[s->length - 1];
            if (!(last & SPACE)) {
                words++;
                int stops = (last & STOP) || line ||
                            (s->length > 2 && (s->kinds[s->length - 2] & STOP) && (s->codes[s->length - 1] == '"' || s->codes[s->length - 1] == ')'));
                if (s->length > LONG_SENTENCE || (stops && words > 1 && s->length > SHORT_SENTENCE)) break;
                put(s, ' ', SPACE, first, 0);
            }
            continue;
        }
        if (s->length >= LONGEST_SENTENCE) break;
        int last = s->kinds[s->length - 1];
        if (k & WORD && !(last & WORD)) {
            if ((c == 'h' || c == 'w') && is_link(text + i, length - i)) {
                put(s, 0x1F517, WORD, i, 0);
                while (i < length && !(kind(text[i]) & SPACE)) i++;
                continue;
            }
            if (s->codes[s->length - 1] == '@' && s->length >= 2 && !(s->kinds[s->length - 2] & WORD)) {
                s->kinds[s->length - 1] = WORD;
                while (i < length && ((kind(text[i]) & WORD) || text[i] == '_') && text[i] != '\'') i++;
                continue;
            }
        }
        int n = s->length;
        if (c == s->codes[n - 1] && c == s->codes[n - 2] && n > 2 && !(k & DIGIT)) {
            i++;
            continue;
        }
        if ((k & DIGIT) && spec->digits) {
            c = '0';
            if (c == s->codes[n - 1] && c == s->codes[n - 2] && n > 2) { i++; continue; }
        }
        put(s, c, k, i, flags[i]);
        i++;
    }
    if (!(s->kinds[s->length - 1] & SPACE)) put(s, ' ', SPACE, i, 0);
    return i;
}

typedef void emitter(void *to, uint64_t hash, int32_t first, int32_t last);

static inline uint64_t pair_hash(uint64_t before, uint64_t hash) { return (((hash << 23) | (hash >> 41)) ^ before) * MIX; }
static inline uint64_t triple_hash(uint64_t before2, uint64_t before, uint64_t hash) { return (pair_hash(before, hash) ^ (before2 >> 7)) * MIX; }
static inline uint64_t skip_hash(uint64_t before2, uint64_t hash) { return pair_hash(before2 ^ SKIP_SEED, hash); }

uint64_t md_word_hash(const uint32_t *codes, int64_t length) {
    uint64_t hash = WORD_SEED;
    for (int64_t i = 0; i < length; i++) hash = (hash ^ codes[i]) * MIX;
    return hash;
}

static inline int is_group(const ngram_spec *spec, uint64_t hash) {
    if (!spec->group_slots) return 0;
    for (uint32_t at = (uint32_t)(hash >> 32);; at++) {
        uint64_t found = spec->groups[at & (spec->group_slots - 1)];
        if (found == hash) return 1;
        if (!found) return 0;
    }
}

/* Every n-gram of a sentence: emit(to, hash, first, last), the characters [first, last] of the buffer. Where a word for a group
   of people stands, word n-grams are read once more with one sign in its place, and its letters' n-grams are its own, shared with
   no other word, so that training can withhold them from an attribute. */
static inline __attribute__((always_inline)) void walk(const ngram_spec *spec, sentence *s, emitter *emit, void *to) {
    int32_t length = s->length;
    uint64_t before = 0, before2 = 0, sign_before = 0, sign_before2 = 0;
    int32_t start1 = 0, start2 = 0;
    int seen = 0, groups = 0; /* groups: bit k: the word k places back is one for a group */
    for (int32_t i = 0; spec->word_max && i < length;) {
        if (!(s->kinds[i] & WORD)) { i++; continue; }
        uint64_t hash = WORD_SEED;
        int32_t first = i, capitals = 0;
        for (; i < length && (s->kinds[i] & WORD); i++) {
            hash = (hash ^ s->codes[i]) * MIX;
            capitals += s->upper[i];
        }
        int32_t last = i - 1;
        emit(to, hash, first, last);
        if (spec->shout && capitals > 2 && capitals >= i - first - 1) {
            emit(to, (hash ^ SHOUT_SEED) * MIX, first, last);
            emit(to, SHOUT_SEED * MIX, first, last);
        }
        if (seen >= 1 && spec->word_max >= 2) emit(to, pair_hash(before, hash), start1, last);
        if (seen >= 2 && spec->word_max >= 3) emit(to, triple_hash(before2, before, hash), start2, last);
        if (seen >= 2 && spec->skip) emit(to, skip_hash(before2, hash), start2, last);
        int group = is_group(spec, hash);
        uint64_t sign = group ? GROUP_HASH : hash;
        groups = (groups << 1 | group) & 7;
        if (groups) {
            if (group) emit(to, GROUP_HASH * MIX, first, last);
            if (group) for (int32_t j = first; j < i; j++) s->kinds[j] |= GROUP;
            if (seen >= 1 && spec->word_max >= 2 && groups & 3) emit(to, pair_hash(sign_before, sign), start1, last);
            if (seen >= 2 && spec->word_max >= 3) emit(to, triple_hash(sign_before2, sign_before, sign), start2, last);
            if (seen >= 2 && spec->skip && groups & 5) emit(to, skip_hash(sign_before2, sign), start2, last);
        }
        before2 = before; sign_before2 = sign_before; start2 = start1;
        before = hash; sign_before = sign; start1 = first;
        seen++;
    }
    int32_t low = spec->char_min, high = spec->char_max;
    for (int32_t i = 0; i < length; i++) {
        int group = (s->kinds[i] | (i + 1 < length ? s->kinds[i + 1] : 0)) & GROUP;
        uint64_t hash = group ? CHAR_SEED ^ GROUP_HASH : CHAR_SEED;
        int32_t end = i + high < length ? i + high : length;
        for (int32_t j = i; j < end; j++) {
            hash = (hash ^ s->codes[j]) * MIX;
            if (j - i + 1 >= low) emit(to, hash, i, j);
            if (!spec->across && j > i && (s->kinds[j] & SPACE)) break;
        }
    }
}

static inline uint32_t bucket(uint64_t hash, uint32_t buckets) { return (uint32_t)(((hash >> 32) * buckets) >> 32); }

typedef struct {
    const sentence *read;
    uint32_t buckets;
    uint32_t *ids;
    int32_t *spans;
    int64_t count, capacity;
} writer;

static inline void write_ngram(void *to, uint64_t hash, int32_t first, int32_t last) {
    writer *w = to;
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

/* ---- scoring: the weights of all n-grams of a sentence are added as integers, so order and machine do not matter ---- */

typedef int32_t int32x8 __attribute__((vector_size(32)));
typedef int64_t int64x8 __attribute__((vector_size(64))); /* of a whole text, which may be long */
typedef int8_t int8x8 __attribute__((vector_size(8), aligned(1)));

/* Buckets are gathered first and their weights added after, so that the loads, which miss the cache as often as not, wait for
   one another no longer. */
#define GATHERED 1024

typedef struct {
    const int8_t *table;
    uint32_t buckets;
    int32_t waiting;
    int32_t count;
    int32x8 sum;
    uint32_t ids[GATHERED];
} adder;

static inline void add_waiting(adder *a) {
    int32x8 sum = a->sum;
    for (int32_t i = 0; i < a->waiting; i++) sum += __builtin_convertvector(*(const int8x8 *)(a->table + 8 * (int64_t)a->ids[i]), int32x8);
    a->sum = sum;
    a->count += a->waiting;
    a->waiting = 0;
}

static inline void add_ngram(void *to, uint64_t hash, int32_t first, int32_t last) {
    (void)first, (void)last;
    adder *a = to;
    uint32_t id = bucket(hash, a->buckets);
    __builtin_prefetch(a->table + 8 * (int64_t)id);
    a->ids[a->waiting++] = id;
    if (a->waiting == GATHERED) add_waiting(a);
}

static int32x8 add_sentence(const ngram_model *model, sentence *read, adder *to) {
    to->table = model->table;
    to->buckets = model->spec.buckets;
    to->waiting = to->count = 0;
    to->sum = (int32x8){0};
    walk(&model->spec, read, add_ngram, to);
    add_waiting(to);
    return to->sum;
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

void md_calibrate(const double *knots, const double *values, int64_t outputs, int64_t knot_count, const double *logits, int64_t n, double *scores) {
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

void md_predict(const ngram_model *model, const char *block, const char *skip, double *scores, double *logits) {
    const folded *fold = (const folded *)(const void *)block;
    sentence read;
    adder to;
    for (int64_t row = 0; row < fold->size; row++) {
        if (skip && skip[row]) continue;
        int64_t start = fold->offsets[row], length = fold->offsets[row + 1] - start;
        int64x8 whole = {0};
        int64_t count = 0;
        double top[8] = {0};
        int first = 1;
        for (int64_t from = 0; from < length;) {
            from = read_sentence(&model->spec, fold->codes + start, fold->flags + start, from, length, &read);
            if (read.length <= 2) continue;
            int32x8 sum = add_sentence(model, &read, &to);
            double by = norm(model, (double)to.count);
            for (int32_t k = 0; k < model->outputs; k++) {
                double z = (double)sum[k] * model->step[k] * by;
                if (first || z > top[k]) top[k] = z;
            }
            whole += __builtin_convertvector(sum, int64x8);
            count += to.count;
            first = 0;
        }
        finish(model, whole, count, top, scores + row * model->outputs, logits ? logits + row * model->outputs : NULL);
    }
}

int64_t md_predict_sentences(const ngram_model *model, const char *block, int64_t row, int32_t *spans, double *scores, int64_t capacity) {
    const folded *fold = (const folded *)(const void *)block;
    int64_t start = fold->offsets[row], length = fold->offsets[row + 1] - start;
    sentence read;
    adder to;
    int64_t sentences = 0;
    for (int64_t from = 0; from < length;) {
        int64_t next = read_sentence(&model->spec, fold->codes + start, fold->flags + start, from, length, &read);
        if (read.length > 2) {
            if (sentences >= capacity) return -1;
            int32x8 sum = add_sentence(model, &read, &to);
            double by = norm(model, (double)to.count), top[8] = {0};
            for (int32_t k = 0; k < model->outputs; k++) top[k] = (double)sum[k] * model->step[k] * by;
            finish(model, __builtin_convertvector(sum, int64x8), to.count, top, scores + sentences * model->outputs, NULL);
            spans[2 * sentences] = (int32_t)from;
            spans[2 * sentences + 1] = (int32_t)next;
            sentences++;
        }
        from = next;
    }
    return sentences;
}
