/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Paired seed-block bootstrap (Efron 1979, percentile intervals; 1987, BCa).
 *
 * A resample draws n_seed seeds with replacement and takes for each the episodes of both points. Its
 * statistics are those of the data: means over successes, their ratios, the difference of the
 * success rates. Resample r draws from the generator (seed, SPOT_STREAM_BOOTSTRAP, r), so it does
 * not depend on the other resamples nor on who computes it. The percentile interval of a ratio is
 * the reciprocal of that of its inverse, so nothing depends on which way speed-up is written.
 */
#include "core/stats/paired.h"
#include "core/base/config.h"

#include <math.h>

#include "core/stats/bootstrap.h"
#include "core/stats/order.h"
#include "spot/rng.h"

/* Sums over the seeds of a sample. */
typedef struct sums {
    int successes[2]; /* candidate, baseline */
    double time_s[2];
    double chunks[2];
} sums;

/* Counts the run `times` times; -1 takes it out again. */
static void add_run(sums *s, int side, const spot_stats_run *run, int times)
{
    if (run->success) {
        s->successes[side] += times;
        s->time_s[side] += times * run->time_s;
        s->chunks[side] += times * run->chunks;
    }
}

/* Row k of the workspace: the resamples of statistic k. */
static double *row_of(double *rows, int k, int n_resample)
{
    return rows + (size_t)k * (size_t)n_resample;
}

/* stat (SPOTI_N_STAT): the statistics of a sample; returns a bit mask of those that are defined. */
static unsigned evaluate(const sums *s, int n_seed, double *stat)
{
    unsigned defined = 1U << SPOTI_STAT_SUCCESS_DIFFERENCE;
    stat[SPOTI_STAT_SUCCESS_DIFFERENCE] = (double)(s->successes[0] - s->successes[1]) / n_seed;
    if (s->successes[0] > 0) {
        stat[SPOTI_STAT_TIME_CANDIDATE] = s->time_s[0] / s->successes[0];
        stat[SPOTI_STAT_CHUNKS_CANDIDATE] = s->chunks[0] / s->successes[0];
        defined |= 1U << SPOTI_STAT_TIME_CANDIDATE | 1U << SPOTI_STAT_CHUNKS_CANDIDATE;
    }
    if (s->successes[1] > 0) {
        stat[SPOTI_STAT_TIME_BASELINE] = s->time_s[1] / s->successes[1];
        defined |= 1U << SPOTI_STAT_TIME_BASELINE;
    }
    if (s->successes[0] > 0 && s->successes[1] > 0) {
        double chunks_baseline = s->chunks[1] / s->successes[1];
        stat[SPOTI_STAT_TIME_RATIO] =
            stat[SPOTI_STAT_TIME_CANDIDATE] / stat[SPOTI_STAT_TIME_BASELINE];
        stat[SPOTI_STAT_CHUNKS_RATIO] = stat[SPOTI_STAT_CHUNKS_CANDIDATE] / chunks_baseline;
        defined |= 1U << SPOTI_STAT_TIME_RATIO | 1U << SPOTI_STAT_CHUNKS_RATIO;
    }
    return defined;
}

void spoti_bootstrap_paired(const spot_stats_run *candidate, const spot_stats_run *baseline,
                            int n_seed, uint64_t seed, int n_resample, double *rows,
                            size_t n_defined[SPOTI_N_STAT])
{
    for (int k = 0; k < SPOTI_N_STAT; k++) {
        n_defined[k] = 0;
    }
    for (int r = 0; r < n_resample; r++) {
        spot_rng rng = spot_rng_at(seed, SPOT_STREAM_BOOTSTRAP, (uint64_t)r);
        sums s = {0};
        for (int i = 0; i < n_seed; i++) {
            uint32_t drawn = spot_rng_below(&rng, (uint32_t)n_seed);
            add_run(&s, 0, &candidate[drawn], 1);
            add_run(&s, 1, &baseline[drawn], 1);
        }
        double stat[SPOTI_N_STAT] = {0};
        unsigned defined = evaluate(&s, n_seed, stat);
        for (int k = 0; k < SPOTI_N_STAT; k++) {
            if ((defined >> k & 1U) != 0) {
                row_of(rows, k, n_resample)[n_defined[k]++] = stat[k];
            }
        }
    }
    for (int k = 0; k < SPOTI_N_STAT; k++) {
        spoti_sort(row_of(rows, k, n_resample), n_defined[k]);
    }
}

void spot_stats_paired_config_default(spot_stats_paired_config *config)
{
    *config = (spot_stats_paired_config){
        .size = sizeof(*config),
        .confidence = SPOT_STATS_CONFIDENCE,
        .n_resample = SPOT_STATS_N_RESAMPLE,
        .min_successes = SPOT_STATS_MIN_SUCCESSES,
        .seed = 1,
    };
}

size_t spot_stats_paired_work_size(int n_resample)
{
    if (n_resample < 1 || n_resample > SPOT_STATS_MAX_RESAMPLE) {
        return 0;
    }
    return (size_t)n_resample * SPOTI_N_STAT;
}

static bool is_valid_run(const spot_stats_run *run)
{
    return !run->success || (isfinite(run->time_s) && run->time_s > 0.0 && isfinite(run->chunks) &&
                             run->chunks > 0.0);
}

static spot_status check_arguments(const spot_stats_paired_config *config,
                                   const spot_stats_run *candidate, const spot_stats_run *baseline,
                                   int n_seed)
{
    if (n_seed < 1 || spot_stats_paired_work_size(config->n_resample) == 0 ||
        config->min_successes < 1 || !(config->confidence > 0.0 && config->confidence < 1.0)) {
        return SPOT_E_RANGE;
    }
    for (int i = 0; i < n_seed; i++) {
        if (!is_valid_run(&candidate[i]) || !is_valid_run(&baseline[i])) {
            return SPOT_E_RANGE;
        }
    }
    return SPOT_OK;
}

/* Statistic k of the data: its value, and what its interval is to be made from. */
typedef struct outcome {
    double value;
    const double *sorted; /* (n) its resamples */
    size_t n;
    bool is_sufficient;
} outcome;

/* With `jackknife`, a BCa interval, else a percentile one. */
static spot_estimate make_estimate(const outcome *o, double confidence,
                                   const spoti_jackknife *jackknife)
{
    spot_estimate e = {.value = o->value, .ci = {.lo = o->value, .hi = o->value}};
    e.support = o->is_sufficient ? SPOT_STATS_SUFFICIENT : SPOT_STATS_INSUFFICIENT;
    if (o->n > 0 && jackknife == NULL) {
        e.ci = spoti_percentile_interval(o->sorted, o->n, confidence);
    } else if (o->n > 0) {
        e.ci = spoti_bca_interval(o->sorted, o->n, o->value, jackknife, confidence);
    }
    return e;
}

/* The statistics of the data without each seed in turn, for all at once. */
static void jackknife_all(const spot_stats_run *candidate, const spot_stats_run *baseline,
                          int n_seed, spoti_jackknife jackknife[SPOTI_N_STAT])
{
    for (int k = 0; k < SPOTI_N_STAT; k++) {
        jackknife[k] = (spoti_jackknife){0};
    }
    if (n_seed < 2) {
        return;
    }
    sums data = {0};
    for (int i = 0; i < n_seed; i++) {
        add_run(&data, 0, &candidate[i], 1);
        add_run(&data, 1, &baseline[i], 1);
    }
    for (int pass = 0; pass < SPOTI_N_JACKKNIFE_PASS; pass++) {
        for (int i = 0; i < n_seed; i++) {
            sums s = data;
            add_run(&s, 0, &candidate[i], -1);
            add_run(&s, 1, &baseline[i], -1);
            double stat[SPOTI_N_STAT] = {0};
            unsigned defined = evaluate(&s, n_seed - 1, stat);
            for (int k = 0; k < SPOTI_N_STAT; k++) {
                spoti_jackknife_add(&jackknife[k], pass, (defined >> k & 1U) != 0, stat[k]);
            }
        }
    }
}

/* Shares of the n_resample resamples that speak against "below 1" and "above 1". */
static void set_p_values(const double *sorted, size_t n, int n_resample,
                         spot_stats_paired_result *out)
{
    size_t n_below = 0;
    size_t n_above = 0;
    for (size_t i = 0; i < n; i++) {
        n_below += sorted[i] < 1.0;
        n_above += sorted[i] > 1.0;
    }
    out->p_candidate_faster = spoti_bootstrap_p(n_below, n_resample);
    out->p_baseline_faster = spoti_bootstrap_p(n_above, n_resample);
}

/* Estimates of all statistics. value, n_defined: (SPOTI_N_STAT); work: the sorted resamples;
 * jackknife: (SPOTI_N_STAT), NULL for percentile intervals. */
static void fill_estimates(const spot_stats_paired_config *config, const double *value,
                           unsigned defined, const size_t *n_defined, double *work,
                           const spoti_jackknife *jackknife, spot_stats_paired_result *out)
{
    bool enough[2] = {out->successes_candidate >= config->min_successes,
                      out->successes_baseline >= config->min_successes};
    const bool sufficient[SPOTI_N_STAT] = {
        [SPOTI_STAT_TIME_CANDIDATE] = enough[0],
        [SPOTI_STAT_TIME_BASELINE] = enough[1],
        [SPOTI_STAT_TIME_RATIO] = enough[0] && enough[1],
        [SPOTI_STAT_CHUNKS_CANDIDATE] = enough[0],
        [SPOTI_STAT_CHUNKS_RATIO] = enough[0] && enough[1],
        /* a rate is defined for any outcome: what counts is the number of seeds */
        [SPOTI_STAT_SUCCESS_DIFFERENCE] = out->n_seed >= config->min_successes,
    };
    spot_estimate *const target[SPOTI_N_STAT] = {
        [SPOTI_STAT_TIME_CANDIDATE] = &out->time_candidate,
        [SPOTI_STAT_TIME_BASELINE] = &out->time_baseline,
        [SPOTI_STAT_TIME_RATIO] = &out->time_ratio,
        [SPOTI_STAT_CHUNKS_CANDIDATE] = &out->chunks_candidate,
        [SPOTI_STAT_CHUNKS_RATIO] = &out->chunks_ratio,
        [SPOTI_STAT_SUCCESS_DIFFERENCE] = &out->success_difference,
    };
    for (int k = 0; k < SPOTI_N_STAT; k++) {
        if ((defined >> k & 1U) != 0) {
            outcome o = {value[k], row_of(work, k, config->n_resample), n_defined[k],
                         sufficient[k]};
            *target[k] =
                make_estimate(&o, config->confidence, jackknife != NULL ? &jackknife[k] : NULL);
        }
    }
}

/* Both kinds of interval; see the header. */
static spot_status compare(const spot_stats_paired_config *config, const spot_stats_run *candidate,
                           const spot_stats_run *baseline, int n_seed, bool is_bca, double *work,
                           spot_stats_paired_result *out)
{
    if (SPOTI_CONFIG_CHECK(spot_stats_paired_config, config, NULL) != SPOT_OK ||
        candidate == NULL || baseline == NULL || work == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    spot_status st = check_arguments(config, candidate, baseline, n_seed);
    if (st != SPOT_OK) {
        return st;
    }

    /* what the data say */
    sums data = {0};
    *out = (spot_stats_paired_result){.n_seed = n_seed};
    for (int i = 0; i < n_seed; i++) {
        add_run(&data, 0, &candidate[i], 1);
        add_run(&data, 1, &baseline[i], 1);
        out->candidate_only += candidate[i].success && !baseline[i].success;
        out->baseline_only += baseline[i].success && !candidate[i].success;
    }
    out->successes_candidate = data.successes[0];
    out->successes_baseline = data.successes[1];
    double value[SPOTI_N_STAT] = {0};
    unsigned defined = evaluate(&data, n_seed, value);

    /* how far resampling moves it */
    size_t n_defined[SPOTI_N_STAT];
    spoti_bootstrap_paired(candidate, baseline, n_seed, config->seed, config->n_resample, work,
                           n_defined);
    spoti_jackknife jackknife[SPOTI_N_STAT];
    if (is_bca) {
        jackknife_all(candidate, baseline, n_seed, jackknife);
    }

    fill_estimates(config, value, defined, n_defined, work, is_bca ? jackknife : NULL, out);
    set_p_values(row_of(work, SPOTI_STAT_TIME_RATIO, config->n_resample),
                 n_defined[SPOTI_STAT_TIME_RATIO], config->n_resample, out);
    return SPOT_OK;
}

spot_status spot_stats_paired(const spot_stats_paired_config *config,
                              const spot_stats_run *candidate, const spot_stats_run *baseline,
                              int n_seed, double *work, spot_stats_paired_result *out)
{
    return compare(config, candidate, baseline, n_seed, false, work, out);
}

spot_status spot_stats_paired_bca(const spot_stats_paired_config *config,
                                  const spot_stats_run *candidate, const spot_stats_run *baseline,
                                  int n_seed, double *work, spot_stats_paired_result *out)
{
    return compare(config, candidate, baseline, n_seed, true, work, out);
}
