/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Timing of chunked execution: TISED (arXiv 2606.28529) Eq. 1-8 and their combined form.
 *
 * Never multiply the speed-ups of two methods: overlap hides the part of the inference that a
 * lighter policy has already saved, so both enter one maximum.
 */
#include "spot/tised.h"

#include <math.h>
#include <stdbool.h>

static const double TIE_TOLERANCE =
    1e-9; /* of a quotient of periods; decimal input is exact to 1e-15 */
static const double SAME_TIME_S = 1e-9; /* far below a physics step, far above rounding */

/* Beyond this many control periods a double no longer holds every integer. */
static const double MAX_DELAY_STEPS = 0x1p53;

static bool is_valid_setup(const spot_tised_setup *setup)
{
    return isfinite(setup->inference_s) && setup->inference_s >= 0.0 && isfinite(setup->action_s) &&
           setup->action_s > 0.0 && setup->n_action >= 1;
}

/* T_ck(1, 0). */
static double baseline_chunk_s(const spot_tised_setup *setup)
{
    return setup->n_action * setup->action_s + setup->inference_s;
}

static void add_sample(const spot_tised_setup *setup, double inference_s, int n_overlap,
                       spot_tised_timing *sum)
{
    double overlap_s = n_overlap * setup->action_s;
    double delay_s = fmax(0.0, inference_s - overlap_s);
    sum->inference_s += inference_s;
    sum->chunk_s += setup->n_action * setup->action_s + delay_s;
    sum->delay_s += delay_s;
    sum->age_s += fmax(inference_s, overlap_s);
    sum->first_wait_s += fmin(inference_s, overlap_s);
}

static void compare_with_baseline(const spot_tised_setup *setup, spot_tised_timing *timing)
{
    timing->eta = baseline_chunk_s(setup) / timing->chunk_s;
    timing->eta_bound = 1.0 + setup->inference_s / (setup->n_action * setup->action_s);
}

spot_status spot_tised_time_point(const spot_tised_setup *setup, double alpha, int n_overlap,
                                  spot_tised_timing *out)
{
    if (setup == NULL) {
        return SPOT_E_INVALID;
    }
    if (!(isfinite(alpha) && alpha >= 0.0)) {
        return SPOT_E_RANGE;
    }
    double inference_s = alpha * setup->inference_s;
    return spot_tised_time_samples(setup, &inference_s, 1, n_overlap, out);
}

spot_status spot_tised_time_samples(const spot_tised_setup *setup, const double *inference_s,
                                    int n_sample, int n_overlap, spot_tised_timing *out)
{
    if (setup == NULL || inference_s == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    if (!is_valid_setup(setup) || n_sample < 1 || n_overlap < 0 || n_overlap > setup->n_action) {
        return SPOT_E_RANGE;
    }
    spot_tised_timing timing = {0};
    for (int i = 0; i < n_sample; i++) {
        if (!(isfinite(inference_s[i]) && inference_s[i] >= 0.0)) {
            return SPOT_E_RANGE;
        }
        add_sample(setup, inference_s[i], n_overlap, &timing);
    }
    timing.inference_s /= n_sample;
    timing.chunk_s /= n_sample;
    timing.delay_s /= n_sample;
    timing.age_s /= n_sample;
    timing.first_wait_s /= n_sample;
    compare_with_baseline(setup, &timing);
    *out = timing;
    return SPOT_OK;
}

spot_status spot_tised_cadence_chunk_s(const spot_tised_setup *setup, double alpha,
                                       double overhead_s, double *chunk_s)
{
    if (setup == NULL || chunk_s == NULL) {
        return SPOT_E_INVALID;
    }
    if (!is_valid_setup(setup) || !(isfinite(alpha) && alpha >= 0.0) ||
        !(isfinite(overhead_s) && overhead_s >= 0.0)) {
        return SPOT_E_RANGE;
    }
    *chunk_s = fmax(setup->n_action * setup->action_s, alpha * setup->inference_s + overhead_s);
    return SPOT_OK;
}

int spot_tised_stale_actions(double age_s, double action_s, int n_horizon)
{
    if (!(age_s >= 0.0) || !(action_s > 0.0) || n_horizon < 1) {
        return 0;
    }
    double n_due = floor((age_s + SAME_TIME_S) / action_s) + 1.0; /* j = 0 is due at once */
    return n_due < n_horizon ? (int)n_due : n_horizon;
}

double spot_tised_episode_s(const spot_tised_timing *timing, double n_chunk)
{
    if (!(n_chunk > 0.0)) {
        return 0.0;
    }
    return n_chunk * timing->chunk_s + timing->first_wait_s;
}

spot_status spot_tised_task_speedup(const spot_tised_timing *timing, double n_chunk,
                                    double n_chunk_baseline, double *speedup)
{
    if (timing == NULL || speedup == NULL) {
        return SPOT_E_INVALID;
    }
    if (!(isfinite(n_chunk) && n_chunk > 0.0) ||
        !(isfinite(n_chunk_baseline) && n_chunk_baseline > 0.0)) {
        return SPOT_E_RANGE;
    }
    *speedup = n_chunk_baseline / n_chunk * timing->eta;
    return SPOT_OK;
}

int64_t spot_tised_delay_steps(double latency_s, double period_s)
{
    if (!(latency_s >= 0.0) || !(period_s > 0.0)) {
        return 0;
    }
    double quotient = latency_s / period_s;
    if (!(quotient < MAX_DELAY_STEPS)) {
        return 0;
    }
    double whole = floor(quotient);
    double excess = quotient - whole - 0.5;
    int64_t steps = (int64_t)whole;
    if (fabs(excess) <= TIE_TOLERANCE) {
        return steps + (steps & 1);
    }
    return excess > 0.0 ? steps + 1 : steps;
}

double spot_tised_exposure(double speed, double delay_s)
{
    return speed * delay_s;
}
