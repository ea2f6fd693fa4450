/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Where the task goes on: Q fitted over the setting without delay, H over the baseline under known ones. */
#include <stdlib.h>

#include "lab/judge/forecast.h"
#include "lab/judge/setting.h"
#include "spot/stats.h"

enum { N = SPOT_ANALYZE_POINTS_MAX };

typedef spoti_forecast_row row;
typedef spoti_forecast_maker maker;

typedef struct delayed {
    double delay_s;
    int successes;
    int trials;
} delayed;

static int compare_delays(const void *a, const void *b)
{
    const delayed *p = a;
    const delayed *q = b;
    return (p->delay_s > q->delay_s) - (p->delay_s < q->delay_s);
}

/* The setting in which no point is delayed; NULL = none. */
static const spot_analysis_setting *find_undelayed(const maker *m)
{
    for (int i = 0; i < m->analysis->n_settings; i++) {
        const spot_analysis_setting *s = &m->analysis->settings[i];
        bool all = s->n_points >= 2 && spoti_forecast_same_speed(m, i);
        for (int k = 0; k < s->n_points; k++) {
            const spot_analysis_point *p = &s->points[k];
            all = all && p->has_count && p->delay_s.known && p->delay_s.value == 0.0;
        }
        if (all) {
            return s;
        }
    }
    return NULL;
}

/* The baseline under every delay that was measured, least delay first. */
static int find_delays(const maker *m, const char *baseline, delayed *out)
{
    int n = 0;
    for (int i = 0; i < m->analysis->n_settings; i++) {
        const spot_analysis_setting *s = &m->analysis->settings[i];
        int k = spoti_forecast_find(s, baseline);
        if (k >= 0 && spoti_forecast_same_speed(m, i) && spoti_forecast_is_cell(&s->points[k])) {
            out[n++] = (delayed){.delay_s = spoti_forecast_delay(m, &s->points[k]),
                                 .successes = s->points[k].successes,
                                 .trials = s->points[k].trials};
        }
    }
    qsort(out, (size_t)n, sizeof(*out), compare_delays);
    int kept = 0;
    for (int k = 0; k < n; k++) {
        if (kept > 0 && out[kept - 1].delay_s == out[k].delay_s) {
            out[kept - 1].successes += out[k].successes;
            out[kept - 1].trials += out[k].trials;
        } else {
            out[kept++] = out[k];
        }
    }
    return kept;
}

/* The row of undelayed points, by their latency on the target. */
static void make_undelayed_row(maker *m, const spot_analysis_setting *undelayed)
{
    row *r = &m->row;
    r->n = 0;
    for (int i = 0; i < m->s->n_points; i++) {
        int k = spoti_forecast_find(undelayed, m->s->points[i].name);
        if (k < 0 || !m->f->points[i].alpha.known || spoti_forecast_overlap(m, i) != 0) {
            m->f->points[i].reason = "no undelayed point of this name, or overlap";
            continue;
        }
        int at = r->n++;
        r->index[at] = i;
        r->from[at] = (spot_tised_point){.alpha = m->f->points[i].alpha.value};
        r->to[at] = r->from[at];
        r->successes[at] = undelayed->points[k].successes;
        r->chunks[at] = undelayed->points[k].trials;
    }
    spoti_forecast_sort(r, true);
}

static const char NEEDS[] =
    "needs points without delay (a platform of delay_s 0) and the baseline under other delays";

void spoti_forecast_separable(maker *m)
{
    row *r = &m->row;
    m->f->law = SPOT_FORECAST_SEPARABLE;
    const spot_analysis_setting *undelayed = find_undelayed(m);
    delayed delays[SPOT_ANALYZE_SETTINGS_MAX];
    double delay_s[SPOT_ANALYZE_SETTINGS_MAX];
    int successes[SPOT_ANALYZE_SETTINGS_MAX];
    int trials[SPOT_ANALYZE_SETTINGS_MAX];
    int row_trials[N];
    double response[SPOT_ANALYZE_SETTINGS_MAX];
    const double period_s = m->period_s;
    int n = find_delays(m, m->s->points[m->s->baseline].name, delays);
    if (undelayed != NULL) {
        make_undelayed_row(m, undelayed);
    }
    bool enough = undelayed != NULL && r->n >= 2 && n >= 2 && delays[0].delay_s == 0.0;
    for (int k = 0; k < n; k++) {
        delay_s[k] = delays[k].delay_s;
        successes[k] = delays[k].successes;
        trials[k] = delays[k].trials;
    }
    for (int k = 0; enough && k < r->n; k++) {
        row_trials[k] = (int)r->chunks[k];
    }
    spot_tised_setup setup = m->to;
    spot_tised_scores scores = {.sweep = {.setup = &setup,
                                          .points = r->from,
                                          .n_point = r->n,
                                          .knob = SPOT_TISED_KNOB_ALPHA},
                                .successes = r->successes,
                                .trials = row_trials,
                                .delay_s = delay_s,
                                .delay_successes = successes,
                                .delay_trials = trials,
                                .n_delay = n,
                                .period_s = period_s};
    spot_tised_target target = {.setup = m->to, .confidence = SPOT_STATS_CONFIDENCE};
    spot_tised_score_fit fit;
    if (!enough || spot_tised_fit_scores(&scores, r->work, r->fitted, response, &fit) != SPOT_OK ||
        spot_tised_predict_score(&fit, &target, r->out, NULL) != SPOT_OK) {
        for (int i = 0; i < m->s->n_points; i++) {
            m->f->points[i].reason = NEEDS;
        }
        return;
    }
    for (int k = 0; k < r->n; k++) {
        spot_forecast_point *p = &m->f->points[r->index[k]];
        p->rate = (spot_quantity){.known = true,
                                  .has_ci = true,
                                  .value = r->out[k].value,
                                  .lo = r->out[k].lo,
                                  .hi = r->out[k].hi};
        p->extrapolated = r->out[k].extrapolated;
        if (period_s > 0.0) { /* as a simulator of whole periods delays */
            p->delay_s = spoti_known(
                (double)spot_tised_delay_steps(r->out[k].timing.delay_s, period_s) * period_s);
        }
        if (r->out[k].has_limit) {
            p->limit_t_inf_s = spoti_known(r->out[k].limit_inference_s);
        }
    }
}
