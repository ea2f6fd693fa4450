/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Demonstrations: the scripted expert at work, recorded for training.
 *
 * The file is HDF5 in the robomimic / LIBERO layout. Group `data` has the attributes `total` (rows), `num_demos`,
 * `task` and `env_name` (the task's name), `env_args` and `problem_info` (JSON). `env_args.type` is 2, an environment
 * that one has registered with Gym under `env_name`: of robomimic's numbers the one that claims no simulator (1 is
 * robosuite). Its code reads `type`, its documentation says `env_type`; both are there.
 * `problem_info.language_instruction` is the task's instruction. Groups `data/demo_<i>` have the attributes
 * `num_samples`, `seed`, `speed`, `init_state` (the first of `states`) and `model_file` (the scene's MJCF as one text,
 * includes resolved), and
 *   obs/state    (N x obs_dim)    float32  what the policy sees
 *   obs/anchor   (N x action_dim) float64  gripper pose at the observation, 0
 *   obs/<name>   (N x 1)          float64  each column of the trajectory sample (see task.h)
 *   obs/<camera>_image (N x height x width x 3) uint8  if asked for: what each camera of the task sees at the
 *                observation, upper left pixel first; a chunk a row, compressed where the HDF5 library can
 *   next_obs/... as obs/... without images, a row later: the last row is what is seen after the last action
 *   targets      (N x action_dim) float64  the expert's absolute target and gripper command
 *   commands     (N x action_dim) float64  what was executed: the target, unless disturbed or in error
 *   actions      (N x action_dim) float64  targets - anchor: the action in the policy's terms
 *   states       (N x state_dim)  float64  time, qpos, qvel
 *   rewards      (N) float64, dones (N) uint8  1 on the last row
 *   label_ok     (N) uint8        0 where the row is not to be imitated
 * one row a control period. Lists of names of demonstrations, robomimic's filter keys: `mask/train`, `mask/valid`
 * (every tenth), `mask/undisturbed` (label_ok is 1 in all rows), `mask/undisturbed_train` and
 * `mask/undisturbed_valid` (both). Rows alone are filtered by `label_ok`.
 *
 * Until the file is whole, batches of 64 episodes are kept in the folder `PATH.parts`. A call that was stopped or
 * killed goes on with them when it is made again, also with another number of demonstrations or of threads; the bytes
 * of the file are the same. Parts of other settings are refused. Memory does not depend on the number of
 * demonstrations (about 100 kB of disk each without images, twice that while the parts become the file); images of up to
 * 64 episodes lie there uncompressed besides. Images are the same bytes on one computer; another OpenGL may round
 * otherwise.
 *
 * Demonstration seeds start at SPOT_DEMO_SEED_BASE and evaluation seeds lie below it, so that a test seed is never a
 * training seed.
 */
#ifndef SPOT_DEMO_H
#define SPOT_DEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spot/rollout.h"
#include "spot/status.h"
#include "spot/task.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SPOT_DEMO_SEED_BASE (UINT64_C(1) << 32)

typedef struct spot_demo_config {
    size_t size;       /* of this struct, set by its default function; else E_INVALID */
    int episodes;      /* demonstrations to write, 1..100000; default 1000 */
    uint64_t seed;     /* first seed, added to SPOT_DEMO_SEED_BASE; default 0 */
    int threads;       /* default 1 */
    double speed_low;  /* belt speed factor, drawn uniformly; default 1 */
    double speed_high; /* default 1 */
    bool disturb;      /* pushes, freezes, moved objects and deliberate misses; default true */
    bool images; /* of the task's cameras too; E_UNSUPPORTED where it has none; default false */
} spot_demo_config;

/* What was recorded. */
typedef struct spot_demo_result {
    int tried;                   /* episodes run */
    int succeeded;               /* of these; only they are written */
    int invalid;                 /* of these: the simulator broke off */
    char fault[SPOT_FAULT_SIZE]; /* why, of the first of them; "" = none */
    int64_t rows;                /* rows written */
    int found; /* of the successes, those that a call which was stopped had kept */
} spot_demo_result;

SPOT_API void spot_demo_config_default(spot_demo_config *config);

/* Records demonstrations into `path`, a file, written aside and renamed. progress and result may be NULL; progress is
 * told how many demonstrations are kept, at least once an episode, and result what was found and made until a failure.
 * HDF5 runs in child processes (fork), and so does MuJoCo once, to write the model down.
 * Threads: externally locked for one `path`, which also keeps other processes out.
 * Returns SPOT_OK, E_INVALID (also: `path` is no file, or its parts are of other settings), E_RANGE, E_IO, E_NOMEM,
 * E_UNSUPPORTED (no expert, or one that hardly ever succeeds), E_STATE (stopped, or another process records there). */
SPOT_API spot_status spot_demo_record(const spot_task *task, const spot_demo_config *config,
                                      const char *path, spot_progress_fn progress, void *ctx,
                                      spot_demo_result *result, spot_diag *diag);

/* Which episodes of the expert to run. */
typedef struct spot_demo_evaluation {
    spot_variation variation;
    uint64_t seed; /* first evaluation seed */
    int episodes;  /* seeds seed..seed + episodes - 1; >= 1 */
    int threads;
    spot_progress_fn progress; /* may be NULL */
    void *progress_ctx;
} spot_demo_evaluation;

/* Runs the expert undisturbed into episodes (evaluation->episodes). Only seed, success, grade, time_s,
 * actions and path_m are filled. Returns as spot_demo_record. */
SPOT_API spot_status spot_demo_evaluate(const spot_task *task,
                                        const spot_demo_evaluation *evaluation,
                                        spot_episode *episodes, spot_diag *diag);

/* Runs the expert undisturbed on one seed, to be looked at: tick_fn, such as spot_video_tick, is called after every tick
 * until the end, and trajectory is filled as by spot_rollout_run; either may be NULL. The episode is that of
 * spot_demo_evaluate. Returns as it does, and E_INVALID for a trajectory that is too small or of another dim. */
SPOT_API spot_status spot_demo_watch(const spot_task *task, const spot_variation *variation,
                                     uint64_t seed, spot_episode *episode,
                                     spot_trajectory *trajectory, spot_tick_fn tick_fn,
                                     void *tick_ctx, spot_diag *diag);

#ifdef __cplusplus
}
#endif

#endif
