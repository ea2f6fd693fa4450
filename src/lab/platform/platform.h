/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the files of platform profiles share: limits, and the object. */
#ifndef SPOTI_PLATFORM_H
#define SPOTI_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>

#include "spot/platform.h"

/* Caps on a profile; a table or a sweep is far smaller. */
enum { SPOTI_CLASSES_MAX = 64, SPOTI_ROWS_MAX = 256, SPOTI_STEPS_MAX = 1000 };

/* No inference takes longer than a day. */
#define SPOTI_LATENCY_MAX_MS 86400e3

/* No point takes a million times as long as the baseline. */
#define SPOTI_ALPHA_MAX 1e6

/* A row of a class's table. */
typedef struct spoti_platform_point {
    int steps;
    double mean_s, spread_s;
} spoti_platform_point;

typedef struct spoti_model_class {
    char name[SPOT_PLATFORM_NAME_SIZE];
    char source[SPOT_PLATFORM_SOURCE_SIZE];
    spot_origin origin;
    const spoti_platform_point *rows; /* (n_rows) into spot_platform.rows */
    int n_rows;                       /* 0: the law is the source itself */
    bool has_law;                     /* a table of one row has none */
    double base_s, per_step_s;
    double spread_s;    /* of a law without a table */
    double spread_frac; /* of a table: largest spread / mean of a row */
} spoti_model_class;

/* A named clock. */
typedef struct spoti_platform_mode {
    char name[SPOT_PLATFORM_NAME_SIZE];
    double clock_hz;
} spoti_platform_mode;

typedef struct spoti_planning {
    spot_coinfer_computer computer; /* of all clocks */
    int n_modes, n_figures;
    spoti_platform_mode modes[SPOT_COINFER_CLOCKS_MAX];
    spot_platform_figure figures[SPOT_PLATFORM_FIGURES_MAX];
} spoti_planning;

struct spot_platform {
    const spot_allocator *allocator;
    char name[SPOT_PLATFORM_NAME_SIZE];
    char description[SPOT_PLATFORM_SOURCE_SIZE];
    spoti_model_class *classes; /* (n_classes) */
    spoti_platform_point *rows; /* (n_rows) of all classes, one after the other */
    int n_classes;
    size_t n_rows;
    bool has_planning;
    spoti_planning planning;
    const spot_platform *alphas; /* borrowed; NULL = variants without a class are an error */
};

#endif
