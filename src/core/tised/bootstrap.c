/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Percentile bootstrap of a prediction over the episodes that the fit was made from (Efron 1979).
 *
 * Resample r draws, for every point, as many of its episodes with replacement, takes means, fits and
 * predicts. For a mean over n_new further episodes it adds the error of a mean of n_new more draws.
 * Resample r draws from the generator (seed, SPOT_STREAM_BOOTSTRAP, r).
 */
#include "spot/tised_shift.h"

#include <math.h>

#include "core/base/alloc.h"
#include "core/stats/order.h"
#include "core/tised/internal.h"
#include "spot/rng.h"
#include "spot/stats.h"
#include "spot/stats_fit.h"

/* Parts of the caller's workspace. */
typedef struct workspace {
    double *mean;     /* (n_point) */
    double *weight;   /* (n_point) */
    double *fitted;   /* (n_point) */
    double *isotonic; /* of spot_stats_isotonic */
    double *resample; /* (n_point x n_resample) */
} workspace;

size_t spot_tised_bootstrap_work_size(int n_point, int n_resample)
{
    size_t isotonic = spot_stats_isotonic_work_size(n_point);
    if (isotonic == 0 || n_resample < 1 || n_resample > SPOT_STATS_MAX_RESAMPLE) {
        return 0;
    }
    size_t size = 0;
    return spoti_size_mul((size_t)n_point, (size_t)n_resample, &size) &&
                   spoti_size_add(size, 3 * (size_t)n_point + isotonic, &size)
               ? size
               : 0;
}

static workspace divide(double *work, int n_point)
{
    workspace w = {.mean = work};
    w.weight = w.mean + n_point;
    w.fitted = w.weight + n_point;
    w.isotonic = w.fitted + n_point;
    w.resample = w.isotonic + spot_stats_isotonic_work_size(n_point);
    return w;
}

static spot_status check(const spot_tised_episodes *e, const spot_tised_target *target)
{
    int n = e->sweep.n_point;
    if (!spoti_tised_is_sweep(&e->sweep) || spot_tised_bootstrap_work_size(n, e->n_resample) == 0 ||
        e->first[0] != 0 || !spoti_tised_is_same_robot(e->sweep.setup, &target->setup) ||
        target->n_new < 0 || !(target->confidence > 0.0 && target->confidence < 1.0)) {
        return SPOT_E_RANGE;
    }
    for (int i = 0; i < n; i++) {
        if (e->first[i + 1] <= e->first[i]) {
            return SPOT_E_RANGE;
        }
    }
    for (int k = 0; k < e->first[n]; k++) {
        if (!(isfinite(e->n_chunk[k]) && e->n_chunk[k] > 0.0)) {
            return SPOT_E_RANGE;
        }
    }
    return SPOT_OK;
}

static spot_status fit_means(const spot_tised_episodes *e, const workspace *w)
{
    bool by_alpha = e->sweep.knob == SPOT_TISED_KNOB_ALPHA;
    return spot_stats_isotonic(w->mean, w->weight, e->sweep.n_point,
                               by_alpha ? SPOT_STATS_DECREASING : SPOT_STATS_INCREASING,
                               w->isotonic, w->fitted);
}

static double mean_of(const double *x, int n)
{
    double sum = 0.0;
    for (int k = 0; k < n; k++) {
        sum += x[k];
    }
    return sum / n;
}

static double resampled_mean(spot_rng *rng, const double *x, int n, int n_draw)
{
    double sum = 0.0;
    for (int k = 0; k < n_draw; k++) {
        sum += x[spot_rng_below(rng, (uint32_t)n)];
    }
    return sum / n_draw;
}

/* One resample: the predicted times, and the index of the best point. */
static spot_status draw(const spot_tised_episodes *e, const spot_tised_target *target,
                        const spot_tised_prediction *p, const workspace *w, int r, int *best)
{
    int n = e->sweep.n_point;
    spot_rng rng = spot_rng_at(e->seed, SPOT_STREAM_BOOTSTRAP, (uint64_t)r);
    for (int i = 0; i < n; i++) {
        int n_episode = e->first[i + 1] - e->first[i];
        w->mean[i] = resampled_mean(&rng, e->n_chunk + e->first[i], n_episode, n_episode);
    }
    spot_status st = fit_means(e, w);
    if (st != SPOT_OK) {
        return st;
    }
    *best = 0;
    for (int i = 0; i < n; i++) {
        const double *x = e->n_chunk + e->first[i];
        int n_episode = e->first[i + 1] - e->first[i];
        if (w->fitted[i] * p[i].timing.chunk_s < w->fitted[*best] * p[*best].timing.chunk_s) {
            *best = i;
        }
        double n_chunk = w->fitted[i];
        if (target->n_new > 0) {
            n_chunk += resampled_mean(&rng, x, n_episode, target->n_new) - mean_of(x, n_episode);
        }
        double *row = w->resample + (size_t)i * (size_t)e->n_resample;
        row[r] = fmax(0.0, n_chunk * p[i].timing.chunk_s);
    }
    return SPOT_OK;
}

/* The fit of the data themselves: everything of the prediction but its interval. */
static spot_status predict_data(const spot_tised_episodes *e, const spot_tised_target *target,
                                const workspace *w, spot_tised_prediction *out)
{
    int n = e->sweep.n_point;
    for (int i = 0; i < n; i++) {
        int n_episode = e->first[i + 1] - e->first[i];
        w->weight[i] = n_episode;
        w->mean[i] = mean_of(e->n_chunk + e->first[i], n_episode);
    }
    double age_max_s = 0.0;
    spot_status st = fit_means(e, w);
    if (st == SPOT_OK) {
        st = spoti_tised_age_max(&e->sweep, &age_max_s);
    }
    if (st == SPOT_OK) {
        st = spoti_tised_predict_values(&e->sweep, w->fitted, age_max_s, target, out);
    }
    return st;
}

spot_status spot_tised_predict_time_bootstrap(const spot_tised_episodes *episodes,
                                              const spot_tised_target *target, double *work,
                                              spot_tised_prediction *out, double *best_share)
{
    if (episodes == NULL || target == NULL || work == NULL || out == NULL ||
        episodes->sweep.setup == NULL || episodes->sweep.points == NULL ||
        episodes->n_chunk == NULL || episodes->first == NULL) {
        return SPOT_E_INVALID;
    }
    spot_status st = check(episodes, target);
    if (st != SPOT_OK) {
        return st;
    }
    int n = episodes->sweep.n_point;
    workspace w = divide(work, n);
    st = predict_data(episodes, target, &w, out);
    for (int i = 0; best_share != NULL && i < n; i++) {
        best_share[i] = 0.0;
    }
    for (int r = 0; st == SPOT_OK && r < episodes->n_resample; r++) {
        int best = 0;
        st = draw(episodes, target, out, &w, r, &best);
        if (best_share != NULL) {
            best_share[best] += 1.0 / episodes->n_resample;
        }
    }
    for (int i = 0; st == SPOT_OK && i < n; i++) {
        double *row = w.resample + (size_t)i * (size_t)episodes->n_resample;
        spoti_sort(row, (size_t)episodes->n_resample);
        double tail = 0.5 * (1.0 - target->confidence);
        out[i].lo = spoti_quantile(row, (size_t)episodes->n_resample, tail);
        out[i].hi = spoti_quantile(row, (size_t)episodes->n_resample, 1.0 - tail);
    }
    return st;
}
