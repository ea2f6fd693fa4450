/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Where the task waits: N fitted along every row of points that differ in one knob. */
#include <math.h>
#include <string.h>

#include "lab/judge/forecast.h"
#include "lab/judge/setting.h"
#include "spot/stats.h"

typedef spoti_forecast_row row;
typedef spoti_forecast_maker maker;

/* Standard deviation of N over the episodes of a point. */
static bool chunk_sd(const spoti_log_point *p, double *sd)
{
    double k = p->chunks.weight;
    if (p->has_episodes && k >= 2.0) {
        double mean = spoti_mean_value(&p->chunks);
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
    const bool cadence = spoti_forecast_schedule(m, i) == SPOT_SCHEDULE_CADENCE;
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
    spot_schedule schedule = by_alpha && overlap == 0 ? SPOT_SCHEDULE_SYNC : SPOT_SCHEDULE_OVERLAP;
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

/* Few points, so by insertion. */
void spoti_forecast_sort(row *r, bool by_alpha)
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
    spoti_forecast_sort(&m->row, by_alpha);
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
        if (p->time_s.known) {
            continue; /* by another row */
        }
        p->time_s = spoti_known(r->out[k].value);
        p->time_s.has_ci = r->has_sd;
        p->time_s.lo = r->out[k].lo;
        p->time_s.hi = r->out[k].hi;
        p->extrapolated = r->out[k].extrapolated;
        if (r->out[k].has_limit) {
            p->limit_t_inf_s = spoti_known(r->out[k].limit_inference_s);
        }
    }
    return true;
}

void spoti_forecast_chunks(maker *m)
{
    m->f->law = SPOT_FORECAST_CHUNKS;
    for (int i = 0; i < m->s->n_points; i++) {
        spot_forecast_point *p = &m->f->points[i];
        if (!usable(m, i)) {
            p->reason = p->reason != NULL ? p->reason
                        : spoti_forecast_schedule(m, i) == SPOT_SCHEDULE_CADENCE
                            ? "at a fixed cadence single episodes are needed"
                            : "needs chunks, t_inf_s, t_act_s and chunk_actions";
            continue;
        }
        for (int knob = 0; knob < 2 && !p->time_s.known; knob++) {
            make_row(m, i, knob == 0);
            (void)predict_row(m, knob == 0);
        }
        if (!p->time_s.known) {
            p->reason = "no other point differs from it in one knob alone";
        }
    }
}
