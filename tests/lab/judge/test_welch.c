/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Aggregated rows with a budget. Oracle: the trials themselves, put together so that they have these means and standard
 * deviations, their moments by the definition, and Student's density integrated by Simpson's rule. */
#include <math.h>

#include "judged.h"

enum { N = 50 };
static const double BUDGET_S = 40.0;

typedef struct trials {
    double charged[N];              /* times, failures at the budget */
    double mean, relative_variance; /* of the mean */
} trials;

/* k successes, half of them below and half above `mean_s`, so that their standard deviation is `sd_s`. */
static trials make_trials(int k, double mean_s, double sd_s)
{
    trials t = {.mean = 0.0};
    const double off = sd_s * sqrt((k - 1.0) / k);
    double squares = 0.0;
    assert_int_equal(k % 2, 0);
    for (int i = 0; i < N; i++) {
        t.charged[i] = i >= k ? BUDGET_S : mean_s + (i % 2 == 0 ? off : -off);
        t.mean += t.charged[i] / N;
    }
    for (int i = 0; i < N; i++) {
        squares += (t.charged[i] - t.mean) * (t.charged[i] - t.mean);
    }
    t.relative_variance = squares / (N - 1) / N / (t.mean * t.mean);
    return t;
}

/* P(T > t), t > 0, by Simpson's rule on u = x / (1 + x). */
static double t_upper(double t, double dof)
{
    enum { STEPS = 20000 };
    const double from = t / (1.0 + t);
    const double h = (1.0 - from) / STEPS;
    double sum = 0.0;
    for (int i = 0; i < STEPS; i++) { /* at u = 1 the density is 0 */
        const double u = from + i * h;
        const double x = u / (1.0 - u);
        const double weight = i == 0 ? 1.0 : i % 2 == 1 ? 4.0 : 2.0;
        sum += weight * pow(1.0 + x * x / dof, -0.5 * (dof + 1.0)) / ((1.0 - u) * (1.0 - u));
    }
    const double norm = exp(lgamma(0.5 * (dof + 1.0)) - lgamma(0.5 * dof)) / sqrt(dof * acos(-1.0));
    return norm * sum * h / 3.0;
}

static void a_budget_keeps_the_tests(void **state)
{
    const spot_analyze_config config = judged_config(SPOT_ANALYZE_STATIC);
    const trials full = make_trials(48, 10.0, 1.2);
    const trials light = make_trials(46, 8.0, 1.0);
    fixture f = judged_by(&config, "point,episodes,successes,time_s,time_sd_s,budget_s\n"
                                   "full,50,48,10,1.2,40\nlight,50,46,8,1,40\n");
    const double v[2] = {full.relative_variance, light.relative_variance};
    const double dof = (v[0] + v[1]) * (v[0] + v[1]) / ((v[0] * v[0] + v[1] * v[1]) / (N - 1));
    const double t = log(full.mean / light.mean) / sqrt(v[0] + v[1]);
    (void)state;
    assert_close(f.points[1].budget_time_s.value, light.mean, 0.0, 1e-12);
    assert_true(t > 0.0 && f.points[1].p_better.known);
    assert_close(f.points[1].p_better.value, t_upper(t, dof), 1e-8, 0.0);
    assert_close(f.points[1].p_worse.value, 1.0 - t_upper(t, dof), 1e-8, 0.0);
    /* the interval ends where its tail is 2.5 % */
    const spot_quantity *q = &f.points[0].budget_time_s;
    assert_true(q->has_ci);
    assert_close(t_upper((q->hi - q->value) / (q->value * sqrt(v[0])), N - 1), 0.025, 1e-8, 0.0);
    assert_close(q->hi - q->value, q->value - q->lo, 1e-9, 0.0);
    done(&f);
    /* without the deviation there is no test, and none is made up */
    f = judged_by(&config,
                  "point,episodes,successes,time_s,budget_s\nfull,50,48,10,40\nlight,50,46,8,40\n");
    assert_false(f.points[1].p_better.known || f.points[1].budget_time_s.has_ci);
    done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_budget_keeps_the_tests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
