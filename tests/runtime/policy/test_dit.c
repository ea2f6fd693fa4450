/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The transformer: against PyTorch, against double precision, in batches, and without memory. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/nn/kernels.h"
#include "runtime/nn/safetensors.h"
#include "runtime/policy/random_dit.h"
#include "spot/policy.h"
#include "support/spot_test.h"

#define FIXTURES SPOT_SOURCE_DIR "/tests/fixtures/"
#define FIXTURE  FIXTURES "dit_flow"

/* Single precision in sums of up to 768 terms of size 1 has an error of about 768 * 6e-8 = 5e-5 at
 * worst and 1e-6 typically; 2e-6 to 5e-6 is seen after six blocks. */
static const double TOLERANCE = 1e-5;

/* A network that predicts noise has its error amplified by sqrt((1 - a)/a) at a = 1e-3. */
static const double EPSILON_GAIN = 31.6;

#include "runtime/policy/policy_cases.h"

/* The answers were computed by train/make_fixture.py; its head has the commands. */
static void compare_with_pytorch(const char *name, double tolerance)
{
    static const int steps[] = {1, 2, 5, 10};
    char path[1024];
    spoti_safetensors cases;
    double largest = 0.0;
    int batch = 0;

    (void)snprintf(path, sizeof path, FIXTURES "%s", name);
    spot_policy *policy = load(path);
    const spot_policy_info *info = spot_policy_describe(policy);
    (void)snprintf(path, sizeof path, FIXTURES "%s/cases.safetensors", name);
    assert_int_equal(spoti_safetensors_read(path, NULL, &cases, NULL), SPOT_OK);
    float *obs = tensor_of(&cases, "obs", &batch);
    float *noise = tensor_of(&cases, "noise", &batch);
    const int n = batch * info->horizon * info->action_dim;
    float *chunk = malloc((size_t)n * sizeof *chunk);

    for (int k = 0; k < 4; k++) {
        char key[32];
        (void)snprintf(key, sizeof key, "chunk.%d", steps[k]);
        float *want = tensor_of(&cases, key, &batch);

        for (int i = 0; i < N_TABLE; i++) {
            spot_session *s = session(policy, steps[k], batch, TABLES[i]);

            if (s == NULL) {
                continue;
            }
            assert_string_equal(spot_session_kernels(s), TABLES[i]);
            assert_int_equal(spot_session_infer(s, batch, obs, noise, chunk), SPOT_OK);
            for (int j = 0; j < n; j++) {
                assert_close((double)chunk[j], (double)want[j], tolerance, TOLERANCE);
                largest = fmax(largest, fabs((double)chunk[j] - (double)want[j]));
            }
            spot_session_destroy(s);
        }
        free(want);
    }
    print_message("[  note    ] %s: largest error %.2g\n", name, largest);
    free(chunk);
    free(noise);
    free(obs);
    spoti_safetensors_close(&cases);
    spot_policy_destroy(policy);
}

static void agrees_with_pytorch(void **state)
{
    (void)state;
    compare_with_pytorch("dit_flow", TOLERANCE);
    compare_with_pytorch("dit_ddim", TOLERANCE);
    compare_with_pytorch("dit_epsilon", EPSILON_GAIN * TOLERANCE);
}

static void check_against_double(const random_dit_sizes *sizes, int steps, double tolerance)
{
    const int size = sizes->horizon * sizes->action;
    char dir[1024];
    float *obs = malloc((size_t)sizes->obs * sizeof *obs);
    float *noise = malloc((size_t)size * sizeof *noise);
    float *chunk = malloc((size_t)size * sizeof *chunk);
    double *want = malloc((size_t)size * sizeof *want);
    random_dit *oracle = random_dit_create(sizes, 5);
    double largest = 0.0;

    spot_test_temp_path(dir, sizeof dir, "policy");
    random_dit_write(oracle, dir);
    random_fill(1, obs, sizes->obs);
    random_fill(2, noise, size);
    random_dit_eval(oracle, steps, obs, noise, want);
    spot_policy *policy = load(dir);

    for (int i = 0; i < N_TABLE; i++) {
        spot_session *s = session(policy, steps, 1, TABLES[i]);

        if (s == NULL) {
            continue;
        }
        assert_int_equal(spot_session_infer(s, 1, obs, noise, chunk), SPOT_OK);
        for (int j = 0; j < size; j++) {
            assert_close((double)chunk[j], want[j], tolerance, TOLERANCE);
            largest = fmax(largest, fabs((double)chunk[j] - want[j]));
        }
        print_message("[  note    ] %s: largest error %.2g\n", TABLES[i], largest);
        spot_session_destroy(s);
    }
    spot_policy_destroy(policy);
    random_dit_destroy(oracle);
    free(want);
    free(chunk);
    free(noise);
    free(obs);
}

static void agrees_with_double_precision_at_small_size(void **state)
{
    random_dit_sizes sizes = random_dit_small;

    (void)state;
    check_against_double(&sizes, 1, TOLERANCE);
    check_against_double(&sizes, STEPS_MANY, TOLERANCE);
    sizes.sampler = "ddim";
    sizes.prediction = "sample";
    check_against_double(&sizes, 1, TOLERANCE);
    check_against_double(&sizes, STEPS_MANY, TOLERANCE);
    sizes.prediction = "epsilon";
    check_against_double(&sizes, 1, EPSILON_GAIN * TOLERANCE);
    check_against_double(&sizes, STEPS_MANY, EPSILON_GAIN * TOLERANCE);
}

static void agrees_with_double_precision_at_full_size(void **state)
{
    random_dit_sizes sizes = random_dit_full;

    (void)state;
    check_against_double(&sizes, 2, TOLERANCE);
    sizes.sampler = "ddim";
    sizes.prediction = "sample";
    check_against_double(&sizes, 2, TOLERANCE);
}

static void a_policy_describes_itself(void **state)
{
    spot_policy *policy = load(FIXTURE);
    const spot_policy_info *info = spot_policy_describe(policy);

    (void)state;
    assert_string_equal(info->type, "dit");
    assert_string_equal(info->task, "fixture");
    assert_int_equal(info->obs_dim, 7);
    assert_int_equal(info->action_dim, 3);
    assert_int_equal(info->horizon, 5);
    assert_int_equal(info->n_execute, 5);
    assert_int_equal(info->default_steps, 10);
    /* By hand from the sizes in train/make_fixture.py: obs_fc1 22*14, obs_bias 5*22, obs_fc2 23*22,
     * in_x 22*3, position 5*22, time 2*19*18, blocks 3 * (8*22*22 + 2*22*37 + 19*198), final 19*44,
     * out 23*3. */
    assert_int_equal(info->n_params,
                     308 + 110 + 506 + 66 + 110 + 684 + 3 * (3872 + 1628 + 3762) + 836 + 69);
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
        cmocka_unit_test(a_policy_describes_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
