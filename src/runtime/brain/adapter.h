/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Between what a foreign policy was trained on and what a task speaks: the same for a model file and for a server.
 *
 * Observations: y = (x - shift) / width, entry by entry. Actions: rows of the model's answer back by
 * y width + shift, of those the columns and rows that the task has, and each entry into the task's terms, which are
 * relative to the anchor of the observation (brain.h):
 *   task, relative  as it is
 *   absolute        minus the anchor
 *   delta           the sum of it and of those before it in the chunk
 * The gripper's entry is a command and takes no part in that: it becomes (x - at) sign, open where that is > 0.
 */
#ifndef SPOTI_BRAIN_ADAPTER_H
#define SPOTI_BRAIN_ADAPTER_H

#include <stdbool.h>

#include "spot/alloc.h"
#include "spot/image.h"
#include "spot/status.h"

typedef struct spoti_scaling {
    const spot_allocator *allocator;
    float *shift; /* (n), then width (n); NULL = nothing is scaled */
    float *width; /* borrowed from shift */
    int n;
} spoti_scaling;

/* out (n) = (in (n) - shift) / width; in and out may be one. */
void spoti_scaling_apply(const spoti_scaling *scaling, int n, const float *in, float *out);

void spoti_scaling_close(spoti_scaling *scaling);

typedef enum spoti_convention {
    SPOTI_CONVENTION_TASK = 0, /* as the task takes them, whatever that is */
    SPOTI_CONVENTION_RELATIVE, /* to the anchor of the observation; the task must have one */
    SPOTI_CONVENTION_ABSOLUTE,
    SPOTI_CONVENTION_DELTA, /* from one action to the next; the task must have an anchor */
} spoti_convention;

enum { SPOTI_ADAPTER_DIM_MAX = 1024 }; /* of an action */

typedef struct spoti_action_map {
    int dim;                   /* entries of the task's action */
    int horizon;               /* actions that are taken of an answer */
    int first;                 /* row of the answer that is the chunk's first action */
    int model_dim, model_rows; /* of an answer */
    spoti_convention convention;
    int gripper;           /* entry that is a command; -1 = none is */
    float open_at;         /* it is open above this ... */
    float open_sign;       /* ... (1) or below (-1) */
    spoti_scaling scaling; /* (model_dim) of a column of the answer, or (model_rows x model_dim) */
    short columns[SPOTI_ADAPTER_DIM_MAX]; /* (dim) of the answer, for each entry of the action */
    bool converts[SPOTI_ADAPTER_DIM_MAX]; /* (dim) which entries obey `convention` */
} spoti_action_map;

/* chunk (horizon x dim) from rows (model_rows x model_dim). anchor (n_anchor) as in spot_brain_input. Allocates
 * nothing. Returns SPOT_OK, E_FORMAT (a value is not finite), E_UNSUPPORTED (no anchor where the convention needs one). */
spot_status spoti_action_map_apply(const spoti_action_map *map, const float *rows,
                                   const double *anchor, int n_anchor, float *chunk,
                                   spot_diag *diag);

void spoti_action_map_close(spoti_action_map *map);

typedef enum spoti_image_fit {
    SPOTI_IMAGE_PAD = 0, /* as large as fits, the rest black, centred */
    SPOTI_IMAGE_STRETCH,
    SPOTI_IMAGE_SAME, /* another size is refused */
} spoti_image_fit;

typedef struct spoti_image_map {
    int height, width;
    spoti_image_fit fit;
    bool channels_first;
    bool bgr;
    bool upside_down; /* turned by 180 degrees */
    bool bytes;       /* out is uint8, and not scaled */
    float shift[3],
        scale[3]; /* else it is float: byte scale + shift, for each channel as it comes out */
} spoti_image_map;

/* Writes a picture as a model takes it: out (height x width x 3, or 3 x height x width) of uint8 or float. Sizes
 * change as by BILINEAR of Pillow 11 (a triangle as wide as a pixel of the smaller picture, columns first, rounded
 * between), byte for byte; release 13 may begin with the rows and then differs by 1 here and there. Allocates nothing. Returns SPOT_OK, E_FORMAT (another size, with SPOTI_IMAGE_SAME). */
spot_status spoti_image_map_apply(const spoti_image_map *map, const spot_image *image, void *out,
                                  spot_diag *diag);

#endif
