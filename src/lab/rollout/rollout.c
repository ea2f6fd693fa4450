/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A rollout's life: what it may be, and the memory that its episodes run in. */
#include "spot/rollout.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/config.h"
#include "lab/rollout/state.h"
#include "lab/rollout/trajectory.h"

void spot_rollout_config_default(spot_rollout_config *config)
{
    if (config == NULL) {
        return;
    }
    memset(config, 0, sizeof(*config));
    config->size = sizeof(*config);
    config->schedule = SPOT_SCHEDULE_SYNC;
    config->clock = SPOT_CLOCK_EXACT;
    config->point.steps = 0;
    config->point.overlap = 0;
    config->point.align = SPOT_ALIGN_NONE;
    config->latency.origin = SPOT_ORIGIN_MODELLED;
}

/* ---- sizes ---- */

int64_t spoti_rollout_tick_limit(const spot_world_dims *dims)
{
    /* A day of simulated time at a microsecond a tick; also keeps the cast below exact. */
    const double most = 1e11;
    double ticks = ceil(dims->time_limit_s / dims->tick_s - 1e-9);
    return ticks >= 1.0 && ticks <= most ? (int64_t)ticks : 0;
}

int64_t spot_trajectory_rows(const spot_world_dims *dims)
{
    if (dims == NULL || dims->ticks_per_action < 1 || spoti_rollout_tick_limit(dims) == 0) {
        return 0;
    }
    return spoti_rollout_tick_limit(dims) / dims->ticks_per_action + 1;
}

int spot_trajectory_dim(const spot_world_dims *dims)
{
    return spot_trajectory_rows(dims) > 0 ? 1 + dims->sample_dim + dims->action_dim : 0;
}

bool spoti_trajectory_fits(const spot_trajectory *trajectory, const spot_world_dims *dims)
{
    return trajectory->rows != NULL && trajectory->dim == spot_trajectory_dim(dims) &&
           trajectory->capacity >= spot_trajectory_rows(dims);
}

void spoti_trajectory_add(spot_trajectory *trajectory, const spot_world_dims *dims, int64_t tick,
                          const double *sample, const double *command)
{
    double *row = trajectory->rows + trajectory->count++ * trajectory->dim;
    *row++ = (double)tick * dims->tick_s;
    memcpy(row, sample, (size_t)dims->sample_dim * sizeof(double));
    for (int i = 0; i < dims->action_dim; i++) {
        row[dims->sample_dim + i] = command != NULL ? command[i] : (double)NAN;
    }
}

/* ---- life ---- */

static spot_status check(const spot_rollout_config *config, const spot_world *world,
                         const spot_brain_info *brain, spot_diag *diag)
{
    const spot_world_dims *d = &world->dims;
    if (brain->obs_dim != d->obs_dim || brain->action_dim != d->action_dim) {
        return spot_diag_set(diag, SPOT_E_INVALID,
                             "the policy takes %d observations and gives actions of %d, expected "
                             "%d and %d as in the task",
                             brain->obs_dim, brain->action_dim, d->obs_dim, d->action_dim);
    }
    if (brain->sees && world->ops->look == NULL) {
        return spot_diag_set(
            diag, SPOT_E_UNSUPPORTED,
            "the policy reads images, and the task has no camera, expected a policy of states");
    }
    if (d->anchor_dim < 0 || d->anchor_dim > SPOT_ANCHOR_DIM_MAX || d->sample_dim < 0 ||
        d->obs_dim < 1 || spoti_rollout_tick_limit(d) == 0 || d->n_joint < 0 || d->joint_at < 0 ||
        (d->n_joint > 0 && (int64_t)d->joint_at + 2 * (int64_t)d->n_joint > d->sample_dim)) {
        return spot_diag_set(diag, SPOT_E_INVALID,
                             "the world's dimensions are impossible (obs %d, anchor %d, sample %d, "
                             "%d joints from %d on, tick %g s, time limit %g s)",
                             d->obs_dim, d->anchor_dim, d->sample_dim, d->n_joint, d->joint_at,
                             d->tick_s, d->time_limit_s);
    }
    if (!(config->latency.mean_s >= 0.0) || !isfinite(config->latency.mean_s) ||
        !(config->latency.spread_s >= 0.0) || !isfinite(config->latency.spread_s) ||
        !(config->overhead_s >= 0.0) || !isfinite(config->overhead_s)) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "latency is %g s, its spread %g s and overhead %g s, expected finite "
                             "and at least 0",
                             config->latency.mean_s, config->latency.spread_s, config->overhead_s);
    }
    return SPOT_OK;
}

static spot_status make_exec(spot_rollout *r, spot_diag *diag)
{
    const spot_world_dims *d = &r->world->dims;
    spot_exec_config config;
    spot_exec_config_default(&config);
    config.schedule = r->config.schedule;
    config.align = r->config.point.align;
    config.n_execute = r->config.point.execute != 0 ? r->config.point.execute
                       : r->config.n_execute != 0   ? r->config.n_execute
                                                    : d->n_execute;
    config.overlap = r->config.point.overlap;
    config.horizon = r->info.horizon;
    config.action_dim = d->action_dim;
    config.anchor_dim = d->anchor_dim;
    config.ticks_per_action = d->ticks_per_action;
    config.overhead_ticks =
        spot_exec_latency_ticks(SPOT_CLOCK_EXACT, r->config.overhead_s, d->tick_s, 1);
    config.allocator = r->allocator;
    return spot_exec_create(&config, &r->exec, diag);
}

static spot_status make_buffers(spot_rollout *r)
{
    /* Brain and schedule have bounded the dimensions, so the products are small. */
    const spot_brain_info *b = &r->info;
    const size_t n_chunk = spoti_rollout_chunk_size(b);
    r->obs = (float *)spoti_calloc(r->allocator, (size_t)b->obs_dim, sizeof(float));
    r->chunk = (float *)spoti_calloc(r->allocator, n_chunk, sizeof(float));
    r->sample =
        (double *)spoti_calloc(r->allocator, (size_t)r->world->dims.sample_dim + 1, sizeof(double));
    r->order = (double *)spoti_calloc(r->allocator, (size_t)b->action_dim, sizeof(double));
    if (b->takes_noise) {
        r->noise = (float *)spoti_calloc(r->allocator, n_chunk, sizeof(float));
    }
    if (b->remembers) {
        r->seen = (float *)spoti_calloc(r->allocator, (size_t)b->obs_dim, sizeof(float));
        r->command = (float *)spoti_calloc(r->allocator, (size_t)b->action_dim, sizeof(float));
    }
    const bool ok = r->obs != NULL && r->chunk != NULL && r->sample != NULL && r->order != NULL &&
                    (!b->takes_noise || r->noise != NULL) &&
                    (!b->remembers || (r->seen != NULL && r->command != NULL));
    const spot_status st = spoti_recorder_make(&r->recorder, r->world,
                                               spot_trajectory_rows(&r->world->dims), r->allocator);
    return ok ? st : SPOT_E_NOMEM;
}

static spot_status begin_brain(spot_rollout *r, spot_diag *diag)
{
    const spot_brain_config config = {.size = sizeof(spot_brain_config),
                                      .point = &r->config.point,
                                      .kernels = r->config.kernels,
                                      .allocator = r->allocator};
    spot_status st = spot_brain_begin(&r->brain, &config, &r->state, diag);
    r->begun = st == SPOT_OK;
    return st;
}

spot_status spot_rollout_create(const spot_rollout_config *config, spot_world *world,
                                const spot_brain *brain, spot_rollout **out, spot_diag *diag)
{
    spot_brain_info info = {.type = ""};
    if (out == NULL) {
        return SPOT_E_INVALID;
    }
    *out = NULL;
    if (SPOTI_CONFIG_CHECK(spot_rollout_config, config, diag) != SPOT_OK || world == NULL ||
        brain == NULL) {
        return SPOT_E_INVALID;
    }
    spot_status st = spot_brain_describe(brain, &info, diag);
    st = st == SPOT_OK ? check(config, world, &info, diag) : st;
    if (st != SPOT_OK) {
        return st;
    }
    spot_rollout *r = (spot_rollout *)spoti_calloc(config->allocator, 1, sizeof(*r));
    if (r == NULL) {
        return SPOT_E_NOMEM;
    }
    r->allocator = config->allocator;
    r->config = *config;
    r->world = world;
    r->brain = *brain;
    r->info = info;
    st = begin_brain(r, diag);
    st = st == SPOT_OK ? make_exec(r, diag) : st;
    st = st == SPOT_OK ? make_buffers(r) : st;
    if (st != SPOT_OK) {
        spot_rollout_destroy(r);
        return st;
    }
    *out = r;
    return SPOT_OK;
}

void spot_rollout_destroy(spot_rollout *rollout)
{
    if (rollout == NULL) {
        return;
    }
    const spot_brain_info *info = &rollout->info;
    const spot_allocator *allocator = rollout->allocator;
    if (rollout->begun) {
        spot_brain_end(&rollout->brain, rollout->state);
    }
    spot_exec_destroy(rollout->exec);
    spoti_free(allocator, rollout->obs, (size_t)info->obs_dim * sizeof(float));
    spoti_free(allocator, rollout->noise, spoti_rollout_chunk_size(info) * sizeof(float));
    spoti_free(allocator, rollout->chunk, spoti_rollout_chunk_size(info) * sizeof(float));
    spoti_free(allocator, rollout->seen, (size_t)info->obs_dim * sizeof(float));
    spoti_free(allocator, rollout->command, (size_t)info->action_dim * sizeof(float));
    spoti_free(allocator, rollout->order, (size_t)info->action_dim * sizeof(double));
    spoti_recorder_free(&rollout->recorder);
    spoti_free(allocator, rollout->sample,
               ((size_t)rollout->world->dims.sample_dim + 1) * sizeof(double));
    spoti_free(allocator, rollout, sizeof(*rollout));
}
