/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The tables of motion.h as data. */
#include <string.h>

#include "core/motion/motion.h"

const char *spot_motion_why_str(spot_motion_why why)
{
    static const char *const TEXTS[] = {
#define SPOTI_WHY_TEXT(name, text) text,
        SPOT_MOTION_WHY_MAP(SPOTI_WHY_TEXT)
#undef SPOTI_WHY_TEXT
    };

    return (unsigned)why < SPOT_MOTION_N_WHY ? TEXTS[why] : "unknown reason";
}

const spot_motion_metric_info *spot_motion_describe(int metric)
{
    static const spot_motion_metric_info ROWS[] = {
#define SPOTI_METRIC_ROW(NAME, name, unit, better, estimator, meaning)                             \
    {#name, unit, estimator, meaning, better},
        SPOT_MOTION_METRIC_MAP(SPOTI_METRIC_ROW)
#undef SPOTI_METRIC_ROW
    };

    return metric >= 0 && metric < SPOT_MOTION_N_METRIC ? &ROWS[metric] : NULL;
}

int spot_motion_find(const char *name)
{
    for (int i = 0; name != NULL && i < SPOT_MOTION_N_METRIC; i++) {
        if (strcmp(spot_motion_describe(i)->name, name) == 0) {
            return i;
        }
    }
    return -1;
}
