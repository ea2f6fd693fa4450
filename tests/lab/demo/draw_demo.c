/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What the cameras see in one demonstration, for check_images.py:
 *
 *     draw_demo TASK.yaml SEED SPEED ROWS        raw pixels to stdout, row by row
 *
 * Its own loop over the world and the expert, without recorder and files. Exit status 77 where nothing can be drawn.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lab/sim/task.h"

static int draw_row(spot_world *world)
{
    const spot_image *images = NULL;
    int n = 0;
    if (world->ops->look(world->self, &images, &n) != SPOT_OK) {
        return 77;
    }
    for (int i = 0; i < n; i++) {
        (void)fwrite(images[i].pixels, 3, (size_t)images[i].height * (size_t)images[i].width,
                     stdout);
    }
    return 0;
}

static int draw(const spot_task *task, spot_world *world, uint64_t seed, int rows)
{
    const spoti_expert_ops *ops = task->ops->expert;
    double target[SPOT_ANCHOR_DIM_MAX], command[SPOT_ANCHOR_DIM_MAX];
    void *expert = NULL;
    bool ok = false;
    int rc = 0;
    if (ops->begin(world, seed, true, &expert) != SPOT_OK ||
        spot_world_reset(world, seed) != SPOT_OK) {
        return 1;
    }
    for (int i = 0; i < rows && rc == 0; i++) {
        spot_outcome outcome;
        ops->plan(expert, target, command, &ok);
        rc = draw_row(world);
        ops->execute(expert, command);
        for (int k = 0; k < world->dims.ticks_per_action; k++) {
            (void)spot_world_step(world);
        }
        spot_world_outcome(world, &outcome);
        if (outcome.done) {
            ops->calm(expert);
        }
    }
    ops->end(expert);
    return rc;
}

int main(int argc, char **argv)
{
    spot_task *task = NULL;
    spot_world world;
    if (argc != 5 || spot_task_load(argv[1], NULL, &task, NULL) != SPOT_OK) {
        return 2;
    }
    const spot_variation variation = {.speed = strtod(argv[3], NULL), .noise = 1.0};
    if (spot_task_make_world(task, &variation, &world, NULL) != SPOT_OK) {
        return 2;
    }
    const int rc = draw(task, &world, strtoull(argv[2], NULL, 10), (int)strtol(argv[4], NULL, 10));
    spot_world_destroy(&world);
    spot_task_destroy(task);
    return rc;
}
