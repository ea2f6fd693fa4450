/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What a tuning run leaves in its folder beside the episodes. */
#include "core/base/file.h"
#include "spot/report.h"

spot_status spot_report_tune_files(const spot_tune_result *result, const char *dir, bool *drawn,
                                   spot_diag *diag)
{
    char csv[SPOTI_PATH_SIZE];
    char json[SPOTI_PATH_SIZE];
    char figure[SPOTI_PATH_SIZE];

    if (drawn == NULL || dir == NULL) {
        return SPOT_E_INVALID;
    }
    *drawn = false;
    if (!spoti_path_join(csv, sizeof(csv), dir, "tune.csv") ||
        !spoti_path_join(json, sizeof(json), dir, "tune.json") ||
        !spoti_path_join(figure, sizeof(figure), dir, "tune")) {
        return spoti_refuse_path(SPOT_E_RANGE, dir, diag);
    }
    spot_status st = spot_report_tune_csv(result, csv, diag);
    st = st == SPOT_OK ? spot_report_tune_json(result, json, diag) : st;
    if (st != SPOT_OK) {
        return st;
    }
    st = spot_report_tune_figure(result, figure, diag);
    *drawn = st == SPOT_OK;
    return st == SPOT_E_UNSUPPORTED || st == SPOT_E_NOT_FOUND ? SPOT_OK : st;
}
