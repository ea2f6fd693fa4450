/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Raw commands replayed on a planar task, every physics step written down. */
#include <stdio.h>

#include "core/base/config.h"
#include "core/base/file.h"
#include "lab/sim/planar/backend.h"
#include "lab/sim/planar/episode.h"
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

static void run(spoti_planar_episode *e, const spot_planar_replay *r, FILE *out,
                spot_planar_result *result)
{
    const int skip = e->scene->frame_skip;

    spoti_planar_episode_reset(e, r->seed);
    *result = (spot_planar_result){.event_step = -1};
    while (e->end == SPOTI_PLANAR_GOES_ON && e->substep / skip < r->n_actions) {
        const int64_t step = e->substep;
        spoti_planar_episode_step(e, r->actions + step / skip * SPOT_PLANAR_CHANNELS);
        if (e->sim->event != 0 && result->event_step < 0) {
            result->event = e->sim->event;
            result->event_step = (int)step;
        }
        if (out != NULL) {
            put_rows(out, e->sim, step);
        }
    }
    result->end = end_of(e->end);
    result->substeps = (int)e->substep;
    result->steps = (int)(e->substep / skip);
    result->time_s = (double)e->substep * e->scene->info.dims.tick_s * e->scene->slices;
}

spot_status spot_planar_replay_run(const spot_task *task, const spot_planar_replay *replay,
                                   spot_planar_result *result, spot_diag *diag)
{
    spoti_file file = {.stream = NULL};
    spoti_planar_episode episode;

    if (task == NULL || result == NULL ||
        SPOTI_CONFIG_CHECK(spot_planar_replay, replay, diag) != SPOT_OK) {
        return SPOT_E_INVALID;
    }
    spot_status st = check(task, replay, diag);
    if (st != SPOT_OK) {
        return st;
    }
    spoti_planar_scene scene = *(const spoti_planar_scene *)task->self; /* with another rule */
    if (replay->solve != SPOT_PLANAR_SOLVE_TASK) {
        scene.solve =
            replay->solve == SPOT_PLANAR_SOLVE_LAST ? SPOTI_SOLVE_LAST : SPOTI_SOLVE_FIRST;
    }
    st = spoti_planar_episode_make(&scene, replay->noise, &episode);
    if (st == SPOT_OK && replay->states_path != NULL) {
        st = spoti_file_begin(&file, replay->states_path, diag);
    }
    if (st == SPOT_OK) {
        if (file.stream != NULL) {
            (void)fputs("substep,body,active,x,y,rotation,vx,vy,w,contacts,reward\n", file.stream);
        }
        run(&episode, replay, file.stream, result);
        st = file.stream != NULL ? spoti_file_commit(&file, diag) : SPOT_OK;
    }
    spoti_file_abort(&file);
    spoti_planar_episode_free(&episode);
    return st;
}
