/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Whether a world in a process repeats, and what else a trial of it says. */
#include "lab/sim/process/rig.h"
#include "spot/trial.h"

static spot_trial try_toy(const toy_folder *f, const char *options)
{
    spot_task *task = toy_task(f, options, "");
    spot_trial trial;
    spot_diag diag = {""};
    (void)spot_task_try(task, &trial, &diag);
    spot_task_destroy(task);
    return trial;
}

static void assert_check(const spot_trial *trial, const char *name, spot_trial_result result,
                         const char *measured)
{
    for (int i = 0; i < trial->count; i++) {
        const spot_trial_check *c = &trial->checks[i];
        if (strcmp(c->name, name) == 0) {
            assert_int_equal(c->result, result);
            if (strstr(c->measured, measured) == NULL) {
                fail_msg("%s: '%s', expected '%s'", name, c->measured, measured);
            }
            return;
        }
    }
    fail_msg("no check '%s'", name);
}

/* Toys that draw from elsewhere, that remember, and that remember where only their state shows it. */
static void a_trial_says_whether_a_seed_gives_the_same_bytes(void **state)
{
    static const char *const MODES[] = {"mode=unseeded", "mode=history", "mode=ghost"};
    spot_trial trial = try_toy(*state, "");
    assert_check(&trial, "repeatable", SPOT_TRIAL_PASS, "two workers agree");
    for (size_t i = 0; i < sizeof(MODES) / sizeof(MODES[0]); i++) {
        trial = try_toy(*state, MODES[i]);
        assert_check(&trial, "repeatable", SPOT_TRIAL_WARN, "sees something else");
    }
}

static void a_trial_says_what_broke_and_what_is_never_said(void **state)
{
    spot_trial trial = try_toy(*state, "mode=raises");
    assert_check(&trial, "runs", SPOT_TRIAL_FAIL, "KeyError: 'cup' (toy.py:");
    trial = try_toy(*state, "");
    assert_check(&trial, "success is told", SPOT_TRIAL_PASS, "info says it");
    trial = try_toy(*state, "mode=mute");
    assert_check(&trial, "success is told", SPOT_TRIAL_WARN, "info said nothing in these steps");
}

/* What a run can say of its world without a trial, from starts of the seeds 0, 1, 0, 1025 (in the place of 1) and 1. */
static void starts_say_whether_a_world_repeats(void **state)
{
    static const struct {
        const char *options, *says;
    } CASES[] = {
        {"", "1 of 1 starts of seeds that had begun before were the same; 'sweetspot check' tries "
             "steps too"},
        {"mode=deaf", "steps too; all 3 starts of other seeds were as that of seed 0, so seeds"},
        {"mode=history", "no: 1 of 1 starts of seeds that had begun before were others"},
        {"mode=unseeded", "no: 1 of 1 starts"}};
    static const uint64_t SEEDS[] = {0, 1, 0, 1025, 1};
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        spot_task *task = toy_task(*state, CASES[i].options, "");
        spot_world world;
        char text[SPOT_REPEATS_SIZE];

        spot_task_repeats(task, text);
        assert_non_null(strstr(text, "not known: no seed began twice"));
        toy_open(task, &world);
        for (size_t k = 0; k < sizeof(SEEDS) / sizeof(SEEDS[0]); k++) {
            assert_int_equal(spot_world_reset(&world, SEEDS[k]), SPOT_OK);
        }
        spot_world_destroy(&world);
        spot_task_repeats(task, text);
        if (strstr(text, CASES[i].says) == NULL) {
            fail_msg("'%s', expected '%s'", text, CASES[i].says);
        }
        const bool is_deaf = strcmp(CASES[i].options, "mode=deaf") == 0;
        assert_int_equal(strstr(text, "may be no trials of their own") != NULL, is_deaf);
        spot_task_destroy(task);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_trial_says_whether_a_seed_gives_the_same_bytes, toy_setup,
                                        toy_teardown),
        cmocka_unit_test_setup_teardown(a_trial_says_what_broke_and_what_is_never_said, toy_setup,
                                        toy_teardown),
        cmocka_unit_test_setup_teardown(starts_say_whether_a_world_repeats, toy_setup,
                                        toy_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
