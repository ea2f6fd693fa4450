/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* How many trials would tell two points apart, by the test that decides between them. */
#include <math.h>

#include "lab/judge/setting.h"
#include "spot/stats.h"
#include "spot/stats_power.h"
#include "spot/stats_tests.h"

/* One-sided level and power that a wish has: corrected for n_test comparisons, of which the wanted claim
 * takes n_claim rejections at once (both ends of an interior best). */
static spot_stats_power_config wish_of(int n_test, int n_claim)
{
    spot_stats_power_config config;
    spot_stats_power_config_default(&config);
    config.two_sided = false;
    config.level = SPOT_STATS_LEVEL / n_test;
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
    if (spoti_is_mcnemar(s, i, j) && s->compared[i] > 0) {
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
    if (spoti_is_dynamic(s)) {
        return a->graded && b->graded ? trials_graded(s, i, j, &wish, trials)
                                      : trials_counted(s, i, j, wish, trials);
    }
    const int n = a->trials < b->trials ? a->trials : b->trials;
    return spoti_p_better(s, i, j, &p) && trials_scaled(p, n, &wish, trials);
}

/* Trials for what is not established: an interior best against both ends, another best against the
 * baseline, a best baseline against the point that comes nearest to it. */
void spoti_judge_trials(spoti_setting *s)
{
    spot_analysis_verdict *v = &s->out->verdict;
    double most = 0.0;
    double trials = 0.0;
    if (v->kind == SPOT_ANALYZE_KIND_INTERIOR) {
        if (v->p_interior.known && v->p_interior.value < SPOT_STATS_LEVEL) {
            return;
        }
        for (int k = 0; k < 2; k++) {
            if (!spoti_trials(s, v->best, s->line[k == 0 ? 0 : s->n_line - 1], s->n_line - 2, 2,
                              &trials)) {
                return;
            }
            most = fmax(most, trials);
        }
        v->trials_needed = spoti_known(most);
        return;
    }
    if (v->best != s->out->baseline) {
        const spot_quantity *p = &s->out->points[v->best].p_better;
        if (!(p->known && p->value < SPOT_STATS_LEVEL) &&
            spoti_trials(s, v->best, s->out->baseline, s->n - 1, 1, &trials)) {
            v->trials_needed = spoti_known(trials);
        }
        return;
    }
    for (int i = 0; i < s->n; i++) {
        const spot_quantity *p = &s->out->points[i].p_best;
        if (p->known && p->value >= SPOT_STATS_LEVEL &&
            spoti_trials(s, v->best, i, s->n - 1, 1, &trials)) {
            most = fmax(most, trials);
        }
    }
    if (most > 0.0) {
        v->trials_needed = spoti_known(most);
    }
}
