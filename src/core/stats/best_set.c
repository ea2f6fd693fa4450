/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The points that may be the best, and those that beat the baseline, from tests of all pairs.
 *
 * "Point k is the best" says that none of its n - 1 rivals is better; it is rejected if one of them
 * is at level / (n - 1) (Bonferroni). For the true best each of these rejections is a false one.
 */
#include <math.h>

#include "core/base/config.h"
#include "spot/stats_many.h"
#include "spot/stats_tests.h"

static bool is_number_of_points(int n_point)
{
    return n_point >= 2 && n_point <= SPOT_STATS_MAX_POINTS;
}

spot_status spot_stats_sign_flip_pairs(const spot_stats_sign_flip_config *config,
                                       const double *outcome, int n_seed, int n_point, double *work,
                                       double *p_worse)
{
    if (SPOTI_CONFIG_CHECK(spot_stats_sign_flip_config, config, NULL) != SPOT_OK ||
        outcome == NULL || work == NULL || p_worse == NULL) {
        return SPOT_E_INVALID;
    }
    if (n_seed < 1 || n_seed > SPOT_STATS_MAX_TRIALS || !is_number_of_points(n_point)) {
        return SPOT_E_RANGE;
    }
    for (int pair = 0; pair < n_point * n_point; pair++) {
        int i = pair / n_point;
        int j = pair % n_point;
        p_worse[pair] = 1.0;
        if (i == j) {
            continue;
        }
        for (int s = 0; s < n_seed; s++) {
            const double *row = outcome + (size_t)s * (size_t)n_point;
            work[s] = row[j] - row[i];
        }
        spot_stats_sign_flip_result r;
        spot_status st = spot_stats_sign_flip(config, work, n_seed, &r);
        if (st != SPOT_OK) {
            return st;
        }
        p_worse[pair] = r.p;
    }
    return SPOT_OK;
}

spot_status spot_stats_best_set(const double *p_worse, int n_point, double level, double *p_best,
                                bool *is_in)
{
    if (p_worse == NULL || p_best == NULL || is_in == NULL) {
        return SPOT_E_INVALID;
    }
    if (!is_number_of_points(n_point) || !(level > 0.0 && level < 0.5)) {
        return SPOT_E_RANGE;
    }
    for (int k = 0; k < n_point; k++) {
        double least = 1.0;
        for (int rival = 0; rival < n_point; rival++) {
            double p = p_worse[k * n_point + rival];
            if (rival == k) {
                continue;
            }
            if (!(p >= 0.0 && p <= 1.0)) {
                return SPOT_E_RANGE;
            }
            least = fmin(least, p);
        }
        p_best[k] = fmin(1.0, (n_point - 1) * least);
        is_in[k] = p_best[k] > level;
    }
    return SPOT_OK;
}

spot_status spot_stats_against_baseline(const double *p_worse, int n_point, int baseline,
                                        int *order, double *adjusted)
{
    if (p_worse == NULL || order == NULL || adjusted == NULL) {
        return SPOT_E_INVALID;
    }
    if (!is_number_of_points(n_point) || baseline < 0 || baseline >= n_point) {
        return SPOT_E_RANGE;
    }
    /* the rivals' p-values without a gap, and after the correction back in their places */
    const double *row = p_worse + (size_t)baseline * (size_t)n_point;
    for (int j = 0; j < n_point - 1; j++) {
        adjusted[j] = row[j < baseline ? j : j + 1];
    }
    spot_status st = spot_stats_holm(adjusted, n_point - 1, order, adjusted);
    if (st != SPOT_OK) {
        return st;
    }
    for (int j = n_point - 1; j > baseline; j--) {
        adjusted[j] = adjusted[j - 1];
    }
    adjusted[baseline] = 1.0;
    return SPOT_OK;
}
