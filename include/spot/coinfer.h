/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Rate and distortion of quantised weights (after arXiv 2602.13052).
 *
 * A weight keeps its sign, one bit; its magnitude X is exponential, density lambda exp(-lambda x),
 * and is coded with b - 1 bits; distortion is D = E|X - Y|. Five curves D(b), all for b >= 1:
 *
 *     lower     2^-b / lambda                    Shannon's bound; also the signed Laplacian's D(R)
 *     exact     -ln(1 - 2^-b) / lambda           the distortion-rate function of X
 *     lloyd     ln(1 + 2^(1-b)) / lambda         reached by a codebook of b bits, spot_coinfer_lloyd
 *     verdu     2^(1-b) / lambda                 achievable, backward channel X = Y + Z
 *     additive  1 / (lambda (2^(b-1) - 1))       achievable, Y = X + Z; infinite at b = 1
 *
 * lower < exact <= lloyd < verdu < additive, where exact = lloyd at b = 1 alone. Quantisers are sets
 * of levels of the magnitude, K = 2^(b-1) of them, each number going to the nearest. Nothing here
 * allocates.
 *
 *     double lambda, step, d;
 *     spot_coinfer_fit(weights, n, &lambda);
 *     spot_coinfer_distortion(SPOT_COINFER_LLOYD, lambda, 4.0, &d);
 *     spot_coinfer_uniform_best(lambda, 4, SPOT_COINFER_MID_RISE, &step, &d);
 */
#ifndef SPOT_COINFER_H
#define SPOT_COINFER_H

#include <stddef.h>

#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SPOT_COINFER_MAX_BITS = 32,       /* of a quantiser, sign included */
    SPOT_COINFER_MAX_TABLE_BITS = 24, /* of one whose levels are written out */
};

/* Curves of distortion over bits; formulas above. */
typedef enum spot_coinfer_curve {
    SPOT_COINFER_LOWER = 0,    /* D_L */
    SPOT_COINFER_EXACT = 1,    /* D* */
    SPOT_COINFER_LLOYD = 2,    /* D_LM */
    SPOT_COINFER_VERDU = 3,    /* D_U1 */
    SPOT_COINFER_ADDITIVE = 4, /* D_U2 */
} spot_coinfer_curve;

/* Where the levels of a uniform quantiser lie, i = 0 .. K - 1. */
typedef enum spot_coinfer_grid {
    SPOT_COINFER_MID_RISE = 0,  /* (i + 1/2) step */
    SPOT_COINFER_WITH_ZERO = 1, /* i step; needs b >= 2 */
} spot_coinfer_grid;

/* A fully connected layer before and after quantisation. */
typedef struct spot_coinfer_layer {
    size_t n_out, n_in;      /* >= 1; n_in is n_out of the layer before */
    const double *w, *w_hat; /* (n_out x n_in), row-major, finite */
} spot_coinfer_layer;

/* What quantisation can do to the output of a network at most, in the 1-norm. */
typedef struct spot_coinfer_output_bound {
    double entrywise; /* sum of A_l times the sum of |w_hat - w| */
    double induced;   /* sum of A_l times the largest column sum of |w_hat - w|; the tighter one */
} spot_coinfer_output_bound;

/* Distortion at `bits` (sign included; real, >= 1) for lambda > 0, both finite; infinite for additive
 * at 1. Returns SPOT_OK, E_INVALID (NULL, unknown curve), E_RANGE. Threads: immutable, as all here. */
SPOT_API spot_status spot_coinfer_distortion(spot_coinfer_curve curve, double lambda, double bits,
                                             double *distortion);

/* Bits of the magnitude alone (one less than b) that a distortion > 0 needs: `exact` is
 * -log2(2 (1 - exp(-lambda D))), `shannon` the bound log2(1 / (2 lambda D)); 0 where they would be
 * negative. Either may be NULL. Returns SPOT_OK, E_RANGE. */
SPOT_API spot_status spot_coinfer_rate(double lambda, double distortion, double *exact,
                                       double *shannon);

/* Maximum-likelihood lambda = n / sum |w|. w (n) must be finite and not all zero. Returns SPOT_OK,
 * E_INVALID (NULL), E_RANGE. */
SPOT_API spot_status spot_coinfer_fit(const float *w, size_t n, double *lambda);

/* The optimal quantiser of `bits` (1 .. 24): its K levels, ascending, and K - 1 thresholds between
 * them (NULL = not wanted). Returns SPOT_OK, E_INVALID (NULL), E_RANGE. */
SPOT_API spot_status spot_coinfer_lloyd(double lambda, int bits, double *levels,
                                        double *thresholds);

/* Index 0 .. K - 1 of the level of that quantiser (bits 1 .. 32) nearest to x >= 0, without a search,
 * and that level (either may be NULL). Returns SPOT_OK, E_RANGE. */
SPOT_API spot_status spot_coinfer_lloyd_encode(double lambda, int bits, double x, size_t *index,
                                               double *level);

/* Levels -(2 / lambda) ln(1 - (i + 1/2) / K) of the compander, ascending; bits 1 .. 24. Returns
 * SPOT_OK, E_INVALID (NULL), E_RANGE. */
SPOT_API spot_status spot_coinfer_compander(double lambda, int bits, double *levels);

/* Levels top 2^-i, ascending, so the last is `top`; bits 1 .. 24. Those below the range of double are
 * 0. Returns SPOT_OK, E_INVALID (NULL), E_RANGE. */
SPOT_API spot_status spot_coinfer_power_of_two(double top, int bits, double *levels);

/* E|X - nearest level| for n_level >= 1 levels >= 0 in ascending order (equal ones allowed). Returns
 * SPOT_OK, E_INVALID (NULL), E_RANGE. */
SPOT_API spot_status spot_coinfer_levels_distortion(double lambda, const double *levels,
                                                    size_t n_level, double *distortion);

/* Mean of | |w| - nearest level | over n >= 1 finite numbers: what the quantiser does to real
 * weights. Returns SPOT_OK, E_INVALID (NULL), E_RANGE. */
SPOT_API spot_status spot_coinfer_levels_error(const float *w, size_t n, const double *levels,
                                               size_t n_level, double *error);

/* Distortion of the uniform quantiser of `bits` (1 .. 32) with the given step > 0. Returns SPOT_OK,
 * E_INVALID (NULL, unknown grid), E_RANGE. */
SPOT_API spot_status spot_coinfer_uniform(double lambda, int bits, spot_coinfer_grid grid,
                                          double step, double *distortion);

/* The step of the smallest distortion ("optimal clip"), and that distortion; to about 1e-8 in step.
 * Returns as spot_coinfer_uniform. */
SPOT_API spot_status spot_coinfer_uniform_best(double lambda, int bits, spot_coinfer_grid grid,
                                               double *step, double *distortion);

/* The largest level of the power-of-two quantiser of `bits` (1 .. 32) with the smallest distortion,
 * and that distortion, which saturates at 0.16992 / lambda from b = 5. Returns SPOT_OK, E_INVALID
 * (NULL), E_RANGE. */
SPOT_API spot_status spot_coinfer_power_of_two_best(double lambda, int bits, double *top,
                                                    double *distortion);

/* Bounds on |y_hat - y| for y = s(W_L ... s(W_1 x)) with 1-Lipschitz s, s(0) = 0, and the 1-norm of
 * x >= 0: sum over layers of A_l |W_hat_l - W_l|, A_l = norms of W_hat after l times norms of W before
 * l times |x|. Orders of magnitude above the true error; for comparison only. Returns SPOT_OK,
 * E_INVALID (NULL, no layer, sizes that do not chain), E_RANGE (a number that is not finite). */
SPOT_API spot_status spot_coinfer_output_error(const spot_coinfer_layer *layers, size_t n_layer,
                                               double x_norm, spot_coinfer_output_bound *bound);

#ifdef __cplusplus
}
#endif

#endif
