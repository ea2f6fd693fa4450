/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The statistics of a tuning run.
 *
 * Means of time and chunks are over successes, ratios are ratios of these means, intervals resample
 * whole seeds (spot/stats.h). The failure-budget time charges a failure the time limit, so it is
 * defined on every seed and cannot be won by giving up on the hard ones. Each point is tested
 * one-sided against the best one: exact McNemar if the goal is success, paired bootstrap of the
 * budget time if it is time; Holm over the points. Those not rejected are "among the best". A bootstrap
 * of few seeds promises too much (all four differ alike: p = 0), so its p is at least 2^-n, what the
 * exact test by changing signs gives at best.
 *
 * Caveat: the best is selected on the same seeds. Bonferroni over the comparisons would bound the
 * chance that the truly best point is left out at 5 % whatever was selected; Holm, less strict, does
 * so for the first rejection and approximately after it.
 */
#include "lab/study/judge.h"

#include <math.h>

#include "core/base/alloc.h"
#include "spot/stats_tests.h"

static const double LEVEL = 0.05;         /* of the family of tests */
static const uint64_t BOOTSTRAP_SEED = 1; /* the default of spot_stats_paired */

/* Everything the steps below share; arrays are (n_seeds) unless noted. */
typedef struct bench {
    int n_seeds;
    int resamples;
    double limit_s;
    const spot_episode *episodes; /* (n_rows x n_seeds) */
    spot_stats_run *candidate;
    spot_stats_run *baseline;
    double *work; /* (spot_stats_paired_work_size(resamples)) */
} bench;

static const spot_episode *episodes_of(const bench *b, int i_row)
{
    return b->episodes + (size_t)i_row * (size_t)b->n_seeds;
}

static double budget_s(const bench *b, const spot_episode *e)
{
    return e->success ? e->time_s : b->limit_s;
}

static void as_runs(const bench *b, int i_row, spot_stats_run *runs)
{
    const spot_episode *e = episodes_of(b, i_row);
    for (int i = 0; i < b->n_seeds; i++) {
        runs[i] = (spot_stats_run){
            .success = e[i].success, .time_s = e[i].time_s, .chunks = (double)e[i].chunks};
    }
}

/* Every seed counts, a failure with the limit: what the failure-budget time is the mean of. */
static void as_budget_runs(const bench *b, int i_row, spot_stats_run *runs)
{
    const spot_episode *e = episodes_of(b, i_row);
    for (int i = 0; i < b->n_seeds; i++) {
        runs[i] = (spot_stats_run){.success = true, .time_s = budget_s(b, &e[i]), .chunks = 1.0};
    }
}

static spot_stats_paired_config bootstrap_config(const bench *b)
{
    spot_stats_paired_config config;
    spot_stats_paired_config_default(&config);
    config.n_resample = b->resamples;
    config.seed = BOOTSTRAP_SEED;
    return config;
}

/* Counts and means over all episodes; no resampling. */
static void fill_counts(const bench *b, int i_row, spot_tune_row *row)
{
    const spot_episode *e = episodes_of(b, i_row);
    double wait_s = 0.0;
    double age_s = 0.0;
    double chunks = 0.0;
    double grade = 0.0;
    row->episodes = b->n_seeds;
    row->successes = 0;
    for (int i = 0; i < b->n_seeds; i++) {
        row->successes += e[i].success;
        grade += e[i].grade;
        wait_s += e[i].wait_s;
        age_s += e[i].age_first_s * (double)e[i].chunks;
        chunks += (double)e[i].chunks;
    }
    row->success_rate = (double)row->successes / b->n_seeds;
    row->grade_mean = grade / b->n_seeds;
    row->delay_s = chunks > 0.0 ? wait_s / chunks : 0.0;
    row->age_s = chunks > 0.0 ? age_s / chunks : 0.0;
}

/* eta_task is the inverse of the time ratio, and so is its interval, ends swapped. */
static spot_estimate inverse(spot_estimate ratio)
{
    if (ratio.support == SPOT_STATS_NONE) {
        return ratio;
    }
    return (spot_estimate){.value = 1.0 / ratio.value,
                           .ci = {.lo = 1.0 / ratio.ci.hi, .hi = 1.0 / ratio.ci.lo},
                           .support = ratio.support};
}

/* Means over successes against the baseline, with intervals. */
static spot_status fill_estimates(const bench *b, int i_row, int i_baseline, spot_tune_row *row)
{
    const spot_stats_paired_config config = bootstrap_config(b);
    spot_stats_paired_result paired;

    as_runs(b, i_row, b->candidate);
    as_runs(b, i_baseline, b->baseline);
    spot_status st =
        spot_stats_paired(&config, b->candidate, b->baseline, b->n_seeds, b->work, &paired);
    if (st != SPOT_OK) {
        return st;
    }
    row->chunks = paired.chunks_candidate;
    row->inflation = paired.chunks_ratio;
    row->time = paired.time_candidate;
    row->eta_task = inverse(paired.time_ratio);

    as_budget_runs(b, i_row, b->candidate);
    st = spot_stats_paired(&config, b->candidate, b->candidate, b->n_seeds, b->work, &paired);
    row->budget_time = paired.time_candidate;
    return st;
}

static bool is_cheaper(const spot_tune_row *a, const spot_tune_row *b)
{
    if (a->latency.mean_s != b->latency.mean_s) {
        return a->latency.mean_s < b->latency.mean_s;
    }
    return a->point.overlap < b->point.overlap;
}

/* Better by the goal; a tie goes to the cheaper point, and then to the earlier one. */
static bool is_better(spot_goal goal, const spot_tune_row *a, const spot_tune_row *b)
{
    if (goal == SPOT_GOAL_SUCCESS && a->successes != b->successes) {
        return a->successes > b->successes;
    }
    if (a->budget_time.value != b->budget_time.value) {
        return a->budget_time.value < b->budget_time.value;
    }
    return is_cheaper(a, b);
}

/* One-sided p of "row i is no worse than the best". */
static spot_status test_against_best(const bench *b, spot_goal goal, int i_row, int i_best,
                                     double *p)
{
    if (goal == SPOT_GOAL_TIME) {
        const spot_stats_paired_config config = bootstrap_config(b);
        spot_stats_paired_result paired;
        as_budget_runs(b, i_best, b->candidate);
        as_budget_runs(b, i_row, b->baseline);
        spot_status st =
            spot_stats_paired(&config, b->candidate, b->baseline, b->n_seeds, b->work, &paired);
        *p = fmax(paired.p_candidate_faster, spot_stats_paired_floor(b->n_seeds));
        return st;
    }
    const spot_episode *mine = episodes_of(b, i_row);
    const spot_episode *best = episodes_of(b, i_best);
    int best_only = 0;
    int mine_only = 0;
    for (int i = 0; i < b->n_seeds; i++) {
        best_only += best[i].success && !mine[i].success;
        mine_only += mine[i].success && !best[i].success;
    }
    spot_stats_mcnemar_result mcnemar;
    spot_status st = spot_stats_mcnemar(best_only, mine_only, &mcnemar);
    if (st == SPOT_OK) {
        *p = mcnemar.p_candidate_better;
    }
    return st;
}

static int find_best(const spot_tune_result *result)
{
    int best = 0;
    for (int i = 1; i < result->n_rows; i++) {
        if (is_better(result->goal, &result->rows[i], &result->rows[best])) {
            best = i;
        }
    }
    return best;
}

/* Every point but the best one against it; Holm over these tests. */
static spot_status test_others(const bench *b, spot_tune_result *result)
{
    double p[SPOT_TUNE_POINTS_MAX];
    int order[SPOT_TUNE_POINTS_MAX];
    int n = 0;
    result->rows[result->best].p_best = 1.0;
    result->rows[result->best].p_holm = 1.0;
    for (int i = 0; i < result->n_rows; i++) {
        spot_tune_row *row = &result->rows[i];
        if (i == result->best) {
            continue;
        }
        spot_status st = test_against_best(b, result->goal, i, result->best, &row->p_best);
        if (st != SPOT_OK) {
            return st;
        }
        p[n++] = row->p_best;
    }
    spot_status st = n > 0 ? spot_stats_holm(p, n, order, p) : SPOT_OK;
    for (int i = 0, test = 0; st == SPOT_OK && i < result->n_rows; i++) {
        if (i != result->best) {
            result->rows[i].p_holm = p[test++];
        }
    }
    return st;
}

static spot_status choose(const bench *b, spot_tune_result *result)
{
    result->best = find_best(result);
    spot_status st = test_others(b, result);
    if (st != SPOT_OK) {
        return st;
    }
    for (int i = 0; i < result->n_rows; i++) {
        spot_tune_row *row = &result->rows[i];
        row->among_best = i == result->best || row->p_holm > LEVEL;
    }
    spoti_judge_summarise(result);
    return SPOT_OK;
}

void spoti_judge_summarise(spot_tune_result *result)
{
    result->best_is_unique = true;
    result->cheapest = result->best;
    for (int i = 0; i < result->n_rows; i++) {
        const spot_tune_row *row = &result->rows[i];
        result->best_is_unique = result->best_is_unique && (i == result->best || !row->among_best);
        if (row->among_best && is_cheaper(row, &result->rows[result->cheapest])) {
            result->cheapest = i;
        }
    }
    result->best_beats_baseline = !result->rows[result->baseline].among_best;
}

/* A success takes time and at least one chunk; anything else would poison the ratios. */
static spot_status check_episodes(const spot_tune_result *result, const bench *b, spot_diag *diag)
{
    for (int i_row = 0; i_row < result->n_rows; i_row++) {
        const spot_episode *e = episodes_of(b, i_row);
        for (int i = 0; i < b->n_seeds; i++) {
            if (e[i].success && !(isfinite(e[i].time_s) && e[i].time_s > 0.0 && e[i].chunks > 0)) {
                return spot_diag_set(diag, SPOT_E_RANGE,
                                     "%s, seed %llu: success after %g s and %lld chunks, expected "
                                     "a time above 0 and at least one chunk",
                                     result->rows[i_row].text, (unsigned long long)e[i].seed,
                                     e[i].time_s, (long long)e[i].chunks);
            }
        }
    }
    return SPOT_OK;
}

spot_status spoti_judge_seeds(spot_tune_result *result, const spot_episode *episodes, int n_seeds,
                              spot_diag *diag)
{
    bench b = {.n_seeds = n_seeds,
               .resamples = result->setting.resamples,
               .limit_s = result->setting.time_limit_s,
               .episodes = episodes};
    size_t n = (size_t)b.n_seeds;
    size_t n_work = spot_stats_paired_work_size(b.resamples);
    spot_status st = check_episodes(result, &b, diag);
    if (st != SPOT_OK) {
        return st;
    }

    b.candidate = (spot_stats_run *)spoti_alloc(NULL, n, sizeof(*b.candidate));
    b.baseline = (spot_stats_run *)spoti_alloc(NULL, n, sizeof(*b.baseline));
    b.work = (double *)spoti_alloc(NULL, n_work, sizeof(*b.work));
    if (b.candidate == NULL || b.baseline == NULL || b.work == NULL) {
        st = SPOT_E_NOMEM;
    }
    for (int i = 0; st == SPOT_OK && i < result->n_rows; i++) {
        spot_tune_row *row = &result->rows[i];
        fill_counts(&b, i, row);
        st = spot_stats_wilson(row->successes, row->episodes, SPOT_STATS_CONFIDENCE, &row->wilson);
        if (st == SPOT_OK) {
            st = fill_estimates(&b, i, result->baseline, row);
        }
    }
    if (st == SPOT_OK) {
        st = choose(&b, result);
    }
    spoti_free(NULL, b.candidate, n * sizeof(*b.candidate));
    spoti_free(NULL, b.baseline, n * sizeof(*b.baseline));
    spoti_free(NULL, b.work, n_work * sizeof(*b.work));
    return st;
}
