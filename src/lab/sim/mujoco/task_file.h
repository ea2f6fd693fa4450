/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The contents of a task file, as libcyaml fills them, checked for sense.
 *
 * Names (joints, bodies, ...) are still text here; sim/mujoco/scene resolves them in the model.
 */
#ifndef SPOTI_TASK_FILE_H
#define SPOTI_TASK_FILE_H

#include <stdbool.h>

#include "spot/status.h"
#include "spot/world.h"

enum {
    SPOTI_ARM_JOINTS_MIN = 6, /* of an arm */
    SPOTI_ARM_JOINTS_MAX = 7,
    SPOTI_HOME_MAX_RAD = 7, /* of an angle of home, either way */
    SPOTI_OBJECTS_MAX = 8,
    SPOTI_ALSO_MAX = 7,
    SPOTI_TERMS_MAX = 32,
    SPOTI_CONDITIONS_MAX = 16,
    SPOTI_HISTORY_MAX = 8,
    SPOTI_WAYPOINTS_MAX = 64,
    SPOTI_CAMERAS_MAX = 8, /* <= SPOT_IMAGES_MAX */
};

typedef struct spoti_control {
    double rate_hz;
    int horizon;
    int execute;
} spoti_control;

/* What an action of the task says of the arm. */
typedef enum spoti_action_kind {
    SPOTI_ACTION_POSE,   /* where the gripper shall be, tool down */
    SPOTI_ACTION_JOINTS, /* the joint angles */
} spoti_action_kind;

typedef struct spoti_arm_file {
    char **joints;
    unsigned joints_count;
    char **actuators;
    unsigned actuators_count;
    char *site;
    double *forward_deg; /* NULL = 180 */
    double *home;        /* (home_count) as many as joints; NULL = those of the keyframe */
    unsigned home_count;
    char *keyframe;           /* of the model, instead of home; else NULL */
    spoti_action_kind action; /* default pose */
    double joint_speed_rad_s;
    double speed_m_s;
    double yaw_speed_rad_s;
    double low[3];
    double high[3];
} spoti_arm_file;

/* One more actuator of the gripper, commanded with the first: a finger each, say. */
typedef struct spoti_also_file {
    char *actuator;
    double command_open;
    double command_closed;
} spoti_also_file;

typedef struct spoti_gripper_file {
    char *actuator;
    char *opening;
    char **pads;
    unsigned pads_count;
    double open_m;
    double speed_m_s;
    /* of the actuator, and of what `opening` names; a pair that is equal (0) stands for open_m and 0 */
    double command_open;
    double command_closed;
    double reading_open;
    double reading_closed;
    spoti_also_file *also;
    unsigned also_count;
} spoti_gripper_file;

typedef struct spoti_disturbance_file {
    char *actuator;
    double speed_m_s;
} spoti_disturbance_file;

typedef struct spoti_object_file {
    char *name;
    char *body;
    double x_m[2];
    double y_m[2];
    double z_m;
    double yaw_deg[2];
    double noise_m;
    double noise_deg;
    double seen_beyond_m; /* nearer to the gripper it is not seen; 0 = always seen */
    char *apart_from;     /* NULL = free */
    double apart_m;
} spoti_object_file;

typedef struct spoti_start_file {
    double x_m[2];
    double y_m[2];
    double z_m[2];
    double yaw_deg[2];
} spoti_start_file;

/* Terms of the gripper, then terms of an object. */
typedef enum spoti_term_type {
    SPOTI_TERM_GRIPPER_POSITION,  /* x, y, z */
    SPOTI_TERM_GRIPPER_YAW,       /* sin, cos */
    SPOTI_TERM_GRIPPER_OPENING,   /* m */
    SPOTI_TERM_JOINT_POSITION,    /* rad, one a joint */
    SPOTI_TERM_RELATIVE_POSITION, /* object - gripper, 3, each frame of history */
    SPOTI_TERM_RELATIVE_YAW,      /* sin, cos of 4 (object - gripper), each frame of history */
    SPOTI_TERM_SEEN,              /* 1 or 0, each frame of history */
    SPOTI_TERM_POSITION,          /* object in the base frame, 3, each frame of history */
    SPOTI_TERM_YAW,               /* sin, cos of 4 object yaw, each frame of history */
} spoti_term_type;

typedef struct spoti_term {
    spoti_term_type type;
    char *object;     /* NULL = a term of the gripper */
    int object_index; /* of `object`; set when the scene is loaded, like the indices below */
} spoti_term;

typedef struct spoti_observation_file {
    int history;
    spoti_term *terms;
    unsigned terms_count;
} spoti_observation_file;

/* An image of the observation. */
typedef struct spoti_camera_file {
    char *name;   /* in the observation: observation.images.NAME */
    char *camera; /* in the model; NULL = the name */
    int width;
    int height;
} spoti_camera_file;

typedef enum spoti_condition_type {
    SPOTI_CONDITION_INSIDE,   /* object's centre within half_m of region's origin (z from 0 up) */
    SPOTI_CONDITION_RELEASED, /* no pad touches object */
    SPOTI_CONDITION_AT_REST,  /* object slower than speed_m_s */
    SPOTI_CONDITION_TOUCHED,  /* a pad touches object */
    SPOTI_CONDITION_GRASPED,  /* all pads touch object */
    SPOTI_CONDITION_BELOW,    /* object's z under z_m */
    SPOTI_CONDITION_BEYOND,   /* object's coordinate on axis over at_m */
    SPOTI_CONDITION_PRESSED,  /* joint (a slide, of the object) at at_m or below */
} spoti_condition_type;

typedef struct spoti_condition {
    spoti_condition_type type;
    char *object;
    char *region;
    double half_m[3];
    double speed_m_s;
    double z_m;
    int axis;
    double at_m;
    char *joint; /* pressed only */
    int object_index;
    int region_index; /* inside only */
    int joint_qpos;   /* pressed only */
} spoti_condition;

typedef struct spoti_success_file {
    double hold_s;
    spoti_condition *conditions;
    unsigned conditions_count;
} spoti_success_file;

typedef enum spoti_expert_how {
    SPOTI_EXPERT_GRASP, /* and place, if a place is named */
    SPOTI_EXPERT_PRESS, /* with closed fingers */
    SPOTI_EXPERT_WAYPOINTS,
} spoti_expert_how;

typedef enum spoti_waypoint_gripper {
    SPOTI_GRIPPER_KEEP, /* as before; open at the start */
    SPOTI_GRIPPER_OPEN,
    SPOTI_GRIPPER_CLOSE,
} spoti_waypoint_gripper;

typedef enum spoti_waypoint_from {
    SPOTI_FROM_BASE,
    SPOTI_FROM_GRIPPER, /* where it was when the waypoint began */
    SPOTI_FROM_OBJECT,  /* where it is now */
} spoti_waypoint_from;

typedef struct spoti_waypoint {
    char *to;       /* an object, `gripper` or `base`; NULL = base */
    char *way;      /* one of several ways to do it; NULL = on all of them */
    double at_m[3]; /* in the axes of the base, or turned with the object or the gripper */
    double yaw_deg; /* beyond that of `to` */
    spoti_waypoint_gripper gripper;
    double speed_m_s; /* 0 = the default */
    double near_m;    /* 0 = the default */
    double wait_s;    /* there, before the next one */
    spoti_waypoint_from from;
    int object_index; /* of an object; both are set by the checks of the file */
} spoti_waypoint;

typedef struct spoti_expert_file {
    spoti_expert_how how; /* default grasp */
    /* grasp and press */
    char *object;
    char *place; /* NULL = grasp only */
    double *grasp_z_m;
    double release_z_m;
    double *lift_z_m;
    spoti_waypoint *waypoints; /* of waypoints */
    unsigned waypoints_count;
} spoti_expert_file;

typedef struct spoti_task_file {
    char *name;
    char *description;
    char *instruction; /* NULL = not said */
    char *backend;     /* NULL = not said; sim/task.c has read it */
    spot_regime regime;
    char *model;
    spoti_control control;
    double time_limit_s;
    char *charge_as;
    spoti_arm_file arm;
    spoti_gripper_file gripper;
    spoti_disturbance_file *disturbance; /* NULL = nothing moves by itself */
    spoti_object_file *objects;
    unsigned objects_count;
    spoti_start_file start;
    spoti_observation_file observation;
    spoti_camera_file *cameras;
    unsigned cameras_count;
    spoti_success_file success;
    spoti_condition *failure;
    unsigned failure_count;
    spoti_condition *grades;
    unsigned grades_count;
    spoti_expert_file *expert; /* NULL = there is none */
} spoti_task_file;

/* Loads and checks. On success *out is to be freed with spoti_task_file_free. */
spot_status spoti_task_file_load(const char *path, spoti_task_file **out, spot_diag *diag);

/* The same for text in memory; for fuzzing and tests. */
spot_status spoti_task_file_parse(const char *name, const void *text, size_t size,
                                  spoti_task_file **out, spot_diag *diag);

void spoti_task_file_free(spoti_task_file *file);

/* Index of the object called `name`, -1 if there is none. */
int spoti_task_file_object(const spoti_task_file *file, const char *name);

#endif
