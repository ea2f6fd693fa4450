/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The planar backend behind the world's table of functions. */
#include "lab/sim/planar/world.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "lab/sim/planar/observe.h"
#include "lab/sim/planar/sample.h"

static spot_status op_reset(void *self, uint64_t seed)
{
    spoti_planar_world *w = self;
    spoti_planar_episode_reset(&w->episode, seed);
    w->tick = 0;
    w->mixed_slices = 0;
    memset(w->held, 0, sizeof(w->held));
    memset(w->mixed, 0, sizeof(w->mixed));
    return SPOT_OK;
}

static spot_status op_observe(void *self, float *obs, double *anchor)
{
    const spoti_planar_world *w = self;
    spoti_planar_observe(w->episode.sim, obs);
    for (int i = 0; i < SPOTI_PLANAR_CHANNELS; i++) {
        anchor[i] = 0.0;
    }
    return SPOT_OK;
}

/* Takes the command held so far into the mix of this physics step, up to `slice` of its ticks. */
static void mix(spoti_planar_world *w, int slice)
{
    const float share = (float)(slice - w->mixed_slices) / (float)w->scene->slices;
    for (int i = 0; i < SPOTI_PLANAR_CHANNELS; i++) {
        w->mixed[i] += share * w->held[i];
    }
    w->mixed_slices = slice;
}

spot_status spoti_planar_command(spoti_planar_world *w,
                                 const double channels[SPOTI_PLANAR_CHANNELS])
{
    const int slice = (int)(w->tick % w->scene->slices);

    for (int i = 0; i < SPOTI_PLANAR_CHANNELS; i++) {
        if (!isfinite((float)channels[i])) {
            return SPOT_E_RANGE;
        }
    }
    if (slice > 0) {
        mix(w, slice);
    }
    for (int i = 0; i < SPOTI_PLANAR_CHANNELS; i++) {
        w->held[i] = (float)channels[i];
    }
    return SPOT_OK;
}

static spot_status op_act(void *self, const float *action, const double *anchor)
{
    double command[SPOTI_PLANAR_CHANNELS];
    for (int i = 0; i < SPOTI_PLANAR_CHANNELS; i++) {
        command[i] = anchor[i] + (double)action[i];
    }
    return spoti_planar_command(self, command);
}

static spot_status op_step(void *self)
{
    spoti_planar_world *w = self;
    const int slices = w->scene->slices;

    if (w->episode.end == SPOTI_PLANAR_BROKEN) {
        return SPOT_E_STATE;
    }
    w->tick++;
    if (w->tick % slices != 0) {
        return SPOT_OK;
    }
    const bool mixes =
        w->mixed_slices > 0; /* a command held all the time is itself, to the last bit */
    if (mixes) {
        mix(w, slices);
    }
    spoti_planar_episode_step(&w->episode, mixes ? w->mixed : w->held);
    memset(w->mixed, 0, sizeof(w->mixed));
    w->mixed_slices = 0;
    return SPOT_OK;
}

static void op_outcome(const void *self, spot_outcome *outcome)
{
    const spoti_planar_world *w = self;
    const spoti_planar_end end = w->episode.end;

    *outcome = (spot_outcome){
        .done = end != SPOTI_PLANAR_GOES_ON,
        .success = end == SPOTI_PLANAR_SOLVED,
        .invalid = end == SPOTI_PLANAR_BROKEN,
        .time_s = (double)w->tick * w->scene->info.dims.tick_s,
        .fault = end == SPOTI_PLANAR_BROKEN
                     ? "the physics broke: a position or velocity is no number"
                     : NULL,
    };
}

static void op_sample(const void *self, double *row)
{
    const spoti_planar_world *w = self;
    spoti_planar_sample(w->scene, w->episode.sim, row);
}

static void op_state(const void *self, double *row)
{
    const spoti_planar_world *w = self;
    spoti_planar_state(w->episode.sim, (double)w->tick * w->scene->info.dims.tick_s, row);
}

static void op_destroy(void *self)
{
    spoti_planar_world *w = self;
    spoti_planar_episode_free(&w->episode);
    spoti_free(w->scene->allocator, w, sizeof(*w));
}

static const spot_world_ops ops = {
    .kind = "planar",
    .destroy = op_destroy,
    .reset = op_reset,
    .observe = op_observe,
    .act = op_act,
    .step = op_step,
    .outcome = op_outcome,
    .sample = op_sample,
    .state = op_state,
};

spoti_planar_world *spoti_planar_world_of(const spot_world *world)
{
    return world->ops == &ops ? (spoti_planar_world *)world->self : NULL;
}

spot_status spoti_planar_make_world(const spoti_planar_scene *scene,
                                    const spot_variation *variation, spot_world *out,
                                    spot_diag *diag)
{
    if (variation->speed != 1.0) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "speed is %g, expected 1: nothing moves by itself in a planar level",
                             variation->speed);
    }
    spoti_planar_world *w = spoti_calloc(scene->allocator, 1, sizeof(*w));
    if (w == NULL) {
        return SPOT_E_NOMEM;
    }
    w->scene = scene;
    if (spoti_planar_episode_make(scene, variation->noise, &w->episode) != SPOT_OK) {
        op_destroy(w);
        return SPOT_E_NOMEM;
    }
    (void)op_reset(w, 0);
    *out = (spot_world){.ops = &ops,
                        .self = w,
                        .dims = scene->info.dims,
                        .sample_names = scene->sample_names,
                        .instruction = scene->info.instruction};
    return SPOT_OK;
}
