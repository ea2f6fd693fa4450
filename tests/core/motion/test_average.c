/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Averages over episodes and energy over time. Oracles: printed vectors, closed forms. */
#include <math.h>

#include "spot/motion_average.h"
#include "support/spot_test.h"

static const double PRINTED = 1e-6;
static const double ROUNDING = 1e-12;

static void times_match_the_printed_vector(void **state)
{
    const bool success[] = {true, true, true, false};
    const double time[] = {10, 12, 8, 30};
    const double budget[] = {NAN, NAN, NAN, 30}; /* not read for successes */
    const spot_motion_trials trials = {4, success, time, budget, NULL};
    spot_motion_summary s;

    (void)state;
    assert_int_equal(spot_motion_summarise(&trials, &s), SPOT_OK);
    assert_int_equal(s.n_success, 3);
    assert_close(s.success_rate.value, 0.75, 0.0, 0.0);
    assert_close(s.mean_success_time_s.value, 10.0, 0.0, ROUNDING);
    assert_close(s.penalised_time_s.value, 15.0, 0.0, ROUNDING);
    assert_close(s.ert_s.value, 20.0, 0.0, ROUNDING);
    assert_int_equal(s.joules_per_success_j.why, SPOT_MOTION_WHY_NO_ENERGY);
}

/* A failure that ends before its budget: what it took counts for ERT, what it is charged for the
 * other. */
static void an_early_failure_is_charged_its_budget(void **state)
{
    const bool success[] = {true, false};
    const double time[] = {6, 2};
    const double budget[] = {20, 20};
    const double energy[] = {50, 30};
    spot_motion_trials trials = {2, success, time, budget, energy};
    spot_motion_summary s;

    (void)state;
    assert_int_equal(spot_motion_summarise(&trials, &s), SPOT_OK);
    assert_close(s.penalised_time_s.value, 13.0, 0.0, ROUNDING);
    assert_close(s.ert_s.value, 8.0, 0.0, ROUNDING);
    assert_close(s.joules_per_success_j.value, 80.0, 0.0, ROUNDING);
    trials.budget_s = NULL;
    assert_int_equal(spot_motion_summarise(&trials, &s), SPOT_OK);
    assert_int_equal(s.penalised_time_s.why, SPOT_MOTION_WHY_NO_BUDGET);
    trials.n = 1; /* all succeed: no budget is needed */
    assert_int_equal(spot_motion_summarise(&trials, &s), SPOT_OK);
    assert_close(s.penalised_time_s.value, 6.0, 0.0, ROUNDING);
}

static void without_success_there_is_no_mean(void **state)
{
    const bool success[] = {false, false};
    const double time[] = {6, 2};
    const double energy[] = {1, 1};
    spot_motion_trials trials = {2, success, time, time, energy};
    spot_motion_summary s;
    spot_motion_value mean;

    (void)state;
    assert_int_equal(spot_motion_summarise(&trials, &s), SPOT_OK);
    assert_close(s.success_rate.value, 0.0, 0.0, 0.0);
    assert_close(s.penalised_time_s.value, 4.0, 0.0, ROUNDING);
    assert_int_equal(s.mean_success_time_s.why, SPOT_MOTION_WHY_NO_SUCCESS);
    assert_int_equal(s.ert_s.why, SPOT_MOTION_WHY_NO_SUCCESS);
    assert_int_equal(s.joules_per_success_j.why, SPOT_MOTION_WHY_NO_SUCCESS);
    trials.n = 0;
    assert_int_equal(spot_motion_summarise(&trials, &s), SPOT_OK);
    assert_int_equal(s.success_rate.why, SPOT_MOTION_WHY_NO_EPISODES);
    assert_int_equal(s.penalised_time_s.why, SPOT_MOTION_WHY_NO_EPISODES);
    assert_int_equal(s.ert_s.why, SPOT_MOTION_WHY_NO_EPISODES);
    assert_int_equal(spot_motion_mean_success(time, success, 2, &mean), SPOT_OK);
    assert_int_equal(mean.why, SPOT_MOTION_WHY_NO_SUCCESS);
    assert_int_equal(spot_motion_mean_success(NULL, NULL, 0, &mean), SPOT_OK);
    assert_int_equal(mean.why, SPOT_MOTION_WHY_NO_EPISODES);
}

/* Success sets differ: each mean over its own successes says another thing than the means over
 * pairs. */
static void pairs_are_those_where_both_succeed(void **state)
{
    const bool a_success[] = {true, true, false, true};
    const bool b_success[] = {true, false, true, true};
    const double a[] = {1, 100, NAN, 3};
    const double b[] = {2, NAN, 50, 8};
    const spot_motion_pairs pairs = {4, {a, b}, {a_success, b_success}};
    spot_motion_value means[2];
    spot_motion_value mean;
    size_t n = 0;

    (void)state;
    assert_int_equal(spot_motion_paired_means(&pairs, means, &n), SPOT_OK);
    assert_int_equal(n, 2);
    assert_close(means[0].value, 2.0, 0.0, ROUNDING);
    assert_close(means[1].value, 5.0, 0.0, ROUNDING);
    assert_int_equal(spot_motion_mean_success(a, a_success, 4, &mean), SPOT_OK);
    assert_close(mean.value, 104.0 / 3.0, 0.0, ROUNDING);
    assert_int_equal(spot_motion_mean_success(b, a_success, 4, &mean), SPOT_E_RANGE);

    const bool never[4] = {false, false, false, false};
    const spot_motion_pairs none = {4, {a, b}, {a_success, never}};
    assert_int_equal(spot_motion_paired_means(&none, means, &n), SPOT_OK);
    assert_int_equal(n, 0);
    assert_int_equal(means[0].why, SPOT_MOTION_WHY_NO_SUCCESS);
    assert_int_equal(means[1].why, SPOT_MOTION_WHY_NO_SUCCESS);
}

static void joules_per_success_match_the_printed_vector(void **state)
{
    spot_motion_value v;

    (void)state;
    assert_int_equal(spot_motion_joules_per_success(156.5, 4.310, 0.70, &v), SPOT_OK);
    assert_close(v.value, 963.593, 0.0, PRINTED);
    assert_int_equal(spot_motion_joules_per_success(156.5, 4.310, 0.0, &v), SPOT_OK);
    assert_int_equal(v.why, SPOT_MOTION_WHY_NO_SUCCESS);
    assert_int_equal(spot_motion_joules_per_success(1.0, 1.0, 1.5, &v), SPOT_E_RANGE);
    assert_int_equal(spot_motion_joules_per_success(-1.0, 1.0, 0.5, &v), SPOT_E_RANGE);
    assert_int_equal(spot_motion_joules_per_success(1.0, NAN, 0.5, &v), SPOT_E_RANGE);
    assert_int_equal(spot_motion_joules_per_success(1.0, 1.0, 0.5, NULL), SPOT_E_INVALID);
}

/* Power 10 + 2 t: the integral from a to b is 10 (b - a) + b^2 - a^2, wherever samples lie. */
static void energy_of_windows_is_the_integral_of_power(void **state)
{
    const double time[] = {0, 0.5, 2, 3, 7, 10};
    const double windows[] = {0.25, 0.4, 0.4, 2.5, 3, 3, 6.5, 10};
    double power[6];
    double gross = NAN;
    double net = NAN;
    double want = 0.0;
    double length = 0.0;

    (void)state;
    for (int i = 0; i < 6; i++) {
        power[i] = 10.0 + 2.0 * time[i];
    }
    for (int i = 0; i < 4; i++) {
        const double a = windows[2 * i];
        const double b = windows[2 * i + 1];

        want += 10.0 * (b - a) + b * b - a * a;
        length += b - a;
    }
    const spot_motion_power trace = {6, time, power};
    assert_int_equal(spot_motion_window_energy(&trace, windows, 4, 3.0, &gross, &net), SPOT_OK);
    assert_close(gross, want, 0.0, ROUNDING);
    assert_close(net, want - 3.0 * length, 0.0, ROUNDING);
    assert_int_equal(spot_motion_window_energy(&trace, NULL, 0, 3.0, &gross, NULL), SPOT_OK);
    assert_close(gross, 0.0, 0.0, 0.0);
}

static void bad_input_is_refused(void **state)
{
    const bool success[] = {true, false};
    const double good[] = {1, 2};
    const double negative[] = {1, -2};
    const double nan[] = {1, NAN};
    const double outside[] = {0.5, 1.5};
    const double reversed[] = {1.8, 1.2};
    const double overlapping[] = {1.1, 1.5, 1.4, 1.8};
    spot_motion_summary s;
    double joules = NAN;

    (void)state;
    spot_motion_trials trials = {2, success, negative, good, NULL};
    assert_int_equal(spot_motion_summarise(&trials, &s), SPOT_E_RANGE);
    trials.time_s = good;
    trials.budget_s = nan;
    assert_int_equal(spot_motion_summarise(&trials, &s), SPOT_E_RANGE);
    trials.budget_s = good;
    trials.energy_j = nan;
    assert_int_equal(spot_motion_summarise(&trials, &s), SPOT_E_RANGE);
    trials.success = NULL;
    assert_int_equal(spot_motion_summarise(&trials, &s), SPOT_E_INVALID);
    assert_int_equal(spot_motion_summarise(NULL, &s), SPOT_E_INVALID);

    const spot_motion_power trace = {2, good, good};
    const spot_motion_power broken = {2, good, nan};
    const spot_motion_power backward = {2, negative, good};
    assert_int_equal(spot_motion_window_energy(&trace, outside, 1, 0, &joules, NULL), SPOT_E_RANGE);
    assert_int_equal(spot_motion_window_energy(&trace, reversed, 1, 0, &joules, NULL),
                     SPOT_E_RANGE);
    assert_int_equal(spot_motion_window_energy(&trace, overlapping, 2, 0, &joules, NULL),
                     SPOT_E_RANGE);
    assert_int_equal(spot_motion_window_energy(&broken, good, 1, 0, &joules, NULL), SPOT_E_RANGE);
    assert_int_equal(spot_motion_window_energy(&backward, good, 1, 0, &joules, NULL), SPOT_E_RANGE);
    assert_int_equal(spot_motion_window_energy(&trace, good, 1, -1, &joules, NULL), SPOT_E_RANGE);
    assert_int_equal(spot_motion_window_energy(&trace, good, 1, 0, NULL, NULL), SPOT_E_INVALID);
    const spot_motion_power timeless = {2, NULL, good};
    const spot_motion_power powerless = {2, good, NULL};
    assert_int_equal(spot_motion_window_energy(&timeless, good, 1, 0, &joules, NULL),
                     SPOT_E_INVALID);
    assert_int_equal(spot_motion_window_energy(&powerless, good, 1, 0, &joules, NULL),
                     SPOT_E_INVALID);
    assert_int_equal(spot_motion_window_energy(&trace, NULL, 1, 0, &joules, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_motion_window_energy(NULL, good, 1, 0, &joules, NULL), SPOT_E_INVALID);
    assert_true(isnan(joules));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_match_the_printed_vector),
        cmocka_unit_test(an_early_failure_is_charged_its_budget),
        cmocka_unit_test(without_success_there_is_no_mean),
        cmocka_unit_test(pairs_are_those_where_both_succeed),
        cmocka_unit_test(joules_per_success_match_the_printed_vector),
        cmocka_unit_test(energy_of_windows_is_the_integral_of_power),
        cmocka_unit_test(bad_input_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
