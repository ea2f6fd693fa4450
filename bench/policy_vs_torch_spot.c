/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Latency of one inference, batch 1, one thread: the Sweetspot half of bench/policy_vs_torch.
 *
 *     policy_vs_torch_spot POLICY_FOLDER [KERNELS]
 *
 * Prints `kernels steps median_ms p10_ms p90_ms` for 1, 2, 5 and 10 steps.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "spot/policy.h"
#include "spot/rng.h"

enum { WARM_UP = 100, REPEATS = 1000 };

static double now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Times one session; ms (REPEATS) is sorted. */
static spot_status time_session(spot_session *session, const float *obs, const float *noise,
                                float *chunk, double *ms)
{
    for (int i = -WARM_UP; i < REPEATS; i++) {
        const double start = now_ms();
        const spot_status st = spot_session_infer(session, 1, obs, noise, chunk);

        if (st != SPOT_OK) {
            return st;
        }
        if (i >= 0) {
            ms[i] = now_ms() - start;
        }
    }
    qsort(ms, REPEATS, sizeof *ms, compare);
    return SPOT_OK;
}

static spot_status run(const spot_policy *policy, const char *kernels)
{
    static const int steps[] = {1, 2, 5, 10};
    const spot_policy_info *info = spot_policy_describe(policy);
    const int size = info->horizon * info->action_dim;
    float *obs = calloc((size_t)info->obs_dim, sizeof *obs);
    float *noise = calloc((size_t)size, sizeof *noise);
    float *chunk = calloc((size_t)size, sizeof *chunk);
    spot_status st = obs != NULL && noise != NULL && chunk != NULL ? SPOT_OK : SPOT_E_NOMEM;
    spot_rng rng = spot_rng_at(1, SPOT_STREAM_POLICY, 0);
    double ms[REPEATS];

    if (st == SPOT_OK) {
        spot_rng_fill_normal(&rng, obs, info->obs_dim);
        spot_rng_fill_normal(&rng, noise, size);
    }
    for (int i = 0; i < 4 && st == SPOT_OK; i++) {
        const spot_session_config config = {.steps = steps[i], .batch_max = 1, .kernels = kernels};
        spot_session *session = NULL;

        st = spot_session_create(policy, &config, &session);
        if (st == SPOT_OK) {
            st = time_session(session, obs, noise, chunk, ms);
        }
        if (st == SPOT_OK) {
            (void)printf("%s %d %.6f %.6f %.6f\n", spot_session_kernels(session), steps[i],
                         ms[REPEATS / 2], ms[REPEATS / 10], ms[REPEATS - REPEATS / 10]);
        }
        spot_session_destroy(session);
    }
    free(chunk);
    free(noise);
    free(obs);
    return st;
}

int main(int argc, char **argv)
{
    spot_policy *policy = NULL;
    spot_diag diag = {""};
    spot_status st = SPOT_OK;

    if (argc < 2 || argc > 3) {
        (void)fprintf(stderr, "usage: policy_vs_torch_spot POLICY_FOLDER [KERNELS]\n");
        return 2;
    }
    st = spot_policy_load(argv[1], NULL, &policy, &diag);
    if (st == SPOT_OK) {
        st = run(policy, argc > 2 ? argv[2] : NULL);
    }
    spot_policy_destroy(policy);
    if (st != SPOT_OK) {
        (void)fprintf(stderr, "policy_vs_torch_spot: %s %s\n", spot_status_str(st), diag.text);
        return 1;
    }
    return 0;
}
