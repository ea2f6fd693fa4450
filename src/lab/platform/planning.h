/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `planning` of a platform's file, and figures with their sources, which files of links have too. */
#ifndef SPOTI_PLATFORM_PLANNING_H
#define SPOTI_PLATFORM_PLANNING_H

#include <cyaml/cyaml.h>

#include "lab/platform/platform.h"

typedef struct spoti_raw_figure {
    char *figure, *source;
    spot_origin origin;
} spoti_raw_figure;

extern const cyaml_schema_value_t spoti_figure_schema;

/* Takes over figures (n <= SPOT_PLATFORM_FIGURES_MAX), each of which names one of `keys` (n_keys), and checks that each
 * key of which `is_there` is true has one. `line`: of the figures in the file. Returns SPOT_OK, E_FORMAT. */
typedef struct spoti_figure_keys {
    const char *const *keys;
    const bool *is_there;
    int n_keys;
} spoti_figure_keys;

spot_status spoti_figures_take(const char *path, int line, const spoti_raw_figure *raw, uint64_t n,
                               const spoti_figure_keys *keys, spot_platform_figure *figures,
                               spot_diag *diag);

typedef struct spoti_raw_mode {
    char *name;
    double clock_hz;
} spoti_raw_mode;

typedef struct spoti_raw_planning {
    double flop_per_cycle, clock_min_hz, clock_max_hz, power_w_per_hz3, idle_w, pue;
    double *clocks_hz;
    uint64_t clocks_hz_count;
    spoti_raw_mode *modes;
    uint64_t modes_count;
    spoti_raw_figure *figures;
    uint64_t figures_count;
} spoti_raw_planning;

extern const cyaml_schema_field_t spoti_planning_fields[];

/* Checks what the schema cannot and fills *planning. Returns SPOT_OK, E_FORMAT. */
spot_status spoti_planning_take(const char *path, const spoti_raw_planning *raw,
                                spoti_planning *planning, spot_diag *diag);

/* The origins by their words. */
enum { SPOTI_ORIGINS = 3 };
extern const cyaml_strval_t spoti_origins[SPOTI_ORIGINS];

#endif
