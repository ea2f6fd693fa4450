/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Timed calls: a brain that times another one's inferences, run in closed loop, so that what is timed are the very
 * observations and the very order of a task.
 */
#include <stdio.h>

#include "core/base/alloc.h"
#include "core/base/clock.h"
#include "core/base/config.h"
#include "core/base/file.h"
#include "spot/latency_measure.h"

/* Beyond so many episodes without enough calls, there never will be. */
enum { EPISODES_MAX = 100000, DEFAULT_CALLS = 50 };

/* The brain that times. One state at a time. */
typedef struct timer {
    spot_brain inner;
    void *state;
    double *call_s; /* (room) the first is a warm-up */
    int n, room;
} timer;

static void describe(const void *self, spot_brain_info *info)
{
    const timer *t = self;
    t->inner.ops->describe(t->inner.self, info);
}

static spot_status begin(void *self, const spot_brain_config *config, void **state, spot_diag *diag)
{
    timer *t = self;
    *state = t;
    return spot_brain_begin(&t->inner, config, &t->state, diag);
}

static spot_status infer(void *state, const spot_brain_input *input, float *chunk, spot_diag *diag)
{
    timer *t = state;
    const double start = spoti_now_s();
    const spot_status st = spot_brain_infer(&t->inner, t->state, input, chunk, diag);
    if (t->n < t->room) {
        t->call_s[t->n++] = spoti_now_s() - start;
    }
    return st;
}

static spot_status remember(void *state, const float *obs, const float *command, spot_diag *diag)
{
    timer *t = state;
    return spot_brain_remember(&t->inner, t->state, obs, command, diag);
}

static spot_status forget(void *state, spot_diag *diag)
{
    timer *t = state;
    return spot_brain_forget(&t->inner, t->state, diag);
}

static void end(void *state)
{
    timer *t = state;
    spot_brain_end(&t->inner, t->state);
}

static const spot_brain_ops TIMER_OPS = {.describe = describe,
                                         .begin = begin,
                                         .infer = infer,
                                         .remember = remember,
                                         .forget = forget,
                                         .end = end};

/* What is counted for `progress`. */
typedef struct counter {
    spot_progress_fn progress;
    void *ctx;
    int64_t done, total;
} counter;

/* Episodes of one point until there are enough calls. */
static spot_status time_point(const spot_task *task, timer *t, const spot_latency_measure_config *c,
                              const spot_point *point, const counter *count, spot_diag *diag)
{
    spot_variation variation;
    spot_rollout_config config;
    spot_world world;
    spot_rollout *rollout = NULL;
    spot_episode episode;
    const spot_brain brain = {.ops = &TIMER_OPS, .self = t};

    spot_variation_default(&variation);
    spot_rollout_config_default(&config);
    config.point = *point;
    config.kernels = c->kernels;
    t->n = 0;
    spot_status st = spot_task_make_world(task, &variation, &world, diag);
    if (st != SPOT_OK) {
        return st;
    }
    st = spot_rollout_create(&config, &world, &brain, &rollout, diag);
    for (uint64_t seed = 0; st == SPOT_OK && t->n < t->room; seed++) {
        st = spot_rollout_run(rollout, seed, &episode, NULL, NULL, NULL, diag);
        if (st == SPOT_OK && (episode.invalid || seed == EPISODES_MAX)) {
            st = spot_diag_set(diag, SPOT_E_IO, "%s",
                               episode.invalid ? episode.fault : "episodes without a call");
        }
        if (st == SPOT_OK && count->progress != NULL &&
            !count->progress(count->ctx, count->done + t->n, count->total)) {
            st = SPOT_E_STATE;
        }
    }
    spot_rollout_destroy(rollout);
    spot_world_destroy(&world);
    return st;
}

/* The point as an inference sees it. */
static spot_point of_inference(const spot_point *point)
{
    spot_point p = *point;
    p.overlap = 0;
    p.align = SPOT_ALIGN_NONE;
    p.execute = 0;
    return p;
}

static void write_rows(FILE *out, const spot_point *point, const timer *t)
{
    char text[SPOT_POINT_TEXT_SIZE];
    spot_point_format(point, text, sizeof(text));
    for (int i = 1; i < t->n; i++) {
        (void)fprintf(out, "%s,%.6g\n", text, 1e3 * t->call_s[i]);
    }
}

static spot_status measure(const spot_task *task, timer *t, const spot_latency_measure_config *c,
                           FILE *out, counter *count, spot_diag *diag)
{
    spot_status st = SPOT_OK;
    (void)fprintf(out, "# calls timed by the clock on the wall%s%s\npoint,latency_ms\n",
                  c->what != NULL ? ": " : "", c->what != NULL ? c->what : "");
    for (int i = 0; st == SPOT_OK && i < c->n_points; i++) {
        const spot_point point = of_inference(&c->points[i]);
        bool known = false;
        for (int k = 0; k < i && !known; k++) {
            const spot_point other = of_inference(&c->points[k]);
            known = other.steps == point.steps && spot_point_same_setting(&other, &point);
        }
        if (!known) {
            st = time_point(task, t, c, &point, count, diag);
            write_rows(out, &point, t);
        }
        count->done += c->calls + 1;
    }
    return st;
}

void spot_latency_measure_config_default(spot_latency_measure_config *config)
{
    if (config != NULL) {
        *config = (spot_latency_measure_config){.size = sizeof(*config), .calls = DEFAULT_CALLS};
    }
}

spot_status spot_latency_measure(const spot_task *task, const spot_brain *brain,
                                 const spot_latency_measure_config *config, const char *path,
                                 spot_progress_fn progress, void *ctx, spot_diag *diag)
{
    spoti_file file = {.stream = NULL};
    if (SPOTI_CONFIG_CHECK(spot_latency_measure_config, config, diag) != SPOT_OK || task == NULL ||
        brain == NULL || path == NULL || config->points == NULL || config->n_points < 1) {
        return SPOT_E_INVALID;
    }
    if (config->calls < 2 || config->calls > SPOT_LATENCY_CALLS_MAX) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%d calls, expected 2..%d", config->calls,
                             SPOT_LATENCY_CALLS_MAX);
    }
    timer t = {.inner = *brain, .room = config->calls + 1};
    counter count = {progress, ctx, 0, (int64_t)config->n_points * t.room};
    t.call_s = spoti_calloc(NULL, (size_t)t.room, sizeof(*t.call_s));
    if (t.call_s == NULL) {
        return SPOT_E_NOMEM;
    }
    spot_status st = spoti_file_begin(&file, path, diag);
    if (st == SPOT_OK) {
        st = measure(task, &t, config, file.stream, &count, diag);
        st = st == SPOT_OK ? spoti_file_commit(&file, diag) : st;
    }
    if (st != SPOT_OK) {
        spoti_file_abort(&file);
    }
    spoti_free(NULL, t.call_s, (size_t)t.room * sizeof(*t.call_s));
    return st;
}
