/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What is known of each point without resampling: timing, means, rates, and the factors between them. */
#include <math.h>
#include <string.h>

#include "lab/judge/setting.h"
#include "spot/stats.h"

/* How far a given alpha may lie from the ratio of latencies: what two printed decimals hide. */
static const double ALPHA_ATOL = 0.005;
static const double ALPHA_RTOL = 0.01;

/* The latency of point i: its own, else alpha times the baseline's. */
static spot_quantity latency_of(const spoti_setting *s, int i)
{
    const spoti_log_point *p = s->points[i];
    const spot_quantity *base = &s->t_inf[s->out->baseline];
    if (!s->t_inf[i].known && p->has[SPOTI_ALPHA] && base->known) {
        return spoti_known(p->value[SPOTI_ALPHA] * base->value);
    }
    return s->t_inf[i];
}

static spot_status measure_alpha(spoti_setting *s, int i, spot_diag *diag)
{
    spot_analysis_point *o = &s->out->points[i];
    const spoti_log_point *p = s->points[i];
    spot_quantity base = latency_of(s, s->out->baseline);
    o->t_inf_s = latency_of(s, i);
    bool ratio = o->t_inf_s.known && base.known && (base.value > 0.0 || i == s->out->baseline);
    double alpha = base.value > 0.0 && ratio ? o->t_inf_s.value / base.value : 1.0;
    if (ratio) {
        o->alpha = spoti_known(alpha);
    } else if (p->has[SPOTI_ALPHA]) {
        o->alpha = spoti_known(p->value[SPOTI_ALPHA]);
    }
    if (ratio && p->has[SPOTI_ALPHA] &&
        fabs(alpha - p->value[SPOTI_ALPHA]) > ALPHA_ATOL + ALPHA_RTOL * alpha) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "point '%s': column alpha: %g, but t_inf_s gives %.4g of the baseline "
                             "'%s'",
                             p->name, p->value[SPOTI_ALPHA], alpha,
                             s->points[s->out->baseline]->name);
    }
    return SPOT_OK;
}

/* n of point i: its own, else the setting's or what the options say. */
static int execute_of(const spoti_setting *s, int i)
{
    const spoti_log_point *p = s->points[i];
    return p->has[SPOTI_CHUNK]       ? (int)p->value[SPOTI_CHUNK]
           : s->source->n_action > 0 ? s->source->n_action
                                     : s->log->config.n_action;
}

static spot_status measure_timing(spoti_setting *s, int i, spot_diag *diag)
{
    spot_analysis_point *o = &s->out->points[i];
    const spoti_log_point *p = s->points[i];
    int overlap = p->has[SPOTI_OVERLAP] ? (int)p->value[SPOTI_OVERLAP] : 0;
    bool cadence = p->has_schedule && p->schedule == SPOT_SCHEDULE_CADENCE;
    if (p->has[SPOTI_OVERLAP]) {
        o->overlap = spoti_known(overlap);
    }
    if (o->t_inf_s.known && s->out->action_s > 0.0 && o->n_action > 0) {
        spot_tised_setup setup = {
            .inference_s = o->t_inf_s.value, .action_s = s->out->action_s, .n_action = o->n_action};
        spot_tised_point point = {.alpha = 1.0,
                                  .n_overlap = overlap,
                                  .schedule = cadence       ? SPOT_SCHEDULE_CADENCE
                                              : overlap > 0 ? SPOT_SCHEDULE_OVERLAP
                                                            : SPOT_SCHEDULE_SYNC,
                                  .overhead_s =
                                      p->has[SPOTI_OVERHEAD] ? p->value[SPOTI_OVERHEAD] : 0.0};
        if (spot_tised_time(&setup, &point, &s->timing[i]) != SPOT_OK) {
            return spot_diag_set(diag, SPOT_E_RANGE,
                                 "point '%s': overlap %d with chunk_actions %d%s, expected 0..%d "
                                 "(0, and an overhead, only under cadence)",
                                 p->name, overlap, o->n_action, cadence ? ", cadence" : "",
                                 o->n_action);
        }
        s->has_timing[i] = true;
        if (p->has[SPOTI_T_CHUNK]) { /* the source knows its clock: whole ticks, jitter averaged */
            s->timing[i].chunk_s = p->value[SPOTI_T_CHUNK];
        }
        o->t_chunk_s = spoti_known(s->timing[i].chunk_s);
        o->delay_s = spoti_known(s->timing[i].delay_s);
        o->age_s = spoti_known(s->timing[i].age_s);
    } else if (o->t_inf_s.known && overlap == 0 && !cadence) {
        o->delay_s = o->t_inf_s; /* the robot waits for the whole inference, whatever n is */
        o->age_s = o->t_inf_s;
    }
    if (p->inferences > 0.0) {
        /* not by chunks: the last wait is cut off by the end and has none */
        o->delay_s = spoti_known(p->wait_s / p->inferences);
    } else if (spoti_mean_known(&p->delay)) {
        o->delay_s = spoti_known(spoti_mean_value(&p->delay)); /* measured has priority */
        if (o->age_s.known && overlap == 0) { /* an emulated delay ages the observation too */
            o->age_s.value = fmax(o->age_s.value, o->delay_s.value);
        }
    }
    if (spoti_mean_known(&p->age)) {
        o->age_s = spoti_known(spoti_mean_value(&p->age));
    }
    return SPOT_OK;
}

static void measure_success(spoti_setting *s, int i)
{
    spot_analysis_point *o = &s->out->points[i];
    const spoti_log_point *p = s->points[i];
    spot_interval ci;
    if (p->has[SPOTI_SCORE] && p->rows == 1) {
        o->graded = true;
        o->trials = (int)p->value[SPOTI_EPISODES];
        o->rate = spoti_known(p->value[SPOTI_SCORE] / (p->value[SPOTI_SCORE_MAX] * o->trials));
        return;
    }
    o->invalid = (int)p->invalid;
    if (!p->is_counted || p->n < 1 || p->n > SPOT_STATS_MAX_TRIALS) {
        return;
    }
    const int64_t n = p->n + (s->strict ? p->invalid : 0);
    o->has_count = true;
    o->successes = (int)p->k;
    o->trials = (int)n;
    o->rate = spoti_known((double)p->k / (double)n);
    o->guaranteed = o->rate;
    if (spot_stats_wilson(o->successes, o->trials, SPOT_STATS_CONFIDENCE, &ci) == SPOT_OK) {
        o->rate.has_ci = true;
        o->rate.lo = ci.lo;
        o->rate.hi = ci.hi;
    }
    if (spot_stats_clopper_pearson(o->successes, o->trials, SPOT_STATS_CONFIDENCE, &ci) ==
        SPOT_OK) {
        o->guaranteed.has_ci = true;
        o->guaranteed.lo = ci.lo;
        o->guaranteed.hi = ci.hi;
    }
}

static void measure_means(spoti_setting *s, int i)
{
    spot_analysis_point *o = &s->out->points[i];
    const spoti_log_point *p = s->points[i];
    const double n = (double)(p->n + (s->strict ? p->invalid : 0));
    double failures = n - (double)p->k;
    bool all_succeed = p->is_counted && !(failures > 0.0);
    if (spoti_mean_known(&p->time)) {
        o->time_s = spoti_known(spoti_mean_value(&p->time));
    }
    if (spoti_mean_known(&p->chunks)) {
        o->chunks = spoti_known(spoti_mean_value(&p->chunks));
    }
    if (o->time_s.known && o->chunks.known) {
        o->cycle_s = spoti_known(o->time_s.value / o->chunks.value);
    }
    /* failures are charged the budget; without one there may be no failure */
    if (o->time_s.known && all_succeed) {
        o->budget_time_s = o->time_s;
    } else if (p->is_counted && n > 0.0 && s->budget_s[i] > 0.0 && (o->time_s.known || p->k == 0)) {
        double total = (o->time_s.known ? (double)p->k * o->time_s.value : 0.0);
        o->budget_time_s = spoti_known((total + failures * s->budget_s[i]) / n);
    }
    if (p->has_episodes && p->unknown_time == 0 && p->k > 0) {
        o->time_to_success_s =
            spoti_known(spoti_mean_value(&p->time_all) * (double)p->n / (double)p->k);
    } else if (o->time_s.known && all_succeed) {
        o->time_to_success_s = o->time_s;
    }
    double rate = o->has_count ? o->rate.value : 0.0;
    double joules = 0.0;
    if (spoti_mean_known(&p->energy) && p->unknown_energy == 0 &&
        spot_tised_per_success(spoti_mean_value(&p->energy), rate, &joules) == SPOT_OK) {
        o->energy_per_success_j = spoti_known(joules);
    }
    if (p->is_counted && p->k == 0) {
        o->reason = "no success: means over successes are undefined";
    }
}

/* The factors against the baseline, by tised where both timings are known. */
static void decompose(spoti_setting *s, int i)
{
    spot_analysis_point *o = &s->out->points[i];
    const spot_analysis_point *b = &s->out->points[s->out->baseline];
    if (o->chunks.known && b->chunks.known) {
        o->inflation = spoti_known(spoti_actions_ratio(s, i) * o->chunks.value / b->chunks.value);
    }
    if (o->time_s.known && b->time_s.known) {
        o->eta_task = spoti_known(b->time_s.value / o->time_s.value);
    }
    if (!s->has_timing[i] || !s->has_timing[s->out->baseline]) {
        return;
    }
    spot_tised_measured m[2];
    const spot_analysis_point *q[2] = {o, b};
    for (int k = 0; k < 2; k++) {
        m[k] = (spot_tised_measured){.timing = s->timing[k == 0 ? i : s->out->baseline],
                                     .has_chunks = q[k]->chunks.known,
                                     .n_chunk = q[k]->chunks.value,
                                     .has_time = q[k]->time_s.known,
                                     .task_s = q[k]->time_s.value};
    }
    spot_tised_decomposition d;
    if (spot_tised_decompose(&m[0], &m[1], &d) != SPOT_OK) {
        return;
    }
    o->eta_chunk = spoti_known(spoti_actions_ratio(s, i) * d.eta_chunk);
    if (d.has_task) {
        o->eta_task = spoti_known(d.eta_task);
    }
    if (d.has_measured_chunk) {
        o->residual = spoti_known(d.residual);
    }
}

/* The time that decides: one kind for all points, the first of which every point has a value. */
static void choose_objective(spoti_setting *s)
{
    int n_budget = 0;
    int n_time = 0;
    int n_law = 0;
    for (int i = 0; i < s->n; i++) {
        const spot_analysis_point *o = &s->out->points[i];
        n_budget += o->budget_time_s.known;
        n_time += o->time_s.known;
        n_law += o->chunks.known && s->has_timing[i];
    }
    s->objective = n_budget == s->n ? SPOTI_OBJECTIVE_BUDGET
                   : n_time > 0     ? SPOTI_OBJECTIVE_TIME
                   : n_law > 0      ? SPOTI_OBJECTIVE_LAW
                                    : SPOTI_OBJECTIVE_NONE;
    if (s->log->config.goal == SPOT_ANALYZE_GOAL_ENERGY) {
        s->objective = SPOTI_OBJECTIVE_ENERGY;
    }
    for (int i = 0; i < s->n; i++) {
        const spot_analysis_point *o = &s->out->points[i];
        bool law = o->chunks.known && s->has_timing[i];
        s->value[i] = s->objective == SPOTI_OBJECTIVE_ENERGY   ? o->energy_per_success_j.value
                      : s->objective == SPOTI_OBJECTIVE_BUDGET ? o->budget_time_s.value
                      : s->objective == SPOTI_OBJECTIVE_TIME   ? o->time_s.value
                      : law ? o->chunks.value * s->timing[i].chunk_s
                            : 0.0;
    }
}

/* Joules that are not known cannot decide. */
static spot_status check_goal(const spoti_setting *s, spot_diag *diag)
{
    for (int i = 0; i < s->n && s->objective == SPOTI_OBJECTIVE_ENERGY; i++) {
        const spoti_log_point *p = s->points[i];
        if (!spoti_mean_known(&p->energy) || p->unknown_energy > 0) {
            return spot_diag_set(
                diag, SPOT_E_FORMAT,
                "goal energy: point '%s' has no joules for %s, expected column "
                "energy_j",
                p->name, spoti_mean_known(&p->energy) ? "some of its episodes" : "its episodes");
        }
    }
    return SPOT_OK;
}

spot_status spoti_measure(spoti_setting *s, spot_diag *diag)
{
    spot_status found = spoti_find_latencies(s);
    if (found != SPOT_OK) {
        return found;
    }
    for (int i = 0; i < s->n; i++) {
        const spoti_log_point *p = s->points[i];
        memcpy(s->out->points[i].name, p->name, sizeof(p->name));
        s->out->points[i].n_action = execute_of(s, i);
        s->budget_s[i] = p->has[SPOTI_BUDGET] ? p->value[SPOTI_BUDGET] : s->log->config.budget_s;
        spot_status st = measure_alpha(s, i, diag);
        if (st == SPOT_OK) {
            st = measure_timing(s, i, diag);
        }
        if (st != SPOT_OK) {
            return st;
        }
        measure_success(s, i);
        measure_means(s, i);
    }
    s->out->n_action = execute_of(s, s->out->baseline);
    for (int i = 0; i < s->n; i++) {
        s->out->n_differs = s->out->n_differs || s->out->points[i].n_action != s->out->n_action;
        decompose(s, i);
    }
    spoti_apply_cadence(s);
    spoti_check_plausible(s);
    choose_objective(s);
    return check_goal(s, diag);
}
