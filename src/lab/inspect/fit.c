/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Goodness of fit and errors of quantisers, on magnitudes in ascending order.
 *
 * With S_i the sum of the first i magnitudes, those of places i .. j - 1 lie from a level m, which k
 * of them do not exceed, in sum
 *
 *     (k m - (S_(i+k) - S_i)) + ((S_j - S_(i+k)) - (j - i - k) m),
 *
 * so a quantiser of K levels costs 2 K searches, whatever n is. That makes a scan over scales cheap,
 * and a scan it takes: on real weights the error has several minima. S is summed in double: n 2^-53
 * of the mean is lost at worst, 2e-9 at the largest sample and far less than 2^-12.
 */
#include <math.h>

#include "core/coinfer/coinfer.h"
#include "lab/inspect/inspect.h"
#include "spot/coinfer_source.h"

/* Scales tried before the best one is refined between its neighbours. */
enum { N_SCAN = 128 };

/* Of the empirical distortion-rate function: up to 8 bits, 128 codewords, the points are close enough. */
enum { SOURCE_POINTS = 1024 };
static const double SOURCE_GAP_BITS = 5e-3; /* less than 0.4 % of the distortion */

double spoti_inspect_ks(const spoti_magnitudes *m, double lambda)
{
    const double n = (double)m->n;
    double ks = 0.0;

    for (size_t i = 0; i < m->n; i++) {
        const double law = -expm1(-lambda * (double)m->x[i]);

        ks = fmax(ks, fmax(law - (double)i / n, (double)(i + 1) / n - law));
    }
    return ks;
}

/* How many of the magnitudes from place `from` on, all of them later than it, are below or at x. */
static size_t place_of(const spoti_magnitudes *m, size_t from, double x)
{
    size_t lo = from;
    size_t hi = m->n;

    while (lo < hi) {
        const size_t middle = lo + (hi - lo) / 2;

        if ((double)m->x[middle] <= x) {
            lo = middle + 1;
        } else {
            hi = middle;
        }
    }
    return lo;
}

/* Mean distance from the nearest of K ascending levels. */
static double mean_error(const spoti_magnitudes *m, const double *levels, size_t n_level)
{
    double sum = 0.0;
    size_t from = 0;

    for (size_t k = 0; k < n_level && from < m->n; k++) {
        const double level = levels[k];
        const size_t at = place_of(m, from, level);
        const size_t to = k + 1 < n_level ? place_of(m, at, 0.5 * (level + levels[k + 1])) : m->n;

        sum += (double)(at - from) * level - (m->sum[at] - m->sum[from]);
        sum += (m->sum[to] - m->sum[at]) - (double)(to - at) * level;
        from = to;
    }
    return fmax(0.0, sum / (double)m->n);
}

typedef enum family { MID_RISE, WITH_ZERO, POWER_OF_TWO } family;

typedef struct scaled {
    const spoti_magnitudes *m;
    family family;
    size_t n_level;
    double *levels;
} scaled;

/* Levels of a family; scale: the clip (uniform) or the largest level (powers). */
static double error_at(double log_scale, const void *context)
{
    const scaled *s = context;
    const double scale = exp(log_scale);
    const double k = (double)s->n_level;

    for (size_t i = 0; i < s->n_level; i++) {
        if (s->family == MID_RISE) {
            s->levels[i] = ((double)i + 0.5) * scale / k;
        } else if (s->family == WITH_ZERO) {
            s->levels[i] = (double)i * scale / (k - 0.5);
        } else {
            s->levels[s->n_level - 1 - i] = ldexp(scale, -(int)i);
        }
    }
    return mean_error(s->m, s->levels, s->n_level);
}

/* Tries n + 1 scales from exp(from) on; keeps the best. */
static void scan_scales(const scaled *s, double from, double step, int n, double *best,
                        double *best_is)
{
    for (int i = 0; i <= n; i++) {
        const double error = error_at(from + step * i, s);

        if (error < *best_is) {
            *best = from + step * i;
            *best_is = error;
        }
    }
}

/* The smallest error over scales, and where. The clip that is best lies between a hundredth of the
 * mean and a little beyond the largest magnitude unless nearly all are 0, where nothing matters. */
static double best_error(const scaled *s, double *scale)
{
    const double mean = s->m->sum[s->m->n] / (double)s->m->n;
    const double lo = log(0.01 * mean);
    const double hi = log(2.0 * (double)s->m->x[s->m->n - 1]);
    const double step = (hi - lo) / N_SCAN;
    double best = lo;
    double best_is = error_at(lo, s);

    scan_scales(s, lo, step, N_SCAN, &best, &best_is);
    /* the error of many levels is rough: look closer before the last refinement */
    const double fine = 2.0 * step / N_SCAN;
    scan_scales(s, best - step, fine, N_SCAN, &best, &best_is);
    const double refined = spoti_minimise(error_at, s, best - fine, best + fine);
    const double refined_is = error_at(refined, s);

    *scale = exp(refined_is < best_is ? refined : best);
    return fmin(refined_is, best_is);
}

void spoti_inspect_errors(const spoti_magnitudes *m, double lambda, double *levels,
                          spot_inspect_error *error)
{
    const double mean = m->sum[m->n] / (double)m->n;
    const size_t n_level = spoti_level_count(error->bits);
    double d = 0.0;
    double scale = 0.0;

    scaled s = {m, MID_RISE, n_level, levels};
    error->uniform = best_error(&s, &error->uniform_clip) / mean;
    if (n_level > 1) {
        s.family = WITH_ZERO;
        const double with_zero = best_error(&s, &scale) / mean;
        if (with_zero < error->uniform) {
            error->uniform = with_zero;
            error->uniform_clip = scale;
        }
    }
    s.family = POWER_OF_TWO;
    error->power_of_two = best_error(&s, &scale) / mean;

    /* lambda and bits are in range: checked where the sample and the config were */
    (void)spot_coinfer_lloyd(lambda, error->bits, levels, NULL);
    error->optimum = mean_error(m, levels, n_level) / mean;
    (void)spot_coinfer_compander(lambda, error->bits, levels);
    error->compander = mean_error(m, levels, n_level) / mean;
    (void)spot_coinfer_distortion(SPOT_COINFER_LOWER, 1.0, (double)error->bits, &d);
    error->lower = d;
    (void)spot_coinfer_distortion(SPOT_COINFER_VERDU, 1.0, (double)error->bits, &d);
    error->upper = d;
}

spot_status spoti_inspect_source(const spoti_magnitudes *m, const spot_allocator *allocator,
                                 spot_inspect_error *errors, int n_error)
{
    const double mean = m->sum[m->n] / (double)m->n;
    spot_coinfer_source_config config;
    spot_coinfer_source *source = NULL;

    spot_coinfer_source_config_default(&config);
    config.points_max = SOURCE_POINTS;
    config.gap_bits = SOURCE_GAP_BITS;
    config.allocator = allocator;

    spot_status st = spot_coinfer_source_create(m->x, NULL, m->n, &config, &source);
    for (int i = 0; st == SPOT_OK && i < n_error; i++) {
        spot_coinfer_source_point point;

        st = spot_coinfer_source_at_bits(source, errors[i].bits, &point);
        if (st == SPOT_OK && point.converged) {
            errors[i].source = point.distortion / mean;
        }
    }
    spot_coinfer_source_destroy(source);
    return st;
}
