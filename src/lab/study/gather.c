/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The episodes of a tuning run: what a store holds of each point, and the rest run and put there.
 *
 * A store that takes a point in parts is given what was finished at least once a second, so that a killed
 * run goes on in the middle of a point; what it had not been given by then is run again.
 */
#include <inttypes.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "lab/study/judge.h"
#include "lab/study/tuner.h"
#include "spot/version.h"

/* How long finished episodes wait to be kept: a transaction waits for the disk, which takes some ms. */
static const double KEEP_EVERY_S = 1.0;

typedef struct gatherer {
    const spoti_tuner *tuner;
    spoti_store store;
    spoti_store_point *points; /* (n_rows) */
    bool *kept;                /* (n_seeds) of the point at hand */
    uint64_t *seeds;           /* (n_seeds) those that are to be run */
    spot_episode *run;         /* (n_seeds) their episodes */
    spot_episode *waiting;     /* (n_seeds) finished, and not yet put */
    int64_t n_waiting;
    double put_s;    /* when something was put last */
    int i;           /* the point at hand */
    int64_t counted; /* episodes of the points before, and of this one those read back */
} gatherer;

/* ---- what identifies a point's episodes ---- */

static spot_schedule schedule_of(const spoti_tuner *t, const spot_tune_row *row)
{
    return spot_schedule_of(t->config->cadence, row->point.overlap);
}

/* A precision may be a file, which may be edited under the same name: ` plan=HASH`, else "". */
static spot_status describe_plan(const spot_point *point, char text[SPOTI_STORE_PLAN_SIZE],
                                 spot_diag *diag)
{
    static const char SUFFIX[] = ".yaml"; /* as spot_session_config.quant has it */
    uint64_t hash = SPOTI_HASH_START;
    text[0] = '\0';
    if (!spoti_ends_with(point->quant, SUFFIX)) {
        return SPOT_OK;
    }
    spot_status st = spoti_hash_file(&hash, point->quant, diag);
    if (st == SPOT_OK) {
        (void)spoti_format(text, SPOTI_STORE_PLAN_SIZE, " plan=%016" PRIx64, hash);
    }
    return st;
}

enum { SHAPE_SIZE = 40 };

/* Everything but seeds and plan that determines the episodes of a row, on one line. False if it does not fit. */
static bool identify(const spoti_tuner *t, const spot_tune_row *row,
                     char text[SPOTI_SIGNATURE_SIZE])
{
    const spot_tune_setting *s = &t->result->setting;
    char shape[SHAPE_SIZE] = "";
    if (row->latency.shape != NULL) {
        (void)spoti_format(shape, sizeof(shape), " calls=%016" PRIx64,
                           spot_latency_shape_hash(row->latency.shape));
    }
    return spoti_format(
        text, SPOTI_SIGNATURE_SIZE,
        "version=%s engine=%s-%s task=%s %s inputs=%016" PRIx64
        " point='%s' platform=%s class=%s origin=%s latency_s=%.17g spread_s=%.17g"
        "%s clock=%s schedule=%s execute=%d overhead_s=%.17g speed=%.17g noise=%.17g",
        SPOT_VERSION_STRING, t->source->engine.name, t->source->engine.version, s->task,
        t->source->identity, t->inputs, row->text, s->platform, s->charged_class,
        spot_origin_str(row->latency.origin), row->latency.mean_s, row->latency.spread_s, shape,
        spot_clock_str(s->clock), spot_schedule_str(schedule_of(t, row)),
        spoti_row_execute(t->result, row), s->overhead_s, s->variation.speed, s->variation.noise);
}

static spot_status describe_points(gatherer *g, spot_diag *diag)
{
    const spoti_tuner *t = g->tuner;
    for (int i = 0; i < t->result->n_rows; i++) {
        spoti_store_point *p = &g->points[i];
        const spot_tune_row *row = &t->result->rows[i];
        spot_status st = describe_plan(&row->point, p->plan, diag);
        if (st == SPOT_OK && !identify(t, row, p->identity)) {
            st = spot_diag_set(diag, SPOT_E_RANGE, "%s: too long a description", row->text);
        }
        if (st != SPOT_OK) {
            return st;
        }
        p->row = spoti_point_row(t->result, i);
    }
    return SPOT_OK;
}

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

static spot_status put_waiting(gatherer *g, spot_diag *diag)
{
    spot_status st = SPOT_OK;
    if (g->n_waiting > 0) {
        st = g->store.ops->put(g->store.self, g->i, g->waiting, g->n_waiting, diag);
        g->n_waiting = 0;
        g->put_s = spoti_now_s();
    }
    return st;
}

/* A spot_keep_fn. */
static spot_status keep(void *ctx, int64_t index, const spot_episode *episode, spot_diag *diag)
{
    gatherer *g = (gatherer *)ctx;
    (void)index;
    if (episode->lost) {
        return SPOT_OK;
    }
    g->waiting[g->n_waiting++] = *episode;
    return spoti_now_s() - g->put_s >= KEEP_EVERY_S ? put_waiting(g, diag) : SPOT_OK;
}

static spot_status run_seeds(gatherer *g, const spot_tune_row *row, int64_t n, spot_diag *diag)
{
    const spoti_tuner *t = g->tuner;
    spot_rollout_batch batch = {.seeds = g->seeds,
                                .n_seeds = n,
                                .threads = t->config->threads,
                                .progress = report,
                                .progress_ctx = g};
    if (g->store.ops != NULL && g->store.ops->in_parts) {
        batch.keep = keep;
        batch.keep_ctx = g;
    }
    spot_rollout_config_default(&batch.config);
    batch.config.schedule = schedule_of(t, row);
    batch.config.clock = t->config->clock;
    batch.config.point = row->point;
    batch.config.n_execute = t->result->setting.n_execute;
    batch.config.latency = row->latency;
    batch.config.overhead_s = t->config->overhead_s;
    batch.config.kernels = t->config->kernels;
    spot_status st = t->source->run(t->source->ctx, &batch, g->run, diag);
    /* what was finished before it was stopped or failed is not lost; the reason is the first one */
    const spot_status put =
        batch.keep != NULL ? put_waiting(g, st == SPOT_OK ? diag : NULL) : SPOT_OK;
    return st == SPOT_OK ? put : st;
}

/* The plan is what the point was identified by, also now that it is going to be used. */
static spot_status check_plan(const gatherer *g, const spot_tune_row *row, spot_diag *diag)
{
    char plan[SPOTI_STORE_PLAN_SIZE];
    spot_status st = describe_plan(&row->point, plan, diag);
    if (st == SPOT_OK && strcmp(plan, g->points[g->i].plan) != 0) {
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
    bool whole = true;
    at = 0;
    for (int64_t k = 0; k < t->config->n_seeds; k++) {
        if (!g->kept[k]) {
            whole = whole && !g->run[at].lost;
            episodes[k] = g->run[at++];
        }
    }
    return g->store.ops != NULL && !g->store.ops->in_parts && whole
               ? g->store.ops->put(g->store.self, g->i, episodes, n, diag)
               : SPOT_OK;
}

static spot_status gather_point(gatherer *g, spot_diag *diag)
{
    const spoti_tuner *t = g->tuner;
    const int64_t n = t->config->n_seeds;
    spot_tune_row *row = &t->result->rows[g->i];
    spot_episode *episodes = t->episodes + (size_t)g->i * (size_t)n;
    spot_status st = SPOT_OK;
    int64_t found = 0;
    memset(g->kept, 0, (size_t)n * sizeof(*g->kept));
    if (g->store.ops != NULL && !t->config->fresh) {
        st = g->store.ops->find(g->store.self, g->i, episodes, g->kept, diag);
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
    return st;
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
    g->put_s = spoti_now_s();
    return c->store != NULL          ? spoti_store_open_sqlite(c->store, run, &g->store, diag)
           : c->episodes_dir != NULL ? spoti_store_open_files(c->episodes_dir, run, &g->store, diag)
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
    g->waiting = (spot_episode *)spoti_alloc(NULL, n, sizeof(*g->waiting));
    return g->points == NULL || g->kept == NULL || g->seeds == NULL || g->run == NULL ||
                   g->waiting == NULL
               ? SPOT_E_NOMEM
               : describe_points(g, diag);
}

static void free_gatherer(gatherer *g)
{
    const size_t n = (size_t)g->tuner->config->n_seeds;
    spoti_store_close(&g->store);
    spoti_free(NULL, g->points, (size_t)g->tuner->result->n_rows * sizeof(*g->points));
    spoti_free(NULL, g->kept, n * sizeof(*g->kept));
    spoti_free(NULL, g->seeds, n * sizeof(*g->seeds));
    spoti_free(NULL, g->run, n * sizeof(*g->run));
    spoti_free(NULL, g->waiting, n * sizeof(*g->waiting));
}

spot_status spoti_gather(spoti_tuner *tuner, spot_diag *diag)
{
    gatherer g = {.tuner = tuner};
    spoti_store_run run;
    spot_status st = make_gatherer(&g, diag);
    st = st == SPOT_OK ? open_store(&g, &run, diag) : st;
    for (g.i = 0; st == SPOT_OK && g.i < tuner->result->n_rows; g.i++) {
        st = gather_point(&g, diag);
    }
    free_gatherer(&g);
    return st;
}
