/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Which law a forecast used, what that assumed, and what its bands hold. */
#include "lab/judge/forecast.h"
#include "lab/judge/setting.h"

/* Below this p the separable law is said not to hold. */
static const double LEVEL = 0.05;

#define SAY(f, ...) spoti_say((f)->assumed, sizeof((f)->assumed), __VA_ARGS__)

static void say_event(const spoti_forecast_maker *m)
{
    spot_forecast *f = m->f;
    int n_cut = 0;
    int n_open = 0;
    for (int i = 0; i < f->n_points; i++) {
        n_cut += f->points[i].n_cut;
        n_open += f->points[i].n_open;
    }
    SAY(f, "By event times: what a policy does between its waits stays as it is, only the waits "
           "change; one latency a point.");
    if (f->delta_s.known) {
        SAY(f,
            " Success comes %.3g s after the end of the action that counts [%.3g, %.3g], found "
            "from "
            "%d successes, of which %d fall into a wait.",
            f->delta_s.value, f->delta_s.lo, f->delta_s.hi, f->n_success, f->n_misfit);
    }
    if (f->limit_s.known) {
        SAY(f, " Cut at the time limit of %g s: %d successes would be too late there.",
            f->limit_s.value, n_cut);
    } else {
        SAY(f, " No time limit is known (--budget), so none is cut.");
    }
    if (n_open > 0) {
        SAY(f,
            " %d failures at the limit might succeed there: they count as failures, and the bands "
            "reach to where all of them succeed.",
            n_open);
    }
    SAY(f,
        " Bands, 95 %%: bootstrap over the episodes and %g %% for the law's own error; rates by "
        "Wilson.",
        100.0 * f->discrepancy);
}

static void say_surface(const spoti_forecast_maker *m)
{
    spot_forecast *f = m->f;
    SAY(f,
        "By delay tolerance: the delay at which half succeed, and how sharply, go with the "
        "logarithm "
        "of the refinement steps; fitted to %d cells, %d of them cheaper points under delay.",
        f->n_cell, f->n_cross);
    SAY(f, " That quality times a response to the delay would do %s (p = %.2g).",
        f->separable_p.value < LEVEL ? "is refuted" : "is not refuted", f->separable_p.value);
    SAY(f,
        " Bands, 95 %%: parametric bootstrap, what scatters more than trials do, and %g points for "
        "the "
        "law's own error where half succeed. Task times of a world that goes on are not predicted.",
        100.0 * f->discrepancy);
}

void spoti_forecast_assumed(spoti_forecast_maker *m)
{
    spot_forecast *f = m->f;
    switch (f->law) {
    case SPOT_FORECAST_EVENT:
        say_event(m);
        break;
    case SPOT_FORECAST_SURFACE:
        say_surface(m);
        break;
    case SPOT_FORECAST_SEPARABLE:
        SAY(f, "By quality times a response to the delay, which is assumed and was not tested: "
               "delay harms a rough chunk more than a fine one.");
        break;
    case SPOT_FORECAST_CHUNKS:
        SAY(f,
            "By N T_ck: chunk counts belong to the policy and the task alone, and the last chunk "
            "is charged in full, which is some per cent too long.");
        break;
    }
    if (f->law_reason != NULL) {
        SAY(f, " (%s: %s.)",
            f->regime == SPOT_ANALYZE_DYNAMIC ? "Not by delay tolerance" : "Not by event times",
            f->law_reason);
    }
}
