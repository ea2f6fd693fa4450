/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Successive convex approximation, as the paper plans, for comparison with the exact plan.
 *
 * With A cycles of the agent a bit, its clock f, the server's g and cycles B, the problem
 *
 *     min D_U(b) - D_L(b)   s.t.  A b / f + B / g <= T,  w A b f^2 + v B g^2 <= E
 *
 * is not convex: neither the objective nor the products with b. Around (b_k, f_k) it is replaced by one
 * that is convex in (b, f, g), bounds it from above, and touches it (the paper's own surrogate is not
 * known to us; this is ours):
 *
 *     D_U(b) - D_L(b_k) - D_L'(b_k) (b - b_k)               least at b = b_k + 1 for D_U = 2^(1-b)
 *     b / f  <= (b^2 / (b_k f_k) + b_k f_k / f^2) / 2       means of a product, equal at the iterate
 *     b f^2  <= (b^2 f_k^2 / b_k + b_k f^4 / f_k^2) / 2
 *
 * So each iterate is feasible and the objective falls. The surrogate wants b as large as it may be up
 * to b_k + 1. With u = b^2 and s = f^2 its constraints are u <= c_1 - d_1 / s and u <= c_2 - d_2 s^2,
 * one rising, one falling: the best f is where they meet, the one positive root of a cubic; what is then
 * left is concave in g, found by golden section. Idle power is charged for the whole budget T.
 */
#include <math.h>

#include "core/coinfer/plan.h"

static const int ITERATIONS_MAX = 200;
static const double STEP_END = 1e-9; /* relative change of b at which iterates have converged */

typedef struct approximation {
    double a, w, b_cycles, v; /* A, w, B, v */
    double time_s, energy_j;  /* T, E without hops and idle power */
    double f_lo, f_hi, g_lo, g_hi;
    double b, f, g; /* the iterate */
} approximation;

/* The positive root of d_2 s^3 + p s - d_1 = 0; d_1, d_2 > 0, so there is one. */
static double positive_root(double d_2, double p, double d_1)
{
    const double third = p / (3.0 * d_2);
    const double half = d_1 / (2.0 * d_2);
    const double inside = half * half + third * third * third;

    if (inside >= 0.0) {
        const double root = sqrt(inside);

        /* half - root loses digits where third is positive: it is -third^3 / (half + root) */
        return cbrt(half + root) + (third > 0.0 ? -third / cbrt(half + root) : cbrt(half - root));
    }
    const double r = sqrt(-third);

    return 2.0 * r * cos(acos(fmin(1.0, half / (r * r * r))) / 3.0);
}

/* The largest b^2 that the surrogate allows at the server's clock g, and the agent's clock for it. */
static double largest_square(const approximation *k, double g, double *f)
{
    const double server_s = k->b_cycles > 0.0 ? k->b_cycles / g : 0.0;
    const double c_1 = 2.0 * (k->time_s - server_s) / k->a * k->b * k->f;
    const double d_1 = k->b * k->b * k->f * k->f;
    const double scale = k->b / (k->f * k->f);
    const double c_2 = 2.0 * (k->energy_j - k->v * k->b_cycles * g * g) / (k->w * k->a) * scale;
    const double d_2 = scale * scale;
    const double s = positive_root(d_2, c_1 - c_2, d_1);

    *f = fmin(k->f_hi, fmax(k->f_lo, sqrt(s)));

    const double square = *f * *f;

    return fmin(c_1 - d_1 / square, c_2 - d_2 * square * square);
}

/* Golden section for the g of the largest b^2, which is concave in g. */
static double best_server_clock(const approximation *k)
{
    const double golden = 0.6180339887498949;
    const int cuts = 60; /* to 3e-13 of the range */
    double lo = k->g_lo;
    double hi = k->g_hi;
    double unused = 0.0;
    double left = hi - golden * (hi - lo);
    double right = lo + golden * (hi - lo);
    double at_left = largest_square(k, left, &unused);
    double at_right = largest_square(k, right, &unused);

    for (int i = 0; i < cuts; i++) {
        if (at_left < at_right) {
            lo = left;
            left = right;
            at_left = at_right;
            right = lo + golden * (hi - lo);
            at_right = largest_square(k, right, &unused);
        } else {
            hi = right;
            right = left;
            at_right = at_left;
            left = hi - golden * (hi - lo);
            at_left = largest_square(k, left, &unused);
        }
    }
    return lo + (hi - lo) / 2.0;
}

/* One step: solves the surrogate. Returns the relative change of b. */
static double step(approximation *k, double bits_max)
{
    const double g = k->b_cycles > 0.0 ? best_server_clock(k) : k->g_hi;
    double f = k->f;
    const double square = largest_square(k, g, &f);
    const double wanted = fmin(bits_max, k->b + 1.0);
    const double b = fmin(wanted, sqrt(fmax(0.0, square)));

    if (!(b > k->b)) {
        return 0.0; /* the iterate is the best, to a rounding */
    }
    const double change = b / k->b - 1.0;

    k->b = b;
    k->f = f;
    k->g = g;
    return change;
}

static approximation approximation_of(const spot_coinfer_problem *problem, int bits,
                                      const spoti_clocks *clocks)
{
    spoti_load one; /* at one bit */

    spoti_load_of(problem, 1.0, &one);

    const bool alone = one.n == 1;
    approximation k = {
        .a = one.cycles[0],
        .w = one.weight[0],
        .b_cycles = alone ? 0.0 : one.cycles[1],
        .v = alone ? 0.0 : one.weight[1],
        .time_s = problem->max_delay_s - one.fixed_s,
        .energy_j = problem->max_energy_j - one.fixed_j - one.idle_w * problem->max_delay_s,
        .f_lo = spoti_clock_min(&problem->computer[0]),
        .f_hi = spoti_clock_max(&problem->computer[0]),
        .g_lo = alone ? 0.0 : spoti_clock_min(&problem->computer[1]),
        .g_hi = alone ? 0.0 : spoti_clock_max(&problem->computer[1]),
        .b = bits,
        .f = clocks->hz[0],
        .g = alone ? 0.0 : clocks->hz[1],
    };

    /* a server that just makes it in time is the slowest that can be meant */
    k.g_lo = k.b_cycles > 0.0 ? fmax(k.g_lo, k.b_cycles / k.time_s) : k.g_lo;
    return k;
}

static spot_status run_sca(const spot_coinfer_problem *problem,
                           const spot_coinfer_scheme_config *config, spot_coinfer_outcome *outcome)
{
    const int fewest = spoti_bits_at(problem, 0);
    spot_coinfer_problem relaxed = *problem;
    spoti_load load;
    spoti_clocks start;

    (void)config;
    if (problem->n_stage > 2) {
        return SPOT_E_UNSUPPORTED;
    }
    for (int i = 0; i < relaxed.n_stage; i++) { /* clocks of a list: the range that it spans */
        relaxed.computer[i].clock_min_hz = spoti_clock_min(&problem->computer[i]);
        relaxed.computer[i].clock_max_hz = spoti_clock_max(&problem->computer[i]);
        relaxed.computer[i].n_clock = 0;
    }
    spoti_load_of(&relaxed, fewest, &load);

    const bool starts = spoti_clocks_least_energy(&relaxed, &load, problem->max_delay_s, &start) &&
                        spoti_within(start.energy_j, problem->max_energy_j);
    double bits = starts ? fewest : 0.0;

    if (starts && load.cycles[0] > 0.0 && load.weight[0] > 0.0) {
        approximation k = approximation_of(&relaxed, fewest, &start);

        while (outcome->iterations < ITERATIONS_MAX) {
            outcome->iterations++;
            if (!(step(&k, problem->full_bits) > STEP_END)) {
                break;
            }
        }
        bits = k.b;
    } else if (starts) {
        bits = problem->full_bits; /* bits cost nothing that the surrogate sees */
    }
    /* down, not to the nearest: that need not be feasible */
    spoti_plan_below(problem, bits * (1.0 + 1e-7), &outcome->plan);
    spoti_outcome_of_plan(outcome);
    outcome->bits_real = bits;
    return SPOT_OK;
}

const spoti_scheme spoti_scheme_sca = {
    "sca", "successive convex approximation, bits rounded down, then the best clocks", run_sca};
