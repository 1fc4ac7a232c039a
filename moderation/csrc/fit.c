/* What fitting a linear model takes, over rows of n-gram ids: scores from weights, and a pass of descent. Eight outputs side by
   side, as in the served table. */

#include <math.h>

#include "kernels.h"

#define AHEAD 12           /* n-grams between asking for a weight and using it */
#define LEAST_ERROR 1e-4f  /* a row that is right this closely is passed over */

typedef float float8 __attribute__((vector_size(32), aligned(4)));

void md_fit_scores(const uint32_t *ids, const int64_t *rows, int64_t n, const float *scale, const float *weights, float *scores) {
    for (int64_t row = 0; row < n; row++) {
        float8 sum = {0};
        for (int64_t j = rows[row]; j < rows[row + 1]; j++) sum += *(const float8 *)(weights + 8 * (int64_t)ids[j]);
        *(float8 *)(scores + 8 * row) = sum * scale[row];
    }
}

/* One pass of AdaGrad (Duchi et al. 2011). A weight and its sum of squared gradients share a cache line: memory is what
   the pass waits for. */
double md_fit_epoch(const uint32_t *ids, const int64_t *rows, const int64_t *order, int64_t n, const float *scale, const float *labels,
                    const float *importance, const int32_t *groups, float *state, float *bias, float *bias_squares, float rate,
                    float decay) {
    double loss = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t row = order[i];
        const uint32_t *first = ids + rows[row], *last = ids + rows[row + 1];
        float8 sum = {0};
        for (const uint32_t *id = first; id < last; id++) {
            if (id + AHEAD < last) __builtin_prefetch(state + 16 * (int64_t)id[AHEAD], 1);
            sum += *(const float8 *)(state + 16 * (int64_t)*id);
        }
        float *own = bias + 8 * groups[row], *own_squares = bias_squares + 8 * groups[row];
        float8 error = {0}, square;
        int any = 0;
        for (int k = 0; k < 8; k++) {
            float a = importance[8 * row + k];
            if (a == 0) continue;
            float z = sum[k] * scale[row] + own[k], y = labels[8 * row + k];
            float p = 1 / (1 + expf(-z));
            loss += a * ((z > 0 ? z : 0) + log1pf(expf(z > 0 ? -z : z)) - y * z);
            error[k] = a * (p - y);
            any |= error[k] > LEAST_ERROR || error[k] < -LEAST_ERROR;
        }
        if (!any) continue;
        for (int k = 0; k < 8; k++) {
            own_squares[k] += error[k] * error[k];
            own[k] -= rate * error[k] / sqrtf(own_squares[k]);
        }
        error *= scale[row];
        square = error * error;
        for (const uint32_t *id = first; id < last; id++) {
            float8 *w = (float8 *)(state + 16 * (int64_t)*id), *h = w + 1;
            float8 s = *h + square;
            *h = s;
            float8 root;
            for (int k = 0; k < 8; k++) root[k] = sqrtf(s[k]);
            *w -= rate * (error + decay * *w) / root;
        }
    }
    return loss;
}
