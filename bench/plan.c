/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * How long plans take on one core: a million problems, their budgets all different.
 *
 *     plan [--wall] [PLANS [REPEATS]]
 *
 * Each figure is processor time, the least of REPEATS rounds, as other load on the machine only ever adds.
 */
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "possible.h"
#include "spot/coinfer_plan.h"
#include "spot/coinfer_ppo.h"

static const double TARGET_S = 20.0;   /* for a million */
static const double TARGET_ONE = 20.0; /* microseconds of the exact plan */
enum { PLANS = 1000000, REPEATS = 3, MOST = 100000000 };

/* Networks that are planned: two computers, with idle power and floors, with lists of clocks, three. */
typedef enum kind { PLAIN, IDLE, LISTS, THREE, N_KIND } kind;

static spot_coinfer_problem problem_of(kind k)
{
    spot_coinfer_problem p;
    spot_coinfer_problem_default(&p);
    p.flop[0] = 2e11;
    p.flop[1] = p.flop[2] = 3e11;
    p.n_stage = k == THREE ? 3 : 2;
    for (int i = 0; k != PLAIN && i < p.n_stage; i++) {
        p.computer[i].idle_w = 0.05;
        p.computer[i].clock_min_hz = 2e8;
    }
    for (int i = 0; k == LISTS && i < p.n_stage; i++) {
        p.computer[i].n_clock = 10;
        for (int c = 0; c < 10; c++) {
            p.computer[i].clocks_hz[c] = p.computer[i].clock_max_hz * (c + 1) / 10.0;
        }
    }
    return p;
}

/* What a call of the library takes at least: a billion a second. */
static const double CALL_S = 1e-9;

/* Plans n problems by a scheme; the sum keeps the work alive. Returns seconds, negative on failure. */
static double run(bench_clock clock, spot_coinfer_scheme scheme, kind k, long n,
                  const spot_coinfer_scheme_config *config, long *sum)
{
    spot_coinfer_problem p = problem_of(k);
    const double start_s = bench_now_s(clock);
    *sum = 0;
    for (long i = 0; i < n; i++) {
        spot_coinfer_outcome o;
        p.max_delay_s = 1.5 + 4.5 * (double)(i % 1000) / 1000.0;
        p.max_energy_j = 1.0 + 3.0 * (double)(i * 389 % 1009) / 1009.0;
        if (spot_coinfer_scheme_run(scheme, &p, config, &o) != SPOT_OK) {
            return -1.0;
        }
        *sum += o.plan.feasible ? o.plan.bits : 0;
    }
    return bench_now_s(clock) - start_s;
}

static int report(bench_clock clock, const char *name, spot_coinfer_scheme scheme, kind k, long n,
                  long repeats, const spot_coinfer_scheme_config *config)
{
    double least_s = -1.0;
    long sum = 0;
    for (long r = 0; r < repeats; r++) {
        const double s = run(clock, scheme, k, n, config, &sum);
        if (s < 0.0) {
            fprintf(stderr, "plan: %s failed\n", name);
            return EXIT_FAILURE;
        }
        least_s = least_s < 0.0 || s < least_s ? s : least_s;
    }
    printf("%-38s %9ld plans %8.3f s %8.3f us each  mean bits %.3f\n", name, n, least_s,
           1e6 * least_s / (double)n, (double)sum / (double)n);
    return bench_check_whole(name, least_s, CALL_S * (double)n, "as many calls") ? EXIT_SUCCESS
                                                                                 : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    const bench_clock clock = bench_clock_option(&argc, argv);
    const long n = argc > 1 ? strtol(argv[1], NULL, 10) : PLANS;
    const long repeats = argc > 2 ? strtol(argv[2], NULL, 10) : REPEATS;
    spot_coinfer_scheme_config config;
    spot_coinfer_ppo *ppo = NULL;
    spot_coinfer_problem family = problem_of(PLAIN);
    if (n < 1 || n > MOST || repeats < 1) {
        fprintf(stderr, "usage: plan [--wall] [PLANS [REPEATS]], 1..%d and at least 1\n", MOST);
        return EXIT_FAILURE;
    }
    printf("targets: a million exact plans in %.0f s, one in %.0f us\n", TARGET_S, TARGET_ONE);
    spot_coinfer_scheme_config_default(&config);
    config.draws = 100;
    config.tries_max = 10000;
    config.fixed_hz[0] = 2e9;
    config.fixed_hz[1] = 1.5e9;
    family.max_delay_s = 3.0;
    family.max_energy_j = 2.0;
    const double start_s = bench_now_s(clock);
    if (spot_coinfer_ppo_train(&family, NULL, &ppo) != SPOT_OK) {
        return EXIT_FAILURE;
    }
    const double trained_s = bench_now_s(clock) - start_s;
    config.ppo = ppo;
    const long few = n < 100 ? 1 : n / 100;
    int failed =
        report(clock, "exact, two computers", SPOT_COINFER_EXACT_PLAN, PLAIN, n, repeats, &config);
    failed |= report(clock, "exact, idle power and floors", SPOT_COINFER_EXACT_PLAN, IDLE, n,
                     repeats, &config);
    failed |= report(clock, "exact, three computers", SPOT_COINFER_EXACT_PLAN, THREE, n, repeats,
                     &config);
    failed |= report(clock, "exact, lists of 10 x 10 clocks", SPOT_COINFER_EXACT_PLAN, LISTS, few,
                     repeats, &config);
    failed |= report(clock, "fixed", SPOT_COINFER_FIXED, PLAIN, n, repeats, &config);
    failed |= report(clock, "sca", SPOT_COINFER_SCA, PLAIN, few, repeats, &config);
    failed |= report(clock, "random, 100 feasible draws", SPOT_COINFER_RANDOM, PLAIN, few, repeats,
                     &config);
    failed |= report(clock, "ppo", SPOT_COINFER_PPO, PLAIN, few, repeats, &config);
    printf("ppo was trained in %.2f s: %lld problems tried\n", trained_s,
           (long long)spot_coinfer_ppo_describe(ppo)->episodes);
    spot_coinfer_ppo_destroy(ppo);
    return failed;
}
