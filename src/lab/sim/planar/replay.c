/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Raw commands replayed on a planar task, every physics step written down. */
#include <stdio.h>

#include "core/base/config.h"
#include "core/base/file.h"
#include "lab/sim/planar/backend.h"
#include "lab/sim/planar/world.h"
#include "spot/planar.h"

static const double NOISE_MAX = 10.0; /* as of any variation */

const char *spot_planar_end_str(spot_planar_end end)
{
    switch (end) {
    case SPOT_PLANAR_END_ACTIONS:
        return "out of actions";
    case SPOT_PLANAR_END_SOLVED:
        return "solved";
    case SPOT_PLANAR_END_FAILED:
        return "failed";
    case SPOT_PLANAR_END_TIME:
        return "time up";
    case SPOT_PLANAR_END_BROKEN:
        return "broken";
    }
    return "?";
}

void spot_planar_replay_default(spot_planar_replay *replay)
{
    *replay = (spot_planar_replay){.size = sizeof(*replay)};
}

static spot_status check(const spot_task *task, const spot_planar_replay *r, spot_diag *diag)
{
    if (task->ops != spoti_planar_backend.ops) {
        return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                             "the task '%s' is no planar one, expected a Kinetix level",
                             spot_task_describe(task)->name);
    }
    const spoti_planar_scene *scene = task->self;
    if (r->actions == NULL || r->n_actions < 1 || r->n_actions > scene->steps) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "%d rows of actions, expected 1 to %d, a row a control step",
                             r->n_actions, scene->steps);
    }
    if (!(r->noise >= 0.0 && r->noise <= NOISE_MAX)) {
        return spot_diag_set(diag, SPOT_E_RANGE, "noise is %g, expected a factor from 0 to %g",
                             r->noise, NOISE_MAX);
    }
    return SPOT_OK;
}

/* ---- the table ---- */

/* Points of contact that touch `body` in the last step. */
static int count_contacts(const spoti_sim *sim, int body)
{
    int n = 0;
    for (int f = 0; f < SPOTI_FAMILIES; f++) {
        const int points = f == SPOTI_POLYGONS ? 2 : 1;
        for (int i = 0; i < sim->level->n_pair[f]; i++) {
            const spoti_pair *p = &sim->level->pairs[f][i];
            for (int k = 0; k < points && (p->a == body || p->b == body); k++) {
                n += sim->contacts[f][points * i + k].active ? 1 : 0;
            }
        }
    }
    return n;
}

/* Nine digits tell float32 apart. */
static void put_rows(FILE *out, const spoti_sim *sim, int64_t substep)
{
    for (int i = 0; i < sim->level->n_shape; i++) {
        const spoti_body *b = &sim->bodies[i];
        (void)fprintf(out, "%lld,%d,%d,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,%d,%d\n", (long long)substep,
                      i, sim->level->shapes[i].active ? 1 : 0, (double)b->at.x, (double)b->at.y,
                      (double)b->rotation, (double)b->velocity.x, (double)b->velocity.y,
                      (double)b->w, count_contacts(sim, i), sim->event);
    }
}

/* ---- the episode ---- */

static spot_planar_end end_of(spoti_planar_end end)
{
    switch (end) {
    case SPOTI_PLANAR_SOLVED:
        return SPOT_PLANAR_END_SOLVED;
    case SPOTI_PLANAR_FAILED:
        return SPOT_PLANAR_END_FAILED;
    case SPOTI_PLANAR_TIME_UP:
        return SPOT_PLANAR_END_TIME;
    case SPOTI_PLANAR_BROKEN:
        return SPOT_PLANAR_END_BROKEN;
    default:
        return SPOT_PLANAR_END_ACTIONS;
    }
}

/* What a physics step brought. */
static void note_step(const spoti_planar_episode *e, FILE *out, spot_planar_result *result)
{
    const int64_t step = e->substep - 1;
    if (e->sim->event != 0 && result->event_step < 0) {
        result->event = e->sim->event;
        result->event_step = (int)step;
    }
    if (out != NULL) {
        put_rows(out, e->sim, step);
    }
}

static spot_status run(spot_world *world, const spot_planar_replay *r, FILE *out,
                       spot_planar_result *result)
{
    const double anchor[SPOTI_PLANAR_CHANNELS] = {0.0};
    const spoti_planar_world *w = spoti_planar_world_of(world);
    const spoti_planar_episode *e = &w->episode;
    const int64_t per_step = world->dims.ticks_per_action;
    spot_status st = spot_world_reset(world, r->seed);

    *result = (spot_planar_result){.event_step = -1};
    while (st == SPOT_OK && e->end == SPOTI_PLANAR_GOES_ON && w->tick < r->n_actions * per_step) {
        if (w->tick % per_step == 0) {
            st = spot_world_act(world, r->actions + w->tick / per_step * SPOT_PLANAR_CHANNELS,
                                anchor);
        }
        const int64_t before = e->substep;
        st = st == SPOT_OK ? spot_world_step(world) : st;
        if (e->substep > before) {
            note_step(e, out, result);
        }
        if (r->tick_fn != NULL) {
            r->tick_fn(r->tick_ctx, world, w->tick);
        }
    }
    result->end = end_of(e->end);
    result->substeps = (int)e->substep;
    result->steps = (int)(e->substep / w->scene->frame_skip);
    result->time_s = (double)w->tick * world->dims.tick_s;
    return st;
}

static spot_status run_into(spot_world *world, const spot_planar_replay *r,
                            spot_planar_result *result, spot_diag *diag)
{
    spoti_file file;

    if (r->states_path == NULL) {
        return run(world, r, NULL, result);
    }
    spot_status st = spoti_file_begin(&file, r->states_path, diag);
    if (st != SPOT_OK) {
        return st;
    }
    (void)fputs("substep,body,active,x,y,rotation,vx,vy,w,contacts,reward\n", file.stream);
    st = run(world, r, file.stream, result);
    st = st == SPOT_OK ? spoti_file_commit(&file, diag) : st;
    spoti_file_abort(&file);
    return st;
}

spot_status spot_planar_replay_run(const spot_task *task, const spot_planar_replay *replay,
                                   spot_planar_result *result, spot_diag *diag)
{
    spot_world world = {.ops = NULL};

    if (task == NULL || result == NULL ||
        SPOTI_CONFIG_CHECK(spot_planar_replay, replay, diag) != SPOT_OK) {
        return SPOT_E_INVALID;
    }
    spot_status st = check(task, replay, diag);
    if (st != SPOT_OK) {
        return st;
    }
    /* a world of the task, but for the rule and the noise */
    spoti_planar_scene scene = *(const spoti_planar_scene *)task->self;
    if (replay->solve != SPOT_PLANAR_SOLVE_TASK) {
        scene.solve =
            replay->solve == SPOT_PLANAR_SOLVE_LAST ? SPOTI_SOLVE_LAST : SPOTI_SOLVE_FIRST;
    }
    const spot_variation variation = {.speed = 1.0, .noise = replay->noise};
    st = spoti_planar_make_world(&scene, &variation, &world, diag);
    world.task = task;
    st = st == SPOT_OK ? run_into(&world, replay, result, diag) : st;
    spot_world_destroy(&world);
    return st;
}
