/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Samplers: an ideal network must be led to its answer exactly; sites and thirds are named. */
#include "runtime/policy/sampler.h"

#include <math.h>
#include <stdio.h>

#include "runtime/policy/sites.h"
#include "support/spot_test.h"

/* Roundings of up to 100 steps; the noise form amplifies them by sqrt(1/1e-3). */
static const double TOLERANCE = 100 * 32 * 2.3e-16;

static double alpha(double s)
{
    const double pi = 3.14159265358979323846;

    return fmax(pow(cos((s + 0.008) / 1.008 * pi / 2) / cos(0.008 / 1.008 * pi / 2), 2), 1e-3);
}

/* A network that knows the action and the noise answers from them; x must end at the action. */
static void an_ideal_network_reaches_the_action(void **state)
{
    static const int steps[] = {1, 2, 5, 10, 100};
    const double action = 0.7;
    const double noise = -1.3;
    const double outputs[] = {action - noise, action, noise};

    (void)state;
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 5; j++) {
            const spoti_prediction p = (spoti_prediction)i;
            double x = p == SPOTI_PREDICTION_VELOCITY
                           ? noise
                           : sqrt(alpha(1)) * action + sqrt(1 - alpha(1)) * noise;

            for (int k = 0; k < steps[j]; k++) {
                const spoti_sampler_step s = spoti_sampler_at(p, k, steps[j]);
                const double frac = (double)k / steps[j];
                const double a = alpha(1 - frac);

                /* x lies on the path that training draws from, and the network is told where. */
                assert_close(s.time, p == SPOTI_PREDICTION_VELOCITY ? frac : 1 - frac, 1e-15, 0.0);
                assert_close(x,
                             p == SPOTI_PREDICTION_VELOCITY
                                 ? (1 - frac) * noise + frac * action
                                 : sqrt(a) * action + sqrt(1 - a) * noise,
                             TOLERANCE, 0.0);
                x = s.p * x + s.q * outputs[i];
            }
            assert_close(x, action, TOLERANCE, 0.0);
        }
    }
}

/* From pure noise, DDIM's first step to the end takes the network's word for the action. */
static void one_step_returns_the_predicted_action(void **state)
{
    const spoti_sampler_step s = spoti_sampler_at(SPOTI_PREDICTION_SAMPLE, 0, 1);

    (void)state;
    assert_close(s.p, 0.0, 1e-15, 0.0);
    assert_close(s.q, 1.0, 1e-15, 0.0);
}

static void sites_and_thirds_are_named_as_published(void **state)
{
    static const char *const names[] = {"sa.q", "sa.k", "sa.v",   "sa.out", "ca.q",
                                        "ca.k", "ca.v", "ca.out", "mlp.l1", "mlp.l2"};

    (void)state;
    assert_int_equal(SPOTI_SITE_COUNT, 10);
    for (int i = 0; i < SPOTI_SITE_COUNT; i++) {
        assert_string_equal(spoti_site_name((spoti_site)i), names[i]);
    }
    assert_string_equal(spoti_third_name(SPOTI_THIRD_EARLY), "early");
    assert_string_equal(spoti_third_name(SPOTI_THIRD_MID), "mid");
    assert_string_equal(spoti_third_name(SPOTI_THIRD_LATE), "late");
    /* The published network has 28 blocks: early 0-9, mid 10-19, late 20-27. */
    for (size_t i = 0; i < 28; i++) {
        assert_int_equal(spoti_third_of(i, 28), i <= 9 ? 0 : i <= 19 ? 1 : 2);
    }
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(spoti_third_of(i, 6), i / 2);
    }
    assert_int_equal(spoti_third_of(0, 1), SPOTI_THIRD_EARLY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ideal_network_reaches_the_action),
        cmocka_unit_test(one_step_returns_the_predicted_action),
        cmocka_unit_test(sites_and_thirds_are_named_as_published),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
