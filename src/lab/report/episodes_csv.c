/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Episodes and trajectories as CSV. */
#include "core/base/file.h"
#include "core/base/text.h"
#include "lab/record/episodes.h"
#include "spot/report.h"

spot_status spot_report_episodes_csv(const char *path, const char *note,
                                     const spot_episode *episodes, int64_t n_episodes,
                                     spot_diag *diag)
{
    if (path == NULL || note == NULL || episodes == NULL || n_episodes < 1) {
        return SPOT_E_INVALID;
    }
    return spoti_episodes_save(path, note, episodes, n_episodes, diag);
}

spot_status spot_report_trajectory_csv(const char *path, const char *const *names,
                                       const spot_trajectory *trajectory, spot_diag *diag)
{
    spoti_file file;

    if (path == NULL || names == NULL || trajectory == NULL || trajectory->dim < 1) {
        return SPOT_E_INVALID;
    }
    spot_status st = spoti_file_begin(&file, path, diag);
    if (st != SPOT_OK) {
        return st;
    }
    (void)fputs("time_s", file.stream);
    for (int i = 1; i < trajectory->dim; i++) {
        (void)fputc(',', file.stream);
        spoti_put_csv(file.stream, names[i - 1]);
    }
    for (int64_t i = 0; i < trajectory->count * trajectory->dim; i++) {
        (void)fprintf(file.stream, "%c%.9g", i % trajectory->dim == 0 ? '\n' : ',',
                      trajectory->rows[i]);
    }
    (void)fputs("\n", file.stream);
    return spoti_file_commit(&file, diag);
}
