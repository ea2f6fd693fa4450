/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Recorded trajectories of any robot, read for spot_motion_measure.
 *
 * Read are CSV files, one trajectory each, and HDF5 files in the robomimic / LIBERO layout, as `sweetspot demo`
 * writes it too, one trajectory a demonstration. Which columns and datasets are understood: docs/metrics.md. Files
 * are refused, never repaired: nothing is resampled, filled in or cut off. One trajectory is in memory at a time.
 *
 *     spot_motion_file_config_default(&config);
 *     spot_motion_file_open("demos.hdf5", &config, &file, &diag);
 *     spot_motion_file_load(file, 0, &trajectory, &diag);
 *     spot_motion_trajectory_measure(trajectory, &measure, &record, &diag);
 */
#ifndef SPOT_MOTION_FILE_H
#define SPOT_MOTION_FILE_H

#include "spot/alloc.h"
#include "spot/motion.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SPOT_MOTION_N_CHANNEL = 6,
    SPOT_MOTION_NAME_SIZE = 64,
    SPOT_MOTION_SOURCE_SIZE = 64,
};

/* Where the time of samples comes from. */
typedef enum spot_motion_timing {
    SPOT_MOTION_TIMING_STAMPS = 0, /* each sample has one */
    SPOT_MOTION_TIMING_FILE = 1,   /* the file says a rate */
    SPOT_MOTION_TIMING_GIVEN = 2,  /* the config does */
} spot_motion_timing;

/* `stamps`, `file`, `given`; a static string, also for values outside the list. */
SPOT_API const char *spot_motion_timing_str(spot_motion_timing timing);

/* `position_m`, `velocity_m_s`, `joint_rad`, `joint_rad_s`, `torque_nm`, `action`: the channels in
 * the order of SPOT_MOTION_POSITION ...; NULL for a number outside 0 .. SPOT_MOTION_N_CHANNEL - 1.
 * */
SPOT_API const char *spot_motion_channel_str(int channel);

typedef struct spot_motion_file_config {
    size_t size; /* of this struct, set by its default function; else E_INVALID */
    const char
        *map; /* `old=new,old=new`: columns and datasets by our names; NULL = none, default */
    double
        control_hz; /* samples a second, 1e-3 to 1e6, for files that do not say; 0 = unknown, default */
    const spot_allocator *allocator; /* NULL = malloc */
} spot_motion_file_config;

typedef struct spot_motion_file spot_motion_file;

/* One trajectory in memory. */
typedef struct spot_motion_trajectory {
    char name[SPOT_MOTION_NAME_SIZE]; /* `demo_0`; "" of a CSV file */
    spot_motion_timing timing;
    double interval_s;         /* 0 = time stamps */
    spot_motion_series series; /* its arrays lie in `cells` */
    char sources[SPOT_MOTION_N_CHANNEL]
                [SPOT_MOTION_SOURCE_SIZE]; /* what each is read from; "" = none */
    double *cells;                         /* (n_cell) the trajectory's own */
    size_t n_cell;
    const spot_allocator *allocator;
} spot_motion_trajectory;

/* What was measured of one. */
typedef struct spot_motion_record {
    const char *file; /* borrowed; set by the caller, for reports */
    char name[SPOT_MOTION_NAME_SIZE];
    spot_motion_timing timing;
    double gap_least_s,
        gap_most_s; /* between samples; both h where there are no stamps, 0 if < 2 samples */
    spot_motion_shape shape;
    char sources[SPOT_MOTION_N_CHANNEL][SPOT_MOTION_SOURCE_SIZE];
    spot_motion_metrics metrics;
} spot_motion_record;

SPOT_API void spot_motion_file_config_default(spot_motion_file_config *config);

/* Opens a file and lists its trajectories. Ownership: on success the caller closes *out; on failure
 * it is NULL. `path` and the strings of config are borrowed until then. Returns SPOT_OK, E_INVALID,
 * E_RANGE (control_hz), E_IO, E_FORMAT (diag says what is wrong), E_NOMEM. Threads: one user of
 * HDF5 in a process at a time, as all that take a file. */
SPOT_API spot_status spot_motion_file_open(const char *path, const spot_motion_file_config *config,
                                           spot_motion_file **out, spot_diag *diag);
SPOT_API void spot_motion_file_close(spot_motion_file *file);

/* Trajectories in it, >= 1. */
SPOT_API int spot_motion_file_count(const spot_motion_file *file);

/* Columns of the CSV file that were not read, `a, b`; "" = none. Valid as long as the file. */
SPOT_API const char *spot_motion_file_unused(const spot_motion_file *file);

/* Reads trajectory i. At most a million samples and 256 MB. Ownership: on success the caller frees
 * *out; on failure it is NULL. Returns as spot_motion_file_open; E_RANGE also for an index that is
 * not there and numbers that are not finite. */
SPOT_API spot_status spot_motion_file_load(const spot_motion_file *file, int i,
                                           spot_motion_trajectory **out, spot_diag *diag);
SPOT_API void spot_motion_trajectory_free(spot_motion_trajectory *trajectory);

/* Measures it, with memory of its own. config->interval_s is not read. Returns as
 * spot_motion_measure, and E_NOMEM. */
SPOT_API spot_status spot_motion_trajectory_measure(const spot_motion_trajectory *trajectory,
                                                    const spot_motion_config *config,
                                                    spot_motion_record *record, spot_diag *diag);

#ifdef __cplusplus
}
#endif

#endif
