/* The whole border between Python and C: this file is read by the C compiler and, word for word, by cffi.
   So it holds plain declarations only. Lengths are counts of elements, offsets are half-open. No function
   allocates, keeps state or reads past the lengths it is given; outputs have stated capacities. */

/* ---- fold.c: code points in, folded characters and the way back out ---- */

typedef struct {
    const uint16_t *pages;    /* [0x1100]: code point >> 8 -> page number */
    const uint32_t *entries;  /* [pages][256]: what becomes of a code point; bits in fold.c */
    const uint32_t *expansions; /* runs of folded characters that a code point expands to, 0-terminated */
} fold_tables;

/* One row's fold is at most 4 characters for each code point of the text.
   texts: code points of all texts, one after another; text_offsets: [n + 1] into it.
   codes, starts, ends, flags: [capacity] out; starts and ends count code points from the beginning of the row's
   own text. offsets: [n + 1] out. Answers the number of characters written, or -1 if capacity does not do. */
int64_t md_fold(const fold_tables *tables, const char *texts, const int64_t *text_offsets, int64_t n,
                uint32_t *codes, int32_t *starts, int32_t *ends, uint8_t *flags, int64_t *offsets, int64_t capacity);
