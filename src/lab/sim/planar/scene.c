/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/sim/planar/scene.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/hash.h"
#include "lab/sim/planar/observe.h"
#include "lab/sim/planar/sample.h"

static const double ACTION_NOISE = 0.1; /* of the published protocol */
enum {
    HORIZON = 8, /* of the published policies, */
    EXECUTE = 4, /* ... and what is executed of it */
    SLICES = 16, /* a millisecond a tick */
};
static const char CHARGE_AS[] = "mixer-3m";

spot_engine spoti_planar_engine(void)
{
    return (spot_engine){.name = "planar", .version = "1"};
}

/* dt as it is meant: float32 holds 1/60 with an error of 4e-9. */
static double exact_dt(float dt)
{
    const double rate = round(1.0 / (double)dt);
    return fabs(rate * (double)dt - 1.0) < 1e-6 ? 1.0 / rate : (double)dt;
}

static void set_dims(spoti_planar_scene *s)
{
    const spoti_planar_file *f = s->file;
    const spoti_planar_control *c = f != NULL ? f->control : NULL;
    spot_world_dims *d = &s->info.dims;
    const double step_s = exact_dt(s->level->params.dt);
    const double control_s = step_s * s->frame_skip;

    s->steps = f != NULL && f->time_limit_s != NULL ? (int)ceil(*f->time_limit_s / control_s - 1e-9)
                                                    : SPOTI_PLANAR_STEPS;
    *d = (spot_world_dims){
        .obs_dim = spoti_planar_obs_dim(s->level),
        .action_dim = SPOTI_PLANAR_CHANNELS,
        .anchor_dim = SPOTI_PLANAR_CHANNELS, /* zeros: actions are absolute */
        .sample_dim = s->n_name,
        .state_dim = spoti_planar_state_dim(s->level),
        .tick_s = step_s / s->slices,
        .ticks_per_action = s->frame_skip * s->slices,
        .horizon = c != NULL && c->horizon != 0 ? c->horizon : HORIZON,
        .time_limit_s = control_s * s->steps,
        .regime = SPOT_REGIME_DYNAMIC,
    };
    d->n_execute = c != NULL && c->execute != 0 ? c->execute
                   : EXECUTE < d->horizon       ? EXECUTE
                                                : d->horizon;
}

static void set_info(spoti_planar_scene *s)
{
    const spoti_planar_file *f = s->file;

    s->info.name = f != NULL ? f->name : s->name;
    s->info.description = f != NULL && f->description != NULL ? f->description : "a Kinetix level";
    s->info.instruction = f != NULL ? f->instruction : NULL;
    s->info.charge_as = f != NULL && f->charge_as != NULL ? f->charge_as : CHARGE_AS;
    s->info.model = NULL;
    s->info.engine = spoti_planar_engine();
    s->info.sample_names = s->sample_names;
    s->info.seeds = s->start_noise_m > 0.0  ? NULL
                    : s->action_noise > 0.0 ? "action noise alone; resets randomise nothing"
                                            : "what policy and latency draw alone: action_noise is "
                                              "0, and resets randomise nothing";
    set_dims(s);
}

static void set_options(spoti_planar_scene *s)
{
    const spoti_planar_file *f = s->file;

    s->frame_skip = f != NULL && f->frame_skip != 0 ? f->frame_skip : s->level->params.frame_skip;
    s->slices = f != NULL && f->slices != 0 ? f->slices : SLICES;
    s->solve = f != NULL ? f->solve : SPOTI_SOLVE_FIRST;
    s->action_noise = f != NULL && f->action_noise != NULL ? *f->action_noise : ACTION_NOISE;
    s->start_noise_m = f != NULL ? f->start_noise_m : 0.0;
}

/* Where the level is, and what it is called. */
static spot_status find_level(spoti_planar_scene *s, const char *path, spot_diag *diag)
{
    char dir[SPOTI_PATH_SIZE];
    const char *name = spoti_path_base(path);
    const size_t length = strlen(name);
    const size_t tail =
        spoti_ends_with(name, SPOTI_PLANAR_SUFFIX) ? strlen(SPOTI_PLANAR_SUFFIX) : 0;

    (void)spoti_copy_n(s->name, sizeof(s->name), name, length - tail);
    if (!spoti_copy(s->path, sizeof(s->path), path)) {
        return spoti_refuse_path(SPOT_E_FORMAT, path, diag);
    }
    if (tail > 0) {
        (void)spoti_copy(s->level_path, sizeof(s->level_path), path);
        return SPOT_OK;
    }
    const spot_status st = spoti_planar_file_load(path, &s->file, diag);
    if (st != SPOT_OK) {
        return st;
    }
    return spoti_path_dir(dir, sizeof(dir), path) &&
                   spoti_path_join(s->level_path, sizeof(s->level_path), dir, s->file->level)
               ? SPOT_OK
               : spoti_refuse_path(SPOT_E_FORMAT, path, diag);
}

static spot_status load(spoti_planar_scene *s, const char *path, spot_diag *diag)
{
    spot_status st = find_level(s, path, diag);
    if (st == SPOT_OK) {
        st = spoti_level_load(s->level_path, s->allocator, &s->level, diag);
    }
    if (st == SPOT_OK) {
        s->hash = SPOTI_HASH_START;
        st = spoti_hash_file(&s->hash, s->level_path, diag);
    }
    if (st == SPOT_OK) {
        st = spoti_planar_name_columns(s);
    }
    if (st == SPOT_OK) {
        set_options(s);
        set_info(s);
    }
    return st;
}

spot_status spoti_planar_scene_load(const char *path, const spot_allocator *allocator,
                                    spoti_planar_scene **out, spot_diag *diag)
{
    spoti_planar_scene *s = spoti_calloc(allocator, 1, sizeof(*s));

    *out = NULL;
    if (s == NULL) {
        return SPOT_E_NOMEM;
    }
    s->allocator = allocator;
    const spot_status st = load(s, path, diag);
    if (st != SPOT_OK) {
        spoti_planar_scene_destroy(s);
        return st;
    }
    *out = s;
    return SPOT_OK;
}

void spoti_planar_scene_destroy(spoti_planar_scene *scene)
{
    if (scene == NULL) {
        return;
    }
    const size_t n = (size_t)scene->n_name;
    spoti_free(scene->allocator, scene->names, n * sizeof(*scene->names));
    spoti_free(scene->allocator, scene->sample_names, n * sizeof(*scene->sample_names));
    spoti_level_destroy(scene->level);
    if (scene->file != NULL) {
        spoti_planar_file_free(scene->file);
    }
    spoti_free(scene->allocator, scene, sizeof(*scene));
}
