/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The names of the schedules and of the regimes. */
#include <string.h>

#include "spot/tised.h"

static const char *const NAMES[] = {
    [SPOT_SCHEDULE_SYNC] = "sync",
    [SPOT_SCHEDULE_OVERLAP] = "overlap",
    [SPOT_SCHEDULE_CADENCE] = "cadence",
};

enum { N_NAME = sizeof(NAMES) / sizeof(NAMES[0]) };

const char *spot_schedule_str(spot_schedule schedule)
{
    return (unsigned)schedule < N_NAME ? NAMES[schedule] : "unknown";
}

bool spot_schedule_parse(const char *text, spot_schedule *out)
{
    for (int i = 0; text != NULL && i < N_NAME; i++) {
        if (strcmp(text, NAMES[i]) == 0) {
            *out = (spot_schedule)i;
            return true;
        }
    }
    return false;
}

const char *spot_regime_str(spot_regime regime)
{
    return regime == SPOT_REGIME_DYNAMIC  ? "dynamic"
           : regime == SPOT_REGIME_STATIC ? "static"
                                          : "unknown";
}

spot_schedule spot_schedule_of(bool is_cadence, int n_overlap)
{
    if (is_cadence) {
        return SPOT_SCHEDULE_CADENCE;
    }
    return n_overlap > 0 ? SPOT_SCHEDULE_OVERLAP : SPOT_SCHEDULE_SYNC;
}
