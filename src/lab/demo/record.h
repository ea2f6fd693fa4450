/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* One demonstration in memory, and how it is run. */
#ifndef SPOTI_DEMO_RECORD_H
#define SPOTI_DEMO_RECORD_H

#include "lab/demo/images.h"
#include "lab/sim/task.h"
#include "spot/demo.h"

/* Rows of one episode, and behind them what is seen after the last action; buffers are sized for the task's time
 * limit when created. */
typedef struct spoti_demo {
    const spot_allocator *allocator;
    spot_world_dims dims;
    int capacity; /* rows */
    int count;
    uint64_t seed;
    double speed;
    bool success;
    spot_episode episode;
    float *state;    /* (capacity + 1 x obs_dim) */
    double *anchor;  /* (capacity + 1 x action_dim) */
    double *sample;  /* (capacity + 1 x sample_dim) */
    double *target;  /* (capacity x action_dim) */
    double *command; /* (capacity x action_dim) */
    double *sim;     /* (capacity x state_dim) */
    uint8_t *ok;     /* (capacity) */

    /* of the episode, without the rest behind its end */
    int actions;
    double path_m;
    double last[3]; /* of the end effector, x, y, z; of the first row on */

    /* where images go, set between init and run: row i to first_image + i; NULL = none are taken */
    const spoti_demo_images *images;
    int64_t first_image;
    spot_diag trouble; /* with images, if the run failed over them */

    /* who watches, may be NULL: set between init and run */
    spot_tick_fn tick_fn; /* until the end of the episode, not in the rest behind it */
    void *tick_ctx;
    spot_trajectory *trajectory;
} spoti_demo;

/* Whether the task has an expert; else E_UNSUPPORTED. */
spot_status spoti_demo_check(const spot_task *task, spot_diag *diag);

spot_status spoti_demo_init(spoti_demo *demo, const spot_task *task);
void spoti_demo_fini(spoti_demo *demo);

/* Runs the expert on `world` and fills the demo. With `disturb`, pushes, freezes, moved objects and
 * deliberate misses happen, and rows in which they do are marked as not to be imitated. */
spot_status spoti_demo_run(spoti_demo *demo, const spot_task *task, spot_world *world,
                           uint64_t seed, bool disturb);

#endif
