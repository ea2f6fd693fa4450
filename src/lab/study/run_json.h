/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `run.json` of a run folder: the setting that it belongs to, and, as notes, who ran episodes in it. */
#ifndef SPOTI_STUDY_RUN_JSON_H
#define SPOTI_STUDY_RUN_JSON_H

#include <stdbool.h>

#include "lab/record/episodes.h"
#include "spot/status.h"

/* Reads the setting of the folder `dir`, as it was shown (core/base/show.h); *there: it has one. Returns SPOT_OK,
 * E_FORMAT, E_IO, E_RANGE (path). */
spot_status spoti_run_json_read(const char *dir, char *setting, size_t size, bool *there,
                                spot_diag *diag);

/* Who is about to run episodes. */
typedef struct spoti_run_note {
    const char *engine;  /* `MuJoCo 2.2.2` */
    const char *kernels; /* `avx2` */
} spoti_run_note;

/* Writes it, or adds the note where there is none such yet; else it is left alone. Returns as above, and E_NOMEM. */
spot_status spoti_run_json_write(const char *dir, const char *setting, const spoti_run_note *note,
                                 spot_diag *diag);

#endif
