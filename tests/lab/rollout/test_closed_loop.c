/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The whole loop as users run it: shipped task, shipped policy, shipped platform. What an episode is
 * worth is the policy's affair; here it must be reproducible and add up.
 */
#include <stdio.h>
#include <string.h>

#include "spot/rollout.h"
#include "spot/task.h"
#include "support/spot_test.h"

enum { N_SEEDS = 6, N_POINTS = 3 };

/* Ticks are a few ms, episodes at most some ten thousand of them: relative rounding far below. */
static const double ROUNDING = 1e-9;

typedef struct shipped {
    spot_task *task;
    spot_brain brain;
    spot_rollout_config points[N_POINTS];
} shipped;

static spot_status make_world(void *ctx, spot_world *out, spot_diag *diag)
{
    spot_variation variation;
    spot_variation_default(&variation);
    return spot_task_make_world(((const shipped *)ctx)->task, &variation, out, diag);
}

static int load_shipped(void **state)
{
    static shipped s;
    spot_diag diag = {.text = ""};
    spot_platform *platform = NULL;
    int bad = spot_task_load(SPOT_SOURCE_DIR "/tasks/ur5e-conveyor/task.yaml", NULL, &s.task,
                             &diag) != SPOT_OK;
    bad |= spot_brain_open(SPOT_SOURCE_DIR "/policies/ur5e-conveyor", NULL, &s.brain, &diag) !=
           SPOT_OK;
    bad |= spot_platform_load(SPOT_SOURCE_DIR "/platforms/agx-orin-30w.yaml", NULL, &platform,
                              &diag) != SPOT_OK;
    for (int i = 0; bad == 0 && i < N_POINTS; i++) {
        spot_rollout_config *c = &s.points[i];
        spot_rollout_config_default(c);
        c->point.steps = 2 + i;
        bad |= spot_platform_latency(platform, "dp-vit-dit", c->point.steps, &c->latency, &diag) !=
               SPOT_OK;
    }
    s.points[1].schedule = SPOT_SCHEDULE_OVERLAP;
    s.points[1].point.overlap = 2;
    s.points[1].point.align = SPOT_ALIGN_SKIP;
    s.points[1].latency.spread_s = 0.05; /* jitter too must not depend on threads */
    s.points[2].schedule = SPOT_SCHEDULE_CADENCE;
    spot_platform_destroy(platform);
    if (bad != 0) {
        print_error("%s\n", diag.text);
    }
    *state = &s;
    return bad;
}

static int unload_shipped(void **state)
{
    shipped *s = *state;
    spot_brain_close(&s->brain);
    spot_task_destroy(s->task);
    return 0;
}

static void run_point(shipped *s, int i_point, int threads, spot_episode *episodes)
{
    uint64_t seeds[N_SEEDS];
    spot_rollout_batch batch;
    spot_diag diag = {.text = ""};
    for (int i = 0; i < N_SEEDS; i++) {
        seeds[i] = (uint64_t)i;
    }
    memset(&batch, 0, sizeof(batch));
    batch.config = s->points[i_point];
    batch.brain = &s->brain;
    batch.make_world = make_world;
    batch.make_world_ctx = s;
    batch.seeds = seeds;
    batch.n_seeds = N_SEEDS;
    batch.threads = threads;
    spot_status st = spot_rollout_run_many(&batch, episodes, &diag);
    assert_string_equal(diag.text, "");
    assert_int_equal(st, SPOT_OK);
}

static void one_and_two_threads_give_the_same_bytes(void **state)
{
    shipped *s = *state;
    for (int p = 0; p < N_POINTS; p++) {
        spot_episode alone[N_SEEDS];
        spot_episode together[N_SEEDS];
        run_point(s, p, 1, alone);
        run_point(s, p, 2, together);
        assert_memory_equal(alone, together, sizeof(alone));
        assert_true(alone[0].path_m < alone[1].path_m || alone[0].path_m > alone[1].path_m);
    }
}

static void every_second_is_either_action_or_waiting(void **state)
{
    shipped *s = *state;
    const spot_world_dims *d = &spot_task_describe(s->task)->dims;
    const double t_act = d->tick_s * d->ticks_per_action;
    spot_episode episodes[N_SEEDS];
    run_point(s, 0, 2, episodes);
    for (int i = 0; i < N_SEEDS; i++) {
        const spot_episode *e = &episodes[i];
        /* Sync: the last action may be cut short by the end, nothing else overlaps. */
        double spent = (double)e->actions * t_act + e->wait_s;
        assert_true(spent >= e->time_s - ROUNDING && spent < e->time_s + t_act + ROUNDING);
        /* 0.29 + 0.03 * 2 s, to the nearest tick. */
        double charged = e->inference_s / (double)e->inferences;
        assert_close(charged, 0.35, 0.5 * d->tick_s, ROUNDING);
        assert_close(e->age_first_s, charged, 0.0, ROUNDING);
        assert_true(e->path_m > 0.0 && e->chunks >= 1 && e->inferences - e->chunks <= 1);
        assert_true(e->time_s <= d->time_limit_s + ROUNDING);
    }
}

static void a_policy_of_another_task_is_refused(void **state)
{
    shipped *s = *state;
    spot_world world;
    spot_rollout *rollout = NULL;
    spot_diag diag = {.text = ""};
    assert_int_equal(make_world(s, &world, &diag), SPOT_OK);
    world.dims.obs_dim++;
    assert_int_equal(spot_rollout_create(&s->points[0], &world, &s->brain, &rollout, &diag),
                     SPOT_E_INVALID);
    assert_null(rollout);
    assert_non_null(strstr(diag.text, "expected"));
    world.dims.obs_dim--;
    spot_rollout_config config = s->points[0];
    config.point.steps = 101;
    assert_int_equal(spot_rollout_create(&config, &world, &s->brain, &rollout, &diag),
                     SPOT_E_RANGE);
    assert_int_equal(spot_rollout_create(NULL, &world, &s->brain, &rollout, &diag), SPOT_E_INVALID);
    assert_int_equal(spot_rollout_create(&config, &world, NULL, &rollout, &diag), SPOT_E_INVALID);
    spot_world_destroy(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_and_two_threads_give_the_same_bytes),
        cmocka_unit_test(every_second_is_either_action_or_waiting),
        cmocka_unit_test(a_policy_of_another_task_is_refused),
    };
    return cmocka_run_group_tests(tests, load_shipped, unload_shipped);
}
