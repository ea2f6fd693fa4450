/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The kinematics of the arm alone.
 *
 * Inverse kinematics needs the site's pose and how the arm's joints move it, at every tick. mj_kinematics, mj_comPos
 * and mj_jacSite say so for the whole model: every geom, every inertia, every object. Here is the same for the bodies
 * of the arm's tree, operation by operation in MuJoCo's order, so that the numbers agree to the last bit.
 */
#ifndef SPOTI_CHAIN_H
#define SPOTI_CHAIN_H

#include <mujoco/mujoco.h>
#include <stdbool.h>

#include "lab/sim/mujoco/task_file.h"

/* What of it is the model's. Bodies are numbered depth first: a tree is a range. */
typedef struct spoti_chain {
    int site;
    int first, end; /* bodies of the site's tree; first is its root */
    int n;          /* joints, at most SPOTI_ARM_JOINTS_MAX */
    int joint[SPOTI_ARM_JOINTS_MAX];
    bool moves_site[SPOTI_ARM_JOINTS_MAX];
    double per_mass; /* 1 / mass of the tree; 0 = it has none */
} spoti_chain;

/* The chain of these n joints (all hinges) to the site. */
void spoti_chain_find(const mjModel *model, const int *joint, int n, int site, spoti_chain *chain);

/* Places the bodies of the tree, and the site, by kin->qpos. Those that cannot move, and the world, stand in kin
 * already: mj_kinematics was called once. */
void spoti_chain_place(const spoti_chain *chain, const mjModel *model, mjData *kin);

/* How each joint moves the site (0 to 2) and turns it (3 to 5), where the tree was placed. */
void spoti_chain_jacobian(const spoti_chain *chain, const mjModel *model, mjData *kin,
                          double columns[SPOTI_ARM_JOINTS_MAX][6]);

#endif
