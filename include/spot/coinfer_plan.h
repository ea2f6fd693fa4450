/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A plan of co-inference: bits and clocks that waste least of a network under a delay and an energy
 * (after arXiv 2602.13052, which has two computers, no network, and no idle power).
 *
 * A network is cut into stages, each on a computer of its own: the agent (on the robot), then maybe
 * an edge and a cloud. The agent's part is quantised to b of its full b0 bits, and its work shrinks
 * in proportion. With cycles C_1 = (b / b0) N_1 / c_1 and C_i = N_i / c_i (N FLOP, c FLOP a cycle),
 * clocks f_i, and bits q_i sent over hop i,
 *
 *     T = sum C_i / f_i + sum (q_i / bandwidth_i + latency_i)
 *     E = sum pue_i psi_i C_i f_i^2 + sum radio_i q_i / bandwidth_i + T sum pue_i idle_i
 *
 * psi in W / Hz^3, so psi f^3 is a power beside the idle one. A plan minimises an objective that
 * falls in b, under T <= T0, E <= E0 and the clocks that there are. All objectives here fall in b,
 * and what is feasible at b is so at fewer bits; so the best b is the largest feasible one, whatever
 * the objective, and for given b the least energy in time T0 is a problem with a closed form.
 *
 *     spot_coinfer_problem p;
 *     spot_coinfer_problem_default(&p);           the computers of the paper's simulation
 *     p.flop[0] = 2e11; p.flop[1] = 3e11;
 *     p.max_delay_s = 3.5; p.max_energy_j = 2.0;
 *     spot_coinfer_plan_exact(&p, &plan);
 *
 * Nothing here allocates. Threads: immutable, as all here.
 */
#ifndef SPOT_COINFER_PLAN_H
#define SPOT_COINFER_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spot/coinfer.h"
#include "spot/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SPOT_COINFER_STAGES_MAX = 3, /* agent, edge, cloud */
    SPOT_COINFER_CLOCKS_MAX = 32,
};

/* What is minimised, in units of the weights. */
typedef enum spot_coinfer_objective {
    SPOT_COINFER_OBJECTIVE_LLOYD = 0,    /* D_LM, which a codebook reaches; the default */
    SPOT_COINFER_OBJECTIVE_VERDU = 1,    /* D_U1 */
    SPOT_COINFER_OBJECTIVE_ADDITIVE = 2, /* D_U2 */
    SPOT_COINFER_OBJECTIVE_GAP = 3,      /* D_U1 - D_L: how far the bounds are apart */
} spot_coinfer_objective;

/* Which of the plans with the best bits. */
typedef enum spot_coinfer_prefer {
    SPOT_COINFER_PREFER_ENERGY = 0, /* the least energy; the default */
    SPOT_COINFER_PREFER_DELAY = 1,  /* the least delay */
} spot_coinfer_prefer;

/* What keeps a plan from one step more of bits. */
typedef enum spot_coinfer_binds {
    SPOT_COINFER_BINDS_BITS = 0,   /* nothing: there are no more bits */
    SPOT_COINFER_BINDS_DELAY = 1,  /* only a longer delay would allow it */
    SPOT_COINFER_BINDS_ENERGY = 2, /* only more energy would allow it */
    SPOT_COINFER_BINDS_EITHER = 3, /* more of either would do */
    SPOT_COINFER_BINDS_BOTH = 4,   /* neither alone would do */
} spot_coinfer_binds;

/* A computer. Clocks are a range, or a list if there is one. */
typedef struct spot_coinfer_computer {
    double clock_min_hz, clock_max_hz;         /* 0 <= min <= max, max > 0; unused with a list */
    int n_clock;                               /* 0..32; 0 = the range; default 0 */
    double clocks_hz[SPOT_COINFER_CLOCKS_MAX]; /* (n_clock) > 0 */
    double flop_per_cycle;                     /* > 0 */
    double power_w_per_hz3;                    /* psi, >= 0; 0 = clocks are free */
    double idle_w;                             /* >= 0, drawn for all of T; default 0 */
    double pue;                                /* power usage effectiveness, >= 1 */
} spot_coinfer_computer;

/* A network hop. */
typedef struct spot_coinfer_link {
    double bandwidth_bit_s; /* > 0 */
    double latency_s;       /* >= 0, once a hop */
    double radio_w;         /* >= 0, while sending */
} spot_coinfer_link;

typedef struct spot_coinfer_problem {
    size_t size; /* of this struct, set by the default */
    int n_stage; /* 1..3; default 2 */
    spot_coinfer_computer computer[SPOT_COINFER_STAGES_MAX]; /* (n_stage) */
    double flop[SPOT_COINFER_STAGES_MAX]; /* (n_stage) >= 0; the agent's at full bits */
    spot_coinfer_link link[SPOT_COINFER_STAGES_MAX - 1]; /* (n_stage - 1) */
    double hop_bits[SPOT_COINFER_STAGES_MAX - 1]; /* (n_stage - 1) >= 0; 0 = the hop is free and
                                                   * takes no time, as in the paper; default 0 */
    int full_bits;                                /* b0, 1..32; default 16 */
    int n_bits;                                   /* 0..32; 0 = 1..b0; default 0 */
    int bits[SPOT_COINFER_MAX_BITS];  /* (n_bits) rising, 1..b0: what the hardware can */
    double lambda;                    /* > 0; default 1: distortions times lambda */
    double max_delay_s, max_energy_j; /* T0, E0 > 0; no default */
    spot_coinfer_objective objective;
    spot_coinfer_prefer prefer;
} spot_coinfer_problem;

/* A plan. If it is not feasible, all figures are those of the fewest bits at the largest clocks. */
typedef struct spot_coinfer_plan {
    bool feasible;
    spot_coinfer_binds binds;                  /* at a plan that is not feasible: what must grow */
    int bits;                                  /* b */
    double clock_hz[SPOT_COINFER_STAGES_MAX];  /* (n_stage) */
    double stage_s[SPOT_COINFER_STAGES_MAX];   /* (n_stage) */
    double stage_j[SPOT_COINFER_STAGES_MAX];   /* (n_stage) without idle */
    double hop_s[SPOT_COINFER_STAGES_MAX - 1]; /* (n_stage - 1) */
    double hop_j[SPOT_COINFER_STAGES_MAX - 1]; /* (n_stage - 1) */
    double idle_j;                             /* of all computers */
    double delay_s, energy_j;                  /* T, E */
    double slack_s, slack_j;                   /* T0 - T, E0 - E */
    double lower, upper, objective;            /* D_L; the objective's upper bound; the objective */
    double least_delay_s;  /* at the fewest bits within E0; infinite if E0 is too little */
    double least_energy_j; /* at the fewest bits within T0; infinite if T0 is too short */
} spot_coinfer_plan;

/* The computers of the paper's simulation (2 and 10 GHz, 32 and 128 FLOP a cycle, 2e-29 and 1e-28
 * W / Hz^3, PUE 1 and 2), no work, no budgets. */
SPOT_API void spot_coinfer_problem_default(spot_coinfer_problem *problem);

/* Checks a problem. Returns SPOT_OK, E_INVALID (NULL, size, an enum), E_RANGE (diag: which field, what
 * it is, what was expected, and the likely unit if a clock looks like MHz or GHz). */
SPOT_API spot_status spot_coinfer_problem_check(const spot_coinfer_problem *problem,
                                                spot_diag *diag);

/* Delay, energy and their parts at `bits` (1..b0) and clocks (n_stage) > 0, which need not be those that
 * there are; `feasible` says whether budgets hold and no more. Returns SPOT_OK, E_INVALID, E_RANGE. */
SPOT_API spot_status spot_coinfer_cost(const spot_coinfer_problem *problem, int bits,
                                       const double *clock_hz, spot_coinfer_plan *plan);

/* The best plan: the largest feasible bits, then what is preferred. Budgets hold to a relative 1e-12.
 * Returns SPOT_OK (feasible or not), or as spot_coinfer_problem_check. */
SPOT_API spot_status spot_coinfer_plan_exact(const spot_coinfer_problem *problem,
                                             spot_coinfer_plan *plan);

/* The bits at which a plan would just be feasible if they were a real number up to b0 (from the
 * smallest positive one on); 0 if it never is. To a relative 1e-12. Returns as above. */
SPOT_API spot_status spot_coinfer_bits_continuous(const spot_coinfer_problem *problem,
                                                  double *bits);

/* ---- schemes: other ways to a plan, to compare with ---- */

typedef enum spot_coinfer_scheme {
    SPOT_COINFER_EXACT_PLAN = 0,
    SPOT_COINFER_SCA = 1,
    SPOT_COINFER_FIXED = 2,
    SPOT_COINFER_RANDOM = 3,
    SPOT_COINFER_PPO = 4,
} spot_coinfer_scheme;

enum { SPOT_COINFER_SCHEMES = 5 };

/* A policy that proximal policy optimisation has trained for a family of problems (coinfer_ppo.h). */
typedef struct spot_coinfer_ppo spot_coinfer_ppo;

typedef struct spot_coinfer_scheme_config {
    size_t size; /* of this struct, set by its default function */
    double
        fixed_hz[SPOT_COINFER_STAGES_MAX]; /* clocks of `fixed`, > 0; 0 = the largest; default 0 */
    int64_t draws;                         /* feasible ones of `random`, >= 1; default 10000 */
    int64_t tries_max;                     /* before `random` gives up; default 10000000 */
    uint64_t seed;                         /* of `random`; default 1 */
    const spot_coinfer_ppo *ppo;           /* of `ppo`, which needs it; default NULL */
} spot_coinfer_scheme_config;

/* What a scheme found. Means are over the draws of `random`; for the others, of their one plan. */
typedef struct spot_coinfer_outcome {
    spot_coinfer_plan plan; /* of `random`: its first feasible draw */
    double bits_real;       /* of `sca`: before rounding; else the mean of bits */
    double mean_objective, mean_delay_s, mean_energy_j;
    double accepted; /* share of the draws that were feasible; 1 or 0 for the others */
    int iterations;  /* of `sca`; else 0 */
} spot_coinfer_outcome;

/* Name and a line of help; NULL outside the enum. Static. */
SPOT_API const char *spot_coinfer_scheme_name(spot_coinfer_scheme scheme);
SPOT_API const char *spot_coinfer_scheme_help(spot_coinfer_scheme scheme);

SPOT_API void spot_coinfer_scheme_config_default(spot_coinfer_scheme_config *config);

/* Plans by a scheme; `config` NULL = the default.
 *   exact   spot_coinfer_plan_exact
 *   sca     successive convex approximation, then bits rounded down, then the best clocks for them
 *   fixed   the most bits at given clocks
 *   random  bits and clocks drawn evenly from what there is, until they are feasible
 *   ppo     the trained policy, its bits lowered until its clocks are feasible
 * Returns SPOT_OK (feasible or not), E_INVALID (also: ppo without a policy), E_RANGE (a clock that the
 * computer does not have), E_UNSUPPORTED (sca, ppo with three stages), or as spot_coinfer_problem_check. */
SPOT_API spot_status spot_coinfer_scheme_run(spot_coinfer_scheme scheme,
                                             const spot_coinfer_problem *problem,
                                             const spot_coinfer_scheme_config *config,
                                             spot_coinfer_outcome *outcome);

/* `lloyd`, `verdu`, `additive`, `gap`; `delay`, `energy` and so on. NULL outside the enum. Static. */
SPOT_API const char *spot_coinfer_objective_str(spot_coinfer_objective objective);
SPOT_API const char *spot_coinfer_binds_str(spot_coinfer_binds binds);

#ifdef __cplusplus
}
#endif

#endif
