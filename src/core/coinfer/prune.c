/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Pruning by magnitude joined to quantisation, under one budget of bits.
 *
 * Of exponential magnitudes (lambda = 1) those above t = -ln p stay, a fraction p. What goes has E|X; X < t| =
 * 1 - p + p ln p; what stays is t + an exponential magnitude, so its distortion is that of all weights, p D(b).
 * The sum's derivative in p is ln p + D(b): below exp(-D(b)) every weight more helps, above it a small weight
 * is better left out than coded. With b = C / p real the sum is convex in p, as p D(C / p) is the perspective
 * of a convex function; here b is whole and all of them are tried.
 */
#include "core/coinfer/coinfer.h"
#include "spot/coinfer_bits.h"

spot_status spot_coinfer_prune_distortion(spot_coinfer_curve curve, double lambda, double kept,
                                          double bits, double *pruned, double *quantised)
{
    double d = 0.0;
    const spot_status st = spot_coinfer_distortion(curve, lambda, bits, &d);

    if (st != SPOT_OK) {
        return st;
    }
    if (!(kept > 0.0 && kept <= 1.0)) {
        return SPOT_E_RANGE;
    }
    if (pruned != NULL) {
        /* 1 - p + p ln p ~ (1 - p)^2 / 2 near 1, where rounding may leave less than 0 */
        *pruned = fmax(0.0, 1.0 - kept + kept * log(kept)) / lambda;
    }
    if (quantised != NULL) {
        *quantised = kept * d;
    }
    return SPOT_OK;
}

/* Takes (kept, bits) if it is better than what is there. */
static void consider(spot_coinfer_curve curve, double lambda, double kept, int bits,
                     double mask_bits, spot_coinfer_pruned *best)
{
    spot_coinfer_pruned now = {.kept = kept, .bits = bits};

    if (spot_coinfer_prune_distortion(curve, lambda, kept, (double)bits, &now.pruned,
                                      &now.quantised) != SPOT_OK) {
        return; /* nothing can be kept */
    }
    now.distortion = now.pruned + now.quantised;
    now.cost = kept * bits + (kept < 1.0 ? mask_bits : 0.0);
    if (now.distortion < best->distortion) {
        *best = now;
    }
}

spot_status spot_coinfer_prune_best(spot_coinfer_curve curve, double lambda, double budget,
                                    double mask_bits, spot_coinfer_pruned *out)
{
    spot_coinfer_pruned best = {.distortion = (double)INFINITY};

    if (out == NULL || (int)curve < SPOT_COINFER_LOWER || curve > SPOT_COINFER_ADDITIVE) {
        return SPOT_E_INVALID;
    }
    if (!spoti_positive(lambda) || !spoti_positive(budget) ||
        !(isfinite(mask_bits) && mask_bits >= 0.0)) {
        return SPOT_E_RANGE;
    }
    for (int bits = 1; bits <= SPOT_COINFER_MAX_BITS; bits++) {
        double d = 0.0;

        (void)spot_coinfer_distortion(curve, 1.0, (double)bits, &d);
        if (bits <= budget) {
            consider(curve, lambda, 1.0, bits, mask_bits, &best);
        }
        consider(curve, lambda, fmin((budget - mask_bits) / bits, exp(-d)), bits, mask_bits, &best);
    }
    if (!isfinite(best.distortion)) {
        return SPOT_E_RANGE;
    }
    *out = best;
    return SPOT_OK;
}
