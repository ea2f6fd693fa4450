/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Filled convex shapes on an 8-bit RGB picture, with an outline, their borders smoothed over a pixel. */
#ifndef SPOTI_PLANAR_RASTER_H
#define SPOTI_PLANAR_RASTER_H

#include <stdint.h>

#include "lab/sim/planar/level.h"

typedef struct spoti_colour {
    uint8_t r, g, b;
} spoti_colour;

typedef struct spoti_raster {
    uint8_t *rgb; /* (height x width x 3) top row first */
    int width, height;
    float scale;        /* pixels a metre */
    float left, bottom; /* of the picture's lower left corner, pixels from the world's origin */
} spoti_raster;

void spoti_raster_clear(const spoti_raster *r, spoti_colour colour);

/* Shapes in the world, m; `edge` is the width of a black outline inside, pixels. Polygons run clockwise. */
void spoti_raster_polygon(const spoti_raster *r, const spoti_vec *corners, int n, float edge,
                          spoti_colour fill);
void spoti_raster_circle(const spoti_raster *r, spoti_vec centre, float radius, float edge,
                         spoti_colour fill);
void spoti_raster_line(const spoti_raster *r, spoti_vec from, spoti_vec to, float width,
                       spoti_colour colour);

#endif
