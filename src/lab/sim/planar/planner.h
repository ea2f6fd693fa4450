/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A sampling planner on the world itself: the expert of planar tasks, and an upper reference for policies.
 *
 * Predictive sampling (Howell et al., arXiv 2212.00541): every few control steps, sequences of commands around the best
 * one of the last time, moved on, and some far from it, are tried on copies of the world; the best becomes the plan. It
 * knows the true state and the true physics, though not the noise that will be added to its commands. What it tries is a
 * function of seed, control step and trial alone.
 */
#ifndef SPOTI_PLANAR_PLANNER_H
#define SPOTI_PLANAR_PLANNER_H

#include "lab/sim/task.h"

extern const spoti_expert_ops spoti_planar_expert;

#endif
