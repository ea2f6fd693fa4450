/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The exact plan. What clocks can do at b bits they can do at fewer, with time and energy to spare, so
 * the feasible bits are the first ones of the list, and the largest of them, which every objective here
 * prefers, is found by bisection.
 */
#include <math.h>
#include <string.h>

#include "core/coinfer/coinfer.h"
#include "core/coinfer/plan.h"

int spoti_bits_count(const spot_coinfer_problem *problem)
{
    return problem->n_bits > 0 ? problem->n_bits : problem->full_bits;
}

int spoti_bits_at(const spot_coinfer_problem *problem, int i)
{
    return problem->n_bits > 0 ? problem->bits[i] : i + 1;
}

/* Whether `bits` (real) can be had, and the clocks of the least energy. */
static bool is_feasible(const spot_coinfer_problem *problem, double bits, spoti_clocks *clocks)
{
    spoti_load load;

    spoti_load_of(problem, bits, &load);
    return spoti_clocks_least_energy(problem, &load, problem->max_delay_s, clocks) &&
           spoti_within(clocks->energy_j, problem->max_energy_j);
}

/* What a plan of `bits`, which is not feasible, lacks. */
static spot_coinfer_binds what_binds(const spot_coinfer_problem *problem, int bits)
{
    spoti_load load;
    spoti_clocks clocks;

    spoti_load_of(problem, bits, &load);

    const bool time_would_do =
        spoti_clocks_least_energy(problem, &load, (double)INFINITY, &clocks) &&
        spoti_within(clocks.energy_j, problem->max_energy_j);
    const bool energy_would_do =
        spoti_clocks_least_delay(problem, &load, (double)INFINITY, &clocks) &&
        spoti_within(clocks.delay_s, problem->max_delay_s);

    if (time_would_do) {
        return energy_would_do ? SPOT_COINFER_BINDS_EITHER : SPOT_COINFER_BINDS_DELAY;
    }
    return energy_would_do ? SPOT_COINFER_BINDS_ENERGY : SPOT_COINFER_BINDS_BOTH;
}

/* The least that would do at `bits`, each within the other's budget. */
static void find_least(const spot_coinfer_problem *problem, int bits, spot_coinfer_plan *plan)
{
    spoti_load load;
    spoti_clocks clocks;

    spoti_load_of(problem, bits, &load);
    plan->least_energy_j = spoti_clocks_least_energy(problem, &load, problem->max_delay_s, &clocks)
                               ? clocks.energy_j
                               : (double)INFINITY;
    plan->least_delay_s = spoti_clocks_least_delay(problem, &load, problem->max_energy_j, &clocks)
                              ? clocks.delay_s
                              : (double)INFINITY;
}

/* The index of the largest feasible bits below `end`, and their clocks; -1 = none. */
static int largest_feasible(const spot_coinfer_problem *problem, int end, spoti_clocks *clocks)
{
    int lo = -1; /* feasible, as is nothing at all */
    int hi = end;

    while (hi - lo > 1) {
        const int middle = lo + (hi - lo) / 2;
        spoti_clocks c;

        if (is_feasible(problem, spoti_bits_at(problem, middle), &c)) {
            lo = middle;
            *clocks = c;
        } else {
            hi = middle;
        }
    }
    return lo;
}

void spoti_plan_below(const spot_coinfer_problem *problem, double bits_max, spot_coinfer_plan *plan)
{
    const int n_bits = spoti_bits_count(problem);
    const int fewest = spoti_bits_at(problem, 0);
    spoti_clocks clocks = {.delay_s = 0.0};
    int end = 0;

    while (end < n_bits && spoti_bits_at(problem, end) <= bits_max) {
        end++;
    }
    const int i = largest_feasible(problem, end, &clocks);
    const int bits = i >= 0 ? spoti_bits_at(problem, i) : fewest;

    if (i >= 0 && problem->prefer == SPOT_COINFER_PREFER_DELAY) {
        spoti_load load;

        spoti_load_of(problem, bits, &load);
        (void)spoti_clocks_least_delay(problem, &load, problem->max_energy_j, &clocks);
    }
    for (int k = 0; i < 0 && k < problem->n_stage; k++) {
        clocks.hz[k] = spoti_clock_max(&problem->computer[k]);
    }
    spoti_plan_of(problem, bits, clocks.hz, plan);
    plan->feasible = i >= 0;
    if (i + 1 < n_bits) {
        plan->binds = what_binds(problem, spoti_bits_at(problem, i + 1));
    }
    find_least(problem, fewest, plan);
}

spot_status spot_coinfer_plan_exact(const spot_coinfer_problem *problem, spot_coinfer_plan *plan)
{
    spot_status st = spot_coinfer_problem_check(problem, NULL);

    if (st != SPOT_OK) {
        return st;
    }
    if (plan == NULL) {
        return SPOT_E_INVALID;
    }
    spoti_plan_below(problem, (double)INFINITY, plan);
    return SPOT_OK;
}

int spoti_bits_at_clocks(const spot_coinfer_problem *problem, const double *clock_hz,
                         double bits_max)
{
    int most = 0;

    for (int i = 0; i < spoti_bits_count(problem); i++) {
        const int bits = spoti_bits_at(problem, i);
        spot_coinfer_plan plan;

        if (bits <= bits_max) {
            spoti_plan_of(problem, bits, clock_hz, &plan);
            most = plan.feasible ? bits : most;
        }
    }
    return most;
}

spot_status spot_coinfer_bits_continuous(const spot_coinfer_problem *problem, double *bits)
{
    const int halvings = 64; /* past the last bit of a double */
    spot_status st = spot_coinfer_problem_check(problem, NULL);
    spoti_clocks clocks;

    if (st != SPOT_OK) {
        return st;
    }
    if (bits == NULL) {
        return SPOT_E_INVALID;
    }
    double lo = 0.0;
    double hi = problem->full_bits;

    if (is_feasible(problem, hi, &clocks)) {
        *bits = hi;
        return SPOT_OK;
    }
    for (int i = 0; i < halvings; i++) {
        const double middle = lo + (hi - lo) / 2.0;

        if (is_feasible(problem, middle, &clocks)) {
            lo = middle;
        } else {
            hi = middle;
        }
    }
    *bits = lo;
    return SPOT_OK;
}
