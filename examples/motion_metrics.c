/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* How smooth is a reach, measured while the arm moves, and how much of its jerk is the noise of the sensor? */
#include <stdio.h>
#include <stdlib.h>

#include "spot/motion.h"

/* A reach of 40 cm in 2 s along a minimum-jerk path. */
static double reach(double share)
{
    return 0.4 * share * share * share * (10.0 - 15.0 * share + 6.0 * share * share);
}

int main(void)
{
    enum { N = 41, ROOM = 2048 };
    static double memory[ROOM];
    const spot_motion_shape shape = {.channels = SPOT_MOTION_POSITION, .n_axis = 3};
    spot_motion_config config;
    spot_motion_stream stream;
    spot_motion_metrics m;

    spot_motion_config_default(&config);
    config.interval_s = 0.05;       /* 20 Hz */
    config.position_noise_m = 1e-4; /* an axis */
    if (spot_motion_stream_init(&stream, shape, &config, N, memory, ROOM) != SPOT_OK) {
        return EXIT_FAILURE;
    }
    for (int i = 0; i < N; i++) {
        const double x[3] = {reach(i / (N - 1.0)), 0.1, 0.3};
        if (spot_motion_stream_push(&stream, &(spot_motion_sample){.position_m = x}) != SPOT_OK) {
            return EXIT_FAILURE;
        }
    }
    (void)spot_motion_stream_finish(&stream, &m);
    for (int i = 0; i < SPOT_MOTION_N_METRIC; i++) {
        const spot_motion_value v = m.values[i];
        const spot_motion_metric_info *info = spot_motion_describe(i);
        if (v.why == SPOT_MOTION_WHY_DEFINED) {
            printf("%-26s %10.4g %s %s\n", info->name, v.value, info->unit, info->estimator);
        } else {
            printf("%-26s %10s %s\n", info->name, "-", spot_motion_why_str(v.why));
        }
    }
    return EXIT_SUCCESS;
}
