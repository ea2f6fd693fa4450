/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Whether the times follow the timing law. A robot that runs at a fixed cadence shows the same cycle whatever
 * the latency; there a faster inference does not make chunks faster, and the speed-up that was measured, the
 * baseline's cycle over the point's, stands in for the law's.
 */
#include <math.h>

#include "lab/judge/setting.h"

enum { POINTS_MIN = 3 };

/* A law that errs by less is not called broken. */
static const double NOTABLE = 0.02;

/* Least squares of T on N (x + c) with x the latency or 0: root mean square error; c in *c. */
static double fit_cycle(const spoti_setting *s, bool latency, double *c)
{
    double top = 0.0;
    double bottom = 0.0;
    double error = 0.0;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < s->n; i++) {
            const spot_analysis_point *o = &s->out->points[i];
            double x = latency ? o->t_inf_s.value : 0.0;
            double rest = o->time_s.value - o->chunks.value * x;
            if (pass == 0) {
                top += rest * o->chunks.value;
                bottom += o->chunks.value * o->chunks.value;
            } else {
                double e = rest - o->chunks.value * *c;
                error += e * e;
            }
        }
        if (pass == 0) {
            *c = top / bottom;
        }
    }
    return sqrt(error / s->n);
}

bool spoti_find_cadence(const spoti_setting *s, spoti_cadence *out)
{
    *out = (spoti_cadence){0};
    for (int i = 0; i < s->n; i++) {
        const spot_analysis_point *o = &s->out->points[i];
        if (!o->t_chunk_s.known || !o->cycle_s.known ||
            (o->overlap.known && o->overlap.value > 0.0)) {
            return false;
        }
        out->worst = fmax(out->worst, fabs(o->cycle_s.value / o->t_chunk_s.value - 1.0));
    }
    if (s->n < POINTS_MIN) {
        return false;
    }
    out->sync_error_s = fit_cycle(s, true, &out->rest_s);
    out->error_s = fit_cycle(s, false, &out->cycle_s);
    return out->worst > NOTABLE && out->error_s < 0.5 * out->sync_error_s;
}

void spoti_apply_cadence(spoti_setting *s)
{
    spoti_cadence cadence;
    if (!spoti_find_cadence(s, &cadence)) {
        return;
    }
    s->at_cadence = true;
    const spot_quantity *base = &s->out->points[s->out->baseline].cycle_s;
    for (int i = 0; i < s->n; i++) {
        spot_analysis_point *o = &s->out->points[i];
        o->eta_chunk = spoti_known(spoti_actions_ratio(s, i) * base->value / o->cycle_s.value);
        if (o->eta_task.known && o->inflation.known) {
            o->residual = spoti_known(o->eta_task.value * o->inflation.value / o->eta_chunk.value);
        }
    }
}
