/* Looking for marks: short runs of ASCII signs, one of which a text must hold for a slower look to find anything. */

#include <string.h>

#include "kernels.h"

#define WINDOW 64
#define LONGEST_MARK 8

typedef uint8_t uint8x16 __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint32_t uint32x16 __attribute__((vector_size(64), aligned(4), may_alias));

/* The characters [at, at + count) as bytes, 0 for what is not ASCII, and zeros up to the end of the window. */
static void read_window(const char *texts, int64_t width, int64_t at, int64_t count, uint8_t *window) {
    memset(window + count, 0, (size_t)(WINDOW + LONGEST_MARK - count));
    if (width == 1) {
        memcpy(window, texts + at, (size_t)count);
        return;
    }
    const uint32_t *codes = (const uint32_t *)(const void *)texts + at;
    int64_t i = 0;
    for (; i + 16 <= count; i += 16) {
        uint32x16 wide = *(const uint32x16 *)(const void *)(codes + i);
        *(uint8x16 *)(void *)(window + i) = __builtin_convertvector(wide & (uint32x16)(wide < 128), uint8x16);
    }
    for (; i < count; i++) window[i] = codes[i] < 128 ? (uint8_t)codes[i] : 0;
}

/* Whether the first two signs of a mark, or its only one, stand somewhere in a window. */
static int may_hold(const uint8_t *window, const char *mark) {
    uint8x16 seen = {0};
    for (int i = 0; i < WINDOW; i += 16) {
        uint8x16 held = (uint8x16)(*(const uint8x16 *)(const void *)(window + i) == (uint8_t)mark[0]);
        if (mark[1]) held &= (uint8x16)(*(const uint8x16 *)(const void *)(window + i + 1) == (uint8_t)mark[1]);
        seen |= held;
    }
    union { uint8x16 bytes; uint64_t halves[2]; } of = {.bytes = seen};
    return (of.halves[0] | of.halves[1]) != 0;
}

int64_t md_find_mark(const char *texts, int64_t width, int64_t from, int64_t total, const char *marks) {
    uint8_t window[WINDOW + LONGEST_MARK];
    for (int64_t at = from; at < total; at += WINDOW) {
        int64_t count = total - at < WINDOW + LONGEST_MARK ? total - at : WINDOW + LONGEST_MARK, found = WINDOW;
        read_window(texts, width, at, count, window);
        for (const char *mark = marks; *mark; mark += strlen(mark) + 1) {
            if (!may_hold(window, mark)) continue;
            for (int64_t i = 0; i < found; i++) if (!memcmp(window + i, mark, strlen(mark))) found = i;
        }
        if (found < WINDOW) return at + found;
    }
    return -1;
}
