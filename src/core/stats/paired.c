/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Paired seed-block bootstrap (Efron 1979, percentile intervals).
 *
 * A resample draws n_seed seeds with replacement and takes for each the episodes of both points. Its
 * statistics are those of the data: means over successes, their ratios, the difference of the
 * success rates. Resample r draws from the generator (seed, SPOT_STREAM_BOOTSTRAP, r), so it does
 * not depend on the other resamples nor on who computes it. The percentile interval of a ratio is
 * the reciprocal of that of its inverse, so nothing depends on which way speed-up is written.
 */
#include "core/stats/paired.h"

#include <math.h>

#include "core/stats/order.h"
#include "spot/rng.h"

/* Sums over the seeds of a sample. */
typedef struct sums {
    int successes[2]; /* candidate, baseline */
    double time_s[2];
    double chunks[2];
} sums;

static void add_run(sums *s, int side, const spot_stats_run *run)
{
    if (run->success) {
        s->successes[side]++;
        s->time_s[side] += run->time_s;
        s->chunks[side] += run->chunks;
    }
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
            add_run(&s, 0, &candidate[drawn]);
            add_run(&s, 1, &baseline[drawn]);
        }
        double stat[SPOTI_N_STAT] = {0};
        unsigned defined = evaluate(&s, n_seed, stat);
        for (int k = 0; k < SPOTI_N_STAT; k++) {
            if ((defined >> k & 1U) != 0) {
                rows[(size_t)k * (size_t)n_resample + n_defined[k]++] = stat[k];
            }
        }
    }
    for (int k = 0; k < SPOTI_N_STAT; k++) {
        spoti_sort(rows + (size_t)k * (size_t)n_resample, n_defined[k]);
    }
}

void spot_stats_paired_config_default(spot_stats_paired_config *config)
{
    *config = (spot_stats_paired_config){
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

static spot_estimate make_estimate(double value, const double *sorted, size_t n, double confidence,
                                   bool sufficient)
{
    spot_estimate e = {.value = value, .ci = {.lo = value, .hi = value}};
    e.support = sufficient ? SPOT_STATS_SUFFICIENT : SPOT_STATS_INSUFFICIENT;
    if (n > 0) {
        double tail = 0.5 * (1.0 - confidence);
        e.ci.lo = spoti_quantile(sorted, n, tail);
        e.ci.hi = spoti_quantile(sorted, n, 1.0 - tail);
    }
    return e;
}

spot_status spot_stats_paired(const spot_stats_paired_config *config,
                              const spot_stats_run *candidate, const spot_stats_run *baseline,
                              int n_seed, double *work, spot_stats_paired_result *out)
{
    if (config == NULL || candidate == NULL || baseline == NULL || work == NULL || out == NULL) {
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
        add_run(&data, 0, &candidate[i]);
        add_run(&data, 1, &baseline[i]);
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

    bool enough[2] = {data.successes[0] >= config->min_successes,
                      data.successes[1] >= config->min_successes};
    const bool sufficient[SPOTI_N_STAT] = {
        [SPOTI_STAT_TIME_CANDIDATE] = enough[0],
        [SPOTI_STAT_TIME_BASELINE] = enough[1],
        [SPOTI_STAT_TIME_RATIO] = enough[0] && enough[1],
        [SPOTI_STAT_CHUNKS_CANDIDATE] = enough[0],
        [SPOTI_STAT_CHUNKS_RATIO] = enough[0] && enough[1],
        /* a rate is defined for any outcome: what counts is the number of seeds */
        [SPOTI_STAT_SUCCESS_DIFFERENCE] = n_seed >= config->min_successes,
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
            const double *sorted = work + (size_t)k * (size_t)config->n_resample;
            *target[k] =
                make_estimate(value[k], sorted, n_defined[k], config->confidence, sufficient[k]);
        }
    }
    return SPOT_OK;
}
