/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * The keys by which a YAML file says how a foreign policy sees and acts (adapter.h), for every schema that has them:
 *
 *     CYAML_FIELD_MAPPING_PTR("action", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw, action, spoti_action_fields)
 */
#ifndef SPOTI_BRAIN_ADAPTER_FILE_H
#define SPOTI_BRAIN_ADAPTER_FILE_H

#include <stdint.h>

#include "runtime/brain/adapter.h"
#include "runtime/file/yaml.h"

/* `normalise`: mean and std, or min and max, as lists or from a file. */
typedef struct spoti_scaling_file {
    double *mean, *std, *min, *max, *range; /* NULL = not said */
    uint64_t mean_count, std_count, min_count, max_count, range_count;
    char *file, *key; /* statistics in JSON or safetensors, and where in it */
    int by;           /* which of them: spoti_scaling_by */
} spoti_scaling_file;

typedef enum spoti_scaling_by {
    SPOTI_BY_MEAN_STD = 0,
    SPOTI_BY_MIN_MAX,
    SPOTI_BY_QUANTILES, /* q01 and q99, as min and max */
} spoti_scaling_by;

typedef struct spoti_gripper_map_file {
    int entry;
    double *open_above, *open_below; /* one of them */
} spoti_gripper_map_file;

/* `action`: what becomes of an answer. */
typedef struct spoti_action_file {
    spoti_scaling_file *denormalise;
    int convention; /* spoti_convention */
    int *columns, *entries;
    uint64_t columns_count, entries_count;
    spoti_gripper_map_file *gripper;
    int *horizon, *first;
} spoti_action_file;

/* What becomes of a picture. */
typedef struct spoti_image_file {
    int *height, *width; /* NULL = as the model says */
    int layout;          /* 0 hwc, 1 chw */
    int values;          /* spoti_image_values */
    int resize;          /* spoti_image_fit */
    int order;           /* 0 rgb, 1 bgr */
    int *rotate;         /* degrees: 0 or 180 */
    double *mean, *std;  /* (3) of values in 0..1, for each channel as the model takes them */
    uint64_t mean_count, std_count;
} spoti_image_file;

typedef enum spoti_image_values {
    SPOTI_IMAGE_BYTES = 0, /* 0..255, uint8 */
    SPOTI_IMAGE_UNIT,      /* 0..1, float */
    SPOTI_IMAGE_SIGNED,    /* -1..1, float */
} spoti_image_values;

extern const cyaml_schema_field_t spoti_scaling_fields[];
extern const cyaml_schema_field_t spoti_action_fields[];
extern const cyaml_schema_field_t spoti_image_fields[];

/* *out scales `n` entries as `file` (NULL: not at all) says, or each of `rows` x n (an action of a chunk may have a
 * normalisation of its own; then out->n is rows n); `path` is the YAML file, beside which others are looked for, and `line`
 * where it stands in it. On failure *out is zeroed. Returns SPOT_OK, E_FORMAT, E_IO, E_NOMEM. */
spot_status spoti_scaling_load(const char *path, int line, const spoti_scaling_file *file, int n,
                               int rows, const spot_allocator *allocator, spoti_scaling *out,
                               spot_diag *diag);

/* What to read from a file of statistics. */
typedef struct spoti_statistics {
    const char *path; /* of JSON or safetensors */
    const char *
        key; /* names separated by `/` in JSON (`norm_stats/state`), a prefix in safetensors (`normalize.obs`) */
    spoti_scaling_by by; /* which two of the numbers there */
    int n, rows;         /* expected are n or rows x n of each */
    float *out[2];       /* (rows x n) each */
} spoti_statistics;

/* *n says how many there were of each. Returns SPOT_OK, E_FORMAT, E_IO, E_NOMEM. */
spot_status spoti_statistics_read(const spoti_statistics *statistics, int *n, spot_diag *diag);

/* *out for a model that answers model_rows x model_dim to a task with `dim` entries in its action (0 = as many as
 * `columns` has, or the model). On failure *out is zeroed. Returns as spoti_scaling_load. */
spot_status spoti_action_map_load(const char *path, const spoti_action_file *file, int model_rows,
                                  int model_dim, int dim, const spot_allocator *allocator,
                                  spoti_action_map *out, spot_diag *diag);

/* `height` and `width`: of the model, 0 = whatever the file says. Returns SPOT_OK, E_FORMAT. */
spot_status spoti_image_map_load(const char *path, int line, const spoti_image_file *file,
                                 int height, int width, spoti_image_map *out, spot_diag *diag);

#endif
