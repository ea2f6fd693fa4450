/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The expert as a policy: many episodes, none of them kept, or one to look at. */
#include "spot/demo.h"

#include "lab/base/executor.h"
#include "lab/demo/record.h"
#include "lab/rollout/trajectory.h"

typedef struct evaluator {
    const spot_task *task;
    const spot_demo_evaluation *evaluation;
    spot_episode *episodes;
} evaluator;

static spot_status evaluate_one(void *ctx, int worker, int64_t index)
{
    evaluator *e = ctx;
    spot_world world;
    spoti_demo demo;

    (void)worker;
    spot_status st = spoti_demo_init(&demo, e->task);
    if (st != SPOT_OK) {
        return st;
    }
    st = spot_task_make_world(e->task, &e->evaluation->variation, &world, NULL);
    if (st == SPOT_OK) {
        st = spoti_demo_run(&demo, e->task, &world, e->evaluation->seed + (uint64_t)index, false);
        spot_world_destroy(&world);
        e->episodes[index] = demo.episode;
    }
    spoti_demo_fini(&demo);
    return st;
}

static bool evaluate_done(void *ctx, int64_t index, int64_t done, int64_t total)
{
    (void)index;
    const spot_demo_evaluation *e = ((const evaluator *)ctx)->evaluation;
    return e->progress == NULL || e->progress(e->progress_ctx, done, total);
}

spot_status spot_demo_watch(const spot_task *task, const spot_variation *variation, uint64_t seed,
                            spot_episode *episode, spot_trajectory *trajectory,
                            spot_tick_fn tick_fn, void *tick_ctx, spot_diag *diag)
{
    spot_world world;
    spoti_demo demo;

    if (task == NULL || variation == NULL || episode == NULL ||
        (trajectory != NULL &&
         !spoti_trajectory_fits(trajectory, &spot_task_describe(task)->dims))) {
        return SPOT_E_INVALID;
    }
    spot_status st = spoti_demo_check(task, diag);
    st = st == SPOT_OK ? spoti_demo_init(&demo, task) : st;
    if (st != SPOT_OK) {
        return st;
    }
    demo.tick_fn = tick_fn;
    demo.tick_ctx = tick_ctx;
    demo.trajectory = trajectory;
    if (trajectory != NULL) {
        trajectory->count = 0;
    }
    st = spot_task_make_world(task, variation, &world, diag);
    if (st == SPOT_OK) {
        st = spoti_demo_run(&demo, task, &world, seed, false);
        spot_world_destroy(&world);
        *episode = demo.episode;
    }
    spoti_demo_fini(&demo);
    return st;
}

spot_status spot_demo_evaluate(const spot_task *task, const spot_demo_evaluation *evaluation,
                               spot_episode *episodes, spot_diag *diag)
{
    evaluator e = {.task = task, .evaluation = evaluation, .episodes = episodes};
    spot_world world;

    if (task == NULL || evaluation == NULL || episodes == NULL || evaluation->episodes < 1) {
        return SPOT_E_INVALID;
    }
    spot_status st = spoti_demo_check(task, diag);
    /* A world made here refuses a bad variation with its reason. */
    st = st == SPOT_OK ? spot_task_make_world(task, &evaluation->variation, &world, diag) : st;
    if (st != SPOT_OK) {
        return st;
    }
    spot_world_destroy(&world);
    const spoti_executor *executor = spoti_executor_for(evaluation->threads);
    return executor->run(executor->self, evaluation->episodes, evaluation->threads, evaluate_one,
                         evaluate_done, &e);
}
