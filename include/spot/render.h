/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Pictures and videos of a MuJoCo world, rendered off-screen: no display is needed.
 *
 * OpenGL comes from EGL or, where there is none, from OSMesa (software). Both are looked for when a
 * renderer is made, so neither is needed to build or to run the rest. A renderer shows the model's
 * camera `view` if there is one. A video pipes its frames into the program ffmpeg (H.264, yuv420p, mp4).
 *
 *     spot_video_config config;
 *     spot_video_config_default(&config);
 *     spot_video_create("episode.mp4", &config, &video, &diag);
 *     spot_rollout_run(rollout, seed, &episode, NULL, spot_video_tick, video, &diag);
 *     spot_video_finish(video, &diag);
 *     spot_video_destroy(video);
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
 * Returns SPOT_OK, E_INVALID, E_UNSUPPORTED (not a MuJoCo world, or no off-screen OpenGL; see diag),
 * E_RANGE (size; see diag), E_NOMEM.
 * Threads: OpenGL binds a renderer to the thread that made it. */
SPOT_API spot_status spot_renderer_create(const spot_world *world, const spot_render_config *config,
                                          spot_renderer **out, spot_diag *diag);

/* Draws the present state of `world` into rgb (height x width x 3), top row first, 8 bits a colour.
 * Simulated time and grade are shown in a corner. The world is not changed.
 * Returns SPOT_OK, E_INVALID (a world of another task), E_INTERNAL (OpenGL failed). */
SPOT_API spot_status spot_renderer_draw(spot_renderer *renderer, const spot_world *world,
                                        uint8_t *rgb);

/* `egl` or `osmesa`. Static. */
SPOT_API const char *spot_renderer_backend(const spot_renderer *renderer);

/* Frees; NULL-tolerant. To be called from the renderer's thread. */
SPOT_API void spot_renderer_destroy(spot_renderer *renderer);

/* Writes a picture (height x width x 3, top row first, 8 bits a colour) as a PNG file, whole or not at all.
 * Returns SPOT_OK, E_INVALID, E_IO (see diag), E_RANGE (path too long). */
SPOT_API spot_status spot_write_png(const char *path, const uint8_t *rgb, int width, int height,
                                    spot_diag *diag);

typedef struct spot_video_config {
    size_t size; /* of this struct, set by its default function; else E_INVALID */
    spot_render_config render;
    double fps; /* frames a second, 1 to 120; default 25 */
    const char
        *ffmpeg; /* program to run, looked up in PATH; default `ffmpeg`. Borrowed by create */
} spot_video_config;

SPOT_API void spot_video_config_default(spot_video_config *config);

typedef struct spot_video spot_video;

/* Starts a video in `path`, written aside and renamed by spot_video_finish; starts ffmpeg.
 * Returns SPOT_OK, E_INVALID, E_RANGE (size or rate; see diag), E_IO (path), E_UNSUPPORTED (ffmpeg
 * cannot be started), E_NOMEM. */
SPOT_API spot_status spot_video_create(const char *path, const spot_video_config *config,
                                       spot_video **out, spot_diag *diag);

/* Appends one frame of `world`; the first one makes the renderer.
 * Returns SPOT_OK, E_IO (ffmpeg ended; spot_video_finish says why), or as spot_renderer_create and
 * spot_renderer_draw. After a failure every later call returns the same. */
SPOT_API spot_status spot_video_frame(spot_video *video, const spot_world *world);

/* A spot_tick_fn for a spot_video: appends a frame whenever simulated time has reached the next one.
 * What fails is remembered and said by spot_video_finish. */
SPOT_API void spot_video_tick(void *video, const spot_world *world, int64_t tick);

/* Ends the video and puts it in place. After any failure, now or in a frame, nothing is left behind.
 * Returns SPOT_OK, E_STATE (no frame, or finished before), or the first failure; see diag. */
SPOT_API spot_status spot_video_finish(spot_video *video, spot_diag *diag);

/* Frees; a video that was not finished is thrown away. NULL-tolerant. */
SPOT_API void spot_video_destroy(spot_video *video);

#ifdef __cplusplus
}
#endif

#endif
