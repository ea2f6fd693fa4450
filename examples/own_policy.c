/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A policy of your own: any function that turns an observation into a chunk is a brain. Here one presses the
 * button of `press-button` by hand-written rules, and the tuner says how much of its thinking to overlap with
 * acting on a computer where thinking takes a quarter of a second.
 *
 *     example_own_policy ROOT     the folder with tasks/ and platforms/, by default the present one */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spot/spot.h"

/* Of tasks/press-button/task.yaml: the terms of an observation in their order, and an action. */
enum { X, Y, Z, SIN_YAW, COS_YAW, OPENING, TO_X, TO_Y, TO_Z, TO_SIN_4YAW, TO_COS_4YAW, N_OBS };
enum { DX, DY, DZ, DYAW, GRIPPER, N_ACTION };
enum { HORIZON = 16 };

static const double HOVER_M = 0.12; /* above the panel, of the point between the pads */
static const double PRESS_M = 0.04;
static const double STEP_M = 0.05; /* 0.5 m/s for 0.1 s */

static void describe(const void *self, spot_brain_info *info)
{
    (void)self;
    (void)snprintf(info->type, sizeof(info->type), "rules");
    (void)snprintf(info->task, sizeof(info->task), "press-button");
    info->obs_dim = N_OBS;
    info->action_dim = N_ACTION;
    info->horizon = HORIZON;
    info->default_steps = 1; /* no refinement, no noise, no memory, none of an inference's knobs */
}

/* A folder of kept episodes is good for these rules: change the number when you change them. */
static spot_status identify(void *self, char text[SPOT_BRAIN_IDENTITY_SIZE], spot_diag *diag)
{
    (void)self;
    (void)diag;
    (void)snprintf(text, SPOT_BRAIN_IDENTITY_SIZE, "policy=press-rules-1");
    return SPOT_OK;
}

/* Above the button until that has been reached, then down onto it. All relative to the gripper as observed. */
static spot_status infer(void *state, const spot_brain_input *input, float *chunk, spot_diag *diag)
{
    const float *obs = input->obs;
    const double away_m = hypot((double)obs[TO_X], (double)obs[TO_Y]);
    const int approach = away_m < 0.005 ? 0 : 2 + (int)(away_m / STEP_M); /* actions */
    (void)state;
    if (obs[Z] <= 0.0F) {
        return spot_diag_set(diag, SPOT_E_RANGE, "the gripper is %g m below the table",
                             -(double)obs[Z]);
    }
    for (int i = 0; i < HORIZON; i++) {
        float *action = chunk + (size_t)i * N_ACTION;
        action[DX] = obs[TO_X];
        action[DY] = obs[TO_Y];
        action[DZ] = obs[TO_Z] + (float)(i < approach ? HOVER_M : PRESS_M);
        action[DYAW] = atan2f(obs[TO_SIN_4YAW], obs[TO_COS_4YAW]) / 4.0F;
        action[GRIPPER] = -1.0F; /* closed */
    }
    return SPOT_OK;
}

/* Loads what is needed from the folder `root` and tunes; what was made is the caller's in any case. */
static spot_status tune(const char *root, spot_task **task, spot_platform **platform,
                        spot_tune_result **result, spot_diag *diag)
{
    static const spot_brain_ops ops = {.describe = describe, .identify = identify, .infer = infer};
    const spot_brain brain = {.ops = &ops}; /* no object: the rules keep nothing */
    const spot_point points[] = {{.overlap = 0}, {.overlap = 4, .align = SPOT_ALIGN_SKIP}};
    spot_tune_config config;
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/tasks/press-button/task.yaml", root);
    spot_status st = spot_task_load(path, NULL, task, diag);
    if (st == SPOT_OK) {
        (void)snprintf(path, sizeof(path), "%s/platforms/agx-orin-50w.yaml", root);
        st = spot_platform_load(path, NULL, platform, diag);
    }
    spot_tune_config_default(&config);
    config.points = points;
    config.n_points = (int)(sizeof(points) / sizeof(points[0]));
    config.n_seeds = 20;
    config.policy_name = "rules";
    config.charge_as = "dp-vit-dit"; /* what a network would take there; yours may be measured */
    return st == SPOT_OK ? spot_tune(*task, &brain, *platform, &config, NULL, NULL, result, diag)
                         : st;
}

int main(int argc, char **argv)
{
    spot_task *task = NULL;
    spot_platform *platform = NULL;
    spot_tune_result *result = NULL;
    spot_diag diag = {""};
    spot_status st = tune(argc > 1 ? argv[1] : ".", &task, &platform, &result, &diag);
    if (st == SPOT_OK) {
        (void)spot_report_tune_table(result, false, stdout);
        printf("\n%s\n", result->verdict);
    } else {
        (void)fprintf(stderr, "%s: %s\n", spot_status_str(st), diag.text);
    }
    spot_tune_result_destroy(result);
    spot_platform_destroy(platform);
    spot_task_destroy(task);
    return st == SPOT_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
