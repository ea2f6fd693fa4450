/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Inference: against PyTorch, against double precision, in batches, and without memory. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/nn/kernels.h"
#include "runtime/nn/safetensors.h"
#include "runtime/policy/random_policy.h"
#include "spot/policy.h"
#include "support/spot_test.h"

#define FIXTURE SPOT_SOURCE_DIR "/tests/fixtures/flow_mixer_small"

/* Single precision in sums of up to 512 terms of size 1 has an error of about 512 * 6e-8 = 3e-5 at
 * worst and 1e-6 typically, which is what is seen; the outputs have size 1 to 10. */
static const double TOLERANCE = 1e-5;

#include "runtime/policy/policy_cases.h"

/* The answers were computed by train/make_fixture.py; its head has the command. */
static void agrees_with_pytorch(void **state)
{
    static const int steps[] = {1, 2, 5, 10};
    spot_policy *policy = load(FIXTURE);
    const spot_policy_info *info = spot_policy_describe(policy);
    spoti_safetensors cases;
    int batch = 0;

    (void)state;
    assert_int_equal(spoti_safetensors_read(FIXTURE "/cases.safetensors", NULL, &cases, NULL),
                     SPOT_OK);
    float *obs = tensor_of(&cases, "obs", &batch);
    float *noise = tensor_of(&cases, "noise", &batch);
    const int n = batch * info->horizon * info->action_dim;
    float *chunk = malloc((size_t)n * sizeof *chunk);

    for (int k = 0; k < 4; k++) {
        char name[32];
        (void)snprintf(name, sizeof name, "chunk.%d", steps[k]);
        float *want = tensor_of(&cases, name, &batch);

        for (int i = 0; i < N_TABLE; i++) {
            spot_session *s = session(policy, steps[k], batch, TABLES[i]);

            if (s == NULL) {
                continue;
            }
            assert_string_equal(spot_session_kernels(s), TABLES[i]);
            assert_int_equal(spot_session_infer(s, batch, obs, noise, chunk), SPOT_OK);
            for (int j = 0; j < n; j++) {
                assert_close((double)chunk[j], (double)want[j], TOLERANCE, TOLERANCE);
            }
            spot_session_destroy(s);
        }
        free(want);
    }
    free(chunk);
    free(noise);
    free(obs);
    spoti_safetensors_close(&cases);
    spot_policy_destroy(policy);
}

static void check_against_double(const random_policy_sizes *sizes, int steps)
{
    const int size = sizes->horizon * sizes->action;
    char dir[1024];
    float *obs = malloc((size_t)sizes->obs * sizeof *obs);
    float *noise = malloc((size_t)size * sizeof *noise);
    float *chunk = malloc((size_t)size * sizeof *chunk);
    double *want = malloc((size_t)size * sizeof *want);
    random_policy *oracle = random_policy_create(sizes, 5);
    double largest = 0.0;

    spot_test_temp_path(dir, sizeof dir, "policy");
    random_policy_write(oracle, dir);
    random_fill(1, obs, sizes->obs);
    random_fill(2, noise, size);
    random_policy_eval(oracle, steps, obs, noise, want);
    spot_policy *policy = load(dir);

    for (int i = 0; i < N_TABLE; i++) {
        spot_session *s = session(policy, steps, 1, TABLES[i]);

        if (s == NULL) {
            continue;
        }
        assert_int_equal(spot_session_infer(s, 1, obs, noise, chunk), SPOT_OK);
        for (int j = 0; j < size; j++) {
            assert_close((double)chunk[j], want[j], TOLERANCE, TOLERANCE);
            largest = fmax(largest, fabs((double)chunk[j] - want[j]));
        }
        print_message("[  note    ] %s: largest error %.2g\n", TABLES[i], largest);
        spot_session_destroy(s);
    }
    spot_policy_destroy(policy);
    random_policy_destroy(oracle);
    free(want);
    free(chunk);
    free(noise);
    free(obs);
}

static void agrees_with_double_precision_at_small_size(void **state)
{
    (void)state;
    check_against_double(&random_policy_small, 1);
    check_against_double(&random_policy_small, STEPS_MANY);
}

static void agrees_with_double_precision_at_full_size(void **state)
{
    (void)state;
    check_against_double(&random_policy_full, 2);
}

static void misuse_is_refused(void **state)
{
    spot_policy *policy = NULL;
    spot_session *s = NULL;
    spot_session_config config;
    float obs[7] = {0};
    float noise[15] = {0};
    float chunk[15];

    (void)state;
    spot_session_config_default(&config);
    assert_int_equal(config.steps, 0);
    assert_int_equal(config.batch_max, 1);
    assert_null(config.kernels);
    assert_null(config.allocator);

    assert_int_equal(spot_policy_load(NULL, NULL, &policy, NULL), SPOT_E_INVALID);
    policy = load(FIXTURE);
    assert_int_equal(spot_policy_load(FIXTURE, NULL, NULL, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_session_create(NULL, &config, &s), SPOT_E_INVALID);
    assert_int_equal(spot_session_create(policy, NULL, &s), SPOT_E_INVALID);
    assert_int_equal(spot_session_create(policy, &config, NULL), SPOT_E_INVALID);
    config.steps = SPOT_POLICY_STEPS_MAX + 1;
    assert_int_equal(spot_session_create(policy, &config, &s), SPOT_E_RANGE);
    config.steps = -1;
    assert_int_equal(spot_session_create(policy, &config, &s), SPOT_E_RANGE);
    config.steps = 0;
    config.batch_max = 0;
    assert_int_equal(spot_session_create(policy, &config, &s), SPOT_E_RANGE);
    config.batch_max = 1;
    config.kernels = "abacus";
    assert_int_equal(spot_session_create(policy, &config, &s), SPOT_E_UNSUPPORTED);
    assert_null(s);
    config.kernels = NULL;
    assert_int_equal(spot_session_create(policy, &config, &s), SPOT_OK);
    assert_int_equal(spot_session_infer(s, 0, obs, noise, chunk), SPOT_E_INVALID);
    assert_int_equal(spot_session_infer(s, 2, obs, noise, chunk), SPOT_E_INVALID);
    assert_int_equal(spot_session_infer(s, 1, NULL, noise, chunk), SPOT_E_INVALID);
    obs[6] = NAN;
    assert_int_equal(spot_session_infer(s, 1, obs, noise, chunk), SPOT_E_RANGE);
    obs[6] = INFINITY;
    assert_int_equal(spot_session_infer(s, 1, obs, noise, chunk), SPOT_E_RANGE);
    obs[6] = 0.0F;
    assert_int_equal(spot_session_infer(s, 1, obs, noise, chunk), SPOT_OK);
    for (int i = 0; i < 7; i++) {
        obs[i] = i % 2 == 0 ? 3e38F : -3e38F; /* finite, but products of it are not */
    }
    assert_int_equal(spot_session_infer(s, 1, obs, noise, chunk), SPOT_E_RANGE);
    obs[0] = obs[1] = obs[2] = obs[3] = obs[4] = obs[5] = obs[6] = 0.0F;
    noise[0] = NAN;
    assert_int_equal(spot_session_infer(s, 1, obs, noise, chunk), SPOT_E_RANGE);
    spot_session_destroy(s);
    spot_session_destroy(NULL);
    spot_policy_destroy(policy);
    spot_policy_destroy(NULL);
}

static void a_policy_describes_itself(void **state)
{
    spot_policy *policy = load(FIXTURE);
    const spot_policy_info *info = spot_policy_describe(policy);

    (void)state;
    assert_string_equal(info->type, "flow_mixer");
    assert_string_equal(info->task, "fixture");
    assert_int_equal(info->obs_dim, 7);
    assert_int_equal(info->action_dim, 3);
    assert_int_equal(info->horizon, 5);
    assert_int_equal(info->n_execute, 5);
    assert_int_equal(info->default_steps, 10);
    /* By hand from the sizes in train/make_fixture.py: in 11*43, time 2*19*18, blocks 2 * (2*11*5 +
     * 2*43*37 + 2*19*129), final 19*86, out 44*3. */
    assert_int_equal(info->n_params, 473 + 684 + 2 * (110 + 3182 + 4902) + 1634 + 132);
    spot_policy_destroy(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_pytorch),
        cmocka_unit_test(agrees_with_double_precision_at_small_size),
        cmocka_unit_test(agrees_with_double_precision_at_full_size),
        cmocka_unit_test(same_noise_gives_same_bytes_alone_and_in_batch),
        cmocka_unit_test(load_and_create_survive_each_failed_allocation),
        cmocka_unit_test(inference_allocates_nothing),
        cmocka_unit_test(misuse_is_refused),
        cmocka_unit_test(a_policy_describes_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
