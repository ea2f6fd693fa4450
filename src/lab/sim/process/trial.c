/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The same seed in two workers, one of which has run another seed before. If all that is seen, rewarded and sampled is
 * the same, an episode depends on its seed alone, whoever runs it and in which order; if not, no figure of this world
 * can be made again, and the reports of it are of one run.
 */
#include "lab/sim/process/trial.h"

#include <math.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/hash.h"
#include "core/base/text.h"
#include "lab/sim/process/world.h"
#include "spot/rng.h"

enum { STEPS = 20 };

static const uint64_t SEED = 0, OTHER_SEED = 1;

/* What was found in a run of STEPS steps. */
typedef struct found {
    uint64_t hash;
    int steps;
    bool success_said;
    char fault[SPOT_FAULT_SIZE];
} found;

/* Any action that the world takes, the same for the same step. */
static void choose(const spoti_process_scene *s, int step, float *action)
{
    spot_rng rng = spot_rng_at(SEED, SPOT_STREAM_POLICY, (uint64_t)step);
    spot_rng_fill_normal(&rng, action, s->info.dims.action_dim);
    for (int i = 0; i < s->info.dims.action_dim; i++) {
        const double low = fmax(s->hello.low[i], -1.0), high = fmin(s->hello.high[i], 1.0);
        const double middle = isfinite(0.5 * (s->hello.low[i] + s->hello.high[i]))
                                  ? 0.5 * (s->hello.low[i] + s->hello.high[i])
                                  : 0.5 * (low + high);
        const double half = isfinite(s->hello.high[i] - s->hello.low[i])
                                ? 0.5 * (s->hello.high[i] - s->hello.low[i])
                                : 1.0;
        action[i] = (float)(middle + half * fmax(-1.0, fmin(1.0, (double)action[i])));
    }
}

static void note(const spoti_process_world *w, found *f)
{
    f->hash = spoti_process_hash_seen(w, f->hash);
    f->success_said = f->success_said || w->seen.says_success;
}

static spot_status run(spot_world *world, uint64_t seed, float *action, found *f)
{
    const spoti_process_world *w = spoti_process_world_of(world);
    spot_outcome outcome = {.done = false};
    const double anchor[SPOT_ANCHOR_DIM_MAX] = {0.0};

    *f = (found){.hash = SPOTI_HASH_START};
    spot_status st = spot_world_reset(world, seed);
    for (int i = 0; st == SPOT_OK && i < STEPS && w->fault[0] == '\0' && !outcome.done; i++) {
        note(w, f);
        choose(w->scene, i, action);
        st = spot_world_act(world, action, anchor);
        st = st == SPOT_OK ? spot_world_step(world) : st;
        spot_world_outcome(world, &outcome);
        f->steps++;
    }
    note(w, f);
    (void)spoti_copy(f->fault, sizeof(f->fault), w->fault);
    return st == SPOT_E_IO ? SPOT_OK : st; /* said by the fault */
}

/* Both runs at once need two workers. */
static spot_status run_twice(const spoti_process_scene *scene, float *action, found *first,
                             found *again, spot_diag *diag)
{
    spot_variation standard;
    spot_world worlds[2] = {{.ops = NULL}};

    spot_variation_default(&standard);
    spot_status st = spoti_process_make_world(scene, &standard, &worlds[0], diag);
    st = st == SPOT_OK ? spoti_process_make_world(scene, &standard, &worlds[1], diag) : st;
    st = st == SPOT_OK ? run(&worlds[0], SEED, action, first) : st;
    if (st == SPOT_OK && first->fault[0] == '\0') {
        st = run(&worlds[1], OTHER_SEED, action, again);
        st = st == SPOT_OK ? run(&worlds[1], SEED, action, again) : st;
    }
    for (int i = 0; i < 2; i++) {
        spot_world_destroy(&worlds[i]);
    }
    return st;
}

static spot_trial_check *add(spot_trial *trial, const spoti_process_scene *scene, const char *name,
                             spot_trial_result result, const char *expected)
{
    spot_trial_check *c = &trial->checks[trial->count++];
    c->name = name;
    c->result = result;
    (void)spoti_copy(c->where, sizeof(c->where), scene->path);
    (void)spoti_copy(c->expected, sizeof(c->expected), expected);
    return c;
}

static void judge(const spoti_process_scene *scene, const found *first, const found *again,
                  spot_trial *trial)
{
    const char *fault = first->fault[0] != '\0' ? first->fault : again->fault;
    spot_trial_check *c =
        add(trial, scene, "runs", fault[0] != '\0' ? SPOT_TRIAL_FAIL : SPOT_TRIAL_PASS,
            "an answer to each step");
    c->refuses = true;
    if (fault[0] != '\0') {
        (void)spoti_copy(c->measured, sizeof(c->measured), fault);
        return;
    }
    (void)spoti_format(c->measured, sizeof(c->measured), "%d steps, %s %s", first->steps,
                       scene->info.engine.name, scene->info.engine.version);

    const bool same = first->hash == again->hash;
    c = add(trial, scene, "repeatable", same ? SPOT_TRIAL_PASS : SPOT_TRIAL_WARN,
            "the same, or no figure can be made again");
    (void)spoti_copy(c->measured, sizeof(c->measured),
                     same ? "two workers agree, one after another seed"
                          : "a second worker, after another seed, sees something else");
    if (scene->file->rule == SPOTI_SUCCESS_INFO) {
        c = add(trial, scene, "success is told",
                first->success_said ? SPOT_TRIAL_PASS : SPOT_TRIAL_WARN,
                "is_success or success in info, or 'success:' in the task file");
        (void)spoti_copy(c->measured, sizeof(c->measured),
                         first->success_said ? "info says it" : "info said nothing in these steps");
    }
}

spot_status spoti_process_try(const spoti_process_scene *scene, spot_trial *trial, spot_diag *diag)
{
    found first = {.steps = 0}, again = {.steps = 0};
    const size_t n = (size_t)scene->info.dims.action_dim;
    float *action = spoti_calloc(NULL, n, sizeof(*action));

    if (action == NULL) {
        return SPOT_E_NOMEM;
    }
    const spot_status st = run_twice(scene, action, &first, &again, diag);
    spoti_free(NULL, action, n * sizeof(*action));
    if (st == SPOT_OK) {
        judge(scene, &first, &again, trial);
    }
    return st;
}
