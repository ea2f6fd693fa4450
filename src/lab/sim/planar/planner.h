/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A sampling planner on the world itself: the expert of planar tasks, and an upper reference for policies.
 *
 * Predictive sampling (Howell et al., arXiv 2212.00541): every few control steps, sequences of commands around the best
 * one of the last time, moved on, and some far from it, are tried on copies of the world. The best few are tried again
 * under noise like that which commands get, and the best on average becomes the plan. It knows the true state, the true
 * physics and how large noise is, though not the noise that will come. What it tries is a function of seed, control step
 * and trial alone.
 */
#ifndef SPOTI_PLANAR_PLANNER_H
#define SPOTI_PLANAR_PLANNER_H

#include "lab/sim/task.h"

extern const spoti_expert_ops spoti_planar_expert;

#endif
