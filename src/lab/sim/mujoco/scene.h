/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A loaded task: its file, its compiled MuJoCo model, and the model's indices for the file's names. */
#ifndef SPOTI_SCENE_H
#define SPOTI_SCENE_H

#include <mujoco/mujoco.h>

#include "core/base/text.h"
#include "lab/sim/mujoco/chain.h"
#include "lab/sim/mujoco/frame.h"
#include "lab/sim/mujoco/parts.h"
#include "lab/sim/mujoco/task_file.h"
#include "spot/task.h"

enum {
    SPOTI_POSE_DIM = 4, /* x, y, z (m), yaw (rad) */
    /* of tasks whose actions are poses; else the joints are in the place of the pose */
    SPOTI_ANCHOR_DIM = 5,  /* pose, 0 */
    SPOTI_ACTION_DIM = 5,  /* target pose relative to the anchor, gripper command */
    SPOTI_SAMPLE_TOOL = 5, /* first sample columns: pose, opening; then 3 a joint, see task.h */
    SPOTI_SAMPLE_MAX =
        SPOTI_SAMPLE_TOOL + 3 * SPOTI_ARM_JOINTS_MAX + SPOTI_POSE_DIM * SPOTI_OBJECTS_MAX,
    SPOTI_SAMPLE_NAME_SIZE = 32,
};

/* Where an object stands in the model: a free joint, or a mocap body that only a reset moves. */
typedef struct spoti_object {
    int body;
    int mocap; /* -1 = free joint */
    int qpos;  /* -1 = mocap */
    int dof;   /* -1 = mocap */
    int geoms; /* of its whole subtree */
} spoti_object;

typedef struct spoti_scene {
    const spot_allocator *allocator;
    spoti_task_file *file;
    char path[SPOTI_PATH_SIZE]; /* of the task file, and of its model */
    char model_path[SPOTI_PATH_SIZE];
    mjModel *model;
    spot_diag warning; /* of MuJoCo while it compiled the model; "" = none */
    spot_task_info info;
    /* of the arm, chain.n of each */
    int arm_joint[SPOTI_ARM_JOINTS_MAX];
    int arm_qpos[SPOTI_ARM_JOINTS_MAX];
    int arm_dof[SPOTI_ARM_JOINTS_MAX];
    int arm_actuator[SPOTI_ARM_JOINTS_MAX];
    double home[SPOTI_ARM_JOINTS_MAX]; /* rad; of the file, or of the keyframe that it names */
    int site;
    spoti_chain chain; /* of the arm, to the site */
    int gripper_actuator;
    int also_actuator[SPOTI_ALSO_MAX]; /* of gripper.also */
    int opening_tendon;                /* -1 = a joint */
    int opening_qpos;                  /* -1 = a tendon */
    double *open_qpos;   /* (nq) where the fingers are when open; NULL = an equal share each */
    spoti_frame base;    /* in which the task file, actions and observations speak */
    spoti_part *parts;   /* (ngeom) whose geom it is */
    int moving_actuator; /* -1 = nothing moves by itself */
    spoti_object objects[SPOTI_OBJECTS_MAX];
    int camera[SPOTI_CAMERAS_MAX]; /* of the model, for each of the file */
    char sample_text[SPOTI_SAMPLE_MAX][SPOTI_SAMPLE_NAME_SIZE];
    const char *sample_names[SPOTI_SAMPLE_MAX];
} spoti_scene;

/* Loads a task file and compiles its model, as spot_task_load; destroy is NULL-tolerant. */
spot_status spoti_scene_load(const char *path, const spot_allocator *allocator, spoti_scene **out,
                             spot_diag *diag);
void spoti_scene_destroy(spoti_scene *task);

/* Numbers of an action before that of the gripper: a pose, or the joints. */
int spoti_scene_arm_dim(const spoti_scene *task);

/* The key of `arm` that says where home is. */
const char *spoti_scene_home_key(const spoti_scene *task);

/* resolve.c: names become indices. Returns SPOT_OK, E_FORMAT (diag: path:line: key: what), E_NOMEM. */
spot_status spoti_scene_resolve(const char *path, spoti_scene *task, spot_diag *diag);

#endif
