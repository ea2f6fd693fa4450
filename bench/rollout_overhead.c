/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Where the time of the closed loop goes, and what it costs beyond MuJoCo's steps and bare inference.
 *
 *     rollout_overhead TASK.yaml POLICY [--wall] [SEEDS [REPEATS [STEPS]]]
 *
 * Each seed is run once and noted; then the same ticks are done again, in the same states, with more and more of the
 * loop around them:
 *   reset       the world's reset, no tick
 *   engine      and mj_step2 and mj_step1 (an mj_step that begins in its middle) with the forces that were noted
 *   controller  and the arm's controller, which finds these forces
 *   world       the world's whole step: faults, contacts, what is to be seen, outcome
 *   answered    the whole loop, with a brain that says at once what was said then
 *   loop        the whole loop
 * and `inference` asks the brain alone what it was asked. A part costs the difference between two of them. Each time is
 * processor time, of each seed the least of REPEATS rounds in which all take turns, as other load only ever adds. Whatever does
 * not end in the noted state, or is not possible (more that takes less, products above the CPU's peak), is refused.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "lab/bench/probe.h"
#include "possible.h"
#include "rollout_notes.h"
#include "spot/rollout.h"
#include "spot/task.h"

static const double OVERHEAD_TARGET = 0.15;

typedef enum rung { RESET, ENGINE, CONTROLLER, WORLD, ANSWERED, LOOP, INFERENCE, N_RUNG } step;
static const char *const RUNG[N_RUNG] = {"reset",    "engine", "controller", "world",
                                         "answered", "loop",   "inference"};

typedef struct bench {
    bench_clock clock;
    spot_task *task;
    spot_world world;
    spoti_mujoco_world *mujoco; /* what is behind it */
    spot_brain brain;
    void *state; /* of `inference` */
    float *chunk;
    notes notes;
    spot_rollout *noting, *answered, *timed;
    int seeds;
    double *seed_s;         /* (seeds x N_RUNG) the least of each seed */
    double least_s[N_RUNG]; /* their sums */
    int64_t ticks, inferences;
    spot_diag diag;
} bench;

/* ---- the same ticks again ---- */

static void take_command(spoti_mujoco_world *w, const notes_command *command)
{
    memcpy(w->target, command->target, sizeof(w->target));
    w->step_m = command->step_m;
    w->step_rad = command->step_rad;
    w->open_target_m = command->open_target_m;
}

static spot_status replay(bench *b, step rung, uint64_t seed)
{
    spoti_mujoco_world *w = b->mujoco;
    const notes *n = &b->notes;
    const mjModel *m = w->model;
    spot_status st = spot_world_reset(&b->world, seed);

    for (int64_t i = 0; st == SPOT_OK && rung != RESET && i < n->ticks; i++) {
        if (rung == ENGINE) {
            memcpy(w->data->ctrl, n->ctrl + i * m->nu, (size_t)m->nu * sizeof(double));
            memcpy(w->data->qfrc_applied, n->applied + i * m->nv, (size_t)m->nv * sizeof(double));
        } else {
            take_command(w, &n->commands[i]);
        }
        if (rung == WORLD) {
            st = spot_world_step(&b->world);
            continue;
        }
        if (rung == CONTROLLER) {
            spoti_arm_tick(w);
        }
        mj_step2(m, w->data);
        mj_step1(m, w->data);
    }
    return st;
}

/* Asks the brain alone. E_INTERNAL if it now says something else. */
static spot_status ask_again(bench *b)
{
    const notes *n = &b->notes;
    const size_t size = notes_chunk_size(n);
    spot_status st = spot_brain_forget(&b->brain, b->state, &b->diag);
    for (int i = 0; st == SPOT_OK && i < n->asked; i++) {
        const float *obs = n->obs + (size_t)i * (size_t)n->of.obs_dim;
        if (n->is_memory[i]) {
            const float *command = n->command + (size_t)i * (size_t)n->of.action_dim;
            st = spot_brain_remember(&b->brain, b->state, obs, command, &b->diag);
            continue;
        }
        const spot_brain_input input = {.obs = obs, .noise = n->noise + (size_t)i * size};
        st = spot_brain_infer(&b->brain, b->state, &input, b->chunk, &b->diag);
        if (st == SPOT_OK &&
            memcmp(b->chunk, n->chunk + (size_t)i * size, size * sizeof(float)) != 0) {
            st = spot_diag_set(&b->diag, SPOT_E_INTERNAL, "inference %d alone gives another chunk",
                               i);
        }
    }
    return st;
}

static bool is_at_the_end(const bench *b)
{
    const mjModel *m = b->mujoco->model;
    const mjData *d = b->mujoco->data;
    return memcmp(d->qpos, b->notes.end, (size_t)m->nq * sizeof(double)) == 0 &&
           memcmp(d->qvel, b->notes.end + m->nq, (size_t)m->nv * sizeof(double)) == 0;
}

/* Does one rung of one seed; *s is its time. */
static spot_status climb(bench *b, step rung, uint64_t seed, double *s)
{
    spot_episode episode;
    spot_rollout *rollout = rung == LOOP ? b->timed : b->answered;
    const double start = bench_now_s(b->clock);
    const spot_status st =
        rung == INFERENCE ? ask_again(b)
        : rung < ANSWERED ? replay(b, rung, seed)
                          : spot_rollout_run(rollout, seed, &episode, NULL, NULL, NULL, &b->diag);
    *s = bench_now_s(b->clock) - start;
    if (st == SPOT_OK && rung != RESET && rung != INFERENCE && !is_at_the_end(b)) {
        return spot_diag_set(&b->diag, SPOT_E_INTERNAL, "%s of seed %llu ends in another state",
                             RUNG[rung], (unsigned long long)seed);
    }
    return st;
}

/* A round over all seeds. */
static spot_status run_round(bench *b)
{
    spot_status st = SPOT_OK;
    b->ticks = 0;
    b->inferences = 0;
    for (int seed = 0; st == SPOT_OK && seed < b->seeds; seed++) {
        double *least = b->seed_s + (size_t)seed * N_RUNG;
        spot_episode noted;
        st = spot_rollout_run(b->noting, (uint64_t)seed, &noted, NULL, notes_tick, &b->notes,
                              &b->diag);
        for (int r = 0; st == SPOT_OK && r < N_RUNG; r++) {
            double s = 0.0;
            st = climb(b, (step)r, (uint64_t)seed, &s);
            least[r] = fmin(least[r], s);
        }
        b->ticks += b->notes.ticks;
        b->inferences += st == SPOT_OK ? noted.inferences : 0;
    }
    return st;
}

static void add_up(bench *b)
{
    for (int i = 0; i < b->seeds * N_RUNG; i++) {
        b->least_s[i % N_RUNG] += b->seed_s[i];
    }
}

/* ---- what is not possible ---- */

static bool check_peak(bench *b)
{
    spoti_probe_peaks peak;
    spot_inference_cost cost;
    if (spot_brain_cost(&b->brain, b->state, &cost, NULL) != SPOT_OK) {
        return true; /* nobody knows what it does */
    }
    spoti_probe_arithmetic(&peak);
    return bench_check_rate("products of inference",
                            2.0 * cost.macs_fp32 * (double)b->inferences / b->least_s[INFERENCE],
                            2.0 * peak.fp32_macs_s, "Gop/s in fp32");
}

static bool check(bench *b)
{
    const double parts_s = b->least_s[ANSWERED] + b->least_s[INFERENCE];
    bool ok = bench_check_whole(RUNG[RESET], b->least_s[RESET], 0.0, "nothing");
    for (int r = ENGINE; r <= LOOP; r++) {
        ok = bench_check_whole(RUNG[r], b->least_s[r], b->least_s[r - 1], RUNG[r - 1]) && ok;
    }
    ok = bench_check_whole(RUNG[LOOP], b->least_s[LOOP], parts_s, "answered and inference") && ok;
    return check_peak(b) && ok;
}

/* ---- the report ---- */

static void print_part(const bench *b, const char *name, double s, const char *what)
{
    (void)printf("  %-10s %8.2f us  %5.1f %%  %s\n", name, 1e6 * s / (double)b->ticks,
                 100.0 * s / b->least_s[LOOP], what);
}

static void print_report(const bench *b, int repeats)
{
    const double *s = b->least_s;
    const double above_s = s[ANSWERED] - s[ENGINE];
    const double bare_s = s[WORLD] + s[INFERENCE];
    const double overhead = s[LOOP] / bare_s - 1.0;
    (void)printf("%d episodes, %lld ticks, %lld inferences; %s, least of %d rounds each\n",
                 b->seeds, (long long)b->ticks, (long long)b->inferences, b->clock.name, repeats);
    (void)printf("a tick\n");
    print_part(b, "engine", s[ENGINE] - s[RESET], "mj_step2, mj_step1: an mj_step");
    print_part(b, "controller", s[CONTROLLER] - s[ENGINE],
               "path, inverse kinematics, compensation");
    print_part(b, "watching", s[WORLD] - s[CONTROLLER], "faults, contacts, sights, outcome");
    print_part(b, "loop", s[ANSWERED] - s[WORLD], "schedule, motion, observing, noise, report");
    print_part(b, "above", above_s, "mj_step: the three together");
    print_part(b, "inference", s[INFERENCE], "");
    (void)printf("an episode\n  reset      %8.3f ms\n  loop       %8.3f ms, %.1f a second\n",
                 1e3 * s[RESET] / b->seeds, 1e3 * s[LOOP] / b->seeds, b->seeds / s[LOOP]);
    (void)printf("an inference %8.3f ms\n",
                 1e3 * s[INFERENCE] / (double)(b->inferences > 0 ? b->inferences : 1));
    (void)printf("overhead   %+8.1f %% over the world's steps and inference (target at most %.0f "
                 "%%): %s\n",
                 100.0 * overhead, 100.0 * OVERHEAD_TARGET,
                 overhead <= OVERHEAD_TARGET ? "met" : "missed");
}

/* ---- life ---- */

static spot_status make_rollouts(bench *b, int steps)
{
    spot_rollout_config config;
    spot_brain_config asked;
    spot_rollout_config_default(&config);
    spot_brain_config_default(&asked);
    config.point.steps = steps;
    asked.point = &config.point;
    const spot_brain noting = notes_noting(&b->notes);
    const spot_brain answering = notes_answering(&b->notes);
    spot_status st = spot_brain_begin(&b->brain, &asked, &b->state, &b->diag);
    st =
        st == SPOT_OK ? spot_rollout_create(&config, &b->world, &noting, &b->noting, &b->diag) : st;
    /* the answers are those of the steps; the brain that gives them has no such knob */
    config.point.steps = 0;
    st = st == SPOT_OK ? spot_rollout_create(&config, &b->world, &answering, &b->answered, &b->diag)
                       : st;
    config.point.steps = steps;
    return st == SPOT_OK ? spot_rollout_create(&config, &b->world, &b->brain, &b->timed, &b->diag)
                         : st;
}

static spot_status set_up(bench *b, const char *task, const char *policy, int steps)
{
    spot_variation variation;
    spot_variation_default(&variation);
    b->seed_s = calloc((size_t)b->seeds * N_RUNG, sizeof(double));
    if (b->seed_s == NULL) {
        return SPOT_E_NOMEM;
    }
    for (int i = 0; i < b->seeds * N_RUNG; i++) {
        b->seed_s[i] = (double)INFINITY;
    }
    spot_status st = spot_task_load(task, NULL, &b->task, &b->diag);
    st = st == SPOT_OK ? spot_task_make_world(b->task, &variation, &b->world, &b->diag) : st;
    st = st == SPOT_OK ? spot_brain_open(policy, NULL, &b->brain, &b->diag) : st;
    if (st != SPOT_OK) {
        return st;
    }
    if (spoti_mujoco_world_of(&b->world) == NULL) {
        return spot_diag_set(&b->diag, SPOT_E_UNSUPPORTED, "%s: expected a task of MuJoCo", task);
    }
    b->mujoco = b->world.self;
    if (!notes_make(&b->notes, &b->brain, b->mujoco)) {
        return SPOT_E_NOMEM;
    }
    b->chunk = calloc(notes_chunk_size(&b->notes), sizeof(float));
    return b->chunk != NULL ? make_rollouts(b, steps) : SPOT_E_NOMEM;
}

static void tear_down(bench *b)
{
    spot_rollout_destroy(b->noting);
    spot_rollout_destroy(b->answered);
    spot_rollout_destroy(b->timed);
    if (b->state != NULL) {
        spot_brain_end(&b->brain, b->state);
    }
    spot_brain_close(&b->brain);
    spot_world_destroy(&b->world);
    spot_task_destroy(b->task);
    notes_free(&b->notes);
    free(b->chunk);
    free(b->seed_s);
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
    static bench b;
    b.clock = bench_clock_option(&argc, argv);
    b.seeds = read_count(argc, argv, 3, 10);
    const int repeats = read_count(argc, argv, 4, 5);
    const int steps = read_count(argc, argv, 5, 0);
    if (argc < 3 || argc > 6 || b.seeds < 1 || repeats < 1 || steps < 0) {
        (void)fprintf(stderr, "use: rollout_overhead TASK.yaml POLICY [--wall] [SEEDS [REPEATS "
                              "[STEPS]]]\n");
        return 2;
    }
    spot_status st = set_up(&b, argv[1], argv[2], steps);
    for (int r = 0; st == SPOT_OK && r < repeats; r++) {
        st = run_round(&b);
    }
    bool possible = false;
    if (st == SPOT_OK) {
        add_up(&b);
        print_report(&b, repeats);
        possible = check(&b);
    } else {
        (void)fprintf(stderr, "rollout_overhead: %s\n",
                      b.diag.text[0] != '\0' ? b.diag.text : spot_status_str(st));
    }
    tear_down(&b);
    return possible ? 0 : 1;
}
