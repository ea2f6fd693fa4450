/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Is point i better than point j? One-sided p-values by the test that the data allow: McNemar on shared
 * seeds, Cochran-Mantel-Haenszel over tasks, Fisher else; sums of grades by their largest variance;
 * times by the bootstrap, or by Welch's test on log means where only standard deviations are known.
 */
#include <math.h>

#include "lab/judge/setting.h"
#include "spot/stats.h"
#include "spot/stats_dist.h"
#include "spot/stats_power.h"
#include "spot/stats_tests.h"

typedef enum test {
    TEST_NONE,
    TEST_GRADED,
    TEST_BOOTSTRAP,
    TEST_MCNEMAR,
    TEST_CMH,
    TEST_FISHER,
} test;

static int tasks_of(const spoti_setting *s, int i, int j)
{
    int n = 0;
    for (int t = 0; t < s->log->n_tasks; t++) {
        n += s->points[i]->cells[t].n > 0 && s->points[j]->cells[t].n > 0;
    }
    return n;
}

static test choose(const spoti_setting *s, int i, int j)
{
    const spot_analysis_point *a = &s->out->points[i];
    const spot_analysis_point *b = &s->out->points[j];
    if (a->graded && b->graded &&
        s->points[i]->value[SPOTI_SCORE_MAX] == s->points[j]->value[SPOTI_SCORE_MAX]) {
        return TEST_GRADED;
    }
    if (!a->has_count || !b->has_count || i == j) {
        return TEST_NONE;
    }
    if (s->n_unit > 0 && s->log->is_folded) {
        return TEST_BOOTSTRAP;
    }
    size_t at = (size_t)i * (size_t)s->n + (size_t)j;
    if (s->n_unit > 0 && s->shared[at] == s->compared[i] && s->shared[at] == s->compared[j]) {
        return TEST_MCNEMAR;
    }
    return tasks_of(s, i, j) > 1 ? TEST_CMH : TEST_FISHER;
}

const char *spoti_success_test(const spoti_setting *s, int i, int j)
{
    static const char *const names[] = {
        [TEST_NONE] = "none",
        [TEST_GRADED] = "score test with the largest variance",
        [TEST_BOOTSTRAP] = "paired bootstrap",
        [TEST_MCNEMAR] = "exact McNemar",
        [TEST_CMH] = "Cochran-Mantel-Haenszel over tasks",
        [TEST_FISHER] = "Fisher",
    };
    return names[choose(s, i, j)];
}

static spot_stats_count count_of(const spoti_cell *c)
{
    return (spot_stats_count){.successes = c->k, .n = c->n};
}

static bool p_cmh(const spoti_setting *s, int i, int j, double *p)
{
    spot_stats_stratum strata[SPOT_ANALYZE_TASKS_MAX];
    spot_stats_cmh_result r;
    int n = 0;
    for (int t = 0; t < s->log->n_tasks; t++) {
        const spoti_cell *a = &s->points[i]->cells[t];
        const spoti_cell *b = &s->points[j]->cells[t];
        if (a->n > 0 && b->n > 0) {
            strata[n++] = (spot_stats_stratum){.candidate = count_of(a), .baseline = count_of(b)};
        }
    }
    if (n == 0 || spot_stats_cmh(strata, n, &r) != SPOT_OK) {
        return false;
    }
    *p = r.test.p_candidate_better;
    return true;
}

static bool p_fisher(spot_stats_count a, spot_stats_count b, double *p)
{
    spot_stats_test_result r;
    if (spot_stats_fisher(a, b, &r) != SPOT_OK) {
        return false;
    }
    *p = r.p_candidate_better;
    return true;
}

static bool p_graded(const spoti_setting *s, int i, int j, double *p)
{
    const spoti_log_point *a = s->points[i];
    const spoti_log_point *b = s->points[j];
    spot_stats_graded_result r;
    spot_stats_score x = {.sum = a->value[SPOTI_SCORE], .n = s->out->points[i].trials};
    spot_stats_score y = {.sum = b->value[SPOTI_SCORE], .n = s->out->points[j].trials};
    if (spot_stats_graded(x, y, a->value[SPOTI_SCORE_MAX], &r) != SPOT_OK) {
        return false;
    }
    *p = r.test.p_candidate_better;
    return true;
}

bool spoti_p_success(const spoti_setting *s, int i, int j, double *p)
{
    size_t at = (size_t)i * (size_t)s->n + (size_t)j;
    const spot_analysis_point *a = &s->out->points[i];
    const spot_analysis_point *b = &s->out->points[j];
    spot_stats_mcnemar_result m;
    switch (choose(s, i, j)) {
    case TEST_GRADED:
        return p_graded(s, i, j, p);
    case TEST_BOOTSTRAP:
        *p = s->p_succeeds[at];
        return *p <= 1.0;
    case TEST_MCNEMAR:
        if (spot_stats_mcnemar(s->only[at], s->only[(size_t)j * (size_t)s->n + (size_t)i], &m) !=
            SPOT_OK) {
            return false;
        }
        *p = m.p_candidate_better;
        return true;
    case TEST_CMH:
        return p_cmh(s, i, j, p);
    case TEST_FISHER:
        return p_fisher((spot_stats_count){.successes = a->successes, .n = a->trials},
                        (spot_stats_count){.successes = b->successes, .n = b->trials}, p);
    default:
        return false;
    }
}

bool spoti_p_success_task(const spoti_setting *s, int task, int i, int j, double *p)
{
    const spoti_cell *a = &s->points[i]->cells[task];
    const spoti_cell *b = &s->points[j]->cells[task];
    return a->n > 0 && b->n > 0 && p_fisher(count_of(a), count_of(b), p);
}

/* Times from means and standard deviations ----------------------------------------------------- */

/* Relative variance of point i's mean time, and its degrees of freedom. */
static bool spread_of(const spoti_setting *s, int i, spoti_field sd, const spot_quantity *mean,
                      double *variance, double *dof)
{
    const spoti_log_point *p = s->points[i];
    if (!p->has[sd] || p->rows != 1 || !mean->known || !p->is_counted || p->k < 2) {
        return false;
    }
    double relative = p->value[sd] / mean->value;
    *variance = relative * relative / (double)p->k;
    *dof = (double)(p->k - 1);
    return true;
}

/* P(T > t) of Student's t; T^2 has the F distribution of 1 and dof degrees. */
static bool t_upper(double t, double dof, double *p)
{
    spot_stats_tails tails;
    if (spot_stats_f_tails(t * t, 1.0, dof, &tails) != SPOT_OK) {
        return false;
    }
    *p = t >= 0.0 ? 0.5 * tails.upper : 1.0 - 0.5 * tails.upper;
    return true;
}

/* t with P(|T| <= t) = confidence: t^2 / (t^2 + dof) is beta (1/2, dof/2). */
static bool t_quantile(double confidence, double dof, double *t)
{
    double x = 0.0;
    if (spot_stats_beta_quantile(confidence, 0.5, 0.5 * dof, &x) != SPOT_OK || x >= 1.0) {
        return false;
    }
    *t = sqrt(dof * x / (1.0 - x));
    return true;
}

/* Welch and Satterthwaite on the logarithm of a ratio: variance and degrees of freedom. */
static bool welch(const spoti_setting *s, int i, int j, spoti_field sd, const spot_quantity *mi,
                  const spot_quantity *mj, double *variance, double *dof)
{
    double v[2];
    double d[2];
    if (!spread_of(s, i, sd, mi, &v[0], &d[0]) || !spread_of(s, j, sd, mj, &v[1], &d[1])) {
        return false;
    }
    *variance = v[0] + v[1];
    if (!(*variance > 0.0)) {
        return false; /* no spread at all: nothing to test against */
    }
    *dof = *variance * *variance / (v[0] * v[0] / d[0] + v[1] * v[1] / d[1]);
    return true;
}

bool spoti_p_time(const spoti_setting *s, int i, int j, double *p)
{
    if (i == j || s->value[i] <= 0.0 || s->value[j] <= 0.0) {
        return false;
    }
    if (s->n_unit > 0) {
        *p = spoti_p_faster(s, i, j);
        return *p <= 1.0;
    }
    const spot_quantity *a = &s->out->points[i].time_s;
    const spot_quantity *b = &s->out->points[j].time_s;
    bool same = a->value == s->value[i] && b->value == s->value[j];
    double variance = 0.0;
    double dof = 0.0;
    return same && welch(s, i, j, SPOTI_TIME_SD, a, b, &variance, &dof) &&
           t_upper(log(b->value / a->value) / sqrt(variance), dof, p);
}

const char *spoti_time_test(const spoti_setting *s, int i, int j)
{
    return s->n_unit == 0 ? "Welch" : spoti_flips_signs(s, i, j) ? "sign-flip" : "bootstrap";
}

bool spoti_p_better(const spoti_setting *s, int i, int j, double *p)
{
    return s->out->regime == SPOT_ANALYZE_DYNAMIC ? spoti_p_success(s, i, j, p)
                                                  : spoti_p_time(s, i, j, p);
}

static void set_interval(spot_quantity *q, double lo, double hi)
{
    q->has_ci = true;
    q->lo = lo;
    q->hi = hi;
}

static void mean_interval(const spoti_setting *s, int i, spoti_field sd, spot_quantity *q)
{
    double variance = 0.0;
    double dof = 0.0;
    double t = 0.0;
    if (spread_of(s, i, sd, q, &variance, &dof) && t_quantile(SPOT_STATS_CONFIDENCE, dof, &t)) {
        double half = t * q->value * sqrt(variance);
        set_interval(q, q->value - half, q->value + half);
    }
}

static void ratio_interval(const spoti_setting *s, int i, int j, spoti_field sd,
                           const spot_quantity *a, const spot_quantity *b, spot_quantity *q)
{
    double variance = 0.0;
    double dof = 0.0;
    double t = 0.0;
    if (q->known && welch(s, i, j, sd, a, b, &variance, &dof) &&
        t_quantile(SPOT_STATS_CONFIDENCE, dof, &t)) {
        double factor = exp(t * sqrt(variance));
        set_interval(q, q->value / factor, q->value * factor);
    }
}

void spoti_welch_points(spoti_setting *s)
{
    int base = s->out->baseline;
    spot_analysis_point *b = &s->out->points[base];
    for (int i = 0; s->n_unit == 0 && i < s->n; i++) {
        spot_analysis_point *o = &s->out->points[i];
        mean_interval(s, i, SPOTI_TIME_SD, &o->time_s);
        mean_interval(s, i, SPOTI_CHUNKS_SD, &o->chunks);
        if (i != base && o->time_s.known && b->time_s.known) {
            ratio_interval(s, i, base, SPOTI_TIME_SD, &o->time_s, &b->time_s, &o->eta_task);
        }
        if (i != base) {
            ratio_interval(s, i, base, SPOTI_CHUNKS_SD, &o->chunks, &b->chunks, &o->inflation);
        }
    }
}

/* Trials needed -------------------------------------------------------------------------------- */

/* One-sided level and power that a wish has: corrected for n_test comparisons, of which the wanted claim
 * takes n_claim rejections at once (both ends of an interior best). */
static spot_stats_power_config wish_of(int n_test, int n_claim)
{
    spot_stats_power_config config;
    spot_stats_power_config_default(&config);
    config.two_sided = false;
    config.level = 0.05 / n_test;
    config.power = 1.0 - (1.0 - config.power) / n_claim;
    return config;
}

/* z of the level plus z of the power. */
static double z_needed(const spot_stats_power_config *wish)
{
    double level = 0.0;
    double power = 0.0;
    (void)spot_stats_normal_quantile(1.0 - wish->level, &level);
    (void)spot_stats_normal_quantile(wish->power, &power);
    return level + power;
}

static bool trials_graded(const spoti_setting *s, int i, int j, const spot_stats_power_config *wish,
                          double *trials)
{
    const spot_analysis_point *a = &s->out->points[i];
    const spot_analysis_point *b = &s->out->points[j];
    double variance = a->rate.value * (1.0 - a->rate.value) + b->rate.value * (1.0 - b->rate.value);
    double difference = a->rate.value - b->rate.value;
    double z = z_needed(wish);
    if (!(difference > 0.0)) {
        return false;
    }
    *trials = ceil(z * z * variance / (difference * difference));
    return true;
}

/* From the p-value at hand: z grows as the root of the number of trials. */
static bool trials_scaled(double p, int n, const spot_stats_power_config *wish, double *trials)
{
    double z = 0.0;
    if (!(p < 0.5) || n < 1 || spot_stats_normal_quantile(1.0 - p, &z) != SPOT_OK || !(z > 0.0)) {
        return false;
    }
    const double ratio = z_needed(wish) / z;
    *trials = ceil(n * ratio * ratio);
    return *trials < 1e9;
}

/* Counts, by the exact power of the test that decides. */
static bool trials_counted(const spoti_setting *s, int i, int j, spot_stats_power_config wish,
                           double *trials)
{
    const spot_analysis_point *a = &s->out->points[i];
    const spot_analysis_point *b = &s->out->points[j];
    spot_stats_trials need;
    spot_status st = SPOT_E_RANGE;
    if (choose(s, i, j) == TEST_MCNEMAR && s->compared[i] > 0) {
        wish.rate_candidate =
            (double)s->only[(size_t)i * (size_t)s->n + (size_t)j] / s->compared[i];
        wish.rate_baseline = (double)s->only[(size_t)j * (size_t)s->n + (size_t)i] / s->compared[i];
        st = spot_stats_trials_mcnemar(&wish, &need);
    } else if (a->has_count && b->has_count) {
        wish.rate_candidate = a->rate.value;
        wish.rate_baseline = b->rate.value;
        st = spot_stats_trials_fisher(&wish, &need);
    }
    *trials = st == SPOT_OK ? need.n_trial : 0.0;
    return st == SPOT_OK && wish.rate_candidate > wish.rate_baseline;
}

bool spoti_trials(const spoti_setting *s, int i, int j, int n_test, int n_claim, double *trials)
{
    const spot_analysis_point *a = &s->out->points[i];
    const spot_analysis_point *b = &s->out->points[j];
    const spot_stats_power_config wish = wish_of(n_test > 1 ? n_test : 1, n_claim);
    double p = 1.0;
    if (i == j) {
        return false;
    }
    if (s->out->regime == SPOT_ANALYZE_DYNAMIC) {
        return a->graded && b->graded ? trials_graded(s, i, j, &wish, trials)
                                      : trials_counted(s, i, j, wish, trials);
    }
    const int n = a->trials < b->trials ? a->trials : b->trials;
    return spoti_p_better(s, i, j, &p) && trials_scaled(p, n, &wish, trials);
}
