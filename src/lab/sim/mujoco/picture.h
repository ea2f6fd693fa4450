/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * MuJoCo's own renderer, off-screen: what a fixed camera of the model sees of a world.
 *
 * Videos (draw.c) and the cameras of an observation (camera.c) are made with it. One belongs to one thread at a time, and
 * has an OpenGL context and a copy of the state, so that drawing changes nothing.
 */
#ifndef SPOTI_MUJOCO_PICTURE_H
#define SPOTI_MUJOCO_PICTURE_H

#include "lab/sim/mujoco/world.h"
#include "spot/render.h"

typedef struct spoti_picture spoti_picture;

/* What is drawn, and how large. */
typedef struct spoti_view {
    int camera; /* of the model; -1 = one that shows all of it */
    int width, height;
    const char *names; /* two columns of text in the upper left corner; NULL = none */
    const char *values;
} spoti_view;

/* A renderer for pictures up to width x height. Returns SPOT_OK, E_RANGE (larger than the model's off-screen buffer),
 * E_UNSUPPORTED (no OpenGL; diag says what to install), E_NOMEM. */
spot_status spoti_picture_create(const spoti_scene *task, spot_render_backend backend, int width,
                                 int height, const spot_allocator *allocator, spoti_picture **out,
                                 spot_diag *diag);

/* rgb (height x width x 3), the upper left pixel first. Allocates nothing. Returns SPOT_OK, E_INTERNAL. */
spot_status spoti_picture_take(spoti_picture *picture, const spoti_mujoco_world *world,
                               const spoti_view *view, uint8_t *rgb);

/* `egl` or `osmesa`. */
const char *spoti_picture_source(const spoti_picture *picture);

void spoti_picture_destroy(spoti_picture *picture); /* NULL-tolerant */

#endif
