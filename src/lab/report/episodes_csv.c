/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Episodes and trajectories as CSV. */
#include <math.h>

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

spot_status spot_report_trajectory_csv(const char *path, const spot_world *world,
                                       const spot_trajectory *trajectory, spot_diag *diag)
{
    spoti_file file;

    if (path == NULL || world == NULL || trajectory == NULL ||
        trajectory->dim != spot_trajectory_dim(&world->dims)) {
        return SPOT_E_INVALID;
    }
    spot_status st = spoti_file_begin(&file, path, diag);
    if (st != SPOT_OK) {
        return st;
    }
    (void)fputs("time_s", file.stream);
    for (int i = 0; i < world->dims.sample_dim; i++) {
        (void)fputc(',', file.stream);
        spoti_put_csv(file.stream, world->sample_names[i]);
    }
    for (int i = 0; i < world->dims.action_dim; i++) {
        (void)fprintf(file.stream, ",a%d", i + 1);
    }
    for (int64_t i = 0; i < trajectory->count * trajectory->dim; i++) {
        (void)fputc(i % trajectory->dim == 0 ? '\n' : ',', file.stream);
        if (!isnan(trajectory->rows[i])) {
            (void)fprintf(file.stream, "%.17g", trajectory->rows[i]);
        }
    }
    (void)fputs("\n", file.stream);
    return spoti_file_commit(&file, diag);
}
