/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Pictures of a world, drawn off-screen by the backend of its task: no display is needed.
 *
 * The backend `mujoco` draws with OpenGL from EGL or, where there is none, from OSMesa (software). Both are looked for
 * when a renderer is made, so neither is needed to build or to run the rest. It shows the model's camera `view` if
 * there is one. The backend `process` shows what the environment renders, fitted into the size with black around it,
 * and no time or grade. Videos: video.h.
 *
 *     spot_renderer_create(&world, &config, &renderer, &diag);
 *     spot_renderer_draw(renderer, &world, rgb);
 *     spot_renderer_destroy(renderer);
 */
#ifndef SPOT_RENDER_H
#define SPOT_RENDER_H

#include <stddef.h>
#include <stdint.h>

#include "spot/alloc.h"
#include "spot/status.h"
#include "spot/world.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where OpenGL comes from. */
typedef enum spot_render_backend {
    SPOT_RENDER_AUTO = 0,   /* EGL if it works, else OSMesa */
    SPOT_RENDER_EGL = 1,    /* EGL without a window: a GPU's driver, or Mesa's software renderer */
    SPOT_RENDER_OSMESA = 2, /* OSMesa, software. Not in a process that has used EGL before */
} spot_render_backend;

typedef struct spot_render_config {
    size_t size;                 /* of this struct, set by its default function; else E_INVALID */
    int width;                   /* pixels, even, 16 to 4096 and at most the model's off-screen
                                  * buffer (visual/global in the MJCF); default 640 */
    int height;                  /* the same; default 480 */
    spot_render_backend backend; /* default SPOT_RENDER_AUTO */
    const spot_allocator *allocator; /* NULL = malloc, the default */
} spot_render_config;

SPOT_API void spot_render_config_default(spot_render_config *config);

typedef struct spot_renderer spot_renderer; /* belongs to the thread that made it */

/* Makes a renderer for worlds of the task of `world`, which must outlive it (the task, not the world).
 * Returns SPOT_OK, E_INVALID, E_UNSUPPORTED (a world that no task
 * made or whose backend does not draw, or no off-screen OpenGL; see diag),
 * E_RANGE (size; see diag), E_NOMEM.
 * Threads: OpenGL binds a renderer to the thread that made it. */
SPOT_API spot_status spot_renderer_create(const spot_world *world, const spot_render_config *config,
                                          spot_renderer **out, spot_diag *diag);

/* Draws the present state of `world` into rgb (height x width x 3), top row first, 8 bits a colour.
 * Simulated time and grade are shown in a corner. The world is not changed.
 * Returns SPOT_OK, E_INVALID (a world of another task), E_INTERNAL (OpenGL failed, or the world: its `why` says it). */
SPOT_API spot_status spot_renderer_draw(spot_renderer *renderer, const spot_world *world,
                                        uint8_t *rgb);

/* `egl` or `osmesa`. Static. */
SPOT_API const char *spot_renderer_backend(const spot_renderer *renderer);

/* Frees; NULL-tolerant. To be called from the renderer's thread. */
SPOT_API void spot_renderer_destroy(spot_renderer *renderer);

#ifdef __cplusplus
}
#endif

#endif
