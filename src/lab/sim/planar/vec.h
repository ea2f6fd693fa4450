/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Plane vectors in float32. */
#ifndef SPOTI_PLANAR_VEC_H
#define SPOTI_PLANAR_VEC_H

#include <math.h>

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

/* Turns by `angle`: sines of the project's own, the same on every CPU. */
static inline float sine_of(float angle)
{
    return (float)spoti_sin((double)angle);
}

static inline float cosine_of(float angle)
{
    return (float)spoti_cos((double)angle);
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
