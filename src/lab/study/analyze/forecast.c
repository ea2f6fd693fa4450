/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The same setting on another computer (spot/tised_shift.h).
 *
 * Static: N is fitted along every row of points that differ in one knob, and T = N T_ck is formed with
 * the latencies of the other computer. Dynamic: Q is fitted over the setting in which no point is
 * delayed, H over the baseline in all settings of known delay. What a row or a sweep lacks is said, the
 * timing is given all the same.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/study/analyze/forecast.h"
#include "lab/study/analyze/setting.h"
#include "spot/stats.h"

enum { N = SPOT_ANALYZE_POINTS_MAX };

/* A whole number of control periods, to what printed milliseconds hide. */
static const double WHOLE = 0.01;
typedef spoti_forecast_row row;
typedef spoti_forecast_maker maker;

void spot_forecast_destroy(spot_forecast *forecast)
{
    if (forecast == NULL) {
        return;
    }
    spoti_free(forecast->allocator, forecast->points,
               (size_t)forecast->n_points * sizeof(*forecast->points));
    spoti_free(forecast->allocator, forecast, sizeof(*forecast));
}

static void find_points(maker *m)
{
    int n = 0;
    for (int k = 0; k < m->log->n_points; k++) {
        const spoti_log_point *p = &m->log->points[k];
        if (&m->analysis->settings[p->setting] == m->s && n < m->s->n_points) {
            m->points[n++] = p;
        }
    }
}

int spoti_forecast_overlap(const maker *m, int i)
{
    return m->s->points[i].overlap.known ? (int)m->s->points[i].overlap.value : 0;
}

/* Latencies and timing on the target, as far as they are determined ---------------------------- */

static spot_status latency_at(const maker *m, int i, double *t_inf_s, bool *known, spot_diag *diag)
{
    const spot_analyze_target *t = m->target;
    spot_latency latency;
    *known = false;
    if (t->platform == NULL) {
        *known = m->s->points[i].alpha.known;
        *t_inf_s = m->s->points[i].alpha.value * t->t_inf_s;
        return SPOT_OK;
    }
    if (!m->points[i]->has[SPOTI_STEPS]) {
        return SPOT_OK;
    }
    spot_status st = spot_platform_latency(t->platform, t->model_class,
                                           (int)m->points[i]->value[SPOTI_STEPS], &latency, diag);
    *known = st == SPOT_OK;
    *t_inf_s = st == SPOT_OK ? latency.mean_s : 0.0;
    return st;
}

static spot_status fill_timing(maker *m, spot_diag *diag)
{
    bool whole = m->s->action_s > 0.0 && m->s->n_action > 0;
    bool known[N];
    double t[N];
    for (int i = 0; i < m->s->n_points; i++) {
        spot_status st = latency_at(m, i, &t[i], &known[i], diag);
        if (st != SPOT_OK) {
            return st;
        }
    }
    int base = m->s->baseline;
    if (!known[base]) {
        return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                             "%s: the latency of the baseline there is unknown: %s", m->f->platform,
                             m->target->platform != NULL
                                 ? "its refinement steps are needed (column steps)"
                                 : "its alpha is needed (column alpha or t_inf_s)");
    }
    m->from = (spot_tised_setup){.inference_s = m->s->points[base].t_inf_s.value,
                                 .action_s = m->s->action_s > 0.0 ? m->s->action_s : 1.0,
                                 .n_action = m->s->n_action > 0 ? m->s->n_action : 1};
    m->to = m->from;
    m->to.inference_s = t[base];
    for (int i = 0; i < m->s->n_points; i++) {
        spot_forecast_point *p = &m->f->points[i];
        spot_tised_setup setup = m->to;
        spot_tised_timing timing;
        bool cadence = m->points[i]->has_schedule && m->points[i]->schedule == SPOT_TISED_CADENCE;
        memcpy(p->name, m->s->points[i].name, sizeof(p->name));
        if (!known[i]) {
            p->reason = "its latency there is unknown";
            continue;
        }
        p->t_inf_s = spoti_known(t[i]);
        if (t[base] > 0.0) {
            p->alpha = spoti_known(t[i] / t[base]);
        }
        setup.inference_s = t[i];
        if (!cadence && (whole || spoti_forecast_overlap(m, i) == 0) &&
            spot_tised_time_point(&setup, 1.0, spoti_forecast_overlap(m, i), &timing) == SPOT_OK) {
            p->delay_s = spoti_known(timing.delay_s);
            if (whole) {
                p->t_chunk_s = spoti_known(timing.chunk_s);
            }
        }
    }
    for (int i = 0; i < m->s->n_points; i++) {
        spot_forecast_point *p = &m->f->points[i];
        if (p->t_chunk_s.known && m->f->points[base].t_chunk_s.known) {
            p->eta_chunk = spoti_known(m->f->points[base].t_chunk_s.value / p->t_chunk_s.value);
        }
    }
    return SPOT_OK;
}

/* Static --------------------------------------------------------------------------------------- */

/* Standard deviation of N over the episodes of a point. */
static bool chunk_sd(const spoti_log_point *p, double *sd)
{
    double k = p->chunks.weight;
    if (p->has_episodes && k >= 2.0) {
        double mean = p->chunks.sum / k;
        *sd = sqrt(fmax(0.0, (p->chunks_square - k * mean * mean) / (k - 1.0)));
        return true;
    }
    *sd = p->value[SPOTI_CHUNKS_SD];
    return p->has[SPOTI_CHUNKS_SD] && p->rows == 1 && p->is_counted && p->k >= 1;
}

static const char *align_of(const char *name)
{
    const char *at = strstr(name, "align=");
    return at != NULL ? at : "";
}

static bool usable(const maker *m, int i)
{
    const spot_analysis_point *p = &m->s->points[i];
    bool cadence = m->points[i]->has_schedule && m->points[i]->schedule == SPOT_TISED_CADENCE;
    return p->chunks.known && p->alpha.known && p->t_chunk_s.known && !cadence &&
           m->f->points[i].t_chunk_s.known && m->f->points[i].alpha.known;
}

static void add_to_row(maker *m, int i, bool by_alpha)
{
    row *r = &m->row;
    const spot_analysis_point *p = &m->s->points[i];
    int overlap = spoti_forecast_overlap(m, i);
    double sd = 0.0;
    /* along n' all points are of the overlap schedule; n' = 0 of it is sync */
    spot_tised_schedule schedule = by_alpha && overlap == 0 ? SPOT_TISED_SYNC : SPOT_TISED_OVERLAP;
    int k = r->n++;
    r->index[k] = i;
    r->from[k] =
        (spot_tised_point){.alpha = p->alpha.value, .n_overlap = overlap, .schedule = schedule};
    r->to[k] = r->from[k];
    r->to[k].alpha = m->f->points[i].alpha.value;
    r->chunks[k] = p->chunks.value;
    r->successes[k] = p->has_count && p->successes > 0 ? p->successes : 1;
    r->has_sd = r->has_sd && chunk_sd(m->points[i], &sd);
    r->sd[k] = sd;
}

#define SWAP(type, array, a, b)                                                                    \
    do {                                                                                           \
        type kept = (array)[a];                                                                    \
        (array)[a] = (array)[b];                                                                   \
        (array)[b] = kept;                                                                         \
    } while (0)

/* Orders the row along its knob: few points, so by insertion. */
static void sort_row(row *r, bool by_alpha)
{
    for (int k = 1; k < r->n; k++) {
        for (int j = k; j > 0; j--) {
            bool less = by_alpha ? r->from[j].alpha < r->from[j - 1].alpha
                                 : r->from[j].n_overlap < r->from[j - 1].n_overlap;
            if (!less) {
                break;
            }
            SWAP(int, r->index, j, j - 1);
            SWAP(spot_tised_point, r->from, j, j - 1);
            SWAP(spot_tised_point, r->to, j, j - 1);
            SWAP(double, r->chunks, j, j - 1);
            SWAP(int, r->successes, j, j - 1);
            SWAP(double, r->sd, j, j - 1);
        }
    }
}

/* The row through point i along a knob. */
static void make_row(maker *m, int i, bool by_alpha)
{
    m->row.n = 0;
    m->row.has_sd = true;
    for (int k = 0; k < m->s->n_points; k++) {
        const char *a = align_of(m->s->points[i].name);
        const char *b = align_of(m->s->points[k].name);
        bool joins = a[0] == '\0' || b[0] == '\0' || strcmp(a, b) == 0;
        bool level = by_alpha ? spoti_forecast_overlap(m, k) == spoti_forecast_overlap(m, i)
                              : m->s->points[k].alpha.value == m->s->points[i].alpha.value;
        if (usable(m, k) && joins && level) {
            add_to_row(m, k, by_alpha);
        }
    }
    sort_row(&m->row, by_alpha);
}

static bool predict_row(maker *m, bool by_alpha)
{
    row *r = &m->row;
    spot_tised_fit fit;
    spot_tised_shift shift;
    spot_tised_counts counts = {
        .sweep = {.setup = &m->from,
                  .points = r->from,
                  .n_point = r->n,
                  .knob = by_alpha ? SPOT_TISED_KNOB_ALPHA : SPOT_TISED_KNOB_OVERLAP},
        .n_chunk = r->chunks,
        .n_success = r->successes,
        .sd = r->has_sd ? r->sd : NULL};
    spot_tised_target target = {
        .setup = m->to, .points = r->to, .confidence = SPOT_STATS_CONFIDENCE};
    if (r->n < 2 || spot_tised_fit_work_size(r->n) > sizeof(r->work) / sizeof(r->work[0])) {
        return false;
    }
    if (spot_tised_fit_chunks(&counts, r->work, r->fitted, &fit) != SPOT_OK ||
        spot_tised_predict_time(&fit, &target, r->out, &shift) != SPOT_OK) {
        return false;
    }
    for (int k = 0; k < r->n; k++) {
        spot_forecast_point *p = &m->f->points[r->index[k]];
        if (p->value.known) {
            continue; /* by another row */
        }
        p->value = spoti_known(r->out[k].value);
        p->value.has_ci = r->has_sd;
        p->value.lo = r->out[k].lo;
        p->value.hi = r->out[k].hi;
        p->extrapolated = r->out[k].extrapolated;
        if (r->out[k].has_limit) {
            p->limit_t_inf_s = spoti_known(r->out[k].limit_inference_s);
        }
    }
    return true;
}

static void predict_static(maker *m)
{
    for (int i = 0; i < m->s->n_points; i++) {
        spot_forecast_point *p = &m->f->points[i];
        if (!usable(m, i)) {
            p->reason =
                p->reason != NULL ? p->reason : "needs chunks, t_inf_s, t_act_s and chunk_actions";
            continue;
        }
        for (int knob = 0; knob < 2 && !p->value.known; knob++) {
            make_row(m, i, knob == 0);
            (void)predict_row(m, knob == 0);
        }
        if (!p->value.known) {
            p->reason = "no other point differs from it in one knob alone";
        }
    }
}

/* Dynamic -------------------------------------------------------------------------------------- */

typedef struct delayed {
    double delay_s;
    spot_quantity law_s; /* T_inf, which the robot waits for without overlap */
    int successes;
    int trials;
} delayed;

static int compare_delays(const void *a, const void *b)
{
    const delayed *p = a;
    const delayed *q = b;
    return (p->delay_s > q->delay_s) - (p->delay_s < q->delay_s);
}

static int find_name(const spot_analysis_setting *s, const char *name)
{
    for (int i = 0; i < s->n_points; i++) {
        if (strcmp(s->points[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

/* The setting in which no point is delayed; NULL = none. */
static const spot_analysis_setting *find_undelayed(const spot_analysis *analysis)
{
    for (int i = 0; i < analysis->n_settings; i++) {
        const spot_analysis_setting *s = &analysis->settings[i];
        bool all = s->n_points >= 2;
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
static int find_delays(const maker *m, const char *baseline, delayed *out, double *period_s)
{
    int n = 0;
    bool whole = m->s->action_s > 0.0;
    for (int i = 0; i < m->analysis->n_settings; i++) {
        const spot_analysis_setting *s = &m->analysis->settings[i];
        for (int k = 0; k < s->n_points; k++) {
            if (whole && s->points[k].delay_s.known) {
                double periods = s->points[k].delay_s.value / m->s->action_s;
                whole = fabs(periods - round(periods)) < WHOLE;
            }
        }
        int k = find_name(s, baseline);
        if (k >= 0 && s->points[k].has_count && s->points[k].delay_s.known &&
            !(s->points[k].overlap.known && s->points[k].overlap.value > 0.0)) {
            out[n++] = (delayed){.delay_s = s->points[k].delay_s.value,
                                 .law_s = s->points[k].t_inf_s,
                                 .successes = s->points[k].successes,
                                 .trials = s->points[k].trials};
        }
    }
    /* The target's delays come from the law, so these should too where whole periods do not decide:
     * what a log measures also counts the first wait and the one that the end of an episode cuts. */
    for (int k = 0; k < n && !whole; k++) {
        if (out[k].law_s.known) {
            out[k].delay_s = out[k].law_s.value;
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
    *period_s = whole ? m->s->action_s : 0.0;
    return kept;
}

/* The row of undelayed points, by their latency on the target. */
static void make_undelayed_row(maker *m, const spot_analysis_setting *undelayed)
{
    row *r = &m->row;
    r->n = 0;
    for (int i = 0; i < m->s->n_points; i++) {
        int k = find_name(undelayed, m->s->points[i].name);
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
    sort_row(r, true);
}

static const char NEEDS[] =
    "needs points without delay (a platform of delay_s 0) and the baseline under other delays";

static void predict_dynamic(maker *m)
{
    row *r = &m->row;
    const spot_analysis_setting *undelayed = find_undelayed(m->analysis);
    delayed delays[SPOT_ANALYZE_SETTINGS_MAX];
    double delay_s[SPOT_ANALYZE_SETTINGS_MAX];
    int successes[SPOT_ANALYZE_SETTINGS_MAX];
    int trials[SPOT_ANALYZE_SETTINGS_MAX];
    int row_trials[N];
    double response[SPOT_ANALYZE_SETTINGS_MAX];
    double period_s = 0.0;
    int n = find_delays(m, m->s->points[m->s->baseline].name, delays, &period_s);
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
        p->value = (spot_quantity){.known = true,
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

spot_status spot_analyze_forecast(const spot_analyze_log *log, const spot_analysis *analysis, int i,
                                  const spot_analyze_target *target, spot_forecast **out,
                                  spot_diag *diag)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    if (log == NULL || analysis == NULL || target == NULL || target->name == NULL || i < 0 ||
        i >= analysis->n_settings || (target->platform != NULL && target->model_class == NULL) ||
        (target->platform == NULL && !(target->t_inf_s >= 0.0 && target->t_inf_s < 1e9))) {
        return SPOT_E_INVALID;
    }
    const spot_allocator *a = log->config.allocator;
    const spot_analysis_setting *s = &analysis->settings[i];
    maker *m = spoti_calloc(a, 1, sizeof(*m));
    spot_forecast *f = spoti_calloc(a, 1, sizeof(*f));
    spot_status st = SPOT_E_NOMEM;
    if (f != NULL) {
        f->allocator = a;
        f->points = spoti_calloc(a, (size_t)s->n_points, sizeof(*f->points));
    }
    if (m != NULL && f != NULL && f->points != NULL) {
        f->n_points = s->n_points;
        f->regime = s->regime;
        f->baseline = s->baseline;
        (void)spoti_copy(f->platform, sizeof(f->platform), target->name);
        m->log = log;
        m->analysis = analysis;
        m->s = s;
        m->target = target;
        m->f = f;
        find_points(m);
        st = fill_timing(m, diag);
    }
    if (st == SPOT_OK) {
        if (s->regime == SPOT_ANALYZE_DYNAMIC) {
            predict_dynamic(m);
        } else {
            predict_static(m);
        }
        spoti_forecast_words(m);
    }
    spoti_free(a, m, sizeof(*m));
    if (st != SPOT_OK) {
        spot_forecast_destroy(f);
        return st;
    }
    *out = f;
    return SPOT_OK;
}
