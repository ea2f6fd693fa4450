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

static const char *const TABLES[] = {"reference", "avx2", "avx512"};
enum { N_TABLE = 3, STEPS_MANY = 10 };

static spot_policy *load(const char *dir)
{
    spot_policy *policy = NULL;
    spot_diag diag = {""};
    const spot_status st = spot_policy_load(dir, NULL, &policy, &diag);

    if (st != SPOT_OK) {
        fail_msg("%s: %s", spot_status_str(st), diag.text);
    }
    return policy;
}

/* NULL if this CPU cannot run the table. */
static spot_session *session(const spot_policy *policy, int steps, int batch, const char *kernels)
{
    const spot_session_config config = {.steps = steps, .batch_max = batch, .kernels = kernels};
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
                                     &(spot_session_config){.batch_max = 2, .allocator = &a}, &s);
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
    assert_int_equal(
        spot_session_create(policy, &(spot_session_config){.batch_max = 1, .allocator = &a}, &s),
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
