/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Tests that put several tables or grades together: Cochran-Mantel-Haenszel, graded scores, Holm.
 *
 * CMH: stratum i has N trials, n1 of the candidate, K successes in all. Given these, the candidate's
 * successes k have mean n1 K / N and variance n1 n2 K (N - K) / (N^2 (N - 1)); z = sum (k - mean) /
 * sqrt (sum variance). Mantel-Haenszel's odds ratio: sum (k1 f2 / N) / sum (k2 f1 / N), f = failures.
 */
#include <math.h>

#include "core/stats/dist.h"
#include "core/stats/order.h"
#include "spot/stats_tests.h"

static spot_stats_test_result normal_test(double z)
{
    return (spot_stats_test_result){
        .p_two_sided = fmin(1.0, 2.0 * spoti_normal_cdf(-fabs(z))),
        .p_candidate_better = spoti_normal_cdf(-z),
        .p_baseline_better = spoti_normal_cdf(z),
    };
}

spot_status spot_stats_cmh(const spot_stats_stratum *strata, int n_stratum,
                           spot_stats_cmh_result *out)
{
    if (strata == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    if (n_stratum < 1) {
        return SPOT_E_RANGE;
    }
    double excess = 0.0;
    double variance = 0.0;
    double odds_for = 0.0;
    double odds_against = 0.0;
    int n_informative = 0;
    for (int i = 0; i < n_stratum; i++) {
        if (!spoti_is_count(strata[i].candidate) || !spoti_is_count(strata[i].baseline)) {
            return SPOT_E_RANGE;
        }
        double n_1 = strata[i].candidate.n;
        double n_2 = strata[i].baseline.n;
        double k_1 = strata[i].candidate.successes;
        double k_2 = strata[i].baseline.successes;
        double n = n_1 + n_2;
        double total = k_1 + k_2;
        if (n_1 == 0.0 || n_2 == 0.0 || total == 0.0 || total == n) {
            continue;
        }
        n_informative++;
        excess += (k_1 * n_2 - k_2 * n_1) / n; /* k_1 - n_1 total / n, without cancellation */
        variance += n_1 / n * (n_2 / n) * total * ((n - total) / (n - 1.0));
        odds_for += k_1 * (n_2 - k_2) / n;
        odds_against += k_2 * (n_1 - k_1) / n;
    }
    *out = (spot_stats_cmh_result){.n_informative = n_informative};
    if (n_informative == 0) {
        out->test = (spot_stats_test_result){1.0, 1.0, 1.0};
        return SPOT_OK;
    }
    out->z = excess / sqrt(variance);
    out->test = normal_test(out->z);
    out->has_odds_ratio = odds_against > 0.0;
    out->odds_ratio = out->has_odds_ratio ? odds_for / odds_against : 0.0;
    return SPOT_OK;
}

static bool is_score(spot_stats_score score, double max_grade)
{
    return score.n >= 1 && score.n <= SPOT_STATS_MAX_TRIALS && score.sum >= 0.0 &&
           score.sum <= score.n * max_grade;
}

/* A sum of mean grades, some of them taken away, in units of the highest grade, so that no product
 * overflows. */
typedef struct grades {
    double difference;
    double variance; /* the largest that these means allow */
    double total;    /* of all grades */
    double n;
    double inverse_n; /* sum of 1 / n */
} grades;

static void add_score(grades *g, spot_stats_score score, double max_grade, double sign)
{
    double n = score.n;
    double m = fmin(score.sum / max_grade / n, 1.0);
    g->difference += sign * m;
    g->variance += m * (1.0 - m) / n;
    g->total += n * m;
    g->n += n;
    g->inverse_n += 1.0 / n;
}

static void judge_grades(const grades *g, spot_stats_graded_result *out)
{
    double variance = g->variance;
    if (variance <= 0.0) {
        double pooled = g->total / g->n;
        variance = pooled * (1.0 - pooled) * g->inverse_n;
    }
    /* all at the same end: no difference, and nothing to divide by */
    out->z = g->difference == 0.0 ? 0.0 : g->difference / sqrt(variance);
    out->test = normal_test(out->z);
}

spot_status spot_stats_graded(spot_stats_score candidate, spot_stats_score baseline,
                              double max_grade, spot_stats_graded_result *out)
{
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    if (!(max_grade > 0.0) || isinf(max_grade) || !is_score(candidate, max_grade) ||
        !is_score(baseline, max_grade)) {
        return SPOT_E_RANGE;
    }
    grades g = {0};
    add_score(&g, candidate, max_grade, 1.0);
    add_score(&g, baseline, max_grade, -1.0);
    judge_grades(&g, out);
    return SPOT_OK;
}

spot_status spot_stats_interaction_graded(const spot_stats_score_pair *first,
                                          const spot_stats_score_pair *second, double max_grade,
                                          spot_stats_graded_result *out)
{
    if (first == NULL || second == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    if (!(max_grade > 0.0) || isinf(max_grade) || !is_score(first->candidate, max_grade) ||
        !is_score(first->baseline, max_grade) || !is_score(second->candidate, max_grade) ||
        !is_score(second->baseline, max_grade)) {
        return SPOT_E_RANGE;
    }
    grades g = {0};
    add_score(&g, first->candidate, max_grade, 1.0);
    add_score(&g, first->baseline, max_grade, -1.0);
    add_score(&g, second->baseline, max_grade, 1.0);
    add_score(&g, second->candidate, max_grade, -1.0);
    judge_grades(&g, out);
    return SPOT_OK;
}

spot_status spot_stats_holm(const double *p, int n, int *order, double *adjusted)
{
    if (p == NULL || order == NULL || adjusted == NULL) {
        return SPOT_E_INVALID;
    }
    if (n < 1) {
        return SPOT_E_RANGE;
    }
    for (int i = 0; i < n; i++) {
        if (!(p[i] >= 0.0 && p[i] <= 1.0)) {
            return SPOT_E_RANGE;
        }
    }
    spoti_rank(p, n, order);
    /* step down: a test is never significant where a smaller p was not */
    double running = 0.0;
    for (int rank = 0; rank < n; rank++) {
        int i = order[rank];
        running = fmax(running, fmin(1.0, (double)(n - rank) * p[i]));
        adjusted[i] = running;
    }
    return SPOT_OK;
}
