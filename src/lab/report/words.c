/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/report/words.h"

const char *spoti_report_support(spot_stats_support support)
{
    switch (support) {
    case SPOT_STATS_INSUFFICIENT:
        return "insufficient";
    case SPOT_STATS_SUFFICIENT:
        return "sufficient";
    default:
        return "none";
    }
}

const char *spoti_report_schedule(const spot_tune_result *result, int i)
{
    if (result->setting.cadence) {
        return "cadence";
    }
    return result->rows[i].point.overlap > 0 ? "overlap" : "sync";
}

const char *spoti_report_quant(const spot_point *point)
{
    return point->quant[0] != '\0' ? point->quant : "fp32";
}

const char *spoti_report_prune(const spot_point *point)
{
    return point->prune[0] != '\0' ? point->prune : "none";
}

const char *spoti_report_kv(const spot_point *point)
{
    return point->kv[0] != '\0' ? point->kv : "base";
}
