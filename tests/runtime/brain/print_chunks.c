/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What a brain answers, for somebody else to answer as well.
 *
 *     print_chunks ADDRESS POINT N
 *
 * Prints N lines of numbers: an observation (obs_dim), a noise and the chunk (horizon x action_dim each).
 */
#include <stdio.h>
#include <stdlib.h>

#include "spot/brain.h"
#include "spot/rng.h"

static int fail(const char *what, const spot_diag *diag)
{
    (void)fprintf(stderr, "print_chunks: %s: %s\n", what, diag->text);
    return 1;
}

int main(int argc, char **argv)
{
    spot_brain brain;
    spot_brain_info info;
    spot_point point;
    spot_diag diag = {""};
    void *state = NULL;
    static const double anchor[4] = {0.0};
    const spot_brain_config config = {.size = sizeof(config), .point = &point};
    spot_point_default(&point);
    if (argc != 4 || spot_point_parse(argv[2], &point, &diag) != SPOT_OK ||
        spot_brain_open(argv[1], NULL, &brain, &diag) != SPOT_OK) {
        return fail("ADDRESS POINT N", &diag);
    }
    if (spot_brain_describe(&brain, &info, &diag) != SPOT_OK ||
        spot_brain_begin(&brain, &config, &state, &diag) != SPOT_OK) {
        return fail(argv[1], &diag);
    }
    const int n_chunk = info.horizon * info.action_dim;
    const int n = info.obs_dim + 2 * n_chunk;
    float *numbers = calloc((size_t)n, sizeof(*numbers));
    for (uint64_t k = 0; numbers != NULL && k < strtoull(argv[3], NULL, 10); k++) {
        spot_rng rng = spot_rng_at(k, SPOT_STREAM_POLICY, 0);
        spot_rng_fill_normal(&rng, numbers, info.obs_dim + n_chunk);
        const spot_brain_input input = {
            .obs = numbers, .noise = numbers + info.obs_dim, .anchor = anchor, .n_anchor = 4};
        if (spot_brain_infer(&brain, state, &input, numbers + info.obs_dim + n_chunk, &diag) !=
            SPOT_OK) {
            return fail("infer", &diag);
        }
        for (int i = 0; i < n; i++) {
            (void)printf("%.9g%c", (double)numbers[i], i < n - 1 ? ' ' : '\n');
        }
    }
    free(numbers);
    spot_brain_end(&brain, state);
    spot_brain_close(&brain);
    return 0;
}
