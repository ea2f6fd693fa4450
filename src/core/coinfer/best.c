/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Uniform and power-of-two quantisers at their best scale.
 *
 * All cells of a uniform quantiser but the first and the last look alike, so their distortions are a
 * geometric series; with lambda = 1, step s, h = s / 2 and c = g(h) + g(-h) (levels.c):
 *
 *     mid-rise    c exp(-h) (1 - q^(K-1)) / (1 - q) + exp(-(K - 1/2) s) (g(h) + 1),     q = exp(-s)
 *     with zero   g(-h) + c q (1 - q^(K-2)) / (1 - q) + exp(-(K - 1) s) (g(h) + 1)
 *
 * The step's optimum is the only one. That of powers of two is not: with many levels the distortion
 * repeats with each doubling of the largest one, so a scan comes first.
 */
#include "core/coinfer/coinfer.h"

/* Levels below top 2^-200 change nothing that double could show. */
enum { MOST_POWERS = 200 };

double spoti_minimise(double (*f)(double x, const void *context), const void *context, double lo,
                      double hi)
{
    const double golden = 0.6180339887498949; /* (sqrt(5) - 1) / 2 */
    const int n_step = 100;                   /* golden^100 = 1e-21 of the interval */
    double a = hi - golden * (hi - lo);
    double b = lo + golden * (hi - lo);
    double f_a = f(a, context);
    double f_b = f(b, context);

    for (int i = 0; i < n_step; i++) {
        if (f_a <= f_b) {
            hi = b;
            b = a;
            f_b = f_a;
            a = hi - golden * (hi - lo);
            f_a = f(a, context);
        } else {
            lo = a;
            a = b;
            f_a = f_b;
            b = lo + golden * (hi - lo);
            f_b = f(b, context);
        }
    }
    return f_a <= f_b ? a : b;
}

typedef struct uniform {
    double k; /* levels */
    spot_coinfer_grid grid;
} uniform;

/* sum of exp(-s i), i = 0 .. n - 1 */
static double geometric(double s, double n)
{
    return expm1(-s * n) / expm1(-s);
}

static double uniform_distortion(const uniform *u, double s)
{
    const double half = s / 2.0;
    const double inner = spoti_cell_distortion(half, half);
    const double last = u->grid == SPOT_COINFER_MID_RISE ? (u->k - 0.5) * s : (u->k - 1.0) * s;
    /* exp(-last) (g(half) + 1), without the overflow of exp(half) for long steps */
    const double tail = 2.0 * exp(-last) + (half - 1.0) * exp(half - last);
    const double exact_tail =
        half < 1.0 ? exp(-last) * spoti_cell_distortion(half, (double)INFINITY) : tail;

    if (u->grid == SPOT_COINFER_MID_RISE) {
        return (u->k > 1.0 ? inner * exp(-half) * geometric(s, u->k - 1.0) : 0.0) + exact_tail;
    }
    return spoti_cell_distortion(0.0, half) +
           (u->k > 2.0 ? inner * exp(-s) * geometric(s, u->k - 2.0) : 0.0) + exact_tail;
}

static spot_status check_uniform(double lambda, int bits, spot_coinfer_grid grid)
{
    if (grid != SPOT_COINFER_MID_RISE && grid != SPOT_COINFER_WITH_ZERO) {
        return SPOT_E_INVALID;
    }
    if (!spoti_positive(lambda) || bits < (grid == SPOT_COINFER_WITH_ZERO ? 2 : 1) ||
        bits > SPOT_COINFER_MAX_BITS) {
        return SPOT_E_RANGE;
    }
    return SPOT_OK;
}

spot_status spot_coinfer_uniform(double lambda, int bits, spot_coinfer_grid grid, double step,
                                 double *distortion)
{
    spot_status st = distortion == NULL ? SPOT_E_INVALID : check_uniform(lambda, bits, grid);

    if (st != SPOT_OK) {
        return st;
    }
    if (!spoti_positive(step) || !isfinite(lambda * step)) {
        return SPOT_E_RANGE;
    }

    const uniform u = {(double)spoti_level_count(bits), grid};

    *distortion = uniform_distortion(&u, lambda * step) / lambda;
    return SPOT_OK;
}

static double uniform_at(double log_step, const void *context)
{
    return uniform_distortion(context, exp(log_step));
}

spot_status spot_coinfer_uniform_best(double lambda, int bits, spot_coinfer_grid grid, double *step,
                                      double *distortion)
{
    spot_status st =
        step == NULL || distortion == NULL ? SPOT_E_INVALID : check_uniform(lambda, bits, grid);

    if (st != SPOT_OK) {
        return st;
    }

    /* K steps reach from 1 (too few) to 4 (b + 1), beyond which less than 1e-2 of D lies */
    const uniform u = {(double)spoti_level_count(bits), grid};
    const double s =
        exp(spoti_minimise(uniform_at, &u, log(0.5 / u.k), log(4.0 * ((double)bits + 1.0) / u.k)));

    *step = s / lambda;
    *distortion = uniform_distortion(&u, s) / lambda;
    return SPOT_OK;
}

/* Distortion of n levels up to 2^log_top for lambda = 1. */
static double power_at(double log_top, const void *context)
{
    const size_t n = *(const size_t *)context;
    const double top = exp2(log_top);
    double levels[MOST_POWERS];
    double d = 0.0;

    for (size_t i = 0; i < n; i++) {
        levels[n - 1 - i] = ldexp(top, -(int)i);
    }
    (void)spot_coinfer_levels_distortion(1.0, levels, n, &d);
    return d;
}

spot_status spot_coinfer_power_of_two_best(double lambda, int bits, double *top, double *distortion)
{
    /* the largest level of one is ln 2, and 2^6 is beyond all that matters */
    const double from = -2.0;
    const double to = 6.0;
    const double grid = 1.0 / 64.0;
    const double better = 1.0 - 1e-9; /* what counts as smaller: repetitions do not */
    double best = from;
    size_t n = 0;

    if (top == NULL || distortion == NULL) {
        return SPOT_E_INVALID;
    }
    if (!spoti_positive(lambda) || bits < 1 || bits > SPOT_COINFER_MAX_BITS) {
        return SPOT_E_RANGE;
    }
    n = spoti_level_count(bits) < MOST_POWERS ? spoti_level_count(bits) : MOST_POWERS;
    for (int i = 0; from + grid * i <= to; i++) {
        if (power_at(from + grid * i, &n) < better * power_at(best, &n)) {
            best = from + grid * i;
        }
    }
    best = spoti_minimise(power_at, &n, best - grid, best + grid);
    *top = exp2(best) / lambda;
    *distortion = power_at(best, &n) / lambda;
    return SPOT_OK;
}
