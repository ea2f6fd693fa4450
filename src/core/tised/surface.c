/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The delay-tolerance surface: fit, test of separability, prediction (spot/tised_surface.h). */
#include "spot/tised_surface.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/config.h"
#include "core/stats/order.h"
#include "core/tised/surface.h"
#include "spot/rng.h"
#include "spot/stats.h"

enum { MAX = SPOTI_SURFACE_PARAM_MAX };

static const double SAME_S = 1e-9; /* delays closer than this are one */

/* The delay tolerated at the greatest distance has to be known to this share of the longest delay (one standard
 * error): else the cross cells tell nothing. */
static const double TELLING = 0.5;

/* Trials of a cell up to which each is drawn, and outcomes of the rarer kind from which their number is normal. */
static const int ONE_BY_ONE = 1024;
static const double MANY = 50.0;

static const int RESAMPLE_MIN = 20;
static const int RESAMPLE_MAX = 1 << 20;

void spot_tised_surface_config_default(spot_tised_surface_config *config)
{
    *config = (spot_tised_surface_config){.size = sizeof(*config),
                                          .discrepancy = SPOT_TISED_SURFACE_DISCREPANCY,
                                          .confidence = SPOT_STATS_CONFIDENCE,
                                          .n_resample = 399,
                                          .seed = 1};
}

static bool is_valid_cell(const spot_tised_cell *c, int n_point)
{
    return c->point >= 0 && c->point < n_point && isfinite(c->delay_s) && c->delay_s >= 0.0 &&
           c->trials >= 1 && c->successes >= 0 && c->successes <= c->trials;
}

static void add_cell(spoti_surface_table *t, const spot_tised_cell *cell)
{
    for (int c = 0; c < t->n_cell; c++) {
        if (t->cells[c].point == cell->point &&
            fabs(t->cells[c].delay_s - cell->delay_s) <= SAME_S) {
            t->cells[c].successes += cell->successes;
            t->cells[c].trials += cell->trials;
            return;
        }
    }
    t->cells[t->n_cell++] = *cell;
}

bool spoti_surface_gather(const spot_tised_tolerance_log *log, spoti_surface_table *t)
{
    t->distance = log->distance;
    t->n_point = log->n_point;
    t->n_cell = 0;
    if (log->distance == NULL || log->cells == NULL || log->n_point < 1 ||
        log->n_point > SPOT_TISED_SURFACE_POINTS_MAX || log->n_cell < 1 ||
        log->n_cell > SPOT_TISED_SURFACE_CELLS_MAX) {
        return false;
    }
    for (int i = 0; i < log->n_point; i++) {
        if (!isfinite(log->distance[i])) {
            return false;
        }
    }
    for (int c = 0; c < log->n_cell; c++) {
        if (!is_valid_cell(&log->cells[c], log->n_point)) {
            return false;
        }
        add_cell(t, &log->cells[c]);
    }
    return true;
}

/* What is counted, and a start: qualities as without delay. */
static void count(const spoti_surface_table *t, spot_tised_surface_result *r)
{
    spot_tised_surface *s = &r->surface;
    s->n_point = t->n_point;
    r->n_cell = t->n_cell;
    for (int i = 0; i < t->n_point; i++) {
        s->quality[i] = 1.0;
    }
    for (int c = 0; c < t->n_cell; c++) {
        const spot_tised_cell *cell = &t->cells[c];
        r->delay_max_s = fmax(r->delay_max_s, cell->delay_s);
        if (cell->delay_s > SAME_S) {
            r->n_cross += t->distance[cell->point] != 0.0;
            continue;
        }
        s->has_quality[cell->point] = true;
        s->is_free[cell->point] = cell->successes < cell->trials;
        if (s->is_free[cell->point]) {
            s->quality[cell->point] = fmax(0.5, cell->successes) / cell->trials;
        }
    }
    r->n_param = SPOTI_SURFACE_SHAPE;
    for (int i = 0; i < t->n_point; i++) {
        r->n_param += s->is_free[i];
    }
}

/* The best of climbs from several starts: the likelihood of a steep step has flat stretches. */
static double climb_from_starts(const spoti_surface_table *t, bool separable, double delay_max_s,
                                spot_tised_surface *s)
{
    static const struct {
        double mu;
        double sigma;
    } starts[] = {{0.3, 0.08}, {0.3, 0.3}, {0.6, 0.08}, {0.6, 0.3},
                  {1.0, 0.08}, {1.0, 0.3}, {1.6, 0.08}, {1.6, 0.3}}; /* times the longest delay */
    const spot_tised_surface start = *s;
    double best = -INFINITY;
    for (size_t k = 0; k < sizeof(starts) / sizeof(starts[0]); k++) {
        spot_tised_surface here = start;
        here.mu_s = starts[k].mu * delay_max_s;
        here.log_sigma = log(starts[k].sigma * delay_max_s);
        const double value = spoti_surface_climb(t, separable, &here, NULL);
        if (value > best) {
            best = value;
            *s = here;
        }
    }
    return best;
}

static double deviance_of(const spoti_surface_table *t, double log_likelihood)
{
    double full = 0.0;
    for (int c = 0; c < t->n_cell; c++) {
        const double k = t->cells[c].successes;
        const double n = t->cells[c].trials;
        full += (k > 0.0 ? k * log(k / n) : 0.0) + (k < n ? (n - k) * log((n - k) / n) : 0.0);
    }
    return fmax(0.0, 2.0 * (full - log_likelihood));
}

/* Whether mu - m f at the greatest distance is known well enough: c' I^-1 c with c = (1, -f). */
static bool is_told(const spoti_surface_table *t, const spot_tised_surface_result *r,
                    double *information)
{
    double far = 0.0;
    double solved[MAX] = {0};
    for (int i = 0; i < t->n_point; i++) {
        far = fabs(t->distance[i]) > fabs(far) ? t->distance[i] : far;
    }
    if (!spoti_surface_cholesky(information, r->n_param, MAX)) {
        return false;
    }
    solved[0] = 1.0;
    solved[1] = -far;
    spoti_surface_solve(information, r->n_param, MAX, solved);
    return sqrt(solved[0] - far * solved[1]) <= TELLING * r->delay_max_s;
}

static bool has_baseline(const spoti_surface_table *t)
{
    bool without = false;
    bool under = false;
    for (int c = 0; c < t->n_cell; c++) {
        const bool base = t->distance[t->cells[c].point] == 0.0;
        without = without || (base && t->cells[c].delay_s <= SAME_S);
        under = under || (base && t->cells[c].delay_s > SAME_S);
    }
    return without && under;
}

spot_status spot_tised_surface_fit(const spot_tised_tolerance_log *log,
                                   spot_tised_surface_result *out)
{
    spoti_surface_table t;
    double information[MAX * MAX];
    if (log == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    if (!spoti_surface_gather(log, &t)) {
        return SPOT_E_RANGE;
    }
    spot_tised_surface_result r = {.dispersion = 1.0};
    count(&t, &r);
    if (r.n_cross < SPOT_TISED_SURFACE_CROSS_MIN || r.n_cell < r.n_param || !has_baseline(&t)) {
        return SPOT_E_UNSUPPORTED;
    }
    spot_tised_surface separable = r.surface;
    (void)climb_from_starts(&t, false, r.delay_max_s, &r.surface);
    const double less = climb_from_starts(&t, true, r.delay_max_s, &separable);
    const double value = spoti_surface_climb(&t, false, &r.surface, information);
    if (!is_told(&t, &r, information)) {
        return SPOT_E_UNSUPPORTED;
    }
    r.deviance = deviance_of(&t, value);
    r.separable_deviance = fmax(r.deviance, deviance_of(&t, less));
    if (r.n_cell > r.n_param) {
        r.dispersion = fmax(1.0, r.deviance / (r.n_cell - r.n_param));
    }
    /* two degrees of freedom: the tail of chi square is an exponential */
    r.separable_p = exp(-0.5 * (r.separable_deviance - r.deviance) / r.dispersion);
    *out = r;
    return SPOT_OK;
}

size_t spot_tised_surface_work_size(int n_query, int n_resample)
{
    size_t size = 0;
    if (n_query < 1 || n_resample < RESAMPLE_MIN || n_resample > RESAMPLE_MAX) {
        return 0;
    }
    return spoti_size_mul((size_t)n_query, (size_t)n_resample, &size) ? size : 0;
}

static double logit(double p)
{
    return log(p) - log1p(-p);
}

/* Successes of n trials. Many are not drawn one by one: rare outcomes by the trials between them, which are geometric,
 * else by the normal law, whose error is far below what so many trials leave. */
static int draw_successes(spot_rng *rng, double rate, int n)
{
    const double rare = fmin(rate, 1.0 - rate);
    int k = 0;
    if (n <= ONE_BY_ONE) {
        for (int i = 0; i < n; i++) {
            k += spot_rng_uniform(rng, 0.0, 1.0) < rate;
        }
        return k;
    }
    if (n * rare > MANY) {
        const double x = n * rare + sqrt(n * rare * (1.0 - rare)) * spot_rng_normal(rng);
        k = (int)fmin(fmax(round(x), 0.0), n);
    } else {
        double at = floor(log1p(-spot_rng_uniform(rng, 0.0, 1.0)) / log1p(-rare));
        while (at < n) {
            k++;
            at += 1.0 + floor(log1p(-spot_rng_uniform(rng, 0.0, 1.0)) / log1p(-rare));
        }
    }
    return rare == rate ? k : n - k;
}

/* Successes drawn from the fitted surface. */
static void redraw(const spot_tised_surface *s, const spoti_surface_table *t, spot_rng *rng,
                   spoti_surface_table *drawn)
{
    for (int c = 0; c < t->n_cell; c++) {
        const spot_tised_cell *cell = &t->cells[c];
        const double rate = spoti_surface_rate(s, t, cell->point, cell->delay_s);
        drawn->cells[c].successes = draw_successes(rng, rate, cell->trials);
    }
}

static void set_band(spot_tised_estimate *e, double centre, double *draws,
                     const spot_tised_surface_config *config, double dispersion, double z)
{
    const size_t n = (size_t)config->n_resample;
    for (size_t r = 0; r < n; r++) {
        draws[r] = centre + sqrt(dispersion) * (draws[r] - centre);
    }
    spoti_sort(draws, n);
    const double lo = spoti_quantile(draws, n, 0.5 - 0.5 * config->confidence);
    const double hi = spoti_quantile(draws, n, 0.5 + 0.5 * config->confidence);
    const double own = z * config->discrepancy * 2.0 * sqrt(e->value * (1.0 - e->value));
    const double below = fmax(0.0, e->value - 1.0 / (1.0 + exp(-lo)));
    const double above = fmax(0.0, 1.0 / (1.0 + exp(-hi)) - e->value);
    e->has_band = true;
    e->lo = fmax(0.0, e->value - hypot(below, own));
    e->hi = fmin(1.0, e->value + hypot(above, own));
}

static bool is_valid_request(const spot_tised_surface_result *fit,
                             const spot_tised_surface_config *config,
                             const spot_tised_surface_query *queries, int n_query, int n_point)
{
    bool ok = fit->surface.n_point == n_point &&
              spot_tised_surface_work_size(n_query, config->n_resample) > 0 &&
              config->discrepancy >= 0.0 && config->discrepancy <= 0.5 &&
              config->confidence > 0.0 && config->confidence < 1.0 && fit->dispersion >= 1.0;
    for (int i = 0; ok && i < n_query; i++) {
        ok = queries[i].point >= 0 && queries[i].point < n_point && isfinite(queries[i].delay_s) &&
             queries[i].delay_s >= 0.0;
    }
    return ok;
}

spot_status spot_tised_surface_predict(const spot_tised_tolerance_log *log,
                                       const spot_tised_surface_result *fit,
                                       const spot_tised_surface_config *config,
                                       const spot_tised_surface_query *queries, int n_query,
                                       double *work, spot_tised_surface_prediction *out)
{
    spoti_surface_table t;
    double z = 0.0;
    if (log == NULL || fit == NULL || queries == NULL || work == NULL || out == NULL ||
        SPOTI_CONFIG_CHECK(spot_tised_surface_config, config, NULL) != SPOT_OK) {
        return SPOT_E_INVALID;
    }
    if (!spoti_surface_gather(log, &t) ||
        !is_valid_request(fit, config, queries, n_query, log->n_point)) {
        return SPOT_E_RANGE;
    }
    spot_status st = spot_stats_normal_quantile(0.5 + 0.5 * config->confidence, &z);
    if (st != SPOT_OK) {
        return st;
    }
    spoti_surface_table drawn = t;
    for (int r = 0; r < config->n_resample; r++) {
        spot_rng rng = spot_rng_at(config->seed, SPOT_STREAM_BOOTSTRAP, (uint64_t)r);
        spot_tised_surface s = fit->surface;
        redraw(&fit->surface, &t, &rng, &drawn);
        (void)spoti_surface_climb(&drawn, false, &s, NULL);
        for (int i = 0; i < n_query; i++) {
            work[(size_t)i * (size_t)config->n_resample + (size_t)r] =
                logit(spoti_surface_rate(&s, &t, queries[i].point, queries[i].delay_s));
        }
    }
    for (int i = 0; i < n_query; i++) {
        const spot_tised_surface_query *q = &queries[i];
        const double rate = spoti_surface_rate(&fit->surface, &t, q->point, q->delay_s);
        out[i] = (spot_tised_surface_prediction){
            .rate = {.known = fit->surface.has_quality[q->point], .value = rate},
            .extrapolated = q->delay_s > fit->delay_max_s + SAME_S};
        if (out[i].rate.known) {
            set_band(&out[i].rate, logit(rate), work + (size_t)i * (size_t)config->n_resample,
                     config, fit->dispersion, z);
        }
    }
    return SPOT_OK;
}
