/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A model has billions of weights, and nearly none of them is infinite or no number: blocks are added as if none were,
 * by loops that a compiler makes vectors of, and a block in which one was is added again one by one.
 *
 * The bits of a float, read as an integer whose magnitude is turned round below 0, rise with the number: a range of
 * these tells least, largest, and whether all are finite.
 */
#include "lab/inspect/tally.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { N_LANE = 8, BLOCK = 2048 };

static const int32_t MAGNITUDE = 0x7fffffff;
static const int32_t INFINITE = 0x7f800000;

static float from_key(int32_t key)
{
    const int32_t bits = key ^ (key < 0 ? MAGNITUDE : 0);
    float x = 0.0F;

    memcpy(&x, &bits, sizeof(x));
    return x;
}

/* Range and zeros of bits (n), n > 0. */
typedef struct range {
    int32_t min, max;
    int32_t n_zero;
} range;

static range range_of(const int32_t *bits, size_t n)
{
    int32_t min = INT32_MAX;
    int32_t max = INT32_MIN;
    int32_t n_zero = 0;

    for (size_t i = 0; i < n; i++) {
        const int32_t key = bits[i] ^ ((bits[i] >> 31) & MAGNITUDE);
        min = key < min ? key : min;
        max = key > max ? key : max;
        n_zero += (bits[i] & MAGNITUDE) == 0;
    }
    return (range){min, max, n_zero};
}

/* Sum of magnitudes of x (n), n a multiple of N_LANE. */
static double sum_of(const float *x, size_t n)
{
    double lane[N_LANE] = {0};
    double sum = 0.0;

    for (size_t i = 0; i < n; i += N_LANE) {
        for (int l = 0; l < N_LANE; l++) {
            lane[l] += (double)fabsf(x[i + (size_t)l]);
        }
    }
    for (int l = 0; l < N_LANE; l++) {
        sum += lane[l];
    }
    return sum;
}

static void add_one(spoti_tally *t, float x)
{
    const double w = (double)x;
    const bool is_first = t->n == t->n_nan + t->n_infinite;

    t->n++;
    if (isnan(w)) {
        t->n_nan++;
    } else if (isinf(w)) {
        t->n_infinite++;
    } else {
        t->min = is_first || w < t->min ? w : t->min;
        t->max = is_first || w > t->max ? w : t->max;
        t->n_zero += w == 0.0;
        t->sum_abs += fabs(w);
    }
}

/* Adds a block if all of it is finite. */
static bool add_block(spoti_tally *t, const float *x)
{
    int32_t bits[BLOCK];

    memcpy(bits, x, sizeof(bits));
    const range r = range_of(bits, BLOCK);
    if (r.max >= INFINITE || r.min <= -INFINITE - 1) {
        return false;
    }
    const bool is_first = t->n == t->n_nan + t->n_infinite;
    const double min = (double)from_key(r.min);
    const double max = (double)from_key(r.max);
    t->min = is_first || min < t->min ? min : t->min;
    t->max = is_first || max > t->max ? max : t->max;
    t->n_zero += (size_t)r.n_zero;
    t->sum_abs += sum_of(x, BLOCK);
    t->n += BLOCK;
    return true;
}

void spoti_tally_add(spoti_tally *tally, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i += BLOCK) {
        const size_t size = n - i < BLOCK ? n - i : BLOCK;
        const bool added = size == BLOCK && add_block(tally, x + i);
        for (size_t k = 0; !added && k < size; k++) {
            add_one(tally, x[i + k]);
        }
    }
}
