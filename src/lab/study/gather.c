/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The episodes of a tuning run: what a store holds of each point, and the rest run and put there. */
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "lab/study/judge.h"
#include "lab/study/keeper.h"
#include "lab/study/tuner.h"

typedef struct gatherer {
    const spoti_tuner *tuner;
    spoti_keeper keeper;       /* with the store and the point at hand */
    spoti_store_point *points; /* (n_rows) */
    bool *kept;                /* (n_seeds) of the point at hand */
    uint64_t *seeds;           /* (n_seeds) those that are to be run */
    spot_episode *run;         /* (n_seeds) their episodes */
    int64_t counted;           /* episodes of the points before, and of this one those read back */
} gatherer;

/* ---- running ---- */

/* A spot_progress_fn: episodes of one point become episodes of all. */
static bool report(void *ctx, int64_t done, int64_t total)
{
    const gatherer *g = (const gatherer *)ctx;
    const spoti_tuner *t = g->tuner;
    (void)total;
    return t->progress == NULL || t->progress(t->progress_ctx, g->counted + done,
                                              (int64_t)t->result->n_rows * t->config->n_seeds);
}

static spot_status run_seeds(gatherer *g, const spot_tune_row *row, int64_t n, spot_diag *diag)
{
    const spoti_tuner *t = g->tuner;
    spot_rollout_batch batch = {.seeds = g->seeds,
                                .n_seeds = n,
                                .threads = t->config->threads,
                                .progress = report,
                                .progress_ctx = g};
    if (g->keeper.store.ops != NULL) {
        batch.keep = spoti_keeper_keep;
        batch.keep_ctx = &g->keeper;
    }
    spot_rollout_config_default(&batch.config);
    batch.config.schedule = spoti_schedule_of(t, row);
    batch.config.clock = t->config->clock;
    batch.config.point = row->point;
    batch.config.n_execute = t->result->setting.n_execute;
    batch.config.latency = row->latency;
    batch.config.overhead_s = t->config->overhead_s;
    batch.config.kernels = t->config->kernels;
    spot_status st = t->source->run(t->source->ctx, &batch, g->run, diag);
    /* what was finished before it was stopped or failed is not lost; the reason is the first one */
    const spot_status put = spoti_keeper_flush(&g->keeper, st == SPOT_OK ? diag : NULL);
    return st == SPOT_OK ? put : st;
}

/* The plan is what the point was identified by, also now that it is going to be used. */
static spot_status check_plan(const gatherer *g, const spot_tune_row *row, spot_diag *diag)
{
    char plan[SPOTI_STORE_PLAN_SIZE];
    spot_status st = spoti_describe_plan(&row->point, plan, diag);
    if (st == SPOT_OK && strcmp(plan, g->points[g->keeper.i].plan) != 0) {
        st = spot_diag_set(diag, SPOT_E_STATE,
                           "%s: edited since the run began, expected it as it was",
                           row->point.quant);
    }
    return st;
}

/* Runs the seeds of the point at hand that are not kept, which are `n`. */
static spot_status run_rest(gatherer *g, spot_tune_row *row, spot_episode *episodes, int64_t n,
                            spot_diag *diag)
{
    const spoti_tuner *t = g->tuner;
    int64_t at = 0;
    for (int64_t k = 0; k < t->config->n_seeds; k++) {
        if (!g->kept[k]) {
            g->seeds[at++] = t->seeds[k];
        }
    }
    spot_status st = check_plan(g, row, diag);
    st = st == SPOT_OK ? run_seeds(g, row, n, diag) : st;
    if (st != SPOT_OK) {
        return st;
    }
    at = 0;
    for (int64_t k = 0; k < t->config->n_seeds; k++) {
        if (!g->kept[k]) {
            episodes[k] = g->run[at++];
        }
    }
    return SPOT_OK;
}

static spot_status gather_point(gatherer *g, spot_diag *diag)
{
    const spoti_tuner *t = g->tuner;
    const int64_t n = t->config->n_seeds;
    spot_tune_row *row = &t->result->rows[g->keeper.i];
    spot_episode *episodes = t->episodes + (size_t)g->keeper.i * (size_t)n;
    spot_status st = SPOT_OK;
    int64_t found = 0;
    memset(g->kept, 0, (size_t)n * sizeof(*g->kept));
    if (g->keeper.store.ops != NULL && !t->config->fresh) {
        st = g->keeper.store.ops->find(g->keeper.store.self, g->keeper.i, episodes, g->kept, diag);
    }
    for (int64_t k = 0; k < n; k++) {
        found += g->kept[k];
    }
    if (st != SPOT_OK) {
        return st;
    }
    row->reused = found == n;
    g->counted += found;
    if (found > 0 && !report(g, 0, n)) {
        return spot_diag_set(diag, SPOT_E_STATE, "stopped before the end");
    }
    st = found < n ? run_rest(g, row, episodes, n - found, diag) : SPOT_OK;
    g->counted += n - found;
    return st == SPOT_OK && g->keeper.store.ops != NULL && g->keeper.store.ops->finish != NULL
               ? g->keeper.store.ops->finish(g->keeper.store.self, g->keeper.i, diag)
               : st;
}

/* ---- the store ---- */

/* `run` is borrowed by the store. */
static spot_status open_store(gatherer *g, spoti_store_run *run, spot_diag *diag)
{
    const spoti_tuner *t = g->tuner;
    const spot_tune_result *r = t->result;
    const spot_tune_config *c = t->config;
    *run = (spoti_store_run){.purpose = t->source->confirms ? "confirm" : "tune",
                             .baseline = r->rows[r->baseline].text,
                             .regime = spoti_regime_of(r->goal),
                             .seed = c->seed,
                             .n_seeds = c->n_seeds,
                             .points = g->points,
                             .n_points = r->n_rows};
    g->keeper.put_s = spoti_now_s();
    return c->store != NULL ? spoti_store_open_sqlite(c->store, run, &g->keeper.store, diag)
           : c->episodes_dir != NULL
               ? spoti_store_open_files(c->episodes_dir, run, &g->keeper.store, diag)
               : SPOT_OK;
}

static spot_status make_gatherer(gatherer *g, spot_diag *diag)
{
    const size_t n = (size_t)g->tuner->config->n_seeds;
    const size_t n_rows = (size_t)g->tuner->result->n_rows;
    g->points = (spoti_store_point *)spoti_calloc(NULL, n_rows, sizeof(*g->points));
    g->kept = (bool *)spoti_alloc(NULL, n, sizeof(*g->kept));
    g->seeds = (uint64_t *)spoti_alloc(NULL, n, sizeof(*g->seeds));
    g->run = (spot_episode *)spoti_calloc(NULL, n, sizeof(*g->run));
    g->keeper.waiting = (spot_episode *)spoti_alloc(NULL, n, sizeof(*g->keeper.waiting));
    return g->points == NULL || g->kept == NULL || g->seeds == NULL || g->run == NULL ||
                   g->keeper.waiting == NULL
               ? SPOT_E_NOMEM
               : spoti_describe_points(g->tuner, g->points, diag);
}

static void free_gatherer(gatherer *g)
{
    const size_t n = (size_t)g->tuner->config->n_seeds;
    spoti_store_close(&g->keeper.store);
    spoti_free(NULL, g->points, (size_t)g->tuner->result->n_rows * sizeof(*g->points));
    spoti_free(NULL, g->kept, n * sizeof(*g->kept));
    spoti_free(NULL, g->seeds, n * sizeof(*g->seeds));
    spoti_free(NULL, g->run, n * sizeof(*g->run));
    spoti_free(NULL, g->keeper.waiting, n * sizeof(*g->keeper.waiting));
}

spot_status spoti_gather(spoti_tuner *tuner, spot_diag *diag)
{
    gatherer g = {.tuner = tuner};
    spoti_store_run run;
    spot_status st = make_gatherer(&g, diag);
    st = st == SPOT_OK ? open_store(&g, &run, diag) : st;
    for (int i = 0; st == SPOT_OK && i < tuner->result->n_rows; i++) {
        g.keeper.i = i;
        st = gather_point(&g, diag);
    }
    free_gatherer(&g);
    return st;
}
