/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Monotone fits of what does not depend on the computer: N and Q along a knob, H along the delay.
 *
 * A lighter policy (smaller alpha) or a deeper overlap never needs fewer chunks, nor acts better, so N
 * falls with alpha and rises with n', Q the other way round. Least squares under that order, weighted
 * by the episodes behind each mean (spot/stats_fit.h).
 */
#include "spot/tised_shift.h"

#include <math.h>

#include "core/tised/internal.h"
#include "spot/stats_fit.h"

size_t spot_tised_fit_work_size(int n)
{
    size_t isotonic = spot_stats_isotonic_work_size(n);
    return isotonic == 0 ? 0 : isotonic + 2 * (size_t)n; /* weights and rates */
}

spot_status spoti_tised_age_max(const spot_tised_sweep *sweep, double *age_s)
{
    double age_max_s = 0.0;
    for (int i = 0; i < sweep->n_point; i++) {
        spot_tised_timing timing;
        spot_status st = spot_tised_time(sweep->setup, &sweep->points[i], &timing);
        if (st != SPOT_OK) {
            return st;
        }
        age_max_s = fmax(age_max_s, timing.age_s);
    }
    *age_s = age_max_s;
    return SPOT_OK;
}

/* The coefficient of variation of N over episodes, pooled over the points with their degrees of
 * freedom: one point alone knows its spread too badly for an interval. */
static spot_status pool_variation(const spot_tised_counts *counts, double *cv)
{
    if (counts->sd == NULL) {
        *cv = counts->cv;
        return isfinite(*cv) && *cv >= 0.0 ? SPOT_OK : SPOT_E_RANGE;
    }
    double sum = 0.0, n_free = 0.0;
    for (int i = 0; i < counts->sweep.n_point; i++) {
        double relative = counts->sd[i] / counts->n_chunk[i];
        if (!(isfinite(relative) && relative >= 0.0)) {
            return SPOT_E_RANGE;
        }
        sum += (counts->n_success[i] - 1) * relative * relative;
        n_free += counts->n_success[i] - 1;
    }
    *cv = sqrt(sum / n_free);
    return isfinite(*cv) ? SPOT_OK : SPOT_E_RANGE;
}

spot_status spot_tised_fit_chunks(const spot_tised_counts *counts, double *work, double *fitted,
                                  spot_tised_fit *out)
{
    if (counts == NULL || work == NULL || fitted == NULL || out == NULL ||
        counts->sweep.setup == NULL || counts->sweep.points == NULL || counts->n_chunk == NULL ||
        counts->n_success == NULL) {
        return SPOT_E_INVALID;
    }
    int n = counts->sweep.n_point;
    if (!spoti_tised_is_sweep(&counts->sweep) || spot_tised_fit_work_size(n) == 0) {
        return SPOT_E_RANGE;
    }
    double *weight = work;
    for (int i = 0; i < n; i++) {
        if (counts->n_success[i] < 1 || !(isfinite(counts->n_chunk[i]) && counts->n_chunk[i] > 0)) {
            return SPOT_E_RANGE;
        }
        weight[i] = counts->n_success[i];
    }
    spot_tised_fit fit = {.sweep = counts->sweep, .n_success = counts->n_success, .fitted = fitted};
    spot_status st = pool_variation(counts, &fit.cv);
    if (st == SPOT_OK) {
        st = spoti_tised_age_max(&fit.sweep, &fit.age_max_s);
    }
    if (st == SPOT_OK) {
        bool by_alpha = counts->sweep.knob == SPOT_TISED_KNOB_ALPHA;
        st = spot_stats_isotonic(counts->n_chunk, weight, n,
                                 by_alpha ? SPOT_STATS_DECREASING : SPOT_STATS_INCREASING, work + n,
                                 fitted);
    }
    if (st != SPOT_OK) {
        return st;
    }
    *out = fit;
    return SPOT_OK;
}

static double knob_of(const spot_tised_sweep *sweep, int i)
{
    const spot_tised_point *point = &sweep->points[i];
    return sweep->knob == SPOT_TISED_KNOB_ALPHA ? point->alpha : point->n_overlap;
}

spot_status spot_tised_fit_at(const spot_tised_fit *fit, double knob, double *n_chunk)
{
    if (fit == NULL || fit->fitted == NULL || n_chunk == NULL) {
        return SPOT_E_INVALID;
    }
    const spot_tised_sweep *sweep = &fit->sweep;
    if (!(knob >= knob_of(sweep, 0) && knob <= knob_of(sweep, sweep->n_point - 1))) {
        return SPOT_E_RANGE;
    }
    int above = 1;
    while (knob_of(sweep, above) < knob) {
        above++;
    }
    double x[2] = {knob_of(sweep, above - 1), knob_of(sweep, above)};
    return spot_stats_interpolate(x, &fit->fitted[above - 1], 2, knob, n_chunk);
}

/* Isotonic rates of counts of successes. */
static spot_status fit_rates(const int *successes, const int *trials, int n,
                             spot_stats_direction direction, double *work, double *fitted)
{
    if (successes == NULL || trials == NULL) {
        return SPOT_E_INVALID;
    }
    double *weight = work;
    double *rate = work + n;
    for (int i = 0; i < n; i++) {
        if (trials[i] < 1 || successes[i] < 0 || successes[i] > trials[i]) {
            return SPOT_E_RANGE;
        }
        weight[i] = trials[i];
        rate[i] = (double)successes[i] / trials[i];
    }
    return spot_stats_isotonic(rate, weight, n, direction, work + 2 * (ptrdiff_t)n, fitted);
}

/* From 0 on, rising; a period that is not negative. */
static bool are_delays(const spot_tised_scores *scores)
{
    if (scores->n_delay < 1 || scores->delay_s[0] != 0.0 ||
        !(isfinite(scores->period_s) && scores->period_s >= 0.0)) {
        return false;
    }
    for (int i = 1; i < scores->n_delay; i++) {
        if (!isfinite(scores->delay_s[i]) || !(scores->delay_s[i] > scores->delay_s[i - 1])) {
            return false;
        }
    }
    return true;
}

spot_status spot_tised_fit_scores(const spot_tised_scores *scores, double *work, double *quality,
                                  double *response, spot_tised_score_fit *out)
{
    if (scores == NULL || work == NULL || quality == NULL || response == NULL || out == NULL ||
        scores->sweep.setup == NULL || scores->sweep.points == NULL || scores->delay_s == NULL) {
        return SPOT_E_INVALID;
    }
    int n = scores->sweep.n_point;
    if (!spoti_tised_is_sweep(&scores->sweep) || spot_tised_fit_work_size(n) == 0 ||
        !are_delays(scores) || spot_tised_fit_work_size(scores->n_delay) == 0) {
        return SPOT_E_RANGE;
    }
    bool by_alpha = scores->sweep.knob == SPOT_TISED_KNOB_ALPHA;
    spot_status st =
        fit_rates(scores->successes, scores->trials, n,
                  by_alpha ? SPOT_STATS_INCREASING : SPOT_STATS_DECREASING, work, quality);
    if (st == SPOT_OK) {
        st = fit_rates(scores->delay_successes, scores->delay_trials, scores->n_delay,
                       SPOT_STATS_DECREASING, work, response);
    }
    if (st == SPOT_OK && !(response[0] > 0.0)) {
        st = SPOT_E_RANGE; /* no success at any delay: the ratio H(d) / H(0) is undefined */
    }
    if (st != SPOT_OK) {
        return st;
    }
    *out = (spot_tised_score_fit){.scores = scores, .quality = quality, .response = response};
    return SPOT_OK;
}
