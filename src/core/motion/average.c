/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Averages over episodes, and energy of a power trace. */
#include "spot/motion_average.h"

#include "core/motion/motion.h"

static bool usable(double x)
{
    return isfinite(x) && x >= 0.0;
}

/* a / n, or why there is none */
static spot_motion_value ratio(double a, size_t n, spot_motion_why why)
{
    return n > 0 ? spoti_defined(a / (double)n) : spoti_undefined(why);
}

spot_status spot_motion_summarise(const spot_motion_trials *trials, spot_motion_summary *summary)
{
    double of_success = 0.0;
    double of_all = 0.0;
    double penalised = 0.0;
    double energy = 0.0;
    size_t n_success = 0;

    if (trials == NULL || summary == NULL ||
        (trials->n > 0 && (trials->success == NULL || trials->time_s == NULL))) {
        return SPOT_E_INVALID;
    }
    for (size_t i = 0; i < trials->n; i++) {
        const bool success = trials->success[i];
        const double time = trials->time_s[i];
        const double charged = success || trials->budget_s == NULL ? time : trials->budget_s[i];
        const double joules = trials->energy_j != NULL ? trials->energy_j[i] : 0.0;

        if (!usable(time) || !usable(charged) || !usable(joules)) {
            return SPOT_E_RANGE;
        }
        n_success += success ? 1 : 0;
        of_success += success ? time : 0.0;
        of_all += time;
        penalised += charged;
        energy += joules;
    }

    const bool charged = trials->budget_s != NULL || n_success == trials->n;
    const spot_motion_why none =
        trials->n > 0 ? SPOT_MOTION_WHY_NO_SUCCESS : SPOT_MOTION_WHY_NO_EPISODES;

    *summary = (spot_motion_summary){
        .n_success = n_success,
        .success_rate = ratio((double)n_success, trials->n, SPOT_MOTION_WHY_NO_EPISODES),
        .mean_success_time_s = ratio(of_success, n_success, none),
        .penalised_time_s = charged ? ratio(penalised, trials->n, SPOT_MOTION_WHY_NO_EPISODES)
                                    : spoti_undefined(SPOT_MOTION_WHY_NO_BUDGET),
        .ert_s = ratio(of_all, n_success, none),
        .joules_per_success_j = trials->energy_j != NULL
                                    ? ratio(energy, n_success, none)
                                    : spoti_undefined(SPOT_MOTION_WHY_NO_ENERGY),
    };
    return SPOT_OK;
}

spot_status spot_motion_mean_success(const double *metric, const bool *success, size_t n,
                                     spot_motion_value *mean)
{
    double sum = 0.0;
    size_t n_success = 0;

    if (mean == NULL || (n > 0 && (metric == NULL || success == NULL))) {
        return SPOT_E_INVALID;
    }
    for (size_t i = 0; i < n; i++) {
        if (success[i] && !isfinite(metric[i])) {
            return SPOT_E_RANGE;
        }
        sum += success[i] ? metric[i] : 0.0;
        n_success += success[i] ? 1 : 0;
    }
    *mean = ratio(sum, n_success, n > 0 ? SPOT_MOTION_WHY_NO_SUCCESS : SPOT_MOTION_WHY_NO_EPISODES);
    return SPOT_OK;
}

spot_status spot_motion_paired_means(const spot_motion_pairs *pairs, spot_motion_value means[2],
                                     size_t *n_pair)
{
    double sums[2] = {0.0, 0.0};
    size_t n = 0;

    if (pairs == NULL || means == NULL || n_pair == NULL ||
        (pairs->n > 0 && (pairs->metric[0] == NULL || pairs->metric[1] == NULL ||
                          pairs->success[0] == NULL || pairs->success[1] == NULL))) {
        return SPOT_E_INVALID;
    }
    for (size_t i = 0; i < pairs->n; i++) {
        if (!pairs->success[0][i] || !pairs->success[1][i]) {
            continue;
        }
        if (!isfinite(pairs->metric[0][i]) || !isfinite(pairs->metric[1][i])) {
            return SPOT_E_RANGE;
        }
        sums[0] += pairs->metric[0][i];
        sums[1] += pairs->metric[1][i];
        n++;
    }

    const spot_motion_why none =
        pairs->n > 0 ? SPOT_MOTION_WHY_NO_SUCCESS : SPOT_MOTION_WHY_NO_EPISODES;

    means[0] = ratio(sums[0], n, none);
    means[1] = ratio(sums[1], n, none);
    *n_pair = n;
    return SPOT_OK;
}

spot_status spot_motion_joules_per_success(double mean_steps, double joules_per_step,
                                           double success_rate, spot_motion_value *joules)
{
    if (joules == NULL) {
        return SPOT_E_INVALID;
    }
    if (!usable(mean_steps) || !usable(joules_per_step) || !usable(success_rate) ||
        success_rate > 1.0) {
        return SPOT_E_RANGE;
    }
    *joules = success_rate > 0.0 ? spoti_defined(mean_steps * joules_per_step / success_rate)
                                 : spoti_undefined(SPOT_MOTION_WHY_NO_SUCCESS);
    return SPOT_OK;
}

/* Power at `time`, between samples i and i + 1. */
static double power_at(const spot_motion_power *p, size_t i, double time)
{
    const double share = (time - p->time_s[i]) / (p->time_s[i + 1] - p->time_s[i]);

    return p->power_w[i] + share * (p->power_w[i + 1] - p->power_w[i]);
}

/* Integral of the power from a to b, both within the trace; *at is an interval that ends after a,
 * or comes before such a one, and moves to that of b. */
static double integral(const spot_motion_power *p, size_t *at, double a, double b)
{
    double sum = 0.0;

    for (size_t i = *at; i + 1 < p->n && p->time_s[i] < b; i++) {
        const double from = fmax(a, p->time_s[i]);
        const double to = fmin(b, p->time_s[i + 1]);

        *at = i;
        if (from < to) {
            sum += (to - from) * 0.5 * (power_at(p, i, from) + power_at(p, i, to));
        }
    }
    return sum;
}

static spot_status check_power(const spot_motion_power *p, const double *windows, size_t n_window)
{
    double before = p->n > 0 ? p->time_s[0] : (double)INFINITY;

    if (!spoti_all_finite(p->time_s, p->n) || !spoti_all_finite(p->power_w, p->n)) {
        return SPOT_E_RANGE;
    }
    for (size_t i = 1; i < p->n; i++) {
        if (!(p->time_s[i] > p->time_s[i - 1])) {
            return SPOT_E_RANGE;
        }
    }
    for (size_t i = 0; i < n_window; i++) {
        const double *w = windows + 2 * i;

        if (!(w[0] >= before && w[1] >= w[0] && w[1] <= p->time_s[p->n - 1])) {
            return SPOT_E_RANGE;
        }
        before = w[1];
    }
    return SPOT_OK;
}

spot_status spot_motion_window_energy(const spot_motion_power *power, const double *windows,
                                      size_t n_window, double idle_w, double *gross_j,
                                      double *net_j)
{
    double gross = 0.0;
    double length = 0.0;
    size_t at = 0;

    if (power == NULL || (power->n > 0 && (power->time_s == NULL || power->power_w == NULL)) ||
        (windows == NULL && n_window > 0) || (gross_j == NULL && net_j == NULL)) {
        return SPOT_E_INVALID;
    }
    if (!usable(idle_w) || check_power(power, windows, n_window) != SPOT_OK) {
        return SPOT_E_RANGE;
    }
    for (size_t i = 0; i < n_window; i++) {
        gross += integral(power, &at, windows[2 * i], windows[2 * i + 1]);
        length += windows[2 * i + 1] - windows[2 * i];
    }
    if (!isfinite(gross) || !isfinite(gross - idle_w * length)) {
        return SPOT_E_RANGE;
    }
    if (gross_j != NULL) {
        *gross_j = gross;
    }
    if (net_j != NULL) {
        *net_j = gross - idle_w * length;
    }
    return SPOT_OK;
}
