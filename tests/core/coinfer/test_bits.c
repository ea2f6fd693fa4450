/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Calibration, bits by layer, pruning with bits. Oracles: answers by hand, all allocations, a grid, integrals. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "spot/coinfer_bits.h"
#include "spot/rng.h"
#include "support/spot_test.h"

static double curve(spot_coinfer_curve which, double lambda, double bits)
{
    double d = NAN;

    assert_int_equal(spot_coinfer_distortion(which, lambda, bits, &d), SPOT_OK);
    return d;
}

/* Calibration ------------------------------------------------------------------------------------ */

static void a_constant_is_found_and_its_fit_told(void **state)
{
    const double p[] = {4.0, 2.0, 1.0};
    const double exact[] = {12.0, 6.0, 3.0};
    const double rough[] = {16.0, 4.0, 1.0}; /* = p^2 */
    double residual[3];
    spot_coinfer_calibration fit;

    (void)state;
    for (int rule = 0; rule < 2; rule++) {
        assert_int_equal(
            spot_coinfer_calibrate(p, exact, 3, (spot_coinfer_fit_rule)rule, residual, &fit),
            SPOT_OK);
        assert_close(fit.constant, 3.0, 0.0, 1e-14);
        assert_close(fit.r2, 1.0, 1e-14, 0.0);
        assert_close(fit.max_ratio, 1.0, 1e-14, 0.0);
        assert_close(fit.exponent, 1.0, 1e-14, 0.0);
        assert_close(residual[1], 0.0, 1e-14, 0.0);
        assert_int_equal(fit.n, 3);
    }
    /* H = (64 + 8 + 1) / 21; mean 7, total 81 + 9 + 36 = 126 */
    const double h = 73.0 / 21.0;
    const double off[] = {16.0 - 4.0 * h, 4.0 - 2.0 * h, 1.0 - h};
    assert_int_equal(spot_coinfer_calibrate(p, rough, 3, SPOT_COINFER_FIT_LINEAR, residual, &fit),
                     SPOT_OK);
    assert_close(fit.constant, h, 0.0, 1e-14);
    assert_close(fit.r2, 1.0 - (off[0] * off[0] + off[1] * off[1] + off[2] * off[2]) / 126.0, 1e-13,
                 0.0);
    assert_close(fit.max_ratio, h, 0.0, 1e-14);
    assert_close(fit.exponent, 2.0, 1e-13, 0.0);
    for (int i = 0; i < 3; i++) {
        assert_close(residual[i], off[i], 1e-14, 0.0);
    }
    /* ratios 4, 2, 1: H = 2, off by ln 2 at both ends; total 2 (2 ln 2)^2, left 2 (ln 2)^2 */
    assert_int_equal(spot_coinfer_calibrate(p, rough, 3, SPOT_COINFER_FIT_LOG, residual, &fit),
                     SPOT_OK);
    assert_close(fit.constant, 2.0, 0.0, 1e-14);
    assert_close(fit.r2, 0.75, 1e-13, 0.0);
    assert_close(fit.max_ratio, 2.0, 0.0, 1e-14);
    assert_close(residual[0], log(2.0), 1e-14, 0.0);
    assert_close(residual[2], -log(2.0), 1e-14, 0.0);
    /* the small ratio alone, to see both sides of max_ratio */
    const double low[] = {4.0, 2.0, 0.25};
    assert_int_equal(spot_coinfer_calibrate(p, low, 3, SPOT_COINFER_FIT_LINEAR, NULL, &fit),
                     SPOT_OK);
    assert_close(fit.max_ratio, 4.0 * fit.constant, 0.0, 1e-13);
}

static void what_cannot_be_fitted_is_refused_or_not_a_number(void **state)
{
    const double same[] = {0.3, 0.3, 0.3};
    const double more[] = {0.1, 0.7, 0.2};
    const double bad[][2] = {{1.0, 0.0}, {1.0, -1.0}, {NAN, 1.0}, {1.0, INFINITY}};
    spot_coinfer_calibration fit;

    (void)state;
    assert_int_equal(spot_coinfer_calibrate(more, same, 3, SPOT_COINFER_FIT_LINEAR, NULL, &fit),
                     SPOT_OK);
    assert_true(isnan(fit.r2) && isnan(fit.exponent));
    assert_int_equal(spot_coinfer_calibrate(same, more, 3, SPOT_COINFER_FIT_LOG, NULL, &fit),
                     SPOT_OK);
    assert_true(isnan(fit.exponent) && !isnan(fit.r2));
    assert_int_equal(spot_coinfer_calibrate(more, same, 1, SPOT_COINFER_FIT_LOG, NULL, &fit),
                     SPOT_OK);
    assert_close(fit.constant, 3.0, 0.0, 1e-14);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(spot_coinfer_calibrate(bad[i], more, 2, SPOT_COINFER_FIT_LOG, NULL, &fit),
                         SPOT_E_RANGE);
        assert_int_equal(spot_coinfer_calibrate(more, bad[i], 2, SPOT_COINFER_FIT_LOG, NULL, &fit),
                         SPOT_E_RANGE);
    }
    assert_int_equal(spot_coinfer_calibrate(more, same, 0, SPOT_COINFER_FIT_LOG, NULL, &fit),
                     SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_calibrate(NULL, same, 3, SPOT_COINFER_FIT_LOG, NULL, &fit),
                     SPOT_E_INVALID);
    assert_int_equal(spot_coinfer_calibrate(more, NULL, 3, SPOT_COINFER_FIT_LOG, NULL, &fit),
                     SPOT_E_INVALID);
    assert_int_equal(spot_coinfer_calibrate(more, same, 3, SPOT_COINFER_FIT_LOG, NULL, NULL),
                     SPOT_E_INVALID);
    assert_int_equal(spot_coinfer_calibrate(more, same, 3, (spot_coinfer_fit_rule)2, NULL, &fit),
                     SPOT_E_INVALID);
}

/* Bits by layer ---------------------------------------------------------------------------------- */

enum { N_LAYER = 4, BITS_MAX = 6 };

static double total(const spot_coinfer_share *layers, const spot_coinfer_allocation_rule *rule,
                    const int *bits, double *cost)
{
    double sum = 0.0;

    *cost = 0.0;
    for (int l = 0; l < N_LAYER; l++) {
        sum += layers[l].weight * layers[l].n * curve(rule->curve, layers[l].lambda, bits[l]);
        *cost += layers[l].bit_cost * bits[l];
    }
    return sum;
}

/* The least distortion of all allocations within the budget. */
static double brute_force(const spot_coinfer_share *layers,
                          const spot_coinfer_allocation_rule *rule)
{
    double least = INFINITY;
    int bits[N_LAYER];

    for (int code = 0; code < BITS_MAX * BITS_MAX * BITS_MAX * BITS_MAX; code++) {
        double cost = 0.0;
        int rest = code;
        bool in_range = true;

        for (int l = 0; l < N_LAYER; l++) {
            bits[l] = 1 + rest % BITS_MAX;
            rest /= BITS_MAX;
            in_range = in_range && bits[l] >= rule->bits_min && bits[l] <= rule->bits_max;
        }

        const double d = total(layers, rule, bits, &cost);
        if (in_range && cost <= rule->budget * (1.0 + 1e-12)) {
            least = fmin(least, d);
        }
    }
    return least;
}

static void draw_layers(spot_rng *rng, bool equal_costs, spot_coinfer_share *layers)
{
    for (int l = 0; l < N_LAYER; l++) {
        layers[l] =
            (spot_coinfer_share){.weight = exp(spot_rng_uniform(rng, -2.0, 2.0)),
                                 .n = floor(spot_rng_uniform(rng, 1.0, 100.0)),
                                 .lambda = exp(spot_rng_uniform(rng, -1.0, 1.0)),
                                 .bit_cost = equal_costs ? 0.1 : spot_rng_uniform(rng, 0.5, 3.0)};
    }
}

static void greedy_bits_are_the_best_of_all(void **state)
{
    static const spot_coinfer_curve curves[] = {SPOT_COINFER_LOWER, SPOT_COINFER_LLOYD,
                                                SPOT_COINFER_ADDITIVE};
    spot_rng rng = spot_rng_at(3, SPOT_STREAM_BOOTSTRAP, 0);
    spot_coinfer_share layers[N_LAYER];
    int bits[N_LAYER];
    int n_equal = 0;

    (void)state;
    for (int round = 0; round < 60; round++) {
        const bool equal = round % 2 == 0;
        spot_coinfer_allocation_rule rule = {
            .curve = curves[round % 3], .bits_min = 2, .bits_max = BITS_MAX};
        spot_coinfer_allocation out;
        double cost = 0.0;
        double largest = 0.0; /* the gain of any one bit */

        draw_layers(&rng, equal, layers);
        rule.budget = equal ? 0.1 * (8 + round % 17) : spot_rng_uniform(&rng, 25.0, 60.0);
        assert_int_equal(spot_coinfer_allocate(layers, N_LAYER, &rule, bits, &out), SPOT_OK);
        const double best = brute_force(layers, &rule);
        assert_close(out.distortion, total(layers, &rule, bits, &cost), 0.0, 1e-14);
        assert_close(out.cost, cost, 0.0, 1e-12);
        assert_true(cost <= rule.budget * (1.0 + 2e-12));
        assert_true(out.bound <= best * (1.0 + 1e-12));
        for (int l = 0; l < N_LAYER; l++) {
            assert_true(bits[l] >= 2 && bits[l] <= BITS_MAX);
            largest = fmax(largest, layers[l].weight * layers[l].n *
                                        (curve(rule.curve, layers[l].lambda, bits[l]) -
                                         curve(rule.curve, layers[l].lambda, bits[l] + 1)));
        }
        if (equal) {
            assert_close(out.distortion, best, 0.0, 1e-12);
            assert_close(out.bound, best, 0.0, 1e-9);
        } else {
            n_equal += out.distortion <= best * (1.0 + 1e-12) ? 1 : 0;
            assert_true(out.distortion <= out.bound + largest * (1.0 + 1e-12));
        }
    }
    assert_true(n_equal > 10); /* of 30: often the optimum though nothing promises it */
}

static void the_first_bits_go_where_they_gain_most(void **state)
{
    /* lambda = 1, D = 2^-b, one bit gains A n 2^-b / 2: 8 : 1 is three bits apart */
    const spot_coinfer_share layers[2] = {{8.0, 1.0, 1.0, 1.0}, {1.0, 1.0, 1.0, 1.0}};
    spot_coinfer_allocation_rule rule = {SPOT_COINFER_LOWER, 1, 32, 9.0};
    spot_coinfer_allocation out;
    int bits[2];

    (void)state;
    assert_int_equal(spot_coinfer_allocate(layers, 2, &rule, bits, &out), SPOT_OK);
    assert_true(bits[0] == 6 && bits[1] == 3);
    assert_close(out.distortion, 8.0 / 64.0 + 1.0 / 8.0, 1e-15, 0.0);
    rule.budget = 1000.0; /* more than all can take */
    assert_int_equal(spot_coinfer_allocate(layers, 2, &rule, bits, &out), SPOT_OK);
    assert_true(bits[0] == 32 && bits[1] == 32);
    assert_close(out.bound, out.distortion, 0.0, 1e-6);
    const spot_coinfer_share twins[2] = {{1.0, 1.0, 1.0, 1.0}, {1.0, 1.0, 1.0, 1.0}};
    rule.budget = 3.0; /* of equals the first */
    assert_int_equal(spot_coinfer_allocate(twins, 2, &rule, bits, &out), SPOT_OK);
    assert_true(bits[0] == 2 && bits[1] == 1);
    rule.budget = 2.0; /* just the least */
    assert_int_equal(spot_coinfer_allocate(layers, 2, &rule, bits, &out), SPOT_OK);
    assert_true(bits[0] == 1 && bits[1] == 1);
    rule.budget = 1.9;
    assert_int_equal(spot_coinfer_allocate(layers, 2, &rule, bits, &out), SPOT_E_STATE);
    rule.budget = NAN;
    assert_int_equal(spot_coinfer_allocate(layers, 2, &rule, bits, &out), SPOT_E_RANGE);
    rule = (spot_coinfer_allocation_rule){SPOT_COINFER_ADDITIVE, 1, 8, 9.0};
    assert_int_equal(spot_coinfer_allocate(layers, 2, &rule, bits, &out), SPOT_E_RANGE);
    rule = (spot_coinfer_allocation_rule){(spot_coinfer_curve)5, 1, 8, 9.0};
    assert_int_equal(spot_coinfer_allocate(layers, 2, &rule, bits, &out), SPOT_E_INVALID);
    for (int i = 0; i < 3; i++) {
        rule = (spot_coinfer_allocation_rule){SPOT_COINFER_LOWER,
                                              i == 0   ? 0
                                              : i == 1 ? 9
                                                       : 1,
                                              i == 2 ? 33 : 8, 99.0};
        assert_int_equal(spot_coinfer_allocate(layers, 2, &rule, bits, &out), SPOT_E_RANGE);
    }
    rule = (spot_coinfer_allocation_rule){SPOT_COINFER_LOWER, 1, 8, 9.0};
    for (int i = 0; i < 4; i++) {
        spot_coinfer_share bad = {1.0, 1.0, 1.0, 1.0};
        *(i == 0   ? &bad.weight
          : i == 1 ? &bad.n
          : i == 2 ? &bad.lambda
                   : &bad.bit_cost) = i % 2 == 0 ? 0.0 : NAN;
        assert_int_equal(spot_coinfer_allocate(&bad, 1, &rule, bits, &out), SPOT_E_RANGE);
    }
    assert_int_equal(spot_coinfer_allocate(layers, 0, &rule, bits, &out), SPOT_E_INVALID);
    assert_int_equal(spot_coinfer_allocate(NULL, 2, &rule, bits, &out), SPOT_E_INVALID);
    assert_int_equal(spot_coinfer_allocate(layers, 2, NULL, bits, &out), SPOT_E_INVALID);
    assert_int_equal(spot_coinfer_allocate(layers, 2, &rule, NULL, &out), SPOT_E_INVALID);
    assert_int_equal(spot_coinfer_allocate(layers, 2, &rule, bits, NULL), SPOT_E_INVALID);
}

/* Pruning ---------------------------------------------------------------------------------------- */

/* E of the distance from what it becomes, X ~ Exp(lambda): 0 below the threshold, above it threshold + the level
 * of the best codebook that is nearest to what is left; by midpoints. */
static void integrate(double lambda, double kept, int bits, double *pruned, double *quantised)
{
    const int n = 400000;
    const double threshold = -log(kept) / lambda;

    *pruned = *quantised = 0.0;
    for (int i = 0; i < n; i++) {
        const double u = ((double)i + 0.5) / n;
        const double x = -log1p(-u) / lambda;
        double level = 0.0;

        if (x < threshold) {
            *pruned += x / n;
        } else {
            (void)spot_coinfer_lloyd_encode(lambda, bits, x - threshold, NULL, &level);
            *quantised += fabs(x - threshold - level) / n;
        }
    }
}

static void pruned_weights_distort_as_integrals_say(void **state)
{
    static const double fractions[] = {1.0, 0.8, 0.3, 0.05};

    (void)state;
    for (int i = 0; i < 4; i++) {
        double pruned = NAN;
        double quantised = NAN;
        double want[2];

        assert_int_equal(spot_coinfer_prune_distortion(SPOT_COINFER_LLOYD, 2.0, fractions[i], 3.0,
                                                       &pruned, &quantised),
                         SPOT_OK);
        integrate(2.0, fractions[i], 3, &want[0], &want[1]);
        assert_close(pruned, want[0], 1e-5, 0.0);
        assert_close(quantised, want[1], 1e-5, 0.0);
    }
}

static double both(spot_coinfer_curve which, double kept, double bits)
{
    double pruned = NAN;
    double quantised = NAN;

    assert_int_equal(spot_coinfer_prune_distortion(which, 1.0, kept, bits, &pruned, &quantised),
                     SPOT_OK);
    return pruned + quantised;
}

static void no_grid_point_beats_the_best_fraction(void **state)
{
    static const double budgets[] = {0.2, 0.7, 1.0, 1.5, 2.0, 3.3, 4.0, 6.0};

    (void)state;
    for (int c = 0; c < 5; c++) {
        for (int m = 0; m < 2; m++) {
            for (int i = m == 0 ? 0 : 3; i < 8; i++) {
                const spot_coinfer_curve which = (spot_coinfer_curve)c;
                const double budget = budgets[i];
                spot_coinfer_pruned best;
                double least = INFINITY;

                assert_int_equal(spot_coinfer_prune_best(which, 0.5, budget, m, &best), SPOT_OK);
                for (int k = 1; k <= 2000; k++) {
                    const double kept = k / 2000.0;
                    for (int bits = 1; bits <= 32; bits++) {
                        if (kept * bits + (kept < 1.0 ? m : 0.0) <= budget) {
                            least = fmin(least, 2.0 * both(which, kept, bits));
                        }
                    }
                }
                assert_true(best.distortion <= least);
                assert_close(best.distortion, least, 0.0, 3e-3);
                assert_close(best.distortion, 2.0 * both(which, best.kept, best.bits), 0.0, 1e-14);
                assert_close(best.distortion, best.pruned + best.quantised, 0.0, 1e-14);
                assert_close(best.cost, best.kept * best.bits + (best.kept < 1.0 ? m : 0.0), 0.0,
                             1e-14);
                assert_true(best.cost <= budget * (1.0 + 1e-14));
            }
        }
    }
}

/* With real bits C / p the sum is convex in p: what lets a planner take one step further. */
static void the_sum_is_convex_in_the_fraction(void **state)
{
    (void)state;
    for (int c = 0; c < 5; c++) {
        const double budget = 1.5;

        for (int k = 2; k < 99; k++) {
            const double f[] = {
                both((spot_coinfer_curve)c, (k - 1) / 100.0, 100.0 * budget / (k - 1)),
                both((spot_coinfer_curve)c, k / 100.0, 100.0 * budget / k),
                both((spot_coinfer_curve)c, (k + 1) / 100.0, 100.0 * budget / (k + 1))};
            assert_true(f[0] + f[2] >= 2.0 * f[1] - 1e-13);
        }
    }
}

static void budgets_that_buy_nothing_are_refused(void **state)
{
    spot_coinfer_pruned best;

    (void)state;
    assert_int_equal(spot_coinfer_prune_best(SPOT_COINFER_LLOYD, 1.0, 0.5, 1.0, &best),
                     SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_prune_best(SPOT_COINFER_LLOYD, 1.0, 1.0, 1.0, &best), SPOT_OK);
    assert_true(best.kept == 1.0 && best.bits == 1); /* no mask: all stay */
    assert_int_equal(spot_coinfer_prune_best(SPOT_COINFER_LLOYD, 1.0, 0.0, 0.0, &best),
                     SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_prune_best(SPOT_COINFER_LLOYD, 0.0, 1.0, 0.0, &best),
                     SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_prune_best(SPOT_COINFER_LLOYD, 1.0, 1.0, -1.0, &best),
                     SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_prune_best(SPOT_COINFER_LLOYD, 1.0, 1.0, NAN, &best),
                     SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_prune_best((spot_coinfer_curve)-1, 1.0, 1.0, 0.0, &best),
                     SPOT_E_INVALID);
    assert_int_equal(spot_coinfer_prune_best(SPOT_COINFER_LLOYD, 1.0, 1.0, 0.0, NULL),
                     SPOT_E_INVALID);
    assert_int_equal(spot_coinfer_prune_distortion(SPOT_COINFER_LLOYD, 1.0, 0.0, 2.0, NULL, NULL),
                     SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_prune_distortion(SPOT_COINFER_LLOYD, 1.0, 1.1, 2.0, NULL, NULL),
                     SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_prune_distortion(SPOT_COINFER_LLOYD, 1.0, 0.5, 0.5, NULL, NULL),
                     SPOT_E_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_constant_is_found_and_its_fit_told),
        cmocka_unit_test(what_cannot_be_fitted_is_refused_or_not_a_number),
        cmocka_unit_test(greedy_bits_are_the_best_of_all),
        cmocka_unit_test(the_first_bits_go_where_they_gain_most),
        cmocka_unit_test(pruned_weights_distort_as_integrals_say),
        cmocka_unit_test(no_grid_point_beats_the_best_fraction),
        cmocka_unit_test(the_sum_is_convex_in_the_fraction),
        cmocka_unit_test(budgets_that_buy_nothing_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
