/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A task of the caller's own worlds: described, rolled out by the tuner, refused where it cannot be. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lab/rollout/fake_world.h"
#include "lab/sim/task.h"
#include "spot/task_own.h"
#include "support/spot_test.h"

static int made;

static spot_status make_world(void *ctx, const spot_variation *variation, spot_world *out,
                              spot_diag *diag)
{
    static spot_world_ops ops;
    fake_world *w = calloc(1, sizeof(*w));
    (void)diag;
    assert_non_null(w);
    *out = make_fake(w, *(int *)ctx);
    ops = *out->ops;
    ops.destroy = free;
    out->ops = &ops;
    assert_true(variation->speed == 1.0);
    made++;
    return SPOT_OK;
}

static int wanted = 16;
static const char *names[] = {"x", "y", "z", "tick"};

static spot_own_task_config own_config(void)
{
    fake_world w;
    spot_own_task_config config;
    spot_own_task_config_default(&config);
    config.name = "fake";
    config.identity = "fake-1";
    config.instruction = "wait";
    config.dims = make_fake(&w, 0).dims;
    config.sample_names = names;
    config.make_world = make_world;
    config.ctx = &wanted;
    return config;
}

static void a_task_says_what_it_was_given(void **state)
{
    spot_own_task_config config = own_config();
    char identity[SPOTI_TASK_IDENTITY_SIZE];
    char name[] = "fake";
    spot_world world;
    spot_task *task = NULL;
    (void)state;
    config.name = name;
    assert_int_equal(spot_task_own(&config, &task, NULL), SPOT_OK);
    name[0] = '?'; /* it has copied the texts */
    const spot_task_info *info = spot_task_describe(task);
    char repeats[SPOT_REPEATS_SIZE];
    spot_task_repeats(task, repeats);
    assert_non_null(strstr(repeats, "not known"));
    assert_string_equal(info->name, "fake");
    assert_string_equal(info->charge_as, "self");
    assert_string_equal(info->engine.name, "own");
    assert_string_equal(info->sample_names[3], "tick");
    assert_int_equal(info->dims.horizon, FAKE_HORIZON);
    assert_int_equal(spoti_task_identify(task, identity), SPOT_OK);
    assert_string_equal(identity, "own=fake-1");
    const spot_variation variation = {.speed = 1.0, .noise = 1.0};
    assert_int_equal(spot_task_make_world(task, &variation, &world, NULL), SPOT_OK);
    assert_string_equal(world.instruction, "wait");
    assert_ptr_equal(world.task, task);
    assert_int_equal(world.dims.obs_dim, FAKE_OBS);
    spot_world_destroy(&world);
    spot_task_destroy(task);
}

/* What a change of the config is refused with. */
static void refused(void (*change)(spot_own_task_config *), spot_status want, const char *part)
{
    spot_own_task_config config = own_config();
    spot_diag diag = {""};
    spot_task *task = (spot_task *)&config;
    change(&config);
    assert_int_equal(spot_task_own(&config, &task, &diag), want);
    assert_null(task);
    assert_non_null(strstr(diag.text, part));
}

static void no_name(spot_own_task_config *c)
{
    c->name = NULL;
}
static void no_maker(spot_own_task_config *c)
{
    c->make_world = NULL;
}
static void two_words(spot_own_task_config *c)
{
    c->identity = "a b";
}
static void no_word(spot_own_task_config *c)
{
    c->identity = "";
}
static void no_obs(spot_own_task_config *c)
{
    c->dims.obs_dim = 0;
}
static void no_action(spot_own_task_config *c)
{
    c->dims.action_dim = 0;
}
static void big_anchor(spot_own_task_config *c)
{
    c->dims.anchor_dim = SPOT_ANCHOR_DIM_MAX + 1;
}
static void no_names(spot_own_task_config *c)
{
    c->sample_names = NULL;
}
static void no_time(spot_own_task_config *c)
{
    c->dims.tick_s = 0.0;
}
static void short_limit(spot_own_task_config *c)
{
    c->dims.time_limit_s = c->dims.tick_s / 2;
}
static void endless(spot_own_task_config *c)
{
    c->dims.time_limit_s = (double)NAN;
}
static void too_many(spot_own_task_config *c)
{
    c->dims.n_execute = FAKE_HORIZON + 1;
}
static void other_size(spot_own_task_config *c)
{
    c->size--;
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    refused(no_name, SPOT_E_INVALID, "expected all three");
    refused(no_maker, SPOT_E_INVALID, "expected all three");
    refused(two_words, SPOT_E_INVALID, "identity 'a b'");
    refused(no_word, SPOT_E_INVALID, "expected one word");
    refused(no_obs, SPOT_E_RANGE, "0 observations");
    refused(no_action, SPOT_E_RANGE, "0 actions");
    refused(big_anchor, SPOT_E_RANGE, "an anchor of 17");
    refused(no_names, SPOT_E_RANGE, "names of samples");
    refused(no_time, SPOT_E_RANGE, "a tick of 0 s");
    refused(short_limit, SPOT_E_RANGE, "the limit a tick at least");
    refused(endless, SPOT_E_RANGE, "a limit of nan s");
    refused(too_many, SPOT_E_RANGE, "17 of 16 actions");
    refused(other_size, SPOT_E_INVALID, "spot_own_task_config");
}

static void no_memory_is_no_task(void **state)
{
    (void)state;
    for (int k = 0;; k++) {
        spot_test_allocator mem;
        spot_allocator a = spot_test_failing_allocator(&mem, k);
        spot_own_task_config config = own_config();
        spot_task *task = NULL;
        config.allocator = &a;
        const spot_status st = spot_task_own(&config, &task, NULL);
        spot_task_destroy(task);
        spot_test_assert_no_leak(&mem);
        if (st == SPOT_OK) {
            assert_true(k > 8); /* two objects and every text */
            break;
        }
        assert_int_equal(st, SPOT_E_NOMEM);
        assert_null(task);
    }
}

/* ---- worlds that step at once, as the probe steps one of them ---- */

typedef struct joint {
    int resets, steps, n_active;
} joint;

static spot_status reset_all(void *ctx, const uint64_t *seeds, int m, spot_diag *diag)
{
    joint *j = ctx;
    (void)diag;
    j->resets += m == 1 && seeds[0] == 0;
    return SPOT_OK;
}

static spot_status step_all(void *ctx, const bool *active, int n, spot_diag *diag)
{
    joint *j = ctx;
    (void)diag;
    for (int i = 0; i < n; i++) {
        j->n_active += active[i];
    }
    j->steps++;
    return SPOT_OK;
}

static void worlds_that_step_at_once_are_probed_one_at_a_time(void **state)
{
    joint j = {0};
    const spot_together together = {.n = 3, .reset = reset_all, .step = step_all, .ctx = &j};
    spot_own_task_config config = own_config();
    spot_task *task = NULL;
    uint64_t alone = 0;
    uint64_t at_once = 0;
    (void)state;
    assert_int_equal(spot_task_own(&config, &task, NULL), SPOT_OK);
    assert_null(spoti_task_together(task));
    assert_int_equal(spoti_task_probe(task, &alone, NULL), SPOT_OK);
    spot_task_destroy(task);
    config.together = &together;
    assert_int_equal(spot_task_own(&config, &task, NULL), SPOT_OK);
    assert_int_equal(spoti_task_together(task)->n, 3);
    assert_int_equal(spoti_task_probe(task, &at_once, NULL), SPOT_OK);
    spot_task_destroy(task);
    assert_true(alone == at_once);
    assert_int_equal(j.resets, 1);
    assert_true(j.steps > 0 && j.n_active == j.steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_task_says_what_it_was_given),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(no_memory_is_no_task),
        cmocka_unit_test(worlds_that_step_at_once_are_probed_one_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
