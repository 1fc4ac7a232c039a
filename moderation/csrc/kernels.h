/* The whole border between Python and C: this file is read by the C compiler and, word for word, by cffi.
   So it holds plain declarations only. Lengths are counts of elements, offsets are half-open. No function
   allocates, keeps state or reads past the lengths it is given; outputs have stated capacities. */

/* ---- fold.c: code points in, folded characters and the way back out ---- */

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
    uint8_t *flags;                 /* [length]: what they were, bits in fold.c */
} folded;

/* Bytes that the fold of n texts needs; one code point folds to at most 4 characters. */
int64_t md_fold_bytes(int64_t n, int64_t capacity);

/* texts: code points of all texts, one after another; text_offsets: [n + 1] into it, or NULL for one text of `total` code
   points. Fills `block` of md_fold_bytes(n, capacity) bytes, aligned to 8. Answers the number of characters, or -1 if
   `capacity` does not do. */
int64_t md_fold(const fold_tables *tables, const char *texts, const int64_t *text_offsets, int64_t n, int64_t total,
                char *block, int64_t capacity);

/* ---- match.c: places where a term may stand, in folded text ---- */

typedef struct {
    /* The trie of all forms, letters only. Node 0 is the root. Children a to z of a node lie side by side. */
    const uint32_t *child_mask;  /* [nodes]: bit i: there is a child for letter 'a' + i */
    const uint32_t *child_first; /* [nodes]: number of the first of them */
    const int32_t *form;         /* [nodes]: the form that ends here, or -1 */
    const uint8_t *form_kind;    /* [forms]: 0 plain, 1 a phrase, 2 dropped vowels, 3 swapped or thinned letters */
    const uint32_t *other_first; /* [nodes + 1]: range in the two arrays below, for characters beyond ASCII */
    const uint32_t *other_code;  /* the character, ascending within a node */
    const uint32_t *other_child; /* the child's number */
    const uint32_t *readings;    /* [128]: letters that an ASCII character may stand for, bit i: 'a' + i */
    const uint32_t *respellings; /* [128]: letters that readers swap a letter for, only where a whole word comes of it */
    const uint32_t *doubles;     /* [128]: letters that a look-alike may stand for beside the one it folds to */
    const uint32_t *lengths;     /* [nodes]: bit k: a form ends k letters further on */
    const uint8_t *kinds;        /* [128]: bits in match.c */
    const uint32_t *words;       /* hash table of known words; 0: free */
    int64_t word_slots;          /* a power of two */
} match_tables;

typedef struct {
    int32_t row, form;
    int32_t start, end; /* half-open, characters of the row's fold */
    uint8_t literal;    /* letters that stand for themselves */
    uint8_t leet;       /* digits and signs read as letters */
    uint8_t masked;     /* letters behind * and the like */
    uint8_t gaps;       /* runs of separators between letters */
    uint8_t spaces;     /* of these, runs with white space in them */
    uint8_t respelled;  /* letters swapped for others */
    uint8_t repeats;    /* runs longer than the form's */
    uint8_t edges;      /* 1: begins inside a word; 2: ends inside a word; 4: the word is a known one */
} candidate;

/* Fill a table of known words from n words, each ended by '\n'. */
void md_words_fill(uint32_t *words, int64_t word_slots, const char *text, int64_t length);

/* Whether a lower-case ASCII word is in the table. */
int md_word_known(const match_tables *tables, const char *word, int64_t length);

/* Every place where a form may stand, row by row, by start. Answers how many there are: where that is more than
   `capacity`, the rest was not written, and the caller comes back with room for them. `block` holds a fold. At most 64 + length / 2 for a row. */
int64_t md_match(const match_tables *tables, const char *block, candidate *found, int64_t capacity);
