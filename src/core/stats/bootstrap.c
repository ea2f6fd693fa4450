/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Bootstrap intervals (Efron 1979, 1987) and the bootstrap of any statistic of weighted seeds.
 *
 * BCa: with z0 = Phi^-1 (share of resamples below the estimate, ties by half) and the acceleration
 *     a = sum d^3 / (6 (sum d^2)^(3/2)),   d = mean of leave-one-out values - each of them,
 * the interval ends are the resamples' quantiles at
 *     Phi (z0 + (z0 + z) / (1 - a (z0 + z))),   z = Phi^-1 (tail), Phi^-1 (1 - tail).
 * p-values count the data as one more resample (Davison and Hinkley 1997), so none is 0.
 */
#include "core/stats/bootstrap.h"
#include "core/base/config.h"

#include <math.h>

#include "core/stats/dist.h"
#include "core/stats/order.h"
#include "spot/rng.h"

/* Resamples this close to the estimate, relatively, equal it but for the order of a sum. */
static const double TIE = 1e-12;

void spoti_jackknife_add(spoti_jackknife *j, int pass, bool is_defined, double value)
{
    if (!is_defined) {
        j->n_undefined++;
        return;
    }
    if (pass == 0) {
        j->n++;
        j->mean += (value - j->mean) / j->n;
        return;
    }
    double d = j->mean - value;
    j->square += d * d;
    j->cube += d * d * d;
}

spot_interval spoti_percentile_interval(const double *sorted, size_t n, double confidence)
{
    double tail = 0.5 * (1.0 - confidence);
    return (spot_interval){.lo = spoti_quantile(sorted, n, tail),
                           .hi = spoti_quantile(sorted, n, 1.0 - tail)};
}

/* z0; returns false if every resample lies on one side of the estimate. */
static bool bias_correction(const double *sorted, size_t n, double value, double *z0)
{
    double margin = TIE * fabs(value);
    double n_below = 0.0;
    for (size_t i = 0; i < n && sorted[i] <= value + margin; i++) {
        n_below += sorted[i] < value - margin ? 1.0 : 0.5;
    }
    return spot_stats_normal_quantile(n_below / (double)n, z0) == SPOT_OK;
}

/* Which quantile stands for that at z; returns false where the correction has no meaning. */
static bool correct(double z, double z0, double a, double *p)
{
    double below = 1.0 - a * (z0 + z);
    if (!(below > 0.0)) {
        return false;
    }
    *p = spoti_normal_cdf(z0 + (z0 + z) / below);
    return true;
}

spot_interval spoti_bca_interval(const double *sorted, size_t n, double value,
                                 const spoti_jackknife *jackknife, double confidence)
{
    spot_interval ci = spoti_percentile_interval(sorted, n, confidence);
    double z0 = 0.0;
    double z = 0.0;
    if (jackknife->n < 2 || jackknife->n_undefined > 0 || !bias_correction(sorted, n, value, &z0) ||
        spot_stats_normal_quantile(0.5 + 0.5 * confidence, &z) != SPOT_OK) {
        return ci;
    }
    double spread = jackknife->square * sqrt(jackknife->square);
    double a = spread > 0.0 ? jackknife->cube / (6.0 * spread) : 0.0;
    double p_lo = 0.0;
    double p_hi = 0.0;
    if (!isfinite(a) || !correct(-z, z0, a, &p_lo) || !correct(z, z0, a, &p_hi)) {
        return ci;
    }
    ci.lo = spoti_quantile(sorted, n, p_lo);
    ci.hi = spoti_quantile(sorted, n, p_hi);
    return ci;
}

double spoti_bootstrap_p(size_t n_for, int n_resample)
{
    return ((double)n_resample - (double)n_for + 1.0) / ((double)n_resample + 1.0);
}

size_t spot_stats_bootstrap_work_size(int n_resample, int n_seed)
{
    if (n_resample < 1 || n_resample > SPOT_STATS_MAX_RESAMPLE || n_seed < 1) {
        return 0;
    }
    return (size_t)n_resample + (size_t)n_seed;
}

static spot_status check_problem(const spot_stats_paired_config *config, int n_seed,
                                 double null_value)
{
    return spot_stats_bootstrap_work_size(config->n_resample, n_seed) > 0 &&
                   config->confidence > 0.0 && config->confidence < 1.0 && isfinite(null_value)
               ? SPOT_OK
               : SPOT_E_RANGE;
}

/* Leave-one-out values. weight (n_seed): all 1, and so it is left. Returns E_RANGE for a value that
 * is not finite. */
static spot_status jackknife_statistic(int n_seed, spot_stats_statistic statistic, const void *data,
                                       double *weight, spoti_jackknife *out)
{
    *out = (spoti_jackknife){0};
    if (n_seed < 2) {
        return SPOT_OK; /* nothing is left without the only seed: no value counts as no correction */
    }
    for (int pass = 0; pass < SPOTI_N_JACKKNIFE_PASS; pass++) {
        for (int i = 0; i < n_seed; i++) {
            double value = 0.0;
            weight[i] = 0.0;
            bool is_defined = statistic(weight, n_seed, data, &value);
            weight[i] = 1.0;
            if (is_defined && !isfinite(value)) {
                return SPOT_E_RANGE;
            }
            spoti_jackknife_add(out, pass, is_defined, value);
        }
    }
    return SPOT_OK;
}

/* Fills values with what is defined of n_resample resamples and counts it in *n. */
static spot_status resample(const spot_stats_paired_config *config, int n_seed,
                            spot_stats_statistic statistic, const void *data, double *weight,
                            double *values, int *n)
{
    *n = 0;
    for (int r = 0; r < config->n_resample; r++) {
        spot_rng rng = spot_rng_at(config->seed, SPOT_STREAM_BOOTSTRAP, (uint64_t)r);
        for (int i = 0; i < n_seed; i++) {
            weight[i] = 0.0;
        }
        for (int i = 0; i < n_seed; i++) {
            weight[spot_rng_below(&rng, (uint32_t)n_seed)] += 1.0;
        }
        double value = 0.0;
        if (statistic(weight, n_seed, data, &value)) {
            if (!isfinite(value)) {
                return SPOT_E_RANGE;
            }
            values[(*n)++] = value;
        }
    }
    return *n > 0 ? SPOT_OK : SPOT_E_RANGE;
}

spot_status spot_stats_bootstrap(const spot_stats_paired_config *config, int n_seed,
                                 spot_stats_statistic statistic, const void *data,
                                 double null_value, double *work, spot_stats_bootstrap_result *out)
{
    if (SPOTI_CONFIG_CHECK(spot_stats_paired_config, config, NULL) != SPOT_OK ||
        statistic == NULL || work == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    spot_status st = check_problem(config, n_seed, null_value);
    if (st != SPOT_OK) {
        return st;
    }
    double *values = work;
    double *weight = work + config->n_resample;

    /* the data, then without each seed, then resampled */
    spot_stats_bootstrap_result r = {0};
    for (int i = 0; i < n_seed; i++) {
        weight[i] = 1.0;
    }
    if (!statistic(weight, n_seed, data, &r.value) || !isfinite(r.value)) {
        return SPOT_E_RANGE;
    }
    spoti_jackknife jackknife;
    st = jackknife_statistic(n_seed, statistic, data, weight, &jackknife);
    if (st == SPOT_OK) {
        st = resample(config, n_seed, statistic, data, weight, values, &r.n_defined);
    }
    if (st != SPOT_OK) {
        return st;
    }

    size_t n = (size_t)r.n_defined;
    spoti_sort(values, n);
    r.percentile = spoti_percentile_interval(values, n, config->confidence);
    r.bca = spoti_bca_interval(values, n, r.value, &jackknife, config->confidence);
    size_t n_below = 0;
    size_t n_above = 0;
    for (size_t i = 0; i < n; i++) {
        n_below += values[i] < null_value;
        n_above += values[i] > null_value;
    }
    r.p_below = spoti_bootstrap_p(n_below, config->n_resample);
    r.p_above = spoti_bootstrap_p(n_above, config->n_resample);
    *out = r;
    return SPOT_OK;
}
