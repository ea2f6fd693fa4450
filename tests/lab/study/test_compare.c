/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/study/compare.h"

#include <math.h>

#include "support/spot_test.h"

/* Sums and products of a handful of doubles. */
static const double ROUNDING = 1e-15;

/* By hand: sorted 0.005 0.01 0.03 0.04; times 4, 3, 2, 1 = 0.02 0.03 0.06 0.04; the last is lifted to
 * 0.06, as a larger p is never rejected before a smaller one. */
static void holm_by_hand(void **state)
{
    const double p[] = {0.01, 0.04, 0.03, 0.005};
    double adjusted[4];
    (void)state;
    spoti_holm(p, 4, -1, adjusted);
    assert_close(adjusted[0], 0.03, ROUNDING, 0.0);
    assert_close(adjusted[1], 0.06, ROUNDING, 0.0);
    assert_close(adjusted[2], 0.06, ROUNDING, 0.0);
    assert_close(adjusted[3], 0.02, ROUNDING, 0.0);
}

/* Without the third there are three hypotheses: 0.005*3, 0.01*2, 0.04*1. */
static void holm_leaves_out_the_best(void **state)
{
    const double p[] = {0.01, 0.04, 1e-9, 0.005};
    double adjusted[4];
    (void)state;
    spoti_holm(p, 4, 2, adjusted);
    assert_close(adjusted[0], 0.02, ROUNDING, 0.0);
    assert_close(adjusted[1], 0.04, ROUNDING, 0.0);
    assert_close(adjusted[2], 1.0, 0.0, 0.0);
    assert_close(adjusted[3], 0.015, ROUNDING, 0.0);
}

static void holm_stays_at_most_one_and_takes_one_point(void **state)
{
    const double p[] = {0.6, 0.9};
    double adjusted[2];
    (void)state;
    spoti_holm(p, 2, -1, adjusted);
    assert_close(adjusted[0], 1.0, 0.0, 0.0);
    assert_close(adjusted[1], 1.0, 0.0, 0.0);
    spoti_holm(p, 1, 0, adjusted);
    assert_close(adjusted[0], 1.0, 0.0, 0.0);
}

static void bootstrap_of_one_seed_is_its_sign(void **state)
{
    enum { RESAMPLES = 999 };
    (void)state;
    const double worse[] = {0.5};
    const double same[] = {0.0};
    const double better[] = {-0.5};
    assert_close(spoti_difference_p(worse, 1, 1, RESAMPLES), 1.0 / (RESAMPLES + 1), ROUNDING, 0.0);
    assert_close(spoti_difference_p(same, 1, 1, RESAMPLES), 1.0, 0.0, 0.0);
    assert_close(spoti_difference_p(better, 1, 1, RESAMPLES), 1.0, 0.0, 0.0);
}

/* Every one of the 4^4 resamples of four seeds, counted. */
static double exact_p(const double d[4])
{
    int at_most_0 = 0;
    for (int code = 0; code < 256; code++) {
        double sum = d[code & 3] + d[code >> 2 & 3] + d[code >> 4 & 3] + d[code >> 6 & 3];
        at_most_0 += sum <= 0.0;
    }
    return at_most_0 / 256.0;
}

static void bootstrap_agrees_with_all_resamples(void **state)
{
    enum { RESAMPLES = 40000 };
    const double sets[][4] = {
        {3.0, -1.0, 0.5, 2.0}, {1.0, -2.0, 0.25, -0.5}, {0.0, 0.0, 1.0, -0.25}};
    (void)state;
    for (int i = 0; i < 3; i++) {
        double want = exact_p(sets[i]);
        /* five standard deviations of a share: false alarm below 1e-6 */
        double tolerance = 5.0 * sqrt(want * (1.0 - want) / RESAMPLES) + 1.0 / RESAMPLES;
        assert_close(spoti_difference_p(sets[i], 4, 7, RESAMPLES), want, tolerance, 0.0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holm_by_hand),
        cmocka_unit_test(holm_leaves_out_the_best),
        cmocka_unit_test(holm_stays_at_most_one_and_takes_one_point),
        cmocka_unit_test(bootstrap_of_one_seed_is_its_sign),
        cmocka_unit_test(bootstrap_agrees_with_all_resamples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
