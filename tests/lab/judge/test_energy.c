/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Least joules per success as the goal: all episodes' joules over successes, paired tests at a joint price. */
#include <math.h>

#include "judged.h"

static const double EXACT = 1e-12;

enum { POINTS = 3, SEEDS = 6 };

/* Joules; a minus sign marks a failure, whose joules count as well. */
static const double JOULES[POINTS][SEEDS] = {
    {90, 100, 110, 95, -120, 105}, {60, 70, 66, -80, 64, -75}, {70, 72, 71, 69, 74, 73}};

static fixture judged_joules(const double *joules, int n, int n_seed, spot_analyze_regime regime)
{
    static char text[TEXT_SIZE];
    spot_analyze_config config = judged_config(regime);
    config.goal = SPOT_ANALYZE_GOAL_ENERGY;
    size_t used = (size_t)snprintf(text, sizeof(text), "point,seed,success,time_s,energy_j\n");
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < n_seed; k++) {
            const double e = joules[i * n_seed + k];
            used += (size_t)snprintf(text + used, sizeof(text) - used, "p%d,%d,%d,5,%.6f\n", i, k,
                                     e > 0.0, fabs(e));
        }
    }
    return judged_by(&config, text);
}

static double all_joules(int i)
{
    double sum = 0.0;
    for (int k = 0; k < SEEDS; k++) {
        sum += fabs(JOULES[i][k]);
    }
    return sum;
}

static int successes(int i)
{
    int n = 0;
    for (int k = 0; k < SEEDS; k++) {
        n += JOULES[i][k] > 0.0;
    }
    return n;
}

/* Joules per success of the points with the outcomes of `pattern` swapped, first less second: the statistic
 * itself in place of the net joules that the judge sums. */
static double difference_after(int i, int j, int pattern)
{
    double joules[2] = {0};
    int n[2] = {0};
    for (int k = 0; k < SEEDS; k++) {
        const bool swapped = (pattern >> k & 1) != 0;
        const double e[2] = {JOULES[swapped ? j : i][k], JOULES[swapped ? i : j][k]};
        for (int side = 0; side < 2; side++) {
            joules[side] += fabs(e[side]);
            n[side] += e[side] > 0.0;
        }
    }
    /* at the joint price, which no swap changes, net joules are ordered as these are where counts agree */
    const double price = (joules[0] + joules[1]) / (n[0] + n[1]);
    return (joules[0] - price * n[0]) - (joules[1] - price * n[1]);
}

static double swapped(int i, int j)
{
    int hits = 0;
    for (int pattern = 0; pattern < 1 << SEEDS; pattern++) {
        hits += difference_after(i, j, pattern) <= difference_after(i, j, 0) + 1e-9;
    }
    return (double)hits / (1 << SEEDS);
}

static void joules_of_failures_count(void **state)
{
    (void)state;
    fixture f = judged_joules(&JOULES[0][0], POINTS, SEEDS, SPOT_ANALYZE_DYNAMIC);
    for (int i = 0; i < POINTS; i++) {
        assert_close(f.points[i].energy_per_success_j.value, all_joules(i) / successes(i), 0.0,
                     EXACT);
    }
    /* p1 needs least when it succeeds, but a third of its joules bring nothing */
    assert_int_equal(f.v->best, 2);
    assert_close(f.points[1].p_better.value, swapped(1, 0), EXACT, 0.0);
    assert_close(f.points[2].p_better.value, swapped(2, 0), EXACT, 0.0);
    assert_close(f.points[0].p_best_alone.value, swapped(2, 0), EXACT, 0.0);
    assert_close(f.points[1].p_best_alone.value, swapped(2, 1), EXACT, 0.0);
    assert_close(f.points[0].p_best.value, fmin(1.0, 2.0 * fmin(swapped(2, 0), swapped(1, 0))),
                 EXACT, 0.0);
    assert_int_equal(f.v->dynamic_paradox, SPOT_ANALYZE_UNTESTABLE);
    assert_string_equal(spot_analyze_decides_str(f.s), "energy");
    assert_says(&f, "71.5 J a success");
    assert_says(&f, "joules of all episodes per success decide");
    done(&f);
}

/* Twenty successes have an interval, around the mean here; all alike in both regimes. */
static void the_regime_does_not_matter(void **state)
{
    enum { N = 24 };
    double joules[2][N];
    (void)state;
    for (int k = 0; k < N; k++) {
        joules[0][k] = 100.0 + k % 5;
        joules[1][k] = 80.0 + (k * 7) % 5;
    }
    for (int regime = SPOT_ANALYZE_STATIC; regime <= SPOT_ANALYZE_DYNAMIC; regime++) {
        fixture f = judged_joules(&joules[0][0], 2, N, (spot_analyze_regime)regime);
        assert_int_equal(f.v->best, 1);
        assert_int_equal(f.v->guard, SPOT_ANALYZE_GUARD_NONE);
        assert_close(f.points[1].p_better.value, 1.0 / JUDGED_RESAMPLES, EXACT, 0.0);
        const spot_quantity *q = &f.points[1].energy_per_success_j;
        assert_true(q->has_ci && q->lo > 80.0 && q->lo < q->value && q->value < q->hi &&
                    q->hi < 84.0);
        assert_says(&f, "'p1' is best: ");
        done(&f);
    }
}

static void joules_that_are_not_known_decide_nothing(void **state)
{
    spot_analyze_config config = judged_config(SPOT_ANALYZE_STATIC);
    spot_analyze_log *log = NULL;
    spot_analysis *analysis = NULL;
    spot_diag diag = {""};
    (void)state;
    config.goal = SPOT_ANALYZE_GOAL_ENERGY;
    assert_int_equal(read_text(&config,
                               "point,seed,success,time_s,energy_j\na,1,1,5,10\na,2,1,5,10\n"
                               "b,1,1,5,9\nb,2,1,5,\n",
                               &log, &diag),
                     SPOT_OK);
    assert_int_equal(spot_analyze(log, &analysis, &diag), SPOT_E_FORMAT);
    assert_non_null(strstr(diag.text, "point 'b' has no joules for some of its episodes"));
    assert_null(analysis);
    spot_analyze_log_destroy(log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joules_of_failures_count),
        cmocka_unit_test(the_regime_does_not_matter),
        cmocka_unit_test(joules_that_are_not_known_decide_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
