/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Where bits are spent, and what they do to a network's output.
 *
 * coinfer.h tells the distortion D of a weight at b bits. Here are the three questions that follow: what
 * becomes of the output (one constant, calibrated by measurements, whose fit is shown), which layer gets
 * how many bits, and how many weights should be left out altogether so that the rest may have more.
 *
 *     for each bit-width measured: predicted[i] = n_weight * D(b[i])
 *     spot_coinfer_calibrate(predicted, measured, n, SPOT_COINFER_FIT_LOG, NULL, &fit);
 *     spot_coinfer_allocate(layers, n_layer, &rule, bits, &spent);
 *     spot_coinfer_prune_best(SPOT_COINFER_LLOYD, lambda, 2.0, 1.0, &best);
 */
#ifndef SPOT_COINFER_BITS_H
#define SPOT_COINFER_BITS_H

#include <stddef.h>

#include "spot/coinfer.h"
#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a calibration makes small. */
typedef enum spot_coinfer_fit_rule {
    SPOT_COINFER_FIT_LINEAR =
        0, /* squares of measured - H predicted: the largest errors count most */
    SPOT_COINFER_FIT_LOG =
        1, /* squares of their logarithms' difference: all bit-widths count alike */
} spot_coinfer_fit_rule;

/* measured ~ constant * predicted, and how far to believe that. */
typedef struct spot_coinfer_calibration {
    double constant; /* H > 0 */
    double r2; /* 1 - residual / total sum of squares, in what the rule compares; may be < 0 */
    double max_ratio; /* largest of measured / (H predicted) and its inverse; 1 = exact */
    double exponent;  /* of measured ~ predicted^exponent by logarithms: 1 if one constant can do */
    size_t n;         /* pairs */
} spot_coinfer_calibration;

/* A layer that is to be given bits. */
typedef struct spot_coinfer_share {
    double weight;   /* > 0: A_l, what an error of its weights does to the output */
    double n;        /* > 0: weights */
    double lambda;   /* > 0: of their law */
    double bit_cost; /* > 0: kappa_l, what one more bit of this layer costs */
} spot_coinfer_share;

typedef struct spot_coinfer_allocation_rule {
    spot_coinfer_curve curve; /* of D over bits; ADDITIVE needs bits_min >= 2 */
    int bits_min, bits_max;   /* of every layer, 1 <= bits_min <= bits_max <= 32 */
    double budget;            /* of sum kappa_l b_l; finite */
} spot_coinfer_allocation_rule;

typedef struct spot_coinfer_allocation {
    double distortion; /* sum of A_l n_l D(b_l) */
    double bound;      /* no allocation within the budget has less */
    double cost;       /* sum of kappa_l b_l */
} spot_coinfer_allocation;

/* Which weights stay, and with how many bits. */
typedef struct spot_coinfer_pruned {
    double kept;       /* fraction of the weights, the largest */
    int bits;          /* of each of them, sign included */
    double distortion; /* the sum of the two that follow, a weight */
    double pruned;     /* E|X| of what goes */
    double quantised;  /* of what stays */
    double cost;       /* bits a weight: kept * bits, and the mask's if kept < 1 */
} spot_coinfer_pruned;

/* Fits H to n >= 1 pairs, all > 0 and finite. `residual` (n; NULL = not wanted) is measured - H predicted,
 * for LOG ln(measured / (H predicted)). r2 and exponent are NaN if all measured, or all predicted, are
 * equal. Returns SPOT_OK, E_INVALID (NULL, unknown rule), E_RANGE. Threads: immutable, as all here. */
SPOT_API spot_status spot_coinfer_calibrate(const double *predicted, const double *measured,
                                            size_t n, spot_coinfer_fit_rule rule, double *residual,
                                            spot_coinfer_calibration *fit);

/* Gives each of n_layer >= 1 layers bits (n_layer) so that sum A_l n_l D(b_l; lambda_l) is small within
 * sum kappa_l b_l <= budget: one bit at a time to the layer that gains most per cost and can still pay. D is
 * convex, so this is the optimum if all kappa are equal, and else within one bit of one layer of it, which
 * `bound` shows. Returns SPOT_OK, E_INVALID (NULL, no layer, unknown curve), E_RANGE (a number), E_STATE
 * (bits_min of all is above the budget). */
SPOT_API spot_status spot_coinfer_allocate(const spot_coinfer_share *layers, size_t n_layer,
                                           const spot_coinfer_allocation_rule *rule, int *bits,
                                           spot_coinfer_allocation *out);

/* Distortion if the fraction `kept` (above 0 up to 1) of exponential magnitudes stays, the largest, with
 * `bits` (>= 1) each, and the others become 0. What stays lies above the threshold by an exponential
 * magnitude again, so codes as before: *pruned = (1 - kept + kept ln kept) / lambda, *quantised = kept
 * D(bits). Either may be NULL. Returns SPOT_OK, E_INVALID (unknown curve), E_RANGE. */
SPOT_API spot_status spot_coinfer_prune_distortion(spot_coinfer_curve curve, double lambda,
                                                   double kept, double bits, double *pruned,
                                                   double *quantised);

/* The best fraction and bits (1 .. 32) within `budget` (> 0) bits a weight, of which `mask_bits` (>= 0; 1 =
 * a bitmap, 0 = a pattern that needs none) say which weights stay, if not all do. At b bits the best
 * fraction is exp(-lambda D(b)) if the budget allows, in closed form; all b are tried. Returns SPOT_OK,
 * E_INVALID (NULL, unknown curve), E_RANGE (a number; also a budget that leaves nothing behind the
 * mask). */
SPOT_API spot_status spot_coinfer_prune_best(spot_coinfer_curve curve, double lambda, double budget,
                                             double mask_bits, spot_coinfer_pruned *out);

#ifdef __cplusplus
}
#endif

#endif
