/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Timing of chunked execution: TISED (arXiv 2606.28529) Eq. 1-8 and their combined form.
 *
 * Never multiply the speed-ups of two methods: overlap hides the part of the inference that a
 * lighter policy has already saved, so both enter one maximum.
 */
#include "spot/tised.h"

#include <limits.h>
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

static bool is_not_negative(double x)
{
    return isfinite(x) && x >= 0.0;
}

static spot_status check_point(const spot_tised_setup *setup, const spot_tised_point *point)
{
    if (!is_valid_setup(setup) || !is_not_negative(point->alpha) ||
        !is_not_negative(point->overhead_s)) {
        return SPOT_E_RANGE;
    }
    bool may_overlap = false, may_have_overhead = false;
    switch (point->schedule) {
    case SPOT_SCHEDULE_SYNC:
        break;
    case SPOT_SCHEDULE_OVERLAP:
        may_overlap = true;
        break;
    case SPOT_SCHEDULE_CADENCE:
        may_have_overhead = true;
        break;
    default:
        return SPOT_E_INVALID;
    }
    int n_overlap_max = may_overlap ? setup->n_action : 0;
    if (point->n_overlap < 0 || point->n_overlap > n_overlap_max ||
        (point->overhead_s > 0.0 && !may_have_overhead)) {
        return SPOT_E_RANGE;
    }
    return SPOT_OK;
}

/* max(0, inference + overhead - hidden), the part of an inference that lengthens the cycle; under
 * cadence the whole cycle hides it. */
static double delay_of(const spot_tised_setup *setup, const spot_tised_point *point,
                       double inference_s)
{
    int n_hidden = point->schedule == SPOT_SCHEDULE_CADENCE ? setup->n_action : point->n_overlap;
    return fmax(0.0, inference_s + point->overhead_s - n_hidden * setup->action_s);
}

static void add_sample(const spot_tised_setup *setup, const spot_tised_point *point,
                       double inference_s, spot_tised_timing *sum)
{
    double delay_s = delay_of(setup, point, inference_s);
    sum->inference_s += inference_s;
    sum->chunk_s += setup->n_action * setup->action_s + delay_s;
    sum->delay_s += delay_s;
    if (point->schedule == SPOT_SCHEDULE_CADENCE) {
        sum->age_s +=
            spot_tised_stale_actions(inference_s, setup->action_s, INT_MAX) * setup->action_s;
        return;
    }
    double overlap_s = point->n_overlap * setup->action_s;
    sum->age_s += fmax(inference_s, overlap_s);
    sum->first_wait_s += fmin(inference_s, overlap_s);
}

/* Also catches every overflow on the way: an infinite time makes one of the two not finite or eta 0. */
static bool compare_with_baseline(const spot_tised_setup *setup, const spot_tised_point *point,
                                  spot_tised_timing *timing)
{
    const spot_tised_point baseline = {
        .alpha = 1.0, .schedule = point->schedule, .overhead_s = point->overhead_s};
    double action_s = setup->n_action * setup->action_s;
    double baseline_s = action_s + delay_of(setup, &baseline, setup->inference_s);
    timing->eta = baseline_s / timing->chunk_s;
    timing->eta_bound = baseline_s / action_s;
    return isfinite(timing->eta) && timing->eta > 0.0 && isfinite(timing->eta_bound) &&
           isfinite(timing->age_s) && isfinite(timing->inference_s);
}

/* The mean over n_sample latencies of the point, sample i being scale * inference_s[i]. */
static spot_status time_mean(const spot_tised_setup *setup, const spot_tised_point *point,
                             double scale, const double *inference_s, int n_sample,
                             spot_tised_timing *out)
{
    spot_status st = check_point(setup, point);
    if (st != SPOT_OK) {
        return st;
    }
    if (n_sample < 1) {
        return SPOT_E_RANGE;
    }
    spot_tised_timing timing = {0};
    for (int i = 0; i < n_sample; i++) {
        if (!is_not_negative(inference_s[i])) {
            return SPOT_E_RANGE;
        }
        add_sample(setup, point, scale * inference_s[i], &timing);
    }
    timing.inference_s /= n_sample;
    timing.chunk_s /= n_sample;
    timing.delay_s /= n_sample;
    timing.age_s /= n_sample;
    timing.first_wait_s /= n_sample;
    if (!compare_with_baseline(setup, point, &timing)) {
        return SPOT_E_RANGE;
    }
    *out = timing;
    return SPOT_OK;
}

spot_status spot_tised_time(const spot_tised_setup *setup, const spot_tised_point *point,
                            spot_tised_timing *out)
{
    if (setup == NULL || point == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    return time_mean(setup, point, point->alpha, &setup->inference_s, 1, out);
}

spot_status spot_tised_time_jitter(const spot_tised_setup *setup, const spot_tised_point *point,
                                   const double *inference_s, int n_sample, spot_tised_timing *out)
{
    if (setup == NULL || point == NULL || inference_s == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    return time_mean(setup, point, point->alpha, inference_s, n_sample, out);
}

spot_status spot_tised_time_point(const spot_tised_setup *setup, double alpha, int n_overlap,
                                  spot_tised_timing *out)
{
    const spot_tised_point point = {
        .alpha = alpha, .n_overlap = n_overlap, .schedule = SPOT_SCHEDULE_OVERLAP};
    return spot_tised_time(setup, &point, out);
}

spot_status spot_tised_time_samples(const spot_tised_setup *setup, const double *inference_s,
                                    int n_sample, int n_overlap, spot_tised_timing *out)
{
    const spot_tised_point point = {
        .alpha = 1.0, .n_overlap = n_overlap, .schedule = SPOT_SCHEDULE_OVERLAP};
    return spot_tised_time_jitter(setup, &point, inference_s, n_sample, out);
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

spot_status spot_tised_episode_jitter_s(const spot_tised_setup *setup,
                                        const spot_tised_point *point, const double *inference_s,
                                        int n_chunk, double *episode_s)
{
    if (setup == NULL || point == NULL || inference_s == NULL || episode_s == NULL) {
        return SPOT_E_INVALID;
    }
    spot_tised_timing mean;
    spot_status st = time_mean(setup, point, 1.0, inference_s, n_chunk, &mean);
    if (st != SPOT_OK) {
        return st;
    }
    double first_wait_s = 0.0; /* the first chunk has nothing to overlap with */
    if (point->schedule == SPOT_SCHEDULE_OVERLAP) {
        first_wait_s = fmin(inference_s[0], point->n_overlap * setup->action_s);
    }
    double sum_s = n_chunk * mean.chunk_s + first_wait_s;
    if (!isfinite(sum_s)) {
        return SPOT_E_RANGE;
    }
    *episode_s = sum_s;
    return SPOT_OK;
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
