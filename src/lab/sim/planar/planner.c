/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/planar/planner.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "lab/sim/planar/world.h"
#include "spot/rng.h"

enum {
    HORIZON = 40,      /* control steps that are looked ahead: 1.3 s */
    TRIALS = 48,       /* sequences a plan */
    REPLAN = 2,        /* control steps between plans */
    KNOTS = 6,         /* of a disturbance, linear between */
    TRIALS_MAX = 4096, /* counter of the random numbers: control step x this + trial */
    FRESH = 4,         /* every fourth trial forgets the plan */
};

/* Disturbances of the plan, small to large, by turns. */
static const float SPREADS[] = {0.15f, 0.4f, 1.0f};
enum { N_SPREADS = sizeof(SPREADS) / sizeof(SPREADS[0]) };

static const float SUCCESS = 1e3f; /* of an end, less what a step costs; distances are metres */
static const float STEP_COST = 1.0f;
static const float NEAREST_WEIGHT =
    0.5f; /* of the smallest distance; the rest is of the last one */

typedef float sequence[HORIZON][SPOTI_PLANAR_CHANNELS];

typedef struct planner {
    spoti_planar_world *world;
    uint64_t seed;
    int64_t step;   /* control steps planned for */
    spoti_sim *sim; /* where trials run */
    sequence plan;  /* from now on */
    sequence trial;
    sequence best;
} planner;

/* ---- what is tried ---- */

static float within(float x)
{
    return x < -1.0f ? -1.0f : x > 1.0f ? 1.0f : x;
}

/* Numbers at knots, drawn in this order, linear between them. */
static void draw_trial(planner *p, int trial)
{
    const bool fresh = trial % FRESH == FRESH - 1;
    const float spread = SPREADS[trial % N_SPREADS];
    float knots[KNOTS + 1][SPOTI_PLANAR_CHANNELS];
    spot_rng rng =
        spot_rng_at(p->seed, SPOT_STREAM_SEARCH, (uint64_t)p->step * TRIALS_MAX + (uint64_t)trial);

    for (int k = 0; k <= KNOTS; k++) {
        for (int c = 0; c < SPOTI_PLANAR_CHANNELS; c++) {
            knots[k][c] = fresh ? (float)spot_rng_uniform(&rng, -1.5, 1.5)
                                : spread * (float)spot_rng_normal(&rng);
        }
    }
    for (int t = 0; t < HORIZON; t++) {
        const float at = (float)(t * KNOTS) / (float)HORIZON;
        const int k = (int)at;
        for (int c = 0; c < SPOTI_PLANAR_CHANNELS; c++) {
            const float x = knots[k][c] + (at - (float)k) * (knots[k + 1][c] - knots[k][c]);
            p->trial[t][c] = within(fresh ? x : p->plan[t][c] + x);
        }
    }
}

/* ---- what it is worth ---- */

/* What a sequence comes to from the world's present state: an end as soon, or as late, as can be; else near the goal. */
static float try_sequence(planner *p, sequence commands)
{
    const spoti_planar_scene *scene = p->world->scene;
    float nearest = INFINITY;
    float distance = 0.0f;
    spoti_drive drive;

    spoti_sim_copy(p->sim, p->world->episode.sim);
    for (int t = 0; t < HORIZON; t++) {
        spoti_sim_bind(scene->level, commands[t], &drive);
        for (int k = 0; k < scene->frame_skip; k++) {
            spoti_sim_step(p->sim, &drive);
            if (p->sim->event != 0) {
                return (float)p->sim->event * (SUCCESS - STEP_COST * (float)t);
            }
        }
        distance = spoti_sim_distance(p->sim);
        nearest = distance < nearest ? distance : nearest;
    }
    return -(NEAREST_WEIGHT * nearest + (1.0f - NEAREST_WEIGHT) * distance);
}

static void make_plan(planner *p)
{
    float most = try_sequence(p, p->plan);

    memcpy(p->best, p->plan, sizeof(p->best));
    for (int trial = 1; trial < TRIALS; trial++) {
        draw_trial(p, trial);
        const float worth = try_sequence(p, p->trial);
        if (worth > most) {
            most = worth;
            memcpy(p->best, p->trial, sizeof(p->best));
        }
    }
    memcpy(p->plan, p->best, sizeof(p->plan));
}

/* ---- the expert's table ---- */

static void end(void *expert)
{
    planner *p = expert;
    spoti_sim_destroy(p->sim);
    spoti_free(p->world->scene->allocator, p, sizeof(*p));
}

static spot_status begin(const spot_world *world, uint64_t seed, bool disturbed, void **out)
{
    spoti_planar_world *w = spoti_planar_world_of(world);

    (void)disturbed; /* the noise on commands is disturbance enough */
    *out = NULL;
    if (w == NULL) {
        return SPOT_E_INVALID;
    }
    planner *p = spoti_calloc(w->scene->allocator, 1, sizeof(*p));
    if (p == NULL) {
        return SPOT_E_NOMEM;
    }
    p->world = w;
    p->seed = seed;
    p->sim = spoti_sim_create(w->scene->level);
    if (p->sim == NULL) {
        end(p);
        return SPOT_E_NOMEM;
    }
    *out = p;
    return SPOT_OK;
}

static void plan(void *expert, double *target, double *command, bool *ok)
{
    planner *p = expert;
    const bool over = p->world->episode.end != SPOTI_PLANAR_GOES_ON;

    if (p->step % REPLAN == 0 && !over) {
        make_plan(p);
    }
    for (int c = 0; c < SPOTI_PLANAR_CHANNELS; c++) {
        target[c] = over ? 0.0 : (double)p->plan[0][c];
        command[c] = target[c];
    }
    *ok = true;
}

static void execute(void *expert, const double *command)
{
    planner *p = expert;
    (void)spoti_planar_command(p->world, command); /* a plan has numbers only */
    /* the plan moves on, and holds its last command */
    memmove(p->plan[0], p->plan[1], sizeof(p->plan) - sizeof(p->plan[0]));
    p->step++;
}

static void calm(void *expert)
{
    (void)expert;
}

const spoti_expert_ops spoti_planar_expert = {
    .begin = begin, .plan = plan, .execute = execute, .calm = calm, .end = end};
