/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Demonstrations on several threads, written in the order of their seeds: batches of episodes are run in
 * parallel into memory, then appended one after another, so the file does not depend on the threads.
 */
#include "spot/demo.h"

#include <string.h>

#include "core/base/alloc.h"
#include "core/base/config.h"
#include "lab/base/executor.h"
#include "lab/demo/hdf5_file.h"

enum { BATCH = 64 };

static const int EPISODES_MAX = 100000;
/* An expert that fails more often than this is broken, and recording would not end. */
static const int TRIES_PER_DEMO = 4;

typedef struct recorder {
    const spot_task *task;
    const spot_demo_config *config;
    spoti_demo demos[BATCH];
    uint64_t first; /* seed of demos[0] */
    spot_progress_fn progress;
    void *progress_ctx;
    int64_t written;
    bool stopped;
} recorder;

void spot_demo_config_default(spot_demo_config *config)
{
    *config = (spot_demo_config){.size = sizeof(*config),
                                 .episodes = 1000,
                                 .seed = 0,
                                 .threads = 1,
                                 .speed_low = 1.0,
                                 .speed_high = 1.0,
                                 .disturb = true};
}

/* Runs one demonstration in a world of its own, as each has its own belt speed. */
static spot_status record_one(void *ctx, int worker, int64_t index)
{
    recorder *r = ctx;
    spoti_demo *demo = &r->demos[index];
    uint64_t seed = r->first + (uint64_t)index;
    spot_rng rng = spot_rng_at(seed, SPOT_STREAM_DISTURB, 1);
    spot_world world;

    (void)worker;
    demo->speed = spot_rng_uniform(&rng, r->config->speed_low, r->config->speed_high);
    spot_variation variation = {.speed = demo->speed, .noise = 1.0};
    spot_status st = spot_task_make_world(r->task, &variation, &world, NULL);
    if (st == SPOT_OK) {
        st = spoti_demo_run(demo, r->task, &world, seed, r->config->disturb);
        spot_world_destroy(&world);
    }
    return st;
}

static spot_status check_config(const spot_demo_config *c, spot_diag *diag)
{
    if (c->episodes < 1 || c->episodes > EPISODES_MAX) {
        return spot_diag_set(diag, SPOT_E_RANGE, "episodes %d: expected 1 to %d", c->episodes,
                             EPISODES_MAX);
    }
    if (!(c->speed_low >= 0.0 && c->speed_low <= c->speed_high && c->speed_high <= 10.0)) {
        return spot_diag_set(diag, SPOT_E_RANGE, "speeds %g to %g: expected 0 <= low <= high <= 10",
                             c->speed_low, c->speed_high);
    }
    if (c->seed >= SPOT_DEMO_SEED_BASE) {
        return spot_diag_set(diag, SPOT_E_RANGE, "seed: expected less than 2^32");
    }
    return SPOT_OK;
}

static spot_status append_batch(recorder *r, spoti_hdf5_file *file, spot_demo_result *result,
                                spot_diag *diag)
{
    for (int i = 0; i < BATCH && r->written < r->config->episodes; i++) {
        result->tried++;
        const spot_episode *episode = &r->demos[i].episode;
        if (episode->invalid && result->invalid++ == 0) {
            memcpy(result->fault, episode->fault, sizeof(result->fault));
        }
        if (!r->demos[i].success) {
            continue;
        }
        spot_status st = spoti_hdf5_append(file, &r->demos[i], diag);
        if (st != SPOT_OK) {
            return st;
        }
        result->succeeded++;
        result->rows += r->demos[i].count;
        r->written++;
    }
    if (r->progress != NULL && !r->progress(r->progress_ctx, r->written, r->config->episodes)) {
        return SPOT_E_STATE;
    }
    return SPOT_OK;
}

static spot_status record_all(recorder *r, spoti_hdf5_file *file, spot_demo_result *result,
                              spot_diag *diag)
{
    const spoti_executor *executor = spoti_executor_for(r->config->threads);
    spot_status st = SPOT_OK;

    r->first = SPOT_DEMO_SEED_BASE + r->config->seed;
    while (st == SPOT_OK && r->written < r->config->episodes) {
        if (result->tried >= TRIES_PER_DEMO * r->config->episodes + BATCH) {
            return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                                 "the expert succeeded in %d of %d episodes, %d were invalid%s%s, "
                                 "expected more successes",
                                 result->succeeded, result->tried, result->invalid,
                                 result->invalid > 0 ? ", the first because of: " : "",
                                 result->fault);
        }
        st = executor->run(executor->self, BATCH, r->config->threads, record_one, NULL, r);
        if (st == SPOT_OK) {
            st = append_batch(r, file, result, diag);
        }
        r->first += BATCH;
    }
    return st;
}

static void free_recorder(recorder *r, const spot_allocator *allocator)
{
    for (int i = 0; i < BATCH; i++) {
        spoti_demo_fini(&r->demos[i]);
    }
    spoti_free(allocator, r, sizeof(*r));
}

spot_status spot_demo_record(const spot_task *task, const spot_demo_config *config,
                             const char *path, spot_progress_fn progress, void *ctx,
                             spot_demo_result *result, spot_diag *diag)
{
    spot_demo_result counted = {0};
    spoti_hdf5_file *file = NULL;

    if (task == NULL || SPOTI_CONFIG_CHECK(spot_demo_config, config, diag) != SPOT_OK ||
        path == NULL) {
        return SPOT_E_INVALID;
    }
    spot_status st = check_config(config, diag);
    st = st == SPOT_OK ? spoti_demo_check(task, diag) : st;
    if (st != SPOT_OK) {
        return st;
    }
    recorder *r = spoti_calloc(task->allocator, 1, sizeof(*r));
    if (r == NULL) {
        return SPOT_E_NOMEM;
    }
    r->task = task;
    r->config = config;
    r->progress = progress;
    r->progress_ctx = ctx;
    for (int i = 0; i < BATCH && st == SPOT_OK; i++) {
        st = spoti_demo_init(&r->demos[i], task);
    }
    if (st == SPOT_OK) {
        st = spoti_hdf5_begin(path, task, &file, diag);
    }
    if (st == SPOT_OK) {
        st = record_all(r, file, &counted, diag);
        spot_status end = spoti_hdf5_end(file, st == SPOT_OK, diag);
        st = st == SPOT_OK ? end : st;
    }
    if (result != NULL) {
        *result = counted;
    }
    free_recorder(r, task->allocator);
    return st;
}

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
