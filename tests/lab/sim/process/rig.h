/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Task files of toy.py's cart, and a brain that drives it. */
#ifndef PROCESS_RIG_H
#define PROCESS_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spot/rollout.h"
#include "spot/task.h"
#include "support/spot_test.h"

#define TOY_PYTHON "/usr/bin/python3"

/* A folder of this test, removed at its end; and where Python finds the package and the toy. */
typedef struct toy_folder {
    char path[64];
    char task[96];
} toy_folder;

static int toy_setup(void **state)
{
    toy_folder *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    (void)snprintf(f->path, sizeof(f->path), "/tmp/spot_process_XXXXXX");
    assert_non_null(mkdtemp(f->path));
    (void)snprintf(f->task, sizeof(f->task), "%s/task.yaml", f->path);
    assert_int_equal(
        setenv("PYTHONPATH",
               SPOT_SOURCE_DIR "/bindings/python:" SPOT_SOURCE_DIR "/tests/lab/sim/process", 1),
        0);
    assert_int_equal(setenv("PYTHONDONTWRITEBYTECODE", "1", 1), 0);
    *state = f;
    return 0;
}

static int toy_teardown(void **state)
{
    toy_folder *f = *state;
    char command[128];
    (void)snprintf(command, sizeof(command), "rm -r %s", f->path);
    const int rc = system(command); /* NOLINT(cert-env33-c): a folder that we made */
    free(f);
    return rc;
}

/* Writes a task file: `command` in brackets, `more` lines behind. */
static inline void toy_write(const toy_folder *f, const char *command, const char *more)
{
    FILE *file = fopen(f->task, "w");
    assert_non_null(file);
    assert_true(fprintf(file,
                        "name: toy\nbackend: process\ncommand: %s\n"
                        "control: {rate_hz: 10}\ntime_limit_s: 4\n%s",
                        command, more) > 0);
    assert_int_equal(fclose(file), 0);
}

/* The same for the cart with options such as `mode=nan`. */
static inline spot_status toy_load(const toy_folder *f, const char *options, const char *more,
                                   spot_task **task, spot_diag *diag)
{
    char command[512];
    (void)snprintf(command, sizeof(command),
                   "[" TOY_PYTHON ", -m, sweetspot.world, 'toy:make'%s%s]",
                   options[0] != '\0' ? ", " : "", options);
    toy_write(f, command, more);
    return spot_task_load(f->task, NULL, task, diag);
}

/* ... that is good. */
static inline spot_task *toy_task(const toy_folder *f, const char *options, const char *more)
{
    spot_task *task = NULL;
    spot_diag diag = {""};
    if (toy_load(f, options, more, &task, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
    return task;
}

/* ---- a brain that says: forward ---- */

static inline void forward_describe(const void *self, spot_brain_info *info)
{
    const int *dims = self; /* observation, horizon */
    info->obs_dim = dims[0];
    info->action_dim = 1;
    info->horizon = dims[1];
    info->default_steps = 1;
}

static inline spot_status forward_infer(void *state, const spot_brain_input *input, float *chunk,
                                        spot_diag *diag)
{
    const int *dims = state;
    (void)input;
    (void)diag;
    for (int i = 0; i < dims[1]; i++) {
        chunk[i] = 1.0F;
    }
    return SPOT_OK;
}

static const spot_brain_ops FORWARD_OPS = {.describe = forward_describe, .infer = forward_infer};

/* One episode of `seed`, the chunk's n = 1, with latency_s each. */
static inline spot_status toy_run(spot_world *world, uint64_t seed, double latency_s,
                                  spot_episode *episode, spot_diag *diag)
{
    int dims[2] = {world->dims.obs_dim, 1};
    const spot_brain brain = {&FORWARD_OPS, dims};
    spot_rollout_config config;
    spot_rollout *rollout = NULL;

    spot_rollout_config_default(&config);
    config.latency.mean_s = latency_s;
    config.point.steps = 1;
    assert_int_equal(spot_rollout_create(&config, world, &brain, &rollout, diag), SPOT_OK);
    const spot_status st = spot_rollout_run(rollout, seed, episode, NULL, NULL, NULL, diag);
    spot_rollout_destroy(rollout);
    return st;
}

static inline void toy_open(const spot_task *task, spot_world *world)
{
    spot_variation standard;
    spot_diag diag = {""};
    spot_variation_default(&standard);
    if (spot_task_make_world(task, &standard, world, &diag) != SPOT_OK) {
        fail_msg("%s", diag.text);
    }
}

#endif
