/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What decides episodes, in words (lab/record/setting.h): all of it but the seed, and nothing else. Who runs them
 * (kernels, host, version) is no part of it, as they give the same bytes; a simulator that computes otherwise shows
 * in the probe.
 */
#ifndef SPOTI_STUDY_SETTING_H
#define SPOTI_STUDY_SETTING_H

#include <stdbool.h>

#include "lab/record/store.h"
#include "spot/rollout.h"
#include "spot/task.h"

enum { SPOTI_INPUTS_SIZE = 512 };

/* What all points of a run have in common. */
typedef struct spoti_setting {
    const char *task;
    const char *identity; /* of spoti_identify */
    const char *inputs;   /* of spoti_describe_inputs */
    const char *platform; /* what the latencies are of */
    const char *charged_class;
    spot_clock clock;
    double overhead_s;
    spot_variation variation;
} spoti_setting;

/* Writes it. False if it does not fit. */
bool spoti_describe_setting(const spoti_setting *setting, char text[SPOTI_SIGNATURE_SIZE]);

/* Appends what decides the episodes of a point beside the setting. `execute`: actions of a chunk. */
bool spoti_describe_point(const char *point, spot_schedule schedule, int execute,
                          const spot_latency *latency, char text[SPOTI_SIGNATURE_SIZE]);

/* A precision may be a file, which may be edited under the same name: ` plan=HASH`, else "". Returns SPOT_OK, E_IO. */
spot_status spoti_describe_plan(const spot_point *point, char text[SPOTI_STORE_PLAN_SIZE],
                                spot_diag *diag);

/* Of files (n) that decide episodes: ` NAME=HASH` each. Returns SPOT_OK, E_IO, E_RANGE. */
spot_status spoti_describe_inputs(const char *const *paths, int n, char text[SPOTI_INPUTS_SIZE],
                                  spot_diag *diag);

#endif
