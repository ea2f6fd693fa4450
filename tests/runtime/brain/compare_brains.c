/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * How far the chunks of two brains lie apart on equal observations.
 *
 *     compare_brains A B POINT      addresses as spot_brain_open takes them
 *
 * Prints the largest difference over OBSERVATIONS random observations and noises, over the largest number in a chunk.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "spot/brain.h"
#include "spot/rng.h"

enum { OBSERVATIONS = 200, N_ANCHOR = 4 };

typedef struct side {
    spot_brain brain;
    spot_brain_info info;
    void *state;
    float *chunk;
} side;

static void fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "compare_brains: %s: %s\n", what, why);
    exit(1);
}

static side open_side(const char *address, const spot_point *point)
{
    side s = {.state = NULL};
    spot_diag diag = {""};
    const spot_brain_config config = {.size = sizeof(config), .point = point};
    if (spot_brain_open(address, NULL, &s.brain, &diag) != SPOT_OK ||
        spot_brain_describe(&s.brain, &s.info, &diag) != SPOT_OK ||
        spot_brain_begin(&s.brain, &config, &s.state, &diag) != SPOT_OK) {
        fail(address, diag.text);
    }
    s.chunk = calloc((size_t)s.info.horizon * (size_t)s.info.action_dim, sizeof(*s.chunk));
    return s;
}

int main(int argc, char **argv)
{
    spot_point point;
    spot_diag diag = {""};
    static const double anchor[N_ANCHOR] = {0.5, -0.1, 0.2, 0.3};
    spot_point_default(&point);
    if (argc != 4 || spot_point_parse(argv[3], &point, &diag) != SPOT_OK) {
        fail("usage: compare_brains A B POINT", diag.text);
    }
    side a = open_side(argv[1], &point);
    side b = open_side(argv[2], &point);
    const int n = a.info.horizon * a.info.action_dim;
    if (a.info.obs_dim != b.info.obs_dim || n != b.info.horizon * b.info.action_dim ||
        a.info.default_steps != b.info.default_steps || !b.info.takes_noise) {
        fail(argv[2], "another observation, chunk or number of steps");
    }
    float *obs = calloc((size_t)a.info.obs_dim + (size_t)n, sizeof(*obs));
    float *noise = obs + a.info.obs_dim;
    double apart = 0.0;
    double largest = 0.0;
    for (uint64_t k = 0; k < OBSERVATIONS; k++) {
        spot_rng rng = spot_rng_at(k, SPOT_STREAM_POLICY, 0);
        spot_rng_fill_normal(&rng, obs, a.info.obs_dim + n);
        for (int i = 0; i < a.info.obs_dim; i++) {
            obs[i] *= 0.2F; /* metres and radians */
        }
        const spot_brain_input input = {
            .obs = obs, .noise = noise, .anchor = anchor, .n_anchor = N_ANCHOR};
        if (spot_brain_infer(&a.brain, a.state, &input, a.chunk, &diag) != SPOT_OK ||
            spot_brain_infer(&b.brain, b.state, &input, b.chunk, &diag) != SPOT_OK) {
            fail("infer", diag.text);
        }
        for (int i = 0; i < n; i++) {
            apart = fmax(apart, fabs((double)a.chunk[i] - (double)b.chunk[i]));
            largest = fmax(largest, fabs((double)a.chunk[i]));
        }
    }
    (void)printf("%.3g of %.3g\n", apart, largest);
    free(a.chunk);
    free(b.chunk);
    free(obs);
    spot_brain_end(&a.brain, a.state);
    spot_brain_end(&b.brain, b.state);
    spot_brain_close(&a.brain);
    spot_brain_close(&b.brain);
    return apart <= 1e-4 ? 0 : 1;
}
