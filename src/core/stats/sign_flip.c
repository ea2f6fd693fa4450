/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The sign-flip test of paired differences (Fisher 1935; p-values of drawn patterns: Phipson and
 * Smyth 2010).
 *
 * Sums are compared with a tolerance. A sum of n numbers carries at most (n - 1) eps / 2 sum |d|,
 * two of them (n - 1) eps sum |d|; numbers that were written in decimals add eps sum |d|, and
 * `error` adds 2 n error. A sum that lies within the tolerance equals the observed one, and counts.
 */
#include "spot/stats_paired.h"

#include <float.h>
#include <math.h>

#include "core/base/config.h"
#include "spot/rng.h"

enum { WORD_BITS = 32, HALF = SPOT_STATS_MAX_EXACT_SIGNS / 2, N_HALF_SUM = 1 << HALF };

/* What a test knows of its differences. */
typedef struct problem {
    const double *difference;
    int n;
    int n_below; /* differences below 0 */
    int n_above;
    double least; /* the sizes of those that are not 0 */
    double most;
    double sum;
    double tolerance;
} problem;

void spot_stats_sign_flip_config_default(spot_stats_sign_flip_config *config)
{
    *config = (spot_stats_sign_flip_config){
        .size = sizeof(*config), .n_draw = SPOT_STATS_N_DRAW, .seed = 1};
}

static bool is_valid(const spot_stats_sign_flip_config *config)
{
    return config->n_draw >= 1 && config->n_draw <= SPOT_STATS_MAX_RESAMPLE &&
           config->error >= 0.0 && isfinite(config->error);
}

/* Reads the differences; returns E_RANGE where they cannot be added. */
static spot_status look(const spot_stats_sign_flip_config *config, const double *difference, int n,
                        problem *out)
{
    *out = (problem){.difference = difference, .n = n, .least = INFINITY};
    double size = 0.0;
    for (int i = 0; i < n; i++) {
        double d = difference[i];
        size += fabs(d);
        out->sum += d;
        out->n_below += d < 0.0;
        out->n_above += d > 0.0;
        if (d != 0.0) {
            out->least = fmin(out->least, fabs(d));
            out->most = fmax(out->most, fabs(d));
        }
    }
    out->tolerance = (double)n * (DBL_EPSILON * size + 2.0 * config->error);
    return isfinite(size) && isfinite(out->tolerance) ? SPOT_OK : SPOT_E_RANGE;
}

/* sums (2^n): the sum of d (n) under every pattern of signs, in rising order; returns 2^n. Every difference
 * makes two rows of what is there, all less and all more by its size, which are merged (Horowitz and Sahni
 * 1974). */
static int fill_sums(const double *d, int n, double *sums)
{
    double less[N_HALF_SUM];
    sums[0] = 0.0;
    int n_sum = 1;
    for (int i = 0; i < n; i++) {
        const double size = fabs(d[i]);
        for (int k = 0; k < n_sum; k++) {
            less[k] = sums[k] - size;
            sums[n_sum + k] = sums[k] + size;
        }
        /* the larger half waits behind, so filling from the front never runs into it */
        int from_less = 0;
        int from_more = n_sum;
        for (int k = 0; k < 2 * n_sum; k++) {
            const bool lesser =
                from_less < n_sum && (from_more == 2 * n_sum || less[from_less] <= sums[from_more]);
            sums[k] = lesser ? less[from_less++] : sums[from_more++];
        }
        n_sum *= 2;
    }
    return n_sum;
}

/* Share of all patterns whose sum is at most the observed one: sums of either half of the
 * differences, and for each of the first how many of the second go with it. */
static double count_all(const problem *p)
{
    double d[SPOT_STATS_MAX_EXACT_SIGNS];
    int n = 0;
    for (int i = 0; i < p->n; i++) {
        if (p->difference[i] != 0.0) {
            d[n++] = p->difference[i];
        }
    }
    double first[N_HALF_SUM];
    double second[N_HALF_SUM];
    int n_first = fill_sums(d, n / 2, first);
    int n_second = fill_sums(d + n / 2, n - n / 2, second);
    int n_hit = 0;
    int n_at_most =
        n_second; /* so many of the second go with this one of the first, and fewer later */
    for (int i = 0; i < n_first; i++) {
        while (n_at_most > 0 && first[i] + second[n_at_most - 1] > p->sum + p->tolerance) {
            n_at_most--;
        }
        n_hit += n_at_most;
    }
    return (double)n_hit / ((double)n_first * n_second);
}

/* The sum of the differences under the pattern that draw `index` gives. */
static double draw_sum(const problem *p, uint64_t seed, uint64_t index)
{
    spot_rng rng = spot_rng_at(seed, SPOT_STREAM_PERMUTE, index);
    double sum = 0.0;
    for (int start = 0; start < p->n; start += WORD_BITS) {
        uint32_t word = spot_rng_u32(&rng);
        int end = start + WORD_BITS < p->n ? start + WORD_BITS : p->n;
        for (int i = start; i < end; i++) {
            sum += (word & 1U) != 0 ? p->difference[i] : -p->difference[i];
            word >>= 1;
        }
    }
    return sum;
}

spot_status spot_stats_sign_flip(const spot_stats_sign_flip_config *config,
                                 const double *difference, int n, spot_stats_sign_flip_result *out)
{
    if (SPOTI_CONFIG_CHECK(spot_stats_sign_flip_config, config, NULL) != SPOT_OK ||
        difference == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    if (n < 1 || n > SPOT_STATS_MAX_TRIALS || !is_valid(config)) {
        return SPOT_E_RANGE;
    }
    problem p;
    spot_status st = look(config, difference, n, &p);
    if (st != SPOT_OK) {
        return st;
    }
    int n_sign = p.n_below + p.n_above;
    spot_stats_sign_flip_result r = {.p = 1.0, .is_exact = true};
    if (n_sign > SPOT_STATS_MAX_EXACT_SIGNS && p.most > p.least) {
        /* too many to count: the observed pattern is one more draw, so that no p is 0 */
        int n_hit = 0;
        for (int i = 0; i < config->n_draw; i++) {
            n_hit += draw_sum(&p, config->seed, (uint64_t)i) <= p.sum + p.tolerance;
        }
        r.p = (n_hit + 1.0) / (config->n_draw + 1.0);
        r.is_exact = false;
        r.is_floor = n_hit == 0;
        *out = r;
        return SPOT_OK;
    }
    if (n_sign > SPOT_STATS_MAX_EXACT_SIGNS) {
        /* equal sizes: the number of signs below 0 decides, which is McNemar's test */
        spot_stats_mcnemar_result counts;
        st = spot_stats_mcnemar(p.n_below, p.n_above, &counts);
        r.p = counts.p_candidate_better;
    } else if (n_sign > 0) {
        r.p = count_all(&p);
    }
    r.is_floor = n_sign > 0 && p.n_above == 0;
    *out = r;
    return st;
}
