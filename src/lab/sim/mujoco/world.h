/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A MuJoCo world: one thread's simulation of a task. */
#ifndef SPOTI_MUJOCO_WORLD_H
#define SPOTI_MUJOCO_WORLD_H

#include "lab/sim/mujoco/scene.h"

/* Where an object was at a tick, in the world, and from where it was looked at. */
typedef struct spoti_sight {
    double at[3];
    double turn[9];
    double gripper[3];
} spoti_sight;

typedef struct spoti_cameras spoti_cameras; /* camera.c */

typedef struct spoti_mujoco_world {
    const spoti_scene *task;
    const mjModel *model; /* the task's */
    spot_variation variation;
    mjData *data; /* the simulation; positions and contacts are up to date between steps */
    mjData *kin;  /* kinematics of the joint targets: what the arm would reach without lag */
    uint64_t seed;
    int64_t tick;     /* since the start of the pre-roll */
    int64_t pre_roll; /* ticks before time 0, so that the observation's history exists */

    /* The Cartesian target and the reference that moves towards it at limited speed. */
    double target[SPOTI_POSE_DIM];
    double reference[SPOTI_POSE_DIM];
    double step_m;   /* largest move of the reference a tick */
    double step_rad; /* largest turn a tick */
    /* ... or, after a command of the joints, their targets; target and reference are where the gripper is by them. */
    bool by_joints;
    double joint_target[SPOTI_ARM_JOINTS_MAX];
    double joint_step[SPOTI_ARM_JOINTS_MAX]; /* largest turn a tick */
    double open_target_m;
    double open_reference_m;

    spoti_sight *ring; /* (ring_rows x objects) one row a tick */
    int64_t ring_rows;

    unsigned touch[SPOTI_OBJECTS_MAX]; /* bit i: pad i touches the object, at the present tick */
    int64_t held_ticks;                /* how long the success conditions have held */
    int grade;
    bool success;
    bool failed;
    bool refused;                /* by us, at reset: the task cannot be had as it is written */
    char fault[SPOT_FAULT_SIZE]; /* why the episode is invalid; "" = it is not */
    spoti_cameras *cameras;      /* NULL = nobody has looked yet */
    spot_diag trouble;           /* why the last look failed; "" = it did not */
} spoti_mujoco_world;

/* arm.c: the robot's controller. */
void spoti_arm_pose(const spoti_mujoco_world *w, const mjData *data, double pose[SPOTI_POSE_DIM]);
void spoti_arm_solve(spoti_mujoco_world *w, const double pose[SPOTI_POSE_DIM], int iterations,
                     double step_max_rad);
void spoti_arm_command(spoti_mujoco_world *w, const double target[SPOTI_POSE_DIM], bool open);
void spoti_arm_tick(spoti_mujoco_world *w);

/* The same for the joints' targets (chain.n), rad: each turns evenly within one control period, or as fast as it may. */
void spoti_arm_command_joints(spoti_mujoco_world *w, const double *target, bool open);

/* Joint targets (chain.n) that bring the gripper to a pose within the workspace, from the present ones on. */
void spoti_arm_joints_of(spoti_mujoco_world *w, const double pose[SPOTI_POSE_DIM], double *joints);

/* How far the joint targets in w->kin are from a pose. */
typedef struct spoti_residual {
    double m;
    double rad;
} spoti_residual;
extern const double SPOTI_RESIDUAL_M; /* what is within these has been reached */
extern const double SPOTI_RESIDUAL_RAD;
spoti_residual spoti_arm_residual(spoti_mujoco_world *w, const double pose[SPOTI_POSE_DIM]);
bool spoti_residual_ok(const spoti_residual *residual);

/* Joint targets of `pose`, from arm.home on; how well they reach it. */
spoti_residual spoti_arm_place(spoti_mujoco_world *w, const double pose[SPOTI_POSE_DIM]);

/* reset.c: the reset distribution. Where it cannot be had (out of reach, no place for an object) the episode is
 * invalid, and w->fault says why. */
void spoti_world_reset(spoti_mujoco_world *w, uint64_t seed);

/* observe.c: poses and sensors. */
void spoti_object_pose(const spoti_mujoco_world *w, int object, double pose[SPOTI_POSE_DIM]);
bool spoti_object_seen(const spoti_mujoco_world *w, int object);
void spoti_ring_record(spoti_mujoco_world *w);
void spoti_observe(const spoti_mujoco_world *w, float *obs, double *anchor);

/* outcome.c: contacts and predicates. */
void spoti_contacts_update(spoti_mujoco_world *w);
bool spoti_condition_holds(const spoti_mujoco_world *w, const spoti_condition *condition);
void spoti_outcome_update(spoti_mujoco_world *w);

/* fault.c: makes the episode invalid by MuJoCo's warnings; true if it is. */
bool spoti_fault_update(spoti_mujoco_world *w);
/* ... by what we say of it and MuJoCo's own text, or by an error that MuJoCo raised. */
void spoti_fault_set(spoti_mujoco_world *w, const char *what, const char *text);
void spoti_fault_raised(spoti_mujoco_world *w, const char *text);

/* world.c: a world, as spot_task_make_world of a variation that has been checked. */
spot_status spoti_mujoco_make_world(const spoti_scene *task, const spot_variation *variation,
                                    spot_world *out, spot_diag *diag);

/* ... the MuJoCo world behind `world`, or NULL if there is another behind it. */
const spoti_mujoco_world *spoti_mujoco_world_of(const spot_world *world);

/* ... one tick, whose fault is in the world. */
void spoti_world_step(spoti_mujoco_world *w);
double spoti_world_time_s(const spoti_mujoco_world *w);

#endif
