/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Plane vectors in float32. */
#ifndef SPOTI_PLANAR_VEC_H
#define SPOTI_PLANAR_VEC_H

#include <math.h>
#include <stdint.h>

#include "core/base/elementary.h"
#include "lab/sim/planar/sim.h"

static inline spoti_vec vec_add(spoti_vec u, spoti_vec v)
{
    return (spoti_vec){u.x + v.x, u.y + v.y};
}

static inline spoti_vec vec_sub(spoti_vec u, spoti_vec v)
{
    return (spoti_vec){u.x - v.x, u.y - v.y};
}

static inline spoti_vec vec_scale(float k, spoti_vec u)
{
    return (spoti_vec){k * u.x, k * u.y};
}

static inline float vec_dot(spoti_vec u, spoti_vec v)
{
    return u.x * v.x + u.y * v.y;
}

static inline float vec_cross(spoti_vec u, spoti_vec v)
{
    return u.x * v.y - u.y * v.x;
}

static inline float vec_length(spoti_vec u)
{
    return sqrtf(vec_dot(u, u));
}

/* A divisor: 1 instead of 0. */
static inline float nonzero(float x)
{
    return x == 0.0f ? 1.0f : x;
}

/* Between the bounds; `high` if they are the wrong way round. What is no number stays none, and is found. */
static inline float clip(float x, float low, float high)
{
    const float above = x < low ? low : x;
    return above > high ? high : above;
}

/* A vector of the body's frame, turned into the world's. */
static inline spoti_vec body_turn(const spoti_body *b, spoti_vec u)
{
    return (spoti_vec){b->cosine * u.x - b->sine * u.y, b->sine * u.x + b->cosine * u.y};
}

/* ... and a point. */
static inline spoti_vec body_to_world(const spoti_body *b, spoti_vec u)
{
    return vec_add(body_turn(b, u), b->at);
}

/* A point of the world in the body's frame. */
static inline spoti_vec body_from_world(const spoti_body *b, spoti_vec p)
{
    const spoti_vec u = vec_sub(p, b->at);
    return (spoti_vec){b->cosine * u.x + b->sine * u.y, b->cosine * u.y - b->sine * u.x};
}

/* The velocity of the body at r from its centre. */
static inline spoti_vec body_velocity_at(const spoti_body *b, spoti_vec r)
{
    return (spoti_vec){b->velocity.x - b->w * r.y, b->velocity.y + b->w * r.x};
}

/* Sine and cosine of an angle below some 1e5, the same on every CPU: reduced to a quarter turn and summed up in double,
 * products and sums alone, to the last bit of float32 or nearly so. What is no angle, or one of 1e15 and more, has no
 * direction: physics that come to that are broken. */
static inline spoti_vec direction_of(float angle)
{
    const double x = (double)angle;
    const double turns = floor(x * 0.63661977236758134 + 0.5); /* quarters: x 2/pi */
    if (!(fabs(x) < 1e15)) {
        return (spoti_vec){NAN, NAN};
    }
    const double r = (x - turns * 1.57079632679489656) - turns * 6.123233995736766e-17;
    const double q = r * r;
    const double s =
        r * (1.0 +
             q * (-1.0 / 6.0 +
                  q * (1.0 / 120.0 + q * (-1.0 / 5040.0 + q * (1.0 / 362880.0 - q / 39916800.0)))));
    const double c =
        1.0 + q * (-0.5 + q * (1.0 / 24.0 + q * (-1.0 / 720.0 + q * (1.0 / 40320.0 - q / 3628800.0 +
                                                                     q * q / 479001600.0))));
    switch ((int64_t)turns & 3) {
    case 0:
        return (spoti_vec){(float)c, (float)s};
    case 1:
        return (spoti_vec){(float)-s, (float)c};
    case 2:
        return (spoti_vec){(float)-c, (float)-s};
    default:
        return (spoti_vec){(float)s, (float)-c};
    }
}

/* tanh, the same on every CPU. Below 1e-4 x - x^3/3 is exact to the last bit of float32. */
static inline float tanh_of(float x)
{
    const double d = (double)x;
    if (d < 1e-4 && d > -1e-4) {
        return (float)(d - d * d * d / 3.0);
    }
    return (float)(1.0 - 2.0 / (spoti_exp(2.0 * d) + 1.0));
}

static inline float sign_of(float x)
{
    return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : 0.0f;
}

#endif
