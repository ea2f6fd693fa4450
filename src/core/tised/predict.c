/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Task time and success on a computer that was not measured: TISED Eq. 21 and 25 with fitted curves.
 *
 *     static    T(x; rho1) = N(x) T_ck(x; rho1),             sd(T) / T = cv sqrt(1/n + 1/n_new)
 *     dynamic   S(x; rho1) = Q(x) R,  R = H(tau) / H(0),     var S by the delta method
 *
 * H is linear between the delays measured, so R = sum_j c_j H_j / H_0 with at most two c_j, and
 * dR/dH_j = c_j / H_0 for j > 0, dR/dH_0 = (c_0 - R) / H_0. Beyond the longest delay H can only be
 * lower still, hence an upper bound and no lower one.
 */
#include "spot/tised_shift.h"

#include <math.h>

#include "core/tised/internal.h"
#include "spot/stats.h"

/* Agresti and Coull's pseudo-observations for 95 %: keep a variance off 0 at k = 0 and k = n. */
static const double EXTRA_SUCCESSES = 2.0;
static const double EXTRA_TRIALS = 4.0;

/* A whole number of periods may miss its knot by rounding. */
static const double SAME_DELAY = 1e-12;

static const spot_tised_point *target_points(const spot_tised_sweep *sweep,
                                             const spot_tised_target *target)
{
    return target->points != NULL ? target->points : sweep->points;
}

/* Times of point i on the target. */
static spot_status time_on_target(const spot_tised_sweep *sweep, const spot_tised_target *target,
                                  int i, spot_tised_timing *timing)
{
    const spot_tised_point *old = &sweep->points[i];
    const spot_tised_point *moved = &target_points(sweep, target)[i];
    if (moved->n_overlap != old->n_overlap || moved->schedule != old->schedule) {
        return SPOT_E_RANGE;
    }
    return spot_tised_time(&target->setup, moved, timing);
}

/* Checks the target and gives the two-sided normal quantile of its intervals. */
static spot_status check_target(const spot_tised_sweep *sweep, const spot_tised_target *target,
                                double *z)
{
    if (!spoti_tised_is_same_robot(sweep->setup, &target->setup) || target->n_new < 0 ||
        !(target->confidence > 0.0 && target->confidence < 1.0)) {
        return SPOT_E_RANGE;
    }
    return spot_stats_normal_quantile(0.5 + 0.5 * target->confidence, z);
}

/* The latency of the baseline at which `inference_s` of the point is reached. */
static void set_limit(double inference_s, double alpha, spot_tised_prediction *p)
{
    double limit_s = inference_s / alpha;
    p->has_limit = alpha > 0.0 && isfinite(limit_s);
    p->limit_inference_s = p->has_limit ? fmax(limit_s, 0.0) : 0.0;
}

spot_status spoti_tised_predict_values(const spot_tised_sweep *sweep, const double *fitted,
                                       double age_max_s, const spot_tised_target *target,
                                       spot_tised_prediction *out)
{
    for (int i = 0; i < sweep->n_point; i++) {
        spot_tised_prediction p = {0};
        spot_status st = time_on_target(sweep, target, i, &p.timing);
        if (st == SPOT_OK) {
            st = spot_tised_task_s(&p.timing, fitted[i], &p.value);
        }
        if (st != SPOT_OK) {
            return st;
        }
        /* under sync a static world waits; under a schedule that moves on, N belongs to the ages that
         * were measured */
        const spot_tised_point *point = &target_points(sweep, target)[i];
        if (point->schedule == SPOT_SCHEDULE_CADENCE || point->n_overlap > 0) {
            p.extrapolated = p.timing.age_s > age_max_s;
            set_limit(age_max_s, point->alpha, &p);
        }
        p.lo = p.value;
        p.hi = p.value;
        out[i] = p;
    }
    return SPOT_OK;
}

/* Whether theory, which keeps alpha as it is, speaks about this target. */
static bool keeps_alpha(const spot_tised_sweep *sweep, const spot_tised_target *target)
{
    for (int i = 0; target->points != NULL && i < sweep->n_point; i++) {
        if (target->points[i].alpha != sweep->points[i].alpha) {
            return false;
        }
    }
    return true;
}

/* Completes `shift`, in which best_old and best_new are set. */
static void describe_move(const spot_tised_sweep *sweep, const spot_tised_target *target,
                          bool dynamic, const spot_tised_prediction *p, spot_tised_shift *shift)
{
    shift->moves = SPOT_TISED_STAYS;
    if (shift->best_new != shift->best_old) {
        shift->moves = shift->best_new > shift->best_old ? SPOT_TISED_UP : SPOT_TISED_DOWN;
    }
    shift->theory = SPOT_TISED_OPEN;
    if (keeps_alpha(sweep, target)) {
        shift->theory = spot_tised_shift_direction(
            sweep->setup, &target->setup, &sweep->points[shift->best_old], sweep->knob, dynamic);
    }
    double kept = p[shift->best_old].value, best = p[shift->best_new].value;
    shift->loss = dynamic ? best - kept : kept / best - 1.0;
    for (int i = 0; i < sweep->n_point; i++) {
        shift->n_extrapolated += p[i].extrapolated ? 1 : 0;
    }
}

/* The best by the fit on the measured platform and by the prediction on the target. */
static spot_status find_time_shift(const spot_tised_fit *fit, const spot_tised_target *target,
                                   const spot_tised_prediction *p, spot_tised_shift *shift)
{
    spot_tised_shift found = {0};
    double best_s = 0.0;
    for (int i = 0; i < fit->sweep.n_point; i++) {
        spot_tised_timing timing;
        double task_s = 0.0;
        spot_status st = spot_tised_time(fit->sweep.setup, &fit->sweep.points[i], &timing);
        if (st == SPOT_OK) {
            st = spot_tised_task_s(&timing, fit->fitted[i], &task_s);
        }
        if (st != SPOT_OK) {
            return st;
        }
        if (i == 0 || task_s < best_s) {
            best_s = task_s;
            found.best_old = i;
        }
        if (p[i].value < p[found.best_new].value) {
            found.best_new = i;
        }
    }
    describe_move(&fit->sweep, target, false, p, &found);
    *shift = found;
    return SPOT_OK;
}

spot_status spot_tised_predict_time(const spot_tised_fit *fit, const spot_tised_target *target,
                                    spot_tised_prediction *out, spot_tised_shift *shift)
{
    if (fit == NULL || fit->fitted == NULL || fit->n_success == NULL || target == NULL ||
        out == NULL) {
        return SPOT_E_INVALID;
    }
    double z = 0.0;
    spot_status st = check_target(&fit->sweep, target, &z);
    if (st == SPOT_OK) {
        st = spoti_tised_predict_values(&fit->sweep, fit->fitted, fit->age_max_s, target, out);
    }
    if (st != SPOT_OK) {
        return st;
    }
    for (int i = 0; i < fit->sweep.n_point; i++) {
        double variance = 1.0 / fit->n_success[i];
        variance += target->n_new > 0 ? 1.0 / target->n_new : 0.0;
        double half = out[i].value * z * fit->cv * sqrt(variance);
        out[i].lo = fmax(0.0, out[i].value - half);
        out[i].hi = out[i].value + half;
    }
    return shift == NULL ? SPOT_OK : find_time_shift(fit, target, out, shift);
}

static double shrunk_rate(double rate, double n)
{
    return (rate * n + EXTRA_SUCCESSES) / (n + EXTRA_TRIALS);
}

static double rate_variance(double rate, double n)
{
    double p = shrunk_rate(rate, n);
    return p * (1.0 - p) / (n + EXTRA_TRIALS);
}

typedef struct delay_factor {
    double ratio;    /* R = H(delay) / H(0) */
    double variance; /* of R */
    bool beyond;     /* the longest delay measured was taken instead */
} delay_factor;

static delay_factor factor_at(const spot_tised_score_fit *fit, double delay_s)
{
    const spot_tised_scores *s = fit->scores;
    const double *h = fit->response;
    double longest_s = s->delay_s[s->n_delay - 1];
    delay_factor f = {.ratio = 1.0, .beyond = delay_s > longest_s * (1.0 + SAME_DELAY)};
    delay_s = fmin(delay_s, longest_s);
    if (!(delay_s > 0.0)) {
        return f;
    }
    int above = 1; /* delay_s[above - 1] < delay <= delay_s[above] */
    while (above < s->n_delay - 1 && s->delay_s[above] < delay_s) {
        above++;
    }
    int below = above - 1;
    double w = (delay_s - s->delay_s[below]) / (s->delay_s[above] - s->delay_s[below]);
    f.ratio = ((1.0 - w) * h[below] + w * h[above]) / h[0];

    double by_zero = -f.ratio, by_below = 1.0 - w; /* times 1 / H(0) */
    if (below == 0) {
        by_zero += by_below;
        by_below = 0.0;
    }
    f.variance = by_zero * by_zero * rate_variance(h[0], s->delay_trials[0]) +
                 by_below * by_below * rate_variance(h[below], s->delay_trials[below]) +
                 w * w * rate_variance(h[above], s->delay_trials[above]);
    f.variance /= h[0] * h[0];
    return f;
}

/* What a delay is to the simulator that H was measured in. */
static double delay_as_simulated(const spot_tised_scores *scores, double delay_s)
{
    if (!(scores->period_s > 0.0)) {
        return delay_s;
    }
    return (double)spot_tised_delay_steps(delay_s, scores->period_s) * scores->period_s;
}

static void predict_one(const spot_tised_score_fit *fit, const spot_tised_target *target, int i,
                        double z, spot_tised_prediction *p)
{
    const spot_tised_scores *s = fit->scores;
    double q = fit->quality[i];
    delay_factor f = factor_at(fit, delay_as_simulated(s, p->timing.delay_s));
    p->value = fmin(1.0, q * f.ratio);
    p->extrapolated = f.beyond;
    double variance = f.ratio * f.ratio * rate_variance(q, s->trials[i]) + q * q * f.variance;
    if (target->n_new > 0) {
        double rate = shrunk_rate(p->value, target->n_new);
        variance += rate * (1.0 - rate) / target->n_new;
    }
    p->lo = f.beyond ? 0.0 : fmax(0.0, p->value - z * sqrt(variance));
    p->hi = fmin(1.0, p->value + z * sqrt(variance));

    /* extrapolation begins where the delay passes, or rounds past, the longest one measured */
    const spot_tised_point *point = &target_points(&s->sweep, target)[i];
    double longest_s = s->delay_s[s->n_delay - 1] + 0.5 * s->period_s;
    set_limit(longest_s + spoti_tised_hidden_s(&target->setup, point), point->alpha, p);
}

spot_status spot_tised_predict_score(const spot_tised_score_fit *fit,
                                     const spot_tised_target *target, spot_tised_prediction *out,
                                     spot_tised_shift *shift)
{
    if (fit == NULL || fit->scores == NULL || fit->quality == NULL || fit->response == NULL ||
        target == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    const spot_tised_sweep *sweep = &fit->scores->sweep;
    double z = 0.0;
    spot_status st = check_target(sweep, target, &z);
    if (st != SPOT_OK) {
        return st;
    }
    spot_tised_shift found = {0};
    double best = -1.0; /* on the measured platform */
    for (int i = 0; i < sweep->n_point; i++) {
        spot_tised_timing old;
        spot_tised_prediction p = {0};
        st = time_on_target(sweep, target, i, &p.timing);
        if (st == SPOT_OK) {
            st = spot_tised_time(sweep->setup, &sweep->points[i], &old);
        }
        if (st != SPOT_OK) {
            return st;
        }
        predict_one(fit, target, i, z, &p);
        out[i] = p;
        double old_delay_s = delay_as_simulated(fit->scores, old.delay_s);
        double old_value = fmin(1.0, fit->quality[i] * factor_at(fit, old_delay_s).ratio);
        if (old_value > best) {
            best = old_value;
            found.best_old = i;
        }
        if (p.value > out[found.best_new].value) {
            found.best_new = i;
        }
    }
    if (shift != NULL) {
        describe_move(sweep, target, true, out, &found);
        *shift = found;
    }
    return SPOT_OK;
}
