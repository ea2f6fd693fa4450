/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The scripted expert: grasps a (moving) object and, if the task asks for it, places it in a region; or
 * presses it with closed fingers (expert.c: where to, phases.h: when); or follows the task file's waypoints
 * (waypoints.h).
 *
 * It acts only through the policy's action interface: one Cartesian target and gripper command a
 * control period. It is multimodal where a person would be (side of approach, one of two yaws, heights,
 * speeds, pauses) and recovers: from pushes, from an object that was moved, and from a grasp that
 * missed; with `mistakes` it makes such a grasp on purpose now and then, so that demonstrations show
 * the retry. Rows of a deliberate mistake carry `label_ok` false: they are not to be imitated.
 *
 * Of an object that the gripper hides when it is near (seen_beyond_m) it knows the last pose that it saw,
 * without the noise. It looks before each attempt: straight up until it sees, and then for a moment.
 *
 * With `mistakes` it also errs about where such an object is, each attempt anew, and acts on that, while the
 * label is what it would do if it knew. Else its own path would tell where the object is, and who learns from
 * it would follow itself instead of what it saw.
 */
#ifndef SPOTI_EXPERT_H
#define SPOTI_EXPERT_H

#include <stdbool.h>
#include <stdint.h>

#include "lab/sim/mujoco/world.h"
#include "lab/sim/task.h"
#include "spot/rng.h"

typedef enum spoti_phase {
    SPOTI_PHASE_LOOK,    /* up until the object is seen, then at rest for a while */
    SPOTI_PHASE_VIA,     /* to a point beside the object, at hovering height */
    SPOTI_PHASE_HOVER,   /* above the object, aligned */
    SPOTI_PHASE_DESCEND, /* down to grasping height */
    SPOTI_PHASE_CLOSE,   /* close, and see whether something is between the fingers; press: hold */
    SPOTI_PHASE_LIFT,
    SPOTI_PHASE_CARRY, /* above the place, by a point to one side */
    SPOTI_PHASE_LOWER,
    SPOTI_PHASE_OPEN,
    SPOTI_PHASE_RETREAT,
} spoti_phase;

/* The choices of one attempt. */
typedef struct spoti_style {
    double side_m[2];   /* via-point relative to the object */
    double yaw_turn;    /* multiple of a quarter turn added to the object's yaw */
    double hover_m;     /* height above the grasp */
    double speed_m_s;   /* fast moves */
    double slow_m_s;    /* descending */
    double carry_m;     /* sideways bow of the carrying path */
    double miss_m[2];   /* deliberate error of the grasp; 0 = none */
    double miss_z_m;    /* deliberate error of its height, up */
    int pause;          /* control periods to wait above the object */
    int look;           /* control periods to look at it */
    double astray_m[2]; /* error about the place of an object that is hidden from near */
} spoti_style;

typedef struct spoti_expert {
    const spoti_scene *task;
    spot_rng rng;
    bool mistakes; /* make some grasps miss on purpose */
    int object;    /* -1 = of waypoints: none in particular */
    int place;     /* -1 = grasp only */
    spoti_phase phase;
    spoti_style style;
    spoti_phase after_look;
    double last_seen[SPOTI_POSE_DIM]; /* where the object will be, as last seen */
    int waited;                       /* control periods spent waiting in this phase */
    int misses;                       /* deliberate misses so far */
    double carry_via_m[2];            /* sideways point of the carrying path */
    bool carried_side;                /* passed it */
    /* of waypoints.c */
    unsigned waypoint; /* the present one */
    int way;           /* a waypoint on the way that was drawn; -1 = there is one way */
    bool has_begun;    /* the present waypoint */
    bool open;
    double began[SPOTI_POSE_DIM]; /* where the gripper was then */
} spoti_expert;

typedef struct spoti_expert_action {
    double target[SPOTI_POSE_DIM]; /* absolute: what is to be learnt */
    double
        command[SPOTI_POSE_DIM]; /* absolute: what it does, other than the target where it errs */
    bool open;
    bool label_ok;
} spoti_expert_action;

void spoti_expert_reset(spoti_expert *expert, const spoti_scene *task, uint64_t seed,
                        bool mistakes);

/* What to do now, once a control period. */
void spoti_expert_act(spoti_expert *expert, const spoti_mujoco_world *world,
                      spoti_expert_action *action);

/* disturb.c: the same behind the table of tasks, with the disturbances of demonstrations. */
extern const spoti_expert_ops spoti_mujoco_expert;

#endif
