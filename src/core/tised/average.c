/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * From episodes to the means that a decomposition starts from: TISED Eq. 31, and what a success costs
 * when failures cost too.
 */
#include "spot/tised.h"

#include <math.h>

static bool is_cost(double x)
{
    return isfinite(x) && x >= 0.0;
}

spot_status spot_tised_per_success(double mean_cost, double success_rate, double *cost)
{
    if (cost == NULL) {
        return SPOT_E_INVALID;
    }
    if (!is_cost(mean_cost) || !(success_rate > 0.0 && success_rate <= 1.0) ||
        !isfinite(mean_cost / success_rate)) {
        return SPOT_E_RANGE;
    }
    *cost = mean_cost / success_rate;
    return SPOT_OK;
}

/* Sums over all episodes and over the successful ones. */
typedef struct sums {
    double time_s, success_time_s, chunks, energy_j;
} sums;

static spot_status add_up(const spot_tised_log *log, sums *sum, spot_tised_average *average)
{
    for (int i = 0; i < log->n; i++) {
        double n_chunk = log->n_chunk != NULL ? log->n_chunk[i] : 0.0;
        double energy_j = log->energy_j != NULL ? log->energy_j[i] : 0.0;
        if (!is_cost(log->time_s[i]) || !is_cost(n_chunk) || !is_cost(energy_j)) {
            return SPOT_E_RANGE;
        }
        sum->time_s += log->time_s[i];
        sum->energy_j += energy_j;
        if (log->success[i]) {
            average->n_success++;
            sum->success_time_s += log->time_s[i];
            sum->chunks += n_chunk;
        }
    }
    return is_cost(sum->time_s) && is_cost(sum->chunks) && is_cost(sum->energy_j) ? SPOT_OK
                                                                                  : SPOT_E_RANGE;
}

spot_status spot_tised_summarise(const spot_tised_log *log, spot_tised_average *out)
{
    if (log == NULL || log->success == NULL || log->time_s == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    if (log->n < 1 || !is_cost(log->budget_s)) {
        return SPOT_E_RANGE;
    }
    spot_tised_average average = {0};
    sums sum = {0};
    spot_status st = add_up(log, &sum, &average);
    int n_failure = log->n - average.n_success;
    average.budget_time_s = (sum.success_time_s + n_failure * log->budget_s) / log->n;
    if (st != SPOT_OK || !isfinite(average.budget_time_s)) {
        return SPOT_E_RANGE;
    }
    average.has_success = average.n_success > 0;
    if (average.has_success) {
        average.task_s = sum.success_time_s / average.n_success;
        average.time_per_success_s = sum.time_s / average.n_success;
        average.has_chunks = log->n_chunk != NULL;
        average.n_chunk = sum.chunks / average.n_success;
        average.has_energy = log->energy_j != NULL;
        average.energy_per_success_j = sum.energy_j / average.n_success;
    }
    *out = average;
    return SPOT_OK;
}
