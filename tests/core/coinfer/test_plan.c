/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The exact plan. Oracles: printed vectors; a grid of clocks, which a plan must beat by no more than the
 * grid is coarse; every list of clocks by brute force; and what must rise when a budget rises.
 */
#include <math.h>
#include <string.h>

#include "core/coinfer/plan_problems.h"
#include "spot/coinfer_plan.h"
#include "support/spot_test.h"

static const double PRINTED = 1e-6; /* vectors printed with seven digits */
static const double SOLVED = 1e-9;  /* constraints that a closed form or Newton's steps meet */

enum { N_DRAWN = 400, N_STEP = 60 };

static spot_coinfer_plan plan_of(const spot_coinfer_problem *p)
{
    spot_coinfer_plan plan;

    assert_int_equal(spot_coinfer_plan_exact(p, &plan), SPOT_OK);
    return plan;
}

static double continuous(const spot_coinfer_problem *p)
{
    double bits = NAN;

    assert_int_equal(spot_coinfer_bits_continuous(p, &bits), SPOT_OK);
    return bits;
}

static void costs_match_printed_vectors(void **state)
{
    static const double clock_hz[] = {1.5e9, 2e9};
    const spot_coinfer_problem p = example_1();
    spot_coinfer_plan plan;

    (void)state;
    assert_int_equal(spot_coinfer_cost(&p, 8, clock_hz, &plan), SPOT_OK);
    assert_close(plan.stage_s[0], 2.083333, 0.0, PRINTED);
    assert_close(plan.stage_j[0], 0.140625, 0.0, PRINTED);
    assert_close(plan.stage_s[1], 1.171875, 0.0, PRINTED);
    assert_close(plan.stage_j[1], 1.875, 0.0, PRINTED);
    assert_close(plan.delay_s, 2.083333 + 1.171875, 0.0, PRINTED);
    assert_close(plan.energy_j, 0.140625 + 1.875, 0.0, PRINTED);
    assert_close(plan.slack_s, 3.5 - plan.delay_s, 1e-15, 0.0);
    assert_close(plan.slack_j, 2.0 - plan.energy_j, 1e-15, 0.0);
    assert_false(plan.feasible);
    assert_close(plan.lower, exp2(-8.0), 0.0, 1e-14);
    assert_close(plan.objective, log1p(exp2(-7.0)), 0.0, 1e-14);
}

typedef struct expected {
    int bits;
    double continuous, agent_hz, server_hz, energy_j, delay_s;
} expected;

static void check_plan(const spot_coinfer_problem *p, const expected *want)
{
    const spot_coinfer_plan plan = plan_of(p);

    assert_true(plan.feasible);
    assert_int_equal(plan.bits, want->bits);
    assert_close(plan.clock_hz[0], want->agent_hz, 0.0, PRINTED);
    assert_close(plan.clock_hz[1], want->server_hz, 0.0, PRINTED);
    assert_close(plan.energy_j, want->energy_j, 0.0, PRINTED);
    assert_close(plan.delay_s, want->delay_s, 0.0, PRINTED);
    if (want->continuous > 0.0) {
        assert_close(continuous(p), want->continuous, 0.0, PRINTED);
    }
}

static void plans_match_printed_vectors(void **state)
{
    static const expected want_1 = {11, 11.50541, 2e9, 1.734104e9, 1.753336, 3.5};
    static const expected want_2 = {10, 10.91805, 2e9, 2.063037e9, 0.703986, 1.0};
    static const expected want_set = {8, 0.0, 2e9, 1.209677e9, 0.935931, 3.5};
    static const expected want_low = {4, 4.329069, 1.88913e9, 0.8768566e9, 0.4719368, 3.5};
    static const expected want_link = {9, 9.388672, 2e9, 2.306017e9, 0.8524085, 1.0};
    spot_coinfer_problem p = example_1();

    (void)state;
    check_plan(&p, &want_1);
    p.n_bits = 3;
    p.bits[0] = 4;
    p.bits[1] = 8;
    p.bits[2] = 16;
    check_plan(&p, &want_set);
    p = example_1();
    p.max_energy_j = 0.5;
    check_plan(&p, &want_low);
    p = example_2();
    check_plan(&p, &want_2);
    p.hop_bits[0] = 4.0 * 197.0 * 768.0 * 16.0;
    check_plan(&p, &want_link);
    assert_close(plan_of(&p).hop_s[0], 0.1018294, 0.0, PRINTED);
    assert_close(plan_of(&p).hop_j[0], 0.009682944, 0.0, PRINTED);
}

/* What the next bit would need: SCIENCE's figures for b = 12 and b = 11. */
static void the_least_that_would_do_is_said(void **state)
{
    spot_coinfer_problem p = example_1();
    spot_coinfer_plan plan;

    (void)state;
    p.n_bits = 1;
    p.bits[0] = 12;
    plan = plan_of(&p);
    assert_false(plan.feasible);
    assert_close(plan.least_energy_j, 2.301018, 0.0, PRINTED);
    assert_int_equal(plan.binds, SPOT_COINFER_BINDS_EITHER);

    /* with what is said to do it does, with a little less it does not */
    p.max_energy_j = plan.least_energy_j;
    assert_true(plan_of(&p).feasible);
    p.max_energy_j = plan.least_energy_j * (1.0 - 1e-9);
    assert_false(plan_of(&p).feasible);
    p.max_energy_j = 2.0;
    p.max_delay_s = plan.least_delay_s;
    assert_true(plan_of(&p).feasible);
    p.max_delay_s = plan.least_delay_s * (1.0 - 1e-9);
    assert_false(plan_of(&p).feasible);

    p = example_2();
    p.n_bits = 1;
    p.bits[0] = 11;
    assert_close(plan_of(&p).least_energy_j, 1.035979, 0.0, PRINTED);
}

static void what_binds_is_said(void **state)
{
    spot_coinfer_problem p = example_1();

    (void)state;
    assert_int_equal(plan_of(&p).binds, SPOT_COINFER_BINDS_EITHER);
    p.max_delay_s = p.max_energy_j = 100.0;
    assert_int_equal(plan_of(&p).binds, SPOT_COINFER_BINDS_BITS);
    assert_int_equal(plan_of(&p).bits, 16);

    /* largest clocks take 0.1953 s a bit and 0.2344 s on the server: too long whatever the energy */
    p.max_delay_s = 0.4;
    assert_false(plan_of(&p).feasible);
    assert_int_equal(plan_of(&p).binds, SPOT_COINFER_BINDS_DELAY);
    assert_true(isinf(plan_of(&p).least_energy_j));
    assert_true(plan_of(&p).least_delay_s > 0.4);

    /* the server cannot clock lower, so it always takes 0.47 J */
    p.max_delay_s = 100.0;
    p.computer[1].clock_min_hz = 1e9;
    p.max_energy_j = 0.4;
    assert_false(plan_of(&p).feasible);
    assert_int_equal(plan_of(&p).binds, SPOT_COINFER_BINDS_ENERGY);
    assert_true(isinf(plan_of(&p).least_delay_s));
    p.max_delay_s = 0.4;
    assert_int_equal(plan_of(&p).binds, SPOT_COINFER_BINDS_BOTH);
}

/* The least energy at `bits` over a grid of clocks of two computers; infinite if none is feasible. */
static double grid_energy(const spot_coinfer_problem *p, int bits)
{
    double least = (double)INFINITY;

    for (int i = 1; i <= N_STEP; i++) {
        for (int k = 1; k <= N_STEP; k++) {
            const double share[] = {(double)i / N_STEP, (double)k / N_STEP};
            double hz[2];
            spot_coinfer_plan plan;

            for (int m = 0; m < 2; m++) {
                const spot_coinfer_computer *c = &p->computer[m];

                hz[m] = c->clock_min_hz + share[m] * (c->clock_max_hz - c->clock_min_hz);
            }
            assert_int_equal(spot_coinfer_cost(p, bits, hz, &plan), SPOT_OK);
            if (plan.feasible) {
                least = fmin(least, plan.energy_j);
            }
        }
    }
    return least;
}

static void clocks_beat_a_grid_of_clocks(void **state)
{
    spot_rng rng = spot_rng_at(11, SPOT_STREAM_PLAN, 0);
    int n_compared = 0;

    (void)state;
    for (int n = 0; n < N_DRAWN / 4; n++) {
        spot_coinfer_problem p = drawn_problem(&rng, 2, false);
        const spot_coinfer_plan plan = plan_of(&p);

        if (plan.feasible) {
            const double grid = grid_energy(&p, plan.bits);

            assert_true(plan.energy_j <= grid * (1.0 + 1e-12));
            /* one step of the grid changes a clock by 1/60 of its range: not far from the best */
            n_compared += isfinite(grid) && plan.energy_j > 0.8 * grid;
        }
        for (int bits = plan.feasible ? plan.bits + 1 : 1; bits <= p.full_bits; bits++) {
            assert_true(isinf(grid_energy(&p, bits)));
            break; /* more bits are harder still: see the_feasible_bits_come_first */
        }
    }
    assert_true(n_compared > 10);
}

/* Half a step off in any clock, energy must not fall nor the budgets hold: optimality without a grid. */
static void plans_of_three_stages_cannot_be_improved_nearby(void **state)
{
    spot_rng rng = spot_rng_at(12, SPOT_STREAM_PLAN, 0);
    int n_feasible = 0;

    (void)state;
    for (int n = 0; n < N_DRAWN; n++) {
        spot_coinfer_problem p = drawn_problem(&rng, 1 + n % 3, false);
        const spot_coinfer_plan plan = plan_of(&p);

        for (int t = 0; plan.feasible && t < 200; t++) {
            double hz[SPOT_COINFER_STAGES_MAX];
            spot_coinfer_plan other;

            for (int i = 0; i < p.n_stage; i++) {
                hz[i] = plan.clock_hz[i] * exp(spot_rng_uniform(&rng, -0.05, 0.05));
                hz[i] = fmin(hz[i], p.computer[i].clock_max_hz);
                hz[i] = fmax(hz[i], p.computer[i].clock_min_hz);
            }
            assert_int_equal(spot_coinfer_cost(&p, plan.bits, hz, &other), SPOT_OK);
            assert_true(!other.feasible || other.energy_j >= plan.energy_j * (1.0 - 1e-12));
        }
        n_feasible += plan.feasible;
    }
    assert_true(n_feasible > N_DRAWN / 10);
}

static void the_least_delay_is_the_least(void **state)
{
    spot_rng rng = spot_rng_at(13, SPOT_STREAM_PLAN, 0);
    int n_tight = 0;

    (void)state;
    for (int n = 0; n < N_DRAWN; n++) {
        spot_coinfer_problem p = drawn_problem(&rng, 1 + n % 3, false);
        const spot_coinfer_plan cheap = plan_of(&p);

        p.prefer = SPOT_COINFER_PREFER_DELAY;

        const spot_coinfer_plan fast = plan_of(&p);

        assert_int_equal(fast.feasible, cheap.feasible);
        assert_int_equal(fast.bits, cheap.bits);
        if (!fast.feasible) {
            continue;
        }
        assert_true(fast.delay_s <= cheap.delay_s * (1.0 + 1e-12));
        assert_true(fast.energy_j <= p.max_energy_j * (1.0 + SOLVED));
        bool at_top = true;
        for (int i = 0; i < p.n_stage; i++) {
            at_top = at_top && fast.clock_hz[i] > p.computer[i].clock_max_hz * (1.0 - 1e-14);
        }
        if (!at_top) { /* all of the energy went into speed */
            assert_close(fast.energy_j, p.max_energy_j, 0.0, SOLVED);
            n_tight++;
        }
        for (int t = 0; t < 100; t++) {
            double hz[SPOT_COINFER_STAGES_MAX];
            spot_coinfer_plan other;

            for (int i = 0; i < p.n_stage; i++) {
                hz[i] = fast.clock_hz[i] * exp(spot_rng_uniform(&rng, -0.05, 0.05));
                hz[i] = fmax(fmin(hz[i], p.computer[i].clock_max_hz), p.computer[i].clock_min_hz);
            }
            assert_int_equal(spot_coinfer_cost(&p, fast.bits, hz, &other), SPOT_OK);
            assert_true(!other.feasible || other.delay_s >= fast.delay_s * (1.0 - SOLVED));
        }
    }
    assert_true(n_tight > 20);
}

/* Without caps the least delay has a closed form. */
static void the_least_delay_without_caps_has_its_closed_form(void **state)
{
    spot_coinfer_problem p = example_1();
    spot_coinfer_plan plan;

    (void)state;
    p.computer[0].clock_max_hz = p.computer[1].clock_max_hz = 9e10;
    p.prefer = SPOT_COINFER_PREFER_DELAY;
    plan = plan_of(&p);

    const double a = plan.bits / 16.0 * p.flop[0] / 32.0 * cbrt(2e-29);
    const double b = p.flop[1] / 128.0 * cbrt(2e-28);

    assert_close(plan.delay_s, sqrt(pow(a + b, 3.0) / p.max_energy_j), 0.0, SOLVED);
    p.prefer = SPOT_COINFER_PREFER_ENERGY;
    assert_close(plan_of(&p).energy_j, pow(a + b, 3.0) / (3.5 * 3.5), 0.0, SOLVED);
}

/* All choices from lists, at the largest feasible bits. */
static void lists_of_clocks_are_searched_whole(void **state)
{
    spot_rng rng = spot_rng_at(14, SPOT_STREAM_PLAN, 0);
    int n_feasible = 0;

    (void)state;
    for (int n = 0; n < N_DRAWN; n++) {
        spot_coinfer_problem p = drawn_problem(&rng, 2, true);
        const spot_coinfer_plan plan = plan_of(&p);
        double least = (double)INFINITY;
        int most = 0;

        for (int bits = p.full_bits; bits >= 1 && most == 0; bits--) {
            for (int i = 0; i < p.computer[0].n_clock * p.computer[1].n_clock; i++) {
                const double hz[] = {p.computer[0].clocks_hz[i % p.computer[0].n_clock],
                                     p.computer[1].clocks_hz[i / p.computer[0].n_clock]};
                spot_coinfer_plan one;

                assert_int_equal(spot_coinfer_cost(&p, bits, hz, &one), SPOT_OK);
                if (one.feasible) {
                    most = bits;
                    least = fmin(least, one.energy_j);
                }
            }
        }
        assert_int_equal(plan.feasible, most > 0);
        if (most > 0) {
            assert_int_equal(plan.bits, most);
            assert_close(plan.energy_j, least, 0.0, 1e-14);
        }
        n_feasible += plan.feasible;
    }
    assert_true(n_feasible > N_DRAWN / 10);
}

/* b* rises with budgets and falls with what is sent; E of fixed bits rises with them. */
static void bits_follow_the_budgets(void **state)
{
    spot_rng rng = spot_rng_at(15, SPOT_STREAM_PLAN, 0);
    int n_more = 0;

    (void)state;
    for (int n = 0; n < N_DRAWN; n++) {
        spot_coinfer_problem p = drawn_problem(&rng, 2, n % 2 == 0);
        const int bits = plan_of(&p).feasible ? plan_of(&p).bits : 0;
        spot_coinfer_problem q = p;

        q.max_delay_s *= 1.5;
        n_more += plan_of(&q).bits > bits;
        assert_true(plan_of(&q).bits >= bits);
        q = p;
        q.max_energy_j *= 1.5;
        assert_true(plan_of(&q).bits >= bits);
        q = p;
        q.hop_bits[0] += 1e7;
        assert_true(!plan_of(&q).feasible || plan_of(&q).bits <= bits);
        q = p;
        q.link[0].latency_s += 0.1;
        assert_true(!plan_of(&q).feasible || plan_of(&q).bits <= bits);

        q = p; /* the objective does not matter */
        q.objective = (spot_coinfer_objective)(n % 4);
        assert_int_equal(plan_of(&q).bits, plan_of(&p).bits);

        /* the whole number below what real bits could be */
        const double real = continuous(&p);
        if (bits > 0) {
            assert_int_equal(bits, (int)floor(real * (1.0 + 1e-11)));
        } else {
            assert_true(real < 1.0);
        }
    }
    assert_true(n_more > 20);
}

static void objectives_are_the_curves(void **state)
{
    spot_coinfer_problem p = example_1();

    (void)state;
    p.lambda = 20.0;
    assert_close(plan_of(&p).objective, log1p(exp2(-10.0)) / 20.0, 0.0, 1e-14);
    p.objective = SPOT_COINFER_OBJECTIVE_VERDU;
    assert_close(plan_of(&p).objective, exp2(-10.0) / 20.0, 0.0, 1e-14);
    p.objective = SPOT_COINFER_OBJECTIVE_ADDITIVE;
    assert_close(plan_of(&p).objective, 1.0 / (20.0 * (exp2(10.0) - 1.0)), 0.0, 1e-14);
    p.objective = SPOT_COINFER_OBJECTIVE_GAP;
    assert_close(plan_of(&p).objective, exp2(-11.0) / 20.0, 0.0, 1e-12);
    assert_string_equal(spot_coinfer_objective_str(SPOT_COINFER_OBJECTIVE_GAP), "gap");
    assert_null(spot_coinfer_objective_str((spot_coinfer_objective)4));
    assert_string_equal(spot_coinfer_binds_str(SPOT_COINFER_BINDS_BOTH), "both");
    assert_null(spot_coinfer_binds_str((spot_coinfer_binds)5));
}

/* Idle power is drawn for all of the time, so a longer budget stops being of use. */
static void idle_power_makes_slowness_dear(void **state)
{
    spot_coinfer_problem p = example_1();
    spot_coinfer_plan plan;

    (void)state;
    p.computer[0].idle_w = 0.5;
    p.max_delay_s = p.max_energy_j = 50.0;
    p.n_bits = 1;
    p.bits[0] = 4;
    plan = plan_of(&p);
    /* the agent's cap is met, the server runs where 2 w f^3 = P */
    assert_close(plan.clock_hz[0], 2e9, 0.0, 1e-14);
    assert_close(plan.clock_hz[1], cbrt(0.5 / 4e-28), 0.0, 1e-12);
    assert_close(plan.idle_j, 0.5 * plan.delay_s, 0.0, 1e-14);
    assert_true(plan.slack_s > 40.0);
    p.computer[1].idle_w = 0.5; /* at a PUE of 2 */
    assert_close(plan_of(&p).idle_j, 1.5 * plan_of(&p).delay_s, 0.0, 1e-14);
}

static void a_stage_without_work_costs_nothing(void **state)
{
    spot_coinfer_problem p = example_1();
    spot_coinfer_plan plan;

    (void)state;
    p.flop[1] = 0.0;
    plan = plan_of(&p);
    assert_true(plan.stage_s[1] == 0.0 && plan.stage_j[1] == 0.0);
    p.n_stage = 1;
    assert_close(plan_of(&p).energy_j, plan.energy_j, 0.0, 1e-14);
    assert_int_equal(plan_of(&p).bits, plan.bits);
    p = example_1();
    p.computer[0].power_w_per_hz3 = 0.0; /* free cycles run at full speed */
    assert_true(plan_of(&p).clock_hz[0] == 2e9);
    p.n_stage = 1; /* of clocks that cost the same the fastest one, wherever it stands */
    p.max_delay_s = 10.0;
    p.computer[0].n_clock = 3;
    p.computer[0].clocks_hz[0] = 1e9;
    p.computer[0].clocks_hz[1] = 2e9;
    p.computer[0].clocks_hz[2] = 1.5e9;
    assert_true(plan_of(&p).clock_hz[0] == 2e9);
}

static void refuses(const spot_coinfer_problem *p, const char *word)
{
    spot_diag diag = {""};
    spot_coinfer_plan plan;
    double bits = 0.0;

    assert_int_equal(spot_coinfer_problem_check(p, &diag), SPOT_E_RANGE);
    assert_non_null(strstr(diag.text, word));
    assert_int_equal(spot_coinfer_plan_exact(p, &plan), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_bits_continuous(p, &bits), SPOT_E_RANGE);
}

#define REFUSE(field, value, word)                                                                 \
    do {                                                                                           \
        spot_coinfer_problem bad = example_1();                                                    \
        bad.field = (value);                                                                       \
        refuses(&bad, word);                                                                       \
    } while (0)

static void problems_that_make_no_sense_are_refused(void **state)
{
    spot_coinfer_problem p = example_1();
    spot_coinfer_plan plan;

    (void)state;
    REFUSE(max_delay_s, 0.0, "delay budget");
    REFUSE(max_delay_s, NAN, "delay budget");
    REFUSE(max_energy_j, -1.0, "energy budget");
    REFUSE(max_energy_j, (double)INFINITY, "energy budget");
    REFUSE(lambda, 0.0, "lambda");
    REFUSE(full_bits, 0, "full_bits");
    REFUSE(full_bits, 33, "full_bits");
    REFUSE(n_bits, 33, "bit-widths");
    REFUSE(n_bits, 1, "bits"); /* bits[0] is 0 */
    REFUSE(n_stage, 4, "stages");
    REFUSE(flop[1], NAN, "server: flop");
    REFUSE(computer[0].clock_max_hz, 2000.0, "MHz");
    REFUSE(computer[0].clock_max_hz, 2.0, "GHz");
    REFUSE(computer[0].clock_max_hz, 0.0, "clock_max_hz");
    REFUSE(computer[0].clock_max_hz, 1e12, "at most 1e11");
    REFUSE(computer[0].clock_min_hz, 3e9, "at most clock_max_hz");
    REFUSE(computer[0].clock_min_hz, -1.0, "clock_min_hz");
    REFUSE(computer[1].n_clock, 1, "clocks_hz"); /* clocks_hz[0] is 0 */
    REFUSE(computer[1].n_clock, 33, "number of clocks");
    REFUSE(computer[1].flop_per_cycle, 0.0, "flop_per_cycle");
    REFUSE(computer[1].power_w_per_hz3, -1e-29, "power_w_per_hz3");
    REFUSE(computer[1].power_w_per_hz3, 0.02, "W / GHz^3");
    REFUSE(computer[1].idle_w, NAN, "idle_w");
    REFUSE(computer[1].pue, 0.9, "pue");
    REFUSE(hop_bits[0], -1.0, "uplink_bits");
    REFUSE(link[0].bandwidth_bit_s, 0.0, "bandwidth");
    REFUSE(link[0].latency_s, -0.1, "latency");
    REFUSE(link[0].radio_w, NAN, "radio");

    p.size = 8;
    assert_int_equal(spot_coinfer_plan_exact(&p, &plan), SPOT_E_INVALID);
    p = example_1();
    p.objective = (spot_coinfer_objective)4;
    assert_int_equal(spot_coinfer_plan_exact(&p, &plan), SPOT_E_INVALID);
    p = example_1();
    assert_int_equal(spot_coinfer_plan_exact(NULL, &plan), SPOT_E_INVALID);
    assert_int_equal(spot_coinfer_plan_exact(&p, NULL), SPOT_E_INVALID);
    assert_int_equal(spot_coinfer_bits_continuous(&p, NULL), SPOT_E_INVALID);

    static const double stopped[] = {0.0, 1e9};
    static const double fine[] = {1e9, 1e9};
    assert_int_equal(spot_coinfer_cost(&p, 4, stopped, &plan), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_cost(&p, 17, fine, &plan), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_cost(&p, 0, fine, &plan), SPOT_E_RANGE);
    assert_int_equal(spot_coinfer_cost(&p, 4, NULL, &plan), SPOT_E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(costs_match_printed_vectors),
        cmocka_unit_test(plans_match_printed_vectors),
        cmocka_unit_test(the_least_that_would_do_is_said),
        cmocka_unit_test(what_binds_is_said),
        cmocka_unit_test(clocks_beat_a_grid_of_clocks),
        cmocka_unit_test(plans_of_three_stages_cannot_be_improved_nearby),
        cmocka_unit_test(the_least_delay_is_the_least),
        cmocka_unit_test(the_least_delay_without_caps_has_its_closed_form),
        cmocka_unit_test(lists_of_clocks_are_searched_whole),
        cmocka_unit_test(bits_follow_the_budgets),
        cmocka_unit_test(objectives_are_the_curves),
        cmocka_unit_test(idle_power_makes_slowness_dear),
        cmocka_unit_test(a_stage_without_work_costs_nothing),
        cmocka_unit_test(problems_that_make_no_sense_are_refused),
    };

    return cmocka_run_group_tests_name("coinfer.plan", tests, NULL, NULL);
}
