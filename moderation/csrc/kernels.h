/* The whole border between Python and C: this file is read by the C compiler and, word for word, by cffi.
   So it holds plain declarations only. Lengths are counts of elements, offsets are half-open. No function
   allocates, keeps state or reads past the lengths it is given; outputs have stated capacities. */

/* ---- fold.c: code points in, folded characters and the way back out ---- */

/* Flags of a folded character: what it was, and what stood before it. */
#define UPPER 1
#define STYLED 2
#define HOMOGLYPH 4 /* a look-alike of another script */
#define MARKED 8
#define AFTER_INVISIBLE 16
#define AFTER_TAG 32
#define ENTITY 64
#define OTHER_LETTER 128 /* a letter beyond ASCII */

typedef struct {
    const uint16_t *pages;    /* [0x1100]: code point >> 8 -> page number */
    const uint32_t *entries;  /* [pages][256]: what becomes of a code point; bits in fold.c */
    const uint32_t *expansions; /* runs of folded characters that a code point expands to, 0-terminated */
} fold_tables;

/* The fold of n texts. It lies at the head of the block of memory that md_fold is given, the arrays behind it. */
typedef struct {
    int64_t size, length, capacity; /* rows; characters of all rows; room for characters */
    int64_t *offsets;               /* [size + 1]: where each row begins in the arrays below */
    uint32_t *codes;                /* [length]: the folded characters */
    int32_t *starts, *ends;         /* [length]: where they come from, in code points of the row's own text */
    uint8_t *flags;                 /* [length]: what they were, bits above */
    uint8_t *taken;                 /* [length]: room for md_match to note what is taken; holds nothing */
    uint8_t *marked;                /* [size]: 1: entities or tags were read in the row, so that the original holds more than this */
} folded;

/* Bytes that the fold of n texts needs; one code point folds to at most 4 characters. */
int64_t md_fold_bytes(int64_t n, int64_t capacity);

/* texts: all texts, one after another: code points of 4 bytes (width 4), or ASCII of 1 byte without & and < (width 1).
   text_offsets: [n + 1] into it, or NULL for one text; total: characters of all texts. Fills `block` of
   md_fold_bytes(n, capacity) bytes, aligned to 8. Answers the number of characters, or -1 if `capacity` does not do. */
int64_t md_fold(const fold_tables *tables, const char *texts, int64_t width, const int64_t *text_offsets, int64_t n,
                int64_t total, char *block, int64_t capacity);

/* ---- marks.c: where a text may hold what is looked for at greater length ---- */

/* The first place from `from` on at which one of the marks begins, or -1. texts, width, total: as md_fold takes them. marks: of ASCII signs, at
   most 8 each, each ended by a 0, and by one more behind the last. */
int64_t md_find_mark(const char *texts, int64_t width, int64_t from, int64_t total, const char *marks);

/* ---- match.c, evidence.c, hiding.c: the terms that stand in folded text, and how each is disguised ---- */

/* Ranges in `match_tables.spelling`, half-open. */
typedef struct {
    int32_t term, kind, strange;  /* the term's number; the kind by the enum of row.h; 1: its file lists no such ending */
    int32_t letters, letters_end; /* how it is spelt, without spaces */
    int32_t ending, ending_end;   /* the ending that it has, if any */
    int32_t apart, apart_end;     /* the same spelling in several words, where another term is written so */
} form_facts;

typedef struct {
    int32_t text, text_end;   /* how it stands in its file */
    int32_t traits, severity; /* bits and numbers of row.h */
} term_facts;

typedef struct { int32_t before, after, end, number; } allow_phrase; /* ranges in `allow_words`, nearest first; its own number */

/* A node of the trie of forms, letters only; what a step reads lies in one line of the cache. */
typedef struct {
    uint32_t children; /* bit i: there is a child for letter 'a' + i; they lie side by side */
    uint32_t first;    /* number of the first of them */
    int32_t form;      /* the form that ends here, or -1 */
    uint32_t lengths;  /* bit k: a form ends k letters further on */
} trie_node;

/* What a match has left to be asked before it stands. */
#define ASKS_REGION 1   /* whether it lies in a link, an address, code or a block quote */
#define ASKS_SCRIPT 2   /* whether it is a word of another script */
#define ASKS_LANGUAGE 4 /* whether it is a word of the text's language */

typedef struct {
    const trie_node *nodes;      /* [nodes]: the trie of all forms; node 0 is the root */
    const uint32_t *other_first; /* [nodes + 1]: range in the two arrays below, for characters beyond ASCII */
    const uint32_t *other_code;  /* the character, ascending within a node */
    const uint32_t *other_child; /* the child's number */
    const uint32_t *readings;    /* [128]: letters that an ASCII character may stand for, bit i: 'a' + i */
    const uint32_t *respellings; /* [128]: letters that readers swap a letter for, only where a whole word comes of it */
    const uint32_t *doubles;     /* [128]: letters that a look-alike may stand for beside the one it folds to */
    const uint8_t *kinds;        /* [128]: bits of row.h */
    const uint32_t *frequent;    /* hash table of the known words that are met most, small enough for a cache; 0: free */
    int64_t frequent_slots;      /* a power of two */
    const uint32_t *leads;       /* [frequent_slots]: where each of them leads in the trie, filled by md_leads_fill */
    const uint32_t *words;       /* hash table of known words; 0: free */
    int64_t word_slots;          /* a power of two */
    const uint32_t *innocent;    /* hash table of known words that are reported, with form -1, for the term that they contain; 0: free */
    int64_t innocent_slots;      /* a power of two */
    const uint32_t *common;      /* hash table of the words that run-together words are made of; 0: free */
    int64_t common_slots;        /* a power of two */
    const form_facts *forms;
    const term_facts *terms;
    const uint32_t *spelling;    /* the characters that both are made of */
    const uint32_t *foreign;     /* hash table of other languages' little words that are no English ones; 0: free */
    int64_t foreign_slots;       /* a power of two */
    const uint32_t *given;       /* hash table of given names; 0: free */
    int64_t given_slots;         /* a power of two */
    const uint64_t *allow_keys;  /* [allow_count]: hashes of a word and the term that it is, of a word alone, or of a term alone (whose
                                    phrases are words of another sense, one each), ascending */
    const int32_t *allow_first;  /* [allow_count + 1]: where the phrases of each begin */
    const allow_phrase *allow_phrases;
    const uint64_t *allow_words; /* hashes of the words of phrases; 0: any word */
    int64_t allow_count;
    const uint32_t *plain;       /* of md_english */
    const uint8_t *letters;      /* [letter_codes]: of a character beyond ASCII, 1: a letter; 2: a letter or number */
    int64_t letter_codes;
} match_tables;

typedef struct {
    int32_t row, form;
    int32_t start, end; /* half-open, characters of the row's fold */
    int32_t from, to;   /* half-open, code points of the row's own text */
    uint32_t rank;      /* of readings of one length, the least is the best */
    int32_t phrase;     /* the number of the phrase that takes it back, or -1 */
    uint8_t literal;    /* letters that stand for themselves */
    uint8_t leet;       /* digits and signs read as letters */
    uint8_t masked;     /* letters behind * and the like */
    uint8_t gaps;       /* runs of separators between letters */
    uint8_t spaces;     /* of these, runs with white space in them */
    uint8_t respelled;  /* letters swapped for others */
    uint8_t repeats;    /* runs longer than the form's */
    uint8_t edges;      /* 1: begins inside a word; 2: ends inside a word; 4: the word is a known one */
    uint8_t disguise;   /* by the enum of row.h; 0: it is no match */
    uint8_t spared;     /* 1: a name; 2: an abbreviation; 3: a phrase takes it back; 4: another language's word; so that it is no match */
    uint8_t asks;       /* bits above */
    uint8_t quoted;     /* 1: it stands between quotation marks, or is told of */
} candidate;

/* Fill a table of known words from n words, each ended by '\n'. */
void md_words_fill(uint32_t *words, int64_t word_slots, const char *text, int64_t length);

/* Fill `leads` for the words of `frequent`, each ended by '\n'; tables: with the trie and `frequent` filled. */
void md_leads_fill(const match_tables *tables, uint32_t *leads, const char *text, int64_t length);

/* The hash of a text in UTF-8, as `allow_keys` and `allow_words` hold it. */
uint64_t md_text_hash(const char *text, int64_t length);

/* Whether a lower-case ASCII word is in the table. */
int md_word_known(const match_tables *tables, const char *word, int64_t length);

/* Every place where a term stands, row by row, by start; of places that overlap, the best. Where one in a row has something to ask,
   the row's are not chosen from yet: that is md_choose's, when all is asked. With `every`, also places where a term seems to stand
   and does not. Answers how many there are: where that is more than `capacity`, the rest was not written, and the caller comes
   back with room for as many. `block` holds a fold, whose `taken` is written to. For a row, at most two for each character, and 64. */
int64_t md_match(const match_tables *tables, const char *block, int every, candidate *found, int64_t capacity);

/* Leaves the best of the places of one row that overlap, by start, and answers how many they are. */
int64_t md_choose(const char *block, candidate *found, int64_t count);

/* ---- restore.c: texts as a model that knows words should read them ---- */

/* The texts of the rows of a fold with what is disguised in plain words and what is spared blank, into `codes`, one after another, each a
   code point of 4 bytes; and where each begins into offsets[rows + 1]. `texts`, `width`, `text_offsets`: what md_fold was given, with
   offsets for one row too. read: [size], rows to leave out where it is 1, or NULL. found: [count] as of md_match and judged, so that
   those that stand have a disguise and are not spared; those of a row change places. Answers how many code points there are, or -1
   where there is no room for `capacity` of them: each place adds at most the longest term's characters and 2, and at most 11. */
int64_t md_restore(const match_tables *tables, const char *block, const char *texts, int64_t width, const int64_t *text_offsets,
                   const uint8_t *read, candidate *found, int64_t count, char *codes, int64_t capacity, int64_t *offsets);

/* ---- english.c: texts that are English beyond doubt ---- */

#define PLAIN_SLOTS 512

/* english[row]: 1 if the row is. plain: [PLAIN_SLOTS], filled by md_words_fill with words that hardly any other language has. */
void md_english(const uint32_t *plain, const char *block, uint8_t *english);

/* ---- ngrams.c: hashed n-grams of folded text, sentence by sentence; the walk of ngrams.h trains, scores and explains ---- */

#define LONGEST_NGRAM 8         /* characters */
#define NGRAMS_PER_CHARACTER 18 /* the most that a character can begin, by the lengths below */

typedef struct {
    int32_t char_min, char_max; /* lengths of the character n-grams, from 1 to LONGEST_NGRAM; char_max 0: none */
    int32_t word_max;           /* lengths of the word n-grams: 1 to word_max, at most 3; 0: none */
    int32_t across;             /* 1: character n-grams run across words; 0: they stay within one, with its borders */
    int32_t shout;              /* 1: words in capitals count as features of their own */
    int32_t digits;             /* 1: every digit reads as 0 */
    int32_t skip;               /* 1: pairs of words with one word between them */
    uint32_t buckets;           /* hashes are reduced to [0, buckets) */
    uint32_t group_slots;       /* of the table below, a power of two; 0: none */
    const uint64_t *groups;     /* hash table of the words for groups of people, which read as one sign beside themselves; 0: free */
} ngram_spec;

/* The hash of a folded word, as it stands in `groups` from slot (hash >> 32) on. */
uint64_t md_word_hash(const uint32_t *codes, int64_t length);

/* The n-grams of n rows of a fold (in `block`) from row `first` on, as a matrix in compressed rows, in two steps: row i has sentences
   [row_sentences[i], row_sentences[i + 1]), sentence s has n-grams [sentence_ngrams[s], sentence_ngrams[s + 1]) and covers the characters
   [sentence_spans[2 s], sentence_spans[2 s + 1]) of the row's fold.
   ids: [capacity] out; spans: [capacity][2] out, characters of the row's fold, or NULL. sentence_capacity: room in
   sentence_ngrams and sentence_spans, less one. Answers the number of n-grams, or -1 where a capacity does not do. */
int64_t md_ngrams(const ngram_spec *spec, const char *block, int64_t first, int64_t n, uint32_t *ids, int32_t *spans,
                  int64_t capacity, int64_t *row_sentences, int64_t *sentence_ngrams, int32_t *sentence_spans, int64_t sentence_capacity);

/* ---- predict.c: folded text in, a model's probabilities out ---- */

typedef struct {
    ngram_spec spec;
    const int8_t *table;     /* [buckets][8]: weights in steps, a column for each output */
    const double *step;      /* [outputs]: what one step is worth */
    const double *join;      /* [outputs][6]: see `finish` in predict.c */
    const double *knots;     /* [outputs][knot_count]: calibration, logits ascending */
    const double *values;    /* [outputs][knot_count]: and the probabilities there, ascending */
    double least, half, gate; /* counts of n-grams: the least a text is taken to have; where its length begins to weigh */
    int32_t outputs;         /* at most 8 */
    int32_t knot_count;
} ngram_model;

/* What the character n-grams of a frequent word between two spaces come to: most of what is read are such words. */
typedef struct {
    int16_t weights[8];
    uint64_t hash; /* of the word, as word n-grams have it; 0: free */
    int32_t count; /* n-grams */
} word_sum;

/* A hash table of them: a word is found from slot (hash >> 32) on. Scores are the same with it and without. */
typedef struct {
    const word_sum *table; /* or NULL */
    uint32_t slots;        /* a power of two */
} word_sums;

/* Fills table[slots], zeroed and with more slots than there are words, for words in folded characters, each ended by '\n'. Leaves it empty
   for a model whose character n-grams run across words. */
void md_word_sums(const ngram_model *model, const uint32_t *words, int64_t length, word_sum *table, int64_t slots);

/* Calibrated scores of all rows of a fold, [rows][outputs], and their logits, likewise, unless NULL. */
void md_predict(const ngram_model *model, const char *block, double *scores, double *logits);

/* The same calibration of other logits: knots and values: [outputs][knot_count]; logits: [n][outputs]; scores likewise, out. */
void md_calibrate(const double *knots, const double *values, int64_t outputs, int64_t knot_count, const double *logits, int64_t n,
                  double *scores);

/* The sentences of one row, each scored as a text of its own. spans: [capacity][2], characters of the fold; scores:
   [capacity][outputs]. Answers how many there are, or -1 where the capacity does not do; length + 1 always does. */
int64_t md_predict_sentences(const ngram_model *model, const char *block, int64_t row, int32_t *spans, double *scores, int64_t capacity);

/* ---- fit.c: what training computes over rows of n-grams, eight outputs at a time ---- */

/* scores[i] = scale[i] * sum of weights[id] over the ids of row i; ids: rows[i] to rows[i + 1]; weights: [buckets][8]. */
void md_fit_scores(const uint32_t *ids, const int64_t *rows, int64_t n, const float *scale, const float *weights, float *scores);

/* One pass of AdaGrad over `order`; labels, importance (0: the label is missing): [rows][8]; groups: [rows], each with a bias
   of its own. Updates state ([buckets][2][8]: weights, and sums of squared gradients, above 0 at the start), bias and
   bias_squares ([groups][8]) in place; answers the summed loss. */
double md_fit_epoch(const uint32_t *ids, const int64_t *rows, const int64_t *order, int64_t n, const float *scale, const float *labels,
                    const float *importance, const int32_t *groups, float *state, float *bias, float *bias_squares, float rate,
                    float decay);

/* ---- fuse.c: probabilities in, categories' scores out ---- */

typedef struct {
    int32_t attribute, category; /* columns of the scores and of the outcome */
    double review_at, reject_at; /* the attribute's operating points */
    double review, reject, top;  /* where they, and a probability of 1, come to stand */
    double slopes[3];            /* of the pieces between them */
} fuse_pair;

/* scores: [n][attributes]. fused: [n][categories] out, the greatest of each category's pairs, rounded to four digits,
   0 for a category without pairs. values: [n][pair_count] out, every pair's own; may be NULL. */
void md_fuse(const fuse_pair *pairs, int64_t pair_count, const double *scores, int64_t n, int64_t attributes,
             int64_t categories, double *fused, double *values);

/* ---- score.c: all of that in one call ---- */

typedef struct {
    int32_t category;   /* that a term breaks, or -1 */
    double own, quoted; /* what it counts at least, where it is the writer's own word and where not */
} word_count;

typedef struct {
    const match_tables *words;
    const ngram_model *model;
    word_sums sums;            /* of that model */
    const fuse_pair *pairs;
    int64_t pair_count, categories;
    const double *thresholds;  /* [sections][categories][2]: scores from which a category's action is 1 and 2, ascending */
    const word_count *counts;  /* [terms][2]: of the two categories that a term may break */
    const double *quoted_most; /* [categories]: the most that the model's score counts beside words that are all quoted */
} score_tables;

/* For the n rows of a fold, into `out`, aligned to 8, one array after another:
   double scores[n][outputs], logits[n][outputs]: the model's; fused[n][categories]: what scores and words come to;
   uint8_t actions[n][categories]: by the thresholds; english[n]: 1 as of md_english; read[n]: 1 where the others hold anything: 0 where a
   place may change what the model is to read, since it is disguised, spared or has something to ask.
   The places are in `found`, as of md_match; the answer is how many they are, and where that is more than `capacity`, they are to be
   sought again with room for them. sections: [n], rows of `thresholds`; or NULL: all are of `section`. */
int64_t md_score(const score_tables *with, const char *block, const int64_t *sections, int64_t section, char *out, candidate *found,
                 int64_t capacity);

/* Scores once more, and into the same `out` of n rows, those rows that the model could not read as they stood, which are all that the fold
   holds, in plain words, in order. found: [count] as of md_score, and judged as for md_restore. */
void md_score_again(const score_tables *with, const char *block, const int64_t *sections, int64_t section, char *out, int64_t n,
                    const candidate *found, int64_t count);
