/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A picture that a robot's camera took, as an observation carries it. */
#ifndef SPOT_IMAGE_H
#define SPOT_IMAGE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SPOT_IMAGE_SIDE_MAX = 8192, SPOT_IMAGES_MAX = 16 /* of one observation */ };

typedef struct spot_image {
    const char *name;      /* of the camera, as in `observation.images.NAME` */
    int height, width;     /* pixels, 1..SPOT_IMAGE_SIDE_MAX */
    const uint8_t *pixels; /* (height x width x 3) red, green, blue, the upper left pixel first */
} spot_image;

#ifdef __cplusplus
}
#endif

#endif
