/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Pictures and videos as files.
 *
 * A video draws a world (render.h) and pipes the frames into the program ffmpeg (H.264, yuv420p, mp4).
 *
 *     spot_video_config config;
 *     spot_video_config_default(&config);
 *     spot_video_create("episode.mp4", &config, &video, &diag);
 *     spot_rollout_run(rollout, seed, &episode, NULL, spot_video_tick, video, &diag);
 *     spot_video_finish(video, &diag);
 *     spot_video_destroy(video);
 */
#ifndef SPOT_VIDEO_H
#define SPOT_VIDEO_H

#include <stddef.h>
#include <stdint.h>

#include "spot/render.h"
#include "spot/status.h"
#include "spot/world.h"

#ifdef __cplusplus
extern "C" {
#endif

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
