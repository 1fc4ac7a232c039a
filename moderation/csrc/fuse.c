/* Fusing: probabilities to the categories' scores, by the operating points of a policy. See policy.py. */

#include "kernels.h"

/* Each piece is held within its own ends, so that rounding cannot make a larger probability count less. */
static double least(double a, double b) { return a < b ? a : b; }

static double on_scale(const fuse_pair *pair, double given) {
    if (given < pair->review_at) return least(pair->slopes[0] * given, pair->review);
    if (given < pair->reject_at) return least(pair->review + pair->slopes[1] * (given - pair->review_at), pair->reject);
    return least(pair->reject + pair->slopes[2] * (given - pair->reject_at), pair->top);
}

void md_fuse(const fuse_pair *pairs, int64_t pair_count, const double *scores, int64_t n, int64_t attributes,
             int64_t categories, double *fused, double *values) {
    for (int64_t row = 0; row < n; row++) {
        double *out = fused + row * categories;
        for (int64_t category = 0; category < categories; category++) out[category] = 0.0;
        for (int64_t index = 0; index < pair_count; index++) {
            const fuse_pair *pair = pairs + index;
            double value = on_scale(pair, scores[row * attributes + pair->attribute]);
            value = (double)(int64_t)(value * 10000.0 + 0.5) / 10000.0; /* four digits */
            if (values) values[row * pair_count + index] = value;
            if (value > out[pair->category]) out[pair->category] = value;
        }
    }
}
