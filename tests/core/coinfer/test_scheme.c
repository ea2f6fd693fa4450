/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Schemes beside the exact plan. Oracles: printed vectors; NLopt on the relaxed problem, which the
 * successive approximation must reach; and that no scheme can beat the exact plan.
 */
#include <math.h>
#include <nlopt.h>

#include "core/coinfer/plan_problems.h"
#include "core/coinfer/ppo.h"
#include "spot/coinfer_ppo.h"
#include "support/spot_test.h"

enum { N_DRAWN = 60 };

static spot_coinfer_outcome outcome_of(spot_coinfer_scheme scheme, const spot_coinfer_problem *p,
                                       const spot_coinfer_scheme_config *config)
{
    spot_coinfer_outcome outcome;

    assert_int_equal(spot_coinfer_scheme_run(scheme, p, config, &outcome), SPOT_OK);
    return outcome;
}

static void fixed_clocks_match_printed_bits(void **state)
{
    static const double clocks[][3] = {{2e9, 1.5e9, 9}, {2e9, 2e9, 4}};
    static const double clocks_2[][3] = {{2e9, 1.5e9, 8}, {2e9, 2e9, 9}};
    spot_coinfer_scheme_config config;
    spot_coinfer_problem p = example_1();

    (void)state;
    spot_coinfer_scheme_config_default(&config);
    for (int i = 0; i < 4; i++) {
        const double *row = i < 2 ? clocks[i] : clocks_2[i - 2];

        p = i < 2 ? example_1() : example_2();
        config.fixed_hz[0] = row[0];
        config.fixed_hz[1] = row[1];

        const spot_coinfer_outcome o = outcome_of(SPOT_COINFER_FIXED, &p, &config);

        assert_true(o.plan.feasible);
        assert_int_equal(o.plan.bits, (int)row[2]);
    }
    /* at the largest clocks the server alone takes 46.9 J */
    assert_false(outcome_of(SPOT_COINFER_FIXED, &p, NULL).plan.feasible);
    config.fixed_hz[0] = 2.1e9;
    spot_coinfer_outcome o;
    assert_int_equal(spot_coinfer_scheme_run(SPOT_COINFER_FIXED, &p, &config, &o), SPOT_E_RANGE);
}

/* Standard errors of 10^4 draws: 2.5 bits and 0.31 of distortion within, so 0.025 and 0.003. */
static void random_draws_match_printed_means(void **state)
{
    spot_coinfer_problem p = example_1();
    spot_coinfer_outcome o;

    (void)state;
    p.objective = SPOT_COINFER_OBJECTIVE_VERDU;
    o = outcome_of(SPOT_COINFER_RANDOM, &p, NULL);
    assert_true(o.plan.feasible);
    assert_close(o.bits_real, 3.42, 0.1, 0.0);
    assert_close(o.mean_objective, 0.398, 0.013, 0.0);
    assert_close(o.accepted, 0.0303, 0.0013, 0.0);
    assert_true(o.mean_delay_s <= p.max_delay_s && o.mean_energy_j <= p.max_energy_j);
    p = example_2();
    p.objective = SPOT_COINFER_OBJECTIVE_VERDU;
    o = outcome_of(SPOT_COINFER_RANDOM, &p, NULL);
    assert_close(o.bits_real, 3.30, 0.1, 0.0);
    assert_close(o.mean_objective, 0.409, 0.013, 0.0);
    assert_close(o.accepted, 0.0209, 0.0009, 0.0);
}

/* ---- NLopt: max b over (ln b, ln f, ln g), in which all constraints are convex ---- */

static double log_bits(unsigned n, const double *x, double *gradient, void *data)
{
    (void)n;
    (void)data;
    if (gradient != NULL) {
        gradient[0] = 1.0;
        gradient[1] = gradient[2] = 0.0;
    }
    return x[0];
}

typedef struct terms {
    double agent, server, budget; /* agent e^(x0 + p x1) + server e^(p x2) <= budget */
    double power;
} terms;

static double constraint(unsigned n, const double *x, double *gradient, void *data)
{
    const terms *t = data;
    const double a = t->agent * exp(x[0] + t->power * x[1]) / t->budget;
    const double s = t->server * exp(t->power * x[2]) / t->budget;

    (void)n;
    if (gradient != NULL) {
        gradient[0] = a / (a + s);
        gradient[1] = t->power * a / (a + s);
        gradient[2] = t->power * s / (a + s);
    }
    return log(a + s);
}

static double nlopt_bits(const spot_coinfer_problem *p, double first_bits)
{
    const double a = p->flop[0] / p->full_bits / p->computer[0].flop_per_cycle;
    const double b = p->flop[1] / p->computer[1].flop_per_cycle;
    const double w = p->computer[0].pue * p->computer[0].power_w_per_hz3;
    const double v = p->computer[1].pue * p->computer[1].power_w_per_hz3;
    spot_coinfer_plan hop;
    static const double ones[] = {1e9, 1e9};
    assert_int_equal(spot_coinfer_cost(p, 1, ones, &hop), SPOT_OK);
    terms time = {a / 1e9, b / 1e9, p->max_delay_s - hop.hop_s[0], -1.0};
    terms energy = {w * a * 1e18, v * b * 1e18, p->max_energy_j - hop.hop_j[0], 2.0};
    double x[] = {log(first_bits), 0.0, 0.0}; /* clocks in GHz */
    double lower[] = {-5.0, -5.0, -5.0};
    double upper[] = {log(p->full_bits), log(p->computer[0].clock_max_hz / 1e9),
                      log(p->computer[1].clock_max_hz / 1e9)};
    double best = 0.0;
    nlopt_opt opt = nlopt_create(NLOPT_LD_SLSQP, 3);

    (void)nlopt_set_lower_bounds(opt, lower);
    (void)nlopt_set_upper_bounds(opt, upper);
    (void)nlopt_set_max_objective(opt, log_bits, NULL);
    (void)nlopt_add_inequality_constraint(opt, constraint, &time, 1e-11);
    (void)nlopt_add_inequality_constraint(opt, constraint, &energy, 1e-11);
    (void)nlopt_set_xtol_rel(opt, 1e-13);
    (void)nlopt_set_maxeval(opt, 2000);
    for (int i = 1; i < 3; i++) {
        x[i] = fmin(x[i], upper[i]);
    }
    assert_true(nlopt_optimize(opt, x, &best) > 0);
    nlopt_destroy(opt);
    return exp(best);
}

static void approximation_reaches_what_nlopt_finds(void **state)
{
    spot_coinfer_problem p = example_1();
    spot_rng rng = spot_rng_at(21, SPOT_STREAM_PLAN, 0);
    int n_inside = 0;

    (void)state;
    for (int n = 0; n < N_DRAWN; n++) {
        if (n < 2) {
            p = n == 0 ? example_1() : example_2();
        } else {
            p = drawn_problem(&rng, 2, false);
            p.computer[0].idle_w = p.computer[1].idle_w = 0.0;
            p.computer[0].clock_min_hz = p.computer[1].clock_min_hz = 0.0;
        }
        const spot_coinfer_outcome o = outcome_of(SPOT_COINFER_SCA, &p, NULL);

        if (!o.plan.feasible) {
            continue;
        }
        double exact = NAN;
        assert_int_equal(spot_coinfer_bits_continuous(&p, &exact), SPOT_OK);
        /* measured: within 1e-7, the square root of what the last steps leave */
        assert_close(o.bits_real, exact, 0.0, 1e-6);
        assert_close(o.bits_real, nlopt_bits(&p, 1.5), 0.0, 1e-6);
        n_inside += o.bits_real < p.full_bits;
        spot_coinfer_plan plan;
        assert_int_equal(spot_coinfer_plan_exact(&p, &plan), SPOT_OK);
        assert_int_equal(o.plan.bits, plan.bits);
        assert_true(o.iterations > 0 && o.iterations < 100);
    }
    assert_true(n_inside > 10);
}

/* Rounding to the nearest is what makes a plan of 12 and 11 bits that cannot be had. */
static void rounding_down_is_needed(void **state)
{
    spot_coinfer_problem p = example_1();

    (void)state;
    assert_int_equal((int)lround(outcome_of(SPOT_COINFER_SCA, &p, NULL).bits_real), 12);
    assert_int_equal(outcome_of(SPOT_COINFER_SCA, &p, NULL).plan.bits, 11);
    p = example_2();
    assert_int_equal((int)lround(outcome_of(SPOT_COINFER_SCA, &p, NULL).bits_real), 11);
    assert_int_equal(outcome_of(SPOT_COINFER_SCA, &p, NULL).plan.bits, 10);
}

static void no_scheme_beats_the_exact_plan(void **state)
{
    spot_rng rng = spot_rng_at(22, SPOT_STREAM_PLAN, 0);
    spot_coinfer_scheme_config config;
    int n_feasible = 0;

    (void)state;
    spot_coinfer_scheme_config_default(&config);
    config.draws = 20;
    config.tries_max = 20000;
    for (int n = 0; n < N_DRAWN; n++) {
        const spot_coinfer_problem p = drawn_problem(&rng, 1 + n % 2, n % 4 == 0);
        const spot_coinfer_plan exact = outcome_of(SPOT_COINFER_EXACT_PLAN, &p, NULL).plan;

        for (int s = SPOT_COINFER_SCA; s <= SPOT_COINFER_RANDOM; s++) {
            const spot_coinfer_plan plan = outcome_of((spot_coinfer_scheme)s, &p, &config).plan;

            assert_true(exact.feasible || !plan.feasible);
            if (plan.feasible) {
                assert_true(plan.bits <= exact.bits);
                assert_true(plan.bits < exact.bits ||
                            plan.energy_j >= exact.energy_j * (1.0 - 1e-12));
                n_feasible++;
            }
        }
    }
    assert_true(n_feasible > N_DRAWN / 2);
}

/* ---- the policy that plans ---- */

static double loss(const spoti_ppo_net *net, const double state[4], const double weight[3])
{
    spoti_ppo_pass pass;
    double sum = 0.0;

    for (int i = 0; i < 4; i++) {
        pass.state[i] = state[i];
    }
    spoti_ppo_forward(net, &pass);
    for (int i = 0; i < 3; i++) {
        sum += weight[i] * pass.out[i];
    }
    return sum;
}

static void gradients_are_those_of_differences(void **state)
{
    static const double weight[] = {1.0, -2.0, 0.5};
    static const double at[] = {0.3, -0.7, 1.0, 0.2};
    spot_rng rng = spot_rng_at(23, SPOT_STREAM_PLAN, 0);
    spoti_ppo_net net;
    spoti_ppo_net gradient = {.log_sigma = {0.0}};
    spoti_ppo_pass pass = {.state = {0.3, -0.7, 1.0, 0.2}};
    double *w = (double *)&net;
    const double *g = (const double *)&gradient;
    const double h = 1e-6;

    (void)state;
    spoti_ppo_net_init(&net, &rng, 1.0);
    spoti_ppo_forward(&net, &pass);
    spoti_ppo_backward(&net, &pass, weight, &gradient);
    for (int i = 0; i < SPOTI_PPO_PARAMETERS; i++) {
        const double kept = w[i];

        w[i] = kept + h;
        const double above = loss(&net, at, weight);
        w[i] = kept - h;
        const double below = loss(&net, at, weight);
        w[i] = kept;
        assert_close((above - below) / (2.0 * h), g[i], 1e-8, 0.0);
    }
}

static void training_helps_and_repeats(void **state)
{
    spot_coinfer_problem p = example_1();
    spot_coinfer_ppo_config config;
    spot_coinfer_scheme_config scheme;
    spot_coinfer_ppo *ppo = NULL;
    spot_coinfer_ppo *again = NULL;

    (void)state;
    spot_coinfer_ppo_config_default(&config);
    config.iterations = 25;
    assert_int_equal(spot_coinfer_ppo_train(&p, &config, &ppo), SPOT_OK);
    assert_int_equal(spot_coinfer_ppo_train(&p, &config, &again), SPOT_OK);
    assert_memory_equal(&ppo->policy, &again->policy, sizeof(ppo->policy));
    spot_coinfer_ppo_destroy(again);

    const spot_coinfer_ppo_report *report = spot_coinfer_ppo_describe(ppo);
    assert_true(report->episodes == 25 * 1024 && report->updates == 25 * 32);
    /* by chance a plan breaks its budgets about fivefold; a policy that learns, hardly */
    assert_true(report->reward_first < -3.0);
    assert_true(report->reward_last > -1.5);

    spot_coinfer_scheme_config_default(&scheme);
    scheme.ppo = ppo;
    const spot_coinfer_outcome o = outcome_of(SPOT_COINFER_PPO, &p, &scheme);
    assert_true(o.plan.bits <= 11);
    assert_true(!o.plan.feasible || (o.plan.slack_s >= -1e-9 && o.plan.slack_j >= -1e-9));

    p.flop[0] *= 2.0; /* another family */
    spot_coinfer_outcome unused;
    assert_int_equal(spot_coinfer_scheme_run(SPOT_COINFER_PPO, &p, &scheme, &unused),
                     SPOT_E_INVALID);
    spot_coinfer_ppo_destroy(ppo);
    spot_coinfer_ppo_destroy(NULL);
}

static void misuse_is_refused(void **state)
{
    spot_coinfer_problem p = example_1();
    spot_coinfer_outcome o;
    spot_coinfer_scheme_config config;
    spot_coinfer_ppo_config training;
    spot_coinfer_ppo *ppo = NULL;

    (void)state;
    for (int s = 0; s < SPOT_COINFER_SCHEMES; s++) {
        assert_non_null(spot_coinfer_scheme_name((spot_coinfer_scheme)s));
        assert_non_null(spot_coinfer_scheme_help((spot_coinfer_scheme)s));
    }
    assert_null(spot_coinfer_scheme_name((spot_coinfer_scheme)SPOT_COINFER_SCHEMES));
    assert_null(spot_coinfer_scheme_help((spot_coinfer_scheme)SPOT_COINFER_SCHEMES));
    assert_int_equal(spot_coinfer_scheme_run((spot_coinfer_scheme)9, &p, NULL, &o), SPOT_E_INVALID);
    assert_int_equal(spot_coinfer_scheme_run(SPOT_COINFER_PPO, &p, NULL, &o), SPOT_E_INVALID);
    assert_int_equal(spot_coinfer_scheme_run(SPOT_COINFER_SCA, &p, NULL, NULL), SPOT_E_INVALID);
    spot_coinfer_scheme_config_default(&config);
    config.draws = 0;
    assert_int_equal(spot_coinfer_scheme_run(SPOT_COINFER_RANDOM, &p, &config, &o), SPOT_E_RANGE);
    config.size = 1;
    assert_int_equal(spot_coinfer_scheme_run(SPOT_COINFER_RANDOM, &p, &config, &o), SPOT_E_INVALID);
    spot_coinfer_ppo_config_default(&training);
    training.iterations = 0;
    assert_int_equal(spot_coinfer_ppo_train(&p, &training, &ppo), SPOT_E_RANGE);
    training.iterations = 1;
    training.budget_span = NAN;
    assert_int_equal(spot_coinfer_ppo_train(&p, &training, &ppo), SPOT_E_RANGE);
    p.n_stage = 3;
    p.flop[2] = 1e11;
    assert_int_equal(spot_coinfer_scheme_run(SPOT_COINFER_SCA, &p, NULL, &o), SPOT_E_UNSUPPORTED);
    training.budget_span = 2.0;
    assert_int_equal(spot_coinfer_ppo_train(&p, &training, &ppo), SPOT_E_UNSUPPORTED);
    assert_null(ppo);
}

static void training_without_memory_fails_cleanly(void **state)
{
    const spot_coinfer_problem p = example_1();
    spot_coinfer_ppo_config config;

    (void)state;
    spot_coinfer_ppo_config_default(&config);
    config.iterations = 1;
    for (int k = 0; k < 100; k++) {
        spot_test_allocator mem;
        const spot_allocator a = spot_test_failing_allocator(&mem, k);
        spot_coinfer_ppo *ppo = NULL;

        config.allocator = &a;
        const spot_status st = spot_coinfer_ppo_train(&p, &config, &ppo);
        if (st == SPOT_OK) {
            spot_coinfer_ppo_destroy(ppo);
        } else {
            assert_int_equal(st, SPOT_E_NOMEM);
            assert_null(ppo);
        }
        spot_test_assert_no_leak(&mem);
        if (st == SPOT_OK) {
            assert_int_equal(k, 2);
            return;
        }
    }
    fail();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_clocks_match_printed_bits),
        cmocka_unit_test(random_draws_match_printed_means),
        cmocka_unit_test(approximation_reaches_what_nlopt_finds),
        cmocka_unit_test(rounding_down_is_needed),
        cmocka_unit_test(no_scheme_beats_the_exact_plan),
        cmocka_unit_test(gradients_are_those_of_differences),
        cmocka_unit_test(training_helps_and_repeats),
        cmocka_unit_test(misuse_is_refused),
        cmocka_unit_test(training_without_memory_fails_cleanly),
    };

    return cmocka_run_group_tests_name("coinfer.scheme", tests, NULL, NULL);
}
