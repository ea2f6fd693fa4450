/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What the closed loop costs beyond its two ingredients.
 *
 *     rollout_overhead TASK.yaml POLICY_FOLDER [SEEDS [REPEATS [STEPS]]]
 *
 * For the same seeds, on one thread, it times
 *   loop       spot_rollout_run
 *   physics    the same worlds with the same actions at the same ticks: reset, act, step, no more
 *   inference  what the policy was asked in these episodes, in its order: forget, infer, remember, no more
 * and prints the shares and the overhead (loop - physics - inference) / (physics + inference). Each
 * figure is processor time, the least of REPEATS rounds, as other load on the machine only ever adds. The three
 * take turns, so that a slow phase of the machine does not fall on one of them. The replay must end in the
 * same state, or the physics timed would not be that of the loop; and parts that take longer than the whole are
 * refused, for then one of them is not what it says.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "spot/policy.h"
#include "spot/rollout.h"
#include "spot/task.h"

/* More than any episode asks for (20 s at 10 Hz are 200). */
enum { EVENTS_MAX = 20000, DIM_MAX = 64, OBS_MAX = 1024 };
static const double OVERHEAD_TARGET = 0.15;
static const double OVERHEAD_LEAST = -0.1; /* below that, something else was measured */

/* The world counts its ticks with another rounding than the loop. */
static const double CLOCK_TOLERANCE_S = 1e-9;

typedef struct act_note {
    int64_t tick;
    float action[DIM_MAX];
    double anchor[SPOT_ANCHOR_DIM_MAX];
} act_note;

/* What an episode asked of its world. */
typedef struct notes {
    spot_world inner;
    int64_t tick;
    act_note *acts; /* (EVENTS_MAX) */
    int n_acts;
    spot_brain brain;
    void *state; /* of the loop that notes */
    bool *
        is_memory; /* (EVENTS_MAX) whether a question is to be remembered, else it is an inference */
    float *obs;    /* (EVENTS_MAX x OBS_MAX) */
    float *command;     /* (EVENTS_MAX x DIM_MAX) of what is remembered */
    const float *noise; /* of every inference */
    int n_asked;
} notes;

typedef struct timing {
    double loop_s, physics_s, inference_s;
    int64_t ticks, inferences;
} timing;

static double now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- a world that notes what it is asked ---- */

static spot_status note_reset(void *self, uint64_t seed)
{
    notes *n = self;
    n->tick = 0;
    n->n_acts = 0;
    n->n_asked = 0;
    return n->inner.ops->reset(n->inner.self, seed);
}

static spot_status note_observe(void *self, float *obs, double *anchor)
{
    notes *n = self;
    return n->inner.ops->observe(n->inner.self, obs, anchor);
}

static spot_status note_act(void *self, const float *action, const double *anchor)
{
    notes *n = self;
    if (n->n_acts >= EVENTS_MAX) {
        return SPOT_E_RANGE;
    }
    act_note *a = &n->acts[n->n_acts++];
    a->tick = n->tick;
    memcpy(a->action, action, (size_t)n->inner.dims.action_dim * sizeof(*action));
    memcpy(a->anchor, anchor, (size_t)n->inner.dims.anchor_dim * sizeof(*anchor));
    return n->inner.ops->act(n->inner.self, action, anchor);
}

static spot_status note_step(void *self)
{
    notes *n = self;
    n->tick++;
    return n->inner.ops->step(n->inner.self);
}

static void note_outcome(const void *self, spot_outcome *outcome)
{
    const notes *n = self;
    n->inner.ops->outcome(n->inner.self, outcome);
}

static void note_sample(const void *self, double *row)
{
    const notes *n = self;
    n->inner.ops->sample(n->inner.self, row);
}

static const spot_world_ops NOTE_OPS = {
    .kind = "notes",
    .reset = note_reset,
    .observe = note_observe,
    .act = note_act,
    .step = note_step,
    .outcome = note_outcome,
    .sample = note_sample,
};

/* ---- a brain that notes what it is asked ---- */

static void brain_describe(const void *self, spot_brain_info *info)
{
    const notes *n = self;
    n->brain.ops->describe(n->brain.self, info);
}

static spot_status brain_begin(void *self, const spot_brain_config *config, void **state,
                               spot_diag *diag)
{
    notes *n = self;
    *state = n;
    return spot_brain_begin(&n->brain, config, &n->state, diag);
}

static spot_status note_question(notes *n, const float *obs, const float *command)
{
    if (n->n_asked >= EVENTS_MAX) {
        return SPOT_E_RANGE;
    }
    const size_t i = (size_t)n->n_asked++;
    n->is_memory[i] = command != NULL;
    memcpy(n->obs + i * OBS_MAX, obs, (size_t)n->inner.dims.obs_dim * sizeof(*obs));
    if (command != NULL) {
        memcpy(n->command + i * DIM_MAX, command,
               (size_t)n->inner.dims.action_dim * sizeof(*command));
    }
    return SPOT_OK;
}

static spot_status brain_infer(void *state, const spot_brain_input *input, float *chunk,
                               spot_diag *diag)
{
    notes *n = state;
    const spot_status st = note_question(n, input->obs, NULL);
    return st == SPOT_OK ? spot_brain_infer(&n->brain, n->state, input, chunk, diag) : st;
}

static spot_status brain_remember(void *state, const float *obs, const float *command,
                                  spot_diag *diag)
{
    notes *n = state;
    const spot_status st = note_question(n, obs, command);
    return st == SPOT_OK ? spot_brain_remember(&n->brain, n->state, obs, command, diag) : st;
}

static spot_status brain_forget(void *state, spot_diag *diag)
{
    notes *n = state;
    return spot_brain_forget(&n->brain, n->state, diag);
}

static void brain_end(void *state)
{
    notes *n = state;
    spot_brain_end(&n->brain, n->state);
}

static const spot_brain_ops NOTE_BRAIN = {.describe = brain_describe,
                                          .begin = brain_begin,
                                          .infer = brain_infer,
                                          .remember = brain_remember,
                                          .forget = brain_forget,
                                          .end = brain_end};

/* ---- the three times ---- */

static spot_status time_loop(spot_rollout *rollout, uint64_t seed, spot_episode *episode, double *s)
{
    double start = now_s();
    spot_status st = spot_rollout_run(rollout, seed, episode, NULL, NULL, NULL, NULL);
    *s += now_s() - start;
    return st;
}

static spot_status time_physics(const notes *n, uint64_t seed, int64_t ticks, double *s)
{
    const spot_world *w = &n->inner;
    int i_act = 0;
    double start = now_s();
    spot_status st = w->ops->reset(w->self, seed);
    for (int64_t tick = 0; st == SPOT_OK && tick < ticks; tick++) {
        for (; st == SPOT_OK && i_act < n->n_acts && n->acts[i_act].tick == tick; i_act++) {
            st = w->ops->act(w->self, n->acts[i_act].action, n->acts[i_act].anchor);
        }
        if (st == SPOT_OK) {
            st = w->ops->step(w->self);
        }
    }
    *s += now_s() - start;
    return st;
}

static spot_status time_inference(const notes *n, spot_session *session, float *chunk, double *s)
{
    spot_status st = SPOT_OK;
    double start = now_s();
    spot_session_forget(session);
    for (int i = 0; st == SPOT_OK && i < n->n_asked; i++) {
        const float *obs = n->obs + (size_t)i * OBS_MAX;
        st = n->is_memory[i] ? spot_session_remember(session, obs, n->command + (size_t)i * DIM_MAX)
                             : spot_session_infer(session, 1, obs, n->noise, chunk);
    }
    *s += now_s() - start;
    return st;
}

/* The objects of a run; all NULL-tolerant to destroy. */
typedef struct bench {
    spot_task *task;
    spot_policy *policy;
    spot_session *session;
    spot_rollout *noting, *timed;
    spot_world world;
    spot_world note_world;
    notes notes;
    float *noise, *chunk;
} bench;

/* One seed: note it once (untimed), then time the three; E_INTERNAL if the replay differs. */
static spot_status run_seed(bench *b, uint64_t seed, timing *t)
{
    spot_episode noted;
    spot_episode timed;
    spot_outcome replayed;
    spot_status st = spot_rollout_run(b->noting, seed, &noted, NULL, NULL, NULL, NULL);
    if (st == SPOT_OK) {
        st = time_loop(b->timed, seed, &timed, &t->loop_s);
    }
    if (st == SPOT_OK) {
        st = time_physics(&b->notes, seed, b->notes.tick, &t->physics_s);
    }
    if (st == SPOT_OK) {
        st = time_inference(&b->notes, b->session, b->chunk, &t->inference_s);
    }
    if (st != SPOT_OK) {
        return st;
    }
    t->ticks += b->notes.tick;
    t->inferences += noted.inferences;
    b->world.ops->outcome(b->world.self, &replayed);
    bool same = noted.time_s == timed.time_s && noted.actions == timed.actions &&
                noted.path_m == timed.path_m && replayed.success == noted.success &&
                fabs(replayed.time_s - noted.time_s) <= CLOCK_TOLERANCE_S;
    if (!same) {
        (void)fprintf(stderr, "rollout_overhead: the replay of seed %llu differs\n",
                      (unsigned long long)seed);
        return SPOT_E_INTERNAL;
    }
    return SPOT_OK;
}

static spot_status set_up(bench *b, const char *task_path, const char *policy_dir, int steps,
                          spot_diag *diag)
{
    spot_variation variation;
    spot_session_config session_config;
    spot_rollout_config config;
    spot_variation_default(&variation);
    spot_session_config_default(&session_config);
    spot_rollout_config_default(&config);
    session_config.steps = steps;
    config.point.steps = steps;

    spot_status st = spot_task_load(task_path, NULL, &b->task, diag);
    if (st == SPOT_OK) {
        st = spot_policy_load(policy_dir, NULL, &b->policy, diag);
    }
    if (st == SPOT_OK) {
        st = spot_session_create(b->policy, &session_config, &b->session);
    }
    if (st == SPOT_OK) {
        st = spot_task_make_world(b->task, &variation, &b->world, diag);
    }
    if (st != SPOT_OK) {
        return st;
    }
    const spot_policy_info *info = spot_policy_describe(b->policy);
    size_t chunk = (size_t)info->horizon * (size_t)info->action_dim;
    b->notes.inner = b->world;
    b->note_world = (spot_world){.ops = &NOTE_OPS, .self = &b->notes, .dims = b->world.dims};
    b->notes.acts = calloc(EVENTS_MAX, sizeof(*b->notes.acts));
    b->notes.obs = calloc((size_t)EVENTS_MAX * OBS_MAX, sizeof(float));
    b->notes.command = calloc((size_t)EVENTS_MAX * DIM_MAX, sizeof(float));
    b->notes.is_memory = calloc(EVENTS_MAX, sizeof(bool));
    b->noise = calloc(chunk, sizeof(float));
    b->chunk = calloc(chunk, sizeof(float));
    if (b->notes.acts == NULL || b->notes.obs == NULL || b->notes.command == NULL ||
        b->notes.is_memory == NULL || b->noise == NULL || b->chunk == NULL) {
        return SPOT_E_NOMEM;
    }
    if (info->action_dim > DIM_MAX || info->obs_dim > OBS_MAX) {
        return SPOT_E_RANGE;
    }
    spot_rng rng = spot_rng_at(1, SPOT_STREAM_POLICY, 0);
    spot_rng_fill_normal(&rng, b->noise, (int)chunk);
    b->notes.noise = b->noise;
    (void)spot_brain_of_policy(b->policy, &b->notes.brain); /* borrows the policy; needs no close */
    const spot_brain noting = {.ops = &NOTE_BRAIN, .self = &b->notes};
    st = spot_rollout_create(&config, &b->note_world, &noting, &b->noting, diag);
    if (st == SPOT_OK) {
        st = spot_rollout_create(&config, &b->world, &b->notes.brain, &b->timed, diag);
    }
    return st;
}

static void tear_down(bench *b)
{
    spot_rollout_destroy(b->noting);
    spot_rollout_destroy(b->timed);
    spot_session_destroy(b->session);
    spot_policy_destroy(b->policy);
    spot_world_destroy(&b->world);
    spot_task_destroy(b->task);
    free(b->notes.acts);
    free(b->notes.obs);
    free(b->notes.command);
    free(b->notes.is_memory);
    free(b->noise);
    free(b->chunk);
}

/* False where the parts take longer than the whole. */
static bool print_timing(const timing *t, int seeds, const char *kernels)
{
    double bare = t->physics_s + t->inference_s;
    double overhead = t->loop_s / bare - 1.0;
    (void)printf("episodes    %d, %lld ticks, %lld inferences, kernels %s\n", seeds,
                 (long long)t->ticks, (long long)t->inferences, kernels);
    (void)printf("physics     %8.3f s  %5.1f %% of the loop, %.2f us a tick\n", t->physics_s,
                 100.0 * t->physics_s / t->loop_s, 1e6 * t->physics_s / (double)t->ticks);
    (void)printf("inference   %8.3f s  %5.1f %% of the loop, %.3f ms a call\n", t->inference_s,
                 100.0 * t->inference_s / t->loop_s,
                 1e3 * t->inference_s / (double)(t->inferences > 0 ? t->inferences : 1));
    (void)printf("loop        %8.3f s\n", t->loop_s);
    (void)printf("overhead    %+8.1f %% over physics + inference (target at most %.0f %%): %s\n",
                 100.0 * overhead, 100.0 * OVERHEAD_TARGET,
                 overhead < OVERHEAD_LEAST     ? "impossible, one part is not what it says"
                 : overhead <= OVERHEAD_TARGET ? "met"
                                               : "missed");
    return overhead >= OVERHEAD_LEAST;
}

/* The number at argv[i], or `otherwise`; -1 if it is not a number. */
static int read_count(int argc, char **argv, int i, int otherwise)
{
    if (i >= argc) {
        return otherwise;
    }
    char *end = NULL;
    long value = strtol(argv[i], &end, 10);
    return end != argv[i] && *end == '\0' && value >= 0 && value <= 1000000 ? (int)value : -1;
}

int main(int argc, char **argv)
{
    int seeds = read_count(argc, argv, 3, 10);
    int repeats = read_count(argc, argv, 4, 5);
    int steps = read_count(argc, argv, 5, 0);
    if (argc < 3 || argc > 6 || seeds < 1 || repeats < 1 || steps < 0) {
        (void)fprintf(stderr,
                      "use: rollout_overhead TASK.yaml POLICY_FOLDER [SEEDS [REPEATS [STEPS]]]\n");
        return 2;
    }
    bench b;
    spot_diag diag = {.text = ""};
    timing least = {.loop_s = INFINITY, .physics_s = INFINITY, .inference_s = INFINITY};
    memset(&b, 0, sizeof(b));
    spot_status st = set_up(&b, argv[1], argv[2], steps, &diag);
    for (int r = 0; st == SPOT_OK && r < repeats; r++) {
        timing t = {.loop_s = 0.0};
        for (int i = 0; st == SPOT_OK && i < seeds; i++) {
            st = run_seed(&b, (uint64_t)i, &t);
        }
        least.loop_s = fmin(least.loop_s, t.loop_s);
        least.physics_s = fmin(least.physics_s, t.physics_s);
        least.inference_s = fmin(least.inference_s, t.inference_s);
        least.ticks = t.ticks;
        least.inferences = t.inferences;
    }
    bool possible = true;
    if (st == SPOT_OK) {
        possible = print_timing(&least, seeds, spot_session_kernels(b.session));
    } else {
        (void)fprintf(stderr, "rollout_overhead: %s\n",
                      diag.text[0] != '\0' ? diag.text : spot_status_str(st));
    }
    tear_down(&b);
    return st == SPOT_OK && possible ? 0 : 1;
}
