/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Three layers, four bits a weight on average: who gets them, and would it pay to leave weights out? */
#include <stdio.h>
#include <stdlib.h>

#include "spot/coinfer_bits.h"

int main(void)
{
    enum { N_LAYER = 3 };
    /* the middle layer's errors matter most; its weights are small (lambda large) and few */
    const spot_coinfer_share layers[N_LAYER] = {
        {.weight = 1.0, .n = 65536, .lambda = 20.0, .bit_cost = 65536},
        {.weight = 9.0, .n = 16384, .lambda = 40.0, .bit_cost = 16384},
        {.weight = 1.0, .n = 65536, .lambda = 10.0, .bit_cost = 65536}};
    const double n_weight = 2 * 65536 + 16384;
    const spot_coinfer_allocation_rule rule = {
        .curve = SPOT_COINFER_LLOYD, .bits_min = 1, .bits_max = 8, .budget = 4.0 * n_weight};
    spot_coinfer_allocation spent;
    spot_coinfer_pruned pruned;
    spot_coinfer_calibration fit;
    int bits[N_LAYER];

    if (spot_coinfer_allocate(layers, N_LAYER, &rule, bits, &spent) != SPOT_OK ||
        spot_coinfer_prune_best(SPOT_COINFER_LLOYD, 20.0, 2.0, 0.0, &pruned) != SPOT_OK) {
        return EXIT_FAILURE;
    }
    printf("bits %d %d %d: distortion %.0f, %.0f at least\n", bits[0], bits[1], bits[2],
           spent.distortion, spent.bound);
    printf("2 bits a weight: keep %.3f of them at %d bits\n", pruned.kept, pruned.bits);

    /* what the whole network's output lost at 2, 4 and 6 bits, measured beforehand */
    const double predicted[] = {n_weight * 0.0203, n_weight * 0.00589, n_weight * 0.00154};
    const double measured[] = {4.1, 1.05, 0.29};
    if (spot_coinfer_calibrate(predicted, measured, 3, SPOT_COINFER_FIT_LOG, NULL, &fit) !=
        SPOT_OK) {
        return EXIT_FAILURE;
    }
    printf("H = %.2e, R2 %.3f, off by %.2f at most\n", fit.constant, fit.r2, fit.max_ratio);
    return EXIT_SUCCESS;
}
