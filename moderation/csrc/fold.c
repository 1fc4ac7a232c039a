/* Folding: every code point becomes no, one or a few folded characters, each with its place in the original.
   What becomes of a code point stands in the tables that chardata.py builds; what is here is only the walk, with
   HTML entities and tags, which span several code points. Linear in the text. */

#include <string.h>

#include "kernels.h"

/* An entry: 0 is the code point itself; else the low 21 bits hold the folded character (or a place in `expansions`), the others what
   it went through. */
#define TARGET 0x1FFFFFu
#define EXPANDS (1u << 21)
#define DROPPED (1u << 22) /* invisible: leaves nothing */
#define MARK (1u << 23)    /* combining: leaves nothing, belongs to the character before it */
#define FLAG_SHIFT 24      /* above: the flags of kernels.h, as they stand in `flags` */

#define LONGEST_TAG 512
#define LONGEST_COMMENT 64

static int is_ascii_letter(uint32_t c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }

static uint32_t lower(uint32_t c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; }

typedef struct { const char *name; uint32_t code; } named_entity;

static const named_entity ENTITIES[] = {
    {"amp", '&'},    {"lt", '<'},     {"gt", '>'},      {"quot", '"'},    {"apos", '\''},   {"nbsp", 0xA0},
    {"shy", 0xAD},   {"zwj", 0x200D}, {"zwnj", 0x200C}, {"lrm", 0x200E},  {"rlm", 0x200F},  {"ast", '*'},
    {"num", '#'},    {"dollar", '$'}, {"commat", '@'},  {"excl", '!'},    {"lowbar", '_'},  {"period", '.'},
    {"rsquo", 0x2019}, {"lsquo", 0x2018}, {"rdquo", 0x201D}, {"ldquo", 0x201C}, {"ndash", 0x2013}, {"mdash", 0x2014},
    {"hellip", 0x2026}, {"bull", 0x2022}, {"middot", 0xB7}, {"hyphen", 0x2010}, {"ZeroWidthSpace", 0x200B},
};

static const char *const ACCENTS[] = {"acute", "grave", "circ", "uml", "tilde", "ring", "cedil", "slash", "caron", 0};

static int is_named(const char *const *names, const uint32_t *text, int64_t length) {
    for (; *names; names++) {
        int64_t k = 0;
        while ((*names)[k] && k < length && (uint32_t)(*names)[k] == lower(text[k])) k++;
        if (!(*names)[k] && k == length) return 1;
    }
    return 0;
}

/* The code point of an entity that begins at text[0], taken for an `&`, and its length; 0 if there is none. */
static uint32_t read_one_entity(const uint32_t *text, int64_t left, int64_t *length) {
    int64_t i = 1;
    uint32_t code = 0;
    if (left > 2 && text[1] == '#') {
        int hexadecimal = text[2] == 'x' || text[2] == 'X';
        i = hexadecimal ? 3 : 2;
        int64_t first = i;
        for (; i < left && i < first + 8; i++) {
            uint32_t c = text[i], digit;
            if (c >= '0' && c <= '9') digit = c - '0';
            else if (hexadecimal && lower(c) >= 'a' && lower(c) <= 'f') digit = lower(c) - 'a' + 10;
            else break;
            code = code * (hexadecimal ? 16 : 10) + digit;
            if (code > 0x10FFFF) return 0;
        }
        if (i == first) return 0;
    } else {
        int64_t end = i;
        while (end < left && end < 16 && is_ascii_letter(text[end])) end++;
        if (end == left || text[end] != ';') return 0;
        if (end >= 6 && is_named(ACCENTS, text + 2, end - 2)) { /* &iacute; and its like: the bare letter */
            *length = end + 1;
            return text[1];
        }
        for (size_t e = 0; e < sizeof ENTITIES / sizeof *ENTITIES; e++) {
            int64_t k = 0;
            const char *name = ENTITIES[e].name;
            while (name[k] && i + k < end && (uint32_t)name[k] == text[i + k]) k++;
            if (!name[k] && i + k == end) { code = ENTITIES[e].code; break; }
        }
        i = end;
    }
    if (code == 0 || (code >= 0xD800 && code <= 0xDFFF)) return 0;
    if (i < left && text[i] == ';') i++;
    *length = i;
    return code;
}

/* Likewise of one that has been escaped once more: &amp;#102; */
static uint32_t read_entity(const uint32_t *text, int64_t left, int64_t *length) {
    int64_t behind;
    uint32_t code = read_one_entity(text, left, length);
    if (code != '&' || *length >= left || text[*length] != '#') return code;
    uint32_t inner = read_one_entity(text + *length - 1, left - *length + 1, &behind);
    if (inner) *length += behind - 1;
    return inner ? inner : code;
}

/* Tags that a comment may carry. Anything else between < and > is the reader's own words ("<you idiots>"). */
static const char *const INLINE_TAGS[] = {"a", "abbr", "b", "big", "code", "del", "em", "font", "i", "img", "ins", "kbd",
    "mark", "q", "s", "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "wbr", 0};
static const char *const BLOCK_TAGS[] = {"blockquote", "br", "div", "h1", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre",
    "table", "td", "tr", "ul", 0};

/* The length of a tag or short comment that begins at text[0] == '<', or 0. `block` says that it breaks the line.
   Attributes must look like attributes: name, '=', a value without spaces or in quotes. */
static int64_t read_tag(const uint32_t *text, int64_t left, int *block) {
    *block = 0;
    if (left >= 7 && text[1] == '!' && text[2] == '-' && text[3] == '-') {
        for (int64_t i = 4; i + 2 < left && i < LONGEST_COMMENT; i++)
            if (text[i] == '-' && text[i + 1] == '-' && text[i + 2] == '>') return i + 3;
        return 0;
    }
    int64_t i = 1;
    if (i < left && text[i] == '/') i++;
    int64_t first = i;
    while (i < left && i < first + 10 && (is_ascii_letter(text[i]) || (i > first && text[i] >= '0' && text[i] <= '9'))) i++;
    if (i == first) return 0;
    *block = is_named(BLOCK_TAGS, text + first, i - first);
    if (!*block && !is_named(INLINE_TAGS, text + first, i - first)) return 0;
    int64_t limit = left < LONGEST_TAG ? left : LONGEST_TAG;
    for (;;) {
        while (i < limit && (text[i] == ' ' || text[i] == '\n' || text[i] == '\t')) i++;
        if (i < limit && text[i] == '/') i++;
        if (i >= limit) return 0;
        if (text[i] == '>') return i + 1;
        int64_t name = i;
        while (i < limit && (is_ascii_letter(text[i]) || text[i] == '-')) i++;
        if (i == name || i >= limit || text[i] != '=') return 0;
        i++;
        if (i < limit && (text[i] == '"' || text[i] == '\'')) {
            uint32_t quote = text[i++];
            while (i < limit && text[i] != quote) i++;
            i++;
        } else {
            while (i < limit && text[i] != ' ' && text[i] != '>') i++;
        }
    }
}

int64_t md_fold_bytes(int64_t n, int64_t capacity) {
    return (int64_t)sizeof(folded) + 8 * (n + 1) + n + 14 * capacity;
}

/* Lays out the arrays behind the head of the block. */
static folded *lay_out(char *block, int64_t n, int64_t capacity) {
    folded *fold = (folded *)(void *)block;
    fold->size = n;
    fold->length = 0;
    fold->capacity = capacity;
    fold->offsets = (int64_t *)(void *)(block + sizeof(folded));
    fold->codes = (uint32_t *)(fold->offsets + n + 1);
    fold->starts = (int32_t *)(fold->codes + capacity);
    fold->ends = fold->starts + capacity;
    fold->flags = (uint8_t *)(fold->ends + capacity);
    fold->taken = fold->flags + capacity;
    fold->marked = fold->taken + capacity;
    memset(fold->marked, 0, (size_t)n);
    fold->offsets[0] = 0;
    return fold;
}

typedef uint8_t uint8x16 __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint32_t uint32x16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t int32x16 __attribute__((vector_size(64), aligned(4), may_alias));

#define BLOCK 16

static int is_any(uint8x16 mask) {
    union { uint8x16 bytes; uint64_t words[2]; } of = {.bytes = mask};
    return (of.words[0] | of.words[1]) != 0;
}

/* A block of ASCII from space to ~, which folds to its lower case and nothing else, written down. */
static inline void write_block(uint8x16 read, int64_t at, uint32_t *codes, int32_t *starts, int32_t *ends, uint8_t *flags) {
    const int32x16 place = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    uint8x16 upper = (uint8x16)(read - 'A' < 26);
    *(int32x16 *)(void *)codes = __builtin_convertvector(read | (upper & 32), int32x16);
    *(int32x16 *)(void *)starts = place + (int32_t)at;
    *(int32x16 *)(void *)ends = place + ((int32_t)at + 1);
    *(uint8x16 *)(void *)flags = upper & UPPER;
}

/* Folds the next characters if they are such a block, and answers whether they are. */
static int fold_bytes(const uint8_t *text, int64_t at, uint32_t *codes, int32_t *starts, int32_t *ends, uint8_t *flags) {
    uint8x16 read = *(const uint8x16 *)(const void *)(text + at);
    if (is_any((uint8x16)(read - ' ' > '~' - ' '))) return 0;
    write_block(read, at, codes, starts, ends, flags);
    return 1;
}

/* The same of code points, among which there may be entities and tags. */
static int fold_points(const uint32_t *text, int64_t at, uint32_t *codes, int32_t *starts, int32_t *ends, uint8_t *flags) {
    uint32x16 wide = *(const uint32x16 *)(const void *)(text + at);
    uint8x16 read = __builtin_convertvector(wide, uint8x16);
    uint8x16 odd = __builtin_convertvector((uint32x16)(wide - ' ' > '~' - ' '), uint8x16) | (uint8x16)((read == '&') | (read == '<'));
    if (is_any(odd)) return 0;
    write_block(read, at, codes, starts, ends, flags);
    return 1;
}

/* ASCII without entities and tags: one character in, one or none out. */
static int64_t fold_ascii(const fold_tables *tables, const uint8_t *texts, const int64_t *text_offsets, folded *fold) {
    const uint32_t *entries = tables->entries + ((uint32_t)tables->pages[0] << 8);
    uint32_t *codes = fold->codes;
    int32_t *starts = fold->starts, *ends = fold->ends;
    uint8_t *flags = fold->flags;
    int64_t out = 0;
    for (int64_t row = 0; row < fold->size; row++) {
        const uint8_t *text = texts + text_offsets[row];
        int64_t length = text_offsets[row + 1] - text_offsets[row];
        uint32_t pending = 0;
        for (int64_t i = 0; i < length; i++) {
            while (!pending && i + BLOCK < length && fold_bytes(text, i, codes + out, starts + out, ends + out, flags + out)) {
                i += BLOCK;
                out += BLOCK;
            }
            uint32_t entry = entries[text[i]];
            if (!entry) entry = text[i];
            if (entry & DROPPED) { pending = AFTER_INVISIBLE; continue; }
            codes[out] = entry & TARGET;
            starts[out] = (int32_t)i;
            ends[out] = (int32_t)i + 1;
            flags[out] = (uint8_t)((entry >> FLAG_SHIFT) | pending);
            pending = 0;
            out++;
        }
        fold->offsets[row + 1] = out;
    }
    return fold->length = out;
}

int64_t md_fold(const fold_tables *tables, const char *texts, int64_t width, const int64_t *text_offsets, int64_t n,
                int64_t total, char *block, int64_t capacity) {
    const int64_t single[2] = {0, total};
    if (!text_offsets) text_offsets = single;
    folded *fold = lay_out(block, n, capacity);
    if (width == 1) return total <= capacity ? fold_ascii(tables, (const uint8_t *)texts, text_offsets, fold) : -1;
    const uint32_t *all = (const uint32_t *)(const void *)texts;
    int64_t *offsets = fold->offsets;
    uint32_t *codes = fold->codes;
    int32_t *starts = fold->starts, *ends = fold->ends;
    uint8_t *flags = fold->flags;
    int64_t out = 0;
    for (int64_t row = 0; row < n; row++) {
        const uint32_t *text = all + text_offsets[row];
        int64_t length = text_offsets[row + 1] - text_offsets[row];
        int64_t row_start = out;
        uint32_t pending = 0;
        for (int64_t i = 0; i < length;) {
            while (!pending && i + BLOCK < length && out + BLOCK <= capacity &&
                   fold_points(text, i, codes + out, starts + out, ends + out, flags + out)) {
                i += BLOCK;
                out += BLOCK;
            }
            uint32_t c = text[i];
            int64_t next = i + 1;
            uint32_t extra = 0;
            if (c == '&') {
                int64_t consumed = 1;
                uint32_t code = read_entity(text + i, length - i, &consumed);
                if (code) { c = code; next = i + consumed; extra = ENTITY; fold->marked[row] = 1; }
            } else if (c == '<') {
                int block;
                int64_t consumed = read_tag(text + i, length - i, &block);
                if (consumed) fold->marked[row] = 1;
                if (consumed && !block) { pending |= AFTER_TAG; i += consumed; continue; }
                if (consumed) { c = '\n'; next = i + consumed; }
            }
            uint32_t entry = c <= 0x10FFFF ? tables->entries[((uint32_t)tables->pages[c >> 8] << 8) | (c & 255)] : 0xFFFD;
            if (!entry) entry = c;
            if (entry & (DROPPED | MARK)) {
                if ((entry & MARK) && out > row_start && !(pending & AFTER_TAG)) {
                    flags[out - 1] |= MARKED;
                    ends[out - 1] = (int32_t)next;
                } else {
                    pending |= AFTER_INVISIBLE;
                }
                i = next;
                continue;
            }
            uint32_t flag = (entry >> FLAG_SHIFT) | extra | pending;
            pending = 0;
            if (entry & EXPANDS) {
                const uint32_t *run = tables->expansions + (entry & TARGET);
                for (; *run; run++, out++) {
                    if (out >= capacity) return -1;
                    codes[out] = *run;
                    starts[out] = (int32_t)i;
                    ends[out] = (int32_t)next;
                    flags[out] = (uint8_t)flag;
                }
            } else {
                if (out >= capacity) return -1;
                codes[out] = entry & TARGET;
                starts[out] = (int32_t)i;
                ends[out] = (int32_t)next;
                flags[out] = (uint8_t)flag;
                out++;
            }
            i = next;
        }
        offsets[row + 1] = out;
    }
    return fold->length = out;
}
