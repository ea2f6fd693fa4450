/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the files of motion share. */
#ifndef SPOTI_MOTION_MOTION_H
#define SPOTI_MOTION_MOTION_H

#include <math.h>

#include "spot/motion.h"

/* Channels by number: bit i of spot_motion_shape.channels. */
enum {
    SPOTI_POSITION,
    SPOTI_VELOCITY,
    SPOTI_JOINT,
    SPOTI_JOINT_VELOCITY,
    SPOTI_TORQUE,
    SPOTI_ACTION,
    SPOTI_N_CHANNEL
};

/* Estimators of jerk, as in spot_motion_stream.jerk. */
enum { SPOTI_DIFFERENCE, SPOTI_SAVGOL, SPOTI_SECOND };

/* Bodies, likewise. */
enum { SPOTI_EE, SPOTI_JOINTS };

enum { SPOTI_STENCIL_MOST = 7 /* samples */ };

/* Coefficients of the last n samples, the oldest first. */
typedef struct spoti_stencil {
    size_t n;
    double c[SPOTI_STENCIL_MOST];
} spoti_stencil;

typedef enum spoti_stencil_name {
    SPOTI_STEP,   /* first difference */
    SPOTI_ACROSS, /* central difference x 2 */
    SPOTI_BEND,   /* second difference */
    SPOTI_THIRD,  /* third difference */
    SPOTI_SMOOTH, /* 7-point cubic Savitzky-Golay third derivative x 6 */
    SPOTI_N_STENCIL
} spoti_stencil_name;

extern const spoti_stencil SPOTI_STENCILS[SPOTI_N_STENCIL];

static inline spot_motion_value spoti_undefined(spot_motion_why why)
{
    return (spot_motion_value){(double)NAN, why};
}

/* x, if it is a number that can be used. */
static inline spot_motion_value spoti_defined(double x)
{
    return isfinite(x) ? (spot_motion_value){x, SPOT_MOTION_WHY_DEFINED}
                       : spoti_undefined(SPOT_MOTION_WHY_OVERFLOW);
}

static inline bool spoti_all_finite(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i])) {
            return false;
        }
    }
    return true;
}

/* LDLJ from the largest |speed|, the sum of squared second differences of n speeds, and the
 * rounding of a speed; one unit of speed for all. */
spot_motion_value spoti_motion_ldlj(size_t n, double peak, double bend, double rounding);

/* SPARC with a workspace that is known to do (spot_motion_sparc_room). */
spot_motion_value spoti_motion_sparc(const double *speed, size_t n, double interval_s,
                                     double *memory);

#endif
