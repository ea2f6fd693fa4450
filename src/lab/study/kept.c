/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "spot/rollout_kept.h"

#include <string.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/base/config.h"
#include "lab/sim/task.h"
#include "lab/study/keeper.h"
#include "lab/study/setting.h"
#include "lab/study/study.h"

/* A call in progress. */
typedef struct kept_run {
    const spot_task *task;
    const spot_variation *variation;
    const spot_rollout_batch *batch; /* the caller's */
    spoti_keeper keeper;
    spoti_store_point point;
    bool *there;        /* (n_seeds) */
    uint64_t *seeds;    /* (n_seeds) of those that are to be run */
    spot_episode *some; /* (n_seeds) their episodes */
    int64_t n_there;
} kept_run;

void spot_rollout_keeping_default(spot_rollout_keeping *keeping)
{
    if (keeping != NULL) {
        *keeping = (spot_rollout_keeping){
            .size = sizeof(*keeping), .platform = "none", .charged_class = "none"};
    }
}

/* A spot_make_world_fn. */
static spot_status make_world(void *ctx, spot_world *out, spot_diag *diag)
{
    const kept_run *k = (const kept_run *)ctx;
    return spot_task_make_world(k->task, k->variation, out, diag);
}

/* A spot_progress_fn. */
static bool report(void *ctx, int64_t done, int64_t total)
{
    const kept_run *k = (const kept_run *)ctx;
    (void)total;
    return k->batch->progress == NULL ||
           k->batch->progress(k->batch->progress_ctx, k->n_there + done, k->batch->n_seeds);
}

static spot_status describe(kept_run *k, const spot_rollout_keeping *keeping, spot_diag *diag)
{
    const spot_rollout_config *c = &k->batch->config;
    const spot_task_info *info = spot_task_describe(k->task);
    char identity[SPOTI_IDENTITY_SIZE];
    char inputs[SPOTI_INPUTS_SIZE];
    char point[SPOT_POINT_TEXT_SIZE];
    const int execute = c->point.execute > 0 ? c->point.execute
                        : c->n_execute > 0   ? c->n_execute
                                             : info->dims.n_execute;
    spot_status st = spoti_identify(k->task, k->batch->brain, identity, diag);
    st = st == SPOT_OK ? spoti_describe_inputs(keeping->inputs, keeping->n_inputs, inputs, diag)
                       : st;
    st = st == SPOT_OK ? spoti_describe_plan(&c->point, k->point.plan, diag) : st;
    if (st != SPOT_OK) {
        return st;
    }
    const spoti_setting setting = {.task = info->name,
                                   .identity = identity,
                                   .inputs = inputs,
                                   .platform = keeping->platform,
                                   .charged_class = keeping->charged_class,
                                   .clock = c->clock,
                                   .overhead_s = c->overhead_s,
                                   .variation = *k->variation};
    spot_point_format(&c->point, point, sizeof(point));
    return spoti_describe_setting(&setting, k->point.identity) &&
                   spoti_describe_point(point, c->schedule, execute, &c->latency, k->point.identity)
               ? SPOT_OK
               : spot_diag_set(diag, SPOT_E_RANGE,
                               "%s: too long a description, expected below %d bytes", point,
                               SPOTI_SIGNATURE_SIZE);
}

/* Runs what is not there, and puts it among the others. */
static spot_status run_rest(kept_run *k, spot_episode *episodes, spot_diag *diag)
{
    spot_rollout_batch rest = *k->batch;
    rest.n_seeds = 0;
    for (int64_t i = 0; i < k->batch->n_seeds; i++) {
        if (!k->there[i]) {
            k->seeds[rest.n_seeds++] = k->batch->seeds[i];
        }
    }
    k->n_there = k->batch->n_seeds - rest.n_seeds;
    rest.seeds = k->seeds;
    rest.make_world = make_world;
    rest.make_world_ctx = k;
    rest.together = spoti_task_together(k->task);
    rest.progress = report;
    rest.progress_ctx = k;
    rest.keep = spoti_keeper_keep;
    rest.keep_ctx = &k->keeper;
    if (rest.n_seeds == 0) {
        return SPOT_OK;
    }
    if (k->n_there > 0 && !report(k, 0, rest.n_seeds)) {
        return spot_diag_set(diag, SPOT_E_STATE, "stopped before the end");
    }
    spot_status st = spot_rollout_run_many(&rest, k->some, diag);
    const spot_status put = spoti_keeper_flush(&k->keeper, st == SPOT_OK ? diag : NULL);
    int64_t at = 0;
    for (int64_t i = 0; st == SPOT_OK && i < k->batch->n_seeds; i++) {
        if (!k->there[i]) {
            episodes[i] = k->some[at++];
        }
    }
    return st == SPOT_OK ? put : st;
}

static spot_status find(kept_run *k, spot_episode *episodes, spot_diag *diag)
{
    const spoti_store *store = &k->keeper.store;
    const spot_status st = store->ops->find(store->self, 0, episodes, k->there, diag);
    for (int64_t i = 0; st == SPOT_OK && i < k->batch->n_seeds; i++) {
        if (k->there[i] && episodes[i].success) {
            k->there[i] = false; /* the one that is asked why */
            break;
        }
    }
    return st;
}

static spot_status run_with(kept_run *k, const spot_rollout_keeping *keeping,
                            spot_episode *episodes, spot_diag *diag)
{
    const size_t n = (size_t)k->batch->n_seeds;
    const spoti_store_run run = {.purpose = "rollout",
                                 .seed = k->batch->seeds[0],
                                 .n_seeds = k->batch->n_seeds,
                                 .points = &k->point,
                                 .n_points = 1};
    k->keeper.put_s = spoti_now_s();
    k->there = (bool *)spoti_calloc(NULL, n, sizeof(*k->there));
    k->seeds = (uint64_t *)spoti_alloc(NULL, n, sizeof(*k->seeds));
    k->some = (spot_episode *)spoti_calloc(NULL, n, sizeof(*k->some));
    k->keeper.waiting = (spot_episode *)spoti_alloc(NULL, n, sizeof(*k->keeper.waiting));
    spot_status st =
        k->there == NULL || k->seeds == NULL || k->some == NULL || k->keeper.waiting == NULL
            ? SPOT_E_NOMEM
            : describe(k, keeping, diag);
    st = st == SPOT_OK ? spoti_store_open_file(keeping->path, &run, &k->keeper.store, diag) : st;
    st = st == SPOT_OK ? find(k, episodes, diag) : st;
    st = st == SPOT_OK ? run_rest(k, episodes, diag) : st;
    spoti_store_close(&k->keeper.store);
    spoti_free(NULL, k->there, n * sizeof(*k->there));
    spoti_free(NULL, k->seeds, n * sizeof(*k->seeds));
    spoti_free(NULL, k->some, n * sizeof(*k->some));
    spoti_free(NULL, k->keeper.waiting, n * sizeof(*k->keeper.waiting));
    return st;
}

spot_status spot_rollout_run_kept(const spot_task *task, const spot_variation *variation,
                                  const spot_rollout_batch *batch,
                                  const spot_rollout_keeping *keeping, spot_episode *episodes,
                                  spot_diag *diag)
{
    kept_run k = {.task = task, .variation = variation, .batch = batch};
    if (SPOTI_CONFIG_CHECK(spot_rollout_keeping, keeping, diag) != SPOT_OK || task == NULL ||
        variation == NULL || batch == NULL || batch->brain == NULL || batch->seeds == NULL ||
        episodes == NULL || keeping->path == NULL || keeping->n_inputs < 0 ||
        keeping->n_inputs > SPOT_ROLLOUT_INPUTS_MAX) {
        return SPOT_E_INVALID;
    }
    if (batch->n_seeds < 1 || batch->n_seeds > SPOTI_STORE_SEEDS_MAX) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%lld episodes, expected 1..%d",
                             (long long)batch->n_seeds, SPOTI_STORE_SEEDS_MAX);
    }
    for (int64_t i = 1; i < batch->n_seeds; i++) {
        if (batch->seeds[i] != batch->seeds[0] + (uint64_t)i) {
            return spot_diag_set(diag, SPOT_E_RANGE, "seeds with gaps, expected them in a row");
        }
    }
    return run_with(&k, keeping, episodes, diag);
}
