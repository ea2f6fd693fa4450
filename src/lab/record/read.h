/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* From files to rows of a log. */
#ifndef SPOTI_ANALYZE_READ_H
#define SPOTI_ANALYZE_READ_H

#include <stdio.h>

#include "lab/record/log.h"

/* What all rows of a file say beside their cells. */
typedef struct spoti_preset {
    bool ignore_note; /* do not take point and latency from the file's own first line */
    spoti_row row;    /* its known fields; a cell has priority */
    int64_t
        n_seeds; /* of the seeds seed .. seed + n_seeds - 1 alone, which must all be there; 0 = of all rows */
    uint64_t seed;
} spoti_preset;

/* Reads an open CSV. name: for messages. preset: may be NULL. Returns SPOT_OK, E_FORMAT, E_RANGE,
 * E_NOMEM, E_IO. */
spot_status spoti_read_stream(spot_analyze_log *log, const char *name, FILE *stream,
                              const spoti_preset *preset, spot_diag *diag);

/* The same from a path. */
spot_status spoti_read_path(spot_analyze_log *log, const char *path, const spoti_preset *preset,
                            spot_diag *diag);

#endif
