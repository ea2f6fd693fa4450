/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "runtime/net/limits.h"

#include <math.h>

static const double A_YEAR_S = 31536000.0;

void spoti_net_limits_default(spoti_net_limits *limits)
{
    *limits = (spoti_net_limits){
        .frame_bytes = (size_t)64 << 20,
        .n_connection = 64,
        .arriving_bytes = (size_t)256 << 20,
        .n_queued = 4,
        .handshake_s = 10,
        .message_s = 30,
        .send_s = 30,
        .idle_s = 3600,
        .ping_s = 20,
        .hangup_s = 80,
        .stop_s = 2,
    };
}

static spot_status check_size(const char *field, size_t value, size_t most, spot_diag *diag)
{
    if (value < 1 || value > most) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%s is %zu, expected 1 .. %zu", field, value,
                             most);
    }
    return SPOT_OK;
}

spot_status spoti_net_limits_check(const spoti_net_limits *limits, spot_diag *diag)
{
    const struct {
        const char *field;
        size_t value, most;
    } sizes[] = {
        {"frame_bytes", limits->frame_bytes, SPOTI_NET_FRAME_BYTES_MAX},
        {"n_connection", limits->n_connection, 16384},
        {"arriving_bytes", limits->arriving_bytes, (size_t)1 << 40},
        {"n_queued", limits->n_queued, 64},
    };
    const struct {
        const char *field;
        double value;
    } times[] = {
        {"handshake_s", limits->handshake_s}, {"message_s", limits->message_s},
        {"send_s", limits->send_s},           {"idle_s", limits->idle_s},
        {"ping_s", limits->ping_s},           {"hangup_s", limits->hangup_s},
        {"stop_s", limits->stop_s},
    };

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const spot_status st = check_size(sizes[i].field, sizes[i].value, sizes[i].most, diag);
        if (st != SPOT_OK) {
            return st;
        }
    }
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        if (!(times[i].value > 0 && times[i].value <= A_YEAR_S)) {
            return spot_diag_set(diag, SPOT_E_RANGE, "%s is %g, expected more than 0, at most %g",
                                 times[i].field, times[i].value, A_YEAR_S);
        }
    }
    if (!(limits->ping_s < limits->hangup_s)) {
        return spot_diag_set(diag, SPOT_E_RANGE, "ping_s is %g, expected less than hangup_s, %g",
                             limits->ping_s, limits->hangup_s);
    }
    return SPOT_OK;
}
