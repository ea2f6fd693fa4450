/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The forecast in words: what is best there, which way it moved, and where it stops being known. */
#include <math.h>

#include "lab/judge/forecast.h"
#include "lab/judge/setting.h"

/* A timing law that misses measured times by more than this is said beside its predictions. */
static const double LAW_ERROR = 0.1;

#define SAY(f, ...) spoti_say((f)->text, sizeof((f)->text), __VA_ARGS__)

/* Where extrapolation begins: few points each, many by the first of them. */
static void say_extrapolation(const spoti_forecast_maker *m)
{
    enum { LIST_MAX = 4 };
    int n = 0;
    int first = -1;
    for (int i = 0; i < m->f->n_points; i++) {
        const spot_quantity *limit = &m->f->points[i].limit_t_inf_s;
        n += limit->known;
        if (limit->known && (first < 0 || limit->value < m->f->points[first].limit_t_inf_s.value)) {
            first = i;
        }
    }
    if (n == 0) {
        SAY(m->f, " Nothing is extrapolated at any latency, as far as that holds.");
        return;
    }
    SAY(m->f, " Extrapolation begins where the baseline's inference takes ");
    for (int i = 0, said = 0; i < m->f->n_points; i++) {
        const spot_forecast_point *p = &m->f->points[i];
        if (p->limit_t_inf_s.known && (n <= LIST_MAX || i == first)) {
            SAY(m->f, "%s%.4g s for '%s'", said++ > 0 ? ", " : "", p->limit_t_inf_s.value, p->name);
        }
    }
    if (n > LIST_MAX) {
        SAY(m->f, ", later for %d other points", n - 1);
    }
    SAY(m->f, "; it takes %.4g s here.", m->to.inference_s);
}

static void say_shift(const spoti_forecast_maker *m)
{
    static const char *const moves[] = {"stays", "goes up", "is open"};
    int old = m->s->verdict.best;
    if (old < 0 || !spot_forecast_deciding(m->f, old)->known || !m->s->points[old].alpha.known ||
        m->from.inference_s <= 0.0) {
        return;
    }
    bool dynamic = m->f->regime == SPOT_ANALYZE_DYNAMIC;
    spot_tised_point point = {.alpha = m->s->points[old].alpha.value,
                              .n_overlap = spoti_forecast_overlap(m, old),
                              .schedule = spoti_forecast_overlap(m, old) > 0 ? SPOT_SCHEDULE_OVERLAP
                                                                             : SPOT_SCHEDULE_SYNC};
    spot_tised_direction d =
        spot_tised_shift_direction(&m->from, &m->to, &point, SPOT_TISED_KNOB_ALPHA, dynamic);
    SAY(m->f, " The computer measured needs %.4g s, this one %.4g s: by theory the best alpha %s.",
        m->from.inference_s, m->to.inference_s,
        d == SPOT_TISED_DOWN ? "goes down (a lighter policy)" : moves[d]);
}

static void say_best(spoti_forecast_maker *m)
{
    spot_forecast *f = m->f;
    bool dynamic = f->regime == SPOT_ANALYZE_DYNAMIC;
    int old = m->s->verdict.best;
    f->best = -1;
    for (int i = 0; i < f->n_points; i++) {
        const spot_quantity *q = spot_forecast_deciding(f, i);
        const double best = f->best < 0 ? 0.0 : spot_forecast_deciding(f, f->best)->value;
        const bool better = f->best < 0 || (dynamic ? q->value > best : q->value < best);
        if (q->known && better) {
            f->best = i;
        }
    }
    if (f->best < 0) {
        SAY(f, "On %s no point can be predicted: %s.", f->platform,
            f->points[m->s->baseline].reason != NULL ? f->points[m->s->baseline].reason
                                                     : "see the table");
        return;
    }
    const spot_quantity *q = spot_forecast_deciding(f, f->best);
    double unit = dynamic ? 100.0 : 1.0;
    SAY(f, "On %s the best is predicted to be '%s' with %.4g %s", f->platform,
        f->points[f->best].name, unit * q->value, dynamic ? "%" : "s");
    if (q->has_ci) {
        SAY(f, " [%.4g, %.4g]", unit * q->lo, unit * q->hi);
    }
    if (old >= 0 && old != f->best && spot_forecast_deciding(f, old)->known) {
        SAY(f, "; '%s', best where it was measured, would have %.4g", f->points[old].name,
            unit * spot_forecast_deciding(f, old)->value);
    }
    SAY(f, ".");
    say_shift(m);
    say_extrapolation(m);
}

/* Times that N T_ck does not explain are not explained there either. */
static void say_doubt(const spoti_forecast_maker *m)
{
    double worst = 0.0;
    bool failures = false;
    if (m->f->law != SPOT_FORECAST_CHUNKS) {
        return;
    }
    for (int i = 0; i < m->s->n_points; i++) {
        const spot_analysis_point *p = &m->s->points[i];
        if (p->cycle_s.known && p->t_chunk_s.known) {
            worst = fmax(worst, fabs(p->cycle_s.value / p->t_chunk_s.value - 1.0));
        }
        failures = failures || (p->has_count && p->successes < p->trials);
    }
    if (worst > LAW_ERROR) {
        SAY(m->f,
            " Careful: where it was measured the timing law is off by up to %.0f %%, and so "
            "may be the prediction.",
            100.0 * worst);
    }
    if (failures) {
        SAY(m->f, " Times are those of successes; there were failures, which are not predicted.");
    }
}

void spoti_forecast_words(spoti_forecast_maker *m)
{
    say_best(m);
    say_doubt(m);
    SAY(m->f, " %s", m->f->assumed);
}
