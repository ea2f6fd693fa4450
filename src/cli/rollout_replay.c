/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* One episode again, to look at: its trajectory, its video. The same seed gives the same episode. */
#include <stdlib.h>

#include "cli.h"

typedef struct replay {
    spot_world world;
    spot_rollout *rollout;
    spot_trajectory trajectory;
    spot_video *video;
} replay;

/* Without a brain there is no rollout: the expert makes its own world, and ours names the columns. */
static spot_status prepare(replay *r, const spot_task *task, const spot_brain *brain,
                           const spot_variation *variation, const spot_rollout_config *config,
                           spot_diag *diag)
{
    spot_status st = spot_task_make_world(task, variation, &r->world, diag);
    if (st == SPOT_OK && brain != NULL) {
        st = spot_rollout_create(config, &r->world, brain, &r->rollout, diag);
    }
    if (st != SPOT_OK) {
        return st;
    }
    r->trajectory.dim = spot_trajectory_dim(&r->world.dims);
    r->trajectory.capacity = spot_trajectory_rows(&r->world.dims);
    r->trajectory.rows =
        calloc((size_t)r->trajectory.capacity * (size_t)r->trajectory.dim, sizeof(double));
    return r->trajectory.rows != NULL ? SPOT_OK : SPOT_E_NOMEM;
}

static spot_status begin_video(replay *r, const char *path, spot_diag *diag)
{
    spot_video_config config;
    spot_video_config_default(&config);
    return spot_video_create(path, &config, &r->video, diag);
}

int cli_replay(const spot_task *task, const spot_brain *brain, const spot_variation *variation,
               const spot_rollout_config *config, uint64_t seed, const char *trajectory_path,
               const char *video_path)
{
    replay r = {.rollout = NULL};
    spot_episode episode;
    spot_diag diag = {""};

    spot_status st = prepare(&r, task, brain, variation, config, &diag);
    if (st == SPOT_OK && video_path != NULL) {
        st = begin_video(&r, video_path, &diag);
    }
    const spot_tick_fn tick_fn = r.video != NULL ? spot_video_tick : NULL;
    if (st == SPOT_OK) {
        st = brain != NULL ? spot_rollout_run(r.rollout, seed, &episode, &r.trajectory, tick_fn,
                                              r.video, &diag)
                           : spot_demo_watch(task, variation, seed, &episode, &r.trajectory,
                                             tick_fn, r.video, &diag);
    }
    if (st == SPOT_OK && r.video != NULL) {
        st = spot_video_finish(r.video, &diag);
    }
    if (st == SPOT_OK && trajectory_path != NULL) {
        st = spot_report_trajectory_csv(trajectory_path, &r.world, &r.trajectory, &diag);
    }
    int exit_code = st == SPOT_OK ? CLI_OK : cli_fail("rollout", st, &diag);
    spot_video_destroy(r.video);
    free(r.trajectory.rows);
    spot_rollout_destroy(r.rollout);
    spot_world_destroy(&r.world);
    return exit_code;
}
