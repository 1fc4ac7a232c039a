/* The yardstick: byte n-grams of ASCII-lowered text, hashed, their weights added. No folding, no sentences, no words, no lexicon, no
   calibration. 3- to 5-grams into the same kind of table as the model's: what the memory and the multiplications alone cost. */

#include <stdint.h>

typedef int32_t int32x8 __attribute__((vector_size(32), aligned(4)));
typedef int8_t int8x8 __attribute__((vector_size(8), aligned(1)));

void bare_loop(const char *texts, const int64_t *offsets, int64_t n, const int8_t *table, uint32_t buckets, int32_t *sums) {
    for (int64_t row = 0; row < n; row++) {
        int32x8 sum = {0};
        for (int64_t i = offsets[row]; i < offsets[row + 1]; i++) {
            uint64_t hash = 0x51A3F2C9D7E86B35u;
            for (int64_t j = i; j < offsets[row + 1] && j < i + 5; j++) {
                uint8_t c = (uint8_t)texts[j];
                if (c >= 'A' && c <= 'Z') c += 32;
                hash = (hash ^ c) * 0x9E3779B97F4A7C15u;
                if (j - i < 2) continue;
                const int8_t *weights = table + 8 * (((hash >> 32) * buckets) >> 32);
                sum += __builtin_convertvector(*(const int8x8 *)weights, int32x8);
            }
        }
        *(int32x8 *)(sums + 8 * row) = sum;
    }
}
