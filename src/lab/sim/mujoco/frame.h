/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The frame of the robot's base, in which a task file and everybody who acts or observes speaks.
 *
 * It stands where the body does that carries the first joint of the arm, upright, turned about the vertical by
 * the task's `forward_deg` from that body's x axis. MuJoCo speaks the world's frame; here is the way between.
 */
#ifndef SPOTI_FRAME_H
#define SPOTI_FRAME_H

#include <mujoco/mujoco.h>
#include <stdbool.h>

#include "spot/status.h"

typedef struct spoti_frame {
    bool is_world; /* the same frame: numbers pass unchanged, to the bit */
    double at[3];  /* its origin in the world, m */
    double yaw;    /* its x axis in the world, rad */
    double c, s;   /* cosine and sine of yaw */
} spoti_frame;

/* The frame below `joint`, turned by forward_deg. Returns SPOT_OK, or E_FORMAT with what is wrong in diag: a base
 * that moves, or that leans. */
spot_status spoti_frame_find(const mjModel *model, int joint, double forward_deg,
                             spoti_frame *frame, spot_diag *diag);

/* A point of the world in the frame. */
void spoti_frame_from_world(const spoti_frame *frame, const double world[3], double point[3]);

/* A direction or velocity of the world in the frame. */
void spoti_frame_turn_from_world(const spoti_frame *frame, const double world[3],
                                 double direction[3]);

/* An angle about the vertical, in the world, in the frame. */
double spoti_frame_yaw_from_world(const spoti_frame *frame, double yaw);

/* A pose (x, y, z, yaw) of the frame in the world. */
void spoti_frame_to_world(const spoti_frame *frame, const double pose[4], double world[4]);

#endif
