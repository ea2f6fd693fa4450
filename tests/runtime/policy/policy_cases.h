/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What every architecture must do, on its small fixture: define FIXTURE (a policy folder with 7 observations
 * and chunks of 15 numbers), then include this once. */
#ifndef SPOT_TEST_POLICY_CASES_H
#define SPOT_TEST_POLICY_CASES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/nn/kernels.h"
#include "runtime/nn/safetensors.h"
#include "runtime/nn/tables.h"
#include "runtime/policy/policy_load.h"
#include "runtime/policy/random_tensors.h"
#include "spot/policy.h"
#include "support/spot_test.h"

enum { STEPS_MANY = 10 };

/* NULL if this CPU cannot run the table. */
static spot_session *session(const spot_policy *policy, int steps, int batch, const char *kernels)
{
    const spot_session_config config = {.size = sizeof(spot_session_config),
                                        .steps = steps,
                                        .batch_max = batch,
                                        .kernels = kernels};
    spot_session *s = NULL;
    const spot_status st = spot_session_create(policy, &config, &s);

    if (st == SPOT_E_UNSUPPORTED && spoti_kernels_find(kernels) == NULL) {
        print_message("[  note    ] this CPU lacks %s\n", kernels);
        return NULL;
    }
    assert_int_equal(st, SPOT_OK);
    return s;
}

static float *tensor_of(const spoti_safetensors *file, const char *name, int *rows)
{
    const spoti_tensor *t = spoti_safetensors_find(file, name);
    float *x = NULL;

    assert_non_null(t);
    x = malloc(t->n_element * sizeof *x);
    assert_non_null(x);
    spoti_tensor_to_f32(t, x);
    *rows = (int)t->shape[0];
    return x;
}

static void same_noise_gives_same_bytes_alone_and_in_batch(void **state)
{
    enum { BATCH = 19 }; /* two groups and a rest */
    spot_policy *policy = load(FIXTURE);
    const spot_policy_info *info = spot_policy_describe(policy);
    const int d = info->obs_dim;
    const int size = info->horizon * info->action_dim;
    float *obs = malloc((size_t)(BATCH * d) * sizeof *obs);
    float *noise = malloc((size_t)(BATCH * size) * sizeof *noise);
    float *together = malloc((size_t)(BATCH * size) * sizeof *together);
    float *alone = malloc((size_t)size * sizeof *alone);

    (void)state;
    random_fill(3, obs, BATCH * d);
    random_fill(4, noise, BATCH * size);
    for (int i = 0; i < N_TABLE; i++) {
        spot_session *many = session(policy, 3, BATCH, TABLES[i]);
        spot_session *one = session(policy, 3, 1, TABLES[i]);

        if (many == NULL) {
            continue;
        }
        assert_int_equal(spot_session_infer(many, BATCH, obs, noise, together), SPOT_OK);
        for (int j = 0; j < BATCH; j++) {
            assert_int_equal(spot_session_infer(one, 1, obs + j * d, noise + j * size, alone),
                             SPOT_OK);
            assert_memory_equal(alone, together + j * size, (size_t)size * sizeof *alone);
        }
        spot_session_destroy(one);
        spot_session_destroy(many);
    }
    free(alone);
    free(together);
    free(noise);
    free(obs);
    spot_policy_destroy(policy);
}

static void load_and_create_survive_each_failed_allocation(void **state)
{
    (void)state;
    for (int k = 0; k < 100; k++) {
        spot_test_allocator mem;
        const spot_allocator a = spot_test_failing_allocator(&mem, k);
        spot_policy *policy = NULL;
        spot_session *s = NULL;
        spot_status st = spot_policy_load(FIXTURE, &a, &policy, NULL);

        if (st == SPOT_OK) {
            st = spot_session_create(policy,
                                     &(spot_session_config){.size = sizeof(spot_session_config),
                                                            .batch_max = 2,
                                                            .allocator = &a},
                                     &s);
            assert_true((st == SPOT_OK) == (s != NULL));
        } else {
            assert_null(policy);
        }
        spot_session_destroy(s);
        spot_policy_destroy(policy);
        spot_test_assert_no_leak(&mem);
        if (st == SPOT_OK) {
            assert_true(k >= 5); /* blob, tensors, policy, weights, scratch, session, arena */
            return;
        }
        assert_int_equal(st, SPOT_E_NOMEM);
    }
    fail_msg("never succeeded");
}

static void inference_allocates_nothing(void **state)
{
    spot_test_allocator mem;
    const spot_allocator a = spot_test_failing_allocator(&mem, -1);
    spot_policy *policy = NULL;
    spot_session *s = NULL;
    float obs[7];
    float noise[15];
    float first[15];
    float chunk[15];

    (void)state;
    assert_int_equal(spot_policy_load(FIXTURE, &a, &policy, NULL), SPOT_OK);
    assert_int_equal(spot_policy_describe(policy)->obs_dim, 7);
    assert_int_equal(
        spot_policy_describe(policy)->horizon * spot_policy_describe(policy)->action_dim, 15);
    assert_int_equal(spot_session_create(policy,
                                         &(spot_session_config){.size = sizeof(spot_session_config),
                                                                .batch_max = 1,
                                                                .allocator = &a},
                                         &s),
                     SPOT_OK);
    random_fill(5, obs, 7);
    random_fill(6, noise, 15);
    mem.fail_at = mem.n_alloc;
    const int before = mem.n_alloc;

    assert_int_equal(spot_session_infer(s, 1, obs, noise, first), SPOT_OK);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(spot_session_infer(s, 1, obs, noise, chunk), SPOT_OK);
        assert_memory_equal(chunk, first, sizeof first);
    }
    assert_int_equal(mem.n_alloc, before);
    spot_session_destroy(s);
    spot_policy_destroy(policy);
    spot_test_assert_no_leak(&mem);
}

#endif
