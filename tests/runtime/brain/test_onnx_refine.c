/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Steps of a refinement against closed forms. */
#include "runtime/brain/onnx_refine.h"

#include <math.h>
#include <string.h>

#include "support/spot_test.h"

static const double PI = 3.14159265358979323846;

/* Runs x through n steps of a network that always answers `output`. */
static double refine(const spoti_ort_refinement *r, int n, double x, double output)
{
    spoti_ort_step steps[SPOT_POINT_STEPS_MAX];
    assert_int_equal(spoti_ort_steps(r, n, steps, NULL), SPOT_OK);
    for (int k = 0; k < n; k++) {
        x = spoti_ort_next(r, &steps[k], x, output);
    }
    return x;
}

static void a_flow_of_constant_velocity_goes_its_way(void **state)
{
    (void)state;
    for (int n = 1; n <= SPOT_POINT_STEPS_MAX; n++) {
        const spoti_ort_refinement up = {.rule = SPOTI_ORT_FLOW, .t0 = 0.0, .t1 = 1.0};
        const spoti_ort_refinement down = {.rule = SPOTI_ORT_FLOW, .t0 = 1.0, .t1 = 0.0};
        assert_close(refine(&up, n, 0.25, 3.0), 3.25, 1e-12, 0.0);
        assert_close(refine(&down, n, 0.25, 3.0), -2.75, 1e-12, 0.0);
    }
}

/* dx/dt = 2 t by Euler's left sums: 1 - 1/n. */
static void times_are_those_of_the_left_ends(void **state)
{
    const spoti_ort_refinement up = {.rule = SPOTI_ORT_FLOW, .t0 = 0.0, .t1 = 1.0};
    (void)state;
    for (int n = 1; n <= 20; n++) {
        spoti_ort_step steps[SPOT_POINT_STEPS_MAX];
        double x = 0.0;
        assert_int_equal(spoti_ort_steps(&up, n, steps, NULL), SPOT_OK);
        for (int k = 0; k < n; k++) {
            x = spoti_ort_next(&up, &steps[k], x, 2.0 * steps[k].time);
        }
        assert_close(x, 1.0 - 1.0 / n, 1e-12, 0.0);
    }
}

/* A cosine schedule's product telescopes to c((t + 1) / T) / c(0) while no beta is cut to 0.999. */
static double cosine_alpha(int t, int n)
{
    const double end = cos(((t + 1.0) / n + 0.008) / 1.008 * PI / 2.0);
    const double start = cos(0.008 / 1.008 * PI / 2.0);
    return end * end / (start * start);
}

static void levels_are_spaced_and_weighted_as_the_training_was(void **state)
{
    const spoti_ort_refinement r = {.rule = SPOTI_ORT_DDIM,
                                    .predicts = SPOTI_ORT_EPSILON,
                                    .schedule = SPOTI_ORT_COSINE,
                                    .train_steps = 100};
    const spoti_ort_refinement linear = {.rule = SPOTI_ORT_DDIM,
                                         .predicts = SPOTI_ORT_EPSILON,
                                         .schedule = SPOTI_ORT_LINEAR,
                                         .train_steps = 3,
                                         .beta_start = 0.1,
                                         .beta_end = 0.3};
    spoti_ort_step steps[SPOT_POINT_STEPS_MAX];
    (void)state;
    assert_int_equal(spoti_ort_steps(&r, 10, steps, NULL), SPOT_OK);
    for (int k = 0; k < 10; k++) {
        assert_true(steps[k].time == 90.0 - 10.0 * k);
        assert_close(steps[k].now, cosine_alpha(90 - 10 * k, 100), 1e-12, 0.0);
        assert_close(steps[k].after, k < 9 ? cosine_alpha(80 - 10 * k, 100) : 1.0, 1e-12, 0.0);
    }
    /* 100 levels in 7 steps of 14: 84, 70, ... 0 */
    assert_int_equal(spoti_ort_steps(&r, 7, steps, NULL), SPOT_OK);
    assert_true(steps[0].time == 84.0 && steps[6].time == 0.0);
    assert_int_equal(spoti_ort_steps(&linear, 3, steps, NULL), SPOT_OK);
    assert_close(steps[0].now, 0.9 * 0.8 * 0.7, 1e-12, 0.0);
    assert_close(steps[0].after, 0.9 * 0.8, 1e-12, 0.0);
    assert_close(steps[2].now, 0.9, 1e-12, 0.0);
    assert_true(steps[2].after == 1.0);
    spot_diag diag;
    assert_int_equal(spoti_ort_steps(&linear, 4, steps, &diag), SPOT_E_RANGE);
    assert_non_null(strstr(diag.text, "steps: 4, expected 1..3"));
}

/* A network that knows the noise: x = sqrt(a) x0 + sqrt(1 - a) e leads to x0, whatever the number of steps, and so do
 * those that know the sample or v = sqrt(a) e - sqrt(1 - a) x0. */
static void a_network_that_knows_ends_at_the_sample(void **state)
{
    static const spoti_ort_predicts kinds[] = {SPOTI_ORT_EPSILON, SPOTI_ORT_SAMPLE, SPOTI_ORT_V};
    const double sample = 0.7;
    const double epsilon = -1.3;
    (void)state;
    for (int i = 0; i < 3; i++) {
        const spoti_ort_refinement r = {.rule = SPOTI_ORT_DDIM,
                                        .predicts = kinds[i],
                                        .schedule = SPOTI_ORT_COSINE,
                                        .train_steps = 50};
        for (int n = 1; n <= 50; n++) {
            spoti_ort_step steps[SPOT_POINT_STEPS_MAX];
            assert_int_equal(spoti_ort_steps(&r, n, steps, NULL), SPOT_OK);
            double x = sqrt(steps[0].now) * sample + sqrt(1.0 - steps[0].now) * epsilon;
            for (int k = 0; k < n; k++) {
                const double a = steps[k].now;
                const double output[] = {epsilon, sample,
                                         sqrt(a) * epsilon - sqrt(1.0 - a) * sample};
                x = spoti_ort_next(&r, &steps[k], x, output[i]);
                assert_close(x,
                             sqrt(steps[k].after) * sample + sqrt(1.0 - steps[k].after) * epsilon,
                             1e-9, 0.0);
            }
            assert_close(x, sample, 1e-9, 0.0);
        }
    }
}

static void samples_are_cut_where_the_training_cut_them(void **state)
{
    spoti_ort_refinement r = {.rule = SPOTI_ORT_DDIM,
                              .predicts = SPOTI_ORT_SAMPLE,
                              .schedule = SPOTI_ORT_COSINE,
                              .train_steps = 10,
                              .clip = 1.0};
    (void)state;
    assert_close(refine(&r, 5, 0.3, 4.0), 1.0, 1e-12, 0.0);
    assert_close(refine(&r, 5, 0.3, -4.0), -1.0, 1e-12, 0.0);
    assert_close(refine(&r, 5, 0.3, 0.5), 0.5, 1e-12, 0.0);
    r.clip = 0.0;
    assert_close(refine(&r, 5, 0.3, 4.0), 4.0, 1e-12, 0.0);
    /* half-way the noise is what it was before the cut */
    r.clip = 1.0;
    spoti_ort_step step = {.now = 0.64, .after = 0.36};
    assert_close(spoti_ort_next(&r, &step, 0.5, 2.0), 0.6 + 0.8 * (0.5 - 0.8 * 2.0) / 0.6, 1e-12,
                 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flow_of_constant_velocity_goes_its_way),
        cmocka_unit_test(times_are_those_of_the_left_ends),
        cmocka_unit_test(levels_are_spaced_and_weighted_as_the_training_was),
        cmocka_unit_test(a_network_that_knows_ends_at_the_sample),
        cmocka_unit_test(samples_are_cut_where_the_training_cut_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
