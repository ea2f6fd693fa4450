/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* How many bits do these weights need, by their own distortion-rate function and by the exponential law? */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "spot/coinfer.h"
#include "spot/coinfer_source.h"
#include "spot/rng.h"

enum { N = 20000 };

int main(void)
{
    static float w[N];
    spot_rng rng = spot_rng_at(1, SPOT_STREAM_BOOTSTRAP, 0);
    spot_coinfer_source *source = NULL;
    spot_coinfer_source_info info;
    spot_coinfer_source_point own;
    double law = 0.0;

    /* weights as a trained layer often has them: normal, so fewer large ones than the law expects */
    spot_rng_fill_normal(&rng, w, N);
    if (spot_coinfer_source_create(w, NULL, N, NULL, &source) != SPOT_OK ||
        spot_coinfer_source_describe(source, &info) != SPOT_OK) {
        return EXIT_FAILURE;
    }
    printf("lambda %.3f, %zu points for %zu weights\n", info.lambda, info.n_point, info.n_sample);
    for (int bits = 2; bits <= 6; bits += 2) {
        if (spot_coinfer_source_at_bits(source, bits, &own) != SPOT_OK ||
            spot_coinfer_distortion(SPOT_COINFER_EXACT, info.lambda, bits, &law) != SPOT_OK) {
            return EXIT_FAILURE;
        }
        printf("%d bits: %.4f of the mean |w| at least, %.4f by the law\n", bits,
               own.distortion * info.lambda, law * info.lambda);
    }
    spot_coinfer_source_destroy(source);
    return EXIT_SUCCESS;
}
