/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Maximum likelihood of the delay-tolerance surface by Fisher scoring with Levenberg's damping.
 *
 * With z = (mu - m f - d) / sigma, sigma = exp(s + l f), S = q Phi(z) and k of n successes a cell
 *
 *     dS/dmu = q phi / sigma,  dS/dm = -f dS/dmu,  dS/ds = -z q phi,  dS/dl = f dS/ds,  dS/dlogit q = (1 - q) S,
 *     score = sum (k - n S) / (S (1 - S)) dS,   information = sum n / (S (1 - S)) dS dS'.
 */
#include <math.h>
#include <string.h>

#include "core/tised/surface.h"

enum { MAX = SPOTI_SURFACE_PARAM_MAX };

static const double RATE_MIN = 1e-12; /* of a cell, so that its logarithm exists */
static const double LOGIT_MAX = 12.0; /* of a quality: beyond, no number of trials tells */
static const double LOG_SIGMA_MAX = 12.0;
static const double DAMPING_FIRST = 1e-3;
static const double DAMPING_MAX = 1e12; /* no step improves: this is the top, to rounding */
static const double DAMPING_MIN = 1e-12;
static const double GAIN_MIN = 1e-10; /* of log-likelihood, below which climbing stops */
static const int STEPS_MAX = 300;

static double normal_cdf(double z)
{
    return 0.5 * erfc(-z / sqrt(2.0));
}

double spot_tised_surface_at(const spot_tised_surface *surface, double quality, double distance,
                             double delay_s)
{
    const double sigma = exp(surface->log_sigma + surface->log_sigma_slope * distance);
    return quality * normal_cdf((surface->mu_s - surface->m_s * distance - delay_s) / sigma);
}

double spoti_surface_rate(const spot_tised_surface *s, const spoti_surface_table *t, int point,
                          double delay_s)
{
    const double rate = spot_tised_surface_at(s, s->quality[point], t->distance[point], delay_s);
    return fmin(fmax(rate, RATE_MIN), 1.0 - RATE_MIN);
}

bool spoti_surface_cholesky(double *a, int n, int stride)
{
    for (int i = 0; i < n; i++) {
        for (int j = 0; j <= i; j++) {
            double sum = a[i * stride + j];
            for (int k = 0; k < j; k++) {
                sum -= a[i * stride + k] * a[j * stride + k];
            }
            if (i == j && !(sum > 0.0)) {
                return false;
            }
            a[i * stride + j] = i == j ? sqrt(sum) : sum / a[j * stride + j];
        }
    }
    return true;
}

void spoti_surface_solve(const double *factor, int n, int stride, double *b)
{
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < i; k++) {
            b[i] -= factor[i * stride + k] * b[k];
        }
        b[i] /= factor[i * stride + i];
    }
    for (int i = n - 1; i >= 0; i--) {
        for (int k = i + 1; k < n; k++) {
            b[i] -= factor[k * stride + i] * b[k];
        }
        b[i] /= factor[i * stride + i];
    }
}

/* Which parameters move, and where the quality of a point stands among them; -1 = fixed. */
typedef struct layout {
    int slot[SPOT_TISED_SURFACE_POINTS_MAX];
    int shape[SPOTI_SURFACE_SHAPE]; /* of mu, m, s, l */
    int n;
} layout;

static layout lay_out(const spot_tised_surface *s, bool separable)
{
    layout l = {.shape = {0, 1, 2, 3}, .n = SPOTI_SURFACE_SHAPE};
    if (separable) {
        l = (layout){.shape = {0, -1, 1, -1}, .n = 2};
    }
    for (int i = 0; i < s->n_point; i++) {
        l.slot[i] = s->is_free[i] ? l.n++ : -1;
    }
    return l;
}

/* Derivatives of a cell's rate by the moving parameters. */
static void differentiate(const spot_tised_surface *s, const layout *l, double f, int point,
                          double delay_s, double rate, double *by)
{
    const double sigma = exp(s->log_sigma + s->log_sigma_slope * f);
    const double z = (s->mu_s - s->m_s * f - delay_s) / sigma;
    const double q = s->quality[point];
    const double density = q * exp(-0.5 * z * z) / sqrt(2.0 * 3.14159265358979323846);
    const double shape[SPOTI_SURFACE_SHAPE] = {density / sigma, -f * density / sigma, -z * density,
                                               -z * f * density};
    memset(by, 0, (size_t)l->n * sizeof(*by));
    for (int k = 0; k < SPOTI_SURFACE_SHAPE; k++) {
        if (l->shape[k] >= 0) {
            by[l->shape[k]] = shape[k];
        }
    }
    if (l->slot[point] >= 0) {
        by[l->slot[point]] = (1.0 - q) * rate;
    }
}

static double log_likelihood(const spoti_surface_table *t, const spot_tised_surface *s)
{
    double sum = 0.0;
    for (int c = 0; c < t->n_cell; c++) {
        const spot_tised_cell *cell = &t->cells[c];
        const double rate = spoti_surface_rate(s, t, cell->point, cell->delay_s);
        sum += cell->successes * log(rate) + (cell->trials - cell->successes) * log1p(-rate);
    }
    return sum;
}

static void score_and_information(const spoti_surface_table *t, const spot_tised_surface *s,
                                  const layout *l, double *score, double *information)
{
    double by[MAX];
    memset(score, 0, (size_t)l->n * sizeof(*score));
    memset(information, 0, sizeof(double) * MAX * MAX);
    for (int c = 0; c < t->n_cell; c++) {
        const spot_tised_cell *cell = &t->cells[c];
        const double rate = spoti_surface_rate(s, t, cell->point, cell->delay_s);
        const double weight = 1.0 / (rate * (1.0 - rate));
        differentiate(s, l, t->distance[cell->point], cell->point, cell->delay_s, rate, by);
        for (int i = 0; i < l->n; i++) {
            score[i] += (cell->successes - cell->trials * rate) * weight * by[i];
            for (int j = 0; j <= i; j++) {
                information[i * MAX + j] += cell->trials * weight * by[i] * by[j];
            }
        }
    }
}

static double clamp(double x, double bound)
{
    return fmin(fmax(x, -bound), bound);
}

static spot_tised_surface moved(const spot_tised_surface *s, const layout *l, const double *step)
{
    spot_tised_surface to = *s;
    double *const shape[SPOTI_SURFACE_SHAPE] = {&to.mu_s, &to.m_s, &to.log_sigma,
                                                &to.log_sigma_slope};
    for (int k = 0; k < SPOTI_SURFACE_SHAPE; k++) {
        *shape[k] += l->shape[k] >= 0 ? step[l->shape[k]] : 0.0;
    }
    to.log_sigma = clamp(to.log_sigma, LOG_SIGMA_MAX);
    for (int i = 0; i < s->n_point; i++) {
        if (l->slot[i] >= 0) {
            const double logit = log(s->quality[i] / (1.0 - s->quality[i])) + step[l->slot[i]];
            to.quality[i] = 1.0 / (1.0 + exp(-clamp(logit, LOGIT_MAX)));
        }
    }
    return to;
}

/* One damped step that improves; the gain, or 0 where there is none. */
static double improve(const spoti_surface_table *t, const layout *l, const double *score,
                      const double *information, double *damping, spot_tised_surface *s, double now)
{
    double factor[MAX * MAX];
    double step[MAX];
    while (*damping < DAMPING_MAX) {
        memcpy(factor, information, sizeof(factor));
        memcpy(step, score, (size_t)l->n * sizeof(*step));
        for (int i = 0; i < l->n; i++) {
            factor[i * MAX + i] += *damping * fmax(factor[i * MAX + i], RATE_MIN);
        }
        if (spoti_surface_cholesky(factor, l->n, MAX)) {
            spoti_surface_solve(factor, l->n, MAX, step);
            const spot_tised_surface there = moved(s, l, step);
            const double gain = log_likelihood(t, &there) - now;
            if (gain > 0.0) {
                *s = there;
                *damping = fmax(*damping / 10.0, DAMPING_MIN);
                return gain;
            }
        }
        *damping *= 10.0;
    }
    return 0.0;
}

double spoti_surface_climb(const spoti_surface_table *t, bool separable, spot_tised_surface *s,
                           double *information)
{
    const layout l = lay_out(s, separable);
    double local[MAX * MAX];
    double score[MAX];
    double damping = DAMPING_FIRST;
    double now = log_likelihood(t, s);
    for (int step = 0; step < STEPS_MAX; step++) {
        score_and_information(t, s, &l, score, local);
        const double gain = improve(t, &l, score, local, &damping, s, now);
        now += gain;
        if (gain < GAIN_MIN) {
            break;
        }
    }
    if (information != NULL) {
        score_and_information(t, s, &l, score, information);
    }
    return log_likelihood(t, s);
}
