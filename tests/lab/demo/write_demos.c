/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Writes a few demonstrations for check_demo.py:  write_demos TASK.yaml EPISODES OUT.hdf5 [images] */
#include <stdio.h>
#include <stdlib.h>

#include "spot/demo.h"
#include "spot/task.h"

int main(int argc, char **argv)
{
    spot_task *task = NULL;
    spot_diag diag = {.text = ""};
    spot_demo_config config;
    spot_demo_result result;

    if (argc != 4 && argc != 5) {
        return 2;
    }
    spot_demo_config_default(&config);
    config.images = argc == 5;
    config.episodes = (int)strtol(argv[2], NULL, 10);
    config.threads = 2;
    config.speed_low = 0.5;
    config.speed_high = 2.0;
    spot_status st = spot_task_load(argv[1], NULL, &task, &diag);
    if (st == SPOT_OK) {
        st = spot_demo_record(task, &config, argv[3], NULL, NULL, &result, &diag);
    }
    spot_task_destroy(task);
    if (st != SPOT_OK) {
        (void)fprintf(stderr, "%s\n", diag.text);
        return 1;
    }
    (void)printf("%d %d %lld\n", result.tried, result.succeeded, (long long)result.rows);
    return 0;
}
