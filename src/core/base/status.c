/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Texts of status codes, and diagnostics. */
#include "spot/status.h"

#include "core/base/show.h"

const char *spot_status_str(spot_status status)
{
    switch (status) {
#define SPOT_STATUS_CASE(name, value, text)                                                        \
    case SPOT_##name:                                                                              \
        return text;
        SPOT_STATUS_MAP(SPOT_STATUS_CASE)
#undef SPOT_STATUS_CASE
    }
    return "unknown status";
}

spot_status spot_diag_set(spot_diag *diag, spot_status status, const char *format, ...)
{
    if (diag != NULL) {
        va_list args;
        va_start(args, format);
        /* parts of a hostile file may be quoted */
        spoti_vshow_line(diag->text, sizeof(diag->text), format, args);
        va_end(args);
    }
    return status;
}
