/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The choice between splits, widths and servers. Oracle: every choice planned by hand from the planner of the core, and
 * what is least among them; sweeps against single plans.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "spot/plan.h"
#include "support/spot_test.h"

static spot_platform *platform(const char *name)
{
    char path[512];
    spot_platform *p = NULL;
    spot_diag diag = {""};

    (void)snprintf(path, sizeof(path), SPOT_SOURCE_DIR "/platforms/%s.yaml", name);
    if (spot_platform_load(path, NULL, &p, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    return p;
}

typedef struct world {
    spot_plan_model model;
    spot_plan_link link;
    spot_platform *agent, *server, *gpu;
    spot_plan_config config;
} world;

static void set_up(world *w)
{
    memset(w, 0, sizeof(*w));
    assert_int_equal(spot_plan_model_load(SPOT_SOURCE_DIR
                                          "/tests/lab/plan/corpus_model/splits.yaml",
                                          &w->model, NULL),
                     SPOT_OK);
    assert_int_equal(spot_plan_link_load(SPOT_SOURCE_DIR "/links/wlan-5ghz.yaml", &w->link, NULL),
                     SPOT_OK);
    w->agent = platform("paper-agent");
    w->server = platform("paper-server");
    w->gpu = platform("rtx-4070");
    spot_plan_config_default(&w->config);
    w->config.model = &w->model;
    w->config.agent = w->agent;
    w->config.servers[0] = w->server;
    w->config.servers[1] = w->gpu;
    w->config.links[0] = w->config.links[1] = &w->link;
    w->config.n_server = w->config.n_link = 2;
    w->config.max_delay_s = 0.06;
    w->config.max_energy_j = 1.0;
}

static void tear_down(world *w)
{
    spot_platform_destroy(w->agent);
    spot_platform_destroy(w->server);
    spot_platform_destroy(w->gpu);
}

static spot_plan_result result_of(const spot_plan_config *config)
{
    spot_plan_result r;
    spot_diag diag = {""};

    if (spot_plan_make(config, SPOT_COINFER_EXACT_PLAN, NULL, &r, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    return r;
}

static void every_choice_is_tried_and_the_least_output_wins(void **state)
{
    static const double budgets[] = {0.02, 0.04, 0.06, 0.08, 0.12};
    world w;
    int winners[5] = {0};

    (void)state;
    set_up(&w);
    for (int b = 0; b < 5; b++) {
        w.config.max_delay_s = budgets[b];
        spot_plan_result r = result_of(&w.config);
        double least = (double)INFINITY;

        assert_true(r.calibrated);
        assert_int_equal(r.n_choice,
                         2 + 2); /* a on two servers; b in two widths, on both in a chain */
        for (int i = 0; i < r.n_choice; i++) {
            const spot_plan_choice *c = &r.choice[i];
            const spot_plan_split *s = &w.model.split[c->i_split];
            spot_coinfer_plan plan;

            assert_int_equal(c->problem.n_stage, c->i_split == 0 ? 2 : 3);
            assert_true(c->problem.flop[0] == s->agent_flop &&
                        c->problem.flop[1] == s->server_flop);
            assert_true(c->problem.hop_bits[0] ==
                        (c->i_split == 0 ? 1e5 : s->feature[c->i_feature].uplink_bits));
            assert_true(c->problem.link[0].bandwidth_bit_s == 2e8);
            assert_int_equal(spot_coinfer_plan_exact(&c->problem, &plan), SPOT_OK);
            assert_int_equal(plan.bits, c->outcome.plan.bits);
            if (plan.feasible) {
                const double output =
                    s->output_per_parameter * s->agent_parameters * log1p(exp2(1.0 - plan.bits)) /
                        20.0 +
                    (c->i_feature >= 0 ? s->feature[c->i_feature].distortion : 0.0);
                assert_close(c->output_distortion, output, 0.0, 1e-12);
                least = fmin(least, output);
            }
        }
        if (isfinite(least)) {
            assert_close(r.choice[r.best].output_distortion, least, 0.0, 1e-12);
            winners[r.best]++;
        }
        assert_int_equal(r.choice[r.best].outcome.plan.feasible, isfinite(least));
        spot_plan_result_free(&r);
    }
    assert_true(winners[0] + winners[1] > 0);
    tear_down(&w);
}

/* Where nothing is feasible, what is shown is the choice that lacks least energy. */
static void the_nearest_of_infeasible_choices_is_shown(void **state)
{
    world w;

    (void)state;
    set_up(&w);
    w.config.max_delay_s = 0.12;
    w.config.max_energy_j = 1e-4;
    spot_plan_result r = result_of(&w.config);
    double least = (double)INFINITY;
    double most = 0.0;
    for (int i = 0; i < r.n_choice; i++) {
        assert_false(r.choice[i].outcome.plan.feasible);
        least = fmin(least, r.choice[i].outcome.plan.least_energy_j);
        most = fmax(most, r.choice[i].outcome.plan.least_energy_j);
    }
    assert_true(least < most);
    assert_true(r.choice[r.best].outcome.plan.least_energy_j == least);
    spot_plan_result_free(&r);
    tear_down(&w);
}

static void chains_are_in_the_order_given(void **state)
{
    world w;

    (void)state;
    set_up(&w);
    w.config.split = "b";
    spot_plan_result r = result_of(&w.config);
    assert_int_equal(r.n_choice, 2);
    assert_int_equal(r.choice[0].server[0], 0);
    assert_int_equal(r.choice[0].server[1], 1);
    assert_true(r.choice[0].problem.computer[1].flop_per_cycle == 128.0);
    assert_true(r.choice[0].problem.computer[2].flop_per_cycle == 11776.0);
    assert_true(r.choice[0].problem.hop_bits[1] == 1e4);
    spot_plan_result_free(&r);
    tear_down(&w);
}

static void no_link_means_free_sending(void **state)
{
    world w;

    (void)state;
    set_up(&w);
    w.config.split = "a";
    w.config.n_link = 0;
    spot_plan_result r = result_of(&w.config);
    assert_true(r.choice[0].outcome.plan.hop_s[0] == 0.0 &&
                r.choice[0].outcome.plan.hop_j[0] == 0.0);
    spot_plan_result_free(&r);
    tear_down(&w);
}

static void what_cannot_be_compared_is_refused(void **state)
{
    world w;
    spot_plan_result r;
    spot_diag diag = {""};

    (void)state;
    set_up(&w);
    w.model.split[0].output_per_parameter = 0.0;
    assert_int_equal(spot_plan_make(&w.config, SPOT_COINFER_EXACT_PLAN, NULL, &r, &diag),
                     SPOT_E_INVALID);
    assert_non_null(strstr(diag.text, "no calibration"));
    assert_null(r.choice);
    w.config.split = "a"; /* one alone can be planned */
    assert_int_equal(spot_plan_make(&w.config, SPOT_COINFER_EXACT_PLAN, NULL, &r, &diag), SPOT_OK);
    assert_false(r.calibrated);
    assert_true(r.choice[0].output_distortion == 0.0);
    spot_plan_result_free(&r);
    w.config.split = "c";
    assert_int_equal(spot_plan_make(&w.config, SPOT_COINFER_EXACT_PLAN, NULL, &r, &diag),
                     SPOT_E_NOT_FOUND);
    w.config.split = "b";
    w.config.n_server = w.config.n_link = 1;
    assert_int_equal(spot_plan_make(&w.config, SPOT_COINFER_EXACT_PLAN, NULL, &r, &diag),
                     SPOT_E_INVALID);
    assert_non_null(strstr(diag.text, "1 servers"));
    w.config.n_server = 2;
    assert_int_equal(spot_plan_make(&w.config, SPOT_COINFER_EXACT_PLAN, NULL, &r, &diag),
                     SPOT_E_INVALID);
    w.config.n_link = 2;
    assert_int_equal(spot_plan_make(&w.config, SPOT_COINFER_SCA, NULL, &r, &diag),
                     SPOT_E_UNSUPPORTED);
    w.config.split = "a";
    w.config.modes = "low";
    assert_int_equal(spot_plan_make(&w.config, SPOT_COINFER_EXACT_PLAN, NULL, &r, &diag),
                     SPOT_E_NOT_FOUND);
    w.config.modes = NULL;
    w.config.max_delay_s = NAN;
    assert_int_equal(spot_plan_make(&w.config, SPOT_COINFER_EXACT_PLAN, NULL, &r, &diag),
                     SPOT_E_RANGE);
    w.config.model = NULL;
    assert_int_equal(spot_plan_make(&w.config, SPOT_COINFER_EXACT_PLAN, NULL, &r, &diag),
                     SPOT_E_INVALID);
    assert_int_equal(spot_plan_make(&w.config, SPOT_COINFER_EXACT_PLAN, NULL, NULL, &diag),
                     SPOT_E_INVALID);
    tear_down(&w);
}

static void sweeps_are_single_plans(void **state)
{
    world w;
    spot_plan_sweep_config what;
    spot_plan_sweep sweep;
    spot_diag diag = {""};

    (void)state;
    set_up(&w);
    w.config.split = "a";
    w.config.n_server = w.config.n_link = 1;
    spot_plan_sweep_config_default(&what);
    what.from = 0.03;
    what.to = 0.09;
    what.step = 0.02;
    what.scheme[SPOT_COINFER_PPO] = false;
    assert_int_equal(spot_plan_sweep_make(&w.config, &what, &sweep, &diag), SPOT_OK);
    assert_int_equal(sweep.n_budget, 4);
    for (int i = 0; i < 4; i++) {
        const spot_plan_sweep_row *rows = &sweep.row[(size_t)i * SPOT_COINFER_SCHEMES];

        w.config.max_delay_s = 0.03 + 0.02 * i;
        spot_plan_result r = result_of(&w.config);
        assert_close(rows[0].budget, w.config.max_delay_s, 0.0, 1e-12);
        assert_int_equal(rows[SPOT_COINFER_EXACT_PLAN].feasible, r.choice[0].outcome.plan.feasible);
        assert_true(rows[SPOT_COINFER_EXACT_PLAN].bits == r.choice[0].outcome.plan.bits);
        assert_true(rows[SPOT_COINFER_EXACT_PLAN].energy_j == r.choice[0].outcome.plan.energy_j);
        assert_false(rows[SPOT_COINFER_PPO].tried);
        spot_plan_result_free(&r);
    }
    spot_plan_sweep_free(&sweep);
    what.to = 0.02;
    assert_int_equal(spot_plan_sweep_make(&w.config, &what, &sweep, &diag), SPOT_E_RANGE);
    what.to = 1e9;
    assert_int_equal(spot_plan_sweep_make(&w.config, &what, &sweep, &diag), SPOT_E_RANGE);
    assert_non_null(strstr(diag.text, "at most 1000"));
    tear_down(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_choice_is_tried_and_the_least_output_wins),
        cmocka_unit_test(the_nearest_of_infeasible_choices_is_shown),
        cmocka_unit_test(chains_are_in_the_order_given),
        cmocka_unit_test(no_link_means_free_sending),
        cmocka_unit_test(what_cannot_be_compared_is_refused),
        cmocka_unit_test(sweeps_are_single_plans),
    };

    return cmocka_run_group_tests_name("lab.plan", tests, NULL, NULL);
}
