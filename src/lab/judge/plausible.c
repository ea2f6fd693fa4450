/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Figures that cannot be what their columns say: a unit gone wrong is a factor of 60 or 1000, and no verdict would say so.
 *
 *     T_inf > T              an inference longer than the whole task
 *     (N - 1) n T_act > T    more actions than there was time for (the last chunk may be cut short)
 *     |N T_ck - T| / T > 1/2 the timing law is off by more than half
 *
 * The likely unit is the one change of a unit after which the figures agree. Latencies with an outlier are given by their
 * median (core/stats/outlier.h).
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/stats/outlier.h"
#include "lab/judge/setting.h"

static const double RESIDUAL = 0.5;   /* off by more is not jitter, retries or a cut last chunk */
static const double EXPLAINED = 0.25; /* a unit that leaves less of it is the likely one */
static const double ROUNDED = 1.01;   /* printed figures */

static void warn(spoti_setting *s, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* Latencies -------------------------------------------------------------------------------------- */

static void warn_of_outliers(spoti_setting *s, int i, const spoti_outliers *o)
{
    const spoti_log_point *p = s->points[i];
    warn(s,
         "'%s': %d of %d latencies, up to %.4g s, %s not like the others%s; the median, %.4g s, "
         "stands "
         "for the mean, %.4g s",
         p->name, o->n_far, p->n_latency, o->largest, o->n_far == 1 ? "is" : "are",
         !o->is_cold_start ? ""
         : o->n_far == 1   ? " (the first: a cold start)"
                           : " (the first ones: a cold start)",
         o->median, o->mean);
}

spot_status spoti_find_latencies(spoti_setting *s)
{
    const spot_allocator *a = s->log->config.allocator;
    for (int i = 0; i < s->n; i++) {
        const spoti_log_point *p = s->points[i];
        spoti_outliers o = {.n_far = 0};
        if (!spoti_mean_known(&p->t_inf)) {
            continue;
        }
        if (p->n_latency > 0) {
            double *work = spoti_alloc(a, (size_t)p->n_latency, sizeof(*work));
            if (work == NULL) {
                return SPOT_E_NOMEM;
            }
            spoti_outliers_find(p->latencies, p->n_latency, work, &o);
            spoti_free(a, work, (size_t)p->n_latency * sizeof(*work));
        }
        s->t_inf[i] = spoti_known(o.n_far > 0 ? o.median : spoti_mean_value(&p->t_inf));
        if (o.n_far > 0) {
            warn_of_outliers(s, i, &o);
        }
    }
    return SPOT_OK;
}

/* Units ------------------------------------------------------------------------------------------ */

/* The figures of a point that a law ties together. */
typedef struct figures {
    double t_inf_s, action_s, n, chunks, time_s, hidden_s;
    bool has_law; /* all of them, and the schedule waits */
} figures;

static figures figures_of(const spoti_setting *s, int i)
{
    const spot_analysis_point *o = &s->out->points[i];
    const spoti_log_point *p = s->points[i];
    const bool cadence = p->has_schedule && p->schedule == SPOT_SCHEDULE_CADENCE;
    figures f = {.action_s = s->out->action_s, .n = o->n_action};
    f.t_inf_s = o->t_inf_s.known ? o->t_inf_s.value : 0.0;
    f.chunks = o->chunks.known ? o->chunks.value : 0.0;
    f.time_s = o->time_s.known ? o->time_s.value : 0.0;
    f.hidden_s = o->overlap.known ? o->overlap.value * f.action_s : 0.0;
    f.has_law = o->t_inf_s.known && f.action_s > 0.0 && f.n > 0.0 && f.chunks > 0.0 &&
                f.time_s > 0.0 && !cadence;
    return f;
}

static double residual(const figures *f)
{
    const double chunk_s = f->n * f->action_s + fmax(0.0, f->t_inf_s - f->hidden_s);
    return fabs(f->chunks * chunk_s - f->time_s) / f->time_s;
}

static bool waits_too_long(const figures *f)
{
    return f->time_s > 0.0 && f->t_inf_s > f->time_s;
}

static bool acts_too_long(const figures *f)
{
    return f->has_law && (f->chunks - 1.0) * f->n * f->action_s > ROUNDED * f->time_s;
}

/* A unit that may have been meant, and the figures in it. */
typedef struct guess {
    const char *column, *unit;
    double t_inf, action, time;
} guess;

static const guess GUESSES[] = {
    {"t_inf_s", "ms", 1e-3, 1.0, 1.0}, {"t_inf_s", "us", 1e-6, 1.0, 1.0},
    {"t_act_s", "ms", 1.0, 1e-3, 1.0}, {"time_s", "ms", 1.0, 1.0, 1e-3},
    {"time_s", "min", 1.0, 1.0, 60.0},
};

/* The likely unit; NULL where none, or none alone, makes the figures agree. */
static const guess *guess_unit(const figures *f)
{
    for (size_t k = 0; k < sizeof(GUESSES) / sizeof(GUESSES[0]); k++) {
        figures g = *f;
        g.t_inf_s *= GUESSES[k].t_inf;
        g.action_s *= GUESSES[k].action;
        g.hidden_s *= GUESSES[k].action;
        g.time_s *= GUESSES[k].time;
        if (!waits_too_long(&g) && !acts_too_long(&g) &&
            (!g.has_law || residual(&g) <= EXPLAINED)) {
            return &GUESSES[k];
        }
    }
    return NULL;
}

static void warn_of_units(spoti_setting *s, int i, const figures *f, int more)
{
    const char *name = s->out->points[i].name;
    const guess *g = guess_unit(f);
    char others[32] = "";
    char unit[96] = "";
    if (more > 0) {
        spoti_say(others, sizeof(others), " (and %d more)", more);
    }
    if (g != NULL) {
        spoti_say(unit, sizeof(unit), "; is %s in %s? (--map COLUMN=%.*s_%s)", g->column, g->unit,
                  (int)strlen(g->column) - 2, g->column, g->unit);
    }
    if (waits_too_long(f)) {
        warn(s, "'%s'%s: one inference takes %.4g s and the whole task %.4g s%s", name, others,
             f->t_inf_s, f->time_s, unit);
    } else if (acts_too_long(f)) {
        warn(s,
             "'%s'%s: %.4g chunks of %.0f actions of %.4g s are %.4g s, and the whole task takes "
             "%.4g s%s",
             name, others, f->chunks, f->n, f->action_s, f->chunks * f->n * f->action_s, f->time_s,
             unit);
    } else {
        warn(s,
             "'%s'%s: the timing law is off by %.0f %%: %.4g chunks of %.0f actions of %.4g s and "
             "an inference of %.4g s "
             "each, in %.4g s%s",
             name, others, 100.0 * residual(f), f->chunks, f->n, f->action_s, f->t_inf_s, f->time_s,
             unit);
    }
}

void spoti_check_plausible(spoti_setting *s)
{
    int first = -1;
    int found = 0;
    for (int i = 0; i < s->n; i++) {
        const figures f = figures_of(s, i);
        /* a robot at a fixed cadence has its own law, and says so */
        const bool off = f.has_law && !s->at_cadence && residual(&f) > RESIDUAL;
        if (waits_too_long(&f) || acts_too_long(&f) || off) {
            first = first < 0 ? i : first;
            found++;
        }
    }
    if (first >= 0) {
        const figures f = figures_of(s, first);
        warn_of_units(s, first, &f, found - 1);
    }
}

static void warn(spoti_setting *s, const char *format, ...)
{
    char *text = s->out->verdict.warnings;
    const size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text + used, sizeof(s->out->verdict.warnings) - used - 1, format, args);
    va_end(args);
    spoti_say(text, sizeof(s->out->verdict.warnings), "\n");
}
