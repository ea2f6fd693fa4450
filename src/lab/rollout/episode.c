/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * One episode: at every tick ask the schedule what to do, do it, and let the world go on by one tick.
 * The schedule (runtime/exec) holds all rules of time; here is only what belongs to the virtual
 * clock: a latency is drawn, turned into ticks and handed over with the chunk, never slept.
 */
#include <math.h>
#include <string.h>

#include "core/base/text.h"
#include "lab/rollout/state.h"
#include "lab/rollout/steps.h"
#include "lab/rollout/trajectory.h"
#include "spot/rng.h"

/* ---- what is due at a tick ---- */

/* A brain's answer: lost, it spoils the episode and no more; any other failure is the job's. */
static spot_status from_brain(spot_rollout *r, spot_status st, spot_diag *diag)
{
    if (st != SPOT_OK) {
        r->lost = st == SPOT_E_IO;
        (void)spot_diag_set(diag, st, "%s", r->said.text);
    }
    return st;
}

/* What is seen now, and the noise of inference `index`. */
static spot_status sense(spot_rollout *r, uint64_t seed, uint64_t index, spot_brain_input *input)
{
    spot_world *w = r->world;
    *input = (spot_brain_input){.obs = r->obs,
                                .noise = r->noise,
                                .instruction = w->instruction,
                                .anchor = w->dims.anchor_dim > 0 ? r->anchor : NULL,
                                .n_anchor = w->dims.anchor_dim};
    if (r->noise != NULL) {
        spot_rng noise = spot_rng_at(seed, SPOT_STREAM_POLICY, index);
        spot_rng_fill_normal(&noise, r->noise, (int)spoti_rollout_chunk_size(&r->info));
    }
    spot_status st = spot_world_observe(w, r->obs, r->anchor);
    return st == SPOT_OK && r->info.sees ? w->ops->look(w->self, &input->images, &input->n_images)
                                         : st;
}

/* Observes, computes the chunk, charges its latency. Inference `index` of seed `seed` has its own
 * noise and jitter, so operating points with the same chunk count draw the same. */
static spot_status observe(spot_rollout *r, uint64_t seed, uint64_t index, spot_diag *diag)
{
    spot_world *w = r->world;
    spot_brain_input input;
    spot_status st = sense(r, seed, index, &input);
    if (st != SPOT_OK) {
        return st;
    }
    st = from_brain(r, spot_brain_infer(&r->brain, r->state, &input, r->chunk, &r->said), diag);
    if (st != SPOT_OK) {
        return st;
    }
    const spot_latency_call call = spot_latency_at(&r->config.latency, seed, index);
    const int64_t first = spot_exec_latency_ticks(r->config.clock, call.first_s, w->dims.tick_s,
                                                  w->dims.ticks_per_action);
    const int64_t rest = spot_exec_latency_ticks(r->config.clock, call.rest_s, w->dims.tick_s,
                                                 w->dims.ticks_per_action);
    return spot_exec_submit_parts(r->exec, r->chunk, r->anchor, first, rest);
}

/* What an action commands, in absolute terms. */
static void note_order(spot_rollout *r, const spot_exec_event *event, spoti_rollout_tally *t)
{
    const spot_world_dims *d = &r->world->dims;
    for (int i = 0; i < d->action_dim; i++) {
        const double base = i < d->anchor_dim ? event->anchor[i] : 0.0;
        r->order[i] = base + (double)event->action[i];
    }
    t->has_order = true;
}

/* Has the brain remember what is seen now, and what is commanded. */
static spot_status remember(spot_rollout *r, spot_diag *diag)
{
    double anchor[SPOT_ANCHOR_DIM_MAX] = {0.0}; /* of what is seen now: not needed */
    spot_status st = spot_world_observe(r->world, r->seen, anchor);
    for (int i = 0; i < r->world->dims.action_dim; i++) {
        r->command[i] = (float)r->order[i];
    }
    return st == SPOT_OK
               ? from_brain(r,
                            spot_brain_remember(&r->brain, r->state, r->seen, r->command, &r->said),
                            diag)
               : st;
}

static spot_status act(spot_rollout *r, const spot_exec_event *event, spoti_rollout_tally *t,
                       spot_diag *diag)
{
    t->age_first += event->first ? event->age_ticks : 0;
    t->age_all += event->age_ticks;
    t->age_max = event->age_ticks > t->age_max ? event->age_ticks : t->age_max;
    note_order(r, event, t);
    if (r->info.remembers) {
        const spot_status st = remember(r, diag);
        if (st != SPOT_OK) {
            return st;
        }
    }
    return spot_world_act(r->world, event->action, event->anchor);
}

/* All that is due at `tick`. */
static spot_status do_events(spot_rollout *r, uint64_t seed, int64_t tick, spoti_rollout_tally *t,
                             spot_diag *diag)
{
    spot_status st = SPOT_OK;
    while (st == SPOT_OK) {
        spot_exec_event event = spot_exec_poll(r->exec, tick);
        if (event.kind == SPOT_EXEC_NONE) {
            break;
        }
        if (event.kind == SPOT_EXEC_OBSERVE) {
            uint64_t index = (uint64_t)spot_exec_read_stats(r->exec)->inferences - 1;
            st = observe(r, seed, index, diag);
        } else {
            st = act(r, &event, t, diag);
        }
    }
    return st;
}

/* Samples the world: path length always, the motion and a trajectory row once a control step. */
static void take_sample(spot_rollout *r, int64_t tick, spoti_rollout_tally *t,
                        spot_trajectory *trajectory)
{
    const spot_world_dims *d = &r->world->dims;
    r->world->ops->sample(r->world->self, r->sample);
    if (d->sample_dim >= SPOTI_N_XYZ) {
        double dx = r->sample[0] - t->last_xyz[0];
        double dy = r->sample[1] - t->last_xyz[1];
        double dz = r->sample[2] - t->last_xyz[2];
        t->path_m += t->has_last ? sqrt(dx * dx + dy * dy + dz * dz) : 0.0;
        memcpy(t->last_xyz, r->sample, sizeof(t->last_xyz));
        t->has_last = true;
    }
    if (tick % d->ticks_per_action != 0) {
        return;
    }
    spoti_recorder_state(&r->recorder, r->sample);
    if (trajectory != NULL) {
        spoti_trajectory_add(trajectory, d, tick, r->sample, NULL);
    }
}

/* What the control step whose sample was just taken begins under. */
static void take_order(spot_rollout *r, const spoti_rollout_tally *t, spot_trajectory *trajectory)
{
    const spot_world_dims *d = &r->world->dims;
    spoti_recorder_command(&r->recorder, t->has_order ? r->order : NULL);
    if (trajectory != NULL && t->has_order) {
        double *row = trajectory->rows + (trajectory->count - 1) * trajectory->dim;
        memcpy(row + 1 + d->sample_dim, r->order, (size_t)d->action_dim * sizeof(double));
    }
}

static void fill_episode(const spot_rollout *r, uint64_t seed, int64_t tick,
                         const spot_outcome *outcome, const spoti_rollout_tally *t, spot_episode *e)
{
    const spot_exec_stats *s = spot_exec_read_stats(r->exec);
    const double tick_s = r->world->dims.tick_s;
    memset(e, 0, sizeof(*e)); /* padding too: episodes are compared as bytes */
    e->seed = seed;
    e->success = outcome->done && outcome->success && !outcome->invalid;
    e->grade = outcome->grade;
    e->grade_max = outcome->grade_max;
    e->time_s = (double)tick * tick_s;
    e->chunks = s->chunks;
    e->inferences = s->inferences;
    e->actions = s->actions;
    e->dropped = s->dropped;
    e->inference_s = (double)s->inference_ticks * tick_s;
    e->wait_s = (double)s->wait_ticks * tick_s;
    if (s->chunks > 0) {
        e->delay_s = e->wait_s / (double)s->inferences;
        e->age_first_s = (double)t->age_first * tick_s / (double)s->chunks;
        e->age_mean_s = (double)t->age_all * tick_s / (double)s->actions;
        e->age_max_s = (double)t->age_max * tick_s;
    }
    e->path_m = t->path_m;
    spoti_recorder_finish(&r->recorder, e->time_s, &e->motion);
    e->invalid = outcome->invalid;
    if (outcome->invalid) {
        spoti_motion_unknown(&e->motion, SPOT_MOTION_WHY_NOT_RECORDED);
        (void)spoti_copy(e->fault, sizeof(e->fault), outcome->fault != NULL ? outcome->fault : "");
    }
}

/* ---- an episode, tick by tick ---- */

/* `st`, with the world's reason for it, unless the brain has said one. */
static spot_status with_reason(const spot_rollout *r, spot_status st, spot_diag *diag)
{
    const spot_world *w = r->world;
    const char *why = st != SPOT_OK && w->ops->why != NULL ? w->ops->why(w->self) : "";
    if (why[0] != '\0' && (diag == NULL || diag->text[0] == '\0')) {
        (void)spot_diag_set(diag, st, "%s", why);
    }
    return st;
}

spot_status spoti_rollout_begin(spot_rollout *r, uint64_t seed, spot_diag *diag)
{
    memset(&r->adds_up, 0, sizeof(r->adds_up));
    r->seed = seed;
    r->tick = 0;
    r->outcome = (spot_outcome){.done = false};
    r->said = (spot_diag){""};
    r->lost = false;
    r->cut = false;
    spot_exec_reset(r->exec);
    spoti_recorder_begin(&r->recorder);
    spot_status st = spot_brain_forget(&r->brain, r->state, diag);
    st = st == SPOT_OK ? spot_world_reset(r->world, seed) : st;
    if (st == SPOT_OK) {
        spot_world_outcome(r->world, &r->outcome);
        r->outcome.done = r->outcome.invalid; /* the simulator may have broken off at once */
    }
    return with_reason(r, st, diag);
}

bool spoti_rollout_goes_on(const spot_rollout *r)
{
    return !r->outcome.done && r->tick < spoti_rollout_tick_limit(&r->world->dims);
}

spot_status spoti_rollout_decide(spot_rollout *r, spot_trajectory *trajectory, spot_diag *diag)
{
    spoti_rollout_tally *t = &r->adds_up;
    const bool begins = r->tick % r->world->dims.ticks_per_action == 0; /* a control step */
    if (begins) {
        take_sample(r, r->tick, t, trajectory);
    }
    const spot_status st = do_events(r, r->seed, r->tick, t, diag);
    if (st == SPOT_OK && begins) {
        take_order(r, t, trajectory);
    }
    /* a lost answer, and a world that broke off over a look, end the episode, not the job */
    if (st == SPOT_E_STATE) {
        spot_world_outcome(r->world, &r->outcome);
    }
    r->cut = r->lost || (st == SPOT_E_STATE && r->outcome.invalid);
    return r->cut ? SPOT_OK : with_reason(r, st, diag);
}

/* Ticks, this one among them, until somebody looks: the schedule, or a sample of the next control step. */
static int64_t ticks_alone(const spot_rollout *r)
{
    const spot_world_dims *d = &r->world->dims;
    const int64_t to_sample = d->ticks_per_action - r->tick % d->ticks_per_action;
    const int64_t to_end = spoti_rollout_tick_limit(d) - r->tick;
    const int64_t most = to_sample < to_end ? to_sample : to_end;
    return 1 + spot_exec_quiet(r->exec, r->tick + 1, most - 1);
}

/* Makes as many ticks at once as nobody looks at; all but the last of them are behind us then. */
static spot_status step_many(spot_rollout *r)
{
    const int64_t most = ticks_alone(r);
    int64_t done = 1;
    const spot_status st = r->world->ops->step_many(r->world->self, most, &done);
    for (int64_t i = 1; i < done && i < most; i++) {
        r->tick++;
        (void)spot_exec_poll(r->exec, r->tick); /* counts the wait */
    }
    return st;
}

/* Whether nobody looks at the world after each tick. */
static bool may_step_many(const spot_rollout *r)
{
    return r->world->ops->step_many != NULL && r->world->ops->effort == NULL;
}

static spot_status step(spot_rollout *r, bool many, spot_diag *diag)
{
    spot_status st = SPOT_OK;
    if (!r->cut) {
        st = many ? step_many(r) : spot_world_step(r->world);
        spoti_recorder_tick(&r->recorder, r->world);
    }
    r->tick++;
    spot_world_outcome(r->world, &r->outcome);
    if (st == SPOT_E_STATE && r->outcome.invalid) {
        st = SPOT_OK;
    }
    if (r->lost) {
        r->outcome = (spot_outcome){.done = true, .invalid = true, .fault = r->said.text};
    }
    return with_reason(r, st, diag);
}

spot_status spoti_rollout_step(spot_rollout *r, spot_diag *diag)
{
    return step(r, false, diag);
}

void spoti_rollout_finish(spot_rollout *r, spot_trajectory *trajectory, spot_episode *episode)
{
    take_sample(r, r->tick, &r->adds_up, trajectory);
    fill_episode(r, r->seed, r->tick, &r->outcome, &r->adds_up, episode);
    episode->lost = r->lost;
}

spot_status spot_rollout_run(spot_rollout *rollout, uint64_t seed, spot_episode *episode,
                             spot_trajectory *trajectory, spot_tick_fn tick_fn, void *tick_ctx,
                             spot_diag *diag)
{
    if (rollout == NULL || episode == NULL) {
        return SPOT_E_INVALID;
    }
    spot_world *w = rollout->world;
    if (trajectory != NULL) {
        if (!spoti_trajectory_fits(trajectory, &w->dims)) {
            return SPOT_E_INVALID;
        }
        trajectory->count = 0;
    }
    const bool many = tick_fn == NULL && may_step_many(rollout);
    spot_status st = spoti_rollout_begin(rollout, seed, diag);
    while (st == SPOT_OK && spoti_rollout_goes_on(rollout)) {
        st = spoti_rollout_decide(rollout, trajectory, diag);
        st = st == SPOT_OK ? step(rollout, many, diag) : st;
        if (st == SPOT_OK && tick_fn != NULL && !rollout->cut) {
            tick_fn(tick_ctx, w, rollout->tick);
        }
    }
    if (st == SPOT_OK) {
        spoti_rollout_finish(rollout, trajectory, episode);
    }
    return st;
}
