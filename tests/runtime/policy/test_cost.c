/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What an inference costs: against counts by hand, and against the products that kernels were given. */
#include <stdlib.h>
#include <string.h>

#include "runtime/policy/arch.h"
#include "runtime/policy/policy_load.h"
#include "spot/brain.h"
#include "spot/policy.h"
#include "support/spot_test.h"

#define FIXTURES SPOT_SOURCE_DIR "/tests/fixtures/"
#define SHIPPED  SPOT_SOURCE_DIR "/policies/ur5e-pick-place-dit"

static spot_session *session(const spot_policy *policy, int steps, const char *quant)
{
    const spot_session_config config = {
        .size = sizeof(spot_session_config), .steps = steps, .batch_max = 1, .quant = quant};
    spot_session *s = NULL;

    assert_int_equal(spot_session_create(policy, &config, &s), SPOT_OK);
    return s;
}

static spot_inference_cost cost_of(const char *dir, int steps, const char *quant)
{
    spot_policy *policy = load(dir);
    spot_session *s = session(policy, steps, quant);
    spot_inference_cost cost;

    assert_int_equal(spot_session_cost(s, &cost), SPOT_OK);
    spot_session_destroy(s);
    spot_policy_destroy(policy);
    return cost;
}

/* All counts are whole and far below 2^53. */
static void check(const spot_inference_cost *got, const spot_inference_cost *want)
{
    assert_close(got->macs_fp32, want->macs_fp32, 0.0, 0.0);
    assert_close(got->macs_bf16, want->macs_bf16, 0.0, 0.0);
    assert_close(got->macs_int8, want->macs_int8, 0.0, 0.0);
    assert_close(got->weight_bytes, want->weight_bytes, 0.0, 0.0);
    assert_close(got->weight_read_bytes, want->weight_read_bytes, 0.0, 0.0);
    assert_close(got->kv_read_bytes, want->kv_read_bytes, 0.0, 0.0);
}

/* T = 5, C = 22 (32 in panels), hidden 37 (64), A = 3, D = 7, 5 observation tokens, 3 blocks, 3 steps. */
static void a_small_transformer_is_counted_by_hand(void **state)
{
    const spot_inference_cost cost = cost_of(FIXTURES "dit_flow", 3, NULL);
    const double once_macs = 22 * 14 + 5 * 22 * 22 + 3 * 2 * 5 * 22 * 22;
    const double block_macs = 6 * 5 * 22 * 22 + 2 * 5 * 22 * 37 + 2 * 5 * 5 * 22 + 2 * 5 * 5 * 22;
    const double step_macs = 5 * 22 * 3 + 3 * block_macs + 5 * 22 * 3;
    const double once_bytes =
        4 * (32 * 14 + 5 * 22 + 32 * 22 + 22 + 3 * 2 * 32 * 22); /* obs_fc1, obs_fc2, ca.k, ca.v */
    const double block_bytes = 4 * (6 * 32 * 22 + 64 * 22 + 32 * 37);
    const double step_bytes = 4 * (32 * 3 + 5 * 22 + 32 * 22 + 3) + 3 * block_bytes;

    (void)state;
    check(&cost, &(spot_inference_cost){.macs_fp32 = once_macs + 3 * step_macs,
                                        .weight_bytes = once_bytes + step_bytes,
                                        .weight_read_bytes = once_bytes + 3 * step_bytes,
                                        .kv_read_bytes = 3 * 3 * 2 * 5 * 22 * 4});
}

/* T = 5, C = 43 (64), token 11, channel 37 (64), A = 3, D = 7, 2 blocks, 2 steps. */
static void a_small_mixer_is_counted_by_hand(void **state)
{
    const spot_inference_cost cost = cost_of(FIXTURES "flow_mixer_small", 2, NULL);
    const double block_macs = 2 * 11 * 5 * 43 + 2 * 5 * 43 * 37;
    const double block_bytes = 4 * (2 * 11 * 5 + 64 * 43 + 64 * 37);
    const double step_macs = 5 * 43 * 3 + 2 * block_macs + 5 * 43 * 3;
    const double step_bytes = 4 * (64 * 3 + 32 * 43 + 3) + 2 * block_bytes;
    const double once_bytes = 4 * (64 * 7 + 43);

    (void)state;
    check(&cost, &(spot_inference_cost){.macs_fp32 = 43 * 7 + 2 * step_macs,
                                        .weight_bytes = once_bytes + step_bytes,
                                        .weight_read_bytes = once_bytes + 2 * step_bytes});
}

/* T = 16, C = 256, hidden 768, A = 5, D = 14, 7 observation tokens, 6 blocks, 10 steps. */
static void the_shipped_transformer_is_counted_in_each_precision(void **state)
{
    static const struct {
        const char *quant;
        double bits, scales; /* of a weight; per output of a layer with 256 inputs */
        bool has_bias;       /* a row of zeros */
    } cases[] = {
        {NULL, 32, 0, false}, {"bf16", 16, 0, true}, {"w8a8", 8, 1, true}, {"w4a4", 4, 4, true}};
    const double once_macs = 6 * 2 * 7 * 256.0 * 256.0; /* of sites */
    const double sites_macs = 6 * 16 * (6 * 256.0 * 256.0 + 2 * 256.0 * 768.0);
    const double attention_macs = 6 * 2 * 16 * (16 + 7) * 256.0;
    const double rest_macs =
        256.0 * 28 + 7 * 256.0 * 256.0 + 10 * (attention_macs + 2 * 16 * 256 * 5);
    const double rest_once = 4 * (256 * 28 + 7 * 256 + 256 * 256 + 256);
    const double rest_step = 4 * (256 * 5 + 16 * 256 + 32 * 256 + 5);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const spot_inference_cost cost = cost_of(SHIPPED, 10, cases[i].quant);
        const double per_output = 4 * (cases[i].scales + cases[i].has_bias);
        const double square = 256 * (256 * cases[i].bits / 8 + per_output);
        const double down = 256 * (768 * cases[i].bits / 8 +
                                   4 * ((i == 3 ? 3 : 1) * cases[i].scales + cases[i].has_bias));
        const double up = 768 * (256 * cases[i].bits / 8 + per_output);
        const double once = rest_once + 6 * 2 * square;
        const double step = rest_step + 6 * (6 * square + up + down);
        const double macs = once_macs + 10 * sites_macs;

        check(&cost, &(spot_inference_cost){.macs_fp32 = rest_macs + (i == 0 ? macs : 0.0),
                                            .macs_bf16 = i == 1 ? macs : 0.0,
                                            .macs_int8 = i > 1 ? macs : 0.0,
                                            .weight_bytes = once + step,
                                            .weight_read_bytes = once + 10 * step,
                                            .kv_read_bytes = 10 * 6 * 2 * 7 * 256 * 4});
    }
}

/* Kernels that count what they are given; one test at a time. */
static double n_fp32;
static double n_int8;
static const spoti_kernels *real;
static spoti_linear_kernels real_linear;

static void count_gemm(const spoti_gemm *g)
{
    n_fp32 += (double)(g->m * g->n * g->k);
    real->gemm(g);
}

static void count_w8a8(const spoti_linear_job *job)
{
    n_int8 += (double)(job->rows->m * job->layer->n * job->layer->k);
    real_linear.w8a8(job);
}

static void count_w4a4(const spoti_linear_job *job)
{
    n_int8 += (double)(job->rows->m * job->layer->n * job->layer->k);
    real_linear.w4a4(job);
}

/* Runs one inference of `s` on counting kernels and compares. */
static void check_against_kernels(spot_session *s)
{
    const spot_policy_info *info = spot_policy_describe(s->policy);
    const size_t size = (size_t)info->horizon * (size_t)info->action_dim;
    float *obs = calloc((size_t)info->obs_dim, sizeof *obs);
    float *noise = calloc(size, sizeof *noise);
    float *chunk = calloc(size, sizeof *chunk);
    spoti_kernels counting = *s->kernels;
    spot_inference_cost cost;

    real = s->kernels;
    counting.gemm = count_gemm;
    s->kernels = &counting;
    if (s->policy->arch == spoti_dit_arch() && s->work.dit.quant.kernels.w8a8 != NULL) {
        real_linear = s->work.dit.quant.kernels;
        s->work.dit.quant.kernels.w8a8 = count_w8a8;
        s->work.dit.quant.kernels.w4a4 = count_w4a4;
    }
    n_fp32 = n_int8 = 0.0;
    assert_int_equal(spot_session_infer(s, 1, obs, noise, chunk), SPOT_OK);
    assert_int_equal(spot_session_cost(s, &cost), SPOT_OK);
    assert_close(cost.macs_fp32, n_fp32, 0.0, 0.0);
    assert_close(cost.macs_int8, n_int8, 0.0, 0.0);
    assert_true(n_fp32 > 0.0);
    s->kernels = real;
    free(chunk);
    free(noise);
    free(obs);
}

/* As the small transformer, which also reads a past of at most 6 frames and 6 commands. */
static void a_past_is_counted_as_far_as_it_is_read(void **state)
{
    static const struct {
        const char *kv;
        int written, read;
    } cases[] = {{NULL, 0, 0}, {NULL, 4, 8}, {NULL, 9, 12}, {"3:2", 4, 5}, {"1:6", 9, 7}};
    const spot_inference_cost without = cost_of(FIXTURES "dit_flow", 3, NULL);
    spot_policy *policy = load(FIXTURES "dit_history");
    const float numbers[7] = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const spot_session_config config = {
            .size = sizeof(spot_session_config), .steps = 3, .batch_max = 1, .kv = cases[i].kv};
        spot_inference_cost want = without;
        spot_inference_cost cost;
        spot_session *s = NULL;

        assert_int_equal(spot_session_create(policy, &config, &s), SPOT_OK);
        for (int k = 0; k < cases[i].written; k++) {
            assert_int_equal(spot_session_remember(s, numbers, numbers), SPOT_OK);
        }
        assert_int_equal(spot_session_cost(s, &cost), SPOT_OK);
        /* 3 steps and 3 blocks: scores and mixtures of 5 tokens; the gathering reads once more */
        want.macs_fp32 += 3 * 3 * 2 * 5 * 22 * cases[i].read;
        want.kv_read_bytes += 3 * (3 + 1) * 2 * 22 * 4 * cases[i].read;
        check(&cost, &want);
        check_against_kernels(s);
        spot_session_destroy(s);
    }
    spot_policy_destroy(policy);
}

/* A brain says what an inference costs once its past is full, whatever it was told before, and forgets it. */
static void a_brain_counts_a_full_past(void **state)
{
    spot_policy *policy = load(FIXTURES "dit_history");
    const spot_policy_info *info = spot_policy_describe(policy);
    const float numbers[64] = {0};
    spot_brain brain;
    spot_point point;
    spot_brain_config config;
    spot_inference_cost cost[2];
    void *mind = NULL;
    spot_session *s = session(policy, 3, NULL);

    (void)state;
    for (int k = 0; k < info->history_frames + info->history_commands; k++) {
        assert_int_equal(spot_session_remember(s, numbers, numbers), SPOT_OK);
    }
    assert_int_equal(spot_session_cost(s, &cost[0]), SPOT_OK);
    spot_session_destroy(s);
    spot_point_default(&point);
    point.steps = 3;
    spot_brain_config_default(&config);
    config.point = &point;
    assert_int_equal(spot_brain_of_policy(policy, &brain), SPOT_OK);
    assert_int_equal(spot_brain_begin(&brain, &config, &mind, NULL), SPOT_OK);
    assert_int_equal(spot_brain_remember(&brain, mind, numbers, numbers, NULL), SPOT_OK);
    assert_int_equal(spot_brain_cost(&brain, mind, &cost[1], NULL), SPOT_OK);
    check(&cost[1], &cost[0]);
    assert_int_equal(spot_session_cost((spot_session *)mind, &cost[1]), SPOT_OK);
    assert_true(cost[1].kv_read_bytes < cost[0].kv_read_bytes);
    assert_int_equal(spot_brain_cost(&brain, mind, NULL, NULL), SPOT_E_INVALID);
    spot_brain_end(&brain, mind);
    spot_brain_close(&brain);
    spot_policy_destroy(policy);
}

/* Whole hidden units that are pruned are multiplied no more; single weights still are. */
static void pruned_units_are_counted_no_more(void **state)
{
    const spot_inference_cost whole = cost_of(SHIPPED, 2, NULL);
    spot_policy *policy = load(SHIPPED);

    (void)state;
    for (int i = 0; i < 2; i++) {
        const spot_session_config config = {.size = sizeof(spot_session_config),
                                            .steps = 2,
                                            .batch_max = 1,
                                            .prune = i == 0 ? "mlp:0.5" : "0.3"};
        spot_inference_cost cost;
        spot_session *s = NULL;

        assert_int_equal(spot_session_create(policy, &config, &s), SPOT_OK);
        assert_int_equal(spot_session_cost(s, &cost), SPOT_OK);
        /* 2 steps, 6 blocks, two layers of 16 tokens, 256 channels, 384 units less */
        assert_close(cost.macs_fp32,
                     whole.macs_fp32 - (i == 0 ? 2.0 * 6 * 2 * 16 * 256 * 384 : 0.0), 0.0, 0.0);
        assert_close(cost.weight_bytes,
                     whole.weight_bytes - (i == 0 ? 6.0 * 2 * 256 * 384 * 4 : 0.0), 0.0, 0.0);
        assert_close(whole.params, (double)spot_policy_describe(policy)->n_params, 0.0, 0.0);
        assert_close(cost.params, whole.params - (i == 0 ? 6.0 * 2 * 256 * 384 : 0.0), 0.0, 0.0);
        check_against_kernels(s);
        spot_session_destroy(s);
    }
    spot_policy_destroy(policy);
}

static void counts_are_those_of_the_products_computed(void **state)
{
    static const struct {
        const char *dir, *quant;
    } cases[] = {{FIXTURES "dit_flow", NULL},
                 {FIXTURES "dit_epsilon", "w8a8"},
                 {FIXTURES "flow_mixer_small", NULL},
                 {SHIPPED, "w8a8"},
                 {SHIPPED, "w4-t3"},
                 {SHIPPED, NULL}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        spot_policy *policy = load(cases[i].dir);

        for (int steps = 1; steps <= 3; steps += 2) {
            spot_session *s = session(policy, steps, cases[i].quant);

            check_against_kernels(s);
            spot_session_destroy(s);
        }
        spot_policy_destroy(policy);
    }
}

static void misuse_is_refused(void **state)
{
    spot_policy *policy = load(FIXTURES "dit_flow");
    spot_session *s = session(policy, 1, NULL);
    spot_inference_cost cost;

    (void)state;
    assert_int_equal(spot_session_cost(NULL, &cost), SPOT_E_INVALID);
    assert_int_equal(spot_session_cost(s, NULL), SPOT_E_INVALID);
    spot_session_destroy(s);
    spot_policy_destroy(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_transformer_is_counted_by_hand),
        cmocka_unit_test(a_small_mixer_is_counted_by_hand),
        cmocka_unit_test(the_shipped_transformer_is_counted_in_each_precision),
        cmocka_unit_test(a_past_is_counted_as_far_as_it_is_read),
        cmocka_unit_test(a_brain_counts_a_full_past),
        cmocka_unit_test(pruned_units_are_counted_no_more),
        cmocka_unit_test(counts_are_those_of_the_products_computed),
        cmocka_unit_test(misuse_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
