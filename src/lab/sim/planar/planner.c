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
    TRIALS = 48,       /* runs of a sequence a plan */
    FINALISTS = 3,     /* sequences that are tried under noise too */
    DRAWS = 3,         /* noises, the same for all finalists */
    REPLAN = 2,        /* control steps between plans */
    KNOTS = 6,         /* of a disturbance, linear between */
    TRIALS_MAX = 4096, /* counter of the random numbers: control step x this + trial */
    DRAWS_AT = 2048,   /* ... + this + draw */
    FRESH = 4,         /* every fourth trial forgets the plan */
    HOLDING = 7,       /* trials more that forget it, and hold some channels */
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
    sequence tried[TRIALS];
    float worth[TRIALS]; /* of each without noise */
    sequence noise[DRAWS];
} planner;

/* ---- what is tried ---- */

static float within(float x)
{
    return x < -1.0f ? -1.0f : x > 1.0f ? 1.0f : x;
}

typedef float knots[KNOTS + 1][SPOTI_PLANAR_CHANNELS];

/* Half the channels, drawn, stay as they begin: a grip is a command that is held. */
static void hold_some(spot_rng *rng, knots drawn)
{
    for (int c = 0; c < SPOTI_PLANAR_CHANNELS; c++) {
        const bool held = spot_rng_below(rng, 2) == 0;
        for (int k = 1; k <= KNOTS && held; k++) {
            drawn[k][c] = drawn[0][c];
        }
    }
}

/* A sequence around the plan, or far from it: linear between knots. */
static void draw_trial(planner *p, int trial, bool holding)
{
    const bool fresh = holding || trial % FRESH == FRESH - 1;
    const float spread = SPREADS[trial % N_SPREADS];
    knots drawn;
    spot_rng rng =
        spot_rng_at(p->seed, SPOT_STREAM_SEARCH, (uint64_t)p->step * TRIALS_MAX + (uint64_t)trial);

    for (int k = 0; k <= KNOTS; k++) {
        for (int c = 0; c < SPOTI_PLANAR_CHANNELS; c++) {
            drawn[k][c] = fresh ? (float)spot_rng_uniform(&rng, -1.5, 1.5)
                                : spread * (float)spot_rng_normal(&rng);
        }
    }
    if (holding) {
        hold_some(&rng, drawn);
    }
    for (int t = 0; t < HORIZON; t++) {
        const float at = (float)(t * KNOTS) / (float)HORIZON;
        const int k = (int)at;
        for (int c = 0; c < SPOTI_PLANAR_CHANNELS; c++) {
            const float x = drawn[k][c] + (at - (float)k) * (drawn[k + 1][c] - drawn[k][c]);
            p->tried[trial][t][c] = within(fresh ? x : p->plan[t][c] + x);
        }
    }
}

static void draw_noise(planner *p, double sd, int draw)
{
    const uint64_t at = (uint64_t)p->step * TRIALS_MAX + DRAWS_AT + (uint64_t)draw;
    spot_rng rng = spot_rng_at(p->seed, SPOT_STREAM_SEARCH, at);

    for (int t = 0; t < HORIZON; t++) {
        for (int c = 0; c < SPOTI_PLANAR_CHANNELS; c++) {
            p->noise[draw][t][c] = (float)(sd * spot_rng_normal(&rng));
        }
    }
}

/* ---- what it is worth ---- */

/* What a sequence, with noise if there is any, comes to from the world's present state: an end as soon, or as late, as
 * can be; else near the goal. */
static float try_sequence(planner *p, sequence commands, sequence noise)
{
    const spoti_planar_scene *scene = p->world->scene;
    float nearest = INFINITY;
    float distance = 0.0f;
    spoti_drive drive;

    spoti_sim_copy(p->sim, p->world->episode.sim);
    for (int t = 0; t < HORIZON; t++) {
        float noisy[SPOTI_PLANAR_CHANNELS];
        for (int c = 0; c < SPOTI_PLANAR_CHANNELS; c++) {
            noisy[c] = commands[t][c] + (noise != NULL ? noise[t][c] : 0.0f);
        }
        spoti_sim_bind(scene->level, noisy, &drive);
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

/* The FINALISTS best of the first n, best first; the earlier where two are worth the same. */
static void find_finalists(const planner *p, int n, int out[FINALISTS])
{
    int count = 0;
    for (int i = 0; i < n; i++) {
        int place = count;
        while (place > 0 && p->worth[out[place - 1]] < p->worth[i]) {
            place--;
        }
        if (place == FINALISTS) {
            continue;
        }
        count += count < FINALISTS ? 1 : 0;
        memmove(&out[place + 1], &out[place], (size_t)(count - 1 - place) * sizeof(out[0]));
        out[place] = i;
    }
}

/* The finalist that is worth most with noise, and without it, on average. */
static int best_under_noise(planner *p, double sd, const int finalists[FINALISTS])
{
    int best = finalists[0];
    float most = -INFINITY;

    for (int d = 0; d < DRAWS; d++) {
        draw_noise(p, sd, d);
    }
    for (int f = 0; f < FINALISTS; f++) {
        const int i = finalists[f];
        float sum = p->worth[i];
        for (int d = 0; d < DRAWS; d++) {
            sum += try_sequence(p, p->tried[i], p->noise[d]);
        }
        if (sum > most) {
            most = sum;
            best = i;
        }
    }
    return best;
}

static void make_plan(planner *p)
{
    const double sd = p->world->scene->action_noise * p->world->episode.noise;
    const bool noisy = sd > 0.0;
    const int n = noisy ? TRIALS - FINALISTS * DRAWS : TRIALS;
    int finalists[FINALISTS];

    memcpy(p->tried[0], p->plan, sizeof(p->plan));
    for (int trial = 0; trial < n; trial++) {
        if (trial > 0) {
            draw_trial(p, trial, trial >= n - HOLDING);
        }
        p->worth[trial] = try_sequence(p, p->tried[trial], NULL);
    }
    find_finalists(p, n, finalists);
    const int best = noisy ? best_under_noise(p, sd, finalists) : finalists[0];
    memcpy(p->plan, p->tried[best], sizeof(p->plan));
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
