/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * What the cameras see in the demonstrations of a batch. That does not fit into memory: an episode of two cameras may have a
 * hundred MB. So it goes to a file without a name, which nobody has to remove, and from there to the part.
 */
#ifndef SPOTI_DEMO_IMAGES_H
#define SPOTI_DEMO_IMAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/sim/task.h"

enum { SPOTI_CAMERA_NAME_SIZE = 64 };

typedef struct spoti_demo_camera {
    char name[SPOTI_CAMERA_NAME_SIZE];
    int height, width;
    size_t at; /* its place among the bytes of a row */
} spoti_demo_camera;

/* The cameras of a task, and the file. Rows are places of row_bytes, as the caller counts them. */
typedef struct spoti_demo_images {
    int fd; /* -1 = not open */
    int n;  /* cameras */
    spoti_demo_camera camera[SPOT_IMAGES_MAX];
    size_t row_bytes;
    char folder[SPOTI_PATH_SIZE]; /* of the file */
} spoti_demo_images;

/* Asks a world of the task what its cameras are, which shows whether they can be drawn here. Returns SPOT_OK,
 * E_UNSUPPORTED (there is none, or one whose name is no name of a dataset), what the look says, E_NOMEM. */
spot_status spoti_demo_images_find(const spot_task *task, spoti_demo_images *out, spot_diag *diag);

/* Opens the file, in that folder. Returns SPOT_OK, E_IO. */
spot_status spoti_demo_images_open(spoti_demo_images *images, const char *folder, spot_diag *diag);
void spoti_demo_images_close(spoti_demo_images *images);

/* Takes the images of now into a row. Returns SPOT_OK, E_IO, what the look says. Threads: any, of different rows. */
spot_status spoti_demo_images_take(const spoti_demo_images *images, int64_t row, spot_world *world,
                                   spot_diag *diag);

/* Reads camera i of a row into pixels (height x width x 3). False if it cannot be read. */
bool spoti_demo_images_read(const spoti_demo_images *images, int64_t row, int i, uint8_t *pixels);

#endif
