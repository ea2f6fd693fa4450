/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include <string.h>

#include <spot/spot.h>

/* One function of each hall, out of libsweetspot.so. */
int main(void)
{
    spot_interval ci;
    spot_point point;
    spot_task *task = 0;
    spot_diag diag;

    spot_point_default(&point);
    memset(&diag, 0, sizeof diag);
    return spot_stats_wilson(38, 50, 0.95, &ci) == SPOT_OK && ci.lo > 0.62 &&
                   spot_point_parse("steps=5", &point, 0) == SPOT_OK && point.steps == 5 &&
                   spot_task_load("no/such/task.yaml", 0, &task, &diag) != SPOT_OK && task == 0 &&
                   strstr(diag.text, "no/such/task.yaml") != 0
               ? 0
               : 1;
}
