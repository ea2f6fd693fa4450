/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The symbolic observation: rows of polygons (walls but the floor left out), circles, joints and thrusters, and gravity.
 *
 * Of inactive things the row is zero. Everything is clipped to +-10; what is no number becomes 0.
 */
#ifndef SPOTI_PLANAR_OBSERVE_H
#define SPOTI_PLANAR_OBSERVE_H

#include "lab/sim/planar/sim.h"

/* Floats of an observation: 26 (P - 3) + 18 C + J (22 + 2 (P + C)) + T (8 + P + C) + 1. */
int spoti_planar_obs_dim(const spoti_level *level);

/* Fills obs (spoti_planar_obs_dim). */
void spoti_planar_observe(const spoti_sim *sim, float *obs);

#endif
