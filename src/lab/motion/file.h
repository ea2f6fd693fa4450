/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A file of trajectories: one table of functions a format. */
#ifndef SPOTI_LAB_MOTION_FILE_H
#define SPOTI_LAB_MOTION_FILE_H

#include <stdint.h>

#include "spot/motion_file.h"

enum {
    SPOTI_MOTION_SAMPLES_MAX = 1000000,
    SPOTI_MOTION_CELLS_MAX = 32000000, /* 256 MB */
    SPOTI_MOTION_WIDTH_MAX = 1024,     /* of a channel */
    SPOTI_MOTION_UNUSED_SIZE = 1024,
};

/* Rates that are believed. */
#define SPOTI_MOTION_HZ_LEAST 1e-3
#define SPOTI_MOTION_HZ_MOST  1e6

static inline bool spoti_motion_rate_is_one(double hz)
{
    return hz >= SPOTI_MOTION_HZ_LEAST && hz <= SPOTI_MOTION_HZ_MOST;
}

/* What a format does. `open` lists the trajectories and sets count and self; close takes NULL. */
typedef struct spoti_motion_format {
    spot_status (*open)(spot_motion_file *file, spot_diag *diag);
    spot_status (*load)(const spot_motion_file *file, int i, spot_motion_trajectory *out,
                        spot_diag *diag);
    void (*close)(spot_motion_file *file);
} spoti_motion_format;

struct spot_motion_file {
    const char *path; /* borrowed */
    spot_motion_file_config config;
    const spoti_motion_format *format;
    void *self;
    int count;
    char unused[SPOTI_MOTION_UNUSED_SIZE];
};

extern const spoti_motion_format SPOTI_MOTION_CSV;
extern const spoti_motion_format SPOTI_MOTION_HDF5;

/* Whether `path` is an HDF5 file. */
bool spoti_motion_is_hdf5(const char *path);

/* Rows and columns of each channel; 0 columns = none. */
typedef struct spoti_motion_plan {
    size_t n_sample;
    bool stamps;
    size_t width[SPOT_MOTION_N_CHANNEL];
} spoti_motion_plan;

/* Checks sizes, takes memory and sets the series' arrays into it, to be filled. Returns SPOT_OK,
 * E_FORMAT (joints of different number, too much), E_NOMEM. */
spot_status spoti_motion_lay_out(spot_motion_trajectory *t, const spoti_motion_plan *plan,
                                 const char *path, spot_diag *diag);

/* The array of a channel, writable; NULL = none. */
double *spoti_motion_cells(const spot_motion_trajectory *t, int channel);

/* The name that the map gives to `name`, else NULL. Length of the map's old name may be any. */
const char *spoti_motion_mapped(const char *map, const char *name, char *out, size_t size);

/* Whether the map is one: old=new,old=new with names that are not empty. */
bool spoti_motion_map_is_one(const char *map);

#endif
