/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Many episodes on the workers of an executor. Each owns a world and a rollout and takes the next seed; an
 * episode depends on its seed alone and lands at its seed's index, so the workers leave no trace.
 */
#include "spot/rollout.h"

#include "core/base/alloc.h"
#include "core/base/config.h"
#include "lab/base/executor.h"
#include "lab/rollout/steps.h"

typedef struct worker {
    spot_world world;
    spot_rollout *rollout;
    int64_t failed_at; /* smallest index at which this worker failed, or n_seeds */
    spot_diag why;     /* what was said of it; "" = the status says it all */
} worker;

typedef struct job {
    const spot_rollout_batch *batch;
    spot_episode *episodes;
    worker *workers;
    int n_workers;
    spot_status kept; /* the first that the caller's `keep` did not, and why */
    spot_diag why_not_kept;
} job;

static spot_status work(void *ctx, int i_worker, int64_t index)
{
    job *j = (job *)ctx;
    worker *w = &j->workers[i_worker];
    spot_diag why = {""};
    spot_status st = spot_rollout_run(w->rollout, j->batch->seeds[index], &j->episodes[index], NULL,
                                      NULL, NULL, &why);
    if (st != SPOT_OK && index < w->failed_at) {
        w->failed_at = index;
        w->why = why;
    }
    return st;
}

static bool report(void *ctx, int64_t index, int64_t done, int64_t total)
{
    job *j = (job *)ctx;
    const spot_rollout_batch *batch = j->batch;
    if (batch->keep != NULL && j->kept == SPOT_OK) {
        j->kept = batch->keep(batch->keep_ctx, index, &j->episodes[index], &j->why_not_kept);
    }
    if (j->kept != SPOT_OK) {
        return false;
    }
    return batch->progress == NULL || batch->progress(batch->progress_ctx, done, total);
}

static spot_status make_worker(const spot_rollout_batch *batch, worker *w, spot_diag *diag)
{
    w->failed_at = batch->n_seeds;
    spot_status st = batch->make_world(batch->make_world_ctx, &w->world, diag);
    if (st != SPOT_OK) {
        w->world.ops = NULL; /* nothing to destroy, whatever was left there */
        return st;
    }
    return spot_rollout_create(&batch->config, &w->world, batch->brain, &w->rollout, diag);
}

static void destroy_worker(worker *w)
{
    spot_rollout_destroy(w->rollout);
    if (w->world.ops != NULL && w->world.ops->destroy != NULL) {
        w->world.ops->destroy(w->world.self);
    }
}

/* Says what ended the job: the failure of the smallest index, or the caller's wish. */
static spot_status say_why(const job *j, spot_status st, spot_diag *diag)
{
    const spot_rollout_batch *batch = j->batch;
    int64_t first = batch->n_seeds;
    const spot_diag *why = NULL;
    for (int i = 0; i < j->n_workers; i++) {
        if (j->workers[i].failed_at < first) {
            first = j->workers[i].failed_at;
            why = &j->workers[i].why;
        }
    }
    if (why == NULL && j->kept != SPOT_OK) {
        return spot_diag_set(diag, j->kept, "%s", j->why_not_kept.text);
    }
    if (why == NULL) {
        return spot_diag_set(diag, st, "stopped before all %lld episodes were run",
                             (long long)batch->n_seeds);
    }
    return spot_diag_set(diag, st, "the episode of seed %llu broke off: %s",
                         (unsigned long long)batch->seeds[first],
                         why->text[0] != '\0' ? why->text : spot_status_str(st));
}

static spot_status check(const spot_rollout_batch *batch, const spot_episode *episodes,
                         spot_diag *diag)
{
    if (batch == NULL || batch->brain == NULL || batch->make_world == NULL ||
        batch->seeds == NULL || episodes == NULL ||
        SPOTI_CONFIG_CHECK(spot_rollout_config, &batch->config, diag) != SPOT_OK) {
        return SPOT_E_INVALID;
    }
    if (batch->n_seeds < 1 || batch->threads < 1 || batch->threads > SPOTI_WORKERS_MAX) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "%lld episodes on %d threads, expected at least 1 on 1..%d",
                             (long long)batch->n_seeds, batch->threads, SPOTI_WORKERS_MAX);
    }
    return SPOT_OK;
}

spot_status spot_rollout_run_many(const spot_rollout_batch *batch, spot_episode *episodes,
                                  spot_diag *diag)
{
    spot_status st = check(batch, episodes, diag);
    if (st != SPOT_OK) {
        return st;
    }
    if (batch->together != NULL) {
        return spoti_rollout_run_together(batch, episodes, diag);
    }
    const spot_allocator *allocator = batch->config.allocator;
    int threads = batch->n_seeds < batch->threads ? (int)batch->n_seeds : batch->threads;
    job j = {.batch = batch, .episodes = episodes, .n_workers = threads};
    j.workers = (worker *)spoti_calloc(allocator, (size_t)threads, sizeof(*j.workers));
    if (j.workers == NULL) {
        return SPOT_E_NOMEM;
    }
    /* Made here, one after the other: worlds and brains need not be thread-safe to create. */
    for (int i = 0; st == SPOT_OK && i < threads; i++) {
        st = make_worker(batch, &j.workers[i], diag);
    }
    if (st == SPOT_OK) {
        const spoti_executor *e = spoti_executor_for(threads);
        st = e->run(e->self, batch->n_seeds, threads, work, report, &j);
        if (st != SPOT_OK) {
            st = say_why(&j, st, diag);
        }
    }
    for (int i = 0; i < threads; i++) {
        destroy_worker(&j.workers[i]);
    }
    spoti_free(allocator, j.workers, (size_t)threads * sizeof(*j.workers));
    return st;
}
