/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What delayed a point, so that settings of one speed can be joined by it. */
#include <math.h>

#include "lab/judge/forecast.h"
#include "lab/judge/setting.h"

/* A whole number of control periods, to what printed milliseconds hide. */
static const double WHOLE = 0.01;

bool spoti_forecast_same_speed(const spoti_forecast_maker *m, int i)
{
    const spoti_log_setting *a = &m->log->settings[i];
    const spoti_log_setting *b = &m->log->settings[m->s - m->analysis->settings];
    return a->has_speed == b->has_speed && (!a->has_speed || a->speed == b->speed);
}

bool spoti_forecast_is_cell(const spot_analysis_point *p)
{
    return p->has_count && p->trials > 0 && p->delay_s.known &&
           !(p->overlap.known && p->overlap.value > 0.0);
}

double spoti_forecast_period(const spoti_forecast_maker *m)
{
    bool whole = m->s->action_s > 0.0;
    for (int i = 0; i < m->analysis->n_settings; i++) {
        const spot_analysis_setting *s = &m->analysis->settings[i];
        for (int k = 0; k < s->n_points && whole; k++) {
            const double periods = s->points[k].delay_s.value / m->s->action_s;
            whole = !s->points[k].delay_s.known || fabs(periods - round(periods)) < WHOLE;
        }
    }
    return whole ? m->s->action_s : 0.0;
}

/* The target's delays come from the law, so these should too where whole periods do not decide: what a log measures also
 * counts the first wait and the one that the end of an episode cuts. */
double spoti_forecast_delay(const spoti_forecast_maker *m, const spot_analysis_point *p)
{
    return m->period_s == 0.0 && p->t_inf_s.known ? p->t_inf_s.value : p->delay_s.value;
}
