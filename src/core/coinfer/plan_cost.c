/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Delay and energy of bits and clocks, term by term. */
#include <math.h>
#include <string.h>

#include "core/coinfer/coinfer.h"
#include "core/coinfer/plan.h"

/* What hop i takes; nothing where nothing is sent. */
static void hop_of(const spot_coinfer_problem *problem, int i, double *delay_s, double *energy_j)
{
    const spot_coinfer_link *link = &problem->link[i];
    const double sending_s = problem->hop_bits[i] / link->bandwidth_bit_s;
    const bool sends = problem->hop_bits[i] > 0.0;

    *delay_s = sends ? sending_s + link->latency_s : 0.0;
    *energy_j = sends ? link->radio_w * sending_s : 0.0;
}

void spoti_load_of(const spot_coinfer_problem *problem, double bits, spoti_load *load)
{
    memset(load, 0, sizeof(*load));
    load->n = problem->n_stage;
    for (int i = 0; i < load->n; i++) {
        const spot_coinfer_computer *c = &problem->computer[i];
        const double share = i == 0 ? bits / problem->full_bits : 1.0;

        load->cycles[i] = share * problem->flop[i] / c->flop_per_cycle;
        load->weight[i] = c->pue * c->power_w_per_hz3;
        load->scale[i] = cbrt(2.0 * load->weight[i]);
        load->idle_w += c->pue * c->idle_w;
    }
    for (int i = 0; i + 1 < load->n; i++) {
        double hop_s = 0.0;
        double hop_j = 0.0;

        hop_of(problem, i, &hop_s, &hop_j);
        load->fixed_s += hop_s;
        load->fixed_j += hop_j;
    }
}

double spoti_clock_min(const spot_coinfer_computer *computer)
{
    double least = computer->n_clock > 0 ? computer->clocks_hz[0] : computer->clock_min_hz;

    for (int i = 1; i < computer->n_clock; i++) {
        least = fmin(least, computer->clocks_hz[i]);
    }
    return least;
}

double spoti_clock_max(const spot_coinfer_computer *computer)
{
    double most = computer->n_clock > 0 ? computer->clocks_hz[0] : computer->clock_max_hz;

    for (int i = 1; i < computer->n_clock; i++) {
        most = fmax(most, computer->clocks_hz[i]);
    }
    return most;
}

bool spoti_clock_is(const spot_coinfer_computer *computer, double hz)
{
    for (int i = 0; i < computer->n_clock; i++) {
        if (fabs(hz - computer->clocks_hz[i]) <= SPOTI_PLAN_SLACK * hz) {
            return true;
        }
    }
    return computer->n_clock == 0 && spoti_within(hz, computer->clock_max_hz) &&
           spoti_within(computer->clock_min_hz, hz);
}

static double upper_of(const spot_coinfer_problem *problem, int bits)
{
    static const spot_coinfer_curve curves[] = {SPOT_COINFER_LLOYD, SPOT_COINFER_VERDU,
                                                SPOT_COINFER_ADDITIVE, SPOT_COINFER_VERDU};
    double upper = 0.0;

    (void)spot_coinfer_distortion(curves[problem->objective], problem->lambda, bits, &upper);
    return upper;
}

void spoti_plan_of(const spot_coinfer_problem *problem, int bits, const double *clock_hz,
                   spot_coinfer_plan *plan)
{
    spoti_load load;

    spoti_load_of(problem, bits, &load);
    memset(plan, 0, sizeof(*plan));
    plan->bits = bits;
    for (int i = 0; i < load.n; i++) {
        plan->clock_hz[i] = clock_hz[i];
        plan->stage_s[i] = load.cycles[i] > 0.0 ? load.cycles[i] / clock_hz[i] : 0.0;
        plan->stage_j[i] = load.weight[i] * load.cycles[i] * clock_hz[i] * clock_hz[i];
        plan->delay_s += plan->stage_s[i];
        plan->energy_j += plan->stage_j[i];
    }
    for (int i = 0; i + 1 < load.n; i++) {
        hop_of(problem, i, &plan->hop_s[i], &plan->hop_j[i]);
    }
    plan->delay_s += load.fixed_s;
    plan->idle_j = load.idle_w * plan->delay_s;
    plan->energy_j += load.fixed_j + plan->idle_j;
    plan->slack_s = problem->max_delay_s - plan->delay_s;
    plan->slack_j = problem->max_energy_j - plan->energy_j;
    plan->feasible = spoti_within(plan->delay_s, problem->max_delay_s) &&
                     spoti_within(plan->energy_j, problem->max_energy_j);
    (void)spot_coinfer_distortion(SPOT_COINFER_LOWER, problem->lambda, bits, &plan->lower);
    plan->upper = upper_of(problem, bits);
    plan->objective =
        problem->objective == SPOT_COINFER_OBJECTIVE_GAP ? plan->upper - plan->lower : plan->upper;
}

spot_status spot_coinfer_cost(const spot_coinfer_problem *problem, int bits, const double *clock_hz,
                              spot_coinfer_plan *plan)
{
    spot_status st = spot_coinfer_problem_check(problem, NULL);

    if (st != SPOT_OK) {
        return st;
    }
    if (clock_hz == NULL || plan == NULL) {
        return SPOT_E_INVALID;
    }
    for (int i = 0; i < problem->n_stage; i++) {
        if (!spoti_positive(clock_hz[i])) {
            return SPOT_E_RANGE;
        }
    }
    if (bits < 1 || bits > problem->full_bits) {
        return SPOT_E_RANGE;
    }
    spoti_plan_of(problem, bits, clock_hz, plan);
    return SPOT_OK;
}
